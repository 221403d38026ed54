"""All that the predictor says by itself, in a notebook and in a page."""

from __future__ import annotations

from tcpcourse.words import message, say

WORDS = {
    "title": message("What comes next?"),
    "count": message("Question {place} of {count}"),
    "score": message("{score} of {asked} right at the first try"),
    "from": message("Packet {number}, from {sender} to {receiver}"),
    "check": message("Check"),
    "show": message("Show the answer"),
    "next": message("Next packet"),
    "again": message("Start again"),
    "right": message("✓ Right."),
    "wrong": message("✗ Not yet."),
    "is": message("{name}: {value}"),
    "whose": message("Whose state do you choose?"),
    "then": message("{side} is then"),
    "choose": message("click a state"),
    "map": message("The map of states"),
    "on_map": message("{state}: chosen for {sides}"),
    "was_there": message("{state}: until now here: {sides}"),
    "number": message("Write a whole number, such as 0 or 1461."),
    "flags": message("Write flags as letters, such as SA."),
    "state": message("Choose a state on the map."),
    "other": message("{value} is not it. Try again."),
    "other_flags": message("These are not its flags. Try again."),
    "needs_ack": message("After the first SYN every packet but some RSTs carries an ACK."),
    "carries": message("Its flags are {flags}."),
    "answer": message("The answer: {answers}."),
    "last": message("That was the last packet."),
    "no_script": message("This asks for each packet before it is shown. It needs a script to run."),
}


def spoken() -> dict[str, str]:
    """The same sentences as they are shown."""
    return {name: say(sentence) for name, sentence in WORDS.items()}
