"""Run sheets: each way in which they can be wrong is named with its line, and what is right becomes the page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from pipeline import run_sheets, sessions
from pipeline.deck import Deck, Slide
from pipeline.problems import BuildError
from pipeline.sessions import RunSheets
from tests.conftest import ROOT, Project, told
from tests.test_corpus import CORPUS, DECK, put
from tests.test_faults import line_of, refused

VALID = """\
deck: talk
talk: short
about: "Choose **one**."

sessions:
  - id: short
    title: "The talk"
    minutes: 6
    audience: "All"
    gives: "Something."
    group: "Any"
    prepare: "A while"
    handouts: "Nothing"
    bring: "A watch."
    steps:
      - slides: [opening]
        minutes: 1.5
        what: "Say *hello*."
        late: "Wave."
      - slides: [middle]
        minutes: 2.5
        what: "Go on."
        late: "Hurry."
      - exercise: pairs
        minutes: 2
        what: "Talk."
        late: "Talk fast."
    half:
      - break: "Rest"
        minutes: 3
        what: "Breathe."

exercises:
  - id: pairs
    title: "In pairs"
    aim: "A talk."
    materials: "A [page](../docs/a.md#b) and a [card](sessions.yml#pairs)."
    does:
      - "Sit."
      - "Talk."
    listen: "Silence."
"""


def slide(number: int, key: str, minutes: float | None) -> Slide:
    return Slide(number, key, f"Slide <{key}>", number * 10, minutes, (), (), (), "", "", minutes_line=number * 10 - 1)


SLIDES = (slide(1, "opening", 1.5), slide(2, "middle", 2.5), slide(3, "extra", None))


def deck(*slides: Slide) -> Deck:
    return Deck("talk", "A talk", "", "en", "slides/talk/deck.md", slides)


def write(root: Path, text: str | bytes) -> None:
    (root / "data").mkdir()
    (root / "data/sessions.yml").write_bytes(text.encode() if isinstance(text, str) else text)


def changed(old: str, new: str) -> str:
    assert 1 == VALID.count(old), old
    return VALID.replace(old, new)


def line(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def read(root: Path, text: str = VALID) -> RunSheets:
    write(root, text)
    sheets = sessions.read(root)
    assert sheets
    return sheets


def refusal(root: Path, text: str | bytes) -> list[str]:
    """What the reader says is wrong with a file."""
    write(root, text)
    with pytest.raises(BuildError) as caught:
        sessions.read(root)
    return [told(problem) for problem in caught.value.problems]


def found(root: Path, text: str = VALID, *, slides: tuple[Slide, ...] = SLIDES) -> list[str]:
    """What the checks find in a file that can be read."""
    return [told(problem) for problem in sessions.check(read(root, text), [deck(*slides)], ["talk", "other"])]


# --- reading ------------------------------------------------------------------------------------------------


def test_what_is_right_is_read_with_its_lines(tmp_path: Path) -> None:
    sheets = read(tmp_path)

    [session] = sheets.sessions
    [exercise] = sheets.exercises
    assert ("talk", "short", "Choose **one**.") == (sheets.deck, sheets.talk, sheets.about)
    assert (6, line(VALID, "minutes: 6")) == (session.minutes, session.line)
    assert [("opening",), ("middle",), ()] == [step.slides for step in session.steps]
    assert [1.5, 2.5, 2] == [step.minutes for step in session.steps]
    assert [16, 20, 24] == [step.line for step in session.steps]
    assert ("Rest", "") == (session.half[0].pause, session.half[0].late)
    assert (("Sit.", "Talk."), "", ()) == (exercise.does, exercise.note, exercise.cards)


def test_a_project_need_not_have_run_sheets(tmp_path: Path) -> None:
    assert sessions.read(tmp_path) is None


@pytest.mark.parametrize(
    ("old", "new", "at", "message"),
    [
        ("about: ", "abuot: ", "abuot", "'abuot' is no field of the file; did you mean 'about'?"),
        ("about: ", "\u2028abuot: ", "abuot", "'abuot' is no field of the file"),
        ("    bring: ", "    colour: ", "colour", "'colour' is no field of a session; the fields are id, title, "),
        ("    bring: ", "    colour: ", "- id: short", "a session lacks the field 'bring'; add it"),
        ('        late: "Wave."\n', "", "- slides: [opening]", "a step lacks the field 'late'; add it"),
        ("    aim: ", "    aims: ", "aims", "'aims' is no field of an exercise; did you mean 'aim'?"),
        ('"Breathe."', '"Breathe."\n        late: "x"', 'late: "x"', "'late' is no field of a step; the fields are"),
        ("minutes: 2.5", "minutes: two", "two", "'minutes' is 'two', which is no number of minutes; write e.g. 2 or"),
        ("minutes: 2.5", "minutes: 1:30", "1:30", "'minutes' is '1:30', which is no number of minutes"),
        ("minutes: 2.5", "minutes: 0", "minutes: 0", "'minutes' is '0', which is no number of minutes"),
        ("minutes: 2.5", "minutes: -2", "minutes: -2", "'minutes' is '-2', which is no number of minutes"),
        ("minutes: 2.5", "minutes: .inf", ".inf", "'minutes' is '.inf', which is no number of minutes"),
        ("minutes: 2.5", "minutes: [2]", "[2]", "'minutes' is 'a list or a mapping', which is no number"),
        ('what: "Go on."', "what: 12", "what: 12", "'what' is '12', which YAML takes for no text; write words, in"),
        ('what: "Go on."', "what:", "what:\n", "'what' is empty; write words, in quotation marks"),
        ('what: "Go on."', 'what: " "', 'what: " "', "'what' is empty; write words"),
        ('about: "Choose **one**."', "about: |\n  One.\n\n  Two.", "about", "'about' has paragraphs or a list"),
        ('about: "Choose **one**."', "about: |\n  Any:\n  - a\n  - b", "about", "'about' has paragraphs or a list"),
        ('what: "Go on."', 'what: ["a"]', 'what: ["a"]', "'what' is a list or a mapping where words should stand; w"),
        ("slides: [middle]", "slides: middle", "slides: middle", "'slides' is no list of one or more; write each item"),
        ("slides: [middle]", "slides: []", "slides: []", "'slides' is no list of one or more"),
        ("- slides: [middle]\n  ", "- slides: [middle]\n        exercise: pairs\n  ", "- slides: [middle]",
         "a step has 'slides' and 'exercise'; keep one"),
        ("- slides: [middle]\n        ", "- ", "- minutes: 2.5", "a step has no 'slides', 'exercise' or 'break'; name"),
        ("      - slides: [opening]", "      - hello\n      - slides: [opening]", "- hello",
         "a step is no mapping; write the fields minutes, what, late, a line each"),
        ("    aim: ", "    title: \"x\"\n    aim: ", 'title: "x"', "'title' stands here twice"),
        ("  - id: pairs", "  - id: In pairs", "In pairs", "the id 'In pairs' is no good address; use a-z, 0-9 and '-'"),
        ("  - id: pairs", "  - id: short", "- id: short\n    title: \"In", "the id 'short' is taken in line 6; choose"),
        ("  - id: pairs", "  - id: exercises", "- id: exercises",
         "the id 'exercises' is that of a heading of the page; choose another"),
        ("    does:", '    cards_title: "On the wall"\n    does:', "cards_title:",
         "'cards_title' is for cards, and there are none; add 'cards', or take it away"),
        ("about: ", "? [a]\n: b\nabout: ", "? [a]", "'?' is no field of the file; the fields are deck, talk, about"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_with_its_line(tmp_path: Path, old: str, new: str, at: str, message: str) -> None:
    text = changed(old, new)

    problems = refusal(tmp_path, text)

    place = f"data/sessions.yml:{line(text, at)}: "
    assert [place + message] == [problem[: len(place + message)] for problem in problems if message in problem]


def test_a_misspelt_field_is_one_problem_and_not_two(tmp_path: Path) -> None:
    assert 1 == len(refusal(tmp_path, changed("    aim: ", "    aims: ")))


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    text = changed("    aim: ", "    aims: ").replace("minutes: 6", "minutes: six").replace("about", "abuot")

    assert [3, 8, 36] == [int(problem.split(":")[1]) for problem in refusal(tmp_path, text)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "data/sessions.yml:1: is empty; write run sheets, or remove the file"),
        ("# soon\n", "data/sessions.yml:1: is empty; write run sheets, or remove the file"),
        ("- a\n", "data/sessions.yml:1: the file is no mapping; write the fields deck, talk, about, sessions, exer"),
        ("deck: talk\ntalk: a: b\n", "data/sessions.yml:2: is not valid YAML: mapping values are not allowed here"),
        ("deck: 'talk\ntalk: x\n", "data/sessions.yml:1: is not valid YAML: the quotation marks are not closed"),
        ("deck: x\n---\ndeck: y\n", "data/sessions.yml:2: is not valid YAML: but found another document"),
        ("deck: *x\n", "data/sessions.yml:1: is not valid YAML: found undefined alias"),
        (b"deck: x\nabout: caf\xe9\n", "data/sessions.yml:2: is not UTF-8 (byte 0xE9); save it as UTF-8"),
    ],
)
def test_a_file_that_is_no_run_sheet_is_named(tmp_path: Path, text: str | bytes, message: str) -> None:
    assert refusal(tmp_path, text)[0].startswith(message)


# --- checking -----------------------------------------------------------------------------------------------


def test_a_file_with_another_ending_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/sessions.yaml").write_text("", encoding="utf-8")

    with pytest.raises(BuildError, match=r"^data/sessions.yaml: is not read; name it 'sessions.yml' \[run-sheet\]$"):
        sessions.read(tmp_path)


def test_a_link_that_leads_nowhere_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/sessions.yml").symlink_to("nowhere.yml")

    with pytest.raises(BuildError, match="there is no such file"):
        sessions.read(tmp_path)


def test_what_is_right_has_no_problem(tmp_path: Path) -> None:
    assert [] == found(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "at", "message"),
    [
        ("minutes: 6", "minutes: 7", "minutes: 7",
         "'short' has 7 minutes, but its steps take 6: 1 too few; correct the steps, or the length"),
        ("        minutes: 2\n", "        minutes: 3.5\n", "minutes: 6",
         "'short' has 6 minutes, but its steps take 7.5: 1.5 too many; correct the steps, or the length"),
        ("minutes: 3\n", "minutes: 4\n", '- break: "Rest"',
         "half of 'short' is 3 minutes, but the short version takes 4: 1 too many; shorten its steps"),
        ("exercise: pairs", "exercise: pears", "- exercise: pears",
         "there is no exercise 'pears'; did you mean 'pairs'?"),
        ("exercise: pairs", "exercise: pears", "- id: pairs",
         "no session has the exercise 'pairs'; name it in a step, or remove it"),
        ('- break: "Rest"', "- exercise: singing", "- exercise: singing",
         "there is no exercise 'singing'; the exercises are pairs"),
        ("talk: short", "talk: shrot", "talk: shrot", "'talk' is 'shrot', which is no session; did you mean 'short'?"),
        ("deck: talk", "deck: tolk", "deck: tolk", "there is no deck 'tolk'; did you mean 'talk'?"),
        ("deck: talk", "deck: x", "deck: x", "there is no deck 'x'; the decks are other, talk"),
        ("slides: [middle]", "slides: [midle]", "- slides: [midle]",
         "'talk' has no slide 'midle'; did you mean 'middle'? Its slides are opening, middle, extra"),
        ('break: "Rest"', "slides: [quite-new]", "- slides: [quite-new]",
         "'talk' has no slide 'quite-new'; its slides are opening, middle, extra"),
        ("slides: [middle]", "slides: [middle, extra]", "- slides: [middle, extra]",
         "a step of the talk has 2 slides; give each its own, with its own minutes"),
        ("exercise: pairs", "slides: [middle]", "- slides: [middle]\n        minutes: 2\n",
         "the talk has the slide 'middle' twice, here and in line 20; keep one"),
    ],
)  # fmt: skip
def test_what_does_not_agree_is_named_with_its_line(tmp_path: Path, old: str, new: str, at: str, message: str) -> None:
    text = changed(old, new)

    assert f"data/sessions.yml:{line(text, at)}: {message}" in found(tmp_path, text)


def test_a_slide_of_other_minutes_than_in_the_talk_is_named_in_both_places(tmp_path: Path) -> None:
    slides = (SLIDES[0], slide(2, "middle", 3))

    assert [
        "slides/talk/deck.md:19: slide 'middle' has 3 minutes here and 2.5 in data/sessions.yml:20; make them agree"
    ] == found(tmp_path, slides=slides)


def test_a_slide_with_minutes_that_the_talk_leaves_out_is_named(tmp_path: Path) -> None:
    assert [
        "slides/talk/deck.md:29: slide 'extra' has 1 minute, but no step of the talk in data/sessions.yml:8 shows it; "
        "add a step there, or take away its _slideMinutes"
    ] == found(tmp_path, slides=(*SLIDES[:2], slide(3, "extra", 1)))


def test_a_slide_of_the_talk_without_minutes_is_named(tmp_path: Path) -> None:
    assert [
        "slides/talk/deck.md:20: slide 'middle' says no minutes, but takes 2.5 in data/sessions.yml:20; "
        "write <!-- _slideMinutes: 2.5 -->"
    ] == found(tmp_path, slides=(SLIDES[0], slide(2, "middle", None)))


def test_a_deck_that_could_not_be_rendered_is_not_called_missing(tmp_path: Path) -> None:
    assert [] == list(sessions.check(read(tmp_path), [], ["talk"]))


def test_a_deck_with_the_address_of_the_run_sheets_is_refused(tmp_path: Path) -> None:
    problems = sessions.check(read(tmp_path), [deck(*SLIDES)], ["talk", "run-sheets"])

    assert [
        "slides/run-sheets: the run sheets have the address of a deck named 'run-sheets'; rename it"
    ] == [told(problem) for problem in problems]  # fmt: skip


# --- the page -----------------------------------------------------------------------------------------------


def test_the_page_has_clock_minutes_and_links(tmp_path: Path) -> None:
    page = run_sheets.page(read(tmp_path), deck(*SLIDES), links={"docs/a.md": "../../a/"})

    assert 'description: "What happens when, and what to cut when you are late: 6 minutes."' in page
    assert ["0:00", "0:01:30", "0:04", "0:06"] == re.findall(r"data-seconds='\d+'>([\d:]+)<", page)
    assert "<a href='../../decks/talk/slides.html#opening'>Slide &lt;opening&gt;</a>" in page
    assert "Exercise: <a href='#pairs'>In pairs</a>" in page
    assert '<a href="../../a/#b">page</a>' in page
    assert '<a href="#pairs">card</a>' in page
    assert "2 of <a href='#short'>6 minutes</a>" in page
    assert "<li><p>3 min · Rest</p><p>Breathe.</p></li>" in page


def test_html_in_the_file_is_shown_and_not_run(tmp_path: Path) -> None:
    text = VALID.replace('"In pairs"', '"In <script>a</script>"').replace('"Rest"', '"<b>b</b>"')
    text = text.replace('"The talk"', '"The <i>talk</i>"').replace('"Go on."', '"<img src=x> on."')

    page = run_sheets.page(read(tmp_path, text), deck(*SLIDES), links={})

    assert not re.search(r"<(script|b|i|img)\b", page)
    assert 2 <= page.count("&lt;script&gt;")


# --- this project's own -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def built(site: Path) -> LexborHTMLParser:
    return LexborHTMLParser((site / "facilitate/run-sheets/index.html").read_text(encoding="utf-8"))


def clock(built: LexborHTMLParser, session: str) -> list[str]:
    """The times in a session's table."""
    table = built.css(f"#{session} ~ .sheet__table--clock")[0]
    return [time.text() for time in table.css(".sheet__time")]


def test_the_talk_on_the_page_keeps_the_times_of_the_deck(site: Path, built: LexborHTMLParser) -> None:
    slides = json.loads((site / "decks/post-mortem-culture/deck.json").read_text(encoding="utf-8"))["slides"]
    starts = [sum(slide["minutes"] for slide in slides[:count]) for count in range(10)]
    titles = [link.text() for link in built.css("#talk ~ .sheet__table--clock")[0].css("tr strong a")]

    assert [f"0:{start:02g}" for start in starts] == clock(built, "talk")
    assert [slide["title"] for slide in slides] == titles


@pytest.mark.parametrize(
    ("session", "end"), [("talk", "0:20"), ("short-workshop", "1:00"), ("workshop", "1:30"), ("half-day", "3:30")]
)
def test_every_sheet_ends_on_time(built: LexborHTMLParser, session: str, end: str) -> None:
    assert end == clock(built, session)[-1]


def test_every_exercise_says_what_to_do_and_what_to_listen_for(built: LexborHTMLParser) -> None:
    sheets = sessions.read(ROOT)
    assert sheets
    titles = [exercise.title for exercise in sheets.exercises]
    text = built.css("article")[0].text()

    assert titles == [heading.text().removesuffix("¶").strip() for heading in built.css("article h3")]
    assert len(titles) == text.count("Listen for:") == text.count("You need:")


# --- in a build ---------------------------------------------------------------------------------------------

SHEETS = "data/sessions.yml"


def test_faults_in_run_sheets_are_told_with_those_of_the_decks(tiny: Project) -> None:
    put(tiny, CORPUS / "wrong/sessions/slide-that-is-not-there.yml")
    tiny.edit(DECK, lambda text: text + "\n![x](nope.png)\n")

    err = refused(tiny).err

    assert f"{SHEETS}:{line_of(tiny, SHEETS, 'a-tlak')}: 'talk' has no slide 'a-tlak'; did you mean 'a-talk'?" in err
    assert "image 'nope.png' does not exist" in err


def test_a_link_of_the_run_sheets_that_leads_nowhere_is_named(tiny: Project) -> None:
    put(tiny, CORPUS / "wrong/sessions/minutes-other-than-the-slides.yml")
    tiny.edit(DECK, lambda text: text.replace("_slideMinutes: 4", "_slideMinutes: 5"))
    tiny.edit(SHEETS, lambda text: text.replace('"A watch."', '"A [watch](../docs/nope.md)."'))

    assert f"{SHEETS}:{line_of(tiny, SHEETS, 'nope.md')}: " in refused(tiny).err
