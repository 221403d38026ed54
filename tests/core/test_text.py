"""What a segment's text comes to, against bytes kept one by one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tcpcourse.core.queue import ByteQueue
from tcpcourse.core.segment import Segment
from tcpcourse.core.seq import SeqNumber
from tcpcourse.core.states import State
from tcpcourse.core.tcb import Tcb
from tcpcourse.core.text import ALWAYS_JOINED, reaches_fin, text_of

NXT = SeqNumber(0xFFFFFFF8)  # the numbers go round within a story
WINDOW = 40

pieces = st.tuples(st.integers(-5, 45), st.binary(max_size=12), st.booleans())


def tcb_with(early: tuple[tuple[SeqNumber, ByteQueue], ...], fin: SeqNumber | None) -> Tcb:
    return Tcb(
        State.ESTABLISHED, rcv_nxt=NXT, rcv_wnd=WINDOW, early=early, early_fin=fin
    )  # nothing is taken here, so RCV.NXT stays and only what is early grows


@given(st.lists(pieces, max_size=12))
def test_text_is_what_bytes_kept_one_by_one_say(arrivals: list[tuple[int, bytes, bool]]) -> None:
    kept: dict[int, int] = {}  # byte by distance from RCV.NXT; the first to come stays
    fin: int | None = None
    early: tuple[tuple[SeqNumber, ByteQueue], ...] = ()
    for offset, data, last in arrivals:
        if offset <= 0 <= offset + len(data) + last:
            continue  # it would be taken, which is another test
        segment = Segment(NXT + offset, 1, "FA" if last else "A", data=data)
        end = offset + len(data)
        if last and fin is None and 0 <= end < WINDOW:
            fin = end
        limit = WINDOW if fin is None else fin
        for place, byte in enumerate(data, offset):
            if place >= 0:
                kept.setdefault(place, byte)
        kept = {place: byte for place, byte in kept.items() if place < limit}

        tcb = tcb_with(early, None if fin is None or (last and fin == end) else NXT + fin)
        text = text_of(tcb, segment)
        early = text.early
        got = {
            NXT.forward_to(first) + place: byte
            for first, run in early
            for place, byte in enumerate(bytes(run))
        }
        assert (text.ready, got) == (b"", kept)
        assert sum(len(run) for _, run in early) == len(kept), "nothing is kept twice"
        ends = {NXT.forward_to(first) + len(run) for first, run in early}
        assert not ends & {NXT.forward_to(first) for first, _ in early}, "what touches is joined"


@given(st.lists(pieces, max_size=10), pieces)
def test_the_fin_is_reached_when_nothing_is_missing_before_it(
    arrivals: list[tuple[int, bytes, bool]], final: tuple[int, bytes, bool]
) -> None:
    tcb = tcb_with((), None)
    for offset, data, last in arrivals:
        if not offset <= 0 <= offset + len(data) + last:
            text = text_of(tcb, Segment(NXT + offset, 1, "FA" if last else "A", data=data))
            tcb = tcb_with(text.early, text.early_fin)
    offset, data, last = final
    segment = Segment(NXT + offset, 1, "FA" if last else "A", data=data)
    before = tcb.early
    reached = reaches_fin(tcb, segment)
    assert tcb.early == before
    text = text_of(tcb, segment)
    assert reached == text.fin_reached
    if reached:
        assert not text.early
        assert text.early_fin is None


def test_the_last_piece_brings_all_that_waited() -> None:
    early = ((SeqNumber(103), ByteQueue(b"def")), (SeqNumber(108), ByteQueue(b"ij")))
    tcb = Tcb(State.ESTABLISHED, rcv_nxt=SeqNumber(100), early=early)
    text = text_of(tcb, Segment(100, 1, "A", data=b"abcX"))
    assert text.ready == b"abcdef", "the byte that came first stays"
    assert text.early == ((SeqNumber(108), ByteQueue(b"ij")),)


def test_a_long_run_is_not_copied_behind_a_short_one() -> None:
    long = ByteQueue(bytes(ALWAYS_JOINED + 1))
    tcb = Tcb(State.ESTABLISHED, rcv_nxt=SeqNumber(0), rcv_wnd=1 << 20,
              early=((SeqNumber(100), long),))  # fmt: skip
    text = text_of(tcb, Segment(50, 1, "A", data=bytes(50)))
    assert [(int(first), len(run)) for first, run in text.early] == [
        (50, 50),
        (100, ALWAYS_JOINED + 1),
    ]
    assert text.early[1][1] is long
    whole = text_of(Tcb(State.ESTABLISHED, rcv_nxt=SeqNumber(0), rcv_wnd=1 << 20,
                        early=text.early), Segment(0, 1, "A", data=bytes(50)))  # fmt: skip
    assert len(whole.ready) == 100 + ALWAYS_JOINED + 1
    assert not whole.early


def test_what_comes_in_order_behind_a_hole_shares_one_store() -> None:
    tcb = Tcb(State.ESTABLISHED, rcv_nxt=SeqNumber(0), rcv_wnd=1 << 20)
    stores = set()
    for number in range(50):
        text = text_of(tcb, Segment(1 + 1000 * number, 1, "A", data=bytes(1000)))
        tcb = Tcb(State.ESTABLISHED, rcv_nxt=SeqNumber(0), rcv_wnd=1 << 20, early=text.early)
        stores.add(id(tcb.early[0][1].store))
    assert len(tcb.early) == 1
    assert len(stores) <= 2, "the first piece's own bytes, and the store that grows behind it"
