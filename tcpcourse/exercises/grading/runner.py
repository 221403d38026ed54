"""Runs inside the sandbox: a notebook's cells, then calls of its functions, told as JSON lines.

This file is run by itself and imports nothing of the course but what makes answers plain, by
the name that it is told.
The student's code shares this process, so it can make it say anything at all, and that is
all that it can do: what is said here is nothing but this student's own answers.

In, one JSON object a line: the cells with the names of the answers, then the calls. Out:
``ready``, ``begin`` and ``end`` of each cell, ``answer`` whenever one changed, ``done``, and
one ``result`` for each call.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import io
import json
import os
import re
import resource
import signal
import sys
import threading
import traceback
import types
from pkgutil import resolve_name
from time import monotonic, process_time, sleep
from typing import Any

LONGEST_TEXT = 10_000
MOST_TEXT = 400_000
LOOK_SECONDS = 0.1


class CellTimeout(BaseException):
    """The time of one cell or one call is over. No ``except Exception`` catches it."""


class Told(io.TextIOBase):
    """Standard output and error of a cell: the first part is kept, the rest is counted."""

    def __init__(self, most: int) -> None:
        self.parts: list[str] = []
        self.left, self.dropped = most, 0

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str, /) -> int:
        """Keep what there is room for; all of it counts as written."""
        kept = str(text)[: self.left]
        self.parts.append(kept)
        self.left -= len(kept)
        self.dropped += len(text) - len(kept)
        return len(text)

    def text(self) -> str:
        """What was kept, and how much was not."""
        tail = f"\n… and {self.dropped} characters more" if self.dropped else ""
        return "".join(self.parts) + tail


class Magic:
    """Stands for IPython's shell: every magic is ignored."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


def compiled(source: str) -> list[types.CodeType]:
    """The cell as code; of a last line that is an expression, the value is shown."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        tree = ast.parse(without_magics(source))
    codes = []
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr):
        tree.body.pop()
    if tree.body:
        codes.append(compile(tree, "<cell>", "exec", flags))
    if isinstance(last, ast.Expr):
        codes.append(compile(ast.Expression(last.value), "<cell>", "eval", flags))
    return codes


def without_magics(source: str) -> str:
    """The source without lines for IPython or a shell, as far as Python can say without them."""
    lines = source.split("\n")
    first = next((line.strip() for line in lines if line.strip()), "")
    if first.startswith("%%") and first.split()[0] not in {"%%time", "%%timeit", "%%capture"}:
        return ""
    for at, line in enumerate(lines):
        bare = line.strip()
        if bare.startswith(("%", "!", "?")) or bare.endswith("?"):
            lines[at] = line[: len(line) - len(line.lstrip())] + "pass"
        elif shell := re.match(r"(\s*[A-Za-z_][\w, ]*=)\s*[!%]", line):
            lines[at] = shell[1] + " None"
    return "\n".join(lines)


def told_error(error: BaseException) -> str:
    """The kind of error, its words and its line in the cell."""
    try:
        words = str(error)[:500]
    except BaseException:
        words = ""
    places = traceback.walk_tb(error.__traceback__)
    lines = [line for frame, line in places if frame.f_code.co_filename == "<cell>"]
    where = f" (line {lines[-1]})" if lines else ""
    return f"{type(error).__name__[:80]}: {words}{where}"


class Runner:
    """One notebook in this process."""

    def __init__(self, program: dict[str, Any], incoming: int, outgoing: int) -> None:
        # Before any of the student's code can change what these names mean.
        self.plain, self.no_answer = resolve_name(program["plain"]), resolve_name(program["error"])
        try:
            self.schedule = os.open("/proc/self/schedstat", os.O_RDONLY)
        except OSError:
            self.schedule = -1
        self.incoming = os.fdopen(incoming, "rb")
        self.outgoing = outgoing
        self.pid, self.own_pid, self.leave = os.getpid(), os.getpid, os._exit
        self.handle, signal.signal = signal.signal, self.signal  # type: ignore[assignment]
        self.encode = json.JSONEncoder(allow_nan=False).encode
        self.cells: list[list[str]] = program["cells"]
        self.names: dict[str, list[str]] = program["names"]
        self.limits: dict[str, float] = program["limits"]
        self.last: dict[str, str] = {}
        self.text_left = MOST_TEXT
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        self.space = module.__dict__
        self.space.update(display=lambda *each: print(*each), get_ipython=Magic)

    def say(self, **message: Any) -> None:
        """Send one message to the trusted side.

        A process that a cell forked has no voice: it ends here, at the end of that cell.
        """
        if self.own_pid() != self.pid:
            self.leave(0)
        line = (self.encode(message) + "\n").encode()
        while line:
            line = line[os.write(self.outgoing, line) :]

    def waited(self) -> float:
        """How long this process was ready to run and no core was free, in seconds."""
        try:
            return int(os.pread(self.schedule, 100, 0).split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            return 0.0

    def signal(self, number: int, handler: Any) -> Any:
        """``signal.signal`` of the cells: who takes the alarm, has it alone until the cell ends."""
        if number == signal.SIGALRM:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return self.handle(number, handler)

    def alarm(self, seconds: float) -> None:
        """After ``seconds`` of computing, or of waiting for something that is no core, the code
        that runs is interrupted, again and again; 0 ends this."""
        began, used, waited = monotonic(), process_time(), self.waited()

        def over(*_: Any) -> None:
            spent = process_time() - used
            idle = monotonic() - began - spent - (self.waited() - waited)
            if spent > seconds or idle > seconds:
                raise CellTimeout(f"too slow: more than {seconds:g} seconds")

        self.handle(signal.SIGALRM, over if seconds else signal.SIG_IGN)
        every = LOOK_SECONDS if seconds else 0
        signal.setitimer(signal.ITIMER_REAL, every, every)

    def guarded(self, seconds: float, work: Any) -> tuple[Any, BaseException | None]:
        """What the work gives, or how it ended. Nothing but the process's death gets out."""
        try:
            try:
                self.alarm(seconds)
                return work(), None
            finally:
                self.alarm(0)
        except BaseException as error:
            self.alarm(0)
            return None, error

    def execute(self, source: str) -> None:
        """Run a cell's code and print the value of its last line, as notebooks do."""
        for code in compiled(source):
            value = eval(code, self.space)
            if code.co_flags & inspect.CO_COROUTINE:
                value = asyncio.run(value)
            if value is not None:
                self.space["_"] = value
                print(repr(value))

    def run(self, cell: str, source: str) -> None:
        """Run one cell and say what it printed and how it failed."""
        self.say(begin=cell)
        out = sys.stdout = sys.stderr = Told(min(LONGEST_TEXT, self.text_left))
        _, error = self.guarded(self.limits["cell_seconds"], lambda: self.execute(source))
        sys.stdout = sys.stderr = Told(0)
        text = out.text()
        self.text_left = max(0, self.text_left - len(text))
        self.say(end=cell, text=text, error=None if error is None else told_error(error))

    def answers(self) -> None:
        """Say each answer that is not what it was."""

        def one(name: str, kind: str) -> dict[str, Any]:
            value = self.space.get(name)
            if kind == "function":
                return {"value": callable(value)}
            try:
                answer, bad = self.plain(value)
            except self.no_answer as problem:
                return {"bad": str(problem)}
            return {"value": answer, "parts": bad}

        for question, (name, kind) in self.names.items():
            said, error = self.guarded(
                self.limits["call_seconds"], lambda name=name, kind=kind: one(name, kind)
            )
            if error is not None:
                said = {"bad": "The answer cannot be read."}
            line = self.encode(said)
            if self.last.get(question) != line:
                self.last[question] = line
                self.say(answer=question, **said)

    def pending(self) -> bool:
        """Whether answers are missing that a thread which is at work may still give."""
        missing = any(self.space.get(name) is None for name, _ in self.names.values())
        return missing and sum(not thread.daemon for thread in threading.enumerate()) > 1

    def wait(self) -> None:
        """Wait for them, as the student's kernel would have done."""
        while self.pending():
            sleep(LOOK_SECONDS)

    def who(self) -> None:
        """Say for whom and for which assignment the notebook was started."""
        problem = self.space.get("ps")
        for word in ("student", "assignment"):
            value = getattr(problem, word, None)
            if type(value) is str:
                self.say(who=word, value=value[:200])
        if getattr(problem, "looked", False) is True:
            self.say(who="looked", value="yes")
        if self.pending():
            self.say(who="running", value="yes")

    def call(self, call: str, arguments: list[Any]) -> None:
        """Call a function of the notebook and say what it gave; what it prints is lost."""
        function: Any = self.space.get(call)
        value, error = self.guarded(
            self.limits["call_seconds"], lambda: self.plain(function(*arguments))
        )
        value = value[0] if error is None and not value[1] else {"error": "no plain result"}
        if error is not None:
            value = {"error": type(error).__name__[:80]}
        self.say(result=value)

    def start(self) -> None:
        """Run all cells, then make the calls until no more come."""
        self.say(ready=True)
        for cell, source in self.cells:
            self.run(cell, source)
            self.answers()
        self.guarded(self.limits["cell_seconds"], self.wait)
        self.answers()
        self.guarded(self.limits["call_seconds"], self.who)
        self.say(done=True)
        for line in self.incoming:
            self.call(**json.loads(line))


def bounded(limits: dict[str, Any]) -> None:
    """Bounds that the process cannot lift again, in a container as well."""
    for what, most in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_FSIZE, limits["file_size"]),
        (resource.RLIMIT_NPROC, limits["processes"]),
        # The clock outside says why; this is for where it does not see the process.
        (resource.RLIMIT_CPU, limits["total_seconds"] + 10),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        most = int(most) if hard == resource.RLIM_INFINITY else min(int(most), hard)
        resource.setrlimit(what, (most, most))
    # A write beyond the largest file is then an error of the cell, and ends nothing.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def main() -> None:
    """Take the streams away from the student's code, then run it."""
    first = sys.stdin.buffer.readline()  # what follows comes only after an answer
    if not first:
        return
    program = json.loads(first)
    incoming, outgoing = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    bounded(program["limits"])
    sys.path[:0] = program["path"]
    sys.path += [place for place in program.get("more", ()) if place not in sys.path]
    Runner(program, incoming, outgoing).start()


if __name__ == "__main__":
    main()
