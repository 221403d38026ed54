"""The ladder: two lifelines, time downwards, an arrow a packet, a band for each end's state."""

from __future__ import annotations

from tcpcourse.trace import Trace
from tcpcourse.views.escape import markup, visible
from tcpcourse.views.given import HasTrace, as_trace
from tcpcourse.views.palette import schemes
from tcpcourse.views.stage.drawing import HEAD, WIDTH
from tcpcourse.views.stage.facts import learn
from tcpcourse.views.stage.layout import lay_out
from tcpcourse.views.stage.scenes import scenes
from tcpcourse.views.stage.still import in_words, still
from tcpcourse.views.svg import Svg

LEAST = round(WIDTH * 0.8)  # below that letters could not be read: the page scrolls instead


def ladder(trace: Trace | HasTrace, relative: bool = True, most: int = 60) -> Svg:
    """The whole story between two lifelines, as the stage draws it.

    Arrows of a simulation slant, for a packet takes time to cross; those of a capture are
    level, for it has one vantage point. Of a trace with more than ``most`` steps at most so
    many are shown one by one, and the others put together. ``relative`` chooses the numbers.

    >>> import tcpcourse as tcp
    >>> tcp.views.ladder(tcp.recording("refused")).save("refused.svg")
    """
    trace = as_trace(trace)
    facts = learn(trace)
    shown = scenes(trace, facts, most, most)
    sheet = lay_out(shown, facts)
    name = visible(trace.title, 60)
    title = f"{name}. {in_words(trace)}" if name else in_words(trace)
    words = markup(title)
    over = f"<style>{schemes('tcp-ladder')}</style>"
    if not shown:
        over += f'<text class="c" x="{WIDTH / 2:g}" y="24">Nothing happened.</text>'
    svg = still(
        trace,
        shown,
        sheet,
        relative,
        attributes=f'role="img" aria-label="{words}"'
        f' style="max-width:100%;min-width:{LEAST}px;height:auto"',
        over=over,
    )
    return Svg(svg, title, WIDTH, round(sheet.height + HEAD))
