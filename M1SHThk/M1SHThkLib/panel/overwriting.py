"""Nothing is overwritten without a question."""

import slicer
from slicer.i18n import tr as _


def may_write(path):
    """Whether a file (pathlib.Path) may be written: the user is asked where it stands already."""
    if not path.exists():
        return True
    text = _("{folder} holds files of an earlier export.\n\nOverwrite them?").format(folder=path.parent)
    return slicer.util.confirmOkCancelDisplay(text, "M1SHThk")
