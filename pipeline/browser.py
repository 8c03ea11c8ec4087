"""Look at decks and pages as a reader does. The only module of the build that imports playwright.

Nothing is asked of a network: every request is answered from a folder, under the address that the site will have, and
whatever asks for another host is refused and remembered. Where many pages are opened, a web server on this machine
answers, so that the browser keeps what the pages have in common.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Playwright, Request, Route, ViewportSize, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from pipeline import looks, loopback, scratch
from pipeline.looks import COLOURS, SCHEMES, WIDTHS, Finding
from pipeline.problems import Area, BuildError, Problem, cut

_MEASURE = Path(__file__).with_name("measure.js")
_ACCESS = Path(__file__).with_name("access.js")
_AXE = Path(__file__).parent.parent / "node_modules" / "axe-core" / "axe.min.js"

_SIZE: ViewportSize = {"width": 1280, "height": 720}

DEADLINE_MS = 30_000
"""How long what Playwright itself watches may take, such as opening a page."""

LAUNCH = 20.0
"""Seconds that the browser has to start."""

PATIENCE = 40.0
"""Seconds that the browser has for everything else, which nobody but us watches."""

SEARCH = 20.0
"""Seconds that the search of a site has to say that it is ready."""

PATIENCE_PER_SLIDE = 0.06
"""Seconds more for each slide where the browser has all of them at once: to print one takes a third of it."""

PATIENCE_PER_ELEMENT = 0.02
"""Seconds for each element of a page that is tried by keyboard, where it has so many that PATIENCE is too short."""

LONG = 200
"""Pages of a document from which on a browser is told to take out its rubbish after each printing, or it takes a GB."""

MANY = 20
"""Pages of a site, opened one after another in a window, after which it is told so, too."""

CLOSE = 10.0
"""Seconds that a browser has to show that it still answers, or to end."""

LOST = 2.0
"""Seconds that Playwright has to tell what waits for a browser which is gone."""


@dataclass(frozen=True)
class Misfit:
    """Something on a slide that a reader cannot see or read, or a slide on which there is nothing to see."""

    slide: int
    """1-based."""
    line: int
    """The source line of the block, 0 where only the slide is known."""
    rule: str
    message: str
    area: Area | None = None
    directive: str = ""
    """The directive that says so, whose line no browser can know; '' where it is none."""


@dataclass(frozen=True)
class Complaint:
    """What the browser says of a page that it has opened."""

    rule: str
    message: str
    clues: tuple[str, ...] = ()
    """What the line of the source that is to blame may hold, the likeliest first; empty where that is not known."""


class Watch:
    """Ends the browser when a step takes too long, since Playwright waits for ever; then what waits for it fails."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seconds = 0.0
        self._timer: threading.Timer | None = None
        self._is_lost = False
        self.fired = 0.0
        """After how many seconds it has ended the browser; 0 where it has not."""

    @contextmanager
    def step(self, seconds: float) -> Iterator[None]:
        """Give the browser so long for what follows. The time of a step around it begins anew afterwards."""
        around = self._seconds
        self._set(seconds)
        try:
            yield
        finally:
            self._set(around)

    def _set(self, seconds: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._seconds = seconds
        if self._is_lost:
            seconds = min(seconds, LOST)
        self._timer = threading.Timer(seconds, self._fire, [seconds]) if seconds else None
        if self._timer:
            self._timer.start()

    def lose(self, _: Browser) -> None:
        """Wait no longer: the browser is gone, and in an unlucky moment Playwright would wait for it all the same."""
        self._is_lost = True
        self._set(self._seconds)

    def _fire(self, seconds: float) -> None:
        self.fired = seconds
        self.end()

    def end(self) -> None:
        """End the browser and the program that drives it, whatever state they are in."""
        scratch.end(self._folder)

    def reason(self, error: PlaywrightError) -> str:
        """Why the browser did not do what it was asked to."""
        if self._is_lost:
            return "it ended in the middle of its work"
        return f"it did not answer for {self.fired:.0f} s and was ended" if self.fired else _first_line(error)


@dataclass(frozen=True)
class Started:
    """A browser that runs."""

    browser: Browser
    watch: Watch
    """Sees that every step in the browser comes to an end."""

    def read(self, folder: Path, base: str, served: str = "") -> Reader:
        """Open a window for which `folder` is the web site at `base`. `served` is as for `Reader`."""
        return Reader(self.browser, folder, base, self.watch, served)


@contextmanager
def start(program: Path) -> Iterator[Started]:
    """Start the browser at `program`. Raises BuildError if it does not come up, or is lost on the way."""
    with scratch.open_folder() as folder:
        watch = Watch(folder)
        with _drive(folder, watch) as playwright:
            browser = _launch(playwright, program, watch)
            browser.on("disconnected", watch.lose)
            try:
                yield Started(browser, watch)
            except PlaywrightError as error:
                message = f"the browser gave up: {watch.reason(error)}; {_CURE}"
                raise BuildError([Problem(str(program), 0, "browser", message)]) from None


_CURE = "see whether it runs by itself and memory is free, or set CHROME_PATH to another"


@contextmanager
def _drive(folder: Path, watch: Watch) -> Iterator[Playwright]:
    """Run the program that drives browsers. Where anything goes wrong it is ended at once, as it may be what hangs."""
    # Which would show what a driver that was killed leaves behind as a traceback.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    manager = sync_playwright()
    try:
        with watch.step(LAUNCH), _environment(scratch.environment(folder)):
            playwright: Playwright = manager.__enter__()
    except Exception as error:  # Playwright has no name for a driver that ends at once
        cure = "unset NODE_OPTIONS, or correct it" if os.environ.get("NODE_OPTIONS") else "build once more"
        message = f"the program that drives browsers does not start: {' '.join(str(error).split())}; {cure}"
        raise BuildError([Problem("Playwright", 0, "browser", message)]) from None
    try:
        yield playwright
    except BaseException:
        watch.end()
        raise
    finally:
        with suppress(PlaywrightError), watch.step(CLOSE):
            manager.__exit__(None, None, None)


@contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    """Start what follows with these variables, as Playwright passes on its own only."""
    before = dict(os.environ)
    os.environ.update(wanted)
    os.environ.pop("PWDEBUG", None)  # with it, every step would wait for somebody in a window
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _launch(playwright: Playwright, program: Path, watch: Watch) -> Browser:
    try:
        with watch.step(LAUNCH + CLOSE):  # Playwright's own limit comes first
            return playwright.chromium.launch(
                executable_path=program,
                # Root cannot have a sandbox; everybody else keeps it.
                chromium_sandbox=not (hasattr(os, "geteuid") and os.geteuid() == 0),
                args=[
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                    f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {loopback.HOST}",
                    "--no-proxy-server",
                ],
                timeout=LAUNCH * 1000,
            )
    except PlaywrightError as error:
        message = f"the browser does not start: {_first_line(error)}; {_CURE}"
        raise BuildError([Problem(str(program), 0, "browser", message)]) from None


class Reader:
    """A window of the browser for which `folder` is the web site at `base`, and there are no others.

    Where it is `served` at an address of this machine, pages open in half of the time, each in a frame of one and the
    same page. Then what a reader finds says that something is wrong, and not what: another one has to look, for whom
    the site has its own address, and the page a window of its own.
    """

    def __init__(self, browser: Browser, folder: Path, base: str, watch: Watch | None = None, served: str = "") -> None:
        self._browser = browser
        self._watch = watch or Watch(folder)
        self.folder = folder
        self._base = served or base
        self._is_served = bool(served)
        self._opened = 0
        self._seen: list[Complaint] = []
        self.answered: set[Path] = set()
        """The files that the last page or deck has asked for, those included that are not there."""
        self._outside: dict[str, str] = {}
        with self._watch.step(PATIENCE):
            self._open_window()

    def close(self) -> None:
        """Close the window, and give back the memory that its page takes."""
        with self._watch.step(CLOSE):
            self._page.context.close()

    def end(self) -> None:
        """End the browser, from any thread: whatever its window is at fails."""
        self._watch.end()

    def _open_window(self) -> None:
        self._page = self._browser.new_context(viewport=_SIZE).new_page()
        self._page.set_default_timeout(DEADLINE_MS)
        self._page.expose_binding(_TELL, lambda _, refused: self._on_refusal(refused))
        self._page.add_init_script(_LISTEN)
        if self._is_served:
            self._open_frame_for_pages()
            self._page.context.on("request", self._note)
        else:  # for which the browser keeps nothing, and each file goes through three programs
            self._page.context.route("**/*", self._answer)
        self._page.on("console", self._on_console)
        self._page.on("pageerror", self._on_error)
        self._page.on("requestfailed", self._on_failure)

    def _open_frame_for_pages(self) -> None:
        """Open an empty page of the site, which is in no file of it, as what holds the frame in which pages are."""
        self._page.route("**/*", lambda route: route.fulfill(body=_AROUND, content_type="text/html"))
        self._page.goto(self._base)
        self._page.unroute("**/*")  # or the browser would keep nothing

    @contextmanager
    def confine(self, path: str, problems: list[Problem]) -> Iterator[None]:
        """Make what goes wrong in the window a problem of `path`, and go on in a new one; a lost browser stays lost."""
        try:
            yield
        except PlaywrightError as error:
            if self._watch.fired or not self._browser.is_connected():
                reason = f"{self._watch.reason(error)}; take out what runs without end"
                message = f"the browser gave up here: {reason}, or {_CURE}"
                raise BuildError([Problem(path, 0, "browser", message)]) from None
            problems.append(Problem(path, 0, "browser", f"could not be looked at to the end: {_first_line(error)}"))
            self._open_anew()

    def _open_anew(self) -> None:
        self.close()
        with self._watch.step(PATIENCE):
            self._open_window()

    def visit(self, uri: str) -> list[Complaint]:
        """Open a page of the site, by its address relative to the site's root.

        Returns console errors, exceptions, failed requests, requests to other hosts, what the policy refuses, and
        pictures that cannot be drawn.
        """
        self.set_out(uri)
        return self.arrive()

    def set_out(self, uri: str) -> None:
        """Begin a visit, which `arrive` ends: between the two, the browser can open another page in another window."""
        with self._watch.step(PATIENCE):
            self._forget()
            self._opened += 1
            if self._is_served:
                if self._opened % MANY == 0:
                    self._page.request_gc()
                self._page.evaluate(_OPEN, [self._address(uri), DEADLINE_MS])
            else:
                self._page.goto(self._address(uri), wait_until="commit")

    def arrive(self) -> list[Complaint]:
        """Wait until the page for which one has set out is there as a whole; returns what `visit` does."""
        with self._watch.step(PATIENCE):
            try:
                broken = self._broken_pictures()
            except PlaywrightError:
                is_lost = self._watch.fired or not self._browser.is_connected()
                if is_lost or not (found := self._complaints()):
                    raise
                self._open_anew()  # a page that goes away breaks off our look at it, and what was found says where to
                return found
            found = self._complaints()
        told = " ".join(complaint.message for complaint in found)  # of a picture that did not come, that is told
        for source in broken:
            if (name := source.rpartition("/")[2]) not in told:
                message = f"image '{cut(source, 100)}' cannot be shown; see whether the file is whole"
                found.append(Complaint("image-broken", message, (source, name)))
        return found

    def _broken_pictures(self) -> list[str]:
        """The sources of pictures that cannot be drawn, once the page for which one has set out is there as a whole."""
        found: list[str]
        if self._is_served:
            found = self._page.evaluate("opened")  # which is not there where a page took the whole window
        else:
            self._page.wait_for_load_state("load")
            self._page.evaluate(_SETTLE)  # what was refused is told a moment later
            found = self._page.evaluate(f"() => ({_BROKEN})(document)")
        return found

    def search(self) -> list[Complaint]:
        """Go to the search of the page that is open, and see that it works; returns what `visit` does."""
        with self._watch.step(PATIENCE):
            if self._is_served:
                holder = self._page.query_selector("iframe")  # which a page may have done away with
                frame = holder.content_frame() if holder else None
                # Where it takes longer, whoever looks again is more patient.
                is_ready = frame is not None and frame.evaluate(_SEARCH, SEARCH / 4)
            else:
                is_ready = self._page.evaluate(_SEARCH, SEARCH)
            found = self._complaints()
        if is_ready:
            return found
        silent = "the search does not say that it is ready; see whether the theme's scripts run, or take the search out"
        # Of a file that is missing, the script that wanted it complains as well.
        missing = [complaint for complaint in found if complaint.rule == "request-failed"]
        return missing or found or [Complaint("script-error", silent)]

    def _forget(self) -> None:
        """Begin anew: what the last page still asked for on its way out is no fault of the next."""
        self._seen.clear()
        self._outside.clear()
        self.answered.clear()

    def _address(self, uri: str) -> str:
        """Where readers find a page: its folder, where it is the first one there."""
        return self._base + quote(re.sub(r"(^|/)index\.html$", r"\1", uri))

    def present(self, uri: str, titles: list[str]) -> list[Misfit]:
        """Go through a deck slide by slide, as a presenter does, and see that each shows its heading."""
        self.begin_to_present(uri, titles)
        return self.end_presenting(titles)

    def begin_to_present(self, uri: str, titles: list[str]) -> None:
        """Begin what `end_presenting` ends: between the two, the browser can do something else in another window."""
        with self._watch.step(PATIENCE):
            self._forget()
            self._page.goto(self._address(uri), wait_until="commit")
            self._page.evaluate(f"titles => {{ globalThis.presented = ({_PRESENT})(titles) }}", titles)

    def end_presenting(self, titles: list[str]) -> list[Misfit]:
        """Wait until every slide has been shown; returns what `present` does."""
        misfits: list[Misfit] = []
        with self._watch.step(PATIENCE + PATIENCE_PER_SLIDE * len(titles)):
            found: list[str] = self._page.evaluate("globalThis.presented") or ["away"] * len(titles)  # it has gone away
            self._page.evaluate(_SETTLE)  # what the last slide asks for is to be told of this deck
        for number, (title, state) in enumerate(zip(titles, found, strict=True), 1):
            if state == "away":
                message = "cannot be reached in the presentation; see whether Marp's script runs"
                misfits.append(Misfit(number, 0, "slide-hidden", message))
            elif state == "bare":
                message = f"does not show its heading '{title}'; see what hides it"
                misfits.append(Misfit(number, 0, "slide-hidden", message))
        return [*misfits, *self._complaints_of_a_deck()]

    def _go_to(self, number: int) -> bool:
        """Go to a slide of the deck that is open; returns whether it came up."""
        with self._watch.step(PATIENCE):
            self._page.evaluate("hash => { location.hash = hash }", f"#{number}")
            return self._is_up(number)

    def _come_back_to(self, number: int) -> bool:
        """Go to a slide from the one after it, by key, as only then Marp shows the transition and all steps."""
        with self._watch.step(PATIENCE):
            if not self._go_to(number + 1):
                return False
            self._page.keyboard.press("ArrowLeft")
            return self._is_up(number)

    def _is_up(self, number: int) -> bool:
        slide = self._page.locator(f"svg[data-number='{number}'].bespoke-marp-active")
        try:  # no function to wait for: the deck's policy refuses code made of text
            slide.wait_for(state="attached")
        except PlaywrightError:
            with self._watch.step(CLOSE):  # the slide does not come up, or the browser does not answer: then fail here
                self._page.evaluate("0")
            return False
        return True

    def measure(self, bare: str) -> list[Misfit]:
        """Measure every slide of a deck in Marp's `bare` HTML, as it is printed."""
        with self._watch.step(_patience(bare)):
            self._forget()
            self._page.emulate_media(media="print")
            self._page.goto("about:blank")  # what the last deck's script defined must go first
            self._page.set_content(bare, wait_until="load")
            found: list[dict[str, Any]] = self._page.evaluate(_MEASURE.read_text(encoding="utf-8"))
            self._page.emulate_media(media="screen")
            misfits = [_misfit(item) for item in found]
            return [*misfits, *self._complaints_of_a_deck()]

    def words(self, bare: str) -> list[str]:
        """What somebody who looks at each slide on screen can read, in Marp's `bare` HTML of a deck."""
        with self._watch.step(_patience(bare)):
            self._page.goto("about:blank")
            self._page.set_content(bare, wait_until="load")
            found: list[str] = self._page.evaluate(_WORDS)
            self._complaints()
            return found

    def print(self, html: str, layouts: Iterable[str]) -> Iterator[bytes]:
        """Print a document once for each of `layouts`, which is then the class of its body: tagged, with outlines.

        It asks for nothing: what is not in it is missing, as `measure` has said of a slide. The window does nothing
        else until all layouts are printed.
        """
        with self._watch.step(PATIENCE):
            self._page.emulate_media(media="print")
            self._page.goto("about:blank")
            self._page.set_content(html, wait_until="load")
            for layout in layouts:
                with self._watch.step(_patience(html)):
                    self._page.evaluate(_LAY_OUT, layout)
                    printed = self._page.pdf(
                        prefer_css_page_size=True, print_background=True, tagged=True, outline=True
                    )
                    if html.count("<article") > LONG:
                        self._page.request_gc()
                yield printed
            self._page.emulate_media(media="screen")
            self._complaints()

    def scan_deck(self, uri: str, slides: int, *, numbers: Sequence[int] = (), swapped: bool = True) -> list[Misfit]:
        """Look for what keeps people out of a deck of so many slides, each as authored and with its colours `swapped`.

        With `numbers`, only these slides are looked at. One that cannot be reached is left out: `present` says so.
        """
        found: list[Finding] = []
        with self._still():
            self._open(uri)
            wanted = numbers or range(1, slides + 1)
            after = [number + 1 for number in wanted]  # from which one comes back
            self._page.evaluate("access.keep", [*wanted, *after])
            has_two: bool = self._page.evaluate(_HAS_TWO_SCHEMES)
            states = COLOURS if has_two and swapped else COLOURS[:1]
            for state in states:
                if state != COLOURS[0]:
                    self._page.keyboard.press("d")
                for number in wanted:
                    if self._come_back_to(number) if number < slides else self._go_to(number):
                        found += self._look(["findMotion", "scan"], (state,), slide=number)
            self._page.evaluate("sessionStorage.clear()")  # the next visit is to begin as authored
        return [
            Misfit(each.slide, each.line, each.rule, message, each.area)
            for each, message in looks.fold(found, [states])
        ]

    def scan_page(self, uri: str) -> list[Complaint]:
        """Look for what keeps people out of a page: by day and by night, wide, narrow, and at 400 %."""
        found: list[Finding] = []
        states = [[f"{scheme} colours" for scheme in SCHEMES], [f"{width} px wide" for width in WIDTHS]]
        with self._still():
            self._open(uri)
            for width, wide in zip(WIDTHS, states[1], strict=True):
                self._page.set_viewport_size({"width": width, "height": 800})
                for scheme, colours in zip(SCHEMES, states[0], strict=True):
                    self._page.emulate_media(color_scheme=scheme)
                    self._page.evaluate("scheme => access.choose(scheme)", scheme)
                    found += self._look(["findMotion", "scan"], (colours, wide))
                found += self._look(["findHiddenFocus", "findMotion"], ("", wide))
            self._page.set_viewport_size({"width": 320, "height": 256})  # 1280 by 1024 at 400 %
            found += self._look(["findWide"], ("", ""))
            self._page.evaluate("localStorage.clear()")  # the next visit is to begin as the system wants
        return [Complaint(each.rule, message, each.clues) for each, message in looks.fold(found, states)]

    @contextmanager
    def _still(self) -> Iterator[None]:
        """Be somebody who has asked for no motion; afterwards, be as before. What is said meanwhile is not kept."""
        with self._watch.step(PATIENCE):
            self._page.emulate_media(reduced_motion="reduce")
            yield
            self._page.emulate_media(reduced_motion="null", color_scheme="null")
            self._page.set_viewport_size(_SIZE)
            self._complaints()

    def _open(self, uri: str) -> None:
        self._page.goto("about:blank")  # else another slide of the same deck would be a move within the page
        self._page.goto(self._address(uri), wait_until="load")
        # The policy of a page binds what is in it, not who looks at it.
        self._page.evaluate(_AXE.read_text(encoding="utf-8"))
        self._page.evaluate(_ACCESS.read_text(encoding="utf-8"))

    def _look(self, names: Iterable[str], state: tuple[str, ...], *, slide: int = 0) -> list[Finding]:
        found: list[Finding] = []
        with self._watch.step(PATIENCE):
            self._page.evaluate(_SETTLE)
            count: int = self._page.evaluate("document.getElementsByTagName('*').length")
        with self._watch.step(max(PATIENCE, PATIENCE_PER_ELEMENT * count)):
            for name in names:
                told: list[dict[str, Any]] = self._page.evaluate(f"access.{name}()")
                found += [looks.read(item, state, slide) for item in told]
            return found

    def _complaints_of_a_deck(self) -> list[Misfit]:
        return [Misfit(1, 0, complaint.rule, complaint.message) for complaint in self._complaints()]

    def _complaints(self) -> list[Complaint]:
        """What was seen since the last call: each once, and of another host only the first request."""
        found = list(dict.fromkeys(self._seen))
        for address in self._outside.values():
            cures = (cure for part, cure in _CURES.items() if part in address)
            cure = next(cures, "use a file of your own")
            message = f"asks for {address}, which is not part of the site; {cure}"
            found.append(Complaint("outside-request", message))
        self._seen.clear()
        self._outside.clear()
        return found

    def _answer(self, route: Route) -> None:
        address = route.request.url
        if not address.startswith(self._base):
            if urlsplit(address).scheme in ("data", "blob", "about"):
                route.continue_()
                return
            self._outside.setdefault(urlsplit(address).netloc, address)
            route.abort()
            return
        path = self._file_at(address)
        if not path:
            route.fulfill(status=404, body="")
            return
        route.fulfill(body=path.read_bytes(), content_type=loopback.kind_of(path.name))

    def _note(self, request: Request) -> None:
        """Remember a request that a web server answers, or nobody."""
        address = request.url
        if address.startswith(self._base):
            self._file_at(address)
        elif urlsplit(address).scheme not in ("data", "blob", "about"):
            self._outside.setdefault(urlsplit(address).netloc, address)

    def _file_at(self, address: str) -> Path | None:
        """The file of the site that is asked for; where there is none, that is a complaint."""
        path = loopback.file_at(self.folder, urlsplit(self._base).path, address)
        if path:
            self.answered.add(path)
        if path and path.is_file():
            return path
        self._seen.append(Complaint("request-failed", f"asks for {address}, which does not exist"))
        return None

    def _on_console(self, message: ConsoleMessage) -> None:
        # A failed request is reported here a second time, without its address; and so is what a policy refuses.
        again = message.text.startswith("Failed to load resource") or _REFUSAL.search(message.text)
        if message.type == "error" and not again:
            self._seen.append(Complaint("script-error", f"console error: {message.text}"))

    def _on_error(self, error: PlaywrightError) -> None:
        if "Transition was skipped" not in str(error):  # it is we who are too quick for a slide's transition
            self._seen.append(Complaint("script-error", f"script error: {error}"))

    def _on_failure(self, request: Request) -> None:
        if request.url.startswith(self._base) and request.failure not in ("net::ERR_ABORTED", "csp"):
            message = f"request for {request.url} failed: {request.failure}"
            self._seen.append(Complaint("request-failed", message))

    def _on_refusal(self, refused: Mapping[str, str]) -> None:
        address = refused["address"]
        if urlsplit(address).netloc and not address.startswith(self._base):
            self._outside.setdefault(urlsplit(address).netloc, address)
            return
        what = _REFUSED.get(address, address)
        tag = refused["tag"] if refused["handler"] else ""
        if tag:
            what = f"the handler '{refused['handler']}' of {tag}"
        file = urlsplit(address).path.rstrip("/").rsplit("/", 1)[-1] if urlsplit(address).netloc else ""
        clues = tuple(filter(None, (tag, refused["text"], file)))
        directive = refused["directive"]
        cure = "do it in a script file of the site" if directive.startswith("script") else "do without, or link to it"
        message = f"{what} is refused by the content security policy ({directive}); {cure}"
        self._seen.append(Complaint("policy", message, clues))


def _patience(html: str) -> float:
    return PATIENCE + PATIENCE_PER_SLIDE * html.count("<section")


def _misfit(found: dict[str, Any]) -> Misfit:
    area = Area(*found["area"]) if found.get("area") else None
    return Misfit(found["slide"], found["line"], found["rule"], found["message"], area, found.get("directive", ""))


def _first_line(error: PlaywrightError) -> str:
    return " ".join(error.message.split("\n")[0].split())


_REFUSAL = re.compile("violates the (following|document's) Content Security Policy")
_REFUSED = {"": "a frame", "inline": "a script in the page", "eval": "code made of text", "data": "a data: address"}

# The console tells it in words only. The event knows the element of a handler or of a script that stands in the page.
_TELL = "tellRefusal"
_LISTEN = r"""addEventListener('securitypolicyviolation', (event) => {
  const { blockedURI: address, effectiveDirective: directive } = event
  const element = event.target instanceof Element ? event.target : null
  const attributes = directive === 'script-src-attr' ? [...(element?.attributes ?? [])] : []
  const handler = attributes.find(({ name }) => name.startsWith('on'))
  const tag = element?.cloneNode(false).outerHTML.replace(/<\/[^>]*>$/, '') ?? ''
  const [text] = (handler?.value ?? element?.textContent ?? '').trim().split('\n')
  tellRefusal({ address, directive, tag, text, handler: handler?.name ?? '' })
});"""

# Whether the theme's search, where there is one, says that it can be used once a reader goes there. It may have said so
# before.
_SEARCH = """async seconds => {
  const search = document.forms.namedItem('search')
  const said = document.querySelector('.md-search-result__meta')
  const config = document.querySelector('#__config')
  const ready = config && JSON.parse(config.textContent).translations?.['search.result.placeholder']
  if (!search || !said || !ready) return true
  let failed = false
  addEventListener('error', () => { failed = true })
  search.querySelector('input').focus()
  for (const end = performance.now() + 1000 * seconds; !failed && performance.now() < end;) {
    if (said.textContent.trim() === ready) return true
    await new Promise(requestAnimationFrame)
  }
  return false
}"""

# Until what has happened has come through to the page's own scripts, and to us.
_SETTLE = """async () => {
  const frame = () => new Promise(requestAnimationFrame)
  await frame()
  await frame()
}"""

# The pictures that the page has loaded by now and that cannot be drawn; one that is further down may come later.
_BROKEN = """async page => {
  const loaded = [...page.images].filter((image) => image.complete && image.currentSrc)
  const broken = await Promise.all(loaded.map((image) => image.decode().then(() => [], () => [image])))
  return broken.flat().map((image) => image.getAttribute('src') ?? image.currentSrc)
}"""

_AROUND = '<!doctype html><link rel="icon" href="data:,"><iframe></iframe>'

# A page is opened, and looked at, in a new frame as large as the window. What it does is told as if it had the window
# to itself; and what all pages load is at hand, as it would not be in a window anew. A hidden frame is laid out like
# any other, but nobody has to paint it.
_OPEN = f"""([address, deadline]) => {{
  const open = async () => {{
    const frame = document.createElement('iframe')
    frame.style = 'position: fixed; inset: 0; width: 100vw; height: 100vh; border: 0; visibility: hidden'
    frame.src = address
    document.querySelector('iframe').replaceWith(frame)
    await new Promise(resolve => frame.addEventListener('load', resolve))
    await ({_SETTLE})()
    return await ({_BROKEN})(frame.contentDocument)
  }}
  const late = (_, reject) => setTimeout(reject, deadline, new Error('it was not there as a whole in good time'))
  globalThis.opened = Promise.race([open(), new Promise(late)])
}}"""

_HAS_TWO_SCHEMES = (
    r"""() => [...document.querySelectorAll('style')].some((style) => /\.invert\b/.test(style.textContent))"""
)

# Fonts are loaded when a layout first uses them, and Marp fits headings and code once they are there.
_LAY_OUT = """async layout => {
  document.body.className = layout
  const frame = () => new Promise(requestAnimationFrame)
  await frame()
  await document.fonts.ready
  await Promise.all([...document.images].map(image => image.decode().catch(() => {})))
  await frame()
  await frame()
}"""

# What Marp itself loads from other hosts.
_CURES = {
    "/katex": "use 'math: mathjax'",
    "//fonts.bunny.net/css?family=Lato": "the theme 'gaia' brings it; use another, or a copy of it without '@import'",
}

# Words for screen readers alone lie in a box of a pixel, or far from the slide.
_WORDS = """() => [...document.querySelectorAll('svg[data-marpit-svg]')].map(frame => {
  const words = []
  const walker = document.createTreeWalker(frame, NodeFilter.SHOW_TEXT)
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const element = text.parentElement
    const range = document.createRange()
    range.selectNodeContents(text)
    const box = range.getBoundingClientRect()
    const small = (e) => e.clientWidth <= 1 && e.clientHeight <= 1 && getComputedStyle(e).overflowX !== 'visible'
    const cut = (e) => e.scrollWidth > e.clientWidth && getComputedStyle(e).overflowX !== 'visible' &&
      getComputedStyle(e).textOverflow !== 'clip'
    let hidden = box.right < -200 || !box.width
    for (let each = element; each && each !== frame; each = each.parentElement) hidden ||= small(each) || cut(each)
    if (!hidden && element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) words.push(text.data)
  }
  return words.join(' ')
})"""

# One call for all slides: one for each step of each would take ten times as long. Marp goes to a slide when the browser
# has told it of the new address. Where it does not, its script may not run at all: we are patient once, and then only
# for so long that even a thousand slides take less than our own limit.
_PRESENT = """async titles => {
  if (document.readyState !== 'complete') await new Promise(resolve => addEventListener('load', resolve))
  // Marp hides the slides that are not up, and the browser lays them out all the same: each time, all of them.
  const style = new CSSStyleSheet()
  style.replaceSync('svg[data-marpit-svg]:not(.bespoke-marp-active) { display: none !important }')
  document.adoptedStyleSheets.push(style)
  const slides = [...document.querySelectorAll('svg[data-marpit-svg]')]
  const turn = () => new Promise(resolve => setTimeout(resolve))
  let patience = 10_000
  const comesUp = async slide => {
    const end = performance.now() + patience
    while (!slide?.matches('.bespoke-marp-active')) {
      if (performance.now() > end) {
        patience = 50
        return false
      }
      await turn()
    }
    return true
  }
  const showsHeading = slide => {
    const heading = [...slide.querySelector('section[id]').querySelectorAll('h1, h2, h3, h4, h5, h6')]
      .find(each => !each.closest('section > header, section > footer'))
    // A heading in a list that is shown step by step comes later.
    if (heading.closest('[data-marpit-fragment]')) return true
    const box = heading.getBoundingClientRect()
    const visible = heading.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    return visible && box.width > 0 && box.height > 0
  }
  const found = []
  for (const [index, title] of titles.entries()) {
    location.hash = `#${index + 1}`
    if (!await comesUp(slides[index])) found.push('away')
    else found.push(title && !showsHeading(slides[index]) ? 'bare' : 'shown')
  }
  return found
}"""
