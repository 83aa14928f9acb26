"""What an exam measures as a DICOM segmentation: splenium, white matter and the measured layer of every region.

highdicom is imported where it is used: not every Slicer ships it.
"""

from dataclasses import dataclass

import numpy as np

from .. import __version__
from ..measuring import codes
from ..measuring.layer_voxels import layer_voxels

SERIES_NUMBER = 9001
CHARACTERS = "ISO_IR 192"  # UTF-8: the observer's name may need others than the series'
_LONGEST_NAME = 63


@dataclass(frozen=True)
class Segment:
    """One segment: what it is, of which region (None: of none), and its voxels.

    `number` counts from 1; `is_drawn` tells what somebody drew from what was computed.
    """

    number: int
    label: str
    kind: tuple
    region: object
    roi: object
    is_drawn: bool


def segments_of(exam, measurements):
    """The segments of an exam that was measured: a list of Segment."""
    named = [("Splenium", codes.SPLENIUM, None, exam.splenium, True)]
    for region, measurement in zip(exam.regions, measurements, strict=True):
        named.append((f"White matter {region.name}", codes.WHITE_MATTER, region, region.white_matter, True))
        layer = layer_voxels(exam.image, measurement)
        if layer is not None:
            named.append((f"Measured layer {region.name}", codes.DEEP_LAYERS, region, layer, False))
    return [Segment(number, *one) for number, one in enumerate(named, 1)]


def segmentation(exam, segments, series):
    """A highdicom Segmentation on the series' own grid.

    Parameters
    ----------
    exam : Exam
    segments : list of Segment
    series : dicom_series.Series
    """
    import highdicom as hd

    columns, rows, slices = series.shape
    masks = np.zeros((slices, rows, columns, len(segments)), np.uint8)
    matrix = series.index_of(exam.image)
    for segment in segments:
        column, row, number = (segment.roi.indices @ matrix[:3, :3].T + matrix[:3, 3]).T
        masks[number, row, column, segment.number - 1] = 1
    first = series.datasets[0]
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ series.affine
    volume = hd.Volume(
        masks,
        affine[:, [2, 1, 0, 3]],
        coordinate_system="PATIENT",
        frame_of_reference_uid=first.FrameOfReferenceUID,
        channels={"SegmentNumber": [segment.number for segment in segments]},
    )
    return hd.seg.Segmentation(
        source_images=list(series.datasets),
        pixel_array=volume,
        segmentation_type="BINARY",
        segment_descriptions=[_description(hd, segment) for segment in segments],
        series_instance_uid=hd.UID(),
        series_number=SERIES_NUMBER,
        sop_instance_uid=hd.UID(),
        instance_number=1,
        manufacturer="M1SHThk",
        manufacturer_model_name="M1SHThk",
        software_versions=__version__,
        device_serial_number="none",
        content_label="M1SHTHK",
        content_description="References and measured layers",
        content_creator_name=person_name(exam.observer),
        series_description=series_description("references and measured layers"),
        specific_character_set=CHARACTERS,
    )


def series_description(holds):
    """What lists of series show."""
    return f"M1SHThk {holds}, research use only"


def person_name(observer):
    """The observer as a person's name of one part, without DICOM's delimiters; None where not known."""
    name = "".join(" " if sign in "^=\\" else sign for sign in observer or "").strip()[:_LONGEST_NAME]
    return f"{name}^" if name else None


def _description(hd, segment):
    concept, region = hd.sr.CodedConcept, segment.region
    kinds = hd.seg.SegmentAlgorithmTypeValues
    options = {}
    if not segment.is_drawn:
        options["algorithm_identification"] = hd.AlgorithmIdentificationSequence(
            name="M1SHThk", family=concept(*codes.EDGE_DETECTION), version=__version__
        )
    if region:
        options["anatomic_regions"] = [concept(*codes.SITES[region.region])]
    description = hd.seg.SegmentDescription(
        segment_number=segment.number,
        segment_label=segment.label,
        segmented_property_category=concept(*codes.ANATOMICAL_STRUCTURE),
        segmented_property_type=concept(*segment.kind),
        algorithm_type=kinds.MANUAL if segment.is_drawn else kinds.SEMIAUTOMATIC,
        tracking_uid=hd.UID(),
        tracking_id=segment.label,
        **options,
    )
    if region:  # which highdicom knows no option for
        side = concept(*codes.SIDES[region.hemisphere])
        description.AnatomicRegionSequence[0].AnatomicRegionModifierSequence = [side]
    return description
