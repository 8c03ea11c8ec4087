"""The theme: contrast of its colours, the page that documents it, and that it asks nobody for anything."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from pipeline import decks, marp, qr
from pipeline.toolchain import Tools
from tests.conftest import ROOT

CSS = (ROOT / "slides" / "theme" / "workshop.css").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "layouts.md").read_text(encoding="utf-8")

# Words in the first colour stand on the second.
PAIRS = [
    *((words, ground) for words in ("ink", "muted", "accent", "caution") for ground in ("paper", "tint")),
    ("on-accent", "accent"),
    ("on-deep", "deep"),
    ("ink", "mark"),
]


def palette(selector: str) -> dict[str, str]:
    block = re.search(rf"^{re.escape(selector)} {{(.*?)^}}", CSS, re.DOTALL | re.MULTILINE)
    assert block
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block[1]))


def luminance(colour: str) -> float:
    """Relative luminance, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    digits = colour.lstrip("#")
    digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_computed_as_defined() -> None:
    assert 21 == pytest.approx(contrast("#000", "#ffffff"))
    assert 4.54 == pytest.approx(contrast("#767676", "#fff"), abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("words", "ground"), PAIRS)
def test_words_stand_out_from_their_ground(words: str, ground: str, scheme: str) -> None:
    colours = palette(":root") | (palette("section.invert") if scheme == "dark" else {})

    assert contrast(colours[words], colours[ground]) >= 4.5


def test_every_colour_of_a_word_is_one_of_the_pairs() -> None:
    used = set(re.findall(r"(?<![\w-])color: var\(--([\w-]+)\)", CSS))

    assert used <= {words for words, _ in PAIRS}


def fills_of_words(element: Element, fill: str = "") -> list[str]:
    """The fill of each text of a figure, as the attribute of it or of what is around it."""
    fill = element.get("fill", fill)
    here = [fill] if element.tag.endswith("}text") else []
    return [*here, *(found for child in element for found in fills_of_words(child, fill))]


@pytest.mark.parametrize("path", sorted(ROOT.glob("slides/*/*.svg")), ids=lambda path: path.stem)
def test_words_in_a_figure_have_a_colour_of_the_theme(path: Path) -> None:
    fills = fills_of_words(ElementTree.parse(path).getroot())
    names = {match[1] if (match := re.match(r"var\(--([\w-]+), #", fill)) else fill for fill in fills}

    assert names <= {words for words, _ in PAIRS}


def test_colours_stand_in_the_palette_only() -> None:
    rest = re.sub(r"^(:root|section\.invert) {.*?^}", "", CSS, flags=re.DOTALL | re.MULTILINE)

    assert [] == re.findall(r"#[0-9a-fA-F]{3,8}\b(?!.*\*/)|rgba?\(|hsla?\(", rest)


def test_the_theme_brings_its_letters_and_asks_nobody(tools: Tools) -> None:
    source = decks.open_file(ROOT / "slides" / "workshop-layouts" / "deck.md", "workshop-layouts")
    [rendered] = marp.render([source], tools=tools, lang="en", links={}, formats=("html",))
    assert isinstance(rendered, marp.Rendered)

    assert () == rendered.problems
    assert 4 == rendered.html.count("data:font/woff2;base64,")
    assert [] == [url for url in re.findall(r"url\(\s*[\"']?([^\"')]+)", rendered.html) if not url.startswith("data:")]


def samples() -> dict[str, str]:
    """The Markdown of each slide of the layouts' deck, by key, without the line of the key."""
    text = (ROOT / "slides" / "workshop-layouts" / "deck.md").read_text(encoding="utf-8")
    slides = text.split("---\n", 2)[2].split("\n---\n")
    found = {}
    for slide in slides:
        key = re.search(r"<!-- _slideKey: (\S+) -->\n", slide)
        assert key
        found[key[1]] = slide.replace(key[0], "").strip()
    return found


def test_the_page_of_layouts_shows_the_markdown_of_the_deck() -> None:
    shown = re.findall(r"^(`{3,})markdown\n(.*?)\n\1$", PAGE, re.DOTALL | re.MULTILINE)[1:]  # the first is front matter

    assert [sample for key, sample in samples().items() if key != "dark-statement"] == [code for _, code in shown]


def test_the_page_of_layouts_names_every_class_and_every_class_is_there() -> None:
    listed = re.findall(r"^ \*   (\w+) {2,}", CSS, re.MULTILINE)

    assert len(listed) >= 13
    for name in listed:
        assert re.search(rf"\.{name}\b", CSS.split("*/", 1)[1])
        assert f"`{name}" in PAGE
        assert any(re.search(rf"(_class: .*|class=\")\b{name}\b", sample) for sample in samples().values())


def test_the_qr_code_in_the_repository_is_that_of_the_default_address() -> None:
    address = re.search(r"site_url: !ENV \[SITE_URL, \"([^\"]+)\"\]", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    assert address
    committed = ROOT / "slides" / "post-mortem-culture" / qr.FILE

    assert qr.figure(address[1]) == committed.read_text(encoding="utf-8")


def test_a_long_address_is_broken_and_stays_whole() -> None:
    address = "https://a-very-long-name-of-an-organisation.example/and-a-long-name-of-a-repository/" + "x" * 60 + "/"
    words = re.findall(r"<text [^>]*>([^<]*)</text>", qr.figure(address))

    assert len(words) > 3
    assert "".join(words) == address.removeprefix("https://").removesuffix("/")
    assert max(map(len, words)) <= 28


def test_an_address_with_special_characters_stays_well_formed() -> None:
    assert "a.example/?b=1&amp;c=2" in qr.figure("https://a.example/?b=1&c=2")
