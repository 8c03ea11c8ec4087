"""Find directives that do nothing, or something else than what their author meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.deck import Deck
from pipeline.directives import METADATA, SPREADING, dead_value, fits, is_note, is_shouting, meant
from pipeline.findings import Finding, line_of_key
from pipeline.prose import count_words, is_prose, is_sentence, quoted
from pipeline.trace import Comment, Directive, Trace


@dataclass(frozen=True)
class Setting:
    """A directive that is one: nobody meant it as a note."""

    directive: Directive
    line: int
    slide: int
    comment: Comment | None
    """None for front matter."""


def findings(lines: Sequence[str], trace: Trace, deck: Deck) -> Iterator[Finding]:
    """What is wrong with the directives of a deck."""
    found = list(_settings(lines, trace))
    for comment in trace.comments:
        if comment.fate == "note" and comment.place in ("block", "inline") and comment.is_closed:
            yield from _unread(comment, trace, lines)
        elif comment.fate == "directive":
            yield from _swallowed(comment, trace, lines)
    yield from _front(trace, lines)
    is_themed = not any(setting.directive.name == "theme" and setting.directive.is_dead for setting in found)
    for setting in found:
        yield from _cut(setting, lines)
        if is_themed or setting.directive.name not in ("size", "transition"):
            yield from _valued(setting, trace)
    if is_themed and trace.styles.is_complete:
        yield from _classes(found, trace)
    yield from _spills(found, deck)
    yield from _before_dividers(trace, lines)


def _settings(lines: Sequence[str], trace: Trace) -> Iterator[Setting]:
    if trace.front and trace.front.is_closed:
        for directive in trace.front.directives:
            if directive.scope:
                yield Setting(directive, line_of_key(lines, 2, trace.front.end, directive.key), 1, None)
    for comment in trace.comments:
        if comment.fate == "directive":
            for directive in comment.directives:
                if directive.scope and not is_note(directive, trace):
                    line = line_of_key(lines, comment.line, comment.end, directive.key)
                    yield Setting(directive, line, comment.slide, comment)


def _cut(setting: Setting, lines: Sequence[str]) -> Iterator[Finding]:
    """A header or footer whose first word is a sign to YAML, as in `&copy; 2026`."""
    key = setting.directive.key
    line = lines[setting.line - 1] if setting.line <= len(lines) else ""
    found = re.search(rf"{re.escape(key)}[\"']?\s*:[ \t]+([&{{])([^\s\[\]{{}},]*)", line)
    # What begins so may be repeated by that name elsewhere.
    is_name = found and found[1] == "&" and any(f"*{found[2]}" in other for other in lines)
    if setting.directive.name in ("header", "footer") and found and not is_name:
        what = f"begins with '{found[1]}', which is a sign to YAML, so that not all of it is shown"
        message = f"'{key}' {what}; put it in quotation marks"
        yield Finding(setting.line, "directive-value", message, setting.slide if setting.comment else 0)


# --- notes that Marp took for directives -----------------------------------------------------------------------


def _swallowed(comment: Comment, trace: Trace, lines: Sequence[str]) -> Iterator[Finding]:
    for directive in comment.directives:
        line = line_of_key(lines, comment.line, comment.end, directive.key)
        said = quoted(f"{directive.key}: {directive.words}")
        if directive.scope:
            is_late = directive.name in METADATA and comment.slide > 1 and not _is_preamble(comment, trace)
            if is_note(directive, trace) or (is_late and directive.words):
                message = f"Marp takes the note {said} for a directive, so nobody reads it; begin it with another word"
                yield Finding(line, "note-swallowed", message, comment.slide)
        elif other := meant(directive.key, directive.words, trace):
            yield _unknown(directive.key, other.key, other.why, line, comment.slide)
        elif _is_said(directive, comment):
            message = f"{said} stands in one comment with a directive, so Marp drops it; give it a comment of its own"
            yield Finding(line, "note-swallowed", message, comment.slide)


def _is_preamble(comment: Comment, trace: Trace) -> bool:
    """Whether it is the comment in which some people keep what others write into front matter."""
    known = [directive for directive in comment.directives if directive.scope]
    return len(known) >= 3 or any(
        directive.scope == "global" and directive.name not in METADATA and fits(directive.name, directive.words, trace)
        for directive in known
    )


def _is_said(directive: Directive, comment: Comment) -> bool:
    if not isinstance(directive.value, str) or not directive.value.strip():
        return False
    if re.fullmatch(r"(speaker|presenter)?[ _-]?(notes?|script|say|reminder|remember)", directive.key, re.IGNORECASE):
        return True
    is_long = is_prose(directive.value) or count_words(directive.value) >= 4
    return is_sentence(directive.value, 4) if comment.slide == 1 else is_long


# --- directives that Marp took for notes -----------------------------------------------------------------------


def _unknown(key: str, other: str, why: str, line: int, slide: int) -> Finding:
    return Finding(line, "directive-unknown", f"'{key}' does nothing: {why}; did you mean '{other}'?", slide)


_LINE = re.compile(r"\s*([\"']?)([_$*]*)([A-Za-z][\w-]*)\1[ \t]*:([ \t]*)(.*)")


def _unread(comment: Comment, trace: Trace, lines: Sequence[str]) -> Iterator[Finding]:
    if comment.text.casefold() == "fit":
        if comment.place == "inline" or _comes_before_heading(comment, trace):
            message = "'fit' is published as a speaker note: it does something only in a heading, in small letters"
            yield Finding(comment.line, "directive-unknown", f"{message}; write '# <!-- fit --> Title'", comment.slide)
    elif comment.directives:
        for directive in comment.directives:
            if other := meant(directive.key, directive.words, trace):
                line = line_of_key(lines, comment.line, comment.end, directive.key)
                yield _unknown(directive.key, other.key, other.why, line, comment.slide)
    else:
        yield from _not_yaml(comment, trace, lines)


def _comes_before_heading(comment: Comment, trace: Trace) -> bool:
    following = (block for block in trace.blocks if block.line > comment.end and block.kind != "marpit_comment")
    block = next(following, None)
    return block is not None and block.kind == "heading" and block.slide == comment.slide and not comment.tail


def _without_colon(text: str, trace: Trace) -> str:
    """The directive of `_class invert`, `paginate=false` and `class invert`; '' for words, as in `class dismissed`."""
    found = re.fullmatch(r"(_?(\w+?))( *= *| +)([^\s=]+)", text)
    if found is None or found[2] not in (*trace.globals, *trace.locals):
        return ""
    is_spot = found[1] != found[2] and found[2] in trace.locals
    is_name = "=" in found[3] or found[2] != found[2].lower() or found[2] in ("class", "paginate")
    return found[1] if is_spot or (is_name and fits(found[2], found[4], trace)) else ""


def _not_yaml(comment: Comment, trace: Trace, lines: Sequence[str]) -> Iterator[Finding]:
    text = comment.text.split("\n")
    if meant_one := _without_colon(comment.text, trace):
        message = f"{quoted(comment.text)} does nothing: it has no colon; write '{meant_one}: value'"
        yield Finding(comment.line, "directive-unknown", message, comment.slide)
    for number, content in enumerate(text):
        found = _LINE.fullmatch(content)
        if not found or (number and found[2] != "_"):
            continue
        key, value = found[2] + found[3], found[5].strip()
        line = line_of_key(lines, comment.line, comment.end, key)
        if message := _why_unread(found[2], found[3], found[4], value, trace):
            yield Finding(line, "directive-unknown", f"{quoted(content)} {message}", comment.slide)
            return
        if found[2] and (other := meant(key, value, trace)):
            yield _unknown(key, other.key, other.why, line, comment.slide)
            return


def _why_unread(prefix: str, name: str, space: str, value: str, trace: Trace) -> str:
    is_spot = prefix == "_" and name in trace.locals
    if not is_spot and (prefix or name not in (*trace.locals, *trace.globals)):
        return ""
    suits = fits(name, value, trace)
    if not space and value:
        is_one = " " not in value
        wanted = f"write '{prefix}{name}: {value}'"
        return f"does nothing: it needs a space behind its colon; {wanted}" if is_one and (is_spot or suits) else ""
    is_text = name in ("header", "footer") and is_shouting(value)
    if is_spot or suits or is_text or (name == "style" and value in ("|", ">")):
        return "does nothing: its comment is not valid YAML; put the value in quotation marks, and notes elsewhere"
    return ""


def _front(trace: Trace, lines: Sequence[str]) -> Iterator[Finding]:
    if not trace.front or not trace.front.is_closed:
        return
    for directive in trace.front.directives:
        if not directive.scope and (other := meant(directive.key, directive.words, trace)):
            line = line_of_key(lines, 2, trace.front.end, directive.key)
            yield _unknown(directive.key, other.key, other.why, line, 0)


# --- directives that do not do what they say ------------------------------------------------------------------


def _valued(setting: Setting, trace: Trace) -> Iterator[Finding]:
    if why := dead_value(setting.directive, trace):
        said = quoted(f"{setting.directive.key}: {setting.directive.words}")
        yield Finding(setting.line, "directive-value", f"{said} {why}", setting.slide if setting.comment else 0)


def _classes(found: Sequence[Setting], trace: Trace) -> Iterator[Finding]:
    said: set[str] = set()
    for setting in found:
        if setting.directive.name != "class":
            continue
        for name in setting.directive.words.split():
            if name in said or trace.styles.knows(name):
                continue
            said.add(name)
            close = difflib.get_close_matches(name, sorted(trace.styles.classes), n=1, cutoff=0.7)
            cure = f"did you mean '{close[0]}'?" if close else "correct it, or write a style for it"
            message = f"class '{name}' means nothing to the theme or to the deck's styles; {cure}"
            yield Finding(setting.line, "class-unknown", message, setting.slide if setting.comment else 0)


_APPENDIX = re.compile(r"append|backup|bonus|extra|referenc|anhang|annex|anex|zusatz|q ?& ?a", re.IGNORECASE)


def _spills(found: Sequence[Setting], deck: Deck) -> Iterator[Finding]:
    """What looks like a change of one slide, but holds to the end of the deck; once for each comment."""
    last = len(deck.slides)
    spots = {(setting.slide, setting.directive.name) for setting in found if setting.directive.scope == "spot"}
    spread: dict[Comment, list[Setting]] = {}
    for setting in found:
        if setting.comment and setting.directive.name == "headingDivider":
            yield from _resplits(setting, found)
        if setting.comment and setting.directive.key in SPREADING:
            spread.setdefault(setting.comment, []).append(setting)
    by_key = {key: [other for other in found if other.directive.key == key] for key in SPREADING}
    for comment, given in spread.items():
        slide = comment.slide
        if slide < 3 or _APPENDIX.search(deck.slides[slide - 1].title):
            continue
        if any(_works_with_sections(setting, by_key[setting.directive.key]) for setting in given):
            continue
        for setting in given:
            name = setting.directive.name
            held = [number for number in range(slide + 1, last + 1) if (number, name) not in spots]
            if held and setting.directive.words.strip():
                range_ = f"slide {held[0]}" if held == [last] else f"slides {held[0]} to {held[-1]}"
                said = quoted(f"{name}: {setting.directive.words}")
                message = f"{said} holds for {range_} too; write _{name} for this slide only"
                yield Finding(setting.line, "directive-spills", message, slide)
                break


def _works_with_sections(setting: Setting, others: Sequence[Setting]) -> bool:
    """Whether the author sets the same again below, or has set it to something else above: then it is meant to hold."""
    is_last = others[-1] is setting
    return not is_last or any(other.directive.value != setting.directive.value for other in others)


def _resplits(setting: Setting, found: Sequence[Setting]) -> Iterator[Finding]:
    directive, comment = setting.directive, setting.comment
    before = [other.directive.value for other in found if other.directive.name == directive.name and not other.comment]
    if comment is None or setting.slide < 2 or directive.is_dead or directive.value in before:
        return
    if sum(bool(other.scope) for other in comment.directives) < 3:
        message = f"{quoted(f'{directive.key}: {directive.words}')} splits the whole deck, also what stands before it"
        yield Finding(setting.line, "directive-spills", f"{message}; put it into the front matter", setting.slide)


def _before_dividers(trace: Trace, lines: Sequence[str]) -> Iterator[Finding]:
    """Directives right above a heading that begins a slide: they belong to the slide before."""
    headings = {block.line for block in trace.blocks if block.kind == "heading"}
    starts = {start - 1 for start in trace.starts[1:] if start in headings}
    first = {comment.line for comment in trace.comments if comment.place == "block"}
    for comment in reversed(trace.comments):
        if comment.fate != "directive" or comment.place != "block" or comment.end not in starts:
            continue
        above = comment.line - 1
        if not any(d.scope in ("local", "spot") and not is_note(d, trace) for d in comment.directives):
            continue
        if above in first:
            starts.add(above)
        elif lines[above - 1].strip():
            continue
        message = f"{quoted(comment.text)} stands above the heading that begins the next slide, so that it is for"
        cure = "this one; move it below the heading"
        yield Finding(comment.line, "directive-lost", f"{message} {cure}", comment.slide)
