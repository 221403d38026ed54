"""The playground in a page: driven by mouse and by keyboard, with no network and no Python."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

import tcpcourse as tcp
from tcpcourse.sources.simulation.script import Workbench
from tcpcourse.views.page import whole_page

from .lab import Theme

pytestmark = pytest.mark.needs("chromium")

Opener = Callable[..., Page]
ROOT = ".tcp-hands"
CALLS = ("listen", "connect", "send", "close", "abort", "timer retransmission", "timer time-wait")


@pytest.fixture
def open_hands(html_page: Opener) -> Opener:
    def opener(theme: Theme = "light", wide: int = 1280, copies: int = 1, script: str = "") -> Page:
        body = "<main><h1>TCP</h1>" + str(tcp.views.playground(script)) * copies + "</main>"
        page = html_page(whole_page("Playground", body), theme)
        page.emulate_media(reduced_motion="reduce", color_scheme=theme)
        page.set_viewport_size({"width": wide, "height": 900})
        page.wait_for_selector(f"{ROOT}[data-ready] >> nth={copies - 1}")
        return page

    return opener


def states(page: Page) -> str:
    return " ".join(page.locator(f"{ROOT} .who i").all_inner_texts())


def said(page: Page) -> str:
    return page.locator(ROOT).get_by_role("status").inner_text()


def press(page: Page, name: str, *, keys: bool) -> None:
    """A button by what it is called: clicked, or reached by the tabulator key and pressed."""
    found = page.get_by_role("button", name=name).first
    if not keys:
        found.click()
        return
    page.locator(ROOT).focus()
    for _ in range(60):
        page.keyboard.press("Tab")
        if found.evaluate("node => node === document.activeElement"):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"{name} is not reached by the tabulator key")


OPENS = (
    ("B: listen", "CLOSED LISTEN"),
    ("A: connect", "SYN_SENT LISTEN"),
    ("Deliver A's SYN to B", "SYN_SENT SYN_RCVD"),
    ("Deliver B's SYN ACK to A", "ESTABLISHED SYN_RCVD"),
    ("Deliver A's ACK to B", "ESTABLISHED ESTABLISHED"),
)
CLOSES = (
    *OPENS,
    ("A: close", "FIN_WAIT_1 ESTABLISHED"),
    ("Deliver A's FIN ACK to B", "FIN_WAIT_1 CLOSE_WAIT"),
    ("Deliver B's ACK to A", "FIN_WAIT_2 CLOSE_WAIT"),
    ("B: close", "FIN_WAIT_2 LAST_ACK"),
    ("Deliver B's FIN ACK to A", "TIME_WAIT LAST_ACK"),
)
STORIES = {
    "normal close": (
        *CLOSES,
        ("Deliver A's ACK to B", "TIME_WAIT CLOSED"),
        ("A: 2MSL over", "CLOSED CLOSED"),
    ),
    "simultaneous open": (
        ("A: connect", "SYN_SENT CLOSED"),
        ("B: connect", "SYN_SENT SYN_SENT"),
        ("Deliver A's SYN to B", "SYN_SENT SYN_RCVD"),
        ("Deliver B's SYN to A", "SYN_RCVD SYN_RCVD"),
        ("Deliver B's SYN ACK to A", "ESTABLISHED SYN_RCVD"),
        ("Deliver A's SYN ACK to B", "ESTABLISHED ESTABLISHED"),
    ),
    "simultaneous close": (
        *OPENS,
        ("A: close", "FIN_WAIT_1 ESTABLISHED"),
        ("B: close", "FIN_WAIT_1 FIN_WAIT_1"),
        ("Deliver A's FIN ACK to B", "FIN_WAIT_1 CLOSING"),
        ("Deliver B's FIN ACK to A", "CLOSING CLOSING"),
        ("Deliver B's ACK to A", "TIME_WAIT CLOSING"),
        ("Deliver A's ACK to B", "TIME_WAIT TIME_WAIT"),
        ("A: 2MSL over", "CLOSED TIME_WAIT"),
        ("B: 2MSL over", "CLOSED CLOSED"),
    ),
    "lost last ACK": (
        *CLOSES,
        ("Lose A's ACK", "TIME_WAIT LAST_ACK"),
        ("B: timer rings", "TIME_WAIT LAST_ACK"),
        ("Deliver B's FIN ACK to A", "TIME_WAIT LAST_ACK"),
        ("Deliver A's ACK to B", "TIME_WAIT CLOSED"),
        ("A: 2MSL over", "CLOSED CLOSED"),
    ),
}


@pytest.mark.parametrize("keys", [False, True], ids=["mouse", "keyboard"])
@pytest.mark.parametrize("story", list(STORIES))
def test_a_story_by_hand(open_hands: Opener, story: str, keys: bool) -> None:
    page = open_hands()
    for name, expected in STORIES[story]:
        press(page, name, keys=keys)
        assert states(page) == expected, name
    for _ in STORIES[story]:
        press(page, "Undo", keys=False)
    assert states(page) == "CLOSED CLOSED" and page.get_by_role("button", name="Undo").is_disabled()


def test_from_the_first_moment_there_is_a_picture_and_one_proposal(open_hands: Opener) -> None:
    page = open_hands()
    ladder = page.locator(f"{ROOT} .lad").get_by_role("img")
    assert ladder.get_attribute("aria-label") == "Ladder of 0 moves; A is CLOSED, B is CLOSED."
    assert page.locator(f"{ROOT} .try button").all_inner_texts() == ["Let B listen"]
    assert said(page).startswith("Two ends, both CLOSED")
    page.locator(ROOT).focus()
    seen = []
    for _ in range(15):
        page.keyboard.press("ArrowRight")
        seen.append(states(page))
    assert "ESTABLISHED ESTABLISHED" in seen and seen[-1] == "CLOSED CLOSED"
    page.keyboard.press("ArrowLeft")
    assert states(page) == "TIME_WAIT CLOSED"


def test_the_map_shows_where_both_are_and_the_roads_they_took(open_hands: Opener) -> None:
    page = open_hands(script="A connect; B connect; deliver 1")
    chart = page.locator(f"{ROOT} .map").get_by_role("img")
    assert chart.get_attribute("aria-label") == "Map of the states: A is SYN_SENT, B is SYN_RCVD."
    roads = "svg > .rd"  # A: CLOSED to SYN_SENT; B: that, and on to SYN_RCVD
    assert page.locator(f"{ROOT} .map {roads}.A").count() == 1
    assert page.locator(f"{ROOT} .map {roads}.B").count() == 2
    assert page.locator(f"{ROOT} .map .pl.now text").all_text_contents() == ["SYN_SENT", "SYN_RCVD"]
    press(page, "A: abort", keys=False)
    assert page.locator(f"{ROOT} .map .pl:not(.fut) text").all_text_contents().count("CLOSED") == 2


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_packets_travel_unless_the_reader_wants_it_calm(open_hands: Opener, motion: Any) -> None:
    page = open_hands(script="B listen; A connect")
    page.emulate_media(reduced_motion=motion)
    moving = "[...document.querySelectorAll('.tcp-hands .tcp-go')].flatMap(e => e.getAnimations())"
    page.get_by_role("button", name="Deliver A's SYN to B").first.click()
    # the SYN comes, and the SYN ACK goes
    assert page.evaluate(f"{moving}.length") == (0 if motion == "reduce" else 2)
    page.wait_for_function(f"{moving}.every(each => each.playState === 'finished')")
    shown = page.locator(f"{ROOT} .tcp-go").evaluate_all(
        "all => all.map(e => getComputedStyle(e).opacity)"
    )
    assert shown == ["0", "0"]
    page.set_viewport_size({"width": 700, "height": 900})
    page.wait_for_timeout(100)
    assert page.evaluate(f"{moving}.length") == 0, "a new width is no new move"


def test_it_begins_with_the_moves_of_a_script(open_hands: Opener) -> None:
    page = open_hands(script="A connect; B connect; duplicate 1; lose 2; B timer retransmission")
    assert states(page) == "SYN_SENT SYN_SENT"
    assert page.locator(f"{ROOT} .pk b").all_inner_texts() == ["SYN →", "SYN →", "← SYN"]
    assert page.get_by_role("button", name="Undo").is_disabled()
    press(page, "B: abort", keys=False)
    press(page, "Start again", keys=False)
    assert states(page) == "SYN_SENT SYN_SENT"
    press(page, "Undo", keys=False)
    assert states(page) == "SYN_SENT CLOSED"


def test_what_is_refused_is_hidden_until_asked_for(open_hands: Opener) -> None:
    page = open_hands()
    close = page.get_by_role("button", name="A: close")
    assert close.count() == 0
    press(page, "Show what is refused", keys=True)
    assert close.get_attribute("aria-disabled") == "true"
    close.focus()
    page.keyboard.press("Enter")
    assert said(page) == "close is refused in CLOSED: connection does not exist."
    assert states(page) == "CLOSED CLOSED"


def test_at_the_edge_it_says_so(open_hands: Opener) -> None:
    page = open_hands()
    for name, _ in OPENS:
        press(page, name, keys=False)
    press(page, "A: send", keys=False)
    press(page, "A: send", keys=True)
    assert said(page).startswith("On this page each end sends one message")
    press(page, "A: abort", keys=False)  # now DATA and RST of the old connection are on the wire
    press(page, "A: connect", keys=False)
    press(page, "A: abort", keys=False)
    press(page, "A: connect", keys=True)
    assert said(page).startswith("This page cannot tell what comes now")
    assert states(page) == "CLOSED ESTABLISHED"


def test_it_follows_the_machine(open_hands: Opener) -> None:
    """Random clicks in the page, and the same moves made with two ``Endpoint``s."""
    page = open_hands()
    moves = 0
    for seed in range(25):
        page.get_by_role("button", name="Start again").evaluate("node => node.click()")
        bench = Workbench()
        for each in page.evaluate(WALK, random.Random(seed).sample(range(1_000), 30)):
            bench.do(move_of(each["id"]))
            ends = bench.endpoints
            assert each["states"] == [str(ends["A"].state), str(ends["B"].state)], bench.script
            flying = sorted(packet.number for packet in bench.flying)
            assert each["wire"] == flying, bench.script
            moves += 1
    assert moves > 500


# Clicks what the dice say; tells what changed by it. At the table's edge nothing does.
WALK = """dice => {
  const root = document.querySelector(".tcp-hands"), seen = []
  const moves = () => root.querySelector(".lad svg[role=img]").getAttribute("aria-label")
  for (const die of dice) {
    const all = [...root.querySelectorAll(".field button:not([data-id^=delay])")]
    const node = all[die % all.length], id = node.dataset.id, before = moves()
    node.click()
    if (moves() === before) continue
    seen.push({
      id,
      states: [...root.querySelectorAll(".who i")].map(each => each.textContent),
      wire: [...root.querySelectorAll(".pk")].map(each => +each.dataset.id.slice(1))
        .sort((a, b) => a - b),
    })
  }
  return seen
}"""


def move_of(id: str) -> str:
    for start, move in (("lose", "lose"), ("copy", "duplicate"), ("p", "deliver")):
        if id.startswith(start):
            return f"{move} {id.removeprefix(start)}"
    return f"{id[0]} {CALLS[int(id[1])]}"


@pytest.mark.parametrize(("theme", "wide"), [("light", 1280), ("dark", 390)])
def test_anybody_can_use_it(open_hands: Opener, theme: Theme, wide: int) -> None:
    page = open_hands(theme, wide)
    press(page, "Show what is refused", keys=False)
    for name, _ in STORIES["lost last ACK"][:12]:
        press(page, name, keys=False)
    assert page.evaluate("document.documentElement.scrollWidth") <= wide
    found: Any = Axe().run(page, options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()


def test_two_on_a_page_do_not_meet(open_hands: Opener) -> None:
    page = open_hands(copies=2)
    page.locator(ROOT).nth(1).get_by_role("button", name="Let B listen").click()
    assert states(page) == "CLOSED CLOSED CLOSED LISTEN"
    assert (
        page.evaluate(
            "Object.keys(window).filter(name => /^tcpHands[0-9a-f]{8}1$/.test(name)).length"
        )
        == 1
    )
