"""The entry of Slicer's Extensions Catalog, as `Slicer/ExtensionsIndex` checks it; one name and one address everywhere.

Its robot: scripts/check_description_files.py; its schema: slicer-extension-catalog-entry-schema-v1.0.2.json.
"""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENTRY = ROOT / "Testing" / "Data" / "M1SHThk.json"
SCHEMA = (
    "https://raw.githubusercontent.com/Slicer/Slicer/main/Schemas/slicer-extension-catalog-entry-schema-v1.0.2.json"
)
KINDS = {"$schema": str, "category": str, "scm_url": str, "scm_revision": str, "scm_type": str, "enabled": bool}
KINDS |= {"build_dependencies": list, "build_subdirectory": str, "dicom_support_rule": str, "tier": int}
REQUIRED = {"$schema", "category", "scm_url"}
PICTURE = b"\x89PNG\r\n\x1a\n"


def text_of(path):
    return (ROOT / path).read_text(encoding="utf-8")


def entry():
    return json.loads(ENTRY.read_bytes())


def s4ext():
    lines = text_of("M1SHThk.s4ext").splitlines()
    fields = (line.partition(" ") for line in lines if line and not line.startswith("#"))
    return {key: value for key, _, value in fields}


def in_cmake(name):
    # The robot's own pattern: what it does not find it takes for missing.
    (value,) = re.findall(rf'set\s*\({name}\s*"([^"]+)"[ ]*\)', text_of("CMakeLists.txt"), re.IGNORECASE | re.MULTILINE)
    return value


def in_library(name):
    return re.search(rf"^{name} = (.+?)(?:  #.*)?$", text_of("M1SHThk/M1SHThkLib/__init__.py"), re.MULTILINE).group(1)


def test_entry_is_of_the_schema():
    found = entry()
    assert found["$schema"].rstrip("#") == SCHEMA
    assert REQUIRED <= set(found) <= set(KINDS)
    assert {key: type(value) for key, value in found.items()} == {key: KINDS[key] for key in found}
    assert found["scm_type"] == "git" and 1 <= found["tier"] <= 5
    assert b"\r" not in ENTRY.read_bytes()


def test_names_are_those_that_the_catalog_asks_for():
    (project,) = re.findall(r"project\s*\(\s*([^\s\)\n\r]+)", text_of("CMakeLists.txt"), re.IGNORECASE)
    address = entry()["scm_url"]
    assert project == ENTRY.stem and not ENTRY.stem.lower().startswith("slicer")
    assert address.startswith("https://") and address.rsplit("/", 1)[1] == f"Slicer{ENTRY.stem}.git"


def test_entry_cmake_s4ext_and_module_agree():
    found, old = entry(), s4ext()
    home = in_cmake("EXTENSION_HOMEPAGE")
    assert found["scm_url"] == old["scmurl"] == f"{home}.git"
    assert home == old["homepage"] == json.loads(in_library("HOMEPAGE"))
    for key, value in (
        ("scm_revision", old["scmrevision"]),
        ("scm_type", old["scm"]),
        ("build_subdirectory", old["build_subdirectory"]),
        ("category", old["category"]),
        ("tier", int(old["tier"])),
        ("enabled", old["enabled"] == "1"),
        ("build_dependencies", [] if in_cmake("EXTENSION_DEPENDS") == "NA" else in_cmake("EXTENSION_DEPENDS").split()),
    ):
        assert found[key] == value, key


def test_contributors_are_the_same_everywhere():
    names = re.findall(r'"([^"]+)"', in_library("CONTRIBUTORS"))
    assert in_cmake("EXTENSION_CONTRIBUTORS") == s4ext()["contributors"] == ", ".join(names)


@pytest.mark.parametrize("name", ["EXTENSION_ICONURL", "EXTENSION_SCREENSHOTURLS"])
def test_picture_addresses_lead_to_pictures_in_this_repository(name):
    raw = in_cmake("EXTENSION_HOMEPAGE").replace("https://github.com/", "https://raw.githubusercontent.com/")
    for address in in_cmake(name).split():
        assert address.startswith(f"{raw}/{entry()['scm_revision']}/")
        path = address.removeprefix(f"{raw}/{entry()['scm_revision']}/")
        assert (ROOT / path).read_bytes().startswith(PICTURE)


def test_no_other_address_of_the_repository_stands_anywhere():
    home = in_cmake("EXTENSION_HOMEPAGE")
    owner = home.rsplit("/", 1)[0].removeprefix("https://github.com/")
    paths = [path for path in ROOT.rglob("*") if path.suffix in {".py", ".md", ".txt", ".json", ".s4ext", ".yml"}]
    for path in paths:
        if any(part in {".venv", ".git"} for part in path.relative_to(ROOT).parts):
            continue
        for name in re.findall(rf"github(?:usercontent)?\.com/{owner}/([\w.-]+)", path.read_text(encoding="utf-8")):
            assert name.removesuffix(".git") == home.rsplit("/", 1)[1], path


def test_changelog_begins_with_the_version_of_the_program():
    first = re.search(r"^## (\S+)", text_of("M1SHThk/Resources/Docs/Changelog.md"), re.MULTILINE).group(1)
    assert first == json.loads(in_library("__version__"))


def test_readme_answers_the_review():
    readme = text_of("README.md")
    for heading in (
        "## Modules",
        "### What is installed, and what is sent",
        "## How to cite",
        "## Licence",
        "## Tutorial",
    ):
        assert f"\n{heading}\n" in readme, heading
    assert "patent" in readme.lower()
    assert readme.index("](Testing/Data/window.png)") < 1000  # within the first screen


def test_pictures_of_the_documents_are_there():
    documents = ROOT / "M1SHThk" / "Resources" / "Docs"
    for document in documents.glob("*.md"):
        for link in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", document.read_text(encoding="utf-8")):
            assert (documents / link).read_bytes().startswith(PICTURE), link
