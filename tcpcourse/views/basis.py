"""Where the numbers of each packet come from: which earlier packets account for them.

One pass over the packets finds, for each, the packet whose end its ``seq`` continues and the
packet whose end its ``ack`` names. An acknowledgment names the *next* number expected, so it
equals the end of something the other side sent: first number + SYN + data + FIN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tcpcourse.core.seq import MODULUS, SeqNumber
from tcpcourse.packet import HEADERS, SHORTEST_FRAME
from tcpcourse.trace import Ends, Packet, Side, Trace


@dataclass(frozen=True, slots=True)
class Basis:
    """What accounts for one packet's numbers; all relative.

    ``before`` is the sender's packet whose end this ``seq`` continues, ``previous`` the
    sender's packet just before this one, ``acked`` the peer's packet whose end this ``ack``
    names: of several copies the first that can have been answered. ``again`` is the number
    of the earlier packet that carried the same numbers. ``last_ack`` is what the sender
    acknowledged before, ``expected`` what the peer had asked for last.

    ``following`` is, for a keep-alive or a zero-window probe, the sender's next number, which
    a probe does not move. ``other_syn`` is the sender's earlier SYN with another number;
    ``idle_syn`` says that nothing counts from this SYN. ``older`` says that the packet is of a
    connection before this one, ``peer_sent`` up to where the peer had sent when it came,
    ``own_sent`` up to where the sender itself had.
    """

    before: Packet | None = None
    previous: Packet | None = None
    acked: Packet | None = None
    peer_last: Packet | None = None
    again: int | None = None
    last_ack: int | None = None
    expected: int | None = None
    following: int | None = None
    other_syn: Packet | None = None
    idle_syn: bool = False
    older: bool = False
    peer_sent: int = 0
    own_sent: int = 0


def states_after(trace: Trace) -> dict[int, Ends]:
    """Both ends after each packet, by its number: after it arrived, else after it left."""
    after: dict[int, Ends] = {}
    for step in trace.steps:
        for packet in step.sent:
            after.setdefault(packet.number, step.after)
        if step.packet is not None:
            after[step.packet.number] = step.after
    return after


def rel_end(packet: Packet) -> int:
    """The relative number after the last one that the packet takes up."""
    return (packet.rel_seq + packet.segment.seg_len) % MODULUS


def header_bytes(packet: Packet) -> int:
    """Bytes of Ethernet, IPv4 and TCP headers, with the TCP options the packet carries."""
    return HEADERS + packet.segment.options.length


def padding(packet: Packet) -> int:
    """Bytes of Ethernet padding: what a frame of 60 has beyond headers and data."""
    if packet.frame_len != SHORTEST_FRAME:
        return 0
    return max(0, SHORTEST_FRAME - header_bytes(packet) - len(packet.segment.data))


def headers_account(packet: Packet) -> bool:
    """Whether the frame is exactly its known headers and its data."""
    return packet.frame_len == header_bytes(packet) + len(packet.segment.data)


def shortcut_holds(packet: Packet) -> bool:
    """Whether LEN − 54 gives the length of the data."""
    return packet.frame_len is not None and packet.frame_len - HEADERS == len(packet.segment.data)


def bases(trace: Trace) -> Mapping[int, Basis]:
    """The basis of every packet, by its number; two passes, whatever the length."""
    found: dict[int, Basis] = {}
    ends: dict[Side, dict[int, list[Packet]]] = {"A": {}, "B": {}}
    acks: dict[Side, _Acks] = {"A": _Acks(), "B": _Acks()}
    sent: dict[Side, dict[tuple[int, int], int]] = {"A": {}, "B": {}}
    previous: dict[Side, Packet | None] = {"A": None, "B": None}
    last_ack: dict[Side, int | None] = {"A": None, "B": None}
    highest: dict[Side, int] = {"A": 0, "B": 0}
    tops: dict[Side, int | None] = {"A": None, "B": None}
    syns: dict[Side, dict[int, Packet]] = {"A": {}, "B": {}}
    used = _used(trace)
    for packet in trace.packets:
        me, peer = packet.sender, packet.receiver
        size = packet.segment.seg_len
        # as in the header: relative numbers of two SYNs of one side may be the same
        seq, ack = int(packet.segment.seq), packet.segment.ack
        key = (seq, size)
        earlier = [syn for number, syn in syns[me].items() if number != seq]
        idle = packet.segment.syn and bool(used[me]) and seq not in used[me]
        older = _is_older(packet, syns, highest[peer])
        found[packet.number] = Basis(
            before=_first(ends[me].get(seq, ())),
            previous=previous[me],
            acked=None if ack is None else _answered(ends[peer].get(int(ack), ()), acks[me], ack),
            peer_last=previous[peer],
            again=sent[me].get(key) if size else None,
            last_ack=last_ack[me],
            expected=last_ack[peer],
            following=_following(packet),
            other_syn=earlier[-1] if packet.segment.syn and earlier else None,
            idle_syn=idle,
            older=older,
            peer_sent=highest[peer],
            own_sent=highest[me],
        )
        if packet.segment.syn:
            syns[me].setdefault(seq, packet)
        previous[me] = packet
        acks[me].note(packet)
        if older:  # its numbers are of another connection: nothing here goes on from them
            continue
        if packet.rel_ack is not None:
            last_ack[me] = packet.rel_ack
        if not size or "keep-alive" in packet.notes:  # what it carries was sent before
            continue
        end = rel_end(packet)
        after = (seq + size) % MODULUS
        top = tops[me]
        if top is None or 0 < (after - top) % MODULUS < MODULUS // 2:
            ends[me][after], tops[me] = [packet], after
        else:  # a copy, or a part of what was sent before
            ends[me].setdefault(after, []).append(packet)
        sent[me].setdefault(key, packet.number)
        if end < MODULUS // 2:
            highest[me] = max(highest[me], end)
    return found


@dataclass(slots=True)
class _Acks:
    """What one side acknowledged last, and the number of its last packet that said otherwise."""

    ack: int | None = None
    number: int = 0
    otherwise: int = 0

    def note(self, packet: Packet) -> None:
        if packet.segment.ack is None:
            return  # a SYN that calls says nothing of what had arrived
        if int(packet.segment.ack) != self.ack:
            self.ack, self.otherwise = int(packet.segment.ack), self.number
        self.number = packet.number


def _first(copies: Sequence[Packet]) -> Packet | None:
    """Of the packets that end at one number the first that was not lost, if there is one."""
    return next((each for each in copies if each.fate != "lost"), copies[0] if copies else None)


def _answered(copies: Sequence[Packet], said: _Acks, ack: SeqNumber) -> Packet | None:
    """The copy that an ack answers: the first after the last packet that did not know of it."""
    since = said.otherwise if said.ack == int(ack) else said.number
    return _first([each for each in copies if each.number > since] or copies)


def _used(trace: Trace) -> dict[Side, set[int]]:
    """The first numbers from which packets of each side count, SYNs aside."""
    used: dict[Side, set[int]] = {"A": set(), "B": set()}
    for packet in trace.packets:
        segment = packet.segment
        if not segment.syn:
            used[packet.sender].add((int(segment.seq) - packet.rel_seq) % MODULUS)
        if segment.ack is not None and packet.rel_ack is not None:
            used[packet.receiver].add((int(segment.ack) - packet.rel_ack) % MODULUS)
    return used


def _following(packet: Packet) -> int | None:
    """The next number of who sends a probe: a keep-alive is one before it (RFC 9293 §3.8.4)."""
    if "keep-alive" in packet.notes:
        return (packet.rel_seq + 1) % MODULUS
    return packet.rel_seq if "zero-window probe" in packet.notes else None


def _is_older(packet: Packet, syns: Mapping[Side, Mapping[int, Packet]], peer_sent: int) -> bool:
    """The answer to a SYN by an end that still has another connection (RFC 9293 figure 9).

    It comes before that end's own SYN and acknowledges what was never sent.
    """
    if packet.segment.syn or packet.segment.rst or packet.rel_ack is None:
        return False
    called = any(syn.segment.ack is None for syn in syns[packet.receiver].values())
    return called and not syns[packet.sender] and packet.rel_ack > peer_sent
