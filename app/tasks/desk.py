"""One task on the officer's desk: its form, what each choice leads to, and everything known about the dossier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased

from app import clock
from app.calendars import Calendars, calendars
from app.casework import Actor, definition_of
from app.db import reading
from app.dossiers.context import form_context
from app.dossiers.definitions import step_names
from app.dossiers.named import Names
from app.dossiers.papers import Paper, of_step
from app.dossiers.queries import Head, can_withdraw, find, state_of
from app.people.models import Person
from app.people.policy import may_release, may_see_task, may_work, supervised_units
from app.people.queries import subtree, unit_names
from app.tasks.conclusions import with_conclusions
from app.tasks.errors import TaskUnknown
from app.tasks.models import Task, TaskDraft
from app.tasks.outlook import Ahead, outlook
from app.tasks.queries import TaskRow, row_columns, task_row, with_joins
from engine.clock.worktime import counted_in
from engine.definition import Choice, Definition, Step
from engine.forms import localized
from engine.state import short

_Ender = aliased(Person)


@dataclass(frozen=True)
class Option:
    """A button that finishes the step, and where it leads as far as can be said now."""

    id: str | None
    name: Names | None
    kind: str
    ahead: Ahead | None


@dataclass(frozen=True)
class Rights:
    """What the reader may do with the task."""

    work: bool
    claim: bool
    release: bool
    withdraw: bool


@dataclass(frozen=True)
class Desk:
    """Everything on the page of one task."""

    head: Head
    task: TaskRow
    number: int
    steps: int
    message: str | None
    needs_file: bool
    schema: Mapping[str, Any] | None
    context: Mapping[str, Any]
    values: Mapping[str, Any]
    draft_at: datetime | None
    options: tuple[Option, ...]
    rights: Rights
    results: tuple[Paper, ...]
    ended_by: str | None
    choice: Names | None


def open_task(actor: Actor, code: str, token: str, language: str) -> Desk:
    """The task's page. Raises DossierUnknown or TaskUnknown for what the person may not see."""
    with reading() as conn:
        head = find(conn, actor, code)
        row = find_task(conn, actor, head, token)
        definition = definition_of(conn, head.digest)
        return _desk(conn, actor, head, (row, definition), language)


def find_task(conn: Connection, actor: Actor, head: Head, token: str) -> Any:
    """The task's row, for those who see it in their inbox or worked on it."""
    query = with_joins(select(*row_columns(), Task.message, Task.ended_by, _Ender.name.label("ended_by_name")))
    row = conn.execute(
        query.outerjoin(_Ender, _Ender.id == Task.ended_by).where(Task.dossier == head.id, Task.token == token)
    ).first()
    if row is None or not may_see(conn, actor, row):
        raise TaskUnknown(code=head.code)
    return row


def may_see(conn: Connection, actor: Actor, row: Any) -> bool:
    """Whether the person sees the task: in his inbox, or because he worked on it."""
    below = subtree(conn, supervised_units(actor))
    return may_see_task(actor, row.role, row.unit, below) or actor.person in (row.assignee, row.ended_by)


def _desk(conn: Connection, actor: Actor, head: Head, found: tuple[Any, Definition], language: str) -> Desk:
    row, definition = found
    now, step = clock.now(), definition.steps[row.step]
    state = state_of(conn, head)
    context = form_context(state, definition, row.token)
    draft = _draft(conn, actor, head.id, row.token)
    values = draft.form if draft else _before(context, step)
    order = [each for each in definition.step_order if not definition.steps[each].message]
    known = calendars(conn)
    options = _options(conn, known, (definition, state, row, values), now)
    return Desk(
        head=head, task=task_row(row, step_names(definition, row.step), known, now),
        number=order.index(step.id) + 1 if step.id in order else 0, steps=len(order),
        message=row.message, needs_file=step.needs_file, schema=_schema(definition, step, language, options),
        context=context, values=values, draft_at=draft.updated_at if draft else None,
        options=options,
        rights=_rights(conn, actor, head, row), results=of_step(conn, head.id, step.id),
        ended_by=row.ended_by_name, choice=_choice_name(step, row.choice),
    )


def _draft(conn: Connection, actor: Actor, dossier: int, token: str) -> Any:
    return conn.execute(
        select(TaskDraft.form, TaskDraft.updated_at)
        .where(TaskDraft.dossier == dossier, TaskDraft.token == token, TaskDraft.person == actor.person)
    ).first()


def _before(data: Mapping[str, Any], step: Step) -> dict[str, Any]:
    """What the step's form held when the dossier was here last; instances of a repeated step begin empty."""
    last = data.get(short(step.id))
    if not isinstance(last, Mapping):
        return {}
    return {key: value for key, value in last.items() if key != "choice"}


def _choice_name(step: Step, choice: str | None) -> Names | None:
    found = next((each for each in step.choices if each.id == choice), None)
    return _names(found) if found else None


def _names(choice: Choice) -> Names:
    return {"vi": choice.name, "en": choice.name_en or choice.name}


def _schema(definition: Definition, step: Step, language: str, options: Iterable[Option]) -> Mapping[str, Any] | None:
    """The step's form; a conclusion in it offers only the ways on that are open now."""
    if not step.form:
        return None
    return with_conclusions(localized(definition.forms[step.form], language), {each.id for each in options})


def _options(conn: Connection, known: Calendars, found: tuple[Any, ...], now: datetime) -> tuple[Option, ...]:
    definition, state, row, values = found
    if row.state not in ("open", "waiting"):
        return ()
    working = counted_in(known.of(row.receiving_unit))
    ways = outlook(definition, state, row, values, (now, working))
    names = unit_names(conn, {each.unit for _, ahead in ways if ahead for each in ahead.steps if each.unit})
    return tuple(
        Option(
            choice.id if choice else None,
            _names(choice) if choice else None,
            choice.kind if choice else "forward", ahead.with_units(names) if ahead else None,
        )
        for choice, ahead in ways
    )


def _rights(conn: Connection, actor: Actor, head: Head, row: Any) -> Rights:
    below = subtree(conn, supervised_units(actor))
    work = may_work(actor, row.role, row.unit) and row.state in ("open", "waiting")
    return Rights(
        work=work and row.assignee in (None, actor.person), claim=work and row.state == "open" and row.assignee is None,
        release=row.state == "open" and may_release(actor, row.unit, row.assignee, below),
        withdraw=can_withdraw(actor, head),
    )
