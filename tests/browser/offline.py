"""A file open in a browser that has no network; what it asks for and complains of is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Route

from .lab import Theme

BAD = ("serious", "critical")


@dataclass
class Offline:
    """One page; ``problems`` are requests, console errors and exceptions."""

    context: BrowserContext
    page: Page
    address: str
    problems: list[str] = field(default_factory=list)

    def go(self, query: str = "", ready: str = "main") -> None:
        """Load the file, with a query, and wait for an element."""
        self.page.goto(self.address + query)
        self.page.wait_for_selector(ready, state="attached")

    def complaints(self, colours: bool = True) -> list[str]:
        """What axe-core finds serious on what is to be seen now, but for the inside of pictures.

        Comparing ``colours`` takes longer than all the rest.
        """
        options = {
            "resultTypes": ["violations"],
            "rules": {"color-contrast": {"enabled": colours}},
        }
        found = Axe().run(self.page, {"exclude": ["svg"]}, options).response["violations"]
        return [
            f"{each['id']}: {node['target']} {node['failureSummary']}"
            for each in found
            if each["impact"] in BAD
            for node in each["nodes"]
        ]


@contextmanager
def opened(
    browser: Browser, path: Path, theme: Theme = "light", ready: str = "main"
) -> Iterator[Offline]:
    """The file in a window of 1280 × 720 pixels; files beside it may be opened, nothing else."""
    context = browser.new_context(
        color_scheme=theme, offline=True, viewport={"width": 1280, "height": 720}
    )
    there = Offline(context, context.new_page(), path.resolve().as_uri())
    folder = path.resolve().parent.as_uri() + "/"

    def guard(route: Route) -> None:
        asked = route.request
        if asked.is_navigation_request() and asked.url.startswith(folder):
            route.continue_()
        else:
            there.problems.append(f"a request to {asked.url[:200]}")
            route.abort()

    context.route("**/*", guard)
    there.page.on("pageerror", lambda error: there.problems.append(str(error)))
    there.page.on(
        "console",
        lambda said: (
            there.problems.append(said.text) if said.type in ("error", "warning") else None
        ),
    )
    there.go(ready=ready)
    yield there
    context.close()
