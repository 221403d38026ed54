"""The sentences of the observer, whole and with named places.

A place ``why`` holds the sentence of a row of the table, ``number`` a packet's number.
"""

from __future__ import annotations

from tcpcourse.trace import Side
from tcpcourse.words import Message, message

ANSWERS = message("This RST answers a segment that fits no connection here.")
REFUSES = message("A RST numbered 0 answers a SYN where nobody listens: there is no connection.")
NOT_YET = message("The packet has not arrived yet: what this end sends next does not know of it.")
ANSWERS_GONE = message("This RST answers from an end that has no connection any more.")
RESET_AGAIN = message(
    "This RST changes nothing: it is sent again, or answers a packet that was not captured."
)
LONE_RESET = message(
    "Nothing else of this end was captured. Its RST throws a connection away, or answers a "
    "segment that fits none."
)
RESET_BEYOND = message(
    "This RST does not have the number that is expected next. Inside the window it is answered "
    "with an ACK, outside it is dropped; how large the window is was not captured."
)
GOES_ON = message(
    "This end goes on after this RST: it answers something older, or was sent by somebody else."
)
OLD_ENDS = message("This RST ends the old connection.")
NARROWS = message("With what this packet says, other states fit than before.")
WAITED = message("The wait of 2MSL may be over by now; no packet shows when.")
WAITS = message("What comes before its data is missing, so the data must wait.")
NO_RESET = message(
    "There is no connection here. A RST would answer this packet; none was captured."
)
CITE_TEXT = "RFC 9293 §3.10.7.4"
ASSUMPTION = message(
    "States are inferred from packets seen at one place. Unless a later packet says "
    "otherwise, a packet is taken to be seen soon after it was sent, and to arrive soon "
    "after it was seen; and a program is taken to close when its FIN is sent, although data "
    "may have had to wait."
)
MIDWAY = message("The beginning was not captured: numbers count from the first one seen.")
REUSED = message(
    "These ports had a connection before. How that one ended tells in which states this one "
    "may begin."
)


def may_be_lost(*, number: int, why: str) -> Message:
    """A packet that is sent again, and what it did if it was not lost."""
    return message(
        "Packet {number} may have been lost, for it is sent again. What this end "
        "acknowledges next decides. If it arrived: {why}",
        number=number,
        why=why,
    )


def was_lost(*, number: int) -> Message:
    """A packet that an end does not know of, although it had time to arrive."""
    return message(
        "Packet {number} was lost, or came and was not taken: what this end sends later does "
        "not know of it.",
        number=number,
    )


def on_its_way(*, number: int, why: str) -> Message:
    """A packet that crossed another one, and what it does when it arrives."""
    return message(
        "Packet {number} may still be on its way: what this end sends next does not know of "
        "it. Once it has arrived: {why}",
        number=number,
        why=why,
    )


def by_now(*, number: int, why: str) -> Message:
    """A packet that was late, or of which only this one tells."""
    return message(
        "By now packet {number} has arrived: {why}",
        number=number,
        why=why,
    )


def unseen(*, why: str) -> Message:
    """What an unseen packet must have done."""
    return message(
        "The packet that did this was not captured, but this one shows that it came: {why}",
        why=why,
    )


def maybe_by_now(*, why: str) -> Message:
    """What an unseen packet may have done already."""
    return message(
        "Perhaps by now: {why} The packet that would tell was not captured.",
        why=why,
    )


def may_have_closed(*, number: int, why: str) -> Message:
    """A number that was used by something unseen: a FIN or data."""
    return message(
        "Packet {number} shows a number in use that no captured packet carries. It may be a "
        "FIN's; if so: {why} A packet with new data beyond it would say that it was data.",
        number=number,
        why=why,
    )


def behind_a_hole(*, why: str) -> Message:
    """A FIN behind bytes that nobody saw."""
    return message(
        "Bytes before this FIN were not captured, nor an ACK of it. If all of them came: {why}",
        why=why,
    )


def if_it_was_in(*, state: str, why: str) -> Message:
    """What happened if the end was in one of the states that fitted before."""
    return message("If this end was in {state}: {why}", state=state, why=why)


def then_in(*, state: str) -> Message:
    """A state that is reached by no one rule."""
    return message("It is in {state} then, by what was captured.", state=state)


def lone_reset_got(*, why: str) -> Message:
    """A RST to an end of which nothing was captured."""
    return message(
        "The number that this end expects was not captured. If it is the RST's: {why}",
        why=why,
    )


def not_seen(*, why: str) -> Message:
    """Something that may have happened, and of which nothing tells."""
    return message(
        "Nothing that was captured tells whether this happened: {why}",
        why=why,
    )


def sent_early(*, number: int, why: str) -> Message:
    """What an end may have done before a packet that has passed reached it."""
    return message(
        "This end may have done more already: packet {number} was sent before this one "
        "arrived. {why}",
        number=number,
        why=why,
    )


def gone_before(*, number: int) -> Message:
    """An end whose RST shows that it had no connection any more."""
    return message(
        "This end had no connection any more, or was about to lose it: packet {number}, a RST, "
        "answers as an end does that has none.",
        number=number,
    )


def guess(*, why: str) -> Message:
    """A RST that may have been guessed."""
    return message(
        "This RST has a number that its sender was not seen to reach. If it is expected: {why}",
        why=why,
    )


def stray_reset(*, why: str) -> Message:
    """A RST with an old number, which may be forged."""
    return message(
        "This RST has a number that its sender left behind, and nothing that was captured asks "
        "for it. If its sender sent it: {why}",
        why=why,
    )


def wait_is_over(*, why: str) -> Message:
    """A SYN that comes after TIME_WAIT."""
    return message(
        "If the wait of 2MSL was over, and a program listens: {why}",
        why=why,
    )


def still_waiting(*, why: str) -> Message:
    """A SYN that comes during TIME_WAIT."""
    return message(
        "If the wait of 2MSL still lasted: {why}",
        why=why,
    )


def one_way(*, side: Side) -> Message:
    """A capture of one direction."""
    return message(
        "Only packets from {side} were captured. What is said of the other end is told by "
        "their acknowledgments alone.",
        side=side,
    )


def restart(*, number: int) -> Message:
    """A SYN of an end that had a connection."""
    return message(
        "Frame {number} begins a new connection although the old one was not closed: its "
        "sender must have forgotten it, as after a crash.",
        number=number,
    )


def missing(*, side: Side) -> Message:
    """A side of which packets are missing."""
    return message(
        "Packets are missing from the capture: {side} used numbers that no packet carries.",
        side=side,
    )
