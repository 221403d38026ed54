"""The cheat sheet's tables: the edges are the rows', the sums are right by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tcpcourse import TRANSITIONS, State
from tcpcourse.cli import main
from tcpcourse.export.cheat_sheet import COMMANDS, EXAMPLES, STATES, cheat_sheet, edge_rows

# RFC 9293 figure 5, read from the figure: the ends of its arrows.
FIGURE_5 = {
    "CLOSED": "LISTEN SYN_SENT",
    "LISTEN": "SYN_SENT SYN_RCVD CLOSED",
    "SYN_SENT": "SYN_RCVD ESTABLISHED CLOSED",
    "SYN_RCVD": "ESTABLISHED FIN_WAIT_1 LISTEN",
    "ESTABLISHED": "FIN_WAIT_1 CLOSE_WAIT",
    "FIN_WAIT_1": "FIN_WAIT_2 CLOSING",
    "FIN_WAIT_2": "TIME_WAIT",
    "CLOSE_WAIT": "LAST_ACK",
    "CLOSING": "TIME_WAIT",
    "LAST_ACK": "CLOSED",
    "TIME_WAIT": "CLOSED",
}


def test_every_state_is_told_and_every_arrow_of_the_figure_is_there_once() -> None:
    assert list(STATES) == list(State)
    drawn = [(before, after) for before, after, _ in edge_rows()]
    figure = {(before, after) for before, ends in FIGURE_5.items() for after in ends.split()}
    assert len(drawn) == len(set(drawn)) and set(drawn) == figure


def test_what_happens_is_the_rows_own_label() -> None:
    labels = {(row.state.name, row.next.name, row.label) for row in TRANSITIONS if row.in_figure}
    shown = {(b, a, label) for b, a, words in edge_rows() for label in words.split(" or ")}
    assert shown == labels


def test_the_sheet_holds_all_tables_and_is_escaped() -> None:
    text = cheat_sheet()
    assert text.count("<tr>") == 5 + len(STATES) + len(edge_rows()) + 10 + 6 + len(COMMANDS)
    assert "0 &lt; (b − a) mod 2³² &lt; 2³¹" in text and "<script" not in text
    assert not {"http://", "https://"} & set(text.split('"'))


def test_the_examples_add_up() -> None:
    """seq + what is taken up = ack, around the circle."""
    for segment, takes, answer in EXAMPLES:
        seq = int(segment.split("seq ")[1].split(",")[0])
        data = int(segment.split(", ")[-1].split()[0]) if "bytes" in segment else 0
        assert int(takes) == data + segment.startswith(("SYN", "FIN"))
        assert answer == (f"ack {(seq + int(takes)) % 2**32}" if int(takes) else "none")


def test_the_command_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cheat-sheet", "--out", str(tmp_path)]) == 0
    (path,) = tmp_path.iterdir()
    assert capsys.readouterr().out.strip() == str(path)
    assert path.read_text("utf-8") == cheat_sheet()
