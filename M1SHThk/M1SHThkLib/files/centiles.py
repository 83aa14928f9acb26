"""Where subjects stand among norms -> a table."""

from ..cohort.norms import Centile
from ..measuring.columns import Column
from .results import write_table

COLUMNS = (
    Column("subject", "", "Subject", None),
    Column("session", "", "Session", None),
    Column("observer", "", "Observer", None),
    Column("field_strength_t", "T", "Field strength", None),
    Column("marker", "", "Column of the measurements", None),
    Column("place", "", "Region of the motor cortex, or the most pathologic region", None),
    Column("value", "", "Measured, in the marker's unit", None),
    Column("age", "years", "Age", None),
    Column("centile", "%", "Share of the controls of that age that lies below", None),
    Column("ci_low", "%", "Lower limit of its 95 % confidence interval", None),
    Column("ci_high", "%", "Upper limit of its 95 % confidence interval", None),
    Column("z", "SD", "In standard deviations of the square root (of thk_mm: of the value itself)", None),
    Column("words", "", "The same in words, or why there is none", None),
)


def write_centiles(path, readings):
    """Writes the table with its sidecar.

    Parameters
    ----------
    path : path
    readings : sequence of (Subject, field strength in tesla, results, why)
        As `cohort.norms.read_against` gives the latter two.

    Raises
    ------
    ValueError
        If a file cannot be written.
    """
    rows = []
    for subject, tesla, results, why in readings:
        who = [subject.name, subject.readings[0].session, subject.readings[0].observer, tesla]
        if why:
            rows.append([*who, *[None] * 8, why])
        for curve, result in results:
            if isinstance(result, Centile):
                numbers = [result.value, result.age, result.centile, *result.ci, result.z, result.words]
            else:
                numbers = [None] * 6 + [result]
            rows.append([*who, curve.marker, curve.place, *numbers])
    write_table(path, COLUMNS, rows)
