"""Answer a browser on this machine with the files of a folder, as the web server of the published site would."""

from __future__ import annotations

import contextlib
import posixpath
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

HOST = "127.0.0.1"
"""Nobody else in the network is shown what is not finished."""


@contextlib.contextmanager
def serve(folder: Path, base: str) -> Iterator[str]:
    """Serve `folder` at the path that the address `base` has, and give the address there; '' where that cannot be.

    It cannot where no port is free, and where `base` is not encrypted: to browsers, this machine is as safe as an
    encrypted site, and lets scripts do more. What is in the folder must stay as it is until the end: a browser may
    keep it.
    """
    root = urlsplit(base).path
    try:
        server = _Server((HOST, 0), partial(_Handler, folder, root)) if base.startswith("https://") else None
    except OSError:
        server = None
    if not server:
        yield ""
        return
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_port}{root}"
        finally:
            server.shutdown()
            thread.join()


def file_at(folder: Path, root: str, address: str) -> Path | None:
    """The file that is meant by an address, where `folder` lies at the path `root`; it need not be there.

    None for what lies outside of the folder, and for what can be no name.
    """
    place, root = unquote(urlsplit(address).path), unquote(root)
    parts = place.removeprefix(root).split("/")
    if not place.startswith(root) or ".." in parts:
        return None
    path = folder.joinpath(*parts)
    try:
        return path / "index.html" if path.is_dir() else path
    except OSError:  # longer than any name may be
        return None


def kind_of(name: str) -> str:
    """The media type of a file, by its name; not by the machine's own table, which may say anything."""
    return _KINDS.get(posixpath.splitext(name)[1].lower(), "application/octet-stream")


_KINDS = {
    ".apng": "image/apng",
    ".avif": "image/avif",
    ".bmp": "image/bmp",
    ".css": "text/css; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".gif": "image/gif",
    ".gz": "application/gzip",
    ".htm": "text/html; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jfif": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".log": "text/plain; charset=utf-8",
    ".map": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".ogg": "audio/ogg",
    ".otf": "font/otf",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
    ".vtt": "text/vtt; charset=utf-8",
    ".wasm": "application/wasm",
    ".wav": "audio/wav",
    ".webm": "video/webm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
    ".yaml": "text/plain; charset=utf-8",
    ".yml": "text/plain; charset=utf-8",
    ".zip": "application/zip",
}


class Server(ThreadingHTTPServer):
    """A web server for this machine only."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64  # as many as windows ask for at once

    def server_bind(self) -> None:
        # Without the name of the machine, which the standard library would look up in the network.
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = HOST, self.server_address[1]


class _Server(Server):
    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a browser that was ended has hung up


class _Handler(BaseHTTPRequestHandler):
    server: HTTPServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, folder: Path, root: str, *rest: Any) -> None:
        self._folder, self._root = folder, root
        super().__init__(*rest)

    def do_GET(self) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError):  # a page may be left at any time
            self._answer()

    def _answer(self) -> None:
        is_meant = self.headers.get("Host") == f"{HOST}:{self.server.server_port}"
        path = file_at(self._folder, self._root, self.path) if is_meant else None
        found = path if path and path.is_file() else None
        body = found.read_bytes() if found else b""
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(body)))
        if found:
            self.send_header("Content-Type", kind_of(found.name))
            self.send_header("Cache-Control", "max-age=3600")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass
