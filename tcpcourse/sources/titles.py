"""What every named story is called in plain words, and the question it puts to its reader.

A story has one name whether the simulator plays it or two kernels were recorded at it, so it
has one title and one question too. Both are whole sentences for people, without a protocol's
jargon where that is possible.
"""

from __future__ import annotations

from html import escape
from typing import NamedTuple


class Title(NamedTuple):
    """A story in plain words: a heading, and the question that the story answers."""

    title: str
    question: str


TITLES: dict[str, Title] = {
    # --- opening ---------------------------------------------------------------------------
    "three-way-handshake": Title(
        "Three packets open a connection",
        "Why are two packets not enough?",
    ),
    "simultaneous-open": Title(
        "Both ends call each other at the same moment",
        "How many connections come of two calls that cross?",
    ),
    "refused": Title(
        "Nobody listens at the other end",
        "How does the caller learn of it at once?",
    ),
    "lost-syn": Title(
        "The very first packet gets lost",
        "Who notices, and after how long?",
    ),
    "lost-syn-ack": Title(
        "The answer to the first packet gets lost",
        "Which end sends again, and how does it know?",
    ),
    "lost-handshake-ack": Title(
        "The third packet of the handshake gets lost",
        "A believes that the connection is open: what does B believe?",
    ),
    "old-duplicate-syn": Title(
        "An old SYN turns up before the new one",
        "How do the two ends find out that it is old?",
    ),
    "half-open-discovery": Title(
        "A has crashed, and B knows nothing of it",
        "What tells B that its connection is dead?",
    ),
    "syn-rcvd-reset": Title(
        "A gives up before the answer comes",
        "Where does the RST lead a B that was only listening?",
    ),
    "new-syn-in-time-wait": Title(
        "A new call comes while one end is still waiting",
        "May an end in TIME_WAIT begin a new connection?",
    ),
    # --- data ------------------------------------------------------------------------------
    "http-get": Title(
        "A browser fetches a picture",
        "Which seq and ack does each packet carry?",
    ),
    "retransmission": Title(
        "One piece of data gets lost twice",
        "How long does the sender wait the second time?",
    ),
    "fast-retransmit": Title(
        "One of ten pieces gets lost, and the sender does not wait for its timer",
        "How does the sender know so soon?",
    ),
    "reordered-data": Title(
        "One piece of data is overtaken by the next",
        "Does anything have to be sent again?",
    ),
    "duplicated-data": Title(
        "One piece of data arrives twice",
        "What keeps the program from reading it twice?",
    ),
    "wraparound": Title(
        "The sequence numbers run past their end",
        "Which number follows 4294967295?",
    ),
    "zero-window": Title(
        "B does not read, and its window closes",
        "How does A find out that there is room again?",
    ),
    # --- closing ---------------------------------------------------------------------------
    "close-four-segments": Title(
        "A closes first, B closes later",
        "Why does it take four packets to part?",
    ),
    "close-three-segments": Title(
        "B closes so soon that one packet is saved",
        "Which two messages travel in one packet?",
    ),
    "simultaneous-close": Title(
        "Both ends close at the same moment",
        "Which of them has to wait at the end?",
    ),
    "fin-and-ack-together": Title(
        "One packet brings both the ACK and the FIN",
        "Which state does A skip on its way to TIME_WAIT?",
    ),
    "half-close": Title(
        "A has said all it wants to say, but B has not",
        "Can A still receive after its own FIN?",
    ),
    "lost-fin": Title(
        "The first FIN gets lost",
        "In which state does A notice it?",
    ),
    "lost-last-ack": Title(
        "The last ACK gets lost",
        "Why must A wait?",
    ),
    "retransmitted-fin-in-time-wait": Title(
        "The last FIN comes a second time",
        "What does a second FIN do to an end that is waiting?",
    ),
    "time-wait-assassination": Title(
        "A late copy of a FIN ends the wait too early",
        "Who kills TIME_WAIT, and with which packet?",
    ),
    "close-from-syn-rcvd": Title(
        "B closes before its connection is quite open",
        "Can a connection be closed that is not open yet?",
    ),
    "close-wait-leak": Title(
        "B's program forgets to close",
        "How long do the two ends stay as they are?",
    ),
    "fin-wait-2-forever": Title(
        "B's machine dies after it acknowledged A's FIN",
        "Which timer would get A out of FIN_WAIT_2?",
    ),
    "full-duplex-close": Title(
        "A closes its own half, and reads on",
        "What becomes of the data that A had not read when it closed?",
    ),
    "close-with-unread-data": Title(
        "A closes for good before it has read everything",
        "Why does B get a RST instead of a FIN?",
    ),
    "data-after-close": Title(
        "B goes on sending to an end that will never read again",
        "What does A answer to data after its close?",
    ),
    # --- breaking off ----------------------------------------------------------------------
    "abort": Title(
        "A throws the connection away",
        "Why does nobody wait in TIME_WAIT?",
    ),
    "no-answer": Title(
        "The wire is cut, and nobody answers any more",
        "When does A stop trying?",
    ),
    "blind-reset": Title(
        "Somebody else sends a forged RST",
        "Why does the connection survive it?",
    ),
}


class Catalogue(dict[str, str]):
    """Names of stories, each with its one-line description; shows itself as a table."""

    def __init__(self, kind: str, stories: dict[str, str]) -> None:
        super().__init__(stories)
        self._kind = kind

    def __repr__(self) -> str:
        names = ", ".join(list(self)[:3])
        return f"<{len(self)} {self._kind}: {names}{', …' if len(self) > 3 else ''}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><td style="text-align:left"><code>{escape(name)}</code></td>'
            f'<td style="text-align:left">{escape(about)}</td></tr>'
            for name, about in self.items()
        )
        return f"<table><tbody>{rows}</tbody></table>"
