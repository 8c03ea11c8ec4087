"""Presenter notes are Markdown: render them as HTML, or as plain text for files that know no other."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

# No raw HTML: what a note says is shown, not run.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").enable("strikethrough")


def as_html(note: str, *, source: str, folder: str, links: Mapping[str, str]) -> str:
    """A note as HTML. Its links are written as on the slide; its pictures become their text alternative.

    `source` is the deck's file, `folder` leads from where the note is shown to the deck's published folder ('' or with
    a '/' at its end), `links` maps source files to their addresses as seen from that folder.
    """
    tokens = _MARKDOWN.parse(note)
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open":
                child.attrs["href"] = _address(str(child.attrs["href"]), source, folder, links)
            elif child.type == "image":
                child.type, child.content = "text", f"[{child.content}]"
    return str(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))


def as_text(note: str) -> str:
    """A note as plain text: one line a paragraph, list item or table row, and no marks of Markdown."""
    lines: list[str] = []
    counters: list[int | None] = []  # of the lists around, None where they have bullets
    mark = ""
    row: list[str] | None = None
    for token in _MARKDOWN.parse(note):
        match token.type:
            case "bullet_list_open":
                counters.append(None)
            case "ordered_list_open":
                counters.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                counters.pop()
            case "list_item_open":
                count = counters[-1]
                mark = "  " * (len(counters) - 1) + ("• " if count is None else f"{count}. ")
                counters[-1] = None if count is None else count + 1
            case "tr_open":
                row = []
            case "tr_close":
                lines.append(" | ".join(row or ()))
                row = None
            case "inline" if row is not None:
                row.append(_words(token.children or ()))
            case "inline":
                lines.append(mark + _words(token.children or ()))
                mark = ""
            case "fence" | "code_block":
                lines += token.content.rstrip("\n").split("\n")
    return "\n".join(lines)


def _words(tokens: Sequence[Token]) -> str:
    words = ""
    href = ""
    for token in tokens:
        match token.type:
            case "softbreak":
                words += " "
            case "hardbreak":
                words += "\n"
            case "image":
                words += f"[{token.content}]"
            case "link_open":
                href = str(token.attrs["href"])
            case "link_close":
                if urlsplit(href).scheme and not words.endswith(href):
                    words += f" ({href})"
            case _:
                words += token.content
    return words


def _address(href: str, source: str, folder: str, links: Mapping[str, str]) -> str:
    parts = urlsplit(href)
    if parts.scheme or parts.netloc:
        return href
    if not parts.path:
        return f"{folder}slides.html{href}"
    file = posixpath.normpath(posixpath.join(posixpath.dirname(source), unquote(parts.path)))
    return links[file] + href[len(parts.path) :] if file in links else folder + href
