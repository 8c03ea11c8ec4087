"""The published site is the whole old one or the whole new one."""

from __future__ import annotations

import errno
import itertools
import os
import re
import resource
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline import commands, publish
from pipeline.problems import BuildError
from tests.conftest import ROOT, told


def folder(path: Path, content: str) -> Path:
    path.mkdir(parents=True)
    (path / "index.html").write_text(content, encoding="utf-8")
    return path


def test_the_first_site_is_moved_into_place(tmp_path: Path) -> None:
    new = folder(tmp_path / "stage" / "site", "new")

    publish.exchange(new, tmp_path / "site")

    assert "new" == (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert not new.exists()


def test_a_new_site_replaces_the_old_one(tmp_path: Path) -> None:
    current = folder(tmp_path / "site", "old")
    (current / "gone.html").write_text("old", encoding="utf-8")
    new = folder(tmp_path / "stage" / "site", "new")

    publish.exchange(new, current)

    assert ["index.html"] == [path.name for path in current.iterdir()]
    assert "new" == (current / "index.html").read_text(encoding="utf-8")
    assert not new.exists()


def test_a_build_clears_what_a_killed_one_left(tmp_path: Path) -> None:
    folder(tmp_path / "dist" / "stage" / "half", "rest")

    with publish.stage(tmp_path) as stage:
        assert [] == list(stage.iterdir())


def another(root: Path) -> subprocess.Popen[str]:
    """A process that holds the stage until it reads a line or is killed."""
    script = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from pipeline import publish
with publish.stage(Path({str(root)!r})):
    print("held", flush=True)
    sys.stdin.readline()
"""
    command = [sys.executable, "-c", script]
    started = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert started.stdout
    assert "held\n" == started.stdout.readline()
    return started


def test_two_builds_cannot_share_a_stage_and_the_second_is_told_who_has_it(tmp_path: Path) -> None:
    with another(tmp_path) as other:
        with pytest.raises(BuildError) as caught, publish.stage(tmp_path):
            pass
        other.communicate("\n")

    said = rf"dist: another build is at work here \(process {other.pid}, since {TIME}\); wait until it has ended"
    assert re.fullmatch(said, told(caught.value.problems[0]))
    with publish.stage(tmp_path) as stage:
        assert stage.is_dir()


TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d"


def test_a_build_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    with another(tmp_path) as other:
        other.kill()

    with publish.stage(tmp_path), pytest.raises(BuildError, match=rf"process {os.getpid()}, "), publish.stage(tmp_path):
        pass


@pytest.mark.parametrize("words", ["", "1", "many words that say nothing", "99999999 2026-01-01 00:00:00+00:00"])
def test_a_holder_that_cannot_be_known_is_not_named(tmp_path: Path, words: str) -> None:
    with another(tmp_path) as other:
        (tmp_path / "dist/.holder").write_text(words, encoding="utf-8")
        with pytest.raises(BuildError, match="at work here; wait"), publish.stage(tmp_path):
            pass
        other.communicate("\n")


def test_clean_takes_nothing_from_a_build_that_is_at_work(tmp_path: Path) -> None:
    with publish.stage(tmp_path) as stage:
        with pytest.raises(BuildError, match="another build is at work"):
            commands.clean(tmp_path)
        assert stage.is_dir()

    commands.clean(tmp_path)
    assert not (tmp_path / "dist").exists()


def test_clean_empties_the_larger_disk_that_the_output_lies_on(tmp_path: Path) -> None:
    (tmp_path / "disk/site").mkdir(parents=True)
    for name in ("site/index.html", ".lock", "built.json"):
        (tmp_path / "disk" / name).touch()
    (tmp_path / "disk/lost+found").mkdir()  # the disk's own
    (tmp_path / "dist").symlink_to("disk")

    commands.clean(tmp_path)

    assert {"disk", "disk/lost+found"} == {
        path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.name != "dist"
    }
    assert (tmp_path / "dist").is_dir()


def test_a_build_begins_on_an_empty_disk_and_goes_on_there(tmp_path: Path) -> None:
    (tmp_path / "disk/lost+found").mkdir(parents=True)
    (tmp_path / "disk/decks").mkdir()
    (tmp_path / "dist").symlink_to("disk")

    for _ in range(2):
        with publish.stage(tmp_path):
            (tmp_path / "dist/site").mkdir(exist_ok=True)


@pytest.mark.parametrize(
    ("target", "named"),
    [("../mine", "stage"), ("../mine/stage", "thesis.txt"), (".", "dist"), ("slides", "talk"), ("..", "mine")],
)
def test_an_output_that_leads_to_somebody_elses_files_is_refused(tmp_path: Path, target: str, named: str) -> None:
    root = tmp_path / "project"
    for name in ("mine/stage/thesis.txt", "project/slides/talk/deck.md"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("mine", encoding="utf-8")
    (root / "dist").symlink_to(target)
    before = sorted(tmp_path.rglob("*"))

    def build() -> None:
        with publish.stage(root):
            pass

    for run in (build, lambda: commands.clean(root)):
        with pytest.raises(BuildError) as caught:
            run()
        said = f"dist: is a link to a folder that holds '{named}', which no build has made; move the link away [output]"
        assert said == str(caught.value)
    assert before == sorted(tmp_path.rglob("*"))


@pytest.mark.parametrize("name", ["site", "report", "cache"])
def test_a_part_of_the_output_that_is_a_link_is_let_be(tmp_path: Path, name: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").touch()
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / name).symlink_to("../mine")

    with pytest.raises(BuildError, match=f"^dist/{name}: is no folder; move it away"), publish.stage(tmp_path):
        pass

    commands.clean(tmp_path)
    assert ["mine", "mine/thesis.txt"] == [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")]


def test_no_link_is_followed_to_say_who_builds(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine", encoding="utf-8")
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/.holder").symlink_to("../mine")

    with publish.stage(tmp_path):
        assert str(os.getpid()) in (tmp_path / "dist/.holder").read_text(encoding="utf-8")

    assert "mine" == (tmp_path / "mine").read_text(encoding="utf-8")


def test_a_stage_for_which_there_was_no_room_is_removed(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="full"), publish.stage(tmp_path) as stage:
        (stage / "page").write_text("words", encoding="utf-8")
        raise OSError(errno.ENOSPC, "full")

    assert not stage.exists()


def test_an_output_that_is_a_file_is_not_taken_away(tmp_path: Path) -> None:
    (tmp_path / "dist").write_text("mine", encoding="utf-8")

    with pytest.raises(BuildError, match="dist: is no folder; move it away"), publish.stage(tmp_path):
        pass


def test_an_output_that_is_a_disk_of_its_own_is_named_before_anything_is_made(tmp_path: Path) -> None:
    publish.see_no_disk(tmp_path)
    publish.see_no_disk(tmp_path / "none")
    with pytest.raises(BuildError, match="/proc: is a disk of its own, which cannot be exchanged for another; let the"):
        publish.see_no_disk(Path("/proc"))


# --- one step ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("folder", "taken"), [("file", "file"), ("file/talk", "file"), ("lost/talk", "lost")])
def test_what_stands_in_the_place_of_a_folder_is_named(folder: str, taken: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    (tmp_path / "lost").symlink_to("nowhere")
    (tmp_path / "free").mkdir()

    publish.see_folders([tmp_path / "free", tmp_path / "free" / "talk", tmp_path / "new" / "talk"])
    with pytest.raises(BuildError) as caught:
        publish.see_folders([tmp_path / "free", tmp_path / folder])

    message = "is no folder; move it away, or name another folder with -o [output]"
    assert f"{tmp_path / taken}: {message}" == str(caught.value)


def cannot_swap(_: Path, __: Path) -> bool:
    return False


def test_where_folders_cannot_be_exchanged_the_new_site_replaces_the_old_one_too(tmp_path: Path) -> None:
    current = folder(tmp_path / "dist" / "site", "old")
    new = folder(tmp_path / "dist" / "stage" / "site", "new")

    publish.exchange(new, current, swap=cannot_swap)

    assert "new" == (current / "index.html").read_text(encoding="utf-8")
    assert ["site", "stage"] == sorted(path.name for path in (tmp_path / "dist").iterdir())


def test_a_new_site_that_cannot_be_moved_leaves_the_old_one(tmp_path: Path) -> None:
    current = folder(tmp_path / "dist" / "site", "old")
    new = folder(tmp_path / "dist" / "stage" / "site", "new")

    def taken_away(new: Path, _: Path) -> bool:
        new.rename(tmp_path / "elsewhere")
        return False

    with pytest.raises(FileNotFoundError):
        publish.exchange(new, current, swap=taken_away)

    assert "old" == (current / "index.html").read_text(encoding="utf-8")
    assert ["site", "stage"] == sorted(path.name for path in (tmp_path / "dist").iterdir())


def test_a_site_that_came_with_an_image_is_named(tmp_path: Path) -> None:
    current = folder(tmp_path / "dist" / "site", "old")
    new = folder(tmp_path / "dist" / "stage" / "site", "new")

    def lies_below(_: Path, current: Path) -> bool:
        raise OSError(errno.EXDEV, "Invalid cross-device link", str(current))

    with pytest.raises(
        BuildError, match=r"dist/site: comes with the container's image .*'python3 build\.py clean' once"
    ):
        publish.exchange(new, current, swap=lies_below)

    assert "old" == (current / "index.html").read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_whole_is_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "slides.pdf"
    publish.write(path, "as it was")
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limit[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            publish.write(path, "x" * 200)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, ignored)

    assert ["as it was"] == [each.read_text(encoding="utf-8") for each in tmp_path.iterdir()]


def test_two_that_write_one_file_at_once_write_it_whole(tmp_path: Path) -> None:
    script = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from pipeline import publish
sys.addaudithook(lambda event, _: event == "os.rename" and (print("held", flush=True), sys.stdin.readline()))
publish.write(Path({str(tmp_path)!r}, "slides.pdf"), "theirs")
"""
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert "held\n" == other.stdout.readline()
        publish.write(tmp_path / "slides.pdf", "ours")
        assert "ours" == (tmp_path / "slides.pdf").read_text(encoding="utf-8")
        other.communicate("\n")

    assert 0 == other.returncode
    assert ["theirs"] == [each.read_text(encoding="utf-8") for each in tmp_path.iterdir()]


def test_a_reader_finds_one_site_at_every_moment(tmp_path: Path) -> None:
    current = folder(tmp_path / "site", "0")
    seen: set[str] = set()
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            seen.add((current / "index.html").read_text(encoding="utf-8"))  # raises where there is none

    with ThreadPoolExecutor() as pool:
        reader = pool.submit(read)
        try:
            for number in range(1, 100):
                publish.exchange(folder(tmp_path / "stage" / "site", str(number)), current)
        finally:
            ended.set()  # or the pool would wait for the reader for ever
        reader.result()

    assert len(seen) > 1
    assert "" not in seen


KILLED = """
import os, signal, sys
sys.path.insert(0, {code!r})
from pathlib import Path
from pipeline import publish

root, step, swap = Path({root!r}), {step}, {swap}
events = iter(range(step))

def kill(event, _):
    if event != "os.kill" and event.split(".")[0] in ("os", "shutil", "open") and next(events, None) is None:
        os.kill(os.getpid(), signal.SIGKILL)

with publish.stage(root) as stage:
    (stage / "site").mkdir()
    for name in ("index.html", "page.html"):
        (stage / "site" / name).write_text("new", encoding="utf-8")
    sys.addaudithook(kill)  # which Python tells of every step that it is about to take
    publish.exchange(stage / "site", root / "dist" / "site", swap=swap)
print("done")
"""


@pytest.mark.parametrize("swap", ["None", "lambda *_: False"], ids=["in one step", "one after the other"])
def test_a_build_killed_at_any_step_of_the_exchange_leaves_a_whole_site_to_the_next(tmp_path: Path, swap: str) -> None:
    outcomes: list[str] = []
    for step in itertools.count():
        root = tmp_path / str(step)
        current = folder(root / "dist" / "site", "old")
        (current / "page.html").write_text("old", encoding="utf-8")
        script = KILLED.format(code=str(ROOT), root=str(root), step=step, swap=swap)
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
        assert done.returncode in (0, -signal.SIGKILL), done

        with publish.stage(root) as stage:
            assert [] == list(stage.iterdir())
            texts = {path.name: path.read_text(encoding="utf-8") for path in current.iterdir()}
        assert [".lock", "site", "stage"] == sorted(path.name for path in (root / "dist").iterdir())
        assert {"index.html", "page.html"} == set(texts)
        [outcome] = set(texts.values())
        outcomes.append(outcome)
        if done.returncode == 0:
            break

    assert sorted(outcomes, reverse=True) == outcomes  # old, and from one step on new
    assert outcomes.count("old") > 0
    assert outcomes.count("new") > 2
