"""Plots with matplotlib: time and sequence numbers, bytes in flight, round-trip times.

matplotlib and numpy are loaded when a plot is first drawn. Labels are in English, for
matplotlib's own fonts have no Chinese characters.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

from tcpcourse.core.seq import MODULUS
from tcpcourse.trace import Packet, Side, Trace
from tcpcourse.views.basis import rel_end
from tcpcourse.views.escape import markup, visible
from tcpcourse.views.given import HasTrace, as_side, as_trace
from tcpcourse.views.palette import NOW_LINE, PHASES, SIDE, TROUBLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SECOND, MILLISECOND = 1_000_000_000, 1_000_000
MOST_WAITING = 1000  # packets that an ACK is awaited for
# Plots are white: the colours of a light page.
SENT, AGAIN, LOST = SIDE["A"].light, NOW_LINE.light, TROUBLE.light
ACKNOWLEDGED, EDGE = PHASES[2].stroke.light, PHASES[0].stroke.light


@cache
def _plot() -> type[Figure]:
    """A Figure that shows itself in a notebook, whether or not pyplot was ever loaded."""
    from matplotlib.figure import Figure  # heavy: only when asked for

    class Plot(Figure):
        def _repr_html_(self) -> str:
            """The plot as an image with words for who cannot see it."""
            buffer = BytesIO()
            self.savefig(buffer, format="png", dpi=100, metadata={"Software": None})
            image = b64encode(buffer.getvalue()).decode("ascii")
            axes = self.axes[0]
            words = f"{axes.get_title()}. Up: {axes.get_ylabel()}. Across: {axes.get_xlabel()}."
            return (
                f'<img alt="{markup(words)}" style="max-width:100%"'
                f' src="data:image/png;base64,{image}">'
            )

    return Plot


def _figure(title: str, ylabel: str) -> tuple[Figure, Axes]:
    figure = _plot()(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(visible(title, 80), parse_math=False)
    axes.set_xlabel("time since the start [s]")
    axes.set_ylabel(ylabel)
    axes.grid(alpha=0.3)
    return figure, axes


def time_sequence(trace: Trace | HasTrace, side: Side = "A") -> Figure:
    """Time against the numbers that ``side`` sends, in tcptrace's manner.

    Each packet with data, SYN or FIN is a bar over the numbers it takes up [bytes, relative];
    the step line below is the highest ACK that the other side sent, the one above it that ACK
    plus the offered window. Packets sent again and lost ones are marked.

    >>> import tcpcourse as tcp
    >>> tcp.views.time_sequence(tcp.recording("fast-retransmit")).axes[0].get_ylabel()
    'relative seq [bytes]'
    """
    trace, side = as_trace(trace), as_side(side)
    figure, axes = _figure(f"{trace.title}: numbers sent by {side}", "relative seq [bytes]")
    sent = [packet for packet in trace.packets if packet.sender == side and packet.segment.seg_len]
    highest = -1
    groups: dict[str, list[Packet]] = {"sent": [], "sent again": [], "lost": []}
    for packet in sent:
        unrolled = packet.rel_seq
        again = unrolled < highest
        kind = "lost" if packet.fate == "lost" else "sent again" if again else "sent"
        groups[kind].append(packet)
        highest = max(highest, rel_end(packet))
    looks = {"sent": (SENT, "o"), "sent again": (AGAIN, "^"), "lost": (LOST, "x")}
    for kind, packets in groups.items():
        if packets:
            colour, marker = looks[kind]
            times = [packet.sent_ns / SECOND for packet in packets]
            axes.vlines(times, [p.rel_seq for p in packets], [rel_end(p) for p in packets],
                        colors=colour, linewidth=2)  # fmt: skip
            axes.plot(times, [rel_end(packet) for packet in packets], marker, color=colour,
                      markersize=5, label=kind)  # fmt: skip
    _ack_lines(axes, trace, side)
    if axes.get_legend_handles_labels()[1]:
        figure.legend(loc="outside lower center", ncols=5)
    return figure


def _ack_lines(axes: Axes, trace: Trace, side: Side) -> None:
    """The highest ACK the sender may know of, and the edge of the window with it."""
    times: list[float] = []
    acks: list[int] = []
    edges: list[int] = []
    for packet in trace.packets:
        if packet.sender == side or packet.rel_ack is None or packet.segment.rst:
            continue
        if packet.arrived_ns is None or (acks and (packet.rel_ack - acks[-1]) % MODULUS > 1 << 31):
            continue
        times.append(packet.arrived_ns / SECOND)
        acks.append(packet.rel_ack)
        edges.append(packet.rel_ack + packet.scaled_window)
    if times:
        axes.step(times, acks, where="post", color=ACKNOWLEDGED, label="acknowledged")
        if max(edges) < 20 * max(*acks, 1):  # a huge window would flatten everything else
            axes.step(times, edges, where="post", color=EDGE, linestyle="--",
                      label="edge of the window")  # fmt: skip


def bytes_in_flight(trace: Trace | HasTrace, side: Side = "A") -> Figure:
    """How many numbers ``side`` has sent that were not acknowledged yet [bytes], over time.

    >>> import tcpcourse as tcp
    >>> tcp.views.bytes_in_flight(tcp.recording("zero-window")).savefig("in-flight.png")
    """
    trace, side = as_trace(trace), as_side(side)
    figure, axes = _figure(f"{trace.title}: in flight from {side}", "in flight [bytes]")
    events: list[tuple[int, int, Packet]] = []
    for packet in trace.packets:
        if packet.sender == side:
            events.append((packet.sent_ns, packet.number, packet))
        elif packet.arrived_ns is not None and packet.rel_ack is not None:
            events.append((packet.arrived_ns, packet.number, packet))
    sent = acked = None
    times, amounts = [], []
    for time, _, packet in sorted(events, key=lambda event: event[:2]):
        if packet.sender == side:
            end = packet.rel_seq + packet.segment.seg_len
            sent = end if sent is None else max(sent, end)
            acked = packet.rel_seq if acked is None else acked
        elif packet.rel_ack is not None and sent is not None:
            acked = max(acked or 0, min(packet.rel_ack, sent))
        if sent is not None and acked is not None:
            times.append(time / SECOND)
            amounts.append(sent - acked)
    axes.step(times, amounts, where="post", color=SENT)
    axes.set_ylim(bottom=0)
    return figure


def round_trips(trace: Trace | HasTrace, side: Side = "A") -> Figure:
    """The time [ms] from each packet of ``side`` to the first ACK that covers it.

    Packets sent again are left out: nobody knows which copy an ACK is for (Karn's rule,
    RFC 6298 §3). In a capture it is the time between two packets passing the vantage point.

    >>> import tcpcourse as tcp
    >>> tcp.views.round_trips(tcp.recording("http-get"), "B").axes[0].get_ylabel()
    'round-trip time [ms]'
    """
    trace, side = as_trace(trace), as_side(side)
    figure, axes = _figure(f"{trace.title}: round trips of {side}", "round-trip time [ms]")
    points = round_trip_times(trace, side)
    axes.plot([time / SECOND for time, _ in points], [wait / MILLISECOND for _, wait in points],
              "o-", color=SENT, markersize=4)  # fmt: skip
    axes.set_ylim(bottom=0)
    return figure


def round_trip_times(trace: Trace, side: Side) -> list[tuple[int, int]]:
    """(when sent, how long until acknowledged), both in nanoseconds, in order of sending."""
    waiting: dict[int, int | None] = {}  # end of packet -> when sent; None if sent again
    points = []
    events: list[tuple[int, int, Packet]] = []
    for packet in trace.packets:
        if packet.sender == side:
            events.append((packet.sent_ns, packet.number, packet))
        elif packet.arrived_ns is not None:
            events.append((packet.arrived_ns, packet.number, packet))
    for time, _, packet in sorted(events, key=lambda event: event[:2]):
        if packet.sender == side:
            if packet.segment.seg_len:
                end = rel_end(packet)
                new = True
                for other in waiting:  # a number sent before makes all that cover it unclear
                    if (other - packet.rel_seq - 1) % MODULUS < packet.segment.seg_len:
                        waiting[other], new = None, False
                waiting[end] = packet.sent_ns if new else None
                if len(waiting) > MOST_WAITING:  # only one direction was captured
                    del waiting[next(iter(waiting))]
        elif packet.rel_ack is not None:
            covered = [end for end in waiting if (packet.rel_ack - end) % MODULUS < 1 << 31]
            for end in covered:
                sent = waiting.pop(end)
                if sent is not None:
                    points.append((sent, time - sent))
    return sorted(points)
