"""The module's self-test in a real Slicer, with one line of verdict.

usage: Slicer --testing --additional-module-path M1SHThk --python-script Testing/smoke.py
"""

import traceback

import slicer


def verdict():
    try:
        slicer.util.selectModule("M1SHThk")
        slicer.selfTests["M1SHThk"](msec=0)
    except Exception:
        traceback.print_exc()
        return "failed"
    return "passed"


result = verdict()
print(f"M1SHThk in Slicer {slicer.app.applicationVersion}: {result}", flush=True)
slicer.util.exit(0 if result == "passed" else 1)
