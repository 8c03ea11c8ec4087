"""A deck may break a rule on purpose, if it says why, and only for as long as it does break it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline import deck, decks, exceptions, marp
from pipeline.deck import Deck
from pipeline.marp import Rendered
from pipeline.problems import Problem
from pipeline.toolchain import Tools

SOURCE = """\
# One

<!-- _slideAllows: { overflow: "the wide table: a joke" } -->

Words

---

# Two

<!--
_slideAllows:
  text-small: it is the small print
  contrast: it is hard to read on purpose
-->

Words <!-- _slideKey: two -->

---

# Three
"""

WRONG = """\
# One

<!-- _slideAllows: overflow -->

---

# Two

<!-- _slideAllows: { overfow: a reason } -->

---

# Three

Some <!-- _slideAllows: { overflow: "", clipped: [], nonsense: x } --> words

---

# Four

<!-- _slideAllows: { outside-request: I like it } -->
"""


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory, tools: Tools) -> dict[str, Deck]:
    folder = tmp_path_factory.mktemp("exceptions")
    texts = {"right": SOURCE, "wrong": WRONG}
    for name, text in texts.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    sources = [decks.open_file(folder / f"{name}.md", name) for name in texts]
    found: dict[str, Deck] = {}
    for source, rendered in zip(
        sources, marp.render(sources, tools=tools, lang="en", links={}, formats=["html"]), strict=True
    ):
        assert isinstance(rendered, Rendered)
        found[source.name], _ = deck.read(rendered.html, name=source.name, source=f"{source.name}.md")
    return found


def at(line: int, rule: str, path: str = "right.md") -> Problem:
    return Problem(path, line, rule, "what is wrong; what to do")


def told(problems: Sequence[Problem]) -> list[tuple[int, str]]:
    return [(problem.line, problem.message) for problem in problems]


@pytest.mark.parametrize("line", [1, 3, 5, 6])
def test_what_a_slide_allows_is_not_refused(line: int, read: dict[str, Deck]) -> None:
    parted = exceptions.sort([at(line, "overflow")], [read["right"]])

    assert ((), ((at(line, "overflow"), "the wide table: a joke"),)) == (parted.refused, parted.allowed)


@pytest.mark.parametrize(
    "problem",
    [
        at(5, "clipped"),
        at(7, "overflow"),  # the ruler of the next slide
        at(17, "overflow"),
        at(21, "overflow"),
        at(0, "overflow"),
        at(3, "overflow", "docs/right.md"),
    ],
    ids=str,
)
def test_anything_else_is_refused(problem: Problem, read: dict[str, Deck]) -> None:
    parted = exceptions.sort([problem], [read["right"]])

    assert ((problem,), ()) == (parted.refused, parted.allowed)


def test_an_exception_may_name_several_rules(read: dict[str, Deck]) -> None:
    parted = exceptions.sort([at(9, "text-small"), at(17, "contrast"), at(17, "overflow")], [read["right"]])

    assert (at(17, "overflow"),) == parted.refused
    assert ["it is the small print", "it is hard to read on purpose"] == [reason for _, reason in parted.allowed]


def test_an_exception_that_is_not_needed_any_more_is_a_problem(read: dict[str, Deck]) -> None:
    found = exceptions.unneeded([read["right"]], [at(17, "text-small")], {"overflow", "text-small", "contrast"})

    assert [
        (3, "slide 1: breaks no rule 'overflow' any more; take it out of _slideAllows"),
        (12, "slide 2: breaks no rule 'contrast' any more; take it out of _slideAllows"),
    ] == told(list(found))


def test_an_exception_is_not_judged_where_its_rule_was_not_looked_at(read: dict[str, Deck]) -> None:
    found = exceptions.unneeded([read["right"]], [at(17, "text-small")], {"overflow", "text-small"})

    assert [3] == [problem.line for problem in found]


def test_exceptions_that_say_nothing_are_problems(read: dict[str, Deck]) -> None:
    assert [] == list(exceptions.problems([read["right"]]))
    assert [
        (3, "_slideAllows is no list of rules; write e.g. <!-- _slideAllows: { overflow: the reason } -->"),
        (9, "_slideAllows names 'overfow', which is no rule; did you mean 'overflow'?"),
        (15, "_slideAllows gives no reason for 'overflow'; write it after the colon"),
        (15, "_slideAllows gives no reason for 'clipped'; write it after the colon"),
        (15, "_slideAllows names 'nonsense', which is no rule; see docs/rules.md"),
        (21, "_slideAllows names 'outside-request', of which there is no exception; mend what breaks it"),
    ] == told(list(exceptions.problems([read["wrong"]])))


def test_an_exception_that_says_nothing_excuses_nothing(read: dict[str, Deck]) -> None:
    problems = [
        at(line, rule, "wrong.md") for line, rule in ((1, "overflow"), (15, "overflow"), (19, "outside-request"))
    ]

    assert tuple(problems) == exceptions.sort(problems, [read["wrong"]]).refused


def test_an_exception_is_no_note_and_not_in_deck_json(read: dict[str, Deck], tmp_path: Path) -> None:
    assert [(), (), ()] == [slide.notes for slide in read["right"].slides]
    assert "joke" not in read["right"].as_json()
