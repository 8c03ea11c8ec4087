"""Find pictures whose end is missing, of which browsers show a part or nothing without a word; and those too large."""

from __future__ import annotations

import functools
import os
import re
import stat
import warnings
from pathlib import Path

from PIL import Image

SUFFIXES = frozenset([".apng", ".gif", ".jfif", ".jpeg", ".jpg", ".png", ".webp"])

_FORMATS = ["GIF", "JPEG", "PNG", "WEBP"]
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"


def fault(path: Path) -> str:
    """What is wrong with a picture, and what to do; '' where nothing is, or where there is no such file."""
    if not _status(path):
        return ""
    if is_too_large(path):
        return f"{TOO_LARGE}; save it smaller"
    return "is cut off, so that readers see a part of it or nothing; save it anew" if is_cut_off(path) else ""


MOST = 100
"""Megapixels; a picture of more keeps a browser busy for minutes, as it is drawn anew for each output."""
TOO_LARGE = f"has more than {MOST} megapixels, which keep a browser busy for minutes"


def is_too_large(path: Path) -> bool:
    """Whether a PNG, JPEG, GIF or WebP file has more than MOST megapixels; what is none of these has none."""
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=_FORMATS) as image:
            return image.width * image.height > MOST * 1_000_000
    except Image.DecompressionBombError:
        return True
    except (OSError, SyntaxError, ValueError):
        return False


def is_cut_off(path: Path) -> bool:
    """Whether the end of a PNG, JPEG, GIF or WebP file is missing. What is none of these, or not there, is whole."""
    status = _status(path)
    return status is not None and _is_cut_off(path, status.st_mtime_ns, status.st_size)


def _status(path: Path) -> os.stat_result | None:
    """The state of a file; None where there is none, or what might never end to be read, as a pipe."""
    try:
        status = path.stat()
    except (OSError, ValueError):  # it is not there, or its name is longer than any file's, or not one of this system
        return None
    return status if stat.S_ISREG(status.st_mode) else None


# A preview asks for the same pictures each time that a page is saved.
@functools.lru_cache(maxsize=1000)
def _is_cut_off(path: Path, _: int, size: int) -> bool:
    with path.open("rb") as file:
        head = file.read(12)
        if head.startswith(_PNG):
            return _lacks_last_chunk(path, size)
    if head.startswith(_JPEG):
        return _lacks_end_of_image(path.read_bytes())
    if head.startswith(b"RIFF") and head.endswith(b"WEBP"):
        return int.from_bytes(head[4:8], "little") + 8 > size
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=["GIF"]) as image:
            image.load()
    except OSError as error:
        return "truncated" in str(error)
    except (Image.DecompressionBombError, SyntaxError, ValueError):  # which says nothing about its end
        return False
    return False


def _lacks_last_chunk(path: Path, size: int) -> bool:
    # ISO/IEC 15948, 5.3: after the signature come chunks of length, type, data and checksum; the last is IEND.
    at = len(_PNG)
    with path.open("rb") as file:
        while at + 12 <= size:
            file.seek(at)
            length, kind = int.from_bytes(file.read(4), "big"), file.read(4)
            if kind == b"IEND":
                return False
            at += 12 + length
    return True


def _lacks_end_of_image(content: bytes) -> bool:
    # ISO/IEC 10918-1, B.1.1: what is compressed has no marker in it but those to start again. Nobody decompresses it
    # here: where a small file has many scans, that takes minutes.
    at, has_scan = len(_JPEG), False
    while found := _MARKER.search(content, at):
        marker, at = found[0][1], found.end()
        if marker == 0xD9:  # the end
            return False
        has_scan = has_scan or marker == 0xDA
        if marker >= 0xC0 and marker != 0xD8:
            at += int.from_bytes(content[at : at + 2])  # of what may hold a small picture with an end of its own
    return has_scan


_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
