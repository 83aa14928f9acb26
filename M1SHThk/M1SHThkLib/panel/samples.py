"""Sample exams: digital exams, each made on the spot from its recipe in Resources/Samples.

A recipe is a file of its own, so that Slicer loads it as it loads any sample: by its button, by
`SampleData.downloadSample`, by dropping it. Nothing comes from the net. Slicer imports this file at every start.
"""

import hashlib
import json
import os
from pathlib import Path

import slicer
from slicer.i18n import tr as _

NAMES = ("M1SHThkPatient3T", "M1SHThkControl3T", "M1SHThkPatient7T", "M1SHThkControl7T", "M1SHThkDifficult3T")
SCHEMA = "m1shthk/digital-exam-1"
_RESOURCES = Path(__file__).resolve().parents[2] / "Resources"
_LARGEST_FILE = 1 << 16  # bytes; what is dropped on Slicer may be anything


def register(load):
    """Offer the sample exams in the Sample Data module; its buttons call `load` with the source."""
    import SampleData

    for name in NAMES:
        SampleData.SampleDataLogic.registerCustomSampleDataSource(
            category="M1SHThk",
            sampleName=name,
            thumbnailFileName=str(_RESOURCES / "Icons" / f"{name}.png"),
            uris=recipe(name).as_uri(),
            fileNames=recipe(name).name,
            nodeNames=name,
            customDownloader=load,
            # Slicer keeps a copy of the recipe: one of another version is replaced.
            checksums=f"SHA256:{hashlib.sha256(recipe(name).read_bytes()).hexdigest()}",
        )


def recipe(name):
    """Path of a sample's recipe."""
    return _RESOURCES / "Samples" / f"{name}.json"


def is_recipe(path):
    """Whether a file says that it is a recipe; one that cannot be read does not."""
    try:
        if os.path.getsize(path) > _LARGEST_FILE:
            return False
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get("schema") == SCHEMA


def made_exam(path):
    """The digital exam of a recipe (M1SHThkLib.measuring.exam.Exam), made with a progress bar.

    :raises ValueError: names the recipe and what is wrong with its options
    """
    import qt

    from ..digital_exam.phantom import PhantomOptions, make_phantom

    try:
        options = PhantomOptions(**json.loads(Path(path).read_text(encoding="utf-8"))["options"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            _("{path}: its options make no digital exam: {error}").format(path=path, error=error)
        ) from error
    progress = slicer.util.createProgressDialog(
        maximum=2,
        windowTitle=_("Digital exam"),
        labelText=_("Drawing the cortex ..."),
        windowModality=qt.Qt.WindowModal,
    )
    progress.setCancelButton(None)
    try:
        slicer.app.processEvents()
        phantom = make_phantom(options)
        progress.labelText = _("Adding noise ...")
        progress.value = 1
        slicer.app.processEvents()
        return phantom.exam()
    finally:
        progress.close()
