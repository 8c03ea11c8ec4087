"""One fault is told once, where it can be mended."""

from __future__ import annotations

import pytest

from pipeline import pictures
from pipeline.causes import causes, of_settings, once
from pipeline.deck import Deck, Slide
from pipeline.problems import Problem

DECK = "talk.md"


def slide(number: int) -> Slide:
    line = 10 * number
    return Slide(number, f"s{number}", "", line, None, (), (), (), "", "", start=line)


TALK = Deck("talk", "", "", "en", DECK, (slide(1), slide(2)))


def at(line: int, rule: str, message: str = "", path: str = DECK) -> Problem:
    return Problem(path, line, rule, message)


@pytest.mark.parametrize(
    ("cause", "consequence"),
    [
        (at(12, "overflow"), at(10, "pdf-incomplete")),
        (at(12, "clipped"), at(10, "handout-incomplete")),
        (at(10, "pdf-incomplete"), at(10, "handout-incomplete")),
        (at(22, "front-matter"), at(10, "slide-blank")),
        (at(10, "comment-open"), at(10, "slide-blank")),
        (
            at(12, "image-broken", "image 'a.webp' is cut off; save it anew"),
            at(12, "image-broken", "slide 1: image 'img/a.webp' cannot be shown; see whether the file is whole"),
        ),
        (
            at(12, "image-broken", f"image 'a.png' {pictures.TOO_LARGE}; save it smaller"),
            at(12, "image-broken", "slide 1: image 'img/a.png' cannot be shown; see whether the file is whole"),
        ),
        (at(12, "block-open"), at(10, "slide-blank")),
        (at(12, "block-open"), at(15, "overflow")),
        (at(12, "block-open"), at(12, "clipped")),
        (at(12, "block-open"), at(12, "text-small")),
        (at(12, "block-open"), at(12, "formula-wrong")),
        (at(12, "note-swallowed"), at(12, "directive-value")),
        (
            at(12, "block-open", "<i> has no end"),
            at(0, "marp", "Failed converting Markdown. (`index` must be at least 0 and at most 0)"),
        ),
        (
            at(15, "markdown-left", "'[^1]: Smith' is no footnote, as Marp has none"),
            at(12, "link-dead", "slide 1: 'Smith' leads to a file that does not exist"),
        ),
        (
            at(12, "link-dead", "'#nowhere' leads to '#nowhere', which 'page/index.html' does not have"),
            at(0, "bundle", "page/index.html: '#nowhere' leads to '#nowhere', which is not there", "a.zip"),
        ),
        (
            at(12, "link-dead", "style sheet 'nope.css' does not exist"),
            at(10, "policy", "slide 1: https://x.example/nope.css is refused by the content security policy"),
        ),
        (at(2, "theme-unknown"), at(22, "overflow")),
        (at(2, "theme-unknown"), at(22, "contrast")),
        (at(2, "directive-value", "'x' is no language tag"), at(0, "pdf-structure", "the PDF is said to be in 'x'")),
        (at(2, "directive-value", "'x' is no language tag"), at(10, "axe", "breaks the axe rule 'valid-lang' (x)")),
        (
            at(25, "image-missing", "image 'img/a b.png' does not exist"),
            at(10, "request-failed", "slide 1: asks for https://x.example/img/a%20b.png, which does not exist"),
        ),
    ],
    ids=lambda problem: f"{problem.line} {problem.rule}",
)
def test_a_consequence_goes_with_its_cause(cause: Problem, consequence: Problem) -> None:
    assert [cause] == list(causes([consequence, cause], [TALK]))
    assert [consequence] == list(causes([consequence], [TALK]))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (at(12, "overflow"), at(20, "pdf-incomplete")),
        (at(12, "overflow"), at(10, "pdf-incomplete", path="other.md")),
        (at(12, "note-swallowed"), at(13, "directive-value")),
        (at(2, "front-matter"), at(20, "slide-blank")),
        (at(2, "directive-value", "'x' is no language tag"), at(0, "pdf-structure", "the PDF is not tagged")),
        (at(2, "directive-value", "'x' is no size"), at(0, "pdf-structure", "the PDF is said to be in 'x'")),
        (at(2, "theme-unknown"), at(22, "overflow", path="other.md")),
        (at(2, "theme-unknown"), at(22, "link-dead")),
        (at(12, "block-open", "<i> has no end"), at(0, "marp", "Failed converting Markdown. (no room)")),
        (at(15, "markdown-left", "'[^1]: Smith' is no footnote"), at(12, "link-dead", "'Jones' leads to a file")),
        (
            at(12, "image-broken", "image 'a.webp' is cut off; save it anew"),
            at(12, "image-broken", "slide 1: image 'b.webp' cannot be shown; see whether the file is whole"),
        ),
        (
            at(25, "image-missing", "image 'b.png' does not exist"),
            at(10, "request-failed", "asks for https://x.example/c.png, which does not exist"),
        ),
    ],
    ids=lambda problem: f"{problem.line} {problem.rule}",
)
def test_anything_else_is_told(one: Problem, other: Problem) -> None:
    assert [other, one] == list(causes([other, one], [TALK]))


def test_another_host_is_named_once() -> None:
    asks = [
        at(10, "outside-request", f"slide 1: asks for https://{file}, which") for file in ("a.x/1", "a.x/2", "b.x/1")
    ]
    elsewhere = at(10, "outside-request", "slide 1: asks for https://a.x/3, which", path="other.md")

    assert [asks[0], asks[2], elsewhere] == list(causes([*asks, elsewhere], [TALK]))


def test_another_host_is_named_where_the_source_names_it() -> None:
    asks = at(10, "outside-request", "slide 1: asks for https://a.x/1, which")
    named = [at(20, "outside-request", f"'//a.x/{number}' is loaded from another host") for number in (1, 2)]

    assert [named[0]] == list(causes([asks, *named], [TALK]))


def test_what_the_settings_put_on_every_page_is_said_once_where_they_name_it() -> None:
    text = (
        "# assets/a.css\nextra_css:\n  - theme-assets/a.css\n  - 'assets/a.css'\nextra_javascript: [https://a.x/b.js]\n"
    )
    on_pages = [
        at(0, "link-dead", f"'{up}assets/a.css' leads to 'assets/a.css', which does not exist; add it", f"{number}.md")
        for number, up in enumerate(("", "../", "../../"))
    ]
    of_host = [at(0, "outside-request", "'https://a.x/b.js' is loaded from another host; x", f"{n}.md") for n in (1, 2)]
    others = [
        at(3, "link-dead", "'assets/a.css' leads to 'assets/a.css', which does not exist; add it"),
        at(0, "link-dead", "'c.css' leads to 'assets/c.css', which does not exist; add it"),
        at(0, "link-dead", "nothing quoted"),
    ]

    assert [
        at(4, "link-dead", "names 'assets/a.css', which does not exist; add it", "mkdocs.yml"),
        at(5, "outside-request", "'https://a.x/b.js' is loaded from another host; x", "mkdocs.yml"),
        *others,
    ] == list(of_settings([*on_pages, *of_host, *others], text))
    assert on_pages == list(of_settings(on_pages, ""))


def test_what_the_settings_put_on_every_page_without_its_name_is_said_once_as_well() -> None:
    text = "site_name: a\ncopyright: <a href=gone/>gone</a>\n"
    pages = ("dist/site/404.html", "docs/index.md", "slides/talk/deck.md")
    dead = [
        at(0, "link-dead", f"'gone/' leads to 'p{n}/gone/index.html', which x", name) for n, name in enumerate(pages)
    ]
    letters = [at(0, "outside-request", "'https://a.x' is loaded from another host; x", name) for name in pages]
    asked = [at(0, "outside-request", "asks for https://b.x/?a, which is not part; x", name) for name in pages]
    others = [
        at(0, "link-dead", "'https://b.x/' is not in the inventory", "dist/site/404.html"),
        *(at(0, "link-dead", "'far/' leads to 'far/index.html', which x", name) for name in pages[1:]),
        *(at(0, "script-error", "script error: x", name) for name in pages),
        at(7, "link-dead", "'gone/' leads to 'gone/index.html', which x", "docs/page.md"),
    ]

    assert sorted(
        [
            at(2, "link-dead", "'gone/' leads to 'p0/gone/index.html', which x (on every page)", "mkdocs.yml"),
            at(0, "outside-request", f"{letters[0].message} (on every page: see 'theme' and 'extra')", "mkdocs.yml"),
            at(0, "outside-request", f"{asked[0].message} (on every page: see 'theme' and 'extra')", "mkdocs.yml"),
            *others,
        ]
    ) == sorted(of_settings([*dead, *letters, *asked, *others], text))


def test_what_is_on_several_slides_is_said_of_the_first() -> None:
    pale = [at(10, "contrast", "slide 1: 'foot' is pale"), at(20, "contrast", "slide 2: 'foot' is pale")]
    other = at(20, "contrast", "slide 2: 'head' is pale")
    quick = [at(10, "overflow", "slide 1: too long"), at(20, "overflow", "slide 2: too long")]

    assert [at(10, "contrast", "slide 1: 'foot' is pale (and on 1 more)"), other, *quick] == once(
        [*pale, other, *quick]
    )
