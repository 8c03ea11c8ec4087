"""Handouts and cue cards, read back: words, notes, outlines, tags, links, paper, and what can be seen of them."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Browser
from selectolax.lexbor import LexborHTMLParser

from pipeline import artifacts, checks, decks, handouts, labels, notes, pdf, policy
from pipeline.artifacts import Made
from pipeline.browser import Reader
from pipeline.deck import Deck, Slide
from pipeline.toolchain import Tools
from tests.conftest import ROOT, once, told

DECKS = sorted(path.parent.name for path in (ROOT / "slides").glob("*/deck.md"))
HANDOUTS = ("handout.pdf", "handout-2.pdf", "handout-3.pdf")
ALL = (*HANDOUTS, "cue-cards.pdf")
BASE = "https://workshop.example/kit/"
MM = 72 / 25.4

WORDS = ("timeline", "review", "people", "change", "alert", "customer", "question", "report", "owner", "meeting")


def prose(count: int) -> str:
    return "\n\n".join(
        " ".join(WORDS[i % 10] for i in range(start, min(start + 60, count))) for start in range(0, count, 60)
    )


ODD = """---
title: Odd "things" & <others>, 100 %
lang: de-CH
---
<!-- _slideMinutes: 1.5 -->
# First & <em>foremost</em>

### A third level

[in](#2) [beside](notes.md?x=1) [up](../../resources/#books) [web](https://w.example/a%20b)

<!--
**Say:** Grüezi.

# Heading in a note

## 9. Another one

[beside](other.md) [up](../../resources/#books) [web](https://note.example/path) <https://auto.example/>

| Column | Other |
|--------|-------|
| cellar | attic |

`code` and ![a picture](x.png)
-->
<!-- **The original text:** in a comment of its own -->

---

No heading here.

---

<!-- _slideMinutes: 63 -->
## A title that is much longer than what fits on one line above a small slide, or anywhere else

```js
const line = "XXX"
```

<!--
```
YYY
```
-->

---

<!-- _slideMinutes: 1 -->
## مرحبا بالعالم

<!-- **قل:** الأشياء ستتعطل في وقت ما، ونحن نتحدث عن اليوم التالي. -->
""".replace("XXX", "x" * 90).replace("YYY", "y" * 300)

MARKS = "\n\n".join(" ".join(f"mark{at:04}" for at in range(start, start + 50)) for start in range(0, 3000, 50))
LONG = f"""# Before

<!-- short -->

---

## Long

- point

<!--
{MARKS}
-->

---

## After

<!-- the end -->
"""

# Notes of every length, so that some end just where a page, a column or a slide's share does.
LENGTHS = "\n---\n\n".join(
    f"## Slide with {count} words\n\n- point\n\n" + (f"<!--\n{prose(count)}\n-->\n" if count else "")
    for count in (0, 0, 10, 40, 70, 100, 130, 160, 190, 210, 230, 250, 270, 290, 310, 400, 520, 0)
)

DARK = """---
class: invert
---
<style>
:root { color: #fee; }
article, header, h1, .note, .slide { letter-spacing: 0.1em; }
.nobody { display: none; }
</style>
<!-- header: Head of the slide -->

# Dark

<div class="note">

| one | two |
|-----|-----|
| 1   | 2   |

</div>

<p class="nobody">seen anywhere</p>

---

![bg left](red.svg)
![bg](blue.svg)

## Pictures behind

$$ \\int_0^1 x^2\\,dx $$

```python
print("a line of code that is far too long to stand on a slide in letters of the usual size, so it shrinks")
```

---

# <!-- fit --> Fits

1. one
"""

SPANISH = """---
title: Charla
lang: es-MX
---
<!-- _slideMinutes: 1 -->
# Título

<!-- **Decir:** hola -->

---

<!-- _slideMinutes: 2.5 -->
Sin encabezado.

<!-- **Decir:** adiós -->
"""

NO_NOTES = "---\nsize: 4:3\n---\n# Title\n\n---\n\n## Second\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, common: Path, tools: Tools) -> dict[str, Made]:
    return once(common, "handouts-made", lambda: make(tmp_path_factory.mktemp("decks"), tools))


def make(folder: Path, tools: Tools) -> dict[str, Made]:
    for colour in ("red", "blue"):
        picture = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"><path fill="{colour}" d="M0 0h4v3H0z"/></svg>'
        )
        (folder / f"{colour}.svg").write_text(picture, encoding="utf-8")
    texts = {"odd": ODD, "long": LONG, "lengths": LENGTHS, "dark": DARK, "spanish": SPANISH, "no-notes": NO_NOTES}
    sources = []
    for name, text in texts.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
        sources.append(decks.open_file(folder / f"{name}.md", name))
    found, problems = artifacts.make(sources, tools=tools, lang="en", links={}, base=BASE)
    assert [] == problems
    return {each.deck.name: each for each in found}


@pytest.fixture(scope="module")
def reader(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    folder = tmp_path_factory.mktemp("site")
    (folder / "index.html").write_text("<p>Nothing amiss", encoding="utf-8")
    return Reader(browser, folder, "https://deck.invalid/")


@pytest.fixture(scope="module")
def prints(made: dict[str, Made], reader: Reader, common: Path) -> dict[str, dict[str, bytes]]:
    def print_all() -> dict[str, dict[str, bytes]]:
        return {name: artifacts.prints(each, reader, links={}) for name, each in made.items()}

    return once(common, "handouts-prints", print_all)


def every(prints: dict[str, dict[str, bytes]]) -> Iterator[tuple[str, str, bytes]]:
    for deck, files in prints.items():
        for name, content in files.items():
            yield deck, name, content


# --- what is published -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DECKS)
def test_each_deck_is_published_with_its_prints(name: str, site: Path) -> None:
    folder = site / "decks" / name
    slides = json.loads((folder / "deck.json").read_text(encoding="utf-8"))["slides"]
    has_notes = any(slide["notes"] for slide in slides)
    page = (folder / "index.html").read_text(encoding="utf-8")

    assert has_notes == (folder / "cue-cards.pdf").exists()
    for file in ALL if has_notes else HANDOUTS:
        text = " ".join(pdf.texts((folder / file).read_bytes()))
        for slide in slides:
            assert [] == pdf.missing(text, " ".join([slide["title"], *map(notes.as_text, slide["notes"])]))
        assert re.search(f"href=.{file}.", page)


def test_no_build_path_and_no_reserved_host_is_inside(prints: dict[str, dict[str, bytes]]) -> None:
    for _, _, content in every(prints):
        with pikepdf.open(io.BytesIO(content)) as document:
            document.save(
                out := io.BytesIO(), compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.all
            )
        for leak in (b"deck.invalid", b"file://", b"/tmp/", str(ROOT).encode()):
            assert leak not in out.getvalue()


# --- words and notes ---------------------------------------------------------------------------------------


def test_a_deck_without_notes_has_handouts_only(prints: dict[str, dict[str, bytes]]) -> None:
    assert HANDOUTS == tuple(prints["no-notes"])
    assert ALL == tuple(prints["odd"])


@pytest.mark.parametrize("link", ['[the guide](https://a.example/b "A title")', "[the guide](HTTPS://a.example/b)"])
def test_every_way_to_write_a_link_gets_its_address_printed(link: str) -> None:
    slide = Slide(1, "one", "", 1, None, (link,), (), (), "", "")
    deck = Deck("talk", "", "", "en", "slides/talk/deck.md", (slide,))

    html = handouts.document(deck, '<svg data-marpit-svg viewBox="0 0 1280 720"></svg>', links={})

    assert 1 == len(LexborHTMLParser(html).css(".note a.address[href$='//a.example/b']"))


def test_the_check_finds_nothing_amiss(made: dict[str, Made], prints: dict[str, dict[str, bytes]]) -> None:
    for name, each in made.items():
        assert [] == list(checks.print_problems(each, prints[name]))


@pytest.mark.parametrize("file", ALL)
def test_long_notes_flow_on_in_full_and_in_order(file: str, prints: dict[str, dict[str, bytes]]) -> None:
    texts = pdf.texts(prints["long"][file])
    marks = re.findall(r"mark(\d{4})", "".join(texts).replace(" ", ""))

    assert [f"{number:04}" for number in range(3000)] == marks
    assert "mark0000" in texts[handouts.outline(prints["long"][file])[1][1] - 1].replace(" ", "")
    assert 4 < len(texts)


@pytest.mark.parametrize("file", ALL)
def test_no_two_texts_overlap(file: str, prints: dict[str, dict[str, bytes]]) -> None:
    for deck in ("long", "lengths"):
        for page in pypdfium2.PdfDocument(prints[deck][file]):
            text = page.get_textpage()
            boxes = sorted(text.get_rect(index) for index in range(text.count_rects()))
            for index, (_, bottom, right, top) in enumerate(boxes):
                for left, other_bottom, _, other_top in boxes[index + 1 :]:
                    if left > right - 0.5:
                        break
                    assert min(top, other_top) - max(bottom, other_bottom) < 0.5


def test_markdown_in_notes_is_rendered(prints: dict[str, dict[str, bytes]]) -> None:
    for file in ALL:
        text = " ".join(pdf.texts(prints["odd"][file]))
        assert "**" not in text
        assert "|" not in text
        assert "[a picture]" in text
        assert "https://note.example/path" in text
        assert 1 == text.count("https://auto.example/")


def test_a_word_that_is_not_printed_is_found(made: dict[str, Made], prints: dict[str, dict[str, bytes]]) -> None:
    odd = made["odd"]
    first, second, *rest = odd.deck.slides
    planted = replace(odd, deck=replace(odd.deck, slides=(first, replace(second, notes=("Grüezi, planted",)), *rest)))
    found = [told(problem) for problem in checks.print_problems(planted, prints["odd"])]

    # 'Grüezi' is said on the first slide; only where both slides share a page is it taken for the second one's.
    start = f"{odd.source.label}:{second.line}: slide 2: "
    assert [line.split(" does")[0] for line in found] == [start + file for file in ALL]
    assert f"{start}handout.pdf does not show 'gruezi', 'planted'; see what hides it in print" in found


def test_a_word_of_a_slide_that_only_its_handout_lacks_is_found(
    made: dict[str, Made], prints: dict[str, dict[str, bytes]]
) -> None:
    odd = made["odd"]
    first, *rest = odd.deck.slides
    slides = (replace(first, text=f"{first.text} before", notes=(*first.notes, "nowhere")), *rest)
    planted = replace(odd, deck=replace(odd.deck, slides=slides), pdf=made["long"].pdf)
    found = [told(problem) for problem in checks.print_problems(planted, {"handout.pdf": prints["odd"]["handout.pdf"]})]

    said = "slide 1: handout.pdf does not show 'before', 'nowhere'; see what hides it in print"
    assert [f"{odd.source.label}:{first.line}: {said}"] == found


def test_outlines_that_do_not_match_the_slides_are_found(
    made: dict[str, Made], prints: dict[str, dict[str, bytes]]
) -> None:
    found = [told(problem) for problem in checks.print_problems(made["odd"], prints["no-notes"])]

    assert 3 == len(found)
    assert "handout.pdf has 2 entries in its outlines for 4 slides" in found[0]


# --- outlines, tags, links, dates --------------------------------------------------------------------------


def test_one_outline_entry_for_each_slide(prints: dict[str, dict[str, bytes]]) -> None:
    expected = [
        "1. First & foremost",
        "Slide 2",
        "3. A title that is much longer than what fits on one line above a small slide, or anywhere else",
        "4. مرحبا بالعالم",
    ]
    for content in prints["odd"].values():
        with pikepdf.open(io.BytesIO(content)) as document, document.open_outline() as outline:
            assert expected == [entry.title for entry in outline.root]
            assert [] == [child for entry in outline.root for child in entry.children]
        pages = [page for _, page in handouts.outline(content)]
        assert pages == sorted(pages)


def test_an_entry_leads_to_the_page_with_its_slide(prints: dict[str, dict[str, bytes]]) -> None:
    for file in ALL:
        texts = pdf.texts(prints["lengths"][file])
        for title, page in handouts.outline(prints["lengths"][file]):
            assert title.replace(" ", "") in texts[page - 1].replace(" ", "")


def test_they_are_tagged_and_name_their_language_and_title(prints: dict[str, dict[str, bytes]]) -> None:
    for file, content in prints["odd"].items():
        with pikepdf.open(io.BytesIO(content)) as document:
            tags = {str(item.S) for item in document.objects if isinstance(item, pikepdf.Dictionary) and "/S" in item}
            assert document.Root.MarkInfo.Marked
            assert {"/H1", "/H2", "/P", "/Table", "/TH"} <= tags
            assert "de-CH" == str(document.Root.Lang)
            assert document.Root.ViewerPreferences.DisplayDocTitle
            kind = "cue cards" if file == "cue-cards.pdf" else "handout"
            assert f'Odd "things" & <others>, 100 %: {kind}' == str(document.docinfo.Title)


def test_links_lead_to_the_published_address(prints: dict[str, dict[str, bytes]]) -> None:
    on_slide = [BASE + "decks/odd/notes.md?x=1", BASE + "resources/#books", "https://w.example/a%20b"]
    in_note = [BASE + "decks/odd/other.md", BASE + "resources/#books", "https://note.example/path"]

    for file in HANDOUTS:
        assert {*on_slide, *in_note, "https://auto.example/"} == {uri for _, uri in pdf.links(prints["odd"][file])}
    assert {*in_note, "https://auto.example/"} == {uri for _, uri in pdf.links(prints["odd"]["cue-cards.pdf"])}


def test_without_an_address_links_stay_relative(made: dict[str, Made], reader: Reader) -> None:
    printed = artifacts.prints(replace(made["odd"], address=""), reader, links={})

    assert {"other.md", "../../resources/#books", "https://note.example/path", "https://auto.example/"} == {
        uri for _, uri in pdf.links(printed["cue-cards.pdf"])
    }


def test_a_link_within_the_deck_stays_within_the_handout(prints: dict[str, dict[str, bytes]]) -> None:
    with pikepdf.open(io.BytesIO(prints["odd"]["handout.pdf"])) as document:
        annotations = document.pages[0].obj.Annots.as_list()

        assert 1 == len([each for each in annotations if "/Dest" in each or "/D" in each.get("/A", {})])


def test_notes_without_spaces_may_be_longer_than_a_page(tmp_path: Path, tools: Tools, reader: Reader) -> None:
    note = "learningfromincidents" * 90  # as a sentence is in Chinese, for which not every machine has letters
    (tmp_path / "deck.md").write_text(f"# A\n\n<!-- {note} -->\n", encoding="utf-8")
    source = decks.open_file(tmp_path / "deck.md", "deck")
    [made], problems = artifacts.make([source], tools=tools, lang="en", links={}, base="https://a.example/")

    prints = artifacts.prints(made, reader, links={})

    assert len(pdf.texts(prints["cue-cards.pdf"])) > 1
    assert [] == [*problems, *checks.print_problems(made, prints)]


def test_the_same_deck_gives_the_same_bytes(
    made: dict[str, Made], prints: dict[str, dict[str, bytes]], reader: Reader
) -> None:
    list(reader.print("<h1>Something else in between</h1><table><tr><th>a<td>b</table>", ["one"]))

    assert prints["odd"] == artifacts.prints(made["odd"], reader, links={})


# --- our own words -----------------------------------------------------------------------------------------


def test_a_spanish_deck_is_labelled_in_spanish(prints: dict[str, dict[str, bytes]]) -> None:
    cards = " ".join(pdf.texts(prints["spanish"]["cue-cards.pdf"]))

    assert "desde 0:00, 1 minuto, hasta 0:01" in cards
    assert "desde 0:01, 2.5 minutos, hasta 0:03:30" in cards
    for file, content in prints["spanish"].items():
        texts = pdf.texts(content)
        assert f"1 de {len(texts)}" in texts[0]
        assert ["1. Título", "Diapositiva 2"] == [title for title, _ in handouts.outline(content)]
        with pikepdf.open(io.BytesIO(content)) as document:
            kind = "tarjetas de apoyo" if file == "cue-cards.pdf" else "hojas para repartir"
            assert f"Charla: {kind}" == str(document.docinfo.Title)


@pytest.mark.parametrize(("name", "lang"), [("spanish", "es"), ("odd", "en")])
def test_our_words_on_a_card_name_their_own_language(name: str, lang: str, made: dict[str, Made]) -> None:
    document = handouts.document(made[name].deck, made[name].rendered.bare, links={})

    assert {lang} == set(re.findall("<p class='plan' lang='(.*?)'>", document))


@pytest.mark.parametrize(
    ("lang", "slide"),
    [
        ("es", "Diapositiva"),
        ("es-MX", "Diapositiva"),
        ("ES", "Diapositiva"),
        ("est", "Slide"),
        ("de-CH", "Slide"),
        ("", "Slide"),
    ],
)
def test_our_words_are_english_where_nobody_has_written_others(lang: str, slide: str) -> None:
    assert slide == labels.of(lang).slide


# --- paper -------------------------------------------------------------------------------------------------


def test_handouts_are_a4_and_cards_a5(prints: dict[str, dict[str, bytes]]) -> None:
    for _, file, content in every(prints):
        expected = (148, 210) if file == "cue-cards.pdf" else (210, 297)
        for page in pypdfium2.PdfDocument(content):
            assert expected == tuple(round(side / MM) for side in page.get_size())


def test_the_foot_counts_pages_and_names_the_deck(prints: dict[str, dict[str, bytes]]) -> None:
    for content in prints["odd"].values():
        texts = [text.replace(" ", "") for text in pdf.texts(content)]
        for number, text in enumerate(texts, 1):
            assert f"{number}of{len(texts)}" in text
            assert 'Odd"things"&<others>,100%' in text


def test_letter_paper_cuts_nothing_off(prints: dict[str, dict[str, bytes]]) -> None:
    # Letter is 17.6 mm shorter than A4: it may lack them at the head or at the foot. 6 mm for the printer's own edge.
    top, bottom, side = 17.6 + 6, 279.4 - 6, 6
    scale = 2.0
    for _, file, content in every(prints):
        if file in HANDOUTS:
            for page in pypdfium2.PdfDocument(content):
                left, upper, right, lower = (edge / scale / MM for edge in ink(page.render(scale=scale).to_pil()))
                assert upper >= top
                assert lower <= bottom
                assert left >= side
                assert right <= 210 - side


def ink(picture: Image.Image) -> tuple[int, int, int, int]:
    """The box around everything that is not white."""
    grey = picture.convert("L")
    box = ImageChops.invert(grey).point(lambda value: 255 if value > 8 else 0).getbbox()
    assert box
    return box


@pytest.mark.parametrize("file", HANDOUTS)
def test_every_slide_has_three_lines_to_write_on(file: str, prints: dict[str, dict[str, bytes]]) -> None:
    content = prints["lengths"][file]
    with pikepdf.open(io.BytesIO(content)) as document, document.open_outline() as outline:
        tops = [297 - place(entry) / MM for entry in outline.root]
        starts = [(page - 1, top) for (_, page), top in zip(handouts.outline(content), tops, strict=True)]
        ends = [*starts[1:], (len(document.pages), 0.0)]
    pictures = [page.render(scale=3).to_pil().convert("L") for page in pypdfium2.PdfDocument(content)]

    for number, ((page, top), (last, bottom)) in enumerate(zip(starts, ends, strict=True), 1):
        lines = [(at, y) for at in range(page, min(last + 1, len(pictures))) for y in ruled(pictures[at])]
        assert 3 <= len([line for line in lines if (page, top) < line < (last, bottom)]), f"slide {number}"


def place(entry: pikepdf.OutlineItem) -> float:
    """How far above the foot of its page an entry leads to."""
    assert isinstance(entry.destination, pikepdf.Array)
    return float(entry.destination[3])


def ruled(page: Image.Image) -> Iterator[float]:
    """Where on a page, in mm from its head, lines of 30 mm or more can be seen, between white."""
    for left in (20, 150):
        for line in range(31):
            y = 21 + 8 * line - 0.1
            boxes = [[round(edge * MM * 3) for edge in (left, y + by, left + 30, y + by + 0.13)] for by in (-1, 0, 1)]
            above, on, below = (shades(page.crop((a, b, c, d))) for a, b, c, d in boxes)
            if min(above) > 250 and min(below) > 250 and max(on) < 225 and min(on) > 120:
                yield y


def shades(picture: Image.Image) -> list[int]:
    """The values that pixels have, in any channel."""
    return [shade % 256 for shade, count in enumerate(picture.histogram()) if count]


def test_slides_look_as_they_do_in_the_pdf_of_the_slides(
    made: dict[str, Made], prints: dict[str, dict[str, bytes]]
) -> None:
    pages = pypdfium2.PdfDocument(prints["dark"]["handout.pdf"])
    for page, slide in zip(pages, pdf.pictures(made["dark"].pdf), strict=True):
        picture = page.render(scale=4).to_pil().convert("RGB")
        left, top, right, _ = ink(picture.crop((0, round(29 * MM * 4), *picture.size)))
        top += round(29 * MM * 4)
        copy = picture.crop((left, top, right, top + round((right - left) * 9 / 16)))
        # Coarse enough for another scale, fine enough for a word in another colour.
        sizes = (48, 27)
        difference = ImageChops.difference(
            copy.resize(sizes, Image.Resampling.BOX), slide.resize(sizes, Image.Resampling.BOX)
        )
        assert 40 > max(shades(difference.crop((1, 1, 47, 26))))


# --- cue cards ---------------------------------------------------------------------------------------------


def test_cards_say_when_a_slide_starts_and_ends(prints: dict[str, dict[str, bytes]]) -> None:
    texts = " ".join(pdf.texts(prints["odd"]["cue-cards.pdf"])).replace(" ", "")

    assert "startsat0:00,1.5minutes,endsat0:01:30" in texts
    assert "startsat0:01:30,63minutes,endsat1:04:30" in texts
    assert "startsat1:04:30,1minute,endsat1:05:30" in texts
    assert 4 == texts.count("startsat")  # the second slide has no minutes of its own
    for file in HANDOUTS:
        assert "startsat" not in "".join(pdf.texts(prints["odd"][file])).replace(" ", "")


def test_without_minutes_there_is_no_clock(prints: dict[str, dict[str, bytes]]) -> None:
    assert "startsat" not in "".join(pdf.texts(prints["long"]["cue-cards.pdf"])).replace(" ", "")


def test_each_slide_begins_a_card_and_further_ones_are_counted(prints: dict[str, dict[str, bytes]]) -> None:
    content = prints["long"]["cue-cards.pdf"]
    texts = [text.replace(" ", "") for text in pdf.texts(content)]
    starts = [page for _, page in handouts.outline(content)]

    assert [1, 2, len(texts)] == starts
    assert [] == [text for page, text in enumerate(texts, 1) if page in starts and re.search(r"\d\(\d+\)", text)]
    for page in range(3, len(texts)):
        assert f"2({page - 1})Long" in texts[page - 1]


def test_notes_on_cards_are_large(prints: dict[str, dict[str, bytes]]) -> None:
    text = pypdfium2.PdfDocument(prints["long"]["cue-cards.pdf"])[2].get_textpage()
    start = text.get_text_range().index("mark")
    matrix = pdfium.FS_MATRIX()
    assert pdfium.FPDFText_GetMatrix(text.raw, start, matrix)

    assert 14 <= pdfium.FPDFText_GetFontSize(text.raw, start) * matrix.d < 16


# --- the browser -------------------------------------------------------------------------------------------


def test_what_a_document_asks_for_is_not_held_against_the_next_page(reader: Reader) -> None:
    # That the reader refuses it cannot be seen here: the browser, too, keeps such a document from this machine.
    style = "<style>@import 'https://else.invalid/a.css'; body { background: url(https://else.invalid/b.png) }</style>"
    [printed] = reader.print(f"{style}<p>Words</p><img src='https://deck.invalid/c.png'>", ["one"])

    assert ["Words"] == pdf.texts(printed)
    assert [] == reader.visit("index.html")


def test_nothing_in_a_document_runs(reader: Reader) -> None:
    runs, script = "document.body.append('Run')", "<script>document.body.append(' of Marp')</script>"
    html = f'<p>Words</p><script>{runs}</script><img src="x" onerror="{runs}">{script}'
    for deck, words in [(None, "Words"), (LexborHTMLParser(script), "Words of Marp")]:
        [printed] = reader.print(policy.seal_print(html, deck), ["one"])

        assert words == " ".join(" ".join(pdf.texts(printed)).split())
