"""What people enter is kept as it was entered, whatever it is called: in the state, in the history, for expressions."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.audit.models import HistoryEntry
from app.audit.verify import check_all
from app.db import reading
from app.dossiers.models import Dossier
from app.seals import opened
from engine.facts import from_json
from engine.fold import View, fold
from engine.state import load
from tests import builders as make
from tests.engine import builders as draw

NAMES: dict[str, Any] = {
    "typename": "datetime", "len": 3, "__builtins__": {"typename": "x"}, "__class__": "y", "none": None,
    "one": 1, "yes": True, "zero": 0, "no": False, "whole": 1.0, "half": 0.5,
    "rows": [1, True, 1.0, 0, False, {"typename": {}}],
}
FIELDS = {"components": [{"type": kind, "key": key, "label": key} for key, kind in (
    ("typename", "textfield"), ("len", "number"), ("one", "number"), ("yes", "checkbox"))]}


def diagram() -> str:
    """Two steps named like things of Python, and a value of everything that was entered in the first one."""
    said = ('if filing.len + typename.len = 6 and typename.typename = "datetime" and (filing.one = true) = null '
            'and typename.__builtins__.typename = "x" then "kept" else "lost"')
    return draw.diagram(
        draw.start(), draw.task("typename", role="receiver", unit="receiving", form="typename"),
        draw.script("len", said.replace('"', "&quot;")), draw.task("z", role="receiver", unit="receiving"), draw.end(),
        draw.path("begin", "typename", "len", "z", "done"),
    )


def same(one: Any, other: Any) -> bool:
    """Equal in kind too: 1 is neither true nor 1.0. The order of names means nothing in JSON."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and repr(one) == repr(other)


@pytest.fixture
def kept(inside: Flask) -> tuple[dict[str, Any], View]:
    """The values of the state and the view that the history gives, after a dossier came to its second step."""
    make.province()
    officer = make.person("receiver", (make.CENTRE, "receiver"))
    version = make.publish(officer, diagram(), {"typename": FIELDS})
    with clock.at(make.NOW):
        dossier = make.receive(officer, version, 1, NAMES).dossier
        make.complete(officer, dossier, "1", make.CENTRE, **NAMES)
    return read()


def read() -> tuple[dict[str, Any], View]:
    """The values of the one dossier's state, and the view that its history gives."""
    with reading() as conn:
        row = conn.execute(select(Dossier.__table__)).one()
        payloads = conn.scalars(select(HistoryEntry.payload).order_by(HistoryEntry.seq)).all()
    assert [found.ok for found in list(check_all())] == [True]
    facts = [from_json(fact) for payload in payloads for fact in payload["facts"]]
    return load(opened(row.code, row.seq, row.state)).data, fold(facts)


def test_values_keep_their_kinds_and_names_in_state_and_history(kept: tuple[dict[str, Any], View]) -> None:
    data, view = kept
    assert same(data["filing"], NAMES)
    assert same(data["typename"], {**NAMES, "choice": None})
    assert same(dict(view.data["filing"]), NAMES)
    assert same(dict(view.data["typename"]), {**NAMES, "choice": None})


def test_expressions_see_them_under_their_names(kept: tuple[dict[str, Any], View]) -> None:
    data, view = kept
    assert data["len"] == view.data["len"] == "kept"


def test_numbers_that_a_database_gives_back_otherwise_are_so_from_the_beginning(inside: Flask) -> None:
    make.province()
    officer = make.person("receiver", (make.CENTRE, "receiver"))
    with clock.at(make.NOW):
        make.receive(officer, make.publish(officer), 1, {"large": 1e22, "minus": -0.0, "small": 1e-7, "most": 9e15})
    data, view = read()
    expected = {"large": 10**22, "minus": 0.0, "small": 1e-7, "most": 9e15}
    assert same(data["filing"], expected)
    assert same(dict(view.data["filing"]), expected)


def test_what_only_compares_would_not_notice() -> None:
    assert {"one": 1, "whole": 1.0} == {"one": True, "whole": 1}
    assert not same({"one": 1, "whole": 1.0}, {"one": True, "whole": 1})
    assert not same([0], [False])
