"""The document's 【分析】 for one packet: its numbers, and where each of them comes from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tcpcourse.packet import ETHERNET, HEADERS
from tcpcourse.trace import Packet, Trace
from tcpcourse.views.basis import (
    Basis,
    bases,
    header_bytes,
    headers_account,
    padding,
    shortcut_holds,
)
from tcpcourse.views.escape import markup
from tcpcourse.views.given import HasTrace, as_trace
from tcpcourse.views.number_line import draw_number_line
from tcpcourse.views.reasons import why_ack, why_len, why_seq, why_window
from tcpcourse.views.svg import Svg
from tcpcourse.views.words import fate, flag_names
from tcpcourse.words import message

TAKE_CARE = message("Take care.")


@dataclass(frozen=True, slots=True, repr=False)
class Explanation:
    """The arithmetic of one packet.

    ``analysis`` is the line as the document writes it, ``reasons`` one (number, why) each,
    ``warnings`` what a reader could easily get wrong. All are plain text. ``picture`` is the
    number line that they come from. ``asides`` are the numbers that do not matter to somebody who
    follows the connection.

    >>> import tcpcourse as tcp
    >>> print(dict(tcp.explain(tcp.recording("avatar"), 4).reasons)["len"])
    679 − 54 of headers = 625 bytes of data.
    """

    number: int
    heading: str
    analysis: str
    reasons: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...] = ()
    asides: tuple[str, ...] = ()
    picture: Svg | None = field(default=None, compare=False)

    def __str__(self) -> str:
        lines = [self.heading, self.analysis]
        lines += [f"  {what}: {why}" for what, why in self.reasons]
        lines += [f"  Take care: {warning}" for warning in self.warnings]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Explanation of packet {self.number}: {self.analysis}>"

    def _repr_html_(self) -> str:
        words = f'<div style="flex:1 1 20em">{self.html()}</div>'
        if self.picture is not None:  # beside the words, or below them where there is less room
            words += f'<div style="flex:2 1 34em;min-width:0">{self.picture._repr_html_()}</div>'
        box = "display:flex;flex-wrap:wrap;gap:0 1.5em;align-items:flex-start"
        return f'<div class="tcp-explanation" style="{box}">{words}</div>'

    def html(self, brief: bool = False) -> str:
        """The same as markup, without a box around it.

        ``brief`` is for where the packet is met in passing: no warnings and no ``asides``.
        """
        told = [each for each in self.reasons if not (brief and each[0] in self.asides)]
        reasons = "".join(f"<li><b>{markup(what)}</b>: {markup(why)}</li>" for what, why in told)
        warnings = () if brief else self.warnings
        cares = "".join(
            f"<li><em>{markup(TAKE_CARE)}</em> {markup(text)}</li>" for text in warnings
        )
        return (
            f"<p><b>{markup(self.heading)}</b><br><code>{markup(self.analysis)}</code></p>"
            f"<ul>{reasons}{cares}</ul>"
        )


def explain(trace: Trace | HasTrace, number: int) -> Explanation:
    """The arithmetic of packet ``number`` of a trace or conversation, in relative numbers.

    Raises ``TcpCourseError`` when there is no such packet.

    >>> import tcpcourse as tcp
    >>> print(tcp.explain(tcp.recording("avatar"), 5).analysis)
    size=60, seq=1, ack=(1+679-54=626), len=0
    """
    trace = as_trace(trace)
    packet = trace.packet(number)
    basis = bases(trace)[number]
    made = explain_packet(trace, packet, basis)
    return replace(made, picture=draw_number_line(trace, packet, basis))


def explain_packet(trace: Trace, packet: Packet, basis: Basis) -> Explanation:
    """The same for a packet whose basis is already known."""
    heading = f"{packet.number}. {packet.sender}→{packet.receiver}"
    heading += f" [{flag_names(packet.segment.flags)}]"
    if words := fate(packet):
        heading += f" ({words})"
    reasons = [("seq", why_seq(trace, packet, basis))]
    if packet.rel_ack is not None:
        reasons.append(("ack", why_ack(packet, basis)))
    reasons.append(("len", why_len(packet)))
    if window := why_window(trace, packet):
        reasons.append(("win", window))
    return Explanation(
        packet.number,
        heading,
        _analysis(packet, basis),
        tuple(reasons),
        tuple(_cares(packet)),
        _asides(packet),
    )


def _asides(packet: Packet) -> tuple[str, ...]:
    """How the frame of a packet without data is made up, and the window that a SYN offers."""
    if packet.segment.syn:
        return ("len", "win")
    return () if packet.segment.data else ("len",)


# --- the line as the document writes it --------------------------------------------------


def _analysis(packet: Packet, basis: Basis) -> str:
    size = len(packet.segment.data)
    words = []
    handshake = packet.segment.syn or (packet.rel_seq == 1 and not size and packet.rel_ack == 1)
    if packet.frame_len is not None and not handshake:
        words.append(f"size={packet.frame_len}")
    words.append(f"seq={_sum_of_seq(packet, basis)}")
    if packet.rel_ack is not None:
        words.append(f"ack={_sum_of_ack(packet, basis)}")
    if not handshake:
        words.append(f"len={_sum_of_len(packet)}")
    return ", ".join(words)


def _sum_of_seq(packet: Packet, basis: Basis) -> str:
    before = basis.before
    if basis.following is not None and basis.following != packet.rel_seq:
        return f"({basis.following}-1={packet.rel_seq})"
    if before is None or not before.segment.data or packet.rel_seq == basis.expected:
        return str(packet.rel_seq)
    return f"({before.segment.seg_len}+{before.rel_seq}={packet.rel_seq})"


def _sum_of_ack(packet: Packet, basis: Basis) -> str:
    acked = basis.acked
    if acked is None or not (acked.segment.data or acked.segment.fin):
        return str(packet.rel_ack)
    return f"({_end_in_figures(acked)}={packet.rel_ack})"


def _sum_of_len(packet: Packet) -> str:
    size = len(packet.segment.data)
    if size and headers_account(packet):
        return f"({packet.frame_len}-{header_bytes(packet)}={size})"
    return str(size)


def _end_in_figures(packet: Packet) -> str:
    """``1+679-54``: first number plus what the packet takes up, as the document adds it."""
    words = str(packet.rel_seq)
    size = len(packet.segment.data)
    if packet.segment.syn:
        words += "+1"
    if size:
        known = headers_account(packet)
        words += f"+{packet.frame_len}-{header_bytes(packet)}" if known else f"+{size}"
    return words + ("+1" if packet.segment.fin else "")


# --- what a reader could easily get wrong ---

_NO_ETHERNET = message(
    "LEN − {heads} would give {result}, which is wrong here: this frame has no Ethernet header of"
    " {ethernet} bytes."
)
_BY_IP = message(
    "LEN − {heads} would give {result}, which is wrong here: the data is {size} bytes, as the IP"
    " header's length says."
)
_ONE_FILLS = message(
    "LEN − {heads} would give {result}, which is wrong here: 1 byte is padding, not data. An"
    " Ethernet frame has at least 64 bytes, 4 of them a checksum that captures leave out."
)
_FILL = message(
    "LEN − {heads} would give {result}, which is wrong here: {filler} bytes are padding, not data."
    " An Ethernet frame has at least 64 bytes, 4 of them a checksum that captures leave out."
)
_ARE_OPTIONS = message(
    "LEN − {heads} would give {result}, which is wrong here: {options} bytes are TCP options in the"
    " header; they are not data."
)
_FILL_AND_OPTIONS = message(
    "LEN − {heads} would give {result}, which is wrong here: {options} bytes are TCP options in the"
    " header, and {filler} bytes are padding. An Ethernet frame has at least 64 bytes, 4 of them a"
    " checksum that captures leave out."
)


def _cares(packet: Packet) -> list[str]:
    """What a reader who takes LEN − 54 for the data gets wrong here."""
    frame, size = packet.frame_len, len(packet.segment.data)
    if frame is None or frame - size < HEADERS or shortcut_holds(packet):
        return []  # with fewer headers this is no Ethernet frame, and nobody would take 54
    options, filler = packet.segment.options.length, padding(packet)
    if frame == header_bytes(packet) - ETHERNET + size:
        sentence = _NO_ETHERNET
    elif frame != header_bytes(packet) + size + filler:
        sentence = _BY_IP
    elif filler and options:
        sentence = _FILL_AND_OPTIONS
    elif filler:
        sentence = _ONE_FILLS if filler == 1 else _FILL
    else:
        sentence = _ARE_OPTIONS
    result = f"{frame} − {HEADERS} = {frame - HEADERS}"
    return [
        sentence.filled(
            heads=HEADERS,
            result=result,
            ethernet=ETHERNET,
            size=size,
            filler=filler,
            options=options,
        )
    ]
