"""The columns of the result tables: name, unit, meaning, and how each is read off an exam's measurement."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .exam import Exam
from .flags import notes_as_text
from .measurement import Measurement


@dataclass(frozen=True)
class Column:
    """One column of a table; `value` takes (exam, measurement); None and nan are missing values."""

    name: str
    unit: str
    meaning: str
    value: Callable[[Exam, Measurement], object]
    is_text: bool = False


def _text_of_exam(name, meaning):
    return Column(name, "", meaning, lambda exam, m: getattr(exam, name), is_text=True)


def _text_of_measurement(name, meaning):
    return Column(name, "", meaning, lambda exam, m: getattr(m, name), is_text=True)


def _of_measurement(name, unit, meaning):
    return Column(name, unit, meaning, lambda exam, m: getattr(m, name))


def _of_layer(name, attribute, unit, meaning):
    return Column(name, unit, meaning, lambda exam, m: getattr(m.layer, attribute))


def _interval(name, unit, attribute, marker):
    text = "limit of the 95 % confidence interval of {} (noise at the line as drawn, not redrawing)".format
    return tuple(
        Column(f"{name}_ci_{end}", unit, f"{end.capitalize()}er {text(marker)}", _end_of(attribute, which))
        for which, end in enumerate(("low", "high"))
    )


def _end_of(attribute, which):
    return lambda exam, m: getattr(m, attribute)[which]


def _parameter(index, name, unit, meaning):
    return Column(name, unit, meaning, lambda exam, m: m.parameters[index])


_ACCEPTED = Column(
    "accepted",
    "",
    "yes, no, or changed: the reader accepted the region, did not, or it is not what it was when it was accepted",
    lambda exam, m: exam.accepted.get((m.hemisphere, m.region)),
    is_text=True,
)
_RELATIVE = "splenium intensity; image unit with normalization none"

MEASUREMENT_COLUMNS = (
    _text_of_exam("subject", "Subject"),
    _text_of_exam("session", "Session"),
    _text_of_exam("observer", "Observer who drew the line and the ROIs"),
    _text_of_exam("group", "patient, mimic or control"),
    Column("field_strength_t", "T", "Field strength", lambda exam, m: exam.field_strength_tesla),
    _text_of_measurement("hemisphere", "Hemisphere of the region; it serves the limb of the other side"),
    _text_of_measurement("region", "hand_knob (upper limb), paracentral_lobule (lower limb) or orofacial (face)"),
    _of_measurement("splenium_intensity", "image unit", "Mean intensity S of the splenium ROI"),
    _of_measurement("splenium_area_mm2", "mm2", "In-plane area of the splenium ROI"),
    _of_measurement("white_matter_intensity", "image unit", "Mean intensity W of the region's white-matter ROI"),
    _of_measurement("white_matter_area_mm2", "mm2", "In-plane area of the region's white-matter ROI"),
    _of_measurement("snr", "", "Signal-to-noise ratio of a single voxel of white matter in a single echo"),
    _of_measurement("n_normals", "", "Number of normals that were averaged"),
    _of_measurement("n_normals_left_out", "", "Number of normals left out because they leave the image or its data"),
    _of_measurement("line_length_mm", "mm", "Length of the smoothed pial line, lines of one region added up"),
    _of_measurement(
        "line_stray_mm",
        "mm",
        "Standard deviation of the pial edge's distance from the line as drawn; missing if unclear",
    ),
    _of_measurement("edge_unclear", "", "Share of the normals at which no pial edge was recognised"),
    _of_measurement("sh", _RELATIVE, "Signal hypointensity SH of the deep layers, the height of F; 0 without a layer"),
    *_interval("sh", _RELATIVE, "sh_ci", "SH"),
    _of_measurement("thk_mm", "mm", "Thickness Thk of the deep layers: width of F at 25 % of its height"),
    *_interval("thk_mm", "mm", "thk_ci_mm", "Thk"),
    _of_measurement("sh_thk_per_mm", "1/mm", "The marker SH/Thk; 0 without a layer"),
    *_interval("sh_thk_per_mm", "1/mm", "sh_thk_ci_per_mm", "SH/Thk"),
    _parameter(0, "a", _RELATIVE, "Amplitude of F"),
    _parameter(1, "b1_per_mm", "1/mm", "Slope of F's superficial sigmoid"),
    _parameter(2, "c1_mm", "mm", "Depth of F's superficial sigmoid"),
    _parameter(3, "b2_per_mm", "1/mm", "Slope of F's deep sigmoid"),
    _parameter(4, "c2_mm", "mm", "Depth of F's deep sigmoid"),
    _of_measurement("c2_c1_mm", "mm", "Distance between the sigmoids; beneath bright cortex it changes with blur"),
    _of_measurement(
        "area_mm", "mm", "Area under F, relative intensity times mm; beneath bright cortex it falls with blur"
    ),
    _of_measurement("lobe_z", "", "Area of the dark lobe over its standard deviation; below 2 no layer is seen"),
    _of_layer("wm_plateau", "plateau", _RELATIVE, "Median of h past the layer; 0 where the white-matter ROI suits"),
    _of_layer("wm_plateau_se", "plateau_se", _RELATIVE, "Standard error of wm_plateau"),
    _of_measurement("sh_fit", _RELATIVE, "SH before the rules on what is reported"),
    _of_measurement("thk_fit_mm", "mm", "Thk before these rules"),
    _of_measurement("sh_thk_fit_per_mm", "1/mm", "SH/Thk before these rules"),
    _of_measurement(
        "sh_thk_aligned_per_mm", "1/mm", "SH/Thk before these rules, with the line moved onto the pial edge"
    ),
    Column(
        "largest_hidden_sh",
        _RELATIVE,
        "Where no layer was found: the SH that one could have and still hide (upper 95 % limit)",
        lambda exam, m: m.verdict.largest_hidden_sh,
    ),
    _of_measurement(
        "tilt_deg", "degree", "Tilt of the cortex through the slices: 0 = upright in them; median over the normals"
    ),
    _of_measurement("tilt_spread_deg", "degree", "Standard deviation of the tilt over the normals"),
    _of_measurement(
        "b0_angle_deg", "degree", "Angle, 0 to 90, between the cortex's mean normal in space and the scanner's z axis"
    ),
    _of_measurement("w_mm", "mm", "Width of the dark layer in the slice, blur taken out (model of four levels)"),
    *_interval("w_mm", "mm", "w_ci_mm", "w_mm"),
    _of_measurement("thk_perpendicular_mm", "mm", "Width of the dark layer across the cortex: blur and tilt taken out"),
    *_interval("thk_perpendicular_mm", "mm", "thk_perpendicular_ci_mm", "thk_perpendicular_mm"),
    _of_measurement("dip", _RELATIVE, "Depth of the dark layer before any blur; 0 without a layer"),
    *_interval("dip", _RELATIVE, "dip_ci", "dip"),
    _of_measurement("dip_per_mm", "1/mm", "dip / w_mm: what SH/Thk would be without blur; 0 without a layer"),
    *_interval("dip_per_mm", "1/mm", "dip_per_mm_ci", "dip_per_mm"),
    _of_measurement("blur_fwhm_mm", "mm", "Width at half maximum of the blur that the pial edge shows"),
    *_interval("blur_fwhm_mm", "mm", "blur_fwhm_ci_mm", "blur_fwhm_mm"),
    Column(
        "withheld",
        "",
        "Why tilt, angle, width or blur are missing, as column: words, separated by |",
        lambda exam, m: notes_as_text(m.withheld),
        True,
    ),
    _of_layer("r_squared", "r_squared", "", "Share of h's variance within the fit window that F explains"),
    _of_layer("rmse", "rmse", _RELATIVE, "Root-mean-square residual of F within the fit window"),
    Column(
        "flags", "", "Flags, comma separated; README tells what to do", lambda exam, m: ",".join(m.flags) or None, True
    ),
    Column(
        "flag_notes",
        "",
        "What a flag found here, as flag: words, separated by |",
        lambda exam, m: notes_as_text(m.notes),
        True,
    ),
    _ACCEPTED,
)

PROFILE_COLUMNS = (
    *MEASUREMENT_COLUMNS[:4],
    *MEASUREMENT_COLUMNS[5:7],
    Column("depth_mm", "mm", "Depth along the normals from the smoothed pial line", None),
    Column("n_normals", "", "Number of normals that contribute at this depth", None),
    Column("intensity", "image unit", "Mean intensity P over the normals", None),
    Column("h", _RELATIVE, "Hypointensity h, dark is positive", None),
    Column("h_se", _RELATIVE, "Standard error of h, noise of both ROIs included", None),
    Column("fit", _RELATIVE, "Fitted double sigmoid F", None),
    Column("in_window", "", "1 where the depth belongs to the fit window", None),
    _ACCEPTED,
)


def measurement_row(exam, measurement):
    """One row of the measurements table: values in the order of MEASUREMENT_COLUMNS, None for missing."""
    return [plain(column.value(exam, measurement)) for column in MEASUREMENT_COLUMNS]


def profile_rows(exam, measurement):
    """One row a depth, values in the order of PROFILE_COLUMNS, None for missing."""
    m = measurement
    identity = [plain(column.value(exam, m)) for column in PROFILE_COLUMNS[:6]]
    in_window = m.lobe.window if m.lobe else np.zeros(len(m.depths_mm), bool)
    series = (m.depths_mm, m.n_per_depth, m.profile, m.h, m.h_se, m.fitted, in_window.astype(int))
    accepted = _ACCEPTED.value(exam, m)
    return [[*identity, *map(plain, values), accepted] for values in zip(*series, strict=True)]


def plain(value):
    """A value as a table's cell: None for what is missing, numbers as Python's own."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and np.isnan(value) else value
