"""The command ``tcpcourse``: the course in JupyterLab, its slides and pages, and a site.

::

    tcpcourse open                   the course in JupyterLab, in a folder of your own
    tcpcourse slides                 a deck of every chapter, into slides/
    tcpcourse slides 01-opening      of this one; html takes a chapter, too
    tcpcourse html --out site        every chapter as a page to read, and an index, into site/
    tcpcourse cheat-sheet            TCP on two pages of A4, into pages/
    tcpcourse lite --out lite        a JupyterLite site, which runs Python in the browser
    tcpcourse grading ~/tcp-grading  the instructor's folder, with nbgrader and the key
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.words import message, say

FOLDER = Path("my-tcpcourse")
OPENED = message(
    """The course is in {folder}: {copied} files are new there, {kept} were there before.
Stop it with Ctrl+C. The same command starts it again, and what you wrote is kept."""
)
PREPARED = message(
    """The instructor's folder is {folder}. Begin each session with
    cd {folder}
    {activate}
and go on with "The round" in notebooks/exercises/README.md."""
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; 0 if it was done, 1 with a sentence on stderr if not."""
    given = _parser().parse_args(arguments)
    try:
        given.run(given)
    except TcpCourseError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _open(given: argparse.Namespace) -> None:
    from tcpcourse.export.course import copy, open_lab

    copied, kept = copy(given.folder)
    print(OPENED.filled(folder=given.folder.resolve(), copied=copied, kept=kept), flush=True)
    open_lab(given.folder, given.browser)


def _grading(given: argparse.Namespace) -> None:
    from tcpcourse.export.instructor import prepare

    folder = given.folder.resolve()
    for made in prepare(folder):
        print(f"made: {made}")
    activate = r".venv\Scripts\activate" if sys.platform == "win32" else ". .venv/bin/activate"
    print(PREPARED.filled(folder=folder, activate=activate))


def _export(given: argparse.Namespace) -> None:
    from tcpcourse.export import choose, find, pages, slides

    chapters = choose(given.chapters, find(given.notebooks))
    if given.command == "lite":
        from tcpcourse.export.lite import lite

        made = [lite(chapters[0].parent, given.out, given.wheels)]
    else:
        made = {"slides": slides, "html": pages}[given.command](chapters, given.out)
    for path in made:
        print(f"{path} ({_size(path) / 1e6:.1f} MB)")


def _cheat_sheet(given: argparse.Namespace) -> None:
    from tcpcourse.export.cheat_sheet import save

    for path in save(given.out):
        print(path)


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tcpcourse",
        description=say(message("The course in JupyterLab, as slides, as pages, as a site.")),
    )
    version = f"tcpcourse {import_module('tcpcourse').__version__}"
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(dest="command", required=True)
    words = say(message("copy the chapters into a folder, once, and open the course in JupyterLab"))
    command = commands.add_parser("open", help=words, description=words)
    command.set_defaults(run=_open)
    command.add_argument("folder", type=Path, nargs="?", default=FOLDER, help=f"default: {FOLDER}")
    command.add_argument(
        "--no-browser",
        dest="browser",
        action="store_false",
        help=say(message("only print the address")),
    )
    for name, folder, words in (
        ("slides", "slides", say(message("each chapter as a deck of slides in one file"))),
        ("html", "pages", say(message("each chapter as a page to read, and an index"))),
        ("lite", "lite", say(message("the course as a JupyterLite site, which needs no server"))),
    ):
        command = commands.add_parser(name, help=words, description=words)
        command.set_defaults(run=_export, chapters=[])
        if name != "lite":
            command.add_argument(
                "chapters",
                nargs="*",
                metavar="chapter",
                help=say(message("a name or a path; default: all")),
            )
        command.add_argument(
            "--out",
            type=Path,
            default=Path(folder),
            help=say(message("folder to write into; default: {folder}", folder=folder)),
        )
        if name == "lite":
            command.add_argument(
                "--wheels",
                type=Path,
                nargs="*",
                default=[],
                metavar="WHEEL",
                help=say(
                    message("wheels of Pyodide's distribution, so that the site needs no network")
                ),
            )
        command.add_argument("--notebooks", type=Path, help=say(message("folder of the notebooks")))
    words = say(message("write TCP on two pages of A4: states, arithmetic, commands"))
    command = commands.add_parser("cheat-sheet", help=words, description=words)
    command.set_defaults(run=_cheat_sheet)
    command.add_argument(
        "--out", type=Path, default=Path("pages"), help="folder to write into; default: pages"
    )
    words = say(
        message("make the instructor's folder: assignments, an environment with nbgrader, the key")
    )
    command = commands.add_parser("grading", help=words, description=words)
    command.set_defaults(run=_grading)
    command.add_argument("folder", type=Path)
    return parser
