"""The capture browser: choose a file, look through its conversations, step through one."""

from __future__ import annotations

from os import PathLike
from typing import Any

import ipywidgets as ipw

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.sources.capture.load import Capture, load
from tcpcourse.views.escape import brief, markup, visible
from tcpcourse.views.stage import stage

PAGE = 50
PROBLEMS = 10
MOST_STEPS = 50_000  # packets of one conversation that are stepped through
WRAP = {"flex_flow": "row wrap", "align_items": "center"}


class CaptureBrowser(ipw.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Open a capture by its path or by uploading it; filter, page through and choose.

    ``path`` may be given to begin with. The filter is any part of an address or port. States
    are inferred only of the conversation that is chosen, so large captures open quickly.
    Attributes: ``file`` (path), ``upload``, ``read``, ``filter``, ``list``, ``earlier``, ``later``
    (controls), ``capture`` (a ``Capture`` or ``None``), ``message`` (plain text) and ``stage``
    (an ``Output`` with the chosen conversation).

    >>> import tcpcourse as tcp
    >>> tcp.simulate("refused").save("refused.pcap")
    >>> tcp.widgets.CaptureBrowser("refused.pcap")
    <CaptureBrowser 'refused.pcap': 1 conversations>
    """

    def __init__(self, path: str | PathLike[str] | None = None) -> None:
        self.capture: Capture | None = None
        self._names: list[str] = []
        self._found: list[int] = []
        self._page = 0
        self.file = ipw.Text(str(path or ""), description="file", placeholder="data/avatar.pcap")
        self.read = ipw.Button(description="Open", tooltip="read the file")
        self.upload = ipw.FileUpload(description="Upload", accept=".pcap,.pcapng,.cap,.gz")
        self.filter = ipw.Text(
            description="filter", placeholder="part of an address or port", continuous_update=False
        )
        self.list = ipw.Select(description="choose", rows=8, layout=ipw.Layout(width="98%"))
        self.earlier = ipw.Button(description="earlier ones", tooltip="the page before")
        self.later = ipw.Button(description="later ones", tooltip="the next page")
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
        wrap = ipw.Layout(**WRAP)
        super().__init__(
            [
                ipw.HBox([self.file, self.read, self.upload], layout=wrap),
                self._said,
                ipw.HBox([self.filter, self.earlier, self.later], layout=wrap),
                self.list,
                self._about,
                self.stage,
            ]
        )
        if path is not None:
            self._read(str(path), str(path))
        else:
            self._say("Open a capture file: pcap or pcapng, gzipped or not.")

    # --- opening -----------------------------------------------------------------------------

    def _uploaded(self, change: dict[str, Any]) -> None:
        for each in change["new"][:1]:
            self._read(bytes(each["content"]), str(each["name"]))

    def _read(self, source: str | bytes, name: str) -> None:
        self.capture, self._names, self._found = None, [], []
        try:
            self.capture = load(source)
        except (TcpCourseError, OSError) as problem:
            self._say(f"{problem}")
        else:
            count = len(self.capture.conversations)
            words = f"{visible(name, 100)}: {count:,} conversations, "
            words += f"{len(self.capture.columns):,} TCP packets."
            problems = [str(problem) for problem in self.capture.problems]
            words += "".join(f"\n{problem}." for problem in problems[:PROBLEMS])
            if len(problems) > PROBLEMS:
                words += f"\n… and {len(problems) - PROBLEMS} more problems."
            self._say(words)
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
        count = len(each.packets)
        packets = "1 packet" if count == 1 else f"{count} packets"
        return f"{place + 1}. {self._names[place]}  {packets}  {each.history}"

    # --- one of them ---------------------------------------------------------------------------

    def _chosen(self, change: dict[str, Any]) -> None:
        if change["new"] is None or self.capture is None:
            self._about.value, self.stage.outputs = "", ()
            return
        each = self.capture.conversations[change["new"]]
        words = f"{each.complete}; {len(each.packets):,} packets, {each.bytes:,} bytes."
        if len(each.packets) == 1:
            words = f"{each.complete}; one packet, {each.bytes:,} bytes."
        if len(each.packets) > MOST_STEPS:
            self._about.value = f"<div>{markup(words)} Too long to step through here.</div>"
            self.stage.outputs = ()
            return
        trace = each.trace
        last = trace.steps[-1].after if trace.steps else None
        if last is not None:
            words += f" At the end A is {last.a}, B is {last.b}."
        self._about.value = f"<div>{markup(words)}</div>"
        data = {"text/html": str(stage(trace)), "text/plain": repr(trace)}
        self.stage.outputs = ({"output_type": "display_data", "data": data, "metadata": {}},)

    def _say(self, words: str) -> None:
        self.message = words
        lines = "<br>".join(markup(visible(line, 400)) for line in words.split("\n"))
        self._said.value = f'<div role="status" aria-live="polite">{lines}</div>'

    def __repr__(self) -> str:
        if self.capture is None:
            return "<CaptureBrowser: no capture>"
        name = brief(self.file.value, 60)
        return f"<CaptureBrowser {name!r}: {len(self._names):,} conversations>"
