"""The package as Slicer's macros make it: what is installed, and that it measures wherever it lies."""

import csv
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STUB = ROOT / "Testing" / "MiniSlicer" / "package.cmake"


def packed(source, destination):
    """Runs CMake; returns what it said."""
    import cmake

    command = [Path(cmake.CMAKE_BIN_DIR) / "cmake", "-D", f"SOURCE={source}", "-D", f"DESTINATION={destination}"]
    return subprocess.run([*command, "-P", STUB], capture_output=True, text=True)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    folder = tmp_path_factory.mktemp("qt-scripted-modules")
    run = packed(ROOT, folder)
    assert run.returncode == 0, run.stderr
    return folder


def files_of(folder):
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {path for path in found if "__pycache__" not in path and not path.endswith("CMakeLists.txt")}


def test_all_of_the_module_is_installed_and_nothing_else(package):
    assert files_of(package) == files_of(ROOT / "M1SHThk")


def test_a_listed_file_that_is_not_there_ends_the_build(tmp_path):
    source = tmp_path / "source"
    shutil.copytree(ROOT / "M1SHThk", source / "M1SHThk", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "Testing" / "Data", source / "Testing" / "Data")
    for name in ("CMakeLists.txt", "Testing/CMakeLists.txt"):
        shutil.copyfile(ROOT / name, source / name)
    (source / "M1SHThk" / "M1SHThkLib" / "program.py").unlink()
    run = packed(source, tmp_path / "package")
    assert run.returncode != 0 and "there is no M1SHThkLib/program.py" in run.stderr


def test_the_installed_folder_measures_an_exam_from_a_foreign_directory(package, tmp_path):
    program = [sys.executable, "-I", package / "M1SHThkLib"]
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    for arguments in (["phantom", "-o", "exam", "--field", "3"], ["measure", "exam/exam.json", "-o", "results"]):
        run = subprocess.run([*program, *arguments], cwd=elsewhere, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
    with open(elsewhere / "results" / "measurements.tsv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert len(rows) == 4 and all(0 < float(row["sh_thk_per_mm"]) < 1 for row in rows)
