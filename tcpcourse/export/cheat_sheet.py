"""The cheat sheet: two pages of A4 with the states, the edges, the arithmetic, the commands.

One file that needs nothing, for a screen, a phone and paper. The edges come from the rows of
the transition table, as they do in the map of states.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tcpcourse.core.states import State
from tcpcourse.export.build import environment, write
from tcpcourse.views.diagram import EDGES
from tcpcourse.views.escape import markup

NAME = "cheat-sheet.html"

STATES = {
    State.CLOSED: "There is no connection.",
    State.LISTEN: "It waits for anybody's SYN.",
    State.SYN_SENT: "Its SYN is sent; no SYN has come.",
    State.SYN_RCVD: "Both SYNs are there; its own is not acknowledged.",
    State.ESTABLISHED: "Both SYNs are acknowledged; data flow both ways.",
    State.FIN_WAIT_1: "It closed first; its FIN is not acknowledged.",
    State.FIN_WAIT_2: "Its FIN is acknowledged; the other's has not come.",
    State.CLOSE_WAIT: "The other's FIN is here; its own program must close.",
    State.LAST_ACK: "It closed second; its FIN is not acknowledged.",
    State.CLOSING: "Both FINs are there; its own is not acknowledged.",
    State.TIME_WAIT: "All is said; it waits 2MSL, in case its last ACK was lost.",
}
SUMS = (
    ("what a segment takes up", "bytes of data + 1 for SYN + 1 for FIN"),
    ("the next seq of this side", "seq + what the segment takes up"),
    ("the ack that answers it", "seq + what it takes up (if all before is here, too)"),
    ("a pure ACK", "takes up nothing: the next seq is the same"),
    ("bytes of data", "IP total length − IP header − TCP header; never the frame's length"),
    ("relative number", "number in the header − first number of that side"),
    ("numbers wrap", "(seq + n) mod 2³²: after 4294967295 comes 0"),
    ("which is later?", "b is later than a if 0 < (b − a) mod 2³² < 2³¹"),
    ("window in bytes", "Win × 2^scale; in a SYN never scaled"),
    ("in flight", "what was sent − the last ack that came"),
)
EXAMPLES = (
    ("SYN, seq 100", "1", "ack 101"),
    ("seq 101, 700 bytes", "700", "ack 801"),
    ("FIN, seq 801, no data", "1", "ack 802"),
    ("FIN, seq 801, 50 bytes", "51", "ack 852"),
    ("ACK, seq 802, no data", "0", "none"),
    ("SYN, seq 4294967295", "1", "ack 0"),
)
COMMANDS = (
    ("all connections and their states", "ss -tan", "netstat -an -p tcp", "netstat -an -p TCP"),
    ("who listens", "ss -ltn", "netstat -an -p tcp | grep LISTEN", "netstat -an | findstr LISTEN"),
    ("which program", "ss -tanp", "lsof -nP -iTCP", "netstat -ano"),
    ("one state only", "ss -tan state time-wait", "netstat -an | grep TIME_WAIT",
     "Get-NetTCPConnection -State TimeWait"),
    ("timers", "ss -tano", "–", "–"),
    ("how many of each", "ss -s", "netstat -s -p tcp", "netstat -s -p TCP"),
    ("packets of a port", "tcpdump -n port 80", "tcpdump -n port 80", "pktmon, or Wireshark"),
    ("numbers in full", "tcpdump -nS port 80", "tcpdump -nS port 80", "Wireshark"),
    ("into a file", "tcpdump -w x.pcap port 80", "tcpdump -w x.pcap port 80", "Wireshark"),
)  # fmt: skip


def edge_rows() -> list[tuple[str, str, str]]:
    """Each arrow of RFC 9293's figure 5: from, to, and what happens / what is sent."""
    return [
        (before.name, after.name, " or ".join(dict.fromkeys(row.label for row in drawn)))
        for (before, after), rows in EDGES.items()
        if (drawn := [row for row in rows if row.in_figure])
    ]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows of text as an HTML table; everything in it is escaped."""
    top = "".join(f'<th scope="col">{markup(word)}</th>' for word in head)
    body = "".join(
        f"<tr>{''.join(f'<td>{markup(word)}</td>' for word in row)}</tr>" for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def cheat_sheet() -> str:
    """The page's HTML."""
    states = [(state.name, words) for state, words in STATES.items()]
    template = environment().get_template("cheat_sheet.html.j2")
    return str(
        template.render(
            states=table(("state", "what the end knows"), states),
            edges=table(("from", "to", "what happens / what is sent"), edge_rows()),
            sums=table(("question", "answer"), SUMS),
            examples=table(("segment", "takes up", "is answered by"), EXAMPLES),
            commands=table(("to see", "Linux", "macOS", "Windows"), COMMANDS),
        )
    )


def save(out: Path) -> list[Path]:
    """Write the sheet into the folder ``out``. Raises TcpCourseError if that cannot be done."""
    return write({NAME: cheat_sheet()}, out)
