"""Tell from contents whether what was built still holds, and start nothing for it. Standard library only."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from pipeline import toolchain

RECORD = Path("dist", "built.json")
"""What the last build was made of and what it made, below the project."""

_INPUTS = (
    "build.py", "data", "docs", "marp.config.mjs", "mkdocs.yml", "mkdocs_hooks.py", "overrides",
    "package-lock.json", "pipeline", "requirements.lock", "slides",
)  # fmt: skip

OF_TOOLS = frozenset(["__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache"])
"""Folders that tools fill, wherever they are."""
_OF_TOOLS_AT_ROOT = frozenset([".git", ".venv", "dist", "node_modules"])
"""Folders of a project that no build reads for what an author wrote."""

_VARIABLES = ("SITE_URL", "EDIT_URL", "SOURCE_DATE_EPOCH", "GIT_DIR")
_TOLD_TO_TOOLS = (
    "FONTCONFIG_FILE", "FONTCONFIG_PATH", "NODE_OPTIONS", "PYTHONPATH", "XDG_CONFIG_HOME", "XDG_DATA_HOME",
)  # fmt: skip
"""Variables that change what the tools make of the same input."""
_FONTS = (
    "/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts", "/Library/Fonts",
    "~/Library/Fonts", "C:/Windows/Fonts", "/etc/fonts", "~/.config/fontconfig",
)  # fmt: skip
"""Where letters lie, and where it is said which of them are taken."""


@dataclass(frozen=True)
class State:
    """What shapes a build, each part as a hash."""

    project: str
    """Every file of the project that is not a tool's."""
    surroundings: str
    """Tools, fonts, variables of the environment, and the commit whose date outputs carry."""
    decks: str
    """Every file below `slides/`."""
    site: str = ""
    """Every file of the site that was made of it."""
    since: int = field(default=0, compare=False)
    """When it was so, in nanoseconds since 1970."""


def inputs_fingerprint(root: Path) -> str:
    """A hash of everything in the project that shapes the site."""
    digest = hashlib.sha256("\0".join(os.environ.get(name, "") for name in ("SITE_URL", "EDIT_URL")).encode())
    inside = root.resolve()
    for name in _INPUTS:
        for path in sorted([root / name, *(root / name).rglob("*")]):
            if "__pycache__" not in path.parts:
                _add(digest, path, root, inside)
    return digest.hexdigest()


def _own_text(path: Path) -> str:
    """The text of a file that a build has written. Raises ValueError for what may have no end, as a device."""
    if path.is_symlink() or not path.is_file():
        raise ValueError
    return path.read_text(encoding="utf-8")


def is_current(root: Path) -> bool:
    """Whether dist/site was built from the inputs as they are now."""
    try:
        built = json.loads(_own_text(root / "dist" / "site" / "build.json"))
        return isinstance(built, dict) and built.get("fingerprint") == inputs_fingerprint(root)
    except (OSError, ValueError):
        return False


def is_as_built(root: Path) -> bool:
    """Whether a build would only make again what dist/site holds. Where that cannot be told, it is said not to."""
    try:
        known = State(**json.loads(_own_text(root / RECORD)))
        return (
            known.surroundings == _surroundings(root)
            and known.project == _of_files(root)
            and known.site == of_tree(root / "dist" / "site")
            and (root / "dist" / "report" / "index.html").is_file()
        )
    except (OSError, RuntimeError, ValueError, TypeError):  # it is not there, or somebody wrote into it
        return False


def has_new_decks(root: Path) -> bool:
    """Whether a deck, its theme or a picture is not as when dist/site was built, or that cannot be told."""
    try:
        known = State(**json.loads(_own_text(root / RECORD)))
        return known.decks != _of_files(root / "slides")
    except (OSError, RuntimeError, ValueError, TypeError):
        return True


def look(root: Path) -> State | None:
    """What a build that begins now is made of; None where that cannot be told."""
    since = time.time_ns()
    try:
        return State(_of_files(root), _surroundings(root), _of_files(root / "slides"), since=since)
    except (OSError, RuntimeError, ValueError):  # the build itself says better what is wrong with a file
        return None


def note(root: Path, state: State | None) -> None:
    """Note that dist/site was made of `state`, for `is_as_built`; where that cannot be written, the next one builds.

    So does it where anything was written meanwhile: nobody knows whether what was read had been changed already, and
    changed back.
    """
    if not state or _is_written(root, state.since):
        return
    new = (root / RECORD).with_suffix(".new")
    with contextlib.suppress(OSError):
        if _of_files(root) != state.project:  # as where a file has gone
            return
        made = asdict(replace(state, site=of_tree(root / "dist" / "site")))
        del made["since"]
        new.unlink(missing_ok=True)  # it could be a link
        new.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
        new.replace(root / RECORD)


def _is_written(root: Path, since: int) -> bool:
    """Whether a file of the project was written, or has come, after a moment."""
    try:
        states = (path.lstat() for path in _walk(root, OF_TOOLS, _OF_TOOLS_AT_ROOT))
        # Nobody can set the time of the last change; on Windows, it is that of the first.
        return any((state.st_mtime_ns if os.name == "nt" else state.st_ctime_ns) > since for state in states)
    except OSError:  # it has gone meanwhile
        return True


def forget(root: Path) -> None:
    """Make the next build begin anew."""
    (root / RECORD).unlink(missing_ok=True)


def of_tree(folder: Path, *, without: frozenset[str] = frozenset()) -> str:
    """A hash of the names and contents of all files in a folder, but for some folders in it.

    Raises OSError where it is none.
    """
    if folder.is_symlink() or not folder.is_dir():
        raise NotADirectoryError(str(folder))
    digest = hashlib.sha256()
    for path in _walk(folder, without, frozenset()):
        _add(digest, path, folder, folder.resolve())
    return digest.hexdigest()


def _of_files(folder: Path) -> str:
    """A hash of all files of a project, or in a folder of it, that are not a tool's."""
    digest = hashlib.sha256()
    inside = folder.resolve()
    for path in _walk(folder, OF_TOOLS, _OF_TOOLS_AT_ROOT):
        if is_too_large(path):
            raise ValueError  # nobody waits for it
        _add(digest, path, folder, inside)
    return digest.hexdigest()


def _walk(folder: Path, without: frozenset[str], without_at_top: frozenset[str]) -> Iterator[Path]:
    """Every file and link below `folder`, and every empty folder, always in the same order."""
    for place, folders, files in os.walk(folder):  # which follows no links
        left_out = without | without_at_top if Path(place) == folder else without
        links = [name for name in folders if name not in left_out and Path(place, name).is_symlink()]
        folders[:] = sorted(name for name in folders if name not in left_out and not name.endswith(".egg-info"))
        yield from (Path(place, name) for name in sorted([*files, *links]))
        if not folders and not files:
            yield Path(place)


def is_too_large(path: Path) -> bool:
    """Whether a file is one that takes minutes to read and cannot be published.

    https://docs.github.com/en/pages/getting-started-with-github-pages/github-pages-limits
    """
    return path.is_file() and path.stat().st_size > 10**9


def _add(digest: hashlib._Hash, path: Path, root: Path, inside: Path) -> None:
    digest.update(b"\0%b\0" % os.fsencode(path.relative_to(root).as_posix()))
    if path.is_symlink():  # what it leads to may be anything, and is looked at where it is allowed
        digest.update(os.fsencode(path.readlink()))
        if not Path(os.path.realpath(path)).is_relative_to(inside):  # unlike resolve(), it bears a link to itself
            return
    if path.is_file():
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())


# --- tools and the rest of the machine ----------------------------------------------------------------------


def _surroundings(root: Path) -> str:
    """Raises ValueError where it cannot be told what shapes a build."""
    settings = root / "mkdocs.yml"
    text = settings.read_text(encoding="utf-8") if settings.is_file() else ""
    # Any word may name a variable: where the list of them ends, only YAML knows.
    variables = {*_VARIABLES, *(re.findall(r"\w+", text) if "!ENV" in text else ())}
    told = {
        "variables": {name: os.environ.get(name) for name in sorted(variables)},
        "tools": tools(),
        "commit": "" if os.environ.get("SOURCE_DATE_EPOCH") else _commit(root),
    }
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def tools() -> list[str]:
    """What changes when a tool of the build, or a font, is replaced."""
    stamps = [toolchain.HOME / name / ".lock-stamp" for name in (".venv", "node_modules")]
    stamps += [toolchain.HOME / ".venv" / name for name in ("pyvenv.cfg", ".node-stamp")]
    node, browser = shutil.which("node"), toolchain.known_browser()
    return [
        *(path.read_text(encoding="utf-8") if path.exists() else "" for path in stamps),
        *(line for program in (node, browser) if program for line in _program(Path(program))),
        *(f"{name}={os.environ.get(name)}" for name in _TOLD_TO_TOOLS),
        *(line for folder in _FONTS for line in _listing(Path(folder).expanduser())),
    ]


def _program(path: Path) -> list[str]:
    """What changes when a program is replaced: it is too large to be read, and asking it would start it.

    A browser is often started by a script: then, whatever that names is looked at, too. Raises ValueError where there
    is no program.
    """
    if not path.is_file():  # the build itself says so
        raise ValueError
    found = [path.resolve()]
    with path.open("rb") as file:
        start = file.read(65_536)
    if start.startswith(b"#!"):
        named = {Path(os.fsdecode(name)) for name in re.findall(rb"/[\w./+-]{3,}", start)}
        found += sorted(place for place in named if place.exists())
    told = [hashlib.sha256(start).hexdigest()]
    for place in found:
        state = place.stat()
        told.append(f"{place} {state.st_size if place.is_file() else 0} {state.st_mtime_ns}")
    return told


def _listing(folder: Path) -> Iterator[str]:
    for path in _walk(folder, frozenset(), frozenset()) if folder.is_dir() else ():
        state = path.lstat()
        yield f"{path} {state.st_size} {state.st_mtime_ns}"


def _commit(root: Path) -> str:
    """The commit that is checked out, as Git keeps it in files. Raises ValueError where it keeps it otherwise."""
    place = next((above / ".git" for above in (root, *root.parents) if (above / ".git").exists()), None)
    if not place or not shutil.which("git"):
        return ""
    if place.is_file():  # a work tree beside the repository
        place = place.parent / place.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
    shared = place / "commondir"
    common = place / shared.read_text(encoding="utf-8").strip() if shared.is_file() else place
    if (common / "reftable").exists():
        raise ValueError("references in a table")
    if not (place / "HEAD").is_file():
        raise ValueError("no file")
    head = (place / "HEAD").read_text(encoding="utf-8").strip()
    name = head.removeprefix("ref:").strip()
    if name == head:
        return head
    for path in (place / name, common / name):
        if path.is_file():
            return path.read_text(encoding="utf-8").strip()
    packed = common / "packed-refs"
    lines = packed.read_text(encoding="utf-8").splitlines() if packed.is_file() else []
    return next((line.split()[0] for line in lines if line.endswith(f" {name}")), "")
