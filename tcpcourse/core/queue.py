"""Bytes that wait in order: sent and not acknowledged, or arrived and not received."""

from __future__ import annotations

from dataclasses import dataclass

SMALL = 4096  # bytes; below that it does not matter how much of a store is still in use


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ByteQueue:
    """Bytes in order, from ``start`` up to ``stop`` (not with it) of ``store``.

    Taking from the front and adding behind copy nothing of what is there: the queues before
    and after share one store. A store only ever grows behind the end of the longest queue
    that it holds, so no queue sees a change. Queues are equal when they hold the same,
    and equal to bytes that are the same.
    """

    store: bytes | bytearray = b""
    start: int = 0
    stop: int = None  # type: ignore[assignment]  # the whole store

    def __post_init__(self) -> None:
        if self.stop is None:
            object.__setattr__(self, "stop", len(self.store))

    @classmethod
    def unseen(cls, count: int) -> ByteQueue:
        """``count`` bytes of which only the number is known, as an observer knows them."""
        return cls(b"", -count, 0)

    def __len__(self) -> int:
        return self.stop - self.start

    def __bytes__(self) -> bytes:
        return bytes(self.store[max(0, self.start) : self.stop])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ByteQueue | bytes):
            return NotImplemented
        return len(self) == len(other) and bytes(self) == bytes(other)

    def __hash__(self) -> int:
        return hash(bytes(self))

    def __repr__(self) -> str:
        return f"<ByteQueue of {len(self)} bytes>"

    def peek(self, offset: int, count: int) -> bytes:
        """``count`` bytes from ``offset`` bytes behind the front, or as many as there are."""
        first = self.start + offset
        return bytes(self.store[first : min(first + count, self.stop)])

    def drop(self, count: int) -> ByteQueue:
        """The queue without its first ``count`` bytes."""
        return ByteQueue(self.store, self.start + count, self.stop) if count < len(self) else EMPTY

    def first(self, count: int) -> ByteQueue:
        """The queue's first ``count`` bytes, or all of it if it has no more."""
        return self if count >= len(self) else ByteQueue(self.store, self.start, self.start + count)

    def append(self, data: bytes) -> ByteQueue:
        """The queue with ``data`` behind it."""
        store, start = self.store, self.start
        # Another queue may have grown into the store already, and what was dropped from a
        # store must not be kept for ever: then the bytes of this queue move to one of their own.
        mostly_dropped = start > max(SMALL, len(self))
        if not isinstance(store, bytearray) or len(store) != self.stop or mostly_dropped:
            store, start = bytearray(bytes(self)), 0
        store += data
        return ByteQueue(store, start, len(store))


EMPTY = ByteQueue()
