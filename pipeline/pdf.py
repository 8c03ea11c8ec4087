"""A deck's PDF once Marp has printed it: fixed dates, true links, pictures, and a look inside."""

from __future__ import annotations

import hashlib
import io
import posixpath
import re
import struct
import threading
import unicodedata
import zlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import pikepdf
import pypdfium2
from PIL import Image, ImageChops
from zlib_ng import zlib_ng

from pipeline import asides
from pipeline.cache import NOTHING_KEPT, Cache
from pipeline.deck import Link, Slide
from pipeline.marp import NOWHERE

Item = TypeVar("Item")

PICTURE_WIDTH = 1280
"""Pixels; a slide's picture is as wide as Marp's own slides are."""

OG_SIZE = (1200, 630)
"""Pixels, as the Open Graph sites crop to."""


def finish(
    pdf: bytes,
    *,
    title: str,
    address: str,
    time: int,
    slides: Sequence[Slide] = (),
    others: Sequence[Link] = (),
    outline: Sequence[str] = (),
) -> bytes:
    """Make the bytes depend on the deck alone, its links lead where they should, and everything have its words.

    `title` is the document's, where it has one. `address` is where the deck is published; '' leaves links relative to
    the file. `time` is in seconds since 1970; Marp writes the moment of printing. `slides` stand on one page each,
    where they do; `others` are links that stand anywhere. `outline` are the titles of the entries that are left in the
    outlines, where there are any: the outermost.
    """
    with pikepdf.open(io.BytesIO(pdf)) as document:
        for action in _link_actions(document):
            uri = str(action.URI)
            if uri.startswith(_root(NOWHERE)):
                action.URI = pikepdf.String(urljoin(address, _relative(uri)))
        moment = datetime.fromtimestamp(time, UTC)
        date = moment.strftime("D:%Y%m%d%H%M%SZ")
        asides.number_anew(document)
        asides.describe(document, slides, others)
        asides.add_notes(document, slides, date=date)
        if outline:
            _name_entries(document, outline)
        if title:
            document.docinfo["/Title"] = pikepdf.String(title)
            # Some browsers say so themselves, and some do not.
            document.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
        document.docinfo["/CreationDate"] = pikepdf.String(date)
        document.docinfo["/ModDate"] = pikepdf.String(date)
        _add_metadata(document, moment)
        out = io.BytesIO()
        # Of tags and outlines there is much in small pieces: put together, they are packed as well.
        packed = pikepdf.ObjectStreamMode.generate
        document.save(out, deterministic_id=True, object_stream_mode=packed)
    return out.getvalue()


def _name_entries(document: pikepdf.Pdf, titles: Sequence[str]) -> None:
    """Leave these entries in the outlines, the outermost: what stands below them are headings of slides and notes."""
    with document.open_outline() as entries:
        for entry, title in zip(entries.root, titles, strict=False):  # `checks` counts them
            entry.title = title
            entry.children.clear()


def _add_metadata(document: pikepdf.Pdf, moment: datetime) -> None:
    """Say in XMP, where newer programs look, what the document says of itself already."""
    said = {
        "dc:title": "/Title",
        "dc:description": "/Subject",
        "pdf:Keywords": "/Keywords",
        "pdf:Producer": "/Producer",
    }
    with document.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
        for name, key in said.items():
            if text := str(document.docinfo.get(key, "")):
                metadata[name] = text
        if author := str(document.docinfo.get("/Author", "")):
            metadata["dc:creator"] = [author]
        if language := str(document.Root.get("/Lang", "")):
            metadata["dc:language"] = {language}
        metadata["xmp:CreateDate"] = metadata["xmp:ModifyDate"] = moment.isoformat()


def links(pdf: bytes) -> list[tuple[int, str]]:
    """Every link that leaves the document: (page, counted from 1; address)."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return [
            (number, str(action.URI)) for number, page in enumerate(document.pages, 1) for action in _page_actions(page)
        ]


@contextmanager
def _open(pdf: bytes) -> Iterator[tuple[pypdfium2.PdfDocument, int]]:
    """The document, and how many pages it has."""
    with _PDFIUM:
        document = pypdfium2.PdfDocument(pdf)
        count = len(document)
    try:
        yield document, count
    finally:
        with _PDFIUM:
            document.close()


def _each_page(pdf: bytes, look: Callable[[pypdfium2.PdfPage], Item]) -> Iterator[Item]:
    """What `look` sees on each page."""
    with _open(pdf) as (document, count):
        for number in range(count):
            with _PDFIUM:
                seen = look(document[number])
            yield seen


# PDFium is made for one thread at a time: who asks it for a page holds this, and lets others have their turn after it.
_PDFIUM = threading.RLock()


def texts(pdf: bytes) -> list[str]:
    """The text of each page, white space folded."""
    return [" ".join(text.split()) for text in _each_page(pdf, lambda page: page.get_textpage().get_text_bounded())]


def image_counts(pdf: bytes) -> list[int]:
    """How many images each page paints."""
    return list(_each_page(pdf, lambda page: sum(1 for _ in page.get_objects(filter=[_IMAGE], max_depth=9))))


_IMAGE = pypdfium2.raw.FPDF_PAGEOBJ_IMAGE


def missing(text: str, words: str, *, every_time: bool = False) -> list[str]:
    """The words that a page whose text is `text` does not show, or, `every_time`, less often than they are wanted.

    A PDF knows glyphs, not words: kerning looks like white space, Arabic comes in the order of the page, emoji and
    formulas have no letters. So only words of three letters or more are looked for, in either direction. Vowel signs of
    Arabic and Hebrew part the letters anywhere: there it is enough that all of them are on the page.
    """
    page = "".join(_letters(text).split())
    wanted = Counter(_WORD.findall(_letters(words)))
    if _VOWEL_SIGN.search(words) and _has_letters(page, "".join(_LEFTWARDS.findall(_letters(words)))):
        wanted = Counter({word: times for word, times in wanted.items() if not _LEFTWARDS.match(word)})
    return [
        word
        for word, times in wanted.items()
        if max(page.count(word), page.count(word[::-1])) < (times if every_time else 1)
    ]


def goes_over(word: str, pages: Sequence[str]) -> bool:
    """Whether a word begins on one of `pages`, by their texts, and goes on at once on the next, and so forth.

    Only of those so long that they need not fit a line: a sentence is one word where none are parted by spaces.
    """
    if len(word) < _LONG and not _SPACELESS.search(word):
        return False
    letters = ["".join(_letters(page).split()) for page in pages]
    for first in range(len(letters)):
        left = word
        for page in letters[first:]:
            if not (fitting := _fitting(left, page)):
                break
            if fitting == len(left):
                return True
            left = left[fitting:]
    return False


def _fitting(word: str, page: str) -> int:
    """How many of its first letters stand on a page in a row."""
    return bisect_left(range(1, len(word) + 1), 1, key=lambda length: word[:length] not in page)


_LONG = 40
_SPACELESS = re.compile("[\u0e00-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
"""Letters of Thai, Lao, Tibetan, Burmese, Khmer, Japanese and Chinese."""


def is_whole(text: str, words: str) -> bool:
    """Whether a page whose text is `text` has every letter of `words`, in whatever order it stands there.

    A reading beside its word, a large initial and lines from top to bottom come at other places than one reads them.
    """
    return _has_letters(_letters(text), "".join(filter(str.isalpha, _letters(words))))


def _has_letters(page: str, letters: str) -> bool:
    return Counter(letters) <= Counter(page)


def boxed(pdf: bytes, pages: Collection[int]) -> set[int]:
    """Those of `pages`, counted from 1, on which boxes stand in place of letters, as no font of the machine has them.

    A browser writes into the PDF what they should have been, so that its text does not tell.
    """
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return {number for number in pages if _has_boxes(document.pages[number - 1].obj, 0)}


def _has_boxes(part: pikepdf.Object, depth: int) -> bool:
    resources = part.get("/Resources", pikepdf.Dictionary())
    fonts = resources.get("/Font", pikepdf.Dictionary())
    is_wide = False
    for each in pikepdf.parse_content_stream(part, "Tf Tj TJ"):
        if str(each.operator) == "Tf":
            font = fonts.get(str(each.operands[0]), pikepdf.Dictionary())
            is_wide = font.get("/Subtype") == "/Type0"
        elif is_wide:  # two bytes are the number of a glyph, and the first of each font is what stands for all others
            shown = each.operands[0] if isinstance(each.operands[0], pikepdf.Array) else each.operands
            texts = [bytes(text) for text in shown if isinstance(text, pikepdf.String)]
            if any(text[at : at + 2] == b"\0\0" for text in texts for at in range(0, len(text), 2)):
                return True
    drawings = resources.get("/XObject", pikepdf.Dictionary()).values() if depth < _DEEP else ()
    return any(each.get("/Subtype") == "/Form" and _has_boxes(each, depth + 1) for each in drawings)


_DEEP = 9


@dataclass(frozen=True)
class Fault:
    """Something that a document lacks."""

    page: int
    """1-based, 0 where it is the whole document."""
    message: str
    """What is wrong; what to do. The document's name goes before it."""


def faults(pdf: bytes, slides: Sequence[Slide] = ()) -> Iterator[Fault]:
    """What the document lacks for those who do not see it, or whose machine is another.

    `slides` stand on one page each, where they do.
    """
    with pikepdf.open(io.BytesIO(pdf)) as document:
        if not slides or any(slide.title or slide.text or slide.images for slide in slides):
            yield from _document_faults(document)
        yield from _page_faults(document)
        if slides:
            with document.open_outline() as outline:
                listed = set(_pages_of(outline.root))
            for slide, page in zip(slides, document.pages, strict=False):
                if slide.title and page.obj.objgen not in listed:
                    message = f"has no entry '{slide.title}' in its outlines; write the heading in Markdown"
                    yield Fault(slide.number, message)
        for number, alt in asides.unsaid(document, slides):
            yield Fault(number, f"does not say the text alternative '{alt}'; {_REPORT}")


_REPORT = "please report it"


def _document_faults(document: pikepdf.Pdf) -> Iterator[Fault]:
    root = document.Root
    if not root.get("/MarkInfo", pikepdf.Dictionary()).get("/Marked", False) or "/StructTreeRoot" not in root:
        yield Fault(0, f"is not tagged, so that screen readers guess what is a heading; {_REPORT}")
        return  # a browser names the language only of what it tags
    language = str(root.get("/Lang", ""))
    if not _LANGUAGE.fullmatch(language):
        yield Fault(0, f"is said to be in '{language}', which is no language; write e.g. 'lang: en'")
    if not str(document.docinfo.get("/Title", "")).strip():
        yield Fault(0, "has no title; write 'title: …' in the front matter")
    elif not root.get("/ViewerPreferences", pikepdf.Dictionary()).get("/DisplayDocTitle", False):
        yield Fault(0, f"is shown under its file's name and not its title; {_REPORT}")


# BCP 47, as far as one can tell without its registry.
_LANGUAGE = re.compile(r"(?:[a-z]{2,3}|[xi](?=-))(?:-[a-z0-9]{1,8})*", re.IGNORECASE)


def _pages_of(entries: Sequence[pikepdf.OutlineItem]) -> Iterator[tuple[int, int]]:
    for entry in entries:
        if isinstance(entry.destination, pikepdf.Array):
            yield entry.destination[0].objgen
        yield from _pages_of(entry.children)


def _page_faults(document: pikepdf.Pdf) -> Iterator[Fault]:
    apart: set[str] = set()
    for number, page in enumerate(document.pages, 1):
        annotations = page.obj.get("/Annots")
        for annotation in annotations.as_list() if annotations is not None else ():
            if annotation.get("/Subtype") == pikepdf.Name.Link and not str(annotation.get("/Contents", "")).strip():
                yield Fault(number, f"has a link that is not described; {_REPORT}")
        for action in _page_actions(page):
            if str(action.URI).lower().startswith("file:"):
                yield Fault(number, f"has a link to a file of this machine, {action.URI}; link to what is published")
        for font in sorted(set(_fonts_apart(page.obj.get("/Resources"))) - apart):
            apart.add(font)
            yield Fault(number, f"does not hold the font '{font}'; use one that may be embedded")


def _fonts_apart(resources: pikepdf.Object | None, depth: int = 0) -> Iterator[str]:
    """The names of fonts that are not in the file; drawings on a page have fonts of their own."""
    if resources is None or depth > 8:
        return
    for font in resources.get("/Font", pikepdf.Dictionary()).values():
        parts = font.DescendantFonts.as_list() if "/DescendantFonts" in font else [font]
        for part in parts:
            # The letters of a Type 3 font are drawings in the file.
            descriptor = part.get("/FontDescriptor", pikepdf.Dictionary())
            if font.get("/Subtype") != pikepdf.Name.Type3 and not {"/FontFile", "/FontFile2", "/FontFile3"} & set(
                descriptor.keys()
            ):
                yield re.sub(r"^/(?:[A-Z]{6}\+)?", "", str(font.get("/BaseFont", "")))  # what is a part has a tag
    for drawing in resources.get("/XObject", pikepdf.Dictionary()).values():
        yield from _fonts_apart(drawing.get("/Resources"), depth + 1)


def _letters(text: str) -> str:
    """`text` without case and without accents, which a PDF may keep apart from their letters or leave out."""
    if text.isascii():
        return text.casefold()
    parts = unicodedata.normalize("NFKD", text).casefold().replace("\u0131", "i")  # Turkish
    marks = "".join(letter for letter in set(parts) if unicodedata.category(letter).startswith("M"))
    return parts.translate(str.maketrans("", "", marks))


# Letters of one direction: those from right to left may stand right beside others.
_WORD = re.compile(r"(?:(?=[^\W\d_])[\u0590-\u08ff]){3,}|[^\W\d_\u0590-\u08ff]{3,}")
_LEFTWARDS = re.compile(r"(?=[^\W\d_])[\u0590-\u08ff]")
_VOWEL_SIGN = re.compile(r"[\u0591-\u05c7\u064b-\u065f\u0670]")


def pictures(pdf: bytes, width: int = PICTURE_WIDTH) -> Iterator[Image.Image]:
    """Each page as a picture, `width` pixels wide; without the signs of notes."""
    sheet = _sheet()
    yield from _each_page(pdf, lambda page: _draw(page, width, sheet).convert("RGB"))


class Stopped(Exception):
    """Nobody waits any more for what is being made."""


def drawn(
    pdf: bytes,
    width: int,
    cache: Cache = NOTHING_KEPT,
    slides: Sequence[str] = (),
    stop: threading.Event | None = None,
) -> Iterator[bytes]:
    """Each page as PNG; those that the cache has are not drawn.

    `slides` are what stands on each page, with its styles and fonts; without them, every page is drawn. Raises Stopped
    once `stop` is set.
    """
    with _open(pdf) as (document, count), ThreadPoolExecutor(max_workers=1) as packer:
        is_known = cache.folder and len(slides) == count
        keys = _picture_keys(pdf, width, cache, slides) if is_known else [""] * count
        sheets = _sheet(), _sheet()
        last: Future[bytes] | None = None
        for number, key in enumerate(keys):
            if stop and stop.is_set():
                raise Stopped
            content = cache.get(key) if key else None
            if content is None:
                with _PDFIUM:
                    picture = _draw(document[number], width, sheets[number % 2])
                made = packer.submit(_pack, picture, cache, key)  # while the next page is drawn
            else:
                made = packer.submit(bytes, content)
            if last:
                yield last.result()
            last = made
        if last:
            yield last.result()


def _pack(picture: Image.Image, cache: Cache, key: str) -> bytes:
    content = png(picture)
    if key:
        cache.put(key, content)
    return content


def _picture_keys(pdf: bytes, width: int, cache: Cache, slides: Sequence[str]) -> list[str]:
    contents = zip(slides, page_contents(pdf), strict=True)
    return [cache.key("picture", str(width), slide, content) for slide, content in contents]


def _sheet() -> Callable[..., pypdfium2.PdfBitmap]:
    """What gives the same bitmap again and again: to get 15 MB anew for each page takes longer than to draw on them."""
    return lru_cache(maxsize=1)(pypdfium2.PdfBitmap.new_native)


def _draw(page: pypdfium2.PdfPage, width: int, sheet: Callable[..., pypdfium2.PdfBitmap]) -> Image.Image:
    """A page in RGBX, good until the next one is drawn on the same sheet."""
    # Four bytes a pixel, in Pillow's order: the same picture in half of the time.
    drawn = page.render(
        scale=width / page.get_width(),
        draw_annots=False,
        rev_byteorder=True,
        prefer_bgrx=True,
        bitmap_maker=sheet,
    )
    picture: Image.Image = drawn.to_pil()
    return picture


def page_contents(pdf: bytes) -> list[bytes]:
    """For each page, a hash of what is drawn on it, but for the shapes of letters.

    Of a font, the file holds the letters of all slides: another one on any slide makes it another file. Letters are
    drawn by their numbers in the whole font, so the same numbers of a font by the same name look the same.
    """
    with pikepdf.open(io.BytesIO(pdf)) as document:
        known: dict[tuple[int, int], bytes] = {}
        found: list[bytes] = []
        for page in document.pages:
            inherited = [page.resources, page.mediabox, page.cropbox]
            found.append(_joined([*_fields(page.obj, known), *(_content(part, known) for part in inherited)]))
        return found


def _content(part: object, known: dict[tuple[int, int], bytes]) -> bytes:
    """A hash of an object of a PDF and of all that it refers to, by content and not by number."""
    if not isinstance(part, pikepdf.Object):
        return repr(part).encode()
    number = part.objgen
    if number in known:
        return known[number]
    if number != (0, 0):
        known[number] = b"%d %d" % number  # where it refers to itself
    if isinstance(part, pikepdf.Stream):
        digest = _joined([part.read_raw_bytes(), *_fields(part, known)])
    elif isinstance(part, pikepdf.Dictionary):
        digest = _joined(_fields(part, known))
    elif isinstance(part, pikepdf.Array) and b" R" in part.unparse():
        digest = _joined(_content(each, known) for each in part.as_list())
    else:
        digest = part.unparse(resolved=True)
    if number != (0, 0):
        known[number] = digest
    return digest


def _fields(part: pikepdf.Object, known: dict[tuple[int, int], bytes]) -> Iterator[bytes]:
    for name in sorted(part.keys()):
        if name in _NAMES:
            yield re.sub(r"^/[A-Z]{6}\+", "/", str(part[name])).encode()
        elif name not in _NOT_DRAWN:
            yield name.encode()
            yield _content(part[name], known)


# `pictures` leaves out the signs of notes, which are annotations.
_NOT_DRAWN = frozenset(["/Annots", "/Length", "/P", "/Parent", "/StructParent", "/StructParents", "/Tabs"])
# What depends on which letters of a font the file holds.
_NOT_DRAWN |= {"/CIDSet", "/FontFile", "/FontFile2", "/FontFile3", "/ToUnicode", "/W"}
_NAMES = frozenset(["/BaseFont", "/FontName"])


def _joined(parts: Iterable[bytes]) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d\0" % len(part))
        digest.update(part)
    return digest.digest()


def png(picture: Image.Image) -> bytes:
    """A picture in RGB or RGBX as PNG; the same picture gives the same bytes.

    Pillow weighs five filters for each row, which takes far longer than the rest of the work. On a slide most rows are
    like the one above, which packing finds without a filter; photographs need one.
    """
    packed = _packed(picture, _AS_IT_IS)
    if len(packed) > 3 * picture.width * picture.height // 20:
        packed = _packed(picture, _UP)
    header = struct.pack(">2I5B", *picture.size, 8, 2, 0, 0, 0)  # eight bits a colour; RGB
    chunks = [(b"IHDR", header), (b"IDAT", packed), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


_AS_IT_IS, _UP = b"\0", b"\2"
"""Filters of a row: none, and how it differs from the one above."""
_PACKING = 2
"""Of 9; smaller than 1 and hardly slower."""
_BAND = 64
"""Rows that are packed at a time: to get memory for all of them takes longer than to pack them."""


def _packed(picture: Image.Image, filtered: bytes) -> bytes:
    """The red, green and blue of a picture, row by row with the number of a filter before each, packed."""
    packer = zlib_ng.compressobj(_PACKING)
    width = 3 * picture.width
    parts: list[bytes] = []
    for top in range(0, picture.height, _BAND):
        bottom = min(top + _BAND, picture.height)
        band = picture.crop((0, top, picture.width, bottom))
        if filtered == _UP:  # above the first row, `crop` finds zeros, as the format wants it
            band = ImageChops.subtract_modulo(band, picture.crop((0, top - 1, picture.width, bottom - 1)))
        pixels = memoryview(band.tobytes("raw", "RGB"))
        rows = (pixels[start : start + width] for start in range(0, len(pixels), width))
        parts.append(packer.compress(filtered.join([b"", *rows])))
    return b"".join([*parts, packer.flush()])


def og_picture(picture: Image.Image) -> Image.Image:
    """The first slide as sites show it with a link: the whole slide, its corner's colour at the sides."""
    slide = picture.copy()
    slide.thumbnail(OG_SIZE, Image.Resampling.LANCZOS)
    canvas = Image.new("RGB", OG_SIZE, picture.getpixel((0, 0)))
    canvas.paste(slide, ((OG_SIZE[0] - slide.width) // 2, (OG_SIZE[1] - slide.height) // 2))
    return canvas


def _link_actions(document: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    for page in document.pages:
        yield from _page_actions(page)


def _page_actions(page: pikepdf.Page) -> Iterator[pikepdf.Object]:
    annotations = page.obj.get("/Annots")
    for annotation in annotations.as_list() if annotations is not None else ():
        action = annotation.get("/A")
        if action is not None and "/URI" in action:
            yield action


def _root(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}/"


def _relative(uri: str) -> str:
    """`uri` below NOWHERE's host, as the author's relative link."""
    parts = urlsplit(uri)
    path = posixpath.relpath(parts.path or "/", urlsplit(NOWHERE).path)
    if parts.path.endswith("/"):
        path += "/"
    query = f"?{parts.query}" if parts.query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return path + query + fragment
