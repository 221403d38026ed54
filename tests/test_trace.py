"""What a trace says of itself: packets by number, columns of numbers, files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import tcpcourse as tcp
from tcpcourse.trace import SIDES, Trace, other

DATA = Path(__file__).parents[1] / "data"


def test_the_two_sides() -> None:
    assert SIDES == ("A", "B")
    assert [other(side) for side in SIDES] == ["B", "A"]


@pytest.fixture(scope="module")
def avatar() -> tcp.Trace:
    return tcp.recording("avatar")


def test_columns_hold_what_the_document_prints(avatar: tcp.Trace) -> None:
    """Section 二: the LEN column, and Seq, Ack, Win and Len of the Info column."""
    columns = avatar.columns
    assert columns["frame"].tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert columns["frame_len"].tolist() == [66, 66, 54, 679, 60, 1514, 1514, 54]
    assert columns["rel_seq"].tolist() == [0, 0, 1, 1, 1, 1, 1461, 626]
    assert columns["rel_ack"].tolist() == [0, 1, 1, 1, 626, 626, 626, 2921]
    assert columns["payload_len"].tolist() == [0, 0, 0, 625, 0, 1460, 1460, 0]
    assert columns["window"].tolist()[:5] == [8192, 29200, 256, 256, 238]
    assert columns["scaled_window"].tolist()[:5] == [8192, 29200, 65536, 65536, 30464]
    assert columns["flags"].tolist()[:3] == [0x02, 0x12, 0x10]
    assert columns["direction"].tolist() == [0, 1, 0, 0, 1, 1, 1, 0]


@pytest.mark.parametrize("name", ["avatar", "http-get-ethernet", "lost-fin", "zero-window"])
def test_a_column_means_the_same_everywhere(name: str) -> None:
    """In a capture, in its conversation, in the trace, and in the trace's table."""
    from tcpcourse.sources.recordings import recording_path

    capture = tcp.load(recording_path(name))
    conversation = capture.conversations[0]
    trace = conversation.trace
    frame = trace.to_pandas()
    for column in trace.columns.dtype.names or ():
        values = capture.columns[column].tolist()
        assert conversation.columns[column].tolist() == values, column
        assert trace.columns[column].tolist() == values, column
        assert frame[column].tolist() == values, column


def test_packets_mean_the_same_in_a_conversation(avatar: tcp.Trace) -> None:
    conversation = tcp.load(DATA / "avatar.pcap").conversations[0]
    assert len(conversation.packets) == len(avatar.packets) == 8
    for theirs, ours in zip(conversation.packets, avatar.packets, strict=True):
        assert theirs == conversation.packet(ours.number)
        for name in ("number", "sender", "segment", "rel_seq", "rel_ack", "scaled_window",
                     "frame_len", "notes"):  # fmt: skip
            assert getattr(theirs, name) == getattr(ours, name)


def test_packets_mean_the_same_in_a_capture_of_two_conversations() -> None:
    """Frames 1 to 9 are the old connection's, the last ones the new one's."""
    from tcpcourse.sources.recordings import recording_path

    capture = tcp.load(recording_path("new-syn-in-time-wait"))
    old, new = capture.conversations
    assert len(capture.packets) == len(old.packets) + len(new.packets) == len(capture.columns)
    together = sorted([*old.packets, *new.packets], key=lambda packet: packet.number)
    assert list(capture.packets) == together
    assert [capture.packet(packet.number) for packet in together] == together
    assert capture.packets[-1] == new.packets[-1] == capture.packet(new.packets[-1].number)


@pytest.mark.parametrize("number", [0, 9, -1, "5", 2**40])
def test_a_packet_that_is_not_there(number: int, avatar: tcp.Trace) -> None:
    capture = tcp.load(DATA / "avatar.pcap")
    for story in (avatar, capture.conversations[0], capture):
        message = rf"^There is no packet {number!r}: the packets are 1, .* 8\.$"
        with pytest.raises(tcp.TcpCourseError, match=message):
            story.packet(number)


def test_a_table_for_pandas(avatar: tcp.Trace) -> None:
    frame = avatar.to_pandas()
    assert list(frame.columns)[-4:] == ["sender", "fate", "a_state", "b_state"]
    assert frame["sender"].tolist() == list("ABAABBBA")
    assert [str(flags) for flags in frame["flags"]][:3] == ["S", "SA", "A"]
    assert "SA" in frame.to_string()
    assert frame["a_state"].iloc[-1] == "ESTABLISHED"


def test_a_story_without_packets_still_has_its_columns() -> None:
    empty = Trace((), (), "live", "nothing happened")
    assert len(empty.columns) == 0 and "rel_seq" in (empty.columns.dtype.names or ())
    assert list(empty.to_pandas().columns) == list(tcp.recording("refused").to_pandas().columns)


def test_it_saves_itself_as_a_page_and_as_a_picture(tmp_path: Path, avatar: tcp.Trace) -> None:
    avatar.save(tmp_path / "story.html")
    page = (tmp_path / "story.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "<title>The document&#x27;s own eight packets</title>" in page
    assert page.count("<script>") == 1 and 'src="http' not in page and 'href="http' not in page
    avatar.save(str(tmp_path / "STORY.SVG"))
    assert (tmp_path / "STORY.SVG").read_text(encoding="utf-8").startswith("<svg xmlns=")


@pytest.mark.parametrize("name", ["story.png", "story", "pcap", ".pcap.gz", 3])
def test_other_endings_are_refused(name: Any, tmp_path: Path, avatar: tcp.Trace) -> None:
    with pytest.raises(
        tcp.TcpCourseError, match=r"cannot be saved as .*\.html, \.svg, \.pcap, \.pcapng\.$"
    ):
        avatar.save(tmp_path / name if isinstance(name, str) else name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", ["html", "svg", "pcap", "pcapng"])
def test_a_place_that_cannot_be_written(ending: str, tmp_path: Path, avatar: tcp.Trace) -> None:
    with pytest.raises(tcp.TcpCourseError, match=r"cannot be written: no such file"):
        avatar.save(tmp_path / "none" / f"x.{ending}")


@pytest.mark.parametrize("ending", ["pcap", "pcapng"])
def test_a_trace_without_packets_is_no_capture(ending: str, tmp_path: Path) -> None:
    live = tcp.live("LISTEN")
    with pytest.raises(tcp.TcpCourseError, match=r"^This trace has no packets.*\.html or \.svg\.$"):
        live.save(tmp_path / f"x.{ending}")
    assert not list(tmp_path.iterdir())
    live.save(tmp_path / "x.html")


def test_a_slice_keeps_the_packets_that_came_before() -> None:
    story = tcp.simulate("lost-fin")
    cut = story[4:6]
    assert [step.index for step in cut] == [4, 5]
    assert [packet.number for packet in cut.packets] == [
        packet.number for packet in story.packets if packet.sent_ns <= cut[-1].time_ns
    ]
    with pytest.raises(tcp.TcpCourseError, match=r"^There is no step 99: this trace has \d+ steps"):
        story.until(99)
