"""The nodes of a scene by their class."""


def nodes_of_class(scene, class_name):
    """The nodes of a class and of what is derived from it, in the scene's order: a list.

    `slicer.util.getNodesByClass` looks into the application's own scene, whichever it is given.
    """
    count = scene.GetNumberOfNodesByClass(class_name)
    return [scene.GetNthNodeByClass(number, class_name) for number in range(count)]
