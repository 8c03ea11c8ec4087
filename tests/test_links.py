"""Every way in which a link can lead nowhere is found, and named at the Markdown source."""

from __future__ import annotations

import re
import resource
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline import active, links
from pipeline.links import Entry, Origin, Reference
from pipeline.problems import BuildError, Problem
from tests.conftest import ROOT, told

BASE = "https://workshop.example/kit/"

SOURCE = """\
---
title: A page
---

Some words, and [a link](LINK) in line five.
"""


def site(tmp_path: Path, body: str, *, head: str = "") -> Path:
    folder = tmp_path / "site"
    (folder / "page").mkdir(parents=True)
    (folder / "other").mkdir()
    (folder / "decks" / "talk").mkdir(parents=True)
    (folder / "page" / "index.html").write_text(
        f"<html><head>{head}</head><body><h2 id='here'>x</h2>{body}</body></html>", encoding="utf-8"
    )
    (folder / "index.html").write_text("<a href='page/'>x</a>", encoding="utf-8")
    (folder / "other" / "index.html").write_text("<h2 id='%C3%A4'>ä</h2><a name='old'></a>", encoding="utf-8")
    names = """<script type="application/json" data-present="slides">[{"names":["plan","agenda"]}]</script>"""
    (folder / "decks/talk/slides.html").write_text(f"<section id='1'></section>{names}", encoding="utf-8")
    (folder / "picture.png").write_bytes(b"")
    return folder


def check(folder: Path, *, written: str = "LINK", inventory: list[Entry] | None = None) -> list[str]:
    origins = {"page/index.html": Origin("docs/page.md", SOURCE.replace("LINK", written))}
    return [told(problem) for problem in links.check(folder, BASE, origins, [], inventory or [])[0]]


@pytest.mark.parametrize(
    "body",
    [
        "<a href='../other/'>x</a>",
        "<a href='../other/#ä'>x</a>",
        "<a href='../other/#%C3%A4'>x</a>",
        "<a href='../other/#old'>x</a>",
        "<a href='#here'>x</a>",
        "<a href='../decks/talk/slides.html#1'>x</a>",
        "<a href='../decks/talk/slides.html#agenda'>x</a>",
        f"<a href='{BASE}other/'>x</a>",
        "<a href='/kit/other/'>x</a>",
        "<img src='../picture.png' srcset='../picture.png 1x, ../picture.png 2x'>",
        "<a href='mailto:someone@workshop.example'>x</a>",
        "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>",
        "<img srcset='data:image/gif;base64,R0lGODlhAQABAAAAACw= 2x, ../picture.png'>",
        "<a href='..'>x</a>",
        "<a href=''>x</a>",
    ],
)
def test_good_links_are_good(tmp_path: Path, body: str) -> None:
    assert [] == check(site(tmp_path, body))


@pytest.mark.parametrize(
    ("body", "written", "message"),
    [
        ("<a href='../nope/'>x</a>", "nope.md", "'../nope/' leads to 'nope/index.html', which does not exist"),
        ("<a href='../nope.html'>x</a>", "../nope.html", "leads to 'nope.html', which does not exist"),
        ("<a href='../other'>x</a>", "other", "leads to the folder 'other'; add a '/' to its end"),
        ("<a href='../Other/'>x</a>", "Other", "there is 'other/index.html': use the same case"),
        ("<a href='#nowhere'>x</a>", "#nowhere", "leads to '#nowhere', which 'page/index.html' does not have"),
        ("<a href='../other/#nowhere'>x</a>", "other.md#nowhere", "leads to '#nowhere'"),
        ("<a href='../decks/talk/slides.html#99'>x</a>", "slides.html#99", "leads to '#99'"),
        ("<a href='/other/'>x</a>", "/other/", "leads out of the site, whose root is /kit/"),
        ("<a href='../../other/'>x</a>", "../../other/", "leads out of the site"),
        ("<a href='https://'>x</a>", "https://", "is no address; correct it"),
        ("<a href='http:/a.example/'>x</a>", "http:/a.example/", "is no address; correct it"),
        ("<a href='file:///etc/hostname'>x</a>", "file:///etc/hostname", "leads to 'file:'"),
        ("<a href='javascript:alert(1)'>x</a>", "javascript:alert(1)", "leads to 'javascript:'"),
        ("<a href='../decks/talk/data.csv'>x</a>", "data.csv", "put the file below docs/ and link to it there"),
        ("<img src='../nope.png'>", "../nope.png", "leads to 'nope.png', which does not exist"),
        ("<img src='picture.png'>", "picture.png", "did you mean 'picture.png'?"),
        ("<img srcset='../nope.png 2x'>", "../nope.png", "leads to 'nope.png'"),
        ("<video poster='../nope.png'></video>", "../nope.png", "leads to 'nope.png'"),
        ("<object data='../nope.svg'></object>", "../nope.svg", "leads to 'nope.svg'"),
        ("<script src='../nope.js'></script>", "../nope.js", "leads to 'nope.js'"),
        ("<p style=\"background: url('../nope.png')\">x</p>", "../nope.png", "leads to 'nope.png'"),
        ("<style>p { background: url(../nope.png) }</style>", "../nope.png", "leads to 'nope.png'"),
        ("<style>@import '../nope.css';</style>", "../nope.css", "leads to 'nope.css'"),
        ("<img src='https://cdn.example/x.png'>", "https://cdn.example/x.png", "is loaded from another host"),
        ("<script src='//cdn.example/x.js'></script>", "//cdn.example/x.js", "is loaded from another host"),
        ("<area href='https://new.example/a'>", "https://new.example/a", "is not in the inventory"),
        ("<a href='https://new.example/a'>x</a>", "https://new.example/a", "is not in the inventory"),
    ],
)
def test_a_link_that_leads_nowhere_is_found_in_the_source(
    tmp_path: Path, body: str, written: str, message: str
) -> None:
    [problem] = check(site(tmp_path, body), written=written)

    assert problem.startswith("docs/page.md:5: ")
    assert message in problem


def test_an_entry_may_hold_more_for_whoever_keeps_the_list(tmp_path: Path) -> None:
    more = "    verified: 2026-01-01\n    verified_by: Ada\n    urls: 1\n    unverified: x\n"
    write_inventory(tmp_path, f"links:\n  - url: https://x.example/\n{more}")

    assert ["https://x.example/"] == [entry.url for entry in links.read_inventory(tmp_path)]


def test_an_address_from_the_root_is_not_looked_for_in_other_words(tmp_path: Path) -> None:
    [problem] = check(site(tmp_path, "<a href='/de/'>x</a>"), written="[x](model/) and [y](de.md)")

    assert problem.startswith("docs/page.md: '/de/' leads out of the site")


@pytest.mark.parametrize("name", ["what?", "a#b", "50%", "c d"])
def test_a_link_leads_on_from_a_page_with_an_odd_name(tmp_path: Path, name: str) -> None:
    folder = site(tmp_path, "")
    (folder / name).mkdir()
    body = "<h2 id='here'>x</h2><a href='#here'>x</a><a href='../other/'>x</a><a href='nope'>x</a>"
    (folder / name / "index.html").write_text(body, encoding="utf-8")

    [problem] = check(folder)

    assert f"'nope' leads to '{name}/nope', which does not exist" in problem


def test_a_missing_preview_picture_is_found(tmp_path: Path) -> None:
    folder = site(tmp_path, "", head="<meta property='og:image' content='https://workshop.example/kit/og.png'>")

    [problem] = check(folder)

    assert "leads to 'og.png', which does not exist" in problem


def test_a_preview_picture_of_another_host_is_a_link_to_it(tmp_path: Path) -> None:
    address = "https://pictures.example/og.jpg"
    folder = site(tmp_path, "", head=f"<meta property='og:image' content='{address}'>")

    [problem] = check(folder, written=address)

    assert f"docs/page.md:5: '{address}' is not in the inventory; add it to data/links.yml" == problem
    assert [] == check(folder, inventory=[Entry(address, None, 1)])


def test_what_a_style_sheet_asks_for_is_followed(tmp_path: Path) -> None:
    folder = site(tmp_path, "")
    (folder / "site.css").write_text(
        "a { background: url(nope.png) } @font-face { src: url('//x.example/f') }", "utf-8"
    )

    assert [
        "dist/site/site.css: '//x.example/f' is loaded from another host; put the file into the project",
        "dist/site/site.css: 'nope.png' leads to 'nope.png', which does not exist; correct the link, or add the file",
    ] == sorted(check(folder))


def test_the_line_of_a_block_is_that_which_names_the_link(tmp_path: Path) -> None:
    folder = site(tmp_path, "<p data-line='5'><a href='../nope/'>x</a></p>")

    assert check(folder, written="../nope/")[0].startswith("docs/page.md:5: ")
    assert check(folder, written="x)\n[b](../nope/")[0].startswith("docs/page.md:6: ")


def test_marps_own_line_is_better_than_a_search(tmp_path: Path) -> None:
    folder = site(tmp_path, "<p data-line='77'><a href='../nope/'>x</a></p>")

    assert check(folder, written="nope")[0].startswith("docs/page.md:77: ")


def test_links_of_a_pdf_are_followed(tmp_path: Path) -> None:
    folder = site(tmp_path, "")
    found = [
        Reference("decks/talk/slides.pdf", f"{BASE}other/", 3, is_link=True),
        Reference("decks/talk/slides.pdf", "file:///home/x.md", 4, is_link=True),
        Reference("decks/talk/slides.pdf", f"{BASE}nope/", 5, is_link=True),
    ]
    origins = {"decks/talk/slides.pdf": Origin("slides/talk/deck.md", "")}

    problems, _ = links.check(folder, BASE, origins, found, [])

    assert [("slides/talk/deck.md", 4), ("slides/talk/deck.md", 5)] == [(p.path, p.line) for p in problems]


def test_the_inventory_holds_what_is_linked_and_nothing_else(tmp_path: Path) -> None:
    folder = site(tmp_path, "<a href='https://used.example/a#part'>x</a>")
    inventory = [Entry("https://used.example/a", None, 2), Entry("https://unused.example/", None, 3)]

    assert [
        "data/links.yml:3: nothing links to https://unused.example/ any more; remove it from the inventory"
    ] == check(folder, inventory=inventory)


@pytest.mark.parametrize(
    ("linked", "listed"),
    [
        ("https://used.example", "https://used.example/"),
        ("https://used.example/", "https://used.example"),
        ("https://Used.Example/A", "https://used.example/A"),
        ("https://used.example/a#x", "https://used.example/a#y"),
    ],
)
def test_an_address_may_be_spelt_in_two_ways(tmp_path: Path, linked: str, listed: str) -> None:
    folder = site(tmp_path, f"<a href='{linked}'>x</a>")

    assert [] == check(folder, inventory=[Entry(listed, None, 2)])


def test_one_dead_link_of_a_deck_is_one_problem(tmp_path: Path) -> None:
    folder = site(tmp_path, "")
    dead = "<a href='nope.pdf'>x</a>"
    (folder / "decks/talk/slides.html").write_text(f"<p data-line='7'>{dead}</p>", encoding="utf-8")
    (folder / "decks/talk/index.html").write_text(dead, encoding="utf-8")
    origin = Origin("slides/talk/deck.md", "")
    origins = {f"decks/talk/{name}": origin for name in ("slides.html", "index.html", "slides.pdf")}
    in_pdf = Reference("decks/talk/slides.pdf", f"{BASE}decks/talk/nope.pdf", 7, is_link=True)

    [problem], _ = links.check(folder, BASE, origins, [in_pdf], [])

    assert ("slides/talk/deck.md", 7) == (problem.path, problem.line)


def test_entries_are_found_with_and_without_quotation_marks(tmp_path: Path) -> None:
    lines = ["links:", '  - url: "https://a.example/?x=1"', "    verified: null", "  - {url: https://c.example/}"]
    lines += ["  - what: first", "    url: 'https://b.example/' # why", "    verified: null"]
    write_inventory(tmp_path, "\n".join(lines) + "\n")

    entries = links.read_inventory(tmp_path)

    assert [2, 4, 6] == [entry.line for entry in entries]


def test_every_date_goes_to_its_own_entry() -> None:
    """The project's own inventory, as it is written."""
    entries = links.read_inventory(ROOT)

    text = (ROOT / "data" / "links.yml").read_text(encoding="utf-8").split("\n")
    assert entries
    for entry in entries:
        assert entry.url in text[entry.line - 1]


def test_a_date_is_written_wherever_its_entry_has_it(tmp_path: Path) -> None:
    lines = ["links:", "  - verified: null", "    url: https://a.example/", "  - url: https://b.example/"]
    lines += ["    what: none", "  - {url: https://c.example/, verified: 2026-01-01}", "  - url: https://d.example/"]
    lines += [
        "    also:",
        "      - a",
        '    what: "Not verified: asks"',
        "    verified: # soon",
        "  - url: https://e.example/",
    ]
    write_inventory(tmp_path, "\n".join(["# verified: the day", *lines, "    verified: null", ""]))
    entries = [replace(entry, verified=date(2026, 2, 3)) for entry in links.read_inventory(tmp_path)]

    links.write_verified(tmp_path, entries[:4])

    assert [*(entry.verified for entry in entries[:4]), None] == [
        entry.verified for entry in links.read_inventory(tmp_path)
    ]
    text = (tmp_path / "data/links.yml").read_text(encoding="utf-8")
    assert text.startswith("# verified: the day\n") and "verified: 2026-02-03 # soon" in text
    assert "what: none" in text and '"Not verified: asks"' in text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("- {what: x, url: https://a.example/, verified: null}\n", "- {what: x, url: https://a.example/, DATED}\n"),
        ("- {url: https://a.example/}\n", "- {url: https://a.example/, DATED}\n"),
        ("- <<: {verified: null}\n  url: http://a.b/", "- <<: {verified: null}\n  url: http://a.b/\n  DATED"),
        ("- url: 'https://a.example/' # x", "- url: 'https://a.example/' # x\n  DATED"),
        (
            "- what: >\n    verified: no\n  url: https://a.example/\r\n",
            "- what: >\n    verified: no\n  url: https://a.example/\r\n  DATED\n",
        ),
    ],
)
def test_an_entry_may_be_written_in_any_way(tmp_path: Path, old: str, new: str) -> None:
    (tmp_path / "data").mkdir()
    path = tmp_path / "data/links.yml"
    path.write_text(f"# verified: the day\nlinks:\n{old}", encoding="utf-8", newline="")
    [entry] = links.read_inventory(tmp_path)

    links.write_verified(tmp_path, [replace(entry, verified=date(2026, 2, 3))])

    expected = new.replace("DATED", "verified: 2026-02-03")
    assert f"# verified: the day\nlinks:\n{expected}".encode() == path.read_bytes()


def test_entries_may_be_listed_in_another_order_than_they_stand_in(tmp_path: Path) -> None:
    text = "all:\n- &a\n  url: http://a.b/\n- &b\n  url: http://c.d/\nlinks: [*b, *a]\n"
    write_inventory(tmp_path, text)
    entries = [replace(entry, verified=date(2026, 2, 3)) for entry in links.read_inventory(tmp_path)]
    (tmp_path / "data/.new-999999999-0123abcd").touch()  # by a run that was killed

    links.write_verified(tmp_path, entries)

    assert ["links.yml"] == [path.name for path in (tmp_path / "data").iterdir()]
    expected = re.sub(r"(?m)(?=^- &b|^links)", "  verified: 2026-02-03\n", text)
    assert expected == (tmp_path / "data/links.yml").read_text(encoding="utf-8")


def test_an_inventory_for_which_there_is_no_room_stays_as_it_was(tmp_path: Path) -> None:
    text = f"# {'words ' * 300}\nlinks:\n- url: https://a.example/\n  verified: 2026-01-01\n"
    write_inventory(tmp_path, text)
    [entry] = links.read_inventory(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))  # bytes of a file
    try:
        with pytest.raises(OSError, match="File too large"):
            links.write_verified(tmp_path, [replace(entry, verified=date(2026, 2, 3))])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert text == (tmp_path / "data" / "links.yml").read_text(encoding="utf-8")
    assert ["links.yml"] == [path.name for path in (tmp_path / "data").iterdir()]


@pytest.mark.parametrize(
    ("text", "target", "line"),
    [
        ("`[x](gone.md)`\n\n```\n[x](gone.md)\n```\n\n[x](gone.md)\n", "gone.md", 7),
        ("[d](data.md)\n\n[x](a.md)\n", "a.md", 3),
        ("`#nope` and\n[a](#nope)\n", "#nope", 2),
        ("words of gone.md\n\n[x]: <gone.md> 'A title'\n", "gone.md", 3),
        ('a.png\n<img src="a.png">\n', "a.png", 2),
        ("words of gone.md\n", "gone.md", 1),
        ("words\n", "gone.md", 0),
        ("[x]()\n", "", 0),
    ],
)
def test_a_link_is_looked_for_where_links_stand(text: str, target: str, line: int) -> None:
    assert line == active.line_of_link(text, target)


def write_inventory(root: Path, text: str) -> None:
    (root / "data").mkdir()
    (root / "data" / "links.yml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("links: [", "data/links.yml:1: is not valid YAML"),
        ("- a\n", "data/links.yml:1: has no list 'links:'"),
        ("links:\n  - url: ftp://x.example/\n", "data/links.yml:2: entry"),
        ('x: &x "a\u2028b"\nlinks:\n  - url: ftp://x.example/\n', "data/links.yml:3: entry"),
        (
            "links: []\nlink:\n  - url: https://x.example/?a&b\n",
            "data/links.yml:2: 'link' is no field of the inventory",
        ),
        (
            "links:\n  - url: https://x.example/\n    verfied: 2026-01-01\n",
            "data/links.yml:3: 'verfied' is no field of an entry; did you mean 'verified'?",
        ),
        ("x: &x 1\n<<: {links: [{url: https://x.example/}]}\n", "data/links.yml:2: 'links' comes by '<<', "),
        ("links:\n  - what: x\n    <<: {url: https://x.example/}\n", "data/links.yml:2: 'url' of https://x.example/"),
        ("x: &u https://x.example/\nlinks:\n  - url: *u\n", "data/links.yml:3: 'url' of https://x.example/"),
        ("x: &d null\nlinks:\n- {url: https://x.example/, verified: *d}", "data/links.yml:3: 'verified' of https://x"),
        ("links:\n  - url: https://x.example/\n    verified: soon\n", "data/links.yml:2: 'verified' of"),
        (
            "links:\n  - url: https://x.example/\n  - url: https://x.example/\n",
            "data/links.yml:3: https://x.example/ stands",
        ),
    ],
)
def test_a_wrong_inventory_is_named(tmp_path: Path, text: str, message: str) -> None:
    write_inventory(tmp_path, text)

    with pytest.raises(BuildError) as raised:
        links.read_inventory(tmp_path)

    assert str(raised.value).startswith(message)


@pytest.fixture
def web() -> Iterator[str]:
    """A web server that has `/here`, forgot `/gone`, hangs up on `/rude`, and leads on.

    `/moved` leads to `/here` with words that have no end, and `/round` to itself.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/rude":
                self.connection.close()
                return
            if self.path in ("/moved", "/round"):
                self.send_response(302)
                self.send_header("Location", "here" if self.path == "/moved" else self.path)
                self.end_headers()
                while self.path == "/moved":
                    self.wfile.write(b"and on " * 1000)
                return
            self.send_response(200 if self.path == "/here" else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (OSError, ValueError):  # what closing on purpose leads to
                self.close_connection = True

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_address_that_nobody_can_ask_is_dead_and_the_others_are_asked(web: str) -> None:
    entries = [Entry("https://a..example/", None, 2), Entry(f"{web}/here", None, 4)]

    dead, here = links.check_online(entries, today=date(2026, 11, 23), report=lambda url: None)

    assert "data/links.yml:2: https://a..example/ cannot be reached" in str(dead)
    assert here == Entry(f"{web}/here", date(2026, 11, 23), 4)


def test_an_address_that_leads_on_is_followed_and_nothing_of_it_is_read(web: str) -> None:
    entries = [Entry(f"{web}/{name}", None, line) for line, name in enumerate(("moved", "round"), 2)]

    moved, round_ = links.check_online(entries, today=date(2026, 11, 23), report=lambda url: None)

    assert moved == Entry(f"{web}/moved", date(2026, 11, 23), 2)
    assert f"data/links.yml:3: {web}/round cannot be reached (TooManyRedirects)" in str(round_)


def test_outside_links_are_asked_and_the_answer_is_kept(tmp_path: Path, web: str) -> None:
    text = (
        f"# kept\nlinks:\n  - url: {web}/gone\n    verified: 2026-01-31\n  - url: {web}/here\n    verified: null # x\n"
    )
    write_inventory(tmp_path, text + f"  - url: {web}/rude\n    verified: null\n")
    entries = links.read_inventory(tmp_path)

    results = list(links.check_online(entries, today=date(2026, 11, 23), report=lambda url: None))

    gone, here, rude = results
    assert isinstance(gone, Problem)
    assert f"data/links.yml:3: {web}/gone answers with status 404, last seen 2026-01-31" in str(gone)
    assert here == Entry(f"{web}/here", date(2026, 11, 23), 5)
    assert "cannot be reached" in str(rude)
    links.write_verified(tmp_path, [here])
    after = (tmp_path / "data/links.yml").read_text(encoding="utf-8")
    assert after.startswith(text.replace("null # x", "2026-11-23 # x"))
