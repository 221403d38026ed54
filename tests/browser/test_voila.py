"""The playground as a page of its own, served by Voilà, with no other host to be reached."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

pytestmark = pytest.mark.needs("chromium")

ROOT = Path(__file__).parents[2]
SECONDS_TO_START = 60
# Voilà's own page asks for an icon font; ours shows no icon, so it may stay away.
ICONS = re.compile(r"/fontawesome-free@[^/]*/css/[\w.-]+\.css$")


def command() -> list[str]:
    """What README.md says after the environment is made."""
    found = re.search(r" (voila notebooks/\S+( --\S+)*)\n", (ROOT / "README.md").read_text("utf-8"))
    assert found, "README.md has no command for Voilà"
    return found.group(1).split()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    scratch = tmp_path_factory.mktemp("voila")
    folders = {"HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"}
    environment = os.environ | {name: str(scratch) for name in folders}
    log, port = scratch / "voila.log", _free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                *command(),
                "--no-browser",
                f"--port={port}",
                "--Voila.ip=127.0.0.1",
            ],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(process, port, log)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()
            process.wait(timeout=20)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise AssertionError("Voilà did not start:\n" + log.read_text("utf-8"))


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    asked: list[str] = []
    problems: list[str] = []

    def guard(route: Route) -> None:
        if urlsplit(route.request.url).netloc == urlsplit(address).netloc:
            route.continue_()
        else:
            asked.append(route.request.url)
            route.abort()

    page.on("pageerror", lambda error: problems.append(str(error)))
    page.route(re.compile("^https?:"), guard)
    page.goto(address)
    expect(page.get_by_role("button", name="connect", exact=True)).to_have_count(2, timeout=60_000)
    yield page
    context.close()
    assert problems == []
    assert [url for url in asked if not ICONS.search(url)] == []


def test_a_handshake_is_played_by_hand(page: Page) -> None:
    """RFC 9293 §3.5, figure 6, in numbers that begin at 0 on either side."""
    expect(page.get_by_role("heading", level=1)).to_contain_text("The playground")
    page.get_by_role("button", name="listen", exact=True).nth(1).click()
    page.get_by_role("button", name="connect", exact=True).nth(0).click()
    for flags, numbers in (("SYN", "seq 0"), ("SYN ACK", "seq 0 ack 1"), ("ACK", "seq 1 ack 1")):
        expect(page.locator("svg").first).to_contain_text(numbers)
        envelope = page.get_by_role("button", name=re.compile(rf"✉.*\b{flags}\b"))
        expect(envelope).to_have_count(1)
        envelope.click()
    there = page.get_by_role("img", name="Map of the states: A is ESTABLISHED, B is ESTABLISHED.")
    expect(there).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("✉"))).to_have_count(0)


def test_what_tcp_does_not_allow_is_grey_when_asked_for(page: Page) -> None:
    """A closed end can neither send nor close, RFC 9293 §3.10.2 and §3.10.4."""
    expect(page.get_by_role("button", name="close", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Show what is refused").click()
    expect(page.get_by_role("button", name="close", exact=True).nth(0)).to_be_disabled()
    expect(page.get_by_role("button", name="connect", exact=True).nth(0)).to_be_enabled()
