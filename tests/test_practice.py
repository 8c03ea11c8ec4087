"""The pages of the practice incident: they agree with its data and with the run sheets, and the answer stays put.

What is looked for is the answer in its own words. That a page hints at it in other words, only a reader can tell.
"""

from __future__ import annotations

import itertools
import json
import re
import shutil
import string
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pikepdf
import pytest
import yaml
from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline import practice
from tests.conftest import ROOT

PRACTICE = ROOT / "docs" / "practice"
KEY_PAGE = "practice/answer-key/index.html"
EXAMPLE_PAGE = "practice/answer-key/spring-promo/example/index.html"
PARTICIPANTS = ("", "spring-promo/evidence", "timeline", "spring-promo/critique", "exercises", "second-scenarios")
DATA: dict[str, Any] = yaml.safe_load((ROOT / "data/scenarios/spring-promo.yml").read_text(encoding="utf-8"))
EVENTS = sorted(
    ((event["time"] if " " in event["time"] else f"{DATA['day']} {event['time']}"), event)
    for event in DATA["events"]
    if "card" in event
)
SESSIONS: dict[str, Any] = yaml.safe_load((ROOT / "data/sessions.yml").read_text(encoding="utf-8"))


# --- the answer is nowhere else -----------------------------------------------------------------------------


def words(text: str) -> str:
    """A text as its words alone."""
    return " ".join(re.findall(r"\w+", text.lower()))


def sentences(text: str) -> Iterator[str]:
    """Those sentences of a text that are long enough to be its own."""
    for line in text.splitlines():
        for sentence in re.split(r"(?<=[.?!:;])\s", line):
            if len(words(sentence).split()) >= 7:
                yield words(sentence)


def blocks(node: LexborNode) -> str:
    """The words of a piece of a page, a line for each paragraph, item or cell."""
    for block in node.css("p, li, td, th, h1, h2, h3, ul, ol"):
        block.insert_before("\n")
        block.insert_after("\n")
    return node.text()


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)


def gate(key: LexborHTMLParser) -> LexborNode:
    """What the answer key shows to those who ask for it."""
    [answers] = key.css("#answers")
    return answers


def reference(site: Path) -> dict[str, Any]:
    """The data of the answer key."""
    path = site / "practice/answer-key/spring-promo/reference.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def read_answers(site: Path) -> set[str]:
    """Every sentence of the answer key and of its data, as far as it is not one of the evidence."""
    answers = gate(LexborHTMLParser((site / KEY_PAGE).read_text(encoding="utf-8")))
    found = set(sentences("\n".join([blocks(answers), *strings(reference(site))])))
    return {sentence for sentence in found if not any(sentence in words(quoted) for quoted in QUOTED)}


QUOTED = [
    *(message["text"] for channel in DATA["chat"]["channels"] for message in channel["messages"]),
    *(value for record in DATA["records"] for value in record["fields"].values()),
    *(event["card"] for _, event in EVENTS),
    DATA["critique"]["text"],
]
"""What the key may repeat: the evidence, the cards, and the draft to take apart."""


def places(site: Path) -> Iterator[tuple[str, str]]:
    """Every published text except the answer key and its data, with the name of its file."""
    for path in sorted(site.rglob("*")):
        name = path.relative_to(site).as_posix()
        if path.suffix not in _TEXTS or name.startswith("practice/answer-key/"):
            continue
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".html":
            body = LexborHTMLParser(text).body
            text = body.text(separator=" ") if body else ""
        elif path.suffix == ".json":
            text = re.sub(r"<[^>]*>", " ", "\n".join(strings(json.loads(text))))
        yield name, words(text)


_TEXTS = (".html", ".json", ".js", ".md", ".txt", ".csv", ".log", ".yml", ".ics", ".xml")


def leaks(site: Path, answers: set[str]) -> list[str]:
    """Each file that holds a sentence of the answer, with the sentence."""
    return [f"{name}: {answer}" for name, text in places(site) for answer in sorted(answers) if answer in text]


@pytest.fixture(scope="module")
def answers(site: Path) -> set[str]:
    return read_answers(site)


def test_the_key_has_answers_of_its_own(answers: set[str]) -> None:
    factors = {sentence for factor in DATA["factors"] for sentence in sentences(factor["factor"])}

    assert len(answers) > 150
    assert factors <= answers


def test_the_answer_is_nowhere_else(site: Path, answers: set[str]) -> None:
    assert [] == leaks(site, answers)


@pytest.mark.parametrize(
    "name",
    [
        "practice/index.html",
        "practice/spring-promo/evidence/index.html",
        "search/search_index.json",
        "practice/spring-promo/cards.json",
        "practice/spring-promo/cards.js",
        "practice/spring-promo/chat.txt",
    ],
)
def test_an_answer_that_got_out_is_found(name: str, site: Path, answers: set[str], tmp_path: Path) -> None:
    planted = DATA["factors"][4]["factor"]
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    shutil.copy(site / name, path)
    text = path.read_text(encoding="utf-8")
    before = {"html": "</article>", "json": '",', "js": '",', "txt": "\n"}[path.suffix[1:]]
    assert before in text
    path.write_text(text.replace(before, f" {planted} {before}", 1), encoding="utf-8")

    assert [f"{name}: {answer}" for answer in sorted(sentences(planted))] == leaks(tmp_path, answers)


def test_the_search_does_not_know_the_key(site: Path) -> None:
    index = json.loads((site / "search/search_index.json").read_text(encoding="utf-8"))
    locations = [entry["location"] for entry in index["docs"]]

    assert [] == [location for location in locations if "answer-key" in location]
    assert any(location.startswith("practice/exercises/") for location in locations)


def test_the_key_tells_search_engines_to_stay_away(site: Path) -> None:
    pages = {path: path.read_text(encoding="utf-8") for path in site.rglob("index.html")}

    hidden = {site / KEY_PAGE, site / EXAMPLE_PAGE}

    assert hidden == {path for path, html in pages.items() if '<meta name="robots"' in html}
    assert all('<meta name="robots" content="noindex">' in pages[path] for path in hidden)


@pytest.mark.parametrize("uri", PARTICIPANTS)
def test_no_page_for_participants_leads_to_the_answer(uri: str, site: Path) -> None:
    """The menu does, and the link to the page that comes next: both say what they lead to."""
    [article] = LexborHTMLParser((site / "practice" / uri / "index.html").read_text(encoding="utf-8")).css("article")
    hrefs = [link.attributes.get("href") or "" for link in article.css("a")]

    assert hrefs
    assert [] == [href for href in hrefs if "answer-key" in href or urlsplit(href).query]


def test_the_menu_keeps_the_key_apart_and_says_what_it_is() -> None:
    text = re.sub(r"!ENV \[.*\]", "''", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    [section] = [entry["Practise"] for entry in yaml.safe_load(text)["nav"] if "Practise" in entry]

    assert {
        "For facilitators (spoilers)": [
            {"Answer key": "practice/answer-key.md"},
            {"A filled example": "practice/answer-key/spring-promo/example.md"},
        ]
    } == section[-1]
    assert "answer-key" not in json.dumps(section[:-1])


def test_the_cards_do_not_give_the_order_away(site: Path) -> None:
    cards = json.loads((site / "practice/spring-promo/cards.json").read_text(encoding="utf-8"))["cards"]
    right = [card["id"] for card in reference(site)["cards"]]
    undated = [
        card["event"] for card in reference(site)["cards"] if card["id"] in {c["id"] for c in cards if not c["utc"]}
    ]

    assert [event["id"] for _, event in EVENTS] == [card["event"] for card in reference(site)["cards"]]
    assert sorted(right) == [card["id"] for card in cards] == list(string.ascii_uppercase[: len(cards)])
    assert sum(a == b for a, b in zip(sorted(right), right, strict=True)) < 6
    assert [event["id"] for _, event in EVENTS if not event.get("is_dated", True)] == undated
    assert {"id", "text", "source", "utc", "shown"} == {field for card in cards for field in card}


def test_what_is_printed_brings_its_letters(site: Path) -> None:
    for name in practice.PRINTS:
        with pikepdf.open(site / "practice/spring-promo" / name) as printed:
            fonts = {str(font.BaseFont) for page in printed.pages for font in page.Resources.Font.values()}
        assert fonts and all("AtkinsonHyperlegibleNext" in font for font in fonts), (name, fonts)


# --- the key agrees with the evidence -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def key(site: Path) -> LexborHTMLParser:
    return LexborHTMLParser((site / KEY_PAGE).read_text(encoding="utf-8"))


def rows(key: LexborHTMLParser, section: str) -> list[list[LexborNode]]:
    """The cells of the first table after a heading."""
    table = key.css_first(f"#{section} ~ .md-typeset__scrollwrap table, #{section} ~ table")
    assert table
    return [row.css("td") for row in table.css("tbody tr")]


def test_the_reference_timeline_has_every_card_at_its_minute_and_with_its_source(key: LexborHTMLParser) -> None:
    found = [[cell.text() for cell in row] for row in rows(key, "reference")]

    assert len(EVENTS) == len(found) == 24
    for (time, event), (utc, _, evidence) in zip(EVENTS, found, strict=True):
        assert minute(time) in utc
        assert ("no time" in utc) is not event.get("is_dated", True)
        assert (" Oct " in utc) is (not time.startswith(DATA["day"]))
        source = re.sub(r"^(Change|Incident) <<.*>>", "", event["source"])
        assert source in evidence or event["id"] == "phone", event["id"]
        for accepted in event["accepted"]:
            assert "Also right" in evidence, event["id"]
            assert minute(accepted["from"]) in f"{utc} {evidence}", event["id"]


def test_the_intervals_are_those_of_the_marks(key: LexborHTMLParser) -> None:
    minutes = {event["id"]: minute(event["time"]) for event in DATA["events"]}
    marks = [minutes[DATA["marks"][name]] for name in _MARKS]
    start = count(minutes[DATA["marks"]["impact_start"]])

    assert [(count(mark) - start, mark) for mark in marks] == [
        (int(passed.text()), to.text()[:5]) for _, passed, to in rows(key, "intervals")
    ]


_MARKS = ("first_alert", "first_report", "paged", "acknowledged", "impact_end", "resolved")


def minute(time: str) -> str:
    """The clock of a time of the data, without its day and its seconds."""
    found = re.search(r"(?:^| )(\d\d:\d\d)", time)
    assert found
    return found[1]


def count(time: str) -> int:
    hours, minutes = time.split(":")
    return 60 * int(hours) + int(minutes)


def test_every_factor_stands_in_the_key_with_its_evidence(key: LexborHTMLParser, site: Path) -> None:
    found = rows(key, "factors")

    assert len(found) == len(DATA["factors"]) >= 10
    for number, (factor, (text, evidence, heading)) in enumerate(zip(DATA["factors"], found, strict=True), 1):
        assert words(f"F{number} {factor['factor']}") == words(text.text())
        named = {code.text() for code in evidence.css("code") if re.fullmatch(r"[\w-]+\.\w+", code.text())}
        assert set(factor["files"]) <= named | {"calendar.ics"}
        assert [] == [name for name in named if not (site / "practice/spring-promo" / name).is_file()]
        assert heading.text() in ("Set it off", "Let it spread", "Hid it", "Slowed the repair")


def test_the_unknowns_are_those_of_the_data(key: LexborHTMLParser) -> None:
    shown = words(gate(key).text())

    assert [] == [unknown for unknown in DATA["unknowns"] if words(unknown) not in shown]


def test_the_records_name_fields_that_the_evidence_has(key: LexborHTMLParser) -> None:
    fields = {name for record in DATA["records"] for name in record["fields"]} | {"work_notes"}
    found = rows(key, "records")
    codes = {code.text() for row in found for code in row[2].css("code")}

    assert len(EVENTS) + 1 == len(found)  # and the problem, which has no card
    assert codes
    assert set() == codes - fields
    assert all(minute(time) in row[0].text() for (time, _), row in zip(EVENTS, found, strict=False))


def test_the_faults_of_the_draft_are_those_of_the_data(key: LexborHTMLParser, site: Path) -> None:
    faults = reference(site)["critique"]["faults"]

    assert [[words(fault[name]) for name in ("quote", "fault", "why")] for fault in faults] == [
        [words(cell.text()) for cell in row] for row in rows(key, "draft")
    ]


def test_the_key_says_in_words_as_many_as_there_are(key: LexborHTMLParser) -> None:
    shown = gate(key).text()
    faults, factors = (len(each) for each in (DATA["critique"]["faults"], DATA["factors"]))
    relieved, recovered = (count(minute(each["time"])) for each in DATA["events"] if each["id"] in _RELIEF)

    assert f"has {NUMBERS[faults]} faults" in shown
    assert f"{NUMBERS[factors].capitalize()} stand in the evidence" in shown
    assert any(f"{NUMBERS[recovered - relieved]} more minutes" in unknown for unknown in DATA["unknowns"])


NUMBERS = {7: "seven", 12: "twelve", 18: "eighteen"}
_RELIEF = ("relieved", "recovered")


@pytest.mark.parametrize(("section", "count"), [("blame", 8), ("actions", 10), ("wrong-turns", 12)])
def test_each_list_of_the_key_is_whole(section: str, count: int, key: LexborHTMLParser) -> None:
    found = rows(key, section)

    assert count == len(found)
    assert all(cell.text().strip() for row in found for cell in row)


def test_half_of_the_actions_are_strong(key: LexborHTMLParser) -> None:
    marks = [row[1].text().split(":")[0] for row in rows(key, "actions")]

    assert ["Strong"] * 5 + ["Weak"] * 5 == marks


def test_what_the_key_counts_is_what_the_model_counts(key: LexborHTMLParser) -> None:
    capacity = DATA["capacity"]
    others = sum(job["count"] * job["pool"] for job in capacity["jobs"])
    pods = {number: number * capacity["web"]["pool"] + others for number in (8, 11, 16)}
    relieved = 10 * capacity["web"]["pool"] + others - 25
    shown = gate(key).text()

    limit = capacity["max_connections"] - capacity["reserved"]

    for said in (
        f"8 pods × {capacity['web']['pool']}, and {others} for the rest, make {pods[8]} of {limit}; "
        f"16 pods ask for {pods[16]}.",
        f"takes the sum over {limit}. Done when a test change to 11 pods ({pods[11]}) is refused",
        f"With 8, the shop asks for {pods[8]} connections and has {limit}.",
        f"the database has connections to give ({relieved} in use)",
        f"With 10 pods and without the ETL job, {relieved} connections were enough.",
    ):
        assert said in shown


# --- the pages for participants -----------------------------------------------------------------------------


def test_the_brief_says_what_there_is() -> None:
    text = (PRACTICE / "index.md").read_text(encoding="utf-8")
    roles = set(re.findall(r"\*\* \(`([\w-]+)`\)", text))
    undated = [event for _, event in EVENTS if not event.get("is_dated", True)]

    assert {"web-oncall", "junior-dev", "incident-lead", "support-lead"} <= roles
    assert roles <= {person["role"] for person in DATA["people"]}
    assert f"**{len(EVENTS)} cards**" in text
    assert len(undated) == 6
    assert "Six of them say no time" in text
    assert [] == [each["name"] for each in DATA["system"] if f"**{each['name']}**" not in text]
    channels = {channel["name"] for channel in DATA["chat"]["channels"]}
    assert channels == set(re.findall(r"#[a-z]+(?:-\w+)+", re.sub(r"\]\(.*?\)", "", text)))


def test_the_minutes_of_the_exercises_are_those_of_the_run_sheets() -> None:
    text = (PRACTICE / "exercises.md").read_text(encoding="utf-8")
    titles = {"60 minutes": "short-workshop", "90 minutes": "workshop", "Half day": "half-day"}
    planned = {
        (session["id"], step["exercise"]): step["minutes"]
        for session in SESSIONS["sessions"]
        for step in session["steps"]
        if "exercise" in step
    }
    found = {}
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        anchor = re.search(r"\{ #([a-z]+) \}", part)
        if not anchor:
            continue
        name = {"records": "action"}.get(anchor[1], anchor[1])
        for title, minutes, parts in re.findall(
            r"^\| (60 minutes|90 minutes|Half day) \| (\d+) \| (.+) \|$", part, re.M
        ):
            found[titles[title], name] = int(minutes)
            assert int(minutes) == sum(map(int, re.findall(r"\d+", parts))), (name, title)
    overview = re.findall(
        r"^\| \[\d\. .+?\]\(#([a-z]+)\) \|\s*(\d*)\s*\|\s*(\d*)\s*\|\s*(\d*)\s*\|$", text, re.MULTILINE
    )

    assert planned == found
    assert found == {
        (session, {"records": "action"}.get(anchor, anchor)): int(minutes)
        for anchor, *all_minutes in overview
        for session, minutes in zip(titles.values(), all_minutes, strict=True)
        if minutes.strip()
    }


def test_the_exercises_repeat_the_run_sheets_sentences_word_for_word() -> None:
    text = (PRACTICE / "exercises.md").read_text(encoding="utf-8")
    [rephrase] = [each for each in SESSIONS["exercises"] if each["id"] == "rephrase"]

    assert [] == [card for card in rephrase["cards"] if f"\n{card}\n" not in text]


def test_the_message_to_customers_takes_ten_minutes_and_stands_on_what_was_known_by_then() -> None:
    [part] = re.findall(
        r"^## Ten minutes more.+?(?=^## )", (PRACTICE / "exercises.md").read_text(encoding="utf-8"), re.M | re.S
    )
    steps = [(int(start), int(end)) for start, end in re.findall(r"^\| (\d+) to (\d+) \|", part, re.MULTILINE)]
    answer = (PRACTICE / "answer-key.md").read_text(encoding="utf-8").split("{ #message }")[1].split("\n## ")[0]
    [offer] = [entry for entry in DATA["calendar"]["entries"] if entry["id"] == "offer"]
    local = timedelta(minutes=DATA["clocks"]["people"]["offset_minutes"])
    ends = datetime.fromisoformat(offer["end"]) + local - timedelta(minutes=1)
    [recorded] = [note["time"] for note in DATA["calls"]["notes"] if "Recorded message is on" in note["text"]]
    [called] = [event["time"] for event in DATA["events"] if event["id"] == "first-call"]

    assert 0 == steps[0][0] and 10 == steps[-1][1]
    assert all(before[1] == after[0] for before, after in itertools.pairwise(steps))
    assert f"until the end of {ends:%A}, {ends.day} {ends:%B}" in answer
    assert f"{count(minute(recorded)) - count(minute(called))} minutes after the first call" in answer


def test_each_second_scenario_has_ten_lines_and_three_questions() -> None:
    parts = re.split(r"^## ", (PRACTICE / "second-scenarios.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]

    assert 3 == len(parts)
    for part in parts:
        assert 10 == len(re.findall(r"^\| (?!When |---)", part.replace("|---", "| ---"), re.MULTILINE))
        assert ["1", "2", "3"] == re.findall(r"^(\d)\. ", part, re.MULTILINE)
        assert ".sheet }" in part.split("\n")[0]  # which gives it a page of its own on paper
