"""The cheat sheet in real Chromium: two pages of A4, and a page for phones, by day and night."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tcpcourse.export.cheat_sheet import save

from .lab import Theme
from .offline import opened

pytestmark = pytest.mark.needs("chromium")


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    (path,) = save(tmp_path_factory.mktemp("sheet"))
    return path


def test_it_prints_on_two_pages_of_a4(browser: Browser, sheet: Path) -> None:
    with opened(browser, sheet) as there:
        printed = there.page.pdf(prefer_css_page_size=True)
        there.page.emulate_media(media="print")
        ends = there.page.evaluate(
            "[...document.querySelectorAll('section')].map((each) => each.offsetHeight)"
        )
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 2
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", printed)
    millimetres = {tuple(round(float(side) / 72 * 25.4) for side in box) for box in boxes}
    assert millimetres == {(210, 297)}
    assert len(ends) == 2 and min(ends) > 400, "no page is nearly empty"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_opens_in_silence_and_fits(browser: Browser, sheet: Path, theme: Theme) -> None:
    with opened(browser, sheet, theme) as there:
        for width in (1280, 700, 400):
            there.page.set_viewport_size({"width": width, "height": 900})
            assert there.page.evaluate("document.documentElement.scrollWidth") <= width
        assert there.complaints() == []
        assert there.problems == []
