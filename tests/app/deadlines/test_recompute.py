"""A corrected calendar moves open dates in one go: previewed, journalled old and new with the reason, repeatable."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app import clock
from app.audit.log import verify_chain
from app.audit.models import HistoryEntry
from app.audit.reexecute import Recorded, reexecute
from app.casework import definition_of
from app.db import reading, transaction
from app.deadlines.commands import NewHours, set_hours
from app.deadlines.errors import CorrectionUnnamed
from app.deadlines.recompute import preview, recompute
from app.dossiers.models import Dossier
from app.jobs.commands import retry_incident
from app.jobs.models import Incident
from app.people.actor import Actor
from app.people.commands import set_day
from app.procedures.models import ProcessVersion
from app.tasks.models import Task
from engine.errors import Failed
from tests import builders as make
from tests.conftest import page_token
from tests.engine import builders as draw

DECISION = "Nghỉ ngày 3/3 theo 1/VPCP"


@pytest.fixture
def admin(inside: Flask) -> Actor:
    return stage()


def stage(xml: str | None = None, **said: Any) -> Actor:
    """Two open dossiers received on Monday and one that was taken back."""
    make.province()
    receiver = make.person("receiver", (make.CENTRE, "receiver"))
    admin = make.person("admin", ("H49", "administrator"))
    with clock.at(make.NOW):
        version = make.publish(receiver, xml, **said)
        for number in range(1, 4):
            make.receive(receiver, version, number)
        if xml is None:
            make.complete(receiver, 2, "1", make.CENTRE)
    with transaction() as conn:
        conn.execute(update(Dossier).where(Dossier.id == 3).values(ended_at=make.NOW))
    return admin


def give_tuesday_off(admin: Actor) -> None:
    set_day(admin, date(2026, 3, 3), "off", ("Nghỉ", "Off"), "1/VPCP")


def due() -> list[str]:
    with reading() as conn:
        moments = conn.scalars(select(Dossier.due_at).order_by(Dossier.id))
        return [f"{moment.astimezone(UTC) + timedelta(hours=7):%d/%m %H:%M}" for moment in moments]


def facts(dossier: int) -> list[dict[str, Any]]:
    with reading() as conn:
        query = select(HistoryEntry.payload).where(HistoryEntry.dossier == dossier).order_by(HistoryEntry.seq.desc())
        return list(next(iter(conn.scalars(query)))["facts"])


def test_dates_move_with_their_reason_and_the_history_stays_whole(admin: Actor) -> None:
    assert preview().dates == 0
    give_tuesday_off(admin)
    before = preview()
    assert (before.looked, before.dossiers) == (2, 2)
    assert due() == ["04/03 08:00"] * 3, "nothing moved yet"
    told: list[tuple[int, int]] = []
    with clock.at(make.NOW + timedelta(hours=1)):
        done = recompute(admin, DECISION, lambda count, of: told.append((count, of)))
    assert (done.dossiers, done.dates, done.failed) == (2, before.dates, [])
    assert told[-1] == (2, 2)
    assert due() == ["05/03 08:00", "05/03 08:00", "04/03 08:00"]
    recorded = facts(1)
    assert recorded[0] == {"fact": "DeadlinesRecomputed", "v": 1, "reason": DECISION}
    assert {fact["scope"]: (fact["old"], fact["due_at"]) for fact in recorded[1:]}["dossier"] == (
        "2026-03-04T01:00:00+00:00", "2026-03-05T01:00:00+00:00")
    with reading() as conn:
        assert all(verify_chain(conn, number).ok for number in (1, 2))
        digest = conn.execute(select(ProcessVersion.digest)).scalar_one()
        rows = conn.execute(select(HistoryEntry.seq, HistoryEntry.at, HistoryEntry.payload)
                            .where(HistoryEntry.dossier == 1).order_by(HistoryEntry.seq)).all()
        assert reexecute(definition_of(conn, digest), [Recorded(*row) for row in rows]).equal
    assert preview().dates == 0
    assert recompute(admin, DECISION).dates == 0, "a second run finds nothing to do"


def test_steps_and_their_warnings_move_too(admin: Actor) -> None:
    set_day(admin, date(2026, 3, 2), "off", ("Nghỉ", "Off"), "1/VPCP")
    recompute(admin, DECISION)
    with reading() as conn:
        step = conn.execute(select(Task.due_at, Task.warn_at).where(Task.dossier == 2, Task.state == "open")).one()
    assert step.due_at == datetime(2026, 3, 3, 4, 30, tzinfo=UTC)
    assert step.warn_at == datetime(2026, 3, 3, 3, 30, tzinfo=UTC)


def another_break(admin: Actor) -> None:
    """As many hours by the lunch break's end as before, but with a break at nine."""
    week = ["07:30-09:00, 10:00-12:30, 13:00-17:00"] * 5 + ["", ""]
    set_hours(admin, NewHours("H49", date(2026, 1, 1), "01/01", "31/12", week, "2/QĐ-UBND"))


def warned_at() -> list[datetime | None]:
    """The next warnings about the second dossier's open step and about itself."""
    with reading() as conn:
        step = select(Task.warn_at).where(Task.dossier == 2, Task.state == "open")
        return [conn.scalar(step), conn.scalar(select(Dossier.warn_at).where(Dossier.id == 2))]


@pytest.fixture
def pressed(inside: Flask) -> Actor:
    """As on the stage, where an apology is called to mind six hours before the date; the day has a new break."""
    admin = stage(apology={"before": 6})
    with clock.at(make.NOW):
        make.complete(make.actor("receiver"), 1, "1", make.CENTRE)
    assert warned_at() == [make.at("2026-03-02T11:00"), make.at("2026-03-03T10:00")]
    another_break(admin)
    assert preview().dates == 0
    return admin


def test_warnings_follow_where_no_date_moves_and_nothing_is_told(pressed: Actor) -> None:
    assert recompute(pressed, DECISION).dates == 0
    assert warned_at() == [make.at("2026-03-02T12:00"), make.at("2026-03-03T11:00")]
    assert "DeadlinesRecomputed" not in [fact["fact"] for fact in facts(2)]


def test_warnings_follow_beside_a_date_that_moves(pressed: Actor) -> None:
    set_day(pressed, date(2026, 3, 4), "off", ("Nghỉ", "Off"), "1/VPCP")
    done = recompute(pressed, DECISION)
    assert (done.dossiers, done.failed) == (2, [])
    assert {fact["scope"] for fact in facts(2)[1:]} == {"dossier", "statutory"}, "the step's date stays"
    assert warned_at() == [make.at("2026-03-02T12:00"), make.at("2026-03-03T11:00")]


def test_a_dossier_that_cannot_be_recomputed_keeps_its_warnings(pressed: Actor) -> None:
    set_day(pressed, date(2026, 3, 4), "off", ("Nghỉ", "Off"), "1/VPCP")
    with transaction() as conn:
        conn.execute(update(Dossier).where(Dossier.id == 2).values(state=b"nonsense"))
    assert len(recompute(pressed, DECISION).failed) == 1
    assert warned_at() == [make.at("2026-03-02T11:00"), make.at("2026-03-03T10:00")]


def test_a_warning_that_is_held_back_after_a_failure_stays_so(pressed: Actor) -> None:
    with transaction() as conn:
        conn.execute(update(Task).where(Task.dossier == 2).values(warn_at=None))
    recompute(pressed, DECISION)
    assert warned_at() == [None, make.at("2026-03-03T11:00")]


def test_a_wait_with_hours_of_its_own_moves_too(inside: Flask) -> None:
    diagram = draw.diagram(
        draw.start(), draw.receive("consult", "answer", kind="consult", hours="8", clock="running", status="4"),
        draw.end(),
        draw.path("begin", "consult", "done"), messages=("answer",),
    )
    admin = stage(diagram)
    give_tuesday_off(admin)
    recompute(admin, DECISION)
    with reading() as conn:
        assert conn.scalar(select(Task.due_at).where(Task.dossier == 1)) == make.at("2026-03-04T08:00")
    assert preview().dates == 0


def test_work_goes_on_after_the_dates_have_moved(admin: Actor) -> None:
    give_tuesday_off(admin)
    with clock.at(make.NOW + timedelta(hours=1)):
        recompute(admin, DECISION)
        make.complete(make.actor("receiver"), 1, "1", make.CENTRE)
    assert next(fact["fact"] for fact in facts(1)) == "StepCompleted"


def test_a_dossier_that_cannot_be_recomputed_becomes_an_incident_and_the_others_move(admin: Actor) -> None:
    give_tuesday_off(admin)
    with transaction() as conn:
        conn.execute(update(Dossier).where(Dossier.id == 1).values(state=b"nonsense"))
    done = recompute(admin, DECISION)
    assert (done.dossiers, len(done.failed)) == (1, 1)
    assert due()[:2] == ["04/03 08:00", "05/03 08:00"]
    with reading() as conn:
        assert conn.scalar(select(Incident.dossier)) == 1


def test_a_dossier_that_is_tried_again_moves_as_the_others_did(admin: Actor) -> None:
    supervisor = make.person("supervisor", ("H49", "supervisor"))
    give_tuesday_off(admin)
    with transaction() as conn:
        whole = conn.scalar(select(Dossier.state).where(Dossier.id == 1))
        conn.execute(update(Dossier).where(Dossier.id == 1).values(state=b"nonsense"))
    recompute(admin, DECISION)
    with pytest.raises(Failed):
        retry_incident(supervisor, 1)
    with reading() as conn:
        assert conn.execute(select(Incident.retries, Incident.resolved_at)).one() == (1, None)
    with transaction() as conn:
        conn.execute(update(Dossier).where(Dossier.id == 1).values(state=whole))
    assert retry_incident(supervisor, 1).seq == 2
    assert due() == ["05/03 08:00", "05/03 08:00", "04/03 08:00"]
    assert {fact["fact"] for fact in facts(1)} == {"DeadlinesRecomputed", "DueMoved"}
    assert preview().dates == 0
    with reading() as conn:
        assert conn.scalar(select(Incident.resolved_at)) is not None


def test_a_correction_has_a_name(admin: Actor) -> None:
    give_tuesday_off(admin)
    with pytest.raises(CorrectionUnnamed):
        recompute(admin, "  ")
    assert due()[0] == "04/03 08:00"


def test_the_administrators_page(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    with app.app_context():
        give_tuesday_off(stage())
    browser = sign_in("admin")
    page = browser.get("/calendar/moves").get_data(as_text=True)
    assert "08:00 04/03/2026" in page
    assert "08:00 05/03/2026" in page
    token = page_token(browser, "/calendar/moves")
    assert browser.post("/calendar/moves", data={"csrf_token": token}).status_code == 422
    assert browser.post("/calendar/moves", data={"csrf_token": token, "reason": DECISION}).status_code == 303
    assert "Không có thời hạn nào thay đổi" in browser.get("/calendar/moves").get_data(as_text=True)
