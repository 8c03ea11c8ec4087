"""Measure builds against the plain tools, side by side; run by hand: `.venv/bin/python benchmarks/speed.py`.

Makes a project of its own in a folder for temporary files: one deck (or twenty) with pictures and notes, and 15
hand-written pages. What is compared is the ratio within a round, since every machine is as fast as it is.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pipeline import toolchain  # noqa: E402

PAGES = 15
LOOK = 0.5
"""Seconds between two looks at the processes of a run, each of which holds these up for a moment."""
_SHARED = (
    "build.py", "marp.config.mjs", "mkdocs_hooks.py", "overrides/main.html", "package-lock.json", "package.json",
    "pipeline", "requirements-node.lock", "requirements.lock", "slides/theme", "docs/assets",
)  # fmt: skip
_MARP = (
    ("-o", "slides.html"),
    ("--pdf", "--pdf-notes", "--pdf-outlines", "-o", "slides.pdf"),
    ("--pptx", "-o", "slides.pptx"),
    ("--images", "png", "-o", "slide.png"),
    ("--image", "png", "-o", "og.png"),
    ("--notes", "-o", "notes.txt"),
)
"""What the plain tool is asked for, one after another."""


@dataclass(frozen=True)
class Cost:
    """What one run took."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds that all its processes together kept a core busy."""
    memory: int
    """Bytes that all its processes together held at once, at most; what they share is counted once."""

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.wall + other.wall, self.cpu + other.cpu, max(self.memory, other.memory))


@dataclass(frozen=True)
class Row:
    """One line of the table: what was done, each round of it, and what it is measured against."""

    name: str
    costs: tuple[Cost, ...]
    base: tuple[Cost, ...]
    base_name: str
    goal: str
    """The ratio that it must reach, or ''."""


def main() -> None:
    """Take all measurements that the arguments ask for, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--slides", type=int, nargs="*", default=[9, 100, 1000], metavar="N")
    parser.add_argument("--decks", type=int, default=20, help="how many decks of 20 slides; 0 for none")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--own", action="store_true", help="the kit's own documents, too")
    parser.add_argument("--no-check", action="store_true", help="leave out the full check, which takes long")
    parser.add_argument("-o", "--output", type=Path, help="a file for the table, else it is printed")
    arguments = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        for slides in arguments.slides:
            project = make_project(Path(folder, f"{slides}-slides"), decks=1, slides=slides)
            rows += measure(project, f"{slides} slides", arguments.rounds, has_check=not arguments.no_check)
        if arguments.decks:
            project = make_project(Path(folder, "decks"), decks=arguments.decks, slides=20)
            rows += measure_decks(project, f"{arguments.decks} decks of 20 slides", arguments.rounds)
        if arguments.own:
            rows += measure_own(Path(folder, "own"), arguments.rounds)
    text = table(rows) + f"\n{where(arguments.rounds)}\n"
    if arguments.output:
        arguments.output.write_text(text, encoding="utf-8")
    print(text)


# --- the project --------------------------------------------------------------------------------------------


def make_project(root: Path, *, decks: int, slides: int) -> Path:
    """Make a project of `decks` decks with so many `slides` each, with the pipeline and the tools of this checkout."""
    for name in _SHARED:
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, target)
    for name in (".venv", "node_modules"):
        (root / name).symlink_to(ROOT / name)
    for number in range(1, decks + 1):
        folder = root / "slides" / f"deck-{number:02}"
        folder.mkdir(parents=True)
        for image in range(1, 6):
            _draw(image + number).save(folder / f"photo-{image}.jpg", quality=85)
            (folder / f"figure-{image}.svg").write_text(_FIGURE.format(height=20 * image + number), encoding="utf-8")
        (folder / "deck.md").write_text("\n---\n".join(_deck(number, slides)), encoding="utf-8")
    (root / "data").mkdir()
    (root / "data" / "links.yml").write_text("links: []\n", encoding="utf-8")
    (root / "docs" / "index.md").write_text("# Home\n\nAll [decks](decks/index.md).\n", encoding="utf-8")
    for number in range(2, PAGES + 1):
        (root / "docs" / f"page-{number:02}.md").write_text("".join(_page(number)), encoding="utf-8")
    ours = _SETTINGS.replace("  font: false\n", "  font: false\n" + _THEME) + _OURS
    (root / "mkdocs.yml").write_text(ours, encoding="utf-8")
    plain = plain_folder(root)
    shutil.copytree(root / "docs", plain / "docs")
    (plain / "docs" / "index.md").write_text("# Home\n\nAll [pages](page-02.md).\n", encoding="utf-8")
    (plain / "mkdocs.yml").write_text(_SETTINGS, encoding="utf-8")
    return root


def plain_folder(root: Path) -> Path:
    """Where the plain tools put what they make, outside of the project, and find its pages."""
    return root.with_name(f"{root.name}-plain")


_WORDS = [
    "incident", "service", "alert", "deploy", "review", "rollback", "metric", "timeline", "customer",
    "signal", "queue", "release", "channel", "page", "decision", "context", "handover", "team", "action",
    "follow-up", "risk", "cause", "change", "signal", "window",
]  # fmt: skip

_FIGURE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 160" width="400" height="160">
<rect width="400" height="160" fill="#eee"/><path d="M10 150 L200 {height} L390 10" fill="none" stroke="#246"/>
<circle cx="200" cy="{height}" r="9" fill="#246"/></svg>
"""


def _draw(number: int) -> Image.Image:
    """A picture like a photograph: no two pixels beside each other are quite alike."""
    wide, high = 960, 540
    waves = [bytes((x * (number + c) // 7 + y * (3 + c) // 5 + (x * y // 97) % 23) % 256 for c in range(3))
             for y in range(high // 4) for x in range(wide // 4)]  # fmt: skip
    return Image.frombytes("RGB", (wide // 4, high // 4), b"".join(waves)).resize((wide, high))


def _said(seed: int, count: int) -> str:
    return " ".join(_WORDS[(seed * 7 + number * (seed % 5 + 1)) % len(_WORDS)] for number in range(count))


def _deck(deck: int, slides: int) -> Iterator[str]:
    yield (
        f"---\nmarp: true\ntheme: workshop\ntitle: Deck {deck}\ndescription: A deck to measure with.\nlang: en\n"
        f"paginate: true\n---\n\n# Deck {deck}\n\nTo measure with\n\n<!-- Welcome. {_said(deck, 30)}. -->\n"
    )
    for number in range(2, slides + 1):
        seed = deck * 1000 + number
        body = "".join(f"- {_said(seed + point, 6).capitalize()}\n" for point in range(3))
        if number % 3 == 0:
            body += f"\n![{_said(seed, 4).capitalize()}](figure-{number % 5 + 1}.svg)\n"
        elif number % 10 == 1:
            body = f"![{_said(seed, 4).capitalize()} w:400](photo-{number % 5 + 1}.jpg)\n"
        yield f"\n## Slide {number}: {_said(seed, 3)}\n\n{body}\n<!-- {_said(seed, 40).capitalize()}. -->\n"


def _page(number: int) -> Iterator[str]:
    yield f"# Page {number}\n\n"
    for part in range(1, 6):
        yield f"## Part {part}\n\n{_said(number + part, 80).capitalize()}.\n\n- {_said(part, 9)}\n- {_said(number, 9)}"
        yield "\n\n"
    yield f"Go on with [the next page](page-{number % PAGES + 1 if number < PAGES else 2:02}.md).\n"


_SETTINGS = """site_name: Benchmark
site_url: https://benchmark.example/
theme:
  name: material
  font: false
markdown_extensions:
  - attr_list
  - md_in_html
  - toc:
      permalink: true
      permalink_title: Link to this section
  - pymdownx.highlight:
      line_spans: __span
      stripnl: false
  - pymdownx.superfences:
      preserve_tabs: true
extra:
  generator: false
"""

_THEME = """  custom_dir: overrides
  palette:
    primary: custom
    accent: custom
"""
_OURS = """hooks:
  - mkdocs_hooks.py
extra_css:
  - assets/site.css
extra_javascript:
  - assets/site.js
"""


# --- runs ---------------------------------------------------------------------------------------------------


def measure(project: Path, name: str, rounds: int, *, has_check: bool) -> list[Row]:
    """One deck: the plain tools and each kind of build, in turn within each round."""
    plain, cold, nothing, slide, check = [], [], [], [], []
    deck = project / "slides" / "deck-01" / "deck.md"
    for number in range(rounds):
        plain.append(run_plain(project))
        clean(project)
        cold.append(build(project))
        nothing.append(build(project))
        edit(deck, number)
        slide.append(build(project))
        if has_check:
            check.append(run([sys.executable, "build.py", "check"], project))
    goals = {"9 slides": "0.35", "100 slides": "0.15", "1000 slides": "0.08"}
    rows = [
        Row(f"{name}: cold build, fast checks included", tuple(cold), tuple(plain), "plain tools", goals.get(name, "")),
        Row(f"{name}: nothing changed", tuple(nothing), tuple(cold), "its cold build", "0.03"),
        Row(f"{name}: one slide changed", tuple(slide), tuple(cold), "its cold build",
            "0.3" if name == "100 slides" else "0.4"),
    ]  # fmt: skip
    if check:
        rows.append(Row(f"{name}: `check`, every rule", tuple(check), tuple(plain), "plain tools", ""))
    return rows


def measure_decks(project: Path, name: str, rounds: int) -> list[Row]:
    """Many decks: all together, against a run of the plain tools for each."""
    plain, cold, slide = [], [], []
    deck = project / "slides" / "deck-01" / "deck.md"
    for number in range(rounds):
        plain.append(run_plain(project))
        clean(project)
        cold.append(build(project))
        edit(deck, number)
        slide.append(build(project))
    return [
        Row(f"{name}: cold build", tuple(cold), tuple(plain), "plain tools, deck by deck", "0.25"),
        Row(f"{name}: one slide changed", tuple(slide), tuple(cold), "its cold build", "0.4"),
    ]


def measure_own(root: Path, rounds: int) -> list[Row]:
    """This project itself, with all of its documents."""
    ignored = shutil.ignore_patterns(".git", ".venv", "node_modules", "dist", ".cache", "__pycache__", ".*_cache")
    shutil.copytree(ROOT, root, ignore=ignored, symlinks=True)
    for name in (".venv", "node_modules"):
        (root / name).symlink_to(ROOT / name)
    cold, nothing = [], []
    for _ in range(rounds):
        clean(root)
        cold.append(build(root))
        nothing.append(build(root))
    return [
        Row("this project: cold build", tuple(cold), (), "", ""),
        Row("this project: nothing changed", tuple(nothing), tuple(cold), "its cold build", "0.03"),
    ]


def run_plain(project: Path) -> Cost:
    """Each format by a run of Marp CLI of its own, then MkDocs; with the browser that a build finds."""
    browser = str(toolchain.find_browser())
    total = Cost(0, 0, 0)
    marp = project / "node_modules" / ".bin" / "marp"
    for folder in sorted((project / "slides").glob("deck-*")):
        out = plain_folder(project) / folder.name
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        for *options, flag, name in _MARP:
            command = [str(marp), "deck.md", "--no-config-file", "--allow-local-files", *options, flag]
            command += [str(out / name), "--theme-set", str(project / "slides" / "theme" / "workshop.css")]
            total += run([*command, "--browser", "chrome", "--browser-path", browser], folder)
    mkdocs = [str(Path(sys.executable).with_name("mkdocs")), "build", "--quiet"]
    return total + run(mkdocs, plain_folder(project))


def build(project: Path) -> Cost:
    """Build everything."""
    return run([sys.executable, "build.py"], project)


def edit(deck: Path, number: int) -> None:
    """Change some words on the fifth slide."""
    before, heading, after = deck.read_text(encoding="utf-8").partition("\n## Slide 5:")
    deck.write_text(before + heading + after.replace("- ", f"- Round {number}, ", 1), encoding="utf-8")


def clean(project: Path) -> None:
    """Take away what builds have made and kept."""
    subprocess.run([sys.executable, "build.py", "clean"], cwd=project, check=True)


def run(command: Sequence[str], folder: Path) -> Cost:
    """Run a command to its end. Raises SystemExit where it fails, since then there is nothing to compare."""
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "SOURCE_DATE_EPOCH": "1700000000"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # of the plain tools, all is compiled as it is installed
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    seen: dict[int, float] = {}
    most = [0]
    ended = threading.Event()
    looking = threading.Thread(target=_look, args=(process.pid, seen, most, ended.is_set))
    looking.start()
    said, _ = process.communicate()
    wall = time.perf_counter() - start
    ended.set()
    looking.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit {process.returncode}\n{said.decode(errors='replace')}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # What ends between two looks is counted by the system, unless whoever started it did not wait for its end.
    counted = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    cost = Cost(wall, max(counted, sum(seen.values())), most[0])
    print(
        f"{cost.wall:8.2f} s {cost.cpu:8.2f} s cpu {cost.memory / 1e6:6.0f} MB  {' '.join(command[:3])}",
        file=sys.stderr,
    )
    return cost


def _look(pid: int, seen: dict[int, float], most: list[int], has_ended: Callable[[], bool]) -> None:
    """Note the processor time of each process of a run, as it was last seen, and the memory of all."""
    while not has_ended():
        memory = 0
        try:
            top = psutil.Process(pid)
            family = [top, *top.children(recursive=True)]
        except psutil.Error:
            return
        for each in family:
            try:
                times = each.cpu_times()
                seen[each.pid] = times.user + times.system
                memory += each.memory_full_info().pss
            except (psutil.Error, OSError):  # gone by now
                continue
        most[0] = max(most[0], memory)
        time.sleep(LOOK)


# --- the table ----------------------------------------------------------------------------------------------


def table(rows: Sequence[Row]) -> str:
    """The rows as a table in Markdown."""
    lines = [
        "| what | seconds | CPU seconds | MB | against | seconds | ratio | of CPU | wanted |",
        "|---|--:|--:|--:|---|--:|--:|--:|--:|",
    ]
    for row in rows:
        wall, cpu = _median(row.costs, "wall"), _median(row.costs, "cpu")
        memory = max(cost.memory for cost in row.costs) / 1e6
        line = f"| {row.name} | {wall:.2f} | {cpu:.2f} | {memory:.0f} "
        if row.base:
            ratio = statistics.median(one.wall / two.wall for one, two in zip(row.costs, row.base, strict=True))
            of_cpu = statistics.median(one.cpu / two.cpu for one, two in zip(row.costs, row.base, strict=True))
            line += f"| {row.base_name} | {_median(row.base, 'wall'):.2f} | **{ratio:.3f}** | {of_cpu:.3f} "
            line += f"| {'≤ ' + row.goal if row.goal else ''} |"
        else:
            line += "| | | | | |"
        lines.append(line)
    return "\n".join(lines) + "\n"


def _median(costs: Sequence[Cost], name: str) -> float:
    return statistics.median(float(getattr(cost, name)) for cost in costs)


def where(rounds: int) -> str:
    """On what the measurements were taken."""
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return (
        f"Medians of {rounds} rounds; {os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GB, "
        f"{platform.system()}, Python {platform.python_version()}; load of the machine at the end: {load}."
    )


if __name__ == "__main__":
    main()
