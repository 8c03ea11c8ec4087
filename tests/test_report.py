"""Reports say the same in every format, and nothing that an author wrote can break one."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pipeline import artifacts, commands, decks, pdf, report
from pipeline.artifacts import Made
from pipeline.problems import Area, BuildError, Problem
from pipeline.report import Report
from pipeline.toolchain import Tools
from tests.conftest import Project
from tests.test_corpus import NO_TOOLS

DECK = """\
# <script>alert(1)</script> | one

words

---

# Two
"""
HOSTILE = "a::b,c%0A|<b>x</b>@somebody\n* `y`"
ON_ONE_LINE = "a::b,c%0A|<b>x</b>@somebody * `y`"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, tools: Tools) -> Made:
    path = tmp_path_factory.mktemp("report") / "talk.md"
    path.write_text(DECK, encoding="utf-8")
    source = replace(decks.open_file(path, "talk"), label="slides/talk/deck.md")
    [one], _ = artifacts.make([source], tools=tools, lang="en", links={}, base="")
    return one


@pytest.fixture
def wrong(made: Made) -> Report:
    problems = (
        Problem("docs/a, b.md", 7, "link-dead", HOSTILE),
        Problem("slides/talk/deck.md", 0, "marp", "on no slide"),
        Problem("slides/talk/deck.md", 3, "overflow", "too long; split it", Area(10, 90, 30, 40)),
        Problem("slides/talk/deck.md", 7, "slide-blank", "is blank"),
    )
    allowed = ((Problem("slides/talk/deck.md", 7, "contrast", "pale"), "because <i>"),)
    return Report(problems, allowed, (made,), ("2 slides measured",), ("pages",))


def test_lines_end_with_the_rule_and_the_last_counts(wrong: Report) -> None:
    lines = list(report.as_lines(wrong))

    assert "slides/talk/deck.md:3: too long; split it [overflow]" == lines[2]
    assert "4 problems found in 1 deck with 2 slides, 1 allowed" == lines[-1]
    assert ["nothing found in 0 decks with 0 slides"] == list(report.as_lines(Report()))


def test_data_hold_everything(wrong: Report) -> None:
    data = json.loads(report.as_json(wrong))

    first = {"path": "docs/a, b.md", "line": 7, "rule": "link-dead", "message": ON_ONE_LINE}
    assert first == data["problems"][0]
    assert [4, {"slides/talk/deck.md": 2}] == [len(data["problems"]), data["decks"]]
    assert ["because <i>"] == [problem["reason"] for problem in data["allowed"]]
    assert [["2 slides measured"], ["pages"]] == [data["looked"], data["missed"]]


def test_annotations_are_one_command_a_line_whatever_the_author_wrote(wrong: Report) -> None:
    first, second, third, *_ = report.as_github(wrong)

    assert "::error file=docs/a%2C b.md,line=7,title=link-dead::a::b,c%250A|<b>x</b>@somebody * `y`" == first
    assert "::error file=slides/talk/deck.md,title=marp::on no slide" == second
    assert third.startswith("::error file=slides/talk/deck.md,line=3,title=overflow::")


def test_a_path_over_two_lines_stays_in_one_command() -> None:
    first, *_ = report.as_github(Report((Problem("a\nb.md", 1, "marp", "no deck"),)))

    assert "::error file=a\\nb.md,line=1,title=marp::no deck" == first


def test_the_summary_is_a_table_whatever_the_author_wrote(wrong: Report) -> None:
    summary = report.as_summary(wrong)

    row = next(line for line in summary.split("\n") if "link-dead" in line)
    assert 4 == row.count("|")
    assert "<b>" not in row
    assert "@" not in row
    assert summary.startswith("## 4 problems found")
    assert "## nothing found in 0 decks with 0 slides\n\n" == report.as_summary(Report())


@pytest.fixture
def shown(wrong: Report, page: Page, tmp_path: Path) -> Iterator[Page]:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("requestfailed", lambda request: errors.append(request.url))
    page.on("dialog", lambda dialog: errors.append(dialog.message))
    report.write(wrong, tmp_path / "report")
    page.goto((tmp_path / "report/index.html").as_uri())
    yield page
    assert [] == errors


def test_the_page_shows_every_slide_with_its_problems(shown: Page) -> None:
    expect(shown).to_have_title("4 problems found in 1 deck with 2 slides, 1 allowed")
    slides = shown.locator(".slides > li")
    expect(slides).to_have_count(2)
    expect(slides.nth(0).locator("li")).to_have_text(["slides/talk/deck.md:3 too long; split it overflow"])
    expect(slides.nth(1).locator("li")).to_have_text(["slides/talk/deck.md:7 is blank slide-blank"])
    for picture in shown.locator(".slides img").all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("naturalWidth", pdf.PICTURE_WIDTH)
    expect(shown.get_by_role("listitem").filter(has_text="docs/a, b.md:7")).to_have_count(1)
    expect(shown.get_by_role("listitem").filter(has_text="on no slide")).to_have_count(1)
    expect(shown.get_by_role("listitem").filter(has_text="allowed: because <i>")).to_have_count(1)


def test_the_box_lies_on_the_slide_where_the_problem_is(shown: Page) -> None:
    slide = shown.locator(".slides > li").first
    box, picture = slide.locator(".area").bounding_box(), slide.locator("img").bounding_box()

    assert box and picture
    assert pytest.approx(0.1, abs=0.01) == (box["x"] - picture["x"]) / picture["width"]
    assert pytest.approx(0.9, abs=0.01) == (box["y"] - picture["y"]) / picture["height"]
    assert box["y"] + box["height"] <= picture["y"] + picture["height"] + 1
    expect(slide.locator(".area")).to_have_text("1")


def test_the_page_fits_a_phone(shown: Page) -> None:
    shown.set_viewport_size({"width": 360, "height": 640})

    assert 360 == shown.evaluate("document.documentElement.scrollWidth")


def test_a_report_takes_the_place_of_the_last(wrong: Report, made: Made, tmp_path: Path) -> None:
    folder = tmp_path / "dist" / "report"
    report.write(wrong, folder)
    report.write(Report(made=(made,)), folder)

    assert "Nothing found on 2 slides." in (folder / "index.html").read_text(encoding="utf-8")
    assert "" == (folder / "problems.txt").read_text(encoding="utf-8")
    assert ["report"] == [path.name for path in folder.parent.iterdir()]


def test_a_report_that_cannot_be_written_leaves_nothing_and_hides_no_problem(
    tiny: Project,
) -> None:
    (tiny.root / "slides/talk/deck.md").write_bytes(b"\xff")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))  # bytes of a file: the report's page has more
    try:
        with pytest.raises(BuildError, match="is not UTF-8"):
            commands.build(tiny.root, NO_TOOLS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert not (tiny.root / "dist/report").exists()
    assert [] == list((tiny.root / "dist").glob(".report-*"))


def test_what_others_are_writing_stays_and_what_the_killed_left_goes(tmp_path: Path) -> None:
    ended = subprocess.run(["sh", "-c", "echo $$"], capture_output=True, text=True).stdout.strip()
    for owner in (str(os.getppid()), ended):
        (tmp_path / f".report-{owner}").mkdir()

    report.write(Report(), tmp_path / "report")

    assert {"report", f".report-{os.getppid()}"} == {path.name for path in tmp_path.iterdir()}
