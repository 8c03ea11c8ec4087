"""Keep what is costly to make, by a hash of all that shapes it. What is damaged counts as not there."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline import fingerprint, publish
from pipeline.toolchain import HOME

FOLDER = Path("dist", "cache")
"""Where entries are kept, below the project."""

_DIGEST = 32


@dataclass(frozen=True)
class Cache:
    """Contents by their keys; without a folder, nothing is kept and nothing found."""

    folder: Path | None = None
    salt: str = ""
    """A hash of what shapes every entry: this code and the tools."""
    used: set[str] = field(default_factory=set, compare=False, repr=False)
    """The entries that this run has read or written: the others are not needed any more."""

    def key(self, kind: str, *parts: bytes | str) -> str:
        """The name of the entry that is made of `parts`, and of nothing else but code and tools."""
        digest = hashlib.sha256(f"{kind}\0{self.salt}".encode())
        for part in parts:
            content = part if isinstance(part, bytes) else part.encode()
            digest.update(b"\0%d\0" % len(content))
            digest.update(content)
        return f"{kind}-{digest.hexdigest()}"

    def get(self, key: str) -> bytes | None:
        """The content of an entry; None where there is none, or not the whole."""
        if not self.folder:
            return None
        try:
            if not (self.folder / key).is_file():  # a pipe would never end
                return None
            content = (self.folder / key).read_bytes()
        except OSError:
            return None
        if hashlib.sha256(content[_DIGEST:]).digest() != content[:_DIGEST]:
            return None
        self.used.add(key)
        return content[_DIGEST:]

    def put(self, key: str, content: bytes) -> None:
        """Keep an entry, whole or not at all: where it cannot be written, the build goes on without it."""
        if not self.folder:
            return
        with contextlib.suppress(OSError):
            publish.write(self.folder / key, content, head=hashlib.sha256(content).digest())
            self.used.add(key)

    def content(self, key: str, make: Callable[[Cache], bytes]) -> bytes:
        """What is kept under `key`, else what `make` makes now; what it takes from its cache stays, too."""
        found, parts = self.get(key), self.get(f"{key}-parts")
        if found is not None and parts is not None:
            self.used.update(json.loads(parts))
            return found
        within = replace(self, used=set())
        found = make(within)
        self.used.update(within.used)
        self.put(f"{key}-parts", json.dumps(sorted(within.used)).encode())
        self.put(key, found)
        return found

    def recall(self, key: str) -> bool:
        """Whether each file that `remember` has noted under `key` is there and as it was."""
        found = self.get(key)
        files: dict[str, str] = json.loads(found) if found is not None else {}
        return found is not None and all(_digest_of(Path(path)) == digest for path, digest in files.items())

    def remember(self, key: str, files: Iterable[Path] = ()) -> None:
        """Note under `key` that a look found nothing wrong, and what the files were that it has seen."""
        if self.folder:
            self.put(key, json.dumps({str(path): _digest_of(path) for path in sorted(files)}).encode())

    def tidy(self) -> None:
        """Remove the entries that this run has not used."""
        for path in self.folder.iterdir() if self.folder and self.folder.is_dir() else ():
            if path.name not in self.used:
                with contextlib.suppress(OSError):
                    path.unlink()


NOTHING_KEPT = Cache()
"""For those who want everything made anew."""


def open_cache(root: Path) -> Cache:
    """The cache of a project; one that keeps nothing where it cannot be told which tools there are."""
    try:
        code = fingerprint.of_tree(HOME / "pipeline", without=fingerprint.OF_TOOLS)
        shared = [(HOME / name).read_bytes() for name in ("marp.config.mjs", "package-lock.json", "requirements.lock")]
        salt = hashlib.sha256(b"\0".join([code.encode(), *shared, *map(os.fsencode, fingerprint.tools())]))
        return Cache(root / FOLDER, salt.hexdigest())
    except (OSError, RuntimeError, ValueError):
        return NOTHING_KEPT


def _digest_of(path: Path) -> str:
    """A hash of a file's content; '' where there is none, which is also something to have seen."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    except OSError:
        return ""
