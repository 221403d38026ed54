"""Notes on packets, as Wireshark gives them: retransmission, duplicate ACK, keep-alive, …

Each note has a rule, a function with its definition as the docstring. A rule looks at one
packet, at what its sender (``mine``) and the other side (``peer``) did before, and at
nothing else. The rules are Wireshark's (``tcp.analysis``), because readers compare. One note
is not: a packet that the capturing side saw twice was sent once, and is left out of it all.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from functools import lru_cache
from typing import NamedTuple

from tcpcourse.sources.capture.columns import ACK, FIN, RST, SYN

_FAST_NS = 20_000_000
_REORDERED_NS = 3_000_000


class Note(IntFlag):
    """What can be remarked on a packet; ``words`` gives the text."""

    RETRANSMISSION = 1
    FAST_RETRANSMISSION = 2
    SPURIOUS_RETRANSMISSION = 4
    OUT_OF_ORDER = 8
    DUPLICATE_ACK = 16
    PREVIOUS_NOT_CAPTURED = 32
    ACKED_UNSEEN = 64
    KEEP_ALIVE = 128
    KEEP_ALIVE_ACK = 256
    ZERO_WINDOW = 512
    ZERO_WINDOW_PROBE = 1024
    ZERO_WINDOW_PROBE_ACK = 2048
    WINDOW_UPDATE = 4096
    WINDOW_FULL = 8192
    PORT_REUSED = 16384
    COPY = 32768


WORDS = {
    Note.RETRANSMISSION: "retransmission",
    Note.FAST_RETRANSMISSION: "fast retransmission",
    Note.SPURIOUS_RETRANSMISSION: "spurious retransmission",
    Note.OUT_OF_ORDER: "out of order",
    Note.DUPLICATE_ACK: "duplicate ACK",
    Note.PREVIOUS_NOT_CAPTURED: "previous segment not captured",
    Note.ACKED_UNSEEN: "ACKed unseen segment",
    Note.KEEP_ALIVE: "keep-alive",
    Note.KEEP_ALIVE_ACK: "keep-alive ACK",
    Note.ZERO_WINDOW: "zero window",
    Note.ZERO_WINDOW_PROBE: "zero-window probe",
    Note.ZERO_WINDOW_PROBE_ACK: "zero-window probe ACK",
    Note.WINDOW_UPDATE: "window update",
    Note.WINDOW_FULL: "window full",
    Note.PORT_REUSED: "port reused",
    Note.COPY: "captured twice",
}


@lru_cache(maxsize=1024)  # asked for every packet, with few different answers
def words(notes: int) -> tuple[str, ...]:
    """The text of each note in ``notes``."""
    return tuple(text for note, text in WORDS.items() if notes & note)


class Seen(NamedTuple):
    """What the rules look at. ``window`` is in bytes, ``field`` the 16 bits as sent."""

    time_ns: int
    side: int
    seq: int
    ack: int
    length: int
    flags: int
    field: int
    window: int

    @property
    def plain(self) -> bool:
        """Neither SYN nor FIN nor RST."""
        return not self.flags & (SYN | FIN | RST)


@dataclass(slots=True)
class Past:
    """What one side has done so far; ``None`` where nothing is known yet.

    ``next`` is the number after the highest seen, ``next_ns`` when it was sent, ``whole`` the
    number up to which nothing is missing, ``field``/``window``/``ack`` those of its last
    packet and ``ack_ns`` the time of that. ``repeats`` counts its duplicate ACKs. ``renewed``
    says that its latest SYN has another number than the one before, and no ACK yet;
    ``before`` is what was ``next`` until that SYN.
    """

    syn: int | None = None
    next: int | None = None
    next_ns: int = 0
    whole: int | None = None
    field: int | None = None
    window: int = 0
    ack: int = 0
    ack_ns: int = 0
    repeats: int = 0
    notes: int = 0
    scale_known: bool = False
    renewed: bool = False
    before: int | None = None


def ahead(one: int, other: int) -> int:
    """How far ``one`` is ahead of ``other``: −2**31 … 2**31 − 1."""
    return ((one - other + 0x80000000) & 0xFFFFFFFF) - 0x80000000


def port_reused(packet: Seen, mine: Past) -> bool:
    """A SYN with another sequence number than its sender's SYN before it."""
    return bool(packet.flags & SYN) and mine.syn is not None and mine.syn != packet.seq


def zero_window_probe(packet: Seen, mine: Past, peer: Past) -> bool:
    """Exactly one byte, the next one, although the peer's window is 0."""
    return packet.length == 1 and packet.seq == mine.next and peer.field == 0


def zero_window(packet: Seen) -> bool:
    """A window of 0, in neither a SYN, a FIN nor a RST."""
    return packet.field == 0 and packet.plain


def previous_not_captured(packet: Seen, mine: Past) -> bool:
    """It begins after the highest number seen from its sender; neither a RST nor a SYN."""
    if mine.next is None or packet.flags & (RST | SYN):
        return False
    return ahead(packet.seq, mine.next) > 0


def keep_alive(packet: Seen, mine: Past) -> bool:
    """At most one byte, just before the next number; neither SYN, FIN nor RST."""
    if mine.next is None or packet.length > 1 or not packet.plain:
        return False
    return ahead(packet.seq, mine.next) == -1


def window_update(packet: Seen, mine: Past) -> bool:
    """No data and the same numbers as before, with another window that is not 0."""
    return _same_numbers(packet, mine) and packet.field not in (0, mine.field)


def window_full(packet: Seen, peer: Past) -> bool:
    """Its data goes exactly to the edge of the peer's window, whose scale is known."""
    if not packet.length or not packet.plain or not peer.scale_known:
        return False
    return ahead(packet.seq + packet.length, peer.ack + peer.window) == 0


def keep_alive_ack(packet: Seen, mine: Past, peer: Past) -> bool:
    """It repeats the last ACK exactly, and the peer's last packet was a keep-alive."""
    return duplicate_ack(packet, mine) and bool(peer.notes & Note.KEEP_ALIVE)


def zero_window_probe_ack(packet: Seen, mine: Past, peer: Past) -> bool:
    """It repeats ACK and window 0, and the peer's last packet was a zero-window probe."""
    repeats = _same_numbers(packet, mine) and packet.field == mine.field == 0
    return repeats and bool(peer.notes & Note.ZERO_WINDOW_PROBE)


def duplicate_ack(packet: Seen, mine: Past) -> bool:
    """No data, and the same numbers and window (not 0) as its sender's last packet."""
    return _same_numbers(packet, mine) and packet.field == mine.field != 0


def _same_numbers(packet: Seen, mine: Past) -> bool:
    if packet.length or not packet.plain:
        return False
    return packet.seq == mine.next and packet.ack == mine.ack


def acked_unseen(packet: Seen, peer: Past) -> bool:
    """Its ACK covers numbers of the peer that were not captured, and not remarked yet."""
    if not packet.flags & ACK or peer.whole is None:
        return False
    return ahead(packet.ack, peer.whole) > 0


def sent_again(packet: Seen, mine: Past, peer: Past, first_rtt_ns: int) -> Note | None:
    """Why a packet with a SYN, a FIN or data does not go on where its sender was.

    The first that holds:

    - *spurious retransmission*: the peer has acknowledged all its data already;
    - *fast retransmission*: it begins at the peer's last ACK, which was repeated at least
      twice, the last time less than 20 ms ago;
    - *out of order*: it comes less than one round trip of the handshake (3 ms if that is
      not known) after the highest number, and does not end there;
    - *retransmission*: anything else.

    All but the first are about packets that begin before the highest number seen.
    """
    if not packet.length and not packet.flags & (SYN | FIN):
        return None
    end = packet.seq + packet.length
    if packet.length and peer.ack and ahead(end, peer.ack) <= 0:
        return Note.SPURIOUS_RETRANSMISSION
    if mine.next is None:
        return None
    before = -ahead(packet.seq, mine.next)
    if before <= 0 or (before == 1 and packet.length > 1):  # new data after a probe of one byte
        return None
    recent = packet.time_ns - peer.ack_ns < _FAST_NS
    if peer.repeats >= 2 and peer.ack == packet.seq and recent:
        return Note.FAST_RETRANSMISSION
    end += bool(packet.flags & (SYN | FIN))
    soon = packet.time_ns - mine.next_ns < (first_rtt_ns or _REORDERED_NS)
    if soon and ahead(end, mine.next) != 0:
        return Note.OUT_OF_ORDER
    return Note.RETRANSMISSION


def ends_handshake(packet: Seen, mine: Past, peer: Past) -> bool:
    """It is no SYN, and has the first numbers after both SYNs."""
    if packet.flags & SYN or not packet.flags & ACK or mine.syn is None or peer.syn is None:
        return False
    return ahead(packet.seq, mine.syn) == ahead(packet.ack, peer.syn) == 1
