"""Durations as people write them: ``"10ms"``, ``"1s"``, or a number of seconds.

One rule holds for everything in a story that lasts: a number is a number of seconds, a text
has its unit with it. Inside, time is a whole number of nanoseconds.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from numbers import Real

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.words import message

Duration = str | float
UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "min": 60 * 10**9}
LONGEST = 7 * 24 * 60 * 60 * UNITS["s"]
_WRITTEN = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,9})?) ?(ns|us|µs|ms|s|min)")


def nanoseconds(duration: Duration, what: str = "duration") -> int:
    """The whole number of nanoseconds, from 0 to one week, that ``duration`` means.

    A number counts seconds; a text is a number and one of ns, us, ms, s, min. ``what`` names
    the duration where it is refused. Raises ``TcpCourseError`` for anything else.

    >>> nanoseconds("10ms"), nanoseconds(0.25), nanoseconds("1.5 s")
    (10000000, 250000000, 1500000000)
    """
    length: int | None = None
    if isinstance(duration, str):
        if match := _WRITTEN.fullmatch(duration.strip()):
            length = round(Decimal(match[1]) * UNITS[match[2]])
    elif isinstance(duration, Real) and not isinstance(duration, bool):
        seconds = float(duration)
        if math.isfinite(seconds):
            length = round(seconds * UNITS["s"])
    if length is None or not 0 <= length <= LONGEST:
        raise TcpCourseError(
            message(
                "The {name} {duration!r:.60} is not possible; write a number of seconds from 0 "
                'to one week, or a text such as "250us", "10ms" or "1s".',
                name=what,
                duration=duration,
            )
        )
    return length
