"""For all tests: hypothesis measures no time, so that a busy machine is no failure."""

from hypothesis import settings

settings.register_profile("switchroom", deadline=None)
settings.load_profile("switchroom")
