"""The marker of a sentence, and the one function that puts a sentence into a language."""

from __future__ import annotations

from collections.abc import Iterable
from gettext import NullTranslations
from types import MappingProxyType
from typing import Any, Self

from tcpcourse.words.languages import ENGLISH, catalogue, language

KEYWORDS: dict[str, tuple[int, ...] | None] = {"message": None, "label": None, "counted": (1, 2)}
"""The functions whose first argument is a sentence to translate, as Babel wants to be told:
``pybabel extract -k message -k label -k counted:1,2``."""


class Message(str):
    """A sentence in English that knows its ``template`` and its named ``places``.

    It is made by ``message`` or ``counted``. As a string it is the English sentence, and so it
    compares, hashes and prints; ``say`` puts it into another language. Places hold whatever the
    template formats, other messages among it. ``plural`` is the template for a ``count`` other
    than one, and empty where nothing is counted.
    """

    __slots__ = ("_places", "_plural", "_template")
    _template: str
    _plural: str
    _places: dict[str, Any]

    def __new__(cls, template: str, places: dict[str, Any], plural: str = "") -> Self:
        """The sentence of ``template``; raises ``KeyError`` for a place that has no value."""
        text = plural if plural and places["count"] != 1 else template
        made = super().__new__(cls, text.format_map(places) if places else text)
        made._template, made._places, made._plural = template, places, plural
        return made

    @property
    def template(self) -> str:
        """The sentence with its places, as it stands in the code and in the catalogue."""
        return self._template

    @property
    def plural(self) -> str:
        """The same for a ``count`` other than one; empty where nothing is counted."""
        return self._plural

    @property
    def places(self) -> MappingProxyType[str, Any]:
        """What stands in the places, by name."""
        return MappingProxyType(self._places)

    def filled(self, **places: Any) -> Message:
        """The same sentence with these in its places.

        For sentences that stand in a table: they are written there with their places empty.
        """
        return Message(self._template, {**self._places, **places}, self._plural)

    def __reduce__(self) -> tuple[type[Message], tuple[str, dict[str, Any], str]]:
        return Message, (self._template, self._places, self._plural)


def message(template: str, /, **places: Any) -> Message:
    """A sentence to be translated: a template with named places, and what stands in them.

    The template must be written out where this is called, for that is where it is looked for
    when sentences are collected for translators. Without places a brace is just a brace.
    Raises ``KeyError`` when the template names a place that is not given.
    """
    return Message(template, places)


def counted(one: str, many: str, /, count: int, **places: Any) -> Message:
    """A sentence that differs with a number: ``one`` for 1, ``many`` for any other ``count``.

    Other languages have other forms, so that this is gettext's ``ngettext``. The number stands
    in the place ``count``; otherwise as in ``message``.
    """
    return Message(one, {"count": count, **places}, many)


def together(*sentences: str) -> str:
    """Whole sentences one after the other; a language may join them in its own way."""
    if not sentences:
        return ""
    *before, last = sentences
    for sentence in reversed(before):
        last = message("{sentence} {following}", sentence=sentence, following=last)
    return last


def listed(words: Iterable[str], most: int | None = None, *, ends: bool = False) -> str:
    """Words with commas between them; at most ``most``, and how many more there are.

    ``ends`` says that these are all, and puts an "and" before the last.
    """
    every = list(words)
    told, *others = every[:most] or [""]
    *between, last = others or [""]
    for word in between if ends else others:
        told = message("{words}, {another}", words=told, another=word)
    if ends and others:
        return message("{words} and {last}", words=told, last=last)
    if most is not None and len(every) > most:
        return message("{words} and {more} more", words=told, more=len(every) - most)
    return told


def sentence_of(error: Exception) -> str:
    """What an error says: the message that it was given, or else its text."""
    first = error.args[0] if error.args else None
    return first if isinstance(first, Message) else str(error)


def say(sentence: str, translations: NullTranslations | None = None) -> str:
    """The sentence in the language that is shown, or in that of a gettext catalogue.

    What is no message, or not in the catalogue, stays as it is. So does a message whose
    translation names a place that the message does not have: wrong words are better than none.
    """
    if not isinstance(sentence, Message):
        return sentence
    if translations is None:
        translations = catalogue(language())
    if translations is ENGLISH:
        return str(sentence)
    template = _translated(sentence, translations)
    if not sentence.places:
        return template
    places = {
        name: say(value, translations) if isinstance(value, str) else value
        for name, value in sentence.places.items()
    }
    try:
        return template.format_map(places)
    except (KeyError, IndexError, ValueError):
        return _translated(sentence, ENGLISH).format_map(places)


def _translated(sentence: Message, translations: NullTranslations) -> str:
    """The template as it stands in a catalogue, in the form that the count asks for."""
    if sentence.plural:
        count = sentence.places["count"]
        return translations.ngettext(sentence.template, sentence.plural, count)
    # the empty text is the catalogue's header
    return translations.gettext(sentence.template) if sentence.template else ""
