"""The evidence room as people read it: with keys alone, on a phone, by night, and on paper."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_slides import Log
from tests.conftest import Served

ROOM = "practice/spring-promo/evidence/"


def test_every_box_is_reached_and_scrolled_with_keys(page: Page, served: Served) -> None:
    log = Log(page)
    page.goto(f"{served.base}{ROOM}")
    box = page.get_by_role("region", name="Application log")
    links = page.locator("article table").first.get_by_role("link").all()
    anchors = [href for link in links if (href := link.get_attribute("href") or "").startswith("#")]

    box.focus()
    page.keyboard.press("End")

    expect(box).to_be_focused()
    page.wait_for_function("box => box.scrollTop > 100", arg=box.element_handle())
    assert len(anchors) > 15
    assert [] == [anchor for anchor in anchors if not page.locator(anchor).count()]
    assert [] == log.errors


@pytest.mark.parametrize("width", [320, 360])
@pytest.mark.parametrize("name", ["evidence", "critique"])
def test_nothing_is_wider_than_the_window(page: Page, served: Served, name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{served.base}practice/spring-promo/{name}/")

    assert width == page.evaluate("document.documentElement.scrollWidth")


def test_a_log_wraps_on_a_phone_and_each_line_can_be_told(page: Page, served: Served) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{served.base}{ROOM}")
    box = page.get_by_role("region", name="Database log")

    assert box.evaluate("box => box.scrollWidth <= box.clientWidth")
    first, second = (box.locator("span").nth(number).bounding_box() for number in (0, 1))
    assert first and second
    assert first["y"] + first["height"] <= second["y"] + 1


def test_what_is_copied_is_what_was_written(page: Page, served: Served, site: Path) -> None:
    page.goto(f"{served.base}{ROOM}")
    shown = page.get_by_role("region", name="Database log").locator("pre").text_content()

    assert (site / "practice/spring-promo/db.log").read_text(encoding="utf-8") == shown


def letters(text: str) -> str:
    """Letters and digits alone: a hyphen at the end of a line is another sign in a PDF."""
    return "".join(filter(str.isalnum, text))


def test_paper_has_every_line_and_every_table(page: Page, served: Served, site: Path) -> None:
    page.goto(f"{served.base}{ROOM}")
    document = pypdfium2.PdfDocument(page.pdf(format="A4"))
    text = "".join(letters(each.get_textpage().get_text_bounded()) for each in document)
    document.close()

    for name in ("app.log", "scaling.log", "chat.txt", "support-notes.txt", "deploy.log", "runbook.txt"):
        lines = (site / "practice/spring-promo" / name).read_text(encoding="utf-8").splitlines()
        for line in (lines[1], lines[-1]):
            assert letters(line) in text, line
    assert letters("2026-10-15 03:00") in text  # the last row of the values
    assert "Everytenthminute" in text  # a table that is folded on the screen


def test_every_graph_is_seen(page: Page, served: Served) -> None:
    page.goto(f"{served.base}{ROOM}")
    graphs = page.locator(".evidence__graph img")

    expect(graphs).to_have_count(5)
    for graph in graphs.all():
        assert graph.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
        assert graph.get_attribute("alt") == graph.locator("xpath=../figcaption").text_content()
