"""Presenter notes are Markdown: render them as HTML, or as plain text for files that know no other."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference
from markdown_it.token import Token

# No raw HTML: what a note says is shown, not run. Marp keeps its line breaks, and many a note is written for that.
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table").enable("strikethrough")
# As whoever opens a file of Markdown may read it.
_WITH_HTML = MarkdownIt("commonmark").enable("table").enable("strikethrough")


def as_html(note: str, *, source: str, folder: str, links: Mapping[str, str]) -> str:
    """A note as HTML. Its links are written as on the slide; its pictures become their text alternative.

    `source` is the deck's file, `folder` leads from where the note is shown to the deck's published folder ('' or with
    a '/' at its end), `links` maps source files to their addresses as seen from that folder.
    """
    tokens = _parse(note)
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open":
                child.attrs["href"] = _address(str(child.attrs["href"]), source, folder, links)
            elif child.type == "image":
                child.type, child.content = "text", f"[{child.content}]"
    return str(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))


def _parse(note: str) -> list[Token]:
    """What stands as `[Ask]: why` is an address, and shown nowhere: where no link has that name, it is words."""
    known: dict[str, Any] = {}
    tokens = _MARKDOWN.parse(note, known)
    if not known.get("references"):
        return tokens
    given = [(normalizeReference(label), place["map"][0]) for label, place in known["references"].items()]
    given += [(place["label"], place["map"][0]) for place in known.get("duplicate_refs", [])]
    used = Counter(normalizeReference(words) for words in re.findall(r"\[([^\[\]]+)\]", note))
    used.subtract(label for label, _ in given)
    lines = note.split("\n")
    for label, number in given:
        if not used[label]:
            lines[number] = lines[number].replace("[", "\\[", 1)
    return _MARKDOWN.parse("\n".join(lines))


def as_published(note: str, *, source: str, links: Mapping[str, str]) -> str:
    """A note as it was written, but for its links, which lead where the deck's published folder has them.

    `source` and `links` are as for `as_html`. The file that it goes into has to go through `as_words`.
    """
    tokens = (child for token in _MARKDOWN.parse(note) for child in token.children or ())
    for href in dict.fromkeys(str(token.attrs["href"]) for token in tokens if token.type == "link_open"):
        address = _address(href, source, "", links)
        for written in {href, unquote(href)} if address != href else ():
            # After '](' or a definition's ']:' only: the same words may stand in a sentence.
            parts = re.split(
                rf"((?:\]\(|^ {{0,3}}\[[^]]+\]:[ \t]*)<?){re.escape(written)}(?=[\s)>]|$)", note, flags=re.M
            )
            note = address.join("".join(pair) for pair in zip(parts[::2], [*parts[1::2], ""], strict=True))
    return note


_CODE = r"\\.|(?<!`)(?P<run>`+)(?!`)(?:(?!\n[ \t]*\n).)*?(?<!`)(?P=run)(?!`)"
"""What keeps its signs: one that is escaped, and code in a sentence."""
_ADDRESS = r"<(?:https?:|mailto:)[^\s<>]*>|<[\w.+-]+@[\w.-]+>|(?:\]\(|\]:[ \t]*)<[^<>\n]*>"
_TARGET = r"(?:\((?:[^()\\]|\\.|\([^()]*\))*\)|\[[^\[\]]*\])?"
_TAG = r"<(?=[a-zA-Z/!?])"


def as_words(text: str) -> str:
    """Markdown that asks for nothing and runs nothing, whatever shows it: raw HTML is shown as in `as_html`, pictures
    become their text alternative.

    Not note by note: a name for an address, or a fence that nobody closes, holds for all that follows.
    """
    if _is_words(text):
        return text
    tokens = _MARKDOWN.parse(text)
    images = {child.content for token in tokens for child in token.children or () if child.type == "image"}
    alts = "|".join(r"\s+".join(map(re.escape, alt.split())) for alt in sorted(images, key=len, reverse=True))
    picture = rf"!\[(?P<alt>\s*(?:{alts})\s*)\]{_TARGET}" if images else "(?!)"
    # What is code to a pattern may be none: then better too many signs are escaped than too few.
    code = {line for each in tokens if each.type in ("fence", "code_block") for line in range(*(each.map or (0, 0)))}
    shown = _replaced(rf"(?P<kept>{_CODE}|{_ADDRESS})|{_TAG}|{picture}", text, code)
    if not _is_words(shown):
        shown = _replaced(rf"{_TAG}|!\[", text, code)
    return shown if _is_words(shown) else _replaced(rf"{_TAG}|!\[", text, set())


def _is_words(text: str) -> bool:
    found = (each.type for token in _WITH_HTML.parse(text) for each in (token, *(token.children or ())))
    return not any(kind in ("html_block", "html_inline", "image") for kind in found)


def _replaced(pattern: str, text: str, code: Collection[int]) -> str:
    """A text with what a pattern finds outside of its lines of `code` as words."""

    def words(found: re.Match[str]) -> str:
        groups = found.groupdict()
        if (alt := groups.get("alt")) is not None:  # it may stand before a ':' or a '(', or have the name of a link
            return f"\\[{re.sub(_TAG, '&lt;', alt)}\\]" if alt.strip() else ""
        return groups.get("kept") or {"<": "&lt;", "![": "!\\["}[found[0]]

    parts = []
    for is_code, lines in groupby(enumerate(text.split("\n")), key=lambda line: line[0] in code):
        part = "\n".join(line for _, line in lines)
        parts.append(part if is_code else re.sub(pattern, words, part, flags=re.DOTALL))
    return "\n".join(parts)


@dataclass(frozen=True)
class Run:
    """Words of a note that look alike."""

    text: str
    """May hold line breaks."""
    styles: frozenset[str] = frozenset()
    """Any of 'strong', 'em', 's' and 'code'."""
    href: str = ""
    """Where a link leads, as the author wrote it; '' where there is none."""


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, list item, table row or line of code."""

    runs: tuple[Run, ...]
    depth: int
    """How many lists are around it."""
    mark: str
    """'•' or a number with its dot, where a list item begins."""


def as_text(note: str) -> str:
    """A note as plain text: one line a paragraph, list item or table row, and no marks of Markdown."""
    lines = []
    for paragraph in paragraphs(note):
        mark = "  " * (paragraph.depth - 1) + f"{paragraph.mark} " if paragraph.mark else ""
        lines.append(mark + _words(paragraph.runs))
    return "\n".join(lines)


def spoken(notes: Sequence[str]) -> list[str]:
    """The words of a slide's notes that are there to be spoken: no code, and no address that is only itself.

    Where a part is labelled `**Say:**`, the rest is there to be read beforehand, or instead: then only the parts
    labelled so, `**Ask:**` and `**Bridge:**` count, each up to the next words in bold or italics with a colon. The
    same holds for these labels in the other languages of `_SPOKEN`.
    """
    parts: list[tuple[str, tuple[Run, ...]]] = []
    for note in notes:
        label = ""
        for paragraph in paragraphs(note):
            runs = paragraph.runs
            if runs and runs[0].styles & {"strong", "em"} and runs[0].text.rstrip().endswith((":", "\uff1a")):
                label, runs = runs[0].text.rstrip(" :\uff1a").casefold(), runs[1:]
            parts.append((label, runs))
    said = {label for label, _ in parts}
    if spoken_labels := [label for labels in _SPOKEN if labels[0] in said for label in labels]:
        parts = [(label, runs) for label, runs in parts if label in spoken_labels]
    texts = (
        "".join(run.text for run in runs if "code" not in run.styles and run.text != run.href) for _, runs in parts
    )
    return [word for text in texts for word in text.split() if any(letter.isalnum() for letter in word)]


_SPOKEN = (("say", "ask", "bridge"), ("decir", "preguntar", "transición"))
"""One language each; the first label is the one that says that there are others."""


def paragraphs(note: str) -> Iterator[Paragraph]:
    """A note as what a file without Markdown can show. Pictures become their text alternative."""
    counters: list[int | None] = []  # of the lists around, None where they have bullets
    mark = ""
    row: list[Run] | None = None
    for token in _parse(note):
        runs: list[tuple[Run, ...]] = []
        match token.type:
            case "bullet_list_open":
                counters.append(None)
            case "ordered_list_open":
                counters.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                counters.pop()
            case "list_item_open":
                count = counters[-1]
                mark = "•" if count is None else f"{count}."
                counters[-1] = None if count is None else count + 1
            case "list_item_close":
                mark = ""
            case "tr_open":
                row = []
            case "tr_close":
                runs, row = [tuple(row or ())[1:]], None
            case "inline" if row is not None:
                row += [Run(" | "), *_runs(token.children or ())]
            case "inline":
                runs = [tuple(_runs(token.children or ()))]
            case "fence" | "code_block":
                code = frozenset(["code"])
                runs = [(Run(line, code),) for line in token.content.rstrip("\n").split("\n")]
        for line in runs:
            yield Paragraph(line, len(counters), mark)
            mark = ""


def _runs(tokens: Sequence[Token]) -> Iterator[Run]:
    styles: frozenset[str] = frozenset()
    href = ""
    for token in tokens:
        match token.type:
            case "strong_open" | "em_open" | "s_open":
                styles |= {token.tag}
            case "strong_close" | "em_close" | "s_close":
                styles -= {token.tag}
            case "link_open":
                href = str(token.attrs["href"])
            case "link_close":
                href = ""
            case "softbreak" | "hardbreak":
                yield Run("\n", styles, href)
            case "image":
                yield Run(f"[{token.content}]", styles, href)
            case "code_inline":
                yield Run(token.content, styles | {"code"}, href)
            case _ if token.content:
                yield Run(token.content, styles, href)


def _words(runs: Sequence[Run]) -> str:
    words = ""
    for href, linked in groupby(runs, key=lambda run: run.href):
        words += "".join(run.text for run in linked)
        if urlsplit(href).scheme and not words.endswith(href):
            words += f" ({href})"
    return words


def _address(href: str, source: str, folder: str, links: Mapping[str, str]) -> str:
    parts = urlsplit(href)
    if parts.scheme or parts.netloc:
        return href
    if not parts.path:
        return f"{folder}slides.html{href}"
    file = posixpath.normpath(posixpath.join(posixpath.dirname(source), unquote(parts.path)))
    return links[file] + href[len(parts.path) :] if file in links else folder + href
