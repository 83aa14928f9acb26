"""Measurements as DICOM structured reports (TID 1500): with the numbers, and one with the pial lines.

Apart, since a group that holds a line (TID 1410) comes back from some readers without its numbers. highdicom is
imported where it is used: not every Slicer ships it.
"""

import numpy as np

from .. import __version__
from ..measuring import codes
from .dicom_segments import CHARACTERS, person_name, series_description

NUMBERS, LINES = 9002, 9003  # of the series


def measurement_reports(exam, measurements, series, segmentation, segments):
    """SH, Thk and SH/Thk with their limits and flags, a group (TID 1411) a region.

    Each group refers to the segment of the measured layer or, where there is no thickness, of the white matter.
    Regions that lack values have a report of their own: Slicer's plug-in fills a report's table by place, under the
    headings of its first group.

    Parameters
    ----------
    exam : Exam
    measurements : sequence of Measurement
        In the order of the exam's regions.
    series : dicom_series.Series
    segmentation : highdicom.seg.Segmentation
    segments : list of dicom_segments.Segment
        What the segmentation holds.

    Returns
    -------
    list of highdicom.sr.Comprehensive3DSR
        Of one series, the one with most values first.
    """
    import highdicom as hd

    reports, uid = {}, hd.UID()
    for region, m in zip(exam.regions, measurements, strict=True):
        segment = [own for own in segments if own.region is region][-1]  # the layer follows the white matter
        tracking = segmentation.SegmentSequence[segment.number - 1].TrackingUID
        values = _values(m)
        reports.setdefault(tuple(what for what, _ in values), []).append(
            hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
                hd.sr.TrackingIdentifier(tracking, f"M1SHThk {region.name}"),
                referenced_segment=hd.sr.ReferencedSegment.from_segmentation(segmentation, segment.number),
                measurements=[_measured(hd, what, value) for what, value in values] or None,
                qualitative_evaluations=_evaluations(hd, exam, m),
                **_what_and_where(hd, exam, region),
            )
        )
    evidence = [*series.datasets, segmentation]
    return [
        _report(hd, exam, reports[what], evidence, NUMBERS, "measurements", uid, number)
        for number, what in enumerate(sorted(reports, key=len, reverse=True), 1)
    ]


def line_report(exam, series):
    """The observer's pial lines as polylines, a group (TID 1410) a line."""
    import highdicom as hd

    groups = []
    for region in exam.regions:
        for number, line in enumerate(region.pial_lines, 1):
            name = f"Pial line {region.name}" + (f" {number}" if len(region.pial_lines) > 1 else "")
            groups.append(
                hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
                    hd.sr.TrackingIdentifier(hd.UID(), name),
                    referenced_region=_polyline(hd, line, series),
                    **_what_and_where(hd, exam, region),
                )
            )
    return _report(hd, exam, groups, list(series.datasets), LINES, "pial lines", hd.UID(), 1)


def _report(hd, exam, groups, evidence, series_number, holds, series_uid, number):
    concept, context = hd.sr.CodedConcept, hd.sr.ObserverContext
    person = person_name(exam.observer)
    device = hd.sr.DeviceObserverIdentifyingAttributes(uid=hd.UID(), name="M1SHThk", model_name=__version__)
    observers = {"observer_device_context": context(concept("121007", "DCM", "Device"), device)}
    if person:
        identity = hd.sr.PersonObserverIdentifyingAttributes(name=person)
        observers["observer_person_context"] = context(concept("121006", "DCM", "Person"), identity)
    content = hd.sr.MeasurementReport(
        hd.sr.ObservationContext(**observers),
        concept(*codes.MR_BRAIN),
        groups,
        title=concept("126000", "DCM", "Imaging Measurement Report"),
    )
    return hd.sr.Comprehensive3DSR(
        evidence,
        content,
        series_instance_uid=series_uid,
        series_number=series_number,
        sop_instance_uid=hd.UID(),
        instance_number=number,
        manufacturer="M1SHThk",
        is_complete=True,
        series_description=series_description(holds),
        specific_character_set=CHARACTERS,
    )


def _what_and_where(hd, exam, region):
    concept = hd.sr.CodedConcept
    site = hd.sr.FindingSite(
        concept(*codes.SITES[region.region]),
        laterality=concept(*codes.SIDES[region.hemisphere]),
        topographical_modifier=concept(*codes.PARTS[region.region]),
    )
    return {
        "finding_type": concept(*codes.DEEP_LAYERS),
        "finding_sites": [site],
        "method": concept(*codes.METHOD),
        "algorithm_id": hd.sr.AlgorithmIdentification("M1SHThk", __version__, _changes(exam.settings) or None),
    }


def _changes(settings):
    """The settings that differ from their defaults, in words."""
    return [f"{name}={value}" for name, value in settings.changed().items()]


def _values(m):
    """The values that are there, each followed by its limits: ((quantity, unit, limit or None), value)."""
    limits, found = {"sh": m.sh_ci, "thk_mm": m.thk_ci_mm, "sh_thk_per_mm": m.sh_thk_ci_per_mm}, []
    for column, names in codes.QUANTITIES.items():
        values = [(None, getattr(m, column)), *zip(codes.LIMITS.values(), limits[column], strict=True)]
        if np.isfinite(values[0][1]):
            found += [((*names, limit), float(value)) for limit, value in values if np.isfinite(value)]
    return found


def _measured(hd, what, value):
    concept, (quantity, unit, limit) = hd.sr.CodedConcept, what
    options = {"derivation": concept(*limit)} if limit else {}
    return hd.sr.Measurement(concept(*quantity), value, concept(*unit), **options)


def _evaluations(hd, exam, m):
    """What was imaged, where DICOM has a code for it, and the flags."""
    concept, evaluation = hd.sr.CodedConcept, hd.sr.QualitativeEvaluation
    found = []
    if exam.settings.polarity == "dark":
        found.append((codes.QUANTITY, codes.T2_STAR))
    elif exam.origin.get("echo_combination") == "r2star":
        found.append((codes.QUANTITY, codes.R2_STAR))
    found += [(codes.FLAG, codes.flag_code(flag)) for flag in m.flags]
    return [evaluation(concept(*name), concept(*value)) for name, value in found] or None


def _polyline(hd, line, series):
    """A line in the pixels of the frame that it lies on or, where it lies across the frames, in space."""
    to_index = np.linalg.inv(series.affine)
    indices = line @ to_index[:3, :3].T + to_index[:3, 3]
    frame_number = int(np.clip(np.round(np.median(indices[:, 2])), 0, series.shape[2] - 1))
    if np.abs(indices[:, 2] - frame_number).max() > 0.5:
        lps = line * [-1.0, -1.0, 1.0]
        return hd.sr.ImageRegion3D("POLYLINE", lps, series.datasets[0].FrameOfReferenceUID)
    frame = series.echoes[0][frame_number]
    frames = [frame.number + 1] if "NumberOfFrames" in frame.dataset else None
    source = hd.sr.SourceImageForRegion(frame.dataset.SOPClassUID, frame.dataset.SOPInstanceUID, frames)
    return hd.sr.ImageRegion("POLYLINE", indices[:, :2] + 0.5, source)
