"""A practice incident: its file, and what follows from it.

Times, counts and numbers of records that texts speak of are placeholders, which are filled in from the one place where
each of them stands; connections are computed from the number of programs and the size of their pools.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from pipeline.problems import shown
from pipeline.shape import Clock, Event, Record, Scenario

MINUTE = timedelta(minutes=1)

FILES = (
    "incident.json", "incident.csv", "change.json", "change.csv", "problem.json", "problem.csv", "chat.json",
    "chat.txt", "support-notes.txt", "calendar.ics", "metrics.csv", "settings.csv", "scaling.log",
    "pg_stat_activity.txt",
)  # fmt: skip
"""Files of the evidence that every incident has; logs and documents come to them."""

MADE = (*FILES, "cards.json", "reference.json")
"""Names that no log and no document may have."""

_TWENTIETH = 5
"""In per cent."""

_TIME = re.compile(r"(?:(\d{4}-\d\d-\d\d) )?(\d\d:\d\d)(:\d\d)?")
_PLACEHOLDER = re.compile(r"<<([^<>]*)>>")


class MeaningError(Exception):
    """A value of the file means nothing: says what is wrong, and what to do."""


@dataclass(frozen=True)
class Minute:
    """What was measured in one minute."""

    at: datetime
    requests: int
    """A second."""
    pods: int
    """As many as the database knows of."""
    wanted: int
    """Connections that all programs together ask for."""
    connections: int
    """Those that they get."""
    latency: int
    """The 95th percentile, in milliseconds."""
    errors: float
    """In per cent of what is timed."""

    @property
    def waiting(self) -> int:
        """Connections that are asked for in vain."""
        return self.wanted - self.connections


@dataclass(frozen=True)
class Interval:
    """The time from one event to another."""

    name: str
    start: str
    """The id of an event."""
    end: str
    minutes: int


@dataclass(frozen=True)
class Incident:
    """A practice incident: its file, and what follows from it."""

    name: str
    """Its folder on the site."""
    source: str
    """The file, as messages name it."""
    scenario: Scenario

    # --- times and texts ------------------------------------------------------------------------------------

    @cached_property
    def events(self) -> dict[str, Event]:
        return {event.id: event for event in self.scenario.events}

    def at(self, moment: str) -> datetime:
        """The time of a moment, in UTC."""
        found = _TIME.fullmatch(moment)
        if found is None and moment in self.events and self.events[moment].time not in self.events:
            return self.at(self.events[moment].time)
        if found is None:
            advice = suggest(moment, self.events, "write e.g. '01:33', or the id of an event")
            raise MeaningError(f"{shown(moment)} is no time and no event; {advice}")
        try:
            written = f"{found[1] or self.scenario.day} {found[2]}{found[3] or ':00'}"
            at = datetime.strptime(written, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
            if not 1970 <= at.year <= 2999:  # which no clock of ours would show
                raise ValueError
            return at
        except ValueError:
            raise MeaningError(f"{shown(moment)} is no time of any day; correct it") from None

    def minute(self, moment: str) -> datetime:
        """The minute of a moment."""
        return self.at(moment).replace(second=0)

    def minutes(self, start: str, end: str) -> int:
        """Whole minutes from one moment to another, as their clocks show them."""
        return (self.minute(end) - self.minute(start)) // MINUTE

    def clock(self, name: str) -> Clock:
        """One of the two clocks."""
        return self.scenario.clocks.people if name == "people" else self.scenario.clocks.records

    def text(self, words: str, clock: Clock, vary: Mapping[str, str] | None = None, number: int = 0) -> str:
        """`words` with everything filled in.

        `vary` are words for placeholders that the text brings itself; `number` says which of many such texts it is.
        """

        def fill(found: re.Match[str]) -> str:
            name, *given = found[1].split() or [""]
            if vary and name in vary:
                return vary[name]
            kinds = self._kinds(clock, number)
            if name not in kinds and "\n" in found[1]:  # as from `cat <<EOF` to a `>> file` further down
                return found[0]
            return _value(name, given, kinds)

        return _PLACEHOLDER.sub(fill, words)

    def broken_placeholder(self, text: str) -> str:
        """The first placeholder of a text that lacks some of its signs; '' where there is none."""
        kinds = self._kinds(self.clock("records"), 0)
        for found in re.finditer(r"(<<?)(\w+)((?: [\w:-]+)*)(>{0,2})(?!=)", _PLACEHOLDER.sub("\0", text)):
            words = found[3].split()
            # '<<max' alone may be an operator, and '<max>' an element.
            is_bare = found[1] + found[4] == "<<>"
            if (
                found[2] in kinds
                and len(words) == kinds[found[2]][0]
                and (words[0] in self.events if words else is_bare)
            ):
                return found[0]
        return ""

    def _kinds(self, clock: Clock, number: int) -> _Kinds:
        clocks, capacity = self.scenario.clocks, self.scenario.capacity
        return {
            "time": (1, lambda moment: clock.show(self.at(moment))),
            "utc": (1, lambda moment: clocks.records.show(self.at(moment))),
            "local": (1, lambda moment: clocks.people.show(self.at(moment))),
            "minutes": (2, self.minutes),
            "pods": (1, lambda moment: self.measured(moment).pods),
            "connections": (1, lambda moment: self.measured(moment).connections),
            "wanted": (1, lambda moment: self.measured(moment).wanted),
            "errors": (1, lambda moment: self.measured(moment).errors),
            "serial": (2, lambda first, step: _serial(first, step, number)),
            "max": (0, lambda: capacity.max_connections),
            "reserved": (0, lambda: capacity.reserved),
            "usable": (0, lambda: self.usable),
            "pool": (1, self._pool),
            "incident": (0, lambda: self.record("incident").number),
            "change": (0, lambda: self.record("change_request").number),
            "problem": (0, lambda: self.record("problem").number),
        }

    def _pool(self, name: str) -> int:
        pools = {pool.name: pool.pool for pool in (self.scenario.capacity.web, *self.scenario.capacity.jobs)}
        if name not in pools:
            raise MeaningError(f"there are no connections of {shown(name)}; {suggest(name, pools, 'there are')}")
        return pools[name]

    def record(self, table: str) -> Record:
        """The one record of a table."""
        return next(record for record in self.scenario.records if record.table == table)

    @cached_property
    def cards(self) -> tuple[Event, ...]:
        """The events that have a card, in the order in which they happened."""
        on_cards = (event for event in self.scenario.events if event.card)
        return tuple(sorted(on_cards, key=lambda event: self.at(event.time)))

    # --- the capacity model ---------------------------------------------------------------------------------

    @cached_property
    def usable(self) -> int:
        """Connections that the database gives to programs."""
        return self.scenario.capacity.max_connections - self.scenario.capacity.reserved

    @cached_property
    def counts(self) -> dict[datetime, dict[str, int]]:
        """How many programs of each kind the database knows of, minute by minute."""
        capacity = self.scenario.capacity
        counts = {pool.name: pool.count for pool in (capacity.web, *capacity.jobs)}
        changes = sorted(capacity.changes, key=lambda change: self.at(change.time))
        seen = [(self.minute(change.time) + capacity.delay_minutes * MINUTE, change) for change in changes]
        found: dict[datetime, dict[str, int]] = {}
        at, end = self.minute(capacity.series.start), self.minute(capacity.series.end)
        while at <= end:
            while seen and seen[0][0] <= at:
                _, change = seen.pop(0)
                counts[change.name] = change.to
            found[at] = dict(counts)
            at += MINUTE
        return found

    @cached_property
    def series(self) -> dict[datetime, Minute]:
        """Everything that is measured, minute by minute.

        Response time is the service time ÷ (1 - connections in use ÷ all that there are). Where connections are asked
        for in vain, as many requests fail, of all, as connections are missing, of all that are wanted, one minute
        later; once there are connections to give, that goes back to the usual evenly. Those that fail have waited until
        the pool gave up, and where they are more than a twentieth, so has the 95th percentile.
        """
        capacity, plan = self.scenario.capacity, self.scenario.capacity.series
        pools = {pool.name: pool.pool for pool in (capacity.web, *capacity.jobs)}
        found: dict[datetime, Minute] = {}
        missing = peak = share = 0.0
        for at, counts in self.counts.items():
            wanted = sum(count * pools[name] for name, count in counts.items())
            connections = min(wanted, self.usable)
            usual = min(plan.timeout_ms, plan.service_ms / max(1 - connections / capacity.max_connections, 0.001))
            if missing or wanted > self.usable:
                peak, share = 100 * missing, 1.0 if missing else 0.0
            else:
                share = max(0.0, share - 1 / plan.settle_minutes)
            errors = round(min(100, plan.usual_error_percent + share * peak), 1)
            found[at] = Minute(
                at,
                round(self._rate(at)),
                counts[capacity.web.name],
                wanted,
                connections,
                plan.timeout_ms if errors > _TWENTIETH else round(usual),
                errors,
            )
            missing = (wanted - connections) / wanted if wanted else 0.0
        return found

    def _rate(self, at: datetime) -> float:
        corners = [(self.at(corner.time), corner.rate) for corner in self.scenario.capacity.series.traffic]
        for (start, low), (end, high) in itertools.pairwise(corners):
            if start <= at <= end:
                return low + (high - low) * ((at - start) / (end - start))
        return corners[0][1] if at < corners[0][0] else corners[-1][1]

    def measured(self, moment: str) -> Minute:
        """What was measured in the minute of a moment."""
        found = self.series.get(self.minute(moment))
        if found is None:
            series = self.scenario.capacity.series
            raise MeaningError(f"{shown(moment)} is not among the minutes measured, {series.start} to {series.end}")
        return found

    @cached_property
    def computed_marks(self) -> dict[str, datetime | None]:
        """Where the capacity model puts the marks that it knows of; None where it never comes to that."""
        plan = self.scenario.capacity.series
        full = [minute.at for minute in self.series.values() if minute.waiting]
        failing = [minute.at for minute in self.series.values() if minute.errors > plan.impact_percent]
        return {
            "limit_reached": full[0] if full else None,
            "impact_start": failing[0] if failing else None,
            "relieved": full[-1] + MINUTE if full else None,
            "impact_end": failing[-1] + MINUTE if failing else None,
        }

    @cached_property
    def intervals(self) -> tuple[Interval, ...]:
        """How long everything took, from the beginning of the impact."""
        marks = self.scenario.marks
        ends = {
            "to the first alert": marks.first_alert,
            "to the first person": marks.first_report,
            "to the page": marks.paged,
            "to its acknowledgement": marks.acknowledged,
            "impact": marks.impact_end,
            "to the end of the ticket": marks.resolved,
        }
        start = marks.impact_start
        return tuple(Interval(name, start, end, self.minutes(start, end)) for name, end in ends.items())

    def connections_of(self, moment: str) -> dict[str, int]:
        """Who has the connections: jobs as many as they want, as theirs were there first, and pods the rest."""
        capacity = self.scenario.capacity
        counts = self.counts[self.minute(moment)]
        held = {job.name: counts[job.name] * job.pool for job in capacity.jobs}
        return {capacity.web.name: self.measured(moment).connections - sum(held.values()), **held}


_Kinds = dict[str, tuple[int, Callable[..., object]]]
"""How many words each placeholder takes after its name, and what makes its value of them."""


def _value(name: str, given: list[str], kinds: _Kinds) -> str:
    if name not in kinds:
        raise MeaningError(f"there is no placeholder '<<{name}>>'; {suggest(name, kinds, 'there are')}")
    count, value = kinds[name]
    if len(given) != count:
        words = f"{count} word{'' if count == 1 else 's'}"
        raise MeaningError(f"the placeholder '<<{name}>>' takes {words} after it and has {len(given)}; correct it")
    return str(value(*given))


def _serial(first: str, step: str, number: int) -> int:
    """A number that grows by about `step` each time."""
    if not (re.fullmatch("[0-9]{1,18}", first) and re.fullmatch("[0-9]{1,18}", step) and int(step)):
        raise MeaningError(f"{shown(f'<<serial {first} {step}>>')} needs two numbers, as in <<serial 1000 7>>")
    return int(first) + number * int(step) + number * number * 7 % int(step)


def suggest(name: str, known: Collection[str], otherwise: str) -> str:
    """What somebody who wrote `name` may have meant."""
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"did you mean '{close[0]}'?"
    more = ", …" if len(known) > _MOST_NAMES else ""
    return f"{otherwise} {', '.join(itertools.islice(known, _MOST_NAMES))}{more}"


_MOST_NAMES = 25
"""That anybody looks through; an incident has 21 fields."""
