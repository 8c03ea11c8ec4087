"""What is made of a practice incident: files in the form of the tools that they seem to be from, cards, and the key."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from selectolax.lexbor import LexborHTMLParser

from pipeline import evidence, graphs, practice, scenario
from pipeline.incident import Incident
from pipeline.shape import Clock
from tests.conftest import FIXTURES, ROOT

CODE = ("shape", "incident", "scenario", "evidence", "graphs", "practice", "room", "consistency")


@pytest.fixture(scope="module")
def incident() -> Incident:
    [found] = scenario.read(ROOT)
    return found


@pytest.fixture(scope="module")
def files(incident: Incident) -> dict[str, str]:
    return dict(practice.files(incident))


def read(files: dict[str, str], name: str) -> str:
    return files[f"spring-promo/{name}"]


def other(root: Path, old: str, new: str) -> Incident:
    """Another incident, with one thing changed."""
    text = (FIXTURES / "scenarios/night-loans.yml").read_text(encoding="utf-8")
    assert old in text
    (root / scenario.FOLDER).mkdir(parents=True)
    (root / scenario.FOLDER / "night-loans.yml").write_text(text.replace(old, new, 1), encoding="utf-8")
    [found] = scenario.read(root)
    return found


def record(files: dict[str, str], name: str, form: str = "value") -> dict[str, str]:
    """The fields of a record as they are stored; `form` is 'display_value' for what is shown."""
    [found] = json.loads(read(files, f"{name}.json"))["result"]
    return {field: both[form] for field, both in found.items()}


# --- another incident is another file -----------------------------------------------------------------------


def test_the_code_holds_no_word_of_an_incident(incident: Incident) -> None:
    """Names of an incident; everyday words, such as 'traffic' or 'applied', prove nothing."""
    told = incident.scenario
    names = [each.name for each in told.system] + [each.role for each in told.people]
    names += [each.number for each in told.records] + [each.name for each in told.chat.channels]
    names += [each.file for each in told.logs] + [each.file for each in told.documents]
    names += [event.id for event in told.events]
    names += [told.title, incident.name, "promo", "shop", "297", "245", "300", "checkout"]
    everyday = {
        "alert",
        "page",
        "counted",
        "resolved",
        "acknowledged",
        "decided",
        "applied",
        "relieved",
        "major",
        "dba",
    }
    everyday |= {"phone", "ticket", "deploy.log"}
    names = [name for name in names if name not in everyday]

    for module in CODE:
        code = (ROOT / f"pipeline/{module}.py").read_text(encoding="utf-8")
        assert [] == [name for name in names if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", code)], module


def test_two_runs_give_the_same_bytes(incident: Incident, files: dict[str, str]) -> None:
    """In another process, too, where Python's own hashes are others."""
    program = (
        "import hashlib, sys; from pathlib import Path; from pipeline import practice, scenario;"
        "[found] = scenario.read(Path(sys.argv[1]));"
        "print(hashlib.sha256(repr(list(practice.files(found))).encode()).hexdigest())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", program, str(ROOT)],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert 1 == len(runs)
    assert files == dict(practice.files(incident))


# --- the form of each file ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "number", "state", "times"),
    [
        ("incident", "INC0048213", "6", ["opened_at", "resolved_at", "sys_created_on"]),
        ("change", "CHG0030417", "3", ["start_date", "end_date", "opened_at", "closed_at", "sys_created_on"]),
        ("problem", "PRB0041187", "101", ["opened_at", "sys_created_on"]),
    ],
)
def test_a_record_is_as_the_table_api_gives_it(
    files: dict[str, str], name: str, number: str, state: str, times: list[str]
) -> None:
    found = record(files, name)

    assert (number, state) == (found["number"], found["state"])
    [fields] = json.loads(read(files, f"{name}.json"))["result"]
    assert {("display_value", "value")} == {tuple(both) for both in fields.values()}
    assert {str} == {type(text) for both in fields.values() for text in both.values()}
    assert times == [field for field, value in found.items() if re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", value)]
    assert re.fullmatch("[0-9a-f]{32}", found["sys_id"])


def test_records_refer_to_each_other_by_id_and_in_the_table_by_number(files: dict[str, str]) -> None:
    [exported] = csv.DictReader(io.StringIO(read(files, "incident.csv")))

    assert record(files, "problem")["sys_id"] == record(files, "incident")["problem_id"]
    assert record(files, "incident")["sys_id"] == record(files, "problem")["first_reported_by_task"]
    assert "PRB0041187" == exported["problem_id"]


def test_a_code_is_shown_in_words_and_a_reference_by_its_name(files: dict[str, str]) -> None:
    [exported] = csv.DictReader(io.StringIO(read(files, "incident.csv")))
    found, shown = record(files, "incident"), record(files, "incident", "display_value")

    assert ("6", "Resolved", "Resolved") == (found["state"], shown["state"], exported["state"])
    assert "web-oncall" == shown["assigned_to"] == exported["assigned_to"]
    assert re.fullmatch("[0-9a-f]{32}", found["assigned_to"])
    assert "" == found["caused_by"] == shown["caused_by"] == found["work_notes"]
    assert shown["work_notes"].startswith("2026-10-15 02:40:12 - service-desk (Work notes)\n")


def test_the_closing_code_is_one_that_blames(files: dict[str, str]) -> None:
    found = record(files, "incident")

    assert ("User error", "Human error - scaled web without checking DB") == (found["close_code"], found["close_notes"])


def test_the_chat_lives_by_the_clock_of_people(files: dict[str, str]) -> None:
    channels = json.loads(read(files, "chat.json"))["channels"]
    messages = [message for channel in channels for message in channel["messages"]]

    assert {"+10:00"} == {message["at"][-6:] for message in messages}
    [junior] = [message for message in messages if message["from"] == "junior-dev" and "dashboard" in message["text"]]
    assert "2026-10-15T11:58:30+10:00" == junior["at"]
    assert "always flat at 245. it went up at 11:34 and is stuck at 297 since 11:36" in junior["text"]
    assert f"[2026-10-15 11:58:30] junior-dev: {junior['text']}" in read(files, "chat.txt")


def test_nobody_answers_the_one_who_saw_it(files: dict[str, str]) -> None:
    channels = {each["name"]: each["messages"] for each in json.loads(read(files, "chat.json"))["channels"]}
    messages = channels["#inc-0048213"]
    at = next(number for number, each in enumerate(messages) if each["from"] == "junior-dev")

    assert [] == [each for each in messages[at + 1 :] if "junior" in each["text"] or "dashboard" in each["text"]]


def test_errors_are_worded_as_their_programs_word_them(files: dict[str, str]) -> None:
    assert re.search(
        r"^2026-10-15 01:36:08\.\d{3} UTC \[\d+\] shop_web@shop FATAL:  remaining connection slots are reserved for "
        r"non-replication superuser connections$",
        read(files, "db.log"),
        re.MULTILINE,
    )
    assert re.search(
        r"^2026-10-15 01:37:05\.\d{3} ERROR .* HikariPool-1 - Connection is not available, request timed out after "
        r"30000ms\.",
        read(files, "app.log"),
        re.MULTILINE,
    )
    scaling = read(files, "scaling.log")
    assert "New size: 12; reason: pods metric http_requests_in_flight above target" in scaling
    assert "Scaled up replica set shop-web-6c8f5d7b9f to 12 from 10" in scaling
    assert "New size: 10; reason: Current number of replicas above Spec.MaxReplicas" in scaling
    assert re.search(
        r'Readiness probe failed: Get "http://10\.42\.\d+\.\d+:8080/actuator/health/readiness": context deadline '
        r"exceeded \(Client\.Timeout exceeded while awaiting headers\)$",
        scaling,
        re.MULTILINE,
    )


@pytest.mark.parametrize("name", ["app.log", "db.log", "deploy.log", "scaling.log"])
def test_the_lines_of_a_log_are_in_order(files: dict[str, str], name: str) -> None:
    stamps = [line[:23] for line in read(files, name).splitlines()]

    assert len(stamps) > 8
    assert sorted(stamps) == stamps


def test_the_database_counts_297(files: dict[str, str]) -> None:
    text = read(files, "pg_stat_activity.txt")
    rows = re.findall(r"^ (\S+) +\| ([a-z ]+?) +\| +(\d+)$", text, re.MULTILINE)

    assert text.startswith("-- shop-db-01, 2026-10-15 02:17:25 UTC\n")
    assert 297 == sum(int(count) for _, _, count in rows)
    assert sum(int(count) for _, state, count in rows if state == "idle") > 200


def test_the_alert_rules_can_be_read_and_wait_as_long_as_it_took(files: dict[str, str]) -> None:
    [group] = yaml.safe_load(read(files, "alert-rule.yml"))["groups"]

    assert ["2m", "12m"] == [rule["for"] for rule in group["rules"]]


def test_the_calendar_is_an_icalendar(files: dict[str, str]) -> None:
    text = read(files, "calendar.ics")
    lines = text.replace("\r\n ", "").split("\r\n")

    assert "" == lines.pop()
    assert ["BEGIN:VCALENDAR", "VERSION:2.0"] == lines[:2]
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 3
    assert "\n" not in text.replace("\r\n", "")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    assert "DTSTART:20261015T013000Z" in lines
    assert "DESCRIPTION:420\\,000 customers. Moved from 12:00 to 11:30 local time." in lines
    assert lines.index("STATUS:CANCELLED") > lines.index("SUMMARY:Mail batch 2 of 2")


def test_what_a_calendar_holds_between_commas_stays_together(tmp_path: Path) -> None:
    folder = tmp_path / "data/scenarios"
    folder.mkdir(parents=True)
    text = (FIXTURES / "scenarios/night-loans.yml").read_text(encoding="utf-8")
    (folder / "night-loans.yml").write_text(text.replace("Bring one", "Bring " + "ä" * 60), encoding="utf-8")
    [incident] = scenario.read(tmp_path)

    made = evidence.calendar_text(incident)

    assert "SUMMARY:A reading\\; by candles\r\n" in made
    assert f"DESCRIPTION:Bring {'ä' * 60}\\, or two.\r\n" in made.replace("\r\n ", "")
    assert max(len(line.encode()) for line in made.split("\r\n")) <= 75


def test_an_anchor_is_that_of_one_thing_and_a_file_keeps_its_own(tmp_path: Path) -> None:
    names = ("query.sql", "alerts.yml", "alerts.txt", "pods.txt", "scaling-log.txt", "calendar.txt", "wall.txt")
    more = "".join(f'  - {{ file: "{name}", title: "T", about: "A", text: "x" }}\n' for name in names)
    incident = other(tmp_path, "documents:\n", f"documents:\n{more}")

    page = dict(practice.files(incident))["night-loans/evidence.md"]

    anchors = re.findall(r"(?m)^##.* \{ #([\w-]+) \}$", page)
    assert sorted(set(anchors)) == sorted(anchors)
    assert ["query-sql", "alerts", "alerts-txt", "pods-txt", "scaling-log-txt", "calendar-txt", "wall", "rules"] == (
        anchors[anchors.index("query-sql") : -1]
    )
    assert set(anchors) >= set(re.findall("href='#([^']+)'", page))


def test_a_cell_is_no_formula(tmp_path: Path) -> None:
    fields = (
        """category: "-5", a: "+1.5", b: "@a", c: "\\t=a", d: "-a", e: "'=a", f: "=1", g: "x;=1;-2;-a\\n- a","""
        """ h: "＝1;＋2", state:"""
    )
    incident = other(tmp_path, 'state: "6"', f'{fields} "6"')

    [exported] = csv.DictReader(io.StringIO(evidence.files(incident)["incident.csv"]))

    assert ["-5", "+1.5", "'@a", "'\t=a", "'-a", "'=a", "'=1", "x;'=1;-2;'-a\n- a", "'＝1;＋2"] == [
        exported[name] for name in ("category", *"abcdefgh")
    ]


def test_words_of_which_each_line_takes_another_are_filled_in(tmp_path: Path) -> None:
    incident = other(tmp_path, 'book: ["atlas", "novel"]', 'book: ["no. <<max>>", ""]')

    said = evidence.files(incident)["shelf.log"]

    assert {" of no. 60 failed", " of  failed"} == set(re.findall(" of .*", said))


def test_seconds_since_1970_are_the_same_on_every_machine() -> None:
    """The clock of people is an hour ahead here, as if the machine were; C would take it for the machine's own."""
    clock = Clock(name="UTC+1", offset_minutes=60)

    assert "86400.007 %s 01:00" == clock.show(datetime(1970, 1, 2, 0, 0, 0, 7000, tzinfo=UTC), "%s.%f %%s %H:%M")


def test_every_graph_has_its_words_and_its_limit(incident: Incident, files: dict[str, str]) -> None:
    drawn = graphs.graphs(incident)

    assert ["connections", "latency", "errors", "pods", "requests"] == [graph.name for graph in drawn]
    for graph in drawn:
        tree = LexborHTMLParser(read(files, graph.file))
        assert [graph.summary] == [node.text() for node in tree.css("desc")]
        assert ["t d"] == [node.attributes["aria-labelledby"] for node in tree.css("svg[role=img]")]
    tree = LexborHTMLParser(read(files, "connections.svg"))
    assert ["max_connections: 300"] == [node.text() for node in tree.css(".limit-name")]
    assert "245 from 01:00, 285 from 01:34, 297 from 01:36, 260 from 02:24, until 03:00" in drawn[0].summary


def test_a_line_is_drawn_through_every_value(incident: Incident, files: dict[str, str]) -> None:
    """Read back from the drawing with its own scale."""
    tree = LexborHTMLParser(read(files, "connections.svg"))
    [path] = [node.attributes["d"] or "" for node in tree.css(".line")]
    drawn = [float(y) for y in re.findall(r"(?:V|M[\d.]+ )([\d.]+)", path)]
    levels = {
        int(node.text()): float(node.attributes["y"] or 0)
        for node in tree.css("text[text-anchor=end]")
        if node.text().isdigit()
    }
    zero, step = levels[0], (levels[0] - levels[300]) / 300

    assert [minute.connections for minute in incident.series.values()] == [round((zero - y) / step) for y in drawn]


# --- cards and key ------------------------------------------------------------------------------------------


def test_the_cards_are_shuffled_and_hold_no_answer(files: dict[str, str]) -> None:
    found = json.loads(read(files, "cards.json"))
    key = json.loads(files["answer-key/spring-promo/reference.json"])
    order = [card["id"] for card in key["cards"]]

    assert [chr(ord("A") + number) for number in range(24)] == [card["id"] for card in found["cards"]]
    assert sum(one == other for one, other in zip(sorted(order), order, strict=True)) < 4
    assert {"scenario", "title", "day", "zones", "cards"} == found.keys()
    assert {frozenset(["id", "text", "source", "utc", "shown"])} == {frozenset(card) for card in found["cards"]}
    assert 6 == sum(card["utc"] is None and card["shown"] == "" for card in found["cards"])


def test_a_card_tells_the_time_on_the_clock_of_its_source(files: dict[str, str]) -> None:
    cards = json.loads(read(files, "cards.json"))["cards"]
    shown = {card["source"]: (card["utc"], card["shown"]) for card in cards if card["utc"]}

    assert ("2026-10-15T01:36:00Z", "01:36 (UTC)") == shown["Database log"]
    assert ("2026-10-15T01:41:00Z", "11:41 (UTC+10)") == shown["Support call notes"]
    assert ("2026-10-13T04:12:00Z", "13 Oct 04:12 (UTC)") == shown["Change CHG0030417"]


def test_the_key_has_an_order_factors_and_unknowns(files: dict[str, str]) -> None:
    key: dict[str, Any] = json.loads(files["answer-key/spring-promo/reference.json"])
    times = [card["utc"] for card in key["cards"]]

    assert 24 == len(times)
    assert sorted(times) == times
    assert len(key["factors"]) >= 9
    assert key["unknowns"]
    assert all(factor["files"] for factor in key["factors"])


def test_what_a_page_runs_is_what_the_data_says_and_nothing_else(files: dict[str, str]) -> None:
    for name, word in (
        ("spring-promo/cards", "practiceCards"),
        ("answer-key/spring-promo/reference", "practiceReference"),
    ):
        script = files[f"{name}.js"]
        assert script.startswith(f"globalThis.{word} = {{")
        assert "<" not in script
        assert json.loads(files[f"{name}.json"]) == json.loads(script.split(" = ", 1)[1].removesuffix(";\n"))


def test_html_in_the_file_is_shown_and_not_run(tmp_path: Path) -> None:
    folder = tmp_path / "data/scenarios"
    folder.mkdir(parents=True)
    text = (FIXTURES / "scenarios/night-loans.yml").read_text(encoding="utf-8")
    for word in _WORDS:
        assert word in text
        text = text.replace(word, f"{word}<img src=x onerror=a()>")
    (folder / "night-loans.yml").write_text(text, encoding="utf-8")
    [incident] = scenario.read(tmp_path)

    made = dict(practice.files(incident))

    pages = [content for name, content in made.items() if name.endswith((".md", ".svg", ".js"))]
    pages.append(practice.document(incident, "en"))
    assert 11 == len(pages)
    assert [] == [page for page in pages if "<img src=x" in page]
    assert sum(page.count("&lt;img src=x") for page in pages) > 20


_WORDS = (
    "Night Loans", "A reader calls.", "All of it.", "Nobody counted", "On the wall", "A reader wants a book",
    "No loans", "Shelf log", "Ring after", "A library lends", "It was", "A draft", "To take", "Bring one",
)  # fmt: skip
