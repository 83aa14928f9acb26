"""Where to click: a drawing of each region, beside its row until there are numbers, and in the row's tip ever after."""

import html
from pathlib import Path

import qt
from slicer.i18n import tr as _

from ..scene.region_nodes import region_title

_DRAWINGS = Path(__file__).resolve().parents[2] / "Resources" / "Regions"
_TIP_PIXELS = 420  # wide; Qt breaks the text of a tip at some 500


class WhereToClick:
    """Shows the drawing of the selected region in the place of its numbers, as long as there are none."""

    def __init__(self, panel):
        self._panel = panel
        self._height = panel.ui.numbersAndFlags.sizeHint.height()
        panel.ui.whereLabel.setFixedHeight(self._height)

    def show(self, instead):
        """Show the drawing instead of numbers and flags, or these."""
        numbers, label = self._panel.ui.numbersAndFlags, self._panel.ui.whereLabel
        if instead:
            picture = qt.QPixmap(str(drawing(self._panel.key)))
            label.setPixmap(picture.scaledToHeight(self._height, qt.Qt.SmoothTransformation))
            label.setToolTip(tip(self._panel.key))
        for widget, is_shown in ((numbers, not instead), (label, instead)):
            widget.setVisible(is_shown)


def drawing(key):
    """Path of a region's drawing, which Testing/Pictures/where.py makes."""
    return _DRAWINGS / f"{'_'.join(key)}.png"


def tip(key):
    """A region's drawing with what to do, as the text of a tip."""
    picture = f'<img src="{html.escape(drawing(key).as_posix())}" width="{_TIP_PIXELS}">'
    return f"<p>{picture}</p><p><b>{region_title(key).capitalize()}.</b> {_in_words(key[1])}</p>"


def _in_words(region):
    if region == "hand_knob":
        return _(
            "Click along the front bank of the central sulcus, where cortex meets fluid, from one side of the knob to "
            "the other (orange). White matter: within the knob's gyrus, in front of it (blue)."
        )
    if region == "paracentral_lobule":
        return _(
            "Near the vertex, click along the border of cortex and fluid between the hemispheres, in front of where "
            "the central sulcus ends (orange). White matter: beside it (blue)."
        )
    return _(
        "Beneath the hand knob and further out, click along the front bank of the central sulcus, where cortex meets "
        "fluid (orange). White matter: in front of it (blue)."
    )
