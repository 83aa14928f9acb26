"""Stand-ins of what stands in the dock to the left of Slicer's views: the module panel and the data probe."""

import slicer
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QLayout,
    QScrollArea,
    QSizePolicy,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from .ctk_widgets import ctkCollapsibleButton
from .mrml_widgets import qSlicerWidget


class ModulePanel(qSlicerWidget):
    """Follows qSlicerModulePanel (Base/QTGUI/qSlicerModulePanel.cxx and its .ui): as wide as what it shows asks for."""

    def __init__(self, parent):
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Preferred)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._scrollArea = QScrollArea(self)
        self._scrollArea.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Expanding)
        self._scrollArea.setFrameShape(QFrame.Shape.NoFrame)
        self._scrollArea.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scrollArea.setWidgetResizable(True)
        layout.addWidget(self._scrollArea)
        contents = QWidget()
        contents.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Preferred)
        self._contents = QVBoxLayout(contents)
        self._contents.setSizeConstraint(QLayout.SizeConstraint.SetMinAndMaxSize)
        self._contents.setContentsMargins(0, 0, 0, 0)
        self._help = ctkCollapsibleButton("Help && Acknowledgement", contents)
        self._help.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._help.collapsed = True
        QVBoxLayout(self._help).addWidget(QTextBrowser())
        self._contents.addWidget(self._help)
        self._contents.addStretch()
        self._scrollArea.setWidget(contents)

    def _setModule(self, moduleName):
        """Show a module's widget in place of the one that is shown."""
        shown = self._contents.itemAt(1).widget()
        if shown is not None:
            shown.exit()
            shown.removeEventFilter(self)
            self._contents.takeAt(1)
            shown.setVisible(False)
            shown.setParent(None)
        if moduleName:
            widget = slicer.app.moduleManager().module(moduleName).widgetRepresentation()
            widget.layout().setContentsMargins(0, 0, 0, 0)
            self._contents.insertWidget(1, widget, 1)
            widget.setSizePolicy(QSizePolicy.Policy.Minimum, widget.sizePolicy.verticalPolicy())
            widget.setVisible(True)
            widget.installEventFilter(self)
            self.updateGeometry()
            widget.enter()

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Resize:
            self.updateGeometry()
        return False

    def minimumSizeHint(self):
        bar = self._scrollArea.verticalScrollBar().sizeHint.width()
        return QSize(self._scrollArea.widget().minimumSizeHint.width() + bar, QWidget.minimumSizeHint(self).height())


class DataProbe(ctkCollapsibleButton):
    """Takes the room that Slicer's data probe takes below the panel (Modules/Scripted/DataProbe/DataProbe.py)."""

    def __init__(self, parent):
        super().__init__("Data Probe", parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.collapsedHeight = 0
        layout = QVBoxLayout(self)
        for text in ("Show Zoomed Slice", "", "L", "F", "B"):
            layout.addWidget(QLabel(text, self))
