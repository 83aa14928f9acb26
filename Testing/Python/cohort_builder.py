"""Studies in memory for the tests of the statistics."""

import numpy as np
from M1SHThkLib.cohort.study import ALL_REGIONS, MARKERS, SH, SH_THK, THK, Reading, Study, Subject

NONE = np.empty((0, 4))
THK_MM = 1.5
# What the fit gives where censoring gives 0.
UNCENSORED_PER_MM = 0.005


def in_all_regions(values):
    """Values of the first regions, shape (..., k), with nan for the others; shape (..., regions)."""
    values = np.asarray(values, float)
    missing = np.full((*values.shape[:-1], len(ALL_REGIONS) - values.shape[-1]), np.nan)
    return np.concatenate([values, missing], axis=-1)


def reading_of(sh_thk, thk=THK_MM, uncensored=None, session=None, observer=None, protocol="ten echoes, mean"):
    """A reading from SH/Thk of four or all regions; 0 = no dark layer, nan = not measured.

    `uncensored`: SH/Thk before censoring, of the same shape; None = the values, UNCENSORED_PER_MM for each 0.
    """
    sh_thk = np.asarray(sh_thk, float)
    censored = sh_thk == 0
    if uncensored is None:
        uncensored = np.where(censored, UNCENSORED_PER_MM, sh_thk)
    thk = np.broadcast_to(thk, sh_thk.shape)
    measured_thk = np.where(np.isnan(sh_thk), np.nan, thk)
    values = {
        SH_THK.column: sh_thk,
        SH.column: sh_thk * thk,
        THK.column: np.where(censored, np.nan, measured_thk),
        SH_THK.uncensored: np.asarray(uncensored, float),
        SH.uncensored: np.asarray(uncensored, float) * thk,
        THK.uncensored: measured_thk,
        f"{SH_THK.column}_ci_low": 0.8 * sh_thk,
        f"{SH_THK.column}_ci_high": 1.2 * sh_thk,
    }
    assert {marker.column for marker in MARKERS} < set(values)
    values = {name: in_all_regions(own) for name, own in values.items()}
    flags = tuple(("no_dark_layer",) if none else () for none in in_all_regions(censored) == 1)
    return Reading(session, observer, protocol, values, flags)


def study_of(patients=NONE, controls=NONE, *, field_strength_t=3.0, thk=THK_MM, uncensored=None, **fields):
    """A study of subjects sub-P01, sub-P02... and sub-C01, sub-C02...

    Parameters
    ----------
    patients, controls : arrays, shape (subjects, 4 or all regions)
        SH/Thk in 1/mm: 0 = no dark layer, nan = not measured.
    thk : float or array, of the same shape
        mm, patients first.
    uncensored : array, of the same shape, or None
        SH/Thk before censoring, as `reading_of` takes it, patients first.
    fields : sequences
        Further attributes of Subject by name (`age`, `umn`, `umn_total`, `umn_scale`, `visual`, `readings`...), an
        entry a subject, patients first; subjects beyond the sequence's end have none.
    """
    patients, controls = (np.asarray(values, float) for values in (patients, controls))
    regions = max(values.shape[-1] if values.ndim == 2 else 0 for values in (patients, controls)) or 4
    patients, controls = (values.reshape(-1, regions) for values in (patients, controls))
    values = np.concatenate([patients, controls])
    thk = np.broadcast_to(thk, values.shape)
    subjects = []
    for i, own in enumerate(values):
        is_patient = i < len(patients)
        number = i + 1 if is_patient else i + 1 - len(patients)
        reading = reading_of(own, thk[i], None if uncensored is None else uncensored[i])
        given = {"readings": (reading,), "umn_limb_max": 8.0, "umn_scale": "paper"}
        given |= {name: entries[i] for name, entries in fields.items() if i < len(entries)}
        if "umn" in given:
            given["umn"] = in_all_regions(given["umn"])
        group = "patient" if is_patient else "control"
        subjects.append(Subject(f"sub-{'P' if is_patient else 'C'}{number:02d}", group, **given))
    return Study(field_strength_t, tuple(subjects))


def clustered_normals(random, subjects, correlation, replicates=None):
    """Standard normal values of four regions that correlate within the subject; shape (..., subjects, 4)."""
    shape = (subjects, 4) if replicates is None else (replicates, subjects, 4)
    shared = random.normal(size=(*shape[:-1], 1))
    return np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * random.normal(size=shape)
