"""How long the views take and how large they are. Run by hand:

    python tests/bench/bench_views.py

Each line gives a budget where there is one: a 12-step stage under 15 ms and 45 kB, one of
10,000 packets under 1 s and 1 MB, a step in the browser under 16 ms (needs Chromium).
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import tcpcourse as tcp
from tcpcourse.core.segment import Segment
from tcpcourse.core.states import State
from tcpcourse.trace import End, Ends, Packet, Step, Trace
from tcpcourse.views import explain, ladder, stage, state_diagram, table

SIZES = (100, 1_000, 10_000, 100_000)
VIEWS: tuple[Callable[[Trace], Any], ...] = (stage, ladder, state_diagram, table)


def download(count: int) -> Trace:
    """A one-way transfer as a capture, synthetic: 1000 bytes in each packet."""
    ends = Ends(End((State.ESTABLISHED,)), End((State.ESTABLISHED,)))
    packets = tuple(
        Packet(n, "B", Segment(1000 * n, 1, "A", 500, bytes(1000)), n * 10**6, n * 10**6,
               1000 * (n - 1) + 1, 1, 500, "captured", 1054)
        for n in range(1, count + 1)
    )  # fmt: skip
    steps = tuple(
        Step(p.number - 1, p.sent_ns, "B", f"sends packet {p.number}", p, (), ends, ends, ())
        for p in packets
    )
    return Trace(steps, packets, "captured", "a download", isn={"A": 0, "B": 999})


def timed(draw: Callable[[Trace], Any], trace: Trace, times: int) -> tuple[float, int]:
    """The median time in milliseconds, and the size in bytes of what was drawn."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        made = draw(trace)
        took.append((time.perf_counter() - start) * 1000)
    text = made if isinstance(made, str) else made._repr_html_()
    return median(took), len(text.encode())


def in_browser(html: str) -> float:
    """The median time of one step in Chromium, laid out, in milliseconds."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.set_content(f"<!doctype html><meta charset=utf-8>{html}")
        page.wait_for_selector("[data-ready]")
        took = page.evaluate("""async () => {
          const root = document.querySelector('.tcp-stage'), times = [];
          for (let i = 0; i < 11; i++) {
            await new Promise((done) => setTimeout(done, 100));  // nobody is faster
            const start = performance.now();
            root.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight'}));
            root.getBoundingClientRect();
            times.push(performance.now() - start);
          }
          return times.sort((a, b) => a - b)[5];
        }""")
        browser.close()
    return float(took)


def main() -> None:
    """Print everything."""
    twelve = tcp.simulate("close-four-segments")[:12]
    took, size = timed(stage, twelve, 20)
    print(f"stage of {len(twelve)} steps: {took:.1f} ms (budget 15), {size / 1000:.1f} kB (45)")
    for count in SIZES:
        trace = download(count)
        for draw in VIEWS:
            took, size = timed(draw, trace, 3 if count <= 10_000 else 1)
            print(f"{draw.__name__:14} {count:7} packets {took:9.1f} ms {size / 1000:7.0f} kB")
        start = time.perf_counter()
        explain(trace, count)
        print(f"{'explain':14} {count:7} packets {(time.perf_counter() - start) * 1000:9.1f} ms")
    if shutil.which("chromium"):
        print(f"a step in the browser: {in_browser(stage(twelve)):.1f} ms (budget 16)")


if __name__ == "__main__":
    main()
