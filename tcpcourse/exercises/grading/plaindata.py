"""What comes out of a sandbox is bytes that anybody may have written: read them with bounds."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any, NoReturn

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.words import Message, message

LONGEST_LINE = 4 << 20
MOST_COMMAS = 200_000
LONGEST_NUMBER = 40


def parse(line: bytes) -> dict[str, Any]:
    """One message: a JSON object of bounded size and depth, without NaN and huge numbers.

    Raises ``TcpCourseError`` for anything else, with words for what it is instead.
    """
    if len(line) > LONGEST_LINE or line.count(b",") + line.count(b"[") > MOST_COMMAS:
        raise TcpCourseError(message("more than an answer can be"))
    try:
        said = json.loads(line, parse_int=_whole, parse_float=_real, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise TcpCourseError(message("something that cannot be read")) from None
    if type(said) is not dict:
        raise TcpCourseError(message("something that is no JSON object"))
    return said


def _whole(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError("a number is too long")
    return int(digits)


def _real(digits: str) -> float:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError("a number is too long")
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise ValueError("a number is not finite")
    return value


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def clean(text: object, longest: int = 300) -> str:
    """Text that can be written anywhere: no control characters, no half characters, cut."""
    if not isinstance(text, str):
        return ""
    cut = text if len(text) <= longest else text[: longest - 1] + "…"
    return "".join(
        letter if letter in "\n\t" or unicodedata.category(letter) not in _UNSEEN else "\ufffd"
        for letter in cut
    )


FORMULA = ("=", "+", "-", "@", "\t")


def as_text(word: str) -> str:
    """A cell of a table that no spreadsheet takes for a formula."""
    return f"'{word}" if word.startswith(FORMULA) else word


def sentence(problem: object) -> str:
    """What a problem says, with a capital letter and a full stop.

    A whole sentence that can be put into a language stays one.
    """
    said = problem.args[0] if isinstance(problem, Exception) and problem.args else problem
    if isinstance(said, Message) and said[:1].isupper() and said.endswith((".", "?", "!")):
        return said
    words = str(problem).strip() or type(problem).__name__
    return words[0].upper() + words[1:] + ("" if words[-1] in ".?!" else ".")


# Control and format characters, halves of surrogate pairs, places with no character. Format
# characters can turn the direction of text around, so that a sentence reads as another.
_UNSEEN = {"Cc", "Cf", "Cs", "Cn", "Co"}


_MARKUP = re.compile(r"([<&])(?=[A-Za-z/!?#])")
_IMAGE = re.compile(r"!(?=\s*\[)")
_SCHEME = re.compile(r"(?i)(script|data)(?=\s*\\?:)")


def harmless(markdown: str) -> str:
    """A student's Markdown, in which no HTML and no link that runs anything is left.

    An image becomes a link: fetching it would tell its owner that, and where, it was read.

    The grader and nbgrader's feedback show it as it stands, in a page that may set marks. A
    space of no width takes the meaning from what would begin a tag, an entity or a scheme.
    """
    broken = _IMAGE.sub("!\u200b", _MARKUP.sub("\\1\u200b", markdown))
    return _SCHEME.sub("\\1\u200b", broken)
