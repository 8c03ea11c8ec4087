"""Exceptions that a deck makes on purpose: written at the slide with a reason, and themselves wrong once not needed.

<!-- _slideAllows: { overflow: the wide table is the joke } -->
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.deck import Deck, Slide
from pipeline.problems import Problem
from pipeline.rules import RULES


@dataclass(frozen=True)
class Sorted:
    """Problems, parted by whether their slides allow them."""

    refused: tuple[Problem, ...]
    allowed: tuple[tuple[Problem, str], ...]
    """Each with the reason that the author gives."""


def sort(problems: Iterable[Problem], decks: Sequence[Deck]) -> Sorted:
    """Part the problems that an author has allowed from those that have to be mended."""
    by_source = {deck.source: deck for deck in decks}
    refused: list[Problem] = []
    allowed: list[tuple[Problem, str]] = []
    for problem in problems:
        deck = by_source.get(problem.path)
        slide = deck.slide_at(problem.line) if deck else None
        reason = _reasons(slide).get(problem.rule, "") if slide else ""
        if reason and not RULES[problem.rule].is_firm:
            allowed.append((problem, reason))
        else:
            refused.append(problem)
    return Sorted(tuple(refused), tuple(allowed))


def problems(decks: Sequence[Deck]) -> Iterator[Problem]:
    """Exceptions that name no rule, or no reason."""
    for deck in decks:
        for slide in deck.slides:
            if not slide.allows:
                continue
            given = json.loads(slide.allows)
            if not isinstance(given, dict):
                message = "_slideAllows is no list of rules; write e.g. <!-- _slideAllows: { overflow: the reason } -->"
                yield Problem(deck.source, slide.allows_line, "exception-wrong", message)
                continue
            for rule, reason in given.items():
                if wrong := _wrong(rule, reason):
                    yield Problem(deck.source, slide.allows_line, "exception-wrong", f"_slideAllows {wrong}")


def _wrong(rule: str, reason: object) -> str:
    if rule not in RULES:
        close = difflib.get_close_matches(rule, RULES, n=1)
        return f"names '{rule}', which is no rule; " + (f"did you mean '{close[0]}'?" if close else "see docs/rules.md")
    if RULES[rule].is_firm:
        return f"names '{rule}', of which there is no exception; mend what breaks it"
    if not isinstance(reason, str) or not reason.strip():
        return f"gives no reason for '{rule}'; write it after the colon"
    return ""


def unneeded(decks: Sequence[Deck], allowed: Iterable[Problem], checked: Collection[str]) -> Iterator[Problem]:
    """Exceptions without a problem, though their rule was `checked`: what they excused is mended."""
    allowed = list(allowed)
    for deck in decks:
        excused = {
            (slide.number, p.rule) for p in allowed if p.path == deck.source and (slide := deck.slide_at(p.line))
        }
        for slide in deck.slides:
            for rule in _reasons(slide):
                if rule in checked and (slide.number, rule) not in excused:
                    message = f"slide {slide.number}: breaks no rule '{rule}' any more; take it out of _slideAllows"
                    yield Problem(deck.source, slide.allows_line, "exception-unneeded", message)


def _reasons(slide: Slide) -> dict[str, str]:
    """The rules that a slide may break, with the reasons; without what is wrong."""
    given = json.loads(slide.allows) if slide.allows else {}
    if not isinstance(given, dict):
        return {}
    return {rule: reason for rule, reason in given.items() if not _wrong(rule, reason)}
