"""The built PDFs, read back; and what becomes of a PDF's dates and links."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pikepdf
import pytest

from pipeline import artifacts, checks, deck, decks, marp, pdf
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
        assert "en-AU" == str(root.Lang)
        assert root.ViewerPreferences.DisplayDocTitle
        assert told["title"] == str(document.docinfo.Title)


@pytest.mark.parametrize("name", DECKS)
def test_no_build_path_is_inside(name: str, site: Path) -> None:
    for path in sorted((site / "decks" / name).rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            assert b"file://" not in content
            assert str(ROOT).encode() not in content
            assert marp.NOWHERE.encode() not in content
    with pikepdf.open(site / "decks" / name / "slides.pdf") as document:
        document.save(out := io.BytesIO(), compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.all)
    assert str(ROOT).encode() not in out.getvalue()
    assert b"file://" not in out.getvalue()


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


def test_the_same_deck_gives_the_same_bytes(linked: bytes) -> None:
    later = linked.replace(b"/CreationDate (D:20", b"/CreationDate (D:19")

    assert pdf.finish(linked, title="T", address="", time=5) == pdf.finish(later, title="T", address="", time=5)
    with pikepdf.open(io.BytesIO(pdf.finish(linked, title="T", address="", time=5))) as document:
        assert "D:19700101000005Z" == str(document.docinfo.CreationDate)
        assert "T" == str(document.docinfo.Title)


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
