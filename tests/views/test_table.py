"""The table, against the document's own lines (section 二)."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from tcpcourse.views import table

from . import stories

# As the document prints them. It lists the options of packet 2 in the order of the wire;
# here they always come in the same order.
DOCUMENT = [
    ("A", "B", "TCP", "66", "56219→80 [SYN] Seq=0 Win=8192 Len=0 MSS=1460 WS=256 SACK_PERM=1"),
    ("B", "A", "TCP", "66",
     "80→56219 [SYN, ACK] Seq=0 Ack=1 Win=29200 Len=0 MSS=1460 WS=128 SACK_PERM=1"),
    ("A", "B", "TCP", "54", "56219→80 [ACK] Seq=1 Ack=1 Win=65536 Len=0"),
    ("A", "B", "HTTP", "679", "GET /static/images/avatar.jpg HTTP/1.1"),
    ("B", "A", "TCP", "60", "80→56219 [ACK] Seq=1 Ack=626 Win=30464 Len=0"),
    ("B", "A", "TCP", "1514", "[TCP segment of a reassembled PDU]"),
    ("B", "A", "TCP", "1514", "[TCP segment of a reassembled PDU]"),
    ("A", "B", "TCP", "54", "56219→80 [ACK] Seq=626 Ack=2921 Win=65536 Len=0"),
]  # fmt: skip


def test_it_is_the_documents_table() -> None:
    made = table(stories.avatar())
    assert [row[1:6] for row in made.rows] == DOCUMENT
    assert [row[0] for row in made.rows] == [str(number) for number in range(1, 9)]


def test_states_are_added() -> None:
    rows = table(stories.avatar()).rows
    assert rows[0][6:] == ("SYN_SENT", "LISTEN")
    assert rows[1][6:] == ("SYN_SENT", "SYN_RCVD")
    assert rows[2][6:] == ("ESTABLISHED", "ESTABLISHED")


def test_raw_numbers_are_those_of_the_headers() -> None:
    rows = table(stories.avatar(), relative=False).rows
    assert "Seq=2718281828 " in rows[0][5]
    assert "Seq=3141592653 Ack=2718281829 " in rows[1][5]
    assert "Seq=2718282454 Ack=3141595574 " in rows[7][5]  # 626 and 2921 further on


def test_an_answer_whose_length_is_reached_is_http_again() -> None:
    # 38 bytes of head and 6 of body, cut after the second byte of the body
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabcdef"
    trace = stories.data_from_b(answer[:40], answer[40:])
    assert [row[3:6:2] for row in table(trace).rows] == [
        ("TCP", "[TCP segment of a reassembled PDU]"),
        ("HTTP", "HTTP/1.1 200 OK"),
    ]


def test_as_a_data_frame() -> None:
    frame = table(stories.avatar()).to_pandas()
    assert list(frame.columns) == ["No.", "SRC", "DEST", "P", "LEN", "INFO", "A", "B"]
    assert frame["LEN"].tolist() == ["66", "66", "54", "679", "60", "1514", "1514", "54"]


class _Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.inside = tag == "td" or (self.inside and tag == "i")  # a state stands in a chip

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.cells.append(data)
            self.inside = False


def test_html_and_text_say_the_same() -> None:
    made = table(stories.avatar())
    reader = _Cells()
    reader.feed(made._repr_html_())
    assert reader.cells == [word for row in made.rows for word in row]
    lines = str(made).splitlines()
    assert len(lines) == 2 + 8
    assert all(info in line for line, (*_, info) in zip(lines[2:], DOCUMENT, strict=True))


def test_a_long_table_is_folded() -> None:
    made = table(stories.long(500))
    assert len(made) == 500
    assert str(made).splitlines()[2 + 60] == "… 420 more packets …"
    assert "… 420 more packets …" in made._repr_html_()


@pytest.mark.parametrize("form", [str, lambda made: made._repr_html_()])
def test_no_packets(form) -> None:  # type: ignore[no-untyped-def]
    assert "no packets" in form(table(stories.empty()))
