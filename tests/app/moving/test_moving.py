"""Running dossiers go over to another version: who can, what stays, and that the history still proves itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from app import clock
from app.audit import queries as audit
from app.audit import words
from app.audit.export import verify_lines
from app.audit.replay import differences
from app.audit.verify import check_all, export_by_operator, rebuild
from app.casework import Actor, advance, definition_of
from app.db import reading, transaction
from app.dossiers.models import Dossier
from app.dossiers.story import Reader, story
from app.jobs.models import Timer
from app.moving import commands, queries
from app.moving.errors import MoveReasonMissing, SameVersion
from app.moving.queries import Request
from app.procedures.errors import VersionUnknown
from app.procedures.models import ProcessVersion
from app.seals import opened
from app.tasks.models import Task, TaskDraft
from engine.commands import ClaimStep, DeliverMessage, FireTimer
from engine.definition import Bundle
from engine.errors import MappingRefused
from engine.state import load
from tests import builders as make
from tests.conftest import page_token

RENAMED = {"appraise": "assess", "expired": "out_of_time", "decided": "judged"}


@dataclass
class Scene:
    """Four dossiers: received, under appraisal, waiting for a supplement, and about to be handed over."""

    receiver: Actor
    specialist: Actor
    publisher: Actor
    dossiers: list[int]


def second() -> str:
    """The small procedure with other ids, a leader instead of a specialist, and nobody who hands anything over."""
    xml = make.diagram().replace('"specialist"', '"leader"')
    for old, new in {**RENAMED, "hand_over": "post"}.items():
        xml = xml.replace(f'"{old}"', f'"{new}"').replace(f"{old}.", f"{new}.").replace(f'"{old}-', f'"{new}-')
        xml = xml.replace(f"-{old}\"", f"-{new}\"")
    return xml.replace('kind="assess"', 'kind="appraise"')


def publish_again(publisher: Actor, xml: str, number: int = 2, **said: Any) -> None:
    """Another version of the small procedure."""
    facts = make.FACTS | said
    bundle = Bundle(xml, {"filing": make.FILING}, {}, facts)
    content = {"xml": bundle.xml, "forms": bundle.forms, "decisions": {}, "procedure": facts}
    with transaction() as conn:
        conn.execute(insert(ProcessVersion).values(
            procedure=make.PROCEDURE, number=number, digest=bundle.digest, bundle=content, findings=[], note="",
            author=publisher.person, publisher=publisher.person, effective_from=make.SINCE, published_at=clock.now(),
        ))


@pytest.fixture
def scene(app: Flask) -> Scene:
    with app.app_context():
        make.province()
        receiver = make.person("receiver", (make.CENTRE, "receiver"))
        specialist = make.person("specialist", (make.COMMUNE, "specialist"))
        publisher = make.person("publisher", ("H49", "publisher"))
        make.person("analyst", ("H49", "analyst"))
        make.person("auditor", ("H49", "auditor"))
        with clock.at(make.NOW):
            version = make.publish(receiver)
            found = [make.receive(receiver, version, number).dossier for number in (1, 2, 3, 4)]
            for dossier in found[1:]:
                make.complete(receiver, dossier, "1", make.CENTRE)
            make.complete(specialist, found[2], "2", make.COMMUNE, "supplement")
            make.complete(specialist, found[3], "2", make.COMMUNE, "forward")
            with transaction() as conn:
                advance(conn, found[1], ClaimStep("2", specialist.assignee), specialist, acting_unit=make.COMMUNE)
                conn.execute(insert(TaskDraft).values(
                    dossier=found[1], token="2", person=specialist.person, form={"note": "x"}, updated_at=clock.now()))
            publish_again(publisher, second())
        return Scene(receiver, specialist, publisher, found)


def request(to: int = 2, number: int = 1, **mapping: str) -> Request:
    return Request(make.PROCEDURE, number, to, mapping)


def version_of(dossier: int) -> int:
    with reading() as conn:
        query = select(ProcessVersion.number).join(Dossier, Dossier.version == ProcessVersion.id)
        return int(conn.execute(query.where(Dossier.id == dossier)).scalar_one())


def why(found: queries.Preview) -> list[list[str]]:
    return [[each.code for each in candidate.obstacles] for candidate in found.candidates]


def test_a_preview_says_who_can_and_why_the_others_cannot(app: Flask, scene: Scene) -> None:
    with app.app_context():
        bare = queries.preview(request())
        assert why(bare) == [[], ["gone"], ["gone"], ["gone"]]
        assert [each.at for each in bare.candidates] == [("receive",), ("appraise",), ("supplement",), ("hand_over",)]
        appraise = next(place for place in bare.places if place.id == "appraise")
        assert {choice for choice, _ in appraise.choices} == {"assess", "post"}
        assert not appraise.may_drop
        assert next(place for place in bare.places if place.id == "expired").may_drop
        mapped = queries.preview(request(**RENAMED))
        assert (why(mapped), mapped.total) == ([[], [], [], ["gone"]], 4)
        assert [version_of(dossier) for dossier in scene.dossiers] == [1, 1, 1, 1]


def test_what_makes_no_sense_is_refused(app: Flask, scene: Scene) -> None:
    with app.app_context():
        for asked, error in ((request(to=1), SameVersion), (request(to=9), VersionUnknown),
                             (request(nothing="x"), MappingRefused)):
            with pytest.raises(error):
                queries.preview(asked)
        with pytest.raises(MoveReasonMissing):
            commands.move_dossiers(scene.publisher, request(**RENAMED), "  ")


def test_all_that_can_go_over_and_keep_what_they_have(app: Flask, scene: Scene) -> None:
    with app.app_context(), clock.at(make.NOW + timedelta(hours=1)):
        with reading() as conn:
            due = conn.execute(select(Dossier.due_at, Dossier.ledger).order_by(Dossier.id)).all()
            timer = conn.execute(select(Timer.timer, Timer.due_at)).one()
        done = commands.move_dossiers(scene.publisher, request(**RENAMED), "Quy định mới")
        assert (len(done.moved), len(done.stayed), done.failed, done.left) == (3, 1, (), 1)
        assert [version_of(dossier) for dossier in scene.dossiers] == [2, 2, 2, 1]
        with reading() as conn:
            task = conn.execute(select(Task.step, Task.role, Task.assignee, Task.state).where(
                Task.dossier == scene.dossiers[1], Task.token == "2")).one()
            assert tuple(task) == ("assess", "leader", scene.specialist.person, "open")
            assert conn.execute(select(TaskDraft.form)).scalar_one() == {"note": "x"}
            assert tuple(conn.execute(select(Timer.timer, Timer.due_at, Timer.element)).one()) == (
                *timer, "out_of_time")
            assert conn.execute(select(Dossier.due_at, Dossier.ledger).order_by(Dossier.id)).all() == due
        assert commands.move_dossiers(scene.publisher, request(**RENAMED), "Nữa").moved == ()


def test_they_go_on_to_the_end_and_the_history_proves_itself(app: Flask, scene: Scene) -> None:
    with app.app_context():
        with clock.at(make.NOW + timedelta(hours=1)):
            commands.move_dossiers(scene.publisher, request(**RENAMED), "Quy định mới")
        with clock.at(make.NOW + timedelta(hours=2)):
            make.complete(scene.receiver, scene.dossiers[0], "1", make.CENTRE)
            make.complete(scene.specialist, scene.dossiers[1], "2", make.COMMUNE, "forward")
            make.complete(scene.receiver, scene.dossiers[1], "3", make.CENTRE)
            with transaction() as conn:
                advance(conn, scene.dossiers[2], DeliverMessage("supplement", {}), scene.receiver,
                        acting_unit=make.CENTRE)
        with reading() as conn:
            rows = conn.execute(select(Dossier.id, Dossier.status).order_by(Dossier.id)).all()
        assert [row.status for row in rows] == [4, 10, 4, 9]
        assert {"assess", "post"} <= set(make.values(rows[1].id))
        assert all(checked.ok and checked.again and checked.again.equal for checked in check_all())
        for number in (1, 2, 3, 4):
            assert verify_lines(export_by_operator(f"{make.CENTRE}-260302-{number:04d}")).ok
        with reading() as conn:
            row = conn.execute(select(Dossier.code, Dossier.seq, Dossier.state).where(
                Dossier.id == scene.dossiers[1])).one()
            again = rebuild(conn, scene.dossiers[1]).state
            assert again is not None
            assert load(again) == load(opened(row.code, row.seq, row.state))


def test_a_timer_goes_off_under_the_new_version(app: Flask, scene: Scene) -> None:
    with app.app_context():
        with clock.at(make.NOW + timedelta(hours=1)):
            commands.move_dossiers(scene.publisher, request(**RENAMED), "Quy định mới")
        with reading() as conn:
            timer = conn.execute(select(Timer.timer)).scalar_one()
        with clock.at(make.NOW + timedelta(days=31)), transaction() as conn:
            advance(conn, scene.dossiers[2], FireTimer(timer), scene.receiver, acting_unit=None)
        with reading() as conn:
            found = select(Dossier.status).where(Dossier.id == scene.dossiers[2])
            assert conn.execute(found).scalar_one() == 8


def test_another_version_in_the_row_is_noticed(app: Flask, scene: Scene) -> None:
    """The row says that a dossier went over; its history does not."""
    with app.app_context():
        with transaction() as conn:
            later = conn.execute(select(ProcessVersion.id).where(ProcessVersion.number == 2)).scalar_one()
            conn.execute(Dossier.__table__.update().where(Dossier.id == scene.dossiers[0]).values(version=later))
        assert [checked.ok for checked in check_all()] == [False, True, True, True]


def test_who_reads_the_history_sees_which_version_drew_it(app: Flask, scene: Scene) -> None:
    auditor = make.actor
    with app.test_request_context():
        with clock.at(make.NOW + timedelta(hours=1)):
            commands.move_dossiers(scene.publisher, request(**RENAMED), "Quy định mới")
        found = audit.history(auditor("auditor"), f"{make.CENTRE}-260302-0002", words.reader())
        assert (found.version_ok, found.again.outcome) == (True, "equal")
        replayed = words.replay_data(found)
        versions = [moment["version"] for moment in replayed["moments"]]
        assert len(set(versions)) == 2
        assert set(versions) == set(replayed["drawn"])
        moved = found.moments[-1]
        assert [token.element for token in moved.tokens] == ["assess"]
        assert [token.element for token in found.moments[-2].tokens] == ["appraise"]
        assert (moved.told[0].text, "2" in moved.title) == ("Hồ sơ chuyển từ phiên bản 1 sang phiên bản 2.", True)
        assert 'id="assess"' in found.drawn[moved.digest]
        assert [step.id for step in found.outline_at(found.moments[0].digest)][:2] == ["receive", "appraise"]
        assert differences(found.words, moved, moved) == ()
        with reading() as conn:
            digest = conn.execute(select(ProcessVersion.digest).where(ProcessVersion.number == 2)).scalar_one()
            lines = story(conn, scene.dossiers[1], definition_of(conn, digest), Reader("vi", str))
        assert [line.reason for line in lines if line.reason] == ["Quy định mới"]
        assert any("appraise" in line.title for line in lines)


def test_the_page_shows_and_moves(app: Flask, scene: Scene, sign_in: Callable[..., FlaskClient]) -> None:
    url = f"/procedures/{make.PROCEDURE}/versions/1/move"
    places = {f"place.{old}": new for old, new in RENAMED.items()}
    analyst = sign_in("analyst")
    shown = analyst.get(url, query_string={"to": 2, **places})
    assert shown.status_code == 200
    text = shown.get_data(as_text=True)
    assert "Phiên bản mới không có hand_over" in text
    assert 'name="reason"' not in text
    assert url in analyst.get(f"/procedures/{make.PROCEDURE}/versions/1").get_data(as_text=True)
    given = {"to": "2", "reason": "Quy định mới", **places}
    assert analyst.post(url, data=given | {"csrf_token": page_token(analyst, url)}).status_code == 403
    publisher = sign_in("publisher")
    assert "Chuyển 3 hồ sơ" in publisher.get(url, query_string={"to": 2, **places}).get_data(as_text=True)
    wanting = publisher.post(url, data=given | {"reason": "", "csrf_token": page_token(publisher, url)})
    assert wanting.status_code == 422
    done = publisher.post(url, data=given | {"csrf_token": page_token(publisher, url)}, follow_redirects=True)
    assert "Đã chuyển 3 hồ sơ" in done.get_data(as_text=True)
    with app.app_context():
        assert [version_of(dossier) for dossier in scene.dossiers] == [2, 2, 2, 1]


def test_a_version_that_cannot_be_gone_over_to_is_explained(
    scene: Scene, sign_in: Callable[..., FlaskClient]
) -> None:
    analyst = sign_in("analyst")
    url = f"/procedures/{make.PROCEDURE}/versions/1/move"
    assert analyst.get(url, query_string={"to": 7}).status_code == 404
    assert analyst.get(url, query_string={"to": 2, "place.appraise": "returned_x"}).status_code == 422
    assert analyst.get(f"/procedures/{make.PROCEDURE}/versions/2/move").status_code == 200


def test_the_api_does_the_same(app: Flask, scene: Scene, sign_in: Callable[..., FlaskClient]) -> None:
    url = f"/api/v1/procedures/{make.PROCEDURE}/versions/1/move"
    asked = {"to": 2, "mapping": RENAMED}
    publisher = sign_in("publisher")
    head = {"X-CSRF-Token": page_token(publisher, f"/procedures/{make.PROCEDURE}")}
    seen = publisher.post(f"{url}/check", json=asked, headers=head).get_json()
    assert [each["can"] for each in seen["dossiers"]] == [True, True, True, False]
    assert seen["dossiers"][3]["reasons"] == ["Phiên bản mới không có hand_over; hãy chọn phần tử thay cho nó."]
    done = publisher.post(url, json=asked | {"reason": "Quy định mới"}, headers=head).get_json()
    assert (len(done["moved"]), done["left"]) == (3, 1)
    assert publisher.post(url, json=asked, headers=head).status_code == 422


def test_a_dossier_that_moved_on_meanwhile_is_left_as_it_is(
    app: Flask, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context(), clock.at(make.NOW + timedelta(hours=1)):
        found = queries.preview(request(**RENAMED))
        make.complete(scene.receiver, scene.dossiers[0], "1", make.CENTRE)
        monkeypatch.setattr(commands, "preview", lambda asked: found)
        done = commands.move_dossiers(scene.publisher, request(**RENAMED), "Quy định mới")
        assert done.failed == (found.candidates[0].code,)
        assert version_of(scene.dossiers[0]) == 1
