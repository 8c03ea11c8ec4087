"""What is kept between builds is used only where it is whole and would come out the same."""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import CodeType

import pikepdf
import pytest
from jinja2 import DictLoader, Environment
from playwright._impl._driver import compute_driver_executable

from pipeline import patience, pdf, publish, scratch, site
from pipeline.cache import NOTHING_KEPT, Cache
from tests.conftest import Project


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache", "salt")


def entry(cache: Cache) -> Path:
    assert cache.folder
    [path] = cache.folder.iterdir()
    return path


def test_what_was_kept_is_found(cache: Cache) -> None:
    cache.put(cache.key("kind", "a", b"b"), b"content")

    assert b"content" == cache.get(cache.key("kind", "a", b"b"))


@pytest.mark.parametrize("parts", [("ab",), ("a", "c"), ("a",), ("", "ab"), ("b", "a")])
def test_other_parts_are_another_entry(cache: Cache, parts: tuple[str, ...]) -> None:
    cache.put(cache.key("kind", "a", "b"), b"content")

    assert cache.get(cache.key("kind", *parts)) is None


def test_other_tools_or_code_find_nothing(cache: Cache) -> None:
    cache.put(cache.key("kind", "a"), b"content")
    other = Cache(cache.folder, "other salt")

    assert other.get(other.key("kind", "a")) is None


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: content[:-1], id="cut off"),
        pytest.param(lambda content: content[:10], id="cut off early"),
        pytest.param(lambda content: b"", id="empty"),
        pytest.param(lambda content: content[:-1] + bytes([content[-1] ^ 1]), id="a bit of the content flipped"),
        pytest.param(lambda content: bytes([content[0] ^ 1]) + content[1:], id="a bit of the hash flipped"),
    ],
)
def test_a_damaged_entry_is_made_anew(cache: Cache, damage: Callable[[bytes], bytes]) -> None:
    cache.put("key", b"content")
    entry(cache).write_bytes(damage(entry(cache).read_bytes()))

    assert cache.get("key") is None
    assert b"content" == cache.content("key", lambda _: b"content")
    assert b"content" == cache.get("key")


def test_a_pipe_is_no_entry(cache: Cache) -> None:
    assert cache.folder
    cache.put("a", b"content")
    (cache.folder / "a").unlink()
    os.mkfifo(cache.folder / "a")

    with patience.within(""):
        assert cache.get("a") is None


def test_a_cache_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    cache = Cache(tmp_path / "file", "salt")

    assert b"content" == cache.content("key", lambda _: b"content")
    assert cache.get("key") is None


def test_without_a_folder_nothing_is_kept() -> None:
    NOTHING_KEPT.put("key", b"content")

    assert NOTHING_KEPT.get("key") is None
    assert not NOTHING_KEPT.recall("key")


@pytest.mark.parametrize("change", [lambda path: path.write_bytes(b"x"), Path.unlink], ids=["changed", "gone"])
def test_a_look_is_recalled_while_all_that_it_saw_is_as_it_was(
    cache: Cache, tmp_path: Path, change: Callable[[Path], object]
) -> None:
    seen, missing = tmp_path / "seen", tmp_path / "missing"
    seen.write_bytes(b"")
    cache.remember("look", [seen, missing])
    assert cache.recall("look")

    change(seen)

    assert not cache.recall("look")


def test_a_file_that_a_look_missed_makes_it_look_again(cache: Cache, tmp_path: Path) -> None:
    cache.remember("look", [tmp_path / "missing"])
    (tmp_path / "missing").write_bytes(b"")

    assert not cache.recall("look")


def test_what_a_run_has_not_used_is_removed(cache: Cache) -> None:
    cache.put("old", b"")
    next_run = Cache(cache.folder, "salt")
    next_run.put("new", b"")

    next_run.tidy()

    assert "new" == entry(cache).name


def test_what_a_kept_whole_was_made_of_stays(cache: Cache) -> None:
    def make(within: Cache) -> bytes:
        return within.content("part", lambda _: b"part")

    cache.content("whole", make)
    next_run = Cache(cache.folder, "salt")
    next_run.content("whole", make)
    next_run.tidy()

    assert b"part" == next_run.get("part")


def pages(*words: str) -> bytes:
    """A PDF with a page for each of `words`, and with as many objects before it as there are pages."""
    with pikepdf.new() as document:
        for _ in words:
            document.make_indirect(pikepdf.Dictionary())
        font = document.make_indirect(
            pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        )
        for text in words:
            page = document.add_blank_page(page_size=(200, 100))
            page.Contents = document.make_stream(f"BT /F1 20 Tf 10 40 Td ({text}) Tj ET".encode())
            page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        document.save(out := io.BytesIO())
    return out.getvalue()


def test_a_page_is_known_wherever_it_stands() -> None:
    first, second = pdf.page_contents(pages("one", "two"))

    assert [second, first] == pdf.page_contents(pages("zero", "two", "one"))[1:]
    assert first != second


def test_a_page_with_another_font_is_another_page() -> None:
    document = pages("one")

    assert pdf.page_contents(document) != pdf.page_contents(document.replace(b"/Helvetica", b"/Helvetika"))


def test_pages_are_drawn_as_if_each_were_alone() -> None:
    words = ["one", "two", "three", "four", "five"]

    alone = [next(pdf.drawn(pages(word), 2000)) for word in words]

    assert alone == list(pdf.drawn(pages(*words), 2000))


def test_only_slides_that_are_not_known_are_drawn(cache: Cache) -> None:
    list(pdf.drawn(pages("one", "two"), 200, cache, ["1", "2"]))
    known = set(cache.used)
    again = list(pdf.drawn(pages("one", "three"), 200, cache, ["1", "3"]))

    assert again == list(pdf.drawn(pages("one", "three"), 200))
    assert 1 == len(cache.used - known)


@pytest.mark.parametrize("slides", [["1", "x"], ["x", "2"], []], ids=["the second", "the first", "nobody knows"])
def test_a_slide_with_other_styles_is_drawn_anew(cache: Cache, slides: list[str]) -> None:
    list(pdf.drawn(pages("one", "two"), 200, cache, ["1", "2"]))
    known = set(cache.used)
    list(pdf.drawn(pages("one", "two"), 200, cache, slides))

    assert bool(slides) == len(cache.used - known)


def hashes(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def pictures(cache: Path) -> set[str]:
    return {path.name for path in cache.glob("picture-*")}


def test_a_build_from_the_cache_makes_the_same_bytes_and_finds_the_same_faults(built: Project) -> None:
    cache, published = built.root / "dist" / "cache", built.root / "dist" / "site"
    first = hashes(published)
    built.edit("slides/talk/deck.md", lambda text: f"{text}\n---\n\n## Another\n\n{'word ' * 900}\n")
    outcome = built.run()  # however much is known, a fault that was put in is found
    assert (1, True) == (outcome.code, "[overflow]" in outcome.err)
    assert first == hashes(published)
    built.edit("slides/talk/deck.md", lambda text: text.replace("word " * 900, "Quite other words: ABC"))
    assert 0 == built.run().code
    known = pictures(cache)

    for number, path in enumerate(sorted(cache.iterdir())):
        if number % 3 == 0:
            path.write_bytes(path.read_bytes()[:-1])
    built.edit("slides/talk/deck.md", lambda text: text.replace("ABC", "ZYX"))
    built.edit("docs/index.md", lambda text: text + "\nA new line.\n")
    assert 0 == built.run().code
    assert 2 == len(known & pictures(cache)) == len(pictures(cache) - known)  # two sizes of each of the slides
    warm = hashes(published)

    assert 0 == built.run("clean").code
    assert 0 == built.run().code
    assert warm == hashes(published)


@pytest.mark.parametrize(
    "brought", ["INHERIT: base.yml", "theme:\n  name: material\n  custom_dir: ./../brand", "hooks: [docs/../../h.py]"]
)
def test_settings_that_take_from_elsewhere_are_known(tiny: Project, brought: str) -> None:
    (tiny.root / "base.yml").write_text("copyright: nobody\n", encoding="utf-8")
    (tiny.root.parent / "brand").mkdir()
    (tiny.root.parent / "h.py").write_text("", encoding="utf-8")
    key = brought.partition(":")[0]

    assert site.read_settings(tiny.root).is_alone
    tiny.edit("mkdocs.yml", lambda text: re.sub(rf"(?ms)^{key}:.*?(?=^\S|\Z)", "", text) + brought)
    assert not site.read_settings(tiny.root).is_alone


def test_compiled_templates_are_kept_and_damaged_ones_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shown() -> str:
        loader = DictLoader({"page": "{{ 1 + 1 }} pages"})
        compiled = site._Compiled(Cache(tmp_path))
        return Environment(loader=loader, bytecode_cache=compiled).get_template("page").render()

    assert "2 pages" == shown()
    [kept] = tmp_path.iterdir()
    whole = kept.read_bytes()
    with monkeypatch.context() as without:
        without.setattr(Environment, "compile", None)
        assert "2 pages" == shown()
    for damaged in (b"", whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1])):
        kept.write_bytes(damaged)
        assert "2 pages" == shown()
        assert whole == kept.read_bytes()


def test_the_site_is_made_with_what_was_compiled_before(
    tiny: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled, settings, names = tmp_path / "compiled", site.read_settings(tiny.root), set[str | None]()
    compile_really = Environment.compile

    def note(self: Environment, source: str, name: str | None = None, filename: str | None = None) -> CodeType:
        names.add(name)
        return compile_really(self, source, name, filename)

    monkeypatch.setattr(site, "COMPILED", compiled)
    monkeypatch.setattr(Environment, "compile", note)
    site.build(settings, tiny.root / "first")
    assert {"main.html", "404.html", "sitemap.xml"} <= names
    names.clear()
    kept = {path.name: path.read_bytes() for path in compiled.iterdir()}
    (compiled / f"{publish.NEW}4194305").write_bytes(b"what a killed build left")
    site.build(settings, tiny.root / "second")

    assert not {"main.html", "404.html", "sitemap.xml"} & names
    assert kept == {path.name: path.read_bytes() for path in compiled.iterdir()}
    first, second = ((tiny.root / name / "404.html").read_bytes() for name in ("first", "second"))
    assert b"</html>" in first
    assert first == second


def test_what_node_has_compiled_may_be_damaged(tmp_path: Path) -> None:
    environment = {**scratch.environment(tmp_path), "NODE_COMPILE_CACHE": str(tmp_path / "compiled")}

    def said() -> str:
        command = [*compute_driver_executable(), "--version"]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    version = said()
    kept = [path for path in (tmp_path / "compiled").rglob("*") if path.is_file()]
    assert "Version" in version and kept
    for damage in (lambda content: b"", lambda content: content[:99], lambda content: content[:-9] + bytes(9)):
        for path in kept:
            path.write_bytes(damage(path.read_bytes()))
        assert version == said()


def test_a_build_of_nothing_new_does_nothing(built: Project) -> None:
    site = (built.root / "dist" / "site").stat().st_ino

    again = built.run()

    assert (0, "nothing has changed: dist/site is as built\n", "") == (again.code, again.out, again.err)
    assert site == (built.root / "dist" / "site").stat().st_ino
