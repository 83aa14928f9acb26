"""How hypothesis runs here: the same examples every time, however slow the machine.

Where the tests find M1SHThkLib and MiniSlicer is written in pytest.ini.
"""

import re

import pytest
from hypothesis import HealthCheck, settings
from M1SHThkLib import translation

settings.register_profile("M1SHThk", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("M1SHThk")


@pytest.fixture
def shouting(request):
    """A language in which every text is written in capitals, but what stands between braces."""
    request.addfinalizer(lambda: translation.use(lambda context, text: text))
    translation.use(lambda context, text: re.sub(r"[^{}]+(?![^{]*})", lambda part: part[0].upper(), text))
