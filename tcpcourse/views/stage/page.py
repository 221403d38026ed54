"""The stage as one piece of HTML: what people see without a script, and what the script needs.

A root and one script behind it. Everything travels once: the ladder as a picture that the
script takes apart, the sentences as a list, the rest as a few numbers for each scene.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from tcpcourse.trace import SIDES, Trace
from tcpcourse.views.basis import bases
from tcpcourse.views.escape import markup, visible
from tcpcourse.views.palette import PHASE_OF, PHASES
from tcpcourse.views.stage.card import numbers_of, spoken, why_of
from tcpcourse.views.stage.drawing import HEAD, WIDTH
from tcpcourse.views.stage.facts import Facts, clock, duration, learn, states
from tcpcourse.views.stage.layout import Sheet, lay_out
from tcpcourse.views.stage.parcel import LOADER, PLAIN, global_name, packed
from tcpcourse.views.stage.roads import WIDTH as MAP
from tcpcourse.views.stage.roads import Roads, roads
from tcpcourse.views.stage.scenes import Scene, scenes
from tcpcourse.views.stage.still import in_words, still
from tcpcourse.views.stage.telling import run, tell, whole
from tcpcourse.views.stage.words import flags
from tcpcourse.words import together

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
    sheet = lay_out(shown, facts)
    told = [
        together(*(run(scene.steps, facts) if scene.many else tell(scene.step, facts)))
        for scene in shown
    ]
    title = visible(trace.title, 80)
    question = visible(trace.question, 160)
    head = f'<p class="tt">{markup(title)}</p>'
    if question:
        head += f'<p class="qu">{markup(question)}</p>'
    remarks = (markup(visible(text, 300)) for text in trace.remarks)
    head += "".join(f'<p class="rm">{text}</p>' for text in remarks)
    if not shown:
        body = "<p>Nothing happened: this trace has no steps.</p>"
    else:
        body = _picture(trace, shown, sheet, relative) + _legend(trace)
        body += f'<ol class="list">{"".join(_items(trace, shown, facts, told, relative))}</ol>'
    data = _data(shown, sheet, roads(shown), together(*whole(trace, facts)))
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    text = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return (
        f'<style>{PLAIN}</style><div class="tcp-stage" role="group" tabindex="0"'
        f' data-lm-suppress-shortcuts="true" aria-label="{markup(title)}">{head}{body}</div>'
        f"<script>({LOADER})(document.currentScript.previousElementSibling,{text},"
        f'"{global_name()}","{packed()}")</script>'
    )


# --- without a script ------------------------------------------------------------------------


def _picture(trace: Trace, shown: Sequence[Scene], sheet: Sheet, relative: bool) -> str:
    """The whole ladder as an image, which even a page without style may show."""
    svg = still(
        trace, shown, sheet, relative, attributes='style="color-scheme:light dark"'
    ).replace('"', "'")
    source = svg.replace("%", "%25").replace("#", "%23").replace("&", "&amp;")
    return (
        f'<div class="ld"><img alt="{markup(in_words(trace))}" width="{WIDTH}"'
        f' height="{sheet.height + HEAD:g}" src="data:image/svg+xml;charset=utf-8,{source}"></div>'
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
    for scene, words in zip(shown, told, strict=True):
        value = f' value="{scene.first + 1}"' if len(shown) < len(trace) else ""
        said = spoken(words)
        why = "" if scene.many else why_of(trace, scene.step, basis, explained)
        if scene.many:
            why = (
                f"<p><code>trace[{scene.first}:{min(scene.last + 1, scene.first + 40)}]</code></p>"
            )
        details = f"<details><summary>{WORDS['why']}</summary>{why}</details>" if why else ""
        found = numbers_of(scene, facts, relative)
        yield f'<li{value}><p class="sy">{said}</p>{found}{details}</li>'


# --- for the script --------------------------------------------------------------------------


def _data(shown: Sequence[Scene], sheet: Sheet, found: Roads, overview: str) -> dict[str, Any]:
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
