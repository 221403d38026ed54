"""What a packet costs does not grow with their number, whatever the packets are.

Counted, not timed: calls of functions and bytes of memory while the trace of one
conversation is opened and a hundred of its steps are looked at. Ten times the packets may
take ten times as many, and a little for sorting. ``bench_observer`` measures the time.
"""

from __future__ import annotations

import gc
import sys
import tracemalloc
from types import FrameType
from typing import Any

import pytest

import tcpcourse as tcp

from .lengths import KINDS, capture

FEW, MANY = 300, 3_000
GROWTH = 14.0  # 10 · log(3,000) / log(300)
LARGEST_BYTES = 5_000  # a packet, at the peak
LOOKS = 100


def opened(file: Any) -> tcp.Conversation:
    conversations = tcp.load(file, progress=False).conversations
    return max(conversations, key=lambda each: len(each.columns))


def look(conversation: tcp.Conversation) -> None:
    trace = conversation.trace
    for k in range(LOOKS):
        step = trace[len(trace) * k // LOOKS]
        assert step.after.a.possible and step.after.b.possible


def calls(kind: str, packets: int) -> int:
    """Functions called, Python's own included, to open the trace and look at some steps."""
    conversation = opened(capture(kind, packets))
    count = 0

    def profile(frame: FrameType, event: str, arg: object) -> None:
        nonlocal count
        if event in ("call", "c_call"):
            count += 1

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        look(conversation)
    finally:
        sys.setprofile(before)
    return count


def peak(kind: str, packets: int) -> int:
    """Bytes at the peak, beyond what the loaded capture takes."""
    conversation = opened(capture(kind, packets))
    gc.collect()
    tracemalloc.start()
    try:
        look(conversation)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", KINDS)
def test_calls_grow_with_the_packets_and_no_faster(kind: str) -> None:
    few, many = calls(kind, FEW), calls(kind, MANY)
    assert many <= GROWTH * few, f"{few} calls for {FEW} packets, {many} for {MANY}"


@pytest.mark.parametrize("kind", KINDS)
def test_memory_grows_with_the_packets_and_no_faster(kind: str) -> None:
    few, many = peak(kind, FEW), peak(kind, MANY)
    assert many <= GROWTH * few, f"{few} bytes for {FEW} packets, {many} for {MANY}"
    assert many <= LARGEST_BYTES * MANY, f"{many // MANY} bytes a packet"
