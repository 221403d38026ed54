"""Sentences kept in a file, so that they can still be put into a language when they are read."""

from __future__ import annotations

from typing import Any

from tcpcourse.words import Message, message


def packed(sentence: str) -> Any:
    """The sentence as plain JSON data: a text, or a template with what stands in its places."""
    if not isinstance(sentence, Message):
        return sentence
    places = {
        name: packed(value) if isinstance(value, str) else value
        for name, value in sentence.places.items()
    }
    return {"template": sentence.template, "places": places}


def unpacked(kept: Any) -> str:
    """The sentence that ``packed`` made plain.

    Raises ``ValueError``, ``TypeError`` or ``KeyError`` for anything else.
    """
    if isinstance(kept, str):
        return kept
    places = {
        name: unpacked(value) if isinstance(value, str | dict) else value
        for name, value in kept["places"].items()
    }
    return message(str(kept["template"]), **places)
