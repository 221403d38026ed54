"""What the tests of the exercises share."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

import tcpcourse as tcp


@pytest.fixture(scope="session")
def explored_once() -> Iterator[None]:
    """The exploration is the same for every student: one is enough for all of them."""
    explore = tcp.explore
    tcp.explore = cache(explore)
    yield
    tcp.explore = explore
