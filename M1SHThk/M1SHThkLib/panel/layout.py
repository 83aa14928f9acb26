"""The module's own layouts: slice view, straightened cortex, plot and table; for a study the last two alone."""

import slicer

from .straightened_widget import TAG, register_view

LAYOUT_ID, STUDY_LAYOUT_ID, DEFAULT_LAYOUT_ID = 5018, 5019, 3  # ours; Slicer's four-up view
_PLOT = """
<view class="vtkMRMLPlotViewNode" singletontag="PlotView1">
  <property name="viewlabel" action="default">1</property>
</view>
"""
_TABLE = """
<view class="vtkMRMLTableViewNode" singletontag="TableView1">
  <property name="viewlabel" action="default">T</property>
</view>
"""
_DESCRIPTIONS = {
    LAYOUT_ID: f"""
<layout type="horizontal" split="true">
  <item splitSize="560">
    <layout type="vertical" split="true">
      <item splitSize="760">
        <view class="vtkMRMLSliceNode" singletontag="Red">
          <property name="orientation" action="default">Axial</property>
          <property name="viewlabel" action="default">R</property>
          <property name="viewcolor" action="default">#F34A33</property>
        </view>
      </item>
      <item splitSize="240">
        <{TAG}></{TAG}>
      </item>
    </layout>
  </item>
  <item splitSize="440">
    <layout type="vertical" split="true">
      <item splitSize="650">{_PLOT}</item>
      <item splitSize="350">{_TABLE}</item>
    </layout>
  </item>
</layout>
""",
    STUDY_LAYOUT_ID: f"""
<layout type="vertical" split="true">
  <item splitSize="550">{_PLOT}</item>
  <item splitSize="450">{_TABLE}</item>
</layout>
""",
}


def register_layouts():
    """Make the layouts known, before any scene names one; without a main window there are no layouts."""
    if not slicer.app.layoutManager():
        return
    register_view()
    node = slicer.app.layoutManager().layoutLogic().GetLayoutNode()
    for number, description in _DESCRIPTIONS.items():
        if node.IsLayoutDescription(number):
            node.SetLayoutDescription(number, description)
        else:
            node.AddLayoutDescription(number, description)


class ModuleLayout:
    """Shown while the module is, after which the layout of before comes back."""

    def __init__(self):
        self._before = None

    def show(self, without_image=False):
        """Turn to the module's layout; `without_image`: to that of a study."""
        manager, wanted = slicer.app.layoutManager(), STUDY_LAYOUT_ID if without_image else LAYOUT_ID
        if not manager:
            return
        if manager.layout != wanted:
            if manager.layout not in _DESCRIPTIONS:
                self._before = manager.layout
            register_layouts()
            manager.setLayout(wanted)
        # A scene that names our layout would open as a grey window where the module is missing.
        manager.layoutLogic().GetLayoutNode().SetSaveWithScene(False)

    def leave(self):
        """Turn back; whoever has changed the layout meanwhile keeps it, and ours is never what we come back to."""
        manager = slicer.app.layoutManager()
        if not manager:
            return
        manager.layoutLogic().GetLayoutNode().SetSaveWithScene(True)
        if manager.layout in _DESCRIPTIONS:
            manager.setLayout(self._before or DEFAULT_LAYOUT_ID)
