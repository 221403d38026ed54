"""The document's 【分析】 for one packet: its numbers, and where each of them comes from."""

from __future__ import annotations

from dataclasses import dataclass

from tcpcourse.trace import Packet, Trace
from tcpcourse.views.basis import (
    ETHERNET,
    HEADERS,
    Basis,
    bases,
    header_bytes,
    headers_account,
    padding,
    rel_end,
    shortcut_holds,
)
from tcpcourse.views.escape import markup
from tcpcourse.views.given import HasTrace, as_trace
from tcpcourse.views.words import fate, flag_names


@dataclass(frozen=True, slots=True, repr=False)
class Explanation:
    """The arithmetic of one packet.

    ``analysis`` is the line as the document writes it, ``reasons`` one (number, why) each,
    ``warnings`` what a reader could easily get wrong. All are plain text.
    """

    number: int
    heading: str
    analysis: str
    reasons: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [self.heading, self.analysis]
        lines += [f"  {what}: {why}" for what, why in self.reasons]
        lines += [f"  Take care: {warning}" for warning in self.warnings]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Explanation of packet {self.number}: {self.analysis}>"

    def _repr_html_(self) -> str:
        return f'<div class="tcp-explanation">{self.html()}</div>'

    def html(self, warnings: bool = True) -> str:
        """The same as markup, without a box around it; with or without its warnings."""
        reasons = "".join(
            f"<li><b>{markup(what)}</b>: {markup(why)}</li>" for what, why in self.reasons
        )
        cares = "".join(f"<li><em>Take care.</em> {markup(text)}</li>" for text in self.warnings)
        cares = cares if warnings else ""
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
    return explain_packet(trace, packet, bases(trace)[number])


def explain_packet(trace: Trace, packet: Packet, basis: Basis) -> Explanation:
    """The same for a packet whose basis is already known."""
    heading = f"{packet.number}. {packet.sender}→{packet.receiver}"
    heading += f" [{flag_names(packet.segment.flags)}]"
    if words := fate(packet):
        heading += f" ({words})"
    reasons = [("seq", _why_seq(trace, packet, basis))]
    if packet.rel_ack is not None:
        reasons.append(("ack", _why_ack(packet, basis)))
    reasons.append(("len", _why_len(packet)))
    if packet.scaled_window != packet.segment.window:
        reasons.append(("win", _why_window(packet)))
    elif packet.segment.syn:
        reasons.append(
            ("win", f"{packet.scaled_window} bytes; the window in a SYN is never scaled.")
        )
    return Explanation(
        packet.number, heading, _analysis(packet, basis), tuple(reasons), tuple(_cares(packet))
    )


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


# --- the reasons in sentences ------------------------------------------------------------


def _took(packet: Packet) -> str:
    """What a packet takes up, in words: ``625 bytes and one number for its FIN``."""
    parts = []
    if packet.segment.syn:
        parts.append("one number for its SYN")
    if size := len(packet.segment.data):
        parts.append(f"{size} byte{'s' * (size != 1)} of data")
    if packet.segment.fin:
        parts.append("one number for its FIN")
    return " and ".join(parts) or "nothing"


def _why_seq(trace: Trace, packet: Packet, basis: Basis) -> str:
    me, seq = packet.sender, packet.rel_seq
    raw = f" (in its header: {packet.segment.seq})" if trace.isn.get(me) else ""
    if packet.segment.syn:
        return f"{me}'s first number{raw}; relative numbers count from it, so it is {seq}."
    if basis.again is not None:
        return f"{seq}: these numbers were sent before, in packet {basis.again}."
    before, previous = basis.before, basis.previous
    if before is not None:
        text = (
            f"{before.rel_seq} + {before.segment.seg_len} = {seq}:"
            f" packet {before.number} began at {before.rel_seq} and took up {_took(before)}."
        )
        if int(packet.segment.seq) < int(before.segment.seq):
            text += (
                f" In the header {before.segment.seq} + {before.segment.seg_len} passes"
                f" 2³² − 1 and goes on at {packet.segment.seq}."
            )
        if previous is not None and previous is not before and not previous.segment.seg_len:
            text += f" Packet {previous.number}, a pure ACK, took up nothing."
        return text
    if previous is None:
        return f"{seq}: the first number seen from {me}{raw}; what came before was not seen."
    if not previous.segment.seg_len and previous.rel_seq == seq:
        return f"{seq}, as in packet {previous.number}: that was a pure ACK, and took up nothing."
    if "keep-alive" in packet.notes:
        return (
            f"{seq + 1} − 1 = {seq}: one number before the next. A probe: it brings nothing new,"
            " it only wants an answer."
        )
    return f"{seq}: no packet seen ends there, so something was not seen or came differently."


def _why_ack(packet: Packet, basis: Basis) -> str:
    ack, peer, acked = packet.rel_ack, packet.receiver, basis.acked
    if packet.segment.rst and acked is None:
        return f"{ack}: a RST acknowledges what drew it."
    if acked is not None:
        size = acked.segment.seg_len
        text = (
            f"{acked.rel_seq} + {size} = {ack}: packet {acked.number} began at {acked.rel_seq}"
            f" and took up {_took(acked)}; {ack} is the next number expected from {peer}."
        )
        if basis.last_ack == ack:
            text += " Nothing new has come since the last ACK, so the number stays."
        return text
    if basis.last_ack == ack:
        return f"{ack}, the same as before: nothing new came from {peer}."
    last = basis.peer_last
    if last is not None and last.rel_seq < (ack or 0) < rel_end(last):
        return f"{ack}: up to the middle of packet {last.number}."
    return f"{ack}: the next number expected from {peer}; the packet before it was not seen."


def _why_len(packet: Packet) -> str:
    size, frame = len(packet.segment.data), packet.frame_len
    if frame is None:
        return f"{size} bytes of data."
    heads, filler = header_bytes(packet), padding(packet)
    if frame == heads + size + filler:
        options = packet.segment.options.length
        rest = f" − {options} of options" if options else ""
        rest += f" − {filler} of padding" if filler else ""
        return f"{frame} − {HEADERS} of headers{rest} = {size} bytes of data."
    return f"{size} bytes of data in a frame of {frame}; headers and trailer take {frame - size}."


def _why_window(packet: Packet) -> str:
    field, size = packet.segment.window, packet.scaled_window
    if field and size % field == 0:
        return (
            f"{size} = {field} × {size // field}: the header says {field},"
            " scaled by what the SYNs agreed on."
        )
    return f"{size} bytes, scaled from {field} in the header."


def _cares(packet: Packet) -> list[str]:
    frame, size = packet.frame_len, len(packet.segment.data)
    if frame is None or frame - size < HEADERS or shortcut_holds(packet):
        return []  # with fewer headers this is no Ethernet frame, and nobody would take 54
    result = f"{frame} − {HEADERS} = {frame - HEADERS}".replace("-", "−")
    wrong = f"LEN − {HEADERS} would give {result}, which is wrong here: "
    options, filler = packet.segment.options.length, padding(packet)
    if frame == header_bytes(packet) - ETHERNET + size:
        return [wrong + f"this frame has no Ethernet header of {ETHERNET} bytes."]
    if frame != header_bytes(packet) + size + filler:
        return [wrong + f"the data is {size} bytes, as the IP header's length says."]
    reasons = []
    if filler:
        reasons.append(
            f"{filler} byte{'s' * (filler != 1)} fill up the frame, for Ethernet has none shorter"
            f" than {frame} bytes"
        )
    if options:
        reasons.append(f"{options} bytes are TCP options in the header")
    return [wrong + ", and ".join(reasons) + "; they are not data."]
