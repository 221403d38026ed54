"""Every deck in a real browser with no network: what a lecturer sees, with keys and mouse."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Page, expect

from tcpcourse.export import pages, slides

from .chapters import PATHS, chapters
from .lab import Theme
from .offline import Offline, opened

pytestmark = pytest.mark.needs("chromium")

ROOT = Path(__file__).parents[2]
READY = "html[data-ready]"
LARGEST = 4_000_000  # bytes of a deck
SIZES = [(1280, 720), (1920, 1080), (1024, 768)]

# What of a slide lies outside it, with each answer and each step opened in turn.
STICKING_OUT = """() => [...document.querySelectorAll('.slides > section > section')].flatMap(
  (slide, number) => {
    const outer = slide.getBoundingClientRect(), found = [];
    const look = (when) => {
      const all = 'h1, h2, p, li, pre, table, summary, svg, img, button';
      for (const each of slide.querySelectorAll(all)) {
        const hidden = 'aside.notes, details:not([open]) > :not(summary)';
        if (each.closest(`.scrolls, .sc, .co, .card, .list, ${hidden}`)) continue;
        if (each.parentElement.closest('svg')) continue;
        const box = each.getBoundingClientRect();
        if (!box.width || !box.height) continue;
        const words = each.textContent.slice(0, 40);
        if (box.bottom > outer.bottom + 1 || box.right > outer.right + 1
            || box.left < outer.left - 1)
          found.push(`slide ${number + 1}, ${when}: ${each.localName} ${words}`);
      }
    };
    look('as it opens');
    slide.querySelectorAll('.jp-RenderedMarkdown details').forEach((answer) => {
      answer.open = true; look(answer.textContent.slice(0, 20)); answer.open = false;
    });
    slide.querySelectorAll('.tcp-stage').forEach((stage) => {
      const press = (key) => stage.dispatchEvent(new KeyboardEvent('keydown', {key}));
      for (const key of ['Home', 'ArrowRight', 'm', 'm', 'w', 'End', 'w']) {
        press(key); look(key);
      }
      press('Home'); press('ArrowLeft');
    });
    return found;
  })"""


@pytest.fixture(scope="module")
def decks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = slides(PATHS, tmp_path_factory.mktemp("slides"))
    return {path.name.split(".")[0]: path for path in made}


@pytest.fixture(scope="module", params=chapters())
def deck(
    request: pytest.FixtureRequest, browser: Browser, decks: dict[str, Path]
) -> Iterator[Offline]:
    with opened(browser, decks[request.param], ready=READY) as there:
        yield there


def count(page: Page) -> int:
    return int(page.evaluate("Reveal.getTotalSlides()"))


def place(page: Page) -> int:
    return int(page.evaluate("Reveal.getSlidePastCount()"))


def test_it_opens_in_silence_and_is_small(deck: Offline, decks: dict[str, Path]) -> None:
    path = next(path for path in decks.values() if deck.address.endswith(path.name))
    assert path.stat().st_size < LARGEST
    assert deck.problems == []
    notebook = next(chapter for chapter in PATHS if path.name.startswith(chapter.stem))
    said = deck.page.evaluate("document.querySelector('.slides').textContent")
    assert notebook.stem.split("-")[:2][-1] in said.lower()


def test_nothing_sticks_out_of_a_slide(deck: Offline) -> None:
    for width, height in SIZES:
        deck.page.set_viewport_size({"width": width, "height": height})
        deck.page.evaluate("Reveal.layout()")
        assert deck.page.evaluate(STICKING_OUT) == [], f"{width} × {height}"
        scale = deck.page.evaluate("Reveal.getScale()")
        assert scale == pytest.approx(width / 1280), "a slide fills the screen"
    deck.page.set_viewport_size({"width": 1280, "height": 720})


def test_letters_can_be_read_at_the_back(deck: Offline) -> None:
    stages = deck.page.evaluate(
        """() => [...document.querySelectorAll('.tcp-stage')].flatMap((stage) => {
          const scale = stage.currentCSSZoom, found = [];
          const walk = document.createTreeWalker(stage, NodeFilter.SHOW_TEXT);
          for (let node; node = walk.nextNode();) {
            const around = node.parentElement;
            const size = parseFloat(getComputedStyle(around).fontSize);
            if (!node.data.trim() || around.closest('.list, option, style')) continue;
            if (around.checkVisibility() && size * scale < 15.99) found.push(node.data.trim());
          }
          return found;
        })"""
    )
    assert stages == []
    small = deck.page.evaluate(
        """() => [...document.querySelectorAll(
          '.slides .jp-RenderedMarkdown p, .slides li, .slides pre')]
        .filter((each) => !each.closest('aside, .tcp-stage') && each.offsetHeight)
        .filter((each) => parseFloat(getComputedStyle(each).fontSize) < 12)
        .map((each) => each.textContent.slice(0, 60))"""
    )
    assert small == []


def test_headings_come_in_order(deck: Offline) -> None:
    levels = deck.page.evaluate(
        """() => [...document.querySelectorAll('.slides > section > section')].map((slide) =>
        [...slide.querySelectorAll('h1, h2, h3, h4')].map((each) => Number(each.localName[1])))"""
    )
    assert levels[0][:1] == [1], "the first slide carries the title"
    for number, found in enumerate(levels[1:], start=2):
        assert found[:1] == [2], f"slide {number}"
        assert found.count(2) == 1, f"slide {number}"
        assert all(after <= before + 1 for before, after in pairwise(found))


def test_every_stage_steps_by_mouse_and_keys(deck: Offline) -> None:
    page = deck.page
    stages = page.locator(".tcp-stage")
    for number in range(stages.count()):
        stage = stages.nth(number)
        stage.evaluate(
            "each => { const at = Reveal.getIndices(each.closest('section'));"
            " Reveal.slide(at.h, at.v, 99); }"
        )
        here = place(page)
        expect(stage).to_have_attribute("data-ready", "yes")
        shown = stage.locator(".cnt")
        steps = int(shown.inner_text().split()[-1])
        stage.get_by_role("button", name="One step on").click()
        assert shown.inner_text() == f"1 / {steps}"
        page.keyboard.press("ArrowLeft")
        assert shown.inner_text() == f"– / {steps}"
        page.keyboard.press("End")
        assert shown.inner_text() == f"{steps} / {steps}"
        page.keyboard.press("ArrowRight")
        assert place(page) == here, "a key went on to the deck"
        page.keyboard.press("Escape")
        assert not page.evaluate("Reveal.isOverview()")
        page.keyboard.press("ArrowLeft")
        assert place(page) < here or page.evaluate("Reveal.getIndices().f") is not None
    assert deck.problems == []


def test_paper_has_a_page_for_each_slide_and_axe_is_content(deck: Offline) -> None:
    slides_ = count(deck.page)
    deck.go("?print-pdf", READY)
    paper = deck.page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == slides_
    boxes = {tuple(map(float, box.split())) for box in re.findall(rb"/MediaBox\s*\[(.*?)\]", paper)}
    for _, _, width, height in boxes:
        assert width / height == pytest.approx(16 / 9, rel=0.01)
    assert deck.complaints(colours=False) == []  # here axe sees all slides at once
    assert deck.problems == []
    deck.go(ready=READY)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_stand_out(browser: Browser, decks: dict[str, Path], theme: Theme) -> None:
    """All decks have one style; this one has code, tables, quotations, a question, a formula."""
    with opened(browser, decks["04-analysis"], ready=READY) as there:
        there.go(f"?print-pdf&theme={theme}", READY)
        assert there.complaints() == []


def test_every_picture_has_words(deck: Offline) -> None:
    without = deck.page.evaluate(
        """() => [...document.querySelectorAll('.slides img, .slides svg')]
        .filter((each) => !(each.getAttribute('alt') || each.getAttribute('aria-label')
          || each.closest('mjx-container, [aria-hidden=true]')
          || each.parentElement.closest('svg')))
        .map((each) => each.outerHTML.slice(0, 80))"""
    )
    assert without == []


@pytest.fixture
def start(browser: Browser, decks: dict[str, Path]) -> Iterator[Offline]:
    with opened(browser, decks["00-start-here"], ready=READY) as there:
        yield there
        assert there.problems == []


def test_a_lecture_with_keys_alone(start: Offline) -> None:
    page = start.page
    answers = page.locator("section.present section.present details")
    while not answers.count():
        page.keyboard.press("ArrowRight")
    asked = place(page)
    page.keyboard.press("Enter")  # to the first answer
    page.keyboard.press("Enter")  # which opens
    assert answers.evaluate_all("all => all.map(each => each.open)") == [True, False, False]
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert answers.evaluate_all("all => all.map(each => each.open)") == [False, True, False]
    assert place(page) == asked, "a key for the answer went on to the deck"
    page.keyboard.press("ArrowRight")
    assert place(page) == asked + 1
    while not page.locator("section.present section.present .tcp-stage").count():
        page.keyboard.press("ArrowRight")
    here = place(page)
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    shown = page.locator("section.present section.present .tcp-stage .cnt")
    assert shown.inner_text().startswith("2 / ")
    assert place(page) == here
    page.keyboard.press("PageDown")  # what a presenter's remote sends
    assert place(page) == here + 1
    page.keyboard.press("ArrowLeft")
    assert place(page) == here, "the stage kept the keys of the deck"
    page.keyboard.press("o")
    assert page.evaluate("Reveal.isOverview()")
    page.keyboard.press("Escape")
    assert not page.evaluate("Reveal.isOverview()")
    page.keyboard.press("End")
    assert place(page) == count(page) - 1
    number = "".join(page.locator(".slide-number").inner_text().split())
    assert number == f"{count(page)}/{count(page)}"


@pytest.mark.needs("bwrap")
def test_a_whole_lecture_where_there_is_no_network_at_all(
    decks: dict[str, Path], tmp_path: Path
) -> None:
    """In a network namespace of its own, which has its loopback and nothing else."""
    chapter = next(path for path in PATHS if path.stem == "01-opening")
    pages([chapter], tmp_path)
    command = [sys.executable, "-m", "tests.browser.lecture", decks[chapter.stem],
               tmp_path / f"{chapter.stem}.html"]  # fmt: skip
    alone = ["bwrap", "--dev-bind", "/", "/", "--unshare-net", "--"]
    done = subprocess.run(
        [*alone, *command], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["devices"] == ["lo"]
    assert seen["problems"] == []
    assert seen["deck"]["slides"] == seen["total"]
    assert seen["deck"]["last"]
    source = nbformat.read(chapter, 4)
    prose = "".join(cell.source for cell in source.cells if cell.cell_type == "markdown")
    assert seen["deck"]["answers"] == prose.count("<details")
    assert seen["deck"]["steps"] >= 5, "the handshake alone has five"
    assert seen["page"].endswith("."), "the last sentence of the first story"


def test_light_and_dark(start: Offline) -> None:
    def colour() -> str:
        return str(
            start.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        )

    assert colour() == "rgb(255, 255, 255)"
    start.page.keyboard.press("d")
    assert colour() == "rgb(20, 24, 31)"
    start.page.keyboard.press("d")
    assert colour() == "rgb(255, 255, 255)"
    start.page.emulate_media(color_scheme="dark")
    start.go("?theme=light", READY)
    assert colour() == "rgb(255, 255, 255)"
    start.go(ready=READY)
    assert colour() == "rgb(20, 24, 31)"


def test_notes_are_in_the_speaker_view(start: Offline) -> None:
    page = start.page
    assert page.locator("aside.notes").first.is_hidden()
    page.evaluate(
        "() => { const notes = [...document.querySelectorAll('aside.notes')];"
        " const slide = notes.at(-1).closest('section');"
        " const at = Reveal.getIndices(slide); Reveal.slide(at.h, at.v); }"
    )
    words = str(page.locator("section.present section.present aside.notes").text_content()).strip()
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    notes = popup.value.locator(".speaker-controls-notes .value")
    expect(notes).to_contain_text(words[:40], timeout=20_000)
    here = place(page)
    popup.value.frame_locator("#current-slide iframe").locator(READY).wait_for(state="attached")
    page.keyboard.press("ArrowRight")
    assert place(page) == here + 1
    expect(notes).to_be_hidden()  # that slide has no notes


def test_chinese_is_named_and_in_no_japanese_font(browser: Browser, decks: dict[str, Path]) -> None:
    with opened(browser, decks["01-opening"], ready=READY) as there:
        named = there.page.locator("[lang=zh-Hans]").all_text_contents()
        assert any("传说中的" in text for text in named)
        assert not any("a" <= letter <= "z" for text in named for letter in text)
        font = there.page.evaluate("getComputedStyle(document.body).fontFamily")
        assert "Noto Sans CJK SC" in font
        assert "PingFang SC" in font


def test_mathematics_is_drawn_and_can_be_read_aloud(
    browser: Browser, decks: dict[str, Path]
) -> None:
    with opened(browser, decks["04-analysis"], ready=READY) as there:
        formula = there.page.locator("mjx-container").first
        assert formula.locator("svg").count() == 1
        assert formula.locator("mjx-assistive-mml math").count() == 1
        assert there.problems == []


def test_a_handshake_is_driven_on_a_slide(browser: Browser, decks: dict[str, Path]) -> None:
    """Enter goes to the playground; there the arrow plays it, and the deck stays where it is."""
    with opened(browser, decks["00-start-here"], ready=READY) as there:
        page = there.page
        page.wait_for_selector(".tcp-hands[data-ready]", state="attached")
        page.evaluate("""() => {
          const slide = document.querySelector(".tcp-hands").closest("section")
          const {h, v} = Reveal.getIndices(slide)
          Reveal.slide(h, v)
        }""")
        before = page.url
        page.keyboard.press("Enter")
        for _ in range(5):
            page.keyboard.press("ArrowRight")
        expect(page.locator(".tcp-hands .who i")).to_have_text(["ESTABLISHED", "ESTABLISHED"])
        assert page.url == before and there.problems == []


SMALL_ON_A_QUIZ = """() => [...document.querySelectorAll('.tcp-asks *')].filter((each) => {
    const own = [...each.childNodes].some((part) => part.nodeType === 3 && part.data.trim());
    return own && each.checkVisibility() && each.getBoundingClientRect().width;
  }).map((each) => {
    const svg = each.closest('svg');
    const zoom = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width
      : 1.28 * Reveal.getScale();
    return [each.textContent.slice(0, 30), parseFloat(getComputedStyle(each).fontSize) * zoom];
  }).filter(([words, size]) => size < 15.9)"""


@pytest.mark.parametrize("chapter", ["02-closing", "03-seq-and-ack", "06-your-own-kernel"])
def test_a_hall_answers_the_predictor_on_a_slide(
    browser: Browser, decks: dict[str, Path], chapter: str
) -> None:
    """Its ladder, map, question and words stand on the slide, and nobody needs glasses."""
    with opened(browser, decks[chapter], ready=READY) as there:
        page = there.page
        page.wait_for_selector(".tcp-asks[data-ready]", state="attached")
        page.evaluate("""() => {
          const {h, v} = Reveal.getIndices(document.querySelector(".tcp-asks").closest("section"))
          Reveal.slide(h, v)
        }""")
        quiz = page.locator(".tcp-asks")
        for state in ("TIME_WAIT", "CLOSE_WAIT"):
            for button in quiz.locator(".at button", has_text=state).all():
                button.click()
        for field in quiz.get_by_role("textbox").all():
            field.fill("77")
        quiz.get_by_role("button", name="Check").click()
        expect(quiz.get_by_role("status")).to_contain_text("✗ Not yet.")
        assert page.evaluate(SMALL_ON_A_QUIZ) == []
        inside = quiz.bounding_box()
        assert inside is not None and inside["y"] + inside["height"] <= 720
        for part in (".lad", ".card", ".map"):
            for box in [each.bounding_box() for each in quiz.locator(part).all()]:
                assert box is not None and box["y"] + box["height"] <= 721
        quiz.get_by_role("button", name="Show the answer").click()
        assert page.evaluate(SMALL_ON_A_QUIZ) == []
        assert there.problems == []


def test_the_title_slide_has_the_chapters_picture_and_code_is_where_it_is_the_point(
    browser: Browser, decks: dict[str, Path]
) -> None:
    with opened(browser, decks["01-opening"], ready=READY) as there:
        page = there.page
        picture = page.get_by_role("img", name="Ladder: 3 packets in 5 steps")
        assert picture.count() >= 1
        assert page.locator("section.title .picture").count() == 1
        code = page.locator(".slides .jp-InputArea").all_text_contents()
        assert any("b.open_passive()" in text for text in code), "what the chapter explains"
        assert not any("tcp.simulate(" in text for text in code), "what only shows a stage"
        assert not any("import tcpcourse" in text for text in code)


def test_what_tells_how_to_run_a_notebook_is_not_on_a_slide(start: Offline) -> None:
    assert "How to run it" not in start.page.locator(".slides").inner_text()
    source = nbformat.read(PATHS[0], 4).cells[0].source
    assert "How to run it" in source.split("\n\n")[1]
