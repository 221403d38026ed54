"""Sentences for people: written once in English, put into a language when they are shown.

``message`` marks a sentence where it is written, with named places for what differs, and
``counted`` one that differs with a number::

    message("There is no packet {number}.", number=7)
    counted("There is one packet.", "There are {count} packets.", count=7)

It is an ordinary string, the English sentence, and remembers its template and its places.
``say`` puts it into the language that ``language`` chose. So whoever makes a sentence need not
know the language, and whoever shows it need not know how it was made. ``together`` and
``listed`` put sentences and words one after the other, as a language does it.
"""

from tcpcourse.words.languages import ENGLISH, kept_by_language, language
from tcpcourse.words.messages import (
    KEYWORDS,
    Message,
    counted,
    listed,
    message,
    say,
    sentence_of,
    together,
)

__all__ = [
    "ENGLISH",
    "KEYWORDS",
    "Message",
    "counted",
    "kept_by_language",
    "language",
    "listed",
    "message",
    "say",
    "sentence_of",
    "together",
]
