"""What is packaged, described and promised agrees with what is there; and what import-linter cannot hold of the house.

The arrows between its rooms, and what each room may import from outside, stand in .importlinter.
"""

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
# Statistics that neither numpy nor scipy has, imported where they are used.
OPTIONAL = {"pingouin", "statsmodels"}
# SimpleITK, pydicom and highdicom: not in every Slicer.
NOT_IN_SLICER = {"nibabel", "matplotlib", "pandas", "sklearn", "SimpleITK", "pydicom", "highdicom"} | OPTIONAL
LOADED_AT_START = {"slicer", "vtk", "qt", "ctk"}  # by Slicer itself, before it runs a module's file
LIBRARY_FILES = sorted(LIBRARY.rglob("*.py"))


def packages(path, within=ast.walk):
    """Packages from outside that a file imports, in the nodes that `within` gives of its syntax tree."""
    names = set()
    for node in within(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module)
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


def test_links_of_the_readme_lead_to_files():
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert links and [link for link in links if not (ROOT / link).exists()] == []


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


def test_slicers_start_brings_what_slicer_has_loaded_already():
    at_start = packages(MODULE / "M1SHThk.py", within=ast.iter_child_nodes)
    assert at_start <= set(sys.stdlib_module_names) | LOADED_AT_START


@pytest.mark.parametrize("path", [MODULE / "M1SHThk.py", *LIBRARY_FILES], ids=lambda path: path.stem)
def test_nothing_that_slicer_may_lack_is_imported_at_file_scope(path):
    assert not packages(path, within=ast.iter_child_nodes) & NOT_IN_SLICER


def test_slicer_is_offered_the_libraries_that_the_statistics_use():
    offered = re.search(r"^OPTIONAL = (\(.*\))", (LIBRARY / "panel" / "libraries.py").read_text(), re.MULTILINE)
    used = set().union(*map(packages, (LIBRARY / "cohort").glob("*.py"))) & OPTIONAL
    assert set(ast.literal_eval(offered.group(1))) == used == OPTIONAL
