"""Two officers, one step, at the same moment: one has it, the other learns who."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from sqlalchemy import func, select

from app import casework
from app.audit.log import verify_chain
from app.audit.models import HistoryEntry
from app.db import reading, transaction
from app.errors import SomebodyWasFaster
from app.jobs.answers import KeyReused
from app.people.actor import Actor
from app.tasks.commands import Submission, complete
from engine.commands import ClaimStep
from tests import builders as make

ROUNDS, RIVALS = 5, 4


def test_one_wins_and_the_others_learn_who(app: Flask) -> None:
    with app.app_context():
        make.province()
        receiver = make.person("receiver", (make.CENTRE, "receiver"))
        rivals = [make.person(f"rival.{number}", (make.CENTRE, "receiver")) for number in range(RIVALS)]
        version = make.publish(receiver)
    for number in range(1, ROUNDS + 1):
        with app.app_context():
            received = make.receive(receiver, version, number)
        outcomes = _race(app, rivals, received.dossier, received.opened_tasks[0].token)
        winners = [name for name, error in outcomes if error is None]
        assert len(winners) == 1
        told = [error.details["name"] for _, error in outcomes if error is not None]
        assert told == [winners[0]] * (RIVALS - 1)
        with app.app_context(), reading() as conn:
            claims = (HistoryEntry.dossier == received.dossier, HistoryEntry.kind == "ClaimStep")
            assert conn.scalar(select(func.count()).where(*claims)) == 1
            assert verify_chain(conn, received.dossier).ok


def _race(app: Flask, rivals: list[Actor], dossier: int, token: str) -> list[tuple[str, SomebodyWasFaster | None]]:
    outcomes: list[tuple[str, SomebodyWasFaster | None]] = []
    ready = threading.Barrier(len(rivals))

    def claim(officer: Actor) -> None:
        ready.wait()
        try:
            with app.app_context(), transaction() as conn:
                command = ClaimStep(token, officer.assignee)
                casework.advance(conn, dossier, command, officer, acting_unit=make.CENTRE)
            outcomes.append((officer.name, None))
        except SomebodyWasFaster as error:
            outcomes.append((officer.name, error))

    threads = [threading.Thread(target=claim, args=(officer,)) for officer in rivals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_one_key_for_two_steps_at_once_finishes_one_of_them(app: Flask) -> None:
    """The same person, the same idempotency key, two dossiers: the later one keeps nothing and says why."""
    with app.app_context():
        make.province()
        receiver = make.person("receiver", (make.CENTRE, "receiver"))
        version = make.publish(receiver)
        received = [make.receive(receiver, version, number) for number in range(1, 2 * ROUNDS + 1)]
    for first, second in zip(received[::2], received[1::2], strict=True):
        outcomes = _both(app, receiver, [(each.code, each.opened_tasks[0].token) for each in (first, second)])
        assert sorted(outcomes) == ["", f'The key "{first.code}" was used for another request; take a new key for a '
                                        "new request."]
        with app.app_context(), reading() as conn:
            lengths = [verify_chain(conn, each.dossier).length for each in (first, second)]
            assert sorted(lengths) == [1, 2]


def _both(app: Flask, officer: Actor, steps: list[tuple[str, str]]) -> list[str]:
    """What finishing the steps at the same moment under the first code as key brings: errors, else empty texts."""
    ready = threading.Barrier(len(steps))

    def finish(code: str, token: str) -> str:
        ready.wait()
        try:
            with app.app_context():
                complete(officer, code, token, Submission({}), steps[0][0])
        except KeyReused as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(finish, *zip(*steps, strict=True)))
