"""A digital exam's regions, ready to be measured with one line after another: nothing else is made anew."""

from dataclasses import dataclass, replace

from M1SHThkLib.digital_exam.hand import Line
from M1SHThkLib.digital_exam.truth import RegionTruth
from M1SHThkLib.measuring.exam import Region
from M1SHThkLib.measuring.image import Image
from M1SHThkLib.measuring.measurement import Reference, evaluate_roi, measure_region, with_intervals
from M1SHThkLib.measuring.settings import Settings


@dataclass(frozen=True)
class KnownRegion:
    """A region of a digital exam, its references evaluated, its true pial line and what its measurement must give."""

    image: Image
    region: Region
    splenium: Reference
    white_matter: Reference
    line: Line
    truth: RegionTruth

    def measured(self, *drawings, settings=None):
        """The measurement with lines drawn so, and all that comes with the intervals."""
        region = replace(self.region, pial_lines=tuple(drawing.points for drawing in drawings))
        found = measure_region(self.image, region, self.splenium, self.white_matter, settings or Settings())
        return with_intervals(found, self.image)


def known_regions(phantom):
    """All regions of a digital exam."""
    exam = phantom.exam()
    splenium = evaluate_roi(exam.splenium, exam.image)
    return [
        KnownRegion(
            exam.image,
            region,
            splenium,
            evaluate_roi(region.white_matter, exam.image),
            phantom.true_line(number),
            phantom.region_truths[number],
        )
        for number, region in enumerate(exam.regions)
    ]
