"""What pages say that were written by hand agrees with the files they speak of."""

from __future__ import annotations

import re
from itertools import accumulate, pairwise
from pathlib import Path

import pytest
import yaml

from pipeline import sessions, site, templates
from tests.conftest import ROOT, Project

DOCS = ROOT / "docs"
FORMS = ROOT / ".github" / "ISSUE_TEMPLATE"


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def fences(page: str) -> list[str]:
    """What stands in the fenced blocks of a page."""
    return [found[2] for found in re.finditer(r"(?ms)^(`{3,})[^\n]*\n(.*?)^\1`*$", page)]


def sheet(name: str) -> str:
    """The Markdown of a template, without its title."""
    template = templates.read(text(DOCS / "templates" / name), uri=f"templates/{name}", source=name)
    assert template
    return templates.as_markdown(template, site.read_settings(ROOT).site_url).partition("\n\n")[2]


def sections(markdown: str) -> dict[str, str]:
    """What stands below each heading."""
    parts = re.split(r"(?m)^## (.+)\n+", markdown)
    return {heading: below.strip() for heading, below in zip(parts[1::2], parts[2::2], strict=True)}


@pytest.mark.parametrize("path", sorted(FORMS.iterdir()), ids=lambda path: path.name)
def test_the_page_shows_the_issue_template_that_is_installed(path: Path) -> None:
    assert text(path) in fences(text(DOCS / "connect/github.md"))


@pytest.mark.parametrize("name", ["action-item.md", "post-mortem.md"])
def test_the_issue_template_is_the_sheet_of_the_kit(name: str) -> None:
    _, _, body = text(FORMS / name).partition("\n---\n\n")

    assert sheet(name) == body


def test_the_twin_of_the_action_item_has_all_that_its_form_asks_for() -> None:
    twin = text(FORMS / "action-item.md")
    form = yaml.safe_load(text(FORMS / "post-mortem-action-item.yml"))
    asked = [field["attributes"]["label"] for field in form["body"] if field["type"] != "markdown"]
    asked += [
        option
        for field in form["body"]
        if field["type"] == "dropdown"
        for option in (each[0].lower() + each[1:] for each in field["attributes"]["options"])
    ]

    assert [] == [words for words in asked if words not in twin]


def test_the_form_of_the_record_asks_what_its_twin_asks() -> None:
    before, _, _ = text(FORMS / "post-mortem.md").partition("<!-- How to use it")  # which a form says in other places
    asked = sections(before)
    form = yaml.safe_load(text(FORMS / "post-mortem-record.yml"))
    boxes = [field["attributes"] for field in form["body"] if field["type"] == "textarea"]

    assert asked == {
        box["label"]: "\n\n".join(
            [f"<!-- {hint} -->" for hint in [box.get("description")] if hint] + [box.get("value", "").strip()]
        ).strip()
        for box in boxes
    }


def test_the_prefilled_link_names_fields_of_the_form() -> None:
    form = yaml.safe_load(text(FORMS / "post-mortem-action-item.yml"))
    ids = {field["id"] for field in form["body"] if field["type"] in ("input", "textarea")}
    page = text(DOCS / "connect/github.md")
    links = [block for block in fences(page) if "issues/new?template=post-mortem-action-item.yml" in block]

    assert links
    for link in links:
        named = set(re.findall(r"[?&]([\w-]+)=", link)) - {"template", "labels", "title"}
        assert named <= ids


def test_the_zero_prep_start_keeps_the_minutes_of_the_run_sheet() -> None:
    sheets = sessions.read(ROOT)
    assert sheets
    [hour] = [session for session in sheets.sessions if session.minutes == 60]
    told = re.findall(r"(?m)^## (\d+) to (\d+): ", text(DOCS / "facilitate/start.md"))
    ends = list(accumulate(step.minutes for step in hour.steps))

    assert list(pairwise([0, *ends])) == [(int(start), int(end)) for start, end in told]


def test_the_wall_sheets_say_what_the_zero_prep_start_writes_up() -> None:
    pieces = [
        block for block in fences(text(DOCS / "facilitate/start.md")) if re.match(r"[A-Z]+( AND CASE)? \(", block)
    ]
    written = [[re.sub(r" +", " ", line) for line in piece.splitlines()] for piece in pieces]
    printed = re.split(r"(?m)^## ", sheet("wall.md").partition("<!--")[0])[1:]

    assert 4 == len(written)
    assert [[lines[0].lower(), *lines[1:]] for lines in written] == [
        [heading.lower(), *filter(None, lines)] for heading, *lines in (each.splitlines() for each in printed)
    ]


NUMBERS = {20: "twenty", 21: "twenty-one", 22: "twenty-two"}


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "docs/templates/index.md"])
def test_every_page_that_counts_the_templates_counts_all_of_them(name: str) -> None:
    written = sum("\nhandout:\n" in text(path) for path in DOCS.rglob("*.md"))
    generated = 2  # of the practice incident: the draft to take apart, and the filled example
    told = re.findall(r"(?i)\b(\w+(?:-\w+)?) (?:templates and handouts|sheets to copy)", text(ROOT / name))

    assert told
    assert {NUMBERS[written + generated]} == {each.lower() for each in told}


def test_the_table_of_sessions_names_every_session_with_its_minutes() -> None:
    sheets = sessions.read(ROOT)
    assert sheets
    page = text(DOCS / "facilitate/index.md")

    assert [(session.id, session.minutes) for session in sheets.sessions] == [
        (name, float(minutes))
        for name, minutes in re.findall(r"\| \*\*\[[^]]+\]\(run-sheets\.md#([\w-]+)\)\*\*, (\d+) minutes", page)
    ]


def test_a_page_leads_to_where_it_is_written_and_says_when_its_facts_were_checked(built: Project) -> None:
    matter = "---\nchecked: 2026-11-23\n---\n\n# A page\n"
    (built.root / "docs/page.md").write_text(matter, encoding="utf-8")
    built.edit("mkdocs.yml", lambda text: f"{text}edit_uri: https://code.example/edit/main/docs/\n")
    built.edit("mkdocs.yml", lambda text: text.replace("theme:", "theme:\n  features: [content.action.edit]", 1))

    outcome = built.run()

    assert (0, "") == (outcome.code, outcome.err)
    site = built.root / "dist/site"
    edited = "https://code.example/edit/main/"
    for page, source in {
        "page/index.html": f"{edited}docs/page.md",
        "decks/talk/index.html": f"{edited}slides/talk/deck.md",
        "decks/talk/source/index.html": f"{edited}slides/talk/deck.md",
        "decks/index.html": "",
    }.items():
        assert ([source] if source else []) == re.findall(rf'href="({edited}[^"]*)"', text(site / page)), page
    assert '<time datetime="2026-11-23">2026-11-23</time>' in text(site / "page/index.html")
    assert "last checked on" not in text(site / "index.html")
