"""Hurt the builds of a small project: kill them, fill their disk, start many at once.

The everyday suite does each of it a few times (test_hurt.py). The whole set runs by hand, as an administrator since
it mounts small disks, takes half an hour, and prints the table of docs/bad-input.md:

    .venv/bin/python -m tests.hurt
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psutil

from tests.conftest import Project, make_tiny
from tests.test_corpus import contents

DECK = "slides/talk/deck.md"
DEADLINE = 240.0
"""Seconds within which every build has ended, whatever is done to it: four times as long, as others work here too."""
PATIENCE = 20.0
"""Seconds that what a killed build has started may take to notice, and to end."""
BUSY = re.compile(
    r"dist: another build is at work here( \(process \d+, since [^)]+\))?; wait until it has ended \[output\]\n"
    r"1 problem found\n"
)


@dataclass
class Ground:
    """A small project that is built and hurt in turns, in two versions."""

    project: Project
    temporary: Path
    """Its folder for temporary files, with a path that is short enough for a browser's socket."""
    trees: dict[int, dict[str, str]] = field(default_factory=dict)
    """What each version publishes, byte for byte."""
    version: int = 0
    """Which one the sources are."""
    seconds: float = 0.0
    """How long the last whole build took."""

    @property
    def site(self) -> Path:
        return self.project.root / "dist" / "site"

    def turn(self) -> None:
        """Change the sources into the other version."""
        self.version = 1 - self.version
        self.project.edit(DECK, lambda text: re.sub(r"Words.* on", f"Words {self.version} on", text, count=1))

    def renew(self) -> None:
        """See that the sources are other than what is published."""
        if self.stands() == "new":
            self.turn()

    def stands(self) -> str:
        """Which site stands: the 'old' one or the 'new' one, whole; anything else is a failure."""
        standing = contents(self.site)
        names = {self.version: "new", 1 - self.version: "old"}
        found = [names[version] for version, tree in self.trees.items() if tree == standing]
        assert found, [(names[version], _differing(tree, standing)) for version, tree in self.trees.items()]
        return found[0]


def _differing(one: dict[str, str], other: dict[str, str]) -> list[str]:
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


@contextlib.contextmanager
def open_ground() -> Iterator[Ground]:
    """A small project with a published site."""
    with tempfile.TemporaryDirectory(prefix="hurt-") as folder:
        (Path(folder) / "t").mkdir()
        ground = Ground(make_tiny(Path(folder) / "project"), Path(folder) / "t")
        ground.turn()
        build(ground)
        yield ground


@dataclass
class Run:
    """A build that was started."""

    process: subprocess.Popen[bytes]
    mark: str
    log: Path
    began: float = field(default_factory=time.monotonic)

    def parts(self) -> list[psutil.Process]:
        """What runs of it, wherever it belongs."""
        found: list[psutil.Process] = []
        for each in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if each.environ().get("HURT_RUN") == self.mark:
                    found.append(each)
        return found

    def prints(self) -> bool:
        """Whether the browser runs that prints for Marp."""
        for each in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if any("marp-cli-" in word for word in each.cmdline()):
                    return True
        return False

    def is_over_after(self, seconds: float) -> bool:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return self.process.poll() is not None

    def end(self, deadline: float) -> str:
        """Wait for the end of it and of all that it has started; returns what it said."""
        self.process.wait(max(deadline - (time.monotonic() - self.began), 1))
        _, alive = psutil.wait_procs(self.parts(), timeout=PATIENCE)
        assert [] == alive, f"left running: {alive}"
        said = self.log.read_text(encoding="utf-8")
        self.log.unlink()
        assert "Traceback" not in said, said
        return said


def start(ground: Ground, *, limit: Callable[[], None] | None = None, **environment: str) -> Run:
    """Start a build; `limit` is called in its process before it begins."""
    mark = uuid.uuid4().hex
    log = ground.temporary.parent / f"{mark}.log"
    inherited = {name: value for name, value in os.environ.items() if name not in ("SITE_URL", "EDIT_URL")}
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "build.py"],
            cwd=ground.project.root,
            env={**inherited, "TMPDIR": str(ground.temporary), **environment, "HURT_RUN": mark},
            stdout=file,
            stderr=file,
            preexec_fn=limit,
        )
    return Run(process, mark, log)


def build(ground: Ground, *, deadline: float = 10 * DEADLINE) -> None:
    """Build to the end: the site must be the new one, and nothing may be left of any build before."""
    run = start(ground)
    said = run.end(deadline)
    ground.seconds = time.monotonic() - run.began
    assert (0, "built and checked: dist/site/index.html\n") == (run.process.returncode, said), said
    ground.trees.setdefault(ground.version, contents(ground.site))
    assert "new" == ground.stands()
    assert [] == list(ground.temporary.iterdir())
    assert [".lock", "built.json", "cache", "report", "site", "stage"] == sorted(
        path.name for path in (ground.site.parent).iterdir()
    )


# --- what is done to a build, and which site stands afterwards ---------------------------------------------------


def kill(ground: Ground, share: float) -> str:
    """Kill a build of the new version after a share of its time. Returns '' if it was too quick."""
    ground.renew()
    run = start(ground)
    return _kill(ground, run, share * ground.seconds)


def kill_while_printing(ground: Ground, share: float) -> str:
    """Kill a build of the new version once the browser that prints its PDF has come up: a quarter of its time."""
    ground.renew()
    shutil.rmtree(ground.site.parent / "cache", ignore_errors=True)  # where one killed later has left its PDF
    run = start(ground)
    while not run.prints():
        assert not run.is_over_after(0.01), "no browser came up that prints"
    return _kill(ground, run, share * ground.seconds / 4)


def _kill(ground: Ground, run: Run, seconds: float) -> str:
    is_late = run.is_over_after(seconds)
    run.process.kill()
    run.end(DEADLINE)
    stands = ground.stands()
    return "" if is_late else stands


def strike(ground: Ground, share: float, chance: random.Random) -> str:
    """Kill one of the programs that a build of the new version has started, after a share of its time."""
    ground.renew()
    run = start(ground)
    if run.is_over_after(share * ground.seconds):
        run.end(DEADLINE)
        return ""
    if victims := [each for each in run.parts() if each.pid != run.process.pid]:
        with contextlib.suppress(psutil.NoSuchProcess):
            chance.choice(sorted(victims, key=lambda each: each.pid)).kill()
    return _ended(ground, run, r": .+; .+ \[(browser|marp)\]\n")


def fill(ground: Ground, limit: Callable[[], None] | None = None, **environment: str) -> str:
    """Build the new version where it runs out of room."""
    ground.renew()
    run = start(ground, limit=limit, **environment)
    return _ended(ground, run, r"No space left|File too large|takes no temporary files|MB left for temporary files")


def _ended(ground: Ground, run: Run, message: str) -> str:
    """See that a build ended as it should: with 0 and the new site, or with 1, a message and the old one."""
    said = run.end(DEADLINE)
    stands = ground.stands()
    assert (run.process.returncode, stands) in [(0, "new"), (1, "old")], said
    assert stands == "new" or re.search(message, said), said
    assert [] == list(ground.temporary.iterdir())
    return stands


def race(ground: Ground, builds: int) -> str:
    """Start many builds of the new version at once: those that find another at work say so."""
    ground.renew()
    runs = [start(ground) for _ in range(builds)]
    said = [run.end(10 * DEADLINE) for run in runs]
    lost = [words for words, run in zip(said, runs, strict=True) if run.process.returncode != 0]
    assert len(lost) < builds, said
    assert [] == [words for words in lost if not BUSY.fullmatch(words)]
    ground.trees.setdefault(ground.version, contents(ground.site))
    return ground.stands()


@contextlib.contextmanager
def small_disk(place: Path, size: int) -> Iterator[None]:
    """Mount a disk of so many bytes on a folder, with what is in the folder; gives it more room in the end."""
    before = sorted(place.iterdir())
    with tempfile.TemporaryDirectory() as kept:
        _command("cp", "-a", f"{place}/.", kept)
        _command("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place))
        try:
            _command("cp", "-a", f"{kept}/.", str(place))
            assert before == sorted(place.iterdir())
            yield
        finally:
            _command("umount", str(place))


def _command(*words: str) -> None:
    subprocess.run(words, check=True)


# --- the whole set ----------------------------------------------------------------------------------------------


def spread(count: int, chance: random.Random) -> list[float]:
    """So many shares of a whole, one at random in each equal part, in any order."""
    return chance.sample([(number + chance.random()) / count for number in range(count)], count)


@dataclass
class Tally:
    """How often which site stood, and how long it took."""

    what: str
    stood: list[str] = field(default_factory=list)
    """'old', 'new', 'late' where the build had ended before, 'broken' where anything was not as it should be."""
    longest: float = 0.0

    def add(self, hurt: Callable[[], str], then: Callable[[], object]) -> None:
        """Hurt a build, see what stands, and see that the next build is clean."""
        began = time.monotonic()
        try:
            stands = hurt() or "late"
            self.longest = max(self.longest, time.monotonic() - began)
            then()
        except (AssertionError, subprocess.TimeoutExpired):
            stands = "broken"
            traceback.print_exc()
        self.stood.append(stands)
        print(f"{self.what}: {len(self.stood)}, {stands}", file=sys.stderr, flush=True)

    def row(self) -> str:
        counts = [str(self.stood.count(name)) for name in ("old", "new", "late", "broken")]
        return f"| {self.what} | {len(self.stood)} | {' | '.join(counts)} | {self.longest:.0f} |"


def main(names: Sequence[str]) -> None:
    """Do the whole set, or what is named of it."""
    chance = random.Random(1847)
    with open_ground() as ground:
        ground.turn()
        build(ground)  # so that each version is known whole
        for name, work in SETS.items():
            if not names or name in names:
                tally = Tally(work.__doc__ or name)
                work(ground, tally, chance)
                print(tally.row(), flush=True)


def build_at_times(ground: Ground, tally: Tally) -> None:
    """Build to the end after every fifth time, or what is to be known of the next build would take hours."""
    if len(tally.stood) % 5 == 4:
        ground.renew()
        build(ground)


def kills(ground: Ground, tally: Tally, chance: random.Random) -> None:
    """Killed at a random moment"""
    for share in spread(150, chance):
        tally.add(partial(kill, ground, share), partial(build_at_times, ground, tally))


def prints(ground: Ground, tally: Tally, chance: random.Random) -> None:
    """Killed while the PDF was printed"""
    for share in spread(50, chance):
        tally.add(partial(kill_while_printing, ground, share), partial(build_at_times, ground, tally))


def strikes(ground: Ground, tally: Tally, chance: random.Random) -> None:
    """One of its programs (Node, a browser, a part of it) killed at a random moment"""
    for share in spread(40, chance):
        tally.add(partial(strike, ground, share, chance), partial(build_at_times, ground, tally))


def disks(ground: Ground, tally: Tally, chance: random.Random) -> None:
    """Disk full, at one of 20 sizes"""
    dist = ground.site.parent
    room = _used(ground.site) + _used(dist / "stage")
    shutil.rmtree(dist / "stage")
    for share in spread(20, chance):
        with small_disk(dist, int(_used(dist) + room * share)):
            tally.add(partial(fill, ground), partial(_build_with_room, ground))


def _build_with_room(ground: Ground) -> None:
    _command("mount", "-o", "remount,size=100m", str(ground.site.parent))
    build(ground)


def _used(folder: Path) -> int:
    return sum(-(-path.lstat().st_size // 4096) * 4096 for path in folder.rglob("*"))


def temporaries(ground: Ground, tally: Tally, chance: random.Random) -> None:
    """`TMPDIR` full, at one of 10 sizes"""
    for share in spread(10, chance):
        with small_disk(ground.temporary, int(share * 40 * 2**20)):
            tally.add(partial(fill, ground), lambda: None)
        ground.renew()
        build(ground)


def races(ground: Ground, tally: Tally, _: random.Random) -> None:
    """Eight builds at once"""
    for _round in range(20):
        tally.add(partial(race, ground, 8), lambda: None)


SETS = {
    "kills": kills,
    "prints": prints,
    "strikes": strikes,
    "disks": disks,
    "temporaries": temporaries,
    "races": races,
}


if __name__ == "__main__":
    main(sys.argv[1:])
