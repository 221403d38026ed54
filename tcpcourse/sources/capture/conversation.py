"""One TCP conversation of a capture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tcpcourse.packet import SIDES, other
from tcpcourse.sources.capture.annotate import Annotation
from tcpcourse.sources.capture.columns import Array, frame_of
from tcpcourse.sources.capture.completeness import Captured, captured
from tcpcourse.sources.capture.notes import words
from tcpcourse.sources.capture.packets import CapturedPacket, Packets, place_of
from tcpcourse.sources.capture.read.files import Store
from tcpcourse.sources.capture.shown import conversation_table
from tcpcourse.sources.capture.zeek_history import history

if TYPE_CHECKING:
    import pandas

    from tcpcourse.trace import Side, Trace

_TWICE = "Some packets were captured twice, as at a mirror port; each is told once."
_LOOK_AHEAD = 64  # packets of the conversation after it


class Known(NamedTuple):
    """What the whole capture tells of a conversation.

    Of each side whether its SYN was seen and whether its windows' scale is known; and the
    places (from 0) of the packets that are copies of one before.
    """

    syn_a: bool
    syn_b: bool
    scale_a: bool
    scale_b: bool
    copies: frozenset[int]


class Conversation:
    """The packets between two endpoints, from the first to the last of one connection.

    ``index`` is its place in the capture (from 0, by its first packet). ``a`` and ``b`` are
    endpoints such as ``"192.0.2.1:56219"``: A sent the first SYN without ACK, or else the
    first packet. ``columns`` are its rows of ``Capture.columns``. ``reused`` says that the
    same ports had another conversation before.
    """

    def __init__(
        self,
        index: int,
        a: str,
        b: str,
        columns: Array,
        known: Known,
        earlier: Callable[[], Conversation] | None,
        later: Callable[[], Conversation | None],
        store: Store,
    ) -> None:
        self.index, self.a, self.b = index, a, b
        self.columns = columns
        self.reused = earlier is not None
        self._known, self._store = known, store
        self._earlier, self._later = earlier, later

    @cached_property
    def packets(self) -> Packets:
        """The packets as a sequence; each is read from the file when it is asked for."""
        return Packets(self._store, self.columns, self._annotation.of)

    def packet(self, number: int) -> CapturedPacket:
        """The packet of the frame with this number; ``TcpCourseError`` when there is none."""
        return self.packets[place_of(number, self.columns["frame"])]

    @property
    def bytes(self) -> int:
        """How many bytes they had on the wire, headers included."""
        return int(self.columns["frame_len"].sum(dtype=np.int64))

    @property
    def relative_to(self) -> Mapping[Side, str]:
        """From where each side's relative numbers count: its SYN's number, which is 0, or the
        first number seen, which is then 1.
        """
        return MappingProxyType(
            {
                "A": "SYN" if self._known.syn_a else "first number seen",
                "B": "SYN" if self._known.syn_b else "first number seen",
            }
        )

    @property
    def scale_unknown(self) -> tuple[Side, ...]:
        """The sides whose windows in bytes are a guess, for their scale was not captured."""
        known = {"A": self._known.scale_a, "B": self._known.scale_b}
        return tuple(side for side in SIDES if not known[side])

    @property
    def notes(self) -> NDArray[np.uint16]:
        """For each row the sum of its notes (``tcpcourse.sources.capture.notes.Note``)."""
        return self.first_notes(len(self.columns))

    def first_notes(self, count: int) -> NDArray[np.uint16]:
        """The sums of notes of the first ``count`` rows, which need no look at the others."""
        return self._annotation.through(count)

    @cached_property
    def _annotation(self) -> Annotation:
        known = self._known
        scales = (known.syn_a and known.scale_a, known.syn_b and known.scale_b)
        return Annotation(self.columns, scales, known.copies, reused=self.reused)

    @property
    def history(self) -> str:
        """The conversation in letters, as Zeek writes it: ``ShADadFf`` is an ordinary one.

        See ``tcpcourse.sources.capture.zeek_history.history``.
        """
        return history(self.columns, self.notes)

    @cached_property
    def captured(self) -> Captured:
        """What of it was captured, as facts: which sides, SYNs and FINs, how many holes."""
        return captured(self.columns, alone=self.a == self.b)

    @property
    def complete(self) -> str:
        """What of it was captured, in words: beginning, end, and between."""
        return str(self.captured)

    def to_pandas(self) -> pandas.DataFrame:
        """One row a packet: ``columns``, ``sender`` and, in words, ``notes``."""
        frame = frame_of(self.columns)
        frame["sender"] = [SIDES[side] for side in self.columns["direction"]]
        frame["notes"] = [", ".join(words(notes)) for notes in self.notes.tolist()]
        return frame

    @cached_property
    def trace(self) -> Trace:
        """The story of both ends, their states inferred from the packets.

        A copy (``CapturedPacket.copy``) is no step of it: the packet was sent once.
        """
        from tcpcourse.sources.observer.observer import observe  # only who asks for states needs it

        title = f"{self.a} ⇄ {self.b}"
        hosts = {"A": self.a, "B": self.b}
        once, rows = self._once
        before, after = self._packets_before(), self._rows_after()
        trace = observe(once, hosts, title, before, columns=rows, later=after)
        return replace(
            trace,
            remarks=(*trace.remarks, _TWICE) if self._known.copies else trace.remarks,
            began_ns=int(self.columns["time_ns"][0]) if len(self.columns) else 0,
            scale_unknown=self.scale_unknown,
        )

    @property
    def _once(self) -> tuple[Packets, Array]:
        """The packets, and their rows, without those that are copies."""
        if not self._known.copies:
            return self.packets, self.columns
        kept = np.delete(np.arange(len(self.columns)), list(self._known.copies))
        rows = self.columns[kept]
        note = self._annotation.of
        return Packets(self._store, rows, lambda place: note(int(kept[place]))), rows

    def _packets_before(self) -> tuple[CapturedPacket, ...]:
        """The packets of the conversation before it on the same ports, with its sides."""
        if self._earlier is None:
            return ()
        earlier = self._earlier()
        packets = tuple(earlier._once[0])
        if earlier.a == self.a:
            return packets
        return tuple(replace(packet, sender=other(packet.sender)) for packet in packets)

    def _rows_after(self) -> Array | None:
        """The first rows of the conversation after it on the same ports, with its sides."""
        later = self._later()
        if later is None:
            return None
        rows = later.columns[:_LOOK_AHEAD].copy()
        if later.a != self.a:
            rows["direction"] ^= 1
        return rows

    def _repr_html_(self) -> str:
        return conversation_table(self)

    def __repr__(self) -> str:
        return f"<Conversation {self.index}: {self.a} ⇄ {self.b}, {len(self.columns)} packets>"
