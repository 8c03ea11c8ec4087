"""Run sheets as a facilitator uses them: with times of day, and on paper."""

from __future__ import annotations

import pypdfium2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Served

SESSIONS = ["The talk: 20 minutes", "The short workshop: 60 minutes", "The workshop: 90 minutes", "The half day: 210"]


def test_a_start_makes_times_of_day_of_the_clock(page: Page, served: Served) -> None:
    page.goto(f"{served.base}facilitate/run-sheets/")
    start = page.get_by_label("We begin at").nth(1)
    times = page.locator("#short-workshop ~ .sheet__table--clock").first.locator(".sheet__time")
    counted = times.all_text_contents()

    start.fill("23:45")

    expect(times.first).to_have_text("23:45")
    expect(times.nth(3)).to_have_text("00:05")
    expect(times.last).to_have_text("00:45")
    expect(page.locator(".sheet__time").last).to_have_text("3:30")
    start.fill("")
    expect(times).to_have_text(counted)


def test_without_scripts_the_clock_counts_from_the_start(browser: Browser, served: Served) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served.base}facilitate/run-sheets/")

    expect(page.locator(".sheet__time").first).to_have_text("0:00")
    expect(page.locator(".sheet__start")).to_have_count(0)
    context.close()


@pytest.mark.parametrize("title", SESSIONS)
def test_each_sheet_is_printed_on_a_page_of_its_own(title: str, page: Page, served: Served) -> None:
    page.goto(f"{served.base}facilitate/run-sheets/")
    with pypdfium2.PdfDocument(page.pdf(format="A4", prefer_css_page_size=True)) as pdf:
        texts = [sheet.get_textpage().get_text_bounded() for sheet in pdf]

    [sheet] = [text for text in texts if text.startswith(title)]
    assert "The end" in sheet


def test_a_row_reads_from_the_top_on_a_phone(page: Page, served: Served) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{served.base}facilitate/run-sheets/#talk")
    row = page.locator("#talk ~ .sheet__table--clock tbody tr").first
    boxes = [box for cell in row.locator("td").all() if (box := cell.bounding_box())]
    at, minutes, what, late = boxes

    assert at["y"] == what["y"]
    assert at["x"] + at["width"] <= what["x"]
    assert at["y"] + at["height"] <= minutes["y"] < late["y"]
    assert late["y"] >= what["y"] + what["height"]
    assert late["width"] > 200
