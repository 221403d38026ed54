"""A frame as a bar: which of its bytes are headers, options, data and padding."""

from __future__ import annotations

from collections.abc import Iterator

from tcpcourse.packet import ETHERNET, HEADERS, IPV4, TCP
from tcpcourse.trace import Packet
from tcpcourse.views.basis import header_bytes, padding
from tcpcourse.views.svg import num, write
from tcpcourse.words import message

HIGH, HEADER, MARKED = 26, 62, 104  # the height; the widths of a header, of options and padding
_HATCH = 7  # from one stroke of a hatched part to the next


def draw_frame(packet: Packet, x: float, y: float, width: float) -> Iterator[str]:
    """The frame of a packet with its upper left corner at a point, and its sum in words above.

    Only data are coloured, for only they are counted; options and padding are hatched. A frame
    that its known headers do not account for has one part for all that is not data. Needs the
    classes ``h``, ``w``, ``k``, ``m`` and those of the two sides.
    """
    frame, size = packet.frame_len, len(packet.segment.data)
    if frame is None or frame < size:
        return
    options, fill = packet.segment.options.length, padding(packet)
    parts: list[tuple[int, str, str, float]] = []
    if frame == header_bytes(packet) + size + fill:
        parts = [
            (ETHERNET, message("{count} Eth", count=ETHERNET), "h", HEADER),
            (IPV4, message("{count} IP", count=IPV4), "h", HEADER),
            (TCP, message("{count} TCP", count=TCP), "h", HEADER),
            (options, message("{count} options", count=options), "h w", MARKED),
        ]
    else:
        other = frame - size
        parts = [(other, message("{count} that are not data", count=other), "h", 190)]
        fill = 0
    used = sum(part[3] for part in parts if part[0]) + (MARKED if fill else 0)
    data = message("1 byte of data") if size == 1 else message("{count:,} of data", count=size)
    parts.append((size, data, packet.sender.lower(), min(width - used, 240)))
    parts.append((fill, message("{count} padding", count=fill), "h w", MARKED))
    yield write(x, y + 14, _sum(packet, frame, options, fill), "m")
    y += 21
    for count, words, css, wide in parts:
        if not count:
            continue
        outline, _, hatched = css.partition(" ")
        yield f'<path class="{outline}" d="M{num(x)} {num(y)}h{num(wide)}v{HIGH}H{num(x)}z"/>'
        if hatched:
            yield _hatch(x, y, wide)
        yield write(x + wide / 2, y + 18, words, "c")
        x += wide


def _hatch(x: float, y: float, wide: float) -> str:
    """Short strokes along the lower edge, so that the words above them can be read."""
    strokes = "".join(
        f"M{num(x + at)} {num(y + HIGH)}l6-6" for at in range(2, int(wide) - 6, _HATCH)
    )
    return f'<path class="w" d="{strokes}"/>'


def _sum(packet: Packet, frame: int, options: int, fill: int) -> str:
    """How the frame's length is made up."""
    number, size = packet.number, len(packet.segment.data)
    if frame != header_bytes(packet) + size + fill:
        return message(
            "Packet {number} on the wire: {frame} bytes, of which {size} are data.",
            number=number,
            frame=frame,
            size=size,
        )
    if options and fill:
        return message(
            "Packet {number} on the wire: {frame} − {heads} of headers − {options} of options"
            " − {fill} of padding = {size} of data",
            number=number,
            frame=frame,
            heads=HEADERS,
            options=options,
            fill=fill,
            size=size,
        )
    if options:
        return message(
            "Packet {number} on the wire: {frame} − {heads} of headers − {options} of options ="
            " {size} of data",
            number=number,
            frame=frame,
            heads=HEADERS,
            options=options,
            size=size,
        )
    if fill:
        return message(
            "Packet {number} on the wire: {frame} − {heads} of headers − {fill} of padding ="
            " {size} of data",
            number=number,
            frame=frame,
            heads=HEADERS,
            fill=fill,
            size=size,
        )
    return message(
        "Packet {number} on the wire: {frame} − {heads} of headers = {size} of data",
        number=number,
        frame=frame,
        heads=HEADERS,
        size=size,
    )
