"""Many people at the same moment, through the real door, on both databases: one wins, all learn the truth."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from app import clock
from app.audit.log import verify_chain
from app.audit.models import HistoryEntry
from app.audit.verify import check_all
from app.db import reading, transaction
from app.dossiers.models import Dossier
from app.jobs.incidents import Note, record
from app.jobs.models import Incident
from app.people.actor import Actor
from app.seals import opened
from app.tasks.models import Task
from engine.commands import CompleteStep, to_json
from engine.errors import Failed
from engine.state import open_tokens
from tests import builders as make
from tests.app.dossiers.stage import PNG
from tests.app.security.ground import Ground
from tests.engine import builders as draw

ROUNDS, CROWD = 3, 8


def test_one_of_two_completes_and_the_other_hears_who_and_when(ground: Ground) -> None:
    rivals = [ground.stage.specialist, ground.stage.rival]
    doors = [ground.api(each) for each in rivals]
    for _ in range(ROUNDS):
        code = _received(ground)
        answers = _at_once(lambda door, code=code: door.post(
            f"/tasks/{code}/1/complete", json={"choice": "forward", "form": {}}), doors)
        assert sorted(each.status_code for each in answers) == [200, 409]
        winner = next(who for who, each in zip(rivals, answers, strict=True) if each.status_code == 200)
        error = next(each for each in answers if each.status_code == 409).get_json()["error"]
        assert winner.name in error["message"]
        assert error["details"]["at"][:4].isdigit()
        _whole(ground)


def test_of_eight_who_claim_one_has_it(ground: Ground) -> None:
    crowd = [ground.person(f"crowd.{number}", (make.COMMUNE, "specialist")) for number in range(CROWD)]
    doors = [ground.api(each) for each in crowd]
    answers = _at_once(lambda door: door.post(f"/tasks/{ground.code}/1/claim"), doors)
    assert sorted(each.status_code for each in answers) == [200] + [409] * (CROWD - 1)
    winner = next(who for who, each in zip(crowd, answers, strict=True) if each.status_code == 200)
    assert all(winner.name in each.get_json()["error"]["message"] for each in answers if each.status_code == 409)
    _whole(ground)


def test_a_reception_sent_eight_times_is_one_dossier(ground: Ground) -> None:
    door, before = ground.api(ground.stage.receiver), _dossiers(ground)
    body = _filing(ground)
    answers = _at_once(
        lambda _: ground.app.test_client().post("/api/v1/dossiers", json=body, headers={
            "Authorization": f"Bearer {door.secret}", "Idempotency-Key": "once"}), range(CROWD))
    assert {each.status_code for each in answers} == {201}
    assert len({each.get_data() for each in answers}) == 1
    assert _dossiers(ground) == before + 1
    other = door.post("/dossiers", json=body | {"form": {"name": "Somebody else"}}, headers={"Idempotency-Key": "once"})
    assert other.status_code == 422
    assert _dossiers(ground) == before + 1
    somebody = ground.person("second", (make.CENTRE, "receiver"))
    theirs = ground.api(somebody).post(
        "/dossiers", json=body | {"attachments": []}, headers={"Idempotency-Key": "once"})
    assert theirs.status_code == 422, "another person's key is another key, and his request is judged by itself"


def test_a_completion_sent_twice_is_done_once(ground: Ground) -> None:
    door, body = ground.api(ground.stage.specialist), {"choice": "forward", "form": {}}
    url, head = f"/tasks/{ground.code}/1/complete", {"Idempotency-Key": "k1"}
    first, second = (door.post(url, json=body, headers=head) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.get_data() == second.get_data()
    assert door.post(url, json=body | {"choice": "refuse"}, headers=head).status_code == 422
    assert door.post(url, json=body).status_code == 409
    for bad in ("x" * 101, "\x7f"):
        assert door.post(url, json=body, headers={"Idempotency-Key": bad}).status_code == 422
    _whole(ground)


def test_eight_people_work_on_eight_branches_of_one_dossier(ground: Ground) -> None:
    crowd = [ground.person(f"crowd.{number}", (make.COMMUNE, "specialist")) for number in range(CROWD)]
    code = _branches(ground)
    tokens = _open(ground, code)
    assert len(tokens) == CROWD
    doors = [(ground.api(each), token) for each, token in zip(crowd, tokens, strict=True)]
    answers = _at_once(lambda pair: pair[0].post(f"/tasks/{code}/{pair[1]}/complete", json={"form": {}}), doors)
    assert [each.status_code for each in answers] == [200] * CROWD, [each.get_json() for each in answers]
    assert sum(1 for each in answers if each.get_json()["ended"] == 10) == 1
    _whole(ground)


def test_record_codes_have_no_holes_whatever_goes_wrong_between(ground: Ground) -> None:
    crowd = [ground.person(f"desk.{number}", (make.CENTRE, "receiver")) for number in range(CROWD)]
    doors = [(ground.api(each), [_filing(ground, each) for _ in range(3)]) for each in crowd]

    def work(pair: Any) -> list[int]:
        door, filings = pair
        return [door.post("/dossiers", json=body | wrong).status_code
                for body in filings for wrong in ({"form": {}}, {}, {"competent_unit": "H49.99"})]

    done = [status for each in _at_once(work, doors) for status in each]
    assert done.count(201) == CROWD * 3, done
    with ground.app.app_context(), reading() as conn:
        codes = sorted(conn.scalars(select(Dossier.code)))
    assert [int(code.rpartition("-")[2]) for code in codes] == list(range(1, CROWD * 3 + 2))


def test_history_cannot_be_changed_or_removed(ground: Ground) -> None:
    statements = [
        "UPDATE history_entry SET payload = '{}'", "UPDATE history_entry SET hash = previous",
        "UPDATE history_entry SET person = NULL", "DELETE FROM history_entry",
        "UPDATE history_entry SET seq = seq + 100", "DELETE FROM history_entry WHERE seq > 0",
        "UPDATE process_version SET digest = 'x'", "DELETE FROM process_version",
    ]
    with ground.app.app_context():
        with reading() as conn:
            sqlite = conn.dialect.name == "sqlite"
        more = ["INSERT OR REPLACE INTO history_entry SELECT * FROM history_entry"] if sqlite else [
            "TRUNCATE history_entry CASCADE"]
        for statement in statements + more:
            with pytest.raises(DatabaseError), transaction() as conn:
                conn.execute(text(statement))
            with pytest.raises(DatabaseError), reading() as conn:
                conn.execute(text(statement))
    _whole(ground)


@pytest.mark.parametrize("damage", [
    "payload = '{}'", "kind = 'X'", "person_name = 'X'", "acting_unit = NULL", "salt = '00'", "previous = hash",
    "seq = seq + 50", "at = '2020-01-01 00:00:00'", "hash = '00'",
])
def test_what_the_database_administrator_changes_is_found(ground: Ground, damage: str) -> None:
    with ground.app.app_context():
        assert _not_ok() == []
        with transaction() as conn:
            if conn.dialect.name == "sqlite":
                for name in conn.scalars(text(
                    "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'history_entry'"
                )).all():
                    conn.execute(text(f"DROP TRIGGER {name}"))
            else:
                conn.execute(text("ALTER TABLE history_entry DISABLE TRIGGER USER"))
            conn.execute(text(f"UPDATE history_entry SET {damage}"))
        assert _not_ok() == [ground.code], damage


def test_a_failing_expression_leaves_nothing_but_an_incident(ground: Ground) -> None:
    with ground.app.app_context():
        received = ground.publish(form={"name": "A", "divisor": 3})
        done = make.complete(ground.stage.receiver, received.dossier, "1", make.CENTRE)
        (opened,) = done.opened_tasks
    code, supervisor = received.code, ground.person("supervisor", (make.COMMUNE, "supervisor"))
    door, chief = ground.api(ground.stage.specialist), ground.api(supervisor)
    before = _entries(ground, code)
    for attempt in range(1, 3):
        failed = door.post(f"/tasks/{code}/{opened.token}/complete", json={"choice": "fail", "form": {}})
        assert failed.status_code == 500
        assert _entries(ground, code) == before
        (row,) = chief.get("/incidents").get_json()["rows"]
        assert (row["code"], row["retries"]) == (code, attempt - 1)
    assert _open(ground, code) == [opened.token]
    assert ground.api(ground.stage.outsider).get(f"/incidents/{row['id']}").status_code in (403, 404)
    again = chief.post(f"/incidents/{row['id']}/retry")
    assert again.status_code == 500
    assert door.post(f"/tasks/{code}/{opened.token}/complete", json={"choice": "refuse", "form": {}}).status_code == 200
    assert chief.post(f"/incidents/{row['id']}/retry").status_code == 409
    with ground.app.app_context(), reading() as conn:
        assert conn.scalar(select(func.count()).select_from(Incident).where(Incident.resolved_at.is_(None))) == 0
    _whole(ground)


def test_a_step_claimed_and_completed_at_once_can_be_retried(ground: Ground) -> None:
    with ground.app.app_context():
        received = ground.publish(form={"name": "A", "divisor": 1})
        (opened,) = make.complete(ground.stage.receiver, received.dossier, "1", make.CENTRE).opened_tasks
        command = CompleteStep(opened.token, ground.stage.specialist.assignee, {}, "fail")
        note = Note(received.dossier, clock.now(), ground.stage.specialist, make.COMMUNE, to_json(command))
        record(note, Failed())
    chief = ground.api(ground.person("supervisor", (make.COMMUNE, "supervisor")))
    (row,) = chief.get("/incidents").get_json()["rows"]
    assert chief.post(f"/incidents/{row['id']}/retry").status_code == 200
    assert chief.get("/incidents").get_json()["rows"] == []
    assert _open(ground, received.code) != [opened.token]
    _whole(ground)


def _at_once(act: Callable[[Any], Any], people: Sequence[Any]) -> list[Any]:
    ready = threading.Barrier(len(people))

    def one(who: Any) -> Any:
        ready.wait()
        return act(who)

    with ThreadPoolExecutor(len(people)) as pool:
        return list(pool.map(one, people))


def _filing(ground: Ground, officer: Actor | None = None) -> dict[str, Any]:
    with ground.app.app_context():
        number = ground.stage.bring(officer or ground.stage.receiver, PNG)
    return {
        "procedure": make.PROCEDURE, "receiving_unit": make.CENTRE, "competent_unit": make.COMMUNE,
        "channel": "direct", "form": {"name": "Nguyễn Văn A"}, "attachments": [number],
    }


def _received(ground: Ground) -> str:
    answer = ground.api(ground.stage.receiver).post("/dossiers", json=_filing(ground))
    assert answer.status_code == 201
    return str(answer.get_json()["code"])


def _branches(ground: Ground) -> str:
    """A dossier that lies with eight people at once."""
    steps = [f"look{number}" for number in range(CROWD)]
    xml = draw.diagram(
        draw.start(), draw.both("fork"), *(draw.task(each) for each in steps), draw.both("join"),
        draw.end("returned", "10"), draw.flow("begin", "fork"), draw.flow("join", "returned"),
        *(draw.path("fork", each, "join") for each in steps),
    )
    with ground.app.app_context():
        return ground.publish(xml).code


def _open(ground: Ground, code: str) -> list[str]:
    query = select(Task.token).join(Dossier, Dossier.id == Task.dossier).where(
        Dossier.code == code, Task.state.in_(("open", "waiting"))).order_by(Task.token)
    with ground.app.app_context(), reading() as conn:
        return list(conn.scalars(query))


def _entries(ground: Ground, code: str) -> int:
    query = select(func.count()).select_from(HistoryEntry).join(Dossier, Dossier.id == HistoryEntry.dossier)
    with ground.app.app_context(), reading() as conn:
        return conn.scalar(query.where(Dossier.code == code)) or 0


def _dossiers(ground: Ground) -> int:
    with ground.app.app_context(), reading() as conn:
        return conn.scalar(select(func.count()).select_from(Dossier)) or 0


def _whole(ground: Ground) -> None:
    """Every chain holds, and the inbox's rows are exactly the engine's tokens."""
    with ground.app.app_context(), reading() as conn:
        for row in conn.execute(select(Dossier.id, Dossier.code, Dossier.seq, Dossier.state)).all():
            assert verify_chain(conn, row.id).ok
            rows = select(Task.token).where(Task.dossier == row.id, Task.state.in_(("open", "waiting")))
            assert set(conn.scalars(rows)) == set(open_tokens(opened(row.code, row.seq, row.state)))
        assert _not_ok() == []


def _not_ok() -> list[str]:
    return [each.code for each in check_all() if not each.ok]
