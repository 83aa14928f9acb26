"""How the outline of a ROI is closed: with Shift held or not.

Slicer's Draw effect leaves alone what is clicked with a key held, and goes on after an outline is closed. Here the
outline ends the drawing, and Shift keeps it on.
"""

import slicer
from slicer.util import VTKObservationMixin

# The segment editor observes the views with priority 1.
_BEFORE_THE_EFFECT = 2.0
_CLOSING = ("RightButtonPressEvent", "LeftButtonDoubleClickEvent", "KeyPressEvent")


class OutlineEnd(VTKObservationMixin):
    """Watches the slice views while a ROI is drawn.

    Attributes
    ----------
    with_shift : bool
        Shift was held when the last outline was closed.
    """

    def __init__(self):
        VTKObservationMixin.__init__(self)
        self.with_shift = False

    def watch(self):
        """Begin, on all slice views of the layout."""
        self.with_shift = False
        manager = slicer.app.layoutManager()
        for name in manager.sliceViewNames() if manager else ():
            interactor = manager.sliceWidget(name).sliceView().interactor()
            for event in _CLOSING:
                self.addObserver(interactor, event, self._on_closing, priority=_BEFORE_THE_EFFECT)

    def leave(self):
        """Watch no longer."""
        self.removeObservers()

    def _on_closing(self, interactor, event):
        self.with_shift = bool(interactor.GetShiftKey())
        if event != "KeyPressEvent":
            interactor.SetShiftKey(0)
