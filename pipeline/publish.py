"""Stage a build beside the published site, and exchange the two in one step."""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from pipeline.problems import BuildError, Problem, shown

LOCK = ".lock"
"""The file in `dist` that a build holds."""

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@contextmanager
def stage(root: Path) -> Iterator[Path]:
    """An empty folder to build in, `dist/stage`, for one build at a time.

    Raises BuildError if another build holds it. What a killed build left there is removed first; what a failed
    one made stays for a look, until the next, unless it failed for want of room.
    """
    with hold(root):
        dist = root / "dist"
        for name in ("cache", "site", "report"):  # put there on purpose: not ours to take away
            if (dist / name).is_symlink() or (name != "cache" and (dist / name).is_file()):
                message = "is no folder; move it away, so that the build can write its own"
                raise BuildError([Problem(f"dist/{name}", 0, "output", message)])
        for name in ("site", "report"):
            see_no_disk(dist / name)
            _put_back(dist / name)
        folder = dist / "stage"
        try:
            if folder.is_symlink() or folder.is_file():
                folder.unlink()
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        except OSError as error:
            message = f"cannot be made anew ({error.strerror}); remove it, or see who owns it"
            raise BuildError([Problem("dist/stage", 0, "output", message)]) from None
        try:
            yield folder
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            raise


@contextmanager
def hold(root: Path) -> Iterator[None]:
    """Keep every other build away from `dist`. The system lets go of it when this process ends, however it does.

    Raises BuildError, which names the holder, if another build has it, and as `see_output` does.
    """
    see_output(root)
    dist = root / "dist"
    holder = dist / ".holder"
    lock = FileLock(dist / LOCK, timeout=0)
    try:
        dist.mkdir(exist_ok=True)
        lock.acquire()
    except Timeout:
        message = f"another build is at work here{_named(holder)}; wait until it has ended"
        raise BuildError([Problem("dist", 0, "output", message)]) from None
    except FileExistsError:
        message = "is no folder; move it away, so that the build can make its own"
        raise BuildError([Problem("dist", 0, "output", message)]) from None
    except OSError as error:
        message = f"cannot be written ({error.strerror}); see who owns it, and whether the disk has room"
        raise BuildError([Problem("dist", 0, "output", message)]) from None
    try:
        with suppress(OSError):  # a courtesy: on a full disk the build must begin all the same, to make room
            since = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
            holder.unlink(missing_ok=True)  # it could be a link
            holder.write_text(f"{os.getpid()} {since}", encoding="utf-8")
        yield
    finally:
        with suppress(OSError):
            holder.unlink(missing_ok=True)
        lock.release()


def see_output(root: Path) -> None:
    """See that `dist`, where it is a link, leads to what only builds have written: they replace what is there.

    Raises BuildError where it leads to anything else.
    """
    dist = root / "dist"
    found = {path.name for path in dist.iterdir()} if dist.is_symlink() and dist.is_dir() else set()
    # What is only written under the lock is somebody else's where there is none.
    ours = _WITHOUT_LOCK + _WITH_LOCK * (LOCK in found)
    if others := sorted(name for name in found if not re.fullmatch(ours, name)):
        message = f"is a link to a folder that holds {shown(others[0])}, which no build has made; move the link away"
        raise BuildError([Problem("dist", 0, "output", message)])


_WITHOUT_LOCK = r"decks|report|\.report-\w+|lost\+found"
"""What may be in `dist` before the first build; the last is on every new disk."""
_WITH_LOCK = r"|cache|site|stage|built\.(json|new)|\.(lock|holder|site-old)"


def see_no_disk(folder: Path) -> None:
    """See that a folder can be exchanged. Raises BuildError where it is a disk of its own, as containers have them."""
    if folder.is_mount():
        message = "is a disk of its own, which cannot be exchanged for another; let the folder above it be that disk"
        raise BuildError([Problem(f"{folder.parent.name}/{folder.name}", 0, "output", message)])


def _named(holder: Path) -> str:
    """Who has the lock; '' where it has not said so yet, or where the one that did was killed."""
    try:
        process, since = holder.read_text(encoding="utf-8").split(" ", 1)
    except (OSError, ValueError):
        return ""
    return f" (process {process}, since {since})" if process.isdecimal() and psutil.pid_exists(int(process)) else ""


def exchange(new: Path, current: Path, *, swap: Callable[[Path, Path], bool] | None = None) -> None:
    """Make the folder `new` the folder `current`; a reader sees the whole old one or the whole new one.

    Where the platform cannot `swap` two folders, the old one is moved aside first, which leaves a moment without
    either: the next `stage` puts it back if the build is killed then. Raises BuildError where the old one is on a disk
    that lets nothing be moved.
    """
    _settle(new)
    try:
        _put_in_place(new, current, swap)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # An overlay of disks moves no folder that lies on a lower one.
        message = "comes with the container's image and cannot be moved; run 'python3 build.py clean' once"
        raise BuildError([Problem(f"{current.parent.name}/{current.name}", 0, "output", message)]) from None


def _put_in_place(new: Path, current: Path, swap: Callable[[Path, Path], bool] | None) -> None:
    if not current.exists():
        new.rename(current)
    elif (swap or _exchange_names)(new, current):
        shutil.rmtree(new, ignore_errors=True)  # what stays goes with the next stage
    else:
        aside = _aside(current)
        current.rename(aside)
        try:
            new.rename(current)
        except BaseException:
            aside.rename(current)
            raise
        shutil.rmtree(aside, ignore_errors=True)


def _aside(current: Path) -> Path:
    return current.with_name(f".{current.name}-old")


def _put_back(current: Path) -> None:
    """Undo an exchange that was killed in the moment without either, or end one that was killed right after it."""
    aside = _aside(current)
    if not current.exists() and aside.exists():
        aside.rename(current)
    shutil.rmtree(aside, ignore_errors=True)


def _settle(folder: Path) -> None:
    """Have everything written to the disk, or a power cut right after the exchange could leave empty files.

    One call for all of them takes milliseconds, where one for each file would take tenths of a second.
    """
    if sys.platform.startswith("linux"):
        place = os.open(folder, os.O_RDONLY)
        try:
            ctypes.CDLL(None).syncfs(place)
        finally:
            os.close(place)


def _exchange_names(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; returns whether the system knows how."""
    system = ctypes.CDLL(None, use_errno=True)
    names = os.fsencode(one), os.fsencode(other)
    if sys.platform.startswith("linux") and hasattr(system, "renameat2"):
        failed = system.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE)
    elif sys.platform == "darwin" and hasattr(system, "renamex_np"):
        failed = system.renamex_np(*names, _RENAME_EXCHANGE)  # which has the same number there
    else:
        return False
    code = ctypes.get_errno()
    if failed and code not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):  # else the file system does not know how
        raise OSError(code, os.strerror(code), str(other))
    return not failed


NEW = ".new-"
"""How names begin of files that are being written; what was killed leaves one, for `scratch.abandoned` to find."""


def see_folders(folders: Iterable[Path]) -> None:
    """See that nothing stands in the place of a folder to write into. Raises BuildError where something does."""
    for folder in folders:
        for path in (folder, *folder.parents):
            if not path.is_dir() and (path.exists() or path.is_symlink()):
                message = "is no folder; move it away, or name another folder with -o"
                raise BuildError([Problem(str(path), 0, "output", message)])


def write(path: Path, content: str | bytes, *, head: bytes = b"") -> None:
    """Write one output file, making its folder; in one step, so that what is there is always whole.

    `head` comes before the content, of which there may be so much that nobody wants it twice.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Another for each process, as two may write the same file; and short.
    new = path.with_name(f"{NEW}{os.getpid()}-{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:8]}")
    try:
        with new.open("wb") as file:
            file.write(head)
            file.write(content if isinstance(content, bytes) else content.encode("utf-8"))
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
