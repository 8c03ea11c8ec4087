"""Faults planted in a small project: the build names file and line, exits with 1, and keeps the old site."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import commands
from pipeline.problems import BuildError
from pipeline.toolchain import Tools
from tests.conftest import ROOT, Outcome, Project
from tests.test_corpus import publish_something, standing


def line_of(project: Project, name: str, text: str) -> int:
    lines = (project.root / name).read_text(encoding="utf-8").split("\n")
    return next(number for number, line in enumerate(lines, 1) if text in line)


def refused(project: Project, **environment: str) -> Outcome:
    """Build over a site that stands; it must fail as it should, whatever the reason."""
    publish_something(project)
    before = standing(project)

    outcome = project.run(**environment)

    assert 1 == outcome.code, outcome
    assert "Traceback" not in outcome.err
    assert before == standing(project)
    return outcome


def test_a_browser_that_is_not_there_is_named(tiny: Project) -> None:
    outcome = refused(tiny, CHROME_PATH="/nowhere/chrome")

    assert "CHROME_PATH is /nowhere/chrome, and there is no program at that place" in outcome.err
    assert 1 == outcome.err.count("\n")


def test_pages_may_lie_in_another_folder(built: Project) -> None:
    (built.root / "docs").rename(built.root / "pages")
    built.edit("mkdocs.yml", lambda text: text + "docs_dir: pages\n")
    built.edit("pages/index.md", lambda text: text + "\n[this](nope.md)\n")

    err = refused(built).err

    assert f"pages/index.md:{line_of(built, 'pages/index.md', 'nope.md')}: link 'nope.md'" in err


def test_what_only_a_browser_notices_in_a_page_is_named(built: Project) -> None:
    for name in ("about", "resources"):
        (built.root / f"docs/{name}.md").write_text(f"# {name}\n", encoding="utf-8")
    built.edit("mkdocs.yml", lambda text: text + "extra_javascript: [assets/site.js]\n")
    built.edit("docs/assets/site.js", lambda text: text + SCRIPT)

    lines = refused(built).err.splitlines()

    assert lines == [
        "docs/about.md: script error: planted [script-error]",
        "docs/resources.md: asks for https://tracker.example/, which is not part of the site; use a file of your own "
        "[outside-request]",
        "docs/resources.md: script error: Failed to fetch [script-error]",
        "3 problems found",
    ]


# The addresses that readers have, without the name of a file.
SCRIPT = """
if (location.pathname.endsWith("/about/")) throw new Error("planted");
if (location.pathname.endsWith("/resources/")) fetch("https://tracker.example/");
"""


def test_a_project_that_is_right_is_published_and_one_more_deck_needs_no_settings(tiny: Project) -> None:
    folder = tiny.root / "slides" / "größer & besser"
    folder.mkdir()
    (folder / "deck.md").write_text("# A *new* deck: `code` & <more>\n\n<!-- Say hello. -->\n", encoding="utf-8")

    outcome = tiny.run()

    assert (0, "built and checked: dist/site/index.html\n", "") == (outcome.code, outcome.out, outcome.err)
    assert {path.name for path in (tiny.root / "dist/stage").iterdir()} <= {"docs", "site"}
    site = tiny.root / "dist" / "site"
    assert (site / "decks/talk/slides.pdf").is_file()
    assert (site / "decks/größer & besser/index.html").is_file()
    assert "Say hello." in (site / "facilitate/größer & besser/index.html").read_text(encoding="utf-8")
    assert "A new deck: code &amp; &lt;more&gt;" in (site / "decks/index.html").read_text(encoding="utf-8")
    assert not (site / "facilitate/run-sheets").exists()  # nobody wrote any


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A deck of somebody else's, with faults, beside a project that has nothing to do with it."""
    folder = tmp_path / "some [where] else"
    folder.mkdir()
    path = folder / "talk.md"
    path.write_text(
        "---\ntheme: theirs\n---\n# Hi\n\n![x](none.png)\n\n[next](other.md#a)\n\n<!-- Say it. -->\n", encoding="utf-8"
    )
    return path


def test_a_deck_anywhere_is_rendered_in_spite_of_problems(foreign: Path, tmp_path: Path, tiny: Project) -> None:
    output = tmp_path / "out"

    outcome = tiny.run("deck", foreign, "-o", output)

    assert 0 == outcome.code, outcome.err
    assert f"{foreign}:2: theme 'theirs' does not exist" in outcome.err
    assert f"{foreign}:6: image 'none.png' does not exist" in outcome.err
    made = sorted(path.relative_to(output).as_posix() for path in output.rglob("*") if path.is_file())
    handouts = ("handout-2.pdf", "handout-3.pdf", "handout.pdf")  # and the cue cards, since there is a note
    slides = ("slides.html", "slides.pdf", "slides.pptx")
    names = ("cue-cards.pdf", "deck.json", *handouts, "notes.md", "og.png", *slides, "thumbs/01.png")
    assert [f"talk/{name}" for name in names] == made
    for path in output.rglob("*"):
        if path.is_file():
            assert str(tmp_path).encode() not in path.read_bytes().replace(str(foreign).encode(), b"")


def test_a_deck_that_is_right_has_no_problem(tmp_path: Path, tiny: Project) -> None:
    path = tmp_path / "talk.md"
    path.write_text(VALID, encoding="utf-8")

    outcome = tiny.run("deck", "--strict", path, "-o", tmp_path / "out")

    assert (0, "") == (outcome.code, outcome.err)


VALID = """\
---
transition: cube
math: mathjax
---
# <!-- fit --> Ägypten & *more* :smile: 😀

---

* ## Step by step
* Second, with $x^2$

---

![bg A dot](data:image/gif;base64,R0lGODlhAQABAIAAAAUEBAAAACwAAAAAAQABAAACAkQBADs=)
"""


def test_what_a_foreign_deck_cannot_show_is_named_and_one_that_is_not_there_too(tmp_path: Path, tiny: Project) -> None:
    path = tmp_path / "talk.md"
    path.write_text("---\ntheme: gaia\n---\n# Hi\n\n![x](broken.png)\n", encoding="utf-8")
    (tmp_path / "broken.png").write_bytes(b"not a picture")

    outcome = tiny.run("deck", "nowhere.md", path, "-o", tmp_path / "out")

    assert 1 == outcome.code
    assert "nowhere.md: there is no such file; correct the path" in outcome.err
    assert (tmp_path / "out/talk/slides.pdf").is_file()
    assert f"{path}:6: slide 1: image 'broken.png' cannot be shown; see whether the file is whole" in outcome.err
    assert "asks for https://fonts.bunny.net/" in outcome.err


def test_an_output_that_is_no_folder_is_refused_at_once(foreign: Path, tmp_path: Path, tiny: Project) -> None:
    (tmp_path / "out").write_text("mine", encoding="utf-8")

    outcome = tiny.run("deck", foreign, "-o", tmp_path / "out")

    message = f"{tmp_path / 'out'}: is no folder; move it away, or name another folder with -o [output]"
    assert (1, f"{message}\n1 problem found\n") == (outcome.code, outcome.err)


@pytest.mark.parametrize(
    ("folder", "name"), [("dist/site/decks", "deck"), ("dist/stage", "deck"), ("dist", "cache"), ("dist", "site")]
)
def test_a_deck_is_not_written_to_where_builds_put_what_they_have_proven(
    folder: str, name: str, tmp_path: Path
) -> None:
    tools = Tools(tmp_path, tmp_path)

    with pytest.raises(BuildError, match="is where builds put what they have proven, or keep; name another"):
        commands.render_files(tmp_path, [tmp_path / f"{name}.md"], tmp_path / folder, tools, strict=False)


@pytest.mark.parametrize(
    ("deck", "own", "lost"),
    [
        ("notes/notes.md", "notes/notes.md", "notes/notes.md"),
        ("notes/notes.md", "notes/deck.json", "notes/notes.md"),
        ("my-talk/slides.md", "my-talk/notes.md", "my-talk/notes.md"),
        ("talk.md", "talk/thumbs/01.png", "talk/thumbs"),
    ],
)
def test_a_deck_is_not_written_over_its_authors_files(deck: str, own: str, lost: str, tmp_path: Path) -> None:
    for name in (deck, own):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text('{"slides": [1]}', encoding="utf-8")

    with pytest.raises(BuildError) as caught:
        commands.render_files(tmp_path, [tmp_path / deck], tmp_path, Tools(tmp_path, tmp_path), strict=False)

    message = "was not written by a former run, and would be lost; name another folder with -o [output]"
    assert f"{tmp_path / lost}: {message}" == str(caught.value)


def test_a_deck_may_be_written_elsewhere_wherever_the_output_leads(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").touch()
    (tmp_path / "dist").symlink_to("mine")
    (tmp_path / "out/talk/thumbs").mkdir(parents=True)

    for folder, message in (("dist/decks", "dist: is a link to a folder"), ("out", "/thumbs: was not written by")):
        with pytest.raises(BuildError, match=message):
            commands.render_files(
                tmp_path, [tmp_path / "talk.md"], tmp_path / folder, Tools(tmp_path, tmp_path), strict=False
            )


def test_what_a_deck_has_no_more_does_not_stay(tmp_path: Path, tiny: Project) -> None:
    path, output = tmp_path / "talk.md", tmp_path / "out/talk"
    path.write_text("# Hi\n\n<!-- A secret. -->\n\n---\n\n# More\n", encoding="utf-8")
    assert 0 == tiny.run("deck", path, "-o", output.parent).code
    for name in ("mine.txt", ".new-999999999-0123abcd", "thumbs/.new-999999999-0123abcd"):
        (output / name).touch()
    before = {each.relative_to(output).as_posix() for each in output.rglob("*")}
    path.write_text("# Hi\n", encoding="utf-8")

    assert 0 == tiny.run("deck", "--strict", path, "-o", output.parent).code

    after = {each.relative_to(output).as_posix() for each in output.rglob("*")}
    left = {".new-999999999-0123abcd", "thumbs/.new-999999999-0123abcd"}  # by a run that was killed
    assert {"cue-cards.pdf", "thumbs/02.png", *left} == before - after


@pytest.mark.parametrize("options", [{"PYTHONOPTIMIZE": "2"}, {"PYTHONSAFEPATH": "1"}], ids=str)
def test_a_python_that_leaves_out_more_than_others_starts_too(options: dict[str, str], tiny: Project) -> None:
    outcome = tiny.run("clean", **options)

    assert (0, "", "") == (outcome.code, outcome.out, outcome.err)


def test_a_command_with_no_place_for_its_words_does_its_work_all_the_same(tiny: Project) -> None:
    (tiny.root / "dist/site").mkdir(parents=True)

    done = subprocess.run(["sh", "-c", f"exec '{sys.executable}' build.py clean >&- 2>&-"], cwd=tiny.root)

    assert (0, False) == (done.returncode, (tiny.root / "dist").exists())


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_words_that_cannot_be_written_are_no_fault_of_the_site(unbuffered: str, built: Project) -> None:
    command = f"exec '{sys.executable}' build.py >/dev/full"
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}

    done = subprocess.run(["sh", "-c", command], cwd=built.root, env=environment, stderr=subprocess.PIPE, text=True)

    said = "build.py: its words could not be written: No space left on device; see where they go\n"
    assert (1, said) == (done.returncode, done.stderr)


def test_whoever_has_heard_enough_is_told_by_the_code_alone(tiny: Project) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    done = subprocess.run([sys.executable, "build.py", "deck", "none.md"], cwd=tiny.root, stderr=writing)
    os.close(writing)

    assert 1 == done.returncode


def test_tests_that_are_stopped_end_what_they_have_begun(tmp_path: Path, tools: Tools) -> None:
    (tmp_path / "test_it.py").write_text(STOPPED, encoding="utf-8")
    call = (
        f"commands.test(pathlib.Path({str(tmp_path)!r}), toolchain.provision(), ['-q', '-s', '-p', 'no:cacheprovider'])"
    )
    script = (
        "import pathlib, signal, sys\nfrom pipeline import commands, fingerprint, toolchain\n"
        f"fingerprint.is_current = lambda root: True\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(143))\n{call}"
    )

    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as testing:
        assert testing.stdout
        assert any("begun" in line for line in testing.stdout)
        testing.terminate()
        said = testing.stdout.read()

    assert ("ended" in said, 143) == (True, testing.returncode), said


STOPPED = """
import pytest, signal

@pytest.fixture
def thing():
    yield
    print("ended", flush=True)

def test_it(thing):
    print("begun", flush=True)
    signal.pause()
"""


def test_what_marp_warns_of_is_told_in_whatever_colours(tiny: Project) -> None:
    tiny.edit("slides/talk/deck.md", lambda text: text.replace("---\n", "---\nurl: example.org/talk\n", 1))

    outcome = refused(tiny, FORCE_COLOR="1")

    assert "deck.md:2: Marp says: Specified canonical URL is ignored" in outcome.err


def test_strict_writes_nothing_that_has_a_problem(foreign: Path, tmp_path: Path, tiny: Project) -> None:
    outcome = tiny.run("deck", "--strict", foreign, "-o", tmp_path / "out")

    assert 1 == outcome.code
    assert "none.png" in outcome.err
    assert not (tmp_path / "out").exists()


def test_a_marp_that_does_not_start_is_named(tiny: Project) -> None:
    tiny.edit("pipeline/marp.mjs", lambda text: "process.exit(7)\n" + text)

    assert "Marp CLI: ended early" in refused(tiny).err
