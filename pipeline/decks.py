"""Find deck sources, and know what Marp needs to be told about each."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pipeline.problems import BuildError, Problem, front_matter, line_of_word, read_text, read_yaml

THEME_FOLDERS = ("theme", "themes")


@dataclass(frozen=True)
class Source:
    """One Markdown file that is a deck."""

    name: str
    """What its outputs are called: the folder's name, or the file's."""
    path: Path
    """The Markdown file, absolute."""
    root: Path
    """The project: no image, theme or include may lie outside it."""
    label: str
    """How messages and deck.json name the file."""
    text: str
    """The source, decoded, without a byte order mark."""

    @cached_property
    def themes(self) -> list[Path]:
        """CSS files beside the deck, and in theme folders beside it or above it in the project.

        A theme that the deck asks for by a name that none of these has may lie anywhere in the project.
        """
        folders = [self.path.parent]
        for folder in [self.path.parent, *self.path.parent.parents]:
            folders += [folder / name for name in THEME_FOLDERS]
            if folder == self.root:
                break
        found = [css for folder in folders for css in sorted(folder.glob("*.css")) if self._may_use(css)]
        named = r"""^(?:<!--)?[ \t]*["']?theme["']?[ \t]*:[ \t]*["']?([\w-]+)"""
        wanted = set(re.findall(named, self.text, re.MULTILINE))
        wanted -= {*_OWN_THEMES, *map(theme_name, found)}
        return found + ([css for css in _elsewhere(self.root, wanted) if self._may_use(css)] if wanted else [])

    def where(self, words: str) -> tuple[str, int] | None:
        """The file and line where the deck, or else one of its themes, says `words`; None where neither does."""
        if line := line_of_word(self.text, words):
            return self.label, line
        for css in self.themes:
            if line := line_of_word(css.read_text(encoding="utf-8", errors="replace"), words):
                return self.label_of(css), line
        return None

    def label_of(self, path: Path) -> str:
        """How messages name another file of the deck: relative to the project where the deck is named so."""
        beside = self.path.parent != self.root and self.label == self.path.relative_to(self.root).as_posix()
        return path.resolve().relative_to(self.root.resolve()).as_posix() if beside else str(path)

    def _may_use(self, css: Path) -> bool:
        return css.is_file() and css.resolve().is_relative_to(self.root.resolve()) and bool(theme_name(css))


_OWN_THEMES = ("default", "gaia", "uncover", "workshop")
_MANY = 2000
"""How many folders of a project are searched for a theme."""


def _elsewhere(root: Path, wanted: set[str]) -> list[Path]:
    """Style sheets that are the wanted themes, and the themes beside them, which they may import."""
    sheets: list[Path] = []
    for folder, folders, names in itertools.islice(os.walk(root), _MANY):
        folders[:] = sorted(name for name in folders if name != "node_modules" and not name.startswith("."))
        sheets += [Path(folder, name) for name in sorted(names) if name.endswith(".css")]
    homes = {css.parent for css in sheets if css.is_file() and theme_name(css) in wanted}
    return [css for css in sheets if css.parent in homes]


def theme_name(css: Path) -> str:
    """The name of the theme that a style sheet is; '' where it is none."""
    # Marp takes any CSS file for a theme and complains of those that are none. Editors leave odd things beside them.
    try:
        text = css.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # Elsewhere than in a comment, where Marp reads it, `@theme` is Tailwind's.
    comments = re.findall(r"/\*.*?(?:\*/|\Z)", text, re.DOTALL)
    names = (re.search(r"^[/*! \t\r]*@theme\s+([\w-]+)", comment, re.MULTILINE) for comment in comments)
    return next((name[1] for name in names if name), "")


def theme_problems(source: Source) -> Iterator[Problem]:
    """Themes of a deck that are no text: Marp would publish other signs than their author wrote."""
    for css in source.themes:
        try:
            read_text(css, source.label_of(css))
        except BuildError as error:
            yield from error.problems


def find(root: Path) -> list[Source]:
    """Every deck of the project: `slides/<deck>/deck.md`, by name.

    Raises BuildError if there is none, or if one cannot be read, or is where nobody looks for it.
    """
    named = (folder / "deck.md" for folder in (root / "slides").glob("*") if not folder.name.startswith("."))
    paths = sorted(path for path in named if path.exists() or path.is_symlink())  # a link into nothing is named, too
    problems = list(_elsewhere_problems(root, paths))
    if not paths:
        problems.append(Problem("slides", 0, "deck-missing", "there is no deck; write one in slides/<deck>/deck.md"))
    sources: list[Source] = []
    for path in paths:
        label = path.relative_to(root).as_posix()
        if path.parent.name in ("index", "index.md", "facilitate") or re.search(r"""[#?%:*"<>|\\]""", path.parent.name):
            message = f"a folder named '{path.parent.name}' cannot become an address; rename it"
            problems.append(Problem(f"slides/{path.parent.name}", 0, "deck-name", message))
            continue
        try:
            sources.append(Source(path.parent.name, path, root, label, _read(path, label)))
        except BuildError as error:
            problems += error.problems
    if problems:
        raise BuildError(problems)
    return sources


def _elsewhere_problems(root: Path, known: Sequence[Path]) -> Iterator[Problem]:
    """Files among the decks that say of themselves that they are one, and would be left out without a word."""
    for path in sorted((root / "slides").rglob("*")):
        is_hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
        if path.suffix.lower() not in (".md", ".markdown") or path in known or is_hidden or not path.is_file():
            continue
        with suppress(OSError):  # who may not be read has been named
            text = path.read_text(encoding="utf-8-sig", errors="replace")
            if re.search(r"""^["']?marp["']?[ \t]*:[ \t]*true\b""", front_matter(text) or "", re.MULTILINE):
                message = (
                    "is a deck that is not published; name it slides/<deck>/deck.md, or take 'marp: true' out of it"
                )
                yield Problem(path.relative_to(root).as_posix(), 0, "deck-name", message)


def _read(path: Path, label: str) -> str:
    """The text of a deck. Raises BuildError where it has no text, or Marp would never end with it."""
    text = read_text(path, label)
    # Marp reads front matter, and each comment that is YAML; it writes out what aliases repeat, and half characters.
    for found in re.finditer(r"\A-{3,}[^\S\n]*\n(.*?)^-{3,}|<!--(.*?)(?:-->|\Z)", text, re.DOTALL | re.MULTILINE):
        part = 1 if found[1] is not None else 2
        if part == 2 and not found[0].endswith("-->"):  # to which `lint` will say that it has no end
            break
        if not re.search(r"[\s\[,]\*[^\s*]|\\(?:u|U0000)[dD][89a-fA-F]", found[part]):
            continue
        try:
            read_yaml(found[part], label, offset=text.count("\n", 0, found.start(part)))
        except BuildError as error:
            # Of the rest, Marp is the judge.
            if any("aliases (" in each.message or "half of a" in each.message for each in error.problems):
                raise
    return text


def name_files(files: Sequence[Path]) -> list[str]:
    """A different name for the outputs of each file: its stem, or its folder's where that says more."""
    names: list[str] = []
    for file in files:
        plain = file.stem.lower() in ("deck", "slides", "index", "readme", "presentation")
        stem = ((Path(os.path.realpath(file)).parent.name if plain else "") or file.stem).strip(". ") or "deck"
        name, number = stem, 2
        while name.casefold() in (taken.casefold() for taken in names):
            name, number = f"{stem}-{number}", number + 1
        names.append(name)
    return names


def open_file(file: Path, name: str) -> Source:
    """Open a deck that lies anywhere. Its project is the repository around it, else its own folder."""
    if re.search("[\x00-\x1f\x7f\ud800-\udfff]", str(file)):
        message = "has a name with a character that nobody can see, or that is not UTF-8; rename it"
        raise BuildError([Problem(str(file), 0, "deck-name", message)])
    if os.path.isdir(file):  # noqa: PTH112 - which takes a name that is too long, too
        raise BuildError([Problem(str(file), 0, "file", "is a folder; name a file in it")])
    text = _read(file.absolute(), str(file))
    path = file.resolve()
    root = next((above for above in path.parents if (above / ".git").exists()), path.parent)
    return Source(name, path, root, str(file), text)
