"""What the browser refuses, and how the build says so."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from pipeline import checks, loopback, policy
from pipeline.browser import Reader, start
from pipeline.problems import BuildError
from pipeline.site import Settings
from pipeline.toolchain import Tools
from tests.browser.test_slides import Log
from tests.test_corpus import assert_told
from tests.test_policy import META

BASE = "https://workshop.example/talk/"
Visit = Callable[[str], list[tuple[str, int, str]]]


@pytest.fixture
def visit(tmp_path: Path, browser: Browser) -> Visit:
    """Publish a page, written in raw HTML, and open it as every build does: rule, line and message of each problem."""

    def look(body: str) -> list[tuple[str, int, str]]:
        docs, folder = tmp_path / "docs", tmp_path / "site"
        for path, text in [(docs / "faulty.md", body), (folder / "faulty/index.html", policy.seal_page(HEAD + body))]:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        (folder / "own.js").write_text("document.title = 'ran'", encoding="utf-8")
        with loopback.serve(folder, BASE) as served:
            reader, quick = Reader(browser, folder, BASE), Reader(browser, folder, BASE, served=served)
            settings = Settings(tmp_path, BASE, "en", docs)
            found = list(checks.site_problems([], folder, settings, reader, others=iter([quick])))
        return [(problem.rule, problem.line, problem.message) for problem in found]

    return look


DOT = "data:image/gif;base64,R0lGODlhAQABAIAAAAUEBAAAACwAAAAAAQABAAACAkQBADs="
HEAD = '<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"></head><body>'


def test_what_a_page_may_do_is_no_problem(visit: Visit) -> None:
    body = """<script>1 + 1</script><script src="../own.js"></script><p style="color: red">x</p>
    <style>p { margin: 0 }</style><script>fetch('../own.js'); new Image().src = 'data:,'</script>"""

    assert [] == visit(body)


def test_a_file_that_a_page_lacks_is_named(visit: Visit) -> None:
    [(rule, _, message)] = visit("<img src='none.png' alt='x'>")

    assert ("request-failed", f"asks for {BASE}faulty/none.png, which does not exist") == (rule, message)


def test_a_picture_that_no_browser_can_draw_is_named_with_its_line(visit: Visit) -> None:
    body = f"<p>x</p>\n<img src='../own.js' alt='x'>\n<img src='{DOT}' alt='x'><img src='none.png' alt='x'>"

    broken, missing = sorted(visit(body))

    assert ("image-broken", 2, "image '../own.js' cannot be shown; see whether the file is whole") == broken
    assert "request-failed" == missing[0]


@pytest.mark.parametrize("is_served", [True, False])
def test_pages_that_are_opened_side_by_side_keep_apart_what_they_lack(
    is_served: bool, tmp_path: Path, browser: Browser
) -> None:
    docs, folder = tmp_path / "docs", tmp_path / "site"
    docs.mkdir()
    missing = {f"page-{number}/index.html": "" if number == 3 else f"{number}.png" for number in range(7)}
    for uri, picture in {**missing, "index.html": "home.png"}.items():
        (folder / uri).parent.mkdir(parents=True, exist_ok=True)
        (folder / uri).write_text(f"{HEAD}<img src='{picture or DOT}' alt='x'>", encoding="utf-8")
    with loopback.serve(folder, BASE) as served:
        home = Reader(browser, folder, BASE)
        others = [Reader(browser, folder, BASE, served=served if is_served else "") for _ in range(3)]
        found = list(checks.site_problems([], folder, Settings(tmp_path, BASE, "en", docs), home, others=iter(others)))

    told = {problem.path.removeprefix("dist/site/"): problem.message for problem in found}
    assert told.keys() == {"index.html", *(uri for uri, picture in missing.items() if picture)}
    for uri, message in told.items():
        assert f"{BASE}{uri.removesuffix('index.html')}{missing.get(uri, 'home.png')}, which" in message


def test_what_a_page_asks_for_is_known_however_it_is_answered(tmp_path: Path, browser: Browser) -> None:
    (tmp_path / "page").mkdir()
    (tmp_path / "own.css").write_text("@import 'more.css'; p { background: url(none.png) }", encoding="utf-8")
    (tmp_path / "more.css").write_text("p { margin: 0 }", encoding="utf-8")
    for name in ("index.html", "page/index.html"):
        body = f"{HEAD}<link rel='stylesheet' href='/talk/own.css'><p>x</p>"
        (tmp_path / name).write_text(body, encoding="utf-8")

    asked = []
    with loopback.serve(tmp_path, BASE) as served:
        for reader in (Reader(browser, tmp_path, BASE), Reader(browser, tmp_path, BASE, served=served)):
            for uri in ("index.html", "page/index.html"):  # the second time, the browser may have all but the page
                reader.visit(uri)
                asked.append({path.relative_to(tmp_path).as_posix() for path in reader.answered} - {uri})

    assert [{"own.css", "more.css", "none.png"}] * 4 == asked


def test_a_page_that_breaks_its_window_is_opened_once_more(tmp_path: Path, browser: Browser) -> None:
    (tmp_path / "page.html").write_text(f"{HEAD}<img src='none.png' alt='x'>", encoding="utf-8")
    reader, quick = Reader(browser, tmp_path, BASE), Reader(browser, tmp_path, BASE)
    quick.close()

    settings = Settings(tmp_path, BASE, "en", tmp_path)
    [problem] = checks.site_problems([], tmp_path, settings, reader, others=iter([quick]))

    assert ("dist/site/page.html", "request-failed") == (problem.path, problem.rule)


@pytest.mark.slow
def test_a_page_whose_script_has_no_end_is_named_by_its_source(tmp_path: Path, tools: Tools) -> None:
    docs, folder = tmp_path / "docs", tmp_path / "site"
    for path in (docs / "faulty.md", folder / "faulty/index.html"):
        path.parent.mkdir(parents=True)
        path.write_text(f"{HEAD}<script>for (;;) {{}}</script>", encoding="utf-8")
    settings = Settings(tmp_path, BASE, "en", docs)

    def look() -> None:
        with start(tools.browser) as started, loopback.serve(folder, BASE) as served:
            reader, other = started.read(folder, BASE), started.read(folder, BASE, served)
            list(checks.site_problems([], folder, settings, reader, others=iter([other])))

    # In a thread of its own, since other tests may have a browser in this one.
    with pytest.raises(BuildError) as caught, ThreadPoolExecutor(max_workers=1) as pool:
        pool.submit(look).result()

    message = (
        "the browser gave up here: it did not answer for 40 s and was ended; take out what runs without end, or ..."
    )
    assert_told([f"docs/faulty.md: {message} [browser]"], [str(problem) for problem in caught.value.problems])


ODD = {
    "goes elsewhere": "<script>location = 'https://far.example/'</script>",
    "goes elsewhere with its window": "<script>top.location = 'https://far.example/'</script>",
    "takes the window": "<script>if (top === window) boo(); else top.location = location</script>",
    "goes to a page that is not there": "<script>location = 'none.html'</script>",
    "goes away later": "<script>addEventListener('load', () => { location = 'https://far.example/' })</script>",
    "asks": "<script>alert('x'); confirm('x'); prompt('x')</script>",
    "asks before it is left": "<script>addEventListener('beforeunload', e => e.preventDefault()); boo()</script>",
    "is written anew": "<script>document.open(); document.write('<i onclick=boo()>x</i>'); document.close()</script>",
    "fails later": "<script>addEventListener('load', () => requestAnimationFrame(() => boo()))</script>",
    "promises too much": "<script>Promise.reject(new Error('boo'))</script>",
    "says so": "<script>console.error('boo')</script>",
    "asks late for a file": "<script>addEventListener('load', () => fetch('none.txt'))</script>",
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_what_a_page_does_is_found_though_it_has_no_window_of_its_own(
    odd: str, tmp_path: Path, browser: Browser
) -> None:
    for name, body in {"a.html": "", "b.html": odd, "c.html": "", "d.html": "<script>boo()</script>"}.items():
        (tmp_path / name).write_text(policy.seal_page(HEAD + body), encoding="utf-8")
    settings = Settings(tmp_path, BASE, "en", tmp_path)
    found = []
    with loopback.serve(tmp_path, BASE) as served:
        for address in ("", served):
            reader, quick = Reader(browser, tmp_path, BASE), Reader(browser, tmp_path, BASE, served=address)
            problems = checks.site_problems([], tmp_path, settings, reader, others=iter([quick]))
            found.append([(problem.path, problem.rule, problem.message) for problem in problems])

    in_a_window, in_a_frame = found
    assert in_a_window == in_a_frame
    assert ("dist/site/d.html", "script-error") == in_a_frame[-1][:2]
    assert ("alert" in odd) == (["dist/site/d.html"] == [path for path, *_ in in_a_frame])
    assert ("far.example" in odd) == ("asks for https://far.example/" in in_a_frame[0][2])


@pytest.mark.parametrize("base", ["https://workshop.example/", "https://workshop.example/my%20talk/%C3%A4/"])
def test_a_site_may_lie_anywhere(base: str, tmp_path: Path, browser: Browser) -> None:
    (tmp_path / "own.css").write_text("p { margin: 0 }", encoding="utf-8")
    long = f"<img src='{'x' * 5000}' alt='x'>"
    for name, body in {"page.html": "<link rel='stylesheet' href='own.css'>", "long.html": long}.items():
        (tmp_path / name).write_text(HEAD + body, encoding="utf-8")
    with loopback.serve(tmp_path, base) as served:
        reader, quick = Reader(browser, tmp_path, base), Reader(browser, tmp_path, base, served=served)
        found = checks.site_problems(
            [], tmp_path, Settings(tmp_path, base, "en", tmp_path), reader, others=iter([quick])
        )

        assert [("dist/site/long.html", "request-failed")] == [(each.path, each.rule) for each in found]


HANDLER = '<p>first</p>\n\n<button onclick="boo()">b</button>'


def test_a_handler_is_named_with_its_line(visit: Visit) -> None:
    [(rule, line, message)] = visit(HANDLER)

    assert ("policy", 3) == (rule, line)
    assert (
        "the handler 'onclick' of <button onclick=\"boo()\"> is refused by the content security policy "
        "(script-src-attr); do it in a script file of the site"
    ) == message


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ("<p>x</p>\n<iframe title='own' src='../faulty/other.html'></iframe>", 2, "faulty/other.html is refused"),
        ("<p>x</p>\n<iframe title='data' src='data:text/html,x'></iframe>", 0, "(frame-src)"),
        ("<script>try { eval('1') } catch {}</script>", 0, "code made of text is refused"),
        (
            "<script>\nconst late = document.createElement('script')\nlate.textContent =\n'1 + 1'\n"
            "document.head.append(late)</script>",
            4,
            "a script in the page is refused",
        ),
    ],
    ids=["own frame", "data frame", "eval", "late script"],
)
def test_what_the_policy_refuses_is_named(body: str, line: int, words: str, visit: Visit) -> None:
    [(rule, at, message)] = visit(body)

    assert ("policy", line) == (rule, at)
    assert words in message


@pytest.mark.parametrize(
    "html",
    [
        "<script src='HOST'></script>",
        "<iframe title='x' src='HOST'></iframe>",
        "<img alt='x' src='HOST'>",
        "<style>@import url(HOST);</style>",
        "<style>@font-face { font-family: far; src: url(HOST) } p { font-family: far }</style>",
        "<script>fetch('HOST').catch(() => {})</script>",
        "<link rel='stylesheet' href='HOST'>",
        "<video src='HOST'></video>",
    ],
)
def test_what_another_host_is_asked_for_is_said_once_though_it_is_refused_too(html: str, visit: Visit) -> None:
    [(rule, line, message)] = visit(f"<p>first</p>\n{html.replace('HOST', 'https://far.example/file')}")

    assert ("outside-request", 2) == (rule, line)
    assert message.startswith("asks for https://far.example")
    assert message.endswith(", which is not part of the site; use a file of your own")


def test_a_deck_says_once_what_another_host_is_asked_for(tmp_path: Path, site: Path, browser: Browser) -> None:
    html = (site / "decks/post-mortem-culture/slides.html").read_text(encoding="utf-8")
    planted = html.replace("<h1", "<img alt='x' src='https://far.example/x.png'><i onclick='boo()'>x</i><h1", 1)
    (tmp_path / "slides.html").write_text(planted, encoding="utf-8")

    found = Reader(browser, tmp_path, BASE).present("slides.html", [""])

    assert ["policy", "outside-request"] == [misfit.rule for misfit in found]


def test_a_deck_runs_no_script_that_lies_beside_it(tmp_path: Path, site: Path, browser: Browser) -> None:
    html = (site / "decks/post-mortem-culture/slides.html").read_text(encoding="utf-8")
    (tmp_path / "own.js").write_text("boo()", encoding="utf-8")
    (tmp_path / "slides.html").write_text(html.replace("<h1", "<script src=own.js></script><h1", 1), encoding="utf-8")

    [misfit] = Reader(browser, tmp_path, BASE).present("slides.html", [""])

    assert "policy" == misfit.rule
    assert f"{BASE}own.js is refused by the content security policy (script-src-elem)" in misfit.message


def test_a_script_that_was_changed_afterwards_does_not_run(tmp_path: Path, site: Path, browser: Browser) -> None:
    html = (site / "decks/post-mortem-culture/slides.html").read_text(encoding="utf-8")
    (tmp_path / "slides.html").write_text(html.replace("'use strict'", "boo()", 1), encoding="utf-8")

    found = Reader(browser, tmp_path, BASE).present("slides.html", [""])

    assert ["policy"] == [misfit.rule for misfit in found]


def test_a_page_opens_from_disk_as_far_as_it_would_without_a_policy(
    context: BrowserContext, tmp_path: Path, site: Path
) -> None:
    sealed = (site / "facilitate/run-sheets/index.html").read_text(encoding="utf-8")
    shutil.copytree(site / "assets", tmp_path / "assets")
    path = tmp_path / "facilitate/run-sheets/index.html"
    path.parent.mkdir(parents=True)
    context.set_offline(True)
    errors = []
    for html in (sealed, META.sub("", sealed)):
        path.write_text(html, encoding="utf-8")
        page = context.new_page()
        log = Log(page)
        page.goto(path.as_uri())
        expect(page.get_by_label("We begin at").first).to_be_visible()  # which a script file of the site makes
        expect(page.locator(".md-tabs")).to_have_css("background-color", "rgb(11, 71, 80)")
        errors.append(log.errors)

    assert sealed != html
    assert errors[0] == errors[1]  # from disk, the search cannot load its index
