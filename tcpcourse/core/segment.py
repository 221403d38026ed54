"""What travels: a TCP segment, its eight (and one) control bits and its options.

A segment takes up ``seg_len`` sequence numbers: one for SYN, one for each byte of data,
one for FIN (RFC 9293 §3.4). Nothing else in it takes up any, an ACK in particular.

Every segment has a line of text, after the manner of tcpdump and packetdrill::

    S 0:0(0) win 65535 <mss 1460,wscale 8>
    PA 1:6(5) ack 1 win 256 "hello"

Flags, first and next sequence number of the *data* and its length, then what there is of
ack, window, options, urgent pointer and data. ``Segment.parse`` reads it back.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from enum import IntFlag
from functools import cache

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.options import NO_OPTIONS, Options, check_fits
from tcpcourse.core.quick import filler_of
from tcpcourse.core.seq import SeqNumber
from tcpcourse.words import message

LETTERS = "FSRPAUECN"
"""The letters of the control bits, from the lowest bit up."""


class Flags(IntFlag):
    """The control bits (RFC 9293 §3.1); ``Flags("SA")`` reads letters in any order.

    As text the letters come in the order F S R P A U E C, with N for the ninth bit
    (RFC 9768), and ``-`` for none at all.

    >>> str(Flags("AS")), int(Flags("SA")), Flags.SYN in Flags("SA")
    ('SA', 18, True)
    """

    NONE = 0
    FIN = 0x01
    SYN = 0x02
    RST = 0x04
    PSH = 0x08
    ACK = 0x10
    URG = 0x20
    ECE = 0x40
    CWR = 0x80
    AE = 0x100

    @classmethod
    def _missing_(cls, value: object) -> Flags:
        if not isinstance(value, str):
            return super()._missing_(value)  # type: ignore[no-any-return]
        bits = 0
        for letter in value if value != "-" else "":
            if letter not in LETTERS:
                raise TcpCourseError(
                    message(
                        "There is no flag {letter!r}: the letters are {letters}.",
                        letter=letter,
                        letters=" ".join(LETTERS),
                    )
                )
            bits |= 1 << LETTERS.index(letter)
        return cls(bits)

    def __str__(self) -> str:
        return "".join(LETTERS[place] for place in range(9) if self._value_ >> place & 1) or "-"


@cache
def flags_of(letters: str) -> Flags:
    """The flags with these letters, in any order; raises ``TcpCourseError`` for another one."""
    return Flags(letters)  # type: ignore[arg-type]  # reads letters, too


_LINE = re.compile(
    r"(?P<flags>[A-Z]+|-) (?P<seq>\d{1,12}):(?P<next>\d{1,12})\((?P<len>\d{1,12})\)"
    r"(?: ack (?P<ack>\d{1,12}))?(?: win (?P<win>\d{1,12}))?(?: <(?P<options>[^>]*)>)?"
    r"(?: urg (?P<urg>\d{1,12}))?(?: (?P<data>\".*\"))?"
)
_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"")  # one, and nothing that Python would reckon out
_LARGEST_DATA = 65535  # of one IP packet


def _read_data(text: str) -> bytes:
    try:
        if _STRING.fullmatch(text):
            return bytes(ast.literal_eval("b" + text))
    except (SyntaxError, ValueError):
        pass
    raise TcpCourseError(
        message("The data {text:.80} is not a plain string in double quotes.", text=text)
    )


@dataclass(frozen=True, slots=True)
class Segment:
    """One TCP segment (RFC 9293 §3.1).

    ``seq`` is the number of its first byte (of the SYN, if it has one). ``ack`` is the next
    number its sender expects, and is there exactly when the flag ACK is; both may be given
    as integers and are taken modulo 2**32. ``window`` is the 16-bit field as sent, not
    scaled. Raises ``TcpCourseError`` when ``ack`` and the flags contradict each other or a
    field does not fit its bits.

    >>> segment = Segment(seq=1, ack=626, flags="A", window=238, data=b"hello")
    >>> segment.seg_len, str(segment)
    (5, 'A 1:6(5) ack 626 win 238 "hello"')
    >>> Segment.parse(str(segment)) == segment
    True
    """

    seq: SeqNumber
    ack: SeqNumber | None = None
    flags: Flags = Flags.NONE
    window: int = 65535
    data: bytes = b""
    options: Options = NO_OPTIONS
    urgent: int = 0

    def __init__(
        self,
        seq: SeqNumber | int,
        ack: SeqNumber | int | None = None,
        flags: Flags | str = Flags.NONE,
        window: int = 65535,
        data: bytes = b"",
        options: Options | None = None,
        urgent: int = 0,
    ) -> None:
        if not isinstance(flags, Flags):
            flags = flags_of(flags)
        if (ack is None) == (flags._value_ & 0x10 != 0):
            raise TcpCourseError(
                message(
                    "A segment has an ack number exactly when it has the flag A: give both or"
                    " neither (flags {flags}, ack {ack}).",
                    flags=str(flags),
                    ack=ack,
                )
            )
        if window >> 16 or urgent >> 16:  # a negative number has bits there, too
            check_fits("window", window, 16)
            check_fits("urgent", urgent, 16)
        if not isinstance(seq, SeqNumber):
            seq = SeqNumber(seq)
        if ack is not None and not isinstance(ack, SeqNumber):
            ack = SeqNumber(ack)
        _fill(self, seq, ack, flags, window, bytes(data), options or NO_OPTIONS, urgent)

    @property
    def syn(self) -> bool:
        """Whether the flag SYN is set."""
        return self.flags._value_ & 0x02 != 0

    @property
    def fin(self) -> bool:
        """Whether the flag FIN is set."""
        return self.flags._value_ & 0x01 != 0

    @property
    def rst(self) -> bool:
        """Whether the flag RST is set."""
        return self.flags._value_ & 0x04 != 0

    @property
    def seg_len(self) -> int:
        """Sequence numbers taken up: SYN + bytes of data + FIN (RFC 9293 §3.4)."""
        bits = self.flags._value_
        return (bits >> 1 & 1) + len(self.data) + (bits & 1)

    @property
    def end(self) -> SeqNumber:
        """The number after the last one taken up: what acknowledges all of the segment."""
        return self.seq + self.seg_len

    def line(self, *, data: bool = False) -> str:
        """The segment in one line, with or without the data itself."""
        size = len(self.data)
        words = [f"{self.flags} {self.seq}:{self.seq + size}({size})"]
        if self.ack is not None:
            words.append(f"ack {self.ack}")
        words.append(f"win {self.window}")
        if self.options != NO_OPTIONS:
            words.append(f"<{self.options}>")
        if self.urgent:
            words.append(f"urg {self.urgent}")
        if data and self.data.strip(b"\0"):
            body = self.data.decode("latin-1").encode("unicode_escape").decode("ascii")
            body = body.replace('"', '\\"')
            words.append(f'"{body}"')
        return " ".join(words)

    def __str__(self) -> str:
        return self.line(data=True)

    def __repr__(self) -> str:
        text = self.line()
        return f"<Segment {text if len(text) <= 185 else text[:184] + '…'}>"

    @classmethod
    def parse(cls, text: str) -> Segment:
        """Read one line of the notation; data that is not spelled out is zeros.

        Raises ``TcpCourseError`` and says what does not fit.
        """
        match = _LINE.fullmatch(text.strip())
        if match is None:
            raise TcpCourseError(
                message(
                    "The text {text!r:.120} is no segment: write it like"
                    " 'SA 0:0(0) ack 1 win 65535 <mss 1460>'.",
                    text=text,
                )
            )
        size = int(match["len"])
        data = bytes(min(size, _LARGEST_DATA))
        if match["data"] is not None:
            data = _read_data(match["data"])
        seq = SeqNumber(int(match["seq"]))
        if size > _LARGEST_DATA or len(data) != size or seq + size != SeqNumber(int(match["next"])):
            raise TcpCourseError(
                message(
                    "The lengths in {text!r:.120} disagree: write first:next(length), at most"
                    " {most} bytes, and as many bytes as the text in quotes.",
                    text=text,
                    most=_LARGEST_DATA,
                )
            )
        return cls(
            seq=seq,
            ack=None if match["ack"] is None else int(match["ack"]),
            flags=match["flags"],
            window=int(match["win"] or 65535),
            data=data,
            options=Options.parse(match["options"] or ""),
            urgent=int(match["urg"] or 0),
        )


_fill = filler_of(Segment)
