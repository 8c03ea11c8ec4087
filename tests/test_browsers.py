"""However a browser or Node misbehaves: the build ends in time, says so, keeps the old site, and leaves nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from pipeline import scratch, toolchain
from pipeline.toolchain import Tools
from tests.conftest import Project


@pytest.fixture
def tiny(tiny: Project) -> Project:
    """The smallest project, with a site that was published before."""
    published = tiny.root / "dist/site/index.html"
    published.parent.mkdir(parents=True)
    published.write_text("the last good site", encoding="utf-8")
    return tiny


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for temporary files, with a path that is short enough for a browser's socket."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def left_by(mark: str) -> list[str]:
    """What still runs of the build that was given this mark."""
    found: list[str] = []
    for each in psutil.process_iter():
        try:
            if mark in each.environ().values():
                found.append(" ".join(each.cmdline()))
        except psutil.Error:
            continue
    return found


def refused(tiny: Project, temporary: Path, *arguments: str, **environment: str) -> str:
    """Build where it cannot succeed; returns what it said."""
    mark = uuid.uuid4().hex

    outcome = tiny.run(*arguments, **{"TMPDIR": str(temporary), "BUILD_MARK": mark, **environment})

    assert 1 == outcome.code, outcome
    assert "Traceback" not in outcome.err
    assert [] == left_by(mark)
    assert [] == list(temporary.iterdir())
    site = tiny.root / "dist" / "site"
    assert ["index.html"] == [path.name for path in site.rglob("*")]
    assert "the last good site" == (site / "index.html").read_text(encoding="utf-8")
    return outcome.err + outcome.out


@pytest.mark.parametrize("name", ["nowhere", "build.py", "loop", "a" * 300])
def test_a_folder_for_temporary_files_that_is_none_is_named(tiny: Project, temporary: Path, name: str) -> None:
    (tiny.root / "loop").symlink_to("loop")
    wrong = tiny.root / name

    said = refused(tiny, temporary, TMPDIR=str(wrong))

    assert f"{wrong}: takes no temporary files (" in said
    assert "set TMPDIR to a folder that can be written [output]" in said


def test_temporary_files_are_not_published(tiny: Project, temporary: Path) -> None:
    inside = tiny.root / "docs/drafts"
    inside.mkdir()

    said = refused(tiny, temporary, TMPDIR=str(inside))

    assert "docs/drafts: is where temporary files go, and would be published; set TMPDIR to another folder" in said
    assert [] == list(inside.iterdir())


def test_options_with_which_the_driver_of_browsers_ends_are_named(tiny: Project, temporary: Path) -> None:
    said = refused(tiny, temporary, NODE_OPTIONS="--max-old-space-size=8")

    assert "the program that drives browsers does not start" in said
    assert "unset NODE_OPTIONS, or correct it [browser]" in said


def test_what_a_killed_build_left_goes_with_the_next(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(temporary))
    killed = subprocess.Popen([sys.executable, "-c", ""])
    killed.wait()
    left = temporary / f"deck-build-{killed.pid}-abcdefgh"
    left.mkdir()
    deaf = [sys.executable, "-c", "import time; time.sleep(1000)"]
    with subprocess.Popen(deaf, env=scratch.environment(left)) as browser:
        with scratch.open_folder() as folder:
            assert [folder] == list(temporary.iterdir())
        assert -signal.SIGKILL == browser.wait()
    assert [] == list(temporary.iterdir())


def test_what_a_killed_build_left_goes_though_another_has_its_number(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(temporary))
    left = temporary / f"deck-build-{os.getpid()}-abcdefgh"  # as 1 is the number of many in containers
    left.mkdir()
    os.utime(left, (0, 0))
    with scratch.open_folder() as folder:
        assert [folder] == list(temporary.iterdir())


def test_what_another_build_holds_stays_though_its_process_cannot_be_seen(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(temporary))
    with scratch.open_folder() as other:  # as a container sees it, where our processes have other numbers
        hidden = other.rename(temporary / "deck-build-4194305-abcdefgh")
        with scratch.open_folder():
            pass
        assert [hidden] == list(temporary.iterdir())
    with scratch.open_folder() as folder:
        assert [folder] == list(temporary.iterdir())


def test_nobody_waits_for_what_has_ended_though_its_parent_has_not_seen_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container, whose first process may never look."""
    monkeypatch.setattr(scratch, "_PATIENCE", float("inf"))
    deaf = [sys.executable, "-c", "import time; time.sleep(1000)"]
    start = f"subprocess.Popen({deaf}, env={scratch.environment(tmp_path)})"
    script = f"import subprocess, time; print({start}.pid); time.sleep(1000)"
    with subprocess.Popen([sys.executable, "-u", "-c", script], stdout=subprocess.PIPE, text=True) as never_looks:
        try:
            assert never_looks.stdout
            begun = psutil.Process(int(never_looks.stdout.readline()))
            ending = threading.Thread(target=scratch.end, args=[tmp_path], daemon=True)
            ending.start()
            ending.join(60)
            assert (False, psutil.STATUS_ZOMBIE) == (ending.is_alive(), begun.status())
        finally:
            never_looks.kill()


def test_folders_that_only_look_like_ours_are_let_be(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(temporary))
    names = [
        "decks-2026",
        "deck-build-20260915",
        "deck-build-4194305-workshop",
        "deck-build-99999999999999-abcdefgh",
    ]
    for name in names:
        (temporary / name).mkdir()
        (temporary / name / "slides.pdf").touch()

    with scratch.open_folder():
        pass

    assert sorted(names) == sorted(path.name for path in temporary.iterdir())


def program(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return str(path)


ANSWERS = "#!/bin/sh\nif [ \"$1\" = --version ]; then echo 'Chromium 150'; exit; fi\n"

MEDDLER = """\
#!{python}
import contextlib, os, signal, subprocess, sys, time
import psutil

real, job, moment, victim, name = {real!r}, {job!r}, {moment!r}, {victim!r}, {signal!r}
if not any(job in argument for argument in sys.argv):
    os.execv(real, [real, *sys.argv[1:]])
started = subprocess.Popen([real, *sys.argv[1:]], close_fds=False)

def parts(word):
    for each in psutil.Process(started.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if word in " ".join(each.cmdline()):
                yield each

end = time.monotonic() + 30
while time.monotonic() < end and started.poll() is None:
    with contextlib.suppress(psutil.Error):
        if list(parts(moment)):
            whole = psutil.Process(started.pid)  # which may be a script that only waits for the browser
            for each in parts(victim) if victim else [whole, *whole.children(recursive=True)]:
                with contextlib.suppress(psutil.Error):
                    each.send_signal(getattr(signal, name))
            if not victim:
                break
    time.sleep(0.01)
sys.exit(started.wait())
"""
"""Starts the real program; as soon as a certain part of it runs, sends a signal to it, or to every one of its parts."""

OURS, MARPS, NODES = "playwright_chromiumdev_profile", "marp-cli-", "marp.mjs"
WHOLE, RENDERERS = "", "--type=renderer"


def meddler(path: Path, real: Path, job: str, victim: str, name: str) -> str:
    """A program that starts `real`, and at `job` is hit by a signal once it shows a page."""
    text = MEDDLER.format(python=sys.executable, real=str(real), job=job, moment=RENDERERS, victim=victim, signal=name)
    return program(path, text)


def test_a_build_leaves_nothing_behind(tiny: Project, temporary: Path) -> None:
    mark = uuid.uuid4().hex

    outcome = tiny.run(TMPDIR=str(temporary), BUILD_MARK=mark, PWDEBUG="1")  # which waits for somebody at each step

    assert (0, "") == (outcome.code, outcome.err)
    assert (tiny.root / "dist/site/decks/talk/slides.pdf").is_file()
    assert [] == left_by(mark)
    assert [] == list(temporary.iterdir())


def test_what_is_no_browser_is_refused(tiny: Project, temporary: Path) -> None:
    """What else is none, `test_toolchain.py` tries."""
    chrome = program(tiny.root / "chrome", "#!/bin/sh\nkill -SEGV $$\n")

    said = refused(tiny, temporary, CHROME_PATH=chrome)

    assert said.startswith(f"build.py: CHROME_PATH is {chrome}, which is no Chromium, Chrome or Edge")


@pytest.mark.parametrize("ending", ["exit 1", pytest.param("kill -SEGV $$", marks=pytest.mark.slow)])
def test_a_browser_that_ends_at_once_is_named(tiny: Project, temporary: Path, ending: str) -> None:
    chrome = program(tiny.root / "chrome", f"{ANSWERS}{ending}\n")

    said = refused(tiny, temporary, CHROME_PATH=chrome)

    assert f"{chrome}: the browser does not start: " in said
    assert "[browser]" in said


@pytest.mark.parametrize("victim", [WHOLE, pytest.param(RENDERERS, marks=pytest.mark.slow)], ids=["whole", "renderers"])
def test_a_browser_that_is_killed_while_we_look_is_named(
    tiny: Project, temporary: Path, tools: Tools, victim: str
) -> None:
    chrome = meddler(tiny.root / "chrome", tools.browser, OURS, victim, "SIGKILL")

    said = refused(tiny, temporary, CHROME_PATH=chrome)

    lost = {
        WHOLE: ["it ended in the middle of its work"],
        RENDERERS: ["the browser gave up: ", "could not be looked at to the end"],
    }
    assert any(words in said for words in lost[victim])
    assert "[browser]" in said


@pytest.mark.slow
def test_a_browser_that_is_killed_while_marp_works_is_named(tiny: Project, temporary: Path, tools: Tools) -> None:
    chrome = meddler(tiny.root / "chrome", tools.browser, MARPS, WHOLE, "SIGKILL")

    said = refused(tiny, temporary, CHROME_PATH=chrome)

    assert "slides/talk/deck.md: Marp could not render this deck: " in said
    assert "; see whether the browser runs by itself and memory is free [marp]" in said


def test_a_browser_that_goes_away_is_not_replaced_by_another(tiny: Project, temporary: Path, tools: Tools) -> None:
    path = tiny.root / "chrome"
    take_away = 'case "$*" in *playwright_*) rm "$0";; esac\n'
    chrome = program(path, f'#!/bin/sh\n{take_away}exec "{tools.browser}" "$@"\n')

    said = refused(tiny, temporary, CHROME_PATH=chrome)

    assert f"{chrome}: the browser was taken away while Marp was at work" in said


def node(tiny: Project, text: str) -> dict[str, str]:
    """The environment in which Node is a program of ours, that tells its version as Node does."""
    real = shutil.which("node") or str(toolchain.find_node())
    version = f'#!/bin/sh\nif [ "$1" = --version ]; then exec "{real}" --version; fi\n'
    program(tiny.root / "bin" / "node", version + text)
    return {"PATH": f"{tiny.root / 'bin'}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("exit 0", "Marp CLI: ended early: without a word", marks=pytest.mark.slow),
        pytest.param("echo broken >&2; exit 1", "Marp CLI: ended early: broken", marks=pytest.mark.slow),
        (
            """echo '{"id": "0.html", "begins": true}'; echo broken >&2; exit 1""",
            "slides/talk/deck.md: Marp ended early: broken while it was at work on this deck; write it more simply, or",
        ),
        pytest.param("echo 5; sleep 1000", "Marp CLI: said '5', which is no answer", marks=pytest.mark.slow),
        pytest.param(
            "echo Welcome; sleep 1000", "Marp CLI: said 'Welcome', which is no answer", marks=pytest.mark.slow
        ),
        pytest.param("printf '\\377\\n'; sleep 1000", "which is no answer", marks=pytest.mark.slow),
    ],
)
def test_a_node_that_ends_or_talks_nonsense_is_named(tiny: Project, temporary: Path, text: str, message: str) -> None:
    said = refused(tiny, temporary, **node(tiny, text))

    assert message in said
    assert "[marp]" in said


def test_a_browser_that_goes_away_is_named_where_node_ends_with_it(
    tiny: Project, temporary: Path, tools: Tools
) -> None:
    os.mkfifo(tiny.root.parent / "begun")  # in which each waits for the other
    begin = 'case "$*" in *playwright_*) echo > "${0%/*}/../begun";; esac\n'
    chrome = program(tiny.root / "chrome", f'#!/bin/sh\n{begin}exec "{tools.browser}" "$@"\n')
    end = 'read -r _ < "${CHROME_PATH%/*}/../begun"\nrm "$CHROME_PATH"\nexit 1\n'

    said = refused(tiny, temporary, CHROME_PATH=chrome, **node(tiny, end))

    assert f"{chrome}: the browser was taken away while Marp was at work" in said


def meddling_node(tiny: Project, name: str) -> dict[str, str]:
    real = Path(shutil.which("node") or toolchain.find_node())
    wrapper = meddler(tiny.root / "node.py", real, NODES, WHOLE, name)
    return node(tiny, f'exec "{wrapper}" "$@"\n')


@pytest.mark.slow
def test_a_node_that_is_killed_is_named(tiny: Project, temporary: Path) -> None:
    said = refused(tiny, temporary, **meddling_node(tiny, "SIGKILL"))

    assert "ended early: without a word" in said
    assert "[marp]" in said


@pytest.mark.slow
@pytest.mark.parametrize("text", ["exec sleep 1000", "sleep 1000", "sleep 1000 & wait"])
def test_a_browser_that_does_not_tell_its_version_is_named(tiny: Project, temporary: Path, text: str) -> None:
    chrome = program(tiny.root / "chrome", f"#!/bin/sh\n{text}\n")

    said = refused(tiny, temporary, CHROME_PATH=chrome)

    assert said.startswith(f"build.py: CHROME_PATH is {chrome}, which does not tell its version in ")


@pytest.mark.slow
@pytest.mark.parametrize("text", ["exec sleep 1000", "sleep 1000", "sleep 1000 & exit"])
def test_a_browser_that_hangs_at_its_start_is_named(tiny: Project, temporary: Path, text: str) -> None:
    chrome = program(tiny.root / "chrome", f"{ANSWERS}{text}\n")

    said = refused(tiny, temporary, CHROME_PATH=chrome)

    assert f"{chrome}: the browser does not start: " in said
    assert "[browser]" in said


@pytest.mark.slow
def test_a_browser_that_hangs_at_its_start_for_marp_is_not_tried_again(
    tiny: Project, temporary: Path, tools: Tools
) -> None:
    shutil.copytree(tiny.root / "slides/talk", tiny.root / "slides/another")
    hang = f'case "$*" in *{MARPS}*) exec sleep 1000;; esac\n'
    chrome = program(tiny.root / "chrome", f'#!/bin/sh\n{hang}exec "{tools.browser}" "$@"\n')

    said = refused(tiny, temporary, CHROME_PATH=chrome)

    for deck in ("another", "talk"):
        assert f"slides/{deck}/deck.md: Marp could not render this deck: the browser was not ready after 20 s" in said


@pytest.mark.slow
@pytest.mark.parametrize("command", ["deck", "check"])
def test_a_browser_that_hangs_ends_the_other_commands_too(tiny: Project, temporary: Path, command: str) -> None:
    chrome = program(tiny.root / "chrome", f"{ANSWERS}sleep 1000\n")

    assert "the browser" in refused(tiny, temporary, command, "slides/talk/deck.md", CHROME_PATH=chrome)


@pytest.mark.slow
@pytest.mark.parametrize("victim", [WHOLE, RENDERERS], ids=["whole", "renderers"])
def test_a_browser_that_stops_while_we_look_is_named(tiny: Project, temporary: Path, tools: Tools, victim: str) -> None:
    chrome = meddler(tiny.root / "chrome", tools.browser, OURS, victim, "SIGSTOP")

    said = refused(tiny, temporary, CHROME_PATH=chrome)

    assert "the browser gave up" in said
    assert "[browser]" in said


@pytest.mark.slow
@pytest.mark.parametrize("victim", [WHOLE, RENDERERS], ids=["whole", "renderers"])
def test_a_browser_that_stops_while_marp_works_is_named(
    tiny: Project, temporary: Path, tools: Tools, victim: str
) -> None:
    chrome = meddler(tiny.root / "chrome", tools.browser, MARPS, victim, "SIGSTOP")

    said = refused(tiny, temporary, CHROME_PATH=chrome)

    assert "[marp]" in said


@pytest.mark.slow
def test_a_renderer_that_is_killed_while_marp_works_is_named(tiny: Project, temporary: Path, tools: Tools) -> None:
    chrome = meddler(tiny.root / "chrome", tools.browser, MARPS, RENDERERS, "SIGKILL")

    assert "[marp]" in refused(tiny, temporary, CHROME_PATH=chrome)


@pytest.mark.slow
def test_a_node_that_stops_is_named(tiny: Project, temporary: Path) -> None:
    said = refused(tiny, temporary, **meddling_node(tiny, "SIGSTOP"))

    assert "was silent for 40 s and was stopped" in said
    assert "[marp]" in said


@pytest.mark.slow
def test_a_node_that_never_reads_is_ended(tiny: Project, temporary: Path) -> None:
    for number in range(1500):  # each of them is told to Marp: more than a pipe holds
        (tiny.root / f"docs/page-{number}.md").write_text("# Page\n", encoding="utf-8")

    assert "Marp CLI: was silent for 40 s" in refused(tiny, temporary, **node(tiny, "sleep 1000"))
