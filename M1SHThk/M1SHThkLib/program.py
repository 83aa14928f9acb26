"""What the program says of itself beside its results."""

import platform

import numpy as np
import scipy

from . import __version__
from .translation import Note as _

NOTICE = _("Research use only. Not a medical device.")
NO_FIGURES = "Figures are left out: matplotlib is not installed here."


def program():
    """What computed, as plain data for a provenance."""
    return {
        "program": "M1SHThk",
        "version": __version__,
        "notice": NOTICE,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
    }
