"""Execute notebooks and store them so that executing them again changes nothing.

Run it after every change of a notebook's code, or of the library behind it::

    python -m tcpcourse.notebooks                              all of notebooks/*.ipynb
    python -m tcpcourse.notebooks notebooks/01-opening.ipynb   only these

What differs from run to run is taken out: times, cell ids, the views of live widgets (their
text stays). A hash of the code is put in, so that a test can tell at once when a notebook was
edited but not executed.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tcpcourse.core.errors import TcpCourseError

if TYPE_CHECKING:
    from nbformat import NotebookNode

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
# What JupyterLab and kernels write into a cell without being asked.
VOLATILE = ("ExecuteTime", "collapsed", "execution", "scrolled", "trusted")
SECONDS_PER_CELL = 120


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
    runs = 0
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:03}"
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
        raise TcpCourseError(f"{path}: cannot be read: {error.strerror}.") from error
    except Exception as error:  # nbformat meets odd files with errors of any kind
        raise TcpCourseError(f"{path}: this is not a notebook.") from error
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
        client.execute()
    except CellExecutionError as error:
        raise TcpCourseError(f"{path}: a cell failed with {error.ename}: {error.evalue}") from error
    except CellTimeoutError as error:
        raise TcpCourseError(f"{path}: a cell ran over {SECONDS_PER_CELL} seconds.") from error
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise TcpCourseError(f"{path}: cell {number} warns: {output.text.strip()}")
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
