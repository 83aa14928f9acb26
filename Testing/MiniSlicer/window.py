"""Open the module M1SHThk in MiniSlicer, with its digital exam.

usage: window.py [--screenshot FILE]
"""

import argparse
import sys
from pathlib import Path

TESTING = Path(__file__).resolve().parent.parent
MODULE = TESTING.parent / "M1SHThk" / "M1SHThk.py"


def main(arguments):
    parser = argparse.ArgumentParser(prog="window.py", description="Open the module M1SHThk in a miniature Slicer.")
    parser.add_argument("--screenshot", metavar="FILE", help="save a picture of the window as PNG, and end")
    options = parser.parse_args(arguments)
    picture_path = Path(options.screenshot).resolve() if options.screenshot else None
    # A script's own folder comes first: its files are not modules of their own.
    sys.path[0] = str(TESTING)
    import MiniSlicer

    app = MiniSlicer.start(window=True, testing=bool(options.screenshot))
    import SampleData
    import slicer

    MiniSlicer.loadModule(MODULE)
    slicer.util.selectModule(MODULE.stem)
    volumeNode = SampleData.downloadSample("M1SHThkPatient3T")
    slicer.util.setSliceViewerLayers(background=volumeNode, fit=True)
    slicer.util.mainWindow().resize(1600, 1000)
    MiniSlicer.wait(1.0)  # the panel measures and adds its intervals while the hand rests
    widget = getattr(slicer.modules, f"{MODULE.stem}Widget")
    widget.ui.examCollapsibleButton.collapsed = True
    widget.ui.regionsTable.setCurrentCell(0, 0)
    widget.panel.select_region(0)
    MiniSlicer.wait(1.0)
    MiniSlicer.raiseErrors()
    if picture_path:
        MiniSlicer.screenshot(picture_path)
        return 0
    return app.exec()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
