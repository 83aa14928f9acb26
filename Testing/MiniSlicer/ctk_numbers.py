"""Stand-ins of the Common Toolkit's widgets for numbers (CTK: Libs/Widgets/*.cpp)."""

from PySide6.QtCore import Property, Qt, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QSlider, QWidget

from .core_object import stored

_SLIDER_STEPS = 10000


def _forwarded(kind, name, setter):
    """A property that the inner spin box keeps."""
    return Property(kind, lambda self: getattr(self._spinBox, name), lambda self, value: setter(self._spinBox, value))


class _Number(QWidget):
    """A spin box within a widget; both stand-ins of one number are that."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._spinBox = QDoubleSpinBox(self)
        self._layout.addWidget(self._spinBox)
        self._spinBox.valueChanged.connect(self._onValueChanged)

    def _onValueChanged(self, value):
        self.valueChanged.emit(value)

    def setValue(self, value):
        self._spinBox.setValue(value)

    def setDecimals(self, decimals):
        self._spinBox.setDecimals(decimals)

    value = Property(float, lambda self: self._spinBox.value, lambda self, value: self.setValue(value))
    decimals = _forwarded(int, "decimals", QDoubleSpinBox.setDecimals)
    minimum = _forwarded(float, "minimum", QDoubleSpinBox.setMinimum)
    maximum = _forwarded(float, "maximum", QDoubleSpinBox.setMaximum)
    singleStep = _forwarded(float, "singleStep", QDoubleSpinBox.setSingleStep)
    prefix = _forwarded(str, "prefix", QDoubleSpinBox.setPrefix)
    suffix = _forwarded(str, "suffix", QDoubleSpinBox.setSuffix)


class ctkDoubleSpinBox(_Number):
    """Follows ctkDoubleSpinBox (CTK: Libs/Widgets/ctkDoubleSpinBox.cpp)."""

    valueChanged = Signal(float)
    decimalsChanged = Signal(int)
    editingFinished = Signal()
    _signatures = ("valueChanged(double)",)

    def __init__(self, parent=None):
        super().__init__(parent)
        self._spinBox.editingFinished.connect(self.editingFinished)

    readOnly = _forwarded(bool, "readOnly", QDoubleSpinBox.setReadOnly)

    def setReadOnly(self, readOnly):
        self._spinBox.setReadOnly(readOnly)

    def setValueIfDifferent(self, value):
        if value != self.value:
            self.setValue(value)

    def stepUp(self):
        self._spinBox.stepUp()

    def stepDown(self):
        self._spinBox.stepDown()


class ctkSliderWidget(_Number):
    """Follows ctkSliderWidget (CTK: Libs/Widgets/ctkSliderWidget.cpp): slider and spin box."""

    valueChanged = Signal(float)
    valueIsChanging = Signal(float)
    decimalsChanged = Signal(int)
    _signatures = ("valueChanged(double)", "valueIsChanging(double)")

    def __init__(self, parent=None):
        super().__init__(parent)
        self._slider = QSlider(Qt.Orientation.Horizontal, self)
        self._slider.setRange(0, _SLIDER_STEPS)
        self._layout.insertWidget(0, self._slider, 1)
        self._slider.valueChanged.connect(self._onSliderMoved)
        self._moving = False

    pageStep = stored(float, "pageStep", 1.0)
    tickInterval = stored(float, "tickInterval", 1.0)
    tracking = stored(bool, "tracking", True)

    def setSpinBoxVisible(self, visible):
        self._spinBox.setVisible(visible)

    spinBoxVisible = Property(bool, lambda self: not self._spinBox.isHidden(), setSpinBoxVisible)

    def reset(self):
        self.setValue(min(max(0.0, self.minimum), self.maximum))

    def _onSliderMoved(self, position):
        if not self._moving:
            self.setValue(self.minimum + position / _SLIDER_STEPS * (self.maximum - self.minimum))

    def _onValueChanged(self, value):
        span = self.maximum - self.minimum
        self._moving = True
        self._slider.setValue(round((value - self.minimum) / span * _SLIDER_STEPS) if span else 0)
        self._moving = False
        self.valueIsChanging.emit(value)
        self.valueChanged.emit(value)


class ctkRangeWidget(QWidget):
    """Follows ctkRangeWidget (CTK: Libs/Widgets/ctkRangeWidget.cpp): two numbers, the first never above the second."""

    minimumValueChanged = Signal(float)
    maximumValueChanged = Signal(float)
    minimumValueIsChanging = Signal(float)
    maximumValueIsChanging = Signal(float)
    valuesChanged = Signal(float, float)
    rangeChanged = Signal(float, float)
    _signatures = (
        "minimumValueChanged(double)",
        "maximumValueChanged(double)",
        "minimumValueIsChanging(double)",
        "maximumValueIsChanging(double)",
        "valuesChanged(double,double)",
        "rangeChanged(double,double)",
    )

    def __init__(self, parent=None):
        super().__init__(parent)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._boxes = [QDoubleSpinBox(self), QDoubleSpinBox(self)]
        for box in self._boxes:
            layout.addWidget(box)
        self._boxes[1].setValue(99.0)
        self._boxes[0].valueChanged.connect(self._onMinimumValueChanged)
        self._boxes[1].valueChanged.connect(self._onMaximumValueChanged)

    def _onMinimumValueChanged(self, value):
        if value > self._boxes[1].value:
            self._boxes[1].setValue(value)
        self.minimumValueIsChanging.emit(value)
        self.minimumValueChanged.emit(value)
        self.valuesChanged.emit(value, self._boxes[1].value)

    def _onMaximumValueChanged(self, value):
        if value < self._boxes[0].value:
            self._boxes[0].setValue(value)
        self.maximumValueIsChanging.emit(value)
        self.maximumValueChanged.emit(value)
        self.valuesChanged.emit(self._boxes[0].value, value)

    def setMinimumValue(self, value):
        self._boxes[0].setValue(value)

    def setMaximumValue(self, value):
        self._boxes[1].setValue(value)

    def setValues(self, minValue, maxValue):
        self.setMaximumValue(max(minValue, maxValue))
        self.setMinimumValue(min(minValue, maxValue))

    def setRange(self, min, max):
        for box in self._boxes:
            box.setRange(min, max)
        self.rangeChanged.emit(min, max)

    def setDecimals(self, decimals):
        for box in self._boxes:
            box.setDecimals(decimals)

    def reset(self):
        self.setValues(self.minimum, self.maximum)

    def _setBoth(name):
        def write(self, value):
            for box in self._boxes:
                setattr(box, name, value)

        return lambda self: getattr(self._boxes[0], name), write

    minimumValue = Property(float, lambda self: self._boxes[0].value, setMinimumValue)
    maximumValue = Property(float, lambda self: self._boxes[1].value, setMaximumValue)
    minimum = Property(
        float, lambda self: self._boxes[0].minimum, lambda self, value: self.setRange(value, self.maximum)
    )
    maximum = Property(
        float, lambda self: self._boxes[1].maximum, lambda self, value: self.setRange(self.minimum, value)
    )
    decimals = Property(int, *_setBoth("decimals"))
    singleStep = Property(float, *_setBoth("singleStep"))
    prefix = Property(str, *_setBoth("prefix"))
    suffix = Property(str, *_setBoth("suffix"))
    del _setBoth
