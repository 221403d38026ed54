"""How a capture and a conversation show themselves in a notebook: short tables, escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from tcpcourse.core.segment import Flags
from tcpcourse.packet import SIDES, shortened
from tcpcourse.sources.capture.columns import SCALE_UNKNOWN
from tcpcourse.sources.capture.notes import words

if TYPE_CHECKING:
    from tcpcourse.sources.capture.conversation import Conversation
    from tcpcourse.sources.capture.load import Capture

_ONE_CONVERSATION = "{name}: {packets:,} TCP packets in 1 conversation"
_CONVERSATIONS_OF = "{name}: {packets:,} TCP packets in {count:,} conversations"
MOST_ROWS = 20
MOST_PROBLEMS = 10
_LONGEST = 160  # characters of a name or a sentence
_LEFT = ' style="text-align:left"'
_CONVERSATIONS = ("No.", "A", "B", "Packets", "Bytes", "Lasted", "Captured")
_PACKETS = ("Frame", "Time", "From", "Flags", "Seq", "Ack", "Len", "Window", "Notes")


def capture_table(capture: Capture) -> str:
    """The conversations of a capture, one a row, and its problems below."""
    rows = [
        (
            str(each.index),
            each.a,
            each.b,
            f"{len(each.columns):,}",
            f"{each.bytes:,}",
            _seconds(int(each.columns["time_ns"][-1] - each.columns["time_ns"][0])),
            each.complete,
        )
        for each in capture.conversations[:MOST_ROWS]
    ]
    more = len(capture.conversations) - len(rows)
    count = len(capture.conversations)
    title = (_ONE_CONVERSATION if count == 1 else _CONVERSATIONS_OF).format(
        name=shortened(capture.name, _LONGEST), packets=len(capture.columns), count=count
    )
    problems = [shortened(str(each), 2 * _LONGEST) for each in capture.problems[:MOST_PROBLEMS]]
    if len(capture.problems) > MOST_PROBLEMS:
        problems.append(f"and {len(capture.problems) - MOST_PROBLEMS} more")
    below = "".join(f"<li>{escape(_plain(each))}</li>" for each in problems)
    return _table(title, _CONVERSATIONS, rows, more) + (f"<ul>{below}</ul>" if below else "")


def conversation_table(conversation: Conversation) -> str:
    """The first packets of a conversation, one a row, with relative numbers."""
    first = conversation.columns[:MOST_ROWS]
    start = int(first["time_ns"][0]) if len(first) else 0
    rows = [
        (
            str(row["frame"]),
            _seconds(int(row["time_ns"]) - start),
            SIDES[row["direction"]],
            str(Flags(int(row["flags"]))),
            str(row["rel_seq"]),
            str(row["rel_ack"]) if row["flags"] & Flags.ACK else "",
            str(row["payload_len"]),
            f"{row['window']} × ?" if row["scale"] == SCALE_UNKNOWN else str(row["scaled_window"]),
            ", ".join(words(notes)),
        )
        for row, notes in zip(first, conversation.first_notes(len(first)).tolist(), strict=True)
    ]
    title = f"{conversation.a} ⇄ {conversation.b}: {conversation.complete}"
    return _table(title, _PACKETS, rows, len(conversation.columns) - len(rows))


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], more: int) -> str:
    top = "".join(f'<th scope="col"{_LEFT}>{escape(word)}</th>' for word in head)
    body = "".join(map(_row, rows))
    if more > 0:
        body += f'<tr><td colspan="{len(head)}"{_LEFT}>and {more:,} more</td></tr>'
    return (
        f'<div style="overflow-x:auto"><table><caption{_LEFT}>{escape(_plain(title))}</caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(words: Iterable[str]) -> str:
    return "<tr>" + "".join(f"<td{_LEFT}>{escape(word)}</td>" for word in words) + "</tr>"


def _plain(text: str) -> str:
    """Without control characters, which a file's name may have."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def _seconds(time_ns: int) -> str:
    return f"{time_ns / 1e9:.6f}\N{NO-BREAK SPACE}s"
