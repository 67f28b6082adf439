"""Attachments: uploaded first, tied to a dossier when it is received or a step is finished."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import IO, Any

from sqlalchemy import Connection, and_, delete, insert, or_, select, update

from app import clock
from app.casework import Actor
from app.db import reading, transaction
from app.dossiers.errors import FileUnknown
from app.dossiers.files import Store
from app.dossiers.models import Attachment
from app.people.models import Person

NAME_LENGTH = 200


@dataclass(frozen=True)
class Paper:
    """A file as lists show it."""

    id: int
    dossier: int | None
    component: str
    step: str
    name: str
    sha256: str
    size: int
    media_type: str
    uploaded_by: str
    uploaded_at: datetime


def shown_name(name: str) -> str:
    """The name as text to show: its last part, without control characters, never longer than a line can bear."""
    last = PurePosixPath(name.replace("\\", "/")).name
    clean = "".join(letter for letter in last if letter.isprintable()).strip()
    return clean[-NAME_LENGTH:] or "file"


def upload(actor: Actor, store: Store, stream: IO[bytes], name: str, *, component: str = "", step: str = "") -> Paper:
    """Keep a file that belongs to no dossier yet; only the person who brought it can use it."""
    name = shown_name(name)
    stored = store.keep(stream, name)
    now = clock.now()
    values = {
        "dossier": None, "component": component, "step": step, "name": name, "sha256": stored.sha256,
        "size": stored.size, "media_type": stored.media_type, "uploaded_by": actor.person, "uploaded_at": now,
    }
    with transaction() as conn:
        number = conn.execute(insert(Attachment).values(**values).returning(Attachment.id)).scalar_one()
    return Paper(number, None, component, step, name, stored.sha256, stored.size, stored.media_type, actor.name, now)


def discard(actor: Actor, attachments: Collection[int]) -> None:
    """Forget files that were brought but not used; one already in a dossier stays."""
    with transaction() as conn:
        conn.execute(delete(Attachment).where(Attachment.id.in_(attachments), *_loose(actor)))


def forget_unused(store: Store, before: datetime) -> int:
    """Forget files brought before `before` and never used in a dossier; how many."""
    old = and_(Attachment.dossier.is_(None), Attachment.uploaded_at < before)
    with transaction() as conn:
        gone = list(conn.scalars(delete(Attachment).where(old).returning(Attachment.sha256)))
    with reading() as conn:
        needed = set(conn.scalars(select(Attachment.sha256).where(Attachment.sha256.in_(gone))))
    for sha256 in set(gone) - needed:
        store.forget(sha256, before)
    return len(gone)


def loose(conn: Connection, actor: Actor, attachments: Collection[int]) -> tuple[Paper, ...]:
    """The person's own files that belong to no dossier yet; raises FileUnknown when one is not."""
    found = tuple(_papers(conn, and_(Attachment.id.in_(attachments), *_loose(actor))))
    gone = set(attachments) - {each.id for each in found}
    if gone:
        raise FileUnknown(attachment=min(gone))
    return found


def kept(actor: Actor, attachments: Collection[int]) -> tuple[Paper, ...]:
    """The person's own files among these, also those that a first sending of the same page has used already."""
    with reading() as conn:
        return tuple(_papers(conn, and_(Attachment.id.in_(attachments), Attachment.uploaded_by == actor.person)))


def tie(conn: Connection, actor: Actor, attachments: Collection[int], dossier: int, step: str = "") -> None:
    """Make the person's loose files part of a dossier."""
    loose(conn, actor, attachments)
    values: dict[str, Any] = {"dossier": dossier, **({"step": step} if step else {})}
    conn.execute(update(Attachment).where(Attachment.id.in_(attachments), *_loose(actor)).values(**values))


def fingerprints(conn: Connection, actor: Actor, attachments: Collection[int]) -> list[list[str]]:
    """What the person's files contain, whatever their numbers: the same files sent again are the same request."""
    mine = and_(Attachment.id.in_(attachments), Attachment.uploaded_by == actor.person)
    rows = conn.execute(select(Attachment.component, Attachment.sha256).where(mine))
    return sorted([row.component, row.sha256] for row in rows)


def of_dossier(conn: Connection, dossier: int) -> tuple[Paper, ...]:
    """All files of a dossier, oldest first."""
    return tuple(_papers(conn, Attachment.dossier == dossier))


def of_step(conn: Connection, dossier: int, step: str) -> tuple[Paper, ...]:
    """The files made at one step."""
    return tuple(_papers(conn, and_(Attachment.dossier == dossier, Attachment.step == step)))


def one(conn: Connection, actor: Actor, attachment: int) -> Paper | None:
    """A file by its number, if it lies in a dossier or is the person's own."""
    mine = or_(Attachment.dossier.is_not(None), Attachment.uploaded_by == actor.person)
    return next(iter(_papers(conn, and_(Attachment.id == attachment, mine))), None)


def _loose(actor: Actor) -> tuple[Any, Any]:
    return Attachment.dossier.is_(None), Attachment.uploaded_by == actor.person


def _papers(conn: Connection, condition: Any) -> Iterable[Paper]:
    query = (
        select(Attachment.__table__, Person.name.label("person_name"))
        .join(Person, Person.id == Attachment.uploaded_by)
        .where(condition)
        .order_by(Attachment.id)
    )
    for row in conn.execute(query):
        yield Paper(
            id=row.id, dossier=row.dossier, component=row.component, step=row.step, name=row.name, sha256=row.sha256,
            size=row.size, media_type=row.media_type, uploaded_by=row.person_name, uploaded_at=row.uploaded_at,
        )
