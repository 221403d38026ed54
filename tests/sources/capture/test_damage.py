"""Captures that are damaged, hostile or no captures: one sentence each, and nothing is lost."""

from __future__ import annotations

import gzip
import io
import os
import random
import struct
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tcpcourse as tcp
from tcpcourse.core.options import Options
from tcpcourse.sources.capture.load import Capture

from . import frames as f

DATA = Path(__file__).parents[3] / "data"
AVATAR = (DATA / "avatar.pcap").read_bytes()
LENGTHS = [66, 66, 54, 679, 60, 1514, 1514, 54]  # the document's eight frames
STARTS = [24 + sum(16 + n for n in LENGTHS[:i]) for i in range(9)]  # of their records


def kinds(capture: Capture) -> dict[str, int]:
    return {problem.what: problem.count for problem in capture.problems}


def refusal(source: object, **more: object) -> tcp.CaptureError:
    with pytest.raises(tcp.CaptureError) as caught:
        tcp.load(source, **more)  # type: ignore[arg-type]
    message = str(caught.value)
    assert "\n" not in message and message.endswith(".")
    return caught.value


# Files that nobody can read


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the file is empty"),
        (b"No.,Time,Source\n1,0.0,192.0.2.1\n", "this is text, not a capture"),
        (b"PK\x03\x04" + bytes(60), "this is a zip archive"),
        (b"\x28\xb5\x2f\xfd" + bytes(60), "this is compressed with zstd"),
        (b"\x00\x01\x02\x03" + bytes(60), "no capture begins with 00 01 02 03"),
        (AVATAR[:4], "the file ends within its header of 24 bytes"),
        (AVATAR[:23], "the file ends within its header of 24 bytes"),
        (gzip.compress(b"", mtime=0), "the file is empty"),
        (gzip.compress(AVATAR, mtime=0)[:12], "the gzip data ends too early: the file was cut"),
        (b"\x1f\x8b" + bytes(60), "the gzip data is corrupt from here on"),
        (f.section()[:20], "the first pcapng section is damaged or cut"),
        (f.section().replace(b"\x4d\x3c\x2b\x1a", bytes(4)), "first pcapng section is damaged"),
    ],
    ids=range(12),
)
def test_what_is_no_capture_is_refused_in_a_sentence(content: bytes, problem: str) -> None:
    error = refusal(content, name="x.pcap")
    assert problem in error.problem
    assert error.file == "x.pcap" and str(error).startswith("x.pcap, byte ")
    assert error.advice


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    missing = tmp_path / "none.pcap"
    assert refusal(missing).problem == "there is no such file"
    assert refusal(str(missing)).file == str(missing)
    assert refusal(tmp_path).problem == "this is a folder"
    assert refusal("a\0b").offset == 0


def test_a_text_file_renamed(tmp_path: Path) -> None:
    path = tmp_path / "notes.pcap"
    path.write_text("Dear students,\n", encoding="utf-8")
    assert refusal(path).problem == "this is text, not a capture"


def test_sources_that_give_no_bytes() -> None:
    assert "gives no bytes" in refusal(io.StringIO("text")).problem
    assert "cannot be read from int" in refusal(7).problem
    with pytest.raises(tcp.TcpCourseError):
        tcp.load(AVATAR, max_packets=-1)


# Files that were cut


def test_a_header_alone_is_an_empty_capture() -> None:
    capture = tcp.load(AVATAR[:24])
    assert len(capture.columns) == len(capture.conversations) == 0
    assert capture.problems == ()
    assert repr(capture) == "<Capture 'capture': 0 TCP packets in 0 conversations, no problems>"


def test_cut_at_every_byte() -> None:
    short = AVATAR[: STARTS[5]]
    for end in range(24, len(short)):
        capture = tcp.load(short[:end])
        whole = sum(start <= end for start in STARTS[1:])
        assert capture.columns["frame"].tolist() == list(range(1, whole + 1))
        if end in STARTS:
            assert capture.problems == ()
            continue
        (problem,) = capture.problems
        assert (problem.frame, problem.offset) == (whole + 1, STARTS[whole])
        assert "cut in the middle of this record" in problem.what
        assert f"{end - STARTS[whole]} bytes after its beginning" in problem.what


def test_pcapng_cut_at_every_byte() -> None:
    parts = [f.section(), f.interface(101), *(f.enhanced(p, 5) for p in f.packets())]
    starts = [sum(map(len, parts[:i])) for i in range(len(parts) + 1)]
    whole_file = b"".join(parts)
    for end in range(starts[1], len(whole_file)):
        capture = tcp.load(whole_file[:end])
        blocks = sum(start <= end for start in starts) - 1
        assert len(capture.columns) == max(blocks - 2, 0)
        if end not in starts:
            assert [problem.offset for problem in capture.problems] == [starts[blocks]]


@pytest.mark.parametrize("end", [30, 500, -9, -4, -1])
def test_gzip_cut_anywhere_keeps_what_came_before(end: int) -> None:
    packed = gzip.compress(AVATAR)
    capture = tcp.load(packed[:end])
    assert "the gzip data ends too early: the file was cut" in kinds(capture)
    if end < 0:  # only gzip's own check sum and length are missing
        assert len(capture.columns) == 8


def test_corrupt_gzip() -> None:
    packed = bytearray(gzip.compress(AVATAR, compresslevel=0))
    packed[-5] ^= 1  # in the check sum's neighbour, the length
    capture = tcp.load(bytes(packed))
    assert len(capture.columns) == 8
    assert kinds(capture) == {"the gzip data is corrupt from here on": 1}
    assert kinds(tcp.load(gzip.compress(AVATAR) + b"something else")) == {
        "something that is not gzip follows the gzip data": 1
    }


def test_gzip_in_several_members_with_padding() -> None:
    packed = gzip.compress(AVATAR[:500]) + gzip.compress(AVATAR[500:]) + bytes(100)
    capture = tcp.load(packed)
    assert len(capture.columns) == 8 and capture.problems == ()


# Lengths that lie


@pytest.mark.parametrize("length", [262145, 2**31 - 1, 2**31, 2**32 - 1])
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_record_of_absurd_length_ends_the_reading(length: int, order: str) -> None:
    good = f.pcap(f.packets(), link=101, order=order)
    bad = good + struct.pack(order + "IIII", 1, 0, length, length) + bytes(1000)
    capture = tcp.load(bad)
    assert len(capture.columns) == 8
    (problem,) = capture.problems
    assert (problem.frame, problem.offset) == (9, len(good))
    assert f"a record claims {length} bytes" in problem.what


def test_records_of_length_0_are_frames_cut_off() -> None:
    capture = tcp.load(f.pcap([b"", *f.packets(), b""], link=101))
    assert capture.columns["frame"].tolist() == list(range(2, 10))
    assert kinds(capture) == {"a frame cut off before its IP header": 2}
    assert capture.frames == 10


@pytest.mark.parametrize("length", [0, 1, 11, 13, 30, 31, 33, 2**31, 2**32 - 4, 2**32 - 1])
def test_pcapng_block_lengths_that_cannot_be(length: int) -> None:
    good = f.section() + f.interface(101) + f.enhanced(f.packets()[0], 5)
    capture = tcp.load(good + f.block(6, bytes(100), length=length) + bytes(500))
    assert len(capture.columns) == 1
    assert [problem.offset for problem in capture.problems] == [len(good)]


def test_pcapng_lies_inside_a_block() -> None:
    packet = f.packets()[0]
    head = f.section() + f.interface(101)
    assert kinds(tcp.load(head + f.enhanced(packet, captured=5000, length=6000))) == {
        "more bytes captured than the block has room for": 1
    }
    assert kinds(tcp.load(head + f.enhanced(packet, place=1))) == {
        "a packet of an interface that was not described": 1
    }
    swapped = f.section() + f.enhanced(packet) + f.interface(101)
    assert kinds(tcp.load(swapped)) == {"a packet of an interface that was not described": 1}
    unequal = bytearray(head + f.enhanced(packet))
    unequal[-4] ^= 4
    capture = tcp.load(bytes(unequal))
    assert len(capture.columns) == 1
    assert kinds(capture) == {"a block whose two lengths differ": 1}


def test_captured_length_above_the_original() -> None:
    packets = f.packets()
    capture = tcp.load(f.pcap(packets, link=101, lengths=[10] * 8))
    assert kinds(capture) == {"more bytes captured than the frame is said to have had": 8}
    assert capture.columns["frame_len"].tolist() == [len(packet) for packet in packets]


# Times


def test_microseconds_of_a_million_and_more() -> None:
    data = bytearray(f.pcap(f.packets(), link=101))
    struct.pack_into("<I", data, 28, 1_500_000)
    capture = tcp.load(bytes(data))
    assert capture.columns["time_ns"][0] == f.DAY_NS + 1_500_000_000
    backwards = next(iter(set(kinds(capture)) - {"a time with more than a second's fraction"}))
    assert backwards.startswith("a time before that of the frame before it")  # 1.5 s, then 1 ms
    assert "reordercap" in backwards
    assert list(kinds(capture).values()) == [1, 1]


@pytest.mark.parametrize(
    ("resolution", "offset_s", "ticks", "expected_ns"),
    [
        (0x00, None, 7, 7 * 10**9),  # seconds
        (0x06, None, 7, 7_000),
        (0x09, -5, 7, 7 - 5 * 10**9),  # before 1970
        (0x0C, None, 7_999, 7),  # picoseconds, rounded down
        (0x7F, None, 2**64 - 1, 0),  # 10**-127 s: next to nothing
        (0x80, None, 7, 7 * 10**9),
        (0x8A, None, 1536, 1_500_000_000),  # 1024ths of a second
        (0xA0, None, 2**33 + 1, 2 * 10**9),
        (0xC0, None, 2**63, 500_000_000),
        (0xFF, None, 2**64 - 1, 0),
        (0xBF, None, 2**63 + 2**62, 1_500_000_000),
    ],
)
def test_every_unit_of_time(
    resolution: int, offset_s: int | None, ticks: int, expected_ns: int
) -> None:
    head = f.section() + f.interface(101, resolution=resolution, offset_s=offset_s)
    capture = tcp.load(head + f.enhanced(f.packets()[0], ticks))
    assert capture.columns["time_ns"].tolist() == [expected_ns]
    assert capture.problems == ()


@pytest.mark.parametrize(
    ("resolution", "offset_s", "ticks"),
    [(0, 0, 2**64 - 1), (6, 0, 2**63), (0x80, 0, 2**40), (9, 2**62, 0), (9, -(2**63), 0),
     (9, 9_000_000_000, 2**62)],
)  # fmt: skip
def test_times_beyond_64_bits_of_nanoseconds(resolution: int, offset_s: int, ticks: int) -> None:
    head = f.section() + f.interface(101, resolution=resolution, offset_s=offset_s)
    capture = tcp.load(head + f.enhanced(f.packets()[0], ticks))
    assert capture.columns["time_ns"].tolist() == [0]
    assert kinds(capture) == {"a time that 64 bits of nanoseconds cannot hold": 1}


# Headers that lie

SEGMENT = f.tcp(1000, 0, f.SYN)
LONG_CHAIN = b"".join(f.extension(60) for _ in range(1500)) + f.extension(6) + SEGMENT


@pytest.mark.parametrize(
    ("frame", "problem"),
    [
        (f.ethernet(f.ipv4(SEGMENT, words=4)), "an IPv4 header length below 20 bytes"),
        (f.ethernet(f.ipv4(SEGMENT, words=15)), "an IPv4 header longer than its packet"),
        (f.ethernet(f.ipv4(SEGMENT, total=19)), "an IPv4 header longer than its packet"),
        (f.ethernet(f.ipv4(SEGMENT, total=39)), "an IP packet too short for a TCP header"),
        (f.ethernet(b"\x65" + f.ipv4(SEGMENT)[1:]), "an IPv4 header with another version"),
        (f.ethernet(f.ipv4(SEGMENT))[:30], "an IPv4 header cut off by the capture"),
        (f.ethernet(f.ipv4(SEGMENT, fragment=0x2000)), "a fragment of an IPv4 packet"),
        (f.ethernet(f.ipv4(SEGMENT, fragment=5)), "a fragment of an IPv4 packet"),
        (f.ethernet(f.ipv4(f.ipv4(SEGMENT), protocol=4)), "IPv4 in IP: tunnels"),
        (f.ethernet(f.ipv4(SEGMENT, protocol=47)), "GRE: tunnels"),
        (f.ethernet(f.ipv4(f.tcp(1, offset=4))), "a TCP header length below 20 bytes"),
        (f.ethernet(f.ipv4(f.tcp(1, offset=15))), "a TCP header longer than its packet"),
        (f.ethernet(f.ipv6(SEGMENT), 0x86DD)[:50], "an IPv6 header cut off by the capture"),
        (f.ethernet(f.ipv6(LONG_CHAIN, following=0), 0x86DD), "more than 16 IPv6 extension"),
        (f.ethernet(f.ipv6(bytes([6, 255, 0, 0, 0, 0, 0, 0]), following=60), 0x86DD),
         "an IPv6 extension header longer than its packet"),
        (f.ethernet(f.ipv6(bytes([6, 0, 0, 9, 0, 0, 0, 1]) + SEGMENT, following=44), 0x86DD),
         "a fragment of an IPv6 packet"),
        (f.ethernet(SEGMENT, 0x0800, tags=(0x8100,) * 5000), "more than 4 VLAN tags"),
        (f.ethernet(f.ipv4(SEGMENT), 0x8847), "MPLS labels"),
        (f.ethernet(b"", 0x8100), "a frame cut off before its IP header"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_headers_that_lie_are_counted_with_their_place(frame: bytes, problem: str) -> None:
    sound = f.ethernet(f.ipv4(f.tcp(1000, 0, f.SYN)))
    capture = tcp.load(f.pcap([sound, frame, frame, sound]))
    assert capture.columns["frame"].tolist() == [1, 4]
    (found,) = capture.problems
    assert problem in found.what
    assert (found.frame, found.count) == (2, 2)
    assert found.offset == 24 + 16 + len(sound) + 16  # of the frame's first byte
    assert "frame 2, byte" in str(found) and "(2 frames)" in str(found)


def test_a_snaplen_of_64_cuts_every_tcp_header_of_ipv6() -> None:
    frames = [f.ethernet(packet, 0x86DD) for packet in f.packets(6)]
    cut = f.pcap([x[:64] for x in frames], lengths=[len(x) for x in frames], snaplen=64)
    capture = tcp.load(cut)
    assert len(capture.columns) == 0
    assert kinds(capture) == {"a TCP header cut off by the capture": 8}


def test_an_ip_length_beyond_the_frame_counts_up_to_the_frames_end() -> None:
    capture = tcp.load(f.pcap([f.ipv4(f.tcp(1, data=b"four"), total=1500)], link=101))
    assert capture.columns["payload_len"].tolist() == [4]
    assert "an IP length beyond the end of the frame" in next(iter(kinds(capture)))


def test_an_ip_length_of_0_is_segmentation_offload() -> None:
    big = f.ethernet(f.ipv4(f.tcp(1, data=bytes(40_000)), total=0))
    assert tcp.load(f.pcap([big])).columns["payload_len"].tolist() == [40_000]
    absurd = tcp.load(f.pcap([big], lengths=[2**31]))
    assert len(absurd.columns) == 0
    assert "no offloading explains" in next(iter(kinds(absurd)))


def test_ipv6_extension_headers_of_every_kind_lead_to_tcp() -> None:
    fragment = bytes([51, 0, 0, 0, 0, 0, 0, 7])  # first and only part
    authentication = bytes([43, 4]) + bytes(22)  # 4 × 4 + 8 bytes
    routing = bytes([60, 0]) + bytes(6)
    chain = f.extension(44) + fragment + authentication + routing + f.extension(6, 16)
    capture = tcp.load(f.pcap([f.ipv6(chain + f.tcp(7, data=b"five!"), following=0)], link=101))
    assert capture.columns[["seq", "payload_len"]].tolist() == [(7, 5)]
    assert [problem.what.partition(",")[0] for problem in capture.problems] == [
        "packets whose window scale is not known"
    ]


@pytest.mark.parametrize(
    "options",
    [
        bytes([3, 0, 7, 0]),  # length 0
        bytes([3, 1, 7, 0]),  # length 1
        bytes([2, 3, 0, 0]),  # a MSS of the wrong length
        bytes([8, 40, 0, 0]),  # beyond the header
        bytes([5, 9]) + bytes(10),  # SACK blocks of no whole number
        bytes([1] * 40),
        bytes([254, 2] * 20),
    ],
)
def test_malformed_options_give_no_scale_and_end_the_list(options: bytes) -> None:
    syn = f.ipv4(f.tcp(1, 0, f.SYN, options=options))
    answer = f.ipv4(f.tcp(9, 2, f.SYN | f.ACK, sport=80, dport=50000, options=f.SCALE_7),
                    f.B[0], f.A[0])  # fmt: skip
    after = f.ipv4(f.tcp(2, 10, f.ACK, window=500))
    capture = tcp.load(f.pcap([syn, answer, after], link=101))
    assert capture.columns["scaled_window"].tolist() == [1000, 1000, 500]
    rows = capture.conversations[0].packets
    assert rows[0].segment.options == Options()


def test_a_window_scale_above_14_counts_as_14() -> None:
    """RFC 7323 §2.3."""
    scale_255 = bytes([3, 3, 255, 0])
    syn = f.ipv4(f.tcp(1, 0, f.SYN, options=scale_255))
    answer = f.ipv4(f.tcp(9, 2, f.SYN | f.ACK, sport=80, dport=50000, options=f.SCALE_7),
                    f.B[0], f.A[0])  # fmt: skip
    capture = tcp.load(f.pcap([syn, answer, f.ipv4(f.tcp(2, 10, window=1))], link=101))
    assert capture.columns["scaled_window"].tolist() == [1000, 1000, 2**14]


def test_unknown_link_types_are_counted() -> None:
    capture = tcp.load(f.pcap([bytes(100)] * 3, link=105))
    assert next(iter(kinds(capture))).startswith("link type 105 cannot be read here")
    assert capture.problems[0].count == 3


def test_other_protocols_are_counted_but_no_problem() -> None:
    arp = f.ethernet(bytes(28), 0x0806)
    udp = f.ethernet(f.ipv4(bytes(8), protocol=17))
    spanning_tree = f.ethernet(bytes(38), 38)
    capture = tcp.load(f.pcap([arp, udp, udp, spanning_tree]))
    assert capture.problems == ()
    assert dict(capture.others) == {"ARP": 1, "UDP": 2, "no IP": 1}


# Files made to hurt


def within(seconds: float, source: bytes, **more: int) -> Capture:
    start = time.perf_counter()
    capture = tcp.load(source, **more)
    assert time.perf_counter() - start < seconds
    return capture


def test_a_gzip_bomb_of_empty_records_stops_at_its_limit() -> None:
    packed = gzip.compress(AVATAR[:24] + bytes(200 << 20), compresslevel=1)
    assert len(packed) < 2 << 20
    capture = within(20, packed)
    assert capture.frames < 2_000_000
    (limit,) = [what for what in kinds(capture) if what.startswith("reading stopped")]
    assert "no real capture packs a frame into less than a byte" in limit and "max_bytes" in limit


def test_a_gzip_bomb_of_one_large_block_stops_at_its_limit() -> None:
    packed = gzip.compress(f.section() + f.block(10, bytes(150 << 20)), compresslevel=9)
    capture = within(20, packed)
    (limit,) = [what for what in kinds(capture) if what.startswith("reading stopped")]
    assert "grows more than 300-fold" in limit and "max_bytes" in limit


def test_limits_can_be_set_and_keep_what_came_before() -> None:
    capture = tcp.load(AVATAR, max_packets=5)
    assert capture.columns["frame"].tolist() == [1, 2, 3, 4, 5]
    assert [(problem.offset, "5 frames" in problem.what) for problem in capture.problems] == [
        (STARTS[5], True)
    ]
    assert tcp.load(AVATAR, max_packets=8).problems == ()
    for packed in (AVATAR, gzip.compress(AVATAR)):
        capture = tcp.load(packed, max_bytes=STARTS[3])
        assert len(capture.columns) == 3
        assert f"after {STARTS[3]} bytes" in capture.problems[0].what
        assert tcp.load(packed, max_bytes=len(AVATAR)).problems == ()


def test_two_hundred_thousand_interfaces() -> None:
    one = f.interface(101)
    packet = f.packets()[0]
    data = f.section() + one * 200_000 + f.enhanced(packet, 5, place=199_999)
    capture = within(20, data)
    assert len(capture.columns) == 1 and capture.problems == ()


def test_sections_that_change_their_byte_order_at_every_packet() -> None:
    packet = f.packets()[0]
    pair = b"".join(
        f.section(order) + f.interface(101, order) + f.enhanced(packet, 5, order) for order in "<>"
    )
    assert len(within(20, pair * 5_000).columns) == 10_000


def test_a_large_foreign_block_is_stepped_over() -> None:
    data = f.section() + f.interface(101) + f.block(10, bytes(5 << 20))
    capture = within(20, data + f.enhanced(f.packets()[0], 5))
    assert len(capture.columns) == 1 and capture.problems == ()
    assert capture.conversations[0].packets[0].segment.seq == tcp.SeqNumber(1000)


def test_a_flood_of_syns_on_one_pair_of_ports() -> None:
    syns = [f.ipv4(f.tcp(number * 7919, 0, f.SYN)) for number in range(20_000)]
    capture = within(20, f.pcap(syns, link=101))
    assert len(capture.conversations) == 1  # none is answered


def test_claimed_but_not_captured_data_is_not_spelled_out_without_end() -> None:
    frame = f.ipv4(f.tcp(1, data=b"abc"), total=65_000)
    capture = tcp.load(f.pcap([frame] * 2_000, link=101, lengths=[65_000] * 2_000))
    rows = list(capture.conversations[0].packets)
    assert {len(row.segment.data) for row in rows} == {64_960}
    assert len({id(row.segment.data) for row in rows}) == 1


# Whatever comes: no exception but CaptureError

SEEDS = [
    AVATAR,
    f.pcap([f.ethernet(p, tags=(0x88A8, 0x8100)) for p in f.packets()], order=">", unit_ns=1),
    f.pcap([f.cooked2(p, 0x86DD) for p in f.packets(6)], link=276),
    f.section() + f.interface(101, resolution=0x94) + f.interface(1)
    + b"".join(f.enhanced(p, 1 << 50) for p in f.packets(6))
    + f.simple(f.packets()[0]) + f.old_packet(f.ethernet(f.packets()[1]), place=1),
    gzip.compress(f.pcap([f.pppoe(p) for p in f.packets()])),
]  # fmt: skip
ODD_NUMBERS = [0, 1, 2, 3, 4, 5, 8, 11, 12, 19, 20, 28, 32, 64, 0x7F, 0xFF, 0xFFFF, 262144, 2**31]


def look_at_everything(data: bytes) -> None:
    try:
        capture = tcp.load(data)
    except tcp.CaptureError as error:
        assert "\n" not in str(error)
        return
    assert repr(capture) and all(map(str, capture.problems))
    assert capture.columns["conversation"].max(initial=0) <= len(capture.conversations)
    for conversation in capture.conversations[:5]:
        assert len(list(conversation.packets)) == len(conversation.packets) > 0
        assert conversation.history is not None and conversation.complete


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(SEEDS), st.integers(0, 40))
def test_random_bytes_after_any_header(noise: bytes, seed: bytes, keep: int) -> None:
    look_at_everything(seed[:keep] + noise)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SEEDS), st.randoms(use_true_random=False))
def test_sound_files_with_wounds(seed: bytes, chance: random.Random) -> None:
    data = bytearray(seed)
    for _ in range(chance.choice([1, 1, 2, 5])):
        place = chance.randrange(len(data) - 4)
        number = chance.choice([*ODD_NUMBERS, 2**32 - 1])
        data[place : place + 4] = struct.pack(chance.choice("<>") + "I", number)
        if chance.random() < 0.2:
            del data[place : place + chance.randrange(1, 50)]
    look_at_everything(bytes(data))


def test_nothing_is_left_behind_when_loading_is_interrupted(tmp_path: Path) -> None:
    class Interrupted(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 1000:
                raise KeyboardInterrupt
            return super().read(min(size or 0, 600))

    before = set(os.listdir(tmp_path)), len(os.listdir("/proc/self/fd")) if FD else 0
    with pytest.raises(KeyboardInterrupt):
        tcp.load(Interrupted(AVATAR))
    assert before == (set(os.listdir(tmp_path)), len(os.listdir("/proc/self/fd")) if FD else 0)


FD = Path("/proc/self/fd").is_dir()
