"""The secret from which the calls of students' functions are drawn: a file of its own."""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from pathlib import Path

from tcpcourse.core.errors import TcpCourseError

PLACE = "TCPCOURSE_GRADING_KEY"
"""The environment variable that names the key's file."""

BYTES = 32


def key_path() -> Path:
    """Where the key is: what ``TCPCOURSE_GRADING_KEY`` names, else in the home's ``.config``."""
    named = os.environ.get(PLACE)
    return Path(named) if named else Path.home() / ".config" / "tcpcourse" / "grading.key"


def make_key(path: Path) -> None:
    """Write a new key to a file that only its owner can read.

    Raises ``TcpCourseError`` when the file is there already, or would lie in a repository.
    """
    _outside(path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise TcpCourseError(
            f"{path} is there already: keep it, for with another key functions get other inputs."
        ) from None
    with open(number, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(BYTES) + "\n")


def read_key(path: Path) -> bytes:
    """The key. Raises ``TcpCourseError`` when it is missing, no key, or open to others."""
    _outside(path)
    try:
        mode, text = path.stat().st_mode, path.read_text(encoding="ascii").strip()
        key = bytes.fromhex(text)
    except FileNotFoundError:
        raise TcpCourseError(
            f"There is no key at {path}: make one with `python -m tcpcourse.exercises.grading key`."
        ) from None
    except (OSError, ValueError):
        raise TcpCourseError(f"{path} is not a key, or cannot be read.") from None
    if len(key) < BYTES:
        raise TcpCourseError(f"{path} is not a key: it is too short.")
    if stat.S_IMODE(mode) & 0o077:
        raise TcpCourseError(f"Others can read the key: run `chmod 600 {path}`.")
    return key


def fingerprint(key: bytes) -> str:
    """A word that tells keys apart and tells nothing about them."""
    return hashlib.sha256(b"fingerprint" + key).hexdigest()[:16]


def _outside(path: Path) -> None:
    for folder in path.absolute().parents:
        if (folder / ".git").exists():
            raise TcpCourseError(f"The key {path} lies in a repository: keep it outside.")
