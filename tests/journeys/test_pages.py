"""Every page as the right person sees it: wide and on a phone, in both languages.

Nothing that axe-core finds against WCAG 2.1 A/AA, no console error, nothing fetched from elsewhere, no sideways
scrolling on a phone, and in Vietnamese no English text of the interface.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from babel.messages.pofile import read_po
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import create_engine, text

from app import create_app
from app.config import HOME, ROOT
from tests.journeys.world import CENTRE, HOUSEHOLD, PHONE, WIDE, People, Server, token_of

AXE = HOME / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
RUN_AXE = """() => axe.run(document, {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], resultTypes: ["violations"], elementRef: false,
}).then(found => found.violations.map(each =>
  `${each.id}: ${each.help} — ${each.nodes.slice(0, 3).map(node => node.target.join(" ")).join(" | ")}`))"""
TEXTS = """() => {
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const owner = node.parentElement;
    if (owner.closest("script, style, code, .code, noscript, [lang=en]") || !owner.checkVisibility()) continue;
    found.add(node.textContent.replace(/\\s+/g, " ").trim());
  }
  for (const owner of document.querySelectorAll("[placeholder], [title], [aria-label]")) {
    if (owner.closest("[lang=en], .form-editor-place .fjs-form")) continue;
    for (const name of ["placeholder", "title", "aria-label"]) {
      const value = owner.getAttribute(name);
      if (value) found.add(value.replace(/\\s+/g, " ").trim());
    }
  }
  return [...found];
}"""
SIDEWAYS = "() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
FILES = {"frame.assets", "procedures.diagram_file", "dossiers.file", "frame.health", "frame.start"}
READERS = {
    "people.sign_in": "", "tasks.show": "receiver",
    "tasks": "specialist", "dossiers": "receiver", "procedures": "analyst", "moving": "analyst", "audit": "auditor",
    "jobs": "supervisor", "people": "administrator", "deadlines": "administrator", "deadlines.notices": "specialist",
    "deadlines.explain": "receiver", "deadlines.apology": "receiver",
    "deadlines.outlook": "specialist", "deadlines.times": "analyst", "deadlines.visits": "analyst",
}
CONSTRUCTION = "1.013225"
ORDER = ("people.sign_in", "tasks", "dossiers", "audit", "jobs", "people", "procedures")


# The province has nothing to show on them; see test_rare_pages.py.
ELSEWHERE = {"jobs.incident", "deadlines.apology_letter", "dossiers.awaited"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A page with the person who reads it."""

    endpoint: str
    url: str
    reader: str
    status: int = 200


@cache
def _rules() -> dict[str, str]:
    """Every page that can be opened, by endpoint."""
    app = _app()
    return {
        rule.endpoint: rule.rule for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or set()) and not rule.rule.startswith("/api/") and rule.endpoint not in FILES
    }


@cache
def _app() -> Flask:
    return create_app(ONEDOOR_SECRET_KEY="only for its routes", ONEDOOR_LOG_LEVEL="CRITICAL")


def _pages(server: Server) -> list[Shown]:
    """Every page with arguments that exist; task pages in all the states in which they look different."""
    engine = create_engine(f"sqlite:///{server.database}")
    with engine.connect() as conn:
        def one(query: str) -> Any:
            return conn.execute(text(query)).first()

        done = one("SELECT code, id FROM dossier WHERE status = 10 AND receiving_unit = 'H49.101.1'")
        tasks = [
            (one(f"SELECT d.code, t.token FROM task t JOIN dossier d ON d.id = t.dossier WHERE {where}"), reader)
            for where, reader in (
                ("t.state = 'open' AND t.unit = 'H49.101' AND t.role = 'specialist'", "specialist"),
                ("t.state = 'waiting' AND t.unit = 'H49.101.1'", "receiver"),
                ("t.state = 'done' AND t.unit = 'H49.101'", "specialist"),
            )
        ]
    engine.dispose()
    named = {"<code>": done.code, "<token>": "1", "<username>": "specialist", "<int:number>": "1", "<form>": "filing",
             "<key>": "exemption", "<step>": "appraise"}
    found = []
    for endpoint, rule in _rules().items():
        feature = endpoint.partition(".")[0]
        procedure = CONSTRUCTION if "<key>" in rule else HOUSEHOLD
        url = rule.replace("<code>", procedure) if rule.startswith("/procedures") else rule
        for place, value in named.items():
            url = url.replace(place, value)
        if endpoint in ELSEWHERE:
            continue
        assert "<" not in url, f"nothing is known to put into {url}"
        found.append(Shown(endpoint, url, READERS.get(endpoint, READERS[feature])))
    found += [Shown("tasks.show", f"/tasks/{row.code}/{row.token}", reader) for row, reader in tasks if row]
    found += [
        Shown("dossiers.new", f"/dossiers/new?procedure={HOUSEHOLD}&centre={CENTRE}", "receiver"),
        *(Shown("tasks.index", f"/tasks?tab={tab}", "receiver") for tab in ("unit", "waiting", "late", "done")),
        *(Shown("dossiers.show", f"/dossiers/{done.code}?pane={pane}", "receiver")
          for pane in ("answers", "papers", "diagram", "history")),
        Shown("dossiers.show", "/dossiers/nothing-like-that", "receiver", 404),
        Shown("people.people", "/people", "receiver", 403),
    ]
    return sorted(found, key=_place)


def _place(page: Shown) -> int:
    return next((n for n, start in enumerate(ORDER) if page.endpoint.startswith(start)), len(ORDER))


@cache
def english() -> dict[str, str]:
    """Texts of the interface that read differently in Vietnamese."""
    found = {}
    for path in sorted((ROOT / "app" / "translations" / "vi").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="vi"):
                said, told = message.id, message.string
                if isinstance(said, str) and isinstance(told, str) and said and told not in ("", said):
                    found[said] = told
    return {said: told for said, told in found.items() if said not in {*found.values(), "filing"} and len(said) > 2}


def settled(page: Page) -> None:
    """Islands are drawn."""
    expect(page.locator(".island-waiting")).to_have_count(0)


def look(page: Page, shown: Shown, language: str) -> list[str]:
    """What is wrong with a page, on a desk and on a phone."""
    page.set_viewport_size(WIDE)
    answer = page.goto(shown.url)
    settled(page)
    page.evaluate(_axe())
    wrong = [f"wide, {each}" for each in page.evaluate(RUN_AXE)]
    if answer is None or answer.status != shown.status:
        wrong.append(f"answered {answer and answer.status}")
    if language == "vi":
        wrong += [f"in English: {said}" for said in page.evaluate(TEXTS) if said in english()]
    page.set_viewport_size(PHONE)
    wrong += [f"phone, {each}" for each in page.evaluate(RUN_AXE)]
    if page.evaluate(SIDEWAYS) > 0:
        wrong.append(f"scrolls sideways by {page.evaluate(SIDEWAYS)} px on a phone")
    return [f"{shown.url} as {shown.reader}: {each}" for each in wrong]


@cache
def _axe() -> str:
    return AXE.read_text("utf-8") + "; undefined"


def _open_drafts(people: People) -> None:
    """The studio's pages need drafts."""
    page = people.enter("analyst")
    token = token_of(page, "/account")
    for code in (HOUSEHOLD, CONSTRUCTION):
        page.context.request.post(f"/procedures/{code}/draft/start", max_redirects=0, form={"csrf_token": token})


@pytest.mark.parametrize("language", [
    pytest.param(language, marks=pytest.mark.xdist_group(f"pages-{language}")) for language in ("vi", "en")
])
def test_every_page(people: People, server: Server, language: str) -> None:
    _open_drafts(people)
    windows: dict[str, Page] = {}
    wrong: list[str] = []
    for shown in _pages(server):
        if shown.reader not in windows:
            windows[shown.reader] = people.enter(shown.reader, language) if shown.reader else people.window(language)
            people.expect_status(403, 404)
        wrong += look(windows[shown.reader], shown, language)
        wrong += [f"{shown.url}: {trouble}" for trouble in people.troubles()]
        for watch in people.watches:
            watch.troubles.clear()
    assert wrong == [], "\n".join(wrong)


@pytest.mark.xdist_group("pages-vi")
def test_every_page_is_looked_at(server: Server) -> None:
    seen = {page.endpoint for page in _pages(server)}
    assert seen == set(_rules()) - ELSEWHERE
