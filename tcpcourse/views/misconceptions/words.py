"""What each wrong idea about a number is told at first; no number of the story is in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from tcpcourse.words import message, together

IDEAS: Mapping[str, str] = {
    "forgot the SYN": message(
        "Did you forget the SYN? It takes up one number, though it carries no data."
    ),
    "forgot the FIN": message(
        "Did you forget the FIN? It takes up one number, though it carries no data."
    ),
    "counted the padding": message(
        "You counted Ethernet padding as data. It only fills up a frame that is too short."
    ),
    "counted the options": message(
        "You counted the TCP options as data; they belong to the header."
    ),
    "counted the whole frame": message(
        "You counted the whole frame with all its headers. Only the data behind them are data."
    ),
    "took off Ethernet alone": message(
        "You took off the Ethernet header alone. The IP and TCP headers are no data either."
    ),
    "took off TCP alone": message(
        "You took off the TCP header alone. The IP and Ethernet headers are no data either."
    ),
    "left the TCP header in": message(
        "You took off the Ethernet and IP headers. The TCP header is no data either."
    ),
    "left the Ethernet header in": message(
        "You took off the IP and TCP headers. The Ethernet header is no data either."
    ),
    "the length for the number": message(
        "That is how many bytes there were. At which number did they begin?"
    ),
    "the last byte": message(
        "That is the number of the last byte. What counts is the one after it."
    ),
    "always one more": message(
        "Is it always one more? That holds for a SYN or a FIN; data take up a number a byte."
    ),
    "counted packets": message("You counted packets. TCP counts bytes."),
    "added one for a pure ACK": message(
        "You added one for a pure ACK, which takes up no number, and is not acknowledged."
    ),
    "repeated the last seq": message(
        "That was this side's number before. It has sent something since."
    ),
    "a new number for old data": message(
        "You gave new numbers to what is sent again. It keeps the numbers that it had."
    ),
    "began at one": message("The SYN itself carries its side's first number."),
    "repeated the last ack": message("That was its ack before. Something new has come in since."),
    "the first byte received": message(
        "An ack names the next number expected, not the one that came."
    ),
    "acknowledged itself": message(
        "That number is its sender's own. An ack speaks of the other side's numbers."
    ),
    "the other direction's number": message(
        "Each direction counts its own bytes: you took the other's number."
    ),
    "beyond the largest number": message(
        "There is no such number in 32 bits: after the largest one, counting begins anew."
    ),
    "one too many": message("One too many: only SYN, FIN and bytes of data take up a number."),
    "counted SYN or FIN as data": message(
        "SYN and FIN take up a number, but they are no bytes of data."
    ),
    "the window for the length": message(
        "That is the window: how much its sender is ready to take, not what it sends."
    ),
    "raw for relative": message("That is the number in the header; asked is the relative one."),
    "relative for raw": message("That is the relative number; asked is the one in the header."),
}

NEEDS: Mapping[str, Literal["frame", "win"]] = {
    "counted the padding": "frame",
    "counted the options": "frame",
    "counted the whole frame": "frame",
    "took off Ethernet alone": "frame",
    "took off TCP alone": "frame",
    "left the TCP header in": "frame",
    "left the Ethernet header in": "frame",
    "the window for the length": "win",
}
"""What must be shown besides the numbers, before anybody has an idea."""


def first_words(says: Iterable[str]) -> str:
    """What the ideas behind one answer are told at first: all of them, for nobody knows which."""
    said = list(dict.fromkeys(says))
    if len(said) < 2:
        return said[0] if said else ""
    return message("More than one idea leads there. {ideas}", ideas=together(*said))
