"""The one door: everything of a command is kept together, or nothing but an incident."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import select

from app import casework, clock
from app.audit.log import verify_chain
from app.audit.models import HistoryEntry
from app.db import reading, transaction
from app.dossiers.models import Dossier, DossierUnit
from app.errors import ChangedMeanwhile, SomebodyWasFaster
from app.jobs.models import Incident, Letter, Timer
from app.people.actor import Actor
from app.tasks.models import Task
from engine.commands import ClaimStep, CompleteStep, DeliverMessage, FireTimer, WithdrawDossier
from engine.errors import Failed
from tests import builders as make


@dataclass
class Scene:
    """A received dossier and the people around it."""

    receiver: Actor
    specialist: Actor
    rival: Actor
    dossier: int


@pytest.fixture
def scene(inside: Flask) -> Scene:
    make.province()
    receiver = make.person("receiver", (make.CENTRE, "receiver"))
    specialist = make.person("specialist", (make.COMMUNE, "specialist"))
    rival = make.person("rival", (make.COMMUNE, "specialist"), name="Trần Rival")
    with clock.at(make.NOW):
        received = make.receive(receiver, make.publish(receiver))
    return Scene(receiver, specialist, rival, received.dossier)


def row(dossier: int) -> dict[str, object]:
    with reading() as conn:
        return dict(conn.execute(select(Dossier.__table__).where(Dossier.id == dossier)).mappings().one())


def tasks(dossier: int, *states: str) -> list[tuple[str, str]]:
    query = select(Task.token, Task.step).where(Task.dossier == dossier, Task.state.in_(states)).order_by(Task.token)
    with reading() as conn:
        return [(one.token, one.step) for one in conn.execute(query)]


def letters() -> list[str]:
    with reading() as conn:
        return list(conn.scalars(select(Letter.kind).order_by(Letter.id)))


def token(dossier: int) -> str:
    return tasks(dossier, "open", "waiting")[0][0]


def test_receiving_writes_task_units_receipt_and_history(scene: Scene) -> None:
    dossier = row(scene.dossier)
    assert (dossier["status"], dossier["seq"], dossier["clock"]) == (2, 1, "running")
    assert dossier["due_at"] is not None
    assert make.values(scene.dossier) == {"filing": {"name": "Nguyễn Văn A"}}
    assert [step for _, step in tasks(scene.dossier, "open")] == ["receive"]
    assert letters() == ["receipt"]
    with reading() as conn:
        assert set(conn.scalars(select(DossierUnit.unit))) == {make.CENTRE, make.COMMUNE}
        assert verify_chain(conn, scene.dossier).ok


def test_a_dossier_is_worked_to_its_end(scene: Scene) -> None:
    make.complete(scene.receiver, scene.dossier, token(scene.dossier), make.CENTRE)
    done = make.complete(scene.specialist, scene.dossier, token(scene.dossier), make.COMMUNE, "forward", note="Đủ")
    assert [task.step for task in done.opened_tasks] == ["hand_over"]
    make.complete(scene.receiver, scene.dossier, token(scene.dossier), make.CENTRE)
    dossier = row(scene.dossier)
    assert dossier["status"] == 10
    assert dossier["finished_at"] is not None
    assert dossier["ended_at"] is not None
    assert make.values(scene.dossier)["appraise"] == {"note": "Đủ", "choice": "forward"}
    assert tasks(scene.dossier, "open", "waiting") == []
    assert letters() == ["receipt", "result_ready", "returned"]
    with reading() as conn:
        chain = verify_chain(conn, scene.dossier)
        assert (chain.ok, chain.length, chain.head) == (True, 7, dossier["head"])


def test_a_supplement_stops_the_clock_and_sets_a_timer(scene: Scene) -> None:
    make.complete(scene.receiver, scene.dossier, token(scene.dossier), make.CENTRE)
    said = {"supplement_reason": "Thiếu"}
    make.complete(scene.specialist, scene.dossier, token(scene.dossier), make.COMMUNE, "supplement", **said)
    dossier = row(scene.dossier)
    assert (dossier["status"], dossier["clock"], dossier["due_at"]) == (5, "stopped", None)
    with reading() as conn:
        assert conn.scalar(select(Timer.element)) == "expired"
        letter = conn.execute(select(Letter.body).where(Letter.kind == "supplement_requested")).scalar_one()
        assert letter["reason"] == "Thiếu"
    with transaction() as conn:
        command = DeliverMessage("supplement", {"papers": 1})
        casework.advance(conn, scene.dossier, command, scene.receiver, acting_unit=make.CENTRE)
    dossier = row(scene.dossier)
    assert (dossier["status"], dossier["clock"]) == (4, "running")
    assert dossier["due_at"] is not None
    with reading() as conn:
        assert conn.scalar(select(Timer.element)) is None


def test_withdrawing_cancels_every_task(scene: Scene) -> None:
    with transaction() as conn:
        casework.advance(conn, scene.dossier, WithdrawDossier("đổi ý"), scene.receiver, acting_unit=make.CENTRE)
    assert row(scene.dossier)["status"] == 7
    assert tasks(scene.dossier, "open", "waiting") == []
    assert letters() == ["receipt", "withdrawn"]


def test_who_was_faster_is_named(scene: Scene) -> None:
    make.complete(scene.receiver, scene.dossier, token(scene.dossier), make.CENTRE)
    contested = token(scene.dossier)
    make.complete(scene.rival, scene.dossier, contested, make.COMMUNE, "forward")
    command = ClaimStep(contested, scene.specialist.assignee)
    with pytest.raises(SomebodyWasFaster) as raised, transaction() as conn:
        casework.advance(conn, scene.dossier, command, scene.specialist, acting_unit=make.COMMUNE)
    assert raised.value.details["name"] == "Trần Rival"
    assert raised.value.details["at"].tzinfo is not None


def test_a_claimed_step_names_its_holder(scene: Scene) -> None:
    make.complete(scene.receiver, scene.dossier, token(scene.dossier), make.CENTRE)
    contested = token(scene.dossier)
    with transaction() as conn:
        command = ClaimStep(contested, scene.rival.assignee)
        casework.advance(conn, scene.dossier, command, scene.rival, acting_unit=make.COMMUNE)
    mine = ClaimStep(contested, scene.specialist.assignee)
    with pytest.raises(SomebodyWasFaster, match="Trần Rival"), transaction() as conn:
        casework.advance(conn, scene.dossier, mine, scene.specialist, acting_unit=make.COMMUNE)


def test_an_outdated_page_is_refused(scene: Scene) -> None:
    with pytest.raises(ChangedMeanwhile), transaction() as conn:
        casework.advance(conn, scene.dossier, WithdrawDossier("x"), scene.receiver, acting_unit=None, expected_seq=0)


def test_a_failure_keeps_nothing_but_an_incident(scene: Scene) -> None:
    make.complete(scene.receiver, scene.dossier, token(scene.dossier), make.CENTRE)
    before, open_before = row(scene.dossier), tasks(scene.dossier, "open")
    for _ in range(2):
        with pytest.raises(Failed):
            make.complete(scene.specialist, scene.dossier, token(scene.dossier), make.COMMUNE, "fail")
    assert row(scene.dossier) == before
    assert tasks(scene.dossier, "open") == open_before
    with reading() as conn:
        incident = conn.execute(select(Incident.__table__)).one()
        assert conn.execute(select(HistoryEntry.seq)).all()[-1].seq == before["seq"]
    assert (incident.dossier, incident.command["choice"], incident.retries) == (scene.dossier, "fail", 1)
    assert incident.acting_unit == make.COMMUNE


def test_a_timer_fires_when_it_is_due(scene: Scene) -> None:
    make.complete(scene.receiver, scene.dossier, token(scene.dossier), make.CENTRE)
    make.complete(scene.specialist, scene.dossier, token(scene.dossier), make.COMMUNE, "supplement")
    with reading() as conn:
        timer = conn.execute(select(Timer.__table__)).one()
    with clock.at(timer.due_at), transaction() as conn:
        casework.advance(conn, scene.dossier, FireTimer(timer.timer), casework.SYSTEM, acting_unit=None)
    assert row(scene.dossier)["status"] == 8
    with reading() as conn:
        query = select(HistoryEntry.person, HistoryEntry.person_name).order_by(HistoryEntry.seq.desc())
        entry = conn.execute(query).first()
        assert entry is not None
        assert tuple(entry) == (None, "Hệ thống")


def test_a_late_completion_names_the_platform(scene: Scene) -> None:
    """Where a timer ended the step, the platform was faster."""
    make.complete(scene.receiver, scene.dossier, token(scene.dossier), make.CENTRE)
    make.complete(scene.specialist, scene.dossier, token(scene.dossier), make.COMMUNE, "supplement")
    waiting = token(scene.dossier)
    with reading() as conn:
        timer = conn.execute(select(Timer.__table__)).one()
    with clock.at(timer.due_at), transaction() as conn:
        casework.advance(conn, scene.dossier, FireTimer(timer.timer), casework.SYSTEM, acting_unit=None)
    late = DeliverMessage("supplement", {}, waiting)
    with pytest.raises(SomebodyWasFaster, match="Hệ thống"), transaction() as conn:
        casework.advance(conn, scene.dossier, late, scene.receiver, acting_unit=make.CENTRE)


def test_outside_a_transaction_nothing_can_be_changed(scene: Scene) -> None:
    with reading() as conn, pytest.raises(RuntimeError):
        casework.advance(conn, scene.dossier, CompleteStep("1", "1"), scene.receiver, acting_unit=None)
