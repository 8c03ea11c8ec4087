"""Render decks with Marp CLI, all in one Node process. The only module that starts Marp."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from urllib.parse import quote
from xml.etree import ElementTree

from pipeline import active, pictures, scratch, trace
from pipeline.cache import Cache
from pipeline.decks import Source, theme_name
from pipeline.findings import line_of_key
from pipeline.problems import BuildError, Problem, line_at, lines_of, read_yaml
from pipeline.toolchain import HOME, Tools
from pipeline.trace import Trace

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

SILENCE = 40.0
"""Seconds that Marp may be silent. Its own time limits do not hold when the browser hangs."""

SILENCE_PER_BYTE = 0.0006
"""Seconds more for each byte of the longest deck: 2,000 slides of 200 kB take 70 s where nothing else runs."""

EARLIER = 10.0
"""Seconds by which Marp's own time limit comes before ours: where that holds, it names the deck and does the others."""

GRACE = 10.0
"""Seconds that Node has to end by itself, closing its browsers, before it is killed."""

NOWHERE = "https://deck.invalid/1/2/3/4/5/6/7/8/9/"
"""The base of relative links in a PDF until `pdf.finish` undoes it; else they would hold the build's path.

Deep, so that a link may climb with '../'."""


_OPTIONS = {
    "html": (),
    "bare": ("--template", "bare"),
    "pdf": ("--pdf", "--pdf-outlines", "--pdf-outlines.pages=false", "--base-url", NOWHERE),
}
ALL = tuple(_OPTIONS)
"""Every format: the deck to present, the same with nothing hidden, and the PDF."""


# Where a theme finds its fonts, by the name of their package.
_FONTS = HOME / "node_modules" / "@fontsource"

# Else a browser asks the server for /favicon.ico, which is not the deck's to have.
_NO_ICON = '<link rel="icon" href="data:,">'


@dataclass(frozen=True)
class Rendered:
    """What Marp made of one deck; a format that was not asked for is empty."""

    html: str
    """The deck to present (Marp's `bespoke` template)."""
    bare: str
    """The deck as it is printed: all slides one below the other, nothing hidden."""
    pdf: bytes
    """Tagged, with outlines; `pdf.finish` still has to see it."""
    problems: tuple[Problem, ...]
    trace: Trace = field(default_factory=Trace)
    """What Marp made of the source; known once there is the deck to present."""
    told: str = ""
    """The same as Marp told it."""
    asked: tuple[Path, ...] = ()
    """Every file that the deck or its theme asks for, and where else it was looked for."""
    linked: tuple[str, ...] = ()
    """Every path that a link of the deck was looked up by in `links`, whether or not it was found there."""


@contextlib.contextmanager
def begin(
    sources: Sequence[Source],
    *,
    tools: Tools,
    lang: str,
    links: Mapping[str, str],
    generated: Mapping[str, str] | None = None,
    formats: Sequence[str] = ALL,
    worker: Worker | None = None,
) -> Iterator[Callable[..., list[Rendered | BuildError]]]:
    """Render each source in each of `formats` while something else is done: what is given waits for the end of it.

    That gives what Marp made; in place of a deck that it could not render stands the error. Called with some of the
    formats, it waits only for those, and gives only those.

    `lang` is the language of decks that name none. `links` maps source files, relative to the project and with
    '/', to their addresses as seen from a published deck. `generated` maps names of SVG files to what
    stands in their place. A `worker` that waits for jobs already does these, and ends with the last.

    Raises BuildError if Marp itself ends or hangs.
    """
    if not sources:
        if worker:
            worker.node.close()
        yield lambda _=formats: []
        return
    silence = SILENCE + SILENCE_PER_BYTE * max((len(source.text.encode()) for source in sources), default=0)
    with contextlib.ExitStack() as stack:
        at_work = worker or stack.enter_context(open_worker(tools))
        node, folder = stack.enter_context(at_work.node), at_work.folder  # which ends where anything goes wrong
        browser = ["--browser", "chrome", "--browser-path", str(tools.browser)]
        browser += ["--browser-timeout", f"{silence - EARLIER:.0f}"]
        jobs: list[dict[str, Any]] = []
        for number, source in enumerate(sources):
            context = _context(source, lang, links, generated or {})
            jobs += [{**job, "argv": job["argv"] + browser} for job in _jobs(folder, number, source, formats, context)]

        def finish(wanted: Sequence[str] = formats) -> list[Rendered | BuildError]:
            ids = {f"{number}.{name}" for number in range(len(sources)) for name in wanted}
            try:
                answers = node.answers(ids, silence)
                if len(answers) == len(jobs):
                    node.close()
            finally:
                # Where its browser is gone, Marp takes any other that it finds, and does not say so; or it ends.
                _see_browser(tools.browser)
            return [_gather(folder, number, source, answers, wanted) for number, source in enumerate(sources)]

        node.begin(jobs)
        yield finish


def _see_browser(browser: Path) -> None:
    if not os.access(browser, os.X_OK):
        message = "the browser was taken away while Marp was at work; put it back, or set CHROME_PATH to another"
        raise BuildError([Problem(str(browser), 0, "browser", message)])


def at_once(begin: Callable[Parameters, AbstractContextManager[Callable[[], Result]]]) -> Callable[Parameters, Result]:
    """What `begin` begins, as a function that waits for the end of it."""

    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        with begin(*args, **kwargs) as finish:
            return finish()

    return run


render = at_once(begin)


@dataclass(frozen=True)
class Worker:
    """Node, kept between renderings: the first costs its start, each further one a tenth of that."""

    node: _Node
    folder: Path
    """Where it works."""

    @property
    def has_ended(self) -> bool:
        """Whether somebody has ended Node: then another worker has to be opened."""
        return self.node.has_ended

    def render(self, source: Source, *, lang: str, links: Mapping[str, str], generated: Mapping[str, str]) -> Rendered:
        """Make the deck to present and nothing else; the rest is as for `render`.

        Raises BuildError if Marp cannot render it, and WorkerLost if Marp itself ends or hangs.
        """
        formats = ("html",)
        jobs = list(_jobs(self.folder, 0, source, formats, _context(source, lang, links, generated)))
        (self.folder / "0.html").unlink(missing_ok=True)  # or the last one would be taken for this one
        try:
            answers = self.node.run(jobs, SILENCE + SILENCE_PER_BYTE * len(source.text.encode()))
        except BuildError as error:
            raise WorkerLost(error.problems) from None
        made = _gather(self.folder, 0, source, answers, formats)
        if isinstance(made, BuildError):
            raise made
        return made


class WorkerLost(BuildError):
    """Node is not to be had any more; another worker has to be opened."""


@contextlib.contextmanager
def open_worker(tools: Tools) -> Iterator[Worker]:
    """Start Node, which has Marp ready a moment later, and keep it until the end."""
    with scratch.open_folder() as folder, _Node(tools, folder) as node:
        yield Worker(node, folder)


def render_plain(files: Sequence[Path], *, tools: Tools) -> list[str]:
    """Render files as Marp does by itself, without our settings: the HTML to compare ours with.

    Raises BuildError where Marp fails.
    """
    with open_worker(tools) as worker:
        folder, node = worker.folder, worker.node
        outputs = [folder / f"{number}.html" for number in range(len(files))]
        jobs = [
            {"id": str(output), "argv": [str(file), "--no-config-file", "-o", str(output)]}
            for file, output in zip(files, outputs, strict=True)
        ]
        answers = node.run(jobs, SILENCE)
        for file, output in zip(files, outputs, strict=True):
            if not output.exists():
                raise BuildError([Problem(str(file), 0, "marp", _failure(answers[str(output)]))])
        return [output.read_text(encoding="utf-8") for output in outputs]


def _jobs(
    folder: Path, number: int, source: Source, formats: Sequence[str], context: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Put the source into the folder; gives what Node has to do for each format."""
    # Under a plain name of ours: Marp would read '[' or '*' in a file name as a pattern.
    markdown = folder / f"{number}.md"
    markdown.write_text(source.text, encoding="utf-8", newline="")
    themes = ["--theme-set", *map(str, _themes(source))]
    for name in formats:
        argv = [str(markdown), *_OPTIONS[name], "-o", str(folder / f"{number}.{name}"), *themes]
        argv += ["--config-file", str(HOME / "marp.config.mjs")]
        yield {"id": f"{number}.{name}", "argv": argv, "traced": name == "html", "label": source.label, **context}


def _context(source: Source, lang: str, links: Mapping[str, str], generated: Mapping[str, str]) -> dict[str, Any]:
    assets = sorted({*(css.parent.resolve() for css in _themes(source)), _FONTS})
    return {
        "lang": lang,
        "deck": str(source.path),
        "root": str(source.root.resolve()),
        "assets": [str(folder) for folder in assets],
        "links": dict(links),
        "generated": dict(generated),
    }


def _themes(source: Source) -> list[Path]:
    ours = sorted(css for css in (HOME / "slides" / "theme").glob("*.css") if css.is_file())
    return [*ours, *(css for css in source.themes if css.resolve() not in {o.resolve() for o in ours})]


def _as_written(path: Path, source: Source) -> str:
    try:
        return Path(os.path.relpath(path, source.path.parent)).as_posix()
    except ValueError:  # a style's, on another drive
        return path.name


def _drawing_problems(path: Path, source: Source) -> Iterator[Problem]:
    """What a drawing of the project holds that a slide would neither run nor load: it is shown as a picture."""
    try:
        if not path.is_file() or not path.resolve().is_relative_to(source.root.resolve()):  # which Marp was not given
            return
        text = path.read_bytes().decode("utf-8-sig")
        found = list(active.find_in_xml(text, is_picture=True))
    except (OSError, UnicodeDecodeError, ElementTree.ParseError):  # the browser says whether it can be shown
        return
    label = source.label_of(path)
    if sheet := re.search(r"<\?xml-stylesheet", text):
        line = line_at(text, sheet.start())
        message = "asks for a style sheet, which no picture loads; put the styles into the drawing itself"
        yield Problem(label, line, "image-broken", message)
    for each in found:
        yield Problem(label, active.line_in(text, each.clues, is_markdown=False), "image-broken", each.message)


def _gather(
    folder: Path, number: int, source: Source, answers: Mapping[str, Any], formats: Sequence[str]
) -> Rendered | BuildError:
    content = dict.fromkeys(ALL, b"")
    for name in formats:
        answer = answers[f"{number}.{name}"]
        file = folder / f"{number}.{name}"
        if file.is_file():  # Marp's exit code alone proves nothing
            content[name] = file.read_bytes()
        if answer["code"] or not content[name]:
            return BuildError([_failed(source, answer)])
    asked = {Path(path) for name in formats for path in answers[f"{number}.{name}"]["asked"]}
    traced: Any = answers[f"{number}.html"]["trace"] if content["html"] else None
    answer = answers[f"{number}.{formats[0]}"]
    problems = [_problem(source, found) for found in answer["problems"]]
    for line in answer["log"]:
        if wrong := _WRONG_THEME.search(" ".join(line.split())):
            css = (HOME / wrong[1]).resolve()
            said = f"is not valid CSS: {wrong[3].lower()}; correct it"
            # Marp goes on as if there were no such theme.
            problems = [p for p in problems if not p.message.startswith(f"theme '{theme_name(css)}' does not exist")]
            problems.append(Problem(source.label_of(css), int(wrong[2]), "marp", said))
        elif warning := re.match(r"\[\s*(?:WARN|ERROR)\s*\]\s*(.*)", line, re.DOTALL):
            said = f"Marp says: {' '.join(warning[1].split())}"
            lines = lines_of(active.without_code(source.text)) if " URL " in said else []
            problems.append(
                Problem(source.label, line_of_key(lines, 1, len(lines), "url") if lines else 0, "marp", said)
            )
    for path in sorted(asked) if traced else ():  # once for all formats
        if path.suffix.lower() == ".svg":
            problems += _drawing_problems(path, source)
        if path.suffix.lower() in pictures.SUFFIXES and (wrong_with := pictures.fault(path)):
            written = _as_written(path, source)
            names = (written, quote(written), path.name, quote(path.name))
            place, line = next(filter(None, map(source.where, names)), (source.label, 0))
            problems.append(Problem(place, line, "image-broken", f"image '{written}' {wrong_with}"))
    return Rendered(
        html=content["html"].decode().replace("<head>", f"<head>{_NO_ICON}", 1),
        bare=content["bare"].decode(),
        pdf=content["pdf"],
        problems=tuple(problems),
        trace=trace.read(traced) if content["html"] else Trace(),
        told=json.dumps(traced),
        asked=tuple(sorted(asked)),
        linked=tuple(sorted({path for name in formats for path in answers[f"{number}.{name}"]["linked"]})),
    )


def remembered(
    source: Source, cache: Cache, *, lang: str, links: Mapping[str, str], generated: Mapping[str, str]
) -> Rendered | None:
    """What `render` made of the source in every format, where that is known and would be the same now."""
    key = _key(source, cache, lang, generated)
    content = cache.get(key) if cache.recall(f"{key}-files") else None
    if content is None:
        return None
    head, _, rest = content.partition(b"\n")
    told, html, bare, linked = json.loads(head)
    if linked != {path: links.get(path) for path in linked}:
        return None
    return Rendered(
        html=rest[:html].decode(),
        bare=rest[html : html + bare].decode(),
        pdf=rest[html + bare :],
        problems=(),
        trace=trace.read(json.loads(told)),
        told=told,
    )


def remember(
    rendered: Rendered,
    source: Source,
    cache: Cache,
    *,
    lang: str,
    links: Mapping[str, str],
    generated: Mapping[str, str],
) -> None:
    """Keep what was rendered for `remembered`, unless something is wrong with it."""
    if rendered.problems or not cache.folder:
        return
    html, bare = rendered.html.encode(), rendered.bare.encode()
    linked = {path: links.get(path) for path in rendered.linked}
    head = json.dumps([rendered.told, len(html), len(bare), linked]).encode()
    key = _key(source, cache, lang, generated)
    cache.put(key, b"".join([head, b"\n", html, bare, rendered.pdf]))
    cache.remember(f"{key}-files", rendered.asked)


def _key(source: Source, cache: Cache, lang: str, generated: Mapping[str, str]) -> str:
    """The key of all that shapes a deck, but for where its links lead: most of what is published, no deck links to."""
    if not cache.folder:
        return ""
    context = json.dumps(_context(source, lang, {}, generated), sort_keys=True)
    themes = [part for css in _themes(source) for part in (str(css), css.read_bytes())]
    return cache.key("marp", source.text, context, *themes)


_WRONG_THEME = re.compile(r"Cannot register theme CSS: (.+?) \(<css input>:(\d+):\d+: (.*)\)")


def _problem(source: Source, found: Mapping[str, Any]) -> Problem:
    label, message = source.label, found["message"]
    if "asked" in found:  # by a style, of which Marp knows no line
        known = (source.where(words) for words in found["asked"])
        place, line = next(filter(None, known), (label, found["line"]))
        return Problem(place, line, found["rule"], message)
    if "yaml" in found:  # PyYAML says better what is wrong, where it sees it too
        try:
            read_yaml(found["yaml"], label, offset=1)
        except BuildError as error:
            [better] = error.problems
            return Problem(
                label, better.line, "front-matter", f"front matter {better.message} (until then, Marp drops all of it)"
            )
    return Problem(label, found["line"], found["rule"], message)


def _failed(source: Source, answer: Mapping[str, Any]) -> Problem:
    message = _failure(answer)
    is_list = r"""["']?[ \t]*:[ \t]*(?:[\[{]|\n[ \t]*-[ \t]|\n[ \t]+\w+:)"""
    paginate = re.search(rf"""(?m)^[ \t]*(?:<!--\s*)?["']?_?(paginate){is_list}""", source.text)
    if "toLowerCase is not a function" in message and paginate:
        message = "paginate is a list or fields to YAML, and Marp breaks off; write true, false, hold or skip"
        return Problem(source.label, line_at(source.text, paginate.start(1)), "directive-value", message)
    return Problem(source.label, 0, "marp", message)


def _failure(answer: Mapping[str, Any]) -> str:
    said = [line for line in answer["log"] if "INFO" not in line]
    reason = " ".join(" ".join(said).split()) or "it wrote no file and said nothing"
    cure = "take out what was changed last, part by part, until Marp renders it"
    if _OF_THE_BROWSER.search(reason):
        cure = "see whether the browser runs by itself and memory is free"
    return f"Marp could not render this deck: {reason}; {cure}"


_OF_THE_BROWSER = re.compile(r"browser|connection closed|target closed|session closed|protocol error|detached", re.I)


class _Node:
    """The Node process. It ends, and its browsers with it, when our end of its input closes."""

    def __init__(self, tools: Tools, folder: Path) -> None:
        environment = {
            **scratch.environment(folder),  # or Marp leaves a browser profile of 2 MB behind at each run
            "FORCE_COLOR": "0",  # or what it warns of begins with signs for a terminal
            "CHROME_PATH": str(tools.browser),
        }
        self._folder = folder
        self._program = tools.node
        try:
            self._process = subprocess.Popen(
                [tools.node, HOME / "pipeline" / "marp.mjs"],
                cwd=HOME,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
        except OSError as error:
            message = f"{tools.node} does not start ({error.strerror}); put another Node on PATH"
            raise BuildError([Problem("Marp CLI", 0, "marp", message)]) from None
        assert self._process.stdin
        self._stdin = self._process.stdin
        self._answers: queue.Queue[str | None] = queue.Queue()
        self._known: dict[str, dict[str, Any]] = {}
        self._labels: dict[str, str] = {}
        self._at_work: set[str] = set()
        self._stderr: list[str] = []
        self._threads: list[threading.Thread] = []
        self._start(self._read_answers)
        self._errors = self._start(self._read_errors)

    def __enter__(self) -> _Node:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind:  # nobody waits for its answers, and it may be deaf
            self._end()
        self.close()

    def close(self) -> None:
        """Let it end, now that it has answered; a second time does nothing."""
        try:
            with contextlib.suppress(OSError):
                self._stdin.close()
            self._process.wait(timeout=GRACE)
        except subprocess.TimeoutExpired:
            self._end()
        for thread in self._threads:  # they end with the process
            thread.join()
        for stream in (self._process.stdout, self._process.stderr):
            if stream:
                stream.close()

    def _end(self) -> None:
        scratch.end(self._folder)
        self._process.kill()  # where its environment could not be read
        self._process.wait()

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def begin(self, jobs: Sequence[Mapping[str, Any]]) -> None:
        """Hand over jobs, to be run side by side; their `label` is for messages."""
        self._labels = {job["id"]: job.get("label", "") for job in jobs}
        # From a thread, since a Node that hangs does not read: then the pipe is full, and writing has no end.
        self._start(lambda: self._write_jobs(jobs))

    def answers(self, ids: Set[str], silence: float) -> dict[str, dict[str, Any]]:
        """All answers up to the last one to the jobs with these ids, by their ids.

        Raises BuildError if Node dies, or is silent for `silence` seconds.
        """
        while not self._known.keys() >= ids:
            answer = self._next(silence)
            if "begins" in answer:
                self._at_work.add(answer["id"])
            else:
                self._at_work.discard(answer["id"])
                self._known[answer["id"]] = answer
        return self._known

    def run(self, jobs: Sequence[Mapping[str, Any]], silence: float) -> dict[str, dict[str, Any]]:
        """Hand over jobs and wait for the answers to them, as `begin` and `answers` do."""
        self._known.clear()  # a worker's jobs have the same ids each time
        self._at_work.clear()
        self.begin(jobs)
        return self.answers({job["id"] for job in jobs}, silence)

    def _start(self, work: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=work)
        self._threads.append(thread)
        thread.start()
        return thread

    def _next(self, silence: float) -> dict[str, Any]:
        try:
            line = self._answers.get(timeout=silence)
        except queue.Empty:
            message = f"was silent for {silence:.0f} s and was stopped"
            raise self._gave_up(message, "see whether the browser starts by itself") from None
        if line is None:
            self._errors.join(GRACE)  # what it said last may still be on its way
            with contextlib.suppress(subprocess.TimeoutExpired):  # its pipes close a moment before it has ended
                self._process.wait(GRACE)
            said = " ".join(" ".join(self._stderr[-5:]).split()) or "without a word"
            cure = f"see whether {self._program} works, and whether memory ran out"
            raise self._gave_up(f"ended early: {said}", cure)
        with contextlib.suppress(ValueError):
            answer = json.loads(line)
            if isinstance(answer, dict) and "id" in answer:
                return answer
        message = f"said '{line.strip()}', which is no answer; see whether {self._program} is Node itself"
        raise BuildError([Problem("Marp CLI", 0, "marp", message)])

    def _gave_up(self, what: str, cure: str) -> BuildError:
        """What became of Node, said of the deck that it was at work on, where it was only one."""
        labels = sorted({self._labels[each] for each in self._at_work} - {""})
        if len(labels) == 1:
            message = f"Marp {what} while it was at work on this deck; write it more simply, or {cure}"
            return BuildError([Problem(labels[0], 0, "marp", message)])
        where = f" while it was at work on {', '.join(labels)}" if labels else ""
        return BuildError([Problem("Marp CLI", 0, "marp", f"{what}{where}; {cure}")])

    def _write_jobs(self, jobs: Sequence[Mapping[str, Any]]) -> None:
        with contextlib.suppress(OSError, ValueError):  # Node is gone already: `_next` says so
            for job in jobs:
                self._stdin.write(json.dumps(job) + "\n")
            self._stdin.flush()

    def _read_answers(self) -> None:
        for line in self._process.stdout or ():
            self._answers.put(line)
        self._answers.put(None)

    def _read_errors(self) -> None:
        self._stderr.extend(self._process.stderr or ())
