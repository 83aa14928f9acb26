"""When regions are measured: the selected one at once, the others and all intervals when the hand rests."""

import qt

from ..scene import exam_nodes

SOON_MS, REST_MS = 0, 300


class Pace:
    """Keeps up with the hand. The newest position wins: a timer that is started again while it runs fires once."""

    def __init__(self, panel):
        self._panel = panel
        self._soon = _timer(SOON_MS, self.catch_up)
        self._at_rest = _timer(REST_MS, self.rest)

    def expect(self, keys):
        """Measure these regions as soon as there is time."""
        self._panel.live.expect(keys)
        self._soon.start()

    def expect_line(self, line):
        """Measure the regions that a line belongs to as soon as there is time."""
        logic = self._panel.logic
        self.expect([key for key in exam_nodes.REGION_KEYS if any(line is own for own in logic.lines(key))])

    def stop(self):
        """Measure nothing more by itself."""
        self._soon.stop()
        self._at_rest.stop()

    def catch_up(self):
        """Measure and show the selected region."""
        if not self._panel.parameterNode:
            return
        if self._panel.live.measure_selected():
            self._panel.live.show()
        self._at_rest.start()

    def rest(self):
        """Add the confidence intervals and keep the results in the scene."""
        panel = self._panel
        if not panel.parameterNode or panel.edits.dragging:
            return
        # What has changed since the last live update is not measured yet.
        waiting = self._soon.isActive()
        self._soon.stop()
        finished = panel.live.finish(anew=waiting)
        if finished:
            panel.logic.storeRegions(finished)
        panel.update()
        if waiting:
            panel.live.show()
        else:
            panel.logic.showOverlay(panel.live.read(panel.key))  # where the pial edge lies is known now
            panel.live.show_numbers()
        panel.logic.showMaps(panel.live.read(panel.key))
        panel.maps.show_numbers()
        panel.straightened.show()
        # Last, since the plot may have been made just now.
        if finished and not panel.study.is_open:
            panel.logic.showChart()
            panel.results.fit_columns()


def _timer(interval, action):
    timer = qt.QTimer()
    timer.setSingleShot(True)
    timer.setInterval(interval)
    timer.connect("timeout()", action)
    return timer
