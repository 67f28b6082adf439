"""Every route for every role in every place, against tables written by hand; an unknown route is a failure."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock
from app.audit.models import HistoryEntry
from app.db import reading
from app.dossiers.models import Dossier
from app.jobs import incidents
from app.jobs.models import Incident
from app.people.actor import Actor
from app.people.permissions import ROLES
from app.security import permission_of
from engine.errors import Failed
from tests import builders as make
from tests.app.security.ground import PLACES, Ground
from tests.app.security.routes import DOSSIER_ROUTES, KINDS_OF_ROLES, ROLES_WITH, ROUTES

pytestmark = make.on_sqlite


def test_every_route_is_in_the_table_with_its_permission(app: Flask) -> None:
    declared = {
        f"{method} {rule.rule}": permission_of(app, rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert declared == ROUTES


def test_roles_have_the_permissions_of_the_table(app: Flask) -> None:
    held = {
        permission: {role for role, (_, _, own) in ROLES.items() if permission in own}
        for permission in {*ROLES_WITH, *(each for _, _, own in ROLES.values() for each in own)}
    }
    assert held == ROLES_WITH


@pytest.mark.parametrize("role", KINDS_OF_ROLES)
def test_a_role_reaches_its_routes_and_no_others(ground: Ground, role: str) -> None:
    actor = ground.person("somebody", (make.DEPARTMENT, role))
    browser, api = ground.browser(actor), ground.api(actor)
    wrong = []
    for route, permission in ROUTES.items():
        if permission in ("public", "account.own"):
            continue
        method, _, rule = route.partition(" ")
        url = _filled(rule, "X99-260101-0001", "999999")
        door, url = (api, url.removeprefix("/api/v1")) if rule.startswith("/api/") else (browser, url)
        status = door.open(url, method).status_code
        if (status == 403) is (role in ROLES_WITH[permission]) or status in (401, 500):
            wrong.append((route, status))
    assert not wrong, wrong


def test_nobody_reaches_anything_without_signing_in(app: Flask) -> None:
    client = app.test_client()
    for route, permission in ROUTES.items():
        method, _, rule = route.partition(" ")
        if permission == "public":
            continue
        answer = client.open(_filled(rule, "X", "1"), method=method)
        # Without a page token a changing request is refused before anybody asks who sent it.
        expected = {403} if method != "GET" else {401} if rule.startswith("/api/") else {302}
        assert answer.status_code in expected, route
        wrong = client.open(_filled(rule, "X", "1"), method=method, headers={"Authorization": "Bearer od_guess"})
        assert wrong.status_code in ({401} if rule.startswith("/api/") else expected), route


@pytest.mark.parametrize("place", PLACES)
def test_a_dossier_is_there_for_its_units_only(ground: Ground, place: str) -> None:
    incident = _incident(ground)
    before, wrong = _entries(ground), []
    for role in ("section_head", *KINDS_OF_ROLES):
        actor = ground.person(f"{role}.{place}", (PLACES[place], role))
        wrong += _wrong_answers(ground, actor, (role, place), incident)
    assert not wrong, wrong
    assert _entries(ground) == before


def _wrong_answers(ground: Ground, actor: Actor, who: tuple[str, str], incident: int) -> list[tuple[str, str, int]]:
    browser, api, wrong = ground.browser(actor), ground.api(actor), []
    for route, allowed in DOSSIER_ROUTES.items():
        method, _, rule = route.partition(" ")
        if who[0] not in ROLES_WITH[ROUTES[route]] or (method != "GET" and who in allowed):
            continue
        url = _filled(rule, ground.code, str(incident if "incident" in rule else ground.attachment))
        if rule.startswith("/api/"):
            answer = api.open(url.removeprefix("/api/v1"), method, **_api_body(rule))
        else:
            answer = browser.open(url, method, data={"reason": "mine now", "choice": "forward", "form": "{}"})
        expected = {200} if who in allowed else {404} if method == "GET" else {403, 404}
        if answer.status_code not in expected or _tells(answer, allowed, who):
            wrong.append((route, who[0], answer.status_code))
    return wrong


def _api_body(rule: str) -> dict[str, Any]:
    """A body that would do, for somebody who may."""
    bodies: dict[str, Any] = {
        "withdraw": {"reason": "mine now"}, "complete": {"choice": "forward", "form": {}}, "deliver": {"form": {}},
        "draft": {"form": {}}, "messages": {"message": "paid"}, "signals": {"signal": "storm"},
        "refuse": {"note": ""},
        "apologies": {"reason": "mine now", "new_due": "2030-01-07T10:00:00+07:00"},
    }
    last = rule.rpartition("/")[2]
    return {"json": bodies[last]} if last in bodies else {}


def _tells(answer: Any, allowed: set[tuple[str, str]], who: tuple[str, str]) -> bool:
    """Whether a refusal gives away whose dossier it is."""
    return who not in allowed and "Đào" in answer.get_data(as_text=True)


def test_routes_with_a_dossier_are_all_in_the_second_table(app: Flask) -> None:
    bound = {
        route for route in ROUTES
        if ("/dossiers/<code>" in route or "/audit/<code>" in route or "/tasks/<code>" in route
            or "<int:attachment>" in route or "<int:incident>" in route)
    }
    assert bound - {"DELETE /api/v1/attachments/<int:attachment>"} == set(DOSSIER_ROUTES)


def _filled(rule: str, code: str, number: str) -> str:
    for name, value in (
        ("<code>", code), ("<token>", "1"), ("<form>", "filing"), ("<key>", "fees"), ("<step>", "appraise"),
        ("<wait>", "999999"), ("<procedure>", "9.999999"), ("<day>", "2026-01-01"),
        ("<username>", "nobody.there"), ("<path:name>", "x.js"), ("<int:seq>", "1"), ("<int:number>", "1"),
        ("<int:membership>", "999999"), ("<int:token>", "999999"), ("<int:attachment>", number),
        ("<int:incident>", number),
    ):
        rule = rule.replace(name, value)
    assert "<" not in rule, f"{rule} has a part that the matrix does not know"
    return rule


def _incident(ground: Ground) -> int:
    """An incident of the dossier, as a failed completion leaves it."""
    with ground.app.app_context():
        with reading() as conn:
            dossier = conn.scalar(select(Dossier.id).where(Dossier.code == ground.code))
        command = {"command": "CompleteStep", "token": "1", "assignee": "1", "form": {}, "choice": "nowhere"}
        incidents.record(
            incidents.Note(dossier, clock.now(), ground.stage.specialist, make.COMMUNE, command), Failed())
        with reading() as conn:
            return int(conn.scalar(select(func.max(Incident.id))) or 0)


def _entries(ground: Ground) -> int:
    with ground.app.app_context(), reading() as conn:
        return conn.scalar(select(func.count()).select_from(HistoryEntry)) or 0
