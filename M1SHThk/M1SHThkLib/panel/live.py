"""The numbers that follow the hand: what has to be measured anew, and what was measured last."""

from ..measuring.flags import sentence
from ..measuring.measurement import with_intervals
from ..scene import exam_nodes
from ..scene.reading import Read
from .region_state import RegionState
from .words import in_words, of_the_scanner, values_of


class LiveReading:
    """Measures regions as soon as there is time; intervals wait until the hand rests."""

    def __init__(self, panel):
        self._panel = panel
        self._pending = set()
        self._read = {}  # region -> Read, or the sentence that says why there is none

    def begin(self, keys=()):
        """Know nothing yet, and measure these regions."""
        self._pending, self._read = set(keys), {}

    def expect(self, keys):
        """These regions have to be measured anew."""
        self._pending.update(keys)

    def read(self, key):
        """The Read of a region, or None."""
        read = self._read.get(key)
        return read if isinstance(read, Read) else None

    def fault(self, key):
        """The sentence that says why a region could not be measured; None where it was, or was not tried."""
        read = self._read.get(key)
        return None if isinstance(read, Read) else read

    def faults(self):
        """Why regions could not be measured, each sentence once."""
        return list(dict.fromkeys(read for read in self._read.values() if not isinstance(read, Read)))

    def measure_selected(self):
        """Measure the region that is drawn, if it has changed; returns whether it had."""
        changed = self._panel.key in self._pending
        if changed:
            self._measure(self._panel.key)
        return changed

    def finish(self, anew):
        """Add the intervals to every region that has changed.

        `anew`: the selected region, too, has changed since it was measured. Returns a mapping of region -> Measurement,
        None where there is none.
        """
        finished = {}
        for key in exam_nodes.REGION_KEYS:
            if key in self._pending:
                is_measured = key == self._panel.key and key in self._read and not anew
                read = self._read[key] if is_measured else self._measure(key)
                if isinstance(read, Read):
                    read = self._read[key] = Read(read.image, with_intervals(read.measurement, read.image))
                finished[key] = read.measurement if isinstance(read, Read) else None
        self._pending = set()
        return finished

    def _measure(self, key):
        try:
            self._read[key] = self._panel.logic.measureRegion(key)
        except ValueError as error:
            self._read[key] = str(error)
        return self._read[key]

    def show(self):
        """Plot, overlay and numbers of the selected region."""
        self._panel.logic.showRegion(self.read(self._panel.key))
        self.show_numbers()

    def show_numbers(self):
        """Numbers and flags of the selected region in words."""
        panel = self._panel
        read, fault = self.read(panel.key), self.fault(panel.key)
        if read:
            numbers = "\n".join(filter(None, (in_words(read.measurement), of_the_scanner(read.measurement))))
            notes = read.measurement.notes
            remarks = "\n".join(sentence(flag, notes.get(flag)) for flag in read.measurement.flags)
            panel.regions.fill_row(panel.row, values_of(read.measurement))
        else:
            # What is missing is said as the next step.
            numbers, is_missing = "", RegionState(panel, panel.key).is_missing
            remarks = "" if is_missing or not fault else fault[:1].upper() + fault[1:]
        for view, text in ((panel.ui.numbersView, numbers), (panel.ui.flagsBrowser, remarks)):
            if view.plainText != text:
                view.setPlainText(text)
        panel.where.show(instead=not numbers and not remarks)
        panel.annotation.show()
        panel.snap.show()
