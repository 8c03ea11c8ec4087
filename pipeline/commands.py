"""What each command of build.py does, once the tools are there."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

from pipeline import (
    addresses,
    archive,
    artifacts,
    browser,
    bundles,
    cache,
    checks,
    consistency,
    decks,
    exceptions,
    fingerprint,
    generated,
    handouts,
    links,
    loopback,
    names,
    pages,
    pictures,
    policy,
    practice,
    publish,
    report,
    scenario,
    scratch,
    sessions,
    site,
    templates,
)
from pipeline.artifacts import Made, Rendering
from pipeline.cache import Cache
from pipeline.decks import Source
from pipeline.incident import Incident
from pipeline.marp import Worker
from pipeline.problems import BuildError, Problem, place_problems, read_text, tidy
from pipeline.progress import Progress, quiet
from pipeline.report import Report
from pipeline.rules import RULES
from pipeline.sessions import RunSheets
from pipeline.templates import Imprint, Template
from pipeline.toolchain import PATIENCE, Tools

WINDOWS = 2
"""How many pages are opened side by side: a browser works on each in a process of its own, and waits now and then."""

# --- build --------------------------------------------------------------------------------------------------


def build(
    root: Path, tools: Tools, *, worker: Worker | None = None, tell: Callable[[str], None] = quiet
) -> tuple[Path, list[str]]:
    """Build the whole site, prove it, and publish it to dist/site. `tell` is told what is at work.

    A `worker` is as for `marp.begin`.

    Returns where it is, and a line for each step that says how long it took.

    Raises BuildError with every problem found; then dist/site is as it was, and dist/report says why.
    """
    progress = Progress(is_thorough=False, cache=cache.open_cache(root), tell=tell)
    progress.begin("reading the project")
    with publish.stage(root) as stage:
        with suppress(IsADirectoryError, PermissionError):  # which is told below, or when something is to be written
            fingerprint.forget(root)
        try:
            _see_places(root)
            state = fingerprint.look(root)
            plan = _build_stage(root, stage, tools, progress, worker)
        except BuildError as error:
            with suppress(OSError):  # what is wrong is told all the same
                report.write(progress.report(error.problems), root / report.FOLDER)
            raise
        progress.begin("publishing, with a report")
        report.write(progress.report(), root / report.FOLDER)
        publish.exchange(stage / "site", root / "dist" / "site")
        progress.cache.tidy()
        if plan.settings.is_alone:
            fingerprint.note(root, state)
    return root / "dist" / "site", list(progress.times())


def check(
    root: Path, tools: Tools, *, worker: Worker | None = None, tell: Callable[[str], None] = quiet
) -> tuple[Report, list[str]]:
    """Build the whole site beside the published one and look at it with every rule, the slow ones too.

    `worker` and `tell` are as for `build`. Nothing is taken from what former runs have seen.

    Returns what was found, and a line for each step that says how long it took. Writes dist/report and nothing else
    that lasts. Raises BuildError where it could not begin.
    """
    progress = Progress(is_thorough=True, tell=tell)
    ended: list[Problem] = []
    with publish.stage(root) as stage:
        try:
            _see_places(root)
            _build_stage(root, stage, tools, progress, worker)
        except BuildError as error:
            ended = error.problems
        shutil.rmtree(stage / "site", ignore_errors=True)
    return _reported(root, progress.report(ended)), list(progress.times())


def _reported(root: Path, found: Report) -> Report:
    """Write a report to dist/report; where that cannot be, it says so, and what was found is told all the same."""
    try:
        report.write(found, root / report.FOLDER)
    except OSError as error:
        message = f"cannot be written ({error.strerror}); see who owns it, and whether the disk has room"
        problem = Problem(report.FOLDER.as_posix(), 0, "output", message)
        return replace(found, problems=(*found.problems, problem))
    return found


@dataclass(frozen=True)
class _Plan:
    """What a site is made of; all that can be wrong with it before anything is made has been looked at."""

    settings: site.Settings
    fingerprint: str
    """Of all inputs."""
    inventory: list[links.Entry]
    sheets: RunSheets | None
    incidents: list[Incident]
    sources: list[Source]
    published: Mapping[str, str]
    """Where each file is published, as for `artifacts.begin`."""


def _see_places(root: Path) -> None:
    """See that everything can be read, before anything is: it may have no end; and where the build itself writes.

    Raises BuildError where it cannot.
    """
    problems = [*scratch.place_problems(root), *place_problems(root)]
    record = root / fingerprint.RECORD
    if record.is_dir() and not record.is_symlink():
        message = "is a folder, and a build notes there what it was made of; move it away"
        problems.append(Problem(fingerprint.RECORD.as_posix(), 0, "output", message))
    if problems:
        raise BuildError(problems)


def _plan(root: Path, progress: Progress) -> _Plan:
    settings = site.read_settings(root)
    progress.settings = read_text(root / "mkdocs.yml", "mkdocs.yml")
    named = [(root / "slides", "deck-name"), (settings.docs, "file")]
    if problems := [each for folder, rule in named for each in names.problems(root, folder, rule)]:
        raise BuildError(problems)
    inputs = fingerprint.inputs_fingerprint(root)
    inventory = links.read_inventory(root)
    sheets = sessions.read(root)
    incidents = scenario.read(root)
    if problems := list(site.page_problems(settings)):
        raise BuildError(problems)  # before anything that takes long
    sources = decks.find(root)
    return _Plan(settings, inputs, inventory, sheets, incidents, sources, generated.addresses(sources, settings))


def _build_stage(root: Path, stage: Path, tools: Tools, progress: Progress, worker: Worker | None) -> _Plan:
    plan = _plan(root, progress)
    os.environ["SOURCE_DATE_EPOCH"] = str(artifacts.build_time(root))  # MkDocs dates the site map by it
    progress.begin("starting Marp and the browser")
    marp = artifacts.begin(
        plan.sources,
        tools=tools,
        lang=plan.settings.lang,
        links=plan.published,
        base=plan.settings.site_url,
        cache=progress.cache,
        worker=worker,
    )
    served = loopback.serve(stage / "site", plan.settings.site_url)
    docs = stage / "docs"
    with (
        _beside(progress) as pool,
        _beside(progress) as other,
        marp as rendering,
        browser.start(tools.browser) as started,
        served as address,
    ):
        reader, presenter = (started.read(stage / name, plan.settings.site_url) for name in ("site", "docs"))
        printing = _measure_decks(plan, stage, rendering, reader, pool, progress)
        # One after the other; PowerPoint files take longest, and mostly nobody waits for them until the end.
        drawing = pool.submit(lambda: _write_decks(printing.result()[0], docs / "decks", links=plan.published))
        packing = pool.submit(lambda: [artifacts.powerpoint(each) for each in printing.result()[0]])
        made, prints = _print_handouts(plan, stage, printing, reader, presenter, progress)
        reading = other.submit(lambda: list(_print_problems(made, prints)))
        chosen = _make_papers(plan, stage, reader, progress)
        progress.begin("pictures, begun before")
        drawing.result()
        late = [] if plan.settings.is_watched else made
        _stage_decks(made, [b""] * len(late) or packing.result(), docs, plan)
        _make_site(plan, stage, made, chosen, progress)
        finishing = pool.submit(lambda: _finish_decks(late, packing.result(), stage))
        following = pool.submit(_follow_links, plan, stage, made, chosen)
        visitors = (started.read(stage / "site", plan.settings.site_url, address) for _ in range(WINDOWS))

        def finish() -> None:
            progress.found += reading.result()
            finishing.result()

        another = partial(_read_alone, tools, stage / "site", plan.settings.site_url)
        _open_pages(plan, stage, made, finish, reader, visitors, another, progress)
        progress.begin("links, followed meanwhile")
        _take_links(following, progress)
    progress.found += addresses.problems(addresses.read(root / "dist" / "site"), addresses.read(stage / "site"))
    if not progress.is_thorough:
        progress.missed.append(_SLOW_RULES)
    progress.finish()
    return plan


def _measure_decks(
    plan: _Plan,
    stage: Path,
    rendering: Rendering,
    reader: browser.Reader,
    pool: ThreadPoolExecutor,
    progress: Progress,
) -> Future[tuple[list[Made], list[Problem]]]:
    """Take the decks as soon as Marp has them, and look at them while it prints; `pool` waits for what it prints."""
    count = len(plan.sources)
    progress.begin(_counted("deck", count, "rendered by Marp"))
    progress.made, progress.found = rendering.drafts
    progress.found += exceptions.problems(progress.decks)
    _spare_browsers(progress)
    if plan.sheets:
        progress.found += sessions.check(plan.sheets, progress.decks, [source.name for source in plan.sources])
    for each in progress.made:  # before anybody else writes or presents them
        publish.write(stage / "docs" / "decks" / each.deck.name / "slides.html", each.html)
    printing = pool.submit(rendering.finish)
    progress.begin(_counted("slide", progress.slides, "measured"))
    for each in progress.each(progress.made):
        progress.found += checks.slide_problems([each], reader)
    progress.looked.append(_counted("slide", progress.slides, "measured as printed"))
    if len(progress.made) < count or progress.is_over:
        _take_pdf(printing, reader, progress, count)  # and all that is wrong is told at once
    return printing


def _print_handouts(
    plan: _Plan,
    stage: Path,
    printing: Future[tuple[list[Made], list[Problem]]],
    reader: browser.Reader,
    presenter: browser.Reader,
    progress: Progress,
) -> tuple[list[Made], dict[str, dict[str, bytes]]]:
    """Print handouts, and present the decks meanwhile; returns the decks, and what was printed, as `_print_decks`."""
    present = partial(checks.presented, reader=presenter)
    is_long = any(len(each.deck.slides) > browser.LONG for each in progress.made)
    if is_long:  # two browsers that print so many at once, and a window that shows them, take more than one GB
        progress.begin("slides presented, and printed by Marp")
        for each in progress.each(progress.made):
            with present(each):
                printing.result()
        presenter.close()
    progress.begin("handouts" if is_long else "handouts, and slides presented")
    beside = _nothing_beside if is_long else present
    prints, problems = _print_decks(progress.each(progress.made), reader, links=plan.published, beside=beside)
    if not is_long:
        presenter.close()
    progress.found += problems
    made = _take_pdf(printing, reader, progress, len(plan.sources))
    _write_deck_prints(prints, stage / "docs" / "decks")
    return made, prints


def _make_papers(plan: _Plan, stage: Path, reader: browser.Reader, progress: Progress) -> list[Template]:
    """Print what is not a deck: the cards of practice incidents, and the templates, which it returns."""
    papers, problems = _print_practice(plan.incidents, reader, plan.settings)
    progress.found += problems
    progress.gate()
    _write_prints(papers, stage / "docs" / practice.FOLDER)
    for name, content in generated.shared_files(progress.decks, plan.incidents):
        publish.write(stage / "docs" / name, content)
    progress.begin("templates, for print and Word")
    chosen, problems = _find_templates(plan.settings, stage / "docs", plan.incidents)
    progress.found += problems
    files, problems = _make_templates(chosen, reader, plan.settings, progress.cache)
    progress.found += problems
    progress.gate()
    _write_prints(files, stage / "docs")
    return chosen


def _make_site(plan: _Plan, stage: Path, made: Sequence[Made], chosen: Sequence[Template], progress: Progress) -> None:
    """Make the site of all that was staged."""
    settings = plan.settings
    progress.begin("pages, by MkDocs")
    made_here = generated.written(stage / "docs", plan.sheets)
    progress.found += names.clashes(settings.root, site.published(settings), made_here)
    progress.found += site.build(settings, stage / "site")
    progress.gate()
    _seal_pages(made, stage / "site")
    if plan.sheets:
        bundled = bundles.make(stage / "site", settings.site_url, chosen, plan.sheets.deck)
        progress.found += bundles.problems(bundled)
        _write_prints(bundled, stage / "site" / bundles.PLACE)
    is_same = fingerprint.inputs_fingerprint(settings.root) == plan.fingerprint  # what changed meanwhile is half in it
    made_of = {"fingerprint": plan.fingerprint if is_same else ""}
    publish.write(stage / "site" / "build.json", json.dumps(made_of, indent=2) + "\n")


def _stage_decks(made: Sequence[Made], packed: Sequence[bytes], docs: Path, plan: _Plan) -> None:
    """Stage the pages of the decks, and their PowerPoint files, or empty ones in place of those that come late."""
    for each, powerpoint in zip(made, packed, strict=True):
        folder = docs / "decks" / each.deck.name
        files: dict[str, int | None] = {path.name: path.stat().st_size for path in folder.iterdir() if path.is_file()}
        files[artifacts.POWERPOINT] = len(powerpoint) or None
        publish.write(folder / artifacts.POWERPOINT, powerpoint)
        for name, content in generated.deck_files(
            each.deck, each.source.text, files=files, links=plan.published, sheets=plan.sheets
        ):
            publish.write(docs / name, content)


def _finish_decks(late: Sequence[Made], packed: Sequence[bytes], stage: Path) -> None:
    """Put the PowerPoint files that come late where they belong, and say on the decks' pages how large they are."""
    name = artifacts.POWERPOINT
    for each, content in zip(late, packed, strict=False):
        for kind, page in (("docs", "index.md"), ("site", "index.html")):
            folder = stage / kind / "decks" / each.deck.name
            if (folder / name).is_file():  # nobody has left it out
                publish.write(folder / name, content)
            if (folder / page).is_file():
                text = (folder / page).read_text(encoding="utf-8")
                publish.write(folder / page, pages.with_sizes(text, {name: len(content)}))


def _open_pages(
    plan: _Plan,
    stage: Path,
    made: Sequence[Made],
    finish: Callable[[], None],
    reader: browser.Reader,
    visitors: Iterator[browser.Reader],
    another: checks.Another,
    progress: Progress,
) -> None:
    folder, settings = stage / "site", plan.settings
    progress.begin("pages opened in the browser")
    progress.found += checks.site_problems(
        made, folder, settings, reader, others=visitors, each=progress.each, finish=finish
    )
    count = sum(path.is_file() for path in folder.rglob("*.html"))
    progress.looked.append(_counted("page", count, "opened in the browser"))
    if progress.is_thorough:
        progress.begin("slides and pages tried by keyboard, by axe-core and at every width")
        progress.found += checks.access_problems(made, folder, settings, reader, another=another)
        progress.looked.append(_SCANNED + ", pages also 360 and 1280 px wide and at 400 %")


def _follow_links(
    plan: _Plan, stage: Path, made: Sequence[Made], chosen: Sequence[Template]
) -> tuple[list[Problem], list[Problem], int]:
    """What is wrong with files that no browser opens, and with links; and how many links there are."""
    wrong = [*consistency.problems(stage / "docs" / practice.FOLDER), *checks.powerpoint_problems(made, stage / "site")]
    return wrong, *checks.link_problems(made, chosen, stage / "site", plan.settings, plan.inventory)


def _take_links(following: Future[tuple[list[Problem], list[Problem], int]], progress: Progress) -> None:
    wrong, dead, followed = following.result()
    told = {(problem.path, problem.line) for problem in progress.found if problem.rule == "link-dead"}  # by MkDocs
    progress.found += [*wrong, *(problem for problem in dead if (problem.path, problem.line) not in told)]
    progress.looked.append(_counted("link", followed, "followed, in pages, slides, PDF, PowerPoint and Markdown files"))


def _counted(noun: str, number: int, what: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'} {what}"


_SCANNED = "axe-core on every slide, light and dark"
_SLOW_RULES = "the rules that only `python3 build.py check` looks at: " + ", ".join(
    name for name, rule in RULES.items() if rule.is_slow
)


@contextmanager
def _beside(progress: Progress) -> Iterator[ThreadPoolExecutor]:
    """Do in turn what the browser is not needed for; where something goes wrong, nobody waits for the rest."""
    try:
        with ThreadPoolExecutor(max_workers=1) as pool:
            try:
                yield pool
            except BaseException:
                for each in progress.made:
                    each.stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    finally:
        for each in progress.made:
            each.stop.clear()  # the report may still want pictures


def _take_pdf(
    printing: Future[tuple[list[Made], list[Problem]]], reader: browser.Reader, progress: Progress, count: int
) -> list[Made]:
    """Wait until Marp has printed the decks, `count` of them, and see whether each PDF is right.

    Raises BuildError where one is missing, or where a build has to end for anything found so far.
    """
    made, problems = printing.result()
    printed = {each.deck.name: each for each in made}
    progress.made = [printed.get(draft.deck.name, draft) for draft in progress.made]
    progress.found += [*problems, *checks.all_pdf_problems(made, reader)]
    progress.gate()  # what comes after would only say the same once more
    if len(made) < count:
        progress.missed.append("handouts, pages and links, because a deck could not be rendered")
        raise BuildError(progress.refused())
    return made


def _seal_pages(made: Sequence[Made], folder: Path) -> None:
    """Give each page of the site its policy, after everything else that writes into it; decks have theirs."""
    sealed = {folder / "decks" / each.deck.name / "slides.html" for each in made}
    for path in folder.rglob("*.html"):
        if path not in sealed and path.is_file():
            publish.write(path, policy.seal_page(path.read_text(encoding="utf-8")))


# --- the other commands -------------------------------------------------------------------------------------


def render_files(
    root: Path, files: Sequence[Path], folder: Path, tools: Tools, *, strict: bool
) -> tuple[list[Path], list[Problem]]:
    """Render decks that lie anywhere to `folder/<deck>/`; with `strict`, only if no deck has a problem.

    Returns the folders written, and the problems. What a former run wrote there and this one does not is taken away.
    Raises BuildError where somebody else's files would be lost.
    """
    folders = [folder, *(folder / name for name in decks.name_files(files))]
    publish.see_folders(folders)
    if folder.resolve().is_relative_to((root / "dist").resolve()):
        publish.see_output(root)
    taken = [(root / "dist" / name).resolve() for name in ("cache", "report", "site", "stage")]
    for each in folders:
        if any(each.resolve().is_relative_to(place) for place in taken):
            message = "is where builds put what they have proven, or keep; name another folder with -o"
            raise BuildError([Problem(str(each), 0, "output", message)])
    former = {each: _former(each, file) for each, file in zip(folders[1:], files, strict=True)}
    progress = Progress(is_thorough=False)
    _make_files(root, files, tools, progress)
    made = progress.made
    if not strict:  # before anything else can go wrong: somebody may need the PDF in ten minutes
        _replace_decks(made, folder, former)
    with browser.start(tools.browser) as started:
        reader = started.read(folder, _NO_SITE)
        progress.found += checks.slide_problems(made, reader)
        progress.found += checks.all_pdf_problems(made, reader)
        prints, found = _print_decks(made, reader, links={})
        progress.found += [*found, *_print_problems(made, prints)]
    problems = progress.refused()
    if strict and problems:
        return [], problems
    if strict:
        _replace_decks(made, folder, former)
    _write_deck_prints(prints, folder)
    return [folder / each.deck.name for each in made], problems


def _former(folder: Path, file: Path) -> list[str]:
    """What a former run has written to the folder of a deck and another one may not write again.

    Raises BuildError where files of such names are somebody else's: the deck itself may be one, or its pictures.
    """
    names = ["og.png", "thumbs", *(form.name for form in pages.FORMATS)]
    try:
        count = len(json.loads((folder / "deck.json").read_text(encoding="utf-8"))["slides"])
        others = [file.name] if file.name in names and file.resolve().parent == folder.resolve() else []
    except (OSError, ValueError, KeyError, TypeError):  # only a former run writes that
        count, others = 0, [name for name in names if (folder / name).exists()]
    if others:
        message = "was not written by a former run, and would be lost; name another folder with -o"
        raise BuildError([Problem(str(folder / min(others)), 0, "output", message)])
    return [*handouts.NAMES, *(f"thumbs/{number:02}.png" for number in range(1, count + 1))] if count else []


def _replace_decks(made: Sequence[Made], folder: Path, former: Mapping[Path, Sequence[str]]) -> None:
    _write_decks(made, folder, links={})
    _write_powerpoint(made, folder)
    for each in made:
        place = folder / each.deck.name
        thumbs = [f"thumbs/{number:02}.png" for number in range(1, len(each.pictures) + 1)]
        gone = [place / name for name in former[place] if name not in thumbs]  # what is printed comes anew
        for within in (place, place / "thumbs"):
            gone += scratch.abandoned(within, publish.NEW)
        for path in gone:
            path.unlink(missing_ok=True)


def check_files(root: Path, files: Sequence[Path], tools: Tools) -> Report:
    """Look at decks that lie anywhere with every rule, the slow ones too. Writes nothing but dist/report."""
    publish.see_output(root)
    return _reported(root, examine_files(root, files, tools))


def examine_files(root: Path, files: Sequence[Path], tools: Tools) -> Report:
    """Do what `check_files` does, and write nothing."""
    progress = Progress(is_thorough=True)
    ended: list[Problem] = []
    try:
        with scratch.open_folder() as folder, browser.start(tools.browser) as started:
            _make_files(root, files, tools, progress)
            _check_files(folder, started, tools, progress)
    except BuildError as error:
        ended = error.problems
    return progress.report(ended)


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
        progress.found += links.deck_problems(each.deck, each.html, each.source.path, each.source.text)


def _spare_browsers(progress: Progress) -> None:
    """Raises BuildError where a picture would keep every browser busy for so long that it would be given up."""
    refused = progress.refused()
    if any(pictures.TOO_LARGE in problem.message for problem in refused):
        progress.missed.append("whatever a browser sees, because of a picture that is too large for one")
        raise BuildError(refused)


@contextmanager
def _read_alone(tools: Tools, folder: Path, base: str) -> Iterator[browser.Reader]:
    """A reader in a browser of its own."""
    with browser.start(tools.browser) as started:
        yield started.read(folder, base)


def _check_files(folder: Path, started: browser.Started, tools: Tools, progress: Progress) -> None:
    _spare_browsers(progress)
    made = progress.made
    _write_decks(made, folder / "decks", links={})
    _write_powerpoint(made, folder / "decks")
    reader = started.read(folder, _NO_SITE)
    progress.found += [*checks.slide_problems(made, reader), *checks.all_pdf_problems(made, reader)]
    prints, found = _print_decks(made, reader, links={})
    progress.found += [*found, *_print_problems(made, prints)]
    _write_deck_prints(prints, folder / "decks")
    progress.found += checks.present_problems(made, reader)
    another = partial(_read_alone, tools, folder, _NO_SITE)
    progress.found += checks.access_problems(made, folder, None, reader, is_ours=False, another=another)
    progress.looked.append("axe-core on every slide, as authored")
    progress.looked.append(_counted("slide", progress.slides, "measured and presented"))
    progress.found += checks.powerpoint_problems(made, folder)
    progress.looked.append(_counted("link", sum(len(s.links) for d in progress.decks for s in d.slides), "on slides"))
    progress.missed.append("what axe-core cannot decide, such as the contrast of words on pictures")
    progress.missed.append("external links and links to absolute paths on a web server, for want of a site")
    progress.finish()


_NO_SITE = "https://deck.invalid/"


def _write_decks(made: Iterable[Made], folder: Path, *, links: Mapping[str, str]) -> None:
    for each in made:
        for name, content in artifacts.files(each, links=links):
            publish.write(folder / each.deck.name / name, content)


def _write_powerpoint(made: Iterable[Made], folder: Path) -> None:
    for each in made:
        publish.write(folder / each.deck.name / artifacts.POWERPOINT, artifacts.powerpoint(each))


def _nothing_beside(_: Made) -> AbstractContextManager[None]:
    return nullcontext()


def _print_decks(
    made: Iterable[Made],
    reader: browser.Reader,
    *,
    links: Mapping[str, str],
    beside: Callable[[Made], AbstractContextManager[None]] = _nothing_beside,
) -> tuple[dict[str, dict[str, bytes]], list[Problem]]:
    """Print the handouts and cue cards of each deck, by its name and theirs; and why one could not be printed."""
    printed: dict[str, dict[str, bytes]] = {}
    problems: list[Problem] = []
    for each in made:
        printed[each.deck.name] = {}
        with beside(each), reader.confine(each.source.label, problems):
            printed[each.deck.name] = artifacts.prints(each, reader, links=links)
    return printed, problems


def _print_problems(made: Iterable[Made], printed: Mapping[str, Mapping[str, bytes]]) -> Iterator[Problem]:
    for each in made:
        yield from checks.print_problems(each, printed[each.deck.name])


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


def _find_templates(
    settings: site.Settings, staged: Path, incidents: Sequence[Incident]
) -> tuple[list[Template], list[Problem]]:
    """All templates, hand-written and generated, and what is wrong with them."""

    def source_of(uri: str) -> str:
        return next((each.source for each in incidents if f"/{each.name}/" in uri), uri)

    written, _ = site.written_templates(settings)  # what is wrong with those has ended the build
    generated, problems = templates.find(staged, source_of, is_generated=True)
    found = sorted([*written, *generated], key=lambda template: template.number)
    return found, [*problems, *templates.repeated(found)]


def _make_templates(
    chosen: Sequence[Template], reader: browser.Reader, settings: site.Settings, kept: Cache
) -> tuple[dict[str, bytes], list[Problem]]:
    """The files of all templates, by their addresses, and what is wrong with them; pandoc works beside the browser."""
    if not chosen:
        return {}, []
    from pipeline import word  # not before, since its library takes a while to load

    imprint = Imprint(settings.site_url, settings.locale, artifacts.build_time(settings.root))
    keys = {template.uri: kept.key("template", repr(template), repr(imprint)) for template in chosen}
    found = {uri: archive.unpack(content) for uri, key in keys.items() if (content := kept.get(key))}
    wanted = [template for template in chosen if template.uri not in found]
    templates.prepare(wanted, imprint.base)
    with ThreadPoolExecutor(max_workers=1) as pool:
        written = pool.submit(word.make, wanted, imprint) if wanted else None
        printed, problems = templates.prints(wanted, reader, imprint)
        documents = written.result() if written else []
    for template, in_word in zip(wanted, documents, strict=True):
        if in_pdf := printed.get(template.uri):
            text = templates.as_markdown(template, imprint.base)
            found[template.uri] = {".pdf": in_pdf, ".docx": in_word, ".md": text.encode()}
            problems += templates.missing(template, imprint.base, in_pdf=in_pdf, in_word=word.text(in_word))
    if not problems:
        for template in wanted:
            kept.put(keys[template.uri], archive.pack(found[template.uri]))
    return {
        f"{template.folder}{template.name}{ending}": content
        for template in chosen
        for ending, content in found.get(template.uri, {}).items()
    }, problems


def _write_deck_prints(printed: Mapping[str, Mapping[str, bytes]], folder: Path) -> None:
    for name, prints in printed.items():
        _write_prints(prints, folder / name)


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
    if not fingerprint.is_current(root):
        build(root, tools)
    environment = {**os.environ, "CHROME_PATH": str(tools.browser)}
    with subprocess.Popen([sys.executable, "-m", "pytest", *arguments], cwd=root, env=environment) as tests:
        try:
            return tests.wait()
        except BaseException as stop:
            # What tests have started, they end themselves. Ctrl-C they have been told by the terminal.
            if not isinstance(stop, KeyboardInterrupt):
                tests.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                tests.wait(PATIENCE)
            tests.kill()
            raise


def clean(root: Path) -> None:
    """Remove everything that a build made. Raises BuildError while one is at work, and OSError for what stays."""
    dist = root / "dist"
    if dist.is_dir():
        with publish.hold(root):
            for path in dist.iterdir():  # `dist` itself may be a link to a larger disk
                if path.name == "lost+found":  # which belongs to the disk
                    continue
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                elif path.name != publish.LOCK:
                    path.unlink()
            with suppress(OSError):  # Windows lets nothing go while it is held
                (dist / publish.LOCK).unlink()
        with suppress(OSError):  # somebody else has begun a build, or it is that link
            dist.rmdir()
    for name in (".pytest_cache", ".mypy_cache", ".ruff_cache"):
        shutil.rmtree(root / name, ignore_errors=True)
