"""Look at everything that was made, as a reader would, and say what is wrong with it."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin

from pipeline import browser, handouts, links, pdf, practice, scenario, sessions, site, templates
from pipeline.active import blank
from pipeline.artifacts import Made
from pipeline.cache import NOTHING_KEPT
from pipeline.deck import Deck, Image, Slide
from pipeline.decks import Source
from pipeline.notes import paragraphs, spoken
from pipeline.problems import BuildError, Problem, line_at, line_of, lines_of, read_text
from pipeline.templates import Template

WORDS_A_MINUTE = 160
"""As fast as one can speak and still be followed."""

PART = 10
"""Slides, at least, that a reader looks at in one go: to open a deck takes as long as to look at one or two."""

MOST = 25
"""Slides, at most, that a reader looks at in one go, as each look goes through all of them."""


def deck_problems(made: Made) -> Iterator[Problem]:
    """See what the deck itself lacks: words for those who do not see its images, and minutes for its notes."""
    yield from _images_without_words(made)
    yield from _links_lost_on_paper(made)
    for slide in made.deck.slides:
        words = len(spoken(slide.notes))
        if slide.minutes and words > slide.minutes * WORDS_A_MINUTE:
            message = (
                f"slide {slide.number}: the notes have {words} words to say, which take {words / WORDS_A_MINUTE:.1f} "
                f"minutes at {WORDS_A_MINUTE} a minute, and the slide has {slide.minutes:g}; shorten them, or give "
                "the slide more minutes"
            )
            yield Problem(made.source.label, _line_of_notes(made, slide), "note-long", message)


def _links_lost_on_paper(made: Made) -> Iterator[Problem]:
    """The links to keys that nobody gave: where Marp has no such id, only the deck's script knows the slide."""
    unnamed = {slide.key for slide in made.deck.slides}
    ids = {unquote(name) for name in re.findall(r'\sid="([^"]*)"', made.rendered.html)}
    told: set[str] = set()
    for slide in made.deck.slides:
        for link in slide.links:
            key = unquote(link.href[1:])
            if link.number or not link.href.startswith("#") or key not in unnamed or (link.is_aside and key in told):
                continue
            if key not in ids:
                told.add(key)
                message = f"slide {slide.number}: '{link.href}' leads nowhere in PDF and PowerPoint; give that slide a"
                yield Problem(made.source.label, link.line, "link-dead", f"{message} '_slideKey' and link to that")


def _images_without_words(made: Made) -> Iterator[Problem]:
    told: set[str] = set()
    decoration = set(_decoration(made.source.text))
    for slide in made.deck.slides:
        for image in slide.images:
            # What only styles show is decoration, and nobody could give it words.
            # An address within the page names no image: so does `![bg](#123456)`, which is meant for a colour.
            if image.alt.strip() or image.is_style or image.src in decoration or image.src.startswith("#"):
                continue
            if image.is_aside:
                if image.src in told:
                    continue
                told.add(image.src)
            yield Problem(made.source.label, _line_of_image(made, image), "alt-missing", _wordless(slide, image))


def _wordless(slide: Slide, image: Image) -> str:
    name = "the image in the source" if image.src.startswith("data:") else f"image '{image.src}'"
    file = "data:…" if image.src.startswith("data:") else image.src
    start = "bg " if image.is_background else ""
    return f"slide {slide.number}: {name} has no text alternative; write ![{start}what it shows]({file})"


def _decoration(text: str) -> Iterator[str]:
    """The sources of images that raw HTML says are decoration: in Markdown there is no way to say so."""
    for tag in re.findall(r"""<img\b(?:[^<>"']++|"[^"]*"|'[^']*')*+>""", text, re.IGNORECASE):
        source = re.search(r"""\ssrc\s*=\s*["']?([^"'\s>]+)""", tag, re.IGNORECASE)
        if source and re.search(_SAYS_DECORATION, tag, re.IGNORECASE):
            yield source[1]


_SAYS_DECORATION = (
    r"""\salt(\s*=\s*(""|''))?(?=[\s/>])|\srole\s*=\s*["']?(none|presentation)|\saria-hidden\s*=\s*["']?true"""
)


def _line_of_image(made: Made, image: Image) -> int:
    """A browser knows the block of an image: where that has several lines, look for the one that names it."""
    name = image.src[:60]
    if image.is_aside:
        lines = enumerate(lines_of(made.source.text), 1)
        named = (number for number, line in lines if name in line and re.search(r"header|footer", line))
        return next(named, image.line)
    return links.line_in_block(made.source.text, image.line, name)


def _line_of_notes(made: Made, slide: Slide) -> int:
    """Where the first note of the slide begins, as it stands in the source."""
    first = next((note for note in slide.notes if note.strip()), "").strip().split("\n")[0]
    lines = lines_of(made.source.text)[slide.start - 1 :]
    return next((slide.start + number for number, line in enumerate(lines) if first and first in line), slide.line)


def pdf_problems(made: Made, seen: Sequence[str] | None = None) -> Iterator[Problem]:
    """See whether the PDF has a page for each slide, with its words, and says what it is to those who do not see it.

    `seen` are the words that each slide shows on screen, where that is known: no others are looked for.
    """
    texts = pdf.texts(made.pdf)
    slides = made.deck.slides
    if len(texts) != len(slides):
        message = f"the PDF has {len(texts)} pages for {len(slides)} slides; see what breaks a slide in two"
        yield Problem(made.source.label, 0, "pdf-incomplete", message)
        return
    for fault in pdf.faults(made.pdf, slides):
        slide = slides[fault.page - 1] if fault.page else None
        message = f"slide {slide.number}: the PDF {fault.message}" if slide else f"the PDF {fault.message}"
        yield Problem(made.source.label, slide.line if slide else 0, "pdf-structure", message)
    painted = pdf.image_counts(made.pdf)  # what a filter has turned into a picture has no letters, but is to be seen
    rare = {slide.number: words for slide in slides if (words := _of_other_scripts(slide.text))}
    boxed = pdf.boxed(made.pdf, rare) if rare else set()
    for slide, text in zip(slides, texts, strict=True):
        lost = pdf.missing(text, f"{slide.text} {slide.around}")
        if slide.number in boxed:
            some = _some(rare[slide.number])
            message = (
                f"slide {slide.number}: the PDF shows boxes, maybe for {some}; install a font that has its letters"
            )
            yield Problem(made.source.label, slide.line, "pdf-incomplete", message)
            continue
        if lost and seen is not None:
            hidden = pdf.missing(seen[slide.number - 1], " ".join(lost))
            # The words of a drawing that is an image are on the page, and not among those seen.
            is_whole = not _has_drawings(slide) and pdf.is_whole(text, seen[slide.number - 1])
            lost = [] if is_whole else [word for word in lost if word not in hidden]
        if lost and painted[slide.number - 1] <= len(slide.images):
            message = f"slide {slide.number}: the PDF does not show {_some(lost)}; see what hides it in print"
            yield Problem(made.source.label, slide.line, "pdf-incomplete", message)


def _has_drawings(slide: Slide) -> bool:
    return any(re.search(r"\.svg$|image/svg", image.src, re.IGNORECASE) for image in slide.images)


def _of_other_scripts(text: str) -> list[str]:
    """The words with letters that are neither Latin, nor Greek, nor Cyrillic: many machines have no font for them."""
    words = dict.fromkeys(text.split())
    return [word for word in words if any(letter.isalpha() and letter > "\u052f" for letter in word)]


def print_problems(made: Made, prints: Mapping[str, bytes]) -> Iterator[Problem]:
    """See whether each handout, and the cue cards, hold every slide and every word of its notes, where it stands."""
    seen: list[bytes | str] = [made.pdf, *prints, *prints.values()]
    yield from _unless_known(made, "prints", seen, partial(_print_problems, made, prints))


def _print_problems(made: Made, prints: Mapping[str, bytes]) -> Iterator[Problem]:
    told = {fault.message for fault in pdf.faults(made.pdf, made.deck.slides)}  # of the slides' own PDF
    own = lru_cache(partial(pdf.texts, made.pdf))
    for name, content in prints.items():
        if made.stop.is_set():
            raise pdf.Stopped
        texts = pdf.texts(content)
        entries = handouts.outline(content)
        if [title for title, _ in entries] != [handouts.heading(slide, made.deck.lang) for slide in made.deck.slides]:
            message = f"{name} has {len(entries)} entries in its outlines for {len(made.deck.slides)} slides"
            yield Problem(
                made.source.label, 0, "handout-incomplete", f"{message}; see which heading breaks out of its slide"
            )
            continue
        for fault in pdf.faults(content):
            if fault.message in told:
                continue
            where = f" (page {fault.page})" if fault.page else ""
            yield Problem(made.source.label, 0, "pdf-structure", f"{name}{where} {fault.message}")
        ends = [page for _, page in entries[1:]] + [len(texts)]
        for slide, (_, start), end in zip(made.deck.slides, entries, ends, strict=True):
            # The notes may end on the page on which the next slide starts.
            if lost := _lost_in_print(own, slide, name, texts[start - 1 : end]):
                message = f"slide {slide.number}: {name} does not show {_some(lost)}; see what hides it in print"
                yield Problem(made.source.label, slide.line, "handout-incomplete", message)


def _lost_in_print(own: Callable[[], Sequence[str]], slide: Slide, name: str, pages: Sequence[str]) -> list[str]:
    """The words that the `pages` of a slide lack; what the texts of the deck's `own` PDF lack of them is told there."""
    lost = pdf.missing(" ".join(pages), handouts.words(slide, name))
    lost = [word for word in lost if not pdf.goes_over(word, pages)]
    if not lost:
        return []
    unseen = pdf.missing(" ".join(own()[slide.number - 1 : slide.number]), slide.text)
    said = pdf.missing("", handouts.words(replace(slide, text=""), name))  # which is ours to print
    return [word for word in lost if word in said or word not in unseen]


def powerpoint_problems(made: Sequence[Made], folder: Path) -> Iterator[Problem]:
    """See whether the PowerPoint file of each deck says every title and every note; the pictures are the PDF's."""
    for each in made:
        path = folder / "decks" / each.deck.name / "slides.pptx"
        if path.is_file():  # else MkDocs has left it out, and says so
            content = path.read_bytes()
            yield from _unless_known(each, "powerpoint", [content], partial(_powerpoint_problems, each, content))


def _powerpoint_problems(made: Made, content: bytes) -> Iterator[Problem]:
    from pipeline import powerpoint  # as late as where it is made

    found = powerpoint.read(content)
    if len(found) != len(made.deck.slides):
        message = f"the PowerPoint file has {len(found)} slides for {len(made.deck.slides)}; please report it"
        yield Problem(made.source.label, 0, "powerpoint-incomplete", message)
        return
    for slide, (title, said) in zip(made.deck.slides, found, strict=True):
        noted = " ".join(run.text for note in slide.notes for line in paragraphs(note) for run in line.runs)
        if lost := [*pdf.missing(title, slide.title), *pdf.missing(said, noted)]:
            message = f"slide {slide.number}: the PowerPoint file lacks {_some(lost)}; please report it"
            yield Problem(made.source.label, slide.line, "powerpoint-incomplete", message)


def _some(words: Sequence[str]) -> str:
    return ", ".join(f"'{word}'" for word in words[:5]) + (", …" if len(words) > 5 else "")


def slide_problems(made: Sequence[Made], reader: browser.Reader) -> Iterator[Problem]:
    """See what is wrong with each deck and its slides."""
    for each in made:
        yield from deck_problems(each)
        yield from _unless_known(each, "fit", [each.rendered.bare], partial(fit_problems, each, reader))


def all_pdf_problems(made: Sequence[Made], reader: browser.Reader) -> Iterator[Problem]:
    """See what is wrong with the PDF of each deck."""
    for each in made:
        yield from _unless_known(each, "pdf", [each.pdf], partial(_pdf_problems, each, reader))


def _pdf_problems(made: Made, reader: browser.Reader) -> list[Problem]:
    found = list(pdf_problems(made))
    if any(problem.rule == "pdf-incomplete" for problem in found):
        found = list(pdf_problems(made, reader.words(made.rendered.bare)))
    return found


def _unless_known(
    made: Made, kind: str, seen: Iterable[bytes | str], look: Callable[[], Iterable[Problem]]
) -> Iterator[Problem]:
    """What `look` finds in the deck and in all that it has `seen`, unless it once found nothing in just these."""
    key = made.cache.key(f"look-{kind}", made.identity, *seen)
    if made.cache.recall(key):
        return
    found = list(look())
    if not found:
        made.cache.remember(key)
    yield from found


def fit_problems(made: Made, reader: browser.Reader) -> Iterator[Problem]:
    """See whether everything on the slides can be seen and read, in the deck as it is printed."""
    yield from _confined(made, reader, lambda: reader.measure(made.rendered.bare))


def site_problems(
    made: Sequence[Made],
    folder: Path,
    settings: site.Settings,
    reader: browser.Reader,
    *,
    others: Iterator[browser.Reader],
    each: Callable[[Sequence[str]], Iterable[str]] = iter,
    finish: Callable[[], None] = lambda: None,
) -> Iterator[Problem]:
    """Present every deck and open every page.

    Pages are opened by the `others` side by side, of which no more are taken than there are pages; they go through
    `each`. On the home page, the search is tried. Each page of which something was found is opened again by `reader`:
    what that finds counts. The decks' own pages come last: before, `finish` sees that these are finished.
    """
    cache = made[0].cache if made else NOTHING_KEPT
    yield from present_problems(made, reader)
    presented = set(map(_slides_uri, made))
    origins = _origins(made, settings)
    uris = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.html")) if path.is_file()]
    keys = {uri: cache.key("look-page", str(folder), settings.site_url, uri) for uri in uris if uri not in presented}
    own = [f"decks/{deck.deck.name}/index.html" for deck in made]

    def new(wanted: Iterable[str]) -> list[str]:
        return [uri for uri in wanted if uri in keys and not cache.recall(keys[uri])]

    def others_in_turn() -> Iterator[str]:
        yield from each(new(uri for uri in keys if uri not in own))
        finish()
        yield from each(new(own))

    def origin_of(uri: str) -> links.Origin:
        return origins.get(uri, links.Origin(f"dist/site/{uri}", ""))

    home = "index.html"
    doubtful: list[str] = []
    failed: list[Problem] = []
    for uri, visitor in _visits(others_in_turn(), others, lambda uri: origin_of(uri).path, failed):
        complaints: list[browser.Complaint] = []
        origin = origin_of(uri)
        with visitor.confine(origin.path, failed):
            complaints = visitor.arrive()
            complaints += visitor.search() if uri == home and not complaints else []
        if complaints or any(problem.path == origin.path for problem in failed):
            doubtful.append(uri)
        else:
            cache.remember(keys[uri], visitor.answered)
    for uri in doubtful:
        origin = origin_of(uri)
        lost: list[Problem] = []
        complaints = []
        with reader.confine(origin.path, lost):
            complaints = reader.visit(uri)
            complaints += reader.search() if uri == home else []
            if not complaints:
                cache.remember(keys[uri], reader.answered)
        yield from lost
        for found in complaints:
            yield Problem(origin.path, _line_of(found, origin.text), found.rule, found.message)


def _visits(
    uris: Iterable[str], readers: Iterator[browser.Reader], path_of: Callable[[str], str], failed: list[Problem]
) -> Iterator[tuple[str, browser.Reader]]:
    """Each page with the reader that has set out for it, while the other readers are on their way to the next ones.

    Where a reader could not set out, that is added to what has `failed`, with the path of the page's source.
    """
    under_way: deque[tuple[str, browser.Reader]] = deque()
    for uri in uris:
        reader = next(readers, None)  # a new one, as long as there are any
        if not reader:
            yield under_way[0]
            _, reader = under_way.popleft()
        with reader.confine(path_of(uri), failed):
            reader.set_out(uri)
        under_way.append((uri, reader))
    yield from under_way


def present_problems(made: Sequence[Made], reader: browser.Reader) -> Iterator[Problem]:
    """Go through every deck as a presenter does."""
    for each in made:
        uri, titles, key = _presentation(each)
        published = reader.folder / uri  # of which something else that writes into the site may have made another
        is_as_made = published.is_file() and published.read_bytes() == each.html.encode()
        if not is_as_made or not each.cache.recall(key):
            found = list(_confined(each, reader, partial(reader.present, uri, titles)))
            if not found:
                each.cache.remember(key, reader.answered)
            yield from found


@contextmanager
def presented(made: Made, reader: browser.Reader) -> Iterator[None]:
    """Go through a deck while something else is done. Where all is well, `present_problems` takes that as seen.

    Where it is not, that looks once more: only then there is all that the deck may ask for.
    """
    uri, titles, key = _presentation(made)
    if not made.cache.folder or made.cache.recall(key):
        yield
        return
    failed: list[Problem] = []
    with reader.confine(made.source.label, failed):
        reader.begin_to_present(uri, titles)
    yield
    with reader.confine(made.source.label, failed):
        if not failed and not reader.end_presenting(titles):
            made.cache.remember(key, reader.answered)


def _presentation(made: Made) -> tuple[str, list[str], str]:
    """Where a deck is presented, its headings, and the key under which one remembers that it was."""
    uri, titles = _slides_uri(made), [slide.title for slide in made.deck.slides]
    return uri, titles, made.cache.key("look-deck", made.address, uri, made.html, *titles)


def _slides_uri(made: Made) -> str:
    return f"decks/{made.deck.name}/slides.html"


def access_problems(
    made: Sequence[Made],
    folder: Path,
    settings: site.Settings | None,
    reader: browser.Reader,
    *,
    is_ours: bool = True,
    another: Another | None = None,
) -> Iterator[Problem]:
    """See what keeps people out of the decks and pages in `folder`, which takes some time.

    Without `settings` there are only decks. Of decks that are not `is_ours`, nobody asked that axe-core can decide
    everything, nor that light and dark can be swapped. `another` reader takes a part of the work.
    """
    origins = _origins(made, settings) if settings else {}
    uris = _page_uris(origins, folder, set(map(_slides_uri, made))) if settings else []
    parts = [partial(_scan_part, each, numbers, swapped=is_ours) for each in made for numbers in _parts(each.deck)]
    pages = [partial(_scan_page, uri) for uri in uris]
    found = side_by_side([*pages, *parts], reader, another)  # pages may take long, and the last work should not
    of_decks = dict.fromkeys(problem for problems in found[len(pages) :] for problem in problems)
    yield from (problem for problem in of_decks if is_ours or problem.rule != "axe-undecided")
    yield from _page_access_problems(origins, dict(zip(uris, found[: len(pages)], strict=True)))


def _parts(deck: Deck) -> list[range]:
    """The numbers of a deck's slides, in so many parts that two readers end together."""
    count = len(deck.slides)
    size = min(MOST, max(PART, -(-count // 4)))
    return [range(first, min(first + size, count + 1)) for first in range(1, count + 1, size)]


def _scan_part(made: Made, numbers: range, reader: browser.Reader, *, swapped: bool) -> list[Problem]:
    uri, count = _slides_uri(made), len(made.deck.slides)
    return list(_confined(made, reader, partial(reader.scan_deck, uri, count, numbers=numbers, swapped=swapped)))


def _scan_page(uri: str, reader: browser.Reader) -> list[browser.Complaint]:
    return reader.scan_page(uri)


Another = Callable[[], AbstractContextManager[browser.Reader]]
"""Starts a browser of its own, for whoever works in a thread of its own."""


def side_by_side(
    looks: Sequence[Callable[[browser.Reader], list[Any]]], reader: browser.Reader, another: Another | None
) -> list[list[Any]]:
    """What each of `looks` finds, in their order; `another` reader takes a part of them in a thread of its own.

    Where that cannot be started, `reader` does it alone. Raises BuildError where one of the two browsers is lost.
    """
    pending = deque(enumerate(looks))
    found: dict[int, list[Any]] = {}
    helpers: list[browser.Reader] = []
    is_begun = threading.Event()

    def work(reader: browser.Reader) -> None:
        while look := next_look():
            number, scan = look
            found[number] = scan(reader)

    def next_look() -> tuple[int, Callable[[browser.Reader], list[Any]]] | None:
        try:
            return pending.popleft()
        except IndexError:
            return None

    def help_out() -> None:
        assert another
        try:
            with another() as helper:
                helpers.append(helper)
                is_begun.set()
                work(helper)
        except BuildError:
            if helpers:
                pending.clear()
                raise
        finally:
            is_begun.set()

    with ThreadPoolExecutor(max_workers=1) as pool:
        helping = pool.submit(help_out) if another and len(looks) > 1 else None
        try:
            if helping:
                is_begun.wait()  # a browser that starts changes the environment of us all
            work(reader)
            if helping:
                helping.result()
        except BaseException:
            pending.clear()
            for helper in helpers:
                helper.end()
            raise
    return [found[number] for number in range(len(looks))]


def _page_uris(origins: Mapping[str, links.Origin], folder: Path, decks: Collection[str]) -> list[str]:
    """The pages of the site, first those that have a source."""
    pages = (path for path in folder.rglob("*.html") if path.is_file())
    uris = {path.relative_to(folder).as_posix() for path in pages} - set(decks)
    return sorted(uris, key=lambda uri: (uri not in origins, uri))


def _page_access_problems(
    origins: Mapping[str, links.Origin], told: Mapping[str, Iterable[browser.Complaint]]
) -> Iterator[Problem]:
    """What is wrong with pages; what comes from the theme is on all of them, and is said of the first one only."""
    of_theme: dict[browser.Complaint, list[str]] = {}
    for uri, complaints in told.items():
        origin = origins.get(uri, links.Origin(f"dist/site/{uri}", ""))
        for found in complaints:
            if found.clues:
                yield Problem(origin.path, _line_of(found, origin.text), found.rule, found.message)
            else:
                of_theme.setdefault(found, []).append(origin.path)
    for found, (first, *others) in of_theme.items():
        also = f" (here and on {len(others)} more)" if others else ""
        yield Problem(first, 0, found.rule, found.message + also)


def _line_of(found: browser.Complaint, text: str) -> int:
    """The browser names an address, an error or an element, never a line of Markdown: look for what it quotes."""
    quoted = re.search(r"asks for ([^ ,]+)|error: (?:\w*Error: )?(.+)", found.message)
    clues = [*found.clues, *(filter(None, quoted.groups()) if quoted else ())]
    return next((line for clue in clues if (line := line_of(text, clue))), 0)


def _confined(made: Made, reader: browser.Reader, look: Callable[[], list[browser.Misfit]]) -> Iterator[Problem]:
    """What `look` finds; where the window breaks under one deck, the others are still looked at."""
    failed: list[Problem] = []
    misfits: list[browser.Misfit] = []
    with reader.confine(made.source.label, failed):
        misfits = look()
    yield from failed
    yield from _located(made, misfits)


def _located(made: Made, misfits: Iterable[browser.Misfit]) -> Iterator[Problem]:
    for misfit in misfits:
        slide = made.deck.slides[misfit.slide - 1]
        if misfit.rule == "style-mistyped":  # of all slides
            declaration = misfit.message.removeprefix("'").partition("' is no ")[0]
            if place := _place_of_declaration(made.source, declaration):  # else it is of Marp's own making
                yield Problem(*place, misfit.rule, misfit.message)
            continue
        asked = None if misfit.line else re.search("asks for ([^ ,]+)", misfit.message)
        if asked and (place := made.source.where(asked[1])):
            yield Problem(*place, misfit.rule, f"slide {slide.number}: {misfit.message}", misfit.area)
            continue
        line = misfit.line or _line_of_directive(made, slide, misfit.directive) or slide.line
        yield Problem(made.source.label, line, misfit.rule, f"slide {slide.number}: {misfit.message}", misfit.area)


_STYLED = r"""(?ims)<style\b.*?(?:</style>|\Z)|\sstyle\s*=\s*(?:"[^"]*"|'[^']*')|\A-{3,}\n.*?^-{3,}"""
"""Where a deck has CSS."""


def _place_of_declaration(source: Source, declaration: str) -> tuple[str, int] | None:
    """The file and line of a property, or of a property and its value, in the styles of a deck, or else in its themes.

    None where the deck has none such. Spaces count for nothing, as Marp leaves them out.
    """
    name, _, value = declaration.partition(":")
    parts = (name, ":", *re.findall(r"[\w.#%-]+|[^\w\s]", value))
    end = r"\s*(?=[;}!\"']|\Z)" if value else ""
    written = re.compile(r"(?<![\w-])" + r"\s*".join(map(re.escape, parts)) + end)
    styles = [(source.label, found.start(), source.text, found[0]) for found in re.finditer(_STYLED, source.text)]
    for css in source.themes:
        text = css.read_text(encoding="utf-8", errors="replace")
        styles.append((source.label_of(css), 0, text, text))
    styles.append((source.label, 0, source.text, source.text))
    for label, start, text, style in styles:
        plain = re.sub(r"/\*.*?\*/", blank, style, flags=re.DOTALL)
        if found := written.search(plain):
            return label, line_at(text, start + found.start())
    return None


def _line_of_directive(made: Made, slide: Slide, directive: str) -> int:
    """The last line up to the end of the slide that gives the directive, for this slide or for it and later ones."""
    if not directive:
        return 0
    after = made.deck.slides[slide.number :]
    lines = lines_of(made.source.text)[: after[0].start - 1 if after else None]
    given = re.compile(rf"""(?:^|[\s{{,"'<!-])[_$]?{directive}["']?\s*:""")
    return max((number for number, line in enumerate(lines, 1) if given.search(line)), default=0)


def link_problems(
    made: Sequence[Made],
    chosen: Sequence[Template],
    folder: Path,
    settings: site.Settings,
    inventory: list[links.Entry],
) -> tuple[list[Problem], int]:
    """Follow every link of the site, the decks, the templates, and the files made of them; and how many there are."""
    files = [reference for each in made for reference in _file_links(each, folder)]
    files += [reference for each in chosen for reference in _template_links(each, folder)]
    origins = _origins(made, settings)
    for path, uri in site.published(settings).items():
        if uri.endswith(".css"):
            name = path.relative_to(settings.root).as_posix()
            origins[uri] = links.Origin(name, read_text(path, name))
    for each in chosen:
        if page := origins.get(f"{each.folder}index.html"):
            origins |= {f"{each.folder}{each.name}{ending}": page for ending in templates.FORMATS}
    return links.check(folder, settings.site_url, origins, files, inventory, edit_url=settings.edit_url)


def _template_links(template: Template, folder: Path) -> Iterator[links.Reference]:
    """Every link of a template's files; a page's own links are followed there."""
    from pipeline import word  # as late as where they are made

    stem = f"{template.folder}{template.name}"
    found = {
        ".pdf": [address for _, address in pdf.links((folder / f"{stem}.pdf").read_bytes())],
        ".docx": word.links((folder / f"{stem}.docx").read_bytes()),
        ".md": links.in_markdown((folder / f"{stem}.md").read_text(encoding="utf-8")),
    }
    for ending, addresses in found.items():
        for address in dict.fromkeys(addresses):
            yield links.Reference(f"{stem}{ending}", address, 0, is_link=True)


def _file_links(made: Made, folder: Path) -> Iterator[links.Reference]:
    """Every link of a deck's PDF, handouts, PowerPoint and Markdown, with its line in the deck."""
    from pipeline import powerpoint  # as late as where it is made

    known = _lines_of_links(made)
    beside = folder / "decks" / made.deck.name
    for path in sorted(beside.iterdir()):
        if path.suffix == ".pdf":
            found = [address for _, address in pdf.links(path.read_bytes())]
        elif path.suffix == ".pptx":
            found = powerpoint.links(path.read_bytes())
        elif path.suffix == ".md":
            found = links.in_markdown(path.read_text(encoding="utf-8"))
        else:
            continue
        uri = path.relative_to(folder).as_posix()
        for address in dict.fromkeys(found):
            yield links.Reference(uri, address, _line_of_link(made, address, known), is_link=True)


def _lines_of_links(made: Made) -> dict[str, int]:
    """The line of the first link of a deck to each address, in full."""
    lines: dict[str, int] = {}
    for link in (link for slide in made.deck.slides for link in slide.links):
        lines.setdefault(_in_full(made, link.href), link.line)
    return lines


def _in_full(made: Made, address: str) -> str:
    return urljoin(made.address, address) if links.is_address(address) else address


def _line_of_link(made: Made, address: str, known: Mapping[str, int]) -> int:
    """The line of the first link that became `address`; where there is none, of its words in a note."""
    line = known.get(_in_full(made, address), 0) or line_of(made.source.text, address.removeprefix(made.address))
    links_on_slides = (link for slide in made.deck.slides for link in slide.links) if not line else ()
    ends = (link.line for link in links_on_slides if (end := link.href.lstrip("./")) and address.endswith(f"/{end}"))
    return line or next(ends, 0)


def _origins(made: Sequence[Made], settings: site.Settings) -> dict[str, links.Origin]:
    """The source of each file of the site."""
    found: dict[str, links.Origin] = {}
    for path, uri in site.published(settings).items():
        if path.suffix == ".md":
            name = path.relative_to(settings.root).as_posix()
            found[f"{uri}index.html"] = links.Origin(name, path.read_text(encoding="utf-8"))
    sheets = settings.root / sessions.SESSIONS
    if sheets.is_file():
        origin = links.Origin(sessions.SESSIONS.as_posix(), sheets.read_text(encoding="utf-8"))
        found[f"facilitate/{sessions.PAGE}/index.html"] = origin
    for path in sorted((settings.root / scenario.FOLDER).glob("[!.]*.yml")):
        origin = links.Origin(path.relative_to(settings.root).as_posix(), path.read_text(encoding="utf-8"))
        for page in practice.pages(path.stem):
            found[f"{page}index.html"] = origin
    for each in made:
        origin = links.Origin(each.source.label, each.source.text)
        names = ("index.html", "slides.html", "slides.pptx", "source/index.html", "notes.md", "slides.pdf")
        for name in (*names, *handouts.layouts(each.deck)):
            found[f"decks/{each.deck.name}/{name}"] = origin
        found[f"facilitate/{each.deck.name}/index.html"] = origin
    return found
