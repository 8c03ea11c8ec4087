"""What `lint` has to say about a line of a source."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """A problem of a deck whose file and slides the finder need not know."""

    line: int
    rule: str
    message: str
    slide: int = 0
    """The slide that it is on; 0 where that is nothing to the author."""


def line_of_key(lines: Sequence[str], first: int, last: int, key: str) -> int:
    """The line, from `first` to `last`, on which a directive stands; else `first`."""
    pattern = re.compile(rf"[^\w$*]*[\"']?{re.escape(key)}[\"']?\s*:", re.IGNORECASE)
    numbered = enumerate(lines[first - 1 : last], first)
    return next((number for number, line in numbered if pattern.match(line)), first)
