"""What the trace of a conversation costs, in time and memory, for packets of every kind.

Run ``python -m tests.bench.bench_observer [packets ...]`` (default: 1000 10000 100000) from
the project's folder. For each kind of ``tests.sources.observer.lengths`` it opens the trace
of one conversation and looks at a hundred of its steps. A look pays for the notes on the packets
up to it, which are worked out when they are asked for.

    python -m tests.bench.bench_observer --million

opens the trace of a conversation of a million packets, and looks at a hundred steps, beside
``tshark -T fields -e tcp.analysis.flags`` on the same file: seconds of CPU time of each, and
bytes a packet.

Each run has a process of its own, held to ``--memory`` MB (default 3000), and the loaded
capture is not counted: microseconds and bytes are what the trace adds. The last columns are
the cost of a packet, looks included, against the same kind at the size before: 1.0 is linear.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tcpcourse as tcp
from tcpcourse.sources.observer.observer import observe
from tests.sources.observer.lengths import KINDS, capture

LOOKS = 100
TIMEOUT_S = 240


def measured(path: str, looks: int) -> None:
    """In a process of its own: print CPU seconds, peak bytes and the number of packets."""
    capture = tcp.load(path, progress=False)
    assert observe  # imported by now: what an import takes is no packet's cost
    conversation = max(capture.conversations, key=lambda each: len(each.columns))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.process_time()
    trace = conversation.trace
    opened = time.process_time() - begin
    assert trace[0].after.a.possible
    first = time.process_time() - begin
    count = len(trace) if looks < 0 else looks
    for k in range(count):
        assert trace[len(trace) * k // count].after.a.possible
    looked = time.process_time() - begin - first
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    print(opened, first, looked, peak, len(conversation.columns))


def run(path: str, memory: int, looks: int = LOOKS) -> list[float] | str:
    """The figures of one run, or in a word why there are none."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (memory << 20, memory << 20))

    command = [sys.executable, "-m", "tests.bench.bench_observer", "--one", path, str(looks)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, preexec_fn=limit, timeout=TIMEOUT_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"more than {TIMEOUT_S} s"
    if done.returncode:
        return "out of memory" if "MemoryError" in done.stderr else done.stderr.strip()[-200:]
    return [float(word) for word in done.stdout.split()]


def kinds(sizes: list[int], memory: int, chosen: str) -> None:
    print(f"{'kind':26}{'packets':>9}{'µs each':>9}{'a look µs':>10}{'bytes':>8}   time  memory")
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            if chosen not in kind:
                continue
            last: tuple[float, float] | None = None
            for size in sizes:
                path = Path(folder) / "capture.pcap"
                path.write_bytes(capture(kind, size).getvalue())
                found = run(str(path), memory)
                if isinstance(found, str):
                    print(f"{kind:26}{size:9} {found}")
                    break
                _, first, looked, peak, packets = found
                a_packet = (first + looked) / packets * 1e6, peak / packets
                ratios = ""
                if last is not None:
                    ratios = "".join(
                        f"{now / (then or 1):8.2f}"
                        for now, then in zip(a_packet, last, strict=True)
                    )
                look = looked / LOOKS * 1e6
                print(f"{kind:26}{size:9}{a_packet[0]:9.1f}{look:10.1f}{a_packet[1]:8.0f}{ratios}",
                      flush=True)  # fmt: skip
                last = a_packet


def million(packets: int, memory: int, kind: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "capture.pcap"
        path.write_bytes(capture(kind, packets).getvalue())
        ours = run(str(path), memory)
        print(f"one conversation of {packets} packets of {kind}")
        if isinstance(ours, str):
            print(f"  the trace: {ours}")
            return
        opened, first, looked, peak, _ = ours
        print(f"  the trace is there after {opened:.2f} s, its first step after {first:.2f} s")
        print(
            f"  {LOOKS} steps all over it take {looked:.2f} s; {peak / packets:.0f} bytes a packet"
        )
        command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-e", "tcp.analysis.flags"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with open(os.devnull, "wb") as nowhere:
            subprocess.run(command, stdout=nowhere, stderr=nowhere, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        tshark = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(
            f"  tshark's analysis takes {tshark:.2f} s: {tshark / opened:.1f} times as long as to "
            f"open, {tshark / (first + looked):.1f} times as long as all of that"
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench_observer", description=__doc__.split("\n")[0])
    parser.add_argument("packets", nargs="*", type=int)
    parser.add_argument("--million", action="store_true", help="a million packets beside tshark")
    parser.add_argument("--kind", default="", help="only kinds with this in their name")
    parser.add_argument("--memory", type=int, default=3000, help="MB for each process")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        measured(given.one[0], int(given.one[1]))
    elif given.million:
        for packets in given.packets or [1_000_000]:
            million(packets, given.memory, given.kind or "bulk data")
    else:
        kinds(given.packets or [1_000, 10_000, 100_000], given.memory, given.kind)


if __name__ == "__main__":
    main()
