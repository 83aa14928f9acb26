"""A case of a reading list in the scene: its image under its code, what was drawn of it, and its files at the end."""

import json
from datetime import datetime

import slicer
from slicer.i18n import tr as _

from ..files.images import read_image
from ..measuring.settings import Settings
from ..scene import exam_nodes
from ..scene.case_drawings import restore_drawings


def open_case(logic, case):
    """Bring a CaseInHand into the empty scene, with what was drawn of it before.

    Raises
    ------
    ValueError
        If its image cannot be read.
    """
    of_list, file = case.case, read_image(case.image)
    volume = exam_nodes.add_volume(
        slicer.mrmlScene, case.turn.case, file.volumes[0], file.affine, of_list.averaged_echoes
    )
    if of_list.echo_combination:
        volume.SetAttribute("M1SHThk.echo_combination", of_list.echo_combination)
    if of_list.echo_times_ms:
        volume.SetAttribute("M1SHThk.echo_times_ms", json.dumps(of_list.echo_times_ms))
    logic.newExam(volume)
    parameterNode = logic.getParameterNode()
    parameterNode.subject, parameterNode.observer = case.turn.case, case.turn.reader
    parameterNode.fieldStrength = of_list.field_strength_tesla or 0.0
    logic.setSettings(Settings.from_dict(of_list.settings))
    if case.drawings:
        restore_drawings(logic, case.drawings)
    # What was drawn before is where undo ends.
    parameterNode.readingBegun = datetime.now().astimezone().isoformat()


def write_case(logic, folder):
    """Write tables, exam and scene of what is drawn into a folder.

    Raises
    ------
    ValueError
        If the exam is incomplete, or a file cannot be written.
    """
    logic.exportResults(str(folder))
    logic.exportExam(str(folder))
    path = folder / "scene.mrb"
    if not slicer.util.saveScene(str(path)) or not path.is_file():
        raise ValueError(
            _("{path}: Slicer could not write the scene; make room there and finish again.").format(path=path)
        )
