"""The reading view of HTML that Marp would not let through, or that only a plugin makes."""

from __future__ import annotations

import base64

import pytest
from selectolax.lexbor import LexborHTMLParser

from pipeline import reading
from pipeline.figures import Figures


def read(html: str) -> tuple[str, Figures]:
    section = LexborHTMLParser(f"<section>{html}</section>").css_first("section")
    assert section
    figures = Figures()
    return reading.body(list(section.iter(include_text=True)), title=None, backgrounds=[], found=figures), figures


@pytest.mark.parametrize(
    ("href", "kept"),
    [
        ("javascript:alert(1)", False),
        ("JavaScript:alert(1)", False),
        (" java\nscript:alert(1)", False),
        ("\x01javascript:alert(1)", False),
        ("vbscript:x", False),
        ("data:text/html,x", False),
        ("file:///etc/passwd", False),
        ("http://[", False),
        ("https://example.org/?a=1&b=2", True),
        ("mailto:a@example.org", True),
        ("../other/#x", True),
        ("a/b:c", True),
    ],
)
def test_links_lead_where_a_reader_may_go(href: str, kept: bool) -> None:
    body, _ = read(f'<p><a href="{href}">words</a></p>')

    assert kept == ("<a href=" in body)
    assert "words" in body


def test_what_an_element_means_is_kept() -> None:
    kept = '<ol start="3" type="a"><li>a</li></ol>\n<p><s>old</s> <abbr title="&lt;b&gt;">c</abbr></p>'

    assert kept == read(kept.replace("<s>", "<strike>").replace("</s>", "</strike>"))[0]


def test_words_keep_the_direction_that_they_were_given() -> None:
    kept = '<div dir="rtl"><p dir="auto">a <bdo dir="ltr">b</bdo> <kbd>c</kbd></p></div>'

    assert kept == read(kept)[0]
    assert "<p>a</p>" == read('<p class="x" dir="&quot;">a</p>')[0]


def test_a_drawing_that_stands_in_the_slide_is_shown_as_a_picture() -> None:
    body, figures = read(
        '<p><svg data-src="loops.svg" role="img" aria-label="Two &quot;loops&quot;" class="figure" viewBox="0 0 4 3">'
        "<path d='M0 0'/></svg></p>"
    )

    assert (
        '<p><img class="reading-figure reading-figure--clear" src="figures/loops.svg" width="4" height="3" '
        'loading="lazy" alt="Two &quot;loops&quot;"></p>'
    ) == body
    assert ["loops.svg"] == [figure.name for figure in figures.all]


def test_a_drawing_of_marps_own_is_none_of_the_reading_view() -> None:
    assert ("words", ()) == (lambda found: (found[0], found[1].all))(read("<svg><text>x</text></svg>words"))


@pytest.mark.parametrize("side", ["width", "height"])
def test_a_size_without_end_is_none(side: str) -> None:
    drawing = base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'/>").decode()
    body, _ = read(f'<img src="data:image/svg+xml;base64,{drawing}" style="{side}:{"9" * 400}px" alt="a">')

    assert 'alt="a"' in body and side not in body


def test_letters_that_mathematics_lacks_are_said_too() -> None:
    letter = "<svg><g data-c='1D451'></g><text data-variant='normal'>ó</text><g data-c='1D45B'></g></svg>"
    body, _ = read(f"<mjx-container>{letter}</mjx-container>")

    assert 'alt="Formula: d ó n"' in body


def test_what_only_calls_itself_a_number_is_not_copied() -> None:
    body, _ = read("<ol start='1 onclick=x'><li value='٣'>a</li></ol><table><tr><td colspan='9999'>b</td></tr></table>")

    assert "<ol><li>a</li></ol>" in body
    assert "<td>b</td>" in body


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<video data-src='films/a.mp4' src='data:,'></video>", "a.mp4"),
        ("<audio><source data-src='b.mp3' src='data:,'></audio>", "b.mp3"),
        ("<video title='The &lt;alarm>' data-src='a.mp4'>instead</video>", "The &lt;alarm&gt;"),
        ("<video data-src='a.mp4'>Your browser shows no films</video>", "a.mp4"),
        ("<video src='data:,'>What it <b>shows</b></video>", "What it shows"),
    ],
)
def test_a_film_and_a_sound_leave_a_word(html: str, words: str) -> None:
    assert f"<p>a <em>[{words}]</em></p>" == read(f"<p>a {html}</p>")[0]
