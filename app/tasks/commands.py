"""What officers do with tasks: claim, give back, save a draft, complete, record what was handed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, delete, insert

from app import clock
from app.casework import Actor, Advanced, advance, definition_of
from app.db import transaction
from app.dossiers.context import form_context
from app.dossiers.definitions import NO_FORM, step_names
from app.dossiers.named import Names
from app.dossiers.papers import fingerprints, of_step, tie
from app.dossiers.queries import Head, find
from app.errors import Forbidden
from app.jobs.answers import once
from app.people.policy import may_release, may_work, supervised_units
from app.people.queries import subtree, unit_names
from app.tasks.conclusions import contradiction, decided
from app.tasks.desk import find_task
from app.tasks.errors import ResultMissing, StandInReasonMissing
from app.tasks.models import TaskDraft
from engine.commands import ClaimStep, Command, CompleteStep, DeliverMessage, ReleaseStep
from engine.definition import Definition
from engine.errors import FormRefused, OneDoorError
from engine.facts import DossierEnded
from engine.forms import validate


@dataclass(frozen=True)
class Submission:
    """What an officer hands over with a step: the form, the chosen way on, files uploaded before.

    `expected_seq` refuses the command when the dossier has moved on since; a token alone already belongs to one visit.
    """

    form: Mapping[str, Any] = field(default_factory=dict)
    choice: str | None = None
    attachments: tuple[int, ...] = ()
    expected_seq: int | None = None


@dataclass(frozen=True)
class Next:
    """A task that opened: where the dossier went."""

    token: str
    step: Names
    unit: Names
    due_at: str | None
    waits: bool
    mine: bool


@dataclass(frozen=True)
class Done:
    """What came of a command: the tasks that opened and, at the end, the status."""

    code: str
    seq: int
    step: Names
    next: tuple[Next, ...]
    ended: int | None

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Done:
        """The answer as it is kept for repeated requests."""
        return cls(kept["code"], kept["seq"], kept["step"], tuple(Next(**each) for each in kept["next"]), kept["ended"])

    @property
    def mine(self) -> Next | None:
        """The next task that the same person may work on at once."""
        return next((each for each in self.next if each.mine and not each.waits), None)


@dataclass(frozen=True)
class Claimed:
    """One task of a batch: claimed, or why not."""

    code: str
    token: str
    error: OneDoorError | None


def claim(actor: Actor, code: str, token: str, *, expected_seq: int | None = None, key: str | None = None) -> Done:
    """Take an open task for oneself."""
    return _act(actor, (code, token), key, {"claim": expected_seq},
                lambda work: work.advance(ClaimStep(token, actor.assignee), expected_seq))


def claim_many(actor: Actor, tasks: Iterable[tuple[str, str]]) -> tuple[Claimed, ...]:
    """Take several tasks, each by itself: one that somebody else was faster with does not stop the others."""
    return tuple(_claimed(actor, code, token) for code, token in tasks)


def _claimed(actor: Actor, code: str, token: str) -> Claimed:
    try:
        claim(actor, code, token)
    except OneDoorError as error:
        return Claimed(code, token, error)
    return Claimed(code, token, None)


def release(actor: Actor, code: str, token: str, reason: str = "", *, expected_seq: int | None = None,
            key: str | None = None) -> Done:
    """Give a task back to its unit; drafts stay. Who does it in the holder's stead says why."""
    said = reason.strip()
    asked = {"release": expected_seq, "reason": said}
    return _act(actor, (code, token), key, asked, lambda work: _release(work, said, expected_seq))


def complete(actor: Actor, code: str, token: str, given: Submission, key: str | None = None) -> Done:
    """Finish a step, claiming it first where nobody holds it: form checked, files tied, process advanced."""
    return _act(actor, (code, token), key, {"complete": given}, lambda work: _complete(work, given))


def deliver(actor: Actor, code: str, token: str, given: Submission, key: str | None = None) -> Done:
    """Record what a waiting step waits for: a supplement, a payment, a signature."""
    return _act(actor, (code, token), key, {"deliver": given}, lambda work: _deliver(work, given))


def save_draft(actor: Actor, code: str, token: str, form: Mapping[str, Any]) -> str:
    """Keep what the person typed so far; the moment it was kept, as ISO 8601."""
    now = clock.now()
    with transaction() as conn:
        head = find(conn, actor, code)
        row = find_task(conn, actor, head, token)
        if not may_work(actor, row.role, row.unit):
            raise Forbidden(permission="task.work")
        _forget_drafts(conn, head.id, token, actor.person)
        conn.execute(insert(TaskDraft).values(
            dossier=head.id, token=token, person=actor.person, form=dict(form), updated_at=now
        ))
    return now.isoformat()


@dataclass
class _Work:
    """A task under the hands of one person inside one transaction."""

    conn: Connection
    actor: Actor
    head: Head
    row: Any
    definition: Definition
    opened: list[Any] = field(default_factory=list)
    ended: int | None = None
    seq: int = 0

    def advance(self, command: Command, expected_seq: int | None = None) -> None:
        """Let the dossier advance and remember what came of it."""
        done: Advanced = advance(self.conn, self.head.id, command, self.actor, acting_unit=self.row.unit,
                                 expected_seq=expected_seq)
        self.seq, self.opened = done.seq, list(done.opened_tasks)
        self.ended = next((fact.status for fact in done.facts if isinstance(fact, DossierEnded)), self.ended)

    def result(self) -> dict[str, Any]:
        """What the command answers, as plain data."""
        names = unit_names(self.conn, {each.unit for each in self.opened})
        return {
            "code": self.head.code, "seq": self.seq, "step": step_names(self.definition, self.row.step),
            "ended": self.ended, "next": [_next(self, each, names) for each in self.opened],
        }


def _next(work: _Work, opened: Any, names: Mapping[str, Names]) -> dict[str, Any]:
    return {
        "token": opened.token, "step": step_names(work.definition, opened.step), "unit": names.get(opened.unit, {}),
        "due_at": opened.due_at.isoformat() if opened.due_at else None, "waits": opened.message is not None,
        "mine": may_work(work.actor, opened.role, opened.unit),
    }


def _act(actor: Actor, task: tuple[str, str], key: str | None, what: Mapping[str, Any], perform: Any) -> Done:
    """One command on one task in one transaction, answered the same when it is repeated."""
    code, token = task
    with transaction() as conn:
        def run() -> dict[str, Any]:
            head = find(conn, actor, code)
            row = find_task(conn, actor, head, token)
            work = _Work(conn, actor, head, row, definition_of(conn, head.digest))
            if "release" not in what and not may_work(actor, row.role, row.unit):
                raise Forbidden(permission="task.work")
            perform(work)
            return work.result()

        asked = {name: _plain(conn, actor, value) for name, value in what.items()}
        return Done.of(once(conn, actor, key, {"code": code, "token": token, **asked}, run))


def _release(work: _Work, reason: str, expected_seq: int | None) -> None:
    row, below = work.row, subtree(work.conn, supervised_units(work.actor))
    if row.assignee is not None and not may_release(work.actor, row.unit, row.assignee, below):
        raise Forbidden(permission="task.work")
    if row.assignee not in (None, work.actor.person) and not reason:
        raise StandInReasonMissing(name=row.assignee_name)
    holder = str(row.assignee) if row.assignee is not None else work.actor.assignee
    work.advance(ReleaseStep(row.token, holder, reason), expected_seq)


def _complete(work: _Work, given: Submission) -> None:
    row, person, expected = work.row, work.actor.assignee, given.expected_seq
    values = _checked(work, given)
    _attach(work, given)
    if row.state == "open" and row.assignee is None:
        work.advance(ClaimStep(row.token, person), expected)
        expected = None
    work.advance(CompleteStep(row.token, person, values, given.choice), expected)
    _forget_drafts(work.conn, work.head.id, row.token)


def _deliver(work: _Work, given: Submission) -> None:
    row = work.row
    values = _checked(work, given)
    _attach(work, given)
    work.advance(DeliverMessage(row.message, values, row.token), given.expected_seq)
    _forget_drafts(work.conn, work.head.id, row.token)


def _checked(work: _Work, given: Submission) -> dict[str, Any]:
    """The form's values as the engine may see them. Raises FormRefused with every field to correct."""
    step = work.definition.steps[work.row.step]
    if work.row.state not in ("open", "waiting"):
        return dict(given.form)
    schema = work.definition.forms[step.form] if step.form else NO_FORM
    form = decided(step, schema, given.form, given.choice)
    checked = validate(schema, form, form_context(work.conn, work.head), clock.now())
    errors = (*checked.errors, *contradiction(step, checked.values, given.choice))
    if errors:
        raise FormRefused(count=len(errors), first=errors[0].path, fields=errors)
    return dict(checked.values)


def _attach(work: _Work, given: Submission) -> None:
    step = work.definition.steps[work.row.step]
    if given.attachments:
        tie(work.conn, work.actor, given.attachments, work.head.id, step.id)
    if step.needs_file and not of_step(work.conn, work.head.id, step.id):
        raise ResultMissing(step=step.name)


def _forget_drafts(conn: Connection, dossier: int, token: str, person: int | None = None) -> None:
    condition = [TaskDraft.dossier == dossier, TaskDraft.token == token]
    if person is not None:
        condition.append(TaskDraft.person == person)
    conn.execute(delete(TaskDraft).where(*condition))


def _plain(conn: Connection, actor: Actor, asked: Any) -> Any:
    if not isinstance(asked, Submission):
        return asked
    papers = fingerprints(conn, actor, asked.attachments)
    return {"form": dict(asked.form), "choice": asked.choice, "attachments": papers}
