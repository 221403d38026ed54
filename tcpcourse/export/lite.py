"""The course as a JupyterLite site: static files that run Python in the reader's browser.

The work is done by JupyterLite, npm and pip; here they are only told what to do. Pyodide is
the npm package, which holds no packages of its own, so a site that works without a network
brings them: this library, and the pure Python wheels that it and the kernel need. NumPy,
pandas and Matplotlib are compiled; they come from Pyodide's distribution when the reader is
online, or out of a folder of its wheels, if one is given.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.words import listed, message

NEEDED = ("jupyterlite_core", "jupyterlite_pyodide_kernel", "pip")
# What the kernel of JupyterLite installs when it starts, and what stands in its lock file.
KERNEL = ("micropip", "ipython", "jedi")
# Pure Python that Pyodide's distribution does not have: what each of them needs.
ADDED = {
    "comm": (),
    "scapy": (),
    "ipywidgets": ("comm", "ipython", "traitlets"),
    "tcpcourse": ("ipywidgets", "scapy", "tqdm", "numpy", "pandas", "matplotlib"),
}
EXTENSIONS = ("@jupyter-widgets/jupyterlab-manager", "@jupyterlite/pyodide-kernel-extension")
PURE = "-none-any.whl"
LOCK = "pyodide-lock.json"
NOTE = """*This copy of the chapter runs inside your browser; nothing is sent anywhere. Captures,
tables and plots need NumPy, pandas and Matplotlib, which the browser fetches when it is online.
Run this cell first: then a cell that lacks something says so, and the others go on.*"""
# A browser's Python is not a broken one: an error there becomes a sentence, and no cell stops.
START = """import tcpcourse as tcp


def say(shell, kind, error, traceback, tb_offset=None):
    why = "a browser has no sockets; JupyterLab and Binder have"
    if isinstance(error, ImportError):
        why = "it is fetched when the browser is online; then restart the kernel"
    if isinstance(error, NameError):
        why = "a cell above could not run, or was not run yet"
    print(f"Not here: {error} ({why}).")


get_ipython().set_custom_exc((ImportError, NameError, OSError), say)"""
# JupyterLab reads the site's settings out of its root page, so the element has to be there.
ROOT_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>tcpcourse</title>
<script id="jupyter-config-data" type="application/json" data-jupyter-lite-root=".">{}</script>
<meta http-equiv="refresh" content="0; url=lab/index.html?path=notebooks/00-start-here.ipynb">
</head>
<body><a href="lab/index.html?path=notebooks/00-start-here.ipynb">Start here</a></body></html>
"""
LICENCES = """This site carries free software, each piece under its own licence.

tcpcourse: BSD-3-Clause.
scapy: GPL-2.0-only. Its source is the wheel itself, in the folder static/pyodide.
JupyterLite, JupyterLab, ipywidgets, IPython: BSD-3-Clause. Pyodide: MPL-2.0.
"""
PACKED = PurePosixPath("package")  # the folder in which npm packs all
NEVER_READ = ("*.map", "*.d.ts", "*.html", "README.md")  # by a browser
Lock = dict[str, Any]


@dataclass(frozen=True)
class Pyodide:
    """The release that the kernel was made for."""

    version: str
    python: str
    distribution: str


def lite(notebooks: Path, out: Path, wheels: Sequence[Path] = ()) -> Path:
    """Build the site of the repository that ``notebooks`` lies in, into the new folder ``out``.

    ``wheels`` are files of Pyodide's distribution (NumPy and what else is compiled) that go
    into the site. Raises TcpCourseError if a tool is missing or fails, or if ``out`` is there
    already; then nothing is left behind.
    """
    pyodide, root = _release(), notebooks.resolve().parent
    if not (root / "pyproject.toml").is_file():
        raise TcpCourseError(
            message(
                "{notebooks} is not in a copy of the repository, which is needed.",
                notebooks=notebooks,
            )
        )
    if out.exists():
        raise TcpCourseError(
            message("{out} is there already: name a new folder with --out.", out=out)
        )
    with TemporaryDirectory() as scratch:
        lite_dir = Path(scratch) / "lite"
        home = lite_dir / "static" / "pyodide"
        _unpack(pyodide, home)
        lock = json.loads((home / LOCK).read_text(encoding="utf-8"))
        for wheel in wheels:
            shutil.copy(wheel, home)
        _fetch(wanted(lock["packages"]), pyodide, home, root)
        (home / LOCK).write_text(
            json.dumps(relocked(lock, home, pyodide.distribution), sort_keys=True), encoding="utf-8"
        )
        for name in ("notebooks", "data"):
            hidden = shutil.ignore_patterns(".*", "*.py", "__pycache__", "exercises", "pages")
            shutil.copytree(root / name, lite_dir / "files" / name, ignore=hidden)
        for path in sorted((lite_dir / "files" / "notebooks").glob("*.ipynb")):
            _adapt(path)
        made = Path(scratch) / "site"
        _build(lite_dir, made)
        (made / "index.html").write_text(ROOT_PAGE, encoding="utf-8")
        (made / "LICENSES.txt").write_text(LICENCES, encoding="utf-8")
        try:
            shutil.copytree(made, out)
        except OSError as error:
            shutil.rmtree(out, ignore_errors=True)
            raise TcpCourseError(
                message("{out}: cannot be written: {error}.", out=out, error=error)
            ) from error
    return out


def wanted(packages: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Name → version of every pure wheel to fetch, for the packages of a lock file.

    A version is Pyodide's own, or for what Pyodide does not have, the one installed here.
    """
    found: dict[str, str] = {}
    waiting = [*KERNEL, *ADDED]
    while waiting:
        name = _normal(waiting.pop())
        if name in found:
            continue
        if name in ADDED:
            waiting += ADDED[name]
            found[name] = _installed(name)
        else:
            waiting += packages[name]["depends"]
            found[name] = packages[name]["version"]
    pure = {name for name in found if name in ADDED or packages[name]["file_name"].endswith(PURE)}
    return {name: found[name] for name in sorted(pure)}


def relocked(lock: Lock, home: Path, distribution: str) -> Lock:
    """The lock file for the wheels in ``home``; all others are at ``distribution``, an address."""
    there = {_name(path): path for path in sorted(home.glob("*.whl"))}
    packages = {}
    for name, package in lock["packages"].items():
        if name not in there:
            address = f"{distribution}/{package['file_name']}"
            packages[name] = package | {"file_name": address}
    for name, path in there.items():
        known = lock["packages"].get(name) or {
            "name": name,
            "imports": [name],
            "depends": list(ADDED[name]),
            "install_dir": "site",
            "package_type": "package",
            "unvendored_tests": False,
        }
        packages[name] = known | {
            "version": path.name.split("-")[1],
            "file_name": path.name,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
    return lock | {"packages": packages}


def _release() -> Pyodide:
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise TcpCourseError(
            message(
                "The site cannot be built without {missing}: install tcpcourse "
                "with its extra [lite].",
                missing=listed(missing),
            )
        )
    from jupyterlite_pyodide_kernel import constants

    return Pyodide(
        constants.PYODIDE_VERSION, constants.PYODIDE_PYTHON_VERSION, constants.PYODIDE_CDN_URL
    )


def _unpack(pyodide: Pyodide, home: Path) -> None:
    """Pyodide's core as the npm package has it."""
    home.mkdir(parents=True)
    npm = shutil.which("npm")
    if npm is None:
        raise TcpCourseError(message("The site cannot be built without npm, a part of Node.js."))
    _run("npm", [npm, "pack", "--silent", f"pyodide@{pyodide.version}"], home)
    (archive,) = home.glob("*.tgz")
    with tarfile.open(archive) as files:
        for entry in files:
            path = PurePosixPath(entry.name)
            unread = any(path.match(pattern) for pattern in NEVER_READ)
            if entry.isreg() and path.parent == PACKED and not unread:
                with files.extractfile(entry) as file:  # type: ignore[union-attr]  # it is one
                    (home / path.name).write_bytes(file.read())
    archive.unlink()


def _adapt(path: Path) -> None:
    """Say in this copy of a notebook where it runs, and what is different there."""
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1:1] = [
        nbformat.v4.new_markdown_cell(NOTE, id="lite-note"),
        nbformat.v4.new_code_cell(START, id="lite-start"),
    ]
    nbformat.write(notebook, path)


def _fetch(versions: Mapping[str, str], pyodide: Pyodide, home: Path, root: Path) -> None:
    """This library's own wheel, and the others from the package index, into ``home``."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    _run("pip", [*pip, "wheel", "--no-deps", "--wheel-dir", str(home), str(root)], home)
    there = {_name(path) for path in home.glob("*.whl")}
    pins = [f"{name}=={versions[name]}" for name in versions if name not in there]
    target = [
        "--no-deps",
        "--only-binary=:all:",
        f"--python-version={pyodide.python}",
        "--platform=any",
        "--abi=none",
    ]
    _run("pip", [*pip, "download", *target, "--dest", str(home), *pins], home)


def _build(lite_dir: Path, out: Path) -> None:
    """Build the site; of the extensions that are installed here only two go into it."""
    extensions = Path(sys.prefix) / "share" / "jupyter" / "labextensions"
    config = {
        "output_dir": str(out),
        "contents": [str(lite_dir / "files")],
        "ignore_sys_prefix": ["federated_extensions"],
        "federated_extensions": [str(extensions / name) for name in EXTENSIONS],
        "no_sourcemaps": True,
        "apps": ["lab"],
    }
    file = lite_dir / "jupyter_lite_config.json"
    file.write_text(json.dumps({"LiteBuildConfig": config}), encoding="utf-8")
    _run("jupyter lite", [sys.executable, "-m", "jupyterlite_core", "build"], lite_dir)


def _run(tool: str, command: Sequence[str], folder: Path) -> None:
    """Run a tool; TcpCourseError says its last line if it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise TcpCourseError(
            message(
                "{tool} failed: {said}",
                tool=tool,
                said=said[-1] if said else message("it said nothing"),
            )
        )


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError as error:
        raise TcpCourseError(
            message("The site cannot be built without {name}: install it.", name=name)
        ) from error


def _name(wheel: Path) -> str:
    """The normalised name of the package in a wheel."""
    return _normal(wheel.name.split("-")[0])


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
