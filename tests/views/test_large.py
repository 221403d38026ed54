"""A hundred thousand packets: each view draws something sensible and small."""

from __future__ import annotations

import pytest

from tcpcourse.trace import Trace
from tcpcourse.views import explain, ladder, sequence_strip, stage, state_diagram, table

from . import stories


@pytest.fixture(scope="module")
def huge() -> Trace:
    return stories.long(100_000)


def test_each_view_stays_small(huge: Trace) -> None:
    assert len(stage(huge).encode()) < 1_000_000
    assert len(ladder(huge).svg) < 50_000
    assert len(table(huge)._repr_html_()) < 50_000
    assert len(str(table(huge)).splitlines()) < 100
    assert len(state_diagram(huge).svg) < 50_000
    assert len(sequence_strip(huge[-1], "B").svg) < 10_000


def test_numbers_far_inside_are_right(huge: Trace) -> None:
    # of 99,998 packets before packet 99,998 every third is A's, and each of B's has 1000 bytes
    before = 99_997 - 99_997 // 3
    first = 1000 * (before - 1) + 1  # of B's packet before it
    assert explain(huge, 99_998).analysis.startswith(f"size=1054, seq=(1000+{first}=")
