"""Stories: what happens to one or two ends, line by line, and what they must do.

A line names the end when there are two (``A gets …``), then one of these happens::

    calls OPEN active          (also OPEN passive, SEND "text", SEND 3000, RECEIVE, RECEIVE 10,
                                CLOSE, ABORT, STATUS)
    gets A 301:306(5) ack 101 "hello"
    times out retransmission
    grows to 70000
    refuses SEND: connection closing

and these say what must have come of it, all of it, and nothing more::

    says A 101:101(0) ack 306           a segment put on the wire, in this order
    delivers "hello"                    bytes for the user
    tells connection reset              a signal to the user
    starts time-wait                    a timer
    is ESTABLISHED                      the state
    has snd_una 101, rcv_wnd 0          variables of the TCB

In ``says`` the window is compared when it is given, options and data always. Lines that
begin with ``#`` are remarks.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from tcpcourse.core.endpoint import Endpoint
from tcpcourse.core.errors import CallError
from tcpcourse.core.invariants import broken_invariants
from tcpcourse.core.reaction import Reaction
from tcpcourse.core.segment import Segment


def seg(line: str) -> Segment:
    """A segment from its line of text."""
    return Segment.parse(line)


def sketch(segment: Segment, *, window: bool) -> str:
    """The segment's line of text, without the window unless it matters."""
    line = str(segment)
    return line if window else line.replace(f" win {segment.window}", "", 1)


class Story:
    """One or two endpoints to which things happen; each line is done or checked in turn."""

    def __init__(self, **ends: Endpoint) -> None:
        self.ends = ends
        self.told: list[str] = []
        self.last: dict[str, Reaction] = {}
        self.owed: dict[str, dict[str, list[str]]] = {name: {} for name in ends}
        self.sent: dict[str, list[Segment]] = {name: [] for name in ends}

    def tell(self, text: str) -> Story:
        """Go through the lines; fail at the first that is not so."""
        for raw in text.strip().splitlines():
            line = raw.strip()
            if not line or line.startswith("#"):
                continue
            words = line.split(maxsplit=1)
            name = words.pop(0) if len(self.ends) > 1 else next(iter(self.ends))
            verb, _, rest = (words[0] if len(self.ends) > 1 else line).partition(" ")
            self.told.append(line)
            getattr(self, f"_{verb}")(name, rest.strip())
        for name in self.ends:
            self._nothing_left(name)
        return self

    def fail(self, should: str, instead: str) -> None:
        """Stop, and tell the story so far."""
        lines = "\n".join(f"  {n}. {line}" for n, line in enumerate(self.told, 1))
        why = "".join(f"\n{name} acted because: {last.why}" for name, last in self.last.items())
        pytest.fail(
            f"The story so far:\n{lines}\nshould have {should},\nbut instead {instead}.{why}",
            pytrace=False,
        )

    # --- what happens ---

    def _gets(self, name: str, rest: str) -> None:
        self._happens(name, lambda end: end.arrive(seg(rest)))

    def _times(self, name: str, rest: str) -> None:
        self._happens(name, lambda end: end.tick(rest.removeprefix("out ")))

    def _grows(self, name: str, rest: str) -> None:
        self._happens(name, lambda end: end.grow_buffer(int(rest.removeprefix("to "))))

    def _calls(self, name: str, rest: str) -> None:
        self._happens(name, lambda end: call(end, rest))

    def _refuses(self, name: str, rest: str) -> None:
        self._nothing_left(name)
        words, _, reason = rest.partition(": ")
        end = self.ends[name]
        before = end.tcb
        try:
            call(end, words)
        except CallError as error:
            if not str(error).endswith(f" is refused in {before.state}: {reason}."):
                self.fail(f"refused with “{reason}”", f"it was “{error}”")
        else:
            self.fail(f"refused with “{reason}”", "the call went through")
        if end.tcb is not before:
            self.fail("left the TCB untouched", f"it is now {end.tcb}")

    def _happens(self, name: str, event: Callable[[Endpoint], Reaction]) -> None:
        self._nothing_left(name)
        end = self.ends[name]
        before = end.tcb
        try:
            done = event(end)
        except CallError as error:
            self.fail("been possible", f"the call was refused: {error}")
            return
        self.last[name] = done
        if done.before is not before or done.after is not end.tcb:
            self.fail("reported the TCB before and after", "the reaction shows others")
        if broken := broken_invariants(end.tcb):
            self.fail("kept all invariants", f"broke {broken}")
        self.sent[name] = list(done.emitted)
        self.owed[name] = {
            "delivered": [repr(done.delivered)] if done.delivered else [],
            "told the user": list(done.signals),
            "started": list(done.timers),
        }

    # --- what must have come of it ---

    def _says(self, name: str, rest: str) -> None:
        with_window = " win " in rest
        wanted = sketch(seg(rest), window=with_window)
        if not self.sent[name]:
            self.fail(f"sent {wanted}", "nothing (more) was sent")
        got = sketch(self.sent[name].pop(0), window=with_window)
        if got != wanted:
            self.fail(f"sent {wanted}", f"sent {got}")

    def _delivers(self, name: str, rest: str) -> None:
        self._pay(name, "delivered", repr(data_of(rest)))

    def _tells(self, name: str, rest: str) -> None:
        self._pay(name, "told the user", rest)

    def _starts(self, name: str, rest: str) -> None:
        self._pay(name, "started", rest)

    def _is(self, name: str, rest: str) -> None:
        state = str(self.ends[name].state)
        if state != rest:
            self.fail(f"been in {rest}", f"it is in {state}")

    def _has(self, name: str, rest: str) -> None:
        for pair in rest.split(", "):
            variable, _, value = pair.partition(" ")
            got = getattr(self.ends[name].tcb, variable)
            text = repr(bytes(got)) if variable in ("sendq", "rcvq") else str(got)
            wanted = repr(data_of(value)) if variable in ("sendq", "rcvq") else value
            if text != wanted:
                self.fail(f"had {variable} = {wanted}", f"it was {text}")

    def _pay(self, name: str, what: str, wanted: str) -> None:
        owed = self.owed[name].get(what, [])
        if not owed or owed[0] != wanted:
            self.fail(f"{what} {wanted}", f"there was {owed[0] if owed else 'nothing'}")
        owed.pop(0)

    def _nothing_left(self, name: str) -> None:
        for segment in self.sent[name]:
            self.fail("sent nothing else", f"{name} also sent {sketch(segment, window=True)}")
        for what, items in self.owed[name].items():
            for item in items:
                self.fail(f"{what} nothing else", f"{name} also {what} {item}")


def data_of(text: str) -> bytes:
    """``"hello"`` is five bytes; ``3000`` is as many zeros."""
    if text.isdigit():
        return bytes(int(text))
    data = ast.literal_eval("b" + text)
    assert isinstance(data, bytes)
    return data


def call(end: Endpoint, words: str) -> Reaction:
    """Make a user call that is written as in RFC 9293 §3.9.1."""
    verb, _, rest = words.partition(" ")
    if verb == "OPEN":
        return end.open_active() if rest == "active" else end.open_passive()
    if verb == "SEND":
        return end.send(data_of(rest or '""'))
    if verb == "RECEIVE":
        return end.receive(int(rest)) if rest else end.receive()
    return {"CLOSE": end.close, "ABORT": end.abort, "STATUS": end.status}[verb]()


def tell(end: Endpoint, text: str) -> Endpoint:
    """The story of one end."""
    Story(end=end).tell(text)
    return end
