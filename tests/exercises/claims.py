"""The judge of what feedback claims: a case, and what is claimed of single questions.

It plays the packets that are shown by rules of its own, and knows what each state means; a
sentence that is in none of the tables is one that nobody has judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tcpcourse.words import Message

M = 1 << 32


def leaves(text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The single sentences of a text, each as its template and what stands in it."""
    if isinstance(text, Message) and text.template == "{sentence} {following}":
        yield from leaves(text.places["sentence"])
        yield from leaves(text.places["following"])
    elif isinstance(text, Message) and "ideas" in text.places:
        yield from leaves(text.places["ideas"])
    elif isinstance(text, Message):
        yield text.template, text.places
    else:
        yield str(text), {}


@dataclass(frozen=True)
class Case:
    """One wrong answer of one student; ``places`` are those of the sentence."""

    question: str
    part: str
    value: Any
    right: Any
    given: Mapping[str, Any]
    rights: Mapping[str, Any]
    places: Mapping[str, Any]


# True of TCP, or a question: these claim nothing of a story.
RULES = {
    "CLOSE_WAIT waits for this program, and neither kernel nor network can help. Which call of its"
    " own is missing?",
    "Compare its number with RCV.NXT itself. Which RST needs no question back?",
    "Has anything ended it? A RST is believed only with the very number that is expected next.",
    "Has anybody acknowledged this end's own SYN yet?",
    "Has this end received a SYN here, or has it only sent one?",
    "A SYN that was sent is not yet a connection.",
    "Has this end given up? A lost packet is sent again, in the same state.",
    "Who sent the first FIN, and who got it? What an end is called by, client or server, does not"
    " decide.",
    "Has this end sent a FIN of its own yet?",
    "Is this end's FIN acknowledged yet?",
    "Is this end's own FIN acknowledged yet? The map has a state for an end that still waits for"
    " that.",
    "Had this end got the other's FIN when it sent its own?",
    "Which end must be able to acknowledge a FIN that is sent again?",
    "Not the server waits, nor both: the end that closed first does. Which one was it?",
    "One packet can bring two things at once: the ACK of this end's FIN, and the other's FIN.",
    "Is there a program at this end that waits for callers?",
    "CLOSED means that there is no connection, and nothing is remembered. Is it so?",
    "In SYN_SENT an end waits for the answer to its SYN. Is that still to come?",
    "In SYN_RCVD an end waits for the ACK of its SYN. Is that still to come?",
    "In ESTABLISHED both sides may send. Is that still so?",
    "In FIN_WAIT_1 an end waits for the ACK of its FIN. Is that still to come?",
    "In FIN_WAIT_2 an end waits for the other's FIN. Is that still to come?",
    "In CLOSE_WAIT an end waits for its own program. Is it still waited for?",
    "In LAST_ACK one ACK is missing. Has it come by now?",
    "In CLOSING an end waits for the ACK of its FIN. Is that still to come?",
    "In TIME_WAIT an end waits until old packets are gone. Is there anything to wait for?",
    "Judge each packet by those before it: which is the first?",
    "The answer leaves then. When does it arrive?",
    "The ACK leaves then. When does it arrive?",
    "That is when its answer came in. Has this end's own SYN been acknowledged then?",
    "Count the packets between the two FINs.",
    "Look at the ack of the second FIN: had its sender got the first FIN?",
    "Not every frame has 54 bytes of headers, and some are filled up.",
    "Look at the headers' lengths: options make them longer.",
    "The IP length counts the IP and TCP headers, too.",
    "The TCP header is no data either.",
    "Which side's option belongs to this side's window?",
    "Nothing but a reset answers a SYN that is refused. Is there more?",
    "Was there ever a connection that could be reset?",
    "Has this number been sent before?",
    "How many duplicate ACKs came before it?",
    "A keep-alive brings at most one byte.",
    "Does a new SYN after a FIN or a RST still belong to the old connection?",
    "Both directions belong to one conversation.",
    "Was it closed or reset after its last SYN?",
    "Who closed first? Only that end waits for old packets to die.",
    "A socket in TIME_WAIT goes away by itself.",
    "Recv-Q holds what this end has not read.",
    "Send-Q holds what the peer has not taken.",
    "Count the first and the last port, too.",
    "A port is free again only after its wait.",
    "TIME_WAIT stays with whoever closed first.",
    "FIN_WAIT_2 lasts until the other program closes.",
    "After each timeout the next one is twice as long.",
    "The second wait is twice the first: add both.",
    "Add up the three waits.",
    "An ACK names the next number that is missing, not the highest that came.",
    "What had waited behind the hole counts now, too.",
    "Closing is done on purpose, with a FIN. Forgetting is not.",
    "Who goes into TIME_WAIT: the end that must be able to answer a repeated FIN.",
}
