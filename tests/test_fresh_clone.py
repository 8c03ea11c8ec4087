"""The README's first command in a clone that has nothing yet. Runs on demand and weekly: it installs everything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.mark.slow
def test_a_fresh_clone_builds(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    python = Path(sys.base_prefix) / "bin" / "python3"

    first = subprocess.run([python, "build.py"], cwd=clone, capture_output=True, text=True)
    second = subprocess.run([python, "build.py", "clean"], cwd=clone, capture_output=True, text=True)

    assert 0 == first.returncode, first.stderr
    assert "setup: making .venv" in first.stderr
    assert "built and checked: dist/site/index.html\n" == first.stdout
    assert (0, "", "") == (second.returncode, second.stdout, second.stderr)
    assert "" == subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True).stdout


@pytest.mark.slow
def test_two_at_once_in_a_fresh_clone_install_once(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    (clone / "dist").touch()  # or there would be nothing to clean
    python = Path(sys.base_prefix) / "bin" / "python3"
    command: list[str | Path] = [python, "build.py", "clean"]
    runs = [subprocess.Popen(command, cwd=clone, stderr=subprocess.PIPE, text=True) for _ in range(2)]

    said = sorted(run.communicate()[1] for run in runs)

    assert [0, 0] == [run.returncode for run in runs], said
    waiting = "setup: waiting for somebody else who installs what is in requirements.lock\n"
    assert ["setup: making .venv\nsetup: installing Python packages into .venv\n", waiting] == said


@pytest.mark.slow
def test_a_broken_set_of_packages_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "pipeline").mkdir()
    for name in ("pipeline/__init__.py", "pipeline/toolchain.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "requirements.lock").touch()
    script = tmp_path / "run.py"
    script.write_text(
        "import sys\nfrom pathlib import Path\nfrom pipeline import toolchain\n\n"
        "toolchain.enter_venv(Path(__file__))\nprint(sys.prefix)\n",
        encoding="utf-8",
    )
    python = Path(sys.base_prefix) / "bin" / "python3"
    venv = tmp_path / ".venv"
    made, installing = "setup: making .venv\n", "setup: installing Python packages into .venv\n"

    def run(program: Path, **environment: str) -> str:
        command = [program, script]
        done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=600)
        assert (0, f"{venv}\n") == (done.returncode, done.stdout), done.stderr
        return done.stderr

    assert made + installing == run(python, PYTHONHOME=sys.base_prefix)
    assert "" == run(python, PYTHONHOME=sys.base_prefix)

    (venv / "pyvenv.cfg").unlink()
    assert made + installing == run(python)

    [record] = venv.glob("lib/python*/site-packages/pip-*.dist-info/RECORD")
    record.unlink()
    (venv / ".lock-stamp").unlink()
    assert made + installing == run(python)

    subprocess.run([python, "-m", "venv", "--clear", "--without-pip", venv], check=True)
    assert installing == run(venv / "bin" / "python")


@pytest.mark.slow
def test_a_machine_without_node_gets_one(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    programs = tmp_path / "bin"
    programs.mkdir()
    for folder in os.environ["PATH"].split(os.pathsep):
        for program in Path(folder).glob("*"):
            if program.name not in ("node", "npm", "npx") and not (programs / program.name).exists():
                (programs / program.name).symlink_to(program)
    environment = {**os.environ, "PATH": str(programs)}
    python = Path(sys.base_prefix) / "bin" / "python3"

    done = subprocess.run([python, "build.py"], cwd=clone, env=environment, capture_output=True, text=True)

    assert 0 == done.returncode, done.stderr
    assert "setup: no Node 20 or newer on PATH: installing one into .venv" in done.stderr
