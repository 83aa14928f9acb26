"""The field strength of a row, as people call it: 2.89 T is 3 T."""

import math

from ..translation import tr as _
from .exam_schema import HIGHEST_FIELD_TESLA

# Scanners give 2.89 T for 3 T: what lies within 5 % of one of these is this one.
_NOMINAL_T = (0.5, 1.0, 1.5, 3.0, 4.0, 4.7, 7.0, 9.4, 10.5, 11.7)
_NOMINAL_WITHIN = 0.05


def field_strength(row):
    """Nominal field strength in tesla, None where missing."""
    tesla = row.number("field_strength_t", 0, HIGHEST_FIELD_TESLA)
    if tesla == 0:
        raise row.fault(_("field_strength_t is 0; it must be a positive number in T, or n/a"))
    nominal = min(_NOMINAL_T, key=lambda value: abs(value - tesla))
    if abs(tesla - nominal) <= _NOMINAL_WITHIN * nominal:
        return nominal
    return None if math.isnan(tesla) else tesla
