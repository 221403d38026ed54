"""The playground: be both ends of a connection, and the wire between them."""

from __future__ import annotations

from collections.abc import Callable
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
from tcpcourse.trace import SIDES, Packet, Side, Trace
from tcpcourse.views.diagram import FOOT, draw_diagram, path
from tcpcourse.views.escape import markup, visible
from tcpcourse.views.ladder import draw_ladder, nearby
from tcpcourse.views.routes import SMALL
from tcpcourse.views.words import happening, name
from tcpcourse.words import counted, listed, message, say, sentence_of, together

ROWS = 12  # packets in flight that have buttons
NARROW = {"width": "auto", "margin": "2px"}
WRAP = {"flex_flow": "row wrap", "align_items": "center"}
CHOOSE = message("– choose –")
AFTER = {
    "lose": message("Packet {number}: it is lost, and nobody is told."),
    "duplicate": message("Packet {number}: now it is on the wire twice."),
    "delay": message("Packet {number}: all others go before it."),
}
NEXT = message("next move")
LABELS = {
    "listen": message("listen"),
    "connect": message("connect"),
    "send": message("send"),
    "close": message("close"),
    "abort": message("abort"),
    "deliver": message("deliver"),
    "lose": message("lose"),
    "duplicate": message("duplicate"),
    "delay": message("delay"),
}


class Playground(ipw.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Two endpoints and a wire: press *connect*, *listen*, *send*, *close*, *abort* on either
    side, let timers run out, and deliver, lose, duplicate or delay each packet.

    What RFC 9293 does not allow now is disabled, and says why. A script or preset can be
    played move by move and left at any moment. ``script`` begins with moves already made.
    Attributes: ``bench`` (the moves and the two ``Endpoint``s), ``trace`` (the story so far),
    ``calls`` and ``timers`` ((side, name) → button), ``packets`` ((fate, number) → button),
    ``step``, ``undo``, ``redo``, ``restart``, ``run``, ``save`` (buttons), ``preset``, ``text``
    (what to send), ``script``, ``file`` (fields), ``message`` (plain text).

    >>> import tcpcourse as tcp
    >>> tcp.widgets.Playground("B listen; A connect; deliver 1")
    <Playground: A SYN_SENT, B SYN_RCVD, 1 on the wire, 3 moves>
    """

    def __init__(self, script: str = "", *, iss_a: int = 100, iss_b: int = 300) -> None:
        story = replace(BY_HAND, a=Host(iss=iss_a), b=Host(iss=iss_b))
        self.bench = Workbench(script, story)
        self._planned: list[str] = []
        self.packets: dict[tuple[str, int], Any] = {}
        self.calls = {
            (side, call): _button(LABELS[call], partial(self._call, side, call))
            for side in SIDES
            for call in CALLS
        }
        self.timers = {
            (side, timer): _button(timer, partial(self._do, f"{side} timer {timer}"))
            for side in SIDES
            for timer in TIMERS
        }
        self.preset = ipw.Dropdown(
            options=[(say(CHOOSE), ""), *((say(name), name) for name in PRESETS)],
            description=say(message("preset")),
        )
        self.step = _button(NEXT, self._next, message("play the next move of the preset or script"))
        self.undo = _button(message("undo"), self._undo, message("take the last move back"))
        self.redo = _button(message("redo"), self._redo, message("do again what was undone"))
        self.restart = _button(
            message("start again"), lambda: self._load(""), message("forget all moves")
        )
        self.text = ipw.Text(value=DATA.decode(), description=say(message("text to send")))
        self.script = ipw.Textarea(
            description=say(message("script")), rows=3, layout=ipw.Layout(width="98%")
        )
        self.run = _button(
            message("play the script"),
            lambda: self._load(self.script.value),
            message("begin anew and make all moves of the script"),
        )
        self.file = ipw.Text(value="playground.pcap", description=say(message("file")))
        self.save = _button(
            message("save as pcap"), self._save, message("write the packets for Wireshark")
        )
        self.preset.observe(self._choose, names="value")
        self._reasons = {side: ipw.HTML() for side in SIDES}
        self._flying = ipw.VBox()
        self._picture = ipw.HTML()
        self._said = ipw.HTML()
        self.message = ""
        super().__init__(self._rooms())
        self._show("")

    def _rooms(self) -> list[Any]:
        wrap = ipw.Layout(**WRAP)
        rooms: list[Any] = [
            ipw.HBox([self.preset, self.step, self.undo, self.redo, self.restart], layout=wrap)
        ]
        for side in SIDES:
            calls = [self.calls[side, call] for call in CALLS]
            timers = [self.timers[side, timer] for timer in TIMERS]
            label = ipw.HTML(f"<b>{side}</b>")
            rooms.append(ipw.HBox([label, *calls], layout=wrap))
            time = ipw.Label(say(message("{end}: time runs out", end=side)))
            rooms.append(ipw.HBox([time, *timers], layout=wrap))
            rooms.append(self._reasons[side])
        more = ipw.Accordion(
            [ipw.VBox([self.script, self.run, ipw.HBox([self.file, self.save], layout=wrap)])],
            titles=(say(message("script and file")),),
        )
        return [*rooms, self.text, self._flying, self._said, self._picture, more]

    @property
    def trace(self) -> Trace:
        """The story so far."""
        return self.bench.trace

    # --- what the buttons do -------------------------------------------------------------------

    def _call(self, side: Side, call: str) -> None:
        words = " ".join(self.text.value.replace(";", ",").split())
        self._do(f"{side} {call}" + (f" {words}" if call == "send" and words else ""))

    def _do(self, move: str, *, planned: bool = False) -> None:
        if not planned:
            self._planned = []  # the script is left here
        try:
            self.bench.do(move)
        except TcpCourseError as problem:
            self._planned = []
            self._show(sentence_of(problem))
        else:
            fate, _, number = move.partition(" ")
            self._show(AFTER[fate].filled(number=number) if fate in AFTER else "")

    def _choose(self, change: dict[str, Any]) -> None:
        if change["new"]:
            self.bench.clear()
            self._planned = moves_of(PRESETS[change["new"]])
            self._show(
                counted(
                    "One move is prepared. Press {button}.",
                    "{count} moves are prepared. Press {button}.",
                    len(self._planned),
                    button=NEXT,
                )
            )

    def _next(self) -> None:
        if self._planned:
            self._do(self._planned.pop(0), planned=True)

    def _undo(self) -> None:
        self._planned = []
        self.bench.undo()
        self._show("")

    def _redo(self) -> None:
        self.bench.redo()
        self._show("")

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
        last = trace.steps[-1] if trace.steps else None
        if not words:
            words = message("Both ends are CLOSED.")
            if last is not None:
                words = message(
                    "{event}. {why} [{cite}]", event=happening(last), why=last.why, cite=last.cite
                )
        if self._planned:
            words = together(words, message("Next: {move}.", move=self._planned[0]))
        self.message = say(words)
        shown = markup(visible(self.message, 800))
        self._said.value = f'<div role="status" aria-live="polite"><b>{shown}</b></div>'
        self._enable()
        self._list_packets(bench.flying)
        self.step.disabled = not self._planned
        self.undo.disabled, self.redo.disabled = not bench.moves, not bench.undone
        self.script.value = bench.script
        self._picture.value = _pictures(trace)

    def _enable(self) -> None:
        for side in SIDES:
            off = []
            for call in CALLS:
                reason = self.bench.why_not(f"{side} {call}")
                button = self.calls[side, call]
                button.disabled, button.tooltip = reason is not None, say(reason or LABELS[call])
                if reason:
                    off.append(message("{call} ({reason})", call=LABELS[call], reason=reason))
            for timer in TIMERS:
                reason = self.bench.why_not(f"{side} timer {timer}")
                button = self.timers[side, timer]
                button.disabled = reason is not None
                button.tooltip = say(
                    reason or message("let the {timer} timer run out", timer=timer)
                )
            state = f"<b>{self.bench.endpoints[side].state}</b>"
            words: str = message("{end} is {state}.", end=side, state=state)
            if off:
                refused = markup(say(listed(off)))
                words = together(words, message("Not now: {calls}.", calls=refused))
            self._reasons[side].value = f"<div>{say(words)}</div>"

    def _list_packets(self, flying: list[Packet]) -> None:
        self.packets = {}
        words = message("On the wire:") if flying else message("Nothing is on the wire.")
        rows: list[Any] = [ipw.HTML(f"<b>{markup(say(words))}</b>")]
        for packet in flying[:ROWS]:
            for fate in FATES:
                move = f"{fate} {packet.number}"
                self.packets[fate, packet.number] = _button(
                    LABELS[fate],
                    partial(self._do, move),
                    message("{fate} {packet}", fate=LABELS[fate], packet=name(packet)),
                )
            buttons = [self.packets[fate, packet.number] for fate in FATES]
            label = ipw.Label(say(name(packet)))
            rows.append(ipw.HBox([label, *buttons], layout=ipw.Layout(**WRAP)))
        if len(flying) > ROWS:
            more = message("and {more} more behind them", more=len(flying) - ROWS)
            rows.append(ipw.Label(say(more)))
        self._flying.children = rows

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


def _button(label: str, act: Callable[[], None], tooltip: str = "") -> Any:
    label, tooltip = say(label), say(tooltip or label)
    button = ipw.Button(description=label, tooltip=tooltip, layout=ipw.Layout(**NARROW))
    button.on_click(lambda _: act())
    return button


def _pictures(trace: Trace) -> str:
    if not trace.steps:
        return ""
    last = len(trace.steps) - 1
    height = SMALL.height + FOOT
    ladder = draw_ladder(trace, nearby(trace, last, height), so_far=True)
    diagram = draw_diagram(trace.steps[last], path(trace.steps), SMALL)
    style = "flex:1 1 320px;min-width:0;max-width:560px"
    fluid = '<svg style="max-width:100%;height:auto" '
    boxes = "".join(
        f'<div style="{style}">{each.svg.replace("<svg ", fluid, 1)}</div>'
        for each in (ladder, diagram)
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:8px">{boxes}</div>'
