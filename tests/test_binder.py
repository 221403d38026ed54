"""What Binder and a hub read: pins that fit the project, links that lead to notebooks."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
BINDER = ROOT / "binder"
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHAPTERS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
LINKS = re.findall(r"\]\((https://mybinder\.org/v2/\S+)\)", README)


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(each).name) for each in requirements}


def pins() -> dict[str, str]:
    """Name → version of each line of the requirements; every line must be such a pin."""
    lines = (BINDER / "requirements.txt").read_text(encoding="utf-8").splitlines()
    found = [
        Requirement(line) for line in lines if line.strip() and not line.lstrip().startswith("#")
    ]
    versions = {canonicalize_name(each.name): str(each.specifier) for each in found}
    assert all(version.startswith("==") for version in versions.values())
    return {name: version.removeprefix("==") for name, version in versions.items()}


@pytest.mark.parametrize("wanted", [*PROJECT["dependencies"], *EXTRAS["hub"]])
def test_each_dependency_has_a_pin_that_fits(wanted: str) -> None:
    requirement = Requirement(wanted)
    pinned = pins()[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(pinned)


def test_students_get_no_tools_of_teachers_or_testers() -> None:
    needed = names(PROJECT["dependencies"]) | names(EXTRAS["hub"])
    others = {name for extra, tools in EXTRAS.items() if extra != "hub" for name in names(tools)}
    assert {"nbgrader", "pytest", "voila"} <= others
    allowed = {"pyyaml"}  # a test tool here, but jupyter-events needs it too
    assert (others - needed - allowed) & pins().keys() == set()


def test_the_version_of_python_is_one_that_the_project_allows() -> None:
    """repo2docker reads the file; the pins were made for the same version."""
    found = re.fullmatch(r"python-(3\.\d+)\n", (BINDER / "runtime.txt").read_text("utf-8"))
    assert found
    assert SpecifierSet(PROJECT["requires-python"]).contains(found.group(1))
    header = (BINDER / "requirements.txt").read_text(encoding="utf-8").splitlines()[1]
    assert f"--python-version {found.group(1)} " in header


@pytest.mark.parametrize("name", ["binder", "tests"])
def test_the_readme_says_how_the_pins_were_made(name: str) -> None:
    text = (ROOT / name / "requirements.txt").read_text(encoding="utf-8")
    made = re.search(r"^#    (uv pip compile .+)$", text, re.MULTILINE)
    assert made and f"python -m {made.group(1)}\n" in README


def test_post_build_is_a_script_that_installs_nothing_but_the_course() -> None:
    script = BINDER / "postBuild"
    assert os.access(script, os.X_OK)
    subprocess.run(["sh", "-n", str(script)], check=True)
    installs = [line for line in script.read_text("utf-8").splitlines() if " install " in line]
    assert installs == ["pip install --no-deps --no-cache-dir -e ."]


def test_the_settings_are_ones_that_jupyterlab_knows() -> None:
    settings: dict[str, dict[str, Any]] = json.loads((BINDER / "overrides.json").read_text("utf-8"))
    schemas = Path(sys.prefix) / "share" / "jupyter" / "lab" / "schemas"
    for plugin, values in settings.items():
        package, name = plugin.split(":")
        schema = json.loads((schemas / package / f"{name}.json").read_text(encoding="utf-8"))
        for key, value in values.items():
            known = schema["properties"][key]
            assert isinstance(value, {"boolean": bool, "string": str}[known["type"]])
            assert value in known.get("enum", [value])


def test_the_first_badge_opens_the_start_and_each_chapter_has_one() -> None:
    paths = []
    for link in LINKS:
        parts = urlsplit(link)
        assert parts.path == "/v2/gh/OWNER/tcpcourse/HEAD"
        paths.append(parse_qs(parts.query)["urlpath"][0].removeprefix("lab/tree/"))
    start = "notebooks/00-start-here.ipynb"
    assert paths == [start, *(f"notebooks/{path.name}" for path in CHAPTERS)]


def test_the_link_for_a_class_opens_the_start() -> None:
    found = re.search(r"^(https://HUB/\S+git-pull\?\S+)$", README, re.MULTILINE)
    assert found
    query = {key: value for key, [value] in parse_qs(urlsplit(found.group(1)).query).items()}
    assert query["repo"] == "https://github.com/OWNER/tcpcourse"
    target = query["targetpath"]
    assert query["urlpath"] == f"lab/tree/{target}/notebooks/00-start-here.ipynb"


def megabytes(quantity: str) -> float:
    found = re.fullmatch(r"(\d+)([MG])i?", quantity)
    assert found
    return int(found.group(1)) * {"M": 1, "G": 1000}[found.group(2)]


def test_the_hub_gives_each_student_what_was_measured() -> None:
    values = yaml.safe_load((BINDER / "hub" / "values.yaml").read_text(encoding="utf-8"))
    assert values.keys() == {"hub", "singleuser", "cull", "prePuller", "scheduling"}
    user = values["singleuser"]
    start = user["defaultUrl"].removeprefix("/lab/tree/")
    assert (ROOT / start).is_file()
    measured = re.search(r"All ten chapters open at once take (\d+) MB", README)
    assert measured
    memory = user["memory"]
    assert megabytes(memory["limit"]) > float(measured.group(1))
    assert megabytes(memory["guarantee"]) <= megabytes(memory["limit"])
    # Mounted over the home folder, a student's volume would hide the course.
    assert not user["storage"]["homeMountPath"].startswith("/home")
    assert values["cull"]["enabled"] is True
    assert values["cull"]["every"] < values["cull"]["timeout"]
