"""A picture as one SVG, and the few shapes that all pictures share.

Colours are the palette's, light or dark as the page or the reader has it. Every picture paints
its own background. No shape has an ``id``, so that any number of pictures can stand on one page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from os import PathLike

from tcpcourse.views import palette
from tcpcourse.views.escape import brief, markup, visible
from tcpcourse.views.page import save_text

_STYLE = (
    ".tv{font:12px system-ui,sans-serif}.tv .g{fill:var(--bg)}.tv text{fill:var(--ink)}"
    ".tv .s{font-size:11px}.tv .t{font-weight:600}.tv .e{text-anchor:end}.tv .c{text-anchor:middle}"
)


@dataclass(frozen=True, slots=True, repr=False)
class Svg:
    """A picture. ``svg`` is its markup; ``title`` says in words what it shows.

    >>> import tcpcourse as tcp
    >>> picture = tcp.views.ladder(tcp.simulate("refused"))
    >>> picture.save("refused.svg")
    >>> picture.svg[:4]
    '<svg'
    """

    svg: str
    title: str
    width: int
    height: int

    def _repr_html_(self) -> str:
        return f'<div style="overflow-x:auto">{self.svg}</div>'

    def save(self, path: str | PathLike[str]) -> None:
        """Write the picture as an ``.svg`` file."""
        save_text(path, self.svg)

    def __str__(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<Svg {self.width}×{self.height}: {brief(self.title, 160)}>"


def picture(
    parts: Iterable[str],
    width: int,
    height: int,
    title: str,
    kind: str,
    *,
    style: str = "",
    zoom: float = 1,
    short: bool = False,
) -> Svg:
    """Put shapes together into a picture of ``width`` × ``height`` units.

    ``kind`` is the class of the picture; it takes the place of ``tv`` in ``style``, so that
    the styles of pictures of two kinds on one page do not meet.

    ``zoom`` is how many pixels a unit takes up where there is room. A ``short`` picture
    leaves its size to the page and has its title as a label only, not as a tooltip too.
    """
    title = visible(title, 600)
    words = markup(title)
    least = round(width * 0.8)  # below that letters could not be read: the page scrolls instead
    fluid = f' style="max-width:100%;min-width:{least}px;height:auto"><title>{words}</title'
    fluid = "" if short else fluid
    body = "".join(parts)
    rules = (_STYLE + style).replace(".tv", f".{kind}")
    rules = f".{kind}{{{palette.variables(rules + body)}}}{rules}{palette.schemes(kind)}"
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{kind}" viewBox="0 0 {width} {height}"'
        f' width="{round(width * zoom)}" height="{round(height * zoom)}" role="img"'
        f' aria-label="{words}"{fluid}><style>{rules}</style>'
        f'<path class="g" d="M0 0H{width}V{height}H0z"/>{body}</svg>'
    )
    return Svg(svg, title, width, height)


def num(value: float) -> str:
    """A coordinate with at most one decimal, always written the same way."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def write(x: float, y: float, words: str, style: str = "", extra: str = "") -> str:
    """A line of text at a point; ``words`` are plain text."""
    kind = f' class="{style}"' if style else ""
    return f'<text x="{num(x)}" y="{num(y)}"{kind}{extra}>{markup(words)}</text>'


def head(x: float, y: float, dx: float, dy: float, size: float = 7) -> str:
    """The outline of an arrow head with its tip at a point, for an arrow going (dx, dy)."""
    if dx and dy:
        length = (dx * dx + dy * dy) ** 0.5
        ux, uy = dx / length * size, dy / length * size
        back = f"{num(-ux - uy * 0.45)} {num(-uy + ux * 0.45)}"
        return f"M{num(x)} {num(y)}l{back} {num(uy * 0.9)} {num(-ux * 0.9)}z".replace(" -", "-")
    half = round(size * 0.45)
    if dx:
        back = f"l{'-' if dx > 0 else ''}{num(size)}-{half}v{2 * half}z"
    else:
        back = f"l-{half}{'-' if dy > 0 else ' '}{num(size)}h{2 * half}z"
    return f"M{num(x)} {num(y)}{back}"
