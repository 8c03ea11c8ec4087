"""Names of files that cannot be published as they are, and files that would take each other's place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from unicodedata import category

from pipeline.problems import Problem


def problems(root: Path, folder: Path, rule: str) -> Iterator[Problem]:
    """What is wrong with the names below a folder of the project: before anything is read, as messages have names."""
    taken: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(root).as_posix()
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        if wrong := _wrong(path.name):
            yield Problem(name, 0, rule, f"has a name {wrong}; rename it")
        elif (other := taken.setdefault(name.casefold(), name)) != name and path.parent == (root / other).parent:
            message = f"is one name with '{Path(other).name}' on many disks; rename one of them"
            yield Problem(name, 0, rule, message)


def _wrong(name: str) -> str:
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        return "that is not UTF-8"
    if sign := unseen(name):
        return f"with a character that nobody can see (U+{ord(sign):04X})"
    return f"of {length} bytes, and may have {_LONGEST}" if length > _LONGEST else ""


_LONGEST = 240
"""Bytes of a name: most disks take 255, and what is made of a file may have a longer ending."""


def unseen(name: str) -> str:
    """The first character of a name that nobody can see; '' where there is none but spaces, and what shapes letters."""
    is_seen = (sign.isprintable() or category(sign) == "Zs" or sign in "\u200c\u200d" for sign in name)
    return next((sign for sign, is_right in zip(name, is_seen, strict=True) if not is_right), "")


def clashes(root: Path, written: Mapping[Path, str], generated: Iterable[str]) -> Iterator[Problem]:
    """Hand-written files whose address another one has: one of the two would be lost without a word.

    `written` are the files of the docs folder with their addresses, `generated` the addresses that the build makes.
    """
    taken = dict.fromkeys(map(_file, generated), "")
    for path, uri in written.items():
        name = path.relative_to(root).as_posix()
        file = _file(uri)
        if file in taken:
            other = f"'{taken[file]}' has that address too" if taken[file] else "the build makes a file there too"
            yield Problem(name, 0, "file", f"gets the address '{uri or file}', and {other}; rename it")
        taken.setdefault(file, name)


def _file(uri: str) -> str:
    """The file of the site that has an address: `a/` is `a/index.html`."""
    return re.sub(r"(^|/)$", r"\1index.html", uri)
