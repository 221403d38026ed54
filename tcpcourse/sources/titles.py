"""What every named story is called in plain words, and the question it puts to its reader.

A story has one name whether the simulator plays it or two kernels were recorded at it, so it
has one title and one question too. Both are whole sentences for people, without a protocol's
jargon where that is possible.
"""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from tcpcourse.words import message


class Title(NamedTuple):
    """A story in plain words: a heading, and the question that the story answers."""

    title: str
    question: str


TITLES: dict[str, Title] = {
    # --- opening ---------------------------------------------------------------------------
    "three-way-handshake": Title(
        message("Three packets open a connection"),
        message("Why are two packets not enough?"),
    ),
    "simultaneous-open": Title(
        message("Both ends call each other at the same moment"),
        message("How many connections come of two calls that cross?"),
    ),
    "refused": Title(
        message("Nobody listens at the other end"),
        message("How does the caller learn of it at once?"),
    ),
    "lost-syn": Title(
        message("The very first packet gets lost"),
        message("Who notices, and after how long?"),
    ),
    "lost-syn-ack": Title(
        message("The answer to the first packet gets lost"),
        message("Which end sends again, and how does it know?"),
    ),
    "lost-handshake-ack": Title(
        message("The third packet of the handshake gets lost"),
        message("A believes that the connection is open: what does B believe?"),
    ),
    "old-duplicate-syn": Title(
        message("An old SYN turns up before the new one"),
        message("How do the two ends find out that it is old?"),
    ),
    "half-open-discovery": Title(
        message("A has crashed, and B knows nothing of it"),
        message("What tells B that its connection is dead?"),
    ),
    "syn-rcvd-reset": Title(
        message("A gives up before the answer comes"),
        message("Where does the RST lead a B that was only listening?"),
    ),
    "new-syn-in-time-wait": Title(
        message("A new call comes while one end is still waiting"),
        message("May an end in TIME_WAIT begin a new connection?"),
    ),
    # --- data ------------------------------------------------------------------------------
    "http-get": Title(
        message("A browser fetches a picture"),
        message("Which seq and ack does each packet carry?"),
    ),
    "retransmission": Title(
        message("One piece of data gets lost twice"),
        message("How long does the sender wait the second time?"),
    ),
    "fast-retransmit": Title(
        message("One of ten pieces gets lost, and the sender does not wait for its timer"),
        message("How does the sender know so soon?"),
    ),
    "reordered-data": Title(
        message("One piece of data is overtaken by the next"),
        message("Does anything have to be sent again?"),
    ),
    "duplicated-data": Title(
        message("One piece of data arrives twice"),
        message("What keeps the program from reading it twice?"),
    ),
    "wraparound": Title(
        message("The sequence numbers run past their end"),
        message("Which number follows 4294967295?"),
    ),
    "zero-window": Title(
        message("B does not read, and its window closes"),
        message("How does A find out that there is room again?"),
    ),
    "small-pieces": Title(
        message("A question in two small pieces takes much longer than in one"),
        message("Who waits for whom?"),
    ),
    "keep-alive": Title(
        message("A asks whether anybody is still there"),
        message("How does A learn that B has forgotten everything?"),
    ),
    # --- closing ---------------------------------------------------------------------------
    "close-four-segments": Title(
        message("A closes first, B closes later"),
        message("Why does it take four packets to part?"),
    ),
    "close-three-segments": Title(
        message("B closes so soon that one packet is saved"),
        message("Which two messages travel in one packet?"),
    ),
    "simultaneous-close": Title(
        message("Both ends close at the same moment"),
        message("Which of them has to wait at the end?"),
    ),
    "fin-and-ack-together": Title(
        message("One packet brings both the ACK and the FIN"),
        message("Which state does A skip on its way to TIME_WAIT?"),
    ),
    "half-close": Title(
        message("A has said all it wants to say, but B has not"),
        message("Can A still receive after its own FIN?"),
    ),
    "lost-fin": Title(
        message("The first FIN gets lost"),
        message("In which state does A notice it?"),
    ),
    "lost-last-ack": Title(
        message("The last ACK gets lost"),
        message("Why must A wait?"),
    ),
    "retransmitted-fin-in-time-wait": Title(
        message("The last FIN comes a second time"),
        message("What does a second FIN do to an end that is waiting?"),
    ),
    "time-wait-assassination": Title(
        message("A late copy of a FIN ends the wait too early"),
        message("Who kills TIME_WAIT, and with which packet?"),
    ),
    "close-from-syn-rcvd": Title(
        message("B closes before its connection is quite open"),
        message("Can a connection be closed that is not open yet?"),
    ),
    "close-wait-leak": Title(
        message("B's program forgets to close"),
        message("How long do the two ends stay as they are?"),
    ),
    "fin-wait-2-forever": Title(
        message("B's machine dies after it acknowledged A's FIN"),
        message("Which timer would get A out of FIN_WAIT_2?"),
    ),
    "full-duplex-close": Title(
        message("A closes its own half, and reads on"),
        message("What becomes of the data that A had not read when it closed?"),
    ),
    "close-with-unread-data": Title(
        message("A closes for good before it has read everything"),
        message("Why does B get a RST instead of a FIN?"),
    ),
    "data-after-close": Title(
        message("B goes on sending to an end that will never read again"),
        message("What does A answer to data after its close?"),
    ),
    # --- breaking off ----------------------------------------------------------------------
    "abort": Title(
        message("A throws the connection away"),
        message("Why does nobody wait in TIME_WAIT?"),
    ),
    "no-answer": Title(
        message("The wire is cut, and nobody answers any more"),
        message("When does A stop trying?"),
    ),
    "blind-reset": Title(
        message("Somebody else sends a forged RST"),
        message("Why does the connection survive it?"),
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
