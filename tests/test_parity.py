"""What deck.json says of a deck is what plain Marp, without our plugin and settings, makes of the same deck."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from pipeline import deck, decks, marp
from pipeline.deck import Deck
from pipeline.toolchain import Tools
from tests.conftest import FIXTURES, ROOT, once

ODD_DECKS = [*sorted((FIXTURES / "decks").glob("*.md")), FIXTURES / "seed" / "post-mortem-culture.md"]


@pytest.fixture(scope="module")
def ours(tools: Tools, common: Path) -> dict[Path, Deck]:
    return once(common, "parity-ours", lambda: read_ours(tools))


def read_ours(tools: Tools) -> dict[Path, Deck]:
    sources = [decks.open_file(path, path.stem) for path in ODD_DECKS]
    rendered = marp.render(sources, tools=tools, lang="en", links={}, formats=("html",))
    read = {}
    for source, each in zip(sources, rendered, strict=True):
        assert isinstance(each, marp.Rendered), each
        read[source.path] = deck.read(each.html, name=source.name, source=source.label)[0]
    return read


@pytest.fixture(scope="module")
def plain(tools: Tools, common: Path) -> dict[Path, str]:
    pages = once(common, "parity-plain", lambda: marp.render_plain(ODD_DECKS, tools=tools))
    return dict(zip(ODD_DECKS, pages, strict=True))


def plain_notes(page: str, slides: int) -> list[list[str]]:
    """Marp's notes by slide, read with regular expressions: another way than ours on purpose."""
    notes: list[list[str]] = [[] for _ in range(slides)]
    for index, block in re.findall(r'<div class="bespoke-marp-note" data-index="(\d+)"[^>]*>(.*?)</div>', page, re.S):
        notes[int(index)] = [html.unescape(p) for p in re.findall(r"<p>(.*?)</p>", block, re.S)]
    return notes


@pytest.mark.parametrize("path", ODD_DECKS, ids=lambda path: path.stem)
def test_slides_and_notes_are_marps_own(path: Path, ours: dict[Path, Deck], plain: dict[Path, str]) -> None:
    slides = plain[path].count("<svg data-marpit-svg=")

    assert slides == len(ours[path].slides)
    assert plain_notes(plain[path], slides) == [list(slide.notes) for slide in ours[path].slides]


@pytest.mark.parametrize("path", ODD_DECKS, ids=lambda path: path.stem)
def test_keys_are_unique_and_lines_are_in_the_file(path: Path, ours: dict[Path, Deck]) -> None:
    slides = ours[path].slides
    length = len(re.split(r"\r\n?|\n", path.read_bytes().decode("utf-8-sig")))

    assert len(slides) == len({slide.key for slide in slides})
    for slide in slides:
        for line in [slide.line, *(link.line for link in slide.links), *(image.line for image in slide.images)]:
            assert 1 <= line <= length
    assert [slide.line for slide in slides] == sorted(slide.line for slide in slides)


@pytest.mark.parametrize("path", ODD_DECKS, ids=lambda path: path.stem)
def test_links_and_images_are_marps_own(path: Path, ours: dict[Path, Deck], plain: dict[Path, str]) -> None:
    slides = plain[path].split("<svg data-marpit-svg=")[1:]
    for slide, markup in zip(ours[path].slides, slides, strict=True):
        # The real section only: with a background, two copies of it stand around it.
        real = re.search(r'<section id="\d+".*?</section>', markup, re.S)
        assert real
        links = [html.unescape(href) for href in re.findall(r'<a\b[^>]*?\shref="([^"]*)"', real[0])]
        assert links == [link.href for link in slide.links]
        pictures = [tag for tag in re.findall(r"<img\b[^>]*>", real[0]) if 'class="emoji"' not in tag]
        alts = [html.unescape("".join(re.findall(r'\salt="([^"]*)"', tag))) for tag in pictures]
        assert alts == [image.alt for image in slide.images if not image.is_background and not image.is_style]


def test_there_are_odd_decks_to_try() -> None:
    assert len(ODD_DECKS) > 70
    assert (ROOT / "tests/fixtures/decks/notes-crlf.md").read_bytes().count(b"\r\n") > 5
