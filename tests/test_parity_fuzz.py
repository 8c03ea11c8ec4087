"""Shuffled pieces of all the odd decks: our reading of them, too, is plain Marp's. Runs on demand and weekly."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from pipeline import deck, decks, marp
from pipeline.toolchain import Tools
from tests.test_parity import ODD_DECKS, plain_notes

COUNT = 400


def shuffled(seed: int) -> bytes:
    """A deck of blocks and lines from the odd decks, in an order that no author would write."""
    chance = random.Random(seed)
    blocks: list[str] = []
    for path in chance.sample(ODD_DECKS, 6):
        text = path.read_bytes().decode("utf-8-sig")
        pieces = text.splitlines(keepends=True) if chance.random() < 0.3 else re.split(r"(?<=\n)(?=\r?\n)", text)
        blocks += chance.sample(pieces, min(len(pieces), 8))
    chance.shuffle(blocks)
    return "".join(blocks).encode()


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, COUNT, 50))
def test_shuffled_decks_are_read_as_marp_reads_them(start: int, tmp_path: Path, tools: Tools) -> None:
    paths = [tmp_path / f"{seed}.md" for seed in range(start, start + 50)]
    for seed, path in enumerate(paths, start):
        path.write_bytes(shuffled(seed))
    sources = [decks.open_file(path, path.stem) for path in paths]
    ours = marp.render(sources, tools=tools, lang="en", links={}, formats=("html",))
    plain = marp.render_plain(paths, tools=tools)

    for path, mine, page in zip(paths, ours, plain, strict=True):
        assert isinstance(mine, marp.Rendered), mine
        read, _ = deck.read(mine.html, name="x", source=path.name)
        slides = page.count("<svg data-marpit-svg=")
        assert slides == len(read.slides), path
        assert plain_notes(page, slides) == [list(slide.notes) for slide in read.slides], path
        lines = [slide.line for slide in read.slides]
        assert lines == sorted(lines), path
