"""Random stories of two ends whose true states are known at every moment.

Two ``Endpoint``s, their users, timers and hosts on a wire that loses, doubles, delays and
reorders, before a tap and behind it. A story is a function of its seed. What the tap saw is
a list of frames; what was true is a list of moments for each end.
"""

from __future__ import annotations

import heapq
import inspect
import io
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tcpcourse.core.endpoint import Endpoint
from tcpcourse.core.errors import CallError, TcpCourseError
from tcpcourse.core.reaction import Reaction
from tcpcourse.core.segment import Segment
from tcpcourse.core.states import TIMERS, State
from tcpcourse.core.tcb import Tcb
from tcpcourse.sources.capture.write import ETHERNET, write_frames, write_segments
from tcpcourse.trace import Side

US, MS, SECOND = 10**3, 10**6, 10**9
START_NS = 1_700_000_000 * SECOND
HOSTS = {"A": "192.0.2.1:40000", "B": "198.51.100.2:80"}
SIDES: tuple[Side, Side] = ("A", "B")
OPEN_STATES = (State.ESTABLISHED, State.CLOSE_WAIT, State.FIN_WAIT_2)
MOST_FRAMES = 60
LONGEST_NS = 900 * SECOND
HALF_DUPLEX = "half_duplex_close" in inspect.signature(Endpoint.__init__).parameters
R2 = "r2" in TIMERS


def across(side: Side) -> Side:
    return "B" if side == "A" else "A"


@dataclass(frozen=True)
class Frame:
    """What the tap saw: a number from 1, a time, who sent it, and the segment."""

    number: int
    time_ns: int
    sender: Side
    segment: Segment


@dataclass(eq=False)
class Sent:
    """A segment that an end sent: the frames in which the tap saw it, and where it came."""

    segment: Segment
    event: Event
    frames: list[int] = field(default_factory=list)
    came: list[Event] = field(default_factory=list)


@dataclass(eq=False)
class Event:
    """Something that happened at one end: a call, a timer, an arrival; see ``perform``.

    ``frame`` is the number of the frame that arrived, if the tap saw it; ``state`` is the
    state afterwards, and ``waits`` says that a CLOSE waits there behind queued data.
    """

    time_ns: int
    kind: str
    arg: Any = None
    frame: int | None = None
    source: Sent | None = None
    state: State = State.CLOSED
    sent: list[Sent] = field(default_factory=list)
    waits: bool = False


@dataclass
class Story:
    """What the tap saw, and what was true.

    ``moments`` are (time, state) for each end, from the beginning. ``arrivals`` are the
    times at which a frame came to the other end's host. ``stop_ns`` is when the tap was
    turned off. ``hidden`` are packets that the tap did not see: (time, sender, segment, why).
    """

    name: str
    tags: frozenset[str]
    frames: list[Frame]
    moments: dict[Side, list[tuple[int, State]]]
    arrivals: dict[int, list[int]]
    stop_ns: int
    snaplen: int | None
    hidden: list[tuple[int, Side, Segment, str]]
    events: dict[Side, list[Event]]
    settings: dict[Side, dict[str, Any]]

    def states(self, side: Side, first: int, last: int) -> set[State]:
        """The states of an end from one moment to another, both included."""
        found: set[State] = set()
        current = State.CLOSED
        met_peer = False
        for time, state in self.moments[side]:
            if time > last:
                break
            if time > first:
                found |= self._words(current, met_peer)
            met_peer = met_peer or state not in (State.CLOSED, State.LISTEN)
            current = state
        return found | self._words(current, met_peer)

    @staticmethod
    def _words(state: State, met_peer: bool) -> set[State]:
        # a program that listens again has no connection: for the old one that is CLOSED
        return {state, State.CLOSED} if state is State.LISTEN and met_peer else {state}

    def truth(self, side: Side, place: int) -> set[State]:
        """What is true of an end after the frame at ``place`` (from 0).

        That is: between it and the next, or when it came.
        """
        frame = self.frames[place]
        following = place + 1 < len(self.frames)
        until = self.frames[place + 1].time_ns if following else self.stop_ns
        found = self.states(side, frame.time_ns, until)
        if frame.sender != side:
            for time in self.arrivals.get(frame.number, ()):
                found |= self.states(side, time, time)
        return found

    def pcap(self) -> io.BytesIO:
        """The frames as a capture file, cut at the snaplen."""
        file = io.BytesIO()
        rows = [(START_NS + f.time_ns, f.sender, f.segment) for f in self.frames]
        if self.snaplen is None:
            write_segments(file, rows, (HOSTS["A"], HOSTS["B"]))
        else:
            whole = io.BytesIO()
            write_segments(whole, rows, (HOSTS["A"], HOSTS["B"]))
            raw, place = whole.getvalue(), 24
            cut = []
            for time, _, _ in rows:
                length = int.from_bytes(raw[place + 8 : place + 12], "little")
                data = raw[place + 16 : place + 16 + length]
                cut.append((time, data[: self.snaplen], length))
                place += 16 + length
            write_frames(file, cut, ETHERNET)
        file.seek(0)
        return file


@dataclass
class Plan:
    """What kind of story: drawn from the seed. Chances are 0 … 1, times nanoseconds."""

    rng: random.Random
    tags: set[str] = field(default_factory=set)
    tap: float = 0.0
    delay: int = 10 * MS
    loss_before: float = 0.0
    loss_behind: float = 0.0
    twice: float = 0.0
    late: float = 0.0
    reach: int = 0
    unseen: float = 0.0
    refusing: float = 0.0
    one_way: Side | None = None
    skip: int = 0
    keep: int | None = None
    snaplen: int | None = None
    msl2: int = 60 * SECOND
    tries: int = 5
    ends: dict[Side, dict[str, Any]] = field(default_factory=dict)
    acts: list[tuple[int, Side, str, int]] = field(default_factory=list)
    habits: dict[Side, dict[str, int | None]] = field(default_factory=dict)

    @classmethod
    def draw(cls, seed: str) -> Plan:
        """A plan for this seed."""
        plan = cls(random.Random(seed))
        plan._wire()
        plan._tap()
        for side in SIDES:
            plan._end(side)
        plan._calls()
        return plan

    def _may(self, tag: str, chance: float) -> bool:
        if self.rng.random() >= chance:
            return False
        self.tags.add(tag)
        return True

    def _wire(self) -> None:
        rng = self.rng
        self.delay = rng.choice([100 * US, 5 * MS, 20 * MS, 80 * MS])
        if self._may("loss-behind", 0.35):
            self.loss_behind = rng.choice([0.05, 0.15, 0.35])
        if self._may("loss-before", 0.3):
            self.loss_before = rng.choice([0.05, 0.15, 0.35])
        if self._may("twice", 0.2):
            self.twice = rng.choice([0.05, 0.2])
        if self._may("late", 0.35):
            self.late, self.reach = rng.choice([0.1, 0.3, 0.6]), rng.choice([1, 3, 8])

    def _tap(self) -> None:
        rng = self.rng
        self.tap = rng.choice([0.0, 1.0, 0.5])
        self.tags.add({0.0: "at-A", 1.0: "at-B", 0.5: "between"}[self.tap])
        if self._may("unseen", 0.15):
            self.unseen = rng.choice([0.05, 0.2])
        if self._may("one-way", 0.06):
            self.one_way = rng.choice(SIDES)
        if self._may("begins-late", 0.1):
            self.skip = rng.randint(1, 8)
        if self._may("ends-early", 0.08):
            self.keep = rng.randint(2, 14)
        if self._may("snaplen", 0.04):
            self.snaplen = rng.choice([54, 58, 60, 62, 68])

    def _end(self, side: Side) -> None:
        rng = self.rng
        end: dict[str, Any] = {
            "iss": rng.choice([rng.randrange(1 << 32), 100, (1 << 32) - 3, (1 << 31) - 1]),
            "window": rng.choice([65535, 65535, 8000]),
            "mss": rng.choice([536, 1460]),
            "wscale": rng.choice([None, 0, 7]),
            "sack_permitted": rng.random() < 0.6,
            "delayed_ack": rng.random() < 0.3,
        }
        habit: dict[str, int | None] = {"reads": 0, "closes": None, "listens": None}
        if self._may("unread", 0.15):
            end["window"] = rng.choice([600, 1500, 65535])
            habit["reads"] = None  # perhaps an act lets it read
        if HALF_DUPLEX and self._may("half-duplex", 0.25):
            end["half_duplex_close"] = True
        if rng.random() < 0.7:
            habit["closes"] = rng.choice([0, 0, self.delay, 5 * self.delay, 50 * self.delay])
        if rng.random() < 0.3:
            habit["listens"] = rng.choice([1 * US, self.delay])
        if self._may("refusing", 0.06):
            self.refusing = 0.4
        self.ends[side], self.habits[side] = end, habit

    def _calls(self) -> None:
        rng, rtt = self.rng, 2 * self.delay
        act = self.acts.append
        kind = rng.random()
        if kind < 0.05:
            self.tags.add("refused")
        elif kind < 0.15:
            self.tags.add("both-open")
            act((rng.randint(0, 3) * self.delay // 2 + rng.randint(1, 99) * US, "B", "open", 0))
        else:
            act((0, "B", "listen", 0))
        if self._may("fast-open", 0.05):
            act((0, "A", "fast-open", rng.randint(1, 400)))
        else:
            act((10 * US, "A", "open", 0))
        if self._may("gives-up", 0.05):
            act((rng.randint(1, 4) * self.delay, "A", "give-up", 0))
            act((rng.randint(4, 8) * self.delay, "A", "open", 0))
        open_for = rng.choice([2, 4, 10]) * rtt
        for side in SIDES:
            for _ in range(rng.choice([0, 0, 1, 1, 2, 3])):
                when = rng.randint(2, 12) * open_for // 8
                act((when, side, "send", rng.choice([1, 5, 100, 1460, 3000])))
            if self.habits[side]["reads"] is None and rng.random() < 0.6:
                act((rng.randint(4, 40) * open_for // 8, side, "read", 0))
        ending = open_for + rng.randint(0, 20) * self.delay
        for side in SIDES:
            if rng.random() < (0.75 if side == "A" else 0.45):
                together = rng.random() < 0.3
                shift = rng.randint(0, 3) * self.delay // 2 if together else rng.randint(0, 9) * rtt
                act((ending + shift, side, "close", 0))
            if self._may("abort", 0.1):
                act((rng.randint(1, 20) * open_for // 8, side, "abort", 0))
            if self._may("keep-alive", 0.07):
                for k in range(rng.randint(1, 3)):
                    act(
                        (2 * open_for + (k + 1) * 5 * SECOND, side, "keep-alive", rng.randint(0, 1))
                    )
        if self._may("crash", 0.03):
            act((rng.randint(4, 20) * open_for // 8, rng.choice(SIDES), "crash", 0))
        if self._may("again", 0.07):
            late = rng.choice([ending + 30 * rtt, ending + 10 * SECOND, ending + 200 * SECOND])
            act((late, "B", "listen", 0))
            act((late + self.delay, "A", "open", 0))
            act((late + 8 * self.delay, "A", "send", 10))
            act((late + 20 * self.delay, "A", "close", 0))
        if self._may("short-2MSL", 0.1):
            self.msl2 = rng.choice([4 * rtt, 2 * SECOND])
        self.tries = rng.choice([2, 4, 6])


class World:
    """Plays a plan; ``story`` is the outcome."""

    def __init__(self, name: str, plan: Plan) -> None:
        self.name, self.plan = name, plan
        self.now = 0
        self.queue: list[tuple[int, int, Callable[[], None]]] = []
        self.count = 0
        self.hosts: dict[Side, Host] = {side: Host(self, side) for side in SIDES}
        self.frames: list[Frame] = []
        self.passed = 0
        self.arrivals: dict[int, list[int]] = {}
        self.hidden: list[tuple[int, Side, Segment, str]] = []
        self.last_at_tap = dict.fromkeys(SIDES, 0)
        self.last_at_host = dict.fromkeys(SIDES, 0)
        self.taken: set[int] = set()
        self.stop_ns: int | None = None

    def at(self, time: int, what: Callable[[], None]) -> int:
        """Do something later; no two things happen in the same nanosecond."""
        time = max(time, self.now + 1)
        while time in self.taken:
            time += 1
        self.taken.add(time)
        self.count += 1
        heapq.heappush(self.queue, (time, self.count, what))
        return time

    def play(self) -> Story:
        plan = self.plan
        for time, side, verb, size in plan.acts:
            self.at(time + 1, lambda s=side, v=verb, n=size: self.hosts[s].act(v, n))  # type: ignore[misc]
        while self.queue and self.passed < MOST_FRAMES and self.now < LONGEST_NS:
            self.now, _, what = heapq.heappop(self.queue)
            what()
        return Story(
            self.name, frozenset(self.plan.tags), self.frames,
            {side: host.moments for side, host in self.hosts.items()}, self.arrivals,
            self.now if self.stop_ns is None else self.stop_ns, self.plan.snaplen,
            self.hidden, {side: host.events for side, host in self.hosts.items()}, plan.ends,
        )  # fmt: skip

    def transmit(self, side: Side, sent: Sent) -> None:
        """Put a segment on its way: to the tap, and from there to the other host."""
        plan, rng, segment = self.plan, self.plan.rng, sent.segment
        share = plan.tap if side == "A" else 1 - plan.tap
        near = share == 0.0
        if not near and rng.random() < plan.loss_before:
            self.hidden.append((self.now, side, segment, "lost before the tap"))
            return
        copies = 2 if not near and rng.random() < plan.twice else 1
        for _ in range(copies):
            wait = int(plan.delay * share) + rng.randint(1, 3) * US
            if not near and rng.random() < plan.late:
                wait += rng.randint(0, plan.reach * 2 * plan.delay)
                time = self.now + wait
            else:
                time = max(self.now + wait, self.last_at_tap[side] + 1)
                self.last_at_tap[side] = time
            self.at(time, lambda: self.passes(side, sent))

    def passes(self, side: Side, sent: Sent) -> None:
        """A packet passes the tap; the tap may miss it."""
        plan, rng, segment = self.plan, self.plan.rng, sent.segment
        self.passed += 1
        number = None
        keep = plan.keep is None or len(self.frames) < plan.keep
        if not keep and self.stop_ns is None:
            self.stop_ns = self.now
        missed = rng.random() < plan.unseen
        if self.passed > plan.skip and plan.one_way in (None, side) and keep and not missed:
            number = len(self.frames) + 1
            self.frames.append(Frame(number, self.now, side, segment))
            sent.frames.append(number)
        elif keep:
            self.hidden.append((self.now, side, segment, "passes unseen"))
        goal, share = across(side), 1 - (plan.tap if side == "A" else 1 - plan.tap)
        near = share == 0.0
        if rng.random() < (plan.loss_behind if not near else plan.loss_behind / 4):
            return
        copies = 2 if not near and rng.random() < plan.twice else 1
        for _ in range(copies):
            wait = int(plan.delay * share) + rng.randint(1, 30) * US
            if not near and rng.random() < plan.late:
                time = self.now + wait + rng.randint(0, plan.reach * 2 * plan.delay)
            else:
                time = max(self.now + wait, self.last_at_host[goal] + 1)
                self.last_at_host[goal] = time
            self.at(time, lambda: self.comes(goal, sent, number))

    def comes(self, goal: Side, sent: Sent, number: int | None) -> None:
        """A packet comes to a host, which may not take it (a full accept queue)."""
        host, rng = self.hosts[goal], self.plan.rng
        opening = host.end.state in (State.SYN_RCVD, State.LISTEN) and not sent.segment.rst
        refused = opening and rng.random() < self.plan.refusing
        host.does("refuse" if refused else "arrive", sent.segment, number, sent)
        if number is not None:
            self.arrivals.setdefault(number, []).append(self.now)


class Host:
    """One end with its user and its timers."""

    def __init__(self, world: World, side: Side) -> None:
        self.world, self.side = world, side
        self.settings = world.plan.ends[side]
        self.reads, self.closes, self.listens = (
            world.plan.habits[side][name] for name in ("reads", "closes", "listens")
        )
        self.end = Endpoint(**self.settings)
        self.events: list[Event] = []
        self.moments: list[tuple[int, State]] = [(0, State.CLOSED)]
        self.running: dict[str, int] = {}
        self.backoff = 0
        self.first_rto = max(200 * MS, 5 * world.plan.delay)
        self.asked = False

    def act(self, verb: str, size: int) -> None:
        """A call of the user's; one that makes no sense in the state is let be."""
        state = self.end.state
        if verb in ("give-up", "close", "abort", "send") and state is State.LISTEN:
            return
        if verb == "read":
            self.reads = 0
            self.read()
        elif verb in ("give-up", "close") and (verb == "give-up") is (state is State.SYN_SENT):
            self.does("close")
        elif verb not in ("give-up", "close"):
            self.does(verb, size)

    def does(
        self, kind: str, arg: Any = None, frame: int | None = None, source: Sent | None = None
    ) -> None:
        """Let something happen at this end, and see to what follows from it."""
        self.end, reaction, segments = perform(self.end, self.settings, kind, arg)
        if reaction is None and not segments and kind not in ("crash", "refuse"):
            return
        event = Event(self.world.now, kind, arg, frame, source, self.end.state)
        event.waits = waits(self.end.tcb)
        self.events.append(event)
        if source is not None:
            source.came.append(event)
        self.note()
        for segment in segments:
            event.sent.append(Sent(segment, event))
            self.world.transmit(self.side, event.sent[-1])
        if kind == "crash":
            self.running.clear()
            self.asked = False
        if reaction is not None:
            self.timers(reaction)
            self.user(reaction)

    def note(self) -> None:
        state = self.end.state
        if state is not self.moments[-1][1]:
            self.moments.append((self.world.now, state))

    def user(self, reaction: Reaction) -> None:
        """What the program does of itself: read, close after the peer, listen again."""
        state = self.end.state
        if self.reads is not None and not self.asked and state not in (State.CLOSED, State.LISTEN):
            self.asked = True
            self.read()
        if "connection closing" in reaction.signals and self.closes is not None:
            self.world.at(self.world.now + self.closes, lambda: self.act("close", 0))
        if reaction.before.state is not state and state in (State.CLOSED, State.LISTEN):
            self.asked = False
            if state is State.CLOSED and self.listens is not None and self.side == "B":
                self.world.at(self.world.now + self.listens, lambda: self.act("listen", 0))

    def read(self) -> None:
        if self.end.state not in (State.CLOSED, State.LISTEN):
            self.does("receive")
            if len(self.end.tcb.rcvq):
                self.does("receive")

    # --- timers --------------------------------------------------------------------------

    def timers(self, reaction: Reaction) -> None:
        tcb = self.end.tcb
        if tcb.snd_una != reaction.before.snd_una or not tcb.in_flight:
            self.running.pop("retransmission", None)
            self.backoff = 0
        if tcb.in_flight:
            self.start("retransmission", self.first_rto << min(self.backoff, 6))
        waiting = tcb.unsent > 0 and tcb.snd_una == tcb.snd_nxt and not tcb.syn_unacked
        if waiting and tcb.state not in (State.SYN_SENT, State.SYN_RCVD):
            self.start("zero-window-probe", self.first_rto)
        if tcb.ack_due:
            self.start("delayed-ack", 40 * MS)
        if "time-wait" in reaction.timers:
            self.running.pop("time-wait", None)
            self.start("time-wait", self.world.plan.msl2)

    def start(self, timer: str, wait: int) -> None:
        if timer in self.running:
            return
        self.world.count += 1
        ticket = self.running[timer] = self.world.count
        self.world.at(self.world.now + wait, lambda: self.runs_out(timer, ticket))

    def runs_out(self, timer: str, ticket: int) -> None:
        if self.running.get(timer) != ticket:
            return
        del self.running[timer]
        if timer == "retransmission":
            self.backoff += 1
            if self.backoff > self.world.plan.tries:
                self.backoff = 0
                timer = "r2" if R2 else "user"
        self.does("tick", timer)


def waits(tcb: Tcb) -> bool:
    """Whether a CLOSE waits behind queued data, so that its FIN was not sent yet."""
    called = (State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK)
    return tcb.close_waits or (tcb.state in called and tcb.fin_seq is None)


def perform(
    end: Endpoint, settings: dict[str, Any], kind: str, arg: Any
) -> tuple[Endpoint, Reaction | None, list[Segment]]:
    """One event at an end: the end afterwards, its reaction, and what it sends.

    A call that the state does not allow changes nothing. ``refuse`` is an arrival that the
    host does not take; a ``crash`` forgets everything; ``fast-open`` puts data on the SYN.
    """
    tcb = end.tcb
    if kind == "refuse":
        return end, None, []
    if kind == "crash":
        return Endpoint(**settings | {"iss": (int(tcb.iss) + 10**6) % (1 << 32)}), None, []
    if kind == "keep-alive":
        if tcb.state not in OPEN_STATES or tcb.in_flight:
            return end, None, []
        window = min(tcb.rcv_wnd >> tcb.rcv_shift, 65535)
        return end, None, [Segment(tcb.snd_nxt - 1, tcb.rcv_nxt, "A", window, bytes(arg))]
    calls: dict[str, Callable[[], Reaction]] = {
        "listen": end.open_passive,
        "open": end.open_active,
        "fast-open": end.open_active,
        "send": lambda: end.send(bytes(arg)),
        "receive": lambda: end.receive(1 << 30),
        "close": end.close,
        "abort": end.abort,
        "arrive": lambda: end.arrive(arg),
        "tick": lambda: end.tick(arg),
    }
    try:
        reaction = calls[kind]()
    except CallError:
        return end, None, []
    segments = [with_sack(end.tcb, segment) for segment in reaction.emitted]
    if kind == "fast-open" and segments:
        end.send(bytes(arg))
        syn = segments[0]
        segments = [Segment(syn.seq, None, "S", syn.window, bytes(arg), syn.options)]
    return end, reaction, segments


def with_sack(tcb: Tcb, segment: Segment) -> Segment:
    """The ACK with the blocks that RFC 2018 asks for."""
    plain = segment.ack is not None and not segment.syn and not segment.rst
    if not (plain and tcb.sack_permitted and tcb.early):
        return segment
    blocks = tuple((int(seq), int(seq + len(data))) for seq, data in tcb.early[:3])
    return Segment(
        segment.seq,
        segment.ack,
        segment.flags,
        segment.window,
        segment.data,
        replace(segment.options, sack=blocks),
    )


def tell(name: str) -> Story:
    """The story with this name (its seed)."""
    try:
        return World(name, Plan.draw(name)).play()
    except TcpCourseError as error:
        raise AssertionError(f"story {name}: {error}") from error
