"""Every slide of the built decks, opened as a presenter opens it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Route, expect

from pipeline import notes
from tests.conftest import ROOT, Served

DECKS = sorted(path.parent.name for path in (ROOT / "slides").glob("*/deck.md"))


def read(site: Path, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((site / "decks" / name / "deck.json").read_text(encoding="utf-8"))
    return content


class Log:
    """What a page asked for and complained of."""

    def __init__(self, page: Page) -> None:
        self.errors: list[str] = []
        self.requests: list[str] = []
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("requestfailed", self._on_failure)
        page.on("request", self._on_request)
        page.on("response", lambda r: self.errors.append(f"{r.url}: {r.status}") if r.status >= 400 else None)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _on_failure(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # what was still loading when the test went on to the next page
            self.errors.append(f"{request.url}: {request.failure}")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith(("data:", "blob:", "about:")):
            self.requests.append(request.url)


@pytest.fixture
def log(page: Page) -> Iterator[Log]:
    log = Log(page)
    yield log
    assert [] == log.errors


def present(page: Page, address: str, number: int) -> None:
    """Go to one slide and wait until it is the one on screen."""
    page.goto(f"{address}#{number}")
    active = page.locator("svg.bespoke-marp-active section[id]")
    expect(active).to_have_attribute("id", str(number))


def test_there_are_decks() -> None:
    assert {"post-mortem-culture", "post-mortem-culture-text"} <= set(DECKS)


def sticking_out(page: Page) -> list[str]:
    """The elements of the slide on screen that are not wholly on it."""
    section = page.locator("svg.bespoke-marp-active section[id]")
    frame = section.bounding_box()
    assert frame
    found = []
    for element in section.locator("h1, h2, h3, p, li, td, th, img").all():
        box = element.bounding_box()
        if (
            not box
            or box["x"] < frame["x"] - 1
            or box["y"] < frame["y"] - 1
            or box["x"] + box["width"] > frame["x"] + frame["width"] + 1
            or box["y"] + box["height"] > frame["y"] + frame["height"] + 1
        ):
            found.append(element.inner_text())
    return found


def look_at(page: Page, slide: dict[str, Any]) -> None:
    """See that the slide on screen is seen, whole, and with its heading."""
    heading = page.locator("svg.bespoke-marp-active section[id]").locator("h1, h2, h3, h4, h5, h6").first
    expect(heading).to_be_visible()
    assert slide["title"] == " ".join(heading.inner_text().split())
    assert [] == sticking_out(page)
    assert ink(page) > 0.01, slide["title"]


@pytest.mark.parametrize("name", DECKS)
def test_every_slide_is_seen_with_its_heading_and_fits(
    name: str, page: Page, site: Path, served: Served, log: Log
) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    address = f"{served.base}decks/{name}/slides.html"
    slides = read(site, name)["slides"]
    assert slides

    for slide in slides:
        present(page, address, slide["number"])
        look_at(page, slide)
    assert {address} == set(log.requests)


def test_what_sticks_out_is_found(page: Page, served: Served) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    present(page, f"{served.base}decks/post-mortem-culture/slides.html", 8)
    section = page.locator("svg.bespoke-marp-active section[id]")
    section.evaluate("slide => slide.insertAdjacentHTML('beforeend', '<p>planted</p>'.repeat(40))")

    assert "planted" in sticking_out(page)


def ink(page: Page) -> float:
    """The share of the picture that the content of the slide on screen makes: without it, only the theme is left."""
    page.add_style_tag(content=".bespoke-marp-osc { display: none !important }")
    section = page.locator("svg.bespoke-marp-active section[id]")
    pictures = []
    for _ in range(2):
        pictures.append(Image.open(io.BytesIO(page.screenshot(type="jpeg"))).convert("RGB"))
        section.evaluate("slide => slide.replaceChildren()")
    changed = ImageChops.difference(*pictures).convert("L").histogram()
    return sum(changed[16:]) / sum(changed)


def test_a_blank_slide_is_found(page: Page, site: Path, served: Served) -> None:
    page.set_viewport_size({"width": 640, "height": 360})
    present(page, f"{served.base}decks/post-mortem-culture/slides.html", 2)
    page.locator("svg.bespoke-marp-active section[id]").evaluate("slide => slide.replaceChildren()")

    assert 0 == ink(page)


@pytest.mark.parametrize("name", DECKS)
def test_the_keyboard_walks_through_the_deck(name: str, page: Page, site: Path, served: Served, log: Log) -> None:
    slides = read(site, name)["slides"]
    page.goto(f"{served.base}decks/{name}/slides.html")
    expect(page).to_have_title(re.compile(r"\(1 of \d+\)"))  # by then, keys are listened to

    for slide in slides:
        expect(page.locator("svg.bespoke-marp-active section[id]")).to_have_attribute("id", str(slide["number"]))
        page.keyboard.press("ArrowRight")
    expect(page.locator("svg.bespoke-marp-active section[id]")).to_have_attribute("id", str(len(slides)))
    page.keyboard.press("Home")
    expect(page.locator("svg.bespoke-marp-active section[id]")).to_have_attribute("id", "1")


def test_presenter_view_shows_the_notes(page: Page, site: Path, served: Served, log: Log) -> None:
    name = "post-mortem-culture"
    slide = read(site, name)["slides"][1]
    page.goto(f"{served.base}decks/{name}/slides.html?view=presenter#2")

    expect(page.locator(".bespoke-marp-note.active")).to_contain_text(notes.as_text(slide["notes"][0]).split("\n")[0])


@pytest.mark.parametrize("name", DECKS)
def test_a_deck_opens_from_disk_with_no_network(name: str, context: BrowserContext, site: Path) -> None:
    context.set_offline(True)
    page = context.new_page()
    log = Log(page)
    address = (site / "decks" / name / "slides.html").as_uri()

    for slide in read(site, name)["slides"]:
        present(page, address, slide["number"])

    assert {address} == set(log.requests)
    assert [] == log.errors


def test_the_walk_goes_red_where_a_slide_lacks_its_heading(page: Page, site: Path, served: Served) -> None:
    def without_heading(route: Route) -> None:
        html = (site / "decks/post-mortem-culture/slides.html").read_text(encoding="utf-8")
        route.fulfill(body=html.replace("<h2 ", "<h2 hidden ", 1), content_type="text/html; charset=utf-8")

    page.route("**/slides.html", without_heading)
    present(page, f"{served.base}decks/post-mortem-culture/slides.html", 2)

    expect.set_options(timeout=1)  # it is not there, and does not come
    try:
        with pytest.raises(AssertionError, match="to be visible"):
            look_at(page, read(site, "post-mortem-culture")["slides"][1])
    finally:
        expect.set_options(timeout=5_000)  # Playwright's own


def test_the_log_goes_red_where_a_page_misbehaves(page: Page, served: Served) -> None:
    log = Log(page)
    page.route("**/planted.html", lambda route: route.fulfill(content_type="text/html", body=PLANTED))
    page.goto(f"{served.base}planted.html")
    page.wait_for_function("window.done")

    assert any("planted exception" in error for error in log.errors)
    assert any("planted complaint" in error for error in log.errors)
    assert any("nope.png: 404" in error for error in log.errors)


PLANTED = """<img src="nope.png" onerror="window.done = true">
<script>console.error('planted complaint'); throw new Error('planted exception')</script>"""
