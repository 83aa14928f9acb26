"""What is to be said of a study's tables: who is left out, and what they mix or lack."""

from collections import Counter, defaultdict

import numpy as np

from ..cohort.study import LIMB_REGIONS, REGION_NAMES
from ..translation import Note as _
from ..translation import listed
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
                what = _("Measured but without a row in the clinical table, left out")
                if own:
                    what = _("Measured at {field:g} T but without a row at {field:g} T in the clinical table, left out")
                    what = what.format(field=tesla)
                told[what].append(name)
        visual = [
            person
            for named, person in own.items()
            if named is None and (person.facts["visual"] or person.facts["scores"])
        ]
        if visual and len(measured_at) > 1:
            what = _(
                "Measured at several field strengths, of which the row in the clinical table names none: visual "
                "readings are left out; give the row the field strength of the images that were read"
            )
            told[what].append(name)
    for name, own in persons.items():
        for named in own:
            if name not in exams:
                told[_("In the clinical table but without a measurement, left out")].append(name)
            elif named is not None and named not in exams[name]:
                what = _("With a row at {field:g} T in the clinical table but without a measurement there")
                told[what.format(field=named)].append(name)
    return [_("{what}: {names}.").format(what=what, names=_first(dict.fromkeys(names))) for what, names in told.items()]


def mixed(studies):
    sentences = []
    if len(studies) > 1:
        fields = [f"{study.field_strength_t:g} T" for study in studies]
        names = [_first(subject.name for subject in study.subjects) for study in studies]
        sentences.append(
            _("Measured at {fields}: each field strength is analysed apart, they are never pooled ({who}).").format(
                fields=listed(fields, " and "),
                who=listed(map(_of_them, fields, names)),
            )
        )
    for study in studies:
        for tell in (_only_read, _missing_regions, _several_readings, _several_protocols, _several_scales):
            sentence = tell(study)
            if sentence:
                sentences.append(
                    _("At {field:g} T, {sentence}").format(field=study.field_strength_t, sentence=sentence)
                )
    return sentences


def _only_read(study):
    names = _first(subject.name for subject in study.to_read)
    only_read = _("only read against the controls (they have no group, or are chosen to be read): {names}.")
    return names and only_read.format(names=names)


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
            missing.append(_("{subject} ({regions})").format(subject=subject.name, regions=listed(regions, ", ")))
    return missing and _("regions were not measured in {subjects}.").format(subjects=_first(missing))


def _several_readings(study):
    several = [subject.name for subject in study.subjects if len(subject.readings) > 1]
    if not several:
        return None
    first = Counter(_reading_name(subject.readings[0]) for subject in study.subjects)
    analysed = listed((_("{reading} of {count}").format(reading=own, count=n) for own, n in first.items()), ", ")
    several_were = _(
        "{subjects} measured more than once ({names}): the first reading in the tables is analysed ({analysed}), the "
        "others serve repeatability and change."
    )
    return several_were.format(subjects=_count(several), names=_first(several), analysed=analysed)


def _reading_name(reading):
    if reading.session and reading.observer:
        return _("{session} by {observer}").format(session=reading.session, observer=reading.observer)
    return reading.session or reading.observer or _("one without session and observer")


def _several_protocols(study):
    by_protocol = {}
    for subject in study.subjects:
        by_protocol.setdefault(subject.readings[0].protocol, []).append(subject.name)
    unknown = by_protocol.pop(None, [])
    if len(by_protocol) > 1:
        every = by_protocol | ({_("not known"): unknown} if unknown else {})
        protocols = listed(_of_them(protocol, _first(names)) for protocol, names in every.items())
        mixed = _("protocols are mixed, so that values differ by more than disease ({protocols}).")
        return mixed.format(protocols=protocols)
    if unknown:
        who = _("all subjects") if not by_protocol else _first(unknown)
        return _("the protocol of {who} is not known: no provenance.json beside the measurements tells it.").format(
            who=who
        )
    return None


def _several_scales(study):
    scales = {}
    for subject in study.subjects:
        if np.isfinite(subject.umn[list(LIMB_REGIONS)]).any():
            name = subject.umn_scale or _("a scale without name")
            scale = _("{scale} to {greatest:g}").format(scale=name, greatest=subject.umn_limb_max)
            scales.setdefault(scale, []).append(subject.name)
    several = _("upper motor neuron scores are on several scales ({scales}), which are correlated apart.")
    of_each = listed(_of_them(scale, _first(names)) for scale, names in scales.items())
    return len(scales) > 1 and several.format(scales=of_each)


def _of_them(what, names):
    return _("{what}: {names}").format(what=what, names=names)


def _count(names):
    return _("1 subject was") if len(names) == 1 else _("{n} subjects were").format(n=len(names))


def _first(names):
    """Names one after another; of thousands the first."""
    names = list(names)
    more, told = len(names) - _MOST_NAMES, listed(names[:_MOST_NAMES], ", ")
    return _("{names} and {more} more").format(names=told, more=more) if more > 0 else told
