"""What each command of build.py does, once the tools are there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from pipeline import browser, deck, decks, links, marp, pages, pdf, publish, site
from pipeline.deck import Deck
from pipeline.decks import Source
from pipeline.marp import Rendered
from pipeline.problems import BuildError, Problem, tidy
from pipeline.toolchain import Tools

_INPUTS = (
    "build.py", "data", "docs", "marp.config.mjs", "mkdocs.yml", "mkdocs_hooks.py", "overrides",
    "package-lock.json", "pipeline", "requirements.lock", "slides",
)  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A deck with all that was made of it."""

    source: Source
    deck: Deck
    rendered: Rendered
    pdf: bytes


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
        publish.exchange(stage / "site", root / "dist" / "site")
        _report(root, [], [each.deck for each in made])
    return root / "dist" / "site"


def _build_stage(root: Path, stage: Path, tools: Tools) -> list[Made]:
    fingerprint = inputs_fingerprint(root)
    settings = site.read_settings(root)
    inventory = links.read_inventory(root)
    time = build_time(root)
    os.environ["SOURCE_DATE_EPOCH"] = str(time)  # MkDocs dates the site map by it
    made, problems = _render(decks.find(root), root, settings, tools, time)
    with browser.start(tools.browser) as started:
        reader = browser.Reader(started, stage / "site", settings.site_url)
        problems += _look_at_slides(made, reader)
        if problems:  # what comes after would only say the same once more
            raise BuildError(problems)
        _stage_docs(made, stage / "docs")
        if problems := site.build(root, settings, stage / "site"):
            raise BuildError(problems)
        publish.write(stage / "site" / "build.json", json.dumps({"fingerprint": fingerprint}, indent=2) + "\n")
        problems = list(_look_at_site(made, stage / "site", settings, reader))
    problems += _follow(made, stage / "site", settings, inventory)
    if problems:
        raise BuildError(problems)
    return made


def _render(
    sources: Sequence[Source], root: Path, settings: site.Settings, tools: Tools, time: int
) -> tuple[list[Made], list[Problem]]:
    made: list[Made] = []
    problems: list[Problem] = []
    addresses = _addresses(sources, root, settings)
    for source, rendered in zip(
        sources, marp.render(sources, tools=tools, lang=settings.lang, links=addresses), strict=True
    ):
        if isinstance(rendered, BuildError):
            problems += rendered.problems
            continue
        read, wrong = deck.read(rendered.html, name=source.name, source=source.label)
        problems += [*rendered.problems, *wrong]
        address = f"{settings.site_url}decks/{source.name}/"
        finished = pdf.finish(rendered.pdf, title=read.title, address=address, time=time)
        made.append(Made(source, read, rendered, finished))
    return made, problems


def _addresses(sources: Sequence[Source], root: Path, settings: site.Settings) -> dict[str, str]:
    """Where a deck finds the published form of each source file."""
    to_root = "../../"
    found = {path.relative_to(root).as_posix(): to_root + uri for path, uri in site.addresses(settings).items()}
    for source in sources:
        found[source.label] = f"{to_root}decks/{source.name}/slides.html"
    return found


def _stage_docs(made: Sequence[Made], docs: Path) -> None:
    for each in made:
        folder = docs / "decks" / each.deck.name
        for name, content in deck_files(each):
            publish.write(folder / name, content)
        publish.write(folder / "index.md", pages.deck_page(each.deck))
        if pages.has_notes(each.deck):
            publish.write(docs / "facilitate" / f"{each.deck.name}.md", pages.notes_page(each.deck))
    publish.write(docs / "decks" / "index.md", pages.deck_list([each.deck for each in made]))


def deck_files(made: Made) -> Iterator[tuple[str, str | bytes]]:
    """Every file that is made of one deck, by the name that it has beside the others."""
    yield "slides.html", made.rendered.html
    yield "slides.pdf", made.pdf
    yield "deck.json", made.deck.as_json()
    yield "notes.md", pages.notes_file(made.deck)
    for number, picture in enumerate(pdf.pictures(made.pdf), 1):
        if number == 1:
            yield "og.png", pdf.png(pdf.og_picture(picture))
        yield f"thumbs/{number:02}.png", pdf.png(picture)


# --- checks -------------------------------------------------------------------------------------------------


def pdf_problems(made: Made) -> Iterator[Problem]:
    texts = pdf.texts(made.pdf)
    slides = made.deck.slides
    if len(texts) != len(slides):
        message = f"the PDF has {len(texts)} pages for {len(slides)} slides; see what breaks a slide in two"
        yield Problem(made.source.label, 0, message)
        return
    for slide, text in zip(slides, texts, strict=True):
        if lost := pdf.missing(text, f"{slide.title} {slide.text}"):
            words = ", ".join(f"'{word}'" for word in lost[:5]) + (", …" if len(lost) > 5 else "")
            message = f"slide {slide.number}: the PDF does not show {words}; see what hides it in print"
            yield Problem(made.source.label, slide.line, message)


def _look_at_slides(made: Sequence[Made], reader: browser.Reader) -> Iterator[Problem]:
    """See whether everything on the slides can be seen, on screen and on paper."""
    for each in made:
        yield from pdf_problems(each)
        yield from _slide_problems(each, reader.measure(each.rendered.bare))


def _look_at_site(
    made: Sequence[Made], folder: Path, settings: site.Settings, reader: browser.Reader
) -> Iterator[Problem]:
    """Present every deck and open every page."""
    presented = {f"decks/{each.deck.name}/slides.html": each for each in made}
    origins = _origins(made, settings)
    for path in sorted(folder.rglob("*.html")):
        uri = path.relative_to(folder).as_posix()
        if uri in presented:
            titles = [slide.title for slide in presented[uri].deck.slides]
            yield from _slide_problems(presented[uri], reader.present(uri, titles))
        else:
            source = origins[uri].path if uri in origins else f"dist/site/{uri}"
            for message in reader.visit(uri):
                yield Problem(source, 0, message)


def _slide_problems(made: Made, misfits: Iterable[browser.Misfit]) -> Iterator[Problem]:
    for misfit in misfits:
        slide = made.deck.slides[misfit.slide - 1]
        yield Problem(made.source.label, misfit.line or slide.line, f"slide {slide.number}: {misfit.message}")


def _follow(made: Sequence[Made], folder: Path, settings: site.Settings, inventory: list[links.Entry]) -> list[Problem]:
    """Follow every link of the site, the decks and the PDFs."""
    from_pdfs = [
        links.Reference(
            uri=f"decks/{each.deck.name}/slides.pdf",
            target=address,
            line=_line_of_link(each.deck, page, address),
            is_link=True,
        )
        for each in made
        for page, address in pdf.links(each.pdf)
    ]
    return links.check(folder, settings.site_url, _origins(made, settings), from_pdfs, inventory)


def _line_of_link(read: Deck, page: int, address: str) -> int:
    slide = read.slides[page - 1]
    ends = (link.line for link in slide.links if address.endswith(link.href.lstrip("./")))
    return next(ends, slide.line)


def _origins(made: Sequence[Made], settings: site.Settings) -> dict[str, links.Origin]:
    """The source of each file of the site."""
    found: dict[str, links.Origin] = {}
    for path, uri in site.addresses(settings).items():
        if path.suffix == ".md":
            found[f"{uri}index.html"] = links.Origin(f"docs/{path.relative_to(settings.docs).as_posix()}",
                                                     path.read_text(encoding="utf-8"))  # fmt: skip
    for each in made:
        origin = links.Origin(each.source.label, each.source.text)
        for uri in ("index.html", "slides.html", "slides.pdf"):
            found[f"decks/{each.deck.name}/{uri}"] = origin
        found[f"facilitate/{each.deck.name}/index.html"] = origin
    return found


def _report(root: Path, problems: Sequence[Problem], made: Sequence[Deck]) -> None:
    """Write what the build saw to dist/report."""
    report = {
        "problems": [{"path": p.path, "line": p.line, "message": p.message} for p in problems],
        "decks": {each.name: len(each.slides) for each in made},
    }
    publish.write(root / "dist" / "report" / "problems.json", json.dumps(report, ensure_ascii=False, indent=2) + "\n")
    publish.write(root / "dist" / "report" / "problems.txt", "".join(f"{problem}\n" for problem in problems))


# --- what a build depends on --------------------------------------------------------------------------------


def build_time(root: Path) -> int:
    """The time that outputs carry, in seconds since 1970: SOURCE_DATE_EPOCH, else the last commit's, else 1980."""
    wanted = os.environ.get("SOURCE_DATE_EPOCH", "")
    if wanted:
        if not wanted.isdecimal():
            message = f"SOURCE_DATE_EPOCH is '{wanted}', which is no number of seconds since 1970; correct or unset it"
            raise BuildError([Problem("environment", 0, message)])
        return int(wanted)
    git = shutil.which("git")
    if git:
        command = [git, "-C", str(root), "log", "-1", "--format=%ct"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.stdout.strip().isdecimal():
            return int(done.stdout)
    return int(datetime(1980, 1, 1, tzinfo=UTC).timestamp())


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
    files: Sequence[Path], folder: Path, tools: Tools, *, lang: str, strict: bool
) -> tuple[list[Path], list[Problem], bool]:
    """Render decks that lie anywhere to `folder/<deck>/`.

    Returns the folders written, the problems, and whether a file could not be rendered at all (with `strict`,
    a deck with problems is not written either).
    """
    problems: list[Problem] = []
    sources: list[Source] = []
    for file, name in zip(files, decks.name_files(files), strict=True):
        try:
            sources.append(decks.open_file(file, name))
        except BuildError as error:
            problems += error.problems
    failed = bool(problems)
    made: list[Made] = []
    for source, rendered in zip(sources, marp.render(sources, tools=tools, lang=lang, links={}), strict=True):
        if isinstance(rendered, BuildError):
            problems += rendered.problems
            failed = True
            continue
        read, wrong = deck.read(rendered.html, name=source.name, source=source.label)
        time = build_time(source.root)
        finished = pdf.finish(rendered.pdf, title=read.title, address="", time=time)
        problems += [*rendered.problems, *wrong]
        made.append(Made(source, read, rendered, finished))
    with browser.start(tools.browser) as started:
        problems += _look_at_slides(made, browser.Reader(started, folder, "https://deck.invalid/"))
    failed = failed or (strict and bool(problems))
    if strict and problems:
        return [], tidy(problems), failed
    for each in made:
        for name, content in deck_files(each):
            publish.write(folder / each.deck.name / name, content)
    return [folder / each.deck.name for each in made], tidy(problems), failed


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
    environment = {**os.environ, "CHROME_PATH": str(tools.browser), "NODE_PATH_FOR_TESTS": str(tools.node)}
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=root, env=environment).returncode


def clean(root: Path) -> None:
    """Remove everything that a build made."""
    for name in ("dist", ".pytest_cache", ".mypy_cache", ".ruff_cache"):
        shutil.rmtree(root / name, ignore_errors=True)
