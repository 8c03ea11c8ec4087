"""`build.py check` looks at everything, says what is wrong in the format asked for, and writes only its report."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Project
from tests.test_corpus import CORPUS, DECK

FAULTY = """\
---
title: Faulty
---

# Faulty

<!-- _slideAllows: { link-dead: it comes with the next release } -->

A [dead](nope.pdf) link

---

# Long

POINTS

---

[dead](nope.pdf), [dead](#nowhere), [right](#long), [right](beside.html), [right](https://x.example/)

![A picture](none.png)
""".replace("POINTS", "\n".join(f"- point {number}" for number in range(30)))


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """A deck of somebody else's with faults, and a file beside it of which a page will be made."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "beside.md").write_text("# Beside\n", encoding="utf-8")
    (folder / "faulty.md").write_text(FAULTY, encoding="utf-8")
    return folder / "faulty.md"


def test_decks_anywhere_are_checked_and_nothing_but_the_report_is_written(tiny: Project, faulty: Path) -> None:
    nowhere = faulty.with_name("nowhere.md")

    outcome = tiny.run("check", "--format", "json", faulty, faulty.with_name("beside.md"), nowhere)

    assert (1, "") == (outcome.code, outcome.err)
    said = json.loads(outcome.out)
    lines = [(Path(problem["path"]).name, problem["line"], problem["rule"]) for problem in said["problems"]]
    ends = FAULTY[: FAULTY.index("[dead](nope.pdf), ")].count("\n") + 1
    assert [
        ("faulty.md", ends, "link-dead"),
        ("faulty.md", ends, "link-dead"),
        ("faulty.md", ends + 2, "image-missing"),
        ("nowhere.md", 0, "file"),
    ] == [line for line in lines if line[2] != "overflow"]
    assert [("faulty.md", True)] == [(name, 15 <= line <= 44) for name, line, rule in lines if rule == "overflow"]
    assert [("link-dead", "it comes with the next release")] == [(p["rule"], p["reason"]) for p in said["allowed"]]
    assert {str(faulty): 3, str(faulty.with_name("beside.md")): 1} == said["decks"]
    assert ["report"] == [path.name for path in (tiny.root / "dist").iterdir()]
    assert ["beside.md", "faulty.md"] == sorted(path.name for path in faulty.parent.iterdir())


def test_a_report_that_cannot_be_written_hides_nothing(tiny: Project, faulty: Path) -> None:
    (tiny.root / "dist").write_text("mine", encoding="utf-8")

    outcome = tiny.run("check", faulty)

    assert (1, "") == (outcome.code, outcome.err)
    assert "image 'none.png' does not exist" in outcome.out
    cure = "see who owns it, and whether the disk has room"
    assert f"\ndist/report: cannot be written (Not a directory); {cure} [output]\n" in outcome.out
    assert "the report with pictures" not in outcome.out


def test_a_deck_that_is_right_is_told_so_in_the_summary_of_a_job(tiny: Project, tmp_path: Path) -> None:
    deck = tmp_path / "right.md"
    deck.write_text("---\ntitle: Right\n---\n\n# Right\n\nWords\n", encoding="utf-8")
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", encoding="utf-8")

    outcome = tiny.run("check", deck, "--format", "github", GITHUB_STEP_SUMMARY=str(summary))

    assert (0, "nothing found in 1 deck with 1 slide\n", "") == (outcome.code, outcome.out, outcome.err)
    assert summary.read_text(encoding="utf-8").startswith("before\n## nothing found in 1 deck with 1 slide\n")


def test_a_reader_who_has_read_enough_gets_no_complaint(tiny: Project) -> None:
    command = [sys.executable, "build.py", "check", DECK, "--format", "json"]
    with subprocess.Popen(
        command, cwd=tiny.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as checking:
        assert checking.stdout
        assert checking.stderr
        checking.stdout.close()
        assert ("", 1) == (checking.stderr.read(), checking.wait())


@pytest.mark.slow
def test_the_whole_project_is_checked_and_one_fault_hides_no_other(tiny: Project) -> None:
    points = "\n".join(f"- point {number}" for number in range(40))
    tiny.edit(DECK, lambda text: f"{text}\n---\n\n# Long\n\n{points}\n")
    (tiny.root / "docs/about.md").write_text("# About\n\n[gone](nope.md)\n", encoding="utf-8")
    pale = "# Pale\n\n<p style='color: #bbb; background: #fff'>pale words</p>\n"
    (tiny.root / "docs/pale.md").write_text(pale, encoding="utf-8")
    tiny.edit("mkdocs.yml", lambda text: text + "extra_javascript: [assets/site.js]\n")
    script = "\nif (location.pathname.endsWith('/about/')) throw Error('planted')\n"
    tiny.edit("docs/assets/site.js", lambda text: text + script)
    sheets = CORPUS / "wrong/sessions/slide-that-is-not-there.yml"
    (tiny.root / "data/sessions.yml").write_bytes(sheets.read_bytes())
    published = tiny.root / "dist" / "site" / "index.html"
    published.parent.mkdir(parents=True)
    published.write_text("the last good site", encoding="utf-8")

    outcome = tiny.run("check", "-v")

    assert 1 == outcome.code, outcome.err
    assert any(line.endswith(" s  pages opened in the browser") for line in outcome.err.splitlines())
    lines = outcome.out.splitlines()
    dead = [line.partition(": ")[0] for line in lines if line.endswith("[link-dead]")]
    assert ["docs/about.md:3"] == dead
    assert any("content runs up to" in line for line in lines)
    assert "docs/about.md: script error: planted [script-error]" in lines
    assert any("has no slide 'a-tlak'; did you mean 'a-talk'?" in line for line in lines)
    assert any(line.startswith("docs/pale.md:3: ") and line.endswith("[contrast]") for line in lines)
    assert ["index.html"] == [path.name for path in published.parent.iterdir()]
    assert "the last good site" == published.read_text(encoding="utf-8")
    assert (tiny.root / "dist/report/index.html").is_file()
    assert not (tiny.root / "dist/stage/site").exists()
