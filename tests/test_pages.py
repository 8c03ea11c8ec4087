"""Pages made of decks: whatever an author writes, it is shown and not run."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape

import pytest
import yaml
from markdown import Markdown
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from pipeline import pages
from pipeline.deck import Deck, Slide
from tests.conftest import ROOT


def slide(number: int, title: str, *, notes: tuple[str, ...] = (), minutes: float | None = None) -> Slide:
    return Slide(number, f"key-{number}", title, 1, minutes, notes, (), (), title, f"<p>Body of {number}</p>")


def deck(*slides: Slide, title: str = "A talk", name: str = "talk") -> Deck:
    return Deck(name, title, "What it is about.", "en", "slides/talk/deck.md", slides)


def page_of(read: Deck, *, files: tuple[str, ...] = ("slides.html", "slides.pdf", "deck.json", "notes.md")) -> str:
    return pages.deck_page(read, files=dict.fromkeys(files, 12_345), source="# One\n")


def html(markdown: str) -> str:
    """The page as MkDocs makes it, without its front matter."""
    _, _, body = markdown.replace("\r\n", "\n").replace("\r", "\n").split("---\n", 2)
    named = yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), Loader=_Loader)["markdown_extensions"]
    settings = {name: options for item in named if isinstance(item, dict) for name, options in item.items()}
    names = [next(iter(item)) if isinstance(item, dict) else item for item in named]
    return str(Markdown(extensions=names, extension_configs=settings).convert(body))


class _Loader(yaml.SafeLoader):
    """Reads mkdocs.yml without caring for what MkDocs alone understands."""


_Loader.add_multi_constructor("!", lambda *_: None)


AWKWARD = [
    "a *b* _c_",
    "`x` & <b>y</b>",
    "1. one",
    "# hash #",
    "[l](x) ![i](y)",
    "a {: .b }",
    "back\\slash",
    "\"q\" 'a'",
]


@pytest.mark.parametrize("title", AWKWARD)
def test_titles_are_shown_as_they_are(title: str) -> None:
    page = html(page_of(deck(slide(1, title), title=title), files=()))

    shown = [re.sub(r"<[^>]+>", "", text) for text in re.findall(r"<h[12][^>]*>(.*?)<a class=.headerlink", page)]
    escaped = title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert [f"Slides: {escaped}", escaped] == [text.replace("&quot;", '"') for text in shown]


@pytest.mark.parametrize("title", [*AWKWARD, "a\nb: c"])
def test_titles_cannot_break_the_front_matter(title: str) -> None:
    line = page_of(deck(slide(1, "x"), title=title)).splitlines()[1]

    assert line.startswith("title: ")
    assert f"Slides: {' '.join(title.split())}" == unescape(json.loads(line.removeprefix("title: ")))


def test_what_goes_into_a_template_is_html() -> None:
    page = page_of(deck(slide(1, "x"), title='</title><script>"'))
    matter = yaml.safe_load(page.split("---\n")[1])

    for name in ("title", "og_title", "og_image_alt"):
        assert "&lt;/title&gt;&lt;script&gt;&quot;" in matter[name]
        assert not re.search('[<>"]', matter[name])


def test_notes_are_markdown_and_their_html_is_shown() -> None:
    note = "**Say:** <script>alert(1)</script>\n\n- one\n- two\n\n| a |\n|---|\n| b |"

    page = html(pages.notes_page(deck(slide(1, "One", notes=(note, "and more"))), links={}))

    assert "<strong>Say:</strong> &lt;script&gt;" in page
    assert "<li>one</li>" in page
    assert "<td>b</td>" in page
    assert "<p>and more</p>" in page


def test_code_that_a_slide_shows_begins_none_of_the_page() -> None:
    assert "a ``b &#96;&#96;&#96;&#96; c ~~ &#126;&#126;&#126;" == pages.without_fences("a ``b ```` c ~~ ~~~")
    assert "<code>&#9;a\n&#9;b</code>" == pages.without_fences("<code>\ta\n\tb</code>")


@pytest.mark.parametrize("sign", ["\x7f", "\x92", "\ufffe"])
def test_a_sign_that_yaml_wants_written_otherwise_does_no_harm_in_a_title(sign: str) -> None:
    _, title, *_ = pages.head(f"Don{sign}t", "")

    assert {"title": f"Don{sign}t"} == yaml.safe_load(title)


def test_minutes_and_start_times_add_up() -> None:
    slides = [slide(n, f"Slide {n}", minutes=minutes) for n, minutes in enumerate([1, 2.5, 1], 1)]

    page = pages.notes_page(deck(*slides), links={})

    assert "(3 slides, 4.5 minutes)" in page
    assert ["0:00", "0:01", "0:03:30"] == re.findall(r"starts at ([\d:]+)", page)
    assert "Slide 1 of 3 · 1 minute · " in page


def test_a_deck_without_minutes_names_none() -> None:
    assert "minute" not in pages.notes_page(deck(slide(1, "x", notes=("n",))), links={}).split("\n", 5)[5]


def test_a_deck_without_notes_offers_none() -> None:
    page = page_of(deck(slide(1, "x"), slide(2, "y", notes=("",))))

    assert "facilitate/" not in page
    assert "notes.md" not in page
    assert "slides.pdf" in page


def test_names_become_addresses() -> None:
    page = pages.deck_list([deck(slide(1, "x"), name="größer & <besser>")])

    assert "href='gr%C3%B6%C3%9Fer%20%26%20%3Cbesser%3E/'" in page


def test_the_notes_file_keeps_the_notes_as_written() -> None:
    note = "**Aim:** x\n\n    code"

    text = pages.notes_file(deck(slide(1, "One", notes=(note, "two"), minutes=2), slide(2, "")), links={})

    assert f"# A talk\n\n## 1. One (2 minutes)\n\n{note}\n\ntwo\n\n## 2. Slide without a heading\n" == text


def test_the_notes_file_of_a_spanish_deck_is_labelled_in_spanish() -> None:
    spanish = replace(deck(slide(1, "Uno", notes=("a",), minutes=1), slide(2, "", minutes=2)), lang="es")

    text = pages.notes_file(spanish, links={})

    assert "# A talk\n\n## 1. Uno (1 minuto)\n\na\n\n## 2. Diapositiva sin título (2 minutos)\n" == text


def test_pages_say_which_words_are_in_the_decks_language() -> None:
    spanish = replace(deck(slide(1, "Uno", notes=("dicho",)), slide(2, ""), title="Charla"), lang="es")

    def marked(page: str) -> list[str]:
        tree = LexborHTMLParser(html(page))
        return [node.text(strip=True) for node in tree.css("h2 > [lang=es][dir=auto], .slide__note[lang=es][dir=auto]")]

    assert ["Charla"] == marked(pages.deck_list([spanish]))
    assert ["Uno"] == marked(page_of(spanish))
    assert ["Uno", "dicho"] == marked(pages.notes_page(spanish, links={}))


def test_links_of_the_notes_file_lead_where_its_folder_has_them() -> None:
    links = {"docs/resources.md": "../../resources/", "docs/ä b.md": "../../%C3%A4%20b/"}
    note = (
        "[a](../../docs/resources.md#x 'T') [b](#2) [c](slides.pdf) ../../docs/resources.md [d][e]"
        " [f](<../../docs/ä b.md>) [g](https://x.example/)\n\n[e]: ../../docs/resources.md"
    )

    text = pages.notes_file(deck(slide(1, "One", notes=(note,))), links=links)

    assert (
        "[a](../../resources/#x 'T') [b](slides.html#2) [c](slides.pdf) ../../docs/resources.md [d][e]"
        " [f](<../../%C3%A4%20b/>) [g](https://x.example/)\n\n[e]: ../../resources/\n"
    ) in text


def test_the_notes_file_asks_for_nothing_and_runs_nothing() -> None:
    first = "![t](https://tracker.example/p.png): seen <script src='https://a.example/b.js'></script>\n\n```"
    second = "```\n<img src=x onerror=alert(1)>\n\n![p]\n\n[p]: plan.png"
    title = "`<div>` & <img src=x> &lt; ![x](https://a.example/)"

    text = pages.notes_file(deck(slide(1, title, notes=(first, second)), title="<b>*A*</b>"), links={})

    tree = LexborHTMLParser(MarkdownIt("commonmark").render(text))
    assert [] == tree.css("img, script, b, em, a")
    assert ["<b>*A*</b>", f"1. {title}"] == [node.text() for node in tree.css("h1, h2")]
    assert "[t]: seen <script src='https://a.example/b.js'></script>" in [node.text() for node in tree.css("p")]


def test_links_in_notes_lead_where_they_lead_on_the_slide() -> None:
    links = {"docs/resources.md": "../../resources/"}
    note = "[a](../../docs/resources.md#x) [b](#2) [c](slides.pdf) [d](https://x.example/) ![picture](a.png)"

    page = pages.notes_page(deck(slide(1, "One", notes=(note,))), links=links)

    found = re.findall(r'<a href="([^"]*)">', page)
    folder = "../../decks/talk/"
    assert ["../../resources/#x", f"{folder}slides.html#2", f"{folder}slides.pdf", "https://x.example/"] == found
    assert "[picture]" in page


def test_only_files_that_were_made_are_offered_with_their_sizes() -> None:
    sizes = {"slides.pdf": 71_499, "handout-2.pdf": 1, "slides.pptx": 2_340_000, "og.png": 5, "unknown.xyz": 5}
    page = html(pages.deck_page(deck(slide(1, "x", notes=("n",))), files=sizes, source=""))

    offered = LexborHTMLParser(page).css("ul.downloads li")
    assert [
        ("slides.pdf", "PDF, 71 KB"),
        ("slides.pptx", "PPTX, 2.3 MB"),
        ("handout-2.pdf", "PDF, 1 KB"),
    ] == [(item.css("a")[0].attributes["href"], item.css(".downloads__facts")[0].text()) for item in offered]


def test_sizes_that_are_not_known_yet_are_said_later() -> None:
    sizes = {"slides.pdf": 71_499, "slides.pptx": 2_340_000, "handout.pdf": 1, "notes.md": 999_500}
    read = deck(slide(1, "x", notes=("n",)))
    early = pages.deck_page(read, files=dict.fromkeys(sizes), source="")

    assert not re.search("[0-9] [KM]B", early)
    assert pages.deck_page(read, files=sizes, source="") == pages.with_sizes(early, sizes)


def test_without_files_there_is_no_list_of_downloads() -> None:
    assert "downloads" not in page_of(deck(slide(1, "x")), files=()).lower()


def test_a_slide_leads_to_its_line_of_the_source() -> None:
    page = html(page_of(deck(slide(1, "x"))))

    assert "<a href='source/#__span-0-1'>deck.md, line 1</a>" in page


def test_a_line_that_the_source_does_not_have_gets_no_anchor() -> None:
    page = html(pages.deck_page(deck(replace(slide(1, "x"), line=4)), files={}, source="# One\n\nTwo\n"))

    assert "<a href='source/'>deck.md, line 4</a>" in page


AWKWARD_SOURCES = {
    "nothing": "",
    "blank lines around": "\n\n\nx\n\n\n",
    "front matter": "---\ntitle: x\n---\n\n# One\n",
    "fences": "````md\n```\n~~~~~\n````\n``````{ .x }\n``````\n",
    "comments and tags": "<!-- a\n\nb -->\n</code></pre></div>\n<script>alert(1)</script>\n&amp;&lt;\n",
    "tabs": "\ta\tb\n a\t\n",
    "line ends": "a\r\nb\rc\n\r\nd",
    "other separators": "a\x0cb\n\x0b\u2028c\x85d\n\x1ce\n",
    "attributes and references": "# a { #b }\n[x]: y\n[^1]: z\n*[a]: b\n!!! note\n    x\n",
    "long": "# x\n\n- a `b` **c** <!-- n -->\n\n---\n" * 1000,
}


@pytest.mark.parametrize("source", AWKWARD_SOURCES.values(), ids=AWKWARD_SOURCES)
def test_the_source_is_shown_as_it_is_line_by_line(source: str) -> None:
    page = html(pages.source_page(deck(slide(1, "x")), source))

    lines = LexborHTMLParser(page).css("[id^='__span-0-']")
    expected = re.split("\r\n|\r|\n", re.sub("(\r\n|\r|\n)\\Z", "", source))
    assert expected == [line.text(deep=True).removesuffix("\n") for line in lines]
    assert [f"__span-0-{number}" for number in range(1, len(lines) + 1)] == [line.attributes["id"] for line in lines]


def test_the_source_cannot_reach_what_the_page_keeps_for_itself() -> None:
    page = html(pages.source_page(deck(slide(1, "x")), "\x02wzxhzdk:0\x03 x\n"))

    assert "\ufffdwzxhzdk:0\ufffd x" in LexborHTMLParser(page).css("#__span-0-1")[0].text()
