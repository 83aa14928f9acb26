"""Memory: the most that measuring a region, intervals included, holds beside the image."""

import tracemalloc

from M1SHThkLib.measuring.measurement import measure_region, with_intervals


def measure_memory(exam):
    """Peak of what Python and NumPy allocate meanwhile, in MiB.

    tracemalloc sees every NumPy array; it does not see what C libraries allocate for themselves (SciPy's and LAPACK's
    work space, some kilobytes here).
    """
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    found = measure_region(exam.image, exam.region, exam.splenium, exam.white_matter, exam.settings)
    with_intervals(found, exam.image)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {"peak_extra_mib": (peak - before) / 2**20, "image_mib": exam.image.voxels.nbytes / 2**20}
