"""A progress bar for long reading; silent when it takes less than a second."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any

from tcpcourse.sources.capture.read.files import Stream

_SILENT_S = 1.0


class Progress:
    """Called with the number of source bytes read so far; shows a bar after one second."""

    def __init__(self, stream: Stream, wanted: bool) -> None:
        self._stream, self._wanted = stream, wanted
        self._start = time.monotonic()
        self._bar: Any = None

    def __call__(self, taken: int) -> None:
        """Show how far reading is, if it has been going on for long."""
        if not self._wanted or time.monotonic() - self._start < _SILENT_S:
            return
        if self._bar is None:
            from tqdm.auto import tqdm  # takes a while to import: only for long reading

            self._bar = tqdm(
                total=self._stream.size, unit="B", unit_scale=True, desc="reading", leave=False
            )
        self._bar.update(taken - self._bar.n)

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
