"""The preview as an author has it: the real command, a real project, and pages open in a real browser."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import ConsoleMessage, Locator, Page, expect

from tests.conftest import Project, make_tiny
from tests.test_browsers import left_by

DECK = """\
---
theme: workshop
title: A talk
description: DESCRIPTION
lang: en
---

# First slide

<!-- Words for the one who speaks. -->

---

# Second slide

---

# Third slide
"""
HOME = "# Home\n\nAll [decks](decks/index.md).\n"
SETTINGS = ("mkdocs.yml", "https://tiny.example/", "https://tiny.example/talks/")
PATIENCE = 30_000
"""Milliseconds that it may take where many tests run at once; alone it is a small part of one second."""


class Said:
    """What the command has printed, growing."""

    def __init__(self, first: str) -> None:
        self.lines = [first]
        self._heard = threading.Condition()

    def listen(self, lines: Iterable[str]) -> None:
        for line in lines:
            with self._heard:
                self.lines.append(line)
                self._heard.notify_all()

    def expect(self, beginning: str) -> None:
        """Wait for a line."""
        with self._heard:
            assert self._heard.wait_for(lambda: any(line.startswith(beginning) for line in self.lines), 120), self.lines


@dataclass(frozen=True)
class Preview:
    """The command at work on a project of its own."""

    project: Project
    process: subprocess.Popen[str]
    base: str
    """Where the site stands, with a '/' at its end."""
    said: Said
    text: str = DECK
    """The deck as it is at first."""

    @property
    def deck(self) -> str:
        return f"{self.base}decks/talk/slides.html"

    def save(self, name: str, text: str) -> None:
        (self.project.root / name).write_text(text, encoding="utf-8")

    def ask(self, path: str, **headers: str) -> tuple[int, bytes]:
        """Ask for exactly this path, as no browser would; returns status and content."""
        connection = http.client.HTTPConnection(self.base.split("/")[2], timeout=60)
        with contextlib.closing(connection):
            connection.putrequest("GET", path, skip_host="Host" in headers)
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            return answer.status, answer.read()


@contextlib.contextmanager
def open_preview(project: Project, **environment: str) -> Iterator[Preview]:
    """Start the command as a user would, at any free port."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("SITE_URL", "EDIT_URL")}
    process = subprocess.Popen(
        [sys.executable, "build.py", "serve", "--port", "0"],
        cwd=project.root,
        env={**inherited, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout
    first = process.stdout.readline()
    found = re.match(r"preview: (http://127\.0\.0\.1:\d+/)", first)
    assert found, first + process.stdout.read()
    said = Said(first)
    reader = threading.Thread(target=said.listen, args=[process.stdout])
    reader.start()
    try:
        said.expect("all pages")
        yield Preview(project, process, f"{found[1]}talks/", said)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(600)
        reader.join()
        process.stdout.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    project = make_tiny(tmp_path_factory.mktemp("serve") / "project")
    project.edit(SETTINGS[0], lambda text: text.replace(*SETTINGS[1:]))
    with open_preview(project) as preview:
        yield preview


@pytest.fixture
def preview(served: Preview, page: Page) -> Preview:
    """A preview whose project is as it was at first, and which has noticed that."""
    token = uuid.uuid4().hex
    fresh = replace(served, text=DECK.replace("DESCRIPTION", token))
    served.save("docs/index.md", HOME)
    served.save("slides/talk/deck.md", fresh.text)
    page.goto(served.deck)
    expect(page.locator(f"meta[content='{token}']").first).to_be_attached()
    page.goto("about:blank")
    return fresh


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    expect.set_options(timeout=PATIENCE)
    yield
    expect.set_options(timeout=5_000)  # Playwright's own


def active(page: Page) -> Locator:
    return page.locator("svg.bespoke-marp-active h1")


def problems(page: Page) -> Locator:
    return page.locator("[data-preview=problems] section")


def mark(page: Page) -> None:
    """Leave something in a page that is gone when it is loaded again."""
    page.evaluate("document.documentElement.dataset.kept = 'yes'")


def test_a_saved_slide_comes_up_on_the_open_deck(preview: Preview, page: Page) -> None:
    page.goto(preview.deck)
    expect(active(page)).to_have_text("First slide")

    preview.save("slides/talk/deck.md", preview.text.replace("Third slide", "Another third"))

    expect(active(page)).to_have_text("Another third")
    expect(page).to_have_url(f"{preview.deck}#another-third")


def test_a_deck_stays_on_its_slide_when_its_looks_change(preview: Preview, page: Page) -> None:
    page.goto(f"{preview.deck}#2")
    expect(active(page)).to_have_text("Second slide")
    theme = preview.project.root / "slides/theme/workshop.css"
    before = theme.read_text(encoding="utf-8")

    theme.write_text(before + "\nsection h1 { letter-spacing: 7px }\n", encoding="utf-8")

    expect(active(page)).to_have_css("letter-spacing", "7px")
    expect(active(page)).to_have_text("Second slide")
    theme.write_text(before, encoding="utf-8")
    expect(active(page)).not_to_have_css("letter-spacing", "7px")


def test_a_changed_picture_comes_up_on_its_slide(preview: Preview, page: Page) -> None:
    picture = '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"><rect width="10" height="10"/></svg>'
    preview.save("slides/talk/picture.svg", picture)
    preview.save("slides/talk/deck.md", preview.text + "\n![A square](picture.svg)\n")
    page.goto(preview.deck)
    image = page.locator("svg.bespoke-marp-active img")
    expect(page.locator("img[alt='A square']")).to_have_count(1)
    before = page.locator("img[alt='A square']").get_attribute("src") or ""

    preview.save("slides/talk/picture.svg", picture.replace("rect", "circle"))

    expect(image).to_be_visible()
    expect(image).not_to_have_attribute("src", before)


def test_a_saved_page_comes_up_and_no_other_page_is_loaded_again(preview: Preview, page: Page) -> None:
    other = page.context.new_page()
    other.goto(preview.deck)
    expect(active(other)).to_have_text("First slide")
    page.goto(preview.base)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Home")
    mark(other)

    preview.save("docs/index.md", HOME.replace("Home", "A new home"))

    expect(page.get_by_role("heading", level=1)).to_contain_text("A new home")
    # Once the deck has come up again, it would have heard of the page before.
    assert "yes" == other.evaluate("document.documentElement.dataset.kept")
    preview.save("slides/talk/deck.md", preview.text.replace("First", "Very first"))
    expect(active(other)).to_have_text("Very first slide")


def test_a_new_page_appears_where_there_was_none(preview: Preview, page: Page) -> None:
    page.goto(f"{preview.base}later/")
    expect(page.locator("body")).to_contain_text("404")

    preview.save("docs/later.md", "# Later\n")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Later")
    (preview.project.root / "docs/later.md").unlink()
    expect(page.locator("body")).to_contain_text("404")


def test_what_is_wrong_with_a_slide_is_shown_on_it_until_it_is_mended(preview: Preview, page: Page) -> None:
    page.goto(preview.deck)
    expect(active(page)).to_have_text("First slide")

    preview.save("slides/talk/deck.md", preview.text.replace("# Second slide", "# Second slide\n\n![A cat](cat.png)"))

    expect(active(page)).to_have_text("Second slide")
    expect(problems(page)).to_contain_text("On this slide")
    expect(problems(page)).to_contain_text("slides/talk/deck.md:16 image 'cat.png' does not exist")
    preview.said.expect("slides/talk/deck.md:16: image 'cat.png'")  # which is printed after the page has heard of it
    page.goto(preview.base)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Home")
    expect(problems(page)).to_be_hidden()

    page.goto(f"{preview.deck}#2")
    expect(problems(page)).to_be_visible()
    preview.save("slides/talk/deck.md", preview.text)
    expect(problems(page)).to_be_hidden()


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("slides/talk/deck.md", "# A \0 talk", "slides/talk/deck.md:1 is no text"),
        (
            "slides/talk/deck.md",
            "---\ntheme: [\n---\n\n# A talk",
            "slides/talk/deck.md:2 front matter is not valid YAML",
        ),
        ("mkdocs.yml", "site_name: [", "mkdocs.yml:1 is not valid YAML"),
        ("data/sessions.yml", "talk: [", "data/sessions.yml:1 is not valid YAML"),
    ],
    ids=["zero byte", "front matter", "settings", "data"],
)
def test_a_broken_file_is_told_and_does_not_take_the_preview_down(
    preview: Preview, page: Page, name: str, text: str, told: str
) -> None:
    path = preview.project.root / name
    before = path.read_text(encoding="utf-8") if path.exists() else None
    page.goto(preview.deck)
    expect(active(page)).to_have_text("First slide")

    preview.save(name, text)

    expect(problems(page)).to_contain_text(told)
    if before is None:
        path.unlink()
    else:
        preview.save(name, before)
    expect(problems(page)).to_be_hidden()
    expect(active(page)).to_have_text("First slide")


def test_settings_that_others_are_taken_from_are_followed(preview: Preview, page: Page) -> None:
    settings = (preview.project.root / "mkdocs.yml").read_text(encoding="utf-8")
    preview.save("base.yml", "copyright: Somebody\n")
    preview.save("mkdocs.yml", f"INHERIT: base.yml\n{settings}")
    page.goto(preview.base)
    expect(page.get_by_text("Somebody")).to_be_visible()

    preview.save("base.yml", "copyright: [\n")

    expect(problems(page)).to_contain_text("base.yml:2 is not valid YAML")
    preview.save("base.yml", "copyright: Nobody\n")
    expect(problems(page)).to_be_hidden()
    expect(page.get_by_text("Nobody")).to_be_visible()
    preview.save("mkdocs.yml", settings)
    (preview.project.root / "base.yml").unlink()


def test_what_mkdocs_warns_of_is_shown_on_the_page(preview: Preview, page: Page) -> None:
    page.goto(preview.base)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Home")

    preview.save("docs/index.md", f"{HOME}\n[Nowhere](nowhere.md)\n")

    expect(problems(page)).to_contain_text("docs/index.md:5 link 'nowhere.md'")
    preview.save("docs/index.md", HOME)
    expect(problems(page)).to_be_hidden()


def test_a_script_in_a_page_is_told_and_does_not_run(preview: Preview, page: Page) -> None:
    page.goto(preview.base)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Home")

    preview.save("docs/index.md", f"{HOME}\n<script>document.title = 'ran'</script>\n")

    expect(problems(page)).to_contain_text("docs/index.md:5")
    expect(page).to_have_title("This is not shown")
    preview.save("docs/index.md", HOME)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Home")


def test_a_file_that_is_empty_for_a_moment_is_no_problem_that_stays(preview: Preview, page: Page) -> None:
    page.goto(preview.deck)
    expect(active(page)).to_have_text("First slide")

    for text in ("", preview.text[:40], "", preview.text.replace("First", "Quite another")):
        preview.save("slides/talk/deck.md", text)

    expect(active(page)).to_have_text("Quite another slide")
    expect(problems(page)).to_be_hidden()


def test_problems_can_be_put_away_and_a_key_pressed_on_them_is_not_the_decks(preview: Preview, page: Page) -> None:
    preview.save("slides/talk/deck.md", preview.text.replace("# First slide", "# First slide\n\n![A cat](cat.png)"))
    page.goto(preview.deck)
    expect(problems(page)).to_contain_text("cat.png")

    problems(page).get_by_role("button", name="Hide").press("Space")

    expect(problems(page)).to_have_text("1 problem")
    expect(active(page)).to_have_text("First slide")
    expect(problems(page).get_by_role("button", name="1 problem")).to_be_focused()
    problems(page).get_by_role("button", name="1 problem").press("Enter")
    expect(problems(page)).to_contain_text("cat.png")


def test_what_is_said_already_stays_and_can_be_pressed(preview: Preview, page: Page) -> None:
    preview.save("slides/talk/deck.md", preview.text.replace("# First slide", "# First slide\n\n![A cat](cat.png)"))
    page.goto(preview.deck)
    expect(problems(page)).to_contain_text("cat.png")
    hide = problems(page).get_by_role("button", name="Hide").element_handle()

    # The deck tells of a step, which changes nothing of what is said.
    page.evaluate("document.querySelector('.bespoke-marp-parent').classList.toggle('stepped')")
    page.evaluate("new Promise(requestAnimationFrame)")

    assert hide.evaluate("button => button.isConnected")


def test_pages_keep_their_policy_and_nothing_of_it_is_broken(preview: Preview, page: Page) -> None:
    said: list[str] = []

    def keep(message: ConsoleMessage) -> None:
        if message.type == "error":
            said.append(message.text)

    page.on("console", keep)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(preview.base)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Home")
    page.goto(preview.deck)
    expect(active(page)).to_have_text("First slide")
    preview.save("slides/talk/deck.md", preview.text.replace("First", "Very first"))
    expect(active(page)).to_have_text("Very first slide")

    assert [] == said
    refused = page.evaluate(
        """() => new Promise((tell) => {
          addEventListener('securitypolicyviolation', ({ effectiveDirective }) => tell(effectiveDirective))
          const script = document.createElement('script')
          script.textContent = 'document.title = "ran"'
          document.body.append(script)
        })"""
    )
    assert "script-src-elem" == refused


def test_who_calls_the_server_by_another_name_is_refused(preview: Preview) -> None:
    port = preview.base.split("/")[2].split(":")[1]

    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1", f"127.0.0.1:{port}.evil.example", ""):
        status, content = preview.ask("/talks/", Host=host)
        assert 421 == status, host
        assert b"Home" not in content
    assert 200 == preview.ask("/talks/", Host=f"localhost:{port}")[0]


@pytest.mark.parametrize("path", ["/talks/", "/.preview/events?page=talks/"])
def test_a_page_of_another_site_is_told_nothing(preview: Preview, path: str) -> None:
    for site in ("cross-site", "same-site"):
        assert 403 == preview.ask(path, **{"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"})[0]
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert 200 == preview.ask("/talks/", **link)[0]
    assert 200 == preview.ask("/talks/", **{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"})[0]


@pytest.mark.parametrize(
    "path",
    [
        "/talks/../build.py",
        "/talks/%2e%2e/%2e%2e/build.py",
        "/talks/..%2f..%2fbuild.py",
        "//etc/passwd",
        "/talks//etc/passwd",
    ],
)
def test_no_path_leads_out_of_the_site(preview: Preview, path: str) -> None:
    status, content = preview.ask(path)

    assert 404 == status
    assert b"argparse" not in content
    assert b"root:0" not in content


def test_what_is_no_address_is_answered(preview: Preview) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(preview.base).port)) as asked:
        asked.sendall(f"GET http://[ HTTP/1.1\r\nHost: {urlsplit(preview.base).netloc}\r\n\r\n".encode())

        assert asked.recv(100).startswith(b"HTTP/1.1 400 ")


def test_what_only_a_build_makes_is_explained_and_then_there(preview: Preview, page: Page) -> None:
    page.goto(f"{preview.base}decks/talk/")
    page.get_by_role("link", name="Slides as PDF").click()
    expect(page.get_by_role("heading")).to_have_text("Only a build makes this")
    expect(page.locator("body")).to_contain_text("decks/talk/slides.pdf")

    built = preview.project.root / "dist" / "site"
    (built / "decks" / "talk").mkdir(parents=True)
    (built / "decks" / "talk" / "slides.pdf").write_bytes(b"%PDF-1.7")
    (built / "build.json").write_text("{}", encoding="utf-8")

    assert (200, b"%PDF-1.7") == preview.ask("/talks/decks/talk/slides.pdf")


def test_a_stopped_preview_leaves_nothing(tmp_path: Path) -> None:
    project = make_tiny(tmp_path / "project")
    project.edit(SETTINGS[0], lambda text: text.replace(*SETTINGS[1:]))
    before = {path for path in project.root.rglob("*") if "__pycache__" not in path.parts}
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    token = uuid.uuid4().hex
    with open_preview(project, TMPDIR=str(temporary), BUILD_MARK=token) as preview:
        assert any("marp.mjs" in command for command in left_by(token))
        preview.process.send_signal(signal.SIGINT)
        assert 0 == preview.process.wait(600)

    assert [] == left_by(token)
    assert [] == list(temporary.iterdir())
    assert before == {path for path in project.root.rglob("*") if "__pycache__" not in path.parts}
    assert "stopped\n" == preview.said.lines[-1]


def test_a_node_that_was_ended_is_started_anew(preview: Preview, page: Page) -> None:
    page.goto(preview.deck)
    expect(active(page)).to_have_text("First slide")
    [node] = [each for each in psutil.Process(preview.process.pid).children() if "marp.mjs" in " ".join(each.cmdline())]

    node.kill()
    preview.save("slides/talk/deck.md", preview.text.replace("First", "Very first"))

    expect(active(page)).to_have_text("Very first slide")
    expect(problems(page)).to_be_hidden()


@pytest.mark.slow
def test_a_build_may_run_beside_the_preview(preview: Preview, page: Page) -> None:
    page.goto(f"{preview.base}decks/talk/")
    expect(page.get_by_role("list").filter(has_text="Slides as PDF")).to_contain_text("not built yet")

    outcome = preview.project.run("build")

    assert 0 == outcome.code, outcome
    expect(page.get_by_role("list").filter(has_text="Slides as PDF")).not_to_contain_text("not built yet")
    assert b"%PDF" == preview.ask("/talks/decks/talk/slides.pdf")[1][:4]
