"""Follow every link of the built site, its decks and their PDFs, and keep the inventory of outside links."""

from __future__ import annotations

import itertools
import json
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urldefrag, urljoin, urlsplit

from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser
from yaml.nodes import MappingNode, Node, SequenceNode

from pipeline import patience, publish, scratch, styles
from pipeline.active import line_of_link, without_code, without_comments, without_elements
from pipeline.deck import Deck, stamped_line
from pipeline.problems import (
    BuildError,
    Problem,
    cut,
    line_at,
    line_of,
    line_of_mark,
    lines_of,
    load_yaml,
    read_text,
    read_yaml,
    shown,
)

if TYPE_CHECKING:
    from requests import Session

INVENTORY = Path("data", "links.yml")
"""Every outside link with the date it was last seen alive, below the project."""


@dataclass(frozen=True)
class Reference:
    """One address that a file of the site names."""

    uri: str
    """The file it stands in, relative to the site, e.g. `templates/index.html`."""
    target: str
    """The address as written."""
    line: int
    """The source line, where Marp stamped one; else 0."""
    is_link: bool
    """A link that a reader may follow; otherwise the page itself loads it."""


@dataclass(frozen=True)
class Origin:
    """The source that a file of the site was made from."""

    path: str
    """As messages name it."""
    text: str


@dataclass(frozen=True)
class Entry:
    """One line of the inventory."""

    url: str
    verified: date | None
    """When it last answered; None if it was never tried."""
    line: int


# --- inside the site ----------------------------------------------------------------------------------------


def check(
    site: Path,
    base: str,
    origins: Mapping[str, Origin],
    from_files: Iterable[Reference],
    inventory: list[Entry],
    *,
    edit_url: str = "",
) -> tuple[list[Problem], int]:
    """Check that every link leads somewhere. Returns what is wrong, and how many links there are.

    `site` is the built site and `base` the address it will have. `origins` names the source of a file of the site;
    `from_files` are the links of files that are no pages. Outside addresses must stand in the inventory, and the
    other way round; only those that begin with `edit_url` are the site's own business.
    """
    files = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    anchors: dict[str, set[str]] = {}
    references = list(from_files)
    for uri in sorted(files):
        if uri.endswith(".html"):
            found, anchors[uri] = read_page((site / uri).read_text(encoding="utf-8"), uri)
            references += found
        elif uri.endswith(".css"):
            text = (site / uri).read_text(encoding="utf-8")
            references += [Reference(uri, target, 0, is_link=False) for target in styles.addresses(text)]
    outside: set[str] = set()
    problems: list[Problem] = []
    known = {_canonical(entry.url) for entry in inventory}
    references = [each for each in references if not (edit_url and each.is_link and each.target.startswith(edit_url))]
    reported: set[tuple[str, str]] = set()
    # Slides first: there, Marp has stamped the line. The deck's page and its PDF repeat the same links.
    for reference in sorted(references, key=lambda reference: not reference.uri.endswith("slides.html")):
        rule, wrong = _wrong(reference, base, files, anchors, outside, known)
        if not wrong:
            continue
        origin = origins.get(reference.uri)
        target = reference.target
        address = urljoin(base + quote(reference.uri), target) if is_address(target) else target
        key = (origin.path if origin else reference.uri, address)
        if key not in reported or reference.uri.endswith("slides.html"):
            problems.append(_located(reference, rule, wrong, base, origins))
        reported.add(key)
    for entry in inventory:
        if _canonical(entry.url) not in outside:
            message = f"nothing links to {entry.url} any more; remove it from the inventory"
            problems.append(Problem(INVENTORY.as_posix(), entry.line, "link-unlisted", message))
    return problems, len(references)


def wrong_in_page(html: str, markdown: str) -> Iterator[tuple[int, str]]:
    """The line, and what is wrong, of links without an address and of names that two places have, in a page's Markdown.

    `html` is what was made of it, before the theme comes around it.
    """
    for line in _to_nothing(html, markdown):
        yield line, f"the link {_NOWHERE}"
    for line, name in _called_twice(html, markdown):
        yield line, f"two places are called '{name}', so that links lead to the first alone; rename one"


def _to_nothing(html: str, text: str) -> Iterator[int]:
    """The lines of links that have no address."""
    number = len(re.findall(r"""<a\b[^<>]*\shref=(?:""|'')""", html))
    if number:
        source = without_comments(without_code(text))
        empty = re.finditer(r"""\]\(\s*(?:<\s*>\s*)?(?:"[^"\n]*"\s*)?\)|\shref\s*=\s*(?:""|'')""", source)
        lines = [line_at(source, found.start()) for found in empty]
        rows = lines_of(source)
        # What is set in may be code.
        yield from sorted({*sorted(lines, key=lambda line: rows[line - 1].startswith(("    ", "\t")))[:number]})


def _called_twice(html: str, text: str) -> Iterator[tuple[int, str]]:
    """The line of the second place of a name, and that name, where a page gives two places the same."""
    # Of two pictures, one may be for the dark.
    given = re.findall(r"""<(?!img\b)[a-z][^<>]*\sid=["']([^"'<>]+)["']""", without_elements(html, "svg"))
    twice = {name for name, number in Counter(given).items() if number > 1}
    source = without_comments(without_code(text)) if twice else ""
    seen: Counter[str] = Counter()
    for found in re.finditer(r"""(?<!\\)\{([^{}\n]*)\}|\sid\s*=\s*["']?([^\s"'<>]+)""", source):
        for name in re.findall(r"(?<![^\s:])#([^\s{}#.]+(?:\.[^\s{}#.]+)*)", found[1] or "") or [found[2]]:
            seen[name] += 1
            if name in twice and seen[name] == 2:
                yield line_at(source, found.start()), name


def deck_problems(deck: Deck, html: str, path: Path, text: str) -> Iterator[Problem]:
    """See where the links of a deck lead that is part of no site: to its own slides, or to files beside it.

    `html` is the deck to present, `path` its source with `text`.
    """
    _, names = read_page(html, "")
    told: set[str] = set()
    for slide in deck.slides:
        for link in slide.links:
            if link.is_aside and link.href in told:
                continue
            if wrong := _wrong_without_site(link.href, names, path.parent):
                told.add(link.href)
                line = line_in_block(text, link.line, link.href)
                yield Problem(deck.source, line, "link-dead", f"slide {slide.number}: '{link.href}' {wrong}")


def _wrong_without_site(href: str, names: set[str], folder: Path) -> str:
    try:
        target, fragment = urldefrag(href)
        parts = urlsplit(target)
    except ValueError:
        return _NO_ADDRESS
    if not href.strip():
        return _NOWHERE
    if is_cut_off(target) or (parts.scheme and get_close_matches(parts.scheme, ["http", "https"], cutoff=0.8)):
        return "" if parts.scheme in ("http", "https") and parts.netloc else _NO_ADDRESS
    if len(parts.scheme) == 1:
        return "leads to a drive of one machine; use an address of the web, or a path beside the deck"
    if parts.scheme or parts.netloc or target.startswith("/"):
        return ""  # what a web server has there, nobody here can know
    if parts.path:
        return _wrong_beside(folder / unquote(parts.path), unquote(parts.path))
    if fragment and not has_anchor(names, fragment):
        return "leads to no slide; give its number, its key, or the words of its heading"
    return ""


def is_cut_off(target: str) -> bool:
    """Whether an address of the web names no host: browsers guess one, each as it likes."""
    return re.match(r"https?:(?!//[^/?#])", target, re.IGNORECASE) is not None


_NO_ADDRESS = "is no address; correct it"
_NOWHERE = "leads nowhere; write where it leads"


def _wrong_beside(path: Path, written: str) -> str:
    """What is wrong with a link to a file on disk; a page may not be made of its Markdown yet."""
    try:
        if path.exists() or (path.name and path.with_suffix(".md").exists()):
            return ""
    except (OSError, ValueError):  # too long, or with a sign that no file name can have
        pass
    if re.match(r"www\.|[\w-]+(\.[\w-]+)*\.(com|org|net|io|dev)\b", written):
        return "leads to a file of that name; begin it with https://"
    return "leads to a file that does not exist; correct the link, or add the file"


def in_markdown(text: str) -> list[str]:
    """The address of every link in Markdown."""
    tokens = MarkdownIt("commonmark").parse(text)
    inline = (child for token in tokens for child in token.children or ())
    return [str(child.attrs["href"]) for child in inline if child.type == "link_open"]


def read_page(html: str, uri: str) -> tuple[list[Reference], set[str]]:
    """Every address that a page names, and every anchor that it has."""
    tree = LexborHTMLParser(html)
    references: list[Reference] = []
    for selector, attribute in _ATTRIBUTES:
        for node in tree.css(selector):
            for target in targets(node.attributes.get(attribute) or "", attribute):
                is_canonical = node.tag == "link" and node.attributes.get("rel") == "canonical"
                is_link = node.tag in ("a", "area") or is_canonical
                references.append(Reference(uri, target, stamped_line(node), is_link=is_link))
    for node in tree.css("meta[property='og:image'], meta[name='twitter:image']"):
        # Loaded by those who show a link to the page, never by the page.
        references.append(Reference(uri, node.attributes.get("content") or "", 0, is_link=True))
    for node in tree.css("[style*='(']"):
        for target in styles.addresses(node.attributes.get("style") or ""):
            references.append(Reference(uri, target, stamped_line(node), is_link=False))
    for node in tree.css("style"):
        references += [Reference(uri, target, 0, is_link=False) for target in styles.addresses(node.text())]
    anchors = {node.attributes["id"] or "" for node in tree.css("[id]")}
    anchors |= {node.attributes["name"] or "" for node in tree.css("a[name]")}
    # In a deck, its script sends the names of slides to their numbers, former names too.
    for node in tree.css("script[data-present='slides']"):
        anchors |= {name for slide in json.loads(node.text()) for name in slide["names"]}
    return references, anchors


_ATTRIBUTES = [
    ("[href]", "href"),
    ("[src]", "src"),
    ("[srcset]", "srcset"),
    ("[poster]", "poster"),
    ("object[data]", "data"),
]


def targets(value: str, attribute: str) -> list[str]:
    """The addresses that an attribute holds."""
    if attribute == "srcset":
        return [
            part.split()[0] for part in re.split(r",\s+|(?<=\s[\d][wx]),|(?<=[\d.][\d][wx]),", value) if part.strip()
        ]
    return [value]


_FINE = ("", "")


def _wrong(
    reference: Reference,
    base: str,
    files: set[str],
    anchors: Mapping[str, set[str]],
    outside: set[str],
    known: set[str],
) -> tuple[str, str]:
    """The rule that a reference breaks and what is wrong with it, ('', '') if nothing is.

    Adds outside addresses to `outside`.
    """
    target = reference.target.strip()
    try:
        scheme = urlsplit(target).scheme.lower()
    except ValueError:
        return "link-dead", _NO_ADDRESS
    if scheme in ("data", "mailto", "tel", "blob", "about"):
        return _FINE
    if is_cut_off(target):
        return "link-dead", _NO_ADDRESS
    # The 404 page is shown at any address: only absolute links hold there.
    address, fragment = urldefrag(urljoin(base + quote(reference.uri), target))
    if scheme in ("http", "https") or target.startswith("//"):
        if not (address + "/").startswith(base):
            return _wrong_outside(reference, address, outside, known)
    elif scheme:
        return (
            "link-dead",
            f"leads to '{scheme}:', which nobody else can follow; use an address of the site or of the web",
        )
    path = urlsplit(address).path
    root = urlsplit(base).path
    if not (path + "/").startswith(root):
        return "link-dead", f"leads out of the site, whose root is {root}; write it relative to the page"
    uri = unquote(path[len(root) :])
    if uri == "" or uri.endswith("/"):
        uri += "index.html"
    if uri not in files:
        if f"{uri}/index.html" in files:
            return "link-dead", f"leads to the folder '{uri}'; add a '/' to its end"
        return "link-dead", f"leads to '{uri}', which does not exist; {_suggestion(uri, files)}"
    if fragment and uri.endswith(".html") and not has_anchor(anchors.get(uri, set()), fragment):
        return "link-dead", f"leads to '#{unquote(fragment)}', which '{uri}' does not have; correct the part after '#'"
    return _FINE


def has_anchor(anchors: set[str], fragment: str) -> bool:
    """Whether a browser finds a place on a page."""
    # Marp writes ids percent-encoded, MkDocs plain: a browser finds either.
    forms = {fragment, unquote(fragment), quote(fragment, safe="%!$&'()*+,;=:@/?-._~")}
    return bool(forms & anchors) or fragment.startswith(":~:")


def _wrong_outside(reference: Reference, address: str, outside: set[str], known: set[str]) -> tuple[str, str]:
    if not reference.is_link:
        return "outside-request", "is loaded from another host; put the file into the project"
    outside.add(_canonical(address))
    if _canonical(address) not in known:
        return "link-unlisted", f"is not in the inventory; add it to {INVENTORY.as_posix()}"
    return _FINE


def _suggestion(uri: str, files: set[str]) -> str:
    other = [name for name in files if name.lower() == uri.lower()]
    if other:
        return f"there is '{other[0]}': use the same case"
    name = posixpath.basename(uri)
    same = sorted(f for f in files if posixpath.basename(f) == name and name != "index.html")
    if same:
        return f"did you mean '{same[0]}'?"
    if uri.startswith("decks/"):  # of what lies beside a deck, only the pictures that it shows are published
        return "correct the link, or put the file below docs/ and link to it there"
    return "correct the link, or add the file"


def _located(reference: Reference, rule: str, wrong: str, base: str, origins: Mapping[str, Origin]) -> Problem:
    """Name the Markdown source that an author can mend, not the page that was made of it."""
    origin = origins.get(reference.uri)
    if origin is None:
        return Problem(f"dist/site/{reference.uri}", 0, rule, f"'{reference.target}' {wrong}")
    if reference.line:
        line = line_in_block(origin.text, reference.line, reference.target)
    else:
        line = _line_in_source(reference, base, origin.text)
    return Problem(origin.path, line, rule, f"'{reference.target}' {wrong}")


def line_in_block(text: str, first: int, name: str) -> int:
    """The line that has `name` in the block that begins at line `first`, which is as much as a browser knows."""
    block = itertools.takewhile(str.strip, lines_of(text)[first - 1 :])
    return next((first + number for number, line in enumerate(block) if name in line), first)


def _line_in_source(reference: Reference, base: str, text: str) -> int:
    """Find the link in Markdown, where it may be written otherwise than in the page: with .md, without '../'."""
    if not is_address(reference.target):
        return line_of(text, reference.target)
    path, fragment = urldefrag(reference.target.removeprefix(base))
    page = path.rstrip("/")
    needles = [reference.target, unquote(reference.target), f"#{fragment}" if fragment else "", f"{page}.md"]
    if page and not page.startswith("/"):  # which is written as it stands, or by some setting
        name = posixpath.basename(page)
        needles += [page, f"{name}.md", f"({name}", name]
    return next((line for needle in needles if (line := line_of_link(text, needle))), 0)


# --- outside ------------------------------------------------------------------------------------------------


def read_inventory(root: Path) -> list[Entry]:
    """Read data/links.yml. Raises BuildError where it is missing or wrong."""
    name = INVENTORY.as_posix()
    text = read_text(root / INVENTORY, name)
    content = load_yaml(text, name)
    items = content.get("links") if isinstance(content, dict) else None
    if not isinstance(items, list):
        raise BuildError([Problem(name, 1, "settings", "has no list 'links:'; see CONTRIBUTING.md for its shape")])
    tree = read_yaml(text, name)
    nodes = _items(tree)
    if len(nodes) != len(items):
        message = "'links' comes by '<<', where no dates could be written; write 'links:' itself"
        raise BuildError([Problem(name, line_of(text, "<<"), "settings", message)])
    problems = list(_unknown_fields(tree, text))
    entries: list[Entry] = []
    known: set[str] = set()
    for item, node in zip(items, nodes, strict=True):
        url = item.get("url") if isinstance(item, dict) else None
        for key in item if isinstance(item, dict) else ():
            # An entry may have more, for whoever keeps the list.
            close = get_close_matches(str(key), _FIELDS, n=1, cutoff=0.9)
            if close and close[0] not in item:
                where, _ = _field(node, str(key)) or (node, node)
                message = f"{shown(str(key))} is no field of an entry; did you mean '{close[0]}'?"
                problems.append(Problem(name, line_of_mark(where.start_mark), "settings", message))
        _, place = _field(node, "url") or (node, node)
        line = line_of_mark(place.start_mark)
        if not isinstance(url, str) or not url.startswith(("http://", "https://")) or not is_address(url):
            message = f"entry {shown(item)} has no 'url:' that begins with https://; correct it"
            problems.append(Problem(name, line, "settings", message))
        elif not isinstance(item.get("verified"), date | None):
            message = f"'verified' of {cut(url, 200)} is no date; write e.g. 2026-01-31, or null"
            problems.append(Problem(name, line, "settings", message))
        elif lent := next(_lent(node), ""):
            message = f"'{lent}' of {cut(url, 200)} comes by '<<' or '*'; write '{lent}:' itself, with its value"
            problems.append(Problem(name, line_of_mark(node.start_mark), "settings", message))
        elif _canonical(url) in known:
            problems.append(Problem(name, line, "settings", f"{url} stands here twice; remove one"))
        else:
            known.add(_canonical(url))
            entries.append(Entry(url, item.get("verified"), line))
    if problems:
        raise BuildError(problems)
    return entries


_FIELDS = ("url", "what", "verified")


def _unknown_fields(tree: Node | None, text: str) -> Iterator[Problem]:
    """What stands beside the list, where it would be read by nobody; what holds an anchor lends that to the list."""
    for key, value in tree.value if isinstance(tree, MappingNode) else []:
        written = text[key.end_mark.index : value.end_mark.index]
        if key.value not in ("links", "<<") and not re.search(r"(?<![^\s\[{,:])&\S", written):
            message = f"{shown(key.value)} is no field of the inventory; the only one is 'links'"
            yield Problem(INVENTORY.as_posix(), line_of_mark(key.start_mark), "settings", message)


def _items(tree: Node | None) -> list[Node]:
    """The entries of the inventory as YAML nodes, which know their places."""
    listed = _field(tree, "links")
    return list(listed[1].value) if listed and isinstance(listed[1], SequenceNode) else []


def _field(node: Node | None, name: str) -> tuple[Node, Node] | None:
    """The key and the value of a field of a mapping."""
    pairs = node.value if isinstance(node, MappingNode) else []
    return next(((key, value) for key, value in pairs if key.value == name), None)


def _lent(node: Node) -> Iterator[str]:
    """The fields of an entry in whose place no date can be written: what an alias names stands where its anchor is."""
    if not _field(node, "url"):
        yield "url"
    for name in ("url", "verified"):
        key, value = _field(node, name) or (None, None)
        if key and value and not node.start_mark.index <= key.start_mark.index < value.start_mark.index:
            yield name


def is_address(url: str) -> bool:
    """Whether an address can be taken apart: one with a '[' in its host, for instance, cannot."""
    try:
        urlsplit(url)
    except ValueError:
        return False
    return True


def _canonical(url: str) -> str:
    """The address as a browser spells it, without its fragment: it is the page that is looked at."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.lower(), path=parts.path or "/", fragment="").geturl()


def check_online(entries: Iterable[Entry], *, today: date, report: Callable[[str], None]) -> Iterator[Entry | Problem]:
    """Ask every address whether it still answers: yields the entry with today's date, or the problem."""
    import requests  # which a build does without, and which would be a twelfth of all that it imports

    session = requests.Session()
    # Of an answer that leads elsewhere, the library would read all.
    session.get_redirect_target = lambda resp: None  # type: ignore[method-assign]
    # Some sites turn away programs that do not say who they are.
    session.headers["User-Agent"] = "Mozilla/5.0 (compatible; link check of Post-mortem Culture)"
    for entry in entries:
        report(entry.url)
        try:
            with patience.within(""):
                status = _status(session, entry.url)
        except (requests.RequestException, ValueError, patience.Late) as error:  # an address may be none after all
            is_late = isinstance(error, patience.Late)
            reason = f"no answer in {patience.SECONDS:g} s" if is_late else type(error).__name__
            yield _dead(entry, f"cannot be reached ({reason})")
            continue
        if status < 400:
            yield Entry(entry.url, today, entry.line)
        else:
            yield _dead(entry, f"answers with status {status}")


def _status(session: Session, url: str) -> int:
    """The status with which an address answers in the end. Nothing of any answer is read: it may have no end."""
    from requests import TooManyRedirects

    for _ in range(session.max_redirects):
        with session.get(url, timeout=30, stream=True) as answer:
            if not answer.is_redirect:
                return answer.status_code
            url = urljoin(url, answer.headers["location"])
    raise TooManyRedirects


def _dead(entry: Entry, reason: str) -> Problem:
    since = f"last seen {entry.verified}" if entry.verified else "never seen so far"
    message = f"{entry.url} {reason}, {since}; find its new place, or link to an archived copy"
    return Problem(INVENTORY.as_posix(), entry.line, "link-dead", message)


def write_verified(root: Path, alive: Iterable[Entry]) -> None:
    """Write the dates into data/links.yml, and leave everything else in it as it is."""
    text = read_text(root / INVENTORY, INVENTORY.as_posix())
    dates = {entry.url: entry.verified for entry in alive}
    places = {
        item.start_mark.index: item for item in _items(read_yaml(text, INVENTORY.as_posix()))
    }  # an alias stands where its anchor is
    for _, item in sorted(places.items(), reverse=True):  # from the end, as what is written moves what comes after it
        key, url = _field(item, "url") or (item, item)
        if url.value not in dates:
            continue
        said = f"verified: {dates[url.value]}"
        if dated := _field(item, "verified"):
            start, end = dated[0].start_mark.index, dated[1].end_mark.index
        elif isinstance(item, MappingNode) and item.flow_style:
            start, said = url.end_mark.index, f", {said}"
            end = start
        else:
            start = text.find("\n", url.end_mark.index) % (len(text) + 1)  # else the end of the text
            end, said = start, f"\n{' ' * key.start_mark.column}{said}"
        text = text[:start] + said + text[end:]
    for left in scratch.abandoned((root / INVENTORY).parent, publish.NEW):  # by a run that was killed
        left.unlink(missing_ok=True)
    publish.write(root / INVENTORY, text)
