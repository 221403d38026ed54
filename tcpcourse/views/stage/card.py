"""What the NOW card says of a scene: its sentence, its numbers, and why."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tcpcourse.trace import SIDES, Side, Step, Trace
from tcpcourse.views.arithmetic import explain_packet
from tcpcourse.views.basis import Basis
from tcpcourse.views.escape import markup, visible
from tcpcourse.views.palette import PHASE_OF
from tcpcourse.views.stage.facts import Facts
from tcpcourse.views.stage.scenes import Scene
from tcpcourse.views.stage.words import call, flags, label
from tcpcourse.views.words import numbers
from tcpcourse.words import message

EXPLAINED = 2  # packets whose arithmetic one scene shows


def spoken(words: str) -> str:
    """A sentence as HTML; the name of an end is not parted from what it does."""
    return re.sub(r"(^|\s)([AB]) ", "\\1\\2\u00a0", markup(visible(words, 600)))


def numbers_of(scene: Scene, facts: Facts, relative: bool) -> str:
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


def why_of(trace: Trace, step: Step, basis: Mapping[int, Basis], explained: set[int]) -> str:
    """The rows that fired, and the arithmetic of packets that are not in ``explained`` yet.

    What was explained is added to the set.
    """
    words = "".join(
        f"<p>{markup(visible(message('{who}: {why}', who=move.who, why=move.why), 600))}"
        f"{f' <cite>[{markup(visible(move.cite))}]</cite>' if move.cite else ''}</p>"
        for move in step.moves
    )
    every = step.sent if step.packet is None else (step.packet, *step.sent)
    new = [packet for packet in every if packet.number not in explained][:EXPLAINED]
    for packet in new or every[:1]:
        explained.add(packet.number)
        found = explain_packet(trace, packet, basis[packet.number])
        words += found.html(brief=True)
    return words
