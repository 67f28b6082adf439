"""Variants of a limit: decided by what was filed, once and for the dossier's life."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.audit.models import HistoryEntry
from app.audit.reexecute import Recorded, reexecute
from app.casework import definition_of
from app.db import reading
from app.dossiers.models import Dossier
from app.dossiers.receipt import receipt
from app.people.actor import Actor
from app.procedures.factform import facts_from, rows_of
from app.procedures.facts import unfit_facts
from app.procedures.models import ProcessVersion
from app.procedures.queries import Wanted, catalogue
from engine.errors import VariantFailed
from tests import builders as make


@pytest.fixture
def receiver(inside: Flask) -> Actor:
    make.province()
    return make.person("receiver", (make.CENTRE, "receiver"))


def publish(receiver: Actor, *variants: dict[str, Any]) -> int:
    limits = {"statutory": {"value": 3, "unit": "working_day", "variants": list(variants)},
              "reduced": {"value": 2, "unit": "working_day"}}
    return make.publish(receiver, limits=limits)


def variant(condition: str, value: float = 5, **more: Any) -> dict[str, Any]:
    return {"when": {"vi": "Khó", "en": "Hard"}, "condition": condition, "value": value, **more}


def statutory() -> str:
    with reading() as conn:
        due = conn.scalar(select(Dossier.statutory_due_at).order_by(Dossier.id.desc()))
    return f"{due.astimezone(UTC) + timedelta(hours=7):%d/%m %H:%M}" if due else ""


def test_the_first_variant_whose_condition_holds_counts(receiver: Actor) -> None:
    version = publish(
        receiver, {"when": {"vi": "Chỉ để biết", "en": "To know"}, "value": 9},
        variant("=filing.divisor > 5", 4), variant("=filing.divisor > 1", 10, unit="calendar_day"),
    )
    with clock.at(make.NOW):
        make.receive(receiver, version, 1, {"name": "A", "divisor": 7})
        assert statutory() == "06/03 08:00"
        make.receive(receiver, version, 2, {"name": "A", "divisor": 2})
        assert statutory() == "12/03 17:00"
        make.receive(receiver, version, 3, {"name": "A", "divisor": 1})
        assert statutory() == "05/03 08:00"
    assert receipt(receiver, f"{make.CENTRE}-260302-0001").statutory["value"] == 4


def test_a_variant_is_part_of_what_the_diagram_commands(receiver: Actor) -> None:
    make.receive(receiver, publish(receiver, variant("=filing.divisor > 1")), 1, {"name": "A", "divisor": 2})
    with reading() as conn:
        digest = conn.execute(select(ProcessVersion.digest)).scalar_one()
        rows = conn.execute(select(HistoryEntry.seq, HistoryEntry.at, HistoryEntry.payload)).all()
        assert reexecute(definition_of(conn, digest), [Recorded(*row) for row in rows]).equal


@pytest.mark.parametrize("condition", ["=filing.divisor + 1", "=filing.name > 3", "=1 +", "=filing.nothing > 1"])
def test_a_condition_that_fails_is_one_sentence_and_nothing_is_received(receiver: Actor, condition: str) -> None:
    with pytest.raises(VariantFailed) as failed:
        make.receive(receiver, publish(receiver, variant(condition)), 1, {"name": "A", "divisor": 2})
    assert str(failed.value).count(". ") == 0
    assert condition.removeprefix("=") in str(failed.value)
    with reading() as conn:
        assert conn.scalar(select(Dossier.id)) is None


def test_variants_and_warnings_are_typed_one_per_line() -> None:
    old = {**make.FACTS, "limits": {**make.FACTS["limits"], "reduced": {"value": 2, "unit": "working_day"}}}
    typed = {"limits.statutory.value": "3", "limits.statutory.unit": "working_day", "limits.reduced.value": "2",
             "limits.reduced.unit": "working_day", "warnings": "50% officer\n\n  due   head ", "apology.before": "8",
             "limits.statutory.variants": "7 | filing.divisor > 1 | Khó | Hard\n9 | | Xa |"}
    facts = facts_from(typed, old)
    assert facts["limits"]["statutory"]["variants"] == [
        {"when": {"vi": "Khó", "en": "Hard"}, "condition": "=filing.divisor > 1", "value": 7},
        {"when": {"vi": "Xa", "en": "Xa"}, "condition": "", "value": 9},
    ]
    assert facts["warnings"] == ["50% officer", "due head"]
    assert rows_of(facts)["variants"]["statutory"].splitlines()[1] == "9 |  | Xa | Xa"
    wrong = facts_from({**typed, "warnings": "sometimes", "limits.statutory.variants": "x | 1 +"}, old)
    paths = [each.path for each in unfit_facts(wrong)]
    assert paths.count("limits.statutory.variants") == 2
    assert "warnings" in paths


def test_a_limit_of_nothing_is_refused() -> None:
    limits = {"statutory": {"value": 0, "unit": "working_day"}, "reduced": {"value": -1, "unit": "hour"}}
    paths = [each.path for each in unfit_facts({**make.FACTS, "limits": limits})]
    assert paths == ["limits.statutory.value", "limits.reduced.value"]


def test_a_variant_in_a_unit_that_nobody_counts_in_is_refused() -> None:
    variant = {"value": 3, "unit": "week", "condition": "filing.divisor = 1"}
    limits = {**make.FACTS["limits"], "reduced": {"value": 2, "unit": "working_day", "variants": [variant]}}
    assert [each.path for each in unfit_facts({**make.FACTS, "limits": limits})] == ["limits.reduced.variants"]
    variant["unit"] = "hour"
    assert unfit_facts({**make.FACTS, "limits": limits}) == ()


def test_procedures_that_are_not_cut_as_wanted_are_listed(receiver: Actor) -> None:
    publish(receiver)
    found = catalogue(Wanted(outside=True))
    [listed] = found.lines
    assert (listed.code, str(listed.cut), found.outside) == (make.PROCEDURE, "33.3", 1)
