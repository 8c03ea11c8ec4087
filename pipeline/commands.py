"""What each command of build.py does, once the tools are there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from urllib.parse import quote

from pipeline import addresses, artifacts, browser, checks, decks, links, pages, publish, run_sheets, sessions, site
from pipeline.artifacts import Made
from pipeline.deck import Deck
from pipeline.decks import Source
from pipeline.problems import BuildError, Problem, tidy
from pipeline.sessions import RunSheets
from pipeline.toolchain import Tools

_INPUTS = (
    "build.py", "data", "docs", "marp.config.mjs", "mkdocs.yml", "mkdocs_hooks.py", "overrides",
    "package-lock.json", "pipeline", "requirements.lock", "slides",
)  # fmt: skip


# --- build --------------------------------------------------------------------------------------------------


def build(root: Path, tools: Tools) -> Path:
    """Build the whole site, prove it, and publish it to dist/site.

    Raises BuildError with every problem found; then dist/site is as it was, and dist/report says why.
    """
    with publish.stage(root) as stage:
        try:
            made = _build_stage(root, stage, tools)
        except BuildError as error:
            _report(root, error.problems, [])
            raise
        _report(root, [], [each.deck for each in made])
        publish.exchange(stage / "site", root / "dist" / "site")
    return root / "dist" / "site"


def _build_stage(root: Path, stage: Path, tools: Tools) -> list[Made]:
    fingerprint = inputs_fingerprint(root)
    settings = site.read_settings(root)
    inventory = links.read_inventory(root)
    sheets = sessions.read(root)
    if problems := list(site.page_problems(settings)):  # before anything that takes long
        raise BuildError(problems)
    os.environ["SOURCE_DATE_EPOCH"] = str(artifacts.build_time(root))  # MkDocs dates the site map by it
    sources = decks.find(root)
    published = _addresses(sources, root, settings)
    made, problems = artifacts.make(
        sources,
        tools=tools,
        lang=settings.lang,
        links=published,
        base=settings.site_url,
    )
    if sheets:
        problems += sessions.check(sheets, [each.deck for each in made], [source.name for source in sources])
    with browser.start(tools.browser) as started:
        reader = browser.Reader(started, stage / "site", settings.site_url)
        problems += checks.slide_problems(made, reader)
        if problems:  # what comes after would only say the same once more
            raise BuildError(problems)
        prints, problems = _print_decks(made, reader, links=published)
        if problems:
            raise BuildError(problems)
        _write_prints(prints, stage / "docs" / "decks")
        _stage_docs(made, stage / "docs", published, sheets)
        if problems := site.build(settings, stage / "site"):
            raise BuildError(problems)
        publish.write(stage / "site" / "build.json", json.dumps({"fingerprint": fingerprint}, indent=2) + "\n")
        problems = list(checks.site_problems(made, stage / "site", settings, reader))
    problems += checks.powerpoint_problems(made, stage / "site")
    problems += checks.link_problems(made, stage / "site", settings, inventory)
    problems += addresses.problems(addresses.read(root / "dist" / "site"), addresses.read(stage / "site"))
    if problems:
        raise BuildError(problems)
    return made


def _addresses(sources: Sequence[Source], root: Path, settings: site.Settings) -> dict[str, str]:
    """Where a deck finds the published form of each source file."""
    to_root = "../../"
    found = {path.relative_to(root).as_posix(): to_root + quote(uri) for path, uri in site.addresses(settings).items()}
    for source in sources:
        found[source.label] = f"{to_root}decks/{quote(source.name)}/slides.html"
    return found


def _stage_docs(made: Sequence[Made], docs: Path, published: Mapping[str, str], sheets: RunSheets | None) -> None:
    _write_decks(made, docs / "decks")
    for each in made:
        folder = docs / "decks" / each.deck.name
        files = {path.name: path.stat().st_size for path in folder.iterdir() if path.is_file()}
        text = each.source.text
        publish.write(folder / "index.md", pages.deck_page(each.deck, files=files, source=text))
        publish.write(folder / "source.md", pages.source_page(each.deck, text))
        for figure in each.deck.figures:
            publish.write(folder / "figures" / figure.name, figure.data)
        if pages.has_notes(each.deck):
            publish.write(docs / "facilitate" / f"{each.deck.name}.md", pages.notes_page(each.deck, links=published))
        if sheets and each.deck.name == sheets.deck:
            page = run_sheets.page(sheets, each.deck, links=published)
            publish.write(docs / "facilitate" / f"{sessions.PAGE}.md", page)
    publish.write(docs / "decks" / "index.md", pages.deck_list([each.deck for each in made]))


def _report(root: Path, problems: Sequence[Problem], made: Sequence[Deck]) -> None:
    """Write what the build saw to dist/report."""
    report = {
        "problems": [{"path": p.path, "line": p.line, "rule": p.rule, "message": p.message} for p in problems],
        "decks": {each.name: len(each.slides) for each in made},
    }
    publish.write(root / "dist" / "report" / "problems.json", json.dumps(report, ensure_ascii=False, indent=2) + "\n")
    publish.write(root / "dist" / "report" / "problems.txt", "".join(f"{problem}\n" for problem in problems))


# --- what a build depends on --------------------------------------------------------------------------------


def inputs_fingerprint(root: Path) -> str:
    """A hash of everything in the project that shapes the site."""
    digest = hashlib.sha256(os.environ.get("SITE_URL", "").encode())
    for name in _INPUTS:
        for path in sorted([root / name, *(root / name).rglob("*")]):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"\0{path.relative_to(root).as_posix()}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current(root: Path) -> bool:
    """Whether dist/site was built from the inputs as they are now."""
    try:
        built = json.loads((root / "dist" / "site" / "build.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(built, dict) and built.get("fingerprint") == inputs_fingerprint(root)


# --- the other commands -------------------------------------------------------------------------------------


def render_files(
    root: Path, files: Sequence[Path], folder: Path, tools: Tools, *, strict: bool
) -> tuple[list[Path], list[Problem]]:
    """Render decks that lie anywhere to `folder/<deck>/`; with `strict`, only if no deck has a problem.

    Returns the folders written, and the problems.
    """
    if folder.exists() and not folder.is_dir():
        raise BuildError([Problem(str(folder), 0, "output", "is no folder; name another with -o")])
    problems: list[Problem] = []
    sources: list[Source] = []
    for file, name in zip(files, decks.name_files(files), strict=True):
        try:
            sources.append(decks.open_file(file, name))
        except BuildError as error:
            problems += error.problems
    lang = site.read_settings(root).lang
    made, found = artifacts.make(sources, tools=tools, lang=lang, links={}, base="")
    problems += found
    if not strict:  # before anything else can go wrong: somebody may need the PDF in ten minutes
        _write_decks(made, folder)
    with browser.start(tools.browser) as started:
        reader = browser.Reader(started, folder, "https://deck.invalid/")
        problems += checks.slide_problems(made, reader)
        prints, found = _print_decks(made, reader, links={})
        problems += [] if problems else found  # they would only say the same once more
    if strict and not problems:
        _write_decks(made, folder)
    if not (strict and problems):
        _write_prints(prints, folder)
    written = [] if strict and problems else [folder / each.deck.name for each in made]
    return written, tidy(problems)


def _write_decks(made: Sequence[Made], folder: Path) -> None:
    for each in made:
        for name, content in artifacts.files(each):
            publish.write(folder / each.deck.name / name, content)


def _print_decks(
    made: Sequence[Made], reader: browser.Reader, *, links: Mapping[str, str]
) -> tuple[dict[str, bytes], list[Problem]]:
    """Print handouts and cue cards, by their paths below the folder of all decks; and what is wrong with them."""
    printed: dict[str, bytes] = {}
    problems: list[Problem] = []
    for each in made:
        prints = artifacts.prints(each, reader, links=links)
        problems += checks.print_problems(each, prints)
        printed |= {f"{each.deck.name}/{name}": content for name, content in prints.items()}
    return printed, problems


def _write_prints(prints: Mapping[str, bytes], folder: Path) -> None:
    for name, content in prints.items():
        publish.write(folder / name, content)


def check_links(root: Path, *, write: bool) -> list[Problem]:
    """Ask every outside address of the inventory whether it still answers."""
    entries = links.read_inventory(root)
    alive: list[links.Entry] = []
    dead: list[Problem] = []
    for result in links.check_online(entries, today=date.today(), report=lambda url: print(url, file=sys.stderr)):
        if isinstance(result, Problem):
            dead.append(result)
        else:
            alive.append(result)
    if write:
        links.write_verified(root, alive)
    return tidy(dead)


def test(root: Path, tools: Tools, arguments: Sequence[str]) -> int:
    """Run the test suite over the built site, building it first where it is missing or stale."""
    if not is_current(root):
        build(root, tools)
    environment = {**os.environ, "CHROME_PATH": str(tools.browser)}
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=root, env=environment).returncode


def clean(root: Path) -> None:
    """Remove everything that a build made."""
    for name in ("dist", ".pytest_cache", ".mypy_cache", ".ruff_cache"):
        shutil.rmtree(root / name, ignore_errors=True)
