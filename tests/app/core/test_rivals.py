"""Two officers, one step, at the same moment: one has it, the other learns who."""

from __future__ import annotations

import threading

from flask import Flask
from sqlalchemy import func, select

from app import casework
from app.audit.log import verify_chain
from app.audit.models import HistoryEntry
from app.db import reading, transaction
from app.errors import SomebodyWasFaster
from app.people.actor import Actor
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
