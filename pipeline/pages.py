"""Turn decks into pages of the site: Markdown text, nothing else.

Words of an author that go into a page are HTML by then, so that no character of theirs is read as Markdown.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from pipeline import labels, notes
from pipeline.deck import Deck, Slide


@dataclass(frozen=True)
class Format:
    """A file of a deck that a reader may take away."""

    name: str
    """The file's name beside the deck's page."""
    label: str
    use: str
    """What it is good for, in one line."""


FORMATS = (
    Format("slides.pdf", "Slides as PDF", "One slide a page, to send, to print, or to show without a browser."),
    Format("slides.html", "Slides as one HTML file", "Save it, and it opens from disk with no network."),
    Format("slides.pptx", "Slides for PowerPoint", "Pictures of the slides, with the notes, where nothing else runs."),
    Format("handout.pdf", "Handout", "One slide a page, its notes, and lines to write on. A4, whole on Letter too."),
    Format("handout-2.pdf", "Handout, two slides a page", "The same on less paper."),
    Format("handout-3.pdf", "Handout, three slides a page", "Notes beside small slides, for the overview."),
    Format("cue-cards.pdf", "Cue cards", "The notes of this talk in large letters, with when each slide starts. A5."),
    Format("notes.md", "Notes as Markdown", "What to say on each slide, as text to make your own."),
    Format("deck.json", "Data as JSON", "Slides, keys, lines, minutes, notes and links, for programs."),
)
"""In the order in which a page offers them; only those that were made."""


def deck_list(decks: Sequence[Deck]) -> str:
    """The page that lists every deck: decks/index.md."""
    lines = [*head("Slides", "Every deck, to present, to print and to read.", "hide: [toc]"), ""]
    for deck in decks:
        title = deck.title or deck.name
        folder = f"{attribute(deck.name)}/"
        facts = " · ".join([count(len(deck.slides), "slide"), *_length(deck)])
        lines += [
            f"## {_heading(title, deck)}{_anchor(deck.name)}",
            "",
            "<figure class='slide slide--deck'>",
            f"<a href='{folder}'>{_picture(folder, 1, f'First slide of {title}')}</a>",
            "<figcaption>",
            f"<p class='slide__facts'>{facts}</p>",
            f"<p{_lang(deck)}>{escape(deck.description)}</p>" if deck.description else "",
            "<p class='slide__doors' data-search-exclude>"
            f"<a class='md-button md-button--primary' href='{folder}'>Read and download</a> "
            f"<a class='md-button' href='{folder}slides.html'>Present</a></p>",
            "</figcaption>",
            "</figure>",
            "",
        ]
    return join(lines)


def deck_page(deck: Deck, *, files: Mapping[str, int | None], source: str) -> str:
    """The page of one deck: pictures, words, downloads. Goes to decks/<deck>/index.md.

    `files` are the files that are made of it with their sizes in bytes, or None where `with_sizes` will say it;
    `source` is the text of the Markdown.
    """
    title = f"Slides: {deck.title or deck.name}"
    preview = [
        "og_image: og.png",
        f"og_image_alt: {_quoted(f'First slide of {deck.title or deck.name}')}",
        f"og_title: {_quoted(deck.title or deck.name)}",
    ]
    if locale := re.fullmatch(r"([a-z]{2,3})-([A-Z]{2})", deck.lang):
        preview.append(f"og_locale: {locale[1]}_{locale[2]}")
    lines = [*head(title, deck.description, *preview, "hide: [navigation]"), *_downloads(deck, files)]
    last_line = len(_source_lines(source))
    for slide in deck.slides:
        lines += _reading(slide, deck, last_line)
    return join(lines)


def source_page(deck: Deck, source: str) -> str:
    """The Markdown of a deck with an anchor on each line. Goes to decks/<deck>/source.md."""
    name = deck.title or deck.name
    text = "\n".join(_source_lines(source)).translate(_MARKDOWNS_OWN)
    text += "\n" if text.endswith("\n") else ""  # else a blank line at the end would be taken for the end of the last
    runs = [len(run) for run in re.findall("`+", text)]
    fence = "`" * max(3, 1 + max(runs, default=0))
    above = head(f"Source: {name}", f"The Markdown that {name} is made of.", "hide: [navigation, toc]", *_UNSEARCHED)
    return join(
        [
            *above,
            f"<p>Everything about this deck is made from <code>{escape(deck.source)}</code>. "
            "<a href='../'>Back to the deck</a></p>",
            "",
            f"{fence} {{ .md .source }}",
            text,
            fence,
        ]
    )


# Python-Markdown marks its own places with these.
_MARKDOWNS_OWN = {2: "\ufffd", 3: "\ufffd"}
_UNSEARCHED = ("search:", "  exclude: true")


def _source_lines(source: str) -> list[str]:
    """The lines as Marp counts them."""
    return re.split(r"\r\n|\r|\n", re.sub(r"(\r\n|\r|\n)\Z", "", source))


def notes_page(deck: Deck, *, links: Mapping[str, str]) -> str:
    """The facilitator notes of one deck, with pictures and minutes. Goes to facilitate/<deck>.md.

    `links` maps source files to their addresses as seen from a deck, which is as deep in the site as this page.
    """
    folder = f"../../decks/{attribute(deck.name)}/"
    facts = ", ".join([count(len(deck.slides), "slide"), *_length(deck)])
    lines = [
        *head(
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
        facts_here = [f"starts at {clock(start)}"] if _length(deck) else []
        start += slide.minutes or 0
        read = (notes.as_html(note, source=deck.source, folder=folder, links=links) for note in slide.notes)
        said = "".join(f"<div class='slide__note'{_lang(deck)}>{without_fences(note)}</div>" for note in read)
        lines += _slide(slide, deck, folder, facts_here, said or "<p>No notes for this slide.</p>")
    return join(lines)


def notes_file(deck: Deck, *, links: Mapping[str, str]) -> str:
    """The notes as one Markdown file to keep beside the slides: notes.md. `links` is as for `notes_page`."""
    words = labels.of(deck.lang)
    lines = [f"# {_as_words(deck.title or deck.name)}", ""]
    for slide in deck.slides:
        length = "" if slide.minutes is None else f" ({words.length(slide.minutes)})"
        lines += [f"## {slide.number}. {_as_words(slide.title or words.untitled)}{length}", ""]
        for note in slide.notes:
            lines += [notes.as_published(note, source=deck.source, links=links), ""]
    return notes.as_words(join(lines))


def _as_words(title: str) -> str:
    """A title as Markdown to read as it stands: unlike `literal`, it escapes only what would mean something."""
    marked = re.sub(r"[\\`*_\[\]#~]|&(?=[#\w]+;)", r"\\\g<0>", " ".join(title.split()))
    return marked.replace("<", "&lt;")


def head(title: str, description: str, *more: str) -> list[str]:
    """Front matter, with `more` lines of it, and the heading."""
    lines = ["---", f"title: {_quoted(title)}", *more]
    if description:
        lines.append(f"description: {_quoted(description)}")
    return [*lines, "---", "", f"# {literal(title)}", ""]


def _quoted(text: str) -> str:
    """`text` as a YAML string on one line. As HTML, since Material's templates escape nothing."""
    return in_yaml(escape(" ".join(text.split())))


def in_yaml(text: str) -> str:
    """`text` as a YAML string: a JSON string is one, but for characters that YAML wants written by their numbers."""
    said = json.dumps(text, ensure_ascii=False)
    return re.sub("[\x7f-\x84\x86-\x9f\ufffe\uffff]", lambda sign: f"\\u{ord(sign[0]):04x}", said)


def without_fences(html: str) -> str:
    """HTML to put into Markdown: what its code shows begins no code of the page, and its tabs stay tabs."""
    return re.sub("`{3,}|~{3,}|\t", lambda signs: f"&#{ord(signs[0][0])};" * len(signs[0]), html)


def literal(text: str) -> str:
    """`text` as Markdown that shows just these characters."""
    return re.sub(r"([\\`*_{}\[\]()>#+.!-])", r"\\\1", escape(" ".join(text.split()), quote=False))


def attribute(text: str) -> str:
    """`text` as part of an address in an HTML attribute."""
    return quote(text)


def _lang(deck: Deck) -> str:
    """The attributes of an element in the deck's language, which may be written from right to left."""
    return (f" lang='{escape(deck.lang)}'" if deck.lang else "") + " dir='auto'"


def _heading(title: str, deck: Deck) -> str:
    """A title in the deck's language, which need not be that of the page."""
    return f"<span{_lang(deck)}>{literal(title)}</span>"


def _slide_heading(slide: Slide, deck: Deck) -> str:
    words = _heading(slide.title, deck) if slide.title else f"Slide {slide.number}"
    return f"## {words}{_anchor(slide.key)}"


def _anchor(key: str) -> str:
    return f" {{ #{key} }}" if re.fullmatch(r"[a-zA-Z0-9][\w-]*", key) else ""


def slide_address(folder: str, slide: Slide) -> str:
    """Where a slide is presented; `folder` leads to the deck's files."""
    return f"{folder}slides.html#{quote(slide.key)}"


def _downloads(deck: Deck, files: Mapping[str, int | None]) -> Iterator[str]:
    if deck.description:
        yield f"<p class='lead'{_lang(deck)}>{escape(deck.description)}</p>"
        yield ""
    yield "<p class='ways' data-search-exclude>"
    yield "<a class='md-button md-button--primary' href='slides.html'>Present the slides</a>"
    if has_notes(deck):
        yield f"<a class='md-button' href='../../facilitate/{attribute(deck.name)}/'>Facilitator notes</a>"
    yield "<a class='md-button' href='source/'>Source</a>"
    yield "</p>"
    yield ""
    yield (
        "<p>In the slides, arrow keys move, <kbd>P</kbd> opens the presenter view, <kbd>F</kbd> fills the screen, "
        "<kbd>O</kbd> shows all slides, <kbd>D</kbd> makes it dark and <kbd>?</kbd> lists every key. With a screen "
        "reader, read this page instead: it has every slide's words.</p>"
    )
    yield ""
    offered = [form for form in FORMATS if form.name in files and (form.name != "notes.md" or has_notes(deck))]
    if offered:
        yield "## Downloads"
        yield ""
        yield "<ul class='downloads'>"
        yield from (_download(form, _size(files[form.name], form.name)) for form in offered)
        yield "</ul>"
        yield ""


def _download(form: Format, size: str) -> str:
    kind = posixpath.splitext(form.name)[1].removeprefix(".").upper()
    # A PDF opens in the browser, from where it can be saved too.
    save = "" if form.name.endswith(".pdf") else " download"
    return (
        f"<li><a href='{form.name}'{save}>{form.label}</a> "
        f"<span class='downloads__facts' data-search-exclude>{kind}, {size}</span> <span>{form.use}</span></li>"
    )


def with_sizes(text: str, sizes: Mapping[str, int]) -> str:
    """A page of a deck, as Markdown or HTML, with the sizes that were not known when it was made."""
    for name, count in sizes.items():
        text = text.replace(_size(None, name), _size(count, name))
    return text


def _size(count: int | None, name: str) -> str:
    if count is None:  # in its place, what nobody writes
        return f"size-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    if not count:  # in the preview, which does not make every file
        return "not built yet"
    return f"{max(1, round(count / 1000))} KB" if count < 999_500 else f"{count / 1e6:.1f} MB"


def has_notes(deck: Deck) -> bool:
    """Whether there is anything to put on a facilitator page."""
    return any(note.strip() for slide in deck.slides for note in slide.notes)


def _reading(slide: Slide, deck: Deck, last_line: int) -> list[str]:
    """One slide to read: a small picture that leads to the slide, and the words."""
    title = slide.title or f"Slide {slide.number}"
    place = f"{posixpath.basename(deck.source)}, line {slide.line}"
    anchor = f"#__span-0-{slide.line}" if slide.line <= last_line else ""
    body = without_fences(slide.body) or "<p>This slide has no words.</p>"
    address = slide_address("", slide)
    number = f"<a href='{address}'>Slide {slide.number} of {len(deck.slides)}</a>"
    return [
        _slide_heading(slide, deck),
        "",
        "<div class='reading'>",
        f"<div class='slide__text'{_lang(deck)}>{body}</div>",
        "<figure class='slide' data-search-exclude>",
        # The same link again, for those who see the picture.
        f"<a href='{address}' tabindex='-1' aria-hidden='true'>"
        f"{_picture('', slide.number, f'Slide {slide.number}: {title}')}</a>",
        "<figcaption>",
        f"<p class='slide__facts'>{' · '.join([number, *_minutes(slide)])}</p>",
        f"<p class='slide__facts'><a href='source/{anchor}'>{escape(place)}</a></p>",
        "</figcaption>",
        "</figure>",
        "</div>",
        "",
    ]


def _slide(slide: Slide, deck: Deck, folder: str, facts: Sequence[str], words: str) -> list[str]:
    """One slide with what is said about it; `folder` leads from the page to the deck's files."""
    facts = [f"Slide {slide.number} of {len(deck.slides)}", *_minutes(slide), *facts]
    title = slide.title or f"Slide {slide.number}"
    picture = _picture(folder, slide.number, f"Slide {slide.number}: {title}")
    return [
        _slide_heading(slide, deck),
        "",
        "<figure class='slide'>",
        f"<a href='{slide_address(folder, slide)}' aria-label='{escape(f'Present slide {slide.number}: {title}')}'>"
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
    return [] if slide.minutes is None else [count(slide.minutes, "minute")]


def _length(deck: Deck) -> list[str]:
    minutes = [slide.minutes for slide in deck.slides if slide.minutes is not None]
    return [count(sum(minutes), "minute")] if minutes else []


def count(number: float, noun: str) -> str:
    return f"{number:g} {noun}{'' if number == 1 else 's'}"


def clock(minutes: float) -> str:
    """The time since the start, as hours and minutes: 1:05 is an hour and five minutes; seconds where there are any."""
    seconds = round(minutes * 60)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}" + (f":{seconds % 60:02}" if seconds % 60 else "")


def join(lines: Sequence[str]) -> str:
    return "\n".join(lines).rstrip() + "\n"
