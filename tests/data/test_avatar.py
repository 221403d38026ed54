"""``data/avatar.pcap``: the document's eight packets, rebuilt. The judge is tshark."""

import subprocess
import sys
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "data"


def tshark(*fields: str) -> list[list[str]]:
    """What tshark says of each frame, as text; sequence numbers are relative."""
    command = ["tshark", "-n", "-r", str(DATA / "avatar.pcap"), "-T", "fields"]
    command += ["-E", "separator=|", "-o", "tcp.check_checksum:TRUE"]
    command += ["-o", "ip.check_checksum:TRUE"]
    for field in fields:
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return [line.split("|") for line in done.stdout.splitlines()]


def test_avatar_shows_the_documents_numbers() -> None:
    """Section 二 of the document: length, direction, flags, seq, ack, window, data."""
    read = tshark(
        "frame.len", "tcp.srcport", "tcp.dstport", "tcp.flags", "tcp.seq", "tcp.ack",
        "tcp.window_size", "tcp.len", "tcp.options.mss_val", "tcp.options.wscale.multiplier",
        "eth.padding", "tcp.checksum.status", "ip.checksum.status",
    )  # fmt: skip
    assert [" ".join(value or "-" for value in line[:11]) for line in read] == [
        "66 56219 80 0x0002 0 0 8192 0 1460 256 -",
        "66 80 56219 0x0012 0 1 29200 0 1460 128 -",
        "54 56219 80 0x0010 1 1 65536 0 - - -",
        "679 56219 80 0x0018 1 1 65536 625 - - -",
        "60 80 56219 0x0010 1 626 30464 0 - - 000000000000",
        "1514 80 56219 0x0010 1 626 30464 1460 - - -",
        "1514 80 56219 0x0010 1461 626 30464 1460 - - -",
        "54 56219 80 0x0010 626 2921 65536 0 - - -",
    ]
    assert all(line[11:] == ["1", "1"] for line in read), "good checksums"


def test_avatar_options_request_and_numbers() -> None:
    """SACK is permitted in both SYNs, frame 4 asks for the picture, no number starts at 0."""
    read = tshark(
        "tcp.options.sack_perm", "http.request.method", "http.request.uri", "tcp.seq_raw",
    )  # fmt: skip
    assert [bool(line[0]) for line in read] == [True, True] + [False] * 6
    assert [line[1:3] for line in read if line[1]] == [["GET", "/static/images/avatar.jpg"]]
    assert read[0][3] == "2718281828" and read[1][3] == "3141592653"


def test_avatar_is_rebuilt_byte_for_byte(tmp_path: Path) -> None:
    again = tmp_path / "again.pcap"
    subprocess.run(
        [sys.executable, str(DATA / "make_avatar.py"), str(again)], check=True, timeout=120
    )
    assert again.read_bytes() == (DATA / "avatar.pcap").read_bytes()
