"""Find what a page of Markdown begins and never ends, so that the rest of the page is in it, or its signs show.

And what it ends and has not begun, and words that are taken for HTML.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterator
from html import unescape
from html.parser import HTMLParser

from markdown.extensions.attr_list import AttrListTreeprocessor, get_attrs_and_remainder

from pipeline.active import without_code, without_comments, without_elements
from pipeline.problems import front_matter, line_at, line_of, lines_of, shown

# Elements in which the rest of a page would be, or be lost; what runs, frames or sends is none of a page's anyway.
_TAKE_THE_REST = frozenset([
    "article", "aside", "blockquote", "details", "dialog", "div", "dl", "figure", "noembed", "noframes", "noscript",
    "ol", "plaintext", "pre", "section", "select", "style", "table", "template", "textarea", "title", "ul", "xmp",
])  # fmt: skip
# https://html.spec.whatwg.org/multipage/syntax.html#optional-tags and #void-elements: whose end may be left out.
_NEED_NO_END = frozenset(["br", "dd", "dt", "hr", "input", "li", "p", "wbr"])
# These, too, but elsewhere than in such elements nothing is shown of them.
_BELONG_IN = {
    **dict.fromkeys(["caption", "col", "colgroup", "tbody", "td", "tfoot", "th", "thead", "tr"], ("table",)),
    **dict.fromkeys(["optgroup", "option"], ("select", "datalist")),
    **dict.fromkeys(["rp", "rt"], ("ruby",)),
}
# Of these nothing is shown that an attribute does not say.
_NEED_ATTRIBUTES = frozenset(["area", "base", "embed", "img", "link", "meta", "param", "source", "track"])
# https://html.spec.whatwg.org/multipage/indices.html#attributes-3: those that stand for themselves, on any page.
_NEED_NO_VALUE = frozenset([
    "autoplay", "checked", "controls", "disabled", "download", "hidden", "inert", "itemscope", "loop", "markdown",
    "muted", "open", "playsinline", "reversed",
])  # fmt: skip
_AROUND = frozenset(["article", "div", "main"])
"""Elements of the theme in which a page stands."""
_FOREIGN = ("math", "svg")
"""In these, '/>' ends any element."""
_FENCE = re.compile(r"[\s>]*(`{3,}|~{3,})([^`]*)$")


def find(html: str, markdown: str) -> Iterator[tuple[int, str]]:
    """The line, and what is wrong: of a code block, a comment and raw HTML in `markdown`, of which `html` was made.

    The line is 0 where the page does not say what its HTML has.
    """
    # What code shows is meant as it is.
    bare = without_elements(html, "pre|code")
    if re.search(r"(?:>|\n)[ \t]*(?:```|~~~)", bare) and (fence := _open_fence(markdown)):
        line, signs = fence
        yield line, f"the code block has no end, so that its signs show; write '{signs}' where it ends"
    for line, begins in _fences_in_words(html, markdown):
        cure = f"begin and end it with '{begins}', set in equally far, and name no more than a language there"
        yield line, f"the code block is none, so that its words run together; {cure}"
    source = without_code(below_front_matter(markdown))
    comment = source.rfind("<!--")
    if "&lt;!--" in bare and comment > source.rfind("-->") and source[comment - 1 : comment] != "\\":
        yield line_at(source, comment), "the comment has no end, so that it shows; write '-->' where it ends"
    if "<" in source or "{" in source:
        tags = _Tags()
        tags.feed(html)
        yield from _taken_for_attributes(tags, source)
        yield from _without_end(tags, source)
        for hidden in tags.hidden:
            message = f"{shown(hidden)} is taken for HTML, so that nobody sees it; write '&lt;' for its '<'"
            yield line_of(source, hidden.split("\n")[0][:40]), message
    yield from taken_for_addresses(without_comments(source), html)
    yield from _taken_for_abbreviations(without_comments(source), unescape(html))


def below_front_matter(markdown: str) -> str:
    """A page with empty lines in place of its front matter."""
    matter = front_matter(markdown)
    above = len(f"---\n{matter}") if matter else 0
    return "\n" * markdown.count("\n", 0, above) + markdown[above:]


def taken_for_addresses(source: str, html: str, named: Container[str] | None = None) -> Iterator[tuple[int, str]]:
    """Words behind a colon that become the address of a link which nobody makes, as in `[10:42]: paged`.

    `html` shows those that did not, as in a block of raw HTML. `named` are the names that are known to have become one,
    in capital letters; None for all.
    """
    found = [each for each in _DEFINITION.finditer(source) if named is None or label(each[2]).upper() in named]
    seen = label(unescape(re.sub(r"<[^<>]*>", "", html))) if found else ""
    found = [each for each in found if label(each[1]) not in seen]
    defined = Counter(label(each[2]) for each in found)
    written = Counter(map(label, re.findall(r"\[([^\[\]]*)\]", source) if found else ()))
    for each in found:
        if written[label(each[2])] == defined[label(each[2])]:
            message = f"{shown(each[1].strip())} is taken for a link's address, so that nobody sees it"
            yield line_at(source, each.start(1)), f"{message}; write '\\[' for its '['"


def _taken_for_abbreviations(source: str, html: str) -> Iterator[tuple[int, str]]:
    """As `taken_for_addresses`, of what stands in a list, or begins with a time, and is what no word is short for."""
    for found in re.finditer(r"^([ \t>*+-]*)(\*\[([^\[\]\n]+)\]:[ \t]*([^\n]+))$", source, re.MULTILINE):
        is_meant = not found[1].strip() and not re.match(r"\d{1,2}[:.]\d\d", found[3])
        if not is_meant and found[4].strip() not in html:
            message = f"{shown(found[2].strip())} is taken for an abbreviation, so that nobody sees it"
            yield line_at(source, found.start(2)), f"{message}; write '\\[' for its '['"


def label(words: str) -> str:
    """A name for an address, as Markdown compares them."""
    return " ".join(words.lower().split())


# Only what is one word, and maybe more in brackets, is an address to Markdown; this one is none to anybody else.
_DEFINITION = re.compile(
    r"^[ \t>]*(?:[-*+][ \t]+)?(\[([^\[\]^\n][^\[\]\n]*)\]:[ \t]*(?:\n[ \t]*)?[^\W\d_][\w'\u2019-]*[.,;!?]?"
    r"(?:[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'|\([^()\n]*\)))?)[ \t]*$",
    re.MULTILINE,
)


def _taken_for_attributes(tags: _Tags, source: str) -> Iterator[tuple[int, str]]:
    """Words in curly brackets that `attr_list` makes attributes of, of which no browser shows anything."""
    found = []
    for braces in re.finditer(r"(\{:?([^{}\n]+)\})([ \t]*(?:\||#*[ \t]*$))?", source, re.MULTILINE):
        attributes, _ = get_attrs_and_remainder(braces[2])
        bare = (key for key, value in attributes if value in (None, key))
        if tags.words & {AttrListTreeprocessor.NAME_RE.sub("_", key).lower() for key in bare}:
            found.append(braces)
    # In the midst of words they are shown, unless they stand right behind some that are set off, as in bold type.
    ends = [each for each in found if each[3] is not None or not source[each.start() - 1].isspace()]
    for braces in ends or found[:1]:
        message = f"{shown(braces[1])} is taken for attributes, so that nobody sees it; write '\\{{' for its '{{'"
        yield line_at(source, braces.start()), message


def _without_end(tags: _Tags, source: str) -> Iterator[tuple[int, str]]:
    begins = {found[1].lower(): found for found in re.finditer(r"<([a-zA-Z][^\s/<>]*)[^<>]*>?", source)}
    for element in sorted(+tags.open, key=lambda element: (element not in _TAKE_THE_REST, element)):
        last = begins.get(element)  # None where it comes from a file that the page takes in
        line = line_at(source, last.start()) if last else 0
        if element in _TAKE_THE_REST:
            what = f"<{element}> has no end, so that the rest of the page is in it"
            yield line, f"{what}; write '</{element}>' where it ends"
            return  # in it, nobody can say what else is open
        written = shown(last[0] if last else f"<{element}>")
        cure = "what it is to show" if element in _NEED_ATTRIBUTES else f"'</{element}>' where it ends"
        yield line, f"{written} is taken for HTML, so that nobody sees it; write '&lt;' for its '<', or {cure}"
    for element in sorted(tags.surplus & _AROUND):
        depth = 0
        for tag in re.finditer(rf"<(/?){element}(?![\w-])", source, re.IGNORECASE):
            depth += -1 if tag[1] else 1
            if depth < 0:
                break
        what = f"</{element}> ends what the page has not begun, so that the rest of it falls out of its place"
        yield line_at(source, tag.start()) if depth < 0 else 0, f"{what}; take it out"


def _open_fence(markdown: str) -> tuple[int, str] | None:
    """The line of the last fence that no other one ends, and its signs."""
    begun: tuple[int, str] | None = None
    for number, line in enumerate(lines_of(markdown), 1):
        if begun and line.strip(" \t>") == begun[1]:
            begun = None
        elif not begun and (found := _FENCE.match(line)):
            begun = number, found[1]
    return begun


def _fences_in_words(html: str, markdown: str) -> Iterator[tuple[int, str]]:
    """The line, and the signs, of each fence that has become code among words, as its end is another one."""
    blocks = re.findall(r"<p>(?:[^<]*\n)?<code>([^<\n]*\n[^<]*)</code>", html)
    if not blocks:
        return
    rows = lines_of(markdown)
    plain = [row.strip(" \t>") for row in rows]
    fences: dict[tuple[str, str], tuple[int, str]] = {}
    fine: dict[tuple[str, str], tuple[int, str]] = {}
    begun: re.Match[str] | None = None
    for number, (row, words) in enumerate(zip(rows, plain, strict=True), 1):
        if not words:  # which ends what runs together
            begun = None
        elif begun is None:
            begun, start = _FENCE.match(row) if "`" in row else None, number
        elif len(words) > 2 and not words.strip("`"):
            is_fine = row.rstrip() == row[: begun.start(1)] + begun[1] and "{" not in begun[2]
            (fine if is_fine else fences).setdefault((begun[2].strip(), plain[start]), (start, begun[1]))
            begun = None
    for code in blocks:
        first, second = unescape(code).split("\n")[:2]
        key = first.strip("` "), second.strip()
        if key in fences or key in fine:
            yield fences.get(key) or fine[key]


class _Tags(HTMLParser):
    """Which elements begin more often than they end, or the other way round; and attributes that nobody knows."""

    def __init__(self) -> None:
        super().__init__()
        self.open: Counter[str] = Counter()
        self.surplus: set[str] = set()
        self.words: set[str] = set()
        self.hidden: list[str] = []
        """How instructions and the like begin, of which no browser shows anything."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.words |= {key for key, value in attrs if value is None and not key.startswith("data-")} - _NEED_NO_VALUE
        is_at_home = any(self.open[around] for around in _BELONG_IN.get(tag, ()))
        is_fine = bool(attrs) if tag in _NEED_ATTRIBUTES else tag in _NEED_NO_END or is_at_home
        if not is_fine and (tag in _FOREIGN or not self._is_in_foreign()):
            self.open[tag] += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _FOREIGN:  # elsewhere, the '/' means nothing
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if not self.open[tag]:
            self.surplus.add(tag)
        elif tag in _FOREIGN or not self._is_in_foreign():
            self.open[tag] -= 1

    def handle_pi(self, data: str) -> None:
        if not data.startswith("xml "):  # with which a drawing may begin
            self.hidden.append(f"<?{data}")

    def unknown_decl(self, data: str) -> None:
        if not self._is_in_foreign():  # where it is text
            self.hidden.append(f"<![{data}")

    def _is_in_foreign(self) -> bool:
        return any(self.open[tag] for tag in _FOREIGN)
