"""A file that is no capture is named for what it is, each with its own way out."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

import tcpcourse as tcp

AVATAR = (Path(__file__).parents[3] / "data/avatar.pcap").read_bytes()


def tar(form: int) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        entry = tarfile.TarInfo("captures/avatar.pcap")
        entry.size = len(AVATAR)
        archive.addfile(entry, io.BytesIO(AVATAR))
    return out.getvalue()


def old_tar() -> bytes:
    """Version 7 had no magic: only its check sum tells (six octal digits, NUL, space)."""
    head = bytearray(tar(tarfile.USTAR_FORMAT))
    head[257:500] = bytes(243)
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head[:512])
    return bytes(head)


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("avatar.pcap", AVATAR)
    return out.getvalue()


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"
PAGE = b"<!DOCTYPE html>\n<html><head><title>Log in</title></head></html>"
EXPORTED = b'"No.","Time","Source"\n"1","0.0","192.0.2.1"\n'

# Content: (what it is, part of the way out)
KINDS = {
    "login page": (PAGE, "a web page (HTML)", "log in, and download"),
    "page with a comment": (b"\xef\xbb\xbf\n<!-- x -->\n<HTML>", "a web page", "log in"),
    "Git LFS": (POINTER, "a Git LFS pointer", "git lfs pull"),
    "git-annex": (b"/annex/objects/SHA256E-s1--2.pcap\n", "a git-annex pointer", "git annex get"),
    "tar": (tar(tarfile.USTAR_FORMAT), "a tar archive", "tar -xf"),
    "GNU tar": (tar(tarfile.GNU_FORMAT), "a tar archive", "tar -xf"),
    "old tar": (old_tar(), "a tar archive", "tar -xf"),
    "tar.gz": (gzip.compress(tar(tarfile.PAX_FORMAT)), "a tar archive", "tar -xf"),
    "zip": (archive(), "a zip archive", "unpack it"),
    "gzip in gzip": (gzip.compress(gzip.compress(AVATAR)), "gzip within gzip", "gunzip"),
    "bzip2": (bz2.compress(AVATAR), "compressed with bzip2", "bunzip2"),
    "xz": (lzma.compress(AVATAR), "compressed with xz", "unxz"),
    "zstd": (b"\x28\xb5\x2f\xfd\x04\x00" + bytes(40), "compressed with zstd", "unzstd"),
    "lz4": (b"\x04\x22\x4d\x18" + bytes(40), "compressed with lz4", "unlz4"),
    "snoop": (b"snoop\0\0\0\0\0\0\2\0\0\0\4", "a snoop capture", "editcap"),
    "netmon 2": (b"GMBU\0\2\1\0" + bytes(40), "Microsoft Network Monitor 2", "editcap"),
    "netmon 1": (b"RTSS\1\1" + bytes(40), "Microsoft Network Monitor 1", "editcap"),
    "a pcap inside": (b"HTTP/1.1 200 OK\r\n\r\n" + AVATAR, "begin at its byte 19", "tail -c +20"),
    "zeros": (bytes(5000), "nothing but zeros", "download it again"),
    "base64": (base64.b64encode(AVATAR), "a capture written as base64 text", "base64 -d"),
    "hex": (AVATAR.hex().encode(), "a capture written as hex text", "xxd -r -p"),
    "hex dump": (b"0000  45 00 00 28 00 01 00 00\n", "a hex dump", "text2pcap"),
    "tcpdump's text": (b"12:00:00.000001 IP 192.0.2.1.5 > 198.51.100.2.80: Flags [S]\n",
                       "the text that tcpdump printed", "tcpdump -w"),
    "CSV": (EXPORTED, "text, not a capture: the table", "pcapng"),
    "JSON": (b'[\n  {\n    "_index": "packets-2025",\n', "exported as JSON", "pcapng"),
    "PDML": (b'<?xml version="1.0"?>\n<pdml version="0">', "exported as XML", "pcapng"),
    "saved as UTF-8": (AVATAR.decode("latin-1").encode(), "bytes were saved as text", "download"),
    "lost as UTF-8": (AVATAR.decode("utf-8", "replace").encode(), "are lost", "download"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(30), "a picture (PNG)", "get the capture itself"),
    "text": (b"Dear students,\n", "this is text, not a capture", "pcap or pcapng"),
    "anything": (b"\x00\x01\x02\x03" + b"\x7f" * 60, "no capture begins with 00 01 02 03", "pcap"),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_it_is_named_and_told_what_to_do(name: str) -> None:
    content, what, advice = KINDS[name]
    with pytest.raises(tcp.CaptureError) as caught:
        tcp.load(content, name="x.pcap")
    assert what in caught.value.problem
    assert advice in caught.value.advice
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


def test_a_trace_of_windows_is_told_by_its_name() -> None:
    with pytest.raises(tcp.CaptureError, match="pktmon etl2pcap"):
        tcp.load(b"\x00\x20\x00\x00" + b"\x11" * 100, name="Trace.ETL")


@pytest.mark.parametrize("place", [1, 19, 512, 40_000])
def test_taking_off_what_stands_before_gives_the_capture(place: int) -> None:
    with pytest.raises(tcp.CaptureError) as caught:
        tcp.load(b"\x01" * place + AVATAR)
    start = int(caught.value.advice.partition("+")[2].split()[0]) - 1
    assert start == place
    assert len(tcp.load((b"\x01" * place + AVATAR)[start:]).columns) == 8


@pytest.mark.needs("tshark")
def test_the_way_out_of_a_foreign_format_leads_out(tmp_path: Path) -> None:
    editcap = shutil.which("editcap")
    if editcap is None:
        pytest.skip("editcap comes with tshark, but is not there")
    plain, foreign, again = tmp_path / "a.pcap", tmp_path / "a.snoop", tmp_path / "b.pcapng"
    plain.write_bytes(AVATAR)
    subprocess.run([editcap, "-F", "snoop", plain, foreign], check=True)
    with pytest.raises(tcp.CaptureError) as caught:
        tcp.load(foreign)
    assert "editcap -F pcapng IN OUT" in caught.value.advice
    subprocess.run([editcap, "-F", "pcapng", foreign, again], check=True)
    assert len(tcp.load(again).columns) == 8
