"""Faults planted in a copy of the project: the build names file and line, exits with 1, and keeps the old site."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Outcome, Project

DECK = "slides/post-mortem-culture/deck.md"
TEXT_DECK = "slides/post-mortem-culture-text/deck.md"


def line_of(project: Project, name: str, text: str) -> int:
    lines = (project.root / name).read_text(encoding="utf-8").split("\n")
    return next(number for number, line in enumerate(lines, 1) if text in line)


def refused(project: Project, **environment: str) -> Outcome:
    """Build over a site that stands; it must fail as it should, whatever the reason."""
    old = project.root / "dist" / "site" / "index.html"
    old.parent.mkdir(parents=True)
    old.write_text("the last good site", encoding="utf-8")

    outcome = project.run(**environment)

    assert 1 == outcome.code, outcome
    assert "Traceback" not in outcome.err
    assert ["index.html"] == [path.name for path in old.parent.iterdir()]
    assert "the last good site" == old.read_text(encoding="utf-8")
    return outcome


def no_deck(project: Project) -> str:
    for deck in project.root.glob("slides/*/deck.md"):
        deck.unlink()
    return "slides: there is no deck; write one in slides/<deck>/deck.md"


def not_utf8(project: Project) -> str:
    path = project.root / DECK
    path.write_bytes(path.read_bytes() + "\n\nCafé\n".encode("latin-1"))
    lines = path.read_bytes().count(b"\n")
    return f"{DECK}:{lines}: is not UTF-8 (byte 0xE9); save it as UTF-8"


def broken_front_matter(project: Project) -> str:
    project.edit(DECK, lambda text: text.replace("marp: true\n", "marp: true\nauthor: 'x\n", 1))
    return f"{DECK}:3: front matter is not valid YAML"


def missing_image(project: Project) -> str:
    project.edit(DECK, lambda text: text + "\n![A picture](img/nope.png)\n")
    return f"{DECK}:{line_of(project, DECK, 'nope.png')}: image 'img/nope.png' does not exist"


def missing_background(project: Project) -> str:
    project.edit(DECK, lambda text: text + "\n![bg left](img/nope.png)\n")
    return f"{DECK}:{line_of(project, DECK, 'nope.png')}: image 'img/nope.png' does not exist"


def unknown_theme(project: Project) -> str:
    project.edit(DECK, lambda text: text.replace("theme: workshop", "theme: workshpo", 1))
    return f"{DECK}:3: theme 'workshpo' does not exist; known themes are default, gaia, uncover, workshop"


def theme_file_gone(project: Project) -> str:
    (project.root / "slides/theme/workshop.css").unlink()
    return f"{DECK}:3: theme 'workshop' does not exist; known themes are default, gaia, uncover"


def missing_theme_asset(project: Project) -> str:
    project.edit("slides/theme/workshop.css", lambda css: css + "\nsection::after { background: url(nope.svg) }\n")
    line = line_of(project, "slides/theme/workshop.css", "nope.svg")
    return f"slides/theme/workshop.css:{line}: file 'nope.svg', which a style asks for, does not exist"


def broken_settings(project: Project) -> str:
    project.edit("mkdocs.yml", lambda text: text.replace("docs_dir: docs", "docs_dir: [docs", 1))
    return "mkdocs.yml:"


def settings_without_address(project: Project) -> str:
    project.edit("mkdocs.yml", lambda text: text.replace("https://workshop.example", "workshop.example", 1))
    return f"mkdocs.yml:{line_of(project, 'mkdocs.yml', 'site_url')}: Config value 'site_url'"


def page_not_utf8(project: Project) -> str:
    (project.root / "docs/about.md").write_bytes(b"# About\n\ncaf\xe9\n")
    return "docs/about.md:3: is not UTF-8 (byte 0xE9)"


def page_with_broken_front_matter(project: Project) -> str:
    project.edit("docs/about.md", lambda text: "---\ntitle: About: us\n---\n\n" + text.partition("---\n\n")[2])
    return "docs/about.md:2: is not valid YAML"


def page_that_leads_out_of_the_project(project: Project) -> str:
    (project.root / "docs/host.md").symlink_to("/etc/hostname")
    return "docs/host.md: is a symbolic link that leads out of the project"


def broken_hook(project: Project) -> str:
    project.edit(
        "mkdocs_hooks.py", lambda text: text + "\n\ndef on_nav(nav, config, files):\n    raise KeyError('x')\n"
    )
    return f"mkdocs_hooks.py:{line_of(project, 'mkdocs_hooks.py', 'raise KeyError')}: KeyError: 'x'"


def hook_that_is_no_python(project: Project) -> str:
    project.edit("mkdocs_hooks.py", lambda text: text + "\ndef (:\n")
    return f"mkdocs_hooks.py:{line_of(project, 'mkdocs_hooks.py', 'def (:')}: SyntaxError"


def docs_outside_the_project(project: Project) -> str:
    outside = project.root.parent / "elsewhere"
    outside.mkdir()
    (outside / "index.md").write_text("# Elsewhere\n", encoding="utf-8")
    project.edit("mkdocs.yml", lambda text: text.replace("docs_dir: docs", "docs_dir: ../elsewhere", 1))
    line = line_of(project, "mkdocs.yml", "docs_dir: ")
    return f"mkdocs.yml:{line}: docs_dir is '{outside}', which is no folder of the project"


def address_that_browsers_spell_otherwise(project: Project) -> str:
    project.edit("mkdocs.yml", lambda text: text.replace("https://workshop.example", "https://Workshop.Example", 1))
    return "mkdocs.yml: site_url is 'https://Workshop.Example/post-mortem-culture/', which a browser spells otherwise"


def no_inventory(project: Project) -> str:
    (project.root / "data/links.yml").unlink()
    return "data/links.yml: there is no such file"


def link_to_no_page(project: Project) -> str:
    project.edit("docs/about.md", lambda text: text + "\nSee [this](nope.md).\n")
    return f"docs/about.md:{line_of(project, 'docs/about.md', 'nope.md')}: link 'nope.md'"


def page_outside_the_navigation(project: Project) -> str:
    (project.root / "docs/forgotten.md").write_text("# Forgotten\n", encoding="utf-8")
    return "forgotten.md"


@pytest.mark.parametrize(
    ("plant", "rule"),
    [
        (no_deck, "deck-missing"),
        (not_utf8, "file"),
        (broken_front_matter, "front-matter"),
        (missing_image, "image-missing"),
        (missing_background, "image-missing"),
        (unknown_theme, "theme-unknown"),
        (theme_file_gone, "theme-unknown"),
        (missing_theme_asset, "image-missing"),
        (broken_settings, "yaml"),
        (settings_without_address, "settings"),
        (page_not_utf8, "file"),
        (page_with_broken_front_matter, "yaml"),
        (page_that_leads_out_of_the_project, "file-outside"),
        (broken_hook, "mkdocs"),
        (hook_that_is_no_python, "mkdocs"),
        (docs_outside_the_project, "settings"),
        (address_that_browsers_spell_otherwise, "settings"),
        (no_inventory, "file"),
        (link_to_no_page, "link-dead"),
        (page_outside_the_navigation, "mkdocs"),
    ],
)
def test_a_wrong_input_is_named_and_nothing_is_published(
    project: Project, plant: Callable[[Project], str], rule: str
) -> None:
    message = plant(project)

    outcome = refused(project)

    [line] = [line for line in outcome.err.splitlines() if message in line]
    assert line.endswith(f" [{rule}]")


def test_a_browser_that_is_not_there_is_named(project: Project) -> None:
    outcome = refused(project, CHROME_PATH="/nowhere/chrome")

    assert "CHROME_PATH is /nowhere/chrome, and there is no program at that place" in outcome.err
    assert 1 == outcome.err.count("\n")


def test_what_does_not_fit_a_slide_is_named(project: Project) -> None:
    table = "\n".join(["| " + " | ".join(["averyverywidecolumn"] * 12) + " |", "|" + "---|" * 12])
    points = "\n".join(f"- point {n}" for n in range(40))
    project.edit(DECK, lambda text: f"{text}\n---\n\n# Long\n\n{points}\n")
    project.edit(TEXT_DECK, lambda text: f"{text}\n---\n\n---\n\n# Wide\n\n{table}\n")
    lines = (project.root / TEXT_DECK).read_text(encoding="utf-8").count("\n")

    err = refused(project).err

    long = re.search(
        rf"{DECK}:(\d+): slide 10: from 'point (\d+)' on, content runs up to (\d+) px over the bottom", err
    )
    assert long
    line, point, pixels = map(int, long.groups())
    assert line_of(project, DECK, f"- point {point}") == line
    assert 0 < point < 39
    assert pixels > 100
    assert f"{TEXT_DECK}:{lines - 7}: slide 10: is blank" in err
    assert f"{TEXT_DECK}:{lines - 1}: slide 11: " in err


def test_links_that_lead_nowhere_are_named_at_their_source(project: Project) -> None:
    project.edit(DECK, lambda text: text + "\n[a](../../docs/nope.md) [b](https://new.example/)\n\n[c](#nowhere)\n")
    about = "\n<a href='../nope/'>raw</a>\n\n[gone](decks/post-mortem-culture/slides.html#99)\n"
    project.edit("docs/about.md", lambda text: text + about)

    err = refused(project).err

    line = line_of(project, DECK, "nope.md")
    assert f"{DECK}:{line}: '../../docs/nope.md' leads " in err
    assert f"{DECK}:{line}: 'https://new.example/' is not in the inventory" in err
    assert f"{DECK}:{line + 2}: '#nowhere' leads to '#nowhere'" in err
    assert f"docs/about.md:{line_of(project, 'docs/about.md', '../nope/')}: '../nope/' leads to" in err
    assert f"docs/about.md:{line_of(project, 'docs/about.md', '#99')}: " in err


def test_pages_may_lie_in_another_folder(project: Project) -> None:
    (project.root / "docs").rename(project.root / "pages")
    project.edit("mkdocs.yml", lambda text: text.replace("docs_dir: docs", "docs_dir: pages", 1))
    project.edit("pages/about.md", lambda text: text + "\n[this](nope.md)\n")
    project.edit(DECK, lambda text: text.replace("../../docs/", "../../pages/"))

    err = refused(project).err

    assert f"pages/about.md:{line_of(project, 'pages/about.md', 'nope.md')}: link 'nope.md'" in err


def test_what_only_a_browser_notices_is_named(project: Project) -> None:
    project.edit(DECK, lambda text: text.replace("# Post-mortem Culture\n", "# Post-mortem Culture\n\n" + STYLE, 1))
    project.edit("docs/assets/site.js", lambda text: text + SCRIPT)

    err = refused(project).err

    assert f"{DECK}:{line_of(project, DECK, '# Post-mortem Culture')}: slide 1: does not show its heading" in err
    assert "docs/about.md: script error: planted" in err
    assert "docs/resources.md: asks for https://tracker.example/, which is not part of the site" in err


SCRIPT = """
if (location.pathname.endsWith("/about/")) throw new Error("planted");
if (location.pathname.endsWith("/resources/")) fetch("https://tracker.example/");
"""
# Seen in print, so that the PDF is right; not on screen.
STYLE = "<style scoped>@media screen { h1 { display: none } }</style>\n"


def test_a_project_that_is_right_is_published(project: Project) -> None:
    outcome = project.run()

    assert 0 == outcome.code, outcome.err
    assert "built and checked: dist/site/index.html\n" == outcome.out
    assert (project.root / "dist/site/decks/post-mortem-culture/slides.pdf").is_file()
    assert ["docs", "site"] >= sorted(path.name for path in (project.root / "dist/stage").iterdir())


def test_one_more_deck_needs_no_settings(project: Project) -> None:
    folder = project.root / "slides" / "größer & besser"
    folder.mkdir()
    (folder / "deck.md").write_text("# A *new* deck: `code` & <more>\n\n<!-- Say hello. -->\n", encoding="utf-8")

    outcome = project.run()

    assert 0 == outcome.code, outcome.err
    site = project.root / "dist" / "site"
    assert (site / "decks/größer & besser/index.html").is_file()
    assert "Say hello." in (site / "facilitate/größer & besser/index.html").read_text(encoding="utf-8")
    assert "A new deck: code &amp; &lt;more&gt;" in (site / "decks/index.html").read_text(encoding="utf-8")


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A deck of somebody else's, with faults, beside a project that has nothing to do with it."""
    folder = tmp_path / "some [where] else"
    folder.mkdir()
    path = folder / "talk.md"
    path.write_text("---\ntheme: theirs\n---\n# Hi\n\n![x](none.png)\n\n[next](other.md#a)\n", encoding="utf-8")
    return path


def test_a_deck_anywhere_is_rendered_in_spite_of_problems(foreign: Path, tmp_path: Path, project: Project) -> None:
    output = tmp_path / "out"

    outcome = project.run("deck", foreign, "-o", output)

    assert 0 == outcome.code, outcome.err
    assert f"{foreign}:2: theme 'theirs' does not exist" in outcome.err
    assert f"{foreign}:6: image 'none.png' does not exist" in outcome.err
    made = sorted(path.relative_to(output).as_posix() for path in output.rglob("*") if path.is_file())
    handouts = ("handout-2.pdf", "handout-3.pdf", "handout.pdf")
    slides = ("slides.html", "slides.pdf", "slides.pptx")
    names = ("deck.json", *handouts, "notes.md", "og.png", *slides, "thumbs/01.png")
    assert [f"talk/{name}" for name in names] == made
    for path in output.rglob("*"):
        if path.is_file():
            assert str(tmp_path).encode() not in path.read_bytes().replace(str(foreign).encode(), b"")


def test_a_deck_that_is_right_has_no_problem(tmp_path: Path, project: Project) -> None:
    path = tmp_path / "talk.md"
    path.write_text(VALID, encoding="utf-8")

    outcome = project.run("deck", "--strict", path, "-o", tmp_path / "out")

    assert (0, "") == (outcome.code, outcome.err)


VALID = """\
---
transition: cube
math: mathjax
---
# <!-- fit --> Ägypten & *more* :smile: 😀

---

* ## Step by step
* Second, with $x^2$

---

![bg A dot](data:image/gif;base64,R0lGODlhAQABAIAAAAUEBAAAACwAAAAAAQABAAACAkQBADs=)
"""


def test_what_a_foreign_deck_cannot_show_is_named(tmp_path: Path, project: Project) -> None:
    path = tmp_path / "talk.md"
    path.write_text("---\ntheme: gaia\n---\n# Hi\n\n![x](broken.png)\n", encoding="utf-8")
    (tmp_path / "broken.png").write_bytes(b"not a picture")

    outcome = project.run("deck", path, "-o", tmp_path / "out")

    assert f"{path}:6: slide 1: image 'broken.png' cannot be shown; see whether the file is whole" in outcome.err
    assert "asks for https://fonts.bunny.net/" in outcome.err


def test_an_output_that_is_no_folder_is_refused_at_once(foreign: Path, tmp_path: Path, project: Project) -> None:
    (tmp_path / "out").write_text("mine", encoding="utf-8")

    outcome = project.run("deck", foreign, "-o", tmp_path / "out")

    assert (1, f"{tmp_path / 'out'}: is no folder; name another with -o [output]\n1 problem found\n") == (
        outcome.code,
        outcome.err,
    )


def test_strict_writes_nothing_that_has_a_problem(foreign: Path, tmp_path: Path, project: Project) -> None:
    outcome = project.run("deck", "--strict", foreign, "-o", tmp_path / "out")

    assert 1 == outcome.code
    assert "none.png" in outcome.err
    assert not (tmp_path / "out").exists()


def test_a_deck_that_is_not_there_does_not_stop_the_others(foreign: Path, tmp_path: Path, project: Project) -> None:
    outcome = project.run("deck", "nowhere.md", foreign, "-o", tmp_path / "out")

    assert 1 == outcome.code
    assert "nowhere.md: there is no such file; correct the path" in outcome.err
    assert (tmp_path / "out/talk/slides.pdf").is_file()


def test_a_marp_that_does_not_start_is_named(project: Project) -> None:
    project.edit("pipeline/marp.mjs", lambda text: "process.exit(7)\n" + text)

    assert "Marp CLI: ended early" in refused(project).err
