"""What is published of a deck, as a whole."""

from __future__ import annotations

import pytest

from pipeline.artifacts import with_address

HEAD = '<html><head><title>x</title><meta charset="UTF-8"><meta name="twitter:card" content="summary"></head></html>'


def test_published_slides_say_where_they_are_and_what_they_look_like() -> None:
    html = with_address(HEAD, "https://x.example/a&b/")

    assert '<link rel="canonical" href="https://x.example/a&amp;b/slides.html">' in html
    assert '<meta property="og:url" content="https://x.example/a&amp;b/slides.html">' in html
    assert '<meta property="og:image" content="https://x.example/a&amp;b/og.png">' in html
    assert 'content="summary_large_image"' in html


def test_slides_that_are_published_nowhere_say_nothing_of_it() -> None:
    assert HEAD == with_address(HEAD, "")


@pytest.mark.parametrize(
    "given",
    [
        '<link rel="canonical" href="u">',
        '<meta property="og:url" content="u">',
        '<meta property="og:image" content="u">',
    ],
)
def test_what_the_author_says_of_a_deck_stands(given: str) -> None:
    html = with_address(HEAD.replace("<title>", f"{given}<title>"), "https://x.example/")

    assert given in html
    assert 1 == html.count(given.split("=")[1].split('"')[1])
