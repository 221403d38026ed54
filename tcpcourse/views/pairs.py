"""Which states two ends can be in together: a square of eleven by eleven."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tcpcourse.core.states import State
from tcpcourse.views.palette import PHASE_OF, PHASES
from tcpcourse.views.svg import Svg, num, picture, write

_CELL, _LEFT, _TOP = 34, 118, 104
_STYLE = (
    ".tv .n{fill:none;stroke:var(--i);opacity:.25}.tv .m{stroke:var(--i);fill:none}"
    + "".join(f".tv .h{place}{{fill:{phase.fill}}}" for place, phase in enumerate(PHASES))
)


def pair_map(pairs: Collection[tuple[State, State]]) -> Svg:
    """A square with A's state down and B's across; the ``pairs`` that can happen are filled.

    The upper left of a filled cell has the colour of A's phase and the lower right that of
    B's, so that a pair and its mirror image are seen as such. It says in words which it is.

    >>> import tcpcourse as tcp
    >>> tcp.views.pair_map([(tcp.State.SYN_SENT, tcp.State.LISTEN)])
    <Svg 508×512: Map of pairs: 1 of 121 pairs of states.>
    """
    size = _CELL * len(State)
    words = f"{len(set(pairs))} of {len(State) ** 2} pairs of states"
    return picture(
        _shapes(frozenset(pairs), words),
        _LEFT + size + 16,
        _TOP + size + 34,
        f"Map of pairs: {words}.",
        "tcm",
        style=_STYLE,
    )


def _shapes(pairs: frozenset[tuple[State, State]], words: str) -> Iterator[str]:
    for place, state in enumerate(State):
        middle = place * _CELL + _CELL / 2
        yield write(_LEFT - 8, _TOP + middle + 4, str(state), "e")
        x, y = num(_LEFT + middle + 4), num(_TOP - 8)
        yield write(0, 0, str(state), "", f' transform="translate({x} {y}) rotate(-60)"')
    yield write(_LEFT - 8, _TOP - 12, "A ↓   B →", "e t")
    for row, a in enumerate(State):
        for column, b in enumerate(State):
            yield _cell(_LEFT + column * _CELL, _TOP + row * _CELL, a, b, (a, b) in pairs)
    yield write(_LEFT, _TOP + _CELL * len(State) + 22, words)


def _cell(x: float, y: float, a: State, b: State, can: bool) -> str:
    outline = f'd="M{num(x + 1)} {num(y + 1)}h{_CELL - 2}v{_CELL - 2}h{2 - _CELL}z"'
    if not can:
        return f'<path class="n" {outline}/>'
    inside = _CELL - 2
    a_half = f"M{num(x + 1)} {num(y + 1)}h{inside}l-{inside} {inside}z"
    b_half = f"M{num(x + _CELL - 1)} {num(y + 1)}v{inside}h-{inside}z"
    return (
        f"<g><title>A {a}, B {b}</title>"
        f'<path class="h{PHASE_OF[a]}" d="{a_half}"/><path class="h{PHASE_OF[b]}" d="{b_half}"/>'
        f'<path class="m" {outline}/></g>'
    )
