"""What several looks at the same element come to."""

from __future__ import annotations

from pipeline import looks
from pipeline.looks import Finding

STATES = [["light", "dark"], ["wide", "narrow"]]


def found(what: str, *state: str, key: int = 1, rule: str = "contrast") -> Finding:
    return Finding(1, rule, rule, key, state, "words: ", what, "mend it", 7, None, ())


def messages(*given: Finding) -> list[str]:
    return [message for _, message in looks.fold(given, STATES)]


def test_what_is_alike_in_every_state_is_said_once() -> None:
    every = [found("grey", colours, width) for colours in STATES[0] for width in STATES[1]]

    assert ["words: grey; mend it"] == messages(*every)


def test_the_states_are_named_where_only_some_have_it() -> None:
    assert ["words: grey (dark); mend it"] == messages(found("grey", "dark", "wide"), found("grey", "dark", "narrow"))
    assert ["words: grey (light, narrow); mend it"] == messages(found("grey", "light", "narrow"))
    assert ["words: grey (narrow); mend it"] == messages(found("grey", "", "narrow"))
    assert ["words: grey; mend it"] == messages(found("grey", "", ""))


def test_what_differs_from_state_to_state_is_one_message() -> None:
    both = [found(what, colours, width) for what, colours in [("a", "light"), ("b", "dark")] for width in STATES[1]]

    assert ["words: a (light), and b (dark); mend it"] == messages(*both)


def test_elements_and_rules_are_kept_apart() -> None:
    given = [found("a", "light", "wide"), found("a", "light", "wide", key=2), found("a", "light", "wide", rule="axe")]

    assert 3 == len(messages(*given))
