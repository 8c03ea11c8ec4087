"""Read practice incidents, data/scenarios/*.yml, and see whether each agrees with itself."""

from __future__ import annotations

import csv
import itertools
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pipeline import tables
from pipeline.active import without_code
from pipeline.incident import FILES, MADE, Incident, MeaningError, suggest
from pipeline.problems import (
    BuildError,
    Problem,
    cut,
    cut_by_comments,
    line_of_mark,
    lines_of,
    read_text,
    read_yaml,
    repeated_keys,
    shown,
)
from pipeline.shape import Call, File, Line, Moment, Note, Role, Scenario, Words

FOLDER = Path("data", "scenarios")
"""Where practice incidents stand, below the project; a project need not have any."""

Place = tuple[int | str, ...]
"""Keys and numbers that lead to a value of a file."""

Wrongs = Iterator[tuple[Place, str]]
"""Places, and what is wrong there."""


def read(root: Path) -> list[Incident]:
    """Read every practice incident. Raises BuildError with all that is wrong in them."""
    found: list[Incident] = []
    problems = [
        Problem(
            path.relative_to(root).as_posix(),
            0,
            "scenario",
            f"is not read; {_elsewhere(path)}",
        )
        for path in sorted((root / FOLDER).glob("*"))
        if path.suffix != ".yml" and not path.name.startswith(".")
    ]
    for path in sorted((root / FOLDER).glob("[!.]*.yml")):  # what begins with a dot, an editor or a system keeps there
        try:
            found.append(_read(path, path.relative_to(root).as_posix()))
        except BuildError as error:
            problems += error.problems
    if problems:
        raise BuildError(problems)
    return found


def _elsewhere(path: Path) -> str:
    return "put incidents beside it" if path.is_dir() else f"name it '{path.stem}.yml'"


def _read(path: Path, source: str) -> Incident:
    if not re.fullmatch(r"[a-z][a-z0-9-]*", path.stem) or path.stem in _TAKEN:
        message = f"the name {shown(path.stem)} is no good address for an incident; use a-z, 0-9 and '-'"
        raise BuildError([Problem(source, 0, "scenario", message)])
    text = read_text(path, source)
    node = read_yaml(text, source)
    if cut_off := list(cut_by_comments(node, source)):
        raise BuildError(cut_off)
    if node is None:
        raise BuildError([Problem(source, 1, "scenario", "is empty; write an incident, or remove the file")])
    if problems := [*repeated_keys(node, source), *_odd_keys(node, source)]:
        raise BuildError(problems)
    try:
        incident = Incident(path.stem, source, Scenario.model_validate(_value(node)))
    except ValidationError as error:
        raise BuildError(_refusal(each, node, source) for each in error.errors(include_url=False)) from None
    wrong = _wrong_values(incident) or list(_disagreements(incident))
    if wrong:
        raise BuildError(
            Problem(source, _line(node, place), "scenario", f"{_field(place)}: {message}") for place, message in wrong
        )
    return incident


_TAKEN = ("answer-key", "critique", "evidence", "example", "index")
"""What pages of every incident are called."""


def _odd_keys(node: Node, source: str) -> Iterator[Problem]:
    """Keys that are lists or mappings, which could be no field."""
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                message = "a list or a mapping is no key; write a word before the colon"
                yield Problem(source, line_of_mark(key.start_mark), "scenario", message)
            yield from _odd_keys(value, source)
    elif isinstance(node, SequenceNode):
        for each in node.value:
            yield from _odd_keys(each, source)


def _value(node: Node) -> Any:
    """What a node holds; scalars as they are written, since YAML would take 10:33 for a number."""
    if isinstance(node, MappingNode):
        return {str(key.value): _value(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return tuple(_value(each) for each in node.value)
    # Line ends of other systems may be written as signs: "\\r\\n".
    return None if node.tag == "tag:yaml.org,2002:null" else re.sub(r"\r\n?", "\n", str(node.value))


def _line(node: Node, place: Place) -> int:
    """The line of what `place` leads to, or of the last that there is on the way."""
    line = line_of_mark(node.start_mark)
    for step in place:
        if isinstance(node, MappingNode):
            pairs = [(key, value) for key, value in node.value if isinstance(key, ScalarNode) and key.value == step]
            if not pairs:
                break
            key, node = pairs[0]
            # A text that goes on below its key is still found by the key.
            line = line_of_mark(key.start_mark)
        elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = line_of_mark(node.start_mark)
    return line


def _field(place: Place) -> str:
    return ".".join(step for step in place if isinstance(step, str)) or "the file"


def _refusal(error: ErrorDetails, node: Node, source: str) -> Problem:
    """What pydantic refuses, in our words where its own are of no help."""
    place = error["loc"]
    if error["type"] == "extra_forbidden":
        known = _fields_beside(place)
        message = f"is no field of this place; {suggest(str(place[-1]), known, 'the fields are')}"
    elif error["type"] == "missing":
        message = "is missing; add it"
    elif error["type"] in ("model_type", "dict_type"):
        message = "is no mapping; write its fields, a line each"
    elif error["type"] == "tuple_type":
        message = "is no list; write each item on a line of its own, after '- '"
    else:
        given = f", and not {shown(error['input'])}" if isinstance(error["input"], str) else ""
        message = f"{cut(error['msg'], 200)}{given}; correct it"
    return Problem(source, _line(node, place), "scenario", f"{_field(place)}: {message}")


def _fields_beside(place: Place) -> list[str]:
    """The fields of the mapping in which the last step of `place` stands."""
    kind: type[BaseModel] = Scenario
    for step in place[:-1]:
        if isinstance(step, str):
            kind = next(_models(kind.model_fields[step].annotation), kind)
    return [field.alias or name for name, field in kind.model_fields.items()]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


# --- checking -----------------------------------------------------------------------------------------------


def _leaves(value: object, place: Place = ()) -> Iterator[tuple[Place, object]]:
    """Every value that is no mapping and no list, and where it stands."""
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from _leaves(getattr(value, name), (*place, field.alias or name))
    elif isinstance(value, tuple):
        for number, each in enumerate(value):
            yield from _leaves(each, (*place, number))
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(each, (*place, key))
    else:
        yield place, value


def _wrong_values(incident: Incident) -> list[tuple[Place, str]]:
    """What is named and is not there. What needs the one that is wrong is looked at once it is right."""
    return (
        list(_unknown_names(incident))
        or list(_of_kind(incident, Moment, incident.at))
        or list(_disorder(incident))
        or list(_greed(incident))
        or list(_wrong_texts(incident))
    )


def _unknown_names(incident: Incident) -> Wrongs:
    scenario = incident.scenario
    if not 1970 <= scenario.day.year <= 2999:
        yield ("day",), "is in no year that the evidence could be of; write one from 1970 to 2999"
    roles = [person.role for person in scenario.people]
    files: list[tuple[Place, str]] = [(("logs", n, "file"), log.file) for n, log in enumerate(scenario.logs)]
    files += [(("documents", n, "file"), each.file) for n, each in enumerate(scenario.documents)]
    pools = [scenario.capacity.web.name, *(job.name for job in scenario.capacity.jobs)]
    yield from _twice((("events", n, "id"), event.id) for n, event in enumerate(scenario.events))
    yield from _twice((("people", n, "role"), person.role) for n, person in enumerate(scenario.people))
    jobs: list[tuple[Place, str]] = [(("capacity", "jobs", n, "name"), name) for n, name in enumerate(pools[1:])]
    yield from _twice([(("capacity", "web", "name"), pools[0]), *jobs])
    yield from _twice((("calendar", "entries", n, "id"), each.id) for n, each in enumerate(scenario.calendar.entries))
    yield from _twice((("chat", "channels", n, "name"), each.name) for n, each in enumerate(scenario.chat.channels))
    yield from _twice(files)
    for place, _ in _leaves(scenario):
        if place[:1] == ("capacity",) and place[-2:-1] == ("settings",) and place[-1] in _MADE_SETTINGS:
            yield place, "is a setting that the build writes itself; choose another name"
    for place, file in files:
        if file in MADE:
            yield place, f"the build makes a file {shown(file)} itself; choose another name"
    yield from _twice((("records", n, "table"), record.table) for n, record in enumerate(scenario.records))
    yield from _twice((("records", n, "number"), record.number) for n, record in enumerate(scenario.records))
    yield from _twice((("system", n, "name"), part.name) for n, part in enumerate(scenario.system))
    for whose, clock in (("records", scenario.clocks.records), ("people", scenario.clocks.people)):
        said = re.fullmatch(r"UTC([+-])(\d{1,2})(?::(\d\d))?", clock.name)
        if said and (60 * int(said[2]) + int(said[3] or 0)) * int(f"{said[1]}1") != clock.offset_minutes:
            message = f"{shown(clock.name)} is not {clock.offset_minutes} minutes from UTC; make them agree"
            yield ("clocks", whose, "name"), message
    for n, log in enumerate(scenario.logs):
        if "%" not in log.stamp or "%" in re.sub(_OF_A_STAMP, "", log.stamp):
            yield ("logs", n, "stamp"), f"{shown(log.stamp)} is no form of a time; write e.g. '%H:%M:%S'"
    for table in ("incident", "change_request", "problem"):
        if table not in [record.table for record in scenario.records]:
            yield ("records",), f"there is none of the table '{table}'; add it"
    for n, record in enumerate(scenario.records):
        for field, of in _MADE_FIELDS.items():
            if field in record.fields:
                yield ("records", n, "fields", field), f"is made by the build, of the {of}; take it away here"
        for field in record.labels:
            if field not in record.fields:
                message = f"is no field of this record; {suggest(field, record.fields, 'its fields are')}"
                yield ("records", n, "labels", field), message
    for n, event in enumerate(scenario.events):
        if event.time in incident.events:
            yield ("events", n, "time"), "is the id of an event; write the time itself, e.g. '01:33'"
    for place, name in _leaves(scenario):
        known: Collection[str]
        if isinstance(name, str) and name.isspace() and place[-1] != "text" and "vary" not in place:
            yield place, "holds nothing but spaces; write some words"
            continue
        if isinstance(name, Role):
            known, what = roles, "nobody has the role"
        elif isinstance(name, File):
            known, what = (*FILES, *(file for _, file in files)), "there is no file"
        elif place[0] == "marks" or (place[:2] == ("critique", "wrong") and place[-1] in ("start", "end")):
            known, what = incident.events, "there is no event"
        elif place[-1] == "name" and (place[:2] == ("capacity", "changes") or place[:2] == ("snapshot", "busy")):
            known, what = pools, "there are no connections of"
        else:
            continue
        if name not in known:
            yield place, f"{what} {shown(name)}; {suggest(str(name), known, 'there are')}"


_OF_A_STAMP = "%[-_0^#EO]*[aAbBcCdDeFfgGhHIjklmMnpPrRsStTuUVwWxXyYzZ%]"
"""What strftime knows, and %f."""

_MADE_SETTINGS = {"replicas", "maximumPoolSize", "max_connections", "superuser_reserved_connections"}
_MADE_FIELDS = {"number": "'number' beside the fields", "sys_id": "number", "work_notes": "journal"}
"""Fields of records that the build makes, and what it makes them of."""


def _twice(names: Iterable[tuple[Place, str]]) -> Wrongs:
    known: set[str] = set()
    for place, name in names:
        if name in known:
            yield place, f"{shown(name)} stands here twice; change one"
        known.add(name)


def _of_kind(incident: Incident, kind: type[str], read: Callable[[str], object]) -> Wrongs:
    for place, value in _leaves(incident.scenario):
        if isinstance(value, kind):
            try:
                read(value)
            except MeaningError as error:
                yield place, str(error)


def _disorder(incident: Incident) -> Wrongs:
    """Times in an order that cannot be, and what needs something else beside it."""
    scenario, at = incident.scenario, incident.at
    if scenario.clocks.records.offset_minutes:
        yield ("clocks", "records", "offset_minutes"), "is not 0, and what systems write is in UTC here; write 0"
    for n, event in enumerate(scenario.events):
        if event.card and not event.source:
            yield ("events", n), f"the card of '{event.id}' has no 'source'; say where it is from"
        for name in ("source", "hidden", "note", "accepted") if not event.card else ():
            if getattr(event, name):
                message = f"is for a card, and '{event.id}' has none; give it a 'card', or take this away"
                yield ("events", n, name), message
        for m, span in enumerate(event.accepted):
            if not at(span.from_) <= at(event.time) <= at(span.to):
                yield ("events", n, "accepted", m), "does not hold the time of the event itself; correct it"
    if not 1 <= len(incident.cards) <= 26:
        message = f"{len(incident.cards)} of them have a card, and cards are lettered from A to Z; have 1 to 26"
        yield ("events",), message
    capacity = scenario.capacity
    if capacity.reserved >= capacity.max_connections:
        yield ("capacity", "reserved"), "leaves no connection to anybody; have fewer than max_connections"
    if incident.minute(capacity.series.end) <= incident.minute(capacity.series.start):
        yield ("capacity", "series", "end"), "is not after the start; correct it"
    if (at(capacity.series.end) - at(capacity.series.start)) >= timedelta(hours=24):
        yield ("capacity", "series", "end"), "is a day or more after the start; measure less"
    for n, (one, other) in enumerate(itertools.pairwise(capacity.series.traffic), 1):
        if at(other.time) <= at(one.time):
            yield ("capacity", "series", "traffic", n, "time"), "is not after the one before it; put them in order"
    for n, entry in enumerate(scenario.calendar.entries):
        if at(entry.end) <= at(entry.start):
            yield ("calendar", "entries", n, "end"), "is not after the start; correct it"
    lines: list[tuple[Place, Line]] = [(("scaling", "lines", m), line) for m, line in enumerate(scenario.scaling.lines)]
    for n, log in enumerate(scenario.logs):
        lines += [(("logs", n, "lines", m), line) for m, line in enumerate(log.lines)]
    notes: list[tuple[Place, Sequence[Note | Call]]] = [(("calls", "notes"), scenario.calls.notes)]
    notes += [(("records", n, "journal"), record.journal) for n, record in enumerate(scenario.records)]
    notes += [(("chat", "channels", n, "messages"), each.messages) for n, each in enumerate(scenario.chat.channels)]
    for place, written in notes:
        for m, (before, after) in enumerate(itertools.pairwise(written), 1):
            if at(after.time) < at(before.time):
                yield (*place, m, "time"), "is before the one above it; put them in order, or write its day, too"
    total = 0
    for place, line in lines:
        times = 0
        if (line.every_seconds is None) != (line.until is None):
            yield place, "has one of 'every_seconds' and 'until'; give both, or neither"
        elif line.until and at(line.until) <= at(line.time):
            yield (*place, "until"), "is not after the time; correct it"
        elif line.until and line.every_seconds:
            times = (at(line.until) - at(line.time)) // timedelta(seconds=line.every_seconds)
            if times > _MOST_LINES:
                yield (*place, "until"), f"makes {times:,} lines of it; have {_MOST_LINES:,} at most"
        total += min(times, _MOST_LINES) + 1
        if total > _MOST_LINES_IN_ALL:
            message = f"makes more than {_MOST_LINES_IN_ALL:,} lines of all logs and events together; have fewer"
            yield place, message
            return


_MOST_LINES = 10_000
"""That anybody would look through."""

_MOST_LINES_IN_ALL = 100_000
"""Which take a build some seconds, and the page of evidence some megabytes."""


def _greed(incident: Incident) -> Wrongs:
    """Jobs that leave nothing to what is scaled, of which the model knows no way out."""
    jobs = incident.scenario.capacity.jobs
    for at, counts in incident.counts.items():
        wanted = sum(counts[job.name] * job.pool for job in jobs)
        if wanted > incident.usable:
            message = f"ask for {wanted} connections at {at:%H:%M}, and there are {incident.usable} for all; have fewer"
            yield ("capacity", "jobs"), message
            return


def _wrong_texts(incident: Incident) -> Wrongs:
    scenario, clock = incident.scenario, incident.clock("records")
    for place, value in _leaves(scenario):
        if not isinstance(value, Words):
            continue
        brought = scenario.logs[int(place[1])].vary if place[0] == "logs" else scenario.scaling.vary
        vary = {name: words[0] for name, words in brought.items() if words} if "lines" in place[:3] else {}
        try:
            text = incident.text(value, clock, vary)
        except MeaningError as error:
            yield place, str(error)
            continue
        if left := incident.broken_placeholder(value):
            message = f"{shown(left)} is no placeholder, and is published as it stands; write '<<{left.strip('<>')}>>'"
            yield place, message
        if place[0] in _PLAIN and (sign := _MARKDOWN.search(text)):
            yield place, f"{shown(sign[0])} shows its signs, as no Markdown is read here; write plain words"
        if place[-1] == "text" and place[0] in ("critique", "example"):
            for row, message in tables.lost(lines_of(without_code(text))):
                yield place, f"in its line {row}, {message}"
        if place[0] == "documents" and place[-1] == "text":
            malformed = _malformed(scenario.documents[int(place[1])].file, text)
            yield from [(place, malformed)] if malformed else []
        if len(place) > 2 and place[0] in ("documents", "logs") and place[2] in ("lines", "text", "vary"):
            file = getattr(scenario, place[0])[int(place[1])].file
            if file.endswith((".csv", ".tsv")) and (formula := _FORMULA.search(text)):
                yield place, f"a spreadsheet takes {shown(formula[0])} for a formula; write ' before it"


def _malformed(file: str, text: str) -> str:
    """Why a document is not what its name says, so that a program that reads it breaks off; '' where it is."""
    wrong = ""
    try:
        if file.endswith(".json"):
            json.loads(text)
        elif file.endswith((".yml", ".yaml")):
            for _ in yaml.parse(text, yaml.SafeLoader):  # several in one, and with any tags
                pass
        elif file.endswith(".csv"):
            rows = csv.reader(text.splitlines(keepends=True))
            widths = ((rows.line_num, len(row)) for row in rows if row)
            _, first = next(widths, (0, 0))
            if uneven := next((each for each in widths if each[1] != first), None):
                wrong = f"its line {uneven[0]} has {uneven[1]} cells, and the first has {first}"
    except (ValueError, RecursionError, csv.Error, yaml.YAMLError) as error:
        wrong = cut(" ".join(str(error).split()), 100)
    kind = {"json": "JSON", "csv": "CSV"}.get(file.rpartition(".")[2], "YAML")
    cure = "correct it, or name the file '.txt'"
    return f"is not valid {kind}, as {shown(file)} has to be ({wrong}); {cure}" if wrong else ""


_PLAIN = ("brief", "system", "people", "events", "factors", "unknowns")
# Neither paths such as `src/**`, nor stars in place of digits, nor what a program does.
_MARKDOWN = re.compile(
    r"(?<![\w*/`])\*\*[^\W\d](?:[^*\n]*\w)?\*\*(?![\w*/`])|(?<![\w`])\[[^\[\]\n]+\]\((?=[^()\s]*[/.#])[^()\s]+\)"
)

# Any cell that begins as one, and is no number, whatever parts cells.
_FORMULA = re.compile(r"(?m)(?<![^,;\t\n])[ \"]*(?:[=@\uff1d\uff20]|[+\-\uff0b\uff0d](?![\d.:% ]*\"?(?:[,;\t]|$))).*")


def _disagreements(incident: Incident) -> Wrongs:
    """Where the file says one thing and what follows from it is another."""
    scenario = incident.scenario
    for name, computed in incident.computed_marks.items():
        event = incident.events[getattr(scenario.marks, name)]
        if computed is None:
            yield ("marks", name), "the capacity model never comes to that; change the model, or what happened"
        elif incident.minute(event.time) != computed:
            index = scenario.events.index(event)
            message = f"'{event.id}' is at {event.time}, and the capacity model puts it at {computed:%H:%M}"
            yield ("events", index, "time"), f"{message}; make them agree"
    if incident.minute(scenario.snapshot.time) not in incident.counts:
        series = scenario.capacity.series
        message = f"is not among the minutes measured, {series.start} to {series.end}; choose one of them"
        yield ("snapshot", "time"), message
        return
    held = incident.connections_of(scenario.snapshot.time)
    for n, busy in enumerate(scenario.snapshot.busy):
        total = sum(each.count for each in scenario.snapshot.busy if each.name == busy.name)
        if total > held[busy.name]:
            message = f"{total} connections of {busy.name} are busy, and it has {held[busy.name]} then; have fewer"
            yield ("snapshot", "busy", n, "count"), message
    critique = scenario.critique
    if critique.wrong.minutes == incident.minutes(critique.wrong.start, critique.wrong.end):
        yield ("critique", "wrong", "minutes"), "is what the evidence says; give a number that it contradicts"
    clock = incident.clock("records")
    quotes = [(("critique", "faults", n, "quote"), fault.quote) for n, fault in enumerate(critique.faults)]
    for place, quote in [*quotes, (("critique", "wrong", "says"), critique.wrong.says)]:
        if incident.text(quote, clock) not in incident.text(critique.text, clock):
            yield place, f"{shown(quote)} is not in the text; quote it word for word"
    headings = re.findall(r"(?m)^#{1,2} ", scenario.example.text)
    if not scenario.example.text.startswith("## ") or len(headings) != 1:
        yield ("example", "text"), "does not begin with its only title ('## …', all others '### …'); write one there"
