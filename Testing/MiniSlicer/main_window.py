"""Stand-in of Slicer's main window: module panel on the left, views on the right."""

import slicer
from PySide6.QtCore import Property, Qt, Signal
from PySide6.QtWidgets import QComboBox, QDockWidget, QLabel, QMainWindow, QSizePolicy, QToolBar, QVBoxLayout, QWidget

from .layout_manager import LayoutManager
from .module_panel import DataProbe, ModulePanel
from .mouse_mode_tool_bar import MouseModeToolBar


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
        self._current = moduleName
        self._comboBox.setCurrentIndex(self._comboBox.findData(moduleName))
        self._panel._setModule(moduleName)
        self.moduleSelected.emit(moduleName)

    selectedModule = Property(str, lambda self: self._current, selectModule)


class MainWindow(QMainWindow):
    """Follows qSlicerMainWindow (Base/QTApp/qSlicerMainWindow.cxx and its .ui)."""

    def __init__(self):
        super().__init__()
        self.setObjectName("qSlicerMainWindow")
        self.setWindowTitle("MiniSlicer")
        for title in ("File", "Edit", "View", "Help"):
            self.menuBar().addMenu(title)
        dock = QDockWidget(self)
        dock.setObjectName("PanelDockWidget")
        dock.setTitleBarWidget(QWidget(dock))
        contents = QWidget(dock)
        contents.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Preferred)
        layout = QVBoxLayout(contents)
        layout.setContentsMargins(0, 2, 0, 0)
        layout.setSpacing(2)
        panel = ModulePanel(contents)
        layout.addWidget(panel)
        layout.addWidget(DataProbe(contents))
        dock.setWidget(contents)
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
        self._selector = ModuleSelector(self, panel)
        self.addToolBar(self._selector)
        self.addToolBar(MouseModeToolBar(self))
        viewport = QWidget(self)
        viewport.setObjectName("CentralWidgetLayoutFrame")
        self.setCentralWidget(viewport)
        self.statusBar()
        self._layoutManager = LayoutManager(viewport)
        self.resize(1440, 900)

    def moduleSelector(self):
        return self._selector
