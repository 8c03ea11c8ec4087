"""Make the site again, piece by piece, as its sources change; what somebody looks at comes first.

A piece that cannot be made leaves what was shown before, with the problem.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from pipeline import (
    artifacts,
    causes,
    checks,
    deck,
    decks,
    exceptions,
    generated,
    lint,
    marp,
    names,
    pages,
    patience,
    practice,
    present,
    publish,
    qr,
    scenario,
    sessions,
    site,
)
from pipeline.deck import Deck
from pipeline.decks import THEME_FOLDERS, Source
from pipeline.fingerprint import is_too_large
from pipeline.incident import Incident
from pipeline.marp import Rendered
from pipeline.problems import BuildError, Problem, cut, place_problems, tidy
from pipeline.sessions import PAGE, SESSIONS, RunSheets
from pipeline.toolchain import Tools
from pipeline.watch import Watcher

QUIET = 0.4
"""Seconds without a change after which the rest of the site is made: until then a reader's page has the machine."""

_UNSAFE = ("page-script", "file-outside")

_MANY = 5
"""How many pages somebody may have open."""

_SETTINGS = ("mkdocs.yml", "mkdocs_hooks.py", "overrides")
_MARPS = ("marp.config.mjs", "package-lock.json")


@dataclass(frozen=True)
class Slides:
    """A deck as it is shown."""

    html: str
    """Without its policy."""
    text: str
    """What it was made of."""
    deck: Deck
    edited: int | None
    """The slide that was changed last."""


@dataclass(frozen=True)
class Shown:
    """What there is to see at one moment."""

    site: Path | None = None
    """The folder of the pages; None before the first."""
    prefix: str = "/"
    """Where the site stands on the server."""
    slides: Mapping[str, Slides] = field(default_factory=dict)
    """By the address of the deck."""
    problems: tuple[Problem, ...] = ()
    addresses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What is made of each source file; a problem of any other file concerns every page."""

    def problems_of(self, uri: str) -> list[Problem]:
        """The problems to be seen at an address."""
        return [each for each in self.problems if uri in self._places(each) or not self._places(each)]

    def is_refused(self, uri: str) -> bool:
        """Whether what is at an address must not even be shown: it would run, or leads to somewhere else."""
        found = (each for each in self.problems if each.rule in _UNSAFE)
        refused = (each for problem in found for each in self.addresses.get(problem.path) or _made_of(problem.path))
        return any(_place(uri) == _place(each) for each in refused)

    def _places(self, problem: Problem) -> tuple[str, ...]:
        if found := self.addresses.get(problem.path):
            return found
        folder = re.match(r"slides/[^/]+/", problem.path)
        return self.addresses.get(f"{folder[0]}deck.md", ()) if folder else ()


def _made_of(path: str) -> tuple[str, ...]:
    """The pages that are made of a file of data."""
    if found := re.fullmatch(r"data/scenarios/([^/]+)\.yml", path):
        return practice.pages(found[1])
    return (f"facilitate/{PAGE}/",) if path == SESSIONS.as_posix() else ()


class Board:
    """Where the maker puts what is to be seen, and the server looks."""

    def __init__(self) -> None:
        self.shown = Shown()
        self.writing = threading.Lock()
        """Held by whoever writes into the folder of the pages, or reads from it."""
        self._changed = threading.Condition()
        self._round = 0
        self._looked_at: dict[str, None] = {}
        self._is_over = False

    def put(self, shown: Shown) -> None:
        """Show something else from now on."""
        with self._changed:
            self.shown = shown
            self._round += 1
            self._changed.notify_all()

    def wait(self, known: int, seconds: float) -> int | None:
        """Wait for another round than the known one; gives the round, or None when all is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_over or self._round != known, seconds)
            return None if self._is_over else self._round

    def close(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def look(self, uri: str) -> None:
        """Note that somebody looks at an address."""
        with self._changed:
            self._looked_at.pop(uri, None)
            self._looked_at[uri] = None

    def rank(self, uri: str) -> int:
        """How many other addresses somebody has looked at since this one."""
        with self._changed:
            looked_at = list(reversed(self._looked_at))
        return looked_at.index(uri) if uri in looked_at else len(looked_at)

    def is_looked_at(self, uri: str) -> bool:
        """Whether somebody may look at an address now."""
        return uri in self._looked_at and self.rank(uri) < _MANY


class Maker:
    """Makes again what has changed, and puts it on the board."""

    def __init__(
        self, root: Path, folder: Path, *, tools: Tools, board: Board, watcher: Watcher, say: Callable[[str], None]
    ) -> None:
        """Make in `folder`, and nowhere else. `say` is told what goes on, a line each time."""
        self._root = root
        self._folder = folder
        self._tools = tools
        self._board = board
        self._watcher = watcher
        self._say = say
        self._worker = contextlib.ExitStack()
        self._marp: marp.Worker | None = None
        self._settings: site.Settings | None = None
        self._site: site.Preview | None = None
        self._pages: Path | None = None
        """The folder of the pages that are shown."""
        self._sources: dict[str, Source] = {}
        self._links: dict[str, str] = {}
        self._slides: dict[str, Slides] = {}
        """By the deck's name, as all that follows."""
        self._missed: set[Path] | None = None
        """What has changed and could not be followed; None for everything."""
        self._due: set[str] = set()
        """Decks to render."""
        self._unstaged: set[str] = set()
        """Decks whose pages are to be written."""
        self._deck_files: dict[str, dict[str, bytes]] = {}
        self._sheets: RunSheets | None = None
        self._incidents: list[Incident] = []
        self._practice_files: dict[str, bytes] = {}
        self._staged: dict[str, bytes] = {}
        """Every generated file, by its path below the folder of all pages."""
        self._found: dict[str, list[Problem]] = {}
        """What is wrong, by what was looked at."""
        self._told: list[Problem] = []
        self._written: dict[str, tuple[str, ...]] = {}
        """The addresses of hand-written files."""

    def __enter__(self) -> Maker:
        return self

    def __exit__(self, *_: object) -> None:
        self._worker.close()

    def run(self) -> None:
        """Make everything, and then again whatever changes, without end."""
        changed: set[Path] | None = None  # at first, all is new
        is_whole = False
        while True:
            if changed or changed is None:
                is_whole = is_whole and not self._found["places"] and not self._is_of_site(changed)
                self._follow(changed)
            else:
                is_whole = self._make_site()
            self._tell()
            self._watcher.catch_up()
            changed = self._watcher.wait(None if is_whole else QUIET if self._pages else 0)

    # --- one change ---------------------------------------------------------------------------------------------

    def _follow(self, changed: set[Path] | None) -> None:
        """Make at once what somebody may be waiting for."""
        if changed is None or self._found.get("places") or not all(map(_is_plain, changed)):
            with self._finding("places") as found:  # before anything is read that may have no end
                found += place_problems(self._root)
        self._missed = None if changed is None or self._missed is None else self._missed | changed
        if not self._found["places"]:
            changed, self._missed = self._missed, set()
            self._read_settings(changed)
            if self._settings:
                self._read_decks(changed, self._settings)
                self._render_due(changed or set(), self._settings)
                self._read_data(changed)
                self._make_pages(changed or set(), self._stage(), self._settings)
            else:
                self._missed = None
        self._put()

    @contextlib.contextmanager
    def _finding(self, what: str) -> Iterator[list[Problem]]:
        """Note what is wrong with something, in place of what was wrong with it before."""
        found: list[Problem] = []
        try:
            yield found
        except site.Superseded:
            raise
        except BuildError as error:
            found += error.problems
        except Exception as error:  # a preview has to survive whatever one file does to it
            message = f"{type(error).__name__}: {cut(str(error), 300)}; undo the last change, and please report it"
            found.append(Problem(what, 0, "output", message))
        self._found[what] = found

    def _is_touched(self, changed: set[Path] | None, *names: str) -> bool:
        """Whether any of these files or folders of the project has changed."""
        return changed is None or any(path.is_relative_to(self._root / name) for path in changed for name in names)

    def _is_set(self, changed: set[Path] | None) -> bool:
        """Whether any of these files is one of settings, which may take others from any YAML file."""
        below = [self._root / name for name in ("data", "docs", "slides")]
        return self._is_touched(changed, *_SETTINGS) or any(
            path.suffix in (".yml", ".yaml") and not any(map(path.is_relative_to, below)) for path in changed or ()
        )

    def _is_of_site(self, changed: set[Path] | None) -> bool:
        """Whether any of these files is one that pages are made of: our own words may be kept in another."""
        docs = self._settings.docs.relative_to(self._root).as_posix() if self._settings else "docs"
        of_decks = (_concerns(path, source) for path in changed or () for source in self._sources.values())
        is_touched = self._is_touched(changed, "data", "dist", docs, "slides", *_MARPS) or self._is_set(changed)
        return is_touched or any(of_decks)

    def _read_settings(self, changed: set[Path] | None) -> None:
        if self._is_touched(changed, *_MARPS):
            self._close_worker()
        if self._settings and not self._is_set(changed):
            return
        with self._finding("mkdocs.yml"):
            before, self._settings = self._settings, site.read_settings(self._root)
            if before is None or before != self._settings:
                self._close_worker()
                self._site = site.Preview(self._settings, self._folder / "docs")

    def _close_worker(self) -> None:
        """End Node, so that the next deck starts it anew; every deck is due then."""
        self._worker.close()
        self._marp = None
        self._due |= set(self._sources)

    # --- decks --------------------------------------------------------------------------------------------------

    def _read_decks(self, changed: set[Path] | None, settings: site.Settings) -> None:
        with self._finding("slides"):
            sources = {source.name: source for source in decks.find(self._root)}
            links = generated.addresses(list(sources.values()), settings)
            for name, source in sources.items():
                before = self._sources.get(name)
                is_other = before is None or before.text != source.text or links != self._links
                if is_other or any(_concerns(path, source) for path in changed or ()):
                    self._due.add(name)
            for name in self._sources.keys() - sources.keys():
                self._slides.pop(name, None)
                self._deck_files.pop(name, None)
                self._found.pop(f"slides/{name}", None)
            self._sources, self._links = sources, links
            self._due &= sources.keys()

    def _render_due(self, changed: set[Path], settings: site.Settings) -> None:
        for name in sorted(self._due, key=lambda name: (self._board.rank(address_of(name)), name)):
            if self._watcher.is_behind():
                return  # the rest stays due
            try:
                self._show_deck(self._sources[name], changed, settings)
            except site.Superseded:
                return
            self._due.discard(name)
            self._unstaged.add(name)
            self._put()

    def _show_deck(self, source: Source, changed: set[Path], settings: site.Settings) -> None:
        began = time.monotonic()
        with self._finding(f"slides/{source.name}") as found:
            slides, problems = self._render(source, changed, settings)
            if self._watcher.is_behind(source.path):
                raise site.Superseded  # it was only half written
            self._slides[source.name] = slides
            found += problems
            self._say(f"{source.label}: made in {1000 * (time.monotonic() - began):.0f} ms")

    def _rendered(self, source: Source, settings: site.Settings, *, is_again: bool = False) -> Rendered:
        """What Marp makes of a deck; where somebody has ended Node, by another one."""
        if self._marp is None:
            self._marp = self._worker.enter_context(marp.open_worker(self._tools))
        try:
            generated = {qr.FILE: qr.figure(settings.site_url)}
            return self._marp.render(source, lang=settings.lang, links=self._links, generated=generated)
        except marp.WorkerLost:
            is_gone = self._marp.has_ended
            self._worker.close()
            self._marp = None
            if is_again or not is_gone:
                raise
        return self._rendered(source, settings, is_again=True)

    def _render(self, source: Source, changed: set[Path], settings: site.Settings) -> tuple[Slides, list[Problem]]:
        rendered = self._rendered(source, settings)
        with patience.named(source.label, source.text):
            return self._read(rendered, source, changed, settings)

    def _read(
        self, rendered: Rendered, source: Source, changed: set[Path], settings: site.Settings
    ) -> tuple[Slides, list[Problem]]:
        read, wrong = deck.read(rendered.html, name=source.name, source=source.label)
        address = f"{settings.site_url}decks/{quote(source.name)}/"
        html = present.enhance(artifacts.with_address(rendered.html, address), read, links=self._links)
        before = self._slides.get(source.name)
        edited = edited_slide(before.text, source.text, read, changed) if before else None
        made = artifacts.Made(source, read, rendered, b"", html, address)
        problems = [*decks.theme_problems(source), *rendered.problems, *wrong]
        problems += [*lint.problems(source, rendered.trace, read), *checks.deck_problems(made)]
        return Slides(html, source.text, read, edited), problems

    # --- data and pages -----------------------------------------------------------------------------------------

    def _read_data(self, changed: set[Path] | None) -> None:
        if self._is_touched(changed, "data"):
            with self._finding("data/sessions.yml"):
                self._sheets = sessions.read(self._root)
                self._unstaged |= self._slides.keys()
            with self._finding("data/scenarios"):
                self._incidents = scenario.read(self._root)
                files = [each for incident in self._incidents for each in practice_files(incident)]
                self._practice_files = dict(files)
        if self._is_touched(changed, "dist"):  # a build has ended
            self._unstaged |= self._slides.keys()
        with self._finding("exceptions and minutes") as found:
            read = [each.deck for each in self._slides.values()]
            found += exceptions.problems(read)
            if self._sheets:
                found += sessions.check(self._sheets, read, list(self._sources))

    def _stage(self) -> set[str]:
        """Write the generated files; returns the paths of those that are others than before."""
        for name in sorted(self._unstaged & self._slides.keys()):
            with self._finding(f"slides/{name}, as pages"):
                shown, built = self._slides[name], self._root / "dist" / "site" / "decks" / name
                files = dict(deck_files(shown, built, links=self._links, sheets=self._sheets))
                self._deck_files[name] = files
        self._unstaged.clear()
        wanted = dict(self._practice_files)
        for name in sorted(self._deck_files):
            wanted |= self._deck_files[name]
        shown_decks = [self._slides[name].deck for name in sorted(self._slides)]
        wanted["decks/index.md"] = pages.deck_list(shown_decks).encode()
        changed = {name for name in wanted.keys() | self._staged.keys() if wanted.get(name) != self._staged.get(name)}
        with self._finding("staged"):
            for name in changed:
                if name in wanted:
                    publish.write(self._folder / "docs" / name, wanted[name])
                    self._staged[name] = wanted[name]
                else:
                    (self._folder / "docs" / name).unlink(missing_ok=True)
                    del self._staged[name]
        return changed

    def _make_pages(self, changed: set[Path], staged: set[str], settings: site.Settings) -> None:
        """Make again single pages that have changed; the whole site follows when there is time."""
        if not self._site or not self._pages:
            return
        below = {path.relative_to(settings.docs).as_posix() for path in changed if path.is_relative_to(settings.docs)}
        files = [name for name in below if not name.endswith(".md")]
        if files:  # one that would run must be known before it is there; a page is looked at first of all
            self._judge_pages(settings)
        for name in files:
            if (self._pages / name).is_file() and (settings.docs / name).is_file():
                with self._board.writing, contextlib.suppress(OSError):
                    shutil.copyfile(settings.docs / name, self._pages / name)
        looked_at = {name for name in staged if self._board.is_looked_at(uri_of(name))}
        for name in sorted(below | looked_at, key=lambda name: (self._board.rank(uri_of(name)), name)):
            is_gone = name not in staged and not (settings.docs / name).is_file()
            if name.endswith(".md") and not is_gone and not self._watcher.is_behind():
                self._make_page(name, settings)
        if below and not files:
            self._judge_pages(settings)

    def _judge_pages(self, settings: site.Settings) -> None:
        with self._finding("docs") as found:
            found += site.page_problems(settings)
        self._put()

    def _make_page(self, name: str, settings: site.Settings) -> None:
        began = time.monotonic()
        label = (settings.docs / name).relative_to(self._root).as_posix()
        others = [problem for problem in self._found.get("site", ()) if problem.path != label]
        with self._board.writing:  # until it is known what is wrong with it, nobody sees it
            with self._finding("site") as found:
                found += others
                told = self._site.rebuild(name) if self._site else None
                found += told or ()
                if told is not None and name not in self._staged:
                    self._say(f"{label}: made in {1000 * (time.monotonic() - began):.0f} ms")
            self._put()

    def _make_site(self) -> bool:
        """Make every page anew, beside those that are shown. Returns whether there is nothing left to do."""
        settings, preview = self._settings, self._site
        if not settings or not preview or self._found["places"]:
            return True
        began = time.monotonic()
        with self._finding("names") as found:
            for folder, rule in ((self._root / "slides", "deck-name"), (settings.docs, "file")):
                found += names.problems(self._root, folder, rule)
            made_here = generated.written(self._folder / "docs", self._sheets)
            found += names.clashes(self._root, site.published(settings), made_here)
        with self._finding("docs") as found:
            found += site.page_problems(settings)
        if any(problem.rule == "file-outside" for problem in self._found["docs"]):  # MkDocs would follow it, for ever
            self._put()
            return True
        target = Path(tempfile.mkdtemp(prefix="site-", dir=self._folder))
        before = self._pages
        try:
            with self._finding("site") as found:
                found += preview.build(target, self._watcher.is_behind)
                self._pages = target
        except site.Superseded:
            return False
        finally:
            if self._pages != target:
                shutil.rmtree(target, ignore_errors=True)
        self._put()
        if before and self._pages != before:
            with self._board.writing:
                shutil.rmtree(before, ignore_errors=True)
        if self._pages == target:
            self._say(f"all pages: made in {time.monotonic() - began:.1f} s")
        return True

    # --- what is shown ------------------------------------------------------------------------------------------

    def _put(self) -> None:
        read = [each.deck for each in self._slides.values()]
        found = [problem for problems in self._found.values() for problem in problems]
        refused = exceptions.sort(found, read).refused
        prefix = urlsplit(self._settings.site_url).path if self._settings else "/"
        slides = {address_of(name): each for name, each in self._slides.items()}
        problems = tuple(causes.once(tidy(causes.causes(refused, read))))
        self._board.put(Shown(self._pages, unquote(prefix), slides, problems, self._addresses()))

    def _addresses(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {
            source.label: (address_of(name), f"decks/{name}/", f"decks/{name}/source/", f"facilitate/{name}/")
            for name, source in self._sources.items()
        }
        with contextlib.suppress(OSError):  # a folder may go away while it is looked through: then, we are told again
            written = site.addresses(self._settings) if self._settings else {}
            self._written = {path.relative_to(self._root).as_posix(): (uri,) for path, uri in written.items()}
        return {**found, **self._written}

    def _tell(self) -> None:
        """Say what has become wrong, and when everything is right again."""
        problems = list(self._board.shown.problems)
        for problem in problems:
            if problem not in self._told:
                self._say(str(problem))
        if self._told and not problems:
            self._say("no problem is left")
        self._told = problems


def address_of(name: str) -> str:
    """The address of a deck, below the site's."""
    return f"decks/{name}/slides.html"


def _place(uri: str) -> str:
    """What all addresses of one file have in common, as disks may not tell small letters from large ones."""
    return uri.casefold().removesuffix("index.html")


def uri_of(name: str) -> str:
    """The address of a page or file, by its path below the folder of pages."""
    if not name.endswith(".md"):
        return name
    uri = re.sub(r"(^|/)(index|README)\.md$", r"\1", name).removesuffix(".md")
    return f"{uri}/" if uri and not uri.endswith("/") else uri


def edited_slide(before: str, after: str, deck: Deck, changed: Iterable[Path]) -> int | None:
    """The slide in which a deck's text begins to differ, or else one that shows a picture which has changed."""
    pairs = zip_longest(re.split(r"\r\n?|\n", before), re.split(r"\r\n?|\n", after))
    line = next((number for number, (old, new) in enumerate(pairs, 1) if old != new), 0)
    if line:
        matter = re.match(r"-{3,}[^\S\n]*\n.*?^-{3,}[^\S\n]*$", after, re.DOTALL | re.MULTILINE)
        slide = None if matter and line <= matter[0].count("\n") + 1 else deck.slide_at(line)
        return slide.number if slide else None
    names = {path.name for path in changed}
    shown = (slide for slide in deck.slides for image in slide.images if _name(image.src) in names)
    return next((slide.number for slide in shown), None)


def deck_files(
    slides: Slides, built: Path, *, links: Mapping[str, str], sheets: RunSheets | None
) -> Iterator[tuple[str, bytes]]:
    """Every file of a deck by its path; empty where only a build makes it. `built` is where the last one left them."""
    made = slides.deck
    folder = f"decks/{made.name}"
    own = {"deck.json": made.as_json(), "notes.md": pages.notes_file(made, links=links)}
    pictures = ["og.png", *(f"thumbs/{slide.number:02}.png" for slide in made.slides)]
    sizes: dict[str, int] = {}
    for name in [form.name for form in pages.FORMATS] + pictures:
        content = own.get(name, "").encode()
        yield f"{folder}/{name}", content
        sizes[name] = len(content) or _size(built / name)
    sizes["slides.html"] = len(slides.html)
    for name, page in generated.deck_files(made, slides.text, files=sizes, links=links, sheets=sheets):
        yield name, page.encode() if isinstance(page, str) else page


def practice_files(incident: Incident) -> Iterator[tuple[str, bytes]]:
    """Every file of a practice incident by its path; empty where only a build makes it."""
    for name, content in practice.files(incident):
        yield f"{practice.FOLDER}/{name}", content.encode()
    for name in practice.PRINTS:
        yield f"{practice.FOLDER}/{incident.name}/{name}", b""


def _concerns(path: Path, source: Source) -> bool:
    """Whether a deck may look otherwise once a file has changed."""
    return (
        path.suffix == ".css"
        or any(name in path.parts for name in THEME_FOLDERS)
        or path.name in _MARPS
        or path.is_relative_to(source.path.parent)
        or path.name in source.text
        or quote(path.name) in source.text
    )


def _name(address: str) -> str:
    return unquote(address.split("#")[0].split("?")[0]).rpartition("/")[2]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _is_plain(path: Path) -> bool:
    """Whether a path is a file, or is not there: nothing that leads elsewhere, has no end, or takes minutes to read."""
    try:
        return stat.S_ISREG(path.lstat().st_mode) and not is_too_large(path)
    except OSError:
        return True
