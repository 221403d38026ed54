"""The document's table: No., SRC, DEST, P, LEN, INFO, and the state of each end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from tcpcourse.core.seq import MODULUS
from tcpcourse.core.states import State
from tcpcourse.trace import SIDES, Packet, Side, Trace
from tcpcourse.views import palette
from tcpcourse.views.basis import rel_end, states_after
from tcpcourse.views.escape import markup, visible
from tcpcourse.views.given import HasTrace, as_trace
from tcpcourse.views.palette import PHASE_OF, PHASES
from tcpcourse.views.words import fate, flag_names, numbers
from tcpcourse.words import counted, message, say

if TYPE_CHECKING:
    import pandas

COLUMNS = ("No.", "SRC", "DEST", "P", "LEN", "INFO", "A", "B")
HEAD, TAIL = 60, 20  # rows shown of a long table

_REQUEST = re.compile(rb"(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE) \S+ HTTP/\d")
_STATUS = re.compile(rb"HTTP/\d\.\d \d{3}")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,15})", re.IGNORECASE)
CAPTION = message("Packets of the connection")
_REASSEMBLED = "[TCP segment of a reassembled PDU]"


@dataclass(frozen=True, slots=True, repr=False)
class Table:
    """Rows of text, one a packet, in the order of ``columns``; ``str`` writes them out.

    >>> import tcpcourse as tcp
    >>> tcp.views.table(tcp.simulate("refused"))
    <Table of 2 packets: No., SRC, DEST, P, LEN, INFO, A, B>
    """

    rows: tuple[tuple[str, ...], ...]
    columns: tuple[str, ...] = COLUMNS

    def __len__(self) -> int:
        return len(self.rows)

    def to_pandas(self) -> pandas.DataFrame:
        """The table as a DataFrame of text."""
        import pandas  # heavy: only when asked for

        return pandas.DataFrame(list(self.rows), columns=list(self.columns))

    def _shown(self) -> tuple[tuple[tuple[str, ...], ...], int, tuple[tuple[str, ...], ...]]:
        hidden = len(self.rows) - HEAD - TAIL
        if hidden <= 0:
            return self.rows, 0, ()
        return self.rows[:HEAD], hidden, self.rows[-TAIL:]

    def __repr__(self) -> str:
        count = len(self.rows)
        return f"<Table of {count:,} packet{'s' * (count != 1)}: {', '.join(self.columns)}>"

    def __str__(self) -> str:
        first, hidden, last = self._shown()
        lines = (self.columns, *first, *last)
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.columns))]

        def text(line: tuple[str, ...]) -> str:
            return "  ".join(
                word.ljust(width) for word, width in zip(line, widths, strict=True)
            ).rstrip()

        middle = [say(_more(hidden))] if hidden else []
        rule = "-" * min(len(text(self.columns)) + 8, 100)
        body = [text(self.columns), rule, *map(text, first), *middle, *map(text, last)]
        return "\n".join(body if self.rows else [*body, say(message("(no packets)"))])

    def _repr_html_(self) -> str:
        first, hidden, last = self._shown()

        def line(words: tuple[str, ...]) -> str:
            cells = zip(self.columns, words, strict=True)
            return "<tr>" + "".join(f"<td{_LEFT}>{_cell(*cell)}</td>" for cell in cells) + "</tr>"

        top = "".join(f'<th scope="col"{_LEFT}>{_head(word)}</th>' for word in self.columns)
        body = "".join(map(line, first))
        if hidden:
            body += f'<tr><td colspan="{len(self.columns)}">{markup(_more(hidden))}</td></tr>'
        body += "".join(map(line, last))
        if not self.rows:
            nothing = markup(message("no packets"))
            body = f'<tr><td colspan="{len(self.columns)}">{nothing}</td></tr>'
        return (
            f'<style>{_style()}</style><div class="tct" style="overflow-x:auto"><table>'
            f"<caption>{markup(CAPTION)}</caption>"
            f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
        )


def _more(hidden: int) -> str:
    return counted("… one more packet …", "… {count:,} more packets …", hidden)


_LEFT = ' style="text-align:left"'


def _head(name: str) -> str:
    """The name of a column; of an end's states, its disc."""
    return f'<b class="{name}">{name}</b>' if name in SIDES else markup(name)


def _cell(column: str, word: str) -> str:
    """A word of the table; a state that is certain has the colour of its phase."""
    if column in SIDES and word in State.__members__:
        return f'<i class="f{PHASE_OF[State[word]]}">{word}</i>'
    return markup(word)


@lru_cache(maxsize=1)
def _style() -> str:
    phases = "".join(
        f".tct .f{place}{{background:var(--c{place});border-color:var(--s{place})}}"
        for place in range(len(PHASES))
    )
    rules = (
        ".tct i{font-style:normal;font-weight:650;padding:0 7px;border:1.5px solid;"
        "border-radius:6px;color:var(--ink);white-space:nowrap}"
        ".tct b{display:inline-block;width:1.7em;line-height:1.7em;border-radius:50%;"
        "text-align:center;color:var(--on)}.tct .A{background:var(--A)}.tct .B{background:var(--B)}"
    )
    return f".tct{{{palette.variables(rules + phases)}}}{rules}{phases}{palette.schemes('tct')}"


def table(trace: Trace | HasTrace, relative: bool = True) -> Table:
    """The packets of a trace as the document lists them, with both ends' states added.

    With ``relative`` the numbers count from each side's first; without, they are those in
    the headers. LEN is the frame's length in bytes. The states are those after the packet
    arrived, or after it left if it never arrived.

    >>> import tcpcourse as tcp
    >>> print(tcp.views.table(tcp.recording("refused")))
    No.  SRC  DEST  P    LEN  INFO ...
    ---...
    1    A    B     TCP  60   50000→80 [SYN] Seq=0 Win=64240 Len=0 MSS=1460 ...
    2    B    A     TCP  40   80→50000 [RST, ACK] Seq=1 Ack=1 Win=0 Len=0 CLOSED CLOSED
    """
    trace = as_trace(trace)
    after = states_after(trace)
    http = _Http()
    rows = []
    for packet in trace.packets:
        protocol, info = http.read(packet) or ("TCP", _info(trace, packet, relative))
        ends = after.get(packet.number)
        if words := fate(packet):
            info += f" ({words})"
        rows.append(
            (
                str(packet.number),
                packet.sender,
                packet.receiver,
                protocol,
                "" if packet.frame_len is None else str(packet.frame_len),
                info,
                "" if ends is None else str(ends.a),
                "" if ends is None else str(ends.b),
            )
        )
    return Table(tuple(rows))


def _info(trace: Trace, packet: Packet, relative: bool) -> str:
    seq, ack = numbers(packet, relative)
    segment = packet.segment
    ports = f"{_port(trace, packet.sender)}→{_port(trace, packet.receiver)}"
    words = [ports, f"[{flag_names(segment.flags)}]", f"Seq={seq}"]
    if ack is not None:
        words.append(f"Ack={ack}")
    words += [f"Win={packet.scaled_window}", f"Len={len(segment.data)}"]
    if segment.options.mss is not None:
        words.append(f"MSS={segment.options.mss}")
    if segment.options.wscale is not None:
        words.append(f"WS={1 << segment.options.wscale}")
    if segment.options.sack_permitted:
        words.append("SACK_PERM=1")
    return " ".join(words)


def _port(trace: Trace, side: Side) -> str:
    return visible(trace.hosts.get(side, side).rpartition(":")[2], 20)


class _Http:
    """Reads just enough HTTP to name packets as the document does."""

    def __init__(self) -> None:
        # of each side, where the message under way ends and its first line
        self.under_way: dict[Side, tuple[int | None, str]] = {}

    def read(self, packet: Packet) -> tuple[str, str] | None:
        data, side = packet.segment.data, packet.sender
        if not data:
            return None
        if _REQUEST.match(data) or _STATUS.match(data):
            first = visible(data.split(b"\r\n", 1)[0].decode("latin-1"), 100)
            before, blank, _ = data.partition(b"\r\n\r\n")
            length = _LENGTH.search(before)
            size = int(length[1]) if length else 0
            whole = blank and len(before) + 4 + size <= len(data)
            if whole and (length or _REQUEST.match(data)):
                self.under_way.pop(side, None)
                return "HTTP", first
            known = blank and length
            end = (packet.rel_seq + len(before) + 4 + size) % MODULUS if known else None
            self.under_way[side] = (end, first)
            return "TCP", _REASSEMBLED
        if side not in self.under_way:
            return None
        end, first = self.under_way[side]
        if end is not None and rel_end(packet) - packet.segment.fin >= end:
            del self.under_way[side]
            return "HTTP", first
        return "TCP", _REASSEMBLED
