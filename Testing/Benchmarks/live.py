"""Live feedback: from a point that moves in the scene to numbers, plot, table and overlay in the module's panel.

Runs in a process of its own, with the module in the miniature Slicer. Drawing the views is the graphics card's part and
not counted; the panel's own layout and repaint are.
"""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

TESTING = Path(__file__).resolve().parents[1]
MOVES = 120
MOVED_MM = 0.05


def measure_live_update():
    """Median times in ms of MOVES moves of a control point: of the whole update, and of its parts."""
    run = subprocess.run([sys.executable, __file__], capture_output=True, text=True, check=True)
    return json.loads(run.stdout.splitlines()[-1])


def _measure():
    sys.path[:0] = [str(TESTING), str(TESTING.parent / "M1SHThk")]
    import MiniSlicer

    MiniSlicer.start(window=True)
    import slicer
    from large_exam import make_large_exam
    from PySide6.QtCore import QCoreApplication, QEvent

    MiniSlicer.loadModule(TESTING.parent / "M1SHThk" / "M1SHThk.py")
    slicer.util.selectModule("M1SHThk")
    panel = slicer.modules.M1SHThkWidget.panel
    panel.logic.loadExam(make_large_exam().exam)
    MiniSlicer.wait(2.0)
    slicer.app.layoutManager().viewport().hide()  # what is left to be painted is the panel
    MiniSlicer.wait(0.5)

    def lay_out_and_repaint():
        """What has changed of the panel, at once."""
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
        QCoreApplication.sendEvent(slicer.util.mainWindow(), QEvent(QEvent.Type.UpdateRequest))

    line = panel.logic.lines(("left", "hand_knob"))[0]
    middle = line.GetNumberOfControlPoints() // 2
    place = list(line.GetNthControlPointPositionWorld(middle))
    parts = {
        "live_measurement_ms": panel.live.measure_selected,
        "live_plot_and_overlay_ms": lambda: panel.logic.showRegion(panel.live.read(panel.key)),
        "live_words_ms": panel.live.show_numbers,
        "live_layout_and_repaint_ms": lay_out_and_repaint,
    }
    times = {name: [] for name in parts}
    for move in range(MOVES):
        place[1] += MOVED_MM if move % 2 else -MOVED_MM
        line.SetNthControlPointPositionWorld(middle, *place)
        panel.pace.stop()
        for name, part in parts.items():
            begin = perf_counter()
            part()
            times[name].append(perf_counter() - begin)
    MiniSlicer.raiseErrors()
    medians = {name: 1000 * median(values) for name, values in times.items()}
    whole = [sum(values) for values in zip(*times.values(), strict=True)]
    print(json.dumps({"live_update_ms": 1000 * median(whole), **medians}))


if __name__ == "__main__":
    _measure()
