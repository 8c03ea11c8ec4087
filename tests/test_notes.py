"""Notes as HTML and as plain text."""

from __future__ import annotations

import pytest

from pipeline import notes


@pytest.mark.parametrize(
    ("note", "text"),
    [
        ("**Aim:** Say *it* `once`.", "Aim: Say it once."),
        ("one\ntwo\n\nthree", "one\ntwo\nthree"),
        ("- a\n- b\n  1. c\n  2. d", "• a\n• b\n  1. c\n  2. d"),
        ("3. c\n4. d", "3. c\n4. d"),
        ("- a\n\n  more", "• a\nmore"),
        ("- a\n-\n\nmore", "• a\nmore"),
        ("| a | b |\n|---|---|\n| c | d |", "a | b\nc | d"),
        ("[here](https://a.example/) <https://b.example>", "here (https://a.example/) https://b.example"),
        ("[slide](#2) ![a cat](cat.png)", "slide [a cat]"),
        ("```\ncode\n\n  more\n```", "code\n\n  more"),
        ("<b>shown</b>", "<b>shown</b>"),
        ("[Ask]: why?", "[Ask]: why?"),
        ("- [Ask]: why?", "• [Ask]: why?"),
        ("> [Ask]: why?", "[Ask]: why?"),
        ("See [docs]: it is good.\n\n[docs]: https://a.example/", "See docs (https://a.example/): it is good."),
        ("```\n[Ask]: x\n```", "[Ask]: x"),
        ("[My  Link]\n\n[my link]: https://a.example/", "My  Link (https://a.example/)"),
        ("[Time]: 5min\n[time]: 6min", "[Time]: 5min\n[time]: 6min"),
        ("See [it][1].\n\n[1]: https://a.example/", "See it (https://a.example/)."),
        ("", ""),
    ],
)
def test_plain_text(note: str, text: str) -> None:
    assert text == notes.as_text(note)


def test_a_note_keeps_its_lines() -> None:
    html = notes.as_html("Say hello\nWait\n\n- one\n  more", source="slides/d/deck.md", folder="", links={})

    assert html == "<p>Say hello<br />\nWait</p>\n<ul>\n<li>one<br />\nmore</li>\n</ul>\n"


def test_links_of_html_lead_to_the_deck_the_site_and_the_web() -> None:
    note = "[slide](#2) [page](../../docs/a.md#b) [file](c.txt) [web](https://a.example/)"
    html = notes.as_html(note, source="slides/d/deck.md", folder="../../decks/d/", links={"docs/a.md": "../../a/"})

    for href in ("../../decks/d/slides.html#2", "../../a/#b", "../../decks/d/c.txt", "https://a.example/"):
        assert f'href="{href}"' in html


@pytest.mark.parametrize(
    ("note", "words"),
    [
        ("![plan](plan.png): overview", r"\[plan\]: overview"),
        ("[![a (b)](<c d.png> 'e')](https://a.example/)", r"[\[a (b)\]](https://a.example/)"),
        ("![plan][p] wow![1]\n\n[p]: plan.png", "\\[plan\\] wow![1]\n\n[p]: plan.png"),
        ("> ![two\n> lines](x.png)", "> !\\[two\n> lines](x.png)"),
        ("<img src=x> a < b `<b>` <https://a.example/>", "&lt;img src=x> a < b `<b>` <https://a.example/>"),
        ("- a ` b\n- <img src=x> c ` d", "- a ` b\n- &lt;img src=x> c ` d"),
        ("x](<img src=x onerror=a>) `<b>`", "x](&lt;img src=x onerror=a>) `&lt;b>`"),
        ("    <b>![c](d)\n\n```\n<i>\n```\n\n<br>", "    <b>![c](d)\n\n```\n<i>\n```\n\n&lt;br>"),
        ("<div>\n\n![a](b)", "&lt;div>\n\n\\[a\\]"),
    ],
)
def test_a_file_of_notes_holds_words_only(note: str, words: str) -> None:
    assert words == notes.as_words(note)
    assert words == notes.as_words(words)


def test_raw_html_of_a_note_is_shown_and_not_run() -> None:
    html = notes.as_html("<script>alert(1)</script>", source="s/d/deck.md", folder="", links={})

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script>" not in html
