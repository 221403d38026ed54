"""Slides and reading copies: each chapter as one file that needs no network and no Python."""

from tcpcourse.export.build import pages, slides
from tcpcourse.export.chapters import choose, find

__all__ = ["choose", "find", "pages", "slides"]
