"""Let MkDocs build the site from docs/ and the staged pages of the decks. The only module that imports mkdocs."""

from __future__ import annotations

import itertools
import logging
import os
import re
import shutil
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from copy import copy
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from html import escape, unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit
from xml.etree import ElementTree

import yaml
from jinja2 import BytecodeCache, Environment, FileSystemLoader, TemplateNotFound
from jinja2.bccache import Bucket
from jinja2.filters import do_striptags
from jinja2.utils import htmlsafe_json_dumps
from mkdocs.commands.build import _build_page, _populate_page
from mkdocs.commands.build import build as build_mkdocs
from mkdocs.config import Config, load_config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import Abort, MkDocsException
from mkdocs.plugins import BasePlugin, event_priority
from mkdocs.structure.files import File, Files, InclusionLevel, _default_exclude
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import AnchorLink, TableOfContents
from mkdocs.utils import get_relative_url, markdown_extensions
from mkdocs.utils.meta import get_data
from mkdocs.utils.templates import TemplateContext
from pathspec.gitignore import GitIgnoreSpec
from yaml.nodes import MappingNode, Node, ScalarNode

from pipeline import (
    active,
    links,
    patience,
    pictures,
    policy,
    publish,
    scratch,
    signs,
    styles,
    tables,
    templates,
    unclosed,
)
from pipeline.cache import Cache
from pipeline.problems import (
    BuildError,
    Problem,
    cut,
    front_matter,
    impossible_dates,
    line_at,
    line_of,
    line_of_mark,
    lines_of,
    load_yaml,
    read_text,
    read_yaml,
    repeated_keys,
    shown,
    yaml_problem,
)
from pipeline.prose import is_nearly, meant
from pipeline.scenario import FOLDER as SCENARIOS
from pipeline.sessions import PAGE, SESSIONS
from pipeline.templates import Template
from pipeline.toolchain import HOME

COMPILED = HOME / ".venv" / ".cache" / "jinja"
"""Where what Jinja has compiled is kept: beside what Python has."""

STAGED_DOCS = Path("dist", "stage", "docs")
"""Where generated pages and the decks' files wait for MkDocs, below the project."""

# MkDocs would make a page of a Markdown file: notes and templates are copied beside the pages instead.
_PLAIN_DOWNLOADS = re.compile(r"decks/[^/]+/notes\.md|(?!decks/)(?:.*/)?([^/]+)/\1\.md")
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
    locale: str = ""
    """The language of what is printed and written for Word, with the country whose spelling it has."""
    edit_url: str = ""
    """How the address begins at which readers can edit a file of the project; '' where nobody knows."""
    left_out: GitIgnoreSpec = field(default_factory=lambda: _default_exclude, repr=False)
    """Which files of that folder MkDocs does not publish."""
    templates: tuple[Path, ...] = ()
    """Folders in which Material's templates are looked for, one after the other; none where it is not the theme."""
    is_alone: bool = True
    """Whether nothing that shapes the site lies outside of the project, or in settings that others are taken from."""
    is_watched: bool = False
    """Whether hooks or plugins see what is made that are neither ours nor the theme's search."""


def read_settings(root: Path) -> Settings:
    """Read mkdocs.yml. Raises BuildError where it is missing or wrong."""
    config = _load(root, root / "dist" / "site")
    site_url = config.site_url or ""
    text = read_text(root / "mkdocs.yml", "mkdocs.yml")
    line = _line_of_key(text, "site_url")
    if not re.match(r"https?://[^/]+", site_url) or not (spelt := _as_browsers_spell(site_url)):
        message = f"site_url is '{site_url}'; give the site's full address, beginning with https://"
        raise BuildError([Problem("mkdocs.yml", line, "settings", message)])
    if spelt.rstrip("/") != site_url.rstrip("/"):
        message = f"site_url is '{site_url}', which a browser spells otherwise; write '{spelt}'"
        raise BuildError([Problem("mkdocs.yml", line, "settings", message)])
    if len(site_url) > _LONGEST_ADDRESS:
        message = f"site_url has {len(site_url)} characters, which no QR code holds that can be read; shorten it"
        raise BuildError([Problem("mkdocs.yml", line, "settings", message)])
    docs = Path(config.docs_dir)
    if not docs.is_dir() or not docs.resolve().is_relative_to(root.resolve()) or not docs.is_relative_to(root):
        message = f"docs_dir is '{docs}', which is no folder of the project"
        raise BuildError([Problem("mkdocs.yml", _line_of_key(text, "docs_dir"), "settings", message)])
    if not config.use_directory_urls:
        message = "use_directory_urls is false, and every page of this site has a folder as its address; take it out"
        raise BuildError([Problem("mkdocs.yml", _line_of_key(text, "use_directory_urls"), "settings", message)])
    folders = tuple(map(Path, config.theme.dirs)) if config.theme.name == "material" else ()
    if problems := list(_theme_problems(config, text, folders)):
        raise BuildError(problems)
    language = str(config.theme.get("language") or "en")
    locale = str(config.extra.get("locale") or language)
    left_out = sum((each for each in (config.exclude_docs, config.draft_docs) if each), _default_exclude)
    if problems := list(_glossary_problems(config, text)):
        raise BuildError(problems)
    if problems := [*_twice_in_nav(config.nav, text), *_nav_problems(config.nav, text, left_out)]:
        raise BuildError(problems)
    named = config.edit_uri_template or config.edit_uri
    try:
        edit_url = _edit_url(config)
        if named and not (re.match(r"https?://[^/]", edit_url) and urlsplit(edit_url).hostname):
            raise ValueError
    except ValueError:
        key = "edit_uri_template" if config.edit_uri_template else "edit_uri"
        cure = "correct edit_uri, or EDIT_URL" if key == "edit_uri" else f"correct {key}"
        message = f"the address for editing is '{named}', which is none; {cure}"
        raise BuildError([Problem("mkdocs.yml", _line_of_key(text, key), "settings", message)]) from None
    address = site_url.rstrip("/") + "/"
    is_alone = _is_alone(config, text, root)
    is_watched = not {*map(str, config.hooks), *config.plugins} <= _OURS
    return Settings(root, address, language, docs, locale, edit_url, left_out, folders, is_alone, is_watched)


def _theme_problems(config: MkDocsConfig, text: str, folders: tuple[Path, ...]) -> Iterator[Problem]:
    """What Material's templates would meet with a traceback that names nothing of mkdocs.yml, or pass over."""
    if not folders:
        return
    if re.match(_COUNTED, config.repo_url or "", re.IGNORECASE) and _has_template(folders, _OF_THE_THEME, _COUNTS):
        message = "repo_url makes every reader's browser ask GitHub or GitLab how many stars it has; take it out"
        line = _line_of_key(text, "repo_url")
        yield Problem("mkdocs.yml", line, "settings", f"{message}, and write the whole address as edit_uri")
    features = config.theme.get("features") or []
    if not isinstance(features, list):
        message = f"{shown(f'features: {features}')} is no list; write e.g. 'features: [navigation.top]'"
        yield Problem("mkdocs.yml", _line_in_theme(text, "features"), "settings", message)
    has_bundles = (Path(config.config_file_path).parent / SESSIONS).is_file()
    if has_bundles and isinstance(features, list) and "navigation.prune" in features:
        message = "'navigation.prune' takes pages out of the navigation, from which the bundles are filled; take it out"
        yield Problem("mkdocs.yml", line_of(text, "navigation.prune"), "settings", message)
    for feature in features if isinstance(features, list) else ():
        close = get_close_matches(str(feature), _FEATURES, n=1, cutoff=0.85)
        if close and feature not in _FEATURES:
            yield _mistaken(str(feature), close[0], "features", text)
    for name in [str(key.value) for key, _ in _pairs_of_theme(text)]:
        if near := meant(name, _OF_A_THEME):
            yield _mistaken(name, near, name, text)
    language, palette = config.theme.get("language"), config.theme.get("palette") or []
    if not _has_template(folders, f"partials/languages/{language}.html"):
        message = f"{shown(f'language: {language}')} is none in which the theme has its words; write e.g. en"
        yield Problem("mkdocs.yml", _line_in_theme(text, "language"), "settings", message)
    options = palette if isinstance(palette, list) else [palette]
    if not all(isinstance(option, dict) for option in options):
        message = f"{shown(f'palette: {palette}')} is no palette; write 'scheme: slate' below it, or a list of such"
        yield Problem("mkdocs.yml", _line_in_theme(text, "palette"), "settings", message)
        return
    for option in options:
        for key, known in _COLOURS.items():
            word = str(option.get(key))
            if near := meant(word.replace(" ", "-"), known):  # as Material's template does
                yield _mistaken(word, near, "palette", text)
    # A palette by itself has no toggle that would be shown.
    for toggle in [option.get("toggle") for option in options if isinstance(palette, list)]:
        icon = toggle.get("icon") if isinstance(toggle, dict) else toggle
        if toggle and not _has_template(folders, f".icons/{icon}.svg"):
            line = line_of(text, f"icon: {icon}") or _line_in_theme(text, "palette")
            message = f"{shown(f'icon: {icon}')} of a toggle is no icon of the theme; {_ICON}"
            yield Problem("mkdocs.yml", line, "settings", message)


_FEATURES = (
    "announce.dismiss", "content.action.edit", "content.action.view", "content.code.annotate", "content.code.copy",
    "content.code.select", "content.footnote.tooltips", "content.lazy", "content.tabs.link", "content.tooltips",
    "header.autohide", "navigation.expand", "navigation.footer", "navigation.indexes", "navigation.instant",
    "navigation.instant.prefetch", "navigation.instant.preview", "navigation.instant.progress", "navigation.path",
    "navigation.prune", "navigation.sections", "navigation.tabs", "navigation.tabs.sticky", "navigation.top",
    "navigation.tracking", "search.highlight", "search.share", "search.suggest", "toc.follow", "toc.integrate",
)  # fmt: skip
_OF_A_THEME = (
    "custom_dir", "direction", "favicon", "features", "font", "icon", "language", "locale", "logo", "name", "palette",
    "static_templates",
)  # fmt: skip
_COLOURS = {
    "scheme": ("default", "slate"),
    "primary": (
        "amber", "black", "blue", "blue-grey", "brown", "custom", "cyan", "deep-orange", "deep-purple", "green", "grey",
        "indigo", "light-blue", "light-green", "lime", "orange", "pink", "purple", "red", "teal", "white", "yellow",
    ),
    "accent": (
        "amber", "blue", "custom", "cyan", "deep-orange", "deep-purple", "green", "indigo", "light-blue", "light-green",
        "lime", "orange", "pink", "purple", "red", "teal", "yellow",
    ),
}  # fmt: skip


def _mistaken(word: str, near: str, key: str, text: str) -> Problem:
    """What to say of a misspelt word at or below a key of the theme."""
    first = _line_in_theme(text, key)
    named = re.compile(rf"(?<![\w.-]){re.escape(word)}(?![\w.-])")
    lines = (number for number, line in enumerate(lines_of(text), 1) if number >= first and named.search(line))
    message = f"{shown(word)} is nothing that the theme knows here; did you mean '{near}'?"
    return Problem("mkdocs.yml", next(lines, first), "settings", message)


def _glossary_problems(config: MkDocsConfig, text: str) -> Iterator[Problem]:
    """Abbreviations without words, which Python-Markdown would leave out, and what it meets with a traceback."""
    options = config.mdx_configs.get("abbr") or config.mdx_configs.get("markdown.extensions.abbr") or {}
    glossary = options.get("glossary") if isinstance(options, dict) else None
    top = re.search(r"^[ \t]+(?:- )?glossary[ \t]*:", text, re.MULTILINE)
    first = line_at(text, top.start()) if top else 0
    if glossary and not isinstance(glossary, dict):
        message = "the glossary is no list of abbreviations with a colon and words behind each; correct it"
        yield Problem("mkdocs.yml", first, "settings", message)
        return
    for name, words in (glossary or {}).items():
        entry = re.compile(rf"[ \t]+[\"']?{re.escape(str(name))}[\"']?[ \t]*:")
        lines = (number for number, line in enumerate(lines_of(text), 1) if number > first and entry.match(line))
        if not isinstance(name, str):
            message = f"{shown(str(name))} of the glossary is no word to YAML; put the abbreviation in quotation marks"
            yield Problem("mkdocs.yml", next(lines, first), "settings", message)
        elif not isinstance(words, str) or not words.strip():
            message = f"the abbreviation {shown(name)} has no words; write what it stands for, in quotation marks"
            yield Problem("mkdocs.yml", next(lines, first), "settings", message)


def _twice_in_nav(nav: Any, text: str) -> Iterator[Problem]:
    """Pages that stand in the navigation a second time: MkDocs drops all titles but one, and all places but one."""
    for page in [page for page, times in Counter(_pages_of(nav)).items() if times > 1]:
        message = f"{shown(page)} stands in the navigation twice, and MkDocs drops one of its titles; take one out"
        yield Problem("mkdocs.yml", _lines_in_nav(text, page)[-1], "settings", message)


def _pages_of(nav: Any) -> Iterator[str]:
    for entry in nav if isinstance(nav, list) else ():
        target = next(iter(entry.values()), "") if isinstance(entry, dict) else entry
        if isinstance(target, str) and target.endswith(".md"):
            yield target
        yield from _pages_of(target)


def _lines_in_nav(text: str, page: str) -> list[int]:
    """The lines of `nav` that end with a page; its first where none does."""
    named = re.compile(rf"(?<![\w./-]){re.escape(page)}[\"']?\s*(?:#.*)?$")
    top = _line_of_key(text, "nav")
    below = list(enumerate(lines_of(text), 1))[top:]
    own = itertools.takewhile(lambda each: not re.match(r"[^\s#-]", each[1]), below)
    return [number for number, line in own if named.search(line)] or [top]


def _nav_problems(nav: Any, text: str, left_out: GitIgnoreSpec) -> Iterator[Problem]:
    """Sections without a page, pages that are left out, and words of titles that a browser takes for elements."""
    for entry in nav if isinstance(nav, list) else ():
        title, target = next(iter(entry.items()), ("", "")) if isinstance(entry, dict) else ("", entry)
        for element, name in re.findall(r"(<([a-zA-Z][\w-]*)[^<>]*>)", str(title)):
            if f"</{name}" not in title and name.lower() not in ("br", "wbr"):
                message = f"{shown(element)} in {shown(title)} is taken for HTML, so that nobody sees it; take it out"
                yield Problem("mkdocs.yml", line_of(text, element), "settings", message)
        if isinstance(target, str) and target.endswith(".md") and left_out.match_file(target):
            message = f"{shown(target)} is named here, and left out by exclude_docs, by draft_docs, or by MkDocs itself"
            cure = "take it out, or let it in there"
            yield Problem("mkdocs.yml", _lines_in_nav(text, target)[0], "settings", f"{message}; {cure}")
        if title and target == []:
            message = f"the section {shown(str(title))} of the navigation has no page; give it one, or take it out"
            yield Problem("mkdocs.yml", line_of(text, str(title)), "settings", message)
        yield from _nav_problems(target, text, left_out)


_COUNTED = r".+github\.com/[^/]|.+?gitlab[^/]+/."
"""As in Material's script."""
_OF_THE_THEME, _COUNTS = "partials/source.html", 'data-md-component="source"'
"""What it looks for on a page, unless the project has a template of its own in its place."""
_ICON = "write the path of one, e.g. material/home"


def _line_in_theme(text: str, key: str) -> int:
    """The line of mkdocs.yml on which a key of the theme stands, or else the theme itself; 0 where neither does."""
    found = [pair[0] for pair in _pairs_of_theme(text) if pair[0].value == key]
    return line_of_mark(found[0].start_mark) if found else _line_of_key(text, "theme")


def _pairs_of_theme(text: str) -> list[tuple[Node, Node]]:
    tree = read_yaml(text, "mkdocs.yml")
    pairs = tree.value if isinstance(tree, MappingNode) else []
    theme = next((value for key, value in pairs if key.value == "theme"), None)
    return theme.value if isinstance(theme, MappingNode) else []


_OURS = frozenset(["mkdocs_hooks.py", "search", "material/search"])
"""The hooks and plugins that nobody has to be asked about."""


def _is_alone(config: MkDocsConfig, text: str, root: Path) -> bool:
    brought = [*config.hooks, *([config.theme.custom_dir] if config.theme.custom_dir else [])]
    inside = root.resolve()
    is_inside = all((root / str(each)).resolve().is_relative_to(inside) for each in brought)
    return is_inside and not _line_of_key(text, "INHERIT")


_LONGEST_ADDRESS = 500
"""Characters."""


def _edit_url(config: MkDocsConfig) -> str:
    """What MkDocs knows for the pages, one step up for each folder that they lie in; of a template, its beginning."""
    base = f"{config.repo_url.rstrip('/')}/" if config.repo_url else ""
    if config.edit_uri_template:
        return urljoin(base, str(config.edit_uri_template).partition("{")[0])
    if not config.edit_uri:
        return ""
    below = Path(config.docs_dir).relative_to(Path(config.config_file_path).parent)
    return urljoin(urljoin(base, config.edit_uri), "../" * len(below.parts))


def _as_browsers_spell(address: str) -> str:
    """An address in a browser's spelling; '' where its host or its port is none."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").encode("idna").decode()
        if _NO_HOST.search(host):
            return ""
        host = f"[{host}]" if ":" in host else host
        usual = {"http": 80, "https": 443}.get(parts.scheme)
        port = f":{parts.port}" if parts.port and parts.port != usual else ""
    except ValueError:
        return ""
    # https://url.spec.whatwg.org/#path-percent-encode-set; and parts that are '.' or '..' are gone.
    spelt = re.sub("%2e", ".", quote(parts.path, safe="/%!$&'()*+,;=:@[]|"), flags=re.IGNORECASE)
    if {".", ".."} & set(spelt.split("/")):
        spelt = urlsplit(urljoin("http://host/", f".{spelt}")).path
    return f"{parts.scheme}://{host}{port}{spelt or '/'}"


_NO_HOST = re.compile(r"[\0-\x20#%/<>?@\\^|\x7f]")
"""What https://url.spec.whatwg.org/#forbidden-domain-code-point keeps out of a host, but for the colons of an IPv6."""


def addresses(settings: Settings) -> dict[Path, str]:
    """Each file of the docs folder and its address, relative to the site's root."""
    return addresses_below(settings.docs)


def published(settings: Settings) -> dict[Path, str]:
    """Those of `addresses` that MkDocs is not told to leave out."""
    is_out = settings.left_out.match_file
    found = addresses(settings).items()
    return {path: uri for path, uri in found if not is_out(path.relative_to(settings.docs).as_posix())}


def is_download(uri: str) -> bool:
    """Whether a staged file, by its path, is Markdown to take away, and no page."""
    return _PLAIN_DOWNLOADS.fullmatch(uri) is not None


def addresses_below(folder: Path) -> dict[Path, str]:
    """Each file of a folder of pages and its address, relative to the site's root."""
    found: dict[Path, str] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            uri = path.relative_to(folder).as_posix()
            if path.suffix in markdown_extensions:
                uri = re.sub(r"(^|/)(index|README)$", r"\1", uri.removesuffix(path.suffix))
                uri += "/" if uri and not uri.endswith("/") else ""
            found[path] = uri
    return found


def build(settings: Settings, site_dir: Path) -> list[Problem]:
    """Build the site into `site_dir`. Returns everything that MkDocs would only warn of.

    Raises BuildError where there is nothing to build from, or MkDocs gives up.
    """
    with _Listener() as heard:
        config = _load(settings.root, site_dir)
        config.plugins["wall"] = _Wall()
        config.plugins["clock"] = _Clock()
        _build(config, heard, settings)
    return heard.told(settings)


def _build(config: MkDocsConfig, heard: _Listener, settings: Settings) -> None:
    config.plugins["templates"] = _Templates()
    config.plugins.on_startup(command="build", dirty=False)
    try:
        with _refusals(heard, settings):
            build_mkdocs(config)
    finally:
        config.plugins.on_shutdown()


class Superseded(Exception):
    """Something has changed: nobody wants any more what is being built."""


class Preview:
    """The site as MkDocs has built it last, kept warm, so that one page of it can be made again by itself."""

    def __init__(self, settings: Settings, staged: Path) -> None:
        self._settings = settings
        self._staged = staged
        """The folder of the generated pages."""
        self._kept: tuple[_Keeper, MkDocsConfig] | None = None

    def build(self, site_dir: Path, is_stale: Callable[[], bool]) -> list[Problem]:
        """Do what `build` does, and keep what it knew of the site.

        Raises Superseded soon after `is_stale` has become true, and then keeps what it had.
        """
        with _Listener() as heard:
            config = _load(self._settings.root, site_dir)
            keeper = _Keeper(self._staged, is_stale)
            config.plugins["preview"] = keeper
            config.plugins["wall"] = _Wall()
            config.plugins["clock"] = _Clock()
            try:
                _build(config, heard, self._settings)
            except BuildError:
                if is_stale():  # what has changed may be what was wrong, as where a page has gone meanwhile
                    raise Superseded from None
                raise
        self._kept = keeper, config
        return heard.told(self._settings)

    def rebuild(self, uri: str) -> list[Problem] | None:
        """Make one page again, named by its path below the folder of pages; None where it was not there before.

        What other pages show of it, the navigation and the search, stay as they were. Raises BuildError as `build`.
        """
        keeper, config = self._kept or (None, None)
        file = keeper.files.get_file_from_path(uri) if keeper else None
        if keeper is None or config is None or file is None or file.page is None:
            return None
        with _Listener() as heard, ExitStack() as given_up, _refusals(heard, self._settings):
            given_up.callback(config.plugins["clock"].on_shutdown)
            _populate_page(file.page, config, keeper.files)
            _build_page(file.page, config, keeper.files.documentation_pages(), keeper.nav, keeper.env)
            file.page.validate_anchor_links(files=keeper.files, log_level=config.validation.links.anchors)
        return heard.told(self._settings)


class _NoOptions(Config):  # type: ignore[no-untyped-call]
    """What our plugin can be told in mkdocs.yml, where nobody names it."""


class _Keeper(BasePlugin[_NoOptions]):  # type: ignore[no-untyped-call]
    """What MkDocs would throw away after a build."""

    files: Files
    nav: Navigation
    env: Environment

    def __init__(self, staged: Path, is_stale: Callable[[], bool]) -> None:
        super().__init__()
        self.staged = staged
        self._is_stale: Callable[[], bool] | None = is_stale

    def on_nav(self, nav: Navigation, *, config: MkDocsConfig, files: Files) -> Navigation:
        self.nav = nav
        return nav

    def on_env(self, env: Environment, *, config: MkDocsConfig, files: Files) -> Environment:
        self.env, self.files = env, files
        return env

    def on_page_markdown(self, markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
        self._stop_if_stale()
        return markdown

    def on_post_page(self, output: str, *, page: Page, config: MkDocsConfig) -> str:
        self._stop_if_stale()
        return output

    def on_post_build(self, *, config: MkDocsConfig) -> None:
        self._is_stale = None  # a page by itself is made at once

    def _stop_if_stale(self) -> None:
        if self._is_stale and self._is_stale():
            raise Superseded


class _Wall(BasePlugin[_NoOptions]):  # type: ignore[no-untyped-call]
    """Sees that no page runs, or sends readers on, by what templates made of the titles of pages and their headings.

    The policy lets every script run that it finds in a page. So each page is held against the same page without titles:
    the project's own templates, hooks and plugins may put scripts into a page, and what they show of its title in one
    must not be able to end there.
    """

    env: Environment
    context: TemplateContext

    def __init__(self) -> None:
        super().__init__()
        self._known: set[str] = set()

    def on_env(self, env: Environment, *, config: MkDocsConfig, files: Files) -> Environment:
        self.env = env
        return env

    def on_page_context(
        self, context: TemplateContext, *, page: Page, config: MkDocsConfig, nav: Navigation
    ) -> TemplateContext:
        self.context = context
        return context

    @event_priority(100)  # before plugins add to the page what they want
    def on_post_page(self, output: str, *, page: Page, config: MkDocsConfig) -> str:
        if not self._known.issuperset(policy.blessed(output)):
            bare = list(policy.blessed(self._without_titles(page)))
            self._known |= {html.replace(_TITLE, form) for html in bare for form in _harmless(str(page.title or ""))}
        for html in policy.blessed(output):
            if html not in self._known:
                message = f"a title on it brings {shown(html)} into the page; write the title without HTML"
                _tell(page, config, 0, "page-script", message)
        return output

    def _without_titles(self, page: Page) -> str:
        bare, nav = copy(page), Navigation([], [])
        nav.homepage = self.context["nav"].homepage
        bare.title = _TITLE
        bare.toc = TableOfContents([])
        bare.previous_page = bare.next_page = bare.parent = None
        template = self.env.get_template(page.meta.get("template", "main.html"))
        return template.render({**self.context, "nav": nav, "page": bare})


_TITLE = "SomeTitleOfAPage"


def _harmless(title: str) -> Iterator[str]:
    """What a template may make of a title in a script: there, a quotation mark could end what it is shown in."""
    for text in (title, do_striptags(title)):
        yield htmlsafe_json_dumps(text)[1:-1]
        yield escape(text)
        if not re.search(r"[<>\"'\\]", text):
            yield text


class _Templates(BasePlugin[_NoOptions]):  # type: ignore[no-untyped-call]
    """Keeps what Jinja makes of the theme's templates, each time the same, as Python does of its own modules."""

    def on_env(self, env: Environment, *, config: MkDocsConfig, files: Files) -> Environment:
        for left in scratch.abandoned(COMPILED, publish.NEW):
            left.unlink(missing_ok=True)
        env.bytecode_cache = _Compiled(Cache(COMPILED))
        return env


class _Compiled(BytecodeCache):
    def __init__(self, kept: Cache) -> None:
        self._kept = kept

    def load_bytecode(self, bucket: Bucket) -> None:
        content = self._kept.get(bucket.key)
        if content is not None:
            bucket.bytecode_from_string(content)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept.put(bucket.key, bucket.bytecode_to_string())


class _Clock(BasePlugin[_NoOptions]):  # type: ignore[no-untyped-call]
    """Sees that MkDocs makes HTML of each page in time: a row of brackets can keep it busy for minutes."""

    def __init__(self) -> None:
        super().__init__()
        self._page = ExitStack()

    @event_priority(100)  # before hooks and plugins, which may be kept busy as well
    def on_page_markdown(self, markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
        self._page.enter_context(patience.within(markdown))
        return markdown

    def on_page_content(self, html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
        self._page.close()
        return html

    def on_shutdown(self) -> None:
        with suppress(patience.Late):  # somebody has told it already
            self._page.close()


@contextmanager
def _refusals(heard: _Listener, settings: Settings) -> Iterator[None]:
    """Whatever MkDocs gives up with, as BuildError."""
    try:
        yield
    except (BuildError, Superseded):
        raise
    except (MkDocsException, Abort) as error:
        told = heard.told(settings)
        said = Problem("MkDocs", 0, "mkdocs", cut(str(error), 500))  # of an Abort no more than that it is one
        raise BuildError([*told, *([] if told and isinstance(error, Abort) else [said])]) from None
    except SystemExit as error:
        raise _ended(error, settings.root, heard.told(settings)) from None
    except Exception as error:  # a hook or a template of the project may raise anything
        raised = _raised_in_page(error, heard.messages, settings)
        is_told = raised.path in {problem.path for problem in heard.problems}
        raise BuildError([*heard.problems, *([] if is_told else [raised])]) from None


def _load(root: Path, site_dir: Path) -> MkDocsConfig:
    path = root / "mkdocs.yml"
    text = read_text(path, "mkdocs.yml")
    _look_at_yaml(path, root)
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
            told = [_without_stack(said) for said in heard.messages or [str(error)]]
            raise BuildError(
                Problem("mkdocs.yml", _named_line(text, said), "settings", cut(said, 500)) for said in told
            ) from None
        except SystemExit as error:
            raise _ended(error, root) from None
        except RecursionError:
            message = "inherits from itself; name another file, or take INHERIT out"
            raise BuildError([Problem("mkdocs.yml", line_of(text, "INHERIT"), "settings", message)]) from None
        except Exception as error:  # a hook may raise anything while it is loaded
            raised = _raised_in_project(error, root)
            of_address = isinstance(error, ValueError) and re.search("IPv[46]|netloc|Port", str(error))
            if raised.path == "MkDocs" and of_address:  # which it does not expect of an address
                raised = Problem(
                    "mkdocs.yml",
                    line_of(text, "http://[") or line_of(text, "https://["),
                    "settings",
                    f"{cut(str(error), 300)}; correct the address",
                )
            raise BuildError([raised]) from None


def _look_at_yaml(path: Path, root: Path) -> None:
    """See that mkdocs.yml, and each file that it takes settings from, is YAML of which nothing is dropped.

    Raises BuildError where it is not. What has no end is told where MkDocs reads it.
    """
    seen: set[Path] = set()
    while path not in seen:
        name = _shown(path, root)
        node = read_yaml(read_text(path, name), name)
        if problems := [*repeated_keys(node, name), *impossible_dates(node, name)]:
            raise BuildError(problems)
        if seen and not isinstance(node, MappingNode):
            message = "has no 'key: value' lines, and settings are taken from it; write some, or take INHERIT out"
            raise BuildError([Problem(name, 1, "settings", message)])
        seen.add(path)
        pairs = node.value if isinstance(node, MappingNode) else []
        named = next((value for key, value in pairs if key.value == "INHERIT"), None)
        if named is None or not named.tag.startswith("tag:yaml.org"):  # one of MkDocs' own, such as '!ENV'
            return
        path = Path(os.path.normpath(path.parent / str(named.value)))
        is_file = False
        with suppress(OSError):  # a name may be too long for one
            is_file = named.tag.endswith(":str") and path.is_file()
        if not is_file:
            said = shown(named.value) if isinstance(named, ScalarNode) else "no name"
            message = f"INHERIT is {said}, which is no file; name one, or take it out"
            raise BuildError([Problem(name, line_of_mark(named.start_mark), "settings", message)])


def _without_stack(said: str) -> str:
    """What MkDocs says, without the lines of Python in which it was said."""
    what, stack, _ = said.partition('\n  File "')
    return f"{what} {said.splitlines()[-1]}" if stack else said


def _ended(error: SystemExit, root: Path, told: Sequence[Problem] = ()) -> BaseException:
    """A hook that ends the whole program, as a problem; the error itself where it was the system that asked for it."""
    if error.code in _SIGNALS:
        return error
    return BuildError([*told, _raised_in_project(error, root)])


_SIGNALS = (129, 143)
"""Exit codes of a build that is told to end."""


def _raised_in_page(error: Exception, messages: list[str], settings: Settings) -> Problem:
    """An exception as a problem of the project's code, or else of the page at which MkDocs was."""
    problem = _raised_in_project(error, settings.root)
    named = [found[1] for said in messages if (found := re.match(r"Error (?:reading|building) page '(.+?)':", said))]
    if not named or not (problem.path == "MkDocs" or problem.path.endswith(".html")):
        return problem
    path = settings.docs / named[-1]
    source = _written_in(named[-1])
    place = _shown(path, settings.root) if path.is_file() else source.as_posix() if source else named[-1]
    if isinstance(error, RecursionError):
        return Problem(place, 0, "mkdocs", "is nested too deeply for MkDocs; write it in fewer levels")
    if isinstance(error, patience.Late):
        return Problem(place, 0, "mkdocs", "keeps MkDocs busy without end; look for signs in long rows, such as '[[['")
    where = f" in {problem.path}" if problem.path != "MkDocs" else ""
    said = cut(f"{type(error).__name__}: {error}", 300)
    taken_in = re.search(r"Snippet at path '(.+)'", said)
    line = line_of(read_text(path, place), taken_in[1]) if taken_in and path.is_file() else 0
    message = f"no page can be made of it ({said}{where}); correct its front matter, or its text"
    return Problem(place, line, "mkdocs", message)


def _raised_in_project(error: BaseException, root: Path) -> Problem:
    """An exception as a problem of the project's file, outside of this package, that it came from."""
    said = f"{type(error).__name__}: {cut(str(error), 300)}; correct it"
    if isinstance(error, patience.Late):
        said = "keeps MkDocs busy without end; see what it waits for"
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
    for path in sorted(docs.rglob("*")):
        name = path.relative_to(root).as_posix()
        is_hidden = any(part.startswith(".") for part in path.relative_to(docs).parts)
        is_left_out = settings.left_out.match_file(path.relative_to(docs).as_posix())
        if is_hidden and is_left_out:
            continue
        if re.search(r'[<>"]', path.name):
            yield Problem(name, 0, "file", "has a '<', '>' or '\"' in its name, which is no address; rename it")
        elif path.is_symlink():
            message = "is a symbolic link, and MkDocs would publish what it leads to; put the file itself here"
            yield Problem(name, 0, "file-outside", message)
        elif is_left_out or not path.is_file():
            continue  # what nobody gets to see may hold anything
        elif path.suffix != ".md" and path.suffix.lower() in markdown_extensions:
            what = "become a page that nobody looks at" if path.suffix in markdown_extensions else "be no page"
            yield Problem(name, 0, "file", f"would {what}, by its ending '{path.suffix}'; name it '.md'")
        else:
            try:
                if path.suffix == ".md":
                    text = read_text(path, name)
                    with patience.named(name, text):
                        found = [*_text_problems(text, name), *_meta_problems(text, name, settings)]
                    yield from found
                else:
                    yield from _file_problems(path, name, is_asset="assets" in path.relative_to(docs).parts[:1])
            except BuildError as error:
                yield from error.problems
    yield from written_templates(settings)[1]


def _file_problems(path: Path, name: str, *, is_asset: bool) -> Iterator[Problem]:
    """What is wrong with a file beside the pages. Raises BuildError where it cannot be read.

    What `is_asset` is the project's own code, and may run.
    """
    ending = path.suffix.lower()
    if ending in pictures.SUFFIXES:
        if message := pictures.fault(path):
            yield Problem(name, 0, "image-broken", message)
    elif ending == ".css":
        line, sign = styles.unbalanced(read_text(path, name))
        if line:
            what = "ends nothing" if sign == "}" else "has no end"
            message = f"'{sign}' {what}, so that browsers pass over what follows; correct it"
            yield Problem(name, line, "style-mistyped", message)
    elif is_asset and ending == ".html":
        read_text(path, name)
    elif is_asset:
        return
    elif ending in _NO_PAGES or (ending == ".html" and path.suffix != ".html"):
        cure = "save it as '.svg'" if ending == ".svgz" else "name it '.html'"
        message = f"is a page with the ending '{path.suffix}', which nobody looks into; {cure}"
        yield Problem(name, 0, "page-script", message)
    elif ending in _DOCUMENTS or (ending not in _WORDS and _begins_as_xml(path)):
        text = read_text(path, name)
        with patience.named(name, text):
            found = list(_document_problems(text, name, ending))
        yield from found


# What a browser opens by itself. Web servers call all of the first XML.
_XML = (
    ".atom", ".dae", ".gpx", ".kml", ".mathml", ".mml", ".ncx", ".opf", ".owl", ".rdf", ".rng", ".rss", ".smi",
    ".smil", ".svg", ".wsdl", ".xbl", ".xml", ".xsd", ".xsl", ".xslt", ".xspf", ".xul",
)  # fmt: skip
_DOCUMENTS = (".html", *_XML)
# What is shown as words, or not at all; any other file that begins as XML may be shown as such.
_WORDS = (".cfg", ".conf", ".css", ".csv", ".ini", ".js", ".json", ".log", ".md", ".mjs", ".txt", ".yaml", ".yml")
# What it takes for a page, and the build does not: such a page would have no policy.
_NO_PAGES = (".htm", ".mht", ".mhtml", ".shtml", ".svgz", ".xht", ".xhtml")


_START = 4096
"""Bytes of a file that are looked at; whoever begins with more empty lines than that has something to hide."""


def _begins_as_xml(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            start = file.read(_START)
            is_wide = start.startswith((b"\xff\xfe", b"\xfe\xff"))
            text = start.decode("utf-16" if is_wide else "utf-8-sig", errors="replace").lstrip()
            return text.startswith("<") or (not text and len(start) == _START)
    except OSError:
        return False


_HIDDEN = ("feedback", "footer", "navigation", "path", "tags", "toc")
"""What Material leaves out of a page whose `hide` names it."""
_META = frozenset(["description", "hide", "icon", "robots", "search", "tags", "template", "title"])
"""Settings that a page may begin with, without a '---': MkDocs takes any first words with a colon for one.

The theme shows nothing of others, such as 'summary' and 'status', with which a record may begin.
"""


def _text_problems(text: str, name: str) -> Iterator[Problem]:
    plain = tables.out_of_boxes(active.without_comments(active.without_code(text)))
    plain = re.sub(active.INDENTED, "", plain)
    for row, message in tables.lost(lines_of(active.without_preformatted(plain))):
        yield Problem(name, row, "cell-lost", message)
    matter = front_matter(text)
    if matter is not None:
        values = load_yaml(matter, name, offset=1)
        if values is not None and not isinstance(values, dict):
            message = "front matter has no 'key: value' lines; write e.g. 'title: A page'"
            yield Problem(name, 2, "yaml", message)
        return
    lines = lines_of(text)
    if re.match(r"---[ \t]*\n[\w-]+:", "\n".join(lines[:2])):
        message = "front matter has no end, and is shown on the page; write '---' on a line of its own below it"
        yield Problem(name, 1, "yaml", message)
        return
    above = re.match(r"\s*(?:<!--.*?-->\s*)*", text, re.DOTALL)
    if above and re.match(r"[\w-]+[ \t]*:", front_matter(text[above.end() :]) or ""):
        message = "front matter is read only from the first line on, and is shown here; take out what stands above it"
        yield Problem(name, line_at(text, above.end()), "yaml", message)
        return
    _, taken = get_data(text)
    for number, line in enumerate(itertools.takewhile(str.strip, lines if taken else ()), 1):
        key = line.partition(":")[0].strip().lower()
        if key in taken and key not in _META:
            message = f"{shown(line)} is taken for a setting of the page, and not shown; write an empty line above it"
            yield Problem(name, number, "yaml", message)


def _meta_problems(text: str, name: str, settings: Settings) -> Iterator[Problem]:
    """What a page asks of the theme or of the build in vain, or its templates would meet with a traceback."""
    _, meta = get_data(text)
    paper = re.search(rf"(?m)^{re.escape(templates.OPENS)}[ \t]*$", active.without_comments(active.without_code(text)))
    is_meant = any(str(key) == "handout" or is_nearly(str(key), "handout") for key in meta)
    if paper and not is_meant and (meta or front_matter(text) is None):
        message = (
            "a template's paper stands here, and no 'handout' in the front matter, without which it makes no files"
        )
        yield Problem(name, line_at(text, paper.start()), "template", f"{message}; see CONTRIBUTING.md")
    if not settings.templates:
        return
    icon, hide, search = (meta.get(key) for key in ("icon", "hide", "search"))
    wrong: dict[str, str] = {}
    for key in map(str, meta.keys() - _META if front_matter(text) is not None else ()):
        if near := meant(key, [*sorted(_META), "handout"]):
            wrong[key] = f"{shown(key)} means nothing here; did you mean '{near}'?"
    strange = [word for word in hide if word not in _HIDDEN] if isinstance(hide, list) else []
    for word, close in [(str(word), get_close_matches(str(word), _HIDDEN)) for word in strange]:
        if close:
            wrong["hide"] = f"{shown(word)} is nothing that the theme hides; did you mean '{close[0]}'?"
            break
    if icon and not _has_template(settings.templates, f".icons/{icon}.svg"):
        wrong["icon"] = f"{shown(f'icon: {icon}')} is no icon of the theme; {_ICON}"
    if hide and isinstance(hide, int | float | date):
        wrong["hide"] = f"{shown(f'hide: {hide}')} is no list of what to hide; write e.g. 'hide: [toc]'"
    if search and not isinstance(search, dict):
        wrong["search"] = f"{shown(f'search: {search}')} has no keys; write e.g. 'search: {{exclude: true}}'"
    for key in ("title", "description", "robots"):
        if isinstance(meta.get(key), list | dict | bool):
            wrong[key] = f"'{key}' is no text to YAML; write words, and put them in quotation marks"
    for key, value in search.items() if isinstance(search, dict) else ():
        cure = "without quotation marks" if isinstance(value, str) else "and nothing else"
        if near := meant(str(key), ["boost", "exclude"]):
            wrong[str(key)] = f"{shown(key)} means nothing here; did you mean '{near}'?"
        elif key == "exclude" and value is not None and not isinstance(value, bool):
            wrong[key] = f"{shown(f'{key}: {value}')} is neither true nor false to YAML; write one of these, {cure}"
        elif key == "boost" and value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            wrong[key] = f"{shown(f'{key}: {value}')} is no number to YAML; write e.g. 2, {cure}"
    for key, message in wrong.items():
        yield Problem(name, _line_of_setting(text, key), "yaml", message)


def _line_of_setting(text: str, key: str) -> int:
    """The line of a key in the front matter of a page: at the left, or else within another; 1 where it is not found."""
    matter = front_matter(text)
    head = text if matter is None else text[: text.index(matter) + len(matter)]
    named = rf"[\"']?{re.escape(key)}[\"']?[ \t]*:"
    found = re.search(rf"(?im)^{named}", head) or re.search(rf"(?im)(?:^|[{{,])[ \t]*{named}", head)
    return line_at(head, found.end()) if found else 1


def _has_template(folders: Sequence[Path], name: str, words: str = "") -> bool:
    """Whether a theme has a template, as Jinja would find it, and these words are in it."""
    try:
        return words in FileSystemLoader(folders).get_source(Environment(), name)[0]
    except (TemplateNotFound, ValueError):  # the latter for what is no text
        return False


def _document_problems(text: str, name: str, ending: str) -> Iterator[Problem]:
    if hides := re.search(r"<!(?:ENTITY|ATTLIST)|<\?xml-stylesheet", text, re.IGNORECASE):
        message = "has entities or a style sheet that could hide a script; save it without them"
        yield Problem(name, line_at(text, hides.start()), "page-script", message)
        return
    said = re.findall(_SAYS_IN_XML, text, re.IGNORECASE)
    if ending == ".html":
        said += active.encodings(text)
    for encoding in said:
        as_ascii = ending == ".html" or encoding.lower().startswith(_AS_ASCII)
        if encoding.lower() not in ("utf-8", "utf8") and not (as_ascii and text.isascii() and _ESCAPE not in text):
            line = line_of(text, f"charset={encoding}") or line_of(text, encoding)
            message = f"says that it is in {shown(encoding.lower())}; save it as UTF-8, and say so"
            yield Problem(name, line, "file", message)
            return
    if ending == ".html" and _ESCAPE in text and not said:
        message = "may be taken for Japanese, for its escape sign; write '<meta charset=utf-8>' into its head"
        yield Problem(name, line_of(text, _ESCAPE), "file", message)
        return
    try:
        found = list(active.find_in_document(text) if ending == ".html" else active.find_in_xml(text))
    except ElementTree.ParseError as error:
        if ending in _XML:
            reason = str(error).partition(":")[0]
            message = f"is no XML that a browser reads to its end ({reason}); correct it"
            yield Problem(name, error.position[0], "file", message)
        found = list(active.find(text))  # what comes before may be drawn, and run
    for each in found:
        yield Problem(name, active.line_in(text, each.clues, is_markdown=False), "page-script", each.message)


_ESCAPE = "\x1b"
"""With which another encoding begins, in which every sign has two bytes."""
_SAYS_IN_XML = r"\A<\?xml[^>]*\bencoding\s*=\s*[\"']([^\"']*)"
_AS_ASCII = ("ascii", "iso-8859", "us-ascii", "windows-125")
"""How the names of encodings begin in which ASCII is what it is in UTF-8."""


class _Listener(logging.Handler):
    """Keeps what MkDocs warns of while it is entered, and keeps it off the console."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []
        self.problems: list[Problem] = []
        """What our own hooks have found."""
        self._logger = logging.getLogger("mkdocs")

    def emit(self, record: logging.LogRecord) -> None:
        found = getattr(record, "problem", None)
        if isinstance(found, Problem):
            self.problems.append(found)
        else:
            self.messages.append(record.getMessage())

    def told(self, settings: Settings) -> list[Problem]:
        """Everything that was heard, as problems."""
        return [*self.problems, *_located(self.messages, settings.root, settings.docs)]

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
        if found := re.match(r"Doc file '(.+?)' contains an? .*?link '(.*?)'(?:,|\s|$) ?(.*)", message, re.DOTALL):
            name, link, rest = found.groups()
            path = _path_below(docs, name, root)
            line = active.line_of_link(read_text(path, name), link) if path.is_file() else 0
            text = " ".join(rest.split()).rstrip(".")
            yield Problem(_shown(path, root), line, "link-dead", f"link '{link}': {text}; correct the link")
        elif found := re.match(r"(?:Error reading (\w+) of|.*?\b) ?page '(.+?\.md)'(.*)", message, re.DOTALL):
            path = _path_below(docs, found[2], root)
            text = read_text(path, found[2]) if path.is_file() else ""
            if found[3].strip(": \n"):  # else another message says what is wrong
                yield Problem(_shown(path, root), _line_of_key(text, found[1] or "-"), "mkdocs", cut(message, 500))
        else:
            text = read_text(root / "mkdocs.yml", "mkdocs.yml")
            yield Problem("mkdocs.yml", _named_line(text, message), "mkdocs", cut(message, 500))


def _path_below(docs: Path, name: str, root: Path) -> Path:
    """Where a page is written that MkDocs names."""
    made_from = None if (docs / name).is_file() else _written_in(name)
    return root / made_from if made_from else docs / name


def _line_of_key(text: str, key: str) -> int:
    """The line on which a key stands, of mkdocs.yml or of front matter, that belongs to no other; 0 where none does."""
    found = re.search(rf"^{re.escape(key)}[ \t]*:", text, re.MULTILINE)
    return line_at(text, found.start()) if found else 0


def _named_line(text: str, message: str) -> int:
    """The line of mkdocs.yml that has the key, or else that holds something, the message quotes."""
    if (key := re.match(r"Config value '([\w.]+)'", message)) and (line := _line_of_key(text, key[1])):
        return line
    quoted = re.findall(r"'([^']{2,})'", message)
    return next((line for name in quoted if (line := line_of(text, name))), 0)


# --- called by MkDocs, through mkdocs_hooks.py --------------------------------------------------------------


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Give each generated page that the navigation does not name a place beside the page that lists its kind.

    And have it told when a file is not there that a page takes in, which would be left out without a word.
    """
    if "pymdownx.snippets" in config.markdown_extensions:
        config.mdx_configs.setdefault("pymdownx.snippets", {}).setdefault("check_paths", True)
    nav: Any = config.nav
    for folder in ("decks", "facilitate", "practice"):
        section = _section_of(nav, f"{folder}/index.md")
        pages = [
            uri
            for uri, _ in _staged(config)
            if re.fullmatch(rf"{folder}/([^/]+/(index|evidence|critique)|answer-key/[^/]+/example|[^/]+)\.md", uri)
        ]
        for uri in pages:
            if section is not None and not _section_of(nav, uri):
                section.append(uri)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Mount what the build staged: pages, slides, pictures. A log entry where there is nothing yet.

    Raises BuildError where a plugin has changed what was looked at before it.
    """
    if not config.use_directory_urls:
        text = read_text(Path(config.config_file_path), "mkdocs.yml")
        line = line_of(text, "offline") or _line_of_key(text, "plugins")
        message = "a plugin sets use_directory_urls to false, and every page has a folder as its address; take it out"
        raise BuildError([Problem("mkdocs.yml", line, "settings", message)])
    if not _staged_folder(config).is_dir():
        log.warning("the pages of the decks are not there yet; run 'python3 build.py' once")
    _see_that_all_is_taken_in(config)
    for uri, path in _staged(config):
        if not _PLAIN_DOWNLOADS.fullmatch(uri):
            place = InclusionLevel.NOT_IN_NAV if Path(uri).match(_OUTSIDE_NAVIGATION) else InclusionLevel.UNDEFINED
            files.append(File.generated(config, uri, abs_src_path=str(path), inclusion=place))
    return files


def _see_that_all_is_taken_in(config: MkDocsConfig) -> None:
    """Tell where what the build makes is left out: links lead to it, and what is made of it would be half there."""
    for setting in ("exclude_docs", "draft_docs"):
        left_out = [uri for uri, _ in _staged(config) if config[setting] and config[setting].match_file(uri)]
        if left_out:
            others, them = (f" and {len(left_out) - 1} more", "them") if left_out[1:] else ("", "it")
            message = f"leaves out '{left_out[0]}'{others}, which the build makes; let it take {them} in"
            line = _line_of_key(read_text(Path(config.config_file_path), "mkdocs.yml"), setting)
            problem = Problem("mkdocs.yml", line, "settings", f"{setting} {message}")
            log.warning("%s", problem.message, extra={"problem": problem})


def _source_of(uri: str) -> str | None:
    """The file in which a generated page is written; None where no one file says what is in it."""
    deck = re.fullmatch(r"decks/([^/]+)/(?:index|source)\.md", uri) or re.fullmatch(r"facilitate/([^/]+)\.md", uri)
    if deck and deck[1] == PAGE and uri.startswith("facilitate/"):
        return SESSIONS.as_posix()
    return f"slides/{quote(deck[1])}/deck.md" if deck else None


def _written_in(uri: str) -> Path | None:
    """As `_source_of`, below the project; practice pages, which nobody edits from the site, have a file as well."""
    incident = re.fullmatch(r"practice/(?:answer-key/)?([^/]+)/(?:evidence|critique|example)\.md", uri)
    source = _source_of(uri)
    return SCENARIOS / f"{incident[1]}.yml" if incident else Path(unquote(source)) if source else None


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Make the front matter of a hand-written page text: Material's templates escape nothing of it.

    A generated page is edited where its words are written.
    """
    if page.file.generated_by is None:
        page.meta = {key: _escaped(value) for key, value in page.meta.items()}
        template = page.meta.get("template")
        if template and not _is_own_template(template, config):
            message = f"the template {shown(template)} is none of the project's, and may hold scripts; take it out"
            _warn(page, config, message, r"(?m)^template\s*:")
        for script in _foreign_scripts(page, config):
            message = f"the script {shown(script)} is none of docs/assets; put it there, or take it out"
            _warn(page, config, message, r"(?m)^scripts\s*:")
    elif config.edit_uri and not config.edit_uri_template:
        source = _source_of(page.file.src_uri)
        page.edit_url = _edit_url(config) + source if source else None
    return _with_templates(markdown, page, config)


def _with_templates(markdown: str, page: Page, config: MkDocsConfig) -> str:
    """The page with its files to take away, where it is a template, and the table of all templates where it is asked.

    What is wrong with a template was told before; here, the page is left as it is.
    """
    uri, base = page.file.src_uri, config.site_url or ""
    if "handout" in page.meta:
        with suppress(BuildError):
            if template := templates.read(page.file.content_string, uri=uri, source=uri):
                return templates.page(markdown, template, base)
    if templates.PLACE in markdown:
        found = all_templates(Path(config.docs_dir), _staged_folder(config))
        return markdown.replace(templates.PLACE, templates.table(found, get_relative_url("./", page.url)))
    return markdown


def written_templates(settings: Settings) -> tuple[list[Template], list[Problem]]:
    """The templates among the hand-written pages, and what is wrong with them."""
    docs = settings.docs.relative_to(settings.root).as_posix()
    found, problems = templates.find(settings.docs, lambda uri: f"{docs}/{uri}")
    is_out = settings.left_out.match_file  # what nobody gets to see may be unfinished
    return found, [each for each in problems if not is_out(each.path.removeprefix(f"{docs}/"))]


def all_templates(*folders: Path) -> list[Template]:
    """The templates among the pages of all these folders, by their numbers."""
    found = [template for folder in folders for template in templates.find(folder, str)[0]]
    return sorted(found, key=lambda template: template.number)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Look for scripts, frames and forms in what a page's Markdown became, and tell its cards and boxes apart."""
    _make_titles_safe(page)
    for found in active.find(html):
        _warn(page, config, found.message, *found.clues)
    if active.never_ended(html):
        return ""
    text, is_written = page.file.content_string, page.file.generated_by is None
    is_of_incident = re.fullmatch(r"practice/.+/(?:critique|example)\.md", page.file.src_uri)
    if is_written or is_of_incident:  # of somebody's Markdown
        for line, message in unclosed.find(html, text):
            _tell(page, config, line if is_written else 0, "block-open", message)
    if is_written:
        if "title" in page.meta and not page.title:
            line = _line_of_setting(text, "title")
            _tell(page, config, line, "yaml", "'title' has no words; write some, or take it out")
        for line, message in links.wrong_in_page(html, text):
            _tell(page, config, line, "link-dead", message)
        for line, message in tables.lost_set_in(html, text):
            _tell(page, config, line, "cell-lost", message)
    if is_written or page.file.src_uri == f"facilitate/{PAGE}.md" or is_of_incident:
        path = _path_of(page, config)
        source = "" if is_written or not path.is_file() else read_text(path, page.file.src_uri)
        for line, words, message in signs.left(unclosed.below_front_matter(text), html, "page"):
            _tell(page, config, line if is_written else line_of(source, words), "markdown-left", message)
    return templates.with_parts(html)


def _make_titles_safe(page: Page) -> None:
    """Make HTML that is only words of what a page's headings became: templates escape nothing of it.

    Python-Markdown and MkDocs take tags out of a heading, and out of what is left, another may have come together.
    """
    for anchor in _anchors(page.toc):
        anchor.title, anchor.id = _without_tags(anchor.title), escape(unescape(anchor.id))
    page._title_from_render = _without_tags(page._title_from_render or "")
    # In <title>, Material shows what comes without front matter unescaped.
    if "title" not in page.meta and re.search("</title", do_striptags(str(page.title)), re.IGNORECASE):
        page.meta["title"] = page.title


def _anchors(items: Iterable[AnchorLink]) -> Iterator[AnchorLink]:
    for item in items:
        yield item
        yield from _anchors(item.children)


def _without_tags(html: str) -> str:
    return re.sub("[<>]", lambda sign: escape(sign[0]), html)


def _warn(page: Page, config: MkDocsConfig, message: str, *clues: str) -> None:
    path = _path_of(page, config)
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    line = active.line_in(text, clues, is_markdown=path.suffix == ".md")
    _tell(page, config, line, "page-script", message)


def _tell(page: Page, config: MkDocsConfig, line: int, rule: str, message: str) -> None:
    problem = Problem(_shown(_path_of(page, config), Path(config.config_file_path).parent), line, rule, message)
    log.warning("%s", problem, extra={"problem": problem})


def _path_of(page: Page, config: MkDocsConfig) -> Path:
    """Where the words of a page are written."""
    made_from = _written_in(page.file.src_uri) if page.file.generated_by else None
    return Path(config.config_file_path).parent / made_from if made_from else Path(page.file.abs_src_path or "")


def _escaped(value: Any, *, is_part: bool = False) -> Any:
    """A value of front matter as HTML; `is_part` is what stands in a list or a mapping.

    A template that expects a text shows these as Python writes them, in quotation marks that depend on what is in it.
    """
    if isinstance(value, dict):
        return {_escaped(key, is_part=True): _escaped(each, is_part=True) for key, each in value.items()}
    if isinstance(value, list):
        return [_escaped(each, is_part=True) for each in value]
    if value is None or isinstance(value, bool | int | float | date):
        return value
    # YAML has more kinds of values, as sets and bytes, which are written so, too.
    signs = '[<>"]' if isinstance(value, str) and not is_part else "[<>\"']"
    return re.sub(signs, lambda sign: escape(sign[0]), str(value))


def _foreign_scripts(page: Page, config: MkDocsConfig) -> list[str]:
    """What the front matter of a page names as scripts, and is not the project's own code, nor made by the build."""
    named = page.meta.get("scripts") or []
    if not isinstance(named, list):
        return [str(named)]
    # No file of evidence may be called so.
    made = {uri for uri, _ in _staged(config) if re.fullmatch(r"practice/(?:answer-key/)?[^/]+/\w+\.js", uri)}
    return [str(each) for each in named if not (isinstance(each, str) and (each in made or _is_asset(each, config)))]


def _is_asset(address: str, config: MkDocsConfig) -> bool:
    own, path = Path(config.docs_dir, "assets").resolve(), Path(config.docs_dir, address).resolve()
    return re.fullmatch(r"[\w./-]+", address) is not None and path.is_file() and path.is_relative_to(own)


def _is_own_template(template: object, config: MkDocsConfig) -> bool:
    own = Path(config.theme.custom_dir or "nowhere").resolve()
    path = own / str(template)
    return path.is_file() and path.resolve().is_relative_to(own)


def on_post_build(config: MkDocsConfig) -> None:
    """Put the plain Markdown downloads beside the pages."""
    for uri, path in _staged(config):
        if not _PLAIN_DOWNLOADS.fullmatch(uri):
            continue
        target = Path(config.site_dir) / uri
        if target.with_name("index.html").is_file():
            shutil.copyfile(path, target)
        else:  # MkDocs leaves out docs/templates of itself, and what exclude_docs says
            root, page = Path(config.config_file_path).parent, Path(config.docs_dir, f"{Path(uri).parent}.md")
            message = "is left out by MkDocs, and its files would be nowhere; let exclude_docs in mkdocs.yml take it in"
            if page.is_file():  # else the build makes it, and `on_files` has told it
                log.warning("%s", message, extra={"problem": Problem(_shown(page, root), 0, "template", message)})


def _staged_folder(config: MkDocsConfig) -> Path:
    keeper = config.plugins.get("preview")
    if isinstance(keeper, _Keeper):
        return keeper.staged
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
