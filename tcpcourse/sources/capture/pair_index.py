"""A hash table over numpy arrays: gives each distinct pair of 64-bit keys a small number."""

from __future__ import annotations

import secrets

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
_START_BITS = 12
_WORD = np.uint64(32)


class PairTable:
    """Numbers pairs of keys, whole arrays at a time.

    A pair keeps its number. The keys themselves are compared at each look-up, so two pairs
    never share one. Open addressing with linear probing, at most half full; the hash is
    salted, so that no file can be made to fill one place of the table.
    """

    def __init__(self) -> None:
        self.size = 0
        self._left = np.empty(256, np.uint64)
        self._right = np.empty(256, np.uint64)
        self._salt = [np.uint64(secrets.randbits(64) | 1) for _ in range(3)]
        self._clear(_START_BITS)

    @property
    def left(self) -> Keys:
        """The left keys by number."""
        return self._left[: self.size]

    @property
    def right(self) -> Keys:
        """The right keys by number."""
        return self._right[: self.size]

    def numbers(self, left: Keys, right: Keys) -> NDArray[np.int32]:
        """The number of each pair (int32); pairs not seen before get new ones."""
        slot = self._home(left, right)
        found = self._slots[slot]
        hit = (found >= 0) & (self._left[found] == left) & (self._right[found] == right)
        if hit.all():
            return found
        todo = np.flatnonzero(~hit)
        if 2 * (self.size + len(todo)) > len(self._slots):
            self._grow(self.size + len(todo))
            slot = self._home(left, right)
        slot = slot[todo]
        while len(todo):
            left_todo, right_todo = left[todo], right[todo]
            self._insert(slot, left_todo, right_todo)
            now = self._slots[slot]
            hit = (self._left[now] == left_todo) & (self._right[now] == right_todo)
            found[todo[hit]] = now[hit]
            todo, slot = todo[~hit], (slot[~hit] + 1) & (len(self._slots) - 1)
        return found

    def _insert(self, slot: NDArray[np.int64], left: Keys, right: Keys) -> None:
        """Put a pair into each place that is still empty; one of several rivals wins."""
        rivals = np.flatnonzero(self._slots[slot] < 0)
        if not len(rivals):
            return
        places = slot[rivals]
        self._slots[places] = rivals
        winners = rivals[self._slots[places] == rivals]
        first, self.size = self.size, self.size + len(winners)
        if self.size > len(self._left):
            room = max(self.size, 2 * len(self._left))
            self._left = np.resize(self._left, room)
            self._right = np.resize(self._right, room)
        self._left[first : self.size] = left[winners]
        self._right[first : self.size] = right[winners]
        self._slots[slot[winners]] = np.arange(first, self.size)

    def _home(self, left: Keys, right: Keys) -> NDArray[np.int64]:
        mixed = left * self._salt[0] + right * self._salt[1]
        mixed ^= mixed >> _WORD
        mixed *= self._salt[2]
        return (mixed >> np.uint64(64 - self._bits)).astype(np.int64)

    def _clear(self, bits: int) -> None:
        self._bits = bits
        self._slots = np.full(1 << bits, -1, np.int32)

    def _grow(self, wanted: int) -> None:
        self._clear((2 * wanted).bit_length() + 1)
        todo = np.arange(self.size)
        slot = self._home(self.left, self.right)
        while len(todo):
            empty = self._slots[slot] < 0
            self._slots[slot[empty]] = todo[empty]
            left_over = self._slots[slot] != todo
            todo, slot = todo[left_over], (slot[left_over] + 1) & (len(self._slots) - 1)
