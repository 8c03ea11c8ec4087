"""What several tests share: the tools, the built site, a copy of the project to break, and small web servers."""

from __future__ import annotations

import contextlib
import copyreg
import functools
import os
import pickle
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
from filelock import FileLock

from pipeline import deck, fingerprint, marp, policy, present, toolchain
from pipeline.artifacts import Made
from pipeline.decks import Source
from pipeline.marp import Rendered
from pipeline.problems import Problem
from pipeline.site import read_settings
from pipeline.toolchain import Tools

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "tests" / "fixtures"
BUILT = ROOT / "dist" / "site"
Thing = TypeVar("Thing")
HALF_WRITTEN = "*.pyc.*"
"""What Python is just compiling. What it has compiled is copied with the rest, or each copy would begin with that."""

# A suite that a script runs in the background ignores Ctrl-C, and so would every command that a test starts and stops.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """One worker more than there are cores: on two, two left an eighth of the time unused, while builds waited."""
    return (yield) + 1


@pytest.fixture(scope="session")
def tools() -> Tools:
    return toolchain.provision()


@pytest.fixture(scope="session")
def worker(tools: Tools) -> Iterator[marp.Worker]:
    """Marp, started once for all the small decks that tests render."""
    with marp.open_worker(tools) as opened:
        yield opened


@pytest.fixture(scope="session")
def site() -> Path:
    """The built site. `build.py test` makes it; tests never look at a stale one."""
    if not fingerprint.is_current(ROOT):
        pytest.fail("dist/site is missing or stale; run 'python3 build.py test', which builds it first", pytrace=False)
    return BUILT


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], tools: Tools) -> dict[str, Any]:
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    english = {"args": ["--lang=en-US"], "env": {**os.environ, "LANGUAGE": "en_US"}}  # in which order a date is typed
    return {**browser_type_launch_args, **english, "executable_path": str(tools.browser), "chromium_sandbox": not root}


@pytest.fixture(scope="session")
def common(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of a run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def once(common: Path, name: str, make: Callable[[], Thing]) -> Thing:
    """What the first worker makes that asks for it, and all others take from there."""
    copyreg.pickle(threading.Event, lambda _: (threading.Event, ()))  # a deck has one, for its own process
    kept = common / f"{name}.pickle"
    with FileLock(kept.with_suffix(".lock")):
        if not kept.exists():
            kept.write_bytes(pickle.dumps(make()))
    made: Thing = pickle.loads(kept.read_bytes())
    return made


@dataclass(frozen=True)
class Served:
    """A folder on a web server of its own."""

    base: str
    """Address of the site's root, with a '/' at its end."""


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, *args: Any, prefix: str, **options: Any) -> None:
        self._prefix = prefix
        super().__init__(*args, **options)

    def end_headers(self) -> None:
        self.send_header("LinkChecker", "welcome")  # which lets it ask as often as it can
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def translate_path(self, path: str) -> str:
        if not path.startswith(self._prefix):
            return str(Path(self.directory) / "outside the site")
        return super().translate_path("/" + path.removeprefix(self._prefix))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        # As GitHub Pages does: the site's own page for what does not exist.
        page = Path(self.directory) / "404.html"
        body = page.read_bytes() if code == 404 and page.exists() else b""
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def copyfile(self, source: Any, outputfile: Any) -> None:
        with contextlib.suppress(ConnectionError):  # a reader may hang up once it knows enough
            super().copyfile(source, outputfile)


@contextlib.contextmanager
def serve(folder: Path, prefix: str) -> Iterator[str]:
    """Put a folder on a web server, below `prefix`; gives the address of its root, with a '/' at its end."""
    handler = functools.partial(_Handler, directory=str(folder), prefix=prefix)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}{prefix}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session", params=["as published", pytest.param("elsewhere", marks=pytest.mark.slow)])
def served(request: pytest.FixtureRequest, site: Path) -> Iterator[Served]:
    """The built site on a web server: below the path that it was built for, and on demand below another."""
    path = urlsplit(read_settings(ROOT).site_url).path
    other = "/" if path != "/" else "/elsewhere/"
    with serve(site, path if request.param == "as published" else other) as base:
        yield Served(base)


def not_printed(source: Source, rendered: Rendered) -> tuple[Made, list[Problem]]:
    """A deck to look at, of which there is no PDF; and what its reading finds wrong."""
    read, problems = deck.read(rendered.html, name=source.name, source=source.label)
    html = policy.seal_deck(present.enhance(rendered.html, read, links={}))
    return Made(source, read, rendered, b"", html, ""), problems


def told(problem: Problem) -> str:
    """What a problem says, and where, without the name of its rule."""
    return str(problem).removesuffix(f" [{problem.rule}]")


@dataclass(frozen=True)
class Outcome:
    """What a run of build.py said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Project:
    """A copy of the project that a test may break; the installed tools are shared with the real one."""

    root: Path

    def edit(self, name: str, change: Callable[[str], str]) -> None:
        """Change a text file; a change that changes nothing is a mistake in the test."""
        path = self.root / name
        before = path.read_text(encoding="utf-8")
        after = change(before)
        assert after != before, f"the planted fault changed nothing in {name}"
        path.write_text(after, encoding="utf-8", newline="")

    def run(self, *arguments: str | Path, **environment: str) -> Outcome:
        """Run build.py as a user would, at the address that mkdocs.yml gives."""
        inherited = {name: value for name, value in os.environ.items() if name not in ("SITE_URL", "EDIT_URL")}
        done = subprocess.run(
            [sys.executable, "build.py", *map(str, arguments)],
            cwd=self.root,
            env={**inherited, **environment},
            capture_output=True,
            text=True,
            timeout=600,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def tiny(tmp_path: Path) -> Project:
    """The smallest project that builds: one deck with one slide, and a home page."""
    return make_tiny(tmp_path / "project")


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder around the project of `built`, to be copied to where that was built."""
    folder = tmp_path_factory.mktemp("built")
    outcome = make_tiny(folder / "place" / "project").run()
    assert (0, "") == (outcome.code, outcome.err)
    return (folder / "place").rename(folder / "kept")


@pytest.fixture
def built(kept: Path) -> Iterator[Project]:
    """The smallest project after its first build: what a test leaves as it is need not be made, nor looked at, again.

    It always lies at the place where it was built, as what is known of a file is known by its path.
    """
    place = kept.with_name("place")
    shutil.copytree(kept, place, symlinks=True)
    yield Project(place / "project")
    shutil.rmtree(place)


def make_tiny(root: Path) -> Project:
    """Copy the smallest project to `root`, with the pipeline, the theme, and the tools of this checkout."""
    shutil.copytree(FIXTURES / "project", root)
    for name in ("pipeline", "slides/theme", "docs/assets"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns(HALF_WRITTEN))
    (root / "overrides").mkdir()
    files = ("build.py", "marp.config.mjs", "mkdocs_hooks.py", "overrides/main.html", "package-lock.json")
    for name in (*files, "package.json", "requirements.lock", "requirements-node.lock"):
        shutil.copy(ROOT / name, root / name)
    for shared in (".venv", "node_modules"):
        (root / shared).symlink_to(ROOT / shared)
    return Project(root)


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Fail where what follows computes for longer; what else the machine is at does not count."""

    def end(*_: object) -> None:
        raise AssertionError(f"it computes for more than {seconds} s")

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
