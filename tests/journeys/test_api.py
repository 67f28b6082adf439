"""The officers' journey by the JSON API alone, with tokens; and the description of the API itself."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest

from app import create_app
from app.demonstration.province import PASSWORD
from tests.journeys.world import CENTRE, COMMUNE, HOUSEHOLD, Server, answers_of, scenario

pytestmark = pytest.mark.xdist_group("api")

PAPER = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: Any


@dataclass(frozen=True, slots=True)
class Client:
    """A program that acts for somebody."""

    server: Server
    token: str

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send JSON, read JSON."""
        data = None if body is None else json.dumps(body).encode()
        return self.send(method, path, data, {"Content-Type": "application/json"} | headers)

    def send(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> Answer:
        """Send bytes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(f"{self.server.url}/api/v1{path}", data, method=method, headers={
            "Authorization": f"Bearer {self.token}", **named})
        try:
            with build_opener().open(request, timeout=60) as answer:
                return _read(answer.status, answer.read(), answer.headers)
        except HTTPError as refused:
            with refused:
                return _read(refused.code, refused.read(), refused.headers)

    def upload(self, component: str = "") -> int:
        """A file of one's own, not yet of any dossier."""
        edge = uuid.uuid4().hex
        parts = [
            f'--{edge}\r\nContent-Disposition: form-data; name="component"\r\n\r\n{component}\r\n'.encode(),
            f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'.encode(), PAPER,
            f"\r\n--{edge}--\r\n".encode(),
        ]
        kind = {"Content-Type": f"multipart/form-data; boundary={edge}"}
        answer = self.send("POST", "/attachments", b"".join(parts), kind)
        assert answer.status == 201, answer.body
        number: int = answer.body["id"]
        return number


def _read(status: int, content: bytes, headers: Any) -> Answer:
    kind = headers.get("Content-Type", "")
    return Answer(status, json.loads(content) if content and kind.startswith("application/json") else content, headers)


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Callable[[str], Client]]:
    """Somebody's token, made through a signed-in session as the account page does."""
    made: dict[str, Client] = {}

    def of(username: str) -> Client:
        if username not in made:
            made[username] = Client(server, _token(server, username))
        return made[username]

    return of


def _token(server: Server, username: str) -> str:
    opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def page_token(path: str) -> str:
        with opener.open(server.url + path, timeout=60) as page:
            text: str = page.read().decode()
        return text.split('name="csrf_token" value="')[1].split('"')[0]

    form = {"username": username, "password": PASSWORD, "csrf_token": page_token("/sign-in")}
    opener.open(f"{server.url}/sign-in", urlencode(form).encode(), timeout=60).close()
    request = Request(f"{server.url}/api/v1/tokens", json.dumps({"name": "journey"}).encode(), headers={
        "Content-Type": "application/json", "X-CSRFToken": page_token("/account")})
    with opener.open(request, timeout=60) as answer:
        secret: str = json.load(answer)["secret"]
    return secret


def filing(client: Client, told: dict[str, Any], *components: str, **answers: Any) -> dict[str, Any]:
    """A request to receive what a scenario files."""
    return {
        "procedure": HOUSEHOLD, "receiving_unit": CENTRE, "competent_unit": COMMUNE, "channel": told["channel"],
        "form": {**told["filing"], **answers}, "attachments": [client.upload(each) for each in components],
    }


def received(client: Client, told: dict[str, Any], *components: str) -> str:
    """The code of a new dossier."""
    answer = client("POST", "/dossiers", filing(client, told, *components))
    assert answer.status == 201, answer.body
    code: str = answer.body["code"]
    return code


def open_token(client: Client, code: str, tab: str) -> str:
    """The token of the dossier's open task under a tab."""
    answer = client("GET", f"/tasks?tab={tab}&text={code}")
    assert answer.status == 200, answer.body
    assert len(answer.body["items"]) == 1, answer.body
    token: str = answer.body["items"][0]["token"]
    return token


def work(client: Client, code: str, form: dict[str, Any], choice: str | None = None, **more: Any) -> Answer:
    """Complete the dossier's task of one's unit."""
    token = open_token(client, code, "unit")
    body = {"form": form, "choice": choice, **more}
    return client("POST", f"/tasks/{code}/{token}/complete", body)


def test_the_officers_journey(client: Callable[[str], Client]) -> None:
    filed, once = scenario("online"), scenario("supplement-once")
    receiver, specialist, head, clerk = map(client, ("receiver", "specialist", "head", "clerk"))
    code = received(receiver, filed, "identity", "minutes", "authority")

    assert work(receiver, code, answers_of(filed, "receive"), "forward").status == 200
    asked = work(specialist, code, answers_of(once, "appraise"), "supplement")
    assert asked.status == 200, asked.body
    assert asked.body["next"][0]["waits"]
    token = open_token(receiver, code, "waiting")
    handed_in = receiver("POST", f"/tasks/{code}/{token}/deliver", {
        "form": answers_of(once, "supplement"), "attachments": [receiver.upload()]})
    assert handed_in.status == 200, handed_in.body
    passed = specialist("GET", f"/tasks?tab=mine&text={code}").body["items"]
    passed = passed or specialist("GET", f"/tasks?tab=unit&text={code}").body["items"]
    body = {"form": answers_of(once, "appraise", 1), "choice": "forward"}
    assert specialist("POST", f"/tasks/{code}/{passed[0]['token']}/complete", body).status == 200
    assert work(head, code, answers_of(filed, "approve"), "forward").status == 200

    refused = work(clerk, code, answers_of(filed, "sign"))
    assert refused.status == 422, refused.body
    signed = work(clerk, code, answers_of(filed, "sign"), attachments=[clerk.upload()])
    assert signed.status == 200, signed.body
    returned = work(receiver, code, answers_of(filed, "return_result"))
    assert returned.body["ended"] == 10, returned.body

    dossier = receiver("GET", f"/dossiers/{code}")
    assert (dossier.body["status"], dossier.headers["ETag"]) == (10, f'"{dossier.body["seq"]}"')
    assert len(receiver("GET", f"/dossiers/{code}/history").body) == dossier.body["seq"]
    assert len(receiver("GET", f"/dossiers/{code}/attachments").body) == 5
    steps = receiver("GET", f"/dossiers/{code}/steps").body
    assert [step["state"] for step in steps] == ["done"] * len(steps)


def test_every_field_to_correct_is_named(client: Callable[[str], Client]) -> None:
    receiver, told = client("receiver"), scenario("online")
    wrong = filing(receiver, told, owner_phone="1", capital="much", unheard_of=1)
    answer = receiver("POST", "/dossiers", wrong, Accept_Language="en")
    paths = {field["path"] for field in answer.body["error"]["fields"]}
    assert answer.status == 422
    assert {"owner_phone", "capital", "unheard_of"} <= paths
    del wrong["form"]
    answer = receiver("POST", "/dossiers", wrong)
    assert (answer.status, [field["path"] for field in answer.body["error"]["fields"]]) == (422, ["form"])


def test_the_same_request_twice_makes_one_dossier(client: Callable[[str], Client]) -> None:
    receiver, told = client("receiver"), scenario("onsite")
    body = filing(receiver, told, "identity", owner_name="Một Lần Thôi")
    key = {"Idempotency_Key": uuid.uuid4().hex}
    first, again = receiver("POST", "/dossiers", body, **key), receiver("POST", "/dossiers", body, **key)
    assert (first.status, again.status, first.body) == (201, 201, again.body)
    assert len(receiver("GET", "/dossiers?q=mot+lan+thoi").body["items"]) == 1
    other = receiver("POST", "/dossiers", body | {"channel": "postal"}, **key)
    assert other.status == 422


def test_who_comes_second_hears_who_and_when(client: Callable[[str], Client]) -> None:
    receiver, told = client("receiver"), scenario("onsite")
    code = received(receiver, told, "identity")
    token = open_token(receiver, code, "unit")
    body = {"form": answers_of(told, "receive"), "choice": "forward"}
    assert receiver("POST", f"/tasks/{code}/{token}/complete", body).status == 200
    second = receiver("POST", f"/tasks/{code}/{token}/complete", body)
    assert second.status == 409, second.body
    assert "Nguyễn Thị Hồng Nhung" in second.body["error"]["message"]
    assert {"name", "at"} <= set(second.body["error"]["details"])
    stale = client("specialist")("POST", f"/tasks/{code}/{open_token(client('specialist'), code, 'unit')}/claim",
                                 None, If_Match='"1"')
    assert stale.status == 409, stale.body


def test_others_do_not_find_it(client: Callable[[str], Client]) -> None:
    code = received(client("receiver"), scenario("onsite"), "identity")
    stranger = client("receiver.baichay")
    assert stranger("GET", f"/dossiers/{code}").status == 404
    assert stranger("GET", f"/tasks/{code}/1").status == 404
    assert stranger("GET", f"/dossiers?q={code}").body["items"] == []
    assert client("specialist")("POST", "/dossiers", {}).status == 403
    assert Client(stranger.server, "nobody's")("GET", "/tasks").status == 401


def test_the_description_is_complete_and_sound(client: Callable[[str], Client], server: Server) -> None:
    said = client("auditor")("GET", "/openapi.json").body
    assert said["openapi"].startswith("3.1.")
    app = create_app(ONEDOOR_DATA=server.data, ONEDOOR_LOG_LEVEL="CRITICAL")
    routes = {
        (method.lower(), _as_described(rule.rule))
        for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1/") and not rule.rule.endswith(".json")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {(method, path) for path, item in said["paths"].items() for method in item if method in METHODS}
    assert described == routes
    for method, path in described:
        operation = said["paths"][path][method]
        assert operation.get("summary"), (method, path)
        assert any(code[0] == "2" for code in operation["responses"]), (method, path)
        assert "default" in operation["responses"], (method, path)
        _check_parameters(path, said["paths"][path], operation)
    for reference in _references(said):
        _resolve(said, reference)


METHODS = {"get", "post", "put", "patch", "delete"}


def _as_described(rule: str) -> str:
    parts = [f"{{{part[1:-1].rpartition(':')[2]}}}" if part.startswith("<") else part for part in rule.split("/")]
    return "/".join(parts)


def _check_parameters(path: str, item: Any, operation: Any) -> None:
    declared = [*item.get("parameters", []), *operation.get("parameters", [])]
    in_path = {each["name"] for each in declared if each.get("in") == "path"}
    assert in_path == {part[1:-1] for part in path.split("/") if part.startswith("{")}, path


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "$ref":
                yield value
            else:
                yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _resolve(said: Any, reference: str) -> Any:
    assert reference.startswith("#/"), reference
    for part in reference[2:].split("/"):
        said = said[part.replace("~1", "/").replace("~0", "~")]
    return said
