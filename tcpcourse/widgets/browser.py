"""The capture browser: choose a file, look through its conversations, step through one."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any

import ipywidgets as ipw

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.sources.capture.load import Capture, load
from tcpcourse.views.escape import brief, markup, visible
from tcpcourse.views.stage import stage
from tcpcourse.widgets.instead import StoryWidget
from tcpcourse.widgets.look import box, head
from tcpcourse.words import Message, counted, message, say, sentence_of, together

PAGE = 50
PROBLEMS = 10
MOST_STEPS = 50_000  # packets of one conversation that are stepped through


class CaptureBrowser(StoryWidget):
    """Open a capture by its path or by uploading it; filter, page through and choose.

    ``path`` may be given to begin with. The filter is any part of an address or port. States
    are inferred only of the conversation that is chosen, so large captures open quickly.
    Attributes: ``file`` (path), ``upload``, ``read``, ``filter``, ``list``, ``earlier``, ``later``
    (controls), ``capture`` (a ``Capture`` or ``None``), ``message`` (plain text) and ``stage``
    (an ``Output`` with the chosen conversation).

    >>> import tcpcourse as tcp
    >>> tcp.simulate("refused").save("refused.pcap")
    >>> tcp.widgets.CaptureBrowser("refused.pcap")
    <CaptureBrowser 'refused.pcap': 1 conversation>
    """

    def __init__(self, path: str | PathLike[str] | None = None) -> None:
        self.capture: Capture | None = None
        self._names: list[str] = []
        self._found: list[int] = []
        self._page = 0
        self.file = ipw.Text(
            str(path or ""), description=say(message("file")), placeholder="data/avatar.pcap"
        )
        self.read = ipw.Button(
            description=say(message("Open")), tooltip=say(message("read the file"))
        )
        self.upload = ipw.FileUpload(
            description=say(message("Upload")), accept=".pcap,.pcapng,.cap,.gz"
        )
        self.filter = ipw.Text(
            description=say(message("filter")),
            placeholder=say(message("part of an address or port")),
            continuous_update=False,
        )
        self.list = ipw.Select(
            description=say(message("choose")), rows=8, layout=ipw.Layout(width="98%")
        )
        self.earlier = ipw.Button(
            description=say(message("earlier ones")), tooltip=say(message("the page before"))
        )
        self.later = ipw.Button(
            description=say(message("later ones")), tooltip=say(message("the next page"))
        )
        self._said = ipw.HTML()
        self._about = ipw.HTML()
        self.stage = ipw.Output()
        self.message = ""
        self.read.on_click(lambda _: self._read(self.file.value, self.file.value))
        self.upload.observe(self._uploaded, names="value")
        self.filter.observe(lambda _: self._search(), names="value")
        self.list.observe(self._chosen, names="value")
        self.earlier.on_click(lambda _: self._turn(-1))
        self.later.on_click(lambda _: self._turn(1))
        fields = box(
            "fl",
            ipw.Box([self.file, self.read, self.upload]),
            self._said,
            ipw.Box([self.filter, self.earlier, self.later]),
            self.list,
        )
        title = say(message("Capture browser: any file, its conversations and their states"))
        super().__init__([box("tcp-asks tool", head(title), fields, self._about), self.stage])
        if path is not None:
            self._read(str(path), str(path))
        else:
            self._say([message("Open a capture file: pcap or pcapng, gzipped or not.")])

    def story(self) -> dict[str, str]:
        """The first conversation of the file."""
        if self.capture is None or not self.capture.conversations:
            return {}
        first = self.capture.conversations[0]
        return {} if len(first.packets) > MOST_STEPS else {"html": str(stage(first))}

    # --- opening -----------------------------------------------------------------------------

    def _uploaded(self, change: dict[str, Any]) -> None:
        for each in change["new"][:1]:
            self._read(bytes(each["content"]), str(each["name"]))

    def _read(self, source: str | bytes, name: str) -> None:
        self.capture, self._names, self._found = None, [], []
        try:
            self.capture = load(source)
        except (TcpCourseError, OSError) as problem:
            self._say([sentence_of(problem)])
        else:
            lines = [
                message(
                    "{file}: {conversations}, {packets}.",
                    file=visible(name, 100),
                    conversations=_conversations(len(self.capture.conversations)),
                    packets=counted(
                        "1 TCP packet", "{count:,} TCP packets", len(self.capture.columns)
                    ),
                )
            ]
            problems = [str(problem) for problem in self.capture.problems]
            lines += [message("{problem}.", problem=each) for each in problems[:PROBLEMS]]
            if (more := len(problems) - PROBLEMS) > 0:
                lines.append(
                    counted("… and one more problem.", "… and {count} more problems.", more)
                )
            self._say(lines)
            self._names = [f"{each.a} ⇄ {each.b}" for each in self.capture.conversations]
        self._search()

    # --- finding -----------------------------------------------------------------------------

    def _search(self) -> None:
        wanted = self.filter.value.strip().lower()
        self._found = [place for place, name in enumerate(self._names) if wanted in name.lower()]
        self._page = 0
        self._turn(0)

    def _turn(self, by: int) -> None:
        pages = max(1, -(-len(self._found) // PAGE))
        self._page = min(max(self._page + by, 0), pages - 1)
        self.earlier.disabled = self._page == 0
        self.later.disabled = self._page == pages - 1
        shown = self._found[self._page * PAGE : (self._page + 1) * PAGE]
        self.list.options = [(self._line(place), place) for place in shown]
        self.list.value = None

    def _line(self, place: int) -> str:
        assert self.capture is not None  # only a capture has places
        each = self.capture.conversations[place]
        packets = say(counted("1 packet", "{count} packets", len(each.packets)))
        return f"{place + 1}. {self._names[place]}  {packets}  {each.history}"

    # --- one of them ---------------------------------------------------------------------------

    def _chosen(self, change: dict[str, Any]) -> None:
        if change["new"] is None or self.capture is None:
            self._about.value, self.stage.outputs = "", ()
            return
        each = self.capture.conversations[change["new"]]
        words: str = message(
            "{complete}; {packets}, {bytes}.",
            complete=each.complete,
            packets=counted("1 packet", "{count:,} packets", len(each.packets)),
            bytes=counted("1 byte", "{count:,} bytes", each.bytes),
        )
        if len(each.packets) > MOST_STEPS:
            words = together(words, message("Too long to step through here."))
            self._about.value = f"<div>{markup(words)}</div>"
            self.stage.outputs = ()
            return
        trace = each.trace
        last = trace.steps[-1].after if trace.steps else None
        if last is not None:
            words = together(
                words, message("At the end A is {a}, B is {b}.", a=str(last.a), b=str(last.b))
            )
        self._about.value = f"<div>{markup(words)}</div>"
        data = {"text/html": str(stage(trace)), "text/plain": repr(trace)}
        self.stage.outputs = ({"output_type": "display_data", "data": data, "metadata": {}},)

    def _say(self, lines: Sequence[str]) -> None:
        self.message = "\n".join(map(say, lines))
        shown = "<br>".join(markup(visible(line, 400)) for line in lines)
        self._said.value = f'<div role="status" aria-live="polite">{shown}</div>'

    def __repr__(self) -> str:
        if self.capture is None:
            return "<CaptureBrowser: no capture>"
        name = brief(self.file.value, 60)
        return f"<CaptureBrowser {name!r}: {_conversations(len(self._names))}>"


def _conversations(count: int) -> Message:
    return counted("1 conversation", "{count:,} conversations", count)
