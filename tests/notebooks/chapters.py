"""The chapters as the tests read them: their prose, their code, their headings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
PATHS = sorted(FOLDER.glob("[0-9]*.ipynb"))
GLOSSARY = FOLDER / "glossary.ipynb"

each = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def prose(path: Path) -> list[str]:
    """The text of each Markdown cell."""
    return [cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "markdown"]


def code(path: Path) -> list[str]:
    """The code of each code cell, without magics."""
    cells = [cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    return [re.sub(r"^[%!].*$", "", source, flags=re.M) for source in cells]


def headings(path: Path) -> list[tuple[int, str]]:
    """Level and words of each heading, in order."""
    found = re.findall(r"^(#+) (.+)$", "\n".join(prose(path)), flags=re.M)
    return [(len(marks), words) for marks, words in found]


def anchors(path: Path) -> set[str]:
    """What a link may name after ``#``: JupyterLab joins the words of a heading with hyphens."""
    return {words.replace(" ", "-") for _, words in headings(path)}


def strings(path: Path) -> set[str]:
    """Every string in the code: names of stories, of files and of states."""
    trees = [ast.parse(source) for source in code(path)]
    return {
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def names(path: Path) -> set[str]:
    """Every attribute used in the code, such as ``ladder`` of ``tcp.views.ladder``."""
    trees = [ast.parse(source) for source in code(path)]
    return {
        node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)
    }


def sections(path: Path) -> Iterator[tuple[str, str]]:
    """Each second-level heading with the prose below it."""
    whole = "\n\n".join(prose(path))
    for part in re.split(r"^## ", whole, flags=re.M)[1:]:
        title, _, text = part.partition("\n")
        yield title.strip(), text
