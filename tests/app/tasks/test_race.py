"""Two officers, one task, two threads: one gets it, the other hears who was faster and when."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask

from app import clock
from app.errors import SomebodyWasFaster
from app.people.actor import Actor
from app.tasks.commands import Submission, complete
from engine.errors import OneDoorError
from tests import builders as make
from tests.app.dossiers.stage import Stage, set_up


@pytest.fixture
def stage(inside: Flask, tmp_path: Path) -> Stage:
    return set_up(tmp_path)


FORWARD = Submission(choice="forward")


def test_the_second_of_two_officers_hears_who_was_faster(app: Flask, stage: Stage) -> None:
    code = stage.receive().code

    def finish(officer: Actor) -> OneDoorError | None:
        with app.app_context(), clock.at(make.NOW):
            try:
                complete(officer, code, "1", FORWARD)
            except OneDoorError as error:
                return error
            return None

    with ThreadPoolExecutor(2) as pool:
        errors = [error for error in pool.map(finish, (stage.specialist, stage.rival)) if error]
    (error,) = errors
    assert isinstance(error, SomebodyWasFaster)
    assert error.details["name"] in ("Specialist", "Trần Rival")
    assert error.details["at"] == make.NOW
