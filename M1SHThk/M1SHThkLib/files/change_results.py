"""What has changed between sessions -> tables."""

from pathlib import Path

from ..measuring.columns import Column
from .disk import made_folder
from .results import write_table

_MARKER = Column("marker", "", "Column of the measurements", None)
CHANGES = (
    Column("field_strength_t", "T", "Field strength", None),
    Column("subject", "", "Subject", None),
    Column("group", "", "patient, mimic or control", None),
    Column("observer", "", "Observer of both sessions", None),
    _MARKER,
    Column("place", "", "Region of the motor cortex, or the mean of the regions measured in both sessions", None),
    Column("session", "", "Earlier session", None),
    Column("later_session", "", "Later session", None),
    Column("years", "years", "Between the sessions", None),
    Column("value", "", "Value of the earlier session, in the marker's unit", None),
    Column("later_value", "", "Value of the later session", None),
    Column("difference", "", "Later minus earlier", None),
    Column("repeatability_coefficient", "", "What two readings without change differ by in 95 %", None),
    Column("words", "", "The same in words", None),
)
SLOPES = (
    Column("field_strength_t", "T", "Field strength", None),
    _MARKER,
    Column("group", "", "Group, or the difference between two", None),
    Column("subjects", "", "Subjects with at least two dated sessions", None),
    Column("sessions", "", "Their sessions", None),
    Column("slope_per_year", "", "Change a year of the mean over the same regions, in the marker's unit", None),
    Column("ci_low", "", "Lower limit of the 95 % confidence interval", None),
    Column("ci_high", "", "Upper limit of the 95 % confidence interval", None),
    Column("p", "", "P value", None),
    Column("words", "", "The same in words, or why there is none", None),
)


def write_change(folder, changes, slopes):
    """Writes `change.tsv` and `slopes.tsv`, each with its sidecar.

    Parameters
    ----------
    folder : path
        Made where it is missing.
    changes : sequence of Change
    slopes : sequence of (field strength in tesla, Slope)

    Raises
    ------
    ValueError
        If a file cannot be written.
    """
    folder = made_folder(Path(folder))
    rows = [
        [
            *(
                own.field_strength_t,
                own.subject,
                own.group,
                own.observer,
                own.marker,
                own.place,
                *own.sessions,
                own.years,
            ),
            *(*own.values, own.difference, own.noise, own.words),
        ]
        for own in changes
    ]
    write_table(folder / "change.tsv", CHANGES, rows)
    rows = [
        [tesla, own.marker, own.group, own.subjects, own.sessions, own.slope, *own.ci, own.p, own.words]
        for tesla, own in slopes
    ]
    write_table(folder / "slopes.tsv", SLOPES, rows)
