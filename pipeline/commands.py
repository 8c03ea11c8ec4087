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

from pipeline import (
    addresses,
    artifacts,
    browser,
    checks,
    consistency,
    decks,
    exceptions,
    links,
    names,
    pages,
    policy,
    practice,
    publish,
    report,
    run_sheets,
    scenario,
    scratch,
    sessions,
    site,
)
from pipeline.artifacts import Made
from pipeline.decks import Source
from pipeline.incident import Incident
from pipeline.problems import BuildError, Problem, place_problems, tidy
from pipeline.progress import Progress
from pipeline.report import Report
from pipeline.rules import RULES
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
    progress = Progress(is_thorough=False)
    with publish.stage(root) as stage:
        try:
            _build_stage(root, stage, tools, progress)
        except BuildError as error:
            report.write(progress.report(error.problems), root / report.FOLDER)
            raise
        report.write(progress.report(), root / report.FOLDER)
        publish.exchange(stage / "site", root / "dist" / "site")
    return root / "dist" / "site"


def check(root: Path, tools: Tools) -> Report:
    """Build the whole site beside the published one and look at it with every rule, the slow ones too.

    Writes dist/report and nothing else that lasts. Raises BuildError where it could not begin.
    """
    progress = Progress(is_thorough=True)
    ended: list[Problem] = []
    with publish.stage(root) as stage:
        try:
            _build_stage(root, stage, tools, progress)
        except BuildError as error:
            ended = error.problems
        shutil.rmtree(stage / "site", ignore_errors=True)
    found = progress.report(ended)
    report.write(found, root / report.FOLDER)
    return found


def _build_stage(root: Path, stage: Path, tools: Tools, progress: Progress) -> None:
    if problems := list(place_problems(root)):  # before anything is read that may have no end
        raise BuildError(problems)
    settings = site.read_settings(root)
    named = [(root / "slides", "deck-name"), (settings.docs, "file")]
    if problems := [each for folder, rule in named for each in names.problems(root, folder, rule)]:
        raise BuildError(problems)
    fingerprint = inputs_fingerprint(root)
    inventory = links.read_inventory(root)
    sheets = sessions.read(root)
    incidents = scenario.read(root)
    if problems := list(site.page_problems(settings)):  # before anything that takes long
        raise BuildError(problems)
    os.environ["SOURCE_DATE_EPOCH"] = str(artifacts.build_time(root))  # MkDocs dates the site map by it
    sources = decks.find(root)
    published = _addresses(sources, root, settings)
    with browser.start(tools.browser) as started:  # first, since Marp would wait long for one that does not start
        progress.made, progress.found = artifacts.make(
            sources,
            tools=tools,
            lang=settings.lang,
            links=published,
            base=settings.site_url,
        )
        made = progress.made
        progress.found += exceptions.problems(progress.decks)
        if sheets:
            progress.found += sessions.check(sheets, progress.decks, [source.name for source in sources])
        reader = started.read(stage / "site", settings.site_url)
        progress.found += checks.slide_problems(made, reader)
        progress.looked.append(_counted("slide", progress.slides, "measured as printed"))
        progress.gate()  # what comes after would only say the same once more
        if len(made) < len(sources):
            progress.missed.append("handouts, pages and links, because a deck could not be rendered")
            raise BuildError(progress.refused())
        prints, problems = _print_decks(made, reader, links=published)
        progress.found += problems
        papers, problems = _print_practice(incidents, reader, settings)
        progress.found += problems
        progress.gate()
        _write_prints(prints, stage / "docs" / "decks")
        _write_prints(papers, stage / "docs" / practice.FOLDER)
        _stage_docs(made, stage / "docs", published, sheets, incidents)
        progress.found += consistency.problems(stage / "docs" / practice.FOLDER)
        staged = site.addresses_below(stage / "docs").values()
        progress.found += names.clashes(root, site.addresses(settings), staged)
        progress.found += site.build(settings, stage / "site")
        progress.gate()
        _seal_pages(made, stage / "site")
        publish.write(stage / "site" / "build.json", json.dumps({"fingerprint": fingerprint}, indent=2) + "\n")
        progress.found += checks.site_problems(made, stage / "site", settings, reader)
        progress.looked.append(
            _counted("page", sum(1 for _ in (stage / "site").rglob("*.html")), "opened in the browser")
        )
        if progress.is_thorough:
            progress.found += checks.access_problems(made, stage / "site", settings, reader)
            progress.looked.append(_SCANNED + ", pages also 360 and 1280 px wide and at 400 %")
    progress.found += checks.powerpoint_problems(made, stage / "site")
    problems, followed = checks.link_problems(made, stage / "site", settings, inventory)
    told = {(problem.path, problem.line) for problem in progress.found if problem.rule == "link-dead"}  # by MkDocs
    progress.found += [problem for problem in problems if (problem.path, problem.line) not in told]
    progress.looked.append(_counted("link", followed, "followed, in pages, slides, PDF, PowerPoint and Markdown files"))
    progress.found += addresses.problems(addresses.read(root / "dist" / "site"), addresses.read(stage / "site"))
    if not progress.is_thorough:
        progress.missed.append(_SLOW_RULES)
    progress.finish()


def _counted(noun: str, number: int, what: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'} {what}"


_SCANNED = "axe-core on every slide, light and dark"
_SLOW_RULES = "the rules that only `python3 build.py check` looks at: " + ", ".join(
    name for name, rule in RULES.items() if rule.is_slow
)


def _addresses(sources: Sequence[Source], root: Path, settings: site.Settings) -> dict[str, str]:
    """Where a deck finds the published form of each source file."""
    to_root = "../../"
    found = {path.relative_to(root).as_posix(): to_root + quote(uri) for path, uri in site.addresses(settings).items()}
    for source in sources:
        found[source.label] = f"{to_root}decks/{quote(source.name)}/slides.html"
    return found


def _stage_docs(
    made: Sequence[Made],
    docs: Path,
    published: Mapping[str, str],
    sheets: RunSheets | None,
    incidents: Sequence[Incident],
) -> None:
    _write_decks(made, docs / "decks", links=published)
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
    for incident in incidents:
        for name, content in practice.files(incident):
            publish.write(docs / practice.FOLDER / name, content)


def _seal_pages(made: Sequence[Made], folder: Path) -> None:
    """Give each page of the site its policy, after everything else that writes into it; decks have theirs."""
    sealed = {folder / "decks" / each.deck.name / "slides.html" for each in made}
    for path in folder.rglob("*.html"):
        if path not in sealed:
            publish.write(path, policy.seal_page(path.read_text(encoding="utf-8")))


# --- what a build depends on --------------------------------------------------------------------------------


def inputs_fingerprint(root: Path) -> str:
    """A hash of everything in the project that shapes the site."""
    digest = hashlib.sha256("\0".join(os.environ.get(name, "") for name in ("SITE_URL", "EDIT_URL")).encode())
    inside = root.resolve()
    for name in _INPUTS:
        for path in sorted([root / name, *(root / name).rglob("*")]):
            if "__pycache__" in path.parts:
                continue
            digest.update(b"\0%b\0" % os.fsencode(path.relative_to(root).as_posix()))
            if path.is_symlink():  # what it leads to may be anything, and is looked at where it is allowed
                digest.update(os.fsencode(path.readlink()))
            if path.is_file() and path.resolve().is_relative_to(inside):
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
    progress = Progress(is_thorough=False)
    _make_files(root, files, tools, progress)
    made = progress.made
    if not strict:  # before anything else can go wrong: somebody may need the PDF in ten minutes
        _write_decks(made, folder, links={})
    with browser.start(tools.browser) as started:
        reader = started.read(folder, _NO_SITE)
        progress.found += checks.slide_problems(made, reader)
        prints, found = _print_decks(made, reader, links={})
        progress.found += found
    problems = progress.refused()
    if strict and problems:
        return [], problems
    if strict:
        _write_decks(made, folder, links={})
    _write_prints(prints, folder)
    return [folder / each.deck.name for each in made], problems


def check_files(root: Path, files: Sequence[Path], tools: Tools) -> Report:
    """Look at decks that lie anywhere with every rule, the slow ones too. Writes nothing but dist/report."""
    found = examine_files(root, files, tools)
    report.write(found, root / report.FOLDER)
    return found


def examine_files(root: Path, files: Sequence[Path], tools: Tools) -> Report:
    """Do what `check_files` does, and write nothing."""
    progress = Progress(is_thorough=True)
    try:
        with scratch.open_folder() as folder, browser.start(tools.browser) as started:
            _make_files(root, files, tools, progress)
            _check_files(folder, started, progress)
    except BuildError as error:
        progress.found += error.problems
    return progress.report()


def _make_files(root: Path, files: Sequence[Path], tools: Tools, progress: Progress) -> None:
    sources: list[Source] = []
    for file, name in zip(files, decks.name_files(files), strict=True):
        try:
            sources.append(decks.open_file(file, name))
        except BuildError as error:
            progress.found += error.problems
    lang = site.read_settings(root).lang
    progress.made, problems = artifacts.make(sources, tools=tools, lang=lang, links={}, base="")
    progress.found += problems
    progress.found += exceptions.problems(progress.decks)
    for each in progress.made:
        progress.found += links.deck_problems(each.deck, each.html, each.source.path)


def _check_files(folder: Path, started: browser.Started, progress: Progress) -> None:
    made = progress.made
    _write_decks(made, folder / "decks", links={})
    reader = started.read(folder, _NO_SITE)
    progress.found += checks.slide_problems(made, reader)
    prints, found = _print_decks(made, reader, links={})
    _write_prints(prints, folder / "decks")
    progress.found += found
    progress.found += checks.present_problems(made, reader)
    progress.found += checks.access_problems(made, folder, None, reader, is_ours=False)
    progress.looked.append("axe-core on every slide, as authored")
    progress.looked.append(_counted("slide", progress.slides, "measured and presented"))
    progress.found += checks.powerpoint_problems(made, folder)
    progress.looked.append(_counted("link", sum(len(s.links) for d in progress.decks for s in d.slides), "on slides"))
    progress.missed.append("what axe-core cannot decide, such as the contrast of words on pictures")
    progress.missed.append("external links and links to absolute paths on a web server, for want of a site")
    progress.finish()


_NO_SITE = "https://deck.invalid/"


def _write_decks(made: Sequence[Made], folder: Path, *, links: Mapping[str, str]) -> None:
    for each in made:
        for name, content in artifacts.files(each, links=links):
            publish.write(folder / each.deck.name / name, content)


def _print_decks(
    made: Sequence[Made], reader: browser.Reader, *, links: Mapping[str, str]
) -> tuple[dict[str, bytes], list[Problem]]:
    """Print handouts and cue cards, by their paths below the folder of all decks; and what is wrong with them."""
    printed: dict[str, bytes] = {}
    problems: list[Problem] = []
    for each in made:
        prints: dict[str, bytes] = {}
        with reader.confine(each.source.label, problems):
            prints = artifacts.prints(each, reader, links=links)
        problems += checks.print_problems(each, prints)
        printed |= {f"{each.deck.name}/{name}": content for name, content in prints.items()}
    return printed, problems


def _print_practice(
    incidents: Sequence[Incident], reader: browser.Reader, settings: site.Settings
) -> tuple[dict[str, bytes], list[Problem]]:
    """Print the cards of every practice incident, by their paths below its folder; and what is wrong with them."""
    printed: dict[str, bytes] = {}
    problems: list[Problem] = []
    time = artifacts.build_time(settings.root)
    for incident in incidents:
        address = f"{settings.site_url}{practice.FOLDER}/{incident.name}/"
        prints, found = practice.prints(incident, reader, address=address, time=time, lang=settings.lang)
        problems += found
        printed |= {f"{incident.name}/{name}": content for name, content in prints.items()}
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
    """Remove everything that a build made. Raises BuildError while one is at work."""
    if (root / "dist").is_dir():
        with publish.hold(root):
            shutil.rmtree(root / "dist", ignore_errors=True)
    for name in (".pytest_cache", ".mypy_cache", ".ruff_cache"):
        shutil.rmtree(root / name, ignore_errors=True)
