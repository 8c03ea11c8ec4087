"""The published site is the whole old one or the whole new one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import publish
from pipeline.problems import BuildError
from tests.conftest import ROOT


def folder(path: Path, content: str) -> Path:
    path.mkdir(parents=True)
    (path / "index.html").write_text(content, encoding="utf-8")
    return path


def test_the_first_site_is_moved_into_place(tmp_path: Path) -> None:
    new = folder(tmp_path / "stage" / "site", "new")

    publish.exchange(new, tmp_path / "site")

    assert "new" == (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert not new.exists()


def test_a_new_site_replaces_the_old_one(tmp_path: Path) -> None:
    current = folder(tmp_path / "site", "old")
    (current / "gone.html").write_text("old", encoding="utf-8")
    new = folder(tmp_path / "stage" / "site", "new")

    publish.exchange(new, current)

    assert ["index.html"] == [path.name for path in current.iterdir()]
    assert "new" == (current / "index.html").read_text(encoding="utf-8")
    assert not new.exists()


def test_a_build_clears_what_a_killed_one_left(tmp_path: Path) -> None:
    folder(tmp_path / "dist" / "stage" / "half", "rest")

    with publish.stage(tmp_path) as stage:
        assert [] == list(stage.iterdir())


def test_two_builds_cannot_share_a_stage(tmp_path: Path) -> None:
    script = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from pipeline import publish
with publish.stage(Path({str(tmp_path)!r})):
    print("held", flush=True)
    sys.stdin.readline()
"""
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdin
        assert "held\n" == other.stdout.readline()
        with pytest.raises(BuildError, match="another build is at work"), publish.stage(tmp_path):
            pass
        other.stdin.write("\n")

    with publish.stage(tmp_path) as stage:
        assert stage.is_dir()
