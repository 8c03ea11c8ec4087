"""Gather what one run makes and finds, so that it can be reported however the run ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from pipeline import exceptions
from pipeline.artifacts import Made
from pipeline.cache import NOTHING_KEPT, Cache
from pipeline.causes import causes, of_settings, once
from pipeline.deck import Deck
from pipeline.problems import BuildError, Problem, tidy
from pipeline.report import Report
from pipeline.rules import RULES

Item = TypeVar("Item")


def quiet(_: str) -> None:
    """Tell nobody."""


_LONG = 3.0
"""Seconds after which one wants to know how many more there will be."""


@dataclass
class Progress:
    """What a run has made and found so far."""

    is_thorough: bool
    """Whether slow rules are looked at too, and whether a problem leaves the rest to be looked at."""
    cache: Cache = NOTHING_KEPT
    """Where what was made and seen before may be found; a thorough look does not look there."""
    settings: str = ""
    """The text of mkdocs.yml, once it is known to be readable."""
    made: list[Made] = field(default_factory=list)
    found: list[Problem] = field(default_factory=list)
    """Every problem, those that a deck allows included."""
    looked: list[str] = field(default_factory=list)
    """What was looked at, in words."""
    missed: list[str] = field(default_factory=list)
    """What was not looked at, in words."""

    tell: Callable[[str], None] = quiet
    """Is told what is at work, for somebody who waits."""
    steps: list[tuple[str, float]] = field(default_factory=list)
    """What was at work, and since when, in seconds of a clock that only goes forward."""

    def begin(self, what: str) -> None:
        """Note that the run goes on to its next step."""
        self.steps.append((what, time.perf_counter()))
        self.tell(what)

    def each(self, items: Sequence[Item]) -> Iterator[Item]:
        """Go through what the step at work is about, telling how many there are and, where it takes long, how long."""
        what, start = self.steps[-1] if self.steps else ("", time.perf_counter())
        for number, item in enumerate(items):
            gone = time.perf_counter() - start
            left = f", {gone / number * (len(items) - number):.0f} s left" if number and gone > _LONG else ""
            self.tell(f"{what}: {number + 1} of {len(items)}{left}")
            yield item

    def times(self) -> Iterator[str]:
        """A line for each step with the seconds that it took; the last one ends now."""
        ends = [start for _, start in self.steps[1:]] + [time.perf_counter()]
        for (what, start), end in zip(self.steps, ends, strict=True):
            yield f"{end - start:8.2f} s  {what}"

    @property
    def decks(self) -> list[Deck]:
        """The decks made so far."""
        return [each.deck for each in self.made]

    @property
    def slides(self) -> int:
        """How many slides these have."""
        return sum(len(deck.slides) for deck in self.decks)

    def refused(self) -> list[Problem]:
        """What was found so far and no deck allows."""
        return list(self._sorted().refused)

    def _sorted(self, problems: Sequence[Problem] = ()) -> exceptions.Sorted:
        # What a slide allows is no cause: it would take what others have, and nobody has allowed, with it.
        parted = exceptions.sort(tidy([*self.found, *problems]), self.decks)
        refused = tidy(of_settings(causes(parted.refused, self.decks), self.settings))
        return replace(parted, refused=tuple(once(refused)))

    @property
    def is_over(self) -> bool:
        """Whether a build has to end, since something is wrong; a thorough look always goes on."""
        return not self.is_thorough and bool(self.refused())

    def gate(self) -> None:
        """Let a build go on only if it is not over. Raises BuildError."""
        if self.is_over:
            raise BuildError(self.refused())

    def finish(self) -> None:
        """See whether exceptions are still needed, now that every other rule has been looked at.

        Raises BuildError if anything is wrong.
        """
        allowed = [problem for problem, _ in self._sorted().allowed]
        checked = {name for name, rule in RULES.items() if self.is_thorough or not rule.is_slow}
        self.found += exceptions.unneeded(self.decks, allowed, checked)
        if refused := self.refused():
            raise BuildError(refused)

    def report(self, problems: Sequence[Problem] = ()) -> Report:
        """Everything so far; `problems` ended the run; those of them that are known are told once."""
        parted = self._sorted([*set(problems).difference(self.refused())])
        made = tuple(each for each in self.made if each.pdf)  # of those without, there is nothing to see
        return Report(parted.refused, parted.allowed, made, tuple(self.looked), tuple(self.missed))
