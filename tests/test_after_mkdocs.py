"""The way out of MkDocs stays open: Zensical makes the same pages of the same sources, as docs/after-mkdocs.md says."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import links
from pipeline.site import STAGED_DOCS, read_settings
from tests.conftest import ROOT


@pytest.fixture
def moved(site: Path, tmp_path: Path) -> Path:
    """The project as Zensical would have it: all pages in one folder, and settings without the hook."""
    staged = ROOT / STAGED_DOCS
    assert staged.is_dir(), "the last build failed, or was cleaned away; run 'python3 build.py'"
    for folder in (ROOT / "docs", staged):
        shutil.copytree(folder, tmp_path / "docs", dirs_exist_ok=True)
    for notes in (tmp_path / "docs/decks").glob("*/notes.md"):  # a download, of which Zensical would make a page
        notes.rename(notes.with_suffix(".txt"))
        page = notes.with_name("index.md")
        page.write_text(page.read_text(encoding="utf-8").replace("'notes.md'", "'notes.txt'"), encoding="utf-8")
    for download in (tmp_path / "docs").rglob("*.md"):  # that of a template has the name of its folder
        if download.stem == download.parent.name:
            download.unlink()
    shutil.copytree(site / "downloads", tmp_path / "docs/downloads")
    for page in [path for path in (tmp_path / "docs").rglob("*.md") if path.name != "index.md"]:
        page.write_text(_from_the_file(page.read_text(encoding="utf-8")), encoding="utf-8")
    shutil.copytree(ROOT / "overrides", tmp_path / "overrides")
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    without = re.sub(r"(?m)^(hooks:\n  - mkdocs_hooks\.py|site_dir: dist/site)\n", "", settings)
    assert 3 == settings.count("\n") - without.count("\n")
    (tmp_path / "mkdocs.yml").write_text(without, encoding="utf-8")
    return tmp_path


def _from_the_file(page: str) -> str:
    """A page whose addresses in HTML are relative to its file, as Zensical reads them, and not to its own address."""
    return re.sub(r"""((?:href|src)=['"])\.\./""", r"\1", page)


def zensical(folder: Path) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [Path(sys.executable).with_name("zensical"), "build", "--strict"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def pages(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.html")}


def test_zensical_makes_the_same_pages_with_no_broken_link(moved: Path, site: Path) -> None:
    done = zensical(moved)
    address = read_settings(ROOT).site_url
    problems, followed = links.check(moved / "site", address, {}, [], links.read_inventory(ROOT))

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "No issues found" in done.stdout + done.stderr
    assert pages(site) == pages(moved / "site")
    assert [] == [str(problem) for problem in problems if problem.rule == "link-dead"]
    assert followed > 1000


def test_zensical_does_find_a_broken_link(moved: Path) -> None:
    with (moved / "docs/index.md").open("a", encoding="utf-8") as file:
        file.write("\n[Nowhere](nowhere.md)\n")

    done = zensical(moved)

    assert 1 == done.returncode
    line = (moved / "docs/index.md").read_text(encoding="utf-8").count("\n")
    assert f"index.md:{line}:" in done.stdout + done.stderr
