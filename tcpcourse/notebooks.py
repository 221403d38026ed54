"""Execute notebooks and store them so that executing them again changes nothing.

Run it after every change of a notebook's code, or of the library behind it::

    python -m tcpcourse.notebooks                              all of notebooks/*.ipynb
    python -m tcpcourse.notebooks notebooks/01-opening.ipynb   only these

The options of a question are put in a fixed order, so that nobody guesses the right one from
its place. What differs from run to run is taken out: times and the views of live widgets (their
text stays). A cell that has no name yet gets one from the heading it stands under; a name once
given stays, also when the cell moves or its words change. A hash of the code is put in, so
that a test can tell at once when a notebook was edited but not executed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.words import message

if TYPE_CHECKING:
    from nbformat import NotebookNode

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
# What JupyterLab and kernels write into a cell without being asked.
VOLATILE = ("ExecuteTime", "collapsed", "execution", "scrolled", "trusted")
SECONDS_PER_CELL = 120
# What editors and older tools give a cell: eight hexadecimal digits, a UUID, a place.
_NO_NAME = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){0,3}(-[0-9a-f]{12})?|cell-?\d+|\d+|")
LONGEST_NAME = 40
_OPTION = r"<details><summary>(?!\d\. ).*?</details>"  # one with a number is no option
_OPTIONS = re.compile(rf"{_OPTION}(?:\s*{_OPTION})+", re.DOTALL)
_SMALL = ("none", "one", "two", "three", "four", "five")


def code_hash(notebook: NotebookNode) -> str:
    """The SHA-256 of all code cells, in hexadecimal: it changes when any code does."""
    digest = hashlib.sha256()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            source = cell.source.encode()
            digest.update(len(source).to_bytes(8, "big") + source)
    return digest.hexdigest()


def is_current(notebook: NotebookNode) -> bool:
    """Whether the stored outputs belong to the stored code."""
    stored = notebook.metadata.get("tcpcourse", {}).get("code_sha256")
    return bool(stored == code_hash(notebook))


def normalise(notebook: NotebookNode) -> None:
    """Take out, in place, what differs from run to run; twice is the same as once."""
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata.pop("widgets", None)
    notebook.metadata["kernelspec"] = dict(KERNEL)
    notebook.metadata["language_info"] = {"name": "python"}
    name_cells(notebook)
    runs = 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell["source"] = _in_order(cell.source, cell["id"])
        for key in VOLATILE:
            cell.metadata.pop(key, None)
        if cell.cell_type != "code":
            continue
        if cell.execution_count is not None:
            runs += 1
            cell["execution_count"] = runs
        for output in cell.outputs:
            output.get("data", {}).pop(WIDGET_VIEW, None)
            if "execution_count" in output:
                output["execution_count"] = cell.execution_count


def _in_order(text: str, identity: str) -> str:
    """The text of a cell with the options of its questions in their order."""
    return _OPTIONS.sub(lambda found: _ordered(found[0], identity), text)


def _ordered(options: str, identity: str) -> str:
    """The options of a question: numbers by their size, all others by a fixed shuffle."""
    every = re.findall(_OPTION, options, re.DOTALL)
    words = [re.sub(r"<.*?>", "", option.partition("</summary>")[0]) for option in every]
    sizes = [_size(each) for each in words]
    if all(sizes) and len(set(sizes)) == len(sizes):
        keys: list[Any] = sizes
    else:
        keys = [hashlib.sha256(f"{identity}|{each}".encode()).digest() for each in words]
    return "\n\n".join(option for _, option in sorted(zip(keys, every, strict=True)))


def _size(words: str) -> tuple[int, ...]:
    """The numbers of which an option consists, of a sum its result; empty if it has words."""
    first = re.match(r"[a-z]*", words.lower())
    if first and first[0] in _SMALL:
        return (_SMALL.index(first[0]),)
    if not re.match(r"\d|seq \d", words):
        return ()
    found = re.findall(r"\d[\d ]*", words.rpartition("=")[2])
    return tuple(int(each.replace(" ", "")) for each in found)


def is_name(identity: str) -> bool:
    """Whether a cell's id is a name, such as ``the-syn-gets-lost``, and no place or number."""
    good = re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", identity)
    return good is not None and _NO_NAME.fullmatch(identity) is None


def name_cells(notebook: NotebookNode) -> None:
    """Name, in place, each cell that has no name of its own in the notebook yet."""
    kept = [cell.get("id", "") for cell in notebook.cells]
    kept = [name if is_name(name) and name not in kept[:at] else "" for at, name in enumerate(kept)]
    taken = set(kept)
    section = "beginning"
    for cell, name in zip(notebook.cells, kept, strict=True):
        heading = re.search(r"^#+ (.+)$", cell.source, flags=re.M)
        if cell.cell_type == "markdown" and heading:
            words = section = _slug(heading[1])
        elif cell.cell_type == "markdown":
            words = f"{section}-then"
        elif re.fullmatch(r"((import|from) .+\n*)+", cell.source):
            words = "setup"
        else:
            words = f"{section}-code"
        cell["id"] = name or _free(words, taken)
        taken.add(cell["id"])


def _free(words: str, taken: set[str]) -> str:
    """The words, or the first of ``words-2``, ``words-3``, … that no other cell has."""
    name, number = words, 2
    while name in taken or not is_name(name):
        name, number = f"{words}-{number}", number + 1
    return name


def _slug(text: str) -> str:
    """The first words of a heading in small letters, with hyphens between them."""
    words = re.findall(r"[a-z0-9]+", text.lower().replace("\u2019", "").replace("'", ""))
    while len("-".join(words)) > LONGEST_NAME:
        words.pop()
    return "-".join(words) or "section"


def execute(path: Path) -> bool:
    """Execute the notebook in its own folder and store it; say whether the file changed.

    Raises TcpCourseError, and leaves the file as it was, if there is no such notebook, if a
    cell fails, or if a cell writes a warning: warnings carry the paths of this machine.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    try:
        before = path.read_text(encoding="utf-8")
        notebook = nbformat.reads(before, as_version=4)
    except OSError as error:
        raise TcpCourseError(
            message("{file}: cannot be read: {reason}.", file=path, reason=error.strerror)
        ) from error
    except Exception as error:  # nbformat meets odd files with errors of any kind
        raise TcpCourseError(message("{file}: this is not a notebook.", file=path)) from error
    client = NotebookClient(
        notebook,
        timeout=SECONDS_PER_CELL,
        kernel_name=KERNEL["name"],
        record_timing=False,
        store_widget_state=False,
        extra_arguments=["--log-level=ERROR"],  # not that loopback is not encrypted
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        # no bar of progress, which comes or not as the machine is slow or quick
        client.execute(env={**os.environ, "TCPCOURSE_PROGRESS": "0"})
    except CellExecutionError as error:
        raise TcpCourseError(
            message(
                "{file}: a cell failed with {error}: {said}",
                file=path,
                error=error.ename,
                said=error.evalue,
            )
        ) from error
    except CellTimeoutError as error:
        raise TcpCourseError(
            message(
                "{file}: a cell ran over {seconds} seconds.",
                file=path,
                seconds=SECONDS_PER_CELL,
            )
        ) from error
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise TcpCourseError(
                    message(
                        "{file}: cell {number} warns: {text}",
                        file=path,
                        number=number,
                        text=output.text.strip(),
                    )
                )
    normalise(notebook)
    notebook.metadata["tcpcourse"] = {"code_sha256": code_hash(notebook)}
    after = str(nbformat.writes(notebook)) + "\n"
    if after == before:
        return False
    path.write_text(after, encoding="utf-8", newline="\n")
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Execute the notebooks named on the command line; 0 if all of them ran, else 1."""
    summary = "Execute notebooks and store them so that executing them again changes nothing."
    parser = argparse.ArgumentParser(prog="python -m tcpcourse.notebooks", description=summary)
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: notebooks/*.ipynb")
    paths = parser.parse_args(arguments).notebooks or sorted(Path("notebooks").glob("*.ipynb"))
    try:
        for path in paths:
            print(f"{path}: {'changed' if execute(path) else 'as it was'}", flush=True)
    except TcpCourseError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
