"""The style and the script of all stages, and how they travel: packed in each output of a
notebook, which is whole by itself, or once for a whole page.

``stage.packed`` is made from the other files by ``python -m tcpcourse.views.stage.parcel``; it
is kept, not made anew, so that the same story gives the same bytes everywhere.
"""

from __future__ import annotations

import gzip
from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from tcpcourse.views import palette
from tcpcourse.views.palette import PHASES

PACKED = "stage.packed"
PLAIN = (
    ".tcp-stage{margin:12px 0;font:15px/1.45 system-ui,sans-serif}.tcp-stage .tt{font-size:27px;"
    "font-weight:700;margin:0}.tcp-stage .qu{font-size:17px;margin:4px 0 0}"
    ".tcp-stage .ld img{max-width:100%;height:auto}.tcp-stage .lg{display:none}"
)
"""What a stage needs to be read before its script has run, or without it."""

# Unpack style and script once on a page, then let the script build this stage.
LOADER = (
    "async(root,data,name,code)=>(await(window[name]??=(async()=>{"
    "const bytes=Uint8Array.from(atob(code),c=>c.charCodeAt(0));"
    'const stream=new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));'
    'const parts=(await new Response(stream).text()).split("\\0");'
    '["style","script"].forEach((kind,place)=>{const part=document.createElement(kind);'
    "part.textContent=parts[place];document.head.append(part)});"
    "return window[name+1]})()))(root,data)"
)


@lru_cache(maxsize=16)
def part(name: str) -> str:
    """A file of the stage, without comments and indentation."""
    text = files("tcpcourse.views.stage").joinpath(name).read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith(("//", "/*")))


SCRIPT = ("build.js", "parts.js", "fit.js", "paint.js", "steps.js", "listen.js")
"""The script, in parts that make one function together: what it is made of, the ladder's parts,
where they stand, how they look at any moment, going from step to step, and what hands do."""


@lru_cache(maxsize=1)
def joined() -> str:
    """The script's parts, put together."""
    return "\n".join(part(name) for name in SCRIPT)


@lru_cache(maxsize=1)
def style() -> str:
    """The style of every stage."""
    phases = "".join(
        f".tcp-stage .p{place}{{fill:var(--c{place});stroke:var(--s{place})}}"
        f".tcp-stage .f{place}.f{place}{{background:var(--c{place});border-color:var(--s{place})}}"
        for place in range(len(PHASES))
    )
    colours = f".tcp-stage{{{palette.variables()}}}{palette.schemes('tcp-stage')}"
    return colours + phases + part("stage.css")


@lru_cache(maxsize=1)
def script() -> str:
    """The script of every stage: it names a function of a root and its data."""
    return f"window.{global_name()}1={joined()}"


@lru_cache(maxsize=1)
def global_name() -> str:
    """The name under which a page keeps the code, another for each version of it."""
    return "tcpStage" + sha256((style() + joined()).encode()).hexdigest()[:8]


@lru_cache(maxsize=1)
def packed() -> str:
    """Style and script, packed for one output."""
    return files("tcpcourse.views.stage").joinpath(PACKED).read_text(encoding="ascii").strip()


def whole() -> str:
    """What is packed."""
    return f"{style()}\0{script()}"


def code() -> str:
    """Style and script once for a whole page, as elements; then ``without_code`` may be used.

    Only here is also what a stage of the class ``slide`` needs.
    """
    name = global_name()
    styles = style() + part("slide.css")
    return f"<style>{styles}</style><script>{script()};window.{name}={name}1</script>"


def without_code(html: str) -> str:
    """The HTML of a page or an output without the code that its stages carry."""
    return html.replace(f'"{packed()}")</script>', '"")</script>')


def main() -> None:
    """Pack style and script anew, beside this module."""
    data = gzip.compress(whole().encode(), 9, mtime=0)
    text = b64encode(data).decode("ascii")
    Path(__file__).with_name(PACKED).write_text(text + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
