"""What is added to Marp's HTML before it is published: names, data, a script; and that nothing of Marp's is lost."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from pipeline import deck, decks, marp, present
from pipeline.deck import Deck
from pipeline.toolchain import Tools
from tests.conftest import FIXTURES

Enhance = Callable[[str], tuple[str, str, Deck]]


@pytest.fixture
def enhance(tmp_path: Path, worker: marp.Worker) -> Enhance:
    """Write a deck and render it: Marp's HTML, ours, and the deck."""

    def render(markdown: str) -> tuple[str, str, Deck]:
        path = tmp_path / "deck.md"
        path.write_text(dedent(markdown).lstrip("\n"), encoding="utf-8")
        source = decks.Source("deck", path, tmp_path, "slides/deck/deck.md", path.read_text(encoding="utf-8"))
        rendered = worker.render(source, lang="en", links={}, generated={})
        result, _ = deck.read(rendered.html, name="deck", source=source.label)
        links = {"docs/resources.md": "../../resources/"}
        return rendered.html, present.enhance(rendered.html, result, links=links), result

    return render


def data(html: str, name: str) -> Any:
    node = LexborHTMLParser(html).css_first(f'script[data-present="{name}"]')
    assert node
    return json.loads(node.text())


def without_ours(html: str) -> str:
    """What is left of the HTML when everything that was added is cut out again."""
    style = Path(present.__file__).with_suffix(".css").read_text(encoding="utf-8")
    script = Path(present.__file__).with_suffix(".js").read_text(encoding="utf-8")
    html = html.replace(f"<style>{style}</style>", "", 1).replace(f"<script>{script}</script>", "", 1)
    html = re.sub(r'<script type="application/json" data-present="\w+">[^<]*</script>', "", html)
    return re.sub(r'(<svg data-marpit-svg="") id="[^"]*"', r"\1", html)


HOSTILE = """
    ---
    style: "/* </head><body></body><script> */"
    ---
    # </body>

    `</body><script>` and a figure of speech: `<svg data-marpit-svg="" viewBox="0 0 1 1">`

    ```html
    </style></head><script>alert(1)</script></body></html>
    ```

    <!-- A note </body></html><script> that quotes <!-- a page -->

    ---
    <style>/* </body></html><script> */ h1::before { content: "<body>" }</style>

    # Two `</script><!--`
"""


def test_a_deck_that_quotes_html_does_not_mislead(enhance: Enhance) -> None:
    before, after, read = enhance(HOSTILE)

    assert before == without_ours(after)
    scripts = [
        node.attributes.get("data-present") or node.text()[:20] for node in LexborHTMLParser(after).css("script")
    ]
    # Marp's other script, for headings that are fitted, comes first.
    assert ["slides", "notes", "// What a deck's pag", "/*!! License: https:"] == scripts[-4:]
    assert [slide.title for slide in read.slides] == [slide["title"] for slide in data(after, "slides")]


def test_every_odd_deck_reads_the_same_with_what_is_added(tools: Tools) -> None:
    paths = sorted((FIXTURES / "decks").glob("*.md"))
    assert len(paths) > 70
    sources = [decks.open_file(path, path.stem) for path in paths]
    rendered = marp.render(sources, tools=tools, lang="en", links={}, formats=("html",))
    for source, each in zip(sources, rendered, strict=True):
        assert isinstance(each, marp.Rendered)
        before, _ = deck.read(each.html, name=source.name, source=source.label)
        html = present.enhance(each.html, before, links={})
        after, _ = deck.read(html, name=source.name, source=source.label)

        assert before == after
        assert each.html == without_ours(html)
        assert len(before.slides) == len(data(html, "slides")) == len(data(html, "notes"))
        added = re.findall(r'<svg data-marpit-svg="" id="([^"]*)"', html)
        assert all(html.count(f' id="{name}"') == 1 for name in added)


def test_slides_are_named_where_nothing_else_has_the_name(enhance: Enhance) -> None:
    _, html, _ = enhance("""
        # Same as its key

        ---
        <!-- _slideKey: plan agenda -->
        # Something else

        ---
        <!-- _slideKey: taken -->
        # One

        ---
        # Two
        ## Taken

        ---
        # <b>Größe</b>
    """)

    tree = LexborHTMLParser(html)
    frames = [frame.attributes.get("id") for frame in tree.css("svg[data-marpit-svg]")]
    assert [None, "plan", None, None, "gr%C3%B6%C3%9Fe"] == frames
    ids = [node.attributes["id"] for node in tree.css("[id]")]
    assert len(ids) == len(set(ids))
    assert {"same-as-its-key", "taken"} <= set(ids)
    names = [slide["names"] for slide in data(html, "slides")]
    assert [["same-as-its-key"], ["plan", "agenda"], ["taken"], ["two"], ["größe"]] == names


def test_a_name_of_digits_hides_no_slides_number(enhance: Enhance) -> None:
    _, html, _ = enhance("<!-- _slideKey: 2 -->\n# A\n\n---\n\n# B\n")

    assert [[], ["b"]] == [slide["names"] for slide in data(html, "slides")]


def test_notes_are_formatted_and_cannot_end_the_data(enhance: Enhance) -> None:
    _, html, read = enhance("""
        # One

        <!--
        **Say** `</script>` and <b>no</b>, see [two](#two), [more](../../docs/resources.md#x), [web](https://a.example/)
        -->

        <!-- - a
        - b -->

        ---
        # Two
    """)

    first, second = data(html, "notes")
    assert "<strong>Say</strong> <code>&lt;/script&gt;</code> and &lt;b&gt;no&lt;/b&gt;" in first
    assert ['href="#two"', 'href="../../resources/#x"', 'href="https://a.example/"'] == re.findall(
        r'href="[^"]*"', first
    )
    assert "<li>a</li>" in first
    assert "" == second
    assert read.slides[0].notes[0].startswith("**Say**")


def test_html_that_is_not_marps_is_refused(enhance: Enhance) -> None:
    html, _, read = enhance("# A\n")

    with pytest.raises(ValueError, match=r"slides/deck/deck.md: Marp's HTML has no style"):
        present.enhance(html.replace("</head>", ""), read, links={})
    with pytest.raises(ValueError, match="or no script"):
        present.enhance(html.replace("<script>", "<script defer>"), read, links={})
