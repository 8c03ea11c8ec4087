"""Find the HTML of a deck that Marp does not let onto a slide."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline import unclosed
from pipeline.active import without_code, without_comments
from pipeline.findings import Finding, line_of_key
from pipeline.problems import line_at
from pipeline.prose import is_nearly, quoted
from pipeline.trace import Directive, Refused, Trace


def findings(lines: Sequence[str], trace: Trace) -> Iterator[Finding]:
    """What Marp takes out of the HTML of a deck, or shows as text."""
    yield from _unpaired(lines, trace)
    yield from _unscoped(lines, trace)
    told: set[tuple[str, str, str]] = set()
    for refused in trace.refused:
        line = refused.line
        if not line:  # in a header or footer, which many slides share
            if (refused.kind, refused.element, refused.what) in told:
                continue
            told.add((refused.kind, refused.element, refused.what))
            line = _line_of_aside(lines, re.escape(refused.what) or f"<{refused.element}")
        yield Finding(line, "html-refused", _said(refused), refused.slide if refused.line else 0)

    for directive, line in _metadata(lines, trace):
        scheme = re.match(r"\s*([a-z][a-z0-9+.-]*):", directive.words, re.IGNORECASE)
        if scheme and scheme[1].lower() not in ("http", "https"):
            message = f"{quoted(f'{directive.key}: {directive.words}')} is no address of the web, and readers' programs"
            yield Finding(line, "html-refused", f"{message} would be given it; write one that begins with https://")


def _unscoped(lines: Sequence[str], trace: Trace) -> Iterator[Finding]:
    """Styles of one slide that hold on all of them, as 'scoped' is misspelt."""
    source = without_comments(without_code("\n".join(lines)))
    for found in re.finditer(r"<style\s+(\w+)\s*>", source, re.IGNORECASE):
        if is_nearly(found[1], "scoped") or found[1].lower() == "scope":
            line = line_at(source, found.start())
            message = f"{quoted(found[0])} holds on every slide; write '<style scoped>' for this one alone"
            yield Finding(line, "style-mistyped", message, trace.slide_at(line))


def _unpaired(lines: Sequence[str], trace: Trace) -> Iterator[Finding]:
    """What takes in the rest of a slide, or of a line, and is not shown then."""
    told: set[str] = set()
    for tag in trace.unpaired:
        if not tag.line:  # in a header or footer, which many slides share
            if tag.element not in told:
                name, line = f"<{tag.element}>", _line_of_aside(lines, rf"<{tag.element}(?=[\s/>])")
                message = (
                    f"{name} has no end, so that all that follows is in it; write '</{tag.element}>' where it ends"
                )
                yield Finding(line, "block-open", message)
            told.add(tag.element)
            continue
        name = f"<{'/' * tag.is_end}{tag.element}>"
        wrong = f"{name} has no end, so that the rest of the slide is in it; write '</{tag.element}>' where it ends, or"
        if tag.is_end:
            wrong = f"{name} ends the slide itself, so that nobody sees what follows; take it out, or write"
        yield Finding(tag.line, "block-open", f"{wrong} '&lt;' for its '<'", tag.slide)
    if trace.named:
        source = without_comments(without_code("\n".join(lines)))
        for line, message in unclosed.taken_for_addresses(source, "", trace.named):
            yield Finding(line, "block-open", message, trace.slide_at(line))


def _metadata(lines: Sequence[str], trace: Trace) -> Iterator[tuple[Directive, int]]:
    """The deck's own address and picture, which its HTML names to whoever shows a preview of it."""
    given = [(directive, 2, trace.front.end) for directive in trace.front.directives] if trace.front else []
    for comment in trace.comments:
        if comment.fate == "directive":
            given += [(directive, comment.line, comment.end) for directive in comment.directives]
    for directive, first, last in given:
        if directive.key in ("url", "image"):
            yield directive, line_of_key(lines, first, last, directive.key)


def _said(refused: Refused) -> str:
    match refused.kind:
        case "element":
            name = f"<{refused.element}>"
            return f"Marp lets no {name} onto a slide, and shows its source as words; take it out, or write it as code"
        case "handler":
            return (
                f"Marp takes the handler '{refused.what}' out of <{refused.element}>; take it out, a slide runs nothing"
            )
        case "depth":
            return "what is nested as deep as this, Marp leaves out; write it in fewer levels"
        case "attribute" if refused.what == "id":
            return f"Marp takes the id out of <{refused.element}>; link to the slide's key, or style a class instead"
        case "attribute":
            said = f"Marp takes '{refused.what}' out of <{refused.element}>"
            return f"{said}; give it a class, and say in <style> what that looks like"
        case "address":
            said = f"Marp takes the address {quoted(refused.what)} out of <{refused.element}>"
            return f"{said}; write one of the web, or the path of a file in the project"
        case _:
            said = f"Marp makes no link or image of {quoted(refused.what)}, and shows its source as words"
            return f"{said}; write an address of the web or a path, or write it as code"


def _line_of_aside(lines: Sequence[str], clue: str) -> int:
    named = [number for number, line in enumerate(lines, 1) if re.search(r"header|footer", line)]
    return next(
        (number for number in named if re.search(clue, lines[number - 1], re.IGNORECASE)), named[0] if named else 1
    )
