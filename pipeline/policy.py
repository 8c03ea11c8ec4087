"""Say in each page what it may load and run, so that the browser refuses everything else.

Nobody can set headers where the site is published, so the policy is a <meta> of the page, which binds what follows it:
https://www.w3.org/TR/CSP3/#meta-element
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

# Everything of a deck is in its one file, except pictures and the like that its author has put beside it. The
# presenter view and the overview show the deck itself in a frame. Marp styles elements one by one.
_DECK = {
    "default-src": "'none'",
    "script-src": "",
    "style-src": "'unsafe-inline'",
    "img-src": "'self' data:",
    "media-src": "'self' data:",
    "font-src": "'self' data:",
    "frame-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
}
# Pages ask for the theme's files, and the search works through its index in a worker.
_PAGE = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "media-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
}
# Whether files that are opened from disk are of one origin, browsers do not agree: 'self' may be none of them.
_SAVED = {
    "default-src": "'none'",
    "script-src": "'self' file:",
    "style-src": "'self' file: 'unsafe-inline'",
    "img-src": "'self' file: data:",
    "media-src": "'self' file:",
    "font-src": "'self' file:",
    "base-uri": "'none'",
    "form-action": "'none'",
}

# What is printed has everything in it.
_PRINT = {
    "default-src": "'none'",
    "script-src": "",
    "style-src": "'unsafe-inline' data:",
    "img-src": "data:",
    "media-src": "data:",
    "font-src": "data:",
}


def seal_deck(html: str, *, listens: bool = False) -> str:
    """A deck's finished HTML with its policy: what is changed in a script afterwards does not run.

    One that `listens` may ask the server that it came from, as the preview has to; what is published may not.
    """
    return _seal(html, {**_DECK, "connect-src": "'self'"} if listens else _DECK)


def seal_page(html: str) -> str:
    """A page's finished HTML with its policy: what is changed in an inline script afterwards does not run."""
    return _seal(html, _PAGE)


def seal_saved(html: str, original: LexborHTMLParser) -> str:
    """A page's finished HTML with its policy, where it is to be opened from disk, beside what it loads.

    No script runs in it that was none in the `original`, of which it was written.
    """
    return _seal(html, _SAVED, frozenset(_inline_scripts(original)))


def seal_print(html: str, deck: LexborHTMLParser | None = None) -> str:
    """A document to print with its policy: it loads nothing, and nothing in it runs but what Marp's `deck` brings."""
    return _seal(html, _PRINT, frozenset(_inline_scripts(deck) if deck else ()))


def _seal(html: str, policy: dict[str, str], known: frozenset[str] | None = None) -> str:
    scripts = dict.fromkeys(_inline_scripts(LexborHTMLParser(html)))
    hashes = [f"'sha256-{_digest(script)}'" for script in scripts if known is None or script in known]
    content = "; ".join(_directives(policy, hashes))
    meta = f'<meta http-equiv="Content-Security-Policy" content="{content}">'
    at = _place(html)
    if _binds(content, sealed := html[:at] + meta + html[at:]):
        return sealed
    # What looked like its place is in a comment, a title or an attribute. Here, every parser begins the head.
    start = _DOCTYPE.match(html)
    sealed = f'{html[: start.end()]}<meta charset="utf-8">{meta}{html[start.end() :]}' if start else ""
    return sealed if _binds(content, sealed) else f'<meta charset="utf-8">{meta}{html}'


def _binds(policy: str, html: str) -> bool:
    """Whether a page is read with the policy in its head, and nothing that loads before it."""
    for node in LexborHTMLParser(html.removeprefix("\ufeff")).css("head > *"):
        if (node.attributes.get("http-equiv") or "").lower() == "content-security-policy":
            return node.attributes.get("content") == policy
        if node.tag not in ("meta", "title") and not (node.attributes.get("href") or "").startswith("data:"):
            return False
    return False


def _directives(policy: dict[str, str], hashes: Iterable[str]) -> Iterator[str]:
    for name, sources in policy.items():
        allowed = [sources, *hashes] if name == "script-src" else [sources]
        yield " ".join([name, *filter(None, allowed)])


def blessed(html: str) -> Iterator[str]:
    """Each element of a page that the policy of pages does not keep from running, or from sending readers on."""
    for node in LexborHTMLParser(html).css("script, meta[http-equiv]"):
        if node.tag == "meta" or "src" in node.attributes or _runs(node):
            yield node.html or ""


def _inline_scripts(page: LexborHTMLParser) -> Iterator[str]:
    for script in page.css("script:not([src])"):
        if _runs(script) and (text := script.text()):
            # The browser hashes what its parser has read, and that ends each line in one way.
            yield text.replace("\r\n", "\n").replace("\r", "\n")


def _runs(script: LexborNode) -> bool:
    return (script.attributes.get("type") or "").split(";")[0].strip().lower() in _RUN


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _place(html: str) -> int:
    """After the character set, which browsers look for in the first kilobyte, and before anything that loads."""
    charset = _CHARSET.search(html)
    if charset and not _LOADS.search(html, 0, charset.start()):
        return charset.end()
    start = _HEAD.search(html) or _DOCTYPE.match(html)
    return start.end() if start else 0


# https://html.spec.whatwg.org/multipage/scripting.html#attr-script-type; other types hold data.
_RUN = frozenset(["", "module", "importmap", "speculationrules", "text/javascript", "application/javascript"])
# A tag that another begins in is none to these, or a row of beginnings would be read as often as it is long.
_CHARSET = re.compile(r"<meta\s+charset=[^<>]*>", re.IGNORECASE)
_HEAD = re.compile(r"<head(?:\s[^<>]*)?>", re.IGNORECASE)
_DOCTYPE = re.compile(r"(?:\s|\ufeff|<!--(?:(?!-->).)*-->)*<!doctype[^>]*>", re.IGNORECASE | re.DOTALL)
_LOADS = re.compile(r"<(?:script|style|img|body|link(?![^<>]*href=\"data:))\b", re.IGNORECASE)
