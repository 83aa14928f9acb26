"""What is packaged, described and promised agrees with what is there; and the layers of the house hold."""

import ast
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "M1SHThk"
LIBRARY = MODULE / "M1SHThkLib"

TOP_LEVEL = {"M1SHThk", "Testing", "CMakeLists.txt", "M1SHThk.s4ext", "README.md", "LICENSE"}
CATALOG_FIELDS = {"scm", "scmurl", "scmrevision", "depends", "recommends", "build_subdirectory", "homepage"}
CATALOG_FIELDS |= {"contributors", "category", "iconurl", "status", "tier", "description", "screenshoturls", "enabled"}
CATALOG_FIELDS |= {"dicom_support_rule", "keywords"}
DOORS = {"__main__", "batch", "panel"}  # with M1SHThk.py they bring core and edges together
# Statistics that neither numpy nor scipy has, imported where they are used.
OPTIONAL = {"pingouin", "statsmodels"}
NOT_IN_SLICER = {"nibabel", "matplotlib", "pandas", "sklearn", "SimpleITK"} | OPTIONAL  # SimpleITK: not in every Slicer
OUTSIDE_THE_CORE = NOT_IN_SLICER | {"slicer", "vtk", "vtkmodules", "qt", "ctk", "PySide6"}


def module_of(path):
    """Dotted name of a file of the library, such as M1SHThkLib.measuring.image."""
    parts = path.relative_to(MODULE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def edge_of(module):
    """The outside world that a module of the library talks to, or None for the core."""
    name = module.split(".")[1] if "." in module else ""
    kind = name.split("_")[-1]
    return kind if kind in {"scene", "files", "figures", "parallel"} else None


LIBRARY_FILES = sorted(LIBRARY.rglob("*.py"))
EDGES = [path for path in LIBRARY_FILES if edge_of(module_of(path))]
CORE = [path for path in LIBRARY_FILES if path not in EDGES and not DOORS & set(module_of(path).split("."))]


def imported(path, within=ast.walk):
    """Absolute dotted names that a file imports, in the nodes that `within` gives of its syntax tree."""
    folders = path.relative_to(MODULE).parts[:-1]
    names = set()
    for node in within(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = folders[: len(folders) - node.level + 1] if node.level else ()
            source = ".".join(filter(None, [*package, node.module]))
            names |= {source} | {f"{source}.{alias.name}" for alias in node.names}
    return names


def imported_from_library(path):
    """Modules of the library that a file imports; the package itself aside."""
    return imported(path) & {module_of(path) for path in LIBRARY_FILES} - {"M1SHThkLib"}


def packages(names):
    return {name.split(".")[0] for name in names}


def cmake_value(name):
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    return re.search(rf'^set\({name} "([^"]*)"', text, re.MULTILINE).group(1)


def test_every_packaged_file_is_listed_and_every_listed_file_is_there():
    text = (MODULE / "CMakeLists.txt").read_text(encoding="utf-8")
    lists = re.findall(r"set\(MODULE_PYTHON_(?:SCRIPTS|RESOURCES)\s([^)]*)\)", text)
    listed = " ".join(lists).replace("${MODULE_NAME}", "M1SHThk").split()
    on_disk = [
        path.relative_to(MODULE).as_posix()
        for path in MODULE.rglob("*")
        if path.is_file() and path.name != "CMakeLists.txt" and "__pycache__" not in path.parts
    ]
    assert sorted(listed) == sorted(on_disk)


def test_catalog_entry_is_complete_and_agrees_with_cmake():
    lines = (ROOT / "M1SHThk.s4ext").read_text(encoding="utf-8").splitlines()
    fields = (line.partition(" ") for line in lines if line and not line.startswith("#"))
    entry = {key: value for key, _, value in fields}
    assert set(entry) == CATALOG_FIELDS
    assert {key for key, value in entry.items() if not value} <= {"dicom_support_rule"}
    for key in ("homepage", "contributors", "iconurl", "description", "screenshoturls", "depends"):
        assert entry[key] == cmake_value(f"EXTENSION_{key.upper()}"), key
    assert entry["scmurl"] == entry["homepage"] + ".git"


def test_icon_url_leads_to_the_icon_in_this_repository():
    _, path = cmake_value("EXTENSION_ICONURL").split("/main/")
    header = (ROOT / path).read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(header[16:20], "big"), int.from_bytes(header[20:24], "big")) == (128, 128)


def test_module_is_in_the_category_of_the_catalog():
    category = re.search(r"^category (.+)$", (ROOT / "M1SHThk.s4ext").read_text(encoding="utf-8"), re.MULTILINE)
    assert f'"{category.group(1)}"' in (MODULE / "M1SHThk.py").read_text(encoding="utf-8")


def test_readme_promises_exactly_two_commands_that_run_py_knows():
    section = re.search(r"^## Try it\n(.*?)^## ", (ROOT / "README.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)
    blocks = re.findall(r"^```\w*\n(.*?)^```", section.group(1), re.DOTALL | re.MULTILINE)
    assert "".join(blocks).splitlines() == ["python3 Testing/run.py demo", "python3 Testing/run.py tests"]
    commands = runpy.run_path(str(ROOT / "Testing" / "run.py"))["COMMANDS"]
    assert {"demo", "tests"} <= set(commands)


def test_library_hides_no_module_of_the_standard_library():
    # A folder run as a program comes first in sys.path.
    assert {path.stem for path in LIBRARY_FILES} & set(sys.stdlib_module_names) <= {"__main__", "__init__"}


def test_top_level_holds_only_what_the_owner_fixed():
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("only a git clone tells what belongs to the repository")
    # A container's root need not be the owner of the clone that it tests.
    git = ["git", "-c", f"safe.directory={ROOT.as_posix()}", "-C", ROOT]
    files = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run([*git, *files], capture_output=True, text=True, check=True).stdout
    names = {file.split("/")[0] for file in listing.rstrip("\0").split("\0")}
    assert {name for name in names if not name.startswith(".")} == TOP_LEVEL


def test_no_second_python_file_beside_the_module():
    # Slicer takes every one for a module and runs it at start-up.
    assert [path.name for path in MODULE.glob("*.py")] == ["M1SHThk.py"]


@pytest.mark.parametrize("path", CORE, ids=module_of)
def test_core_needs_numpy_and_scipy_alone(path):
    allowed = set(sys.stdlib_module_names) | {"numpy", "scipy", "M1SHThkLib"}
    # pandas comes with pingouin; never at file scope, as the test below sees to.
    optional = OPTIONAL | {"pandas"} if "cohort" in path.parts else set()
    assert packages(imported(path)) <= allowed | optional


@pytest.mark.parametrize("path", CORE, ids=module_of)
def test_core_never_imports_an_edge_or_a_door(path):
    assert imported_from_library(path) <= set(map(module_of, CORE))


@pytest.mark.parametrize("path", EDGES, ids=module_of)
def test_edges_never_import_each_other_or_a_door(path):
    own = {module_of(edge) for edge in EDGES if edge_of(module_of(edge)) == edge_of(module_of(path))}
    assert imported_from_library(path) <= own | set(map(module_of, CORE))


@pytest.mark.parametrize("path", [MODULE / "M1SHThk.py", *LIBRARY_FILES], ids=module_of)
def test_nothing_that_slicer_may_lack_is_imported_at_file_scope(path):
    assert not packages(imported(path, within=ast.iter_child_nodes)) & NOT_IN_SLICER


def test_slicer_is_offered_the_libraries_that_the_statistics_use():
    offered = re.search(r"^OPTIONAL = (\(.*\))", (LIBRARY / "panel" / "libraries.py").read_text(), re.MULTILINE)
    used = set().union(*(packages(imported(path)) for path in CORE)) & OPTIONAL
    assert set(ast.literal_eval(offered.group(1))) == used == OPTIONAL


def test_core_really_imports_where_nothing_else_can():
    program = f"""
import importlib, sys
sys.modules.update(dict.fromkeys({sorted(OUTSIDE_THE_CORE)}))
sys.path.insert(0, {str(MODULE)!r})
for module in {[module_of(path) for path in CORE]}:
    importlib.import_module(module)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
