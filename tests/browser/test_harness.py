"""The harness itself: it runs notebooks, and it sees what goes wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Page

from tcpcourse.notebooks import KERNEL

from .lab import Notebook, Server, Theme

pytestmark = pytest.mark.needs("chromium")


def throwaway(server: Server, name: str, *sources: str) -> str:
    cells = [new_code_cell(source) for source in sources]
    notebook = new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
    nbformat.write(notebook, server.root / name)
    return name


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_notebook_runs_in_lab(
    server: Server, open_notebook: Callable[..., Notebook], theme: Theme
) -> None:
    sources = [
        "import ipywidgets, tcpcourse",
        "ipywidgets.Button(description='A')",
        "import sys\nprint(sys.prefix)",
    ]
    path = throwaway(server, f"{theme}.ipynb", *sources)
    notebook = open_notebook(path, theme)
    notebook.run_all()
    page = notebook.page
    assert page.locator(".jp-OutputArea button", has_text="A").count() == 1
    assert page.get_by_text(sys.prefix, exact=True).count() == 1, "another Python runs the kernel"
    colour = page.evaluate("getComputedStyle(document.body).getPropertyValue('--jp-layout-color0')")
    assert colour.strip() in {"light": ("white", "#fff"), "dark": ("#111", "#111111")}[theme]


def test_a_failing_cell_is_seen(server: Server, open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook(throwaway(server, "failing.ipynb", "1 / 0"))
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        notebook.run_all()


def test_an_error_of_the_browser_and_a_request_are_kept(browser: Browser, server: Server) -> None:
    source = (
        "from IPython.display import HTML\n"
        'HTML(\'<img src="http://192.0.2.1/x.png"><script>throw new Error("oh")</script>\')'
    )
    notebook = Notebook(browser, server, throwaway(server, "loud.ipynb", source))
    notebook.run_all()
    notebook.close()
    assert any("192.0.2.1" in error for error in notebook.errors)
    assert any("oh" in error for error in notebook.errors)


def test_a_page_without_a_network(html_page: Callable[..., Page], tmp_path: Path) -> None:
    page = html_page("<p>plain</p><script>document.title = 'ran'</script>")
    assert page.title() == "ran"
    file = tmp_path / "other.html"
    file.write_text("<p>from a file</p>", encoding="utf-8")
    assert html_page(file, "dark").inner_text("p") == "from a file"
