"""What the observer of a study may choose about its statistics."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Primary:
    """The primary endpoint: the area under the ROC curve of a marker.

    Attributes
    ----------
    marker : str
        Its column in the measurements.
    selection : str
        A key of `sample.SELECTIONS`.
    against : str
        Whom the patients are compared with, a key of `comparison.OTHERS`.
    """

    marker: str = "sh_thk_per_mm"
    selection: str = "symmetric"
    against: str = "controls"


@dataclass(frozen=True)
class CohortOptions:
    """Choices; each is written with the results.

    Attributes
    ----------
    cutoff_per_mm : float or None
        A cut-off of SH/Thk given beforehand, 1/mm.
    sensitivity, specificity : float
        Wanted values at which the other is reported, 0-1.
    primary : Primary
        What stands first; all else is exploratory.
    adjust : tuple of str
        Covariates: 'age', 'sex', 'field' or names of numeric columns of the clinical table.
    prevalence : float or None
        Share of patients, 0-1, for which predictive values are given beside those of the study.
    difference_per_mm, auc, other_auc : float or None
        Difference of the greatest SH/Thk between groups (1/mm), AUC, and AUC that it is compared with, for which sample
        sizes are computed; None = those that the cohort shows.
    power : float
        For sample sizes, 0-1.
    replicates, permutations : int
        Of bootstraps and of permutation tests.
    seed : int
        Same seed, same results.
    """

    cutoff_per_mm: float | None = None
    sensitivity: float = 0.9
    specificity: float = 0.9
    primary: Primary = Primary()
    adjust: tuple[str, ...] = ("age",)
    prevalence: float | None = None
    difference_per_mm: float | None = None
    auc: float | None = None
    other_auc: float | None = None
    power: float = 0.8
    replicates: int = 2000
    permutations: int = 9999
    seed: int = 0
