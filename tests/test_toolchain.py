"""What a build needs is found where the user has it, and never silently replaced."""

from __future__ import annotations

import os
import platform
import stat
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from pipeline import toolchain
from pipeline.toolchain import ToolError
from tests.conftest import Project


def program(path: Path, answer: str) -> Path:
    return executable(path, f"#!/bin/sh\necho '{answer}'\n")


def executable(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_chrome_path_is_used_when_it_is_a_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chrome = program(tmp_path / "my chrome", "Chromium 150.0")
    monkeypatch.setenv("CHROME_PATH", str(chrome))

    assert chrome == toolchain.find_browser()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "and there is no program at that place"),
        ("#!/bin/sh\necho Emacs 30\n", "which is no Chromium, Chrome or Edge"),
        ("#!/bin/sh\necho Chromium 150.0\nexit 3\n", "which is no Chromium, Chrome or Edge"),
        ("#!/bin/sh\n", "which is no Chromium, Chrome or Edge"),
        ("#!/bin/sh\nprintf 'Chromium \\377'\nexit 1\n", "which is no Chromium, Chrome or Edge"),
        ("#!/bin/sh\nkill -SEGV $$\n", "which is no Chromium, Chrome or Edge"),
        ("\0\1\2", "which does not start (Exec format error)"),
        ("#!/nowhere/sh\n", "which does not start (No such file or directory)"),
    ],
    ids=["absent", "another program", "fails", "silent", "no text", "crashes", "no program", "no interpreter"],
)
def test_a_wrong_chrome_path_is_an_error_and_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, message: str
) -> None:
    path = tmp_path / "chrome"
    if text is not None:
        executable(path, text)
    monkeypatch.setenv("CHROME_PATH", str(path))

    with pytest.raises(ToolError) as raised:
        toolchain.find_browser()

    assert str(raised.value).startswith(f"CHROME_PATH is {path}, {message}")


@pytest.mark.parametrize("is_folder", [True, False], ids=["a folder", "a text"])
def test_a_chrome_path_that_cannot_be_run_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_folder: bool
) -> None:
    path = tmp_path / "data"
    path.mkdir() if is_folder else path.write_text("no program", encoding="utf-8")
    monkeypatch.setenv("CHROME_PATH", str(path))

    with pytest.raises(ToolError, match="there is no program"):
        toolchain.find_browser()


def test_playwrights_own_browser_comes_before_an_installed_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROME_PATH", raising=False)
    program(tmp_path / "bin" / "chromium", "Chromium 1")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "browsers"))

    assert tmp_path / "bin" / "chromium" == toolchain.find_browser()

    for revision in ("chromium-1100", "chromium-1200"):
        program(tmp_path / "browsers" / revision / "chrome-linux" / "chrome", "Chromium 2")
    assert tmp_path / "browsers/chromium-1200/chrome-linux/chrome" == toolchain.find_browser()


def test_a_browser_without_windows_comes_before_one_with_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browsers = tmp_path / ".cache" / "ms-playwright"
    for name in ("CHROME_PATH", "PLAYWRIGHT_BROWSERS_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    program(browsers / "chromium-1200/chrome-linux/chrome", "Chromium 3")

    found = program(tmp_path / "bin" / "chromium-headless-shell", "Chromium 1")
    assert found == toolchain.find_browser()

    for name in (
        "chromium_headless_shell-1100/chrome-linux/headless_shell",
        "chromium_headless_shell-1200/chrome-headless-shell-linux64/chrome-headless-shell",
    ):
        before, found = found, program(browsers / name, "Chromium 2")
        assert before == toolchain.find_browser()  # it may be half of a download

        (browsers / name.partition("/")[0] / "INSTALLATION_COMPLETE").touch()
        assert found == toolchain.find_browser()


@pytest.mark.parametrize(
    ("packages", "asked"),
    [
        (["chromium-headless-shell", "chromium"], ["chromium-headless-shell"]),
        (["chromium"], ["chromium-headless-shell", "chromium"]),
    ],
)
def test_debian_brings_the_browser_without_windows_where_it_has_it(packages: list[str], asked: list[str]) -> None:
    log: list[str] = []
    toolchain.bring_browser(partial(install, packages, log))

    assert asked == log


def test_where_debian_has_no_browser_that_is_an_error() -> None:
    with pytest.raises(ToolError, match=r"could not install chromium$"):
        toolchain.bring_browser(partial(install, [], []))


def install(packages: list[str], log: list[str], package: str) -> None:
    """What apt-get does where there are these packages and no others."""
    log.append(package)
    if package not in packages:
        raise ToolError(f"apt-get could not install {package}")


def test_node_on_the_path_is_used_if_it_is_new_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = program(tmp_path / "node", "v20.1.0")
    monkeypatch.setenv("PATH", str(tmp_path))

    assert node == toolchain.find_node()


def test_options_that_node_refuses_are_an_error_and_nothing_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(toolchain.find_node().parent), prepend=os.pathsep)
    monkeypatch.setenv("NODE_OPTIONS", "--no-such-option")

    with pytest.raises(
        ToolError, match=r"NODE_OPTIONS is '--no-such-option', with which .*node does not start; correct or"
    ):
        toolchain.find_node()


@pytest.mark.parametrize(("name", "command"), [(".venv", "clean"), ("node_modules", "build")])
@pytest.mark.parametrize("target", ["mine", "mine/thesis.txt", "nothing"])
def test_nothing_is_installed_where_a_link_leads(name: str, command: str, target: str, tiny: Project) -> None:
    mine = tiny.root.parent / "mine"
    mine.mkdir()
    (mine / "thesis.txt").touch()
    (tiny.root / name).unlink()
    (tiny.root / name).symlink_to(tiny.root.parent / target)

    outcome = tiny.run(command)

    lack = "is no folder of its own, and has not the locked packages"
    said = f"build.py: {name} {lack}; move it away, so that the build can make one\n"
    assert (1, said) == (outcome.code, outcome.err)
    assert ["thesis.txt"] == [path.name for path in mine.iterdir()]


def test_nothing_is_installed_to_clean_where_nothing_was_made(tiny: Project) -> None:
    (tiny.root / ".venv").unlink()

    outcome = tiny.run("clean")

    assert (0, "", "") == (outcome.code, outcome.out, outcome.err)
    assert not (tiny.root / ".venv").exists()


def test_a_second_call_installs_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    first = toolchain.provision()
    capsys.readouterr()

    assert first == toolchain.provision()
    assert "" == capsys.readouterr().err


def test_a_git_that_waits_without_end_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "git").write_text("#!/bin/sh\nexec sleep 1000\n", encoding="utf-8")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(toolchain, "PATIENCE", 1)

    with pytest.raises(ToolError, match="Git did not answer for 1 s; see what lies in "):
        toolchain._see_checkout()


def test_a_lock_of_any_bytes_is_read_and_one_that_is_no_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.lock").write_bytes(b"# caf\xe9\n")
    os.mkfifo(tmp_path / "b.lock")

    assert toolchain._fingerprint(tmp_path / "a.lock") != toolchain._fingerprint(tmp_path / "a.lock", "3.12")
    for name in ("b.lock", "c.lock"):
        with pytest.raises(ToolError, match=f"{name} is not there, or is no file"):
            toolchain._fingerprint(tmp_path / name)


# --- What the system allows ---------------------------------------------------------------------------------


def files_allowed(limits: str) -> subprocess.CompletedProcess[str]:
    """What provisioning says and leaves under limits of files, which only a process of its own can take."""
    left = "resource.getrlimit(resource.RLIMIT_NOFILE)"
    code = f"import resource; from pipeline import toolchain; toolchain.provision(); print(*{left})"
    command = ["sh", "-c", f"{limits}; exec {sys.executable} -c '{code}'"]
    return subprocess.run(command, cwd=toolchain.HOME, capture_output=True, text=True, timeout=60)


def test_a_process_that_may_open_few_files_takes_as_many_as_it_may() -> None:
    assert "600 600\n" == files_allowed("ulimit -S -n 100; ulimit -H -n 600").stdout
    assert "1024 2000\n" == files_allowed("ulimit -S -n 100; ulimit -H -n 2000").stdout
    assert "1500 2000\n" == files_allowed("ulimit -S -n 1500; ulimit -H -n 2000").stdout


def test_a_process_that_may_open_too_few_files_says_so() -> None:
    said = files_allowed("ulimit -n 255").stderr
    assert "may have no more than 255 files open, and a browser wants 256; raise that ('ulimit -n')" in said
    assert not files_allowed("ulimit -n 256").stderr
