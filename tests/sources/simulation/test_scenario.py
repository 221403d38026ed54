"""A story of one's own: how it is made, and what is refused in one sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tcpcourse as tcp
from tcpcourse.sources.simulation.durations import LONGEST, nanoseconds

OPENS = (tcp.Act("B", "open_passive"), tcp.Act("A", "open_active"))
CLOSES = tcp.Act("A", "close", tcp.State.ESTABLISHED, after="100ms")


def test_a_lecturers_own_story() -> None:
    story = tcp.Scenario(
        "my-lost-fin",
        "The FIN is lost.",
        acts=(*OPENS, CLOSES),
        faults={4: "lose"},
        title="A FIN of my own gets lost",
        question="Who notices?",
    )
    trace = tcp.simulate(story)
    assert [(p.number, str(p.segment.flags), p.fate) for p in trace.packets] == [
        (1, "S", "delivered"), (2, "SA", "delivered"), (3, "A", "delivered"),
        (4, "FA", "lost"), (5, "FA", "delivered"), (6, "A", "delivered"),
    ]  # fmt: skip
    assert (trace.name, trace.title, trace.question) == (
        "my-lost-fin", "A FIN of my own gets lost", "Who notices?",
    )  # fmt: skip


def test_a_story_without_a_title_is_called_by_its_line() -> None:
    trace = tcp.simulate(tcp.Scenario("x", "one line", acts=OPENS))
    assert (trace.title, trace.question) == ("one line", "")


def test_what_a_host_does_not_say_is_the_scenarios_own() -> None:
    story = tcp.Scenario("x", "", OPENS, a=tcp.Host(window=9), b=tcp.Host(iss=7))
    assert (story.a.address, story.a.iss, story.a.window) == ("192.0.2.1:40000", 100, 9)
    assert (story.b.address, story.b.iss, story.b.window) == ("198.51.100.2:80", 7, 65535)
    assert replace(story, delay="1s").a == story.a


@pytest.mark.parametrize(
    ("written", "length"),
    [
        ("250us", 250_000),
        ("250 µs", 250_000),
        ("10ms", 10_000_000),
        ("1s", 1_000_000_000),
        ("1.5s", 1_500_000_000),
        ("2min", 120_000_000_000),
        ("7ns", 7),
        (0, 0),
        (1, 1_000_000_000),
        (0.01, 10_000_000),
    ],
)
def test_durations(written: Any, length: int) -> None:
    assert nanoseconds(written) == length


@given(st.integers(0, LONGEST))
def test_every_nanosecond_can_be_written(length: int) -> None:
    assert nanoseconds(f"{length}ns") == length
    assert nanoseconds(f"{length // 10**9}.{length % 10**9:09}s") == length


NO_DURATIONS = ["", "10", "ten ms", "-1ms", "1 hour", "1e3s", "٣s", "9" * 30 + "s", "700000s",
                -1, 10_000_000, float("nan"), float("inf"), True, None, b"1s", [], 1j]  # fmt: skip


@pytest.mark.parametrize("wrong", NO_DURATIONS, ids=repr)
def test_no_duration_is_refused_wherever_it_is_given(wrong: Any) -> None:
    allowed = 'write a number of seconds from 0 to one week, or a text such as "250us"'
    for name in ("delay", "msl", "patience"):
        with pytest.raises(tcp.TcpCourseError, match=f"The {name} .* is not possible; {allowed}"):
            tcp.simulate("abort", **{name: wrong})
    with pytest.raises(tcp.TcpCourseError, match=f"The duration after .*; {allowed}"):
        tcp.Act("A", "close", after=wrong)
    with pytest.raises(tcp.TcpCourseError, match=r'of packet 4 .*; write "lose", "duplicate", or'):
        tcp.simulate("abort", faults={4: wrong})


def test_one_rule_for_all_durations() -> None:
    """10 ms a packet and 10 ms later, said in three ways."""
    for delay, later in (("10ms", "60ms"), (0.01, 0.06), ("0.01s", "60000us")):
        packets = tcp.simulate("lost-fin", delay=delay, faults={4: later}).packets
        assert packets[0].arrived_ns == 10**7
        assert packets[3].arrived_ns == packets[3].sent_ns + 7 * 10**7


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"faults": {1: "loose"}}, r"The fault 'loose' of packet 1 is not possible; write \"lose\""),
    ({"faults": {99: "lose"}}, r"There is no packet 99 for faults to meet: .*'abort' has 4"),
    ({"faults": {0: "lose"}}, r"There is no packet 0; faults names packets by number, from 1\."),
    ({"faults": {"4": "lose"}}, r"There is no packet '4'; faults names packets by number"),
    ({"faults": {True: "lose"}}, r"There is no packet True"),
    ({"faults": [4]}, r"The faults are written like \{4: \"lose\""),
    ({"loss": 1.0}, r"The loss 1\.0 is not a probability: at least 0 and below 1\."),
    ({"loss": "much"}, r"The loss 'much' is not a probability"),
    ({"reordering": float("nan")}, r"The reordering nan is not a probability"),
    ({"duplication": -0.1}, r"The duplication -0\.1 is not a probability"),
    ({"seed": 1.5}, r"The seed 1\.5 is not a whole number of at least 0\."),
    ({"isn": 5}, r"The isn 5 is not possible; write it like"),
    ({"isn": {"C": 5}}, r"The isn .*'C'.* is not possible"),
    ({"isn": {"A": 1 << 32}}, r"The iss 4294967296 is not a whole number from 0 to 4294967295\."),
    ({"iss_b": -1}, r"The iss -1 is not a whole number from 0"),
    ({"iss_a": "first"}, r"The iss 'first' is not a whole number from 0"),
    ({"a": 5}, r"The end a is 5, which is no tcp\.Host\."),
    ({"acts": "A opens"}, r"The acts are a tuple such as"),
    ({"acts": None}, r"The acts are a tuple such as"),
    ({"latency": 3}, r"There is no 'latency' to change; there are isn, iss_a, iss_b, a, about"),
    ({"title": 3}, r"The title 3 of a scenario is not a text\."),
]


@pytest.mark.parametrize(("changes", "sentence"), REFUSED, ids=lambda value: str(value)[:40])
def test_simulate_refuses(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(tcp.TcpCourseError, match=sentence) as refused:
        tcp.simulate("abort", **changes)
    assert str(refused.value)[0].isupper() and str(refused.value).endswith(".")


@pytest.mark.parametrize("wrong", [None, 5, ["abort"], tcp.Act("A", "close")], ids=repr)
def test_only_names_and_scenarios_can_be_played(wrong: Any) -> None:
    with pytest.raises(tcp.TcpCourseError, match="is no story; give a name out of"):
        tcp.simulate(wrong)


def test_a_fault_cannot_meet_what_is_injected() -> None:
    """Packet 4 of this story is the forged RST, which was never on the wire."""
    with pytest.raises(tcp.TcpCourseError, match="Packet 4 of the story 'blind-reset' is injected"):
        tcp.simulate("blind-reset", faults={4: "lose"})


def test_a_copy_can_have_a_fault_of_its_own() -> None:
    trace = tcp.simulate("abort", faults={1: "duplicate", 2: "lose"})
    assert [(p.segment.syn, p.fate) for p in trace.packets[:2]] == [
        (True, "delivered"), (True, "lost"),
    ]  # fmt: skip
    late = tcp.simulate("abort", faults={1: "duplicate", 2: "1s"}).packets[1]
    assert late.arrived_ns == 1_015_000_000  # 10 ms, half of that more for a copy, and 1 s


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("C", "close"), r"There is no side 'C'; the sides are A and B\."),
        (("A", "shout"), r"There is no call 'shout'; an act is one of open_active, "),
        (("A", ["close"]), r"There is no call \['close'\]"),
        (("A", "close", "ESTABLISHED"), r"An act cannot wait for 'ESTABLISHED'; when is a state"),
        (("A", "close", None, -1), r"The received -1 is not a whole number of at least 0\."),
        (("A", "send", None, 0, 0, "text"), r"The data 'text' is not bytes such as b'hello'\."),
        (("A", "close", None, 0, 0, b"x"), r"The call close takes no data; it belongs to send\."),
        (("A", "close", None, 0, 0, b"", 7), r"takes no count; it belongs to receive and grow\."),
        (("A", "grow", None, 0, 0, b"", 1 << 31), r"from 1 to 1073741824\."),
        (("A", "inject", None, 0, 0, b"", 1 << 30, "no"), r"The text 'no' is no segment"),
        (("A", "close", None, 0, 0, b"", 1 << 30, "R 1:1(0)"), r"takes no segment; it belongs to"),
    ],
)
def test_acts_that_cannot_be_meant(given: tuple[Any, ...], sentence: str) -> None:
    with pytest.raises(tcp.TcpCourseError, match=sentence):
        tcp.Act(*given)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"address": "here"}, r"The address 'here' is not possible; write an IP address and a"),
        ({"address": "192.0.2.1:70000"}, r"The address '192\.0\.2\.1:70000' is not possible"),
        ({"address": 5}, r"The address 5 is not possible"),
        ({"iss": 1.5}, r"The iss 1\.5 is not a whole number from 0 to 4294967295\."),
        ({"next_iss": -1}, r"The next_iss -1 is not a whole number"),
        ({"window": -1}, r"The window -1 is not a whole number"),
        ({"window": 1 << 31}, r"window"),
        ({"mss": "big"}, r"The mss 'big' is not a whole number"),
        ({"wscale": 15}, r"wscale"),
        ({"policy": "rfc1122"}, r"no policy 'rfc1122'"),
        ({"reads": 1}, r"The reads 1 is not True or False\."),
        ({"r2": -1}, r"The r2 -1 is not a whole number of at least 0\."),
    ],
)
def test_hosts_that_cannot_be_meant(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(tcp.TcpCourseError, match=sentence):
        tcp.Host(**given)


@pytest.mark.parametrize("address", ["[2001:db8::1]:80", "203.0.113.7:0"])
def test_addresses(address: str) -> None:
    assert tcp.Host(address).address == address
