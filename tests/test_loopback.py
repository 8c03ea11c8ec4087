"""The web server that answers the browser of a build."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from pipeline import loopback

BASE = "https://workshop.example/talk/"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address of a folder `site`, beside which lies what nobody may have."""
    (tmp_path / "site" / "page").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    for name, text in {"index.html": "home", "page/index.html": "page", "ä b.css": "p {}", "c.bin": "x"}.items():
        (tmp_path / "site" / name).write_text(text, encoding="utf-8")
    with loopback.serve(tmp_path / "site", BASE) as address:
        yield address


def ask(served: str, path: str, *, host: str = "") -> tuple[int, str, str]:
    """Ask for a path just as it is written: status, media type, text."""
    connection = http.client.HTTPConnection(urlsplit(served).netloc, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": host} if host else {})
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Content-Type", ""), answer.read().decode()
    finally:
        connection.close()


def test_a_site_lies_where_it_will_be_published(served: str) -> None:
    assert "/talk/" == urlsplit(served).path
    assert (200, "text/html; charset=utf-8", "home") == ask(served, "/talk/")
    assert (200, "text/html; charset=utf-8", "page") == ask(served, "/talk/page/?q=1")
    assert (200, "text/css; charset=utf-8", "p {}") == ask(served, "/talk/%C3%A4%20b.css")
    assert (200, "application/octet-stream", "x") == ask(served, "/talk/c.bin")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/secret.txt",
        "/talk/none.html",
        "/talk/../secret.txt",
        "/talk/..%2fsecret.txt",
        "/talk/%2e%2e/secret.txt",
        "/talk//etc/passwd",
        "/talk/%2Fetc/passwd",
        "/talk/%00",
        f"/talk/{'x' * 5000}",
        "/talk/page/%0d%0aX: y",
    ],
)
def test_what_is_not_of_the_site_is_not_there(path: str, served: str) -> None:
    assert (404, "", "") == ask(served, path.replace(" ", "%20"))


def test_a_page_of_somebody_else_who_calls_this_machine_by_another_name_gets_nothing(served: str) -> None:
    assert (404, "", "") == ask(served, "/talk/", host="far.example")
    assert 200 == ask(served, "/talk/")[0]


def test_an_address_may_be_written_with_percent_signs(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("p {}", encoding="utf-8")

    with loopback.serve(tmp_path, "https://workshop.example/my%20talk/") as address:
        assert address.endswith("/my%20talk/")
        assert 200 == ask(address, "/my%20talk/a.css")[0]


def test_a_site_that_is_not_encrypted_is_not_served_where_scripts_may_do_more(tmp_path: Path) -> None:
    with loopback.serve(tmp_path, "http://workshop.example/") as address:
        assert "" == address


def test_it_ends_with_the_build(tmp_path: Path) -> None:
    with loopback.serve(tmp_path, BASE) as address:
        assert 404 == ask(address, "/talk/")[0]
        assert urlsplit(address).port in open_ports()

    assert urlsplit(address).port not in open_ports()


def open_ports() -> set[int]:
    """Where this process listens: as soon as a port is free, another may have it."""
    found = psutil.Process().net_connections(kind="tcp")
    return {each.laddr.port for each in found if each.status == psutil.CONN_LISTEN}


def test_where_no_port_is_free_nothing_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loopback, "HOST", "192.0.2.1")  # which no machine has

    with loopback.serve(tmp_path, BASE) as address:
        assert "" == address
