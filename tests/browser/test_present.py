"""What the published deck does beyond Marp's own: addresses, controls, light and dark, and the presenter view."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Browser, BrowserContext, Frame, FrameLocator, Locator, Page, expect

from pipeline import pdf
from tests.browser.test_slides import Log
from tests.conftest import FIXTURES, ROOT, Served, once

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
OURS = "decks/post-mortem-culture/slides.html"

TALK = """
    ---
    theme: default
    title: A talk
    ---
    <!-- _slideKey: start -->
    <!-- _slideMinutes: 1 -->
    # Start

    ## Plan

    [to the plan](#plan), [out](https://example.org/)

    ---
    <!-- _slideKey: plan agenda -->
    <!-- _slideMinutes: 3 -->
    <!-- _class: invert -->
    # The plan

    * one
    * two

    [inside](#start)

    <!--
    **Say** this
    and that

    - a
      - b

    | x | y |
    |---|---|
    | 1 | 2 |

    [start](#start), [web](https://example.org/)

    <b>raw</b>
    -->

    ---
    <!-- _slideKey: constructor -->
    <!-- _slideMinutes: 0.5 -->
    # Größe

    ## Detail

    ---
    <!-- _slideMinutes: 2 -->
    Text only
"""
SOME = """
    # One

    ---
    <!-- _slideMinutes: 2 -->
    # Two

    ---
    # Three
"""
ALONE = "Only this\n"


@pytest.fixture(scope="module")
def decks(common: Path) -> Path:
    """The folder of decks that are made for these tests, and of one that was there before, as build.py makes them."""
    return once(common, "present", lambda: make_decks(common / "present"))


def make_decks(folder: Path) -> Path:
    folder.mkdir()
    for name, text in {"talk": TALK, "some": SOME, "alone": ALONE}.items():
        (folder / f"{name}.md").write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    shutil.copy(FIXTURES / "decks" / "fragments-and-plain-lists.md", folder / "steps.md")
    files = sorted(folder.glob("*.md"))
    command = [sys.executable, "build.py", "deck", *map(str, files), "-o", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300)
    return folder


@pytest.fixture
def talk(decks: Path) -> str:
    return address(decks, "talk")


def address(decks: Path, name: str) -> str:
    return (decks / name / "slides.html").as_uri()


def number(page: Page) -> Locator:
    return page.locator("svg.bespoke-marp-active section[id]")


def expect_slide(page: Page, wanted: int) -> None:
    expect(number(page)).to_have_attribute("id", str(wanted))


def expect_hash(page: Page, wanted: str) -> None:
    expect(page).to_have_url(re.compile(re.escape(wanted) + "$"))


def open_fresh(page: Page, address: str) -> None:
    """Open as from a link elsewhere: else, with another '#', it would be a move within the page."""
    page.goto("about:blank")
    page.goto(address)


# --- Addresses ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["post-mortem-culture", "post-mortem-culture-text"])
def test_every_key_opens_its_slide(name: str, page: Page, site: Path) -> None:
    read = json.loads((site / "decks" / name / "deck.json").read_text(encoding="utf-8"))
    for slide in read["slides"]:
        open_fresh(page, f"{(site / 'decks' / name / 'slides.html').as_uri()}#{slide['key']}")
        expect_slide(page, slide["number"])
        expect(page).to_have_title(re.compile(re.escape(slide["title"])))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("plan", 2),  # though a heading on slide 1 has that id
        ("agenda", 2),  # as the slide was called before
        ("constructor", 3),
        ("größe", 3),  # the heading's id, as Marp has it
        ("slide-4", 4),
        ("3", 3),
        ("99", 4),
        ("nowhere", 1),
        ("%E0%A4%A", 1),  # no valid encoding
        ("", 1),
    ],
)
def test_an_address_leads_to_a_slide(name: str, wanted: int, page: Page, talk: str) -> None:
    open_fresh(page, f"{talk}#{name}")
    expect_slide(page, wanted)

    page.goto(f"{talk}#{'start' if wanted > 1 else 'plan'}")
    expect_slide(page, 1 if wanted > 1 else 2)
    page.goto(f"{talk}#{name}")
    expect_slide(page, wanted)


def settle(page: Page) -> None:
    """Let the moment pass after which the address changes. No more: the page does other things later."""
    page.clock.run_for(150)


def open_at(page: Page, address: str) -> None:
    page.clock.install(time=0)
    page.goto(address)
    expect(page).to_have_title(re.compile(r"of \d"))
    page.clock.pause_at(60_000)
    settle(page)


def test_the_address_follows_each_move(page: Page, talk: str) -> None:
    open_at(page, f"{talk}?x=1")
    assert page.url.endswith("?x=1")
    for key, wanted in [
        ("ArrowRight", "slides.html?x=1#plan"),
        ("ArrowRight", "slides.html?x=1&f=1#plan"),
        ("ArrowLeft", "slides.html?x=1#plan"),
        ("End", "slides.html?x=1#slide-4"),
        ("Home", "slides.html?x=1#start"),
    ]:
        page.keyboard.press(key)
        settle(page)
        expect_hash(page, wanted)


@pytest.mark.parametrize("given", ["2", "agenda"])
def test_a_number_and_a_former_name_become_the_key(given: str, page: Page, talk: str) -> None:
    open_at(page, f"{talk}#{given}")
    expect_hash(page, "#plan")
    # Once more, without a move; a script of ours hears of it last.
    page.evaluate(
        "hash => new Promise((done) => { addEventListener('hashchange', done); location.hash = hash })", f"#{given}"
    )
    settle(page)
    expect_hash(page, "#plan")


@pytest.mark.parametrize("given", ["detail", "nowhere", "99"])
def test_an_address_that_is_no_slides_name_stays(given: str, page: Page, talk: str) -> None:
    open_at(page, f"{talk}#{given}")
    settle(page)
    expect_hash(page, f"#{given}")


def test_a_key_leads_straight_to_its_slide(page: Page, talk: str) -> None:
    page.goto(f"{talk}#slide-4")
    expect(page).to_have_title(re.compile("Slide 4"))
    page.evaluate("""() => {
        window.seen = []
        const look = () => seen.push(document.title)
        new MutationObserver(look).observe(document.querySelector('title'), { childList: true })
        location.hash = '#plan'
    }""")
    expect_slide(page, 2)

    assert ["The plan (2 of 4) – A talk"] == page.evaluate("window.seen")  # and not the one with that heading first


def test_a_reload_shows_the_same_step(page: Page, talk: str) -> None:
    page.goto(f"{talk}#plan")
    expect(page).to_have_title(re.compile("The plan"))
    page.keyboard.press("ArrowRight")
    expect_hash(page, "?f=1#plan")
    page.reload()

    expect_slide(page, 2)
    expect(page.locator("[data-bespoke-marp-fragment=active]")).to_have_text(["one"])


def test_back_and_forward_and_links_lead_through_the_deck(page: Page, talk: str) -> None:
    page.goto(talk)
    page.get_by_role("link", name="to the plan").click()
    expect_slide(page, 2)
    expect_hash(page, "#plan")
    page.get_by_role("link", name="inside").click()
    expect_slide(page, 1)
    page.go_back()
    expect_slide(page, 2)
    expect_hash(page, "#plan")
    page.go_forward()
    expect_slide(page, 1)
    page.go_back()
    expect_slide(page, 2)
    page.go_back()
    expect_slide(page, 1)


# --- Title and voice ----------------------------------------------------------------------------------------------


def test_the_title_follows_the_slide(page: Page, talk: str, decks: Path) -> None:
    page.goto(f"{talk}#plan")
    expect(page).to_have_title("The plan (2 of 4) – A talk")
    page.keyboard.press("End")
    expect(page).to_have_title("Slide 4 of 4 – A talk")
    page.goto(f"{talk}?view=presenter#plan")
    expect(page).to_have_title("[Presenter view] The plan (2 of 4) – A talk")
    page.goto(address(decks, "some"))
    expect(page).to_have_title("One (1 of 3)")  # Marp's title of the deck is the same heading
    page.goto(address(decks, "alone"))
    expect(page).to_have_title("Slide 1 of 1")


def test_a_move_is_announced_and_the_first_slide_is_not(page: Page, talk: str) -> None:
    page.goto(f"{talk}#plan")
    expect(page).to_have_title(re.compile("The plan"))
    status = page.get_by_role("status")
    expect(status).to_have_text("")
    expect(status).to_have_attribute("aria-live", "polite")
    page.keyboard.press("End")
    expect(status).to_have_text("Slide 4 of 4")
    page.keyboard.press("Home")
    expect(status).to_have_text("Slide 1 of 4: Start")


# --- Controls -----------------------------------------------------------------------------------------------------


def tab_stops(page: Page) -> list[str]:
    """The names of what Tab reaches, from the beginning of the page to its end."""
    found: list[str] = []
    while True:
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.ariaLabel || document.activeElement.textContent")
        if page.evaluate("document.activeElement === document.body") or name in found:
            return found
        found.append(name)


def test_tab_reaches_the_links_of_the_slide_and_every_button(page: Page, talk: str) -> None:
    page.goto(f"{talk}#plan")
    expect(page).to_have_title(re.compile("The plan"))

    assert [
        "inside",
        "Previous slide",
        "Next slide",
        "Toggle fullscreen",
        "Toggle overview view",
        "Open presenter view",
        "Swap light and dark (d)",
        "Keys (?)",
    ] == tab_stops(page)
    expect(page.get_by_role("group", name="Presentation").get_by_role("button")).to_have_count(7)


def test_tab_reaches_every_button_of_the_presenter_view(page: Page, talk: str) -> None:
    page.goto(f"{talk}?view=presenter#plan")
    expect(page).to_have_title(re.compile("The plan"))

    assert [
        "inside",
        "Notes of slide 2",
        "start",
        "web",
        "Smaller notes font size",
        "Bigger notes font size",
        "Previous",
        "2 / 4, show all slides",
        "Next",
        "Start",
        "Reset",
        "Swap light and dark (d)",
        "Keys (?)",
    ] == tab_stops(page)


def test_links_of_other_slides_are_shut_whatever_the_style(page: Page, talk: str) -> None:
    page.goto(talk)
    expect(page).to_have_title(re.compile("Start"))
    page.keyboard.press("ArrowRight")
    expect(page).to_have_title(re.compile("The plan"))

    shut = "sections => sections.map((section) => section.inert)"
    assert [True, False, True, True] == page.eval_on_selector_all("svg section[id]", shut)


def test_space_and_enter_press_the_focused_button_only(page: Page, talk: str) -> None:
    page.goto(talk)
    colours = page.get_by_role("button", name="Swap light and dark")
    for pressed, key in enumerate(["Space", "Enter"]):
        colours.focus()
        page.keyboard.press(key)
        expect(colours).to_have_attribute("aria-pressed", "false" if pressed else "true")
    following = page.get_by_role("button", name="Next slide")
    following.focus()
    page.keyboard.press("Space")
    expect_slide(page, 2)
    expect(following).to_be_focused()
    page.keyboard.press("Enter")
    expect_hash(page, "?f=1#plan")


def test_space_presses_a_button_of_the_presenter_view_only(page: Page, talk: str) -> None:
    page.goto(f"{talk}?view=presenter#start")
    page.get_by_role("button", name="Start", exact=True).focus()
    page.keyboard.press("Space")

    expect(page.get_by_role("button", name="Pause")).to_be_focused()
    expect_slide(page, 1)


def test_arrows_and_letters_do_on_a_button_what_they_do_elsewhere(page: Page, talk: str) -> None:
    page.goto(f"{talk}#slide-4")
    expect(page).to_have_title(re.compile("Slide 4"))
    page.get_by_role("button", name="Previous slide").focus()
    page.keyboard.press("ArrowLeft")
    expect_slide(page, 3)
    page.keyboard.press("Home")
    expect_slide(page, 1)
    page.keyboard.press("d")
    expect(page.get_by_role("button", name="Swap")).to_have_attribute("aria-pressed", "true")


def test_a_button_that_ends_the_way_passes_the_focus_on(page: Page, talk: str) -> None:
    page.goto(f"{talk}#constructor")
    expect(page).to_have_title(re.compile("Größe"))
    page.get_by_role("button", name="Next slide").focus()
    page.keyboard.press("Enter")

    expect_slide(page, 4)
    expect(page.get_by_role("button", name="Previous slide")).to_be_focused()


def test_after_the_mouse_space_moves_on(page: Page, talk: str) -> None:
    page.goto(talk)
    expect(page).to_have_title(re.compile("Start"))
    page.mouse.move(300, 300, steps=2)  # the bar waits for a mouse that moves
    page.get_by_role("button", name="Swap light and dark").click()
    page.keyboard.press("Space")

    expect_slide(page, 2)
    expect(page.get_by_role("button", name="Swap")).to_have_attribute("aria-pressed", "true")


def test_the_bar_shows_while_the_focus_is_in_it(page: Page, talk: str) -> None:
    page.clock.install()
    page.goto(f"{talk}#slide-4")
    bar = page.locator(".bespoke-marp-osc")
    page.clock.run_for(5000)  # Marp hides it while the mouse rests
    expect(bar).to_have_css("opacity", "0")
    expect(bar).not_to_have_attribute("aria-hidden", "true")
    page.keyboard.press("Tab")
    expect(bar).to_have_css("opacity", "1")
    expect(bar.get_by_role("button").first).to_have_css("outline-style", "solid")


def test_the_list_of_keys_opens_and_closes_by_key(page: Page, talk: str) -> None:
    page.goto(talk)
    expect(page).to_have_title(re.compile("Start"))
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    for words in ("next step or slide", "presenter view", "swap light and dark"):
        expect(dialog).to_contain_text(words)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect_slide(page, 1)
    expect(page.locator(".bespoke-marp-overview")).to_have_count(0)  # what Escape opens elsewhere

    page.get_by_role("button", name="Keys").focus()
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()


def test_the_bar_fits_on_a_phone(page: Page, talk: str) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto(talk)
    expect(page).to_have_title(re.compile("Start"))  # by then, our buttons are in it
    box = page.locator(".bespoke-marp-osc").bounding_box()

    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360


def test_the_overview_chooses_a_slide(page: Page, talk: str) -> None:
    page.goto(talk)
    expect(page).to_have_title(re.compile("Start"))
    for way, wanted in (("click", 3), ("key", 2)):
        page.keyboard.press("o")
        overview = page.frame_locator(".bespoke-marp-overview iframe")
        slide = overview.get_by_role("group", name=f"Slide {wanted} of 4")
        expect(slide).to_be_visible()
        if way == "click":
            slide.click()
        else:
            slide.focus()
            page.keyboard.press("Enter")
        expect_slide(page, wanted)
        expect(page.locator(".bespoke-marp-overview")).to_have_attribute("data-open", "")
        expect(overview.locator("svg[aria-current=true]")).to_have_attribute(
            "aria-label", re.compile(f"Slide {wanted}")
        )


# --- Accessibility ------------------------------------------------------------------------------------------------


def faults(frame: Frame) -> list[str]:
    """What axe finds; it cannot see everything that is wrong."""
    frame.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = frame.evaluate("axe.run().then((result) => result.violations)")
    return [f"{each['id']}: {[node['html'][:120] for node in each['nodes']]}" for each in found]


@pytest.mark.parametrize("name", ["post-mortem-culture", "some", "alone"])
@pytest.mark.parametrize("view", ["", "?view=presenter", "?view=overview", "?view=next"])
def test_axe_finds_nothing_in_any_view(view: str, name: str, page: Page, decks: Path, site: Path) -> None:
    base = site / "decks" if name == "post-mortem-culture" else decks
    open_fresh(page, f"{address(base, name)}{view}#{1 if name == 'alone' else 2}")
    expect(page.locator("svg[aria-label]").first).to_be_attached()
    expect(page).to_have_title(re.compile("."))
    for frame in page.frames:
        assert [] == faults(frame), frame.url


def test_axe_finds_nothing_in_the_dialog(page: Page, talk: str) -> None:
    page.goto(talk)
    expect(page).to_have_title(re.compile("Start"))
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()

    assert [] == faults(page.main_frame)


def test_axe_finds_what_is_planted(page: Page, talk: str) -> None:
    page.goto(talk)
    expect(page).to_have_title(re.compile("Start"))
    page.locator(".bespoke-marp-parent").evaluate("parent => parent.removeAttribute('role')")
    page.locator(".present-help").evaluate("button => { button.title = button.ariaLabel = '' }")

    assert {"button-name", "region"} == {fault.split(":")[0] for fault in faults(page.main_frame)}


# --- Light and dark -----------------------------------------------------------------------------------------------


def expect_inverted(page: Page | FrameLocator, *wanted: bool) -> None:
    """Which slides have the class by which Marp's themes are dark."""
    sections = page.locator("svg section[id]")
    for index, is_inverted in enumerate(wanted):
        section = expect(sections.nth(index))
        (section.to_have_class if is_inverted else section.not_to_have_class)(re.compile(r"\binvert\b"))


def test_d_swaps_light_and_dark_until_the_next_time(page: Page, browser: Browser, talk: str) -> None:
    page.goto(talk)
    expect(page).to_have_title(re.compile("Start"))
    expect_inverted(page, False, True, False, False)  # as authored
    page.keyboard.press("d")
    expect_inverted(page, True, False, True, True)
    expect(page.get_by_role("status")).to_have_text("Light and dark swapped")
    page.reload()
    expect(page).to_have_title(re.compile("Start"))
    expect_inverted(page, True, False, True, True)
    page.keyboard.press("D")
    expect_inverted(page, False, True, False, False)
    page.keyboard.press("d")
    expect_inverted(page, True, False, True, True)

    page.keyboard.press("Control+d")
    expect_inverted(page, True, False, True, True)
    again = page.context.new_page()
    again.goto(talk)
    expect_inverted(again, False, True, False, False)


def test_the_deck_is_seen_to_become_dark(page: Page, talk: str) -> None:
    page.goto(talk)
    expect(page).to_have_title(re.compile("Start"))
    before = number(page).evaluate("slide => getComputedStyle(slide).backgroundColor")
    page.keyboard.press("d")

    expect(number(page)).not_to_have_css("background-color", before)


# --- Two windows --------------------------------------------------------------------------------------------------


@pytest.fixture(params=["from disk", "from a server"])
def windows(request: pytest.FixtureRequest, context: BrowserContext, talk: str, decks: Path) -> tuple[Page, Page]:
    """The deck and its presenter view, which was opened from it, with no network."""
    start = talk
    if request.param == "from a server":
        start = "https://deck.invalid/talk/slides.html"
        context.route("**/*", lambda route: route.fulfill(path=decks / "talk" / "slides.html"))
    else:
        context.set_offline(True)
    page = context.new_page()
    logs = [Log(page)]
    page.goto(f"{start}#start")
    expect(page).to_have_title(re.compile("Start"))
    presenter = open_presenter(page)
    logs.append(Log(presenter))
    expect(presenter).to_have_title("[Presenter view] Start (1 of 4) – A talk")
    request.addfinalizer(lambda: check_logs(logs))
    return page, presenter


def check_logs(logs: list[Log]) -> None:
    assert [] == [error for log in logs for error in log.errors]


def open_presenter(page: Page, how: Callable[[Page], object] = lambda page: page.keyboard.press("p")) -> Page:
    with page.context.expect_page() as opened:
        how(page)
    presenter: Page = opened.value
    return presenter


def open_another(page: Page) -> Page:
    """Not by key: under the name that Marp gives it, the browser may still know the window that was closed."""
    return open_presenter(page, lambda page: page.evaluate("() => void open('?view=presenter')"))


def next_slide(presenter: Page) -> FrameLocator:
    return presenter.frame_locator(".bespoke-marp-presenter-next")


def test_the_windows_move_together(windows: tuple[Page, Page]) -> None:
    page, presenter = windows
    presenter.keyboard.press("ArrowRight")
    expect_slide(page, 2)
    expect_hash(page, "#plan")
    expect_hash(presenter, "?view=presenter#plan")
    coming = next_slide(presenter).locator("svg.bespoke-marp-active [data-marpit-fragment='1']")
    expect(coming).to_have_attribute("data-bespoke-marp-fragment", "active")  # the slide's first step comes next
    page.keyboard.press("End")
    expect_slide(presenter, 4)
    expect(page.get_by_role("status")).to_have_text("Slide 4 of 4")
    presenter.goto(presenter.url.split("#")[0] + "#agenda")
    expect_slide(page, 2)


def test_the_windows_change_colours_together(windows: tuple[Page, Page]) -> None:
    page, presenter = windows
    everywhere: list[Page | FrameLocator] = [page, presenter, next_slide(presenter)]
    for each in everywhere:
        expect_inverted(each, False, True, False, False)
    for asking in (page, presenter):
        asking.keyboard.press("d")
        for each in everywhere:
            expect_inverted(each, True, False, True, True)
        asking.keyboard.press("d")
        for each in everywhere:
            expect_inverted(each, False, True, False, False)


def test_a_window_that_is_opened_later_has_the_colours_too(windows: tuple[Page, Page]) -> None:
    page, presenter = windows
    presenter.close()
    page.keyboard.press("d")
    later = open_another(page)
    expect_inverted(later, True, False, True, True)
    expect_inverted(next_slide(later), True, False, True, True)
    page.keyboard.press("o")
    overview = page.frame_locator(".bespoke-marp-overview iframe")
    expect(overview.locator("section.invert")).to_have_count(3)


def test_the_clock_goes_on_when_its_window_was_closed(windows: tuple[Page, Page]) -> None:
    page, presenter = windows
    presenter.keyboard.press("t")
    expect(presenter.locator(".present-talk")).not_to_have_text("0:00")
    presenter.close()
    later = open_another(page)

    expect(later.get_by_role("button", name="Pause")).to_be_visible()
    expect(later.locator(".present-talk")).not_to_have_text("0:00")


# --- The presenter view -------------------------------------------------------------------------------------------


def test_notes_are_formatted(page: Page, talk: str) -> None:
    page.goto(f"{talk}?view=presenter#plan")
    note = page.locator(".bespoke-marp-note.active")
    expect(note.locator("strong")).to_have_text("Say")
    expect(note.locator("ul ul li")).to_have_text("b")
    expect(note.locator("td")).to_have_text(["1", "2"])
    expect(note).to_contain_text("<b>raw</b>")
    expect(note.get_by_role("link", name="web")).to_have_attribute("target", "_blank")
    assert "this\nand that" in note.inner_text()  # the author's line breaks, as in Marp
    # From right to left, where the words are.
    note.locator("td").first.evaluate("cell => { cell.innerHTML = '<span>كلمة</span>.' }")
    assert note.locator("td").first.evaluate(
        """cell => {
          const end = document.createRange()
          end.selectNodeContents(cell.lastChild)
          return end.getBoundingClientRect().left < cell.firstChild.getBoundingClientRect().left
        }"""
    )
    note.get_by_role("link", name="start").click()
    expect_slide(page, 1)
    expect(page.locator(".bespoke-marp-note.active")).to_have_count(0)


def test_the_file_keeps_marps_notes(decks: Path, page: Page) -> None:
    page.goto(address(decks, "talk"))
    expect(page).to_have_title(re.compile("Start"))

    assert "**Say** this\nand that" in (page.locator(".bespoke-marp-note p").first.text_content() or "")


def test_notes_grow_and_shrink(page: Page, talk: str) -> None:
    page.goto(f"{talk}?view=presenter#plan")
    words = page.locator(".bespoke-marp-note.active strong")
    size = "words => parseFloat(getComputedStyle(words).fontSize)"
    before = words.evaluate(size)
    assert before >= 20
    page.locator(".bespoke-marp-presenter-note-container").hover()  # only then Marp shows the buttons
    page.get_by_role("button", name="Bigger notes").click()
    assert words.evaluate(size) > before
    page.keyboard.press("-")
    page.keyboard.press("-")
    assert words.evaluate(size) < before


def test_in_the_notes_arrows_scroll_and_a_clicker_moves(page: Page, talk: str) -> None:
    page.goto(f"{talk}?view=presenter#start")
    expect(page).to_have_title(re.compile("Start"))
    page.goto(f"{talk}?view=presenter#plan")
    expect_slide(page, 2)
    note = page.locator(".bespoke-marp-note.active")
    note.evaluate("note => note.insertAdjacentHTML('beforeend', '<p>more</p>'.repeat(200))")
    note.focus()
    page.keyboard.press("ArrowDown")
    expect_hash(page, "#plan")
    expect(note).not_to_have_js_property("scrollTop", 0)
    page.keyboard.press("PageUp")
    expect_slide(page, 1)


class Clock:
    """The presenter view's clock, and the time by which it goes."""

    def __init__(self, page: Page) -> None:
        self._page = page
        page.clock.install(time=0)

    def open(self, address: str) -> None:
        self._page.goto(address)
        expect(self._page.locator(".present-talk")).to_have_text("0:00")
        self._page.clock.pause_at(60_000)

    def run(self, minutes: float) -> None:
        self._page.clock.run_for(round(minutes * 60_000))

    def expect(self, slide: str, talk: str, pace: str) -> None:
        """What each line says, white space folded."""
        self._page.clock.run_for(300)  # it shows the time four times a second
        expect(self._page.locator(".present-clock p")).to_have_text([slide, talk, pace])


@pytest.fixture
def clock(page: Page) -> Clock:
    return Clock(page)


def test_the_clock_compares_with_the_plan(page: Page, clock: Clock, talk: str) -> None:
    clock.open(f"{talk}?view=presenter")
    clock.run(1)
    clock.expect("This slide 0:00 of 1:00", "Talk 0:00 of 6:30", "planned 0:00–1:00 here")
    page.keyboard.press("t")
    clock.run(0.5)
    clock.expect("This slide 0:30 of 1:00", "Talk 0:30 of 6:30", "on time planned 0:00–1:00 here")
    page.keyboard.press("ArrowRight")
    clock.expect("This slide 0:00 of 3:00", "Talk 0:30 of 6:30", "0:29 ahead planned 1:00–4:00 here")
    clock.run(4)
    clock.expect("This slide 4:00 of 3:00", "Talk 4:30 of 6:30", "0:30 behind planned 1:00–4:00 here")
    page.keyboard.press("Home")
    clock.run(0.25)
    clock.expect("This slide 0:45 of 1:00", "Talk 4:46 of 6:30", "3:46 behind planned 0:00–1:00 here")
    clock.run(60)
    clock.expect("This slide 1:00:45 of 1:00", "Talk 1:04:46 of 6:30", "1:03:46 behind planned 0:00–1:00 here")


def test_the_first_move_starts_the_clock(page: Page, clock: Clock, talk: str) -> None:
    clock.open(f"{talk}?view=presenter#plan")
    clock.run(1)
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    page.keyboard.press("Home")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()  # a move is noticed a moment after the key
    clock.run(0.5)

    clock.expect("This slide 0:30 of 1:00", "Talk 0:30 of 6:30", "on time planned 0:00–1:00 here")


LATE = """
const soon = setTimeout
window.setTimeout = (call, delay, ...rest) => soon(call, delay === 0 ? 300 : delay, ...rest)
"""
"""Marp goes to the slide of the address by a timer of no time: let it come up long after our own script has begun."""


def test_a_slide_of_the_address_that_comes_up_late_is_no_move(page: Page, talk: str) -> None:
    page.add_init_script(LATE)
    page.goto(f"{talk}?view=presenter#2")

    expect(page).to_have_title(re.compile("The plan"))
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    page.keyboard.press("Home")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_the_clock_rests_goes_on_and_goes_back(page: Page, clock: Clock, talk: str) -> None:
    clock.open(f"{talk}?view=presenter")
    page.get_by_role("button", name="Start", exact=True).click()
    clock.run(0.5)
    page.get_by_role("button", name="Pause").click()
    clock.run(5)
    clock.expect("This slide 0:30 of 1:00", "Talk 0:30 of 6:30", "paused, on time planned 0:00–1:00 here")
    page.keyboard.press("ArrowRight")  # a look ahead does not set it going again
    clock.run(5)
    clock.expect("This slide 0:00 of 3:00", "Talk 0:30 of 6:30", "paused, 0:30 ahead planned 1:00–4:00 here")
    page.get_by_role("button", name="Resume").click()
    clock.run(0.5)
    clock.expect("This slide 0:30 of 3:00", "Talk 1:00 of 6:30", "on time planned 1:00–4:00 here")
    page.get_by_role("button", name="Reset").click()
    clock.run(1)
    clock.expect("This slide 0:00 of 3:00", "Talk 0:00 of 6:30", "planned 1:00–4:00 here")


# A busy browser reads what is stored before it has what was written last.
@pytest.mark.parametrize("loss", ["", "sessionStorage.clear()"])
def test_the_clock_survives_a_reload(loss: str, page: Page, clock: Clock, talk: str) -> None:
    clock.open(f"{talk}?view=presenter")
    page.keyboard.press("t")
    clock.run(0.5)
    page.keyboard.press("ArrowRight")
    clock.run(0.5)
    page.evaluate(loss)
    page.reload()
    clock.run(1)

    clock.expect("This slide 1:30 of 3:00", "Talk 2:00 of 6:30", "on time planned 1:00–4:00 here")


def test_minutes_that_only_some_slides_have_are_shown(page: Page, clock: Clock, decks: Path) -> None:
    clock.open(f"{address(decks, 'some')}?view=presenter#2")
    page.keyboard.press("t")
    clock.run(0.5)
    clock.expect("This slide 0:30 of 2:00", "Talk 0:30 of 2:00 for 1 of 3 slides", "")
    page.keyboard.press("ArrowRight")
    clock.run(0.5)
    clock.expect("This slide 0:30", "Talk 1:00 of 2:00 for 1 of 3 slides", "")


def test_without_a_plan_there_is_a_clock_all_the_same(page: Page, clock: Clock, decks: Path) -> None:
    clock.open(f"{address(decks, 'alone')}?view=presenter")
    page.keyboard.press("t")
    clock.run(0.5)
    clock.expect("This slide 0:30", "Talk 0:30", "")
    expect(page.locator(".present-bar")).to_be_hidden()


def test_there_is_one_clock_only(page: Page, talk: str) -> None:
    page.goto(f"{talk}?view=presenter")
    expect(page.locator(".present-clock")).to_be_visible()
    expect(page.locator(".bespoke-marp-presenter-info-timer")).to_have_count(0)
    expect(page.locator(".bespoke-marp-presenter-info-time")).to_contain_text(":")


@pytest.mark.parametrize("size", [(1280, 720), (1024, 600), (774, 700)])
def test_everything_of_the_presenter_view_fits(size: tuple[int, int], page: Page, clock: Clock, talk: str) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    clock.open(f"{talk}?view=presenter#start")
    page.keyboard.press("t")
    clock.run(120)
    page.locator(".bespoke-marp-note").nth(0).evaluate("note => { note.innerHTML = '<p>long</p>'.repeat(200) }")
    clock.expect("This slide 2:00:00 of 1:00", "Talk 2:00:00 of 6:30", "1:59:00 behind planned 0:00–1:00 here")
    info = page.locator(".bespoke-marp-presenter-info-container")
    frame = info.bounding_box()
    assert frame
    assert frame["y"] + frame["height"] <= size[1]
    for part in info.locator("p, button, time").all():
        box = part.bounding_box()
        assert box, part
        assert box["x"] >= frame["x"], part.text_content()
        assert box["x"] + box["width"] <= frame["x"] + frame["width"], part.text_content()
    slide = page.locator("svg.bespoke-marp-active").bounding_box()
    assert slide
    assert slide["y"] + slide["height"] <= frame["y"]
    assert slide["width"] >= size[0] / 2


# --- Nothing breaks -----------------------------------------------------------------------------------------------


def test_a_step_of_a_slide_is_said(page: Page, talk: str) -> None:
    page.goto(talk.replace("talk", "steps"))
    expect(page).to_have_title(re.compile(r"1 of \d"))
    for words in ("one", "two", "deeper"):
        page.keyboard.press("ArrowRight")
        expect(page.locator(".present-status")).to_have_text(re.compile(rf"^\s*{words}\b"))


@pytest.mark.parametrize("name", ["talk", "some", "alone", "steps"])
@pytest.mark.parametrize("view", ["", "?view=presenter", "?view=overview"])
def test_any_deck_opens_from_disk_with_no_complaint(name: str, view: str, context: BrowserContext, decks: Path) -> None:
    context.set_offline(True)
    page = context.new_page()
    log = Log(page)
    page.goto(address(decks, name) + view)
    expect(page.locator("[role=main]")).to_be_visible()
    for key in ("End", "d", "ArrowLeft", "?", "Escape", "Home"):
        page.keyboard.press(key)
    expect_slide(page, 1)

    assert [] == log.errors
    assert {urlless(request) for request in log.requests} == {address(decks, name)}


def urlless(uri: str) -> str:
    return uri.split("?")[0].split("#")[0]


@pytest.fixture
def plain(tmp_path: Path, decks: Path) -> str:
    """The talk without what was added to it."""
    html = (decks / "talk" / "slides.html").read_text(encoding="utf-8")
    style = (ROOT / "pipeline" / "present.css").read_text(encoding="utf-8")
    script = (ROOT / "pipeline" / "present.js").read_text(encoding="utf-8")
    assert style in html
    assert script in html
    path = tmp_path / "plain.html"
    path.write_text(html.replace(style, "").replace(script, ""), encoding="utf-8")
    return path.as_uri()


def test_with_our_script_broken_marps_still_runs(browser: Browser, tmp_path: Path, decks: Path) -> None:
    context = browser.new_context(bypass_csp=True)  # else the changed script would not be run at all
    page = context.new_page()
    html = (decks / "talk" / "slides.html").read_text(encoding="utf-8")
    broken = tmp_path / "broken.html"
    broken.write_text(html.replace("'use strict'\n", "throw new Error('broken')\n", 1), encoding="utf-8")
    page.goto(f"{broken.as_uri()}#2")
    expect_slide(page, 2)
    page.keyboard.press("Home")
    expect_slide(page, 1)
    expect(page.locator(".present-status")).to_have_count(0)
    context.close()


def test_without_javascript_the_file_looks_as_marps_does(browser: Browser, talk: str, plain: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    pictures = []
    for each in (talk, plain):
        page.goto(each)
        pictures.append(Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB"))
    context.close()

    assert ImageChops.difference(*pictures).getbbox() is None


def test_it_prints_as_marps_does(page: Page, talk: str, plain: str) -> None:
    texts = []
    for each in (talk, plain):
        page.goto(each)
        expect(number(page)).to_have_count(1)
        texts.append(pdf.texts(page.pdf(prefer_css_page_size=True)))

    assert 4 == len(texts[0])
    assert texts[0] == texts[1]


def test_served_decks_share_nothing_with_each_other(page: Page, served: Served) -> None:
    page.goto(served.base + OURS)
    expect(page).to_have_title(re.compile("1 of 9"))
    page.keyboard.press("d")
    expect(page.locator("section.invert").first).to_be_attached()
    page.goto(served.base + OURS.replace("culture/", "culture-text/"))
    expect(page).to_have_title(re.compile("1 of 9"))
    expect(page.locator("section.invert")).to_have_count(0)
