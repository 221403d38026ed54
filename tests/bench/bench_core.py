"""Events per second of the simulator, and how its cost grows. Run by hand:

    python tests/bench/bench_core.py

Prints the cost per segment at each size as a ratio to the cost at 100 segments: about 1.0
means linear. The one absolute figure, events per second, is for orientation only.
"""

from __future__ import annotations

import time

import tcpcourse as tcp
from tcpcourse.sources.simulation.scenario import Act, Scenario

MSS = 1460


def transfer(segments: int) -> Scenario:
    """A sends that many full segments in one SEND, then both ends close."""
    return Scenario(
        "bench",
        "one transfer",
        (
            Act("B", "open_passive"),
            Act("A", "open_active"),
            Act("A", "send", tcp.State.ESTABLISHED, data=bytes(segments * MSS)),
            Act("A", "close"),
            Act("B", "close", tcp.State.CLOSE_WAIT),
        ),
    )


def main() -> None:
    costs = {}
    for segments in (10, 100, 1_000, 10_000):
        story = transfer(segments)
        start = time.perf_counter()
        trace = tcp.simulate(story)
        taken = time.perf_counter() - start
        costs[segments] = taken / len(trace)
        print(f"{segments:6} segments: {len(trace):6} events, {len(trace) / taken:7.0f} events/s")
    for segments, cost in costs.items():
        print(f"{segments:6} segments: cost per event {cost / costs[100]:.2f} × that at 100")
    start = time.perf_counter()
    found = tcp.explore()
    print(f"explore: {found.moments} moments in {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
