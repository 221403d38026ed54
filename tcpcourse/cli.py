"""The command ``tcpcourse``: decks and reading copies of the chapters, and the course as a site.

::

    tcpcourse slides                 a deck of every chapter, into slides/
    tcpcourse slides 01-opening      of this one
    tcpcourse html --out site        every chapter as a page to read, and an index, into site/
    tcpcourse lite --out lite        a JupyterLite site, which runs Python in the browser
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tcpcourse.core.errors import TcpCourseError


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; 0 if it was done, 1 with a sentence on stderr if not."""
    given = _parser().parse_args(arguments)
    from tcpcourse.export import choose, find, pages, slides

    try:
        chapters = choose(given.chapters, find(given.notebooks))
        if given.command == "lite":
            from tcpcourse.export.lite import lite

            made = [lite(chapters[0].parent, given.out, given.wheels)]
        else:
            made = {"slides": slides, "html": pages}[given.command](chapters, given.out)
        for path in made:
            print(f"{path} ({_size(path) / 1e6:.1f} MB)")
    except TcpCourseError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tcpcourse", description="Slides, pages and a site of the course's chapters."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, folder, words in (
        ("slides", "slides", "each chapter as a deck of slides in one file"),
        ("html", "pages", "each chapter as a page to read, and an index"),
        ("lite", "lite", "the course as a JupyterLite site, which needs no server"),
    ):
        command = commands.add_parser(name, help=words, description=words)
        if name == "slides":
            command.add_argument("chapters", nargs="*", metavar="chapter", help="default: all")
        else:
            command.set_defaults(chapters=[])
        command.add_argument(
            "--out",
            type=Path,
            default=Path(folder),
            help=f"folder to write into; default: {folder}",
        )
        if name == "lite":
            command.add_argument(
                "--wheels",
                type=Path,
                nargs="*",
                default=[],
                metavar="WHEEL",
                help="wheels of Pyodide's distribution, so that the site needs no network",
            )
        command.add_argument("--notebooks", type=Path, help="folder of the notebooks")
    return parser
