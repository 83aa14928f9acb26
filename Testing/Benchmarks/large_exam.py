"""The exam on which time and memory are measured: 448 x 384 x 60 voxels, float, one line of 40 mm."""

from dataclasses import dataclass, replace

import numpy as np
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.measuring.exam import Exam, Region
from M1SHThkLib.measuring.image import Image
from M1SHThkLib.measuring.measurement import Reference, evaluate_roi
from M1SHThkLib.measuring.settings import Settings

SHAPE = (448, 384, 60)


@dataclass(frozen=True)
class LargeExam:
    """An exam of one region, and its references, evaluated."""

    exam: Exam
    image: Image
    region: Region
    splenium: Reference
    white_matter: Reference
    settings: Settings


def make_large_exam():
    """A digital exam at 7T, without the empty rows before and behind the head."""
    options = PhantomOptions(
        field_strength=7,
        group="patient",
        seed=1,
        echoes=(4,),  # one is enough here, and made seven times faster than all
        line_length_mm=40.0,
        slices=SHAPE[2],
        regions=(("left", "hand_knob"),),
    )
    exam = make_phantom(options).exam()
    rows = (exam.image.voxels.shape[1] - SHAPE[1]) // 2
    first = np.array([0, rows, 0])
    affine = exam.image.affine.copy()
    affine[:3, 3] = exam.image.position_of(first)
    voxels = np.asfortranarray(exam.image.voxels[:, rows : rows + SHAPE[1]])  # as image files are read
    image = Image(voxels, affine, "large exam")
    splenium = replace(exam.splenium, indices=exam.splenium.indices - first)
    region = exam.regions[0]
    region = replace(region, white_matter=replace(region.white_matter, indices=region.white_matter.indices - first))
    return LargeExam(
        exam=replace(exam, image=image, splenium=splenium, regions=(region,)),
        image=image,
        region=region,
        splenium=evaluate_roi(splenium, image),
        white_matter=evaluate_roi(region.white_matter, image),
        settings=exam.settings,
    )
