"""The stepper: a trace as one piece of HTML that can be stepped through, with no kernel.

Without its script (an untrusted notebook, a mail) it is a list of steps that open and close,
each with its pictures and words. The script shows one step at a time and adds buttons and
keys. The page needs nothing from anywhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from itertools import chain, pairwise

from tcpcourse.trace import SIDES, Packet, Side, Step, Trace
from tcpcourse.views.arithmetic import explain_packet
from tcpcourse.views.basis import Basis, bases
from tcpcourse.views.diagram import FOOT, draw_diagram, taken
from tcpcourse.views.escape import markup, visible
from tcpcourse.views.given import HasTrace, as_trace
from tcpcourse.views.ladder import draw_ladder, nearby, study
from tcpcourse.views.page import Html
from tcpcourse.views.routes import SMALL, Edge
from tcpcourse.views.svg import Svg
from tcpcourse.views.words import fate, happening

MOST = 40  # steps with pictures; about nine kilobytes each
EDGE = 8  # steps at the beginning and at the end that come before others in the middle
HEIGHT = SMALL.height + FOOT
EXPLAINED = 2  # packets whose arithmetic one step shows


@lru_cache(maxsize=2)
def _part(name: str) -> str:
    text = files("tcpcourse.views").joinpath(name).read_text(encoding="utf-8")
    return "\n".join(line.strip() for line in text.splitlines())


def stepper(trace: Trace | HasTrace, relative: bool = True, most: int = MOST) -> Html:
    """The trace as self-contained HTML, a step at a time.

    Of a longer trace ``most`` steps are shown: the first and the last, those that change a
    state or go wrong, then more of the beginning and the end; the rest is folded and counted.
    A slice, such as ``trace[500:540]``, shows any other part. ``relative`` chooses the numbers
    in the ladder.

    >>> import tcpcourse as tcp
    >>> page = tcp.views.stepper(tcp.recording("refused"), relative=False)
    """
    trace = as_trace(trace)
    title = visible(trace.title, 80)
    steps = "".join(_steps(trace, relative, max(most, 2)))
    remarks = "".join(f"<p>{markup(visible(text, 300))}</p>" for text in trace.remarks)
    return Html(
        f"<style>{_part('stepper.css')}</style>"
        f'<div class="tcp-stepper" role="group" tabindex="0" data-lm-suppress-shortcuts="true"'
        f' aria-label="Stepper: {markup(title)}">'
        f"<p><b>{markup(title)}</b> {markup(_provenance(trace))}</p>{remarks}"
        f"{steps or '<p>Nothing happened: this trace has no steps.</p>'}</div>"
        f"<script>{_part('stepper.js')}</script>"
    )


def _provenance(trace: Trace) -> str:
    words = {
        "simulated": "simulated",
        "captured": "captured; the states are inferred",
        "live": "live, from this machine's own TCP",
    }[trace.provenance]
    return f"({words}; {len(trace.packets):,} packets, {len(trace):,} steps)"


def _steps(trace: Trace, relative: bool, most: int) -> Iterator[str]:
    if not trace.steps:
        return
    shown = chosen(trace, most)
    known, basis = study(trace), bases(trace)
    walked: dict[Side, dict[Edge, None]] = {"A": {}, "B": {}}
    explained: set[int] = set()
    for before, place in pairwise([-1, *shown]):
        if place > before + 1:
            yield _folded(trace, before + 1, place)
        for step in trace.steps[before + 1 : place + 1]:
            for side in SIDES:
                walked[side].update(dict.fromkeys(taken(step, side)))
        step = trace.steps[place]
        pictures = (
            draw_ladder(
                trace, nearby(trace, place, HEIGHT), relative,
                so_far=True, known=known,
            ),
            draw_diagram(step, {side: tuple(found) for side, found in walked.items()}, SMALL),
        )  # fmt: skip
        words = _words(trace, step, _to_explain(step, explained), basis)
        numbers = " ".join(str(packet.number) for packet in _packets(step))
        yield (
            f'<details data-packets="{numbers}"{"" if place else " open"}>'
            f"<summary>{place + 1}. {markup(happening(step))}</summary>"
            f'<div class="tcp-step">{"".join(map(_image, pictures))}'
            f'<div class="tcp-words">{words}</div></div></details>'
        )


def chosen(trace: Trace, most: int) -> list[int]:
    """The places of at most ``most`` steps worth showing, in order."""
    count = len(trace.steps)
    if count <= most:
        return list(range(count))
    edge = min(EDGE, most // 2)
    ranked = chain(
        (0, count - 1),
        (place for place, step in enumerate(trace.steps) if _moves_a_state(step)),
        (place for place, step in enumerate(trace.steps) if _goes_wrong(step)),
        (place for near in range(edge) for place in (near, count - 1 - near)),
        range(count),
    )
    places: set[int] = set()
    for place in ranked:
        if len(places) == most:
            break
        places.add(place)
    return sorted(places)


def _moves_a_state(step: Step) -> bool:
    return step.before.a.possible != step.after.a.possible or (
        step.before.b.possible != step.after.b.possible
    )


def _goes_wrong(step: Step) -> bool:
    return any(packet.notes or packet.fate in ("lost", "duplicate") for packet in _packets(step))


def _packets(step: Step) -> tuple[Packet, ...]:
    return step.sent if step.packet is None else (step.packet, *step.sent)


def _to_explain(step: Step, explained: set[int]) -> list[Packet]:
    """Packets of this step whose numbers were not explained before, else the one that came."""
    new = [packet for packet in _packets(step) if packet.number not in explained]
    explained.update(packet.number for packet in new)
    return new[:EXPLAINED] or [packet for packet in (step.packet,) if packet is not None]


def _words(trace: Trace, step: Step, packets: list[Packet], basis: Mapping[int, Basis]) -> str:
    moves = "".join(
        f"<p><b>{move.who}:</b> {markup(visible(move.why, 600))}"
        f"{f' <cite>[{markup(visible(move.cite))}]</cite>' if move.cite else ''}</p>"
        for move in step.moves
    )
    sums = "".join(
        explain_packet(trace, packet, basis[packet.number]).html() for packet in packets
    )
    return (moves + sums) or "<p>Nothing changes.</p>"


def _image(svg: Svg) -> str:
    return f'<img alt="{markup(svg.title)}" src="{svg.data_uri()}">'


def _folded(trace: Trace, start: int, stop: int) -> str:
    """A run of steps told in one line."""
    steps = trace.steps[start:stop]
    seen = {packet.number: packet for step in steps for packet in _packets(step)}
    amounts = []
    for side in SIDES:
        sizes = [len(packet.segment.data) for packet in seen.values() if packet.sender == side]
        amounts.append(f"{side} sends {len(sizes):,} packets with {sum(sizes):,} bytes of data")
    odd = sum(1 for packet in seen.values() if fate(packet))
    moved = sum(map(_moves_a_state, steps))
    words = f"{', '.join(amounts)}. "
    words += f"{odd:,} of them are lost, repeated or otherwise remarkable. " if odd else ""
    words += f"States change in {moved:,} of these steps." if moved else "No state changes."
    return (
        f"<details><summary>{start + 1:,} … {stop:,}. {stop - start:,} steps folded</summary>"
        f'<div class="tcp-step"><div class="tcp-words"><p>{markup(words)} To look inside:'
        f" <code>trace[{start}:{min(stop, start + MOST)}]</code></p></div></div></details>"
    )
