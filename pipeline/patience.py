"""See that reading what somebody wrote comes to an end: with regular expressions and parsers it may not."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from pipeline.problems import BuildError, Problem

SECONDS = 30.0
"""For each text: most take a hundredth of one."""

SECONDS_PER_SIGN = 0.00005
"""More for each character of it."""

_AGAIN = 5.0
"""Seconds after which whoever has kept it to himself that time is up is told once more."""


class Late(Exception):
    """Time is up."""


@contextmanager
def within(text: str) -> Iterator[None]:
    """Raise Late where what follows takes too long for a text, even if somebody has caught that.

    In the main thread, where the system has such a clock; elsewhere, nobody looks at it. One within another stops the
    clock of that for so long.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return
    is_late = False

    def end(*_: object) -> NoReturn:
        nonlocal is_late
        is_late = True
        raise Late

    before = signal.signal(signal.SIGALRM, end)
    around = signal.setitimer(signal.ITIMER_REAL, SECONDS + SECONDS_PER_SIGN * len(text), _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *around)
    if is_late:
        raise Late


@contextmanager
def named(path: str, text: str) -> Iterator[None]:
    """Read `text`. Raises BuildError, which names the file at `path`, where that takes too long."""
    try:
        with within(text):
            yield
    except Late:
        message = "keeps the build busy without end; look for the same sign, or empty lines, in long rows"
        raise BuildError([Problem(path, 0, "file", message)]) from None
