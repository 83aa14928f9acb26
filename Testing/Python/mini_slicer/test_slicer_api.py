"""What the module asks of Slicer is there: every name is looked up in what Python sees of a running Slicer.

A name may be asked of a widget under another name that the function or class gives it; where a name may stand for
several, all of them are looked up.
"""

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
SEVERAL = 24  # more meanings of one expression than any has


def names_of(key, kinds=("methods", "properties", "signals")):
    if isinstance(API[key], list):
        return set(API[key])
    if not API[key].keys() & set(kinds):
        return set(API[key]) if kinds == ("methods", "properties", "signals") else set()
    return {name for kind in kinds for name in API[key].get(kind, ())}


def class_of(expression):
    """What a file's expression is, as a key of the list; None where the list does not say."""
    if expression in ("slicer.util", "qt", "ctk") or (expression in API and expression.startswith("slicer.app")):
        return expression
    widget = re.fullmatch(r"(?:.*\.)?ui\.(\w+)", expression)
    view = re.fullmatch(r"slicer\.app\.layoutManager\(\)\.(\w+)Widget\([^()]*\)(\.(\w+)View\(\))?", expression)
    made = re.fullmatch(r"(?:qt|ctk)\.(\w+)\(.*\)", expression)
    name = None
    if widget:
        name = WIDGETS[widget[1]]
    elif view:
        name = f"qMRML{view[1].capitalize()}{'View' if view[2] else 'Widget'}"
    elif made:
        name = made[1]
    return next((key for key in (name, f"qt.{name}") if key in API), None)


def is_widget(key):
    return not key.startswith(("slicer.", "qt.QTimer")) and key not in ("qt", "ctk")


def offered(key, *kinds):
    """Names of those kinds that an object of that class has, what it has from QWidget included."""
    kinds = kinds or ("methods", "properties", "signals")
    inherited = names_of("QWidget", kinds) if is_widget(key) else set()
    return names_of(key, kinds) | inherited | ({"connect", "disconnect"} if "methods" in kinds else set())


def branches(value):
    """The expressions that a value may be."""
    return [*branches(value.body), *branches(value.orelse)] if isinstance(value, ast.IfExp) else [value]


def given(target, value):
    """(name, expression) pairs of an assignment."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for one, other in zip(target.elts, value.elts, strict=True):
            yield from given(one, other)
    elif isinstance(target, (ast.Name, ast.Attribute)):
        for branch in branches(value):
            yield ast.unparse(target), ast.unparse(branch)


def assigned(scope):
    """What names are given in a function or class: mapping of name -> list of expressions."""
    found = {}
    for node in ast.walk(scope):
        pairs = []
        if isinstance(node, ast.Assign):
            pairs = [pair for target in node.targets for pair in given(target, node.value)]
        elif isinstance(node, ast.For) and isinstance(node.iter, ast.Tuple):
            pairs = [pair for element in node.iter.elts for pair in given(node.target, element)]
        for name, value in pairs:
            found.setdefault(name, []).append(value)
    return found


def meanings(node, known):
    """An expression with its names replaced by what they were given, in every way, as text."""
    texts, waiting = set(), [ast.unparse(node)]
    while waiting and len(texts) < SEVERAL:
        text = waiting.pop()
        if text not in texts:
            texts.add(text)
            for name in known:
                if re.match(rf"{re.escape(name)}(?![\w])", text):
                    waiting += [value + text[len(name) :] for value in known[name]]
    return texts


def asked(path):
    """What a file asks for: (class, name, how), `how`: 'called', 'set', 'read' or 'connected'."""
    found = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    of_class, own = {}, {}
    for scope in ast.walk(tree):  # from the outside inwards
        if isinstance(scope, (ast.ClassDef, ast.FunctionDef)):
            given_here, known_in = assigned(scope), of_class if isinstance(scope, ast.ClassDef) else own
            known_in.update((id(inner), given_here) for inner in ast.walk(scope))
    calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute):
            continue
        of_self = {name: v for name, v in of_class.get(id(node), {}).items() if name.startswith("self.")}
        known = of_self | {name: v for name, v in own.get(id(node), {}).items() if not name.startswith("self.")}
        keys = {class_of(text) for text in meanings(node.value, known)} - {None}
        how = "called" if id(node) in calls else "set" if isinstance(node.ctx, ast.Store) else "read"
        found |= {(key, node.attr, how) for key in keys}
        if how == "called" and node.attr in ("connect", "disconnect") and calls[id(node)].args:
            signal = calls[id(node)].args[0]
            if isinstance(signal, ast.Constant):
                found |= {(key, signal.value.split("(")[0], "connected") for key in keys}
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_what_is_asked_of_slicer_and_qt_is_there(path):
    missing = {f"{key}.{name}" for key, name, how in asked(path) if how != "connected" and name not in offered(key)}
    assert missing <= CLASSES_OF_UTIL


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_property_is_an_attribute_and_a_method_is_called(path):
    wrong = set()
    for key, name, how in asked(path):
        if isinstance(API[key], dict) and "methods" in API[key]:
            methods, properties = offered(key, "methods"), offered(key, "properties")
            if (how == "called" and name not in methods) or (how == "set" and name not in properties):
                wrong.add((key, name, how))
    assert {one for one in wrong if one[2] != "connected"} == set()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_signals_are_there(path):
    assert [one for one in asked(path) if one[2] == "connected" and one[1] not in offered(one[0], "signals")] == []


def test_the_panel_was_really_looked_at():
    found = {one for path in SOURCES for one in asked(path)}
    assert {("QTableWidget", "resizeRowsToContents", "called"), ("QTableWidget", "rowCount", "read")} <= found
    assert {("qMRMLSegmentEditorWidget", "readOnly", "read"), ("qMRMLTableView", "columnWidth", "called")} <= found
    assert {("qt.QTimer", "timeout", "connected"), ("QTableWidget", "currentCellChanged", "connected")} <= found
    assert {("qMRMLSliceWidget", "sliceView", "called"), ("slicer.app", "focusChanged", "connected")} <= found
