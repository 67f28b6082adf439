"""Signing in, page tokens, limits, headers, permissions on every route."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import clock
from app.db import reading
from app.people import accounts, commands
from app.people.actor import Actor
from app.people.models import Session
from app.security import PUBLIC, check_routes, permission_of
from app.web import own_path
from tests import builders as make
from tests.conftest import page_token

pytestmark = make.on_sqlite
SignIn = Callable[..., FlaskClient]


@pytest.fixture
def people(app: Flask) -> dict[str, Actor]:
    with app.app_context():
        make.province()
        return {
            "admin": make.person("admin", ("H49", "administrator")),
            "officer": make.person("officer", (make.CENTRE, "receiver")),
        }


def enter(client: FlaskClient, username: str, password: str) -> int:
    data = {"username": username, "password": password, "csrf_token": page_token(client)}
    return client.post("/sign-in", data=data).status_code


def test_the_session_id_changes_at_sign_in_and_only_its_digest_is_kept(
    app: Flask, people: object, client: FlaskClient
) -> None:
    client.get("/sign-in")
    before = client.get_cookie("onedoor")
    assert enter(client, "officer", make.PASSWORD) == 303
    after = client.get_cookie("onedoor")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    assert after.http_only
    assert after.same_site == "Lax"
    with app.app_context(), reading() as conn:
        assert after.value not in conn.scalars(select(Session.id)).all()
    assert client.get("/account").status_code == 200


def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(sign_in: SignIn, people: object, app: Flask) -> None:
    browser = sign_in("officer")
    stolen = browser.get_cookie("onedoor")
    assert stolen is not None
    browser.post("/sign-out", data={"csrf_token": page_token(browser, "/account")})
    thief = app.test_client()
    thief.set_cookie("onedoor", stolen.value)
    assert thief.get("/account").status_code == 302


def test_a_new_password_ends_every_session(sign_in: SignIn, people: object) -> None:
    here, elsewhere = sign_in("officer"), sign_in("officer")
    changed = here.post("/account/password", data={
        "old": make.PASSWORD, "new": "another good one", "again": "another good one",
        "csrf_token": page_token(here, "/account"),
    })
    assert changed.status_code == 303
    assert [browser.get("/account").status_code for browser in (here, elsewhere)] == [302, 302]
    sign_in("officer", "another good one")


def test_sessions_end_with_their_hours(sign_in: SignIn, people: object, app: Flask) -> None:
    browser = sign_in("officer")
    with clock.at(clock.now() + timedelta(hours=app.config["ONEDOOR_SESSION_HOURS"], seconds=1)):
        assert browser.get("/account").status_code == 302


@pytest.mark.parametrize("username", ["officer", "nobody"])
def test_wrong_passwords_are_refused_alike_and_then_limited(client: FlaskClient, people: object, username: str) -> None:
    answers = [enter(client, username, "wrong") for _ in range(6)]
    assert answers == [422] * 5 + [429]
    assert enter(client, username, make.PASSWORD) == 429


def test_other_accounts_are_not_limited_with_it(client: FlaskClient, people: object) -> None:
    for _ in range(6):
        enter(client, "officer", "wrong")
    assert enter(client, "admin", make.PASSWORD) == 303


def test_a_closed_account_is_signed_out_and_stays_out(sign_in: SignIn, people: dict[str, Actor], app: Flask) -> None:
    browser = sign_in("officer")
    with app.app_context():
        commands.set_active(people["admin"], "officer", False)
    assert browser.get("/account").status_code == 302
    assert enter(app.test_client(), "officer", make.PASSWORD) == 422


def test_every_changing_route_refuses_a_request_without_page_token(sign_in: SignIn, people: object, app: Flask) -> None:
    browser = sign_in("admin")
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}:
            url = rule.build({name: "1" for name in rule.arguments}, append_unknown=False)
            assert url is not None
            answer = browser.open(url[1].replace("//", "/"), method=method)
            assert answer.status_code == 403, f"{method} {rule.rule} answered {answer.status_code}"


def test_every_route_that_is_not_public_asks_for_a_person(app: Flask, client: FlaskClient) -> None:
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or set()) or permission_of(app, rule.endpoint, "GET") == PUBLIC:
            continue
        url = rule.build({name: "1" for name in rule.arguments}, append_unknown=False)
        assert url is not None
        assert client.get(url[1]).status_code == (401 if rule.rule.startswith("/api/") else 302), rule.rule


def test_a_route_without_permission_does_not_start(app: Flask) -> None:
    bare = Flask("bare", static_folder=None)
    bare.add_url_rule("/forgotten", view_func=lambda: "open to all", endpoint="forgotten")
    with pytest.raises(RuntimeError, match="/forgotten"):
        check_routes(bare)


def test_roles_decide(sign_in: SignIn, people: object) -> None:
    assert sign_in("officer").get("/people").status_code == 403
    assert sign_in("admin").get("/people").status_code == 200


def test_a_role_counts_between_its_days_only(app: Flask, people: dict[str, Actor]) -> None:
    with app.app_context():
        with clock.at(make.NOW - timedelta(days=365)):
            assert make.actor("officer").roles == ()
        assert make.actor("officer").holds("receiver", make.CENTRE)


def test_tokens_carry_their_persons_permissions_until_they_are_revoked(app: Flask, people: dict[str, Actor]) -> None:
    with app.app_context():
        token = accounts.create_token(people["admin"], "script", 1)
    client, head = app.test_client(), {"Authorization": f"Bearer {token.secret}"}
    me = client.get("/api/v1/me", headers=head).get_json()
    assert (me["username"], "people.manage" in me["permissions"]) == ("admin", True)
    new = {"username": "new.one", "name": "New", "password": "long enough"}
    made = client.post("/api/v1/people", headers=head, json=new)
    assert made.status_code == 201
    assert client.get("/account", headers=head).status_code == 302
    client.delete(f"/api/v1/tokens/{token.id}", headers=head)
    assert client.get("/api/v1/me", headers=head).status_code == 401


def test_errors_of_the_api_have_one_shape(app: Flask, people: dict[str, Actor]) -> None:
    with app.app_context():
        token = accounts.create_token(people["admin"], "script", 1)
    client, head = app.test_client(), {"Authorization": f"Bearer {token.secret}"}
    answers = [
        client.get("/api/v1/nowhere", headers=head), client.get("/api/v1/people/nobody", headers=head),
        client.post("/api/v1/people", headers=head, json={"name": 5}), client.put("/api/v1/me", headers=head),
        client.post("/api/v1/people", headers=head, data="{", content_type="application/json"),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 422, 405, 400]
    for answer in answers:
        assert set(answer.get_json()["error"]) == {"code", "message", "details", "fields"}
    fields = {field["path"] for field in answers[2].get_json()["error"]["fields"]}
    assert fields == {"name", "username", "password"}


OUTSIDE = (
    "//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
    "javascript:alert(1)",
    "http:evil.example", "evil.example", "", "/\n/evil.example", "///evil.example", "\u202e/tasks", "/\x00",
)


@pytest.mark.parametrize("target", OUTSIDE)
def test_nobody_is_sent_elsewhere(target: str, app: Flask) -> None:
    assert own_path(target) == "/"


def test_own_pages_are_kept(app: Flask) -> None:
    assert own_path("/tasks?tab=late") == "/tasks?tab=late"


def test_headers(client: FlaskClient) -> None:
    answer = client.get("/sign-in")
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_visitors_cost_no_row(app: Flask, client: FlaskClient) -> None:
    client.get("/sign-in")
    with app.app_context(), reading() as conn:
        assert conn.execute(select(Session.id)).all() == []


def test_languages_follow_the_person_then_the_cookie_then_the_browser(
    client: FlaskClient, people: object, sign_in: SignIn
) -> None:
    assert 'lang="vi"' in client.get("/sign-in").get_data(as_text=True)
    assert 'lang="en"' in client.get("/sign-in", headers={"Accept-Language": "en"}).get_data(as_text=True)
    client.post("/language", data={"language": "en", "next": "/sign-in", "csrf_token": page_token(client)})
    assert 'lang="en"' in client.get("/sign-in", headers={"Accept-Language": "vi"}).get_data(as_text=True)
    browser = sign_in("officer")
    browser.post("/language", data={"language": "en", "csrf_token": page_token(browser, "/account")})
    browser.delete_cookie("language")
    assert 'lang="en"' in browser.get("/account").get_data(as_text=True)


def test_an_administrators_pages(sign_in: SignIn, people: object) -> None:
    browser = sign_in("admin")
    urls = ("/people", "/people/add", "/people/person/officer", "/people/units", "/calendar", "/account", "/incidents")
    for url in urls:
        assert browser.get(url).status_code == 200, url
    token = page_token(browser, "/people/add")
    made = browser.post("/people/add", data={
        "name": "Lê Mới", "username": "le.moi", "password": "long enough", "csrf_token": token})
    assert made.status_code == 303
    data = {"unit": make.CENTRE, "role": "receiver", "valid_from": "2026-01-01", "csrf_token": token}
    assert browser.post("/people/person/le.moi/memberships", data=data).status_code == 303
    assert browser.post("/people/person/le.moi/memberships", data=data).status_code == 409
    assert browser.post("/people/person/le.moi/memberships", data=data | {"role": "king"}).status_code == 422
    day = {"day": "2026-12-24", "kind": "off", "name_vi": "Nghỉ", "name_en": "Off", "document": "1/QĐ"}
    day["csrf_token"] = token
    assert browser.post("/calendar", data=day).status_code == 303
    assert browser.post("/calendar", data=day | {"document": ""}).status_code == 422
    outside = browser.post("/calendar", data=day | {"day": "1026-12-24"})
    assert outside.status_code == 422
    assert "từ 01/01/1990 đến 31/12/2100; hãy sửa lại ngày 24/12/1026" in outside.get_data(as_text=True)
    assert browser.post("/calendar/2026-12-24/clear", data={"csrf_token": token}).status_code == 422
    assert browser.post("/calendar/2026-12-24/clear", data={"csrf_token": token, "by": "2/QĐ"}).status_code == 303
    unit = {"code": "H49.99", "name_vi": "Xã Mới", "name_en": "New", "kind": "commune", "parent": "H49"}
    unit["csrf_token"] = token
    assert browser.post("/people/units", data=unit).status_code == 303
    assert browser.post("/people/units", data=unit).status_code == 409


def test_what_no_database_keeps_is_refused_or_harmless(sign_in: SignIn, people: object) -> None:
    browser = sign_in("admin")
    assert browser.get("/people?q=%00").status_code in (200, 400)
    answer = browser.get("/incidents/99999999999")
    assert answer.status_code in (400, 404)
