"""A quiz on any trace: what will the next packet say?

The widget compares answers and keeps score. What is right, and which misconception gives a
wrong number, is the business of ``tcpcourse.views``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import ipywidgets as ipw

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.segment import Flags
from tcpcourse.core.states import State
from tcpcourse.trace import SIDES, Packet, Trace
from tcpcourse.views.arithmetic import Explanation, explain_packet
from tcpcourse.views.basis import bases, states_after
from tcpcourse.views.escape import markup, visible
from tcpcourse.views.given import HasTrace, as_trace
from tcpcourse.views.misconceptions import Field, first_words, right_answer, wrong_answers
from tcpcourse.views.table import Table, table
from tcpcourse.views.words import fate, flag_names

NUMBERS = ("seq", "ack", "len")
ASKABLE = (*NUMBERS, "flags", "states")
CONTEXT = 6  # packets of the story shown above the question
WIDE = {"description_width": "7em"}


class Predictor(ipw.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Asks, before each packet of ``trace``, what it will say; explains every wrong answer.

    ``ask`` names what is asked, of seq, ack, len, flags and states (the states of both ends
    after the packet). ``relative`` chooses relative numbers or those in the headers; ``first``
    is the first packet asked, by its place from 1. Attributes: ``fields`` (name → control),
    ``check``, ``show_answer``, ``next``, ``again`` (buttons), ``feedback`` (plain text), ``score``
    and ``asked`` (packets answered rightly at the first try, and packets done).

    Raises ``TcpCourseError`` when there is nothing to ask.

    >>> import tcpcourse as tcp
    >>> tcp.widgets.Predictor(tcp.simulate("refused"), ask=("seq", "ack")).asked
    0
    """

    def __init__(
        self,
        trace: Trace | HasTrace,
        ask: Sequence[str] = ("seq", "ack"),
        *,
        relative: bool = True,
        first: int = 1,
    ) -> None:
        unknown = [name for name in ask if name not in ASKABLE]
        if unknown or not ask:
            raise TcpCourseError(f"Ask for some of {', '.join(ASKABLE)}, not {list(ask)!r}.")
        trace = as_trace(trace)
        if not trace.packets:
            raise TcpCourseError("There is nothing to predict in a trace without packets.")
        if not 1 <= first <= len(trace.packets):
            raise TcpCourseError(f"The first is from 1 to {len(trace.packets)}, not {first}.")
        self.trace = trace
        self.ask = tuple(dict.fromkeys(ask))
        self.relative = relative
        self.first = first - 1
        self._table = table(trace, relative)
        self._after = states_after(trace)
        self._bases = bases(trace)
        self._story = ipw.HTML()
        self._question = ipw.HTML()
        self._said = ipw.HTML()
        self.fields: dict[str, Any] = {}
        for name in self.ask:
            self.fields |= _controls(name)
        self.check = ipw.Button(
            description="Check", button_style="primary", tooltip="compare with the packet"
        )
        self.show_answer = ipw.Button(
            description="Show the answer", tooltip="give up on this packet"
        )
        self.next = ipw.Button(description="Next packet", tooltip="go on to the next packet")
        self.again = ipw.Button(description="Start again", tooltip="the first packet, score 0")
        self.check.on_click(lambda _: self._compare())
        self.show_answer.on_click(lambda _: self._reveal())
        self.next.on_click(lambda _: self._go(self.place + 1))
        self.again.on_click(lambda _: self._restart())
        buttons = ipw.HBox(
            [self.check, self.show_answer, self.next, self.again],
            layout=ipw.Layout(flex_flow="row wrap"),
        )
        super().__init__([self._story, self._question, *self.fields.values(), buttons, self._said])
        self._restart()

    # --- what is asked -----------------------------------------------------------------------

    @property
    def packet(self) -> Packet:
        """The packet asked for now."""
        return self.trace.packets[self.place]

    @property
    def solution(self) -> dict[str, Any]:
        """The right value of every field that is asked of this packet."""
        packet, right = self.packet, dict[str, Any]()
        for name in self.fields:
            if name in NUMBERS:
                right[name] = right_answer(packet, cast(Field, name), self.relative)
            elif name == "flags":
                right[name] = str(packet.segment.flags)
            else:
                ends = self._after.get(packet.number)
                state = ends.of(SIDES[name != "A is then"]).state if ends else None
                right[name] = None if state is None else str(state)
        return {name: value for name, value in right.items() if value is not None}

    def _restart(self) -> None:
        self.score = 0
        self.asked = 0
        self._go(self.first)

    def _go(self, place: int) -> None:
        if place >= len(self.trace.packets):
            self._say(f"That was the last packet. {self._score_words()}")
            self.next.disabled = True
            return
        self.place = place
        self._tries = 0
        self._done = False
        packet = self.packet
        start = max(0, place - CONTEXT)
        known = Table(self._table.rows[start:place], self._table.columns)
        self._story.value = known._repr_html_() if place else "<div>Nothing was sent yet.</div>"
        words = f" Note: {fate(packet)}." if packet.notes else ""
        size = "" if packet.frame_len is None else f", a frame of {packet.frame_len} bytes"
        flags = "" if "flags" in self.fields else f" [{flag_names(packet.segment.flags)}]"
        kind = "relative" if self.relative else "raw"
        self._question.value = (
            f"<div><b>Packet {packet.number}</b>, {place + 1} of {len(self.trace.packets)}:"
            f" {packet.sender} → {packet.receiver}{flags}{size}.{markup(words)}"
            f" What does it say? (numbers are {kind})</div>"
        )
        for name, control in self.fields.items():
            control.value = control.options[0] if hasattr(control, "options") else ""
            control.layout.display = None if name in self.solution else "none"
        self.check.disabled = self.show_answer.disabled = False
        self.next.disabled = True
        self._say("")

    # --- answers -----------------------------------------------------------------------------

    def _compare(self) -> None:
        if self._done:
            return
        verdicts = [(name, *self._judge(name, right)) for name, right in self.solution.items()]
        self._tries += 1
        if all(good for _, good, _ in verdicts):
            self.score += self._tries == 1
            reasons = self._explanation().reasons
            words = [f"{what}: {text}" for what, text in reasons if what in self.fields]
            self._finish(" ".join(["Right.", *words]))
            return
        self._say("\n".join(f"{name}: {words}" for name, _, words in verdicts))

    def _judge(self, name: str, right: Any) -> tuple[bool, str]:
        """Whether one answer is right, and what to say about it."""
        given = str(self.fields[name].value).strip()
        if name not in NUMBERS:
            if name == "flags":
                try:
                    same = str(Flags(given.upper())) == right  # type: ignore[arg-type]
                except TcpCourseError as problem:
                    return False, str(problem)
                return same, "right." if same else "not these flags. Try again."
            return given == right, "right." if given == right else "not this state. Try again."
        digits = given.replace(" ", "").replace(",", "")
        if not (digits.isascii() and digits.isdecimal()) or len(digits) > 12:
            return False, "write a whole number, such as 0 or 1461."
        answer = int(digits)
        if answer == right:
            return True, "right."
        basis = self._bases[self.packet.number]
        found = wrong_answers(self.trace, self.packet, basis, cast(Field, name), self.relative)
        ideas = [each for each in found if each.value == answer]
        if ideas:
            return False, first_words(each.says for each in ideas)
        return False, f"{answer} is not it. Try again."

    def _reveal(self) -> None:
        answers = ", ".join(f"{name} = {value}" for name, value in self.solution.items())
        self._finish(f"The packet says: {answers}.\n{self._explanation()}")

    def _explanation(self) -> Explanation:
        return explain_packet(self.trace, self.packet, self._bases[self.packet.number])

    def _finish(self, words: str) -> None:
        self._done = True
        self.asked += 1
        self.check.disabled = self.show_answer.disabled = True
        self.next.disabled = False
        self._say(f"{words}\n{self._score_words()}")

    def _score_words(self) -> str:
        return f"Score: {self.score} of {self.asked} right at the first try."

    def _say(self, words: str) -> None:
        self.feedback = words
        lines = "<br>".join(markup(line) for line in words.split("\n"))
        self._said.value = f'<div role="status" aria-live="polite">{lines}</div>'

    def __repr__(self) -> str:
        return (
            f"<Predictor {visible(self.trace.name or self.trace.title, 60)!r}:"
            f" packet {self.place + 1} of"
            f" {len(self.trace.packets)}, {self.score} of {self.asked} right>"
        )


def _controls(name: str) -> dict[str, Any]:
    """The labelled control for one thing asked; two for the states of both ends."""
    if name == "states":
        choices = ["?", *map(str, State)]
        labels = ("A is then", "B is then")
        return {
            label: ipw.Dropdown(options=choices, description=label, style=WIDE) for label in labels
        }
    hint = "letters, such as SA" if name == "flags" else "a whole number"
    return {name: ipw.Text(description=name, placeholder=hint, style=WIDE)}
