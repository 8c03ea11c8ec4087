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
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from PIL import Image
from selectolax.lexbor import LexborHTMLParser

from pipeline import active, deck, decks, handouts, lint, marp, pages, patience, pdf, policy, present, qr
from pipeline.browser import Reader
from pipeline.cache import NOTHING_KEPT, Cache
from pipeline.deck import Deck
from pipeline.decks import Source
from pipeline.marp import Rendered
from pipeline.problems import BuildError, Problem, shown
from pipeline.toolchain import Tools


@dataclass(frozen=True)
class Made:
    """A deck with what Marp made of it."""

    source: Source
    deck: Deck
    rendered: Rendered
    pdf: bytes
    """The PDF as it is published; empty as long as Marp is at work on it."""
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
        lines = re.compile(r'\sdata-(?:line|start|(?:allows|key|minutes)-line)="\d+"')
        return tuple(looks + lines.sub("", slide) for slide in slides)

    @cached_property
    def pictures(self) -> tuple[bytes, ...]:
        """Each slide as PNG, drawn once for the site and for the report; none without the PDF."""
        drawn = pdf.drawn(self.pdf, pdf.PICTURE_WIDTH, self.cache, self.shown, self.stop) if self.pdf else ()
        return tuple(drawn)


@dataclass
class Rendering:
    """Decks that Marp is at work on."""

    sources: Sequence[Source]
    links: Mapping[str, str]
    base: str
    known: Sequence[Rendered | None]
    """What is kept of each source."""
    wait: Callable[..., list[Rendered | BuildError]]
    """For those of which nothing is kept, as `marp.begin` gives it."""
    keep: Callable[[Source, Rendered], None]
    cache: Cache

    @cached_property
    def drafts(self) -> tuple[list[Made], list[Problem]]:
        """Those decks of which Marp could make slides, still without their PDF, and every problem of any."""
        made: list[Made] = []
        problems: list[Problem] = []
        for source in self.sources:
            problems += decks.theme_problems(source)
        for source, rendered in self._rendered("html", "bare"):
            if isinstance(rendered, BuildError):
                problems += rendered.problems
                continue
            try:
                with patience.named(source.label, source.text):
                    draft, wrong = self._draft(source, rendered)
            except BuildError as error:
                problems += error.problems
                continue
            made.append(draft)
            problems += wrong
        return made, problems

    def _draft(self, source: Source, rendered: Rendered) -> tuple[Made, list[Problem]]:
        read, wrong = deck.read(rendered.html, name=source.name, source=source.label)
        problems = [*rendered.problems, *wrong, *lint.problems(source, rendered.trace, read)]
        problems += active_problems(rendered, source)
        address = f"{self.base}decks/{quote(source.name)}/" if self.base else ""
        html = policy.seal_deck(present.enhance(with_address(rendered.html, address), read, links=self.links))
        return Made(source, read, rendered, b"", html, address, self.cache), problems

    def finish(self) -> tuple[list[Made], list[Problem]]:
        """The `drafts` with their PDF, but for those of which Marp could make none, and why it could not."""
        drafts, _ = self.drafts
        made: list[Made] = []
        problems: list[Problem] = []
        printed = {id(source): rendered for source, rendered in self._rendered("pdf")}
        for draft in drafts:
            rendered = printed[id(draft.source)]
            if isinstance(rendered, BuildError):
                problems += rendered.problems
                continue
            whole = draft.rendered
            if rendered is not whole:  # else it was kept before
                asked = tuple(sorted({*whole.asked, *rendered.asked}))
                whole = replace(whole, pdf=rendered.pdf, asked=asked)
                self.keep(draft.source, whole)
            title, slides, time = draft.deck.title, draft.deck.slides, build_time(draft.source.root)
            finished = pdf.finish(whole.pdf, title=title, address=draft.address, time=time, slides=slides)
            made.append(replace(draft, rendered=whole, pdf=finished))
        return made, problems

    def _rendered(self, *formats: str) -> Iterator[tuple[Source, Rendered | BuildError]]:
        new = iter(self.wait(formats))
        for source, found in zip(self.sources, self.known, strict=True):
            yield source, found or next(new)


def active_problems(rendered: Rendered, source: Source) -> Iterator[Problem]:
    """What runs, frames or sends on the slides that Marp made, by whichever way it came through."""
    body = rendered.bare[rendered.bare.find("<body") : rendered.bare.rfind("<script>")]  # which is Marp's own
    if active.may_hold(body):
        for found in active.find(body):
            line = active.line_in(source.text, found.clues, is_markdown=True)
            message = f"{found.what} has got onto a slide, though Marp lets none through; take it out"
            yield Problem(source.label, line, "html-refused", message)


@contextmanager
def begin(
    sources: Sequence[Source],
    *,
    tools: Tools,
    lang: str,
    links: Mapping[str, str],
    base: str,
    cache: Cache = NOTHING_KEPT,
    worker: marp.Worker | None = None,
) -> Iterator[Rendering]:
    """Render decks while something else is done.

    Marp is started only for what the cache does not have. `lang`, `links` and `worker` are as for `marp.begin`. `base`
    is the address of the site that the decks are published on; with '', the links of a PDF stay relative to the file.
    """
    context: dict[str, Any] = {"lang": lang, "links": links, "generated": {qr.FILE: qr.figure(base)} if base else {}}
    known: list[Rendered | None] = []
    for each in sources:
        with patience.named(each.label, each.text):
            known.append(marp.remembered(each, cache, **context))
    unknown = [source for source, found in zip(sources, known, strict=True) if not found]
    with marp.begin(unknown, tools=tools, worker=worker, **context) as wait:
        yield Rendering(
            sources, links, base, known, wait, lambda source, made: marp.remember(made, source, cache, **context), cache
        )


def make(
    sources: Sequence[Source], *, tools: Tools, lang: str, links: Mapping[str, str], base: str
) -> tuple[list[Made], list[Problem]]:
    """Render decks; returns those that Marp could render, and every problem of any. All else is as for `begin`."""
    with begin(sources, tools=tools, lang=lang, links=links, base=base) as rendering:
        _, problems = rendering.drafts
        made, more = rendering.finish()
    return made, [*problems, *more]


def files(made: Made, *, links: Mapping[str, str]) -> Iterator[tuple[str, str | bytes]]:
    """Every file of a deck but for POWERPOINT, by the name that it has beside the others. `links` is as for `make`."""
    yield "deck.json", made.deck.as_json()  # the first, as it says whose the others are
    yield "slides.html", made.html
    yield "slides.pdf", made.pdf
    yield "notes.md", pages.notes_file(made.deck, links=links)
    for number, picture in enumerate(made.pictures, 1):
        if number == 1:
            yield "og.png", pdf.png(pdf.og_picture(Image.open(io.BytesIO(picture))))
        yield f"thumbs/{number:02}.png", picture


POWERPOINT = "slides.pptx"
"""The name of a deck's PowerPoint file, which takes longer to make than all others together."""


def powerpoint(made: Made) -> bytes:
    """The PowerPoint file of a deck."""
    key = made.cache.key("powerpoint", made.identity, made.pdf)
    return made.cache.content(key, partial(_powerpoint, made))


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


_LAST = 2**32 - 1
"""The last moment that a gzip can say."""


def build_time(root: Path) -> int:
    """The time that outputs carry, in seconds since 1970: SOURCE_DATE_EPOCH, else the last commit's, else 1980.

    Raises BuildError if SOURCE_DATE_EPOCH is no such number.
    """
    wanted = os.environ.get("SOURCE_DATE_EPOCH", "")
    if wanted:
        if not wanted.isdecimal() or len(wanted) > 50 or int(wanted) > _LAST:
            message = (
                f"SOURCE_DATE_EPOCH is {shown(wanted)}, which is no number of seconds since 1970; correct or unset it"
            )
            raise BuildError([Problem("environment", 0, "settings", message)])
        return int(wanted)
    git = shutil.which("git")
    if git:
        # A stranger's repository may say which program shows a log, or brings what is missing. This asks none, and so
        # the repository may be somebody else's.
        command = [git, "-C", str(root), "-c", "safe.directory=*", "cat-file", "commit", "HEAD"]
        alone = {**os.environ, "GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1"}
        done = subprocess.run(command, env=alone, stdin=subprocess.DEVNULL, capture_output=True)
        if found := re.search(rb"^committer .* ([0-9]{1,20}) [+-][0-9]+$", done.stdout, re.MULTILINE):
            return min(int(found[1]), _LAST)
    return int(datetime(1980, 1, 1, tzinfo=UTC).timestamp())
