"""The rows of procedures, drafts and versions: statements for the commands, inside their transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update

from app.casework import Actor
from app.clock import LOCAL
from app.languages import plain
from app.people.models import Person
from app.procedures.errors import DraftUnknown, ProcedureUnknown
from app.procedures.facts import cut_of
from app.procedures.models import Draft, Procedure, ProcedureEvent, ProcessVersion


def columns_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the catalogue's row keeps of a procedure's facts."""
    texts = [facts["code"], *facts["name"].values(), *facts["agency"].values(), *facts["field"].values()]
    return {
        "name_vi": facts["name"]["vi"],
        "name_en": facts["name"]["en"],
        "search": plain(" ".join(texts)),
        "level": facts["level"],
        "owner_vi": facts["agency"]["vi"],
        "owner_en": facts["agency"]["en"],
        "field_vi": facts["field"]["vi"],
        "field_en": facts["field"]["en"],
        "service_level": facts["service_level"],
    }


def published_columns(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The same once it is published: with what it promises."""
    limits = facts.get("limits", {})
    return {**columns_of(facts), "limits": limits, "cut": cut_of(limits)}


def note(conn: Connection, actor: Actor, code: str, kind: str, at: datetime, **data: Any) -> None:
    """Write down what happened to the procedure."""
    conn.execute(insert(ProcedureEvent).values(procedure=code, at=at, person=actor.person, kind=kind, data=data))


def is_taken(conn: Connection, code: str, key: str) -> bool:
    """Whether the catalogue has the code or the key."""
    found = select(Procedure.code).where(or_(Procedure.code == code, Procedure.key == key))
    return conn.execute(found).first() is not None


def add_procedure(conn: Connection, facts: Mapping[str, Any]) -> None:
    """A new line of the catalogue, without any published version."""
    conn.execute(insert(Procedure).values(code=facts["code"], key=facts["key"], **columns_of(facts)))


def procedure_row(conn: Connection, code: str, *, lock: bool = False) -> Row[Any]:
    """The procedure's row; raises ProcedureUnknown."""
    wanted = select(Procedure.__table__).where(Procedure.code == code)
    row = conn.execute(wanted.with_for_update() if lock else wanted).first()
    if row is None:
        raise ProcedureUnknown(code=code)
    return row


def add_draft(
    conn: Connection, actor: Actor, bundle: Mapping[str, Any], scenarios: Mapping[str, Any], at: datetime,
    based_on: int | None,
) -> None:
    """The procedure's one draft, in its first revision."""
    conn.execute(
        insert(Draft).values(
            procedure=bundle["procedure"]["code"], bundle=bundle, scenarios=scenarios, revision=1, state="draft",
            note="", author=actor.person, editors=[actor.person], based_on=based_on, updated_by=actor.person,
            updated_at=at, rejected_note="",
        )
    )


def draft_row(conn: Connection, code: str, *, lock: bool = False) -> Row[Any]:
    """The draft with the name of who saved it last (`updated_name`); raises DraftUnknown."""
    wanted = (
        select(Draft.__table__, Person.name.label("updated_name"))
        .join(Person, Person.id == Draft.updated_by)
        .where(Draft.procedure == code)
    )
    row = conn.execute(wanted.with_for_update(of=Draft.__table__) if lock else wanted).first()
    if row is None:
        procedure_row(conn, code)
        raise DraftUnknown(code=code)
    return row


def has_draft(conn: Connection, code: str) -> bool:
    """Whether the procedure has a draft."""
    return conn.execute(select(Draft.procedure).where(Draft.procedure == code)).first() is not None


def change_draft(conn: Connection, code: str, **values: Any) -> None:
    """Set columns of a draft that is locked."""
    conn.execute(update(Draft).where(Draft.procedure == code).values(**values))


def remove_draft(conn: Connection, code: str) -> None:
    """The draft is published or thrown away."""
    conn.execute(delete(Draft).where(Draft.procedure == code))


def version_with(conn: Connection, digest: str) -> Row[*tuple[Any, ...]] | None:
    """The version that already has this content."""
    return conn.execute(
        select(ProcessVersion.procedure, ProcessVersion.number).where(ProcessVersion.digest == digest)
    ).first()


def version_row(conn: Connection, version: int) -> Row[Any]:
    """A published version by its id."""
    return conn.execute(select(ProcessVersion.__table__).where(ProcessVersion.id == version)).one()


def add_version(
    conn: Connection, actor: Actor, draft: Row[Any], digest: str, findings: list[dict[str, Any]], at: datetime
) -> tuple[int, int]:
    """The next version of the procedure, made current: (id, number)."""
    last = select(func.max(ProcessVersion.number)).where(ProcessVersion.procedure == draft.procedure)
    number = (conn.execute(last).scalar() or 0) + 1
    added = conn.execute(
        insert(ProcessVersion).values(
            procedure=draft.procedure, number=number, digest=digest, bundle=draft.bundle, scenarios=draft.scenarios,
            findings=findings, note=draft.note, author=draft.author, publisher=actor.person,
            effective_from=at.astimezone(LOCAL).date(), published_at=at,
        ).returning(ProcessVersion.id)
    )
    version = int(added.scalar_one())
    values = {**published_columns(draft.bundle["procedure"]), "current_version": version}
    conn.execute(update(Procedure).where(Procedure.code == draft.procedure).values(**values))
    return version, number
