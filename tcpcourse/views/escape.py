"""Text from packets, hosts and files, made harmless and visible before it is shown.

This is also where messages are put into a language.
"""

from __future__ import annotations

from functools import lru_cache
from html import escape
from unicodedata import category

from tcpcourse.words import say

# Controls, marks that turn the direction of writing, surrogates, what Unicode does not define.
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _seen(letter: str) -> str:
    if category(letter) not in _UNSEEN:
        return letter
    return f"⟨U+{ord(letter):04X}⟩"


def visible(text: str, most: int = 80) -> str:
    """The text with every unseen character spelled out, and visibly shortened.

    ``most`` is the number of characters kept of a longer text; the rest is replaced by its
    length. The result is still plain text, not yet markup.
    """
    text = say(text)
    kept = text if len(text) <= most else text[: max(most - 1, 0)]
    shown = kept if kept.isprintable() else "".join(map(_seen, kept))
    if len(shown) > 8 * most:  # nothing but control characters
        shown = shown[: 8 * most]
    return shown if len(kept) == len(text) else f"{shown}… ({len(text):,} characters)"


def brief(text: str, most: int) -> str:
    """At most ``most`` characters, the middle left out; for places of fixed width."""
    text = say(text)
    if len(text) > 4 * most:
        text = text[: 2 * most] + text[-2 * most :]
    shown = visible(text, 4 * most)
    if len(shown) <= most:
        return shown
    tail = most // 2
    return f"{shown[: most - tail - 1]}…{shown[-tail:]}"


def markup(text: str) -> str:
    """Plain text as HTML or SVG: nothing in it is a tag, an entity or the end of a quote."""
    return _escaped(say(text))


@lru_cache(maxsize=4096)
def _escaped(text: str) -> str:
    return escape(text, quote=True)
