"""Forty payloads in a real browser: every page of a hostile dossier is opened, and nothing of them runs.

    python -m tests.faults.browser
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright
from sqlalchemy import update
from werkzeug.serving import make_server

from app.db import transaction
from app.dossiers.commands import Filing, receive
from app.people.models import Person, Unit
from tests import builders as make
from tests.app.security.payloads import ALL, MARK
from tests.faults.scene import Scene, prepare

ROLES = ("receiver", "specialist", "supervisor", "publisher", "auditor", "administrator")


def main() -> int:
    """Open all pages; 0 when nothing ran and the pages did show the payloads."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder, prepare(Path(folder), "", 1) as scene:
        code = _hostile(scene)
        server = make_server("127.0.0.1", 0, scene.app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            ran, shown, opened = _opened(f"http://127.0.0.1:{server.server_port}", _urls(code))
        finally:
            server.shutdown()
    good = not ran and shown > 5
    print(f"{'PASS' if good else 'FAIL'} {opened} pages opened, {shown} showed the payloads, ran: {ran or 'nothing'}")
    return int(not good)


def _hostile(scene: Scene) -> str:
    with scene.app.app_context():
        chief = make.person("chief", *((unit, role) for role in ROLES for unit in (make.CENTRE, make.COMMUNE)))
        with transaction() as conn:
            conn.execute(update(Unit).values(name_vi=ALL[:200], name_en=ALL[:200]))
            conn.execute(update(Person).values(name=ALL[:150]))
        filing = Filing(make.PROCEDURE, make.CENTRE, make.COMMUNE, "direct", {"name": ALL})
        return receive(chief, filing).code


def _urls(code: str) -> list[str]:
    procedure = f"/procedures/{make.PROCEDURE}"
    return [
        "/tasks?tab=unit", f"/tasks/{code}/1", f"/tasks/{code}/1?pane=history", f"/tasks/{code}/1?pane=diagram",
        "/dossiers", f"/dossiers/{code}", f"/dossiers/{code}?pane=answers", f"/dossiers/{code}?pane=diagram",
        f"/dossiers/{code}/receipt", f"/audit/{code}", "/audit", "/people", "/people/units", procedure,
        f"/dossiers/new?procedure={make.PROCEDURE}", f"{procedure}/versions/1/forms/filing",
        "/dossiers?q=%22%3E%3Cimg%20src%3Dx%20onerror%3Dxss7()%3E",
    ]


def _opened(base: str, urls: list[str]) -> tuple[list[str], int, int]:
    ran: list[str] = []
    shown = 0
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=os.environ.get("ONEDOOR_BROWSER", "/usr/bin/chromium"), args=["--no-sandbox"])
        context = browser.new_context()
        context.expose_function(MARK, lambda *_: ran.append("called"))
        page = context.new_page()
        page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda sent: None if sent.url.startswith((base, "data:", "blob:")) else ran.append(sent.url))
        page.goto(f"{base}/sign-in")
        page.fill("input[name=username]", "chief")
        page.fill("input[name=password]", make.PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url("**/tasks**")
        for url in urls:
            page.goto(base + url)
            page.wait_for_timeout(400)
            shown += MARK in page.inner_text("body")
        browser.close()
    return ran, shown, len(urls)


if __name__ == "__main__":
    sys.exit(main())
