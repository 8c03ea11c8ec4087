"""Another link checker crawls the site from a web server, and must find no broken link either."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Served, serve

SETTINGS = """\
[checking]
maxrequestspersecond=1000
threads=4
[AnchorCheck]
"""


def crawled(address: str, folder: Path) -> tuple[int, str]:
    """What LinkChecker says of a site: its exit code, and the broken links."""
    settings = folder / "linkchecker.ini"
    settings.write_text(SETTINGS, encoding="utf-8")
    program = Path(sys.executable).with_name("linkchecker")
    command: list[str | Path] = [
        program,
        "--config",
        settings,
        "--no-robots",
        "--no-status",
        "--output",
        "text",
        address,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, cwd=folder)
    return done.returncode, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("served", ["as published"], indirect=True)
def test_another_checker_finds_no_broken_link(served: Served, tmp_path: Path) -> None:
    code, said = crawled(served.base, tmp_path)

    assert 0 == code, said
    assert " 0 warnings found. 0 errors found." in said
    assert int(said.partition(" links in ")[0].rpartition(" ")[2]) > 300


def test_the_other_checker_does_find_broken_links(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    page = "<a href='#nowhere'>x</a> <a href='other.html'>y</a> <img src='none.png' alt=''>"
    (tmp_path / "site/index.html").write_text(f"<!DOCTYPE html><title>x</title>{page}", encoding="utf-8")

    with serve(tmp_path / "site", "/") as base:
        code, said = crawled(base, tmp_path)

    assert 1 == code
    assert " 1 warning found. 2 errors found." in said
