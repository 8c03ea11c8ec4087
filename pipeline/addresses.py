"""See that addresses of slides that were published still lead to a slide."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.problems import Problem

_CURE = "or run 'python3 build.py clean' if nobody links to it"


@dataclass(frozen=True)
class Place:
    """A slide, by everything that leads to it."""

    names: tuple[str, ...]
    """Its key, then the names that it had before."""
    line: int


@dataclass(frozen=True)
class Published:
    """A deck as its deck.json tells of it."""

    source: str
    """The Markdown file, as messages name it."""
    places: tuple[Place, ...]
    """One for each slide, in their order; never empty."""


def read(site: Path) -> dict[str, Published]:
    """The decks of a built site, by name; a deck.json that cannot be read tells of none."""
    found: dict[str, Published] = {}
    for path in sorted(site.glob("decks/*/deck.json")):
        try:
            found[path.parent.name] = _published(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, LookupError, TypeError, AttributeError):  # cut short, or of some other shape
            continue
    return found


def _published(data: Any) -> Published:
    places = [
        Place((str(slide["key"]), *map(str, slide.get("former", ()))), int(slide["line"])) for slide in data["slides"]
    ]
    if not places:
        raise ValueError("no slides")
    return Published(str(data["source"]), tuple(places))


def problems(before: Mapping[str, Published], after: Mapping[str, Published]) -> Iterator[Problem]:
    """Every address that led to a slide of `before` and leads to none of `after`, though the slide may still be there.

    The slide that now has the number of the one that is gone is named as the place to mend. Decks and slides may be
    taken away: where a deck has fewer slides, as many may be missing.
    """
    for name, old in before.items():
        if name not in after:
            continue
        new = after[name]
        standing = {known for place in new.places for known in place.names}
        missing = {place for place in old.places if standing.isdisjoint(place.names)}
        if len(missing) > len(old.places) - len(new.places):
            missing = set()
        lost: dict[Place, list[str]] = {}
        for number, place in enumerate(old.places):
            if place in missing:
                continue
            heir = new.places[min(number, len(new.places) - 1)]
            # A slide without key and heading is named by its number, and nothing else was promised of it.
            gone = [known for known in place.names if known not in standing and known != f"slide-{number + 1}"]
            lost.setdefault(heir, []).extend(gone)
        for heir, gone in lost.items():
            directive = f"<!-- _slideKey: {' '.join([*heir.names, *gone])} -->"
            for known in gone:
                message = (
                    f"slides.html#{known} was published and no slide has that key any more; "
                    f"write '{directive}' at the slide that took its place, {_CURE}"
                )
                yield Problem(new.source, heir.line, "address-lost", message)
