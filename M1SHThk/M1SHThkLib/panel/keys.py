"""The module's keys, which rest while another module is shown."""

import qt


class Keys:
    """Keyboard shortcuts of a window.

    Parameters
    ----------
    window : QWidget
    actions : mapping of key sequence, such as 'Ctrl+Z', to callable
    """

    def __init__(self, window, actions):
        self._shortcuts = []
        for sequence, action in actions.items():
            shortcut = qt.QShortcut(qt.QKeySequence(sequence), window)
            shortcut.setEnabled(False)
            shortcut.connect("activated()", action)
            self._shortcuts.append(shortcut)

    def set_enabled(self, enabled):
        """Let the keys act, or rest."""
        for shortcut in self._shortcuts:
            shortcut.setEnabled(enabled)

    def remove(self):
        """Take the keys from the window."""
        for shortcut in self._shortcuts:
            shortcut.setParent(None)
        self._shortcuts = []
