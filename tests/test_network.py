"""While a deck is made, nobody outside of the project is asked for anything."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pipeline import marp
from pipeline.decks import Source
from pipeline.toolchain import Tools


def test_no_browser_asks_another_host(tmp_path: Path, tools: Tools) -> None:
    asked: list[str] = []

    class Host(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Host) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        hosts = [f"{name}:{server.server_port}" for name in ("127.0.0.1", "localhost")]
        pictures = "\n".join(f"![A picture](http://{host}/picture.png)" for host in hosts)
        path = tmp_path / "deck.md"
        style = f"h1 {{ background: url(http://{hosts[0]}/style.png) }}"
        path.write_text(f"---\nmarp: true\nstyle: '{style}'\n---\n\n# One\n\n{pictures}\n", encoding="utf-8")
        marp.render([Source("deck", path, tmp_path, "deck.md", path.read_text())], tools=tools, lang="en", links={})
        server.shutdown()
        thread.join()

    assert [] == asked
