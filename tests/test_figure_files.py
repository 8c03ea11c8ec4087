"""Pictures of a deck as files: what they are called, and that they only draw."""

from __future__ import annotations

import base64
import io
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from PIL import Image
from selectolax.lexbor import LexborHTMLParser

from pipeline.figures import Figure, Figures
from tests.conftest import FIXTURES

DOT = (FIXTURES / "decks/images/dot.png").read_bytes()


def address(data: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def drawing(inner: str, attributes: str = "") -> str:
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"<svg {names} {attributes}>{inner}</svg>"


def drawn(inner: str, attributes: str = "") -> Figure:
    figure = Figures().add_address(address(drawing(inner, attributes).encode(), "image/svg+xml"), "a.svg")
    assert figure
    return figure


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("images/Dot.PNG", "dot.png"),
        ("Größe und Farbe.png", "grosse-und-farbe.png"),
        ("図.png", "figure.png"),
        ("../..", "figure.png"),
        ("<b onclick='x'>.png", "b-onclick-x.png"),
        ("x.tar.gz.html", "x-tar-gz.png"),
        ("a" * 300, "a" * 60 + ".png"),
        ("", "figure.png"),
    ],
)
def test_names_are_safe_on_every_disk(source: str, name: str) -> None:
    figure = Figures().add_address(address(DOT), source)

    assert figure
    assert name == figure.name


@pytest.mark.parametrize("encoding", ["Shift_JIS", "x-nobody-knows"])
def test_a_drawing_in_signs_that_nobody_knows_is_no_figure(encoding: str) -> None:
    data = f'<?xml version="1.0" encoding="{encoding}"?>{drawing("")}'.encode()

    assert Figures().add_address(address(data, "image/svg+xml"), "a.svg") is None


@pytest.mark.parametrize("sign", ["", "'", '"'])
def test_what_a_drawing_refers_to_in_itself_stays(sign: str) -> None:
    styled = drawn(
        f"<style>a {{ fill: url({sign}#g{sign}); mask: url({sign} data:image/png;base64,AA{sign}) }}</style>"
    )

    assert f"url({sign}#g{sign})" in styled.data.decode()
    assert "data:image/png" in styled.data.decode()
    assert "x.png" not in drawn(f"<style>a {{ fill: url({sign}x.png{sign}) }}</style>").data.decode()


@pytest.mark.parametrize("element", ["g", "script"])
def test_what_stands_behind_an_element_in_a_style_loads_nothing(element: str) -> None:
    still = drawn(f"<style>a {{ fill: red }}<{element}/>@import url(https://x.example/a.css);</style>").data.decode()

    assert "fill: red" in still
    assert "x.example" not in still


def test_a_picture_that_cannot_be_decoded_has_no_size() -> None:
    Image.new("RGB", (8, 8)).save(out := io.BytesIO(), format="AVIF")
    broken = out.getvalue().replace(b"pitm", b"pitx")

    figure = Figures().add_address(address(broken, "image/avif"), "a.avif")

    assert figure and (0, 0) == (figure.width, figure.height)


def test_each_content_is_one_file_and_each_file_has_a_name_of_its_own() -> None:
    figures = Figures()
    sources = [(DOT, "a/dot.png"), (DOT, "b/other.png"), (DOT + b"1", "b/Dot.png"), (DOT + b"2", "dot-2.png")]
    for data, source in sources:
        figures.add_address(address(data), source)

    assert ["dot.png", "dot-2.png", "dot-2-2.png"] == [figure.name for figure in figures.all]


@pytest.mark.parametrize(
    "wrong",
    [
        "https://example.org/a.png",
        "a.png",
        "data:text/html,<script>alert(1)</script>",
        "data:image/png;base64,A",
        "data:image/svg+xml,<svg",
        "data:image/svg+xml,<p>no drawing</p>",
        address(drawing("&undefined;").encode(), "image/svg+xml"),
        "",
    ],
)
def test_what_is_no_picture_becomes_no_file(wrong: str) -> None:
    figures = Figures()

    assert figures.add_address(wrong, "a.png") is None
    assert () == figures.all


@pytest.mark.parametrize(
    ("inner", "gone"),
    [
        ("<script>alert(1)</script>", "alert"),
        ('<script href="https://x.example/"/>', "x.example"),
        ('<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>', "alert"),
        ('<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>', "foreignObject"),
        ('<g onclick="alert(1)"/>', "alert"),
        ('<g ONCLICK="alert(1)"/>', "alert"),
        ('<a xlink:href="javascript:alert(1)"><path/></a>', "alert"),
        ('<a href=" JavaScript:alert(1)"><path/></a>', "alert"),
        ('<a href="#a"><animate attributeName="href" to="javascript:alert(1)"/></a>', "alert"),
        ('<a href="#a"><set attributeName="xlink:href" to="javascript:alert(1)"/></a>', "alert"),
        ('<image href="https://x.example/a.png"/>', "x.example"),
        ('<use xlink:href="https://x.example/a.svg#a"/>', "x.example"),
        ("<style>@import 'https://x.example/';</style>", "x.example"),
        ('<style>path { fill: url( "https://x.example/") }</style>', "x.example"),
        ("<style>path { fill: u\\72l(https://x.example/) }</style>", "x.example"),
        ('<style>@imp@import x;ort "https://x.example/";</style>', "x.example"),
        ("<style>path { fill: src('https://x.example/') }</style>", "x.example"),
        ('<path style="fill: url(https://x.example/)"/>', "x.example"),
        ('<path fill="url(//x.example/)"/>', "x.example"),
    ],
)
def test_drawings_neither_run_nor_load_anything(inner: str, gone: str) -> None:
    data = drawn(f"{inner}<path d='M0 0'/>").data.decode()

    assert gone not in data
    assert 'd="M0 0"' in data


def test_words_of_html_in_a_drawing_are_kept_as_words() -> None:
    html = '<div xmlns="http://www.w3.org/1999/xhtml"><style>p { top: 0 }</style><p>Order</p>service</div>'
    data = drawn(f'<g><foreignObject x="10" width="80" height="20">{html}</foreignObject></g>').data.decode()

    assert 'x="50" y="10">Order service</text>' in data
    said = '<switch><foreignObject width="100%" x="."/><text x="1" y="2">Order</text></switch>'
    assert '<switch><text x="1" y="2">Order</text></switch>' in drawn(said).data.decode()
    assert 'x="0" y="0"' in drawn(f'<foreignObject x="." width="9%">{html}</foreignObject>').data.decode()


def test_drawings_keep_what_they_draw_with() -> None:
    inner = (
        '<defs><linearGradient id="g"/></defs><style>path { fill: url(#g) }</style>'
        '<path class="a" style="fill: url(#g)"/>'
        f'<use xlink:href="#p"/><image href="{address(DOT)}"/><a href="https://x.example/">x <b/> y</a>'
        '<text xml:space="preserve">a &amp; <tspan>b</tspan> c</text><animate attributeName="x" to="1"/>'
    )
    data = drawn(inner, 'viewBox="0 0 10 10"').data.decode()

    for kept in (
        '<linearGradient id="g"',
        "fill: url(#g) }",
        'class="a" style="fill: url(#g)"',
        '<use href="#p"',
        address(DOT),
        '<a href="https://x.example/">',
        '<text xml:space="preserve">a &amp; <tspan>b</tspan> c</text>',
        '<animate attributeName="x" to="1"',
    ):
        assert kept in data, data


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('viewBox="0 0 160 90"', (160, 90)),
        ('viewBox="0,0,160,90" width="320"', (320, 180)),
        ('viewBox="0 0 160 90" height="45px"', (80, 45)),
        ('width="1in" height="48"', (96, 48)),
        ('width="100%" viewBox="0 0 160 90"', (160, 90)),
        ('width="100%"', (0, 0)),
        ('viewBox="0 0 0 0"', (0, 0)),
        ('viewBox="a b c d"', (0, 0)),
    ],
)
def test_the_size_of_a_drawing_is_that_of_its_author(attributes: str, size: tuple[float, float]) -> None:
    figure = drawn("", attributes)

    assert size == (figure.width, figure.height)


def test_a_drawing_that_stands_in_a_slide_becomes_a_file() -> None:
    html = (
        '<svg data-src="loops.svg" role="img" aria-label="Two loops" class="figure" viewBox="0 0 4 3">'
        "<linearGradient id=g gradientUnits=userSpaceOnUse></linearGradient>"
        "<text onclick=alert(1)>a&nbsp;&lt;b&amp;</text>"
        "<script>alert(1)</script></svg>"
    )
    node = LexborHTMLParser(html).css_first("svg")
    assert node
    figure = Figures().add_drawing(node, "loops.svg")

    assert figure
    assert "loops.svg" == figure.name
    tree = ElementTree.fromstring(figure.data)
    assert "a\xa0<b&" == "".join(tree.itertext())
    assert "{http://www.w3.org/2000/svg}linearGradient" == tree[0].tag
    assert b"alert" not in figure.data


def test_a_drawing_may_be_written_into_its_address_in_any_way() -> None:
    figures = Figures()
    for written in (
        address(drawing("").encode(), "image/svg+xml"),
        f"data:image/svg+xml;charset=utf-8,{quote(drawing(''))}",
        f"DATA:IMAGE/SVG+XML,{drawing('')}",
    ):
        assert figures.add_address(written, "a.svg")

    assert ["a.svg"] == [figure.name for figure in figures.all]


def test_a_picture_that_lets_the_ground_through_is_told_from_one_that_does_not() -> None:
    opaque = Figures().add_address(address(DOT), "")

    assert opaque
    assert opaque.is_opaque
    assert not drawn("").is_opaque
