"""Pictures whose end is missing, and pictures that are whole."""

from __future__ import annotations

import io
import os
import random
import re
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipeline import patience, pictures
from tests.conftest import Project

KINDS: dict[str, dict[str, Any]] = {
    "a.png": {"format": "PNG"},
    "a.jpg": {"format": "JPEG"},
    "progressive.jpg": {"format": "JPEG", "progressive": True},
    "a.gif": {"format": "GIF"},
    "a.webp": {"format": "WEBP"},
    "lossless.webp": {"format": "WEBP", "lossless": True},
}


def picture(options: dict[str, Any]) -> bytes:
    noise = random.Random(1).randbytes(60 * 40 * 3)
    Image.frombytes("RGB", (60, 40), noise).save(out := io.BytesIO(), **options)
    return out.getvalue()


@pytest.mark.parametrize("name", ["a.png", "a.apng", "a.jfif", "a.svg"])
def test_what_may_have_no_end_is_not_opened(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)
    (tmp_path / f"link-{name}").symlink_to(name)

    assert ["", ""] == [pictures.fault(tmp_path / each) for each in (name, f"link-{name}")]


def test_a_pipe_as_a_picture_of_a_deck_anywhere_is_named(tiny: Project, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    (tmp_path / "talk.md").write_text("# A\n\n![A loaf](a.png)\n", encoding="utf-8")

    outcome = tiny.run("check", tmp_path / "talk.md")

    assert 1 == outcome.code
    assert f"{tmp_path}/talk.md:3: image 'a.png' is a named pipe" in outcome.out


@pytest.mark.parametrize("name", ["a.apng", "a.jfif"])
def test_every_picture_that_a_deck_may_have_is_looked_at(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(picture(KINDS["a.png" if "png" in name else "a.jpg"])[:-20])

    assert name.endswith(tuple(pictures.SUFFIXES))
    assert "is cut off" in pictures.fault(tmp_path / name)


@pytest.mark.parametrize("name", KINDS)
def test_a_picture_is_whole_with_its_end_only(name: str, tmp_path: Path) -> None:
    whole = picture(KINDS[name])
    for number, (content, is_cut) in enumerate(
        [(whole, False), (whole + b"more", False), (whole[:-9], True), (whole[: len(whole) // 2], True)]
    ):
        path = tmp_path / f"{number}-{name}"
        path.write_bytes(content)
        assert is_cut == pictures.is_cut_off(path), (number, name)


@pytest.mark.parametrize("content", [b"", b"words", b"GIF89a", b"\xff\xd8\xff", b"RIFF"], ids=repr)
def test_what_is_no_picture_is_not_cut_off(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(content)

    assert not pictures.is_cut_off(tmp_path / "a.png")


def test_a_photograph_smaller_than_an_eighth_of_anything_is_whole(tmp_path: Path) -> None:
    Image.new("RGB", (4, 3)).save(tmp_path / "a.jpg")

    assert not pictures.is_cut_off(tmp_path / "a.jpg")


def test_a_photograph_of_many_scans_is_not_decompressed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "SECONDS", 2.0)
    Image.new("L", (2000, 2000)).save(out := io.BytesIO(), "JPEG", progressive=True)
    begun, *scans = re.split(rb"(?=\xff\xda)", out.getvalue())
    path = tmp_path / "a.jpg"
    path.write_bytes(begun + scans[0] + scans[1] * 20_000 + b"\xff\xd9")  # to decompress it takes half a minute

    with patience.within(""):
        assert not pictures.is_cut_off(path)


def test_a_picture_that_was_saved_anew_is_looked_at_again(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(picture(KINDS["a.png"])[:-20])
    assert pictures.is_cut_off(path)

    path.write_bytes(picture(KINDS["a.png"]))

    assert not pictures.is_cut_off(path)


@pytest.mark.parametrize(("size", "is_large"), [((10_000, 10_000), False), ((10_001, 10_000), True)])
@pytest.mark.parametrize("name", ["a.png", "a.gif"])
def test_a_picture_that_keeps_a_browser_busy_is_named(
    name: str, size: tuple[int, int], is_large: bool, tmp_path: Path
) -> None:
    Image.new("1", size).save(tmp_path / name)

    said = "has more than 100 megapixels, which keep a browser busy for minutes; save it smaller" if is_large else ""
    assert said == pictures.fault(tmp_path / name)


def test_a_picture_larger_than_any_is_named_by_its_first_bytes(tmp_path: Path) -> None:
    content = picture(KINDS["a.png"])
    header = b"IHDR" + struct.pack(">2I", 60_000, 60_000) + content[24:29]
    (tmp_path / "a.png").write_bytes(content[:12] + header + struct.pack(">I", zlib.crc32(header)) + content[33:])

    assert "megapixels" in pictures.fault(tmp_path / "a.png")


def test_a_deck_with_a_picture_that_is_too_large_ends_before_a_browser_looks_at_it(tiny: Project) -> None:
    Image.new("1", (16_384, 16_384), 1).save(tiny.root / "slides/talk/large.png")
    tiny.edit("slides/talk/deck.md", lambda text: f"{text}\n![A sky](large.png)\n")
    said = "image 'large.png' has more than 100 megapixels, which keep a browser busy for minutes; save it smaller"

    built, checked = tiny.run(), tiny.run("check", tiny.root / "slides/talk/deck.md")

    assert [said] == re.findall(r"deck\.md:\d+: (.*) \[image-broken\]\n", built.err)
    assert [said] == re.findall(r"deck\.md:\d+: (.*) \[image-broken\]\n", checked.out)
    report = (tiny.root / "dist/report/index.html").read_text(encoding="utf-8")
    assert "whatever a browser sees, because of a picture that is too large for one" in report


def test_a_picture_beside_the_pages_is_named(tiny: Project) -> None:
    (tiny.root / "docs/a.png").write_bytes(picture(KINDS["a.png"])[:-20])

    outcome = tiny.run()

    assert 1 == outcome.code
    assert (
        "docs/a.png: is cut off, so that readers see a part of it or nothing; save it anew [image-broken]"
        in outcome.err
    )
