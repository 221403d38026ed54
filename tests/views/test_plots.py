"""The plots: numbers reckoned by hand, axes with units, and nothing heavy before they are used."""

from __future__ import annotations

import re
import subprocess
import sys
from base64 import b64decode

import pytest

from tcpcourse.sources.recordings import recording
from tcpcourse.views import bytes_in_flight, round_trips, time_sequence
from tcpcourse.views.palette import INK, SIDE
from tcpcourse.views.plots import round_trip_times

from . import stories

MS = 1_000_000


def test_units_are_on_the_axes() -> None:
    units = {time_sequence: "[bytes]", bytes_in_flight: "[bytes]", round_trips: "[ms]"}
    for draw, unit in units.items():
        axes = draw(stories.talk()).axes[0]
        assert axes.get_xlabel() == "time since the start [s]"
        assert axes.get_ylabel().endswith(unit)


def test_round_trips_of_a_talk_are_twenty_milliseconds() -> None:
    # 10 ms each way; SYN, data and FIN of A are each acknowledged at once
    assert [wait for _, wait in round_trip_times(stories.talk(), "A")] == [20 * MS] * 3


def test_what_was_sent_again_is_not_timed() -> None:
    # packet 4, the data, is lost and sent again: nobody knows which one an ACK is for
    assert [wait for _, wait in round_trip_times(stories.talk(lose=4), "A")] == [20 * MS] * 2


def test_in_flight_of_the_document() -> None:
    axes = bytes_in_flight(stories.avatar(), "B").axes[0]
    amounts = list(axes.lines[0].get_ydata())
    # after each packet but the SYN of A: SYN, acknowledged, …, 1460, 2920, 0
    assert amounts == [1, 0, 0, 0, 1460, 2920, 0]


def test_lost_and_resent_packets_are_told_apart() -> None:
    legend = time_sequence(stories.talk(lose=4)).legends[0]
    assert [text.get_text() for text in legend.get_texts()][:3] == ["sent", "sent again", "lost"]


@pytest.mark.parametrize("draw", [time_sequence, bytes_in_flight, round_trips])
def test_nothing_to_plot_is_no_error(draw) -> None:  # type: ignore[no-untyped-def]
    for trace in (stories.empty(), stories.unknown()):
        assert 'src="data:image/svg+xml;base64,' in draw(trace)._repr_html_()


def test_a_title_is_no_formula() -> None:
    from dataclasses import replace

    figure = time_sequence(replace(stories.talk(), title='$\\frac$"><b>'))
    shown = figure._repr_html_()
    assert (
        'alt="What A sent, and how much of it was acknowledged. $\\frac$&quot;&gt;&lt;b&gt;. Up'
        in shown
    )


def drawn(figure) -> str:  # type: ignore[no-untyped-def]
    """The picture that a plot shows."""
    return b64decode(figure._repr_html_().split("base64,")[1].split('"')[0]).decode()


def test_it_is_the_same_every_time_and_in_the_pages_colours() -> None:
    first, second = (drawn(time_sequence(stories.talk(lose=4))) for _ in range(2))
    assert first == second
    assert str(SIDE["A"]) in first and str(INK) in first
    assert not re.search(rf"(?<!light-dark\(){INK.light}", first)


def test_the_moment_that_matters_is_named() -> None:
    assert [n.get_text() for n in time_sequence(stories.talk(lose=4)).axes[0].texts] == [
        "packet 4 was lost"
    ]
    # 10 ms each way
    assert [n.get_text() for n in round_trips(stories.talk()).axes[0].texts] == [
        "the longest: 20 ms"
    ]
    # the document's server sends two segments of 1460 bytes, and then has its ACK
    assert [n.get_text() for n in bytes_in_flight(stories.avatar(), "B").axes[0].texts] == [
        "at most 2,920 at a time"
    ]


def test_a_full_window_stops_the_sender() -> None:
    # packets 4 to 7 carry 4 × 1448 = 5792 bytes, and that is the window in packet 2
    notes = bytes_in_flight(recording("zero-window")).axes[0].texts
    assert [note.get_text() for note in notes] == ["A had to stop here: the window allows no more"]


def test_many_packets_make_no_large_picture() -> None:
    assert len(drawn(time_sequence(stories.long(9000), "B"))) < 300_000


def test_views_load_nothing_heavy() -> None:
    code = (
        "import sys, tcpcourse.views as views; views.time_sequence, views.stage;"
        "heavy = {'numpy', 'matplotlib', 'pandas', 'scapy', 'ipywidgets'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
