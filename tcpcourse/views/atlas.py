"""The map of states, lit up where some traces have been; the rest waits, pale."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tcpcourse.core.states import State
from tcpcourse.trace import SIDES, Trace
from tcpcourse.views.diagram import EDGES, FOOT, label, line, map_of_states, path, tip
from tcpcourse.views.given import HasTrace, as_trace
from tcpcourse.views.palette import PHASE_OF, PHASES
from tcpcourse.views.routes import LARGE, PLACES, Edge
from tcpcourse.views.svg import Svg, num, picture, write
from tcpcourse.words import listed, message, together

_STYLE = (
    ".tv .v{fill:none;stroke:var(--hatch)}.tv .z{fill:var(--hatch)}.tv .y{stroke-dasharray:4 3}"
    ".tv .z.y{stroke:none}.tv .q text{fill:var(--mut)}"
    ".tv .n{fill:var(--bg);stroke:var(--mut);stroke-dasharray:3 4}.tv text.u{fill:var(--mut)}"
    ".tv .l{fill:none;stroke:var(--ink);stroke-width:2.6}.tv .z.i{fill:var(--ink)}"
    ".tv .m{stroke-width:1.8}.tv .o{paint-order:stroke;stroke:var(--bg);stroke-width:3px}"
    ""
    + "".join(f".tv .p{at}{{fill:var(--c{at});stroke:var(--s{at})}}" for at in range(len(PHASES)))
)


def atlas(*traces: Trace | HasTrace) -> Svg:
    """The map with every state and arrow lit that an end walked in any of the ``traces``.

    What nobody walked stays pale. The words below count the states and the arrows, and name
    the states that are still missing.

    >>> import tcpcourse as tcp
    >>> tcp.views.atlas(tcp.simulate("refused"), tcp.simulate("abort"))
    <Svg 992×736: The map of states so far: 5 of 11 states, 7 of 30 arrows walked. Still ...>
    """
    told = [as_trace(trace) for trace in traces]
    seen = {state for trace in told for state in _states(trace)}
    walked = {edge for trace in told for side in SIDES for edge in path(trace.steps)[side]}
    words: str = message(
        "{seen} of {places} states, {walked} of {edges} arrows walked.",
        seen=len(seen),
        places=len(PLACES),
        walked=len(walked),
        edges=len(EDGES),
    )
    if missing := [str(state) for state in PLACES if state not in seen]:
        words = together(words, message("Still to come: {missing}.", missing=listed(missing)))
    return picture(
        _shapes(seen, walked, words),
        LARGE.width,
        LARGE.height + FOOT,
        message("The map of states so far: {words}", words=words),
        "tca",
        style=_STYLE,
    )


def _states(trace: Trace) -> Iterator[State]:
    for step in trace.steps:
        for ends in (step.before, step.after):
            for end in (ends.a, ends.b):
                if end.state is not None:
                    yield end.state


def _shapes(seen: set[State], walked: Iterable[Edge], words: str) -> Iterator[str]:
    yield f'<g class="q">{map_of_states(LARGE, True)}</g>'
    lit = [edge for edge in EDGES if edge in set(walked)]
    yield f'<path class="l" d="{"".join(line(edge, LARGE) for edge in lit)}"/>'
    yield f'<path class="z i" d="{"".join(tip(edge, LARGE, 10) for edge in lit)}"/>'
    yield "".join(label(edge, LARGE) for edge in lit)
    for state, (column, row) in PLACES.items():
        x, y = LARGE.at((column, row, 0, 0))
        w, h = LARGE.half_width, LARGE.half_height
        box = f"M{num(x - w)} {num(y - h)}h{num(2 * w)}v{num(2 * h)}H{num(x - w)}z"
        if state in seen:
            yield f'<path class="m p{PHASE_OF[state]}" d="{box}"/>'
            yield write(x, y + 4, str(state), "c t")
        else:
            yield f'<path class="n" d="{box}"/>' + write(x, y + 4, str(state), "c u")
    yield write(LARGE.width / 2, LARGE.height + 20, words, "c")
