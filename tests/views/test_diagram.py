"""The state diagram: every rule of the table that changes a state is an edge, and no other."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from tcpcourse.core.states import State
from tcpcourse.core.table import TRANSITIONS
from tcpcourse.trace import End, Ends
from tcpcourse.views import state_diagram
from tcpcourse.views.diagram import EDGES, IN_FIGURE, draw_diagram, label, path
from tcpcourse.views.routes import LARGE, PLACES, ROUTES, SMALL, Grid
from tcpcourse.views.svg import Svg

from . import stories

SVG = "{http://www.w3.org/2000/svg}"

ROWS = {(str(row.state), str(row.next)) for row in TRANSITIONS if row.state is not row.next}

# RFC 9293 figure 5, read arrow by arrow.
FIGURE_5 = {
    ("CLOSED", "LISTEN"), ("LISTEN", "CLOSED"), ("CLOSED", "SYN_SENT"), ("SYN_SENT", "CLOSED"),
    ("LISTEN", "SYN_RCVD"), ("SYN_RCVD", "LISTEN"), ("LISTEN", "SYN_SENT"),
    ("SYN_SENT", "SYN_RCVD"), ("SYN_RCVD", "ESTABLISHED"), ("SYN_SENT", "ESTABLISHED"),
    ("SYN_RCVD", "FIN_WAIT_1"), ("ESTABLISHED", "FIN_WAIT_1"), ("ESTABLISHED", "CLOSE_WAIT"),
    ("FIN_WAIT_1", "FIN_WAIT_2"), ("FIN_WAIT_1", "CLOSING"), ("FIN_WAIT_2", "TIME_WAIT"),
    ("CLOSING", "TIME_WAIT"), ("CLOSE_WAIT", "LAST_ACK"), ("LAST_ACK", "CLOSED"),
    ("TIME_WAIT", "CLOSED"),
}  # fmt: skip


def drawn(svg: Svg, light: bool) -> set[tuple[str, ...]]:
    """The edges that a picture has, solid or light ones."""
    root = ElementTree.fromstring(svg.svg)
    found = set()
    for group in root.iter(SVG + "g"):
        if "data-edge" in group.attrib:
            css = group.find(SVG + "path").attrib["class"]  # type: ignore[union-attr]
            if ("y" in css.split()) == light:
                found.add(tuple(group.attrib["data-edge"].split()))
    return found


def test_drawn_edges_are_the_rows_of_the_table() -> None:
    svg = state_diagram()
    assert drawn(svg, light=False) | drawn(svg, light=True) == ROWS


def test_solid_edges_are_those_of_figure_5() -> None:
    assert drawn(state_diagram(), light=False) == FIGURE_5


def test_the_other_ten_can_be_switched_off() -> None:
    assert len(drawn(state_diagram(), light=True)) == 10
    assert drawn(state_diagram(extra_edges=False), light=True) == set()


def test_the_small_diagram_has_as_many_lines() -> None:
    svg = draw_diagram(stories.talk()[0], {"A": (), "B": ()}, SMALL).svg
    lines = dict(re.findall(r'<path class="(v y|v)" d="([^"]*)"', svg))
    assert lines["v"].count("M") == 20
    assert lines["v y"].count("M") == 10


@pytest.mark.parametrize("grid", [SMALL, LARGE])
@pytest.mark.parametrize("edge", list(EDGES), ids=lambda edge: f"{edge[0]}-{edge[1]}")
def test_a_route_leads_from_box_to_box(edge: tuple[State, State], grid: Grid) -> None:
    for state, place in zip(edge, (ROUTES[edge][0], ROUTES[edge][-1]), strict=True):
        middle = grid.at((*PLACES[state], 0, 0))
        x, y = grid.at(place)
        across = abs(x - middle[0]) / grid.half_width
        down = abs(y - middle[1]) / grid.half_height
        assert max(across, down) == pytest.approx(1, abs=0.1), "not at the border of its box"


@pytest.mark.parametrize("grid", [SMALL, LARGE])
def test_no_route_runs_through_another_box(grid: Grid) -> None:
    for edge, route in ROUTES.items():
        points = [grid.at(place) for place in route]
        for (x1, y1), (x2, y2) in pairwise(points):
            for state, (column, row) in PLACES.items():
                if state in edge:
                    continue
                x, y = grid.at((column, row, 0, 0))
                for part in range(21):
                    px, py = x1 + (x2 - x1) * part / 20, y1 + (y2 - y1) * part / 20
                    inside = abs(px - x) < grid.half_width and abs(py - y) < grid.half_height
                    assert not inside, f"{edge} runs through {state}"


def test_everything_is_inside_the_picture() -> None:
    for grid in (SMALL, LARGE):
        for route in ROUTES.values():
            for x, y in map(grid.at, route):
                assert 0 < x < grid.width and 0 < y < grid.height


Box = tuple[float, float, float, float]


def label_boxes(edge: tuple[State, State]) -> list[Box]:
    """Left, top, right and bottom of each line of an edge's label, in letters of 6 × 12 units."""
    found = []
    lines = r'<text x="([-\d.]+)" y="([-\d.]+)" class="([^"]*)">([^<]*)<'
    for x, y, css, words in re.findall(lines, label(edge, LARGE)):
        wide = 6.0 * len(words)
        left = float(x) - (wide if "e" in css.split() else wide / 2 if "c" in css.split() else 0)
        found.append((left, float(y) - 9, left + wide, float(y) + 3))
    return found


def meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def test_labels_are_off_the_lines_and_boxes_and_each_other() -> None:
    labels = {edge: label_boxes(edge) for edge in EDGES}
    w, h = LARGE.half_width, LARGE.half_height
    boxes = [LARGE.at((*place, 0, 0)) for place in PLACES.values()]
    for edge, words in labels.items():
        for box in words:
            assert box[0] > 0 and box[2] < LARGE.width, edge
            for x, y in boxes:
                assert not meet(box, (x - w, y - h, x + w, y + h)), edge
            for other, route in ROUTES.items():
                for (x1, y1), (x2, y2) in pairwise(map(LARGE.at, route)):
                    line = (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
                    assert not meet(box, line), (edge, other)
            for other, more in labels.items():
                assert other == edge or not any(meet(box, each) for each in more), (edge, other)


def test_both_ends_and_the_path_are_shown() -> None:
    trace = stories.talk()
    walked = path(trace.steps)
    names = [(str(a), str(b)) for a, b in walked["A"]]
    assert names == [
        ("CLOSED", "SYN_SENT"), ("SYN_SENT", "ESTABLISHED"), ("ESTABLISHED", "FIN_WAIT_1"),
        ("FIN_WAIT_1", "FIN_WAIT_2"), ("FIN_WAIT_2", "TIME_WAIT"),
    ]  # fmt: skip
    assert [str(b) for _, b in walked["B"]] == [
        "LISTEN", "SYN_RCVD", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSED",
    ]  # fmt: skip
    svg = state_diagram(trace)
    assert "A is TIME_WAIT, B is CLOSED" in svg.title
    assert "waits 2MSL" in svg.svg


def test_a_step_shows_the_row_that_fired() -> None:
    trace = stories.talk()
    step = next(step for step in trace if step.packet and step.who == "A")
    svg = state_diagram(step).svg
    assert "A: SYN_SENT → ESTABLISHED: rcv SYN,ACK / snd ACK" in svg


def test_an_end_in_several_possible_states_is_marked_in_each() -> None:
    step = stories.unknown()[0]
    svg = state_diagram(step).svg
    assert svg.count('<path class="a d"') == 2  # dashed frames, for A's two
    assert '<path class="b' not in svg  # of B nothing is known


def test_no_row_means_no_edge() -> None:
    """A crash moves an end without a rule; the diagram shows where it is, and no arrow."""
    step = stories.talk()[0]
    jump = Ends(End((State.TIME_WAIT,)), End((State.ESTABLISHED,)))
    crashed = type(step)(0, 0, "A", "crashes", None, (), jump, step.before, ())
    assert path([crashed])["A"] == ((State.TIME_WAIT, State.CLOSED),)  # this jump is an edge
    assert path([crashed])["B"] == ((State.ESTABLISHED, State.CLOSED),)
    odd = Ends(End((State.LISTEN,)), End((State.LISTEN,)))
    jumped = type(step)(0, 0, "A", "jumps", None, (), jump, odd, ())
    assert path([jumped]) == {"A": (), "B": ()}
    assert "A is LISTEN" in state_diagram(jumped).title


def test_figure_5_and_the_table_agree_on_what_is_in_the_figure() -> None:
    assert {(str(a), str(b)) for a, b in IN_FIGURE} == FIGURE_5
