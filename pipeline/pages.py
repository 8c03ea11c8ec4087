"""Turn decks into pages of the site: Markdown text, nothing else.

Words of an author that go into a page are HTML by then, so that no character of theirs is read as Markdown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from urllib.parse import quote

from pipeline import notes
from pipeline.deck import Deck, Slide


def deck_list(decks: Sequence[Deck]) -> str:
    """The page that lists every deck: decks/index.md."""
    lines = [*_head("Slides", "Every deck, to present, to print and to read."), ""]
    for deck in decks:
        title = deck.title or deck.name
        folder = f"{_attribute(deck.name)}/"
        facts = " · ".join([_count(len(deck.slides), "slide"), *_length(deck)])
        lines += [
            f"## {_literal(title)}{_anchor(deck.name)}",
            "",
            "<figure class='slide'>",
            f"<a href='{folder}'>{_picture(folder, 1, f'First slide of {title}')}</a>",
            "<figcaption>",
            f"<p class='slide__facts'>{facts}</p>",
            f"<p>{escape(deck.description)}</p>" if deck.description else "",
            f"<p><a href='{folder}'>Pictures, words and downloads</a></p>",
            f"<p><a href='{folder}slides.html'>Present the slides</a></p>",
            "</figcaption>",
            "</figure>",
            "",
        ]
    return _join(lines)


def deck_page(deck: Deck) -> str:
    """The page of one deck: pictures, words, downloads. Goes to decks/<deck>/index.md."""
    title = f"Slides: {deck.title or deck.name}"
    lines = [*_head(title, deck.description, og_image="og.png"), *_downloads(deck)]
    for slide in deck.slides:
        body = slide.body or "<p>This slide has no words.</p>"
        lines += _slide(slide, len(deck.slides), "", [], f"<div class='slide__text'>{body}</div>")
    return _join(lines)


def notes_page(deck: Deck, *, links: Mapping[str, str]) -> str:
    """The facilitator notes of one deck, with pictures and minutes. Goes to facilitate/<deck>.md.

    `links` maps source files to their addresses as seen from a deck, which is as deep in the site as this page.
    """
    folder = f"../../decks/{_attribute(deck.name)}/"
    facts = ", ".join([_count(len(deck.slides), "slide"), *_length(deck)])
    lines = [
        *_head(
            f"Facilitator notes: {deck.title or deck.name}",
            "What to say on each slide, with pictures and minutes.",
        ),
        "",
        f"<p>What to say on each slide ({facts}), made from the presenter notes of the deck. "
        f"The <a href='{folder}slides.html'>slides</a> show the same notes in the presenter view: "
        "press <kbd>P</kbd>.</p>",
        "",
    ]
    start = 0.0
    for slide in deck.slides:
        facts_here = [f"starts at {_clock(start)}"] if _length(deck) else []
        start += slide.minutes or 0
        said = "".join(
            f"<div class='slide__note'>{notes.as_html(note, source=deck.source, folder=folder, links=links)}</div>"
            for note in slide.notes
        )
        lines += _slide(slide, len(deck.slides), folder, facts_here, said or "<p>No notes for this slide.</p>")
    return _join(lines)


def notes_file(deck: Deck) -> str:
    """The notes as one Markdown file to keep beside the slides: notes.md."""
    lines = [f"# {deck.title or deck.name}", ""]
    for slide in deck.slides:
        facts = "".join(f" ({fact})" for fact in _minutes(slide))
        lines += [f"## {slide.number}. {slide.title or 'Slide without a heading'}{facts}", ""]
        lines += [part for note in slide.notes for part in (note, "")]
    return _join(lines)


def _head(title: str, description: str, *, og_image: str = "") -> list[str]:
    lines = ["---", f"title: {_quoted(title)}"]
    if og_image:
        lines.append(f"og_image: {og_image}")
    if description:
        lines.append(f"description: {_quoted(description)}")
    return [*lines, "---", "", f"# {_literal(title)}", ""]


def _quoted(text: str) -> str:
    """`text` as a YAML string on one line: a JSON string is one."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False)


def _literal(text: str) -> str:
    """`text` as Markdown that shows just these characters."""
    return re.sub(r"([\\`*_{}\[\]()>#+.!-])", r"\\\1", escape(" ".join(text.split()), quote=False))


def _attribute(text: str) -> str:
    """`text` as part of an address in an HTML attribute."""
    return quote(text)


def _anchor(key: str) -> str:
    return f" {{ #{key} }}" if re.fullmatch(r"[a-zA-Z0-9][\w-]*", key) else ""


def _downloads(deck: Deck) -> Iterator[str]:
    if deck.description:
        yield f"<p class='lead'>{escape(deck.description)}</p>"
        yield ""
    yield "<ul class='downloads'>"
    yield "<li><a href='slides.html'>Present the slides</a></li>"
    yield "<li><a href='slides.pdf'>Slides as PDF</a></li>"
    if has_notes(deck):
        yield f"<li><a href='../../facilitate/{_attribute(deck.name)}/'>Facilitator notes</a></li>"
        yield "<li><a href='notes.md' download>Notes as Markdown</a></li>"
    yield "<li><a href='deck.json' download>Data as JSON</a></li>"
    yield "</ul>"
    yield ""
    yield (
        "<p>In the slides, arrow keys move, <kbd>P</kbd> opens the presenter view, <kbd>F</kbd> fills the screen and "
        "<kbd>O</kbd> shows all slides. With a screen reader, read this page instead: it has every slide's words.</p>"
    )
    yield ""


def has_notes(deck: Deck) -> bool:
    """Whether there is anything to put on a facilitator page."""
    return any(note.strip() for slide in deck.slides for note in slide.notes)


def _slide(slide: Slide, total: int, folder: str, facts: Sequence[str], words: str) -> list[str]:
    """One slide with what is said about it; `folder` leads from the page to the deck's files."""
    facts = [f"Slide {slide.number} of {total}", *_minutes(slide), *facts]
    title = slide.title or f"Slide {slide.number}"
    picture = _picture(folder, slide.number, f"Slide {slide.number}: {title}")
    return [
        f"## {_literal(title)}{_anchor(slide.key)}",
        "",
        "<figure class='slide'>",
        f"<a href='{folder}slides.html#{slide.number}' aria-label='{escape(f'Present slide {slide.number}: {title}')}'>"
        f"{picture}</a>",
        "<figcaption>",
        f"<p class='slide__facts'>{' · '.join(facts)}</p>",
        words,
        "</figcaption>",
        "</figure>",
        "",
    ]


def _picture(folder: str, number: int, alt: str) -> str:
    source = f"{folder}thumbs/{number:02}.png"
    loading = "" if number == 1 else " loading='lazy'"  # the first is seen at once
    return f"<img src='{source}' width='1280' height='720'{loading} alt='{escape(alt)}'>"


def _minutes(slide: Slide) -> list[str]:
    return [] if slide.minutes is None else [_count(slide.minutes, "minute")]


def _length(deck: Deck) -> list[str]:
    minutes = [slide.minutes for slide in deck.slides if slide.minutes is not None]
    return [_count(sum(minutes), "minute")] if minutes else []


def _count(number: float, noun: str) -> str:
    return f"{number:g} {noun}{'' if number == 1 else 's'}"


def _clock(minutes: float) -> str:
    seconds = round(minutes * 60)
    return f"{seconds // 60}:{seconds % 60:02}"


def _join(lines: Sequence[str]) -> str:
    return "\n".join(lines).rstrip() + "\n"
