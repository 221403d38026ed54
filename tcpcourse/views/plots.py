"""Plots with matplotlib: time and sequence numbers, bytes in flight, round-trip times.

matplotlib and numpy are loaded when a plot is first drawn. Labels are in English, for
matplotlib's own fonts have no Chinese characters.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from io import StringIO
from typing import TYPE_CHECKING

from tcpcourse.core.seq import MODULUS
from tcpcourse.trace import Packet, Side, Trace
from tcpcourse.views.basis import rel_end
from tcpcourse.views.escape import markup, visible
from tcpcourse.views.given import HasTrace, as_side, as_trace
from tcpcourse.views.palette import (
    INK,
    LINE,
    MUTED,
    NOW_LINE,
    PHASES,
    SIDE,
    TROUBLE,
    schemes,
)
from tcpcourse.words import message

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SECOND, MILLISECOND = 1_000_000_000, 1_000_000
MOST_WAITING = 1000  # packets that an ACK is awaited for
# matplotlib draws with the colours of a light page; what is shown follows the page.
SENT, AGAIN, LOST = SIDE["A"].light, NOW_LINE.light, TROUBLE.light
ACKNOWLEDGED, EDGE = PHASES[2].stroke.light, PHASES[0].stroke.light
_COLOURS = (*SIDE.values(), NOW_LINE, TROUBLE, PHASES[2].stroke, PHASES[0].stroke, INK, MUTED, LINE)
MOST_SHAPES = 2000  # drawn one by one; more become one image within the picture


@cache
def _plot() -> type[Figure]:
    """A Figure that shows itself in a notebook, whether or not pyplot was ever loaded."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure  # heavy: only when asked for

    class Plot(Figure):
        def _repr_html_(self) -> str:
            """The plot in the page's colours, as an image with words for who cannot see it."""
            buffer = StringIO()
            with rc_context({"svg.fonttype": "none", "svg.hashsalt": "tcpcourse"}):
                self.savefig(
                    buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None}
                )
            svg = buffer.getvalue()
            for colour in _COLOURS:
                svg = svg.replace(colour.light, str(colour))
            svg = svg.replace("<svg ", '<svg style="color-scheme:light dark" ', 1)
            image = b64encode(svg.encode()).decode("ascii")
            axes = self.axes[0]
            wide, high = self.get_size_inches() * 96  # CSS pixels: the page keeps the room
            title = axes.get_title("left").replace("\n", ". ")
            words = [f"{title}.", *(note.get_text() + "." for note in axes.texts)]
            words += [f"Up: {axes.get_ylabel()}.", f"Across: {axes.get_xlabel()}."]
            return (
                f'<img class="tcp-plot" alt="{markup(" ".join(words))}"'
                f' style="max-width:100%;height:auto"'
                f' width="{wide:.0f}" height="{high:.0f}"'
                f' src="data:image/svg+xml;base64,{image}">'
                f"<style>{schemes('tcp-plot')}</style>"
            )

    return Plot


def _figure(what: str, story: str, ylabel: str) -> tuple[Figure, Axes]:
    """An empty plot: ``what`` it shows in words, and below that of which story."""
    figure = _plot()(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    title = f"{what}\n{visible(story, 80)}"
    axes.set_title(title, parse_math=False, color=INK.light, loc="left")
    axes.set_xlabel("time since the start [s]", color=INK.light)
    axes.set_ylabel(ylabel, color=INK.light)
    axes.grid(color=LINE.light, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(color=MUTED.light, labelcolor=MUTED.light)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(MUTED.light)
    return figure, axes


def _note(axes: Axes, words: str, x: float, y: float) -> None:
    """The moment that matters, with an arrow to it; above it, towards the middle."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    late = x > (left + right) / 2
    axes.set_ylim(low, max(high, low + (y - low) * 1.25))
    axes.annotate(
        words,
        (x, y),
        xytext=(-28 if late else 28, 28),
        textcoords="offset points",
        ha="right" if late else "left",
        color=INK.light,
        fontweight="bold",
        parse_math=False,
        arrowprops={"arrowstyle": "->", "color": INK.light, "shrinkB": 5},
    )


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
    figure, axes = _figure(
        message("What {side} sent, and how much of it was acknowledged", side=side),
        trace.title,
        "relative seq [bytes]",
    )
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
            many = len(packets) > MOST_SHAPES
            axes.vlines(
                times,
                [p.rel_seq for p in packets],
                [rel_end(p) for p in packets],
                colors=colour,
                linewidth=2,
                rasterized=many,
            )
            axes.plot(
                times,
                [rel_end(packet) for packet in packets],
                marker,
                color=colour,
                markersize=5,
                label=kind,
                rasterized=many,
            )
    _ack_lines(axes, trace, side)
    if groups["lost"]:
        packet = groups["lost"][0]
        words = message("packet {number} was lost", number=packet.number)
        _note(axes, words, packet.sent_ns / SECOND, rel_end(packet))
    elif groups["sent again"]:
        packet = groups["sent again"][0]
        words = message("sent again, in packet {number}", number=packet.number)
        _note(axes, words, packet.sent_ns / SECOND, rel_end(packet))
    if axes.get_legend_handles_labels()[1]:
        figure.legend(loc="outside lower center", ncols=5, frameon=False, labelcolor=INK.light)
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
            axes.step(
                times, edges, where="post", color=EDGE, linestyle="--", label="edge of the window"
            )


def bytes_in_flight(trace: Trace | HasTrace, side: Side = "A") -> Figure:
    """How many numbers ``side`` has sent that were not acknowledged yet [bytes], over time.

    >>> import tcpcourse as tcp
    >>> tcp.views.bytes_in_flight(tcp.recording("zero-window")).savefig("in-flight.png")
    """
    trace, side = as_trace(trace), as_side(side)
    figure, axes = _figure(
        message("How much from {side} was on its way and not acknowledged", side=side),
        trace.title,
        "in flight [bytes]",
    )
    events: list[tuple[int, int, Packet]] = []
    for packet in trace.packets:
        if packet.sender == side:
            events.append((packet.sent_ns, packet.number, packet))
        elif packet.arrived_ns is not None and packet.rel_ack is not None:
            events.append((packet.arrived_ns, packet.number, packet))
    sent = acked = window = None
    times, amounts, full = [], [], []  # full: where the window allows no more
    for time, _, packet in sorted(events, key=lambda event: event[:2]):
        if packet.sender == side:
            end = packet.rel_seq + packet.segment.seg_len
            sent = end if sent is None else max(sent, end)
            acked = packet.rel_seq if acked is None else acked
        elif packet.rel_ack is not None and sent is not None:
            acked = max(acked or 0, min(packet.rel_ack, sent))
            window = packet.scaled_window if not packet.segment.rst else window
        if sent is not None and acked is not None:
            times.append(time / SECOND)
            amounts.append(sent - acked)
            if window is not None and sent - acked == window:
                full.append(len(times) - 1)
    axes.step(times, amounts, where="post", color=SENT, rasterized=len(times) > MOST_SHAPES)
    axes.set_ylim(bottom=0)
    if full:
        words = message("{side} had to stop here: the window allows no more", side=side)
        _note(axes, words, times[full[0]], amounts[full[0]])
    elif amounts:
        most = amounts.index(max(amounts))
        words = message("at most {count:,} at a time", count=amounts[most])
        _note(axes, words, times[most], amounts[most])
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
    figure, axes = _figure(
        message("How long {side} waited for each acknowledgment", side=side),
        trace.title,
        "round-trip time [ms]",
    )
    points = round_trip_times(trace, side)
    axes.plot(
        [time / SECOND for time, _ in points],
        [wait / MILLISECOND for _, wait in points],
        "o-",
        color=SENT,
        markersize=4,
        rasterized=len(points) > MOST_SHAPES,
    )
    axes.set_ylim(bottom=0)
    if points:
        time, wait = max(points, key=lambda point: point[1])
        words = message("the longest: {wait:.3g} ms", wait=wait / MILLISECOND)
        _note(axes, words, time / SECOND, wait / MILLISECOND)
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
