"""What the stand-ins are built of."""

import weakref

import shiboken6
from PySide6.QtCore import Property, QObject


class CoreObject(QObject):
    """A QObject of Slicer's that is no widget."""


def stored(kind, name, default, changed=None):
    """A Qt property that keeps its value in `_name` and then calls the method `changed`, if one is named."""

    def read(self):
        return vars(self).get("_" + name, default)

    def write(self, value):
        vars(self)["_" + name] = tuple(value) if isinstance(value, list) else value
        if changed:
            getattr(self, changed)()

    return Property(kind, read, write)


class Observations:
    """VTK observations of a Qt object, which do not keep it alive and end with it (ctkVTKObject's qvtkConnect)."""

    def __init__(self, owner):
        self._owner = weakref.ref(owner)
        self._made = []

    def add(self, observed, event, method):
        """Call `method(caller, event)` of the owner when `observed` fires."""
        weakMethod = weakref.WeakMethod(method)

        def callback(caller, eventName):
            owner, alive = self._owner(), weakMethod()
            if owner is not None and alive is not None and shiboken6.isValid(owner):
                alive(caller, eventName)

        self._made.append((observed, observed.AddObserver(event, callback)))

    def clear(self, observed=None):
        """End all observations, or those of one object."""
        for subject, tag in self._made:
            if observed is None or subject is observed:
                subject.RemoveObserver(tag)
        self._made = [] if observed is None else [pair for pair in self._made if pair[0] is not observed]
