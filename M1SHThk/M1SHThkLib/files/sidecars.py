"""The BIDS sidecar (`.json`) beside an image: echo time, field strength, and what the image holds."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from ..measuring.echoes import LONGEST_ECHO_TIME_MS, SHORTEST_ECHO_TIME_MS
from ..measuring.magnitude import part_of_image_type
from ..translation import tr as _
from .disk import naming, read_json
from .exam_schema import HIGHEST_FIELD_TESLA, positive_number

_COMPRESSED = ".gz"


@dataclass(frozen=True)
class Sidecar:
    """What a sidecar holds, or why it cannot be read."""

    path: Path
    content: dict = field(default_factory=dict)
    fault: str | None = None

    def value(self, key):
        """What stands under a key, None where nothing does.

        Raises
        ------
        ValueError
            If the file cannot be read.
        """
        if self.fault:
            raise ValueError(self.fault)
        return self.content.get(key)

    @property
    def part(self):
        """'magnitude', 'phase', 'real', 'imaginary', or None where it does not say."""
        return part_of_image_type(self.content.get("ImageType"))


def sidecar_path(image):
    """Where an image's sidecar would lie; None where there is none."""
    image = Path(image)
    name = image.name[: -len(_COMPRESSED)] if image.name.lower().endswith(_COMPRESSED) else image.name
    path = image.with_name(Path(name).stem + ".json")
    return path if os.path.isfile(path) else None


def read_sidecars(images):
    """The sidecar of each image, None where there is none; one that cannot be read holds the fault."""
    return [path and _read(path) for path in map(sidecar_path, images)]


def sidecar_echo_times(sidecars):
    """Echo times in ms of all images, in their order, and the first sidecar's path; None twice where any lacks its own.

    Raises
    ------
    ValueError
        If a sidecar cannot be read, or its times are no seconds.
    """
    times = []
    for sidecar in sidecars:
        seconds = sidecar and sidecar.value("EchoTime")
        if seconds is None:
            return None, None
        with naming(sidecar.path):
            times += [_milliseconds(time) for time in (seconds if isinstance(seconds, list) else [seconds])]
    return times, sidecars[0].path


def sidecar_field_strength(sidecars):
    """Field strength, and the path of the sidecar that gives it; None twice where none does.

    Raises
    ------
    ValueError
        If it is no number of tesla, or none gives it but one cannot be read.
    """
    sidecars = [sidecar for sidecar in sidecars if sidecar]
    for sidecar in sorted(sidecars, key=lambda one: one.fault is not None):
        tesla = sidecar.value("MagneticFieldStrength")
        if tesla is not None:
            with naming(sidecar.path):
                return positive_number(tesla, "MagneticFieldStrength", "T", HIGHEST_FIELD_TESLA), sidecar.path
    return None, None


def _read(path):
    try:
        content = read_json(path)
    except ValueError as error:
        return Sidecar(path, fault=str(error))
    if not isinstance(content, dict):
        return Sidecar(path, fault=_("{path}: is no BIDS sidecar; one JSON object is needed").format(path=path))
    return Sidecar(path, content)


def _milliseconds(seconds):
    time = 1000 * positive_number(seconds, "EchoTime", "s")
    if time > LONGEST_ECHO_TIME_MS:
        raise ValueError(
            _("EchoTime is {seconds:g}, beyond {longest:g} ms: BIDS wants seconds; is it {guess:g}?").format(
                seconds=seconds, longest=LONGEST_ECHO_TIME_MS, guess=seconds / 1000.0
            )
        )
    if time < SHORTEST_ECHO_TIME_MS:
        raise ValueError(
            _("EchoTime is {seconds:g}, below {shortest:g} ms: BIDS wants seconds").format(
                seconds=seconds, shortest=SHORTEST_ECHO_TIME_MS
            )
        )
    return round(time, 9)  # 1000 * 0.0186 is not quite 18.6
