"""The notebooks of the course, as they lie in ``notebooks/``; nbval executes them besides."""

from __future__ import annotations

import ast
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest

from tcpcourse.notebooks import is_current, normalise

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
LARGEST = 1_000_000  # bytes

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def test_the_course_begins_with_a_start_page() -> None:
    assert NOTEBOOKS[0].name == "00-start-here.ipynb"


@each
def test_a_notebook_is_executed_and_normalised(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    again = "Run `python -m tcpcourse.notebooks` and commit what it changes."
    assert is_current(notebook), f"{path.name} was edited but not executed. {again}"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code), f"{path.name} was not executed. {again}"
    tidy = deepcopy(notebook)
    normalise(tidy)
    assert tidy == notebook, f"{path.name} is not normalised. {again}"


@each
def test_a_notebook_is_small_and_has_no_warnings(path: Path) -> None:
    assert path.stat().st_size < LARGEST
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            assert output.get("name") != "stderr"


def test_no_two_notebooks_define_the_same_name() -> None:
    """What two notebooks need belongs in the library, where it is tested."""
    homes: dict[str, list[str]] = {}
    for path in NOTEBOOKS:
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type != "code":
                continue
            lines = [line for line in cell.source.splitlines() if not line.startswith(("%", "!"))]
            for node in ast.parse("\n".join(lines)).body:
                if isinstance(node, ast.FunctionDef | ast.ClassDef):
                    homes.setdefault(node.name, []).append(path.stem)
    assert not {name: where for name, where in homes.items() if len(where) > 1}
