"""Hypothesis for the core: the same examples every time, and no clock."""

from hypothesis import settings

settings.register_profile("course", deadline=None, derandomize=True, max_examples=200)
settings.load_profile("course")
