"""The language in which the course speaks, chosen at the front door."""

from __future__ import annotations

from tcpcourse import words
from tcpcourse.core.errors import TcpCourseError
from tcpcourse.words.languages import LOCALES


def language(name: str | None = None) -> str:
    """The language of what is shown from now on: ``"en"``, or ``"zh"`` for 简体中文.

    With no name it stays as it is. At first it is what the environment variable
    ``TCPCOURSE_LANG`` says, and else English. Reprs, code, and the names of states and flags
    are the same in every language. Raises ``TcpCourseError`` for one that is not there.

    >>> import tcpcourse as tcp
    >>> tcp.language()
    'en'
    >>> tcp.language("zh"), tcp.language("en")
    ('zh', 'en')
    """
    try:
        return words.language(name)
    except LookupError:
        raise TcpCourseError(
            words.message(
                "There is no language {name!r:.40}; there are {known}.",
                name=name,
                known=words.listed(LOCALES, ends=True),
            )
        ) from None
