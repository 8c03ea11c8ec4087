"""Turn a practice incident into pages of the site, and into cards and sheets of paper."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from html import escape
from pathlib import Path

from pipeline import evidence, graphs, pdf, policy, templates
from pipeline.browser import Reader
from pipeline.graphs import Graph
from pipeline.incident import Incident
from pipeline.pages import head, in_yaml, join, literal, without_fences
from pipeline.problems import Problem
from pipeline.shape import Clock, Record

FOLDER = "practice"
"""Where everything about practice incidents stands on the site."""

KEY = "answer-key"
"""Where in it only those look who lead a session."""

PRINTS = {"cards.pdf": "cards", "sheets.pdf": "sheets"}
"""What is printed, and the class of its layout."""

_STYLED = ("styles:", "  - assets/evidence.css")
"""Front matter of the pages."""

_STYLE = Path(__file__).with_suffix(".css")


def pages(name: str) -> tuple[str, ...]:
    """Where the pages of an incident stand in the site, with a '/' at the end of each."""
    return tuple(f"{FOLDER}/{page}/" for page in (f"{name}/evidence", f"{name}/critique", f"{KEY}/{name}/example"))


def files(incident: Incident) -> Iterator[tuple[str, str]]:
    """Every file and page of an incident, by its path below the folder of all of them; what is printed comes to it."""
    made = evidence.files(incident)
    drawn = graphs.graphs(incident)
    zone = incident.clock("records").name
    for name, content in made.items():
        yield f"{incident.name}/{name}", content
    for graph in drawn:
        yield f"{incident.name}/{graph.file}", graphs.draw(graph, zone)
    for name, content in evidence.key_files(incident).items():
        yield f"{KEY}/{incident.name}/{name}", content
    yield f"{incident.name}/evidence.md", evidence_page(incident, made, drawn)
    yield f"{incident.name}/critique.md", critique_page(incident)
    yield f"{KEY}/{incident.name}/example.md", example_page(incident)


# --- the evidence room --------------------------------------------------------------------------------------


def evidence_page(incident: Incident, made: dict[str, str], drawn: Sequence[Graph]) -> str:
    """Everything that was kept, to read, to print and to download. Goes to practice/<incident>/evidence.md."""
    scenario, room = incident.scenario, _Room(incident, made)
    sections = [
        *room.records(),
        room.chat(),
        room.notes("support-notes", "Call notes", scenario.calls.about, "people"),
        room.graphs(drawn),
        room.metrics(),
        *(room.log(log.file, log.title, log.about) for log in scenario.logs),
        room.log("scaling.log", "Scaling events", scenario.scaling.about),
        room.query(),
        room.settings(),
        room.calendar(),
    ]
    taken = {"contents", "people", "system", *(graph.name for graph in drawn), *(each.anchor for each in sections)}
    sections[-1:-1] = room.documents(taken)
    title, clocks = scenario.title, scenario.clocks
    people = [(f"<code>{escape(each.role)}</code>", room.words(each.who)) for each in scenario.people]
    system = [(f"<code>{escape(each.name)}</code>", room.words(each.what)) for each in scenario.system]
    lines = [
        *head(
            f"Evidence room: {title}", f"Everything that was kept of {title}, to read, print and download.", *_STYLED
        ),
        f"<p class='lead'>{room.words(scenario.brief)}</p>",
        "",
        "<p>This is everything that was kept. It is made up, and its pieces agree with each other; none of them "
        f"explains what happened. Systems write <strong>{escape(clocks.records.name)}</strong>, people live by "
        f"<strong>{escape(clocks.people.name)}</strong>, and each piece says which clock it keeps.</p>",
        "",
        "<p>To print: <a href='../cards.pdf'>the timeline cards</a>, <a href='../sheets.pdf'>blank cards and "
        "sheets</a>, and this page, which prints whole.</p>",
        "",
        "## What there is { #contents }",
        "",
        *_table(("Piece", "Clock", "Files"), [each.row for each in sections]),
        "",
        "## Who is who { #people }",
        "",
        *_table(("In the chat", "Who"), people),
        "",
        "## The system { #system }",
        "",
        *_table(("Part", "What it is"), system),
        "",
    ]
    for section in sections:
        lines += section.lines
    return join(lines)


@dataclass(frozen=True)
class _Section:
    """A piece of the evidence on the page."""

    anchor: str
    title: str
    clock: str
    """The name of its clock; '' where it tells no times."""
    names: tuple[str, ...]
    """Its files."""
    about: str
    """This and the rest is HTML."""
    body: tuple[str, ...]

    @property
    def row(self) -> tuple[str, ...]:
        """Its line among the contents."""
        return f"<a href='#{self.anchor}'>{escape(self.title)}</a>", self.clock or "none", self._links

    @property
    def _links(self) -> str:
        return ", ".join(f"<a href='../{name}' download>{name}</a>" for name in self.names)

    @property
    def lines(self) -> list[str]:
        """Heading and all."""
        clock = f"Clock: {self.clock}. " if self.clock else ""
        facts = f"<p class='evidence__facts'>{clock}Files: {self._links}.</p>"
        return [f"## {literal(self.title)} {{ #{self.anchor} }}", "", f"<p>{self.about}</p>", facts, *self.body, ""]


_EXPORT = (
    "The JSON is the answer of the Table API with <code>sysparm_display_value=all</code> and "
    "<code>sysparm_exclude_reference_link=true</code>, the CSV the export of a list, both by an account on UTC."
)


@dataclass(frozen=True)
class _Room:
    """Lays out the pieces of one incident."""

    _incident: Incident
    _made: Mapping[str, str]
    """Its files."""

    def words(self, text: str, clock: str = "records") -> str:
        return escape(self._incident.text(text, self._incident.clock(clock)))

    def _clock(self, name: str) -> str:
        return escape(self._incident.clock(name).name)

    def notes(self, stem: str, title: str, about: str, clock: str) -> _Section:
        name = f"{stem}.txt"
        box = _box(title, self._made[name], "prose")
        return _Section(stem, title, self._clock(clock), (name,), self.words(about, clock), box)

    def records(self) -> Iterator[_Section]:
        for record in self._incident.scenario.records:
            name = evidence.RECORDS[record.table]
            title = f"{name.capitalize()} {record.number}"
            about = f"The record of the {name}, as it was once everything was over. {_EXPORT}"
            names = (f"{name}.json", f"{name}.csv")
            yield _Section(name, title, self._clock("records"), names, about, tuple(self._form(record)))

    def _form(self, record: Record) -> Iterator[str]:
        yield "<div class='evidence__form'><table><tbody>"
        for label, text in evidence.form(self._incident, record).items():
            value = without_fences(escape(text)) or "<i>empty</i>"
            yield f"<tr><th scope='row'>{escape(label)}</th><td>{value}</td></tr>"
        yield "</tbody></table></div>"
        clock = self._incident.clock("records")
        yield "<p><strong>Work notes</strong>, the newest first</p><ul>"
        for at, who, text in reversed(evidence.journal(self._incident, record)):
            stamp = clock.show(at, "%Y-%m-%d %H:%M:%S")
            yield f"<li><p><strong>{stamp}</strong> {escape(who)}<br>{without_fences(escape(text))}</p></li>"
        yield "</ul>"

    def chat(self) -> _Section:
        about = self.words(self._incident.scenario.chat.about, "people")
        box = _box("Chat", self._made["chat.txt"], "prose")
        return _Section("chat", "Chat", self._clock("people"), ("chat.txt", "chat.json"), about, box)

    def log(self, file: str, title: str, about: str) -> _Section:
        title = self._incident.text(title, self._incident.clock("records"))
        box = _box(title, self._made[file], "log")
        return _Section(file.replace(".", "-"), title, self._clock("records"), (file,), self.words(about), box)

    def documents(self, taken: Set[str]) -> Iterator[_Section]:
        """Found by the first part of their names, or by the whole where something else is found by that."""
        documents = self._incident.scenario.documents
        known = {*taken, *(each.file.replace(".", "-") for each in documents)}
        for each in documents:
            stem = each.file.split(".")[0]
            anchor = each.file.replace(".", "-") if stem in known else stem
            known.add(anchor)
            title = self._incident.text(each.title, self._incident.clock("records"))
            box = _box(title, self._made[each.file], "table")
            yield _Section(anchor, title, "", (each.file,), self.words(each.about), box)

    def query(self) -> _Section:
        name = "pg_stat_activity.txt"
        about = "What the database said of its connections when it was asked, by program and by state."
        box = _box("Database query", self._made[name], "table")
        return _Section("query", "Database query", self._clock("records"), (name,), about, box)

    def settings(self) -> _Section:
        first, *rows = evidence.settings(self._incident)
        about = "What is set about connections, as the files of each team say it for an ordinary day."
        body = tuple(_table(tuple(map(str, first)), [tuple(escape(str(cell)) for cell in row) for row in rows]))
        return _Section("settings", "Connection settings", "", ("settings.csv",), about, body)

    def graphs(self, drawn: Sequence[Graph]) -> _Section:
        clock = self._incident.clock("records")
        body: list[str] = []
        for graph in drawn:
            body += [f"### {literal(graph.title)} {{ #{graph.name} }}", "", *_figure(graph, clock), ""]
        about = "The dashboard of that morning. Each graph is there in words and as a table, too."
        names = tuple(graph.file for graph in drawn)
        return _Section("graphs", "Graphs", self._clock("records"), names, about, ("", *body))

    def metrics(self) -> _Section:
        first, *rows = [line.split(",") for line in self._made["metrics.csv"].splitlines()]
        what = escape(self._incident.scenario.capacity.series.what)
        about = (
            "What the graphs are drawn from. <code>waiting</code> are places in the pools that the database has not "
            "filled; inside a program, requests may queue for a filled one as well. "
            f"<code>p95_ms</code> and <code>error_percent</code> are those of {what}."
        )
        table = _table(tuple(first), [tuple(map(escape, row)) for row in rows])
        box = "<div class='evidence evidence--rows' tabindex='0' role='region' aria-label='Minute by minute'>"
        body = (box, *table, "</div>")
        return _Section("metrics", "Minute by minute", self._clock("records"), ("metrics.csv",), about, body)

    def calendar(self) -> _Section:
        incident, calendar = self._incident, self._incident.scenario.calendar
        clock = incident.clock("people")
        rows = []
        for entry in calendar.entries:
            begins, ends = incident.at(entry.start), incident.at(entry.end)
            same = clock.show(begins, "%d %b") == clock.show(ends, "%d %b")
            span = f"{clock.show(begins, '%d %b %H:%M')} to {clock.show(ends, '%H:%M' if same else '%d %b %H:%M')}"
            state = "Cancelled" if entry.is_cancelled else "Confirmed"
            changed = clock.show(incident.at(entry.modified), "%d %b %H:%M:%S")
            what = (
                f"<strong>{self.words(entry.summary, 'people')}</strong><br>{self.words(entry.description, 'people')}"
            )
            rows.append((span, what, f"{state}, last changed {changed}"))
        body = tuple(_table(("When", "What", "State"), rows))
        about = self.words(calendar.about, "people")
        clocks = f"{self._clock('people')} here, UTC in the file"
        return _Section("calendar", "Calendar", clocks, ("calendar.ics",), about, body)


def _box(title: str, text: str, kind: str) -> tuple[str, ...]:
    """A text in a box that scrolls by itself, and that the keyboard reaches.

    `kind` is 'prose', which wraps, 'log', which wraps on a phone, or 'table', whose columns stay.
    """
    text = without_fences(escape(text.rstrip(), quote=False))
    if kind != "table":  # so that a line that wraps can be told from the next
        text = "".join(f"<span>{line}\n</span>" for line in text.split("\n"))
    label = escape(title)
    return (
        f"<div class='evidence evidence--{kind}' tabindex='0' role='region' aria-label='{label}' data-search-exclude>"
        f"<pre>{text}</pre></div>",
    )


def _figure(graph: Graph, clock: Clock) -> Iterator[str]:
    yield f"<figure class='evidence__graph'><img src='../{graph.file}' width='480' height='290' "
    yield f"alt='{escape(graph.summary)}'><figcaption>{escape(graph.summary)}</figcaption></figure>"
    what = "Every tenth minute" if not graph.is_stepped else "From when on"
    rows = [(at.strftime("%H:%M"), escape(graph.say(value))) for at, value in graph.rows]
    yield f"<details class='note'><summary>{escape(graph.title)} as a table</summary>"
    yield from _table((f"{what} ({clock.name})", graph.title), rows)
    yield "</details>"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table of cells that are HTML."""
    yield "<table><thead><tr>"
    yield "".join(f"<th scope='col'>{escape(column)}</th>" for column in columns)
    yield "</tr></thead><tbody>"
    for row in rows:
        yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>"
    yield "</tbody></table>"


def critique_page(incident: Incident) -> str:
    """The post-mortem to take apart, a template. Goes to practice/<incident>/critique.md."""
    critique, clock = incident.scenario.critique, incident.clock("records")
    title, about = incident.text(critique.title, clock), incident.text(critique.about, clock)
    draft = re.sub(r"(?m)^#(?=#+ )", "##", incident.text(critique.text, clock))  # all of it below the title
    name = incident.scenario.title
    when = f"To practise on {name}: what is wrong with this draft?"
    return join(
        [
            *head(title, f"A draft of a post-mortem on {name}, full of faults to find.", *_STYLED, *_handout(4, when)),
            f"<p class='lead'>{escape(about)}</p>",
            "",
            *_paper(f"## {title}\n\n{_DRAFT_TASK}\n\n{draft}", _DRAFT_USE),
        ]
    )


_DRAFT_TASK = (
    "Mark each sentence that blames, judges with hindsight, or cannot be shown from the [evidence](evidence.md). "
    "One duration is wrong: find out which, and where it comes from. Then write the three sentences that are worst "
    "anew."
)
_DRAFT_USE = (
    "Ten minutes in pairs: four to mark, six to write. Each pair reads one sentence aloud, before and after. "
    "Nobody wrote this draft: be as hard on it as you like, and kind to each other's."
)


def example_page(incident: Incident) -> str:
    """The filled example, a template behind the gate of spoilers. Goes to practice/answer-key/<incident>/example.md."""
    example, clock = incident.scenario.example, incident.clock("records")
    title, about = incident.text(example.title, clock), incident.text(example.about, clock)
    name = incident.scenario.title
    more = ["robots: noindex", "search:", "  exclude: true"]
    when = f"After practising on {name}: what a good record looks like. It holds the answers"
    return join(
        [
            *head(
                f"{title} (spoilers)",
                f"A post-mortem record of {name}, filled in.",
                *more,
                *_handout(3, when, reader="facilitators"),
            ),
            f"<p class='lead'>{escape(about)}</p>",
            "",
            f"**For whoever leads the session.** This record of {escape(name)} holds what people work out for "
            "themselves. Hand it out when they have, to lay beside theirs.",
            "",
            "[I lead the session: show the record](#answers){ .md-button }",
            "",
            '<div id="answers" class="gate" tabindex="-1" markdown>',
            "",
            *_paper(incident.text(example.text, clock), _EXAMPLE_USE),
            "",
            "</div>",
        ]
    )


_EXAMPLE_USE = (
    "Lay it beside your own: what does yours say that this one leaves out? There is no right record, only one "
    "whose every line can be shown. Look at what each factor is: a condition, with its evidence, and never a person."
)


def _handout(number: int, when: str, reader: str = "everyone") -> tuple[str, ...]:
    """Front matter that makes a page a template."""
    words = in_yaml(" ".join(when.split())).replace("<", "\\u003c")  # which YAML reads as the same
    return ("handout:", f"  number: {number}", "  paper: A4", f"  for: {reader}", f"  when: {words}")


def _paper(text: str, use: str) -> tuple[str, ...]:
    """The paper of a template around a Markdown text that begins with its title; HTML in it is shown and not run."""
    opens = '<div class="paper" markdown>'
    return (opens, "", text.strip().replace("<", "&lt;"), "", "### How to use it { .use }", "", use, "", "</div>")


# --- paper --------------------------------------------------------------------------------------------------


def prints(
    incident: Incident, reader: Reader, *, address: str, time: int, lang: str
) -> tuple[dict[str, bytes], list[Problem]]:
    """Print the cards and the sheets, by the names of their files; and what is wrong with them.

    `address` is where they are published, `time` as for `pdf.finish`, `lang` the language of the site.
    """
    problems: list[Problem] = []
    printed: list[bytes] = []
    with reader.confine(incident.source, problems):
        printed = list(reader.print(document(incident, lang), PRINTS.values()))
    made: dict[str, bytes] = {}
    for name, content in zip(PRINTS, printed, strict=False):
        title = f"{incident.scenario.title}: {'timeline cards' if name == 'cards.pdf' else 'blank cards and sheets'}"
        made[name] = pdf.finish(content, title=title, address=address, time=time)
        for fault in pdf.faults(made[name]):
            problems.append(Problem(incident.source, 0, "pdf-structure", f"{name} {fault.message}"))
    return made, problems


def document(incident: Incident, lang: str) -> str:
    """The document to print: cards to cut out, and blank sheets; the class of its body says which of the two."""
    title, clocks = escape(incident.scenario.title), incident.scenario.clocks
    cards = evidence.lettered(incident)
    body = [f"<main class='of-cards'><h1>{title}: timeline cards</h1>"]
    body.append(f"<p class='how'>{len(cards)} cards. Cut along the dashed lines, and shuffle.</p><div class='grid'>")
    for letter, event in cards.items():
        clock = incident.clock(event.clock)
        time = escape(evidence.card_time(incident, event)) or "<span class='to-fill'>Time?</span>"
        source, text = (escape(incident.text(words or "", clock)) for words in (event.source, event.card))
        foot = f"<p class='source'>{source} <b>{letter}</b></p>"
        body.append(f"<section><p class='time'>{time}</p><p class='text'>{text}</p>{foot}</section>")
    body.append("</div></main><main class='of-sheets'>")
    body.append(f"<h1>{title}: blank cards and sheets</h1><p class='how'>For what is missing on the cards.</p>")
    blank = "<p class='time to-fill'>Time, and its clock:</p><p class='text'></p><p class='source to-fill'>Source:</p>"
    body.append(f"<div class='grid'>{f'<section>{blank}</section>' * 8}</div>")
    for name, columns, rows in _sheets((clocks.records.name, clocks.people.name)):
        cells = "".join(f"<th scope='col'>{escape(column)}</th>" for column in columns)
        lines = f"<tr>{'<td></td>' * len(columns)}</tr>" * rows
        body.append(
            f"<article><h2>{name}</h2><table><thead><tr>{cells}</tr></thead><tbody>{lines}</tbody></table></article>"
        )
    body.append("</main>")
    return policy.seal_print(
        f"<!DOCTYPE html><html lang='{escape(lang)}'><head><meta charset='utf-8'><title>{title}</title>"
        f"<style>{templates.letters()}{_STYLE.read_text(encoding='utf-8')}</style></head><body>{''.join(body)}</body></html>"
    )


def _sheets(clocks: tuple[str, str]) -> Iterator[tuple[str, tuple[str, ...], int]]:
    yield "Timeline", (*clocks, "What was seen or done", "Source", "Who knew", "Question"), 14
    yield (
        "Contributing factors",
        ("What made it possible, likelier or worse", "Evidence", "What else had to be true"),
        10,
    )
    yield "Actions", ("What will be done", "Which factor it changes", "Owner", "By when", "Done when"), 8
