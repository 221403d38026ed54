"""How fast captures load, and in how much memory, beside other ways to do it.

Run ``python tests/bench/bench_load.py [packets ...]`` (default: 1000 100000 1000000). It
generates captures of small and of full frames, and loads each with

- ``tcp.load``, up to conversations, relative numbers and scaled windows;
- ``tshark -T fields`` with the same columns;
- a tight loop with ``struct``, dpkt and scapy's ``PcapReader``, which sort packets into
  conversations and count relative numbers (the first scales windows too);
- ``walk``: only stepping from one record's header to the next in Python, the limit.

Each runs in a process of its own, alone, the file in memory. Seconds are CPU time, without
imports. Memory is the process's peak, and per packet what of it the packets took: the peak
less that of the same way on a capture of a single packet. Above 100,000 packets scapy reads
only the first 100,000 and is scaled up.
"""

from __future__ import annotations

import argparse
import os
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

FIELDS = (
    "frame.number", "frame.time_epoch", "tcp.stream", "tcp.srcport", "tcp.seq_raw",
    "tcp.ack_raw", "tcp.seq", "tcp.ack", "tcp.len", "tcp.flags", "tcp.window_size_value",
    "tcp.window_size", "frame.len",
)  # fmt: skip
SAMPLE = 100_000
PER_CONVERSATION = 100
SYN_OPTIONS = bytes.fromhex("020405b4 0402 080a 00000001 00000000 01 030307")
TIMESTAMPS = bytes.fromhex("0101 080a 00000002 00000001")


def frame(number: int, size: int) -> bytes:
    """A frame of conversation ``number // PER_CONVERSATION``: a handshake, then A sends data.

    After the handshake one ACK of B's is followed by two packets of data, and so on.
    """
    place, conversation = number % PER_CONVERSATION, number // PER_CONVERSATION
    from_a = place == 0 or (place > 1 and place % 3 != 0)
    flags = 0x02 if place == 0 else 0x12 if place == 1 else 0x10
    options = SYN_OPTIONS if place < 2 else TIMESTAMPS
    length = size if from_a and place > 2 else 0
    data = bytes(max(0, length - 14 - 20 - 20 - len(options)))
    a, b = (0x0A000000 + conversation % 50_000, 40_000 + conversation // 50_000), (0x0A800001, 443)
    (source, sport), (target, tport) = (a, b) if from_a else (b, a)
    before = max(0, (place - 3) // 3 * 2 + (place > 3 and place % 3 == 2))  # packets of data
    sent = 1000 + (place > 0) + before * max(0, size - 14 - 20 - 20 - len(TIMESTAMPS))
    replied = 5000 + (place > 1)
    seq, ack = (sent, (place > 0) * replied) if from_a else (replied, sent)
    offset = (20 + len(options)) // 4 << 12
    tcp = struct.pack("!HHIIHHHH", sport, tport, seq, ack, offset | flags, 512, 0, 0) + options
    total = 20 + len(tcp) + len(data)
    ip = struct.pack("!BBHHHBBHII", 0x45, 0, total, 1, 0x4000, 64, 6, 0, source, target)
    return bytes(12) + b"\x08\x00" + ip + tcp + data


def generate(path: Path, packets: int, size: int) -> None:
    """Write a capture in which eight conversations at a time take turns."""
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        group = 8 * PER_CONVERSATION
        for start in range(0, packets, group):
            for turn in range(min(group, packets - start)):
                number = start + turn % 8 * PER_CONVERSATION + turn // 8
                data = frame(number, size)
                when = start + turn
                head = struct.pack(
                    "<IIII", 10**9 + when // 10**6, when % 10**6, len(data), len(data)
                )
                file.write(head + data)


def by_load(path: Path) -> None:
    from tcpcourse.sources.capture.load import load

    def run() -> int:
        return len(load(path, max_packets=10**8, progress=False).columns)

    timed(run)


def by_struct(path: Path) -> None:
    """As tight as a loop gets: Ethernet, IPv4 and scales at the end of a SYN's options only."""

    def run() -> int:
        data, place, frame = path.read_bytes(), 24, 0
        record, head = struct.Struct("<IIII").unpack_from, struct.Struct("!HHIIHH").unpack_from
        conversations: dict[bytes, int] = {}
        bases: dict[bytes, int] = {}
        shifts: dict[bytes, int] = {}
        rows = []
        while place < len(data):
            seconds, fraction, captured, length = record(data, place)
            at = place + 30
            place, frame = place + 16 + captured, frame + 1
            size = (data[at] & 15) * 4
            total = data[at + 2] << 8 | data[at + 3]
            start = at + size
            _, _, seq, ack, bits, window = head(data, start)
            mine = data[at + 12 : at + 16] + data[start : start + 2]
            peer = data[at + 16 : at + 20] + data[start + 2 : start + 4]
            key, back = mine + peer, peer + mine
            number = conversations.setdefault(min(key, back), len(conversations))
            header = bits >> 12 << 2
            scaled = window
            if bits & 2:
                bases[key] = seq
                shifts[key] = data[start + header - 1]
            elif back in shifts:
                scaled <<= shifts[key]
            rows.append(
                (frame, seconds * 10**9 + fraction * 1000, number, mine < peer, seq, ack,
                 seq - bases[key] & 0xFFFFFFFF, ack - bases.get(back, 0) & 0xFFFFFFFF,
                 total - size - header, bits & 511, window, scaled, length)
            )  # fmt: skip
        return len(rows)

    timed(run)


def by_dpkt(path: Path) -> None:
    import dpkt

    def run() -> int:
        bases: dict[tuple[bytes, int, bytes, int], int] = {}
        rows = []
        with path.open("rb") as file:
            for when, data in dpkt.pcap.Reader(file):
                ip = dpkt.ethernet.Ethernet(data).data
                tcp = ip.data
                key = (ip.src, tcp.sport, ip.dst, tcp.dport)
                back = (ip.dst, tcp.dport, ip.src, tcp.sport)
                base = bases.setdefault(key, tcp.seq)
                rows.append(
                    (when, key, tcp.seq, tcp.ack, tcp.seq - base, tcp.ack - bases.get(back, 0),
                     ip.len - 20 - tcp.off * 4, tcp.flags, tcp.win, len(data))
                )  # fmt: skip
        return len(rows)

    timed(run)


def by_scapy(path: Path) -> None:
    from scapy.layers.inet import IP, TCP
    from scapy.layers.l2 import Ether  # noqa: F401  # binds the link type
    from scapy.utils import PcapReader

    def run() -> int:
        bases: dict[tuple[str, int, str, int], int] = {}
        rows = []
        with PcapReader(str(path)) as reader:
            for packet in reader:
                ip, tcp = packet[IP], packet[TCP]
                key = (ip.src, tcp.sport, ip.dst, tcp.dport)
                back = (ip.dst, tcp.dport, ip.src, tcp.sport)
                base = bases.setdefault(key, tcp.seq)
                rows.append(
                    (packet.time, key, tcp.seq, tcp.ack, tcp.seq - base,
                     tcp.ack - bases.get(back, 0), ip.len - 20 - tcp.dataofs * 4,
                     int(tcp.flags), tcp.window, len(packet))
                )  # fmt: skip
                if len(rows) == SAMPLE:
                    break
        return len(rows)

    timed(run)


def by_walk(path: Path) -> None:
    def run() -> int:
        data, count, place = path.read_bytes(), 0, 24
        read = struct.Struct("<I").unpack_from
        while place < len(data):
            place += 16 + read(data, place + 8)[0]
            count += 1
        return count

    timed(run)


def timed(run: Callable[[], int]) -> None:
    """Print the CPU seconds; what is quick runs several times, and the best of them counts."""
    best, count, until = float("inf"), 0, time.perf_counter() + 1.5
    while True:
        start = time.process_time()
        count = run()
        best = min(best, time.process_time() - start)
        if time.perf_counter() > until:
            break
    print(best, count)


WAYS = {
    "load": by_load, "struct": by_struct, "dpkt": by_dpkt, "scapy": by_scapy, "walk": by_walk,
}  # fmt: skip


def measure(way: str, path: Path) -> tuple[float, int, int]:
    """CPU seconds, packets and peak bytes of one way to read a file, in a process of its own."""
    if way == "tshark":
        command = ["tshark", "-n", "-r", str(path), "-T", "fields"]
        for field in FIELDS:
            command += ["-e", field]
    else:
        command = [sys.executable, __file__, "--one", way, str(path)]
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, command
        out.seek(0)
        if way == "tshark":
            seconds, count = usage.ru_utime + usage.ru_stime, sum(1 for _ in out)
        else:
            took, counted = out.read().split()
            seconds, count = float(took), int(counted)
    return seconds, count, usage.ru_maxrss * 1024


def one_trace(path: Path) -> float:
    """How long both ends' states of one conversation take, as a part of loading the file."""
    from tcpcourse.sources.capture.load import load

    start = time.process_time()
    capture = load(path)
    loaded = time.process_time()
    assert len(capture.conversations[0].trace) > 0
    return (time.process_time() - loaded) / (loaded - start)


def compare(packets: int, size: int, ways: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, single = Path(folder) / "bench.pcap", Path(folder) / "single.pcap"
        generate(path, packets, size)
        generate(single, 1, size)
        os.sync()  # or the first way to run would share the disk with what is still to be written
        megabytes = path.stat().st_size / 1e6
        print(f"\n{packets:,} packets, frames up to {size} bytes, {megabytes:.1f} MB")
        titles = ("CPU s", "us/packet", "load is", "peak MB", "B/packet")
        print(" " * 8 + "".join(f"{title:>10}" for title in titles))
        ours = 0.0
        for way in ways:
            seconds, count, peak = measure(way, path)
            _, _, empty = measure(way, single)
            each = seconds / count
            ours = ours or each
            print(
                f"{way:8}{each * packets:10.4f}{each * 1e6:10.3f}{each / ours:9.1f}x"
                f"{peak / 2**20:10.0f}{max(0, peak - empty) / count:10.0f}"
            )
        print(f"one conversation's trace: {one_trace(path):.3f} of the time of load")


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare ways to load a capture.")
    parser.add_argument("packets", nargs="*", type=int, default=[1000, 100_000, 1_000_000])
    parser.add_argument("--sizes", nargs="*", type=int, default=[96, 1514])
    parser.add_argument("--ways", nargs="*", default=[*WAYS, "tshark"])
    parser.add_argument("--one", nargs=2, metavar=("WAY", "FILE"))
    chosen = parser.parse_args()
    if chosen.one:
        WAYS[chosen.one[0]](Path(chosen.one[1]))
        return
    for packets in chosen.packets:
        for size in chosen.sizes:
            compare(packets, size, chosen.ways)


if __name__ == "__main__":
    main()
