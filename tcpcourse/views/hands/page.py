"""The playground as one piece of HTML: a root, and one script with all that it needs, packed."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.states import TIMERS, Event, State
from tcpcourse.core.table import TRANSITIONS
from tcpcourse.sources.simulation.carried import pack
from tcpcourse.sources.simulation.reactions import EVENTS, reaction_table
from tcpcourse.sources.simulation.script import CALLS as CALLED
from tcpcourse.sources.simulation.script import Workbench, moves_of
from tcpcourse.trace import SIDES
from tcpcourse.views import palette
from tcpcourse.views.escape import markup, visible
from tcpcourse.views.hands.words import CALLS, FLAGS, WORDS, refusals, spoken
from tcpcourse.views.palette import PHASE_OF, PHASES
from tcpcourse.views.stage.country import carried
from tcpcourse.views.stage.parcel import LOADER, part
from tcpcourse.words import kept_by_language, message, say

BUTTONS = {"deliver": "p", "lose": "lose", "duplicate": "copy", "delay": "delay"}
"""What a button on the wire is called, before its packet's number."""


def page(script: str = "") -> str:
    """The playground as self-contained HTML; before its script runs it says how it begins."""
    Workbench(script)  # says what is wrong with it
    moves = json.dumps([button(move) for move in moves_of(script)])
    title, question, start = (markup(say(WORDS[name])) for name in ("title", "question", "start"))
    name, code = _packed()
    return (
        "<style>.tcp-hands{font:15px/1.45 system-ui,sans-serif}.tcp-hands .tt{font-size:27px;"
        "font-weight:700;margin:0}"
        ".tcp-hands.slide{box-sizing:border-box;height:var(--stage-high);margin:0;padding:8px 10px;"
        "border:0;zoom:1.28;overflow:hidden}</style>"
        '<div class="tcp-hands" role="group" tabindex="0"'
        f' data-lm-suppress-shortcuts="true" aria-label="{title}"><p class="tt">{title}</p>'
        f'<p class="qu">{question}</p><p>{start}</p></div>'
        f"<script>({LOADER})(document.currentScript.previousElementSibling,{moves},"
        f'"{name}","{code}")</script>'
    )


def button(move: str) -> str:
    """The button of the page that makes a move; ``TcpCourseError`` if there is none."""
    first, *rest = move.split()
    event: Event | None = None
    if first in SIDES and rest:
        event = TIMERS.get(rest[-1]) if rest[0] == "timer" else CALLED.get(rest[0])
    if event in EVENTS:
        return f"{first}{EVENTS.index(event)}"
    if first in BUTTONS and len(rest) == 1 and rest[0].isdecimal():
        return f"{BUTTONS[first]}{int(rest[0])}"
    raise TcpCourseError(
        message(
            "The move {move!r} is not one of a page's playground: it can "
            "listen, connect, send, close, abort, let the timers "
            "retransmission and time-wait run out, and deliver, lose, "
            "duplicate or delay a packet.",
            move=visible(move, 40),
        )
    )


@kept_by_language(2)
def _packed() -> tuple[str, str]:
    """The name under which a page keeps the code, and the code: once for any number of them."""
    style, script, data = _style(), _part("hands.js"), _data()
    name = "tcpHands" + sha256((style + script + data).encode()).hexdigest()[:8]
    text = f"{style}\0window.{name}1=({script})({data})"
    return name, b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode("ascii")


def _style() -> str:
    phases = "".join(
        f".tcp-hands .p{place}{{fill:var(--c{place});stroke:var(--s{place})}}"
        f".tcp-hands .f{place}{{background:var(--c{place});border-color:var(--s{place})}}"
        for place in range(len(PHASES))
    )
    colours = f".tcp-hands{{{palette.variables()}}}{palette.schemes('tcp-hands')}"
    return colours + phases + part("country.css") + _part("hands.css")


def _part(name: str) -> str:
    text = files("tcpcourse.views.hands").joinpath(name).read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith(("//", "/*")))


def _data() -> str:
    table = reaction_table()
    fired = sorted({row for answer in table.answers for row in answer.rows})
    data = {
        "table": pack(table),
        "map": carried(),
        "words": spoken(),
        "calls": [say(call) for call in CALLS],
        "flags": FLAGS,
        "states": [str(state) for state in State],
        "phases": [PHASE_OF[state] for state in State],
        "refusals": refusals(),
        "rows": {row: [say(TRANSITIONS[row].why), TRANSITIONS[row].cite] for row in fired},
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
