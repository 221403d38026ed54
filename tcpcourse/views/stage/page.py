"""The stage as one piece of HTML: what people see without a script, and what the script needs.

A root and one script behind it. Everything travels once: the ladder as a picture that the
script takes apart, the sentences as a list, the rest as a few numbers for each scene.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tcpcourse.trace import SIDES, Side, Step, Trace
from tcpcourse.views import palette
from tcpcourse.views.arithmetic import explain_packet
from tcpcourse.views.basis import Basis, bases
from tcpcourse.views.escape import markup, visible
from tcpcourse.views.palette import PHASE_OF, PHASES
from tcpcourse.views.stage.drawing import HEAD, WIDTH, draw
from tcpcourse.views.stage.facts import Facts, clock, duration, learn, states
from tcpcourse.views.stage.layout import Sheet, lay_out
from tcpcourse.views.stage.parcel import LOADER, PLAIN, global_name, packed, part
from tcpcourse.views.stage.roads import WIDTH as MAP
from tcpcourse.views.stage.roads import Roads, roads
from tcpcourse.views.stage.scenes import Scene, scenes
from tcpcourse.views.stage.telling import run, tell, whole
from tcpcourse.views.stage.words import call, flags, label
from tcpcourse.views.words import numbers
from tcpcourse.words import together

EXPLAINED = 2  # packets whose arithmetic one scene shows
WORDS = {
    "now": "Now · {k} of {n}",
    "whole": "The whole story",
    "play": "Play",
    "pause": "Pause",
    "first": "To the start",
    "back": "One step back",
    "on": "One step on",
    "last": "To the end",
    "speed": "Speed",
    "why": "Why",
    "map": "The roads of this story",
    "step": "step",
    "start": "play",
    "hint": "· drag the bar, click a packet or a state",
    "mapkey": "map",
    "whykey": "why",
}
"""What stands on the stage itself."""


def page(trace: Trace, relative: bool = True) -> str:
    """The stage of a trace as self-contained HTML."""
    facts = learn(trace)
    shown = scenes(trace, facts)
    sheet = lay_out(trace, shown, facts)
    told = [
        together(*(run(scene.steps, facts) if scene.many else tell(scene.step, facts)))
        for scene in shown
    ]
    title = visible(trace.title, 80)
    question = visible(trace.question, 160)
    head = f'<p class="tt">{markup(title)}</p>'
    if question:
        head += f'<p class="qu">{markup(question)}</p>'
    remarks = (markup(visible(str(text), 300)) for text in trace.remarks)
    head += "".join(f'<p class="rm">{text}</p>' for text in remarks)
    if not shown:
        body = "<p>Nothing happened: this trace has no steps.</p>"
    else:
        body = _picture(trace, shown, sheet, facts, relative) + _legend(trace)
        body += f'<ol class="list">{"".join(_items(trace, shown, facts, told, relative))}</ol>'
    data = _data(shown, sheet, facts, roads(shown), together(*whole(trace, facts)))
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    text = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return (
        f'<style>{PLAIN}</style><div class="tcp-stage" role="group" tabindex="0"'
        f' data-lm-suppress-shortcuts="true" aria-label="{markup(title)}">{head}{body}</div>'
        f"<script>({LOADER})(document.currentScript.previousElementSibling,{text},"
        f'"{global_name()}","{packed()}")</script>'
    )


# --- without a script ------------------------------------------------------------------------


def _picture(
    trace: Trace, shown: Sequence[Scene], sheet: Sheet, facts: Facts, relative: bool
) -> str:
    """The whole ladder as an image, which even a page without style may show."""
    high = sheet.height + HEAD
    phases = "".join(
        f".tcp-ladder .p{place}{{fill:var(--c{place});stroke:var(--s{place})}}"
        for place in range(len(PHASES))
    )
    rules = f".tcp-ladder{{{palette.variables()}}}{phases}{part('ladder.css')}"
    svg = (
        "<svg xmlns='http://www.w3.org/2000/svg' class='tcp-ladder' style='color-scheme:light dark'"
        f" viewBox='0 -{HEAD} {WIDTH} {high:g}' width='{WIDTH}' height='{high:g}'>"
        f"<style>{rules}</style>{draw(trace, shown, sheet, facts, relative)}</svg>"
    )
    source = svg.replace('"', "'").replace("%", "%25").replace("#", "%23").replace("&", "&amp;")
    end = trace.steps[-1].after
    words = (
        f"Ladder: {len(trace.packets):,} packets in {len(trace):,} steps;"
        f" at the end A is {end.a}, B is {end.b}."
    )
    if len(trace.packets) == 1:
        words = f"Ladder: one packet; at the end A is {end.a}, B is {end.b}."
    return (
        f'<div class="ld"><img alt="{markup(words)}" width="{WIDTH}" height="{high:g}"'
        f' src="data:image/svg+xml;charset=utf-8,{source}"></div>'
    )


def _legend(trace: Trace) -> str:
    met = sorted({PHASE_OF[state] for state in states(trace)})
    return (
        '<p class="lg">'
        + "".join(f'<span><i class="f{place}"></i>{PHASES[place].name}</span>' for place in met)
        + "</p>"
    )


def _items(
    trace: Trace, shown: Sequence[Scene], facts: Facts, told: Sequence[str], relative: bool
) -> Iterator[str]:
    basis = bases(trace)
    explained: set[int] = set()
    warned: set[str] = set()
    for scene, words in zip(shown, told, strict=True):
        value = f' value="{scene.first + 1}"' if len(shown) < len(trace) else ""
        said = re.sub(r"(^|\s)([AB]) ", "\\1\\2\u00a0", markup(visible(words, 600)))
        why = "" if scene.many else _why(trace, scene.step, basis, explained, warned)
        if scene.many:
            why = (
                f"<p><code>trace[{scene.first}:{min(scene.last + 1, scene.first + 40)}]</code></p>"
            )
        details = f"<details><summary>{WORDS['why']}</summary>{why}</details>" if why else ""
        yield f'<li{value}><p class="sy">{said}</p>{_facts(scene, facts, relative)}{details}</li>'


def _facts(scene: Scene, facts: Facts, relative: bool) -> str:
    """What changed and which packets came and went, each number in its owner's colour."""
    step = scene.step
    sides = [
        side for side in SIDES if scene.before.of(side).possible != step.after.of(side).possible
    ]
    chips = "".join(
        f"{_disc(side)}{_chip(scene, side, False)} → {_chip(scene, side, True)}</span>"
        for side in sides
    )
    chips = chips or f"{_disc(step.who)}{_chip(scene, step.who, True)}</span>"
    rows = ""
    if not scene.many:
        if step.packet is not None:
            seen = step.packet.sender == step.who
            rows += _row("sends {n}" if seen else "gets {n}", step.packet.number, facts, relative)
        for packet in step.sent:
            rows += _row("sends {n}", packet.number, facts, relative)
        rows = rows or f'<p class="r"><code>{markup(visible(call(step), 60))}</code></p>'
    return f'<div class="nu"><p class="cs">{chips}</p>{rows}</div>'


def _disc(side: Side) -> str:
    return f'<span class="ch"><b class="ab {side}">{side}</b>'


def _chip(scene: Scene, side: Side, after: bool) -> str:
    end = (scene.step.after if after else scene.before).of(side)
    found = {PHASE_OF[state] for state in end.possible}
    kind = f"f{found.pop()}" if len(found) == 1 else "fu"
    return f'<i class="{kind}">{markup(str(end))}</i>'


def _row(template: str, number: int, facts: Facts, relative: bool) -> str:
    road = facts.roads[number]
    packet = road.packet
    me, peer = packet.sender, packet.receiver
    seq, ack = numbers(packet, relative)
    mine = "X" if road.forged else me
    cells = f'<span>seq <i class="{mine}">{seq}</i></span>'
    if ack is not None:
        cells += f'<span>ack <i class="{peer}">{ack}</i></span>'
    cells += f"<span>len {len(packet.segment.data)}</span>"
    _, remark, _ = label(road)
    bad = ' class="X"' if road.lost or road.forged else ""
    cells += f"<em{bad}>{markup(remark)}</em>" if remark else ""
    what = template.format(n=number)
    return f'<p class="r"><span class="d">{what}</span><b>{flags(packet)}</b>{cells}</p>'


def _why(
    trace: Trace, step: Step, basis: Mapping[int, Basis], explained: set[int], warned: set[str]
) -> str:
    words = "".join(
        f"<p>{move.who}: {markup(visible(str(move.why), 600))}"
        f"{f' <cite>[{markup(visible(move.cite))}]</cite>' if move.cite else ''}</p>"
        for move in step.moves
    )
    every = step.sent if step.packet is None else (step.packet, *step.sent)
    new = [packet for packet in every if packet.number not in explained][:EXPLAINED]
    for packet in new or every[:1]:
        explained.add(packet.number)
        found = explain_packet(trace, packet, basis[packet.number])
        kinds = [re.sub(r"\d+", "", str(text)) for text in found.warnings]
        first = all(kind in warned for kind in kinds)
        warned.update(kinds)
        words += found.html(warnings=not first)
    return words


# --- for the script --------------------------------------------------------------------------


def _data(
    shown: Sequence[Scene], sheet: Sheet, facts: Facts, found: Roads, overview: str
) -> dict[str, Any]:
    """For each scene its height, where the story rests, and what is lit; short names, for
    they travel with every stage."""
    touched: list[list[int]] = [[] for _ in shown]
    for place, arrow in enumerate(sheet.arrows):
        for scene in dict.fromkeys((arrow.leaves, arrow.scene)):
            touched[scene].append(place)
    everything = [
        [
            sheet.ys[k],
            *sheet.rest[k],
            scene.step.who,
            clock(scene.step.time_ns),
            touched[k],
            scene.first + 1,
            found.at[k]["A"],
            found.taken[k].get("A", -1),
            found.at[k]["B"],
            found.taken[k].get("B", -1),
            found.labels[k],
        ]
        for k, scene in enumerate(shown)
    ]
    arrows = [
        [
            arrow.y0,
            arrow.y1,
            arrow.reach,
            arrow.start,
            2 if arrow.overtaken else int(arrow.crossing),
            arrow.leaves,
            arrow.scene,
            arrow.packet.sender,
            flags(arrow.packet),
            int(arrow.road.level),
        ]
        for arrow in sheet.arrows
    ]
    quiet = [[each.scene, each.y0, each.y1, round(each.wait / 1e6)] for each in sheet.silences]
    return {
        "S": everything,
        "P": arrows,
        "Q": quiet,
        "B": _tiles(shown, sheet),
        "M": [
            MAP,
            found.height,
            found.svg,
            found.nodes,
            *(found.start.get(side, []) for side in SIDES),
        ],
        "o": overview,
        "k": sheet.stretch,
        "h": sheet.height,
        "w": WORDS,
    }


def _tiles(shown: Sequence[Scene], sheet: Sheet) -> list[list[Any]]:
    """The story bar: kind, the scene it leads to, words, side, the arrow it stands for."""
    tiles: list[tuple[float, float, list[Any]]] = []
    for place, arrow in enumerate(sheet.arrows):
        remark = "✕" if arrow.road.lost else ""
        kind = "lo" if arrow.road.lost else "fg" if arrow.road.forged else ""
        kind = kind or ("ag" if arrow.road.again else "")
        words = f"{flags(arrow.packet)} {remark}".strip()
        tiles.append((arrow.y0, arrow.y1, [kind, arrow.scene, words, arrow.packet.sender, place]))
    for quiet in sheet.silences:
        words = duration(quiet.wait)
        tiles.append((quiet.y0, quiet.y1, ["sl", quiet.scene, words, "", -1]))
    for place, scene in enumerate(shown):
        if scene.many:
            words = f"{len(scene.steps):,} ×"
            tiles.append((sheet.ys[place], sheet.ys[place] + 1, ["bk", place, words, "", -1]))
    tiles.sort(key=lambda tile: tile[:2])
    found: list[list[Any]] = []
    low = 0.0
    for y0, y1, tile in tiles:
        if found and y0 > low + 4 and tile[0] != "sl" and found[-1][0] != "sl" and y1 > y0:
            found.append(["gp", 0, "", "", -1])
        found.append(tile)
        low = max(low, y1)
    return found
