"""What a reading shows in the scene: tables, plot and overlay, made once and then kept up to date."""

import slicer

from . import exam_nodes, map_plot, overlay, plot, tables


class Outputs:
    """Fills the output nodes of the module's parameter node.

    Every method takes the parameter node as its wrapper (M1SHThkParameterNode).
    """

    def __init__(self):
        self._overlay = {}

    def show_tables(self, parameters, accepted):
        """Fill the tables from the results that the parameter node keeps in full precision.

        `accepted`: mapping of (hemisphere, region) -> 'yes', 'no' or 'changed'.
        """
        identity = exam_nodes.identity_from_parameters(parameters.parameterNode)
        for name, title, fill in (
            ("measurementsTable", "M1SHThk measurements", tables.fill_measurements_table),
            ("profilesTable", "M1SHThk profiles", tables.fill_profiles_table),
            ("summaryTable", "M1SHThk summary", tables.fill_summary_table),
            ("mapsTable", "M1SHThk maps", tables.fill_maps_table),
        ):
            if name == "mapsTable" and not parameters.mapVolumes and not parameters.mapsTable:
                continue
            fill(_table(parameters, name, title), parameters.results, identity, accepted)

    def show_region(self, parameters, read):
        """Show a measured region (reading.Read) in plot and overlay; None empties both."""
        if not parameters.inputVolume and not parameters.plotChart:
            return
        names = {
            plot.PROFILE_TABLE: "plotProfileTable",
            plot.NORMALS_TABLE: "plotNormalsTable",
            plot.MARKS_TABLE: "plotMarksTable",
        }
        nodes = {key: _table(parameters, name, f"M1SHThk plot {key}", hidden=True) for key, name in names.items()}
        for key, columns in plot.plot_tables(read.measurement if read else None).items():
            tables.set_table_columns(nodes[key], columns)
        if not parameters.plotChart:
            parameters.plotChart = plot.make_plot(slicer.mrmlScene, nodes)
        plot.update_plot(parameters.plotChart, read.measurement if read else None)
        if parameters.plotMapsTable:
            map_plot.hide(parameters.plotMapsTable)  # until the hand rests
        self.show_overlay(parameters, read)

    def show_maps(self, parameters, read, seen):
        """Show what a region's maps hold (MapMeasurements) in the plot, over its depth axis."""
        if not parameters.plotChart or not (seen or parameters.plotMapsTable):
            return
        table = _table(parameters, "plotMapsTable", "M1SHThk plot maps", hidden=True)
        map_plot.show(parameters.plotChart, table, read.measurement if read else None, seen)

    def show_overlay(self, parameters, read):
        """Show normals, layer and pial edge of a measured region on its slice; None hides them."""
        visible = read is not None and parameters.overlayVisible
        thickness = overlay.slice_thickness(read.image, read.measurement) if visible else None
        for name, mesh in overlay.MESHES.items():
            model = self._overlay_model(name, create=read is not None)
            if model is None:
                continue
            if visible:
                overlay.set_mesh(model, mesh(read.measurement, thickness))
            if bool(model.GetDisplayNode().GetVisibility()) != visible:
                model.GetDisplayNode().SetVisibility(visible)

    def _overlay_model(self, name, create):
        model = self._overlay.get(name)
        if model is None or not slicer.mrmlScene.IsNodePresent(model):
            model = overlay.find_overlay_model(slicer.mrmlScene, name)
        if model is not None:
            self._overlay[name] = model
            return model
        if create:
            self._overlay[name] = overlay.add_overlay_model(slicer.mrmlScene, name)
            return self._overlay[name]
        return None


def show_in_views(chart=None, table=None):
    """Show a chart and a table node, where given, in the views of the layout."""
    logic = slicer.app.applicationLogic()
    if chart:
        logic.GetSelectionNode().SetActivePlotChartID(chart.GetID())
        logic.PropagatePlotChartSelection()
    if table:
        logic.GetSelectionNode().SetActiveTableID(table.GetID())
        logic.PropagateTableSelection()


def _table(parameters, name, title, hidden=False):
    if not getattr(parameters, name):
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", title)
        node.SetLocked(True)
        node.SetHideFromEditors(hidden)
        setattr(parameters, name, node)
    return getattr(parameters, name)
