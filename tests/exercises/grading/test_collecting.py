"""Zips of Moodle and Canvas, honest ones and others; the key."""

from __future__ import annotations

import os
import stat
import struct
import time
import zipfile
from pathlib import Path

import pytest

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.draw import student_name
from tcpcourse.exercises.grading.collecting import collect
from tcpcourse.exercises.grading.keys import fingerprint, make_key, read_key
from tcpcourse.exercises.grading.roster import Entry, number_in, roster

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


def known(**students: str) -> dict[str, Entry]:
    """A roster: ``n1234="ann"`` is the student ann with the number 1234."""
    return {number[1:]: Entry(student) for number, student in students.items()}


ROSTER = known(n1234="Ann", n77="cam", n88="kim", n99="zoe", n1111="victim", n2222="eve")


@pytest.mark.parametrize(
    ("names", "whose"),
    [
        (
            ["Ann X_1234_assignsubmission_file_/ps1-opening.ipynb",
             "Zoë O'Neil_99_assignsubmission_file/<img src=x>.ipynb"],
            {"ann/ps1-opening/ps1-opening.ipynb", "zoe/ps1-opening/_img src_x_.ipynb"},
        ),
        (
            ["Ann X_1234_assignsubmission_file_ps1-opening.ipynb",
             "Teilnehmer_99_assignsubmission_file_a_b.ipynb"],
            {"ann/ps1-opening/ps1-opening.ipynb", "zoe/ps1-opening/a_b.ipynb"},
        ),
        (
            ["exampleann_1234_4711_ps1-opening-2.ipynb", "kim_LATE_88_5_a b.ipynb",
             "van_der_zoe_99_4712_2026_work.ipynb"],
            {"ann/ps1-opening/ps1-opening.ipynb", "kim/ps1-opening/a b.ipynb",
             "zoe/ps1-opening/2026_work.ipynb"},
        ),
        (
            ["Ann.ipynb", "88/any name.ipynb", "zoe/ps1-opening/work.ipynb"],
            {"ann/ps1-opening/ps1-opening.ipynb", "kim/ps1-opening/any name.ipynb",
             "zoe/ps1-opening/work.ipynb"},
        ),
    ],
    ids=["moodle-folders", "moodle-flat", "canvas", "plain"],
)  # fmt: skip
def test_each_form_by_the_roster(tmp_path: Path, names: list[str], whose: set[str]) -> None:
    archive = bundle(tmp_path, *((name, name.encode()) for name in names))
    done = collect(archive, tmp_path / "submitted", NAME, student_name, ROSTER)
    assert done.left_out == []
    assert set(written(tmp_path / "submitted")) - {"kim/ps1-opening/timestamp.txt"} == whose


def test_an_anonymous_canvas(tmp_path: Path) -> None:
    archive = bundle(tmp_path, ("anon_aB3dE_4711_x.ipynb", b"1"),
                     ("LATE_anon_12345_4712_y.ipynb", b"2"))  # fmt: skip
    who = {"aB3dE": Entry("ann"), "12345": Entry("bob")}
    done = collect(archive, tmp_path / "submitted", NAME, student_name, who)
    assert (done.form, done.students, done.left_out) == ("Canvas, anonymous", ["ann", "bob"], [])
    assert [student for student, _ in done.notes] == ["bob"]


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "in" / "ann").mkdir(parents=True)
    (tmp_path / "in" / "ann" / "x.ipynb").write_bytes(b"1")
    (tmp_path / "in" / "bob.ipynb").write_bytes(b"2")
    (tmp_path / "in" / "cam.ipynb").symlink_to(tmp_path / "in" / "bob.ipynb")
    os.utime(tmp_path / "in" / "bob.ipynb", (1_700_000_000, 1_700_000_000))
    done = collect(tmp_path / "in", tmp_path / "submitted", NAME, student_name, times=True)
    assert done.left_out == [("cam.ipynb", "It is a link.")]
    found = written(tmp_path / "submitted")
    assert found["ann/ps1-opening/x.ipynb"] == b"1"
    # 1,700,000,000 seconds after 1970 began; by hand with `date -u -d @1700000000`
    assert found["bob/ps1-opening/timestamp.txt"] == b"2023-11-14 22:13:20 UTC"


@pytest.mark.parametrize(
    "names",
    [
        ["A_1234_assignsubmission_file_/ok.ipynb",
         "Eve_2222_assignsubmission_onlinetext_/victim_1111_5_ps1-opening.ipynb",
         "Eve_2222_assignsubmission_file_/V_1111_assignsubmission_file_/ps1-opening.ipynb",
         "Eve_2222_assignsubmission_file_/1111.ipynb"],
        ["A_1234_assignsubmission_file_ok.ipynb",
         "Eve_2222_assignsubmission_file_victim_1111_5_ps1-opening.ipynb",
         "Eve_2222_assignsubmission_file_V_1111_assignsubmission_file_ps1-opening.ipynb"],
        ["ann_1234_8_ok.ipynb", "eve_2222_9_V_1111_assignsubmission_file_ps1-opening.ipynb",
         "eve_2222_10_1111_11_ps1-opening.ipynb", "victim_1111_2222_12_ps1-opening.ipynb",
         "eve_2222_13_anon_1111_5_ps1-opening.ipynb"],
        ["anon_1234_8_ok.ipynb", "anon_2222_9_victim_1111_5_ps1-opening.ipynb"],
        ["ann/ok.ipynb", "eve/victim/1111.ipynb", "eve/victim.ipynb"],
    ],
    ids=["moodle-folders", "moodle-flat", "canvas", "anonymous", "plain"],
)  # fmt: skip
@pytest.mark.parametrize("with_roster", [True, False])
def test_nobodys_file_lands_in_anothers_folder(
    tmp_path: Path, names: list[str], with_roster: bool
) -> None:
    """Eve, 2222, may choose her file's name and her own; victim is 1111."""
    archive = bundle(tmp_path, *((name, name.encode()) for name in names))
    collect(archive, tmp_path / "submitted", NAME, student_name, ROSTER if with_roster else {})
    found = {path.split("/")[0] for path in written(tmp_path / "submitted")}
    assert found & {"ann", "1234"}, "the honest one is taken"
    assert not found & {"victim", "1111"}


def test_the_form_is_decided_once(tmp_path: Path) -> None:
    archive = bundle(tmp_path, (MOODLE, b"1"), ("B_12_assignsubmission_file_/x.ipynb", b"2"),
                     (CANVAS, b"3"))  # fmt: skip
    done = collect(archive, tmp_path / "submitted", NAME, student_name)
    assert done.form == "Moodle, in folders" and done.students == ["12", "1234"]
    assert done.left_out == [(CANVAS, "It is not named as the others are (Moodle, in folders).")]
    with pytest.raises(TcpCourseError, match="fit Moodle, in folders as well as Canvas"):
        collect(
            bundle(tmp_path, (MOODLE, b"1"), (CANVAS, b"2")), tmp_path / "in", NAME, student_name
        )
    assert not (tmp_path / "in").exists()


def test_collisions_are_refused_by_name(tmp_path: Path) -> None:
    archive = bundle(tmp_path, ("s100.ipynb", b"1"), ("S100.ipynb", b"2"), ("ok.ipynb", b"3"))
    done = collect(archive, tmp_path / "submitted", NAME, student_name)
    assert done.students == ["ok"]
    why = "Both S100 and s100 are the student id s100: nobody can tell whose it is."
    assert sorted(done.left_out) == [("S100.ipynb", why), ("s100.ipynb", why)]


def test_two_files_of_one_name_the_later_upload_counts(tmp_path: Path) -> None:
    """Canvas numbers uploads; the -1 it adds to a name says nothing about the order."""
    archive = bundle(tmp_path, ("ann_12_90_ps1-opening-1.ipynb", b"old"),
                     ("ann_12_91_ps1-opening.ipynb", b"new"),
                     ("ann_12_92_more.ipynb", b"more"))  # fmt: skip
    done = collect(archive, tmp_path / "submitted", NAME, student_name)
    assert written(tmp_path / "submitted") == {
        "12/ps1-opening/ps1-opening.ipynb": b"new", "12/ps1-opening/more.ipynb": b"more",
    }  # fmt: skip
    ((name, why),) = done.left_out
    assert name == "ann_12_90_ps1-opening-1.ipynb" and "was uploaded later" in why
    archive = bundle(tmp_path, ("A_12_assignsubmission_file_/a/x.ipynb", b"1"),
                     ("A_12_assignsubmission_file_/a_x.ipynb", b"2"))  # fmt: skip
    done = collect(archive, tmp_path / "moodle", NAME, student_name)
    assert [name for name, _ in done.left_out] == ["A_12_assignsubmission_file_/a_x.ipynb"]


def test_what_was_handed_in_before_is_replaced_only_if_asked(tmp_path: Path) -> None:
    first = bundle(tmp_path, ("A B_12_assignsubmission_file_/old.ipynb", b"1"))
    assert collect(first, tmp_path / "submitted", NAME, student_name).left_out == []
    (tmp_path / "submitted/12/ps1-opening/timestamp.txt").write_text("2026-11-01 10:00:00 UTC")
    assert collect(first, tmp_path / "submitted", NAME, student_name).left_out == [], (
        "the same once more"
    )
    second = bundle(tmp_path, ("A B_12_assignsubmission_file_/new.ipynb", b"2"))
    done = collect(second, tmp_path / "submitted", NAME, student_name)
    assert done.students == [] and "--replace" in done.left_out[0][1]
    assert "12/ps1-opening/old.ipynb" in written(tmp_path / "submitted")
    collect(second, tmp_path / "submitted", NAME, student_name, replace=True)
    assert written(tmp_path / "submitted") == {"12/ps1-opening/new.ipynb": b"2"}, "no old time"


def test_when_it_was_handed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the roster, from Canvas's LATE, or, if asked, from the files; else it is not known."""
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    try:
        table = tmp_path / "worksheet.csv"
        table.write_text(
            "Identifier,Full name,ID number,Grade,Last modified (submission),"
            "Last modified (grade)\n"
            'Participant 1234,Ann,ann,,"Saturday, 28 November 2026, 6:56 AM",-\n'
            "Participant 88,Kim,kim,,-,-\nParticipant 99,Zoe,zoe,,soon,-\n"
        )
        who = roster(table, student_name, "ID number")
        names = [f"N_{number}_assignsubmission_file_/x.ipynb" for number in (1234, 88, 99)]
        done = collect(
            bundle(tmp_path, *((n, b"1") for n in names)), tmp_path / "m", NAME, student_name, who
        )
        stamps = {p: t for p, t in written(tmp_path / "m").items() if p.endswith(".txt")}
        # Shanghai is eight hours ahead of UTC
        assert stamps == {"ann/ps1-opening/timestamp.txt": b"2026-11-27 22:56:00 UTC"}
        assert [student for student, _ in done.notes] == ["zoe"]
        entry = zipfile.ZipInfo("kim_LATE_88_5_x.ipynb", (2026, 11, 28, 12, 0, 0))
        done = collect(bundle(tmp_path, (entry, b"1"), ("ann_12_4_x.ipynb", b"2")),
                       tmp_path / "c", NAME, student_name)  # fmt: skip
        stamps = {p: t for p, t in written(tmp_path / "c").items() if p.endswith(".txt")}
        assert stamps == {"88/ps1-opening/timestamp.txt": b"2026-11-28 04:00:00 UTC"}
        from nbgrader.utils import parse_utc

        assert parse_utc("2026-11-28 04:00:00 UTC").isoformat() == "2026-11-28T04:00:00"
    finally:
        monkeypatch.undo()
        time.tzset()


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
        (link(), "It is a link"),
        ("A_12_assignsubmission_file_/x.exe", "no notebook"),
        ("A_12_assignsubmission_file_/x.ipynb.zip", "no notebook"),
        ("somebody.ipynb", "not named as the others"),
        ("A_13_assignsubmission_file_/x.ipynb", "no student with the number 13"),
        ("A_14_assignsubmission_file_/x.ipynb", "student id"),
        ("A_15_assignsubmission_file_/x.ipynb", "gives no student id"),
        ("A_16_assignsubmission_file_/x.ipynb", "no student id"),
        ("A_17_assignsubmission_file_/x.ipynb", "no student id"),
    ],
)
def test_left_out_with_a_reason(tmp_path: Path, name: str | zipfile.ZipInfo, why: str) -> None:
    """One bad entry is named; the others are taken all the same."""
    archive = bundle(tmp_path, (name, b"evil"), ("B_12_assignsubmission_file_/ok.ipynb", b"ok"))
    who = known(n12="bob", n14="../up", n15="", n16="..", n1234="ann", n17=".ann")
    done = collect(archive, tmp_path / "in" / "submitted", NAME, student_name, who)
    assert [reason for _, reason in done.left_out] == [done.left_out[0][1]]
    assert why in done.left_out[0][1]
    assert done.left_out[0][1][-1] == "." and done.left_out[0][1][0].isupper()
    assert written(tmp_path / "in") == {"submitted/bob/ps1-opening/ok.ipynb": b"ok"}
    assert {path.name for path in tmp_path.iterdir()} == {"all.zip", "in"}


def test_bombs(tmp_path: Path) -> None:
    """Zeros shrink a thousandfold; a header may also lie about its size."""
    archive = bundle(
        tmp_path, (MOODLE, bytes(30 << 20)), ("B_12_assignsubmission_file_/a.ipynb", b"a")
    )
    done = collect(archive, tmp_path / "submitted", NAME, student_name, {})
    assert [why for _, why in done.left_out] == ["It would grow too much when unpacked."]
    assert done.students == ["12"]

    data = bytearray(bundle(tmp_path, (MOODLE, bytes(120 << 20))).read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(signature) + offset
        data[at : at + 4] = struct.pack("<I", 9 << 20)  # it says nine megabytes
    (tmp_path / "all.zip").write_bytes(data)
    done = collect(tmp_path / "all.zip", tmp_path / "submitted", NAME, student_name, {})
    assert len(done.left_out) == 1 and done.students == []


def test_more_than_any_course_hands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tcpcourse.exercises.grading import collecting

    archive = bundle(tmp_path, (MOODLE, b"1"), ("B_2_assignsubmission_file_/x.ipynb", b"2"))
    monkeypatch.setattr(collecting, "MOST_FILES", 1)
    with pytest.raises(TcpCourseError, match="more than 1 files"):
        collect(archive, tmp_path / "submitted", NAME, student_name, {})
    monkeypatch.setattr(collecting, "MOST_FILES", 9)
    monkeypatch.setattr(collecting, "MOST_BYTES", 1)
    with pytest.raises(TcpCourseError, match="unpack to more"):
        collect(archive, tmp_path / "submitted", NAME, student_name, {})
    assert not (tmp_path / "submitted").exists()


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_no_zip(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "all.zip").write_bytes(data)
    if data.startswith(b"PK\x05"):  # an empty one
        assert collect(tmp_path / "all.zip", tmp_path, NAME, student_name, {}).students == []
        return
    with pytest.raises(TcpCourseError, match=r"all.zip cannot be read as a zip"):
        collect(tmp_path / "all.zip", tmp_path, NAME, student_name, {})


def test_a_damaged_entry(tmp_path: Path) -> None:
    archive = bundle(tmp_path, (MOODLE, b"some text that is long enough to be packed" * 50))
    data = bytearray(archive.read_bytes())
    data[110:130] = bytes(20)
    archive.write_bytes(data)
    done = collect(archive, tmp_path / "submitted", NAME, student_name, {})
    assert done.students == [] and "damaged" in done.left_out[0][1]


def test_a_folder_that_is_a_link_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "submitted").mkdir()
    (tmp_path / "submitted" / "1234").symlink_to(tmp_path / "elsewhere")
    done = collect(bundle(tmp_path, (MOODLE, b"1")), tmp_path / "submitted", NAME, student_name, {})
    assert done.students == [] and not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gbk"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_rosters_as_spreadsheets_write_them(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "roster.csv"
    text = "number,student,name\r\n 1234 ,ann,张三\r\n77,王五,\r\n"
    path.write_bytes(text.replace(",", delimiter).encode(encoding))
    assert roster(path, student_name) == {"1234": Entry("ann"), "77": Entry("王五")}


@pytest.mark.parametrize(
    ("word", "number"),
    [("1234", "1234"), (" Participant 77 ", "77"), ("Teilnehmer/in 5", "5"), ("参与者12", "12"),
     ("abcd3", "abcd3"), ("aB3dE", "aB3dE"), ("", ""), ("Points Possible", ""), ("-", "")],
)  # fmt: skip
def test_the_number_in_an_identifier(word: str, number: str) -> None:
    assert number_in(word) == number


def test_canvass_own_gradebook_is_a_roster(tmp_path: Path) -> None:
    path = tmp_path / "grades.csv"
    path.write_text(
        "Student,ID,SIS Login ID,Section,ps1 (7)\n    Points Possible,,,,27\n"
        '"Example, Ann",1234,ann,A,\n"Test, Student",9,,A,\n'
    )
    assert roster(path, student_name, "SIS Login ID") == {"1234": Entry("ann"), "9": Entry("")}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"a,b\n1,2\n", "needs a column for the number"),
        (b"number,student\n1,s100\n2,S100\n", "lines 2 and 3: both have the student s100"),
        (b"number,student\n1,ann\n1,bob\n", "lines 2 and 3: both have the number 1"),
        (b"\xff\xfe", "is empty"),
        (b"", "is empty"),
        (b"number,student\n1,\xff\xff\n", "no text in UTF-8, UTF-16 or GBK"),
        (b'number,student\n1,"ann\n', "cannot be read as CSV"),
    ],
)
def test_rosters_that_are_none(tmp_path: Path, data: bytes, why: str) -> None:
    path = tmp_path / "roster.csv"
    path.write_bytes(data)
    with pytest.raises(TcpCourseError, match=why):
        roster(path, student_name)


def test_the_key_is_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "grading.key"
    with pytest.raises(TcpCourseError, match="There is no key at"):
        read_key(path)
    make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(read_key(path)) == 32
    assert fingerprint(read_key(path)) not in path.read_text()
    with pytest.raises(TcpCourseError, match="is there already"):
        make_key(path)
    path.chmod(0o640)
    with pytest.raises(TcpCourseError, match="Others can read the key"):
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
