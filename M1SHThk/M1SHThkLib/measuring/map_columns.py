"""The columns of `maps.tsv`, a row a region and map, and those that maps add to `profiles.tsv`."""

from .columns import MEASUREMENT_COLUMNS, Column, plain
from .maps import CORE, FLUID_SHARE, LAYER_SHARE

_UNIT = "the map's unit, in the column unit"


def _of_map(name, unit, meaning, value, is_text=False):
    return Column(name, unit, meaning, lambda exam, m, seen: value(seen), is_text)


def _mean(name, meaning):
    return (
        _of_map(name, _UNIT, meaning, lambda seen: getattr(seen, name)),
        _of_map(f"{name}_se", _UNIT, f"Standard error of {name}", lambda seen: getattr(seen, f"{name}_se")),
    )


_IDENTITY = tuple(
    Column(c.name, c.unit, c.meaning, lambda exam, m, seen, of=c: of.value(exam, m), c.is_text)
    for c in MEASUREMENT_COLUMNS[:7]
)
MAP_COLUMNS = (
    *_IDENTITY,
    _of_map("map", "", "Name of the map", lambda seen: seen.map.name, is_text=True),
    _of_map("unit", "", "Unit of its values", lambda seen: seen.map.shown_unit, is_text=True),
    _of_map("polarity", "", "How iron appears in it: bright or dark", lambda seen: seen.map.polarity, is_text=True),
    _of_map(
        "normalization", "", "splenium: divided by its mean there; or none", lambda s: s.map.normalization, is_text=True
    ),
    _of_map("n_normals", "", "Number of normals that meet it", lambda seen: seen.n_normals),
    *_mean(
        "layer",
        f"Mean in the core of the layer that the T2*-weighted profile has found: where F is at least {CORE:.0%} of its "
        "height",
    ),
    _of_map("layer_from_mm", "mm", "Depth at which the core begins", lambda seen: seen.layer_mm[0]),
    _of_map("layer_to_mm", "mm", "Depth at which the core ends", lambda seen: seen.layer_mm[1]),
    *_mean(
        "superficial",
        f"Mean in the superficial cortex, from {FLUID_SHARE:.0%} to {1 - LAYER_SHARE:.0%} of the way from the pial "
        "line to the layer",
    ),
    *_mean("white_matter", "Mean in the region's white-matter ROI"),
    *_mean("difference", "layer less white_matter"),
    _of_map(
        *("peak", _UNIT),
        "Greatest value (least with polarity dark) of the averaged profile in the fit window, of all depths without a "
        "layer",
        lambda seen: seen.peak,
    ),
    _of_map("peak_depth_mm", "mm", "Depth of the peak from the pial line", lambda seen: seen.peak_mm),
    _of_map("splenium", "the map's own unit", "Mean in the splenium ROI", lambda seen: seen.splenium),
    _of_map("notes", "", "Why a value is missing, separated by |", lambda s: "|".join(s.notes) or None, is_text=True),
    Column(
        *("flags", "", "Flags of the region's measurement, comma separated"),
        lambda exam, m, seen: ",".join(m.flags) or None,
        True,
    ),
)


def map_row(exam, measurement, seen):
    """One row of `maps.tsv`: values in the order of MAP_COLUMNS, None for missing."""
    return [plain(column.value(exam, measurement, seen)) for column in MAP_COLUMNS]


def profile_columns_of(names_and_units):
    """The columns that maps add to the profiles' table, from pairs of a map's name and unit."""
    columns = []
    for name, unit in names_and_units:
        columns.append(Column(f"map_{name}", unit, f"Mean over the normals of the map {name}", None))
        columns.append(Column(f"map_{name}_se", unit, f"Standard error of map_{name}", None))
    return tuple(columns)


def map_profiles(seen):
    """What maps add to the profiles' table: mapping of column -> values by depth, None for missing."""
    series = {}
    for one in seen:
        series[f"map_{one.map.name}"] = [plain(value) for value in one.profile]
        series[f"map_{one.map.name}_se"] = [plain(value) for value in one.profile_se]
    return series


def units_of(rows):
    """Name and unit of every map in rows of `maps.tsv` (mappings of column -> value), each name once.

    A map whose unit differs from row to row has none here.
    """
    units = {}
    for row in rows:
        units.setdefault(row["map"], set()).add(row["unit"])
    return [(name, own.pop() if len(own) == 1 else "") for name, own in units.items()]
