"""The front door: which names there are, and that each shows how it is used."""

from __future__ import annotations

import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import tcpcourse as tcp

# The public contract, typed by hand: whoever adds a name adds it here on purpose.
PUBLIC = {
    "Act", "CallError", "CaptureError", "Endpoint", "Event", "Flags", "Host", "Options", "Packet",
    "Reaction", "Row", "Scenario", "Segment", "SeqNumber", "State", "Step", "TRANSITIONS", "Tcb",
    "TcpCourseError", "Trace", "crowd", "exercises", "explain", "explore", "language", "live",
    "load", "play", "recording", "recordings", "scenarios", "simulate", "views", "widgets",
}  # fmt: skip
VIEWS = {
    "Explanation", "Html", "Svg", "Table", "atlas", "bytes_in_flight", "explain", "ladder",
    "number_circle", "number_line", "pair_map", "playground", "round_trips", "sequence_strip",
    "stage", "state_diagram", "table", "time_sequence",
}  # fmt: skip
WIDGETS = {"Calculator", "CaptureBrowser", "Playground", "Predictor"}


def test_the_names_are_those_of_the_contract() -> None:
    assert set(tcp.__all__) == PUBLIC and len(tcp.__all__) == len(PUBLIC)
    assert set(tcp.views.__all__) == VIEWS
    assert set(tcp.widgets.__all__) == WIDGETS
    assert dir(tcp) == sorted(PUBLIC)


@pytest.mark.parametrize(
    ("room", "name"),
    [(tcp, name) for name in sorted(PUBLIC)]
    + [(tcp.views, name) for name in sorted(VIEWS)]
    + [(tcp.widgets, name) for name in sorted(WIDGETS)],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_each_name_has_an_example(room: ModuleType, name: str) -> None:
    value = getattr(room, name)
    if isinstance(value, ModuleType | tuple):
        return  # a room says in its own text what is in it; the table's rows have the example
    assert ">>> " in (value.__doc__ or ""), f"{name} does not show how it is used"


def test_what_is_no_name() -> None:
    with pytest.raises(AttributeError, match="module 'tcpcourse' has no attribute 'simulator'"):
        tcp.simulator  # noqa: B018


def test_the_version_is_said_once() -> None:
    root = Path(__file__).parents[1]
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" in settings["project"]["dynamic"]
    assert settings["tool"]["hatch"]["version"]["path"] == "tcpcourse/__init__.py"
