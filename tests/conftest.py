"""What is left out where a tool is missing, and that nothing is left out where nothing may be.

A test that needs a tool which pip cannot install says so: ``@pytest.mark.needs("tshark")``.
On a machine without it the test is skipped, and the reason names what to install. With
``--nothing-skipped`` a run in which anything was skipped has failed. Sweeps (every slide of
every deck in both themes) are marked ``exhaustive``; ``pytest -m exhaustive`` runs them.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

# The tool, and the Debian package that brings it.
TOOLS = {
    "bwrap": "bubblewrap", "chromium": "chromium", "ip": "iproute2", "tcpdump": "tcpdump",
    "tshark": "tshark",
}  # fmt: skip
MISSING = {tool for tool in TOOLS if shutil.which(tool) is None}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--nothing-skipped", action="store_true", help="a run in which anything was skipped fails"
    )


def pytest_configure(config: pytest.Config) -> None:
    # a bar comes or not as the machine is slow or quick: no output to be compared may hold one
    os.environ.setdefault("TCPCOURSE_PROGRESS", "0")
    config.addinivalue_line("markers", f"needs(tool, ...): needs one of {', '.join(TOOLS)}")
    config.addinivalue_line("markers", "posix: needs what Windows does not have")
    # nbgrader starts `alembic` by name, and an environment need not be activated to be used.
    folder = str(Path(sys.executable).parent)
    if folder not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([folder, os.environ["PATH"]])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        needs = {tool for mark in item.iter_markers("needs") for tool in mark.args}
        if not needs <= TOOLS.keys():
            raise pytest.UsageError(f"{item.nodeid} needs {needs}, not all of which are known")
        if lacking := sorted(needs & MISSING):
            packages = ", ".join(TOOLS[tool] for tool in lacking)
            item.add_marker(pytest.mark.skip(f"not on this machine: {packages}"))
        if sys.platform == "win32" and item.get_closest_marker("posix"):
            item.add_marker(pytest.mark.skip("not on Windows"))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not session.config.getoption("--nothing-skipped"):
        return
    left_out = [*reporter.stats.get("skipped", ()), *reporter.stats.get("xfailed", ())]
    if left_out and session.exitstatus == pytest.ExitCode.OK:
        reporter.write_line(f"\n{len(left_out)} tests were skipped, and none may be.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
