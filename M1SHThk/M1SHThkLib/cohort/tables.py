"""A cohort as tidy tables: findings, values and points of the ROC curves."""

from dataclasses import dataclass

from ..measuring.columns import MEASUREMENT_COLUMNS, Column
from .study import LIMBS, REGION_NAMES

# Labels of findings that have a column of their own; the others share one.
LABELS = ("marker", "region", "group", "against", "selection", "reader", "session", "subject")


@dataclass(frozen=True)
class Table:
    """A table to write.

    Attributes
    ----------
    name : str
    columns : tuple of Column
    rows : list of lists
        In the columns' order; None and nan where missing.
    """

    name: str
    columns: tuple[Column, ...]
    rows: list


def _columns(*described):
    return tuple(Column(name, unit, meaning, None) for name, unit, meaning in described)


_FIELD = ("field_strength_t", "T", "Field strength; n/a = across field strengths")
_FINDINGS = _columns(
    _FIELD,
    ("analysis", "", "Which of the report's analyses"),
    ("what", "", "What was asked"),
    ("marker", "", "Column of the measurements that was analysed"),
    ("region", "", "Region of the motor cortex"),
    ("group", "", "patient, mimic or control"),
    ("against", "", "Whom the patients are compared with: controls, mimics, or mimics and controls"),
    ("selection", "", "Rule by which values stand for a subject: paper, symmetric or clustered"),
    ("reader", "", "Reader of the images"),
    ("session", "", "Session of the reading"),
    ("subject", "", "Subject that is read"),
    ("labels", "", "Whatever else the finding belongs to, name=value"),
    ("n", "", "How many of what, name=number"),
    ("quantity", "", "What the estimate is"),
    ("estimate", "", "Estimate, in the column unit"),
    ("unit", "", "Unit of the estimate and its interval"),
    ("ci_low", "", "Lower limit of the 95 % confidence interval"),
    ("ci_high", "", "Upper limit of the 95 % confidence interval"),
    ("test", "", "Test whose statistic and P follow"),
    ("statistic", "", "Test statistic"),
    ("p", "", "P value"),
    ("standing", "", "What the test is to the study: primary, exploratory, or as in the paper (not what it claims)"),
    ("p_holm", "", "P value of an exploratory test, adjusted by Holm's method for their number"),
    ("method", "", "How estimate, interval and P came about"),
    ("words", "", "The same in words"),
)
_SUBJECTS = _columns(
    _FIELD,
    ("subject", "", "Subject"),
    ("group", "", "patient, mimic or control; n/a = only read against the controls"),
    ("age", "years", "Age"),
    ("sex", "", "Sex"),
    ("session", "", "Session of the reading that is analysed"),
    ("observer", "", "Observer of the reading that is analysed"),
    ("protocol", "", "Echoes, their combination, and settings that were changed"),
    ("region", "", "Region of the motor cortex"),
    ("limb", "", "Limb that the region serves"),
    ("umn_scale", "", "Name of the scale of the upper motor neuron scores"),
    ("umn_limb_max", "", "Greatest score that a limb can have"),
    ("umn_limb", "", "Upper motor neuron score of the limb"),
    ("umn_total", "", "Total upper motor neuron score"),
)
_ROC = _columns(
    _FIELD,
    ("marker", "", "Column of the measurements that is judged; n/a = the sum of a reader's scores"),
    ("against", "", "Whom the patients are compared with: controls, mimics, or mimics and controls"),
    ("selection", "", "Rule by which values stand for a subject: paper, symmetric or clustered"),
    ("reader", "", "Reader whose scores are judged"),
    ("session", "", "Session of the scores"),
    ("cutoff", "", "Cut-off in the marker's unit; values at it or on its pathologic side are called pathologic"),
    ("false_positive_rate", "", "1 - specificity at the cut-off"),
    ("sensitivity", "", "Sensitivity at the cut-off"),
)
_MEASURED = {column.name: column for column in MEASUREMENT_COLUMNS}


def findings_table(cohort):
    """A row a finding."""
    rows = [
        [
            *(field, finding.analysis, finding.what),
            *(finding.labels.get(name) for name in LABELS),
            _pairs((name, value) for name, value in finding.labels.items() if name not in LABELS),
            _pairs(finding.n.items()),
            *(finding.quantity, finding.estimate, finding.unit, *(finding.ci or (None, None))),
            *(finding.test, finding.statistic, finding.p, finding.standing, finding.p_holm),
            *(finding.method, finding.words),
        ]
        for field, finding in cohort.all_findings()
    ]
    return Table("findings", _FINDINGS, rows)


def values_table(cohort):
    """A row a subject and region: the reading that is analysed, and the score of the limb that the region serves."""
    measured = list(cohort.studies[0].subjects[0].readings[0].values)
    rows = [
        [
            *(study.field_strength_t, subject.name, subject.group, subject.age, subject.sex),
            *(reading.session, reading.observer, reading.protocol),
            *(REGION_NAMES[number], LIMBS[number]),
            *(subject.umn_scale, subject.umn_limb_max, subject.umn[number], subject.umn_total),
            *(reading.values[name][number] for name in measured),
            ",".join(reading.flags[number]),
        ]
        for study in cohort.studies
        for subject in study.subjects
        for reading in subject.readings[:1]
        for number in study.regions
    ]
    return Table("values", (*_SUBJECTS, *(_MEASURED[name] for name in measured), _MEASURED["flags"]), rows)


def roc_table(cohort):
    """A row a point of a ROC curve."""
    rows = [
        [field, *(finding.labels.get(column.name) for column in _ROC[1:-3]), *point]
        for field, finding in cohort.all_findings()
        if "false_positive_rate" in finding.details
        for point in zip(*(finding.details[column.name] for column in _ROC[-3:]), strict=True)
    ]
    return Table("roc", _ROC, rows)


def _pairs(items):
    return ", ".join(f"{name}={value}" for name, value in items)
