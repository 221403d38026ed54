"""Goes through the packets of a conversation and gives each its notes (``notes``)."""

from __future__ import annotations

from collections.abc import Container, Iterable

from tcpcourse.sources.capture.columns import ACK, FIN, RST, SYN
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


def annotate(
    packets: Iterable[Seen], scales_known: tuple[bool, bool], copies: Container[int] = ()
) -> list[int]:
    """The notes of each packet of one conversation, in order, as sums of ``Note``.

    ``scales_known`` says of each side whether its SYN was seen, ``copies`` are the places of
    packets that are copies of one before.
    """
    past = (Past(scale_known=scales_known[0]), Past(scale_known=scales_known[1]))
    found: list[int] = []
    syn_ns = first_rtt_ns = 0
    for place, packet in enumerate(packets):
        if place in copies:
            found.append(int(Note.COPY))
            continue
        mine, peer = past[packet.side], past[1 - packet.side]
        if peer.renewed and packet.flags & ACK and packet.ack == peer.next:
            peer.renewed, peer.whole = False, peer.next  # the peer agrees to begin again
        if mine.before == packet.seq and not packet.flags & (SYN | RST):
            mine.next, mine.renewed = mine.before, False  # the SYN between was a stranger's
        notes = _notes(packet, mine, peer, first_rtt_ns)
        found.append(notes)
        if packet.flags & (SYN | ACK) == SYN:
            syn_ns = packet.time_ns
        elif not first_rtt_ns and syn_ns and ends_handshake(packet, mine, peer):
            first_rtt_ns = packet.time_ns - syn_ns
        _remember(packet, mine, peer, notes)
    return found


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
