"""The library on other machines than this one: Windows, macOS, any encoding of text files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Only what the course's own files import and open is judged, not the libraries below them.
PRELUDE = """
import builtins, importlib, pkgutil, sys, warnings
import tcpcourse
blocked = {"fcntl", "grp", "pwd", "resource", "termios"}
real, said = builtins.__import__, []

def importing(name, globals=None, locals=None, fromlist=(), level=0):
    if name in blocked and (globals or {}).get("__name__", "").startswith("tcpcourse"):
        raise ImportError(f"{globals['__name__']} needs {name}, which not every machine has")
    return real(name, globals, locals, fromlist, level)

def shown(message, category, filename, line, *_):
    if issubclass(category, EncodingWarning) and filename.startswith(tcpcourse.__path__[0]):
        said.append(f"{filename}:{line}: {message}")

warnings.simplefilter("always", EncodingWarning)
warnings.showwarning = shown
builtins.__import__ = importing
"""
MODULES = """
for module in pkgutil.walk_packages(tcpcourse.__path__, "tcpcourse."):
    # the runner is no part of the library: it is started in the sandbox, which Linux has
    if module.name not in ("tcpcourse.__main__", "tcpcourse.exercises.grading.__main__",
                           "tcpcourse.exercises.grading.runner"):
        importlib.import_module(module.name)
"""
COMMAND = """
module, *words = sys.argv[1:]
assert importlib.import_module(module).main(words) == 0
"""
AFTERWARDS = "\nsys.exit('\\n'.join(said) or 0)\n"


def apart(program: str, *words: str | Path) -> None:
    command = [sys.executable, "-X", "warn_default_encoding", "-c", PRELUDE + program + AFTERWARDS]
    done = subprocess.run(
        [*command, *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_module_is_imported_where_posix_is_not() -> None:
    apart(MODULES)


def test_the_judge_sees_both_faults() -> None:
    """A module of ours that needs fcntl, and one that opens a file in the machine's encoding."""
    ours = "exec(compile({!r}, tcpcourse.__path__[0] + '/x.py', 'exec'), {{'__name__': {!r}}})"
    for code in ("import fcntl", "open('README.md').close()"):
        with pytest.raises(AssertionError, match=r"needs fcntl|x\.py:1: 'encoding'"):
            apart(ours.format(code, "tcpcourse.x"))


@pytest.mark.parametrize("command", ["slides", "html"])
def test_lecturers_commands_read_and_write_utf_8(command: str, tmp_path: Path) -> None:
    words = [command, "00-start-here", "--out", tmp_path / "幻灯片"]
    apart(COMMAND, "tcpcourse.cli", *words)
    assert list((tmp_path / "幻灯片").glob("00-start-here*.html"))
