"""The same notebook gives the same bytes: twice, and through nbconvert's own command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHAPTER = "04-analysis"  # code, tables, plots, formulas, widgets, a quotation in Chinese


def build(out: Path, hash_seed: int, *command: str) -> dict[str, bytes]:
    """What the command writes into ``out``; sets and dicts of objects get another order."""
    subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": str(hash_seed)},
        capture_output=True,
        check=True,
    )
    return {path.name: path.read_bytes() for path in out.iterdir()}


@pytest.fixture(scope="module")
def deck(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    out = tmp_path_factory.mktemp("deck")
    made = build(out, 1, "tcpcourse", "slides", CHAPTER, "--out", str(out))
    return made[f"{CHAPTER}.slides.html"]


def test_two_builds_of_a_deck_differ_in_nothing(deck: bytes, tmp_path: Path) -> None:
    again = build(tmp_path, 2, "tcpcourse", "slides", CHAPTER, "--out", str(tmp_path))
    assert again == {f"{CHAPTER}.slides.html": deck}


@pytest.mark.exhaustive
def test_two_builds_of_the_pages_differ_in_nothing(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    one = build(first, 1, "tcpcourse", "html", "--out", str(first))
    assert "index.html" in one and f"{CHAPTER}.html" in one
    assert build(second, 2, "tcpcourse", "html", "--out", str(second)) == one


def test_nbconvert_finds_the_template_and_makes_the_same_deck(deck: bytes, tmp_path: Path) -> None:
    """With no folder named: the installed package has put it where nbconvert looks."""
    made = build(
        tmp_path, 3, "nbconvert", "--to", "slides", "--template", "tcpcourse",
        "--output-dir", str(tmp_path), f"notebooks/{CHAPTER}.ipynb",
    )  # fmt: skip
    assert made == {f"{CHAPTER}.slides.html": deck}


def test_nbconvert_makes_a_reading_copy(tmp_path: Path) -> None:
    made = build(
        tmp_path, 3, "nbconvert", "--to", "html", "--template", "tcpcourse",
        "--output-dir", str(tmp_path), f"notebooks/{CHAPTER}.ipynb",
    )  # fmt: skip
    page = made[f"{CHAPTER}.html"].decode()
    assert page.count('class="tcp-asks"') >= 1
    assert "<main>" in page and "reveal.js" not in page
