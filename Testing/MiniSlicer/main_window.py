"""Stand-in of Slicer's main window: module panel on the left, views on the right."""

import slicer
from PySide6.QtCore import Property, Qt, Signal
from PySide6.QtWidgets import QComboBox, QDockWidget, QLabel, QMainWindow, QScrollArea, QToolBar, QWidget

from .layout_manager import LayoutManager


class ModuleSelector(QToolBar):
    """Follows qSlicerModuleSelectorToolBar (Base/QTGUI/qSlicerModuleSelectorToolBar.cxx)."""

    moduleSelected = Signal(str)

    def __init__(self, parent, panel):
        super().__init__("Modules", parent)
        self._panel = panel
        self._current = ""
        self._comboBox = QComboBox(self)
        self._comboBox.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.addWidget(QLabel("Modules: ", self))
        self.addWidget(self._comboBox)
        self._comboBox.activated.connect(lambda index: self.selectModule(self._comboBox.itemData(index)))
        slicer.app.moduleManager().moduleLoaded.connect(self._onModuleLoaded)

    def _onModuleLoaded(self, name):
        module = slicer.app.moduleManager().module(name)
        if hasattr(module, "path"):
            self._comboBox.addItem(module.title or name, name)

    def selectModule(self, moduleName):
        """Leave the module that is shown, and enter this one."""
        if moduleName == self._current:
            return
        if self._current:
            slicer.app.moduleManager().module(self._current).widgetRepresentation().exit()
        self._current = moduleName
        self._comboBox.setCurrentIndex(self._comboBox.findData(moduleName))
        representation = slicer.app.moduleManager().module(moduleName).widgetRepresentation() if moduleName else None
        self._panel.takeWidget()
        if representation is not None:
            representation.layout().setContentsMargins(0, 0, 0, 0)
            self._panel.setWidget(representation)
            representation.show()
            representation.enter()
        self.moduleSelected.emit(moduleName)

    selectedModule = Property(str, lambda self: self._current, selectModule)


class MainWindow(QMainWindow):
    """Follows qSlicerMainWindow (Base/QTApp/qSlicerMainWindow.cxx)."""

    def __init__(self):
        super().__init__()
        self.setObjectName("qSlicerMainWindow")
        self.setWindowTitle("MiniSlicer")
        dock = QDockWidget(self)
        dock.setObjectName("PanelDockWidget")
        dock.setTitleBarWidget(QWidget(dock))
        panel = QScrollArea(dock)
        panel.setWidgetResizable(True)
        panel.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        panel.setMinimumWidth(440)
        dock.setWidget(panel)
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
        self._selector = ModuleSelector(self, panel)
        self.addToolBar(self._selector)
        viewport = QWidget(self)
        viewport.setObjectName("CentralWidgetLayoutFrame")
        self.setCentralWidget(viewport)
        self.statusBar()
        self._layoutManager = LayoutManager(viewport)
        self.resize(1440, 900)

    def moduleSelector(self):
        return self._selector
