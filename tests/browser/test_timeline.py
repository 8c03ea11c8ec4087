"""The cards of the practice incident, ordered as people order them: with a mouse, with keys, and with what they saved.

With a finger the buttons are the way, as the page says. What a telephone does beyond that, such as dragging after a
long press, cannot be tried here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, Locator, Page, expect

from tests.browser.test_slides import Log
from tests.conftest import BUILT, ROOT, Served


def read(uri: str) -> dict[str, Any]:
    """Cards as they were built; none before the first build, of which the fixture `site` then speaks."""
    path = BUILT / "practice" / uri
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"cards": []}
    return found


CARDS = read("spring-promo/cards.json")
KEY = read("answer-key/spring-promo/reference.json")
RIGHT: list[str] = [card["id"] for card in KEY["cards"]]
"""All cards, in the order of the key."""
CARD_OF: dict[str, str] = {card["event"]: card["id"] for card in KEY["cards"]}
AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def board(page: Page, served: Served) -> Iterator[Page]:
    """The page with the cards, as somebody finds it who has never been there."""
    log = Log(page)
    page.goto(f"{served.base}practice/timeline/")
    expect(cards(page, "tray")).to_have_count(len(CARDS["cards"]))
    yield page
    assert [] == log.errors


def cards(page: Page, where: str) -> Locator:
    return page.locator("ol.board__cards > li" if where == "line" else "ul.board__cards > li")


def order(page: Page) -> list[str]:
    """The ids of the placed cards."""
    found: list[str] = cards(page, "line").evaluate_all("all => all.map((card) => card.dataset.id)")
    return found


def card(page: Page, name: str) -> Locator:
    return page.locator(f"li[data-id='{name}']")


def press(page: Page, name: str, words: str) -> None:
    card(page, name).get_by_role("button", name=words, exact=True).click()


def status(page: Page) -> Locator:
    return page.get_by_role("status").filter(visible=True)


def kept(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(page.evaluate("localStorage.getItem('post-mortem-timeline-spring-promo')"))
    return found


def saved(**changes: Any) -> dict[str, Any]:
    """What a file of this page holds, with some of it changed."""
    empty = {"format": "post-mortem-timeline", "version": 1, "scenario": "spring-promo", "zone": "UTC"}
    return {**empty, "placed": [], "own": [], "marks": {}, **changes}


def open_file(page: Page, content: object, name: str = "ours.json") -> None:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    file: FilePayload = {"name": name, "mimeType": "application/json", "buffer": text}
    page.locator("input[type=file]").set_input_files(file)


def download(page: Page, words: str) -> tuple[str, str]:
    """The name and the text of a file that a button gives."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=words, exact=True).click()
    return waiting.value.suggested_filename, waiting.value.path().read_text(encoding="utf-8")


def drag(page: Page, name: str, target: Locator) -> None:
    """Take a card by its first line, where it has no button, and let it go on the upper edge of something."""
    take(page, name)
    target.hover(position={"x": 30, "y": 6})
    page.mouse.up()


def take(page: Page, name: str) -> None:
    """Begin to drag a card, before anything scrolls."""
    card(page, name).hover(position={"x": 30, "y": 14})
    box = card(page, name).bounding_box()
    assert box
    page.mouse.down()
    page.mouse.move(box["x"] + 36, box["y"] + 20)


# --- ordering -----------------------------------------------------------------------------------------------


def test_the_cards_come_in_no_order_of_time(board: Page) -> None:
    shown = cards(board, "tray").evaluate_all("all => all.map((card) => card.dataset.id)")

    assert [given["id"] for given in CARDS["cards"]] == shown
    assert sorted(RIGHT) == sorted(shown)
    assert RIGHT != shown
    assert 6 == board.get_by_text("no time", exact=True).count()


def test_a_card_is_dragged_to_its_place_and_back(board: Page) -> None:
    first, second, third = RIGHT[4:7]
    drag(board, second, board.locator("ol.board__cards"))
    drag(board, third, board.get_by_role("heading", name="A card of your own"))
    drag(board, first, card(board, second))

    assert [first, second, third] == order(board)
    expect(status(board)).to_contain_text("is now 1 of 3.")
    expect(board.get_by_role("heading", name="Your timeline (3)")).to_be_visible()

    drag(board, third, card(board, first))
    assert [third, first, second] == order(board)

    drag(board, first, board.get_by_role("heading", name="Still to place"))
    assert [third, second] == order(board)
    assert [third, second] == kept(board)["placed"]


def test_where_a_dragged_card_would_land_is_shown_and_nothing_else_moves(board: Page) -> None:
    for name in RIGHT[:3]:
        press(board, name, "Place")
    before = [card(board, name).bounding_box() for name in RIGHT[:3]]
    take(board, RIGHT[3])
    for height in (6, 8):  # the first move enters the card, the second is over it
        card(board, RIGHT[1]).hover(position={"x": 40, "y": height})

    expect(card(board, RIGHT[1])).to_contain_class("card--below")
    assert before == [card(board, name).bounding_box() for name in RIGHT[:3]]
    board.mouse.up()
    expect(board.locator(".card--below, .card--dragged")).to_have_count(0)
    assert [RIGHT[0], RIGHT[3], *RIGHT[1:3]] == order(board)


def test_the_keyboard_alone_places_and_moves_cards(board: Page) -> None:
    for name in RIGHT[:4]:
        card(board, name).get_by_role("button", name="Place").focus()
        board.keyboard.press("Enter")
        expect(card(board, name).get_by_role("button", name="Up")).to_be_focused()

    board.keyboard.press("ArrowUp")
    assert [RIGHT[0], RIGHT[1], RIGHT[3], RIGHT[2]] == order(board)
    expect(status(board)).to_contain_text("is now 3 of 4.")
    expect(card(board, RIGHT[3]).get_by_role("button", name="Up")).to_be_focused()

    board.keyboard.press("Home")
    assert [RIGHT[3], *RIGHT[:3]] == order(board)
    board.keyboard.press("ArrowUp")
    expect(status(board)).to_have_text("This is the first card already.")
    board.keyboard.press("ArrowDown")
    assert [RIGHT[0], RIGHT[3], *RIGHT[1:3]] == order(board)
    board.keyboard.press("End")
    assert RIGHT[:4] == order(board)
    board.keyboard.press("ArrowDown")
    expect(status(board)).to_have_text("This is the last card already.")
    board.keyboard.press("Space")  # on “Up”
    assert [RIGHT[0], RIGHT[1], RIGHT[3], RIGHT[2]] == order(board)


def test_who_points_goes_on_with_the_next_card(board: Page) -> None:
    first, second = (each["id"] for each in CARDS["cards"][:2])
    press(board, first, "Place")

    expect(card(board, second).get_by_role("button", name="Place")).to_be_focused()
    press(board, second, "Place")
    press(board, second, "Up")
    assert [second, first] == order(board)
    press(board, second, "Put back")
    assert [first] == order(board)
    expect(cards(board, "tray").first).to_have_attribute("data-id", second)


def test_every_step_can_be_undone(board: Page) -> None:
    undo = board.get_by_role("button", name="Undo")
    undo.press("Enter")
    expect(status(board)).to_have_text("There is nothing to undo.")
    for name in RIGHT[:2]:
        press(board, name, "Place")
    card(board, RIGHT[0]).get_by_label("Factor").check()
    press(board, RIGHT[0], "Note")
    card(board, RIGHT[0]).get_by_label("Your note").press_sequentially("no budget")
    undo.click()
    assert {"factor": True} == kept(board)["marks"][RIGHT[0]]
    undo.click()
    expect(card(board, RIGHT[0]).get_by_label("Factor")).not_to_be_checked()
    undo.click()

    assert [RIGHT[0]] == order(board) == kept(board)["placed"]


# --- on a telephone -----------------------------------------------------------------------------------------


@pytest.fixture
def phone(browser: Browser, served: Served) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(f"{served.base}practice/timeline/")
    expect(cards(page, "tray")).to_have_count(len(CARDS["cards"]))
    yield page
    context.close()


def test_a_finger_finds_its_way_from_the_cards_to_the_timeline_and_back(phone: Page) -> None:
    links = phone.get_by_role("navigation", name="Cards and timeline").get_by_role("link")
    first, *_, last = (each["id"] for each in CARDS["cards"])
    for name in (first, last):
        card(phone, name).get_by_role("button", name="Place", exact=True).tap()
        expect(links.last).to_be_in_viewport()
    expect(links).to_have_text([f"Still to place ({len(CARDS['cards']) - 2})", "Your timeline (2)"])

    links.last.tap()
    expect(phone.get_by_role("heading", name="Your timeline (2)")).to_be_in_viewport(ratio=1)
    covered = links.last.bounding_box()
    heading = phone.get_by_role("heading", name="Your timeline (2)").bounding_box()
    assert covered and heading and covered["y"] + covered["height"] <= heading["y"]
    card(phone, last).get_by_role("button", name="Up", exact=True).tap()
    assert [last, first] == order(phone)
    links.first.tap()
    expect(phone.get_by_role("heading", name="Still to place")).to_be_in_viewport(ratio=1)


def test_a_finger_that_drags_scrolls_and_the_page_says_what_to_use_instead(phone: Page) -> None:
    for name in RIGHT[:3]:
        card(phone, name).get_by_role("button", name="Place", exact=True).tap()
    cards(phone, "line").first.scroll_into_view_if_needed()
    box, before = cards(phone, "line").first.bounding_box(), phone.evaluate("scrollY")
    assert box
    finger = phone.context.new_cdp_session(phone)
    for kind, lower in [("touchStart", 0), *(("touchMove", -lower) for lower in range(0, 200, 20)), ("touchEnd", None)]:
        points = [] if lower is None else [{"x": box["x"] + 60, "y": box["y"] + 12 + lower}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    phone.wait_for_function("before => scrollY > before", arg=before)

    assert RIGHT[:3] == order(phone)
    expect(phone.get_by_text("On a phone, use the buttons")).to_have_count(1)


def test_where_the_halves_stand_side_by_side_no_links_lead_between_them(board: Page) -> None:
    expect(board.locator(".board__jump")).to_be_hidden()


# --- what is on a card --------------------------------------------------------------------------------------


def test_times_are_shown_in_either_zone(board: Page) -> None:
    late = CARD_OF["resolved"]
    expect(card(board, late).locator(".card__time")).to_have_text("15 Oct 02:40")

    board.get_by_label("UTC+10").check()

    expect(card(board, late).locator(".card__time")).to_have_text("15 Oct 12:40")
    board.reload()
    expect(board.get_by_label("UTC+10")).to_be_checked()
    expect(card(board, late).locator(".card__time")).to_have_text("15 Oct 12:40")


def test_undo_leaves_the_zone_as_it_is(board: Page) -> None:
    press(board, RIGHT[0], "Place")
    board.get_by_label("UTC+10").check()

    board.get_by_role("button", name="Undo").click()

    assert [] == order(board)
    expect(board.get_by_label("UTC+10")).to_be_checked()


def test_a_year_ends_with_its_fourth_digit(board: Page) -> None:
    undated = next(each["id"] for each in CARDS["cards"] if not each["utc"])
    guess = card(board, undated).get_by_label("About when?")
    guess.focus()
    guess.press_sequentially("10152026" + "0145" + "a")

    expect(guess).to_have_value("2026-10-15T01:45")
    expect(card(board, undated).locator(".card__time")).to_have_text("~ 15 Oct 01:45")


def test_a_time_that_is_none_is_no_time(board: Page) -> None:
    undated = next(each["id"] for each in CARDS["cards"] if not each["utc"])
    guess = card(board, undated).get_by_label("About when?")
    guess.evaluate("input => { input.max = ''; input.value = '202601-10-15T01:45' }")
    guess.dispatch_event("input")

    expect(card(board, undated).locator(".card__time")).to_have_text("no time")


def test_a_time_that_could_not_be_read_again_is_no_time(page: Page, served: Served) -> None:
    page.add_init_script(
        "Object.defineProperty(globalThis, 'practiceCards', {"
        " set(given) { this.given = given; given.zones[0].minutes = -180 }, get() { return this.given } })"
    )
    page.goto(f"{served.base}practice/timeline/")
    undated = next(each["id"] for each in CARDS["cards"] if not each["utc"])
    card(page, undated).get_by_label("About when?").fill("9999-12-31T23:59")

    expect(card(page, undated).locator(".card__time")).to_have_text("no time")
    page.reload()
    expect(page.get_by_role("button", name="Save what was kept")).to_be_hidden()


def test_a_guessed_time_keeps_its_moment_when_the_zone_changes(board: Page) -> None:
    undated = next(each["id"] for each in CARDS["cards"] if not each["utc"])
    board.get_by_label("UTC+10").check()
    card(board, undated).get_by_label("About when?").fill("2026-10-15T08:30")
    expect(card(board, undated).locator(".card__time")).to_have_text("~ 15 Oct 08:30")

    board.get_by_label("UTC", exact=True).check()

    expect(card(board, undated).locator(".card__time")).to_have_text("~ 14 Oct 22:30")
    expect(card(board, undated).get_by_label("About when?")).to_have_value("2026-10-14T22:30")
    assert {"guess": "2026-10-14T22:30:00Z"} == kept(board)["marks"][undated]


def test_a_time_to_guess_begins_on_the_day_of_the_incident_and_is_none_until_somebody_says_it(board: Page) -> None:
    undated = next(each["id"] for each in CARDS["cards"] if not each["utc"])
    guess = card(board, undated).get_by_label("About when?")
    guess.focus()
    expect(guess).to_have_value(f"{CARDS['day']}T00:00")
    board.get_by_label("What was seen or done").focus()
    expect(guess).to_have_value("")
    expect(card(board, undated).locator(".card__time")).to_have_text("no time")

    guess.focus()
    for _ in range(3):  # month, day and year are there
        board.keyboard.press("Tab")
    board.keyboard.type("0145")
    board.get_by_label("What was seen or done").fill("Seen")
    board.get_by_label("When, if you know").focus()
    board.keyboard.press("Enter")

    expect(card(board, undated).locator(".card__time")).to_have_text("~ 15 Oct 01:45")
    assert [None] == [own["utc"] for own in kept(board)["own"]]


def test_cards_of_ones_own_can_be_added_and_deleted(board: Page) -> None:
    board.get_by_label("UTC+10").check()
    board.get_by_role("button", name="Add card").click()
    assert [] == order(board)  # the browser asks for words
    board.get_by_label("What was seen or done").fill("The decision takes effect <b>")
    board.get_by_label("When, if you know").fill("2026-10-15T12:23")
    board.get_by_label("Where it is on record").fill("Deployment log")
    board.keyboard.press("Enter")

    assert ["own-1"] == order(board)
    expect(board.get_by_label("What was seen or done")).to_be_focused()
    expect(card(board, "own-1")).to_contain_text("The decision takes effect <b>")
    expect(card(board, "own-1").locator(".card__time")).to_have_text("15 Oct 12:23")
    assert "2026-10-15T02:23:00Z" == kept(board)["own"][0]["utc"]

    press(board, "own-1", "Delete")
    assert [] == order(board) == kept(board)["own"]
    board.get_by_role("button", name="Undo").click()
    assert ["own-1"] == order(board)


def test_the_arrow_keys_write_in_notes_and_move_no_card(board: Page) -> None:
    for name in RIGHT[:2]:
        press(board, name, "Place")
    press(board, RIGHT[1], "Note")
    note = card(board, RIGHT[1]).get_by_label("Your note")
    expect(note).to_be_focused()
    board.keyboard.type("ab")
    board.keyboard.press("ArrowUp")
    board.keyboard.press("Home")
    board.keyboard.type("x")

    expect(note).to_have_value("xab")
    assert RIGHT[:2] == order(board)


# --- taking it away -----------------------------------------------------------------------------------------


def fill_in(page: Page) -> None:
    """A small timeline with everything in it."""
    first, second, undated = RIGHT[3], RIGHT[6], next(each["id"] for each in CARDS["cards"] if not each["utc"])
    for name in (first, second, undated):
        press(page, name, "Place")
    card(page, undated).get_by_label("About when?").fill("2026-10-15T01:45")
    card(page, second).get_by_label("Factor").check()
    press(page, second, "Note")
    card(page, second).get_by_label("Your note").fill("nobody | adds\nup pools")
    card(page, first).get_by_label("Factor").check()
    card(page, undated).get_by_label("Unknown").check()
    page.get_by_label("What was seen or done").fill("*Seen* on the wall")
    page.keyboard.press("Enter")


def headings(markdown: str) -> list[str]:
    return re.findall(r"^## .+$", markdown, re.MULTILINE)


def head_of_table(markdown: str, heading: str) -> list[str]:
    found = re.search(rf"^{heading}\n.*?^(\|[^\n]+\|)$", markdown, re.MULTILINE | re.DOTALL)
    assert found
    return [cell.strip() for cell in found[1].strip("|").split("|")]


def test_the_markdown_has_the_shape_of_the_post_mortem_record(board: Page) -> None:
    fill_in(board)
    name, markdown = download(board, "Download Markdown")
    template = (ROOT / ".github/ISSUE_TEMPLATE/post-mortem.md").read_text(encoding="utf-8")

    assert "timeline.md" == name
    assert ["## Timeline", "## Contributing factors", "## Still unknown"] == headings(markdown)
    assert set(headings(markdown)) <= set(headings(template))
    assert head_of_table(template, "## Timeline") == [
        re.sub(r" \(.+?\)$", "", cell) if cell.startswith("Local") else cell
        for cell in head_of_table(markdown, "## Timeline")
    ]
    assert head_of_table(template, "## Contributing factors") == head_of_table(markdown, "## Contributing factors")


def test_the_markdown_says_all_that_was_laid_out(board: Page) -> None:
    fill_in(board)
    _, markdown = download(board, "Download Markdown")
    by_id = {each["id"]: each for each in CARDS["cards"]}
    first, second = by_id[RIGHT[3]], by_id[RIGHT[6]]
    undated = next(each for each in CARDS["cards"] if not each["utc"])
    rows = [line for line in markdown.split("\n") if line.startswith("| ")]

    assert f"# Post-mortem: {CARDS['title']}" == markdown.split("\n")[0]
    assert f"| 15 Oct 01:10 | 15 Oct 11:10 | {first['text']} |  | {first['source']} |" == rows[1]
    assert rows[2].startswith("| 15 Oct 01:36 | 15 Oct 11:36 | ")
    assert r" (note: nobody \| adds up pools) |" in rows[2]
    assert rows[3].startswith("| ~15 Oct 01:45 | ~15 Oct 11:45 | ")
    assert r"|  |  | \*Seen\* on the wall |  |  |" == rows[4]
    assert f"| F1 | {first['text']} | {first['source']} |" == rows[6]
    assert rf"| F2 | nobody \| adds up pools | {second['text']}, {second['source']} |" == rows[7]
    assert f"- {undated['text']}" in markdown.split("## Still unknown")[1]
    assert f"Not placed yet: {len(CARDS['cards']) - 3} of {len(CARDS['cards'])} cards." in markdown


@pytest.mark.parametrize(
    ("note", "line"),
    [
        ("# a &copy; ~b~", r"\# a \&copy; \~b\~"), ("1. first", r"1\. first"), ("- a", r"\- a"),
        ("ask @web-oncall", "ask @\u200bweb-oncall"), ("a - b 1. c", "a - b 1. c"),
    ],
)  # fmt: skip
def test_a_note_is_words_in_the_markdown(note: str, line: str, board: Page) -> None:
    press(board, RIGHT[0], "Place")
    card(board, RIGHT[0]).get_by_label("Unknown").check()
    press(board, RIGHT[0], "Note")
    card(board, RIGHT[0]).get_by_label("Your note").fill(note)

    _, markdown = download(board, "Download Markdown")

    assert f"- {line} (about: " in markdown


def test_a_note_of_spaces_is_none(board: Page) -> None:
    press(board, RIGHT[0], "Place")
    press(board, RIGHT[0], "Note")
    card(board, RIGHT[0]).get_by_label("Your note").press_sequentially("  ")

    assert {} == kept(board)["marks"]
    expect(card(board, RIGHT[0]).get_by_role("button", name="Note", exact=True)).to_be_visible()


def test_what_is_copied_is_what_is_shown_and_downloaded(browser: Browser, served: Served) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{served.base}practice/timeline/")
    fill_in(page)
    page.get_by_role("button", name="Copy as Markdown").click()
    expect(status(page)).to_contain_text("Copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    _, markdown = download(page, "Download Markdown")
    page.get_by_text("See the Markdown").click()
    expect(page.get_by_label("Your timeline as Markdown")).to_have_value(markdown)
    context.close()

    assert markdown == copied


def test_where_nothing_may_be_copied_the_words_are_selected(board: Page) -> None:
    board.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')) }")
    board.get_by_role("button", name="Copy as Markdown").click()

    expect(status(board)).to_contain_text("copy it yourself")
    preview = board.get_by_label("Your timeline as Markdown")
    expect(preview).to_be_focused()
    assert preview.input_value() == preview.evaluate("(e) => e.value.slice(e.selectionStart, e.selectionEnd)")


# --- keeping ------------------------------------------------------------------------------------------------


def test_work_is_there_again_after_a_reload_and_under_one_key(board: Page) -> None:
    fill_in(board)
    before = order(board)
    mine = "Object.keys(localStorage).filter((key) => !key.includes('__'))"  # Material's own have underscores
    board.reload()

    assert before == order(board)
    expect(card(board, RIGHT[6]).get_by_label("Factor")).to_be_checked()
    expect(card(board, RIGHT[6]).get_by_role("button", name="Note ✓")).to_be_visible()
    assert ["post-mortem-timeline-spring-promo"] == board.evaluate(mine)


def test_a_saved_file_opens_on_another_machine(board: Page, browser: Browser, served: Served, tmp_path: Path) -> None:
    fill_in(board)
    name, text = download(board, "Save to a file")
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    context = browser.new_context()
    other = context.new_page()
    other.goto(f"{served.base}practice/timeline/")
    with other.expect_file_chooser() as waiting:
        other.get_by_role("button", name="Open a file").click()
    waiting.value.set_files(path)

    expect(status(other)).to_contain_text("“timeline.json” is open.")
    assert order(board) == order(other)
    assert kept(board) == kept(other)
    expect(card(other, "own-1")).to_contain_text("*Seen* on the wall")
    context.close()


def bad_files() -> dict[str, tuple[object, str]]:
    """What a file may hold that this page did not save, and why it is refused."""
    return {
        "no JSON": (b"{", "it is not JSON, so it was not saved by this page, or not to its end"),
        "a picture": (b"\x89PNG\r\n\x1a\n", "it is not JSON"),
        "a list": ([], "it was not saved by this page"),
        "null": (None, "it was not saved by this page"),
        "another format": ({"placed": []}, "it was not saved by this page"),
        "a later version": (saved(version=2), "it was saved by another version of this page"),
        "another incident": (saved(scenario="autumn"), "it belongs to another incident"),
        "no order": (saved(placed="all"), "its order, marks or time zone are missing"),
        "an unknown zone": (saved(zone="UTC+3"), "its order, marks or time zone are missing"),
        "an unknown card": (saved(placed=["nope"]), "it names a card that this incident does not have"),
        "a card twice": (saved(placed=[RIGHT[0], RIGHT[0]]), "it places the same card twice"),
        "marks of nothing": (saved(marks={"nope": {}}), "it marks a card that this incident does not have"),
        "marks that are none": (saved(marks={RIGHT[0]: "F"}), "the marks of a card cannot be read"),
        "half a mark": (saved(marks={RIGHT[0]: {"factor": "yes"}}), "a mark of a card is neither set nor unset"),
        "a note that is none": (saved(marks={RIGHT[0]: {"note": 7}}), "the note of a card is no text, or too long"),
        "a time that is none": (
            saved(marks={RIGHT[0]: {"guess": "noon"}}),
            "the guessed time of a card cannot be read",
        ),
        "own cards that are none": (saved(own={}), "its own cards are no list, or too many"),
        "an own card without words": (
            saved(own=[{"id": "own-1", "text": " ", "source": "", "utc": None}]),
            "one of its own cards has no words, or no number",
        ),
        "an own card that poses as another": (
            saved(own=[{"id": RIGHT[0], "text": "x", "source": "", "utc": None}]),
            "one of its own cards has no words, or no number",
        ),
        "an own card whose number is a list": (
            saved(own=[{"id": ["own-1"], "text": "x", "source": "", "utc": None}]),
            "one of its own cards has no words, or no number",
        ),
        "the same own card twice": (
            saved(own=[{"id": "own-1", "text": "x", "source": "", "utc": None}] * 2),
            "it holds the same card twice",
        ),
        "an own card of no time": (
            saved(own=[{"id": "own-1", "text": "x", "source": "", "utc": "2026-99-99T00:00Z"}]),
            "the source or the time of its card “x” cannot be read",
        ),
        "far too much": (b" " * 1_000_001, "it is far larger than any timeline"),
    }


def test_each_bad_file_is_refused_in_words_and_nothing_is_lost(board: Page) -> None:
    press(board, RIGHT[0], "Place")
    before = kept(board)

    for fault, (content, words) in bad_files().items():
        open_file(board, content, f"{fault}.json")
        expect(status(board)).to_contain_text(f"“{fault}.json” was not opened: {words}")
        expect(status(board)).to_contain_text("Your timeline is as it was.")
        assert [RIGHT[0]] == order(board), fault
        assert before == kept(board), fault
    press(board, RIGHT[1], "Place")  # which shows all that there is
    assert RIGHT[:2] == order(board)


def test_what_a_file_brings_can_be_undone_and_is_shown_as_text(board: Page) -> None:
    press(board, RIGHT[0], "Place")
    own = [{"id": "own-1", "text": "<img src=x onerror=boo()>", "source": "<b>", "utc": None}]
    open_file(board, saved(own=own, placed=[RIGHT[5]]))
    expect(status(board)).to_contain_text("is open.")

    assert [RIGHT[5], "own-1"] == order(board)  # a card of one's own has no other place
    expect(card(board, "own-1").locator(".card__text")).to_have_text("<img src=x onerror=boo()>")
    board.get_by_role("button", name="Undo").click()
    assert [RIGHT[0]] == order(board)


def test_own_cards_of_one_file_are_not_taken_for_those_of_another(board: Page) -> None:
    for words in ("first table", "second table"):
        open_file(board, saved(own=[{"id": "own-1", "text": words, "source": "", "utc": None}]))
        expect(card(board, "own-1").locator(".card__text")).to_have_text(words)


def test_everything_can_begin_anew_and_come_back(board: Page) -> None:
    fill_in(board)
    before = order(board)
    board.get_by_role("button", name="Start again").click()

    assert [] == order(board)
    expect(cards(board, "tray")).to_have_count(len(CARDS["cards"]))
    expect(board.get_by_label("Factor").and_(board.locator(":checked"))).to_have_count(0)
    assert saved() == kept(board)

    board.get_by_role("button", name="Undo").click()
    assert before == order(board)


def test_the_work_on_another_incident_stays_as_it_was(board: Page) -> None:
    def keep_as_before(scenario: str) -> str:
        text = json.dumps(saved(scenario=scenario, placed=RIGHT[:1]))
        board.evaluate("text => localStorage.setItem('post-mortem-timeline', text)", text)
        board.reload()
        return text

    other = keep_as_before("another")
    assert [] == order(board)
    expect(board.get_by_role("button", name="Save what was kept")).to_be_hidden()
    press(board, RIGHT[1], "Place")
    assert other == board.evaluate("localStorage.getItem('post-mortem-timeline')")

    board.evaluate("localStorage.clear()")
    keep_as_before("spring-promo")
    assert RIGHT[:1] == order(board)


def test_what_a_browser_had_kept_and_cannot_be_read_is_said(board: Page) -> None:
    board.evaluate("localStorage.setItem('post-mortem-timeline-spring-promo', '{\"format\": 1}')")
    board.reload()

    expect(status(board)).to_have_text(
        "What this browser had kept cannot be opened: it was not saved by this page. "
        "The cards are at the start; “Save what was kept” puts it into a file."
    )
    with board.expect_download() as saved:
        board.get_by_role("button", name="Save what was kept").click()
    assert '{"format": 1}' == saved.value.path().read_text(encoding="utf-8")
    press(board, RIGHT[0], "Place")
    board.reload()
    assert [RIGHT[0]] == order(board)


def test_a_browser_that_keeps_nothing_says_so(browser: Browser, served: Served) -> None:
    context = browser.new_context()
    context.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('full') }")
    page = context.new_page()
    page.goto(f"{served.base}practice/timeline/")
    press(page, RIGHT[0], "Place")

    expect(status(page)).to_have_text(
        re.compile("is now 1 of 1. This browser keeps nothing for this page: save to a file before you leave.$")
    )
    press(page, RIGHT[1], "Place")
    expect(status(page)).to_have_text(re.compile("is now 2 of 2.$"))
    assert RIGHT[:2] == order(page)
    context.close()


def test_a_page_that_comes_back_shows_what_was_done_meanwhile(board: Page) -> None:
    press(board, RIGHT[0], "Place")
    board.evaluate(
        """id => {
            const key = 'post-mortem-timeline-spring-promo'
            const kept = JSON.parse(localStorage.getItem(key))
            localStorage.setItem(key, JSON.stringify({ ...kept, placed: [...kept.placed, id] }))
            dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))
        }""",
        RIGHT[1],
    )

    assert RIGHT[:2] == order(board)


def test_undo_takes_back_what_another_window_did_and_no_more(board: Page, served: Served) -> None:
    other = board.context.new_page()
    other.goto(f"{served.base}practice/timeline/")
    press(other, RIGHT[0], "Place")
    expect(card(board, RIGHT[0]).get_by_role("button", name="Put back")).to_be_visible()
    press(board, RIGHT[0], "Note")
    card(board, RIGHT[0]).get_by_label("Your note").press_sequentially("no budget")
    expect(card(other, RIGHT[0]).get_by_role("button", name="Note ✓")).to_be_visible()

    other.get_by_role("button", name="Undo").click()

    assert ([RIGHT[0]], {}) == (order(other), kept(other)["marks"])
    other.close()


def test_paper_shows_marks_and_notes(board: Page) -> None:
    press(board, RIGHT[0], "Place")
    card(board, RIGHT[0]).get_by_label("Factor").check()
    press(board, RIGHT[0], "Note")
    card(board, RIGHT[0]).get_by_label("Your note").fill("no budget\nno sum")
    printed = card(board, RIGHT[0]).locator(".card__printed")
    expect(printed).to_be_hidden()

    board.emulate_media(media="print")

    expect(printed).to_be_visible()
    assert "Factor. no budget\nno sum" == printed.inner_text()
    expect(card(board, RIGHT[0]).get_by_label("Your note")).to_be_hidden()


def test_two_windows_show_the_same(board: Page, served: Served) -> None:
    other = board.context.new_page()
    other.goto(f"{served.base}practice/timeline/")
    press(board, RIGHT[0], "Place")

    expect(card(other, RIGHT[0]).get_by_role("button", name="Put back")).to_be_visible()
    other.close()


# --- the facilitator's view ---------------------------------------------------------------------------------


@pytest.fixture
def key(page: Page, served: Served) -> Callable[[list[str]], Page]:
    """Open the facilitator's view with these cards placed."""

    def show(placed: list[str]) -> Page:
        page.goto(f"{served.base}practice/answer-key/#answers")
        page.get_by_role("link", name="Order the cards, with the key beside it").click()
        expect(page.get_by_role("heading", name="The key")).to_be_visible()
        open_file(page, saved(placed=placed))
        expect(cards(page, "line")).to_have_count(len(placed))
        return page

    return show


def elsewhere(page: Page) -> list[str]:
    found: list[str] = page.locator("li:has(> .card__key--elsewhere)").evaluate_all(
        "all => all.map((e) => e.dataset.id)"
    )
    return found


def test_the_order_of_the_key_fits(key: Callable[[list[str]], Page]) -> None:
    page = key(RIGHT)

    expect(page.locator(".board__summary")).to_have_text(
        f"{len(RIGHT)} of {len(RIGHT)} placed cards fit the evidence, 0 stand elsewhere, 0 are not placed."
    )
    assert [] == elsewhere(page)
    expect(page.locator(".board__key ol > li")).to_have_count(len(RIGHT))
    expect(card(page, RIGHT[8]).locator(".card__key")).to_contain_text(f"Fits. In the key: 9 of {len(RIGHT)}, 15 Oct")


def test_accepted_places_fit_too(key: Callable[[list[str]], Page]) -> None:
    rollback, junior = CARD_OF["rollback"], CARD_OF["junior"]  # either way: one came during the other
    at = RIGHT.index(rollback)
    assert [rollback, junior] == RIGHT[at : at + 2]
    page = key([*RIGHT[:at], junior, rollback, *RIGHT[at + 2 :]])

    assert [] == elsewhere(page)
    expect(page.locator(".board__key")).to_contain_text("Also right: 15 Oct 01:55 to 15 Oct 02:03.")


def test_only_the_card_that_stands_elsewhere_is_named(key: Callable[[list[str]], Page]) -> None:
    page = key([*RIGHT[1:], RIGHT[0]])

    assert [RIGHT[0]] == elsewhere(page)
    expect(card(page, RIGHT[0]).locator(".card__key")).to_have_text(
        f"Elsewhere. In the key: 1 of {len(RIGHT)}, 13 Oct 04:12."
    )
    expect(page.locator(".board__summary")).to_contain_text("1 stands elsewhere, 0 are not placed.")
    for _ in RIGHT[1:]:
        press(page, RIGHT[0], "Up")
    assert [] == elsewhere(page)
    board_says = page.locator(".board__key ol > li").first
    expect(board_says).to_contain_text("13 Oct 04:12")
    page.get_by_label("UTC+10").check()
    expect(board_says).to_contain_text("13 Oct 14:12")


def test_the_key_is_in_no_file_and_for_nobody_else(key: Callable[[list[str]], Page], served: Served) -> None:
    page = key(RIGHT[:3])
    _, text = download(page, "Save to a file")
    assert saved(placed=RIGHT[:3]) == json.loads(text)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{served.base}practice/timeline/")

    assert RIGHT[:3] == order(page)
    expect(page.get_by_role("heading", name="The key")).to_have_count(0)
    expect(page.locator(".card__key").filter(visible=True)).to_have_count(0)
    assert [] == [url for url in asked if "reference" in url]


def test_a_key_that_does_not_load_is_said(page: Page, served: Served) -> None:
    page.route("**/reference.js", lambda route: route.abort())
    page.goto(f"{served.base}practice/timeline/?key")

    expect(status(page)).to_contain_text("The key could not be loaded.")
    press(page, RIGHT[0], "Place")
    assert [RIGHT[0]] == order(page)


# --- for everybody ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_nothing_keeps_anybody_out_while_at_work(scheme: Any, width: int, browser: Browser, served: Served) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(f"{served.base}practice/timeline/?key")
    fill_in(page)
    page.get_by_text("See the Markdown").click()
    page.evaluate("scrollTo(0, 0)")
    page.evaluate(AXE)
    found = page.evaluate(
        "axe.run({ resultTypes: ['violations'] }).then((r) => r.violations.map((v) => `${v.id}: ${v.nodes[0].html}`))"
    )

    assert [] == found
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [] == page.evaluate("document.getAnimations().filter((a) => a.playState === 'running').map(String)")
    context.close()


def test_what_is_below_stands_still_while_the_cards_come(browser: Browser, served: Served) -> None:
    """That of the theme's header is not looked at: it moves by the width of the logo, when that comes late."""
    context = browser.new_context()
    context.add_init_script(
        "globalThis.moved = [];"
        "const note = (list) => moved.push(...list.getEntries().flatMap((e) => e.sources.map((s) => s.node)));"
        "new PerformanceObserver(note).observe({ type: 'layout-shift', buffered: true })"
    )
    page = context.new_page()
    page.goto(f"{served.base}practice/timeline/", wait_until="load")
    expect(cards(page, "tray")).to_have_count(len(CARDS["cards"]))
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    moved = "moved.map((n) => n?.parentElement).filter((e) => e && !e.closest('header')).map((e) => e.outerHTML)"

    assert [] == page.evaluate(moved)
    context.close()


def test_without_scripts_the_page_leads_to_the_cards_on_paper(browser: Browser, served: Served) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served.base}practice/timeline/")

    link = page.get_by_role("link", name="same cards on paper")
    expect(link).to_be_visible()
    assert 200 == page.request.get(f"{served.base}practice/timeline/{link.get_attribute('href')}").status
    context.close()


def test_it_works_from_disk_with_the_key_and_without_a_network(context: BrowserContext, site: Path) -> None:
    context.set_offline(True)
    page = context.new_page()
    page.goto((site / "practice/timeline/index.html").as_uri() + "?key")
    expect(page.get_by_role("heading", name="The key")).to_be_visible()
    press(page, RIGHT[0], "Place")
    page.reload()

    assert [RIGHT[0]] == order(page)
    _, markdown = download(page, "Download Markdown")
    assert "| 13 Oct 04:12 | 13 Oct 14:12 |" in markdown


def test_the_script_does_nothing_on_pages_without_a_board(page: Page, served: Served) -> None:
    page.goto(f"{served.base}practice/exercises/")

    expect(page.locator("script[src$='timeline.js'], link[href$='timeline.css']")).to_have_count(0)


@pytest.mark.parametrize(
    "title", ["The prices that stood still", "The parcel that nobody was losing", "The drawings that were backed up"]
)
def test_each_second_scenario_is_printed_on_a_page_of_its_own(title: str, page: Page, served: Served) -> None:
    page.goto(f"{served.base}practice/second-scenarios/")
    with pypdfium2.PdfDocument(page.pdf(format="A4", prefer_css_page_size=True)) as pdf:
        texts = [sheet.get_textpage().get_text_bounded() for sheet in pdf]

    [sheet] = [text for text in texts if text.startswith(title)]
    assert "\n3. " in sheet
    assert 4 == len(texts)


# --- the gate -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_the_answers_stay_shut_until_somebody_asks(scripts: bool, browser: Browser, served: Served) -> None:
    context = browser.new_context(java_script_enabled=scripts)
    page = context.new_page()
    page.goto(f"{served.base}practice/answer-key/")
    answers = page.locator("#answers")
    expect(answers).to_be_hidden()
    expect(page.locator("meta[name=robots]")).to_have_attribute("content", "noindex")

    page.get_by_role("link", name="show the answers").focus()
    page.keyboard.press("Enter")
    expect(answers).to_be_visible()
    page.keyboard.press("Tab")
    expect(answers.locator(":focus")).to_have_count(1)

    page.get_by_role("link", name="factors", exact=True).click()  # a part of them keeps them open
    expect(page.get_by_role("heading", name="Contributing factors")).to_be_in_viewport()
    page.get_by_role("link", name="Close the answers").first.click()
    expect(answers).to_be_hidden()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_open_answers_have_no_fault_that_a_scan_finds(scheme: Any, browser: Browser, served: Served) -> None:
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{served.base}practice/answer-key/#answers")
    page.evaluate(AXE)
    found = page.evaluate("axe.run().then((r) => r.violations.map((v) => `${v.id}: ${v.nodes[0].html}`))")
    context.close()

    assert [] == found
