"""What a deck itself lacks: words for its images, and minutes for its notes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import artifacts, checks, deck, decks, marp, notes
from pipeline.problems import Problem, lines_of
from pipeline.toolchain import Tools
from tests.conftest import not_printed

PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAUEBAAAACwAAAAAAQABAAACAkQBADs="
WORDS = "word " * 170

DECK = f"""---
header: '![]({PIXEL}#logo)'
backgroundImage: url(paper.png)
---
# A

![](first.png)
![A tree](second.png)

![bg](third.png) ![bg left A hill](fourth.png)

<img src="fifth.png" alt=""> ![bg](#123456)

---
<!-- _slideMinutes: 1 -->

# B

![w:300]({PIXEL})

<!--
{WORDS}
-->

---
<!-- _slideMinutes: 2 -->

# C

<!-- {WORDS} -->

---

# D

<!-- {WORDS * 9} -->

[lost](#slide-5) [there](#b) [by number](#5) [dead](#nowhere)

---

No heading
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, tools: Tools) -> list[Problem]:
    path = tmp_path_factory.mktemp("deck") / "deck.md"
    path.write_text(DECK, encoding="utf-8")
    source = decks.Source("talk", path, path.parent, "deck.md", DECK)
    [rendered] = marp.render([source], tools=tools, lang="en", links={}, formats=("html",))
    assert isinstance(rendered, marp.Rendered)
    read, _ = deck.read(rendered.html, name="talk", source="deck.md")
    return list(checks.deck_problems(artifacts.Made(source, read, rendered, b"", rendered.html, "")))


def line_of(text: str) -> int:
    return DECK[: DECK.index(text)].count("\n") + 1


def test_every_image_without_words_is_named_and_that_of_a_header_once(found: list[Problem]) -> None:
    messages = [(problem.line, problem.message) for problem in found if problem.rule == "alt-missing"]

    source = "the image in the source has no text alternative; write ![what it shows](data:…)"
    assert sorted(messages) == [
        (2, f"slide 1: {source}"),
        (7, "slide 1: image 'first.png' has no text alternative; write ![what it shows](first.png)"),
        (10, "slide 1: image 'third.png' has no text alternative; write ![bg what it shows](third.png)"),
        (line_of("![w:300]"), f"slide 2: {source}"),
    ]


def test_a_link_that_only_the_decks_script_can_follow_is_named(found: list[Problem]) -> None:
    messages = [(problem.line, problem.message) for problem in found if problem.rule == "link-dead"]

    lost = "slide 4: '#slide-5' leads nowhere in PDF and PowerPoint; give that slide a '_slideKey' and link to that"
    assert [(line_of("[lost]"), lost)] == messages


def test_decoration_is_found_in_one_pass() -> None:
    tags = """<img src="a.png" alt=""> <img alt="" title="a > b < c" src='b.png'> <img src="c.png" alt="c">"""

    assert ["a.png", "b.png"] == list(checks._decoration("<img " * 200_000 + tags))


def test_lines_are_those_of_markdown() -> None:
    assert ["a\u2028b\x0cc\x85d", "e", "f", "g", ""] == lines_of("a\u2028b\x0cc\x85d\ne\r\nf\rg\n")


def test_notes_that_take_longer_than_their_slide_are_named(found: list[Problem]) -> None:
    [problem] = [problem for problem in found if problem.rule == "note-long"]

    assert line_of(WORDS) == problem.line
    assert "slide 2: the notes have 170 words to say, which take 1.1 minutes at 160 a minute, and the slide has 1" in (
        problem.message
    )


@pytest.mark.parametrize(
    ("given", "spoken"),
    [
        (["One two. Three — four"], 4),
        (["Run `make all` now\n\n```\nnot spoken\n```\n"], 2),
        (["See [the page](https://a.example/b) or <https://a.example/>"], 4),
        (["- a\n- b\n\n1. c"], 3),
        (["One", "two three"], 3),
        (["**Aim:** not said\n\n**Say:** one two\n\nthree\n\n**Watch for:** no\n\n**Ask:** four?"], 4),
        (["**Say:** one\n\n*If they are late:* not said", "**The text, to read out instead:**\n\nnot said"], 1),
        (["**Important:** one two"], 2),
        (["**Say** it loud"], 3),
        (["**Objetivo:** no\n\n**Decir:** uno dos\n\n**Preguntar:** ¿tres?\n\n**Transición:** cuatro"], 4),
    ],
)
def test_only_what_is_there_to_be_spoken_counts(given: list[str], spoken: int) -> None:
    assert spoken == len(notes.spoken(given))


@pytest.mark.parametrize("name", ["post-mortem-culture", "post-mortem-culture-es"])
def test_the_talks_notes_can_be_spoken_in_time(name: str, site: Path) -> None:
    html = (site / f"decks/{name}/slides.html").read_text(encoding="utf-8")
    read, _ = deck.read(html, name="talk", source="deck.md")

    for slide in read.slides:
        assert slide.minutes
        assert 30 < len(notes.spoken(slide.notes)) <= slide.minutes * checks.WORDS_A_MINUTE


def test_a_link_of_a_note_is_told_at_its_line(tmp_path: Path, tools: Tools) -> None:
    shown = '[All](../) and [a map](map.pdf) <a href="https://[x">x</a>'
    text = f"# A\n\n{shown}\n\n<!--\n[x](gone.md), [y](roadmap.pdf)\n-->\n"
    source = decks.Source("deck", tmp_path / "deck.md", tmp_path, "deck.md", text)
    [rendered] = marp.render([source], tools=tools, lang="en", links={}, formats=("html",))
    assert isinstance(rendered, marp.Rendered)
    made = replace(not_printed(source, rendered)[0], address="https://a.example/decks/deck/")
    known = checks._lines_of_links(made)

    lines = {
        name: checks._line_of_link(made, made.address + name, known) for name in ("gone.md", "roadmap.pdf", "map.pdf")
    }

    assert {"gone.md": 6, "roadmap.pdf": 6, "map.pdf": 3} == lines
    assert 3 == checks._line_of_link(made, "https://a.example/decks/", known)
    assert 0 == checks._line_of_link(made, "https://[y", known)
