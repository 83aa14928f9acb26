"""What the module costs everybody at Slicer's start, whether or not they ever open it.

usage: start_up.py [FILE]    one start, with another file than M1SHThk.py

Each start runs in an interpreter of its own, in which the stand-ins of what Slicer has loaded by then come first.
"""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

TESTING = Path(__file__).resolve().parents[1]
MODULE = TESTING.parent / "M1SHThk" / "M1SHThk.py"
STARTS = 5
NOT_AT_START = ("numpy", "scipy")  # which Slicer 5.13 starts without


def measure_start_up():
    """Median time in ms that it takes to import M1SHThk.py, of STARTS starts."""
    return {"startup_ms": median(start(MODULE)["import_ms"] for _ in range(STARTS))}


def start(path):
    """One start with the module at a path, to the end of Slicer's start-up.

    Returns
    -------
    dict
        `import_ms`, and `brought`: those of NOT_AT_START that the module has loaded.
    """
    run = subprocess.run([sys.executable, __file__, path], capture_output=True, text=True, check=True)
    return json.loads(run.stdout.splitlines()[-1])


def _start(path):
    # The wheel's vtk loads numpy where it finds it, that of Slicer does not.
    sys.modules.update(dict.fromkeys(NOT_AT_START))
    sys.path[0] = str(TESTING)
    import MiniSlicer

    MiniSlicer.start(window=True)
    for name in NOT_AT_START:
        del sys.modules[name]
    sys.path.insert(0, str(path.parent))
    begin = perf_counter()
    importlib.import_module(path.stem)
    seconds = perf_counter() - begin
    MiniSlicer.loadModule(path)
    return {"import_ms": 1000 * seconds, "brought": [name for name in NOT_AT_START if name in sys.modules]}


if __name__ == "__main__":
    print(json.dumps(_start(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else MODULE)))
