"""Turn a slide's HTML into HTML to read in a page: words and figures stay, whatever acts or styles goes."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterator
from html import escape
from urllib.parse import urlsplit

from selectolax.lexbor import LexborNode

from pipeline.figures import Figure, Figures

LAYOUTS = frozenset(["cards", "columns", "compare", "flow", "point", "steps", "traps"])
"""Classes of the theme that say how words belong together; a page has `reading-…` for each."""

_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
# What a reading view needs; anything else gives way to its content.
_KEPT = frozenset(
    """p ul ol li dl dt dd table caption thead tbody tfoot tr th td blockquote pre code em strong b i s del ins u sub
    sup kbd samp var abbr cite dfn time q mark small ruby rt rp bdi bdo a figure figcaption details summary
    div""".split()  # noqa: SIM905 - a list of 52 strings reads worse
)
_KEPT_IF_EMPTY = frozenset(["li", "th", "td"])  # they count in a list, or take a place in a table
_BLOCKS = frozenset(["section", "article", "aside", "main", "nav", "header", "footer", "address", "center"])
_FORMULA = frozenset(
    """math semantics mrow mi mo mn ms mtext mspace mfrac msqrt mroot mstyle merror mpadded mphantom msub msup msubsup
    munder mover munderover mmultiscripts mprescripts none mtable mtr mtd menclose""".split()  # noqa: SIM905
)
_FORMULA_ATTRIBUTES = ("display", "displaystyle", "mathvariant", "stretchy", "fence", "accent", "columnalign", "width")
_WORD = r"[\w.+-]+"
_MEDIA = frozenset(["video", "audio"])
_DROPPED = frozenset(["script", "style", "template", "svg", "iframe", "object", "annotation"])
_WIDEST = 1280  # a slide


def body(content: list[LexborNode], *, title: LexborNode | None, backgrounds: list[LexborNode], found: Figures) -> str:
    """The content of a slide as plain HTML, without the heading that is its title.

    `backgrounds` are the elements whose background Marp made of an image; those with a text alternative are shown.
    Every figure is added to `found`, and is expected in `figures/` beside the page.
    """
    reader = _Reader(found, title)
    parts = [*map(reader.read, content), *map(reader.background, backgrounds)]
    return "\n".join(filter(None, map(str.strip, parts)))


class _Reader:
    """Walks one slide."""

    def __init__(self, figures: Figures, title: LexborNode | None) -> None:
        self._figures = figures
        self._title = title.mem_id if title else None

    def read(self, node: LexborNode) -> str:
        """`node` as HTML without ids, styles, handlers and classes that are not ours."""
        tag = node.tag or ""
        if tag == "-text":
            return escape(node.text_content or "", quote=False)
        if tag == "img":
            return self._picture(node)
        if tag == "svg" and node.attributes.get("data-src"):
            return self._drawing(node)
        if tag == "mjx-container":
            return self._formula(node)
        if tag in ("br", "hr", "wbr"):
            return f"<{tag}>"
        if tag in _MEDIA:
            return _of_media(node)
        if tag in _DROPPED or tag.startswith(("-", "_", "!")) or "katex-html" in _classes(node):
            return ""
        if node.mem_id == self._title:
            parts = node.css("img, svg[data-src], mjx-container, a[href], video, audio")
            return "".join(f"<p>{self.read(part)}</p>" for part in parts)
        inner = "".join(self.read(child) for child in node.iter(include_text=True))
        return _element(node, tag, inner)

    def background(self, node: LexborNode) -> str:
        """The picture behind a slide, where it is worth words."""
        caption = node.css_first("figcaption")
        alt = " ".join(caption.text().split()) if caption else ""
        found = re.search(r"background-image:\s*url\(\s*[\"']?(data:[^\"')]*)", node.attributes.get("style") or "")
        figure = self._figures.add_address(found[1], _source(node)) if found and alt else None
        return f"<p>{_image(figure, alt, (0, 0), part=_part(found[1]))}</p>" if found and figure else ""

    def _picture(self, node: LexborNode) -> str:
        alt = node.attributes.get("alt") or ""
        address = node.attributes.get("src") or ""
        figure = self._figures.add_address(address, _source(node))
        if figure is None:
            return f"<em>[{escape(alt)}]</em>" if alt else ""
        style = node.attributes.get("style") or ""
        wanted = (_wanted(node, style, "width"), _wanted(node, style, "height"))
        return _image(figure, alt, wanted, part=_part(address))

    def _drawing(self, node: LexborNode) -> str:
        alt = node.attributes.get("aria-label") or ""
        figure = self._figures.add_drawing(node, _source(node))
        if figure is None:
            return f"<em>[{escape(alt)}]</em>" if alt else ""
        return _image(figure, alt, (0, 0))

    def _formula(self, node: LexborNode) -> str:
        drawing = node.css_first("svg")
        figure = self._figures.add_drawing(drawing, "formula") if drawing else None
        return _image(figure, f"Formula: {formula_words(node)}", (0, 0), "reading-formula") if figure else ""


def _of_media(node: LexborNode) -> str:
    """What a film or a sound is called: it is in the deck's file, and is played there."""
    attributes = node.attributes
    files = [posixpath.basename(_source(each)) for each in (node, *node.css("source"))]
    # What stands in it is mostly for browsers that could not play it.
    said = [attributes.get("aria-label"), attributes.get("title"), *files, node.text(deep=True)]
    name = " ".join(next(filter(None, said), "").split())
    return f"<em>[{escape(name)}]</em>" if name else ""


def formula_words(formula: LexborNode) -> str:
    """The signs of a formula that MathJax has drawn, one after the other."""
    # MathJax draws letters and keeps their code points, in letters that only mathematics uses; those that its font
    # lacks it writes.
    signs: list[str] = []
    for glyph in formula.css("[data-c], text"):
        point = int(glyph.attributes.get("data-c") or "0", 16)
        sign = glyph.text() if glyph.tag == "text" else chr(point) if 32 < point < 0x110000 else ""
        signs += [sign] if sign.strip() else []
    return unicodedata.normalize("NFKC", " ".join(signs))


def _element(node: LexborNode, tag: str, inner: str) -> str:
    if tag in _HEADINGS:
        return f"<h3>{inner}</h3>" if inner.strip() else ""
    if tag in _BLOCKS:
        tag = "div"
    tag = "s" if tag == "strike" else tag  # its newer name
    if tag in _FORMULA:
        return f"<{tag}{_copied(node, _FORMULA_ATTRIBUTES, _WORD)}>{inner}</{tag}>"
    if tag not in _KEPT or not (inner.strip() or tag in _KEPT_IF_EMPTY):
        return inner
    if tag == "a" and not _address(node):
        return inner
    return f"<{tag}{''.join(_attributes(node, tag))}>{inner}</{tag}>"


def _attributes(node: LexborNode, tag: str) -> Iterator[str]:
    yield _copied(node, ("dir",), "rtl|ltr|auto")
    match tag:
        case "a":
            yield f' href="{escape(_address(node))}"'
        case "ol":
            yield _copied(node, ("start",), r"-?\d+") + _copied(node, ("type",), "[1aAiI]")
            yield " reversed" if "reversed" in node.attributes else ""
        case "li":
            yield _copied(node, ("value",), r"-?\d+")
        case "th" | "td":
            yield _copied(node, ("colspan", "rowspan"), r"\d{1,3}")
            if align := re.search(r"text-align:\s*(right|center)", node.attributes.get("style") or ""):
                yield f' class="reading-{align[1]}"'
        case "abbr" if title := node.attributes.get("title"):
            yield f' title="{escape(title)}"'
        case "details":
            yield " open" if "open" in node.attributes else ""
        case "div":
            if layout := next((name for name in _classes(node) if name in LAYOUTS), ""):
                yield f' class="reading-{layout}"'


def _copied(node: LexborNode, names: tuple[str, ...], shape: str) -> str:
    values = {name: node.attributes.get(name) or "" for name in names}
    return "".join(f' {name}="{value}"' for name, value in values.items() if re.fullmatch(shape, value, re.ASCII))


def _address(node: LexborNode) -> str:
    """Where a link leads from the deck's page; '' where no reader should follow."""
    href = node.attributes.get("href") or ""
    if href.startswith("#"):  # the page stands beside the deck, so only links within the deck need another address
        return f"slides.html{node.attributes.get('data-href') or href}"
    try:
        scheme = urlsplit(href).scheme
    except ValueError:
        return ""
    return href if scheme in ("", "http", "https", "mailto", "tel") else ""


def _part(address: str) -> str:
    """Which part of a drawing is shown: what follows a '#'."""
    _, sign, part = address.partition("#")
    return sign + part if address.startswith("data:image/svg+xml;base64,") else ""


def _image(
    figure: Figure, alt: str, wanted: tuple[float, float], name: str = "reading-figure", *, part: str = ""
) -> str:
    width, height = wanted
    if figure.width:
        ratio = figure.height / figure.width
        width = min(width or (height / ratio if height else figure.width), _WIDEST)
        height = width * ratio
    size = "".join(f' {side}="{max(1, round(n))}"' for side, n in (("width", width), ("height", height)) if 0 < n < 1e5)
    see_through = "" if figure.is_opaque else f" {name}--clear"
    source = f"figures/{figure.name}{escape(part)}"
    return f'<img class="{name}{see_through}" src="{source}"{size} loading="lazy" alt="{escape(alt)}">'


def _wanted(node: LexborNode, style: str, side: str) -> float:
    """How wide or high the author wants a picture, in pixels of the slide; 0 for as it is."""
    found = re.search(rf"(?:^|;)\s*{side}:\s*(\d+(?:\.\d+)?)px", style)
    plain = re.fullmatch(r"\d{1,5}", node.attributes.get(side) or "", re.ASCII)
    return float(found[1] if found else plain[0] if plain else 0)


def _classes(node: LexborNode) -> list[str]:
    return (node.attributes.get("class") or "").split()


def _source(node: LexborNode) -> str:
    return node.attributes.get("data-src") or ""
