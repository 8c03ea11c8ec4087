"""Take the pictures out of a rendered deck, so that its page can show them as files of their own."""

from __future__ import annotations

import base64
import binascii
import io
import posixpath
import re
import unicodedata
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree

from PIL import Image
from selectolax.lexbor import LexborNode

from pipeline import styles

_ENDINGS = {
    "image/apng": "png",
    "image/avif": "avif",
    "image/bmp": "bmp",
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/webp": "webp",
    "image/x-icon": "ico",
}

_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}"
_XML = "{http://www.w3.org/XML/1998/namespace}"

# What runs, loads or holds another document; opened by itself, a drawing is a page of the site.
_ACTIVE = frozenset(["script", "iframe", "embed", "object", "audio", "video", "handler", "listener"])
_ANIMATIONS = frozenset(["animate", "animateMotion", "animateTransform", "set"])

# A reference of a drawing to itself, or to a picture that it carries.
_OWN = r"#|data:image/(?:png|jpeg|gif|webp)[;,]"


@dataclass(frozen=True)
class Figure:
    """A picture of a deck as a file beside its page."""

    name: str
    """The file's name in `figures/`; no two of a deck differ in case only."""
    data: bytes
    width: float
    """In pixels; 0 where the file does not say."""
    height: float
    is_opaque: bool
    """Whether nothing of what lies behind it can be seen."""


class Figures:
    """The figures of one deck: each content once, each name once."""

    def __init__(self) -> None:
        self._found: dict[bytes, Figure] = {}

    @property
    def all(self) -> tuple[Figure, ...]:
        """Every figure, in the order of the slides."""
        return tuple(self._found.values())

    def add_address(self, address: str, source: str) -> Figure | None:
        """Take the picture that is written into a `data:` address; None where there is none to show.

        `source` is the author's path, '' where there is none.
        """
        found = re.match(r"data:([\w.+/-]+)((?:;[^,;]*)*),(.*)", address.strip(), re.DOTALL | re.IGNORECASE)
        ending = _ENDINGS.get(found[1].lower()) if found else None
        if not found or not ending:
            return None
        data = unquote_to_bytes(found[3])
        if found[2].lower().endswith(";base64"):
            try:
                data = base64.b64decode(data.partition(b"#")[0])
            except binascii.Error:
                return None
        if ending != "svg":
            width, height, is_opaque = _measure(data)
            return self._add(source, ending, data, (width, height), is_opaque=is_opaque)
        try:
            drawing = ElementTree.fromstring(data)
        except (ElementTree.ParseError, LookupError, ValueError):  # the last two for an encoding that it does not know
            return None
        return self._add_drawing(drawing, source)

    def add_drawing(self, node: LexborNode, source: str) -> Figure | None:
        """Take an `<svg>` that stands in the slide."""
        return self._add_drawing(_element(node), source)

    def _add_drawing(self, drawing: ElementTree.Element, source: str) -> Figure | None:
        still = _without_actions(drawing)
        if still is None or still.tag != "svg":
            return None
        still.set("xmlns", _SVG.strip("{}"))
        data = ElementTree.tostring(still, encoding="utf-8")
        return self._add(source, "svg", data, _measure_drawing(still), is_opaque=False)

    def _add(self, source: str, ending: str, data: bytes, size: tuple[float, float], *, is_opaque: bool) -> Figure:
        if data not in self._found:
            taken = {figure.name for figure in self._found.values()}
            stem = _plain_stem(source)
            name, number = f"{stem}.{ending}", 2
            while name in taken:
                name, number = f"{stem}-{number}.{ending}", number + 1
            self._found[data] = Figure(name, data, *size, is_opaque)
        return self._found[data]


def _plain_stem(source: str) -> str:
    """The author's file name in characters that every disk and address has."""
    stem = posixpath.splitext(posixpath.basename(source))[0]
    ascii_only = unicodedata.normalize("NFKD", stem.lower().replace("ß", "ss")).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")[:60].strip("-") or "figure"


_UNREADABLE = (OSError, RuntimeError, ValueError, SyntaxError, Image.DecompressionBombError)
"""What Pillow raises for pictures that it cannot read."""


def _measure(data: bytes) -> tuple[float, float, bool]:
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data)) as picture:
            return *picture.size, not picture.has_transparency_data
    except _UNREADABLE:  # a browser may read it all the same
        return 0, 0, False


def _measure_drawing(drawing: ElementTree.Element) -> tuple[float, float]:
    box = re.findall(r"[-+.\de]+", drawing.get("viewBox", ""))
    try:
        across, down = (float(part) for part in box[2:4])
    except ValueError:
        across, down = 0.0, 0.0
    width, height = (_pixels(drawing.get(name, "")) for name in ("width", "height"))
    if across > 0 and down > 0:
        width, height = (width or (height * across / down if height else across), height)
        height = height or width * down / across
    return (width, height) if 0 < width < 1e5 and 0 < height < 1e5 else (0, 0)


def _pixels(length: str) -> float:
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(px|pt|mm|cm|in|ex|em)?\s*", length)
    units = {"pt": 4 / 3, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96, "ex": 8, "em": 16}
    return float(found[1]) * units.get(found[2] or "px", 1) if found else 0


def _element(node: LexborNode) -> ElementTree.Element:
    """A drawing in HTML as XML."""
    element = ElementTree.Element(f"{_SVG}{node.tag}")
    for name, value in node.attributes.items():
        element.set(name, xml_text(value or ""))
    for child in node.iter(include_text=True):
        if child.tag == "-text":
            _append_text(element, xml_text(child.text_content or ""))
        elif child.tag and re.fullmatch(r"[a-zA-Z]+", child.tag):
            element.append(_element(child))
    return element


def xml_text(text: str) -> str:
    """`text` without the characters that XML does not have."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)


def _append_text(element: ElementTree.Element, text: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def _words_of(element: ElementTree.Element) -> ElementTree.Element:
    """The words of HTML in a drawing, in the middle of its place: some programs write all labels so."""
    words = ElementTree.Element("text", {"text-anchor": "middle", "dominant-baseline": "central"})
    for name, start, length in (("x", "x", "width"), ("y", "y", "height")):
        numbers = [_NUMBER.match(element.get(key, "0").strip()) for key in (start, length)]
        at, size = (float(found[0]) if found else 0 for found in numbers)
        words.set(name, f"{at + size / 2:g}")
    words.text = " ".join(_shown_words(element).split())
    return words


_NUMBER = re.compile(r"-?(?:\d+(?:\.\d*)?|\.\d+)(?![\d.%])")


def _shown_words(element: ElementTree.Element) -> str:
    if not isinstance(element.tag, str) or element.tag.rpartition("}")[2].lower() in ("script", "style"):
        return ""
    return " ".join([element.text or "", *(f"{_shown_words(child)} {child.tail or ''}" for child in element)])


def _without_actions(element: ElementTree.Element) -> ElementTree.Element | None:
    """A drawing that only draws: no script, no other document, nothing loaded, no link out of the web."""
    name = element.tag.removeprefix(_SVG) if isinstance(element.tag, str) else ""
    if name == "foreignObject":
        return _words_of(element)
    if "{" in name or not name or name in _ACTIVE or (name in _ANIMATIONS and _sets_address(element)):
        return None
    still = ElementTree.Element(name, dict(_kept_attributes(name, element.attrib.items())))
    if name == "style":  # a browser reads all the words in it, and none of its elements
        still.text = _without_loading("".join(element.itertext()))
        return still
    still.text = element.text
    for child in element:
        # Of a switch, a browser shows the first: there, somebody has written the words of what comes before, too.
        is_said_twice = name == "switch" and len(element) > 1 and child.tag == f"{_SVG}foreignObject"
        kept = None if is_said_twice else _without_actions(child)
        if kept is None:
            _append_text(still, child.tail or "")
        else:
            kept.tail = child.tail
            still.append(kept)
    return still


def _sets_address(animation: ElementTree.Element) -> bool:
    return re.search(r"href|^on", animation.get("attributeName", "").strip(), re.IGNORECASE) is not None


def _kept_attributes(element: str, attributes: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    for raw, value in attributes:
        name = raw.replace(_XLINK, "xlink:").replace(_XML, "xml:").removeprefix("xlink:")
        if name == "href":
            allowed = rf"{_OWN}|https?:" if element == "a" else _OWN
            if re.match(allowed, value.strip(), re.IGNORECASE):
                yield name, value.strip()
        elif re.fullmatch(r"[a-zA-Z][\w-]*|xml:(lang|space)", name) and not re.match(
            r"on|xmlns|data-|aria-|role$|class$|is$", name, re.IGNORECASE
        ):
            yield name, _without_loading(value)
        elif name == "class":
            yield name, value


def _without_loading(css: str) -> str:
    """CSS that asks for no file; where it might hide such a wish, no CSS."""
    if not re.search(r"\\|@|url|src|image-set", css, re.IGNORECASE):
        return css
    if "\\" in css or "image-set" in css.lower():
        return ""
    css = re.sub(r"@import[^;]*;?", "", css, flags=re.IGNORECASE)
    css = re.sub(
        r"url\(\s*+[\"']?+(?!\s*(?:#|data:(?:image|font)/))[^)]*\)?", "url(#)", css, flags=re.IGNORECASE | re.DOTALL
    )
    # What is left may close up to another wish.
    return css if all(re.match(r"#|data:|\Z", each.strip(), re.IGNORECASE) for each in styles.addresses(css)) else ""
