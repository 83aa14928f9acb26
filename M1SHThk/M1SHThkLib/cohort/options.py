"""What the observer of a study may choose about its statistics."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CohortOptions:
    """Choices; each is written with the results.

    Attributes
    ----------
    cutoff_per_mm : float or None
        A cut-off of SH/Thk given beforehand, 1/mm.
    sensitivity, specificity : float
        Wanted values at which the other is reported, 0-1.
    difference_per_mm, auc : float or None
        Difference of the greatest SH/Thk between groups (1/mm), and AUC, for which sample sizes are computed; None =
        those that the cohort shows.
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
    difference_per_mm: float | None = None
    auc: float | None = None
    power: float = 0.8
    replicates: int = 2000
    permutations: int = 9999
    seed: int = 0
