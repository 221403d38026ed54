"""The live widgets in JupyterLab: whole stories by the mouse, and what axe-core says of them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Locator, expect

from .lab import Notebook, Server, Theme
from .offline import BAD

pytestmark = pytest.mark.needs("chromium", "tshark")

WIDGETS = (
    "tcp.widgets.Playground()",
    "tcp.widgets.Predictor(tcp.simulate('http-get'))",
    "tcp.widgets.Predictor(tcp.simulate('close-four-segments'), ask=('states',), first=4)",
    "tcp.widgets.Calculator(tcp.simulate('http-get'))",
    "tcp.widgets.CaptureBrowser('data/http-get.pcap')",
)
OPENING = "B listen, A connect, deliver 1, deliver 2, deliver 3"
# Each story as moves, and by hand the (sender, seq, ack) of its packets, counted from the SYNs.
HANDSHAKE = "A 0 0, B 0 1, A 1 1"
STORIES = {
    "normal-close": (
        f"{OPENING}, A close, deliver 4, deliver 5, B close, deliver 6, deliver 7, A time-wait",
        f"{HANDSHAKE}, A 1 1, B 1 2, B 1 2, A 2 2",
    ),
    "simultaneous-open": (
        "A connect, B connect, deliver 1, deliver 2, deliver 3, deliver 4",
        "A 0 0, B 0 0, B 0 1, A 0 1",
    ),
    "simultaneous-close": (
        f"{OPENING}, A close, B close, deliver 4, deliver 5, deliver 6, deliver 7,"
        " A time-wait, B time-wait",
        f"{HANDSHAKE}, A 1 1, B 1 1, B 2 2, A 2 2",
    ),
    "lost-last-ack": (
        f"{OPENING}, A close, deliver 4, deliver 5, B close, deliver 6, lose 7,"
        " B retransmission, deliver 8, deliver 9, A time-wait",
        f"{HANDSHAKE}, A 1 1, B 1 2, B 1 2, A 2 2, B 1 2, A 2 2",
    ),
}


@pytest.fixture
def open_widget(server: Server, open_notebook: Callable[..., Notebook]) -> Callable[..., Notebook]:
    def opener(*widgets: str, theme: Theme = "light") -> Notebook:
        cells = [new_code_cell(f"import tcpcourse as tcp\n{widget}") for widget in widgets]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel})
        nbformat.write(notebook, server.root / "widgets.ipynb")
        opened = open_notebook("widgets.ipynb", theme)
        opened.run_all()
        return opened

    return opener


def press(widget: Locator, move: str) -> None:
    """Press the button of one move, and wait until the widget has told what came of it."""
    first, second = move.split()
    if first in ("A", "B"):
        name = {"retransmission": "timer rings", "time-wait": "2MSL over"}.get(second, second)
        button = widget.locator(f".own.{first}").get_by_role("button", name=name, exact=True)
    else:
        button = widget.get_by_title(f"{first} packet {second},")
    script = widget.locator("textarea")
    before = script.input_value()
    button.click()
    expect(script).not_to_have_value(before)


# One of them in every run.
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.exhaustive if number else ())
        for number, name in enumerate(STORIES)
    ],
)
def test_a_story_by_hand_opens_in_wireshark(
    name: str, open_widget: Callable[..., Notebook], server: Server
) -> None:
    widget = open_widget(WIDGETS[0]).page.locator(".jp-OutputArea-output").first
    moves, numbers = STORIES[name]
    widget.get_by_text("text, script and file").click()
    for move in moves.split(", "):
        press(widget, move)
    file = widget.get_by_role("textbox", name="file")
    file.fill(f"{name}.pcap")
    file.press("Tab")
    widget.get_by_role("button", name="save as pcap").click()
    expect(widget.get_by_role("status")).to_contain_text(f"as {name}.pcap")
    fields = [each for field in ("ip.src", "tcp.seq", "tcp.ack") for each in ("-e", field)]
    shown = subprocess.run(
        ["tshark", "-n", "-r", server.root / f"{name}.pcap", "-T", "fields", *fields],
        capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    sender = {"192.0.2.1": "A", "198.51.100.2": "B"}
    seen = [line.split("\t") for line in shown]
    assert ", ".join(f"{sender[src]} {seq} {ack}" for src, seq, ack in seen) == numbers


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_widget: Callable[..., Notebook], theme: Theme) -> None:
    page = open_widget(*WIDGETS, "tcp.simulate('lost-last-ack')", theme=theme).page
    expect(page.locator(".jp-OutputArea-output")).to_have_count(len(WIDGETS) + 1)
    found = Axe().run(page, {"include": [".jp-OutputArea-output"]}).response["violations"]
    assert [
        (each["id"], node["target"])
        for each in found if each["impact"] in BAD
        for node in each["nodes"]
    ] == []  # fmt: skip


@pytest.mark.parametrize("keys", [False, True], ids=["mouse", "keyboard"])
def test_states_are_chosen_on_the_map(open_widget: Callable[..., Notebook], keys: bool) -> None:
    """RFC 9293 figure 12, by hand; one wrong answer on the way."""
    notebook = open_widget(WIDGETS[2])
    quiz = notebook.page.locator(".jp-OutputArea .tcp-asks")
    cells = notebook.page.locator(".jp-Notebook .jp-Cell").count()

    def press(name: str) -> None:
        button = quiz.get_by_role("button", name=name).last  # the map stands last
        if keys:
            expect(button).to_be_enabled()
            button.focus()
            notebook.page.keyboard.press("Enter")
        else:
            button.click()

    def answer(a: str, b: str) -> None:
        for side, state in (("A", a), ("B", b)):
            press(f"{side} is then")
            press(state)
            expect(quiz.get_by_role("button", name=f"{side} is then")).to_contain_text(state)
        press("Check")

    said = quiz.get_by_role("status")
    answer("FIN_WAIT_1", "TIME_WAIT")
    expect(said).to_contain_text("Here a program must act before that.")
    expect(quiz.locator(".at .rd")).to_have_count(0)
    press("Check")
    expect(said).to_contain_text("From ESTABLISHED the arrow to CLOSE_WAIT is")
    expect(quiz.locator(".at .rd.B")).to_have_count(1)
    answer("FIN_WAIT_1", "CLOSE_WAIT")
    expect(said).to_contain_text("✓ Right.")
    press("Next packet")
    answer("FIN_WAIT_2", "CLOSE_WAIT")
    expect(quiz).to_contain_text("1 of 2 right at the first try")
    assert notebook.page.locator(".jp-Notebook .jp-Cell").count() == cells
