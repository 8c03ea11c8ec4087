"""A deck as a PowerPoint file: pictures of the slides, with titles, words, links and notes that can be read and used.

Nobody edits these slides; they are for those who present from PowerPoint or hear them from a screen reader.
"""

from __future__ import annotations

import io
import re
import threading
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pptx
from pptx.enum.dml import MSO_THEME_COLOR
from pptx.enum.shapes import MSO_SHAPE, PP_PLACEHOLDER
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.opc.packuri import PackURI
from pptx.opc.serialized import PackageWriter
from pptx.oxml.ns import qn
from pptx.oxml.xmlchemy import OxmlElement
from pptx.package import Package
from pptx.parts.image import Image, ImagePart
from pptx.util import Emu, Pt
from selectolax.lexbor import LexborHTMLParser

from pipeline import asides, notes, pdf
from pipeline.asides import Area, Page
from pipeline.cache import NOTHING_KEPT, Cache
from pipeline.deck import Deck, Slide
from pipeline.directives import is_language
from pipeline.figures import xml_text
from pipeline.notes import Paragraph

PICTURE_SIDE = 2560
"""Pixels of the longer side: twice Marp's own, so that letters are sharp on a good screen."""

TEMPLATE = Path(pptx.__file__).parent / "templates" / "default.pptx"
TITLE_ONLY = "Title Only"
"""The one layout of the template that is kept."""

LONGEST_ALTERNATIVE = 1500
"""Characters; who wants to read more than that of a picture is better served by the deck's page."""

INDENT = 228_600
"""EMU, a quarter of an inch: how far a list stands in."""

_SIDES = (914_400, 51_206_400)  # EMU: PowerPoint refuses slides of less than 1 inch or more than 56
_EMU_A_POINT = 12_700


def make(
    deck: Deck,
    document: bytes,
    *,
    time: int,
    cache: Cache = NOTHING_KEPT,
    shown: Sequence[str] = (),
    stop: threading.Event | None = None,
) -> bytes:
    """Make the file from a deck and its finished PDF. `time` is in seconds since 1970.

    `shown` is what stands on each slide, and `stop` ends the work, both as for `pdf.drawn`.
    """
    pages = asides.read(document)
    presentation: Any = _Package.open(str(TEMPLATE)).presentation_part.presentation
    size, scale = _slide_size(pages[0])
    width = max(1, round(PICTURE_SIDE * min(1, pages[0].width / pages[0].height)))
    layout = _prepare(presentation, size)
    if any(map(_note_lines, deck.slides)):
        _prepare_notes(presentation, size)
    added = []
    for slide, picture in zip(deck.slides, pdf.drawn(document, width, cache, shown, stop), strict=False):
        added.append(presentation.slides.add_slide(layout))
        _fill(added[-1], slide, picture, size)
        _write_notes(added[-1], _note_lines(slide))
        _set_language(added[-1], deck.lang)
    for source, page in zip(added, pages, strict=False):
        _add_links(source, page, added, scale)
    _set_properties(presentation.core_properties, deck, time)
    presentation.save(out := io.BytesIO())
    return out.getvalue()


def read(content: bytes) -> list[tuple[str, str]]:
    """What somebody finds who cannot see the pictures: each slide's title and notes."""
    with ZipFile(io.BytesIO(content)) as archive:
        names = set(archive.namelist())
        found: list[tuple[str, str]] = []
        while (slide := f"ppt/slides/slide{len(found) + 1}.xml") in names:
            relations = archive.read(slide.replace("slides/", "slides/_rels/") + ".rels").decode()
            target = re.search(r'Target="\.\./(notesSlides/[^"]+)"', relations)
            said = _placeholder(archive.read(f"ppt/{target[1]}"), "body") if target else ""
            found.append((_placeholder(archive.read(slide), "title"), said))
    return found


def links(content: bytes) -> list[str]:
    """The address of every link that leaves the file."""
    with ZipFile(io.BytesIO(content)) as archive:
        relations = [name for name in archive.namelist() if re.fullmatch(r"ppt/(slides|notesSlides)/_rels/.*", name)]
        every = (relation for name in relations for relation in ElementTree.fromstring(archive.read(name)))
        return [relation.attrib["Target"] for relation in every if relation.get("TargetMode") == "External"]


class _Package(Package):
    """A package that knows how many parts it has.

    To find the next free name or an equal picture, python-pptx walks through all parts, which takes time by the square
    of a deck's length; and it walks by recursion, which breaks off where each of many slides links to the next.
    """

    def next_partname(self, tmpl: str) -> PackURI:
        counts = self.__dict__.setdefault("counts", {})
        if tmpl not in counts:
            counts[tmpl] = (super().next_partname(tmpl).idx or 1) - 1
        counts[tmpl] += 1
        return PackURI(tmpl % counts[tmpl])

    def next_image_partname(self, ext: str) -> PackURI:
        return self.next_partname(f"/ppt/media/image%d.{ext}")

    def get_or_add_image_part(self, image_file: str | IO[bytes]) -> ImagePart:
        return ImagePart.new(self, Image.from_file(image_file))

    def iter_rels(self) -> Iterator[Any]:
        pending = list(self._rels.values())
        visited = set()
        for relation in pending:  # which grows meanwhile
            yield relation
            if not relation.is_external and relation.target_part not in visited:
                visited.add(relation.target_part)
                pending += relation.target_part.rels.values()

    def save(self, pkg_file: str | IO[bytes]) -> None:
        with ZipFile(pkg_file, "w") as archive:
            members: Any = _Members(archive)
            parts = tuple(self.iter_parts())
            writer = PackageWriter(pkg_file, self._rels, parts)
            writer._write_content_types_stream(members)
            writer._write_pkg_rels(members)
            for part in parts:
                PackageWriter(pkg_file, self._rels, (part,))._write_parts(members)
                if isinstance(part, ImagePart):
                    part._blob = b""  # all pictures take as much memory as the file, and a package is saved once


@dataclass(frozen=True)
class _Members:
    """Writes the parts of a package, without the moment of writing; pictures, packed already, are not packed again."""

    archive: ZipFile

    def write(self, uri: PackURI, content: bytes) -> None:
        member = ZipInfo(uri.membername)
        member.create_system = 3  # else it tells the machine's
        member.compress_type = ZIP_STORED if uri.endswith(".png") else ZIP_DEFLATED
        self.archive.writestr(member, content)


def _slide_size(page: Page) -> tuple[tuple[Emu, Emu], float]:
    """The size of slides, and how many EMU are a point of the page."""
    smallest, largest = _SIDES
    scale = max(_EMU_A_POINT, smallest / min(page.width, page.height))
    scale = min(scale, largest / max(page.width, page.height))
    # Only something far longer than wide is still too narrow, and gets out of shape.
    return (Emu(max(smallest, round(page.width * scale))), Emu(max(smallest, round(page.height * scale)))), scale


def _prepare(presentation: Any, size: tuple[Emu, Emu]) -> Any:
    """Fit python-pptx's template to the deck; returns the layout of its slides."""
    of_the_template = {
        RELATIONSHIP_TYPE.THUMBNAIL,
        RELATIONSHIP_TYPE.EXTENDED_PROPERTIES,
        RELATIONSHIP_TYPE.PRINTER_SETTINGS,
    }
    for owner in (presentation.part.package, presentation.part):
        for name, relation in list(owner._rels.items()):
            if relation.reltype in of_the_template:
                owner.drop_rel(name)
    for layout in list(presentation.slide_layouts):
        if layout.name != TITLE_ONLY:
            presentation.slide_layouts.remove(layout)
    wider, higher = size[0] / presentation.slide_width, size[1] / presentation.slide_height
    presentation.slide_width, presentation.slide_height = size
    presentation.element.sldSz.attrib.pop("type", None)  # the template's is 4:3
    for shape in presentation.slide_master.shapes:
        shape.left, shape.width = Emu(round(shape.left * wider)), Emu(round(shape.width * wider))
        shape.top, shape.height = Emu(round(shape.top * higher)), Emu(round(shape.height * higher))
    [layout] = presentation.slide_layouts
    title, *others = layout.placeholders
    for placeholder in others:
        placeholder.element.getparent().remove(placeholder.element)
    _hide(title, size)
    return layout


def _hide(title: Any, size: tuple[Emu, Emu]) -> None:
    """Put the title where the picture covers it, however long it is."""
    title.left, title.width = Emu(size[0] // 10), Emu(size[0] * 8 // 10)
    title.top, title.height = Emu(size[1] // 10), Emu(size[1] * 8 // 10)
    _set_size(title, 18)


def _set_size(placeholder: Any, points: int) -> None:
    """Set the size of letters in a placeholder of a layout or master, for all that follow it."""
    style = placeholder.element.txBody.find(qn("a:lstStyle"))
    for number in range(1, 10):
        level = _element(f"a:lvl{number}pPr", {})
        level.append(_element("a:defRPr", {"sz": str(points * 100)}))
        style.append(level)


def _prepare_notes(presentation: Any, size: tuple[Emu, Emu]) -> None:
    """Make the page of notes show slides in their own shape and much text, and name it where PowerPoint looks."""
    master = presentation.notes_master
    placeholders = {each.element.ph_type: each for each in master.placeholders}
    _set_size(placeholders[PP_PLACEHOLDER.BODY], 12)
    picture = placeholders[PP_PLACEHOLDER.SLIDE_IMAGE]
    middle = picture.left + picture.width // 2
    scale = min(picture.height / size[1], picture.width * 1.2 / size[0])
    picture.width, picture.height = Emu(round(size[0] * scale)), Emu(round(size[1] * scale))
    picture.left = Emu(middle - picture.width // 2)
    relation = presentation.part.relate_to(master.part, RELATIONSHIP_TYPE.NOTES_MASTER)
    entries = _element("p:notesMasterIdLst", {})
    entries.append(_element("p:notesMasterId", {qn("r:id"): relation}))
    presentation.element.sldMasterIdLst.addnext(entries)


def _fill(added: Any, slide: Slide, picture: bytes, size: tuple[Emu, Emu]) -> None:
    """Put the title first, so that it is read first and lies behind the picture."""
    name = slide.title or f"Slide {slide.number}"
    words = _plain(name)
    added.shapes.title.text_frame.text = words
    _set_direction(added.shapes.title.text_frame.paragraphs[0], words)
    shown = added.shapes.add_picture(io.BytesIO(picture), 0, 0, *size)
    _describe(shown, f"Picture of slide {slide.number}", _alternative(slide) or name)


def _alternative(slide: Slide) -> str:
    """The words of a slide, pictures by their text alternatives, in the order in which one reads them."""
    tree = LexborHTMLParser(slide.body.replace("<br>", " "))
    for image in tree.css("img"):
        image.replace_with(f" [{image.attributes.get('alt')}] " if image.attributes.get("alt") else " ")
    for block in tree.css("div, p, li, dt, dd, td, th, pre, blockquote, h3, figcaption, summary, caption"):
        block.insert_before(" ")
        block.insert_after(" ")
    words = _plain(tree.body.text()) if tree.body else ""
    # The reading view has those pictures behind the slide that are files of the project.
    behind = [f"[{image.alt}]" for image in slide.images if image.is_background and image.alt]
    words = _plain(" ".join([*(alt for alt in behind if alt not in words), words]))
    if len(words) <= LONGEST_ALTERNATIVE:
        return words
    # Between words, where there is a space.
    start = re.match(rf".{{{LONGEST_ALTERNATIVE // 2},{LONGEST_ALTERNATIVE}}}(?= )|.{{{LONGEST_ALTERNATIVE}}}", words)
    return f"{start[0]} …" if start else words


def _note_lines(slide: Slide) -> list[Paragraph]:
    """All notes of a slide, an empty line between two comments."""
    lines: list[Paragraph] = []
    for note in slide.notes:
        found = list(notes.paragraphs(note))
        lines += [Paragraph((), 0, ""), *found] if lines and found else found
    return lines


def _write_notes(added: Any, lines: Sequence[Paragraph]) -> None:
    if not lines:
        return
    frame = added.notes_slide.notes_text_frame
    for number, line in enumerate(lines):
        paragraph = frame.add_paragraph() if number else frame.paragraphs[0]
        _set_direction(paragraph, "".join(run.text for run in line.runs))
        _set_list(paragraph, line)
        for run in line.runs:
            for place, text in enumerate(run.text.split("\n")):
                if place:
                    paragraph.add_line_break()
                if text:
                    _add_run(paragraph, notes.Run(text, run.styles, run.href))


def _add_run(paragraph: Any, run: notes.Run) -> None:
    added = paragraph.add_run()
    added.text = xml_text(run.text)
    font = added.font
    if "strong" in run.styles:
        font.bold = True
    if "em" in run.styles:
        font.italic = True
    if "s" in run.styles:
        font._element.set("strike", "sngStrike")
    font.name = "Courier New" if "code" in run.styles else "+mn-lt"  # the theme's; LibreOffice goes on with the last
    if _can_follow(run.href):
        added.hyperlink.address = run.href


def _set_direction(paragraph: Any, text: str) -> None:
    """From right to left where the first letter with a direction has that one, as browsers do with `dir=auto`."""
    directions = (unicodedata.bidirectional(letter) for letter in text)
    if next((each for each in directions if each in ("L", "R", "AL")), "L") != "L":
        properties = paragraph._p.get_or_add_pPr()
        properties.set("rtl", "1")
        properties.set("algn", "r")


def _set_list(paragraph: Any, line: Paragraph) -> None:
    if not line.depth:
        paragraph.space_after = Pt(6)
    properties = paragraph._p.get_or_add_pPr()
    properties.set("lvl", str(min(max(line.depth - 1, 0), 8)))
    properties.set("marL", str(INDENT * line.depth))
    properties.set("indent", str(-INDENT if line.mark else 0))
    if line.mark == "•":
        properties.append(_element("a:buFont", {"typeface": "Arial"}))
        properties.append(_element("a:buChar", {"char": "•"}))
    elif line.mark:  # no other numbers are allowed
        number = min(max(int(line.mark.rstrip(".")), 1), 32_767)
        properties.append(_element("a:buAutoNum", {"type": "arabicPeriod", "startAt": str(number)}))


def _add_links(source: Any, page: Page, slides: Sequence[Any], scale: float) -> None:
    for area in page.areas:
        if (area.page and area.page <= len(slides)) or _can_follow(area.address, relative=True):
            shape = _add_area(source, area, page, scale)
            if area.page:
                shape.click_action.target_slide = slides[area.page - 1]
            else:
                shape.click_action.hyperlink.address = area.address


def _add_area(source: Any, area: Area, page: Page, scale: float) -> Any:
    left, bottom, right, top = area.place
    place = (left, page.height - top, right - left, top - bottom)
    shape = source.shapes.add_shape(MSO_SHAPE.RECTANGLE, *(Emu(round(length * scale)) for length in place))
    shape.element.remove(shape.element.find(qn("p:style")))  # a line, a shadow
    shape.line.fill.background()
    # Filled, though with nothing that can be seen: of a shape without a filling, only the edge can be clicked.
    shape.fill.solid()
    shape.fill.fore_color.theme_color = MSO_THEME_COLOR.BACKGROUND_1
    shape.fill._xPr.find(f".//{qn('a:schemeClr')}").append(_element("a:alpha", {"val": "0"}))
    goal = f"Link to slide {area.page}" if area.page else "Link"
    _describe(shape, _plain(f"{goal}: {area.text}")[:100], area.text or area.address)
    return shape


# What PowerPoint takes for an address; a file with another one counts as damaged.
_ADDRESS = re.compile(r"https?://[\w.@-]+(:\d+)?([/?#][!-~]*)?|(mailto|tel):[!-~]+", re.ASCII)
_RELATIVE = re.compile(r"(?!//)[!-9;-~]+([?#][!-~]*)?", re.ASCII)


def _can_follow(address: str, *, relative: bool = False) -> bool:
    fits = _ADDRESS.fullmatch(address) or (relative and _RELATIVE.fullmatch(address))
    return bool(fits) and len(address) <= 2_000


def _describe(shape: Any, name: str, description: str) -> None:
    shape.name = _plain(name)
    shape.element._nvXxPr.cNvPr.set("descr", _plain(description))


def _element(tag: str, attributes: Mapping[str, str]) -> Any:
    element = OxmlElement(tag)
    for name, value in attributes.items():
        element.set(name, value)
    return element


def _set_language(added: Any, lang: str) -> None:
    parts = [added.element, *([added.notes_slide.element] if added.has_notes_slide else [])]
    for part in parts:
        for run in part.iter(qn("a:r"), qn("a:br")):
            if is_language(lang):
                run.get_or_add_rPr().set("lang", lang)


def _set_properties(properties: Any, deck: Deck, time: int) -> None:
    moment = datetime.fromtimestamp(time, UTC).replace(tzinfo=None)
    longest = 255  # as python-pptx has it
    properties.title = _plain(deck.title or deck.name)[:longest]
    properties.comments = _plain(deck.description)[:longest]
    properties.language = deck.lang if is_language(deck.lang) else ""
    properties.author = _plain(deck.author)[:longest]
    properties.keywords = _plain(deck.keywords)[:longest]
    properties.last_modified_by = properties.subject = ""
    properties.created = properties.modified = moment
    properties.revision = 1


def _plain(text: str) -> str:
    """`text` on one line."""
    return " ".join(xml_text(text).split())


def _placeholder(part: bytes, kind: str) -> str:
    """The text of a slide's placeholder, one line a paragraph."""
    for shape in ElementTree.fromstring(part).iter(qn("p:sp")):
        place = shape.find(f".//{qn('p:ph')}")
        if place is not None and place.get("type") == kind:
            lines = shape.iter(qn("a:p"))
            return "\n".join("".join(text.text or "" for text in line.iter(qn("a:t"))) for line in lines)
    return ""
