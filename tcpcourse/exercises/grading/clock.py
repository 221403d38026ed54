"""The clocks of a submission: how long it computed, and how long it took.

Time in which a process was ready to run and no core was free is nobody's fault: it is taken
off. So an honest notebook is not cut because the machine is busy, and one that sleeps is.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

MOST_TIMES = 10
"""A submission may really take this many times its time before it is cut in any case."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a process and all that descend from it hold now, and what they have used.

    ``memory`` is in bytes; ``cpu``, what they computed, and ``waited``, the longest that one
    of them has waited for a core, in seconds.
    """

    count: int = 0
    memory: int = 0
    cpu: float = 0.0
    waited: float = 0.0


def tree(pid: int, most: int) -> Held:
    """What the process and its descendants hold; counting stops a little after ``most``."""
    page, tick = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")
    found, pages, ticks, waited, left = 0, 0, 0, 0, [pid]
    while left and found <= most:
        place = f"/proc/{left.pop()}"
        with contextlib.suppress(OSError, ValueError, IndexError):
            pages += int(Path(place, "statm").read_text().split()[1])
            found += 1
            # user and system time, of the process and of its children that have ended
            fields = Path(place, "stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
            for thread in os.listdir(f"{place}/task"):
                left += map(int, Path(place, "task", thread, "children").read_text().split())
            waited = max(waited, int(Path(place, "schedstat").read_text().split()[1]))
    return Held(found, pages * page, ticks / tick, waited / 1e9)


class Allowance:
    """Counts for one submission, over all its starts.

    ``most_cpu`` and ``most_wall`` are in seconds.
    """

    def __init__(self, most_cpu: float, most_wall: float) -> None:
        self.most_cpu, self.most_wall = most_cpu, most_wall
        self._began = time.monotonic()
        self._before, self._now = Held(), Held()

    def again(self) -> None:
        """Another process begins: what the last one used stays counted."""
        self._before = Held(0, 0, self.cpu, self._waited)
        self._now = Held()

    def seen(self, held: Held) -> None:
        """Take in what the processes have used by now; nothing that was used gets less."""
        cpu, waited = max(held.cpu, self._now.cpu), max(held.waited, self._now.waited)
        self._now = Held(held.count, held.memory, cpu, waited)

    @property
    def cpu(self) -> float:
        """Seconds computed so far."""
        return self._before.cpu + self._now.cpu

    @property
    def _waited(self) -> float:
        return self._before.waited + self._now.waited

    @property
    def wall(self) -> float:
        """Seconds gone so far, without those in which no core was free."""
        gone = time.monotonic() - self._began
        return max(gone - self._waited, gone / MOST_TIMES)

    def over(self) -> bool:
        """Whether one of the two clocks has run out."""
        return self.cpu > self.most_cpu or self.wall > self.most_wall
