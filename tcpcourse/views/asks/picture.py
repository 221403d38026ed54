"""The stage's ladder up to a packet, with a question mark on it; and the same, filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from tcpcourse.trace import SIDES, Ends, Packet, Side, Trace
from tcpcourse.views.asks.questions import Quiz
from tcpcourse.views.escape import markup, visible
from tcpcourse.views.stage.drawing import BAND, HEAD, WIDE, Frame, draw, heads
from tcpcourse.views.stage.facts import Facts, learn
from tcpcourse.views.stage.layout import Arrow, Sheet, lay_out
from tcpcourse.views.stage.scenes import WHOLE, Scene, scenes
from tcpcourse.views.stage.words import flags
from tcpcourse.views.svg import num
from tcpcourse.views.words import flag_names, name, numbers
from tcpcourse.words import message

BEFORE = 6  # packets of the story that are told to who hears them
AROUND = 18  # steps before a packet that are drawn of a long story
# By its kind: how wide a ladder is, where its lines are, and how high at most.
KINDS: Mapping[str, tuple[Frame, int]] = {
    "wide": (WIDE, 430),
    "wide low": (WIDE, 340),
    "phone bare": (Frame(340, 24, 316), 430),
    "phone states": (Frame(340, 108, 232), 430),
    "slide bare": (Frame(470, 24, 446), 330),
    "slide low bare": (Frame(470, 24, 446), 190),
    "slide states": (Frame(470, 138, 332), 190),
}


@dataclass(frozen=True, slots=True)
class _LaidOut:
    """A story, or a part of a long one, laid out."""

    trace: Trace
    shown: Sequence[Scene]
    facts: Facts
    sheet: Sheet


class Pictures:
    """The ladders of a quiz. A long story is drawn in parts, each as far as it is needed."""

    def __init__(self, quiz: Quiz) -> None:
        self.quiz = quiz
        self._part = lru_cache(maxsize=4)(self._lay_out)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The ladder for where there is room, and those for where there is little."""
        if set(self.quiz.ask) == {"states"}:
            return ("wide low", "phone states", "slide states")
        if "states" in self.quiz.ask:  # no room for both numbers and states
            return ("wide low", "phone bare", "slide low bare")
        return ("wide", "phone bare", "slide bare")

    def ladder(self, place: int, kind: str = "wide", done: bool = False) -> str:
        """The ladder for the packet at a place, asked or ``done``, as SVG."""
        packet = self.quiz.trace.packets[place]
        part = self._part(*self._steps(packet))
        arrow = next(a for a in part.sheet.arrows if a.packet.number == packet.number)
        shown, sheet = self._cut(part, arrow, done)
        frame, most = KINDS[kind]
        plain = set(self.quiz.ask) == {"states"} or (done and "len" not in self.quiz.ask)
        words = None if plain else {packet.number: self._words(packet, done)}
        shapes = draw(part.trace, shown, sheet, self.quiz.relative, frame, words)
        low = max(arrow.y1, arrow.y0) + 40
        shapes += _ahead(frame, sheet.height - 4, max(low, most))
        shapes += _marks(arrow, frame, done, self.quiz)
        high = min(most, part.sheet.height)
        top = max(0.0, low - high)
        label = markup(visible(self._heard(place, done), 900))
        return (
            f'<svg class="tcp-ladder ld {kind}" viewBox="0 {num(top)} {frame.width} {num(high)}"'
            f' width="{frame.width}" height="{num(high)}" role="img" aria-label="{label}">'
            f"{shapes}</svg>"
        )

    def head(self, kind: str) -> str:
        """What both ends are called, above a ladder of that kind."""
        frame, _ = KINDS[kind]
        return (
            f'<svg class="tcp-ladder hx {kind}" viewBox="0 -{HEAD} {frame.width} {HEAD}"'
            f' width="{frame.width}" height="{HEAD}" aria-hidden="true">'
            f"{heads(self.quiz.trace, frame)}</svg>"
        )

    # --- which part of the story -------------------------------------------------------------

    def _steps(self, packet: Packet) -> tuple[int, int]:
        """The steps to draw: all of a short story, else some around the packet."""
        steps = self.quiz.trace.steps
        if len(steps) <= WHOLE:
            return 0, len(steps)
        where = [
            step.index
            for step in steps
            if any(p.number == packet.number for p in (step.packet, *step.sent) if p)
        ]
        first, last = where[0], where[-1]
        return max(0, first - AROUND), min(last + 1, first + WHOLE - AROUND)

    def _lay_out(self, start: int, stop: int) -> _LaidOut:
        trace = self.quiz.trace
        trace = trace if stop - start == len(trace) else trace[start:stop]
        facts = learn(trace)
        shown = scenes(trace, facts)
        return _LaidOut(trace, shown, facts, lay_out(shown, facts))

    def _cut(self, part: _LaidOut, arrow: Arrow, done: bool) -> tuple[list[Scene], Sheet]:
        """The story as far as it is told, and its sheet."""
        states, level = "states" in self.quiz.ask, arrow.road.level
        stop = arrow.scene + 1 if done else arrow.scene if states or level else arrow.leaves + 1
        shown = list(part.shown[:stop])
        if states and not done:
            shown = self._without_states(part, shown, arrow)
        own = arrow.packet.number
        arrows = [
            each
            for each in part.sheet.arrows
            if each.packet.number <= own or (states and each.leaves < stop)
        ]
        ys = part.sheet.ys[:stop]
        low = max([arrow.y0, *ys]) if done or not level else max([arrow.y0 - 18, *ys])
        sheet = replace(
            part.sheet,
            ys=ys,
            arrows=arrows,
            silences=[each for each in part.sheet.silences if each.scene < stop],
            height=low + 18,
        )
        return shown, sheet

    def _without_states(self, part: _LaidOut, shown: list[Scene], arrow: Arrow) -> list[Scene]:
        """States that come with the packet asked for are not told: only what happens."""
        asked = [
            each.scene for each in part.sheet.arrows if each.packet.number < arrow.packet.number
        ]
        known = max(asked, default=-1) + 1
        ends: Ends = shown[known - 1].step.after if known and shown else part.shown[0].before
        for place in range(known, len(shown)):
            step = replace(shown[place].step, before=ends, after=ends)
            shown[place] = replace(shown[place], steps=(step,))
        return shown

    # --- what stands on the arrow -------------------------------------------------------------

    def _words(self, packet: Packet, done: bool) -> tuple[str, str]:
        ask, hidden = self.quiz.ask, not done
        above = flags(packet)
        if "len" in ask:
            above = " ".join(flag_names(packet.segment.flags).split(", "))
        if hidden and "flags" in ask:
            above = "?"
        seq, ack = numbers(packet, self.quiz.relative)
        told = {"seq": str(seq), "ack": "" if ack is None else str(ack)}
        if "len" in ask:
            told["len"] = str(len(packet.segment.data))
        below = [
            f"{field} {'?' if hidden and field in ask else number}"
            for field, number in told.items()
            if number
        ]
        return above, " ".join(below)

    def _heard(self, place: int, done: bool) -> str:
        packets = self.quiz.trace.packets
        last = place + 1 if done else place
        told = "; ".join(
            name(each, self.quiz.relative) for each in packets[max(0, last - BEFORE) : last]
        )
        if not told:
            return message(
                "Ladder: nothing was sent yet. Packet {number} is asked for.",
                number=packets[place].number,
            )
        if done:
            return message("Ladder of the last packets: {packets}.", packets=told)
        return message(
            "Ladder of the last packets: {packets}. Packet {number} is asked for.",
            packets=told,
            number=packets[place].number,
        )


def _ahead(frame: Frame, start: float, stop: float) -> str:
    """The lines of both ends as far as nothing is told of them yet."""
    ways = "".join(f"M{num(x)} {num(start)}V{num(stop)}" for x in (frame.left, frame.right))
    return f'<path class="ah" d="{ways}"/>'


def _marks(arrow: Arrow, frame: Frame, done: bool, quiz: Quiz) -> str:
    """The question mark on the wire, or that it is answered; and beside the lines, if states
    are asked for."""
    half, along = BAND / 2, 0.8 * arrow.reach
    tail, tip = frame.left + half, frame.right - half
    if arrow.packet.sender == "B":
        tail, tip = tip, tail
    start = tail + (tip - tail) * arrow.start
    x, y = start + (tip - start) * along, arrow.y0 + (arrow.y1 - arrow.y0) * along
    kind, sign = ("ok", "✓") if done else ("ask", "?")
    marks = _disc(kind, sign, x, y)
    if done:
        return marks
    for side in SIDES:
        if side in quiz.names and frame.left > 60:  # where there is room beside the lines
            marks += _disc("ask", "?", *_beside(side, frame, arrow))
    return marks


def _beside(side: Side, frame: Frame, arrow: Arrow) -> tuple[float, float]:
    x = frame.left - 34 if side == "A" else frame.right + 34
    return x, arrow.y1


def _disc(kind: str, sign: str, x: float, y: float) -> str:
    return (
        f'<g class="q {kind}" transform="translate({num(x)} {num(y)})"><circle r="11"/>'
        f'<text class="c" y="5">{sign}</text></g>'
    )
