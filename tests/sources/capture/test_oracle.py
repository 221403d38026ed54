"""The fast loader against two slow readers: the plain decoder, and scapy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Raw

import tcpcourse as tcp
from tcpcourse.sources.capture.pair_index import PairTable
from tcpcourse.sources.capture.read import buffer

from . import frames as f
from .oracle import Row, decode

DATA = Path(__file__).parents[3] / "data"
FILES = [*sorted(DATA.glob("*.pcap")), *sorted(DATA.glob("recordings/*.pcap"))]
# the oracle knows one SYN a side, and one conversation for two ports
PORTS_USED_AGAIN = {"half-open-discovery", "new-syn-in-time-wait", "old-duplicate-syn"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_our_captures(path: Path) -> None:
    fields = list(Row._fields)
    if path.stem in PORTS_USED_AGAIN:
        fields = [x for x in fields if x not in ("conversation", "rel_seq", "rel_ack")]
    rows = [tuple(getattr(row, name) for name in fields) for row in decode(path.read_bytes())]
    assert tcp.load(path).columns[fields].tolist() == rows


ports = st.sampled_from([1, 2, 80, 65535])
hosts4 = st.sampled_from(["192.0.2.1", "198.51.100.2"])
hosts6 = st.sampled_from(["2001:db8::1", "::2"])


def segments(*flags: int) -> st.SearchStrategy[bytes]:
    """All SYNs have one number, and those without ACK come first: no ports are used again."""
    return st.builds(
        lambda sport, dport, flags, seq, ack, size, window, options: f.tcp(
            17 if flags & 2 else seq, ack, flags, bytes(size), sport=sport, dport=dport,
            window=window, options=options,
        ),
        ports, ports, st.sampled_from(flags), st.integers(0, 2**32 - 1),
        st.integers(0, 2**32 - 1), st.integers(0, 40), st.integers(0, 65535),
        st.sampled_from([b"", f.SCALE_7, bytes([1, 3, 3, 20]), bytes([3, 3]) + bytes(2)]),
    )  # fmt: skip


def packets(*flags: int) -> st.SearchStrategy[tuple[int, bytes]]:
    inner = segments(*flags)
    return st.one_of(
        st.builds(lambda s, a, b: (0x0800, f.ipv4(s, a, b)), inner, hosts4, hosts4),
        st.builds(lambda s, a, b: (0x86DD, f.ipv6(s, a, b)), inner, hosts6, hosts6),
        st.builds(lambda s, a, b: (0x86DD, f.ipv6(f.extension(6, 16) + s, a, b, following=60)),
                  inner, hosts6, hosts6),
        st.builds(lambda s, a: (0x0800, f.ipv4(s, a, protocol=17)), inner, hosts4),
    )  # fmt: skip


def wrapped(*flags: int) -> st.SearchStrategy[list[Wrapped]]:
    tags = st.sampled_from([(), (0x8100,), (0x88A8, 0x8100)])
    more = st.sampled_from([0, 0, 0, 6, -1, -25])  # padding, or less captured than there was
    return st.lists(st.tuples(packets(*flags), tags, more), max_size=20)


Wrapped = tuple[tuple[int, bytes], tuple[int, ...], int]
WRAPPED = {
    1: lambda kind, inner, tags: f.ethernet(inner, kind, tags=tags),
    113: lambda kind, inner, _: f.cooked(inner, kind),
    276: lambda kind, inner, _: f.cooked2(inner, kind),
    0: lambda kind, inner, _: f.null(inner, 2 if kind == 0x0800 else 30),
    101: lambda _kind, inner, _: inner,
}


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(WRAPPED)), st.sampled_from("<>"), st.sampled_from([1, 1000]),
    wrapped(f.SYN),
    wrapped(f.SYN | f.ACK, f.ACK, f.FIN | f.ACK, f.RST, 0, 0x1FF, 0x100),
)  # fmt: skip
def test_made_up_captures(
    link: int, order: str, unit_ns: int, opening: list[Wrapped], rest: list[Wrapped]
) -> None:
    raws, lengths = [], []
    for (kind, inner), tags, more in opening + rest:
        whole = WRAPPED[link](kind, inner, tags)
        raws.append(whole + bytes(more) if more >= 0 else whole[:more])
        lengths.append(max(len(whole), len(raws[-1])))
    data = f.pcap(raws, link=link, order=order, unit_ns=unit_ns, lengths=lengths)
    expected = [tuple(row) for row in decode(data)]
    assert tcp.load(data).columns[list(Row._fields)].tolist() == expected


def test_portions_of_a_file_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records and blocks that lie across the edges of what is read at a time."""
    packets = [p for _ in range(30) for p in f.packets() + f.packets(6)]
    classic = f.pcap([*packets, bytes(700)], link=101)
    blocks = f.section() + f.interface(101) + b"".join(f.enhanced(p, 9) for p in packets)
    blocks += f.block(10, bytes(5000)) + f.enhanced(packets[0], 9)
    whole = [tcp.load(data).columns for data in (classic, blocks)]
    monkeypatch.setattr(buffer, "PORTION", 1000)
    for data, expected in zip((classic, blocks), whole, strict=True):
        capture = tcp.load(data)
        assert capture.problems == ()
        assert (capture.columns == expected).all()


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 65535), st.integers(0, 65535), st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1), st.integers(0, 0x1FF), st.integers(0, 65535), st.binary(max_size=60),
    st.lists(st.sampled_from([("NOP", None), ("MSS", 536), ("WScale", 9), ("SAckOK", b""),
                              ("Timestamp", (1, 2**32 - 1)), ("SAck", (5, 9))]),
             max_size=4, unique_by=lambda option: option[0]),
    st.booleans(), st.booleans(),
)  # fmt: skip
def test_what_scapy_builds_and_dissects(
    sport: int, dport: int, seq: int, ack: int, flags: int, window: int, data: bytes,
    options: list[tuple[str, object]], six: bool, tagged: bool,
) -> None:  # fmt: skip
    layers = Ether(src="00:00:5e:00:53:01", dst="00:00:5e:00:53:02")
    layers = layers / Dot1Q(vlan=7) if tagged else layers
    layers /= IPv6(src="2001:db8::1", dst="2001:db8::2") if six else IP(src=f.A[0], dst=f.B[0])
    layers /= TCP(sport=sport, dport=dport, seq=seq, ack=ack, flags=flags, window=window,
                  options=options)  # fmt: skip
    raw = bytes(layers / Raw(data))
    seen = Ether(raw)[TCP]  # as scapy dissects it
    capture = tcp.load(f.pcap([raw]))
    (row,) = capture.conversations[0].packets
    segment = row.segment
    assert int(segment.seq) == seen.seq
    assert int(segment.flags) == int(seen.flags)
    assert segment.ack == (tcp.SeqNumber(seen.ack) if flags & 16 else None)
    assert (segment.window, segment.urgent) == (seen.window, seen.urgptr)
    assert segment.data == data
    theirs = dict(seen.options)
    assert segment.options.mss == theirs.get("MSS")
    assert segment.options.wscale == theirs.get("WScale")
    assert segment.options.sack_permitted == ("SAckOK" in theirs)
    assert segment.options.timestamp == theirs.get("Timestamp")
    assert segment.options.sack == (((5, 9),) if "SAck" in theirs else ())
    assert f"{f.A6[0] if six else f.A[0]}" in capture.conversations[0].a


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2**64 - 1))), max_size=6))
def test_a_table_of_pairs_is_a_dictionary(portions: list[list[tuple[int, int]]]) -> None:
    table, known = PairTable(), {}
    for portion in portions:
        left = np.array([a for a, _ in portion], np.uint64)
        right = np.array([b for _, b in portion], np.uint64)
        for pair, number in zip(portion, table.numbers(left, right).tolist(), strict=True):
            assert known.setdefault(pair, number) == number
    assert sorted(known.values()) == list(range(table.size))


def test_a_table_of_pairs_grows() -> None:
    table, keys = PairTable(), np.arange(100_000, dtype=np.uint64)
    first = table.numbers(keys, keys * np.uint64(3))
    assert len(np.unique(first)) == table.size == 100_000
    assert (table.numbers(keys[::-1], keys[::-1] * np.uint64(3)) == first[::-1]).all()
    assert (table.left[first] == keys).all()
