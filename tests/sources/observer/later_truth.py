"""The observer is never falsely certain: five hundred random stories whose truth is known.

Named by hand until nothing is false in them: ``pytest tests/sources/observer/later_truth.py``.
``python -m tests.sources.observer.truth --stories 20000 --processes 2`` judges more of them.
"""

from __future__ import annotations

import pytest

from .truth import Sum, Verdict, judge, told
from .worlds import tell

STORIES = 500
# What the observer before this one reached on the same stories: claims of one state that
# are right, of all claims. It was falsely certain in the others.
ONE_STATE_BEFORE = 0.858


@pytest.fixture(scope="module")
def verdicts() -> list[Verdict]:
    return [judge(tell(f"suite/{number}")) for number in range(STORIES)]


def test_nothing_is_false(verdicts: list[Verdict]) -> None:
    wrong = [verdict for verdict in verdicts if verdict.wrong or verdict.error]
    assert not wrong, "\n\n".join(told(verdict) for verdict in wrong[:3])


def test_what_is_certain_is_certain_often_enough(verdicts: list[Verdict]) -> None:
    total = Sum()
    for verdict in verdicts:
        total.add(verdict)
    share = (total.single["exact"] + total.single["timing"]) / sum(total.kinds.values())
    assert share >= ONE_STATE_BEFORE, str(total)


def test_where_another_fate_is_followed_the_remarks_say_so(verdicts: list[Verdict]) -> None:
    followed = [v for v in verdicts if any(claim.verdict == "fate" for claim in v.claims)]
    for verdict in followed:
        words = " ".join(verdict.remarks)
        assert "taken to" in words or "assume" in words or "assumption" in words, told(verdict)
