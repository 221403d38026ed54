"""Sentences for readers are whole messages, so that they can be put into another language.

Read from the code: a sentence is glued when words of it stand in an f-string, in a sum of
texts, before ``%`` or ``.format``, outside a message. And what Babel collects for translators
is what the package marks.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tcpcourse.words import KEYWORDS

from .test_messages import extracted

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "tcpcourse"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Places that are not sentences: code and commands, scripts of moves, what a program reads.
NO_SENTENCES = {
    "__init__.py": 1,  # Python's own words for a missing attribute
    "core/options.py": 1,  # options as packetdrill writes them
    "core/tcb.py": 1,  # variables by name
    "exercises/marks.py": 1,  # the code of a cell
    "export/course.py": 1,  # a command line
    "sources/simulation/script.py": 6,  # moves
    "sources/simulation/stories.py": 1,  # the bytes that a story sends
    "widgets/__init__.py": 1,
}
# What is still glued, by module. Only ever take away from here.
LEFT: dict[str, int] = {
    "catalogues.py": 2,
    "exercises/grading/__main__.py": 6,
    "exercises/grading/batch.py": 2,
    "exercises/grading/collecting.py": 13,
    "exercises/grading/converting.py": 4,
    "exercises/grading/course.py": 8,
    "exercises/grading/explaining.py": 4,
    "exercises/grading/exporting.py": 8,
    "exercises/grading/keys.py": 6,
    "exercises/grading/limits.py": 2,
    "exercises/grading/plaindata.py": 1,
    "exercises/grading/protocol.py": 1,
    "exercises/grading/roster.py": 7,
    "exercises/grading/runner.py": 2,
    "exercises/grading/sandbox.py": 2,
    "exercises/grading/session.py": 1,
    "exercises/grading/zipnames.py": 4,
    "export/course.py": 1,
    "sources/capture/completeness.py": 1,
    "sources/capture/load.py": 1,
    "sources/capture/problems.py": 1,
    "sources/capture/shown.py": 1,
    "sources/observer/observer.py": 2,
    "views/arithmetic.py": 1,
    "views/misconceptions/numbers.py": 1,
    "views/misconceptions/states.py": 1,
    "views/stage/drawing.py": 1,
}

# Where the sentence is not written out: a label's own definition, a sentence read from a file.
GIVEN = {"core/labels.py", "exercises/grading/sentences.py"}

TAGS = re.compile(r"<[^>]*>?")
STYLE = re.compile(r"[{;][\w-]+:|\.\w[\w-]* *\{|\w=['\"]|^[ \w.#-]*[{]")
WORD = re.compile(r"(?<![\w.#&%/<-])(?:[A-Za-z]?[a-z]{2,}(?:'[a-z]+)?|a|I)(?![\w(={/-]|:\S|\.\w)")


def written(node: ast.AST) -> str:
    """What is written of a text; what is filled in is left out."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=values):
            return "\0".join(map(written, values))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return f"{written(left)}\0{written(right)}"
        case ast.BinOp(left=left, op=ast.Mod()):
            return written(left)
        case ast.Call(func=ast.Attribute(value=value, attr="format")):
            return written(value)
    return ""


def is_glue(node: ast.AST) -> bool:
    """Whether this puts a text together."""
    match node:
        case ast.JoinedStr() | ast.BinOp(op=ast.Add() | ast.Mod()):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str()), attr="format")):
            return True
    return False


def marked(node: ast.AST) -> bool:
    """Whether this makes a message."""
    return isinstance(node, ast.Call) and ast.unparse(node.func) in KEYWORDS


def glued(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The line and the words of each glued sentence: two English words or more."""
    if marked(tree):
        assert isinstance(tree, ast.Call)
        templates = 2 if ast.unparse(tree.func) == "counted" else 1
        for part in (*tree.args[templates:], *tree.keywords):
            yield from glued(part)
        return
    if is_glue(tree):
        text = written(tree)
        formatted = isinstance(tree, ast.Call)
        if (formatted or not STYLE.search(text)) and len(WORD.findall(TAGS.sub(" ", text))) >= 2:
            yield tree.lineno, text.replace("\0", "…")  # type: ignore[attr-defined]
            return
    for child in ast.iter_child_nodes(tree):
        yield from glued(child)


def test_no_sentence_is_glued() -> None:
    found = {
        path.relative_to(PACKAGE).as_posix(): list(
            glued(ast.parse(path.read_text(encoding="utf-8")))
        )
        for path in MODULES
    }
    counts = Counter({name: len(places) for name, places in found.items() if places})
    new = {
        name: places
        for name, places in found.items()
        if len(places) > NO_SENTENCES.get(name, 0) + LEFT.get(name, 0)
    }
    assert not new, "write each as one message with named places"
    gone = [name for name in LEFT if counts[name] <= NO_SENTENCES.get(name, 0)]
    assert not gone, "these are whole by now: take them off the list"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("f'{who} gets packet {n}'", ["… gets packet …"]),
        ("'Not now: ' + words + ' is closed'", ["Not now: …… is closed"]),
        ("'%d packets of A' % n", ["%d packets of A"]),
        ("'{n} packets of A'.format(n=3)", ["{n} packets of A"]),
        ("message('{who} gets {what}', what=f'{n} bytes of data')", ["… bytes of data"]),
        ("message('{who} gets packet {n}', who=a, n=f'{n:,}')", []),
        ("f'<b>{a}</b> {b}'", []),
        ("f'.tcp-stage .p{place}{{fill:red;stroke:blue}}'", []),
        ("f'{a}: {b}'", []),
        ("counted('one packet of A', '{count} packets of A', n)", []),
    ],
)
def test_what_counts_as_glued(code: str, words: list[str]) -> None:
    assert [text for _, text in glued(ast.parse(code))] == words


def templates(node: ast.Call) -> list[str] | None:
    """The sentences that a marker is given, or None where they are not written out."""
    count = 2 if ast.unparse(node.func) == "counted" else 1
    given = [each.value if isinstance(each, ast.Constant) else None for each in node.args[:count]]
    return given if all(isinstance(each, str) for each in given) else None  # type: ignore[return-value]


def test_translators_find_every_sentence() -> None:
    """Every marker stands with its sentence written out, and Babel's extraction finds them all."""
    found = extracted()
    seen = 0
    for path in MODULES:
        if path.parent.name == "words" or path.relative_to(PACKAGE).as_posix() in GIVEN:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not marked(node) or not isinstance(node, ast.Call):
                continue
            if ast.unparse(node.func) == "label" and "core" not in path.parts:
                continue  # of a picture
            where = f"{path.relative_to(ROOT)}:{node.lineno}"
            told = templates(node)
            assert told is not None, f"{where}: write the sentence where it is marked"
            missing = [text for text in told if text and text not in found]
            assert not missing, f"{where}: {missing}"
            seen += len(told)
    assert seen > 1000
