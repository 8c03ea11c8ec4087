"""SVG files that become part of a slide, and those that must not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline import deck, decks, marp

FIGURE = '<svg xmlns="http://www.w3.org/2000/svg" class="figure" viewBox="0 0 9 9">{}</svg>\n'
GOOD = FIGURE.format('<path class="ink" d="M0 0H9V9z" fill="#000"/><text x="1" y="8">words</text>')


@pytest.fixture
def rendered(tmp_path: Path, worker: marp.Worker) -> Renderer:
    return Renderer(tmp_path, worker)


class Renderer:
    """Renders a deck that lies beside files of its own."""

    def __init__(self, folder: Path, worker: marp.Worker) -> None:
        self.folder = folder
        self._worker = worker

    def html(self, markdown: str, *, generated: dict[str, str] | None = None, **files: str) -> str:
        """The deck's HTML; `files` are SVG files by their names without the ending."""
        result = self.render(markdown, files, generated or {})
        assert () == result.problems
        return result.html

    def problems(self, markdown: str, **files: str) -> list[str]:
        """What is wrong with the deck, as told with files below its own folder."""
        found = self.render(markdown, files, {}).problems
        return [str(problem).removeprefix(f"{self.folder}/") for problem in found]

    def render(self, markdown: str, files: Mapping[str, str], generated: Mapping[str, str]) -> marp.Rendered:
        for name, text in files.items():
            (self.folder / f"{name}.svg").write_text(text, encoding="utf-8")
        path = self.folder / "deck.md"
        path.write_text(markdown, encoding="utf-8")
        return self._worker.render(decks.open_file(path, "deck"), lang="en", links={}, generated=generated)


XLINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
SVG = f'<svg xmlns="http://www.w3.org/2000/svg" {XLINK} viewBox="0 0 9 9">\n{{}}\n</svg>\n'


@pytest.mark.parametrize(
    ("inner", "message"),
    [
        ("<script>run()</script>", "<script> does nothing in a picture; take it out"),
        ('<rect onclick="run()"/>', "the handler 'onclick' of <rect> does nothing in a picture"),
        ('<image href="photo.png"/>', "<image> asks for 'photo.png', which no picture loads"),
        (
            '<image xlink:href="https://x.example/a.png"/>',
            "<image> asks for 'https://x.example/a.png', which no picture loads; put it into",
        ),
        ('<use href="other.svg#part"/>', "<use> asks for 'other.svg#part', which no picture loads"),
        ("<style>@font-face { src: url(a.woff) }</style>", "<style> asks for 'a.woff', which no picture loads"),
        ("<a href='javascript:run()'/>", "the address 'javascript:run()' of <a> does nothing in a picture"),
        ("<?xml-stylesheet href='a.css'?>", "asks for a style sheet, which no picture loads"),
    ],
)
def test_what_a_drawing_holds_and_a_slide_neither_runs_nor_loads_is_named(
    inner: str, message: str, rendered: Renderer
) -> None:
    [problem] = rendered.problems("# T\n\n![A drawing](drawing.svg)", drawing=SVG.format(inner))

    assert problem.startswith(f"drawing.svg:2: {message}")


def test_a_drawing_that_leads_out_of_the_project_is_not_looked_into(rendered: Renderer, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}.svg"
    outside.write_text(SVG.format('<image href="secret.png"/>'), encoding="utf-8")
    (tmp_path / "drawing.svg").symlink_to(outside)

    [problem] = rendered.problems("# T\n\n![A drawing](drawing.svg)")

    assert problem.startswith("deck.md:3: image 'drawing.svg' is outside the deck's project")


@pytest.mark.parametrize(
    "inner",
    [
        '<image href="data:image/png;base64,AA=="/><use xlink:href="#a"/><a href="https://x.example/"><text>x</text></a>',
        "<g data='abc' aria-label='url(a.png)' content='url(https://x.example)'/>",
        "<style>a { fill: url(#g) }</style><set attributeName='x' to='1'/><animate attributeName='y' values='1;2'/>",
    ],
)
def test_what_a_drawing_has_in_itself_is_let_be(inner: str, rendered: Renderer) -> None:
    assert [] == rendered.problems("# T\n\n![A drawing](drawing.svg)", drawing=SVG.format(inner))


def test_a_figure_is_drawn_into_the_slide_with_its_text_alternative(rendered: Renderer) -> None:
    html = rendered.html("# T\n\n![Two & three](fig.svg)", fig=GOOD)

    assert "words</text>" in html
    [slide] = deck.read(html, name="deck", source="deck.md")[0].slides
    assert [deck.Image("fig.svg", "Two & three", 3)] == list(slide.images)
    assert 'role="img" aria-label="Two &amp; three"' in html


def test_a_figure_without_text_alternative_is_no_picture_to_a_screen_reader(rendered: Renderer) -> None:
    assert '<svg aria-hidden="true"' in rendered.html("![](fig.svg)", fig=GOOD)


def test_a_figure_keeps_the_size_that_the_slide_gives_it(rendered: Renderer) -> None:
    assert 'style="width:300px;' in rendered.html("![w:300](fig.svg)", fig=GOOD).split('class="figure"')[0][-200:]


def test_a_figure_keeps_what_html_says_of_it(rendered: Renderer) -> None:
    html = rendered.html('<img src="fig.svg" width="300" lang="de" class="wide $1" alt="x">', fig=GOOD)

    [start] = re.findall(r'<svg role="img"[^>]*>', html)
    assert 'width="300" lang="de"' in start and 'class="figure wide $1"' in start


def test_signs_that_stand_for_something_in_code_are_words_in_a_text_alternative(rendered: Renderer) -> None:
    (rendered.folder / "a$1.svg").write_text(GOOD, encoding="utf-8")
    html = rendered.html("![$1 & $' or $&](a$1.svg)")

    [slide] = deck.read(html, name="deck", source="deck.md")[0].slides
    assert [deck.Image("a$1.svg", "$1 & $' or $&", 1)] == list(slide.images)


def test_two_figures_keep_their_ids_apart(rendered: Renderer) -> None:
    marked = FIGURE.format('<defs><marker id="tip"/></defs><path d="M0 0H9" marker-end="url(#tip)"/><use href="#tip"/>')
    html = rendered.html("![a](fig.svg) ![b](fig.svg)", fig=marked)

    for number in (1, 2):
        assert 1 == html.count(f'id="figure-{number}-tip"')
        assert 1 == html.count(f'marker-end="url(#figure-{number}-tip)"')
        assert 1 == html.count(f'href="#figure-{number}-tip"')


MORE = [
    GOOD.replace(' class="figure"', ""),
    FIGURE.format("<script>alert(1)</script>"),
    FIGURE.format('<path d="M0 0" onclick="alert(1)"/>'),
    FIGURE.format('<path d="M0 0" style="fill:url(https://else.example/)"/>'),
    FIGURE.format("<style>section { display: none }</style>"),
    FIGURE.format('<path d="M0 0" fill="url(https://else.example/a)"/>'),
    FIGURE.format('<path d="M0 0" fill="\\75rl(https://else.example/a)"/>'),
    FIGURE.format('<path d="M0 0" fill="&#117;rl(https://else.example/a)"/>'),
    FIGURE.format('<use href="https://else.example/a#b"/>'),
    FIGURE.format('<a href="#x"><text>go</text></a>'),
    FIGURE.format('<image href="x.png"/>'),
    FIGURE.format("<foreignObject><p>free</p></foreignObject>"),
    FIGURE.format('<animate attributeName="href" to="x"/>'),
    FIGURE.format("<p>out</p>"),
    FIGURE.format("<!-- --><path d='M0 0'/>"),
    FIGURE.format("<![CDATA[<script>]]>"),
    FIGURE.format('<g><path d="M0 0"/>'),
    FIGURE.format('<g title="a>b"/>'),
    FIGURE.format("a < b"),
    '<!DOCTYPE svg [<!ENTITY x "y">]>' + GOOD,
    GOOD + "<script>alert(1)</script>",
    "class=figure",
    "",
]
"""Not one of these is a mere drawing."""


def test_what_is_more_than_a_drawing_stays_a_picture(rendered: Renderer) -> None:
    for number, svg in enumerate(MORE):
        (rendered.folder / f"fig{number}.svg").write_text(svg, encoding="utf-8")

    html = rendered.render("\n\n---\n\n".join(f"![a](fig{number}.svg)" for number in range(len(MORE))), {}, {}).html

    slides = html.split("<section ")[1:]
    assert len(MORE) == len(slides)
    drawn = [svg for svg, slide in zip(MORE, slides, strict=True) if 'src="data:image/svg+xml;base64,' not in slide]
    assert [] == drawn
    assert 'id="figure-' not in html


def test_a_declaration_and_a_comment_before_the_figure_do_no_harm(rendered: Renderer) -> None:
    before = '\ufeff<?xml version="1.0" encoding="UTF-8"?>\n<!-- drawn by hand -->\n'

    assert "words</text>" in rendered.html("![a](fig.svg)", fig=before + GOOD)


def test_a_background_stays_a_picture(rendered: Renderer) -> None:
    assert "words</text>" not in rendered.html("![bg](fig.svg)", fig=GOOD)


def test_the_build_can_put_a_drawing_in_the_place_of_a_file(rendered: Renderer) -> None:
    assert "other</text>" in rendered.html(
        "![a](sub/fig.svg)", generated={"fig.svg": GOOD.replace("words", "other")}, fig=GOOD
    )
