"""A process that sees nothing and reaches nobody: bubblewrap, or a container if one is named.

Inside there are Python, the course's library and an empty place for temporary files; nothing
else of the machine is mounted, so there is no course folder, gradebook, key or home to be
found. There is no network, and no process but its own. Where neither bubblewrap nor a container is
there, nothing is run at all.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, cast

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.grading.clock import Allowance, tree
from tcpcourse.exercises.grading.limits import Limits
from tcpcourse.exercises.grading.protocol import Library
from tcpcourse.words import message

CONTAINER = "TCPCOURSE_SANDBOX_COMMAND"
"""The environment variable that names a command which starts the runner in a container."""

RUNNER = Path(__file__).with_name("runner.py")
LIBRARY = "/course"
POLL_SECONDS = 0.05
LOOK_SECONDS = 0.2


class SandboxError(TcpCourseError):
    """There is no sandbox, or it does not start. No student's code has run."""


class TimeOver(Exception):
    """Nothing was said in time, or the submission's time is used up."""


def container() -> str:
    """The command of the container recipe, if this process was given one; else empty."""
    return os.environ.get(CONTAINER, "")


def command(
    hidden: Iterable[Path], files: Mapping[str, Path], limits: Limits, course: Library
) -> list[str]:
    """The command that starts the runner under bubblewrap.

    ``course`` is what of the course can be imported inside. ``hidden`` are folders and files
    that must not be seen even where they lie within what
    Python needs; ``files`` are to be found beside the notebook, by their relative names.
    Raises ``SandboxError`` where there is no bubblewrap.
    """
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise SandboxError(
            "Bubblewrap (bwrap) is not installed here, and no student's notebook is run without"
            f" a sandbox: install it, or set {CONTAINER} to the container command of the"
            ' instructor\'s guide (notebooks/exercises/README.md, "The container recipe").'
        )
    words = [
        bwrap,
        "--unshare-all",
        "--unshare-user",
        "--uid",
        "65534",
        "--gid",
        "65534",
        "--disable-userns",
        "--cap-drop",
        "ALL",
        "--die-with-parent",
        "--new-session",
        "--hostname",
        "sandbox",
        "--clearenv",
        "--setenv",
        "PATH",
        "/usr/bin:/bin",
        "--setenv",
        "HOME",
        "/tmp",
        "--setenv",
        "LANG",
        "C.UTF-8",
        "--setenv",
        "MPLBACKEND",
        "Agg",
        "--setenv",
        "OPENBLAS_NUM_THREADS",
        "1",
    ]
    size = ["--size", str(int(limits.storage))]
    words += [*size, "--tmpfs", "/tmp"]  # first: Python itself may lie below it
    shown = _shown()
    for place in shown:
        if place.is_symlink():
            words += ["--symlink", os.readlink(place), str(place)]
        else:
            words += ["--ro-bind", str(place), str(place)]
    homes = [course.package, *(place for place in hidden if place.exists())]
    for place in homes:
        if any(place.resolve().is_relative_to(each.resolve()) for each in shown):
            words += _covered(str(place.resolve()), place.is_dir())
    library = f"{LIBRARY}/{course.package.name}"
    words += ["--ro-bind", str(course.package), library]
    for place in course.covered:
        inside = place.relative_to(course.package).as_posix()
        words += _covered(f"{library}/{inside}", place.is_dir())
    words += ["--ro-bind", str(RUNNER), "/runner.py", "--proc", "/proc", "--dev", "/dev"]
    words += [*size, "--tmpfs", "/dev/shm"]
    for name, place in files.items():
        words += ["--ro-bind", str(place), f"/tmp/{name}"]
    words += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"]
    return [*words, sys.executable, "-I", "-B", "/runner.py"]


def _covered(place: str, folder: bool = True) -> list[str]:
    """The words that put something empty over a place."""
    if not folder:
        return ["--ro-bind", os.devnull, place]
    return ["--size", "4096", "--tmpfs", place, "--remount-ro", place]


def _shown() -> list[Path]:
    """What Python and its libraries need of the machine, and no more."""
    system = ("bin", "lib", "lib64", "etc/ld.so.cache", "usr/bin", "usr/lib", "usr/lib64")
    places = [Path("/", name) for name in (*system, "usr/libexec", "usr/share")]
    for prefix in dict.fromkeys((sys.base_prefix, sys.prefix)):
        places += [Path(prefix, name) for name in ("bin", "lib", "lib64", "pyvenv.cfg")]
    places += packages()
    found: list[Path] = []
    for place in dict.fromkeys(places):
        if place.exists() and not any(place.is_relative_to(other) for other in found):
            found.append(place)
    return found


def packages() -> list[Path]:
    """Where this process finds what was installed, such as in the user's own folder."""
    return [Path(each) for each in sys.path if each.endswith(("site-packages", "dist-packages"))]


class Sandbox:
    """The runner in its sandbox, to talk to in lines; ends with the ``with`` block.

    ``words`` is the command that starts it, ``clock`` counts what it uses, ``rules`` is
    bubblewrap's filter of system calls. ``receive`` also looks after the memory and the number
    of all processes together, and kills them when they are too many.
    """

    def __init__(
        self, words: list[str], limits: Limits, clock: Allowance, rules: bytes = b""
    ) -> None:
        self.limits, self.clock = limits, clock
        clock.again()
        self.killed_for = ""
        self._left = limits.answers
        self._buffer = bytearray()
        filters: tuple[int, ...] = ()
        if rules:
            here, there = os.pipe()
            os.write(there, rules)
            os.close(there)
            filters, words = (here,), [words[0], "--seccomp", str(here), *words[1:]]
        try:
            self._process = subprocess.Popen(
                words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=filters,
                start_new_session=True,
                bufsize=0,
            )
        except OSError as problem:
            raise SandboxError(f"The sandbox {words[0]} cannot be started: {problem}.") from None
        finally:
            for number in filters:
                os.close(number)
        streams = (self._process.stdin, self._process.stdout, self._process.stderr)
        self._in, self._out, self._err = cast("tuple[IO[bytes], IO[bytes], IO[bytes]]", streams)
        for stream in streams:
            os.set_blocking(cast("IO[bytes]", stream).fileno(), False)
        self._checked = 0.0

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        for stream in (self._in, self._out, self._err):
            with contextlib.suppress(OSError):
                stream.close()

    def kill(self) -> None:
        """End the sandbox; the kernel ends all processes in it together with the first."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def send(self, line: bytes, patience: float) -> None:
        """Write a line. Raises ``TimeOver`` when it is not taken for ``patience`` seconds of
        the clock, and ``BrokenPipeError`` when the sandbox is gone."""
        view, end = memoryview(line), self._until(patience)
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._in, selectors.EVENT_WRITE)
            while view:
                self._on_time(end)
                if not self._watched():
                    raise BrokenPipeError
                if waiting.select(POLL_SECONDS):
                    with contextlib.suppress(BlockingIOError):
                        view = view[os.write(self._in.fileno(), view) :]

    def receive(self, patience: float) -> bytes | None:
        """The next line, or ``None`` when there comes no more.

        Raises ``TimeOver`` after ``patience`` seconds of computing or of the clock.
        """
        end = self._until(patience)
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._out, selectors.EVENT_READ)
            while (at := self._buffer.find(b"\n")) < 0:
                self._on_time(end)
                if not self._watched():
                    return None
                if not waiting.select(POLL_SECONDS):
                    continue
                part = os.read(self._out.fileno(), 1 << 16)
                self._left -= len(part)
                if not part:
                    return None
                if self._left < 0:
                    self._end(message("it said more than an answer can be"))
                    return None
                self._buffer += part
        line = bytes(self._buffer[:at])
        del self._buffer[: at + 1]
        return line

    def _until(self, patience: float) -> tuple[float, float]:
        return self.clock.cpu + patience, self.clock.wall + patience

    def _on_time(self, end: tuple[float, float]) -> None:
        if self.clock.over() or self.clock.cpu > end[0] or self.clock.wall > end[1]:
            raise TimeOver

    def complaint(self) -> str:
        """What the sandbox itself wrote when it did not start: the first line of it."""
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            self._process.wait(2)
            words = os.read(self._err.fileno(), 500).decode("utf-8", "replace")
            return words.strip().split("\n")[0]
        return ""

    def _end(self, why: str) -> None:
        self.killed_for = why
        self.kill()

    def _watched(self) -> bool:
        """Whether all is within bounds; looks no more often than is worth it."""
        now = time.monotonic()
        if now < self._checked + LOOK_SECONDS:
            return True
        self._checked = now
        held = tree(self._process.pid, self.limits.processes + 8)
        self.clock.seen(held)
        if held.count > self.limits.processes:
            self._end(message("it started too many processes"))
        elif held.memory > 2 * self.limits.memory:
            self._end(message("it took too much memory"))
        return not self.killed_for
