"""The language in which sentences are shown, and where its catalogue is.

English is what the code is written in. Every other language has a gettext catalogue in
``catalogues/``; whoever shows a sentence asks ``say``, which looks here.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache, lru_cache, wraps
from gettext import NullTranslations, translation
from pathlib import Path
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

CATALOGUES = Path(__file__).with_name("catalogues")
DOMAIN = "tcpcourse"
LOCALES = {"en": "", "zh": "zh_CN"}
"""The languages, each with the folder of its catalogue; English needs none."""

VARIABLE = "TCPCOURSE_LANG"
"""The environment variable that chooses the language before anything is shown."""

ENGLISH = NullTranslations()
"""The language in which the sentences are written: a catalogue that changes nothing."""

_chosen: dict[str, str] = {}


def language(name: str | None = None) -> str:
    """The language of what is shown from now on, by its name or its locale's.

    With no name it stays as it is. The first one is what ``TCPCOURSE_LANG`` says, and English
    where that says nothing, or nothing known. Raises ``LookupError`` for an unknown name.
    """
    if name is not None:
        _chosen["language"] = _known(name)
    if "language" not in _chosen:
        try:
            _chosen["language"] = _known(os.environ.get(VARIABLE, "en"))
        except LookupError:
            _chosen["language"] = "en"
    return _chosen["language"]


def _known(name: str) -> str:
    short = name.strip().lower().replace("-", "_").split("_")[0].split(".")[0]
    if short not in LOCALES:
        raise LookupError(name)
    return short


@cache
def catalogue(name: str) -> NullTranslations:
    """The catalogue of a language; English's changes nothing."""
    locale = LOCALES[name]
    return translation(DOMAIN, CATALOGUES, [locale]) if locale else ENGLISH


def kept_by_language(most: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """``lru_cache`` for what holds sentences: what was made in one language stays there."""

    def kept(make: Callable[P, T]) -> Callable[P, T]:
        @lru_cache(maxsize=most)
        def made(_: str, *args: P.args, **kwargs: P.kwargs) -> T:
            return make(*args, **kwargs)

        @wraps(make)
        def found(*args: P.args, **kwargs: P.kwargs) -> T:
            return made(language(), *args, **kwargs)  # type: ignore[arg-type]

        return found

    return kept
