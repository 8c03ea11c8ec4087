"""Wrong and hostile inputs: each is refused with a clear message, and leaves nothing behind.

Most are files in tests/corpus, named after what they show; what they must be told stands in messages.yml beside them.
The rest are recipes, functions that spoil a project and return what it must be told.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from pipeline import commands, patience, site
from pipeline.problems import BuildError, tidy
from pipeline.toolchain import Tools
from tests.conftest import Project

CORPUS = Path(__file__).parent / "corpus"
DEADLINE = 60
"""Seconds within which every wrong input has its answer: docs/bad-input.md promises a minute."""

DECK = "slides/talk/deck.md"
PLACES = {
    "decks": DECK,
    "links": "data/links.yml",
    "pages": "docs/page.md",
    "sessions": "data/sessions.yml",
    "settings": "mkdocs.yml",
    "styles": "slides/talk/mine.css",
}
"""Where the files of each folder of the corpus are put."""


@functools.cache
def messages() -> dict[str, list[str]]:
    """What each file of the corpus must be told, by its path below tests/corpus."""
    told: dict[str, dict[str, list[str]]] = yaml.safe_load((CORPUS / "messages.yml").read_text(encoding="utf-8"))
    return {f"{folder}/{name}": lines for folder, files in told.items() for name, lines in files.items()}


def put(project: Project, file: Path) -> None:
    """Put a file of the corpus where it does its harm."""
    kind = file.parent.name
    if kind == "pictures":
        shutil.copy(file, project.root / "slides/talk" / file.name)
        project.edit(DECK, lambda text: f"{text}\n![A picture]({file.name})\n")
        return
    shutil.copy(file, project.root / PLACES[kind])
    if kind == "sessions":
        project.edit(DECK, lambda text: text.replace("# A talk", "<!-- _slideMinutes: 4 -->\n# A talk"))
    if kind == "styles":
        project.edit(DECK, lambda text: text.replace("title:", f"theme: {file.stem}\ntitle:"))


def contents(folder: Path) -> dict[str, str]:
    """Every file and link below a folder, with a hash of what is in it."""
    found: dict[str, str] = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        else:
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
    return found


def standing(project: Project) -> dict[str, str]:
    """What is published, byte for byte."""
    return {name: what for name, what in contents(project.root / "dist").items() if name.partition("/")[0] == "site"}


def processes_of(run: str) -> list[str]:
    """The command lines of all processes that were started by a run."""
    found: list[str] = []
    for process in psutil.process_iter(["environ", "cmdline"]):
        if (process.info["environ"] or {}).get("CORPUS_RUN") == run:
            found.append(" ".join(process.info["cmdline"] or []))
    return found


def refusal(
    project: Project, *, through: Sequence[str] = (), deadline: float = DEADLINE, **environment: str
) -> list[str]:
    """Build over a site that stands, `through` another program; returns each problem told, without their count.

    The build must end in time with 1, leave the site as it was, and leave nothing behind.
    """
    publish_something(project)
    before = standing(project)
    run = uuid.uuid4().hex
    # Not below pytest's folder: the browser's socket must have a short path.
    with tempfile.TemporaryDirectory(prefix="t-") as scratch:
        done = subprocess.run(
            [*through, sys.executable, "build.py"],
            cwd=project.root,
            env={**os.environ, "SITE_URL": "", "EDIT_URL": "", "TMPDIR": scratch, **environment, "CORPUS_RUN": run},
            capture_output=True,
            text=True,
            timeout=deadline,
        )
        assert (1, "") == (done.returncode, done.stdout), done
        assert "Traceback" not in done.stderr
        assert before == standing(project)
        assert [] == processes_of(run)
        assert {} == contents(Path(scratch))
    lines = done.stderr.splitlines()
    assert not (project.root / "dist/report/traceback.txt").exists(), lines
    return lines[:-1] if lines[-1].endswith((" problem found", " problems found")) else lines


NO_TOOLS = Tools(node=Path("/nowhere/node"), browser=Path("/nowhere/chrome"))
"""Tools of which none can be started."""


def refusal_at_once(project: Project) -> list[str]:
    """As `refusal`, but within this process: for what is told before any tool is started.

    It takes a tenth of the time, most of which goes into starting Python with all its libraries.
    """
    publish_something(project)
    before = standing(project)
    with tempfile.TemporaryDirectory(prefix="t-") as scratch, pytest.MonkeyPatch.context() as patched:
        patched.setenv("TMPDIR", scratch)
        patched.setattr(tempfile, "tempdir", None)  # which Python would remember
        with pytest.raises(BuildError) as caught, patience.within(""):
            commands.build(project.root, NO_TOOLS)
        assert before == standing(project)
        assert {} == contents(Path(scratch))
    return [str(problem) for problem in tidy(caught.value.problems)]


def publish_something(project: Project) -> None:
    """Let a site stand, unless there is one."""
    published = project.root / "dist" / "site"
    if not published.exists():
        (published / "decks").mkdir(parents=True)
        (published / "index.html").write_text("the last good site", encoding="utf-8")
        (published / "decks" / "index.html").write_text("its decks", encoding="utf-8")


def assert_told(expected: list[str], lines: list[str]) -> None:
    """See that each line is told, and no other: all of it, or its beginning, where '...' ends it, and its rule."""

    def says(line: str, wanted: str) -> bool:
        start, _, rule = wanted.partition("... ")
        return line.startswith(start) and line.endswith(rule)

    unsaid = [wanted for wanted in expected if not any(says(line, wanted) for line in lines)]
    surplus = [line for line in lines if not any(says(line, wanted) for wanted in expected)]
    assert ([], []) == (unsaid, surplus)
    assert len(expected) == len(lines)


def files() -> Iterator[str]:
    for path in sorted(CORPUS.rglob("*")):
        if path.is_file() and path != CORPUS / "messages.yml":
            yield path.relative_to(CORPUS).as_posix()


def test_every_file_of_the_corpus_has_its_message_and_every_message_its_file() -> None:
    assert sorted(messages()) == sorted(files())


AT_ONCE = {"cell-lost", "deck-missing", "deck-name", "file", "settings", "template", "yaml"}
"""Rules that are looked at before anything is rendered."""

LATER = {"exception-unneeded", "link-dead", "link-unlisted", "slide-hidden"}
"""Rules of decks that are looked at once the site is there."""


def rules_of(name: str) -> set[str]:
    return {line.rsplit("[", 1)[1].rstrip("]") for line in messages()[name]}


def some(names: list[str]) -> list[str]:
    """One of each folder for each set of rules."""
    firsts = {(frozenset(rules_of(name)), name.rpartition("/")[0]): name for name in reversed(names)}
    return [name for name in names if name in firsts.values()]


def others(names: list[str]) -> list[str]:
    return [name for name in names if name not in some(names)]


def alone() -> list[Any]:
    """Every file of the corpus; those that the everyday suite tries in another way, below, are slow."""
    quick = [name for name in messages() if rules_of(name) <= AT_ONCE and "styles" not in name]
    at_once = {frozenset(rules_of(name)): name for name in quick}
    slow = pytest.mark.slow
    return [pytest.param(name, marks=() if name in at_once.values() else slow) for name in sorted(messages())]


@pytest.mark.parametrize("name", alone())
def test_a_file_is_refused(name: str, tiny: Project) -> None:
    put(tiny, CORPUS / name)

    assert_told(messages()[name], refusal(tiny))


@pytest.mark.parametrize("name", [name for name in messages() if rules_of(name) <= AT_ONCE and "styles" not in name])
def test_a_file_is_told_what_is_wrong_before_anything_is_started(name: str, tiny: Project) -> None:
    put(tiny, CORPUS / name)

    assert_told(messages()[name], refusal_at_once(tiny))


def decks(*, later: bool) -> list[str]:
    names = [name for name in messages() if name.split("/")[1] in ("decks", "pictures", "styles")]
    names = [name for name in names if "megapixels" not in str(messages()[name])]  # which no browser is to see
    return [name for name in names if not rules_of(name) & AT_ONCE and bool(rules_of(name) & LATER) == later]


def pages(seen: str) -> list[str]:
    """Pages with a fault that is `seen` by our own look at their HTML, by MkDocs, or in the finished site.

    What one of the first two sees ends a build, and then nobody looks further; the rest are seen one at a time.
    """
    names = [name for name in messages() if name.split("/")[1] == "pages" and not rules_of(name) & AT_ONCE]
    return [name for name in names if _seen(name) == seen]


def _seen(name: str) -> str:
    if "mkdocs" in rules_of(name):
        return "alone"
    is_of_a_name = any("two places" in line or "leads nowhere" in line for line in messages()[name])
    if is_of_a_name or rules_of(name) & {"block-open", "markdown-left", "page-script"}:
        return "in HTML"
    return "by MkDocs" if any(": link '" in line for line in messages()[name]) else "in the site"


@pytest.mark.parametrize(
    "names",
    [
        some(decks(later=False)),
        pytest.param(others(decks(later=False)), marks=pytest.mark.slow),
        [*decks(later=True), *pages("in the site")],
        pages("by MkDocs"),
        pages("in HTML"),
    ],
    ids=["decks", "more decks", "decks and pages in the site", "pages by MkDocs", "pages in HTML"],
)
def test_many_files_are_refused_together(names: list[str], built: Project) -> None:
    expected: list[str] = []
    plain = (built.root / DECK).read_text(encoding="utf-8")
    for number, name in enumerate(names):
        put(built, CORPUS / name)
        if name.split("/")[1] == "pages":
            here, there = "docs/page.md", f"docs/page-{number}.md"
            (built.root / here).rename(built.root / there)
            expected += [line.replace(here, there) for line in messages()[name]]
            continue
        (built.root / "slides/talk").rename(built.root / f"slides/talk-{number}")
        (built.root / "slides/talk").mkdir()
        (built.root / DECK).write_text(plain, encoding="utf-8")
        expected += [re.sub(r"\b(slides|decks)/talk/", rf"\1/talk-{number}/", line) for line in messages()[name]]

    assert_told(expected, refusal(built, deadline=10 * DEADLINE))


# --- recipes: what no file alone can show ------------------------------------------------------------------------


def no_slides_at_all(project: Project) -> list[str]:
    shutil.rmtree(project.root / "slides")
    return ["slides: there is no deck; write one in slides/<deck>/deck.md [deck-missing]"]


def a_deck_that_is_a_folder(project: Project) -> list[str]:
    (project.root / DECK).unlink()
    (project.root / DECK).mkdir()
    return [f"{DECK}: cannot be read (Is a directory); make it a readable file [file]"]


def a_deck_called_index(project: Project) -> list[str]:
    (project.root / "slides/talk").rename(project.root / "slides/index")
    return ["slides/index: a folder named 'index' cannot become an address; rename it [deck-name]"]


def a_deck_with_a_number_sign_in_its_name(project: Project) -> list[str]:
    (project.root / "slides/talk").rename(project.root / "slides/talk #1")
    return ["slides/talk #1: a folder named 'talk #1' cannot become an address; rename it [deck-name]"]


def two_decks_whose_names_differ_in_case(project: Project) -> list[str]:
    shutil.copytree(project.root / "slides/talk", project.root / "slides/Talk")
    return ["slides/talk: is one name with 'Talk' on many disks; rename one of them [deck-name]"]


def a_deck_whose_name_is_not_utf8(project: Project) -> list[str]:
    (project.root / "slides/talk").rename(project.root / os.fsdecode(b"slides/caf\xe9"))
    return ["slides/caf\\xe9: has a name that is not UTF-8; rename it [deck-name]"]


def a_deck_with_a_line_end_in_its_name(project: Project) -> list[str]:
    (project.root / "slides/talk").rename(project.root / "slides/a\nb")
    return ["slides/a\\nb: has a name with a character that nobody can see (U+000A); rename it [deck-name]"]


def no_pages_at_all(project: Project) -> list[str]:
    shutil.rmtree(project.root / "docs")
    return ["mkdocs.yml: Config value 'docs_dir': The path ... [settings]"]


def a_page_whose_name_is_not_utf8(project: Project) -> list[str]:
    (project.root / os.fsdecode(b"docs/caf\xe9.md")).write_text("# A page\n", encoding="utf-8")
    return ["docs/caf\\xe9.md: has a name that is not UTF-8; rename it [file]"]


def a_page_with_a_line_end_in_its_name(project: Project) -> list[str]:
    (project.root / "docs/a\nb.md").write_text("# A page\n", encoding="utf-8")
    return ["docs/a\\nb.md: has a name with a character that nobody can see (U+000A); rename it [file]"]


def a_page_where_a_generated_one_belongs(project: Project) -> list[str]:
    (project.root / "docs/decks/talk").mkdir(parents=True)
    (project.root / "docs/decks/talk/index.md").write_text("# Mine\n", encoding="utf-8")
    return ["docs/decks/talk/index.md: gets the address 'decks/talk/', and the build... [file]"]


def a_file_where_a_generated_one_belongs(project: Project) -> list[str]:
    (project.root / "docs/decks/talk").mkdir(parents=True)
    (project.root / "docs/decks/talk/slides.html").write_text("mine", encoding="utf-8")
    return ["docs/decks/talk/slides.html: gets the address 'decks/talk/slides.html', and the build... [file]"]


def files_where_the_build_writes_its_own(project: Project) -> list[str]:
    (project.root / "docs/decks").mkdir()
    words = {"404.html": "<p/>", "build.json": "{}", "sitemap.xml": "<urlset/>", "decks/index.html": "<p/>"}
    for name, text in words.items():
        (project.root / "docs" / name).write_text(text, encoding="utf-8")
    return [f"docs/{name}: gets the address '{name}', and the build makes... [file]" for name in words]


def two_pages_with_one_address(project: Project) -> list[str]:
    (project.root / "docs/a").mkdir()
    (project.root / "docs/a/index.md").write_text("# One\n", encoding="utf-8")
    (project.root / "docs/a.md").write_text("# Two\n", encoding="utf-8")
    return ["docs/a.md: gets the address 'a/', and 'docs/a/index.md' has that address too; rename it [file]"]


def no_settings(project: Project) -> list[str]:
    (project.root / "mkdocs.yml").unlink()
    return ["mkdocs.yml: there is no such file; correct the path [file]"]


def settings_that_are_a_folder(project: Project) -> list[str]:
    (project.root / "mkdocs.yml").unlink()
    (project.root / "mkdocs.yml").mkdir()
    return ["mkdocs.yml: cannot be read (Is a directory); make it a readable file [file]"]


def settings_with_files_for_all_pages_that_are_not_there(project: Project) -> list[str]:
    named = "extra_css: [assets/gone.css]\nextra_javascript: ['https://scripts.example/a.js']\n"
    project.edit("mkdocs.yml", lambda text: f"{text}{named}")
    line = (project.root / "mkdocs.yml").read_text(encoding="utf-8").count("\n")
    return [
        f"mkdocs.yml:{line - 1}: names 'assets/gone.css', which does not exist; correct the link... [link-dead]",
        f"mkdocs.yml:{line}: 'https://scripts.example/a.js' is loaded from another host; put... [outside-request]",
    ]


def no_inventory_of_links(project: Project) -> list[str]:
    (project.root / "data/links.yml").unlink()
    return ["data/links.yml: there is no such file; correct the path [file]"]


def run_sheets_that_are_a_folder(project: Project) -> list[str]:
    (project.root / "data/sessions.yml").mkdir()
    return ["data/sessions.yml: cannot be read (Is a directory); make it a readable file [file]"]


def an_incident_with_another_ending(project: Project) -> list[str]:
    (project.root / "data/scenarios").mkdir()
    (project.root / "data/scenarios/night.yaml").write_text("title: Night\n", encoding="utf-8")
    return ["data/scenarios/night.yaml: is not read; name it 'night.yml' [scenario]"]


def an_incident_with_half_of_a_character(project: Project) -> list[str]:
    (project.root / "data/scenarios").mkdir()
    (project.root / "data/scenarios/night.yml").write_text('title: "Night \\uD83D"\n', encoding="utf-8")
    return ["data/scenarios/night.yml:1: holds half of a character, which no file can; write the whole... [yaml]"]


def a_picture_in_another_case(project: Project) -> list[str]:
    (project.root / "slides/talk/Dot.GIF").write_bytes(DOT)
    project.edit(DECK, lambda text: f"{text}\n![A dot](dot.gif)\n")
    return [f"{DECK}:12: image 'dot.gif' is not there, but 'Dot.GIF' is; use the same case [image-missing]"]


def a_picture_with_an_address_of_pages(project: Project) -> list[str]:
    address = "a" * 5_000
    project.edit(DECK, lambda text: f'{text}\n<img alt="A dot" src="{address}\n\tb.gif" />\n')
    return [f"{DECK}:12: image '{'a' * 493}…{'a' * 100}... [image-missing]"]


def a_theme_that_is_gone(project: Project) -> list[str]:
    (project.root / "slides/theme/workshop.css").unlink()
    project.edit(DECK, lambda text: text.replace("title:", "theme: workshop\ntitle:"))
    return [f"{DECK}:2: theme 'workshop' does not exist; known themes are default, gaia, uncover... [theme-unknown]"]


def a_theme_with_a_missing_file(project: Project) -> list[str]:
    css = "slides/theme/workshop.css"
    project.edit(css, lambda text: f"{text}section::after {{ background: url(nope.svg) }}\n")
    project.edit(DECK, lambda text: text.replace("title:", "theme: workshop\ntitle:"))
    line = (project.root / css).read_text(encoding="utf-8").count("\n")
    return [f"{css}:{line}: file 'nope.svg', which a style asks for, does not exist... [image-missing]"]


def a_hook_that_fails(project: Project) -> list[str]:
    hook = "\n\ndef on_nav(nav, config, files):\n    raise KeyError('x')\n"
    project.edit("mkdocs_hooks.py", lambda text: text + hook)
    line = (project.root / "mkdocs_hooks.py").read_text(encoding="utf-8").count("\n")
    return [f"mkdocs_hooks.py:{line}: KeyError: 'x'... [mkdocs]"]


def a_hook_that_is_no_python(project: Project) -> list[str]:
    project.edit("mkdocs_hooks.py", lambda text: text + "\ndef (:\n")
    line = (project.root / "mkdocs_hooks.py").read_text(encoding="utf-8").count("\n")
    return [f"mkdocs_hooks.py:{line}: SyntaxError... [mkdocs]"]


def a_site_that_is_a_file(project: Project) -> list[str]:
    (project.root / "dist").mkdir()
    (project.root / "dist/site").write_text("mine", encoding="utf-8")
    return ["dist/site: is no folder; move it away, so that the build can write its own [output]"]


def a_site_that_is_a_link(project: Project) -> list[str]:
    mine = project.root.parent / "mine"
    mine.mkdir()
    (mine / "index.html").write_text("mine", encoding="utf-8")
    (project.root / "dist").mkdir()
    (project.root / "dist/site").symlink_to(mine)
    return ["dist/site: is no folder; move it away, so that the build can write its own [output]"]


def a_report_that_is_a_file(project: Project) -> list[str]:
    (project.root / "dist").mkdir()
    (project.root / "dist/report").write_text("mine", encoding="utf-8")
    return ["dist/report: is no folder; move it away, so that the build can write its own [output]"]


def a_lock_that_is_a_folder(project: Project) -> list[str]:
    (project.root / "dist/.lock").mkdir(parents=True)
    return ["dist: cannot be written (Is a directory); see who owns it, and whether the disk has room [output]"]


# --- what may not be read or written ------------------------------------------------------------------------------


def output_that_may_not_be_written(project: Project) -> list[str]:
    (project.root / "dist/site").mkdir(parents=True)
    (project.root / "dist").chmod(0o555)
    return ["dist: cannot be written (Permission denied); see who owns it, and whether the disk has room [output]"]


def stage_that_may_not_be_removed(project: Project) -> list[str]:
    (project.root / "dist/stage/docs").mkdir(parents=True)
    (project.root / "dist/stage/docs").chmod(0o555)
    (project.root / "dist/stage").chmod(0o555)
    return ["dist/stage: cannot be made anew (File exists); remove it, or see who owns it [output]"]


def site_that_may_not_be_replaced(project: Project) -> list[str]:
    (project.root / "dist/site").mkdir(parents=True)
    (project.root / "dist/site").chmod(0o555)
    return ["dist/site: Permission denied; see who may read and write it, and whether the disk has room"]


def deck_that_may_not_be_read(project: Project) -> list[str]:
    return _shut(project, DECK)


def folder_of_decks_that_may_not_be_read(project: Project) -> list[str]:
    return _shut(project, "slides/talk")


def settings_that_may_not_be_read(project: Project) -> list[str]:
    (project.root / "mkdocs.yml").chmod(0)
    return ["mkdocs.yml: cannot be read (Permission denied); make it a readable file [file]"]


def page_that_may_not_be_read(project: Project) -> list[str]:
    return _shut(project, "docs/index.md")


def folder_of_pages_that_may_not_be_read(project: Project) -> list[str]:
    (project.root / "docs/more").mkdir()
    return _shut(project, "docs/more")


def links_that_may_not_be_read(project: Project) -> list[str]:
    return _shut(project, "data/links.yml")


def theme_that_may_not_be_read(project: Project) -> list[str]:
    return _shut(project, "slides/theme/workshop.css")


def _shut(project: Project, name: str) -> list[str]:
    (project.root / name).chmod(0)
    return [f"{name}: cannot be read (Permission denied); make it readable [file]"]


@pytest.mark.parametrize(
    "spoil",
    [
        output_that_may_not_be_written,
        pytest.param(stage_that_may_not_be_removed, marks=pytest.mark.slow),
        pytest.param(site_that_may_not_be_replaced, marks=pytest.mark.slow),
        deck_that_may_not_be_read,
        pytest.param(folder_of_decks_that_may_not_be_read, marks=pytest.mark.slow),
        pytest.param(settings_that_may_not_be_read, marks=pytest.mark.slow),
        pytest.param(page_that_may_not_be_read, marks=pytest.mark.slow),
        folder_of_pages_that_may_not_be_read,
        pytest.param(links_that_may_not_be_read, marks=pytest.mark.slow),
        pytest.param(theme_that_may_not_be_read, marks=pytest.mark.slow),
    ],
    ids=lambda spoil: spoil.__name__,
)
def test_what_may_not_be_read_or_written_is_named(spoil: Callable[[Project], list[str]], tiny: Project) -> None:
    expected = spoil(tiny)
    # An administrator may do everything, unless without this power.
    without = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()

    told = refusal(tiny, through=without)

    for path in (tiny.root / "dist", *tiny.root.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755)  # or pytest could not remove it
    assert_told(expected, told)


DOT = bytes.fromhex("47494638396101000100800000050404000000 2c00000000010001000002024401003b".replace(" ", ""))


def a_deck_called_as_a_folder_of_the_site(project: Project) -> list[str]:
    (project.root / "slides/talk").rename(project.root / "slides/facilitate")
    return ["slides/facilitate: a folder named 'facilitate' cannot become an address; rename it [deck-name]"]


def pages_reached_another_way_round(project: Project) -> list[str]:
    way = project.root.with_name("way")
    way.symlink_to(project.root)
    project.edit("mkdocs.yml", lambda text: f"{text}docs_dir: {way}/docs\n")
    line = len((project.root / "mkdocs.yml").read_text(encoding="utf-8").splitlines())
    return [f"mkdocs.yml:{line}: docs_dir is '{way}/docs', which is no folder of the project [settings]"]


def styles_and_pages_that_are_no_text(project: Project) -> list[str]:
    (project.root / "docs/extra.css").write_bytes(b"/* gr\xfcn */\n")
    (project.root / "docs/assets/demo.html").write_bytes(b"<p>\n\xfc</p>\n")
    return [
        "docs/assets/demo.html:2: is not UTF-8 (byte 0xFC); save it as UTF-8 [file]",
        "docs/extra.css:1: is not UTF-8 (byte 0xFC); save it as UTF-8 [file]",
    ]


def settings_with_a_number_without_end(project: Project) -> list[str]:
    project.edit("mkdocs.yml", lambda text: f"{text}  locale: 0x{'f' * 5_000}\n")
    line = (project.root / "mkdocs.yml").read_text(encoding="utf-8").count("\n")
    return [f"mkdocs.yml:{line}: is not valid YAML: '0xfff... [yaml]"]


def a_hook_that_ends_the_build(project: Project) -> list[str]:
    project.edit("mkdocs_hooks.py", lambda text: f"{text}\nimport sys\n\nsys.exit(0)\n")
    line = (project.root / "mkdocs_hooks.py").read_text(encoding="utf-8").count("\n")
    return [f"mkdocs_hooks.py:{line}: SystemExit: 0; correct it [mkdocs]"]


def an_address_for_editing_that_is_none(project: Project) -> list[str]:
    project.edit("mkdocs.yml", lambda text: f"{text}edit_uri: https://[host/\n")
    line = (project.root / "mkdocs.yml").read_text(encoding="utf-8").count("\n")
    return [f"mkdocs.yml:{line}: the address for editing is 'https://[host/', which is none; ... [settings]"]


def an_address_that_no_code_holds(project: Project) -> list[str]:
    address = f"https://x.example/{'a' * 2_400}/"
    project.edit("mkdocs.yml", lambda text: re.sub("(?m)^site_url: .*$", f"site_url: {address}", text))
    return ["mkdocs.yml:3: site_url has 2419 characters, which no QR code holds that can be read; ... [settings]"]


def a_navigation_without_the_pages_of_bundles(project: Project) -> list[str]:
    (project.root / "data/sessions.yml").write_text("", encoding="utf-8")
    project.edit("mkdocs.yml", lambda text: text.replace("theme:\n", "theme:\n  features:\n    - navigation.prune\n"))
    line = (project.root / "mkdocs.yml").read_text(encoding="utf-8").splitlines().index("    - navigation.prune") + 1
    return [f"mkdocs.yml:{line}: 'navigation.prune' takes pages out of the navigation, from which the... [settings]"]


def a_navigation_of_what_is_left_out(project: Project) -> list[str]:
    (project.root / "docs/draft.md").write_text("# A draft\n", encoding="utf-8")
    nav = ["nav:", "- A <b>word</b>: index.md", "- More:", "  - The <x> draft: draft.md"]
    project.edit("mkdocs.yml", lambda text: "\n".join([text, "exclude_docs: draft.md", *nav]))
    line = (project.root / "mkdocs.yml").read_text(encoding="utf-8").splitlines().index(nav[3]) + 1
    return [
        f"mkdocs.yml:{line}: '<x>' in 'The <x> draft' is taken for HTML, so that nobody sees it; take it... [settings]",
        f"mkdocs.yml:{line}: 'draft.md' is named here, and left out by exclude_docs, by... [settings]",
    ]


def a_film_that_nobody_can_publish(project: Project) -> list[str]:
    with (project.root / "docs/film.mp4").open("wb") as file:
        file.truncate(200 * 10**9)  # which takes no room on the disk
    return [
        "docs/film.mp4: has 200000 MB, and GitHub publishes no site of more than 1000; put it elsewhere, and... [file]"
    ]


def a_style_sheet_of_the_site_with_an_open_bracket(project: Project) -> list[str]:
    (project.root / "docs/own.css").write_text("/* { */\nh1 { color: teal;\n\nh2 { color: navy; }\n", encoding="utf-8")
    return ["docs/own.css:2: '{' has no end, so that browsers pass over what follows; correct it [style-mistyped]"]


def folders_that_are_called_as_pages(project: Project) -> list[str]:
    (project.root / "docs/more/index.md").mkdir(parents=True)
    (project.root / "overrides/main.html").unlink()
    (project.root / "overrides/main.html").mkdir()
    cure = "is a folder, and no page; put a file in its place [file]"
    return [f"docs/more/index.md: {cure}", f"overrides/main.html: {cure}"]


def a_note_of_the_build_that_is_a_folder(project: Project) -> list[str]:
    (project.root / "dist/built.json").mkdir(parents=True)
    return ["dist/built.json: is a folder, and a build notes there what it was made of; move it away [output]"]


TOLD_AT_ONCE: list[Callable[[Project], list[str]]] = [
    no_slides_at_all, a_deck_that_is_a_folder, a_deck_called_index, a_deck_with_a_number_sign_in_its_name,
    two_decks_whose_names_differ_in_case, a_deck_whose_name_is_not_utf8, a_deck_with_a_line_end_in_its_name,
    no_pages_at_all, a_page_whose_name_is_not_utf8, a_page_with_a_line_end_in_its_name, no_settings,
    settings_that_are_a_folder, no_inventory_of_links, run_sheets_that_are_a_folder,
    an_incident_with_another_ending, an_incident_with_half_of_a_character, a_site_that_is_a_file,
    a_site_that_is_a_link, a_report_that_is_a_file, a_lock_that_is_a_folder, a_deck_called_as_a_folder_of_the_site,
    pages_reached_another_way_round, styles_and_pages_that_are_no_text, a_hook_that_ends_the_build,
    an_address_for_editing_that_is_none, an_address_that_no_code_holds, settings_with_a_number_without_end,
    a_navigation_without_the_pages_of_bundles, a_navigation_of_what_is_left_out,
    a_style_sheet_of_the_site_with_an_open_bracket, a_film_that_nobody_can_publish, folders_that_are_called_as_pages,
    a_note_of_the_build_that_is_a_folder,
]  # fmt: skip
"""What is told before any tool is started; all of these are also tried as the rest are, most of them on demand."""


def slow(spoils: Iterable[Callable[[Project], list[str]]]) -> list[Any]:
    return [pytest.param(spoil, marks=pytest.mark.slow) for spoil in spoils]


@pytest.mark.parametrize("spoil", TOLD_AT_ONCE, ids=lambda spoil: spoil.__name__)
def test_a_recipe_is_refused_before_anything_is_started(spoil: Callable[[Project], list[str]], tiny: Project) -> None:
    expected = spoil(tiny)

    assert_told(expected, refusal_at_once(tiny))


@pytest.mark.parametrize(
    "spoil",
    [
        a_page_where_a_generated_one_belongs,
        settings_with_files_for_all_pages_that_are_not_there,
        files_where_the_build_writes_its_own,
        *slow([a_file_where_a_generated_one_belongs, two_pages_with_one_address]),
    ],
    ids=lambda spoil: spoil.__name__,
)
def test_a_recipe_for_pages_is_refused(spoil: Callable[[Project], list[str]], built: Project) -> None:
    expected = spoil(built)

    assert_told(expected, refusal(built))


SEEN_LATE = [
    a_picture_in_another_case, a_theme_with_a_missing_file, a_theme_that_is_gone, a_hook_that_fails,
]  # fmt: skip


@pytest.mark.parametrize(
    "spoil",
    [
        a_deck_whose_name_is_not_utf8,
        a_picture_with_an_address_of_pages,
        a_hook_that_is_no_python,
        a_site_that_is_a_link,
        *slow(SEEN_LATE),
        *slow(each for each in TOLD_AT_ONCE if each not in (a_deck_whose_name_is_not_utf8, a_site_that_is_a_link)),
    ],
    ids=lambda spoil: spoil.__name__,
)
def test_a_recipe_is_refused(spoil: Callable[[Project], list[str]], tiny: Project) -> None:
    expected = spoil(tiny)

    assert_told(expected, refusal(tiny))


@pytest.mark.parametrize(
    ("setting", "left_out", "told"),
    [
        (
            "exclude_docs",
            "'*'",
            "'decks/index.md' and 3 more, which the build makes; let it take them in",
        ),
        (
            "exclude_docs",
            "'*.pptx'",
            "'decks/talk/slides.pptx', which the build makes; let it take it in",
        ),
        (
            "draft_docs",
            "decks/talk/index.md",
            "'decks/talk/index.md', which the build makes; let it take it in",
        ),
    ],
)
def test_what_a_build_makes_and_mkdocs_leaves_out_is_told_where_it_is_told_so(
    setting: str, left_out: str, told: str, tiny: Project
) -> None:
    staged = tiny.root / site.STAGED_DOCS
    for name in ("decks/index.md", "decks/talk/index.md", "decks/talk/notes.md", "decks/talk/slides.pptx"):
        (staged / name).parent.mkdir(parents=True, exist_ok=True)
        (staged / name).write_text("# A page\n", encoding="utf-8")
    tiny.edit("mkdocs.yml", lambda text: f"{text}{setting}: {left_out}\n")

    found = site.build(site.read_settings(tiny.root), tiny.root / "site")

    message = f"mkdocs.yml:34: {setting} leaves out {told} [settings]"
    assert_told([message], [str(problem) for problem in found if problem.rule == "settings"])


def test_what_is_wrong_on_a_page_that_the_build_makes_is_told_where_it_is_written(tiny: Project) -> None:
    words = "[nope](nope.md) <a href='javascript:run()'>x</a> <b onclick='run()'>y</b>"
    for source in ("data/scenarios/day.yml", "data/scenarios/night.yml", "slides/talk/deck.md"):
        (tiny.root / source).parent.mkdir(exist_ok=True)
        (tiny.root / source).write_text(f"title: Night\ntext: |\n  {words}\n", encoding="utf-8")
    for name in ("practice/night/critique.md", "practice/answer-key/day/example.md", "decks/talk/index.md"):
        page = tiny.root / site.STAGED_DOCS / name
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f"# A page\n\n{words}\n", encoding="utf-8")

    found = site.build(site.read_settings(tiny.root), tiny.root / "site")

    for source in ("data/scenarios/day.yml", "data/scenarios/night.yml", "slides/talk/deck.md"):
        messages = [
            "link 'nope.md': ... [link-dead]",
            "the address 'javascript... [page-script]",
            "the handler ... [page-script]",
        ]
        told = [str(problem) for problem in tidy(found) if problem.path == source]
        assert_told([f"{source}:3: {message}" for message in messages], told)
    assert [] == [each for each in found if each.path.startswith(("dist", "docs")) and each.path != "docs/index.md"]


def test_a_plugin_that_makes_files_of_addresses_is_named(tiny: Project) -> None:
    tiny.edit("mkdocs.yml", lambda text: f"{text}plugins:\n  - search\n  - offline\n")

    with pytest.raises(BuildError) as caught:
        site.build(site.read_settings(tiny.root), tiny.root / "site")

    message = "mkdocs.yml:36: a plugin sets use_directory_urls to false, and ... [settings]"
    assert_told([message], [str(problem) for problem in caught.value.problems])


def test_tags_that_are_none_are_told_at_their_page(tiny: Project) -> None:
    tiny.edit("mkdocs.yml", lambda text: f"{text}plugins: [search, tags]\n")
    (tiny.root / "docs/a.md").write_text("---\ntitle: A\ntags: 5\n---\n\n# A\n", encoding="utf-8")

    with pytest.raises(BuildError) as caught:
        site.build(site.read_settings(tiny.root), tiny.root / "site")

    told = [str(problem) for problem in caught.value.problems if "decks" not in problem.message]
    assert_told(["docs/a.md:3: Error reading tags of page 'a.md' ... [mkdocs]"], told)


def test_a_title_without_words_is_told_where_nothing_else_names_the_page(tiny: Project) -> None:
    tiny.edit("mkdocs.yml", lambda text: f"{text}nav: [index.md, a.md, {{ Named: b.md }}]\n")
    for name in ("a", "b"):
        (tiny.root / f"docs/{name}.md").write_text("---\nhide: [toc]\ntitle:\n---\n\n# A\n", encoding="utf-8")

    found = site.build(site.read_settings(tiny.root), tiny.root / "site")

    told = [str(problem) for problem in found if "title" in problem.message]
    assert_told(["docs/a.md:3: 'title' has no words; write some, or take it out [yaml]"], told)


def test_a_page_with_a_quotation_mark_in_its_name_is_named(tiny: Project) -> None:
    (tiny.root / "docs/it's.md").write_text("# A page\n\nI don't.\n\n[a](don't.md)\n", encoding="utf-8")

    found = site.build(site.read_settings(tiny.root), tiny.root / "site")

    told = [str(problem) for problem in found if "don't" in problem.message]
    assert_told(["docs/it's.md:5: link 'don't.md': but the target ... [link-dead]"], told)


# --- what is odd, and right ----------------------------------------------------------------------------------------


def test_a_page_may_ask_the_theme_for_anything_that_it_has(tiny: Project) -> None:
    (tiny.root / "overrides/.icons").mkdir()
    (tiny.root / "overrides/.icons/5.svg").write_text("<svg/>", encoding="utf-8")
    for number, meta in enumerate(ASKED):
        (tiny.root / f"docs/page-{number}.md").write_text(f"---\n{meta}\n---\n\n# A page\n", encoding="utf-8")
    settings = site.read_settings(tiny.root)

    assert [] == list(site.page_problems(settings))
    assert [] == [each for each in site.build(settings, tiny.root / "site") if "page-" in each.path]


ASKED = (
    "icon: material/home", "icon: ./octicons//heart-24", "icon:", "icon: ''", "icon: 5\nhide: toc", "hide: []",
    "hide: {toc: true}", "hide: false", "search:", "search: {}", "search: {boost: 2}", "tags: 5", "search: false",
    "status: [a]", '"icon" : logo',
)  # fmt: skip


@pytest.mark.parametrize("setting", ["exclude_docs", "draft_docs"])
def test_what_is_left_out_may_hold_anything(setting: str, tiny: Project) -> None:
    tiny.edit("mkdocs.yml", lambda text: f"{text}{setting}: |\n  page.*\n  drafts/\n")
    (tiny.root / "docs/page.md").write_text("---\nicon: fa-home\n---\n\n# A page\n", encoding="utf-8")
    (tiny.root / "docs/drafts").mkdir()
    for name, words in (("pen.md", "Note: bring a pen."), ("a.htm", "<p>"), ("b.html", "<script>run()</script>")):
        (tiny.root / "docs/drafts" / name).write_text(words, encoding="utf-8")
    settings = site.read_settings(tiny.root)

    assert [] == list(site.page_problems(settings))
    site.build(settings, tiny.root / "site")
    assert [] == [*(tiny.root / "site").glob("drafts"), *(tiny.root / "site").glob("page*")]


@pytest.mark.parametrize(
    "theme",
    [
        "palette: {scheme: slate, toggle: 5}", "palette:",
        "palette: [{media: x, toggle: }, {toggle: {icon: material/weather-night}}]\n  language: pt-BR",
    ],
)  # fmt: skip
def test_a_theme_may_be_set_in_any_way_that_it_knows(theme: str, tiny: Project) -> None:
    tiny.edit("mkdocs.yml", lambda text: text.replace("  font: false\n", f"  font: false\n  {theme}\n"))

    site.build(site.read_settings(tiny.root), tiny.root / "site")


@pytest.mark.parametrize(
    ("parent", "message"),
    [
        (b"extra:\n  a: 1\n  b: [1\n", "base.yml:4: is not valid YAML: ... [yaml]"),
        (b"extra: 1\nextra: 2\n", "base.yml:2: 'extra' stands here twice; remove one [yaml]"),
        (b"- a\n", "base.yml:1: has no 'key: value' lines, and settings are taken from it; ... [settings]"),
        (b"", "base.yml:1: has no 'key: value' lines, and settings are taken from it; ... [settings]"),
        (b"a: 1\nb: \xfc\n", "base.yml:2: is not UTF-8 (byte 0xFC); save it as UTF-8 [file]"),
        (b"a: 1\nb: 2026-02-31\n", "base.yml:2: is not valid YAML: '2026-02-31' is no date; ... [yaml]"),
        (b"a: 1\nINHERIT: docs\n", "base.yml:2: INHERIT is 'docs', which is no file; ... [settings]"),
        (b"a: 1\nINHERIT: 5\n", "base.yml:2: INHERIT is '5', which is no file; ... [settings]"),
        (b"a: 1\nINHERIT: [a.yml]\n", "base.yml:2: INHERIT is no name, which is no file; ... [settings]"),
    ],
)
def test_what_is_wrong_with_settings_that_others_are_taken_from_is_named(
    parent: bytes, message: str, tiny: Project
) -> None:
    tiny.edit("mkdocs.yml", lambda text: f"{text}INHERIT: base.yml\n")
    (tiny.root / "base.yml").write_bytes(parent)

    assert_told([message], refusal_at_once(tiny))


def test_settings_may_be_taken_from_others_with_tags_of_mkdocs(tiny: Project) -> None:
    tiny.edit("mkdocs.yml", lambda text: f"{text}INHERIT: sub/base.yml\n")
    (tiny.root / "sub").mkdir()
    (tiny.root / "sub/base.yml").write_text("extra:\n  a: !ENV [NONE, 5]\n  b: 2026-02-28\n", encoding="utf-8")

    assert not site.read_settings(tiny.root).is_alone


@pytest.mark.parametrize("address", ["https://github.com/acme/talk", "https://gitlab.acme.example/a/b"])
def test_an_address_of_which_the_theme_would_ask_another_host_is_refused(address: str, tiny: Project) -> None:
    tiny.edit("mkdocs.yml", lambda text: f"{text}repo_url: {address}\n")

    assert_told(["mkdocs.yml:34: repo_url makes every reader's browser ask ... [settings]"], refusal_at_once(tiny))

    (tiny.root / "overrides/partials").mkdir()
    (tiny.root / "overrides/partials/source.html").write_text("<a href='{{ config.repo_url }}'>Code</a>", "utf-8")
    assert site.read_settings(tiny.root)


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("repo_url: https://forge.example/a/b\nedit_uri: edit/main/docs", "https://forge.example/a/b/edit/main/"),
        ("edit_uri_template: 'https://forge.example/edit?file={path!q}'", "https://forge.example/edit?file="),
        (
            "repo_url: https://bitbucket.org/a/b\nedit_uri_template: 'edit/main/docs/{path}'",
            "https://bitbucket.org/a/b/edit/main/docs/",
        ),
    ],
)
def test_an_address_for_editing_may_be_told_in_parts(said: str, address: str, tiny: Project) -> None:
    tiny.edit("mkdocs.yml", lambda text: f"{text}{said}\n")

    assert address == site.read_settings(tiny.root).edit_url


def test_what_an_editor_on_windows_writes_is_published(tiny: Project) -> None:
    for name in (DECK, "docs/index.md", "data/links.yml", "mkdocs.yml"):
        path = tiny.root / name
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))

    outcome = tiny.run()

    assert (0, "") == (outcome.code, outcome.err)
    site = tiny.root / "dist/site"
    assert ["A talk"] == [slide["title"] for slide in json.loads((site / "decks/talk/deck.json").read_text())["slides"]]
    texts = [path for path in site.rglob("*") if path.suffix in (".html", ".md", ".json")]
    assert [] == [path.name for path in texts if "\ufeff" in path.read_text(encoding="utf-8")]


@pytest.mark.slow
def test_ten_thousand_words_on_a_slide_are_refused_as_they_run_off_it(tiny: Project) -> None:
    tiny.edit(DECK, lambda text: f"{text}\n---\n\n# Long\n\n{'words ' * 10_000}\n")

    lines = refusal(tiny)

    line = (tiny.root / DECK).read_text(encoding="utf-8").count("\n")
    assert_told([f"{DECK}:{line}: slide 2: ... [overflow]"], lines)


@pytest.mark.slow
def test_two_thousand_slides_are_published(tiny: Project) -> None:
    more = "".join(f"\n---\n\n# Slide {number}\n\nWords\n" for number in range(2, 2001))
    tiny.edit(DECK, lambda text: text + more)

    outcome = tiny.run()

    assert (0, "") == (outcome.code, outcome.err)
    data = json.loads((tiny.root / "dist/site/decks/talk/deck.json").read_text(encoding="utf-8"))
    assert 2000 == len(data["slides"])
