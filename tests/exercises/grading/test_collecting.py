"""Zips of Moodle and Canvas, honest ones and others; the key."""

from __future__ import annotations

import stat
import struct
import zipfile
from pathlib import Path

import pytest

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.grading.collecting import collect, roster
from tcpcourse.exercises.grading.keys import fingerprint, make_key, read_key

MOODLE = "Ann Example_1234_assignsubmission_file_/ps1-opening.ipynb"
CANVAS = "exampleann_77_4711_ps1-opening-2.ipynb"
NAME = "ps1-opening"


def bundle(path: Path, *entries: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return path / "all.zip"


def written(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*") if path.is_file()
    }  # fmt: skip


def test_moodle_and_canvas(tmp_path: Path) -> None:
    archive = bundle(
        tmp_path, (MOODLE, b"one"), (CANVAS, b"two"), ("kim_LATE_88_5_a b.ipynb", b"three"),
        ("Zoë O'Neil_99_assignsubmission_file/<img src=x>.ipynb", b"four"),
    )  # fmt: skip
    done = collect(archive, tmp_path / "submitted", NAME, {"1234": "Ann", "77": "cam", "88": "kim",
                                                           "99": "zoe"})  # fmt: skip
    assert done.left_out == []
    assert done.students == ["ann", "cam", "kim", "zoe"]
    assert written(tmp_path / "submitted") == {
        "ann/ps1-opening/ps1-opening.ipynb": b"one",
        "cam/ps1-opening/ps1-opening.ipynb": b"two",
        "kim/ps1-opening/a b.ipynb": b"three",
        "zoe/ps1-opening/_img src_x_.ipynb": b"four",
    }


def test_a_new_zip_takes_the_place_of_the_old(tmp_path: Path) -> None:
    for name, data in (("old.ipynb", b"1"), ("new.ipynb", b"2")):
        archive = bundle(tmp_path, (f"A B_12_assignsubmission_file_/{name}", data))
        collect(archive, tmp_path / "submitted", NAME, {})
    assert written(tmp_path / "submitted") == {"12/ps1-opening/new.ipynb": b"2"}


def link() -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(MOODLE)
    made.create_system = 3
    made.external_attr = (stat.S_IFLNK | 0o777) << 16
    return made


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../../evil_12_assignsubmission_file_/x.ipynb", "out of the folder"),
        ("A_12_assignsubmission_file_/../../../x.ipynb", "out of the folder"),
        ("/etc/A_12_assignsubmission_file_/x.ipynb", "out of the folder"),
        ("A_12_assignsubmission_file_/..\\..\\x.ipynb", "out of the folder"),
        ("C:\\A_12_assignsubmission_file_\\x.ipynb", "out of the folder"),
        ("C:/A_12_assignsubmission_file_/x.ipynb", "out of the folder"),
        (link(), "it is a link"),
        ("A_12_assignsubmission_file_/x.exe", "no notebook"),
        ("A_12_assignsubmission_file_/x.ipynb.zip", "no notebook"),
        ("somebody.ipynb", "neither Moodle's nor Canvas's"),
        ("A_13_assignsubmission_file_/x.ipynb", "no student with the number 13"),
        ("A_14_assignsubmission_file_/x.ipynb", "a student id"),
        ("A_15_assignsubmission_file_/x.ipynb", "gives no student id"),
        ("A_16_assignsubmission_file_/x.ipynb", "no student id"),
    ],
)
def test_left_out_with_a_reason(tmp_path: Path, name: str | zipfile.ZipInfo, why: str) -> None:
    """One bad entry is named; the others are taken all the same."""
    archive = bundle(tmp_path, (name, b"evil"), ("B_12_assignsubmission_file_/ok.ipynb", b"ok"))
    known = {"12": "bob", "14": "../up", "15": "", "16": "..", "1234": "ann"}
    done = collect(archive, tmp_path / "in" / "submitted", NAME, known)
    assert [reason for _, reason in done.left_out] == [done.left_out[0][1]]
    assert why in done.left_out[0][1]
    assert written(tmp_path / "in") == {"submitted/bob/ps1-opening/ok.ipynb": b"ok"}
    assert {path.name for path in tmp_path.iterdir()} == {"all.zip", "in"}


def test_bombs(tmp_path: Path) -> None:
    """Zeros shrink a thousandfold; a header may also lie about its size."""
    archive = bundle(
        tmp_path, (MOODLE, bytes(30 << 20)), ("B_12_assignsubmission_file_/a.ipynb", b"a")
    )
    done = collect(archive, tmp_path / "submitted", NAME, {})
    assert [why for _, why in done.left_out] == ["it would grow too much when unpacked."]
    assert done.students == ["12"]

    data = bytearray(bundle(tmp_path, (MOODLE, bytes(120 << 20))).read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(signature) + offset
        data[at : at + 4] = struct.pack("<I", 9 << 20)  # it says nine megabytes
    (tmp_path / "all.zip").write_bytes(data)
    done = collect(tmp_path / "all.zip", tmp_path / "submitted", NAME, {})
    assert len(done.left_out) == 1 and done.students == []


def test_more_than_any_course_hands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tcpcourse.exercises.grading import collecting

    archive = bundle(tmp_path, (MOODLE, b"1"), (CANVAS, b"2"))
    monkeypatch.setattr(collecting, "MOST_FILES", 1)
    with pytest.raises(TcpCourseError, match="more than 1 files"):
        collect(archive, tmp_path / "submitted", NAME, {})
    monkeypatch.setattr(collecting, "MOST_FILES", 9)
    monkeypatch.setattr(collecting, "MOST_BYTES", 1)
    with pytest.raises(TcpCourseError, match="unpack to more"):
        collect(archive, tmp_path / "submitted", NAME, {})
    assert not (tmp_path / "submitted").exists()


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_no_zip(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "all.zip").write_bytes(data)
    if data.startswith(b"PK\x05"):  # an empty one
        assert collect(tmp_path / "all.zip", tmp_path, NAME, {}).students == []
        return
    with pytest.raises(TcpCourseError, match=r"all.zip cannot be read as a zip"):
        collect(tmp_path / "all.zip", tmp_path, NAME, {})


def test_a_damaged_entry(tmp_path: Path) -> None:
    archive = bundle(tmp_path, (MOODLE, b"some text that is long enough to be packed" * 50))
    data = bytearray(archive.read_bytes())
    data[110:130] = bytes(20)
    archive.write_bytes(data)
    done = collect(archive, tmp_path / "submitted", NAME, {})
    assert done.students == [] and "damaged" in done.left_out[0][1]


def test_a_folder_that_is_a_link_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "submitted").mkdir()
    (tmp_path / "submitted" / "1234").symlink_to(tmp_path / "elsewhere")
    done = collect(bundle(tmp_path, (MOODLE, b"1")), tmp_path / "submitted", NAME, {})
    assert done.students == [] and not list((tmp_path / "elsewhere").iterdir())


def test_rosters(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text("\ufeffnumber,student,name\n 1234 ,ann,Ann\n77,cam,\n", encoding="utf-8")
    assert roster(path) == {"1234": "ann", "77": "cam"}
    path.write_text("id,name\n1,2\n")
    with pytest.raises(TcpCourseError, match="needs the columns number and student"):
        roster(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(TcpCourseError, match="cannot be read as CSV"):
        roster(path)


def test_the_key_is_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "grading.key"
    with pytest.raises(TcpCourseError, match="there is no key at"):
        read_key(path)
    make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(read_key(path)) == 32
    assert fingerprint(read_key(path)) not in path.read_text()
    with pytest.raises(TcpCourseError, match="is there already"):
        make_key(path)
    path.chmod(0o640)
    with pytest.raises(TcpCourseError, match="others can read the key"):
        read_key(path)


@pytest.mark.parametrize("text", ["", "abc", "zz" * 32, "ab" * 8])
def test_no_key(tmp_path: Path, text: str) -> None:
    path = tmp_path / "grading.key"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(TcpCourseError, match="is not a key"):
        read_key(path)


def test_no_key_in_a_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    with pytest.raises(TcpCourseError, match="lies in a repository"):
        make_key(tmp_path / "deep" / "grading.key")
    assert not (tmp_path / "deep").exists()
