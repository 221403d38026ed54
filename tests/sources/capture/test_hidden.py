"""TCP hidden in tunnels and behind odd headers is named, with a way that leads to it."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

import tcpcourse as tcp

from . import frames as f

INNER = f.packets()[0]
FRAME = f.ethernet(INNER)


def udp(port: int, data: bytes, source: int = 50000) -> bytes:
    return struct.pack("!HHHH", source, port, 8 + len(data), 0) + data


def over4(inner: bytes, protocol: int = 17) -> bytes:
    return f.ethernet(f.ipv4(inner, "10.0.0.1", "10.0.0.2", protocol=protocol))


def over6(inner: bytes, protocol: int = 17) -> bytes:
    return f.ethernet(f.ipv6(inner, following=protocol), 0x86DD)


VXLAN = bytes([8, 0, 0, 0, 0, 0, 1, 0])
GENEVE = bytes([1, 0, 0x65, 0x58, 0, 0, 1, 0]) + b"\x01\x02\x03\x00"  # one word of options
GTP = bytes([0x30, 0xFF]) + struct.pack("!HI", len(INNER), 7)
SNAP = bytes.fromhex("00005e00530b00005e00530a") + struct.pack("!H", len(INNER) + 8)
SNAP += bytes.fromhex("aaaa03000000") + b"\x08\x00"

# Frame: (name, bytes to take off)
TUNNELS = {
    "VXLAN": (over4(udp(4789, VXLAN + FRAME)), "VXLAN (UDP port 4789)", 14 + 20 + 8 + 8),
    "VXLAN of Linux": (over4(udp(8472, VXLAN + FRAME)), "VXLAN (UDP port 8472)", 50),
    "VXLAN over IPv6": (over6(udp(4789, VXLAN + FRAME)), "VXLAN", 14 + 40 + 8 + 8),
    "GENEVE": (over4(udp(6081, GENEVE + FRAME)), "GENEVE (UDP port 6081)", 50 + 4),
    "GTP": (over4(udp(2152, GTP + INNER)), "GTP (UDP port 2152)", 50),
    "GRE": (over4(b"\x00\x00\x08\x00" + INNER, 47), "GRE", 14 + 20 + 4),
    "GRE with a key": (over4(b"\x20\x00\x08\x00\0\0\0\7" + INNER, 47), "GRE", 14 + 20 + 8),
    "GRE with Ethernet": (over4(b"\x00\x00\x65\x58" + FRAME, 47), "GRE", 14 + 20 + 4),
    "ERSPAN": (over4(b"\x10\x00\x88\xbe" + bytes(4 + 8) + FRAME, 47), "GRE", 14 + 20 + 8 + 8),
    "IPv4 in IP": (over4(INNER, 4), "IPv4 in IP", 14 + 20),
    "IPv4 in IPv6": (over6(INNER, 4), "IPv4 in IP", 14 + 40),
    "IPv6 in IP": (over4(f.packets(6)[0], 41), "IPv6 in IP", 14 + 20),
    "SNAP": (SNAP + INNER, "SNAP (802.2)", 14 + 8),
}


@pytest.mark.parametrize("name", TUNNELS)
def test_a_tunnel_is_named_with_its_way_out(name: str) -> None:
    frame, title, size = TUNNELS[name]
    capture = tcp.load(f.pcap([FRAME, frame, frame]))
    assert capture.columns["frame"].tolist() == [1]
    (problem,) = capture.problems
    assert problem.what.startswith(title)
    assert (problem.frame, problem.count) == (2, 2)
    assert f" -C {size} " in problem.what
    assert capture.others == {}


@pytest.mark.needs("tshark")
@pytest.mark.parametrize("name", TUNNELS)
def test_the_way_out_leads_to_the_tcp(name: str, tmp_path: Path) -> None:
    editcap = shutil.which("editcap")
    if editcap is None:
        pytest.skip("editcap comes with tshark, but is not there")
    path, out = tmp_path / "in.pcap", tmp_path / "out.pcap"
    path.write_bytes(f.pcap([TUNNELS[name][0]]))
    advice = re.search(r"editcap (.*?) IN OUT", tcp.load(path).problems[0].what)
    assert advice is not None
    subprocess.run([editcap, *advice[1].split(), path, out], check=True)
    found = tcp.load(out)
    assert found.columns["seq"].tolist() == [1000]
    assert found.problems == ()


@pytest.mark.parametrize(
    ("frame", "what"),
    [
        (over4(udp(5247, bytes(60))), "CAPWAP (UDP port 5247): tunnels are not looked into"),
        (over4(bytes(60), 50), "ESP: tunnels are not looked into, and this one is encrypted"),
        (over4(b"\x00\x00\x12\x34" + INNER, 47), "GRE: tunnels are not looked into"),
        (over4(b"\x00\x00", 47), "GRE: tunnels are not looked into"),
        (f.ethernet(INNER, 0x88E5), "MACsec: what it carries is encrypted"),
        (f.ethernet(INNER, 0x8848), "MPLS labels (multicast)"),
    ],
)
def test_what_has_no_simple_way_out_is_named_too(frame: bytes, what: str) -> None:
    (problem,) = tcp.load(f.pcap([frame])).problems
    assert problem.what.startswith(what)


@pytest.mark.parametrize(
    "frame",
    [
        over4(udp(53, b"\0\1\1\0" + bytes(20))),
        over4(udp(4789, bytes(30))),  # no VXLAN header: its flag is not set
        over4(udp(2152, b"\x30\x01" + bytes(30))),  # an echo of GTP carries nothing
        over4(udp(53, b"\0\1\1\0" + bytes(20), source=6081 + 1)),
    ],
)
def test_other_udp_is_counted_as_udp(frame: bytes) -> None:
    capture = tcp.load(f.pcap([frame]))
    assert capture.problems == () and capture.others == {"UDP": 1}


def test_a_tunnel_cut_off_behind_its_ports_is_still_named() -> None:
    """Then nobody knows how long its header is, and there is no TCP to be found anyway."""
    frame = over4(udp(6081, GENEVE + FRAME))
    (problem,) = tcp.load(f.pcap([frame[:44]], lengths=[len(frame)])).problems
    assert problem.what.startswith("GENEVE (UDP port 6081)")
    assert "editcap" not in problem.what


@pytest.mark.parametrize(
    ("link", "name"), [(105, "802.11"), (127, "radiotap"), (239, "NFLOG"), (189, "USB")]
)
def test_link_types_are_named(link: int, name: str) -> None:
    (problem,) = tcp.load(f.pcap([bytes(60)], link=link)).problems
    assert problem.what.startswith(f"link type {link} cannot be read here")
    assert name in problem.what


def test_a_spanning_tree_frame_is_no_ip_and_no_problem() -> None:
    frame = bytes.fromhex("0180c200000000005e00530a") + b"\x00\x26" + bytes.fromhex("424203")
    capture = tcp.load(f.pcap([frame + bytes(40)]))
    assert capture.problems == () and capture.others == {"no IP": 1}


def test_many_tunnels_of_different_sizes_do_not_make_many_problems() -> None:
    """Extension headers of any length may stand before a tunnel in IPv6."""
    found = [
        f.ethernet(f.ipv6(f.extension(4, 8 * n) + INNER, following=60), 0x86DD)
        for n in range(1, 32)
    ]
    capture = tcp.load(f.pcap(found))
    assert sum(problem.count for problem in capture.problems) == 31
    assert len(capture.problems) < 20
