"""The tools that read the code without running it find nothing to say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "--no-cache", "."],
        ["ruff", "format", "--check", "--no-cache", "."],
        ["mypy", "--cache-dir", ".mypy_cache"],
        ["codespell_lib", "README.md", "tcpcourse", "tests", "data", "binder", "pyproject.toml"],
    ],
    ids=lambda command: "-".join(command[:2]).partition("-README")[0].removesuffix("_lib"),
)
def test_nothing_to_say(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
