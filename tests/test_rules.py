"""The page of rules: it explains every rule, and each of its examples does what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from pipeline import (
    artifacts,
    checks,
    decks,
    exceptions,
    links,
    lint,
    marp,
    publish,
)
from pipeline.browser import Reader
from pipeline.causes import causes
from pipeline.decks import Source
from pipeline.rules import RULES
from pipeline.toolchain import Tools
from tests.conftest import ROOT, not_printed

PAGE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
SECTIONS = {
    found[1]: found[2] for found in re.finditer(r"^## `([^`]+)`\n(.*?)(?=^## `|\Z)", PAGE, re.MULTILINE | re.DOTALL)
}
BLOCK = re.compile(r"^(`{3,})markdown\n(.*?)^\1\n", re.MULTILINE | re.DOTALL)
EXAMPLES = {rule: [block[2] for block in BLOCK.finditer(text)] for rule, text in SECTIONS.items()}
SHOWN = [rule for rule, examples in EXAMPLES.items() if examples]


def test_every_rule_is_explained_and_no_other() -> None:
    assert list(RULES) == list(SECTIONS)


def test_the_page_says_from_which_rules_there_is_no_exception() -> None:
    firm = [rule for rule, text in SECTIONS.items() if "*No exception.*" in text]

    assert [name for name, rule in RULES.items() if rule.is_firm] == firm


def test_an_example_comes_with_its_cure() -> None:
    assert dict.fromkeys(SHOWN, 2) == {rule: len(EXAMPLES[rule]) for rule in SHOWN}
    assert len(SHOWN) > 30


# What is looked at in the PDF, and what only `check` looks at: the rest of the examples can do without.
PRINTED = {"pdf-incomplete", "pdf-structure"}
# What is found while a deck is presented: another rule is broken whether or not anybody presents the example.
PRESENTED = {"policy", "request-failed", "script-error", "slide-hidden", "outside-request"}
SLOW = {name for name, rule in RULES.items() if rule.is_slow}


def broken_by_examples(folder: Path, tools: Tools, browser: Browser) -> dict[str, set[str]]:
    """The rules that each example breaks, by its file's name."""
    sources: list[Source] = []
    for rule in SHOWN:
        for name, text in zip(("wrong", "right"), EXAMPLES[rule], strict=True):
            path = folder / f"{rule}.{name}.md"
            path.write_text(text, encoding="utf-8")
            sources.append(decks.open_file(path, path.stem))
    printed, others = [[s for s in sources if (s.name.split(".")[0] in PRINTED) is is_in] for is_in in (True, False)]
    made, problems = artifacts.make(printed, tools=tools, lang="en", links={}, base="")
    for source, rendered in zip(
        others, marp.render(others, tools=tools, lang="en", links={}, formats=("html", "bare")), strict=True
    ):
        assert isinstance(rendered, marp.Rendered)
        unprinted, wrong = not_printed(source, rendered)
        made.append(unprinted)
        problems += [*rendered.problems, *wrong, *lint.problems(source, rendered.trace, unprinted.deck)]
    for each in made:
        publish.write(folder / "site/decks" / each.deck.name / "slides.html", each.html)
    reader = Reader(browser, folder / "site", "https://deck.invalid/")
    for each in made:
        rule = each.deck.name.split(".")[0]
        problems += checks.deck_problems(each)
        problems += checks.pdf_problems(each) if each.pdf else []
        problems += checks.fit_problems(each, reader)
        if each.deck.name.split(".")[1] == "right" or rule in PRESENTED:
            problems += checks.present_problems([each], reader)
        problems += checks.access_problems([each], folder, None, reader) if rule in SLOW else []
        problems += links.deck_problems(each.deck, each.html, each.source.path, each.source.text)
        problems += [*exceptions.problems([each.deck]), *exceptions.unneeded([each.deck], [], set(RULES))]
    broken: dict[str, set[str]] = {source.label: set() for source in sources}
    for problem in causes(problems, [each.deck for each in made]):
        broken[problem.path].add(problem.rule)
    return {Path(label).name: rules for label, rules in broken.items()}


# One test for all of them: what takes long is done once, and not on each worker that gets some.
def test_an_example_breaks_its_rule_and_its_cure_breaks_none(
    tmp_path: Path, tools: Tools, browser: Browser, subtests: pytest.Subtests
) -> None:
    found = broken_by_examples(tmp_path, tools, browser)

    for rule in SHOWN:
        with subtests.test(rule):
            assert rule in found[f"{rule}.wrong.md"]
            assert set() == found[f"{rule}.right.md"]


# Where the other rules are broken on purpose, so that each of them is seen to find something.
ELSEWHERE = {
    "file": "test_corpus.py a_deck_that_is_a_folder",
    "file-outside": "test_hostile.py page_that_leads_out",
    "deck-missing": "test_corpus.py no_slides_at_all",
    "deck-name": "test_decks.py test_a_folder_that_cannot_be_an_address_is_named",
    "marp": "test_faults.py test_a_marp_that_does_not_start_is_named",
    "handout-incomplete": "test_handouts.py test_a_word_that_is_not_printed_is_found",
    "powerpoint-incomplete": "test_powerpoint.py test_a_file_that_lacks_words_is_found",
    "link-unlisted": "test_links.py test_the_inventory_holds_what_is_linked_and_nothing_else",
    "address-lost": "test_addresses.py test_a_key_that_is_gone_is_named_where_its_successor_stands",
    "request-failed": "browser/test_policy.py test_a_file_that_a_page_lacks_is_named",
    "script-error": "test_check.py test_the_whole_project_is_checked_and_one_fault_hides_no_other",
    "page-script": "test_hostile.py page_in_html_with_a_script",
    "policy": "browser/test_policy.py test_a_handler_is_named_with_its_line",
    "focus-hidden": "browser/test_accessibility.py test_a_fault_on_a_page_is_named_once_with_its_line",
    "zoom": "browser/test_accessibility.py test_a_fault_on_a_page_is_named_once_with_its_line",
    "settings": "test_corpus.py no_pages_at_all",
    "yaml": "test_hostile.py inventory_nested_too_deeply",
    "run-sheet": "test_sessions.py test_what_does_not_agree_is_named_with_its_line",
    "scenario": "test_scenario.py test_what_is_wrong_is_named_with_its_line",
    "template": "test_templates.py test_what_is_wrong_with_a_template_is_named_with_its_line",
    "bundle": "test_bundles.py test_what_is_wrong_with_a_bundle_is_named",
    "mkdocs": "test_corpus.py a_hook_that_fails",
    "output": "test_publish.py test_two_builds_cannot_share_a_stage_and_the_second_is_told_who_has_it",
    "browser": "browser/test_measure.py test_a_deck_that_breaks_the_window_does_not_end_the_look_at_others",
}


def test_every_rule_is_broken_somewhere() -> None:
    assert set(RULES) == {*SHOWN, *ELSEWHERE}
    for place in ELSEWHERE.values():
        file, name = place.split()
        assert f"def {name}(" in (ROOT / "tests" / file).read_text(encoding="utf-8"), place
