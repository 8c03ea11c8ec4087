"""What is wrong with an input, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from pipeline.rules import RULES


@dataclass(frozen=True)
class Area:
    """A part of a slide, in hundredths of its width and height, from its top left corner."""

    left: float
    top: float
    width: float
    height: float


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
    """What is wrong; what to do."""
    area: Area | None = field(default=None, compare=False)
    """Where on the slide it is to be seen, if that is known."""

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise ValueError(f"'{self.rule}' is no rule")

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message} [{self.rule}]"


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


def line_of(text: str, needle: str) -> int:
    """The first line of `text` that holds `needle`, 1-based; 0 where there is none."""
    at = text.find(needle) if needle else -1
    return 0 if at < 0 else text.count("\n", 0, at) + 1


def yaml_problem(path: str, error: yaml.YAMLError, *, offset: int = 0) -> Problem:
    """A YAML error as a problem; `offset` lines stand above the YAML in its file."""
    reason = getattr(error, "problem", None) or " ".join(str(error).split())
    mark = getattr(error, "problem_mark", None)
    if "quoted scalar" in (getattr(error, "context", None) or ""):
        # The reader noticed far below; what is wrong is where the quotation begins.
        mark, reason = getattr(error, "context_mark", mark), "the quotation marks are not closed"
    if mark is None:
        return Problem(path, offset, "yaml", f"is not valid YAML: {reason}; correct it")
    where = f"column {mark.column + 1}"
    return Problem(path, offset + mark.line + 1, "yaml", f"is not valid YAML: {reason} ({where}); correct it")
