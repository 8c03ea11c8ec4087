"""Make the files of a practice incident: records, chat, logs, calendar, measured values, cards and the key to them.

Each is what such a tool writes, as far as one can tell; all of them are made from the one file of the incident, and
read back by `consistency`.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from pipeline.incident import Incident, Minute
from pipeline.shape import Clock, Event, Line, Moment, Record

RECORDS = {"incident": "incident", "change_request": "change", "problem": "problem"}
"""The name of the files of each table."""

METRICS = ("time_utc", "requests_per_s", "pods", "db_connections", "waiting", "p95_ms", "error_percent")
SETTINGS = ("component", "setting", "value")

Lines = list[tuple[datetime, str]]


def files(incident: Incident) -> dict[str, str]:
    """What everybody may see, by name."""
    made: dict[str, str] = {}
    for record in incident.scenario.records:
        name = RECORDS[record.table]
        made[f"{name}.json"] = _json({"result": [_stored(incident, record)]})
        made[f"{name}.csv"] = _csv([list(_shown(incident, record)), list(_shown(incident, record).values())])
    made["chat.json"] = _json(_chat(incident))
    made["chat.txt"] = chat_text(incident)
    made["support-notes.txt"] = calls_text(incident)
    made["calendar.ics"] = calendar_text(incident)
    made["metrics.csv"] = _csv([METRICS, *map(_row, incident.series.values())])
    made["settings.csv"] = _csv(settings(incident))
    made["scaling.log"] = scaling_text(incident)
    made["pg_stat_activity.txt"] = snapshot_text(incident)
    for log in incident.scenario.logs:
        lines: Lines = []
        for line in log.lines:
            lines += _repeated(incident, line, log.vary)
        made[log.file] = _log(lines, incident.clock("records"), log.stamp, "")
    for document in incident.scenario.documents:
        made[document.file] = incident.text(document.text, incident.clock("records"))
    cards = card_set(incident)
    made["cards.json"] = _json(cards)
    made["cards.js"] = _script("practiceCards", cards)
    return made


def key_files(incident: Incident) -> dict[str, str]:
    """What only those who lead a session may see, by name."""
    reference = _reference(incident)
    return {"reference.json": _json(reference), "reference.js": _script("practiceReference", reference)}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _script(name: str, value: object) -> str:
    """The same as a script, since a page that is opened from disk may not read other files."""
    text = json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
    return f"globalThis.{name} = {text};\n"


def _csv(rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    """A cell that no spreadsheet takes for a formula: https://owasp.org/www-community/attacks/CSV_Injection"""
    return _FORMULA.sub("'", value) if isinstance(value, str) else value


# Where a spreadsheet parts cells at semicolons, a cell of ours is more than one, and its quotation marks are none.
# Signs of full width are as good as others where people write in these: = @ + -
_FORMULA = re.compile(
    r"\A(?=[=@\uff1d\uff20\t\r]|[+\-\uff0b\uff0d](?!\d+(?:\.\d+)?\Z))"
    r"|(?<=[;\r\n])(?=[=@\uff1d\uff20]|[+\-\uff0b\uff0d](?! |\d+(?:\.\d+)?(?:[;\r\n]|\Z)))"
)


# --- records ------------------------------------------------------------------------------------------------

_STAMP = "%Y-%m-%d %H:%M:%S"


def sys_id(number: str) -> str:
    """The id by which records refer to each other."""
    return hashlib.md5(number.encode(), usedforsecurity=False).hexdigest()


_REFERENCES = {
    "assigned_to", "assignment_group", "business_service", "caller_id", "caused_by", "cmdb_ci",
    "first_reported_by_task", "opened_by", "problem_id", "resolved_by", "rfc",
}  # fmt: skip
"""Fields that hold the id of another record."""


def _shown(incident: Incident, record: Record) -> dict[str, str]:
    """A record's fields as they are shown: in words, and what refers to another record by its name or number."""
    fields = {name: record.labels.get(name, text) for name, text in _fields(incident, record).items()}
    clock = incident.clock("records")
    fields["work_notes"] = "\n\n".join(
        f"{clock.show(at, _STAMP)} - {who} (Work notes)\n{text}"
        for at, who, text in reversed(journal(incident, record))
    )
    return fields


def _fields(incident: Incident, record: Record) -> dict[str, str]:
    """A record's fields beside its journal, codes as they are stored."""
    clock = incident.clock("records")
    fields = {"number": record.number}
    for name, text in record.fields.items():
        fields[name] = clock.show(incident.at(text), _STAMP) if isinstance(text, Moment) else incident.text(text, clock)
    return fields


def _stored(incident: Incident, record: Record) -> dict[str, dict[str, str]]:
    """A record as the Table API gives it when asked for everything: each field as it is shown and as it is stored."""
    own, stored = sys_id(record.number), _fields(incident, record)
    fields = {"sys_id": {"display_value": own, "value": own}}
    for name, text in _shown(incident, record).items():
        value = stored.get(name, "")  # of notes, nothing is
        fields[name] = {"display_value": text, "value": sys_id(value) if value and name in _REFERENCES else value}
    return fields


def form(incident: Incident, record: Record) -> dict[str, str]:
    """What the form of a record shows beside its journal, by the labels of its fields."""
    fields = _shown(incident, record)
    del fields["work_notes"]
    return {_LABELS.get(name, name.replace("_", " ").capitalize()): text for name, text in fields.items()}


# Where the tool calls a field otherwise than by its name.
_LABELS = {
    "caller_id": "Caller",
    "caused_by": "Caused by change",
    "cmdb_ci": "Configuration item",
    "problem_id": "Problem",
    "rfc": "Change request",
    "sys_created_on": "Created",
}


def journal(incident: Incident, record: Record) -> list[tuple[datetime, str, str]]:
    """The work notes: when, who, what."""
    clock = incident.clock("records")
    return [(incident.at(note.time), note.who, incident.text(note.text, clock)) for note in record.journal]


# --- what people wrote --------------------------------------------------------------------------------------


def _chat(incident: Incident) -> dict[str, object]:
    clock = incident.clock("people")
    return {
        "clock": {"name": clock.name, "minutes": clock.offset_minutes},
        "channels": [
            {
                "name": channel.name,
                "about": incident.text(channel.about, clock),
                "messages": [
                    {
                        "at": clock.show(incident.at(note.time), "%Y-%m-%dT%H:%M:%S") + offset(clock),
                        "from": note.who,
                        "text": incident.text(note.text, clock),
                    }
                    for note in channel.messages
                ],
            }
            for channel in incident.scenario.chat.channels
        ],
    }


def offset(clock: Clock) -> str:
    """How far a clock is from UTC, as in '+10:00'."""
    hours, minutes = divmod(abs(clock.offset_minutes), 60)
    return f"{'-' if clock.offset_minutes < 0 else '+'}{hours:02}:{minutes:02}"


def chat_text(incident: Incident) -> str:
    """The chat as one text, channel by channel."""
    clock = incident.clock("people")
    parts = [f"All times are {clock.name}."]
    for channel in incident.scenario.chat.channels:
        lines = [f"==== {channel.name} ({incident.text(channel.about, clock)})"]
        for note in channel.messages:
            at = clock.show(incident.at(note.time), _STAMP)
            lines.append(f"[{at}] {note.who}: {incident.text(note.text, clock)}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def calls_text(incident: Incident) -> str:
    """The notes of support."""
    clock = incident.clock("people")
    lines = [f"All times are {clock.name}.", ""]
    for number, note in enumerate(incident.scenario.calls.notes, 1):
        at = clock.show(incident.at(note.time), _STAMP)
        lines.append(f"{at}  Note {number}: {incident.text(note.text, clock)}")
    return "\n".join(lines) + "\n"


def calendar_text(incident: Incident) -> str:
    """The calendar as iCalendar: https://www.rfc-editor.org/rfc/rfc5545"""
    calendar, clock = incident.scenario.calendar, incident.clock("people")
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{incident.name}.example//practice//EN",
        f"X-WR-CALNAME:{_escaped(calendar.name)}",
    ]
    for entry in calendar.entries:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{entry.id}@{incident.name}.example",
            f"DTSTAMP:{_utc(incident, entry.modified)}",
            f"CREATED:{_utc(incident, entry.created)}",
            f"LAST-MODIFIED:{_utc(incident, entry.modified)}",
            f"SEQUENCE:{entry.revision}",
            f"DTSTART:{_utc(incident, entry.start)}",
            f"DTEND:{_utc(incident, entry.end)}",
            f"SUMMARY:{_escaped(incident.text(entry.summary, clock))}",
            f"DESCRIPTION:{_escaped(incident.text(entry.description, clock))}",
            f"STATUS:{'CANCELLED' if entry.is_cancelled else 'CONFIRMED'}",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _utc(incident: Incident, moment: str) -> str:
    return incident.at(moment).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    return re.sub(r"([\\;,])", r"\\\1", " ".join(text.split()))


def _folded(line: str) -> Iterator[str]:
    """A line as often as 75 bytes, its later parts begun with a space."""
    part = ""
    for sign in line:
        if len((part + sign).encode()) > 75:
            yield part
            part = " "
        part += sign
    yield part


# --- what machines wrote ------------------------------------------------------------------------------------


def _repeated(incident: Incident, line: Line, vary: Mapping[str, Sequence[str]]) -> Iterator[tuple[datetime, str]]:
    """A line of a log, or all of its repetitions, each at a time and with words of its own."""
    clock, seed = incident.clock("records"), f"{line.time} {line.text}"
    step = timedelta(seconds=line.every_seconds or 0)
    end = incident.at(line.until) if line.until else incident.at(line.time)
    for number in range((end - incident.at(line.time)) // step + 1 if step else 1):
        at = incident.at(line.time) + number * step + timedelta(milliseconds=_number(seed) % 1000)
        if number:
            at += timedelta(milliseconds=_number(f"{seed} {number}") % int(step / timedelta(milliseconds=4)))
        if at <= end or not number:
            chosen = {name: each[_number(f"{seed} {number} {name}") % len(each)] for name, each in vary.items()}
            words = {name: incident.text(each, clock, None, number) for name, each in chosen.items()}
            yield at, incident.text(line.text, clock, words, number)


def _number(seed: str) -> int:
    """A number that looks like chance and is the same in every build."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:6], "big")


def _log(lines: Lines, clock: Clock, stamp: str, between: str) -> str:
    return "".join(f"{clock.show(at, stamp)}{between}{text}\n" for at, text in sorted(lines, key=lambda line: line[0]))


def scaling_text(incident: Incident) -> str:
    """The events of the cluster: each step as Kubernetes tells of it, twice, and what else happened."""
    capacity, scaling = incident.scenario.capacity, incident.scenario.scaling
    lines: Lines = []
    pools = {pool.name: pool for pool in (capacity.web, *capacity.jobs)}
    counts = {name: pool.count for name, pool in pools.items()}
    for change in sorted(capacity.changes, key=lambda change: incident.at(change.time)):
        at, before = incident.at(change.time), counts[change.name]
        if change.reason:
            said = f"New size: {change.to}; reason: {change.reason}"
            lines.append((at, f"Normal   SuccessfulRescale  HorizontalPodAutoscaler/{change.name}  {said}"))
        way = "up" if change.to > before else "down"
        said = f"Scaled {way} replica set {pools[change.name].replica_set} to {change.to} from {before}"
        lines.append((at, f"Normal   ScalingReplicaSet  Deployment/{change.name}  {said}"))
        counts[change.name] = change.to
    for line in scaling.lines:
        lines += _repeated(incident, line, scaling.vary)
    return _log(lines, incident.clock("records"), "%Y-%m-%dT%H:%M:%SZ", "  ")


def _row(minute: Minute) -> tuple[object, ...]:
    return (
        minute.at.strftime("%Y-%m-%d %H:%M"),
        minute.requests,
        minute.pods,
        minute.connections,
        minute.waiting,
        minute.latency,
        minute.errors,
    )


def settings(incident: Incident) -> list[tuple[object, ...]]:
    """Who may open how many connections, and how many the database has."""
    capacity = incident.scenario.capacity
    rows: list[tuple[object, ...]] = [SETTINGS]
    for pool in (capacity.web, *capacity.jobs):
        rows += [(pool.name, "replicas", pool.count), (pool.name, "maximumPoolSize", pool.pool)]
        rows += [(pool.name, name, value) for name, value in pool.settings.items()]
    rows.append((capacity.database, "max_connections", capacity.max_connections))
    rows.append((capacity.database, "superuser_reserved_connections", capacity.reserved))
    return rows


def snapshot_rows(incident: Incident) -> list[tuple[str, str, int]]:
    """Connections by program and state; what is not busy is idle."""
    snapshot = incident.scenario.snapshot
    rows: list[tuple[str, str, int]] = []
    for name, total in incident.connections_of(snapshot.time).items():
        busy = [(name, each.state, each.count) for each in snapshot.busy if each.name == name]
        rows += [*busy, (name, "idle", total - sum(count for _, _, count in busy))]
    return sorted(row for row in rows if row[2])


def snapshot_text(incident: Incident) -> str:
    """A session of psql."""
    snapshot, clock = incident.scenario.snapshot, incident.clock("records")
    rows = [
        ("application_name", "state", "count"),
        *((name, state, str(n)) for name, state, n in snapshot_rows(incident)),
    ]
    widths = [max(len(row[column]) for row in rows) + 2 for column in range(3)]
    head = "|".join(cell.center(width) for cell, width in zip(rows[0], widths, strict=True))
    body = [
        f" {name:<{widths[0] - 1}}| {state:<{widths[1] - 1}}|{count:>{widths[2] - 1}}"
        for name, state, count in rows[1:]
    ]
    database = incident.scenario.capacity.database
    query = snapshot.query.strip().replace("\n", f"\n{snapshot.database}-# ")
    return "\n".join(
        [
            f"-- {database}, {clock.show(incident.at(snapshot.time), _STAMP)} {clock.name}",
            f"{snapshot.database}=# {query}",
            head.rstrip(),
            "+".join("-" * width for width in widths),
            *body,
            f"({len(body)} rows)",
            "",
        ]
    )


# --- cards and the key to them ------------------------------------------------------------------------------


def lettered(incident: Incident) -> dict[str, Event]:
    """The cards by their letters, in an order that gives nothing away and is the same in every build."""
    shuffled = sorted(incident.cards, key=lambda event: _number(f"{incident.name} {event.id}"))
    return {chr(ord("A") + number): event for number, event in enumerate(shuffled)}


def card_set(incident: Incident) -> dict[str, object]:
    """The cards as the timeline takes them: nothing of the answer is in it."""
    clocks = incident.scenario.clocks
    return {
        "scenario": incident.name,
        "title": incident.scenario.title,
        "day": incident.scenario.day.isoformat(),
        "zones": [{"name": each.name, "minutes": each.offset_minutes} for each in (clocks.records, clocks.people)],
        "cards": [
            {
                "id": letter,
                "text": incident.text(event.card or "", incident.clock(event.clock)),
                "source": incident.text(event.source or "", incident.clock(event.clock)),
                "utc": _iso(incident.minute(event.time)) if event.is_dated else None,
                "shown": card_time(incident, event),
            }
            for letter, event in lettered(incident).items()
        ],
    }


def card_time(incident: Incident, event: Event) -> str:
    """The time as the card shows it, with its clock, and with the day where it is another; '' where it shows none."""
    if not event.is_dated:
        return ""
    clock, at = incident.clock(event.clock), incident.at(event.time)
    is_other = clock.show(at, "%Y-%m-%d") != str(incident.scenario.day)
    day = f"{int(clock.show(at, '%d'))} {clock.show(at, '%b')} " if is_other else ""
    return f"{day}{clock.show(at)} ({clock.name})"


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _reference(incident: Incident) -> dict[str, object]:
    scenario = incident.scenario
    letters = {event.id: letter for letter, event in lettered(incident).items()}

    def words(text: str | None, event: Event) -> str | None:
        return None if text is None else incident.text(text, incident.clock(event.clock))

    return {
        "scenario": incident.name,
        "cards": [
            {
                "id": letters[event.id],
                "event": event.id,
                "utc": _iso(incident.minute(event.time)),
                "note": words(event.note, event),
                "hidden": words(event.hidden, event),
                "files": list(event.files),
                "accepted": [
                    {
                        "from": _iso(incident.at(span.from_)),
                        "to": _iso(incident.at(span.to)),
                        "why": words(span.why, event),
                    }
                    for span in event.accepted
                ],
            }
            for event in incident.cards
        ],
        "moments": {
            event.id: {"utc": _iso(incident.at(event.time)), "files": list(event.files)} for event in scenario.events
        },
        "model": {
            "scaled": scenario.capacity.web.name,
            "delay_minutes": scenario.capacity.delay_minutes,
            "impact_percent": scenario.capacity.series.impact_percent,
        },
        "marks": {name: getattr(scenario.marks, name) for name in type(scenario.marks).model_fields},
        "intervals": [
            {"name": each.name, "from": each.start, "to": each.end, "minutes": each.minutes}
            for each in incident.intervals
        ],
        "factors": [
            {"factor": incident.text(each.factor, incident.clock("records")), "files": list(each.files)}
            for each in scenario.factors
        ],
        "unknowns": [incident.text(each, incident.clock("records")) for each in scenario.unknowns],
        "critique": {
            "wrong": {
                "says": incident.text(scenario.critique.wrong.says, incident.clock("records")),
                "minutes": scenario.critique.wrong.minutes,
                "is": incident.minutes(scenario.critique.wrong.start, scenario.critique.wrong.end),
            },
            "faults": [
                {
                    "quote": incident.text(each.quote, incident.clock("records")),
                    "fault": incident.text(each.fault, incident.clock("records")),
                    "why": incident.text(each.why, incident.clock("records")),
                }
                for each in scenario.critique.faults
            ],
        },
    }
