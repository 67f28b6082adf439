"""Forty payloads in every text that people, diagrams and forms bring: pages show them and run none."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
from flask import Flask
from sqlalchemy import update

from app.db import db, transaction
from app.people.models import Person, Unit
from tests import builders as make
from tests.app.dossiers.stage import COMPONENTS, diagram
from tests.app.security.ground import Browser, Ground, lay
from tests.app.security.payloads import ALL, MARK, PAYLOADS, shown, smuggled

pytestmark = make.on_sqlite
BOTH = {"vi": ALL, "en": ALL}


@pytest.fixture
def ground(app: Any, monkeypatch: pytest.MonkeyPatch) -> Ground:
    """A province in which every name that somebody can write is hostile."""
    hostile = [{**each, "name": BOTH} for each in COMPONENTS]
    filing = make.FILING | {"components": [
        {**each, "label": ALL, "description": ALL, "properties": {"en.label": ALL, "en.description": ALL}}
        for each in make.FILING["components"]
    ]}
    xml = diagram()
    for name in ("appraise", "stamp", "hand_over", "supplement", "forward", "refuse"):
        xml = xml.replace(f' name="{name}"', f" name={quoteattr(ALL)}")
    xml = xml.replace("<bpmn:process ", f"<bpmn:documentation>{escape(ALL)}</bpmn:documentation><bpmn:process ", 1)
    monkeypatch.setattr("tests.app.dossiers.stage.COMPONENTS", hostile)
    monkeypatch.setattr("tests.app.dossiers.stage.diagram", lambda: xml)
    monkeypatch.setattr(make, "FILING", filing)
    monkeypatch.setattr(make, "FACTS", make.FACTS | {
        "name": BOTH, "agency": BOTH, "field": BOTH, "result": BOTH, "legal": [BOTH],
        "fee": {"kind": ALL, "amount": 0, "note": BOTH},
    })
    laid = lay(app)
    with app.app_context():
        with transaction() as conn:
            conn.execute(update(Unit).values(name_vi=ALL[:200], name_en=ALL[:200], address=ALL, phone=ALL[:40]))
            conn.execute(update(Person).where(Person.username != "receiver").values(name=ALL[:150]))
        db.engine.dispose()
        officer = laid.stage.receiver
        papers = [laid.stage.bring(officer, name=payload) for payload in PAYLOADS]
        laid.code = laid.stage.receive(form={"name": ALL}, attachments=tuple(papers)).code
    return laid


def test_no_page_runs_what_came_from_outside(ground: Ground) -> None:
    officer, desk = ground.browser(ground.stage.specialist), ground.browser(ground.stage.receiver)
    chief = ground.browser(ground.person("chief", *(
        (make.COMMUNE, role) for role in ("administrator", "supervisor", "auditor", "publisher"))))
    pages = _read(officer, f"/tasks/{ground.code}/1", "/tasks?tab=unit", "/tasks?tab=unit&text=" + "%3Cscript%3E",
                  *(f"/tasks/{ground.code}/1?pane={pane}" for pane in ("papers", "history", "diagram")))
    officer.post(f"/tasks/{ground.code}/1/claim")
    answered = officer.post(f"/tasks/{ground.code}/1", {"choice": "supplement", "form": "{}"})
    assert answered.status_code == 303
    pages |= _read(officer, "/tasks", "/tasks?tab=done")
    pages |= _read(desk, "/tasks?tab=waiting", "/dossiers/new", f"/dossiers/new?procedure={make.PROCEDURE}",
                   f"/dossiers/{ground.code}/receipt", "/dossiers", "/dossiers?q=%22%3E%3Cscript%3Exss7()%3C/script%3E",
                   *(f"/dossiers/{ground.code}?pane={pane}" for pane in (
                       "steps", "answers", "papers", "history", "diagram")))
    desk.post(f"/dossiers/{ground.code}/withdraw", {"reason": ALL})
    pages |= _read(chief, f"/audit/{ground.code}", f"/audit/{ground.code}/compare", "/audit", "/incidents", "/people",
                   "/people/units", "/people/person/specialist", "/procedures", f"/procedures/{make.PROCEDURE}",
                   f"/procedures/{make.PROCEDURE}/versions/1", f"/procedures/{make.PROCEDURE}/versions/1/forms/filing")
    chief.post(f"/procedures/{make.PROCEDURE}/draft/start")
    pages |= _read(chief, *(f"/procedures/{make.PROCEDURE}/draft{part}" for part in (
        "", "/facts", "/forms", "/forms/filing", "/steps", "/scenarios", "/compare")))
    through = {url: smuggled(text) for url, text in pages.items() if smuggled(text)}
    assert not through
    without = [url for url, text in pages.items() if MARK not in shown(text) and url not in ("/incidents",)]
    assert not without, "the payloads did not even reach these pages"


@pytest.mark.parametrize("url", [
    "/sign-in?next={0}", "/nowhere/{0}", "/tasks/{0}/1", "/dossiers?q={0}", "/procedures?q={0}&level={0}",
    "/audit?q={0}&unit={0}", "/people?q={0}&unit={0}", "/dossiers/new?procedure={0}&centre={0}", "/calendar?year={0}",
    "/tasks?tab={0}&after={0}", "/people/person/{0}", "/procedures/{0}",
])
def test_no_page_runs_what_stands_in_its_address(ground: Ground, url: str) -> None:
    roles = ((make.COMMUNE, role) for role in ("specialist", "administrator", "auditor", "publisher"))
    browser = ground.browser(ground.person("chief", (make.CENTRE, "receiver"), *roles))
    for payload in PAYLOADS[::3]:
        address = url.format(payload.replace("%", "%25").replace("/", "%2f").replace("?", "%3f").replace("#", "%23")
                             .replace("&", "%26"))
        answer = browser.get(address)
        assert answer.status_code < 500
        assert not smuggled(answer.get_data(as_text=True)), address


def test_what_was_typed_wrong_comes_back_as_text(ground: Ground) -> None:
    browser = ground.browser(ground.person("chief", ("H49", "administrator"), ("H49", "publisher")))
    names = ("username", "name", "password", "code", "name_vi", "name_en", "kind", "parent", "day", "document", "key",
             "level", "agency_vi", "agency_en", "field_vi", "field_en", "unit", "role", "valid_from", "last_day")
    data = dict.fromkeys(names, ALL)
    for url in ("/people/add", "/people/units", "/calendar", "/procedures/new", "/people/person/clerk/memberships"):
        answer = browser.post(url, data)
        assert answer.status_code == 422, url
        assert not smuggled(answer.get_data(as_text=True)), url
    refused = ground.app.test_client()
    page = refused.get("/sign-in", query_string={"next": "/" + ALL}).get_data(as_text=True)
    assert not smuggled(page)


def test_the_reader_of_pages_is_not_blind(app: Flask) -> None:
    for payload in PAYLOADS:
        if payload.startswith("<") and "\u200b" not in payload and "<scr<" not in payload:
            assert smuggled(f"<p>{payload}</p>") or "form" in payload or "link" in payload or "!--" in payload, payload
    assert smuggled('<script type="application/json">{"a": "</script><b onclick=xss7()>"}</script>')


def _read(browser: Browser, *urls: str) -> dict[str, str]:
    pages = {}
    for url in urls:
        answer = browser.get(url)
        assert answer.status_code == 200, (url, answer.status_code)
        pages[url] = answer.get_data(as_text=True)
    return pages
