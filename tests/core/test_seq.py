"""Sequence numbers against a slow oracle: stepping round the circle, one number at a time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpcourse.core.seq import SeqNumber, ack_advances, segment_acceptable

LAST = 4294967295  # 2**32 − 1
HALF = 2147483648  # 2**31

numbers = st.one_of(
    st.integers(0, LAST),
    st.sampled_from([0, 1, 2, HALF - 1, HALF, HALF + 1, LAST - 1, LAST]),
)
steps = st.integers(-40, 40)


def walk(start: int, count: int) -> list[int]:
    """``count`` numbers from ``start`` on, counted one by one; after the largest comes 0."""
    seen = []
    for _ in range(count):
        seen.append(start)
        start = 0 if start == LAST else start + 1
    return seen


@pytest.mark.parametrize(
    ("given_value", "value"),
    [(0, 0), (LAST, LAST), (LAST + 1, 0), (LAST + 8, 7), (-1, LAST), (-HALF, HALF)],
)
def test_any_integer_is_taken_round_the_circle(given_value: int, value: int) -> None:
    assert SeqNumber(given_value).value == value
    assert int(SeqNumber(given_value)) == value


def test_adding_goes_over_the_top() -> None:
    assert SeqNumber(0xFFFFFFF0) + 32 == SeqNumber(16)
    assert SeqNumber(16) - 32 == SeqNumber(0xFFFFFFF0)
    assert SeqNumber(16) - SeqNumber(0xFFFFFFF0) == 32
    assert SeqNumber(0xFFFFFFF0) - SeqNumber(16) == -32


@given(numbers, st.integers(0, 40))
def test_adding_is_walking(start: int, count: int) -> None:
    there = SeqNumber(walk(start, count + 1)[-1])
    assert SeqNumber(start) + count == there
    assert there - count == SeqNumber(start)
    assert there - SeqNumber(start) == count
    assert SeqNumber(start) - there == -count
    assert SeqNumber(start).forward_to(there) == count


@given(numbers, numbers)
def test_a_difference_leads_back(a: int, b: int) -> None:
    distance = SeqNumber(a) - SeqNumber(b)
    assert isinstance(distance, int)
    assert -HALF <= distance < HALF
    assert SeqNumber(b) + distance == SeqNumber(a)


@given(numbers, steps)
def test_order_is_the_shorter_way_round(start: int, step: int) -> None:
    a, b = SeqNumber(start), SeqNumber(start + step)
    assert (a < b) == (step > 0)
    assert (a > b) == (step < 0)
    assert (a <= b) == (step >= 0)
    assert (a >= b) == (step <= 0)
    assert (a == b) == (step == 0)


@pytest.mark.parametrize("start", [0, 1, 100, HALF, LAST])
def test_just_short_of_half_the_circle_there_is_an_order(start: int) -> None:
    a = SeqNumber(start)
    assert a < a + (HALF - 1)
    assert a > a + (HALF + 1)


@given(numbers)
def test_at_exactly_half_the_circle_there_is_no_order(start: int) -> None:
    a, b = SeqNumber(start), SeqNumber(start + HALF)
    for x, y in ((a, b), (b, a)):
        assert x != y
        assert not x < y
        assert not x <= y
        assert not x > y
        assert not x >= y
        assert x - y == -HALF


@given(numbers, numbers)
def test_at_most_one_is_the_smaller(a: int, b: int) -> None:
    x, y = SeqNumber(a), SeqNumber(b)
    assert [x < y, x == y, x > y].count(True) == (0 if abs(a - b) == HALF else 1)


def test_three_numbers_can_go_round_in_a_circle() -> None:
    a, b, c = SeqNumber(0), SeqNumber(0x60000000), SeqNumber(0xC0000000)
    assert a < b
    assert b < c
    assert c < a


def test_a_number_is_not_an_integer() -> None:
    seven: object = 7
    assert SeqNumber(7) != seven
    assert seven != SeqNumber(7)
    for attempt in (
        lambda: SeqNumber(7) < 8,  # type: ignore[operator]
        lambda: SeqNumber(7) <= 8,  # type: ignore[operator]
        lambda: SeqNumber(7) > 6,  # type: ignore[operator]
        lambda: SeqNumber(7) >= 6,  # type: ignore[operator]
        lambda: SeqNumber(7) + "1",  # type: ignore[operator]
        lambda: SeqNumber(7) - "1",  # type: ignore[operator]
        lambda: SeqNumber(7) + 1.5,  # type: ignore[operator]
        lambda: SeqNumber(7) + SeqNumber(1),  # type: ignore[operator]
        lambda: 7 - SeqNumber(1),  # type: ignore[operator]
        lambda: SeqNumber(7) - 1.5,  # type: ignore[operator]
    ):
        with pytest.raises(TypeError):
            attempt()


def test_equal_numbers_are_one_key() -> None:
    assert {SeqNumber(7): "seven"}[SeqNumber(7 + LAST + 1)] == "seven"
    assert len({SeqNumber(1), SeqNumber(2), SeqNumber(1)}) == 2
    integer: object = 7
    assert integer not in {SeqNumber(7)}


def test_a_number_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        SeqNumber(7).value = 8  # type: ignore[misc]


def test_as_text() -> None:
    assert str(SeqNumber(-1)) == "4294967295"
    assert repr(SeqNumber(7)) == "SeqNumber(7)"


@given(numbers, st.integers(0, 12), steps)
def test_a_range_holds_exactly_the_numbers_one_walks_over(
    start: int, length: int, step: int
) -> None:
    number = (start + step) % (LAST + 1)
    assert SeqNumber(number).within(SeqNumber(start), length) == (number in walk(start, length))


def test_ranges_are_half_open() -> None:
    start = SeqNumber(LAST)
    assert start.within(start, 1)
    assert not (start + 1).within(start, 1)
    assert (start + 1).within(start, 2)
    assert not (start - 1).within(start, 2)
    assert not start.within(start, 0)
    assert SeqNumber(5).within(SeqNumber(6), LAST + 1), "the whole circle holds everything"
    assert not SeqNumber(5).within(SeqNumber(6), LAST), "one short of the whole circle"


def acceptable_oracle(seq: int, length: int, nxt: int, window: int) -> bool:
    """RFC 9293 §3.4, table 5: look at the first and the last number of the segment."""
    open_numbers = walk(nxt, window)
    taken = walk(seq, length)
    if not taken:
        return seq in open_numbers if window else seq == nxt
    if not window:
        return False
    return taken[0] in open_numbers or taken[-1] in open_numbers


@given(numbers, steps, st.integers(0, 30), st.integers(0, 30))
def test_acceptability_by_brute_force(nxt: int, step: int, length: int, window: int) -> None:
    seq = (nxt + step) % (LAST + 1)
    assert segment_acceptable(SeqNumber(seq), length, SeqNumber(nxt), window) == acceptable_oracle(
        seq, length, nxt, window
    )


@pytest.mark.parametrize(
    ("seq", "length", "window", "expected"),
    [
        # length 0, window 0: only RCV.NXT itself
        (100, 0, 0, True), (99, 0, 0, False), (101, 0, 0, False),
        # length 0, window 10: from RCV.NXT up to, not including, RCV.NXT + RCV.WND
        (100, 0, 10, True), (109, 0, 10, True), (110, 0, 10, False), (99, 0, 10, False),
        # length > 0, window 0: never
        (100, 1, 0, False), (99, 2, 0, False),
        # length > 0, window 10: the first or the last number is in it
        (99, 1, 10, False), (99, 2, 10, True), (109, 1, 10, True), (110, 1, 10, False),
        (109, 500, 10, True),
        # by the letter, a segment that sticks out at both sides is not acceptable
        (99, 12, 10, False), (99, 11, 10, True),
    ],
)  # fmt: skip
def test_the_four_cases_of_table_5(seq: int, length: int, window: int, expected: bool) -> None:
    assert segment_acceptable(SeqNumber(seq), length, SeqNumber(100), window) is expected
    # the same, with the window lying across the top of the circle
    shift = LAST - 104
    assert (
        segment_acceptable(SeqNumber(seq + shift), length, SeqNumber(100 + shift), window)
        is expected
    )


@given(numbers, st.integers(0, 30), steps)
def test_acks_by_brute_force(una: int, in_flight: int, step: int) -> None:
    """SND.UNA < SEG.ACK =< SND.NXT: one of the numbers after SND.UNA, up to SND.NXT."""
    ack = (una + step) % (LAST + 1)
    new = walk(una, in_flight + 1)[1:]
    assert ack_advances(SeqNumber(una), SeqNumber(ack), SeqNumber(una) + in_flight) == (ack in new)
