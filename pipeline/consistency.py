"""Read the files of a practice incident back, and see whether they tell the same story.

What is looked at is what was made, as somebody would who holds two of the files beside each other: nothing here knows
how they were made. Numbers are read where a line speaks of connections or pods; a number that stands for something
else, nobody can check here.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from statistics import median

from selectolax.lexbor import LexborHTMLParser

from pipeline import pdf
from pipeline.problems import Problem, line_of, shown
from pipeline.room import CLOCK, STAMP, Room, minute, stamps_of

_MINUTE = timedelta(minutes=1)
_NUMBER = re.compile(r"\b(INC|CHG|PRB)-?(\d{7})\b", re.IGNORECASE)

GRAPHS = {
    "connections.svg": "db_connections",
    "latency.svg": "p95_ms",
    "errors.svg": "error_percent",
    "pods.svg": "pods",
    "requests.svg": "requests_per_s",
}
"""The column that each graph is drawn from."""

Finding = tuple[str, int, str]
"""A file, a line of it, and what is wrong there."""


def problems(folder: Path) -> Iterator[Problem]:
    """What does not agree in the files of any incident below `folder`, as they wait for MkDocs."""
    for path in sorted(folder.glob("answer-key/*/reference.json")):
        name = path.parent.name
        try:
            for finding in _findings(Room(folder / name, path.parent)):
                yield _problem(name, *finding)
        except (OSError, ArithmeticError, ValueError, LookupError, TypeError, csv.Error) as error:
            yield _problem(name, "", 0, f"cannot be read back ({type(error).__name__}: {error})")


def _problem(name: str, file: str, line: int, message: str) -> Problem:
    source = f"data/scenarios/{name}.yml"
    place = f"practice/{'answer-key/' if file.startswith('reference.') else ''}{name}/{file}"
    return Problem(place, line, "scenario", f"{message}; correct {source}")


def _findings(room: Room) -> Iterator[Finding]:
    yield from _twin_findings(room)
    yield from _field_findings(room)
    yield from _number_findings(room)
    yield from _moment_findings(room)
    yield from _clock_findings(room)
    yield from _zone_findings(room)
    yield from _count_findings(room)
    yield from _capacity_findings(room)
    yield from _latency_findings(room)
    yield from _serial_findings(room)
    yield from _written_findings(room)
    yield from _pod_findings(room)
    yield from _mark_findings(room)
    yield from _snapshot_findings(room)
    yield from _graph_findings(room)
    yield from _drawing_findings(room)
    yield from _card_findings(room)
    yield from _print_findings(room)
    yield from _page_findings(room)
    yield from _critique_findings(room)


def _line(room: Room, file: str, needle: str) -> int:
    return line_of(room.read(file), needle)


# --- the same thing in two files ----------------------------------------------------------------------------


def _twin_findings(room: Room) -> Iterator[Finding]:
    """Files that exist in two forms."""
    for name in ("cards", "reference"):
        script = re.sub(r"^globalThis\.\w+ = |;\n$", "", room.read(f"{name}.js"))
        if json.loads(script) != room.json(f"{name}.json"):
            yield f"{name}.js", 1, f"holds something else than {name}.json"
    for name, record in room.displayed.items():
        [exported] = csv.DictReader(io.StringIO(room.read(f"{name}.csv")))
        for field, value in exported.items():
            if value.replace("'", "") != record[field].replace("'", ""):  # with which a cell begins that is no formula
                line = _line(room, f"{name}.json", f'"{field}"')
                yield f"{name}.json", line, f"has {shown(record[field])} as {field}, and {name}.csv has {shown(value)}"
    spoken = ""
    for channel in room.json("chat.json")["channels"]:
        spoken += f"\n\n==== {channel['name']} ({channel['about']})"
        for message in channel["messages"]:
            spoken += f"\n[{message['at'][:19].replace('T', ' ')}] {message['from']}: {message['text']}"
    _, *written = room.read("chat.txt").splitlines()  # the first says whose clock it is
    pairs = itertools.zip_longest(written, spoken.splitlines()[1:], fillvalue="")
    for number, (one, other) in enumerate(pairs, 2):
        if one != other:
            yield "chat.txt", number, f"says {shown(one)}, and chat.json says {shown(other)}"


def _field_findings(room: Room) -> Iterator[Finding]:
    """Fields of records that are shown as something else than what is stored: times, and numbers of records."""
    numbers = {record["sys_id"]: record["number"] for record in room.records.values()}
    for name, record in room.records.items():
        for field, value in record.items():
            text = room.displayed[name][field]
            is_plain = STAMP.fullmatch(value) or STAMP.fullmatch(text) or _NUMBER.fullmatch(text)
            if is_plain and text != numbers.get(value, value):
                line = _line(room, f"{name}.json", f'"{field}"')
                yield f"{name}.json", line, f"shows {shown(text)} as {field}, and stores {shown(value)}"


def _number_findings(room: Room) -> Iterator[Finding]:
    """Numbers of records that are none of the three, and records that refer to nothing."""
    numbers = {record["number"] for record in room.records.values()}
    for file in room.files:
        for number, line in enumerate(room.read(file).splitlines(), 1):
            for found in _NUMBER.finditer(line):
                if f"{found[1].upper()}{found[2]}" not in numbers:
                    yield file, number, f"speaks of {found[0]}, and the records are {', '.join(sorted(numbers))}"
    ids = {record["sys_id"]: name for name, record in room.records.items()}
    for name, field, other in (
        ("incident", "problem_id", "problem"),
        ("problem", "first_reported_by_task", "incident"),
    ):
        if ids.get(room.records[name].get(field, "")) != other:
            yield f"{name}.json", _line(room, f"{name}.json", f'"{field}"'), f"does not lead to the {other} by {field}"


# --- times --------------------------------------------------------------------------------------------------


def _moment_findings(room: Room) -> Iterator[Finding]:
    """Events that a file shows at another time than the key says, or not at all."""
    stamps: dict[str, dict[datetime, int]] = {}
    for name, moment in room.reference["moments"].items():
        at = room.moments[name]
        for file in moment["files"]:
            if file not in stamps:
                stamps[file] = room.stamps(file)
            known = stamps[file]
            bare = {found[0] for found in CLOCK.finditer(room.read(file))} if not known else set()
            if at not in known and not room.clocks(at) & bare:
                message = f"has nothing at {at:%Y-%m-%d %H:%M} UTC, when '{name}' happened by the key"
                yield file, 0, message
    for card in room.reference["cards"]:
        if minute(card["utc"]) != room.moments[card["event"]]:
            line = _line(room, "reference.json", f'"id": "{card["id"]}"')
            yield "reference.json", line, f"has two times for '{card['id']}'"
        for span in card["accepted"]:
            if not minute(span["from"]) <= minute(card["utc"]) <= minute(span["to"]):
                line = _line(room, "reference.json", span["why"])
                yield "reference.json", line, f"accepts other times for '{card['id']}' than its own"


def _clock_findings(room: Room) -> Iterator[Finding]:
    """Times without a day that are none of those at which something happened or a number changed."""
    known: set[str] = set()
    for at in [*room.moments.values(), *_changes(room)]:
        known |= room.clocks(at)
    for file in room.files:
        if file == "evidence.md":  # which shows the other files, and is looked at with them
            continue
        for number, line in enumerate(room.read(file).splitlines(), 1):
            for found in CLOCK.finditer(STAMP.sub("", line)):
                if found[0] not in known:
                    yield file, number, f"speaks of {found[0]}, when nothing happened on either clock"


def _zone_findings(room: Room) -> Iterator[Finding]:
    """The clock of the chat, in its head and in each message, against that of the cards."""
    chat = room.json("chat.json")
    name, ahead = chat["clock"]["name"], timedelta(minutes=chat["clock"]["minutes"])
    known = room.zones.get(name)
    if ahead != known:
        yield (
            "chat.json",
            _line(room, "chat.json", '"minutes"'),
            f"has {name} {ahead} before UTC, and cards.json {known}",
        )
    for at in [message["at"] for channel in chat["channels"] for message in channel["messages"]]:
        if datetime.fromisoformat(at).utcoffset() != known:
            yield "chat.json", _line(room, "chat.json", at), f"has {at}, and {name} is {known} before UTC"


def _changes(room: Room) -> list[datetime]:
    """The minutes in which the number of pods or of connections is another than before."""
    pairs = itertools.pairwise(room.metrics.items())
    return [
        at for (_, one), (at, other) in pairs if any(one[each] != other[each] for each in ("pods", "db_connections"))
    ]


# --- counts -------------------------------------------------------------------------------------------------


def _count_findings(room: Room) -> Iterator[Finding]:
    """Numbers of connections and pods that were never measured, set or asked for."""
    connections = {int(row["db_connections"]) for row in room.metrics.values()}
    connections |= {int(row["db_connections"] + row["waiting"]) for row in room.metrics.values()}
    connections |= {value for each in room.settings.values() for value in each.values()} | set(room.limits)
    pods = {int(row["pods"]) for row in room.metrics.values()}
    for ends in re.findall(r"maxReplicas (\d+) -> (\d+)", room.read("deploy.log") if _has(room, "deploy.log") else ""):
        pods |= set(map(int, ends))
    for file in room.files:
        if file.endswith((".log", ".csv")) or file in ("evidence.md", "pg_stat_activity.txt"):
            continue
        for number, line in enumerate(room.read(file).splitlines(), 1):
            for value, noun in _counted(line):
                if value not in (pods if noun == "pods" else connections | pods):
                    yield file, number, f"speaks of {value} {noun}, and there never were as many"


def _has(room: Room, file: str) -> bool:
    return (room.folder / file).is_file()


def _counted(line: str) -> Iterator[tuple[int, str]]:
    """The numbers of a line that count pods, or that stand in a sentence about connections."""
    for sentence in re.split(r"(?<=[.!?])\s|\\n", CLOCK.sub("", STAMP.sub("", line))):
        for found in re.finditer(r"(?<![\w.,#-])(\d+)(?![\w%-]|[.,:]\d| %)( pods)?", sentence):
            if found[2]:
                yield int(found[1]), "pods"
            elif "connections" in sentence:
                yield int(found[1]), "connections"


def _capacity_findings(room: Room) -> Iterator[Finding]:
    """What was measured, computed once more from the events of the cluster and the settings of the pools."""
    counts = {name: each["replicas"] for name, each in room.settings.items() if "replicas" in each}
    pools = {name: room.settings[name]["maximumPoolSize"] for name in counts}
    _, usable = room.limits
    steps: list[tuple[datetime, str, int]] = []
    sizes = dict(counts)
    for number, line in enumerate(room.read("scaling.log").splitlines(), 1):
        at = next(iter(stamps_of(line)), None)
        step = re.search(r"Deployment/(\S+)\s+Scaled (up|down) replica set \S+ to (\d+) from (\d+)", line)
        size = re.search(r"HorizontalPodAutoscaler/(\S+)\s+New size: (\d+);", line)
        if at and step:
            name, way, new, old = step[1], step[2], int(step[3]), int(step[4])
            if sizes.get(name) != old or way != ("up" if new > old else "down"):
                yield (
                    "scaling.log",
                    number,
                    f"scales {name} {way} from {old} to {new}, and there were {sizes.get(name)}",
                )
            sizes[name] = new
            steps.append((at + room.reference["model"]["delay_minutes"] * _MINUTE, name, new))
        elif size and not re.search(
            rf"Deployment/{re.escape(size[1])}\s+Scaled \w+ replica set \S+ to {size[2]} ", room.read("scaling.log")
        ):
            yield "scaling.log", number, f"gives {size[1]} the new size {size[2]}, and no step goes there"
    web = room.reference["model"]["scaled"]
    for number, (at, row) in enumerate(room.metrics.items(), 2):
        for when, name, new in steps:
            if when <= at:
                counts[name] = new
        wanted = sum(count * pools[name] for name, count in counts.items())
        expected = {
            "pods": counts[web],
            "db_connections": min(wanted, usable),
            "waiting": max(0, wanted - usable),
        }
        for column, value in expected.items():
            if row[column] != value:
                message = f"has {row[column]:g} as {column} at {at:%H:%M}, and pods, pools and limits make it {value}"
                yield "metrics.csv", number, message


def _latency_findings(room: Room) -> Iterator[Finding]:
    """How long the slowest waited: until the time-out that the logs tell of, while more than a twentieth fail."""
    longest = max(row["p95_ms"] for row in room.metrics.values())
    for number, (at, row) in enumerate(room.metrics.items(), 2):
        if row["error_percent"] > 5 and row["p95_ms"] != longest:
            message = f"has {row['p95_ms']:g} ms at {at:%H:%M}, and with more than 5 % in vain it is {longest:g}"
            yield "metrics.csv", number, message
    for file, lines in room.logs.items():
        for number, _, line in lines:
            if (waited := re.search(r"timed out after (\d+)ms", line)) and int(waited[1]) != longest:
                yield file, number, f"times out after {waited[1]} ms, and the longest in metrics.csv is {longest:g}"


def _serial_findings(room: Room) -> Iterator[Finding]:
    """Numbers that a log counts up, as in 'S-10042': against the requests that went well meanwhile."""
    for file, lines in room.logs.items():
        found = [(number, at, re.search(r"\b[A-Z]+-(\d{5,})\b", line)) for number, at, line in lines]
        counted = [(number, at, int(serial[1])) for number, at, serial in found if at and serial]
        steps = [
            (number, start, end, high - low) for (_, start, low), (number, end, high) in itertools.pairwise(counted)
        ]
        for (number, start, _, more), expected in _unlike_the_others(room, steps):
            message = f"counts {more} more since {start:%H:%M}, and by metrics.csv about {expected:.0f}"
            yield file, number, f"{message} are to be expected"


def _written_findings(room: Room) -> Iterator[Finding]:
    """What a database wrote from one checkpoint to the next: against the requests that went well meanwhile."""
    for file, lines in room.logs.items():
        found = [(number, at, re.search(r"\btotal=([\d.]+) s;.*distance=(\d+) kB", line)) for number, at, line in lines]
        # The distance is that from where the checkpoint before began to where this one did.
        begun = [
            (number, at - timedelta(seconds=float(told[1])), int(told[2])) for number, at, told in found if at and told
        ]
        steps = [
            (number, start, end, written)
            for (_, start, _), (number, end, written) in itertools.pairwise(begun)
            if start >= min(room.metrics)
        ]
        for (number, _, end, written), expected in _unlike_the_others(room, steps):
            message = f"wrote {written} kB until {end:%H:%M}, and by metrics.csv about {expected:.0f}"
            yield file, number, f"{message} are to be expected"


_Step = tuple[int, datetime, datetime, int]
"""A line, from when to when, and how much."""


def _unlike_the_others(room: Room, steps: list[_Step]) -> Iterator[tuple[_Step, float]]:
    """Steps of which one has three times as much, or as little, for each request that went well, as is usual."""
    well = [_went_well(room, start, end) for _, start, end, _ in steps]
    each = [amount / done for (*_, amount), done in zip(steps, well, strict=True) if done]
    usual = median(each) if each else 0
    for step, done in zip(steps, well, strict=True):
        if done and not usual / 3 < step[3] / done < usual * 3:
            yield step, usual * done


def _pod_findings(room: Room) -> Iterator[Finding]:
    """Pods that logs name, in the order of time: never more of them than had been started until then."""
    web = room.reference["model"]["scaled"]
    escaped = re.escape(web)
    started: list[tuple[datetime, int]] = []
    named: list[tuple[datetime, str, int, str]] = []
    for file, lines in room.logs.items():
        for number, at, line in lines:
            pod = re.search(rf"\(pod (\w+)\)|\bPod/{escaped}-[0-9a-f]+-(\w+)", line)
            step = re.search(rf"Deployment/{escaped}  Scaled up replica set \S+ to (\d+) from (\d+)", line)
            if at and pod:
                named.append((at, file, number, pod[1] or pod[2]))
            if at and step:
                started.append((at, int(step[1]) - int(step[2])))
    known: set[str] = set()
    for at, file, number, name in sorted(named):
        known.add(name)
        most = room.settings[web]["replicas"] + sum(more for when, more in started if when <= at)
        if len(known) > most:
            yield file, number, f"names {name} at {at:%H:%M}, and with it {len(known)} pods of {most} that were started"
            return


def _went_well(room: Room, start: datetime, end: datetime) -> float:
    """How many requests did not fail between two minutes."""
    rows = (row for at, row in room.metrics.items() if start <= at < end)
    return sum(60 * row["requests_per_s"] * (1 - row["error_percent"] / 100) for row in rows)


def _mark_findings(room: Room) -> Iterator[Finding]:
    """Where impact begins and ends, and how long everything took."""
    marks, moments = room.reference["marks"], room.moments
    failing = [
        at for at, row in room.metrics.items() if row["error_percent"] > room.reference["model"]["impact_percent"]
    ]
    full = [at for at, row in room.metrics.items() if row["waiting"]]
    measured = {
        "limit_reached": full[:1],
        "impact_start": failing[:1],
        "relieved": [at + _MINUTE for at in full[-1:]],
        "impact_end": [at + _MINUTE for at in failing[-1:]],
    }
    for name, times in measured.items():
        if times != [moments[marks[name]]]:
            when = f"at {times[0]:%H:%M}" if times else "never"
            message = f"puts '{name}' {when}, and the key at {moments[marks[name]]:%H:%M}"
            yield "metrics.csv", _line(room, "metrics.csv", f"{times[0]:%Y-%m-%d %H:%M}") if times else 0, message
    resolved = room.records["incident"].get("resolved_at")
    if not resolved or minute(resolved) != moments[marks["resolved"]]:
        line, at = _line(room, "incident.json", '"resolved_at"'), moments[marks["resolved"]]
        yield "incident.json", line, f"is resolved at {resolved or 'no time'}, and by the key at {at:%H:%M}"
    intervals = room.reference["intervals"]
    for each in intervals:
        minutes = (moments[each["to"]] - moments[each["from"]]) // _MINUTE
        if minutes != each["minutes"]:
            line = _line(room, "reference.json", f'"name": "{each["name"]}"')
            yield "reference.json", line, f"has {each['minutes']} minutes {each['name']}, and the times make {minutes}"
    known = {each["minutes"] for each in intervals}
    for file in (file for file in room.files if file.endswith(".yml")):
        for number, text in enumerate(room.read(file).splitlines(), 1):
            if (waits := re.match(r"\s*for: (\d+)m\b", text)) and int(waits[1]) not in known:
                yield file, number, f"waits {waits[1]} minutes, and no alert came after so many"


def _snapshot_findings(room: Room) -> Iterator[Finding]:
    """The database's own count, against what was measured at that minute."""
    file = "pg_stat_activity.txt"
    text = room.read(file)
    logged = {name for file in room.logs for name in re.findall(r"\bdatabase=(\w+)", room.read(file))}
    for name in re.findall(r"^(\w+)[=-]# ", text, re.MULTILINE):
        if logged and name not in logged:
            known = ", ".join(sorted(logged))
            yield file, _line(room, file, name), f"is a session with '{name}', and the logs know {known}"
    rows = [(name, int(count)) for name, _, count in re.findall(r"^ (\S+) +\| (.+?) +\| +(\d+)$", text, re.MULTILINE)]
    at = next(iter(room.stamps(file)))
    total, measured = sum(count for _, count in rows), room.metrics[at]["db_connections"]
    if total != measured:
        yield file, 1, f"counts {total} connections at {at:%H:%M}, and metrics.csv has {measured:g}"
    if f"({len(rows)} rows)" not in text:
        yield file, text.count("\n"), f"has {len(rows)} rows, and says otherwise"
    for name in sorted({name for name, _ in rows} - room.settings.keys()):
        yield file, _line(room, file, f" {name} "), f"has connections of '{name}', which settings.csv does not know"


# --- what is drawn, printed and shown -----------------------------------------------------------------------


_VALUE = r"\d+(?:,\d{3})*(?:\.\d+)?"


def _graph_findings(room: Room) -> Iterator[Finding]:
    """What each graph says in words, against the values it is drawn from."""
    for file, column in GRAPHS.items():
        tree = LexborHTMLParser((room.folder / file).read_text(encoding="utf-8"))
        said = " ".join(node.text() for node in tree.css("desc"))
        values = {f"{at:%H:%M}": row[column] for at, row in room.metrics.items()}
        pairs = re.findall(rf"({_VALUE})(?: ms| %)? (?:from|at) (\d\d:\d\d)", said)
        pairs += re.findall(rf"highest is ({_VALUE}).*? first reached at (\d\d:\d\d)", said)
        for value, clock in pairs or [("", "")]:
            if not value or float(value.replace(",", "")) != values.get(clock):
                yield file, 1, f"says {value} at {clock}, and metrics.csv has {values.get(clock, 0):g}"
        for top in re.findall(rf"highest is ({_VALUE})", said):
            if float(top.replace(",", "")) != max(values.values()):
                yield file, 1, f"says that {top} is the highest, and metrics.csv has {max(values.values()):g}"
        for name, limit in re.findall(r"(\w+) is ([\d,]+)\.(?= |$)", re.sub(r"The highest is", "", said)):
            if int(limit.replace(",", "")) not in room.limits:
                yield file, 1, f"draws {name} at {limit}, and settings.csv has {room.limits[0]}"
        for label in (node.text() for node in tree.css(".limit-name")):
            if str(room.limits[0]) not in label:
                yield file, 1, f"draws '{label}', and settings.csv has {room.limits[0]}"


def _drawing_findings(room: Room) -> Iterator[Finding]:
    """The axes, the line and the limit of each graph, read back from the drawing."""
    for file, column in GRAPHS.items():
        tree = LexborHTMLParser((room.folder / file).read_text(encoding="utf-8"))
        line = next((node.attributes["d"] or "" for node in tree.css(".line")), "")
        points = [(float(x), float(y)) for x, y in re.findall(r"[MLH]([\d.]+)[ V]([\d.]+)", line)]
        if len(points) != len(room.metrics):
            yield file, 1, f"draws {len(points)} minutes, and metrics.csv has {len(room.metrics)}"
            continue
        across = {f"{at:%H:%M}": x for at, (x, _) in zip(room.metrics, points, strict=True)}
        for x, clock in _labels(tree, "x", "middle"):
            if abs(x - across.get(clock, -1)) > _NEAR:
                yield file, 1, f"has {clock} on its axis where another time belongs"
        levels = [(y, float(text.replace(",", ""))) for y, text in _labels(tree, "y", "end") if text[0].isdigit()]
        (foot, lowest), (head, highest) = levels[0], levels[-1]
        unit = (highest - lowest) / (foot - head)  # to a pixel
        for y, value in levels:
            if abs(lowest + (foot - y) * unit - value) > _NEAR * unit:
                yield file, 1, f"has {value:g} on its axis where another value belongs"
        for (at, row), (_, y) in zip(room.metrics.items(), points, strict=True):
            if abs((drawn := lowest + (foot - y) * unit) - row[column]) > _NEAR * unit:
                yield file, 1, f"draws {drawn:.0f} at {at:%H:%M}, and metrics.csv has {row[column]:g}"
        for limit in tree.css(".limit"):
            _, y = re.findall(r"[\d.]+", limit.attributes["d"] or "")[:2]
            if abs((drawn := lowest + (foot - float(y)) * unit) - room.limits[0]) > _NEAR * unit:
                yield file, 1, f"draws a limit at {drawn:.0f}, and settings.csv has {room.limits[0]}"


_NEAR = 0.3
"""Pixels that what is drawn may be away from its place."""


def _labels(tree: LexborHTMLParser, axis: str, anchor: str) -> list[tuple[float, str]]:
    """The words on an axis of a drawing, and where they stand on it."""
    found = tree.css(f"text[text-anchor={anchor}]")
    return [(float(node.attributes[axis] or 0), node.text()) for node in found]


def _card_findings(room: Room) -> Iterator[Finding]:
    """The cards, against the key."""
    times = {card["id"]: card["utc"] for card in room.reference["cards"]}
    cards = room.json("cards.json")["cards"]
    for name in sorted(times.keys() ^ {card["id"] for card in cards}):
        yield "cards.json", 0, f"and reference.json do not both know the card '{name}'"
    for card in cards:
        if card["utc"] and card["utc"] != times.get(card["id"]):
            line = _line(room, "cards.json", f'"id": "{card["id"]}"')
            yield (
                "cards.json",
                line,
                f"has '{card['id']}' at {card['utc']}, and reference.json at {times.get(card['id'])}",
            )


def _print_findings(room: Room) -> Iterator[Finding]:
    """The printed cards, against those on the screen."""
    text = " ".join(pdf.texts((room.folder / "cards.pdf").read_bytes()))
    in_print = " ".join(re.findall(r"\d+", text))
    printed = _times_with_clock(room, text)
    for card in room.json("cards.json")["cards"]:
        printed -= _times_with_clock(room, f"{card['text']} {card['source']}")
    for card in room.json("cards.json")["cards"]:
        if lost := pdf.missing(text, f"{card['text']} {card['source']}"):
            yield "cards.pdf", 0, f"does not show {shown(' '.join(lost))} of the card '{card['id']}'"
        numbers = " ".join(re.findall(r"\d+", card["text"]))
        if numbers and f" {numbers} " not in f" {in_print} ":
            yield "cards.pdf", 0, f"does not show the numbers of the card '{card['id']}', {numbers}"
        if not card["utc"]:
            continue
        at = minute(card["utc"])
        shows = [f"{(at + offset):%H:%M} ({zone})" for zone, offset in room.zones.items()]
        here = next((each for each in shows if printed[_tight(each)]), None)
        if here:
            printed[_tight(here)] -= 1
        else:
            yield "cards.pdf", 0, f"has no card at {' or '.join(shows)}, where cards.json has '{card['id']}'"
    for clock in printed.elements():
        yield "cards.pdf", 0, f"has a card at {clock.replace('(', ' (')} that cards.json does not have"


def _times_with_clock(room: Room, text: str) -> Counter[str]:
    """The times that a text tells with the name of a clock, without white space: lines of print end anywhere."""
    names = "|".join(re.escape(_tight(name)) for name in sorted(room.zones, key=len, reverse=True))
    return Counter(re.findall(rf"\d\d:\d\d\((?:{names})\)", _tight(text)))


def _tight(text: str) -> str:
    return "".join(text.split())


def _page_findings(room: Room) -> Iterator[Finding]:
    """The page, against the files that it shows."""
    page = unescape(re.sub("</?span>", "", room.read("evidence.md")))
    for file in room.files:
        if file.endswith((".txt", ".log", ".yml")) and room.read(file).rstrip() not in page:
            yield "evidence.md", 0, f"does not show {file} as it is"
    forms = re.findall(r"<div class='evidence__form'>(.*?)</div>", page, re.DOTALL)
    for record in room.records.values():
        times = [value for value in record.values() if STAMP.fullmatch(value)]
        shown_times = [re.findall(rf"<td>({STAMP.pattern})</td>", form) for form in forms if record["number"] in form]
        if times not in [[found[0] for found in each] for each in shown_times]:
            yield "evidence.md", 0, f"does not show the times of {record['number']} as they are"
    for row in room.rows:
        if "".join(f"<td>{value}</td>" for value in row.values()) not in page:
            yield "evidence.md", 0, f"shows other values at {row['time_utc']} than metrics.csv"


def _critique_findings(room: Room) -> Iterator[Finding]:
    """The draft has the faults that the key lists; its wrong number is wrong, and nobody else has it."""
    text = unescape(re.sub(r"<[^>]+>", "", room.read("critique.md")))
    wrong = room.reference["critique"]["wrong"]
    for quote in [wrong["says"], *(fault["quote"] for fault in room.reference["critique"]["faults"])]:
        if quote not in text:
            yield "critique.md", 0, f"does not say {shown(quote)}, which the key finds there"
    minutes = {each["minutes"] for each in room.reference["intervals"]}
    if wrong["minutes"] in minutes or wrong["is"] not in minutes:
        line = _line(room, "reference.json", f'"says": "{wrong["says"]}"')
        message = f"takes {wrong['minutes']} minutes for wrong and {wrong['is']} for right, and the intervals are"
        yield "reference.json", line, f"{message} {', '.join(map(str, sorted(minutes)))}"
