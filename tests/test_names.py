"""Names: no file takes the place of another without a word, and none is refused that takes no place."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import generated, names, sessions, site
from tests.conftest import ROOT, Project, told


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("a\u202eb.png", "with a character that nobody can see (U+202E)"),
        ("a\tb.png", "with a character that nobody can see (U+0009)"),
        ("\ufeffa.png", "with a character that nobody can see (U+FEFF)"),
        ("\u200b.md", "with a character that nobody can see (U+200B)"),
        ("ä" * 121, "of 242 bytes, and may have 240"),
    ],
)
def test_a_name_that_cannot_be_published_is_refused(name: str, wrong: str, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / name).touch()

    [problem] = names.problems(tmp_path, tmp_path / "docs", "file")

    assert f"has a name {wrong}; rename it" == problem.message


def test_names_as_people_write_them_are_right(tmp_path: Path) -> None:
    written = ["\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.png", "\U0001f469\u200d\U0001f4bb.png", "ä" * 120]
    for name in (*written, "Screenshot 2026-01-01 at 9.41.00\u202fAM.png", "\u56f3\u3000\u4e00.png", "a\u00a0b.md"):
        (tmp_path / name).touch()

    assert [] == list(names.problems(tmp_path, tmp_path, "file"))


def clashes(project: Project, *written: str, staged: str = "decks/talk/notes.md") -> list[str]:
    """What is said of hand-written files, of which MkDocs is told to leave out those called `draft`."""
    stage = project.root.parent / "stage"
    for path in (stage / staged, *(project.root / "docs" / name for name in written)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("words", encoding="utf-8")
    project.edit("mkdocs.yml", lambda text: f"{text}exclude_docs: draft.*\n")
    found = site.published(site.read_settings(project.root))
    made = generated.written(stage, sessions.read(ROOT))
    return [told(problem) for problem in names.clashes(project.root, found, made)]


ITS_OWN = ["404.html", "build.json", "search/search_index.json", "sitemap.xml", "sitemap.xml.gz"]


@pytest.mark.parametrize("name", [*ITS_OWN, "downloads/participant.zip"])
def test_a_file_where_the_build_writes_its_own_is_named(name: str, tiny: Project) -> None:
    assert [f"docs/{name}: gets the address '{name}', and the build makes a file there too; rename it"] == clashes(
        tiny, name
    )


@pytest.mark.parametrize("staged", ["decks/index.md", "decks/index.html"])
@pytest.mark.parametrize("name", ["decks/index.md", "decks/index.html"])
def test_a_page_is_where_its_file_is(name: str, staged: str, tiny: Project) -> None:
    [problem] = clashes(tiny, name, staged=staged)

    assert problem.startswith(f"docs/{name}: gets the address 'decks/") and "the build makes" in problem


def test_a_page_and_a_file_with_one_address_are_named(tiny: Project) -> None:
    assert [
        "docs/a.md: gets the address 'a/', and 'docs/a/index.html' has that address too; rename it",
        "docs/index.md: gets the address 'index.html', and 'docs/index.html' has that address too; rename it",
    ] == clashes(tiny, "a.md", "a/index.html", "index.html")


@pytest.mark.parametrize(
    "name", ["404.md", "sitemap.md", "draft.md", "decks/talk/notes.md", "decks/talk/notes/index.html", "a/404.html"]
)
def test_what_takes_no_place_is_let_be(name: str, tiny: Project) -> None:
    assert [] == clashes(tiny, name, "draft/index.html", "downloads/mine.zip")
