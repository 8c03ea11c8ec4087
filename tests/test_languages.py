"""Editions of the talk in other languages follow the English one, as far as can be told without reading them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

SLIDES = ROOT / "slides"
DOCS = ROOT / "docs"

LABELS = {
    "es": {
        "Aim": "Objetivo",
        "Say": "Decir",
        "Ask": "Preguntar",
        "Watch for": "Atención a",
        "Bridge": "Transición",
        "If you have two minutes": "Si hay dos minutos",
    }
}
"""How each edition names the parts of a note; the original text is in none."""


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def language(deck: str) -> str:
    found = re.search(r"(?m)^lang: (\S+)$", deck)
    return found[1] if found else ""


EDITIONS = sorted(path for path in SLIDES.glob("*/deck.md") if not language(text(path)).startswith("en"))
PAGES = sorted(DOCS / language(text(path)).lower() / "index.md" for path in EDITIONS)


def english(edition: Path) -> Path:
    """The deck that an edition translates."""
    suffix = f"-{language(text(edition)).lower()}"
    assert edition.parent.name.endswith(suffix)
    return SLIDES / edition.parent.name.removesuffix(suffix) / "deck.md"


def structure(deck: str) -> list[str]:
    """Rulers, directives, layouts, levels of headings and items, and how many pictures stand where."""
    _, _, body = deck.split("---\n", 2)
    shown = re.sub(r"(?s)<!--\n.*?-->", "", body)  # a note begins on a line of its own
    found = re.findall(r"(?m)^(?:---$|<!-- .*-->$|</?div.*>$|#+ |- |\d+\. |> )|!\[", shown)
    return [line.strip() for line in found]


def labels(deck: str) -> list[list[str]]:
    """The parts of each slide's notes, without the original text."""
    slides = deck.split("\n---\n")[1:]
    notes = ["".join(re.findall(r"(?s)<!--\n.*?-->", slide)) for slide in slides]
    found = [re.findall(r"(?m)^\*\*([^*]+):\*\*", note) for note in notes]
    return [[label for label in each if not label.startswith("The original text")] for each in found]


def minutes(page: str) -> list[tuple[str, ...]]:
    """The three columns of minutes of an agenda."""
    rows = re.findall(r"(?m)^\|.*\| \**(\d+)\** \| \**(\d+)\** \| \**(\d+)\** \|$", page)
    return [row for row in rows if row != ("30", "60", "90")]  # which is the head of one, and the foot of both


def shape(record: str) -> list[object]:
    """The headings of a record, and how many cells each row of its tables has."""
    lines = record.splitlines()
    return [line.count("|") or line.split()[0] for line in lines if line.startswith(("| ", "## ", "- "))]


def test_there_is_an_edition_in_spanish() -> None:
    assert ["post-mortem-culture-es"] == [path.parent.name for path in EDITIONS]


@pytest.mark.parametrize("edition", EDITIONS, ids=lambda path: path.parent.name)
def test_an_edition_has_the_keys_minutes_and_layouts_of_the_english_deck(edition: Path) -> None:
    assert len(structure(text(edition))) > 80
    assert structure(text(english(edition))) == structure(text(edition))


@pytest.mark.parametrize("edition", EDITIONS, ids=lambda path: path.parent.name)
def test_the_notes_of_an_edition_have_the_parts_of_the_english_ones(edition: Path) -> None:
    names = LABELS[language(text(edition))]
    wanted = [[names[label] for label in slide] for slide in labels(text(english(edition)))]

    assert wanted == labels(text(edition))


@pytest.mark.parametrize("edition", EDITIONS, ids=lambda path: path.parent.name)
def test_an_edition_borrows_no_picture_with_words(edition: Path) -> None:
    borrowed = re.findall(r"!\[[^]]*\]\((\.\./[^)]+)\)", text(edition))
    pictures = [name for name in borrowed if not name.endswith("/site-qr.svg")]  # whose words are an address

    assert pictures
    for name in pictures:
        words = "".join(re.findall(r"<text[^>]*>([^<]*)", text(edition.parent / name)))
        assert not re.search(r"\w", words), name


@pytest.mark.parametrize("edition", EDITIONS, ids=lambda path: path.parent.name)
def test_an_editions_own_pictures_are_shown_and_make_no_letters_smaller(edition: Path) -> None:
    for picture in edition.parent.glob("*.svg"):
        theirs = text(english(edition).with_name(picture.name))
        sizes = [set(re.findall(r'font-size="(\d+)"', svg)) for svg in (theirs, text(picture))]
        assert f"({picture.name})" in text(edition)
        assert sizes[0] == sizes[1]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.parent.name)
def test_the_page_says_in_which_language_it_is(path: Path) -> None:
    _, _, body = text(path).split("---\n", 2)

    assert body.strip().startswith(f'<div lang="{path.parent.name}" markdown>\n\n# ')
    assert body.strip().endswith("</div>")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.parent.name)
def test_the_agenda_of_the_page_has_the_minutes_of_the_invitation(path: Path) -> None:
    wanted = minutes(text(DOCS / "templates/invitation.md"))

    assert 9 == len(wanted)
    assert wanted == minutes(text(path))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.parent.name)
def test_the_record_of_the_page_has_all_that_the_english_one_has(path: Path) -> None:
    form = text(ROOT / ".github/ISSUE_TEMPLATE/post-mortem.md").split("\n---\n", 1)[1]
    [record] = re.findall(r"(?ms)^```markdown\n(.*?)^```$", text(path))

    assert shape(form) == shape(record)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.parent.name)
def test_the_agreements_of_the_page_are_those_that_the_presenter_says(path: Path) -> None:
    [aloud] = re.findall(r'(?s)<div class="aloud" markdown>\n\n(.*?)\n\n</div>', text(path))

    assert any(f"\n{aloud}\n" in text(edition) for edition in EDITIONS if language(text(edition)) == path.parent.name)
