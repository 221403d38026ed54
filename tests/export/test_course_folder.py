"""The course in a folder of one's own: copied once, never overwritten, trusted, and opened."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.request import build_opener

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from tcpcourse.cli import main
from tcpcourse.core.errors import TcpCourseError
from tcpcourse.export import course, instructor

ROOT = Path(__file__).parents[2]
START = Path("notebooks/00-start-here.ipynb")
SECONDS = 60


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signatures and keys of these tests are not put into the home of whoever runs them."""
    for name in ("JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("TCPCOURSE_GRADING_KEY", str(tmp_path / "key" / "grading.key"))


def trusted(path: Path) -> bool:
    notary = NotebookNotary()
    try:
        return bool(notary.check_signature(nbformat.read(path, as_version=4)))
    finally:
        notary.store.close()


def test_students_get_all_that_chapters_need_and_no_solutions(tmp_path: Path) -> None:
    course.copy(tmp_path / "mine")
    got = {path.relative_to(tmp_path / "mine") for path in (tmp_path / "mine").rglob("*.*")}
    chapters = {path.relative_to(ROOT) for path in (ROOT / "notebooks").glob("*.ipynb")}
    captures = {path.relative_to(ROOT) for path in (ROOT / "data").rglob("*.pcap")}
    assert START in chapters and chapters | captures <= got
    assert Path("notebooks/exercises/release/ps1-opening/ps1-opening.ipynb") in got
    assert not [path for path in got if "source" in path.parts or path.suffix == ".py"]


def test_what_a_student_wrote_stays_and_only_the_courses_own_is_trusted(tmp_path: Path) -> None:
    copied, kept = course.copy(tmp_path)
    assert kept == 0 and trusted(tmp_path / START)
    book = nbformat.read(tmp_path / START, as_version=4)
    book.cells[-1].source += "\nmine"
    nbformat.write(book, tmp_path / START)
    (tmp_path / "data" / "avatar.pcap").unlink()
    mine = (tmp_path / START).read_bytes()
    assert course.copy(tmp_path) == (1, copied - 1)
    assert (tmp_path / START).read_bytes() == mine
    book.cells.append(nbformat.v4.new_code_cell("1", outputs=[]))
    nbformat.write(book, tmp_path / START)
    assert course.copy(tmp_path) == (0, copied)
    assert not trusted(tmp_path / START)


def test_a_folder_that_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("kept", encoding="utf-8")
    assert main(["open", str(tmp_path / "file"), "--no-browser"]) == 1
    said = capsys.readouterr()
    assert said.out == "" and "cannot be written" in said.err and said.err.count("\n") == 1
    assert (tmp_path / "file").read_text(encoding="utf-8") == "kept"


def test_without_the_notebooks_there_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(course, "PLACES", {"notebooks": (tmp_path / "none",)})
    with pytest.raises(TcpCourseError, match="install tcpcourse again"):
        course.original("notebooks")


@pytest.mark.posix
def test_it_opens_on_the_start_page_with_no_question(tmp_path: Path) -> None:
    """The address that is printed leads to the start page, and the page asks for no news."""
    log = tmp_path / "log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "tcpcourse", "open", str(tmp_path / "课程")]
        lab = subprocess.Popen(
            [*command, "--no-browser"],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            server = wait_for_server(tmp_path / "JUPYTER_RUNTIME_DIR", lab)
            with build_opener().open(f"{server['url']}?token={server['token']}") as page:
                assert page.url.split("?")[0] == f"{server['url']}lab/tree/{START.as_posix()}"
                html = page.read().decode()
            config = html.partition('id="jupyter-config-data"')[2].partition("</script>")[0]
            settings = json.loads(config.partition(">")[2])
            assert settings["news"] == {"disabled": True}
        finally:
            lab.send_signal(signal.SIGINT)
            assert lab.wait(SECONDS) == 0, log.read_text(errors="replace")
    assert (tmp_path / "课程" / START).is_file()


def wait_for_server(runtime: Path, lab: subprocess.Popen[bytes]) -> dict[str, Any]:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and lab.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            try:
                return dict(json.loads(file.read_text(encoding="utf-8")))
            except ValueError:
                pass  # still being written
        time.sleep(0.1)
    raise AssertionError("JupyterLab did not start")


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == "tcpcourse 0.1.0\n"


# -- the instructor's folder --------------------------------------------------------------------


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What uv would be told; it makes nothing but the environment's folder."""
    commands: list[list[str]] = []

    def run(command: list[str]) -> None:
        commands.append(command)
        if command[1] == "venv":
            Path(command[-1]).mkdir()

    monkeypatch.setattr(instructor, "_run", run)
    monkeypatch.setattr(instructor, "_uv", lambda: "uv")
    return commands


def test_the_instructors_folder_is_made_once(
    tmp_path: Path, asked: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "tcp-grading"
    assert main(["grading", str(folder)]) == 0
    assert "activate" in capsys.readouterr().out
    assert (folder / "source" / "ps1-opening" / "ps1-opening.ipynb").is_file()
    assert (folder / "nbgrader_config.py").is_file()
    key = (tmp_path / "key" / "grading.key").read_text(encoding="ascii")
    assert [command[1] for command in asked] == ["venv", "pip"]
    assert asked[1][-1] == f"{ROOT}[grading]" and str(instructor.PINS) in asked[1]
    assert main(["grading", str(folder)]) == 0  # as after an update of the course
    assert [command[1] for command in asked] == ["venv", "pip", "pip"]
    assert (tmp_path / "key" / "grading.key").read_text(encoding="ascii") == key


@pytest.mark.posix
def test_the_instructors_folder_is_for_its_owner_alone(
    tmp_path: Path, asked: list[list[str]]
) -> None:
    instructor.prepare(tmp_path / "folder")
    assert (tmp_path / "folder").stat().st_mode & 0o077 == 0


def test_without_uv_or_the_pins_there_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TcpCourseError, match="pip install uv"):
        instructor.prepare(tmp_path / "a")
    monkeypatch.setenv("UV", "uv")
    monkeypatch.setattr(instructor, "PINS", tmp_path / "none")
    with pytest.raises(TcpCourseError, match="copy of the repository"):
        instructor.prepare(tmp_path / "a")
    assert not (tmp_path / "a").exists()
