"""Which chapters a browser opens in every run, and which only in an exhaustive one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

PATHS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
# The start page, and the chapter with code, tables, plots, quotations, questions and formulas.
ALWAYS = ("00-start-here", "04-analysis")


def chapters() -> list[Any]:
    """The stem of each chapter's name as a parameter of a test."""
    sweep = pytest.mark.exhaustive
    return [pytest.param(path.stem, marks=() if path.stem in ALWAYS else sweep) for path in PATHS]
