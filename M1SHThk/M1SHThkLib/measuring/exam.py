"""An exam in memory: what to measure, wherever it came from (files or a Slicer scene)."""

from dataclasses import dataclass, field

import numpy as np

from .image import Image
from .maps import ExamMap
from .roi import Roi
from .settings import Settings

SCHEMA = "m1shthk/exam-1"
HEMISPHERES = ("left", "right")
REGIONS = ("hand_knob", "paracentral_lobule", "orofacial")  # an exam has any of them, in either hemisphere
GROUPS = ("patient", "mimic", "control")
ACCEPTED = ("yes", "no", "changed")


def region_name(hemisphere, region):
    """What messages call a region, such as 'left hand knob'."""
    return f"{hemisphere} {region.replace('_', ' ')}"


@dataclass(frozen=True)
class Region:
    """One target region of the motor cortex.

    Attributes
    ----------
    hemisphere, region : str
        One of HEMISPHERES and of REGIONS.
    pial_lines : tuple of arrays, each of shape (n, 3)
        The observer's control points in drawing order, world RAS in mm.
    white_matter : Roi
        Subcortical white matter beneath the region.
    """

    hemisphere: str
    region: str
    pial_lines: tuple[np.ndarray, ...]
    white_matter: Roi

    @property
    def name(self):
        """What messages call it, such as 'left hand knob'."""
        return region_name(self.hemisphere, self.region)


@dataclass(frozen=True)
class Exam:
    """One reading of one subject's image.

    `image` is what is measured: a single 3D image, echoes already combined; `maps` are taken along. `origin` records
    where everything came from, as plain JSON data: paths or node names, SHA-256 of the inputs, echo times and their
    combination.
    `warnings` are sentences for the user about the data. `accepted` says of regions, by (hemisphere, region), what
    became of them where a reader accepts them one by one: one of ACCEPTED.
    """

    subject: str
    image: Image
    splenium: Roi
    regions: tuple[Region, ...]
    settings: Settings = field(default_factory=Settings)
    session: str | None = None
    observer: str | None = None
    group: str | None = None
    field_strength_tesla: float | None = None
    origin: dict = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    accepted: dict = field(default_factory=dict)
    maps: tuple[ExamMap, ...] = ()
