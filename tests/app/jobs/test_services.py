"""Service tasks are answered by connectors, messages leave as letters, and what is awaited can be handed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app import clock, seals
from app.casework import Advanced
from app.db import reading, transaction
from app.dossiers.models import Dossier
from app.dossiers.panes import pane
from app.dossiers.story import Reader
from app.jobs import commands, queries
from app.jobs.connectors import CONNECTORS, ConnectorFailed, Request
from app.jobs.delivery import deliver_letters
from app.jobs.mailbox import FileMailbox
from app.jobs.models import Incident, Letter, ServiceCall
from app.jobs.services import answer_services
from app.people.actor import Actor
from app.procedures.gate import examine
from engine.definition import Bundle, check
from engine.state import load
from tests import builders as make
from tests.conftest import page_token
from tests.engine import builders as draw
from tests.engine.happenings import border, catch, declared, ours, service, throw, told

RECEIVE = draw.task("receive", kind="receive", role="receiver", unit="receiving", hours="2", status="2")
NAMES = declared("message:paid", "error:address", "signal:storm")


def diagram(*parts: str) -> str:
    return draw.diagram(draw.start(), RECEIVE, draw.end("returned", "9"), *parts).replace(
        "<bpmn:process ", f"{NAMES}<bpmn:process ", 1)


@pytest.fixture
def officer(inside: Flask) -> Actor:
    make.province()
    make.person("supervisor", (make.COMMUNE, "supervisor"))
    return make.person("receiver", (make.CENTRE, "receiver"))


def run(officer: Actor, xml: str, **forms: Any) -> Advanced:
    """A dossier whose reception is done."""
    received = make.receive(officer, make.publish(officer, xml, forms))
    return make.complete(officer, received.dossier, received.opened_tasks[0].token, make.CENTRE)


def waiting() -> Any:
    with reading() as conn:
        return conn.execute(select(ServiceCall.__table__)).first()


def state_of(dossier: int) -> Any:
    with reading() as conn:
        row = conn.execute(select(Dossier.code, Dossier.seq, Dossier.state).where(Dossier.id == dossier)).one()
    return load(seals.opened(row.code, row.seq, row.state))


ASK = diagram(
    service("ask", "letter", subject='="News for " + filing.name', text="Please come."),
    border("no_address", "ask", told("error", "address")), draw.end("nowhere", "8"), draw.path("no_address", "nowhere"),
    draw.path("begin", "receive", "ask", "returned"),
)


def test_a_service_task_is_answered_by_its_connector(officer: Actor, tmp_path: Path) -> None:
    done = run(officer, ASK)
    assert (waiting().connector, waiting().inputs["subject"]) == ("letter", "News for Nguyễn Văn A")
    assert answer_services(FileMailbox(tmp_path), tries=3) == 1
    assert waiting() is None
    assert state_of(done.dossier).data["ask"] == {"to": "a@example.vn"}
    assert state_of(done.dossier).ended
    sent = (tmp_path / "service-000000001.txt").read_text("utf-8")
    assert sent.startswith("To: a@example.vn\nSubject: News for Nguyễn Văn A\n")
    assert answer_services(FileMailbox(tmp_path), tries=3) == 0


def test_an_error_of_the_connector_takes_the_way_drawn_for_it(officer: Actor, tmp_path: Path) -> None:
    done = run(officer, ASK)
    with transaction() as conn:
        conn.execute(update(Dossier).values(applicant_email=""))
    assert answer_services(FileMailbox(tmp_path), tries=3) == 1
    assert state_of(done.dossier).end == "nowhere"


def test_a_connector_that_is_away_is_asked_again_and_then_given_up(officer: Actor, tmp_path: Path) -> None:
    asked: list[int] = []

    def away(request: Request, mailbox: Any) -> None:
        asked.append(request.number)
        raise OSError("away")

    run(officer, ASK)
    mailbox = FileMailbox(tmp_path)
    assert answer_services(mailbox, 2, {"letter": away}) == 0
    assert answer_services(mailbox, 2, {"letter": away}) == 0
    assert (len(asked), waiting().last_error, waiting().attempts) == (1, "OSError", 1)
    with clock.at(clock.now() + timedelta(hours=1)):
        assert answer_services(mailbox, 2, {"letter": away}) == 0
    assert len(asked) == 2
    incident = one(Incident.error, Incident.id, Incident.details)
    assert (incident.error, incident.details["code"]) == ("ErrorUncaught", "unavailable")
    assert waiting().failed_at is not None
    supervisor = make.actor("supervisor")
    assert [row.error for row in queries.incidents(supervisor).rows] == ["ErrorUncaught"]
    commands.retry_incident(supervisor, incident.id)
    assert (waiting().failed_at, waiting().attempts) == (None, 0)
    assert answer_services(mailbox, 2) == 1
    assert waiting() is None


def one(*columns: Any) -> Any:
    with reading() as conn:
        return conn.execute(select(*columns)).one()


def test_what_is_not_waited_for_any_more_is_not_asked(officer: Actor, tmp_path: Path) -> None:
    late = diagram(service("ask", "log"), border("t", "ask", told("timeDuration", "PT1H")), draw.end("late", "8"),
                   draw.path("begin", "receive", "ask", "returned"), draw.path("t", "late"))
    run(officer, late)
    with clock.at(clock.now() + timedelta(hours=2)):
        assert commands.fire_due_timers() == 1
    assert waiting() is None


def test_what_a_letter_cannot_say_is_an_error_of_the_diagram() -> None:
    for inputs in ({}, {"subject": "a\r\nBcc: x@y", "text": "t"}, {"subject": "s", "text": "t" * 30_000}):
        with pytest.raises(ConnectorFailed):
            CONNECTORS["letter"](Request(1, "c", "e", inputs, "a@b"), FileMailbox(Path("/nowhere")))


@make.on_sqlite
def test_the_gate_knows_the_connectors(inside: Flask) -> None:
    def errors(connector: str) -> list[str]:
        xml = diagram(service("ask", connector), draw.path("begin", "receive", "ask", "returned"))
        bundle = Bundle(xml, {"filing": make.FILING}, {}, make.FACTS)
        assert not [each for each in check(bundle) if each.code == "connector_unknown"]
        content = {"xml": xml, "forms": bundle.forms, "decisions": {}, "procedure": bundle.procedure}
        return [each.code for each in examine(content, {}).findings if each.severity == "error"]

    assert "connector_unknown" in errors("telex")
    assert "connector_unknown" not in errors("log")


def test_a_message_that_nobody_in_the_dossier_awaits_leaves_as_a_letter(officer: Actor, tmp_path: Path) -> None:
    run(officer, diagram(
        throw("tell", ours(subject="Hello", text='="Dear " + filing.name'), told("message", "paid")),
        throw("more", told("message", "paid")), draw.path("begin", "receive", "tell", "more", "returned")))
    with reading() as conn:
        bodies = list(conn.scalars(select(Letter.body).where(Letter.kind == "message")))
    assert [body["message"] for body in bodies] == ["paid", "paid"]
    deliver_letters(FileMailbox(tmp_path), 3)
    letters = "".join(path.read_text("utf-8") for path in tmp_path.iterdir())
    assert "Subject: Hello\n" in letters
    assert "Dear Nguyễn Văn A" in letters
    assert "Hồ sơ H49.12.1-260302-0001: paid" in letters


PAYMENT = {
    "type": "default", "schemaVersion": 16, "id": "payment",
    "components": [{"type": "number", "key": "amount", "label": "Số tiền", "id": "p1", "validate": {"required": True}}],
}
WAITING = diagram(
    catch("pay", ours(correlation="=filing.name", brings="payment"), told("message", "paid")),
    catch("calm", told("signal", "storm")),
    draw.path("begin", "receive", "pay", "calm", "returned"),
)


def test_what_the_process_waits_for_is_shown_and_handed_in(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    with app.app_context():
        make.province()
        receiver = make.person("receiver", (make.CENTRE, "receiver"))
        make.person("specialist", (make.COMMUNE, "specialist"))
        done = run(receiver, WAITING, payment=PAYMENT)
        shown = pane(receiver, done.code, "steps", Reader("en", str))
        assert [(each.kind, each.name) for each in shown.waits] == [("message", "paid")]
        drawn = pane(receiver, done.code, "diagram", Reader("en", str))
        assert [each["element"] for each in drawn.picture.tokens if drawn.picture] == ["pay"]
        story = pane(receiver, done.code, "history", Reader("en", str)).lines[0]
        assert "pay: the message “paid” for “Nguyễn Văn A” is awaited." in [note.text for note in story.notes]
    browser = sign_in("receiver")
    assert "paid" in browser.get(f"/dossiers/{done.code}?pane=steps").get_data(as_text=True)
    url = f"/api/v1/dossiers/{done.code}"
    tell = token_client(browser)
    assert tell(f"{url}/messages", {"message": "paid", "correlation": "somebody"}).status_code == 409
    assert tell(f"{url}/messages", {"message": "unheard"}).status_code == 409
    for values in ({"amount": "much"}, {"amount": 5, "typename": "x"}):
        refused = tell(f"{url}/messages", {"message": "paid", "correlation": "Nguyễn Văn A", "values": values})
        assert refused.status_code == 422, refused.get_json()
    answer = tell(f"{url}/messages", {"message": "paid", "correlation": "Nguyễn Văn A", "values": {"amount": 5}})
    assert answer.status_code == 200, answer.get_json()
    assert tell(f"{url}/signals", {"signal": "calm"}).status_code == 409
    assert tell(f"{url}/signals", {"signal": "storm", "values": {"force": 9}}).status_code == 422, "it has no form"
    assert tell(f"{url}/signals", {"signal": "storm"}).status_code == 200
    with app.app_context():
        assert state_of(done.dossier).ended
        assert state_of(done.dossier).data["pay"] == {"amount": 5}


def test_what_an_outage_missed_is_made_up_one_after_the_other(officer: Actor) -> None:
    reminding = diagram(draw.task("work", hours="4"), border("tick", "work", told("timeCycle", "R5/PT1H"),
                        interrupting=False), draw.script("note", "now()"), draw.end("told"),
                        draw.path("begin", "receive", "work", "returned"), draw.path("tick", "note", "told"))
    done = run(officer, reminding)
    with clock.at(clock.now() + timedelta(hours=3, minutes=30)):
        assert commands.fire_due_timers() == 3
    timers = list(state_of(done.dossier).timers.values())
    assert [timer.fired for timer in timers] == [3]


def token_client(browser: FlaskClient) -> Callable[[str, dict[str, Any]], Any]:
    """Posts JSON as the signed-in person does."""
    proof = {"X-CSRFToken": page_token(browser, "/account")}
    return lambda url, body: browser.post(url, json=body, headers=proof)


def test_what_has_come_is_recorded_on_a_page(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    with app.app_context():
        make.province()
        receiver = make.person("receiver", (make.CENTRE, "receiver"))
        make.person("specialist", (make.COMMUNE, "specialist"))
        done = run(receiver, WAITING, payment=PAYMENT)
        [wait] = pane(receiver, done.code, "steps", Reader("en", str)).waits
    browser, url = sign_in("receiver"), f"/dossiers/{done.code}/awaited/{wait.wait}"
    assert url in browser.get(f"/dossiers/{done.code}").get_data(as_text=True)
    assert '"key": "amount"' in unescape(browser.get(url).get_data(as_text=True))
    assert sign_in("specialist").get(url).status_code == 403
    wrong = browser.post(url, data={"form": "{}", "csrf_token": page_token(browser, url)})
    assert wrong.status_code == 422
    right = browser.post(url, data={"form": '{"amount": 5}', "csrf_token": page_token(browser, url)})
    assert right.status_code == 303
    assert browser.get(url).status_code == 404, "it is awaited no more"
    with app.app_context():
        assert state_of(done.dossier).data["pay"] == {"amount": 5}
        [storm] = pane(receiver, done.code, "steps", Reader("en", str)).waits
    calm = f"/dossiers/{done.code}/awaited/{storm.wait}"
    assert browser.post(calm, data={"csrf_token": page_token(browser, calm)}).status_code == 303
    with app.app_context():
        assert state_of(done.dossier).ended
