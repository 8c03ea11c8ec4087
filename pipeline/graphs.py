"""Draw what was measured in a practice incident as SVG, and say in words and in a table what each drawing shows."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

from pipeline.incident import Incident, Minute


@dataclass(frozen=True)
class Graph:
    """One measured value over time."""

    name: str
    """Of its file, without the ending, and of its section."""
    title: str
    unit: str
    """Follows a number, with its space."""
    values: tuple[tuple[datetime, float], ...]
    limits: tuple[tuple[float, str], ...] = ()
    """Lines across: at which value, and what they are called."""
    is_stepped: bool = True
    """Whether it stays as it is until it changes at once."""

    @property
    def file(self) -> str:
        return f"{self.name}.svg"

    def say(self, value: float) -> str:
        """A value with its unit."""
        return f"{_number(value)}{self.unit}"

    @property
    def rows(self) -> tuple[tuple[datetime, float], ...]:
        """The values that differ from the one before; every tenth, where it never stays the same."""
        if not self.is_stepped:
            return self.values[::10]
        pairs = itertools.pairwise(self.values)
        return (self.values[0], *(now for before, now in pairs if now[1] != before[1]))

    @property
    def summary(self) -> str:
        """What the drawing shows, in words."""
        limits = "".join(f" {name} is {self.say(value)}." for value, name in self.limits)
        if self.is_stepped and len(self.rows) <= _FEW:
            steps = ", ".join(f"{self.say(value)} from {_clock(at)}" for at, value in self.rows)
            return f"{self.title}: {steps}, until {_clock(self.values[-1][0])}.{limits}"
        top = max(value for _, value in self.values)
        (first, begin), (last, end) = self.values[0], self.values[-1]
        highest = [at for at, value in self.values if value == top]
        until = "" if highest[-1] == highest[0] else f", for the last time at {_clock(highest[-1])}"
        return (
            f"{self.title}: {self.say(begin)} at {_clock(first)}. The highest is {self.say(top)}, first reached at "
            f"{_clock(highest[0])}{until}. {self.say(end)} at {_clock(last)}.{limits}"
        )


_FEW = 6
"""So many steps can be read aloud."""


def graphs(incident: Incident) -> tuple[Graph, ...]:
    """Every drawing, in the order of the page."""
    capacity = incident.scenario.capacity
    what = capacity.series.what

    def values(value: Callable[[Minute], float]) -> tuple[tuple[datetime, float], ...]:
        return tuple((minute.at, value(minute)) for minute in incident.series.values())

    return (
        Graph(
            "connections",
            f"Connections to {capacity.database}",
            "",
            values(lambda minute: minute.connections),
            ((capacity.max_connections, "max_connections"),),
        ),
        Graph("latency", f"Response time of {what}, 95th percentile", " ms", values(lambda minute: minute.latency)),
        Graph("errors", f"{what[:1].upper()}{what[1:]} that fail", " %", values(lambda minute: minute.errors)),
        Graph("pods", f"Pods of {capacity.web.name}", "", values(lambda minute: minute.pods)),
        Graph("requests", "Requests a second", "", values(lambda minute: minute.requests), is_stepped=False),
    )


def _number(value: float) -> str:
    return f"{value:,.10g}"


def _clock(at: datetime) -> str:
    return at.strftime("%H:%M")


# --- drawing ------------------------------------------------------------------------------------------------

_WIDTH, _HEIGHT = 480, 290
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 26, 44, 46

_STYLE = (
    "text{font:15px 'Helvetica Neue',Helvetica,Arial,'Liberation Sans',sans-serif;fill:#14252b}"
    ".title{font-weight:700}.axis{stroke:#4c5f66}.grid{stroke:#c9d6d8}"
    ".line{fill:none;stroke:#0b5a63;stroke-width:3;stroke-linejoin:round}"
    ".limit{stroke:#a83c1c;stroke-width:2;stroke-dasharray:7 5}.limit-name{fill:#a83c1c}"
)


def draw(graph: Graph, zone: str) -> str:
    """The drawing as an SVG file; `zone` is the name of its clock."""
    step, top = _scale(max([value for _, value in graph.values] + [limit for limit, _ in graph.limits]))
    start, end = graph.values[0][0], graph.values[-1][0]

    def x(at: datetime) -> str:
        return f"{_LEFT + (at - start) / (end - start) * (_WIDTH - _LEFT - _RIGHT):.1f}"

    def y(value: float) -> str:
        return f"{_HEIGHT - _BOTTOM - value / top * (_HEIGHT - _TOP - _BOTTOM):.1f}"

    right, foot = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    parts = [f"<rect width='{_WIDTH}' height='{_HEIGHT}' fill='#fff'/>"]
    parts.append(f"<text class='title' x='8' y='24'>{escape(graph.title)}</text>")
    for number in range(round(top / step) + 1):
        level = y(number * step)
        parts.append(f"<path class='grid' d='M{_LEFT} {level}H{right}'/>")
        parts.append(f"<text x='{_LEFT - 7}' y='{level}' dy='5' text-anchor='end'>{_number(number * step)}</text>")
    for at in _ticks(start, end):
        parts.append(f"<path class='axis' d='M{x(at)} {foot}v6'/>")
        parts.append(f"<text x='{x(at)}' y='{foot + 22}' text-anchor='middle'>{_clock(at)}</text>")
    parts.append(f"<path class='axis' d='M{_LEFT} {foot}H{right}'/>")
    unit = f"in{graph.unit}, times in {zone}" if graph.unit.strip() else f"times in {zone}"
    parts.append(f"<text x='{right}' y='{_HEIGHT - 6}' text-anchor='end'>{escape(unit)}</text>")
    for limit, name in graph.limits:
        parts.append(f"<path class='limit' d='M{_LEFT} {y(limit)}H{right}'/>")
        label = f"{name}: {_number(limit)}"
        parts.append(f"<text class='limit-name' x='{_LEFT + 6}' y='{y(limit)}' dy='-6'>{escape(label)}</text>")
    parts.append(f"<path class='line' d='{''.join(_path(graph, x, y))}'/>")
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_WIDTH} {_HEIGHT}' role='img' aria-labelledby='t d'>"
        f"<title id='t'>{escape(graph.title)}</title><desc id='d'>{escape(graph.summary)}</desc>"
        f"<style>{_STYLE}</style>{''.join(parts)}</svg>\n"
    )


def _path(graph: Graph, x: Callable[[datetime], str], y: Callable[[float], str]) -> Iterator[str]:
    for number, (at, value) in enumerate(graph.values):
        if number and graph.is_stepped:
            yield f"H{x(at)}V{y(value)}"
        else:
            yield f"{'L' if number else 'M'}{x(at)} {y(value)}"


def _scale(highest: float) -> tuple[float, float]:
    """The step between lines, and the value of the uppermost: four to eight lines, a little higher than needed."""
    step = 10.0 ** math.floor(math.log10(max(highest, 1)))
    for part in (0.2, 0.5, 1.0):
        if highest / (step * part) <= 7:
            step *= part
            break
    return step, step * (math.floor(highest / step) + 1)


def _ticks(start: datetime, end: datetime) -> Sequence[datetime]:
    """About five full times between two others."""
    for minutes in (5, 10, 15, 30, 60, 120, 240, 360):
        if (end - start) / timedelta(minutes=minutes) <= 5:
            break
    step = timedelta(minutes=minutes)
    at = start + (-(start - start.replace(hour=0, minute=0)) % step)
    found: list[datetime] = []
    while at <= end:
        found.append(at)
        at += step
    return found
