"""The exceptions: one family, one sentence each."""

from __future__ import annotations

from tcpcourse.core.errors import CallError, CaptureError, TcpCourseError


def test_a_capture_error_says_where_what_and_what_to_do() -> None:
    error = CaptureError("lab.pcap", 24, "the record ends in the middle", "copy the file again")
    assert str(error) == ("lab.pcap, byte 24: the record ends in the middle; copy the file again.")
    assert (error.file, error.offset) == ("lab.pcap", 24)
    assert (error.problem, error.advice) == (
        "the record ends in the middle", "copy the file again",
    )  # fmt: skip


def test_they_are_one_family() -> None:
    assert issubclass(CallError, TcpCourseError)
    assert issubclass(CaptureError, TcpCourseError)
