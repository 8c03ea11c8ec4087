"""The files of a practice incident, read back as somebody would who has nothing else."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

RECORDS = ("incident", "change", "problem")
"""The names of the files of records."""

STAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?")
"""A time with its day."""

CLOCK = re.compile(r"(?<![\d:.-])([01]\d|2[0-3]):[0-5]\d(?![\d:])")
"""A time without its day."""

_CALENDAR_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)\d\d(Z)")


@dataclass(frozen=True)
class Room:
    """The files of one incident."""

    folder: Path
    key: Path
    """The folder of the answer key's data."""

    def read(self, file: str) -> str:
        folder = self.key if file in ("reference.js", "reference.json") else self.folder
        return (folder / file).read_text(encoding="utf-8")

    def json(self, file: str) -> Any:
        return json.loads(self.read(file))

    @cached_property
    def files(self) -> list[str]:
        """Every text file that somebody may read, and the key."""
        kinds = (".json", ".csv", ".txt", ".log", ".yml", ".ics", ".md")
        return [*sorted(path.name for path in self.folder.iterdir() if path.suffix in kinds), "reference.json"]

    @cached_property
    def logs(self) -> dict[str, list[tuple[int, datetime | None, str]]]:
        """The lines of each log, with their numbers and the minute that each names first."""
        return {
            file: [
                (number, next(iter(stamps_of(line)), None), line)
                for number, line in enumerate(self.read(file).splitlines(), 1)
            ]
            for file in self.files
            if file.endswith(".log")
        }

    @cached_property
    def reference(self) -> Any:
        return self.json("reference.json")

    @cached_property
    def zones(self) -> dict[str, timedelta]:
        """The offset of each clock by its name."""
        return {zone["name"]: timedelta(minutes=zone["minutes"]) for zone in self.json("cards.json")["zones"]}

    @cached_property
    def moments(self) -> dict[str, datetime]:
        """The minute of each event."""
        return {name: minute(moment["utc"]) for name, moment in self.reference["moments"].items()}

    @cached_property
    def records(self) -> dict[str, dict[str, str]]:
        """The fields of each record as they are stored, by the name of its file."""
        return self._records("value")

    @cached_property
    def displayed(self) -> dict[str, dict[str, str]]:
        """The same as they are shown."""
        return self._records("display_value")

    def _records(self, form: str) -> dict[str, dict[str, str]]:
        found = {name: self.json(f"{name}.json")["result"][0] for name in RECORDS}
        return {name: {field: both[form] for field, both in record.items()} for name, record in found.items()}

    @cached_property
    def rows(self) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.read("metrics.csv"))))

    @cached_property
    def metrics(self) -> dict[datetime, dict[str, float]]:
        """What was measured, by minute."""
        return {
            minute(row["time_utc"]): {name: float(value) for name, value in row.items() if name != "time_utc"}
            for row in self.rows
        }

    @cached_property
    def settings(self) -> dict[str, dict[str, int]]:
        """What is set, by component."""
        found: dict[str, dict[str, int]] = {}
        for row in csv.DictReader(io.StringIO(self.read("settings.csv"))):
            found.setdefault(row["component"], {})[row["setting"]] = int(row["value"])
        return found

    @property
    def limits(self) -> tuple[int, int]:
        """All connections of the database, and those that it gives out to programs."""
        [limits] = [each for each in self.settings.values() if "max_connections" in each]
        return limits["max_connections"], limits["max_connections"] - limits["superuser_reserved_connections"]

    def stamps(self, file: str) -> dict[datetime, int]:
        """Every minute that a file names with its day, and the line where it does so first."""
        text = self.read(file)
        head = re.match(r"All times are (.+)\.\n", text)
        offset = self.zones[head[1]] if head else timedelta()
        found: dict[datetime, int] = {}
        for number, line in enumerate(text.splitlines(), 1):
            for stamp in (_CALENDAR_STAMP if file.endswith(".ics") else STAMP).finditer(line):
                *parts, zone = stamp.groups()
                own = offset if zone is None else timedelta()
                if zone and zone != "Z":
                    hours, minutes = zone[1:].split(":")
                    own = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if zone[0] == "-" else 1)
                with contextlib.suppress(ValueError, OverflowError):  # which looks like a time, and is none of any day
                    found.setdefault(_at(parts) - own, number)
        return found

    def clocks(self, at: datetime) -> set[str]:
        """How a minute is shown, on each clock."""
        return {(at + offset).strftime("%H:%M") for offset in self.zones.values()}


def stamps_of(line: str) -> Iterator[datetime]:
    """The minutes that a line names with their day, as it writes them."""
    for stamp in STAMP.finditer(line):
        with contextlib.suppress(ValueError):  # as above
            yield _at(stamp.groups()[:5])


def _at(parts: Sequence[str]) -> datetime:
    year, month, day, hour, minute = map(int, parts)
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def minute(text: str) -> datetime:
    """The minute of a time in UTC."""
    return datetime.fromisoformat(text.replace("Z", "")).replace(second=0, tzinfo=UTC)
