"""Stand-ins of the plain widgets of the Common Toolkit that Slicer's panels use (CTK: Libs/Widgets/*.cpp)."""

import os

from PySide6.QtCore import Property, QEvent, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGroupBox,
    QHBoxLayout,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QWidget,
)

from .core_object import stored

_UNLIMITED = (1 << 24) - 1  # Qt's QWIDGETSIZE_MAX


class ctkCheckBox(QCheckBox):
    """Follows ctkCheckBox (CTK: Libs/Widgets/ctkCheckBox.h)."""


class ctkPushButton(QPushButton):
    """Follows ctkPushButton (CTK: Libs/Widgets/ctkPushButton.h)."""


class _Folding:
    """What both collapsible widgets do: children are hidden while collapsed, but for those hidden anyway."""

    def _startFolding(self):
        self._hiddenByCollapse = []
        self.setCheckable(True)
        self.setChecked(True)
        self.toggled.connect(self._onToggled)

    def _onToggled(self, opened):
        if opened:
            children, self._hiddenByCollapse = self._hiddenByCollapse, []
            for child in children:
                child.setVisible(True)
        else:
            self._hideContents()
        self.updateGeometry()

    def _hideContents(self):
        for child in self.children():
            if isinstance(child, QWidget) and not _isHiddenByItsOwner(child):
                child.setVisible(False)
                self._hiddenByCollapse.append(child)

    def event(self, event):
        # Contents that are added to what is collapsed already, as every .ui file does it.
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Show) and not self.checked:
            self._hideContents()
        return super().event(event)

    collapsed = Property(bool, lambda self: not self.checked, lambda self, value: self.setChecked(not value))


def _isHiddenByItsOwner(widget):
    hidden, explicit = Qt.WidgetAttribute.WA_WState_Hidden, Qt.WidgetAttribute.WA_WState_ExplicitShowHide
    return widget.testAttribute(hidden) and widget.testAttribute(explicit)


class ctkCollapsibleButton(_Folding, QAbstractButton):
    """Follows ctkCollapsibleButton (CTK: Libs/Widgets/ctkCollapsibleButton.cpp): a header that folds its contents."""

    contentsCollapsed = Signal(bool)

    def __init__(self, text="", parent=None):
        super().__init__(*([text] if isinstance(text, QWidget) else [parent]))
        if isinstance(text, str):
            self.setText(text)
        # Never narrower than its contents ask for: this is what makes Slicer's module panel follow them.
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Preferred)
        self._headerHeight = self._sizeOfHeader().height()
        self.setContentsMargins(0, self._headerHeight, 0, 0)
        self._startFolding()
        self.toggled.connect(self._onCollapsed)

    flat = stored(bool, "flat", False, "update")
    collapsedHeight = stored(int, "collapsedHeight", 14, "_limitHeight")

    def _sizeOfHeader(self):
        """A push button's with this text."""
        option = QStyleOptionButton()
        option.initFrom(self)
        text = self.fontMetrics().size(Qt.TextFlag.TextShowMnemonic, self.text or "XXXX")
        return self.style().sizeFromContents(QStyle.ContentsType.CT_PushButton, option, text, self)

    def _limitHeight(self):
        """Of what is collapsed the header is left, and a strip."""
        self.setMaximumHeight(_UNLIMITED if self.checked else self._headerHeight + self.collapsedHeight)

    def _onCollapsed(self, opened):
        self._limitHeight()
        self.contentsCollapsed.emit(not opened)

    def hitButton(self, pos):
        return pos.y() < self._headerHeight

    def paintEvent(self, event):
        painter = QPainter(self)
        option = QStyleOptionButton()
        option.initFrom(self)
        option.rect.setHeight(self._headerHeight)
        self.style().drawPrimitive(QStyle.PrimitiveElement.PE_PanelButtonCommand, option, painter, self)
        arrows = QStyle.PrimitiveElement
        arrow = arrows.PE_IndicatorArrowDown if self.checked else arrows.PE_IndicatorArrowRight
        textRect = option.rect.adjusted(24, 0, -4, 0)
        option.rect.setRect(4, (self._headerHeight - 14) // 2, 14, 14)
        self.style().drawPrimitive(arrow, option, painter, self)
        painter.drawText(textRect, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextShowMnemonic, self.text)


class ctkCollapsibleGroupBox(_Folding, QGroupBox):
    """Follows ctkCollapsibleGroupBox (CTK: Libs/Widgets/ctkCollapsibleGroupBox.cpp)."""

    def __init__(self, title="", parent=None):
        super().__init__(*([title] if isinstance(title, QWidget) else [parent]))
        if isinstance(title, str):
            self.setTitle(title)
        self._startFolding()
        self.toggled.connect(self._onCollapsed)

    collapsedHeight = stored(int, "collapsedHeight", 14)

    def _onCollapsed(self, opened):
        """Of what is collapsed the title is left, and a strip of the frame."""
        self.setMaximumHeight(_UNLIMITED if opened else self.fontMetrics().height() + self.collapsedHeight)


class ElidingComboBox(QComboBox):
    """A combo box that shortens what it shows to its width; what it shows is for those derived from it to say."""

    def _elideMode(self):
        return Qt.TextElideMode.ElideMiddle

    def _shownText(self):
        return self.currentText if self.currentIndex >= 0 else self.placeholderText

    def paintEvent(self, event):
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        field = QStyle.SubControl.SC_ComboBoxEditField
        width = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, self).width() - 4
        if self._shownText() == self.placeholderText:
            option.palette.setBrush(QPalette.ColorRole.ButtonText, option.palette.placeholderText())
        option.currentText = option.fontMetrics.elidedText(self._shownText(), self._elideMode(), width)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)


class ctkComboBox(ElidingComboBox):
    """Follows ctkComboBox (CTK: Libs/Widgets/ctkComboBox.cpp): text for "nothing chosen", and choice by user data."""

    elideMode = stored(int, "elideModeNumber", Qt.TextElideMode.ElideNone.value, "update")
    defaultText = stored(str, "defaultText", "", "_showDefaultText")
    forceDefault = stored(bool, "forceDefault", False)

    def _elideMode(self):
        return Qt.TextElideMode(self.elideMode)

    def _showDefaultText(self):
        self.setPlaceholderText(self.defaultText)

    def setCurrentUserDataAsString(self, userData):
        matching = [index for index in range(self.count) if str(self.itemData(index)) == userData]
        self.setCurrentIndex(matching[0] if matching else -1)

    def _userData(self):
        return "" if self.currentData is None else str(self.currentData)

    currentUserDataAsString = Property(str, _userData, setCurrentUserDataAsString)


class ctkPathLineEdit(QWidget):
    """Follows ctkPathLineEdit (CTK: Libs/Widgets/ctkPathLineEdit.cpp), without its history."""

    currentPathChanged = Signal(str)
    validInputChanged = Signal(bool)
    # QDir's filters, which PythonQt gives the class as numbers.
    Dirs, Files, Executable, Writable = 0x001, 0x002, 0x040, 0x020

    def __init__(self, parent=None):
        super().__init__(parent if isinstance(parent, QWidget) else None)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._edit = QLineEdit(self)
        self._button = QToolButton(self)
        self._button.setText("...")
        layout.addWidget(self._edit)
        layout.addWidget(self._button)
        self._edit.textChanged.connect(self.currentPathChanged)
        self._button.clicked.connect(lambda checked: self.browse())

    def setCurrentPath(self, path):
        self._edit.setText(path)

    currentPath = Property(str, lambda self: self._edit.text, setCurrentPath)
    filters = stored(int, "filters", 0)
    nameFilters = stored("QStringList", "nameFilters", ())
    settingKey = stored(str, "settingKey", "")
    label = stored(str, "label", "")
    showHistoryButton = stored(bool, "showHistoryButton", True)

    def _setShowBrowseButton(self, show):
        self._button.setVisible(show)

    showBrowseButton = Property(bool, lambda self: not self._button.isHidden(), _setShowBrowseButton)

    def addCurrentPathToHistory(self):
        """Slicer remembers the path for the next time; here nothing outlives the process."""

    def browse(self):
        if self.filters & self.Dirs:
            path = QFileDialog.getExistingDirectory(self, self.label, self.currentPath)
        else:
            choose = QFileDialog.getSaveFileName if self.filters & self.Writable else QFileDialog.getOpenFileName
            path = choose(self, self.label, self.currentPath, ";;".join(self.nameFilters))
        if path:
            self.setCurrentPath(path)


class ctkDirectoryButton(QWidget):
    """Follows ctkDirectoryButton (CTK: Libs/Widgets/ctkDirectoryButton.cpp)."""

    directoryChanged = Signal(str)
    directorySelected = Signal(str)

    def __init__(self, parent=None):
        super().__init__(parent)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._button = QPushButton(self)
        layout.addWidget(self._button)
        self._directory = os.getcwd()
        self._button.setText(self._directory)
        self._button.clicked.connect(lambda checked: self.browse())

    def _setDirectory(self, directory):
        if directory != self._directory:
            self._directory = directory
            self._button.setText(directory)
            self.directoryChanged.emit(directory)
        self.directorySelected.emit(directory)

    directory = Property(str, lambda self: self._directory, _setDirectory)
    caption = stored(str, "caption", "")

    def browse(self):
        directory = QFileDialog.getExistingDirectory(self, self.caption, self.directory)
        if directory:
            self.directory = directory


class ctkMenuButton(QPushButton):
    """Follows ctkMenuButton (CTK: Libs/Widgets/ctkMenuButton.cpp): a push button with a menu beside it."""


class ctkMessageBox(QMessageBox):
    """Follows ctkMessageBox (CTK: Libs/Widgets/ctkMessageBox.cpp); nothing is remembered from one run to the next."""

    dontShowAgainVisible = stored(bool, "dontShowAgainVisible", False)
    dontShowAgainSettingsKey = stored(str, "dontShowAgainSettingsKey", "")


class ctkExpandButton(QToolButton):
    """Follows ctkExpandButton (CTK: Libs/Widgets/ctkExpandButton.cpp)."""

    def sizeHint(self):
        return QSize(12, 12)
