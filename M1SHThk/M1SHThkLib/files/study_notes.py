"""What is to be said of a study's tables: who is left out, and what they mix or lack."""

from collections import Counter, defaultdict

import numpy as np

from ..cohort.study import LIMB_REGIONS, REGION_NAMES
from .clinical_table import person_at
from .measurement_tables import VALUES

_MOST_NAMES = 100  # told of; a note on thousands helps nobody


def left_out(persons, exams, to_read):
    """Sentences on subjects, and rows of subjects, that only one of the tables has."""
    told = defaultdict(list)  # names by what befell them, for many share it
    for name, measured_at in exams.items():
        own = persons.get(name, {})
        for tesla in measured_at:
            if person_at(own, tesla, measured_at) is None and name not in to_read:
                at = f" at {tesla:g} T" if own else ""
                told[f"Measured{at} but without a row{at} in the clinical table, left out"].append(name)
        visual = [
            person
            for named, person in own.items()
            if named is None and (person.facts["visual"] or person.facts["scores"])
        ]
        if visual and len(measured_at) > 1:
            told[
                "Measured at several field strengths, of which the row in the clinical table names none: visual "
                "readings are left out; give the row the field strength of the images that were read"
            ].append(name)
    for name, own in persons.items():
        for named in own:
            if name not in exams:
                told["In the clinical table but without a measurement, left out"].append(name)
            elif named is not None and named not in exams[name]:
                told[f"With a row at {named:g} T in the clinical table but without a measurement there"].append(name)
    return [f"{what}: {_listed(dict.fromkeys(names))}." for what, names in told.items()]


def mixed(studies):
    sentences = []
    if len(studies) > 1:
        fields = [f"{study.field_strength_t:g} T" for study in studies]
        names = [_listed(subject.name for subject in study.subjects) for study in studies]
        who = "; ".join(f"{at}: {own}" for at, own in zip(fields, names, strict=True))
        sentences.append(
            f"Measured at {' and '.join(fields)}: each field strength is analysed apart, they are never pooled ({who})."
        )
    for study in studies:
        at = f"At {study.field_strength_t:g} T"
        for tell in (_only_read, _missing_regions, _several_readings, _several_protocols, _several_scales):
            sentence = tell(study)
            if sentence:
                sentences.append(f"{at}, {sentence}")
    return sentences


def _only_read(study):
    names = _listed(subject.name for subject in study.to_read)
    return names and f"only read against the controls (they have no group, or are chosen to be read): {names}."


def _missing_regions(study):
    missing = []
    for subject in study.subjects:
        values = np.array([subject.readings[0].values[column] for column in VALUES])
        absent = np.isnan(values).all(axis=0)
        # Whoever has none but the limbs' regions has a whole exam.
        whole = (
            LIMB_REGIONS if absent[[number for number in study.regions if number not in LIMB_REGIONS]].all() else None
        )
        regions = [REGION_NAMES[number] for number in whole or study.regions if absent[number]]
        if regions:
            missing.append(f"{subject.name} ({', '.join(regions)})")
    return missing and f"regions were not measured in {_listed(missing)}."


def _several_readings(study):
    several = [subject.name for subject in study.subjects if len(subject.readings) > 1]
    if not several:
        return None
    first = Counter(_reading_name(subject.readings[0]) for subject in study.subjects)
    analysed = ", ".join(f"{name} of {count}" for name, count in first.items())
    return (
        f"{_count(several)} measured more than once ({_listed(several)}): the first reading in the tables is "
        f"analysed ({analysed}), the others serve repeatability and change."
    )


def _reading_name(reading):
    parts = [part for part in (reading.session, reading.observer) if part]
    return " by ".join(parts) or "one without session and observer"


def _several_protocols(study):
    by_protocol = {}
    for subject in study.subjects:
        by_protocol.setdefault(subject.readings[0].protocol, []).append(subject.name)
    unknown = by_protocol.pop(None, [])
    if len(by_protocol) > 1:
        every = by_protocol | ({"not known": unknown} if unknown else {})
        listed = "; ".join(f"{protocol}: {_listed(names)}" for protocol, names in every.items())
        return f"protocols are mixed, so that values differ by more than disease ({listed})."
    if unknown:
        who = "all subjects" if not by_protocol else _listed(unknown)
        return f"the protocol of {who} is not known: no provenance.json beside the measurements tells it."
    return None


def _several_scales(study):
    scales = {}
    for subject in study.subjects:
        if np.isfinite(subject.umn[list(LIMB_REGIONS)]).any():
            scale = f"{subject.umn_scale or 'a scale without name'} to {subject.umn_limb_max:g}"
            scales.setdefault(scale, []).append(subject.name)
    listed = "; ".join(f"{scale}: {_listed(names)}" for scale, names in scales.items())
    return (
        len(scales) > 1 and f"upper motor neuron scores are on several scales ({listed}), which are correlated apart."
    )


def _count(names):
    return "1 subject was" if len(names) == 1 else f"{len(names)} subjects were"


def _listed(names):
    """Names one after another; of thousands the first."""
    names = list(names)
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
