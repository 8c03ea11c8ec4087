"""Slides and pages as people with other eyes and hands meet them; and how small the letters on slides get.

A scan finds only some faults: whether a text alternative says what the picture shows, nobody but a reader can tell.
"""

from __future__ import annotations

import io
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page, Route, expect

from pipeline import artifacts, checks, commands, decks, marp, policy, publish
from pipeline import site as mkdocs_site
from pipeline.browser import Reader
from pipeline.problems import BuildError, Problem
from pipeline.toolchain import Tools
from tests.browser.test_slides import DECKS, present
from tests.conftest import BUILT, ROOT, not_printed

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
ACCESS = ROOT / "pipeline" / "access.js"
PAGES = [
    "404.html",
    "index.html",
    "es/index.html",
    "decks/post-mortem-culture/index.html",
    "templates/timeline/index.html",
]
"""Pages of each make; `build.py check` scans all of them in the same way."""

LONG_PAGES = ["facilitate/run-sheets/index.html", "practice/spring-promo/evidence/index.html"]
"""The longest pages, of which each takes as long as all others together."""

SMALLEST = 20
"""Pixels on a slide of 1280 by 720."""
SMALLEST_FOOTER = 16


def open_deck(page: Page, name: str, *, dark: bool) -> int:
    """Open a deck at its first slide; returns how many slides it has."""
    address = (BUILT / "decks" / name / "slides.html").as_uri()
    page.set_viewport_size({"width": 1280, "height": 720})
    present(page, address, 1)
    expect(page).to_have_title(re.compile(r"\(1 of \d+\)"))  # by then, the deck's own script is ready too
    page.evaluate(AXE.read_text(encoding="utf-8"))
    if dark:
        page.keyboard.press("d")
        expect(page.locator("section[id]").first).to_contain_class("invert")
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
    expect(page.locator("svg.bespoke-marp-active section[id]")).to_have_attribute("id", str(number))


@pytest.fixture(scope="module")
def reader(browser: Browser, site: Path) -> Reader:
    return Reader(browser, site, mkdocs_site.read_settings(ROOT).site_url)


ALIKE = {"post-mortem-culture-es", "post-mortem-culture-text"}
"""Decks with the layouts and colours of the others; `build.py check` scans them in the same way."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in ALIKE else ()) for name in DECKS]
)
def test_no_slide_keeps_anybody_out(name: str, reader: Reader) -> None:
    slides = json.loads((BUILT / "decks" / name / "deck.json").read_text(encoding="utf-8"))["slides"]

    assert [] == reader.scan_deck(f"decks/{name}/slides.html", len(slides))


@pytest.mark.parametrize("uri", [*PAGES, *(pytest.param(uri, marks=pytest.mark.slow) for uri in LONG_PAGES)])
def test_no_page_keeps_anybody_out(uri: str, reader: Reader) -> None:
    assert [] == reader.scan_page(uri)


NEVER_HIDDEN = """
const soon = setTimeout
window.setTimeout = (call, delay, ...rest) => (delay === 2000 ? 0 : soon(call, delay, ...rest))
"""
"""Marp hides the bar where the mouse has rested for two seconds, and a scan may take longer."""


def test_the_control_bar_waits_for_the_mouse_and_then_breaks_no_rule(page: Page, site: Path) -> None:
    page.add_init_script(NEVER_HIDDEN)
    open_deck(page, "post-mortem-culture", dark=False)
    bar = page.locator(".bespoke-marp-osc")

    expect(bar).to_have_css("opacity", "0")
    page.mouse.move(640, 300)
    page.mouse.move(650, 300)
    expect(bar).to_have_css("opacity", "1")
    # axe cannot decide how the number of the page in the bar stands out.
    assert [] == [message for message in found_by_axe(page) if message.startswith("violations")]


# --- Planted faults in decks --------------------------------------------------------------------------------------

Scan = Callable[..., list[Problem]]


@pytest.fixture
def scan(tmp_path: Path, worker: marp.Worker, browser: Browser) -> Scan:
    """Make a deck and look at it as `check` does; `change` changes its HTML before."""

    def look(markdown: str, *, is_ours: bool = True, change: Mapping[str, str] = {}) -> list[Problem]:
        path = tmp_path / "talk.md"
        path.write_text(markdown, encoding="utf-8")
        source = decks.open_file(path, "talk")
        made, _ = not_printed(source, worker.render(source, lang="en", links={}, generated={}))
        html = made.html
        for before, after in change.items():
            assert before in html
            html = html.replace(before, after)
        publish.write(tmp_path / "decks" / "talk" / "slides.html", html)
        reader = Reader(browser, tmp_path, "https://deck.invalid/")
        return list(checks.access_problems([made], tmp_path, None, reader, is_ours=is_ours))

    return look


FINE = """\
---
transition: cube
---
# One

* step

---

## Two

[link](https://example.org/)
"""


def test_a_deck_without_faults_has_no_problem(scan: Scan) -> None:
    assert [] == scan(FINE)


# --- Two readers at once ------------------------------------------------------------------------------------------


def test_two_readers_find_what_one_finds_in_the_same_order(tmp_path: Path, tools: Tools, browser: Browser) -> None:
    path = tmp_path / "talk.md"
    faint = {3: "#eee", 12: "#ddd", 25: "#eef"}
    faded = {number: f"<!-- _color: '{colour}' -->\n" for number, colour in faint.items()}
    slides = [f"{faded.get(number, '')}\n# Number {number}\n" for number in range(1, 27)]
    path.write_text("\n\n---\n\n".join(slides), encoding="utf-8")
    [made], _ = artifacts.make([decks.open_file(path, "talk")], tools=tools, lang="en", links={}, base="")
    publish.write(tmp_path / "decks" / "talk" / "slides.html", made.html)
    reader = Reader(browser, tmp_path, BASE)
    another = partial(commands._read_alone, tools, tmp_path, BASE)

    alone = list(checks.access_problems([made], tmp_path, None, reader))
    together = list(checks.access_problems([made], tmp_path, None, reader, another=another))

    assert list(faint) == [int(problem.message.split()[1].rstrip(":")) for problem in alone]
    assert {"contrast"} == {problem.rule for problem in alone}
    assert alone == together
    assert [3, 12] == [found.slide for found in reader.scan_deck("decks/talk/slides.html", 26, numbers=[1, 3, 12])]


@pytest.mark.parametrize("named", ["said", "unsaid"])
def test_what_a_slide_refers_to_on_another_is_at_hand_in_whatever_part_of_the_deck_that_is(
    named: str, scan: Scan
) -> None:
    between = [f"# Number {number}\n" for number in range(2, checks.PART + 2)]
    deck = "\n---\n\n".join(["# One\n\nwords\n", *between, "# Last\n\npicture\n"])
    change = {
        "words</p>": f"<b id='{named}'>words</b></p>",
        "picture</p>": "<b role='img' aria-labelledby='said'></b></p>",
    }

    assert (named == "unsaid") == ("axe" in {problem.rule for problem in scan(deck, change=change)})


def test_two_readers_look_at_the_same_time(tmp_path: Path, tools: Tools, browser: Browser) -> None:
    both = threading.Barrier(2, timeout=60)

    def look(reader: Reader) -> list[Reader]:
        both.wait()
        return [reader]

    mine = Reader(browser, tmp_path, BASE)
    [one], [other] = checks.side_by_side([look, look], mine, partial(commands._read_alone, tools, tmp_path, BASE))

    assert [mine] == [each for each in (one, other) if each is mine]


def test_where_no_second_browser_starts_the_first_looks_alone(tmp_path: Path, tools: Tools, browser: Browser) -> None:
    broken = replace(tools, browser=tmp_path / "none")
    mine = Reader(browser, tmp_path, BASE)

    found = checks.side_by_side(
        [lambda reader: [reader]] * 3, mine, partial(commands._read_alone, broken, tmp_path, "")
    )

    assert [[mine]] * 3 == found


def test_whoever_is_lost_ends_the_others_work(tmp_path: Path, tools: Tools, browser: Browser) -> None:
    mine = Reader(browser, tmp_path, BASE)
    both = threading.Barrier(2, timeout=60)
    another = partial(commands._read_alone, tools, tmp_path, BASE)

    def stop_or_hang(reader: Reader) -> list[None]:
        both.wait()
        if reader is mine:
            raise KeyboardInterrupt
        reader._page.evaluate("new Promise(() => {})")
        return []

    def lose_or_go_on(reader: Reader) -> list[Reader]:
        both.wait()
        if reader is not mine:
            reader.end()
            reader.visit("index.html")
        return [reader]

    with pytest.raises(KeyboardInterrupt):
        checks.side_by_side([stop_or_hang] * 9, mine, another)
    with pytest.raises(BuildError, match="the browser gave up"):
        checks.side_by_side([lose_or_go_on] * 2, mine, another)


def test_a_transition_for_those_who_asked_for_no_motion_is_found(scan: Scan) -> None:
    [problem] = scan(FINE, change={"animation: none !important": ""})

    assert ("motion", 4) == (problem.rule, problem.line)
    assert problem.message.startswith("slide 1: the transition to the slide moves for 0.5 s though the reader")


GREY = """\
# One

---
<style scoped>
section { color: #999; background: #fff }
section.invert { color: #888; background: #000 }
h2 { color: #555 }
section.invert h2 { color: #444 }
</style>

## Dim by night

Grey words

* that come later
"""


def test_contrast_is_measured_in_both_colours_and_of_every_step(scan: Scan) -> None:
    heading, words, step = scan(GREY)
    where = "#999999 on #ffffff, which is 2.84 : 1 where 3 : 1 is needed (as authored)"

    assert ["contrast"] * 3 == [problem.rule for problem in (heading, words, step)]
    assert [11, 13, 15] == sorted(problem.line for problem in (heading, words, step))
    messages = sorted(problem.message for problem in (heading, words, step))
    assert messages[0].startswith("slide 2: 'Dim by night' stands out too little: #444444 on #000000, which is ")
    assert messages[0].endswith("(with light and dark swapped); make one of the two darker or lighter")
    assert f"slide 2: 'Grey words' stands out too little: {where}; make one of the two darker or lighter" == messages[1]
    assert f"slide 2: 'that come later' stands out too little: {where}" in messages[2]


@pytest.mark.parametrize(
    ("words", "rule", "line", "message"),
    [
        ("#### Deep", "heading-order", 9, "slide 2: the heading 'Deep' is an <h4>, which leaves out a level; "),
        ("text [](https://example.org/)", "axe", 9, "breaks the axe rule 'link-name' "),
        (
            "<style scoped>p { animation: x 1s infinite }</style>\n\ngo",
            "motion",
            11,
            "slide 2: 'go' (x) moves without ",
        ),
        ("<style scoped>p { background: linear-gradient(#fff, #eee) }</style>\n\ngo", "axe-undecided", 11, "gradient"),
    ],
)
def test_a_fault_on_a_slide_is_named_once_with_its_line(
    words: str, rule: str, line: int, message: str, scan: Scan
) -> None:
    [problem] = scan(f"# One\n\n<style>@keyframes x {{ to {{ opacity: .9 }} }}</style>\n\n---\n\n## Two\n\n{words}\n")

    assert (rule, line) == (problem.rule, problem.line)
    assert message in problem.message
    assert problem.area
    assert 0 < problem.area.left < 100
    assert 0 <= problem.area.width <= 100


def test_what_axe_cannot_decide_may_be_left_out(scan: Scan) -> None:
    assert [] == scan("<style>h1 { background: linear-gradient(#fff, #eee) }</style>\n\n# One\n", is_ours=False)


def test_nobody_asked_that_the_colours_of_other_peoples_decks_can_be_swapped(scan: Scan) -> None:
    deck = "<style>p { color: #333 }</style>\n\n# One\n\nwords\n"

    assert ["contrast"] == [problem.rule for problem in scan(deck)]
    assert [] == scan(deck, is_ours=False)


def test_what_marp_makes_by_itself_is_nobodys_fault(scan: Scan) -> None:
    deck = "# <!-- fit --> Fitted\n\n$x^2$\n\n|  | a |\n|--|---|\n| b | c |\n"

    assert [] == scan(deck, is_ours=False)
    assert ["axe"] == [problem.rule for problem in scan("# One\n\n[](https://x.example/)\n", is_ours=False)][:1]


# --- Planted faults in pages --------------------------------------------------------------------------------------

Look = Callable[..., list[Problem]]
BASE = "https://workshop.example/"
SHELL = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Page</title>
<link rel="icon" href="data:,"></head><body><header>THEME</header><main><article>
BODY</article></main></body></html>"""


@pytest.fixture
def look(tmp_path: Path, browser: Browser) -> Look:
    """Publish pages of one raw source and look at them as `check` does."""

    def scan(body: str, *, theme: str = "", names: tuple[str, ...] = ("faulty",)) -> list[Problem]:
        docs, folder = tmp_path / "docs", tmp_path / "site"
        for name in names:
            publish.write(docs / f"{name}.md", body)
            page = SHELL.replace("THEME", theme).replace("BODY", body)
            publish.write(folder / name / "index.html", policy.seal_page(page))
        reader = Reader(browser, folder, BASE)
        return list(checks.access_problems([], folder, mkdocs_site.Settings(tmp_path, BASE, "en", docs), reader))

    return scan


GOOD = """<h1>Page</h1>
<style>
a:focus-visible { outline: none }
a:focus-visible span { text-decoration: overline }
.card { border: 1px solid }
.card:has(a:focus-visible) { border-color: red }
@keyframes turn { to { rotate: 1turn } }
</style>
<p>Go to <a href="#one"><span>the first</span></a></p>
<div class="card"><p>Or <a href="#two">to the second</a></p></div>
<p><label>Name <input></label> <label><input type="checkbox"> Yes</label> <button type="button">Go</button></p>
<div style="overflow-x: auto" tabindex="0" role="group" aria-label="Wide"><p style="width: 900px">wide words</p></div>
<p style="width: 900px; position: fixed; top: -99px">fixed words</p>
<p style="animation: turn .09s 99s">short motion, and late</p>
<svg viewBox="0 0 400 40"><rect width="99" height="40" fill="#eee"/><text x="9" y="20">boxed</text>
<path d="M0 30h200" fill="none" stroke="#000"/><text x="120" y="20">beside</text></svg>
"""


def test_a_page_without_faults_has_no_problem(look: Look) -> None:
    assert [] == look(GOOD)


@pytest.mark.parametrize(
    ("html", "rule", "message"),
    [
        (
            "<p style='color: #999'>grey</p>",
            "contrast",
            "'grey' stands out too little: #999999 on #ffffff, which is 2.8",
        ),
        ("<h4>Deep</h4>", "heading-order", "the heading 'Deep' is an <h4>, which leaves out a level; use the level"),
        ("<button class='bare'></button>", "axe", "<button class=\"bare\"> breaks the axe rule 'button-name' ("),
        ("<p style='background: linear-gradient(#fff, #eee)'>x y</p>", "axe-undecided", "axe cannot decide its rule '"),
        (
            "<svg viewBox='0 0 99 40'><rect width='99' height='40' fill='#eee'/>"
            "<text x='9' y='20' fill='#999'>pale</text></svg>",
            "contrast",
            "'pale' stands out too little: #999999 on #eeeeee, which is 2.4",
        ),
        (
            "<svg viewBox='0 0 99 40'><path d='M0 0h99v40z' fill='#eee'/><text x='9' y='20'>over</text></svg>",
            "axe-undecided",
            "axe cannot decide its rule 'color-contrast' for 'over'",
        ),
        ("<p style='width: 700px'>wide</p>", "zoom", "'wide' makes the page scroll sideways by "),
        ("<p>Rindfleischetikettierungsüberwachungsgesetze</p>", "zoom", "makes the page scroll sideways by "),
        (
            "<button style='outline: none'>dull</button>",
            "focus-hidden",
            "nothing shows that 'dull' has the keyboard's focus; give it an outline under ':focus-visible'",
        ),
        (
            "<button style='position: absolute; left: -999px'>far</button>",
            "focus-hidden",
            "'far' is not to be seen when it has the keyboard's focus; bring it onto the screen",
        ),
        (
            "<div style='position: fixed; inset: 0; background: #fff'></div><button>covered</button>",
            "focus-hidden",
            "'covered' is not to be seen when it has the keyboard's focus",
        ),
        (
            "<p style='animation: turn 1s infinite'>round</p>",
            "motion",
            "'round' (turn) moves without end though the re",
        ),
        ("<p style='animation: turn 2s .5s'>round</p>", "motion", "'round' (turn) moves for 2 s though the reader"),
    ],
)
def test_a_fault_on_a_page_is_named_once_with_its_line(html: str, rule: str, message: str, look: Look) -> None:
    keyframes = "<style>@keyframes turn { to { rotate: 0deg } } p:last-of-type { font-size: 22px }</style>"
    [problem] = look(f"<h1>Page</h1>\n\n{keyframes}\n{html}\n")

    assert ("docs/faulty.md", 4, rule) == (problem.path, problem.line, problem.rule)
    assert message in problem.message


SHOWS_KEYS = """<h1>Page</h1>
<style>a:not(.by-key) { outline: none }</style>
<p><a href="#one">a link</a></p>
<script>
let isByKey = false
addEventListener('keydown', () => { isByKey = true })
addEventListener('focusin', ({ target }) => target.classList.toggle('by-key', isByKey))
addEventListener('focusout', ({ target }) => { target.classList.remove('by-key'); isByKey = false })
</script>"""


def test_a_page_may_show_the_focus_to_those_alone_who_press_keys(look: Look) -> None:
    """As Material does, which some browsers tell of a mouse though none has moved."""
    assert [] == look(SHOWS_KEYS)


def test_the_state_in_which_a_page_is_at_fault_is_named(look: Look) -> None:
    narrow = "<style>@media (max-width: 400px) { p { color: #999 } }</style>"
    night = "<style>@media (prefers-color-scheme: dark) { p { color: #999 } }</style>"

    assert "is needed (360 px wide); " in look(f"<h1>Page</h1>\n{narrow}\n<p>grey</p>")[0].message
    assert "is needed (dark colours); " in look(f"<h1>Page</h1>\n{night}\n<p>grey</p>")[0].message


def test_of_very_many_that_are_alike_the_first_are_tried_and_each_that_is_another(look: Look) -> None:
    alike = "".join(f"<button class='dull'>{number}</button>" for number in range(150))
    others = "<p><button class='dull'>elsewhere</button></p> <button class='dull' style='color: #111'>styled</button>"
    body = f"<h1>Page</h1><style>.dull {{ outline: none !important }}</style><div>{alike}{others}</div>"

    found = [problem.message.split("'")[1] for problem in look(body)]

    assert [*map(str, range(100)), "elsewhere", "styled"] == sorted(
        found, key=lambda name: (name.isalpha(), name.zfill(3))
    )


def test_what_the_theme_does_on_every_page_is_said_once(look: Look) -> None:
    [problem] = look("<h1>Page</h1>", theme="<button></button>", names=("one", "two", "three"))

    assert ("docs/one.md", 0, "axe") == (problem.path, problem.line, problem.rule)
    assert problem.message.endswith(" (here and on 2 more)")


# --- The keyboard's focus, against real presses of Tab ------------------------------------------------------------

STOPS = (
    GOOD
    + """
<button style="outline: none">dull</button> <button style="position: absolute; left: -999px">far</button>
<details><summary>More</summary><a href="#three">shut away</a></details>
<p><label><input type="radio" name="r"> a</label> <label><input type="radio" name="r" checked> b</label></p>
<button disabled>no</button> <div inert><button>no</button></div> <a href="#four" tabindex="-1">no</a>
<pre style="overflow: auto; width: 90px"><code>a long line of code</code></pre>
"""
)
ACTIVE = "[...document.querySelectorAll('*')].indexOf(document.activeElement)"
IN_VIEW = """() => {
  const { left, right, top, bottom } = document.activeElement.getBoundingClientRect()
  return right > 0 && bottom > 0 && left < innerWidth && top < innerHeight
}"""


def press_through(page: Page) -> Iterator[tuple[int, bool, bool]]:
    """What Tab comes to: which element, whether the picture of the page shows it, whether it is on the screen."""
    seen = set()
    while True:
        page.keyboard.press("Tab")
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        if page.evaluate("document.activeElement === document.body") or (at := page.evaluate(ACTIVE)) in seen:
            return
        seen.add(at)
        has_caret = page.evaluate("document.activeElement.matches('input:not([type=checkbox], [type=radio])')")
        in_view = page.evaluate(IN_VIEW)
        focused = picture(page)
        page.evaluate("document.activeElement.blur()")
        yield at, has_caret or ImageChops.difference(focused, picture(page)).getbbox() is not None, in_view


def answer(route: Route) -> None:
    path = BUILT / urlsplit(route.request.url).path.lstrip("/")
    route.fulfill(path=path / "index.html" if path.is_dir() else path)


def picture(page: Page) -> Image.Image:
    shot = page.screenshot(type="jpeg", quality=95)  # made in a third of the time of a PNG
    return Image.open(io.BytesIO(shot)).convert("RGB")


@pytest.mark.parametrize("name", ["a page with faults", "a page of the site"])
def test_focus_by_script_says_what_presses_of_tab_say(name: str, browser: Browser, site: Path) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    page = context.new_page()
    if name == "a page with faults":
        page.set_content(SHELL.replace("THEME", "").replace("BODY", STOPS))
    else:
        page.route(f"{BASE}**", answer)
        page.goto(f"{BASE}about/")
    pressed = sorted(press_through(page))
    page.evaluate(ACCESS.read_text(encoding="utf-8"))
    stops = page.evaluate("access.listStops()")
    told = sorted((at, is_shown and is_in_view, is_in_view) for at, is_shown, is_in_view in stops)
    context.close()

    assert len(pressed) > 8
    assert pressed == told
    assert (name == "a page with faults") is any(not is_shown for _, is_shown, _ in told)
    assert (name == "a page with faults") is any(not is_in_view for _, _, is_in_view in told)


# --- Letters and figures ------------------------------------------------------------------------------------------

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
