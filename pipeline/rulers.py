"""Find rulers that part no slides, blocks that take them in, and front matter that is none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from pipeline.findings import Finding
from pipeline.prose import count_words, quoted
from pipeline.trace import Block, Trace

_RULER = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})")

# Signs that one does not see, and that make of a ruler a line of text.
_UNSEEN = "[\u00a0\u00ad\u2000-\u200f\u2028\u2029\u202f\u205f\u2060\u3000\ufeff]"

_IMAGES = re.compile(r"(?:\s*!\[[^\]]*\]\([^)]*\))+\s*")
_KEY = re.compile(r"[\"']?(_?[A-Za-z][\w-]*)[\"']?:(\s+.*|$)")


def findings(lines: Sequence[str], trace: Trace) -> Iterator[Finding]:
    """What is wrong with the rulers and with the front matter of a deck."""
    front = [*_misplaced_front(lines, trace), *_cut_front(lines, trace)]
    yield from front
    unclosed = {block: missing for block in trace.blocks if (missing := _missing_end(block, lines))}
    yield from _unclosed(unclosed, lines, trace)
    for mark in trace.marks:
        if mark.kind == "ruler" and not any(block.line <= mark.line for block in unclosed):
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


# --- blocks without an end ---------------------------------------------------------------------------------------

# CommonMark 0.31, 4.6: raw HTML that no blank line ends. Comments are comments.py's, and Marp refuses the other two
# elements of the first kind.
_RAW = (
    (
        re.compile(r"<(pre|style)(?=[\s>]|$)", re.IGNORECASE),
        re.compile(r"</(?:pre|script|style|textarea)>", re.IGNORECASE),
    ),
    (re.compile(r"<\?"), re.compile(r"\?>")),
    (re.compile(r"<!\[CDATA\["), re.compile(r"\]\]>")),
    (re.compile(r"<![A-Z]+", re.IGNORECASE), re.compile(r">")),
)


def _missing_end(block: Block, lines: Sequence[str]) -> tuple[str, str] | None:
    """What goes on to the end of the deck, and how it would be ended."""
    text = "\n".join(lines[block.line - 1 : block.end]).strip()
    if block.kind == "fence":
        is_closed = block.end - block.line > 1 and _fence(lines[block.end - 1], block.markup) == ""
        return None if is_closed else ("the code block", block.markup)
    if block.kind == "marp_math_block":
        return None if text[2:].endswith("$$") else ("the formula", "$$")
    if block.kind in ("html_block", "marpit_style"):
        for beginning, end in _RAW:
            if found := beginning.match(text):
                if end.search(text, found.end()):
                    return None
                is_element = found.lastindex == 1
                written = f"</{found[1].lower()}>" if is_element else re.sub(r"\\", "", end.pattern)
                return f"'{found[0]}{'>' if is_element else ''}'", written
    return None


def _fence(line: str, markup: str) -> str | None:
    """What stands behind the signs of a fence that could end one of `markup`; None where the line is no fence."""
    found = re.match(rf" {{0,3}}{re.escape(markup)}{markup[0]}*", line)
    return line[found.end() :].strip() if found else None


def _unclosed(blocks: Mapping[Block, tuple[str, str]], lines: Sequence[str], trace: Trace) -> Iterator[Finding]:
    fences = [block for block in trace.blocks if block.kind == "fence"]
    over = [(block, ruler) for block in fences if block not in blocks and (ruler := _goes_over(block, lines))]
    sure = [(block, ruler) for block, ruler in over if _begins_another(block, ruler, lines)]
    for block, ruler in sure:
        message = f"the code block takes in the '---' of line {ruler} and the beginning of another code block"
        yield Finding(block.line, "block-open", f"{message}; write '{block.markup}' where it ends", block.slide)
    for block, (what, end) in blocks.items():
        # Code blocks that begin and end with the same signs change places behind one that has no end.
        if block.kind == "fence" and sure:
            continue
        message = f"{what} has no end, so that the rest of the deck is in it; write '{end}' where it ends"
        if block.kind == "fence" and over:
            first, ruler = over[0]
            message += f", or where the one of line {first.line} ends, which takes in the '---' of line {ruler}"
        yield Finding(block.line, "block-open", message, block.slide)


def _goes_over(block: Block, lines: Sequence[str]) -> int:
    """The line of the first dashes in a code block that look like a ruler between slides, or 0."""
    numbered = enumerate(lines[block.line : block.end - 1], block.line + 1)
    return next((number for number, line in numbered if line.rstrip() == "---" and not lines[number - 2].strip()), 0)


def _begins_another(block: Block, ruler: int, lines: Sequence[str]) -> bool:
    """Whether behind the ruler, a line with the same signs begins a code block of a language."""
    return any(_fence(line, block.markup) for line in lines[ruler : block.end - 1])


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
    return re.fullmatch(r"(?:\s*!\[bg\b[^\]]*\]\([^)]*\))+\s*", shown) is None
