"""The predictor as one piece of HTML: a root, and a script with the code and the questions."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import Any

from tcpcourse.core.states import State
from tcpcourse.views import palette
from tcpcourse.views.asks.chart import arrows, place_styles, road, state_class
from tcpcourse.views.asks.picture import Pictures
from tcpcourse.views.asks.questions import AskedPart, PacketQuestion, Quiz
from tcpcourse.views.asks.words import WORDS, spoken
from tcpcourse.views.escape import markup, visible
from tcpcourse.views.palette import PHASES
from tcpcourse.views.stage.parcel import LOADER
from tcpcourse.views.stage.parcel import part as stage_part
from tcpcourse.words import kept_by_language, say

MOST = 40
"""Packets that a page asks for; a longer story needs Python, or a slice."""


def page(quiz: Quiz) -> str:
    """The questions as self-contained HTML; before its script runs it says what it is."""
    title, story, wait = (
        markup(visible(text, 160))
        for text in (say(WORDS["title"]), quiz.trace.title, say(WORDS["no_script"]))
    )
    name, code = _packed()
    data = _pack(json.dumps(_data(quiz), ensure_ascii=False, separators=(",", ":")))
    return (
        "<style>.tcp-asks{font:15px/1.45 system-ui,sans-serif}.tcp-asks .tt{font-size:27px;"
        "font-weight:700;margin:0}"
        ".tcp-asks.slide{box-sizing:border-box;height:var(--stage-high);margin:0;padding:8px 10px;"
        "border:0;zoom:1.28;overflow:hidden}</style>"
        '<div class="tcp-asks" role="group" data-lm-suppress-shortcuts="true"'
        f' aria-label="{title}"><p class="tt">{title}</p><p class="qu">{story}</p>'
        f"<p>{wait}</p></div><script>({LOADER})(document.currentScript.previousElementSibling,"
        f'"{data}","{name}","{code}")</script>'
    )


def _data(quiz: Quiz) -> dict[str, Any]:
    pictures = Pictures(quiz)
    last = min(len(quiz.trace.packets), quiz.first + MOST)
    return {
        "heads": [pictures.head(kind) for kind in pictures.kinds],
        "kinds": pictures.kinds,
        "words": spoken(),
        "map": arrows() if "states" in quiz.ask else "",
        "states": [[str(state), state_class(state)] for state in State],
        "questions": [_told(quiz.question(place), pictures) for place in range(quiz.first, last)],
    }


def _told(question: PacketQuestion, pictures: Pictures) -> dict[str, Any]:
    packet = question.packet
    return {
        "n": packet.number,
        "by": [packet.sender, packet.receiver],
        "told": say(question.told),
        "ladders": [
            [pictures.ladder(question.place, kind, done) for done in (False, True)]
            for kind in pictures.kinds
        ],
        "asked": [_asked(each) for each in question.asked],
    }


def _asked(each: AskedPart) -> dict[str, Any]:
    right = each.read(each.right)
    found: dict[str, Any] = {
        "name": each.name,
        "kind": each.kind,
        "right": right,
        "shown": each.right,
        "wrong": {answer: [say(words) for words in told] for answer, told in each.wrong.items()},
        "why": say(each.because),
    }
    if each.kind == "state" and each.way is not None:
        found["road"] = road(each.way, each.name)
        found["before"] = each.before
    return found


def style() -> str:
    """The style of every predictor, in a page and in a notebook."""
    phases = "".join(
        f".tcp-asks .p{place}{{fill:var(--c{place});stroke:var(--s{place})}}"
        f".tcp-asks .f{place}{{background:var(--c{place});border-color:var(--s{place})}}"
        for place in range(len(PHASES))
    )
    colours = (
        f".tcp-asks{{{palette.variables()};--ok:{palette.RIGHT}}}{palette.schemes('tcp-asks')}"
    )
    return colours + phases + stage_part("ladder.css") + _part("asks.css") + place_styles()


@kept_by_language(2)
def _packed() -> tuple[str, str]:
    """The name under which a page keeps the code, and the code: once for any number of them."""
    text = style() + _part("asks.js")
    name = "tcpAsks" + sha256(text.encode()).hexdigest()[:8]
    return name, _pack(f"{style()}\0window.{name}1={_part('asks.js')}")


def _pack(text: str) -> str:
    return b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode("ascii")


def _part(name: str) -> str:
    text = files("tcpcourse.views.asks").joinpath(name).read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith(("//", "/*")))
