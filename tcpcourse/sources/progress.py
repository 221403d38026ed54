"""How far long work is: a bar after one second, or whatever the caller makes of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

_SILENT_S = 1.0

Told = Callable[[int, int | None], None]
"""Called with how much is done and how much there is, or ``None`` when nobody knows."""


class Progress:
    """Called with how much is done; shows a bar once the work has taken a second.

    ``doing`` is one word for the bar, ``wanted`` whether there is to be one, or a function
    that is called each time instead. ``total`` is how much there is to do, if that is known;
    it may also change while the work goes on. ``unit`` is what is counted. Where outputs are
    compared, ``TCPCOURSE_PROGRESS=0`` in the environment keeps every bar away.
    """

    def __init__(
        self, doing: str, wanted: bool | Told, *, total: int | None = None, unit: str = "B"
    ) -> None:
        self._doing, self._total, self._unit = doing, total, unit
        self._told = wanted if callable(wanted) else None
        self._wanted = bool(wanted) and os.environ.get("TCPCOURSE_PROGRESS") != "0"
        self._start = time.monotonic()
        self._bar: Any = None

    def __call__(self, done: int, total: int | None = None) -> None:
        """So much is done; a bar shows it if the work has been going on for long."""
        self._total = total or self._total
        if self._told is not None:
            self._told(done, self._total)
            return
        if not self._wanted or time.monotonic() - self._start < _SILENT_S:
            return
        if self._bar is None:
            from tqdm.auto import tqdm  # takes a while to import: only for long work

            self._bar = tqdm(
                total=self._total, unit=self._unit, unit_scale=True, desc=self._doing, leave=False
            )
        self._bar.total = self._total
        self._bar.update(done - self._bar.n)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()
