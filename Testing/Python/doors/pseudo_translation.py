"""Reads a sample exam and a study in a language that puts every text between brackets; prints what is seen without.

What stands between braces in a text, such as a number or another text, is not put between them. The segment editor is
Slicer's own. What is written into files is English in every language.
"""

import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "Testing"), str(ROOT / "Testing" / "Python")]

import MiniSlicer  # noqa: E402

app = MiniSlicer.start(window=True)

from PySide6.QtCore import QTranslator  # noqa: E402
from PySide6.QtWidgets import QAbstractButton, QGroupBox, QLabel, QTableWidget, QTextBrowser, QWidget  # noqa: E402

LEFT, RIGHT = "\u27e6", "\u27e7"
# Symbols and units are the same in every language, and so are the names of people, of scales and of directions.
SAME = {"SH", "Thk", "mm", "SH/Thk", "T", "ms", "...", "z", "n/a", "P", "e", "S"}
SAME |= {"DeLong", "Fieller", "Obuchowski", "Wilson", "sub", "paper", "F", "R1"}
SAME |= {f"{group}{number:02d}" for group in "PC" for number in range(5)}


class Brackets(QTranslator):
    def translate(self, context, text, disambiguation=None, n=-1):
        return re.sub(r"[^{}]+(?![^{]*})", lambda part: f"{LEFT}{part[0]}{RIGHT}", text)


brackets = Brackets()
app.installTranslator(brackets)

import reader  # noqa: E402
import SampleData  # noqa: E402
import slicer  # noqa: E402
from study_files import write_study  # noqa: E402


def plain(text):
    """What is left of a text without what is translated, numbers and symbols."""
    text = re.sub(r"<[^>]*>", " ", str(text))
    while LEFT in text:
        shorter = re.sub(f"{LEFT}[^{LEFT}{RIGHT}]*{RIGHT}", " ", text)
        if shorter == text:
            break
        text = shorter
    words = re.findall(r"[^\W\d_][\w/]*", text)
    return " ".join(word for word in words if word not in SAME)


def seen(panel):
    """Where and what, of all texts in the panel."""
    editor = panel.findChild(slicer.qMRMLSegmentEditorWidget)
    for child in panel.findChildren(QWidget):
        name = child.objectName
        if child is editor or editor.isAncestorOf(child):
            continue
        if isinstance(child, (QLabel, QAbstractButton)):
            yield name, child.text
        if isinstance(child, QGroupBox):
            yield name, child.title
        if isinstance(child, QTextBrowser):
            yield name, child.plainText
        if isinstance(child, QTableWidget):
            for column in range(child.columnCount):
                if child.horizontalHeaderItem(column):
                    yield name, child.horizontalHeaderItem(column).text()
                for row in range(child.rowCount):
                    if child.item(row, column):
                        yield name, child.item(row, column).text()
        yield f"{name}, tip", child.toolTip


def main():
    SampleData.downloadSample("M1SHThkDifficult3T")
    slicer.util.selectModule("M1SHThk")
    reader.settle()
    logic = slicer.util.getModuleLogic("M1SHThk")
    measurements = logic.measure()
    assert len(measurements) == 4
    for key in ((m.hemisphere, m.region) for m in measurements):
        reader.widget().panel.select_region(reader.KEYS.index(key))
        reader.settle()
        assert reader.widget().panel.live.read(key), reader.widget().panel.live.fault(key)
    logic.accept(reader.KEYS[0])
    logic.reopen(reader.KEYS[0])
    with tempfile.TemporaryDirectory() as folder:
        logic.exportResults(folder)
        logic.exportExam(folder)
    with tempfile.TemporaryDirectory() as folder:
        measurements, clinical, _values = write_study(Path(folder), patients=5, controls=5)
        logic.analyseStudy([measurements], clinical)
    found = dict.fromkeys((where, plain(text)) for where, text in seen(reader.widget().ui.M1SHThk))
    parameters = logic.getParameterNode()
    found |= dict.fromkeys(("study's summary", plain(line)) for line in parameters.studySummary.splitlines())
    findings = parameters.studyTable.GetTable()
    columns = [findings.GetColumn(number) for number in range(findings.GetNumberOfColumns())]
    found |= dict.fromkeys(
        (f"findings, {column.GetName()}", plain(column.GetValue(row)))
        for column in columns
        for row in range(column.GetNumberOfValues())
    )
    for chart in slicer.util.getNodesByClass("vtkMRMLPlotChartNode"):
        titles = (chart.GetTitle(), chart.GetXAxisTitle(), chart.GetYAxisTitle())
        series = [chart.GetNthPlotSeriesNode(n).GetName() for n in range(chart.GetNumberOfPlotSeriesNodes())]
        found |= dict.fromkeys((f"plot {chart.GetName()}", plain(text)) for text in (*titles, *series))
    for where, left in found:
        if left:
            print(f"{where}: {left}")
    MiniSlicer.raiseErrors()


if __name__ == "__main__":
    main()
