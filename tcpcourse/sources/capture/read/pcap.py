"""Classic pcap: a header of 24 bytes, then records of 16 bytes and the frame's own.

Both byte orders, microseconds and nanoseconds. The walk from record to record is the only
loop over packets in the whole loader; everything else works on arrays.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tcpcourse.core.errors import CaptureError
from tcpcourse.sources.capture.problems import Tally
from tcpcourse.sources.capture.read.buffer import LARGEST_FRAME, Batch, Piece, gather, unpacker
from tcpcourse.sources.capture.read.frames import Places
from tcpcourse.words import message

MICROSECONDS, NANOSECONDS = 0xA1B2C3D4, 0xA1B23C4D
FILE_HEADER, RECORD_HEADER = 24, 16

# magic number as it stands in the file -> byte order, nanoseconds in a unit of time
MAGICS = {
    struct.pack(order + "I", magic): (order, scale)
    for magic, scale in ((MICROSECONDS, 1000), (NANOSECONDS, 1))
    for order in "<>"
}


def read_pcap(piece: Piece, found: Tally, max_packets: int) -> Iterator[Batch]:
    """The frames of a classic pcap file; what cannot be read is added to ``found``.

    Raises ``CaptureError`` when the file's header is incomplete.
    """
    order, scale = MAGICS[bytes(piece.buffer[:4])]
    if piece.end < FILE_HEADER:
        raise CaptureError(
            piece.stream.name,
            piece.end,
            message("the file ends within its header of {size} bytes", size=FILE_HEADER),
            message("record or copy it again"),
        )
    (network,) = unpacker(order, "I")(piece.buffer, 20)
    link = network & 0xFFFF  # the upper bits tell of frame check sequences
    fields = np.dtype([(name, order + "u4") for name in ("sec", "frac", "captured", "length")])
    read_length = unpacker(order, "I")
    buffer, position, frames = piece.buffer, FILE_HEADER, 0
    while True:
        starts: list[int] = []
        append, last = starts.append, piece.end - RECORD_HEADER
        while position <= last:
            append(position)
            position += RECORD_HEADER + read_length(buffer, position + 8)[0]
        if position > piece.end:
            position = starts.pop()
        stop = frames + len(starts) > max_packets
        if stop:
            position = starts[max_packets - frames]
            del starts[max_packets - frames :]
        at = np.array(starts, np.int64)
        head = gather(piece.data, at, fields)
        captured = head["captured"].astype(np.int64)
        huge = np.flatnonzero(captured > LARGEST_FRAME)
        if len(huge):
            position = starts[huge[0]]
            at, head, captured = at[: huge[0]], head[: huge[0]], captured[: huge[0]]
        if len(at):
            yield _batch(piece, found, at, head, captured, scale, link, frames + 1)
        frames += len(at)
        where = piece.base + position
        if stop:
            found.add(
                message(
                    "reading stopped after {most} frames, the limit; load(…, "
                    "max_packets=…) sets another",
                    most=max_packets,
                ),
                where,
            )
            return
        if piece.end - position >= RECORD_HEADER:
            (wanted,) = read_length(buffer, position + 8)
            if wanted > LARGEST_FRAME:
                found.add(
                    message(
                        "a record claims {wanted} bytes, more than any frame has; what "
                        "follows cannot be read",
                        wanted=wanted,
                    ),
                    where,
                    frames + 1,
                )
                return
        left = piece.end - position
        if not piece.advance(position):
            if left and piece.stream.trouble is None:
                found.add(
                    message(
                        "the file is cut in the middle of this record, {left} bytes after "
                        "its beginning",
                        left=left,
                    ),
                    where,
                    frames + 1,
                )
            return
        position = 0


def _batch(
    piece: Piece,
    found: Tally,
    at: Places,
    head: NDArray[np.void],
    captured: Places,
    scale: int,
    link: int,
    first: int,
) -> Batch:
    length = head["length"].astype(np.int64)
    frac = head["frac"].astype(np.int64) * scale
    frames = np.arange(first, first + len(at))
    for what, wrong in (
        ("a time with more than a second's fraction", frac >= 10**9),
        ("more bytes captured than the frame is said to have had", captured > length),
    ):
        if wrong.any():
            found.add_many(what, frames[wrong], piece.base + at[wrong])
    return Batch(
        piece.data,
        piece.base,
        at + RECORD_HEADER,
        captured,
        np.maximum(length, captured),
        head["sec"].astype(np.int64) * 10**9 + frac,
        link,
        first,
    )
