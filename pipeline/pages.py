"""Turn decks into pages of the site: Markdown text, nothing else.

Words of an author that go into a page are HTML by then, so that no character of theirs is read as Markdown.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from pipeline import notes
from pipeline.deck import Deck, Slide
from pipeline.sessions import SESSIONS, Exercise, RunSheets, Session, Step


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
    Format("cue-cards.pdf", "Cue cards", "The notes alone in large letters, with when each slide starts. A5."),
    Format("notes.md", "Notes as Markdown", "What to say on each slide, as text to make your own."),
    Format("deck.json", "Data as JSON", "Slides, keys, lines, minutes, notes and links, for programs."),
)
"""In the order in which a page offers them; only those that were made."""


def deck_list(decks: Sequence[Deck]) -> str:
    """The page that lists every deck: decks/index.md."""
    lines = [*_head("Slides", "Every deck, to present, to print and to read.", "hide: [toc]"), ""]
    for deck in decks:
        title = deck.title or deck.name
        folder = f"{_attribute(deck.name)}/"
        facts = " · ".join([_count(len(deck.slides), "slide"), *_length(deck)])
        lines += [
            f"## {_literal(title)}{_anchor(deck.name)}",
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
    return _join(lines)


def deck_page(deck: Deck, *, files: Mapping[str, int], source: str) -> str:
    """The page of one deck: pictures, words, downloads. Goes to decks/<deck>/index.md.

    `files` are the files that were made of it with their sizes in bytes; `source` is the text of the Markdown.
    """
    title = f"Slides: {deck.title or deck.name}"
    preview = [
        "og_image: og.png",
        f"og_image_alt: {_quoted(f'First slide of {deck.title or deck.name}')}",
        f"og_title: {_quoted(deck.title or deck.name)}",
    ]
    if locale := re.fullmatch(r"([a-z]{2,3})-([A-Z]{2})", deck.lang):
        preview.append(f"og_locale: {locale[1]}_{locale[2]}")
    lines = [*_head(title, deck.description, *preview, "hide: [navigation]"), *_downloads(deck, files)]
    last_line = len(_source_lines(source))
    for slide in deck.slides:
        lines += _reading(slide, deck, last_line)
    return _join(lines)


def source_page(deck: Deck, source: str) -> str:
    """The Markdown of a deck with an anchor on each line. Goes to decks/<deck>/source.md."""
    name = deck.title or deck.name
    text = "\n".join(_source_lines(source)).translate(_MARKDOWNS_OWN)
    text += "\n" if text.endswith("\n") else ""  # else a blank line at the end would be taken for the end of the last
    runs = [len(run) for run in re.findall("`+", text)]
    fence = "`" * max(3, 1 + max(runs, default=0))
    head = _head(f"Source: {name}", f"The Markdown that {name} is made of.", "hide: [navigation, toc]", *_UNSEARCHED)
    return _join(
        [
            *head,
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


def run_sheets_page(sheets: RunSheets, deck: Deck, *, links: Mapping[str, str]) -> str:
    """The run sheets and their exercises. Goes to facilitate/run-sheets.md; `links` is as for the notes."""
    words = _Words(f"../../decks/{_attribute(deck.name)}/", {**links, SESSIONS.as_posix(): ""})
    titles = {exercise.id: f"<a href='#{exercise.id}'>{escape(exercise.title)}</a>" for exercise in sheets.exercises}
    for slide in deck.slides:
        title = slide.title or f"Slide {slide.number}"
        titles[f"slide {slide.key}"] = (
            f"<a href='{words.folder}slides.html#{_slide_address(slide)}'>{escape(title)}</a>"
        )
    lengths = ", ".join(f"{session.minutes:g}" for session in sheets.sessions)
    lines = [
        *_head("Run sheets", f"What happens when, and what to cut when you are late: {lengths} minutes."),
        words.html(sheets.about),
        "",
        *_overview(sheets, words),
    ]
    for session in sheets.sessions:
        lines += _session(session, words, titles)
    lines += ["## The exercises { #exercises .sheet }", ""]
    for exercise in sheets.exercises:
        lines += _exercise(exercise, sheets, words)
    return _join(lines)


def _slide_address(slide: Slide) -> str:
    """What stands after `slides.html#`."""
    return str(slide.number)


@dataclass(frozen=True)
class _Words:
    """Makes HTML of the words in data/sessions.yml."""

    folder: str
    """Leads from the page to the deck's files."""
    links: Mapping[str, str]
    """Source files, and their addresses as seen from the page."""

    def html(self, text: str) -> str:
        return notes.as_html(text, source=SESSIONS.as_posix(), folder=self.folder, links=self.links).strip()

    def cell(self, label: str, text: str) -> str:
        """A table cell that says, where the table is too narrow for columns, which one it would be in."""
        return f"<td><span class='sheet__label'>{label}: </span>{self.html(text)}</td>"


def _overview(sheets: RunSheets, words: _Words) -> Iterator[str]:
    yield "<div class='sheet__table sheet__table--overview'>"
    yield from _table_head("Sheet", "For", "Group", "To prepare", "To print")
    for session in sheets.sessions:
        yield f"<tr><td><a href='#{session.id}'>{escape(session.title)}</a><br>{_count(session.minutes, 'minute')}</td>"
        yield words.cell("For", session.audience)
        yield words.cell("Group", session.group)
        yield words.cell("To prepare", session.prepare)
        yield f"{words.cell('To print', session.handouts)}</tr>"
    yield "</tbody></table></div>"
    yield ""


def _session(session: Session, words: _Words, titles: Mapping[str, str]) -> Iterator[str]:
    yield f"## {_literal(session.title)}: {_count(session.minutes, 'minute')} {{ #{session.id} .sheet }}"
    yield ""
    yield f"<div class='sheet__facts'>{words.html(session.gives)}{words.html(f'**Bring:** {session.bring}')}</div>"
    yield "<div class='sheet__table sheet__table--clock'>"
    yield from _table_head("At", "Minutes", "What happens", "If you are late")
    start = 0.0
    for step in session.steps:
        yield f"<tr><td>{_time(start)}</td><td>{step.minutes:g}<span class='sheet__label'> min</span></td>"
        yield f"<td><p><strong>{_step_title(step, titles)}</strong></p>{words.html(step.what)}</td>"
        yield f"{words.cell('Late', step.late)}</tr>"
        start += step.minutes
    yield f"<tr><td>{_time(start)}</td><td></td><td colspan='2'><p><strong>The end</strong></p></td></tr>"
    yield "</tbody></table></div>"
    half = _count(sum(step.minutes for step in session.half), "minute")
    yield f"<div class='sheet__half'><p><strong>If you have only half the time</strong>, {half}:</p><ul>"
    for step in session.half:
        minutes = f"{step.minutes:g} min"
        yield f"<li><p>{minutes} · {_step_title(step, titles)}</p>{words.html(step.what)}</li>"
    yield "</ul></div>"
    yield ""


def _exercise(exercise: Exercise, sheets: RunSheets, words: _Words) -> Iterator[str]:
    uses = [
        f"{step.minutes:g} of <a href='#{session.id}'>{_count(session.minutes, 'minute')}</a>"
        for session in sheets.sessions
        for step in session.steps
        if step.exercise == exercise.id
    ]
    yield f"### {_literal(exercise.title)} {{ #{exercise.id} }}"
    yield ""
    yield f"<p class='slide__facts'>{' · '.join(uses)}</p>" if uses else ""
    yield words.html(exercise.aim)
    yield words.html(f"**You need:** {exercise.materials}")
    if exercise.note:
        yield words.html(f"**Know beforehand:** {exercise.note}")
    yield "<ol>"
    for does in exercise.does:
        yield f"<li>{words.html(does)}</li>"
    yield "</ol>"
    yield words.html(f"**Listen for:** {exercise.listen}")
    if exercise.cards:
        yield f"<p class='sheet__cards-title'><strong>{escape(exercise.cards_title or 'The cards')}</strong></p>"
        yield "<ul class='sheet__cards'>"
        for card in exercise.cards:
            yield f"<li>{words.html(card)}</li>"
        yield "</ul>"
    yield ""


def _table_head(*columns: str) -> Iterator[str]:
    yield "<table><thead><tr>"
    for column in columns:
        yield f"<th scope='col'>{column}</th>"
    yield "</tr></thead><tbody>"


def _step_title(step: Step, titles: Mapping[str, str]) -> str:
    if step.pause:
        return escape(step.pause)
    if step.exercise:
        return f"Exercise: {titles[step.exercise]}"
    return ", ".join(titles[f"slide {key}"] for key in step.slides)


def _time(minutes: float) -> str:
    """The time since the start, for people: 1:05 is an hour and five minutes."""
    seconds = round(minutes * 60)
    rest = f":{seconds % 60:02}" if seconds % 60 else ""
    clock = f"{seconds // 3600}:{seconds // 60 % 60:02}{rest}"
    return f"<span class='sheet__time' data-seconds='{seconds}'>{clock}</span>"


def _head(title: str, description: str, *more: str) -> list[str]:
    """Front matter, with `more` lines of it, and the heading."""
    lines = ["---", f"title: {_quoted(title)}", *more]
    if description:
        lines.append(f"description: {_quoted(description)}")
    return [*lines, "---", "", f"# {_literal(title)}", ""]


def _quoted(text: str) -> str:
    """`text` as a YAML string on one line: a JSON string is one. As HTML, since Material's templates escape nothing."""
    return json.dumps(escape(" ".join(text.split())), ensure_ascii=False)


def _literal(text: str) -> str:
    """`text` as Markdown that shows just these characters."""
    return re.sub(r"([\\`*_{}\[\]()>#+.!-])", r"\\\1", escape(" ".join(text.split()), quote=False))


def _attribute(text: str) -> str:
    """`text` as part of an address in an HTML attribute."""
    return quote(text)


def _lang(deck: Deck) -> str:
    return f" lang='{escape(deck.lang)}'" if deck.lang else ""


def _anchor(key: str) -> str:
    return f" {{ #{key} }}" if re.fullmatch(r"[a-zA-Z0-9][\w-]*", key) else ""


def slide_address(folder: str, slide: Slide) -> str:
    """Where a slide is presented; `folder` leads to the deck's files."""
    return f"{folder}slides.html#{slide.number}"


def _downloads(deck: Deck, files: Mapping[str, int]) -> Iterator[str]:
    if deck.description:
        yield f"<p class='lead'{_lang(deck)}>{escape(deck.description)}</p>"
        yield ""
    yield "<p class='ways' data-search-exclude>"
    yield "<a class='md-button md-button--primary' href='slides.html'>Present the slides</a>"
    if has_notes(deck):
        yield f"<a class='md-button' href='../../facilitate/{_attribute(deck.name)}/'>Facilitator notes</a>"
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
        yield from (_download(form, files[form.name]) for form in offered)
        yield "</ul>"
        yield ""


def _download(form: Format, size: int) -> str:
    kind = posixpath.splitext(form.name)[1].removeprefix(".").upper()
    # A PDF opens in the browser, from where it can be saved too.
    save = "" if form.name.endswith(".pdf") else " download"
    return (
        f"<li><a href='{form.name}'{save}>{form.label}</a> "
        f"<span class='downloads__facts'>{kind}, {_size(size)}</span> <span>{form.use}</span></li>"
    )


def _size(count: int) -> str:
    return f"{max(1, round(count / 1000))} KB" if count < 999_500 else f"{count / 1e6:.1f} MB"


def has_notes(deck: Deck) -> bool:
    """Whether there is anything to put on a facilitator page."""
    return any(note.strip() for slide in deck.slides for note in slide.notes)


def _reading(slide: Slide, deck: Deck, last_line: int) -> list[str]:
    """One slide to read: a small picture that leads to the slide, and the words."""
    title = slide.title or f"Slide {slide.number}"
    place = f"{posixpath.basename(deck.source)}, line {slide.line}"
    anchor = f"#__span-0-{slide.line}" if slide.line <= last_line else ""
    body = slide.body or "<p>This slide has no words.</p>"
    address = slide_address("", slide)
    number = f"<a href='{address}'>Slide {slide.number} of {len(deck.slides)}</a>"
    return [
        f"## {_literal(title)}{_anchor(slide.key)}",
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


def _slide(slide: Slide, total: int, folder: str, facts: Sequence[str], words: str) -> list[str]:
    """One slide with what is said about it; `folder` leads from the page to the deck's files."""
    facts = [f"Slide {slide.number} of {total}", *_minutes(slide), *facts]
    title = slide.title or f"Slide {slide.number}"
    picture = _picture(folder, slide.number, f"Slide {slide.number}: {title}")
    return [
        f"## {_literal(title)}{_anchor(slide.key)}",
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
