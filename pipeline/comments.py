"""Find notes that nobody reads, notes that everybody sees, and notes that are none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.directives import METADATA, fits, is_note
from pipeline.findings import Finding
from pipeline.prose import count_words, is_sentence, quoted
from pipeline.trace import Comment, Mark, Trace


def findings(lines: Sequence[str], trace: Trace) -> Iterator[Finding]:
    """What is wrong with the comments of a deck, apart from their directives."""
    yield from _broken(lines, trace)
    for mark in trace.marks:
        if mark.kind == "tail" and re.search(_WORDS, mark.rest):
            message = (
                f"{quoted(mark.rest)} stands behind the end of a style, where Marp drops it; move it to the next line"
            )
            yield Finding(mark.line, "comment-tail", message, mark.slide)
    for comment in trace.comments:
        if comment.fate == "lost" or (comment.fate == "note" and comment.place == "hidden"):
            yield from _lost(comment, trace)
        elif comment.fate == "note" and comment.is_closed:
            yield from _said(comment, lines)


_WORDS = r"\w|<|!\["

# --- comments that Marp never reads --------------------------------------------------------------------------

_PLACES = {
    "html": ("inside of raw HTML", "leave a blank line before it"),
    "tail": ("behind the end of another comment or style", "give it a line of its own"),
    "hidden": ("with nothing beside it that shows", "give it a line of its own, outside of tables and headings"),
}


def _lost(comment: Comment, trace: Trace) -> Iterator[Finding]:
    where, cure = _PLACES[comment.place]
    what = quoted(comment.text)
    if _sets_something(comment, trace):
        message = f"the directive {what} stands {where}, where Marp does not read it; {cure}"
        yield Finding(comment.line, "directive-lost", message, comment.slide)
    elif _is_said(comment):
        message = f"the note {what} stands {where}, where Marp drops it; {cure}"
        yield Finding(comment.line, "note-lost", message, comment.slide)


def _sets_something(comment: Comment, trace: Trace) -> bool:
    for directive in comment.directives:
        if directive.scope and not is_note(directive, trace) and directive.words:
            is_free = directive.name in METADATA or directive.name in ("header", "footer")
            if directive.scope == "spot" or (not is_free and fits(directive.name, directive.words, trace)):
                return True
    return False


_MARKUP = re.compile(r"</?[a-z][\w-]*[\s/>]|\]\(|[\w-]+=[\"']|^[|{#]|[{};]\s*$|^\s*[\w-]+:\s*[^;]+;", re.IGNORECASE)

# What authors call the parts of a layout: `<!-- Left column with the three boxes -->`.
_PART = re.compile(
    r"\W*(the |first |second |third |fourth |last |next )*"
    r"(left|right|top|bottom|upper|lower|middle|cent(er|re)|main|side|inner|outer|columns?|cols?|rows?|grid|box(es)?|"
    r"cards?|panels?|tiles?|slides?|sections?|div|container|wrapper|header|footer|title|subtitle|logo|images?|icons?|"
    r"background|overlay|spacer|line|arrows?|steps?|block|item|button|table|list|begin|start|end|close|open|step|part|"
    r"spalte|links|rechts|gauche|droite|colonne)\b",
    re.IGNORECASE,
)


def _is_said(comment: Comment) -> bool:
    text = comment.text.strip()
    if _is_for_tools(text) or _MARKUP.search(text) or text.casefold() == "fit":
        return False
    if comment.place != "html":
        return count_words(text) >= 2 or is_sentence(text, 1)
    return is_sentence(text) or (count_words(text) >= 5 and not _PART.match(text))


# --- comments that do not end, and that end too early ----------------------------------------------------------

_ARROW = "the note ends at the first '-->' in it, and its rest shows; write the arrow as '→' or '->'"


def _broken(lines: Sequence[str], trace: Trace) -> Iterator[Finding]:
    comments = [comment for comment in trace.comments if comment.place != "tail"]
    events: list[Comment | Mark] = [*comments, *(mark for mark in trace.marks if mark.kind not in ("ruler", "tail"))]
    events.sort(key=lambda event: (event.line, isinstance(event, Mark)))
    for position, event in enumerate(events):
        if isinstance(event, Mark) and event.kind == "close":
            continue
        closing = _closing(events, position)
        if isinstance(event, Mark):
            yield from _shown(event, closing)
        elif event.place == "block":
            yield from _block(event, closing, lines)
        elif event.place == "inline":
            yield from _inline(event, closing)


def _closing(events: Sequence[Comment | Mark], position: int) -> Mark | None:
    """The '-->' that shows behind an event, before anything else begins: one at the end of a line, if there is one."""
    first = None
    for event in events[position + 1 :]:
        if not isinstance(event, Mark) or event.kind != "close" or event.slide > events[position].slide + 1:
            break
        if event.ends_line:
            return event
        first = first or event
    return first


def _shown(mark: Mark, closing: Mark | None) -> Iterator[Finding]:
    """A comment that begins in text, or in raw HTML that ends before it does."""
    rest = mark.rest.split("\n", 1)[0]
    is_long = count_words(rest) >= 3 and rest[:1] not in "\"'`\u201d\u2019)"
    what = f"the comment {quoted('<!--' + rest)}"
    if mark.kind == "html" and closing is not None:
        message = (
            f"{what} ends with the raw HTML that it is in, so that the rest of it shows; leave a blank line before it"
        )
        yield Finding(mark.line, "note-leaked", message, mark.slide)
    elif mark.kind == "html":
        message = f"{what} has no end, so that Marp drops what follows in the raw HTML; write '-->' where it ends"
        yield Finding(mark.line, "comment-open", message, mark.slide)
    elif closing is not None or is_long:
        message = f"{what} is none to Marp, so that its text shows; close it, or begin it on a line of its own"
        yield Finding(mark.line, "note-leaked", message, mark.slide)


def _block(comment: Comment, closing: Mark | None, lines: Sequence[str]) -> Iterator[Finding]:
    if not comment.is_closed:
        if closing is not None:
            what = "the comment leaves the list item or the quotation in which it begins, so that its end shows"
            cure = "indent all of it as far, without blank lines, or begin it further left"
            yield Finding(comment.line, "note-leaked", f"{what}; {cure}", comment.slide)
            return
        is_last = not any(line.strip() for line in lines[comment.end :])
        what = "the rest of the deck" if is_last else "what follows"
        message = f"the comment has no end, so that {what} is in it; write '-->' where it ends"
        yield Finding(comment.line, "comment-open", message, comment.slide)
    elif comment.tail and closing is not None and closing.ends_line and closing.slide == comment.slide:
        yield Finding(comment.end, "note-leaked", _ARROW, comment.slide)
    elif re.search(_WORDS, comment.tail.replace("-->", "")):
        message = f"{quoted(comment.tail)} stands behind the end of a comment, where Marp drops it"
        cure = "write '→' or '->' for the first '-->'" if "-->" in comment.tail else "move it to the next line"
        yield Finding(comment.end, "comment-tail", f"{message}; {cure}", comment.slide)


def _inline(comment: Comment, closing: Mark | None) -> Iterator[Finding]:
    if not comment.is_closed:
        message = "the '<!' before this comment makes Marp show the note; write '&lt;!' for it"
        yield Finding(comment.line, "note-leaked", message, comment.slide)
    elif comment.fate == "note" and closing is not None and closing.ends_line and closing.line <= comment.end + 1:
        yield Finding(comment.end, "note-leaked", _ARROW, comment.slide)


# --- notes that are none ------------------------------------------------------------------------------------------

_TODO = re.compile(
    r"(?:^|[.!?:;,([{\u2013\u2014-])[\W_]*\b(?P<first>TODO|FIXME|XXX)\b(?![-_/]\w)|\b(?P<then>TODO|FIXME|XXX)\b\s*[:(\]]"
)

_TOOLS = re.compile(
    r"""
    omit\s(in|from)\s(the\s)?toc | no[\s_-]?toc | /?toc(stop)? | toc\s(depthfrom|orderedlist).* | \[?toc\]?
    | (start|end)\sdoctoc.* | c?spell-?(checker)?:.* | spellcheck(er)?-(off|on|disable|enable).* | ltex:.*
    | (eslint|stylelint|htmlhint|textlint|markdownlint|prettier|remark|tslint|jshint|editorconfig-checker)-[a-z-]+.*
    | (textlint|markdownlint|prettier|vale|alex|lint|retext|proselint|cspell)\s(off|on|disable|enable|ignore)\b.*
    | vale\s[\w.-]+\s?=\s?(yes|no|off|on) | vale\sstyles?.* | \#?(end)?region\b.* | vim?:\sset?\s.* | -\*-.*-\*-
    | htmlmin:ignore | (rumdl|pyml|mdl|dprint|codespell|typos)[-:\s](ignore|disable|enable|on|off)[\w-]*.*
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


def _is_for_tools(text: str) -> bool:
    return _TOOLS.fullmatch(text.strip()) is not None


def _said(comment: Comment, lines: Sequence[str]) -> Iterator[Finding]:
    if _is_for_tools(comment.text):
        message = f"{quoted(comment.text)} is for a tool, and is published as a speaker note"
        cure = "put it into the tool's settings, or behind '#' into the front matter"
        yield Finding(comment.line, "note-for-tools", f"{message}; {cure}", comment.slide)
        return
    for line in comment.text.split("\n"):
        if found := _TODO.search(re.sub(r"`[^`]*`", "", line)):
            word = found["first"] or found["then"]
            numbered = enumerate(lines[comment.line - 1 : comment.end], comment.line)
            number = next((number for number, source in numbered if line.strip() in source), comment.line)
            message = f"'{word}' is published with the speaker notes; do it, or keep it elsewhere"
            yield Finding(number, "note-todo", message, comment.slide)
            return
