"""How long the views take and how large they are. Run by hand:

    python tests/bench/bench_views.py

Each line gives a budget where there is one: a 12-step stage under 15 ms and 45 kB, one of
10,000 packets under 1 s and 1 MB; in Chromium, if it is there, a step under 16 ms, 60 frames
a second while packets travel, and a chapter's page interactive under 1.5 s on a processor six
times slower.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import tcpcourse as tcp
from tcpcourse.core.segment import Segment
from tcpcourse.core.states import State
from tcpcourse.export.build import pages
from tcpcourse.trace import End, Ends, Packet, Step, Trace
from tcpcourse.views import explain, ladder, stage, state_diagram, table

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
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


STEP = """async () => {
  const root = document.querySelector('.tcp-stage'), times = [];
  for (let i = 0; i < 11; i++) {
    await new Promise((done) => setTimeout(done, 100));  // nobody is faster
    const start = performance.now();
    root.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight'}));
    root.getBoundingClientRect();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[5];
}"""
# Frames a second while packets travel, the longest one in ms, and how long the script took for
# one at most: a browser without a screen draws as fast as it can, at most 60 times a second.
FRAMES = """async () => {
  const root = document.querySelector('.tcp-stage'), gaps = [];
  root.dispatchEvent(new KeyboardEvent('keydown', {key: 'Home'}));
  for (let step = 0; step < 6; step++) {
    await new Promise((done) => setTimeout(done, 900));
    root.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight'}));
    let last = await new Promise(requestAnimationFrame);
    while (root.classList.contains('moving')) {
      const now = await new Promise(requestAnimationFrame);
      gaps.push(now - last);
      last = now;
    }
  }
  gaps.sort((a, b) => a - b);
  const whole = gaps.reduce((a, b) => a + b, 0);
  return [1000 * gaps.length / whole, gaps[Math.floor(gaps.length * .95)], gaps.at(-1)];
}"""
SLOWER = 6  # times, as CPU throttling


def in_browser(html: str) -> tuple[float, list[float]]:
    """The median time of one step in Chromium, laid out, in milliseconds; and of the motion
    between steps the frames a second, the 95th percentile and the longest frame (ms)."""
    with chromium() as browser:
        page = browser.new_page()
        page.set_content(f"<!doctype html><meta charset=utf-8>{html}")
        page.wait_for_selector("[data-ready]")
        return float(page.evaluate(STEP)), list(page.evaluate(FRAMES))


def until_interactive(path: Path) -> tuple[float, float]:
    """Until a page answers, on a processor ``SLOWER`` times slower: when the document is read
    and its scripts have run, and when the first stage in it is there, both in milliseconds."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto("about:blank")
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.add_init_script(
            "new MutationObserver((_, watch) => {"
            " if (document.querySelector('.tcp-stage[data-ready]')) {"
            " window.firstStage = performance.now(); watch.disconnect(); } })"
            ".observe(document, {subtree: true, attributes: true, attributeFilter: ['data-ready']})"
        )
        page.goto(path.resolve().as_uri(), wait_until="load")
        page.evaluate("new Promise((done) => requestIdleCallback(done))")
        ready = page.evaluate("performance.now()")
        page.locator(".tcp-stage").first.scroll_into_view_if_needed()
        page.wait_for_function("window.firstStage")
        return float(ready), float(page.evaluate("window.firstStage"))


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser without a screen."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


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
        step, (rate, most, longest) = in_browser(stage(twelve))
        print(f"a step in the browser: {step:.1f} ms (budget 16)")
        print(
            f"motion: {rate:.0f} frames a second (60), 95 % in {most:.1f} ms, all in {longest:.0f}"
        )
        with TemporaryDirectory() as folder:
            for name in ("02-closing", "07-when-things-go-wrong"):
                pages([NOTEBOOKS / f"{name}.ipynb"], Path(folder))
                ready, first = until_interactive(Path(folder) / f"{name}.html")
                print(
                    f"{name}: interactive after {ready:.0f} ms at {SLOWER} times slower (1500),"
                    f" its first stage after {first:.0f} ms"
                )


if __name__ == "__main__":
    main()
