"""Segments: what they take up, and their line of text, written and read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.options import Options
from tcpcourse.core.segment import Flags, Segment
from tcpcourse.core.seq import SeqNumber

# Literal pairs: the line, and the segment it stands for.
LINES = [
    ("S 0:0(0) win 65535 <mss 1460,wscale 8>",
     Segment(0, None, "S", 65535, b"", Options(mss=1460, wscale=8))),
    ("S 0:0(0) win 8192 <mss 1460,wscale 8,sackOK>",
     Segment(0, None, "S", 8192, b"", Options(mss=1460, wscale=8, sack_permitted=True))),
    ("SA 0:0(0) ack 1 win 29200 <mss 1460,wscale 7,sackOK>",
     Segment(0, 1, "SA", 29200, b"", Options(mss=1460, wscale=7, sack_permitted=True))),
    ("A 1:1(0) ack 1 win 256", Segment(1, 1, "A", 256)),
    ('PA 1:6(5) ack 1 win 256 "hello"', Segment(1, 1, "AP", 256, b"hello")),
    ("PA 1:626(625) ack 1 win 256", Segment(1, 1, "PA", 256, bytes(625))),
    ("FA 1:1(0) ack 2 win 0", Segment(1, 2, "FA", 0)),
    ("R 101:101(0) win 0", Segment(101, None, "R", 0)),
    ("RA 0:0(0) ack 101 win 0", Segment(0, 101, "RA", 0)),
    ("- 7:7(0) win 1", Segment(7, None, "", 1)),
    ("FSRPAUECN 7:7(0) ack 8 win 1", Segment(7, 8, "NCEUAPRSF", 1)),
    ("SEC 0:0(0) win 5", Segment(0, None, "SEC", 5)),
    ("U 7:7(0) win 1 urg 9", Segment(7, None, "U", 1, urgent=9)),
    ("A 4294967295:1(2) ack 4294967295 win 1", Segment(-1, -1, "A", 1, b"\0\0")),
    ("A 1:1(0) ack 1 win 1 <TS val 4294967295 ecr 0,sack 5:9 20:21>",
     Segment(1, 1, "A", 1, b"", Options(timestamp=(4294967295, 0), sack=((5, 9), (20, 21))))),
    ('A 1:2(1) ack 1 win 1 "X"', Segment(1, 1, "A", 1, b"X")),
    ('A 1:4(3) ack 1 win 1 "\\n\\"\\\\"', Segment(1, 1, "A", 1, b'\n"\\')),
    ('A 1:4(3) ack 1 win 1 "\\x00\\xff\'"', Segment(1, 1, "A", 1, b"\x00\xff'")),
    ('A 1:3(2) ack 1 win 1 <wscale 0> urg 65535 "> "',
     Segment(1, 1, "A", 1, b"> ", Options(wscale=0), 65535)),
]  # fmt: skip


@pytest.mark.parametrize(("line", "segment"), LINES, ids=[line for line, _ in LINES])
def test_a_line_is_written_and_read(line: str, segment: Segment) -> None:
    assert str(segment) == line
    assert Segment.parse(line) == segment


def test_what_is_left_out_when_reading() -> None:
    assert Segment.parse("  S 7:7(0)\n") == Segment(7, None, "S", 65535)
    assert Segment.parse("A 7:9(2) ack 4294967297") == Segment(7, 1, "A", 65535, b"\0\0")
    assert Segment.parse("S 7:7(0) <>") == Segment(7, None, "S")
    assert Segment.parse("S 7:7(0) <sackOK , mss 5>") == Segment(
        7, None, "S", options=Options(mss=5, sack_permitted=True)
    )


def test_the_line_without_the_data() -> None:
    segment = Segment(1, 1, "PA", 256, b"hello")
    assert segment.line() == "PA 1:6(5) ack 1 win 256"
    assert segment.line(data=True) == 'PA 1:6(5) ack 1 win 256 "hello"'


# --- what a segment takes up (RFC 9293 §3.4) ---


@pytest.mark.parametrize(
    ("line", "length", "end"),
    [
        ("S 10:10(0)", 1, 11),
        ("SA 10:10(0) ack 1", 1, 11),
        ("A 10:10(0) ack 1", 0, 10),
        ("FA 10:10(0) ack 1", 1, 11),
        ("PA 10:15(5) ack 1", 5, 15),
        ("FPA 10:15(5) ack 1", 6, 16),
        ("S 10:15(5)", 6, 16),
        ("FS 10:15(5)", 7, 17),
        ("RUECN 10:10(0)", 0, 10),
        ("FA 4294967295:4294967295(0) ack 1", 1, 0),
    ],
)
def test_syn_data_and_fin_take_up_numbers(line: str, length: int, end: int) -> None:
    segment = Segment.parse(line)
    assert segment.seg_len == length
    assert segment.end == SeqNumber(end)


def test_bits_by_name() -> None:
    segment = Segment.parse("FS 1:1(0)")
    assert (segment.fin, segment.syn, segment.rst) == (True, True, False)
    assert Segment.parse("R 1:1(0)").rst


# --- flags ---


def flags_of(letters: str) -> Flags:
    return Flags(letters)  # type: ignore[arg-type]  # the type of IntFlag knows integers only


@pytest.mark.parametrize(
    ("letters", "bits"),
    # the ninth bit and the eight of the last byte, RFC 9293 §3.1: C E U A P R S F
    [("F", 0x001), ("S", 0x002), ("R", 0x004), ("P", 0x008), ("A", 0x010), ("U", 0x020),
     ("E", 0x040), ("C", 0x080), ("N", 0x100), ("-", 0), ("SA", 0x012), ("FSRPAUECN", 0x1FF)],
)  # fmt: skip
def test_flags_have_letters(letters: str, bits: int) -> None:
    assert int(flags_of(letters)) == bits
    assert str(Flags(bits)) == letters
    assert flags_of(letters[::-1]) == Flags(bits)


def test_names_of_flags_are_the_rfcs() -> None:
    assert str(Flags.SYN | Flags.ACK) == "SA"
    assert flags_of("FRPU") == Flags.FIN | Flags.RST | Flags.PSH | Flags.URG
    assert flags_of("ECN") == Flags.ECE | Flags.CWR | Flags.AE
    named = (Flags.FIN, Flags.SYN, Flags.RST, Flags.PSH, Flags.ACK, Flags.URG, Flags.ECE,
             Flags.CWR, Flags.AE)  # fmt: skip
    assert [str(flag) for flag in named] == list("FSRPAUECN")
    assert flags_of("") == Flags.NONE


# --- errors say what is wrong ---


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("", "The text '' is no segment: write it like 'SA 0:0(0) ack 1 win 65535 <mss 1460>'."),
        ("S 0", "The text 'S 0' is no segment"),
        ("S 0:0(0) ack", "is no segment"),
        ("S 0:0(0) win 1 ack 1", "is no segment"),
        ("s 0:0(0)", "is no segment"),
        ("X 0:0(0)", "There is no flag 'X': the letters are F S R P A U E C N"),
        ("A 0:0(0)", "A segment has an ack number exactly when it has the flag A"),
        ("S 0:0(0) ack 1", "(flags S, ack 1)"),
        ("S 0:0(0) win 65536", "The window 65536 does not fit 16 bits (0 … 65535)"),
        ("S 0:0(0) urg 65536", "The urgent 65536 does not fit 16 bits (0 … 65535)"),
        ("S 0:1(0)", "The lengths in 'S 0:1(0)' disagree: write first:next(length), at most"),
        ("S 0:0(1)", "disagree"),
        ('S 0:1(1) "ab"', "as many bytes as the text in quotes"),
        ('S 0:3(3) "ab"', "as many bytes as the text in quotes"),
        ("S 0:65536(65536)", "at most 65535 bytes"),
        ('S 0:65536(65536) "' + 65536 * "a" + '"', "at most 65535 bytes"),
        ("S 0:999999999999(999999999999)", "at most 65535 bytes"),
        ("S " + 5000 * "1" + ":0(0)", "is no segment"),
        ("S 0:0(0) <mss " + 5000 * "1" + ">", "There is no option"),
        ('S 0:1(1) "\u00e9"', "is not a plain string"),
        ('S 0:1(1) "\\x"', "is not a plain string"),
        ('S 0:1(1) "a"b"', "is not a plain string"),
        ('S 0:2(2) "a"+"b"', "is not a plain string"),
        ('S 0:1(1) "\0"', "is not a plain string"),
        ('S 0:1(1) "' + 20_000 * '"+"' + '"', "is not a plain string"),
        ('S 0:1(1) "a"' + 50_000 * "-" + '"b"', "is not a plain string"),
        ("S 0:0(0) <mss>", "There is no option 'mss': there are mss N, wscale N, sackOK, TS"),
        ("S 0:0(0) <sack>", "There is no option 'sack'"),
        ("S 0:0(0) <TS val 1>", "There is no option 'TS val 1'"),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_read_says_why(line: str, complaint: str) -> None:
    with pytest.raises(TcpCourseError) as caught:
        Segment.parse(line)
    assert complaint in str(caught.value)


def test_65535_bytes_can_be_read() -> None:
    assert len(Segment.parse("S 0:65535(65535)").data) == 65535


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"flags": "SZ"}, "There is no flag 'Z'"),
        ({"flags": "A"}, "(flags A, ack None)"),
        ({"flags": "", "ack": 0}, "(flags -, ack 0)"),
        ({"window": -1}, "The window -1 does not fit 16 bits"),
        ({"urgent": -1}, "The urgent -1 does not fit 16 bits"),
    ],
)
def test_an_impossible_segment_says_why(fields: dict[str, object], complaint: str) -> None:
    with pytest.raises(TcpCourseError) as caught:
        Segment(1, **fields)  # type: ignore[arg-type]
    assert f" {complaint}" in f" {caught.value}"


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"mss": -1}, "The mss -1 does not fit 16 bits (0 … 65535)"),
        ({"mss": 65536}, "The mss 65536 does not fit 16 bits (0 … 65535)"),
        ({"wscale": -1}, "The wscale -1 does not fit 8 bits (0 … 255)"),
        ({"wscale": 256}, "The wscale 256 does not fit 8 bits (0 … 255)"),
        ({"timestamp": (0, -1)}, "The timestamp -1 does not fit 32 bits (0 … 4294967295)"),
        ({"timestamp": (4294967296, 0)}, "The timestamp 4294967296 does not fit 32 bits"),
        ({"sack": ((0, 4294967296),)}, "The sack 4294967296 does not fit 32 bits"),
        ({"sack": ((-1, 1),)}, "The sack -1 does not fit 32 bits"),
    ],
)
def test_an_impossible_option_says_why(fields: dict[str, object], complaint: str) -> None:
    with pytest.raises(TcpCourseError) as caught:
        Options(**fields)  # type: ignore[arg-type]
    assert str(caught.value).startswith(complaint)


def test_the_largest_options_there_are() -> None:
    last = 4294967295
    options = Options(65535, 255, True, ((0, last),), (last, 0))
    assert str(options) == ("mss 65535,wscale 255,sackOK,TS val 4294967295 ecr 0,sack 0:4294967295")


@pytest.mark.parametrize(
    ("options", "length"),
    [
        # kinds and lengths: RFC 9293 §3.2, RFC 7323 §2.2 and §3.2, RFC 2018 §2 and §3
        (Options(), 0),
        (Options(mss=1460), 4),
        (Options(wscale=8), 4),  # 3, padded
        (Options(mss=1460, wscale=8), 8),  # 7, padded
        (Options(mss=1460, wscale=8, sack_permitted=True), 12),  # 9, padded
        (Options(sack_permitted=True), 4),
        (Options(sack_permitted=True, timestamp=(0, 0)), 12),  # 2 + 10
        (Options(timestamp=(0, 0)), 12),  # 10, padded
        (Options(mss=0, wscale=0, sack_permitted=True, timestamp=(0, 0)), 20),  # 19, padded
        (Options(sack=((1, 2),)), 12),  # 10, padded
        (Options(wscale=0, sack=((1, 2),)), 16),  # 3 + 10, padded
        (Options(wscale=0, timestamp=(0, 0)), 16),  # 3 + 10, padded
        (Options(sack=((1, 2), (3, 4), (5, 6)), timestamp=(0, 0)), 36),  # 26 + 10
    ],
)
def test_options_take_up_whole_words(options: Options, length: int) -> None:
    assert options.length == length


def test_a_segment_is_frozen_and_comparable() -> None:
    segment = Segment(1, 2, "A")
    with pytest.raises(AttributeError):
        segment.window = 5  # type: ignore[misc]
    assert {segment: 1}[Segment(SeqNumber(1), SeqNumber(2), Flags.ACK)] == 1
    assert segment != Segment(1, 2, "A", data=b"x")
    assert Segment(1, data=bytearray(b"x")).data == b"x"  # type: ignore[arg-type]


# --- any segment at all ---

words = st.integers(0, 2**32 - 1)
options = st.builds(
    Options,
    mss=st.none() | st.integers(0, 65535),
    wscale=st.none() | st.integers(0, 255),
    sack_permitted=st.booleans(),
    sack=st.lists(st.tuples(words, words), max_size=4).map(tuple),
    timestamp=st.none() | st.tuples(words, words),
)
texts = st.one_of(
    st.binary(max_size=20),
    st.text('"\\\n\r\t>< 0\x00\x7fé', max_size=20).map(lambda text: text.encode("latin-1")),
)


@st.composite
def segments(draw: st.DrawFn) -> Segment:
    """Any segment: any flags, numbers, options, data."""
    flags = Flags(draw(st.integers(0, 0x1FF)))
    return Segment(
        draw(words),
        draw(words) if flags & Flags.ACK else None,
        flags,
        draw(st.integers(0, 65535)),
        draw(texts),
        draw(options),
        draw(st.integers(0, 65535)),
    )


@given(segments())
def test_every_segment_survives_its_line(segment: Segment) -> None:
    assert Segment.parse(str(segment)) == segment
    assert "\n" not in str(segment)


@given(options)
def test_all_options_survive_their_text(given_options: Options) -> None:
    assert Options.parse(str(given_options)) == given_options


@given(st.text(max_size=40) | st.from_regex(r"[A-Z]+ \d+:\d+\(\d+\).{0,20}"))
def test_any_text_is_read_or_refused_in_a_sentence(text: str) -> None:
    try:
        segment = Segment.parse(text)
    except TcpCourseError as error:
        assert str(error)
    else:
        assert Segment.parse(str(segment)) == segment
