"""Bodies of wrong shapes at every route of the API, from its own description, and hostile forms: never a 500."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from app.audit.models import HistoryEntry
from app.db import reading
from app.dossiers.models import Dossier
from tests import builders as make
from tests.app.dossiers.stage import PNG
from tests.app.security.ground import Api, Ground

SEED = 20260302
NEST = 20_000
ODD: tuple[Any, ...] = (
    None, True, -1, 0, 10**30, 1e308, "", "\x00", "\ud800", "x" * 5000, [], [None], {}, {"a": {"b": []}}, "2026-02-30",
    [[]], {"__class__": 1}, -0.0, "٣", 2**63,
)
RAW = (
    b"", b"null", b"[]", b"1", b'"x"', b"{", b"\xff\xfe", b'{"form": NaN}', b'{"form": {"divisor": 1e999}}',
    b"[" * NEST + b"]" * NEST, b'{"form":' * NEST + b"1" + b"}" * NEST, b'{"form": {"divisor": ' + b"9" * 5000 + b"}}",
    b'{"reason": "\\ud800"}', b'{"form": {}, "form": {"name": "x"}}', b"\x00" * 100,
)
HOSTILE_KEYS = (
    "typename", "__class__", "__proto__", "constructor", "prototype", "__init__", "__globals__", "dossier", "filing",
    "visits", "item", "now", "today", "choice", "appraise", "appraise.choice", "name.x", "name[0]", "$ref", "_id", "",
    " name", "name ", "NAME", "nаme", "divisor\x00", "🙂", "x" * 3000,
)
PARAMETERS = (
    "q", "text", "page", "before", "status", "after", "tab", "unit", "kind", "centre", "pane", "since", "until", "year",
    "then", "later", "old", "new", "level", "resolved",
)
PAGE_VALUES = ("%00", "9" * 40, "9" * 5000, "-1", "%E2%80%AE", "x" * 2000, "%25", "%D9%A3", "%C2%B2", "%ff")


@pytest.fixture
def mighty(ground: Ground) -> Api:
    """Somebody who reaches every route."""
    roles = [(make.COMMUNE, role) for role in (
        "receiver", "specialist", "supervisor", "publisher", "auditor", "administrator")]
    return ground.api(ground.person("mighty", (make.CENTRE, "receiver"), *roles))


def test_no_body_of_any_shape_breaks_a_route(ground: Ground, mighty: Api) -> None:
    chance, wrong = random.Random(SEED), []
    for method, path, description in _operations(mighty):
        # Every check starts a process; a few bodies have to do there.
        bodies = list(_bodies(description, chance))
        for body in chance.sample(bodies, 6) if path.endswith("/check") else bodies:
            answer = _send(mighty, ground, method, path, body)
            if answer.status_code >= 500:
                wrong.append((method, path, body[:60], answer.status_code))
    assert not wrong, f"seed {SEED}: {wrong}"


@make.on_sqlite
def test_no_query_of_any_shape_breaks_a_route(ground: Ground, mighty: Api) -> None:
    wrong = []
    for method, path, description in _operations(mighty):
        names = [each["name"] for each in description["parameters"] if each["in"] == "query"]
        for value in ("", "\x00", "-1", "9" * 40, "x" * 3000, "2026-13-45", "٣") if names else ():
            for chosen in (*([name] for name in names), names):
                answer = mighty.open(_at(path, ground), method, query_string=dict.fromkeys(chosen, value))
                if answer.status_code >= 500:
                    wrong.append((method, path, chosen, value[:20]))
    assert not wrong, wrong


@make.on_sqlite
def test_no_part_of_an_address_breaks_a_route(ground: Ground, mighty: Api) -> None:
    wrong = []
    for method, path, _ in _operations(mighty):
        if "{" not in path:
            continue
        for value in ("9" * 30, "0", "%00", "%F0%9F%99%82", "x" * 300, "%ff"):
            url = path.replace("/api/v1", "")
            for name in ("code", "token", "form", "procedure", "day", "username", "number", "seq", "membership",
                         "attachment", "incident"):
                url = url.replace("{" + name + "}", value)
            answer = mighty.open(url, method, json={} if method != "GET" else None)
            if answer.status_code >= 500:
                wrong.append((method, path, value, answer.status_code))
    assert not wrong, wrong


@make.on_sqlite
def test_no_query_or_address_breaks_a_page(ground: Ground) -> None:
    roles = [(make.COMMUNE, role) for role in ("supervisor", "publisher", "auditor", "administrator", "specialist")]
    browser = ground.browser(ground.person("mighty", (make.CENTRE, "receiver"), *roles))
    numbers = ("9" * 30, "9223372036854775808")
    urls = [f"{page}{number}" for number in numbers for page in (
        "/dossiers/files/", "/incidents/", f"/procedures/{make.PROCEDURE}/versions/")]
    for page in (
        "/tasks", "/dossiers", "/dossiers/new", "/audit", "/procedures", "/people", "/calendar", "/incidents",
        f"/dossiers/{ground.code}", f"/audit/{ground.code}/compare", f"/tasks/{ground.code}/1",
        f"/procedures/{make.PROCEDURE}/compare",
    ):
        urls += [f"{page}?{'&'.join(f'{name}={value}' for name in PARAMETERS)}" for value in PAGE_VALUES]
    wrong = [url[:150] for url in urls if browser.get(url).status_code >= 500]
    assert not wrong, wrong


@make.on_sqlite
def test_a_field_that_the_form_does_not_have_is_refused_by_name(ground: Ground) -> None:
    for key in HOSTILE_KEYS:
        api = ground.api(ground.stage.receiver)
        before = _counts(ground)
        filing = _filing(ground, api) | {"form": {"name": "Nguyễn Văn A", key: "x"}}
        answer = api.post("/dossiers", json=filing)
        assert answer.status_code in (400, 422)
        if answer.status_code == 422:
            assert any(key[:50] in field["path"] for field in answer.get_json()["error"]["fields"])
        assert _counts(ground) == before


@make.on_sqlite
@pytest.mark.parametrize("form", [
    {}, {"name": ""}, {"name": None}, {"name": 5}, {"name": ["a"]}, {"name": {"a": 1}}, {"name": True},
    {"name": "A", "divisor": "1"}, {"name": "A", "divisor": True}, {"name": "A", "divisor": []},
    {"name": "A", "divisor": {"value": 1}},
])
def test_values_of_the_wrong_kind_are_refused_by_name(ground: Ground, form: dict[str, Any]) -> None:
    api = ground.api(ground.stage.receiver)
    before = _counts(ground)
    answer = api.post("/dossiers", json=_filing(ground, api) | {"form": form})
    assert answer.status_code == 422
    assert answer.get_json()["error"]["fields"][0]["path"] in form or not form
    assert _counts(ground) == before


@pytest.mark.parametrize("name", ["\ud800", "A\x00B", "\udfff" * 10, "A\ud83d"])
def test_text_that_no_database_keeps_is_refused_before_anything_is_stored(ground: Ground, name: str) -> None:
    api = ground.api(ground.stage.receiver)
    before = _counts(ground)
    answer = api.post("/dossiers", json=_filing(ground, api) | {"form": {"name": name}})
    assert answer.status_code in (400, 422)
    assert _counts(ground) == before
    drafted = ground.api(ground.stage.specialist).open(
        f"/tasks/{ground.code}/1/draft", "PUT", json={"form": {"note": name}})
    assert drafted.status_code in (200, 400, 422)
    assert ground.browser(ground.stage.specialist).get(f"/tasks/{ground.code}/1").status_code == 200


@pytest.mark.parametrize("text", [
    "[" * NEST, '{"a":' * NEST, '{"name": NaN}', '{"name": Infinity}', "[]", "1", '"x"', "null", "{", "\ud7ff",
    '{"name": "\\ud800"}', '{"divisor": 1e999, "name": "A"}', '{"divisor": ' + "9" * 5000 + "}",
    '{"name": "A", "name": 5}',
])
def test_the_hidden_field_of_a_page_may_hold_anything(ground: Ground, text: str) -> None:
    browser, before = ground.browser(ground.stage.receiver), _counts(ground)
    for data in (
        {"procedure": make.PROCEDURE, "centre": make.CENTRE, "unit": make.COMMUNE, "channel": "direct", "form": text},
        {"procedure": make.PROCEDURE, "centre": make.CENTRE, "form": text, "attachment": "9" * 5000},
        {"procedure": make.PROCEDURE, "centre": make.CENTRE, "form": text, "drop": "9" * 30},
    ):
        assert browser.post("/dossiers/new", data).status_code in (400, 422)
        assert browser.post("/dossiers/new/papers", data).status_code < 500
    officer = ground.browser(ground.stage.specialist)
    answer = officer.post(f"/tasks/{ground.code}/1", {"form": text, "choice": "nowhere"})
    assert answer.status_code < 500
    assert _counts(ground) == before


def _operations(api: Api) -> Iterator[tuple[str, str, dict[str, Any]]]:
    said = api.client.get("/api/v1/openapi.json").get_json()
    schemas = said["components"]["schemas"]
    for path, methods in said["paths"].items():
        for method, description in methods.items():
            if method in ("get", "post", "put", "patch", "delete") and "tokens" not in path:
                yield method.upper(), path, description | {"schemas": schemas, "parameters": [
                    each for each in (*methods.get("parameters", ()), *description.get("parameters", ()))
                    if "in" in each]}


def _bodies(description: dict[str, Any], chance: random.Random) -> Iterator[bytes]:
    content = description.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return
    name = content["application/json"]["schema"].get("$ref", "").rpartition("/")[2]
    properties = description["schemas"].get(name, {}).get("properties", {})
    yield from RAW
    for key in properties:
        for odd in chance.sample(ODD, 4):
            body = {other: chance.choice(("x", 1, {}, [])) for other in properties if chance.random() < 0.7}
            yield json.dumps(body | {key: odd}).encode()
    yield json.dumps({key: {} for key in (*properties, "__proto__")}).encode()


def _send(api: Api, ground: Ground, method: str, path: str, body: bytes) -> Any:
    return api.open(_at(path, ground), method, data=body, content_type="application/json")


def _at(path: str, ground: Ground) -> str:
    url = path.replace("/api/v1", "")
    procedure = "/procedures/" in url
    for name, value in (
        ("code", make.PROCEDURE if procedure else ground.code), ("token", "1"), ("form", "filing"), ("number", "1"),
        ("procedure", make.PROCEDURE), ("day", "2026-01-01"), ("username", "clerk"), ("seq", "1"), ("membership", "1"),
        ("attachment", str(ground.attachment)), ("incident", "1"), ("step", "appraise"),
    ):
        url = url.replace("{" + name + "}", value)
    assert "{" not in url, url
    return url


def _filing(ground: Ground, api: Api) -> dict[str, Any]:
    with ground.app.app_context():
        number = ground.stage.bring(ground.stage.receiver, PNG)
    return {
        "procedure": make.PROCEDURE, "receiving_unit": make.CENTRE, "competent_unit": make.COMMUNE,
        "channel": "direct", "attachments": [number],
    }


def _counts(ground: Ground) -> tuple[int, int]:
    with ground.app.app_context(), reading() as conn:
        return tuple(conn.scalar(select(func.count()).select_from(table)) or 0 for table in (Dossier, HistoryEntry))
