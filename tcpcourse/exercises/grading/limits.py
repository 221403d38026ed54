"""How much a student's notebook may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from tcpcourse.core.errors import TcpCourseError

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one notebook. Times are in seconds, sizes in bytes.

    ``total_seconds`` is what a whole notebook may compute, restarts included, and
    ``wall_seconds`` how long it may take, less the time in which no core was free.
    ``cell_seconds`` and ``call_seconds`` are what one cell and one call of a function may
    compute, and how long it may wait for something else. ``memory`` is the address
    space of each process, and all processes together may hold twice as much. ``storage`` is
    the room for temporary files, ``answers`` the most that is read from the sandbox.
    """

    total_seconds: float = 60
    wall_seconds: float = 120
    cell_seconds: float = 20
    call_seconds: float = 2
    memory: int = 1024 * MEBIBYTE
    processes: int = 64
    file_size: int = 32 * MEBIBYTE
    storage: int = 64 * MEBIBYTE
    answers: int = 16 * MEBIBYTE

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Limits:
        """The limits with some of them given by name, as ``c.TcpcourseLimits`` in the config.

        Raises ``TcpCourseError`` for a name that is none, or a value that is not positive.
        """
        known = {each.name for each in fields(cls)}
        for name, value in given.items():
            if name not in known:
                raise TcpCourseError(f"There is no limit {name!r}: there are {sorted(known)}.")
            if type(value) not in (int, float) or not value > 0:
                raise TcpCourseError(f"The limit {name} should be a positive number.")
        return cls(**given)

    def told(self) -> dict[str, Any]:
        """What the runner in the sandbox is told."""
        return asdict(self)
