"""The sentences of the observer, whole and with named places."""

from __future__ import annotations

ANSWERS = "This RST answers a segment that fits no connection here."
REFUSES = "A RST numbered 0 answers a SYN where nobody listens: there is no connection."
MAY_BE_LOST = "Packet {number} may have been lost, for it is sent again. If it arrived: {why}"
NOT_YET = "The packet has not arrived yet: what this end sends next does not know of it."
WAS_LOST = (
    "Packet {number} was lost, or came and was not taken: what this end sends later does not "
    "know of it."
)
ON_ITS_WAY = (
    "Packet {number} may still be on its way: what this end sends next does not know of it. "
    "Once it has arrived: {why}"
)
BY_NOW = "By now packet {number} has arrived: {why}"
UNSEEN = "The packet that did this was not captured, but this one shows that it came: {why}"
MAYBE_BY_NOW = "Perhaps by now: {why} The packet that would tell was not captured."
MAY_HAVE_CLOSED = (
    "A number was used that no captured packet carries. It may be a FIN's; if so: {why} "
    "A later packet with data beyond it would say that it was data."
)
NOT_SEEN = "Nothing that was captured tells whether this happened: {why}"
SENT_EARLY = (
    "This end may have done more already: packet {number} was sent before this one arrived. {why}"
)
WAITED = "The wait of 2MSL may be over by now; no packet shows when."
GONE_BEFORE = (
    "This end may be gone already: packet {number}, a RST, answers as an end does that has no "
    "connection. {why}"
)
GUESS = "This RST has a number that its sender was not seen to reach. If it is expected: {why}"
WAITS = "What comes before its data is missing, so the data must wait."
WAIT_IS_OVER = "If the wait of 2MSL was over, and a program listens: {why}"
STILL_WAITING = "If the wait of 2MSL still lasted: {why}"
NO_RESET = "There is no connection here. A RST would answer this packet; none was captured."
CITE_TEXT = "RFC 9293 §3.10.7.4"
