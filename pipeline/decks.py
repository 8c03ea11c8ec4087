"""Find deck sources, and know what Marp needs to be told about each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.problems import BuildError, Problem, read_text

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

    @property
    def themes(self) -> list[Path]:
        """CSS files beside the deck, and in theme folders beside it or above it in the project."""
        folders = [self.path.parent]
        for folder in [self.path.parent, *self.path.parent.parents]:
            folders += [folder / name for name in THEME_FOLDERS]
            if folder == self.root:
                break
        return [css for folder in folders for css in sorted(folder.glob("*.css")) if _is_theme(css)]


def _is_theme(css: Path) -> bool:
    # Marp takes any CSS file for a theme and complains of those that are none. Editors leave odd things beside them.
    try:
        return re.search(r"@theme\s", css.read_text(encoding="utf-8", errors="replace")) is not None
    except OSError:
        return False


def find(root: Path) -> list[Source]:
    """Every deck of the project: `slides/<deck>/deck.md`, by name.

    Raises BuildError if there is none, or if one cannot be read.
    """
    paths = sorted(path for path in (root / "slides").glob("*/deck.md") if not path.parent.name.startswith("."))
    if not paths:
        raise BuildError([Problem("slides", 0, "deck-missing", "there is no deck; write one in slides/<deck>/deck.md")])
    problems: list[Problem] = []
    sources: list[Source] = []
    for path in paths:
        label = path.relative_to(root).as_posix()
        if path.parent.name == "index" or re.search(r"""[#?%:*"<>|\\]""", path.parent.name):
            message = f"a folder named '{path.parent.name}' cannot become an address; rename it"
            problems.append(Problem(f"slides/{path.parent.name}", 0, "deck-name", message))
            continue
        try:
            sources.append(Source(path.parent.name, path, root, label, read_text(path, label)))
        except BuildError as error:
            problems += error.problems
    if problems:
        raise BuildError(problems)
    return sources


def name_files(files: Sequence[Path]) -> list[str]:
    """A different name for the outputs of each file: its stem, or its folder's where that says more."""
    names: list[str] = []
    for file in files:
        plain = file.stem.lower() in ("deck", "slides", "index", "readme", "presentation")
        stem = ((file.resolve().parent.name if plain else "") or file.stem).strip(". ") or "deck"
        name, number = stem, 2
        while name.casefold() in (taken.casefold() for taken in names):
            name, number = f"{stem}-{number}", number + 1
        names.append(name)
    return names


def open_file(file: Path, name: str) -> Source:
    """Open a deck that lies anywhere. Its project is the repository around it, else its own folder."""
    path = file.absolute()
    folder = path.resolve().parent
    root = next((above for above in [folder, *folder.parents] if (above / ".git").exists()), folder)
    text = read_text(path, str(file))
    return Source(name, path.resolve(), root, str(file), text)
