"""Takes the pictures of a study that is read by its list: the panel, a subject's page, and the page to look through."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

SUBJECTS = 12
SCORES = (2, 1, 1, 0)
PANEL, REPORT, QUALITY = (1280, 800), (1000, 1300), (1000, 820)
COLOURS, GREYS = 96, range(0, 256, 5)  # of a picture; noise compresses badly
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
KNOB = 0  # row of the left hand knob


class Study:
    """Reads the first cases of a list in the panel, and measures a few exams outside it."""

    def __init__(self, folder):
        import MiniSlicer
        import slicer

        self._slicer, self._mini = slicer, MiniSlicer
        self._folder = Path(folder)

    def run(self):
        """All pictures; those of pages where there is a Chromium."""
        with tempfile.TemporaryDirectory() as place:
            place = Path(place)
            drawings = self._make_list(place)
            here = Path.cwd()
            os.chdir(place)  # the panel shows the list's path
            try:
                self._read(Path("list"), drawings)
            finally:
                os.chdir(here)
            self._show_pages(place)

    #
    # In the panel
    #

    def _make_list(self, place):
        """A list of one digital exam under many names; returns what is drawn in it."""
        import SampleData
        from M1SHThkLib.__main__ import main
        from M1SHThkLib.scene.case_drawings import drawings_of

        SampleData.downloadSample("M1SHThkPatient3T")
        self._slicer.util.selectModule("M1SHThk")
        self._rest()
        logic = self._slicer.modules.M1SHThkWidget.logic
        exam = Path(logic.exportExam(str(place / "drawn")))
        description = json.loads(exam.read_text())
        for number in range(1, SUBJECTS + 1):
            name = f"S{number:02d}"
            folder = shutil.copytree(exam.parent, place / "hospital" / name, dirs_exist_ok=True)
            (folder / exam.name).write_text(json.dumps(description | {"subject": name}))
        make = ["reading-list", "make", place / "hospital", "-o", place / "list", "--reader", "R1", "--seed", "1"]
        main([str(argument) for argument in make])
        return {**drawings_of(logic), "accepted": {}}

    def _read(self, folder, drawings):
        from M1SHThkLib.scene.case_drawings import restore_drawings

        ui, panel = self._ui, self._slicer.modules.M1SHThkWidget.panel
        self._mini.closeScene()
        self._slicer.util.mainWindow().resize(*PANEL)
        ui.readingListCollapsibleButton.collapsed = False
        ui.readingListPathLineEdit.currentPath = str(folder / "reading-list.tsv")
        ui.readingReaderComboBox.setCurrentIndex(1)
        for is_last in (False, True):
            ui.readingNextButton.click()
            self._rest()
            boxes = [getattr(ui, f"readingScore{number}ComboBox") for number in range(6)]
            for box, score in zip([box for box in boxes if box.visible], SCORES, strict=True):
                box.setCurrentIndex(score + 1)
            if is_last:
                self._take("reading-1-score")
            ui.readingLockButton.click()
            restore_drawings(panel.logic, drawings)
            self._rest()
            panel.select_region(KNOB)
            self._rest()
            if is_last:
                self._take("reading-2-draw")
            for row in range(len(boxes)):
                ui.regionsTable.setCurrentCell(row, 0)
                self._rest()
                if ui.acceptButton.enabled:
                    ui.acceptButton.click()
                    self._rest()
            ui.readingFinishButton.click()
            self._rest()
        self._take("reading-3-finished")
        ui.readingListPathLineEdit.currentPath = ""
        ui.readingListCollapsibleButton.collapsed = True

    @property
    def _ui(self):
        return self._slicer.modules.M1SHThkWidget.ui

    def _rest(self):
        self._mini.wait(1.0)
        self._mini.raiseErrors()

    def _take(self, name):
        path = self._folder / f"{name}.png"
        self._mini.screenshot(path)
        _fewer_colours(path)

    #
    # Pages
    #

    def _show_pages(self, place):
        from M1SHThkLib.__main__ import main

        browser = next(filter(None, map(shutil.which, CHROMIUMS)), None)
        if browser is None:
            print("pictures of pages are left out: no Chromium is installed")
            return
        exams = sorted((place / "hospital").glob("S0[123]/exam.json"))
        _worsen(exams[1])
        main(["report", str(exams[0]), "-o", str(place / "page")])
        main(["measure", *map(str, exams), "-o", str(place / "batch")])
        main(["qc", str(place / "batch")])
        self._show_page(browser, place / "page" / "report.html", "reading-4-page", REPORT)
        self._show_page(browser, place / "batch" / "qc.html", "reading-5-qc", QUALITY)

    def _show_page(self, browser, page, name, size):
        path = self._folder / f"{name}.png"
        width, height = size
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        command += [f"--window-size={width},{height}", f"--screenshot={path}", page.as_uri()]
        subprocess.run(command, check=True, capture_output=True)
        _fewer_colours(path)


def _worsen(exam):
    """A line drawn by a hand that shook, which is flagged."""
    for path in exam.parent.glob("left_hand_knob*.mrk.json"):
        content = json.loads(path.read_text())
        shake = np.random.default_rng(1)
        for point in content["markups"][0]["controlPoints"]:
            point["position"][1] += float(shake.normal(0, 0.5))
        path.write_text(json.dumps(content))


def _fewer_colours(path):
    from PIL import Image

    with Image.open(path) as picture:
        whole = picture.convert("RGB")
        palette = whole.quantize(COLOURS, Image.Quantize.FASTOCTREE)
        palette.putpalette(palette.getpalette()[: 3 * COLOURS] + [grey for grey in GREYS for _ in range(3)])
        small = whole.quantize(palette=palette, dither=Image.Dither.NONE)
    small.save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size // 1000} kB", flush=True)
