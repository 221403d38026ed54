"""The plan of the house, held by reading the imports."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "tcpcourse"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST = 320

# A room imports only from itself and from rooms with a smaller number.
ORDER = {
    "words": 0,
    "core": 1,
    "speech": 2,
    "packet": 2,
    "trace": 3,
    "sources": 4,
    "views": 5,
    "widgets": 6,
    "exercises": 6,
    "notebooks": 6,
    "catalogues": 6,
    "export": 7,
    "cli": 8,
    "__main__": 9,
}
# The rooms of sources: what each may import of the others. recordings is the door to capture.
SOURCES = {
    "machine": set(),
    "simulation": {"progress", "titles"},
    "observer": set(),
    "capture": {"observer", "progress"},
    "recordings": {"capture", "titles"},
    "progress": set(),
    "titles": set(),
}
READERS_KNOW = {"read", "columns", "pair_index", "problems"}
HEAVY = {"IPython", "ipywidgets", "matplotlib", "numpy", "pandas", "psutil", "scapy", "tqdm"}
# The core is a pure machine: what comes from outside is passed in, what it says is returned.
NOT_IN_CORE = {"asyncio", "datetime", "random", "secrets", "select", "socket", "threading", "time"}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT).as_posix())


def room(module: str) -> str:
    """The room of a dotted name; the front door ``tcpcourse`` itself is the empty string."""
    return module.split(".")[1] if "." in module else ""


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """The line and the full dotted name of everything that a module imports."""
    package = list(path.relative_to(ROOT).with_suffix("").parts[:-1])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"


def test_every_room_is_in_the_plan() -> None:
    rooms = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in MODULES}
    assert rooms - {"__init__"} <= ORDER.keys()


@pytest.mark.parametrize(
    "path", [path for path in MODULES if path != PACKAGE / "__init__.py"], ids=name_of
)
def test_imports_run_one_way(path: Path) -> None:
    here = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    for line, name in imported(path):
        if name.split(".")[0] != "tcpcourse":
            continue
        there = room(name)
        assert there in ORDER, f"{name_of(path)}:{line}: {name} comes through the front door"
        assert here == there or ORDER[there] < ORDER[here], (
            f"{name_of(path)}:{line}: {here} imports {there}, which lies to its right"
        )


@pytest.mark.parametrize("path", sorted((PACKAGE / "sources").rglob("*.py")), ids=name_of)
def test_the_rooms_of_sources_run_one_way(path: Path) -> None:
    """Simulation and machine stand alone, capture uses the observer, who knows none of them."""
    parts = path.relative_to(PACKAGE / "sources").parts
    here = parts[0].removesuffix(".py")
    if here == "__init__":
        assert not list(imported(path)), "the room of sources itself imports nothing"
        return
    for line, name in imported(path):
        words = name.split(".")
        if words[:2] == ["tcpcourse", "sources"]:
            assert words[2] == here or words[2] in SOURCES[here], (
                f"{name_of(path)}:{line}: {here} imports {words[2]}"
            )
            if parts[:2] == ("capture", "read"):
                assert words[3] in READERS_KNOW, (
                    f"{name_of(path)}:{line}: the readers know nothing of what is above them"
                )


def test_every_room_of_sources_is_in_the_plan() -> None:
    rooms = {p.relative_to(PACKAGE / "sources").parts[0] for p in MODULES if "sources" in p.parts}
    assert {room.removesuffix(".py") for room in rooms} - {"__init__"} == SOURCES.keys()


def test_the_reader_of_imports_sees_every_form(monkeypatch: pytest.MonkeyPatch) -> None:
    module = PACKAGE / "core" / "imagined.py"
    source = (
        "import tcpcourse.views.ladder\nfrom tcpcourse import widgets\n"
        "from ..sources.simulation.network import simulate\nfrom . import seq\n"
        "def later():\n    from tcpcourse.trace import *\n"
    )
    monkeypatch.setattr(Path, "read_text", lambda self, encoding: source)
    assert [name for _, name in imported(module)] == [
        "tcpcourse.views.ladder",
        "tcpcourse.widgets",
        "tcpcourse.sources.simulation.network.simulate",
        "tcpcourse.core.seq",
        "tcpcourse.trace.*",
    ]


@pytest.mark.parametrize("path", sorted((PACKAGE / "core").rglob("*.py")), ids=name_of)
def test_the_core_is_pure(path: Path) -> None:
    for line, name in imported(path):
        top = name.split(".")[0]
        assert top == "tcpcourse" or top in sys.stdlib_module_names, f"line {line}: {name}"
        assert top not in NOT_IN_CORE, f"line {line}: {name}"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"print", "open", "input"}, f"line {node.lineno}"


# Solutions to exercises are written as a student writes them, with nothing of the library.
SOLUTIONS = {"tcpcourse/exercises/references.py", "tcpcourse/exercises/slips.py"}
TWO_SIDES = {"A", "B"}


def sides_spelled_out(tree: ast.AST) -> Iterator[int]:
    """The lines of ``("A", "B")`` and of ``"B" if … else "A"``, whichever way round."""

    def words(*nodes: ast.expr) -> set[object]:
        return {node.value if isinstance(node, ast.Constant) else None for node in nodes}

    for node in ast.walk(tree):
        pair = isinstance(node, ast.Tuple | ast.List) and words(*node.elts) == TWO_SIDES
        if pair or (isinstance(node, ast.IfExp) and words(node.body, node.orelse) == TWO_SIDES):
            yield node.lineno


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_two_sides_are_named_once(path: Path) -> None:
    if name_of(path) in {"tcpcourse/packet.py", *SOLUTIONS}:
        return
    lines = list(sides_spelled_out(ast.parse(path.read_text(encoding="utf-8"))))
    assert not lines, f"lines {lines}: take Side, SIDES and other of tcpcourse.trace"


def test_spelled_out_sides_are_found() -> None:
    tree = ast.parse('a = ("B", "A")\nb = "A" if x else "B"\nc = ["A", "B", "C"]\nd = ["A", "B"]')
    assert list(sides_spelled_out(tree)) == [1, 2, 4]
    packet = (PACKAGE / "packet.py").read_text(encoding="utf-8")
    assert len(list(sides_spelled_out(ast.parse(packet)))) == 3, "Side, SIDES and other"


def test_no_star_imports() -> None:
    for path in [*MODULES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "data").rglob("*.py")]:
        stars = [line for line, name in imported(path) if name.endswith(".*")]
        assert not stars, f"{name_of(path)}: lines {stars}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_can_be_read_in_one_sitting(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST, f"{lines} lines: is it still one thing?"


def test_importing_the_course_is_light() -> None:
    program = "import sys, tcpcourse; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "tcpcourse" in loaded
    assert not loaded & HEAVY


# Written in two halves, so that this file does not hold what it looks for.
HOSTS = ["py|pi.org", "python|hosted.org", "npm|js.org", "npm|js.com", "crates|.io", "debian|.org"]
REGISTRIES = re.compile("|".join(re.escape(host.replace("|", "")) for host in HOSTS))
PLACES = "|".join(["home", "root", "work", "opt", "tmp", "Users"])
MACHINE = re.compile(rf"(?<![\w.~}}/-])/({PLACES})/\w|[A-Z]:\\Users\\|ipykernel_\d+/")


def committed() -> Iterator[Path]:
    """Every file that belongs to the course; what tools leave behind is not part of it."""
    for name in (".ci", "binder", "data", "notebooks", "tcpcourse", "tests"):
        for path in (ROOT / name).rglob("*"):
            parts = path.relative_to(ROOT / name).parts
            if path.is_file() and not any(p.startswith((".", "__pycache__")) for p in parts):
                yield path
    yield from (ROOT / name for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"))


def test_no_registry_and_no_machine_in_any_file() -> None:
    for path in committed():
        text = path.read_bytes().decode("utf-8", errors="replace")
        for pattern in (REGISTRIES, MACHINE):
            found = pattern.search(text)
            assert not found, f"{name_of(path)}: {text[found.start() - 30 : found.end() + 30]!r}"


def test_the_search_for_machines_would_find_one() -> None:
    assert MACHINE.search('"/' + "home/ann/x.py")
    assert MACHINE.search("File C:" + "\\Users\\ann")
    assert not MACHINE.search("tests/" + "home/x, http://10.0.0.1/" + "work/a")
    assert REGISTRIES.search("https://py" + "pi.org/simple")


def test_the_pins_are_exact_and_agree() -> None:
    pins = []
    for name in ("binder/requirements.txt", "tests/requirements.txt"):
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        wanted = [line for line in lines if line and not line.lstrip().startswith("#")]
        for line in wanted:
            assert re.fullmatch(r"[\w.-]+==[\w.]+( ; .+)?", line), f"{name}: {line}"
        pins.append(set(wanted))
    assert pins[0] < pins[1], "the tests run with other versions than the course"
    assert not (ROOT / "uv.lock").exists()
