"""Read the run sheets, data/sessions.yml, and see whether they agree with themselves and with the deck."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pipeline.deck import Deck, Slide
from pipeline.problems import BuildError, Problem, cut_by_comments, line_of_mark, read_text, read_yaml, shown

SESSIONS = Path("data", "sessions.yml")
"""The run sheets, below the project; a project need not have any."""

PAGE = "run-sheets"
"""What the page made of them is called, in the folder of the facilitator pages."""

EXERCISES = "exercises"
"""The anchor on that page above all exercises."""

_NAME = SESSIONS.as_posix()


@dataclass(frozen=True)
class Step:
    """One row of a run sheet: some slides, an exercise, or a break."""

    slides: tuple[str, ...]
    """Keys of slides; none in an exercise or a break."""
    exercise: str
    """The id of an exercise, else ''."""
    pause: str
    """What a break is called, else ''."""
    minutes: float
    what: str
    """What happens, as Markdown."""
    late: str
    """What to cut when late, as Markdown; '' in a short version."""
    line: int


@dataclass(frozen=True)
class Exercise:
    """Something that people do, described once for every session that has it."""

    id: str
    """Its anchor on the page."""
    title: str
    aim: str
    """What people have afterwards. This and all that follows is Markdown."""
    materials: str
    note: str
    """What to know about the state it is in; '' where there is nothing."""
    does: tuple[str, ...]
    """What people do, in order."""
    listen: str
    """What the facilitator listens for, and says then."""
    cards_title: str
    cards: tuple[str, ...]
    """Something to put on the wall or to hand out; often none."""
    line: int


@dataclass(frozen=True)
class Session:
    """One run sheet."""

    id: str
    """Its anchor on the page."""
    title: str
    minutes: float
    audience: str
    """For whom it is. This and all that follows is Markdown."""
    gives: str
    """What people have afterwards."""
    group: str
    """How many people, and how they sit."""
    prepare: str
    """How long it takes to get ready."""
    handouts: str
    """What to print."""
    bring: str
    steps: tuple[Step, ...]
    half: tuple[Step, ...]
    """What is left of it if there is only half the time."""
    line: int
    """Where its minutes stand."""


@dataclass(frozen=True)
class RunSheets:
    """Everything in data/sessions.yml."""

    deck: str
    """The deck whose slides are meant."""
    deck_line: int
    talk: str
    """The session that gives each slide the minutes that the slide itself names."""
    talk_line: int
    about: str
    """What to know before choosing, as Markdown."""
    sessions: tuple[Session, ...]
    exercises: tuple[Exercise, ...]


# --- reading ------------------------------------------------------------------------------------------------


def read(root: Path) -> RunSheets | None:
    """Read data/sessions.yml; None where there is no such file. Raises BuildError with all that is wrong in it."""
    if not ((root / SESSIONS).exists() or (root / SESSIONS).is_symlink()):
        other = (root / SESSIONS).with_suffix(".yaml")
        if other.exists():
            name = other.relative_to(root).as_posix()
            raise BuildError([Problem(name, 0, "run-sheet", f"is not read; name it '{SESSIONS.name}'")])
        return None
    text = read_text(root / SESSIONS, _NAME)
    node = read_yaml(text, _NAME)
    if cut_off := list(cut_by_comments(node, _NAME)):
        raise BuildError(cut_off)
    if node is None:
        raise BuildError([Problem(_NAME, 1, "run-sheet", "is empty; write run sheets, or remove the file")])
    reader = _Reader([])
    sheets = _run_sheets(reader, node)
    if reader.problems:
        raise BuildError(reader.problems)
    return sheets


def _run_sheets(reader: _Reader, node: Node) -> RunSheets:
    fields = reader.fields(node, "the file", ("deck", "talk", "about", "sessions", "exercises"))
    ids: dict[str, int] = {}
    return RunSheets(
        deck=reader.text(fields, "deck"),
        deck_line=_line(fields.get("deck", node)),
        talk=reader.text(fields, "talk"),
        talk_line=_line(fields.get("talk", node)),
        about=reader.text(fields, "about"),
        sessions=tuple(_session(reader, each, ids) for each in reader.items(fields, "sessions")),
        exercises=tuple(_exercise(reader, each, ids) for each in reader.items(fields, "exercises")),
    )


_SESSION = (
    "id", "title", "minutes", "audience", "gives", "group", "prepare", "handouts", "bring", "steps", "half",
)  # fmt: skip


def _session(reader: _Reader, node: Node, ids: dict[str, int]) -> Session:
    fields = reader.fields(node, "a session", _SESSION)
    return Session(
        id=reader.anchor(fields, ids),
        title=reader.text(fields, "title"),
        minutes=reader.minutes(fields),
        audience=reader.text(fields, "audience"),
        gives=reader.text(fields, "gives"),
        group=reader.text(fields, "group"),
        prepare=reader.text(fields, "prepare"),
        handouts=reader.text(fields, "handouts"),
        bring=reader.text(fields, "bring"),
        steps=tuple(_step(reader, each, ("late",)) for each in reader.items(fields, "steps")),
        half=tuple(_step(reader, each, ()) for each in reader.items(fields, "half")),
        line=_line(fields.get("minutes", node)),
    )


def _step(reader: _Reader, node: Node, more: tuple[str, ...]) -> Step:
    """Read a step; `more` names the fields that only the full version has."""
    fields = reader.fields(node, "a step", ("minutes", "what", *more), ("slides", "exercise", "break"))
    kinds = [name for name in ("slides", "exercise", "break") if name in fields]
    if isinstance(node, MappingNode) and len(kinds) != 1:
        found = f"'{kinds[0]}' and '{kinds[1]}'; keep one" if kinds else "no 'slides', 'exercise' or 'break'; name one"
        reader.say(node, f"a step has {found}")
    return Step(
        slides=reader.texts(fields, "slides"),
        exercise=reader.text(fields, "exercise"),
        pause=reader.text(fields, "break"),
        minutes=reader.minutes(fields),
        what=reader.text(fields, "what"),
        late=reader.text(fields, "late"),
        line=_line(node),
    )


def _exercise(reader: _Reader, node: Node, ids: dict[str, int]) -> Exercise:
    required = ("id", "title", "aim", "materials", "does", "listen")
    fields = reader.fields(node, "an exercise", required, ("note", "cards_title", "cards"))
    if "cards_title" in fields and "cards" not in fields:
        message = "'cards_title' is for cards, and there are none; add 'cards', or take it away"
        reader.say(fields["cards_title"], message)
    return Exercise(
        id=reader.anchor(fields, ids),
        title=reader.text(fields, "title"),
        aim=reader.text(fields, "aim"),
        materials=reader.text(fields, "materials"),
        note=reader.text(fields, "note"),
        does=reader.texts(fields, "does"),
        listen=reader.text(fields, "listen"),
        cards_title=reader.text(fields, "cards_title"),
        cards=reader.texts(fields, "cards"),
        line=_line(node),
    )


@dataclass(frozen=True)
class _Reader:
    """Takes values out of YAML nodes, which know their lines. What is wrong is kept, and '' or 0 given instead."""

    problems: list[Problem]

    def say(self, node: Node, message: str) -> None:
        self.problems.append(Problem(_NAME, _line(node), "run-sheet", message))

    def fields(self, node: Node, noun: str, required: Sequence[str], optional: Sequence[str] = ()) -> dict[str, Node]:
        """The fields of a mapping that has all of `required`, and no others than these and `optional`."""
        known = (*required, *optional)
        if not isinstance(node, MappingNode):
            self.say(node, f"{noun} is no mapping; write the fields {', '.join(required)}, a line each")
            return {}
        found: dict[str, Node] = {}
        meant: set[str] = set()
        for key, value in node.value:
            name = str(key.value) if isinstance(key, ScalarNode) else "?"
            if name not in known:
                self.say(key, f"{shown(name)} is no field of {noun}; {_suggest(name, known, 'the fields are')}")
                meant.update(_close(name, known))
            elif name in found:
                self.say(key, f"'{name}' stands here twice; remove one")
            else:
                found[name] = value
        for name in required:
            if name not in found and name not in meant:
                self.say(node, f"{noun} lacks the field '{name}'; add it")
        return found

    def text(self, fields: Mapping[str, Node], name: str) -> str:
        """A text of some words."""
        return self._words(fields[name], name) if name in fields else ""

    def texts(self, fields: Mapping[str, Node], name: str) -> tuple[str, ...]:
        """A list of texts, at least one."""
        return tuple(self._words(node, name) for node in self.items(fields, name))

    def items(self, fields: Mapping[str, Node], name: str) -> list[Node]:
        """The items of a list, at least one."""
        node = fields.get(name)
        if node is None:
            return []
        if not isinstance(node, SequenceNode) or not node.value:
            self.say(node, f"'{name}' is no list of one or more; write each item on a line of its own, after '- '")
            return []
        return list(node.value)

    def minutes(self, fields: Mapping[str, Node]) -> float:
        """A number of minutes, more than none."""
        node = fields.get("minutes")
        if node is None:
            return 0
        # YAML itself would take 1:30 for ninety.
        number = str(node.value) if isinstance(node, ScalarNode) else "a list or a mapping"
        if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]+)?", number) or not float(number):
            self.say(node, f"'minutes' is {shown(number)}, which is no number of minutes; write e.g. 2 or 1.5")
            return 0
        return float(number)

    def anchor(self, fields: Mapping[str, Node], taken: dict[str, int]) -> str:
        """An id, which becomes an anchor on the page, so that nothing else there may have it."""
        name = self.text(fields, "id")
        if not name:
            return ""
        if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
            self.say(fields["id"], f"the id {shown(name)} is no good address; use a-z, 0-9 and '-'")
        elif name == EXERCISES:
            self.say(fields["id"], f"the id '{name}' is that of a heading of the page; choose another")
        elif name in taken:
            self.say(fields["id"], f"the id '{name}' is taken in line {taken[name]}; choose another")
        else:
            taken[name] = _line(fields["id"])
        return name

    def _words(self, node: Node, name: str) -> str:
        if not isinstance(node, ScalarNode):
            self.say(node, f"'{name}' is a list or a mapping where words should stand; write one text")
        elif node.tag != "tag:yaml.org,2002:str":
            value = f"{shown(node.value)}, which YAML takes for no text" if node.value else "empty"
            self.say(node, f"'{name}' is {value}; write words, in quotation marks")
        elif not node.value.strip():
            self.say(node, f"'{name}' is empty; write words")
        elif re.search(r"\n\s*(?:\n|[-*+] |\d+[.)] )", node.value.strip()):
            self.say(node, f"'{name}' has paragraphs or a list, which become one line; write one paragraph")
        else:
            return " ".join(node.value.split())
        return ""


def _line(node: Node) -> int:
    return line_of_mark(node.start_mark)


def _close(name: str, known: Collection[str]) -> list[str]:
    return difflib.get_close_matches(name, known, n=1)


def _suggest(name: str, known: Collection[str], otherwise: str) -> str:
    close = _close(name, known)
    return f"did you mean '{close[0]}'?" if close else f"{otherwise} {', '.join(known)}"


# --- checking -----------------------------------------------------------------------------------------------


def check(sheets: RunSheets, decks: Sequence[Deck], names: Collection[str]) -> Iterator[Problem]:
    """See whether the run sheets agree with themselves and with the deck.

    `names` are those of all decks; one that Marp could not render is not among `decks`, and not compared.
    """
    if PAGE in names:
        yield Problem(
            f"slides/{PAGE}", 0, "run-sheet", f"the run sheets have the address of a deck named '{PAGE}'; rename it"
        )
    for session in sheets.sessions:
        yield from _sum_problems(session)
    yield from _exercise_problems(sheets)
    talk = next((session for session in sheets.sessions if session.id == sheets.talk), None)
    if talk is None:
        ids = [session.id for session in sheets.sessions]
        advice = _suggest(sheets.talk, ids, "the sessions are")
        yield Problem(_NAME, sheets.talk_line, "run-sheet", f"'talk' is '{sheets.talk}', which is no session; {advice}")
    if sheets.deck not in names:
        advice = _suggest(sheets.deck, sorted(names), "the decks are")
        yield Problem(_NAME, sheets.deck_line, "run-sheet", f"there is no deck '{sheets.deck}'; {advice}")
    for deck in decks:
        if deck.name == sheets.deck:
            yield from _slide_problems(sheets, deck)
            if talk is not None:
                yield from _talk_problems(talk, deck)


def _sum_problems(session: Session) -> Iterator[Problem]:
    total = sum(step.minutes for step in session.steps)
    if difference := round(total - session.minutes, 6):
        much = f"{abs(difference):g} too {'many' if difference > 0 else 'few'}"
        message = f"'{session.id}' has {session.minutes:g} minutes, but its steps take {total:g}: {much}"
        yield Problem(_NAME, session.line, "run-sheet", f"{message}; correct the steps, or the length")
    short = sum(step.minutes for step in session.half)
    if (difference := round(short - session.minutes / 2, 6)) > 0:
        message = f"half of '{session.id}' is {session.minutes / 2:g} minutes, but the short version takes {short:g}"
        yield Problem(
            _NAME, session.half[0].line, "run-sheet", f"{message}: {difference:g} too many; shorten its steps"
        )


def _exercise_problems(sheets: RunSheets) -> Iterator[Problem]:
    ids = [exercise.id for exercise in sheets.exercises]
    used: set[str] = set()
    for step in _steps(sheets):
        if step.exercise and step.exercise not in ids:
            advice = _suggest(step.exercise, ids, "the exercises are")
            yield Problem(_NAME, step.line, "run-sheet", f"there is no exercise '{step.exercise}'; {advice}")
        used.add(step.exercise)
    for exercise in sheets.exercises:
        if exercise.id not in used:
            message = f"no session has the exercise '{exercise.id}'; name it in a step, or remove it"
            yield Problem(_NAME, exercise.line, "run-sheet", message)


def _slide_problems(sheets: RunSheets, deck: Deck) -> Iterator[Problem]:
    keys = [slide.key for slide in deck.slides]
    for step in _steps(sheets):
        for key in step.slides:
            if key not in keys:
                close = _close(key, keys)
                advice = f"did you mean '{close[0]}'? Its slides" if close else "its slides"
                message = f"'{deck.name}' has no slide '{key}'; {advice} are {', '.join(keys)}"
                yield Problem(_NAME, step.line, "run-sheet", message)


def _talk_problems(talk: Session, deck: Deck) -> Iterator[Problem]:
    """See whether each slide takes as long in the talk as it says itself."""
    planned: dict[str, Step] = {}
    for step in talk.steps:
        for key in step.slides:
            if key in planned:
                message = f"the talk has the slide '{key}' twice, here and in line {planned[key].line}; keep one"
                yield Problem(_NAME, step.line, "run-sheet", message)
            planned.setdefault(key, step)
        if len(step.slides) > 1:
            message = f"a step of the talk has {len(step.slides)} slides; give each its own, with its own minutes"
            yield Problem(_NAME, step.line, "run-sheet", message)
    place = f"{_NAME}:{talk.line}"
    for slide in deck.slides:
        if slide.key not in planned and slide.minutes is not None:
            message = f"slide '{slide.key}' has {_minutes(slide.minutes)}, but no step of the talk in {place} shows it"
            advice = "add a step there, or take away its _slideMinutes"
            yield Problem(deck.source, slide.minutes_line, "slide-minutes", f"{message}; {advice}")
        elif slide.key in planned and len(planned[slide.key].slides) == 1:
            yield from _minutes_problems(slide, planned[slide.key], deck)


def _minutes_problems(slide: Slide, step: Step, deck: Deck) -> Iterator[Problem]:
    place = f"{_NAME}:{step.line}"
    if slide.minutes is None:
        message = f"slide '{slide.key}' says no minutes, but takes {step.minutes:g} in {place}"
        yield Problem(
            deck.source, slide.line, "slide-minutes", f"{message}; write <!-- _slideMinutes: {step.minutes:g} -->"
        )
    elif round(slide.minutes - step.minutes, 6):
        message = f"slide '{slide.key}' has {_minutes(slide.minutes)} here and {step.minutes:g} in {place}"
        yield Problem(deck.source, slide.minutes_line, "slide-minutes", f"{message}; make them agree")


def _minutes(number: float) -> str:
    return f"{number:g} minute{'' if number == 1 else 's'}"


def _steps(sheets: RunSheets) -> Iterator[Step]:
    for session in sheets.sessions:
        yield from session.steps
        yield from session.half
