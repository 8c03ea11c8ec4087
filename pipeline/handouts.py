"""Decks on paper: handouts, the slides with their notes and room to write; and cue cards, the notes alone.

One HTML document holds everything; the class of its body says which of the layouts in handouts.css it is printed in.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

import pikepdf
from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline import labels, notes, pages, policy
from pipeline.deck import Deck, Slide
from pipeline.marp import NOWHERE

_STYLE = Path(__file__).with_suffix(".css")

_HANDOUTS = {"handout.pdf": "one", "handout-2.pdf": "two", "handout-3.pdf": "three"}
_CARDS = {"cue-cards.pdf": "cards"}
NAMES = (*_HANDOUTS, *_CARDS)
"""Every file that is printed of a deck; cue cards only where it has notes."""

_HEADINGS = "h1, h2, h3, h4, h5, h6, marp-h1, marp-h2, marp-h3, marp-h4, marp-h5, marp-h6"


def layouts(deck: Deck) -> dict[str, str]:
    """The class of each layout by the name of its file; without notes there is nothing to put on cards."""
    return {**_HANDOUTS, **_CARDS} if pages.has_notes(deck) else _HANDOUTS


def title(deck: Deck, name: str) -> str:
    """The title of the printed document `name`."""
    words = labels.of(deck.lang)
    return f"{deck.title or deck.name}: {words.cards if name in _CARDS else words.handout}"


def heading(slide: Slide, lang: str) -> str:
    """What a slide of a deck in `lang` is called on paper and in the outlines."""
    return f"{slide.number}. {slide.title}" if slide.title else f"{labels.of(lang).slide} {slide.number}"


def words(slide: Slide, name: str) -> str:
    """What the printed document `name` shows of a slide."""
    shown = "" if name in _CARDS else slide.text
    return " ".join([slide.title, shown, *map(notes.as_text, slide.notes)])


def document(deck: Deck, bare: str, *, links: Mapping[str, str]) -> str:
    """The document to print, made of Marp's `bare` HTML and the notes. `links` is as for `notes.as_html`."""
    tree = LexborHTMLParser(bare)
    frames = tree.css("svg[data-marpit-svg]")
    # Not Marp's styles for the screen. Those of a theme reach nothing outside of a slide.
    styles = "".join(style.html or "" for style in tree.css("head > style:not([media])"))
    lines = "<i></i>" * 31
    body: list[str] = []
    for slide, frame, plan in zip(deck.slides, frames, _plans(deck), strict=True):
        said = "".join(
            f"<section class='note' dir='auto'>{_note(note, deck, links)}</section>"
            for note in slide.notes
            if note.strip()
        )
        body.append(
            f"<article style='--handout-ratio:{_ratio(frame)}'><div class='share'></div>"
            f"<header dir='auto'><h1>{escape(heading(slide, deck.lang))}</h1>{plan}</header>"
            f"<div class='slide'>{_below_ours(frame)}</div><div class='said'>{said}</div></article>"
        )
    return policy.seal_print(
        f"<!DOCTYPE html><html lang='{escape(deck.lang)}'><head><meta charset='utf-8'><base href='{NOWHERE}'>"
        f"{styles}<style>{_STYLE.read_text(encoding='utf-8')}{''.join(_page_rules(deck))}</style></head>"
        f"<body><div class='lines' aria-hidden='true'>{lines}</div>{''.join(body)}</body></html>",
        tree,
    )


def outline(pdf: bytes) -> list[tuple[str, int]]:
    """The outermost entries of the outlines: (title; page, counted from 1)."""
    with pikepdf.open(io.BytesIO(pdf)) as printed, printed.open_outline() as entries:
        numbers = {page.obj.objgen: number for number, page in enumerate(printed.pages, 1)}
        return [(entry.title, numbers[_page_of(entry)]) for entry in entries.root]


def _page_of(entry: pikepdf.OutlineItem) -> tuple[int, int]:
    place = entry.destination
    assert isinstance(place, pikepdf.Array)  # as browsers print it: a page and where to look on it
    return place[0].objgen


def _note(note: str, deck: Deck, links: Mapping[str, str]) -> str:
    html = notes.as_html(note, source=deck.source, folder="", links=links)
    html = re.sub(r"<h([1-6])>", lambda found: f"<h{found[1]} aria-level='{min(6, int(found[1]) + 1)}'>", html)
    html = re.sub(r'<a (href="([a-zA-Z][\da-zA-Z.+-]*:[^"]*)"[^>]*)>(?!\2</a>)', r"<a class='address' \1>", html)
    html = re.sub(r"<p>(<strong>[^<]*</strong></p>)", r"<p class='label'>\1", html)
    return html.replace("<p><strong>", "<p class='run-in'><strong>")


def _below_ours(frame: LexborNode) -> str:
    """A slide's HTML, its headings one level down, so that the one above the slide is the only one of the first."""
    for node in frame.css(_HEADINGS):
        node.attrs["aria-level"] = str(min(6, int((node.tag or "")[-1]) + 1))
    return frame.html or ""


def _ratio(frame: LexborNode) -> str:
    _, _, width, height = (float(number) for number in (frame.attributes["viewBox"] or "").split())
    return f"{width / height:.5f}"


def _plans(deck: Deck) -> Iterator[str]:
    """When each slide starts and ends, if the deck says how long its slides take."""
    words = labels.of(deck.lang)
    planned = any(slide.minutes is not None for slide in deck.slides)
    start = 0.0
    for slide in deck.slides:
        end = start + (slide.minutes or 0)
        facts = [f"{words.starts} {pages.clock(start)}"]
        if slide.minutes is not None:
            facts += [words.length(slide.minutes), f"{words.ends} {pages.clock(end)}"]
        yield f"<p class='plan' lang='{words.lang}'>{', '.join(facts)}</p>" if planned else ""
        start = end


def _page_rules(deck: Deck) -> Iterator[str]:
    """The foot of every page, and the head of the cards on which a slide's notes go on, such as '5 (2) The meeting'.

    Each slide's cards are pages of a kind, which count themselves: downwards from -1, since a counter style can put
    words around numbers only if they are negative. There are two counters, by turns, and a slide's pages set the other
    one back: with a counter for each slide, browsers keep all of them for every page.
    """
    pages_of = _quoted(f" {labels.of(deck.lang).of} ")
    yield (
        f"@page {{ @bottom-left {{ content: {_quoted(_cut(deck.title or deck.name, 90))} }}"
        f" @bottom-right {{ content: counter(page) {pages_of} counter(pages) }} }}"
    )
    for slide in deck.slides:
        name, (mine, others) = f"card-{slide.number}", ("odd", "even") if slide.number % 2 else ("even", "odd")
        before, after = _quoted(f"{slide.number} ("), _quoted(f") {_cut(slide.title, 50)}")
        yield (
            f"@counter-style {name} {{ system: extends decimal; range: infinite -2; negative: {before} {after};"
            " fallback: first-card }"
            f"@page {name} {{ size: 148mm 210mm; margin: 17mm 14mm 20mm; counter-increment: {mine} -1;"
            f" counter-set: {others} 0; @top-left {{ content: counter({mine}, {name}) }} }}"
            f".cards article:nth-of-type({slide.number}) {{ page: {name} }}"
        )


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _quoted(text: str) -> str:
    """`text` as a string of CSS."""
    return '"' + re.sub(r"[^\w .,-]", lambda found: f"\\{ord(found[0]):x} ", text) + '"'
