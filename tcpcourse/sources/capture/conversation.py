"""One TCP conversation of a capture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from tcpcourse.packet import no_packet, other
from tcpcourse.sources.capture.notes import Note, Seen, annotate
from tcpcourse.sources.capture.packets import CapturedPacket, Packets
from tcpcourse.sources.capture.read.files import Store
from tcpcourse.sources.capture.zeek_history import completeness, history

if TYPE_CHECKING:
    from tcpcourse.trace import Side, Trace

_SEEN = ("time_ns", "direction", "seq", "ack", "payload_len", "flags", "window", "scaled_window")
_BLOCK = 4096


class Conversation:
    """The packets between two endpoints, from the first to the last of one connection.

    ``index`` is its place in the capture (from 0, by its first packet). ``a`` and ``b`` are
    endpoints such as ``"192.0.2.1:56219"``: A sent the first SYN without ACK, or else the
    first packet. ``columns`` are its rows of ``Capture.columns``. ``reused`` says that the
    same ports had another conversation before.
    """

    def __init__(
        self, index: int, a: str, b: str, columns: Any, syn_seen: tuple[bool, bool],
        earlier: Callable[[], Conversation] | None, store: Store,
    ) -> None:  # fmt: skip
        self.index, self.a, self.b = index, a, b
        self.columns = columns
        self.reused = earlier is not None
        self._earlier, self._syn_seen, self._store = earlier, syn_seen, store

    @cached_property
    def packets(self) -> Packets:
        """The packets as a sequence; each is read from the file when it is asked for."""
        return Packets(self._store, self.columns, lambda: self.notes)

    def packet(self, number: int) -> CapturedPacket:
        """The packet of the frame with this number; ``TcpCourseError`` when there is none."""
        frames = self.columns["frame"]
        place = int(np.searchsorted(frames, number))
        if place < len(frames) and frames[place] == number:
            return self.packets[place]
        raise no_packet(number, frames[:12].tolist(), len(frames))

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
                "A": "SYN" if self._syn_seen[0] else "first number seen",
                "B": "SYN" if self._syn_seen[1] else "first number seen",
            }
        )

    @cached_property
    def notes(self) -> Any:
        """For each row the sum of its notes (``tcpcourse.sources.capture.notes.Note``)."""
        found = annotate(self._seen(), self._syn_seen)
        if self.reused and found:
            found[0] |= Note.PORT_REUSED
        notes = np.array(found, np.uint16)
        notes.flags.writeable = False
        return notes

    @property
    def history(self) -> str:
        """The conversation in letters, as Zeek writes it: ``ShADadFf`` is an ordinary one.

        See ``tcpcourse.sources.capture.zeek_history.history``.
        """
        return history(self.columns, self.notes)

    @property
    def complete(self) -> str:
        """What of it was captured, in words: beginning, end, and between."""
        return completeness(self.columns, self.notes)

    @cached_property
    def trace(self) -> Trace:
        """The story of both ends, their states inferred from the packets."""
        from tcpcourse.sources.observer.observer import observe  # only who asks for states needs it

        title = f"{self.a} ⇄ {self.b}"
        hosts = {"A": self.a, "B": self.b}
        trace = observe(tuple(self.packets), hosts, title, self._packets_before())
        return replace(trace, began_ns=int(self.columns["time_ns"][0]) if len(self.columns) else 0)

    def _packets_before(self) -> tuple[CapturedPacket, ...]:
        """The packets of the conversation before it on the same ports, with its sides."""
        if self._earlier is None:
            return ()
        earlier = self._earlier()
        packets = tuple(earlier.packets)
        if earlier.a == self.a:
            return packets
        return tuple(replace(packet, sender=other(packet.sender)) for packet in packets)

    def _seen(self) -> Any:
        fields = self.columns[list(_SEEN)]
        for start in range(0, len(fields), _BLOCK):
            yield from map(Seen._make, fields[start : start + _BLOCK].tolist())

    def __repr__(self) -> str:
        return f"<Conversation {self.index}: {self.a} ⇄ {self.b}, {len(self.columns)} packets>"
