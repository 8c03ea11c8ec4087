"""Find what would run, frame another page or send something in the HTML of a page, or in a drawing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from html import unescape
from xml.etree import ElementTree

from selectolax.lexbor import LexborHTMLParser

from pipeline import styles
from pipeline.problems import cut, line_at, line_of


@dataclass(frozen=True)
class Active:
    """Something that is more than words, pictures and links."""

    what: str
    """It, in a few words."""
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
    "noscript": "write what it holds into the page",
}
_ELEMENTS = {
    "script": "script", "base": "base", "form": "form", "iframe": "frame", "frame": "frame", "frameset": "frame",
    "object": "frame", "embed": "frame", "applet": "frame", "portal": "frame", "fencedframe": "frame",
}  # fmt: skip
# What a browser follows, loads, or (in a drawing) puts into an address while the drawing moves.
_ADDRESSES = frozenset(
    ["href", "xlink:href", "src", "action", "formaction", "data", "poster", "to", "from", "by", "values", "ping"]
)
_RUNS = re.compile(r"(?:^|;)(javascript:|vbscript:|data:(?:text/html|application/xhtml\+xml|text/xml))", re.IGNORECASE)


def never_ended(html: str) -> str:
    """An element that a piece of HTML begins without end, where there are too many to read it in time; '' elsewhere.

    A parser goes through all that is open for each element, and opens anew in each paragraph what is <b> or the like.
    """
    begun = Counter(name.lower() for name, end in _BEGINS.findall(html) if not end or name.lower() in _OPENED_ANEW)
    begun.subtract(name.lower() for name in _ENDS.findall(html))
    open_ones = {name: number for name, number in begun.items() if number > 0 and name not in _END_BY_THEMSELVES}
    again = sum(number for name, number in open_ones.items() if name in _OPENED_ANEW)
    too_often = again * html.count("<") > _MOST_OPENED
    if sum(open_ones.values()) <= _MOST_OPEN and not too_often:
        return ""
    worst: str = max(open_ones, key=lambda name: (too_often and name in _OPENED_ANEW, open_ones[name]))
    return worst


_BEGINS = re.compile(r"<([a-z][^\s<>/]*)(?:[^<>]*(/)>)?", re.IGNORECASE)
_ENDS = re.compile(r"</([a-z][^\s<>/]*)", re.IGNORECASE)
_OPENED_ANEW = frozenset(["b", "big", "code", "em", "font", "i", "s", "small", "strike", "strong", "tt", "u"])
_END_BY_THEMSELVES = frozenset(
    ["a", "area", "body", "br", "col", "colgroup", "dd", "dt", "head", "hr", "html", "img", "input", "li", "link"]
) | {"meta", "nobr", "option", "p", "rp", "rt", "source", "tbody", "td", "tfoot", "th", "thead", "tr", "track", "wbr"}
_MOST_OPEN = 5000
"""Elements; no browser shows more than 512 in each other."""
_MOST_OPENED = 2_000_000
"""Elements; each takes some hundred bytes."""


def find(html: str) -> Iterator[Active]:
    """Everything in a piece of HTML that runs, frames another page, or sends what readers write."""
    # A template's content is no part of the page until a script takes it out, but for one that declares a shadow root.
    yield from _each_once(_elements(f"<!doctype html><body><div>{html}", is_page=True))


def find_in_document(html: str) -> Iterator[Active]:
    """As `find`, in an HTML file, which has a head, and a body or frames of its own."""
    yield from _each_once(_elements(html))


def find_in_xml(xml: str, *, is_picture: bool = False) -> Iterator[Active]:
    """As `find`, in a file that browsers read as XML, such as a drawing; and what it would load from another host.

    What is shown as a picture loads no file at all. Raises ElementTree.ParseError where nobody could read it to its
    end.
    """
    found: list[Active] = []
    for element in ElementTree.fromstring(xml).iter():
        if not isinstance(element.tag, str):  # a comment
            continue
        space, _, name = element.tag.rpartition("}")
        if space.removeprefix("{") not in _SHOWN:
            continue
        named = {key.replace(_XLINK, "xlink:"): value for key, value in element.items()}
        attributes = {key: value for key, value in named.items() if not key.startswith("{")}
        judged = list(_judge(name.lower(), attributes))
        if is_picture:
            judged = [replace(each, message=f"{each.what} does nothing in a picture; take it out") for each in judged]
        found += judged
        style = "".join(element.itertext()) if name.lower() == "style" else ""
        found += _loads(name, attributes, style, is_picture=is_picture)
    yield from _each_once(found)


_XLINK = "{http://www.w3.org/1999/xlink}"
_SHOWN = ("", "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml", "http://www.w3.org/1998/Math/MathML")
"""What a browser draws, or may; other XML it lists."""


def may_hold(html: str) -> bool:
    """Whether a long piece of HTML has any sign of what `find` finds: to look at each element takes far longer."""
    return _SIGNS.search(html) is not None


_SIGNS = re.compile(
    rf"""[<:](?:{"|".join(_ELEMENTS)}|template|noscript)|http-equiv|script:|data:(?:text|app)|action|ping"""
    r"""|["'\s/]on\w+\s*=|__config|&(?:#|colon|newline|tab)""",
    re.IGNORECASE,
)


def _each_once(found: Iterable[Active]) -> Iterator[Active]:
    yield from dict.fromkeys(found)


def _elements(html: str, *, is_page: bool = False) -> Iterator[Active]:
    """What the elements of a document are and have."""
    # What stands in it is elements to some, and to a browser text, which may end where nobody else sees an end.
    if re.search(r"<noscript\b", html, re.IGNORECASE):
        yield Active("<noscript>", f"<noscript> in a page; {_CURES['noscript']}", (r"<noscript\b",))
    if name := never_ended(html):
        what = f"<{name}> and more without end"
        yield Active(what, f"{what}, which nobody could read in time; end each element", (rf"<{re.escape(name)}\b",))
        return
    for node in LexborHTMLParser(html).css("*"):
        name = (node.tag or "").lower()
        # A drawing may name its elements with a prefix.
        attributes = {key: value or "" for key, value in node.attributes.items()}
        yield from _judge(name.rpartition(":")[2], attributes)
        if is_page:
            yield from _judge_id(name, attributes.get("id", ""))


def _judge_id(element: str, value: str) -> Iterator[Active]:
    """What an id does elsewhere on the page."""
    if re.fullmatch("h[1-6]", element) and re.search('["<>]', value):
        # MkDocs puts it into the table of contents as it is.
        what = f"the id '{cut(value, 40)}' of <{element}>"
        cure = "would be HTML elsewhere; write letters, digits and '-'"
        yield Active(what, f"{what} {cure}", (re.escape(value), re.escape(value[:20])))
    elif value == "__config":
        what = "the id '__config'"
        cure = "is that of the site's settings, which would be read from here; take another"
        yield Active(what, f"{what} {cure}", (r"\b__config\b",))


def _judge(element: str, attributes: Mapping[str, str]) -> Iterator[Active]:
    if kind := _ELEMENTS.get(element):
        yield Active(f"<{element}>", f"<{element}> in a page; {_CURES[kind]}", (rf"<(?:\w+:)?{re.escape(element)}\b",))
    elif element == "template" and any(key.startswith("shadowroot") for key in attributes):
        yield Active(
            "<template>", f"<template> in a page; {_CURES['template']}", (r"<template\b[^<>]*shadowroot", "<template")
        )
    elif element == "meta" and "http-equiv" in attributes:
        yield Active(
            "<meta>", f"<meta http-equiv> in a page; {_CURES['meta']}", (r"<meta\b[^<>]*http-equiv", r"http-equiv")
        )
    for key, value in attributes.items():
        name = key.lower()
        if re.match(r"on\w", name):
            what = f"the handler '{cut(name, 30)}' of <{element}>"
            yield Active(
                what,
                f"{what}; listen in a script file in docs/assets instead",
                (rf"\b{re.escape(name)}\s*=", re.escape(name)),
            )
        elif name == "ping" and element in ("a", "area"):
            what = f"'ping' of <{element}>"
            yield Active(what, f"{what} tells others who follows the link; take it out", (r"\bping\s*=",))
        elif name in ("formaction", "action") and element != "form":
            what = f"'{name}' of <{element}>"
            yield Active(what, f"{what} sends what readers write; take it out", (rf"\b{name}\b",))
        elif name in _ADDRESSES and (runs := _RUNS.search(_as_browsers_read(value))):
            what = f"the address '{cut(value, 40)}' of <{element}>"
            yield Active(
                what,
                f"{what} runs in the page; link to a page or a file",
                (re.escape(value.strip()), re.escape(runs[1])),
            )


def _loads(element: str, attributes: Mapping[str, str], text: str, *, is_picture: bool) -> Iterator[Active]:
    """What an element of a drawing asks another host for, or where it is a picture, what is not in it."""
    asked = [value for key, value in attributes.items() if key in _LOADED and element not in ("a", "area")]
    asked += [each for key in ("srcset", "imagesrcset") for each in attributes.get(key, "").split(",")]
    if element in ("body", "table", "tbody", "td", "tfoot", "th", "thead", "tr"):
        asked.append(attributes.get("background", ""))
    styled = [*(attributes.get(key, "") for key in _STYLED), text]
    if element == "set" or element.startswith("animate"):
        moved = [part for key in _MOVED for part in attributes.get(key, "").split(";")]
        if "href" in attributes.get("attributeName", ""):
            asked += moved
        styled += moved
    for css in styled:
        if _MAY_LOAD.search(css):
            asked += styles.addresses(css)
    for address in map(_as_browsers_read, asked):
        clues = (re.escape(address), rf"<(?:\w+:)?{re.escape(element)}\b")
        if is_picture and not re.match(r"#|data:|\Z", address, re.IGNORECASE):
            message = (
                f"<{element}> asks for '{cut(address, 80)}', which no picture loads; put it into the drawing itself"
            )
            yield Active(f"<{element}>", message, clues)
        elif _ELSEWHERE.match(address):
            message = f"<{element}> asks for {cut(address, 80)}, which is not part of the site; use a file of your own"
            yield Active(f"<{element}>", message, clues)


_ELSEWHERE = re.compile(r"https?:|[/\\]{2}", re.IGNORECASE)  # "http:a.example" is an address, too
_LOADED = ("href", "poster", "src", "xlink:href")
_STYLED = (
    "clip-path", "cursor", "fill", "filter", "marker", "marker-end", "marker-mid", "marker-start", "mask", "stroke",
    "style",
)  # fmt: skip
_MAY_LOAD = re.compile(r"url|image-set|src\(|@import|\\", re.IGNORECASE)
_MOVED = ("by", "from", "to", "values")


def _as_browsers_read(address: str) -> str:
    """Without the signs that https://url.spec.whatwg.org/#concept-basic-url-parser skips."""
    return re.sub(r"[\t\n\r]", "", address).strip("".join(map(chr, range(0x21))))


def encodings(html: str) -> list[str]:
    """What a browser finds that looks for an encoding before it reads a page: it knows comments and tags only."""
    bare = re.sub(r"<!--(?:-?>|.*?-->|.*)", "", html, flags=re.DOTALL)
    bare = re.sub(r"<(?!meta[\s/>])", "&lt;", bare, flags=re.IGNORECASE)
    named = (meta.attributes["charset"] or "" for meta in LexborHTMLParser(bare).css("meta[charset]"))
    return [name.strip() for name in named if name.strip()]


def line_in(text: str, clues: Iterable[str], *, is_markdown: bool) -> int:
    """The line of the source to which a clue leads, 1-based; 0 where none does. Markdown's code is passed over."""
    texts = [text]
    if is_markdown:
        text = without_comments(without_code(text))
        # What is set in may be code, or a part of a list.
        texts = [re.sub(INDENTED, blank, text), text]
    lines = [unescape(line) for line in text.split("\n")]
    for clue in clues:
        for each in texts:
            if found := re.search(clue, each, re.IGNORECASE):
                return line_at(each, found.start())
        if number := next((number for number, line in enumerate(lines, 1) if re.search(clue, line)), 0):
            return number
    return 0


def line_of_link(text: str, target: str) -> int:
    """The line on which a piece of Markdown leads to `target`, or else holds the word; 0 where it does neither."""
    leads = rf"""(?:\]\(\s*<?|\]:\s*<?|["'=]){re.escape(target)}(?=[\s)>"'#?]|\Z)"""
    if target and (found := re.search(leads, without_code(text))):
        return line_at(text, found.start())
    return line_of(text, target)


def without_code(markdown: str) -> str:
    """Markdown with spaces where it shows code, line by line and sign by sign as long as before."""
    return re.sub(rf"{FENCED}|`[^`\n]+`", blank, markdown, flags=re.MULTILINE | re.DOTALL)


FENCED = r"^ *(`{3,}+|~{3,}+)[^\n]*\n.*?^ *\1"
"""A block of code in Markdown up to the signs that end it, where `re.MULTILINE` and `re.DOTALL` are set."""


PREFORMATTED = r"<pre\b(?:(?!<pre\b).)*?</pre>"
"""A block of HTML that is shown as it is written, where `re.DOTALL` is set."""


def without_preformatted(markdown: str) -> str:
    """Markdown with empty lines where raw HTML in it is shown as it is written."""
    return re.sub(PREFORMATTED, blank, markdown, flags=re.DOTALL | re.IGNORECASE)


INDENTED = r"(?m)^(?: {4}|\t).*"
"""A line of code in Markdown, or one that is set in."""


def without_elements(html: str, names: str) -> str:
    """HTML without some elements, `names` parted by '|', and what is in them."""
    return re.sub(rf"<({names})\b(?:(?!<\1\b).)*?</\1>", "", html, flags=re.DOTALL | re.IGNORECASE)


def without_comments(markdown: str) -> str:
    """Markdown with spaces where it has comments, as long as before."""
    return re.sub(r"<!--(?:.*?-->|.*)", blank, markdown, flags=re.DOTALL)


def blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])
