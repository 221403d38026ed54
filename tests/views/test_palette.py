"""The colours: contrast by WCAG's formula, and three kinds of colour blindness.

The matrices are those of Machado, Oliveira and Fernandes (2009) for full severity, applied to
linear RGB. Distances are CIE 1976 ΔE: about 2 is just seen, 10 at a glance.
"""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from typing import Literal

import pytest

from tcpcourse.core.states import State
from tcpcourse.views import palette
from tcpcourse.views.palette import PHASE_OF, PHASES, SIDE, Colour

Theme = Literal["light", "dark"]
Triple = tuple[float, float, float]
THEMES: tuple[Theme, Theme] = ("light", "dark")
SEEN_BY: dict[str, tuple[Triple, Triple, Triple]] = {
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def linear(colour: str) -> Triple:
    """The parts of ``#rrggbb`` as amounts of light, from 0 to 1."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return r, g, b


def luminance(colour: str) -> float:
    r, g, b = linear(colour)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lab(colour: str, eye: str) -> Triple:
    """The colour as an eye sees it, in CIELAB (D65)."""
    seen = linear(colour)
    r, g, b = (
        min(max(sum(a * x for a, x in zip(row, seen, strict=True)), 0), 1) for row in SEEN_BY[eye]
    )
    x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def apart(one: str, other: str, eye: str) -> float:
    pairs = zip(lab(one, eye), lab(other, eye), strict=True)
    return float(sum((a - b) ** 2 for a, b in pairs) ** 0.5)


def test_the_formulas_are_the_published_ones() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)  # WCAG 2.2, by definition
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)  # the known edge
    assert lab("#ffffff", "all") == pytest.approx((100, 0, 0), abs=0.02)
    red_and_green = ("#c00000", "#006000")
    assert apart(*red_and_green, "deuteranopia") < apart(*red_and_green, "all") / 2


@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read(theme: Theme) -> None:
    paper = getattr(palette.PAPER, theme)
    for colour in (palette.INK, palette.MUTED, palette.TROUBLE, *SIDE.values()):
        for ground in (palette.PAPER, palette.SOFT, palette.NOW):
            assert contrast(getattr(colour, theme), getattr(ground, theme)) >= 4.5, colour
    for phase in PHASES:
        assert contrast(getattr(palette.INK, theme), getattr(phase.fill, theme)) >= 4.5, phase.name
    for side in SIDE.values():
        assert contrast(getattr(palette.ON_SIDE, theme), getattr(side, theme)) >= 4.5
    assert contrast(getattr(palette.ON_SIDE, theme), getattr(palette.TROUBLE, theme)) >= 4.5
    assert contrast(getattr(palette.INK, theme), paper) >= 7


@pytest.mark.parametrize("theme", THEMES)
def test_marks_stand_out(theme: Theme) -> None:
    paper = getattr(palette.PAPER, theme)
    marks: list[Colour] = [phase.stroke for phase in PHASES]
    marks += [*SIDE.values(), palette.TROUBLE, palette.NOW_LINE]
    for colour in marks:
        assert contrast(getattr(colour, theme), paper) >= 3, colour


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("eye", SEEN_BY)
def test_the_two_ends_are_told_apart(eye: str, theme: Theme) -> None:
    a, b = (getattr(colour, theme) for colour in SIDE.values())
    assert apart(a, b, eye) >= 40


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("eye", SEEN_BY)
def test_the_phases_are_told_apart(eye: str, theme: Theme) -> None:
    """By fill and stroke together: a band and a box show both, and names and dots besides."""
    for one, other in combinations(PHASES, 2):
        fills = apart(getattr(one.fill, theme), getattr(other.fill, theme), eye)
        strokes = apart(getattr(one.stroke, theme), getattr(other.stroke, theme), eye)
        assert max(fills, strokes) >= 10, (one.name, other.name)


@pytest.mark.parametrize("theme", THEMES)
def test_no_phase_looks_like_an_end(theme: Theme) -> None:
    for phase in PHASES:
        for side, colour in SIDE.items():
            assert apart(getattr(phase.stroke, theme), getattr(colour, theme), "all") >= 20, (
                phase.name, side,
            )  # fmt: skip


def test_every_state_has_one_phase() -> None:
    assert set(PHASE_OF) == set(State)
    assert sum(len(phase.states) for phase in PHASES) == len(State)
    assert PHASES[PHASE_OF[State.CLOSING]].name == "closing first"


def test_no_view_has_colours_of_its_own() -> None:
    """What is drawn takes its colours from the palette; only shadows are named elsewhere."""
    views = Path(palette.__file__).parent
    for file in sorted([*views.rglob("*.py"), *views.rglob("*.css"), *views.rglob("*.js")]):
        if file.name != "palette.py":
            text = file.read_text(encoding="utf-8")
            assert not re.search(r"(?<!&)#[0-9a-fA-F]{6}\b", text), file.name
