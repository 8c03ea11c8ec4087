"""What a PDF says beside what it shows: where its links lead and what they are called, and the presenter's notes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from pipeline.deck import Link, Slide
from pipeline.notes import as_text

NOTE_PLACE = (0, 0, 20, 20)
"""Left, bottom, right and top of a note's sign, in points: the corner that themes leave empty."""

# PDF 32000-1:2008, 12.5.3: no zoom, no rotation; without the bit for print.
_NOTE_FLAGS = 8 | 16


@dataclass(frozen=True)
class Area:
    """A place on a page that leads somewhere; a link that wraps has one on each line."""

    place: tuple[float, float, float, float]
    """Left, bottom, right and top, in points from the page's lower left corner."""
    text: str
    """What the link is called."""
    address: str
    """Where it leads, '' for a page of this document."""
    page: int
    """The page that it leads to, counted from 1, or 0."""


@dataclass(frozen=True)
class Page:
    """A page as somebody needs it who draws on a picture of it."""

    width: float
    """In points."""
    height: float
    areas: tuple[Area, ...]


def read(pdf: bytes) -> list[Page]:
    """Each page's size, and what leads away from it."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        numbers = _numbers(document)
        names = document.Root.get("/Dests", Dictionary())
        pages = []
        for page in document.pages:
            found = (_area(annotation, numbers, names) for annotation in _annotations(page))
            left, bottom, right, top = (float(number) for number in page.mediabox.as_list())
            pages.append(Page(right - left, top - bottom, tuple(area for area in found if area)))
    return pages


def describe(document: pikepdf.Pdf, slides: Sequence[Slide], others: Sequence[Link] = ()) -> None:
    """Give links their words as descriptions, and pictures behind a slide the text alternatives that printing drops.

    `slides` stand on one page each, `others` are links that may stand anywhere.
    """
    numbers = _numbers(document)
    links: dict[int, list[list[pikepdf.Object]]] = {}
    figures: dict[int, list[pikepdf.Object]] = {}
    for element in _elements(document.Root.get("/StructTreeRoot")):
        if element.get("/S") == Name.Link:
            areas = [kid.Obj for kid in _kids(element) if kid.get("/Type") == Name.OBJR]
            links.setdefault(_page_number(element, numbers), []).append(areas)
        elif element.get("/S") == Name.Figure and "/Alt" not in element:
            figures.setdefault(_page_number(element, numbers), []).append(element)
    known: dict[str, list[Link]] = {}
    for number, printed in links.items():
        if number > len(slides):
            for areas in printed:
                address = _address(areas)
                if address not in known:
                    known[address] = [link for link in others if _leads_to(link, address)][:1]
                _describe_links([areas], known[address])
    for number, slide in enumerate(slides, 1):
        _describe_links(links.get(number, []), slide.links)
        _describe_backgrounds(figures.get(number, []), slide)
    for page in document.pages:
        # A formula is a picture: what is a link in it stands in no structure.
        for area in _dictionaries(page.obj.get("/Annots")):
            if area.get("/Subtype") == Name.Link and "/Contents" not in area:
                area.Contents = String(_address([area]))


def number_anew(document: pikepdf.Pdf) -> None:
    """Number the headers of tables from 0, as they stand.

    A browser numbers them on through everything that it has shown before, and in the order in which it came to need it.
    """
    tree = document.Root.get("/StructTreeRoot")
    elements = list(_elements(tree))
    identified = {str(element.ID): element for element in elements if "/ID" in element}
    if tree is None or not identified:
        return
    names = {old: String(f"node{number:08}") for number, old in enumerate(identified)}
    for element in elements:
        for attributes in _dictionaries(element.get("/A")):
            if "/Headers" in attributes:
                attributes.Headers = Array([names.get(str(header), header) for header in attributes.Headers.as_list()])
    for old, element in identified.items():
        element.ID = names[old]
    tree.IDTree = Dictionary(Names=Array([part for old in names for part in (names[old], identified[old])]))


def unsaid(document: pikepdf.Pdf, slides: Sequence[Slide]) -> Iterator[tuple[int, str]]:
    """The text alternatives that are lost where a page has a figure without words: the page's number, and the words.

    A picture that is not printed needs none, and the figures of formulas have none.
    """
    numbers = _numbers(document)
    said: dict[int, list[str]] = {}
    for element in _elements(document.Root.get("/StructTreeRoot")) if slides else ():
        if element.get("/S") == Name.Figure:
            said.setdefault(_page_number(element, numbers), []).append(" ".join(str(element.get("/Alt", "")).split()))
    for slide in slides:
        found = said.get(slide.number, [])
        wanted = [" ".join(image.alt.split()) for image in slide.images if not image.is_aside]
        all_said = "; ".join(["", *found, ""])
        # One more figure without words than images without words, and no formula that could be it.
        if found.count("") > wanted.count("") and not _FORMULA.search(slide.body):
            yield from ((slide.number, alt) for alt in dict.fromkeys(wanted) if alt and f"; {alt}; " not in all_said)


_FORMULA = re.compile(r"<mjx-|<math|katex|<svg")


def add_notes(document: pikepdf.Pdf, slides: Sequence[Slide], *, date: str) -> None:
    """Put the notes of each slide on its page, as a sign to open that is not printed. `date` is as in PDFs."""
    numbers = _numbers(document)
    wholes = _kids(document.Root.get("/StructTreeRoot"))
    parents = {_page_number(part, numbers): part for whole in wholes for part in _kids(whole)}
    for number, (page, slide) in enumerate(zip(document.pages, slides, strict=False), 1):
        words = "\n\n".join(filter(None, (as_text(note).strip() for note in slide.notes)))
        if words:
            note = document.make_indirect(_note(words, page, number, date))
            page.obj.Annots = Array([*_annotations(page), note])
            if wholes:  # a blank slide has no part of its own
                _tag(document, note, parents.get(number, wholes[-1]))


def _area(annotation: pikepdf.Object, numbers: dict[tuple[int, int], int], names: pikepdf.Object) -> Area | None:
    if annotation.get("/Subtype") != Name.Link:
        return None
    left, bottom, right, top = (float(number) for number in annotation.Rect.as_list())
    text = str(annotation.get("/Contents", ""))
    action = annotation.get("/A", Dictionary())
    if "/URI" in action:
        return Area((left, bottom, right, top), text, str(action.URI), 0)
    goal = annotation.get("/Dest", action.get("/D"))
    if isinstance(goal, Name):
        goal = names.get(goal)
    page = numbers.get(goal[0].objgen, 0) if isinstance(goal, Array) else 0
    return Area((left, bottom, right, top), text, "", page) if page else None


def _describe_links(printed: Sequence[Sequence[pikepdf.Object]], links: Sequence[Link]) -> None:
    """Both are in the order of the slide; but what cannot be seen, as in a closed `<details>`, is not printed."""
    left = list(links)
    for areas in printed:
        address = _address(areas)
        fitting = left if len(printed) == len(links) else [link for link in left if _leads_to(link, address)]
        text = fitting[0].text if fitting else ""
        if fitting:
            left.remove(fitting[0])
        for area in areas:
            area.Contents = String(text or address)


def _leads_to(link: Link, address: str) -> bool:
    """Whether the author's address can have become `address`."""
    if link.number:
        return address == link.number
    end = link.href.lstrip("./")
    if not end.strip("/") or re.match(r"[a-z][a-z0-9+.-]*:", end, re.IGNORECASE):
        return bool(end) and address.rstrip("/") == end.rstrip("/")  # which a bare host has from the browser
    before = address.removesuffix(end)
    return before != address and (not before or before.endswith("/") or end.startswith(("#", "?")))


def _address(areas: Sequence[pikepdf.Object]) -> str:
    for area in areas:
        action = area.get("/A", Dictionary())
        return str(action.URI) if "/URI" in action else "#" + str(area.get("/Dest", "")).removeprefix("/")
    return ""


def _describe_backgrounds(figures: Sequence[pikepdf.Object], slide: Slide) -> None:
    backgrounds = [image for image in slide.images if image.is_background]
    if 0 < len(figures) < len(backgrounds):  # a browser makes one picture of those with a filter
        if not _FORMULA.search(slide.body):
            if words := "; ".join(image.alt for image in backgrounds if image.alt):
                figures[0].Alt = String(words)
            for figure in figures if not words else figures[1:]:
                figure.S = Name.NonStruct
        return
    for figure, image in zip(figures, backgrounds, strict=False):  # formulas come after them
        if image.alt:
            figure.Alt = String(image.alt)
        else:  # without words it is decoration, and a figure must have words
            figure.S = Name.NonStruct


def _note(words: str, page: pikepdf.Page, number: int, date: str) -> Dictionary:
    return Dictionary(
        Type=Name.Annot,
        Subtype=Name.Text,
        Name=Name.Note,
        Rect=Array(NOTE_PLACE),
        F=_NOTE_FLAGS,
        P=page.obj,
        NM=String(f"notes-{number}"),
        T=String("Notes"),
        Subj=String("Notes for the presenter"),
        Contents=String(words),
        C=Array([1, 0.92, 0.42]),
        CreationDate=String(date),
        M=String(date),
    )


def _tag(document: pikepdf.Pdf, note: pikepdf.Object, parent: pikepdf.Object) -> None:
    """Let those who read by structure come across the note, after its slide (PDF 32000-1:2008, 14.7.4.4)."""
    tree = document.Root.StructTreeRoot
    key = int(tree.ParentTreeNextKey)
    place = Dictionary(Type=Name.OBJR, Obj=note, Pg=note.P)
    element = document.make_indirect(
        Dictionary(Type=Name.StructElem, S=Name.Annot, P=parent, Pg=note.P, K=Array([place]))
    )
    parent.K = Array([*_all_kids(parent), element])
    note.StructParent = key
    pikepdf.NumberTree(tree.ParentTree)[key] = element
    tree.ParentTreeNextKey = key + 1


def without_notes(content: bytes) -> bytes:
    """A PDF without the notes that `add_notes` has put on its pages."""
    with pikepdf.open(io.BytesIO(content)) as document:
        for page in document.pages:
            found = _annotations(page)
            for note in (each for each in found if each.get("/Subtype") == Name.Text):
                _untag(document, note)
            if found:
                page.obj.Annots = Array([each for each in found if each.get("/Subtype") != Name.Text])
        document.remove_unreferenced_resources()
        document.save(out := io.BytesIO(), deterministic_id=True)
    return out.getvalue()


def _untag(document: pikepdf.Pdf, note: pikepdf.Object) -> None:
    if "/StructParent" not in note:
        return
    elements = pikepdf.NumberTree(document.Root.StructTreeRoot.ParentTree)
    element = elements[int(note.StructParent)]
    element.P.K = Array([each for each in _all_kids(element.P) if not _is_same(each, element)])
    del elements[int(note.StructParent)]


def _is_same(one: object, other: pikepdf.Object) -> bool:
    return isinstance(one, pikepdf.Object) and one.objgen == other.objgen


def _numbers(document: pikepdf.Pdf) -> dict[tuple[int, int], int]:
    return {page.obj.objgen: number for number, page in enumerate(document.pages, 1)}


def _annotations(page: pikepdf.Page) -> list[pikepdf.Object]:
    annotations = page.obj.get("/Annots")
    return [] if annotations is None else list(annotations.as_list())


def _elements(root: pikepdf.Object | None) -> Iterator[pikepdf.Object]:
    """Every structure element below `root`, in reading order; not by recursion, since slides may nest deep."""
    pending = list(reversed(_kids(root)))
    while pending:
        element = pending.pop()
        yield element
        pending += reversed(_kids(element))


def _all_kids(element: pikepdf.Object) -> list[pikepdf.Object]:
    return _several(element.get("/K"))


def _kids(element: pikepdf.Object | None) -> list[pikepdf.Object]:
    """The elements and references right below `element`; not its marked content, which is a number."""
    return [] if element is None else _dictionaries(element.get("/K"))


def _dictionaries(found: pikepdf.Object | None) -> list[pikepdf.Object]:
    return [each for each in _several(found) if isinstance(each, Dictionary)]


def _several(found: pikepdf.Object | None) -> list[pikepdf.Object]:
    """A PDF may leave away the list around a single value."""
    if found is None:
        return []
    return list(found.as_list()) if isinstance(found, Array) else [found]


def _page_number(element: pikepdf.Object, numbers: dict[tuple[int, int], int]) -> int:
    """The page that `element` begins on, 0 if it has none."""
    for each in chain([element], _elements(element)):
        if "/Pg" in each:
            return numbers.get(each.Pg.objgen, 0)
    return 0
