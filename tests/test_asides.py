"""What a PDF says beside what it shows: descriptions of links and backgrounds, and notes."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from pipeline import artifacts, asides, decks, pdf
from pipeline.artifacts import Made
from pipeline.deck import Link
from pipeline.toolchain import Tools
from tests.conftest import FIXTURES

DECK = """---
marp: true
theme: default
title: Titel
description: Beschreibung
author: "Jane\\vDoe"
keywords: eins, zwei
lang: de
header: "[Head](https://same.example/)"
---

# One

A [described link](https://a.example/x), <https://bare.example/>, [the same](https://same.example/), [zwei](#2),
[odd](HTTPS://Odd.Example) and
[so many words that they cannot all stand on one line of this slide, wherever the first of them may stand and
whatever the letters are](https://wrap.example/).

[![A picture w:50](shape.svg) of it](https://picture.example/) [![w:50](shape.svg)](https://mute.example/)

<!--
**Say** it *twice*, [there](https://note.example/):

- now
- 4 < 5 – später 🎉
-->
<!-- And go on. -->

---

![bg right A box](shape.svg) ![bg](shape.svg)

# Two

![A figure](shape.svg) and $E = mc^2$

---

[first](https://first.example/)

<details>
<summary>More</summary>
<a href="https://hidden.example/">hidden</a>
</details>

[last](https://last.example/)

<!-- -->

---

<!-- _header: "" -->
<!-- _backgroundColor: transparent -->
<!-- blank -->
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, tools: Tools) -> Made:
    path = tmp_path_factory.mktemp("deck") / "deck.md"
    path.write_text(DECK, encoding="utf-8")
    shutil.copy(FIXTURES / "decks/images/shape.svg", path.parent)
    [result], _ = artifacts.make([decks.open_file(path, "talk")], tools=tools, lang="en", links={}, base="")
    return result


@pytest.fixture
def document(made: Made) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(io.BytesIO(made.pdf)) as opened:
        yield opened


def signs(page: pikepdf.Page, kind: pikepdf.Name) -> list[Any]:
    found = page.obj.get("/Annots")
    return [] if found is None else [each for each in found.as_list() if each.Subtype == kind]


def elements(parent: Any) -> Iterator[Any]:
    kids = parent.get("/K", pikepdf.Array())
    for kid in kids.as_list() if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary):
            yield kid
            yield from elements(kid)


def test_each_link_says_what_it_is(document: pikepdf.Pdf) -> None:
    found = [
        (str(link.A.URI) if "/A" in link else str(link.Dest), str(link.Contents))
        for link in signs(document.pages[0], pikepdf.Name.Link)
    ]

    long = (
        "so many words that they cannot all stand on one line of this slide, wherever the first of them may stand and "
        "whatever the letters are"
    )
    assert {
        ("https://a.example/x", "described link"),
        ("https://bare.example/", "https://bare.example/"),
        ("https://same.example/", "Head"),
        ("https://same.example/", "the same"),
        ("/2", "zwei"),
        ("https://odd.example/", "odd"),
        ("https://wrap.example/", long),
        ("https://picture.example/", "of it A picture"),
        ("https://mute.example/", "https://mute.example/"),
    } == set(found)
    assert 2 <= found.count(("https://wrap.example/", long))


def test_a_link_in_a_formula_says_where_it_leads(tmp_path: Path, tools: Tools) -> None:
    (tmp_path / "deck.md").write_text("# Head\n\nWords, $\\href{https://tex.example/}{x}$\n", encoding="utf-8")
    [made], _ = artifacts.make(
        [decks.open_file(tmp_path / "deck.md", "talk")], tools=tools, lang="en", links={}, base=""
    )

    with pikepdf.open(io.BytesIO(made.pdf)) as document:
        [link] = signs(document.pages[0], pikepdf.Name.Link)
        assert ("https://tex.example/", "https://tex.example/") == (str(link.A.URI), str(link.Contents))


def test_links_to_keys_lead_to_their_slides(tmp_path: Path, tools: Tools) -> None:
    (tmp_path / "deck.md").write_text(KEYS, encoding="utf-8")
    [made], problems = artifacts.make(
        [decks.open_file(tmp_path / "deck.md", "talk")], tools=tools, lang="en", links={}, base=""
    )

    assert [] == problems
    plan = ("To the plan", "", 2)
    found = [sorted((area.text, area.address, area.page) for area in page.areas) for page in asides.read(made.pdf)]
    assert [[plan, ("its old name", "", 2), ("the words", "", 3)], [plan], [plan]] == found
    assert ["#agenda", "#more-words", "#plan"] == [link.href for link in made.deck.slides[0].links][1:]
    assert '<a href="slides.html#agenda">its old name</a>' in made.deck.slides[0].body


KEYS = """---
footer: '[To the plan](#plan)'
---

# One

<details><summary>More</summary>

[hidden](https://hidden.example/)

</details>

[its old name](#agenda) and [the words](#more-words)

---

<!-- _slideKey: plan agenda -->

# Two

---

# More *words*
"""


def test_a_link_that_is_not_printed_does_not_shift_the_words_of_others(document: pikepdf.Pdf) -> None:
    found = [(str(link.A.URI), str(link.Contents)) for link in signs(document.pages[2], pikepdf.Name.Link)]

    assert [
        ("https://first.example/", "first"),
        ("https://last.example/", "last"),
        ("https://same.example/", "Head"),
    ] == sorted(found)


def test_the_structure_is_as_the_browser_made_it_but_for_the_notes(made: Made, document: pikepdf.Pdf) -> None:
    with pikepdf.open(io.BytesIO(made.rendered.pdf)) as printed:
        before = [each.get("/S") for each in elements(printed.Root.StructTreeRoot) if "/S" in each]
    after = [each.get("/S") for each in elements(document.Root.StructTreeRoot) if "/S" in each]

    after = [each for each in after if each != pikepdf.Name.Annot]
    decorative = [place for place, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
    assert ["/Figure"] == [str(before[place]) for place in decorative]
    parents = pikepdf.NumberTree(document.Root.StructTreeRoot.ParentTree)
    for page in document.pages:
        for kind, tag in ((pikepdf.Name.Link, "/Link"), (pikepdf.Name.Text, "/Annot")):
            for annotation in signs(page, kind):
                parent = parents[int(annotation.StructParent)]
                assert tag == parent.S
                assert annotation.objgen in [kid.Obj.objgen for kid in elements(parent) if "/Obj" in kid]


def test_pictures_behind_a_slide_have_their_words_or_are_decoration(document: pikepdf.Pdf) -> None:
    figures = [each for each in elements(document.Root.StructTreeRoot) if each.get("/S") == pikepdf.Name.Figure]

    assert ["A picture", "A box", "A figure"] == [str(each.Alt) for each in figures if "/Alt" in each]
    assert 1 == len([each for each in figures if "/Alt" not in each])  # the formula


def test_pictures_that_a_browser_prints_as_one_have_their_words(tmp_path: Path, tools: Tools) -> None:
    shutil.copy(FIXTURES / "decks/images/shape.svg", tmp_path)
    text = "# One\n\n![bg left:33% A box](shape.svg)\n![bg vertical blur:2px Another](shape.svg)\n"
    (tmp_path / "deck.md").write_text(text, encoding="utf-8")
    [made], _ = artifacts.make(
        [decks.open_file(tmp_path / "deck.md", "talk")], tools=tools, lang="en", links={}, base=""
    )

    with pikepdf.open(io.BytesIO(made.pdf)) as document:
        figures = [each for each in elements(document.Root.StructTreeRoot) if each.get("/S") == pikepdf.Name.Figure]
        assert ["A box; Another"] == [str(each.Alt) for each in figures]
        assert [] == list(asides.unsaid(document, made.deck.slides))


def test_notes_are_on_their_page_in_plain_words(document: pikepdf.Pdf) -> None:
    first, second, third, _ = (signs(page, pikepdf.Name.Text) for page in document.pages)

    [note] = first
    assert [] == second == third
    said = "Say it twice, there (https://note.example/):\n• now\n• 4 < 5 – später 🎉\n\nAnd go on."
    assert said == str(note.Contents)
    assert "Notes" == str(note["/T"])


def test_notes_are_small_in_a_corner_and_not_printed(document: pikepdf.Pdf) -> None:
    [note] = signs(document.pages[0], pikepdf.Name.Text)

    left, bottom, right, top = (float(number) for number in note.Rect.as_list())
    assert 0 <= left < right <= 22  # Marp's own themes write from here on
    assert 0 <= bottom < top <= 22
    assert not int(note.F) & 4
    assert str(document.docinfo.ModDate) == str(note.M) == str(note.CreationDate)


def test_pictures_do_not_show_the_signs_of_notes(made: Made) -> None:
    without = pdf.finish(made.rendered.pdf, title="", address="", time=0)

    pictures = zip(pdf.pictures(made.pdf), pdf.pictures(without), strict=True)
    assert [True] * 4 == [one.tobytes() == other.tobytes() for one, other in pictures]
    assert pdf.texts(made.pdf) == pdf.texts(without)


def test_metadata_says_title_language_and_date(document: pikepdf.Pdf) -> None:
    metadata = document.open_metadata()

    assert "Titel" == metadata["dc:title"]
    assert "Beschreibung" == metadata["dc:description"]
    assert {"de"} == metadata["dc:language"]
    assert (["JaneDoe"], "eins; zwei") == (metadata["dc:creator"], metadata["pdf:Keywords"])
    date = "".join(letter for letter in metadata["xmp:ModifyDate"] if letter.isdigit())[:14]
    assert f"D:{date}Z" == str(document.docinfo.ModDate)


def test_the_same_deck_gives_the_same_bytes(made: Made) -> None:
    again = [pdf.finish(made.rendered.pdf, title="T", address="", time=5, slides=made.deck.slides) for _ in range(2)]

    assert again[0] == again[1]


def test_a_title_with_characters_that_xml_does_not_allow_is_kept_without_them(made: Made) -> None:
    finished = pdf.finish(made.rendered.pdf, title="A\x0bB\x00\ufffe", address="", time=5)

    with pikepdf.open(io.BytesIO(finished)) as document, document.open_metadata() as metadata:
        assert "AB" == metadata["dc:title"]


def test_slides_without_a_page_and_pages_without_a_slide_are_left_alone(made: Made) -> None:
    first, *_ = made.deck.slides
    many = [replace(first, number=number) for number in range(1, 10)]

    for slides in ([], [first], many):
        finished = pdf.finish(made.rendered.pdf, title="", address="", time=0, slides=slides)
        with pikepdf.open(io.BytesIO(finished)) as document:
            assert 4 == len(document.pages)
            noted = [len(signs(page, pikepdf.Name.Text)) for page in document.pages]
        assert [1] * min(len(slides), 4) + [0] * (4 - min(len(slides), 4)) == noted


def test_a_pdf_without_tags_gets_its_notes_too(made: Made) -> None:
    with pikepdf.open(io.BytesIO(made.rendered.pdf)) as document:
        del document.Root.StructTreeRoot
        document.save(plain := io.BytesIO())

    finished = pdf.finish(plain.getvalue(), title="", address="", time=0, slides=made.deck.slides)

    with pikepdf.open(io.BytesIO(finished)) as document:
        assert 1 == len(signs(document.pages[0], pikepdf.Name.Text))


def test_links_are_found_with_their_places(made: Made) -> None:
    first, second, *_ = asides.read(made.pdf)

    assert (960, 540) == (first.width, first.height)
    places = {area.text: area for area in first.areas}
    assert ("", 2) == (places["zwei"].address, places["zwei"].page)
    assert ("https://a.example/x", 0) == (places["described link"].address, places["described link"].page)
    for area in first.areas:
        left, bottom, right, top = area.place
        assert 0 <= left < right <= 960
        assert bottom < top <= 540
    assert ["Head"] == [area.text for area in second.areas]


@pytest.mark.parametrize(
    ("href", "address", "leads"),
    [
        ("map.pdf", "https://a.example/decks/x/map.pdf", True),
        ("map.pdf", "https://a.example/decks/x/roadmap.pdf", False),
        ("../map.pdf", "https://a.example/decks/map.pdf", True),
        ("https://a.example", "https://a.example/", True),
        ("https://a.example/b", "https://c.example/https://a.example/b", False),
        ("../", "https://a.example/decks/", False),
        ("#plan", "https://a.example/decks/x/slides.html#plan", True),
    ],
)
def test_an_address_is_known_by_its_whole_end(href: str, address: str, leads: bool) -> None:
    assert leads == asides._leads_to(Link(href, 1, ""), address)
