"""Let MkDocs build the site from docs/ and the staged pages of the decks. The only module that imports mkdocs."""

from __future__ import annotations

import logging
import os
import re
import shutil
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import yaml
from mkdocs.commands.build import build as build_mkdocs
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import Abort, MkDocsException
from mkdocs.structure.files import File, Files, InclusionLevel

from pipeline.problems import BuildError, Problem, line_of, read_text, yaml_problem

STAGED_DOCS = Path("dist", "stage", "docs")
"""Where generated pages and the decks' files wait for MkDocs, below the project."""

# MkDocs would make a page of a Markdown file: the notes are copied beside the pages instead.
_PLAIN_DOWNLOADS = "decks/*/notes.md"
# Reached from the page of the deck, and from nowhere else.
_OUTSIDE_NAVIGATION = "decks/*/source.md"

log = logging.getLogger("mkdocs.hooks.decks")


@dataclass(frozen=True)
class Settings:
    """What the rest of the build needs to know of mkdocs.yml."""

    root: Path
    """The project, in which mkdocs.yml stands."""
    site_url: str
    """Where the site will stand, with a '/' at its end."""
    lang: str
    """The language of the site, and of decks that name none."""
    docs: Path
    """The folder of the hand-written pages."""


def read_settings(root: Path) -> Settings:
    """Read mkdocs.yml. Raises BuildError where it is missing or wrong."""
    config = _load(root, root / "dist" / "site")
    site_url = config.site_url or ""
    if not re.match(r"https?://[^/]+", site_url):
        message = f"site_url is '{site_url}'; give the site's full address, beginning with https://"
        raise BuildError([Problem("mkdocs.yml", 0, "settings", message)])
    spelt = _as_browsers_spell(site_url)
    if spelt.rstrip("/") != site_url.rstrip("/"):
        message = f"site_url is '{site_url}', which a browser spells otherwise; write '{spelt}'"
        raise BuildError([Problem("mkdocs.yml", 0, "settings", message)])
    docs = Path(config.docs_dir)
    if not docs.is_dir() or not docs.resolve().is_relative_to(root.resolve()):
        line = line_of(read_text(root / "mkdocs.yml", "mkdocs.yml"), "docs_dir")
        raise BuildError(
            [Problem("mkdocs.yml", line, "settings", f"docs_dir is '{docs}', which is no folder of the project")]
        )
    language = str(config.theme.get("language") or "en")
    return Settings(root, site_url.rstrip("/") + "/", language, docs)


def _as_browsers_spell(address: str) -> str:
    parts = urlsplit(address)
    host = (parts.hostname or "").encode("idna").decode()
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    port = f":{parts.port}" if parts.port and parts.port != usual else ""
    return f"{parts.scheme}://{host}{port}{quote(unquote(parts.path)) or '/'}"


def addresses(settings: Settings) -> dict[Path, str]:
    """Each file of the docs folder and its address, relative to the site's root."""
    found: dict[Path, str] = {}
    for path in sorted(settings.docs.rglob("*")):
        if path.is_file():
            uri = path.relative_to(settings.docs).as_posix()
            if path.suffix == ".md":
                uri = re.sub(r"(^|/)(index|README)\.md$", r"\1", uri).removesuffix(".md")
                uri += "/" if uri and not uri.endswith("/") else ""
            found[path] = uri
    return found


def build(settings: Settings, site_dir: Path) -> list[Problem]:
    """Build the site into `site_dir`. Returns everything that MkDocs would only warn of.

    Raises BuildError where there is nothing to build from, or MkDocs gives up.
    """
    root = settings.root
    heard = _Listener()
    with heard:
        config = _load(root, site_dir)
        config.plugins.on_startup(command="build", dirty=False)
        try:
            build_mkdocs(config)
        except (MkDocsException, Abort) as error:
            raise BuildError(
                [*_located(heard.messages, root, settings.docs), Problem("MkDocs", 0, "mkdocs", str(error))]
            ) from None
        except Exception as error:  # a hook or a template of the project may raise anything
            raise BuildError([_raised_in_project(error, root)]) from None
        finally:
            config.plugins.on_shutdown()
    return list(_located(heard.messages, root, settings.docs))


def _load(root: Path, site_dir: Path) -> MkDocsConfig:
    path = root / "mkdocs.yml"
    text = read_text(path, "mkdocs.yml")
    os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")  # else Material prints a banner on every build
    heard = _Listener()
    with heard:
        try:
            # Its own strict mode stops with a count; every warning is a problem of ours.
            return load_config(str(path), site_dir=str(site_dir), strict=False)
        except yaml.YAMLError as error:
            raise BuildError([yaml_problem("mkdocs.yml", error)]) from None
        except (MkDocsException, Abort) as error:
            cause = error.__cause__ or error.__context__
            if isinstance(cause, yaml.YAMLError):
                raise BuildError([yaml_problem("mkdocs.yml", cause)]) from None
            problems = [Problem("mkdocs.yml", _named_line(text, said), "settings", said) for said in heard.messages]
            raise BuildError(problems or [Problem("mkdocs.yml", 0, "settings", " ".join(str(error).split()))]) from None
        except Exception as error:  # a hook may raise anything while it is loaded
            raise BuildError([_raised_in_project(error, root)]) from None


def _raised_in_project(error: Exception, root: Path) -> Problem:
    """An exception as a problem of the project's file, outside of this package, that it came from."""
    said = f"{type(error).__name__}: {' '.join(str(error).split())}; correct it"
    if isinstance(error, SyntaxError) and error.filename:
        return Problem(_shown(Path(error.filename), root), error.lineno or 0, "mkdocs", said)
    own = Path(__file__).resolve().parent
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        ours = path.is_relative_to(own) or ".venv" in path.parts or path.name == "build.py"
        if path.is_relative_to(root) and not ours:
            return Problem(_shown(path, root), frame.lineno or 0, "mkdocs", said)
    return Problem("MkDocs", 0, "mkdocs", said)


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def page_problems(settings: Settings) -> Iterator[Problem]:
    """What MkDocs does not look at in the hand-written pages, or meets with a traceback."""
    root, docs = settings.root, settings.docs
    inside = root.resolve()
    for path in sorted(docs.rglob("*")):
        name = path.relative_to(root).as_posix()
        if any(part.startswith(".") for part in path.relative_to(docs).parts):
            continue  # MkDocs, too, leaves these out
        if path.is_symlink() and not path.resolve().is_relative_to(inside):
            yield Problem(
                name, 0, "file-outside", "is a symbolic link that leads out of the project; put the file itself here"
            )
        elif path.suffix == ".md" and (path.is_file() or path.is_symlink()):
            try:
                text = read_text(path, name)
            except BuildError as error:
                yield from error.problems
                continue
            if matter := re.match(r"---[ \t]*\r?\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\r?\n|$)", text, re.DOTALL):
                try:
                    yaml.safe_load(matter[1])
                except yaml.YAMLError as error:
                    yield yaml_problem(name, error, offset=1)


class _Listener(logging.Handler):
    """Keeps what MkDocs warns of while it is entered, and keeps it off the console."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []
        self._logger = logging.getLogger("mkdocs")

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())

    def __enter__(self) -> _Listener:
        self._propagate, self._logger.propagate = self._logger.propagate, False
        self._logger.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._logger.removeHandler(self)
        self._logger.propagate = self._propagate


def _located(messages: list[str], root: Path, docs: Path) -> Iterator[Problem]:
    """MkDocs names the file, never the line: look for what it quotes."""
    for message in messages:
        if found := re.match(r"Doc file '([^']+)' contains an? .*?link '([^']*)',? ?(.*)", message, re.DOTALL):
            name, link, rest = found.groups()
            path = docs / name
            line = line_of(read_text(path, name), link) if path.is_file() else 0
            text = " ".join(rest.split()).rstrip(".")
            yield Problem(_shown(path, root), line, "link-dead", f"link '{link}': {text}; correct the link")
        else:
            text = read_text(root / "mkdocs.yml", "mkdocs.yml")
            yield Problem("mkdocs.yml", _named_line(text, message), "mkdocs", " ".join(message.split()))


def _named_line(text: str, message: str) -> int:
    """The line of mkdocs.yml that holds something the message quotes."""
    quoted = re.findall(r"'([^']{2,})'", message)
    return next((line for name in quoted if (line := line_of(text, name))), 0)


# --- called by MkDocs, through mkdocs_hooks.py --------------------------------------------------------------


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Give each generated page that the navigation does not name a place beside the page that lists its kind."""
    nav: Any = config.nav
    for folder in ("decks", "facilitate"):
        section = _section_of(nav, f"{folder}/index.md")
        pages = [uri for uri, _ in _staged(config) if re.fullmatch(rf"{folder}/([^/]+/index|[^/]+)\.md", uri)]
        for uri in pages:
            if section is not None and not _section_of(nav, uri):
                section.append(uri)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Mount what the build staged: pages, slides, pictures. A log entry where there is nothing yet."""
    if not _staged_folder(config).is_dir():
        log.warning("the pages of the decks are not there yet; run 'python3 build.py' once")
    for uri, path in _staged(config):
        if not Path(uri).match(_PLAIN_DOWNLOADS):
            place = InclusionLevel.NOT_IN_NAV if Path(uri).match(_OUTSIDE_NAVIGATION) else InclusionLevel.UNDEFINED
            files.append(File.generated(config, uri, abs_src_path=str(path), inclusion=place))
    return files


def on_post_build(config: MkDocsConfig) -> None:
    """Put the plain Markdown downloads beside the pages."""
    for uri, path in _staged(config):
        if Path(uri).match(_PLAIN_DOWNLOADS):
            shutil.copyfile(path, Path(config.site_dir) / uri)


def _staged_folder(config: MkDocsConfig) -> Path:
    return Path(config.config_file_path).parent / STAGED_DOCS


def _staged(config: MkDocsConfig) -> Iterator[tuple[str, Path]]:
    folder = _staged_folder(config)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path


def _section_of(nav: Any, uri: str) -> list[Any] | None:
    """The list in the navigation that holds `uri`, as a bare page or under a title."""
    if not isinstance(nav, list):
        return None
    for entry in nav:
        for child in entry.values() if isinstance(entry, dict) else [entry]:
            if child == uri:
                return nav
            if (found := _section_of(child, uri)) is not None:
                return found
    return None
