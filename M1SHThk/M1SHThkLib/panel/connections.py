"""What every button, field and key of the panel does."""

import ctk


def connect(panel):
    """Connect the widgets of a panel; returns what its keys do, a mapping of key sequence to callable."""
    ui = panel.ui
    ui.exportPathLineEdit.filters = ctk.ctkPathLineEdit.Dirs
    ui.echoFilePathLineEdit.filters = ctk.ctkPathLineEdit.Files
    ui.studyClinicalPathLineEdit.filters = ctk.ctkPathLineEdit.Files
    ui.studyReportPathLineEdit.filters = ctk.ctkPathLineEdit.Dirs
    for edit in (ui.reportNormsPathLineEdit, ui.reportClinicalPathLineEdit, ui.reportSincePathLineEdit):
        edit.filters = ctk.ctkPathLineEdit.Files
    ui.readingListPathLineEdit.filters = ctk.ctkPathLineEdit.Files
    for button, action in (
        (ui.openEchoFileButton, panel.exam.on_open_file),
        (ui.combineEchoesButton, panel.exam.on_combine),
        (ui.r2starMapButton, panel.maps.on_r2star),
        (ui.drawSpleniumButton, panel.drawing.on_draw_splenium),
        (ui.redrawSpleniumButton, panel.drawing.on_redraw_splenium),
        (ui.clearSpleniumButton, panel.drawing.on_clear_splenium),
        (ui.drawWhiteMatterButton, panel.drawing.on_draw_white_matter),
        (ui.redrawWhiteMatterButton, panel.drawing.on_redraw_white_matter),
        (ui.clearWhiteMatterButton, panel.drawing.on_clear_white_matter),
        (ui.drawLineButton, panel.drawing.on_draw_line),
        (ui.addLineButton, panel.drawing.on_add_line),
        (ui.redrawLineButton, panel.drawing.on_redraw_line),
        (ui.clearLineButton, panel.drawing.on_clear_lines),
        (ui.snapButton, panel.snap.on_snap),
        (ui.acceptButton, panel.regions.on_accept),
        (ui.undoButton, panel.edits.on_undo),
        (ui.redoButton, panel.edits.on_redo),
        (ui.measureButton, panel.regions.on_measure),
        (ui.newReadingButton, panel.readings.on_new_reading),
        (ui.resetSettingsButton, panel.settings.on_reset),
        (ui.exportResultsButton, panel.results.on_export_results),
        (ui.exportExamButton, panel.results.on_export_exam),
        (ui.exportReportButton, panel.results.on_export_report),
        (ui.exportDicomButton, panel.results.on_export_dicom),
        (ui.copyTableButton, panel.results.on_copy),
        (ui.addMeasurementsButton, panel.study.on_add_measurements),
        (ui.clearMeasurementsButton, panel.study.on_clear_measurements),
        (ui.analyseStudyButton, panel.study.on_analyse),
        (ui.installLibrariesButton, panel.study.on_install),
        (ui.saveStudyReportButton, panel.study.on_save_report),
        (ui.readingNextButton, panel.reading_list.on_next),
        (ui.readingPauseButton, panel.reading_list.on_pause),
        (ui.readingLockButton, panel.reading_list.on_lock),
        (ui.readingFinishButton, panel.reading_list.on_finish),
    ):
        button.connect("clicked(bool)", action)
    ui.inputVolumeSelector.connect("currentNodeChanged(vtkMRMLNode*)", panel.exam.on_volume_chosen)
    ui.echoSequenceSelector.connect("currentNodeChanged(vtkMRMLNode*)", panel.exam.on_echoes_chosen)
    ui.echoVolumesSelector.connect("checkedNodesChanged()", panel.exam.on_echoes_chosen)
    ui.echoCombinationComboBox.connect("currentIndexChanged(int)", panel.exam.on_combination_chosen)
    ui.mapVolumesSelector.connect("checkedNodesChanged()", panel.maps.on_chosen)
    ui.mapsTable.connect("cellChanged(int,int)", panel.maps.on_edited)
    ui.mapsTable.connect("cellClicked(int,int)", panel.maps.on_clicked)
    ui.regionsTable.connect("currentCellChanged(int,int,int,int)", panel.regions.on_chosen)
    ui.regionsTable.connect("cellClicked(int,int)", panel.regions.on_clicked)
    ui.compareComboBox.connect("currentIndexChanged(int)", panel.readings.on_compare)
    ui.segmentEditorWidget.connect("currentSegmentIDChanged(QString)", panel.drawing.on_segment_chosen)
    ui.readingListPathLineEdit.connect("currentPathChanged(QString)", panel.reading_list.on_list_chosen)
    ui.readingReaderComboBox.connect("currentIndexChanged(int)", panel.reading_list.on_reader_chosen)
    ui.readingCommentLineEdit.connect("editingFinished()", panel.reading_list.on_commented)
    ui.studyClinicalPathLineEdit.connect("currentPathChanged(QString)", panel.study.on_clinical_chosen)
    ui.studyChartSelector.connect("currentNodeChanged(vtkMRMLNode*)", panel.study.on_chart_chosen)
    ui.studyTableSelector.connect("currentNodeChanged(vtkMRMLNode*)", panel.study.on_table_chosen)
    ui.studyCollapsibleButton.connect("contentsCollapsed(bool)", panel.study.on_folded)
    return {
        "Ctrl+Z": panel.edits.on_undo,
        "Ctrl+Shift+Z": panel.edits.on_redo,
        "PgDown": lambda: panel.select_region(panel.row + 1),
        "PgUp": lambda: panel.select_region(panel.row - 1),
        "D": ui.drawLineButton.click,
        "W": ui.drawWhiteMatterButton.click,
        "S": ui.drawSpleniumButton.click,
        "O": ui.overlayCheckBox.click,
        "E": ui.snapButton.click,
        "Shift+A": ui.acceptButton.click,
        "Esc": panel.drawing.stop,
    }
