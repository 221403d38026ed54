"""The lab of each test, and the one reason why these tests may be skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .lab import Lab
from .tun import Network, why_not


@pytest.fixture(scope="session")
def reason() -> str | None:
    """Why this machine cannot run these tests; ``None`` when it can."""
    return why_not()


@pytest.fixture(scope="session")
def net(reason: str | None) -> Iterator[Network]:
    """One namespace for all these tests; each lab has ports of its own."""
    if reason is not None:
        pytest.skip(reason)
    with Network() as made:
        yield made


# What the kernel sends again by its own clock is no part of most stories: here its timer is
# slow, and acknowledgments that come often do not alarm it. (If it were slower still, Linux would
# keep FIN_WAIT_2 without a socket in another way.)
CALM = {
    "tcp_rto_min_us": 10_000_000, "tcp_reordering": 300, "tcp_max_reordering": 300,
    "tcp_recovery": 0, "tcp_retrans_collapse": 0,
}  # fmt: skip


@pytest.fixture(scope="session")
def calm(net: Network) -> Iterator[Network]:
    """A namespace whose kernel is patient; it needs what ``net`` needs."""
    with Network(**CALM) as made:
        yield made


@pytest.fixture
def make_lab(net: Network) -> Iterator[Callable[..., Lab]]:
    """Builds labs with settings for our endpoint."""
    labs: list[Lab] = []

    def make(**settings: Any) -> Lab:
        labs.append(Lab(net, **settings))
        return labs[-1]

    yield make
    for each in labs:
        each.close()


@pytest.fixture
def lab(make_lab: Callable[..., Lab]) -> Lab:
    """Our endpoint and the kernel, both still closed."""
    return make_lab()


@pytest.fixture(params=["we", "kernel"])
def open_lab(request: pytest.FixtureRequest, lab: Lab) -> Lab:
    """Established, once opened by us and once by the kernel."""
    return lab.establish(request.param)
