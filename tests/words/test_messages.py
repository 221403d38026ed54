"""A message is its English sentence, and can be said in another language."""

from __future__ import annotations

import ast
import copy
import io
import pickle
import subprocess
import sys
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Any

import pytest

from tcpcourse.core.endpoint import Endpoint
from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.labels import label, label_of
from tcpcourse.core.segment import Flags
from tcpcourse.core.table import REFUSALS, TRANSITIONS
from tcpcourse.words import (
    ENGLISH,
    KEYWORDS,
    Message,
    counted,
    listed,
    message,
    say,
    sentence_of,
    together,
)

ROOT = Path(__file__).parents[2]


class Catalogue(NullTranslations):
    """A language with these few sentences."""

    def __init__(self, **sentences: str) -> None:
        super().__init__()
        self.sentences = sentences

    def gettext(self, text: str) -> str:
        return self.sentences.get(text, text)


def catalogue(sentences: dict[str, str]) -> Catalogue:
    made = Catalogue()
    made.sentences = sentences
    return made


ZH = catalogue(
    {
        "There is no packet {number}.": "没有第 {number} 个包。",
        "It is over.": "结束了。",
        "{sentence} {following}": "{sentence}{following}",
        "{who} says: {what}": "{who}说:{what}",
        "{a} of {b}": "{c}",
        "one {x}": "{x!q}",
        "zero {x}": "{}",
    }
)


def test_a_message_is_its_english_sentence() -> None:
    told = message("There is no packet {number}.", number=7)
    assert told == "There is no packet 7."
    assert str(told) == f"{told}" == "There is no packet 7."
    assert repr(told) == repr("There is no packet 7.")
    assert hash(told) == hash("There is no packet 7.")
    assert isinstance(told, Message)
    assert (told.template, dict(told.places)) == ("There is no packet {number}.", {"number": 7})
    assert {told: 1}["There is no packet 7."] == 1
    assert told == message("There is no packet {number}.", number=7)
    assert told != message("There is no packet {number}.", number=8)


def test_the_places_cannot_be_changed() -> None:
    told = message("There is no packet {number}.", number=7)
    with pytest.raises(TypeError):
        told.places["number"] = 8  # type: ignore[index]
    with pytest.raises(AttributeError):
        told.template = "x"  # type: ignore[misc]
    assert not hasattr(told, "__dict__")


def test_a_template_without_places_may_hold_braces() -> None:
    assert message("{not a place}") == "{not a place}"
    assert say(message("{not a place}")) == "{not a place}"


def test_a_place_without_a_value_is_refused_at_once() -> None:
    with pytest.raises(KeyError, match="number"):
        message("There is no packet {number}.", count=7)


def test_a_place_may_have_any_name() -> None:
    assert message("{template}", template="x") == "x"


def test_say_puts_it_into_a_language() -> None:
    told = message("There is no packet {number}.", number=7)
    assert say(told, ZH) == "没有第 7 个包。"
    assert say(told) == say(told, ENGLISH) == "There is no packet 7."
    assert say(message("It is over."), ZH) == "结束了。"
    assert type(say(told)) is type(say(message("It is over."))) is str


def test_messages_in_messages_are_said_too() -> None:
    told = message("{who} says: {what}", who="A", what=message("It is over."))
    assert told == "A says: It is over."
    assert say(told, ZH) == "A说:结束了。"


def test_what_is_no_message_stays() -> None:
    assert say("It is over.", ZH) == "It is over."
    assert say(message("Unknown to the catalogue."), ZH) == "Unknown to the catalogue."


def test_nothing_is_not_the_catalogues_header() -> None:
    header = catalogue({"": "Project-Id-Version: 1"})
    assert say(message(""), header) == ""


@pytest.mark.parametrize(
    ("told", "english"),
    [
        (message("{a} of {b}", a=1, b=2), "1 of 2"),
        (counted("one {x}", "many {x}", 2, x=1), "many 1"),
        (message("one {x}", x=1), "one 1"),
        (message("zero {x}", x=0), "zero 0"),
    ],
)
def test_a_translation_that_does_not_fit_is_not_used(told: Message, english: str) -> None:
    assert say(told, ZH) == english


def test_sentences_one_after_the_other() -> None:
    end = message("It is over.")
    told = together(message("There is no packet {number}.", number=7), end, "As it is.")
    assert told == "There is no packet 7. It is over. As it is."
    assert say(told, ZH) == "没有第 7 个包。结束了。As it is."
    assert together(end) is end
    assert together() == ""


def test_a_sentence_that_counts() -> None:
    none, one, two = (
        counted("One packet is lost.", "{count} packets are lost.", count) for count in (0, 1, 2)
    )
    assert (none, one, two) == ("0 packets are lost.", "One packet is lost.", "2 packets are lost.")
    assert one.template == two.template == "One packet is lost."
    assert one.plural == two.plural == "{count} packets are lost."
    assert message("It is over.").plural == ""
    with pytest.raises(KeyError, match="who"):
        counted("{who} is lost.", "{who} are lost.", 2)


def test_a_language_has_its_own_forms_for_numbers() -> None:
    """Chinese has one form, Polish three: for 1, for 2 to 4, and for the others."""
    forms = ["Zginął {count} pakiet.", "Zginęły {count} pakiety.", "Zginęło {count} pakietów."]
    for locale, words, expected in (
        ("zh_CN", ["丢了 {count} 个包。"], ["丢了 1 个包。", "丢了 3 个包。", "丢了 7 个包。"]),
        ("pl", forms, ["Zginął 1 pakiet.", "Zginęły 3 pakiety.", "Zginęło 7 pakietów."]),
    ):
        spoken = compiled(locale, {("One packet is lost.", "{count} packets are lost."): words})
        for count, sentence in zip((1, 3, 7), expected, strict=True):
            told = counted("One packet is lost.", "{count} packets are lost.", count)
            assert say(told, spoken) == sentence


def test_a_sentence_of_a_table_is_filled_later() -> None:
    empty = message("There is no packet {number}.")
    assert empty == "There is no packet {number}."
    told = empty.filled(number=7)
    assert told == "There is no packet 7."
    assert say(told, ZH) == "没有第 7 个包。"
    assert counted("{who}: one", "{who}: {count}", 2, who="A").filled(who="B") == "B: 2"


def test_words_one_after_the_other() -> None:
    assert listed([]) == "" and listed(["a"]) == listed(["a"], ends=True) == "a"
    assert listed("abc") == "a, b, c"
    assert listed("abc", ends=True) == "a, b and c"
    assert listed("ab", ends=True) == "a and b"
    assert listed("abc", 3) == "a, b, c"
    assert listed("abcde", 3) == "a, b, c and 2 more"
    chinese = catalogue(
        {
            "{words}, {another}": "{words}、{another}",
            "{words} and {last}": "{words}和{last}",
            "{words} and {more} more": "{words}等",
            "It is over.": "结束了",
        }
    )
    words = ["a", message("It is over."), "c"]
    assert say(listed(words, ends=True), chinese) == "a、结束了和c"
    assert say(listed(words, 2), chinese) == "a、结束了等"


def test_the_sentence_of_an_error() -> None:
    told = message("There is no packet {number}.", number=7)
    assert say(sentence_of(TcpCourseError(told)), ZH) == "没有第 7 个包。"
    assert sentence_of(OSError(2, "No such file")) == "[Errno 2] No such file"
    assert sentence_of(ValueError()) == ""


def test_messages_survive_copying_and_pickling() -> None:
    told = message("{who} says: {what}", who="A", what=message("It is over."))
    for other in (copy.copy(told), copy.deepcopy(told), pickle.loads(pickle.dumps(told))):
        assert other == told
        assert say(other, ZH) == "A说:结束了。"
    two = counted("One packet is lost.", "{count} packets are lost.", 2)
    again = pickle.loads(pickle.dumps(two))
    assert (again, again.template, again.plural) == (two, two.template, two.plural)


def compiled(locale: str, sentences: dict[str | tuple[str, str], str | list[str]]) -> Any:
    """A catalogue as translators' tools make it: written by Babel, read by gettext."""
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo

    made = Catalog(locale=locale)
    for english, words in sentences.items():
        made.add(english, words)
    file = io.BytesIO()
    write_mo(file, made)
    file.seek(0)
    return GNUTranslations(file)


def test_a_real_catalogue() -> None:
    spoken = compiled("zh_CN", {"There is no packet {number}.": "没有第 {number} 个包。"})
    assert say(message("There is no packet {number}.", number=7), spoken) == "没有第 7 个包。"


# --- the core's sentences -----------------------------------------------------------------------


def extracted(room: str = "") -> set[str]:
    """What Babel's own extraction finds in the package, or in one room of it."""
    from babel.messages.extract import extract_from_dir

    folder = str(ROOT / "tcpcourse" / room)
    found = extract_from_dir(folder, [("**.py", "python")], keywords=KEYWORDS)
    return {
        sentence
        for _, _, told, _, _ in found
        for sentence in (told if isinstance(told, tuple) else (told,))
    }


def test_every_why_and_every_label_is_found_for_the_catalogue() -> None:
    found = extracted("core")
    for row in TRANSITIONS:
        assert row.why.template in found
        for function in (row.guard, *row.actions):
            assert label_of(function).template in found
    assert "{timer}: no such timer is running, so nothing happens." in found


def test_a_reaction_says_why_in_a_language() -> None:
    end = Endpoint(iss=100)
    first = end.open_active().why
    assert say(first, catalogue({first: "连接。"})) == "连接。"
    idle = end.tick("time-wait").why
    assert idle == "2MSL timeout: no such timer is running, so nothing happens."
    assert isinstance(idle, Message)
    assert idle.template == "{timer}: no such timer is running, so nothing happens."


def test_two_rows_in_one_event_are_two_sentences() -> None:
    from tcpcourse.core.segment import Segment

    end = Endpoint(iss=100)
    end.open_passive()
    end.arrive(Segment.parse("S 300:300(0)"))
    end.send(b"x")
    end.close()
    done = end.arrive(Segment.parse("A 301:301(0) ack 101"))
    assert len(done.rows) == 2
    assert done.why == f"{done.rows[0].why} {done.rows[1].why}"
    joined = catalogue({"{sentence} {following}": "{following}/{sentence}"})
    assert say(done.why, joined) == f"{done.rows[1].why}/{done.rows[0].why}"


def test_a_label_belongs_to_its_function() -> None:
    @label("rcv nothing")
    def nothing() -> None: ...

    assert label_of(nothing) == "rcv nothing"
    with pytest.raises(KeyError):
        label_of(print)


def test_the_labels_are_there_without_docstrings() -> None:
    program = (
        "from tcpcourse.core.table import TRANSITIONS as T\n"
        "from tcpcourse.core.endpoint import Endpoint\n"
        "from tcpcourse.core.tcb import Tcb\n"
        "from tcpcourse.core.states import State\n"
        "assert False, 'assertions are left out'\n"
        "for row in T: print(row)\n"
        "try: Endpoint.restore(Tcb(State.ESTABLISHED, snd_mss=0))\n"
        "except Exception as error: print(error)\n"
    )
    plain, bare = (
        subprocess.run(
            [sys.executable, *options, "-c", text], cwd=ROOT, capture_output=True, text=True,
            check=True, encoding="utf-8", env=None,
        ).stdout
        for options, text in (
            ((), program.replace("assert False, 'assertions are left out'\n", "")),
            (("-OO",), program),
        )
    )  # fmt: skip
    assert plain == bare
    assert "ESTABLISHED → CLOSE_WAIT: rcv FIN / snd ACK" in plain
    assert "no connection looks like this: windows_are_bounded: windows are 0" in plain.lower()


ALLOWED = {
    "__future__", "collections.abc", "functools", "gettext", "os", "pathlib", "types", "typing",
}  # fmt: skip


def test_this_room_imports_only_the_standard_library_and_gettext_of_it() -> None:
    for path in sorted((ROOT / "tcpcourse" / "words").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or "."]
            for name in names:
                own = name.startswith("tcpcourse.words")
                assert own or name in ALLOWED, path.name


def test_what_the_core_refuses_is_a_message() -> None:
    """The error carries the message itself, so that it can be shown in another language."""
    end = Endpoint()
    refused = (
        (end.close, "{call} is refused in {where}: {refusal}."),
        (lambda: end.tick("tea"), "There is no timer {timer!r}: there are {timers}."),
        (
            lambda: end.grow_buffer(1 << 31),
            "A buffer of {window} bytes is too large: RFC 7323 allows {most}.",
        ),
        (lambda: Endpoint(mss=0), "The {name} {value} is not between {least} and {most}."),
        (
            lambda: Flags("X"),  # type: ignore[arg-type]
            "There is no flag {letter!r}: the letters are {letters}.",
        ),
    )
    for call, template in refused:
        with pytest.raises(TcpCourseError) as error:
            call()
        told = error.value.args[0]
        assert isinstance(told, Message)
        assert told.template == template
        assert str(error.value) == told
    assert all(isinstance(words, Message) for words in REFUSALS.values())
