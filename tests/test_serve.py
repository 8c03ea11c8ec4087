"""The preview without its processes: what it answers, what it watches, and what it makes again."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from pipeline import decks, loopback, marp, patience, policy, serve, site
from pipeline.deck import Deck, Image, Slide
from pipeline.decks import Source
from pipeline.marp import Rendered
from pipeline.preview import Board, Maker, Shown, Slides, edited_slide, uri_of
from pipeline.problems import BuildError, Problem
from pipeline.serve import _Desk as Desk
from pipeline.toolchain import Tools
from pipeline.watch import Watcher
from tests.conftest import Project
from tests.test_policy import directives

PAGE = '<!doctype html><html><head><meta charset="utf-8"></head><body><h1>A page</h1></body></html>'


def slide(number: int, start: int, *images: str) -> Slide:
    shown = tuple(Image(src, "", start) for src in images)
    return Slide(number, f"slide-{number}", "", start, None, (), (), shown, "", "", start=start)


def deck(*slides: Slide) -> Deck:
    return Deck("talk", "A talk", "", "en", "slides/talk/deck.md", slides)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A preview of one page and one deck, beside a build that has made a PDF."""
    root = tmp_path / "project"
    files = {
        root / "dist/site/decks/talk/slides.pdf": "%PDF",
        root / "dist/site/old/index.html": "what was published",
        root / "secret.txt": "not to be seen",
        tmp_path / "pages/index.html": PAGE,
        tmp_path / "pages/part/index.html": PAGE,
        tmp_path / "pages/style.css": "p {}",
        tmp_path / "pages/404.html": PAGE.replace("A page", "Not here"),
        tmp_path / "pages/decks/talk/slides.pdf": "",
        tmp_path / "pages/decks/talk/handout.pdf": "",
        tmp_path / "pages/decks/talk/thumbs/01.png": "",
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    board = Board()
    slides = {"decks/talk/slides.html": Slides(PAGE.replace("page", "deck"), "# A deck", deck(slide(1, 1)), 1)}
    board.put(Shown(tmp_path / "pages", "/site/", slides))
    return Desk(root, board)


def facts(html: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" data-preview>(.*?)</script>', html)
    assert found
    answer: dict[str, object] = json.loads(found[1])
    return answer


# --- what is answered ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "told"),
    [("/", "/site/"), ("/site", "/site/"), ("/site/part", "/site/part/"), ("/site/part?x", "/site/part/")],
)
def test_an_address_that_is_nearly_right_leads_to_the_page(desk: Desk, asked: str, told: str) -> None:
    answer = desk.answer(asked)

    assert (302, told) == (answer.status, answer.location)


@pytest.mark.parametrize(
    "asked",
    [
        "/site/../secret.txt",
        "/site/../project/secret.txt",
        "/site/%2e%2e/project/secret.txt",
        "/site/..%2fproject/secret.txt",
        "/site/..\\project\\secret.txt",
        "/site/part/../../project/secret.txt",
        "/site//etc/passwd",
        "/site/C:/secret.txt",
        "/site/secret.txt%00.css",
        "/secret.txt",
        "//secret.txt",
        "secret.txt",
        "",
    ],
)
def test_no_address_leads_out_of_the_site(desk: Desk, asked: str) -> None:
    answer = desk.answer(asked)

    assert 404 == answer.status
    assert b"not to be seen" not in answer.body


def test_no_link_on_disk_leads_out_of_the_site(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "pages/link.txt").symlink_to(tmp_path / "project/secret.txt")

    assert 404 == desk.answer("/site/link.txt").status


@pytest.mark.parametrize("name", ["a:b", "a\\b", "a\u202fb", "\U0001f469\u200d\U0001f4bb"])
def test_a_file_is_found_by_any_name_that_a_build_publishes(desk: Desk, name: str, tmp_path: Path) -> None:
    (tmp_path / "pages" / name).write_text("found", encoding="utf-8")

    assert (200, b"found") == (desk.answer(f"/site/{quote(name)}").status, desk.answer(f"/site/{quote(name)}").body)


def test_a_folder_without_a_page_is_not_listed(desk: Desk) -> None:
    answer = desk.answer("/site/decks/")

    assert (404, True) == (answer.status, b"Not here" in answer.body)


def test_what_only_a_build_makes_comes_from_the_last_one(desk: Desk) -> None:
    answer = desk.answer("/site/decks/talk/slides.pdf")

    assert (200, "application/pdf", b"%PDF") == (answer.status, answer.kind, answer.body)


def test_what_no_build_has_made_yet_is_explained(desk: Desk) -> None:
    answer = desk.answer("/site/decks/talk/handout.pdf")

    assert 404 == answer.status
    assert b"<code>decks/talk/handout.pdf</code> is made by <code>python3 build.py</code>" in answer.body


def test_a_picture_that_no_build_has_made_yet_says_so(desk: Desk) -> None:
    answer = desk.answer("/site/decks/talk/thumbs/01.png")

    assert (404, "image/svg+xml") == (answer.status, answer.kind)
    assert b"A build makes this picture" in answer.body
    assert b"A build makes this picture" not in desk.answer("/site/decks/talk/cat.png").body


def test_no_page_of_the_last_build_is_shown_for_one_that_is_gone(desk: Desk) -> None:
    assert b"what was published" not in desk.answer("/site/old/").body + desk.answer("/site/old/index.html").body


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.JS", "text/javascript; charset=utf-8"),
        ("a.svg", "image/svg+xml"),
        ("a.woff2", "font/woff2"),
        ("a.pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
        ("a", "application/octet-stream"),
    ],
)
def test_a_file_has_the_type_of_its_name(name: str, kind: str) -> None:
    assert kind == loopback.kind_of(name)


@pytest.mark.parametrize("asked", ["/site/", "/site/decks/talk/slides.html"])
def test_a_served_page_allows_the_scripts_that_it_brings_and_may_ask_the_server(desk: Desk, asked: str) -> None:
    html = desk.answer(asked).body.decode()
    allowed = directives(html)

    assert ["'self'"] == allowed["connect-src"]
    assert 1 == sum(source.startswith("'sha256-") for source in allowed["script-src"])
    assert "'unsafe-inline'" not in allowed["script-src"]


def test_a_published_deck_may_ask_nobody() -> None:
    assert "connect-src" not in directives(policy.seal_deck(PAGE))


def test_nothing_that_is_said_ends_the_script_in_which_it_is_said(desk: Desk) -> None:
    shown = desk.board.shown
    message = "names '</script><script>alert(1)</script>'; correct it"
    problem = Problem("mkdocs.yml", 3, "settings", message)
    desk.board.put(Shown(shown.site, shown.prefix, shown.slides, (problem,)))

    html = desk.answer("/site/").body.decode()

    assert [{"place": "mkdocs.yml:3", "message": f"{message} [settings]", "slide": None}] == facts(html)["problems"]
    assert "<script>alert" not in html


@pytest.mark.parametrize("uri", ["part/", "part/index.html", "PART/", "PART/INDEX.html"])
@pytest.mark.parametrize("name", ["part.md", "part.markdown", "part/index.html", "part/README.mkd"])
def test_what_would_run_is_not_shown(desk: Desk, uri: str, name: str, tmp_path: Path) -> None:
    shown = desk.board.shown
    path = tmp_path / "docs" / name
    path.parent.mkdir(parents=True)
    path.touch()
    addresses = {each.name: (address,) for each, address in site.addresses_below(tmp_path / "docs").items()}
    problem = Problem(path.name, 3, "page-script", "holds a script; take it out")
    desk.board.put(Shown(shown.site, shown.prefix, shown.slides, (problem,), addresses))

    answer = desk.answer(f"/site/{uri}")

    assert (403, False) == (answer.status, b"<h1>A page" in answer.body)
    assert 200 == desk.answer("/site/").status


def test_a_page_knows_the_version_that_the_server_will_name(desk: Desk) -> None:
    for uri in ("", "decks/talk/slides.html", "no/such/page/", "decks/talk/handout.pdf"):
        assert desk.view(uri)["version"] == facts(desk.answer(f"/site/{uri}").body.decode())["version"]


def test_a_page_is_another_when_a_file_that_it_shows_is(desk: Desk, tmp_path: Path) -> None:
    shown = '<link rel="stylesheet" href="../style.css"><img src="../picture.png" alt="x">'
    (tmp_path / "pages/part/index.html").write_text(PAGE + shown, encoding="utf-8")
    versions = [desk.view("part/")["version"]]
    other = desk.view("")["version"]

    (tmp_path / "pages/style.css").write_text("p { color: red }", encoding="utf-8")
    versions.append(desk.view("part/")["version"])
    (tmp_path / "project/dist/site/picture.png").write_bytes(b"made by a build")
    versions.append(desk.view("part/")["version"])

    assert 3 == len(set(versions))
    assert other == desk.view("")["version"]


# --- what a problem concerns --------------------------------------------------------------------------------


def test_a_problem_is_shown_where_its_file_is() -> None:
    problems = [
        Problem(path, 1, "file", path) for path in ("slides/a/deck.md", "slides/a/x.svg", "docs/b.md", "data/c.yml")
    ]
    addresses = {"slides/a/deck.md": ("decks/a/slides.html", "decks/a/"), "docs/b.md": ("b/",)}
    shown = Shown(problems=tuple(problems), addresses=addresses)

    def seen(uri: str) -> list[str]:
        return [problem.path for problem in shown.problems_of(uri)]

    assert ["slides/a/deck.md", "slides/a/x.svg", "data/c.yml"] == seen("decks/a/slides.html")
    assert ["docs/b.md", "data/c.yml"] == seen("b/")
    assert ["data/c.yml"] == seen("")


def as_marp_has_it(text: str) -> Deck:
    rulers = [number for number, line in enumerate(text.split("\n"), 1) if line == "---"][2:]
    return deck(slide(1, 1), slide(2, rulers[0]), slide(3, rulers[1], "pictures/a%20b.svg"))


BEFORE = "---\ntitle: A talk\n---\n\n# One\n\n---\n\n# Two\n\n---\n\n![A picture](pictures/a%20b.svg)\n"


@pytest.mark.parametrize(
    ("old", "new", "number"),
    [
        ("# Two", "# Second", 2),
        ("# One", "# First", 1),
        ("# One\n", "# One\n\nMore.\n", 1),
        ("![A", "![Another", 3),
        ("title: A talk", "title: The talk", None),
    ],
)
def test_the_slide_whose_source_has_changed_is_known(old: str, new: str, number: int | None) -> None:
    after = BEFORE.replace(old, new)

    assert number == edited_slide(BEFORE, after, as_marp_has_it(after), [])


def test_the_slide_whose_picture_has_changed_is_known() -> None:
    talk = as_marp_has_it(BEFORE)

    assert 3 == edited_slide(BEFORE, BEFORE, talk, [Path("slides/talk/pictures/a b.svg")])
    assert None is edited_slide(BEFORE, BEFORE, talk, [Path("slides/theme/theme.css")])


def test_a_page_has_the_address_that_mkdocs_gives_it() -> None:
    names = ("index.md", "a.md", "a/index.md", "a/README.md", "a/reindex.md", "a/b.svg")

    assert ["", "a/", "a/", "a/", "a/reindex/", "a/b.svg"] == [uri_of(name) for name in names]


# --- what is watched ----------------------------------------------------------------------------------------


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[Path, Watcher]]:
    for name in ("docs", "dist", "node_modules/package", ".git"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "docs/page.md").write_text("one", encoding="utf-8")
    with Watcher(tmp_path, tmp_path / "dist/site.json") as watcher:
        yield tmp_path, watcher


Save = Callable[[Path, str], object]


def save_into(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def save_over(path: Path, text: str) -> None:
    aside = path.with_name(".page.md.new")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def save_empty_first(path: Path, text: str) -> None:
    path.write_bytes(b"")
    path.write_text(text, encoding="utf-8")


def save_away_first(path: Path, text: str) -> None:
    path.rename(path.with_name("page.md~"))
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("save", [save_into, save_over, save_empty_first, save_away_first])
def test_however_a_file_is_saved_its_change_is_told_once(watched: tuple[Path, Watcher], save: Save) -> None:
    root, watcher = watched

    save(root / "docs/page.md", "two")

    assert {root / "docs/page.md"} == watcher.wait(60)
    assert not watcher.is_behind()


def test_what_changes_nothing_or_is_nobodys_is_not_told(watched: tuple[Path, Watcher]) -> None:
    root, watcher = watched

    os.utime(root / "docs/page.md")
    (root / "deck-build-1-a").mkdir()
    for name in (
        "deck-build-1-a/page.html",
        "dist/page.html",
        "node_modules/package/index.js",
        ".git/HEAD",
        "docs/.page.md.swp",
        "docs/page.md~",
    ):
        (root / name).write_text("not an author's", encoding="utf-8")
    (root / "docs/new.md").write_text("an author's", encoding="utf-8")

    assert {root / "docs/new.md"} == watcher.wait(60)


def test_what_was_other_for_a_moment_while_somebody_read_is_told(watched: tuple[Path, Watcher]) -> None:
    root, watcher = watched

    (root / "docs/page.md").write_text("half", encoding="utf-8")
    save_over(root / "docs/page.md", "one")  # another file, however soon

    assert watcher.is_behind(root / "docs/page.md")
    assert {root / "docs/page.md"} == watcher.wait(60)
    assert not watcher.is_behind()


def test_files_that_come_go_or_are_named_are_told(watched: tuple[Path, Watcher]) -> None:
    root, watcher = watched

    (root / "docs/page.md").unlink()
    assert {root / "docs/page.md"} == watcher.wait(60)

    (root / "docs/deep/down").mkdir(parents=True)
    (root / "docs/deep/down/page.md").write_text("deep", encoding="utf-8")
    assert {root / "docs/deep/down/page.md"} == watcher.wait(60)

    (root / "dist/site.json").write_text("{}", encoding="utf-8")
    assert {root / "dist/site.json"} == watcher.wait(60)


def test_many_folders_made_at_once_are_watched(watched: tuple[Path, Watcher]) -> None:
    root, watcher = watched

    for number in range(100):
        (root / f"docs/{number}/a/b/c/d/e").mkdir(parents=True)
    (root / "docs/99/a/b/c/d/e/page.md").write_text("deep", encoding="utf-8")

    assert {root / "docs/99/a/b/c/d/e/page.md"} == watcher.wait(60)


def test_no_folder_is_too_deep_and_no_file_too_large(tmp_path: Path) -> None:
    deep = [tmp_path / Path(*["a"] * depth) for depth in range(1, 1101)]
    for folder in deep:
        folder.mkdir()
    with (tmp_path / "film.mp4").open("wb") as film:
        film.truncate(2**40)  # of nothing: it takes no room

    try:
        with Watcher(tmp_path) as watcher:
            os.utime(tmp_path / "film.mp4", (0, 0))
            assert {tmp_path / "film.mp4"} == watcher.wait(60)
    finally:
        for folder in reversed(deep):  # which nobody else could
            folder.rmdir()


def test_a_pipe_is_not_waited_for(watched: tuple[Path, Watcher]) -> None:
    root, watcher = watched

    os.mkfifo(root / "docs/pipe.md")

    assert {root / "docs/pipe.md"} == watcher.wait(60)


# --- one page of many ---------------------------------------------------------------------------------------


@pytest.fixture
def warm(tiny: Project, tmp_path: Path) -> tuple[Project, site.Preview]:
    staged = tmp_path / "staged" / "decks"
    staged.mkdir(parents=True)
    (staged / "index.md").write_text("# Decks\n", encoding="utf-8")
    tiny.edit("docs/index.md", lambda text: text.replace("# Home", "# Home\n\n[To part](other.md#part)"))
    (tiny.root / "docs" / "other.md").write_text("# Other\n\n## Part\n", encoding="utf-8")
    preview = site.Preview(site.read_settings(tiny.root), staged.parent)
    assert [] == preview.build(tmp_path / "pages", lambda: False)
    return tiny, preview


def test_one_page_is_made_again_by_itself(warm: tuple[Project, site.Preview], tmp_path: Path) -> None:
    project, preview = warm
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "pages").rglob("*.*")}
    project.edit("docs/other.md", lambda text: text + "\nNew words.\n")

    assert [] == preview.rebuild("other.md")

    changed = [path for path, time in times.items() if path.stat().st_mtime_ns != time]
    assert [tmp_path / "pages/other/index.html"] == changed
    assert "New words." in changed[0].read_text(encoding="utf-8")


def test_a_page_made_by_itself_is_judged_like_all(warm: tuple[Project, site.Preview]) -> None:
    project, preview = warm
    project.edit(
        "docs/index.md", lambda text: text.replace("other.md#part", "none.md") + "\n[No part](other.md#none)\n"
    )

    found = preview.rebuild("index.md")

    assert found is not None
    assert [("docs/index.md", 3, "link-dead"), ("docs/index.md", 7, "link-dead")] == sorted(
        (problem.path, problem.line, problem.rule) for problem in found
    )


def test_a_page_that_keeps_mkdocs_busy_does_not_keep_the_preview(
    warm: tuple[Project, site.Preview], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, preview = warm
    monkeypatch.setattr(patience, "SECONDS", 1.0)
    monkeypatch.setattr(patience, "SECONDS_PER_SIGN", 0.0)
    project.edit("docs/other.md", lambda text: f"{text}\n{'[' * 100_000}\n")

    for is_alone in (True, False):
        with pytest.raises(BuildError) as caught:
            preview.rebuild("other.md") if is_alone else preview.build(tmp_path / "again", lambda: False)
        assert ["docs/other.md"] == [problem.path for problem in caught.value.problems]
        assert (0.0, 0.0) == signal.getitimer(signal.ITIMER_REAL)


def test_a_page_that_is_new_waits_for_the_whole_site(warm: tuple[Project, site.Preview]) -> None:
    project, preview = warm
    (project.root / "docs/new.md").write_text("# New\n", encoding="utf-8")

    assert None is preview.rebuild("new.md")


def test_a_site_that_nobody_waits_for_is_given_up(warm: tuple[Project, site.Preview], tmp_path: Path) -> None:
    project, preview = warm

    with pytest.raises(site.Superseded):
        preview.build(tmp_path / "again", lambda: True)

    project.edit("docs/other.md", lambda text: text + "\nNew words.\n")
    assert [] == preview.rebuild("other.md")
    assert "New words." in (tmp_path / "pages/other/index.html").read_text(encoding="utf-8")


# --- all of it, again and again ------------------------------------------------------------------------------------


class Ended(Exception):
    """The preview waits for an author, with nothing left to do."""


def said_by(
    project: Project,
    tools: Tools,
    folder: Path,
    *then: Callable[[], object],
    hear: Callable[[list[str]], object] = len,
) -> list[str]:
    """What a preview says until it waits, and waits again after each thing `then` done; `hear` is told it meanwhile."""
    said: list[str] = []
    left = list(then)

    class Author(Watcher):
        def wait(self, seconds: float | None = None) -> set[Path]:
            if seconds is not None:
                return super().wait(seconds)
            if not left:
                raise Ended
            left.pop(0)()
            if changed := super().wait(60):
                return changed
            raise Ended

    def say(line: str) -> None:
        said.append(line)
        hear(said)

    folder.mkdir()
    with Author(project.root) as watcher:
        maker = Maker(project.root, folder, tools=tools, board=Board(), watcher=watcher, say=say)
        with maker, pytest.raises(Ended):
            maker.run()
    return said


def times_all_were_made(said: list[str]) -> int:
    return sum(line.startswith("all pages: ") for line in said)


def test_what_the_preview_says_may_be_kept_in_the_project(tiny: Project, tools: Tools, tmp_path: Path) -> None:
    def keep(said: list[str]) -> None:
        (tiny.root / "nohup.out").write_text("\n".join(said), encoding="utf-8")

    said = said_by(tiny, tools, tmp_path / "pages", lambda: None, hear=keep)

    assert 1 == times_all_were_made(said)


def test_a_page_that_goes_is_no_fault(tiny: Project, tools: Tools, tmp_path: Path) -> None:
    page = tiny.root / "docs/other.md"
    page.write_text("# Other\n", encoding="utf-8")

    said = said_by(tiny, tools, tmp_path / "pages", page.unlink)

    assert {"slides/talk/deck.md", "all pages"} == {line.partition(": made in ")[0] for line in said}
    assert 2 == times_all_were_made(said)


def test_pages_are_made_once_nothing_odd_is_in_the_project(tiny: Project, tools: Tools, tmp_path: Path) -> None:
    os.mkfifo(tiny.root / "pipe")

    said = said_by(tiny, tools, tmp_path / "pages", (tiny.root / "pipe").unlink)

    assert said[0].startswith("pipe: is a named pipe")
    assert 1 == times_all_were_made(said)


def test_no_page_is_made_where_mkdocs_would_follow_links_without_end(
    tiny: Project, tools: Tools, tmp_path: Path
) -> None:
    for name in "ab":
        (tiny.root / "docs" / name).symlink_to(".")

    said = said_by(tiny, tools, tmp_path / "pages")

    assert ["docs/a", "docs/b"] == [line.partition(":")[0] for line in said if "is a symbolic link, and MkDocs" in line]
    assert 0 == times_all_were_made(said)


def test_a_page_that_has_gone_meanwhile_is_no_fault(warm: tuple[Project, site.Preview], tmp_path: Path) -> None:
    project, preview = warm

    def is_stale() -> bool:
        page = project.root / "docs/other.md"
        is_gone = not page.exists()
        page.unlink(missing_ok=True)
        return is_gone

    with pytest.raises(site.Superseded):
        preview.build(tmp_path / "again", is_stale)


STYLED = """---
theme: {theme}
class: {look}
---

# A talk

<style>h1 {{ color: {colour} }}</style>

---

<style scoped>h2 {{ color: {colour} }}</style>

## More
"""


def test_a_worker_that_has_made_other_decks_makes_the_same_of_one(tmp_path: Path, tools: Tools) -> None:
    sources: list[Source] = []
    for theme, look, colour in [("workshop", "lead", "red"), ("workshop", "lead", "blue"), ("gaia", "invert", "red")]:
        path = tmp_path / f"{theme}-{colour}.md"
        path.write_text(STYLED.format(theme=theme, look=look, colour=colour), encoding="utf-8")
        sources.append(decks.open_file(path, path.stem))

    with marp.open_worker(tools) as worker:
        warm = [worker.render(source, lang="en", links={}, generated={}).html for source in [*sources, *sources]]

    for number, source in enumerate(sources):
        [fresh] = marp.render([source], tools=tools, lang="en", links={}, formats=("html",))
        assert isinstance(fresh, Rendered)
        assert [fresh.html, fresh.html] == [warm[number], warm[number + len(sources)]]


def test_a_browser_that_is_waited_for_does_not_keep_the_preview() -> None:
    opened: list[tuple[str, threading.Thread]] = []

    serve.open_page("http://here/", lambda address: opened.append((address, threading.current_thread()))).join()

    [(address, thread)] = opened
    assert ("http://here/", True) == (address, thread.daemon)
    assert threading.current_thread() != thread


def test_a_number_that_no_port_has_is_told_with_what_to_do(tmp_path: Path) -> None:
    for port in (-1, 65536, 10**30):
        with pytest.raises(BuildError, match=f"no port has the number {port}; write one from 1 to 65535"):
            serve._open_server(tmp_path, Board(), port)


def test_a_port_that_is_not_allowed_is_told_with_what_to_do(tmp_path: Path) -> None:
    def refuse(address: tuple[str, int], desk: Desk) -> serve._Server:
        raise PermissionError(errno.EACCES, "Permission denied")

    with pytest.raises(BuildError, match="port 80 is for administrators only; name one from 1024 on with --port"):
        serve._open_server(tmp_path, Board(), 80, refuse)


def test_a_port_that_is_taken_is_told_with_what_to_do(tmp_path: Path) -> None:
    with serve._open_server(tmp_path, Board(), 0) as server:
        port = server.server_port
        with pytest.raises(BuildError, match=rf"no port is free \(tried {port}\); name another with --port"):
            serve._open_server(tmp_path, Board(), port)


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("data/scenarios/night.yml", "practice/night/critique/"),
        ("data/scenarios/night.yml", "practice/answer-key/night/example/index.html"),
        ("data/sessions.yml", "facilitate/run-sheets/"),
    ],
)
def test_what_would_run_in_a_page_made_of_data_is_not_shown(path: str, uri: str) -> None:
    shown = Shown(problems=(Problem(path, 1, "page-script", "the handler"),))

    assert shown.is_refused(uri) and not shown.is_refused("practice/day/critique/")
