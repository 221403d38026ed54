"""The notebooks of the course in a real JupyterLab, with the mouse and with the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from .chapters import chapters
from .lab import Notebook

pytestmark = pytest.mark.needs("chromium")


@pytest.mark.parametrize("name", chapters())
def test_a_notebook_runs_from_top_to_bottom(
    name: str, open_notebook: Callable[..., Notebook], pictures: Path | None
) -> None:
    notebook = open_notebook(f"notebooks/{name}.ipynb")
    notebook.run_all()
    notebook.photograph(pictures, f"{name}-light")
    notebook.dress("dark")
    notebook.photograph(pictures, f"{name}-dark")


@pytest.fixture
def start(open_notebook: Callable[..., Notebook]) -> Notebook:
    notebook = open_notebook("notebooks/00-start-here.ipynb")
    notebook.run_all()
    return notebook


def test_the_handshake_is_stepped_with_mouse_and_keyboard(start: Notebook) -> None:
    stage = start.page.locator(".tcp-stage").first
    stage.scroll_into_view_if_needed()
    expect(stage).to_have_attribute("data-ready", "yes")
    shown = stage.locator(".cnt")
    stage.get_by_role("button", name="One step on").click()
    expect(shown).to_have_text("1 / 5")
    cells = start.page.locator(".jp-Notebook .jp-Cell").count()
    stage.locator(".say").click()
    for key, step in [
        ("Home", 1),
        ("ArrowRight", 2),
        ("ArrowRight", 3),
        ("End", 5),
        ("ArrowLeft", 4),
    ]:
        start.page.keyboard.press(key)
        expect(shown).to_have_text(f"{step} / 5")
    assert start.page.locator(".jp-Notebook .jp-Cell").count() == cells
    assert start.page.locator(".jp-Notebook.jp-mod-editMode").count() == 0


def test_the_predictor_is_answered_wrongly_and_rightly(
    start: Notebook, pictures: Path | None
) -> None:
    """A's first number is 100 and B's is 300, the notebook says; so the SYN,ACK has ack 101."""
    page = start.page
    check = page.get_by_role("button", name="Check", exact=True)
    quiz = page.locator(".jp-OutputArea .tcp-asks", has=check)
    said = quiz.get_by_role("status")
    onward = quiz.get_by_role("button", name="Next packet")

    def answer(**numbers: str) -> None:
        for name, number in numbers.items():
            quiz.get_by_label(name, exact=True).fill(number)
        check.click()

    answer(seq="one")
    expect(said).to_contain_text("Write a whole number")
    answer(seq="5")
    expect(said).to_contain_text("5 is not it")
    start.photograph(pictures, "predictor-wrong")
    answer(seq="100")
    expect(said).to_contain_text("✓ Right.")
    expect(quiz).to_contain_text("0 of 1 right")
    onward.click()
    expect(quiz.locator("svg.wide .nq").last).to_have_text("seq ? ack ?")
    answer(seq="300", ack="100")
    expect(said).to_contain_text("seq: ✓ Right.")
    expect(said).to_contain_text("ack: ✗ Not yet.")
    answer(ack="101")
    expect(said).to_contain_text("100 + 1 = 101")
    expect(quiz.locator("svg.wide .t").last).to_contain_text("seq 300 ack 101")
    onward.click()
    answer(seq="101", ack="301")
    expect(quiz).to_contain_text("1 of 3 right")
    start.photograph(pictures, "predictor-right")
