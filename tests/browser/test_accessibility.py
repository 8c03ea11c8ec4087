"""Every slide as people with other eyes meet it: rules of axe-core in both schemes, and how small the letters get.

A scan finds only some faults: whether a text alternative says what the picture shows, nobody but a reader can tell.
"""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.test_slides import DECKS, present
from tests.conftest import BUILT, ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"

SMALLEST = 20
"""Pixels on a slide of 1280 by 720."""
SMALLEST_FOOTER = 16


def open_deck(page: Page, name: str, *, dark: bool) -> int:
    """Open a deck at its first slide; returns how many slides it has."""
    address = (BUILT / "decks" / name / "slides.html").as_uri()
    page.set_viewport_size({"width": 1280, "height": 720})
    present(page, address, 1)
    expect(page).to_have_title(re.compile(r"\(1 of \d+\)"))  # by then, the deck's own script is ready too
    page.add_script_tag(path=AXE)
    if dark:
        page.keyboard.press("d")
        page.wait_for_function("document.querySelector('section[id]').classList.contains('invert')")
    return len(json.loads((BUILT / "decks" / name / "deck.json").read_text(encoding="utf-8"))["slides"])


def found_by_axe(page: Page) -> list[str]:
    """What axe finds wrong on the page, and what it cannot decide."""
    results: dict[str, list[dict[str, Any]]] = page.evaluate("axe.run({ resultTypes: ['violations', 'incomplete'] })")
    return [
        f"{kind} {rule['id']}: {node['html'][:120]}"
        for kind in ("violations", "incomplete")
        for rule in results[kind]
        for node in rule["nodes"]
    ]


def go_to(page: Page, number: int) -> None:
    page.evaluate("number => { location.hash = number }", f"#{number}")
    page.wait_for_function(
        "number => document.querySelector('svg.bespoke-marp-active section[id]')?.id === number", arg=str(number)
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", DECKS)
def test_no_slide_breaks_a_rule_or_leaves_one_open(name: str, scheme: str, page: Page, site: Path) -> None:
    found = {}
    for number in range(1, open_deck(page, name, dark=scheme == "dark") + 1):
        go_to(page, number)
        found[number] = found_by_axe(page)

    assert {} == {number: messages for number, messages in found.items() if messages}


def test_the_control_bar_waits_for_the_mouse_and_then_breaks_no_rule(page: Page, site: Path) -> None:
    open_deck(page, "post-mortem-culture", dark=False)
    bar = page.locator(".bespoke-marp-osc")

    expect(bar).to_have_css("opacity", "0")
    page.mouse.move(640, 300)
    page.mouse.move(650, 300)
    expect(bar).to_have_css("opacity", "1")
    # axe cannot decide how the number of the page in the bar stands out.
    assert [] == [message for message in found_by_axe(page) if message.startswith("violations")]


def test_low_contrast_is_found(page: Page, site: Path) -> None:
    open_deck(page, "post-mortem-culture", dark=False)
    go_to(page, 4)
    page.locator("svg.bespoke-marp-active section[id] .point p").evaluate("words => { words.style.color = '#999' }")

    assert ["violations color-contrast"] == [message.split(":")[0] for message in found_by_axe(page)]


TEXT_SIZES = """() => {
  const sizes = []
  for (const slide of document.querySelectorAll('section[id]')) {
    const scale = slide.getBoundingClientRect().width / slide.offsetWidth || 1
    const walker = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT)
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
      if (!text.data.trim() || text.parentElement.closest('title, desc')) continue
      const figure = text.parentElement.closest('svg[data-src]')
      const drawn = figure ? figure.getBoundingClientRect().width / figure.viewBox.baseVal.width / scale : 1
      const size = parseFloat(getComputedStyle(text.parentElement).fontSize) * drawn
      const footer = text.parentElement.closest('section > header, section > footer') !== null
      sizes.push({ slide: slide.id, words: text.data.trim().slice(0, 40), size, footer })
    }
    const size = parseFloat(getComputedStyle(slide, '::after').fontSize)
    sizes.push({ slide: slide.id, words: 'the number of the page', size, footer: true })
  }
  return sizes
}"""


def too_small(page: Page) -> list[str]:
    return [
        f"slide {text['slide']}: '{text['words']}' has {text['size']:.1f} px"
        for text in page.evaluate(TEXT_SIZES)
        if text["size"] < (SMALLEST_FOOTER if text["footer"] else SMALLEST)
    ]


@pytest.mark.parametrize("name", DECKS)
def test_no_letters_are_too_small_to_read_from_the_last_row(name: str, page: Page, site: Path) -> None:
    open_deck(page, name, dark=False)

    assert [] == too_small(page)


@pytest.mark.parametrize(
    ("selector", "style"),
    [(".point p", "font-size: 19.5px"), ("svg[data-src][aria-label^='How a junior']", "width: 700px")],
    ids=["words", "a figure"],
)
def test_small_letters_are_found(selector: str, style: str, page: Page, site: Path) -> None:
    open_deck(page, "post-mortem-culture", dark=False)
    page.locator(f"svg:has(section[id='4']) {selector}").first.evaluate("(e, style) => { e.style = style }", style)

    assert any(found.startswith("slide 4:") for found in too_small(page))


def colours(page: Page) -> set[tuple[int, ...]]:
    """The colours of the figure on the second slide of the talk."""
    go_to(page, 2)
    picture = Image.open(io.BytesIO(page.locator("svg.bespoke-marp-active svg[data-src]").screenshot()))
    pixels = picture.convert("RGB").tobytes()
    return {tuple(pixels[at : at + 3]) for at in range(0, len(pixels), 3)}


def test_figures_take_the_colours_of_the_scheme(page: Page, site: Path) -> None:
    light, dark = (0xA8, 0x3C, 0x1C), (0xFF, 0xA0, 0x7D)

    open_deck(page, "post-mortem-culture", dark=False)
    assert {light} == colours(page) & {light, dark}
    open_deck(page, "post-mortem-culture", dark=True)
    assert {dark} == colours(page) & {light, dark}


def test_every_picture_of_the_talk_has_a_text_alternative(site: Path) -> None:
    slides = json.loads((BUILT / "decks/post-mortem-culture/deck.json").read_text(encoding="utf-8"))["slides"]
    pictures = [image for slide in slides for image in slide["images"]]

    assert len(pictures) >= 15
    assert [] == [image for image in pictures if not image["alt"].strip()]
