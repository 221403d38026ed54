"""The playground: be both ends of a connection, and the wire between them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import ipywidgets as ipw

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.states import TIMERS
from tcpcourse.sources.simulation.scenario import Host
from tcpcourse.sources.simulation.script import (
    BY_HAND,
    CALLS,
    DATA,
    FATES,
    PRESETS,
    Workbench,
    moves_of,
)
from tcpcourse.trace import SIDES, Side, Trace
from tcpcourse.views.escape import markup, visible
from tcpcourse.views.hands.words import WORDS
from tcpcourse.views.palette import PHASE_OF
from tcpcourse.views.stage import stage
from tcpcourse.views.stage.hand import InHand, dress, in_hand
from tcpcourse.views.stage.words import flags
from tcpcourse.views.words import name
from tcpcourse.widgets.controls import button, lines
from tcpcourse.widgets.instead import StoryWidget
from tcpcourse.widgets.look import box
from tcpcourse.widgets.play_words import AFTER, CHOOSE, LABELS, TIMED
from tcpcourse.widgets.proposal import START_AGAIN, named, proposal, spoken
from tcpcourse.words import counted, listed, message, say, sentence_of

ROWS = 12  # packets on the wire that have buttons
LINE, HEAD_ROOM = 34, 66  # pixels for a line of buttons at an end, and for its name
WIDE: dict[Side, int] = {"A": 150, "B": 124}  # pixels beside its line


class Playground(StoryWidget):
    """The stage in your hands: both ends, and the wire between them.

    Envelopes lie on the wire: deliver, lose, duplicate or delay each. The calls and timers of
    an end stand beside its line; what RFC 9293 does not allow now is hidden until it is asked
    for, and says why. There is always one suggestion. A preset can be played move by move and
    left at any moment. ``script`` begins with moves already made.

    Attributes: ``bench`` (the moves and the two ``Endpoint``s), ``trace`` (the story so far),
    ``calls`` and ``timers`` ((side, name) → button), ``packets`` ((fate, number) → button),
    ``step`` (makes the suggested move), ``undo``, ``redo``, ``restart``, ``run``, ``save``
    (buttons), ``refused`` (shows what is not allowed), ``preset``, ``text`` (what to send),
    ``script``, ``file`` (fields), ``suggestion`` (a move), ``message`` (plain text).

    >>> import tcpcourse as tcp
    >>> tcp.widgets.Playground("B listen; A connect; deliver 1")
    <Playground: A SYN_SENT, B SYN_RCVD, 1 on the wire, 3 moves>
    """

    def __init__(self, script: str = "", *, iss_a: int = 100, iss_b: int = 300) -> None:
        story = replace(BY_HAND, a=Host(iss=iss_a), b=Host(iss=iss_b))
        self.bench = Workbench(script, story)
        self.begun = self.bench.script
        self._planned: list[str] = []
        self.packets: dict[tuple[str, int], Any] = {}
        self.calls = {
            (side, call): button(LABELS[call], partial(self._call, side, call))
            for side in SIDES
            for call in CALLS
        }
        self.timers = {
            (side, timer): button(words, partial(self._do, f"{side} timer {timer}"))
            for side in SIDES
            for timer, words in TIMED.items()
        }
        self.preset = ipw.Dropdown(
            options=[(say(CHOOSE), ""), *((say(name), name) for name in PRESETS)],
            description=say(message("preset")),
        )
        self.step = button(" ", self._next, message("make this move"), "try")
        self.undo = button(WORDS["undo"], self._undo, message("take the last move back"))
        self.redo = button(message("Redo"), self._redo, message("do again what was undone"))
        self.restart = button(WORDS["again"], self._restart, message("back to the beginning"))
        self.refused = ipw.ToggleButton(description=say(WORDS["refused"]))
        self.text = ipw.Text(value=DATA.decode(), description=say(message("text to send")))
        self.script = ipw.Textarea(
            description=say(message("script")), rows=3, layout=ipw.Layout(width="98%")
        )
        self.run = button(
            message("play the script"),
            lambda: self._load(self.script.value),
            message("begin anew and make all moves of the script"),
        )
        self.file = ipw.Text(value="playground.pcap", description=say(message("file")))
        self.save = button(
            message("save as pcap"), self._save, message("write the packets for Wireshark")
        )
        self.preset.observe(self._choose, names="value")
        self.refused.observe(lambda _: self._show(""), names="value")
        self._who = {side: ipw.HTML() for side in SIDES}
        self._own = {side: self._room_of(side) for side in SIDES}
        self._ladder, self._card, self._map = ipw.HTML(), ipw.HTML(), ipw.HTML()
        self._sheet = box("sheet", self._ladder)
        self._off = {side: ipw.HTML() for side in SIDES}
        self.suggestion, self.message = "", ""
        super().__init__(self._rooms())
        for kind in ("tcp-stage", "tcp-play"):
            self.add_class(kind)
        self._show("")

    def _room_of(self, side: Side) -> Any:
        calls = [self.calls[side, call] for call in CALLS]
        timers = [self.timers[side, timer] for timer in TIMERS]
        return box(f"own {side}", self._who[side], *calls, *timers)

    def _rooms(self) -> list[Any]:
        title, question = (markup(say(WORDS[name])) for name in ("title", "question"))
        head = f'{dress()}<p class="tt">{title}</p><p class="qu">{question}</p>'
        top = [self.step, self.undo, self.redo, self.restart, self.refused, self.preset]
        rail = box("rail", ipw.VBox([self._card, *self._off.values()]), self._map)
        played = box("gr", box("top", *top), box("ld", self._sheet), rail)
        more = ipw.Accordion(
            [ipw.VBox([self.text, self.script, self.run, ipw.HBox([self.file, self.save])])],
            titles=(say(message("text, script and file")),),
        )
        return [ipw.HTML(head), played, more]

    @property
    def trace(self) -> Trace:
        """The story so far."""
        return self.bench.trace

    def story(self) -> dict[str, str]:
        """The moves that it begins with, and the story of them for a page that cannot."""
        begun = Workbench(self.begun, self.bench.story).trace
        found = {"script": self.begun}
        return found | {"html": str(stage(begun))} if begun.steps else found

    # --- what the buttons do -------------------------------------------------------------------

    def _call(self, side: Side, call: str) -> None:
        words = " ".join(self.text.value.replace(";", ",").split())
        self._do(f"{side} {call}" + (f" {words}" if call == "send" and words else ""))

    def _do(self, move: str, *, planned: bool = False) -> None:
        if not planned:
            self._planned = []  # the script is left here
        fate, _, number = move.partition(" ")
        found = [packet for packet in self.bench.flying if str(packet.number) == number]
        try:
            self.bench.do(move)
        except TcpCourseError as problem:
            self._planned = []
            self._show(sentence_of(problem))
        else:
            lost = fate in AFTER and found
            self._show(AFTER[fate].filled(packet=named(found[0])) if lost else "")

    def _choose(self, change: dict[str, Any]) -> None:
        if change["new"]:
            self.bench.clear()
            self._planned = moves_of(PRESETS[change["new"]])
            self._show(
                counted(
                    "One move is prepared: {move}.",
                    "{count} moves are prepared. The first is: {move}.",
                    len(self._planned),
                    move=self._planned[0],
                )
            )

    def _next(self) -> None:
        if self._planned:
            self._do(self._planned.pop(0), planned=True)
        elif self.suggestion == START_AGAIN:
            self._restart()
        elif self.suggestion.endswith(" send"):
            self._call(SIDES[self.suggestion[0] != "A"], "send")
        else:
            self._do(self.suggestion)

    def _undo(self) -> None:
        self._planned = []
        self.bench.undo()
        self._show("")

    def _redo(self) -> None:
        self.bench.redo()
        self._show("")

    def _restart(self) -> None:
        self._load(self.begun)

    def _load(self, script: str) -> None:
        self._planned = []
        self.bench.clear()
        words = ""
        try:
            self.bench.play(script)
        except TcpCourseError as problem:
            words = counted(
                "The script stops after one move. {problem}",
                "The script stops after {count} moves. {problem}",
                len(self.bench.moves),
                problem=sentence_of(problem),
            )
        self._show(words)

    def _save(self) -> None:
        path = Path(self.file.value)
        if path.name != self.file.value or path.suffix != ".pcap":
            # whoever plays may be a stranger, on a page that everybody can open
            self._show(message("Not saved: write a plain name that ends in .pcap."))
            return
        try:
            self.trace.save(path)
        except (OSError, TcpCourseError, ValueError) as problem:
            self._show(message("Not saved: {problem}", problem=sentence_of(problem)))
        else:
            self._show(
                counted(
                    "Saved one packet as {file}.",
                    "Saved {count} packets as {file}.",
                    len(self.trace.packets),
                    file=self.file.value,
                )
            )

    # --- what is seen --------------------------------------------------------------------------

    def _show(self, words: str) -> None:
        bench, trace = self.bench, self.trace
        if not words and not trace.steps:
            words = WORDS["start"]
        most = max(self._enable(side) for side in SIDES)
        seen = in_hand(trace, bench.flying, HEAD_ROOM + LINE * most, visible(say(words), 800))
        self.message = seen.said
        self._ladder.value, self._card.value, self._map.value = seen.ladder, seen.card, seen.roads
        for side in SIDES:
            self._own[side].layout.top = f"{seen.foot}%"
        self._sheet.children = [self._ladder, *self._own.values(), *self._envelopes(seen)]
        self.suggestion = self._planned[0] if self._planned else proposal(bench)
        self.step.description = spoken(self.suggestion, bench)
        self.undo.disabled, self.redo.disabled = not bench.moves, not bench.undone
        self.restart.disabled = bench.script == self.begun
        self.script.value = bench.script

    def _enable(self, side: Side) -> int:
        """Show what an end can do now; about how many lines its buttons take."""
        off, there = [], []
        for what, buttons in (("", self.calls), ("timer ", self.timers)):
            for (whose, each), control in buttons.items():
                if whose != side:
                    continue
                reason = self.bench.why_not(f"{side} {what}{each}")
                control.disabled, control.tooltip = reason is not None, say(reason or LABELS[each])
                shown = reason is None or (self.refused.value and not what)
                control.layout.display = None if shown else "none"
                if shown:
                    there.append(control.description)
                if reason is not None and not what:
                    off.append(message("{call} ({reason})", call=LABELS[each], reason=reason))
        state = self.bench.endpoints[side].state
        self._who[side].value = (
            f'<div class="who"><b class="ab {side}">{side}</b>'
            f'<i class="f{PHASE_OF[state]}">{state}</i></div>'
        )
        words = ""
        if off and self.refused.value:
            words = markup(say(message("{end}: {calls}", end=side, calls=listed(off))))
        self._off[side].value = f'<div class="off">{words}</div>' if words else ""
        return lines(there, WIDE[side])

    def _envelopes(self, seen: InHand) -> list[Any]:
        self.packets = {}
        rows: list[Any] = []
        last = self.trace.steps[-1].sent if self.trace.steps else ()
        for packet in self.bench.flying[:ROWS]:
            for fate in FATES:
                move = f"{fate} {packet.number}"
                face: str = LABELS[fate]
                if fate == "deliver":
                    face = flags(packet)
                    face = f"✉ {face} →" if packet.sender == "A" else f"← ✉ {face}"
                words = message("{fate} {packet}", fate=LABELS[fate], packet=name(packet))
                self.packets[fate, packet.number] = button(face, partial(self._do, move), words)
            self.packets["deliver", packet.number].add_class("pk")
            row = box(f"fl {packet.sender}", *(self.packets[fate, packet.number] for fate in FATES))
            row.layout.top = f"{seen.places[packet.number]}%"
            if packet in last:
                row.add_class("new")
            rows.append(row)
        return rows

    def __repr__(self) -> str:
        ends = self.bench.endpoints
        moves = counted("1 move", "{count} moves", len(self.bench.moves))
        return message(
            "<Playground: A {a}, B {b}, {flying} on the wire, {moves}>",
            a=ends["A"].state,
            b=ends["B"].state,
            flying=len(self.bench.flying),
            moves=moves,
        )
