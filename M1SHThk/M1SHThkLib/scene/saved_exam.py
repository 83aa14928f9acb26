"""The exam that a saved scene holds."""

from dataclasses import replace

from .acceptance import Acceptances
from .exam_nodes import MODULE_NAME, exam_from_parameters
from .reading import Reading


def exam_from_scene(scene):
    """The exam in a scene that the module saved.

    Raises
    ------
    ValueError
        If the scene holds no exam of the module, or a faulty one.
    """
    for index in range(scene.GetNumberOfNodesByClass("vtkMRMLScriptedModuleNode")):
        node = scene.GetNthNodeByClass(index, "vtkMRMLScriptedModuleNode")
        if node.GetAttribute("ModuleName") == MODULE_NAME:
            return replace(exam_from_parameters(node), accepted=Acceptances(Reading()).by_region(node))
    raise ValueError(f"the scene holds no exam of the {MODULE_NAME} module; measure in the module and save the scene")
