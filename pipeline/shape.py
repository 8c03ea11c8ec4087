"""The shape of a practice incident, data/scenarios/*.yml.

What a file says is of its incident; nothing here is.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetCoreSchemaHandler, field_validator
from pydantic_core import CoreSchema, core_schema


class _Text(str):
    """A text that holds something; subclasses say what."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema(min_length=1))


class Moment(_Text):
    """A time in UTC, or the id of an event."""


class Words(_Text):
    """A text with placeholders."""


class Role(_Text):
    """One of those who took part."""


class File(_Text):
    """The name of a file of the evidence."""


Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
# No browser runs such a file, and MkDocs makes no page of it.
FileName = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*\.(txt|log|csv|tsv|json|ya?ml|ics|ini|cfg|conf|sql|eml|diff)$")
]
Count = Annotated[int, Field(ge=0, le=100_000)]
More = Annotated[int, Field(ge=1, le=100_000)]
ClockName = Literal["records", "people"]


class _Model(BaseModel):
    # Few projects have incidents, and what reads these takes time to make.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Clock(_Model):
    """A time zone without summer time."""

    name: str = Field(min_length=1, max_length=20)
    offset_minutes: int = Field(ge=-12 * 60, le=14 * 60)

    def show(self, time: datetime, form: str = "%H:%M") -> str:
        """A time as this clock shows it; `form` is as for `strftime`, where %f are milliseconds."""
        local = time.astimezone(UTC) + timedelta(minutes=self.offset_minutes)
        # For %s, seconds since 1970, C asks the machine for its time zone.
        own = {"f": f"{local.microsecond // 1000:03}", "s": str(int(time.timestamp()))}
        return local.strftime(re.sub("%[-_0^#EO]*(.)", lambda found: own.get(found[1], found[0]), form))


class Clocks(_Model):
    """The two clocks of the evidence."""

    records: Clock
    """What systems write."""
    people: Clock
    """What people live by."""


class Component(_Model):
    """A part of the system."""

    name: str = Field(min_length=1)
    what: Words


class Person(_Model):
    """Somebody who took part, by role."""

    role: Id
    who: Words


class Pool(_Model):
    """So many programs of a kind, each with its own pool of connections."""

    name: str = Field(pattern=r"^\w[\w.:/-]*$")
    count: Count
    pool: More
    replica_set: str = Field(min_length=1)
    """What Kubernetes calls the pods, but for their last part."""
    settings: dict[str, int] = {}
    """What else is set for each of the pools."""


class Change(_Model):
    """Another number of programs from some time on."""

    time: Moment
    name: str
    to: Count
    reason: str | None = None
    """The autoscaler's, where it was the autoscaler."""


class Traffic(_Model):
    """A corner of the line of requests."""

    time: Moment
    rate: Count


class Series(_Model):
    """What the measured values are computed from, beside the numbers of programs."""

    start: Moment
    end: Moment
    what: str = Field(min_length=1)
    """What is timed, and fails, as in 'loans'."""
    traffic: tuple[Traffic, ...] = Field(min_length=2)
    service_ms: More
    timeout_ms: More
    usual_error_percent: float = Field(ge=0, lt=100)
    impact_percent: float = Field(gt=0, lt=100)
    settle_minutes: More


class Capacity(_Model):
    """What the database gives out, and who asks for it."""

    database: str = Field(min_length=1)
    max_connections: More
    reserved: Count
    web: Pool
    """The programs that are scaled."""
    jobs: tuple[Pool, ...]
    delay_minutes: Count
    changes: tuple[Change, ...]
    series: Series


class Accepted(_Model):
    """A span in which a card may be put, too."""

    from_: Moment = Field(alias="from")
    to: Moment
    why: Words


class Event(_Model):
    """Something that happened, or a time that texts speak of."""

    id: Id
    time: Moment
    """Never the id of another event."""
    clock: ClockName = "records"
    """The one by which its card tells the time."""
    source: Words | None = None
    """Where the card says that it is from."""
    card: Words | None = None
    """The words of its card; None where there is no card."""
    is_dated: bool = True
    """Whether the card tells the time."""
    files: tuple[File, ...]
    """The files in which it is to be found, at its time."""
    hidden: Words | None = None
    """Where it cannot be seen."""
    note: Words | None = None
    accepted: tuple[Accepted, ...] = ()


class Marks(_Model):
    """The events between which intervals are measured."""

    limit_reached: Id
    impact_start: Id
    first_alert: Id
    first_report: Id
    paged: Id
    acknowledged: Id
    relieved: Id
    impact_end: Id
    resolved: Id


class Factor(_Model):
    """A contributing factor, and where it is to be seen."""

    factor: Words
    files: tuple[File, ...] = Field(min_length=1)


class Note(_Model):
    """What somebody wrote at some time."""

    time: Moment
    who: Role
    text: Words


class Record(_Model):
    """A record of the service management tool."""

    table: Literal["incident", "change_request", "problem"]
    number: str = Field(pattern=r"^[A-Z]{3}[0-9]{7}$")
    labels: dict[str, str]
    """What the form shows instead of a number, by field."""
    fields: dict[Annotated[str, Field(pattern=r"^\w")], str]
    """In the order of the form; those that are times are moments."""
    journal: tuple[Note, ...]

    @field_validator("fields", mode="after")
    @classmethod
    def _sort_fields(cls, fields: dict[str, str]) -> dict[str, str]:
        return {name: Moment(text) if text and is_time(name) else Words(text) for name, text in fields.items()}


def is_time(field: str) -> bool:
    """Whether a field of a record holds a time."""
    return field.endswith(("_at", "_date", "_on"))


class Channel(_Model):
    """A channel of the chat."""

    name: str = Field(pattern=r"^#[a-z0-9-]+$")
    about: Words
    messages: tuple[Note, ...] = Field(min_length=1)


class Chat(_Model):
    """Everything that was written."""

    about: Words
    channels: tuple[Channel, ...] = Field(min_length=1)


class Call(_Model):
    """What support wrote down about a call."""

    time: Moment
    text: Words


class Calls(_Model):
    """The notes of support."""

    about: Words
    notes: tuple[Call, ...] = Field(min_length=1)


class Entry(_Model):
    """An entry of the calendar."""

    id: Id
    start: Moment
    end: Moment
    summary: Words
    description: Words
    created: Moment
    modified: Moment
    revision: Count
    is_cancelled: bool = False


class Calendar(_Model):
    """A calendar."""

    name: str = Field(min_length=1)
    about: Words
    entries: tuple[Entry, ...] = Field(min_length=1)


class Busy(_Model):
    """Connections of a program that are not idle."""

    name: str
    state: str = Field(min_length=1)
    count: More


class Snapshot(_Model):
    """What the database says of its connections at one moment."""

    time: Moment
    database: str = Field(min_length=1)
    """The one to which the session is connected."""
    query: str = Field(min_length=1)
    busy: tuple[Busy, ...]


class Line(_Model):
    """A line of a log, or many of a kind."""

    time: Moment
    every_seconds: More | None = None
    until: Moment | None = None
    text: Words


# Words, of which one may be empty.
_Varied = Annotated[tuple[Annotated[str, AfterValidator(Words)], ...], Field(min_length=1)]
Vary = dict[Annotated[str, Field(pattern=r"^[a-z]+$")], _Varied]


class Log(_Model):
    """A log of which each line has its time."""

    file: FileName
    title: Words
    about: Words
    stamp: str = Field(min_length=2)
    """The form of the times, as for `Clock.show`."""
    vary: Vary
    """Words of which each line takes another."""
    lines: tuple[Line, ...] = Field(min_length=1)


class Scaling(_Model):
    """What the cluster says beside the steps of the autoscaler."""

    about: Words
    vary: Vary
    lines: tuple[Line, ...]


class Document(_Model):
    """A text that is evidence as it stands."""

    file: FileName
    title: Words
    about: Words
    text: Words


class Wrong(_Model):
    """A number of the draft which the evidence contradicts."""

    says: Words
    minutes: More
    start: Id
    end: Id


class Fault(_Model):
    """Something to find in the draft."""

    quote: Words
    fault: Words
    why: Words


class Critique(_Model):
    """A post-mortem that is to be taken apart."""

    title: Words
    about: Words
    text: Words
    wrong: Wrong
    faults: tuple[Fault, ...] = Field(min_length=1)


class Example(_Model):
    """The record that the team wrote: a spoiler, in the shape of the kit's template."""

    title: Words
    about: Words
    text: Words


class Scenario(_Model):
    """Everything in a file of a practice incident."""

    title: str = Field(min_length=1)
    day: date
    brief: Words
    clocks: Clocks
    system: tuple[Component, ...]
    people: tuple[Person, ...]
    capacity: Capacity
    events: tuple[Event, ...]
    marks: Marks
    factors: tuple[Factor, ...] = Field(min_length=1)
    unknowns: tuple[Words, ...]
    records: tuple[Record, ...]
    chat: Chat
    calls: Calls
    calendar: Calendar
    snapshot: Snapshot
    logs: tuple[Log, ...]
    scaling: Scaling
    documents: tuple[Document, ...]
    critique: Critique
    example: Example
