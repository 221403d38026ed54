"""The runner itself: a story that is not so must be told to the reader, in English."""

from __future__ import annotations

import pytest

from .build import established, listening
from .story import Story, tell


def refused(text: str) -> str:
    with pytest.raises(pytest.fail.Exception) as caught:
        tell(listening(), text)
    return str(caught.value)


def test_a_failure_tells_the_story_so_far() -> None:
    message = refused("""
        # a remark
        gets S 300:300(0)
        is SYN_RCVD
        says SA 100:100(0) ack 300 <mss 1460>
    """)
    assert message == (
        "The story so far:\n"
        "  1. gets S 300:300(0)\n"
        "  2. is SYN_RCVD\n"
        "  3. says SA 100:100(0) ack 300 <mss 1460>\n"
        "should have sent SA 100:100(0) ack 300 <mss 1460>,\n"
        "but instead sent SA 100:100(0) ack 301 <mss 1460>.\n"
        "end acted because: A peer wants to connect: its SYN is acknowledged, "
        "and our own SYN goes with it."
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("is CLOSED", "been in CLOSED,\nbut instead it is in LISTEN"),
        ("has snd_una 5", "had snd_una = 5,\nbut instead it was 100"),
        ('has rcvq "x"', "had rcvq = b'x',\nbut instead it was b''"),
        ("says A 1:1(0) ack 1", "sent A 1:1(0) ack 1,\nbut instead nothing (more) was sent"),
        ("gets S 300:300(0)", "sent nothing else,\nbut instead end also sent SA 100:100(0)"),
        ("calls ABORT", "told the user nothing else,\nbut instead end also told the user conn"),
        ("tells hello", "told the user hello,\nbut instead there was nothing"),
        ("calls OPEN passive", "been possible,\nbut instead the call was refused: "),
        ("refuses CLOSE: no", "refused with “no”,\nbut instead the call went through"),
        ("refuses OPEN passive: no", "refused with “no”,\nbut instead it was “passive OPEN is"),
        ("gets S 300:300(0)\nsays SA 100:100(0) ack 301 win 7 <mss 1460>",
         "but instead sent SA 100:100(0) ack 301 win 65535 <mss 1460>"),
    ],
)  # fmt: skip
def test_whatever_is_not_so_fails(text: str, complaint: str) -> None:
    assert complaint in refused(text)


def test_two_ends_are_told_apart() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"end B|B also sent|been in LISTEN"):
        Story(A=listening(), B=established()).tell("B is LISTEN")
