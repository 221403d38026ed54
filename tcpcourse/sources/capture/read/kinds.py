"""What a file really is that is no capture: told by its first bytes, each with a way out."""

from __future__ import annotations

import re

from tcpcourse.sources.capture.read import pcap, pcapng
from tcpcourse.words import message

HEAD = 65536  # bytes looked at

_CONVERT = "convert it: editcap -F pcapng IN OUT, or open it in Wireshark and save it as pcapng"
_UNPACK = "unpack it, and load the capture that comes out"
_PICTURE = "a picture of packets holds none: get the capture itself"
_ANEW = "download the file itself again, as it is (binary)"

# what the file begins with: (what it is, what to do)
_MAGICS = {
    b"PK\x03\x04": ("a zip archive", "unpack it, and load the capture that is in it"),
    b"PK\x05\x06": ("an empty zip archive", "get the capture itself"),
    b"7z\xbc\xaf\x27\x1c": ("a 7z archive", "unpack it, and load the capture that is in it"),
    b"Rar!": ("a RAR archive", "unpack it, and load the capture that is in it"),
    b"\x28\xb5\x2f\xfd": ("compressed with zstd", f"{_UNPACK}: unzstd FILE"),
    b"\xfd7zXZ": ("compressed with xz", f"{_UNPACK}: unxz FILE"),
    b"BZh": ("compressed with bzip2", f"{_UNPACK}: bunzip2 FILE"),
    b"\x04\x22\x4d\x18": ("compressed with lz4", f"{_UNPACK}: unlz4 FILE"),
    b"LZIP": ("compressed with lzip", f"{_UNPACK}: lzip -d FILE"),
    b"\x1f\x9d": ("compressed with compress", f"{_UNPACK}: uncompress FILE"),
    b"snoop\0": ("a snoop capture (Solaris)", _CONVERT),
    b"GMBU": ("a capture of Microsoft Network Monitor 2", _CONVERT),
    b"RTSS": ("a capture of Microsoft Network Monitor 1", _CONVERT),
    b"TRSNIFF data": ("a capture of Network General's Sniffer", _CONVERT),
    b"XCP\0": ("a capture of NetXRay", _CONVERT),
    b"iptrace": ("an iptrace capture (AIX)", _CONVERT),
    b"\x7fver": ("a capture of OmniPeek", _CONVERT),
    b"\xa1\xb2\xcd\x34": ("a pcap of an old, modified kind", _CONVERT),
    b"\x34\xcd\xb2\xa1": ("a pcap of an old, modified kind", _CONVERT),
    b"%PDF": ("a PDF document", "get the capture itself"),
    b"\x89PNG": ("a picture (PNG)", _PICTURE),
    b"\xff\xd8\xff": ("a picture (JPEG)", _PICTURE),
    b"\xef\xbf\xbd": ("a file whose bytes were saved as text and are lost", _ANEW),
    b"\xc3\x94\xc3\x83\xc2\xb2\xc2\xa1": ("a pcap whose bytes were saved as text", _ANEW),
    b"\r\n\r\r\n": ("a pcapng whose line ends were changed on its way", _ANEW),
    b"version https://git-lfs": (
        "a Git LFS pointer, which only names the capture",
        "run git lfs pull in the repository, or download the file with the page's Raw button",
    ),
    b"/annex/objects/": (
        "a git-annex pointer, which only names the capture",
        "run git annex get FILE in the repository",
    ),
}
_WEB = re.compile(
    rb"(\xef\xbb\xbf)?\s*(<!--.*?-->\s*)?<(!doctype\s+html|html|head|body)\b", re.I | re.S
)
# how the text begins: (what it is, what to do)
_TEXTS = (
    (
        rb"<\?xml.*?<(pdml|psml|packet)",
        "packets that Wireshark exported as XML",
        "save them in Wireshark as pcapng instead",
    ),
    (
        rb'\[\s*\{\s*"(_index|layers)"',
        "packets that Wireshark exported as JSON",
        "save them in Wireshark as pcapng instead",
    ),
    (
        rb'"?No\."?,"?Time"?',
        "text, not a capture: the table that Wireshark exported as CSV",
        "save the packets in Wireshark as pcapng instead",
    ),
    (
        rb"(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\.\d+ (IP6?|ARP|\w+ +(In|Out)) ",
        "the text that tcpdump printed",
        "record anew: tcpdump -w FILE writes a capture",
    ),
    (rb"0{4,8}:?\s+([0-9a-f]{2} ?){4}", "a hex dump", "make a capture of it: text2pcap IN OUT"),
    (
        rb"(1MOyoQ|obLD1A|TTyyoQ|obI8TQ|Cg0NCg)",
        "a capture written as base64 text",
        "decode it: base64 -d IN > OUT",
    ),
    (
        rb"(d4c3b2a1|a1b2c3d4|4d3cb2a1|a1b23c4d|0a0d0d0a)",
        "a capture written as hex text",
        "turn it into bytes: xxd -r -p IN OUT",
    ),
)


def what_it_is(head: bytes, name: str, packed: bool) -> tuple[str, str]:
    """What a file that begins with ``head`` is (``this is …``), and what to do about it.

    ``name`` is the file's, ``packed`` says that ``head`` came out of gzip.
    """
    if packed and head.startswith(b"\x1f\x8b"):
        return "this is gzip within gzip", "unpack it once (gunzip FILE), and load what comes out"
    for magic, (what, advice) in _MAGICS.items():
        if head.startswith(magic):
            return message("this is {what}", what=what), advice
    if _is_tar(head):
        return "this is a tar archive", "unpack it (tar -xf FILE), and load the capture in it"
    if _WEB.match(head):
        return (
            "this is a web page (HTML), perhaps the login page of where it was to come from",
            "open the address in a browser, log in, and download the capture itself",
        )
    if name.lower().endswith(".etl"):
        return "this is a trace of Windows (ETL)", "convert it: pktmon etl2pcap FILE"
    inside = _capture_inside(head)
    if inside:
        return (
            message(
                "this is no capture, but one seems to begin at its byte {inside}", inside=inside
            ),
            message("take off what stands before it: tail -c +{first} IN > OUT", first=inside + 1),
        )
    if not head.strip(b"\0"):
        return "the file holds nothing but zeros", "record or download it again"
    if _is_text(head[:24]):
        return _text(head)
    return message(
        "no capture begins with {bytes}", bytes=head[:4].hex(" ")
    ), "give a pcap or pcapng file"


def _is_tar(head: bytes) -> bool:
    """By its check sum, which every kind of tar has (POSIX: bytes of the header, as octal)."""
    header = head[:512]
    if len(header) < 512 or not header[0]:
        return False
    said = header[148:156].strip(b" \0")
    if not re.fullmatch(rb"[0-7]{1,7}", said):
        return False
    return int(said, 8) == sum(header[:148]) + 8 * 0x20 + sum(header[156:])


def _capture_inside(head: bytes) -> int:
    """Where a capture begins after something else, or 0: its whole header must make sense."""
    for magic in (*pcap.MAGICS, pcapng.MAGIC):
        at = head.find(magic, 1)
        while at > 0:
            if magic == pcapng.MAGIC:
                sound = head[at + 8 : at + 12] in (b"\x4d\x3c\x2b\x1a", b"\x1a\x2b\x3c\x4d")
            else:
                sound = head[at + 4 : at + 8] in (b"\2\0\4\0", b"\0\2\0\4")
            if sound:
                return at
            at = head.find(magic, at + 1)
    return 0


def _is_text(head: bytes) -> bool:
    if not head.isascii():
        return False
    return re.sub(r"[\n\r\t]", " ", head.decode("ascii")).isprintable()


def _text(head: bytes) -> tuple[str, str]:
    for pattern, what, advice in _TEXTS:
        if re.match(rb"\s*" + pattern, head[:2000], re.S | re.I):
            return message("this is {what}", what=what), advice
    return "this is text, not a capture", "save the packets as pcap or pcapng"
