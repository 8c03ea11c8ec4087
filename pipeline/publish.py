"""Stage a build beside the published site, and exchange the two in one step."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline.problems import BuildError, Problem

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@contextmanager
def stage(root: Path) -> Iterator[Path]:
    """An empty folder to build in, `dist/stage`, for one build at a time.

    Raises BuildError if another build holds it. What a killed build left there is removed first; what a failed
    one made stays for a look, until the next.
    """
    dist = root / "dist"
    try:
        dist.mkdir(exist_ok=True)
        lock = FileLock(dist / ".lock", timeout=0)
        lock.acquire()
    except Timeout:
        raise BuildError(
            [Problem("dist", 0, "output", "another build is at work here; wait until it has ended")]
        ) from None
    except OSError as error:
        raise BuildError(
            [Problem("dist", 0, "output", f"cannot be written ({error.strerror}); see who owns it")]
        ) from None
    try:
        for name in ("site", "report"):  # somebody put it there on purpose: it is not ours to take away
            if (dist / name).is_symlink() or (dist / name).is_file():
                message = "is no folder; move it away, so that the build can write its own"
                raise BuildError([Problem(f"dist/{name}", 0, "output", message)])
        folder = dist / "stage"
        try:
            if folder.is_symlink() or folder.is_file():
                folder.unlink()
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        except OSError as error:
            message = f"cannot be made anew ({error.strerror}); remove it, or see who owns it"
            raise BuildError([Problem("dist/stage", 0, "output", message)]) from None
        yield folder
    finally:
        lock.release()


def exchange(new: Path, current: Path) -> None:
    """Make the folder `new` the folder `current`; a reader sees the whole old one or the whole new one.

    Where the platform cannot exchange two folders, the old one is moved aside first, which leaves a moment
    without either.
    """
    if not current.exists():
        new.rename(current)
    elif _exchange_names(new, current):
        shutil.rmtree(new)
    else:
        aside = new.with_name(new.name + "-old")
        current.rename(aside)
        new.rename(current)
        shutil.rmtree(aside)


def _exchange_names(one: Path, other: Path) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    if rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS):  # a file system, or a kernel, that does not know how
        return False
    raise OSError(code, os.strerror(code), str(other))


def write(path: Path, content: str | bytes) -> None:
    """Write one output file, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
