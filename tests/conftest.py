"""What is left out where a system tool is missing, and that it is never left out in CI.

A test that needs a tool which pip cannot install says so: ``@pytest.mark.needs("tshark")``.
On a machine without the tool such tests are not collected, and one line at the end says so.
Where CI is set, a missing tool is an error.
"""

from __future__ import annotations

import os
import shutil

import pytest

# The tool, and the Debian package that brings it.
TOOLS = {
    "bwrap": "bubblewrap", "chromium": "chromium", "ip": "iproute2", "tcpdump": "tcpdump",
    "tshark": "tshark",
}  # fmt: skip
MISSING = sorted(tool for tool in TOOLS if shutil.which(tool) is None)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"needs(tool, ...): needs one of {', '.join(TOOLS)}")
    if MISSING and os.environ.get("CI"):
        packages = " ".join(TOOLS[tool] for tool in MISSING)
        raise pytest.UsageError(f"CI is set, but these Debian packages are missing: {packages}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    kept, left_out = [], []
    for item in items:
        needs = {tool for mark in item.iter_markers("needs") for tool in mark.args}
        if not needs <= TOOLS.keys():
            raise pytest.UsageError(f"{item.nodeid} needs {needs}, not all of which are known")
        (left_out if needs & set(MISSING) else kept).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if MISSING:
        tools = ", ".join(MISSING)
        terminalreporter.write_line(
            f"Left out: the tests that need {tools}, which this machine does not have.", yellow=True
        )
