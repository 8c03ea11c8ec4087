"""The Deck contract: lines, keys, minutes, images and links of decks written for the purpose."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from textwrap import dedent

import pytest

from pipeline import deck, decks, links, marp
from pipeline.deck import Deck, Image, Link
from pipeline.toolchain import Tools
from tests.conftest import FIXTURES, told

Read = Callable[..., tuple[Deck, list[str], str]]


@pytest.fixture
def read(tmp_path: Path, tools: Tools, worker: marp.Worker) -> Read:
    """Write a deck, render it, read it back: the deck, the problems as text, and Marp's HTML."""

    def render(markdown: str, *, links: dict[str, str] | None = None, lang: str = "en") -> tuple[Deck, list[str], str]:
        path = tmp_path / "deck.md"
        path.write_text(dedent(markdown).lstrip("\n"), encoding="utf-8")
        source = decks.Source("deck", path, tmp_path, "deck.md", path.read_text(encoding="utf-8"))
        if lang == "en":
            rendered = worker.render(source, lang="en", links=links or {}, generated={})
        else:  # which is settled when Marp starts
            [answer] = marp.render([source], tools=tools, lang=lang, links=links or {}, formats=("html",))
            assert isinstance(answer, marp.Rendered)
            rendered = answer
        result, problems = deck.read(rendered.html, name="deck", source="deck.md")
        return result, [told(p) for p in (*rendered.problems, *problems)], rendered.html

    return render


def test_a_slide_stands_at_its_first_content_not_at_its_ruler_or_comment(read: Read) -> None:
    result, _, _ = read("""
        ---
        title: Lines
        ---
        <!-- _class: lead -->

        # One

        ---


        <!-- a note first -->
        Two

        ---

        ![bg](data:image/gif;base64,R0lGODlhAQABAAAAACw=)

        # Three

        ---
        """)

    assert [6, 12, 16, 20] == [slide.line for slide in result.slides]


def test_keys_and_minutes_come_from_directives_and_are_no_notes(read: Read) -> None:
    result, problems, _ = read("""
        <!-- _slideKey: start -->
        <!-- _slideMinutes: 2.5 -->
        <!-- key: not a directive, so a note -->
        # One

        ---
        # Two *words*, one "slug"
        ---
        text
        """)

    assert ["start", "two-words-one-slug", "slide-3"] == [slide.key for slide in result.slides]
    assert [2.5, None, None] == [slide.minutes for slide in result.slides]
    assert ("key: not a directive, so a note",) == result.slides[0].notes
    assert [] == problems


def test_addresses_that_headings_had_may_be_kept(read: Read) -> None:
    result, problems, _ = read(
        "<!-- _slideKey: third überblick my_variable -->\n# Third\n\n---\n\n<!-- _slideKey: öl-1 обзор -->\n# Öl\n"
    )

    assert [] == problems
    assert [("third", "überblick", "my_variable"), ("öl-1", "обзор")] == [
        (slide.key, *slide.former) for slide in result.slides
    ]


def test_a_heading_in_a_header_is_no_title(read: Read) -> None:
    result, _, _ = read("---\nheader: '<h2>Acme</h2>'\n---\n\n# One\n\n---\n\nWords\n")

    assert [("One", "one"), ("", "slide-2")] == [(slide.title, slide.key) for slide in result.slides]


def test_headings_that_repeat_get_keys_of_their_own(read: Read) -> None:
    result, _, _ = read("# Agenda\n\n---\n\n# Agenda\n\n---\n\n<!-- _slideKey: agenda -->\n# Other\n")

    assert ["agenda-1", "agenda-2", "agenda"] == [slide.key for slide in result.slides]


@pytest.mark.parametrize(
    ("directives", "message"),
    [
        ("<!-- _slideMinutes: soon -->", "deck.md:1: slideMinutes is 'soon'"),
        ("<!-- _slideMinutes: -1 -->", "deck.md:1: slideMinutes is '-1'"),
        ("<!-- _slideMinutes: -0 -->", "deck.md:1: slideMinutes is '-0'"),
        ("<!-- _slideMinutes: 1_0 -->", "deck.md:1: slideMinutes is '1_0'"),
        ("<!-- _slideMinutes: 0.001 -->", "deck.md:1: slideMinutes is '0.001'"),
        ("<!-- _slideKey: Big -->", "deck.md:1: slideKey is 'Big', which is no good address"),
        ("<!-- _slideKey: plan No/way -->", "deck.md:1: slideKey is 'No/way', which is no good address"),
        ("<!-- _slideKey: überblick -->", "deck.md:1: slideKey is 'überblick', which is no good address"),
        ("<!-- _slideKey: plan Big -->", "deck.md:1: slideKey is 'Big', which is no good address"),
        ("<!-- _slideKey: '' -->", "deck.md:1: slideKey is '', which is no good address"),
        ("<!-- _slideKey: 12 -->", "deck.md:1: slideKey is '12', which reads as a slide's number; add a letter"),
        ("<!-- _slideKey: plan 007 -->", "deck.md:1: slideKey is '007', which reads as a slide's number; add a letter"),
        ("<!-- _slideKey: plan plan -->", "deck.md:1: slideKey 'plan' is taken by slide 1"),
        ("<!-- slideKey: all -->", "deck.md:1: slideKey 'all' is taken by slide 1"),
    ],
)
def test_bad_keys_and_minutes_are_named(read: Read, directives: str, message: str) -> None:
    _, problems, _ = read(f"{directives}\n# One\n---\n# Two\n")

    assert any(problem.startswith(message) for problem in problems), problems


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# <!-- fit --> Hello *all* of `you`", "Hello all of you"),
        ("# :rocket: Launch of ~~old~~ [new][r]\n\n[r]: https://a.example/", "🚀 Launch of old new"),
        ("# ![w:40 A sun](a.png) After $E=m$", "After E=m"),
        ("# The <more>, the <b>better</b>", "The &lt;more&gt;, the better"),
        ("### Conference 2026\n\n# The *real* cost", "The real cost"),
        ("---\ntitle: A *title*\n---\n# A *title*", "A *title*"),
        ("<!-- title: A *title* -->\n\n# A *title*", "A *title*"),
        ("# ![A sun](a.png)\n\n---\n\n## Real *talk*", "Real talk"),
    ],
)
def test_a_deck_is_called_by_the_words_of_its_heading(read: Read, text: str, title: str) -> None:
    result, _, html = read(f"{text}\n")

    assert unescape(title) == result.title
    assert f"<title>{title}</title>" in html


def test_a_slide_keeps_its_former_names(read: Read) -> None:
    result, problems, _ = read("""
        <!-- _slideKey: plan agenda -->
        # One
        ---
        # Agenda
        """)

    assert [("plan", ("agenda",)), ("agenda-1", ())] == [(slide.key, slide.former) for slide in result.slides]
    assert [] == problems
    assert [["agenda"], None] == [slide.get("former") for slide in json.loads(result.as_json())["slides"]]


@pytest.mark.parametrize("taken", ["plan", "agenda"])
@pytest.mark.parametrize("second", ["{}", "new {}"])
def test_a_key_or_a_former_name_belongs_to_one_slide(read: Read, taken: str, second: str) -> None:
    key = second.format(taken)
    _, problems, _ = read(f"<!-- _slideKey: plan agenda -->\n# One\n\n---\n<!-- _slideKey: {key} -->\n# Two\n")

    [problem] = problems
    assert problem.startswith(f"deck.md:5: slideKey '{taken}' is taken by slide 1;")


def test_a_heading_of_digits_makes_no_key_that_reads_as_a_slides_number(read: Read) -> None:
    result, problems, _ = read("# 2024\n\n---\n\n# 1.5 x\n\n---\n\n# 3!\n")

    assert ["slide-2024", "15-x", "slide-3"] == [slide.key for slide in result.slides]
    assert [] == problems


def test_links_and_images_have_the_line_of_their_block(read: Read) -> None:
    result, problems, html = read(
        """
        # [Home](../index.md)

        - one
        - [two](https://example.org/two)

        | a | b |
        |---|---|
        | 1 | [x](#2) |

        <div>
        <a href="https://example.org/raw">raw</a>
        </div>

        ![A dot](dot.png) ![bg right](none.svg)
        """
    )

    [slide] = result.slides
    assert (
        Link("../index.md", 1, "Home"),
        Link("https://example.org/two", 4, "two"),
        Link("#2", 8, "x"),
        Link("https://example.org/raw", 10, "raw"),
    ) == slide.links
    assert (Image("none.svg", "", 14, is_background=True), Image("dot.png", "A dot", 14)) == slide.images
    assert "deck.md:14: image 'none.svg' does not exist; add the file or correct the path" in problems
    assert 'href="../index.md"' in html


def test_local_images_are_in_the_file_under_the_authors_name(read: Read, tmp_path: Path) -> None:
    (tmp_path / "img").mkdir()
    for name in ("dot.png", "Größe.png"):
        (tmp_path / "img" / name).write_bytes((FIXTURES / "decks/images/dot.png").read_bytes())
    (tmp_path / "img" / "b.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")

    result, problems, html = read("""
        ![A dot](img/dot.png) ![](img/Größe.png) ![bg The back](img/b.svg)

        <img src="img/dot.png" alt="raw">

        ---
        <!-- _backgroundImage: url('img/dot.png') -->
        """)

    assert [] == problems
    assert [("img/b.svg", "The back"), ("img/dot.png", "A dot"), ("img/Größe.png", ""), ("img/dot.png", "raw")] == [
        (image.src, image.alt) for image in result.slides[0].images
    ]
    assert [Image("img/dot.png", "", 5, is_style=True)] == list(result.slides[1].images)
    assert ' src="img/' not in html
    assert "url(&quot;img/" not in html


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("none.png", "does not exist"),
        ("Picture.PNG", "is not there, but 'picture.png' is; use the same case"),
        ("../outside.png", "is outside the deck's project"),
        ("/etc/hostname", "is outside the deck's project"),
        ("link.png", "is outside the deck's project"),
        ("folder", "is a folder"),
        ("notes.txt", "has an ending that is no picture's"),
        ("%00.png", "is not a file name"),
    ],
)
def test_images_that_cannot_be_used_are_named_and_stay_out(
    read: Read, tmp_path: Path, address: str, reason: str
) -> None:
    dot = (FIXTURES / "decks/images/dot.png").read_bytes()
    (tmp_path / "picture.png").write_bytes(dot)
    (tmp_path / "notes.txt").write_text("secret", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    outside = tmp_path.parent / "outside.png"
    outside.write_bytes(dot)
    (tmp_path / "link.png").symlink_to(outside)

    _, problems, html = read(f"# One\n\n![x]({address})\n")

    assert len(problems) == 1
    assert problems[0].startswith(f"deck.md:3: image '{address.replace('%00', chr(92) + 'x00')}' {reason}")
    for content in (dot, b"secret"):
        assert base64.b64encode(content).decode() not in html


def test_what_stands_on_a_later_line_of_its_paragraph_is_told_there(read: Read, tmp_path: Path) -> None:
    text = '# One\n\n![a](one.png)\n![b](two.png)\n<img src="three.png" alt="c">\n[lost](#nowhere)\n[gone](gone.md)\n'
    result, problems, html = read(text)

    assert [(3, "one"), (4, "two"), (5, "three")] == [
        (int(problem.split(":")[1]), problem.split("'")[1].removesuffix(".png")) for problem in problems
    ]
    lost, gone = links.deck_problems(result, html, tmp_path / "deck.md", text)
    assert (6, 7) == (lost.line, gone.line)


@pytest.mark.parametrize(
    ("address", "wrong"),
    [
        ("", "'' leads nowhere; write where it leads"),
        ("https://", "is no address; correct it"),
        ("http:/a.example/", "is no address; correct it"),
        ("htp://a.example/", "is no address; correct it"),
        ("C:/Users/x.docx", "leads to a drive of one machine"),
    ],
)
def test_an_address_that_nobody_can_follow_is_named(read: Read, tmp_path: Path, address: str, wrong: str) -> None:
    text = f"# One\n\n[a]({address}) [b](https://b.example/) [c](mailto:c@c.example) [d](vscode://e/f) [g](#one)\n"
    result, _, html = read(text)

    [problem] = links.deck_problems(result, html, tmp_path / "deck.md", text)

    assert wrong in problem.message


def test_pictures_of_a_style_for_several_screens_are_in_the_file(read: Read, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(name.encode())
    _, problems, html = read(
        """
        <style>
        p { background: image-set("a.png" 1x, url(b.png) 2x, 'none.png' type("image/png") 3x) }
        </style>

        words
        """
    )

    said = "file 'none.png', which a style asks for, does not exist; add the file or correct the path"
    assert [said] == [problem.split(": ", 1)[1] for problem in problems]
    a, b = (f"data:image/png;base64,{base64.b64encode(name.encode()).decode()}" for name in ("a.png", "b.png"))
    assert f'image-set(url("{a}") 1x, url("{b}") 2x, url(\'none.png\') type("image/png") 3x)' in html


def test_sounds_films_and_old_fonts_are_in_the_file(read: Read, tmp_path: Path) -> None:
    for name in ("jingle.m4a", "film.m4v", "old.eot", "film.mov"):
        (tmp_path / name).write_bytes(name.encode())
    _, problems, html = read(
        """
        <style>
        @font-face { font-family: Old; src: url('old.eot?#iefix') format('embedded-opentype') }
        </style>

        <audio src="jingle.m4a"></audio>
        <video src="film.m4v"></video>
        <video src="film.mov"></video>
        """
    )

    ending = "has an ending that not every browser plays (.mov); use MP4, WebM or MP3"
    assert [f"deck.md:7: file 'film.mov' {ending}"] == problems
    for kind, name in (
        ("audio/mp4", "jingle.m4a"),
        ("video/mp4", "film.m4v"),
        ("application/vnd.ms-fontobject", "old.eot"),
    ):
        assert f"data:{kind};base64,{base64.b64encode(name.encode()).decode()}" in html


def test_a_name_whose_accents_are_written_otherwise_is_told(read: Read, tmp_path: Path) -> None:
    (tmp_path / "cafe\u0301.png").write_bytes(b"")

    _, [problem], _ = read("![a](caf\u00e9.png)\n")

    reason = "is written on disk with other signs for its accents; rename the file to what stands here"
    assert f"deck.md:1: image 'caf\u00e9.png' {reason}" == problem


def test_a_part_of_a_drawing_stays_that_part(read: Read, tmp_path: Path) -> None:
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path id="star" d="M0 0"/></svg>'
    (tmp_path / "icons.svg").write_text(drawing, encoding="utf-8")

    result, problems, html = read(
        """
        ![A star](icons.svg#star) ![bg A home](icons.svg#home)

        <style scoped>
        p { background: url("icons.svg#star") }
        </style>
        """
    )

    assert [] == problems
    data = f"data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}"
    assert f'src="{data}#star" alt="A star"' in html
    assert f"url(&quot;{data}#home&quot;)" in html
    assert f'url("{data}#star")' in html
    assert ["icons.svg"] == [figure.name for figure in result.figures]
    assert re.findall(r'src="([^"]*)"', result.slides[0].body) == ["figures/icons.svg#star", "figures/icons.svg#home"]


def test_links_to_sources_lead_to_what_is_published(read: Read) -> None:
    result, _, html = read(
        "[r](../../docs/resources.md#books) [d](./other.md?x=1)\n",
        links={"docs/resources.md": "../../resources/", "other.md": "../other/"},
    )

    assert '<a href="../other/?x=1" data-href="./other.md?x=1">' in html
    assert ["../../docs/resources.md#books", "./other.md?x=1"] == [link.href for link in result.slides[0].links]


def test_a_link_may_be_named_as_anything_is_in_javascript(read: Read) -> None:
    result, _, html = read("[c](constructor) [p](__proto__)\n", links={"a.md": "../a/"})

    assert '<a href="constructor">' in html
    assert ["constructor", "__proto__"] == [link.href for link in result.slides[0].links]


def test_pictures_for_several_screens_need_no_spaces(read: Read, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(name.encode())
    _, problems, html = read('<img src="a.png" srcset="a.png 1x,b.png 2x" alt="a">\n')

    assert [] == problems
    assert 2 <= html.count("data:image/png;base64,YS5wbmc=") and "data:image/png;base64,Yi5wbmc= 2x" in html


def test_pictures_for_several_screens_are_in_the_file_too(read: Read, tmp_path: Path) -> None:
    (tmp_path / "dot.png").write_bytes((FIXTURES / "decks/images/dot.png").read_bytes())

    _, problems, html = read('<img src="dot.png" srcset="dot.png 1x, none.png 2x" alt="x">\n')

    assert ["deck.md:1: image 'none.png' does not exist; add the file or correct the path"] == problems
    assert 2 == html.count(base64.b64encode((tmp_path / "dot.png").read_bytes()).decode())


def test_what_is_closed_is_not_read_on_the_slide(read: Read) -> None:
    result, _, _ = read("# A\n\n<details><summary>More</summary>Hidden words</details>\n\nafter\n")

    assert "A More after" == result.slides[0].text
    assert "Hidden words" in result.slides[0].body


def test_the_language_is_the_decks_else_the_sites_never_the_machines(read: Read) -> None:
    assert "de" == read("# A\n", lang="de")[0].lang
    assert "fr" == read("---\nlang: fr\n---\n# A\n", lang="de")[0].lang


def test_scoped_styles_give_the_same_bytes_each_time(read: Read) -> None:
    markdown = "<style scoped>h1 { color: red }</style>\n\n# A\n\n---\n<style scoped>h1 { color: blue }</style>\n# B\n"

    assert read(markdown)[2] == read(markdown)[2]


@pytest.mark.parametrize(
    ("markdown", "message"),
    [
        ('---\ntitle: A\nauthor: "x\n---\n# A\n', "deck.md:3: front matter is not valid YAML"),
        ("---\nmarp: true\n\tpaginate: true\n---\n# A\n", "deck.md:3: front matter is not valid YAML"),
        ("---\ntheme: nosuch\n---\n# A\n", "deck.md:2: theme 'nosuch' does not exist; known themes are"),
        ("# A\n\n<!-- theme: nosuch -->\n", "deck.md:3: theme 'nosuch' does not exist"),
        ("---\n# A\n---\n# B\n", "deck.md:2: front matter has no 'key: value' lines"),
    ],
)
def test_what_marp_drops_without_a_word_is_said(read: Read, markdown: str, message: str) -> None:
    _, problems, _ = read(markdown)

    assert [problem[: len(message)] for problem in problems] == [message]


@pytest.mark.parametrize(("written", "title"), [("Foo: bar", "Foo: bar"), ("a # b", "a # b"), ("[x]", "A")])
def test_front_matter_that_marp_reads_loosely_is_no_problem(read: Read, written: str, title: str) -> None:
    result, problems, _ = read(f"---\ntitle: {written}\nheader: a: b\n---\n# A\n")

    assert [] == problems
    assert title == result.title


def test_deck_json_has_the_documented_shape(read: Read) -> None:
    result, _, _ = read("---\ntitle: T\nlang: en-AU\n---\n# A\n\n<!-- note -->\n\n[l](https://example.org/)\n")

    assert {
        "deck": "deck",
        "title": "T",
        "lang": "en-AU",
        "source": "deck.md",
        "slides": [
            {
                "number": 1,
                "key": "a",
                "title": "A",
                "line": 5,
                "minutes": None,
                "notes": ["note"],
                "links": [{"href": "https://example.org/", "line": 9}],
                "images": [],
            }
        ],
    } == json.loads(result.as_json())


def test_the_reading_view_keeps_words_and_links_and_drops_the_rest(read: Read) -> None:
    result, _, _ = read("""
        ---
        header: On every slide
        ---
        # Title

        <div class="columns other">
        <div class="other">

        - **bold** & [link](#2)
        - ![A picture](none.png)

        </div>
        </div>
        """)

    [slide] = result.slides
    assert "Title bold & link" == slide.text
    assert '<strong>bold</strong> &amp; <a href="slides.html#2">link</a>' in slide.body
    assert "<em>[A picture]</em>" in slide.body
    assert ['class="reading-columns"'] == re.findall(r'class="[^"]*"', slide.body)
    assert not any(gone in slide.body for gone in ("data-", "On every slide", "Title"))


def test_the_reading_view_keeps_what_an_order_or_a_table_means(read: Read) -> None:
    result, _, _ = read("""
        # Title

        ### Below it

        5. five
        6. six

        | a | b |
        |---|--:|
        |   | 1 |

        ```python
        def f():

            return 1
        ```

        <table><tr><td colspan="2">wide</td></tr></table>
        <details><summary>More</summary>Hidden words</details>
        """)

    body = result.slides[0].body
    assert "<h3>Below it</h3>" in body
    assert '<ol start="5">' in body
    assert '<td></td>\n<td class="reading-right">1</td>' in body
    assert "<pre><code>def f():\n\n    return 1\n</code></pre>" in body
    assert '<td colspan="2">wide</td>' in body
    assert "<details><summary>More</summary>Hidden words</details>" in body


def test_nothing_that_acts_reaches_the_reading_view(read: Read, tmp_path: Path) -> None:
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script><path d="M0 0"/></svg>'
    )
    (tmp_path / "evil.svg").write_text(drawing, encoding="utf-8")

    result, _, _ = read("""
        # Title

        <style scoped>p { color: red }</style>
        <script>alert(1)</script>
        <p id="here" class="md-overlay" onclick="alert(1)" style="color: red">words</p>
        <a href="javascript:alert(1)">one</a> <a href="vbscript:x" id="a">two</a> <iframe src="https://x.example/"></iframe>

        ![Evil](evil.svg) ![Remote](https://example.org/picture.png)
        """)

    body = result.slides[0].body
    assert "words" in body
    assert re.search(r"one\s+two", body)
    assert "<em>[Remote]</em>" in body
    assert {"class", "src", "loading", "alt"} == set(re.findall(r'([\w-]+)="', body))
    assert {"reading-figure reading-figure--clear"} == set(re.findall(r'class="([^"]*)"', body))
    assert b"script" not in result.figures[0].data
    assert b"onload" not in result.figures[0].data


def test_the_figures_of_a_deck_are_files_beside_its_page(read: Read, tmp_path: Path) -> None:
    dot = (FIXTURES / "decks/images/dot.png").read_bytes()
    for name in ("one/Größe 1.png", "two.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(dot)
    for name, color in (("a/shape.svg", "red"), ("b/shape.svg", "blue")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        drawing = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 90"><path fill="{color}" d="M0 0"/></svg>'
        (tmp_path / name).write_text(drawing, encoding="utf-8")

    result, problems, _ = read("""
        # ![w:80 Logo](a/shape.svg) Title

        ![A "dot"](<one/Größe 1.png>) ![The same](two.png)

        ![bg right The back](b/shape.svg) ![bg](one/../two.png)
        """)

    assert [] == problems
    assert ["shape.svg", "grosse-1.png", "shape-2.svg"] == [figure.name for figure in result.figures]
    assert dot == result.figures[1].data
    found = re.findall(
        r'src="figures/([^"]+)" width="(\d+)" height="(\d+)" loading="lazy" alt="([^"]*)"', result.slides[0].body
    )
    assert [
        ("shape.svg", "80", "45", "Logo"),
        ("grosse-1.png", "16", "16", "A &quot;dot&quot;"),
        ("grosse-1.png", "16", "16", "The same"),
        ("shape-2.svg", "160", "90", "The back"),
    ] == found


def test_an_author_may_use_the_class_names_of_marp_and_katex(read: Read) -> None:
    html = '<div class="bespoke-marp-note">x</div>\n\n<b class="katex-error" title="y">z</b>'
    result, problems, _ = read(f"# One\n\n{html}\n\n<!-- A note. -->\n")

    assert [] == problems
    assert ("A note.",) == result.slides[0].notes


def test_formulas_are_figures_that_can_be_read_aloud(read: Read) -> None:
    result, _, _ = read("# Title\n\nAs $E = mc^2$ says\n")

    assert 'alt="Formula: E = m c 2"' in result.slides[0].body
    assert ["formula.svg"] == [figure.name for figure in result.figures]


def test_a_formula_in_a_heading_is_part_of_the_title(read: Read) -> None:
    result, problems, _ = read("## The $n$th of $x^2$\n\n---\n\n# $E = mc^2$\n\nwords\n")

    assert [] == problems
    assert ["The nth of x 2", "E = m c 2"] == [slide.title for slide in result.slides]
    assert ["the-th-of", "slide-2"] == [slide.key for slide in result.slides]  # addresses stay what they were
    assert ["The th of", "words"] == [slide.text for slide in result.slides]
    assert 'alt="Formula: n"' in result.slides[0].body
    assert 'alt="Formula: E = m c 2"' in result.slides[1].body


def test_formulas_in_mathml_stay_formulas(read: Read) -> None:
    result, _, _ = read("---\nmath: katex\n---\n# Title\n\nAs $c^2$ says\n")

    formula = "<math><semantics><mrow><msup><mi>c</mi><mn>2</mn></msup></mrow></semantics></math>"
    assert f"<p>As {formula} says</p>" == result.slides[0].body


@pytest.mark.parametrize("library", ["mathjax", "katex"])
def test_a_formula_that_cannot_be_set_is_named_at_its_line(library: str, read: Read) -> None:
    front = f"---\nmath: {library}\n---\n"
    _, problems, _ = read(front + "# Half $\\frac12$\n\n$$\n\\frac{1}{\n$$\n\nAnd $\\nope$, and $\\color{red} x$\n")

    cut, unknown = dict.fromkeys(problems)
    assert cut.startswith("deck.md:6: slide 1: a formula cannot be set: ")
    assert "deck.md:10: slide 1: a formula has '\\nope', which is no command; correct it" == unknown


@pytest.mark.parametrize("image", ["![A loaf]()", '<img src="" alt="A loaf">', '<img alt="A loaf">'])
def test_an_image_without_an_address_is_named(image: str, read: Read) -> None:
    _, problems, _ = read(f"# One\n\n{image}\n")

    advice = "write ![what it shows](file.png), or remove it"
    assert [f"deck.md:3: slide 1: an image has no address; {advice}"] == problems
