"""Every data node gets an item in the subject hierarchy, as Slicer's plugins see to it.

Follows qSlicerSubjectHierarchyPluginLogic (Modules/Loadable/SubjectHierarchy/Widgets/
qSlicerSubjectHierarchyPluginLogic.cxx).
"""

import slicer
import vtk

_CLASSES = (
    "vtkMRMLVolumeNode",
    "vtkMRMLMarkupsNode",
    "vtkMRMLModelNode",
    "vtkMRMLSegmentationNode",
    "vtkMRMLTransformNode",
    "vtkMRMLTableNode",
    "vtkMRMLTextNode",
    "vtkMRMLPlotChartNode",
    "vtkMRMLPlotSeriesNode",
    "vtkMRMLSequenceBrowserNode",
)


def keepSubjectHierarchy(scene):
    """Add and remove items with the nodes; a scene that is loaded brings its own, and lacking ones are added after."""

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def onNodeAdded(caller, event, node):
        if not scene.IsBatchProcessing() and _isShown(node):
            _addItem(_hierarchy(scene), node)

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def onNodeAboutToBeRemoved(caller, event, node):
        # Any node: one that is hidden now may have got its item before.
        if not scene.IsClosing() and not node.IsA("vtkMRMLSubjectHierarchyNode"):
            item = _hierarchy(scene).GetItemByDataNode(node)
            if item:
                _hierarchy(scene).RemoveItem(item, False, False)

    def onEndImport(caller, event):
        for node in filter(_isShown, slicer.util.getNodesByClass("vtkMRMLNode", scene)):
            _addItem(_hierarchy(scene), node)

    scene.AddObserver(scene.NodeAddedEvent, onNodeAdded)
    scene.AddObserver(scene.NodeAboutToBeRemovedEvent, onNodeAboutToBeRemoved)
    scene.AddObserver(scene.EndImportEvent, onEndImport)


def _hierarchy(scene):
    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)


def _isShown(node):
    return any(node.IsA(name) for name in _CLASSES) and not node.GetHideFromEditors()


def _addItem(hierarchy, node):
    if not hierarchy.GetItemByDataNode(node):
        hierarchy.CreateItem(hierarchy.GetSceneItemID(), node)
