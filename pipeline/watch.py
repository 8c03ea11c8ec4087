"""Notice what an author changes in a project: told at once by the system, and decided by content.

Editors save in many ways: into the file, over it by another name, or empty first and whole a moment later.
"""

from __future__ import annotations

import hashlib
import os
import stat
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

from watchdog import events
from watchdog.observers import Observer

from pipeline import scratch

SLOW = 1.0
"""Seconds between two looks where the system tells of changes: on some disks it does not tell of all."""

QUICK = 0.2
"""Seconds between two looks where it tells of none."""

PATIENCE = 0.1
"""Seconds that a file may be empty or away before it is taken to be meant so."""

FRESH = 50_000_000
"""Nanoseconds in which a file may be written twice and have the same time."""

LARGE = 100_000_000
"""Bytes of a file that is not read, and has changed where its time has."""

_IGNORED = frozenset(["__pycache__", "node_modules"])
_PASSING = ("~", ".log", ".swp", ".tmp")
"""How names end of what editors and programs write by the way."""

_TOLD = [
    events.FileCreatedEvent,
    events.FileModifiedEvent,
    events.FileMovedEvent,
    events.FileDeletedEvent,
    events.DirCreatedEvent,
    events.DirMovedEvent,
    events.DirDeletedEvent,
]

_Mark = tuple[int, ...]
_TIME = 2  # its place in a mark


class Watcher(events.FileSystemEventHandler):
    """Knows the content of every file of a project that an author may change."""

    def __init__(self, root: Path, *more: Path) -> None:
        """Watch everything in `root` that tools do not make, and `more` files."""
        self._root = root
        self._more = more
        self._wake = threading.Event()
        self._untold: set[Path] = set()
        self._every = SLOW
        self._marks = dict(self._look())
        self._fresh: set[Path] = set()
        """What may be written again without another mark."""
        self._digests = {path: _digest(path) for path in self._marks}
        self._observer = Observer()

    def __enter__(self) -> Watcher:
        # Of a folder that it hears of twice, as of one made within a new one, watchdog says so; it is none the worse.
        warnings.filterwarnings("ignore", r"Callback with id '\d+' already exists", RuntimeWarning)
        try:
            self._observer.schedule(self, str(self._root), recursive=False, event_filter=_TOLD)
            for folder in self._root.iterdir():
                if folder.is_dir() and not folder.is_symlink() and not _is_ignored(folder, self._root):
                    self._observer.schedule(self, str(folder), recursive=True, event_filter=_TOLD)
            self._observer.start()
        except (OSError, RecursionError):  # no more watches to be had, a disk that has none, or folders without end
            self._every = QUICK
        return self

    def __exit__(self, *_: object) -> None:
        if self._observer.is_alive():
            self._observer.stop()
            self._observer.join()

    def on_any_event(self, event: events.FileSystemEvent) -> None:
        """Called by the system's observer, from a thread of its own."""
        self._wake.set()

    def wait(self, seconds: float | None = None) -> set[Path]:
        """Wait for a change; returns the paths of everything that has changed, and nothing when time is up."""
        end = None if seconds is None else time.monotonic() + seconds
        while not self._untold:
            left = self._every if end is None else min(self._every, end - time.monotonic())
            if left <= 0:
                return set()
            self._wake.wait(left)
            self._notice(was_read=False)
        self._let_settle()
        changed, self._untold = self._untold, set()
        return changed

    def catch_up(self) -> None:
        """To be called by those who have read files: what they got may have been there for a moment only."""
        self._notice(was_read=True)  # without asking whether the system has told of anything, as it may be late

    def is_behind(self, path: Path | None = None) -> bool:
        """Whether this file was written without `wait` having told of it; or anything, as far as is known at once."""
        if path or self._wake.is_set():
            self.catch_up()
        return path in self._untold if path else bool(self._untold)

    def _let_settle(self) -> None:
        """A file that is empty, or away, is often about to be written."""
        end = time.monotonic() + PATIENCE
        while (left := end - time.monotonic()) > 0 and any(map(_is_odd, self._untold)):
            self._wake.wait(left)
            self._notice(was_read=False)

    def _notice(self, *, was_read: bool) -> None:
        """See what has changed. What was read meanwhile may have held something else for a moment."""
        self._wake.clear()  # before looking: what comes now is seen, or told again
        settled = time.time_ns() - FRESH
        marks = dict(self._look())
        for path in marks.keys() | self._marks.keys():
            is_written = marks.get(path) != self._marks.get(path)
            if not is_written and path not in self._fresh:
                continue
            digest = _digest(path) if path in marks else b""
            if digest != self._digests.get(path) or (is_written and was_read):
                self._untold.add(path)
            self._digests[path] = digest
        self._marks = marks
        self._fresh = {path for path, mark in marks.items() if mark[_TIME] >= settled}

    def _look(self) -> Iterator[tuple[Path, _Mark]]:
        yield from _walk(self._root, self._root)
        for path in self._more:
            try:
                yield path, _mark(path.lstat())
            except OSError:
                continue


def _walk(folder: Path, root: Path) -> Iterator[tuple[Path, _Mark]]:
    """Everything below a folder that is no folder; links are not followed."""
    folders = [folder]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    path = Path(entry.path)
                    if _is_ignored(path, root):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(path)
                    else:
                        yield path, _mark(entry.stat(follow_symlinks=False))
        except OSError:  # it went away while we looked, or is not ours to read
            continue


def _is_ignored(path: Path, root: Path) -> bool:
    name = path.name
    return name.startswith((".", scratch.START)) or name in _IGNORED or name.endswith(_PASSING) or path == root / "dist"


def _mark(found: os.stat_result) -> _Mark:
    return found.st_mode, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def _digest(path: Path) -> bytes:
    """What is in a file; of a link, where it leads to. A pipe or a device may have no end, and is not opened."""
    try:
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode):
            return b"link " + os.fsencode(path.readlink())
        if not stat.S_ISREG(found.st_mode):
            return b"odd %d" % stat.S_IFMT(found.st_mode)
        if found.st_size > LARGE:
            return b"large %d %d" % (found.st_size, found.st_mtime_ns)
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError as error:
        return b"error %d" % (error.errno or 0)


def _is_odd(path: Path) -> bool:
    try:
        return not path.lstat().st_size
    except OSError:
        return True
