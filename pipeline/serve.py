"""Show the site while it is being written: a web server for one's own machine, and what it adds to each page."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import posixpath
import re
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from html import escape
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from pipeline import names, policy, scratch
from pipeline.links import is_address
from pipeline.loopback import HOST, Server, kind_of
from pipeline.preview import Board, Maker, Shown
from pipeline.problems import BuildError, Problem
from pipeline.toolchain import WINDOWS, Tools
from pipeline.watch import Watcher

PORTS = range(8000, 8021)
"""Where the preview looks for a free port."""

PULSE = 10.0
"""Seconds after which a page is told something even if there is nothing new: so one that went away is noticed."""

EVENTS = "/.preview/events"

_SCRIPT = Path(__file__).with_suffix(".js")
_STYLE = Path(__file__).with_suffix(".css")


def run(root: Path, tools: Tools, *, port: int | None, say: Callable[[str], None], is_opened: bool = False) -> None:
    """Serve the site until somebody stops it. `port` is any that is free where it is None or 0.

    Raises BuildError where no port is to be had.
    """
    board = Board()
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(_open_server(root, board, port))
        stack.callback(board.close)
        watcher = stack.enter_context(Watcher(root, root / "dist" / "site" / "build.json"))
        folder = stack.enter_context(scratch.open_folder())
        maker = stack.enter_context(Maker(root, folder, tools=tools, board=board, watcher=watcher, say=say))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        stack.callback(thread.join)
        stack.callback(server.shutdown)
        thread.start()
        address = f"http://{HOST}:{server.server_port}/"
        say(f"preview: {address} (Ctrl-C ends it)")
        if is_opened:
            open_page(address)
        maker.run()


def open_page(address: str, show: Callable[[str], object] = webbrowser.open) -> threading.Thread:
    """Open a page in the user's browser, beside the work: one without windows is waited for until somebody ends it."""
    thread = threading.Thread(target=show, args=(address,), daemon=True)
    thread.start()
    return thread


def _open_server(
    root: Path, board: Board, port: int | None, start: Callable[[tuple[str, int], _Desk], _Server] | None = None
) -> _Server:
    for number in PORTS if port is None else [port]:
        try:
            return (start or _Server)((HOST, number), _Desk(root, board))
        except OSError as error:
            if error.errno == errno.EACCES and not WINDOWS and port is not None:
                message = f"port {port} is for administrators only; name one from 1024 on with --port"
                raise BuildError([Problem("preview", 0, "output", message)]) from None
            if error.errno not in (errno.EADDRINUSE, errno.EACCES) and not WINDOWS:
                raise
        except OverflowError:  # no computer has such a port
            message = f"no port has the number {number}; write one from 1 to 65535"
            raise BuildError([Problem("preview", 0, "output", message)]) from None
    tried = f"{PORTS[0]} to {PORTS[-1]}" if port is None else str(port)
    raise BuildError([Problem("preview", 0, "output", f"no port is free (tried {tried}); name another with --port")])


# --- what is answered ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What the server says to one request."""

    status: int
    kind: str = "text/plain; charset=utf-8"
    """The media type."""
    body: bytes = b""
    location: str = ""
    """Where the browser is sent instead."""


@dataclass(frozen=True)
class _Found:
    """What there is at an address: a page, a file, or else a picture that is not there."""

    path: Path | None = None
    status: int = 200
    html: str | None = None
    """The page, where it is one."""
    is_deck: bool = False


class _Desk:
    """Looks up what somebody asks for, as it is at that moment."""

    def __init__(self, root: Path, board: Board) -> None:
        self._built = root / "dist" / "site"
        self.board = board

    def answer(self, path: str) -> Answer:
        """Answer a request for a path, which may be anything."""
        shown = self.board.shown
        name = unquote(urlsplit(path).path, errors="replace")
        prefix = shown.prefix
        if name in ("/", prefix.rstrip("/")) and name != prefix:
            return Answer(302, location=quote(prefix))
        if not name.startswith(prefix):
            return self._page(shown, name, _Found(status=404, html=_NOWHERE))
        uri = name.removeprefix(prefix)
        with self.board.writing:
            shown = self.board.shown  # or its folder could have gone away meanwhile
            if not uri.endswith("/") and _below(shown.site, f"{uri}/index.html"):
                return Answer(302, location=quote(f"{name}/"))
            found = self._find(shown, uri)
            if found.html is not None:
                return self._page(shown, uri, found)
            if found.path is None:
                return Answer(found.status, kind_of("none.svg"), _NO_PICTURE.encode())
            return Answer(found.status, kind_of(found.path.name), found.path.read_bytes())

    def _find(self, shown: Shown, uri: str) -> _Found:
        """What there is at an address below the site's. To be called with `writing` held."""
        if shown.is_refused(uri):
            return _Found(status=403, html=_REFUSED)
        if deck := shown.slides.get(uri):
            return _Found(html=deck.html, is_deck=True)
        name = f"{uri}index.html" if uri.endswith("/") or not uri else uri
        planned = _below(shown.site, name)  # empty, where only a build makes it
        if planned and planned.stat().st_size:
            return _Found(planned, html=_read(planned) if planned.suffix == ".html" else None)
        if not name.endswith(".html") and (path := _below(self._built, name)):
            return _Found(path)
        if shown.site is None:
            return _Found(status=503, html=_BEING_MADE)
        if planned and planned.suffix == ".png":
            return _Found(status=404)
        if Path(name).suffix in _ONLY_BUILT:
            return _Found(status=404, html=_notice("Only a build makes this", _UNBUILT.format(escape(name))))
        missing = _below(shown.site, "404.html")
        return _Found(status=404, html=_read(missing) if missing else _NOWHERE)

    def _page(self, shown: Shown, uri: str, found: _Found) -> Answer:
        html = found.html or ""
        facts = {"page": uri, "style": _STYLE.read_text(encoding="utf-8"), **self._view(shown, uri, found)}
        dressed = dress(html, facts)
        sealed = policy.seal_deck(dressed, listens=True) if found.is_deck else policy.seal_page(dressed)
        return Answer(found.status, "text/html; charset=utf-8", sealed.encode())

    def view(self, uri: str) -> dict[str, Any]:
        """What the page at an address has to know of itself: its version, its problems, the slide to go to."""
        with self.board.writing:  # or the folder of the pages could go away meanwhile
            shown = self.board.shown
            return self._view(shown, uri, self._find(shown, uri))

    def _view(self, shown: Shown, uri: str, found: _Found) -> dict[str, Any]:
        deck = shown.slides.get(uri)
        problems = [
            {
                "place": f"{problem.path}:{problem.line}" if problem.line else problem.path,
                "message": f"{problem.message} [{problem.rule}]",
                "slide": _slide_of(problem, shown, uri),
            }
            for problem in shown.problems_of(uri)
        ]
        return {
            "version": self._version(shown, uri, found),
            "slide": deck.edited if deck else None,
            "problems": problems,
        }

    def _version(self, shown: Shown, uri: str, found: _Found) -> str:
        """Another for each state in which a reader sees the page: its own bytes, and those of what it asks for."""
        digest = hashlib.sha256((found.html or "").encode())
        if not found.is_deck and found.html is not None:
            for address in dict.fromkeys(_ASKS.findall(found.html)):
                name = posixpath.normpath(posixpath.join(posixpath.dirname(uri), unquote(address)))
                path = _below(shown.site, name)
                if path is None or not path.stat().st_size:
                    path = _below(self._built, name)
                if path:
                    digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()[:16]


def _slide_of(problem: Problem, shown: Shown, uri: str) -> int | None:
    deck = shown.slides.get(uri)
    slide = deck.deck.slide_at(problem.line) if deck and problem.path == deck.deck.source else None
    return slide.number if slide else None


def dress(html: str, facts: dict[str, Any]) -> str:
    """A page with the preview's script, and what that has to know."""
    data = json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c")
    added = f'<script type="application/json" data-preview>{data}</script>'
    added += f"<script>{_SCRIPT.read_text(encoding='utf-8')}</script>"
    at = html.rfind("</body>")
    return html[:at] + added + html[at:] if at >= 0 else html + added


def _below(folder: Path | None, uri: str) -> Path | None:
    """The file at an address below a folder; None for what is not there, or leads out of it."""
    parts = uri.split("/")
    if folder is None or any(part in ("", ".", "..") or names.unseen(part) for part in parts):
        return None
    if WINDOWS and any(sign in uri for sign in "\\:"):  # which it takes for more than a part of a name
        return None
    path = folder.joinpath(*parts)
    try:
        return path if path.is_file() and path.resolve().is_relative_to(folder.resolve()) else None
    except (OSError, ValueError):
        return None


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


# What a page shows, apart from its own words.
_ASKS = re.compile(r'(?:\ssrc|<link[^>]*\shref)="([^":?#]+)')

_ONLY_BUILT = (".docx", ".md", ".pdf", ".pptx", ".zip")

_NO_PICTURE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1280 720">
<rect width="1280" height="720" fill="#ddd"/>
<text x="640" y="375" text-anchor="middle" font-family="sans-serif" font-size="44">A build makes this picture</text>
</svg>
"""


def _notice(title: str, text: str) -> str:
    head = f'<meta charset="utf-8"><title>{title}</title><link rel="icon" href="data:,">'
    body = f'<body style="font: 1.125rem/1.5 sans-serif; margin: 3rem"><h1>{title}</h1><p>{text}</p></body>'
    return f'<!doctype html><html lang="en"><head>{head}</head>{body}</html>'


_UNBUILT = (
    "<code>{}</code> is made by <code>python3 build.py</code>, not by the preview, and no build has made it yet. "
    "Run one in another terminal: it appears here by itself."
)
_REFUSED = _notice(
    "This is not shown", "It holds something that would run, or that leads elsewhere, and must be mended."
)
_BEING_MADE = _notice("Nothing to show yet", "The site is being made. This page changes as soon as there is something.")
_NOWHERE = _notice("There is no such page", 'The site begins <a href="/">here</a>.')


# --- the server ---------------------------------------------------------------------------------------------


class _Server(Server):
    allow_reuse_address = not WINDOWS  # there, it would let two servers have one port

    def __init__(self, address: tuple[str, int], desk: _Desk) -> None:
        self.desk = desk
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | TimeoutError):  # a page may be closed at any time
            print(f"preview: {type(error).__name__}: {error}; please report it", file=sys.stderr, flush=True)

    @cached_property
    def names(self) -> set[str]:
        """What browsers may call this server: under any other name, it is somebody else's page that asks."""
        hosts = (HOST, "localhost")
        return {f"{host}:{self.server_port}" for host in hosts} | (set(hosts) if self.server_port == 80 else set())


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_version, sys_version = "preview", ""

    def do_GET(self) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError):  # a page may be closed at any time
            if is_address(self.path):
                self._answer()
            else:
                self._send(Answer(400, body=b"This is no address.\n"))

    do_HEAD = do_GET

    def _answer(self) -> None:
        if self.headers.get("Host", "") not in self.server.names:
            self._send(Answer(421, body=b"This preview is for the machine that it runs on.\n"))
        elif self._is_asked_by_another():
            self._send(Answer(403, body=b"This preview answers to no other site.\n"))
        elif urlsplit(self.path).path == EVENTS and self.command == "GET":
            self._tell()
        else:
            self._send(self.server.desk.answer(self.path))

    def _is_asked_by_another(self) -> bool:
        """Whether a page of another site asks, and not somebody who follows a link to here."""
        is_of_other = self.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")
        return is_of_other and self.headers.get("Sec-Fetch-Mode") != "navigate"

    def _send(self, answer: Answer) -> None:
        etag = f'"{hashlib.sha256(answer.body).hexdigest()[:32]}"'
        is_known = answer.status == 200 and self.headers.get("If-None-Match") == etag
        self.send_response(304 if is_known else answer.status)
        self._send_common()
        if answer.location:
            self.send_header("Location", answer.location)
        self.send_header("ETag", etag)
        if not is_known:
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD" and not is_known:
            self.wfile.write(answer.body)

    def _send_common(self) -> None:
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Content-Security-Policy", "frame-ancestors 'self'")

    def _tell(self) -> None:
        """Tell a page of itself, now and whenever that changes, until it goes away."""
        asked = parse_qs(urlsplit(self.path).query)
        uri = asked.get("page", [""])[0]
        self.close_connection = True
        self.send_response(200)
        self._send_common()
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        board = self.server.desk.board
        for event in self._events(uri):
            board.look(uri)
            self.wfile.write(event.encode())

    def _events(self, uri: str) -> Iterator[str]:
        desk, known, said = self.server.desk, -1, ""
        while (now := desk.board.wait(known, PULSE)) is not None:
            told = json.dumps(desk.view(uri)) if now != known else said
            yield f"data: {told}\n\n" if told != said else ":\n\n"
            known, said = now, told

    def log_message(self, format: str, *args: Any) -> None:
        pass
