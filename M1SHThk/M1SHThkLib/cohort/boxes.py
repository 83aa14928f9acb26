"""The values of a group place by place, and the box that sums up each: what a box plot shows."""

from dataclasses import dataclass

import numpy as np

from ..translation import Note as _
from ..translation import listed
from .study import ALL_REGIONS, REGION_NAMES, REGIONS_OF_BOTH, matrix

MOST_PATHOLOGIC = _("most pathologic")


@dataclass(frozen=True)
class Box:
    """Quartiles, and whiskers to the farthest value within 1.5 interquartile ranges of them (Tukey)."""

    lower_whisker: float
    lower_quartile: float
    median: float
    upper_quartile: float
    upper_whisker: float


def box_of(values):
    """The Box of at least one value, shape (n,), none missing."""
    lower, median, upper = np.percentile(values, [25, 50, 75])
    reach = 1.5 * (upper - lower)
    within = values[(values >= lower - reach) & (values <= upper + reach)]
    # Between two far values a quartile may lie beyond all that its whisker could reach.
    return Box(min(within.min(), lower), lower, median, upper, max(within.max(), upper))


def places(study):
    """Names of the study's regions, and of what is taken over them."""
    return (*(REGION_NAMES[number] for number in study.regions), MOST_PATHOLOGIC)


def places_in_short(study):
    """The places by their numbers from 1 on: '1, 2 left, right hand knob; 3, 4 ...; 5 most pathologic'."""
    parts = []
    for number in range(0, len(study.regions), 2):
        own = _("{left}, {right} {region}") if parts else _("{left}, {right} left, right {region}")
        region = REGIONS_OF_BOTH[ALL_REGIONS[study.regions[number]][1]]
        parts.append(own.format(left=number + 1, right=number + 2, region=region))
    last = _("{number} {place}").format(number=len(study.regions) + 1, place=MOST_PATHOLOGIC)
    return listed([*parts, last])


def values_by_place(study, marker, group):
    """Of a group at each of `places`: the subjects' names, and the values without missing ones.

    Returns
    -------
    list of (list of str, float array)
    """
    subjects = study.group(group)
    values = matrix(subjects, marker.column)[:, study.regions]
    present = np.isfinite(values)
    most = marker.pathologic * np.where(present, marker.pathologic * values, -np.inf).max(axis=1)
    columns = np.column_stack([values, np.where(present.any(axis=1), most, np.nan)])
    return [
        ([subject.name for subject, is_there in zip(subjects, there, strict=True) if is_there], column[there])
        for column, there in zip(columns.T, np.isfinite(columns).T, strict=True)
    ]
