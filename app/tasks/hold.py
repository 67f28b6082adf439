"""A task under the hands of one person inside one transaction: the dossier locked, and all that a command asks about.

Two statements in one journey: one locks the dossier, the next, begun when the lock is there, reads what may have
changed while somebody else held it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, select

from app.calendars import EDITION, Calendars, of_edition
from app.casework import Actor, definition_of, locking
from app.dossiers.errors import DossierUnknown
from app.dossiers.models import Dossier
from app.dossiers.sight import units_in_sight
from app.jobs.models import Answer
from app.people.models import Person, Setting
from app.seals import opened
from app.statements import Statement, send
from app.tasks.desk import may_see
from app.tasks.errors import TaskUnknown
from app.tasks.models import Task, TaskDraft
from engine.definition import Definition, Step
from engine.errors import StateUnreadable

_DRAFTED = (
    select(TaskDraft.dossier).where(TaskDraft.dossier == Task.dossier, TaskDraft.token == Task.token)
    .correlate(Task.__table__).exists()
)
_ASKED_ABOUT = Statement(
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
    .where(Dossier.code == bindparam("code"))
)


@dataclass(frozen=True, slots=True)
class Held:
    """The locked dossier's row, the task's row, and what both mean."""

    dossier: Any
    task: Any
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
    asked_about = _ASKED_ABOUT.of(code=code, token=token, key=key, person=actor.person)
    dossiers, rows = send(conn, locking(code, units_in_sight(conn, actor)), asked_about)
    if not dossiers:
        raise DossierUnknown(code=code)
    (dossier,), (row,) = dossiers, rows
    if row.token is None or not may_see(conn, actor, row):
        raise TaskUnknown(code=code)
    return Held(dossier, row, definition_of(conn, dossier.digest), of_edition(conn, row.edition))
