"""A conversation in a few letters, as Zeek writes it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tcpcourse.sources.capture.columns import ACK, FIN, RST, SYN, Array
from tcpcourse.sources.capture.notes import Note


def history(rows: Array, notes: NDArray[np.uint16]) -> str:
    """Zeek's way to write a connection: a letter when something happens for the first time.

    Capitals are of A, small letters of B: ``S`` a SYN, ``H`` a SYN,ACK, ``A`` an ACK with
    nothing else, ``D`` data, ``F`` a FIN, ``R`` a RST, ``W`` a window of 0, ``T`` data (or a
    SYN or FIN) sent again. So ``ShADadFf`` is an ordinary connection. Of one packet, S, H, F
    and R come before T, D, A and W.
    """
    flags, data = rows["flags"], rows["payload_len"] > 0
    syn, ack = flags & SYN != 0, flags & ACK != 0
    fin, rst = flags & FIN != 0, flags & RST != 0
    again = Note.RETRANSMISSION | Note.FAST_RETRANSMISSION | Note.SPURIOUS_RETRANSMISSION
    letters = {
        "S": syn & ~ack,
        "H": syn & ack,
        "F": fin,
        "R": rst,
        "T": notes & int(again) != 0,
        "D": data,
        "A": ack & ~syn & ~fin & ~rst & ~data,
        "W": notes & int(Note.ZERO_WINDOW) != 0,
    }
    found = []
    for rank, (letter, happens) in enumerate(letters.items()):
        for side, text in ((0, letter), (1, letter.lower())):
            places = happens & (rows["direction"] == side)
            if places.any():
                found.append((int(np.argmax(places)), rank, text))
    return "".join(text for _, _, text in sorted(found))
