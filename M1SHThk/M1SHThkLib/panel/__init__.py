"""The module's panel in Slicer, a section a file, brought together by `panel.Panel`.

Every section is given the panel and uses `ui` (the widgets by name), `logic`, `parameterNode` (None while another
module is shown), `is_updating` (the panel is being brought in line with the scene: what the widgets signal is no choice
of the reader's), `key` (the selected region), `update`, and the other sections.
"""
