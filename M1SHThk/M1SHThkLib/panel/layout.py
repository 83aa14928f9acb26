"""The module's own layout of the views: a large slice view, the straightened cortex, the plot and the table."""

import slicer

from .straightened_widget import TAG, register_view

LAYOUT_ID, DEFAULT_LAYOUT_ID = 5018, 3  # ours; Slicer's four-up view
_DESCRIPTION = f"""
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
      <item splitSize="650">
        <view class="vtkMRMLPlotViewNode" singletontag="PlotView1">
          <property name="viewlabel" action="default">1</property>
        </view>
      </item>
      <item splitSize="350">
        <view class="vtkMRMLTableViewNode" singletontag="TableView1">
          <property name="viewlabel" action="default">T</property>
        </view>
      </item>
    </layout>
  </item>
</layout>
"""


def register_layout():
    """Make the layout known, before any scene names it; without a main window there are no layouts."""
    if not slicer.app.layoutManager():
        return
    register_view()
    node = slicer.app.layoutManager().layoutLogic().GetLayoutNode()
    if node.IsLayoutDescription(LAYOUT_ID):
        node.SetLayoutDescription(LAYOUT_ID, _DESCRIPTION)
    else:
        node.AddLayoutDescription(LAYOUT_ID, _DESCRIPTION)


class ModuleLayout:
    """Shown while the module is, after which the layout of before comes back."""

    def __init__(self):
        self._before = None

    def show(self):
        """Turn to the module's layout."""
        manager = slicer.app.layoutManager()
        if manager and manager.layout != LAYOUT_ID:
            self._before = manager.layout
            register_layout()
            manager.setLayout(LAYOUT_ID)

    def leave(self):
        """Turn back; whoever has changed the layout meanwhile keeps it, and ours is never what we come back to."""
        manager = slicer.app.layoutManager()
        if manager and manager.layout == LAYOUT_ID:
            manager.setLayout(self._before or DEFAULT_LAYOUT_ID)
