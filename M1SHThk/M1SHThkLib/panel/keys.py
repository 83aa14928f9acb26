"""The module's keys, which rest while another module is shown."""

import qt
import slicer

_TAKE_KEYS = ("QLineEdit", "QAbstractSpinBox", "QComboBox", "QAbstractItemView", "QTextEdit", "QPlainTextEdit")


class Keys:
    """Keyboard shortcuts of a window; while a text or a list has the focus its keys are its own.

    Parameters
    ----------
    window : QWidget
    actions : mapping of key sequence, such as 'Ctrl+Z', to callable
    except_in : widgets that are lists, but to which the keys belong nevertheless
    """

    def __init__(self, window, actions, except_in=()):
        self._shortcuts = []
        self._except_in = except_in
        self._are_wanted = False
        for sequence, action in actions.items():
            shortcut = qt.QShortcut(qt.QKeySequence(sequence), window)
            shortcut.setEnabled(False)
            shortcut.connect("activated()", action)
            self._shortcuts.append(shortcut)
        slicer.app.connect("focusChanged(QWidget*,QWidget*)", self._on_focus_changed)

    def set_enabled(self, enabled):
        """Let the keys act, or rest."""
        self._are_wanted = enabled
        self._on_focus_changed(None, slicer.app.focusWidget())

    def _on_focus_changed(self, before, now):
        takes_keys = now is not None and now not in self._except_in and any(map(now.inherits, _TAKE_KEYS))
        for shortcut in self._shortcuts:
            shortcut.setEnabled(self._are_wanted and not takes_keys)

    def remove(self):
        """Take the keys from the window."""
        slicer.app.disconnect("focusChanged(QWidget*,QWidget*)", self._on_focus_changed)
        for shortcut in self._shortcuts:
            shortcut.setParent(None)
        self._shortcuts = []
