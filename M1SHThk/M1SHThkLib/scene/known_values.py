"""Values in a scene that another version has written, and this one does not know."""

import weakref
from typing import Annotated, get_args, get_origin, get_type_hints

import vtk

from ..translation import tr as _

_BEFORE_ALL_OTHERS = 10.0  # priority of an observer


class KnownValues:
    """Gives every value in a parameter node that its wrapper does not know its default.

    Slicer's wrapper raises at such a value, and so does the first widget that cannot show it, half connected. So this
    is made before the wrapper is, and hears of changes, as when a scene is loaded, before it does.

    Parameters
    ----------
    node : vtkMRMLScriptedModuleNode
    wrapper : class decorated by parameterNodeWrapper

    Attributes
    ----------
    replaced : list of str
        A sentence a value.
    """

    def __init__(self, node, wrapper):
        self.replaced = []
        self._checks = list(_checks_of(wrapper))
        self._replace(node)
        # The observation must not keep this alive, and ends with it.
        this = weakref.ref(self)
        replace = lambda caller, event: this() and this()._replace(caller)  # noqa: E731
        tag = node.AddObserver(vtk.vtkCommand.ModifiedEvent, replace, _BEFORE_ALL_OTHERS)
        weakref.finalize(self, node.RemoveObserver, tag).atexit = False

    def _replace(self, node):
        unknown = [
            (name, node.GetParameter(name))
            for name, kind, checks in self._checks
            if node.HasParameter(name) and not _is_known(node.GetParameter(name), kind, checks)
        ]
        for name, text in unknown:
            told = _("{name} was '{text}', which this version does not know; it has its default now.")
            self.replaced.append(told.format(name=name, text=text))
            node.UnsetParameter(name)


def _checks_of(wrapper):
    """Name, type and validators of each parameter that is written as plain text."""
    for name, hint in get_type_hints(wrapper, include_extras=True).items():
        kind, *checks = get_args(hint) if get_origin(hint) is Annotated else (hint,)
        if kind in (str, int, float, bool):
            yield name, kind, checks


def _is_known(text, kind, checks):
    if kind is bool:
        return text in ("True", "False")
    try:
        value = kind(text)
        for check in checks:
            check.validate(value)
    except ValueError:
        return False
    return True
