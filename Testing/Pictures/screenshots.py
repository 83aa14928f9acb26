"""Takes the tutorial's pictures from the panel; draws the sample exams' thumbnails and where to click for each region.

usage: screenshots.py [FOLDER]    the tutorial's; without it, all in M1SHThk/Resources/Docs, Icons and Regions anew
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "M1SHThk" / "Resources" / "Docs"
KNOB, OROFACIAL = 0, 2  # rows of the left hand knob, and of the left orofacial area, which is not drawn
SIZE = (1280, 800)


class Tutorial:
    """Does what the tutorial says, and takes a picture after each step."""

    def __init__(self, folder):
        import MiniSlicer
        import slicer

        self._slicer, self._mini = slicer, MiniSlicer
        self._folder = Path(folder)
        slicer.util.mainWindow().resize(*SIZE)

    def run(self):
        """All steps, in the tutorial's order."""
        self._load("M1SHThkPatient3T")
        self._take("tutorial-1-loaded")
        self._ui.examCollapsibleButton.collapsed = True
        self._select(KNOB)
        self._take("tutorial-2-region")
        self._select(OROFACIAL)
        self._take("tutorial-2-where")
        self._select(KNOB)
        self._drag_a_point()
        self._take("tutorial-3-drag")
        self._mini.keyPress("Red", "z", "ctrl")
        self._rest()
        self._ui.acceptButton.click()
        self._rest()
        self._take("tutorial-4-accepted")
        self._ui.regionsCollapsibleButton.collapsed = True
        self._ui.resultsCollapsibleButton.collapsed = False
        self._rest()
        self._take("tutorial-5-export")
        self._ui.regionsCollapsibleButton.collapsed = False
        self._load("M1SHThkDifficult3T")
        self._select(KNOB)
        self._take("tutorial-6-flags")

    @property
    def _ui(self):
        return self._slicer.modules.M1SHThkWidget.ui

    def _load(self, name):
        import SampleData

        volume = SampleData.downloadSample(name)
        self._slicer.util.selectModule("M1SHThk")
        self._slicer.util.setSliceViewerLayers(background=volume, fit=True)
        self._rest()

    def _select(self, row):
        self._ui.regionsTable.setCurrentCell(row, 0)
        self._slicer.modules.M1SHThkWidget.panel.select_region(row)
        self._rest()

    def _drag_a_point(self):
        line = self._slicer.modules.M1SHThkWidget.logic.getParameterNode().leftHandKnobPialLines[0]
        points = self._slicer.util.arrayFromMarkupsControlPoints(line, world=True)
        start = points[len(points) // 2]
        self._mini.drag("Red", start, start + (0.0, -0.8, 0.0))
        self._rest()

    def _rest(self):
        self._mini.wait(1.0)  # the intervals come when the hand rests
        self._mini.raiseErrors()

    def _take(self, name):
        self._mini.screenshot(self._folder / f"{name}.png")
        print(f"{name}.png", flush=True)


def main(arguments):
    folder = Path(arguments[0]).resolve() if arguments else DOCS
    folder.mkdir(parents=True, exist_ok=True)
    sys.path[0] = str(ROOT / "Testing")
    import MiniSlicer
    from Pictures.reading import Study

    MiniSlicer.start(window=True)
    MiniSlicer.loadModule(ROOT / "M1SHThk" / "M1SHThk.py")
    Study(folder).run()
    Tutorial(folder).run()
    if not arguments:
        from Pictures import thumbnails, where

        thumbnails.draw_all()
        where.draw_all()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
