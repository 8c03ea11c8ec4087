"""Make everything that is made of one deck: HTML, PDF, PowerPoint, pictures, notes, data."""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from html import escape
from pathlib import Path
from urllib.parse import quote

from PIL import Image
from selectolax.lexbor import LexborHTMLParser

from pipeline import deck, decks, handouts, lint, marp, pages, pdf, policy, present, qr
from pipeline.browser import Reader
from pipeline.cache import NOTHING_KEPT, Cache
from pipeline.deck import Deck
from pipeline.decks import Source
from pipeline.marp import Rendered
from pipeline.problems import BuildError, Problem
from pipeline.toolchain import Tools


@dataclass(frozen=True)
class Made:
    """A deck with what Marp made of it."""

    source: Source
    deck: Deck
    rendered: Rendered
    pdf: bytes
    """The PDF as it is published."""
    html: str
    """The deck to present, as it is published."""
    address: str
    """Where the deck's files are published, with a '/' at its end; '' where nobody knows."""
    cache: Cache = NOTHING_KEPT
    """Where what was made of the same deck before may be found."""
    stop: threading.Event = field(default_factory=threading.Event, compare=False, repr=False)
    """Is set once nobody waits any more for what takes long to make."""

    @cached_property
    def identity(self) -> str:
        """What all that is made of the deck's model is made of, in one line."""
        return hashlib.sha256(repr((self.deck, self.address, build_time(self.source.root))).encode()).hexdigest()

    @cached_property
    def shown(self) -> tuple[str, ...]:
        """What stands on each slide, wherever it stands in the source, and in which styles; as far as it matters."""
        if not self.cache.folder:
            return ()
        tree = LexborHTMLParser(self.rendered.bare)
        styles = "".join(style.html or "" for style in tree.css("style"))
        looks = hashlib.sha256(styles.encode()).hexdigest()
        slides = (slide.html or "" for slide in tree.css("svg[data-marpit-svg]"))
        return tuple(looks + re.sub(r'\sdata-(?:line|start|allows-line)="\d+"', "", slide) for slide in slides)

    @cached_property
    def pictures(self) -> tuple[bytes, ...]:
        """Each slide as PNG, drawn once for the site and for the report."""
        return tuple(pdf.drawn(self.pdf, pdf.PICTURE_WIDTH, self.cache, self.shown, self.stop))


@contextmanager
def begin(
    sources: Sequence[Source],
    *,
    tools: Tools,
    lang: str,
    links: Mapping[str, str],
    base: str,
    cache: Cache = NOTHING_KEPT,
) -> Iterator[Callable[[], tuple[list[Made], list[Problem]]]]:
    """Render decks while something else is done: what is given waits for the end of it.

    That gives those decks that Marp could render, and every problem of any. Marp is started only for what the cache
    does not have. `lang` and `links` are as for `marp.begin`. `base` is the address of the site that the decks are
    published on; with '', the links of a PDF stay relative to the file.
    """
    generated = {qr.FILE: qr.figure(base)} if base else {}
    known = [marp.remembered(each, cache, lang=lang, links=links, generated=generated) for each in sources]
    unknown = [source for source, found in zip(sources, known, strict=True) if not found]
    with marp.begin(unknown, tools=tools, lang=lang, links=links, generated=generated) as rendering:

        def finish() -> tuple[list[Made], list[Problem]]:
            new = rendering()
            for source, rendered in zip(unknown, new, strict=True):
                if isinstance(rendered, Rendered):
                    marp.remember(rendered, source, cache, lang=lang, links=links, generated=generated)
            made = iter(new)
            return _finish(sources, [found or next(made) for found in known], links, base, cache)

        yield finish


make = marp.at_once(begin)


def _finish(
    sources: Sequence[Source],
    all_rendered: Sequence[Rendered | BuildError],
    links: Mapping[str, str],
    base: str,
    cache: Cache,
) -> tuple[list[Made], list[Problem]]:
    made: list[Made] = []
    problems: list[Problem] = []
    for source in sources:
        problems += decks.theme_problems(source)
    for source, rendered in zip(sources, all_rendered, strict=True):
        if isinstance(rendered, BuildError):
            problems += rendered.problems
            continue
        try:
            read, wrong = deck.read(rendered.html, name=source.name, source=source.label)
        except BuildError as error:
            problems += error.problems
            continue
        problems += [*rendered.problems, *wrong, *lint.problems(source, rendered.trace, read)]
        address = f"{base}decks/{quote(source.name)}/" if base else ""
        time = build_time(source.root)
        finished = pdf.finish(rendered.pdf, title=read.title, address=address, time=time, slides=read.slides)
        html = present.enhance(with_address(rendered.html, address), read, links=links)
        made.append(Made(source, read, rendered, finished, policy.seal_deck(html), address, cache))
    return made, problems


def files(made: Made, *, links: Mapping[str, str]) -> Iterator[tuple[str, str | bytes]]:
    """Every file of a deck, by the name that it has beside the others. `links` is as for `make`."""
    yield "slides.html", made.html
    yield "slides.pdf", made.pdf
    key = made.cache.key("powerpoint", made.identity, made.pdf)
    yield "slides.pptx", made.cache.content(key, partial(_powerpoint, made))
    yield "deck.json", made.deck.as_json()
    yield "notes.md", pages.notes_file(made.deck, links=links)
    for number, picture in enumerate(made.pictures, 1):
        if number == 1:
            yield "og.png", pdf.png(pdf.og_picture(Image.open(io.BytesIO(picture))))
        yield f"thumbs/{number:02}.png", picture


def _powerpoint(made: Made, kept: Cache) -> bytes:
    # Its library takes a tenth of a second to load: here nobody waits for that, and a deck with a fault needs none.
    from pipeline import powerpoint

    time = build_time(made.source.root)
    return powerpoint.make(made.deck, made.pdf, time=time, cache=kept, shown=made.shown, stop=made.stop)


def with_address(html: str, address: str) -> str:
    """Marp's HTML with its own address and picture, for those who show a preview of a link to it.

    What the deck's own `url` and `image` directives say stands. `address` is the published folder; with '', nothing
    is known to add.
    """
    if not address:
        return html
    folder, added = escape(address), ""
    if '<link rel="canonical"' not in html:
        added += f'<link rel="canonical" href="{folder}slides.html">'
    if '<meta property="og:url"' not in html:
        added += f'<meta property="og:url" content="{folder}slides.html">'
    if '<meta property="og:image"' not in html:
        added += f'<meta property="og:image" content="{folder}og.png">'
        html = html.replace(_SMALL_CARD, _SMALL_CARD.replace("summary", "summary_large_image"), 1)
    # After the character set, which browsers look for in the first kilobyte.
    return html.replace(_CHARSET, _CHARSET + added, 1)


_CHARSET = '<meta charset="UTF-8">'
_SMALL_CARD = '<meta name="twitter:card" content="summary">'


def prints(made: Made, reader: Reader, *, links: Mapping[str, str]) -> dict[str, bytes]:
    """Print the handouts and cue cards of a deck, by the names that they have beside the slides.

    `links` is as for `make`.
    """
    layouts = handouts.layouts(made.deck)
    document = handouts.document(made.deck, made.rendered.bare, links=links)
    keys = {name: made.cache.key("print", made.identity, document, name) for name in layouts}
    known = {name: content for name, key in keys.items() if (content := made.cache.get(key)) is not None}
    if len(known) == len(layouts):
        return known
    finished = _printed(made, reader, document)
    for name, content in finished.items():
        made.cache.put(keys[name], content)
    return finished


def _printed(made: Made, reader: Reader, document: str) -> dict[str, bytes]:
    layouts = handouts.layouts(made.deck)
    time = build_time(made.source.root)
    on_slides = [link for slide in made.deck.slides for link in slide.links]
    outline = [handouts.heading(slide, made.deck.lang) for slide in made.deck.slides]

    def finish(name: str, content: bytes) -> bytes:
        title = handouts.title(made.deck, name)
        return pdf.finish(content, title=title, address=made.address, time=time, others=on_slides, outline=outline)

    with ThreadPoolExecutor(max_workers=1) as pool:  # each is finished while the browser prints the next
        printed = zip(layouts, reader.print(document, layouts.values()), strict=True)
        finishing = {name: pool.submit(finish, name, content) for name, content in printed}
    return {name: finished.result() for name, finished in finishing.items()}


def build_time(root: Path) -> int:
    """The time that outputs carry, in seconds since 1970: SOURCE_DATE_EPOCH, else the last commit's, else 1980.

    Raises BuildError if SOURCE_DATE_EPOCH is no such number.
    """
    wanted = os.environ.get("SOURCE_DATE_EPOCH", "")
    if wanted:
        if not wanted.isdecimal() or int(wanted) > 253_402_300_799:  # the end of the year 9999
            message = f"SOURCE_DATE_EPOCH is '{wanted}', which is no number of seconds since 1970; correct or unset it"
            raise BuildError([Problem("environment", 0, "settings", message)])
        return int(wanted)
    git = shutil.which("git")
    if git:
        done = subprocess.run([git, "-C", str(root), "log", "-1", "--format=%ct"], capture_output=True, text=True)
        if done.stdout.strip().isdecimal():
            return int(done.stdout)
    return int(datetime(1980, 1, 1, tzinfo=UTC).timestamp())
