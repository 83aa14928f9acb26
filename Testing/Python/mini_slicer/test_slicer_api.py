"""What the module asks of Slicer is there: every name is looked up in what Python sees of a running Slicer."""

import ast
import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

TESTING = Path(__file__).resolve().parents[2]
MODULE = TESTING.parent / "M1SHThk"
API = json.loads((TESTING / "Data" / "slicer-api.json").read_text())
SOURCES = [MODULE / "M1SHThk.py", *sorted((MODULE / "M1SHThkLib").rglob("*.py"))]
WIDGETS = {
    widget.get("name"): widget.get("class")
    for widget in ElementTree.parse(MODULE / "Resources" / "UI" / "M1SHThk.ui").iter("widget")
}


CLASSES_OF_UTIL = {"slicer.util.WaitCursor"}  # the list of slicer.util has its functions alone


def names_of(key):
    if isinstance(API[key], list):
        return set(API[key])
    return {name for kind in API[key].values() for name in kind}


def names_of_widget(name):
    own = WIDGETS[name]
    key = own if own in API else f"qt.{own}"
    return names_of(key) | names_of("QWidget")


def asked(path):
    """What a file asks for: (whom, name) as it is written, such as ('slicer.util', 'loadUI')."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {(ast.unparse(node.value), node.attr) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def connected(path):
    """(widget, signature) of every signal of the panel that a file connects to."""
    text = path.read_text(encoding="utf-8")
    return set(re.findall(r'\bui\.(\w+)\.connect\("(\w+)\(', text))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_what_is_asked_of_slicer_and_qt_is_there(path):
    known = ("slicer.util", "slicer.app", "slicer.app.layoutManager()", "slicer.app.applicationLogic()", "qt", "ctk")
    missing = {f"{whom}.{name}" for whom, name in asked(path) if whom in known and name not in names_of(whom)}
    assert missing <= CLASSES_OF_UTIL


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_what_is_asked_of_the_panels_widgets_is_there(path):
    of_widgets = ((re.fullmatch(r"(?:.*\.)?ui\.(\w+)", whom), name) for whom, name in asked(path))
    missing = [(found[1], name) for found, name in of_widgets if found and name not in names_of_widget(found[1])]
    assert missing == []
    assert [(widget, signal) for widget, signal in connected(path) if signal not in names_of_widget(widget)] == []


def test_the_panel_was_really_looked_at():
    asked_for = {pair for path in SOURCES for pair in asked(path)}
    assert {("ui.acceptButton", "enabled"), ("ui.regionsTable", "connect")} <= asked_for
    assert ("regionsTable", "currentCellChanged") in {pair for path in SOURCES for pair in connected(path)}
