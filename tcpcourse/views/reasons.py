"""Where each number of a packet comes from, in sentences: the reasons that ``explain`` gives.

Each sentence is a whole message with named places, so that it can be put into a language.
"""

from __future__ import annotations

from tcpcourse.packet import HEADERS, Packet
from tcpcourse.trace import Trace
from tcpcourse.views.basis import Basis, header_bytes, padding, rel_end
from tcpcourse.words import counted, message, together

# What a packet takes up, as it stands in the sentences below: (SYN, data, FIN) -> words.
_TOOK = {
    (False, False, False): message("nothing"),
    (True, False, False): message("one number for its SYN"),
    (False, True, False): message("{bytes} of data"),
    (False, False, True): message("one number for its FIN"),
    (True, True, False): message("one number for its SYN and {bytes} of data"),
    (False, True, True): message("{bytes} of data and one number for its FIN"),
    (True, False, True): message("one number for its SYN and one number for its FIN"),
    (True, True, True): message(
        "one number for its SYN and {bytes} of data and one number for its FIN"
    ),
}
_FIRST = message("{me}'s first number; relative numbers count from it, so it is {seq}.")
_FIRST_RAW = message(
    "{me}'s first number (in its header: {raw}); relative numbers count from it, so it is {seq}."
)
_NEW_FIRST = message(
    "{me}'s new first number (in its header: {raw}), another than in packet {other}; from here on"
    " relative numbers count from it, so it is {seq}."
)
_IDLE_FIRST = message(
    "{seq}: a SYN with a number of its own (in its header: {raw}), another than in packet {other}."
    " No other packet counts from it: it is an old duplicate, an offer that was not taken up, or a"
    " stranger's."
)
_IDLE_FIRST_ALONE = message(
    "{seq}: a SYN with a number of its own (in its header: {raw}). No other packet counts from it:"
    " it is an old duplicate, an offer that was not taken up, or a stranger's."
)
_OLDER_SEQ = message(
    "{seq}: no number of this connection (in its header: {raw}). {me} sends it before its own SYN:"
    " it belongs to a connection that these ports had before."
)
_OLDER_ACK = message(
    "{ack}: no number of this connection, in which {peer} had sent only up to {sent}. It belongs"
    " to a connection that these ports had before (RFC 9293 figure 9)."
)
_AGAIN = message("{seq}: these numbers were sent before, in packet {number}.")
_GOES_ON = message("{begin} + {size} = {seq}: packet {number} began at {begin} and took up {took}.")
_WRAPS = message("In the header {begin} + {size} passes 2³² − 1 and goes on at {seq}.")
_PURE_ACK = message("Packet {number}, a pure ACK, took up nothing.")
_FIRST_SEEN = message("{seq}: the first number seen from {me}; what came before was not seen.")
_FIRST_SEEN_RAW = message(
    "{seq}: the first number seen from {me} (in its header: {raw}); what came before was not seen."
)
_AS_BEFORE = message("{seq}, as in packet {number}: that was a pure ACK, and took up nothing.")
_KEEP_ALIVE = message(
    "{following} − 1 = {seq}: one number before the next, {following}. A keep-alive is a probe: it"
    " brings nothing new, it only wants an answer."
)
_ZERO_WINDOW_KEEP_ALIVE = message(
    "{following} − 1 = {seq}: one number before the next, {following}. A probe, for {peer}'s window"
    " is 0: it brings nothing new, it only wants an answer that tells the window."
)
_ZERO_WINDOW_PROBE = message(
    "A probe of one byte, sent although {peer}'s window is 0: it wants an answer that tells the"
    " window."
)
_RST_ZERO = message(
    "{seq}: in its header it is 0. {me} has no connection, and so no number of its own (RFC 9293"
    " §3.10.7.1)."
)
_RST_FORGED = message("{seq}: a number that its forger made up; {me} never sent this packet.")
_RST_TAKES = message(
    "{seq}: a RST without ACK takes the number that packet {number} acknowledged, so that it is"
    " believed."
)
_ENDS_NOWHERE = message(
    "{seq}: no packet seen ends there, so something was not seen or came differently."
)

_RST_ACK = message("{ack}: a RST acknowledges what drew it.")
_ACKS = message(
    "{begin} + {size} = {ack}: packet {number} began at {begin} and took up {took}; {ack} is the"
    " next number expected from {peer}."
)
_NOTHING_NEW = message("Nothing new has come since the last ACK, so the number stays.")
_SAME_ACK = message("{ack}, the same as before: nothing new came from {peer}.")
_TO_THE_MIDDLE = message("{ack}: up to the middle of packet {number}.")
_NOT_SEEN = message(
    "{ack}: the next number expected from {peer}; the packet before it was not seen."
)

_LENGTH = message("{size} bytes of data.")
_BARE = message("{frame} − {heads} of headers = {size} bytes of data.")
_OPTIONS = message("{frame} − {heads} of headers − {options} of options = {size} bytes of data.")
_FILLER = message("{frame} − {heads} of headers − {filler} of padding = {size} bytes of data.")
_OPTIONS_FILLER = message(
    "{frame} − {heads} of headers − {options} of options − {filler} of padding = {size} bytes of"
    " data."
)
_OTHER_FRAME = message(
    "{size} bytes of data in a frame of {frame}; headers and trailer take {rest}."
)

_SYN_WINDOW = message("{size} bytes; the window in a SYN is never scaled.")
_SCALED = message(
    "{size} = {field} × {factor}: the header says {field}, scaled by what the SYNs agreed on."
)
_SCALED_ODDLY = message("{size} bytes, scaled from {field} in the header.")
_SCALE_UNKNOWN = message(
    "The header says {field}; by how much {me}'s windows are scaled is unknown, for the SYNs or"
    " their options were not captured. So how many bytes that is cannot be said."
)
_SCALE_GUESSED = message(
    "The header says {field}. {me}'s SYN offered to scale by {factor}, which would make {size}"
    " bytes; whether the other side agreed was not captured, so the scale is unknown."
)


def _took(packet: Packet) -> str:
    """What a packet takes up, in words: ``625 bytes of data and one number for its FIN``."""
    size = len(packet.segment.data)
    words = _TOOK[packet.segment.syn, bool(size), packet.segment.fin]
    return words.filled(bytes=counted("1 byte", "{count} bytes", size))


def why_seq(trace: Trace, packet: Packet, basis: Basis) -> str:
    """Where the sequence number comes from."""
    me, seq, raw = packet.sender, packet.rel_seq, packet.segment.seq
    known = bool(trace.isn.get(me))
    before, previous = basis.before, basis.previous
    if packet.segment.syn:
        return _why_syn(packet, basis, known)
    if basis.older:
        return _OLDER_SEQ.filled(seq=seq, raw=raw, me=me)
    if basis.following not in (None, seq):
        return _why_keep_alive(packet, basis)
    if basis.following is not None and before is not None:
        probe = _ZERO_WINDOW_PROBE.filled(peer=packet.receiver)
        return together(_goes_on(packet, before, previous), probe)
    if basis.again is not None:
        return _AGAIN.filled(seq=seq, number=basis.again)
    if before is not None:
        return _goes_on(packet, before, previous)
    last = basis.peer_last
    if packet.segment.rst and packet.rel_ack is None and last and last.rel_ack == seq:
        return _RST_TAKES.filled(seq=seq, number=last.number)
    if packet.segment.rst and "forged" in packet.notes:
        return _RST_FORGED.filled(seq=seq, me=me)
    if packet.segment.rst and packet.rel_ack is not None and not known and not int(raw):
        return _RST_ZERO.filled(seq=seq, me=me)
    if previous is None:
        sentence = _FIRST_SEEN_RAW if known else _FIRST_SEEN
        return sentence.filled(seq=seq, me=me, raw=raw)
    if not previous.segment.seg_len and previous.rel_seq == seq:
        return _AS_BEFORE.filled(seq=seq, number=previous.number)
    return _ENDS_NOWHERE.filled(seq=seq)


def _why_syn(packet: Packet, basis: Basis, known: bool) -> str:
    me, seq, raw = packet.sender, packet.rel_seq, packet.segment.seq
    other = basis.other_syn
    if basis.idle_syn:
        if other is None:
            return _IDLE_FIRST_ALONE.filled(seq=seq, raw=raw)
        return _IDLE_FIRST.filled(seq=seq, raw=raw, other=other.number)
    if other is not None and basis.again is not None:
        return _AGAIN.filled(seq=seq, number=basis.again)
    if other is not None:
        return _NEW_FIRST.filled(me=me, raw=raw, other=other.number, seq=seq)
    return (_FIRST_RAW if known else _FIRST).filled(me=me, raw=raw, seq=seq)


def _why_keep_alive(packet: Packet, basis: Basis) -> str:
    last = basis.peer_last
    closed = last is not None and last.segment.window == 0 and not last.segment.syn
    sentence = _ZERO_WINDOW_KEEP_ALIVE if closed else _KEEP_ALIVE
    return sentence.filled(following=basis.following, seq=packet.rel_seq, peer=packet.receiver)


def _goes_on(packet: Packet, before: Packet, previous: Packet | None) -> str:
    sentences = [
        _GOES_ON.filled(
            begin=before.rel_seq,
            size=before.segment.seg_len,
            seq=packet.rel_seq,
            number=before.number,
            took=_took(before),
        )
    ]
    if int(packet.segment.seq) < int(before.segment.seq):
        sentences.append(
            _WRAPS.filled(
                begin=before.segment.seq, size=before.segment.seg_len, seq=packet.segment.seq
            )
        )
    bare = previous is not None and not previous.segment.seg_len and not previous.segment.rst
    if previous is not None and previous is not before and bare:
        sentences.append(_PURE_ACK.filled(number=previous.number))
    return together(*sentences)


def why_ack(packet: Packet, basis: Basis) -> str:
    """Where the acknowledgment number comes from."""
    ack, peer, acked, last = packet.rel_ack or 0, packet.receiver, basis.acked, basis.peer_last
    if basis.older:
        return _OLDER_ACK.filled(ack=ack, peer=peer, sent=basis.peer_sent)
    if packet.segment.rst and acked is None:
        return _RST_ACK.filled(ack=ack)
    if acked is not None:
        text = _ACKS.filled(
            begin=acked.rel_seq,
            size=acked.segment.seg_len,
            ack=ack,
            number=acked.number,
            took=_took(acked),
            peer=peer,
        )
        return together(text, _NOTHING_NEW) if basis.last_ack == ack else text
    if basis.last_ack == ack:
        return _SAME_ACK.filled(ack=ack, peer=peer)
    if last is not None and last.rel_seq < ack < rel_end(last):
        return _TO_THE_MIDDLE.filled(ack=ack, number=last.number)
    return _NOT_SEEN.filled(ack=ack, peer=peer)


def why_len(packet: Packet) -> str:
    """Where the length of the data comes from."""
    size, frame = len(packet.segment.data), packet.frame_len
    if frame is None:
        return _LENGTH.filled(size=size)
    filler, options = padding(packet), packet.segment.options.length
    if frame != header_bytes(packet) + size + filler:
        return _OTHER_FRAME.filled(size=size, frame=frame, rest=frame - size)
    sentence = {
        (False, False): _BARE,
        (True, False): _OPTIONS,
        (False, True): _FILLER,
        (True, True): _OPTIONS_FILLER,
    }[bool(options), bool(filler)]
    return sentence.filled(frame=frame, heads=HEADERS, options=options, filler=filler, size=size)


def why_window(trace: Trace, packet: Packet) -> str:
    """Where the window in bytes comes from; empty where it is simply the header's."""
    field, size = packet.segment.window, packet.scaled_window
    if packet.segment.syn:
        return _SYN_WINDOW.filled(size=size)
    factor = size // field if field else 1
    if packet.sender in trace.scale_unknown and not packet.segment.rst:
        sentence = _SCALE_UNKNOWN if size == field else _SCALE_GUESSED
        return sentence.filled(field=field, me=packet.sender, factor=factor, size=size)
    if size == field:
        return ""
    if field and size % field == 0:
        return _SCALED.filled(size=size, field=field, factor=factor)
    return _SCALED_ODDLY.filled(size=size, field=field)
