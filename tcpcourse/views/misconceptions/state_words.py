"""What is said to who takes one state for another; the right state is never named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum

from tcpcourse.core.states import State
from tcpcourse.core.table.rows import CG, CW, F1, F2, LA, SR, SS, TW, C, E, L
from tcpcourse.words import message


class Milestone(Enum):
    """What an end has sent, got, or had acknowledged; the more telling comes first."""

    SYN_SENT = 1
    SYN_GOT = 2
    SYN_ACKED = 3
    FIN_SENT = 4
    FIN_GOT = 5
    FIN_ACKED = 6


SECOND_IS_CLOSED = message(
    "Not the server waits, nor both: the end that closed first does. Which one was it?"
)
STRAIGHT = message(
    "One packet can bring two things at once: the ACK of this end's FIN, and the other's FIN."
)
_CROSSED = message(
    "Both ends had sent a FIN before they knew of the other's. The map has a state for that."
)
_WHO = message(
    "Who sent the first FIN, and who got it? What an end is called by, client or server, does"
    " not decide."
)
_PROGRAM = message(
    "TIME_WAIT waits for time to pass, at the very end. Here a program must act before that."
)

NAMED: Mapping[tuple[State, State], tuple[str, str]] = {
    (L, C): ("CLOSED for LISTEN", message("This end's program has asked for callers already.")),
    (C, L): (
        "LISTEN for CLOSED",
        message("Is there a program at this end that waits for callers?"),
    ),
    (SR, E): (
        "ESTABLISHED too early",
        message("Has anybody acknowledged this end's own SYN yet?"),
    ),
    (SR, SS): ("SYN_SENT for SYN_RCVD", message("This end has already got the other's SYN.")),
    (SR, L): ("LISTEN for SYN_RCVD", message("A SYN has come in, and this end has answered it.")),
    (SS, SR): (
        "SYN_RCVD for SYN_SENT",
        message("Has this end received a SYN here, or has it only sent one?"),
    ),
    (SS, E): ("ESTABLISHED too early", message("A SYN that was sent is not yet a connection.")),
    (SS, C): (
        "the retransmission timeout leads to CLOSED",
        message("Has this end given up? A lost packet is sent again, in the same state."),
    ),
    (E, C): (
        "any RST is believed",
        message(
            "Has anything ended it? A RST is believed only with the very number that is expected"
            " next."
        ),
    ),
    (CW, TW): ("CLOSE_WAIT is taken for TIME_WAIT", _PROGRAM),
    (TW, CW): (
        "CLOSE_WAIT is taken for TIME_WAIT",
        message("Both FINs are sent. No program is waited for any more."),
    ),
    (CW, F1): ("a state belongs to client or server", _WHO),
    (CW, F2): ("a state belongs to client or server", _WHO),
    (F1, CW): ("a state belongs to client or server", _WHO),
    (F2, CW): ("a state belongs to client or server", _WHO),
    (CW, LA): ("LAST_ACK too early", message("Has this end sent a FIN of its own yet?")),
    (CW, C): (
        "CLOSED too early",
        message("Half closed is not closed: this end's own direction is still open."),
    ),
    (F1, C): (
        "the retransmission timeout leads to CLOSED",
        message("Has this end given up? A lost packet is sent again, in the same state."),
    ),
    (F1, F2): ("FIN_WAIT_2 too early", message("Is this end's FIN acknowledged yet?")),
    (F2, F1): ("FIN_WAIT_1 too late", message("This end's FIN is acknowledged already.")),
    (F2, TW): ("TIME_WAIT too early", message("The other side's FIN has not come yet.")),
    (LA, CW): ("CLOSE_WAIT too late", message("This end has sent its own FIN by now.")),
    (LA, TW): (
        "the server enters TIME_WAIT",
        message(
            "The end that closes second does not wait out old packets, be it client or server."
        ),
    ),
    (LA, C): ("CLOSED too early", message("Is this end's FIN acknowledged yet?")),
    (LA, CG): (
        "CLOSING for LAST_ACK",
        message("Had this end got the other's FIN when it sent its own?"),
    ),
    (TW, C): (
        "nobody waits",
        message("Which end must be able to acknowledge a FIN that is sent again?"),
    ),
    (TW, F2): ("FIN_WAIT_2 too late", message("The other side's FIN has come by now.")),
    (TW, CG): ("CLOSING too late", message("This end's own FIN is acknowledged by now.")),
    (TW, LA): ("a state belongs to client or server", _WHO),
    (C, LA): ("LAST_ACK too late", message("In LAST_ACK one ACK is missing. Has it come by now?")),
    (CG, F2): ("CLOSING is forgotten", _CROSSED),
    (CG, F1): ("CLOSING is forgotten", _CROSSED),
    (CG, LA): ("CLOSING is forgotten", _CROSSED),
    (CG, CW): ("CLOSING is forgotten", _CROSSED),
    (CG, TW): (
        "CLOSING is forgotten",
        message(
            "Is this end's own FIN acknowledged yet? The map has a state for an end that still"
            " waits for that."
        ),
    ),
}
"""(right, given): the name of the idea, and what is said."""

WAITS_FOR: Mapping[State, str] = {
    C: message("CLOSED means that there is no connection, and nothing is remembered. Is it so?"),
    SS: message("In SYN_SENT an end waits for the answer to its SYN. Is that still to come?"),
    SR: message("In SYN_RCVD an end waits for the ACK of its SYN. Is that still to come?"),
    E: message("In ESTABLISHED both sides may send. Is that still so?"),
    F1: message("In FIN_WAIT_1 an end waits for the ACK of its FIN. Is that still to come?"),
    F2: message("In FIN_WAIT_2 an end waits for the other's FIN. Is that still to come?"),
    CW: message("In CLOSE_WAIT an end waits for its own program. Is it still waited for?"),
    CG: message("In CLOSING an end waits for the ACK of its FIN. Is that still to come?"),
    TW: message("In TIME_WAIT an end waits until old packets are gone. Is there anything to wait"
                " for?"),
}  # fmt: skip
"""What is asked where one of both states is CLOSED."""

Sentence = Callable[[State], str]
DIFFERS: Mapping[tuple[Milestone, bool], Sentence] = {
    (Milestone.SYN_SENT, True): lambda s: message(
        "{state} means that this end has sent its SYN. Has it?", state=str(s)
    ),
    (Milestone.SYN_SENT, False): lambda s: message(
        "{state} means that this end has sent no SYN yet. Is that so?", state=str(s)
    ),
    (Milestone.SYN_GOT, True): lambda s: message(
        "{state} means that this end has got the other's SYN. Has it?", state=str(s)
    ),
    (Milestone.SYN_GOT, False): lambda s: message(
        "{state} means that this end has got no SYN yet. Is that so?", state=str(s)
    ),
    (Milestone.SYN_ACKED, True): lambda s: message(
        "{state} means that this end's SYN is acknowledged. Is it?", state=str(s)
    ),
    (Milestone.SYN_ACKED, False): lambda s: message(
        "{state} means that this end's SYN is not acknowledged yet. Is that so?", state=str(s)
    ),
    (Milestone.FIN_SENT, True): lambda s: message(
        "{state} means that this end has sent a FIN. Has it?", state=str(s)
    ),
    (Milestone.FIN_SENT, False): lambda s: message(
        "{state} means that this end has sent no FIN yet. Is that so?", state=str(s)
    ),
    (Milestone.FIN_GOT, True): lambda s: message(
        "{state} means that this end has got the other's FIN. Has it?", state=str(s)
    ),
    (Milestone.FIN_GOT, False): lambda s: message(
        "{state} means that this end has got no FIN yet. Is that so?", state=str(s)
    ),
    (Milestone.FIN_ACKED, True): lambda s: message(
        "{state} means that this end's FIN is acknowledged. Is it?", state=str(s)
    ),
    (Milestone.FIN_ACKED, False): lambda s: message(
        "{state} means that this end's FIN is not acknowledged yet. Is that so?", state=str(s)
    ),
}
"""By the first fact in which two states differ, and whether the given one has it."""
