"""Find what a page of Markdown begins and never ends, so that the rest of the page is in it, or its signs show."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser

from pipeline.active import without_code
from pipeline.problems import lines_of

# Elements whose end nobody may leave out; what runs, frames or sends is none of a page's anyway.
_ELEMENTS = frozenset(
    ["article", "aside", "blockquote", "details", "div", "dl", "figure", "ol", "pre", "section", "style", "table", "ul"]
)
_BEGINS = re.compile(rf"<(?:{'|'.join(sorted(_ELEMENTS))})\b", re.IGNORECASE)
_FENCE = re.compile(r"[\s>]*(`{3,}|~{3,})([^`]*)$")


def find(html: str, markdown: str) -> Iterator[tuple[int, str]]:
    """The line, and what is wrong: of a code block, a comment and raw HTML in `markdown`, of which `html` was made.

    The line is 0 where the page does not say what its HTML has.
    """
    # What code shows is meant as it is.
    shown = re.sub(r"<(pre|code)\b.*?</\1>", "", html, flags=re.DOTALL)
    if re.search(r"(?:>|\n)[ \t]*(?:```|~~~)", shown) and (fence := _open_fence(markdown)):
        line, signs = fence
        yield line, f"the code block has no end, so that its signs show; write '{signs}' where it ends"
    source = without_code(markdown)
    comment = source.rfind("<!--")
    if "&lt;!--" in shown and comment > source.rfind("-->") and source[comment - 1 : comment] != "\\":
        yield _line(source, comment), "the comment has no end, so that it shows; write '-->' where it ends"
    if _BEGINS.search(source):
        tags = _Tags()
        tags.feed(html)
        for element in sorted(tags.begun):
            if tags.begun[element] > tags.ended[element]:
                places = [found.start() for found in re.finditer(rf"<{element}\b", source, re.IGNORECASE)]
                what = f"<{element}> has no end, so that the rest of the page is in it"
                # It may come from a file that the page takes in.
                yield _line(source, places[-1]) if places else 0, f"{what}; write '</{element}>' where it ends"
                return  # in it, nobody can say what else is open


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _open_fence(markdown: str) -> tuple[int, str] | None:
    """The line of the last fence that no other one ends, and its signs."""
    begun: tuple[int, str] | None = None
    for number, line in enumerate(lines_of(markdown), 1):
        if begun and line.strip(" \t>") == begun[1]:
            begun = None
        elif not begun and (found := _FENCE.match(line)):
            begun = number, found[1]
    return begun


class _Tags(HTMLParser):
    """How many of the elements begin and end."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _ELEMENTS:
            self.begun[tag] += 1

    def handle_endtag(self, tag: str) -> None:
        self.ended[tag] += 1
