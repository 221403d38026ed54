"""One name means one thing over the whole package, held by reading the code."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "tcpcourse").rglob("*.py"))


def classes(sources: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Where each class is defined, by its name; ``_Row`` and ``Row`` are one name."""
    found = defaultdict(list)
    for where, source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ClassDef):
                found[node.name.lstrip("_")].append(f"{where}:{node.lineno}")
    return found


def test_no_class_name_means_two_things() -> None:
    read = ((str(p.relative_to(ROOT)), p.read_text(encoding="utf-8")) for p in MODULES)
    found = classes(read)
    assert len(found) > 100
    assert not {name: places for name, places in found.items() if len(places) > 1}


def test_a_name_given_twice_is_found() -> None:
    found = classes([("a.py", "class End: pass"), ("b.py", "def f():\n  class _End: pass")])
    assert found == {"End": ["a.py:1", "b.py:2"]}
