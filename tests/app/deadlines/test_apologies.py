"""Apologies: drafted by who has a step, signed by somebody above, a new date once, and only once without a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import clock
from app.audit.log import verify_chain
from app.db import reading
from app.deadlines.apologies import Wanted, apologies, draft_apology, refuse_apology, sign_apology
from app.deadlines.errors import (
    ApologyDecided,
    ApologyUnclear,
    ApologyWaits,
    NewDateTooEarly,
    NewDateTooLate,
    OwnApology,
)
from app.deadlines.models import Notice
from app.dossiers.models import Dossier
from app.dossiers.receipt import receipt
from app.errors import Forbidden
from app.jobs.delivery import deliver_letters
from app.jobs.mailbox import Post
from app.people.actor import Actor
from engine.errors import AppointedAgain, ClockStandsStill, OneDoorError
from tests import builders as make
from tests.builders import at
from tests.conftest import page_token

CODE = f"{make.CENTRE}-260302-0001"
LATER = "Chờ xác minh thực địa"


@dataclass
class Scene:
    """A dossier promised for Wednesday 4 March, 08:00, at its specialist."""

    receiver: Actor
    specialist: Actor
    head: Actor
    chief: Actor


def stage() -> Scene:
    make.province()
    receiver = make.person("receiver", (make.CENTRE, "receiver"))
    specialist = make.person("specialist", (make.COMMUNE, "specialist"))
    head = make.person("head", (make.COMMUNE, "head"))
    chief = make.person("chief", (make.COMMUNE, "specialist"), (make.COMMUNE, "leader"))
    with clock.at(make.NOW):
        make.receive(receiver, make.publish(receiver))
        make.complete(receiver, 1, "1", make.CENTRE)
    return Scene(receiver, specialist, head, chief)


@pytest.fixture
def scene(inside: Flask) -> Scene:
    return stage()


def due() -> datetime | None:
    with reading() as conn:
        return conn.scalar(select(Dossier.due_at))


def wanted(day: str = "2026-03-06T16:00", override: str = "") -> Wanted:
    return Wanted(LATER, at(day), override)


def test_an_apology_from_draft_to_signature(scene: Scene) -> None:
    with clock.at(at("2026-03-03T09:00")):
        number = draft_apology(scene.specialist, CODE, wanted())
        assert receipt(scene.receiver, CODE).moved is None
        assert due() == at("2026-03-04T08:00"), "a draft promises nothing"
        with reading() as conn:
            assert set(conn.scalars(select(Notice.person).where(Notice.kind == "sign"))) == {scene.head.person}
        letter = sign_apology(scene.head, CODE, number)
        assert letter == f"1/PXL-{make.COMMUNE}"
        assert due() == at("2026-03-06T16:00")
        slip = receipt(scene.receiver, CODE)
        assert (slip.appointed, slip.moved) == (at("2026-03-04T08:00"), at("2026-03-06T16:00")), "the slip stays"
        posts: list[Post] = []

        class Box:
            def deliver(self, post: Post) -> None:
                posts.append(post)

        deliver_letters(Box(), 3)
    [post] = [post for post in posts if "Ngày hẹn trả mới" in post.subject]
    assert LATER in post.text
    assert "16:00 06/03/2026" in post.text
    with reading() as conn:
        assert verify_chain(conn, 1).ok


def test_a_second_new_date_needs_a_reason_of_its_own(scene: Scene) -> None:
    with clock.at(at("2026-03-03T09:00")):
        sign_apology(scene.head, CODE, draft_apology(scene.specialist, CODE, wanted()))
        with pytest.raises(AppointedAgain):
            draft_apology(scene.specialist, CODE, wanted("2026-03-09T16:00"))
        again = draft_apology(scene.specialist, CODE, wanted("2026-03-09T16:00", "Bão số 3"))
        assert sign_apology(scene.head, CODE, again).startswith("2/PXL")
    assert due() == at("2026-03-09T16:00")


def test_nobody_signs_his_own_or_signs_twice(scene: Scene) -> None:
    with clock.at(at("2026-03-03T09:00")):
        number = draft_apology(scene.chief, CODE, wanted())
        with pytest.raises(OwnApology):
            sign_apology(scene.chief, CODE, number)
        with pytest.raises(ApologyWaits):
            draft_apology(scene.specialist, CODE, wanted())
        refuse_apology(scene.head, CODE, number, "Vẫn kịp")
        with pytest.raises(ApologyDecided):
            sign_apology(scene.head, CODE, number)
        assert due() == at("2026-03-04T08:00")
        assert [(row.state, row.note) for row in apologies(scene.head, CODE).rows] == [("refused", "Vẫn kịp")]


@pytest.mark.parametrize(("reason", "day", "error"), [
    ("", "2026-03-06T16:00", ApologyUnclear), (LATER, "2026-03-03T16:00", NewDateTooEarly),
    (LATER, "2026-03-04T07:00", NewDateTooEarly), (LATER, "2062-03-06T16:00", NewDateTooLate),
])
def test_senseless_apologies_are_refused(scene: Scene, reason: str, day: str, error: type[OneDoorError]) -> None:
    with clock.at(at("2026-03-03T09:00")), pytest.raises(error):
        draft_apology(scene.specialist, CODE, Wanted(reason, at(day)))


def test_only_who_has_a_step_drafts_and_only_above_him_signs(scene: Scene) -> None:
    with clock.at(at("2026-03-03T09:00")):
        with pytest.raises(Forbidden):
            draft_apology(scene.receiver, CODE, wanted())
        number = draft_apology(scene.specialist, CODE, wanted())
        stranger = make.person("stranger", (make.CENTRE, "receiver"), (make.OTHER_COMMUNE, "leader"))
        with pytest.raises(Forbidden):
            sign_apology(stranger, CODE, number)
        assert not apologies(scene.specialist, CODE).rows[0].may_decide
        assert apologies(scene.head, CODE).rows[0].may_decide


def test_no_new_date_while_the_applicant_is_awaited(scene: Scene) -> None:
    with clock.at(at("2026-03-03T09:00")):
        number = draft_apology(scene.specialist, CODE, wanted())
        make.complete(scene.specialist, 1, "2", make.COMMUNE, "supplement")
        with pytest.raises(ClockStandsStill):
            sign_apology(scene.head, CODE, number)


def test_the_pages(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    with app.app_context():
        stage()
    moment = clock.at(at("2026-03-03T09:00"))
    with moment:
        officer, head = sign_in("specialist"), sign_in("head")
        url = f"/dossiers/{CODE}/apology"
        given = {"csrf_token": page_token(officer, url), "reason": LATER, "new_due": "2026-03-06T16:00"}
        assert officer.post(url, data={**given, "new_due": "soon"}).status_code == 422
        assert officer.post(url, data=given).status_code == 303
        page = head.get(url).get_data(as_text=True)
        assert LATER in page
        number = page.split(f"{url}/")[1].split('"')[0].split("/")[0]
        signed = head.post(f"{url}/{number}/sign", data={"csrf_token": page_token(head, url)})
        assert signed.status_code == 303
        letter = officer.get(f"{url}/{number}").get_data(as_text=True)
        assert "1/PXL" in letter
        assert "ngày 03/03/2026" in letter
        assert "16:00 06/03/2026" in letter
