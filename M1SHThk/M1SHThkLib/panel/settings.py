"""The section with the settings of the measurement."""

from ..measuring.settings import Settings
from ..scene.exam_nodes import setting_parameter


class SettingsSection:
    """Knows when every region has to be measured anew."""

    def __init__(self, panel):
        self._panel = panel
        self._known = None

    def begin(self):
        """Take note of what is set."""
        self._known = self._set()

    def have_changed(self):
        """Whether anything has since the last time."""
        known, self._known = self._known, self._set()
        return self._known != known

    def _set(self):
        """What every measurement depends on besides the drawings."""
        node = self._panel.parameterNode
        chosen = (node.inputVolume, node.references, node.spleniumSegmentID, node.overlayVisible)
        chosen += tuple(self._panel.logic.mapVolumes())
        return chosen + tuple(getattr(node, setting_parameter(name)) for name in Settings().to_dict())

    def on_reset(self, unused=None):
        """Give every setting its default."""
        self._panel.logic.setSettings(Settings())
