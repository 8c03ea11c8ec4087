"""Gather everything of the site that is generated from decks and data, by its path below the folder of all pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from pipeline import bundles, pages, practice, run_sheets, sessions, site
from pipeline.deck import Deck
from pipeline.decks import Source
from pipeline.incident import Incident
from pipeline.sessions import RunSheets


def addresses(sources: Sequence[Source], settings: site.Settings) -> dict[str, str]:
    """Where a deck finds the published form of each source file."""
    to_root = "../../"
    written = site.addresses(settings).items()
    found = {path.relative_to(settings.root).as_posix(): to_root + quote(uri) for path, uri in written}
    for source in sources:
        found[source.label] = f"{to_root}decks/{quote(source.name)}/slides.html"
    return found


def deck_files(
    deck: Deck, text: str, *, files: Mapping[str, int | None], links: Mapping[str, str], sheets: RunSheets | None
) -> Iterator[tuple[str, str | bytes]]:
    """The pages of a deck, with their figures.

    `text` is its Markdown, `files` is as for `pages.deck_page`, `links` as for `artifacts.make`.
    """
    folder = f"decks/{deck.name}"
    yield f"{folder}/index.md", pages.deck_page(deck, files=files, source=text)
    yield f"{folder}/source.md", pages.source_page(deck, text)
    for figure in deck.figures:
        yield f"{folder}/figures/{figure.name}", figure.data
    if pages.has_notes(deck):
        yield f"facilitate/{deck.name}.md", pages.notes_page(deck, links=links)
    if sheets and deck.name == sheets.deck:
        yield f"facilitate/{sessions.PAGE}.md", run_sheets.page(sheets, deck, links=links)


def shared_files(decks: Sequence[Deck], incidents: Sequence[Incident]) -> Iterator[tuple[str, str | bytes]]:
    """The list of all decks, and everything about the practice incidents."""
    yield "decks/index.md", pages.deck_list(decks)
    for incident in incidents:
        for name, content in practice.files(incident):
            yield f"{practice.FOLDER}/{name}", content


# MkDocs makes the first three of the theme, whatever lies in the folder of pages, and its search the next.
_ALWAYS = ("404.html", "sitemap.xml", "sitemap.xml.gz", "search/search_index.json", "build.json")


def written(folder: Path, sheets: RunSheets | None) -> Iterator[str]:
    """The address of everything that a build makes; `folder` holds what it has staged for MkDocs."""
    for path, uri in site.addresses_below(folder).items():
        if not site.is_download(path.relative_to(folder).as_posix()):  # which is no page, and clashes with none
            yield uri
    yield from _ALWAYS
    if sheets:
        yield from (f"{bundles.PLACE}/{each.name}.zip" for each in bundles.BUNDLES)
