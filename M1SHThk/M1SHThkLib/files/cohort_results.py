"""A cohort's results -> a folder: the record for machines, tidy tables, the report and its figures."""

from pathlib import Path

from ..cohort.tables import findings_table, roc_table, values_table
from .disk import made_folder, replacing, write_json, write_text
from .results import write_table


def write_cohort(folder, cohort, provenance, page, pictures=()):
    """Writes `figures/`, the tables each with its sidecar, `cohort.json` and, last, `report.html`.

    Parameters
    ----------
    folder : path
        Made where it is missing.
    cohort : Cohort
    provenance : dict
        Plain data that goes into `cohort.json` before the results: `program`, `version`, `notice`, `inputs`.
    page : str
        The report.
    pictures : sequence of objects with `name` and `png` (bytes)

    Raises
    ------
    ValueError
        If a value cannot be written, or a file.
    """
    folder = made_folder(Path(folder))
    for picture in pictures:
        with replacing(made_folder(folder / "figures") / f"{picture.name}.png") as temporary:
            temporary.write_bytes(picture.png)
    for table in (findings_table(cohort), values_table(cohort), roc_table(cohort)):
        write_table(folder / f"{table.name}.tsv", table.columns, table.rows)
    write_json(folder / "cohort.json", {**provenance, **cohort.to_dict()})
    write_text(folder / "report.html", page)
