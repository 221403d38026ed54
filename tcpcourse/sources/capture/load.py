"""A capture file: what is in it, conversation by conversation.

``load`` walks the file once and keeps a row of numbers for each TCP packet. The packets
themselves, notes on them and the states of both ends are worked out when asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tcpcourse.core.errors import CaptureError, TcpCourseError
from tcpcourse.sources.capture.columns import RST, SCALE_UNKNOWN, Array, frame_of
from tcpcourse.sources.capture.conversation import Conversation, Known
from tcpcourse.sources.capture.conversations import Conversations, connect
from tcpcourse.sources.capture.listing import Listing
from tcpcourse.sources.capture.packets import CapturedPacket, Packets, place_of
from tcpcourse.sources.capture.problems import ReadProblem, Tally
from tcpcourse.sources.capture.read import pcap, pcapng
from tcpcourse.sources.capture.read.buffer import Batch, Piece
from tcpcourse.sources.capture.read.files import Source, Store, opened
from tcpcourse.sources.capture.read.headers import HeaderReader
from tcpcourse.sources.capture.read.ip import host_of
from tcpcourse.sources.capture.read.kinds import HEAD, what_it_is
from tcpcourse.sources.capture.read.link import READABLE
from tcpcourse.sources.capture.shown import capture_table
from tcpcourse.sources.capture.stored import LATE, SCALE, TWICE, answered_before_stored, copies
from tcpcourse.sources.capture.write import write_frames
from tcpcourse.sources.progress import Progress

if TYPE_CHECKING:
    from os import PathLike

    import pandas

MOST_PACKETS = 10_000_000
FEW_PACKETS = 500_000  # a gzip file may hold that many, however small it is


def load(
    source: Source,
    *,
    name: str | None = None,
    max_packets: int = MOST_PACKETS,
    max_bytes: int | None = None,
    progress: bool = True,
) -> Capture:
    """Read a capture: pcap or pcapng, plain or gzip; a path, bytes or a binary file object.

    ``max_packets`` bounds the frames read and ``max_bytes`` the bytes (uncompressed; without
    it, gzip is bounded at 4 GiB, at 300 times its size and at one frame a byte). Where a
    bound is reached or the file is damaged, what came before is kept and
    ``Capture.problems`` says so. ``progress`` shows a bar when reading takes more than a
    second. ``name`` is what errors call the source.

    Raises ``CaptureError`` when nothing can be read: no such file, no capture, no header.

    >>> import tcpcourse as tcp
    >>> tcp.simulate("refused").save("refused.pcap")
    >>> capture = tcp.load("refused.pcap")
    >>> capture
    <Capture 'refused.pcap': 2 TCP packets in 1 conversation, no problems>
    >>> capture.conversations[0].trace[-1].after.a
    <End CLOSED>
    """
    if max_packets < 0 or (max_bytes is not None and max_bytes < 0):
        raise TcpCourseError("The bounds max_packets and max_bytes are counts: give 0 or more.")
    with (
        opened(source, name, max_bytes) as (stream, store),
        Progress("reading", progress, total=stream.size) as shown,
    ):
        piece = Piece(stream, shown)
        found = Tally()
        reader = HeaderReader(found)
        read = _format(piece)
        frames = 0
        for batch in read(piece, found, max_packets):
            reader.take(batch)
            frames += len(batch.at)
            if stream.packed and max_bytes is None and frames > max(FEW_PACKETS, stream.taken):
                found.add(
                    f"reading stopped after {frames} frames: no real capture packs a frame into "
                    "less than a byte; load(…, max_bytes=…) reads on",
                    piece.base,
                )
                break
        if stream.trouble is not None:
            found.add(stream.trouble, piece.base + piece.end)
    rows = reader.rows.finish()
    return Capture(stream.name, rows, connect(rows, reader), reader, store, found, frames)


def _format(piece: Piece) -> Callable[[Piece, Tally, int], Iterator[Batch]]:
    """The reader for what the file begins with."""
    head = bytes(piece.buffer[: min(piece.end, 24)])
    file, trouble = piece.stream.name, piece.stream.trouble
    if head[:4] in pcap.MAGICS:
        return pcap.read_pcap
    if head.startswith(pcapng.MAGIC):
        return pcapng.read_pcapng
    if trouble is not None and len(head) < 4:
        raise CaptureError(file, 0, trouble, "try another copy of the file")
    if not head:
        raise CaptureError(file, 0, "the file is empty", "record or copy it again")
    what, advice = what_it_is(
        bytes(piece.buffer[: min(piece.end, HEAD)]), file, piece.stream.packed
    )
    raise CaptureError(file, 0, what, advice)


class Capture:
    """What a capture file holds.

    ``columns`` is a numpy structured array with one row for each TCP packet in the order of
    the file. ``frame`` counts from 1 over all frames; ``time_ns`` are nanoseconds since 1970;
    ``conversation`` is the place in ``conversations``; ``direction`` is 0 from A and 1 from
    B; ``rel_seq`` and ``rel_ack`` count from each side's SYN (modulo 2**32; see
    ``Conversation.relative_to``), and ``rel_ack`` is 0 without the flag ACK. ``payload_len``
    is by IP's lengths.

    ``window`` is as in the header, ``scaled_window`` is it in bytes, and ``scale`` by how many
    bits it was shifted: as both SYNs agreed, or 0. Where one of them was not captured, or not
    its options, ``scale`` may be −1: nobody knows. ``scaled_window`` is then what Wireshark
    shows: shifted by what this side's own SYN offered, else as in the header.

    ``frame_len`` are the bytes on the wire, of which ``captured_len`` are at ``offset`` in
    the uncompressed file, TCP's header ``tcp_offset`` further on; ``link`` is the place of the
    link type among those that can be read, ``ip_id`` IPv4's identification (0 for IPv6),
    ``ttl`` the hops left. It must not be written to.

    ``others`` counts the frames that carry something other than TCP, by name. ``frames``
    counts all frames.
    """

    def __init__(
        self,
        name: str,
        rows: Array,
        known: Conversations,
        reader: HeaderReader,
        store: Store,
        found: Tally,
        frames: int,
    ) -> None:
        self.name, self.frames = name, frames
        self.columns = rows
        self.columns.flags.writeable = False
        self._found = found
        self.others: Mapping[str, int] = MappingProxyType(dict(sorted(found.others.items())))
        self._known, self._store = known, store
        self._addresses = reader.addresses
        self._made: dict[int, Conversation] = {}

    @cached_property
    def conversations(self) -> Sequence[Conversation]:
        """The conversations, by their first packets."""
        return Listing(self._conversation, len(self._known.packets), self.name)

    @cached_property
    def packets(self) -> Packets:
        """All TCP packets in the order of the file; each is read when it is asked for."""
        return Packets(self._store, self.columns, lambda place: int(self._notes[place]))

    def packet(self, number: int) -> CapturedPacket:
        """The packet of the frame with this number; ``TcpCourseError`` when there is none."""
        place = place_of(number, self.columns["frame"])
        return self.conversations[int(self.columns["conversation"][place])].packet(number)

    @cached_property
    def _notes(self) -> NDArray[np.uint16]:
        """The notes of all packets, which are worked out conversation by conversation."""
        order, starts = self._sorted
        notes = np.zeros(len(self.columns), np.uint16)
        for index, conversation in enumerate(self.conversations):
            notes[order[starts[index] : starts[index + 1]]] = conversation.notes
        return notes

    @cached_property
    def problems(self) -> tuple[ReadProblem, ...]:
        """What could not be read, or is in doubt, and where: nothing is dropped in silence.

        Worked out when first asked for: it looks at all packets once more.
        """
        order, _ = self._sorted
        late = np.union1d(answered_before_stored(self.columns, order), self._known.late)
        guessed = np.flatnonzero(  # the window of a RST means nothing
            (self.columns["scale"] == SCALE_UNKNOWN) & (self.columns["flags"] & RST == 0)
        )
        for what, places in ((TWICE, self._copies), (LATE, late), (SCALE, guessed)):
            rows = self.columns[places]
            self._found.add_many(what, rows["frame"], rows["offset"])
        return self._found.problems()

    @cached_property
    def _copies(self) -> NDArray[np.int64]:
        return copies(self.columns)

    @cached_property
    def _sorted(self) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """The rows ordered by conversation, and where each one's begin."""
        ids = self.columns["conversation"]
        order: NDArray[np.intp] = np.argsort(ids.astype(np.uint16), kind="stable")
        if len(self._known.packets) > 1 << 16:  # two passes over 16 bits each: linear
            upper = (ids >> 16).astype(np.uint16)[order]
            order = order[np.argsort(upper, kind="stable")]
        starts = np.concatenate([[0], np.cumsum(self._known.packets)])
        return order.astype(np.uint32), starts

    def _conversation(self, index: int) -> Conversation:
        if index not in self._made:
            known = self._known
            if self._made:
                order, starts = self._sorted
                places = order[starts[index] : starts[index + 1]].astype(np.int64)
            else:  # a single conversation is found faster without sorting
                places = np.flatnonzero(self.columns["conversation"] == index)
            rows = self.columns[places]
            rows.flags.writeable = False
            low = host_of(int(known.low[index]), self._addresses)
            high = host_of(int(known.high[index]), self._addresses)
            a, b = (high, low) if known.upper_is_a[index] else (low, high)
            earlier = partial(self._before, index) if places[0] in known.reused else None
            self._made[index] = Conversation(
                index,
                a,
                b,
                rows,
                Known(
                    bool(known.syn_seen[index, 0]),
                    bool(known.syn_seen[index, 1]),
                    bool(known.scale[index, 0] != SCALE_UNKNOWN),
                    bool(known.scale[index, 1] != SCALE_UNKNOWN),
                    frozenset(np.flatnonzero(np.isin(places, self._copies)).tolist()),
                ),
                earlier,
                partial(self._after, index),
                self._store,
            )
        return self._made[index]

    @cached_property
    def _same_ports(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """For each conversation the one before and the one after it on its ports; -1 for none."""
        low, high = self._known.low, self._known.high
        order = np.lexsort((high, low))  # stable: those of the same ports stay as they came
        here, following = order[:-1], order[1:]
        same = (low[here] == low[following]) & (high[here] == high[following])
        before, after = np.full(len(order), -1), np.full(len(order), -1)
        before[following[same]], after[here[same]] = here[same], following[same]
        return before, after

    def _before(self, index: int) -> Conversation:
        """The conversation that had the ports of this one before it."""
        return self._conversation(int(self._same_ports[0][index]))

    def _after(self, index: int) -> Conversation | None:
        """The conversation that had the ports of this one after it, if there was one."""
        after = int(self._same_ports[1][index])
        return self._conversation(after) if after >= 0 else None

    def save(self, conversation: Conversation | int, path: str | PathLike[str]) -> None:
        """Write the frames of one conversation, as they were captured, to a pcap file.

        Raises ``CaptureError`` when the file was changed since, ``TcpCourseError`` when its
        frames are of several link types, which a pcap file cannot hold.
        """
        if isinstance(conversation, int):
            conversation = self.conversations[conversation]
        rows = conversation.columns
        kinds = np.unique(rows["link"])
        if len(kinds) != 1:
            raise TcpCourseError(
                "A pcap file cannot hold frames of several link types: choose another conversation."
            )

        def frames() -> Iterator[tuple[int, bytes, int]]:
            with self._store.open() as file:
                for row in rows:
                    file.seek(int(row["offset"]))
                    data = file.read(int(row["captured_len"]))
                    yield int(row["time_ns"]), data, int(row["frame_len"])

        write_frames(path, frames(), READABLE[int(kinds[0])])

    def to_pandas(self) -> pandas.DataFrame:
        """One row a TCP packet: ``columns``, without the places in the file."""
        return frame_of(self.columns)

    def _repr_html_(self) -> str:
        return capture_table(self)

    def __repr__(self) -> str:
        count, troubles = len(self.conversations), len(self.problems)
        return (
            f"<Capture {self.name!r}: {len(self.columns)} TCP packets"
            f" in {count} conversation{'s' * (count != 1)},"
            f" {troubles or 'no'} problem{'s' * (troubles != 1)}>"
        )
