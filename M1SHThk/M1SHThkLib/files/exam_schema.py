"""What may stand in an exam file (`exam.json`)."""

import json
import math
import os
import sys
import unicodedata

from ..measuring.echoes import checked_combination
from ..measuring.exam import ACCEPTED, GROUPS, HEMISPHERES, REGIONS, SCHEMA
from ..measuring.maps import checked_map, checked_names
from .names import MISSING_NAME, cleaned

HIGHEST_FIELD_TESLA = 25.0
_NOT_IN_A_LINE = ("Cc", "Cs", "Zl", "Zp")
_HIGHEST_LABEL = 2**53  # further whole numbers are not told apart in floating point
_MOST_ECHOES = 1000
_LONGEST_SHOWN = 60
_LARGEST_FILE = 1 << 20  # bytes; what is dropped on Slicer may be anything


def is_exam_file(path):
    """Whether a file says that it is an exam; one that cannot be read does not."""
    try:
        if os.path.getsize(path) > _LARGEST_FILE:
            return False
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get("schema") == SCHEMA


def check_exam(exam):
    """Checks what `json` read from an exam file: its schema, keys, types and values.

    Optional keys may be left out or null.

    Raises
    ------
    ValueError
        Names the key, its value and what would be right.
    """
    required = ("schema", "subject", "image", "splenium", "regions")
    optional = ("session", "observer", "group", "field_strength_tesla", "settings", "maps")
    if isinstance(exam, dict) and exam.get("schema") != SCHEMA:
        raise ValueError(f"its schema is {_shown(exam.get('schema'))}; it must be '{SCHEMA}'")
    _check_members(exam, "the exam", required, optional)
    _name(exam["subject"], "subject")
    for key in ("session", "observer"):
        if exam.get(key) is not None:
            _name(exam[key], key)
    if exam.get("group") is not None:
        _choice(exam["group"], "group", GROUPS)
    if exam.get("field_strength_tesla") is not None:
        positive_number(exam["field_strength_tesla"], "field_strength_tesla", "T", HIGHEST_FIELD_TESLA)
    if not isinstance(exam.get("settings") or {}, dict):
        raise ValueError(f"settings is {_shown(exam['settings'])}; it must be an object")
    _check_image(exam["image"])
    _check_maps(exam.get("maps") or [])
    _check_roi(exam["splenium"], "splenium")
    regions = exam["regions"]
    most = len(HEMISPHERES) * len(REGIONS)
    if not isinstance(regions, list) or not 1 <= len(regions) <= most:
        raise ValueError(f"regions is {_shown(regions)}; it must be a list of 1 to {most} regions")
    for number, region in enumerate(regions):
        _check_region(region, f"regions[{number}]")
    targets = [(region["hemisphere"], region["region"]) for region in regions]
    for number, target in enumerate(targets):
        if target in targets[:number]:
            raise ValueError(f"regions[{number}] is {' '.join(target)} once more; pool lines in one 'pial_lines'")


def _check_image(image):
    _check_members(image, "image", ("path",), ("echo_times_ms", "echo_combination", "averaged_echoes"))
    _paths(image["path"] if isinstance(image["path"], list) else [image["path"]], "image.path")
    averaged = image.get("averaged_echoes")
    if averaged is not None and (type(averaged) is not int or not 1 <= averaged <= _MOST_ECHOES):
        raise ValueError(f"image.averaged_echoes is {_shown(averaged)}; it must be a whole number, 1 to {_MOST_ECHOES}")
    times = image.get("echo_times_ms")
    if times is not None and not (isinstance(times, list) and times):
        raise ValueError(f"image.echo_times_ms is {_shown(times)}; it must be a list of numbers in ms")
    for number, time in enumerate(times or []):
        positive_number(time, f"image.echo_times_ms[{number}]", "ms")
    checked_combination(image.get("echo_combination") or "mean")


def _check_maps(maps):
    if not isinstance(maps, list):
        raise ValueError(f"maps is {_shown(maps)}; it must be a list of objects with 'name' and 'path' or 'from'")
    for number, one in enumerate(maps):
        where = f"maps[{number}]"
        optional = ("path", "from", "echo_combination", "unit", "polarity", "normalization")
        _check_members(one, where, ("name",), optional)
        _text(one["name"], f"{where}.name")
        checked_map(one["name"], one.get("polarity") or "bright", one.get("normalization") or "none")
        if (one.get("path") is None) == (one.get("from") is None):
            raise ValueError(f"{where} must have either 'path' or 'from'")
        if one.get("unit") is not None:
            _text(one["unit"], f"{where}.unit")
        if one.get("path") is not None:
            _text(one["path"], f"{where}.path")
            if one.get("echo_combination") is not None:
                raise ValueError(f"{where}.echo_combination goes with 'from': 'echoes'; leave it out")
        else:
            _choice(one["from"], f"{where}.from", ("echoes",))
            checked_combination(one.get("echo_combination") or "r2star")
    checked_names([one["name"] for one in maps])


def _check_region(region, where):
    _check_members(region, where, ("hemisphere", "region", "pial_lines", "white_matter"), ("accepted",))
    if region.get("accepted") is not None:
        _choice(region["accepted"], f"{where}.accepted", ACCEPTED)
    _choice(region["hemisphere"], f"{where}.hemisphere", HEMISPHERES)
    _choice(region["region"], f"{where}.region", REGIONS)
    _paths(region["pial_lines"], f"{where}.pial_lines")
    _check_roi(region["white_matter"], f"{where}.white_matter")


def _check_roi(roi, where):
    _check_members(roi, where, ("path",), ("segment", "label"))
    _text(roi["path"], f"{where}.path")
    if ("segment" in roi) == ("label" in roi):
        raise ValueError(f"{where} must have either 'segment' or 'label'")
    if "segment" in roi:
        _text(roi["segment"], f"{where}.segment")
    elif type(roi["label"]) is not int or not 1 <= roi["label"] <= _HIGHEST_LABEL:
        raise ValueError(f"{where}.label is {_shown(roi['label'])}; it must be a whole number from 1")


def _check_members(value, where, required, optional=()):
    known = required + optional
    if not isinstance(value, dict):
        raise ValueError(f"{where} is {_shown(value)}; it must be an object with {', '.join(known)}")
    for key in value:
        if key not in known:
            raise ValueError(f"{where} has the unknown key '{key}'; known are {', '.join(known)}")
    for key in required:
        if key not in value:
            raise ValueError(f"{where} lacks '{key}'; it must have {', '.join(required)}")


def _paths(value, where):
    if not isinstance(value, list) or not value:
        raise ValueError(f"{where} is {_shown(value)}; it must be a list of one or more paths")
    for number, path in enumerate(value):
        _text(path, f"{where}[{number}]")
        if path in value[:number]:
            raise ValueError(f"{where} names '{path}' twice; name it once")


def _name(value, where):
    _text(value, where)
    if value.strip().lower() == MISSING_NAME:
        raise ValueError(
            f"{where} is {_shown(value)}, which stands for a missing one in tables; name it, or leave it out"
        )


def _text(value, where):
    is_text = isinstance(value, str) and cleaned(value)
    if not is_text or any(unicodedata.category(character) in _NOT_IN_A_LINE for character in value):
        raise ValueError(f"{where} is {_shown(value)}; it must be text in one line, not empty")


def _choice(value, where, choices):
    if value not in choices:
        raise ValueError(f"{where} is {_shown(value)}; it must be {' or '.join(choices)}")


def positive_number(value, where, unit, highest=math.inf):
    """The number as float, if it is positive, finite and not above `highest`.

    Raises
    ------
    ValueError
        Otherwise; it names `where` and the unit.
    """
    if type(value) not in (int, float) or not 0 < value <= min(highest, sys.float_info.max):
        most = "" if highest == math.inf else f" to {highest:g}"
        raise ValueError(f"{where} is {_shown(value)}; it must be a positive number{most} in {unit}")
    return float(value)


def _shown(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."
