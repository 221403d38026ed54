"""The notebooks that students get, made from the instructor's by nbgrader's own preprocessors.

``python -m tcpcourse.exercises.release`` writes ``release/`` beside ``source/`` in
``notebooks/exercises``, or in the folder named. A second run changes nothing. It keeps no
gradebook: ``nbgrader generate_assignment`` gives the same notebooks, and remembers them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.words import message

COURSE = Path("notebooks/exercises")
STUBS = {"code_stub": {"python": "# Your code here."}, "text_stub": "Your answer here."}


def released(source: Path) -> str:
    """The released notebook as text, from the instructor's at ``source``.

    Raises ``TcpCourseError`` when nbgrader is not installed, or the notebook is not one of
    nbgrader's.
    """
    try:
        import nbformat
        from nbgrader import preprocessors as steps
        from traitlets.config import Config
    except ImportError as error:
        raise TcpCourseError(
            message(
                "{name} is not installed: run python -m pip install 'tcpcourse[grading]'.",
                name=error.name,
            )
        ) from error
    config = Config({"ClearSolutions": {**STUBS, "enforce_metadata": True}})
    try:
        notebook = nbformat.read(source, as_version=4)
        for step in (
            steps.LockCells,
            steps.ClearSolutions,
            steps.ClearOutput,
            steps.CheckCellMetadata,
            steps.ComputeChecksums,
            steps.ClearHiddenTests,
            steps.ClearMarkScheme,
            steps.ComputeChecksums,
            steps.CheckCellMetadata,
        ):
            notebook, _ = step(config=config).preprocess(notebook, {})
    except OSError as error:
        raise TcpCourseError(
            message("{file}: cannot be read: {error}", file=source, error=error.strerror)
        ) from error
    except Exception as error:  # nbgrader says what is wrong with a cell in many ways
        raise TcpCourseError(
            message("{file}: nbgrader cannot release it: {error}", file=source, error=error)
        ) from error
    return str(nbformat.writes(notebook)) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write all releases, and say what changed. 1 if one could not be made."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    course = Path(given[0]) if given else COURSE
    sources = sorted((course / "source").glob("*/*.ipynb"))
    if not sources:
        print(
            message("{folder} holds no source/<assignment>/<assignment>.ipynb", folder=course),
            file=sys.stderr,
        )
        return 1
    for source in sources:
        target = course / "release" / source.relative_to(course / "source")
        try:
            text = released(source)
        except TcpCourseError as error:
            print(error, file=sys.stderr)
            return 1
        before = target.read_text(encoding="utf-8") if target.exists() else None
        if text != before:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
        print(f"{target}: {'as it was' if text == before else 'written'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
