"""The options of a TCP header, as far as the course reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.words import message


def check_fits(name: str, value: int, bits: int) -> None:
    """Raise ``TcpCourseError`` when a value does not fit a field of so many bits."""
    if not 0 <= value < 1 << bits:
        raise TcpCourseError(
            message(
                "The {name} {value} does not fit {bits} bits (0 … {most}).",
                name=name,
                value=value,
                bits=bits,
                most=(1 << bits) - 1,
            )
        )


@dataclass(frozen=True, slots=True)
class Options:
    """The TCP options that the course reads; ``None``, ``False`` or empty where absent.

    ``mss`` is in bytes (RFC 9293 §3.7.1); ``wscale`` is a shift of 0 … 14 bits (RFC 7323
    §2.2); ``sack`` holds blocks of (first, next) sequence numbers (RFC 2018); ``timestamp``
    is (TSval, TSecr) (RFC 7323 §3). MSS, scale and ``sack_permitted`` belong on SYNs only.
    Raises ``TcpCourseError`` when a value does not fit its bits.

    >>> options = Options(mss=1460, wscale=8)
    >>> str(options), options.length
    ('mss 1460,wscale 8', 8)
    """

    mss: int | None = None
    wscale: int | None = None
    sack_permitted: bool = False
    sack: tuple[tuple[int, int], ...] = ()
    timestamp: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        fields = [("mss", self.mss or 0, 16), ("wscale", self.wscale or 0, 8)]
        fields += [("timestamp", value, 32) for value in self.timestamp or ()]
        fields += [("sack", edge, 32) for block in self.sack for edge in block]
        for name, value, bits in fields:
            check_fits(name, value, bits)

    @property
    def length(self) -> int:
        """Bytes taken up in the header, padded to whole words of four (RFC 9293 §3.1)."""
        size = 4 * (self.mss is not None) + 3 * (self.wscale is not None)
        size += 2 * self.sack_permitted + 10 * (self.timestamp is not None)
        size += 2 + 8 * len(self.sack) if self.sack else 0
        return -(-size // 4) * 4

    def __str__(self) -> str:
        words = []
        if self.mss is not None:
            words.append(f"mss {self.mss}")
        if self.wscale is not None:
            words.append(f"wscale {self.wscale}")
        if self.sack_permitted:
            words.append("sackOK")
        if self.timestamp is not None:
            words.append("TS val {} ecr {}".format(*self.timestamp))
        if self.sack:
            words.append("sack " + " ".join(f"{left}:{right}" for left, right in self.sack))
        return ",".join(words)

    @classmethod
    def parse(cls, text: str) -> Options:
        """Read what ``str`` writes; raise ``TcpCourseError`` at an unknown word."""
        found: dict[str, object] = {}
        for word in filter(None, (part.strip() for part in text.split(","))):
            if match := re.fullmatch(r"(mss|wscale) (\d{1,12})", word):
                found[match[1]] = int(match[2])
            elif word == "sackOK":
                found["sack_permitted"] = True
            elif match := re.fullmatch(r"TS val (\d{1,12}) ecr (\d{1,12})", word):
                found["timestamp"] = (int(match[1]), int(match[2]))
            elif re.fullmatch(r"sack( \d{1,12}:\d{1,12})+", word):
                pairs = (pair.split(":") for pair in word.split()[1:])
                found["sack"] = tuple((int(left), int(right)) for left, right in pairs)
            else:
                raise TcpCourseError(
                    message(
                        "There is no option {word!r:.80}: there are mss N, wscale N, sackOK,"
                        " TS val N ecr N and sack A:B.",
                        word=word,
                    )
                )
        return cls(**found)  # type: ignore[arg-type]


NO_OPTIONS = Options()
