"""What a story is made of: two ends, what their users do, and what the wire does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tcpcourse.core.states import State
from tcpcourse.core.work import Settings
from tcpcourse.sources.simulation.rto import MILLISECOND
from tcpcourse.trace import Side

Call = Literal[
    "open_active", "open_passive", "send", "receive", "close", "abort", "grow", "crash", "inject"
]
Fault = Literal["lose", "duplicate"]


@dataclass(frozen=True, slots=True)
class Act:
    """Something a user does at the end ``who``, when its turn has come.

    The acts of one end happen in order. Each waits until the end is in state ``when`` (if
    given) and its user has had ``received`` bytes in all, and then ``after`` nanoseconds
    more. ``data`` belongs to ``send``; ``count`` (bytes) to ``receive`` and ``grow``.

    Two acts are no calls: ``crash`` forgets the connection as a power cut does, and
    ``inject`` lets ``segment`` (in the one-line notation) arrive at ``who`` out of nowhere:
    an old duplicate, or a forgery, as ``note`` says.
    """

    who: Side
    call: Call
    when: State | None = None
    received: int = 0
    after: int = 0
    data: bytes = b""
    count: int = 1 << 30
    segment: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Host:
    """One end before the story: its address, its first ISS, and its owner's choices.

    With ``reads`` its user always has a RECEIVE waiting, so that the window stays open.
    """

    address: str
    iss: int
    settings: Settings = field(default_factory=Settings)
    next_iss: int | None = None
    reads: bool = True


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story as data; ``simulate`` plays it.

    ``about`` is one line for a list, ``delay`` the time from end to end in nanoseconds.
    ``faults`` names packets by their number in the trace: ``"lose"``, ``"duplicate"`` or a
    number of nanoseconds of extra delay. ``loss``, ``duplication`` and ``reordering`` are
    probabilities (0 ≤ p < 1) decided by ``seed``. ``msl`` is the maximum segment lifetime and
    ``patience`` the user timeout, in nanoseconds.
    """

    name: str
    about: str
    acts: tuple[Act, ...]
    a: Host = Host("192.0.2.1:40000", 100)
    b: Host = Host("198.51.100.2:80", 300)
    delay: int = 10 * MILLISECOND
    faults: Mapping[int, Fault | int] = field(default_factory=dict)
    loss: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0
    seed: int = 0
    msl: int = 120_000 * MILLISECOND
    patience: int = 300_000 * MILLISECOND
    document: str | None = None
