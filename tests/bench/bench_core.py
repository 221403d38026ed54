"""What an event costs in the core, how the cost grows, and what a story keeps. Run by hand:

    python tests/bench/bench_core.py
    python tests/bench/bench_core.py --against OTHER_CHECKOUT

Each figure comes from a process of its own: CPU seconds of the best of three runs, and bytes
as Python's allocator counts them. With ``--against`` the same is measured in another checkout,
turn by turn in one run, and the last column says how many times less the first one takes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import tracemalloc
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tcpcourse as tcp

HERE = Path(__file__).parents[2]
MSS = 1460
LIMIT = 1_500_000_000  # bytes of memory for a measuring process, where the system can limit it


def pump(sends: int, size: int) -> int:
    """Two endpoints and no simulator: that many SENDs, all acknowledged; how many events."""
    a, b = tcp.Endpoint(iss=100), tcp.Endpoint(iss=300)
    wire: deque[tuple[tcp.Endpoint, tcp.Segment]] = deque()
    events = 0

    def carry(sender: tcp.Endpoint, done: tcp.Reaction) -> None:
        nonlocal events
        events += 1
        receiver = b if sender is a else a
        wire.extend((receiver, segment) for segment in done.emitted)

    def settle() -> None:
        while wire:
            end, segment = wire.popleft()
            carry(end, end.arrive(segment))

    carry(b, b.open_passive())
    carry(b, b.receive(1 << 40))
    carry(a, a.open_active())
    settle()
    for _ in range(sends):
        carry(a, a.send(bytes(size)))
        settle()
    return events


def sends_before_any_ack(count: int, size: int) -> list[tcp.Tcb]:
    """That many SENDs into a window that is full; every TCB is kept, as a story keeps it."""
    end = tcp.Endpoint(iss=100)
    end.open_active()
    end.arrive(tcp.Segment(300, 101, "SA", 1000))
    return [end.send(bytes(size)).after for _ in range(count)]


def behind_a_hole(segments: int) -> list[tcp.Tcb]:
    """The first of that many full segments comes last; every TCB is kept."""
    end = tcp.Endpoint(iss=100, window=1 << 23, wscale=8)
    end.open_passive()
    end.arrive(tcp.Segment(300, None, "S", options=tcp.Options(mss=MSS, wscale=8)))
    end.arrive(tcp.Segment(301, 101, "A"))
    end.receive(1 << 40)
    later = (*range(1, segments), 0)
    return [
        end.arrive(tcp.Segment(301 + MSS * place, 101, "A", data=bytes(MSS))).after
        for place in later
    ]


def story(segments: int) -> tcp.Trace:
    """A sends that many full segments in one SEND, then both ends close."""
    if hasattr(tcp, "Act"):
        Act, Scenario = tcp.Act, tcp.Scenario
    else:  # an older checkout
        simulator: Any = sys.modules[tcp.simulate.__module__]
        Act, Scenario = simulator.Act, simulator.Scenario
    acts = (
        Act("B", "open_passive"),
        Act("A", "open_active"),
        Act("A", "send", tcp.State.ESTABLISHED, data=bytes(segments * MSS)),
        Act("A", "close"),
        Act("B", "close", tcp.State.CLOSE_WAIT),
    )
    return tcp.simulate(Scenario(name="bench", about="one transfer", acts=acts))


SECONDS: dict[str, Callable[[], object]] = {
    "core: 5,000 SENDs of 100 bytes, acknowledged": lambda: pump(5_000, 100),
    "core: 1,000 SENDs of 100 bytes, none acknowledged": lambda: sends_before_any_ack(1_000, 100),
    "core: 4,000 SENDs of 100 bytes, none acknowledged": lambda: sends_before_any_ack(4_000, 100),
    "core: 200 SENDs of 10,000 bytes, none acknowledged": lambda: sends_before_any_ack(200, 10_000),
    "core: 500 segments behind a hole": lambda: behind_a_hole(500),
    "core: 2,000 segments behind a hole": lambda: behind_a_hole(2_000),
    "story of 100 segments": lambda: story(100),
    "story of 1,000 segments": lambda: story(1_000),
    "story of 4,000 segments": lambda: story(4_000),
    "explore()": tcp.explore,
}
BYTES: dict[str, Callable[[], object]] = {
    "kept by 50 SENDs of 10,000 bytes": lambda: sends_before_any_ack(50, 10_000),
    "kept by 200 SENDs of 10,000 bytes": lambda: sends_before_any_ack(200, 10_000),
    "kept by 500 segments behind a hole": lambda: behind_a_hole(500),
    "kept by 2,000 segments behind a hole": lambda: behind_a_hole(2_000),
    "kept by a story of 1,000 segments": lambda: story(1_000),
    "kept by a story of 4,000 segments": lambda: story(4_000),
}


def measure(name: str) -> float:
    """Seconds of CPU time, or bytes kept."""
    if name in BYTES:
        BYTES[name]()  # what is loaded at first use is no part of a story
        tracemalloc.start()
        kept = BYTES[name]()
        size, _ = tracemalloc.get_traced_memory()
        del kept
        return float(size)
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        SECONDS[name]()
        best = min(best, time.process_time() - start)
    return best


def measured_in(checkout: Path, name: str) -> float:
    """The figure in a process that has the course from ``checkout``."""
    done = subprocess.run(
        [sys.executable, __file__, "--measure", name],
        env={**os.environ, "PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        check=False,
    )
    return float(done.stdout) if done.returncode == 0 else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, help="another checkout of the course")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        try:
            import resource

            resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
        except ImportError:
            pass
        print(measure(asked.measure))
        return
    print(f"events of the first line: {pump(5_000, 100)}")
    for name in (*SECONDS, *BYTES):
        unit, scale = ("MB", 1e6) if name in BYTES else ("s", 1.0)
        here = measured_in(HERE, name)
        line = f"{name:52} {here / scale:9.3f} {unit}"
        if asked.against:
            there = measured_in(asked.against, name)
            line += f"   other {there / scale:9.3f} {unit}   {there / here:6.1f} ×"
        print(line, flush=True)


if __name__ == "__main__":
    main()
