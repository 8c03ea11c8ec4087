"""Find rulers that part no slides, and front matter that is none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.findings import Finding
from pipeline.prose import count_words, quoted
from pipeline.trace import Block, Trace

_RULER = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})")

# Signs that one does not see, and that make of a ruler a line of text.
_UNSEEN = "[\u00a0\u00ad\u2000-\u200f\u2028\u2029\u202f\u205f\u2060\u3000\ufeff]"

_IMAGES = re.compile(r"(\s*!\[[^\]]*\]\([^)]*\)\s*)+")
_KEY = re.compile(r"[\"']?(_?[A-Za-z][\w-]*)[\"']?:(\s+.*|$)")


def findings(lines: Sequence[str], trace: Trace) -> Iterator[Finding]:
    """What is wrong with the rulers and with the front matter of a deck."""
    front = [*_misplaced_front(lines, trace), *_cut_front(lines, trace)]
    yield from front
    for mark in trace.marks:
        if mark.kind == "ruler":
            message = (
                f"'{mark.rest}' belongs to the raw HTML above it and parts no slides; leave a blank line before it"
            )
            yield Finding(mark.line, "ruler-eaten", message, mark.slide)
    yield from _unseen(lines, trace)
    headings = [block for block in trace.blocks if block.kind == "heading" and block.markup == "-"]
    if front:  # explains the first heading, which it has become
        headings = headings[1:]
    if headings:
        yield from _underlined(headings, Slides(lines, trace))


# --- front matter -----------------------------------------------------------------------------------------------


def _misplaced_front(lines: Sequence[str], trace: Trace) -> Iterator[Finding]:
    if trace.front or len(trace.starts) < 2 or any(block.slide == 1 and _is_content(block) for block in trace.blocks):
        return
    ruler = trace.starts[1]
    following = lines[ruler] if ruler < len(lines) else ""
    found = _KEY.fullmatch(following)
    if found and found[1] in ("marp", *trace.globals, *trace.locals):
        above = "the comment" if any(comment.end < ruler for comment in trace.comments) else "the blank lines"
        message = "front matter is read only from the first line on, and here Marp shows it on a slide"
        yield Finding(ruler, "front-matter", f"{message}; move {above} away from above it")


def _cut_front(lines: Sequence[str], trace: Trace) -> Iterator[Finding]:
    if trace.front and trace.front.is_closed:
        above, closing = lines[trace.front.end - 2 : trace.front.end]
        if closing.startswith(" ") and above.startswith(" "):
            message = "front matter ends at this indented '---', and its rest shows on the slide; take the dashes out"
            yield Finding(trace.front.end, "front-matter", message)


# --- rulers ------------------------------------------------------------------------------------------------------


def _unseen(lines: Sequence[str], trace: Trace) -> Iterator[Finding]:
    for block in trace.blocks:
        if block.kind not in ("paragraph", "heading", "bullet_list"):
            continue
        for number, line in enumerate(lines[block.line - 1 : block.end], block.line):
            if re.search(_UNSEEN, line) and _RULER.fullmatch(re.sub(_UNSEEN, "", line)):
                message = "beside the dashes stands a sign that one does not see, so that they part no slides"
                yield Finding(number, "ruler-eaten", f"{message}; write the line anew", block.slide)


class Slides:
    """The blocks of each slide that a reader sees, and what kinds of rulers and headings the deck has."""

    def __init__(self, lines: Sequence[str], trace: Trace) -> None:
        self.lines = lines
        self.trace = trace
        self._blocks: dict[int, list[Block]] = {}
        for block in trace.blocks:
            if _is_content(block, lines):
                self._blocks.setdefault(block.slide, []).append(block)
        starts = (lines[start - 1] for start in trace.starts[1:])
        self.rulers = frozenset(line.strip() for line in starts if _RULER.fullmatch(line))
        self.underlines_on_purpose = self._underlines_on_purpose()

    def underline(self, heading: Block) -> str:
        """The line of dashes that makes the heading one."""
        return self.lines[heading.end - 1].strip()

    def text(self, heading: Block) -> list[str]:
        """The lines of the heading, without comments."""
        whole = "\n".join(self.lines[heading.line - 1 : heading.end - 1])
        return [line.strip() for line in re.sub(r"<!--[^>]*-->", "", whole).split("\n")]

    def before(self, block: Block) -> Block | None:
        """The block before it on its slide."""
        return next((other for other in reversed(self._blocks.get(block.slide, [])) if other.line < block.line), None)

    def after(self, block: Block) -> Block | None:
        """The block after it on its slide."""
        return next((other for other in self._blocks.get(block.slide, []) if other.line > block.line), None)

    def could_be_ruler(self, underline: str) -> bool:
        """Whether the deck's rulers look like it."""
        return underline in self.rulers if self.rulers else underline == "---"

    def _underlines_on_purpose(self) -> bool:
        titles = 0
        for block in self.trace.blocks:
            if block.kind != "heading" or block.markup not in ("-", "="):
                continue
            if block.markup == "=" or not self.could_be_ruler(self.underline(block)):
                return True
            following, words = self.after(block), " ".join(self.text(block))
            is_top = self.before(block) is None and following is not None and following.kind != "heading"
            titles += is_top and "\n" not in words and count_words(words) <= 8 and not _ends_text(words)
        return titles >= 2


def _underlined(headings: Sequence[Block], slides: Slides) -> Iterator[Finding]:
    for heading in headings:
        text = slides.text(heading)
        keys = [found[1] for found in map(_KEY.fullmatch, text) if found]
        if len(keys) == len(text) and heading.line > 1 and _RULER.fullmatch(slides.lines[heading.line - 2]):
            yield from _between_rulers(heading, text, keys, slides.trace)
        elif _is_eaten(heading, text, slides):
            what = "an image" if _IMAGES.fullmatch(" ".join(text)) else quoted(" ".join(text))
            message = f"'{slides.underline(heading)}' right below {what} makes a heading of it and parts no slides"
            yield Finding(heading.end, "ruler-eaten", f"{message}; leave a blank line before it", heading.slide)


def _between_rulers(heading: Block, text: Sequence[str], keys: Sequence[str], trace: Trace) -> Iterator[Finding]:
    for position, key in enumerate(keys):
        if key.removeprefix("_") in trace.locals or key in trace.globals:
            message = f"'{key}' stands between rulers, where Marp reads it only at the top of the deck"
            cure = f"write <!-- {quoted(text[position])[1:-1]} -->"
            yield Finding(heading.line + position, "directive-lost", f"{message}; {cure}", heading.slide)
            return


def _is_eaten(heading: Block, text: Sequence[str], slides: Slides) -> bool:
    """Whether the author meant a ruler: there are signs of it, and none of headings that are underlined on purpose."""
    words = " ".join(text)
    if _IMAGES.fullmatch(words):
        return True
    if "|" in words or "<!--" in words or not slides.could_be_ruler(slides.underline(heading)):
        return False
    following = slides.after(heading)
    if slides.underlines_on_purpose:
        return False
    if len(text) > 1 and slides.rulers:
        return True
    if slides.before(heading) is None:
        return False
    if following and following.kind == "heading" and following.tag in ("h1", "h2") and following.markup != "=":
        return True
    return bool(slides.rulers) and _ends_text(words)


def _ends_text(words: str) -> bool:
    """Whether a line is the end of a text, and no heading: a sentence, or a link alone."""
    count = count_words(words)
    if re.search(r"[.;\u2026\u3002][\"'\u201d\u2019)\]*_]*$", words) and count >= 4:
        return True
    if re.search(r"[!?:,\uff01\uff1f][\"'\u201d\u2019)\]*_]*$", words) and count >= 8:
        return True
    return re.fullmatch(r"<?https?://\S+|\[[^\]]*\]\([^)]*\)", words) is not None


def _is_content(block: Block, lines: Sequence[str] = ()) -> bool:
    """Whether a reader sees it: no comment, no style, no background alone."""
    if block.kind in ("marpit_comment", "marpit_style"):
        return False
    shown = " ".join(lines[block.line - 1 : block.end]).strip()
    return re.fullmatch(r"(\s*!\[bg\b[^\]]*\]\([^)]*\)\s*)+", shown) is None
