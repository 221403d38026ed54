"""The captures in ``data/``: whole, small, described, and telling the stories they should.

The judge of the packets is tshark, of the states the kernel that was asked while
recording. What they must say was written by hand, in this file and in ``stories.txt``.
"""

import csv
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2] / "data"
RECORDINGS = sorted((DATA / "recordings").glob("*.pcap"))
RECORDED = [*RECORDINGS, DATA / "http-get.pcap"]
EXPECTED = Path(__file__).with_name("stories.txt")

FATES = {">": "delivered", "x": "dropped", ">>": "duplicated", "~>": "delayed"}
STATES = {
    "CLOSED", "LISTEN", "SYN_SENT", "SYN_RCVD", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2",
    "CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT",
}  # fmt: skip
MS = 1_000_000  # nanoseconds

FIELDS = (
    "frame.time_epoch", "frame.len", "ip.src", "tcp.flags", "tcp.seq", "tcp.ack",
    "tcp.window_size", "tcp.checksum.status", "ip.checksum.status",
    "tcp.options.sack_le", "tcp.options.sack_re", "tcp.payload",
)  # fmt: skip


@dataclass(frozen=True)
class Frame:
    """One frame as tshark reads it, with the line of the states table beside it."""

    time_ns: int
    length: int
    sender: str
    flags: str
    seq: int
    ack: int
    payload: bytes
    window: int
    checksums: tuple[str, str]
    sack: tuple[int, int] | None  # the first block
    row: dict[str, str]

    @property
    def sender_state(self) -> str:
        """The sender's state when it had sent this."""
        return self.row[f"{self.sender.lower()}_state_sent"]

    @property
    def receiver_state(self) -> str:
        """The receiver's state after this was delivered, or not."""
        return self.row[f"{'b' if self.sender == 'A' else 'a'}_state"]


def tshark(path: Path) -> list[list[str]]:
    """What tshark says of each frame: ``FIELDS`` as text, numbers as on the wire."""
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "separator=|"]
    for option in ("tcp.check_checksum:TRUE", "ip.check_checksum:TRUE",
                   "tcp.relative_sequence_numbers:FALSE"):  # fmt: skip
        command += ["-o", option]
    for field in FIELDS:
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return [line.split("|") for line in done.stdout.splitlines()]


@cache
def frames(path: Path) -> list[Frame]:
    """Every frame of a recording."""
    with path.with_suffix(".states.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    read = tshark(path)
    assert len(read) == len(rows), "one line of states for each frame"
    result = []
    for fields, row in zip(read, rows, strict=True):
        when, length, source, flags, seq, ack, window, tcp_ok, ip_ok, left, right, data = fields
        seconds, fraction = when.split(".")
        bits = int(flags, 16)
        sack = (int(left.split(",")[0]), int(right.split(",")[0])) if left else None
        result.append(Frame(
            int(seconds) * 10**9 + int(fraction.ljust(9, "0")), int(length),
            {"192.0.2.1": "A", "198.51.100.1": "B"}[source],
            "".join(letter for n, letter in enumerate("FSRPA") if bits >> n & 1),
            int(seq), int(ack or 0), bytes.fromhex(data), int(window), (tcp_ok, ip_ok), sack, row,
        ))  # fmt: skip
    return result


def story(name: str) -> list[Frame]:
    """The frames of ``data/recordings/<name>.pcap``."""
    return frames(DATA / "recordings" / f"{name}.pcap")


@cache
def expected() -> dict[str, list[list[str]]]:
    """The stories of ``stories.txt``: name → words of each line."""
    told: dict[str, list[list[str]]] = {}
    lines: list[list[str]] = []
    for line in EXPECTED.read_text().splitlines():
        if line.startswith("["):
            lines = told[line.strip("[]")] = []
        elif line == "handshake":
            lines += told["handshake"]
        elif line and not line.startswith("#"):
            lines.append(line.split())
    return told


def told(path: Path) -> Iterator[list[str]]:
    """A recording in the words of ``stories.txt``, with every number written out."""
    isn = {"A": 0, "B": 0}
    marks = {fate: mark for mark, fate in FATES.items()}
    for frame in frames(path):
        if "S" in frame.flags:
            isn[frame.sender] = frame.seq
        peer = "B" if frame.sender == "A" else "A"
        seq = (frame.seq - isn[frame.sender]) % 2**32
        ack = str((frame.ack - isn[peer]) % 2**32) if "A" in frame.flags else "-"
        line = [frame.sender, frame.flags.replace("P", ""), f"{seq}:{len(frame.payload)}", ack]
        line += [frame.sender_state, marks[frame.row["fate"]]]
        yield line if frame.row["fate"] == "dropped" else [*line, frame.receiver_state]


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_frame_is_what_the_story_says(path: Path) -> None:
    """Sender, flags, numbers, fate and the kernel's states, frame by frame."""
    lines = list(told(path))
    wanted = expected()[path.stem]
    assert len(lines) == len(wanted)
    for number, (line, want) in enumerate(zip(lines, wanted, strict=True), 1):
        if "?" in want[2]:
            want = [*want[:2], line[2], *want[3:]]
        if want[3] == "?":
            want = [*want[:3], line[3], *want[4:]]
        assert line == want, f"{path.stem}, frame {number}"


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_recordings_and_tables_agree(path: Path) -> None:
    """Numbers, times and senders match; nothing was offloaded; every state has a name."""
    for number, frame in enumerate(frames(path), 1):
        assert int(frame.row["frame"]) == number
        assert int(frame.row["time_ns"]) == frame.time_ns
        assert frame.row["sender"] == frame.sender
        assert frame.checksums == ("1", "1"), "tshark says 1 for a good checksum"
        assert frame.length <= 1514
        states = {value for key, value in frame.row.items() if "_state" in key}
        assert states <= STATES
        if frame.row["fate"] == "dropped":
            assert frame.row["delivered_ns"] == ""
        else:
            assert int(frame.row["delivered_ns"]) - frame.time_ns >= 20 * MS


def test_no_recording_is_missing_or_unknown() -> None:
    assert {path.stem for path in RECORDINGS} == set(expected()) - {"handshake"}
    assert {path.name.removesuffix(".states.csv") for path in DATA.glob("**/*.states.csv")} == {
        path.stem for path in RECORDED
    }


def test_all_eleven_states_were_seen() -> None:
    seen = {row for path in RECORDINGS for frame in frames(path)
            for row in (frame.sender_state, frame.receiver_state)}  # fmt: skip
    assert seen == STATES


def test_last_states_are_those_of_the_story() -> None:
    """Who is in TIME_WAIT at the end, and who is gone."""
    ends = {path.stem: (last["a_state"], last["b_state"]) for path in RECORDINGS
            for last in [frames(path)[-1].row]}  # fmt: skip
    a_waits, gone = ("TIME_WAIT", "CLOSED"), ("CLOSED", "CLOSED")
    closed = {
        "refused": gone, "abort": gone, "time-wait-assassination": gone,
        "http-get": ("CLOSED", "TIME_WAIT"), "simultaneous-close": ("TIME_WAIT", "TIME_WAIT"),
        "close-four-segments": a_waits, "close-three-segments": a_waits,
        "fin-and-ack-together": a_waits, "half-close": a_waits, "lost-fin": a_waits,
        "lost-last-ack": a_waits, "close-with-unread-data": gone, "data-after-close": gone,
        "keep-alive": gone,
    }  # fmt: skip
    still_open = ("ESTABLISHED", "ESTABLISHED")
    assert ends == {name: closed.get(name, still_open) for name in ends}


def test_http_get_carries_a_whole_page() -> None:
    for path in (DATA / "http-get.pcap", DATA / "recordings" / "http-get.pcap"):
        request = b"".join(f.payload for f in frames(path) if f.sender == "A")
        answer = b"".join(f.payload for f in frames(path) if f.sender == "B")
        assert request.startswith(b"GET /lines.txt HTTP/1.1\r\nHost: www.example.org\r\n")
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n") and b"Content-Length: 9600" in head
        assert body == b"".join(b"line %06d\n" % number for number in range(800))


def test_numbers_marked_with_a_question_belong_to_the_other_connection() -> None:
    """RFC 9293 figures 8 and 9: the RST takes its number from the ACK it answers."""
    old = story("old-duplicate-syn")
    assert old[2].ack == old[0].seq + 1 != old[1].seq + 1
    assert old[3].seq == old[2].ack
    half = story("half-open-discovery")
    assert half[6].ack == half[0].seq + 1 + 16
    assert half[7].seq == half[6].ack


def test_a_new_syn_in_time_wait_is_newer() -> None:
    """RFC 9293 §3.10.7.4, MAY-2: its number is beyond the last one of the old connection."""
    again = story("new-syn-in-time-wait")
    assert 0 < (again[7].seq - again[6].ack) % 2**32 < 2**31


def test_timers_wait_and_double() -> None:
    """RFC 6298: one second for a SYN; at least Linux's 200 ms for data, then twice that."""
    lost_syn = story("lost-syn")
    assert 1000 * MS <= lost_syn[1].time_ns - lost_syn[0].time_ns < 1100 * MS
    first, second, third = (frame.time_ns for frame in story("retransmission")[3:6])
    assert 200 * MS <= second - first < 400 * MS
    assert 1.7 < (third - second) / (second - first) < 2.3


def test_fast_retransmit_does_not_wait_for_the_timer() -> None:
    """At least three ACKs with SACKs above the hole, then the hole's segment at once."""
    fast = story("fast-retransmit")
    hole, repeated = fast[5], fast[22]
    assert hole.seq == repeated.seq and hole.payload == repeated.payload
    after_hole = hole.seq + len(hole.payload)
    assert sum(f.sack is not None and f.sack[0] == after_hole for f in fast[:22]) >= 3
    assert repeated.time_ns - hole.time_ns < 200 * MS


def test_reordered_segment_arrives_last_and_is_sent_once() -> None:
    data = [frame for frame in story("reordered-data") if frame.payload]
    arrived = sorted(data, key=lambda frame: int(frame.row["delivered_ns"]))
    assert arrived == [data[0], data[2], data[3], data[1]]
    holes = [f.sack for f in story("reordered-data") if f.sack]
    assert holes == [(data[2].seq, data[3].seq), (data[2].seq, data[3].seq + 1448)]


def test_duplicate_is_reported() -> None:
    """RFC 2883: the first SACK block lies below the ACK."""
    twice = story("duplicated-data")
    assert twice[5].sack == (twice[3].seq, twice[3].seq + 600)
    assert twice[5].sack[1] == twice[5].ack


def test_zero_window_is_probed_with_longer_and_longer_pauses() -> None:
    """RFC 9293 §3.8.6.1; Linux probes with the number before SND.UNA and no data."""
    full = story("zero-window")
    closed, probes, update = full[11], [full[12], full[14]], full[16]
    assert closed.window == 0 and update.window == 5792
    assert all(probe.seq == closed.ack - 1 and not probe.payload for probe in probes)
    assert all(answer.window == 0 for answer in (full[13], full[15]))
    assert probes[1].time_ns - probes[0].time_ns > 1.5 * (probes[0].time_ns - closed.time_ns)
    assert update.ack == closed.ack


def test_wraparound_passes_zero_in_the_middle_of_a_segment() -> None:
    data = [frame for frame in story("wraparound") if frame.payload]
    assert [frame.seq for frame in data] == [4294965297, 4294966745, 897]
    assert 4294966745 + 1448 - 2**32 == 897


def test_everything_is_described_and_small() -> None:
    """The README has a line for every capture and script; all of data/ is under 2 MB."""
    readme = (DATA / "README.md").read_text()
    lines = [line for line in readme.splitlines() if line.startswith("| `")]
    named = " ".join(line.split("|")[1] for line in lines)
    files = [path for path in DATA.rglob("*") if path.is_file()]
    for path in files:
        if path.suffix in {".pcap", ".py"}:
            assert f"`{path.name}`" in named
    assert "**reconstructed** by `make_avatar.py`" in readme
    assert "6.18.44" in readme and "2026-11-23" in readme
    assert sum(path.stat().st_size for path in files if "__pycache__" not in path.parts) < 2_000_000
