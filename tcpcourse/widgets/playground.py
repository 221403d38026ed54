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

ROWS = 12  # packets in flight that have buttons
NARROW = {"width": "auto", "margin": "2px"}
WRAP = {"flex_flow": "row wrap", "align_items": "center"}
CHOOSE = "– choose –"
AFTER = {
    "lose": "it is lost, and nobody is told",
    "duplicate": "now it is on the wire twice",
    "delay": "all others go before it",
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
            (side, call): _button(call, partial(self._call, side, call))
            for side in SIDES
            for call in CALLS
        }
        self.timers = {
            (side, timer): _button(timer, partial(self._do, f"{side} timer {timer}"))
            for side in SIDES
            for timer in TIMERS
        }
        self.preset = ipw.Dropdown(options=[CHOOSE, *PRESETS], description="preset")
        self.step = _button("next move", self._next, "play the next move of the preset or script")
        self.undo = _button("undo", self._undo, "take the last move back")
        self.redo = _button("redo", self._redo, "do again what was undone")
        self.restart = _button("start again", lambda: self._load(""), "forget all moves")
        self.text = ipw.Text(value=DATA.decode(), description="text to send")
        self.script = ipw.Textarea(description="script", rows=3, layout=ipw.Layout(width="98%"))
        self.run = _button(
            "play the script",
            lambda: self._load(self.script.value),
            "begin anew and make all moves of the script",
        )
        self.file = ipw.Text(value="playground.pcap", description="file")
        self.save = _button("save as pcap", self._save, "write the packets for Wireshark")
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
            rooms.append(ipw.HBox([ipw.Label(f"{side}: time runs out"), *timers], layout=wrap))
            rooms.append(self._reasons[side])
        more = ipw.Accordion(
            [ipw.VBox([self.script, self.run, ipw.HBox([self.file, self.save], layout=wrap)])],
            titles=("script and file",),
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
            self._show(str(problem))
        else:
            fate, _, number = move.partition(" ")
            self._show(f"Packet {number}: {AFTER[fate]}." if fate in AFTER else "")

    def _choose(self, change: dict[str, Any]) -> None:
        if change["new"] != CHOOSE:
            self.bench.clear()
            self._planned = moves_of(PRESETS[change["new"]])
            self._show(f"{len(self._planned)} moves are prepared. Press next move.")

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
            words = f"The script stops after {len(self.bench.moves)} moves. {problem}"
        self._show(words)

    def _save(self) -> None:
        path = Path(self.file.value)
        if path.name != self.file.value or path.suffix != ".pcap":
            # whoever plays may be a stranger, on a page that everybody can open
            self._show("Not saved: write a plain name that ends in .pcap.")
            return
        try:
            self.trace.save(path)
        except (OSError, TcpCourseError, ValueError) as problem:
            self._show(f"Not saved: {problem}")
        else:
            self._show(f"Saved {len(self.trace.packets)} packets as {self.file.value}.")

    # --- what is seen --------------------------------------------------------------------------

    def _show(self, words: str) -> None:
        bench, trace = self.bench, self.trace
        last = trace.steps[-1] if trace.steps else None
        if not words:
            words = "Both ends are CLOSED."
            if last is not None:
                words = f"{happening(last)}. {last.why} [{last.cite}]"
        if self._planned:
            words += f" Next: {self._planned[0]}."
        self.message = words
        shown = markup(visible(words, 800))
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
                button.disabled, button.tooltip = reason is not None, reason or call
                if reason:
                    off.append(f"{call} ({reason})")
            for timer in TIMERS:
                reason = self.bench.why_not(f"{side} timer {timer}")
                button = self.timers[side, timer]
                button.disabled = reason is not None
                button.tooltip = reason or f"let the {timer} timer run out"
            words = markup("; ".join(off))
            state = self.bench.endpoints[side].state
            self._reasons[
                side
            ].value = f"<div>{side} is <b>{state}</b>.{f' Not now: {words}.' if off else ''}</div>"

    def _list_packets(self, flying: list[Packet]) -> None:
        self.packets = {}
        words = "On the wire:" if flying else "Nothing is on the wire."
        rows: list[Any] = [ipw.HTML(f"<b>{words}</b>")]
        for packet in flying[:ROWS]:
            for fate in FATES:
                move = f"{fate} {packet.number}"
                self.packets[fate, packet.number] = _button(
                    fate, partial(self._do, move), f"{fate} {name(packet)}"
                )
            buttons = [self.packets[fate, packet.number] for fate in FATES]
            label = ipw.Label(name(packet))
            rows.append(ipw.HBox([label, *buttons], layout=ipw.Layout(**WRAP)))
        if len(flying) > ROWS:
            rows.append(ipw.Label(f"and {len(flying) - ROWS} more behind them"))
        self._flying.children = rows

    def __repr__(self) -> str:
        ends = self.bench.endpoints
        return (
            f"<Playground: A {ends['A'].state}, B {ends['B'].state},"
            f" {len(self.bench.flying)} on the wire, {len(self.bench.moves)} moves>"
        )


def _button(label: str, act: Callable[[], None], tooltip: str = "") -> Any:
    button = ipw.Button(description=label, tooltip=tooltip or label, layout=ipw.Layout(**NARROW))
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
