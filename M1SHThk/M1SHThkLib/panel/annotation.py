"""What one has to know while the eyes are on the image, in the slice view itself."""

import textwrap

import slicer
import vtk
from slicer.i18n import tr as _

from ..measuring.flags import sentence
from ..scene import region_nodes
from .words import values_of, with_interval

_VIEW = "Red"  # of the module's layout
_SIZE, _SPACING, _LONGEST_LINE = 14, 1.2, 60


class Annotation:
    """Region, values and first flag at the upper edge of the slice view, where Slicer itself writes nothing.

    Attributes
    ----------
    text : str
        What is shown; '' while another module is.
    """

    def __init__(self, panel):
        self._panel = panel
        self.text = ""
        self._renderer = None
        self._actor = vtk.vtkTextActor()
        self._actor.GetPositionCoordinate().SetCoordinateSystemToNormalizedViewport()
        self._actor.SetPosition(0.5, 0.985)
        style = self._actor.GetTextProperty()
        style.SetFontSize(_SIZE)
        style.SetLineSpacing(_SPACING)
        style.SetJustificationToCentered()
        style.SetVerticalJustificationToTop()
        style.SetColor(1.0, 1.0, 0.8)
        style.SetBackgroundColor(0.0, 0.0, 0.0)
        style.SetBackgroundOpacity(0.55)

    def show(self):
        """Say what is known of the selected region."""
        self._write("\n".join(self._lines()) if self._panel.parameterNode else "")

    def remove(self):
        """Take the text out of the view."""
        self._write("")
        if self._renderer:
            self._renderer.RemoveViewProp(self._actor)
            self._renderer = None

    def _lines(self):
        panel = self._panel
        lines = [region_nodes.region_title(panel.key).capitalize()]
        if panel.drawing.line is not None:
            number = panel.drawing.line.GetNumberOfDefinedControlPoints() + 1
            lines.append(_("placing point {number}: right-click ends").format(number=number))
        elif panel.drawing.roi is not None:
            lines.append(_("outline the {roi}: right-click closes").format(roi=panel.drawing.roi.title.split(",")[0]))
        read = panel.live.read(panel.key)
        if read:
            values = values_of(read.measurement)
            lines.append(
                _("SH {sh}   Thk {thk}   SH/Thk {ratio}").format(
                    sh=with_interval(values, "sh", 3, interval=False),
                    thk=with_interval(values, "thk_mm", 2, " mm", interval=False),
                    ratio=with_interval(values, "sh_thk_per_mm", 3, " 1/mm", interval=False),
                )
            )
            for flag in read.measurement.flags[:1]:
                lines += textwrap.wrap(sentence(flag, read.measurement.notes.get(flag)), _LONGEST_LINE)
        return lines

    def _write(self, text):
        if text == self.text:
            return
        self.text = text
        widget = slicer.app.layoutManager().sliceWidget(_VIEW) if slicer.app.layoutManager() else None
        if widget is None:
            return
        if self._renderer is None:
            self._renderer = widget.sliceView().renderWindow().GetRenderers().GetFirstRenderer()
            self._renderer.AddViewProp(self._actor)
        self._actor.SetInput(text)
        self._actor.SetVisibility(bool(text))
        widget.sliceView().scheduleRender()
