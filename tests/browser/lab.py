"""A JupyterLab of our own, and one of its notebooks open in a browser."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote, urlsplit

from playwright.sync_api import Browser, Page, Route

Theme = Literal["light", "dark"]
SECONDS_TO_START = 60
SECONDS_TO_RUN = 180
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
TALLEST = 16_000  # pixels of a screenshot

# No news, no updates, no extension shop: the course works without a network.
QUIET = [
    "--LabApp.expose_app_in_browser=True",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.news_url=None",
    "--LabApp.extension_manager=readonly",
]
# All cells stay in the page, so that a test can look at the ones out of sight.
SETTINGS = {
    "@jupyterlab/notebook-extension/tracker": {
        "windowingMode": "none",
        "autoStartDefaultKernel": True,
    },
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false"},
}


@dataclass(frozen=True)
class Server:
    """A running JupyterLab: where it listens, its token, and the folder it shows."""

    url: str
    token: str
    root: Path


@contextmanager
def serve(root: Path, scratch: Path) -> Iterator[Server]:
    """JupyterLab on a free loopback port; it shows ``root`` and keeps its own in ``scratch``."""
    places = {
        "HOME": "home",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython",
        "MPLCONFIGDIR": "mpl",
    }
    environment = dict(os.environ)
    for variable, name in places.items():
        (scratch / name).mkdir(parents=True)
        environment[variable] = str(scratch / name)
    for plugin, values in SETTINGS.items():
        file = scratch / "config/lab/user-settings" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values), encoding="utf-8")
    token = secrets.token_hex(16)
    log = scratch / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", *QUIET),
                "--ServerApp.ip=127.0.0.1",
                "--ServerApp.port=0",
                f"--IdentityProvider.token={token}",
                f"--ServerApp.root_dir={root}",
            ],
            cwd=root,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield Server(_address(process, scratch / "runtime", log), token, root)
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _address(process: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
    """The address that the server wrote down once it was listening."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            try:
                return str(json.loads(file.read_text(encoding="utf-8"))["url"])
            except ValueError:
                pass  # still being written
        time.sleep(0.1)
    raise AssertionError("JupyterLab did not start:\n" + log.read_text(errors="replace"))


class Notebook:
    """One notebook open in JupyterLab; everything that went wrong in the browser is kept."""

    def __init__(self, browser: Browser, server: Server, path: str, theme: Theme = "light") -> None:
        self.errors: list[str] = []
        self._closing = False
        self.context = browser.new_context(
            viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
        )
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self._note(str(error)))
        self.page.on(
            "console", lambda said: self._note(said.text) if said.type == "error" else None
        )
        self._host = urlsplit(server.url).netloc
        self.page.route("**/*", self._only_the_server)
        self.page.goto(f"{server.url}lab/tree/{quote(path)}?token={server.token}&reset")
        self.page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell")
        self.dress(theme)
        self.page.wait_for_function(
            "jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
            timeout=SECONDS_TO_START * 1000,
        )

    def _note(self, error: str) -> None:
        if not self._closing:  # JupyterLab complains of requests that its own end cuts short
            self.errors.append(error)

    def _only_the_server(self, route: Route) -> None:
        address = urlsplit(route.request.url)
        if address.netloc == self._host or address.scheme in ("data", "blob"):
            route.continue_()
        else:
            self._note(f"a request to {address.scheme}://{address.netloc}")
            route.abort()

    def _command(self, name: str, arguments: dict[str, str] | None = None) -> None:
        self.page.evaluate(
            "([name, args, ms]) => Promise.race([jupyterapp.commands.execute(name, args),"
            " new Promise((_, no) => setTimeout(() => no(new Error(name + ' hangs')), ms))])",
            [name, arguments or {}, SECONDS_TO_RUN * 1000],
        )

    def dress(self, theme: Theme) -> None:
        """Change the theme of JupyterLab, and what the browser says the reader prefers."""
        self.page.emulate_media(color_scheme=theme)
        self._command("apputils:change-theme", {"theme": THEMES[theme]})
        self.page.wait_for_selector(f'body[data-jp-theme-name="{THEMES[theme]}"]', state="attached")

    def run_all(self) -> None:
        """Run every cell, wait for the end, and see that every code cell ran without an error."""
        self._command("notebook:run-all-cells")
        cells = self.page.evaluate(
            "[...jupyterapp.shell.currentWidget.content.model.cells].map(cell => cell.toJSON())"
        )
        for number, cell in enumerate(cells, start=1):
            for output in cell.get("outputs", []):
                if output["output_type"] == "error":
                    raise AssertionError(f"cell {number}: {output['ename']}: {output['evalue']}")
            if cell["cell_type"] == "code" and "".join(cell["source"]).strip():
                assert cell["execution_count"], f"cell {number} did not run"
        self.page.wait_for_timeout(500)  # the last outputs are drawn

    def photograph(self, folder: Path | None, name: str) -> None:
        """The whole notebook as ``name.png``, if a folder for pictures was asked for."""
        if folder is None:
            return
        size = self.page.viewport_size
        assert size is not None
        panel = self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-WindowedPanel-outer")
        tall = panel.evaluate("panel => panel.scrollHeight")
        self.page.set_viewport_size({"width": size["width"], "height": min(tall + 160, TALLEST)})
        self.page.wait_for_timeout(500)
        panel.evaluate("panel => panel.scrollTo(0, 0)")
        self.page.screenshot(path=folder / f"{name}.png")
        self.page.set_viewport_size(size)

    def close(self) -> None:
        """Shut the kernel down and close the window."""
        self._closing = True
        self.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        self.context.close()
