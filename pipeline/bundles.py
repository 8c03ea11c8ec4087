"""What people take away from a session in one file: pages that open from disk, and all that they link to."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from urllib.parse import quote, unquote, urldefrag, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline import archive, asides, links, pages, policy, styles
from pipeline.practice import FOLDER, KEY
from pipeline.problems import BuildError, Problem
from pipeline.templates import FORMATS, Template

PLACE = "downloads"
"""Where the bundles stand in the site."""

START = "start-here.html"
"""The page of a bundle to begin with."""

_SECRET = f"{FOLDER}/{KEY}/"
_STYLE = Path(__file__).with_suffix(".css")


@dataclass(frozen=True)
class Bundle:
    """A file to take away."""

    name: str
    """The file's, and that of the folder in it."""
    title: str
    about: str
    """What it is and for whom, in a few sentences."""
    folders: tuple[str, ...]
    """Where its pages stand in the site."""
    slides: tuple[str, ...]
    """Which files of the deck it holds."""
    is_for_facilitators: bool
    """Whether it may hold what spoils the practice."""


_FOR_ALL = ("practice/", "templates/", "learn/", "connect/", "glossary/")

BUNDLES = (
    Bundle(
        "participant",
        "For participants",
        "Everything to work with in a session and after it: the practice incident with its evidence, the templates, "
        "and the pages to read. Nothing in it tells the answers.",
        _FOR_ALL,
        ("slides.pdf",),
        is_for_facilitators=False,
    ),
    Bundle(
        "facilitator",
        "For facilitators",
        "Everything to run a session with, the answers of the practice incident included. Keep it to yourself, and "
        "send participant.zip, which lies in it, to everybody else.",
        (*_FOR_ALL, "facilitate/"),
        tuple(each.name for each in pages.FORMATS if each.name != "deck.json"),
        is_for_facilitators=True,
    ),
)


def make(site: Path, base: str, templates: Sequence[Template], deck: str) -> dict[str, bytes]:
    """The bundles, by the names of their files.

    `site` is the built site and `base` its address, to which links lead that leave a bundle. `deck` is the one of the
    sessions, '' where there are none.
    """
    made: dict[str, bytes] = {}
    for bundle in BUNDLES:
        files = _Filler(bundle, site, base, templates).fill(deck)
        if bundle.is_for_facilitators:
            files |= made
        ordered = [START, *sorted(files.keys() - {START})]
        made[f"{bundle.name}.zip"] = archive.pack({f"{bundle.name}/{name}": files[name] for name in ordered})
    return made


def problems(bundles: Mapping[str, bytes]) -> Iterator[Problem]:
    """Links of a bundle's pages that lead nowhere in it, and what participants must not get."""
    for name, content in bundles.items():
        files = archive.unpack(content)
        pages_in = {uri: links.read_page(data.decode(), uri) for uri, data in files.items() if uri.endswith(".html")}
        for uri, (references, _) in pages_in.items():
            for reference in references:
                if wrong := _wrong(reference, set(files), {each: found[1] for each, found in pages_in.items()}):
                    yield Problem(f"dist/site/{PLACE}/{name}", 0, "bundle", f"{uri}: '{reference.target}' {wrong}")
        if name == "participant.zip":
            for uri in files:
                if uri.startswith(f"participant/{_SECRET}"):
                    message = f"holds '{uri}', which spoils the practice; link to it only from pages for facilitators"
                    yield Problem(f"dist/site/{PLACE}/{name}", 0, "bundle", message)


def _wrong(reference: links.Reference, files: set[str], anchors: Mapping[str, set[str]]) -> str:
    # Decks were looked at on their own, and what is no address is told with the site.
    is_address = links.is_address(reference.target)
    if not is_address or urlsplit(reference.target).scheme or reference.uri.endswith("slides.html"):
        return ""
    address, fragment = urldefrag(urljoin(f"/{reference.uri}", reference.target))
    uri = unquote(urlsplit(address).path).lstrip("/")
    if uri not in files:
        return "leads to nothing in the bundle; please report it"
    is_there = uri not in anchors or uri.endswith("slides.html") or links.has_anchor(anchors[uri], fragment)
    if fragment and not is_there:
        return f"leads to '#{fragment}', which is not there; please report it"
    return ""


# --- one bundle ---------------------------------------------------------------------------------------------


@dataclass
class _Filler:
    """Gathers the files of one bundle."""

    bundle: Bundle
    site: Path
    base: str
    templates: Sequence[Template]
    wanted: set[str] = field(default_factory=set)
    """The files that pages ask for, by their addresses in the site."""
    chosen: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)
    """The pages by the sections of the site's navigation: (section, [(title, address)])."""

    def fill(self, deck: str) -> dict[str, bytes]:
        """Every file by its name in the bundle."""
        if not (self.site / "index.html").is_file():
            message = "there is no home page, which the bundles take the site's sections from; write docs/index.md"
            raise BuildError([Problem("docs", 0, "bundle", message)])
        home = _parse(self.site / "index.html")
        sections = list(_sections(home, "index.html"))
        if not sections:  # it may have a layout of its own, without a menu
            others = sorted(path.relative_to(self.site).as_posix() for path in self.site.rglob("index.html"))
            sections = next(filter(None, (list(_sections(_parse(self.site / uri), uri)) for uri in others)), [])
        self.chosen = [(title, [each for each in found if self._has(each[1])]) for title, found in sections]
        slides = [
            f"decks/{deck}/{name}" for name in self.bundle.slides if (self.site / f"decks/{deck}/{name}").is_file()
        ]
        self.wanted |= set(slides)
        if self._may_spoil:  # scripts of the key's pages ask for its data only when they run
            below = (self.site / _SECRET).rglob("*")
            self.wanted |= {path.relative_to(self.site).as_posix() for path in below if path.is_file()} - self.pages
        files = {uri: self._page(uri) for _, found in self.chosen for _, uri in found}
        files[START] = self._start(home, slides)
        while missing := self.wanted - files.keys():  # what is taken along may ask for more
            files |= {uri: self._file(uri) for uri in sorted(missing)}
        return files

    def _file(self, uri: str) -> bytes:
        content = (self.site / uri).read_bytes()
        if uri.startswith("decks/"):
            # What a presenter is to listen for would tell participants what there is to find.
            return content if self._may_spoil else asides.without_notes(content)
        if uri.endswith(".css"):
            css = content.decode()
            return self._moved(css, styles.addresses(css), uri).encode()
        return self._whole(uri) if uri.endswith(".html") else content

    def _whole(self, uri: str) -> bytes:
        """A page that was written as it is."""
        tree, original = _parse(self.site / uri), _parse(self.site / uri)
        for own in tree.css("meta[http-equiv='Content-Security-Policy']")[:1]:
            own.decompose()
        html = self._rewritten(tree.root, uri) if tree.root else ""
        return policy.seal_saved(f"<!DOCTYPE html>\n{html}\n", original).encode()

    @property
    def _may_spoil(self) -> bool:
        return self.bundle.is_for_facilitators

    @property
    def pages(self) -> set[str]:
        """The addresses of its pages."""
        return {uri for _, found in self.chosen for _, uri in found}

    def _has(self, uri: str) -> bool:
        if not uri.startswith(self.bundle.folders) or not uri.endswith("index.html"):  # which may be any file
            return False
        if self._may_spoil:
            return True
        reserved = {f"{each.folder}index.html" for each in self.templates if each.is_for_facilitators}
        return uri not in reserved and not uri.startswith(_SECRET)

    def _page(self, uri: str) -> bytes:
        """A page without what only works on the site: menus, search, buttons to copy."""
        tree = _parse(self.site / uri)
        article = tree.css_first("article.md-content__inner")
        if article is None:
            return self._whole(uri)
        unwanted = ".headerlink, .md-content__button, .md-source-file" + ("" if self._may_spoil else ", .facilitators")
        for node in article.css(unwanted):
            node.decompose()
        scripts = [node for node in tree.css("script[src]") if "/javascripts/" not in (node.attributes["src"] or "")]
        to_start = posixpath.relpath(START, posixpath.dirname(uri))
        body = (
            f"<nav class='bundle' aria-label='Bundle'><a href='{to_start}'>{escape(self.bundle.title)}: what there is"
            f"</a></nav><main class='bundle__page md-typeset'>{self._rewritten(article, uri)}</main>"
            f"{''.join(self._rewritten(node, uri) for node in scripts)}"
        )
        return self._document(tree, uri, body)

    def _document(self, tree: LexborHTMLParser, uri: str, body: str, title: str = "") -> bytes:
        styles = "".join(self._rewritten(node, uri) for node in tree.css("link[rel='stylesheet']"))
        found = tree.css_first("title")
        title = title or (found.text() if found else "")
        language = (tree.root.attributes.get("lang") if tree.root else "") or "en"
        own = _STYLE.read_text(encoding="utf-8")
        return policy.seal_saved(
            f"<!DOCTYPE html>\n<html lang='{escape(language)}'><head><meta charset='utf-8'>"
            f"<meta name='viewport' content='width=device-width,initial-scale=1'><title>{escape(title)}</title>"
            f"{styles}<style>{own}</style></head>"
            "<body dir='ltr' data-md-color-scheme='default' data-md-color-primary='custom' "
            f"data-md-color-accent='custom'>{body}</body></html>\n",
            tree,
        ).encode()

    def _rewritten(self, node: LexborNode, uri: str) -> str:
        """The HTML of a node; its links lead to what is in the bundle, or to the site."""
        for name in ("href", "src", "poster", "srcset", "style"):
            for each in [node, *node.css(f"[{name}]")]:
                if (value := each.attributes.get(name)) is None:
                    continue
                if name in ("srcset", "style"):
                    found = styles.addresses(value) if name == "style" else links.targets(value, name)
                    each.attrs[name] = self._moved(value, found, uri)
                else:
                    each.attrs[name] = self._address(value, uri)
        for each in node.css("style"):
            for text in list(each.iter(include_text=True)):
                css = text.text_content or ""
                if (moved := self._moved(css, styles.addresses(css), uri)) != css:
                    text.replace_with(moved)
        # In a drawing, it is text as any other, and would be written as HTML's own, which nobody reads for elements.
        for each in node.css(":is(svg, math) :is(style, xmp, noembed, noframes, plaintext)"):
            for text in list(each.iter(include_text=True)):
                if text.tag == "-text":
                    text.replace_with((text.text_content or "").replace("<", "&lt;"))
        return node.html or ""

    def _moved(self, value: str, addresses: Iterable[str], uri: str) -> str:
        """A value with addresses as they are in the bundle; one that is written with escapes is let be."""
        for address in dict.fromkeys(addresses):
            if (moved := self._address(address, uri)) != address:
                place = rf"(?<![^\s,(\"']){re.escape(address)}(?![^\s,)\"'])"
                value = re.sub(place, moved.replace("\\", r"\\"), value)
        return value

    def _address(self, href: str, uri: str) -> str:
        if href.startswith("#") or not links.is_address(href):  # `links` says so
            return href
        address, fragment = urldefrag(urljoin(self.base + quote(uri), href))
        if not address.startswith(self.base):
            return href if urlsplit(href).scheme or href.startswith("//") else urljoin(self.base + quote(uri), href)
        parts = urlsplit(address)
        target = unquote(parts.path.removeprefix(urlsplit(self.base).path)).lstrip("/")
        target += "index.html" if not target or target.endswith("/") else ""
        if ".." in re.split(r"[/\\]", target):  # written as %2e%2e, it may lead out of the site
            return self.base + quote(target)
        end = (f"?{parts.query}" if parts.query else "") + (f"#{fragment}" if fragment else "")
        is_page = target.endswith("/index.html") or target == "index.html"
        if target in self.pages or (not is_page and self._takes(target)):
            return quote(posixpath.relpath(target, posixpath.dirname(uri) or ".")) + end
        return self.base + quote(re.sub(r"(^|/)index\.html$", r"\1", target)) + end

    def _takes(self, target: str) -> bool:
        """Whether a file comes with the pages that link to it; of a deck, only what the bundle is to hold."""
        if target.startswith(f"{PLACE}/") or not (self.site / target).is_file():
            return False
        if not self._may_spoil and (target.startswith(_SECRET) or self._is_reserved(target)):
            return False
        if target.startswith("decks/") and not (self._may_spoil and "/thumbs/" in target):
            return target in self.wanted
        self.wanted.add(target)
        return True

    def _is_reserved(self, target: str) -> bool:
        return any(each.is_for_facilitators and target.startswith(each.folder) for each in self.templates)

    def _start(self, home: LexborHTMLParser, slides: Sequence[str]) -> bytes:
        """The page that lists what there is."""
        formats = {each.name: each for each in pages.FORMATS}
        parts = [f"<h1>{escape(self.bundle.title)}</h1><p class='lead'>{escape(self.bundle.about)}</p>"]
        if slides:
            known = [(formats[posixpath.basename(uri)], uri) for uri in slides]
            rows = "".join(f"<li><a href='{quote(uri)}'>{each.label}</a>. {each.use}</li>" for each, uri in known)
            parts.append(f"<h2>The slides</h2><ul>{rows}</ul>")
        files = {f"{each.folder}index.html": each for each in self.templates}
        for title, found in self.chosen:
            if found:
                rows = "".join(
                    f"<li><a href='{quote(uri)}'>{escape(name)}</a>{_formats(files.get(uri))}</li>"
                    for name, uri in found
                )
                parts.append(f"<h2>{escape(title)}</h2><ul>{rows}</ul>")
        parts.append(
            f"<p>From <a href='{escape(self.base)}'>{escape(self.base)}</a>, where the newest of it is. "
            "All of this opens without a network; search and the other pages are on the site.</p>"
        )
        body = f"<main class='bundle__page md-typeset'>{''.join(parts)}</main>"
        name = home.css_first("meta[property='og:site_name']")
        title = (name.attributes.get("content") if name else "") or self.bundle.title
        return self._document(home, START, body, f"{title}: {self.bundle.title.lower()}")


def _formats(template: Template | None) -> str:
    if not template:
        return ""
    found = ", ".join(
        f"<a href='{quote(template.folder + template.name)}{ending}'>{name}</a>" for ending, name in FORMATS.items()
    )
    return f" ({found})"


def _sections(page: LexborHTMLParser, uri: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The site's navigation, as the page at `uri` shows it: (section, [(title, address of the page)])."""
    for item in page.css("nav.md-nav--primary > ul > li"):
        # With navigation.indexes, the name of a section is a link, and stands beside its label.
        label = item.css_first(".md-nav__container .md-ellipsis, label .md-ellipsis")
        found = [
            (
                " ".join(link.text().split()),
                re.sub(r"(^|/)$", r"\1index.html", unquote(urljoin(f"/{uri}", link.attributes["href"]).lstrip("/"))),
            )
            for link in item.css("a.md-nav__link")
        ]
        yield " ".join(label.text().split()) if label else "", found


def _parse(path: Path) -> LexborHTMLParser:
    return LexborHTMLParser(path.read_text(encoding="utf-8"))
