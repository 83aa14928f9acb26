"""What may stand in an exam file (`exam.json`)."""

import json
import math
import os
import sys
import unicodedata

from ..measuring.echoes import checked_combination
from ..measuring.exam import ACCEPTED, GROUPS, HEMISPHERES, REGIONS, SCHEMA
from ..measuring.maps import checked_map, checked_names
from ..translation import tr as _
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
        raise ValueError(
            _("its schema is {found}; it must be '{schema}'").format(found=_shown(exam.get("schema")), schema=SCHEMA)
        )
    _check_members(exam, _("the exam"), required, optional)
    _name(exam["subject"], "subject")
    for key in ("session", "observer"):
        if exam.get(key) is not None:
            _name(exam[key], key)
    if exam.get("group") is not None:
        _choice(exam["group"], "group", GROUPS)
    if exam.get("field_strength_tesla") is not None:
        positive_number(exam["field_strength_tesla"], "field_strength_tesla", "T", HIGHEST_FIELD_TESLA)
    if not isinstance(exam.get("settings") or {}, dict):
        raise ValueError(_("settings is {settings}; it must be an object").format(settings=_shown(exam["settings"])))
    _check_image(exam["image"])
    _check_maps(exam.get("maps") or [])
    _check_roi(exam["splenium"], "splenium")
    regions = exam["regions"]
    most = len(HEMISPHERES) * len(REGIONS)
    if not isinstance(regions, list) or not 1 <= len(regions) <= most:
        raise ValueError(
            _("regions is {regions}; it must be a list of 1 to {most} regions").format(
                regions=_shown(regions), most=most
            )
        )
    for number, region in enumerate(regions):
        _check_region(region, f"regions[{number}]")
    targets = [(region["hemisphere"], region["region"]) for region in regions]
    for number, target in enumerate(targets):
        if target in targets[:number]:
            raise ValueError(
                _("regions[{number}] is {region} once more; pool lines in one 'pial_lines'").format(
                    number=number, region=" ".join(target)
                )
            )


def _check_image(image):
    _check_members(image, "image", ("path",), ("echo_times_ms", "echo_combination", "averaged_echoes"))
    _paths(image["path"] if isinstance(image["path"], list) else [image["path"]], "image.path")
    averaged = image.get("averaged_echoes")
    if averaged is not None and (type(averaged) is not int or not 1 <= averaged <= _MOST_ECHOES):
        raise ValueError(
            _("image.averaged_echoes is {averaged}; it must be a whole number, 1 to {most}").format(
                averaged=_shown(averaged), most=_MOST_ECHOES
            )
        )
    times = image.get("echo_times_ms")
    if times is not None and not (isinstance(times, list) and times):
        raise ValueError(
            _("image.echo_times_ms is {times}; it must be a list of numbers in ms").format(times=_shown(times))
        )
    for number, time in enumerate(times or []):
        positive_number(time, f"image.echo_times_ms[{number}]", "ms")
    checked_combination(image.get("echo_combination") or "mean")


def _check_maps(maps):
    if not isinstance(maps, list):
        raise ValueError(
            _("maps is {maps}; it must be a list of objects with 'name' and 'path' or 'from'").format(maps=_shown(maps))
        )
    for number, one in enumerate(maps):
        where = f"maps[{number}]"
        optional = ("path", "from", "echo_combination", "unit", "polarity", "normalization")
        _check_members(one, where, ("name",), optional)
        _text(one["name"], f"{where}.name")
        checked_map(one["name"], one.get("polarity") or "bright", one.get("normalization") or "none")
        if (one.get("path") is None) == (one.get("from") is None):
            raise ValueError(_("{where} must have either 'path' or 'from'").format(where=where))
        if one.get("unit") is not None:
            _text(one["unit"], f"{where}.unit")
        if one.get("path") is not None:
            _text(one["path"], f"{where}.path")
            if one.get("echo_combination") is not None:
                raise ValueError(
                    _("{where}.echo_combination goes with 'from': 'echoes'; leave it out").format(where=where)
                )
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
        raise ValueError(_("{where} must have either 'segment' or 'label'").format(where=where))
    if "segment" in roi:
        _text(roi["segment"], f"{where}.segment")
    elif type(roi["label"]) is not int or not 1 <= roi["label"] <= _HIGHEST_LABEL:
        raise ValueError(
            _("{where}.label is {label}; it must be a whole number from 1").format(
                where=where, label=_shown(roi["label"])
            )
        )


def _check_members(value, where, required, optional=()):
    known = required + optional
    if not isinstance(value, dict):
        raise ValueError(
            _("{where} is {value}; it must be an object with {keys}").format(
                where=where, value=_shown(value), keys=", ".join(known)
            )
        )
    for key in value:
        if key not in known:
            raise ValueError(
                _("{where} has the unknown key '{key}'; known are {known}").format(
                    where=where, key=key, known=", ".join(known)
                )
            )
    for key in required:
        if key not in value:
            raise ValueError(
                _("{where} lacks '{key}'; it must have {required}").format(
                    where=where, key=key, required=", ".join(required)
                )
            )


def _paths(value, where):
    if not isinstance(value, list) or not value:
        raise ValueError(
            _("{where} is {value}; it must be a list of one or more paths").format(where=where, value=_shown(value))
        )
    for number, path in enumerate(value):
        _text(path, f"{where}[{number}]")
        if path in value[:number]:
            raise ValueError(_("{where} names '{path}' twice; name it once").format(where=where, path=path))


def _name(value, where):
    _text(value, where)
    if value.strip().lower() == MISSING_NAME:
        raise ValueError(
            _("{where} is {value}, which stands for a missing one in tables; name it, or leave it out").format(
                where=where, value=_shown(value)
            )
        )


def _text(value, where):
    is_text = isinstance(value, str) and cleaned(value)
    if not is_text or any(unicodedata.category(character) in _NOT_IN_A_LINE for character in value):
        raise ValueError(
            _("{where} is {value}; it must be text in one line, not empty").format(where=where, value=_shown(value))
        )


def _choice(value, where, choices):
    if value not in choices:
        raise ValueError(
            _("{where} is {value}; it must be {choices}").format(
                where=where, value=_shown(value), choices=_(" or ").join(choices)
            )
        )


def positive_number(value, where, unit, highest=math.inf):
    """The number as float, if it is positive, finite and not above `highest`.

    Raises
    ------
    ValueError
        Otherwise; it names `where` and the unit.
    """
    if type(value) not in (int, float) or not 0 < value <= min(highest, sys.float_info.max):
        most = "" if highest == math.inf else f" to {highest:g}"
        raise ValueError(
            _("{where} is {value}; it must be a positive number{most} in {unit}").format(
                where=where, value=_shown(value), most=most, unit=unit
            )
        )
    return float(value)


def _shown(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."
