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
    """Offers to install what some analyses of a study need; who declines is asked again only if they want to be."""

    def __init__(self):
        self._declined = False

    def offer(self, again=False):
        """Ask, and install, if anything is missing; not in a test run, and not where nobody could answer.

        `again`: even who declined before.
        """
        packages = missing_packages()
        if not packages or (self._declined and not again):
            return
        if slicer.app.testingEnabled() or not slicer.util.mainWindow():
            return
        self._declined = not slicer.util.confirmOkCancelDisplay(_question(packages), "M1SHThk")
        if not self._declined:
            try:
                _install(packages)
            except subprocess.CalledProcessError:
                slicer.util.warningDisplay(
                    _(
                        "The packages could not be installed; the error log says why. What needs them is left out. "
                        "Analyse again, or click 'Install packages...', to try once more."
                    )
                )
            importlib.invalidate_caches()


def missing_packages():
    """Those of OPTIONAL that cannot be imported."""
    return [name for name in OPTIONAL if importlib.util.find_spec(name) is None]


def constraints_text():
    """Lines by which pip leaves Slicer's own libraries at their versions."""
    return "".join(f"{module.__name__}=={module.__version__}\n" for module in KEPT)


def _question(packages):
    purposes = {
        "pingouin": _("pingouin: how well readers and readings agree (ICC)"),
        "statsmodels": _("statsmodels: sample sizes, change over time, centiles of norms by age"),
    }
    return _(
        "Some analyses of a study need Python packages that Slicer does not have:\n\n{packages}\n\n"
        "Install them from the Python Package Index, for this Slicer? Without them these analyses are left out; "
        "everything else is computed. Slicer's own packages stay as they are."
    ).format(packages="\n".join(purposes[name] for name in packages))


def _install(packages):
    """Install what the user has consented to.

    :raises subprocess.CalledProcessError: if pip fails
    """
    with tempfile.TemporaryDirectory() as folder:
        constraints = os.path.join(folder, "constraints.txt")
        with open(constraints, "w", encoding="utf-8") as file:
            file.write(constraints_text())
        try:
            from slicer.packaging import pip_ensure
        except ImportError:  # Slicer before April 2026
            with slicer.util.WaitCursor():
                slicer.util.pip_install([*packages, "--constraint", constraints])
        else:
            pip_ensure(packages, constraints=constraints, requester="M1SHThk", prompt_install=False)
