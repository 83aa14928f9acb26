"""How far a region is, and what comes next, in the reader's words."""

from slicer.i18n import tr as _

from ..scene import exam_nodes


class RegionState:
    """One of the regions, as the panel describes it.

    Attributes
    ----------
    brief : str
        A few words for the table: what is missing, 'measured', 'accepted', or 'changed since accepted'.
    sentence : str
        What to do next.
    is_missing : bool
        Something is not drawn, or no volume is chosen.
    """

    def __init__(self, panel, key):
        self._panel = panel
        self._key = key
        logic = panel.logic
        self._missing = _missing(panel, key)
        self.is_missing = bool(self._missing)
        if logic.ofRegion(key, "Accepted"):
            self._describe_accepted(logic)
        elif self._missing:
            self.brief = self._missing if self._is_begun() else _("to do")
            self.sentence = self._missing[:1].upper() + self._missing[1:] + "."
        elif panel.live.fault(key):
            self.brief, self.sentence = _("not measured"), _("Not measured; see below.")
        else:
            self.brief, self.sentence = _("measured"), _("Measured: look at line and plot, then accept (Shift+A).")

    def _describe_accepted(self, logic):
        signature, changes = logic.signature(self._key), logic.changesSinceAccepted(self._key)
        self.brief = _("changed since accepted") if changes else _("accepted")
        if changes:
            undone = _("Changed since accepted: {what}. Undo the change, or reopen and accept anew.")
            lasting = _("Changed since accepted: {what}. Reopen and accept anew.")
            is_undone = self._panel.edits.takes_back_change(self._key)
            self.sentence = (undone if is_undone else lasting).format(what=", ".join(changes))
        elif signature is None:
            self.sentence = _("Accepted by an earlier version, without a record of what; reopen and accept for one.")
        else:
            self.sentence = _("Accepted {time}.").format(time=signature.time[:16].replace("T", " "))

    def _is_begun(self):
        node = self._panel.parameterNode.parameterNode
        return self._panel.edits.rois[self._key].is_drawn or bool(exam_nodes.region_lines(node, self._key))


def _missing(panel, key):
    """What a region lacks first, with the key that draws it; '' where nothing is missing."""
    if not panel.parameterNode.inputVolume:
        return _("volume missing: choose the T2*-weighted volume")
    if not panel.edits.rois[None].is_drawn:
        return _("splenium missing (S)")
    if not panel.edits.rois[key].is_drawn:
        return _("white matter missing (W)")
    if not exam_nodes.region_lines(panel.parameterNode.parameterNode, key):
        return _("line missing (D)")
    return ""
