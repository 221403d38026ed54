"""The playground as one piece of HTML: a root, and one script with all that it needs, packed."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files

from tcpcourse.core.states import State
from tcpcourse.core.transitions import TRANSITIONS
from tcpcourse.sources.simulation.carried import pack
from tcpcourse.sources.simulation.reactions import reaction_table
from tcpcourse.views import palette
from tcpcourse.views.escape import markup
from tcpcourse.views.hands.words import CALLS, FLAGS, WORDS, refusals, spoken
from tcpcourse.views.palette import PHASE_OF, PHASES
from tcpcourse.views.stage.parcel import LOADER
from tcpcourse.words import say


def page() -> str:
    """The playground as self-contained HTML; before its script runs it says how it begins."""
    title, question, start = (markup(say(WORDS[name])) for name in ("title", "question", "start"))
    name, code = _packed()
    return (
        "<style>.tcp-hands{font:15px/1.45 system-ui,sans-serif}.tcp-hands .tt{font-size:27px;"
        'font-weight:700;margin:0}</style><div class="tcp-hands" role="group" tabindex="0"'
        f' data-lm-suppress-shortcuts="true" aria-label="{title}"><p class="tt">{title}</p>'
        f'<p class="qu">{question}</p><p>{start}</p></div>'
        f"<script>({LOADER})(document.currentScript.previousElementSibling,null,"
        f'"{name}","{code}")</script>'
    )


@lru_cache(maxsize=1)
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
    return colours + phases + _part("hands.css")


def _part(name: str) -> str:
    text = files("tcpcourse.views.hands").joinpath(name).read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith(("//", "/*")))


def _data() -> str:
    table = reaction_table()
    fired = sorted({row for answer in table.answers for row in answer.rows})
    data = {
        "table": pack(table),
        "words": spoken(),
        "calls": [say(call) for call in CALLS],
        "flags": FLAGS,
        "states": [str(state) for state in State],
        "phases": [PHASE_OF[state] for state in State],
        "refusals": refusals(),
        "rows": {row: [say(TRANSITIONS[row].why), TRANSITIONS[row].cite] for row in fired},
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
