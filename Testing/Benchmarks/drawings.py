"""How people draw a pial line: the drawings that are tried on every exam, and the flags that name a drawing.

Depths and lengths in mm. None of the exams, of the drawings and of their seeds is one that the method was tuned on.
"""

import numpy as np
from M1SHThkLib.digital_exam.hand import clicks

# What tells the observer that the number suffers from the line, wherever else it may suffer from.
NAME_THE_DRAWING = frozenset(
    {
        "undecided",
        "line_folds",
        "line_doubles_back",
        "lines_overlap",
        "line_strays",
        "edge_unclear",
        "uneven_line",
        "sparse_clicks",
        "off_slice",
        "short_line",
        "crossing_normals",
    }
)


def well_drawn(line):
    """A careful hand: a click every 1.5 mm, on the pia."""
    return clicks(line, 1 + round((line.ends[1] - line.ends[0]) / 1.5))


def _tired(line, random):
    return clicks(line, 14, random).wandering(0.25, random).trembling(0.15, random)


def _late(line):
    """The first third of the line is drawn in the sulcus, nearing the pia."""
    drawing = well_drawn(line)
    return drawing.deeper(-1.5 * np.clip((-drawing.share - 1 / 3) * 1.5, 0, 1))


def _slipped(line, depth):
    """One click off by a depth."""
    drawing = well_drawn(line)
    return drawing.deeper(np.where(np.arange(len(drawing.arc)) == len(drawing.arc) // 2, depth, 0.0))


def _middle(line):
    return len(well_drawn(line).arc) // 2


def _to_the_other_bank(line, depth):
    """The last third is drawn on the sulcus's other bank, or in its middle."""
    first, last = line.ends
    return well_drawn(line).straying(last - (last - first) / 3, last + 9, depth)


# Line, random generator -> drawings.
DRAWINGS = {
    # A hand that is not steady, and few or many clicks.
    "uneven clicks": lambda line, random: [clicks(line, 21, random)],
    "tremor 0.1, 76 clicks": lambda line, random: [clicks(line, 76).trembling(0.1, random)],
    "tremor 0.1, 200 clicks": lambda line, random: [clicks(line, 200).trembling(0.1, random)],
    "tremor 0.2": lambda line, random: [well_drawn(line).trembling(0.2, random)],
    "wobble 0.2": lambda line, random: [well_drawn(line).wandering(0.2, random)],
    "wobble 0.3": lambda line, random: [well_drawn(line).wandering(0.3, random)],
    "wobble 0.4": lambda line, random: [well_drawn(line).wandering(0.4, random)],
    "wobble 0.3, quick": lambda line, random: [clicks(line, 41).wandering(0.3, random, 1.5)],
    "wobble 0.3, slow": lambda line, random: [well_drawn(line).wandering(0.3, random, 8.0)],
    "tired": lambda line, random: [_tired(line, random)],
    "5 clicks": lambda line, random: [clicks(line, 5)],
    "7 clicks": lambda line, random: [clicks(line, 7)],
    "8 clicks": lambda line, random: [clicks(line, 8)],
    # A line that lies askew.
    "tilt 0.4": lambda line, random: [well_drawn(line).tilted(0.4)],
    "tilt 0.8": lambda line, random: [well_drawn(line).tilted(0.8)],
    "tilt -0.8": lambda line, random: [well_drawn(line).tilted(-0.8)],
    "bow 0.6": lambda line, random: [well_drawn(line).bowed(0.6)],
    "bow -0.6": lambda line, random: [well_drawn(line).bowed(-0.6)],
    # Ends that round a corner, and stretches that lie elsewhere.
    "both ends hook out": lambda line, random: [well_drawn(line).hooked(-3.0)],
    "one end hooks out": lambda line, random: [well_drawn(line).hooked(-3.0, first=False)],
    "both ends hook in": lambda line, random: [well_drawn(line).hooked(3.0)],
    "begins in the sulcus": lambda line, random: [_late(line)],
    "ends in the sulcus": lambda line, random: [_to_the_other_bank(line, -1.0)],
    "ends on the other bank": lambda line, random: [_to_the_other_bank(line, -2.0)],
    "a third too deep": lambda line, random: [well_drawn(line).straying(-4.0, 4.0, 1.5)],
    "overshoots by 14 mm": lambda line, random: [clicks(line, 41, overshoot=14.0)],
    "one click 1 mm off": lambda line, random: [_slipped(line, -1.0)],
    "one click 3 mm out": lambda line, random: [_slipped(line, -3.0)],
    "one click 3 mm in": lambda line, random: [_slipped(line, 3.0)],
    # Order and number.
    "forth and back": lambda line, random: [well_drawn(line).back_again()],
    "loop of 1.5 mm": lambda line, random: [well_drawn(line).looped(_middle(line), 1.5)],
    "loop of 0.6 mm": lambda line, random: [well_drawn(line).looped(_middle(line), 0.6)],
    "two clicks swapped": lambda line, random: [well_drawn(line).swapped(_middle(line))],
    "one click back": lambda line, random: [well_drawn(line).stepping_back(_middle(line), 1)],
    "two clicks back": lambda line, random: [well_drawn(line).stepping_back(_middle(line))],
    "every click doubled": lambda line, random: [well_drawn(line).doubled(0.3, random)],
    "zigzag": lambda line, random: [well_drawn(line).zigzag(0.3)],
    "two lines on one stretch": lambda line, random: [well_drawn(line), clicks(line, 17).trembling(0.1, random)],
    # Slices.
    "one click a slice off": lambda line, random: [well_drawn(line).off_slice([_middle(line) // 2])],
    "an end a slice off": lambda line, random: [well_drawn(line).off_slice([0])],
    "half a slice off": lambda line, random: [well_drawn(line).off_slice(slice(_middle(line), None))],
}
