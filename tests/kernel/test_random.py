"""Conversations nobody thought of: seeded events, and after each one the kernel is judged.

Both ends send, close and read as they like; segments are held back, overtaken, doubled and
lost. After each event the kernel must be in the model's state and have said what the model
says. At the end all is delivered, and both streams and both ends must be complete.

Two kinds of segments never reach the kernel here. A third ACK of the same number makes Linux
think of congestion, which the course leaves out; already after the second it may send less than
the window allows, so it is not asked to. And an old segment with a new ACK is listed in the
table of differences.
"""

from __future__ import annotations

import contextlib
import random
from collections import Counter

import pytest

from .lab import Lab
from .tun import Network

EVENTS = 40
OPEN = ("ESTABLISHED", "CLOSE_WAIT")


class Story:
    """One lab, one seed, and what both applications have sent."""

    def __init__(self, lab: Lab, seed: int) -> None:
        self.lab, self.chance = lab, random.Random(seed)
        self.ours, self.kernels = b"", b""
        self.acks: Counter[int] = Counter()

    def begin(self) -> None:
        self.lab.establish(self.chance.choice(["we", "kernel"]))
        self.lab.we("receive", 1_000_000)  # waits, and takes all that comes

    def something_happens(self) -> None:
        lab, chance = self.lab, self.chance
        we_may_send, kernel_may_send = str(lab.us.state) in OPEN, str(lab.model.state) in OPEN
        data = chance.randbytes(chance.choice([1, 10, 100, 1460, 2000]))
        match chance.randrange(12):
            case 0 if we_may_send:
                lab.we("send", data)
                self.ours += data
            case 1 if kernel_may_send and not self.congested:
                lab.kernel("send", data)
                self.kernels += data
            case 2 if we_may_send and chance.random() < 0.3:
                lab.we("close")
            case 3 if kernel_may_send and chance.random() < 0.3:
                lab.kernel("shutdown")
            case 4 if str(lab.model.state) != "CLOSED":
                lab.kernel("receive")
            case 5 if lab.us.tcb.in_flight:
                lab.we("tick", "retransmission")
            case 6 if lab.ours and chance.random() < 0.5:
                del lab.ours[chance.randrange(len(lab.ours))]
            case 7 | 8 | 9 if lab.ours:
                self.to_kernel(chance.randrange(len(lab.ours)), keep=chance.random() < 0.2)
            case _ if lab.theirs:
                lab.to_us(at=chance.randrange(len(lab.theirs)), keep=chance.random() < 0.2)

    @property
    def congested(self) -> bool:
        """Whether Linux may hold data back that the peer's window has room for."""
        tcb = self.lab.model.tcb
        return tcb.in_flight >= 4000 or self.acks[tcb.snd_una - self.lab.model_iss] > 1

    def to_kernel(self, at: int = 0, *, keep: bool = False) -> None:
        """Let one of our segments arrive, if it is not one of the two kinds."""
        segment, model = self.lab.ours[at], self.lab.model.tcb
        ack = -1 if segment.ack is None else segment.ack - self.lab.kernel_iss
        news = ack > model.snd_una - self.lab.model_iss
        empty, old = segment.seg_len == 0, segment.end <= model.rcv_nxt
        self.acks[ack] += empty
        if (empty and self.acks[ack] > 2) or (not empty and old and news):
            del self.lab.ours[at]
        else:
            self.lab.to_kernel(at=at, keep=keep)

    def all_arrives(self) -> None:
        while self.lab.ours or self.lab.theirs:
            if self.lab.ours:
                self.to_kernel()
            else:
                self.lab.to_us()

    def end(self) -> None:
        """Close both ends, and repeat what was lost, until nobody waits for anything."""
        lab = self.lab
        for _ in range(100):
            self.all_arrives()
            if {str(lab.us.state), lab.kernel_state} <= {"TIME_WAIT", "CLOSED"}:
                return
            if str(lab.us.state) in OPEN:
                lab.we("close")
            if str(lab.model.state) in OPEN:
                lab.kernel("shutdown")
            if lab.us.tcb.in_flight:
                lab.we("tick", "retransmission")
            if lab.model.tcb.in_flight:  # the wire delivers again what the kernel said
                lab.theirs.extend(each for each in lab.history if each.seg_len and not each.syn)
                self.acks.clear()
        lab.fail(f"they never came to an end, but are {lab.us} and {lab.kernel_state}")


@pytest.mark.parametrize("seed", range(60))
def test_a_conversation(calm: Network, seed: int) -> None:
    with contextlib.closing(Lab(calm)) as lab:
        story = Story(lab, seed)
        story.begin()
        for _ in range(EVENTS):
            story.something_happens()
        story.end()
        lab.kernel("receive")
        assert lab.got == story.kernels
        assert lab.kernel_got == story.ours
