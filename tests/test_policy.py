"""What a page may load and run, as it says itself."""

from __future__ import annotations

import base64
import hashlib
import re
from html import unescape
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from pipeline import policy
from tests.conftest import at_most

META = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')


def directives(html: str) -> dict[str, list[str]]:
    [content] = META.findall(html)
    return {name: sources for name, *sources in (part.split() for part in unescape(content).split(";"))}


def hash_of(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


PAGE = """<!doctype html><html><head>
  <meta charset="utf-8"><title>Größe</title><script>run('ü')</script>
  <script src="a.js"></script><script type="application/json">{}</script></head>
<body><script type="module">go()</script><script></script><script>run('ü')</script></body></html>"""


def test_each_inline_script_is_named_once_and_no_data() -> None:
    scripts = directives(policy.seal_page(PAGE))["script-src"]

    assert ["'self'", hash_of("run('ü')"), hash_of("go()")] == scripts


def test_a_deck_may_run_nothing_but_its_own_inline_scripts() -> None:
    assert [hash_of("run('ü')"), hash_of("go()")] == directives(policy.seal_deck(PAGE))["script-src"]


def test_a_script_is_hashed_as_the_browser_reads_it() -> None:
    assert [hash_of("a\nb\nc")] == directives(policy.seal_deck("<script>a\r\nb\rc</script>"))["script-src"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<!doctype html><html><head>\n<meta charset="utf-8">', "<title>x</title><script>1</script>"),
        ('<head><link rel="icon" href="data:,"><title>x</title><meta charset="UTF-8">', "<style>p{}</style>"),
        ("<html><head>", '<script>1</script><meta charset="utf-8">'),
        ("<html><head>", '<link rel="stylesheet" href="a.css"><meta charset="utf-8">'),
        ("<head lang='en'>", "<title>x</title>"),
        ("<!DOCTYPE html>", "<title>x</title><header></header>"),
        ("", "<p>only this</p>"),
    ],
)
def test_the_policy_stands_after_the_character_set_and_before_anything_that_loads(before: str, after: str) -> None:
    sealed = policy.seal_page(before + after)

    assert sealed.startswith(f"{before}<meta http-equiv=")
    assert before + after == META.sub("", sealed)


@pytest.mark.parametrize(
    "page",
    [
        '<!doctype html><html><head><!-- <meta charset="utf-8"> --><title>t</title>{}</head>',
        "<!doctype html><html><head><title>About <meta charset=utf-8> tags</title>{}</head>",
        "<!doctype html><html><head><noscript><meta charset=utf-8></noscript>{}</head>",
        '<!doctype html><html><head data-x="a>b">{}</head>',
        "<!-- a page --><!doctype html><!-- <head> --><html>{}",
        "<!-- a page --!>{}<!-- --><!doctype html><!-- <head> -->",
        "<!doctype html><p>words</p><!-- <head> -->{}",
        "\ufeff<!doctype html><html><head><meta charset=utf-8><title>t</title>{}</head>",
    ],
)
def test_what_only_looks_like_the_head_is_no_place_for_the_policy(page: str) -> None:
    sealed = policy.seal_page(page.format('<script src="https://cdn.example/a.js"></script>'))

    head = [node.tag for node in LexborHTMLParser(sealed.removeprefix("\ufeff")).css("head > meta, head > script")]
    assert ["meta", "meta"] == head[:2]
    assert not META.search(sealed[sealed.index("<script") :])
    assert sealed.startswith("\ufeff") == page.startswith("\ufeff")


@pytest.mark.parametrize(
    "page",
    [
        f"<!--{'<meta charset=' * 50_000}",
        "<head " * 50_000,
        f'{"<link " * 50_000} href="data:"><meta charset=utf-8>',
    ],
    ids=["character sets", "heads", "links"],
)
def test_what_begins_again_and_again_is_read_once(page: str) -> None:
    with at_most(2):  # it takes a twentieth of a second, or minutes
        assert META.search(policy.seal_page(page))


def test_every_file_of_the_site_has_one_policy_that_lets_no_other_script_in(
    site: Path, subtests: pytest.Subtests
) -> None:
    paths = sorted(site.rglob("*.html"))

    assert paths
    for path in paths:
        with subtests.test(path.relative_to(site).as_posix()):
            allowed = directives(path.read_text(encoding="utf-8"))
            assert ["'none'"] == allowed["default-src"]
            assert all(source == "'self'" or source.startswith("'sha256-") for source in allowed["script-src"])
            assert ("'self'" in allowed["script-src"]) is (path.name != "slides.html")
            given = {source for sources in allowed.values() for source in sources if not source.startswith("'sha256-")}
            assert given == {"'none'", "'self'", "'unsafe-inline'", "data:"}
