"""The sample exams, as the module Sample Data and a script load them."""

import json
from pathlib import Path

import MiniSlicer
import pytest

MiniSlicer.start(window=False)

import SampleData  # noqa: E402  (after MiniSlicer has completed it)
import slicer  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]
if not hasattr(slicer.modules, "m1shthk"):
    MiniSlicer.loadModule(str(ROOT / "M1SHThk" / "M1SHThk.py"))

from M1SHThkLib.files.exam_schema import is_exam_file  # noqa: E402
from M1SHThkLib.panel import samples  # noqa: E402

NAMES = {f"M1SHThk{name}" for name in ("Patient3T", "Control3T", "Patient7T", "Control7T", "Difficult3T")}


@pytest.fixture(autouse=True)
def empty_scene():
    MiniSlicer.closeScene()
    yield
    MiniSlicer.closeScene()


def sources():
    return {source.sampleName: source for source in SampleData.SampleDataLogic.sampleDataSourcesByCategory("M1SHThk")}


def parameters():
    return slicer.util.getModuleLogic("M1SHThk").getParameterNode()


def test_five_samples_are_offered_each_with_its_thumbnail():
    assert set(sources()) == NAMES
    pictures = {Path(source.thumbnailFileName).read_bytes() for source in sources().values()}
    assert len(pictures) == len(NAMES)  # read, and no two alike
    assert {picture[:4] for picture in pictures} == {b"\x89PNG"}


def test_a_script_loads_a_sample_without_the_net():
    volume = SampleData.downloadSample("M1SHThkControl7T")
    assert volume.GetName() == "M1SHThkControl7T"
    assert parameters().inputVolume is volume
    assert (parameters().fieldStrength, parameters().group) == (7.0, "control")


def test_the_button_loads_what_the_script_loads():
    name = "M1SHThkPatient3T"
    by_button = sources()[name].customDownloader(sources()[name])
    assert by_button.GetName() == name
    voxels = slicer.util.arrayFromVolume(by_button).copy()
    MiniSlicer.closeScene()
    assert (slicer.util.arrayFromVolume(SampleData.downloadSample(name)) == voxels).all()


def test_a_recipe_is_no_exam_file_and_is_opened_as_any_file():
    recipe = samples.recipe("M1SHThkPatient3T")
    assert samples.is_recipe(recipe) and not is_exam_file(recipe)
    assert slicer.app.coreIOManager().fileType(str(recipe)) == "M1SHThkExam"


@pytest.mark.parametrize("options", [{"field_strength": 5}, {"unheard_of": 1}, None])
def test_a_recipe_that_makes_no_exam_is_refused_by_its_name(tmp_path, options):
    path = tmp_path / "odd.json"
    path.write_text(json.dumps({"schema": samples.SCHEMA, "options": options}))
    with pytest.raises(ValueError, match=r"odd\.json: its options"):
        slicer.util.getModuleLogic("M1SHThk").loadExamFile(path)
    assert parameters().inputVolume is None


def test_the_tutorial_shows_the_numbers_that_its_sample_gives():
    SampleData.downloadSample("M1SHThkPatient3T")
    measurements = slicer.util.getModuleLogic("M1SHThk").measure()
    tutorial = (ROOT / "M1SHThk" / "Resources" / "Docs" / "Tutorial.md").read_text(encoding="utf-8")
    for m in measurements:
        row = f"| {m.name.capitalize()} | {m.sh:.3f} | {m.thk_mm:.2f} | {m.sh_thk_per_mm:.3f} |"
        assert row in tutorial
