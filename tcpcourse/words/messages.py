"""The marker of a sentence, and the one function that puts a sentence into a language."""

from __future__ import annotations

from gettext import NullTranslations
from types import MappingProxyType
from typing import Any, Self

KEYWORDS = ("message", "label")
"""The functions whose first argument is a sentence to translate (``pybabel extract -k``)."""

ENGLISH = NullTranslations()
"""The language in which the sentences are written: a catalogue that changes nothing."""


class Message(str):
    """A sentence in English that knows its ``template`` and its named ``places``.

    It is made by ``message``. As a string it is the English sentence, and so it compares,
    hashes and prints; ``say`` puts it into another language. Places hold whatever the
    template formats, other messages among it.
    """

    __slots__ = ("_places", "_template")
    _template: str
    _places: dict[str, Any]

    def __new__(cls, template: str, places: dict[str, Any]) -> Self:
        """The sentence of ``template``; raises ``KeyError`` for a place that has no value."""
        made = super().__new__(cls, template.format_map(places) if places else template)
        made._template, made._places = template, places
        return made

    @property
    def template(self) -> str:
        """The sentence with its places, as it stands in the code and in the catalogue."""
        return self._template

    @property
    def places(self) -> MappingProxyType[str, Any]:
        """What stands in the places, by name."""
        return MappingProxyType(self._places)

    def __reduce__(self) -> tuple[type[Message], tuple[str, dict[str, Any]]]:
        return Message, (self._template, self._places)


def message(template: str, /, **places: Any) -> Message:
    """A sentence to be translated: a template with named places, and what stands in them.

    The template must be written out where this is called, for that is where it is looked for
    when sentences are collected for translators. Without places a brace is just a brace.
    Raises ``KeyError`` when the template names a place that is not given.
    """
    return Message(template, places)


def together(*sentences: str) -> str:
    """Whole sentences one after the other; a language may join them in its own way."""
    if not sentences:
        return ""
    *before, last = sentences
    for sentence in reversed(before):
        last = message("{sentence} {following}", sentence=sentence, following=last)
    return last


def say(sentence: str, translations: NullTranslations = ENGLISH) -> str:
    """The sentence in the language of ``translations`` (a gettext catalogue).

    What is no message, or not in the catalogue, stays as it is. So does a message whose
    translation names a place that the message does not have: wrong words are better than none.
    """
    if not isinstance(sentence, Message):
        return sentence
    template = translations.gettext(sentence.template) if sentence.template else ""
    if not sentence.places:
        return template
    places = {
        name: say(value, translations) if isinstance(value, str) else value
        for name, value in sentence.places.items()
    }
    try:
        return template.format_map(places)
    except (KeyError, IndexError, ValueError):
        return sentence.template.format_map(places)
