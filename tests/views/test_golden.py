"""Pictures as they were when somebody last looked at them.

After a change that is meant to change them: run with TCPCOURSE_UPDATE_GOLDEN=1, and look at
each picture in ``golden/`` before it is committed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tcpcourse.views import (
    Svg,
    ladder,
    number_circle,
    number_line,
    sequence_strip,
    state_diagram,
)

from . import stories

GOLDEN = Path(__file__).parent / "golden"
PICTURES: dict[str, Callable[[], Svg]] = {
    "ladder-document": lambda: ladder(stories.avatar()),
    "ladder-talk": lambda: ladder(stories.talk()),
    "ladder-lost": lambda: ladder(stories.talk(lose=4)),
    "ladder-copy": lambda: ladder(stories.talk(copy=4)),
    "ladder-unknown": lambda: ladder(stories.unknown()),
    "ladder-empty": lambda: ladder(stories.empty()),
    "states-map": lambda: state_diagram(),
    "states-figure-5": lambda: state_diagram(extra_edges=False),
    "states-talk": lambda: state_diagram(stories.talk()),
    "strip-data": lambda: sequence_strip(stories.talk()[5], "A"),
    "line-document": lambda: number_line(stories.avatar(), 8),
    "line-handshake": lambda: number_line(stories.talk(), 2),
    "circle-wraps": lambda: number_circle(4294967290, 5),
    "strip-captured": lambda: sequence_strip(stories.avatar()[6], "B"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_is_as_it_was(name: str) -> None:
    file = GOLDEN / f"{name}.svg"
    made = PICTURES[name]().svg + "\n"
    if os.environ.get("TCPCOURSE_UPDATE_GOLDEN") == "1":
        GOLDEN.mkdir(exist_ok=True)
        file.write_text(made, encoding="utf-8")
    assert file.is_file(), f"no {file.name}; run with TCPCOURSE_UPDATE_GOLDEN=1 and look at it"
    assert made == file.read_text(encoding="utf-8"), (
        f"{file.name} has changed; if it should, run with TCPCOURSE_UPDATE_GOLDEN=1 and look at it"
    )


def test_no_golden_picture_is_left_over() -> None:
    assert {file.stem for file in GOLDEN.glob("*.svg")} == set(PICTURES)
