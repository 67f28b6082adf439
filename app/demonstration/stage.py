"""Plays the planned dossiers in the order of time, through the same commands as the pages, until now."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

from sqlalchemy import select

from app import clock
from app.casework import Actor
from app.db import reading
from app.demonstration.papers import paper
from app.demonstration.plan import Play
from app.dossiers.commands import Filing, receive, withdraw
from app.dossiers.components import components_of, missing
from app.dossiers.files import Store
from app.dossiers.models import Dossier
from app.dossiers.papers import upload
from app.jobs.commands import fire_due_timers
from app.jobs.models import Timer
from app.tasks.commands import Submission, claim, complete, deliver
from app.tasks.models import Task
from engine.clock.worktime import Calendar, add, between

DEFAULT_HOURS = Decimal(2)
UNCLAIMED = 0.3
WITH_RESULT = {"stamp", "sign"}


@dataclass(frozen=True, slots=True)
class Stage:
    """What the plays need: the calendar, the officers by (unit, role), and the store of files."""

    calendar: Calendar
    cast: dict[tuple[str, str], Sequence[Actor]]
    store: Store

    def officer(self, play: Play, unit: str, role: str) -> Actor:
        """Somebody who holds this role in this unit."""
        return play.chance.choice(self.cast[(unit, role)])


def perform(stage: Stage, plays: Iterable[Play], now: datetime, told: Callable[[int], None]) -> None:
    """Let everything happen that happened until now; `told` hears of each new dossier."""
    due = [(play.starts, number, play) for number, play in enumerate(plays)]
    heapq.heapify(due)
    received = 0
    while due and due[0][0] <= now:
        moment, number, play = heapq.heappop(due)
        following, play.then = play.then, None
        with clock.at(moment):
            if following is not None:
                _claim(stage, play)
            else:
                _act(stage, play)
                received += not play.position and bool(play.code)
                following = _next_moment(stage, play, moment)
        if following is not None:
            heapq.heappush(due, (_claimed_first(stage, play, (moment, following), now), number, play))
        told(received)


def _claimed_first(stage: Stage, play: Play, between_acts: tuple[datetime, datetime], now: datetime) -> datetime:
    """When something happens next: the act itself, or before it somebody claims its step, soon after it came.

    What takes less than an hour is done without; of the work that lies open now a part is in nobody's hands.
    """
    moment, following = between_acts
    took = between(stage.calendar, moment, following)
    if "complete" not in (play.upcoming() or {}) or play.holder is not None or took < 1:
        return following
    if following > now and play.chance.random() < UNCLAIMED:
        return following
    play.then = following
    return add(stage.calendar, moment, took * play.chance.randrange(3, 25) / 100)


def _claim(stage: Stage, play: Play) -> None:
    """Somebody takes the step that the next act is about."""
    task = _task(play, play.upcoming() or {})
    play.holder = stage.officer(play, task.unit, task.role)
    claim(play.holder, play.code, task.token)


def _act(stage: Stage, play: Play) -> None:
    act = play.upcoming()
    if not play.code:
        _receive(stage, play)
        return
    if act is None:
        return
    if "withdraw" in act:
        withdraw(stage.officer(play, play.receiving_unit, "receiver"), play.code, act["withdraw"])
    elif "fire" in act:
        fire_due_timers()
    else:
        _work(stage, play, act)
    play.position += 1


def _receive(stage: Stage, play: Play) -> None:
    officer = stage.officer(play, play.receiving_unit, "receiver")
    needed = missing(components_of({"components": play.components}, play.filing, clock.now()), ())
    papers = [_upload(stage, officer, each.name["vi"], component=each.code) for each in needed]
    filing = Filing(play.procedure, play.receiving_unit, play.competent_unit, play.channel, play.filing, tuple(papers))
    play.code = receive(officer, filing).code
    play.position = 0


def _upload(stage: Stage, officer: Actor, title: str, *, component: str = "", step: str = "") -> int:
    return upload(officer, stage.store, BytesIO(paper(title)), f"{title}.pdf", component=component, step=step).id


def _work(stage: Stage, play: Play, act: dict[str, Any]) -> None:
    task = _task(play, act)
    officer, play.holder = play.holder or stage.officer(play, task.unit, task.role), None
    result = (_upload(stage, officer, "Kết quả giải quyết", step=task.step),) if task.kind in WITH_RESULT else ()
    given = Submission(act.get("form", {}), act.get("choice"), result)
    finish = deliver if "deliver" in act else complete
    finish(officer, play.code, task.token, given)


def _task(play: Play, act: dict[str, Any]) -> Any:
    """The open task that the act is about; `index` picks one of several of the same visit."""
    wanted = Task.message == act["deliver"] if "deliver" in act else Task.step == act["complete"]
    query = (
        select(Task.__table__).join(Dossier, Dossier.id == Task.dossier).where(Dossier.code == play.code, wanted)
    )
    with reading() as conn:
        rows = sorted(conn.execute(query), key=lambda row: (row.visit, int(row.token)))
    latest = [row for row in rows if row.visit == rows[-1].visit]
    return latest[act["index"]] if "index" in act else next(row for row in latest if row.state in ("open", "waiting"))


def _next_moment(stage: Stage, play: Play, moment: datetime) -> datetime | None:
    """When the scenario goes on: after the part of the step's hours that the play's pace takes."""
    act = play.upcoming()
    if act is None:
        return None
    if "fire" in act:
        return _timer_due(play, moment)
    if "withdraw" in act:
        return add(stage.calendar, moment, Decimal(play.chance.randrange(20, 400)) / 60)
    if "deliver" in act:
        return add(stage.calendar, moment, Decimal(play.chance.randrange(8 * 60, 80 * 60)) / 60)
    task = _task(play, act)
    hours = (task.hours or DEFAULT_HOURS) * play.pace_at(task.kind)
    spread = Decimal(play.chance.randrange(70, 110)) / 100
    lying = play.chance.randrange(12, 90) if play.position == play.lies_at else 0
    return max(add(stage.calendar, moment, Decimal(hours) * spread + lying), moment + timedelta(minutes=3))


def _timer_due(play: Play, moment: datetime) -> datetime:
    query = select(Timer.due_at).join(Dossier, Dossier.id == Timer.dossier).where(Dossier.code == play.code)
    with reading() as conn:
        return min((due for due in conn.scalars(query) if due > moment), default=moment)
