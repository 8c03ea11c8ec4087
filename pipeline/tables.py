"""Find cells of tables that have no column: what a row has more than the head, Markdown leaves out without a word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape
from itertools import pairwise

from pipeline.active import PREFORMATTED, without_code, without_comments
from pipeline.findings import Finding
from pipeline.problems import lines_of
from pipeline.prose import quoted
from pipeline.trace import Trace

_BELOW_HEAD = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?")
_ITEM = re.compile(r"(?:[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t])+")
_FENCE = re.compile(r"(?:[-*+]|\d+[.)])?\s*(`{3,}|~{3,})[^`]*$")


def findings(lines: Sequence[str], trace: Trace) -> Iterator[Finding]:
    """The lost cells of a deck's tables."""
    for table in trace.tables:
        head, *rows = lines[table.line - 1 : table.end]
        for row, message in lost([_ITEM.sub("", head), *rows]):
            yield Finding(table.line - 1 + row, "cell-lost", message, table.slide)


def lost(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The line of each row that loses words, and what is wrong. Code set in is not told from tables: leave it out."""
    columns = 0
    fence = ""
    for number, (before, line) in enumerate(pairwise(["", *lines]), 1):
        if found := _FENCE.match(line.lstrip(" \t>")):
            fence = "" if fence and found[1].startswith(fence) else fence or found[1]
        bare = line.strip(" \t>")
        if fence or "|" not in bare:
            columns = 0 if fence or not bare else columns
        elif columns:
            if words := " ".join(filter(None, _cells(line)[columns:])):
                cure = "write '\\|' for a sign that parts no cells, or give the head a column more"
                yield number, f"the table's head has no column for {quoted(words)}, so that nobody sees it; {cure}"
        elif _BELOW_HEAD.fullmatch(bare):
            under = len(_cells(line))
            columns = under if under == len(_cells(before)) else 0


def lost_set_in(html: str, markdown: str) -> Iterator[tuple[int, str]]:
    """As `lost`, for tables of a page that are set in, as in the item of a list; its `html` says what is code."""
    blocks = re.findall(PREFORMATTED, html, re.DOTALL)
    code = "".join(unescape(re.sub(r"<[^<>]*>", "", "\n".join(blocks))).split())
    written, lines = lines_of(markdown), lines_of(out_of_boxes(without_comments(without_code(markdown))))
    for row, message in lost(lines):
        bare = "".join(written[row - 1].split())
        if re.match(r" {4}|\t", lines[row - 1]) and bare not in code and unescape(bare) not in code:
            yield row, message


def out_of_boxes(markdown: str) -> str:
    """Markdown in which what is set in, in an admonition or a tab, stands on its line as if it were outside."""
    found = 1
    while found:  # a box may hold others
        markdown, found = _BOX.subn(lambda box: "\n" + re.sub("(?m)^(?: {4}|\t)", "", box[1]), markdown)
    return markdown


_BOX = re.compile(r"^(?:!!!|\?\?\?\+?|===[!+]?)[ \t]+[\w\"].*\n((?:(?: {4}|\t).*\n?|[ \t]*\n)*)", re.MULTILINE)


def _cells(row: str) -> list[str]:
    cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", row.strip(" \t>"))]
    return cells[not cells[0] : len(cells) - (not cells[-1])]
