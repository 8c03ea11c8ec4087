"""Wrong and hostile inputs: each is refused with a clear message, and leaves nothing behind.

Most are files in tests/corpus, named after what they show; what they must be told stands in messages.yml beside them.
The rest are recipes, functions that spoil a project and return what it must be told.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import yaml

from tests.conftest import Project

CORPUS = Path(__file__).parent / "corpus"
DEADLINE = 60
"""Seconds within which every wrong input has its answer."""

PLACES = {
    "decks": "slides/talk/deck.md",
    "links": "data/links.yml",
    "pages": "docs/page.md",
    "sessions": "data/sessions.yml",
    "settings": "mkdocs.yml",
    "styles": "slides/talk/mine.css",
}
"""Where the files of each folder of the corpus are put."""


def messages() -> dict[str, list[str]]:
    """What each file of the corpus must be told, by its path below tests/corpus."""
    told: dict[str, dict[str, list[str]]] = yaml.safe_load((CORPUS / "messages.yml").read_text(encoding="utf-8"))
    return {f"{folder}/{name}": lines for folder, files in told.items() for name, lines in files.items()}


def put(project: Project, file: Path) -> None:
    """Put a file of the corpus where it does its harm."""
    kind = file.parent.name
    if kind == "pictures":
        shutil.copy(file, project.root / "slides/talk" / file.name)
        project.edit(PLACES["decks"], lambda text: f"{text}\n![A picture]({file.name})\n")
        return
    shutil.copy(file, project.root / PLACES[kind])
    if kind == "sessions":
        project.edit(PLACES["decks"], lambda text: text.replace("# A talk", "<!-- _slideMinutes: 4 -->\n# A talk"))
    if kind == "styles":
        project.edit(PLACES["decks"], lambda text: text.replace("title:", "theme: mine\ntitle:"))


def contents(folder: Path) -> dict[str, str]:
    """Every file and link below a folder, with a hash of what is in it."""
    found: dict[str, str] = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        else:
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
    return found


def processes_of(run: str) -> list[str]:
    """The command lines of all processes that were started by a run."""
    found: list[str] = []
    for process in psutil.process_iter(["environ", "cmdline"]):
        if (process.info["environ"] or {}).get("CORPUS_RUN") == run:
            found.append(" ".join(process.info["cmdline"] or []))
    return found


def refusal(project: Project, **environment: str) -> list[str]:
    """Build over a site that stands; returns what was told, one problem a line, without its count.

    The build must end in time with 1, leave the site as it was, and leave nothing behind.
    """
    published = project.root / "dist" / "site"
    if not published.exists():
        (published / "decks").mkdir(parents=True)
        (published / "index.html").write_text("the last good site", encoding="utf-8")
        (published / "decks" / "index.html").write_text("its decks", encoding="utf-8")
    before = contents(published)
    run = uuid.uuid4().hex
    # Not below pytest's folder: the browser's socket must have a short path.
    with tempfile.TemporaryDirectory(prefix="t-") as scratch:
        done = subprocess.run(
            [sys.executable, "build.py"],
            cwd=project.root,
            env={**os.environ, "SITE_URL": "", "TMPDIR": scratch, **environment, "CORPUS_RUN": run},
            capture_output=True,
            text=True,
            timeout=DEADLINE,
        )
        assert (1, "") == (done.returncode, done.stdout), done
        assert "Traceback" not in done.stderr
        assert before == contents(published)
        assert [] == processes_of(run)
        assert {} == contents(Path(scratch))
    lines = done.stderr.splitlines()
    assert not (project.root / "dist/report/traceback.txt").exists(), lines
    return lines[:-1] if lines[-1].endswith((" problem found", " problems found")) else lines


def assert_told(expected: list[str], lines: list[str]) -> None:
    """See that each line says what it must: all of it, or its beginning where '...' ends it, and then its rule."""
    assert len(expected) == len(lines), lines
    for wanted, line in zip(expected, lines, strict=True):
        start, _, rule = wanted.partition("... ")
        assert line.startswith(start) and line.endswith(rule), (wanted, line)


def files() -> Iterator[str]:
    for path in sorted(CORPUS.rglob("*")):
        if path.is_file() and path != CORPUS / "messages.yml":
            yield path.relative_to(CORPUS).as_posix()


def test_every_file_of_the_corpus_has_its_message_and_every_message_its_file() -> None:
    assert sorted(messages()) == sorted(files())


@pytest.mark.parametrize("name", sorted(messages()))
def test_a_file_is_refused(name: str, tiny: Project) -> None:
    put(tiny, CORPUS / name)

    assert_told(messages()[name], refusal(tiny))
