"""The page of rules: it explains every rule, and each of its examples does what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline import commands
from pipeline.rules import RULES
from pipeline.toolchain import Tools
from tests.conftest import ROOT

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


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, tools: Tools) -> dict[str, set[str]]:
    """The rules that each example breaks, by its file's name."""
    folder = tmp_path_factory.mktemp("rules")
    files: list[Path] = []
    for rule in SHOWN:
        for name, text in zip(("wrong", "right"), EXAMPLES[rule], strict=True):
            files.append(folder / f"{rule}.{name}.md")
            files[-1].write_text(text, encoding="utf-8")
    report = commands.examine_files(ROOT, files, tools)
    broken: dict[str, set[str]] = {file.name: set() for file in files}
    for problem in report.problems:
        broken[Path(problem.path).name].add(problem.rule)
    return broken


@pytest.mark.parametrize("rule", SHOWN)
def test_an_example_breaks_its_rule_and_its_cure_breaks_none(rule: str, found: dict[str, set[str]]) -> None:
    assert rule in found[f"{rule}.wrong.md"]
    assert set() == found[f"{rule}.right.md"]
