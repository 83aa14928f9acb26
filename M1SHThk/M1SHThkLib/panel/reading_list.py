"""The section in which a study is read by its list: blinded, the score by eye first, every step kept."""

import os

import qt
import slicer
from slicer.i18n import tr as _

from ..files.case_in_hand import MARKS, QUALITY, CaseInHand
from ..files.clinical_table import SCORES, VISUAL_WORDS
from ..files.reader_folder import ReaderFolder
from ..files.reading_list import read_reading_list
from ..scene import exam_nodes, region_nodes
from ..scene.case_drawings import drawings_of
from .case_scene import open_case, write_case
from .faults import faults_in_words

_UNSCORED = ""


class ReadingListSection:
    """List, reader and the case in hand.

    While a case is open, all that could tell whose it is, is hidden, and what could show numbers too soon.
    """

    def __init__(self, panel):
        self._panel = panel
        self._list = self._folder = self._case = None
        self._fault, self._seen, self._shown = "", {}, None
        self._is_showing = self._is_changing_scene = self._is_first = False
        self._soon = qt.QTimer()
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.connect("timeout()", self.keep)
        ui = panel.ui
        self._scores = [
            (key, getattr(ui, f"readingScore{n}Label"), getattr(ui, f"readingScore{n}ComboBox"))
            for n, key in enumerate(exam_nodes.REGION_KEYS)
        ]
        self._marks = [(name, getattr(ui, f"reading{name.capitalize()}ComboBox")) for name in QUALITY]
        for key, label, box in self._scores:
            label.text = _("{region}:").format(region=region_nodes.region_title(key).capitalize())
            box.addItems([_UNSCORED, *SCORES])
            box.connect("currentIndexChanged(int)", lambda index, of=key: self._on_scored(of, index))
        ui.readingVerdictComboBox.addItems([_UNSCORED, *VISUAL_WORDS])
        ui.readingVerdictComboBox.connect("currentIndexChanged(int)", lambda index: self._on_scored(None, index))
        for name, box in self._marks:
            box.addItems(list(MARKS))
            box.connect("currentIndexChanged(int)", lambda index, of=name: self._on_marked(of, index))

    @property
    def case(self):
        """The CaseInHand, or None."""
        return self._case

    @property
    def is_paused(self):
        """Whether a case is open and out of sight."""
        return self._case is not None and self._case.is_paused

    #
    # What is seen
    #

    def show(self):
        """Bring the section, and what is hidden from the reader, in line with the case."""
        self._is_showing = True
        try:
            self._show_progress()
            self._show_case()
            self._blind()
        finally:
            self._is_showing = False

    def _show_progress(self):
        ui, folder = self._panel.ui, self._folder
        if folder is None:
            text = self._fault or _("Choose a list and a reader.")
            if self._list is not None:
                text = _("Choose the reader, then the next case.")
        else:
            finished, total = len(folder.finished), len(folder.turns)
            text = _("Case {number} of {total}").format(number=min(finished + 1, total), total=total)
            if self._case is not None:
                text += f": {self._case.turn.case}"
            if finished == total:
                text = _("All {total} cases are read").format(total=total)
            seconds = [e["seconds"] for e in folder.entries if e["event"] == "case_finished" and e.get("seconds")]
            if seconds:
                minutes = sum(seconds) / len(seconds) / 60
                text += "; " + _("{minutes} minutes a case").format(minutes=f"{minutes:.1f}")
            text += ". " + self._next_step()
        if ui.readingProgressLabel.text != text:
            ui.readingProgressLabel.text = text
        self._see(self._case is None, ui.readingListLabel, ui.readingListPathLineEdit)
        self._see(self._case is None, ui.readingReaderLabel, ui.readingReaderComboBox)
        ui.readingNextButton.enabled = self._list is not None and self._case is None
        ui.readingReaderComboBox.enabled = ui.readingListPathLineEdit.enabled = self._case is None
        ui.readingPauseButton.enabled = self._case is not None
        ui.readingPauseButton.checked = self._case is not None and self._case.is_paused

    def _next_step(self):
        case, folder = self._case, self._folder
        if case is None:
            return _("Next case, when you are ready.") if folder.next_turn else ""
        if case.is_paused:
            return _("Paused: click Pause to go on.")
        if case.asks_score and not case.is_locked:
            if case.is_scored:
                return _("Lock the score.") if case.asks_measurement else _("Finish the case.")
            return _("Score each region by eye.") if case.is_by_region else _("Give a verdict by eye.")
        return (
            _("Draw and accept the regions, then finish the case.") if case.asks_measurement else _("Finish the case.")
        )

    def _show_case(self):
        ui, case = self._panel.ui, self._case
        is_seen = case is not None and not case.is_paused
        scores, by_region = is_seen and case.asks_score, case is not None and case.is_by_region
        given = (case.score or {}).get("regions", {}) if case else {}
        asked = scores and not (case.is_locked and case.asks_measurement)  # then the sum is enough, and regions follow
        for key, label, box in self._scores:
            self._see(asked and by_region and key in case.regions, label, box)
            value = given.get(" ".join(key))
            _set_index(box, 0 if value is None else value + 1)
            box.enabled = is_seen and not case.is_locked
        self._see(scores and not by_region, ui.readingVerdictLabel, ui.readingVerdictComboBox)
        verdict = ((case.score or {}) if case else {}).get("verdict")
        _set_index(ui.readingVerdictComboBox, 0 if verdict is None else list(VISUAL_WORDS).index(verdict) + 1)
        ui.readingVerdictComboBox.enabled = is_seen and not case.is_locked
        self._see(scores and by_region, ui.readingSumLabel, ui.readingSumValueLabel)
        total = case.score_sum if case else None
        ui.readingSumValueLabel.text = _("not complete") if total is None else str(total)
        self._see(scores, ui.readingLockButton)
        ui.readingLockButton.enabled = is_seen and case.is_scored and not case.is_locked
        ui.readingLockButton.text = _("Score is locked") if is_seen and case.is_locked else _("Lock score")
        for name, box in self._marks:
            self._see(is_seen, box, getattr(ui, f"reading{name.capitalize()}Label"))
            _set_index(box, MARKS.index(case.quality[name]) if case else 0)
        self._see(is_seen, ui.readingCommentLabel, ui.readingCommentLineEdit, ui.readingFinishButton)
        if case is not self._shown:  # else it may be being written
            self._shown = case
            ui.readingCommentLineEdit.text = case.comment if case else ""
        ui.readingFinishButton.enabled = is_seen and (not case.asks_score or case.is_locked or case.is_scored)

    def _blind(self):
        """Names, groups and other readings are for when no case is open; drawing is for when the protocol allows it."""
        ui, case = self._panel.ui, self._case
        sections = (ui.examCollapsibleButton, ui.settingsCollapsibleButton, ui.resultsCollapsibleButton)
        self._see(case is None, *sections, ui.studyCollapsibleButton, ui.newReadingButton, ui.compareComboBox)
        may_draw = case is None or (case.may_draw and not case.is_paused)
        self._see(may_draw, ui.referencesCollapsibleButton, ui.regionsCollapsibleButton)
        # The keys click buttons that are out of sight, but not those that are disabled.
        ui.referencesCollapsibleButton.enabled = ui.regionsCollapsibleButton.enabled = may_draw
        if case is not None:
            ui.studyCollapsibleButton.collapsed = True
        self._stand_first(self._folder is not None)

    def _stand_first(self, is_first):
        """While a list is read, progress, pause and finish stand above what is drawn."""
        section = self._panel.ui.readingListCollapsibleButton
        if self._is_first != is_first:
            self._is_first = is_first
            layout = section.parentWidget().layout()
            layout.removeWidget(section)
            after = self._panel.ui.examCollapsibleButton if is_first else self._panel.ui.studyCollapsibleButton
            layout.insertWidget(layout.indexOf(after), section)

    def _see(self, is_seen, *widgets):
        """Show or hide widgets, all of which are seen at first; what does not change in a folded section stays."""
        for widget in widgets:
            if self._seen.get(widget.objectName, True) != is_seen:
                self._seen[widget.objectName] = widget.visible = is_seen

    #
    # List and reader
    #

    def on_list_chosen(self, path):
        """Another list was chosen."""
        ui = self._panel.ui
        self.leave()
        self._list, self._fault = None, ""
        ui.readingReaderComboBox.clear()
        if os.path.isfile(path):  # else it is being typed
            try:
                self._list = read_reading_list(path)
                ui.readingReaderComboBox.addItems(["", *self._list.readers])
            except ValueError as error:
                self._fault = str(error)
        self.show()

    def on_reader_chosen(self, index):
        """Another reader was chosen."""
        if not self._is_showing and self._folder is not None:
            self.leave()
            self.show()

    def leave(self):
        """Put the case and the folder away; both are taken up again later."""
        if self._case is not None:
            self.keep()
            with faults_in_words():
                self._case.leave()
            self._case = None
        if self._folder is not None:
            self._folder.close()
            self._folder = None

    #
    # The case
    #

    def on_next(self, unused=None):
        """Open the case that is next, or go on with the one that was left."""
        panel = self._panel
        if self._case is not None or not panel.parameterNode:
            return
        with faults_in_words():
            reader = panel.ui.readingReaderComboBox.currentText
            if not reader:
                raise ValueError(_("Choose the reader first."))
            if not self._may_close_scene():
                return
            if self._folder is None:
                self._folder = ReaderFolder(self._list, reader)
            turn = self._folder.next_turn
            if turn is None:
                slicer.util.infoDisplay(_("All cases of {reader} are read.").format(reader=reader), "M1SHThk")
            else:
                self._open(turn)
        panel.update()

    def _open(self, turn):
        case = CaseInHand(self._folder, turn)
        with slicer.util.WaitCursor():
            self._is_changing_scene = True
            try:
                slicer.mrmlScene.Clear(0)
                open_case(self._panel.logic, case)
                self._case = case
            finally:
                self._is_changing_scene = False
        self._panel.views.show_soon(anew=True)

    def _may_close_scene(self):
        """Whether what is in the scene may go; an empty scene is no question."""
        logic = self._panel.logic
        if not logic.isBegun() and not self._panel.parameterNode.inputVolume:
            return True
        text = _("The next case closes the scene, and what is not saved in it is lost.\n\nClose it?")
        return slicer.util.confirmOkCancelDisplay(text, "M1SHThk")

    def on_pause(self, checked=None):
        """The reader rests, or goes on."""
        if self._case is not None and not self._is_showing:
            self._panel.drawing.stop()
            with faults_in_words():
                self._case.set_paused(not self._case.is_paused)
            if self.is_paused:
                self._panel.views.hide_volumes()
            else:
                self._panel.views.show_soon()
            self.show()

    def _on_scored(self, key, index):
        if self._is_showing or self._case is None:
            return
        values = list(VISUAL_WORDS) if key is None else [int(score) for score in SCORES]
        with faults_in_words():
            self._case.set_score(key, None if index < 1 else values[index - 1])
        self.show()

    def on_lock(self, unused=None):
        """The score stands from now on."""
        if self._case is not None:
            with faults_in_words():
                self._case.lock_score()
            self._panel.update()

    def _on_marked(self, name, index):
        if not self._is_showing and self._case is not None and index >= 0:
            with faults_in_words():
                self._case.mark(name, MARKS[index])

    def on_commented(self):
        """A comment was written."""
        if not self._is_showing and self._case is not None:
            with faults_in_words():
                self._case.set_comment(self._panel.ui.readingCommentLineEdit.text)

    def on_finish(self, unused=None):
        """Save the case for good, and clear the scene for the next one."""
        panel, case = self._panel, self._case
        if case is None:
            return
        panel.drawing.stop()
        panel.pace.rest()
        with faults_in_words():
            self.on_commented()
            self.keep()
            drawn = self._drawn_regions() if case.asks_measurement else []
            if not self._may_finish(drawn):
                return
            with slicer.util.WaitCursor():
                write = (lambda folder: write_case(panel.logic, folder)) if drawn else None
                case.finish(write, regions=[" ".join(key) for key in drawn])
            self._case = None
            self._is_changing_scene = True
            try:
                slicer.mrmlScene.Clear(0)
            finally:
                self._is_changing_scene = False
            slicer.util.showStatusMessage(_("The case was saved."), 3000)
        panel.update()

    def _drawn_regions(self):
        """The regions that are accepted.

        Raises
        ------
        ValueError
            If one is drawn and not accepted.
        """
        logic, drawn = self._panel.logic, []
        for key in exam_nodes.REGION_KEYS:
            if logic.ofRegion(key, "Accepted") and not logic.changesSinceAccepted(key):
                drawn.append(key)
            elif logic.measuredLines(key):
                region = region_nodes.region_title(key)
                raise ValueError(
                    _("The {region} is drawn but not accepted; accept it, or clear its line.").format(region=region)
                )
        return drawn

    def _may_finish(self, drawn):
        missing = [region_nodes.region_title(key) for key in self._case.regions if key not in drawn]
        if not self._case.asks_measurement or not missing:
            return True
        text = _("Not measured: {regions}.\n\nFinish the case without?").format(regions=", ".join(missing))
        return slicer.util.confirmOkCancelDisplay(text, "M1SHThk")

    #
    # What the panel tells
    #

    def keep_soon(self):
        """Something may have been drawn."""
        if self._case is not None and not self._is_changing_scene:
            self._soon.start()

    def keep(self):
        """Write what is drawn, if it has changed."""
        self._soon.stop()
        panel = self._panel
        if self._case is None or self._is_changing_scene or not panel.parameterNode or panel.edits.dragging:
            return
        if panel.parameterNode.subject != self._case.turn.case:  # a script has brought another exam
            self.scene_replaced()
            return
        with faults_in_words():
            self._case.keep(drawings_of(panel.logic))

    def watch_hand(self):
        """The hand has begun or ended drawing."""
        if self._case is not None:
            drawing = self._panel.drawing
            is_drawing = drawing.line is not None or drawing.roi is not None or self._panel.edits.dragging
            self._case.set_drawing(is_drawing)

    def accepted(self, key, values):
        """A region was accepted, with these values, or with None reopened."""
        if self._case is None:
            return
        with faults_in_words():
            if values is None:
                self._case.note("region_reopened", region=" ".join(key))
            else:
                signed = {name: values[name] for name in ("sh", "thk_mm", "sh_thk_per_mm")}
                self._case.note("region_accepted", region=" ".join(key), **signed)
        self.keep()

    def volume_added(self):
        """A volume has come into the scene."""
        if self._case is not None and not self._is_changing_scene:
            with faults_in_words():
                self._case.note("other_data")

    def scene_replaced(self):
        """The scene was closed, or another was loaded: the case is no longer in it."""
        if self._case is not None and not self._is_changing_scene:
            self._soon.stop()
            with faults_in_words():
                self._case.leave()
            self._case = None


def _set_index(box, index):
    if box.currentIndex != index:
        box.setCurrentIndex(index)
