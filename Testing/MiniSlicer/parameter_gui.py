"""What binds a parameter to a widget (Slicer: Base/Python/slicer/parameterNodeWrapper/guiConnectors.py).

As in Slicer the widget must be of exactly one of the classes named, and takes range and choices from the annotations.
"""

import ctk
import qt
import slicer

from .parameter_types import (
    Choice,
    Decimals,
    Maximum,
    Minimum,
    SingleStep,
    WithinRange,
    findFirstAnnotation,
    getNodeTypes,
    isNodeOrUnionOfNodes,
    splitAnnotations,
)

__all__ = ["GuiConnector", "createGuiConnector"]


class GuiConnector:
    """One widget's value: `signal` tells that it changed, `read` and `write` carry it."""

    signal = None

    def __init__(self, widget, datatype):
        self._widget = widget
        self._type, self._annotations = splitAnnotations(datatype)
        self._callback = None
        self.prepare()

    def prepare(self):
        """Bring the widget in line with the annotations."""

    def annotation(self, kind):
        return findFirstAnnotation(self._annotations, kind)

    def widget(self):
        return self._widget

    def onChanged(self, callback):
        """Call `callback()` whenever the widget changes; None ends it."""
        if self.signal and self._callback is not None:
            getattr(self._widget, self.signal).disconnect(self._changed)
        self._callback = callback
        if self.signal and callback is not None:
            getattr(self._widget, self.signal).connect(self._changed)

    def _changed(self, *ignored):
        if self._callback:
            self._callback()

    def read(self):
        raise NotImplementedError

    def write(self, value):
        raise NotImplementedError


class CheckedToBool(GuiConnector):
    signal = "toggled"

    def prepare(self):
        if type(self._widget) is qt.QPushButton and not self._widget.checkable:
            self._widget.checkable = True

    def read(self):
        return self._widget.checked

    def write(self, value):
        self._widget.checked = value


class ValueToNumber(GuiConnector):
    signal = "valueChanged"

    def prepare(self):
        if self._type is int and type(self._widget) not in (qt.QSlider, qt.QSpinBox):
            self._widget.decimals = 0
        for annotation, attribute in ((Decimals, "decimals"), (SingleStep, "singleStep")):
            if self.annotation(annotation):
                setattr(self._widget, attribute, self.annotation(annotation).value)
        within = self.annotation(WithinRange)
        lower, upper = within or self.annotation(Minimum), within or self.annotation(Maximum)
        sliders = (qt.QSlider, ctk.ctkSliderWidget, slicer.qMRMLSliderWidget)
        if type(self._widget) in sliders and not (lower and upper):
            raise RuntimeError(f"Cannot have a connection to {type(self._widget).__name__}: its type is unbounded.")
        unbounded = 2**31 - 1 if type(self._widget) in (qt.QSlider, qt.QSpinBox) else float("inf")
        self._widget.minimum = lower.minimum if lower else -unbounded
        self._widget.maximum = upper.maximum if upper else unbounded

    def read(self):
        return self._type(self._widget.value)

    def write(self, value):
        self._widget.value = self._type(value)


class CurrentItemToChoice(GuiConnector):
    signal = "currentIndexChanged"

    def prepare(self):
        if self.annotation(Choice) is None:
            raise RuntimeError("ComboBoxToStringableConnector requires the Choice annotation to be used.")
        self._choices = list(self.annotation(Choice).choices)
        self._widget.clear()
        self._widget.addItems([str(choice) for choice in self._choices])

    def read(self):
        return self._choices[self._widget.currentIndex]

    def write(self, value):
        if value not in self._choices:
            raise ValueError(f"Unable to find value {value} in choices {self._choices}")
        self._widget.currentIndex = self._choices.index(value)


class TextToStr(GuiConnector):
    signal = "textChanged"

    def read(self):
        return self._widget.text

    def write(self, value):
        # Writing moves the cursor, which must not happen under the user's typing.
        if value != self._widget.text:
            self._widget.text = value


class LabelToStr(TextToStr):
    signal = None


class PlainTextToStr(GuiConnector):
    signal = "textChanged"

    def read(self):
        return self._widget.toPlainText()

    def write(self, value):
        self._widget.setPlainText(value)


class CurrentNodeToNode(GuiConnector):
    signal = "currentNodeChanged"

    def prepare(self):
        self._widget.nodeTypes = getNodeTypes(self._type)

    def read(self):
        return self._widget.currentNode()

    def write(self, value):
        self._widget.setCurrentNode(value)


_CONNECTORS = (
    (CheckedToBool, (bool,), (qt.QCheckBox, ctk.ctkCheckBox, qt.QPushButton)),
    (ValueToNumber, (int,), (qt.QSlider, qt.QSpinBox)),
    (
        ValueToNumber,
        (int, float),
        (
            qt.QDoubleSpinBox,
            ctk.ctkSliderWidget,
            ctk.ctkDoubleSpinBox,
            slicer.qMRMLSliderWidget,
            slicer.qMRMLSpinBox,
        ),
    ),
    (CurrentItemToChoice, (int, float, str, bool), (qt.QComboBox, ctk.ctkComboBox)),
    (TextToStr, (str,), (qt.QLineEdit,)),
    (LabelToStr, (str,), (qt.QLabel,)),
    (PlainTextToStr, (str,), (qt.QTextEdit,)),
)


def createGuiConnector(widget, datatype):
    """The connector of a widget and a (possibly annotated) type; RuntimeError if Slicer would have none."""
    if type(widget) is slicer.qMRMLNodeComboBox and isNodeOrUnionOfNodes(datatype):
        return CurrentNodeToNode(widget, datatype)
    for connector, datatypes, widgets in _CONNECTORS:
        if splitAnnotations(datatype)[0] in datatypes and type(widget) in widgets:
            return connector(widget, datatype)
    raise RuntimeError(f"Unable to create GUI connector from datatype '{datatype}' to widget type '{type(widget)}'.")
