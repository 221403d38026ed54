"""The stage in your hands: a story so far, drawn so that controls can lie upon it.

What can be pressed is not drawn here. The picture leaves room for it and says where: the
packets on the wire each have a place, and below the last row each end has its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tcpcourse.trace import Packet, Trace
from tcpcourse.views.basis import bases
from tcpcourse.views.escape import markup
from tcpcourse.views.stage.card import numbers_of, spoken, why_of
from tcpcourse.views.stage.country import country
from tcpcourse.views.stage.drawing import BAND, HEAD, WIDE
from tcpcourse.views.stage.facts import learn
from tcpcourse.views.stage.layout import UNDER_WAY, Arrow, Sheet, lay_out
from tcpcourse.views.stage.page import WORDS
from tcpcourse.views.stage.parcel import part, style
from tcpcourse.views.stage.scenes import Scene, scenes
from tcpcourse.views.stage.still import in_words, still
from tcpcourse.views.stage.telling import tell
from tcpcourse.views.stage.words import flags
from tcpcourse.views.svg import num
from tcpcourse.words import together


@dataclass(frozen=True)
class InHand:
    """A story so far: its ladder, what the card says, and the map, each as HTML.

    ``said`` is the card's sentence as plain text. ``places`` says how far down the ladder
    (in percent of its height) each packet on the wire lies, by its number, and ``foot`` where
    the room of both ends begins.
    """

    ladder: str
    card: str
    roads: str
    said: str
    places: dict[int, float]
    foot: float


def in_hand(trace: Trace, flying: Sequence[Packet], room: float, words: str = "") -> InHand:
    """Draw a story so far. ``flying`` are the packets on the wire in the order in which they
    would arrive, ``room`` is what the ends need below the last row, in pixels; ``words``, if
    there are any, are said in place of what happened last."""
    facts = learn(trace)
    shown = scenes(trace, facts, len(trace.steps))  # whoever plays sees each move
    sheet = lay_out(shown, facts, 0, room, [packet.number for packet in flying])
    high = sheet.height + HEAD
    places = {
        arrow.packet.number: round((_end(arrow) + HEAD) / high * 100, 2)
        for arrow in sheet.arrows
        if arrow.reach == UNDER_WAY
    }
    svg = still(
        trace,
        shown,
        sheet,
        attributes=f'role="img" aria-label="{markup(in_words(trace))}"',
        over="".join(_moving(sheet, shown)) if shown else _begin(sheet),
    )
    said = words or (str(together(*tell(shown[-1].step, facts))) if shown else "")
    numbers = numbers_of(shown[-1], facts, True) if shown else ""
    return InHand(
        f"<div>{svg}</div>",
        f'<div class="card"><p class="say" role="status" aria-live="polite">{spoken(said)}</p>'
        f"{numbers}{_why(trace, shown[-1]) if shown else ''}</div>",
        f'<div class="map">{country(trace.steps)}</div>',
        said,
        places,
        round((sheet.low + HEAD + 26) / high * 100, 2),
    )


@lru_cache(maxsize=1)
def dress() -> str:
    """The style of it all."""
    return f"<style>{style()}{part('country.css')}{part('hand.css')}</style>"


def _why(trace: Trace, scene: Scene) -> str:
    why = why_of(trace, scene.step, bases(trace), set())
    return f"<details><summary>{WORDS['why']}</summary><div>{why}</div></details>" if why else ""


def _begin(sheet: Sheet) -> str:
    """Two ends at the very beginning: both are CLOSED."""
    shapes = ""
    for x in (WIDE.left, WIDE.right):
        shapes += (
            f'<rect class="p0" x="{num(x - BAND / 2)}" y="6" width="{BAND}"'
            f' height="{num(sheet.height - 10)}"/>'
        )
    return shapes


def _end(arrow: Arrow) -> float:
    return arrow.y0 + (arrow.y1 - arrow.y0) * arrow.reach


def _moving(sheet: Sheet, shown: Sequence[Scene]) -> Iterator[str]:
    """The step that is now, and the packets that come and go in it, as they travel once."""
    last = len(shown) - 1
    x = WIDE.left if shown[last].step.who == "A" else WIDE.right
    yield f'<circle class="ring" r="13" cx="{num(x)}" cy="{num(sheet.ys[last])}"/>'
    for arrow in sheet.arrows:
        if last not in (arrow.scene, arrow.leaves) or arrow.road.level:
            continue
        side = arrow.packet.sender
        tail, tip = (WIDE.left, WIDE.right) if side == "A" else (WIDE.right, WIDE.left)
        end = tail + (tip - tail) * arrow.reach
        name = flags(arrow.packet)
        wide = 9.4 * len(name) + 20
        late = " late" if arrow.leaves == last else ""
        yield (
            f'<g class="tcp-go {side}{late}"'
            f' style="--from:translate({num(tail)}px,{num(arrow.y0)}px);'
            f'--to:translate({num(end)}px,{num(_end(arrow))}px)"><rect rx="13"'
            f' x="{num(-wide / 2)}" y="-13" width="{num(wide)}" height="26"/>'
            f'<text y="5">{name}</text></g>'
        )
