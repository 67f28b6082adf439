"""Page tokens, sessions, cookies, hosts, redirects, sign-in limits and API tokens under attack."""

from __future__ import annotations

import time
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.people import accounts, commands, passwords
from tests import builders as make
from tests.app.security.ground import Ground
from tests.app.security.routes import ROUTES
from tests.conftest import page_token

pytestmark = make.on_sqlite

CHANGING_PAGES = [
    route for route in ROUTES if not route.startswith("GET") and not route.partition(" ")[2].startswith("/api/")
]
REDIRECTS = (
    "//evil.example", "///evil.example", "////evil.example", "https://evil.example", "HTTPS://evil.example",
    "http:evil.example", "http:/evil.example", "https:evil.example", "/\\evil.example", "\\\\evil.example",
    "\\/evil.example", "/\t/evil.example", "\t//evil.example", "/\n/evil.example", "/\r\n/evil.example",
    " //evil.example", "javascript:alert(1)", "data:text/html,x", "evil.example", "./evil.example", "@evil.example",
    "//evil.example/%2f..", "\u202e//evil.example", "/\x00/evil.example", "//\u3002evil.example", "//[::1]/",
    "/\u2028/evil.example",
)


def test_no_page_route_takes_a_change_without_its_own_token(ground: Ground) -> None:
    everything = ground.person("mighty", *((make.CENTRE, role) for role in ("receiver", "publisher", "administrator")))
    other = ground.browser(ground.stage.specialist)
    browser = ground.browser(everything)
    for route in CHANGING_PAGES:
        method, _, rule = route.partition(" ")
        url = rule.replace("<int:", "<").replace("<code>", ground.code)
        url = "/".join("1" if part.startswith("<") else part for part in url.split("/"))
        for headers in ({}, {"X-CSRFToken": other.token}, {"X-CSRFToken": ""}, {"X-CSRFToken": "x.y.z"}):
            answer = browser.client.open(url, method=method, headers=headers)
            assert answer.status_code == 403, (route, headers)
        foreign = browser.client.open(url, method=method, data={"csrf_token": other.token})
        assert foreign.status_code == 403, route
        bearer = browser.client.open(url, method=method, headers={"Authorization": "Bearer x"})
        assert bearer.status_code == 403, f"a bearer token must not switch page tokens off: {route}"


def test_the_api_with_a_cookie_wants_a_page_token_too(ground: Ground) -> None:
    browser = ground.browser(ground.stage.specialist)
    url = f"/api/v1/tasks/{ground.code}/1/claim"
    assert browser.client.post(url).status_code == 403
    assert browser.client.post(url, headers={"Authorization": "Basic x"}).status_code == 403
    assert browser.post(url).status_code == 200


def test_a_planted_cookie_is_worth_nothing_after_signing_in(ground: Ground) -> None:
    client, planted = ground.app.test_client(), "A" * 43
    client.set_cookie("onedoor", planted)
    answer = _enter(client, "specialist")
    assert answer.status_code == 303
    thief = ground.app.test_client()
    thief.set_cookie("onedoor", planted)
    assert thief.get("/account").status_code == 302
    flags = answer.headers["Set-Cookie"]
    assert "HttpOnly" in flags
    assert "SameSite=Lax" in flags


def test_a_page_token_from_before_signing_in_is_worth_nothing_after(ground: Ground) -> None:
    client = ground.app.test_client()
    before = page_token(client)
    assert _enter(client, "specialist").status_code == 303
    assert client.post("/sign-out", data={"csrf_token": before}).status_code == 403


def test_odd_cookies_are_no_session(app: Flask) -> None:
    for value in ("x" * 42, "x" * 44, "' OR 1=1 --" + "x" * 32, "é" * 43, "x" * 4000, '"' * 43):
        client = app.test_client()
        answer = client.get("/account", headers={"Cookie": f"onedoor={value}".encode().decode("latin-1")})
        assert answer.status_code == 302, value


def test_a_closed_account_loses_sessions_and_tokens_at_once(ground: Ground) -> None:
    actor = ground.stage.specialist
    browser, api = ground.browser(actor), ground.api(actor)
    admin = ground.person("admin", ("H49", "administrator"))
    assert (browser.get("/tasks").status_code, api.get("/tasks").status_code) == (200, 200)
    with ground.app.app_context():
        commands.set_active(admin, actor.username, False)
    assert (browser.get("/tasks").status_code, api.get("/tasks").status_code) == (302, 401)
    assert _enter(ground.app.test_client(), actor.username).status_code == 422
    with ground.app.app_context():
        commands.set_active(admin, actor.username, True)
    assert browser.get("/tasks").status_code == 302, "an ended session must not come back with the account"


def test_a_new_password_ends_every_session_whoever_gave_it(ground: Ground) -> None:
    actor = ground.stage.specialist
    admin = ground.person("admin", ("H49", "administrator"))
    here, there = ground.browser(actor), ground.browser(actor)
    with ground.app.app_context():
        commands.reset_password(admin, actor.username, "another good one")
    assert [each.get("/tasks").status_code for each in (here, there)] == [302, 302]


@pytest.mark.parametrize(("since", "until"), [(-30, -1), (1, 30)])
def test_a_role_of_yesterday_or_tomorrow_gives_nothing(ground: Ground, since: int, until: int) -> None:
    today = clock.today()
    with ground.app.app_context():
        somebody = make.person("somebody")
        commands.add_membership(somebody, commands.NewMembership(
            "somebody", make.COMMUNE, "specialist", _day(today, since), _day(today, until)))
    browser, api = ground.browser(somebody), ground.api(somebody)
    assert browser.get("/tasks").status_code == 403
    assert api.get(f"/dossiers/{ground.code}").status_code == 403
    assert api.post(f"/tasks/{ground.code}/1/complete", json={"choice": "forward"}).status_code == 403


def test_a_role_in_an_ended_unit_gives_nothing(ground: Ground) -> None:
    browser = ground.browser(ground.stage.specialist)
    with ground.app.app_context():
        commands.end_unit(ground.stage.clerk, make.COMMUNE, _day(clock.today(), -1))
    assert browser.get("/tasks").status_code == 403


def test_tokens_end_with_their_time_and_are_the_persons_own(ground: Ground) -> None:
    actor = ground.stage.specialist
    api, rival = ground.api(actor), ground.api(ground.stage.rival)
    number = api.get("/tokens").get_json()[0]["id"]
    assert rival.open(f"/tokens/{number}", "DELETE").status_code == 404
    with clock.at(clock.now() + timedelta(days=1, seconds=1)):
        assert api.get("/me").status_code == 401
    assert api.get("/me").status_code == 200
    assert api.open(f"/tokens/{number}", "DELETE").status_code == 204
    assert api.get("/me").status_code == 401
    for secret in ("", "od_", " ", "null", "od_" + "x" * 5000, "od_'--"):
        answer = api.client.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == 401, secret


def test_nobody_is_sent_to_another_site(ground: Ground) -> None:
    for target in REDIRECTS:
        browser = ground.browser(ground.stage.specialist)
        places = [
            browser.client.get("/sign-in", query_string={"next": target}),
            browser.post("/language", {"language": "vi", "next": target}),
            browser.post("/tasks/claim", {"back": target}),
        ]
        for answer in places:
            assert answer.status_code in (302, 303), target
            location = answer.headers["Location"]
            assert location.startswith("/"), (target, location)
            assert not location.startswith(("//", "/\\")), (target, location)
            assert "evil" not in location, (target, location)


def test_the_host_header_moves_nothing_but_absolute_addresses_of_the_same_request(ground: Ground) -> None:
    browser = ground.browser(ground.stage.specialist)
    for host in ("evil.example", "evil.example:80", "localhost@evil.example", "evil.example/path"):
        answer = browser.client.get("/", headers={"Host": host})
        assert "evil" not in answer.headers.get("Location", ""), host
        assert "evil" not in browser.client.get("/account", headers={"Host": host}).get_data(as_text=True), host
        forwarded = browser.client.get("/account", headers={"X-Forwarded-Host": host, "X-Forwarded-For": "1.2.3.4"})
        assert "evil" not in forwarded.get_data(as_text=True)


def test_a_flood_of_sign_ins_is_stopped_before_anything_costly(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = []
    real = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda stored, given: hashed.append(1) or real(stored, given))
    client = ground.app.test_client()
    token = page_token(client)
    started = time.perf_counter()
    data = {"username": "specialist", "password": "wrong", "csrf_token": token}
    statuses = [client.post("/sign-in", data=data).status_code for _ in range(60)]
    assert statuses == [422] * 5 + [429] * 55
    assert len(hashed) == 5
    assert time.perf_counter() - started < 10


def test_one_address_cannot_try_account_after_account(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts.passwords, "matches", lambda _stored, _given: False)
    client = ground.app.test_client()
    token = page_token(client)
    statuses = [
        client.post("/sign-in", data={"username": f"guess{number}", "password": "x", "csrf_token": token}).status_code
        for number in range(110)
    ]
    assert statuses == [422] * 100 + [429] * 10
    forged = client.post("/sign-in", headers={"X-Forwarded-For": "9.9.9.9"}, data={
        "username": "more", "password": "x", "csrf_token": token})
    assert forged.status_code == 429, "an address the visitor wrote himself must not count"


def test_spellings_of_one_account_share_its_limit(ground: Ground) -> None:
    client = ground.app.test_client()
    names = ["specialist", "Specialist", " specialist", "SPECIALIST ", "specialist\t", "sPecialist"]
    statuses = [_enter(client, name, "wrong").status_code for name in names]
    assert statuses == [422] * 5 + [429]


def test_an_unknown_account_takes_the_same_path(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    hasher = type(passwords._hasher)
    real = hasher.verify

    def verify(self: object, stored: str, given: str) -> bool:
        checked.append(stored)
        return bool(real(self, stored, given))

    monkeypatch.setattr(hasher, "verify", verify)
    for username in ("specialist", "nobody.at.all"):
        assert _enter(ground.app.test_client(), username, "wrong").status_code == 422
    assert len(checked) == 2
    assert checked[0].split("$")[3] == checked[1].split("$")[3]


def test_every_answer_carries_the_policy(ground: Ground) -> None:
    browser = ground.browser(ground.stage.specialist)
    urls = ("/", "/tasks", "/nowhere", "/people", "/audit/x", "/assets/nothing.js", "/api/v1/nowhere", "/healthz",
            "/api/v1/openapi.json", "/sign-in", "/tasks/x/y", "/tasks/", f"/dossiers/files/{ground.attachment}")
    for url in urls:
        answer = browser.get(url)
        assert "default-src" in answer.headers["Content-Security-Policy"], url
        assert "unsafe-inline" not in answer.headers["Content-Security-Policy"].split("style-src")[0], url
        assert answer.headers["X-Content-Type-Options"] == "nosniff", url
    for method in ("TRACE", "OPTIONS", "PATCH", "DELETE"):
        answer = browser.open("/tasks", method)
        assert "default-src" in answer.headers["Content-Security-Policy"], method


def _enter(client: FlaskClient, username: str, password: str = make.PASSWORD) -> object:
    return client.post("/sign-in", data={
        "username": username, "password": password, "csrf_token": page_token(client)})


def _day(today: date, days: int) -> date:
    return today + timedelta(days=days)
