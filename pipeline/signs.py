"""Find Markdown that became none, so that its signs are shown: a link with a space in it, a table without its divider.

What an author wants to show, as `[x](y)`, stands in code, or behind a backslash.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape, unescape
from html.entities import html5
from itertools import pairwise

from pipeline.active import (
    FENCED,
    INDENTED,
    PREFORMATTED,
    without_code,
    without_comments,
    without_elements,
    without_preformatted,
)
from pipeline.deck import Deck
from pipeline.findings import Finding
from pipeline.problems import line_at, lines_of
from pipeline.prose import has_little_words, meant, quoted
from pipeline.trace import Trace


@dataclass(frozen=True)
class _Sign:
    """What is meant to be Markdown, and is none where it is shown as it is written; its group `seen` above all."""

    pattern: str
    wrong: str
    cure: str
    on: tuple[str, ...] = ("slide", "page")
    needs: str = ""
    """What must stand somewhere in the source as well."""
    is_meant: Callable[[str, re.Match[str]], bool] = lambda _, __: True
    """Says of a source, and of what is found in it, whether that is one."""


def _is_first_row(text: str, found: re.Match[str]) -> bool:
    return "|" not in text[: found.start()].rstrip("\n").rpartition("\n")[2]


def _is_in_no_heading(text: str, found: re.Match[str]) -> bool:
    """Whether no ruler right below its paragraph makes a heading of it, which is told as such."""
    ends = _ends(text)
    place = bisect(ends, (found.end(), True))
    return place == len(ends) or not ends[place][1]


@lru_cache(maxsize=1)
def _ends(text: str) -> list[tuple[int, bool]]:
    """Where the paragraphs of a text may end, and whether with a ruler."""
    return [(each.start(), bool(each[0])) for each in re.finditer(r"(?m)^(?: {0,3}-+)?$", text)]


def _is_nearly_a_letter(_: str, found: re.Match[str]) -> bool:
    return _has_a_letter_near(found["seen"].strip("&;"))


def _is_no_formula(text: str, found: re.Match[str]) -> bool:
    """Whether a place is in words: a formula that cannot be set is shown as it stands, and has been told."""
    dollars, pairs = _dollars(text)
    start = text.rfind("\n", 0, found.start()) + 1
    return bisect(dollars, found.start()) == bisect(dollars, start - 1) and bisect(pairs, start - 1) % 2 == 0


@lru_cache(maxsize=1)
def _dollars(text: str) -> tuple[list[int], list[int]]:
    """Where a text has dollars, and where two together."""
    return [found.start() for found in re.finditer(r"\$", text)], [each.start() for each in re.finditer(r"\$\$", text)]


@lru_cache
def _has_a_letter_near(name: str) -> bool:
    return bool(meant(name, (known.rstrip(";") for known in html5 if len(known) > 4)))


_IN_HTML = {"slide": "leave a line empty between HTML and Markdown", "page": "write 'markdown' into each tag around it"}
_KINDS = "|".join([
    "abstract", "attention", "bug", "caution", "danger", "error", "example", "failure", "hint", "important", "info",
    "note", "question", "quote", "success", "summary", "tip", "todo", "warning",
])  # fmt: skip
_SIGNS = (
    _Sign(
        r"(?P<seen>\{(?:--|\+\+|~~|==|>>)[^{}\n]*(?:--|\+\+|~~|==|<<)\})",
        "is somebody's note on the text",
        "take it over, or take it out",
    ),
    _Sign(r"(?P<seen>(?<!\\)!\[\[[^\[\]\n]+\]\])", "makes no picture", "write '![what it shows](its path)'"),
    _Sign(
        r"(?:(?<!\\)!\[|(?<![\w\\!])\[(?=[^\[\]\n]*\w))[^\[\]\n]*"
        r"(?P<seen>(?<!\\)\]\((?!\s*<?(?:javascript|vbscript|file|data):)(?=[^\S\n]*[^()<>\s])[^()<>\n]*\))",
        "makes no link and no picture",
        "write an address that has spaces as '<my file.png>', a title in quotation marks, and {in_html}; or it is code",
    ),
    _Sign(
        r"(?<![\w\\\]])!?\[(?![-<\d])[^\[\]\n ]+ [^\[\]\n]+(?P<seen>(?<!\\)\]\[(?![-\d]+\])[^\[\]\n]+\])",
        "makes no link, as nothing says where it leads",
        "write that name and its address on a line of their own, as in '[name]: address'",
    ),
    _Sign(
        # Not numbers, tasks, and keys such as [Knuth84].
        r"(?<!\\)\[(?!#?\d+\]|sic\]|[ xX]\]|[A-Z][\w+-]*\d\d[a-z]?\])[^\[\]\n]+"
        r"(?P<seen>(?<!\\)\] \((?:https?://[^\s()]+|[\w./-]+\.(?:html?|jpe?g|md|pdf|png|svg)(?:#[\w-]*)?|#[\w-]+)\))",
        "makes no link",
        "take out the space behind its ']'",
    ),
    _Sign(
        r"(?<!\\)\([^()\n]+(?P<seen>\)\[(?:https?://|www\.)[^\s\[\]]+\])",
        "makes no link",
        "write the words in square brackets, and the address in round ones",
    ),
    _Sign(
        r"(?<!\\)(?P<seen>(?<!\*)\*\*(?![\s*,.;:)\]}])[^*\n]+(?<![\s\\(\[{,])\*\*(?!\*))",
        "sets nothing in bold type",
        "write '<strong>…</strong>', or {in_html}",
    ),
    _Sign(
        r"(?<!\\)(?P<seen>(?<!~)~~(?![\s~])[^~\n]+(?<![\s\\])~~(?!~))", "strikes nothing out", "write '<del>…</del>'"
    ),
    _Sign(
        r"(?<!\\)(?P<seen>(?<![\w=<>!(\"'])==(?![\s=>)\"'])[^=\n]+(?<![\s\\<>!(\"'])==(?![\w=>)\"']))",
        "marks nothing",
        "write '<mark>…</mark>'",
    ),
    _Sign(
        r"^(?:[^\n]*\n)?[ \t>]*(?P<seen>\|?[ \t]?:?-{2,}:?(?:[ \t]*\|[ \t]*:?-{2,}:?)+(?:[ \t]?\|)?"
        r"|\|[ \t]?:?-{2,}:?[ \t]?\|)$",
        "makes no table",
        "give it as many columns as the line above it has, leave a line empty above the table, and {in_html}",
    ),
    _Sign(
        r"^ {0,3}(?P<seen>#{2,6}[^\s#\\]\S*)",
        "makes no heading",
        "write a space behind its last '#'",
        on=("slide",),
    ),
    _Sign(
        r"^[ \t>]*(?P<seen>%%(?:(?=[^%\n]*\w)[^%\n]*%%|[ \t]+\w[^%\n]*)|<(?:!-(?!-)|! -| !--)(?=[^\n]*\w)[^\n]*)$",
        "is no comment",
        "write '<!-- … -->', or put it between backquotes",
    ),
    _Sign(
        r"(?<![\w*\\])(?P<seen>\*\*[^\W\d_][^*\n]*(?:[:.!?,;][ \t]\*\*|[ \t]\*\*(?![\w*])))",
        "sets nothing in bold type",
        "take out the space within its stars, or put it between backquotes",
    ),
    _Sign(
        r"^[ \t>]*(?:[-*+][ \t]+)?(?P<seen>\*\*[ \t]+[^\W\d_]{2}[^*\n]*[ \t]\*\*)",
        "sets nothing in bold type",
        "take out the spaces within its stars",
    ),
    _Sign(
        r"^[ \t]*(?P<seen>[\u2013\u2014]-|-[\u2013\u2014])$",
        "parts no slides, as an editor has changed its signs",
        "write '---'",
        on=("slide",),
    ),
    _Sign(
        r"(?<![\w`\\])(?P<seen>`(?!`)[^\W_][^`'\n]*)$",
        "is no code, as it has no end on its line",
        "write a '`' where it ends",
    ),
    _Sign(
        r"(?:(?<![^\s(*_|])|(?<=\d)(?=&nbsp))(?P<seen>&(?:amp|apos|copy(?= \d{4}\b)|euro|gt|hellip|larr|[lr][ads]quo|lt"
        r"|[mn]dash|nbsp|quot|rarr|shy|#\d{2,5}|#x[0-9a-fA-F]{2,5}))(?=[\s)]|$)",
        "lacks its ';'",
        "write it, or the letter itself, or put it between backquotes",
    ),
    _Sign(
        r"(?<![?=&/\\])(?P<seen>&(?!(?:amp|apos|gt|lt|quot);)[a-zA-Z]{3,10}\d{0,2};)",
        "is no letter that HTML knows",
        "correct it, or write the letter itself",
        is_meant=_is_nearly_a_letter,
    ),
    _Sign(
        r"(?<![\w:/`.\\*{])(?P<seen>:(?!(?:param|ref|returns?|rtype|raises|toc|type)\b)[a-z](?=[a-z_]{2})\w+:)(?![\w:`/])",
        "becomes no picture",
        "write the emoji itself, or put it between backquotes",
    ),
    _Sign(
        r"^[ \t>]*(?P<seen>\|(?![ \t:|-]+$)(?![^\n]*\| [=<>+*/-] \|)"
        r"[^|\n]*\|[^\n]*\|[ \t]*\n[ \t>]*\|(?![ \t:|-]+$)[^\n]*\|)[ \t]*"
        r"(?:\n[ \t>]*\|[^\n]*\|[ \t]*)*$",
        "makes no table",
        "write a line such as '|---|---|' below it",
        is_meant=_is_first_row,
    ),
    _Sign(
        r"(?<![!\\\w\[`])(?P<seen>\[\[(?:[^\W\d][^\[\]\n,=; ]* [^\[\]\n,=;]*|_?(?:TOC|toc)_?)\]\])(?!\()",
        "makes no link",
        "write '[the words](the address)', or put it between backquotes",
    ),
    _Sign(
        r"(?<!\\)\[[^\[\]\n]+(?P<seen>\]\uff08(?:https?:|www\.|#|[\w./-]+\.(?:html?|md|pdf|png|svg|jpe?g))[^\uff08\uff09\n]*\uff09)",
        "makes no link",
        "write its brackets as '(' and ')'",
    ),
    _Sign(
        r"(?<!\\)(?P<seen><https?://[^<>\s]*[ \t][^<>\n]*>)",
        "makes no link",
        "take out what stands behind the address",
    ),
    _Sign(
        r"(?<![$\\])(?P<seen>\{\{-? ?[a-zA-Z][\w.]* ?-?\}\}|\{% [^%\n]* %\})",
        "is filled in by nobody",
        "write what is to stand there, or put it between backquotes",
    ),
    _Sign(
        r"(?P<seen>\{:?[ ]*[.#][a-zA-Z][\w-]*(?:[ ][^{}\n]*)?\})$",
        "sets no class here",
        "take it out, or write '<!-- _class: … -->', or '<div class=\"…\">'",
        on=("slide",),
    ),
    _Sign(
        r"(?P<seen>\{(?:[:.#][a-zA-Z]|[a-z]+=\w)[ \w.#=-]*)$",
        "sets no class here",
        "write a '}}' where it ends, or put it between backquotes",
        on=("page",),
    ),
    _Sign(
        r"(?P<seen>(?<=[ \t])\{:?[ ]?[.#][a-z][^{}\n]*\})",
        "sets no class here",
        "write it right behind what it is for, without a space, or put it between backquotes",
        on=("page",),
    ),
    _Sign(
        r"(?<![\w+])(?P<seen>\+\+(?:alt|cmd|command|ctrl|meta|option|shift|win)(?:\+[\w-]+)+\+\+)",
        "shows no keys",
        "write '<kbd>…</kbd>'",
    ),
    _Sign(
        r"^(?P<seen>(?![^\n]*(?:[a-zA-Z]:|\\[^\n]))[^\n]*[^\s\\]\\)(?=\n[ \t]*\S)",
        "ends no line here",
        "write two spaces at its end, or '<br>'; a path stands between backquotes",
        on=("page",),
    ),
    _Sign(
        r"(?:(?<!\\)!\[|(?<![\w\\!])\[(?=[^\[\]\n]*\w))[^\[\]\n]*(?P<seen>\]\((?!\d)[^\s()]+(?:\([^\s()]*\)[^\s()]*)?)$",
        "makes no link and no picture",
        "write a ')' where its address ends",
    ),
    _Sign(
        r"^[ \t]*(?P<seen>(?:_(?:class|color|footer|header|paginate|slide(?:Allows|Key|Minutes))"
        r"|_?background(?:Color|Image|Position|Repeat|Size)): ?\S[^\n]*"
        r"|paginate: ?(?:true|false|hold|skip)|headingDivider: ?[1-6]|marp: ?true)$",
        "is a directive that nothing sets off",
        "write it between '<!--' and '-->', or between backquotes",
        on=("slide",),
        is_meant=_is_in_no_heading,
    ),
    _Sign(r"^(?P<seen>\?{3})$", "begins no notes here", "write them between '<!--' and '-->'", on=("slide",)),
    _Sign(
        r"(?<!\\)(?P<seen></[a-zA-Z][\w-]*>)",
        "is shown as words",
        "correct its name, or the one that begins it, or put it between backquotes",
        on=("slide",),
        is_meant=_is_no_formula,
    ),
    _Sign(r"^(?P<seen><{7} \S[^\n]*)$", "is what is left of joining two versions", "choose one of them"),
    _Sign(
        r"(?<![\w$\\])(?P<seen>\$ (?=[^$\n]*[\\^{])[^$\n]* \$)(?![\w$])",
        "is no formula",
        "take out the spaces at its ends, or put it between backquotes",
        on=("slide",),
    ),
    _Sign(
        r"(?<![\w$\\])(?P<seen>\$(?=[^$\n]*(?:\\[a-zA-Z]{2}|\w\^[\w{]))[^\s$\d][^$\n]*(?<=[^\s$])\$)(?![\w$])",
        "is no formula here",
        "see whether its extension stands in mkdocs.yml, or put it between backquotes",
        on=("page",),
    ),
    _Sign(
        r"(?<=[\w)])(?P<seen>\^(?![owx_.]\^)[\w-]{1,4}\^(?![\w^])|~\d{1,3}~(?!~))",
        "sets nothing higher or lower",
        "write '<sup>…</sup>' or '<sub>…</sub>', or put it between backquotes",
    ),
    _Sign(
        r"^(?P<seen>(?:\'\'\'|\"\"\")[ \t]*\w{0,12})$",
        "begins no code",
        "write '```' for it",
    ),
    _Sign(r"^[ \t>]*(?P<seen>\[!(?i:caution|important|note|tip|warning)\])", "makes no box here", "{box}"),
    _Sign(
        r"^ {0,3}(?P<seen>:{3,}[ \t]*\{?[\w.#-]+)",
        "makes no box here",
        "write '<div class=\"…\">'",
        needs=r"(?m)^ {0,3}:{3,}$",
    ),
    _Sign(
        rf"^[ \t]*(?P<seen>={{3}}[!+]? \"[^\"\n]*\"|-+8<-+ \"[^\n]*|(?:!!!|\?\?\?\+?) (?:{_KINDS})\b[^\n]*)$",
        "makes no box, no tab and no other file here",
        "see how it is spelt{extension}",
    ),
)
_BOX = {"slide": "write the word in bold type", "page": "write '!!! note', and what is in it four spaces further in"}
_EXTENSION = {"slide": ", and whether Marp knows it", "page": ", and whether its extension stands in mkdocs.yml"}


Left = tuple[int, str, str]
"""The line of what shows its signs, its words, and what is wrong."""


def findings(lines: Sequence[str], trace: Trace, deck: Deck) -> Iterator[Finding]:
    """What shows its signs on the slides of a deck."""
    above = trace.front.end if trace.front else 0
    source = "\n".join([*[""] * above, *lines[above:]])
    html = "\n".join(
        slide.body if slide.title in _words(slide.body) else f"{escape(slide.title)}\n{slide.body}"
        for slide in deck.slides
    )
    refused = {each.slide for each in trace.refused}  # where source is shown as well, as has been said
    for line, words, message in left(source, html, "slide"):
        if words.startswith("</") and trace.slide_at(line) in refused:
            continue
        yield Finding(line, "markdown-left", message, trace.slide_at(line))


def left(source: str, html: str, on: str) -> Iterator[Left]:
    """Markdown in `source` that shows its signs in the `html` made of it.

    `source` has no front matter but empty lines; `on` is 'slide' or 'page'.
    """
    text = without_preformatted(without_comments(without_code(source)))
    code = _words(" ".join(re.findall(PREFORMATTED, html, re.DOTALL | re.IGNORECASE)))
    text = re.sub(INDENTED, lambda line: "" if _words(escape(line[0])) in code else line[0], text)
    text = "\n".join(map(str.rstrip, lines_of(text)))
    # What is set off as code, and formulas, of which some say the source.
    bare = without_elements(html, "pre|code|kbd|samp|tt|math")
    seen = "\n".join(filter(None, map(_words, re.split(_ENDS_A_ROW, bare))))
    whole = text
    for sign in _SIGNS:
        shown = Counter(map(_key, re.finditer(sign.pattern, seen, re.MULTILINE))) if on in sign.on else None
        if shown and re.search(sign.needs, text):
            written = Counter(map(_key, re.finditer(sign.pattern, text, re.MULTILINE)))
            plain = unescape(re.sub(r"\\([^\w\s])", r"\1", text))
            left_over = shown - (Counter(map(_key, re.finditer(sign.pattern, plain, re.MULTILINE))) - written)
            found_here = [each for each in re.finditer(sign.pattern, text, re.MULTILINE) if left_over[_key(each)]]
            # Where the same stands several times, what is near HTML is the likeliest to be none.
            spans: list[tuple[int, int]] = []
            for found in sorted(found_here, key=lambda each: not _is_in_html(text, each.start("seen"))):
                if left_over[_key(found)] > 0 and sign.is_meant(whole, found):
                    spans.append(found.span("seen"))
                    left_over[_key(found)] -= 1
                    # Of rows, the first; else the last line, as a table's divider is found with the line above it.
                    seen_rows = found["seen"].split("\n")
                    words = seen_rows[0] if len(seen_rows) > 1 else found[0].rpartition("\n")[2]
                    cure = sign.cure.format(in_html=_IN_HTML[on], extension=_EXTENSION[on], box=_BOX[on])
                    message = f"{quoted(words)} {sign.wrong}, and shows its signs; {cure}"
                    yield line_at(text, found.start("seen")), words, message
            text = _without(text, spans)  # one sign is enough for one fault
    yield from _odd_spaces(text, seen)
    yield from _within_html(source, seen, on)
    if on == "slide":
        yield from _comments(source, code)
        # Marp takes the backslashes away.
        for found in re.finditer(
            rf"\\[(\[](?=[^\n\\]*(?:\\(?:{_TEX})\b|(?<!\w)\w\^[\w{{]))[^\n]{{0,300}}?\\[)\]]", text
        ):
            yield line_at(text, found.start()), found[0], f"{quoted(found[0])} is no formula; write it between '$'"
    yield from _footnotes(text, html, on)
    told = {_letters(found[1]) for found in re.finditer(r"(?<=\d)<(?:em>(?=\d)|strong>(?=\d[^<]))([^<>]*)<", bare)}
    if told:
        for found in re.finditer(r"\d(\*\*?)(\d[^*\n]*)(?<=\d)\1\d", text):
            if _letters(found[2]) not in told:
                continue
            message = f"{quoted(found[0])} loses its stars, which change how a part of it looks; write '\\*'"
            yield line_at(text, found.start()), found[0], message
    yield from _uneven_stars(text, bare)
    yield from _diagrams(source, html)
    if on == "page":
        yield from _boxes(source, text, html)
        yield from _titles(text, html)
        yield from _lists(text, bare)
        yield from _set_in(source, text, bare)
        yield from _definitions(text, seen)


_ENDS_A_ROW = r"\n|</?(?:br|blockquote|d[dt]|div|h[1-6]|li|p|summary|t[dh])\b[^<>]*>"


def _key(found: re.Match[str]) -> tuple[str, str]:
    """By what Markdown that shows its signs is known again: there, what is within may have become bold, or code."""
    return _letters(found[0]), re.sub(r"[\s*_`\\]+", "", found["seen"])


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    """A text with spaces in some places."""
    parts, end = [], 0
    for start, stop in sorted(spans):
        parts += [text[end:start], re.sub(r"[^\n]", " ", text[start:stop])]
        end = stop
    return "".join([*parts, text[end:]])


def _is_in_html(text: str, at: int) -> bool:
    """Whether the lines up to a place, from the last empty one on, begin with a tag."""
    return _BEGINS_AS_A_TAG.match(text, text.rfind("\n\n", 0, at) + 1, at) is not None


_BEGINS_AS_A_TAG = re.compile(r"\s*<")


def _comments(source: str, code: str) -> Iterator[Left]:
    """Comments that are set in as far as code, with nothing else beside them: notes that an audience sees."""
    fenced = _words(escape("\n".join(found[0] for found in re.finditer(rf"(?ms){FENCED}", source))))
    for found in re.finditer(r"(?<=\n\n)(?: {4}|\t)[ \t]*(<!--[^\n]*-->)[ \t]*(?=\n\n|\n?\Z)", without_code(source)):
        words = _words(escape(found[1]))
        beside = (source[: found.start()].rstrip().rpartition("\n")[2], source[found.end() :].lstrip("\n")[:4])
        is_alone = not any(line.startswith(("    ", "\t")) for line in beside)
        if is_alone and code.count(words) > fenced.count(words):
            cure = "begin it at the left, or put it between lines of '```'"
            message = f"{quoted(found[1])} is set in as far as code, and is shown; {cure}"
            yield line_at(source, found.start(1)), found[1], message


def _within_html(source: str, seen: str, on: str) -> Iterator[Left]:
    """Headings, lists and code within a block of HTML: the first of each."""
    rows = set(seen.split("\n"))
    lines = lines_of(without_preformatted(without_comments(source)))
    fenced = lines_of(without_code(source))
    is_within = False
    for number, (line, next_line) in enumerate(pairwise([*lines, ""]), 1):
        if not line.strip():
            is_within = False
        elif re.match(rf" {{0,3}}<(?:{_BLOCKS})\b", line) and fenced[number - 1].strip():
            is_within = True
        elif is_within and _words(escape(line)) in rows:
            is_list = re.match(r" *[-*+] \S", line) and re.match(r" *[-*+] \S", next_line)
            if is_list or re.match(r" {0,3}(?:#{1,6} \S|```)", line):
                is_within = False
                message = f"{quoted(line.strip())} stands within HTML, where no Markdown is read; {_IN_HTML[on]}"
                yield number, line.strip(), message


_BLOCKS = (
    "article|aside|blockquote|center|dd|details|div|dl|dt|figcaption|figure|footer|header|li|main|nav|ol|p|section|summary|"
    "table|tbody|td|th|tr|ul"
)


def _odd_spaces(text: str, seen: str) -> Iterator[Left]:
    """Headings behind whose sign a space stands that never breaks a line."""
    rows = set(seen.split("\n"))
    for found in re.finditer(r"^[ \t>]*((#{1,6})\u00a0\S[^\n]*)", text, re.MULTILINE):
        if _words(escape(found[1])) in rows:
            message = f"{quoted(found[1])} makes no heading, as the space in it is one that never breaks a line"
            yield line_at(text, found.start(1)), found[1], f"{message}; write the space behind '{found[2]}' anew"


def _diagrams(source: str, html: str) -> Iterator[Left]:
    """Diagrams that nothing draws, so that their source is shown; with a title or numbers of lines, it is meant."""
    if "mermaid" not in source:
        return
    codes = re.findall(r"<pre\b(?![^<>]*\bmermaid\b)[^<>]*>((?:(?!<pre\b).)*?)</pre>", html, re.DOTALL)
    begin = {unescape(re.sub(r"<[^<>]*>", "", code)).strip().partition("\n")[0].strip() for code in codes}
    for found in re.finditer(_DIAGRAM, source, re.MULTILINE):
        if found[2].strip(" \t>") in begin:
            cure = "show an SVG file that was made of it, or name it 'text', where its source is meant"
            yield line_at(source, found.start(1)), found[1], f"{quoted(found[1])} draws nothing here; {cure}"


_DIAGRAM = r"^[ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+)?((?:`{3,}|~{3,})[ \t]*\{?[ .]*mermaid\b(?!-)[^`\n=]*)\n([^\n]*\S)"


def _uneven_stars(text: str, bare: str) -> Iterator[Left]:
    """Bold type that one star ends, or begins: in italics, beside a star. In tables and notes, stars say something."""
    if "\\*" in text:
        return
    told = {
        _letters(one or other)
        for one, other in re.findall(r"(?<!\*)\*<em>([^<>]*)</em>(?!\*)|(?<!\*)<em>([^<>]*)</em>\*(?!\*)", bare)
    }
    for found in re.finditer(_UNEVEN, text, re.MULTILINE):
        words = _letters(found[1] or found[2])
        if words in told and re.search(r"[^\W\d]", words):
            cure = "write two at both for bold type, or '\\*' for the star itself"
            message = f"{quoted(found[0])} has more stars at one end, and shows one; {cure}"
            yield line_at(text, found.start()), found[0], message


_UNEVEN = (
    r"(?<![\\*\w])(?!^[^|\n]*\|)(?:\*\*(?=[^\s*])([^*|\n]+)(?<![\s\\])\*(?!\*|$)"
    r"|\*(?=[^\s*])([^*|\n]+)(?<![\s\\])\*\*(?!\*))(?![^|\n]*\|)"
)


def _definitions(text: str, seen: str) -> Iterator[Left]:
    """Definitions below a short term, for which there is no extension."""
    rows = set(seen.split("\n"))
    for found in re.finditer(r"(?:\A|\n\n)[^\s:.,;][^\n:.,;]{0,40}\n(:[ \t]{2,4}\S[^\n]*)", text):
        if _words(escape(found[1])) in rows:
            message = f"{quoted(found[1])} is no definition here; see whether its extension stands in mkdocs.yml"
            yield line_at(text, found.start(1)), found[1], message


_TEX = (
    "alpha|begin|beta|cdot|frac|gamma|geq|infty|int|lambda|left|leq|mathbb|mathrm|mu|partial|pi|sigma|sqrt|sum|text|theta|"
    "times"
)


def _footnotes(text: str, html: str, on: str) -> Iterator[Left]:
    if 'class="footnote' in html:
        return
    known = {"slide": "Marp has none", "page": "mkdocs.yml has no extension for it"}[on]
    named = Counter(re.findall(r"\[\^[^\[\]\n]+\]", text))
    for found in re.finditer(r"^[ \t>]*((\[\^[^\[\]\n]+\]):[ \t]*\S[^\n]*)", text, re.MULTILINE):
        if named[found[2]] < 2 and not found[2][2:-1].isdecimal():  # as a pattern, or who knows what
            continue
        cure = f"as {known}; write its words where they belong"
        yield line_at(text, found.start(1)), found[1], f"{quoted(found[1])} is no footnote, {cure}"


def _boxes(source: str, text: str, html: str) -> Iterator[Left]:
    """Boxes of a kind that is misspelt, and such as are empty since their words are not set in."""
    empty = set(
        re.findall(r'class="admonition ([\w-]+)[^<>"]*">\s*<p class="admonition-title">[^<>]*</p>\s*</div>', html)
    )
    following = ""
    below: list[str] = []  # the next line of words, from the last line on
    for line in reversed(lines_of(source)):
        below.append(following)
        following = line if line.strip() else following
    below.reverse()
    for number, line in enumerate(lines_of(text), 1):
        found = re.match(r"(?:!!!|\?\?\?\+?) ?([a-z][\w-]*)[ \t]*$", line)
        if found is None:
            continue
        if near := meant(found[1], _KINDS.split("|")):
            cure = f"write '{near}', and a title of your own in quotation marks behind it"
            yield number, found[0], f"{quoted(found[1])} is no kind of box that the theme has; {cure}"
        elif found[1] in empty and below[number - 1] and not below[number - 1].startswith(("    ", "\t")):
            message = f"{quoted(found[0])} makes an empty box; set the words that are to be in it in by four spaces"
            yield number, found[0], message


_NESTED = r"<li\b[^<>]*>(?:(?!</?li\b).)*<[uo]l\b[^<>]*>\s*<li\b[^<>]*>((?:(?!</?li\b|\n|<[uo]l\b).)*)"


def _set_in(source: str, text: str, bare: str) -> Iterator[Left]:
    """Items that are set in by too little to be within another one, which Python-Markdown makes of four spaces on."""
    nested = {_letters(_words(found)) for found in re.findall(_NESTED, bare, re.DOTALL)}
    outer: int | None = None  # how far the items of the list are set in
    is_told = False  # once for each list
    above = ""
    for number, (line, written) in enumerate(zip(lines_of(text), lines_of(source), strict=False), 1):
        item = None if _RULER.match(line) else _SET_IN.match(line)
        depth = len(item["spaces"]) if item else 0
        if item and outer is not None and depth >= outer + 2:
            # What goes on from the line above may begin with a number, or with a figure below zero.
            is_new = item["begins"] and (not above.strip() or _SET_IN.match(above))
            if is_new and not is_told:
                if _letters(line) in nested:  # by an extension that makes do with less
                    return
                is_told = True
                words = written.strip()
                message = f"{quoted(words)} is set in by {depth} spaces, and is not within the item above it"
                yield number, words, f"{message}; set it in by four"
        elif item:
            outer = depth
        elif written.strip() and not written.startswith((" ", "\t")):  # what is set in belongs to the item
            outer, is_told = None, False
        above = line


_SET_IN = re.compile(r"(?P<spaces> {0,3})(?:(?P<begins>[-*+][ \t]+(?!\d)|1\.[ \t]+)|[-*+][ \t]+|\d{1,9}\.[ \t]+)(?=\S)")
_RULER = re.compile(r" {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$")


def _titles(text: str, html: str) -> Iterator[Left]:
    """Titles of boxes that are taken for classes."""
    for found in re.finditer(r"^[ \t>]*(?:!!!|\?\?\?\+?) ?[\w-]+((?: +[\w-]+)+) *$", text, re.MULTILINE):
        classes = found[1].split()
        is_meant = all(each.islower() for each in classes) and (len(classes) < 3 or "inline" in classes)
        if not is_meant and re.search(f'class="[^"]* {re.escape(" ".join(classes).lower())}"', html):
            message = f"{quoted(' '.join(classes))} is no title of the box, but classes; put it in quotation marks"
            yield line_at(text, found.start(1)), found[1].strip(), message


def _lists(text: str, bare: str) -> Iterator[Left]:
    """Lists right below a line of words, which Python-Markdown takes for more of them."""
    rows_written = lines_of(text)
    lines = ["", *map(_letters, rows_written)]
    written: dict[tuple[str, str], list[int]] = {}
    for number, pair in reversed(list(enumerate(pairwise(lines), 1))):
        # Neither behind a backslash, nor in bold type, nor within a link.
        if re.match(r"[ \t>]*(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)", rows_written[number - 1]):
            written.setdefault(pair, []).append(number)
    for paragraph in re.findall(r"<p\b[^<>]*>((?:(?!<p\b).)*?)</p>", bare, re.DOTALL):
        rows = paragraph.split("\n")
        words = [_words(row) for row in rows]
        is_broken = rows[0].rstrip().endswith(("<br>", "<br />"))
        if len(words) > 1 and re.match(r"\d{1,3}\) \S", words[0]) and _is_next(*words[:2]) and not is_broken:
            if places := written.get(("", _letters(words[0]))):
                yield places.pop(), words[0], f"{quoted(words[0])} makes no list here; write '1.' and so on"
            continue
        for number in range(1, len(rows)):
            is_break = rows[number - 1].rstrip().endswith(("<br>", "<br />"))
            before, item, after = words[number - 1], words[number], "".join(words[number + 1 : number + 2])
            is_list = _is_next(item, after) and not any(has_little_words(row.split(" ")[-1]) for row in (before, item))
            follows = before.endswith(":") or is_list
            if _ITEM.match(item) and follows and not is_break:
                if places := written.get((_letters(before), _letters(item))):
                    cure = "leave a line empty above it" + ", and write '1.' and so on" * (")" in item[:4])
                    message = f"{quoted(item)} makes no list, and shows its signs; {cure}"
                    yield places.pop(), item, message
                break


def _is_next(item: str, other: str) -> bool:
    """Whether a line that begins as an item is followed by one that begins as the next."""
    one, two = _ITEM.match(item), _ITEM.match(other)
    if one and two and item[0].isdecimal() and other[0].isdecimal():
        return int(re.split(r"\D", other)[0]) - int(re.split(r"\D", item)[0]) in (0, 1)
    return two is not None


_ITEM = re.compile(r"(?:[-*+]|\d{1,9}[.)]) \S")


def _letters(line: str) -> str:
    """A line of Markdown, or of what it shows, without what only one of them has."""
    return re.sub(r"\]\([^()\n]*\)|\{[^{}\n]*\}|[\W_]", "", line)


def _words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^<>]*>", "", html)).split())
