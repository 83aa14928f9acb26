"""Every text that is seen can be translated, and the module works in another language.

A pseudo-translation puts every text between brackets: what is seen without them cannot be translated.
"""

import ast
import inspect
import pickle
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from M1SHThkLib import translation
from M1SHThkLib.measuring.flags import notes_as_text, notes_from_text, sentence

ROOT = Path(__file__).resolve().parents[3]
MODULE = ROOT / "M1SHThk"
LIBRARY = MODULE / "M1SHThkLib"
PSEUDO = Path(__file__).with_name("pseudo_translation.py")
# Rooms whose faults a reader in Slicer is told; the others speak on the command line alone, in English as its results.
ROOMS = ("measuring", "cohort", "digital_exam", "files", "scene", "panel")
TOLD = sorted(path for room in ROOMS for path in (LIBRARY / room).glob("*.py"))
# As Slicer's Utilities/Scripts/update_translations.py finds texts.
FOUND = re.compile(r"[^_]_\((\s*?\".+?\"\s*?)\)", re.DOTALL)


def calls_of_underscore(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_"]


def literals(node):
    """Texts in an expression that stand in no call of `_`; what a key or a joined name finds is no text."""
    if isinstance(node, ast.Call) and (getattr(node.func, "id", "") == "_" or getattr(node.func, "attr", "") == "get"):
        return []
    if isinstance(node, ast.Subscript):
        return literals(node.value)
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) and re.search("[A-Za-z]{2}", node.value) else []
    return [text for child in ast.iter_child_nodes(node) for text in literals(child)]


def test_identifiers_in_the_user_interface_are_not_translated():
    root = ElementTree.parse(MODULE / "Resources" / "UI" / "M1SHThk.ui").getroot()
    names = [one for one in root.iter("property") if one.get("name") == "SlicerParameterName"]
    assert len(names) > 20
    assert [one.find("string").text for one in names if one.find("string").get("notr") != "true"] == []


def test_entries_of_lists_that_are_read_back_are_not_translated():
    root = ElementTree.parse(MODULE / "Resources" / "UI" / "M1SHThk.ui").getroot()
    entries = [text for box in root.iter("widget") for item in box.findall("item") for text in item.iter("string")]
    assert [text.text for text in entries if text.get("notr") != "true"] == []


def faults_of(path):
    """What the errors of a file say: of `raise ValueError(...)`, and of `raise row.fault(...)` of a table's row."""
    raised = (node.exc for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Raise))
    for fault in raised:
        kind = getattr(fault, "func", None)
        if getattr(kind, "id", "") == "ValueError" or getattr(kind, "attr", "") == "fault":
            yield fault.args[0]


@pytest.mark.parametrize("path", TOLD, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_faults_that_a_reader_is_told_can_be_translated(path):
    assert [text for fault in faults_of(path) for text in literals(fault)] == []


def prose(path):
    """Texts of several words that stand in no call of `_` and are no docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef))]
    docstrings = [ast.get_docstring(ast.Module(body, [])) for body in bodies]
    told = [inspect.cleandoc(text) for text in literals(tree) if re.search(r"[a-z]{2}[,;:]? [a-z]{2}", text)]
    return [text for text in told if text not in docstrings]


@pytest.mark.parametrize("name", ["verdict", "alignment", "layer_width", "tilt"])
def test_what_a_flag_found_can_be_translated(name):
    assert prose(LIBRARY / "measuring" / f"{name}.py") == []


def test_notes_are_english_in_files_and_told_in_the_language_of_the_reader(shouting):
    depth = translation.Note(translation.marked("it begins {depth:.1f} mm beneath the line"), depth=0.32)
    both = translation.listed([depth, "off_slice"])
    assert notes_as_text({"undecided": both}) == "undecided: it begins 0.3 mm beneath the line; off_slice"
    assert sentence("undecided", both).endswith(" (IT BEGINS 0.3 MM BENEATH THE LINE; off_slice.)")
    from_file = notes_from_text("undecided: it begins 0.3 mm beneath the line")["undecided"]
    assert sentence("undecided", from_file).endswith(" (It begins 0.3 mm beneath the line.)")
    assert pickle.loads(pickle.dumps(both)) == both


def test_notes_that_are_added_make_a_note(shouting):
    some = translation.Note(translation.marked("{n} patients")).format(n=3)
    added = "in " + some + translation.Note(translation.marked(" of them")) + "."
    assert added == "in 3 patients of them." and translation.told(added) == "in 3 PATIENTS OF THEM."
    assert some.value("n") == 3 and some.value("who") == ""


@pytest.mark.parametrize("path", sorted(LIBRARY.rglob("*.py")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_slicers_script_finds_every_text(path):
    texts = [node.args[0] for node in calls_of_underscore(path)]
    assert [ast.unparse(text) for text in texts if not isinstance(text, ast.Constant)] == []
    assert len(FOUND.findall(path.read_text(encoding="utf-8"))) == len(texts)


def test_the_module_works_in_another_language():
    pytest.importorskip("slicer", reason="no slicer-core wheel for this machine")
    run = subprocess.run([sys.executable, PSEUDO], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-3000:]
    assert run.stdout.splitlines() == []  # a line each: where, and what cannot be translated
