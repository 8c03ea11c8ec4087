"""Templates: one page is a page, a Markdown file, a Word file and a PDF, and all of them hold the same."""

from __future__ import annotations

import io
import re
from pathlib import Path
from zipfile import ZipFile

import docx
import pikepdf
import pypdfium2
import pytest
from docx.document import Document
from docx.oxml.ns import qn
from markdown_it import MarkdownIt
from playwright.sync_api import Browser
from selectolax.lexbor import LexborHTMLParser

from pipeline import links, pdf, templates, word
from pipeline.browser import Reader
from pipeline.problems import BuildError
from pipeline.templates import Imprint, Template
from tests.conftest import ROOT, Project, told
from tests.test_policy import directives

BASE = "https://workshop.example/kit/"
PAGE = """---
title: A sheet & more
description: To try it out.
handout:
  number: 5
  paper: A4
  for: everyone
  when: Before the review
---

# A sheet & more

What it is for.

<div class="paper" markdown>

## Sheet: INC, what happened

See the [guide](../learn/guide.md#part) and [all of them](index.md).

### What was seen

In a few words.
{ .hint .lines-2 }

- ☐ Said aloud
- ☐ Written down

| UTC { .w-20 } | What { .w-80 } |
|---|---|
| | Impact begins |
| 01:30 | A mail \\| a call |

<div class="cards" markdown>

### One

First.

### Two

Second.

</div>

### Behind { .new-page }

On the back.
{ .large }

### How to use it { .use }

Ten minutes.

</div>

## On the page only

Guidance.
"""


def read(text: str = PAGE) -> Template:
    template = templates.read(text, uri="templates/sheet.md", source="docs/templates/sheet.md")
    assert template
    return template


def named(text: str) -> list[str]:
    with pytest.raises(BuildError) as caught:
        read(text)
    return [told(problem) for problem in caught.value.problems]


# --- how a page is read -------------------------------------------------------------------------------------


def test_a_page_says_what_the_template_is() -> None:
    template = read()

    assert (5, "A4", False, "Before the review") == (
        template.number, template.size, template.is_for_facilitators, template.when,
    )  # fmt: skip
    assert ("templates/sheet/", "sheet", 17) == (template.folder, template.name, template.line)
    assert template.paper.startswith("## Sheet: INC") and template.paper.endswith("Ten minutes.\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# A page\n",
        "---\ntitle: A page\n---\n\n# A page\n",
        "handout:\n  number: 1\n",
        '---\ntitle: "A page\n\nhandout: none"\n---\n\n# A page\n',
    ],
)
def test_any_other_page_is_no_template(text: str) -> None:
    assert templates.read(text, uri="page.md", source="docs/page.md") is None


OPENS = '<div class="paper" markdown>'
HANDOUT = "handout:\n  number: 5"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  number: 5\n", "", "4: handout needs number, paper, for, when, and nothing else; see CONTRIBUTING.md"),
        (
            "  number: 5\n",
            "  number: 5\n  size: A4\n",
            "4: handout needs number, paper, for, when, and nothing else, not 'size'",
        ),
        ("  number: 5", "  number: five", "4: handout.number is 'five'; write a number from 1 to 999"),
        ("  number: 5", "  number: 0", "4: handout.number is '0'; write a number"),
        (HANDOUT, "handouts: 1\nhandout: 5\nmore:\n  number: 5", "5: handout needs number, paper, for, when"),
        (HANDOUT, '"handout":\n  number: 0', "4: handout.number is '0'; write a number"),
        (f"To try it out.\n{HANDOUT}", '"A\u2028b"\nhandout:\n  number: 0', "4: handout.number is '0'; write a number"),
        ("  number: 5", "  number: true", "4: handout.number is 'True'; write a number"),
        ("paper: A4", "paper: A3", "4: handout.paper is 'A3'; write one of: A4, A4 landscape, A5"),
        ("for: everyone", "for: nobody", "4: handout.for is 'nobody'; write one of: everyone, facilitators"),
        ("for: everyone", "for: [everyone]", "4: handout.for is "),
        ("when: Before the review", "when:", "4: handout.when says nothing"),
        ("when: Before the review", 'when: "a\\nb"', "4: handout.when says nothing, or more than a line"),
        ("description: To try it out.\n", "", "3: a template needs a description in its front matter; add it"),
        ("title: A sheet & more\n", "title:\n", "4: a template needs a title"),
        (OPENS, "<div markdown>", "a template has one '<div class=\"paper\" markdown>' on a line of its own"),
        ("# A sheet & more", OPENS, "15: a template has one"),
        ("Ten minutes.\n\n</div>\n", "Ten minutes.\n", "15: the paper has no end; close it with '</div>'"),
        ("## Sheet: INC, what happened", "Words first.", "15: a paper begins with its title ('## ')"),
        ("### Behind", "## Behind", "15: a paper begins with its title"),
        ("  for: everyone", "  for: everyone: x", "7: "),
        (
            "In a few words.",
            "In a few words.\n{ .lines-99999999999999999999 }",
            "24: .lines-99999999999999999999 is more",
        ),
        ("{ .hint .lines-2 }", '{: class="lines-999999999" }', "24: .lines-999999999 is more"),
        ("{ .hint .lines-2 }", "{ .a class=lines\\-61 }", "24: .lines-61 is more"),
        ("In a few words.", "![a chart](a.png)", "23: a paper holds no pictures"),
        ("In a few words.", "<img src='a.png' alt=''>", "23: a paper holds no pictures"),
        ("In a few words.", "In a few words[^1].", "23: a paper holds no footnotes, lists of definitions"),
        ("In a few words.", "A word\n:   Said.", "24: a paper holds no footnotes, lists of definitions"),
        ("In a few words.", '--8<-- "a.md"', "23: a paper holds no footnotes, lists of definitions"),
        ("In a few words.", '=== "One"', "23: a paper holds no footnotes, lists of definitions"),
        ("In a few words.", "*[INC]: Incident", "23: a paper holds no footnotes, lists of definitions"),
        ("To try it out.", "To try it out. " * 20, "4: the description has 299 characters, and a Word file takes 255"),
        ("To try it out.", '"To try\\ufffe it out."', "4: the description holds a character that no Word file may"),
        ("In a few words.", "In a few -- words.", "23: what becomes a comment in the Markdown holds '--'"),
        ("Ten minutes.", "Ten -- minutes.", "53: what becomes a comment in the Markdown holds '--'"),
    ],
)
def test_what_is_wrong_with_a_template_is_named_with_its_line(old: str, new: str, message: str) -> None:
    assert old in PAGE
    [problem] = named(PAGE.replace(old, new, 1))

    assert problem.startswith("docs/templates/sheet.md:")
    assert message in problem


@pytest.mark.parametrize("name", ["index.md", "README.md"])
def test_a_template_is_no_index_of_its_folder(name: str) -> None:
    with pytest.raises(BuildError) as caught:
        templates.read(PAGE, uri=f"kit/{name}", source=f"docs/kit/{name}")

    [problem] = caught.value.problems
    assert told(problem) == (
        f"docs/kit/{name}:4: a template has a folder for its files, and '{name}' has none; name it otherwise"
    )


def test_words_that_name_many_lines_are_let_be() -> None:
    words = "See [lines-99](../log.md#lines-99), `class=lines-99` and data-lines-99.\n{ .lines-60 }"

    assert words in read(PAGE.replace("In a few words.\n{ .hint .lines-2 }", words)).paper


def test_a_number_that_two_templates_have_is_named_with_both() -> None:
    one, two = read(), templates.read(PAGE, uri="templates/b.md", source="docs/templates/b.md")
    assert two

    assert [
        "docs/templates/b.md:17: handout.number is 5, as in docs/templates/sheet.md; give it a number of its own"
    ] == [told(problem) for problem in templates.repeated([one, two])]


def test_generated_templates_share_a_number_but_not_with_a_written_one() -> None:
    both = [
        templates.read(PAGE, uri=f"practice/{name}.md", source=f"data/{name}.yml", is_generated=True) for name in "ab"
    ]
    made = [template for template in both if template]

    assert 2 == len(made)
    assert [] == list(templates.repeated(made))
    assert ["data/a.yml", "data/b.yml"] == [problem.path for problem in templates.repeated([*made, read()])]


def test_the_build_refuses_a_template_that_is_wrong(tiny: Project) -> None:
    (tiny.root / "docs" / "sheet.md").write_text(PAGE.replace("paper: A4", "paper: A3"), encoding="utf-8")
    outcome = tiny.run()

    assert (1, "") == (outcome.code, outcome.out)
    assert "docs/sheet.md:4: handout.paper is 'A3'; write one of: A4, A4 landscape, A5 [template]" in outcome.err
    assert not (tiny.root / "dist" / "site").exists()


# --- as Markdown --------------------------------------------------------------------------------------------


def test_the_markdown_is_plain() -> None:
    text = templates.as_markdown(read(), BASE)

    assert text == (
        "# Sheet: INC, what happened\n\n"
        f"See the [guide]({BASE}learn/guide/#part) and [all of them]({BASE}templates/).\n\n"
        "## What was seen\n\n<!-- In a few words. -->\n\n- [ ] Said aloud\n- [ ] Written down\n\n"
        "| UTC   | What             |\n| ----- | ---------------- |\n"
        "|       | Impact begins    |\n| 01:30 | A mail \\| a call |\n\n"
        "## One\n\nFirst.\n\n## Two\n\nSecond.\n\n## Behind\n\nOn the back.\n\n"
        "<!-- How to use it\n\nTen minutes.\n-->\n"
    )


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("[one][p]\n\n[p]: ../one.md#x", f"[one]({BASE}one/#x)"),
        ("[one] [].\n", "[one] []."),
        ("[One][], [p] and \\[p]\n\n[one]: index.md 'Home'\n[P]: <../a b.md>", f"[One]({BASE}templates/ 'Home'), "),
        ("[p] and `[p]`\n\n[p]: <../a b.md>", f"[p]({BASE}a%20b/) and `[p]`"),
        ("[two](<../a b.md>)", f"[two]({BASE}a%20b/)"),
        ("`[a](b.md)` is a link", "`[a](b.md)` is a link"),
        ('<a class="x" href="../one/">one</a>', f'<a class="x" href="{BASE}templates/one/">one</a>'),
        ('<a href="//[x">one</a>', '<a href="//[x">one</a>'),
        ("In a word.\n{: .hint }", "<!-- In a word. -->"),
        ("In a word.\n{.hint}", "<!-- In a word. -->"),
        ("In a word.\n{ lang=de }", "In a word.\n\n"),
    ],
)
def test_links_and_hints_are_plain_however_they_are_written(written: str, plain: str) -> None:
    page = PAGE.replace("On the back.\n{ .large }", written)

    assert f"## Behind\n\n{plain}" in templates.as_markdown(read(page), BASE)


def test_a_link_is_followed_whose_address_stands_outside_of_the_paper() -> None:
    template = read(PAGE.replace("On the back.", "[On][p] the back.") + "\n[p]: ../one.md\n")

    assert f"[On]({BASE}one/) the back." in templates.as_markdown(template, BASE)
    assert f'<a href="{BASE}one/">On</a>' in templates.as_html(template, BASE)


@pytest.mark.parametrize(
    ("table", "plain"),
    [
        ("| Name | Value |\n|---|---|\n| Host ||", ["| Name | Value |", "| ---- | ----- |", "| Host |       |"]),
        ("| Name | Value |\n|---|---|\n| Host |", ["| Name | Value |", "| ---- | ----- |", "| Host |       |"]),
        ("| A | B |\n|---|---|\n| `x|y` | z |", ["| A     | B   |", "| ----- | --- |", "| `x|y` | z   |"]),
        (
            "| A { .w-9 } | B |\n|---|---|\n| `x{y=1}` |",
            ["| A        | B   |", "| -------- | --- |", "| `x{y=1}` |     |"],
        ),
    ],
)
def test_a_table_keeps_its_columns(table: str, plain: list[str]) -> None:
    page = PAGE.replace("### Behind", f"{table}\n\n### Behind")
    made = templates.as_markdown(read(page), BASE)

    assert "\n".join(plain) in made


@pytest.mark.parametrize("old", [("\n---\n\n#", "\n...\n\n#"), ("handout:", '"handout":')], ids=["dots", "quotes"])
def test_a_template_may_be_written_as_yaml_allows(old: tuple[str, str]) -> None:
    assert old[0] in PAGE

    assert read() == read(PAGE.replace(*old, 1))


def test_a_wide_table_is_not_drawn_out() -> None:
    wide = PAGE.replace("Impact begins", "Impact begins " * 12)

    assert "\n| 01:30 | A mail \\| a call |\n" in templates.as_markdown(read(wide), BASE)


CODE = """Run this:

```sh
## Title of nothing, [here](x.md)

  two  spaces
| a|b |
</div>
```

!!! warning "Mind the gap"

    See the [guide](../learn/guide.md).

    ```
    ## In a box
    ```

??? tip

    It opens.
"""


def with_code() -> Template:
    return read(PAGE.replace("On the back.\n{ .large }\n", CODE).replace("First.", "!!! note\n    Small.\n\nFirst."))


def test_code_is_the_same_in_the_markdown_and_boxes_are_quotations() -> None:
    text = templates.as_markdown(with_code(), BASE)

    assert CODE.partition("\n\n!!!")[0] in text
    assert (
        f"> **Mind the gap**\n>\n> See the [guide]({BASE}learn/guide/).\n>\n> ```\n> ## In a box\n> ```\n\n"
        "> **Tip**\n>\n> It opens.\n\n<!-- How"
    ) in text
    assert "## One\n\n> **Note**\n>\n> Small.\n\nFirst.\n\n## Two" in text


def test_a_card_holds_what_stands_after_a_box_in_it() -> None:
    cards = LexborHTMLParser(templates.document(with_code(), IMPRINT)).css(".cards section")

    assert [["One", "Note", "Small.", "First."], ["Two", "Second."]] == [card.text().split() for card in cards]


def test_a_card_on_the_page_holds_what_a_box_in_it_ends_with() -> None:
    box = '<div class="admonition"><p>Small.</p></div>'
    html = templates.with_parts(f'<div class="cards"><h3>One</h3>{box}<p>First.</p><h3>Two</h3></div><p>After.</p>')

    cards = f"<section><h3>One</h3>{box}<p>First.</p></section><section><h3>Two</h3></section>"
    assert f"<div class='cards'>{cards}</div><p>After.</p>" == html


# --- on the page --------------------------------------------------------------------------------------------


def test_the_page_leads_to_the_files_and_shows_the_markdown() -> None:
    template = read()
    _, _, markdown = PAGE.partition("---\n\n")
    page = templates.page(markdown, template, BASE)
    above, _, _ = page.partition(OPENS)

    assert ["sheet.pdf", "sheet.docx", "sheet.md"] == re.findall(r'href="(sheet\.\w+)"', above)
    assert '??? copy "Copy it as Markdown"\n\n    ``` { .markdown data-search-exclude }\n    # Sheet: INC' in above
    assert page.replace(above, "") in markdown


def test_the_files_stand_above_the_paper_wherever_the_page_speaks_of_it() -> None:
    words = f"Write `{OPENS}` around it, on a line of its own.\n\n"
    _, _, markdown = PAGE.replace("What it is for.", words).partition("---\n\n")

    above, _, paper = templates.page(markdown, read(), BASE).partition('<p class="formats"')

    assert words in above
    assert f"\n\n{OPENS}\n\n## Sheet" in paper


# --- the real files of the kit ------------------------------------------------------------------------------


def all_templates(site: Path) -> list[Path]:
    """The folders of all templates, by the table on their page."""
    table = LexborHTMLParser((site / "templates/index.html").read_text(encoding="utf-8")).css(
        ".formats__table td:nth-child(2) a"
    )
    hrefs = [link.attributes["href"] or "" for link in table]
    return [(site / "templates" / href).resolve() for href in hrefs]


@pytest.fixture(scope="module")
def folders(site: Path) -> list[Path]:
    return all_templates(site)


def files(folder: Path) -> dict[str, Path]:
    return {ending: folder / f"{folder.name}{ending}" for ending in templates.FORMATS}


def test_all_are_there_in_every_format(folders: list[Path], site: Path) -> None:
    page = LexborHTMLParser((site / "templates/index.html").read_text(encoding="utf-8"))
    numbers = [row.css_first("td") for row in page.css(".formats__table table tbody tr")]

    assert [f"T{number}" for number in range(1, 22)] == [cell.text() for cell in numbers if cell]
    assert 21 == len(folders)
    for folder in folders:
        assert (folder / "index.html").is_file()
        assert [] == [path for path in files(folder).values() if not path.is_file()]


def test_the_files_that_spoil_the_practice_are_linked_to_from_their_own_page_only(
    folders: list[Path], site: Path
) -> None:
    [hidden] = [folder for folder in folders if "answer-key" in folder.parts]
    named = [
        path for path in site.rglob("*.html")
        if any(f"example{ending}" in path.read_text(encoding="utf-8") for ending in templates.FORMATS)
    ]  # fmt: skip

    assert [hidden / "index.html"] == named


def headings(folder: Path) -> list[tuple[int, str]]:
    """Level and words of each heading of the Markdown file."""
    tokens = MarkdownIt("commonmark").enable("table").parse(files(folder)[".md"].read_text(encoding="utf-8"))
    found = []
    for number, token in enumerate(tokens):
        if token.type == "heading_open":
            words = "".join(child.content for child in tokens[number + 1].children or ())
            found.append((int(token.tag[1]), " ".join(words.split())))
    return found


def test_word_files_have_the_headings_tables_and_language_of_the_page(folders: list[Path]) -> None:
    for folder in folders:
        document = docx.Document(str(files(folder)[".docx"]))
        found = [
            (int(line.style.name.removeprefix("Heading ")), " ".join(line.text.split()))
            for line in document.paragraphs
            if line.style and line.style.name.startswith("Heading ")
        ]
        tokens = MarkdownIt("commonmark").enable("table").parse(files(folder)[".md"].read_text(encoding="utf-8"))

        assert [*headings(folder), (2, "How to use it")] == found, folder.name
        assert sum(token.type == "table_open" for token in tokens) == len(document.tables), folder.name
        assert "en-AU" == language(document) == document.core_properties.language
        assert document.core_properties.title
        assert "" == document.core_properties.author


def language(document: Document) -> str:
    [found] = document.styles.element.iter(qn("w:lang"))
    return str(found.get(qn("w:val")))


def test_tables_in_word_files_fill_the_page_and_repeat_their_head(folders: list[Path]) -> None:
    for folder in folders:
        document = docx.Document(str(files(folder)[".docx"]))
        [section] = document.sections
        width = (section.page_width or 0) - (section.left_margin or 0) - (section.right_margin or 0)
        for table in document.tables:
            columns = sum(column.width or 0 for column in table.columns)
            assert columns == pytest.approx(width, rel=0.02), folder.name
            assert table.rows[0]._tr.trPr is not None
            assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None


def test_pdfs_are_tagged_with_title_language_and_headings(folders: list[Path]) -> None:
    for folder in folders:
        path = files(folder)[".pdf"]
        with pikepdf.open(path) as document:
            tags = {str(each.get("/S")) for each in document.objects if isinstance(each, pikepdf.Dictionary)}
            assert "en-AU" == str(document.Root.Lang)
            assert str(document.docinfo["/Title"])
            assert {"/H1", "/H2"} <= tags, folder.name
        assert [] == [fault for fault in pdf.faults(path.read_bytes()) if fault.message], folder.name


INCH = 72.0
MM = INCH / 25.4


def ink(page: pypdfium2.PdfPage) -> tuple[float, float, float, float]:
    """What is printed of a page: (left, bottom, right, top) in points."""
    boxes = [each.get_bounds() for each in page.get_objects(max_depth=9)]
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)


def test_nothing_is_cut_off_on_letter(folders: list[Path]) -> None:
    """Letter is 17.6 mm shorter than A4: whichever edge a printer begins at, what is printed stays 4 mm off an edge."""
    for folder in folders:
        for page in pypdfium2.PdfDocument(files(folder)[".pdf"]):
            width, height = page.get_size()
            left, bottom, right, top = ink(page)
            lost = (297 - 279.4) * MM
            across, upright = (lost, 0.0) if width > height else (0.0, lost)
            if width * height < 150 * 211 * MM * MM:  # A5
                across = upright = 0.0
            assert min(left, width - right) >= across + 4 * MM, folder.name
            assert min(bottom, height - top) >= upright + 4 * MM, folder.name


PAGES = {"post-mortem": 2, "major-incident": 2, "survey": 2, "cue-card": 2, "phrases": 2, "role-cards": 2, "wall": 4}
"""How many pages a template takes at the most; the others take one."""


def test_a_template_fits_its_paper(folders: list[Path]) -> None:
    counts = {folder.name: len(pdf.texts(files(folder)[".pdf"].read_bytes())) for folder in folders}
    generated = {"critique": 2, "example": 4}

    assert {} == {name: count for name, count in counts.items() if count > {**PAGES, **generated}.get(name, 1)}


# --- how files are made -------------------------------------------------------------------------------------

IMPRINT = Imprint(BASE, "en-AU", 1_700_000_000)


def test_what_would_run_in_print_is_named_though_it_is_code_to_the_site() -> None:
    template = read(PAGE.replace("In a few words.", '!!! note\n\n    <p onclick="x">Words</p>\n\nWords.'))

    with pytest.raises(BuildError) as caught:
        templates.prepare([template], BASE)

    [problem] = caught.value.problems
    assert (25, "page-script") == (problem.line, problem.rule)
    assert problem.message.startswith("the handler 'onclick' of <p>;")


def test_a_document_to_print_runs_nothing() -> None:
    allowed = directives(templates.document(read(PAGE.replace("See the", "<script>run()</script> See the")), IMPRINT))

    assert (["'none'"], []) == (allowed["default-src"], allowed["script-src"])


@pytest.fixture(scope="module")
def made() -> bytes:
    [content] = word.make([read()], IMPRINT)
    return content


def test_a_word_file_holds_the_paper(made: bytes) -> None:
    document = docx.Document(io.BytesIO(made))
    styles = {line.text: line.style.name for line in document.paragraphs if line.style}
    [table] = document.tables

    assert "Hint" == styles["In a few words."]
    assert "Large" == styles["On the back."]
    assert 2 == sum(line.style is not None and line.style.name == "Line" for line in document.paragraphs)
    assert [["UTC", "What"], ["", "Impact begins"], ["01:30", "A mail | a call"]] == [
        [cell.text for cell in row.cells] for row in table.rows
    ]
    assert table.rows[1].height and table.rows[1].height.mm == pytest.approx(9, abs=0.1)
    assert table.rows[2].height is None
    assert [True] == [
        bool(line.paragraph_format.page_break_before) for line in document.paragraphs if line.text == "Behind"
    ]
    assert {f"{BASE}learn/guide/#part", f"{BASE}templates/"} <= set(word.links(made))


def test_a_word_file_has_the_lines_of_code_and_the_parts_of_boxes() -> None:
    [content] = word.make([with_code()], IMPRINT)
    lines = [(line.style.name, line.text) for line in docx.Document(io.BytesIO(content)).paragraphs if line.style]

    assert ("Source Code", CODE.split("```")[1].removeprefix("sh\n").rstrip("\n")) in lines
    at = lines.index(("Block Text", "Mind the gap"))
    box = [("Block Text", "See the guide."), ("Source Code", "## In a box"), ("Block Text", "Tip")]
    assert [*box, ("Block Text", "It opens.")] == lines[at + 1 : at + 5]


def test_a_pdf_has_the_lines_of_code_and_what_a_box_would_open(browser: Browser, tmp_path: Path) -> None:
    printed, problems = templates.prints([with_code()], Reader(browser, tmp_path, BASE), IMPRINT)
    text = pypdfium2.PdfDocument(printed["templates/sheet.md"])[1].get_textpage().get_text_bounded().splitlines()
    at = text.index("## Title of nothing, [here](x.md)")

    assert [] == problems
    code = text[at + 1 : text.index("Mind the gap")]
    assert "two spaces | a|b | </div>" == " ".join(" ".join(code).split())
    assert "It opens." in text


def test_a_paper_may_hold_an_element_on_one_line_and_a_comment(browser: Browser, tmp_path: Path) -> None:
    comment = "<!-- F1 -> see <b>it</b> in the </div> below -->"
    paper = f'<div class="note">Bring a pen.</div>\n\n<div>\n    Or two.</div>\n\n{comment}\n\n    <div>\n\nSee the'
    start, end, rest = PAGE.replace("See the", paper).rpartition("</div>")
    template = read(f"{start}{end} <!-- paper -->{rest}")
    assert "Said aloud" in template.paper

    printed, problems = templates.prints([template], Reader(browser, tmp_path, BASE), IMPRINT)
    [content] = word.make([template], IMPRINT)

    found = templates.missing(template, BASE, in_pdf=printed["templates/sheet.md"], in_word=word.text(content))
    assert [] == [*problems, *found]


def test_a_heading_begins_a_page_whatever_its_words_and_no_other_with_the_same_words() -> None:
    page = PAGE.replace("### What was seen", "### Roles & rules").replace("### Behind", "### Roles & rules")
    [content] = word.make([read(page)], IMPRINT)

    lines = [line for line in docx.Document(io.BytesIO(content)).paragraphs if line.text == "Roles & rules"]
    assert [False, True] == [bool(line.paragraph_format.page_break_before) for line in lines]


def test_a_word_file_has_its_parts_in_the_order_of_the_schema(made: bytes) -> None:
    document = docx.Document(io.BytesIO(made))

    for name in ("Source Code", "Line"):
        parts = [part.tag for part in document.styles[name].element.pPr]
        assert parts.index(qn("w:pBdr")) < parts.index(qn("w:spacing"))
    assert document.sections[0]._sectPr.find(qn("w:pgMar")).get(qn("w:gutter")) == "0"


def test_a_word_file_has_the_size_of_its_paper() -> None:
    sizes = {}
    chosen = [read(PAGE.replace("paper: A4", f"paper: {size}")) for size in templates.SIZES]
    for template, content in zip(chosen, word.make(chosen, IMPRINT), strict=True):
        [section] = docx.Document(io.BytesIO(content)).sections
        assert section.page_width and section.page_height
        sizes[template.size] = (round(section.page_width.mm), round(section.page_height.mm))

    assert {"A4": (210, 297), "A4 landscape": (297, 210), "A5": (148, 210)} == sizes


def test_two_word_files_of_one_page_are_the_same_bytes(made: bytes) -> None:
    assert [made] == word.make([read()], IMPRINT)
    with ZipFile(io.BytesIO(made)) as archive:
        assert {(1980, 1, 1, 0, 0, 0)} == {member.date_time for member in archive.infolist()}


def test_words_that_a_file_does_not_show_are_named(made: bytes, folders: list[Path]) -> None:
    other = files(folders[0])[".pdf"].read_bytes()
    template = read()
    found = [told(problem) for problem in templates.missing(template, BASE, in_pdf=other, in_word=word.text(made))]

    assert 1 == len(found)
    assert found[0].startswith("docs/templates/sheet.md:17: the PDF does not show '")
    without = word.text(made).replace("Second", "")
    [missed] = [
        each for each in templates.missing(template, BASE, in_pdf=other, in_word=without) if "Word" in str(each)
    ]
    assert "the Word file does not show 'second'" in str(missed)


def test_a_pandoc_that_fails_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError) as caught:
        word.run_pandoc(["--from=nonsense"], b"", tmp_path, "docs/sheet.md")

    assert [
        "docs/sheet.md: pandoc cannot make a Word file of it (Unknown input format nonsense); write it more simply"
    ] == [told(problem) for problem in caught.value.problems]


def test_a_dead_link_in_a_paper_is_named_with_its_line(built: Project) -> None:
    (built.root / "docs" / "sheet.md").write_text(PAGE, encoding="utf-8")
    outcome = built.run()

    assert 1 == outcome.code
    assert "docs/sheet.md:19: link '../learn/guide.md#part': " in outcome.err
    assert links.in_markdown(templates.as_markdown(read(), BASE))


WIDE = "\n".join("|" + f" {cell} |" * 60 for cell in ("column", "---", "cell"))


def test_a_paper_that_is_wider_than_its_sheet_is_named(tiny: Project) -> None:
    paper = PAGE.replace("[guide](../learn/guide.md#part)", "guide").replace("On the back.", WIDE)
    (tiny.root / "docs" / "sheet.md").write_text(paper, encoding="utf-8")
    # More slides than can be drawn until the paper is found to be wrong: the report is to show them all the same.
    slides = "".join(f"\n---\n\n## Slide {number}\n\nWords\n" for number in range(2, 41))
    tiny.edit("slides/talk/deck.md", lambda text: text + slides)
    outcome = tiny.run()

    assert 1 == outcome.code
    assert "docs/sheet.md:17: the PDF does not show 'column', 'cell' as often as the page; " in outcome.err
    assert 40 == len(list((tiny.root / "dist/report").rglob("*.png")))


def test_a_template_that_mkdocs_leaves_out_is_named(built: Project) -> None:
    built.edit("mkdocs.yml", lambda text: f"{text}exclude_docs: left.md\n")
    paper = PAGE.replace("[guide](../learn/guide.md#part)", "guide")
    for number, path in enumerate((LEFT_OUT_BY_A_THEME, LEFT_OUT_BY_SETTINGS), 1):
        (built.root / path).parent.mkdir()
        (built.root / path).write_text(paper.replace("number: 5", f"number: {number}"), encoding="utf-8")
    outcome = built.run()

    assert 1 == outcome.code
    for path in (LEFT_OUT_BY_A_THEME, LEFT_OUT_BY_SETTINGS):
        assert f"{path}: is left out by MkDocs, and its files would be nowhere; " in outcome.err


def test_what_nobody_gets_to_see_may_be_unfinished(tiny: Project) -> None:
    tiny.edit("mkdocs.yml", lambda text: f"{text}exclude_docs: drafts/\n")
    (tiny.root / "docs/drafts").mkdir()
    (tiny.root / "docs/drafts/sheet.md").write_text("---\nhandout: {number: 1}\n---\n# A\n", encoding="utf-8")
    for name in ("docs/drafts/old.md", "docs/._index.md"):
        (tiny.root / name).write_bytes(b"Mac\xb0")

    outcome = tiny.run()

    assert (0, "") == (outcome.code, outcome.err)


LEFT_OUT_BY_A_THEME = "docs/templates/sheet.md"  # whose templates these would be
LEFT_OUT_BY_SETTINGS = "docs/forms/left.md"


def test_the_kit_is_described_for_those_who_write_one() -> None:
    assert "### Write a template" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
