"""What a reader of a slide cannot see or read is found; what somebody wanted so is left alone."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser

from pipeline import artifacts, checks, deck, decks, marp
from pipeline.browser import Reader, Watch
from pipeline.problems import Problem
from pipeline.toolchain import Tools
from tests.conftest import once


def chessboard(width: int, height: int, field: int = 10) -> str:
    """The address of a picture that has edges everywhere."""
    picture = Image.new("1", (width, height))
    picture.putdata([(x // field + y // field) % 2 for y in range(height) for x in range(width)])
    return png(picture)


def png(picture: Image.Image) -> str:
    picture.save(out := io.BytesIO(), "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


SMALL = chessboard(320, 180)
LARGE = chessboard(1280, 720)
GRADIENT = png(Image.linear_gradient("L").resize((64, 36)))
FIGURE = """<svg class="figure" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 400">
<rect width="800" height="400"/><g transform="scale(0.5)"><text x="20" y="90" font-size="64">Halved</text></g></svg>
"""
LINES = "\n".join(f"- point {number}" for number in range(20))
LONG_LINE = "let x = 'words' " + "+ 'and more words' " * 8


@dataclass(frozen=True)
class Planted:
    """A slide with one fault."""

    rule: str
    slide: str
    at: str
    """What stands in the line that the finding names."""
    says: str
    """A part of the message, as a pattern."""


PLANTED = {
    "text below": Planted("overflow", f"# A\n\n{LINES}", "- point 1", r"from 'point 1\d' on, .* over the bottom edge"),
    "text beside": Planted(
        "overflow",
        "<style scoped>p { white-space: nowrap }</style>\n\nbegin " + "words " * 60,
        "begin words",
        r"from 'begin words.*…' on, content runs up to \d{4} px over the right edge",
    ),
    "a placed text": Planted(
        "overflow",
        "<style scoped>p { position: absolute; right: -60px; top: 300px }</style>\n\n# A\n\ncut words",
        "cut words",
        "over the right edge",
    ),
    "letters cut at the edge": Planted(
        "overflow",
        "<style scoped>h1 { position: absolute; bottom: -60px; font-size: 90px; margin: 0 }</style>\n\n# INK",
        "# INK",
        "'INK' .* over the bottom edge",
    ),
    "a text beside a background": Planted(
        "overflow",
        f"<style scoped>p {{ white-space: nowrap }}</style>\n\n![bg right:50%]({LARGE})\n\nbehind " + "words " * 20,
        "behind words",
        "over the right edge",
    ),
    "a formula": Planted("overflow", "$" + "+".join("abcdefghij" * 9) + "$", "$a+b", "a formula on.* over the right"),
    "a table": Planted(
        "clipped",
        "<style scoped>td { white-space: nowrap }</style>\n\n| a | b |\n|---|---|\n|" + " wide cell" * 12 + "| x |",
        "| a | b |",
        r"<table> hides \d+ px of its width",
    ),
    "code": Planted(
        "clipped",
        "<style scoped>pre { max-height: 90px; overflow: auto }</style>\n\n```\n" + "code\n" * 9 + "```",
        "```",
        r"<pre> hides \d+ px of its height",
    ),
    "a box": Planted(
        "clipped",
        '<style scoped>.box { height: 60px; overflow: hidden }</style>\n\n<div class="box">\n\none\n\ntwo\n\n</div>',
        '<div class="box">',
        r"<div> hides \d+ px of its height",
    ),
    "a box within lists": Planted(
        "clipped",
        '<style scoped>.box { height: 120px; overflow: scroll }</style>\n\n<div class="box">\n\n![x]('
        + LARGE
        + ")\n\n</div>",
        '<div class="box">',
        r"<div> hides \d+ px of its height",
    ),
    "words": Planted(
        "text-small",
        '<style scoped>.x { font-size: 15px }</style>\n\n# A\n\n<p class="x">too small</p>',
        "too small",
        "'too small' has letters of 15 px, and the last row needs 16 px",
    ),
    "several words of one size": Planted(
        "text-small",
        "<style scoped>li { font-size: 12px }</style>\n\n- first\n- second\n- third",
        "- first",
        r"'first' \(and 2 more\) has letters of 12 px",
    ),
    "small print": Planted(
        "text-small",
        "<style scoped>small { font-size: 11px }</style>\n\n<small>the source of it</small>",
        "the source",
        "letters of 11 px, and the last row needs 12 px",
    ),
    "code made smaller": Planted(
        "text-small", f"```js\n{LONG_LINE}\n```", "```js", r"letters of 1\d(\.\d)? px, .*shorten the lines of code"
    ),
    "a page number": Planted(
        "text-small",
        "<!-- _paginate: true -->\n<style scoped>section::after { font-size: 9px }</style>\n\n# Numbered",
        "# Numbered",
        "the page number has letters of 9 px",
    ),
    "words of a figure": Planted(
        "text-small", "![A figure w:300](figure.svg)", "figure.svg", "'Halved' has letters of 12 px, .*drawing larger"
    ),
    "an image below": Planted(
        "image-off-slide", f"# A\n\n![w:1100]({LARGE})", "w:1100", r"runs \d+ px over the bottom edge of the slide"
    ),
    "an image beyond everything": Planted(
        "image-off-slide",
        f"<style scoped>p {{ margin-top: 900px }}</style>\n\n# A\n\n![w:100]({LARGE})",
        "w:100",
        "wholly outside",
    ),
    "a placed image": Planted(
        "image-off-slide",
        f"<style scoped>img {{ position: absolute; left: 1000px; top: 9px }}</style>\n\n# A\n\n![w:600]({LARGE})",
        "w:600",
        "runs 320 px over the right edge",
    ),
    "a figure": Planted("image-off-slide", "# A\n\n![w:1140](figure.svg)", "w:1140", "'figure.svg' runs .* bottom"),
    "a small image": Planted(
        "image-blurred", f"![w:640]({SMALL})", "w:640", "has 320 × 180 px and is shown 640 px wide; use a larger file"
    ),
    "a cropped image": Planted(
        "image-blurred",
        f"<style scoped>img {{ width: 200px; height: 400px; object-fit: cover }}</style>\n\n![crop]({SMALL})",
        "crop",
        "has 320 × 180 px",
    ),
    "a background": Planted("image-blurred", f"![bg]({SMALL})\n\n# A", "![bg]", "and is shown 1280 px wide"),
    "a background in parts": Planted("image-blurred", f"![bg 50%]({SMALL})\n\n# A", "![bg 50%", "is shown 640 px wide"),
    "a background that fits": Planted(
        "image-blurred", f"![bg fit]({SMALL})\n\n# A", "![bg fit", "is shown 1280 px wide"
    ),
    "a broken image": Planted("image-broken", "![x](data:image/png;base64,AAAA)", "AAAA", "cannot be shown"),
    "a broken background": Planted(
        "image-broken", "![bg](data:image/png;base64,AAAB)\n\n# A", "AAAB", "cannot be shown"
    ),
    "a colour": Planted("directive-value", "<!-- _color: blau -->\n\n# A", "blau", "color is 'blau', .*write a colour"),
    "a file for an image": Planted(
        "directive-value", "# A\n\n<!-- _backgroundImage: photo.jpg -->", "photo.jpg", r"write 'url\(photo.jpg\)'"
    ),
    "a place": Planted("directive-value", "<!-- _backgroundPosition: middle -->\n\n# A", "middle", "'middle'"),
    "a repetition": Planted(
        "directive-value", "<!-- _backgroundRepeat: none -->\n\n# A", "Repeat: none", "'no-repeat'"
    ),
    "a size": Planted("directive-value", "<!-- _backgroundSize: huge -->\n\n# A", "huge", "'huge'"),
    "nothing": Planted("slide-blank", "<!-- a note, and nothing else -->", "---", "is blank"),
}

HEAD = "---\nmarp: true\nmath: mathjax\n---\n\n# Start\n\n---\n\n"
CORPORATE = f"""---
marp: true
paginate: true
header: '![h:40 ACME]({chessboard(200, 60)})'
footer: '© ACME — confidential'
style: |
  section {{ padding: 80px 70px }}
  section::before {{ content: ''; position: absolute; left: 0; top: 0; width: 100%; height: 12px; background: navy }}
  footer, section::after {{ font-size: 13px }}
---
"""

MORE = {
    "spilt": "---\nbackgroundColor: blau\n---\n# A\n\n---\n# B\n\n---\n<!-- backgroundColor: rot -->\n# C\n---\n# D\n",
    "aside": "---\nfooter: <span class='x'>tiny foot</span>\nstyle: footer { font-size: 9px }\n---\n# A\n\n---\n# B\n",
    "scaled": "---\nsize: 4K\ntheme: default\n---\n# A\n",
}

SILENT = {
    "fit headings": "# <!-- fit --> a very long headline that is made to fit the slide whatever\n\n# <!-- fit --> Hi",
    "code with room": "```python\ndef f(x):\n    return x * 2\n```\n\nand `inline` and <kbd>Ctrl</kbd>",
    "a table": "| a | b |\n|---|---|\n| 1 | 2<sup>2</sup> |",
    "formulas": "$$\n\\sum_{i=1}^{n} x_{i_{j_k}}^{2} \\tag{1}\n$$\n\nand $x^{y^{z}}$",
    "a wide formula, made smaller": "$$\n" + "+".join("abcdefghij" * 9) + "\n$$",
    "empty room below letters": (
        "<style scoped>h1 { position: absolute; bottom: -20px; font-size: 90px; margin: 0 }</style>\n\n# INK"
    ),
    "trailing spaces": "<style scoped>pre { overflow: auto; white-space: pre }</style>\n\n<pre>x"
    + " " * 300
    + "</pre>\n\nwords",
    "words for screen readers": (
        "<style scoped>.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip: rect(0, 0, 0, 0);"
        " white-space: nowrap } .off { position: absolute; left: -9999px } .ir { text-indent: -9999px;"
        " overflow: hidden; width: 90px; height: 90px; background: red }</style>\n\n# A\n\n"
        '<p class="sr">only heard words</p><p class="off">also heard</p><div class="ir">Replaced</div>'
    ),
    "hidden words": (
        "<style scoped>.a { opacity: 0; position: absolute; left: 2000px } .b { visibility: hidden; position: absolute;"
        " top: 900px } .c { color: transparent; font-size: 5px } .d { font-size: 0 }</style>\n\n# A\n\n"
        '<p class="a">one</p><p class="b">two</p><p class="c">three</p><p class="d">four</p>'
    ),
    "closed details": f"# A\n\n<details><summary>More</summary>\n\n{LINES}\n\n</details>",
    "words shortened with dots": (
        "<style scoped>p { width: 200px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis }</style>"
        "\n\nwords that are shortened with dots"
    ),
    "a pale decoration": (
        "<style scoped>p { position: absolute; right: -60px; bottom: -90px; font-size: 300px; opacity: .1 }</style>"
        "\n\n# A\n\nQ3"
    ),
    "a ribbon": (
        "<style scoped>p { position: absolute; top: 40px; right: -60px; transform: rotate(45deg); padding: 5px 80px;"
        " background: red }</style>\n\n# A\n\nDRAFT"
    ),
    "boxes over the edge": (
        "<style scoped>div { position: absolute; right: -100px; bottom: -100px; width: 300px; height: 300px;"
        ' background: red; border-radius: 50% }</style>\n\n# A\n\n<div class="blob"></div>'
    ),
    "a picture moved over the edge": (
        f"<style scoped>img {{ position: absolute; left: -80px; top: -80px }}</style>\n\n# A\n\n![w:300]({LARGE})"
    ),
    "a turned picture": f"<style scoped>img {{ transform: rotate(9deg) scale(1.3) }}</style>\n\n![w:900]({LARGE})",
    "a picture in a frame": (
        "<style scoped>div { width: 140px; height: 140px; border-radius: 50%; overflow: hidden }</style>\n\n"
        f'<div class="avatar">\n\n![w:400]({LARGE})\n\n</div>'
    ),
    "a picture that covers": (
        f"<style scoped>img {{ width: 200px; height: 200px; object-fit: cover }}</style>\n\n![x]({SMALL})"
    ),
    "a picture from edge to edge": (
        "<style scoped>section { padding: 0 } img { display: block } p { margin: 0 }</style>\n\n"
        f"![w:1280]({LARGE})"
    ),
    "pictures of their own size": f"![w:320]({SMALL}) ![w:480]({SMALL})",
    "a gradient": f"![bg]({GRADIENT})\n\n# A",
    "pixels on purpose": f"<style scoped>img {{ image-rendering: pixelated }}</style>\n\n![w:900]({SMALL})",
    "a blurred background": f"![bg blur:8px]({SMALL})\n\n# A",
    "a background of its own size": f"![bg auto]({SMALL})\n\n# A",
    "a filler": "![w:900 h:20](data:image/gif;base64,R0lGODlhAQABAIAAAAUEBAAAACwAAAAAAQABAAACAkQBADs=)",
    "split backgrounds": f"![bg left:33%]({LARGE})\n![bg vertical]({LARGE})\n\n# A\n\nwords",
    "small print": (
        "<style scoped>.source { position: absolute; bottom: 8px; font-size: 13px }</style>\n\n# A\n\n"
        '<p class="source">Photo: somebody</p>'
    ),
    "readings above letters": "# <ruby>漢字<rt>かんじ</rt></ruby>",
    "a slide that is only coloured": "<!-- _backgroundColor: black -->",
    "a slide with nothing but a line": "<hr>",
    "something that comes in": (
        "<style scoped>@keyframes in { from { transform: translateX(2000px) } } p { animation: in 9s both }</style>"
        "\n\ncomes in"
    ),
    "values that work": (
        "<!-- _color: var(--x, red) !important -->\n<!-- _backgroundColor: rgb(250, 240, 230); -->\n"
        '<!-- _backgroundImage: "linear-gradient(to right, #fff, #eee)" -->\n# A'
    ),
    "figures": "![A figure w:700](figure.svg)",
    "emoji": "# :tada: 🎉",
}

THEMES = {
    theme: f"---\ntheme: {theme}\npaginate: true\nheader: Head\nfooter: Foot *note*\n---\n# A\n\nwords[^1] `code`\n\n"
    "---\n<!-- _class: lead invert -->\n# B\n\n###### C\n\n> quoted\n\n---\n```js\nconst x = 1\n```\n\n"
    "| a | b |\n|---|---|\n| 1 | `2` |\n\n---\n- a\n  - b\n    - c\n\n1. d\n\n<small>e f</small> H<sub>20</sub>\n"
    for theme in ("default", "gaia", "uncover")
}


def test_a_deck_that_breaks_the_window_does_not_end_the_look_at_others(browser: Browser, tmp_path: Path) -> None:
    reader = Reader(browser, tmp_path, "https://deck.invalid/")
    problems: list[Problem] = []

    with reader.confine("deck.md", problems):
        reader.measure("<svg data-marpit-svg></svg>")  # no slide of Marp's is without a section

    assert [("deck.md", "browser")] == [(problem.path, problem.rule) for problem in problems]
    assert "could not be looked at to the end: " in problems[0].message
    assert [] == reader.measure("")


@pytest.mark.slow
def test_a_deck_of_which_no_slide_comes_up_is_told_so_and_the_browser_lives_on(
    tmp_path: Path, browser: Browser
) -> None:
    count = 150  # as many as would take longer than the browser may, if each were waited for as patiently as the first
    slides = "<svg data-marpit-svg></svg>" * count
    (tmp_path / "slides.html").write_text(f"<link rel='icon' href='data:,'>{slides}", encoding="utf-8")
    watch = Watch(tmp_path)

    misfits = Reader(browser, tmp_path, "https://deck.invalid/", watch).present("slides.html", ["A title"] * count)

    assert 0 == watch.fired
    assert list(range(1, count + 1)) == [misfit.slide for misfit in misfits]
    assert {("slide-hidden", "cannot be reached in the presentation; see whether Marp's script runs")} == {
        (misfit.rule, misfit.message) for misfit in misfits
    }


@pytest.fixture(scope="module")
def found(
    tmp_path_factory: pytest.TempPathFactory, common: Path, tools: Tools, browser: Browser
) -> Mapping[str, tuple[artifacts.Made, list[Problem]]]:
    return once(common, "measure", lambda: measure(tmp_path_factory.mktemp("decks"), tools, browser))


def measure(folder: Path, tools: Tools, browser: Browser) -> Mapping[str, tuple[artifacts.Made, list[Problem]]]:
    """What is wrong with each deck, all rendered at once and seen in one browser."""
    (folder / "figure.svg").write_text(FIGURE, encoding="utf-8")
    texts = {
        "planted": HEAD + "\n\n---\n\n# Between\n\n---\n\n".join(planted.slide for planted in PLANTED.values()),
        "silent": HEAD + "\n\n---\n\n# Between\n\n---\n\n".join(SILENT.values()),
        "corporate": CORPORATE + "# A\n\n---\n# B\n\n---\n# C\n",
        **MORE,
        **THEMES,
    }
    sources = []
    for number, (name, text) in enumerate(texts.items()):
        path = folder / f"{number}.md"
        path.write_text(text, encoding="utf-8")
        sources.append(decks.Source(name, path, folder, "deck.md", text))
    rendered = marp.render(sources, tools=tools, lang="en", links={}, formats=("html", "bare"))
    results = {}
    reader = Reader(browser, folder, "https://deck.invalid/")
    for source, each in zip(sources, rendered, strict=True):
        assert isinstance(each, marp.Rendered), each
        read, _ = deck.read(each.html, name=source.name, source=source.label)
        made = artifacts.Made(source, read, each, b"", each.html, "")
        problems = [*checks.deck_problems(made), *checks.fit_problems(made, reader)]
        results[source.name] = made, problems
    return results


Found = Mapping[str, tuple[artifacts.Made, list[Problem]]]


def on_slide(found: Found, name: str, number: int) -> list[Problem]:
    """What was seen on one slide; that pictures have no words is another matter."""
    _, problems = found[name]
    return [
        problem
        for problem in problems
        if f"slide {number}:" in problem.message and problem.rule not in ("alt-missing", "outside-request")
    ]


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found_with_its_rule_and_line(name: str, found: Found) -> None:
    planted = PLANTED[name]
    number = 2 + 2 * list(PLANTED).index(name)
    made, _ = found["planted"]

    [problem] = on_slide(found, "planted", number)

    assert planted.rule == problem.rule
    assert re.search(planted.says, problem.message)
    assert planted.at in made.source.text.splitlines()[problem.line - 1]


@pytest.mark.parametrize("name", PLANTED)
def test_what_can_be_seen_is_marked_on_the_slide(name: str, found: Found) -> None:
    [problem] = on_slide(found, "planted", 2 + 2 * list(PLANTED).index(name))

    if problem.rule in ("image-broken", "directive-value", "slide-blank") or "page number" in problem.message:
        assert problem.area is None
        return
    assert problem.area
    assert problem.area.left >= 0 and problem.area.top >= 0
    assert 0 < problem.area.width <= 100 - problem.area.left + 1e-6
    assert 0 < problem.area.height <= 100 - problem.area.top + 1e-6


@pytest.mark.parametrize("name", SILENT)
def test_what_is_meant_so_is_left_alone(name: str, found: Found) -> None:
    assert [] == on_slide(found, "silent", 2 + 2 * list(SILENT).index(name))


@pytest.mark.parametrize("name", [*THEMES, "corporate", "scaled"])
def test_what_themes_do_by_themselves_is_left_alone(name: str, found: Found) -> None:
    made, _ = found[name]
    assert [] == [problem for slide in made.deck.slides for problem in on_slide(found, name, slide.number)]


def test_a_text_on_the_right_of_a_split_slide_is_marked_there(found: Found) -> None:
    [problem] = on_slide(found, "planted", 2 + 2 * list(PLANTED).index("a text beside a background"))

    assert problem.area
    assert problem.area.left < 10
    assert problem.area.left + problem.area.width > 50


def test_a_value_that_goes_on_is_told_where_it_begins(found: Found) -> None:
    assert [(2, "blau"), (10, "rot")] == [
        (problem.line, problem.message.split("'")[1]) for problem in found["spilt"][1]
    ]


def test_what_is_on_every_slide_is_told_once(found: Found) -> None:
    [problem] = found["aside"][1]

    assert "slide 1: 'tiny foot' has letters of 9 px, and the last row needs 12 px" in problem.message
