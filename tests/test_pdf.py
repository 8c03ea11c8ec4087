"""The built PDFs, read back; and what becomes of a PDF's dates and links."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from PIL import Image
from playwright.sync_api import Browser

from pipeline import artifacts, checks, deck, decks, marp, pdf
from pipeline.browser import Reader
from pipeline.toolchain import Tools
from tests.conftest import ROOT, told

DECKS = sorted(path.parent.name for path in (ROOT / "slides").glob("*/deck.md"))


@pytest.mark.parametrize("name", DECKS)
def test_a_page_for_each_slide_with_its_words(name: str, site: Path) -> None:
    folder = site / "decks" / name
    slides = json.loads((folder / "deck.json").read_text(encoding="utf-8"))["slides"]
    texts = pdf.texts((folder / "slides.pdf").read_bytes())
    html = (folder / "slides.html").read_text(encoding="utf-8")
    shown = re.findall(r'<section id="\d+".*?</section>', html, re.DOTALL)

    assert len(slides) == len(texts) == len(shown)
    for slide, section, text in zip(slides, shown, texts, strict=True):
        assert slide["title"].replace(" ", "") in text.replace(" ", "")
        words = re.findall(r"[a-z]{3,}", re.sub(r"<[^>]+>|&\w+;", " ", section).lower())
        assert words
        assert [] == [word for word in words if word not in text.lower().replace(" ", "")]


@pytest.mark.parametrize("name", DECKS)
def test_the_pdf_is_tagged_and_names_its_language_and_title(name: str, site: Path) -> None:
    told = json.loads((site / "decks" / name / "deck.json").read_text(encoding="utf-8"))
    with pikepdf.open(site / "decks" / name / "slides.pdf") as document:
        root = document.Root
        assert root.MarkInfo.Marked
        assert "/StructTreeRoot" in root
        with document.open_outline() as outline:
            entries = outline.root
        assert told["slides"][0]["title"] == entries[0].title
        assert not any(entry.title.startswith("Page ") for entry in entries)
        assert ("es" if name.endswith("-es") else "en-AU") == str(root.Lang)
        assert root.ViewerPreferences.DisplayDocTitle
        assert told["title"] == str(document.docinfo.Title)


@pytest.mark.parametrize("name", DECKS)
def test_no_build_path_is_inside(name: str, site: Path) -> None:
    for path in sorted((site / "decks" / name).rglob("*")):
        if path.is_file():
            content = unpacked(path) if path.suffix == ".pdf" else path.read_bytes()
            assert b"file://" not in content
            assert str(ROOT).encode() not in content
            assert marp.NOWHERE.encode() not in content


def unpacked(path: Path) -> bytes:
    with pikepdf.open(path) as document:
        document.save(
            out := io.BytesIO(),
            compress_streams=False,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            stream_decode_level=pikepdf.StreamDecodeLevel.all,
        )
    return out.getvalue()


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory, tools: Tools) -> bytes:
    path = tmp_path_factory.mktemp("deck") / "deck.md"
    links = "[up](../../resources/#books) [beside](notes.md?x=1) [web](https://w.example/a%20b) [in](#2)"
    path.write_text(f"# A\n\n{links}\n\n---\n# B\n", encoding="utf-8")
    source = decks.open_file(path, "deck")
    [rendered] = marp.render([source], tools=tools, lang="en", links={}, formats=("pdf",))
    assert isinstance(rendered, marp.Rendered)
    return rendered.pdf


def test_links_lead_to_the_published_address(linked: bytes) -> None:
    finished = pdf.finish(linked, title="", address="https://workshop.example/kit/decks/talk/", time=0)

    assert [
        (1, "https://workshop.example/kit/resources/#books"),
        (1, "https://workshop.example/kit/decks/talk/notes.md?x=1"),
        (1, "https://w.example/a%20b"),
    ] == pdf.links(finished)


def test_without_an_address_links_stay_relative(linked: bytes) -> None:
    finished = pdf.finish(linked, title="", address="", time=0)

    assert ["../../resources/#books", "notes.md?x=1", "https://w.example/a%20b"] == [
        uri for _, uri in pdf.links(finished)
    ]


def test_a_link_within_the_deck_stays_within_the_pdf(linked: bytes) -> None:
    with pikepdf.open(io.BytesIO(linked)) as document:
        annotations = document.pages[0].obj.Annots
        inner = [a for a in annotations.as_list() if "/Dest" in a or "/D" in a.get("/A", {})]

    assert 1 == len(inner)


def printed_in(year: int, content: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(content)) as document:
        for name in ("/CreationDate", "/ModDate"):
            document.docinfo[name] = pikepdf.String(f"D:{year}0102030405Z")
        document.save(out := io.BytesIO(), static_id=True)
    return out.getvalue()


def test_the_same_deck_gives_the_same_bytes(linked: bytes) -> None:
    first, later = (printed_in(year, linked) for year in (2026, 2027))

    finished = pdf.finish(first, title="T", address="", time=5)

    assert first != later
    assert finished == pdf.finish(later, title="T", address="", time=5)
    with pikepdf.open(io.BytesIO(finished)) as document:
        assert "D:19700101000005Z" == str(document.docinfo.CreationDate)
        assert "T" == str(document.docinfo.Title)


def numbered(content: bytes) -> bytes:
    """A document whose two headers are called 1 and 2, written so that one can read it."""
    with pikepdf.open(io.BytesIO(content)) as document:
        tree = document.Root.StructTreeRoot
        names = (
            tree.IDTree.Names.as_list()[1::2] if "/Names" in tree.IDTree else tree.IDTree.Kids[0].Names.as_list()[1::2]
        )
        new = {str(each.ID): f"node{number:08}" for number, each in enumerate(names, 1)}
        for element in document.objects:
            if isinstance(element, pikepdf.Dictionary) and element.get("/Type") == pikepdf.Name.StructElem:
                if "/ID" in element:
                    element.ID = pikepdf.String(new[str(element.ID)])
                for attributes in pikepdf.Array(element.get("/A", [])).as_list() if "/A" in element else ():
                    if "/Headers" in attributes:
                        attributes.Headers = pikepdf.Array([pikepdf.String(new[str(h)]) for h in attributes.Headers])
        out = io.BytesIO()
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, static_id=True)
    return out.getvalue()


def test_a_deck_gives_the_same_bytes_whatever_the_browser_has_printed_before(tmp_path: Path, tools: Tools) -> None:
    path = tmp_path / "deck.md"
    path.write_text("# A\n\n| one | two |\n|---|---|\n| 1 | 2 |\n", encoding="utf-8")
    sources = [decks.open_file(path, "deck")] * 4

    rendered = marp.render(sources, tools=tools, lang="en", links={}, formats=("pdf",))

    printed = [each.pdf for each in rendered if isinstance(each, marp.Rendered)]
    assert 4 == len(printed)
    # A busy browser numbers headers in the order in which it came to them.
    swapped = {b"(node00000001)": b"(node00000002)", b"(node00000002)": b"(node00000001)"}
    one = numbered(printed[0])
    other = re.sub(b"|".join(map(re.escape, swapped)), lambda name: swapped[name[0]], one)
    assert one != other
    assert 1 == len({pdf.finish(content, title="", address="", time=0) for content in (one, other)})
    finished = {pdf.finish(content, title="", address="", time=0) for content in printed}
    assert 1 == len(finished)
    with pikepdf.open(io.BytesIO(finished.pop())) as document:
        names = document.Root.StructTreeRoot.IDTree.Names
        assert ["node00000000", "node00000001"] == [str(name) for name in names.as_list()[::2]]


@pytest.mark.parametrize(
    ("page", "words", "missing"),
    [
        ("W hy  ps ych ological", "Why psychological", []),
        ("WHY SAFETY", "Why safety", []),
        ("Why", "Why safety safety", ["safety"]),
        ("ملاعلاب code", "بالعالمcode", []),
        ("انه، ةملك", "هنا، كلمة", []),
        ("anything", "🎉 E=mc² 2026 of", []),
        ("安全性很重要", "安全性很重要", []),
        ("", "Safety first", ["safety", "first"]),
        ("שלום", "שָׁלוֹם", []),
        ("ְּב רֵשאִׁית", "בְּרֵאשִׁית", []),
        ("ְּב רֵשאִׁ", "בְּרֵאשִׁית", ["בראשית"]),
        ("שאריתב", "בראשית", ["בראשית"]),
        ("ΚΑΛΗΜΕΡΑ", "Καλημέρα", []),
        ("ISTANBUL BILGISI", "İstanbul bilgisı", []),
    ],
)
def test_words_are_found_as_pdfs_keep_them(page: str, words: str, missing: list[str]) -> None:
    assert missing == pdf.missing(page, words)


def test_words_that_the_pdf_lacks_are_named(site: Path) -> None:
    folder = site / "decks/post-mortem-culture"
    html = (folder / "slides.html").read_text(encoding="utf-8")
    html = html.replace("Failure is inevitable", "Planted is inevitable")
    made = remade(html, (folder / "slides.pdf").read_bytes())

    [problem] = checks.pdf_problems(made)

    line = made.deck.slides[1].line
    assert f"slides/talk/deck.md:{line}: slide 2: the PDF does not show 'planted'" in told(problem)


def test_what_a_pdf_shows_otherwise_than_it_is_written_is_not_lost(
    tmp_path: Path, tools: Tools, browser: Browser
) -> None:
    (tmp_path / "deck.md").write_text(SHOWN, encoding="utf-8")
    [made], _ = artifacts.make(
        [decks.open_file(tmp_path / "deck.md", "talk")], tools=tools, lang="en", links={}, base=""
    )

    found = list(checks.all_pdf_problems([made], Reader(browser, tmp_path, "https://deck.invalid/")))

    lost, beside = (problem.message for problem in found)
    assert "slide 4: the PDF does not show 'hidden'; see what hides it in print" == lost
    assert "slide 6: the PDF does not show 'not', 'disclosed'; see what hides it in print" == beside


SHOWN = """---
title: Shown
style: |
  .initial::first-letter { font-size: 3em; float: left }
  .down { writing-mode: vertical-rl; text-orientation: upright; height: 400px }
  .short { width: 300px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis }
  @media print { .hidden, section.secret header { display: none } }
  section.secret footer { display: none }
---

## The $n$th

---

<ruby>Tokyo<rt>toukyou</rt></ruby>station and بِالْعَرَبِيَّة

<p class="initial">Dropped initials</p>

---

<p class="down">Vertical upright writing for all</p>

---

Shown

<p class="initial hidden">hidden</p>

---

<p class="short">A line that goes <em>on and on</em> until nobody can see its end</p>

---

<!--
_class: secret
_header: Not to be **disclosed**
_footer: By nobody
-->

To be
"""


def remade(html: str, document: bytes) -> artifacts.Made:
    """A deck with another PDF than its own."""
    read, _ = deck.read(html, name="talk", source="slides/talk/deck.md")
    source = decks.Source("talk", Path("deck.md"), Path(), "slides/talk/deck.md", "")
    return artifacts.Made(source, read, marp.Rendered(html, "", document, ()), document, html, "")


def test_a_pdf_with_other_pages_than_slides_is_found(site: Path, linked: bytes) -> None:
    html = (site / "decks/post-mortem-culture/slides.html").read_text(encoding="utf-8")
    made = remade(html, linked)

    [problem] = checks.pdf_problems(made)

    assert "slides/talk/deck.md: the PDF has 2 pages for 9 slides; see what breaks a slide in two" == told(problem)


def read_talk(site: Path) -> deck.Deck:
    html = (site / "decks/post-mortem-culture/slides.html").read_text(encoding="utf-8")
    return deck.read(html, name="talk", source="slides/talk/deck.md")[0]


@pytest.mark.parametrize("name", DECKS)
def test_no_pdf_of_a_deck_lacks_anything(name: str, site: Path) -> None:
    folder = site / "decks" / name
    read, _ = deck.read((folder / "slides.html").read_text(encoding="utf-8"), name=name, source="deck.md")

    assert [] == list(pdf.faults((folder / "slides.pdf").read_bytes(), read.slides))
    for path in folder.glob("*.pdf"):
        assert [] == list(pdf.faults(path.read_bytes())), path.name


def untag(document: pikepdf.Pdf) -> None:
    del document.Root["/MarkInfo"]


def say_another_language(document: pikepdf.Pdf) -> None:
    document.Root.Lang = pikepdf.String("plain English")


def drop_title(document: pikepdf.Pdf) -> None:
    del document.docinfo["/Title"]


def hide_title(document: pikepdf.Pdf) -> None:
    del document.Root["/ViewerPreferences"]


def drop_an_entry(document: pikepdf.Pdf) -> None:
    with document.open_outline() as outline:
        del outline.root[0].children[1]


def drop_a_description(document: pikepdf.Pdf) -> None:
    link = next(each for each in document.pages[7].obj.Annots.as_list() if each.Subtype == "/Link")
    del link["/Contents"]


def link_to_this_machine(document: pikepdf.Pdf) -> None:
    link = next(each for each in document.pages[7].obj.Annots.as_list() if "/URI" in each.get("/A", {}))
    link.A.URI = pikepdf.String("file:///home/somebody/notes.md")


def drop_a_font(document: pikepdf.Pdf) -> None:
    for font in document.pages[0].Resources.Font.values():
        for part in font.DescendantFonts.as_list():
            del part.FontDescriptor["/FontFile2"]
            return


def drop_words_of_a_picture(document: pikepdf.Pdf) -> None:
    for each in document.objects:
        if isinstance(each, pikepdf.Dictionary) and each.get("/Alt") and str(each.Alt).startswith("Two loops"):
            del each["/Alt"]


@pytest.mark.parametrize(
    ("spoil", "number", "says"),
    [
        (untag, 0, "is not tagged"),
        (say_another_language, 0, "is said to be in 'plain English', which is no language"),
        (drop_title, 0, "has no title; write 'title: …'"),
        (hide_title, 0, "is shown under its file's name"),
        (drop_an_entry, 3, "has no entry 'Avoiding finger-pointing' in its outlines"),
        (drop_a_description, 8, "has a link that is not described"),
        (link_to_this_machine, 8, "has a link to a file of this machine, file:///home/somebody/notes.md"),
        (drop_a_font, 1, "does not hold the font 'AtkinsonHyperlegibleNext"),
        (drop_words_of_a_picture, 2, "does not say the text alternative 'Two loops."),
    ],
)
def test_what_a_pdf_lacks_is_named(spoil: Callable[[pikepdf.Pdf], None], number: int, says: str, site: Path) -> None:
    talk = read_talk(site)
    with pikepdf.open(site / "decks/post-mortem-culture/slides.pdf") as document:
        spoil(document)
        document.save(out := io.BytesIO())

    [fault] = pdf.faults(out.getvalue(), talk.slides)

    assert number == fault.page
    assert fault.message.startswith(says)


def test_boxes_in_place_of_letters_are_found(site: Path) -> None:
    with pikepdf.open(site / "decks/post-mortem-culture/slides.pdf") as document:
        part = document.pages[2].obj
        spoilt = [
            ([pikepdf.String("\0\0" * 4)] if str(each.operator) == "Tj" else each.operands, each.operator)
            for each in pikepdf.parse_content_stream(part)
        ]
        part.Contents = document.make_stream(pikepdf.unparse_content_stream(spoilt))
        document.save(out := io.BytesIO())

    assert {3} == pdf.boxed(out.getvalue(), range(1, 10))
    assert set() == pdf.boxed(out.getvalue(), [2, 4])
    html = (site / "decks/post-mortem-culture/slides.html").read_text(encoding="utf-8")
    spoken = html.replace("Avoiding finger-pointing", "日本 and ไท, Ärger, Привет")
    [*_, problem] = checks.pdf_problems(remade(spoken, out.getvalue()))
    message = "slide 3: the PDF shows boxes, maybe for '日本', 'ไท,'; install a font that has its letters"
    assert (message, "pdf-incomplete") == (problem.message, problem.rule)


def test_what_a_pdf_lacks_is_told_at_its_slide(site: Path) -> None:
    html = (site / "decks/post-mortem-culture/slides.html").read_text(encoding="utf-8")
    with pikepdf.open(site / "decks/post-mortem-culture/slides.pdf") as document:
        drop_an_entry(document)
        document.save(out := io.BytesIO())
    made = remade(html, out.getvalue())

    [problem] = checks.pdf_problems(made)
    [printed] = checks.print_problems(made, {"cue-cards.pdf": without_title(site)})

    assert ("pdf-structure", made.deck.slides[2].line) == (problem.rule, problem.line)
    assert "slide 3: the PDF has no entry" in problem.message
    assert ("pdf-structure", "cue-cards.pdf has no title; write 'title: …' in the front matter") == (
        printed.rule,
        printed.message,
    )


def without_title(site: Path) -> bytes:
    with pikepdf.open(site / "decks/post-mortem-culture/cue-cards.pdf") as document:
        drop_title(document)
        document.save(out := io.BytesIO())
    return out.getvalue()


SLIDE = Image.new("RGB", (640, 360), "ivory")
SLIDE.paste("navy", (40, 40, 300, 120))
PHOTOGRAPH = Image.effect_noise((160, 90), 80).resize((640, 360), Image.Resampling.BICUBIC).convert("RGB")


@pytest.mark.parametrize(
    "picture",
    [SLIDE, PHOTOGRAPH, PHOTOGRAPH.convert("RGBX"), PHOTOGRAPH.crop((0, 0, 7, 5)), Image.new("RGB", (1, 1), "teal")],
    ids=["slide", "photograph", "four-bytes", "odd-size", "dot"],
)
def test_a_picture_is_packed_without_loss(picture: Image.Image) -> None:
    unpacked = Image.open(io.BytesIO(pdf.png(picture)))

    assert ("RGB", picture.convert("RGB").tobytes()) == (unpacked.mode, unpacked.tobytes())


def test_a_photograph_is_packed_about_as_small_as_others_pack_it() -> None:
    PHOTOGRAPH.save(others := io.BytesIO(), "PNG")

    assert len(pdf.png(PHOTOGRAPH)) < 1.25 * len(others.getvalue())


@pytest.mark.parametrize(
    ("word", "goes_over"),
    [
        ("我们讨论事故复盘", True),
        ("讨论事故", True),
        ("我们很好", False),
        ("论很好", False),
        ("讨论事故复盘很好", True),
        ("titles", False),
    ],
)
def test_a_sentence_without_spaces_may_go_over_the_end_of_a_page(word: str, goes_over: bool) -> None:
    pages = ["title 我们讨论 3 of 9", "s 事故复盘 3 (2)", "很好"]

    assert goes_over == pdf.goes_over(word, pages)
