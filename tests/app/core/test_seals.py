"""States under seal in the database: what was forged there is refused whole, and the history mends it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import Connection, select, text, update

from app import casework, clock, seals
from app.audit.models import HistoryEntry
from app.audit.reseal import Resealed, reseal_all
from app.cli.preparing import seal_states
from app.db import reading, transaction
from app.dossiers.models import Dossier
from app.jobs.models import Incident
from app.people.actor import Actor
from app.procedures.models import ProcessVersion
from app.tasks import commands as tasks
from app.tasks.models import Task
from engine import definition, state
from engine.commands import ClaimStep, CompleteStep
from engine.errors import DefinitionAltered, StateUnreadable, StepNotOpen, TimeRunsBackwards
from engine.packing import pack, unpack
from engine.sealing import SECOND, seal, unseal
from tests import builders as make


@pytest.fixture
def receiver(inside: Flask) -> Actor:
    make.province()
    return make.person("receiver", (make.CENTRE, "receiver"))


@pytest.fixture
def dossier(receiver: Actor) -> int:
    with clock.at(make.NOW):
        return make.receive(receiver, make.publish(receiver)).dossier


@pytest.fixture
def other(receiver: Actor, dossier: int) -> int:
    with clock.at(make.NOW):
        return make.receive(receiver, version(), 2).dossier


def version() -> int:
    with reading() as conn:
        return conn.execute(select(ProcessVersion.id)).scalar_one()


def kept(dossier: int) -> Any:
    with reading() as conn:
        return conn.execute(select(Dossier.__table__).where(Dossier.id == dossier)).one()


def found(dossier: int) -> state.State:
    row = kept(dossier)
    return state.load(seals.opened(row.code, row.seq, row.state))


def forge(dossier: int, **values: Any) -> None:
    with transaction() as conn:
        conn.execute(update(Dossier).where(Dossier.id == dossier).values(**values))


def altered(dossier: int) -> bytes:
    """The state with another status under the seal that it has, as somebody without the key would write it."""
    row = kept(dossier)
    packed = unseal(current_app.extensions["onedoor_seals"], f"{row.code} {row.seq}", row.state)
    plain = unpack(packed).replace(b'"status":2', b'"status":9')
    return bytes(row.state[: len(row.state) - len(packed)]) + pack(plain)


def claim(dossier: int, officer: Actor, token: str = "1") -> None:
    with transaction() as conn:
        command = ClaimStep(token, officer.assignee)
        casework.advance(conn, dossier, command, officer, acting_unit=make.CENTRE)


def unprotected(conn: Connection) -> None:
    """What somebody with the database's password may do: our triggers let these tables grow only."""
    if conn.dialect.name == "sqlite":
        for trigger in conn.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
            conn.execute(text(f"DROP TRIGGER {trigger}"))
        return
    conn.execute(text("ALTER TABLE history_entry DISABLE TRIGGER USER"))
    conn.execute(text("ALTER TABLE process_version DISABLE TRIGGER USER"))


def incidents() -> list[str]:
    with reading() as conn:
        return list(conn.scalars(select(Incident.error)))


def refused(dossier: int, receiver: Actor, reason: str) -> None:
    """A command fails with the reason and an incident, and changes nothing."""
    before = kept(dossier)
    with clock.at(make.NOW), pytest.raises(StateUnreadable, match=reason):
        claim(dossier, receiver)
    assert kept(dossier) == before
    assert incidents() == ["StateUnreadable"]


def test_a_state_is_kept_under_seal(dossier: int) -> None:
    row = kept(dossier)
    assert row.state.startswith(SECOND)
    assert state.load(seals.opened(row.code, row.seq, row.state)).status == 2
    assert seals.is_current(row.code, row.seq, row.state)


def test_states_of_earlier_releases_were_not_packed_and_are_read(dossier: int, receiver: Actor) -> None:
    row = kept(dossier)
    plain, keys = seals.opened(row.code, row.seq, row.state), current_app.extensions["onedoor_seals"]
    assert len(row.state) < len(plain)
    forge(dossier, state=seal(keys[0], f"{row.code} {row.seq}", plain))
    with clock.at(make.NOW):
        claim(dossier, receiver)
    assert kept(dossier).seq == 2


def test_a_changed_state_is_refused(dossier: int, receiver: Actor) -> None:
    forge(dossier, state=altered(dossier))
    refused(dossier, receiver, "its seal is broken")


def test_an_officer_s_work_on_a_changed_state_is_refused_with_an_incident(dossier: int, receiver: Actor) -> None:
    forge(dossier, state=altered(dossier))
    with clock.at(make.NOW), pytest.raises(StateUnreadable, match="its seal is broken"):
        tasks.complete(receiver, kept(dossier).code, "1", tasks.Submission({"note": "x"}))
    assert incidents() == ["StateUnreadable"]


def test_a_truncated_state_is_refused(dossier: int, receiver: Actor) -> None:
    forge(dossier, state=kept(dossier).state[:-20])
    refused(dossier, receiver, "its seal is broken")


def test_the_seal_cannot_be_taken_off(dossier: int, receiver: Actor) -> None:
    row = kept(dossier)
    forge(dossier, state=seals.opened(row.code, row.seq, row.state))
    refused(dossier, receiver, "it has no seal")


def test_the_state_of_another_dossier_is_refused(dossier: int, other: int, receiver: Actor) -> None:
    forge(dossier, state=kept(other).state)
    refused(dossier, receiver, "its seal is broken")


def test_an_earlier_state_of_the_same_dossier_is_refused(dossier: int, receiver: Actor) -> None:
    earlier = kept(dossier).state
    with clock.at(make.NOW):
        claim(dossier, receiver)
    forge(dossier, state=earlier)
    refused(dossier, receiver, "its seal is broken")


def test_without_the_seal_a_forged_state_would_be_believed(
    dossier: int, receiver: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: what the tests above forge is well formed."""
    row = kept(dossier)
    forge(dossier, state=seals.opened(row.code, row.seq, row.state).replace(b'"status":2', b'"status":9'))
    monkeypatch.setattr(casework, "opened", lambda code, seq, state: state)
    with clock.at(make.NOW):
        claim(dossier, receiver)
    assert incidents() == []


# Keys


@pytest.fixture
def keys(inside: Flask) -> Iterator[Any]:
    """Other keys for a while."""
    before = dict(current_app.config)

    def use(key: str, earlier: str = "") -> None:
        current_app.config.update(ONEDOOR_STATE_KEY=key, ONEDOOR_STATE_KEYS_EARLIER=earlier)
        seals.init_app(current_app)

    yield use
    use(before["ONEDOOR_STATE_KEY"], before["ONEDOOR_STATE_KEYS_EARLIER"])


def test_a_key_is_changed_without_a_pause(dossier: int, other: int, receiver: Actor, keys: Any) -> None:
    secret = current_app.config["SECRET_KEY"]
    keys("new", f" {secret} , older")
    with clock.at(make.NOW):
        claim(dossier, receiver)
    assert [each.outcome for each in reseal_all()] == ["sealed"]
    keys("new")
    with clock.at(make.NOW):
        claim(other, receiver)
    assert incidents() == []
    assert list(reseal_all()) == []


def test_a_key_that_is_lost_is_made_good_from_the_history(dossier: int, receiver: Actor, keys: Any) -> None:
    row = kept(dossier)
    before = seals.opened(row.code, row.seq, row.state)
    keys("new")
    refused(dossier, receiver, "a key that is not known here")
    assert list(reseal_all()) == [Resealed(row.code, "rebuilt")]
    assert found(dossier) == state.load(before)
    with clock.at(make.NOW):
        claim(dossier, receiver)


def test_a_forged_state_is_never_sealed_but_made_again(dossier: int, receiver: Actor) -> None:
    row = kept(dossier)
    forged = seals.opened(row.code, row.seq, row.state).replace(b'"status":2', b'"status":9')
    forge(dossier, state=forged)
    assert [each.outcome for each in reseal_all()] == ["rebuilt"]
    assert found(dossier).status == 2


def test_a_forged_history_is_no_base_either(dossier: int, receiver: Actor) -> None:
    with transaction() as conn:
        unprotected(conn)
        conn.execute(HistoryEntry.__table__.update().values(kind="Forged"))
    before = kept(dossier).state[:-1]
    forge(dossier, state=before)
    assert list(reseal_all()) == [Resealed(kept(dossier).code, "refused", "its history is broken at entry 1")]
    assert kept(dossier).state == before


def test_states_from_before_there_were_seals_get_theirs_once(dossier: int, receiver: Actor) -> None:
    row = kept(dossier)
    bare = seals.opened(row.code, row.seq, row.state)
    forge(dossier, state=bare)
    seal_states()
    assert found(dossier) == state.load(bare)
    forge(dossier, state=bare)
    seal_states()
    assert kept(dossier).state == bare
    refused(dossier, receiver, "it has no seal")


# Other rows that are not as they were written


def test_a_version_that_was_altered_runs_no_more(dossier: int, receiver: Actor) -> None:
    with transaction() as conn:
        unprotected(conn)
        bundle = conn.execute(select(ProcessVersion.bundle)).scalar_one()
        altered = {**bundle, "xml": bundle["xml"].replace('hours="2"', 'hours="9"')}
        assert altered != bundle
        conn.execute(update(ProcessVersion).values(bundle=altered))
    definition._cache.kept.clear()
    with clock.at(make.NOW), pytest.raises(DefinitionAltered, match="restore it from a backup"):
        claim(dossier, receiver)
    assert incidents() == ["DefinitionAltered"]


def test_a_step_of_another_dossier_is_not_open_in_this_one(dossier: int, other: int, receiver: Actor) -> None:
    """Tokens are numbers within a dossier: the first one is done here and open there."""
    with clock.at(make.NOW):
        make.complete(receiver, dossier, "1", make.CENTRE)
        with pytest.raises(StepNotOpen, match="no longer open"), transaction() as conn:
            casework.advance(conn, dossier, CompleteStep("999", receiver.assignee), receiver, acting_unit=make.CENTRE)
        claim(other, receiver)
    with reading() as conn:
        rows = conn.execute(select(Task.dossier, Task.token, Task.state).order_by(Task.dossier, Task.token))
        assert [tuple(row) for row in rows][-1] == (other, "1", "open")


def test_time_does_not_run_backwards(dossier: int, receiver: Actor) -> None:
    with clock.at(make.NOW - timedelta(seconds=11)), pytest.raises(TimeRunsBackwards, match="set the clock"):
        claim(dossier, receiver)
    assert incidents() == ["TimeRunsBackwards"]


def test_clocks_may_differ_a_little(dossier: int, receiver: Actor) -> None:
    with clock.at(make.NOW - timedelta(seconds=10)):
        claim(dossier, receiver)
    assert kept(dossier).updated_at == make.NOW
    assert incidents() == []
