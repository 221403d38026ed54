"""Fixtures: Chromium, JupyterLab over a copy of the course, and a page without a network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from .lab import Notebook, Server, Theme, serve

ROOT = Path(__file__).parents[2]
SEALED = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=SEALED)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def pictures() -> Path | None:
    """Where to put screenshots: the folder named by TCPCOURSE_SHOTS, or nowhere."""
    folder = os.environ.get("TCPCOURSE_SHOTS")
    if not folder:
        return None
    Path(folder).mkdir(parents=True, exist_ok=True)
    return Path(folder)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """JupyterLab over a copy of the course, so that no test can change the notebooks."""
    root = tmp_path_factory.mktemp("course")
    ignored = shutil.ignore_patterns(".*", "__pycache__")
    for name in ("notebooks", "data"):
        shutil.copytree(ROOT / name, root / name, ignore=ignored)
    with serve(root, tmp_path_factory.mktemp("jupyter")) as running:
        yield running


@pytest.fixture
def open_notebook(browser: Browser, server: Server) -> Iterator[Callable[..., Notebook]]:
    """Open a notebook of the copied course; afterwards no browser error may have been seen."""
    opened: list[Notebook] = []

    def opener(path: str, theme: Theme = "light") -> Notebook:
        opened.append(Notebook(browser, server, path, theme))
        return opened[-1]

    yield opener
    for notebook in opened:
        notebook.close()
    assert [error for notebook in opened for error in notebook.errors] == []


@pytest.fixture
def html_page(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Open HTML, given as text or as a file, with no network: asking for anything is an error."""
    asked: list[str] = []
    contexts = []

    def opener(html: str | Path, theme: Theme = "light") -> Page:
        path = html if isinstance(html, Path) else tmp_path / "page.html"
        if isinstance(html, str):
            path.write_text(html, encoding="utf-8")
        address = path.resolve().as_uri()

        def guard(route: Route) -> None:
            if route.request.url.split("#")[0] == address:
                route.continue_()
            else:
                asked.append(route.request.url)
                route.abort()

        context = browser.new_context(color_scheme=theme, offline=True)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: asked.append(str(error)))
        page.route("**/*", guard)
        page.goto(address)
        return page

    yield opener
    for context in contexts:
        context.close()
    assert asked == [], "the page asked for something, or failed"
