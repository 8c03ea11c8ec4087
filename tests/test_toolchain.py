"""What a build needs is found where the user has it, and never silently replaced."""

from __future__ import annotations

import os
import stat
from functools import partial
from pathlib import Path

import pytest

from pipeline import toolchain
from pipeline.toolchain import ToolError


def program(path: Path, answer: str, *, code: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{answer}'\nexit {code}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_chrome_path_is_used_when_it_is_a_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chrome = program(tmp_path / "my chrome", "Chromium 150.0")
    monkeypatch.setenv("CHROME_PATH", str(chrome))

    assert chrome == toolchain.find_browser()


@pytest.mark.parametrize(
    ("name", "answer", "code", "message"),
    [
        ("missing", None, 0, "there is no program at that place"),
        ("editor", "Emacs 30", 0, "which is no Chromium, Chrome or Edge"),
        ("broken", "Chromium 150.0", 3, "which is no Chromium, Chrome or Edge"),
    ],
)
def test_a_wrong_chrome_path_is_an_error_and_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, answer: str | None, code: int, message: str
) -> None:
    path = tmp_path / name
    if answer:
        program(path, answer, code=code)
    monkeypatch.setenv("CHROME_PATH", str(path))

    with pytest.raises(ToolError) as raised:
        toolchain.find_browser()

    assert message in str(raised.value)
    assert str(path) in str(raised.value)


def test_a_chrome_path_that_cannot_be_run_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "data"
    path.write_text("no program", encoding="utf-8")
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
    browsers = tmp_path / "browsers"
    monkeypatch.delenv("CHROME_PATH", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(browsers))
    program(browsers / "chromium-1200/chrome-linux/chrome", "Chromium 3")

    found = program(tmp_path / "bin" / "chromium-headless-shell", "Chromium 1")
    assert found == toolchain.find_browser()

    for name in (
        "chromium_headless_shell-1100/chrome-linux/headless_shell",
        "chromium_headless_shell-1200/chrome-headless-shell-linux64/chrome-headless-shell",
    ):
        found = program(browsers / name, "Chromium 2")
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

    with pytest.raises(ToolError, match=r"NODE_OPTIONS is '--no-such-option', which .*node refuses; correct or unset"):
        toolchain.find_node()


def test_a_second_call_installs_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    first = toolchain.provision()
    capsys.readouterr()

    assert first == toolchain.provision()
    assert "" == capsys.readouterr().err
