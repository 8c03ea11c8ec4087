#!/usr/bin/env python3
"""Build the workshop: slides, PDF, pages and notes, each proven before it is published.

Needs nothing but Python 3.11 or newer; what else a build needs it brings itself.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the one file that an older Python may be asked to run
    sys.exit("build.py needs Python 3.11 or newer; this is " + sys.version.split()[0])

import argparse
import contextlib
import errno
import gc
import io
import os
import shutil
import signal
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))  # a Python that is told to be safe looks beside no script

from pipeline import fingerprint, toolchain  # noqa: E402

if TYPE_CHECKING:
    from pipeline.marp import Worker


def main() -> int:
    """Run one command; returns the exit code."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever called us
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115
    arguments, rest = _parser().parse_known_args()
    if rest and arguments.command != "test":
        _parser().error(f"unknown argument: {rest[0]}")
    for stream in (sys.stdout, sys.stderr):  # a terminal that lacks a sign shows its number
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if isinstance(sys.stdout, io.TextIOWrapper):  # so that `_is_heard` finds what cannot be written, with -u too
        sys.stdout.reconfigure(write_through=False)
    # As for Ctrl-C: clean up on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    try:
        if arguments.command in (None, "build") and fingerprint.is_as_built(ROOT):
            print("nothing has changed: dist/site is as built")
            code = 0
        elif arguments.command == "clean" and not any(map(os.path.lexists, (ROOT / "dist", ROOT / ".venv"))):
            code = 0  # nothing was made yet, and nothing need be installed to see that
        else:
            toolchain.enter_venv(Path(__file__).resolve())
            code = _run(arguments, rest)
        return code if _is_heard() else 1
    except toolchain.ToolError as error:
        print(f"build.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever read our words has read enough
        _be_silent()
        return 1
    except OSError as error:
        if not _is_heard():
            return 1
        place = str(error.filename2 or error.filename or "").removeprefix(f"{ROOT}{os.sep}")
        if not place and error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):
            print(f"build.py: {error.strerror or error}; try again, and report it if it stays", file=sys.stderr)
            return 1
        cure = "see who may read and write it, and whether the disk has room"
        print(f"{place or 'dist'}: {error.strerror or error}; {cure}", file=sys.stderr)
        return 1
    except Exception as error:
        print(f"build.py: {type(error).__name__}: {error}; {_record(traceback.format_exc())}", file=sys.stderr)
        return 1


def _is_heard() -> bool:
    """Whether all words have gone where they should; where they have not, that is said, if it can be."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            with contextlib.suppress(OSError):
                print(f"build.py: its words could not be written: {error.strerror}; see where they go", file=sys.stderr)
        _be_silent()
        return False
    return True


def _be_silent() -> None:
    """Let nothing be written any more, or Python would try it again in the end, and end with a code of its own."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # one that is no file
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _record(details: str) -> str:
    """Keep what only a developer can read; returns what the user can do with it."""
    record = ROOT / "dist" / "report" / "traceback.txt"
    try:
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(details, encoding="utf-8")
    except OSError:
        return "this is a fault of the build, please report it"
    return f"this is a fault of the build, please report it with {record.relative_to(ROOT)}"


def _parser() -> argparse.ArgumentParser:
    what = (__doc__ or "").partition("\n\n")[0]  # a Python may be told to drop such texts
    parser = argparse.ArgumentParser(prog="build.py", description=what)
    where = "say in the end where the time went"
    parser.add_argument("-v", "--verbose", action="store_true", help=where)
    commands = parser.add_subparsers(dest="command", metavar="command")
    build = commands.add_parser("build", help="everything, into dist/ (this is what happens without a command)")
    deck = commands.add_parser("deck", help="only the given Marp decks, wherever they are")
    deck.add_argument("files", nargs="+", type=Path, metavar="FILE.md")
    deck.add_argument("-o", "--output", type=Path, default=Path("dist/decks"), metavar="DIR")
    deck.add_argument("--strict", action="store_true", help="write nothing if there is a problem")
    check = commands.add_parser("check", help="look at everything with every rule; writes only dist/report")
    check.add_argument("files", nargs="*", type=Path, metavar="FILE.md", help="any Marp decks, instead of the project")
    check.add_argument("--format", choices=("text", "json", "github"), default="text")
    for command in (build, check):  # behind its name, too, and there it takes back nothing
        command.add_argument("-v", "--verbose", action="store_true", default=argparse.SUPPRESS, help=where)
    serve = commands.add_parser("serve", help="show site and decks as you write them, on this machine only")
    serve.add_argument("--port", type=int, metavar="N", help="else the first free one from 8000 on")
    serve.add_argument("--open", action="store_true", help="open it in the browser too")
    commands.add_parser("test", help="the test suite; further arguments go to pytest", add_help=False)
    links = commands.add_parser("links", help="ask all outside links whether they still answer")
    links.add_argument("--write", action="store_true", help="note today's date for those that do")
    commands.add_parser("clean", help="remove what a build made")
    return parser


def _run(arguments: argparse.Namespace, rest: list[str]) -> int:
    # Not before the packages are there. Of what is imported nothing can go, so it need not be looked through for that.
    gc.disable()
    with contextlib.ExitStack() as stack:
        tools = worker = None
        is_build = arguments.command in (None, "build")
        if (is_build and fingerprint.has_new_decks(ROOT)) or (arguments.command == "check" and not arguments.files):
            tools = toolchain.provision()
            worker = _start_marp(tools, stack)
        from pipeline import commands  # noqa: F401 - while Marp starts

        gc.freeze()
        gc.enable()
        return _do(arguments, rest, tools, worker)


def _start_marp(tools: toolchain.Tools, stack: contextlib.ExitStack) -> "Worker | None":
    """Have Marp started beside us, until the end of `stack`."""
    from pipeline import marp
    from pipeline.problems import BuildError

    try:
        return stack.enter_context(marp.open_worker(tools))
    except BuildError:  # the build tries it again, and reports it
        return None


def _do(arguments: argparse.Namespace, rest: list[str], tools: toolchain.Tools | None, worker: "Worker | None") -> int:
    from pipeline import commands
    from pipeline.problems import BuildError

    try:
        match arguments.command:
            case "clean":
                commands.clean(ROOT)
            case "links":
                return _tell(commands.check_links(ROOT, write=arguments.write), "dead")
            case "test":
                return commands.test(ROOT, toolchain.provision(), rest)
            case "deck":
                return _deck(arguments)
            case "check":
                return _check(arguments, tools, worker)
            case "serve":
                return _serve(arguments)
            case _:
                tools = tools or toolchain.provision()
                with _told() as tell:
                    published, times = commands.build(ROOT, tools, worker=worker, tell=tell)
                if arguments.verbose:
                    print("\n".join(times), file=sys.stderr)
                print(f"built and checked: {published.relative_to(ROOT)}/index.html")
    except BuildError as error:
        return _tell(error.problems, "found")
    return 0


def _deck(arguments: argparse.Namespace) -> int:
    from pipeline import commands

    files: list[Path] = arguments.files
    written, problems = commands.render_files(
        ROOT, files, arguments.output, toolchain.provision(), strict=arguments.strict
    )
    _tell(problems, "found")
    for folder in written:
        print(f"written: {folder}/slides.html, slides.pdf, slides.pptx, handouts, deck.json, notes.md and pictures")
    return 0 if len(written) == len(files) else 1


def _check(arguments: argparse.Namespace, tools: toolchain.Tools | None, worker: "Worker | None") -> int:
    from pipeline import commands, report

    files: list[Path] = arguments.files
    tools = tools or toolchain.provision()
    times: list[str] = []
    with _told() as tell:
        if files:
            found = commands.check_files(ROOT, files, tools)
        else:
            found, times = commands.check(ROOT, tools, worker=worker, tell=tell)
    if arguments.verbose and times:
        print("\n".join(times), file=sys.stderr)
    match arguments.format:
        case "json":
            print(report.as_json(found), end="")
        case "github":
            print("\n".join(report.as_github(found)))
            if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
                with Path(summary).open("a", encoding="utf-8") as file:
                    file.write(report.as_summary(found))
        case _:
            print("\n".join(report.as_lines(found)))
            if not any(problem.path == report.FOLDER.as_posix() for problem in found.problems):
                print(f"the report with pictures: {report.FOLDER}/index.html")
    return 1 if found.problems else 0


def _serve(arguments: argparse.Namespace) -> int:
    from pipeline import serve

    def say(line: str) -> None:
        print(line, flush=True)

    try:
        serve.run(ROOT, toolchain.provision(), port=arguments.port, say=say, is_opened=arguments.open)
    except KeyboardInterrupt:
        say("stopped")
    return 0


@contextlib.contextmanager
def _told() -> Iterator[Callable[[str], None]]:
    """Show on one line of a terminal what is at work, and take the line away in the end; elsewhere, be quiet."""

    def show(text: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\x1b[K{text[: shutil.get_terminal_size().columns - 1]}", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        show("")


def _tell(problems: list, found: str) -> int:  # type: ignore[type-arg]
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        noun = "problem" if len(problems) == 1 else "problems"
        print(f"{len(problems)} {noun} {found}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
