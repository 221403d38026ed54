"""The number line of a packet: the bytes of each direction as pieces, and where seq and ack point.

An acknowledgment is a flag at a boundary between two pieces, for it names the next number.
SYN and FIN have cells of their own with dashed edges: they take up a number, and no byte
travels in it. Below each line is the frame from which the length of the data comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import log10

from tcpcourse.core.seq import MODULUS
from tcpcourse.trace import Packet, Side, Trace
from tcpcourse.views.basis import Basis, bases
from tcpcourse.views.escape import markup
from tcpcourse.views.frame import draw_frame
from tcpcourse.views.given import HasTrace, as_trace
from tcpcourse.views.svg import Svg, num, picture, write
from tcpcourse.words import message

WIDTH, EDGE = 640, 16
LINE, CELL = 46, 34  # where a line is below its question, and how high it is
BAND = 206  # from one question to the next
PHANTOM, GAP, DATA = 46, 30, 84  # the widths of a SYN or FIN, of what is left out, of least data
BEFORE, LETTER = 3, 7.6  # pieces shown before the flag; the width reckoned for a letter
_STYLE = (
    ".tv{font-size:14px}.tv .q{font-size:16px;font-weight:650}.tv text.m{fill:var(--mut)}"
    ".tv .h{fill:var(--soft);stroke:var(--mut)}.tv .w{stroke:var(--hatch);stroke-width:2.5}"
    ".tv .k{stroke:var(--mut);fill:none}.tv .v{stroke-dasharray:4 3}"
    ".tv .u{stroke-width:2.5}.tv .y{font-size:18px;font-weight:600}.tv text.o{fill:var(--on)}"
    ".tv .a{fill:var(--A);stroke:var(--A)}.tv .b{fill:var(--B);stroke:var(--B)}"
    ".tv path.a,.tv path.b{fill-opacity:.16}.tv path.v{fill-opacity:0}.tv path.f{fill-opacity:1}"
    ".tv .x{fill-opacity:0;stroke-opacity:.55}.tv text,.tv text.a,.tv text.b,"
    ".tv tspan.a,.tv tspan.b{stroke:none}"
)


@dataclass(frozen=True, slots=True)
class _Span:
    """Numbers that one packet takes up; ``first`` and ``after`` count from the flag."""

    first: int
    after: int
    word: str  # SYN, FIN, or nothing for data
    packet: Packet


@dataclass(frozen=True, slots=True)
class _Flag:
    """What is asked of a line: which number, by whom, and what accounts for it."""

    name: str
    number: int
    line: Side
    asked_by: Side
    words: str
    source: Packet | None  # whose frame and formula belong below the line
    formula: tuple[tuple[str, bool], ...]  # pieces of it, and whether each is a number of the line
    instead: str = ""  # what is said where there is no formula


def number_line(trace: Trace | HasTrace, number: int) -> Svg:
    """Where the ``ack`` and the ``seq`` of packet ``number`` come from, in relative numbers.

    Above, the other side's bytes with the packet's ``ack`` as a flag; below, the sender's own
    with its ``seq``. Pieces are as wide as is readable, not to scale. Raises ``TcpCourseError``
    when there is no such packet.

    >>> import tcpcourse as tcp
    >>> tcp.views.number_line(tcp.recording("avatar"), 8)
    <Svg 640×428: Packet 8 from A: ack 2921 is on B's line, seq 626 on A's.>
    """
    trace = as_trace(trace)
    packet = trace.packet(number)
    return draw_number_line(trace, packet, bases(trace)[number])


def draw_number_line(trace: Trace, packet: Packet, basis: Basis) -> Svg:
    """The same for a packet whose basis is already known."""
    flags = [_own(packet, basis)]
    title: str = message(
        "Packet {number} from {sender}: seq {seq} is on its own line.",
        number=packet.number,
        sender=packet.sender,
        seq=packet.rel_seq,
    )
    if packet.rel_ack is not None:
        flags.insert(0, _asked(packet, packet.rel_ack, basis))
        title = message(
            "Packet {number} from {sender}: ack {ack} is on {receiver}'s line,"
            " seq {seq} on {sender}'s.",
            number=packet.number,
            sender=packet.sender,
            receiver=packet.receiver,
            ack=packet.rel_ack,
            seq=packet.rel_seq,
        )
    parts: list[str] = []
    for place, flag in enumerate(flags):
        shapes = "".join(_band(flag, _pieces(trace, packet, flag)))
        parts.append(f'<g transform="translate(0 {8 + place * (BAND + 8)})">{shapes}</g>')
    height = 8 + len(flags) * (BAND + 8) - 8
    return picture(parts, WIDTH, height, title, "tcn", style=_STYLE, zoom=1.15)


# --- what is asked ---------------------------------------------------------------------------


def _asked(packet: Packet, ack: int, basis: Basis) -> _Flag:
    """The flag of the ack, on the line of who is acknowledged."""
    formula: list[tuple[str, bool]] = []
    acked = basis.acked
    if acked is not None:
        formula.append((str(acked.rel_seq), True))
        sizes = (acked.segment.syn, len(acked.segment.data), acked.segment.fin)
        for size in sizes:
            if size:
                formula += [(" + ", False), (str(int(size)), True)]
        if acked.rel_seq + acked.segment.seg_len >= MODULUS:
            formula.append((" − 2³²", False))
        formula += [(" = ", False), (str(ack), True)]
    instead = message("No packet before this one ends at {ack}.", ack=ack)
    words = message("{sender} wants {ack} next", sender=packet.sender, ack=ack)
    return _Flag("ack", ack, packet.receiver, packet.sender, words, acked, tuple(formula), instead)


def _own(packet: Packet, basis: Basis) -> _Flag:
    """The flag of the seq, on the sender's own line."""
    size, before = packet.segment.seg_len, basis.before
    formula: list[tuple[str, bool]] = []
    if before is not None and before.segment.seg_len and before.rel_seq != packet.rel_seq:
        formula = [(str(before.rel_seq), True), (" + ", False)]
        formula += [(str(before.segment.seg_len), True), (" = ", False)]
        formula.append((str(packet.rel_seq), True))
    if size:
        words = message("packet {number} begins at {seq}", number=packet.number, seq=packet.rel_seq)
    else:
        words = message(
            "packet {number} is at {seq} and takes up none",
            number=packet.number,
            seq=packet.rel_seq,
        )
    instead = message("Relative numbers begin at 0.") if packet.segment.syn else ""
    return _Flag(
        "seq", packet.rel_seq, packet.sender, packet.sender, words, packet, tuple(formula), instead
    )


def _pieces(trace: Trace, packet: Packet, flag: _Flag) -> tuple[list[_Span], bool]:
    """What was sent on a line up to this packet, near the flag; whether more came before."""
    found: dict[tuple[int, int], _Span] = {}
    for each in trace.packets:
        if each.number > packet.number:
            break
        if each.sender != flag.line or not each.segment.seg_len or "keep-alive" in each.notes:
            continue
        first = (each.rel_seq - flag.number + MODULUS // 2) % MODULUS - MODULUS // 2
        for size, word in (
            (int(each.segment.syn), "SYN"),
            (len(each.segment.data), ""),
            (int(each.segment.fin), "FIN"),
        ):
            if size:
                known = found.get((first, first + size))
                if known is None or known.packet.fate == "lost" or each is packet:
                    found[first, first + size] = _Span(first, first + size, word, each)
                first += size
    pieces: list[_Span] = []
    for piece in sorted(found.values(), key=lambda piece: (piece.first, -piece.after)):
        reached = pieces[-1].after if pieces else piece.first
        if piece.after > reached:  # what was sent in other portions before is there already
            pieces.append(_Span(max(piece.first, reached), piece.after, piece.word, piece.packet))
    upto = next((at for at, piece in enumerate(pieces) if piece.first >= 0), len(pieces))
    start = max(0, upto - BEFORE)
    return pieces[start : upto + 2], start > 0


# --- drawing ---------------------------------------------------------------------------------


def _band(flag: _Flag, known: tuple[list[_Span], bool]) -> Iterator[str]:
    pieces, more = known
    question = message(
        "Where does {name} = {number} come from?", name=flag.name, number=flag.number
    )
    yield write(EDGE, 16, question, "q")
    css = flag.line.lower()
    yield write(EDGE, LINE + 21, message("{side}'s bytes", side=flag.line), f"t {css}")
    xs = _scale(pieces, more)
    if more:
        yield write(xs[pieces[0].first] - GAP / 2, LINE + 22, "…", "c")
    for piece in pieces:
        yield _cell(piece, xs, flag)
    yield from _numbers(xs, flag)
    yield from _flag(xs[0], flag)
    if flag.formula:
        spans = "".join(
            f'<tspan class="{css}">{markup(words)}</tspan>' if of_line else markup(words)
            for words, of_line in flag.formula
        )
        yield f'<text class="y" x="{EDGE}" y="{LINE + 92}">{spans}</text>'
    elif flag.instead:
        yield write(EDGE, LINE + 90, flag.instead)
    if flag.source is not None:
        yield from draw_frame(flag.source, EDGE, LINE + 104, WIDTH - 2 * EDGE)


def _scale(pieces: list[_Span], more: bool) -> dict[int, float]:
    """Where each boundary stands: long pieces are wider, but not in proportion."""
    x = EDGE + 78.0 + (GAP if more else 0)
    cuts = sorted({0, *(p.first for p in pieces), *(p.after for p in pieces)})
    spans = list(pairwise(cuts))
    words = {(p.first, p.after): p.word for p in pieces}
    weights = [0.0 if words.get(span) else 1 + log10(span[1] - span[0]) for span in spans]
    free = WIDTH - EDGE - x - PHANTOM * weights.count(0.0)
    unit = min(free / (sum(weights) or 1), DATA)
    xs = {cuts[0]: x} if cuts else {}
    for (_, after), weight in zip(spans, weights, strict=True):
        x += weight * unit if weight else PHANTOM
        xs[after] = x
    return xs


def _cell(piece: _Span, xs: dict[int, float], flag: _Flag) -> str:
    left, right = xs[piece.first], xs[piece.after]
    box = f"M{num(left)} {LINE}h{num(right - left)}v{CELL}H{num(left)}z"
    css = flag.line.lower() + (" v" if piece.word else "")
    if flag.name == "ack" and piece.first >= 0:
        css += " x"  # sent, and not acknowledged by this packet
    if piece.packet is flag.source:
        css += " u"
    size = piece.after - piece.first
    number = piece.packet.number
    choices: tuple[str, ...] = (
        message("packet {number}: {size:,} bytes", number=number, size=size),
        message("{number}: {size:,} bytes", number=number, size=size),
        f"{size:,}",
    )
    if size == 1:
        choices = (message("packet {number}: 1 byte", number=number), "1")
    words = piece.word or next(
        (words for words in choices if len(words) * LETTER < right - left), ""
    )
    text = write((left + right) / 2, LINE + 22, words, "c") if words else ""
    return f'<path class="{css}" d="{box}"/>{text}'


def _numbers(xs: dict[int, float], flag: _Flag) -> Iterator[str]:
    """The number at each boundary, as far as there is room beside the flag's."""
    taken: list[tuple[float, float]] = []
    cuts = sorted(xs, key=lambda cut: (cut != 0, -abs(cut)))
    for cut in cuts:
        words = str((flag.number + cut) % MODULUS)
        half = len(words) * LETTER / 2
        x = min(xs[cut], WIDTH - half - 2)
        if all(x + half < left or right < x - half for left, right in taken):
            taken.append((x - half - 4, x + half + 4))
            yield write(x, LINE + CELL + 17, words, f"c {flag.line.lower()}{'' if cut else ' t'}")


def _flag(x: float, flag: _Flag) -> Iterator[str]:
    """A pole at the boundary, and on it a cloth with words, on the side where there is room."""
    wide = len(flag.words) * LETTER + 14
    way = 1 if x + wide < WIDTH - 4 else -1
    css = flag.asked_by.lower()
    left = x if way > 0 else x - wide
    yield f'<path class="{css} u" d="M{num(x)} {LINE - 22}V{LINE + CELL + 4}"/>'
    yield f'<path class="{css} f" d="M{num(left)} {LINE - 22}h{num(wide)}v20H{num(left)}z"/>'
    yield write(left + wide / 2, LINE - 7, flag.words, "c o")
