"""Find what a page of Markdown begins and never ends, so that the rest of the page is in it, or its signs show."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser

# Elements whose end nobody may leave out; what runs, frames or sends is none of a page's anyway.
_ELEMENTS = frozenset(
    ["article", "aside", "blockquote", "details", "div", "dl", "figure", "ol", "pre", "section", "style", "table", "ul"]
)
_BEGINS = re.compile(rf"<(?:{'|'.join(sorted(_ELEMENTS))})\b", re.IGNORECASE)
_FENCE = re.compile(r"[\s>]*(`{3,}|~{3,})([^`]*)$")


def find(html: str, markdown: str) -> Iterator[tuple[int, str]]:
    """The line, and what is wrong: of a code block, a comment and raw HTML in `markdown`, of which `html` was made."""
    # What code shows is meant as it is.
    shown = re.sub(r"<(pre|code)\b.*?</\1>", "", html, flags=re.DOTALL)
    if re.search(r"(?:>|\n)[ \t]*(?:```|~~~)", shown) and (fence := _open_fence(markdown)):
        line, signs = fence
        yield line, f"the code block has no end, so that its signs show; write '{signs}' where it ends"
    comment = markdown.rfind("<!--")
    if "&lt;!--" in shown and comment > markdown.rfind("-->") and markdown[comment - 1 : comment] != "\\":
        line = markdown.count("\n", 0, comment) + 1
        yield line, "the comment has no end, so that it shows; write '-->' where it ends"
    if _BEGINS.search(markdown):
        tags = _Tags()
        tags.feed(html)
        for element in sorted(tags.begun):
            if tags.begun[element] > tags.ended[element]:
                last = list(re.finditer(rf"<{element}\b", markdown, re.IGNORECASE))[-1]
                line = markdown.count("\n", 0, last.start()) + 1
                what = f"<{element}> has no end, so that the rest of the page is in it"
                yield line, f"{what}; write '</{element}>' where it ends"
                return  # in it, nobody can say what else is open


def _open_fence(markdown: str) -> tuple[int, str] | None:
    """The line of the last fence that no other one ends, and its signs."""
    begun: tuple[int, str] | None = None
    for number, line in enumerate(markdown.splitlines(), 1):
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
