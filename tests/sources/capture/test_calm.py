"""Stretches passed over by arrays have the notes that a look at each packet gives."""

from __future__ import annotations

import io
import random

import pytest

import tcpcourse as tcp
from tcpcourse.sources.capture import annotate, calm
from tcpcourse.sources.capture.annotate import Annotation
from tests.sources.observer.lengths import KINDS
from tests.sources.observer.lengths import capture as of_kind
from tests.sources.observer.worlds import tell

from .test_notes import OPENING as OPENED
from .test_notes import STORIES, conversation
from .test_tshark import closed_windows, turbulence


def notes(file: io.BytesIO | bytes) -> list[list[int]]:
    return [each.notes.tolist() for each in tcp.load(file, progress=False).conversations]


def both_ways(
    file: bytes, monkeypatch: pytest.MonkeyPatch, block: int
) -> tuple[list[list[int]], list[list[int]]]:
    """The notes with every calm stretch passed over, however short; and with none."""
    monkeypatch.setattr(annotate, "_BLOCK", block)
    monkeypatch.setattr(calm, "_SHORTEST", 1)
    by_arrays = notes(file)
    monkeypatch.setattr(calm, "_SHORTEST", 1 << 60)
    return by_arrays, notes(file)


@pytest.mark.parametrize("block", [3, 50, 4096])
@pytest.mark.parametrize("made", [turbulence, closed_windows], ids=lambda made: made.__name__)
def test_in_turbulence(made: object, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    by_arrays, one_by_one = both_ways(made(9), monkeypatch, block)  # type: ignore[operator]
    assert by_arrays == one_by_one
    assert sum(map(len, by_arrays)) > 1000 and any(map(any, by_arrays))


@pytest.mark.parametrize("kind", KINDS)
def test_of_every_kind(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    by_arrays, one_by_one = both_ways(of_kind(kind, 600).getvalue(), monkeypatch, 100)
    assert by_arrays == one_by_one


def test_in_random_stories(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(100):
        file = tell(f"calm/{number}").pcap().getvalue()
        by_arrays, one_by_one = both_ways(file, monkeypatch, random.Random(number).randint(2, 40))
        assert by_arrays == one_by_one, number


def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts the packets that are looked at one by one."""
    count = [0]
    real = Annotation._look

    def look(self: Annotation, packet: object) -> int:
        count[0] += 1
        return real(self, packet)  # type: ignore[arg-type]

    monkeypatch.setattr(Annotation, "_look", look)
    return count


def test_bulk_data_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    (bulk,) = tcp.load(of_kind("bulk data", 20_000), progress=False).conversations
    count = looks(monkeypatch)
    assert not bulk.notes[3:].any()
    assert count[0] < 200


def test_the_first_step_waits_for_no_more_than_one_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep-alives are never calm: each is looked at, but only when its turn has come."""
    (alive,) = tcp.load(of_kind("keep-alive", 20_000), progress=False).conversations
    count = looks(monkeypatch)
    assert alive.trace[0].packet is not None
    assert 0 < count[0] <= annotate._BLOCK
    assert alive.trace[-1].packet.notes == ("keep-alive",)  # type: ignore[union-attr]
    assert count[0] == 20_000


def test_notes_do_not_hang_on_who_asks_first() -> None:
    for story in STORIES.values():
        forward, backward = conversation(*OPENED, *story), conversation(*OPENED, *story)
        last = [packet.notes for packet in reversed(backward.packets)]
        assert [packet.notes for packet in forward.packets] == last[::-1]
        assert backward.packets[1:][-1].notes == forward.packets[-1].notes
