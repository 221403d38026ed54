"""The JupyterLite site without building it: its lock file, and what is said about bad input."""

from __future__ import annotations

import ast
import hashlib
import io
import re
import shutil
import tarfile
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tcpcourse.cli import main
from tcpcourse.core.errors import TcpCourseError
from tcpcourse.export import lite

ROOT = Path(__file__).parents[2]
SITE = "https://example.org/full"


def package(name: str, file: str, *depends: str) -> dict[str, Any]:
    """An entry as Pyodide's lock file has it."""
    return {
        "name": name,
        "version": "1.5",
        "file_name": file,
        "sha256": "0" * 64,
        "depends": list(depends),
        "imports": [name],
        "install_dir": "site",
        "package_type": "package",
        "unvendored_tests": False,
    }


def compiled(name: str, *depends: str) -> dict[str, Any]:
    return package(name, f"{name}-1.5-cp314-cp314-pyemscripten_2026_0_wasm32.whl", *depends)


def pure(name: str, *depends: str) -> dict[str, Any]:
    return package(name, f"{name}-1.5-py3-none-any.whl", *depends)


@pytest.fixture
def lock() -> lite.Lock:
    packages = [
        pure("micropip"), pure("jedi"), pure("ipython", "prompt_toolkit", "traitlets"),
        pure("prompt-toolkit"), pure("traitlets"), pure("tqdm"), compiled("numpy"),
        compiled("pandas", "numpy", "pytz"), compiled("matplotlib", "cycler"), pure("pytz"),
        pure("cycler"), pure("not-for-us"),
    ]  # fmt: skip
    return {"info": {"python": "3.14.2"}, "packages": {each["name"]: each for each in packages}}


def test_every_pure_wheel_is_fetched_and_no_other(lock: lite.Lock) -> None:
    found = lite.wanted(lock["packages"])
    pyodides = {
        "micropip", "jedi", "ipython", "prompt-toolkit", "traitlets", "tqdm", "pytz", "cycler",
    }  # fmt: skip
    assert {name for name, version in found.items() if version == "1.5"} == pyodides
    assert found.keys() - pyodides == {"comm", "scapy", "ipywidgets", "tcpcourse"}


def test_the_lock_names_what_is_there_and_where_the_rest_is(
    lock: lite.Lock, tmp_path: Path
) -> None:
    for name in ("scapy-2.8.0-py3-none-any.whl", "prompt_toolkit-1.6-py3-none-any.whl"):
        (tmp_path / name).write_bytes(name.encode())
    made = lite.relocked(lock, tmp_path, SITE)["packages"]
    scapy, toolkit = made["scapy"], made["prompt-toolkit"]
    assert (scapy["file_name"], scapy["version"]) == ("scapy-2.8.0-py3-none-any.whl", "2.8.0")
    assert scapy["imports"] == ["scapy"]
    assert toolkit["version"] == "1.6"
    assert toolkit["sha256"] == hashlib.sha256(b"prompt_toolkit-1.6-py3-none-any.whl").hexdigest()
    wasm = lock["packages"]["numpy"]["file_name"]
    assert made["numpy"] == lock["packages"]["numpy"] | {"file_name": f"{SITE}/{wasm}"}


def test_a_wheel_of_the_distribution_makes_the_network_needless(
    lock: lite.Lock, tmp_path: Path
) -> None:
    numpy = lock["packages"]["numpy"]["file_name"]
    (tmp_path / numpy).write_bytes(b"")
    assert lite.relocked(lock, tmp_path, SITE)["packages"]["numpy"]["file_name"] == numpy


def test_the_copy_says_where_it_runs_and_starts_kindly(tmp_path: Path) -> None:
    chapter = tmp_path / "01-opening.ipynb"
    shutil.copy(ROOT / "notebooks" / chapter.name, chapter)
    before = nbformat.read(chapter, as_version=4).cells
    lite._adapt(chapter)
    notebook = nbformat.read(chapter, as_version=4)
    nbformat.validate(notebook)
    first, note, start, *others = notebook.cells
    assert [first, *others] == before
    assert "inside your browser" in note.source
    ast.parse(start.source)


def test_the_root_of_the_site_leads_to_the_start_page_and_says_the_licences() -> None:
    (path,) = set(re.findall(r"lab/index\.html\?path=([\w./-]+)", lite.ROOT_PAGE))
    assert path == "notebooks/00-start-here.ipynb" and (ROOT / path).is_file()
    assert 'id="jupyter-config-data"' in lite.ROOT_PAGE  # else JupyterLab does not start
    assert "scapy: GPL-2.0-only" in lite.LICENCES


def one_sentence(capsys: pytest.CaptureFixture[str], *words: str) -> None:
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    for word in words:
        assert word in err


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if JupyterLite were installed: these tests fail before they would need it."""
    release = lite.Pyodide("314.0.6", "3.14", SITE)
    monkeypatch.setattr(lite, "_release", lambda: release)


def test_without_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lite, "NEEDED", ("json", "no_such_tool"))
    assert main(["lite", "--out", str(tmp_path / "site")]) == 1
    one_sentence(capsys, "no_such_tool", "[lite]")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("release")
def test_the_folder_is_there_already(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lite", "--out", str(tmp_path)]) == 1
    one_sentence(capsys, "there already")


@pytest.mark.usefixtures("release")
def test_not_in_the_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(ROOT / "notebooks" / "01-opening.ipynb", tmp_path)
    out = tmp_path / "site"
    assert main(["lite", "--out", str(out), "--notebooks", str(tmp_path)]) == 1
    one_sentence(capsys, "copy of the repository")
    assert not out.exists()


@pytest.mark.usefixtures("release")
@pytest.mark.parametrize(
    ("script", "words"),
    [
        (None, ["without npm"]),
        ("echo one >&2; echo no such version >&2; exit 1", ["npm failed", "no such version"]),
    ],
)
def test_npm_is_missing_or_fails(
    script: str | None,
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if script:
        (tmp_path / "npm").write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (tmp_path / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["lite", "--out", str(tmp_path / "site")]) == 1
    one_sentence(capsys, *words)
    assert not (tmp_path / "site").exists()


@pytest.mark.usefixtures("release")
def test_the_site_needs_what_the_course_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lite, "ADDED", {"no-such-package": ()})
    with pytest.raises(TcpCourseError, match="without no-such-package"):
        lite.wanted({name: pure(name) for name in lite.KERNEL})


def test_only_what_a_browser_reads_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed, home = tmp_path / "packed.tgz", tmp_path / "tools" / "pyodide"
    names = ("package/pyodide.mjs", "package/pyodide.mjs.map", "package/../../out", "/out", "out")
    with tarfile.open(packed, "w:gz") as archive:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size = len(name)
            archive.addfile(entry, io.BytesIO(name.encode()))
        link = tarfile.TarInfo("package/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    npm = tmp_path / "npm"
    npm.write_text(f'#!/bin/sh\n/bin/cp "{packed}" pyodide.tgz\n', encoding="utf-8")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    lite._unpack(lite.Pyodide("314.0.6", "3.14", SITE), home)
    assert [path.name for path in home.iterdir()] == ["pyodide.mjs"]
    assert (home / "pyodide.mjs").read_text(encoding="utf-8") == "package/pyodide.mjs"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["npm", "packed.tgz", "tools"]
