"""Run M1SHThk outside 3D Slicer.

usage: python3 Testing/run.py COMMAND [ARGUMENT ...]

  demo        measure a digital exam and draw it; writes to demo-output/ (elsewhere: -o DIR)
  tests       run the tests; arguments go to pytest (one test: -k NAME)
  window      open the module in a miniature Slicer (picture alone: --screenshot FILE)
  screenshots take the tutorial's pictures, draw thumbnails and where to click (the tutorial's alone: FOLDER)
  benchmark   measure accuracy, precision and speed (all counts: --full; result elsewhere: --json FILE), or the claims
              of a study's report (--statistics)

The first run makes a virtual environment, .venv, in the repository; later runs use it. For the demo it holds what the
command line needs (Testing/requirements-demo.txt: 0.13 GB to download, 0.6 GB on disk); the first of the others brings
the rest (Testing/requirements.txt: 0.6 and 2.4 GB in all). Relative paths among the arguments are those of the caller.
"""

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST_PYTHON = (3, 10)

ROOT = Path(__file__).resolve().parent.parent
DEMO_REQUIREMENTS = ROOT / "Testing" / "requirements-demo.txt"
REQUIREMENTS = ROOT / "Testing" / "requirements.txt"  # those of the demo included
VENV = ROOT / ".venv"

COMMANDS = {
    "demo": [ROOT / "M1SHThk" / "M1SHThkLib", "demo", "-o", ROOT / "demo-output"],
    "tests": ["-m", "pytest", ROOT / "Testing" / "Python"],
    "window": [ROOT / "Testing" / "MiniSlicer" / "window.py"],
    "screenshots": [ROOT / "Testing" / "Pictures" / "screenshots.py"],
    "benchmark": [ROOT / "Testing" / "Benchmarks" / "benchmark.py"],
}
COMMANDS_THAT_DRAW = ("tests", "window", "screenshots")

# What Qt and VTK load from the system, and the Debian package that holds it.
LIBRARIES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfreetype.so.6": "libfreetype6",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
}
LIBRARIES_OF_A_DISPLAY = {
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libXcursor.so.1": "libxcursor1",
}

# Fails, often by a crash, where Qt and VTK cannot draw.
DRAW = """
import slicer, vtk
from PySide6 import QtTest, QtUiTools, QtWidgets

QtWidgets.QApplication([])
window = vtk.vtkRenderWindow()
window.SetOffScreenRendering(True)
window.Render()
raise SystemExit(not window.SupportsOpenGL())
"""


def main(arguments):
    if is_too_old(sys.version_info):
        sys.exit(too_old_message(sys.version_info))
    if arguments[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    if not arguments or arguments[0] not in COMMANDS:
        print(__doc__, file=sys.stderr)
        return 2
    command, *further = arguments
    set_up(command)
    environment = environment_of(command)
    if command in COMMANDS_THAT_DRAW and sys.platform == "linux":
        require_drawing(environment)
    status = subprocess.call([venv_python(), *COMMANDS[command], *further], env=environment)
    return status if status >= 0 else 128 - status  # as a shell reports a signal


def is_too_old(version):
    return tuple(version[:2]) < OLDEST_PYTHON


def too_old_message(version):
    found, oldest = (".".join(map(str, numbers[:2])) for numbers in (version, OLDEST_PYTHON))
    return f"run.py: Python {oldest} or later is needed, this is {found}: install one and run python3.12 Testing/run.py"


def venv_python():
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def set_up(command):
    """Make .venv hold what the command needs, for this Python; at once where it already does."""
    stamp = VENV / "set-up-for.txt"  # written last: a set-up that was cut short is taken up again
    stages = [DEMO_REQUIREMENTS] if command == "demo" else [DEMO_REQUIREMENTS, REQUIREMENTS]
    wanted = "\n".join([sys.version, *(stage.read_text() for stage in stages), ""])
    if stamp.is_file() and stamp.read_text().startswith(wanted):  # so the demo finds all it needs after the tests
        return
    if not venv_is_usable():
        make_venv()
    requirements = stages[-1]
    print(f"run.py: installing what {requirements.name} names into {VENV}; this takes some minutes, once", flush=True)
    stamp.unlink(missing_ok=True)
    pip = [venv_python(), "-m", "pip", "--disable-pip-version-check"]
    if subprocess.call([*pip, "install", "--requirement", requirements]):
        sys.exit("run.py: pip could not install the packages; its reason stands above")
    stamp.write_text(wanted)


def venv_is_usable():
    """Whether .venv has a pip and runs this very Python."""
    question = [venv_python(), "-c", "import pip, sys; print(sys.version)"]
    if not venv_python().exists():
        return False
    answer = subprocess.run(question, capture_output=True, text=True)
    return answer.returncode == 0 and answer.stdout.strip() == sys.version


def make_venv():
    if importlib.util.find_spec("ensurepip") is None:
        bring_packages("Python's venv", [f"python3.{sys.version_info[1]}-venv"])
    print(f"run.py: making {VENV} with Python {sys.version.split()[0]}", flush=True)
    if subprocess.call([sys.executable, "-m", "venv", "--clear", VENV]):
        sys.exit("run.py: the virtual environment could not be made; the reason stands above")


def environment_of(command):
    environment = dict(os.environ)
    on_display = sys.platform != "linux" or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
    if command == "tests":
        environment["QT_QPA_PLATFORM"] = "offscreen"
        environment["HYPOTHESIS_STORAGE_DIRECTORY"] = str(ROOT / ".hypothesis")  # not where the caller stands
        # A test worker runs on every core: threads within them would only get in each other's way.
        environment |= {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    elif not on_display:
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    return environment


def require_drawing(environment):
    """See to the system libraries that pip cannot bring; Windows and macOS have them."""
    if draws(environment).returncode == 0:
        return
    libraries = dict(LIBRARIES)
    if environment.get("QT_QPA_PLATFORM") != "offscreen":
        libraries.update(LIBRARIES_OF_A_DISPLAY)
    missing = [library for library in libraries if not is_on_system(library)]
    if missing:
        bring_packages(", ".join(missing), [libraries[library] for library in missing])
    drawing = draws(environment)
    if drawing.returncode:
        sys.exit(f"{drawing.stderr}run.py: Qt and VTK cannot draw here; the reason stands above")


def draws(environment):
    return subprocess.run([venv_python(), "-c", DRAW], env=environment, capture_output=True, text=True)


def is_on_system(library):
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def bring_packages(what, packages):
    """Install Debian packages where we may, else end by saying how it is done."""
    update = ["apt-get", "update"]
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    advice = f"run.py: missing: {what}. On Debian and Ubuntu: sudo {' '.join(update)} && sudo {' '.join(install)}"
    if not (os.path.exists("/etc/debian_version") and shutil.which("apt-get") and os.geteuid() == 0):
        sys.exit(advice)
    print(f"run.py: {what} missing: {' '.join(install)}", flush=True)
    for step in (update, install):
        if subprocess.call(step, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}):
            sys.exit(advice)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
