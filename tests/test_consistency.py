"""The files of a practice incident tell one story: a contradiction of any kind, in any of them, is found and named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from pipeline import consistency, practice, publish, scenario
from pipeline.browser import Reader
from pipeline.incident import Incident
from pipeline.room import stamps_of
from tests.conftest import FIXTURES, ROOT

BASE = "https://site.invalid/"


@pytest.fixture(scope="module")
def incidents(tmp_path_factory: pytest.TempPathFactory) -> list[Incident]:
    """This project's incident, another one, and the same in odd."""
    root = tmp_path_factory.mktemp("incidents")
    shutil.copytree(FIXTURES / "scenarios", root / scenario.FOLDER)
    for path in (ROOT / scenario.FOLDER).iterdir():
        shutil.copy(path, root / scenario.FOLDER)
    [plain] = (root / scenario.FOLDER).glob("night-loans.yml")
    plain.with_name("odd-loans.yml").write_text(_odd(plain.read_text(encoding="utf-8")), encoding="utf-8")
    return scenario.read(root)


def _odd(text: str) -> str:
    """An incident that is right, and looks odd: signs beyond the usual, lines within messages, times that are none."""
    for old, new in (
        ('title: "Night Loans"', 'title: "\N{ROCKET} Night Loans"'),
        ('text: "it was quiet', 'text: "0001-01-01T00:00:00Z\\n[second] 0000-00-00 00:00:00\\nit was quiet'),
        ('text: "Ring after', 'text: "```\\nRing after'),
        ('text: "0001-01', 'text: "as it says:\\n[2027-02-03 20:10:05] ERROR no shelf\\n0001-01'),
        ("pods then.", "pods then. <<utc scaled>> (UTC) was the last good minute."),
        ('card: "A reader calls."', 'card: "A reader calls at <<time called>> (UTC-3)."'),
        ('short_description: "No loans"', 'short_description: "-No loans"'),
        ("max_connections: 60", "max_connections: 52"),  # all of them are taken from the beginning, and nobody waits
        ("  series:", '    - { time: "20:40:30", name: "catalogue", to: 4 }\n  series:'),
        ("  series:", '    - { time: "20:40:10", name: "catalogue", to: 3 }\n  series:'),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    return text


@pytest.fixture(scope="module")
def made(incidents: list[Incident], tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Path:
    """Everything that a build makes of them, as it waits for MkDocs."""
    folder = tmp_path_factory.mktemp("practice")
    reader = Reader(browser, folder, BASE)
    for incident in incidents:
        prints, problems = practice.prints(incident, reader, address=BASE, time=1_800_000_000, lang="en")
        assert [] == problems
        for name, content in practice.files(incident):
            publish.write(folder / name, content)
        for name, printed in prints.items():
            publish.write(folder / incident.name / name, printed)
    return folder


@pytest.fixture
def room(made: Path, tmp_path: Path) -> Path:
    """A copy to plant something in."""
    return Path(shutil.copytree(made, tmp_path / "practice"))


def found(folder: Path) -> list[str]:
    return [str(problem) for problem in consistency.problems(folder)]


def edit(path: Path, change: Callable[[str], str]) -> None:
    before = path.read_bytes().decode("utf-8")
    after = change(before)
    assert before != after, f"nothing was planted in {path.name}"
    path.write_bytes(after.encode("utf-8"))


def test_everything_agrees(made: Path, incidents: list[Incident]) -> None:
    assert ["night-loans", "odd-loans", "spring-promo"] == [incident.name for incident in incidents]
    assert [] == found(made)


def test_nothing_is_said_where_there_is_no_incident(tmp_path: Path) -> None:
    assert [] == found(tmp_path)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        # times, on either clock
        ("chat.txt", "[2026-10-15 12:14:10]", "[2026-10-15 12:16:10]",
         "chat.txt:{line}: says '[2026-10-15 12:16:10] dba: here."),
        ("support-notes.txt", "2026-10-15 11:41:10", "2026-10-15 11:40:10",
         "support-notes.txt: has nothing at 2026-10-15 01:41 UTC, when 'first-call' happened by the key"),
        ("chat.json", '"minutes": 600', '"minutes": 630',
         "chat.json:{line}: has UTC+10 10:30:00 before UTC, and cards.json 10:00:00"),
        ("chat.json", "2026-10-15T12:19:40+10:00", "2026-10-15T12:19:40+09:30",
         "chat.json:{line}: has 2026-10-15T12:19:40+09:30, and UTC+10 is 10:00:00 before UTC"),
        ("support-notes.txt", "All times are UTC+10.", "All times are UTC.",
         "support-notes.txt: has nothing at 2026-10-15 01:41 UTC, when 'first-call' happened by the key"),
        ("db.log", "01:36:08", "01:35:08",
         "db.log: has nothing at 2026-10-15 01:36 UTC, when 'slots-full' happened by the key"),
        ("deploy.log", "2026-10-15T01:10:22Z", "2026-10-15T01:11:22Z",
         "deploy.log: has nothing at 2026-10-15 01:10 UTC, when 'css-deploy' happened by the key"),
        ("calendar.ics", "DTSTART:20261015T013000Z", "DTSTART:20261015T020000Z",
         "calendar.ics: has nothing at 2026-10-15 01:30 UTC, when 'mail-1' happened by the key"),
        ("calendar.ics", "Moved from 12:00 to 11:30", "Moved from 12:00 to 11:20",
         "calendar.ics:{line}: speaks of 11:20, when nothing happened on either clock"),
        ("job-schedule.txt", "daily at 11:00 local", "daily at 11:05 local",
         "job-schedule.txt: has nothing at 2026-10-15 01:00 UTC, when 'etl-start' happened by the key"),
        ("incident.json", '"opened_at": {\n        "display_value": "2026-10-15 01:44:20"',
         '"opened_at": {\n        "display_value": "2026-10-15 01:45:20"',
         "incident.json:{line}: has '2026-10-15 01:45:20' as opened_at, and incident.csv has '2026-10-15 01:44:20'"),
        ("incident.json",
         '"opened_at": {\n        "display_value": "2026-10-15 01:44:20",\n        "value": "2026-10-15 01',
         '"opened_at": {\n        "display_value": "2026-10-15 01:44:20",\n        "value": "2026-10-14 15',
         "incident.json:{line}: shows '2026-10-15 01:44:20' as opened_at, and stores '2026-10-14 15:44:20'"),
        ("incident.json",
         '"resolved_at": {\n        "display_value": "2026-10-15 02:40:12",\n        "value": "2026-10-15 02:40',
         '"resolved_at": {\n        "display_value": "2026-10-15 02:31:12",\n        "value": "2026-10-15 02:31',
         "incident.json:{line}: is resolved at 2026-10-15 02:31:12, and by the key at 02:40"),
        ("incident.json", "First caller at 11:41 local", "First caller at 11:45 local",
         "incident.json:{line}: speaks of 11:45, when nothing happened on either clock"),
        ("pg_stat_activity.txt", "2026-10-15 02:17:25 UTC", "2026-10-15 02:27:25 UTC",
         "pg_stat_activity.txt:1: counts 297 connections at 02:27, and metrics.csv has 260"),
        ("cards.json", '"utc": "2026-10-15T01:49:00Z"', '"utc": "2026-10-15T01:50:00Z"',
         "has 'C' at 2026-10-15T01:50:00Z, and reference.json at 2026-10-15T01:49:00Z"),
        ("critique.md", "| 02:03 |", "| 02:04 |",
         "critique.md:{line}: speaks of 02:04, when nothing happened on either clock"),
        # counts
        ("pg_stat_activity.txt", "   172", "   173",
         "pg_stat_activity.txt:1: counts 298 connections at 02:17, and metrics.csv has 297"),
        ("pg_stat_activity.txt", "(9 rows)", "(8 rows)", "pg_stat_activity.txt:{line}: has 9 rows, and says otherwise"),
        ("pg_stat_activity.txt", " admin-portal     ", " admin-console    ",
         "pg_stat_activity.txt:{line}: has connections of 'admin-console', which settings.csv does not know"),
        ("chat.json", "297 connections, that is", "298 connections, that is",
         "chat.json:{line}: speaks of 298 connections, and there never were as many"),
        ("chat.json", "always flat at 245", "always flat at 254",
         "chat.json:{line}: speaks of 254 connections, and there never were as many"),
        ("chat.json", "all 16 pods", "all 17 pods",
         "chat.json:{line}: speaks of 17 pods, and there never were as many"),
        ("cards.json", "counts the connections: 297", "counts the connections: 300,",
         "cards.pdf: does not show the numbers of the card 'V', 300"),
        ("pg_stat_activity.txt", "shop=# ", "shelf=# ",
         "pg_stat_activity.txt:{line}: is a session with 'shelf', and the logs know shop"),
        # pods, pools, limits and what follows from them
        ("metrics.csv", "2026-10-15 01:36,341,12,297,28", "2026-10-15 01:36,341,12,300,25",
         "metrics.csv:{line}: has 300 as db_connections at 01:36, and pods, pools and limits make it 297"),
        ("metrics.csv", "2026-10-15 01:34,266,10,285,0", "2026-10-15 01:34,266,11,285,0",
         "metrics.csv:{line}: has 11 as pods at 01:34, and pods, pools and limits make it 10"),
        ("settings.csv", "shop-web,maximumPoolSize,20", "shop-web,maximumPoolSize,15",
         "metrics.csv:2: has 245 as db_connections at 01:00, and pods, pools and limits make it 205"),
        ("settings.csv", "max_connections,300", "max_connections,320",
         "metrics.csv:38: has 297 as db_connections at 01:36, and pods, pools and limits make it 317"),
        ("settings.csv", "reporting-etl,replicas,1", "reporting-etl,replicas,0",
         "scaling.log:50: scales reporting-etl down from 1 to 0, and there were 0"),
        ("scaling.log", "to 12 from 10", "to 13 from 10", "scales shop-web up from 12 to 14, and there were 13"),
        ("scaling.log", "New size: 12;", "New size: 13;",
         "scaling.log:{line}: gives shop-web the new size 13, and no step goes"),
        ("scaling.log", "01:33:12Z  Normal   ScalingReplicaSet", "01:31:12Z  Normal   ScalingReplicaSet",
         "metrics.csv:34: has 8 as pods at 01:32, and pods, pools and limits make it 10"),
        ("app.log", "S-778432", "S-776132",
         "app.log:{line}: counts 217 more since 01:36, and by metrics.csv about 2"),
        ("db.log", "distance=51412 kB", "distance=12864 kB",
         "db.log:{line}: wrote 12864 kB until 02:00, and by metrics.csv about 5"),
        ("settings.csv", "shop-web,replicas,8", "shop-web,replicas,4",
         "pods of 4 that were started"),
        # where it began and ended, and how long it took
        ("metrics.csv", "30000,8.8\n", "30000,1.8\n", "puts 'impact_start' at 01:38, and the key at 01:37"),
        ("metrics.csv", "30000,7.0\n", "4800,7.0\n",
         "metrics.csv:{line}: has 4800 ms at 02:30, and with more than 5 % in vain it is 30000"),
        ("app.log", "timed out after 30000ms", "timed out after 20000ms",
         "app.log:{line}: times out after 20000 ms, and the longest in metrics.csv is 30000"),
        ("metrics.csv", "30000,7.0\n", "30000,0.2\n", "puts 'impact_end' at 02:30, and the key at 02:31"),
        ("reference.json", '"minutes": 54', '"minutes": 55', "has 55 minutes impact, and the times make 54"),
        ("reference.json", '"minutes": 15', '"minutes": 14',
         "has 14 minutes to its acknowledgement, and the times make 15"),
        ("alert-rule.yml", "for: 12m", "for: 10m",
         "alert-rule.yml:{line}: waits 10 minutes, and no alert came after so many"),
        # numbers of records
        ("chat.json", "channel for INC0048213", "channel for INC0048231",
         "chat.json:{line}: speaks of INC0048231, and the"),
        ("deploy.log", "CHG0030417", "CHG0030471",
         "deploy.log:{line}: speaks of CHG0030471, and the records are CHG0030417"),
        ("incident.csv", "PRB0041187", "PRB0041178", "incident.csv:{line}: speaks of PRB0041178, and the records are"),
        ("cards.json", "#inc-0048213", "#inc-0048231", "speaks of inc-0048231, and the records are"),
        ("incident.json", '"problem_id": {\n        "display_value": "PRB0041187",\n        "value": "',
         '"problem_id": {\n        "display_value": "PRB0041187",\n        "value": "0',
         "incident.json:{line}: does not lead to the problem by problem_id"),
        ("incident.json", '"problem_id": {\n        "display_value": "PRB0041187"',
         '"problem_id": {\n        "display_value": "CHG0030417"',
         "incident.json:{line}: shows 'CHG0030417' as problem_id, and stores '"),
        ("problem.json", '"first_reported_by_task": {\n        "display_value": "INC0048213",\n        "value": "',
         '"first_reported_by_task": {\n        "display_value": "INC0048213",\n        "value": "0',
         "problem.json:{line}: does not lead to the incident by first_reported_by_task"),
        # the same thing in two places
        ("cards.js", "Checkouts fail.", "Checkouts work.", "cards.js:1: holds something else than cards.json"),
        ("reference.js", "Impact begins.", "Impact ends.", "reference.js:1: holds something else than reference.json"),
        ("change.csv", "2026-10-13 04:12:37", "2026-10-13 04:21:37", "has '2026-10-13 04:12:37' as closed_at"),
        ("evidence.md", "rolled back everywhere at 12:01", "rolled back everywhere at 12:10",
         "evidence.md: does not show chat.txt as it is"),
        ("evidence.md", "<td>2026-10-15 01:44:20</td>", "<td>2026-10-15 01:45:20</td>",
         "evidence.md: does not show the times of INC0048213 as they are"),
        ("evidence.md", "<td>108</td>", "<td>180</td>", "evidence.md: shows other values"),
        # graphs
        ("connections.svg", "297 from 01:36", "299 from 01:36",
         "connections.svg:1: says 299 at 01:36, and metrics.csv has 297"),
        ("connections.svg", "max_connections: 300", "max_connections: 400",
         "connections.svg:1: draws 'max_connections: 400', and settings.csv has 300"),
        ("connections.svg", "max_connections is 300", "max_connections is 301",
         "connections.svg:1: draws max_connections at 301, and settings.csv has 300"),
        ("errors.svg", "The highest is 47.6", "The highest is 57.6", "errors.svg:1: says that 57.6 is the highest"),
        ("latency.svg", "600 ms from 02:31", "900 ms from 02:31",
         "latency.svg:1: says 900 at 02:31, and metrics.csv has 600"),
        ("pods.svg", "first reached at 02:11", "first reached at 02:10",
         "pods.svg:1: says 24 at 02:10, and metrics.csv has 22"),
        ("requests.svg", ">01:30<", ">01:35<", "requests.svg:1: has 01:35 on its axis where another time belongs"),
        ("requests.svg", ">150<", ">160<", "requests.svg:1: has 160 on its axis where another value belongs"),
        ("requests.svg", "L61.3 191.4", "L61.3 181.4", "requests.svg:1: draws 110 at 01:01, and metrics.csv has 92"),
        ("connections.svg", "class='limit' d='M58 72.6", "class='limit' d='M58 66.6",
         "connections.svg:1: draws a limit at 310, and settings.csv has 300"),
        ("connections.svg", "class='line' d='M58.0 104.0H61.3V104.0", "class='line' d='M58.0 104.0",
         "connections.svg:1: draws 120 minutes, and metrics.csv has 121"),
        # the key, and the draft
        ("reference.json", '"from": "2026-10-15T01:55:40Z",\n          "to": "2026-10-15T02:01:15Z"',
         '"from": "2026-10-15T01:56:40Z",\n          "to": "2026-10-15T02:01:15Z"',
         "accepts other times for 'D' than its own"),
        ("reference.json", '"utc": "2026-10-15T01:52:00Z"', '"utc": "2026-10-15T01:53:00Z"', "has two times for"),
        ("reference.json", '"is": 54', '"is": 45',
         "takes 39 minutes for wrong and 45 for right, and the intervals are 2, 4,"),
        ("critique.md", "39-minute", "54-minute",
         "critique.md: does not say '39-minute outage', which the key finds there"),
    ],
)  # fmt: skip
def test_a_contradiction_is_named(room: Path, file: str, old: str, new: str, message: str) -> None:
    folder = room / "answer-key/spring-promo" if file.startswith("reference.") else room / "spring-promo"
    edit(folder / file, lambda text: text.replace(old, new, 1))

    problems = found(room)

    text = (folder / file).read_bytes().decode("utf-8")
    message = message.replace("{line}", str(text[: text.index(new)].count("\n") + 1))
    assert [each for each in problems if message in each], problems
    assert all(each.endswith("; correct data/scenarios/spring-promo.yml [scenario]") for each in problems)


def test_printed_cards_that_are_not_those_on_the_screen_are_named(room: Path) -> None:
    path = room / "spring-promo/cards.json"
    cards = json.loads(path.read_text(encoding="utf-8"))
    known = next(card for card in cards["cards"] if card["source"] == "Database log")
    known["utc"], known["text"] = "2026-10-15T01:46:00Z", "The database welcomes everybody."
    path.write_text(json.dumps(cards), encoding="utf-8")

    problems = "\n".join(found(room))

    assert f"cards.pdf: does not show 'welcomes everybody' of the card '{known['id']}'" in problems
    assert f"cards.pdf: has no card at 01:46 (UTC) or 11:46 (UTC+10), where cards.json has '{known['id']}'" in problems
    assert "cards.pdf: has a card at 01:36 (UTC) that cards.json does not have" in problems


def test_a_time_in_the_words_of_a_card_is_not_that_of_another(room: Path) -> None:
    path = room / "odd-loans/cards.json"
    cards = json.loads(path.read_text(encoding="utf-8"))
    [known] = [card for card in cards["cards"] if "reader calls" in card["text"]]
    known["utc"] = "2027-02-03T20:16:00Z"
    path.write_text(json.dumps(cards), encoding="utf-8")

    problems = "\n".join(found(room))

    assert f"cards.pdf: has no card at 20:16 (UTC) or 17:16 (UTC-3), where cards.json has '{known['id']}'" in problems
    assert "cards.pdf: has a card at 17:14 (UTC-3) that cards.json does not have" in problems


def test_a_line_of_a_message_that_is_another_is_named(room: Path) -> None:
    edit(room / "odd-loans/chat.txt", lambda text: text.replace("ERROR no shelf", "ERROR no book"))

    assert "chat.txt:5: says '[2027-02-03 20:10:05] ERROR no book', and chat.json says '[" in "\n".join(found(room))


def test_an_incident_that_was_never_resolved_is_named(room: Path) -> None:
    for file in ("incident.json", "incident.csv"):
        edit(room / "spring-promo" / file, lambda text: text.replace("resolved_at", "solved_at"))

    assert "incident.json: is resolved at no time, and by the key at 02:40; correct" in "\n".join(found(room))


def test_what_was_found_before_a_file_that_cannot_be_read_is_told(room: Path) -> None:
    edit(room / "spring-promo/chat.txt", lambda text: text.replace("[2026-10-15 12:14:10]", "[2026-10-15 12:16:10]"))
    (room / "spring-promo/cards.pdf").unlink()

    one, *_, last = found(room)

    assert "spring-promo/chat.txt:" in one
    assert "spring-promo/: cannot be read back (FileNotFoundError: " in last


def test_what_looks_like_a_time_and_is_none_is_passed_over() -> None:
    assert ["10:05"] == [f"{at:%H:%M}" for at in stamps_of("0000-00-00 00:00, 2027-02-03 10:05:01")]


def test_a_card_that_only_one_file_knows_is_named(room: Path) -> None:
    path = room / "spring-promo/cards.json"
    cards = json.loads(path.read_text(encoding="utf-8"))
    gone = cards["cards"].pop()
    path.write_text(json.dumps(cards), encoding="utf-8")

    assert f"cards.json: and reference.json do not both know the card '{gone['id']}'" in "\n".join(found(room))


@pytest.mark.parametrize("file", ["metrics.csv", "chat.json", "cards.pdf", "settings.csv", "evidence.md"])
def test_a_file_that_is_missing_or_broken_is_named_and_nothing_else_breaks(room: Path, file: str) -> None:
    path = room / "spring-promo" / file
    path.unlink()

    [problem] = found(room)

    assert problem.startswith("practice/spring-promo/: cannot be read back (FileNotFoundError: ")


def test_every_check_runs() -> None:
    called = set(consistency._findings.__code__.co_names)

    assert {name for name in vars(consistency) if name.endswith("_findings")} - {"_findings"} <= called
