"""What the pictures of a cohort share: colours and marks that read in grey and without colour vision, boxes, files.

matplotlib is imported where it is used: Slicer does not ship it.
"""

import io
from dataclasses import dataclass

# Okabe and Ito, Color Universal Design (2008).
BLUE, VERMILION, GREEN, ORANGE, PURPLE, GREY = "#0072b2", "#d55e00", "#009e73", "#e69f00", "#cc79a7", "#555555"
GROUPS = {
    "control": ("Controls", BLUE, "o", ""),
    "mimic": ("Mimics", ORANGE, "s", "...."),
    "patient": ("Patients", VERMILION, "^", "////"),
}
# One a region, or what it serves.
MARKS = ((BLUE, "o"), (VERMILION, "^"), (GREEN, "s"), (PURPLE, "D"), (ORANGE, "v"), (GREY, "P"))
STYLE = {
    "text.parse_math": False,  # a name may hold dollar signs
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
WIDTH_INCHES, DPI = 7.1, 200  # what A4 leaves between its margins
JITTER = 0.09


@dataclass(frozen=True)
class Picture:
    """A figure to show and to write.

    Attributes
    ----------
    name : str
        Of its file, without suffix.
    analysis : str
        The section of the report to which it belongs, a key of ANALYSES.
    field_strength_t : float
    alt, caption : str
    png : bytes
    """

    name: str
    analysis: str
    field_strength_t: float
    alt: str
    caption: str
    png: bytes


def new_figure(height):
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH_INCHES, height), dpi=DPI, layout="constrained")


def picture_of(figure, study, name, analysis, alt, caption):
    file = io.BytesIO()
    # No software version in the file: the same study gives the same bytes.
    figure.savefig(file, format="png", metadata={"Software": None})
    tesla = f"{study.field_strength_t:g}T"
    return Picture(f"{name}_{tesla}", analysis, study.field_strength_t, alt, caption, file.getvalue())


def write_count(axes, at, count):
    """How many values a box sums up, beneath it."""
    axes.annotate(
        f"{count}",
        (at, 0),
        (0, -3),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="center",
        va="top",
        size=7,
        color="#444444",
    )


def draw_box(axes, values, at, color, hatch, width):
    if len(values):
        axes.boxplot(
            values,
            positions=[at],
            widths=width,
            showfliers=False,
            patch_artist=True,
            manage_ticks=False,
            boxprops={"facecolor": "#f2f2f2", "edgecolor": color, "hatch": hatch, "alpha": 0.6},
            medianprops={"color": "black", "linewidth": 1.8},
            whiskerprops={"color": color},
            capprops={"color": color},
        )


def axis_label(marker):
    return f"{marker.name} ({'relative to the splenium' if marker.unit == 'splenium intensity' else marker.unit})"
