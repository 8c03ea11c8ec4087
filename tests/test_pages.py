"""Pages made of decks: whatever an author writes, it is shown and not run."""

from __future__ import annotations

import json
import re

import pytest
from markdown import Markdown

from pipeline import pages
from pipeline.deck import Deck, Slide


def slide(number: int, title: str, *, notes: tuple[str, ...] = (), minutes: float | None = None) -> Slide:
    return Slide(number, f"key-{number}", title, 1, minutes, notes, (), (), title, f"<p>Body of {number}</p>")


def deck(*slides: Slide, title: str = "A talk", name: str = "talk") -> Deck:
    return Deck(name, title, "What it is about.", "en", "slides/talk/deck.md", slides)


def html(markdown: str) -> str:
    """The page as MkDocs makes it, without its front matter."""
    _, _, body = markdown.split("---\n", 2)
    return str(Markdown(extensions=["attr_list", "md_in_html", "tables", "toc"]).convert(body))


AWKWARD = [
    "a *b* _c_",
    "`x` & <b>y</b>",
    "1. one",
    "# hash #",
    "[l](x) ![i](y)",
    "a {: .b }",
    "back\\slash",
    "\"q\" 'a'",
]


@pytest.mark.parametrize("title", AWKWARD)
def test_titles_are_shown_as_they_are(title: str) -> None:
    page = html(pages.deck_page(deck(slide(1, title), title=title)))

    shown = [re.sub(r"<[^>]+>", "", text) for text in re.findall(r"<h[12][^>]*>(.*?)</h[12]>", page)]
    escaped = title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert [f"Slides: {escaped}", escaped] == [text.replace("&quot;", '"') for text in shown]


@pytest.mark.parametrize("title", [*AWKWARD, "a\nb: c"])
def test_titles_cannot_break_the_front_matter(title: str) -> None:
    line = pages.deck_page(deck(slide(1, "x"), title=title)).splitlines()[1]

    assert line.startswith("title: ")
    assert f"Slides: {' '.join(title.split())}" == json.loads(line.removeprefix("title: "))


def test_notes_are_markdown_and_their_html_is_shown() -> None:
    note = "**Say:** <script>alert(1)</script>\n\n- one\n- two\n\n| a |\n|---|\n| b |"

    page = html(pages.notes_page(deck(slide(1, "One", notes=(note, "and more"))), links={}))

    assert "<strong>Say:</strong> &lt;script&gt;" in page
    assert "<li>one</li>" in page
    assert "<td>b</td>" in page
    assert "<p>and more</p>" in page


def test_minutes_and_start_times_add_up() -> None:
    slides = [slide(n, f"Slide {n}", minutes=minutes) for n, minutes in enumerate([1, 2.5, 1], 1)]

    page = pages.notes_page(deck(*slides), links={})

    assert "(3 slides, 4.5 minutes)" in page
    assert ["0:00", "1:00", "3:30"] == re.findall(r"starts at (\d+:\d+)", page)
    assert "Slide 1 of 3 · 1 minute · " in page


def test_a_deck_without_minutes_names_none() -> None:
    assert "minute" not in pages.notes_page(deck(slide(1, "x", notes=("n",))), links={}).split("\n", 5)[5]


def test_a_deck_without_notes_offers_none() -> None:
    page = pages.deck_page(deck(slide(1, "x"), slide(2, "y", notes=("",))))

    assert "facilitate/" not in page
    assert "notes.md" not in page
    assert "slides.pdf" in page


def test_names_become_addresses() -> None:
    page = pages.deck_list([deck(slide(1, "x"), name="größer & <besser>")])

    assert "href='gr%C3%B6%C3%9Fer%20%26%20%3Cbesser%3E/'" in page


def test_the_notes_file_keeps_the_notes_as_written() -> None:
    note = "**Aim:** x\n\n    code"

    text = pages.notes_file(deck(slide(1, "One", notes=(note, "two"), minutes=2), slide(2, "")))

    assert f"# A talk\n\n## 1. One (2 minutes)\n\n{note}\n\ntwo\n\n## 2. Slide without a heading\n" == text


def test_links_in_notes_lead_where_they_lead_on_the_slide() -> None:
    links = {"docs/resources.md": "../../resources/"}
    note = "[a](../../docs/resources.md#x) [b](#2) [c](slides.pdf) [d](https://x.example/) ![picture](a.png)"

    page = pages.notes_page(deck(slide(1, "One", notes=(note,))), links=links)

    found = re.findall(r'<a href="([^"]*)">', page)
    folder = "../../decks/talk/"
    assert ["../../resources/#x", f"{folder}slides.html#2", f"{folder}slides.pdf", "https://x.example/"] == found
    assert "[picture]" in page
