"""Hostile inputs that no file of the corpus can be: links, pipes, devices, folders, and what is too large to keep."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from pipeline import active, patience, problems, site, templates
from pipeline.problems import BuildError, cut, load_yaml, place_problems, read_text
from tests.conftest import Project
from tests.test_corpus import assert_told, refusal, refusal_at_once, slow

DECK = "slides/talk/deck.md"
SECRET = "the words of another project"


def outside(project: Project, name: str, content: str = SECRET) -> Path:
    """A file beside the project."""
    path = project.root.parent / name
    path.write_text(content, encoding="utf-8")
    return path


def leads_out(project: Project, name: str, content: str = SECRET) -> list[str]:
    """Put a symbolic link in the place of a file, to one beside the project with the same content."""
    path = project.root / name
    if path.is_file():
        content = path.read_text(encoding="utf-8")
        path.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(outside(project, path.name, content))
    return [f"{name}: is a symbolic link that leads out of the project; put the file itself here [file-outside]"]


def pipe(project: Project, name: str) -> list[str]:
    """Put a named pipe in the place of a file: who opens it, waits for ever."""
    path = project.root / name
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)
    return [f"{name}: is a named pipe, a socket or a device; put a file in its place [file]"]


def show(project: Project, name: str) -> None:
    project.edit(DECK, lambda text: f"{text}\n![A picture]({name})\n")


# --- what leads out of the project ---------------------------------------------------------------------------


def deck_that_leads_out(project: Project) -> list[str]:
    return leads_out(project, DECK)


def folder_of_a_deck_that_leads_out(project: Project) -> list[str]:
    folder = project.root.parent / "other"
    folder.mkdir()
    (folder / "deck.md").write_text(f"# {SECRET}\n", encoding="utf-8")
    (project.root / "slides/other").symlink_to(folder)
    return ["slides/other: is a symbolic link that leads out of the project; ... [file-outside]"]


def picture_that_leads_out(project: Project) -> list[str]:
    show(project, "list.png")
    return leads_out(project, "slides/talk/list.png")


def picture_that_leads_to_the_machine(project: Project) -> list[str]:
    (project.root / "slides/talk/list.png").symlink_to("/etc/passwd")
    show(project, "list.png")
    return ["slides/talk/list.png: is a symbolic link that leads out of the project; ... [file-outside]"]


def folder_of_pictures_that_leads_out(project: Project) -> list[str]:
    (project.root / "slides/talk/pictures").symlink_to("/etc")
    show(project, "pictures/passwd")
    return ["slides/talk/pictures: is a symbolic link that leads out of the project; ... [file-outside]"]


def theme_that_leads_out(project: Project) -> list[str]:
    project.edit(DECK, lambda text: text.replace("title:", "theme: mine\ntitle:"))
    return leads_out(project, "slides/talk/mine.css", "/* @theme mine */")


def inventory_that_leads_out(project: Project) -> list[str]:
    return leads_out(project, "data/links.yml")


def run_sheets_that_lead_out(project: Project) -> list[str]:
    return leads_out(project, "data/sessions.yml", "deck: talk\n")


def settings_that_lead_out(project: Project) -> list[str]:
    return leads_out(project, "mkdocs.yml")


def page_that_leads_out(project: Project) -> list[str]:
    return leads_out(project, "docs/page.md")


def file_of_the_pages_that_leads_out(project: Project) -> list[str]:
    return leads_out(project, "docs/assets/list.txt")


def folder_of_pages_that_leads_out(project: Project) -> list[str]:
    (project.root / "docs/more").symlink_to("/etc")
    return ["docs/more: is a symbolic link that leads out of the project; ... [file-outside]"]


def pages_that_lead_out(project: Project) -> list[str]:
    (project.root / "docs").rename(project.root.parent / "docs")
    (project.root / "docs").symlink_to(project.root.parent / "docs")
    return ["docs: is a symbolic link that leads out of the project; put the file itself here [file-outside]"]


def page_that_leads_to_another_file_of_the_project(project: Project) -> list[str]:
    (project.root / "docs/page.md").symlink_to("../.git/config")
    message = "is a symbolic link, and MkDocs would publish what it leads to; put the file itself here"
    return [f"docs/page.md: {message} [file-outside]"]


def page_that_leads_to_itself(project: Project) -> list[str]:
    (project.root / "docs/page.md").symlink_to("page.md")
    return ["docs/page.md: is a symbolic link, and MkDocs would ... [file-outside]"]


def snippet_that_leads_out(project: Project) -> list[str]:
    project.edit("mkdocs.yml", lambda text: text.replace("  - attr_list\n", "  - attr_list\n  - pymdownx.snippets\n"))
    project.edit("docs/index.md", lambda text: text + '\n--8<-- "words.txt"\n')
    return leads_out(project, "words.txt")


def file_that_leads_out_and_is_no_utf8(project: Project) -> list[str]:
    (project.root / os.fsdecode(b"docs/caf\xe9")).symlink_to("/etc/passwd")
    return ["docs/caf\\xe9: is a symbolic link that leads out of the project; ... [file-outside]"]


# --- what is no file -----------------------------------------------------------------------------------------


def pipe_for_a_deck(project: Project) -> list[str]:
    return pipe(project, DECK)


def pipe_for_a_picture(project: Project) -> list[str]:
    show(project, "list.png")
    return pipe(project, "slides/talk/list.png")


def pipe_for_a_theme(project: Project) -> list[str]:
    return pipe(project, "slides/talk/mine.css")


def pipe_for_a_page(project: Project) -> list[str]:
    return pipe(project, "docs/page.md")


def pipe_for_a_file_of_the_pages(project: Project) -> list[str]:
    return pipe(project, "docs/assets/list.txt")


def pipe_for_the_inventory(project: Project) -> list[str]:
    return pipe(project, "data/links.yml")


def pipe_for_the_run_sheets(project: Project) -> list[str]:
    return pipe(project, "data/sessions.yml")


def pipe_with_a_line_end_in_its_name(project: Project) -> list[str]:
    pipe(project, "docs/a\nb")
    return ["docs/a\\nb: is a named pipe, a socket or a device; put a file in its place [file]"]


def incident_whose_name_is_no_utf8(project: Project) -> list[str]:
    (project.root / "data/scenarios").mkdir()
    (project.root / os.fsdecode(b"data/scenarios/caf\xe9.yml")).write_text("title: Night\n", encoding="utf-8")
    return ["data/scenarios/caf\\xe9.yml: ... [scenario]"]


def pipe_for_the_settings(project: Project) -> list[str]:
    return pipe(project, "mkdocs.yml")


def device_for_a_deck(project: Project) -> list[str]:
    (project.root / DECK).unlink()
    (project.root / DECK).symlink_to("/dev/zero")
    return [f"{DECK}: is a symbolic link that leads out of the project; put the file itself here [file-outside]"]


def folder_for_a_deck(project: Project) -> list[str]:
    (project.root / DECK).unlink()
    (project.root / DECK).mkdir()
    return [f"{DECK}: cannot be read (Is a directory); make it a readable file [file]"]


def deck_that_leads_to_itself(project: Project) -> list[str]:
    (project.root / DECK).unlink()
    (project.root / DECK).symlink_to("deck.md")
    return [f"{DECK}: cannot be read (Too many levels of symbolic links); make it a readable file [file]"]


def deck_with_half_of_a_character_behind_code(project: Project) -> list[str]:
    project.edit(DECK, lambda text: text + '\nWords about `<!--` here.\n\n<!-- _class: "\\uD83D" -->\n')
    return [f"{DECK}:14: slide 1: class '\\ud83d' means nothing to the theme ... [class-unknown]"]


def theme_that_leads_to_itself(project: Project) -> list[str]:
    project.edit(DECK, lambda text: text.replace("title:", "theme: mine\ntitle:"))
    (project.root / "slides/talk/mine.css").symlink_to("mine.css")
    (project.root / "slides/theme/mine.css").symlink_to("mine.css")
    return [f"{DECK}:2: theme 'mine' does not exist; ... [theme-unknown]"]


def template_that_leads_to_itself(project: Project) -> list[str]:
    (project.root / "docs/templates").mkdir()
    (project.root / "docs/templates/loop.md").symlink_to("loop.md")
    return ["docs/templates/loop.md: is a symbolic link, and MkDocs would ... [file-outside]"]


# --- what runs -----------------------------------------------------------------------------------------------


def page_in_html_with_a_script(project: Project) -> list[str]:
    (project.root / "docs/page.html").write_text("<!doctype html>\n<script>run()</script>\n", encoding="utf-8")
    return ["docs/page.html:2: <script> in a page; ... [page-script]"]


def picture_beside_a_page_with_a_script(project: Project) -> list[str]:
    text = '<svg xmlns:s="http://www.w3.org/2000/svg">\n<s:script>run()</s:script>\n</svg>\n'
    (project.root / "docs/picture.svg").write_text(text, encoding="utf-8")
    return ["docs/picture.svg:2: <script> in a page; ... [page-script]"]


def picture_beside_a_page_with_entities(project: Project) -> list[str]:
    text = '<!DOCTYPE svg [\n<!ENTITY a "&#60;script/>">\n]>\n<svg>&a;</svg>\n'
    (project.root / "docs/picture.svg").write_text(text, encoding="utf-8")
    return ["docs/picture.svg:2: has entities or a style sheet that could hide a script; ... [page-script]"]


def page_named_like_an_element(project: Project) -> list[str]:
    (project.root / "docs/<img src=x onerror=run()>.md").write_text("Words\n", encoding="utf-8")
    return ["docs/<img src=x onerror=run()>.md: has a '<', '>' or '\"' in its name, ... [file]"]


# --- what has no end, or nearly none -------------------------------------------------------------------------


def lists_nested_too_deeply_in_a_page(project: Project) -> list[str]:
    lines = "\n".join(f"{'    ' * depth}- point" for depth in range(300))
    (project.root / "docs/page.md").write_text(f"# A page\n\n{lines}\n", encoding="utf-8")
    return ["docs/page.md: is nested too deeply for MkDocs; write it in fewer levels [mkdocs]"]


def inventory_nested_too_deeply(project: Project) -> list[str]:
    (project.root / "data/links.yml").write_text("links: " + "[" * 5000 + "]" * 5000, encoding="utf-8")
    return ["data/links.yml:1: is nested too deeply to be read; write it in fewer levels [yaml]"]


Spoil = Callable[[Project], list[str]]


def document(name: str, files: dict[str, str], *told: str) -> Spoil:
    """A recipe called `name`: files below docs/, and what is said of them."""

    def spoil(project: Project) -> list[str]:
        for path, text in files.items():
            (project.root / "docs" / path).parent.mkdir(exist_ok=True)
            (project.root / "docs" / path).write_text(text, encoding="utf-8")
        return [f"docs/{line}" for line in told]

    spoil.__name__ = name
    return spoil


SVG = '<svg xmlns="http://www.w3.org/2000/svg">'
IN_XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'
ASKS = {
    "a": '<style>@import"https://x.example/1"</style>',
    "b": "<style><g/>@import url(https://x.example/2);</style>",
    "c": "<style>a { background: image-set('https://x.example/3' 1x) }</style>",
    "d": f'<g><img {IN_XHTML} srcset="a.png 1x, https://x.example/4 2x"/></g>',
    "e": "<style>a { fill: u\\72l(https://x.example/5) }</style>",
    "f": '<style>@import "h\\ttps://x.example/6";</style>',
    "g": "<style>a { fill: u\\rl(\\/\\/x.example/7) }</style>",
    "h": "<style>a { content: '/*'; fill: url(https://x.example/8) } /* */</style>",
    "i": '<style>a { fill: image-set("a.png" 1x, "https://x.example/9" 2x) }</style>',
    "j": '<image><set attributeName="href" to="https://x.example/10"/></image>',
    "k": '<image><animate attributeName="href" values="a.png;//x.example/11"/></image>',
    "l": f'<foreignObject><table {IN_XHTML} background="https://x.example/12"></table></foreignObject>',
    "m": '<image href="http:x.example/13"/>',
    "n": '<g><set attributeName="mask" to="url(https://x.example/14)"/></g>',
    "o": '<g><animate attributeName="clip-path" values="none;url(//x.example/15)"/></g>',
    "p": f'<foreignObject><table {IN_XHTML}><tr background="//x.example/16"/></table></foreignObject>',
    "q": f'<link {IN_XHTML} rel="preload" as="image" imagesrcset="a.png 1x, https://x.example/17 2x"/>',
}
"""Ways in which a drawing may ask another host for something."""

DOCUMENTS = [
    document(
        "drawing_that_only_xml_sees",
        {"a.svg": f"{SVG}<title><textarea>\n<script>run()</script></textarea></title></svg>\n"},
        "a.svg:2: <script> in a page; ... [page-script]",
    ),
    document(
        "drawing_that_asks_another_host",
        {
            "a.svg": f"{SVG}\n<a href='https://x.example/'>a</a>\n<image href='//y.example/a.png'/>\n"
            "<style>a { fill: url( 'https://z.example/#a') }</style>\n</svg>\n"
        },
        "a.svg:3: <image> asks for //y.example/a.png, which is not part of the site; ... [page-script]",
        "a.svg:4: <style> asks for https://z.example/#a, which is not part of the site; ... [page-script]",
    ),
    document(
        "drawings_that_ask_another_host_in_other_ways",
        {f"{name}.svg": f"{SVG}{inner}</svg>\n" for name, inner in ASKS.items()},
        *(f"{name}.svg:... [page-script]" for name in ASKS),
    ),
    document(
        "drawing_in_signs_of_its_own",
        {"a.svg": f'<?xml version="1.0" encoding="Shift_JIS"?>\n{SVG}</svg>\n'},
        "a.svg:1: says that it is in 'shift_jis'; save it as UTF-8, and say so [file]",
    ),
    document(
        "drawing_that_breaks_off",
        {"a.svg": f"{SVG}\n<script>run()</script>\n<g>\n</svg>\n"},
        "a.svg:4: is no XML that a browser reads to its end (mismatched tag); correct it [file]",
        "a.svg:2: <script> in a page; ... [page-script]",
    ),
    document(
        "page_that_hides_a_script_where_scripts_run",
        {
            "a.html": '<!doctype html>\n<noscript><p title="</noscript><script>run()</script>"></p></noscript>\n',
            "b.html": '<!doctype html>\n<noscript></xmp><!--</noscript><script src="evil.js"></script>-->\n',
            "c.html": "<!doctype html>\n<!-- <NoScript> --><script>run()</script>\n",
        },
        *(f"{name}.html:2: <noscript> in a page; ... [page-script]" for name in "abc"),
        "c.html:2: <script> in a page; ... [page-script]",
    ),
    document(
        "page_of_frames",
        {"a.html": '<!doctype html>\n<html>\n<frameset onload="run()">\n<frame src="/">\n</frameset></html>\n'},
        "a.html:3: <frameset> in a page; ... [page-script]",
        "a.html:3: the handler 'onload' of <frameset>; ... [page-script]",
        "a.html:4: <frame> in a page; ... [page-script]",
    ),
    document(
        "page_with_a_handler_of_its_body",
        {"a.html": "<!doctype html>\n<body onload='run()'>\n"},
        "a.html:2: the handler 'onload' of <body>; ... [page-script]",
    ),
    document(
        "elements_without_end",
        {
            "a.html": "<!doctype html>\n" + "<div>" * 200_000,
            "b.html": f"<!doctype html>\n<p>{''.join(f'<b id={n} <>' for n in range(6000))}</p>{'<p>x' * 6000}",
            "c.html": "<!doctype html>\n<!--" + "<meta charset=" * 100_000,
            "d.md": "# A page\n\n" + "<pre " * 40_000,
        },
        *(
            f"{name}.html:2: <{element}> and more without end, which ... [page-script]"
            for name, element in [("a", "div"), ("b", "b")]
        ),
    ),
    document(
        "xml_under_another_name",
        dict.fromkeys(["a.gml", "b.xlf"], f"<x>\n<script {IN_XHTML}>run()</script></x>\n"),
        *(f"{name}:2: <script> in a page; ... [page-script]" for name in ("a.gml", "b.xlf")),
    ),
    document(
        "xml_behind_empty_lines",
        {f"{lines}.gml": "\n" * lines + f"<x><script {IN_XHTML}>run()</script></x>\n" for lines in (200, 5000)},
        *(f"{lines}.gml:{lines + 1}: <script> in a page; ... [page-script]" for lines in (200, 5000)),
    ),
    document(
        "page_that_names_its_own_signs",
        {
            "a.html": "<!doctype html>\n<meta charset=iso-2022-jp>\n<p title='\x1b$B'>words</p>\n",
            "b.html": "<!doctype html>\n<p title='\x1b$B'>words</p>\n",
            "c.html": '<!doctype html>\n<meta charset="latin-1">\n<p>größer</p>\n',
            "d.html": '<?xml version="1.0" encoding="windows-1252"?>\n<p>größer</p>\n',
            "e.html": '<!doctype html>\n<title>\n<meta a"b charset=Big5></title>\n<p>größer</p>\n',
            "f.html": "<!doctype html>\n<!--><meta charset=big5>-->\n<p>größer</p>\n",
        },
        "a.html:2: says that it is in 'iso-2022-jp'; save it as UTF-8, and say so [file]",
        "b.html:2: may be taken for Japanese, for its escape sign; ... [file]",
        "c.html:2: says that it is in 'latin-1'; save it as UTF-8, and say so [file]",
        "d.html:1: says that it is in 'windows-1252'; save it as UTF-8, and say so [file]",
        "e.html:3: says that it is in 'big5'; save it as UTF-8, and say so [file]",
        "f.html:2: says that it is in 'big5'; save it as UTF-8, and say so [file]",
    ),
    document(
        "pages_by_other_endings",
        dict.fromkeys(["a.markdown", "a.mdown", "a.mkdn", "a.mkd", "B.MD"], "# A page\n"),
        "B.MD: would be no page, by its ending '.MD'; name it '.md' [file]",
        *(
            f"a{ending}: would become a page that nobody looks at, by its ending '{ending}'; name it '.md' [file]"
            for ending in (".markdown", ".mdown", ".mkdn", ".mkd")
        ),
    ),
    document(
        "pages_without_a_policy",
        dict.fromkeys(["a.htm", "b.HTML", "c.xhtml"], "<p>words</p>\n"),
        *(
            f"{name}: is a page with the ending '.{name[2:]}', which nobody looks into; ... [page-script]"
            for name in ("a.htm", "b.HTML", "c.xhtml")
        ),
    ),
]


def xml_in_wide_signs(project: Project) -> list[str]:
    (project.root / "docs/a.gml").write_text("\n<x/>\n", encoding="utf-16")
    return ["docs/a.gml:2: is no text: it holds a zero byte; ... [file]"]


def hidden_drawing_that_is_published_all_the_same(project: Project) -> list[str]:
    project.edit("mkdocs.yml", lambda text: f'{text}exclude_docs: "!.well-known/"\n')
    spoil = document(
        "hidden",
        {".well-known/a.svg": "<svg><script>run()</script></svg>\n"},
        ".well-known/a.svg:1: <script> in a page; ... [page-script]",
    )
    return spoil(project)


TOLD_AT_ONCE: list[Callable[[Project], list[str]]] = [
    deck_that_leads_out, folder_of_a_deck_that_leads_out, picture_that_leads_out, picture_that_leads_to_the_machine,
    folder_of_pictures_that_leads_out, theme_that_leads_out, inventory_that_leads_out, run_sheets_that_lead_out,
    settings_that_lead_out, page_that_leads_out, file_of_the_pages_that_leads_out, folder_of_pages_that_leads_out,
    pages_that_lead_out, page_that_leads_to_another_file_of_the_project, page_that_leads_to_itself,
    snippet_that_leads_out, pipe_for_a_deck, pipe_for_a_picture, pipe_for_a_theme, pipe_for_a_page,
    pipe_for_a_file_of_the_pages, pipe_for_the_inventory, pipe_for_the_run_sheets, pipe_for_the_settings,
    device_for_a_deck, folder_for_a_deck, deck_that_leads_to_itself, template_that_leads_to_itself,
    page_named_like_an_element, inventory_nested_too_deeply, file_that_leads_out_and_is_no_utf8,
    pipe_with_a_line_end_in_its_name, incident_whose_name_is_no_utf8,
    xml_in_wide_signs, hidden_drawing_that_is_published_all_the_same, *DOCUMENTS,
]  # fmt: skip
"""What is told before any tool is started; all of these are also tried as the rest are, most of them on demand."""


@pytest.mark.parametrize("spoil", TOLD_AT_ONCE, ids=lambda spoil: spoil.__name__)
def test_a_hostile_input_is_refused_before_anything_is_started(
    spoil: Callable[[Project], list[str]], tiny: Project
) -> None:
    expected = spoil(tiny)

    assert_told(expected, refusal_at_once(tiny))


EVERY_DAY = [
    deck_that_leads_out, pipe_for_a_deck, page_in_html_with_a_script, lists_nested_too_deeply_in_a_page,
]  # fmt: skip
ON_DEMAND = [
    theme_that_leads_to_itself, picture_beside_a_page_with_a_script, picture_beside_a_page_with_entities,
    deck_with_half_of_a_character_behind_code,
]  # fmt: skip


@pytest.mark.parametrize(
    "spoil",
    [*EVERY_DAY, *slow(ON_DEMAND), *slow(each for each in TOLD_AT_ONCE if each not in EVERY_DAY)],
    ids=lambda spoil: spoil.__name__,
)
def test_a_hostile_input_is_refused(spoil: Callable[[Project], list[str]], built: Project) -> None:
    expected = spoil(built)

    assert_told(expected, refusal(built))


def deck_of_eighty_thousand_paragraphs(project: Project) -> list[str]:
    words = "\n\n".join(f"Paragraph {number} of very many words that say nothing" for number in range(80_000))
    project.edit(DECK, lambda text: f"{text}\n{words}\n")
    return [f"{DECK}: Marp could not render this deck: ... [marp]"]


def page_of_brackets(project: Project) -> list[str]:
    (project.root / "docs/page.md").write_text(f"# A page\n\n{'[' * 20_000}\n", encoding="utf-8")
    return ["docs/page.md: keeps MkDocs busy without end; look for ... [mkdocs]"]


# Either takes minutes, or more: no machine is so fast that it would be done with it in the time that it is given here.
LONG_CODE = "```python\n" + "words = [1]\n" * 2_000_000 + "```"


@pytest.mark.parametrize("text", ["[" * 200_000, LONG_CODE], ids=["by itself", "in an extension"])
def test_a_page_that_keeps_mkdocs_busy_is_given_up(text: str, tiny: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "SECONDS", 1.0)
    monkeypatch.setattr(patience, "SECONDS_PER_SIGN", 0.0)
    (tiny.root / "docs/page.md").write_text(f"# A page\n\n{text}\n", encoding="utf-8")
    (tiny.root / "docs/index.md").unlink()  # nor so slow that this would be told

    with pytest.raises(BuildError) as caught:
        site.build(site.read_settings(tiny.root), tiny.root / "site")

    assert_told(page_of_brackets(tiny), [str(problem) for problem in caught.value.problems])
    assert (0.0, 0.0) == signal.getitimer(signal.ITIMER_REAL)


def test_the_clock_goes_on_after_another_within_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "SECONDS", 0.2)

    with pytest.raises(patience.Late), patience.within(""):
        with patience.within(""):
            pass
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 0.2
        while True:
            pass


def test_a_page_that_keeps_a_hook_busy_is_given_up(tiny: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "SECONDS", 1.0)
    (tiny.root / "hook.py").write_text(
        "def on_page_markdown(*_, **__):\n    while True:\n        pass\n", encoding="utf-8"
    )
    tiny.edit("mkdocs.yml", lambda text: text.replace("hooks:\n", "hooks:\n  - hook.py\n"))

    with patience.within(" " * 1_000_000), pytest.raises(BuildError) as caught:
        site.build(site.read_settings(tiny.root), tiny.root / "site")

    assert_told(["hook.py:2: keeps MkDocs busy without end; ... [mkdocs]"], list(map(str, caught.value.problems)))


def test_a_page_that_ends_nothing_is_not_read(tiny: Project) -> None:
    text = f"<p>{''.join(f'<b id={n}>' for n in range(6000))}</p>{'<p>x' * 6000}"
    (tiny.root / "docs/page.md").write_text(f"# A page\n\n{text}\n", encoding="utf-8")

    found = site.build(site.read_settings(tiny.root), tiny.root / "site")

    told = [str(problem) for problem in found if problem.path == "docs/page.md"]
    assert_told(["docs/page.md:3: <b> and more without end, which nobody could ... [page-script]"], told)


@pytest.mark.parametrize("text", ["[" * 200_000, "x\n" * 200_000], ids=["when it is made", "when it is read"])
def test_a_template_that_keeps_us_busy_is_given_up(text: str, tiny: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "SECONDS", 1.0)
    monkeypatch.setattr(patience, "SECONDS_PER_SIGN", 0.0)
    handout = "title: A sheet\ndescription: A sheet.\nhandout: { number: 1, paper: A4, for: everyone, when: Today }"
    paper = f'<div class="paper" markdown>\n\n## A sheet\n\n{text}\n\n</div>\n'
    (tiny.root / "docs/sheet.md").write_text(f"---\n{handout}\n---\n\n# A sheet\n\n{paper}", encoding="utf-8")

    found, told = templates.find(tiny.root / "docs", lambda uri: f"docs/{uri}")
    if found:
        with pytest.raises(BuildError) as caught:
            templates.prepare(found, "https://tiny.example/")
        told = caught.value.problems

    assert_told(["docs/sheet.md: keeps the build busy without end; ... [file]"], [str(problem) for problem in told])


def test_a_text_that_takes_too_long_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "SECONDS", 0.1)
    before = signal.getsignal(signal.SIGALRM)

    with pytest.raises(BuildError) as caught, patience.named("deck.md", ""):
        re.search(r"(a|aa)+$", "a" * 100 + "b")  # longer than anybody lives

    told = [str(problem) for problem in caught.value.problems]
    assert_told(["deck.md: keeps the build busy without end; ... [file]"], told)
    assert (before, (0.0, 0.0)) == (signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL))


@pytest.mark.slow
@pytest.mark.parametrize(
    "spoil", [deck_of_eighty_thousand_paragraphs, page_of_brackets], ids=lambda spoil: spoil.__name__
)
def test_a_hostile_input_that_takes_long_is_refused(spoil: Callable[[Project], list[str]], tiny: Project) -> None:
    expected = spoil(tiny)

    assert_told(expected, refusal(tiny))


# --- what is odd, and right ----------------------------------------------------------------------------------

RIGHT: dict[str, bytes] = {
    "comment.html": '<!-- was <meta charset="windows-1252"> -->\n<meta charset="utf-8">\n<p>größer'.encode(),
    "words.html": '<meta name="description" content="Why charset=latin1 hurts">\n<p>größer'.encode(),
    "ascii.html": b"<meta charset=gb2312>\n<p>words",
    "terminal.html": b"<meta charset=utf-8>\n<pre>\x1b[31mred</pre>",
    "ids.html": b"<meta charset=utf-8>\n<h2 id='a>b'>Words</h2>",
    "ids.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><path id='A-&gt;B' d='M0 0'/></svg>",
    "drawn.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><style>@namespace url(http://www.w3.org/2000/svg);"
    b"/* http://x.example */ a { fill: url(#g) }</style><set attributeName='x' to='1'/></svg>",
    "paths.xml": b"<x from='//title' to='//h1' values='//a;//b' background='//c'/>",
    "firmware.bin": b"\xff" * 5000,
    "latin.dat": "ä<b>".encode("latin-1"),
    "ids.md": b"# A page\n\n<p id='a&quot;b'>Words</p>\n\n<svg><g id='A-&gt;B'></g></svg>\n",
}


def test_what_only_looks_like_an_attack_is_let_be(tiny: Project) -> None:
    for name, content in RIGHT.items():
        (tiny.root / "docs" / name).write_bytes(content)

    assert [] == list(site.page_problems(site.read_settings(tiny.root)))
    assert [] == list(active.find(RIGHT["ids.md"].decode()))


ODD = '</title></style><script>run()</script>"><img src=x onerror=run()>'

ODD_DECK = f"""\
---
title: '{ODD}'
description: '{ODD}'
author: '{ODD}'
lang: en
header: 'A \\<script> & "quotes"'
---

# A \\<script>run()\\</script> & `{ODD}`

<!-- _slideKey: a-key -->
<!-- A note with <script>run()</script>, [a link](javascript:run()) and "quotes". -->

Words on a \\<T> and a <T>.

---

## Code

```html
{ODD}
<iframe src="https://other.example/"></iframe>
```

> > > > > > > > > > > > > > > > > > deep

<!-- </p></div><script>run()</script> -->
"""

ODD_PAGE = f"""\
---
title: '{ODD}'
description: 'It''s {ODD}'
author: !!set {{'{ODD}': null}}
robots: !!binary {b64encode(ODD.encode()).decode()}
---

# A `<script>run()</script>` & more

{"> " * 500}deep

## A heading with `<img src=x onerror=run()>`

```html
{ODD}
```

&lt;script>run()&lt;/script>
"""


def live(html: str) -> Iterator[str]:
    """What runs in a page, frames another or sends something, as far as the word `run` or another host betrays it."""
    for node in LexborHTMLParser(html).css("*"):
        for name, value in node.attributes.items():
            if name.startswith("on") or re.match(r"\s*(javascript|vbscript|data:text)", value or "", re.IGNORECASE):
                yield f"{name}={value}"
        if node.tag == "script" and re.search(r"^\W*run\(\)", node.text() or ""):
            yield node.text() or ""
        if node.tag in ("iframe", "object", "embed", "base", "form") and "run" in (node.html or ""):
            yield node.tag


def test_what_is_odd_is_published_as_words(tiny: Project) -> None:
    (tiny.root / DECK).write_text(ODD_DECK, encoding="utf-8")
    (tiny.root / "docs/page.md").write_text(ODD_PAGE, encoding="utf-8")
    (tiny.root / "docs/notes.html.md").write_text("# A page whose folder ends as a file does\n", encoding="utf-8")

    outcome = tiny.run()

    assert (0, "") == (outcome.code, outcome.err)
    pages = [path.read_text(encoding="utf-8") for path in (tiny.root / "dist/site").rglob("*.html") if path.is_file()]
    assert len(pages) > 5
    assert [] == [found for page in pages for found in live(page)]
    assert sum("run()" in page for page in pages) > 3


HEADINGS = {
    "A & B": ("A &amp; B", "A &amp; B"),
    "a < b": ("a &lt; b", "a &lt; b"),
    "`x<y>()`": ("x&lt;y&gt;()", "x&lt;y&gt;()"),
    "`</title><script>run()</script>`": ("&lt;/title&gt;&lt;script&gt;run()&lt;/script&gt;",) * 2,
    "A &lt;/title&gt;&lt;script>run()&lt;/script>": ("A &lt;/title&gt;&lt;script&gt;run()&lt;/script&gt;",) * 2,
    '<i title=" > <meta http-equiv=refresh content=0;run() <!--">Home</i> <!-- -->': (
        "&lt;meta http-equiv=refresh content=0;run()",
        '&lt;i title=" &gt; &lt;meta http-equiv=refresh content=0;run()',
    ),
    '<? <!-- ?><b title="--> > <scr<b>ipt>run()</scr<b>ipt>">Hello</b>': (
        'ipt&gt;run()ipt&gt;"&gt;Hello',
        '&lt;? &gt; &lt;script&gt;run()&lt;/script&gt;"&gt;Hello',
    ),
}
"""Titles of pages, and as what they are shown in HTML: as the page's, and among its headings."""


def test_titles_are_shown_as_words(tiny: Project) -> None:
    for number, heading in enumerate(HEADINGS):
        text = f"# {heading}\n\n## {heading}\n\n<textarea>\n\n## Words {{ id='\"><script>run()</script>' }}\n"
        (tiny.root / f"docs/page-{number}.md").write_text(text, encoding="utf-8")

    named = "f &lt;&sol;title&gt;&lt;script&gt;run()&lt;&sol;script&gt;"
    (tiny.root / f"docs/{named}.md").write_text("Words\n", encoding="utf-8")

    found = site.build(site.read_settings(tiny.root), tiny.root / "site")

    assert [] == [str(problem) for problem in found if problem.rule == "page-script"]
    assert [] == list(live((tiny.root / f"site/{named}/index.html").read_text(encoding="utf-8")))
    for number, (title, heading) in enumerate(HEADINGS.values()):
        html = (tiny.root / f"site/page-{number}/index.html").read_text(encoding="utf-8")
        tree = LexborHTMLParser(html)
        assert [] == [*live(html), *tree.css("meta[http-equiv=refresh]")]
        [first] = tree.css(".md-nav--primary .md-nav__link--active > .md-ellipsis")[:1]
        [second, *_] = tree.css(".md-nav--secondary .md-nav__link > .md-ellipsis")
        assert [unescape(title), unescape(heading)] == [" ".join(each.text().split()) for each in (first, second)]
        assert [f"{unescape(title)} - Tiny"] == [node.text() for node in tree.css("head > title")]


SHOWS_TITLE = """\
{% extends "main.html" %}
{% block content %}
{% if page.meta.ask %}<script src="https://ask.example/a.js"></script>{% endif %}
<script>here({{ page.url | tojson }}, {{ page.title | tojson }})</script>
{{ page.title HOW }}
{% endblock %}
"""
HOOK = """\
def on_post_page(output, page, config):
    return output.replace("</body>", f"<script>see('{page.title}')</script></body>")
"""


@pytest.mark.parametrize("how", ["", "| striptags"])
def test_no_template_makes_a_script_of_a_title(how: str, tiny: Project) -> None:
    (tiny.root / "overrides/shown.html").write_text(SHOWS_TITLE.replace("HOW", how), encoding="utf-8")
    (tiny.root / "hook.py").write_text(HOOK, encoding="utf-8")
    tiny.edit("mkdocs.yml", lambda text: text.replace("hooks:\n", "hooks:\n  - hook.py\n"))
    for number, (title, more) in enumerate([("A & B", ""), ("It's", "ask: 1\n"), ("`<script>x</script>`", "")]):
        text = f"---\ntemplate: shown.html\n{more}---\n\n# {title}\n"
        (tiny.root / f"docs/page-{number}.md").write_text(text, encoding="utf-8")

    found = site.build(site.read_settings(tiny.root), tiny.root / "site")

    told = ["docs/page-2.md: a title on it brings '<script>x</script>' into the page; ... [page-script]"] if how else []
    assert_told(told, [str(problem) for problem in found if problem.rule == "page-script"])


def test_a_snippet_from_above_the_project_is_not_published(built: Project) -> None:
    snippet_that_leads_out(built)
    (built.root / "words.txt").unlink()
    built.edit("docs/index.md", lambda text: text.replace("words.txt", "../words.txt"))

    line = (built.root / "docs/index.md").read_text(encoding="utf-8").count("\n")

    message = f"docs/index.md:{line}: no page can be made of it (SnippetMissingError: ... [mkdocs]"
    assert_told([message], refusal(built))
    assert SECRET not in (built.root / "dist/site/index.html").read_text(encoding="utf-8")


# --- how it is found out -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "html",
    [
        "<noscript><p title='</noscript><script>x</script>'></p></noscript>", "<body onload=x>",
        "<p onclick='x'>a</p>", "<ScRiPt>x</sCrIpT>", "<a href='java\tscript:x'>a</a>", "<a href=' JAVASCRIPT:x'>a</a>",
        "<button formaction='x'>a</button>", "<svg><script>x</script></svg>", "<img src=x onerror=x>", "<base href=x>",
        "<svg><set attributeName='href' to='javascript:x'/></svg>", "<x:script/>", "<object data=x></object>",
        "<noscript></xmp><!--</noscript><script>x</script>-->",
        "<meta http-equiv=refresh content=0>", "<embed src=x>", "<iframe srcdoc=x></iframe>", "<img/onerror=x/src=x>",
    ],
)  # fmt: skip
def test_what_runs_in_a_page_is_seen(html: str) -> None:
    assert 1 == len(list(active.find(f"<p>words</p>{html}")))


@pytest.mark.parametrize(
    "html",
    [
        "<code>&lt;script&gt;&lt;noscript&gt;</code>", "<p class='on' data-on='x'>onclick=x</p>",
        "<!-- <script>x</script> -->",
        "<a href='https://x.example/?q=javascript:x'>a</a>", "<img src='data:image/svg+xml;base64,AA'>",
        "<input type='checkbox' disabled>", "<video src='x.mp4'></video>", "<svg><path d='M0 0'/></svg>",
        "<a href='#javascript:x'>a</a>",
    ],
)  # fmt: skip
def test_what_only_shows_is_let_be(html: str) -> None:
    assert [] == list(active.find(html))


@pytest.mark.parametrize(
    "text",
    [
        '<?xml version="1.0" encoding="iso-8859-1"?><svg xmlns="http://www.w3.org/2000/svg"/>',
        '<svg xmlns="http://www.w3.org/2000/svg"><style>/* @import url(https://x.example/) */</style></svg>',
        '<r:RDF xmlns:r="urn:r"><r:object/><r:script r:action="x"/></r:RDF>',
        '<gpx xmlns="urn:gpx"><leg onward="1"/></gpx>',
    ],
)
def test_ordinary_xml_is_let_be(text: str, tiny: Project) -> None:
    (tiny.root / "docs/a.xml").write_text(text, encoding="utf-8")
    (tiny.root / "docs/.#index.md").symlink_to("somebody@somewhere:1")
    (tiny.root / "docs/._index.md").write_bytes(b"\0")

    assert [] == list(site.page_problems(site.read_settings(tiny.root)))


@pytest.mark.parametrize(
    "meta",
    [
        "scripts: assets", "scripts: [{a: b}]", "scripts: [assets/../a.js]", "scripts: [a/%2e/b.js]",
        "scripts: [decks/talk/notes.md]",
    ],
)  # fmt: skip
def test_no_script_but_the_projects_own_is_taken(meta: str, built: Project) -> None:
    for name in "aset":
        (built.root / "docs" / name).write_text("run()", encoding="utf-8")
    (built.root / "docs/page.md").write_text(f"---\n{meta}\n---\n\n# A page\n", encoding="utf-8")

    found = site.build(site.read_settings(built.root), built.root / "site")

    assert ["docs/page.md"] == [each.path for each in found if each.rule == "page-script"]


def test_a_pipe_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        monkeypatch.chdir(tmp_path)  # the path of a socket must be short
        bound.bind("socket")

        assert ["pipe", "socket"] == [problem.path for problem in place_problems(tmp_path)]
    for name in ("pipe", "/dev/zero"):
        with pytest.raises(BuildError, match="is a named pipe, a socket or a device"):
            read_text(tmp_path / name, name)


@pytest.mark.parametrize("command", ["build", "deck slides/talk/deck.md", "clean", "links", "test"])
def test_what_tools_fill_does_not_come_with_the_project(tiny: Project, command: str) -> None:
    (tiny.root / ".venv").unlink()
    for name in ("dist/cache/a", ".venv/bin/python", ".venv/pyvenv.cfg", "slides/dist/a", ".venvs/a", "Node_Modules/a"):
        (tiny.root / name).parent.mkdir(parents=True, exist_ok=True)
        (tiny.root / name).write_text("#!/bin/sh\ntouch run\n", encoding="utf-8")
    (tiny.root / ".venv/bin/python").chmod(0o755)
    git = ["git", "-C", str(tiny.root)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "--force", "slides", "dist", ".venv", ".venvs", "Node_Modules"], check=True)

    done = subprocess.run([sys.executable, "build.py", *command.split()], cwd=tiny.root, capture_output=True, text=True)

    said = ".venv and Node_Modules and dist are in the repository, and a build trusts what it finds there"
    assert (1, f"build.py: {said}; run 'git rm -r --cached .venv Node_Modules dist'\n") == (
        done.returncode,
        done.stderr,
    )
    assert not (tiny.root / "run").exists() and (tiny.root / "dist/cache/a").is_file()


def test_links_within_the_project_and_folders_of_tools_are_let_be(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "gone").symlink_to("nothing")
    (tmp_path / "node_modules").symlink_to("/etc")
    for name in (
        ".venv/python",
        ".tox/py/python",
        "env/bin/python",
        "env/pyvenv.cfg",
        "others/tree/.git",
        "others/tree/sh",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch() if "." in Path(name).name else (tmp_path / name).symlink_to("/bin/sh")

    assert [] == list(place_problems(tmp_path))


@pytest.mark.parametrize("mark", ["pyvenv.cfg", ".git"])
def test_what_is_read_for_itself_is_no_folder_of_tools(mark: str, tmp_path: Path) -> None:
    root, folder = tmp_path / "project", tmp_path / "project/slides/talk"
    folder.mkdir(parents=True)
    for place in (tmp_path, root, root / "slides", folder):
        (place / mark).touch()
    (folder / "deck.md").symlink_to("/etc/passwd")
    (root / "away").symlink_to(tmp_path)

    assert ["away", "slides/talk/deck.md"] == [problem.path for problem in place_problems(root)]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: 2026-02-31\n", 2, "'2026-02-31' is none"),
        ("a: &a [*a]\n", 1, "repeats its aliases"),
        ("a: 1\nb: !!python/name:os.system x\n", 2, "could not determine a constructor"),
        (f"a: {'[' * 5000}", 1, "nested too deeply"),
        (f"a: *{'x' * 9000}\n", 1, "found undefined alias"),
        ("a: 1\nb: 'é \x07 x'\n", 2, "holds a character that no YAML may (U+0007); take it out"),
        ('a: 1\nb: "\\U00110000"\n', 2, "is not valid YAML: chr() arg not in range"),
        ('a: 1\nb: "\\UFFFFFFFF"\n', 2, "is not valid YAML: "),
        (f"%YAML 1.{'1' * 5000}\n---\na: 1\n", 1, "is not valid YAML: "),
        ("a: 1\nb: !!bool maybe\n", 2, "'maybe' is none"),
        ("a: 1\nb: !!int ''\n", 2, "is not valid YAML: '' is none"),
        ("a: 1\nb: !!float ''\n", 2, "is not valid YAML: '' is none"),
        ("a: 1\nb: !!timestamp soon\n", 2, "'soon' is none"),
        (f"a: 1\nb: {'1:' * 200}0.0\n", 2, "is not valid YAML: "),
        (f"a: 1\nb: 0x{'f' * 5_000}\n", 2, "is too long for a number; correct it, or put it in quotes"),
        (f"a: 1\n{'1' * 301}: b\n", 2, "is too long for a number"),
        ('a: "b\u2028c"\nd: 2026-02-31\n', 2, "'2026-02-31' is none"),
        ("a: 'b\x85\u2029c'\rd: [\r", 3, "is not valid YAML: "),
        ('a: "b\u2028c"\nd: "\\uD83D"\n', 2, "holds half of a character"),
        (
            'a: "b"\nc: "C:\\bin"\n',
            2,
            "holds a character that nobody can see (U+0008); take it out, or write '\\\\' for a '\\'",
        ),
        ('a: "b\u2028c"\r\na: 1\r\n', 2, "'a' stands here twice"),
    ],
)
def test_yaml_that_cannot_be_read_is_named_shortly(text: str, line: int, words: str) -> None:
    with pytest.raises(BuildError) as raised:
        load_yaml(text, "data.yml")

    [problem] = raised.value.problems
    assert ("yaml", line) == (problem.rule, problem.line)
    assert words in problem.message
    assert len(problem.message) < 300


def test_a_long_number_is_read() -> None:
    assert [10**299, "9" * 400] == load_yaml(f"[1{'0' * 299}, '{'9' * 400}']", "data.yml")


def test_a_problem_can_be_printed_whatever_it_names() -> None:
    name = os.fsdecode(b"caf\xe9\n\xc3\xa9.md")
    problem = problems.Problem(name, 1, "file", "'\udce9\ud83d' \x1b[2J\n\u2028is \u200d wrong")

    assert r"caf\xe9\né.md:1: '\xe9\ud83d' \x1b[2J is " + "\u200d wrong [file]" == str(problem)


def test_aliases_that_somebody_meant_are_read() -> None:
    assert {"a": [1, 2], "b": [1, 2]} == load_yaml("a: &a [1, 2]\nb: *a\n", "data.yml")


def test_a_long_file_without_aliases_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problems, "_MOST_VALUES", 1_000)  # to read more than there may be takes seconds

    assert 1_200 == len(load_yaml("- 1\n" * 1_200, "data.yml"))
    with pytest.raises(BuildError):
        load_yaml(f"- &a [{'1, ' * 600}]\n- *a\n- *a\n", "data.yml")


def test_a_long_value_is_cut() -> None:
    assert "one two…" == cut("one\n two three", 9)
