"""Every test begins in an empty scene, and none of its errors is swallowed."""

import pytest

pytest.importorskip("slicer", reason="no slicer-core wheel for this machine")

import MiniSlicer

MiniSlicer.start()


@pytest.fixture(autouse=True)
def emptyScene():
    MiniSlicer.errors.clear()  # what tests without a window wrote on purpose
    MiniSlicer.closeScene()
    yield
    MiniSlicer.raiseErrors()
