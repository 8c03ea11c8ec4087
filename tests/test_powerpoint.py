"""The PowerPoint files, read back as somebody hears and clicks them; that PowerPoint itself opens them is not tried."""

from __future__ import annotations

import io
import json
import posixpath
import re
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pikepdf
import pptx
import pytest
from PIL import Image, ImageChops
from pptx.enum.shapes import MSO_SHAPE_TYPE
from pptx.oxml.ns import qn

from pipeline import artifacts, checks, decks, notes, pdf, powerpoint
from pipeline.artifacts import Made
from pipeline.deck import Deck, Slide
from pipeline.toolchain import Tools
from tests.conftest import FIXTURES, ROOT, Project, told

DECKS = sorted(path.parent.name for path in (ROOT / "slides").glob("*/deck.md"))

DECK = r"""---
marp: true
theme: default
size: 4:3
title: Titel
description: Beschreibung
author: Jane Doe
keywords: eins, zwei
lang: de
---

# One & "two" 🎉

A [described link](https://a.example/x) and [zwei](#2), <https://user@odd.example:81/a?q=1&r=2#f>, [up](../b.html).

<!--
**Bold *both*** and ~~gone~~ `code` [there](https://note.example/), [bad](http://[x), [rel](notes.md)
too

- one
  - nested
- two

3. three
4. four

hard\
break
-->
<!-- Lastly: questions. -->

---

![bg right A box](shape.svg)

Words first ![A figure](shape.svg) then<br>more.

---

# عنوان

<!-- ملاحظة **مهمة** here -->
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, tools: Tools) -> Made:
    path = tmp_path_factory.mktemp("deck") / "deck.md"
    path.write_text(DECK, encoding="utf-8")
    shutil.copy(FIXTURES / "decks/images/shape.svg", path.parent)
    [result], _ = artifacts.make([decks.open_file(path, "talk")], tools=tools, lang="en", links={}, base="")
    return result


@pytest.fixture(scope="module")
def content(made: Made) -> bytes:
    return powerpoint.make(made.deck, made.pdf, time=1_000_000_000)


@pytest.fixture(scope="module")
def shown(content: bytes) -> Any:
    return pptx.Presentation(io.BytesIO(content))


def description(shape: Any) -> str:
    return str(shape.element._nvXxPr.cNvPr.get("descr", ""))


def lines(slide: Any) -> list[Any]:
    return list(slide.notes_slide.notes_text_frame.paragraphs)


@pytest.mark.parametrize("name", DECKS)
def test_the_published_file_has_every_title_picture_and_note(name: str, site: Path) -> None:
    folder = site / "decks" / name
    slides = json.loads((folder / "deck.json").read_text(encoding="utf-8"))["slides"]
    presentation = pptx.Presentation(str(folder / "slides.pptx"))

    assert [slide["title"] for slide in slides] == [slide.shapes.title.text for slide in presentation.slides]
    for slide, found in zip(slides, presentation.slides, strict=True):
        [picture] = [shape for shape in found.shapes if shape.shape_type == MSO_SHAPE_TYPE.PICTURE]
        assert description(picture)
        said = "".join(line.text for line in lines(found)) if found.has_notes_slide else ""
        for note in slide["notes"]:
            for word in re.findall(r"\w+", notes.as_text(note)):
                assert word in said


def test_the_title_is_read_first_and_lies_behind_the_picture(shown: Any) -> None:
    size = (shown.slide_width, shown.slide_height)
    for slide in shown.slides:
        title, picture = list(slide.shapes)[:2]
        assert title == slide.shapes.title
        assert (0, 0, *size) == (picture.left, picture.top, picture.width, picture.height)
        assert title.left >= 0
        assert title.top >= 0
        assert title.left + title.width <= size[0]
        assert title.top + title.height <= size[1]
        assert "RGB" == Image.open(io.BytesIO(picture.image.blob)).mode  # nothing shines through

    assert ['One & "two" 🎉', "Slide 2", "عنوان"] == [slide.shapes.title.text for slide in shown.slides]


def test_slides_and_pictures_have_the_shape_of_the_deck(shown: Any) -> None:
    assert (9_144_000, 6_858_000) == (shown.slide_width, shown.slide_height)
    assert {(2560, 1920)} == {slide.shapes[1].image.size for slide in shown.slides}
    assert "type" not in shown.element.sldSz.attrib


def test_pictures_are_those_of_the_pdf(made: Made, shown: Any) -> None:
    for slide, picture in zip(shown.slides, pdf.pictures(made.pdf, powerpoint.PICTURE_SIDE), strict=True):
        assert picture.tobytes() == Image.open(io.BytesIO(slide.shapes[1].image.blob)).tobytes()


def test_the_picture_says_the_words_of_the_slide_in_order(shown: Any) -> None:
    one, two, three = (description(slide.shapes[1]) for slide in shown.slides)

    assert one.startswith("A described link and zwei, https://user@odd.example:81/")
    assert "Words first [A figure] then more. [A box]" == two
    assert "عنوان" == three  # a picture without a description would count as forgotten


def test_a_long_text_is_cut_between_words(made: Made) -> None:
    words = " ".join(f"word{number}" for number in range(1000))
    slides = [replace(made.deck.slides[0], body=f"<p>{text}</p>") for text in (words, "字" * 5000)]
    deck = replace(made.deck, slides=tuple(slides))

    presentation = pptx.Presentation(io.BytesIO(powerpoint.make(deck, made.pdf, time=0)))

    spaced, solid = (description(slide.shapes[1]) for slide in presentation.slides)
    assert spaced.endswith(" …")
    assert words.startswith(spaced.removesuffix("…"))
    assert powerpoint.LONGEST_ALTERNATIVE - 10 < len(spaced) <= powerpoint.LONGEST_ALTERNATIVE + 2
    assert "字" * powerpoint.LONGEST_ALTERNATIVE + " …" == solid


def test_notes_keep_what_markdown_says(shown: Any) -> None:
    paragraphs = lines(shown.slides[0])

    texts = [paragraph.text for paragraph in paragraphs]
    first = "Bold both and gone code there, bad, rel\vtoo"
    assert [first, "one", "nested", "two", "three", "four", "hard\vbreak", "", "Lastly: questions."] == texts
    looks = {
        run.text: (bool(run.font.bold), bool(run.font.italic), run.font._element.get("strike"), run.font.name)
        for run in paragraphs[0].runs
    }
    assert (True, False, None, "+mn-lt") == looks["Bold "]
    assert (True, True, None, "+mn-lt") == looks["both"]
    assert (False, False, "sngStrike", "+mn-lt") == looks["gone"]
    assert (False, False, None, "Courier New") == looks["code"]
    assert (False, False, None, "+mn-lt") == looks["there"]
    followed = {run.text: run.hyperlink.address for run in paragraphs[0].runs if run.hyperlink.address}
    assert {"there": "https://note.example/"} == followed


def test_lists_in_notes_are_lists(shown: Any) -> None:
    found = []
    for paragraph in lines(shown.slides[0])[1:7]:
        bullet, number = (paragraph._p.pPr.find(qn(tag)) for tag in ("a:buChar", "a:buAutoNum"))
        mark = bullet.get("char") if bullet is not None else number.get("startAt") if number is not None else ""
        found.append((paragraph.text, paragraph.level, int(paragraph._p.pPr.get("marL")) // powerpoint.INDENT, mark))

    assert [
        ("one", 0, 1, "•"),
        ("nested", 1, 2, "•"),
        ("two", 0, 1, "•"),
        ("three", 0, 1, "3"),
        ("four", 0, 1, "4"),
        ("hard\vbreak", 0, 0, ""),
    ] == found


def test_text_from_right_to_left_stands_so(shown: Any) -> None:
    directions = [
        [paragraph._p.pPr is not None and paragraph._p.pPr.get("rtl") == "1" for paragraph in paragraphs]
        for paragraphs in (
            shown.slides[0].shapes.title.text_frame.paragraphs,
            shown.slides[2].shapes.title.text_frame.paragraphs,
            lines(shown.slides[2]),
        )
    ]

    assert [[False], [True], [True]] == directions


def test_slides_without_notes_have_no_page_of_notes(shown: Any) -> None:
    assert [True, False, True] == [slide.has_notes_slide for slide in shown.slides]


def test_pages_of_notes_show_slides_in_their_shape_and_are_known_to_powerpoint(shown: Any) -> None:
    [picture, *_] = [shape for shape in shown.notes_master.placeholders if "Image" in shape.name]

    assert shown.slide_width / shown.slide_height == pytest.approx(picture.width / picture.height, rel=0.001)
    assert 0 <= picture.left < picture.left + picture.width <= 6_858_000
    [entry] = shown.element.find(qn("p:notesMasterIdLst"))
    assert shown.notes_master.part is shown.part.related_part(entry.get(qn("r:id")))


def test_every_run_names_its_language(shown: Any) -> None:
    for slide in shown.slides:
        for part in [slide, *([slide.notes_slide] if slide.has_notes_slide else [])]:
            runs = list(part.element.iter(qn("a:r")))
            assert runs
            assert [["de"]] * len(runs) == [[told.get("lang") for told in run.findall(qn("a:rPr"))] for run in runs]


def test_the_file_says_what_it_is(shown: Any) -> None:
    properties = shown.core_properties

    assert ("Titel", "Beschreibung", "de") == (properties.title, properties.comments, properties.language)
    assert "2001-09-09T01:46:40" == properties.created.isoformat() == properties.modified.isoformat()
    assert ("Jane Doe", "eins,zwei", "") == (properties.author, properties.keywords, properties.last_modified_by)


def test_links_can_be_clicked_where_they_are_seen(made: Made, shown: Any) -> None:
    slide = shown.slides[0]
    areas = {description(shape): shape for shape in list(slide.shapes)[2:]}

    assert {
        "described link": "https://a.example/x",
        "https://user@odd.example:81/a?q=1&r=2#f": "https://user@odd.example:81/a?q=1&r=2#f",
        "up": "../b.html",
    } == {words: shape.click_action.hyperlink.address for words, shape in areas.items() if words != "zwei"}
    assert shown.slides[1].slide_id == areas["zwei"].click_action.target_slide.slide_id
    assert "Link to slide 2: zwei" == areas["zwei"].name
    # Marp's default theme writes links, and nothing else, in a bright blue.
    red, _, blue = next(pdf.pictures(made.pdf, 720)).split()
    bright = ImageChops.subtract(blue, red).point([255 if value > 120 else 0 for value in range(256)])
    assert bright.getbbox()
    for shape in list(slide.shapes)[2:]:
        edges = (shape.left, shape.top, shape.left + shape.width, shape.top + shape.height)
        bright.paste(0, tuple(round(edge / 12_700) for edge in edges))
    assert not bright.getbbox()


def test_places_to_click_are_filled_with_nothing_that_is_seen(shown: Any) -> None:
    link = shown.slides[0].shapes[2]

    fill = link.element.spPr.find(qn("a:solidFill"))
    assert "0" == fill.find(f".//{qn('a:alpha')}").get("val")
    assert link.element.spPr.find(qn("a:ln")).find(qn("a:noFill")) is not None
    assert link.element.find(qn("p:style")) is None


@pytest.mark.parametrize(
    ("address", "followed"),
    [
        ("https://a.example", True),
        ("http://a.example:80/?x#y", True),
        ("mailto:a@b.example", True),
        ("../a/b%20c.html?x=http://y#z", True),
        ("notes.md", True),
        ("", False),
        ("javascript:alert(1)", False),
        ("file:///etc/passwd", False),
        ("//a.example/", False),
        ("http://%5Bx", False),
        ("https://a.example/ b", False),
        ("https://a.example/" + "x" * 3000, False),
    ],
)
def test_only_addresses_that_powerpoint_takes_are_followed(address: str, followed: bool) -> None:
    assert followed == powerpoint._can_follow(address, relative=True)


def test_the_same_deck_gives_the_same_bytes(made: Made, content: bytes) -> None:
    assert content == powerpoint.make(made.deck, made.pdf, time=1_000_000_000)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {(1980, 1, 1, 0, 0, 0)} == {member.date_time for member in archive.infolist()}


def test_parts_are_well_formed_and_all_are_reached(content: bytes) -> None:
    assert_complete(content)


def assert_complete(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        parts = {name: archive.read(name) for name in names if name.endswith((".xml", ".rels"))}
    assert len(names) == len(set(names))
    reached = {"[Content_Types].xml"}
    for name, part in parts.items():
        root = ElementTree.fromstring(part)
        if not name.endswith(".rels"):
            continue
        reached.add(name)
        folder = posixpath.dirname(posixpath.dirname(name))
        owner = parts.get(posixpath.join(folder, posixpath.basename(name).removesuffix(".rels")), b"").decode()
        for relation in root:
            if relation.get("TargetMode") == "External":
                assert f'r:id="{relation.get("Id")}"' in owner
            else:
                reached.add(posixpath.normpath(posixpath.join("/", folder, relation.attrib["Target"]))[1:])
        assert set(re.findall(r' r:(?:id|embed)="(\w+)"', owner)) <= {relation.get("Id") for relation in root}
    assert set(names) == reached
    types = parts["[Content_Types].xml"].decode()
    assert [] == [name for name in names if f'"/{name}"' not in types and not name.endswith((".png", ".rels"))][1:]


def test_nothing_of_the_template_and_of_this_machine_is_inside(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
        assert not [name for name in archive.namelist() if "printer" in name or "thumbnail" in name]
    for word in (b"Steve", b"python", b"PowerPoint Presentation", b"file://", str(ROOT).encode()):
        assert word not in everything


def test_characters_that_xml_does_not_allow_are_left_out(made: Made) -> None:
    odd = "a\x01\x07\x0b\x1f\ufffe\uffffb"
    first = replace(made.deck.slides[0], title=odd, body=f"<p>{odd}</p>", notes=(odd, f"`{odd}` [x](https://{odd})"))
    deck = Deck(odd, odd, odd, "en", "deck.md", (first, *made.deck.slides[1:]))

    content = powerpoint.make(deck, made.pdf, time=0)

    assert_complete(content)
    [title, said], *_ = powerpoint.read(content)
    assert "ab" == title
    assert "ab" in said
    assert "ab" == pptx.Presentation(io.BytesIO(content)).core_properties.title


@pytest.mark.parametrize(("title", "kept"), [("x" * 300, "x" * 255), ("", "talk")])
def test_the_files_title_is_as_long_as_it_may_be_and_never_empty(made: Made, title: str, kept: str) -> None:
    content = powerpoint.make(replace(made.deck, title=title, slides=made.deck.slides[:1]), made.pdf, time=0)

    assert kept == pptx.Presentation(io.BytesIO(content)).core_properties.title


def plain_pdf(pages: int, size: tuple[int, int]) -> bytes:
    """Empty pages, each with a link to the next."""
    with pikepdf.new() as document:
        for _ in range(pages):
            document.add_blank_page(page_size=size)
        for number, page in enumerate(document.pages):
            goal = pikepdf.Array([document.pages[(number + 1) % pages].obj, pikepdf.Name.Fit])
            rectangle = pikepdf.Array([1, 1, 2, 2])
            link = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=rectangle, Dest=goal)
            page.obj.Annots = pikepdf.Array([document.make_indirect(link)])
        document.save(out := io.BytesIO())
    return out.getvalue()


def plain_deck(count: int) -> Deck:
    slide = Slide(1, "", "T", 1, None, ("- a\n- b",), (), (), "", "")
    return Deck("talk", "", "", "en", "deck.md", tuple(replace(slide, number=n) for n in range(1, count + 1)))


@pytest.mark.parametrize("size", [(14_400, 3_000), (300, 9_000), (1920, 1080), (500, 707), (40, 30)])
def test_pages_of_any_size_fit_powerpoint(size: tuple[int, int]) -> None:
    content = powerpoint.make(plain_deck(2), plain_pdf(2, size), time=0)

    presentation = pptx.Presentation(io.BytesIO(content))
    sides = (presentation.slide_width, presentation.slide_height)
    assert 914_400 <= min(sides) <= max(sides) <= 51_206_400
    assert size[0] / size[1] == pytest.approx(sides[0] / sides[1], rel=0.001)
    for slide in presentation.slides:
        assert sides == (slide.shapes[1].width, slide.shapes[1].height)


@pytest.mark.slow
def test_a_file_of_a_thousand_slides_is_complete() -> None:
    content = powerpoint.make(plain_deck(1000), plain_pdf(1000, (1280, 100)), time=0)

    assert 1000 == len(powerpoint.read(content))
    assert_complete(content)


@pytest.mark.parametrize("lang", [f"en-x{'-abcdefgh' * 40}", "en\x01"])
def test_a_language_that_is_none_is_left_out(made: Made, lang: str) -> None:
    deck = replace(made.deck, lang=lang, slides=made.deck.slides[:1])

    presentation = pptx.Presentation(io.BytesIO(powerpoint.make(deck, made.pdf, time=0)))

    assert "" == presentation.core_properties.language


Rewrite = Callable[[Deck], Deck]


def without_a_title(deck: Deck) -> Deck:
    return replace(deck, slides=(replace(deck.slides[0], title="Other"), *deck.slides[1:]))


def without_a_note(deck: Deck) -> Deck:
    first = deck.slides[0]
    return replace(deck, slides=(replace(first, notes=first.notes[:1]), *deck.slides[1:]))


def without_a_slide(deck: Deck) -> Deck:
    return replace(deck, slides=deck.slides[:-1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without_a_title, "deck.md:12: slide 1: the PowerPoint file lacks 'one', 'two'; please report it"),
        (without_a_note, "deck.md:12: slide 1: the PowerPoint file lacks 'lastly', 'questions'; please report it"),
        (without_a_slide, "deck.md: the PowerPoint file has 2 slides for 3; please report it"),
    ],
)
def test_a_file_that_lacks_words_is_found(made: Made, tmp_path: Path, change: Rewrite, message: str) -> None:
    file = tmp_path / "decks" / "talk" / "slides.pptx"
    file.parent.mkdir(parents=True)
    file.write_bytes(powerpoint.make(made.deck, made.pdf, time=0))
    assert [] == list(checks.powerpoint_problems([made], tmp_path))

    file.write_bytes(powerpoint.make(change(made.deck), made.pdf, time=0))

    [problem] = checks.powerpoint_problems([made], tmp_path)
    assert told(problem).endswith(message)


def test_words_in_boxes_and_cells_stand_apart_in_an_alternative() -> None:
    body = "<div><div>Left</div><div>Right</div></div><table><tr><th>Oven<td>240</table><p>a<b>b</b></p>"
    slide = Slide(1, "", "", 1, None, (), (), (), "", body)

    assert "Left Right Oven 240 ab" == powerpoint._alternative(slide)


HOOK = """\
from pathlib import Path

def on_post_build(config):
    for path in Path(config.site_dir).rglob("slides.pptx"):
        path.with_name("seen.pptx").write_bytes(path.read_bytes())
"""


def test_a_hook_of_the_projects_own_finds_the_file_whole_though_else_it_comes_late(built: Project) -> None:
    (built.root / "hook.py").write_text(HOOK, encoding="utf-8")
    built.edit("mkdocs.yml", lambda text: text.replace("hooks:\n", "hooks:\n  - hook.py\n"))
    assert 0 == built.run().code

    deck = built.root / "dist/site/decks/talk"
    assert (deck / "slides.pptx").read_bytes() == (deck / "seen.pptx").read_bytes()
    assert [("A talk", "Words for the one who speaks.")] == powerpoint.read((deck / "seen.pptx").read_bytes())
    page = (deck / "index.html").read_text(encoding="utf-8")
    assert f"PPTX, {round((deck / 'slides.pptx').stat().st_size / 1000)} KB" in page
