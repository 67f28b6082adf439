"""A task under the hands of one person inside one transaction: the dossier locked, and all that a command asks about.

Two statements: one locks the dossier, the next reads what may have changed while somebody else held it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from app.calendars import EDITION, Calendars, of_edition
from app.casework import Actor, definition_of, locked
from app.dossiers.errors import DossierUnknown
from app.dossiers.models import Dossier
from app.dossiers.sight import units_in_sight
from app.jobs.models import Answer
from app.people.models import Person, Setting
from app.seals import opened
from app.tasks.desk import may_see
from app.tasks.errors import TaskUnknown
from app.tasks.models import Task, TaskDraft
from engine.definition import Definition, Step
from engine.errors import StateUnreadable

_DRAFTED = (
    select(TaskDraft.dossier).where(TaskDraft.dossier == Task.dossier, TaskDraft.token == Task.token)
    .correlate(Task.__table__).exists()
)
_ASKED_ABOUT: Any = (
    select(
        Task.token, Task.step, Task.role, Task.unit, Task.state, Task.message, Task.assignee, Task.ended_by,
        Person.name.label("assignee_name"), _DRAFTED.label("drafted"), Answer.request_digest,
        Answer.body.label("answer"), Setting.value.label("edition"),
    )
    .select_from(Dossier)
    .outerjoin(Task, (Task.dossier == Dossier.id) & (Task.token == bindparam("token")))
    .outerjoin(Person, Person.id == Task.assignee)
    .outerjoin(Answer, (Answer.key == bindparam("key")) & (Answer.person == bindparam("person")))
    .outerjoin(Setting, Setting.key == EDITION)
    .where(Dossier.id == bindparam("dossier"))
)


@dataclass(frozen=True, slots=True)
class Held:
    """The locked dossier's row, the task's row, and what both mean."""

    dossier: Row[Any]
    task: Row[Any]
    definition: Definition
    calendars: Calendars

    @property
    def step(self) -> Step:
        """The step on which the task's token rests."""
        return self.definition.steps[self.task.step]

    def state(self) -> bytes | None:
        """The dossier's state; None where its seal does not hold."""
        try:
            return opened(self.dossier.code, self.dossier.seq, self.dossier.state)
        except StateUnreadable:
            return None


def hold(conn: Connection, actor: Actor, task: tuple[str, str], key: str | None) -> Held:
    """Lock the task's dossier. Raises DossierUnknown or TaskUnknown for what the person may not see.

    The task's row also says what was answered before under the key.
    """
    code, token = task
    dossier = locked(conn, code, units_in_sight(conn, actor))
    if dossier is None:
        raise DossierUnknown(code=code)
    asked = {"dossier": dossier.id, "token": token, "key": key, "person": actor.person}
    row = conn.execute(_ASKED_ABOUT, asked).one()
    if row.token is None or not may_see(conn, actor, row):
        raise TaskUnknown(code=code)
    return Held(dossier, row, definition_of(conn, dossier.digest), of_edition(conn, row.edition))
