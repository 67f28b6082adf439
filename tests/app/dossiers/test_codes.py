"""Codes without holes, and one dossier for a double submit, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock
from app.db import reading, transaction
from app.dossiers.codes import next_code
from app.dossiers.commands import receive
from app.dossiers.models import Dossier
from tests import builders as make
from tests.app.dossiers.stage import Stage, set_up


@pytest.fixture
def stage(inside: Flask, tmp_path: Path) -> Stage:
    return set_up(tmp_path)


def dossiers() -> int:
    with reading() as conn:
        return int(conn.execute(select(func.count()).select_from(Dossier)).scalar_one())


def test_eight_threads_draw_codes_without_a_hole_or_a_duplicate(app: Flask) -> None:
    def draw(_: int) -> str:
        with app.app_context(), transaction() as conn:
            return next_code(conn, make.CENTRE, make.NOW)

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(draw, range(40)))
    assert sorted(codes) == [f"{make.CENTRE}-260302-{number:04d}" for number in range(1, 41)]


def test_the_counter_follows_the_local_day_and_a_rollback_leaves_no_hole(inside: Flask) -> None:
    with pytest.raises(ZeroDivisionError), transaction() as conn:
        next_code(conn, make.CENTRE, make.NOW)
        raise ZeroDivisionError
    with transaction() as conn:
        assert next_code(conn, make.CENTRE, make.NOW).endswith("-260302-0001")
        assert next_code(conn, make.OTHER_CENTRE, make.NOW) == f"{make.OTHER_CENTRE}-260302-0001"
        evening = make.NOW + timedelta(hours=16)
        assert next_code(conn, make.CENTRE, evening).endswith("-260303-0001")


def test_a_double_submit_gives_one_dossier(stage: Stage) -> None:
    with clock.at(make.NOW):
        first = receive(stage.receiver, stage.filing(), "key")
        again = receive(stage.receiver, stage.filing(), "key")
    assert first == again
    assert dossiers() == 1


