"""What a page begins and never ends, and what only looks like it."""

from __future__ import annotations

import markdown
import pytest

from pipeline import site, tables, unclosed
from tests.conftest import Project, at_most

EXTENSIONS = ["admonition", "attr_list", "md_in_html", "pymdownx.highlight", "pymdownx.superfences", "tables"]


def found(text: str) -> list[tuple[int, str]]:
    """The line of each thing without an end, and what would end it."""
    html = markdown.markdown(text, extensions=EXTENSIONS)
    return [(line, message.split("'")[1]) for line, message in unclosed.find(html, text)]


@pytest.mark.parametrize(
    ("text", "line", "end"),
    [
        ("# A\n\n```js\nx()\n\n## B\n", 3, "```"),
        ("# A\n\ntext\n~~~~\nx()\n~~~\n\n## B\n", 4, "~~~~"),
        ("# A\n\n```\nx\n```\n\n- y\n\n    ```js\n    x\n\n## B\n", 9, "```"),
        ("# A\n\n> ```\n> x\n\n## B\n", 3, "```"),
        ("# A\n\n!!! note\n    ```js\n    x\n\n## B\n", 4, "```"),
        ("# A\n\n<!-- a -->\n\n<!-- b\n\n## B\n", 5, "-->"),
        ("# A\n\ntext <!-- b\n\n## B\n", 3, "-->"),
        ("# A\n\n<style>\nh1 { top: 0 }\n\n## B\n", 3, "</style>"),
        ("# A\n\n<pre>\nx\n\n## B\n", 3, "</pre>"),
        ("# A\n\n<DIV>\n\n## B\n", 3, "</div>"),
        ("# A\n\n<details><summary>x</summary>\n\n## B\n", 3, "</details>"),
        ("# A\n\n````\nx\n```\n\n## B\n", 3, "````"),
        ("# A\n\n```js\nx < y\n```\n\ntext\n```js\nx < y\n  ```\n\n## B\n", 8, "```"),
    ],
)
def test_what_has_no_end_is_named_where_it_begins(text: str, line: int, end: str) -> None:
    assert [(line, end)] == found(text)


@pytest.mark.parametrize(
    "text",
    [
        "<title> of", "<template> and", "<textarea> of", "<noscript> and", "<select> and", "<dialog> and", "<xmp> and",
        "<style/> and", "<details/> and", "<div/> and",
    ],
)  # fmt: skip
def test_what_would_take_the_rest_is_named(text: str) -> None:
    element = text[1:].partition(">")[0].rstrip("/")

    assert [(3, f"</{element}>")] == found(f"# A\n\nFill in the {text} fill it in.\n\nThe rest.\n")


@pytest.mark.parametrize(
    "words",
    [
        "<body>",
        "<option>",
        "<td>",
        "<rt>",
        "<service name>",
        "<time>",
        "<your-name>",
        "<Name/>",
        "<b>",
        "<x,y>",
        "<link>",
    ],
)
def test_words_that_are_taken_for_html_are_named_where_they_stand(words: str) -> None:
    text = f"# A\n\nWrite `{words}`.\n\n- It is {words}, and down.\n"

    [(line, message)] = unclosed.find(markdown.markdown(text, extensions=EXTENSIONS), text)

    start = f"'{words}' is taken for HTML, so that nobody sees it; write '&lt;' for its '<', or "
    assert (5, True) == (line, message.startswith(start))


@pytest.mark.parametrize(
    "text",
    [
        "# A\n\n```html\n<div>\n<!-- x\n```\n\nWrite `<div>`, `<!--` and ```` ``` ````.\n\n    ```\n    indented\n",
        "# A\n\n````markdown\n```js\n````\n\n~~~\n```\n~~~\n\n- ```js\n  x\n  ```\n",
        "# A\n\nWrite ``` to begin code, \\<!-- or &lt;!-- to begin a comment.\n",
        "# A\n\n<div title='<div>'>\n<p>x\n<p>y\n</div>\n\n<ul><li>a<li>b</ul>\n\n<table><tr><td>x</table>\n",
        "# A\n\n<section><b>x</b></p></section>\n\n<p>y</p>\n\n</section>\n",
        "# A\n\nA comment begins with &lt;!--.\n\n```html\n<!-- begins\n```\n",
        "# A\n\n<pre><code>&lt;div&gt;\n```\n&lt;!--\n</code></pre>\n",
        "# A\n\nOn<br>two<wbr>lines, <kbd>Ctrl</kbd>, <x-y>z</x-y>, <https://a.example> and <a@b.example>.\n\n<hr>\n",
        "# A\n\n<svg><title>x</title><svg><g/></svg><path/></svg> and <math><mi>x</mi><mspace/></math> and <svg/>\n",
        "```SELECT a,\nb\nFROM c``` is one.\n\n~~~\n```\nx\n~~~\n\n`a\nb`\n",
        "# A {#b .c d=e}\n\n[f](g){ download }\n\n<details open markdown>\n{h} i \\{j}\n\n## K \\{l}\n</details>\n",
    ],
    ids=[
        "shown by code",
        "fences within fences",
        "shown by words",
        "ends left out",
        "an end too many of what the theme has not",
        "words and code",
        "shown by HTML",
        "inline elements",
        "drawings and formulas",
        "code of several rows among words",
        "attributes",
    ],
)
def test_what_ends_or_only_shows_signs_is_passed_over(text: str) -> None:
    assert [] == found(text)


MATTER = "---\na: { number: 1 }\nb: {number}\n---\n\n"
PLACE = "Words {like these} and {number} in between.\n"


@pytest.mark.parametrize(
    ("text", "line", "braces"),
    [
        (f"# A\n\n{PLACE}\n## Incident {{number}}\n", 5, "{number}"),
        (f"{MATTER}{PLACE}\n## Incident {{number}}\n", 8, "{number}"),
        (f"# A\n\n{PLACE}\nCall\n{{: Phone! }}\n", 6, "{: Phone! }"),
        (f"# A\n\n{PLACE}\n| a | b |\n|---|---|\n| Dear {{first name}} | x |\n", 7, "{first name}"),
        ("# A\n\nWrite `{word}`.\n\n**bold**{.c word}\n", 5, "{.c word}"),
    ],
)
def test_words_that_are_taken_for_attributes_are_named(text: str, line: int, braces: str) -> None:
    html = markdown.markdown(text.removeprefix(MATTER), extensions=EXTENSIONS)
    what = f"'{braces}' is taken for attributes, so that nobody sees it; write '\\{{' for its '{{'"

    assert [(line, what)] == list(unclosed.find(html, text))


@pytest.mark.parametrize(
    ("text", "line", "end"),
    [
        ("# A\n\n<div markdown>\n\n## B\n\n<!-- a -->\n\n</div>\n\n</div>\n\nC\n", 11, "div"),
        ("# A\n\n</ARTICLE>\n\n<article>\nB\n</article>\n", 3, "article"),
        ("# A\n\n`</div>`\n\n</div>\n\n<div>\nB\n</div>\n", 5, "div"),
    ],
)
def test_an_end_too_many_of_what_a_page_stands_in_is_named(text: str, line: int, end: str) -> None:
    html = markdown.markdown(text, extensions=EXTENSIONS)
    what = f"</{end}> ends what the page has not begun, so that the rest of it falls out of its place; take it out"

    assert [(line, what)] == list(unclosed.find(html, text))


def test_what_a_page_takes_in_has_no_line() -> None:
    [(line, message)] = unclosed.find("<div>a</div>\n<pre>\nb", "<div>a</div>\n\n--8<-- 'b.html'\n")

    assert (0, "<pre> has no end, so that the rest of the page is in it; write '</pre>' where it ends") == (
        line,
        message,
    )


def test_the_first_words_of_a_page_are_looked_at() -> None:
    assert [(1, "<b>")] == found("<b> is it.\n")


def test_a_code_sample_is_not_where_it_begins() -> None:
    assert [(3, "</div>")] == found("# A\n\n<div>\n\nWrite this:\n\n```html\n<div>\n```\n")


def test_what_belongs_in_another_element_is_let_be_there() -> None:
    text = "<table><tr><td>a<td>b</table>\n\n<ruby>c<rt>d</ruby> <datalist><option>e</datalist>\n"

    assert [] == list(unclosed.find(text, text))


def test_words_that_become_an_address_are_named() -> None:
    text = (
        "---\ntitle: A\n---\n[10:42]: paged\n[10:44]: acknowledged (by hand)\n\n    [10:45]: code\n\n`[10:46]: code`\n"
    )

    assert [(4, "[10:42]: paged"), (5, "[10:44]: acknowledged (by hand)")] == found(text)
    assert [] == found("[a]: word\n[b]: c.png\n[d]: <e>\n[//]: # (f)\n\nSee [A] and [g][h].\n\n[H]: word\n")
    assert [] == found("<pre>\n[10:42]: paged\n</pre>\n\n<div>\n[Ann]:   Yes\n</div>\n")


def test_words_that_become_an_address_are_named_wherever_they_stand() -> None:
    text = "- one\n\n    [10:42]: paged\n\n> [10:43]: seen\n\n!!! note\n\n    [10:44]: mended\n\n- [10:45]: told\n"

    assert [(3, "[10:42]: paged"), (5, "[10:43]: seen"), (9, "[10:44]: mended"), (11, "[10:45]: told")] == found(text)


def test_words_that_become_an_abbreviation_are_named() -> None:
    text = "*[10:42]: paged on-call\n\n- *[Ann]: asleep\n\n*[SLO]: Objective\n*[2FA]: Two factors\n\n"
    text += "A paragraph\n\n    *[10:43]: code\n"
    html = markdown.markdown(text, extensions=[*EXTENSIONS, "abbr"])

    assert [(1, "*[10:42]: paged on-call"), (3, "*[Ann]: asleep")] == [
        (line, message.split("'")[1]) for line, message in unclosed.find(html, text)
    ]


@pytest.mark.parametrize("words", ["<![CDATA[ lost ]]>", "<?php echo lost ?>"])
def test_what_a_browser_takes_for_an_instruction_is_named(words: str) -> None:
    text = f"# A\n\n{words} and more.\n\n`{words}`\n"

    [(line, message)] = unclosed.find(markdown.markdown(text, extensions=EXTENSIONS), text)

    assert (3, True) == (line, "is taken for HTML, so that nobody sees it" in message)


def test_a_table_in_a_list_loses_no_cell_without_a_word() -> None:
    table = "    | Time | Message |\n    |---|---|\n    | 01:36 | grep | sort |\n"
    shown_as_it_is = "    | 1\t| `2` | 3 |\n    | 1 | &lt; | 3 |\n"
    raw = f"<pre>\n{table}    | 1 | &lt; | 3 |\n</pre>\n"
    assert [] == list(tables.lost_set_in(raw, raw))
    listed, code = f"# A\n\n1. Look:\n\n{table}", f"# A\n\nLook:\n\n{table}{shown_as_it_is}"

    [(line, message)] = tables.lost_set_in(markdown.markdown(listed, extensions=EXTENSIONS), listed)

    assert (7, True) == (line, message.startswith("the table's head has no column for 'sort', "))
    assert [] == list(tables.lost_set_in(markdown.markdown(code, extensions=EXTENSIONS), code))


def test_long_rows_of_spaces_take_no_time() -> None:
    spaces = " " * 30_000
    with at_most(2):
        list(unclosed.find("<p>", f"[a]:{spaces}1\n\n[b]:\n{spaces}1\n"))
        list(tables.lost([f"a{spaces}x", f"> {spaces}x", f"-{spaces}x"]))


def test_what_only_the_finished_page_tells_is_named_with_its_line(tiny: Project) -> None:
    page = "---\ntitle: A\n---\n1. Look:\n\n    | Time |\n    |---|\n    | 01:36 | lost |\n\n"
    page += "[10:42]: paged\n\nBring:\n- ink\n"
    (tiny.root / "docs/page.md").write_text(page, encoding="utf-8")

    found = site.build(site.read_settings(tiny.root), tiny.root / "site")

    assert [(8, "cell-lost"), (10, "block-open"), (13, "markdown-left")] == sorted(
        (problem.line, problem.rule) for problem in found if problem.path == "docs/page.md"
    )


def test_what_shows_its_signs_on_a_run_sheet_is_named_where_it_is_written(tiny: Project) -> None:
    step = "See [the agenda] (agenda.md), and Ann's [way to begin][begin]"
    (tiny.root / "data/sessions.yml").write_text(f'- minutes: 2\n  what: "{step}"\n', encoding="utf-8")
    staged = tiny.root / "dist/stage/docs/facilitate/run-sheets.md"
    staged.parent.mkdir(parents=True)
    staged.write_text(f"# Run sheets\n\n1. {step}\n", encoding="utf-8")

    found = site.build(site.read_settings(tiny.root), tiny.root / "site")

    assert [("data/sessions.yml", 2), ("data/sessions.yml", 2)] == [
        (problem.path, problem.line) for problem in found if problem.rule == "markdown-left"
    ]
