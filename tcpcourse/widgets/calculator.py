"""A calculator for sequence numbers, acknowledgments and windows, with wraparound."""

from __future__ import annotations

from typing import Any

import ipywidgets as ipw

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.segment import Segment
from tcpcourse.trace import Trace
from tcpcourse.views.escape import markup, visible
from tcpcourse.views.given import HasTrace, as_trace
from tcpcourse.views.sums import allowed, apart, judged_by_ack, offered, taken_up
from tcpcourse.views.words import name
from tcpcourse.widgets.instead import StoryWidget
from tcpcourse.widgets.look import box, head
from tcpcourse.words import message, say

FIRST, SECOND = message("First segment"), message("Second segment")

ONE = "PA 4294967290:4294967300(10) ack 5001 win 256"
OTHER = "A 5001:5001(0) ack 4 win 238"
MOST_LISTED = 500
WIDE = {"description_width": "9em"}


class Calculator(StoryWidget):
    """The arithmetic of any two segments, written in one line each.

    The first segment goes one way, the second the other way. With a ``trace`` both can be
    chosen from its packets, in raw numbers. Attributes: ``one``, ``other`` (the lines),
    ``shift`` (window scale of the second's sender, 0 … 14), ``pick_one``, ``pick_other`` (lists
    of the trace's packets) and ``answer`` (plain text).

    >>> import tcpcourse as tcp
    >>> calculator = tcp.widgets.Calculator()
    >>> calculator.one.value = "S 0:0(0)"
    >>> print(calculator.answer.splitlines()[0])
    First segment: 0 + 1 (SYN) = 1.
    """

    def __init__(self, trace: Trace | HasTrace | None = None) -> None:
        trace = None if trace is None else as_trace(trace)
        self.trace = trace
        wide = ipw.Layout(width="98%")
        self.one = ipw.Text(ONE, description=say(message("first segment")), style=WIDE, layout=wide)
        self.other = ipw.Text(
            OTHER, description=say(message("second segment")), style=WIDE, layout=wide
        )
        self.shift = ipw.BoundedIntText(
            7, min=0, max=14, description=say(message("window scale")), style=WIDE
        )
        self._answer = ipw.HTML()
        self.answer = ""
        listed = () if trace is None else trace.packets[:MOST_LISTED]
        options = [("–", None), *((name(packet), str(packet.segment)) for packet in listed)]
        self.pick_one = ipw.Dropdown(
            options=options, description=say(message("first from")), style=WIDE
        )
        self.pick_other = ipw.Dropdown(
            options=options, description=say(message("second from")), style=WIDE
        )
        for pick, line in ((self.pick_one, self.one), (self.pick_other, self.other)):
            pick.observe(lambda change, line=line: self._picked(change, line), names="value")
        for control in (self.one, self.other, self.shift):
            control.observe(lambda _: self._reckon(), names="value")
        picks = [self.pick_one, self.pick_other] if trace is not None else []
        fields = box("fl", *picks, self.one, self.other, self.shift)
        title = say(message("Calculator: seq and ack of any two segments"))
        super().__init__([box("tcp-asks tool", head(title), fields, box("card", self._answer))])
        self._reckon()

    def _picked(self, change: dict[str, Any], line: Any) -> None:
        if change["new"] is not None:
            line.value = change["new"]

    def _reckon(self) -> None:
        try:
            self.answer = "\n".join(map(say, self._lines()))
        except TcpCourseError as problem:
            self.answer = visible(str(problem), 300)
        items = "".join(f"<li>{markup(line)}</li>" for line in self.answer.split("\n"))
        self._answer.value = f'<div role="status" aria-live="polite"><ul>{items}</ul></div>'

    def _lines(self) -> list[str]:
        one, other = Segment.parse(self.one.value), Segment.parse(self.other.value)
        lines = [taken_up(FIRST, one), taken_up(SECOND, other)]
        if other.ack is not None:
            window, words = offered(other, self.shift.value)
            lines += [judged_by_ack(SECOND, other.ack, one), words, allowed(other.ack, window)]
        if one.ack is not None:
            lines.append(judged_by_ack(FIRST, one.ack, other))
        lines.append(apart(one.seq, one.end))
        return lines

    def __repr__(self) -> str:
        first = self.answer.split("\n")[0]
        return f"<Calculator: {first}>"
