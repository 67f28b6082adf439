"""What a journey needs around it: a real server on its own database, and people in real browser windows."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, expect

from app import create_app
from app.cli import preparing
from app.config import ROOT
from app.demonstration import commands as demonstration
from app.demonstration.province import PASSWORD
from app.procedures.shipped import publish_shipped, read_all, read_shipped

HOUSEHOLD = "1.001612"
CENTRE, COMMUNE = "H49.101.1", "H49.101"
DOSSIERS = 30
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
WITHOUT_LIMITS = {"ONEDOOR_SIGN_IN_TRIES": "100000", "ONEDOOR_SIGN_IN_TRIES_ADDRESS": "100000"}

# What the machine can do beside other work; a journey waits for what it looks for, never for a time.
expect.set_options(timeout=20_000)


@dataclass(frozen=True, slots=True)
class Server:
    """A running platform."""

    url: str
    data: Path

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.data / "onedoor.sqlite"


def build_province(folder: Path, database_url: str = "", keys: tuple[str, ...] = (), dossiers: int = DOSSIERS) -> None:
    """Tables, the demonstration's people, shipped procedures (all, or those named), and some dossiers."""
    app = create_app(ONEDOOR_DATA=folder, DATABASE_URL=database_url, ONEDOOR_LOG_LEVEL="CRITICAL")
    shipped = [read_shipped(key) for key in keys] or list(read_all())
    with app.app_context():
        preparing.migrate(app)
        preparing.settle(app)
        demonstration.found_province()
        author, publisher = preparing.demonstration_pair()
        with preparing.clock.at(preparing.clock.now() - demonstration.OPENED_BEFORE):
            for each in shipped:
                publish_shipped(author, publisher, each, "Bản phát hành cùng hệ thống")
        demonstration.tell_stories(preparing.store_of(app), shipped, lambda _: None, dossiers)
        preparing.db.engine.dispose()


@contextmanager
def serving(data: Path, database_url: str = "") -> Iterator[Server]:
    """The platform's own `serve` command on a free port."""
    port = _free_port()
    env = {**os.environ, **WITHOUT_LIMITS, "ONEDOOR_DATA": str(data), "DATABASE_URL": database_url}
    command = [sys.executable, "-P", "-m", "app.cli", "serve", "--port", str(port), "--no-demo"]
    with (data / "server.log").open("wb") as log, subprocess.Popen(
        command, cwd=ROOT, env=env | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=log, text=True,
    ) as process:
        assert process.stdout is not None
        try:
            said = next((line for line in process.stdout if "is ready" in line), None)
            assert said, (data / "server.log").read_text()[-2000:]
            yield Server(f"http://127.0.0.1:{port}", data)
        finally:
            process.terminate()
            process.communicate(timeout=20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def copy_province(template: Path, target: Path) -> Path:
    """A database of one's own, ready made."""
    shutil.copytree(template, target)
    return target


@dataclass
class Watch:
    """Hears everything that a browser window complains about or fetches from elsewhere."""

    base: str
    troubles: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)

    def on(self, context: BrowserContext) -> None:
        """Begin to listen."""
        context.on("console", self._console)
        context.on("weberror", lambda error: self.troubles.append(f"error: {error.error}"))
        context.on("request", self._request)
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        known = re.search(r"status of (\d+)", message.text)
        # The editor library calls what its own base calls old whenever the menu at an element is opened.
        own = "ContextPad#getPad is deprecated" in message.text
        if message.type in ("error", "warning") and not own and not (known and int(known[1]) in self.expected):
            self.troubles.append(f"console {message.type}: {message.text} at {message.location.get('url', '')}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.troubles.append(f"asked elsewhere: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.troubles.append(f"{response.status} for {response.url}")


@dataclass(slots=True)
class People:
    """Opens windows in which somebody is signed in."""

    browser: Browser
    server: Server
    watches: list[Watch] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def window(self, language: str = "vi", size: Any = None) -> Page:
        """A window of somebody unknown."""
        context = self.browser.new_context(
            base_url=self.server.url, viewport=size or WIDE, locale={"vi": "vi-VN", "en": "en-GB"}[language],
            timezone_id="Asia/Ho_Chi_Minh", reduced_motion="reduce", accept_downloads=True,
        )
        context.add_cookies([{"name": "language", "value": language, "url": self.server.url}])
        context.set_default_timeout(20_000)
        watch = Watch(self.server.url)
        watch.on(context)
        self.watches.append(watch)
        self.contexts.append(context)
        return context.new_page()

    def enter(self, username: str, language: str = "vi", size: Any = None, password: str = PASSWORD) -> Page:
        """Somebody's window, signed in without looking at the sign-in page."""
        page = self.window(language, size)
        ask = page.context.request
        answer = ask.post("/sign-in", max_redirects=0, form={
            "username": username, "password": password, "csrf_token": token_of(page)})
        assert answer.status == 303, answer.text()[-2000:]
        ask.post("/language", max_redirects=0, form={
            "language": language, "next": "/healthz", "csrf_token": token_of(page, "/account")})
        return page

    def expect_status(self, *codes: int) -> None:
        """Answers with these codes are part of the journey."""
        for watch in self.watches:
            watch.expected.update(codes)

    def troubles(self) -> list[str]:
        """What went wrong in any window so far."""
        return [trouble for watch in self.watches for trouble in watch.troubles]

    def close(self) -> None:
        """Close every window."""
        for context in self.contexts:
            context.close()


def token_of(page: Page, url: str = "/sign-in") -> str:
    """The token that a page's forms carry."""
    return page.context.request.get(url).text().split('name="csrf_token" value="')[1].split('"')[0]


def sign_in(page: Page, username: str, language: str = "vi") -> None:
    """Through the page, as people do."""
    names = {"vi": ("Tên tài khoản", "Mật khẩu", "Đăng nhập"), "en": ("Account name", "Password", "Sign in")}[language]
    page.goto("/sign-in")
    page.get_by_label(names[0]).fill(username)
    page.get_by_label(names[1], exact=True).fill(PASSWORD)
    page.get_by_role("button", name=names[2], exact=True).click()


def sign_out(page: Page, language: str = "vi") -> None:
    """Through the menu behind one's name."""
    page.locator(".topbar-person summary").click()
    page.get_by_role("button", name={"vi": "Đăng xuất", "en": "Sign out"}[language]).click()
    expect(page).to_have_url(re.compile("/sign-in"))


def scenario(name: str, key: str = "household-business") -> dict[str, Any]:
    """A shipped scenario: what is filed and what is answered at each step."""
    told: dict[str, Any] = json.loads((ROOT / "bpmn" / key / "scenarios" / f"{name}.json").read_text("utf-8"))
    return told


def answers_of(told: dict[str, Any], step: str, nth: int = 0) -> dict[str, Any]:
    """What a scenario answers at a step, the nth time."""
    found = [each for each in told["steps"] if step in (each.get("complete"), each.get("deliver"))]
    answers: dict[str, Any] = found[nth]["form"]
    return answers
