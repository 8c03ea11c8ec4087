"""Read a deck back from the HTML that Marp CLI made of it: about slides and notes, Marp is always right."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline import reading
from pipeline.figures import Figure, Figures
from pipeline.problems import BuildError, Problem, shown

_BACKGROUND = "[data-marpit-advanced-background-container] > figure"


@dataclass(frozen=True)
class Link:
    """A link on a slide."""

    href: str
    """As the author wrote it, percent-encoded as Marp does."""
    line: int
    text: str
    """Its words and the text alternatives of its images, white space folded; '' where it has none."""
    is_aside: bool = False
    """Whether it stands in a header or a footer, which many slides may share."""
    number: str = ""
    """For a slide's key, the address that leads to its slide on paper, such as '#4'."""


@dataclass(frozen=True)
class Image:
    """An image on a slide, or behind it."""

    src: str
    """The author's path or address."""
    alt: str
    """The text alternative; '' where there is none."""
    line: int
    is_background: bool = False
    """Whether it is one of `![bg]`; browsers drop the text alternative of these in print."""
    is_style: bool = False
    """Whether a directive puts it behind the slide, where no text alternative can be given."""
    is_aside: bool = False
    """Whether it stands in the header or footer."""


@dataclass(frozen=True)
class Slide:
    """One slide as Marp made it."""

    number: int
    """1-based, as in `slides.html#4`."""
    key: str
    """Stable name: the `_slideKey` directive's first word, else the first heading's slug, else `slide-<number>`."""
    title: str
    """The first heading's text, '' where there is none."""
    line: int
    """The first line of its content."""
    minutes: float | None
    """Planned length, from the `_slideMinutes` directive."""
    notes: tuple[str, ...]
    """Presenter notes, one raw Markdown string for each comment that Marp keeps as a note."""
    links: tuple[Link, ...]
    images: tuple[Image, ...]
    text: str
    """The words that one reads on the slide, white space folded; without header, footer and formulas."""
    body: str
    """The slide's content as plain HTML to read in a page: no styling, no heading that repeats the title.

    Its figures are those of the deck, in a folder `figures` beside the page."""
    around: str = ""
    """The words of its header and footer, as in `text`."""
    former: tuple[str, ...] = ()
    """Names that lead to the slide as its key does: the other words of `_slideKey`."""
    start: int = 1
    """The line of the ruler, or of the heading, with which it begins."""
    allows: str = ""
    """The value of its `_slideAllows` directive as JSON: rules that it breaks on purpose, each with the reason."""
    allows_line: int = 0
    key_line: int = 0
    minutes_line: int = 0
    """The lines of the slide's own directives; its own `line` where it has none."""

    def as_json(self) -> dict[str, Any]:
        """The slide's part of deck.json."""
        fields = asdict(self)
        fields["links"] = [{"href": link.href, "line": link.line} for link in self.links]
        fields["images"] = [{"src": image.src, "alt": image.alt, "line": image.line} for image in self.images]
        lines = ["allows_line", "key_line", "minutes_line"]
        unsaid = ["text", "around", "body", "start", "allows", *lines, *([] if self.former else ["former"])]
        return {name: fields[name] for name in fields if name not in unsaid}


@dataclass(frozen=True)
class Deck:
    """A deck as Marp made it."""

    name: str
    title: str
    """The `title` directive or, as in Marp, the words of a heading; '' where there is neither."""
    description: str
    lang: str
    source: str
    """The Markdown file, as messages name it."""
    slides: tuple[Slide, ...]
    figures: tuple[Figure, ...] = ()
    """Every picture that a slide's body shows."""
    author: str = ""
    keywords: str = ""

    def slide_at(self, line: int) -> Slide | None:
        """The slide that a line of the source belongs to; None for line 0, and if there are no slides."""
        return next((slide for slide in reversed(self.slides) if slide.start <= line), None)

    def as_json(self) -> str:
        """The content of deck.json."""
        fields = {"deck": self.name, "title": self.title, "lang": self.lang, "source": self.source}
        slides = [slide.as_json() for slide in self.slides]
        return json.dumps({**fields, "slides": slides}, ensure_ascii=False, indent=2) + "\n"


def read(html: str, *, name: str, source: str) -> tuple[Deck, list[Problem]]:
    """Read Marp's `bespoke` HTML, made with our plugin; also says what is wrong with keys and minutes.

    Raises BuildError where a slide is nested beyond anything that can be read.
    """
    tree = LexborHTMLParser(html)
    notes = _notes(tree)
    problems: list[Problem] = []
    slides: list[Slide] = []
    figures = Figures()
    # A slide with a background is three sections in one <svg>; only the real one has an id.
    for number, frame in enumerate(tree.css("svg[data-marpit-svg]"), 1):
        section = frame.css_first("section[id]")
        if section is None:  # pragma: no cover - Marp always numbers its sections
            raise ValueError(f"{source}: slide {number} has no section in Marp's output")
        problems += _formula_problems(number, section, source)  # before reading takes the formulas out
        try:
            slide = _slide(number, frame, section, notes.get(number - 1, ()), figures)
        except RecursionError:
            message = f"slide {number}: is nested too deeply to be read; write it in fewer levels"
            line = int(section.attributes.get("data-line") or 1)
            raise BuildError([Problem(source, line, "html-refused", message)]) from None
        problems += _directive_problems(slide, section, source)
        problems += _address_problems(slide, source)
        slides.append(slide)
    explicit = {int(s.attributes["id"] or 0) for s in tree.css("section[id][data-key]")}
    problems += _key_problems(slides, explicit, source)
    html_tag = tree.css_first("html")
    deck = Deck(
        name=name,
        title=_meta(tree, "og:title"),
        description=_meta(tree, "og:description"),
        lang=(html_tag.attributes.get("lang") or "") if html_tag else "",
        source=source,
        slides=tuple(_unique_keys(slides, explicit)),
        figures=figures.all,
        author=_meta(tree, "author", "name"),
        keywords=_meta(tree, "keywords", "name"),
    )
    return deck, problems


def _notes(tree: LexborHTMLParser) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for note in tree.css("div.bespoke-marp-note[data-index]"):  # an author's may be called so, too
        comments = tuple(comment.text(deep=True, strip=False) for comment in note.css("p"))
        found[int(note.attributes["data-index"] or 0)] = comments
    return found


def _slide(number: int, frame: LexborNode, section: LexborNode, notes: tuple[str, ...], figures: Figures) -> Slide:
    asides = {node.mem_id for node in section.css("section > header *, section > footer *")}
    headings = (node for node in section.css("h1, h2, h3, h4, h5, h6") if node.mem_id not in asides)
    heading = next(headings, None)
    words = _text(heading) if heading else ""
    line = int(section.attributes.get("data-line") or 1)
    content = [child for child in section.iter(include_text=True) if child.tag not in ("header", "footer")]
    images = tuple(_images(frame, section, line, asides))
    body = reading.body(content, title=heading, backgrounds=frame.css(_BACKGROUND), found=figures)
    links = tuple(_link(node, line, is_aside=node.mem_id in asides) for node in section.css("a[href]"))
    for closed in section.css("details:not([open])"):
        summary = closed.css_first("summary")
        closed.replace_with(f" {_text(summary)} " if summary else " ")
    for formula in section.css(".katex"):
        formula.decompose()
    around = []
    for aside in section.css("section > header, section > footer"):
        around.append(_text(aside))
        aside.decompose()
    key, *former = (section.attributes.get("data-key") or "").split() or [_slug(words) or f"slide-{number}"]
    text = _text(section)
    formulas = heading.css("mjx-container") if heading else []
    for formula in formulas:  # a picture, of which a title has the signs
        formula.replace_with(reading.formula_words(formula))
    return Slide(
        number=number,
        key=key,
        title=_text(heading) if heading and formulas else words,
        line=line,
        minutes=_minutes(section.attributes.get("data-minutes")),
        notes=notes,
        links=links,
        images=images,
        text=text,
        around=" ".join(around),
        body=body,
        former=tuple(former),
        start=int(section.attributes.get("data-start") or 1),
        allows=section.attributes.get("data-allows") or "",
        allows_line=int(section.attributes.get("data-allows-line") or line),
        key_line=int(section.attributes.get("data-key-line") or line),
        minutes_line=int(section.attributes.get("data-minutes-line") or line),
    )


def _link(node: LexborNode, line: int, *, is_aside: bool) -> Link:
    words = [_text(node), *map(_alt, node.css("img, svg[data-src]"))]
    to = node.attributes.get("href") or ""
    href = node.attributes.get("data-href") or to
    number = to if href.startswith("#") and href != to else ""
    return Link(href, stamped_line(node, line), " ".join(" ".join(words).split()), is_aside, number)


def _images(frame: LexborNode, section: LexborNode, line: int, asides: Collection[int]) -> Iterator[Image]:
    """Every image of a slide; `asides` are the nodes in its header and footer."""
    for figure in frame.css(_BACKGROUND):
        caption = figure.css_first("figcaption")
        yield Image(
            _background(figure), _text(caption) if caption else "", stamped_line(figure, line), is_background=True
        )
    if source := _background(section):
        yield Image(source, "", line, is_style=True)
    # A figure is an image that our plugin drew into the slide.
    for node in section.css("img, svg[data-src]"):
        source = node.attributes.get("data-src") or node.attributes.get("src") or ""
        yield Image(source, _alt(node), stamped_line(node, line), is_aside=node.mem_id in asides)


def _alt(node: LexborNode) -> str:
    return node.attributes.get("alt") or node.attributes.get("aria-label") or ""


def _background(node: LexborNode) -> str:
    """The picture behind `node`, as the author named it."""
    if source := node.attributes.get("data-src"):
        return source
    style = node.attributes.get("style") or ""
    url = re.search(r"background-image:\s*url\(\s*([\"']?)(.*?)\1\s*\)", style, re.DOTALL)
    return url[2] if url else ""


def stamped_line(node: LexborNode, default: int = 0) -> int:
    """The source line of the nearest block around `node` that our plugin for Marp stamped."""
    around: LexborNode | None = node
    while around is not None:
        if stamped := around.attributes.get("data-line"):
            return int(stamped)
        around = around.parent
    return default


def _text(node: LexborNode) -> str:
    for line_break in node.css("br"):  # separates words, though no character stands there
        line_break.replace_with(" ")
    for block in node.css("div, p, li, dd, dt, td, th, pre, blockquote, h1, h2, h3, h4, h5, h6, figcaption"):
        block.insert_before(" ")
        block.insert_after(" ")
    for formula in node.css(".katex-html, .katex math semantics > :not(annotation)"):  # said again by its source
        formula.decompose()
    return " ".join(node.text(deep=True, separator="").split())


def _slug(title: str) -> str:
    # As GitHub and Marp make a heading's id, but of the words that one reads, not of their Markdown.
    slug = re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")
    return f"slide-{slug}" if _is_number(slug) else slug


def _is_number(key: str) -> bool:
    """Whether Marp would take the address `#<key>` for a slide's number."""
    return re.fullmatch(r"[0-9]+", key) is not None


def _meta(tree: LexborHTMLParser, name: str, attribute: str = "property") -> str:
    node = tree.css_first(f'meta[{attribute}="{name}"]')
    return (node.attributes.get("content") or "") if node else ""


def _minutes(text: str | None) -> float | None:
    if not text or not re.fullmatch(r"\d+(?:\.\d*)?|\.\d+", text, re.ASCII):
        return None
    minutes = float(text)
    return minutes if minutes == 0 or 0.01 <= minutes < 10_000 else None


def _directive_problems(slide: Slide, section: LexborNode, source: str) -> Iterator[Problem]:
    minutes = section.attributes.get("data-minutes")
    if minutes is not None and slide.minutes is None:
        message = f"slideMinutes is {shown(minutes)}, which is no number of minutes; write e.g. 2 or 1.5"
        yield Problem(source, slide.minutes_line, "slide-minutes", message)
    given = section.attributes.get("data-key")
    for place, key in enumerate(() if given is None else given.split() or [""]):
        # What a heading was published as may be kept: as a former name, or by the slide whose heading it is.
        is_old = key == key.lower() and (place or re.fullmatch(rf"{re.escape(_slug(slide.title))}(-\d+)?", key))
        if not re.fullmatch(r"[\w-]+" if is_old else r"[a-z0-9][a-z0-9-]*", key):
            message = f"slideKey is '{key}', which is no good address; use a-z, 0-9 and '-'"
            yield Problem(source, slide.key_line, "slide-key", message)
        elif _is_number(key):
            message = f"slideKey is '{key}', which reads as a slide's number; add a letter"
            yield Problem(source, slide.key_line, "slide-key", message)


def _formula_problems(number: int, section: LexborNode, source: str) -> Iterator[Problem]:
    """What MathJax or KaTeX shows in red instead of a formula."""
    for node in section.css("[data-mjx-error], .katex-error[title^='ParseError:']"):
        said = node.attributes.get("data-mjx-error") or node.attributes.get("title") or ""
        reason = " ".join(said.removeprefix("ParseError: KaTeX parse error: ").split()).rstrip(".")
        line = stamped_line(node, 1)
        yield Problem(source, line, "formula-wrong", f"slide {number}: a formula cannot be set: {reason}; correct it")
    for node in section.css('[data-mml-node="mtext"][fill="red"], .katex [style*="#cc0000"]'):
        letters = [chr(int(part.attributes["data-c"] or "", 16)) for part in node.css("[data-c]")]
        command = "".join(letters) or node.text(deep=True).strip()
        if command.startswith("\\"):
            message = f"slide {number}: a formula has '{command}', which is no command; correct it"
            yield Problem(source, stamped_line(node, 1), "formula-wrong", message)


def _address_problems(slide: Slide, source: str) -> Iterator[Problem]:
    for image in slide.images:
        if not image.src.strip():
            message = f"slide {slide.number}: an image has no address; write ![what it shows](file.png), or remove it"
            yield Problem(source, image.line, "image-missing", message)


def _key_problems(slides: list[Slide], explicit: set[int], source: str) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for slide in slides:
        if slide.number not in explicit:
            continue
        for key in (slide.key, *slide.former):
            if key in first:
                message = (
                    f"slideKey '{key}' is taken by slide {first[key]}; give each slide its own "
                    "(with an underscore, '_slideKey', or it holds for all later slides too)"
                )
                yield Problem(source, slide.key_line, "slide-key", message)
            first.setdefault(key, slide.number)


def _unique_keys(slides: list[Slide], explicit: set[int]) -> Iterator[Slide]:
    """Slides without a key of their own give way: as in Marp's headings, `-1` and so on is added."""
    taken = Counter(key for slide in slides if slide.number in explicit for key in (slide.key, *slide.former))
    for slide in slides:
        key, number = slide.key, 1
        while slide.number not in explicit and taken[key]:
            key, number = f"{slide.key}-{number}", number + 1
        taken[key] += 1
        yield replace(slide, key=key)
