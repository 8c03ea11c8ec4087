"""Every page of the built site, opened as a reader opens it."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import urldefrag, urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Browser, FloatRect, Locator, Page, Response, expect

from pipeline import links, loopback, pages
from pipeline import site as mkdocs_site
from pipeline.browser import Reader
from tests.browser.test_slides import Log
from tests.conftest import BUILT, ROOT, Served

PAGES = sorted(
    path.relative_to(BUILT).as_posix().removesuffix("index.html")
    for path in BUILT.rglob("*.html")
    if path.name == "index.html"
)


# Each page reads all words of the site as soon as it is opened; that takes half of the time, and is tried by itself.
WITHOUT_SEARCH = "window.Worker = class extends EventTarget { postMessage() {} terminate() {} }"


def test_there_are_pages() -> None:
    assert {"", "decks/post-mortem-culture/", "facilitate/post-mortem-culture/", "resources/"} <= set(PAGES)


@contextmanager
def window(browser: Browser, scheme: Literal["dark", "light"], width: int, served: Served) -> Iterator[Page]:
    """A window in which no page may fail, or ask anybody else."""
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    page.add_init_script(WITHOUT_SEARCH)
    log = Log(page)
    yield page
    context.close()

    assert [] == [address for address in log.requests if not address.startswith(served.base)]
    assert [] == log.errors


def open_to_fit(page: Page, served: Served, uri: str, theme: str) -> None:
    answer = page.goto(served.base + uri)
    assert answer
    assert 200 == answer.status
    expect(page.locator("h1").first).to_be_visible()
    assert page.viewport_size
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], uri
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", theme)


def one_of_each(uris: list[str]) -> list[str]:
    """The first page of each folder; that every page fits at 400 %, which is narrower, `build.py check` sees."""
    firsts = {uri.rstrip("/").rpartition("/")[0]: uri for uri in reversed(uris)}
    return sorted(firsts.values())


@pytest.mark.parametrize("uris", [one_of_each(PAGES), pytest.param(PAGES, marks=pytest.mark.slow)], ids=["some", "all"])
def test_a_page_opens_on_a_phone_in_the_dark(uris: list[str], browser: Browser, served: Served) -> None:
    with window(browser, "dark", 360, served) as page:
        for uri in uris:
            open_to_fit(page, served, uri, "slate")


def test_every_page_opens_and_fits_and_every_link_leads_somewhere(browser: Browser, page: Page, served: Served) -> None:
    linked = Linked()
    with window(browser, "light", 1280, served) as wide:
        for uri in PAGES:
            open_to_fit(wide, served, uri, "default")
            linked.read(wide, served, uri)
    # Decks have another size, and the page for what does not exist may be made for another address.
    for path in sorted(path for path in BUILT.rglob("*.html") if path.name != "index.html"):
        uri = path.relative_to(BUILT).as_posix()
        page.goto(served.base + uri)
        linked.read(page, served, uri)

    assert [] == linked.dead(page)


class Linked:
    """Links of pages, to be followed over the web server and not with the build's own check."""

    def __init__(self) -> None:
        self._site_url = mkdocs_site.read_settings(ROOT).site_url
        self._targets: dict[str, str] = {}
        """Each address, and the first page that leads there."""
        self._anchors: dict[str, set[str]] = {}

    def read(self, page: Page, served: Served, uri: str) -> None:
        """Remember where the open page leads, and which places it has."""
        script = "all => all.flatMap((e) => [e.id, e.getAttribute('name') ?? ''])"
        self._anchors[page.url] = set(page.eval_on_selector_all("[id], a[name]", script))
        # The page for what does not exist is made for the address that the site will have, and for no other.
        if uri == "404.html" and urlsplit(served.base).path != urlsplit(self._site_url).path:
            return
        for href in page.eval_on_selector_all("a[href]", "all => all.map((a) => a.href)"):
            address = href.replace(self._site_url, served.base)
            if urlsplit(address).netloc == urlsplit(served.base).netloc:
                self._targets.setdefault(address, uri)

    def dead(self, page: Page) -> list[str]:
        """The links that lead nowhere."""
        dead = []
        statuses: dict[str, int] = {}
        for target, uri in self._targets.items():
            address, fragment = urldefrag(target)
            if address not in statuses:
                statuses[address] = page.request.get(address).status
            if statuses[address] != 200:
                dead.append(f"{uri}: {target}")
            elif fragment and fragment not in self._anchors.get(address, {fragment}):
                dead.append(f"{uri}: {target} (no such anchor)")
        assert self._targets
        return dead


def test_dead_links_are_found(page: Page, served: Served) -> None:
    planted = "<a href='../resources/'>good</a> <a href='../nope/'>dead</a> <a href='#nowhere'>no anchor</a>"
    page.route("**/about/", lambda route: route.fulfill(content_type="text/html", body=planted))
    page.goto(f"{served.base}about/")
    linked = Linked()
    linked.read(page, served, "about/")

    assert [
        f"about/: {served.base}nope/",
        f"about/: {served.base}about/#nowhere (no such anchor)",
    ] == linked.dead(page)


@pytest.mark.parametrize("served", ["as published"], indirect=True)  # it is made for this address, and for no other
def test_the_page_for_what_does_not_exist_helps(page: Page, served: Served) -> None:
    log = Log(page)
    answer = page.goto(f"{served.base}a/page/that/never/was/")
    assert answer
    assert 404 == answer.status
    expect(page.locator("h1")).to_be_visible()
    assert [f"{served.base}a/page/that/never/was/: 404"] == [
        e for e in log.errors if "console" not in e and ": 404" in e
    ]

    page.get_by_role("link", name="Home").first.click()
    assert served.base == page.url


def test_the_search_finds_a_slide(page: Page, served: Served) -> None:
    page.goto(served.base)
    page.keyboard.press("/")
    page.keyboard.type("hero complex")

    result = page.locator("a.md-search-result__link[href*='decks/post-mortem-culture/']").first
    expect(result).to_be_visible()


def test_what_was_searched_for_is_marked_on_its_page(page: Page, served: Served) -> None:
    page.goto(served.base)
    page.keyboard.press("/")
    page.keyboard.type("hero complex")
    page.locator("a.md-search-result__link").first.click()

    expect(page.locator("article mark").first).to_be_visible()


def test_the_words_to_search_wait_until_somebody_searches(page: Page, served: Served) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{served.base}about/")
    assert asked
    assert [] == [address for address in asked if address.endswith("search_index.json")]
    assert [] == page.workers

    with page.expect_response("**/search_index.json") as answer, page.expect_worker() as worker:
        page.get_by_role("textbox", name="Search").focus()

    assert answer.value.json()["docs"]
    assert "/workers/search." in worker.value.url


def test_the_home_page_is_light_before_its_pictures(page: Page, served: Served) -> None:
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))
    page.goto(served.base)

    sizes = {r.url: len(gzip.compress(r.body())) for r in responses if r.request.resource_type != "image"}
    assert sizes.keys() > {served.base, f"{served.base}assets/site.css"}
    assert sum(sizes.values()) < 150_000, sizes


def test_a_build_sees_that_the_search_works(browser: Browser, tmp_path: Path) -> None:
    for name in ("index.html", "assets", "search"):
        copy = shutil.copytree if (BUILT / name).is_dir() else shutil.copy
        copy(BUILT / name, tmp_path / name)
    base = mkdocs_site.read_settings(ROOT).site_url
    reader = Reader(browser, tmp_path, base)
    reader.visit("index.html")
    assert [] == reader.search()

    (tmp_path / "search/search_index.json").unlink()
    reader.visit("index.html")
    [complaint] = reader.search()

    assert ("request-failed", f"asks for {base}search/search_index.json, which does not exist") == (
        complaint.rule,
        complaint.message,
    )


def test_a_search_is_tried_in_a_frame_as_well(browser: Browser, tmp_path: Path) -> None:
    for name in ("index.html", "assets", "search"):
        copy = shutil.copytree if (BUILT / name).is_dir() else shutil.copy
        copy(BUILT / name, tmp_path / name)
    index = tmp_path / "search/search_index.json"
    base = mkdocs_site.read_settings(ROOT).site_url
    with loopback.serve(tmp_path, base) as served:
        reader = Reader(browser, tmp_path, base, served=served)
        assert [] == reader.visit("index.html")
        assert index not in reader.answered
        assert [] == reader.search()
        assert index in reader.answered

        index.unlink()
        anew = Reader(browser, tmp_path, base, served=served)
        assert [] == anew.visit("index.html")
        assert ["request-failed"] == [complaint.rule for complaint in anew.search()]


def test_a_search_that_does_not_get_ready_is_named(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.browser.SEARCH", 0.1)
    body = '<form name="search"><input></form><div class="md-search-result__meta">Not yet</div>'
    config = (
        '<script id="__config" type="application/json">{"translations": {"search.result.placeholder": "Type"}}</script>'
    )
    page = tmp_path / "index.html"
    page.write_text(f"<!doctype html><title>x</title>{body}{config}", encoding="utf-8")
    reader = Reader(browser, tmp_path, "https://workshop.example/")
    reader.visit("index.html")

    [complaint] = reader.search()

    page.write_text(page.read_text(encoding="utf-8").replace("Not yet", "Type"), encoding="utf-8")  # before one asks
    reader.visit("index.html")
    assert [] == reader.search()
    assert complaint.message.startswith("the search does not say that it is ready; see whether")


def test_the_deck_page_shows_a_picture_of_every_slide(page: Page, served: Served) -> None:
    page.goto(f"{served.base}decks/post-mortem-culture/")
    pictures = page.locator("figure.slide img")

    expect(pictures).to_have_count(9)
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", True)
        assert 1280 == picture.evaluate("image => image.naturalWidth")
        assert picture.get_attribute("alt")


def test_the_keyboard_reaches_everything_on_a_phone(page: Page, served: Served) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{served.base}facilitate/")
    seen = """() => {
      const reached = document.activeElement
      const { left, right } = reached.getBoundingClientRect()
      return [[...document.body.querySelectorAll('*')].indexOf(reached), left, right]
    }"""
    places = set()

    for _ in range(30):
        page.keyboard.press("Tab")
        place, left, right = page.evaluate(seen)
        assert place >= 0  # nothing is reached: the focus is on the page as a whole
        assert right > 0, page.evaluate("document.activeElement.outerHTML")
        assert left < 360
        places.add(place)
    assert len(places) > 10

    menu = page.get_by_role("button", name="Menu")
    drawer = page.locator(".md-sidebar--primary")
    for key in ("Enter", "Space"):
        menu.focus()
        page.keyboard.press(key)
        expect(drawer).to_be_visible()
        expect(menu).to_have_attribute("aria-expanded", "true")
        page.keyboard.press("Escape")
        expect(menu).to_be_focused()
        expect(drawer).to_be_hidden()


def test_the_deck_page_names_its_preview_picture(page: Page, served: Served) -> None:
    page.goto(f"{served.base}decks/post-mortem-culture/")
    folder = f"{mkdocs_site.read_settings(ROOT).site_url}decks/post-mortem-culture/"

    assert {
        "og:type": "website",
        "og:site_name": "Post-mortem Culture",
        "og:title": "Post-mortem Culture",
        "og:description": "A 20-minute workshop talk on blameless post-mortems, for people early in an IT career.",
        "og:locale": "en_AU",
        "og:url": folder,
        "og:image": f"{folder}og.png",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": "First slide of Post-mortem Culture",
    } == open_graph(page)
    expect(page.locator("meta[name='twitter:card']")).to_have_attribute("content", "summary_large_image")
    with Image.open(BUILT / "decks/post-mortem-culture/og.png") as picture:
        assert (1200, 630) == picture.size


def test_the_slides_name_their_address_and_preview_picture(page: Page, served: Served) -> None:
    page.goto(f"{served.base}decks/post-mortem-culture/slides.html")
    folder = f"{mkdocs_site.read_settings(ROOT).site_url}decks/post-mortem-culture/"

    found = open_graph(page)
    assert (f"{folder}slides.html", f"{folder}og.png") == (found["og:url"], found["og:image"])
    expect(page.locator("link[rel=canonical]")).to_have_attribute("href", f"{folder}slides.html")
    expect(page.locator("meta[name='twitter:card']")).to_have_attribute("content", "summary_large_image")


def open_graph(page: Page) -> dict[str, str]:
    found: list[tuple[str, str]] = page.locator("meta[property^='og:']").evaluate_all(
        "all => all.map((e) => [e.getAttribute('property'), e.content])"
    )
    assert len(found) == len({name for name, _ in found})
    return dict(found)


def test_the_downloads_are_there(page: Page, served: Served) -> None:
    page.goto(f"{served.base}decks/post-mortem-culture/")
    addresses = page.locator(".downloads a").evaluate_all("all => all.map((a) => a.href)")

    made = {path.name for path in (BUILT / "decks/post-mortem-culture").iterdir()}
    offered = {form.name for form in pages.FORMATS} & made
    assert {"slides.html", "slides.pdf", "notes.md", "deck.json"} <= offered
    assert offered == {address.rsplit("/", 1)[1] for address in addresses}
    for address in addresses:
        answer = page.request.get(address)
        assert 200 == answer.status
        assert len(answer.body()) > 500


def test_a_slide_is_read_from_the_left_and_on_a_phone_from_the_top(page: Page, served: Served) -> None:
    page.goto(f"{served.base}decks/post-mortem-culture/")
    reading = page.locator(".reading").nth(2)
    words, picture = reading.locator(".slide__text"), reading.locator("figure.slide")
    left, right = reading.locator(".reading-compare > div").all()

    page.set_viewport_size({"width": 1280, "height": 800})
    assert right_of(words) < left_of(picture)
    assert right_of(left) < left_of(right)

    page.set_viewport_size({"width": 360, "height": 800})
    assert bottom_of(words) < top_of(picture)
    assert bottom_of(left) < top_of(right)


def left_of(locator: Locator) -> float:
    return box_of(locator)["x"]


def right_of(locator: Locator) -> float:
    box = box_of(locator)
    return box["x"] + box["width"]


def top_of(locator: Locator) -> float:
    return box_of(locator)["y"]


def bottom_of(locator: Locator) -> float:
    box = box_of(locator)
    return box["y"] + box["height"]


def box_of(locator: Locator) -> FloatRect:
    box = locator.bounding_box()
    assert box
    return box


def test_a_slide_leads_to_its_line_of_the_source(page: Page, served: Served) -> None:
    second = json.loads((BUILT / "decks/post-mortem-culture/deck.json").read_text(encoding="utf-8"))["slides"][1]
    page.goto(f"{served.base}decks/post-mortem-culture/")
    page.get_by_role("link", name=f"deck.md, line {second['line']}").click()

    line = page.locator(":target")
    expect(line).to_have_text("## Why psychological safety matters")
    expect(line).to_be_in_viewport()
    others = page.locator(f"#__span-0-{second['line'] - 1}")
    shown = "element => getComputedStyle(element, '::before').content + getComputedStyle(element).backgroundColor"
    assert line.evaluate(shown) != others.evaluate(shown)


def test_what_is_copied_from_the_source_is_the_source(browser: Browser, served: Served) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{served.base}decks/post-mortem-culture/source/")
    page.get_by_role("button", name="Copy to clipboard").click()
    expect(page.get_by_text("Copied to clipboard")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    context.close()

    source = (ROOT / "slides/post-mortem-culture/deck.md").read_text(encoding="utf-8")
    assert source.removesuffix("\n") == copied


def test_a_deck_page_says_how_large_each_file_is(page: Page, served: Served) -> None:
    uri = "decks/post-mortem-culture/"
    page.goto(served.base + uri)

    said = page.locator(".downloads li").all()
    names = [each.locator("a").get_attribute("href") or "" for each in said]
    assert "slides.pptx" in names
    for name, each in zip(names, said, strict=True):
        size = (BUILT / uri / name).stat().st_size
        facts = f", {size / 1e6:.1f} MB" if size >= 999_500 else f", {max(1, round(size / 1000))} KB"
        assert each.locator(".downloads__facts").inner_text().endswith(facts)
    index = json.loads((BUILT / "search/search_index.json").read_text(encoding="utf-8"))
    [found] = [entry["text"] for entry in index["docs"] if entry["location"] == f"{uri}#downloads"]
    assert "Cue cards" in found
    assert " KB" not in found


def test_what_is_staged_for_mkdocs_alone_is_what_is_published(site: Path) -> None:
    staged = site.parent / "stage" / "docs"
    files = [path.relative_to(staged) for path in staged.rglob("*") if path.is_file()]
    taken = [path for path in files if path.suffix != ".md" or path.stem in ("notes", path.parent.name)]

    assert {".docx", ".md", ".pdf", ".png", ".pptx"} <= {path.suffix for path in taken}
    assert [] == [path for path in taken if (staged / path).read_bytes() != (site / path).read_bytes()]
    assert all((staged / path).stat().st_size for path in taken)
    page = (staged / "decks/post-mortem-culture/index.md").read_text(encoding="utf-8")
    assert f"PPTX, {(staged / 'decks/post-mortem-culture/slides.pptx').stat().st_size / 1e6:.1f} MB" in page


def test_the_source_is_in_no_menu_and_not_searched(page: Page, served: Served) -> None:
    page.goto(served.base)

    assert 0 == page.locator("nav a[href*='/source/']").count()
    index = json.loads((BUILT / "search/search_index.json").read_text(encoding="utf-8"))
    assert [] == [entry["location"] for entry in index["docs"] if "/source/" in entry["location"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_line_of_the_source_that_is_pointed_at_has_no_fault_that_a_scan_finds(
    scheme: Literal["light", "dark"], browser: Browser, served: Served
) -> None:
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{served.base}decks/post-mortem-culture/source/#__span-0-40")
    page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run().then((r) => r.violations.map((v) => `${v.id}: ${v.nodes[0].html}`))")
    context.close()

    assert [] == found


def test_the_facilitator_notes_hold_every_note_and_the_minutes(page: Page, served: Served) -> None:
    page.goto(f"{served.base}facilitate/post-mortem-culture/")

    expect(page.locator("figure.slide")).to_have_count(9)
    expect(page.locator("article")).to_contain_text("9 slides, 20 minutes")
    expect(page.locator("figure.slide").nth(1)).to_contain_text("3 minutes · starts at 0:01")
    expect(page.locator("figure.slide").nth(1)).to_contain_text("Psychological safety is like a confession booth")


def test_every_outside_link_is_in_the_inventory() -> None:
    inventory = {entry.url for entry in links.read_inventory(ROOT)}
    site_url = mkdocs_site.read_settings(ROOT).site_url
    found = set()
    for path in BUILT.rglob("*.html"):
        references, _ = links.read_page(path.read_text(encoding="utf-8"), path.name)
        found |= {
            urldefrag(reference.target)[0]
            for reference in references
            if reference.is_link and reference.target.startswith("http") and not reference.target.startswith(site_url)
        }

    assert inventory == found


def test_no_file_of_the_site_is_a_link(site: Path) -> None:
    assert [] == [path for path in site.rglob("*") if path.is_symlink()]
