"""What a story is made of: two ends, what their users do, and what the wire does.

Whatever lasts is written as a text with its unit (``"250us"``, ``"10ms"``, ``"1s"``) or as a
number of seconds. What cannot be meant is refused when the part is made, in one sentence.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, get_args

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.segment import Segment
from tcpcourse.core.states import State
from tcpcourse.core.tcb import DEFAULT_MSS, DEFAULT_WINDOW, LARGEST_WINDOW
from tcpcourse.core.work import Settings
from tcpcourse.sources.simulation.checks import (
    brief,
    check_address,
    check_probability,
    check_whole,
    sequence_number,
)
from tcpcourse.sources.simulation.durations import Duration, nanoseconds
from tcpcourse.trace import SIDES, Side
from tcpcourse.words import listed, message

Call = Literal[
    "open_active", "open_passive", "send", "receive", "close", "abort", "grow", "crash", "inject"
]
CALLS: tuple[Call, ...] = get_args(Call)
FATES = ("lose", "duplicate")
Fault = str | float
"""``"lose"``, ``"duplicate"``, or a duration: so much later than the others."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something a user does at the end ``who``, when its turn has come.

    ``call`` is ``"open_active"``, ``"open_passive"``, ``"send"``, ``"receive"``, ``"close"``,
    ``"abort"`` or one of three that are no calls of TCP: ``"grow"`` gives the end a larger
    receive buffer, ``"crash"`` forgets the connection as a power cut does, and ``"inject"``
    lets ``segment`` (in the one-line notation) arrive out of nowhere: an old duplicate, or a
    forgery, as ``note`` says.

    The acts of one end happen in order. Each waits until the end is in state ``when`` (if
    given) and its user has had ``received`` bytes in all, and then ``after`` (a duration)
    more. ``data`` (bytes) belongs to ``send``; ``count`` (bytes, at least 1) to ``receive``
    and ``grow``. Raises ``TcpCourseError`` for a value that is not possible.

    >>> Act("A", "send", State.ESTABLISHED, after="20ms", data=b"hello").call
    'send'
    >>> Act("A", "shout")
    Traceback (most recent call last):
    tcpcourse.core.errors.TcpCourseError: There is no call 'shout'; an act is one of \
open_active, open_passive, send, receive, close, abort, grow, crash, inject.
    """

    who: Side
    call: Call
    when: State | None = None
    received: int = 0
    after: Duration = 0
    data: bytes = b""
    count: int = LARGEST_WINDOW
    segment: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if self.who not in SIDES:
            raise TcpCourseError(
                message("There is no side {side}; the sides are A and B.", side=brief(self.who))
            )
        if self.call not in CALLS:
            raise TcpCourseError(
                message(
                    "There is no call {call}; an act is one of {calls}.",
                    call=brief(self.call),
                    calls=listed(CALLS),
                )
            )
        if self.when is not None and not isinstance(self.when, State):
            raise TcpCourseError(
                message(
                    "An act cannot wait for {when}; when is a state such as tcp.State.ESTABLISHED.",
                    when=brief(self.when),
                )
            )
        nanoseconds(self.after, "duration after")
        check_whole("received", self.received, 0)
        check_whole("count", self.count, 1, LARGEST_WINDOW)
        if not isinstance(self.data, bytes):
            raise TcpCourseError(
                message("The data {data} is not bytes such as b'hello'.", data=brief(self.data))
            )
        for name, given, belongs in (
            ("data", self.data, ("send",)),
            ("count", self.count != LARGEST_WINDOW, ("receive", "grow")),
            ("segment", self.segment, ("inject",)),
            ("note", self.note, ("inject",)),
        ):
            if given and self.call not in belongs:
                raise TcpCourseError(
                    message(
                        "The call {call} takes no {name}; it belongs to {calls}.",
                        call=self.call,
                        name=name,
                        calls=listed(belongs, ends=True),
                    )
                )
        if self.call == "inject":
            if not isinstance(self.segment, str) or not isinstance(self.note, str):
                raise TcpCourseError(message("The segment and the note of an inject are texts."))
            Segment.parse(self.segment)


@dataclass(frozen=True, slots=True)
class Host:
    """One end before the story: where it is, its first number, and its owner's choices.

    ``address`` is an IP address with a port and ``iss`` the initial send sequence number;
    what is not given is the scenario's own (``192.0.2.1:40000`` and 100 for A,
    ``198.51.100.2:80`` and 300 for B). ``window``, ``mss`` (bytes), ``wscale``,
    ``sack_permitted``, ``policy``, ``delayed_ack``, ``half_duplex_close`` and ``next_iss`` are
    those of ``Endpoint``. With ``reads`` its user always has a RECEIVE waiting, so that the
    window stays open. After ``r2`` retransmissions without an answer the next timeout closes
    the connection (RFC 9293 §3.8.3); with the 15 of Linux the user timeout of five minutes
    comes first. Raises ``TcpCourseError`` for a value out of range.

    >>> Host(window=2048, reads=False).mss
    1460
    """

    address: str = ""
    iss: int | None = None
    window: int = DEFAULT_WINDOW
    mss: int = DEFAULT_MSS
    wscale: int | None = None
    sack_permitted: bool = False
    policy: Literal["rfc5961", "rfc793"] = "rfc5961"
    delayed_ack: bool = False
    next_iss: int | None = None
    reads: bool = True
    half_duplex_close: bool = False
    r2: int = 15

    def __post_init__(self) -> None:
        if self.address:
            check_address(self.address)
        for name in ("iss", "next_iss"):
            if (number := getattr(self, name)) is not None:
                object.__setattr__(self, name, sequence_number(name, number))
        for name in ("window", "mss", "wscale"):
            if (number := getattr(self, name)) is not None:
                check_whole(name, number, 0)
        check_whole("r2", self.r2, 0)
        for name in ("sack_permitted", "delayed_ack", "reads", "half_duplex_close"):
            if not isinstance(given := getattr(self, name), bool):
                raise TcpCourseError(
                    message(
                        "The {name} {given} is not True or False.", name=name, given=brief(given)
                    )
                )
        _ = self.settings  # refuses what it does not allow

    @property
    def settings(self) -> Settings:
        """What the owner chooses, as the endpoint takes it."""
        return Settings(
            self.window,
            self.mss,
            self.wscale,
            self.sack_permitted,
            self.policy,
            self.delayed_ack,
            self.half_duplex_close,
        )


A_HOST, B_HOST = Host("192.0.2.1:40000", 100), Host("198.51.100.2:80", 300)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story as data; ``simulate`` plays it.

    ``name`` is short, ``about`` is one line for a list, ``acts`` what the users do.
    ``faults`` names packets by their number in the trace: ``"lose"``, ``"duplicate"`` or a
    duration of extra delay. ``loss``, ``duplication`` and ``reordering`` are probabilities
    (0 ≤ p < 1) decided by ``seed``. ``delay`` is the time from end to end, ``msl`` the
    maximum segment lifetime and ``patience`` the user timeout, all durations. ``title`` and
    ``question`` tell people in plain words what the story is about, and ``document`` is its
    number in the course's document. Raises ``TcpCourseError`` for what is not possible.

    >>> Scenario("mine", "A calls, and nobody listens.", (Act("A", "open_active"),)).delay
    '10ms'
    """

    name: str
    about: str
    acts: tuple[Act, ...]
    a: Host = A_HOST
    b: Host = B_HOST
    delay: Duration = "10ms"
    faults: Mapping[int, Fault] = field(default_factory=dict)
    loss: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0
    seed: int = 0
    msl: Duration = "2min"
    patience: Duration = "5min"
    document: str | None = None
    title: str = ""
    question: str = ""

    def __post_init__(self) -> None:
        for name in ("name", "about", "title", "question"):
            if not isinstance(text := getattr(self, name), str):
                raise TcpCourseError(
                    message(
                        "The {name} {text} of a scenario is not a text.",
                        name=name,
                        text=brief(text),
                    )
                )
        is_list = isinstance(self.acts, tuple | list)
        if not is_list or not all(isinstance(act, Act) for act in self.acts):
            raise TcpCourseError(
                message('The acts are a tuple such as (tcp.Act("A", "open_active"),).')
            )
        object.__setattr__(self, "acts", tuple(self.acts))
        for name, usual in (("a", A_HOST), ("b", B_HOST)):
            if not isinstance(host := getattr(self, name), Host):
                raise TcpCourseError(
                    message(
                        "The end {name} is {host}, which is no tcp.Host.",
                        name=name,
                        host=brief(host),
                    )
                )
            given = replace(
                host,
                address=host.address or usual.address,
                iss=usual.iss if host.iss is None else host.iss,
            )
            object.__setattr__(self, name, given)
        for name in ("loss", "duplication", "reordering"):
            check_probability(name, getattr(self, name))
        for name in ("delay", "msl", "patience"):
            nanoseconds(getattr(self, name), name)
        check_whole("seed", self.seed, 0)
        _check_faults(self.faults)


def changed(
    scenario: Scenario, changes: Mapping[str, Any], fixed: Collection[str] = ()
) -> Scenario:
    """The scenario with other values in some of its fields, all but those ``fixed``.

    Beside the fields there are ``isn``, the initial sequence numbers by side, and ``iss_a``
    and ``iss_b``, which set one of them. Raises ``TcpCourseError`` for an unknown name or a
    value that is not possible.
    """
    known = sorted({entry.name for entry in fields(Scenario)} - set(fixed))
    for name in changes:
        if name not in known and name not in ("isn", "iss_a", "iss_b"):
            raise TcpCourseError(
                message(
                    "There is no {name!r:.60} to change; there are isn, iss_a, iss_b, {known}.",
                    name=name,
                    known=listed(known),
                )
            )
    story = replace(scenario, **{name: changes[name] for name in known if name in changes})
    isn = changes.get("isn", {})
    if not isinstance(isn, Mapping) or not set(isn) <= set(SIDES):
        raise TcpCourseError(
            message(
                'The isn {isn} is not possible; write it like {{"A": 100, "B": 300}}.',
                isn=brief(isn),
            )
        )
    for side, name in (("A", "a"), ("B", "b")):
        number = changes.get(f"iss_{name}", isn.get(side))
        if number is not None:
            story = replace(story, **{name: replace(getattr(story, name), iss=number)})
    return story


def _check_faults(faults: Any) -> None:
    if not isinstance(faults, Mapping):
        raise TcpCourseError(
            message('The faults are written like {4: "lose", 5: "duplicate", 6: "60ms"}.')
        )
    for number, fault in faults.items():
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            raise TcpCourseError(
                message(
                    "There is no packet {number}; faults names packets by number, from 1.",
                    number=brief(number),
                )
            )
        if fault in FATES:
            continue
        try:
            nanoseconds(fault)
        except TcpCourseError:
            raise TcpCourseError(
                message(
                    'The fault {fault} of packet {number} is not possible; write "lose", '
                    '"duplicate", or an extra delay such as "60ms".',
                    fault=brief(fault),
                    number=number,
                )
            ) from None
