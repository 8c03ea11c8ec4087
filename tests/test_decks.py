"""Decks are found and named, whatever lies beside them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline import decks, patience
from pipeline.problems import BuildError


def deck(root: Path, name: str) -> Path:
    path = root / "slides" / name / "deck.md"
    path.parent.mkdir(parents=True)
    path.write_text("# Hi\n", encoding="utf-8")
    return path


def test_decks_are_found_by_name_and_hidden_folders_left_out(tmp_path: Path) -> None:
    for name in ("b", "a", ".draft"):
        deck(tmp_path, name)

    assert ["a", "b"] == [source.name for source in decks.find(tmp_path)]


@pytest.mark.parametrize("name", ["c#", "what?", "100%", "index", "index.md"])
def test_a_folder_that_cannot_be_an_address_is_named(tmp_path: Path, name: str) -> None:
    deck(tmp_path, name)

    with pytest.raises(BuildError, match="cannot become an address; rename it") as raised:
        decks.find(tmp_path)

    assert f"slides/{name}" == raised.value.problems[0].path


def test_a_deck_where_nobody_looks_for_it_is_named(tmp_path: Path) -> None:
    names = ("a/Deck.md", "b/deck.markdown", "c/d/deck.md", "e/slides.md", "f.MD")
    for name in (*names, "a/deck.md", "theme/.old/deck.md"):
        (tmp_path / "slides" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "slides" / name).write_text("---\ntitle: A\nmarp: true\n---\n# Hi\n", encoding="utf-8")
    (tmp_path / "slides/README.md").write_text("---\ntitle: 'marp: true'\n---\nmarp: true\n", encoding="utf-8")

    with pytest.raises(BuildError) as caught:
        decks.find(tmp_path)

    message = "is a deck that is not published; name it slides/<deck>/deck.md, or take 'marp: true' out of it"
    assert [f"slides/{name}: {message} [deck-name]" for name in names] == list(map(str, caught.value.problems))


def test_where_no_deck_is_found_one_that_lies_elsewhere_is_named_too(tmp_path: Path) -> None:
    deck(tmp_path, "talk").rename(tmp_path / "slides/talk.md")
    (tmp_path / "slides/talk.md").write_text("---\nmarp: true\n---\n# Hi\n", encoding="utf-8")

    with pytest.raises(BuildError) as caught:
        decks.find(tmp_path)

    assert ["deck-missing", "deck-name"] == [problem.rule for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["talk.md"], ["talk"]),
        (["my talk/deck.md", "x/README.md"], ["my talk", "x"]),
        (["a/a-2.md", "a/a.md", "b/a.md", "c/a.md"], ["a-2", "a", "a-3", "a-4"]),
        (["Talk.md", "talk.md"], ["Talk", "talk-2"]),
        (["...md", "..md"], ["deck", "deck-2"]),
        (["a.b.md"], ["a.b"]),
    ],
)
def test_every_file_gets_a_name_of_its_own_inside_the_output(files: list[str], names: list[str]) -> None:
    assert names == decks.name_files([Path(file) for file in files])


def test_what_editors_leave_beside_a_theme_does_not_matter(tmp_path: Path) -> None:
    path = deck(tmp_path, "talk")
    theme = tmp_path / "slides" / "theme"
    theme.mkdir()
    (theme / "good.css").write_text("/* @theme good */", encoding="utf-8")
    (theme / "tailwind.css").write_text("@theme inline { --x: red }\n/* see @theme x */", encoding="utf-8")
    (theme / ".#good.css").symlink_to("nowhere")
    (theme / "folder.css").mkdir()
    (path.parent / "plain.css").write_text("p { color: red }", encoding="utf-8")

    [source] = decks.find(tmp_path)

    assert [theme / "good.css"] == source.themes


def test_a_theme_may_lie_anywhere_in_the_project(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    path = deck(tmp_path, "talk")
    path.write_text("---\ntheme: 'house'\n---\n# Hi\n", encoding="utf-8")
    sheets = {"assets/css/house.css": "house", "assets/css/base.css": "base", "other/else.css": "else"}
    for name, theme in {**sheets, "node_modules/x/house.css": "house"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"/* @theme {theme} */", encoding="utf-8")

    names = {css.relative_to(tmp_path).as_posix() for css in decks.open_file(path, "talk").themes}

    assert {"assets/css/house.css", "assets/css/base.css"} == names


def test_a_theme_outside_of_the_project_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "house.css").write_text("/* @theme house */", encoding="utf-8")
    path = deck(tmp_path / "project", "talk")
    path.write_text("---\ntheme: house\n---\n# Hi\n", encoding="utf-8")
    (path.parent / "house.css").symlink_to(tmp_path / "house.css")

    assert [] == decks.open_file(path, "talk").themes


@pytest.mark.parametrize("name", [b"caf\xe9.md", b"a\nb.md"])
def test_a_file_whose_name_cannot_be_said_is_refused(tmp_path: Path, name: bytes) -> None:
    path = tmp_path / os.fsdecode(name)
    path.write_text("# A talk\n", encoding="utf-8")

    with pytest.raises(BuildError) as caught:
        decks.open_file(path, "talk")

    assert str(caught.value).encode().endswith(b"; rename it [deck-name]")


def test_a_folder_is_no_deck(tmp_path: Path) -> None:
    with pytest.raises(BuildError) as caught:
        decks.open_file(tmp_path, "talk")

    assert f"{tmp_path}: is a folder; name a file in it [file]" == str(caught.value)


def test_comments_without_end_are_read_in_no_time(tmp_path: Path) -> None:
    path = tmp_path / "deck.md"
    text = "<!--\n" * 200_000
    path.write_text(text, encoding="utf-8")

    with patience.within(text):  # a search for the end of each would take half an hour
        assert text == decks.open_file(path, "talk").text


def test_a_deck_that_leads_to_itself_cannot_be_opened(tmp_path: Path) -> None:
    path = tmp_path / "deck.md"
    path.symlink_to("deck.md")

    assert [tmp_path.name] == decks.name_files([path])
    with pytest.raises(BuildError, match="Too many levels of symbolic links"):
        decks.open_file(path, "talk")


def test_the_project_of_a_deck_is_the_repository_around_it(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    path = deck(tmp_path, "talk")

    assert tmp_path.resolve() == decks.open_file(path, "talk").root
    (path.parent / ".git").write_text("gitdir: elsewhere", encoding="utf-8")
    assert path.parent.resolve() == decks.open_file(path, "talk").root
