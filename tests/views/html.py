"""What the tests of the views read HTML with, and the text that must not do harm in it."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

from tcpcourse.core.segment import Segment
from tcpcourse.trace import Trace

from . import stories

VOID = {"img", "br", "meta"}
EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>\u202e\x00&lt;'


class Page(HTMLParser):
    """Reads HTML, and finds that every tag is closed where it should be."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: dict[str, list[str]] = {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.text.setdefault(self.open[-1], []).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def evil() -> Trace:
    trace = stories.avatar(a=EVIL + ":1", b="x" * 10_000 + ":80")
    packets = list(trace.packets)
    data = b"GET /" + EVIL.encode() + b" HTTP/1.1\r\n\r\n"
    packets[3] = replace(packets[3], segment=replace_data(packets[3].segment, data), notes=(EVIL,))
    steps = [
        replace(step, packet=packet, event=EVIL, moves=tuple(
            replace(move, why=EVIL, cite=EVIL) for move in step.moves))
        for step, packet in zip(trace.steps, packets, strict=True)
    ]  # fmt: skip
    return replace(
        trace, steps=tuple(steps), packets=tuple(packets), title=EVIL, remarks=(EVIL, "y" * 10_000)
    )


def replace_data(segment: Segment, data: bytes) -> Segment:
    return Segment(segment.seq, segment.ack, segment.flags, segment.window, data, segment.options)
