"""Templates and handouts: pages that are published as Markdown, as a Word file and as a PDF, too.

A page with `handout:` in its front matter is one. What stands in it between `<div class="paper" markdown>` and `</div>`
is its paper: the page shows it, and each of the files holds the same. CONTRIBUTING.md says how a paper is written.
"""

from __future__ import annotations

import posixpath
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape, unescape
from pathlib import Path
from textwrap import dedent, indent
from typing import Any
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor
from yaml.nodes import MappingNode

from pipeline import active, figures, patience, pdf, policy
from pipeline.active import without_code, without_comments
from pipeline.browser import Reader
from pipeline.problems import (
    BuildError,
    Problem,
    front_matter,
    line_of,
    line_of_mark,
    lines_of,
    load_yaml,
    read_text,
    read_yaml,
    shown,
)
from pipeline.unclosed import label

SIZES = ("A4", "A4 landscape", "A5")
"""What a paper may be printed on. On US Letter, nothing of A4 is lost."""

READERS = ("everyone", "facilitators")
"""Whom a template may be for."""

FORMATS = {".pdf": "PDF", ".docx": "Word", ".md": "Markdown"}
"""The endings of a template's files, and what they are called."""

_KEYS = ("number", "paper", "for", "when")
OPENS = '<div class="paper" markdown>'


@dataclass(frozen=True)
class Imprint:
    """What the files of all templates say of themselves."""

    base: str
    """The site's address, with a '/' at its end."""
    lang: str
    """The language of the words."""
    time: int
    """When they were made, in seconds since 1970."""


@dataclass(frozen=True)
class Template:
    """A page of the site that is published in other formats, too."""

    uri: str
    """Where the page stands below the folder of all pages, such as 'templates/action-item.md'."""
    source: str
    """The file that it is written in, as messages name it."""
    line: int
    """On which the paper begins; 0 where the page is generated."""
    number: int
    """Among all templates; 3 is called T3."""
    title: str
    """The page's, as plain text."""
    description: str
    """The page's, as plain text."""
    size: str
    """One of SIZES."""
    is_for_facilitators: bool
    """Whether participants of a session had better not see it before."""
    is_hidden: bool
    """Whether its page is kept from search engines, and its files are linked to from nowhere else."""
    when: str
    """When one takes it, in one line."""
    paper: str
    """Its Markdown, the title on the second level of headings."""

    @property
    def folder(self) -> str:
        """Where its files stand in the site, with a '/' at the end: where its page does."""
        return self.uri.removesuffix(".md") + "/"

    @property
    def name(self) -> str:
        """The name of its files, without the ending."""
        return posixpath.basename(self.uri).removesuffix(".md")


def find(
    folder: Path, source_of: Callable[[str], str], *, is_generated: bool = False
) -> tuple[list[Template], list[Problem]]:
    """The templates among the pages below `folder`, by their numbers; and what is wrong with them.

    `source_of` names the file in which a page is written, by the page's path below `folder`.
    """
    found: list[Template] = []
    problems: list[Problem] = []
    for path in sorted(folder.rglob("*.md")):
        is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if is_hidden or path.is_symlink() or not path.is_file():  # refused or left out where all pages are looked at
            continue
        uri = path.relative_to(folder).as_posix()
        source = source_of(uri)
        try:
            text = read_text(path, source)
            with patience.named(source, text):
                if template := read(text, uri=uri, source=source, is_generated=is_generated):
                    found.append(template)
        except BuildError as error:
            problems += error.problems
    return sorted(found, key=lambda template: template.number), problems


def repeated(templates: Sequence[Template]) -> Iterator[Problem]:
    """Templates whose number another one has; those that are generated share theirs, one for each practice incident."""
    taken: dict[int, Template] = {}
    for template in sorted(templates, key=lambda template: not template.line):
        first = taken.setdefault(template.number, template)
        if first is not template and first.line:
            message = f"handout.number is {template.number}, as in {first.source}; give it a number of its own"
            yield Problem(template.source, template.line, "template", message)


def read(text: str, *, uri: str, source: str, is_generated: bool = False) -> Template | None:
    """Read a page; None where it is no template.

    Raises BuildError where its front matter or its paper is wrong.
    """
    matter = front_matter(text)
    if matter is None or "handout" not in matter:
        return None
    values = load_yaml(matter, source, offset=1)
    if not isinstance(values, dict) or "handout" not in values:
        return None  # the first is told where all pages are looked at
    handout = values["handout"]
    if wrong := _wrong_handout(handout) or _wrong_words(values) or _wrong_name(uri):
        line = 0 if is_generated else _line_of_handout(matter, source)
        raise BuildError([Problem(source, line, "template", wrong)])
    try:
        paper, at = _paper(text, source)
    except BuildError as error:
        if is_generated:  # which has no lines that anybody could look at
            raise BuildError(replace(each, line=0) for each in error.problems) from None
        raise
    for words, message in _wrong_parts(paper):
        raise BuildError([Problem(source, 0 if is_generated else line_of(text, words), "template", message)])
    return Template(
        uri,
        source,
        0 if is_generated else at,
        handout["number"],
        unescape(str(values["title"])),  # in front matter that was generated it is HTML
        unescape(str(values["description"])),
        handout["paper"],
        handout["for"] == "facilitators",
        "noindex" in str(values.get("robots")),
        handout["when"],
        _with_addresses(paper, text),
    )


def _with_addresses(paper: str, page: str) -> str:
    """The paper with addresses in place of references, as what these lead to may be defined anywhere on the page."""
    defined = {
        label(name): f"({address}{title})" for name, address, title in re.findall(_DEFINITION, without_code(page))
    }

    def written(use: re.Match[str]) -> str:
        return use[1] + defined[label(use[2])] if label(use[2]) in defined else use[0]

    for reference in (r"(\])\[([^\]\n]+)\]", r"(\[([^\[\]\n]+)\])(?:\[\])?(?![\[(:])") if defined else ():
        paper = _outside_code(reference, written, _outside_code(_DEFINITION, lambda _: "", paper))
    return paper


_DEFINITION = r"(?m)^ {0,3}\[([^\]^\n][^\]\n]*)\]:[ \t]*(<[^<>\n]*>|\S+)([ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'))?[ \t]*$"


def _line_of_handout(matter: str, source: str) -> int:
    node = read_yaml(matter, source)
    keys = [key for key, _ in node.value] if isinstance(node, MappingNode) else []
    return next((1 + line_of_mark(key.start_mark) for key in keys if key.value == "handout"), 1)


def _wrong_handout(handout: Any) -> str:
    if not isinstance(handout, dict) or sorted(map(str, handout)) != sorted(_KEYS):
        strange = sorted(set(map(str, handout)) - set(_KEYS)) if isinstance(handout, dict) else []
        others = f", not {', '.join(map(shown, strange))}" if strange else ""
        return f"handout needs {', '.join(_KEYS)}, and nothing else{others}; see CONTRIBUTING.md"
    number = handout["number"]
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= 999:
        return f"handout.number is {shown(str(number))}; write a number from 1 to 999"
    for key, allowed in (("paper", SIZES), ("for", READERS)):
        if handout[key] not in allowed:
            return f"handout.{key} is {shown(str(handout[key]))}; write one of: {', '.join(allowed)}"
    when = handout["when"]
    if not isinstance(when, str) or not when.strip() or "\n" in when.strip():
        return "handout.when says nothing, or more than a line; write when one takes this template"
    return ""


def _wrong_name(uri: str) -> str:
    name = posixpath.basename(uri)
    is_index = name in ("index.md", "README.md")
    return f"a template has a folder for its files, and '{name}' has none; name it otherwise" if is_index else ""


def _wrong_words(values: Mapping[str, Any]) -> str:
    for key in ("title", "description"):
        words = unescape(str(values.get(key) or ""))
        if not words.strip():
            return f"a template needs a {key} in its front matter; add it"
        if len(words) > _LONGEST:
            return f"the {key} has {len(words)} characters, and a Word file takes {_LONGEST}; shorten it"
        if figures.xml_text(words) != words:
            return f"the {key} holds a character that no Word file may; take it out"
    return ""


_LONGEST = 255
"""Characters of what a Word file says of itself."""


def _paper(text: str, source: str) -> tuple[str, int]:
    """What stands in the paper, and the line of its first heading.

    Raises BuildError where there is not just one paper that begins with its title.
    """
    lines, shown_lines = lines_of(text), lines_of(without_code(text))
    opens = [number for number, line in enumerate(shown_lines, 1) if line.rstrip() == OPENS]
    if len(opens) != 1:
        message = f"a template has one '{OPENS}' on a line of its own, and this page has {len(opens)}; put it around"
        raise BuildError([Problem(source, opens[1] if opens else 0, "template", f"{message} what is to be printed")])
    [start] = opens
    end = _end(shown_lines, start)
    if not end:
        raise BuildError([Problem(source, start, "template", "the paper has no end; close it with '</div>'")])
    inside = lines[start:end]
    first = next((line for line in inside if line.strip()), "")
    titles = [line for line in shown_lines[start:end] if re.match(r"#{1,2} ", line)]
    if not first.startswith("## ") or len(titles) != 1:
        message = "a paper begins with its title ('## '), and all other headings in it are lower ('### '); mend them"
        raise BuildError([Problem(source, start, "template", message)])
    return "\n".join(inside).strip() + "\n", start + 1 + next(i for i, line in enumerate(inside) if line.strip())


def _wrong_parts(paper: str) -> Iterator[tuple[str, str]]:
    """What its files could not hold as the page does: words by which it is found, and what is wrong."""
    bare = without_code(paper)
    for found in re.finditer(r"!\[.*|<img\b.*", bare, re.IGNORECASE):
        yield found[0], "a paper holds no pictures, as its Word file and its PDF would not; say it in words"
    for found in re.finditer(_ELSEWHERE, bare):
        what = "a paper holds no footnotes, lists of definitions, abbreviations, tabs and files that are taken in"
        yield found[0], f"{what}, as its files would not; write it out"
    many = list(re.finditer(r"\.?\blines\\?-(?!(?:[1-5]?\d|60)\b)(\d+)", bare))
    classes = " ".join(re.findall(r'<p class="([^"]*)"', _html(paper))) if many else ""  # however they were given
    for found in many:
        if found[0].startswith(".") or found[1] in re.findall(r"\blines-(\d+)", classes):
            yield found[0], f".lines-{found[1]} is more than a page holds; have 60 lines at most"
    text, *use = re.split(_USE.replace("## ", "### "), paper, maxsplit=1)
    hints = re.findall(r"(?m)((?:^.+\n)+)\{[^{}\n]*\.hint\b", text)
    for line in (line for part in [*hints, *use] for line in part.split("\n") if "--" in line):
        message = f"what becomes a comment in the Markdown holds '--', which would end it: {shown(line)}; write it anew"
        yield line, message


_ELSEWHERE = r"(?m)^[ \t>]*(?:\[\^[^\]\n]+\]:|\*\[[^\]\n]+\]:|:[ \t]{1,3}\S|===[!+]* +\"|-+8<-+).*|\[\^[\w-]+\]"
"""What other extensions of Markdown read."""


def _end(lines: Sequence[str], start: int) -> int:
    """The number of lines before the one that closes what `start` lines have opened; 0 where there is none."""
    bare: list[str] = []
    for line in lines:
        is_code = re.match(r" {4}|\t", line) and (not bare or not bare[-1].strip())  # or goes on with it
        bare.append(" " * len(line) if is_code else line)
    text = "\n".join(bare)
    end = _closed(text, sum(len(line) + 1 for line in lines[:start]))
    number = text.count("\n", 0, end) if end >= 0 else 0
    return number if without_comments(lines[number]).strip() == "</div>" else 0


def _closed(html: str, start: int) -> int:
    """Where the </div> is that closes what is open at `start`; -1 where there is none."""
    depth = 1
    for tag in _DIV.finditer(html, start):
        depth += {"": 1, "/": -1}.get(tag[1], 0)
        if not depth:
            return tag.start()
    return -1


_DIV = re.compile(r"<!--(?:.*?-->|.*)|<(/?)div\b[^<>]*>", re.IGNORECASE | re.DOTALL)


# --- as Markdown --------------------------------------------------------------------------------------------


def as_markdown(template: Template, base: str) -> str:
    """The paper as plain Markdown: hints, and how to use it, become comments; nothing in it is only for the site."""
    text, *use = re.split(_USE, _raised(template, base), maxsplit=1)
    made = _plain_blocks(text)
    if use:
        title, words = use
        made += f"\n\n<!-- {title}\n\n{_plain_blocks(words)}\n-->"
    return made + "\n"


_USE = r"(?m)^## (.*?)[ \t]*\{[^{}\n]*\.use\b[^{}\n]*\}[ \t]*$"


def _plain_blocks(text: str) -> str:
    text = _outside_code(_BOX, _as_quotation, f"{text.strip()}\n")
    made: list[str] = []
    at = 0
    for code in re.finditer(rf"{active.FENCED}[^\n]*", text, re.MULTILINE | re.DOTALL):
        made += [*map(_plain, _blocks(text[at : code.start()])), code[0]]
        at = code.end()
    made += map(_plain, _blocks(text[at:]))
    return "\n\n".join(block for block in made if block)


def _blocks(text: str) -> list[str]:
    return [block for block in re.split(r"\n{2,}", text.strip("\n")) if block]


# An admonition of the site's pages, or one that opens.
_BOX = r"(?m)^(?:!!!|\?\?\?\+?) +([\w-]+)[^\"\n]*(?:\"(.*)\")?.*\n((?:(?: {4}.*| *)\n)*)"


def _as_quotation(box: re.Match[str]) -> str:
    lines = [f"**{box[2] or box[1].title()}**", "", *dedent(box[3]).strip().split("\n")]
    return "".join(f"> {line}".rstrip() + "\n" for line in lines) + "\n"


def _outside_code(pattern: str, replace: Callable[[re.Match[str]], str], text: str) -> str:
    """As `re.sub`, but that nothing is found that begins in code."""
    parts: list[str] = []
    at = 0
    for found in re.finditer(pattern, without_code(text)):
        parts += [text[at : found.start()], re.sub(pattern, replace, text[found.start() : found.end()], count=1)]
        at = found.end()
    return "".join([*parts, text[at:]])


def _plain(block: str) -> str:
    if re.fullmatch(r"</?div\b[^>]*>", block.strip()):
        return ""
    lines = block.splitlines()
    if attributes := re.fullmatch(_ATTRIBUTES, lines[-1].strip()):
        lines = lines[:-1]
        if re.search(r"\.hint\b", attributes[0]):
            return f"<!-- {chr(10).join(lines)} -->"
    if lines[:1] and lines[0].lstrip().startswith("|"):
        return "\n".join(_as_table(lines))
    lines = [re.sub(rf"^(#+ .*?)[ \t]*{_ATTRIBUTES}[ \t]*$", r"\1", line) for line in lines]
    return "\n".join(re.sub(r"^(\s*[-*] )☐ ", r"\1[ ] ", line) for line in lines)


_ATTRIBUTES = r"\{:?[ \t]*(?:[.#]|[\w-]+=)[^{}]*\}"


def _as_table(lines: Sequence[str]) -> list[str]:
    """A table whose columns stand under each other, so that it can be filled in in any editor."""
    rows = [_cells(_outside_code(rf"[ \t]*{_ATTRIBUTES}", lambda _: "", line)) for line in lines]
    rows = [row + [""] * (len(rows[0]) - len(row)) for row in rows]  # a row may be shorter than its head
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=False)]
    if sum(widths) > _WIDEST:  # of little use then, and hard to read
        return ["| " + " | ".join(row) + " |" for row in rows]
    made = []
    for number, row in enumerate(rows):
        cells = ["-" * width if number == 1 else cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        made.append("| " + " | ".join(cells) + " |")
    return made


_WIDEST = 100


def _cells(line: str) -> list[str]:
    row = re.sub(r"^\||(?<!\\)\|$", "", line.strip())
    return [cell.strip() for cell in re.split(r"(?<!\\)\|(?=(?:[^`]*`[^`]*`)*[^`]*$)", row)]  # but not within code


def _raised(template: Template, base: str) -> str:
    """The paper with its title on the first level of headings, and its links as they are written anywhere else."""
    text = _outside_code(r"(?m)^#(#+ )", lambda found: found[1], template.paper)
    text = _outside_code(_LINK, lambda link: f"]({_address(link[1] or link[2], template.uri, base)}", text)
    # MkDocs leaves these as they are written: they are relative to the page's address.
    return _outside_code(_ANCHOR, lambda link: link[1] + urljoin(base + template.folder, link[2]), text)


_LINK = r"\]\([ \t]*(?:<([^<>\n]+)>|([^)\s<]+))"
_ANCHOR = r"(?i)(<a\b[^<>]*?\bhref=[\"']?)(?![a-z]+:|//)([^\"'\s<>]+)"


def _address(href: str, uri: str, base: str) -> str:
    """Where a link of a page leads to on the published site."""
    if re.match(r"[a-z]+:|//", href):
        return href
    path, sign, anchor = href.partition("#")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(uri), path)).replace(" ", "%20") if path else uri
    if target.endswith(".md"):
        target = re.sub(r"(^|/)(index|README)$", r"\1", target.removesuffix(".md")) + "/"
    return urljoin(base, target.lstrip("/")) + sign + anchor


# --- as HTML ------------------------------------------------------------------------------------------------


def prepare(chosen: Iterable[Template], base: str) -> None:
    """Make the HTML of the papers in this thread: others cannot be stopped.

    Raises BuildError for one without end, and for what would run where it is printed: the site's pages are made with
    other extensions, and to them it may be code.
    """
    problems: list[Problem] = []
    for template in chosen:
        with patience.named(template.source, template.paper):
            for found in active.find(as_html(template, base)):
                row = active.line_in(template.paper, found.clues, is_markdown=True)
                line = template.line and template.line + max(row, 1) - 1
                problems.append(Problem(template.source, line, "page-script", found.message))
    if problems:
        raise BuildError(problems)


@lru_cache(maxsize=64)
def as_html(template: Template, base: str) -> str:
    """The paper as HTML, made by what makes the site's pages."""
    return _html(_raised(template, base))


def _html(text: str) -> str:
    extensions = ["admonition", "attr_list", "md_in_html", "tables", "pymdownx.details", "pymdownx.superfences"]
    plain = {"pymdownx.highlight": {"use_pygments": False}, "pymdownx.superfences": {"preserve_tabs": True}}
    extended = [*extensions, "pymdownx.highlight", _OpenBoxes()]
    html: str = Markdown(extensions=extended, extension_configs=plain).convert(text)
    return html


class _OpenBoxes(Extension):  # type: ignore[misc]
    """Makes admonitions quotations, which every format has; what a reader would have to open is open."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Called by the library."""
        md.treeprocessors.register(_BoxOpener(md), "open_boxes", 0)


class _BoxOpener(Treeprocessor):  # type: ignore[misc]
    def run(self, root: Element) -> None:
        for element in root.iter():
            if element.tag == "details" or "admonition" in element.get("class", "").split():
                element.tag = "blockquote"
            elif element.tag == "summary":
                element.tag = "p"
                element.set("class", "admonition-title")


def with_columns(html: str) -> str:
    """The HTML with the widths that its tables ask for, `w-10` for ten in a hundred, as columns."""
    return re.sub(r"<table>\n<thead>\n(<tr>.*?</tr>)", _with_columns, html, flags=re.DOTALL)


def _with_columns(table: re.Match[str]) -> str:
    widths = re.findall(r'<th class="w-(\d+)"', table[1])
    columns = "".join(f'<col style="width: {width}%">' for width in widths)
    return table[0].replace("<table>", f"<table><colgroup>{columns}</colgroup>") if widths else table[0]


def with_parts(html: str) -> str:
    """The HTML with an element for each card, and a class for items of a list that are boxes to tick already."""
    parts: list[str] = []
    at = 0
    for opens in re.finditer(r'<div class="cards">', html):
        if at <= opens.start() and (end := _closed(html, opens.end())) >= 0:
            parts += [html[at : opens.start()], _as_cards(html[opens.end() : end])]
            at = end + len("</div>")
    return "".join([*parts, html[at:]]).replace("<li>☐ ", '<li class="box">☐ ')


# --- on the page --------------------------------------------------------------------------------------------


def page(markdown: str, template: Template, base: str) -> str:
    """The page's Markdown with the ways to take the paper away, above it."""
    doors = "".join(
        f'<a class="formats__door" href="{template.name}{ending}"{" download" if ending == ".md" else ""}>{name}</a>'
        for ending, name in FORMATS.items()
    )
    text = as_markdown(template, base)
    runs = [len(run) for run in re.findall("`+", text)]
    fence = "`" * max(3, 1 + max(runs, default=0))
    copy = indent(f"{fence} {{ .markdown data-search-exclude }}\n{text}{fence}\n", "    ")
    size = "US Letter will do" if template.size != "A5" else "or two on a sheet of A4"
    bar = (
        f'<p class="formats" data-search-exclude><span class="formats__label">Take it</span>{doors}'
        f'<span class="formats__size">{template.size}; {size}</span></p>'
    )
    block = f'??? copy "Copy it as Markdown"\n\n{copy}'
    opens = re.search(rf"(?m)^{OPENS}[ \t]*$", without_code(markdown))
    at = opens.start() if opens else 0
    return f"{markdown[:at]}{bar}\n\n{block}\n\n{markdown[at:]}"


PLACE = "<!-- every template and its formats -->"
"""Where a page wants the table of all templates."""


def table(templates: Sequence[Template], folder: str) -> str:
    """Every template with its formats, as HTML; `folder` leads from where it is shown to the site's root."""
    rows = []
    for template in templates:
        place = folder + template.folder
        files = " ".join(
            f'<a href="{place}{template.name}{ending}"{" download" if ending == ".md" else ""} '
            f'aria-label="{escape(template.title)} as {name}">{name}</a>'
            for ending, name in FORMATS.items()
        )
        if template.is_hidden:
            files = f'<a href="{place}">On its page</a>'
        mark = ' <span class="formats__mark">facilitators</span>' if template.is_for_facilitators else ""
        row = '<tr class="facilitators">' if template.is_for_facilitators else "<tr>"
        rows.append(
            f'{row}<td>T{template.number}</td><td><a href="{place}"><strong>{escape(template.title)}</strong></a>{mark}'
            f"<br>{escape(template.when)}</td><td>{template.size}</td><td>{files}</td></tr>"
        )
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("No.", "Template, and when", "Paper", "Files"))
    made = f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return f'<div class="formats__table">{made}</div>'


# --- on paper -----------------------------------------------------------------------------------------------


def layout(template: Template) -> str:
    """The class of the body that a template is printed with: its size."""
    return template.size.lower().replace(" ", "-")


def document(template: Template, imprint: Imprint) -> str:
    """The paper as a document to print; the style sheet stands beside this file."""
    html = with_parts(with_columns(as_html(template, imprint.base)))
    html = re.sub(r'(<p class="[^"]*\blines-(\d+)[^"]*">.*?</p>)', _with_lines, html, flags=re.DOTALL)
    html = re.sub(r'(<h2 class="use".*)', r"<section class='use'>\1</section>", html, flags=re.DOTALL)
    style = letters() + _STYLE.read_text(encoding="utf-8") + _foot(template, imprint.base)
    return policy.seal_print(
        f"<!DOCTYPE html><html lang='{escape(imprint.lang)}'><head><meta charset='utf-8'>"
        f"<title>{escape(template.title)}</title><style>{style}</style></head>"
        f"<body><main>{html}</main></body></html>"
    )


_STYLE = Path(__file__).with_suffix(".css")
_FONTS = Path(__file__).parent.parent / "node_modules" / "@fontsource"
_ATKINSON = "atkinson-hyperlegible-next/files/atkinson-hyperlegible-next-latin"
_FACES = (
    ("Bricolage Grotesque", "800", "normal", "bricolage-grotesque/files/bricolage-grotesque-latin-800-normal"),
    *(
        ("Atkinson Hyperlegible Next", weight, style, f"{_ATKINSON}-{weight}-{style}")
        for weight, style in (("400", "normal"), ("400", "italic"), ("700", "normal"))
    ),
)


def letters() -> str:
    """The letters of the slides as a style, for a document that asks for no file."""
    rules = []
    for family, weight, style, path in _FACES:
        data = b64encode((_FONTS / f"{path}.woff2").read_bytes()).decode()
        rules.append(
            f'@font-face {{ font-family: "{family}"; font-weight: {weight}; font-style: {style}; '
            f"src: url(data:font/woff2;base64,{data}) }}"
        )
    return "".join(rules)


def _foot(template: Template, base: str) -> str:
    words = f"T{template.number}  {template.title}   {base}{template.folder}"
    quoted = re.sub(r"[^\w .,:/-]", lambda found: f"\\{ord(found[0]):x} ", words)
    return f'@page {{ @bottom-left {{ content: "{quoted}" }} }}'


def _as_cards(html: str) -> str:
    cards = re.split(r"(?=<h[23]\b)", html.strip())
    return f"<div class='cards'>{''.join(f'<section>{card}</section>' for card in cards if card)}</div>"


def _with_lines(found: re.Match[str]) -> str:
    return f"{found[1]}<div class='lines' aria-hidden='true'>{'<i></i>' * int(found[2])}</div>"


def prints(chosen: Sequence[Template], reader: Reader, imprint: Imprint) -> tuple[dict[str, bytes], list[Problem]]:
    """Print templates, by their pages; and what is wrong with what was printed."""
    printed: dict[str, bytes] = {}
    problems: list[Problem] = []
    for template in chosen:
        with reader.confine(template.source, problems):
            [made] = reader.print(document(template, imprint), [layout(template)])
            address = imprint.base + template.folder
            content = pdf.finish(made, title=template.title, address=address, time=imprint.time)
            printed[template.uri] = content
            for fault in pdf.faults(content):
                problems.append(Problem(template.source, template.line, "pdf-structure", f"the PDF {fault.message}"))
    return printed, problems


def missing(template: Template, base: str, *, in_pdf: bytes, in_word: str) -> Iterator[Problem]:
    """Words of the paper that its files do not show."""
    words = " ".join(re.sub(r"(?s)<!--.*?-->|<[^>]+>", " ", as_html(template, base)).split())
    shown_in = {"PDF": " ".join(pdf.texts(in_pdf)), "Word file": in_word}
    for name, text in shown_in.items():
        if lost := pdf.missing(text, unescape(words), every_time=True):
            some = ", ".join(f"'{word}'" for word in lost[:5])
            message = f"the {name} does not show {some} as often as the page; see what hides it or cuts it off"
            yield Problem(template.source, template.line, "template", message)
