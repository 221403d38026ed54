"""The capture browser, without a browser."""

from __future__ import annotations

import gzip
import struct
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ipywidgets import HTML

from tcpcourse.core.segment import Segment
from tcpcourse.sources.capture.write import write_frames, write_segments
from tcpcourse.widgets import CaptureBrowser

DATA = Path(__file__).parents[2] / "data"


def uploaded(name: str, content: bytes) -> tuple[dict[str, Any], ...]:
    when = datetime(2000, 1, 1, tzinfo=UTC)
    content_of = {"content": memoryview(content), "size": len(content)}
    return ({"name": name, "type": "", "last_modified": when, **content_of},)


def shown(box: object) -> str:
    """All markup of a widget."""
    if isinstance(box, HTML):
        return str(box.value)
    return "".join(shown(each) for each in getattr(box, "children", ()))


def test_a_file_is_opened_and_a_conversation_stepped_through() -> None:
    browser = CaptureBrowser(DATA / "avatar.pcap")
    assert "1 conversation, 8 TCP packets" in browser.message
    assert len(browser.list.options) == 1
    browser.list.value = 0
    (output,) = browser.stage.outputs
    assert output["data"]["text/html"].count('<p class="sy">') == 8
    about = shown(browser)
    assert "At the end A is ESTABLISHED, B is ESTABLISHED" in about


def test_uploading() -> None:
    browser = CaptureBrowser()
    browser.upload.value = uploaded("a.pcap.gz", gzip.compress((DATA / "avatar.pcap").read_bytes()))
    assert browser.message.startswith("a.pcap.gz: 1 conversation")


def test_what_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    browser = CaptureBrowser(tmp_path / "nowhere.pcap")
    assert "there is no such file" in browser.message
    assert browser.list.options == ()
    browser.upload.value = uploaded("<b>.pcap", b"this is no capture")
    assert browser.capture is None
    assert "<b>.pcap" not in shown(browser)


def test_problems_are_shown(tmp_path: Path) -> None:
    whole = (DATA / "avatar.pcap").read_bytes()
    browser = CaptureBrowser()
    browser.upload.value = uploaded("cut.pcap", whole[:-100])
    assert browser.capture is not None and len(browser.capture.problems) == 1
    assert str(browser.capture.problems[0]) in browser.message


def test_another_file_replaces_the_first() -> None:
    browser = CaptureBrowser(DATA / "avatar.pcap")
    browser.list.value = 0
    browser.file.value = str(DATA / "http-get.pcap")
    browser.read.click()
    assert "23 TCP packets" in browser.message
    assert browser.stage.outputs == ()


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hundred thousand SYNs, synthetic: one frame with other ports and addresses."""
    folder = tmp_path_factory.mktemp("crowd")
    one = folder / "one.pcap"
    write_segments(one, [(0, "A", Segment(1, None, "S"))])
    frame = one.read_bytes()[24 + 16 :]
    assert frame[12:14] == b"\x08\x00" and frame[23] == 6  # Ethernet, IPv4, TCP
    path = folder / "crowd.pcap"
    write_frames(
        path,
        (
            (n, frame[:26] + struct.pack(">BBH", 10, 7, n >> 8) + frame[30:34]
             + struct.pack(">H", 1024 + (n & 0xFF)) + frame[36:], len(frame))
            for n in range(100_000)
        ),
        1,
    )  # fmt: skip
    return path


def test_a_hundred_thousand_conversations_stay_usable(crowd: Path) -> None:
    browser = CaptureBrowser(crowd)
    assert "100,000 conversations" in browser.message
    assert len(browser.list.options) == 50
    assert browser.earlier.disabled and not browser.later.disabled
    browser.later.click()
    assert browser.list.options[0][0].startswith("51. 10.7.0.0:1074 ")
    # 256 ports each: number 99,999 has the address 10.7.(390) = 1 · 256 + 134 and port 1024 + 159
    browser.filter.value = "10.7.1.134:1183"
    assert [label.split()[1] for label, _ in browser.list.options] == ["10.7.1.134:1183"]
    assert browser.earlier.disabled and browser.later.disabled
    browser.filter.value = "nothing like this"
    assert browser.list.options == ()


def test_its_text_form() -> None:
    assert repr(CaptureBrowser()) == "<CaptureBrowser: no capture>"
