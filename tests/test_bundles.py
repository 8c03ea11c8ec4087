"""The bundles: they hold what they say, open from disk, and do not spoil the practice for participants."""

from __future__ import annotations

import io
import posixpath
import zipfile
from html import unescape
from pathlib import Path

import pikepdf
import pytest
from playwright.sync_api import Browser, expect
from selectolax.lexbor import LexborHTMLParser

from pipeline import archive, bundles, pdf, policy
from pipeline.problems import BuildError
from tests.conftest import told
from tests.test_policy import directives, hash_of
from tests.test_practice import read_answers, words
from tests.test_templates import all_templates


@pytest.fixture(scope="module")
def made(site: Path) -> dict[str, bytes]:
    return {f"{name}.zip": (site / "downloads" / f"{name}.zip").read_bytes() for name in ("participant", "facilitator")}


@pytest.fixture(scope="module")
def participant(made: dict[str, bytes]) -> dict[str, bytes]:
    return archive.unpack(made["participant.zip"])


@pytest.fixture(scope="module")
def facilitator(made: dict[str, bytes]) -> dict[str, bytes]:
    return archive.unpack(made["facilitator.zip"])


def test_a_bundle_begins_with_the_page_to_begin_with(
    participant: dict[str, bytes], facilitator: dict[str, bytes]
) -> None:
    assert ["participant/start-here.html", "facilitator/start-here.html"] == [
        next(iter(files)) for files in (participant, facilitator)
    ]


def test_a_page_with_an_odd_link_is_in_it_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "learn").mkdir()
    link = "<a class='md-nav__link' href='learn/'>Learn</a>"
    label = "<label><span class='md-ellipsis'>All</span></label>"
    table = "<a class='md-nav__link' href='learn/data.csv'>A table, which is no page</a>"
    (tmp_path / "learn/data.csv").write_bytes(b"\xfc")
    home = f"<nav class='md-nav--primary'><ul><li>{label}{link}{table}</li></ul></nav>"
    (tmp_path / "index.html").write_text(home, encoding="utf-8")
    inner = "<article class='md-content__inner'><a href='https://[other.example/'>x</a></article>"
    page = f"<article class='md-content__inner'>words {inner}</article>"
    (tmp_path / "learn/index.html").write_text(page, encoding="utf-8")

    packed = bundles.make(tmp_path, "https://a.example/", [], "")

    html = archive.unpack(packed["participant.zip"])["participant/learn/index.html"].decode()
    assert "words" in html and 'href="https://[other.example/"' in html
    assert [] == list(bundles.problems(packed))


def packed(site: Path, article: str, base: str = "https://a.example/") -> dict[str, bytes]:
    """The bundle for participants of a site with one page in its menu."""
    (site / "learn").mkdir(parents=True, exist_ok=True)
    label = "<label><span class='md-ellipsis'>All</span></label>"
    home = f"<nav class='md-nav--primary'><ul><li>{label}<a class='md-nav__link' href='learn/'>x</a></li></ul></nav>"
    (site / "index.html").write_text(home, encoding="utf-8")
    page = f"<article class='md-content__inner'>{article}</article>"
    (site / "learn/index.html").write_text(page, encoding="utf-8")
    return archive.unpack(bundles.make(site, base, [], "")["participant.zip"])


def test_a_section_whose_name_is_a_link_has_its_name(tmp_path: Path) -> None:
    files = packed(tmp_path, "words")
    assert b"<h2>All</h2>" in files["participant/start-here.html"]
    label = "<label><span class='md-ellipsis'>All</span></label>"
    name = "<a class='md-nav__link' href='learn/'><span class='md-ellipsis'>Learn</span></a><label></label>"
    container = f"<div class='md-nav__link md-nav__container'>{name}</div>"
    home = f"<nav class='md-nav--primary'><ul><li>{container}<ul><li>{label}</li></ul></li></ul></nav>"
    (tmp_path / "index.html").write_text(home, encoding="utf-8")

    start = archive.unpack(bundles.make(tmp_path, "https://a.example/", [], "")["participant.zip"])

    assert b"<h2>Learn</h2>" in start["participant/start-here.html"]


def test_what_a_page_shows_is_in_it_however_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "a b.png").write_bytes(b"")
    for name in "cdefg":
        (tmp_path / f"{name}.png").write_bytes(b"")
    article = (
        "<img src='../a%20b.png' srcset='../c.png 1x, ../d.png 2x, data:image/gif;base64,R0lGOD= 3x'>"
        "<video poster='../e.png'></video><p style='background: url(../f.png)'>before</p>"
        '<style>p { color: red; background: url("../g.png") }</style>'
        "<a href='#:~:text=before'>x</a><a href=''>x</a><a href='https://b.example/\\1'>x</a>"
    )

    files = packed(tmp_path, article)

    page = files.pop("participant/learn/index.html").decode()
    assert {f"participant/{name}" for name in ("a b.png", "c.png", "d.png", "e.png", "f.png", "g.png")} < set(files)
    assert page.count("../") == 7  # and the page to begin with
    bundle = archive.pack({**files, "participant/learn/index.html": page.encode()})
    assert [] == list(bundles.problems({"participant.zip": bundle}))


def test_what_is_taken_along_brings_what_it_asks_for(tmp_path: Path) -> None:
    policy = '<meta http-equiv="Content-Security-Policy" content="img-src \'self\'">'
    board = f"<!doctype html><head>{policy}</head><h1>B</h1><img src=board.png><link rel=stylesheet href=/kit/a.css>"
    files = {"learn/board.html": board, "a.css": "h1 { background: url(dot.svg) } @import '/kit/b.css'", "b.css": ""}
    for name, text in {
        **files,
        "learn/board.png": "",
        "dot.svg": "",
        "c.svg": "",
        "learn/other/index.html": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    pictures = "<img src='/kit/c.svg'><img src='https://a.example/kit//c.svg'>"
    links = "<a href='/.//[x'>x</a><a href='board.html'>B</a><a href='https://a.example/kit/glossary/#x'>G</a>"

    found = packed(tmp_path, pictures + links, "https://a.example/kit/")

    names = (
        "start-here.html",
        "learn/index.html",
        "learn/board.html",
        "learn/board.png",
        "a.css",
        "b.css",
        "dot.svg",
        "c.svg",
    )
    assert {f"participant/{name}" for name in names} == set(found)
    assert b'src="../c.svg"' in found["participant/learn/index.html"]
    assert b'href="https://a.example/kit/glossary/#x"' in found["participant/learn/index.html"]
    assert b"@import 'b.css'" in found["participant/a.css"]
    page = found["participant/learn/board.html"].decode()
    assert 1 == page.count("Content-Security-Policy") and "img-src 'self' file: data:" in page
    assert [] == list(bundles.problems({"participant.zip": archive.pack(found)}))


def test_the_menu_of_another_page_will_do(tmp_path: Path) -> None:
    packed(tmp_path, "words")
    menu = (tmp_path / "index.html").read_text(encoding="utf-8").replace("learn/", "../learn/")
    (tmp_path / "index.html").write_text("<h1>Welcome</h1>", encoding="utf-8")
    (tmp_path / "about").mkdir()
    (tmp_path / "about/index.html").write_text(menu, encoding="utf-8")

    files = archive.unpack(bundles.make(tmp_path, "https://a.example/", [], "")["participant.zip"])

    assert {"participant/start-here.html", "participant/learn/index.html"} == set(files)
    (tmp_path / "index.html").unlink()
    with pytest.raises(BuildError, match=r"docs: there is no home page, .*; write docs/index\.md"):
        bundles.make(tmp_path, "https://a.example/", [], "")


def test_no_link_takes_a_file_from_outside_the_site_along(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    ways = ("../%2e%2e/", "../x/%2e./%2E%2e/", "..%2f..%2f")

    files = packed(tmp_path / "site", "".join(f"<a href='{up}secret.txt'>x</a>" for up in ways))

    assert {"participant/start-here.html", "participant/learn/index.html"} == set(files)
    assert 3 == files["participant/learn/index.html"].decode().count('href="https://a.example/')


def test_a_page_in_a_bundle_asks_no_host_and_runs_only_what_it_was_built_with(tmp_path: Path) -> None:
    for content in packed(tmp_path / "site", "<script>go()</script>").values():
        allowed = directives(content.decode())
        sources = {source for found in allowed.values() for source in found if not source.startswith("'sha256-")}

        assert ["'none'"] == allowed["default-src"]
        assert {"'none'", "'self'", "'unsafe-inline'", "data:", "file:"} == sources
        assert "'unsafe-inline'" not in allowed["script-src"]


def test_words_in_a_drawing_are_words_in_a_bundle(tmp_path: Path) -> None:
    inner = "&lt;p>&lt;meta http-equiv=refresh content=9>&lt;script>run()&lt;/script>"
    drawing = f"<svg><style>{inner}</style><xmp>{inner}</xmp></svg><style>@media (width < 9px) {{}}</style>"

    html = packed(tmp_path, drawing)["participant/learn/index.html"].decode()

    tree = LexborHTMLParser(html)
    assert [] == tree.css("main :is(p, meta, script)")
    assert [unescape(inner)] == [node.text() for node in tree.css("svg style")]
    assert "@media (width < 9px) {}" in html


def test_a_script_that_only_a_bundle_has_does_not_run() -> None:
    page = "<!doctype html><meta charset=utf-8><script>go()</script>"

    sealed = policy.seal_saved(f"{page}<script>run()</script>", LexborHTMLParser(page))

    assert ["'self'", "file:", hash_of("go()")] == directives(sealed)["script-src"]


def test_each_holds_every_template_that_is_for_its_readers(
    site: Path, participant: dict[str, bytes], facilitator: dict[str, bytes]
) -> None:
    folders = [folder.relative_to(site).as_posix() for folder in all_templates(site)]
    files = [
        f"{folder}/{posixpath.basename(folder)}{ending}" for folder in folders for ending in (".pdf", ".docx", ".md")
    ]
    kept = [name for name in files if f"participant/{name}" not in participant]

    assert 63 == len(files)
    assert [] == [name for name in files if f"facilitator/{name}" not in facilitator]
    assert {"invitation", "first-talk", "cue-card", "adoption-plan", "tally", "wall", "example"} == {
        posixpath.basename(posixpath.dirname(name)) for name in kept
    }


def test_each_holds_the_evidence_the_cards_and_the_slides(
    participant: dict[str, bytes], facilitator: dict[str, bytes], site: Path
) -> None:
    evidence = [path.name for path in (site / "practice/spring-promo").iterdir() if path.is_file()]
    deck = "decks/post-mortem-culture"

    assert len(evidence) > 25
    for name, files in (("participant", participant), ("facilitator", facilitator)):
        wanted = [*(f"practice/spring-promo/{each}" for each in evidence), f"{deck}/slides.pdf"]
        assert [] == [each for each in wanted if f"{name}/{each}" not in files and not each.endswith("cards.json")]
    assert f"facilitator/{deck}/cue-cards.pdf" in facilitator
    assert f"participant/{deck}/cue-cards.pdf" not in participant


def test_the_slides_for_participants_have_no_notes_and_are_whole(
    participant: dict[str, bytes], facilitator: dict[str, bytes]
) -> None:
    ours = facilitator["facilitator/decks/post-mortem-culture/slides.pdf"]
    theirs = participant["participant/decks/post-mortem-culture/slides.pdf"]

    assert pdf.texts(ours) == pdf.texts(theirs)
    assert pdf.links(ours) == pdf.links(theirs)
    assert [] == list(pdf.faults(theirs))
    for content, has_notes in ((ours, True), (theirs, False)):
        with pikepdf.open(io.BytesIO(content)) as document:
            kinds = {str(each.get("/Subtype")) for each in document.objects if isinstance(each, pikepdf.Dictionary)}
        assert has_notes is ("/Text" in kinds)


def test_the_key_opens_from_the_facilitators_disk(
    facilitator: dict[str, bytes], browser: Browser, tmp_path: Path
) -> None:
    for uri, content in facilitator.items():
        path = tmp_path / uri
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto((tmp_path / "facilitator/practice/answer-key/index.html").as_uri() + "#answers")
    page.get_by_role("link", name="Order the cards, with the key beside it").click()
    expect(page.get_by_role("heading", name="Still to place (24)")).to_be_visible()

    expect(page.get_by_role("heading", name="The key")).to_be_visible()
    context.close()


def test_what_is_for_facilitators_is_not_even_named_to_participants(participant: dict[str, bytes]) -> None:
    page = participant["participant/templates/index.html"].decode()

    assert "participant.zip" in page
    assert "facilitator.zip" not in page
    assert "answer-key" not in page


def test_the_facilitator_has_what_participants_get(facilitator: dict[str, bytes], made: dict[str, bytes]) -> None:
    assert made["participant.zip"] == facilitator["facilitator/participant.zip"]
    assert "facilitator/practice/answer-key/index.html" in facilitator
    assert "facilitator/facilitate/start/index.html" in facilitator


def test_no_file_for_participants_holds_an_answer(site: Path, participant: dict[str, bytes]) -> None:
    answers = read_answers(site)
    texts = {
        name: words(content.decode()) for name, content in participant.items()
        if name.endswith((".html", ".md", ".txt", ".json", ".csv", ".js", ".log"))
    }  # fmt: skip

    assert len(texts) > 40
    assert [] == [f"{name}: {answer}" for name, text in texts.items() for answer in answers if answer in text]
    assert [] == [name for name in participant if "answer-key" in name or "/facilitate/" in name]


def test_every_link_leads_somewhere_in_the_bundle(made: dict[str, bytes]) -> None:
    assert [] == list(bundles.problems(made))


def test_what_is_wrong_with_a_bundle_is_named(participant: dict[str, bytes]) -> None:
    page = participant["participant/start-here.html"].decode()
    planted = {
        **participant,
        "participant/start-here.html": page.replace("practice/index.html", "practice/none.html").encode()
        + b"<a href='learn/index.html#nowhere'>",
        "participant/practice/answer-key/index.html": b"<p>All of it</p>",
    }

    place = "dist/site/downloads/participant.zip: "
    page_name = "participant/start-here.html"

    assert [
        f"{place}holds 'participant/practice/answer-key/index.html', which spoils the practice; link to it only from "
        "pages for facilitators",
        f"{place}{page_name}: 'learn/index.html#nowhere' leads to '#nowhere', which is not there; please report it",
        f"{place}{page_name}: 'practice/none.html' leads to nothing in the bundle; please report it",
    ] == sorted(told(problem) for problem in bundles.problems({"participant.zip": archive.pack(planted)}))


@pytest.mark.parametrize("name", ["participant", "facilitator"])
def test_a_bundle_opens_from_disk_with_the_network_off(
    name: str, made: dict[str, bytes], browser: Browser, tmp_path: Path
) -> None:
    for uri, content in archive.unpack(made[f"{name}.zip"]).items():
        path = tmp_path / uri
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    context = browser.new_context(offline=True)
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto((tmp_path / name / "start-here.html").as_uri())
    page.get_by_role("link", name="Order the cards").click()
    page.get_by_role("button", name="Place").first.click()
    expect(page.get_by_role("heading", name="Your timeline (1)")).to_be_visible()
    page.get_by_role("link", name="what there is").click()
    page.get_by_role("link", name="Evidence room").click()
    expect(page.get_by_role("img").first).to_be_visible()
    pictures = page.evaluate(
        "Promise.all([...document.images].map(each => each.decode().then(() => true, () => false)))"
    )

    assert pictures and all(pictures)
    assert [] == [address for address in asked if not address.startswith((tmp_path.as_uri(), "data:", "blob:"))]
    assert [] == said
    context.close()


def test_an_archive_depends_on_its_files_alone() -> None:
    files = {"a/b.html": b"<p>", "c.png": b"\x89PNG"}

    packed = archive.pack(files)

    with zipfile.ZipFile(io.BytesIO(packed)) as opened:
        assert [(1980, 1, 1, 0, 0, 0)] * 2 == [member.date_time for member in opened.infolist()]
    assert files == archive.unpack(packed)
