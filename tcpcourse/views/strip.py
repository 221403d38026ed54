"""The sequence strip: the number line of one direction, as its sender and its receiver see it.

Each number is a place on a line. SYN and FIN have cells of their own, though no byte travels
in them. The line is drawn in pieces, each as wide as is readable, not to scale.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import log10

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.seq import MODULUS, SeqNumber
from tcpcourse.core.states import State
from tcpcourse.core.tcb import LARGEST_WINDOW, PEER_FIN_TAKEN, Tcb
from tcpcourse.trace import Packet, Side, Step, Trace, other
from tcpcourse.views.given import HasTrace, as_side, as_trace
from tcpcourse.views.svg import Svg, num, picture, write
from tcpcourse.words import counted, listed, message

WIDTH, EDGE = 860, 46
SENDER, RECEIVER, CELL = 66, 128, 26  # tops of the two lanes, and their height
LETTER = 7.2  # units of a letter of 12 px, about
_STYLE = (
    ".tv .s{font-size:12px}"  # they are read on slides, too
    ".tv .r{stroke:var(--ink);fill:none}.tv .k{fill:var(--soft)}.tv .w{fill-opacity:.3}"
    ".tv .v{fill-opacity:.1}.tv .x{fill:none}.tv .p{stroke-dasharray:3 2;stroke-width:1.8}"
    ".tv .l{stroke:var(--ink);fill:none}.tv .d{stroke-dasharray:4 3}.tv text.f{fill:var(--mut)}"
    ".tv .a,.tv .b{stroke:var(--A);stroke-width:3;fill:none}.tv .b{stroke:var(--B)}"
    ".tv .la .w,.tv .la .v{fill:var(--A)}.tv .lb .w,.tv .lb .v{fill:var(--B)}"
)

Mark = tuple[int, str]
Stretch = tuple[int, int, str, str]  # first, next, kind, what to write into it


@dataclass(frozen=True, slots=True)
class _Strip:
    """What is to be drawn; all numbers count from ``origin``, the first of this direction."""

    origin: SeqNumber
    sent: tuple[Stretch, ...]
    received: tuple[Stretch, ...]
    above: tuple[Mark, ...]
    below: tuple[Mark, ...]
    packets: tuple[Packet, ...]
    known: bool


def sequence_strip(step: Step | Trace | HasTrace, side: Side = "A") -> Svg:
    """The numbers that ``side`` sends, after a step: what was acknowledged, what is in flight,
    what the window still allows, and what the other side has.

    Of a trace or a conversation it is the last step. Of a capture only the packet of the step
    is known, so only that is drawn. Raises ``TcpCourseError`` when there is no step at all.

    >>> import tcpcourse as tcp
    >>> tcp.views.sequence_strip(tcp.simulate("lost-syn")[2], "A")
    <Svg 860×202: Numbers from A to B, relative: SND.UNA 0, SND.NXT 1>
    """
    side = as_side(side)
    peer = other(side)
    if not isinstance(step, Step):
        steps = as_trace(step).steps
        if not steps:
            raise TcpCourseError(message("This trace has no steps: there are no numbers to draw."))
        step = steps[-1]
    line = _of_tcbs(step, side, peer) or _of_packet(step, side)
    if line is None:
        nothing = write(WIDTH / 2, 40, message("{side} has sent nothing here.", side=side), "c")
        return picture(
            [nothing],
            WIDTH,
            70,
            message("Numbers from {side} to {peer}: none.", side=side, peer=peer),
            "tcq",
        )
    numbers = listed(f"{name} {at}" for at, name in (*line.above, *line.below))
    title = message(
        "Numbers from {side} to {peer}, relative: {numbers}", side=side, peer=peer, numbers=numbers
    )
    shapes = _shapes(line, side, peer)
    return picture(shapes, WIDTH, RECEIVER + CELL + 48, title, "tcq", style=_STYLE)


# --- what is known ---------------------------------------------------------------------------


def _packets(step: Step, side: Side) -> tuple[Packet, ...]:
    every = (*((step.packet,) if step.packet else ()), *step.sent)
    return tuple(packet for packet in every if packet.sender == side)


def _of_tcbs(step: Step, side: Side, peer: Side) -> _Strip | None:
    tcb, other = step.after.of(side).tcb, step.after.of(peer).tcb
    if tcb is None or tcb.state in (State.CLOSED, State.LISTEN):
        return None

    def at(number: SeqNumber) -> int:
        return tcb.iss.forward_to(number)

    una, nxt, edge = at(tcb.snd_una), at(tcb.snd_nxt), at(tcb.snd_una + tcb.snd_wnd)
    fin = None if tcb.fin_seq is None else at(tcb.fin_seq)
    marks = [(una, "SND.UNA"), (nxt, "SND.NXT")]
    if tcb.state is not State.SYN_SENT:
        marks.append((edge, "SND.UNA+SND.WND"))
    received: tuple[Stretch, ...] = ()
    below: list[Mark] = []
    if other is not None and other.irs == tcb.iss:
        received, below = _at_receiver(tcb, other)
    sent = _at_sender(una, nxt, edge if tcb.state is not State.SYN_SENT else nxt, fin)
    return _Strip(
        tcb.iss, sent, received, tuple(marks), tuple(below), _packets(step, side), known=True
    )


def _at_sender(una: int, nxt: int, edge: int, fin: int | None) -> tuple[Stretch, ...]:
    cuts = {0, 1, una, nxt, edge} | ({fin, fin + 1} if fin is not None else set())
    pieces = []
    word: str
    for first, after in pairwise(sorted(cut for cut in cuts if cut <= max(nxt, edge))):
        kind, word = "v", message("may be sent")
        if after <= una:
            kind, word = "k", message("acknowledged")
        elif after <= nxt:
            kind, word = "w", "in flight"
        elif first >= edge:
            kind, word = "x", ""
        elif fin is not None and first > fin:
            kind, word = "x", "window, but the FIN was the last"
        if (first == 0 and nxt > 0) or first == fin:
            kind, word = kind + " p", "SYN" if first == 0 else "FIN"
        pieces.append((first, after, kind, word))
    return tuple(pieces)


def _at_receiver(tcb: Tcb, other: Tcb) -> tuple[tuple[Stretch, ...], list[Mark]]:
    def at(number: SeqNumber) -> int:
        return tcb.iss.forward_to(number)

    nxt = at(other.rcv_nxt)
    known = other.rcv_wnd < LARGEST_WINDOW  # an observer may not have seen a window yet
    edge = at(other.rcv_nxt + other.rcv_wnd) if known else nxt
    fin = None if tcb.fin_seq is None else at(tcb.fin_seq)
    early = sorted((at(number), len(data)) for number, data in other.early)
    pieces: list[Stretch] = [(0, 1, "k p", "SYN")]
    if nxt > 1:
        taken = nxt - 1 if fin is not None and nxt == fin + 1 else nxt
        if taken > 1:
            pieces.append((1, taken, "k", "received"))
        if taken < nxt:
            pieces.append((taken, nxt, "k p", "FIN"))
    reached = nxt
    for first, size in early:
        if first > reached:
            pieces.append((reached, first, "x p", message("missing")))
        if first + size > reached:
            pieces.append((max(first, reached), first + size, "w", message("kept, came early")))
            reached = first + size
    if edge > reached:
        over = other.state in PEER_FIN_TAKEN
        pieces.append(
            (
                reached,
                edge,
                "x" if over else "v",
                message("window") if over else message("may arrive"),
            )
        )
    return tuple(pieces), [(nxt, "RCV.NXT"), *([(edge, "RCV.NXT+RCV.WND")] if known else [])]


def _of_packet(step: Step, side: Side) -> _Strip | None:
    packets = _packets(step, side)
    if packets:
        packet = packets[0]
        origin = packet.segment.seq - packet.rel_seq
        first, after = packet.rel_seq, packet.rel_seq + packet.segment.seg_len
        word = "SYN" if packet.segment.syn else "FIN" if packet.segment.fin else ""
        body = after - packet.segment.fin
        pieces = []
        if body > first:
            pieces.append(
                (first, body, "w p" if word == "SYN" else "w", word or message("in this packet"))
            )
        if packet.segment.fin:
            pieces.append((body, after, "w p", "FIN"))
        return _Strip(origin, tuple(pieces), (), ((first, "seq"),), (), packets, known=False)
    answer = step.packet
    if answer is None or answer.rel_ack is None or answer.segment.ack is None:
        return None
    ack = answer.rel_ack
    piece: Stretch = (0, ack, "k", message("acknowledged"))
    origin = answer.segment.ack - ack
    return _Strip(origin, (), (piece,), (), ((ack, "ack"),), (), known=False)


# --- drawing ---------------------------------------------------------------------------------


def _shapes(line: _Strip, side: Side, peer: Side) -> Iterator[str]:
    wrap = (MODULUS - int(line.origin)) % MODULUS
    cuts = {cut for piece in (*line.sent, *line.received) for cut in piece[:2]}
    cuts |= {at for at, _ in (*line.above, *line.below)}
    cuts |= {p.rel_seq for p in line.packets}
    cuts |= {p.rel_seq + p.segment.seg_len for p in line.packets}
    wraps = bool(cuts) and min(cuts) < wrap <= max(cuts)
    xs = _scale(sorted(cuts | ({wrap} if wraps else set())))
    yield write(8, SENDER + 17, side, "t")
    yield write(8, RECEIVER + 17, peer, "t")
    yield f'<g class="l{side.lower()}">'
    for pieces, top in ((line.sent, SENDER), (line.received, RECEIVER)):
        for first, after, kind, word in pieces:
            yield _cell(xs[first], xs[after], top, kind, word, after - first)
    yield "</g>"
    yield from _marks(line.above, line.origin, xs, SENDER, -1)
    yield from _marks(line.below, line.origin, xs, RECEIVER + CELL, 1)
    for place, packet in enumerate(line.packets[:2]):
        start, stop = xs[packet.rel_seq], xs[packet.rel_seq + packet.segment.seg_len]
        y = SENDER + CELL + 10 + 14 * place
        end = max(stop, start + 4)
        yield f'<path class="{side.lower()}" d="M{num(start)} {y}H{num(end)}"/>'
        count = packet.segment.seg_len
        words = counted(
            "packet {number} takes up 1 number",
            "packet {number} takes up {count:,} numbers",
            count,
            number=packet.number,
        )
        if not count:
            words = message("packet {number} takes up no number", number=packet.number)
        yield write(min(end + 6, WIDTH - 150), y + 4, words, "s")
    if wraps:
        x = num(xs[wrap])
        yield f'<path class="l d" d="M{x} 18V{RECEIVER + CELL}"/>'
        yield write(xs[wrap], 14, "2³² − 1 | 0", "c s")
    if not line.known:
        words = message("Of a capture only the packet is known, not the variables of its ends.")
        yield write(WIDTH / 2, RECEIVER + CELL + 40, words, "c s f")


def _scale(cuts: list[int]) -> dict[int, float]:
    """Where each number stands: long stretches are wider, but not in proportion."""
    if not cuts:
        return {}
    wide = [1.0 if b - a == 1 else 2.2 + 0.8 * log10(b - a) for a, b in pairwise(cuts)]
    unit = min((WIDTH - 2 * EDGE) / (sum(wide) or 1), 60)
    x, xs = float(EDGE), {cuts[0]: float(EDGE)}
    for cut, width in zip(cuts[1:], wide, strict=True):
        x += width * unit
        xs[cut] = x
    return xs


def _cell(left: float, right: float, top: int, kind: str, word: str, count: int) -> str:
    width = right - left
    box = f"M{num(left)} {top}h{num(width)}v{CELL}h{num(-width)}z"
    words = word if "p" in kind.split() or not word else f"{word}: {count:,}"
    if len(words) * 6.3 > width:
        words = f"{count:,}" if len(word) > 3 else word
    text = (
        write((left + right) / 2, top + 17, words, "c s") if len(words) * LETTER < width + 4 else ""
    )
    return f'<path class="r {kind}" d="{box}"/>{text}'


def _marks(
    marks: tuple[Mark, ...], origin: SeqNumber, xs: dict[int, float], y: int, way: int
) -> Iterator[str]:
    """Names and numbers at their places; where words would meet, the left ones stand farther."""
    used: list[tuple[float, float, int]] = []
    for at, name in sorted(marks, reverse=True):
        x = xs[at]
        words = f"{name} = {at}  ({origin + at})"
        size = len(words) * LETTER
        left = x - size if x + size > WIDTH else x
        level = 0
        while any(k == level and left < b and a < left + size for a, b, k in used):
            level += 1
        used.append((left, left + size, level))
        far = y + way * (14 + 13 * level)
        yield f'<path class="l" d="M{num(x)} {y}V{num(far)}"/>'
        anchor, nudge = ("e", -3) if left < x else ("", 3)
        yield write(x + nudge, far + (8 if way > 0 else 2), words, f"s {anchor}".strip())
