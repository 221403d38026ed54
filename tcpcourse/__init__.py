"""How TCP connections really work: a state machine, a simulator, a capture reader, pictures.

The map of the house, from left to right (a room imports only from rooms to its left)::

    words/      sentences for people, marked so that they can be translated
    core/       what TCP is: SeqNumber, Segment, State, TRANSITIONS, Tcb, Endpoint
    trace       the story of a connection: Trace, Step, Packet
    sources/    where traces come from: simulate(), load(), the observer, the own kernel
    views/      pictures and tables of a trace: ladder, state_diagram, table, explain, …
    widgets/    live widgets for notebooks: Predictor, …
    exercises/  problems with numbers of their own for each student, and their grading
    export/     decks, pages and sites made from the chapters

``import tcpcourse as tcp`` loads only words, core and trace; whatever needs a larger library
is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tcpcourse.core.endpoint import Endpoint
from tcpcourse.core.errors import CallError, CaptureError, TcpCourseError
from tcpcourse.core.options import Options
from tcpcourse.core.reaction import Reaction
from tcpcourse.core.segment import Flags, Segment
from tcpcourse.core.seq import SeqNumber
from tcpcourse.core.states import Event, State
from tcpcourse.core.table import TRANSITIONS, Row
from tcpcourse.core.tcb import Tcb
from tcpcourse.speech import language
from tcpcourse.trace import Packet, Step, Trace

if TYPE_CHECKING:
    from tcpcourse import exercises, views, widgets
    from tcpcourse.sources.capture.load import load
    from tcpcourse.sources.machine.crowd import crowd
    from tcpcourse.sources.machine.kernel import live
    from tcpcourse.sources.recordings import recording, recordings
    from tcpcourse.sources.simulation.explore import explore
    from tcpcourse.sources.simulation.network import simulate
    from tcpcourse.sources.simulation.scenario import Act, Host, Scenario
    from tcpcourse.sources.simulation.script import play
    from tcpcourse.sources.simulation.stories import scenarios
    from tcpcourse.views.arithmetic import explain

__version__ = "0.1.0"

__all__ = [
    "TRANSITIONS",
    "Act",
    "CallError",
    "CaptureError",
    "Endpoint",
    "Event",
    "Flags",
    "Host",
    "Options",
    "Packet",
    "Reaction",
    "Row",
    "Scenario",
    "Segment",
    "SeqNumber",
    "State",
    "Step",
    "Tcb",
    "TcpCourseError",
    "Trace",
    "crowd",
    "exercises",
    "explain",
    "explore",
    "language",
    "live",
    "load",
    "play",
    "recording",
    "recordings",
    "scenarios",
    "simulate",
    "views",
    "widgets",
]

_LATER = {
    "Act": "tcpcourse.sources.simulation.scenario",
    "Host": "tcpcourse.sources.simulation.scenario",
    "Scenario": "tcpcourse.sources.simulation.scenario",
    "crowd": "tcpcourse.sources.machine.crowd",
    "explain": "tcpcourse.views.arithmetic",
    "explore": "tcpcourse.sources.simulation.explore",
    "live": "tcpcourse.sources.machine.kernel",
    "load": "tcpcourse.sources.capture.load",
    "play": "tcpcourse.sources.simulation.script",
    "recording": "tcpcourse.sources.recordings",
    "recordings": "tcpcourse.sources.recordings",
    "scenarios": "tcpcourse.sources.simulation.stories",
    "simulate": "tcpcourse.sources.simulation.network",
}
_ROOMS = ("exercises", "views", "widgets")


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"tcpcourse.{name}")
    if name in _LATER:
        value = getattr(import_module(_LATER[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'tcpcourse' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


def _as_html(trace: Trace) -> str:
    from tcpcourse.views.stage import stage

    return stage(trace)


def _save_capture(trace: Trace, path: str) -> None:
    from tcpcourse.sources.capture.write import write_trace

    write_trace(trace, path)


def _save_page(trace: Trace, path: str) -> None:
    from tcpcourse.views.page import save_text, whole_page

    save_text(path, whole_page(trace.title, _as_html(trace)))


def _save_picture(trace: Trace, path: str) -> None:
    from tcpcourse.views.ladder import ladder

    ladder(trace).save(path)


# A trace shows itself on the stage and writes itself as a page, a picture or a capture;
# only here do the room of traces and the rooms to its right meet.
Trace.as_html = _as_html
Trace.savers.update(
    {".html": _save_page, ".svg": _save_picture, ".pcap": _save_capture, ".pcapng": _save_capture}
)
