"""Find what would run, frame another page or send something in the HTML of a page, or in a drawing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline.problems import cut


@dataclass(frozen=True)
class Active:
    """Something that is more than words, pictures and links."""

    message: str
    """What is wrong; what to do."""
    clues: tuple[str, ...]
    """Patterns of which the first that is found in the source leads to its line."""


_CURES = {
    "script": "put it into a file in docs/assets, and name that under extra_javascript in mkdocs.yml",
    "base": "take it out, it would lead every link of the page elsewhere",
    "meta": "take it out",
    "template": "write what it holds into the page",
    "form": "take it out, nobody here receives what readers write",
    "frame": "link to what you wanted to show",
}
_ELEMENTS = {
    "script": "script", "base": "base", "form": "form", "iframe": "frame", "frame": "frame", "frameset": "frame",
    "object": "frame", "embed": "frame", "applet": "frame", "portal": "frame", "fencedframe": "frame",
}  # fmt: skip
# What a browser follows, loads, or (in a drawing) puts into an address while the drawing moves.
_ADDRESSES = frozenset(
    ["href", "xlink:href", "src", "action", "formaction", "data", "poster", "to", "from", "by", "values", "ping"]
)
_RUNS = re.compile(r"(?:^|;)(javascript|vbscript|data:(?:text/html|application/xhtml\+xml|text/xml))", re.IGNORECASE)


def find(html: str) -> Iterator[Active]:
    """Everything in a piece of HTML or in an SVG file that runs, frames another page, or sends what readers write."""
    body = LexborHTMLParser(f"<!doctype html><body><div>{html}").body
    # A template's content is no part of the page until a script takes it out, but for one that declares a shadow root.
    for node in body.css("*") if body else ():
        name = (node.tag or "").lower()
        local = name.rpartition(":")[2]  # a drawing may name its elements with a prefix
        if kind := _ELEMENTS.get(local):
            yield Active(f"<{local}> in a page; {_CURES[kind]}", (rf"<(?:\w+:)?{re.escape(local)}\b",))
        elif local == "template" and any(key.startswith("shadowroot") for key in node.attributes):
            yield Active(f"<template> in a page; {_CURES['template']}", (r"<template\b[^>]*shadowroot", "<template"))
        elif local == "meta" and "http-equiv" in node.attributes:
            yield Active(f"<meta http-equiv> in a page; {_CURES['meta']}", (r"<meta\b[^>]*http-equiv", r"http-equiv"))
        yield from _attributes(node, local)


def _attributes(node: LexborNode, element: str) -> Iterator[Active]:
    for key, value in node.attributes.items():
        name = key.lower()
        if re.match(r"on\w", name):
            message = f"the handler '{cut(name, 30)}' of <{element}>; listen in a script file in docs/assets instead"
            yield Active(message, (rf"\b{re.escape(name)}\s*=", re.escape(name)))
        elif name in ("formaction", "action") and element != "form":
            yield Active(f"'{name}' of <{element}> sends what readers write; take it out", (rf"\b{name}\b",))
        elif name in _ADDRESSES and (runs := _RUNS.search(_as_browsers_read(value or ""))):
            message = f"the address '{cut(value or '', 40)}' of <{element}> runs in the page; link to a page or a file"
            yield Active(message, (re.escape((value or "").strip()), re.escape(runs[1])))


def _as_browsers_read(address: str) -> str:
    """Without the signs that https://url.spec.whatwg.org/#concept-basic-url-parser skips."""
    return re.sub(r"[\t\n\r]", "", address).strip("".join(map(chr, range(0x21))))


def line_in(text: str, active: Active, *, is_markdown: bool) -> int:
    """The line of the source on which it stands, 1-based; 0 where nobody can say. Markdown's code is passed over."""
    if is_markdown:
        text = without_code(text)
    for clue in active.clues:
        if found := re.search(clue, text, re.IGNORECASE):
            return text.count("\n", 0, found.start()) + 1
    lines = [unescape(line) for line in text.split("\n")]
    found_in = (number for clue in active.clues for number, line in enumerate(lines, 1) if re.search(clue, line))
    return next(found_in, 0)


def without_code(markdown: str) -> str:
    """Markdown with spaces where it shows code, line by line and sign by sign as long as before."""
    code = r"^( *)(`{3,}|~{3,})[^\n]*\n.*?^ *\2|`[^`\n]+`"
    return re.sub(code, _blank, markdown, flags=re.MULTILINE | re.DOTALL)


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])
