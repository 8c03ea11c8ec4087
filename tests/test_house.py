"""The house rules: style, types, workflows, lock files, and what the README promises."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import ROOT

SCRIPTS = Path(sys.executable).parent
WORKFLOWS = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob(".github/workflows/*.yml"))
LOCKS = sorted(path.name for path in ROOT.glob("requirements*.lock"))
FORMS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["zizmor", "--offline", "--persona=auditor", ".github"],
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS],
        ["check-jsonschema", "--builtin-schema", "vendor.dependabot", ".github/dependabot.yml"],
        ["check-jsonschema", "--builtin-schema", "vendor.github-issue-forms", *FORMS],
    ],
    ids=["ruff check", "ruff format", "mypy", "zizmor", "workflow schema", "dependabot schema", "form schema"],
)  # fmt: skip
def test_the_checkers_find_nothing(command: list[str]) -> None:
    done = subprocess.run([SCRIPTS / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True)

    assert 0 == done.returncode, done.stdout + done.stderr


def test_lock_files_name_no_registry() -> None:
    for name in (*LOCKS, "package-lock.json"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "resolved" not in text, name
        assert not re.search(r"^\s*(-i|--index-url|--extra-index-url|--find-links)", text, re.M), name
        registries = [url for url in re.findall(r"https?://[^\s\"]+", text) if not _is_funding(url)]
        assert [] == registries, name


def _is_funding(url: str) -> bool:
    # npm copies each package's request for support into the lock file.
    return any(word in url for word in ("sponsor", "opencollective", "funding", "tidelift", "fund"))


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_hashes(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    for entry in re.split(r"\n(?=\w)", text):
        if "==" in entry.split("\n")[0]:
            assert "--hash=sha256:" in entry, entry.split("\n")[0]


def test_every_dependency_is_locked_and_explained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    node = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = [re.split(r"[><=\[ ]", line)[0] for line in wanted]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").lower()

    assert [] == [name for name in names if f"\n{name}==" not in f"\n{lock}"]
    assert [] == [name for name in [*names, *node["dependencies"]] if name.lower() not in contributing]


def test_one_door_each_to_mkdocs_playwright_and_marp() -> None:
    sources = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "pipeline").glob("*.py")}

    def users(pattern: str) -> list[str]:
        return sorted(name for name, text in sources.items() if re.search(pattern, text, re.M))

    assert ["site.py"] == users(r"^\s*(import|from) mkdocs")
    assert ["browser.py"] == users(r"^\s*(import|from) playwright")
    assert ["marp.py"] == users(r"marp\.mjs")
    assert [] == users(r"^\s*(import|from) build\b")


def test_the_bootstrap_needs_the_standard_library_only() -> None:
    # -S leaves site-packages out, so that an import from there fails.
    command = [sys.executable, "-S", "build.py", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert 0 == done.returncode, done.stderr


def test_the_readme_names_only_commands_that_exist() -> None:
    usage = subprocess.run([sys.executable, "build.py", "--help"], cwd=ROOT, capture_output=True, text=True).stdout
    for name in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for command in set(re.findall(r"python3 build\.py ([a-z]+)", text)):
            assert re.search(rf"^\s+{command}\b", usage, re.M), f"{name} names 'build.py {command}'"


def test_the_readmes_files_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (ROOT / target).exists(), target
