"""Practice incidents: each way in which a file can be wrong is named with its line, and the numbers are computed."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from pipeline import evidence, scenario
from pipeline.incident import Incident, MeaningError
from pipeline.problems import BuildError
from tests.conftest import FIXTURES, ROOT, Project, told
from tests.test_faults import refused

NAME = "data/scenarios/night-loans.yml"
VALID = (FIXTURES / "scenarios" / "night-loans.yml").read_text(encoding="utf-8")


def write(root: Path, text: str, name: str = NAME) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")


RULES = 'file: "rules.txt"\n    title: "House rules"\n    about: "On the wall."\n    text: "Ring'
NOTE = '{ time: "20:59", who: "librarian", text: "y" }'


def changed(old: str, new: str) -> str:
    """The valid incident with one thing changed, wherever it stands first."""
    assert old in VALID
    return VALID.replace(old, new, 1)


def line(text: str, needle: str) -> int:
    assert needle in text
    return text[: text.index(needle)].count("\n") + 1


def refusal(root: Path, text: str) -> list[str]:
    """What is said against an incident, which must be something."""
    write(root, text)
    with pytest.raises(BuildError) as caught:
        scenario.read(root)
    return [str(problem) for problem in caught.value.problems]


def real() -> Incident:
    [incident] = scenario.read(ROOT)
    return incident


# --- reading ------------------------------------------------------------------------------------------------


def test_what_is_right_is_read(tmp_path: Path) -> None:
    write(tmp_path, VALID)

    [incident] = scenario.read(tmp_path)

    assert ("night-loans", "Night Loans") == (incident.name, incident.scenario.title)


def test_a_project_need_not_have_any(tmp_path: Path) -> None:
    assert [] == scenario.read(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "at", "message"),
    [
        # shape
        ('title: "Night Loans"\n', "", 'day: "2027', "title: is missing; add it"),
        ('title: "Night Loans"', '\u2028titel: "Night Loans"\ntitle: "Night Loans"', "titel:",
         "titel: is no field of this place"),
        ('title: "Night Loans"', 'titel: "Night Loans"\ntitle: "Night Loans"', "titel:",
         "titel: is no field of this place; did you mean 'title'?"),
        ('title: "Night Loans"', '~: c\ntitle: "Night Loans"', "~: c",
         "~: is no field of this place; the fields are title, day, brief, clocks, system, people, capacity, events, "
         "marks, factors, unknowns, records, chat, calls, calendar, snapshot, logs, scaling, documents, critique, "
         "example [scenario]"),
        ('title: "Night Loans"', '<<: {x: y}\ntitle: "Night Loans"', "<<:",
         "<<: is no field of this place; the fields are title, day,"),
        ('title: "Night Loans"', 'title: "Night Loans"\n? [a, b]\n: c', "? [a",
         "a list or a mapping is no key; write a word before the colon [scenario]"),
        ("pool: 10,", "pool: 10, {a: b}: c,", "{a: b}",
         "a list or a mapping is no key; write a word before the colon [scenario]"),
        ("every_seconds: 50", "every_second: 50", "every_second:",
         "logs.lines.every_second: is no field of this place; did you mean 'every_seconds'?"),
        ("max_connections: 60", "max_connections: sixty", "max_connections: sixty",
         "capacity.max_connections: Input should be a valid integer, unable to parse string as an integer, and not "
         "'sixty'; correct it"),
        ("pool: 10", "pool: 0", "pool: 0",
         "capacity.web.pool: Input should be greater than or equal to 1, and not '0'; correct it"),
        ('day: "2027-02-03"', 'day: "2027-02-30"', "day:",
         "day: Input should be a valid date or datetime, day value is outside expected range, and not '2027-02-30'; "
         "correct it"),
        ('clock: "people", source', 'clock: "peple", source', 'clock: "peple"',
         "events.clock: Input should be 'records' or 'people', and not 'peple'; correct it"),
        ('number: "INC0000007"', 'number: "INC7"', 'number: "INC7"',
         "records.number: String should match pattern '^[A-Z]{3}[0-9]{7}$', and not 'INC7'; correct it"),
        ('brief: "A library lends no books for a while."', 'brief: ""', "brief:",
         "brief: String should have at least 1 character, and not ''; correct it"),
        ('  series:\n    start: "20:00"', '  series: none\n  seris:\n    start: "20:00"', "series: none",
         "capacity.series: is no mapping; write its fields, a line each"),
        ("unknowns: [", "unknowns: maybe # [", "unknowns:",
         "unknowns: is no list; write each item on a line of its own, after '- '"),
        ('title: "Night Loans"', 'title: "Night Loans"\ntitle: "Day Loans"', 'title: "Day',
         "'title' stands here twice; remove one"),
        ('text: "## Post-mortem: Loans', r'text: "## Post-mortem: Loans\n\n| a |\n|---|\n| 1 | lost |',
         'text: "## Post',
         "example.text: in its line 5, the table's head has no column for 'lost', so that nobody sees it; write "),
        # names
        ('source: "Scaling events"', 'accepted: [{ from: "scald", to: "20:11", why: "x" }]\n    source: "x"',
         "accepted: [{", "events.accepted.from: 'scald' is no time and no event; did you mean 'scaled'?"),
        ('time: "20:10:05"', 'time: "25:10:05"', 'time: "25',
         "events.time: '25:10:05' is no time of any day; correct it"),
        ('time: "20:10:05"', 'time: "0001-01-01 10:05"', 'time: "0001',
         "events.time: '0001-01-01 10:05' is no time of any day; correct it"),
        ('time: "20:10:05"', 'time: "20.10"', 'time: "20.10"', "events.time: '20.10' is no time and no event; "),
        ('time: "20:10:05"', 'time: "full"', 'time: "full"',
         "events.time: is the id of an event; write the time itself, e.g. '01:33'"),
        ('id: "full"', 'id: "scaled"', '{ id: "scaled"', "events.id: 'scaled' stands here twice; change one"),
        ('impact_end: "over"', 'impact_end: "ever"', 'impact_end: "ever"',
         "marks.impact_end: there is no event 'ever'; did you mean 'over'?"),
        ('who: "librarian", text', 'who: "libarian", text', 'who: "libarian"',
         "records.journal.who: nobody has the role 'libarian'; did you mean 'librarian'?"),
        ('files: ["shelf.log", "metrics.csv"]', 'files: ["self.log", "metrics.csv"]', "self.log",
         "events.files: there is no file 'self.log'; did you mean 'shelf.log'?"),
        ('files: ["settings.csv"]', 'files: ["nowhere.txt"]', "nowhere.txt",
         "factors.files: there is no file 'nowhere.txt'"),
        ('time: "mended", name: "catalogue"', 'time: "mended", name: "catalog"', 'name: "catalog",',
         "capacity.changes.name: there are no connections of 'catalog'; did you mean 'catalogue'?"),
        ('file: "rules.txt"', 'file: "chat.txt"', 'file: "chat.txt"',
         "documents.file: the build makes a file 'chat.txt' itself; choose another name"),
        ('file: "rules.txt"', 'file: "shelf.log"', "shelf.log\"\n    title: \"House",
         "documents.file: 'shelf.log' stands here twice; change one"),
        ('table: "problem"', 'table: "incident"', 'table: "incident"\n    number: "PRB',
         "records.table: 'incident' stands here twice; change one"),
        # placeholders
        ("<<max>>", "<<maximum>>", "<<maximum>>",
         "system.what: there is no placeholder '<<maximum>>'; did you mean 'max'?"),
        ("<<local called>>", "<<local>>", "<<local>>",
         "records.journal.text: the placeholder '<<local>>' takes 1 word after it and has 0; correct it"),
        ("<<pods 20:11>>", "<<pods 22:00>>", "<<pods 22:00>>",
         "events.card: '22:00' is not among the minutes measured, 20:00 to 21:00"),
        ("<<serial 100 7>>", "<<serial one 7>>", "<<serial one",
         "logs.lines.text: '<<serial one 7>>' needs two numbers, as in <<serial 1000 7>>"),
        ("<<minutes failing over>>", "<<minutes failing ovr>>", "failing ovr",
         "example.text: 'ovr' is no time and no event; did you mean 'over'?"),
        ("<<book>>", "<<boook>>", "<<boook>>", "logs.lines.text: there is no placeholder '<<boook>>'"),
        ('book: ["atlas"', 'book: ["<<mx>>"', "<<mx>>",
         "logs.vary.book: there is no placeholder '<<mx>>'; did you mean 'max'?"),
        ("<<max>>", "<<zzz>>", "<<zzz>>",
         "system.what: there is no placeholder '<<zzz>>'; there are time, utc, local, "),
        # what would be in no file
        ("short_description: \"No loans\"", "work_notes: \"No loans\"", "work_notes:",
         "records.fields.work_notes: is made by the build, of the journal; take it away here"),
        ("short_description: \"No loans\"", "sys_id: \"No loans\"", "sys_id:",
         "records.fields.sys_id: is made by the build, of the number; take it away here"),
        ('labels: { state: "Resolved" }', 'labels: { stat: "Resolved" }', 'labels: { stat:',
         "records.labels.stat: is no field of this record; did you mean 'state'?"),
        *((', time: "20:11", files', f', time: "20:11", {field}: {value}, files', f"{field}: {value}",
           f"events.{field}: is for a card, and 'full' has none; give it a 'card', or take this away")
          for field, value in (("note", '"x"'), ("hidden", '"x"'), ("source", '"x"'),
                               ("accepted", '[{ from: "20:11", to: "20:11", why: "x" }]'))),
        *(('title: "Night Loans"', f'title: "{blank}"', "title:", "title: holds nothing but spaces; write some words")
          for blank in (" ", "\\t\\n")),
        ('- name: "#night"', f'- {{ name: "#night", about: "x", messages: [{NOTE}] }}\n    - name: "#night"',
         '    - name: "#night"', "chat.channels.name: '#night' stands here twice; change one"),
        ('name: "UTC-3"', 'name: "UTC+3"', "people: {",
         "clocks.people.name: 'UTC+3' is not -180 minutes from UTC; make them agree"),
        ('number: "PRB0000009"', 'number: "INC0000007" # too', 'number: "INC0000007" # too',
         "records.number: 'INC0000007' stands here twice; change one"),
        ("system:\n", 'system:\n  - { name: "catalogue", what: "x" }\n', '  - { name: "catalogue", what: "Lends',
         "system.name: 'catalogue' stands here twice; change one"),
        *(('stamp: "', f'stamp: "{stamp}" # "', "stamp:", f"logs.stamp: '{stamp}' is no form of a time; write ")
          for stamp in ("%H:%Q", "at noon", "%H:%M %")),
        *((f"- {first}", f"- {NOTE}\n{indent}- {first}", f"- {first}",
           f"{field}.time: is before the one above it; put them in order")
          for first, indent, field in (
              ('{ time: "called", who', "      ", "records.journal"),
              ('{ time: "paged", who', "        ", "chat.channels.messages"))),
        ('- { time: "called", text', '- { time: "20:59", text: "y" }\n    - { time: "called", text',
         '- { time: "called", text', "calls.notes.time: is before the one above it; put them in order"),
        ("at <<local called>>.", "at <<local called.", "- { time: \"called\"",
         "records.journal.text: '<<local called' is no placeholder, and is published as it stands; write '<<loc"),
        ("at <<local called>>.", "at <local called>.", "- { time: \"called\"",
         "records.journal.text: '<local called>' is no placeholder, and is published as it stands; write '<<local "),
        ("lends no books for", "lends **no** books for", "brief:", "brief: '**no**' shows its signs, as no Markdown"),
        ("lends no books for", "lends [no](a.md) books for", "brief:", "brief: '[no](a.md)' shows its signs"),
        ('file: "rules.txt"', 'file: "rules.json"', 'text: "Ring',
         "documents.text: is not valid JSON, as 'rules.json' has to be (Expecting value: line 1 column 1 (char 0)); "),
        *((RULES, RULES.replace("rules.txt", name).replace('"Ring', f'"{text}Ring'), f'text: "{text}Ring',
           f"documents.text: is not valid {kind}, as '{name}' has to be ({why}")
          for name, text, kind, why in (
              ("rules.csv", "a,b\\n1,2,3\\n", "CSV", "its line 2 has 3 cells, and the first has 2); correct it"),
              ("rules.yml", "a: b: ", "YAML", "mapping values are not allowed here"))),
        # order
        ("reserved: 2", "reserved: 60", "reserved: 60",
         "capacity.reserved: leaves no connection to anybody; have fewer than max_connections"),
        ('end: "21:00"', 'end: "19:00"', 'end: "19:00"', "capacity.series.end: is not after the start; correct it"),
        ('end: "21:00"', 'end: "2027-02-05 21:00"', 'end: "2027-02-05',
         "capacity.series.end: is a day or more after the start; measure less"),
        ('time: "20:10", rate: 30', 'time: "20:00", rate: 30', 'time: "20:00", rate: 30',
         "capacity.series.traffic.time: is not after the one before it; put them in order"),
        ('start: "20:00", end: "23:00"', 'start: "20:00", end: "20:00"', 'end: "20:00"',
         "calendar.entries.end: is not after the start; correct it"),
        (', until: "20:18"', "", '- { time: "failing"',
         "logs.lines: has one of 'every_seconds' and 'until'; give both, or neither"),
        ('until: "20:18"', 'until: "20:11"', 'until: "20:11"',
         "logs.lines.until: is not after the time; correct it"),
        ('    source: "Log"\n', "", 'id: "failing"',
         "events: the card of 'failing' has no 'source'; say where it is from"),
        ('{ from: "20:11", to: "20:13"', '{ from: "20:13", to: "20:14"', 'from: "20:13"',
         "events.accepted: does not hold the time of the event itself; correct it"),
        ("vary: {", "vary: {nobody: [], ", "vary: {nobody", "logs.vary.nobody: Tuple should have at least 1 item"),
        ('until: "20:18"', 'until: "2999-12-31 00:00"', 'until: "2999', "logs.lines.until: makes "),
        ('snapshot:\n  time: "paged"', 'snapshot:\n  time: "23:00"', 'time: "23:00"',
         "snapshot.time: is not among the minutes measured, 20:00 to 21:00; choose one of them"),
        ("<<serial 100 7>>", f"<<serial 1{'0' * 5000} 7>>", "<<serial 1", "logs.lines.text: '<<serial 100"),
        *(('file: "rules.txt"', f'file: "{name}"', name, "documents.file: String should match pattern")
          for name in ("rules.svg", "rules.html", "rules.js", "rules.md", "cards.pdf")),
        ('file: "rules.txt"', 'file: "cards.json"', "cards.json",
         "documents.file: the build makes a file 'cards.json' itself; choose another name"),
        ('start: "20:00"\n    end: "21:00"', 'start: "20:00:10"\n    end: "20:00:50"', 'end: "20:00:50"',
         "capacity.series.end: is not after the start; correct it"),
        ('end: "21:00"', 'end: "2027-02-04 20:00"', 'end: "2027-02-04',
         "capacity.series.end: is a day or more after the start; measure less"),
        ('web: { name: "catalogue"', 'web: { name: "lo (ans"', "lo (ans",
         "capacity.web.name: String should match pattern"),
        ('day: "2027-02-03"', 'day: "3027-02-03"', 'day: "3027', "day: is in no year that the evidence could be of"),
        # what follows from the model
        ('id: "full", time: "20:11"', 'id: "full", time: "20:10"', 'id: "full", time: "20:10"',
         "events.time: 'full' is at 20:10, and the capacity model puts it at 20:11; make them agree"),
        ('id: "over", time: "20:24"', 'id: "over", time: "20:25"', 'time: "20:25"',
         "events.time: 'over' is at 20:25, and the capacity model puts it at 20:24; make them agree"),
        ("pool: 10", "pool: 2", "limit_reached:",
         "marks.limit_reached: the capacity model never comes to that; change the model, or what happened"),
        ('state: "active", count: 3', 'state: "active", count: 11', "count: 11",
         "snapshot.busy.count: 11 connections of loans-sync are busy, and it has 10 then; have fewer"),
        ("pool: 10, replica_set: \"loans", "pool: 90, replica_set: \"loans", "  jobs:",
         "capacity.jobs: ask for 90 connections at 20:00, and there are 58 for all; have fewer"),
        ("minutes: 8", "minutes: 12", "minutes: 12",
         "critique.wrong.minutes: is what the evidence says; give a number that it contradicts"),
        ('quote: "human error"', 'quote: "<<human>>"', 'quote: "<<human', "critique.faults.quote: "),
        ("pool: 10,", "pool: 10, settings: { replicas: 9 },", "settings: { rep",
         "capacity.web.settings.replicas: is a setting that the build writes itself; choose another name"),
        ('book: ["atlas", "novel"]', 'book: ["atlas"], lines: ["<<book>>"]', "lines: [\"<<", "logs.vary.lines: "),
        ('quote: "human error"', 'quote: "human failure"', 'quote: "human failure"',
         "critique.faults.quote: 'human failure' is not in the text; quote it word for word"),
        ('says: "8 minutes"', 'says: "9 minutes"', 'says: "9',
         "critique.wrong.says: '9 minutes' is not in the text; quote it word for word"),
        ('text: "## Post-mortem: Loans', 'text: "# Post-mortem: Loans', 'text: "# Post',
         "example.text: does not begin with its only title ('## …', all others '### …'); write one there"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, old: str, new: str, at: str, message: str) -> None:
    text = changed(old, new)
    found = refusal(tmp_path, text)

    assert [each for each in found if each.startswith(f"{NAME}:{line(text, at)}: {message}")], found
    assert all(each.endswith(("[scenario]", "[yaml]")) for each in found)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a.csv", 'a,b\n"1\n2",3\n\n'),
        ("a.csv", ""),
        ("a.yml", "a: !x 1\n---\n- b\n"),
        ("a.json", "5"),
        ("a.txt", "{a,\nb"),
    ],
)
def test_documents_may_hold_what_their_names_say(file: str, text: str) -> None:
    assert "" == scenario._malformed(file, text)


@pytest.mark.parametrize(
    "words",
    [
        "`services/**` and `charts/**`, ****1234 and ****5678, a**2 + b**2",
        "handlers[0](event), pool[web](10)",
        "std::cout << errors << 1 << max, <incident called=1>, < <<minutes failing paged>> minutes, <max>",
    ],
)
def test_what_is_meant_as_it_stands_is_let_be(words: str, tmp_path: Path) -> None:
    write(tmp_path, changed("lends no books for", words))

    assert [1] == [len(incident.scenario.documents) for incident in scenario.read(tmp_path)]


def test_a_draft_may_be_quoted_as_it_is_read_or_as_it_is_written(tmp_path: Path) -> None:
    draft = 'text: "It was human error on <<max>> connections, for 8 minutes."'
    for number, quote in enumerate(("error on <<max>> connections", "error on 60 connections")):
        text = changed('text: "It was human error, for 8 minutes."', draft).replace(
            'quote: "human error"', f'quote: "{quote}"'
        )
        folder = tmp_path / str(number) / scenario.FOLDER
        folder.mkdir(parents=True)
        (folder / "night-loans.yml").write_text(text, encoding="utf-8")
        [incident] = scenario.read(tmp_path / str(number))
        assert "error on 60 connections" in evidence.key_files(incident)["reference.json"]


@pytest.mark.parametrize("cell", ["=1+1", "x;=1", "x,@a", 'x,"=1"', "x\\t+a", "-1+a", "x\\n=1"])
def test_a_table_has_no_formula(cell: str, tmp_path: Path) -> None:
    text = changed('file: "rules.txt"', 'file: "rules.csv"').replace("Ring after", cell.replace('"', '\\"'))

    [told] = refusal(tmp_path, text)

    row = line(text, ' minutes."')
    assert told.startswith(f"{NAME}:{row}: documents.text: a spreadsheet takes ")


def test_signs_that_are_no_formula_are_let_be(tmp_path: Path) -> None:
    text = changed('file: "rules.txt"', 'file: "rules.csv"').replace(
        "Ring after", "-5,+1.5,-,- 3 %,+01:30,a=1,a-b,'=1,"
    )

    write(tmp_path, text)

    assert [1] == [len(incident.scenario.documents) for incident in scenario.read(tmp_path)]


def test_lines_are_limited_in_all_as_well(tmp_path: Path) -> None:
    text = changed(
        '- { time: "failing", every_seconds: 50, until: "20:18"',
        '- &l { time: "failing", every_seconds: 1, until: "22:58"',
    )
    text = text.replace('of <<book>> failed" }\n', 'of <<book>> failed" }\n' + "      - *l\n" * 20)

    message = "logs.lines: makes more than 100,000 lines of all logs and events together; have fewer [scenario]"
    assert [f"{NAME}:{line(text, '&l')}: {message}"] == refusal(tmp_path, text)


def test_what_an_editor_keeps_beside_an_incident_is_no_incident(tmp_path: Path) -> None:
    write(tmp_path, VALID)
    write(tmp_path, "\0", "data/scenarios/._night-loans.yml")
    (tmp_path / "data/scenarios/.#night-loans.yml").symlink_to("nobody@nowhere.1234")

    assert ["night-loans"] == [incident.name for incident in scenario.read(tmp_path)]


def test_the_library_that_validates_says_nothing_of_itself(tmp_path: Path) -> None:
    found = refusal(tmp_path, changed("max_connections: 60", "max_connections: []").replace("pool: 10", "pool: -1"))

    assert 3 == len(found)
    assert not re.search(r"pydantic|https?:", " ".join(found))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", f"{NAME}:1: is empty; write an incident, or remove the file"),
        ("- a\n- b\n", f"{NAME}:1: the file: is no mapping; write its fields, a line each"),
        ("title: [\n", f"{NAME}:2: is not valid YAML: "),
        ("title: &a [*a, *a]\n", f"{NAME}:"),
    ],
)
def test_a_file_that_is_no_incident_is_refused(tmp_path: Path, text: str, message: str) -> None:
    assert refusal(tmp_path, text)[0].startswith(message)


@pytest.mark.parametrize("name", ["Night Loans.yml", "answer-key.yml", "evidence.yml", "example.yml"])
def test_a_name_that_is_no_address_is_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path, VALID, f"data/scenarios/{name}")

    with pytest.raises(BuildError) as caught:
        scenario.read(tmp_path)
    [problem] = caught.value.problems
    message = f"the name '{name[:-4]}' is no good address for an incident; use a-z, 0-9 and '-'"
    assert f"data/scenarios/{name}: {message}" == told(problem)


def test_everything_that_is_wrong_is_told_of_every_file(tmp_path: Path) -> None:
    write(tmp_path, VALID.replace("maximum", "").replace("<<max>>", "<<mx>>").replace("<<book>>", "<<bok>>"))
    write(tmp_path, "", "data/scenarios/other.yml")

    found = refusal(tmp_path, (tmp_path / NAME).read_text(encoding="utf-8"))

    assert ["night-loans.yml", "night-loans.yml", "other.yml"] == [each.split(":")[0].split("/")[-1] for each in found]


def test_times_are_what_is_written_and_not_what_yaml_takes_them_for(tmp_path: Path) -> None:
    """Without quotation marks, YAML reads 20:10:05 as a number, and a date with a time as another thing again."""
    text = changed('time: "20:10:05"', "time: 20:10:05").replace('"2027-02-01 09:00"', "2027-02-01 09:00")
    write(tmp_path, text)

    [incident] = scenario.read(tmp_path)

    assert (20, 10, 5) == (lambda at: (at.hour, at.minute, at.second))(incident.at("scaled"))


# --- what follows from it -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "pods", "wanted", "connections", "waiting"),
    [
        ("01:00", 8, 245, 245, 0),
        ("01:33", 8, 245, 245, 0),  # a minute passes until the database sees what was ordered
        ("01:34", 10, 285, 285, 0),
        ("01:36", 12, 325, 297, 28),
        ("01:40", 16, 405, 297, 108),
        ("02:17", 24, 565, 297, 268),
        ("02:24", 10, 260, 260, 0),
        ("03:00", 10, 260, 260, 0),
    ],
)
def test_connections_are_computed_and_end_at_the_limit(
    moment: str, pods: int, wanted: int, connections: int, waiting: int
) -> None:
    minute = real().measured(moment)

    assert (pods, wanted, connections, waiting) == (minute.pods, minute.wanted, minute.connections, minute.waiting)


@pytest.mark.parametrize(
    ("moment", "latency", "errors"),
    [
        ("01:00", 436, 0.2),  # 80 ms ÷ (1 - 245 ÷ 300)
        ("01:34", 1600, 0.2),  # 80 ms ÷ (1 - 285 ÷ 300)
        ("01:36", 8000, 0.2),  # 80 ms ÷ (1 - 297 ÷ 300); nobody has waited 30 s yet
        ("01:37", 30000, 8.8),  # 0.2 + 28 of 325
        ("02:20", 30000, 47.6),  # 0.2 + 268 of 565
        ("02:24", 30000, 47.6),
        ("02:30", 30000, 7.0),  # a seventh of the way is left: still more than a twentieth
        ("02:31", 600, 0.2),  # 80 ms ÷ (1 - 260 ÷ 300)
    ],
)
def test_response_times_and_errors_follow_from_them(moment: str, latency: int, errors: float) -> None:
    minute = real().measured(moment)

    assert (latency, errors) == (minute.latency, minute.errors)


def test_a_text_can_say_what_share_failed() -> None:
    incident = real()

    said = incident.text("<<errors timeouts>> % at first, <<errors counted>> % later", incident.clock("records"))

    assert "8.8 % at first, 47.6 % later" == said


def test_a_text_can_hold_signs_that_look_like_those_of_a_placeholder() -> None:
    incident = real()
    text = "cat <<EOF\nlimit: <<max>>\nEOF\ncat <<EOF\nhello\nEOF\necho 1 << 2 >> log"

    with pytest.raises(MeaningError, match="there is no placeholder '<<2>>'"):
        incident.text(text, incident.clock("records"))
    said = incident.text(text.replace(" << 2", ""), incident.clock("records"))

    assert "cat <<EOF\nlimit: 300\nEOF\ncat <<EOF\nhello\nEOF\necho 1 >> log" == said


def test_a_placeholder_may_go_on_in_the_next_line() -> None:
    incident = real()

    assert "54 minutes" == incident.text("<<minutes\ntimeouts recovered>> minutes", incident.clock("records"))


def test_changes_within_a_minute_are_made_in_their_order(tmp_path: Path) -> None:
    later = '- { time: "20:40:30", name: "catalogue", to: 3 }'
    write(
        tmp_path,
        changed("  series:\n", f'    {later}\n    - {{ time: "20:40:10", name: "catalogue", to: 2 }}\n  series:\n'),
    )

    [incident] = scenario.read(tmp_path)

    assert 3 == incident.measured("20:41").pods


def test_there_is_a_row_for_every_minute() -> None:
    times = list(real().series)

    assert 121 == len(times)
    assert {60} == {int((other - one).total_seconds()) for one, other in itertools.pairwise(times)}


def test_the_intervals_are_those_that_the_answer_key_names() -> None:
    assert [2, 4, 12, 15, 54, 63] == [each.minutes for each in real().intervals]


def test_jobs_have_what_they_want_and_pods_the_rest() -> None:
    assert {"shop-web": 212, "reporting-etl": 25, "admin-portal": 20, "order-worker": 40} == real().connections_of(
        "02:17"
    )


# --- the record, filled in ----------------------------------------------------------------------------------


def example() -> str:
    return real().scenario.example.text


def test_the_record_has_the_parts_of_the_template() -> None:
    twin = (ROOT / ".github/ISSUE_TEMPLATE/post-mortem.md").read_text(encoding="utf-8")

    assert re.findall(r"(?m)^### (.+)$", example()) == re.findall(r"(?m)^## (.+)$", twin)


def test_the_record_has_the_tables_of_the_template() -> None:
    twin = (ROOT / ".github/ISSUE_TEMPLATE/post-mortem.md").read_text(encoding="utf-8")
    heads = [
        [[re.sub(r"\{.*\}", "", cell).strip() for cell in head.split("|")] for head in re.findall(_HEAD, text)]
        for text in (twin, example())
    ]

    assert heads[0] == heads[1]
    assert len(heads[0]) > 4


_HEAD = r"(?m)^(\|.+\|)\n\| ?---"


def test_nothing_that_the_model_knows_is_written_into_the_record_as_a_number() -> None:
    incident = real()
    capacity = incident.scenario.capacity
    known = {each.minutes for each in incident.intervals} - {2, 4}  # which stand in for too much else
    known |= {incident.usable, capacity.max_connections, *(minute.wanted for minute in incident.series.values())}
    typed = re.sub(r"<<[^>]*>>", "", example())

    assert [] == re.findall(r"\d\d:\d\d|(?:INC|CHG|PRB)\d+", typed)
    assert set() == {str(number) for number in known} & set(re.findall(r"(?<![-\w])\d+(?![-\w])", typed))


def test_the_record_names_evidence_for_each_factor_of_the_case() -> None:
    scenario = real().scenario
    rows = re.findall(r"(?m)^\| F(\d+) \|.*\| (.+) \|$", example())

    assert [str(number) for number, _ in enumerate(scenario.factors, 1)] == [number for number, _ in rows]
    for factor, (number, named) in zip(scenario.factors, rows, strict=True):
        assert set(re.findall(r"`(.+?)`", named)) & set(factor.files), f"F{number}"


def test_each_action_of_the_record_answers_a_factor_and_is_verified_after_it_is_due() -> None:
    rows = re.findall(r"(?m)^\| .+ \| (F\d+) \| ([\w-]+) \| (\S+) \| (\S+): .+ \| #\d+ \|$", example())
    roles = {person.role for person in real().scenario.people}

    assert 4 == len(rows)
    assert all(owner in roles and due < verified for _, owner, due, verified in rows)
    assert all(f"\n| {factor} | " in example() for factor, *_ in rows)


# --- in a build ---------------------------------------------------------------------------------------------


def test_a_wrong_incident_ends_a_build(tiny: Project) -> None:
    text = changed("<<max>>", "<<mx>>")
    write(tiny.root, text)

    message = "system.what: there is no placeholder '<<mx>>'; did you mean 'max'? [scenario]"
    assert f"{NAME}:{line(text, '<<mx>>')}: {message}\n1 problem found\n" == refused(tiny).err


def test_another_incident_is_another_file(built: Project) -> None:
    write(built.root, VALID)
    (built.root / "data/scenarios/._night-loans.yml").write_bytes(b"\xff")  # as some systems keep beside a file

    outcome = built.run()

    assert 0 == outcome.code, outcome.err
    folder = built.root / "dist/site/practice"
    assert "Evidence room: Night Loans" in (folder / "night-loans/evidence/index.html").read_text(encoding="utf-8")
    assert (folder / "night-loans/cards.pdf").read_bytes().startswith(b"%PDF")
    assert ["example", "reference.js", "reference.json"] == sorted(
        path.name for path in (folder / "answer-key/night-loans").iterdir()
    )
