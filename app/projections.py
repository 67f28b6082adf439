"""From facts to rows: what the inbox, the lists, the timers and the outbox show of a dossier.

Everything here follows from the facts alone, in few statements: a usual completion costs two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Connection, Integer, String, bindparam, case, delete, insert, select, update

from app.change import Before, Change, OpenedTask
from app.dossiers.models import Dossier, DossierUnit
from app.jobs.letters import letters_for
from app.jobs.models import Letter, ServiceCall, Timer
from app.procedures.models import ProcessVersion
from app.seals import sealed
from app.statements import Question, Rows, Statement
from app.tasks.models import LIVE, Task
from engine import state
from engine.errors import Failed
from engine.facts import (
    ClockStarted,
    ClockStopped,
    DossierEnded,
    DossierMigrated,
    DueMoved,
    DueSet,
    Fact,
    ServiceAnswered,
    ServiceCancelled,
    ServiceRequested,
    StatusChanged,
    StepCancelled,
    StepClaimed,
    StepCompleted,
    StepEntered,
    StepMoved,
    StepReleased,
    TimerCancelled,
    TimerDueMoved,
    TimerFired,
    TimerMoved,
    TimerSet,
)
from engine.statuses import ANSWERED, REOPENING

# What a change writes into the dossier's row, but for the history's head.
KEPT = (
    "state", "ledger", "seq", "updated_at", "status", "clock", "due_at", "statutory_due_at", "finished_at",
    "ended_at", "warn_at",
)
LIMITS = ("dossier", "statutory")
OPEN = ("open", "waiting")

_ADMIT = Statement(insert(DossierUnit.__table__).from_select(["unit", "dossier"], select(
    bindparam("unit", type_=String), bindparam("dossier", type_=Integer)
).where(~select(DossierUnit.unit).where(
    DossierUnit.unit == bindparam("unit"), DossierUnit.dossier == bindparam("dossier")).exists())))
_ENTER = Statement(insert(Task.__table__).inline())
_SET_TIMER = Statement(insert(Timer.__table__).inline())
_WRITE_LETTER = Statement(insert(Letter.__table__).values({
    name: bindparam(name) for name in ("dossier", "seq", "kind", "body", "created_at", "next_at")}).inline())
_STOP_TIMER = Statement(delete(Timer.__table__).where(
    Timer.dossier == bindparam("dossier"), Timer.timer == bindparam("timer")))
_RESET_TIMER = Statement(update(Timer.__table__).where(
    Timer.dossier == bindparam("of_dossier"), Timer.timer == bindparam("of_timer")
).values(due_at=bindparam("new_due_at"), failed_at=None))
_ASK_SERVICE = Statement(insert(ServiceCall.__table__).values({
    name: bindparam(name) for name in (
        "dossier", "token", "element", "connector", "inputs", "created_at", "next_at")}).inline())
_FORGET_SERVICE = Statement(delete(ServiceCall.__table__).where(
    ServiceCall.dossier == bindparam("dossier"), ServiceCall.token == bindparam("token")))
_MOVE_TIMER = update(Timer.__table__).where(
    Timer.dossier == bindparam("of_dossier"), Timer.timer == bindparam("of_timer")
).values(element=bindparam("new_element"))
_GO_OVER = update(Dossier.__table__).where(Dossier.id == bindparam("of_dossier")).values(
    version=select(ProcessVersion.id).where(ProcessVersion.digest == bindparam("of_digest")).scalar_subquery())
_OPEN_TASKS = Statement(select(Task.token).where(Task.dossier == bindparam("dossier"), LIVE))


class UnitUnknown(Failed):
    """Step {step} of dossier {code} goes to unit {unit}, which does not exist; correct the diagram or add the unit."""


class InboxDisagrees(Failed):
    """The open steps of dossier {code} and its rows in the inbox differ; nothing was kept."""


def dossier_values(before: Before, change: Change) -> dict[str, Any]:
    """The dossier's columns `KEPT` after the change."""
    values: dict[str, Any] = {
        "state": sealed(before.code, change.seq, change.state), "ledger": change.ledger, "seq": change.seq,
        "updated_at": change.at,
        "status": before.status, "clock": before.clock, "due_at": before.due_at,
        "statutory_due_at": before.statutory_due_at, "finished_at": before.finished_at, "ended_at": before.ended_at,
        "warn_at": before.warn_at,
    }
    for fact in change.facts:
        _apply(values, fact, change.at)
    if "dossier" in change.warn:
        values["warn_at"] = _time(change.warn["dossier"])
    if values["ended_at"] or values["finished_at"]:
        values["warn_at"] = None
    return values


def _apply(values: dict[str, Any], fact: Fact, at: datetime) -> None:
    match fact:
        case StatusChanged(old=old, new=status):
            values["status"] = status
            if (old, status) == REOPENING:
                values["finished_at"] = None
            elif status in ANSWERED:
                values["finished_at"] = values["finished_at"] or at
        case ClockStopped():
            values["clock"] = "stopped"
        case ClockStarted():
            values["clock"] = "running"
        case DueSet(scope="dossier", due_at=due) | DueMoved(scope="dossier", due_at=due):
            values["due_at"] = _time(due)
        case DueSet(scope="statutory", due_at=due) | DueMoved(scope="statutory", due_at=due):
            values["statutory_due_at"] = _time(due)
        case DossierEnded():
            values["ended_at"] = at
        case _:
            pass


def writes(before: Before, change: Change) -> Iterator[Question]:
    """What writes the change's units, tasks, timers, requests and letters."""
    yield from _admitted(before, change)
    entered, changed = task_changes(before, change)
    for row in entered.values():
        yield _ENTER.of(**row)
    for token, columns in changed.items():
        values = {f"new_{name}": value for name, value in columns.items()}
        yield _task_update(tuple(columns)).of(of_dossier=before.id, of_token=token, **values)
    yield from _timers(before, change.facts)
    yield from _services(before, change)
    for letter in letters_for(before, change):
        yield _WRITE_LETTER.of(**letter)


def inbox_of(before: Before) -> Question:
    """What asks for the dossier's open tasks, as `check_inbox` wants to know them."""
    return _OPEN_TASKS.of(dossier=before.id)


def check_inbox(before: Before, change: Change, found: Rows) -> None:
    """The engine's open steps and the inbox's rows are the same set, or nothing is kept. Raises InboxDisagrees."""
    if {row.token for row in found} != state.open_tokens(change.state).keys():
        raise InboxDisagrees(code=before.code)


def opened_tasks(before: Before, change: Change, names: Mapping[str, Mapping[str, str]]) -> tuple[OpenedTask, ...]:
    """The tasks that the change opens; `names` are those of the units that there are. Raises UnitUnknown."""
    unknown = {fact.unit for fact in change.facts if isinstance(fact, StepEntered)}.difference(names)
    if unknown:
        raise UnitUnknown(step="", code=before.code, unit=", ".join(sorted(unknown)))
    entered, _ = task_changes(before, change)
    return tuple(_opened(row, names) for row in entered.values() if row["state"] in OPEN)


def task_changes(before: Before, change: Change) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """The rows of tasks that were entered, and the changed columns of tasks that were there, both by token."""
    entered: dict[str, dict[str, Any]] = {}
    changed: dict[str, dict[str, Any]] = {}
    for fact in change.facts:
        if isinstance(fact, StepEntered):
            entered[fact.token] = _task(before, fact, change)
        elif (update_ := _task_change(fact, change)) is not None:
            token, columns = update_
            (entered[token] if token in entered else changed.setdefault(token, {})).update(columns)
    for token, at in change.warn.items():
        if token not in LIMITS:
            (entered[token] if token in entered else changed.setdefault(token, {}))["warn_at"] = _time(at)
    return entered, changed


def _task(before: Before, fact: StepEntered, change: Change) -> dict[str, Any]:
    return {
        "dossier": before.id, "token": fact.token, "procedure": before.procedure, "step": fact.step,
        "visit": fact.visit, "kind": fact.kind, "role": fact.role, "unit": fact.unit, "form": fact.form,
        "message": fact.message, "item": None if fact.item is None else {"item": fact.item, "index": fact.index},
        "state": "waiting" if fact.message else "open", "assignee": None,
        "hours": None if fact.hours is None else Decimal(fact.hours), "entered_at": change.at, "claimed_at": None,
        "due_at": None, "warn_at": None, "ended_at": None, "ended_by": None, "choice": None,
    }


def _task_change(fact: Fact, change: Change) -> tuple[str, dict[str, Any]] | None:
    match fact:
        case StepClaimed(token=token, assignee=assignee):
            return token, {"assignee": int(assignee), "claimed_at": change.at}
        case StepReleased(token=token):
            return token, {"assignee": None, "claimed_at": None}
        case StepCompleted(token=token, choice=choice):
            done = {"state": "done", "ended_at": change.at, "ended_by": change.actor.person, "choice": choice}
            return token, done
        case StepMoved(token=token):
            return token, {name: getattr(fact, name) for name in ("step", "kind", "role", "form", "message")}
        case StepCancelled(token=token):
            return token, {"state": "cancelled", "ended_at": change.at, "ended_by": change.actor.person}
        case DueSet(scope=scope, due_at=due) | DueMoved(scope=scope, due_at=due) if scope not in LIMITS:
            return scope, {"due_at": _time(due)}
        case _:
            return None


@cache
def _task_update(columns: tuple[str, ...]) -> Statement:
    return Statement(
        update(Task.__table__)
        .where(Task.dossier == bindparam("of_dossier"), Task.token == bindparam("of_token"))
        .values({name: bindparam(f"new_{name}") for name in columns})
    )


def _admitted(before: Before, change: Change) -> Iterator[Question]:
    """The units that take part: those the dossier is born with, and those of the steps that were entered."""
    own = {before.receiving_unit, before.competent_unit}
    others = {fact.unit for fact in change.facts if isinstance(fact, StepEntered)} - own
    for unit in sorted(others | (own if before.seq == 0 else set())):
        yield _ADMIT.of(unit=unit, dossier=before.id)


def _timers(before: Before, facts: Iterable[Fact]) -> Iterator[Question]:
    added: dict[str, dict[str, Any]] = {}
    for fact in facts:
        if isinstance(fact, TimerSet):
            due = _time(fact.due_at)
            added[fact.timer] = {"dossier": before.id, "timer": fact.timer, "element": fact.element, "due_at": due}
        elif isinstance(fact, TimerFired | TimerCancelled) and added.pop(fact.timer, None) is None:
            yield _STOP_TIMER.of(dossier=before.id, timer=fact.timer)
        elif isinstance(fact, TimerDueMoved):
            yield _RESET_TIMER.of(of_dossier=before.id, of_timer=fact.timer, new_due_at=_time(fact.due_at))
    for row in added.values():
        yield _SET_TIMER.of(**row, failed_at=None)


def _services(before: Before, change: Change) -> Iterator[Question]:
    added: dict[str, dict[str, Any]] = {}
    for fact in change.facts:
        if isinstance(fact, ServiceRequested):
            added[fact.token] = {
                "dossier": before.id, "token": fact.token, "element": fact.element, "connector": fact.connector,
                "inputs": dict(fact.inputs), "created_at": change.at, "next_at": change.at,
            }
        elif isinstance(fact, ServiceAnswered | ServiceCancelled) and added.pop(fact.token, None) is None:
            yield _FORGET_SERVICE.of(dossier=before.id, token=fact.token)
    for row in added.values():
        yield _ASK_SERVICE.of(**row)


def go_over(conn: Connection, before: Before, facts: Iterable[Fact]) -> None:
    """Write the version that the dossier runs on, and the elements its timers and its open questions belong to."""
    moved = [{"of_dossier": before.id, "of_timer": fact.timer, "new_element": fact.element}
             for fact in facts if isinstance(fact, TimerMoved)]
    if moved:
        conn.execute(_MOVE_TIMER, moved)
    for fact in facts:
        if isinstance(fact, DossierMigrated):
            conn.execute(_GO_OVER, {"of_dossier": before.id, "of_digest": fact.new})
            names = {old: new for old, new in fact.mapping.items() if new}
            if names:
                asked = ServiceCall.element
                conn.execute(update(ServiceCall.__table__).where(ServiceCall.dossier == before.id).values(
                    element=case(names, value=asked, else_=asked)))


def _opened(row: Mapping[str, Any], names: Mapping[str, Mapping[str, str]]) -> OpenedTask:
    return OpenedTask(
        row["token"], row["step"], row["kind"], row["role"], row["unit"], row["assignee"], row["message"],
        row["due_at"], names[row["unit"]],
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
