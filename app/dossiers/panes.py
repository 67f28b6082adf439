"""The parts of a dossier that stand beside a task or on the dossier's own page, each read only when it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import aliased

from app import clock
from app.audit.models import HistoryEntry
from app.calendars import working_calendar
from app.casework import Actor, definition_of
from app.db import reading
from app.dossiers.answers import Section, answers
from app.dossiers.definitions import diagram_of, element_names, step_names
from app.dossiers.errors import PaneUnknown
from app.dossiers.named import Names
from app.dossiers.papers import Paper, of_dossier
from app.dossiers.queries import Head, find, state_of
from app.dossiers.story import Line, Reader, story
from app.dossiers.timing import Due, due_of
from app.people.models import Person, Unit
from app.people.policy import may_deliver
from app.tasks.models import Task
from engine import state
from engine.clock.timing import moment_of
from engine.clock.worktime import between
from engine.definition import Definition, outline
from engine.drawing.events import standing
from engine.facts import from_json
from engine.fold import View, fold

PANES = ("steps", "answers", "papers", "diagram", "history")
RECORDED = ("message", "signal")
_Doer = aliased(Person)


@dataclass(frozen=True)
class Stage:
    """One step of the way: planned against actual."""

    token: str
    step: Names
    kind: str
    visit: int
    unit: Names
    who: str | None
    state: str
    hours: Decimal | None
    used: Decimal
    entered_at: datetime
    ended_at: datetime | None
    due: Due


@dataclass(frozen=True)
class Awaiting:
    """An event or an answer that the process waits for besides its steps; `name` is that of a message, signal or
    connector, or a condition, and `due_at` the time of a timer. `wait` is the number under which one is awaited that
    somebody can record."""

    element: Names
    kind: str
    name: str
    due_at: datetime | None
    wait: str | None = None


@dataclass(frozen=True)
class Picture:
    """The diagram with the tokens on it and the way so far."""

    xml: str
    tokens: tuple[Mapping[str, str], ...]
    passed: tuple[str, ...]
    flows: tuple[str, ...]
    current: tuple[str, ...]
    outline: tuple[Any, ...]


@dataclass(frozen=True)
class Pane:
    """What is shown; only the part that was asked for is filled. `may_record`: what is awaited besides the steps."""

    name: str
    head: Head
    may_record: bool = False
    answers: tuple[Section, ...] = ()
    papers: tuple[Paper, ...] = ()
    components: Mapping[str, Names] | None = None
    steps: Mapping[str, Names] | None = None
    picture: Picture | None = None
    lines: tuple[Line, ...] = ()
    stages: tuple[Stage, ...] = ()
    waits: tuple[Awaiting, ...] = ()


def pane(actor: Actor, code: str, name: str, reader: Reader) -> Pane:
    """One part of a dossier. Raises DossierUnknown, PaneUnknown."""
    fill = _FILL.get(name)
    if fill is None:
        raise PaneUnknown(pane=name)
    with reading() as conn:
        head = find(conn, actor, code)
        definition = definition_of(conn, head.digest)
        empty = Pane(name, head, may_record=may_deliver(actor, head.receiving.code))
        return replace(empty, **fill(conn, head, definition, reader))


def _answers(conn: Connection, head: Head, definition: Definition, reader: Reader) -> dict[str, Any]:
    return {"answers": answers(definition, state.load(state_of(conn, head)).data, reader.language)}


def _papers(conn: Connection, head: Head, definition: Definition, reader: Reader) -> dict[str, Any]:
    components = {each["code"]: each["name"] for each in definition.procedure.get("components", ())}
    steps = {each: step_names(definition, each) for each in definition.steps}
    return {"papers": of_dossier(conn, head.id), "components": components, "steps": steps}


def _history(conn: Connection, head: Head, definition: Definition, reader: Reader) -> dict[str, Any]:
    return {"lines": story(conn, head.id, definition, reader)}


def _diagram(conn: Connection, head: Head, definition: Definition, reader: Reader) -> dict[str, Any]:
    return {"picture": picture(conn, head, definition, reader)}


def _steps(conn: Connection, head: Head, definition: Definition, reader: Reader) -> dict[str, Any]:
    return {"stages": stages(conn, head, definition), "waits": waits(conn, head, definition)}


_FILL = {"answers": _answers, "papers": _papers, "diagram": _diagram, "history": _history, "steps": _steps}


def picture(conn: Connection, head: Head, definition: Definition, reader: Reader) -> Picture:
    """The way so far, folded from the history."""
    entries = conn.execute(
        select(HistoryEntry.payload).where(HistoryEntry.dossier == head.id).order_by(HistoryEntry.seq)
    ).scalars()
    view = fold(from_json(fact) for payload in entries for fact in payload["facts"])
    return Picture(
        xml=diagram_of(conn, head.version), tokens=_tokens(view, definition, reader),
        passed=tuple(dict.fromkeys(view.passed)), flows=tuple(dict.fromkeys(view.flows)),
        current=tuple(each.step for each in view.open.values()), outline=tuple(outline(definition, reader.language)),
    )


def _tokens(view: View, definition: Definition, reader: Reader) -> tuple[Mapping[str, str], ...]:
    return tuple(
        {"element": each.step, "label": str(step_names(definition, each.step).get(reader.language, each.step)),
         "state": "waiting" if each.message else "open"}
        for each in view.open.values()
    ) + tuple(
        {"element": element, "label": element_names(definition, element)[reader.language], "state": "waiting"}
        for _, element, _ in standing(definition.events, view)
    )


def stages(conn: Connection, head: Head, definition: Definition) -> tuple[Stage, ...]:
    """Every step entered so far, in order, with the working hours it took."""
    rows = conn.execute(
        select(Task.__table__, Unit.name_vi, Unit.name_en, _Doer.name.label("who"))
        .join(Unit, Unit.code == Task.unit)
        .outerjoin(_Doer, _Doer.id == func.coalesce(Task.ended_by, Task.assignee))
        .where(Task.dossier == head.id)
    ).all()
    calendar, now = working_calendar(conn, head.receiving.code), clock.now()
    ordered = sorted(rows, key=lambda row: (row.entered_at, int(row.token)))
    return tuple(_stage(row, definition, calendar, (now, head.clock)) for row in ordered)


def waits(conn: Connection, head: Head, definition: Definition) -> tuple[Awaiting, ...]:
    """What is waited for that is no step: messages, signals, conditions, services, time limits."""
    now = state.load(state_of(conn, head))
    asked = [one.at for one in now.tokens.values() if one.at in definition.services]
    named = partial(element_names, definition)
    return (
        *(Awaiting(named(one.element), one.kind, one.name, None, one.id if one.kind in RECORDED else None)
          for one in now.waits.values()),
        *(Awaiting(named(at), "service", definition.events[at].connector, None) for at in asked),
        *(Awaiting(named(one.element), "timer", "", moment_of(one.due_at)) for one in now.timers.values()),
    )


def _stage(row: Any, definition: Definition, calendar: Any, at: tuple[datetime, str]) -> Stage:
    now, clock_state = at
    return Stage(
        token=row.token, step=step_names(definition, row.step), kind=row.kind, visit=row.visit,
        unit={"vi": row.name_vi, "en": row.name_en}, who=row.who, state=row.state, hours=row.hours,
        used=between(calendar, row.entered_at, row.ended_at or now), entered_at=row.entered_at, ended_at=row.ended_at,
        due=due_of(calendar, row.due_at, now, clock=clock_state, ended=row.ended_at, hours=row.hours),
    )
