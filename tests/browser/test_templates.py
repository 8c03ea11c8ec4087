"""Templates as somebody meets them who needs one now: the page, its files, and the text to copy."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageStat
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Served

NAMES = ["post-mortem", "timeline", "five-whys", "cue-card", "role-cards"]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_copied_is_the_markdown_file(name: str, browser: Browser, served: Served, site: Path) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{served.base}templates/{name}/")
    page.get_by_text("Copy it as Markdown").click()
    page.locator("details.copy").get_by_role("button", name="Copy to clipboard").click()
    expect(page.get_by_text("Copied to clipboard")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    context.close()

    assert (site / f"templates/{name}/{name}.md").read_text(encoding="utf-8").rstrip() == copied.rstrip()


def test_the_files_come_as_what_they_are(page: Page, served: Served) -> None:
    page.goto(f"{served.base}templates/action-item/")
    links = page.locator(".formats a")
    hrefs = [page.evaluate("link => link.href", link.element_handle()) for link in links.all()]
    kinds = [page.request.get(href).headers["content-type"] for href in hrefs]

    assert ["action-item.pdf", "action-item.docx", "action-item.md"] == [href.rsplit("/", 1)[1] for href in hrefs]
    assert "application/pdf" == kinds[0]
    assert "wordprocessingml" in kinds[1]


@pytest.mark.parametrize("width", [320, 360])
@pytest.mark.parametrize("name", [*NAMES, ""])
def test_a_sheet_is_no_wider_than_the_window(name: str, width: int, page: Page, served: Served) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{served.base}templates/{name}/")

    assert width == page.evaluate("document.documentElement.scrollWidth")


def test_a_sheet_that_goes_on_sideways_has_an_edge_until_its_end_is_seen(page: Page, served: Served) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{served.base}templates/timeline/")
    frame = page.locator(".paper .md-typeset__scrollwrap")

    def edge() -> float:
        """How light the last few pixels at the right are, 255 being white."""
        with Image.open(io.BytesIO(frame.screenshot())) as image:
            width, height = image.size
            return float(ImageStat.Stat(image.convert("L").crop((width - 4, height // 2, width - 1, height))).mean[0])

    goes_on = edge()
    frame.evaluate("frame => frame.scrollTo(frame.scrollWidth, 0)")

    assert goes_on < edge() - 20


@pytest.mark.parametrize(
    ("uri", "told_in", "words"),
    [
        ("facilitate/start/", "facilitate/start/", "on paper (about "),
        ("practice/spring-promo/evidence/", "practice/exercises/", "printed (about "),
    ],
)
def test_a_long_page_takes_as_many_sheets_as_is_said(
    uri: str, told_in: str, words: str, page: Page, served: Served
) -> None:
    page.goto(f"{served.base}{told_in}")
    said = re.search(rf"{re.escape(words)}(\d+) pages", page.locator("article").inner_text())
    page.goto(f"{served.base}{uri}")
    with pypdfium2.PdfDocument(page.pdf(format="A4", prefer_css_page_size=True)) as pdf:
        assert said and abs(len(pdf) - int(said[1])) <= 1  # other letters of a system may move a page


def test_the_printed_page_leaves_out_what_only_a_screen_needs(page: Page, served: Served) -> None:
    page.goto(f"{served.base}templates/five-whys/")
    page.emulate_media(media="print")

    expect(page.locator(".paper")).to_be_visible()
    expect(page.locator(".formats")).to_be_hidden()
    expect(page.locator("details.copy")).to_be_hidden()


def test_the_filled_example_waits_behind_its_door(page: Page, served: Served) -> None:
    page.goto(f"{served.base}practice/answer-key/spring-promo/example/")
    expect(page.locator(".paper")).to_be_hidden()
    expect(page.locator(".formats")).to_be_hidden()
    page.get_by_role("link", name="I lead the session").click()

    expect(page.locator(".paper")).to_be_visible()
    expect(page.locator("meta[name=robots]")).to_have_attribute("content", "noindex")
