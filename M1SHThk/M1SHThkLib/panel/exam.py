"""The section that chooses the volume, or combines it from several echoes."""

import slicer
from slicer.i18n import tr as _

from ..scene import echo_nodes, region_nodes
from ..scene.same_scan import is_same_scan
from .echo_files import is_turned, open_echo_file
from .echo_times import field_strength_of
from .faults import faults_in_words

SCALAR_VOLUME = "vtkMRMLScalarVolumeNode"


class ExamSection:
    """Volume and echoes."""

    def __init__(self, panel):
        self._panel = panel
        self._volume = None  # that is read

    def begin(self):
        """What is read next has nothing to do with the volume that was read."""
        self._volume = None

    def show(self):
        """Bring echoes, times and ways to combine them in line with the parameter node."""
        ui, node = self._panel.ui, self._panel.parameterNode
        self._volume = node.inputVolume or self._volume
        # Times that were read while the panel was being brought in line with the scene are not shown by themselves.
        if ui.echoTimesLineEdit.text != node.echoTimes:
            ui.echoTimesLineEdit.text = node.echoTimes
        self._show_checked(ui.echoVolumesSelector, [volume for volume in node.echoVolumes if volume])
        self._show_combinations(ui.echoCombinationComboBox, node)

    def _show_checked(self, selector, chosen):
        for index in range(selector.nodeCount()):
            volume = selector.nodeFromIndex(index)
            is_chosen = any(volume is other for other in chosen)
            if is_chosen != any(volume is other for other in selector.checkedNodes()):
                (selector.check if is_chosen else selector.uncheck)(volume)

    def _show_combinations(self, box, node):
        count = node.echoSequence.GetNumberOfDataNodes() if node.echoSequence else len(node.echoVolumes)
        wanted = ["mean", "rss", *(f"echo-{number + 1}" for number in range(count)), "r2star"]
        if node.echoCombination not in wanted:
            wanted.append(node.echoCombination)
        if [box.itemText(index) for index in range(box.count)] != wanted:
            box.clear()
            box.addItems(wanted)
        box.setCurrentIndex(wanted.index(node.echoCombination))

    def choose_lone_volume(self):
        """Choose the scene's only volume, if it holds an image."""
        node = self._panel.parameterNode
        volumes = [v for v in slicer.util.getNodesByClass(SCALAR_VOLUME) if v.GetClassName() == SCALAR_VOLUME]
        if node and not node.inputVolume and len(volumes) == 1 and volumes[0].GetImageData():
            node.inputVolume = volumes[0]

    def on_volume_chosen(self, volume):
        """Turn the views to the slices that were acquired, at a sensible window and level."""
        panel = self._panel
        if panel.is_updating or not panel.parameterNode or not volume:
            return
        if panel.parameterNode.inputVolume is not volume:  # else a script has chosen it
            before = self._volume if self._volume and self._volume.GetScene() else None
            if before and panel.logic.isBegun() and not is_same_scan(before, volume) and self._is_another_exam(volume):
                panel.logic.newExam(volume)
            panel.parameterNode.inputVolume = volume
        if panel.parameterNode.references:
            region_nodes.fit_references(panel.parameterNode.references, volume)
        if volume.GetDisplayNode():
            volume.GetDisplayNode().SetAutoWindowLevel(True)
        with faults_in_words():
            self._take_field_strength(volume)
        panel.show_layout()
        panel.views.show_soon(anew=True)

    def _is_another_exam(self, volume):
        """Whether the reader begins a new reading with a volume that does not look like the same scan's."""
        text = _(
            "'{name}' is of another geometry, or of another subject, than the volume that is being read.\n\n"
            "Begin a new reading with it? What is drawn is put away in a folder. (No: it is another image of the same "
            "exam; what is accepted will say that it has changed.)"
        ).format(name=volume.GetName())
        return slicer.util.confirmYesNoDisplay(text, "M1SHThk")

    def on_echoes_chosen(self, unused=None):
        """Show the echoes in their order, with the times that they carry; times of other echoes are not kept."""
        panel = self._panel
        if panel.is_updating or not panel.parameterNode:
            return
        panel.parameterNode.echoSequence = panel.ui.echoSequenceSelector.currentNode()
        panel.parameterNode.echoVolumes = list(panel.ui.echoVolumesSelector.checkedNodes())
        panel.parameterNode.echoTimes = ""
        panel.ui.echoMessageLabel.text = ""
        if panel.parameterNode.echoSequence or len(panel.parameterNode.echoVolumes) > 1:
            try:
                self._show_echoes()
            except ValueError as error:
                panel.ui.echoMessageLabel.text = str(error)
        panel.update()

    def _show_echoes(self):
        panel = self._panel
        volumes = panel.logic.echoes()
        times = echo_nodes.echo_times_of(volumes)
        if times:
            panel.parameterNode.echoTimes = ", ".join(f"{time:g}" for time in times)
            shown = [f"{volume.GetName()} ({time:g} ms)" for volume, time in zip(volumes, times, strict=True)]
            text = _("Echo times were read from the data; check them: {echoes}.")
        else:
            shown = [volume.GetName() for volume in volumes]
            text = _("The data carry no echo times; enter them for R2*, in this order: {echoes}.")
        notes = [text.format(echoes=", ".join(shown))]
        if is_turned(panel.parameterNode.echoSequence):
            notes.append(_("Slicer itself loses the rotation of a 4D NIfTI file; open the file here instead."))
        panel.ui.echoMessageLabel.text = " ".join(notes)
        self._take_field_strength(volumes[0])

    def _take_field_strength(self, volume):
        tesla = field_strength_of(volume)
        if tesla and not self._panel.parameterNode.fieldStrength:
            self._panel.parameterNode.fieldStrength = tesla

    def on_combination_chosen(self, index):
        """Keep how the echoes shall be combined."""
        if not self._panel.is_updating and self._panel.parameterNode:
            self._panel.parameterNode.echoCombination = self._panel.ui.echoCombinationComboBox.currentText

    def on_open_file(self, unused=None):
        """Open a 4D NIfTI file as a sequence."""
        with faults_in_words():
            path = self._panel.ui.echoFilePathLineEdit.currentPath
            self._panel.parameterNode.echoSequence = open_echo_file(slicer.mrmlScene, path)

    def on_combine(self, unused=None):
        """Combine the echoes and measure the outcome."""
        with faults_in_words():
            warnings = self._panel.logic.combineEchoes()
            self._panel.ui.echoMessageLabel.text = "\n".join([_("The combined volume is chosen."), *warnings])
