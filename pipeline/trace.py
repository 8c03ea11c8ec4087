"""What Marp made of a deck's source, as `trace.mjs` read it off Marp's own tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Directive:
    """One `key: value` of front matter or of a comment, read as Marp reads YAML."""

    key: str
    value: str | tuple[str, ...] | None
    """Text or a list of text, the names of fields where Marp takes one text; None where it is neither."""
    scope: str
    """'global', 'local', 'spot' (with an underscore, for one slide), or '' where Marp does not know the key."""
    is_dead: bool
    """Whether Marp ignores the value."""

    @property
    def name(self) -> str:
        """The key without the underscore of a spot directive."""
        return self.key[1:] if self.scope == "spot" else self.key

    @property
    def words(self) -> str:
        """The value as text."""
        return self.value if isinstance(self.value, str) else " ".join(self.value or ())


@dataclass(frozen=True)
class Comment:
    """An HTML comment of the source."""

    line: int
    end: int
    """Its last line."""
    slide: int
    text: str
    place: str
    """'block'; 'inline' in a paragraph or a heading; 'hidden' beside nothing but a background; 'html' in raw HTML;
    'tail' on the line on which another one, or a style, ends."""
    fate: str
    """'note' where Marp says it; 'lost' where Marp never reads it; else what Marp takes it for, such as 'directive'."""
    directives: tuple[Directive, ...]
    """What it is if read as directives, whatever its fate."""
    is_closed: bool = True
    tail: str = ""
    """What stands behind it on its last line, without comments, and is lost."""

    @property
    def is_directive(self) -> bool:
        """Whether one of its keys means something to Marp."""
        return any(directive.scope for directive in self.directives)


@dataclass(frozen=True)
class Block:
    """A block that stands on a slide directly, not inside of another."""

    kind: str
    line: int
    end: int
    slide: int
    tag: str
    markup: str


@dataclass(frozen=True)
class Table:
    """A table, wherever it stands."""

    line: int
    end: int
    slide: int


@dataclass(frozen=True)
class Mark:
    """Signs of a comment or of a ruler that Marp took for something else."""

    kind: str
    """'open' and 'close': the ends of a comment, shown as text; 'html': a comment that raw HTML does not end;
    'ruler': a ruler inside of raw HTML; 'tail': what stands behind the end of a style, and is lost."""
    line: int
    slide: int
    rest: str
    """What comes after it, at most 200 characters."""
    ends_line: bool


@dataclass(frozen=True)
class Refused:
    """Something of raw HTML that Marp does not let through."""

    line: int
    """0 in a header or footer."""
    slide: int
    kind: str
    """'element' and 'text' (a link in Markdown), shown as words; 'handler', 'attribute' and 'address', taken out of an
    element; 'depth' for what is nested as deep as Marp reads."""
    element: str
    what: str
    """The name of the handler or the attribute, or the address."""


@dataclass(frozen=True)
class Unpaired:
    """A tag of an element that takes in what follows, without the other one on its slide."""

    line: int
    slide: int
    element: str
    is_end: bool


@dataclass(frozen=True)
class FrontMatter:
    """The front matter, from the first line on."""

    end: int
    is_closed: bool
    directives: tuple[Directive, ...]
    """Empty where it is no valid YAML."""


@dataclass(frozen=True)
class Styles:
    """What the theme and the deck's own styles know."""

    is_complete: bool = False
    """False where a style sheet comes from elsewhere, so that nobody can say what is not in it."""
    classes: frozenset[str] = frozenset()
    patterns: tuple[str, ...] = ()
    """Selectors such as `[class^="col-"]`, as '^=col-'."""
    animations: frozenset[str] = frozenset()
    """Names of keyframes that begin with 'marp-', without that."""
    strange_transitions: frozenset[str] = frozenset()
    """Transitions that the deck asks for and that are none of Marp's own."""
    sizes: tuple[str, ...] = ()

    def knows(self, name: str) -> bool:
        """Whether a rule is for slides of this class."""
        return name in self.classes or any(_matches(name, *pattern.split("=", 1)) for pattern in self.patterns)

    def lacks_transition(self, name: str) -> bool:
        """Whether a transition that the deck asks for is neither one of Marp's nor of the deck's own."""
        own = re.compile(rf"(?:incoming-|outgoing-)?transition-(?:backward-)?{re.escape(name)}(?:-|$)")
        return name in self.strange_transitions and not any(map(own.match, self.animations))


def _matches(name: str, sign: str, wanted: str) -> bool:
    match sign:
        case "^":
            return name.startswith(wanted)
        case "$":
            return name.endswith(wanted)
        case "*":
            return wanted in name
        case "|":
            return name == wanted or name.startswith(f"{wanted}-")
        case _:
            return name in wanted.split()


@dataclass(frozen=True)
class Trace:
    """Everything that Marp made of one source."""

    starts: tuple[int, ...] = ()
    """The line on which each slide begins."""
    front: FrontMatter | None = None
    blocks: tuple[Block, ...] = ()
    tables: tuple[Table, ...] = ()
    comments: tuple[Comment, ...] = ()
    marks: tuple[Mark, ...] = ()
    refused: tuple[Refused, ...] = ()
    unpaired: tuple[Unpaired, ...] = ()
    named: frozenset[str] = frozenset()
    """What is a name for an address, as in `[name]: address`, in capital letters."""
    globals: tuple[str, ...] = ()
    """Names of directives that hold for the whole deck."""
    locals: tuple[str, ...] = ()
    """Names of directives that hold for slides."""
    themes: tuple[str, ...] = ()
    styles: Styles = Styles()

    def slide_at(self, line: int) -> int:
        """The number of the slide on which a line of the source stands."""
        return sum(start <= line for start in self.starts)


def read(answer: Mapping[str, Any]) -> Trace:
    """Read the trace that Node sent."""
    front, styles = answer["front"], answer["styles"]
    return Trace(
        starts=tuple(answer["slides"]),
        front=FrontMatter(front["end"], front["closed"], _directives(front["directives"])) if front else None,
        blocks=tuple(Block(*block) for block in answer["blocks"]),
        tables=tuple(Table(*table) for table in answer["tables"]),
        comments=tuple(map(_comment, answer["comments"])),
        marks=tuple(Mark(*mark) for mark in answer["marks"]),
        refused=tuple(Refused(*refused) for refused in answer["refused"]),
        unpaired=tuple(Unpaired(*unpaired) for unpaired in answer["unpaired"]),
        named=frozenset(answer["named"]),
        globals=tuple(answer["globals"]),
        locals=tuple(answer["locals"]),
        themes=tuple(answer["themes"]),
        styles=Styles(
            is_complete=styles["complete"],
            classes=frozenset(styles["classes"]),
            patterns=tuple(styles["patterns"]),
            animations=frozenset(styles["animations"]),
            strange_transitions=frozenset(styles["strange"]),
            sizes=tuple(styles["sizes"]),
        ),
    )


def _comment(found: Mapping[str, Any]) -> Comment:
    return Comment(
        line=found["line"],
        end=found["end"],
        slide=found["slide"],
        text=found["text"],
        place=found["place"],
        fate=found["fate"],
        directives=_directives(found["directives"]),
        is_closed=found.get("closed", True),
        tail=found.get("tail", ""),
    )


def _directives(rows: Sequence[Sequence[Any]]) -> tuple[Directive, ...]:
    return tuple(
        Directive(key, tuple(value) if isinstance(value, list) else value, scope, is_dead)
        for key, value, scope, is_dead in rows
    )
