"""What is published of a deck, as a whole."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from selectolax.lexbor import LexborHTMLParser

from pipeline import artifacts, checks, decks, marp
from pipeline.artifacts import Made, with_address
from pipeline.browser import Reader
from pipeline.cache import Cache
from pipeline.decks import Source
from pipeline.marp import Rendered
from pipeline.problems import BuildError
from pipeline.toolchain import Tools

BASE = "https://workshop.example/talk/"

HEAD = '<html><head><title>x</title><meta charset="UTF-8"><meta name="twitter:card" content="summary"></head></html>'


def test_published_slides_say_where_they_are_and_what_they_look_like() -> None:
    html = with_address(HEAD, "https://x.example/a&b/")

    assert '<link rel="canonical" href="https://x.example/a&amp;b/slides.html">' in html
    assert '<meta property="og:url" content="https://x.example/a&amp;b/slides.html">' in html
    assert '<meta property="og:image" content="https://x.example/a&amp;b/og.png">' in html
    assert 'content="summary_large_image"' in html


@pytest.mark.parametrize("wanted", ["soon", "-1", "9" * 20, "9" * 5_000])
def test_a_time_that_is_none_is_named_shortly(wanted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", wanted)

    with pytest.raises(BuildError) as caught:
        artifacts.build_time(tmp_path)

    assert f"environment: SOURCE_DATE_EPOCH is '{wanted[:59]}" in str(caught.value)
    assert len(str(caught.value)) < 200


MOMENT = 1_700_000_000


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of a stranger's, which says that a program of its own has a part in reading its only commit."""
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    program = tmp_path / ".git/program"
    program.write_text(f"#!/bin/sh\ntouch '{tmp_path}/it-ran'\n", encoding="utf-8")
    program.chmod(0o755)
    settings = {"log.showSignature": "true", "gpg.program": str(program)}
    settings |= {"extensions.partialClone": "origin", "remote.origin.promisor": "true"}
    settings |= {"remote.origin.url": str(tmp_path), "remote.origin.uploadpack": str(program)}
    for name, value in settings.items():
        subprocess.run(["git", "-C", tmp_path, "config", name, value], check=True)
    commit(tmp_path, MOMENT)
    return tmp_path


def commit(root: Path, moment: int) -> None:
    """Check out a commit of an empty tree, signed by nobody."""
    tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    signed = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n -----END PGP SIGNATURE-----\n"
    who = f"Nobody <nobody@example.org> {moment} +0000"
    content = f"tree {tree}\nauthor {who}\ncommitter {who}\n{signed}\ncommitter of words 1 +0000\n"
    write = ["git", "-C", str(root), "hash-object", "-t", "commit", "-w", "--stdin"]
    name = subprocess.run(write, input=content, capture_output=True, text=True, check=True).stdout
    (root / ".git/HEAD").write_text(name, encoding="utf-8")


def test_what_is_made_has_the_date_of_the_last_commit(repository: Path) -> None:
    assert MOMENT == artifacts.build_time(repository)


def test_no_program_of_a_repository_is_run_to_ask_for_its_date(repository: Path) -> None:
    artifacts.build_time(repository)
    (repository / ".git/HEAD").write_text(f"{'1' * 40}\n", encoding="utf-8")  # a commit to be fetched

    assert 315_532_800 == artifacts.build_time(repository)
    assert not (repository / "it-ran").exists()


def test_a_repository_may_be_somebody_elses(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")

    assert MOMENT == artifacts.build_time(repository)


def test_a_commit_of_a_clock_far_ahead_has_the_last_date_that_a_file_can_have(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(repository, 7_258_118_400)

    time = artifacts.build_time(repository)

    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(time))
    assert 2**32 - 1 == time == artifacts.build_time(repository)


def test_slides_that_are_published_nowhere_say_nothing_of_it() -> None:
    assert HEAD == with_address(HEAD, "")


@pytest.mark.parametrize(
    "given",
    [
        '<link rel="canonical" href="u">',
        '<meta property="og:url" content="u">',
        '<meta property="og:image" content="u">',
    ],
)
def test_what_the_author_says_of_a_deck_stands(given: str) -> None:
    html = with_address(HEAD.replace("<title>", f"{given}<title>"), "https://x.example/")

    assert given in html
    assert 1 == html.count(given.split("=")[1].split('"')[1])


@pytest.fixture
def sources(tmp_path: Path) -> Sequence[Source]:
    """A deck, and one that Marp cannot read."""
    for name, text in [("talk", "# A\n\nWords\n\n---\n\n# B\n"), ("odd", "---\nmarp: [\n---\n\n# C\n")]:
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
    return [decks.open_file(tmp_path / f"{name}.md", name) for name in ("talk", "odd")]


FORMULA = r"""# A

Some $\href{#1"><script>run()</script><g class="}{x}$ and $\unicode[a">b"]{65}$ and $\href{https://a.example/?a&b}{y}$.
"""


def test_the_attributes_of_a_formula_end_where_they_end(tools: Tools, tmp_path: Path) -> None:
    source = Source("talk", tmp_path / "deck.md", tmp_path, "deck.md", FORMULA)
    [rendered] = marp.render([source], tools=tools, lang="en", links={})
    assert not isinstance(rendered, BuildError)
    [slide] = LexborHTMLParser(rendered.bare).css("section")

    assert [] == slide.css("script")
    assert ['#1"><script>run()</script><g class="', "https://a.example/?a&b"] == [
        link.attributes["href"] for link in slide.css("mjx-container a")
    ]
    assert 'font-family: a">b' in " ".join(text.attributes.get("style") or "" for text in slide.css("mjx-container *"))


@pytest.mark.parametrize(
    ("got", "what"),
    [
        ("<svg><script>run()</script></svg>", "<script>"),
        ("</svg><p onclick = 'run()'>", "the handler 'onclick' of <p>"),
        ("<a href='java&#9;script:run()'>x</a>", "the address"),
        ("<a href='java&#115;cript&colon;run()'>x</a>", "the address"),
        ("<iframe>", "<iframe>"),
    ],
)
def test_what_lives_on_a_slide_is_refused_by_whichever_way_it_came(got: str, what: str) -> None:
    bare = (
        f"<!DOCTYPE html><html><body><div><svg data-marpit-svg>{got}</svg></div><script>marp()</script></body></html>"
    )
    source = Source("talk", Path("deck.md"), Path(), "deck.md", f"# A\n\n{got}\n")

    [problem] = artifacts.active_problems(Rendered("", bare, b"", ()), source)
    assert ("deck.md", 3, "html-refused") == (problem.path, problem.line, problem.rule)
    assert problem.message.startswith(what)


def test_slides_are_there_before_their_pdf(sources: Sequence[Source], tmp_path: Path, tools: Tools) -> None:
    kept = Cache(tmp_path / "cache", "salt")
    with artifacts.begin(sources[:1], tools=tools, lang="en", links={}, base=BASE, cache=kept) as rendering:
        [draft], problems = rendering.drafts
        [made], more = rendering.finish()

    assert ["A", "B"] == [slide.title for slide in draft.deck.slides]
    assert [] == [*problems, *more]
    assert (b"", ()) == (draft.pdf, draft.pictures)
    assert made == replace(draft, rendered=made.rendered, pdf=made.pdf)
    assert made.pdf.startswith(b"%PDF")
    no_tools = replace(tools, node=tmp_path / "none", browser=tmp_path / "none")
    with artifacts.begin(sources[:1], tools=no_tools, lang="en", links={}, base=BASE, cache=kept) as rendering:
        [again], _ = rendering.finish()
    assert (made.html, made.pdf, made.deck) == (again.html, again.pdf, again.deck)


def test_a_node_that_was_started_before_is_taken_and_ends_with_the_last_deck(
    sources: Sequence[Source], tmp_path: Path, tools: Tools
) -> None:
    kept = Cache(tmp_path / "cache", "salt")
    begin = partial(artifacts.begin, tools=replace(tools, node=tmp_path / "none"), lang="en", links={}, base=BASE)
    with marp.open_worker(tools) as worker, begin(sources[:1], cache=kept, worker=worker) as rendering:
        [draft], problems = rendering.drafts
        assert not worker.has_ended
        [made], more = rendering.finish()
        assert worker.has_ended

    assert [] == [*problems, *more]
    assert (draft.html, b"%PDF") == (made.html, made.pdf[:4])
    with marp.open_worker(tools) as idle, begin(sources[:1], cache=kept, worker=idle) as rendering:
        assert idle.has_ended
        [again], _ = rendering.finish()
    assert made.pdf == again.pdf
    with marp.open_worker(tools) as given:
        with pytest.raises(KeyboardInterrupt), begin(sources[:1], worker=given):
            raise KeyboardInterrupt
        assert given.has_ended


def test_a_deck_that_cannot_be_printed_is_named_and_so_is_what_is_wrong_with_others(
    sources: Sequence[Source], tmp_path: Path, tools: Tools
) -> None:
    broken = tmp_path / "browser"
    broken.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    broken.chmod(0o755)
    with artifacts.begin(sources, tools=replace(tools, browser=broken), lang="en", links={}, base=BASE) as rendering:
        drafts, problems = rendering.drafts
        made, more = rendering.finish()

    assert ["talk", "odd"] == [draft.deck.name for draft in drafts]
    assert "front-matter" in {problem.rule for problem in problems if problem.path.endswith("odd.md")}
    assert [] == made
    assert [("marp", True)] * 2 == [(each.rule, "could not render this deck" in each.message) for each in more]


def test_what_was_presented_beside_something_else_need_not_be_presented_again(
    sources: Sequence[Source], tmp_path: Path, tools: Tools, browser: Browser
) -> None:
    kept = Cache(tmp_path / "cache", "salt")
    with artifacts.begin(sources[:1], tools=tools, lang="en", links={}, base=BASE, cache=kept) as rendering:
        [draft], _ = rendering.drafts
    put(tmp_path / "docs", draft, draft.html)
    put(tmp_path / "site", draft, draft.html)
    again = Reader(browser, tmp_path / "site", BASE)

    with checks.presented(draft, Reader(browser, tmp_path / "docs", BASE)):
        [title, _] = again.words(draft.rendered.bare)

    assert "A Words" == " ".join(title.split())
    assert [] == list(checks.present_problems([draft], again))
    assert set() == again.answered
    put(tmp_path / "site", draft, draft.html.replace("<h1", "<style>h1 { display: none }</style><h1", 1))
    assert "slide-hidden" in {problem.rule for problem in checks.present_problems([draft], again)}


@pytest.mark.parametrize("plant", ["<img alt='x' src='none.png'>", "<style>h1 { display: none }</style>"])
def test_what_was_not_right_is_looked_at_once_more(
    plant: str, sources: Sequence[Source], tmp_path: Path, tools: Tools, browser: Browser
) -> None:
    kept = Cache(tmp_path / "cache", "salt")
    with artifacts.begin(sources[:1], tools=tools, lang="en", links={}, base=BASE, cache=kept) as rendering:
        [draft], _ = rendering.drafts
    put(tmp_path / "site", draft, draft.html.replace("<h1", f"{plant}<h1", 1))
    reader = Reader(browser, tmp_path / "site", BASE)

    with checks.presented(draft, reader):
        pass

    assert [1] == [problem.line for problem in checks.present_problems([draft], reader)][:1]


def put(site: Path, made: Made, html: str) -> None:
    path = site / "decks" / made.deck.name / "slides.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(html, encoding="utf-8")


LINKED = {"guide.md": "../../guide/", "other.md": "../../other/"}


@pytest.mark.parametrize(
    ("links", "is_known"),
    [
        (LINKED, True),
        (LINKED | {"new.md": "../../new/"}, True),
        ({"guide.md": "../../guide/"}, True),
        (LINKED | {"guide.md": "../../moved/"}, False),
        ({"other.md": "../../other/"}, False),
        (LINKED | {"later.md": "../../later/"}, False),
    ],
    ids=["as before", "a new page", "a page less", "moved", "gone", "there now"],
)
def test_a_deck_is_made_anew_where_its_own_links_lead_elsewhere(
    links: dict[str, str], is_known: bool, tmp_path: Path, worker: marp.Worker
) -> None:
    (tmp_path / "talk.md").write_text("# A\n\n[one](guide.md) and [two](later.md#a)\n", encoding="utf-8")
    source, cache = decks.open_file(tmp_path / "talk.md", "talk"), Cache(tmp_path / "cache", "salt")
    rendered = worker.render(source, lang="en", links=LINKED, generated={})
    marp.remember(rendered, source, cache, lang="en", links=LINKED, generated={})

    found = marp.remembered(source, cache, lang="en", links=links, generated={})

    assert (rendered.html if is_known else None) == (found.html if found else None)
    assert 'href="../../guide/"' in rendered.html
