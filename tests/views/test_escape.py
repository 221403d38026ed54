"""Text from elsewhere: markup, controls, marks of direction, and too much of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tcpcourse.trace import Trace
from tcpcourse.views import explain, ladder, sequence_strip, state_diagram, table
from tcpcourse.views.escape import brief, markup, visible

from .html import Page, evil


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("192.0.2.1:80", "192.0.2.1:80"),
        ("a\nb", "a⟨U+000A⟩b"),
        ("\x00\x1b[31m", "⟨U+0000⟩⟨U+001B⟩[31m"),
        ("txt\u202egpj.exe", "txt⟨U+202E⟩gpj.exe"),  # would read as txtexe.jpg
        ("\u2066x\u2069", "⟨U+2066⟩x⟨U+2069⟩"),
        ("zero\u200bwidth", "zero⟨U+200B⟩width"),
        ("\ud800", "⟨U+D800⟩"),  # half of a pair, which no file could hold
        ("\ufeff", "⟨U+FEFF⟩"),
        ("头像", "头像"),
    ],
)
def test_what_is_not_seen_is_spelled_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_long_text_is_shortened_and_says_so() -> None:
    shown = visible("x" * 10_000)
    assert shown == "x" * 79 + "… (10,000 characters)"
    assert visible("x" * 80) == "x" * 80


def test_nothing_but_controls_stays_short() -> None:
    assert len(visible("\x01" * 1_000_000)) < 1000


def test_brief_keeps_both_ends() -> None:
    assert brief("2001:db8::1234:5678:9abc:40000", 16) == "2001:db…bc:40000"
    assert brief("192.0.2.1:80", 16) == "192.0.2.1:80"
    assert len(brief("\u202e" * 10_000, 16)) == 16


def test_markup_is_harmless() -> None:
    assert markup("""<b> & "q" 'a'""") == "&lt;b&gt; &amp; &quot;q&quot; &#x27;a&#x27;"


@pytest.mark.parametrize(
    "draw",
    [
        lambda trace: ladder(trace)._repr_html_(),
        lambda trace: state_diagram(trace)._repr_html_(),
        lambda trace: table(trace)._repr_html_(),
        lambda trace: explain(trace, 4)._repr_html_(),
        lambda trace: sequence_strip(trace[3], "A")._repr_html_(),
    ],
)
def test_text_from_elsewhere_is_harmless_in_each_view(draw: Callable[[Trace], str]) -> None:
    text = draw(evil())
    page = Page(text)
    for tag, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
        assert tag not in ("img", "script")
    assert "alert(1)</script>" not in text
    assert "\u202e" not in text and "\x00" not in text
    assert "x" * 200 not in text and "y" * 1000 not in text
