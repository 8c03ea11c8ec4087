"""A folder for what Marp and browsers write by the way; it goes in the end, with every process that works in it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from pipeline.problems import AUTHORS, BuildError, Problem
from pipeline.toolchain import HOME

NAMES = ("TMPDIR", "TEMP", "TMP")
"""What programs look into for the folder of temporary files, in the order of Python's `tempfile`."""

START = "deck-build-"
"""What our folders are called; of what is left of them, nobody else's is removed: each holds a mark."""
_MARK = ".deck-build"

ROOM = 16 * 2**20
"""Bytes that must be free: a build of one slide gets by with half of it."""

_PATIENCE = 5.0
"""Seconds that the system has to end a process which was killed."""


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """A new folder in the system's one for temporary files, since a browser's socket in it must have a short path.

    Its name ends with our process: what killed builds left is removed first, and their processes are ended.
    Raises BuildError where no folder can be made.
    """
    system = _system()
    try:
        for left in abandoned(system, START):
            if _is_given_up(left):
                _remove(left)
        made = Path(tempfile.mkdtemp(prefix=f"{START}{os.getpid()}-", dir=system))
        mark = FileLock(made / _MARK, timeout=0)
        mark.acquire()
        room = shutil.disk_usage(made).free
    except OSError as error:
        raise _refusal(system, f"takes no temporary files ({error.strerror})") from None
    try:
        if room < ROOM:
            reason = f"has {room // 2**20} MB left for temporary files, and a build wants {ROOM // 2**20}"
            raise _refusal(system, reason)
        yield made
    finally:
        mark.release()
        _remove(made)


def place_problems(root: Path) -> Iterator[Problem]:
    """Whether temporary files would lie where a project is published from."""
    try:
        system, inside = _system().resolve(), root.resolve()
        is_inside = system.is_dir() and system.is_relative_to(inside)
    except (OSError, RuntimeError):  # no folder, as `open_folder` says
        return
    if is_inside and system.relative_to(inside).parts[:1] in {(name,) for name in AUTHORS}:
        message = f"is where temporary files go, and would be published; set {NAMES[0]} to another folder"
        yield Problem(system.relative_to(inside).as_posix(), 0, "output", message)


def abandoned(folder: Path, start: str) -> Iterator[Path]:
    """What lies in a folder named by `start` and the number of a process that is gone, maybe with a random end."""
    for path in folder.glob(f"{start}*"):
        named = re.fullmatch(r"([0-9]{1,9})(?:-[a-z0-9_]{8})?", path.name.removeprefix(start))
        if named and _is_ours(path) and _is_gone(int(named[1]), path):
            yield path


def _is_gone(number: int, path: Path) -> bool:
    """Whether the process that made `path` is gone, though its number may be another's by now, as 1 in a container."""
    try:
        return psutil.Process(number).create_time() > path.lstat().st_mtime + 1
    except psutil.NoSuchProcess:
        return True
    except (psutil.Error, OSError):
        return False


def _is_given_up(path: Path) -> bool:
    """Whether one of our folders holds its mark and nobody holds that, or nothing, as it was killed before.

    The number in its name is not enough: a container counts its own processes, and may share the folder with others.
    """
    mark = path / _MARK
    try:
        if not mark.is_file():
            return not any(path.iterdir())
        with FileLock(mark, timeout=0):
            return True
    except (OSError, Timeout):  # somebody else has just removed it, or it is no folder, or another build's
        return False


def _is_ours(path: Path) -> bool:
    try:
        return not hasattr(os, "geteuid") or path.lstat().st_uid == os.geteuid()
    except OSError:  # somebody else has just removed it
        return False


def environment(folder: Path) -> dict[str, str]:
    """Our environment, for a process that is to work in `folder` and to end with it."""
    # As Python does with its own modules, a newer Node keeps what it has compiled: it then starts a third sooner.
    kept = {"NODE_COMPILE_CACHE": str(HOME / "node_modules" / ".cache" / "node")}
    return {**os.environ, **kept, **dict.fromkeys(NAMES, str(folder))}


def end(folder: Path) -> None:
    """End every process that works in `folder`, and whatever these have started."""
    for _ in range(5):  # one that is about to start another may win the first time
        found = _processes(folder)
        if not found:
            return
        for each in found:
            with contextlib.suppress(psutil.Error):
                each.kill()
        deadline = time.monotonic() + _PATIENCE
        while any(map(_lives, found)) and time.monotonic() < deadline:
            time.sleep(0.005)


def _lives(process: psutil.Process) -> bool:
    """Whether a process is at work. One that has ended stays until its parent sees it, in a container maybe always."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _processes(folder: Path) -> set[psutil.Process]:
    """Found by their environment, as a browser's are a group of their own and outlive the one that started them."""
    found: set[psutil.Process] = set()
    for each in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):  # somebody else's, or gone by now
            if each.environ().get(NAMES[0]) == str(folder) and _lives(each):
                found |= {each, *each.children(recursive=True)}
    return found


def _remove(folder: Path) -> None:
    end(folder)
    shutil.rmtree(folder, ignore_errors=True)


def _system() -> Path:
    wanted = next((value for name in NAMES if (value := os.environ.get(name))), None)
    try:
        return Path(wanted or tempfile.gettempdir()).absolute()
    except OSError:  # none of the usual ones can be written
        return Path("/tmp")


def _refusal(system: Path, reason: str) -> BuildError:
    message = f"{reason}; make room in it, or set {NAMES[0]} to a folder that can be written"
    return BuildError([Problem(str(system), 0, "output", message)])
