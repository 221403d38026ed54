"""The predictor in a page: answered by mouse and by keyboard, with no network and no Python."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

import tcpcourse as tcp
from tcpcourse.views.asks import Quiz, predictor
from tcpcourse.views.page import whole_page

from .lab import Theme

pytestmark = pytest.mark.needs("chromium")

Opener = Callable[..., Page]
ROOT = ".tcp-asks"


def document() -> Quiz:
    return Quiz(tcp.recording("avatar"), ("seq", "ack", "len"))


def closing(first: int = 4) -> Quiz:
    return Quiz(tcp.simulate("close-four-segments"), ("states",), first=first)


@pytest.fixture
def open_quiz(html_page: Opener) -> Opener:
    def opener(quiz: Quiz, theme: Theme = "light", wide: int = 1280, copies: int = 1) -> Page:
        body = "<main><h1>TCP</h1>" + str(predictor(quiz)) * copies + "</main>"
        page = html_page(whole_page("Predictor", body), theme)
        page.emulate_media(reduced_motion="reduce", color_scheme=theme)
        page.set_viewport_size({"width": wide, "height": 900})
        page.wait_for_selector(f"{ROOT}[data-ready] >> nth={copies - 1}")
        return page

    return opener


def answer(page: Page, **given: object) -> str:
    """Fill in numbers, choose states by a click, and check; what is said then."""
    for name, value in given.items():
        if name in ("A", "B"):
            page.locator(f"{ROOT} .who button.{name}").click()
            page.locator(f"{ROOT} .at button", has_text=re.compile(f"^{value}$")).click()
        else:
            page.get_by_label(name, exact=True).fill(str(value))
    page.get_by_role("button", name="Check").click()
    return page.locator(ROOT).get_by_role("status").inner_text()


# By hand, from the document: seq, ack and len of its eight packets.
LINES = [(0, None, 0), (0, 1, 0), (1, 1, 0), (1, 1, 625), (1, 626, 0), (1, 626, 1460),
         (1461, 626, 1460), (626, 2921, 0)]  # fmt: skip


def test_the_document_is_answered_rightly_to_the_end(open_quiz: Opener) -> None:
    page = open_quiz(document())
    asked = page.locator(f"{ROOT} svg.wide .nq")
    for number, (seq, ack, size) in enumerate(LINES, 1):
        expect(page.locator(f"{ROOT} .say")).to_contain_text(f"Packet {number}, from")
        expect(asked).to_have_text("seq ? len ?" if ack is None else "seq ? ack ? len ?")
        numbers = {"seq": seq, "len": size} | ({} if ack is None else {"ack": ack})
        assert answer(page, **numbers).startswith("✓ Right.")
        middle = "" if ack is None else f" ack {ack}"
        expect(asked).to_have_text(f"seq {seq}{middle} len {size}")  # the arrow is filled in
        if number < len(LINES):
            page.get_by_role("button", name="Next packet").click()
    expect(page.locator(f"{ROOT} .k")).to_contain_text("8 of 8 right at the first try")
    expect(page.locator(ROOT)).to_contain_text("That was the last packet.")


def test_a_wrong_number_is_named_at_first_and_explained_at_the_second_try(
    open_quiz: Opener,
) -> None:
    page = open_quiz(Quiz(tcp.recording("avatar"), first=8))
    first = answer(page, seq=626, ack=1)
    assert "ack: ✗ Not yet. That was its ack before. Something new has come in since." in first
    assert "2921" not in page.locator(ROOT).inner_text()
    expect(page.locator(f"{ROOT} .fl label.good")).to_contain_text("✓ Right.")
    expect(page.locator(f"{ROOT} .fl label.bad")).to_contain_text("✗ Not yet.")
    assert "1 + 1460 + 1460 = 2921." in answer(page, ack=1)
    assert answer(page, ack=2921).startswith("✓ Right.")
    expect(page.locator(f"{ROOT} .k")).to_contain_text("0 of 1 right")


def test_a_page_says_what_the_widget_says(open_quiz: Opener) -> None:
    """The script only compares: for many answers its words are those of the questions."""
    quiz = document()
    page = open_quiz(quiz)
    for place in range(8):
        for each in quiz.question(place).asked:
            for given in (*list(each.wrong)[:4], "77777", "one"):
                page.get_by_label(each.name, exact=True).fill(given)
                page.get_by_role("button", name="Check").click()
                said = page.locator(ROOT).get_by_role("status").locator("p")
                line = said.filter(has_text=re.compile(f"^{each.name}:")).inner_text()
                known = {each.reply(given, tries).words for tries in (0, 1)}
                assert any(line.endswith(words) for words in known), (line, known)
        page.get_by_role("button", name="Show the answer").click()
        if place < 7:
            page.get_by_role("button", name="Next packet").click()


def test_states_are_chosen_on_the_map(open_quiz: Opener) -> None:
    """RFC 9293 figure 12, by hand; one wrong answer on the way."""
    page = open_quiz(closing())
    first = answer(page, A="FIN_WAIT_1", B="TIME_WAIT")
    assert "Here a program must act before that." in first
    assert "On the map arrows lead to TIME_WAIT from" in first and "CLOSE_WAIT" not in first
    expect(page.locator(f"{ROOT} .at .rd")).to_have_count(0)
    second = answer(page)
    assert "From ESTABLISHED the arrow to CLOSE_WAIT is “rcv FIN / snd ACK”." in second
    assert "[RFC 9293 §3.10.7.4]" in second
    expect(page.locator(f"{ROOT} .at .rd.B")).to_have_count(1)
    assert answer(page, B="CLOSE_WAIT").startswith("✓ Right.")
    for a, b in (("FIN_WAIT_2", "CLOSE_WAIT"), ("TIME_WAIT", "LAST_ACK"), ("TIME_WAIT", "CLOSED")):
        page.get_by_role("button", name="Next packet").click()
        assert answer(page, A=a, B=b).startswith("✓ Right.")
    expect(page.locator(f"{ROOT} .k")).to_contain_text("3 of 4 right at the first try")


def test_all_of_it_by_keyboard(open_quiz: Opener) -> None:
    page = open_quiz(closing())
    page.locator(f"{ROOT} .at button", has_text="ESTABLISHED").focus()
    for key in ("ArrowDown", "ArrowLeft"):  # one row down, then along it
        page.keyboard.press(key)
    focused = page.evaluate("document.activeElement.textContent")
    assert focused in ("FIN_WAIT_1", "CLOSING", "FIN_WAIT_2"), focused
    page.locator(f"{ROOT} .at button", has_text="FIN_WAIT_1").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("b")
    page.locator(f"{ROOT} .at button", has_text="CLOSE_WAIT").focus()
    page.keyboard.press("Space")
    tab_to(page, "Check")
    expect(page.locator(ROOT).get_by_role("status")).to_contain_text("✓ Right.")
    assert page.evaluate("document.activeElement.textContent") == "Next packet"
    page.keyboard.press("Enter")
    expect(page.locator(f"{ROOT} .say")).to_contain_text("Packet 5")


def tab_to(page: Page, name: str) -> None:
    page.locator(f"{ROOT} .at button").last.focus()
    for key in ("Tab", "Shift+Tab"):
        for _ in range(40):
            page.keyboard.press(key)
            if page.evaluate("document.activeElement.textContent") == name:
                page.keyboard.press("Enter")
                return
    raise AssertionError(f"{name} is not reached by the tabulator key")


def test_numbers_by_keyboard(open_quiz: Opener) -> None:
    page = open_quiz(Quiz(tcp.recording("avatar"), first=2))
    page.get_by_label("seq", exact=True).focus()
    page.keyboard.type("0")
    page.keyboard.press("Tab")
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    expect(page.locator(ROOT).get_by_role("status")).to_contain_text("✓ Right.")
    page.keyboard.press("Enter")  # on to the next packet, and into its first field
    page.keyboard.type("1")
    expect(page.get_by_label("seq", exact=True)).to_have_value("1")


@pytest.mark.parametrize(("theme", "wide"), [("light", 1280), ("dark", 390)])
@pytest.mark.parametrize("quiz", [document, closing])
def test_anybody_can_use_it(
    open_quiz: Opener, quiz: Callable[[], Quiz], theme: Theme, wide: int
) -> None:
    page = open_quiz(quiz(), theme, wide)
    if quiz is closing:
        answer(page, A="TIME_WAIT", B="CLOSE_WAIT")
    else:
        answer(page, seq=1, len=66)
    assert page.evaluate("document.documentElement.scrollWidth") <= wide
    found: Any = Axe().run(page, options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
    page.get_by_role("button", name="Show the answer").click()
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
    cut = page.evaluate(
        """() => [...document.querySelectorAll(".tcp-asks button, .tcp-asks .say")]
        .filter(each => {
          const words = document.createRange();
          words.selectNodeContents(each);
          return each.clientWidth && words.getBoundingClientRect().width > each.clientWidth;
        }).map(each => each.textContent)"""
    )
    assert cut == []


def test_two_on_a_page_do_not_meet(open_quiz: Opener) -> None:
    page = open_quiz(document(), copies=2)
    second = page.locator(ROOT).nth(1)
    second.get_by_role("button", name="Show the answer").click()
    expect(second).to_contain_text("0 of 1 right")
    expect(page.locator(ROOT).first).to_contain_text("0 of 0 right")


def test_a_page_is_small_and_holds_its_answers_packed() -> None:
    html = str(predictor(document()))
    assert len(html) < 30_000
    assert "2921" not in html
