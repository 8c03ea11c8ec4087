"""Where nothing has changed, a build does nothing; where anything has, it builds."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import fingerprint


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project as a build leaves it, with a browser of its own and two commits."""
    root = tmp_path / "project"
    for name in ("mkdocs.yml", "docs/index.md", "dist/site/index.html", "dist/site/a/b.html", "dist/report/index.html"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"site_url: !ENV [OWN_URL, '{name}']", encoding="utf-8")
    browser = tmp_path / "browser"
    browser.write_text("#!/bin/sh\n", encoding="utf-8")
    browser.chmod(0o755)
    monkeypatch.setenv("CHROME_PATH", str(browser))
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    git(root, "init", "--quiet")
    for message in ("one", "two"):
        git(root, *AS_NOBODY, "commit", "--quiet", "--allow-empty", "-m", message)
    fingerprint.note(root, fingerprint.look(root))
    return root


AS_NOBODY = ("-c", "user.name=Nobody", "-c", "user.email=nobody@example.org")


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(root), *arguments], check=True)


def write(name: str, text: str) -> Callable[[Path], object]:
    return lambda root: (root / name).write_text(text, encoding="utf-8")


def test_what_was_built_still_holds(built: Path) -> None:
    assert fingerprint.is_as_built(built)


def test_what_was_built_holds_for_files_written_anew(built: Path) -> None:
    for path in (built / "docs" / "index.md", built / "dist" / "site" / "index.html"):
        path.write_bytes(path.read_bytes())
        path.touch()

    assert fingerprint.is_as_built(built)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(write("docs/index.md", "other words"), id="a page changed"),
        pytest.param(write("docs/new.md", ""), id="a page came"),
        pytest.param(lambda root: (root / "docs" / "index.md").rename(root / "docs" / "x.md"), id="a page renamed"),
        pytest.param(write("picture.svg", "x"), id="a file outside of the usual folders"),
        pytest.param(lambda root: (root / "docs" / "link.md").symlink_to("index.md"), id="a link came"),
        pytest.param(write("dist/site/index.html", "tampered with"), id="the site changed"),
        pytest.param(write("dist/site/new.html", "x"), id="a file in the site came"),
        pytest.param(lambda root: (root / "dist/site/a/b.html").unlink(), id="a file in the site went"),
        pytest.param(lambda root: (root / "dist/report/index.html").unlink(), id="the report went"),
        pytest.param(lambda root: (root / "dist" / "site").rename(root / "dist" / "other"), id="the site went"),
        pytest.param(write("dist/built.json", '{"project": "'), id="the record was cut off"),
        pytest.param(write("dist/built.json", "[]"), id="the record is another thing"),
        pytest.param(write("../browser", "#!/bin/sh\nexit\n"), id="the browser changed"),
        pytest.param(lambda root: git(root, *AS_NOBODY, "commit", "-q", "--allow-empty", "-m", "x"), id="a commit"),
        pytest.param(lambda root: git(root, "checkout", "-q", "--detach", "HEAD~1"), id="another commit"),
    ],
)
def test_a_change_is_seen(built: Path, change: Callable[[Path], object]) -> None:
    change(built)

    assert not fingerprint.is_as_built(built)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(lambda root: None, False, id="nothing"),
        pytest.param(write("docs/index.md", "other words"), False, id="a page changed"),
        pytest.param(write("dist/site/index.html", "tampered with"), False, id="the site changed"),
        pytest.param(write("slides/theme.css", "a {}"), True, id="a theme came"),
        pytest.param(write("slides/talk/deck.md", "# B"), True, id="a deck changed"),
        pytest.param(lambda root: (root / "slides/talk/a.svg").unlink(), True, id="a picture went"),
        pytest.param(write("dist/built.json", '{"project": "'), True, id="the record was cut off"),
        pytest.param(lambda root: fingerprint.forget(root), True, id="there is no record"),
    ],
)
def test_it_is_seen_at_once_whether_a_deck_is_new(
    built: Path, change: Callable[[Path], object], expected: bool
) -> None:
    (built / "slides/talk").mkdir(parents=True)
    for name in ("deck.md", "a.svg"):
        write(f"slides/talk/{name}", name)(built)
    fingerprint.note(built, fingerprint.look(built))

    change(built)

    assert expected == fingerprint.has_new_decks(built)


def wait_for_a_tick(probe: Path, since: int) -> None:
    """Until the clock of the file system, which is a few milliseconds behind, has gone past a moment."""
    while True:
        probe.write_text("", encoding="utf-8")
        if probe.stat().st_ctime_ns > since:
            return


def undone(root: Path) -> None:
    path = root / "docs/index.md"
    before = path.read_bytes()
    path.write_bytes(b"a slip")
    path.write_bytes(before)


@pytest.mark.parametrize(
    "change",
    [
        write("docs/index.md", "a slip"), undone, write("docs/new.md", ""),
        lambda root: (root / "docs/index.md").unlink(),
    ],
    ids=["changed", "changed and changed back", "came", "went"],
)  # fmt: skip
def test_what_changes_while_a_build_is_at_work_makes_the_next_one_build(
    built: Path, change: Callable[[Path], object]
) -> None:
    state = fingerprint.look(built)
    fingerprint.forget(built)

    assert state
    wait_for_a_tick(built.parent / "clock", state.since)
    change(built)
    fingerprint.note(built, state)

    assert not fingerprint.is_as_built(built)


@pytest.mark.parametrize(
    "text",
    [
        "site_url: !ENV [\n  OTHER_URL,\n  OWN_URL, 'x']", "site_url: !ENV\n  - OTHER_URL\n  - OWN_URL\n",
    ],
    ids=["over lines", "a list"],
)  # fmt: skip
def test_a_variable_is_seen_however_the_settings_name_it(
    built: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (built / "mkdocs.yml").write_text(text, encoding="utf-8")
    fingerprint.note(built, fingerprint.look(built))
    assert fingerprint.is_as_built(built)

    monkeypatch.setenv("OWN_URL", "1")

    assert not fingerprint.is_as_built(built)


@pytest.mark.parametrize("name", ["FONTCONFIG_FILE", "NODE_OPTIONS", "PYTHONPATH"])
def test_what_tools_are_told_is_part_of_what_they_are(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    before = fingerprint.tools()
    monkeypatch.setenv(name, "1")

    assert before != fingerprint.tools()


@pytest.mark.parametrize("name", ["SITE_URL", "EDIT_URL", "SOURCE_DATE_EPOCH", "OWN_URL"])
def test_a_change_of_the_environment_is_seen(built: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "1")

    assert not fingerprint.is_as_built(built)


def test_packed_references_are_the_same_commit(built: Path) -> None:
    git(built, "pack-refs", "--all")

    assert fingerprint.is_as_built(built)


def test_no_link_is_followed_to_note_what_was_built(built: Path) -> None:
    (built / "dist/built.new").symlink_to("../docs/index.md")
    before = (built / "docs/index.md").read_bytes()

    fingerprint.note(built, fingerprint.look(built))

    assert before == (built / "docs/index.md").read_bytes()
    assert fingerprint.is_as_built(built)


def test_nothing_is_opened_that_may_have_no_end(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(built / "pipe")
    for name in ("dist/built.json", "dist/site/build.json"):
        (built / name).unlink(missing_ok=True)
        (built / name).symlink_to(built / "pipe")
    assert not fingerprint.is_as_built(built) and not fingerprint.is_current(built)

    monkeypatch.setenv("CHROME_PATH", str(built / "pipe"))
    assert fingerprint.look(built) is None


def test_a_commit_that_may_have_no_end_is_not_read(built: Path) -> None:
    (built / ".git").mkdir(exist_ok=True)
    (built / ".git/HEAD").unlink(missing_ok=True)
    os.mkfifo(built / ".git/HEAD")

    assert fingerprint.look(built) is None


def test_settings_that_cannot_be_read_are_left_to_the_build(built: Path) -> None:
    (built / "mkdocs.yml").write_bytes(b"\xff")

    assert fingerprint.look(built) is None
