"""The Slicer edge: MRML nodes <-> arrays; results -> tables, plots and an overlay that live in the scene."""
