"""Put together what several looks at the same element say: by day and by night, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.problems import Area

COLOURS: tuple[str, ...] = ("as authored", "with light and dark swapped")
"""How a deck is looked at."""
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = (1280, 360)
"""How a page is looked at."""


@dataclass(frozen=True)
class Finding:
    """What one look at one element says."""

    slide: int
    """1-based; 0 on a page."""
    rule: str
    id: str
    """What tells it from others of the same rule at the same element."""
    key: int
    """The element."""
    state: tuple[str, ...]
    """How it was looked at; '' where that makes no difference."""
    head: str
    what: str
    """What may differ from state to state."""
    cure: str
    line: int
    """The source line of the block, 0 where that is not known."""
    area: Area | None
    clues: tuple[str, ...]
    """What the line of the source that is to blame may hold, the likeliest first."""


def read(item: Mapping[str, Any], state: tuple[str, ...], slide: int) -> Finding:
    """A finding as access.js tells it."""
    return Finding(
        slide=slide,
        rule=item["rule"],
        id=item["id"],
        key=item["key"],
        state=state,
        head=item["head"],
        what=item["what"],
        cure=item["cure"],
        line=item["line"],
        area=Area(*item["area"]) if item["area"] else None,
        clues=tuple(item["clues"]),
    )


def fold(found: Iterable[Finding], states: Sequence[Sequence[str]]) -> Iterator[tuple[Finding, str]]:
    """Each element once for each rule, with a message that says in which of all `states` what is wrong."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for each in found:
        groups.setdefault((each.slide, each.rule, each.id, each.key), []).append(each)
    for group in groups.values():
        seen: dict[str, list[tuple[str, ...]]] = {}
        for each in group:
            seen.setdefault(each.what, []).append(each.state)
        whats = (what + _where(given, states) for what, given in seen.items())
        yield group[0], f"{group[0].head}{', and '.join(whats)}; {group[0].cure}"


def _where(given: Iterable[tuple[str, ...]], states: Sequence[Sequence[str]]) -> str:
    parts: list[str] = []
    for seen, every in zip(zip(*given, strict=True), states, strict=True):
        if any(seen) and not set(every) <= set(seen):
            parts.append(" and ".join(state for state in every if state in seen))
    return f" ({', '.join(parts)})" if parts else ""
