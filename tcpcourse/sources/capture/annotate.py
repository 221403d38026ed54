"""Goes through the packets of a conversation and gives each its notes (``notes``)."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from tcpcourse.sources.capture.calm import Block
from tcpcourse.sources.capture.columns import ACK, FIN, RST, SYN, Array
from tcpcourse.sources.capture.notes import (
    Note,
    Past,
    Seen,
    acked_unseen,
    ahead,
    duplicate_ack,
    ends_handshake,
    keep_alive,
    keep_alive_ack,
    port_reused,
    previous_not_captured,
    sent_again,
    window_full,
    window_update,
    zero_window,
    zero_window_probe,
    zero_window_probe_ack,
)

# As plain integers: operations of enumerations would take most of the time.
_SENT_OTHERWISE = int(Note.KEEP_ALIVE | Note.PORT_REUSED)
_DUPLICATE_ACK, _ACKED_UNSEEN = int(Note.DUPLICATE_ACK), int(Note.ACKED_UNSEEN)
_PROBE = int(Note.ZERO_WINDOW_PROBE)
_SEEN = ("time_ns", "direction", "seq", "ack", "payload_len", "flags", "window", "scaled_window")
_BLOCK = 4096  # packets that are looked at together
_AHEAD = 2  # rows of a block that stand before the packets


class Annotation:
    """The notes of the packets of one conversation, worked out as far as they are asked for.

    ``rows`` are those of the conversation, ``scales_known`` says of each side whether its
    windows' scale and SYN were seen, ``copies`` are the places of packets that are copies of
    one before, and ``reused`` says that the ports had another conversation before.
    """

    def __init__(
        self, rows: Array, scales_known: tuple[bool, bool], copies: Collection[int], *, reused: bool
    ) -> None:
        self._sums = np.zeros(len(rows), np.uint16)
        copied = np.array(sorted(copies), np.int64)
        self._sums[copied] = Note.COPY
        self._rows, self._once = rows, np.delete(np.arange(len(rows)), copied) if copies else None
        self._past = (Past(scale_known=scales_known[0]), Past(scale_known=scales_known[1]))
        self._syn_ns = self._first_rtt_ns = 0
        self._done, self._reused = 0, reused
        self._count = len(rows) - len(copied)

    def of(self, place: int) -> int:
        """The sum of the notes of the packet at ``place`` (from 0)."""
        self._go_on(place + 1)
        return int(self._sums[place])

    def through(self, count: int) -> NDArray[np.uint16]:
        """The sums of the notes of the first ``count`` packets."""
        self._go_on(count)
        found = self._sums[:count]
        found.flags.writeable = False
        return found

    def _go_on(self, count: int) -> None:
        """Look at packets until those before ``count`` have their notes."""
        if self._once is not None:
            count = int(np.searchsorted(self._once, count))
        while self._done < min(count, self._count):
            start, stop = self._done, min(self._done + _BLOCK, self._count)
            places = slice(start, stop) if self._once is None else self._once[start:stop]
            sums = np.zeros(stop - start, np.uint16)
            self._block(self._rows[places], sums)
            if self._reused and not start:
                sums[0] |= Note.PORT_REUSED
            self._sums[places] = sums
            self._done = stop

    def _block(self, rows: Array, sums: NDArray[np.uint16]) -> None:
        block = Block.of(rows, self._past)
        here, fields = _AHEAD, rows[list(_SEEN)]

        def one_by_one(stop: int) -> None:
            nonlocal here
            for row, packet in enumerate(fields[here - _AHEAD : stop - _AHEAD].tolist(), here):
                sums[row - _AHEAD] = self._look(Seen._make(packet))
            here = stop

        for start, stop in block.stretches():
            one_by_one(start)
            while here < stop:
                end = here
                if block.agrees(here, self._past):
                    timing = bool(self._syn_ns) and not self._first_rtt_ns
                    end = block.until(here, stop, self._past, timing=timing)
                if end == here:
                    one_by_one(here + 1)
                else:
                    block.pass_over(here, end, self._past)
                    here = end
        one_by_one(len(rows) + _AHEAD)

    def _look(self, packet: Seen) -> int:
        """The notes of one packet, which is then what its sender did last."""
        mine, peer = self._past[packet.side], self._past[1 - packet.side]
        if peer.renewed and packet.flags & ACK and packet.ack == peer.next:
            peer.renewed, peer.whole = False, peer.next  # the peer agrees to begin again
        if mine.before == packet.seq and not packet.flags & (SYN | RST):
            mine.next, mine.renewed = mine.before, False  # the SYN between was a stranger's
        notes = _notes(packet, mine, peer, self._first_rtt_ns)
        if packet.flags & (SYN | ACK) == SYN:
            self._syn_ns = packet.time_ns
        elif not self._first_rtt_ns and self._syn_ns and ends_handshake(packet, mine, peer):
            self._first_rtt_ns = packet.time_ns - self._syn_ns
        _remember(packet, mine, peer, notes)
        return notes


def _notes(packet: Seen, mine: Past, peer: Past, first_rtt_ns: int) -> int:
    notes = 0
    if port_reused(packet, mine):
        notes |= Note.PORT_REUSED
    if zero_window_probe(packet, mine, peer):
        notes |= Note.ZERO_WINDOW_PROBE
    else:
        if zero_window(packet):
            notes |= Note.ZERO_WINDOW
        if previous_not_captured(packet, mine):
            notes |= Note.PREVIOUS_NOT_CAPTURED
        if keep_alive(packet, mine):
            notes |= Note.KEEP_ALIVE
        if window_update(packet, mine):
            notes |= Note.WINDOW_UPDATE
        if window_full(packet, peer):
            notes |= Note.WINDOW_FULL
        if keep_alive_ack(packet, mine, peer):
            notes |= Note.KEEP_ALIVE_ACK
        elif zero_window_probe_ack(packet, mine, peer):
            notes |= Note.ZERO_WINDOW_PROBE_ACK
        elif duplicate_ack(packet, mine):
            notes |= Note.DUPLICATE_ACK
    if acked_unseen(packet, peer):
        notes |= Note.ACKED_UNSEEN
    if not notes & _SENT_OTHERWISE:
        notes |= sent_again(packet, mine, peer, first_rtt_ns) or 0
    return int(notes)


def _remember(packet: Seen, mine: Past, peer: Past, notes: int) -> None:
    if notes & _DUPLICATE_ACK:
        mine.repeats += 1
    if packet.ack != mine.ack:
        mine.repeats = 0
    if notes & _ACKED_UNSEEN:  # said once: from now on that counts as seen
        peer.whole = packet.ack
        if peer.next is not None and ahead(peer.next, packet.ack) > 0:
            peer.whole = peer.next
    after = (packet.seq + packet.length + bool(packet.flags & (SYN | FIN))) & 0xFFFFFFFF
    if not notes & _PROBE and not packet.flags & RST:  # whose number is an answer's
        if mine.next is None or ahead(after, mine.next) > 0:
            mine.next, mine.next_ns = after, packet.time_ns
        if mine.whole is None or packet.seq == mine.whole:  # no hole before it
            mine.whole = after
    if packet.flags & SYN:
        if port_reused(packet, mine):  # counted anew, unless it proves to be a stranger's
            mine.before = mine.next
            mine.next, mine.next_ns, mine.renewed = after, packet.time_ns, True
        mine.syn = packet.seq
    mine.field, mine.window = packet.field, packet.window
    mine.ack, mine.ack_ns = packet.ack, packet.time_ns
    mine.notes = notes
