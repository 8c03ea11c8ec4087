#!/usr/bin/env python3
"""Measure how long it takes from saving a file to seeing it: our preview, `marp --watch` and `mkdocs serve`.

All run at once, each over a copy of the same deck and the same 15 pages, and are saved to in turn, so that they share
whatever else the machine does. What is measured is the time from just before the file is written to the frame in which
the browser shows the new words. Run by hand: .venv/bin/python benchmarks/serve.py [--slides N] [--rounds N]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pipeline import toolchain  # noqa: E402
from pipeline.toolchain import Tools  # noqa: E402

PAGES = 15
SLIDE = 5
"""The slide that is edited, and looked at."""

# Says on the console when words of the form `round-12-` are to be seen: after the frame that shows them first.
WATCH = """
(() => {
  let told
  const look = () => {
    const place = document.querySelector('.bespoke-marp-active section') ?? document.querySelector('article h1')
    const found = place && /round-\\d+-/.exec(place.textContent)
    if (found && found[0] !== told) {
      told = found[0]
      requestAnimationFrame(() => console.log(`seen ${told} ${performance.timeOrigin + performance.now()}`))
    }
    requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
})()
"""


@dataclass
class Contender:
    """A tool with the page that shows what it makes."""

    name: str
    file: Path
    """What is saved."""
    address: str
    page: Page | None = None

    def measure(self, number: int) -> float:
        """Save the file, and return the milliseconds until it is to be seen."""
        assert self.page
        self.page.bring_to_front()
        text = re.sub(r"round-\d+-", f"round-{number}-", self.file.read_text(encoding="utf-8"))
        with self.page.expect_console_message(lambda said: said.text.startswith(f"seen round-{number}- ")) as said:
            began = 1000 * time.time()
            self.file.write_text(text, encoding="utf-8")
        return float(said.value.text.split()[2]) - began


def deck(slides: int) -> str:
    """A deck with notes, in the project's theme."""
    parts = ["---\nmarp: true\ntheme: workshop\ntitle: A talk\nlang: en\n---\n\n# A talk\n"]
    for number in range(2, slides + 1):
        mark = "round-0-" if number == SLIDE else "words"
        points = "\n".join(
            f"- Point {point} of slide {number}, which is about as long as points are" for point in (1, 2, 3)
        )
        parts.append(f"\n# Slide {number} {mark}\n\n{points}\n\n<!-- What to say on slide {number}. -->\n")
    return "\n---\n".join(parts)


def write_pages(docs: Path) -> None:
    """The same pages for both sites."""
    for number in range(1, PAGES + 1):
        words = "\n\n".join(f"## Part {part}\n\n" + "Words of a page. " * 60 for part in range(1, 6))
        name = "index" if number == 1 else f"page-{number}"
        title = "Home round-0-" if number == 1 else f"Page {number}"
        (docs / f"{name}.md").write_text(f"# {title}\n\n{words}\n", encoding="utf-8")


def make_project(root: Path, slides: int) -> None:
    """A project of ours with one deck."""
    shutil.copytree(ROOT / "tests" / "fixtures" / "project", root)
    for name in ("pipeline", "slides/theme", "docs/assets"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "overrides").mkdir()
    files = ("build.py", "marp.config.mjs", "mkdocs_hooks.py", "overrides/main.html", "package-lock.json")
    for name in (*files, "package.json", "requirements.lock", "requirements-node.lock"):
        shutil.copy(ROOT / name, root / name)
    for shared in (".venv", "node_modules"):
        (root / shared).symlink_to(ROOT / shared)
    (root / "slides" / "talk" / "deck.md").write_text(deck(slides), encoding="utf-8")
    write_pages(root / "docs")


def make_plain(root: Path, slides: int) -> None:
    """The same for the plain tools: no hook, and Marp's settings are its own."""
    (root / "docs").mkdir(parents=True)
    shutil.copytree(ROOT / "slides" / "theme", root / "theme")
    (root / "deck.md").write_text(deck(slides), encoding="utf-8")
    settings = (ROOT / "tests" / "fixtures" / "project" / "mkdocs.yml").read_text(encoding="utf-8")
    settings = settings.replace("hooks:\n  - mkdocs_hooks.py\n", "").replace("  custom_dir: overrides\n", "")
    (root / "mkdocs.yml").write_text(settings, encoding="utf-8")
    write_pages(root / "docs")


@contextlib.contextmanager
def started(command: list[str | Path], folder: Path) -> Iterator[None]:
    """Run a command in a group of its own until the end."""
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def free_port() -> int:
    """A port that nobody has at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def open_page(browser: Browser, address: str) -> Page:
    """Open a page in a window of its own once the tool answers, and wait for the words."""
    page = browser.new_context().new_page()
    page.add_init_script(WATCH)
    for _ in range(300):
        try:
            with page.expect_console_message(lambda said: said.text.startswith("seen round-"), timeout=2000):
                page.goto(address)
            return page
        except Exception:  # not there yet
            time.sleep(0.2)
    raise SystemExit(f"{address} did not come up")


def run(tools: Tools, slides: int, rounds: int, report: Callable[[str], None]) -> None:
    """Measure, and report a table."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ours, plain = folder / "ours", folder / "plain"
        make_project(ours, slides)
        make_plain(plain, slides)
        (plain / "marp").mkdir()
        python, port, other = Path(sys.executable), free_port(), free_port()
        stack.enter_context(started([python, "build.py", "serve", "--port", str(port)], ours))
        marp: list[str | Path] = [
            tools.node,
            ROOT / "node_modules/.bin/marp",
            "--no-config-file",
            "--theme-set",
            plain / "theme",
        ]
        command = [*marp, "--watch", plain / "deck.md", "-o", plain / "deck.html"]
        stack.enter_context(started(command, plain / "marp"))
        mkdocs: list[str | Path] = [python, "-m", "mkdocs", "serve", "--livereload", "-a", f"127.0.0.1:{other}"]
        stack.enter_context(started(mkdocs, plain))
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=tools.browser, args=["--no-sandbox"]
        )
        stack.callback(browser.close)
        base = f"http://127.0.0.1:{port}/"
        contenders = [
            Contender("slide: serve", ours / "slides/talk/deck.md", f"{base}decks/talk/slides.html#{SLIDE}"),
            Contender("slide: marp --watch", plain / "deck.md", f"{(plain / 'deck.html').as_uri()}#{SLIDE}"),
            Contender("page: serve", ours / "docs/index.md", base),
            Contender("page: mkdocs serve", plain / "docs/index.md", f"http://127.0.0.1:{other}/"),
        ]
        for each in contenders:
            each.page = open_page(browser, each.address)
        time.sleep(3)  # whatever they still make is not what is measured
        times: dict[str, list[float]] = {each.name: [] for each in contenders}
        for number in range(1, rounds + 3):
            for each in contenders if number % 2 else reversed(contenders):
                taken = each.measure(number)
                if number > 2:  # the first are for warming up
                    times[each.name].append(taken)
                time.sleep(3.5)  # as long as somebody types; and nobody's work falls into another's time
        report(f"{slides} slides, {PAGES} pages, {rounds} rounds, milliseconds from saving to seeing\n")
        report("| what | median | least | most |\n|---|---|---|---|")
        for name, taken_times in times.items():
            median = statistics.median(taken_times)
            report(f"| {name} | {median:.0f} | {min(taken_times):.0f} | {max(taken_times):.0f} |")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slides", type=int, default=9)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    run(toolchain.provision(), arguments.slides, arguments.rounds, print)


if __name__ == "__main__":
    main()
