"""The reading copies in a real browser with no network."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tcpcourse.export import pages

from .chapters import PATHS, chapters
from .lab import Theme
from .offline import Offline, opened

pytestmark = pytest.mark.needs("chromium")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    pages(PATHS, folder)
    return folder


@pytest.fixture(scope="module", params=chapters())
def chapter(request: pytest.FixtureRequest, browser: Browser, site: Path) -> Iterator[Offline]:
    with opened(browser, site / f"{request.param}.html") as there:
        yield there


def test_it_opens_in_silence_and_fits(chapter: Offline) -> None:
    assert chapter.page.locator("h1").count() == 1
    for width in (1280, 700, 400):
        chapter.page.set_viewport_size({"width": width, "height": 900})
        wide = chapter.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{wide} pixels of content in a window of {width}"
    assert chapter.problems == []


def test_every_stage_steps(chapter: Offline) -> None:
    page = chapter.page
    page.set_viewport_size({"width": 1280, "height": 900})
    stages = page.locator(".tcp-stage")
    for number in range(stages.count()):
        stage = stages.nth(number)
        stage.scroll_into_view_if_needed()
        expect(stage).to_have_attribute("data-ready", "yes")
        shown = stage.locator(".cnt")
        steps = shown.inner_text().split()[-1]
        stage.get_by_role("button", name="One step on").click()
        expect(shown).to_have_text(f"1 / {steps}")
        page.keyboard.press("ArrowLeft")
        expect(shown).to_have_text(f"– / {steps}")
        page.keyboard.press("End")
        expect(shown).to_have_text(f"{steps} / {steps}")
    assert chapter.problems == []


def test_axe_finds_nothing_serious(chapter: Offline) -> None:
    assert chapter.complaints(colours=False) == []


def test_headings_come_in_order(chapter: Offline) -> None:
    levels = chapter.page.evaluate(
        "[...document.querySelectorAll('h1, h2, h3, h4')].map((each) => Number(each.localName[1]))"
    )
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_link_leads_somewhere(chapter: Offline, site: Path) -> None:
    links = chapter.page.evaluate(
        "[...document.querySelectorAll('a')].map((each) => each.getAttribute('href'))"
    )
    assert "index.html" in links
    for link in links:
        if link.startswith(("https://", "http://")):
            continue
        name, _, fragment = link.partition("#")
        target = site / name if name else Path(chapter.address.removeprefix("file://"))
        assert target.is_file(), link
        assert not fragment or f'id="{fragment}"' in target.read_text(encoding="utf-8"), link


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_stand_out(browser: Browser, site: Path, theme: Theme) -> None:
    with opened(browser, site / "04-analysis.html", theme) as there:
        background = "getComputedStyle(document.documentElement).backgroundColor"
        wanted = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 31)"}
        assert there.page.evaluate(background) == wanted[theme]
        assert there.complaints() == []
    with opened(browser, site / "index.html", theme) as there:
        assert there.complaints() == []


def test_the_index_leads_through_the_course(browser: Browser, site: Path) -> None:
    with opened(browser, site / "index.html") as there:
        page = there.page
        assert page.locator("dt a").count() == len(PATHS)
        page.locator("dt a").first.click()
        for _ in PATHS[1:]:
            page.locator("nav a").last.click()
        expect(page).to_have_url(there.address.replace("index", PATHS[-1].stem))
        page.locator("nav a").first.click()
        expect(page).to_have_url(there.address)
        assert there.problems == []


def test_the_predictor_of_a_reading_copy_needs_no_python(browser: Browser, site: Path) -> None:
    """A's first number is 100 and B's is 300, the notebook says; so the third packet has 301."""
    with opened(browser, site / "00-start-here.html") as there:
        cell = there.page.locator(".jp-CodeCell", has_text="widgets.Predictor(")
        expect(cell.locator(".tcp-instead")).to_contain_text("without Python")
        quiz = cell.locator(".tcp-asks[data-ready]")
        check = quiz.get_by_role("button", name="Check")
        onward = quiz.get_by_role("button", name="Next packet")
        for seq, ack in (("100", ""), ("300", "101"), ("101", "301")):
            quiz.get_by_label("seq", exact=True).fill(seq)
            if ack:
                quiz.get_by_label("ack", exact=True).fill(ack)
            check.click()
            expect(quiz.get_by_role("status")).to_contain_text("✓ Right.")
            if seq != "101":
                onward.click()
        expect(quiz).to_contain_text("3 of 3 right at the first try")
        assert "<Predictor" not in there.page.inner_text("main")
        assert there.problems == []


def test_the_playground_of_a_reading_copy_needs_no_python(browser: Browser, site: Path) -> None:
    """It begins where the chapter's begins, and can be played through a handshake."""
    with opened(browser, site / "01-opening.html") as there:
        hands = there.page.locator(".jp-CodeCell .tcp-hands[data-ready]")
        there.page.locator(".jp-CodeCell .tcp-hands").scroll_into_view_if_needed()
        states = hands.locator(".who i")
        expect(states).to_have_text(["SYN_SENT", "CLOSED"])
        for name in ("B: connect", "Deliver A's SYN to B", "Deliver B's SYN to A",
                     "Deliver B's SYN ACK to A", "Deliver A's SYN ACK to B"):  # fmt: skip
            hands.get_by_role("button", name=name).last.click()  # the proposal comes first
        expect(states).to_have_text(["ESTABLISHED", "ESTABLISHED"])
        assert there.problems == []


def test_the_index_numbers_every_chapter_and_keeps_its_underscores(
    browser: Browser, site: Path
) -> None:
    with opened(browser, site / "index.html") as there:
        titles = there.page.locator("dt").all_text_contents()
        for title, path in zip(titles, PATHS, strict=True):
            number = path.stem[:2]
            assert title.startswith(f"{number} · ") is number.isdigit()
        assert "TIME_WAIT" in there.page.locator("dl").inner_text()
