"""Reads a sample exam in a language that puts every text between brackets; prints what is seen without them.

The segment editor is Slicer's own. What is written into files is English in every language.
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
# Symbols and units are the same in every language.
SAME = {"SH", "Thk", "mm", "SH/Thk", "T", "ms", "...", "z", "n/a"}


class Brackets(QTranslator):
    def translate(self, context, text, disambiguation=None, n=-1):
        return f"{LEFT}{text}{RIGHT}" if text else ""


brackets = Brackets()
app.installTranslator(brackets)

import reader  # noqa: E402
import SampleData  # noqa: E402
import slicer  # noqa: E402


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
    found = dict.fromkeys((where, plain(text)) for where, text in seen(reader.widget().ui.M1SHThk))
    chart = logic.getParameterNode().plotChart
    titles = (chart.GetTitle(), chart.GetXAxisTitle(), chart.GetYAxisTitle())
    series = [chart.GetNthPlotSeriesNode(n).GetName() for n in range(chart.GetNumberOfPlotSeriesNodes())]
    found |= dict.fromkeys(("plot", plain(text)) for text in (*titles, *series))
    for where, left in found:
        if left:
            print(f"{where}: {left}")
    MiniSlicer.raiseErrors()


if __name__ == "__main__":
    main()
