"""How a chapter is told: the same rhythm everywhere, and nothing that leads nowhere."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest

from tcpcourse.notebooks import is_name

from .chapters import (
    FOLDER,
    PATHS,
    anchors,
    code,
    each,
    headings,
    names,
    prose,
    sections,
    strings,
)

OPENING = ("What you'll do.", "What you can do afterwards.", "What you'll need.", "How long.")
LONGEST = 12  # lines of code in a cell
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
CHOICES = re.compile(r"\*\*Predict:\*\*.*?\n\n((?:<details>.*?</details>\s*){2,})", re.S)


@each
def test_it_says_first_what_it_is(path: Path) -> None:
    first = prose(path)[0]
    assert headings(path)[0][0] == 1
    assert [line for line in OPENING if f"**{line}**" in first] == list(OPENING)


@each
def test_headings_are_in_order(path: Path) -> None:
    levels = [level for level, _ in headings(path)]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@each
def test_it_quotes_the_document(path: Path) -> None:
    """Chinese in a quotation, and English in italics beside it."""
    quoted = re.findall(r"^> .*[\u4e00-\u9fff].*\n>\n> \*[A-Za-z\[].*\*$", "\n\n".join(prose(path)),
                        flags=re.M)  # fmt: skip
    assert quoted


@each
def test_it_asks_at_least_four_times_and_answers_each_choice(path: Path) -> None:
    text = "\n\n".join(prose(path))
    live = sum(source.count("Predictor(") for source in code(path))
    asked = CHOICES.findall(text)
    assert len(asked) + live >= 4
    for choices in asked:
        for answer in re.findall(r"</summary>\s*(.*?)\s*</details>", choices, flags=re.S):
            assert len(answer) > 15, f"{answer!r} explains nothing"


@each
def test_it_ends_with_a_recap_three_questions_and_the_way_on(path: Path) -> None:
    parts = dict(sections(path))
    recap = [line for line in parts["Recap"].splitlines() if line.startswith("- ")]
    assert 3 <= len(recap) <= 7
    assert parts["Three questions"].count("<details>") == 3
    assert list(parts)[-3:] == ["Recap", "Three questions", "What comes next"]
    assert ".ipynb)" in parts["What comes next"]


@each
def test_its_cells_are_short_and_install_nothing(path: Path) -> None:
    for source in code(path):
        assert len(source.splitlines()) <= LONGEST, source
        assert not re.search(r"import \*|pip install|urlopen|requests\.", source)


@each
def test_it_uses_only_public_names(path: Path) -> None:
    """What a chapter needs is at the front door: students copy what they see."""
    import tcpcourse as tcp

    for source in code(path):
        tree = ast.parse(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
                assert not [n for n in names if n.startswith("tcpcourse.")], source
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").partition(".")[0] != "tcpcourse", source
            elif isinstance(node, ast.Attribute):
                assert not node.attr.startswith("_"), source
                if isinstance(node.value, ast.Name) and node.value.id == "tcp":
                    assert node.attr in tcp.__all__, f"tcp.{node.attr} is not public"


SHOWS_ITSELF = re.compile(
    r"^print\((\w+\.(open_\w+|arrive|close|tick|send|receive|abort|status)\(.*\)|done"
    r"|tcp\.(load|simulate|recording|play|explain|views\.\w+)\(.*\))\)$",
    flags=re.M,
)


@each
def test_what_shows_itself_is_not_printed(path: Path) -> None:
    for source in code(path):
        assert not SHOWS_ITSELF.search(source), source


@each
def test_its_cells_have_names(path: Path) -> None:
    """Given once: a place would change with every cell put in before it."""
    found = [cell.get("id", "") for cell in nbformat.read(path, 4).cells]
    assert [name for name in found if not is_name(name)] == []
    assert len(set(found)) == len(found)


@each
def test_what_it_draws_can_be_seen(path: Path) -> None:
    for cell in nbformat.read(path, 4).cells:
        if "tcp.views." in cell.source and cell.cell_type == "code":
            assert cell.outputs, f"{cell.source} shows nothing"


@each
def test_every_link_resolves(path: Path) -> None:
    pages = {other.name: other for other in sorted(FOLDER.glob("*.ipynb"))}
    for target in LINK.findall("\n".join(prose(path))):
        if re.match(r"https?://", target):
            continue  # a public address; the course is read without a network
        name, _, anchor = unquote(target).partition("#")
        assert not name or (FOLDER / name).exists(), target
        if anchor:
            assert anchor in anchors(pages.get(name, path)), target


@each
def test_every_file_it_opens_is_there(path: Path) -> None:
    for words in strings(path):
        if words.startswith("../data/"):
            assert (FOLDER / words).exists(), words


@each
def test_its_spelling(path: Path, tmp_path: Path) -> None:
    written = tmp_path / "chapter.txt"
    written.write_text("\n".join([*prose(path), *code(path)]), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "codespell_lib", "--ignore-words-list", "hel", str(written)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_what_the_library_has_is_used_by_some_chapter() -> None:
    """Every story, every recording, every view and widget, or the reason why not."""
    import tcpcourse as tcp

    recordings = {file.name for file in (FOLDER / "../data").glob("**/*.pcap")}
    used_words = {words.rpartition("/")[2] for path in PATHS for words in strings(path)}
    used_words |= {f"{words}.pcap" for words in used_words}
    used_names = {name for path in PATHS for name in names(path)}
    views = {name for name in tcp.views.__all__ if name.islower()}
    have = set(tcp.scenarios()) | recordings | views | set(tcp.widgets.__all__)
    unused = have - used_words - used_names
    assert unused == set(NOT_IN_A_CHAPTER), "use it in a chapter, or say here why not"


NOT_IN_A_CHAPTER: dict[str, str] = {
    "stage": "it is what a trace shows by itself; nobody has to call it",
    "number_line": "it is the picture beside the words of explain()",
    "playground": "pages and decks put it where a chapter has the widget",
}


def rows() -> list[tuple[str, str]]:
    """The map of misconceptions: the words of each, and the places where it is met."""
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    table = text.partition("## Where each misconception is met")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (?!misconception|---)(.+?) \| (.+?) \|$", table, flags=re.M)
    return [(words, places) for words, places in cells]


# The list that the course was planned with; each must be met somewhere on purpose.
KNOWN = 21


def test_the_map_of_misconceptions_is_whole() -> None:
    assert len({words for words, _ in rows()}) == KNOWN


@pytest.mark.parametrize(("words", "places"), rows(), ids=[words for words, _ in rows()])
def test_a_misconception_is_met_where_the_map_says(words: str, places: str) -> None:
    links = LINK.findall(places)
    assert links
    for target in links:
        name, _, anchor = unquote(target).partition("#")
        assert anchor in anchors(FOLDER / name), f"{words}: {target}"
