"""When each thing in the life of an end happened, read from the packets.

How both ends open is in ``openings``, how they close in ``closing``, other ends in ``endings``.
"""

from __future__ import annotations

from collections.abc import Sequence

from tcpcourse.sources.observer.arrivals import (
    NOT_AT_ALL,
    Clock,
)
from tcpcourse.sources.observer.closing import (
    fin_acked,
    fin_got,
    fin_of,
    fin_sent,
    waiting_for_the_handshake,
    who_first,
)
from tcpcourse.sources.observer.endings import how_it_ended
from tcpcourse.sources.observer.evidence import (
    Evidence,
    Line,
)
from tcpcourse.sources.observer.facts import Fact, LifeStory
from tcpcourse.sources.observer.lives import Life, Side
from tcpcourse.sources.observer.openings import opening
from tcpcourse.sources.observer.talks import bases_of, resets_of, spans_of, talk_of


def life_story(
    evidence: Evidence,
    sides: tuple[Side, Side],
    life: Life,
    peer_lives: Sequence[Life],
    lines: tuple[Line, Line],
    clock: Clock,
) -> LifeStory:
    """Read from the packets when each thing happened in ``life``.

    ``sides`` and ``lines`` are those of the end whose life it is, and then of its peer.
    """
    own, peer = sides
    bases = bases_of(evidence, own, peer, life, lines)
    mine = talk_of(evidence, own, life, lines, bases)
    theirs = talk_of(evidence, peer, life, lines[::-1], bases[::-1], spans_of(life, peer_lives))
    facts = dict.fromkeys(Fact, NOT_AT_ALL)
    story = LifeStory(
        life,
        facts,
        None,
        mine,
        theirs,
        resets_of(evidence, own, life, lines, bases),
        resets_of(evidence, peer, life, lines[::-1], bases[::-1]),
    )
    opening(story, clock, gone=life.end < len(evidence))
    least = 0 if life.opened is None else 1  # number 0 is the SYN's, or from before the capture
    our_fin = fin_of(mine, theirs, least)
    peer_fin = fin_of(theirs, mine, least)
    if our_fin is not None:
        facts[Fact.OUR_FIN] = fin_sent(mine, theirs, our_fin, life, clock)
    if peer_fin is not None:
        facts[Fact.PEER_FIN] = fin_got(story, peer_fin, clock)
        waiting_for_the_handshake(story)
    story.fin_first = who_first(mine, theirs, our_fin, peer_fin, facts)
    if our_fin is not None:
        facts[Fact.FIN_ACKED] = fin_acked(story, our_fin, clock)
    facts[Fact.OVER] = how_it_ended(story, clock)
    return story
