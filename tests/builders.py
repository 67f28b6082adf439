"""A small province with people, a small published procedure and its dossiers, for tests of the app.

Everything here runs inside an app context.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import pytest
from sqlalchemy import insert, select

from app import casework, clock
from app.casework import Advanced, NewDossier
from app.db import reading, transaction
from app.dossiers.models import Dossier
from app.people import passwords
from app.people.actor import Actor
from app.people.commands import (
    NewMembership,
    NewPerson,
    NewUnit,
    insert_membership,
    insert_person,
    insert_unit,
    seed_roles,
)
from app.people.models import Person
from app.procedures.models import Procedure, ProcessVersion
from app.procedures.store import published_columns
from app.seals import opened
from app.security import actor_of
from app.sessions import SignedIn
from engine.commands import ClaimStep, CompleteStep
from engine.definition import Bundle
from engine.state import load
from tests.engine import builders as draw

PASSWORD = "correct horse battery"
SINCE = date(2025, 7, 1)
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday, 08:00 in Viet Nam

CENTRE, COMMUNE = "H49.12.1", "H49.12"
OTHER_CENTRE, OTHER_COMMUNE = "H49.13.1", "H49.13"
DEPARTMENT = "H49.20"

# For tests that are about no database: they then run on SQLite only.
on_sqlite = pytest.mark.parametrize("app", ["sqlite"], indirect=True)

UNITS = (
    ("H49", "Tỉnh Quảng Ninh", "Quang Ninh Province", "province", None),
    ("H49.1", "Trung tâm Phục vụ hành chính công tỉnh", "Provincial service centre", "centre", "H49"),
    (COMMUNE, "Phường Hồng Gai", "Hong Gai Ward", "commune", "H49"),
    (CENTRE, "Trung tâm Phục vụ hành chính công phường Hồng Gai", "Hong Gai service centre", "centre", COMMUNE),
    (OTHER_COMMUNE, "Phường Bãi Cháy", "Bai Chay Ward", "commune", "H49"),
    (OTHER_CENTRE, "Trung tâm Phục vụ hành chính công phường Bãi Cháy", "Bai Chay service centre", "centre",
     OTHER_COMMUNE),
    (DEPARTMENT, "Sở Xây dựng", "Department of Construction", "department", "H49"),
)

PROCEDURE = "1.000001"
FACTS: dict[str, Any] = {
    "code": PROCEDURE, "key": "test", "name": {"vi": "Thủ tục thử", "en": "Test procedure"}, "level": "commune",
    "agency": {"vi": "Ủy ban nhân dân xã", "en": "Commune committee"}, "field": {"vi": "Thử", "en": "Test"},
    "subject": "citizen", "service_level": "full", "non_territorial": True, "competent": {"kinds": ["commune"]},
    "limits": {"statutory": {"value": 3, "unit": "working_day"}, "reduced": {"value": 2, "unit": "working_day"}},
    "fee": {"kind": "lệ phí", "amount": 0, "note": {"vi": "", "en": ""}}, "components": [],
    "result": {"vi": "Giấy", "en": "Paper"}, "legal": [], "decision": {"number": None, "date": None, "effective": None},
    "supplement": {"policy": "pause_and_extend", "max": 2}, "applicant": {"name": "name"}, "sources": {},
}
FILING = {
    "type": "default", "schemaVersion": 16, "id": "filing",
    "components": [
        {"type": "textfield", "key": "name", "label": "Họ tên", "id": "f1", "properties": {"en.label": "Name"},
         "validate": {"required": True}},
        {"type": "number", "key": "divisor", "label": "Số chia", "id": "f2", "properties": {"en.label": "Divisor"}},
    ],
}


def at(text: str) -> datetime:
    """A moment as the clocks in Viet Nam show it, such as 2026-03-02T08:00."""
    return datetime.fromisoformat(f"{text}+07:00").astimezone(UTC)


def province() -> None:
    """Roles and units."""
    with transaction() as conn:
        seed_roles(conn)
        for code, vi, en, kind, parent in UNITS:
            insert_unit(conn, NewUnit(code, vi, en, kind, parent, SINCE))


def person(username: str, *roles: tuple[str, str], name: str = "") -> Actor:
    """Somebody with roles as (unit, role) pairs since 2025."""
    with transaction() as conn:
        insert_person(conn, NewPerson(username, name or username.title(), PASSWORD), _password_hash())
        for unit, role in roles:
            insert_membership(conn, NewMembership(username, unit, role, SINCE))
    return actor(username)


def actor(username: str) -> Actor:
    """Somebody with the roles of today."""
    query = select(Person.id, Person.name, Person.username, Person.language, Person.demonstration)
    with reading() as conn:
        row = conn.execute(query.where(Person.username == username)).one()
    return actor_of(SignedIn(*row))


@cache
def _password_hash() -> str:
    return passwords.hashed(PASSWORD)


def diagram() -> str:
    """Receive, appraise (pass, supplement, refuse, or fail in the engine), wait for a supplement, return."""
    return draw.diagram(
        draw.start(),
        draw.task("receive", kind="receive", role="receiver", unit="receiving", hours="2", status="2"),
        draw.task("appraise", draw.choice("forward"), draw.choice("supplement", "supplement"),
                  draw.choice("refuse", "refuse"), draw.choice("fail"), status="4"),
        draw.xor("decided", default="decided-hand_over"),
        draw.receive("supplement", "supplement", role="receiver", unit="receiving"),
        draw.timer("expired", "P30D", host="supplement"),
        draw.xor("narrow"),
        draw.task("hand_over", kind="return", role="receiver", unit="receiving", hours="1", status="9"),
        draw.end("returned", "10"), draw.end("refused", "8"), draw.end("lapsed", "8"),
        draw.path("begin", "receive", "appraise", "decided", "hand_over", "returned"),
        draw.flow("decided", "supplement", 'appraise.choice = "supplement"'),
        draw.flow("decided", "refused", 'appraise.choice = "refuse"'),
        draw.flow("decided", "narrow", 'appraise.choice = "fail"'),
        draw.flow("narrow", "hand_over", "filing.divisor = 1"), draw.flow("narrow", "refused", "filing.divisor = 2"),
        draw.flow("supplement", "appraise"), draw.flow("expired", "lapsed"),
        messages=("supplement",),
    )


def publish(publisher: Actor, xml: str | None = None, forms: Mapping[str, Any] | None = None, **facts: Any) -> int:
    """Put the small procedure into the catalogue as published; the version's id."""
    procedure = FACTS | facts
    bundle = Bundle(xml or diagram(), {"filing": FILING, **(forms or {})}, {}, procedure)
    content = {"xml": bundle.xml, "forms": bundle.forms, "decisions": {}, "procedure": procedure}
    with transaction() as conn:
        conn.execute(insert(Procedure).values(
            code=procedure["code"], key=procedure["key"], **published_columns(procedure)))
        version = conn.execute(insert(ProcessVersion).values(
            procedure=procedure["code"], number=1, digest=bundle.digest, bundle=content, findings=[], note="",
            author=publisher.person, publisher=publisher.person, effective_from=SINCE, published_at=clock.now(),
        ).returning(ProcessVersion.id)).scalar_one()
        conn.execute(Procedure.__table__.update().values(current_version=version))
    return int(version)


def receive(officer: Actor, version: int, number: int = 1, form: Mapping[str, Any] | None = None) -> Advanced:
    """Receive a dossier of the small procedure at the centre of Hong Gai."""
    code = f"{CENTRE}-260302-{number:04d}"
    new = NewDossier(
        code=code, procedure=PROCEDURE, version=version, receiving_unit=CENTRE,
        competent_unit=COMMUNE, channel="direct", applicant_name="Nguyễn Văn A", form=form or {"name": "Nguyễn Văn A"},
        search=f"{code.lower()} nguyen van a", applicant_email="a@example.vn",
    )
    with transaction() as conn:
        return casework.begin(conn, new, officer)


def values(dossier: int) -> dict[str, Any]:
    """What was answered in a dossier, by step."""
    with reading() as conn:
        row = conn.execute(select(Dossier.code, Dossier.seq, Dossier.state).where(Dossier.id == dossier)).one()
    return load(opened(row.code, row.seq, row.state)).data


def complete(officer: Actor, dossier: int, token: str, unit: str, choice: str | None = None, **form: Any) -> Advanced:
    """Claim and complete a step."""
    with transaction() as conn:
        casework.advance(conn, dossier, ClaimStep(token, officer.assignee), officer, acting_unit=unit)
        command = CompleteStep(token, officer.assignee, form, choice)
        return casework.advance(conn, dossier, command, officer, acting_unit=unit)
