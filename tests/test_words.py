"""Both decks keep every word of the seed, slide by slide; what may differ stands in fixtures/seed/differences.yml."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import yaml
from markdown_it import MarkdownIt

from pipeline import deck, decks, marp
from pipeline.deck import Deck
from pipeline.toolchain import Tools
from tests.conftest import FIXTURES, ROOT

SEED = FIXTURES / "seed" / "post-mortem-culture.md"
DIFFERENCES = FIXTURES / "seed" / "differences.yml"


def read(path: str, tools: Tools) -> Deck:
    source = decks.open_file(ROOT / path, "deck")
    [rendered] = marp.render([source], tools=tools, lang="en", links={}, formats=("html",))
    assert isinstance(rendered, marp.Rendered)
    return deck.read(rendered.html, name="deck", source=path)[0]


@pytest.fixture(scope="module")
def talk(tools: Tools) -> Deck:
    return read("slides/post-mortem-culture/deck.md", tools)


@pytest.fixture(scope="module")
def text_edition(tools: Tools) -> Deck:
    return read("slides/post-mortem-culture-text/deck.md", tools)


def plain(markdown: str) -> str:
    """The words of a piece of Markdown, one line a block or line break."""
    lines = [""]
    for block in MarkdownIt("commonmark").parse(markdown):
        for token in block.children or ():
            if token.type in ("softbreak", "hardbreak"):
                lines.append("")
            lines[-1] += token.content
        lines.append("")
    return "\n".join(lines)


def seed_sentences() -> list[list[str]]:
    """The seed's sentences and headings, one list a slide, with the permitted differences applied."""
    source = SEED.read_text(encoding="utf-8")
    for difference in yaml.safe_load(DIFFERENCES.read_text(encoding="utf-8")):
        assert difference["reason"].strip()
        assert difference["seed"] in source
        source = source.replace(difference["seed"], difference["deck"])
    _, _, body = source.split("---\n", 2)
    found = []
    for slide in body.split("\n---\n"):
        lines = [line.strip() for line in plain(slide).splitlines()]
        found.append([s for line in lines for s in re.split(r"(?:(?<=[.?!])|(?<=[.?!]\"))\s+(?=[A-Z\"])", line) if s])
    return found


def lost(sentences: list[list[str]], held: list[str]) -> list[str]:
    return [
        sentence
        for wanted, words in zip(sentences, held, strict=True)
        for sentence in wanted
        if sentence not in " ".join(words.split())
    ]


def said(read_deck: Deck) -> list[str]:
    """What each slide of a deck shows or its presenter says."""
    return [f"{slide.text} {plain(chr(10) * 2 + (chr(10) * 2).join(slide.notes))}" for slide in read_deck.slides]


def test_the_seed_has_nine_slides_and_about_fifty_sentences() -> None:
    sentences = seed_sentences()

    assert 9 == len(sentences)
    assert 50 <= sum(map(len, sentences)) <= 60


def test_the_talk_loses_no_sentence(talk: Deck) -> None:
    assert [] == lost(seed_sentences(), said(talk))


def test_the_text_edition_shows_every_sentence_on_its_slide(text_edition: Deck) -> None:
    assert [] == lost(seed_sentences(), [slide.text for slide in text_edition.slides])


def test_both_decks_keep_the_headings_and_their_order(talk: Deck, text_edition: Deck) -> None:
    headings = [sentences[0] for sentences in seed_sentences()]

    assert headings == [slide.title for slide in talk.slides]
    assert headings == [slide.title for slide in text_edition.slides]


def test_a_lost_sentence_is_found(talk: Deck) -> None:
    sentence = "We look for process gaps, not villains."
    slides = [
        replace(
            slide,
            text=slide.text.replace(sentence, ""),
            notes=tuple(note.replace(sentence, "") for note in slide.notes),
        )
        for slide in talk.slides
    ]

    assert [sentence] == lost(seed_sentences(), said(replace(talk, slides=tuple(slides))))


def test_a_sentence_on_another_slide_counts_as_lost(talk: Deck) -> None:
    first, *others = talk.slides

    assert lost(seed_sentences(), said(replace(talk, slides=(*others, first))))
