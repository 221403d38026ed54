"""Where the bytes of a capture come from: a path, bytes, a file object, plain or gzip.

``Stream`` gives them once, front to back, in bounded portions. ``Store`` gives any part of
them again later, when the packets of one conversation are wanted.
"""

from __future__ import annotations

import io
import os
import tempfile
import weakref
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO

from tcpcourse.core.errors import CaptureError
from tcpcourse.words import message

Source = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | IO[bytes]

GZIP_MAGIC = b"\x1f\x8b"
LARGEST_UNPACKED = 4 << 30  # bytes
LARGEST_RATIO = 300  # real captures shrink to a third or, with idle links, to a hundredth
RATIO_FROM = 32 << 20  # bytes: below this a file may be as empty as it likes
_PORTION = 256 << 10
_IN_MEMORY = 8 << 20


class Store:
    """Reads parts of the uncompressed capture again.

    A file given by path is opened anew, and refused when it has changed meanwhile. What
    cannot be read twice (gzip, pipes, file objects) was copied to a temporary file without
    a name, which vanishes with the store.
    """

    def __init__(self, name: str, path: Path | None = None, data: memoryview | None = None):
        self.name = name
        self._path, self._data = path, data
        self._copy: tempfile.SpooledTemporaryFile[bytes] | None = None
        self._stamp = None if path is None else _stamp(path)

    def keep(self) -> tempfile.SpooledTemporaryFile[bytes]:
        """Start a private copy, to be written by whoever reads the stream."""
        self._path = self._data = None
        self._copy = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
        weakref.finalize(self, self._copy.close)
        return self._copy

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """A seekable binary file with the uncompressed capture."""
        if self._copy is not None:
            yield self._copy
        elif self._path is None:
            yield io.BytesIO(self._data or b"")
        else:
            try:
                changed = _stamp(self._path) != self._stamp
                file = self._path.open("rb")
            except OSError as error:
                raise unreadable(self.name, error) from None
            with file:
                if changed:
                    raise CaptureError(
                        self.name,
                        0,
                        message("the file has changed since it was loaded"),
                        message("load it again"),
                    )
                yield file


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def unreadable(name: str, error: Exception) -> CaptureError:
    """An error of the operating system, in our words."""
    if isinstance(error, FileNotFoundError):
        return CaptureError(
            name, 0, message("there is no such file"), message("check the name and the folder")
        )
    if isinstance(error, IsADirectoryError):
        return CaptureError(
            name, 0, message("this is a folder"), message("name a capture file in it")
        )
    if isinstance(error, PermissionError):
        return CaptureError(
            name, 0, message("the file may not be read"), message("ask its owner for permission")
        )
    reason = str(getattr(error, "strerror", None) or error or type(error).__name__).lower()
    return CaptureError(
        name,
        0,
        message("reading failed ({reason})", reason=reason),
        message("try another copy of the file"),
    )


class Gunzip:
    """Unpacks gzip members one after another, in bounded portions (RFC 1952)."""

    def __init__(self, raw: Callable[[int], bytes], start: bytes) -> None:
        self.trouble: str | None = None
        self._raw, self._pending = raw, start
        self._engine = zlib.decompressobj(31)

    def read(self, wanted: int) -> bytes:
        """At most ``wanted`` bytes; none at the end, or when ``trouble`` says why."""
        while self.trouble is None:
            if self._engine.eof and not self._next_member():
                break
            given = self._pending or self._raw(_PORTION)
            before = self._engine.copy()
            try:
                some = self._engine.decompress(given, wanted)
            except zlib.error:
                self.trouble = "the gzip data is corrupt from here on"
                return _until_error(before, given, wanted)
            self._pending = self._engine.unconsumed_tail or self._engine.unused_data
            if some:
                return some
            if not given and not self._engine.eof:
                self.trouble = "the gzip data ends too early: the file was cut"
        return b""

    def _next_member(self) -> bool:
        while len(self._pending) < 2 and (more := self._raw(_PORTION)):
            self._pending += more
        if not self._pending.strip(b"\0"):  # nothing, or padding
            return False
        if not self._pending.startswith(GZIP_MAGIC):
            self.trouble = "something that is not gzip follows the gzip data"
            return False
        self._engine = zlib.decompressobj(31)
        return True


def _until_error(engine: Any, given: bytes, wanted: int) -> bytes:
    """What comes out before the data turns corrupt: byte by byte, as errors give nothing."""
    good = bytearray()
    try:
        for place in range(len(given)):
            if len(good) >= wanted:
                break
            good += engine.decompress(given[place : place + 1])
    except zlib.error:
        pass
    return bytes(good[:wanted])


class Stream:
    """The uncompressed bytes of a source, front to back.

    ``size`` is the source's own length in bytes where known; ``taken`` how many of those were
    used; ``trouble`` a sentence when reading ended before the data did. ``limit`` bounds the
    uncompressed bytes; without it a plain file is read whole, and gzip up to
    ``LARGEST_UNPACKED`` bytes and ``LARGEST_RATIO`` times its size.
    """

    def __init__(
        self, file: IO[bytes], store: Store, size: int | None, limit: int | None, copy: bool
    ) -> None:
        self.name, self.size, self.taken = store.name, size, 0
        self.trouble: str | None = None
        self._file, self._limit, self._given = file, limit, 0
        head = self._raw(2)
        if len(head) == 1:
            head += self._raw(1)
        self.packed = head == GZIP_MAGIC
        self._ready = b"" if self.packed else head
        self._gunzip = Gunzip(self._raw, head) if self.packed else None
        self._copy = store.keep() if copy or self.packed else None
        # a plain file that nobody bounds goes straight where it is wanted, without a copy
        self._direct: Callable[[memoryview], int | None] | None = None
        if limit is None and not self.packed and not copy and isinstance(file, io.FileIO):
            file.seek(0)
            self._ready, self.taken, self._direct = b"", 0, file.readinto

    def readinto(self, room: memoryview) -> int:
        """Fill ``room``; fewer bytes come only at the end, and none after it."""
        done = 0
        if self._direct is not None:
            while done < len(room) and (count := self._fill(self._direct, room[done:])):
                done += count
            return done
        while done < len(room) and (some := self._some(len(room) - done)):
            room[done : done + len(some)] = some
            done += len(some)
            self._given += len(some)
            if self._copy is not None:
                try:
                    self._copy.write(some)
                except OSError as error:
                    raise unreadable(self.name, error) from None
        return done

    def _fill(self, fill: Callable[[memoryview], int | None], room: memoryview) -> int:
        try:
            count = fill(room) or 0
        except OSError as error:
            raise unreadable(self.name, error) from None
        self.taken += count
        return count

    def _some(self, wanted: int) -> bytes:
        if self._limit is not None and self._given >= self._limit:
            if self.trouble is None and self._next(1):
                self.trouble = message(
                    "reading stopped after {limit} bytes, the limit; load(…, "
                    "max_bytes=…) sets another",
                    limit=self._limit,
                )
            return b""
        if self._limit is not None:
            wanted = min(wanted, self._limit - self._given)
        elif self._gunzip is not None and self._too_much():
            return b""
        return self._next(wanted)

    def _next(self, wanted: int) -> bytes:
        if self._ready:
            some, self._ready = self._ready[:wanted], self._ready[wanted:]
        elif self._gunzip is not None:
            some = self._gunzip.read(wanted)
            self.trouble = self.trouble or self._gunzip.trouble
        else:
            some = self._raw(wanted)
        return some

    def _too_much(self) -> bool:
        if self._given > max(RATIO_FROM, LARGEST_RATIO * self.taken):
            self.trouble = message(
                "reading stopped: the gzip data grows more than "
                "{ratio}-fold, as no real capture does; load(…, "
                "max_bytes=…) reads it up to that size",
                ratio=LARGEST_RATIO,
            )
        elif self._given > LARGEST_UNPACKED:
            self.trouble = message(
                "reading stopped after {size} GiB of unpacked gzip data, the "
                "limit; load(…, max_bytes=…) sets another",
                size=LARGEST_UNPACKED >> 30,
            )
        return self.trouble is not None

    def _raw(self, wanted: int) -> bytes:
        try:
            some = self._file.read(min(wanted, 8 * _PORTION))
        except OSError as error:
            raise unreadable(self.name, error) from None
        if not isinstance(some, bytes):
            raise CaptureError(
                self.name,
                0,
                message("the file object gives no bytes"),
                message('open the file with mode "rb"'),
            )
        self.taken += len(some)
        return some


@contextmanager
def opened(source: Source, name: str | None, limit: int | None) -> Iterator[tuple[Stream, Store]]:
    """The stream and the store of a source; raises ``CaptureError`` when there is none.

    The source's own file is closed afterwards, but a file object given stays open.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        data = memoryview(source).toreadonly().cast("B")
        store = Store(name or "capture", data=data)
        yield Stream(io.BytesIO(data), store, len(data), limit, copy=False), store
    elif isinstance(source, str | os.PathLike):
        path = Path(os.fsdecode(source))
        shown = name or str(path)
        try:
            store = Store(shown, path)
            file = path.open("rb", buffering=0)
        except (OSError, ValueError) as error:
            raise unreadable(shown, error) from None
        with file:
            regular = path.is_file()
            size = path.stat().st_size if regular else None
            yield Stream(file, store, size, limit, copy=not regular), store
    elif callable(getattr(source, "read", None)):
        store = Store(name or str(getattr(source, "name", "capture")))
        yield Stream(source, store, None, limit, copy=True), store
    else:
        raise CaptureError(
            name or "capture",
            0,
            message("a capture cannot be read from {name}", name=type(source).__name__),
            message("give a path, bytes or a binary file object"),
        )
