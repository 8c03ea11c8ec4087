"""A few of the hurts of hurt.py, which has the whole set: whatever befalls a build, one whole site stands."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import toolchain
from pipeline.toolchain import Tools
from tests import hurt
from tests.conftest import Project, make_tiny
from tests.test_browsers import program
from tests.test_corpus import contents, refusal


def test_builds_at_once_and_builds_that_are_killed_leave_a_whole_site() -> None:
    with hurt.open_ground() as ground:
        hurt.race(ground, 4)
        published = ground.version
        for share in hurt.spread(2, random.Random(2607)):
            hurt.kill(ground, share)
        if ground.version != published:
            ground.turn()
        hurt.build(ground)  # which shows what the race published to be whole


SURROUNDINGS = (
    {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "LANG": "C", "PYTHONHASHSEED": "1", "HOME": "/nowhere"},
    {"TZ": "America/St_Johns", "LC_ALL": "C.UTF-8", "LANG": "de_DE.UTF-8", "LANGUAGE": "de", "PYTHONHASHSEED": "2"},
)


def test_two_checkouts_at_once_in_other_surroundings_publish_the_same_bytes(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "ein anderer Ort/größer"
    runs: list[subprocess.Popen[str]] = []
    for root, variables, umask in zip((one, other), SURROUNDINGS, (0o077, 0o002), strict=True):
        make_tiny(root)
        environment = {**os.environ, "SITE_URL": "", "EDIT_URL": "", **variables}
        command = [sys.executable, "build.py"]
        pipe = subprocess.PIPE
        runs.append(
            subprocess.Popen(command, cwd=root, env=environment, umask=umask, stdout=pipe, stderr=pipe, text=True)
        )

    said = [run.communicate() for run in runs]

    assert [("built and checked: dist/site/index.html\n", "")] * 2 == said
    site = contents(one / "dist/site")
    assert {"index.html", "sitemap.xml", "decks/talk/slides.pdf", "decks/talk/slides.pptx"} <= set(site)
    assert site == contents(other / "dist/site")


@pytest.fixture
def roomy(tmp_path: Path, tools: Tools) -> list[str]:
    """The command that lets a browser and Node write more than the build itself may."""
    more = '#!/bin/sh\nulimit -S -f unlimited\nexec "{}" "$@"\n'
    program(tmp_path / "bin/node", more.format(shutil.which("node") or toolchain.find_node()))
    chrome = program(tmp_path / "chrome", more.format(tools.browser))
    return ["env", f"CHROME_PATH={chrome}", f"PATH={tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"]


@pytest.mark.parametrize("size", [pytest.param(100, marks=pytest.mark.slow), 100_000])
def test_a_build_without_room_for_its_files_says_so(tiny: Project, roomy: list[str], size: int) -> None:
    [line] = refusal(tiny, through=[*roomy, "prlimit", f"--fsize={size}:"])

    assert "File too large; see who may read and write it, and whether the disk has room" in line
