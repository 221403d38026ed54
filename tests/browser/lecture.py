"""A deck lectured from its first slide to its last with keys alone, and a page read.

Run by a test in a network namespace that has nothing in it::

    python -m tests.browser.lecture deck.slides.html page.html

It prints, as JSON, what was there to see.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, sync_playwright

SEALED = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
MOST_TABS = 12  # a stage has some stops of its own
HERE = "section.present section.present "


def lecture(page: Page) -> dict[str, Any]:
    """Every slide, every answer and every step, as a lecturer with a keyboard comes to them."""
    seen = {"slides": 1, "answers": 0, "steps": 0, "last": False}
    while True:
        seen["answers"] += _answer(page, page.locator(HERE + ".jp-RenderedMarkdown details"))
        seen["steps"] += _step(page, page.locator(HERE + ".tcp-stage:visible"))
        place = page.evaluate("Reveal.getIndices()")
        page.keyboard.press("ArrowRight")
        after = page.evaluate("Reveal.getIndices()")
        if after == place:
            seen["last"] = page.evaluate("Reveal.getProgress() === 1")
            return seen
        seen["slides"] += (after["h"], after["v"]) != (place["h"], place["v"])


def _answer(page: Page, answers: Locator) -> int:
    """Open each answer of the slide that was not opened yet: Enter goes in, Tab goes on."""
    opened = 0
    for number in range(answers.count()):
        answer = answers.nth(number)
        if answer.evaluate("answer => 'told' in answer.dataset || !answer.checkVisibility()"):
            continue  # told before, or in a fragment that has not come yet
        page.keyboard.press("Enter")
        for _ in range(MOST_TABS):
            if answer.evaluate("answer => answer.firstElementChild === document.activeElement"):
                page.keyboard.press("Space")
                opened += answer.evaluate(
                    "answer => { answer.dataset.told = ''; return answer.open; }"
                )
                break
            page.keyboard.press("Tab")
        page.keyboard.press("Escape")
    return opened


def _step(page: Page, stages: Locator) -> int:
    """Go through the story of the slide by the right arrow, up to its last step."""
    if stages.count() != 1:
        return 0
    page.keyboard.press("Enter")
    shown = stages.locator(".cnt")
    steps, before = 0, ""
    while shown.inner_text() != before:
        before = shown.inner_text()
        page.keyboard.press("ArrowRight")
        steps += 1
    page.keyboard.press("Escape")
    return steps


def main(deck: Path, copy: Path) -> None:
    """Lecture the deck, then step through the first story of the page."""
    devices = Path("/proc/net/dev").read_text(encoding="ascii").splitlines()[2:]
    found: dict[str, Any] = {"devices": [line.split(":")[0].strip() for line in devices]}
    problems: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=SEALED)
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("requestfailed", lambda asked: problems.append(asked.url[:100]))
        page.on("console", lambda said: problems.append(said.text) if said.type == "error" else 0)
        page.goto(deck.resolve().as_uri())
        page.wait_for_selector("html[data-ready]", state="attached")
        found["total"] = page.evaluate("Reveal.getTotalSlides()")
        found["deck"] = lecture(page)
        page.goto(copy.resolve().as_uri())
        stage = page.locator(".tcp-stage").first
        stage.scroll_into_view_if_needed()
        page.wait_for_selector(".tcp-stage[data-ready]")
        stage.focus()
        page.keyboard.press("End")
        found["page"] = stage.get_by_role("status").inner_text()
        browser.close()
    print(json.dumps(found | {"problems": problems}))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
