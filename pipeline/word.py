"""Templates as Word files: pandoc turns their HTML into one, in the styles of a document that is made here."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docx
import pypandoc
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_ROW_HEIGHT_RULE
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.shared import Mm, Pt, RGBColor, Twips
from docx.table import Table
from docx.text.paragraph import Paragraph
from selectolax.lexbor import LexborHTMLParser

from pipeline import archive, scratch, templates
from pipeline.problems import BuildError, Problem
from pipeline.templates import Imprint, Template

_ACCENT = RGBColor(0x0B, 0x5A, 0x63)
_MUTED = RGBColor(0x4C, 0x5F, 0x66)
_LINE = "9AA9AC"
_TINT = "F0F5F5"
_FONT = "Arial"  # which every office program has, or has one as wide

_CODE_FONT = "Courier New"

_SIZES = {"A4": (210, 297), "A4 landscape": (297, 210), "A5": (148, 210)}
"""Width and height of the paper, in mm."""

_MARGINS = {"A4": (15, 15, 27), "A4 landscape": (17, 13, 18), "A5": (12, 12, 14)}
"""At either side, at the head and at the foot, in mm; on A4 so that nothing is lost on US Letter."""

_ROOM = Mm(9)
"""How high a row is at the least that somebody writes in."""

_CELL_SIDE = 100
"""Room at either side of the words in a table, in twentieths of a point."""

_DEADLINE = 50.0
"""Seconds that pandoc has for one file, which takes it a fifth of one."""


def make(chosen: Sequence[Template], imprint: Imprint) -> list[bytes]:
    """A Word file of each template. Raises BuildError where pandoc does not make one."""
    with scratch.open_folder() as folder:
        reference = folder / "reference.docx"
        reference.write_bytes(_reference(folder))

        def make_one(template: Template) -> bytes:
            html = _for_pandoc(templates.as_html(template, imprint.base), imprint.lang)
            command = [
                "--sandbox",
                "--from=html",
                "--to=docx",
                f"--reference-doc={reference}",
                f"--metadata=lang={imprint.lang}",
            ]
            made = run_pandoc(command, html.encode(), folder, template.source)
            return _finish(made, template, html, imprint)

        with ThreadPoolExecutor(max_workers=2) as pool:
            return list(pool.map(make_one, chosen))


def text(content: bytes) -> str:
    """The words of a Word file, white space folded."""
    body = docx.Document(io.BytesIO(content)).element.body
    parts = ((node.text or " " for node in line.iter(qn("w:t"), qn("w:br"))) for line in body.iter(qn("w:p")))
    lines = map("".join, parts)
    return " ".join(" ".join(lines).split())


def links(content: bytes) -> list[str]:
    """Where the links of a Word file lead."""
    return sorted(each.target_ref for each in docx.Document(io.BytesIO(content)).part.rels.values() if each.is_external)


def run_pandoc(arguments: Sequence[str], given: bytes, folder: Path, source: str) -> bytes:
    """What pandoc makes of `given` while it works in `folder`. Raises BuildError that names `source` where it fails."""
    command = [str(_program()), *arguments, "--output=-"]
    try:
        done = subprocess.run(
            command,
            input=given,
            capture_output=True,
            timeout=_DEADLINE,
            env=scratch.environment(folder),
            cwd=folder,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"pandoc does not make a Word file of it: {error}; build once more, or see whether it runs"
        raise BuildError([Problem(source, 0, "template", message)]) from None
    if done.returncode:
        said = " ".join(done.stderr.decode("utf-8", "replace").split())[:300]
        message = f"pandoc cannot make a Word file of it ({said or f'code {done.returncode}'}); write it more simply"
        raise BuildError([Problem(source, 0, "template", message)])
    return done.stdout


def _program() -> Path:
    """The pandoc that is locked; where its package brings none, whichever there is."""
    brought = Path(pypandoc.__file__).parent / "files" / ("pandoc.exe" if sys.platform == "win32" else "pandoc")
    return brought if brought.is_file() else Path(pypandoc.get_pandoc_path())


# --- before pandoc ------------------------------------------------------------------------------------------


def _for_pandoc(html: str, lang: str) -> str:
    """The HTML of a paper with what pandoc calls styles in place of classes, and room to write."""
    html = re.sub(r'<p class="admonition-title">(.*?)</p>', r"<p><strong>\1</strong></p>", html, flags=re.DOTALL)
    html = re.sub(r'<p class="([^"]*)">(.*?)</p>', _styled, templates.with_columns(html), flags=re.DOTALL)
    html = re.sub(r"<(/?)div class=\"cards\">", r"<\1div>", html)
    return f'<!DOCTYPE html><html lang="{lang}"><body>{html}</body></html>'


def _styled(found: re.Match[str]) -> str:
    classes = found[1].split()
    style = next((name.title() for name in ("hint", "large") if name in classes), "Body Text")
    lines = next((int(name[6:]) for name in classes if re.fullmatch(r"lines-\d+", name)), 0)
    room = '<div custom-style="Line"><p>&#160;</p></div>' * lines
    return f'<div custom-style="{style}"><p>{found[2]}</p></div>{room}'


def _reference(folder: Path) -> bytes:
    """The document whose styles all others have: pandoc's own, in the colours of the kit."""
    given = _pandoc_data("reference.docx", folder)
    document = docx.Document(io.BytesIO(given))
    styles = document.styles
    for name, points, before, after, colour in _HEADINGS:
        style = styles[name]
        _letters(style, points, colour=colour, is_bold=True)
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
        style.paragraph_format.keep_with_next = True
    for name in ("Normal", "Body Text", "First Paragraph", "Compact"):
        _letters(styles[name], 10.5)
        styles[name].paragraph_format.space_before = Pt(0 if name == "Compact" else 2)  # room below a table
        styles[name].paragraph_format.space_after = Pt(2 if name == "Compact" else 5)
    hint = styles.add_style("Hint", WD_STYLE_TYPE.PARAGRAPH)
    hint.base_style = styles["Body Text"]
    _letters(hint, 9.5, colour=_MUTED)
    large = styles.add_style("Large", WD_STYLE_TYPE.PARAGRAPH)
    large.base_style = styles["Body Text"]
    _letters(large, 38)
    quotation = styles["Block Text"]
    quotation.base_style = styles["Body Text"]
    _letters(quotation, 10.5)
    quotation.paragraph_format.left_indent, quotation.paragraph_format.right_indent = Mm(6), Mm(0)
    code = styles.add_style("Source Code", WD_STYLE_TYPE.PARAGRAPH)
    code.base_style = styles["Normal"]
    # In the file, borders come before what follows here, which finds its own place.
    code.element.get_or_add_pPr().append(_borders("w:pBdr", ("top", "left", "bottom", "right")))
    code.paragraph_format.space_before, code.paragraph_format.space_after = Pt(4), Pt(6)
    styles["Verbatim Char"].font.name, styles["Verbatim Char"].font.size = _CODE_FONT, Pt(9.5)
    line = styles.add_style("Line", WD_STYLE_TYPE.PARAGRAPH)
    line.base_style = styles["Body Text"]
    line.element.get_or_add_pPr().append(_borders("w:pBdr", ("bottom", "between")))
    line.paragraph_format.space_before, line.paragraph_format.space_after = Pt(0), Pt(0)
    line.paragraph_format.line_spacing = _ROOM
    foot = styles.add_style("Foot", WD_STYLE_TYPE.PARAGRAPH)
    foot.base_style = styles["Normal"]
    _letters(foot, 7.5, colour=_MUTED)
    table = styles["Table"].element
    properties = table.find(qn("w:tblPr"))
    for old in properties.findall(qn("w:tblInd")) + properties.findall(qn("w:tblCellMar")):
        properties.remove(old)
    properties.append(_measure("w:tblInd", _CELL_SIDE))  # else the words, not the lines, stand on the margin
    properties.append(_borders("w:tblBorders", ("top", "left", "bottom", "right", "insideH", "insideV")))
    margins = OxmlElement("w:tblCellMar")
    for edge, twips in (("top", 45), ("left", _CELL_SIDE), ("bottom", 45), ("right", _CELL_SIDE)):
        margins.append(_measure(f"w:{edge}", twips))
    properties.append(margins)
    document.save(out := io.BytesIO())
    return out.getvalue()


_HEADINGS = (
    ("Heading 1", 18, 0, 4, _ACCENT),
    ("Heading 2", 12.5, 10, 2, _ACCENT),
    ("Heading 3", 10.5, 8, 2, None),
)
"""Style, size of letters, space before and after in points, and colour."""


def _letters(style: Any, points: float, *, colour: RGBColor | None = None, is_bold: bool = False) -> None:
    style.font.name, style.font.size, style.font.bold = _FONT, Pt(points), is_bold or None
    style.font.italic = False
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):  # which would win over the name
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    if colour is not None:
        style.font.color.rgb = colour


def _measure(tag: str, twips: int) -> Any:
    element = OxmlElement(tag)
    element.set(qn("w:w"), str(twips))
    element.set(qn("w:type"), "dxa")
    return element


def _borders(tag: str, edges: Sequence[str]) -> Any:
    borders = OxmlElement(tag)
    for edge in edges:
        border = OxmlElement(f"w:{edge}")
        for key, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", _LINE)):
            border.set(qn(f"w:{key}"), value)
        borders.append(border)
    return borders


def _pandoc_data(name: str, folder: Path) -> bytes:
    return run_pandoc([f"--print-default-data-file={name}"], b"", folder, "pandoc")


# --- after pandoc -------------------------------------------------------------------------------------------


def _finish(made: bytes, template: Template, html: str, imprint: Imprint) -> bytes:
    """What pandoc cannot say: the size of the paper, room in tables, new pages, a foot, and what the file is."""
    document = docx.Document(io.BytesIO(made))
    width = _set_paper(document, template, imprint.base)
    for table in document.tables:
        _set_table(table, width)
    lines = (Paragraph(line, document._body) for line in document.element.body.iter(qn("w:p")))  # in tables, too
    headings = (line for line in lines if line.style and line.style.name.startswith("Heading"))
    for line, heading in zip(headings, LexborHTMLParser(html).css("h1, h2, h3, h4, h5, h6"), strict=False):
        if "new-page" in (heading.attributes.get("class") or "").split():
            line.paragraph_format.page_break_before = True
    properties = document.core_properties
    moment = datetime.fromtimestamp(imprint.time, UTC).replace(tzinfo=None)
    properties.title, properties.subject, properties.language = template.title, template.description, imprint.lang
    properties.created = properties.modified = moment
    properties.author = properties.last_modified_by = properties.comments = ""
    properties.revision = 1
    document.save(out := io.BytesIO())
    return archive.pack(archive.unpack(out.getvalue()))


def _set_paper(document: Document, template: Template, base: str) -> int:
    """Set size, margins and foot; returns how wide the text is, in twentieths of a point."""
    [section] = document.sections
    width, height = _SIZES[template.size]
    side, head, foot = _MARGINS[template.size]
    section.page_width, section.page_height = Mm(width), Mm(height)
    section.orientation = WD_ORIENT.LANDSCAPE if width > height else WD_ORIENT.PORTRAIT
    section.left_margin = section.right_margin = Mm(side)
    section.top_margin, section.bottom_margin = Mm(head), Mm(foot)
    section.gutter = Mm(0)
    section.header_distance, section.footer_distance = Mm(8), Mm(foot - 7)
    line = section.footer.paragraphs[0]
    line.style = document.styles["Foot"]
    line.text = f"T{template.number}  {template.title}  ·  {base}{template.folder}  ·  "
    _add_page_number(line)
    return round((width - 2 * side) / 25.4 * 1440)


def _add_page_number(line: Paragraph) -> None:
    run = line.add_run()
    for kind in ("begin", "end"):
        element = OxmlElement("w:fldChar")
        element.set(qn("w:fldCharType"), kind)
        run._r.append(element)
        if kind == "begin":
            words = OxmlElement("w:instrText")
            words.text = "PAGE"
            run._r.append(words)


def _set_table(table: Table, width: int) -> None:
    """Make a table as wide as the text, and the rows high enough in which somebody writes."""
    columns = table._tbl.tblGrid.gridCol_lst
    whole = sum(column.w or 0 for column in columns) or 1
    for column in columns:
        column.w = Twips((column.w or 0) * width // whole)
    for number, row in enumerate(table.rows):
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        if number and any(not cell.text.strip() for cell in row.cells):
            row.height, row.height_rule = _ROOM, WD_ROW_HEIGHT_RULE.AT_LEAST
    for cell in {cell._tc: cell for cell in table.rows[0].cells}.values():  # one may go over several columns
        shade = OxmlElement("w:shd")
        for key, value in (("val", "clear"), ("color", "auto"), ("fill", _TINT)):
            shade.set(qn(f"w:{key}"), value)
        cell._tc.get_or_add_tcPr().append(shade)
        for run in (run for line in cell.paragraphs for run in line.runs):
            run.bold = True
