"""The recordings that come with the package."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import tcpcourse as tcp
from tcpcourse.core.states import State

ROOT = Path(__file__).parents[2]


def test_there_is_a_line_for_every_file_and_a_file_for_every_line() -> None:
    files = {path.stem for path in (ROOT / "data/recordings").glob("*.pcap")}
    assert set(tcp.recordings()) == files | {"avatar", "http-get-ethernet"}
    assert all(re.fullmatch(r"[A-Z].{10,80}[.)]\.?", line) for line in tcp.recordings().values())


def test_a_recording_is_a_trace() -> None:
    """The states are those that the kernels had in ``lost-fin.states.csv``, frame 8."""
    trace = tcp.recording("lost-fin")
    assert trace.provenance == "captured" and trace.name == "lost-fin"
    simulated = tcp.simulate("lost-fin")
    assert (trace.title, trace.question) == (simulated.title, simulated.question)
    assert [str(s.flags) for s in trace.segments][:3] == ["S", "SA", "A"]
    assert (trace[-1].after.a.state, trace[-1].after.b.state) == (State.TIME_WAIT, State.CLOSED)


def test_the_document_and_the_ethernet_frames_are_there_too() -> None:
    lengths = [packet.frame_len for packet in tcp.recording("avatar").packets]
    assert lengths == [66, 66, 54, 679, 60, 1514, 1514, 54]
    assert len(tcp.recording("http-get-ethernet").packets) == 23


def test_a_file_may_hold_two_conversations() -> None:
    old, new = (tcp.recording("new-syn-in-time-wait", number) for number in (0, 1))
    assert old.segments[0].seq != new.segments[0].seq
    with pytest.raises(tcp.TcpCourseError, match=r"no conversation 2: it holds 2, counted from 0"):
        tcp.recording("new-syn-in-time-wait", 2)
    with pytest.raises(tcp.TcpCourseError, match=r"no conversation '1': it holds 2"):
        tcp.recording("new-syn-in-time-wait", "1")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["no-such-story", "../avatar", ""])
def test_a_name_that_is_not_there(name: str) -> None:
    with pytest.raises(tcp.TcpCourseError, match=r"There is no recording .*tcp\.recordings\(\)"):
        tcp.recording(name)


def test_they_are_found_where_only_the_package_is_installed(tmp_path: Path) -> None:
    """Laid out as the wheel lays it out, away from the checkout."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = settings["tool"]["hatch"]["build"]["targets"]["wheel"]
    for package in wheel["packages"]:
        shutil.copytree(ROOT / package, tmp_path / package)
    for source, goal in wheel["force-include"].items():
        place = tmp_path / goal
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, place)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / source, place)
    program = (
        "import tcpcourse as tcp; print(tcp.__file__);"
        "print(sum(len(tcp.recording(name).packets) > 0 for name in tcp.recordings()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    where, count = done.stdout.splitlines()
    assert Path(where).is_relative_to(tmp_path)
    assert int(count) == len(tcp.recordings()) == 31
