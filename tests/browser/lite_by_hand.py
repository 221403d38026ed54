"""A JupyterLite site opened with no other host to be reached, and chapters run in it.

Building the site needs npm and the package index, so this is run by hand::

    tcpcourse lite --out site
    python -m tests.browser.lite_by_hand site 01-opening

It prints, for each chapter, how long it took, and each cell that says it cannot run there. It
fails if a cell did not run, or ended with an error that nobody explains.
"""

from __future__ import annotations

import shutil
import sys
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from playwright.sync_api import Browser, Page, sync_playwright

from .conftest import SEALED

ALONE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
SECONDS = 180
# The cells out of sight are drawn only when they are scrolled to.
CELLS = """() => [...document.querySelectorAll('.jp-CodeCell')].map((cell) => ({
  count: cell.querySelector('.jp-InputPrompt').textContent,
  source: cell.querySelector('.cm-content')?.innerText ?? '',
  error: !!cell.querySelector('[data-mime-type="application/vnd.jupyter.error"]'),
  not: [...cell.querySelectorAll('.jp-OutputArea-output')].map((each) => each.innerText)
    .filter((text) => text.startsWith('Not here: ')).join(' '),
}))"""
DOWN = """() => { const panel = document.querySelector('.jp-WindowedPanel-outer'),
  before = panel.scrollTop; panel.scrollTop += 400; return panel.scrollTop === before; }"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


def run(browser: Browser, address: str, chapter: str) -> bool:
    """Run all cells of one chapter; whether each ran or said why not."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    began = time.monotonic()
    page.goto(f"{address}/lab/index.html?path=notebooks/{chapter}.ipynb")
    page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=60_000)
    opened = time.monotonic()
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=90_000)
    ready = time.monotonic()
    page.get_by_text("Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    page.wait_for_timeout(1000)
    page.wait_for_selector(
        ".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=SECONDS * 1000
    )
    ended = time.monotonic()
    cells = _cells(page)
    page.context.close()
    bad = {source: count for source, (count, _, error) in cells.items() if error or count == "[ ]:"}
    away = {source: said for source, (_, said, _) in cells.items() if said}
    print(
        f"{chapter}: opens in {opened - began:.1f} s, Python after {ready - opened:.1f} s more, "
        f"{len(cells)} cells in {ended - ready:.1f} s, {len(away)} of them not here, {len(bad)} bad"
    )
    for source, said in [*away.items(), *bad.items()]:
        print(f"    {source.splitlines()[0][:60]} … {said.strip()}")
    return bool(cells) and not bad


def _cells(page: Page) -> dict[str, tuple[str, str, bool]]:
    """Source → number of the run, what it lacks, whether there is an error."""
    found = {}
    page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0")
    end = False
    while not end:
        page.wait_for_timeout(100)
        for cell in page.evaluate(CELLS):
            if cell["source"]:
                found[cell["source"]] = (cell["count"], cell["not"], cell["error"])
        end = page.evaluate(DOWN)
    return found


def main(site: Path, *chapters: str) -> int:
    """0 if every chapter ran."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site)))
    Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=[*SEALED, ALONE]
        )
        address = f"http://127.0.0.1:{server.server_port}"
        went = [run(browser, address, chapter) for chapter in chapters]
        browser.close()
    return 0 if all(went) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
