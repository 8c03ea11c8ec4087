"""Whoever waits is told what for; whoever reads a log is not."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import artifacts, marp
from pipeline.browser import LONG
from pipeline.deck import Deck
from pipeline.decks import Source
from pipeline.problems import BuildError, Problem
from pipeline.progress import Progress
from tests.conftest import Project
from tests.test_causes import slide


def test_each_thing_is_told_with_how_many_there_are() -> None:
    told: list[str] = []
    run = Progress(is_thorough=False, tell=told.append)
    run.begin("handouts")

    assert ["a", "b"] == list(run.each(["a", "b"]))
    assert ["handouts", "handouts: 1 of 2", "handouts: 2 of 2"] == told


def test_what_takes_long_is_told_with_the_time_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 100.0, 110.0, 120.0])
    monkeypatch.setattr("pipeline.progress.time.perf_counter", lambda: next(clock))
    told: list[str] = []
    run = Progress(is_thorough=False, tell=told.append)
    run.begin("pages")

    list(run.each("abc"))

    assert ["pages: 2 of 3, 20 s left", "pages: 3 of 3, 10 s left"] == told[2:]


def test_times_add_up_to_the_whole_run(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([1.0, 3.5, 4.0])
    monkeypatch.setattr("pipeline.progress.time.perf_counter", lambda: next(clock))
    run = Progress(is_thorough=False)
    run.begin("first")
    run.begin("second")

    assert ["    2.50 s  first", "    0.50 s  second"] == list(run.times())


def test_what_one_slide_allows_hides_nothing_that_nobody_has_allowed() -> None:
    allows = '{"theme-unknown": "ours is elsewhere", "overflow": "a joke"}'
    deck = Deck("talk", "", "", "en", "talk.md", (replace(slide(1), allows=allows, start=1), slide(2)))
    source = Source("talk", Path("talk.md"), Path(), "talk.md", "")
    made = artifacts.Made(source, deck, marp.Rendered("", "", b"", ()), b"", "", "")
    allowed = [Problem("talk.md", 2, "theme-unknown", "a"), Problem("talk.md", 12, "overflow", "b")]
    others = [Problem("talk.md", 12, "pdf-incomplete", "c"), Problem("talk.md", 22, "overflow", "d")]

    run = Progress(is_thorough=False, made=[made], found=[*others, *allowed])

    assert others == run.refused()
    assert allowed == [problem for problem, _ in run.report().allowed]


def test_what_ends_a_run_and_is_known_is_reported_once() -> None:
    pale = [Problem("talk.md", line, "contrast", f"slide {line}: 'Energy' stands out too little") for line in (1, 2, 3)]
    run = Progress(is_thorough=True, found=[*pale])

    with pytest.raises(BuildError) as caught:
        run.finish()

    gone = Problem("talk.md", 0, "output", "is gone; bring it back")
    said = "slide 1: 'Energy' stands out too little (and on 2 more)"
    assert [said] == [problem.message for problem in run.report(caught.value.problems).problems]
    assert [gone.message, said] == [each.message for each in run.report([*caught.value.problems, gone]).problems]


def on_terminal(root: Path, *arguments: str) -> str:
    """What a run of build.py shows on a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, "build.py", *arguments], cwd=root, stderr=theirs, stdout=subprocess.DEVNULL):
        os.close(theirs)
        shown = b""
        while part := _read(ours):
            shown += part
    os.close(ours)
    return shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # how Linux says that nobody writes any more
        return b""


def test_a_deck_of_very_many_slides_is_presented_before_its_handouts_are_printed(tiny: Project) -> None:
    slides = "".join(f"\n---\n\n## Slide {number}\n\n<!-- Note {number}. -->\n" for number in range(LONG))
    tiny.edit("slides/talk/deck.md", lambda text: text + slides)

    outcome = tiny.run("-v")

    assert 0 == outcome.code, outcome.err
    steps = [line.split("s  ")[1] for line in outcome.err.splitlines()]
    assert steps.index("slides presented, and printed by Marp") + 1 == steps.index("handouts")


def test_a_terminal_shows_what_is_at_work_and_where_the_time_went(built: Project) -> None:
    (built.root / "docs/page.md").write_text("# A page\n", encoding="utf-8")

    shown = on_terminal(built.root, "-v")

    assert "\r\x1b[Kpages opened in the browser: 1 of " in shown
    assert " s  pages, by MkDocs\r\n" in shown.rpartition("\r\x1b[K")[2]
