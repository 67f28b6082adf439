"""Takes the pictures in docs/images: `python -m tests.journeys.screenshots` (ONEDOOR_BROWSER names the browser).

It builds the demonstration province anew, so that dates in the pictures are those of the day.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from app.config import ROOT
from app.demonstration.plan import DOSSIERS
from tests.journeys.filling import Filler, schema
from tests.journeys.test_analyst import choose
from tests.journeys.test_officer import attach, code_on, start_filing
from tests.journeys.world import HOUSEHOLD, PHONE, People, Server, build_province, scenario, serving

IMAGES = ROOT / "docs" / "images"
LARGEST = 300_000


def take(page: Page, name: str) -> None:
    """One picture of what the window shows, once everything in it is drawn."""
    expect(page.locator(".island-waiting")).to_have_count(0)
    page.evaluate("document.fonts.ready")
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path, animations="disabled", caret="hide")
    size = path.stat().st_size
    if size > LARGEST:
        raise SystemExit(f"{path} has {size} bytes, more than {LARGEST}.")
    print(f"{path.relative_to(ROOT)} {size // 1024} KB")


def one(server: Server, query: str) -> Any:
    """The first row of a query."""
    conn = sqlite3.connect(server.database)
    try:
        return conn.execute(query).fetchone()
    finally:
        conn.close()


def officers(people: People, server: Server) -> None:
    """Reception, receipt, inbox and task."""
    receiver, told = people.enter("receiver"), scenario("onsite")
    start_filing(receiver, told)
    Filler(receiver.locator("#filing")).fill(schema("filing"), told["filing"])
    attach(receiver, "identity")
    receiver.evaluate("scrollTo(0, 0)")
    take(receiver, "reception")
    receiver.get_by_role("button", name="Tiếp nhận và in giấy hẹn").click()
    code_on(receiver)
    take(receiver, "receipt")
    code, token = one(server, "SELECT d.code, t.token FROM task t JOIN dossier d ON d.id = t.dossier WHERE "
                              "t.role = 'specialist' AND t.unit = 'H49.101' AND t.state = 'open' "
                              "AND t.step = 'appraise' ORDER BY t.assignee IS NULL, t.due_at")
    for size, name, language in ((None, "inbox", "vi"), (PHONE, "phone-inbox", "vi"), (None, "inbox-en", "en")):
        page = people.enter("specialist", language, size)
        page.goto("/tasks?tab=unit")
        take(page, name)
    page = people.enter("specialist")
    page.goto(f"/tasks/{code}/{token}?pane=diagram")
    take(page, "task")
    paused, = one(server, "SELECT code FROM dossier WHERE status = 6 ORDER BY seq DESC")
    page = people.enter("supervisor")
    page.goto(f"/dossiers/{paused}/time")
    take(page, "why-this-date")
    page.goto("/outlook")
    take(page, "outlook")


def analyst(people: People) -> None:
    """Catalogue, a procedure, the studio."""
    page = people.enter("analyst")
    page.goto("/procedures")
    take(page, "catalogue")
    page.goto(f"/procedures/{HOUSEHOLD}")
    take(page, "procedure")
    page.goto(f"/procedures/{HOUSEHOLD}/versions/1/times")
    take(page, "planned-and-actual")
    page.goto(f"/procedures/{HOUSEHOLD}")
    page.get_by_role("button", name="Soạn bản nháp mới").click()
    choose(page, "approve")
    expect(page.locator("[id='bio-properties-panel-onedoor-step-hours']")).to_be_visible()
    take(page, "studio")


def auditor(people: People, server: Server) -> None:
    """A history in the middle of its way, and as a list."""
    code, entries = one(server, "SELECT code, seq FROM dossier WHERE status = 10 ORDER BY seq DESC")
    for name, language in (("replay", "vi"), ("replay-en", "en")):
        page = people.enter("auditor", language)
        page.goto(f"/audit/{code}#{entries // 2}")
        expect(page.locator(".replay-place")).to_have_text(f"{entries // 2} / {entries}")
        take(page, name)
    page = people.enter("auditor")
    page.goto(f"/audit/{code}")
    page.locator("#history").scroll_into_view_if_needed()
    page.evaluate("document.querySelector('#history').scrollIntoView()")
    take(page, "history")


def pictures(browser: Browser, server: Server) -> None:
    """All of them."""
    people = People(browser, server)
    officers(people, server)
    analyst(people)
    auditor(people, server)
    people.close()


def main() -> None:
    """Build, serve, take."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        data = Path(folder) / "data"
        build_province(data, dossiers=DOSSIERS)
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("ONEDOOR_BROWSER", "/usr/bin/chromium"), args=["--no-sandbox"])
        with serving(data) as server:
            pictures(browser, server)
        browser.close()


if __name__ == "__main__":
    main()
