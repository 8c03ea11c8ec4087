"""Tell what was looked at and what was found: as lines, as data, as annotations, and as a page to act from."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from pipeline import publish, scratch
from pipeline.artifacts import Made
from pipeline.deck import Slide
from pipeline.problems import Area, Problem
from pipeline.rules import RULES

FOLDER = Path("dist", "report")
"""Where reports are written, below the project."""

PICTURE_WIDTH = 960
"""CSS pixels of a slide's picture in the report, which is drawn finer."""

_STYLE = Path(__file__).with_suffix(".css")

# What no rule can tell, said wherever the reader may take silence for praise.
_NEVER_CHECKED = (
    "whether a text alternative says what the picture shows, and whether a text is true",
    "whether external links still answer (`python3 build.py links` asks them)",
    "Safari, Firefox, PowerPoint and screen readers themselves",
)


@dataclass(frozen=True)
class Report:
    """What one run looked at, and what it found."""

    problems: tuple[Problem, ...] = ()
    """What has to be mended."""
    allowed: tuple[tuple[Problem, str], ...] = ()
    """What the decks allow, each with the reason given."""
    made: tuple[Made, ...] = field(default=(), repr=False)
    """The decks, so far as Marp had rendered and printed them."""
    looked: tuple[str, ...] = ()
    """What was looked at, in words."""
    missed: tuple[str, ...] = ()
    """What was not looked at in this run, in words."""


def as_lines(report: Report) -> Iterator[str]:
    """A line for each problem, and a last one with the totals."""
    yield from map(str, report.problems)
    yield _total(report)


def as_json(report: Report) -> str:
    """The report as data: `{"problems": [{"path", "line", "rule", "message"}], "allowed": …, "decks": …}`."""
    content = {
        "problems": [_fields(problem) for problem in report.problems],
        "allowed": [{**_fields(problem), "reason": reason} for problem, reason in report.allowed],
        "decks": {made.deck.source: len(made.deck.slides) for made in report.made},
        "looked": report.looked,
        "missed": report.missed,
    }
    return json.dumps(content, indent=2) + "\n"  # in ASCII, which every terminal and every pipe takes


def _fields(problem: Problem) -> dict[str, str | int]:
    return {"path": problem.path, "line": problem.line, "rule": problem.rule, "message": problem.message}


def as_github(report: Report) -> Iterator[str]:
    """Workflow commands, which GitHub shows beside the lines of a change.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
    """
    for problem in report.problems:
        line = f",line={problem.line}" if problem.line else ""
        place = f"file={_property(problem.path)}{line},title={_property(problem.rule)}"
        yield f"::error {place}::{_data(problem.message)}"
    yield _total(report)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def as_summary(report: Report) -> str:
    """The report as Markdown, for the summary of a job."""
    lines = [f"## {_total(report)}", ""]
    if report.problems:
        lines += ["| place | rule | what is wrong; what to do |", "|---|---|---|"]
        for problem in report.problems:
            place = f"{problem.path}:{problem.line}" if problem.line else problem.path
            lines.append(f"| {_cell(place)} | {problem.rule} | {_cell(problem.message)} |")
        lines.append("")
    lines += [f"- {_cell(what)}" for what in report.looked]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    # What an author wrote stays words: no column, no mention, no HTML, no emphasis.
    words = escape(" ".join(text.split()), quote=False)
    return "".join(f"&#{ord(sign)};" if sign in "|@`*_[]\\~" else sign for sign in words)


def write(report: Report, folder: Path) -> None:
    """Write the report to `folder`, in place of what is there: index.html, problems.json and problems.txt.

    Files may be checked beside a build, and each report is a whole one.
    """
    stage = folder.with_name(f".{folder.name}-{os.getpid()}")
    for left in (stage, *scratch.abandoned(folder.parent, f".{folder.name}-")):
        shutil.rmtree(left, ignore_errors=True)
    try:
        for number, made in enumerate(report.made):
            for slide, picture in enumerate(made.pictures, 1):
                publish.write(stage / _picture(number, slide), picture)
        publish.write(stage / "index.html", page(report))
        publish.write(stage / "problems.json", as_json(report))
        publish.write(stage / "problems.txt", "".join(f"{problem}\n" for problem in report.problems))
        publish.exchange(stage, folder)
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        raise


# --- the page -----------------------------------------------------------------------------------------------


def page(report: Report) -> str:
    """The report as a page: what to mend first, then every slide with its problems drawn on it."""
    sources = {made.deck.source for made in report.made}
    elsewhere = [problem for problem in report.problems if problem.path not in sources]
    body = [
        f"<h1>{escape(_total(report))}</h1>",
        *_contents(report),
        *_section("Not on a slide", _list(elsewhere)),
    ]
    for number, made in enumerate(report.made):
        body += _deck(number, made, report)
    allowed = [
        f"{_place(problem)} {escape(problem.message)} &ndash; allowed: {escape(why)}" for problem, why in report.allowed
    ]
    body += _section("Allowed by the decks", _items(allowed))
    body += _section("What was looked at", _items(map(escape, report.looked), tag="ul"))
    missed = (*report.missed, *_NEVER_CHECKED)
    body += _section("What was not looked at", _items(map(_code, missed), tag="ul"))
    return _PAGE.format(title=escape(_total(report)), style=_STYLE.read_text(encoding="utf-8"), body="\n".join(body))


_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>
{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def _total(report: Report) -> str:
    slides = sum(len(made.deck.slides) for made in report.made)
    counts = f"{_count(len(report.made), 'deck')} with {_count(slides, 'slide')}"
    found = f"{_count(len(report.problems), 'problem')} found" if report.problems else "nothing found"
    return f"{found} in {counts}" + (f", {len(report.allowed)} allowed" if report.allowed else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _contents(report: Report) -> Iterator[str]:
    """How often each rule is broken, and where to begin."""
    rules = Counter(problem.rule for problem in report.problems)
    if not rules:
        return
    yield '<table><caption>By rule</caption><thead><tr><th scope="col">Rule</th><th scope="col">It asks that</th>'
    yield '<th scope="col">Broken</th></tr></thead><tbody>'
    for rule, number in rules.most_common():
        yield f"<tr><td><code>{rule}</code></td><td>{escape(RULES[rule].asks)}</td><td>{number}</td></tr>"
    yield "</tbody></table>"


def _deck(number: int, made: Made, report: Report) -> Iterator[str]:
    deck = made.deck
    own = [problem for problem in report.problems if problem.path == deck.source]
    yield f"<h2>{escape(deck.title or deck.name)} <small>{escape(deck.source)}</small></h2>"
    yield (
        f"<p>{_count(len(own), 'problem')} on {_count(len(deck.slides), 'slide')}.</p>"
        if own
        else (f"<p>Nothing found on {_count(len(deck.slides), 'slide')}.</p>")
    )
    yield from _list([problem for problem in own if deck.slide_at(problem.line) is None])
    yield '<ol class="slides">'
    for slide in deck.slides:
        here = [problem for problem in own if deck.slide_at(problem.line) is slide]
        yield from _slide(_picture(number, slide.number), slide, here)
    yield "</ol>"


def _slide(picture: str, slide: Slide, problems: Sequence[Problem]) -> Iterator[str]:
    title = escape(slide.title or "without a heading")
    yield f'<li class="{"wrong" if problems else "right"}"><figure><div class="picture">'
    yield f'<img src="{picture}" alt="Slide {slide.number}: {title}" loading="lazy" width="{PICTURE_WIDTH}">'
    for number, problem in enumerate(problems, 1):
        if area := problem.area:
            yield f'<span class="area" style="{_style(area)}" aria-hidden="true"><b>{number}</b></span>'
    yield f"</div><figcaption>{slide.number}. {title} <small>line {slide.line}</small></figcaption></figure>"
    yield from _list(problems)
    yield "</li>"


def _style(area: Area) -> str:
    """Where the box of `area` is drawn: on the slide, for what lies beside it is where it leaves the picture."""
    left, top = min(max(area.left, 0), 96), min(max(area.top, 0), 94)
    width = min(area.left + area.width, 100) - left
    height = min(area.top + area.height, 100) - top
    return f"left:{left:.2f}%;top:{top:.2f}%;width:{max(width, 4):.2f}%;height:{max(height, 6):.2f}%"


def _picture(deck: int, slide: int) -> str:
    return f"slides/{deck + 1}-{slide:02}.png"


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    content = list(lines)
    if content:
        yield f"<h2>{title}</h2>"
        yield from content


def _list(problems: Sequence[Problem]) -> Iterator[str]:
    return _items(f"{_place(problem)} {escape(problem.message)} <code>{problem.rule}</code>" for problem in problems)


def _items(items: Iterable[str], *, tag: str = "ol") -> Iterator[str]:
    """A list; an ordered one where its numbers are what the boxes on a slide say."""
    content = list(items)
    if content:
        yield f"<{tag}>"
        yield from (f"<li>{item}</li>" for item in content)
        yield f"</{tag}>"


def _place(problem: Problem) -> str:
    place = f"{problem.path}:{problem.line}" if problem.line else problem.path
    return f'<span class="place">{escape(place)}</span>'


def _code(text: str) -> str:
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))
