"""What officers do with tasks: claim, give back, save a draft, complete, record what was handed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, delete, insert

from app import clock
from app.casework import Actor, Decided, OpenedTask, Orders, decide, write
from app.db import transaction
from app.dossiers.context import form_context
from app.dossiers.definitions import NO_FORM, step_names
from app.dossiers.named import Names
from app.dossiers.papers import fingerprints, of_step, tie
from app.dossiers.queries import find
from app.errors import Forbidden
from app.jobs.answers import Asked, keeping, unused
from app.people.policy import may_release, may_work, supervised_units
from app.people.queries import subtree
from app.tasks.conclusions import contradiction, decided
from app.tasks.desk import find_task
from app.tasks.errors import ResultMissing, StandInReasonMissing
from app.tasks.hold import Held, hold
from app.tasks.models import TaskDraft
from engine.commands import ClaimStep, Command, CompleteStep, DeliverMessage, ReleaseStep
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
                lambda work: work.advance(ClaimStep(token, actor.assignee), expected_seq=expected_seq))


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
    """Finish a step, which claims it where nobody holds it: form checked, files tied, process advanced."""
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
    """A task under the hands of one person, and what was decided on it."""

    conn: Connection
    actor: Actor
    held: Held
    decided: Decided | None = None

    def advance(self, command: Command, *, expected_seq: int | None = None) -> None:
        """Let the engine decide on the command."""
        orders = Orders(command, self.actor, self.held.task.unit, expected_seq, self.held.calendars)
        self.decided = decide(self.conn, self.held.dossier, orders)

    def forget_drafts(self) -> None:
        """What was typed into the step's form is in the history now."""
        if self.held.task.drafted:
            _forget_drafts(self.conn, self.held.dossier.id, self.held.task.token)

    def finish(self, asked: Asked) -> dict[str, Any]:
        """Write what was decided, with the answer for repeated requests; the answer."""
        assert self.decided is not None
        answer = self._answer(self.decided)
        with unused(asked):
            write(self.conn, self.decided, *keeping(asked, answer))
        return answer

    def _answer(self, decided: Decided) -> dict[str, Any]:
        """What the command answers, as plain data."""
        done = decided.done
        return {
            "code": done.code, "seq": done.seq, "step": step_names(self.held.definition, self.held.task.step),
            "ended": next((fact.status for fact in done.facts if isinstance(fact, DossierEnded)), None),
            "next": [_next(self, each) for each in done.opened_tasks],
        }


def _next(work: _Work, opened: OpenedTask) -> dict[str, Any]:
    return {
        "token": opened.token, "step": step_names(work.held.definition, opened.step), "unit": opened.unit_name,
        "due_at": opened.due_at.isoformat() if opened.due_at else None, "waits": opened.message is not None,
        "mine": may_work(work.actor, opened.role, opened.unit),
    }


def _act(actor: Actor, task: tuple[str, str], key: str | None, what: Mapping[str, Any], perform: Any) -> Done:
    """One command on one task in one transaction, answered the same when it is repeated."""
    with transaction() as conn:
        plain = {name: _plain(conn, actor, value) for name, value in what.items()}
        asked = Asked.of(actor, key, {"code": task[0], "token": task[1], **plain})
        held = hold(conn, actor, task, key)
        answer = asked.answered(held.task.request_digest, held.task.answer)
        if answer is None:
            if "release" not in what and not may_work(actor, held.task.role, held.task.unit):
                raise Forbidden(permission="task.work")
            work = _Work(conn, actor, held)
            perform(work)
            answer = work.finish(asked)
        return Done.of(answer)


def _release(work: _Work, reason: str, expected_seq: int | None) -> None:
    row, below = work.held.task, subtree(work.conn, supervised_units(work.actor))
    if row.assignee is not None and not may_release(work.actor, row.unit, row.assignee, below):
        raise Forbidden(permission="task.work")
    if row.assignee not in (None, work.actor.person) and not reason:
        raise StandInReasonMissing(name=row.assignee_name)
    holder = str(row.assignee) if row.assignee is not None else work.actor.assignee
    work.advance(ReleaseStep(row.token, holder, reason), expected_seq=expected_seq)


def _complete(work: _Work, given: Submission) -> None:
    values = _checked(work, given)
    _attach(work, given)
    finish = CompleteStep(work.held.task.token, work.actor.assignee, values, given.choice)
    work.advance(finish, expected_seq=given.expected_seq)
    work.forget_drafts()


def _deliver(work: _Work, given: Submission) -> None:
    row = work.held.task
    values = _checked(work, given)
    _attach(work, given)
    work.advance(DeliverMessage(row.message, values, row.token), expected_seq=given.expected_seq)
    work.forget_drafts()


def _checked(work: _Work, given: Submission) -> dict[str, Any]:
    """The form's values as the engine may see them. Raises FormRefused with every field to correct."""
    held, step = work.held, work.held.step
    state = held.state()
    if held.task.state not in ("open", "waiting") or state is None:
        # The command itself will be refused, and then it is known what was wanted
        return dict(given.form)
    schema = held.definition.forms[step.form] if step.form else NO_FORM
    form = decided(step, schema, given.form, given.choice)
    context = form_context(state, held.definition, held.task.token)
    checked = validate(schema, form, context, clock.now())
    errors = (*checked.errors, *contradiction(step, checked.values, given.choice))
    if errors:
        raise FormRefused(count=len(errors), first=errors[0].path, fields=errors)
    return dict(checked.values)


def _attach(work: _Work, given: Submission) -> None:
    step, dossier = work.held.step, work.held.dossier.id
    if given.attachments:
        tie(work.conn, work.actor, given.attachments, dossier, step.id)
    if step.needs_file and not of_step(work.conn, dossier, step.id):
        raise ResultMissing(step=step.name)


def _forget_drafts(conn: Connection, dossier: int, token: str, person: int | None = None) -> None:
    condition = [TaskDraft.dossier == dossier, TaskDraft.token == token]
    if person is not None:
        condition.append(TaskDraft.person == person)
    conn.execute(delete(TaskDraft).where(*condition))


def _plain(conn: Connection, actor: Actor, asked: Any) -> Any:
    if not isinstance(asked, Submission):
        return asked
    papers = fingerprints(conn, actor, asked.attachments) if asked.attachments else []
    return {"form": dict(asked.form), "choice": asked.choice, "attachments": papers}
