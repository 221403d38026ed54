"""Fuzzes loader and observer together, by hand.

    python -m tests.sources.observer.fuzz --minutes 10 --seed 1

takes the captures in ``data`` and random stories, lets their records cross, come late, come
twice, lack, be cut short, change a byte or a number, and loads each; then every conversation
is opened and all of its steps are looked at. What must not happen: an exception other than
``CaptureError``, more than a second of CPU time for a file under a megabyte, more memory than
``--memory`` (MB, default 1500). What happens is written to ``--keep`` to be looked at.
"""

from __future__ import annotations

import argparse
import random
import resource
import struct
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

import tcpcourse as tcp

from .worlds import tell

DATA = Path(__file__).parents[3] / "data"
LARGEST = 1 << 20
SLOWEST_S = 1.0
Record = tuple[bytes, bytes]  # header, data


def taken_apart(raw: bytes) -> tuple[bytes, list[Record]]:
    """The header of a little-endian pcap, and its records."""
    records, place = [], 24
    while place + 16 <= len(raw):
        length = struct.unpack_from("<I", raw, place + 8)[0]
        records.append((raw[place : place + 16], raw[place + 16 : place + 16 + length]))
        place += 16 + length
    return raw[:24], records


def put_together(head: bytes, records: list[Record]) -> bytes:
    return head + b"".join(header + data for header, data in records)


def cross(rng: random.Random, records: list[Record]) -> None:
    """Two packets change places; their times stay where they were, or go with them."""
    i, j = rng.randrange(len(records)), rng.randrange(len(records))
    if rng.random() < 0.7:
        (a, x), (b, y) = records[i], records[j]
        records[i], records[j] = (a[:8] + b[8:], y), (b[:8] + a[8:], x)
    else:
        records[i], records[j] = records[j], records[i]


def late(rng: random.Random, records: list[Record]) -> None:
    record = records.pop(rng.randrange(len(records)))
    records.insert(rng.randint(0, len(records)), record)


def again(rng: random.Random, records: list[Record]) -> None:
    record = rng.choice(records)
    for _ in range(rng.choice([1, 1, 2, 300])):
        records.insert(rng.randint(0, len(records)), record)


def lack(rng: random.Random, records: list[Record]) -> None:
    for _ in range(rng.randint(1, 3)):
        if len(records) > 1:
            del records[rng.randrange(len(records))]


def one_way(rng: random.Random, records: list[Record]) -> None:
    first = records[0][1][:12]
    kept = [record for record in records if (record[1][:12] == first) == (rng.random() < 0.95)]
    records[:] = kept or records


def cut(rng: random.Random, records: list[Record]) -> None:
    """A snaplen for all, or one record cut short."""
    snaplen = rng.choice([0, 14, 34, 40, 54, 58, 62, 66, 68])
    chosen = range(len(records)) if rng.random() < 0.5 else [rng.randrange(len(records))]
    for place in chosen:
        header, data = records[place]
        data = data[:snaplen]
        records[place] = header[:8] + struct.pack("<I", len(data)) + header[12:], data


def flip(rng: random.Random, records: list[Record]) -> None:
    """A byte of a packet, mostly of its headers, becomes another."""
    for _ in range(rng.choice([1, 1, 5])):
        place = rng.randrange(len(records))
        header, data = records[place]
        if data:
            where = rng.randrange(min(len(data), rng.choice([74, len(data)])))
            data = data[:where] + bytes([rng.randrange(256)]) + data[where + 1 :]
            records[place] = header, data


def numbers(rng: random.Random, records: list[Record]) -> None:
    """SEQ or ACK of a packet moves a little, or far."""
    place = rng.randrange(len(records))
    header, data = records[place]
    at = (34 if data[12:14] == b"\x08\x00" else 20) + rng.choice([4, 8])
    if len(data) >= at + 4:
        number = struct.unpack_from("!I", data, at)[0]
        number += rng.choice([1, -1, 1460, -1460, 1 << 16, 1 << 31, (1 << 31) - 1])
        records[place] = header, data[:at] + struct.pack("!I", number % (1 << 32)) + data[at + 4 :]


def flags(rng: random.Random, records: list[Record]) -> None:
    place = rng.randrange(len(records))
    header, data = records[place]
    at = (34 if data[12:14] == b"\x08\x00" else 20) + 13
    if len(data) > at:
        data = data[:at] + bytes([rng.choice([0, 1, 2, 4, 16, 17, 18, 20, 255])]) + data[at + 1 :]
        records[place] = header, data


def times(rng: random.Random, records: list[Record]) -> None:
    place = rng.randrange(len(records))
    header, data = records[place]
    seconds = rng.choice([0, (1 << 32) - 1, rng.randrange(1 << 32)])
    records[place] = struct.pack("<II", seconds, rng.randrange(10**9)) + header[8:], data


CHANGES = [cross, cross, late, again, lack, one_way, cut, flip, numbers, flags, times]


def mutated(rng: random.Random, seeds: list[bytes]) -> tuple[bytes, str]:
    if rng.random() < 0.6:
        raw = tell(f"fuzz/{rng.randrange(1 << 30)}").pcap().getvalue()
    else:
        raw = rng.choice(seeds)
    head, records = taken_apart(raw)
    if rng.random() < 0.1:
        records += taken_apart(rng.choice(seeds))[1]
    done = []
    for _ in range(rng.choice([1, 2, 3, 6])):
        if not records:
            break
        change = rng.choice(CHANGES)
        change(rng, records)
        done.append(change.__name__)
    raw = put_together(head, records)
    if rng.random() < 0.05:
        raw = raw[: rng.randrange(len(raw) + 1)]
        done.append("broken off")
    return raw, ", ".join(done)


def looked_at(raw: bytes) -> int:
    """Load, open and look at every step; how many there were."""
    capture = tcp.load(raw, progress=False)
    count = 0
    for conversation in capture.conversations:
        trace = conversation.trace
        before = None
        for step in trace:
            count += 1
            assert step.after.a.possible and step.after.b.possible, "nothing is possible"
            assert before is None or step.before == before, "a step begins elsewhere"
            assert all(move.why for move in step.moves), "a reason without words"
            before = step.after
        assert len(set(trace.remarks)) == len(trace.remarks), "a remark is said twice"
        assert conversation.complete
    return count


def main() -> None:
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--first", type=int, default=0, help="number of the first file")
    parser.add_argument("--memory", type=int, default=1500, help="MB")
    parser.add_argument("--keep", type=Path, help="a folder for the files that went wrong")
    given = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (given.memory << 20, given.memory << 20))
    seeds = [path.read_bytes() for path in sorted(DATA.rglob("*.pcap"))]
    seeds = [raw for raw in seeds if raw[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1")]
    end, number, found = time.monotonic() + 60 * given.minutes, given.first, Counter[str]()
    steps, refused, slowest = 0, 0, 0.0
    while time.monotonic() < end:
        rng = random.Random(f"{given.seed}/{number}")
        raw, how = mutated(rng, seeds)
        begin, wrong = time.process_time(), ""
        try:
            steps += looked_at(raw)
        except tcp.CaptureError:
            refused += 1
        except Exception:
            wrong = traceback.format_exc()
        spent = time.process_time() - begin
        slowest = max(slowest, spent)
        if not wrong and spent > SLOWEST_S and len(raw) < LARGEST:
            wrong = f"{spent:.1f} s for {len(raw)} bytes\nslow"
        if wrong:
            kind = wrong.strip().splitlines()[-1]
            found[kind] += 1
            if found[kind] == 1:
                print(f"\n{given.seed}/{number} ({how}, {len(raw)} bytes):\n{wrong}", flush=True)
            if given.keep:
                given.keep.mkdir(exist_ok=True)
                (given.keep / f"{given.seed}-{number}.pcap").write_bytes(raw)
        number += 1
        if sys.stderr.isatty():
            print(f"\r{number} files, {sum(found.values())} wrong", end="", file=sys.stderr)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{number - given.first} files, {steps} steps, {refused} refused with CaptureError, "
        f"{sum(found.values())} wrong; the slowest took {slowest:.2f} s; at most {peak} MB"
    )
    for kind, count in found.most_common():
        print(f"{count:6} {kind}")


if __name__ == "__main__":
    main()
