"""The references in the panel: where splenium and white matter lie, how large and how bright they are."""

from slicer.i18n import tr as _

from ..measuring.verdict import SMALLEST_SPLENIUM_MM2
from ..scene import slices


class ReferencesSection:
    """Describes the ROIs, and turns the views to them."""

    def __init__(self, panel):
        self._panel = panel

    def show(self):
        """Bring labels and buttons in line with the scene."""
        ui, rois, key = self._panel.ui, self._panel.edits.rois, self._panel.key
        ui.spleniumLabel.text = self._in_words(None, _("Splenium"))
        ui.whiteMatterLabel.text = self._in_words(key, _("White matter"))
        has_volume = bool(self._panel.parameterNode.inputVolume)
        for name, roi in (("Splenium", rois[None]), ("WhiteMatter", rois[key])):
            getattr(ui, f"draw{name}Button").enabled = has_volume and not roi.is_locked
            for action in ("redraw", "clear"):
                getattr(ui, f"{action}{name}Button").enabled = roi.is_drawn and not roi.is_locked

    def turn_to(self, key):
        """Turn the views to a ROI, if it is drawn."""
        if self._panel.edits.rois[key].is_drawn:
            roi, reference = self._panel.logic.reference(key)
            largest = roi.slices(self._panel.logic.image())[0]
            slices.show_on_slices(reference.positions, largest)

    def _in_words(self, key, title):
        try:
            roi, reference = self._panel.logic.reference(key)
        except ValueError:
            return _("{title}: not drawn yet.").format(title=title)
        text = _("{title}: {slices}, {area:.1f} mm², mean {mean:.4g}.").format(
            title=title,
            slices=slices.slices_in_words(roi, self._panel.logic.image()),
            area=reference.area_mm2,
            mean=reference.mean,
        )
        if key is None and reference.area_mm2 < SMALLEST_SPLENIUM_MM2:
            text += " " + _("Too small: the method needs at least 5 mm². Draw it larger.")
        return text
