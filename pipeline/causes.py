"""Leave out what only says once more what another problem has said: one fault, one message."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar
from urllib.parse import unquote

from pipeline import pictures
from pipeline.deck import Deck
from pipeline.problems import Problem, line_at, line_of
from pipeline.rules import RULES

Key = TypeVar("Key", bound=Hashable)

# What comes of another fault on the same slide, and goes with it.
_FOLLOWS_ON_SLIDE = {
    "pdf-incomplete": {"overflow", "clipped", "formula-wrong"},
    "handout-incomplete": {"overflow", "clipped", "formula-wrong", "pdf-incomplete"},
    "slide-blank": {"block-open", "comment-open"},
    "overflow": {"block-open"},
    "clipped": {"block-open"},
    "text-small": {"block-open"},
}
# The same on one line.
_FOLLOWS_ON_LINE = {
    "directive-value": {"note-swallowed"},
    "formula-wrong": {"block-open"},
    "alt-missing": {"image-missing"},
    "axe": {"alt-missing"},
    "image-broken": {"image-missing"},
    "image-off-slide": {"image-missing"},
    "link-dead": {"page-script", "html-refused"},
    "outside-request": {"page-script"},
    "policy": {"page-script"},
    "script-error": {"page-script"},
}
# The same in a whole deck: without its theme, nobody knows how it looks.
_LOOKS = ("clipped", "contrast", "image-blurred", "image-off-slide", "overflow", "text-small")
_FOLLOWS_IN_DECK = {rule: {"theme-unknown"} for rule in _LOOKS}


def causes(problems: Iterable[Problem], decks: Sequence[Deck]) -> Iterator[Problem]:
    """The problems without those that only say once more what another has said."""
    by_source = {deck.source: deck for deck in decks}

    def place(problem: Problem) -> tuple[str, int]:
        deck = by_source.get(problem.path)
        slide = deck.slide_at(problem.line) if deck else None
        return problem.path, slide.number if slide else 0

    problems = list(_once_a_host(list(problems)))
    on_slide, on_line, in_deck = _rules_by(place, problems), _rules_by(_line, problems), _rules_by(_path, problems)
    speechless = {
        p.path for p in problems if p.rule == "directive-value" and re.search("'lang: |no language", p.message)
    }
    missing = [problem for problem in problems if problem.rule in ("image-missing", "link-dead")]
    footnotes = [problem for problem in problems if "is no footnote" in problem.message]
    outside = {(p.path, p.message.split("'")[1]) for p in problems if p.rule == "file-outside" and "'" in p.message}
    told_of = (p for p in problems if re.match(rf"image '[^']*' (?:is cut off|{pictures.TOO_LARGE})", p.message))
    unusable = {(p.path, p.message.split("'")[1]) for p in told_of if p.rule == "image-broken"}
    for problem in problems:
        rule, told = problem.rule, in_deck[_path(problem)]
        if (
            _FOLLOWS_ON_SLIDE.get(rule, set()) & on_slide[place(problem)]
            or _FOLLOWS_ON_LINE.get(rule, set()) & on_line[_line(problem)]
            or _FOLLOWS_IN_DECK.get(rule, set()) & told
            or (rule in ("request-failed", "policy") and any(_is_of(problem, each) for each in missing))
            or (rule == "bundle" and any(_anchor(problem) == _anchor(each) != "" for each in missing))
            or (rule == "link-dead" and any(_is_footnote(problem, each) for each in footnotes))
            or (rule == "image-broken" and any((problem.path, name) in outside for name in problem.message.split("'")))
            or ("cannot be shown" in problem.message and _picture(problem) in unusable)
            or (problem.path in speechless and _is_of_language(problem))
            # A slide that is in another one has no page, which Marp does not expect.
            or (rule == "marp" and "`index` must be" in problem.message and "block-open" in told)
            # The first slide is what stands above front matter that came too late.
            or (rule == "slide-blank" and place(problem)[1] == 1 and "front-matter" in told)
        ):
            continue
        yield problem


def _once_a_host(problems: Sequence[Problem]) -> Iterator[Problem]:
    """A deck is opened several times, and may ask another host for another file each time.

    Of a host that the source names, the line is known best.
    """
    best: dict[tuple[str, str], Problem] = {}
    for problem in sorted(problems, key=lambda each: not each.message.startswith("'")):
        if host := _other_host(problem):
            best.setdefault((problem.path, host), problem)
    for problem in problems:
        host = _other_host(problem)
        if not host or best[problem.path, host] is problem:
            yield problem


def _other_host(problem: Problem) -> str:
    said = r"(?:asks for |^')(?:\w+:)?//([^/ ']+)"
    found = re.search(said, problem.message) if problem.rule == "outside-request" else None
    return found[1] if found else ""


_NAMED = re.compile(r"'([^']+)' (?:leads to '([^']+)'|is loaded from another host)(.*)", re.DOTALL)


def of_settings(problems: Iterable[Problem], text: str) -> Iterator[Problem]:
    """What mkdocs.yml puts on every page, a style sheet for example: said once, where it is named in its `text`."""
    yield from _once_for_all(list(_at_their_names(problems, text)), text) if text else problems


def _at_their_names(problems: Iterable[Problem], text: str) -> Iterator[Problem]:
    told: set[tuple[int, str]] = set()
    for problem in problems:
        found = _NAMED.fullmatch(problem.message) if not problem.line else None
        name = (found[2] or found[1]) if found else ""
        named = re.search(rf"^[^#\n]*(?<![\w/.-]){re.escape(name)}(?![\w/.-])", text, re.MULTILINE) if found else None
        if not found or not named:
            yield problem
            continue
        line = line_at(text, named.end())
        if (line, problem.rule) not in told:
            message = f"names '{name}'{found[3]}" if found[2] else problem.message
            yield Problem("mkdocs.yml", line, problem.rule, message)
        told.add((line, problem.rule))


def _once_for_all(problems: Sequence[Problem], text: str) -> Iterator[Problem]:
    """What no source names, and is wrong on the page for dead addresses and on others: some setting brings it."""
    pages: dict[tuple[str, str], set[str]] = defaultdict(set)
    for problem in problems:
        pages[problem.rule, _address(problem)].add(problem.path)
    for problem in problems:
        name = _address(problem)
        found = pages[problem.rule, name]
        if not name or len(found) == 1 or not any(path.endswith("/404.html") for path in found):
            yield problem
        elif problem.path.endswith("/404.html"):
            line = line_of(text, name)
            hint = "" if line else ": see 'theme' and 'extra'"
            yield Problem("mkdocs.yml", line, problem.rule, f"{problem.message} (on every page{hint})")


def _address(problem: Problem) -> str:
    """The address that a problem is about; '' where it names none, or is told with its line."""
    found = re.match(r"'([^']+)' |asks for (\S+), ", problem.message) if not problem.line else None
    return (found[1] or found[2]) if found else ""


def once(problems: Iterable[Problem]) -> list[Problem]:
    """What is the same on several slides of a deck, a pale footer for example, said of the first one only.

    Not before exceptions are made: each slide makes its own.
    """
    groups: dict[tuple[str, str, str], list[Problem]] = {}
    for problem in problems:
        said = re.sub(r"^slide \d+: ", "", problem.message) if RULES[problem.rule].is_slow else f"{problem}"
        groups.setdefault((problem.path, problem.rule, said), []).append(problem)
    return [
        replace(first, message=f"{first.message} (and on {len(others)} more)") if others else first
        for first, *others in groups.values()
    ]


def _is_of_language(problem: Problem) -> bool:
    """Whether it is about the language that the deck says it is in."""
    return (
        "is said to be in" in problem.message
        or re.search("'(html-lang-valid|valid-lang)'", problem.message) is not None
    )


def _picture(problem: Problem) -> tuple[str, str]:
    """The file and the picture of it that a problem is about; '' where it names none."""
    named = re.search(r"image '(?:[^']*/)?([^'/]+)'", problem.message)
    return problem.path, named[1] if named else ""


def _path(problem: Problem) -> str:
    return problem.path


def _line(problem: Problem) -> tuple[str, int]:
    return problem.path, problem.line


def _rules_by(key: Callable[[Problem], Key], problems: Iterable[Problem]) -> dict[Key, set[str]]:
    rules: dict[Key, set[str]] = defaultdict(set)
    for problem in problems:
        rules[key(problem)].add(problem.rule)
    return rules


def _names(message: str, words: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(words)}(?![\w-])", message) is not None


def _is_of(request: Problem, missing: Problem) -> bool:
    """Whether a request failed because of the file that is missing."""
    asked = re.search(r"/([^/ ]+)(?:, which does not exist| is refused by)", request.message)
    return asked is not None and request.path == missing.path and _names(missing.message, unquote(asked[1]))


def _anchor(problem: Problem) -> str:
    """The place on a page to which a link leads that is told."""
    found = re.search(r"leads to ('#[^']*'), which", problem.message)
    return found[1] if found else ""


def _is_footnote(link: Problem, other: Problem) -> bool:
    """Whether a link is what became of a footnote that is told."""
    address = re.search(r"'([^']+)' leads ", link.message)
    return (
        address is not None
        and link.path == other.path
        and re.search(rf"\]: {re.escape(address[1])}(?![\w-])", other.message) is not None
    )
