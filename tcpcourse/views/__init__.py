"""Pictures and tables of a trace: pure functions from Trace or Step to SVG, HTML, text, Figure.

Everything here is deterministic: the same trace gives the same picture, byte for byte. What
comes from packets, hosts and files is escaped. The plots load matplotlib when first called.
"""

from __future__ import annotations

from tcpcourse.views.arithmetic import Explanation, explain
from tcpcourse.views.atlas import atlas
from tcpcourse.views.circle import number_circle
from tcpcourse.views.diagram import state_diagram
from tcpcourse.views.hands import playground
from tcpcourse.views.ladder import ladder
from tcpcourse.views.number_line import number_line
from tcpcourse.views.page import Html
from tcpcourse.views.pairs import pair_map
from tcpcourse.views.plots import bytes_in_flight, round_trips, time_sequence
from tcpcourse.views.stage import stage
from tcpcourse.views.strip import sequence_strip
from tcpcourse.views.svg import Svg
from tcpcourse.views.table import Table, table

__all__ = [
    "Explanation",
    "Html",
    "Svg",
    "Table",
    "atlas",
    "bytes_in_flight",
    "explain",
    "ladder",
    "number_circle",
    "number_line",
    "pair_map",
    "playground",
    "round_trips",
    "sequence_strip",
    "stage",
    "state_diagram",
    "table",
    "time_sequence",
]
