"""Which states two ends can be in together: a square of eleven by eleven, and the story to each.

A cell has two halves: the lower left in the colour of A's phase, the upper right in that of
B's. So the square is its own mirror image along its diagonal if the pairs are, colours and all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from hashlib import sha256
from typing import TYPE_CHECKING

from tcpcourse.core.states import State
from tcpcourse.core.table.rows import CG, CW, F1, F2, LA, SR, SS, TW, C, E, L
from tcpcourse.trace import SIDES, Side, other
from tcpcourse.views.escape import markup, visible
from tcpcourse.views.page import Html
from tcpcourse.views.palette import PHASE_OF, schemes, variables
from tcpcourse.words import message

if TYPE_CHECKING:
    from tcpcourse.sources.simulation.explore import Exploration

Pair = tuple[State, State]
_STYLE = (
    ".tv{background:var(--bg);color:var(--ink);font:14px system-ui,sans-serif;"
    "container-type:inline-size;max-width:980px;overflow-x:auto}"
    ".tv>div{position:relative;width:max-content;max-width:100%;min-width:516px;padding:4px;"
    "padding-bottom:270px;box-sizing:border-box}"
    ".tv table{border-collapse:collapse;border:0;margin:0;width:auto}"
    ".tv th,.tv td{padding:0;border:0;background:none;color:inherit;font-weight:400;"
    "font-size:13px;line-height:1.2}"
    ".tv tbody tr:nth-child(n){background:none}.tv thead{border:0}"
    ".tv tbody th{text-align:right;padding-right:6px;white-space:nowrap}"
    ".tv thead th{height:112px;vertical-align:bottom}"
    ".tv thead th:first-child{text-align:right;padding:0 6px 8px 0;font-weight:600}"
    ".tv thead span{display:block;writing-mode:vertical-rl;transform:rotate(180deg);"
    "margin:0 auto 6px}"
    ".tv td>*{display:block;box-sizing:border-box;width:32px;height:32px;margin:1px;"
    "border:1px solid var(--line);line-height:30px;text-align:center}"
    ".tv td>.y{border-color:var(--mut);background:linear-gradient(to top right,"
    "var(--p) 50%,var(--q) 50%)}"
    ".tv summary{display:block;height:100%;list-style:none;cursor:pointer;margin:0;padding:0}"
    ".tv summary::-webkit-details-marker{display:none}"
    ".tv summary:focus-visible,.tv details[open]>summary{outline:3px solid var(--ink)}"
    ".tv p,.tv li{margin:0 0 4px;line-height:1.35;font-size:14px}.tv p b{font-size:16px}"
    ".tv ol{margin:0;padding-left:2em}"
    ".tv details .o{z-index:1}.tv .o{position:absolute;left:4px;right:4px;bottom:4px;"
    "height:250px;overflow:auto;text-align:left;background:var(--bg);padding:4px;box-sizing:border-box}"
    "@container(min-width:860px){.tv>div{width:auto;padding-bottom:4px}"
    ".tv .o{left:530px;top:112px;height:auto}}"
    "@container(max-width:540px){.tv>div{min-width:330px}.tv td>*{width:21px;height:26px;"
    "line-height:24px}.tv th,.tv td{font-size:10.5px}}"
)


def pair_map(of: Exploration | Collection[Pair]) -> Html:
    """A square with A's state down and B's across; the pairs that can happen are filled.

    Of an exploration each cell says how many events lead to the pair, and opens: to a shortest
    story, or to why there is none. It needs no script. Of pairs alone the cells have a dot.

    >>> import tcpcourse as tcp
    >>> tcp.views.pair_map([(tcp.State.SYN_SENT, tcp.State.LISTEN)])[-65:]
    '<div class="o"><p>1 of 121 pairs of states.</p></div></div></div>'
    """
    stories = getattr(of, "stories", None)
    pairs = frozenset(of if stories is None else stories)  # type: ignore[arg-type]
    group = sha256(repr(sorted(map(str, pairs))).encode()).hexdigest()[:8]
    head = "".join(f'<th scope="col"><span>{state}</span></th>' for state in State)
    rows = ""
    for a in State:
        cells = "".join(
            f"<td>{_cell((a, b), (a, b) in pairs, stories, f'tcm-{group}')}</td>" for b in State
        )
        rows += f'<tr><th scope="row">{a}</th>{cells}</tr>'
    count = message("{count} of {all} pairs of states.", count=len(pairs), all=len(State) ** 2)
    below = f"<p>{markup(count)}</p>"
    if stories is not None:
        below += f"<p>{markup(_HOW)}</p>"
    rules = _STYLE.replace(".tv", ".tcm.tcm")  # stronger than a page's own rules for tables
    rules = f".tcm{{{variables(rules + rows)}}}{rules}{schemes('tcm')}"
    return Html(
        f'<div class="tcm"><style>{rules}</style><div><table aria-label="{markup(count)}">'
        f'<thead><tr><th scope="col">A ↓ B →</th>{head}</tr></thead><tbody>{rows}</tbody></table>'
        f'<div class="o">{below}</div></div></div>'
    )


_HOW = message(
    "A number says how many events lead to a pair at least. Open a cell, and you see them; open"
    " an empty one, and you see why no story leads there."
)


def _cell(pair: Pair, can: bool, stories: dict[Pair, tuple[str, ...]] | None, group: str) -> str:
    a, b = pair
    label = f'aria-label="A {a}, B {b}" title="A {a}, B {b}"'
    phases = f"--p:var(--c{PHASE_OF[a]});--q:var(--c{PHASE_OF[b]})"
    colour = f' class="y" style="{phases}"' if can else ""
    if stories is None:
        return f"<span{colour} {label}>{'●' if can else ''}</span>"
    face = str(len(stories[pair])) if can else ""
    told = "".join(_story(stories[pair])) if can else f"<p>{markup(why_never(pair))}</p>"
    return (
        f'<details{colour} name="{group}"><summary {label}>{face}</summary>'
        f'<div class="o"><p><b>A {a}, B {b}</b></p>{told}</div></details>'
    )


def _story(lines: tuple[str, ...]) -> Iterator[str]:
    if not lines:
        begins = message("So every story begins.")  # no extraction looks into an f-string
        yield f"<p>{markup(begins)}</p>"
        return
    yield "<ol>" + "".join(f"<li>{markup(visible(line, 200))}</li>" for line in lines) + "</ol>"


# --- why there is none -----------------------------------------------------------------------


def why_never(pair: Pair) -> str:
    """What one end's state says about the other, and this pair does not keep (RFC 9293 §3.3.2).

    Each is true of all stories of two ends that keep the rules and begin in CLOSED.
    """
    for side in SIDES:
        here, there = pair if side == "A" else (pair[1], pair[0])
        if words := _broken(side, here, there):
            return words
    return message("In all the stories that were tried, nothing leads here.")


def _broken(side: Side, here: State, there: State) -> str:
    """Why an end in ``here`` cannot have a peer in ``there``; nothing if it is not known."""
    places = {"me": side, "peer": other(side), "here": here, "there": there}
    if there is L and here not in (C, L, SS):
        return message(
            "{me} in {here} has got a SYN from {peer}. In {there}, {peer} has sent none.", **places
        )
    if there is SS and here in (E, F2, CW, CG, LA, TW):
        return message(
            "{me} in {here} knows that its SYN was acknowledged, so {peer} has got it."
            " In {there}, {peer} has not.",
            **places,
        )
    if here in (CW, CG, LA, TW) and there in (SS, SR, E, CW):
        return message(
            "{me} in {here} has got a FIN from {peer}. In {there}, {peer} has sent none.", **places
        )
    if here in (F2, TW) and there in (SS, SR, E, F1, F2):
        return message(
            "{me} in {here} knows that its FIN was acknowledged, so {peer} has got it."
            " In {there}, {peer} has not.",
            **places,
        )
    if here is LA and there in (CG, LA):
        return message(
            "{me} in {here} sent its FIN after {peer}'s had come, and with it the ACK for"
            " {peer}'s. That takes {peer} to TIME_WAIT, never to {there}.",
            **places,
        )
    return ""
