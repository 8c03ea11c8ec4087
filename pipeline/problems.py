"""What is wrong with an input, where, and what to do about it."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.error import Mark
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.reader import ReaderError

from pipeline.fingerprint import is_too_large
from pipeline.rules import RULES


@dataclass(frozen=True)
class Area:
    """A part of a slide, in hundredths of its width and height, from its top left corner."""

    left: float
    top: float
    width: float
    height: float


_LONGEST = 1000
"""Characters of a message that anybody reads."""


@dataclass(frozen=True, order=True)
class Problem:
    """One fault that an author can mend."""

    path: str
    """The source file, relative to the project, with '/'; or as the user named it."""
    line: int
    """1-based; 0 where a line makes no sense."""
    rule: str
    """Which of `RULES` is broken."""
    message: str
    """What is wrong; what to do. On one line; cut in its middle where an author's words make it too long."""
    area: Area | None = field(default=None, compare=False)
    """Where on the slide it is to be seen, if that is known."""

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise ValueError(f"'{self.rule}' is no rule")
        # An author's words in it may run over lines, or for pages: what to do about them stands at the end.
        message = printable(" ".join(self.message.split()))
        if len(message) > _LONGEST:
            message = f"{message[: _LONGEST // 2].rstrip()}…{message[-_LONGEST // 2 :].lstrip()}"
        object.__setattr__(self, "message", message)
        object.__setattr__(self, "path", printable(self.path))

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message} [{self.rule}]"


def printable(text: str) -> str:
    """A text that any terminal and any file takes, on one line: the bytes of a name, for instance, may be no UTF-8."""
    return re.sub("[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", _spelt, text)


def _spelt(found: re.Match[str]) -> str:
    byte = ord(found[0]) - 0xDC00  # as Python keeps a byte of a name that it cannot decode
    return f"\\x{byte:02x}" if 0x80 <= byte <= 0xFF else repr(found[0])[1:-1]


class BuildError(Exception):
    """The build cannot go on: carries every problem known by then."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tidy(problems)
        super().__init__("\n".join(map(str, self.problems)))


def tidy(problems: Iterable[Problem]) -> list[Problem]:
    """Sorted by place, each once."""
    return sorted(set(problems))


def read_text(path: Path, name: str) -> str:
    """Read a source file as UTF-8, without its byte order mark.

    Raises BuildError, with the line of the first wrong byte, where that cannot be done.
    """
    try:
        if wrong := _odd(path):
            raise BuildError([Problem(name, 0, "file", wrong)])
        data = path.read_bytes()
    except FileNotFoundError:
        raise BuildError([Problem(name, 0, "file", "there is no such file; correct the path")]) from None
    except OSError as error:
        reason = error.strerror or "error"
        raise BuildError([Problem(name, 0, "file", f"cannot be read ({reason}); make it a readable file")]) from None
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise BuildError([Problem(name, line, "file", "is no text: it holds a zero byte; save it as UTF-8")])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        byte = data[error.start]
        message = f"is not UTF-8 (byte 0x{byte:02X}); save it as UTF-8"
        raise BuildError([Problem(name, line, "file", message)]) from None


def _odd(path: Path) -> str:
    """Why a path must not even be opened: what is no file may never end."""
    mode = path.stat().st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return ""
    return "is a named pipe, a socket or a device; put a file in its place"


def place_problems(root: Path) -> Iterator[Problem]:
    """What no build may read in a project, as it is no file, or leads out of it."""
    inside = root.resolve()
    try:
        for folder, folders, files in os.walk(root):  # which follows no links
            folders[:] = [name for name in folders if not _is_of_tools(Path(folder, name), root)]
            yield from _place_problems([Path(folder, name) for name in sorted([*folders, *files])], root, inside)
    except RecursionError:
        yield Problem(root.name, 0, "file", "has folders in folders, a thousand deep; take them out")


def _is_of_tools(folder: Path, root: Path) -> bool:
    """Whether a folder of a project is one that tools fill, or another project's, and no build reads it for itself."""
    parts = folder.relative_to(root).parts
    if parts[0] in AUTHORS:
        return False
    is_known = len(parts) == 1 and (parts[0].startswith(".") or parts[0] in ("dist", "node_modules"))
    marks = (folder / name for name in ("pyvenv.cfg", ".git"))
    return is_known or (not folder.is_symlink() and any(mark.exists() for mark in marks))


AUTHORS = frozenset(["data", "docs", "overrides", "slides"])
"""Folders of which everything is read; MkDocs would leave out what it may not read, without a word."""


def _place_problems(paths: Sequence[Path], root: Path, inside: Path) -> Iterator[Problem]:
    for path in paths:
        name = path.relative_to(root).as_posix()
        try:
            if path.is_symlink() and not path.resolve().is_relative_to(inside):
                message = "is a symbolic link that leads out of the project; put the file itself here"
                yield Problem(name, 0, "file-outside", message)
            elif wrong := _odd(path):
                yield Problem(name, 0, "file", wrong)
            elif Path(name).parts[0] in AUTHORS and is_too_large(path):
                message = f"has {path.stat().st_size // 10**6} MB, and GitHub publishes no site of more than 1000"
                yield Problem(name, 0, "file", f"{message}; put it elsewhere, and link to it there")
            elif path.is_dir() and re.fullmatch(r"docs/(.*/)?index\.md|overrides/.*\.html", name):
                yield Problem(name, 0, "file", "is a folder, and no page; put a file in its place")
            elif Path(name).parts[0] in AUTHORS and not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)):
                yield Problem(name, 0, "file", "cannot be read (Permission denied); make it readable")
        except (OSError, RuntimeError):  # a link into nothing, or to itself: whoever needs it will say so
            continue


def lines_of(text: str) -> list[str]:
    """The lines of a source as Markdown and editors count them: `str.splitlines` ends some at other signs, too."""
    return re.split(r"\r\n?|\n", text)


def front_matter(text: str) -> str | None:
    """The YAML at the beginning of a page, as MkDocs finds it; None where there is none. It begins on line 2."""
    found = re.match(r"---[ \t]*(?:\r\n?|\n)(.*?(?:\r\n?|\n))(?:---|\.\.\.)[ \t]*(?:\r|\n|$)", text, re.DOTALL)
    return found[1] if found else None


def line_at(text: str, at: int) -> int:
    """The line, 1-based, of a place in a text."""
    return text.count("\n", 0, at) + 1


def line_of(text: str, needle: str) -> int:
    """The first line of `text` that holds `needle`, 1-based; 0 where there is none."""
    at = text.find(needle) if needle else -1
    return 0 if at < 0 else line_at(text, at)


def line_of_word(text: str, needle: str) -> int:
    """As `line_of`, but rather where no other word ends with `needle`, as `data.png` does with `a.png`."""
    found = re.search(rf"(?<![\w.-]){re.escape(needle)}", text)
    return line_at(text, found.start()) if found and needle else line_of(text, needle)


_UNSEEN = r"[\0-\x08\x0b\x0c\x0e-\x1f]"
"""What YAML takes by a number or a letter, as in "C:\\bin", and no file of XML may hold."""


def read_yaml(text: str, path: str, *, offset: int = 0) -> Node | None:
    """Read YAML as nodes, which know their lines; None where there is none. `offset` is as for `yaml_problem`.

    Raises BuildError where it is not valid, or is nested or repeated beyond anything that somebody could have meant.
    """
    counted: dict[int, int] = {}
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        values = _count(node, counted) if node else 0
    except ReaderError as error:  # which knows no line
        line = line_at(text, error.position)
        message = f"holds a character that no YAML may (U+{ord(text[error.position]):04X}); take it out"
        raise BuildError([Problem(path, offset + line, "yaml", message)]) from None
    except yaml.YAMLError as error:
        raise BuildError([yaml_problem(path, error, offset=offset)]) from None
    except RecursionError:
        raise BuildError([Problem(path, offset + 1, "yaml", _TOO_DEEP)]) from None
    except _ODD as error:  # of a character beyond all, for instance, PyYAML has no words of its own
        found = re.search(r"\\U(?!000|0010)[0-9a-fA-F]{8}|^%YAML", text, re.MULTILINE)
        line = line_at(text, found.start()) if found else 1
        message = f"is not valid YAML: {cut(str(error), 100)}; correct it"
        raise BuildError([Problem(path, offset + line, "yaml", message)]) from None
    for half in (each for each in _scalars(node, set()) if re.search("[\ud800-\udfff]", each.value)):
        message = "holds half of a character, which no file can; write the whole character itself"
        raise BuildError([Problem(path, offset + line_of_mark(half.start_mark), "yaml", message)])
    for odd in (each for each in _scalars(node, set()) if re.search(_UNSEEN, each.value)):
        sign = re.findall(_UNSEEN, odd.value)[0]
        message = f"holds a character that nobody can see (U+{ord(sign):04X}); take it out, or write '\\\\' for a '\\'"
        raise BuildError([Problem(path, offset + line_of_mark(odd.start_mark), "yaml", message)])
    for number in (each for each in _scalars(node, set()) if each.tag == _INTEGER and len(each.value) > _MOST_DIGITS):
        message = f"is not valid YAML: {shown(number.value)} is too long for a number; correct it, or put it in quotes"
        raise BuildError([Problem(path, offset + line_of_mark(number.start_mark), "yaml", message)])
    if values > max(_MOST_VALUES, 2 * len(counted)):
        message = "repeats its aliases ('*name') more often than can be read; write the values themselves"
        raise BuildError([Problem(path, offset + line_of(text, "*"), "yaml", message)])
    return node


def cut_by_comments(node: Node | None, path: str, *, offset: int = 0) -> Iterator[Problem]:
    """Words without quotation marks before what YAML takes for a comment, as the channel in 'told the team in #alerts'.

    In settings, where values are no words, nobody means more than a comment.
    """
    for each in _scalars(node, set()):
        behind = (each.end_mark.buffer or "")[each.end_mark.pointer : each.end_mark.pointer + 300]
        is_of_words = each.style is None and each.tag == _TEXT and len(re.findall(r"\w\S*", each.value)) > 1
        if is_of_words and (found := re.match(r"[ \t]+(#\w[^\0\r\n]*)", behind)):
            what = f"{shown(found[1].rstrip())} is a comment to YAML, and not shown"
            message = f"{what}; put all of the value in quotation marks, or a space behind '#'"
            yield Problem(path, offset + line_of_mark(each.end_mark), "yaml", message)


def line_of_mark(mark: Mark) -> int:
    """The line, 1-based, as `lines_of` counts: PyYAML ends lines at three more signs."""
    return mark.line + 1 - sum((mark.buffer or "").count(sign, 0, mark.pointer) for sign in "\x85\u2028\u2029")


_INTEGER = "tag:yaml.org,2002:int"
_TEXT = "tag:yaml.org,2002:str"
_MOST_DIGITS = 300
"""Of these, Python writes out any number, however it is written; beyond 4,300 it would not."""
_TOO_DEEP = "is nested too deeply to be read; write it in fewer levels"
_ODD = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What PyYAML raises for a value that is none of the type that it is said to be."""


def load_yaml(text: str, path: str, *, offset: int = 0) -> Any:
    """Read YAML as values. Raises BuildError as `read_yaml` does, and for a value that is none, as the 40th of May."""
    node = read_yaml(text, path, offset=offset)
    if problems := [*repeated_keys(node, path, offset=offset), *cut_by_comments(node, path, offset=offset)]:
        raise BuildError(problems)
    if node is None:
        return None
    try:
        return yaml.SafeLoader("").construct_document(node)
    except yaml.YAMLError as error:
        raise BuildError([yaml_problem(path, error, offset=offset)]) from None
    except RecursionError:
        raise BuildError([Problem(path, offset + 1, "yaml", _TOO_DEEP)]) from None
    except _ODD as error:
        wrong = next((each for each in _scalars(node, set()) if _is_no_value(each)), None)
        line = line_of_mark(wrong.start_mark) if wrong else 0
        value = shown(wrong.value) if wrong else "a value"
        message = f"is not valid YAML: {value} is none ({cut(str(error), 100)}); correct it, or put it in quotes"
        raise BuildError([Problem(path, offset + line, "yaml", message)]) from None


def repeated_keys(node: Node | None, path: str, *, offset: int = 0) -> Iterator[Problem]:
    """Keys that stand twice in one mapping, of which YAML would drop the first without a word."""
    if isinstance(node, MappingNode):
        known: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, ScalarNode) and key.value in known:
                line = offset + line_of_mark(key.start_mark)
                yield Problem(path, line, "yaml", f"{shown(key.value)} stands here twice; remove one")
            known.add(str(key.value))
    for child in dict.fromkeys(_children(node)):  # an alias is the very node that it names
        yield from repeated_keys(child, path, offset=offset)


def impossible_dates(node: Node | None, path: str) -> Iterator[Problem]:
    """Dates that are none, in YAML with tags of its own, which `load_yaml` would not read."""
    for each in _scalars(node, set()):
        if each.tag == "tag:yaml.org,2002:timestamp" and _is_no_value(each):
            message = f"is not valid YAML: {shown(each.value)} is no date; correct it, or put it in quotes"
            yield Problem(path, line_of_mark(each.start_mark), "yaml", message)


_MOST_VALUES = 100_000


def _children(node: Node | None) -> list[Node]:
    if isinstance(node, MappingNode):
        return [each for pair in node.value for each in pair]
    return list(node.value) if isinstance(node, SequenceNode) else []


def _count(node: Node, counted: dict[int, int]) -> int:
    """How many values there are once each alias stands for what it names."""
    if id(node) not in counted:
        counted[id(node)] = _MOST_VALUES + 1  # until it is known: an alias within what it names has no end
        counted[id(node)] = 1 + sum(_count(child, counted) for child in _children(node))
    return counted[id(node)]


def _scalars(node: Node | None, seen: set[int]) -> Iterator[ScalarNode]:
    if isinstance(node, ScalarNode):
        yield node
    elif id(node) not in seen:
        seen.add(id(node))
        for child in _children(node):
            yield from _scalars(child, seen)


def _is_no_value(node: ScalarNode) -> bool:
    try:
        yaml.SafeLoader("").construct_document(node)
    except (*_ODD, yaml.YAMLError):
        return True
    return False


def cut(text: str, length: int) -> str:
    """What somebody says, on one line and not too long."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def shown(value: object, length: int = 60) -> str:
    """A value of an author's in quotation marks, on one line and not too long."""
    return f"'{cut(str(value), length)}'"


def yaml_problem(path: str, error: yaml.YAMLError, *, offset: int = 0) -> Problem:
    """A YAML error as a problem; `offset` lines stand above the YAML in its file."""
    reason = cut(getattr(error, "problem", None) or str(error), 200)
    mark = getattr(error, "problem_mark", None)
    if "quoted scalar" in (getattr(error, "context", None) or ""):
        # The reader noticed far below; what is wrong is where the quotation begins.
        mark, reason = getattr(error, "context_mark", mark), "the quotation marks are not closed"
    if mark is None:
        return Problem(path, offset, "yaml", f"is not valid YAML: {reason}; correct it")
    where = f"column {mark.column + 1}"
    return Problem(path, offset + line_of_mark(mark), "yaml", f"is not valid YAML: {reason} ({where}); correct it")
