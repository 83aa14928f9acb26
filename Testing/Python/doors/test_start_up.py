"""Slicer's start: it runs M1SHThk.py for everybody, who must not wait for what the module needs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("slicer", reason="no slicer-core wheel for this machine")

ROOT = Path(__file__).resolve().parents[3]
START_UP = ROOT / "Testing" / "Benchmarks" / "start_up.py"


def brought(path):
    """What Slicer starts without, and this module has loaded by the end of the start-up."""
    run = subprocess.run([sys.executable, START_UP, path], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])["brought"]


def test_the_module_brings_neither_numpy_nor_scipy_before_it_is_opened():
    assert brought(ROOT / "M1SHThk" / "M1SHThk.py") == []


def test_a_module_that_brings_them_is_found_out(tmp_path):
    script = "import scipy\nfrom slicer.ScriptedLoadableModule import *\nclass Heavy(ScriptedLoadableModule): pass\n"
    (tmp_path / "Heavy.py").write_text(script)
    assert brought(tmp_path / "Heavy.py") == ["numpy", "scipy"]
