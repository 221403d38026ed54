"""The instructor's folder: the assignments, a kept environment with nbgrader, and the key."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.grading.keys import key_path, make_key
from tcpcourse.export.course import PACKAGE, original
from tcpcourse.words import message

PINS = PACKAGE.parent / "tests" / "requirements.txt"
COURSE = ("source", "nbgrader_config.py")


def prepare(folder: Path) -> list[str]:
    """Make what grading needs in ``folder``, and say what was made; done again, it is kept.

    The folder is for its owner alone. Its environment ``.venv`` holds the versions that were
    tested. Raises TcpCourseError where uv or the pins are missing, or where a step fails.
    """
    uv, made = _uv(), []
    if not PINS.is_file():
        raise TcpCourseError(
            message("Run this in a copy of the repository: it holds the tested versions.")
        )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in COURSE:
            source, target = original("notebooks") / "exercises" / name, folder / name
            if target.exists():
                continue
            (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
            made.append(str(target))
    except OSError as error:
        raise TcpCourseError(
            message("{folder}: cannot be written: {reason}.", folder=folder, reason=error.strerror)
        ) from error
    if not (folder / ".venv").exists():
        python = sys._base_executable  # type: ignore[attr-defined]
        _run([uv, "venv", "--quiet", "--python", python, str(folder / ".venv")])
        made.append(str(folder / ".venv"))
    wanted = f"{PACKAGE.parent}[grading]"
    place = ["--python", str(folder / ".venv"), "--constraints", str(PINS)]
    _run([uv, "pip", "install", "--quiet", *place, "--editable", wanted])
    if not key_path().exists():
        make_key(key_path())
        made.append(message("{file} (the key: keep a copy of it)", file=key_path()))
    return made


def _uv() -> str:
    """uv, as ``uv run`` names it to what it starts, or as it is installed."""
    found = os.environ.get("UV") or shutil.which("uv")
    if found is None:
        raise TcpCourseError(
            message("The program uv is missing: install it with python -m pip install uv.")
        )
    return found


def _run(command: list[str]) -> None:
    """Run uv, which says by itself what it does; TcpCourseError if it fails."""
    if subprocess.run(command, check=False).returncode:
        raise TcpCourseError(message("The environment could not be made: uv says why above."))
