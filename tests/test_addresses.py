"""The address of a site is one that browsers know, and those of slides outlive changes to a deck."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline import addresses, site
from pipeline.addresses import Place, Published
from pipeline.problems import BuildError
from tests.conftest import Project, told
from tests.test_corpus import DECK


def deck(*places: tuple[str, ...]) -> dict[str, Published]:
    """A deck whose slides have these names and stand ten lines apart."""
    slides = [Place(names, 10 * number) for number, names in enumerate(places, 1)]
    return {"talk": Published("slides/talk/deck.md", tuple(slides))}


def found(before: dict[str, Published], after: dict[str, Published]) -> list[str]:
    return [told(problem) for problem in addresses.problems(before, after)]


def test_slides_may_move_and_be_added() -> None:
    assert [] == found(deck(("a",), ("b",)), deck(("new",), ("b",), ("a",)))


def test_a_key_that_is_gone_is_named_where_its_successor_stands() -> None:
    assert [
        "slides/talk/deck.md:20: slides.html#old was published and no slide has that key any more; "
        "write '<!-- _slideKey: new old -->' at the slide that took its place, "
        "or run 'python3 build.py clean' if nobody links to it"
    ] == found(deck(("a",), ("old",)), deck(("a",), ("new",)))


def test_a_former_name_is_an_address_that_stands() -> None:
    assert [] == found(deck(("old",)), deck(("new", "old")))


def test_a_former_name_that_is_dropped_is_gone() -> None:
    [problem] = found(deck(("new", "old")), deck(("new",)))

    assert "slides.html#old was published" in problem
    assert "'<!-- _slideKey: new old -->'" in problem


def test_the_directive_to_write_holds_all_that_is_gone() -> None:
    problems = found(deck(("a", "b"), ("c",)), deck(("z", "y"), ("c",)))

    assert 2 == len(problems)
    assert all("slides/talk/deck.md:10: " in problem for problem in problems)
    assert all("'<!-- _slideKey: z y a b -->'" in problem for problem in problems)


def test_a_slide_that_is_taken_away_takes_its_address_along() -> None:
    assert [] == found(deck(("a",), ("b",), ("c",)), deck(("a",), ("c",)))


def test_a_slide_that_is_renamed_while_another_is_taken_away_is_found() -> None:
    assert 2 == len(found(deck(("a",), ("b",), ("c",)), deck(("new",), ("c",))))


def test_a_slide_that_is_known_by_its_number_only_may_go() -> None:
    assert [] == found(deck(("a",), ("slide-2",)), deck(("a",), ("b",)))
    assert 1 == len(found(deck(("slide-2",), ("a",)), deck(("b",), ("a",))))


def test_a_deck_may_be_taken_away() -> None:
    assert [] == found(deck(("a",)), {})


def test_a_new_deck_is_welcome() -> None:
    assert [] == found({}, deck(("a",)))


def test_the_decks_of_a_site_are_read_from_what_was_published(tmp_path: Path) -> None:
    write(tmp_path, "talk", {"source": "slides/talk/deck.md", "slides": [{"key": "a", "line": 3}]})
    write(tmp_path, "new", {"source": "x.md", "slides": [{"key": "a", "former": ["b", "c"], "line": 1}]})

    assert {
        "new": Published("x.md", (Place(("a", "b", "c"), 1),)),
        "talk": Published("slides/talk/deck.md", (Place(("a",), 3),)),
    } == addresses.read(tmp_path)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", "{}", '{"source": "x", "slides": []}', '{"source": "x", "slides": [{"key": "a"}]}',
     '{"source": "x", "slides": [3]}', '{"source": "x", "slides": {"a": 1}}', "\udcff"],
)  # fmt: skip
def test_what_cannot_be_read_tells_of_no_deck(tmp_path: Path, content: str) -> None:
    path = tmp_path / "decks" / "talk" / "deck.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(content.encode("utf-8", "surrogateescape"))

    assert {} == addresses.read(tmp_path)
    assert {} == addresses.read(tmp_path / "nowhere")


def write(site: Path, name: str, data: object) -> None:
    path = site / "decks" / name / "deck.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(data), encoding="utf-8")


def test_a_build_that_would_break_an_address_publishes_nothing(tiny: Project) -> None:
    site = tiny.root / "dist" / "site"
    write(site, "talk", {"source": DECK, "slides": [{"key": "safety", "line": 5}]})
    published = site / "decks" / "talk" / "deck.json"
    before = published.read_bytes()
    tiny.edit(DECK, lambda text: text.replace("# A talk\n", "# A talk\n\n<!-- _slideKey: trust -->\n"))

    outcome = tiny.run()

    assert 1 == outcome.code
    assert (
        f"{DECK}:6: slides.html#safety was published and no slide has that key any more; "
        "write '<!-- _slideKey: trust safety -->'"
    ) in outcome.err
    assert before == published.read_bytes()


@pytest.mark.parametrize(
    "address",
    ["https://a.example/kit/", "http://localhost:8000/", "http://[::1]:8000/", "https://a.example/c++/@b(1)/d%2Fe/"],
)
def test_a_site_may_have_any_address_of_the_web(tiny: Project, address: str) -> None:
    tiny.edit("mkdocs.yml", lambda text: text.replace("https://tiny.example/", address))

    assert address == site.read_settings(tiny.root).site_url


@pytest.mark.parametrize("path", ["/a/../b/", "/./b/", "/a/%2E%2e/b/"])
def test_an_address_that_a_browser_shortens_is_named(tiny: Project, path: str) -> None:
    tiny.edit("mkdocs.yml", lambda text: text.replace("https://tiny.example/", f"https://tiny.example{path}"))

    with pytest.raises(BuildError, match=r"which a browser spells otherwise; write 'https://tiny\.example/b/'"):
        site.read_settings(tiny.root)
