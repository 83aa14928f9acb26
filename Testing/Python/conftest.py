"""How hypothesis runs here: the same examples every time, however slow the machine.

Where the tests find M1SHThkLib and MiniSlicer is written in pytest.ini.
"""

from hypothesis import HealthCheck, settings

settings.register_profile("M1SHThk", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("M1SHThk")
