"""Turn the run sheets into a page of the site: what happens when, and how each exercise goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from pipeline import notes
from pipeline.deck import Deck
from pipeline.pages import attribute, clock, count, head, join, literal, slide_address
from pipeline.sessions import EXERCISES, SESSIONS, Exercise, RunSheets, Session, Step


def page(sheets: RunSheets, deck: Deck, *, links: Mapping[str, str]) -> str:
    """The run sheets and their exercises. Goes to facilitate/run-sheets.md; `links` is as for the notes."""
    words = _Words(f"../../decks/{attribute(deck.name)}/", {**links, SESSIONS.as_posix(): ""})
    titles = {exercise.id: f"<a href='#{exercise.id}'>{escape(exercise.title)}</a>" for exercise in sheets.exercises}
    for slide in deck.slides:
        title = slide.title or f"Slide {slide.number}"
        titles[f"slide {slide.key}"] = f"<a href='{slide_address(words.folder, slide)}'>{escape(title)}</a>"
    lengths = ", ".join(f"{session.minutes:g}" for session in sheets.sessions)
    lines = [
        *head("Run sheets", f"What happens when, and what to cut when you are late: {lengths} minutes."),
        words.html(sheets.about),
        "",
        *_overview(sheets, words),
    ]
    for session in sheets.sessions:
        lines += _session(session, words, titles)
    lines += [f"## The exercises {{ #{EXERCISES} .sheet }}", ""]
    for exercise in sheets.exercises:
        lines += _exercise(exercise, sheets, words)
    return join(lines)


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
        yield f"<tr><td><a href='#{session.id}'>{escape(session.title)}</a><br>{count(session.minutes, 'minute')}</td>"
        yield words.cell("For", session.audience)
        yield words.cell("Group", session.group)
        yield words.cell("To prepare", session.prepare)
        yield f"{words.cell('To print', session.handouts)}</tr>"
    yield "</tbody></table></div>"
    yield ""


def _session(session: Session, words: _Words, titles: Mapping[str, str]) -> Iterator[str]:
    yield f"## {literal(session.title)}: {count(session.minutes, 'minute')} {{ #{session.id} .sheet }}"
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
    half = count(sum(step.minutes for step in session.half), "minute")
    yield f"<div class='sheet__half'><p><strong>If you have only half the time</strong>, {half}:</p><ul>"
    for step in session.half:
        minutes = f"{step.minutes:g} min"
        yield f"<li><p>{minutes} · {_step_title(step, titles)}</p>{words.html(step.what)}</li>"
    yield "</ul></div>"
    yield ""


def _exercise(exercise: Exercise, sheets: RunSheets, words: _Words) -> Iterator[str]:
    uses = [
        f"{step.minutes:g} of <a href='#{session.id}'>{count(session.minutes, 'minute')}</a>"
        for session in sheets.sessions
        for step in session.steps
        if step.exercise == exercise.id
    ]
    yield f"### {literal(exercise.title)} {{ #{exercise.id} }}"
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
        return f"Exercise: {titles.get(step.exercise, escape(step.exercise))}"
    # What is not there has been told; the rest of the page is still to be looked at.
    return ", ".join(titles.get(f"slide {key}", escape(key)) for key in step.slides)


def _time(minutes: float) -> str:
    return f"<span class='sheet__time' data-seconds='{round(minutes * 60)}'>{clock(minutes)}</span>"
