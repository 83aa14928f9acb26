"""Live feedback: from a point that moves in the scene to numbers, plot, table and overlay in the module's panel.

Runs in a process of its own, with the module in the miniature Slicer; drawing the views is the graphics card's part and
not counted.
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
    """Median time in ms from a moved control point to the end of the update, of MOVES moves."""
    run = subprocess.run([sys.executable, __file__], capture_output=True, text=True, check=True)
    return {"live_update_ms": json.loads(run.stdout.splitlines()[-1])}


def _measure():
    sys.path[:0] = [str(TESTING), str(TESTING.parent / "M1SHThk")]
    import MiniSlicer

    MiniSlicer.start(window=True)
    import slicer
    from large_exam import make_large_exam

    MiniSlicer.loadModule(TESTING.parent / "M1SHThk" / "M1SHThk.py")
    slicer.util.selectModule("M1SHThk")
    panel = slicer.modules.M1SHThkWidget.panel
    panel.logic.loadExam(make_large_exam().exam)
    MiniSlicer.wait(2.0)
    line = panel.logic.lines(("left", "hand_knob"))[0]
    middle = line.GetNumberOfControlPoints() // 2
    place = list(line.GetNthControlPointPositionWorld(middle))
    times = []
    for move in range(MOVES):
        place[1] += MOVED_MM if move % 2 else -MOVED_MM
        begin = perf_counter()
        line.SetNthControlPointPositionWorld(middle, *place)
        panel.pace.catch_up()
        times.append(perf_counter() - begin)
    MiniSlicer.raiseErrors()
    print(json.dumps(1000 * median(times)))


if __name__ == "__main__":
    _measure()
