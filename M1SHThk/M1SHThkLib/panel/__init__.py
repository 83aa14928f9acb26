"""The module's panel in Slicer, a section a file.

The panel itself is the module's widget, which listens to Slicer and to the scene. Every section is given it and uses
`ui` (the widgets by name), `logic`, `parameterNode` (None while another module is shown), `isUpdating` (the panel is
being brought in line with the scene: what the widgets signal is no choice of the reader's), `key` (the selected
region), `updatePanel`, and what brings sections together.
"""
