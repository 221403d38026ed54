"""The conversations of a capture as a sequence that makes each one when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import overload

from tcpcourse.sources.capture.conversation import Conversation


class Listing(Sequence[Conversation]):
    """``count`` conversations of the capture called ``name``; ``make`` gives each by its place."""

    def __init__(self, make: Callable[[int], Conversation], count: int, name: str) -> None:
        self._make, self._count, self._name = make, count, name

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Conversation: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Conversation, ...]: ...

    def __getitem__(self, index: int | slice) -> Conversation | tuple[Conversation, ...]:
        places = range(len(self))[index]
        if isinstance(places, int):
            return self._make(places)
        return tuple(map(self._make, places))

    def __repr__(self) -> str:
        return f"<{len(self)} conversations of {self._name!r}>"
