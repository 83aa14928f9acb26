"""Libraries that Slicer does not ship: brought where needed, with the user's consent, never over Slicer's own."""

import importlib
import importlib.util
import os
import subprocess
import tempfile

import numpy
import scipy
import slicer
from slicer.i18n import tr as _

OPTIONAL = ("pingouin", "statsmodels")
KEPT = (numpy, scipy)  # Slicer's own, which other modules rely on


class OptionalLibraries:
    """Offers to install what some analyses of a study need; who declines is not asked again in this session."""

    def __init__(self):
        self._declined = False

    def offer(self):
        """Ask, and install, if anything is missing; not in a test run, and not where nobody could answer."""
        packages = missing_packages()
        if not packages or self._declined or slicer.app.testingEnabled() or not slicer.util.mainWindow():
            return
        with tempfile.TemporaryDirectory() as folder:
            constraints = os.path.join(folder, "constraints.txt")
            with open(constraints, "w", encoding="utf-8") as file:
                file.write(constraints_text())
            try:
                self._declined = not _install(packages, constraints)
            except subprocess.CalledProcessError:
                self._declined = True
                slicer.util.warningDisplay(
                    _("The libraries could not be installed; the analyses that need them are left out.")
                )
        importlib.invalidate_caches()


def missing_packages():
    """Those of OPTIONAL that cannot be imported."""
    return [name for name in OPTIONAL if importlib.util.find_spec(name) is None]


def constraints_text():
    """Lines by which pip leaves Slicer's own libraries at their versions."""
    return "".join(f"{module.__name__}=={module.__version__}\n" for module in KEPT)


def _install(packages, constraints):
    """Install after asking; returns whether the user consented."""
    try:
        from slicer.packaging import pip_ensure
    except ImportError:  # Slicer before April 2026
        text = _(
            "Some analyses of a study need Python packages that Slicer does not have:\n\n{packages}\n\n"
            "Install them? Without them these analyses are left out."
        ).format(packages="\n".join(packages))
        if not slicer.util.confirmOkCancelDisplay(text, "M1SHThk"):
            return False
        with slicer.util.WaitCursor():
            slicer.util.pip_install([*packages, "--constraint", constraints])
        return True
    try:
        pip_ensure(packages, constraints=constraints, requester="M1SHThk")
    except RuntimeError:  # declined
        return False
    return True
