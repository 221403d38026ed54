"""The examples in docstrings, and that every public name has one."""

from __future__ import annotations

import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.FAIL_FAST
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted((ROOT / "tcpcourse").rglob("*.py"))
    if re.search(r"^ *>>> ", path.read_text(encoding="utf-8"), flags=re.M)
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_are_true(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    tests = [test for test in doctest.DocTestFinder().find(import_module(name)) if test.examples]
    assert tests, "the examples of this module are found by nobody"
    for test in tests:
        runner.run(test, out=said.append)
    assert not runner.failures, "".join(said)
