"""Judge what Marp made of a deck's source: where it silently does something else than the author meant.

A wrong alarm costs more than a fault that goes unseen: where a source can be meant as it is, nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from pipeline import comments, markup, rulers, settings, signs, tables
from pipeline.deck import Deck
from pipeline.decks import Source
from pipeline.problems import Problem
from pipeline.trace import Trace


def problems(source: Source, trace: Trace, deck: Deck) -> Iterator[Problem]:
    """Everything that is wrong with the source's notes, directives, rulers and HTML, by line."""
    lines = re.split(r"\r\n?|\n", source.text)  # as Marp does
    found = chain(
        comments.findings(lines, trace),
        settings.findings(lines, trace, deck),
        rulers.findings(lines, trace),
        markup.findings(lines, trace),
        tables.findings(lines, trace),
        signs.findings(lines, trace, deck),
    )
    for finding in sorted(set(found), key=lambda finding: (finding.line, finding.rule, finding.message)):
        slide = f"slide {finding.slide}: " if finding.slide else ""
        yield Problem(source.label, finding.line, finding.rule, f"{slide}{finding.message}")
