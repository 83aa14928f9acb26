"""The exams that are read at the window; no error is swallowed, and whoever comes next finds Slicer empty."""

import pytest

pytest.importorskip("slicer", reason="no slicer-core wheel for this machine")

import MiniSlicer
import reader
import slicer
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from reader import KNOB, LOBULE


@pytest.fixture(autouse=True)
def no_error_is_swallowed():
    MiniSlicer.errors.clear()
    yield
    reader.go_home()
    MiniSlicer.raiseErrors()


@pytest.fixture(scope="session")
def two_regions():
    """A digital exam of the left hand knob and the right paracentral lobule, not drawn."""
    return make_phantom(
        PhantomOptions(
            field_strength=7,
            group="patient",
            slices=3,
            cropped=True,
            noise=0.0,
            regions=(KNOB, LOBULE),
            control_spacing_mm=3.0,
        )
    )


@pytest.fixture(scope="session")
def two_regions_drawn(two_regions, tmp_path_factory):
    """A scene with both regions drawn by hand; a file."""
    reader.start_reading(two_regions)
    reader.draw_exam(two_regions)
    reader.enter_text(reader.ui().replicatesSpinBox.lineEdit(), "50")
    reader.enter_text(reader.ui().subjectLineEdit, "sub-01")
    reader.enter_text(reader.ui().observerLineEdit, "R1")
    reader.enter_text(reader.ui().fieldStrengthSpinBox.lineEdit(), "7")
    reader.settle()
    path = str(tmp_path_factory.mktemp("scene") / "drawn.mrb")
    assert slicer.util.saveScene(path)
    return path


@pytest.fixture
def drawn(two_regions_drawn):
    """The reading of both regions, opened; the left hand knob is chosen."""
    reader.open_scene(two_regions_drawn)
    reader.choose_region(KNOB)
    reader.settle()


@pytest.fixture
def blank(two_regions):
    """The volume alone, in the module."""
    return reader.start_reading(two_regions)


@pytest.fixture
def answers(monkeypatch):
    """What the reader says to questions, in turn; what was asked is kept."""
    asked, said = [], []

    def answer(text, *arguments, **options):
        asked.append(text)
        return said.pop(0)

    for name in ("confirmOkCancelDisplay", "confirmYesNoDisplay"):
        monkeypatch.setattr(slicer.util, name, answer)
    return asked, said
