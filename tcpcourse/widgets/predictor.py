"""A quiz on any trace: what will the next packet say?

The widget keeps what was chosen, and the score. What is asked, what is right, what a wrong
answer is told, and all that is drawn comes from ``tcpcourse.views.asks``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets as ipw

from tcpcourse.core.states import State
from tcpcourse.trace import SIDES, Packet, Side, Trace
from tcpcourse.views.asks import MOST, Quiz, predictor
from tcpcourse.views.asks.chart import arrows, road, state_class
from tcpcourse.views.asks.picture import Pictures
from tcpcourse.views.asks.questions import AskedPart
from tcpcourse.views.asks.words import spoken
from tcpcourse.views.escape import markup, visible
from tcpcourse.views.given import HasTrace, as_trace
from tcpcourse.views.stage import stage
from tcpcourse.widgets.instead import StoryWidget
from tcpcourse.widgets.look import box, head, mark
from tcpcourse.words import say


class Predictor(StoryWidget):
    """Asks, before each packet of ``trace``, what it will say; explains every wrong answer.

    ``ask`` names what is asked, of seq, ack, len, flags and states (the states of both ends
    after the packet, chosen on the map). ``relative`` chooses relative numbers or those in the
    headers; ``first`` is the first packet asked, by its place from 1. Attributes: ``fields``
    (name → text control), ``sides`` (A, B → button that says whose state is chosen next),
    ``states`` (name → button on the map), ``chosen`` (side → name of a state), ``check``,
    ``show_answer``, ``next``, ``again`` (buttons), ``feedback`` (plain text), ``score`` and
    ``asked`` (packets answered rightly at the first try, and packets done).

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
        self.quiz = Quiz(as_trace(trace), ask, relative, first)
        self._pictures = Pictures(self.quiz)
        self._ladder, self._head, self._said = ipw.HTML(), ipw.HTML(), ipw.HTML()
        self._map = ipw.HTML()
        words = spoken()
        self.fields: dict[str, Any] = {
            name: ipw.Text(description=name) for name in self.quiz.names if name not in SIDES
        }
        self.check = ipw.Button(description=words["check"])
        self.show_answer = ipw.Button(description=words["show"])
        self.next = ipw.Button(description=words["next"])
        self.again = ipw.Button(description=words["again"])
        self.check.on_click(lambda _: self._compare())
        self.show_answer.on_click(lambda _: self._finish(shown=True))
        self.next.on_click(lambda _: self._go(self.place + 1))
        self.again.on_click(lambda _: self._restart())
        self.sides: dict[Side, Any] = {}
        self.states: dict[str, Any] = {}
        super().__init__([head(words["title"], self.quiz.trace.title), self._inside()])
        self.add_class("tcp-asks")
        self._restart()

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """The widget, and for where there is no Python the same as a page has it."""
        data: dict[str, Any] = super()._repr_mimebundle_(**options)
        if len(self.trace.packets) <= MOST + self.quiz.first:
            data["text/html"] = str(predictor(self.quiz))
        return data

    def story(self) -> dict[str, str]:
        """Of a story that is too long to be asked about in a page, the story itself."""
        if len(self.trace.packets) <= MOST + self.quiz.first:
            return {}
        return {"html": str(stage(self.trace, self.quiz.relative))}

    # --- how it is laid out ------------------------------------------------------------------

    def _inside(self) -> Any:
        buttons = box("ct", self.check, self.show_answer, self.next, self.again)
        for each in (self.check, self.next):
            each.add_class("go")
        fields = box("fl", *self.fields.values())
        card = box("card", self._head, fields, self._said, buttons)
        self._ladder.add_class("lad")
        inside = box("in", self._ladder, card)
        if "states" in self.quiz.ask:
            for side in SIDES:
                self.sides[side] = ipw.Button()
                self.sides[side].add_class(side)
                self.sides[side].on_click(lambda _, side=side: self._turn_to(side))
            for state in State:
                button = self.states[str(state)] = ipw.Button(description=str(state))
                for name in state_class(state).split():
                    button.add_class(name)
                button.on_click(lambda _, state=state: self._choose(str(state)))
            chart = box("at", self._map, *self.states.values())
            inside.children = (
                *inside.children,
                box("map", box("who", *self.sides.values()), chart),
            )
            inside.add_class("st")
        return inside

    # --- what is asked -----------------------------------------------------------------------

    @property
    def trace(self) -> Trace:
        """The story that is asked about."""
        return self.quiz.trace

    @property
    def packet(self) -> Packet:
        """The packet asked for now."""
        return self.question.packet

    @property
    def solution(self) -> dict[str, str]:
        """The right answer to everything that is asked of this packet, by name."""
        return {each.name: each.right for each in self.question.asked}

    def _restart(self) -> None:
        self.score = 0
        self.asked = 0
        self._go(self.quiz.first)

    def _go(self, place: int) -> None:
        self.place = place
        self.question = self.quiz.question(place)
        self._tries: dict[str, int] = {}
        self._verdicts: dict[str, bool] = {}
        self._missed = self._done = False
        self.chosen: dict[str, str] = {}
        self._whose: Side = next((side for side in SIDES if side in self.solution), "A")
        for name, control in self.fields.items():
            control.value = ""
            control.layout.display = None if name in self.solution else "none"
            control.disabled = False
        self._say([])
        self._show()

    # --- answers -----------------------------------------------------------------------------

    def _choose(self, state: str) -> None:
        if self._done:
            return
        self.chosen[self._whose] = state
        self._verdicts.clear()
        still = [side for side in SIDES if side in self.solution and side not in self.chosen]
        self._whose = still[0] if still else self._whose
        self._show()

    def _turn_to(self, side: Side) -> None:
        self._whose = side
        self._show()

    def _answer(self, each: AskedPart) -> str:
        if each.kind == "state":
            return self.chosen.get(each.name, "")
        return str(self.fields[each.name].value)

    def _compare(self) -> None:
        if self._done:
            return
        lines = []
        self._verdicts = {}
        for each in self.question.asked:
            tries = self._tries.get(each.name, 0)
            reply = each.reply(self._answer(each), tries)
            if reply.good is False:
                self._tries[each.name] = tries + 1
                self._missed = True
            if reply.good is not None:
                self._verdicts[each.name] = reply.good
            lines.append((each, reply))
        if all(reply.good for _, reply in lines):
            self._finish(shown=False)
            return
        told = spoken()
        verdicts = {True: told["right"], False: told["wrong"], None: ""}
        self._say(
            [
                (_label(each), verdicts[reply.good], say(reply.words), reply.good)
                for each, reply in lines
            ]
        )
        self._show()

    def _finish(self, shown: bool) -> None:
        if self._done:
            return
        self._done = True
        self.score += not (shown or self._missed)
        self.asked += 1
        answers = ", ".join(f"{_label(each)}: {each.right}" for each in self.question.asked)
        told = spoken()
        verdict = told["answer"].format(answers=answers) if shown else told["right"]
        lines: list[tuple[str, str, str, bool | None]] = [("", verdict, "", not shown or None)]
        for each in self.question.asked:
            if each.kind == "state":
                self.chosen[each.name] = each.right
            else:
                self.fields[each.name].value = each.right
                self.fields[each.name].disabled = True
            self._verdicts[each.name] = True
            if each.because:
                lines.append((_label(each), "", say(each.because), None))
        if self.place == len(self.trace.packets) - 1:
            lines.append(("", "", told["last"], None))
        self._say(lines)
        self._show()

    # --- what is shown -----------------------------------------------------------------------

    def _show(self) -> None:
        kinds, told, packet = self._pictures.kinds, spoken(), self.packet
        self._ladder.value = "".join(
            self._pictures.head(kind) + self._pictures.ladder(self.place, kind, self._done)
            for kind in kinds
        )
        count = told["count"].format(
            place=self.place - self.quiz.first + 1,
            count=len(self.trace.packets) - self.quiz.first,
        )
        score = told["score"].format(score=self.score, asked=self.asked)
        names = (f'<span class="{s}">{s}</span>' for s in (packet.sender, packet.receiver))
        sender, receiver = names
        heading = told["from"].format(number=packet.number, sender=sender, receiver=receiver)
        self._head.value = (
            f'<div class="k"><span>{markup(count)}</span><span>{markup(score)}</span></div>'
            f'<p class="say">{heading}</p><p>{markup(self.question.told)}</p>'
        )
        self.check.disabled = self.show_answer.disabled = self._done
        self.next.disabled = not self._done or self.place == len(self.trace.packets) - 1
        for name, control in self.fields.items():
            mark(
                control,
                good=self._verdicts.get(name) is True,
                bad=self._verdicts.get(name) is False,
            )
        if self.states:
            self._show_map()

    def _show_map(self) -> None:
        told, roads = spoken(), ""
        asked = {each.name: each for each in self.question.asked}
        for side, button in self.sides.items():
            value = self.chosen.get(side) or told["choose"]
            sign = {True: " ✓", False: " ✗", None: ""}[self._verdicts.get(side)]
            name = told["then"].format(side=side)
            button.description = told["is"].format(name=name, value=value) + sign
            button.disabled = self._done
            button.layout.display = None if side in asked else "none"
            mark(button, on=side == self._whose and not self._done)
            if side in asked and (self._done or self._tries.get(side, 0) > 1):
                roads += road(asked[side].way, side)
        self._map.value = arrows(roads)
        for name, button in self.states.items():
            here = [side for side in SIDES if self.chosen.get(side) == name]
            judged = [self._verdicts[side] for side in here if side in self._verdicts]
            mark(
                button,
                tA="A" in here,
                tB="B" in here,
                wA=not self._done and "A" in asked and asked["A"].before == name,
                wB=not self._done and "B" in asked and asked["B"].before == name,
                ok=bool(judged) and all(judged),
                no=bool(judged) and not all(judged),
            )
            sides = ", ".join(here)
            button.tooltip = told["on_map"].format(state=name, sides=sides) if here else name
            button.disabled = self._done

    def _say(self, lines: Sequence[tuple[str, str, str, bool | None]]) -> None:
        """Lines of a name, a verdict, a sentence, and whether it is a good one."""
        self.feedback = "\n".join(
            " ".join(part for part in (f"{name}:" if name else "", verdict, words) if part)
            for name, verdict, words, _ in lines
        )
        shown = ""
        for name, verdict, words, good in lines:
            kind = {True: "v good", False: "v bad", None: ""}[good]
            bold = " ".join(part for part in (f"{name}:" if name else "", verdict) if part)
            shown += f'<p><b class="{kind}">{markup(bold)}</b> {markup(words)}</p>'
        self._said.value = f'<div class="rp" role="status" aria-live="polite">{shown}</div>'

    def __repr__(self) -> str:
        return (
            f"<Predictor {visible(self.trace.name or self.trace.title, 60)!r}:"
            f" packet {self.place + 1} of"
            f" {len(self.trace.packets)}, {self.score} of {self.asked} right>"
        )


def _label(each: AskedPart) -> str:
    return spoken()["then"].format(side=each.name) if each.kind == "state" else each.name
