"""The recordings that come with the course: two kernels, and the document's own capture.

In a checkout they lie in ``data/``; where only the package is installed they lie inside it.
``data/README.md`` says who recorded them, where and how.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.sources.capture.load import load
from tcpcourse.sources.titles import TITLES, Catalogue, Title
from tcpcourse.trace import Trace
from tcpcourse.words import message

_INSTALLED = Path(__file__).parents[1] / "data"
_CHECKOUT = Path(__file__).parents[2] / "data"

_ABOUT: dict[str, str] = {
    "avatar": message("The document's own eight packets: a picture is fetched (section 二)."),
    "http-get-ethernet": message(
        "A real GET in Ethernet frames: handshake, data both ways, close."
    ),
    # opening
    "three-way-handshake": message("A calls, B answers (figure 6)."),
    "refused": message("Nobody listens: B answers RST."),
    "simultaneous-open": message("Both call at once, and the SYNs cross (figure 7)."),
    "lost-syn": message("A's SYN is lost; A repeats it after one second."),
    "lost-syn-ack": message("B's SYN, ACK is lost; A repeats its SYN, B its answer."),
    "lost-handshake-ack": message("A's ACK is lost: A is ESTABLISHED, B is not yet."),
    "old-duplicate-syn": message("A SYN that A gave up arrives late (figure 8)."),
    "half-open-discovery": message("A forgets the connection, and calls again (figure 9)."),
    "new-syn-in-time-wait": message("B is in TIME_WAIT; a newer SYN opens the connection again."),
    # data
    "http-get": message("The GET once more, as raw IP packets. B closes first."),
    "retransmission": message("A segment is lost twice; the timer repeats it, and doubles."),
    "fast-retransmit": message(
        "The third of ten segments is lost; SACKs tell A before the timer does."
    ),
    "reordered-data": message("The second of four segments arrives last; nothing is sent twice."),
    "duplicated-data": message("The wire delivers one segment twice; B reports the duplicate."),
    "wraparound": message("A's numbers pass 2³² − 1 in the middle of a segment."),
    "zero-window": message("B does not read: its window closes, and A probes until B reads."),
    "small-pieces": message(
        "A question in two pieces waits for an ACK, and the ACK waits 40 ms (Nagle)."
    ),
    "keep-alive": message("A asks whether B is there; the second time B has forgotten all."),
    # closing
    "close-four-segments": message("A closes; B acknowledges, and closes later (figure 12)."),
    "close-three-segments": message("B's FIN carries the ACK of A's FIN."),
    "simultaneous-close": message("Both close at once, and go through CLOSING (figure 13)."),
    "fin-and-ack-together": message(
        "B's FIN and the ACK of A's FIN in one segment: way c to TIME_WAIT."
    ),
    "half-close": message("A has said all; B goes on sending to FIN_WAIT_2."),
    "close-with-unread-data": message("A closes with unread data: a RST instead of a FIN."),
    "data-after-close": message("B sends to an end that has closed for good: a RST."),
    "abort": message("A resets in the middle of the conversation."),
    "lost-fin": message("A's FIN is lost, and comes again by the timer."),
    "lost-last-ack": message(
        "A's last ACK is lost; B repeats its FIN, and A answers from TIME_WAIT."
    ),
    "time-wait-assassination": message("B's FIN comes twice, and a RST ends A's TIME_WAIT early."),
}
_TITLES = {
    "avatar": Title(
        message("The document's own eight packets"), message("Where does each number come from?")
    )
}
_OUTSIDE = {"avatar": "avatar.pcap", "http-get-ethernet": "http-get.pcap"}


def recordings() -> Catalogue:
    """The names of all recordings, each with its one-line description.

    >>> recordings()["lost-fin"]
    "A's FIN is lost, and comes again by the timer."
    """
    return Catalogue("recordings", _ABOUT)


def recording(name: str, conversation: int = 0) -> Trace:
    """A recording as a ``Trace``; its states are inferred from the packets.

    ``name`` is one of ``recordings()``. ``conversation`` chooses another conversation where
    the file holds more than one, as ``"new-syn-in-time-wait"`` does. Raises
    ``TcpCourseError`` when there is no such recording or conversation.

    >>> len(recording("lost-fin").packets)
    8
    """
    path = recording_path(name)
    found = load(path, name=path.name, progress=False).conversations
    if not (isinstance(conversation, int) and 0 <= conversation < len(found)):
        raise TcpCourseError(
            message(
                "The recording {name!r} has no conversation {conversation!r:.40}: "
                "it holds {count}, counted from 0.",
                name=name,
                conversation=conversation,
                count=len(found),
            )
        )
    title, question = TITLES.get(name, _TITLES.get(name, TITLES["http-get"]))
    return replace(found[conversation].trace, title=title, question=question, name=name)


def recording_path(name: str) -> Path:
    """Where the file of a recording lies; raises ``TcpCourseError`` when there is none."""
    if name not in _ABOUT:
        raise TcpCourseError(
            message(
                "There is no recording {name!r}: tcp.recordings() names them all.",
                name=str(name)[:60],
            )
        )
    inside = _OUTSIDE.get(name, f"recordings/{name}.pcap")
    for folder in (_INSTALLED, _CHECKOUT):
        if (folder / inside).is_file():
            return folder / inside
    raise TcpCourseError(
        message(
            "The file of the recording {name!r} is missing: install the "
            "package again, or run Python from a whole copy of the course.",
            name=name,
        )
    )
