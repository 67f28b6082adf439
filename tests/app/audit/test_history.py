"""What an auditor sees: every moment, the proof that nothing was changed, and who looked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from app import clock
from app.audit import commands, queries, words
from app.audit.errors import HistoryUnknown, MomentUnknown
from app.audit.export import verify_lines
from app.audit.models import HistoryEntry, Look
from app.audit.reexecute import Recorded, reexecute
from app.audit.replay import differences
from app.audit.verify import check_all, export_by_operator
from app.casework import Actor, definition_of
from app.config import ROOT
from app.db import db, reading
from app.dossiers.models import Dossier
from tests import builders as make
from tests.conftest import page_token

CODE = f"{make.CENTRE}-260302-0001"


@dataclass
class Scene:
    """A finished dossier, and auditors of the province and of another ward."""

    auditor: Actor
    stranger: Actor
    dossier: int


@pytest.fixture
def scene(app: Flask) -> Scene:
    with app.app_context():
        make.province()
        auditor = make.person("auditor", ("H49", "auditor"))
        stranger = make.person("stranger", (make.OTHER_COMMUNE, "auditor"))
        receiver = make.person("receiver", (make.CENTRE, "receiver"))
        specialist = make.person("specialist", (make.COMMUNE, "specialist"))
        with clock.at(make.NOW):
            received = make.receive(receiver, make.publish(receiver))
            make.complete(receiver, received.dossier, "1", make.CENTRE)
            make.complete(specialist, received.dossier, _open(received.dossier), make.COMMUNE, "forward")
            make.complete(receiver, received.dossier, _open(received.dossier), make.CENTRE)
        return Scene(auditor, stranger, received.dossier)


def _open(dossier: int) -> str:
    with reading() as conn:
        return str(conn.execute(
            text("SELECT token FROM task WHERE dossier = :d AND state = 'open'"), {"d": dossier}
        ).scalar_one())


def _history(app: Flask, actor: Actor) -> queries.History:
    with app.test_request_context():
        return queries.history(actor, CODE, words.reader())


def test_every_moment_is_told_and_the_history_is_proved(app: Flask, scene: Scene) -> None:
    with app.app_context():
        found = _history(app, scene.auditor)
        assert (found.chain.ok, found.again.outcome, found.again.checked) == (True, "equal", 7)
        assert [moment.act.seq for moment in found.moments] == [1, 2, 3, 4, 5, 6, 7]
        first, last = found.moments[0], found.moments[-1]
        assert first.rows[0][1] == "Nguyễn Văn A"
        assert [token.element for token in first.tokens] == ["receive"]
        assert [[token.holder for token in moment.tokens] for moment in found.moments[:2]] == [
            [found.words.unit(make.CENTRE)], ["Receiver"]]
        assert (last.status, last.tokens, "returned" in last.passed) == (10, (), True)
        assert any("decided" in told.text for told in found.moments[4].told)
        assert all(told.text and "{" not in told.text for moment in found.moments for told in moment.told)
        with reading() as conn:
            row = conn.execute(select(Dossier.id, Dossier.status)).one()
        assert (row.status, make.values(row.id)) == (last.status, last.data)
        changed = differences(found.words, first, last)
        assert {"status", "steps"} <= {place for place, _, _ in changed}
        assert differences(found.words, last, last) == ()
        with pytest.raises(MomentUnknown):
            queries.moment(found, 99)


def test_a_step_slipped_past_the_diagram_is_found(app: Flask, scene: Scene) -> None:
    with app.app_context():
        with reading() as conn:
            definition = definition_of(conn, str(conn.execute(text("SELECT digest FROM process_version")).scalar_one()))
            rows = conn.execute(select(HistoryEntry.seq, HistoryEntry.at, HistoryEntry.payload)).all()
        entries = [Recorded(row.seq, row.at, json.loads(json.dumps(row.payload))) for row in sorted(rows)]
        assert reexecute(definition, entries).equal
        skipped = reexecute(definition, entries[:2] + entries[4:])
        assert (skipped.outcome, skipped.seq) == ("refused", 5)
        entries[4].payload["facts"][0]["choice"] = "refuse"  # type: ignore[index]
        altered = reexecute(definition, entries)
        assert (altered.outcome, altered.seq, altered.checked) == ("differs", 5, 4)
        assert altered.computed["choice"] == "forward"  # type: ignore[index]
        assert reexecute(definition, [entries[0], Recorded(2, make.NOW, None)]).outcome == "erased"
        unknown = Recorded(1, make.NOW, {"command": {"command": "Nonsense"}, "facts": []})
        assert reexecute(definition, [unknown]).outcome == "unreadable"


def test_units_outside_an_auditors_tree_are_not_there(app: Flask, scene: Scene) -> None:
    with app.app_context():
        assert queries.search(scene.auditor, queries.Wanted("NGUYEN van", status=10, unit=make.COMMUNE)).total == 1
        assert queries.search(scene.auditor, queries.Wanted(unit=make.OTHER_COMMUNE)).total == 0
        day = make.NOW.date()
        assert queries.search(scene.auditor, queries.Wanted(CODE, make.PROCEDURE, since=day, until=day)).total == 1
        assert queries.search(scene.stranger, queries.Wanted()).lines == ()
        with pytest.raises(HistoryUnknown):
            queries.history(scene.stranger, CODE, words.Reader("vi", str, str, str, str))


def test_looking_is_recorded_and_so_is_a_refusal(app: Flask, scene: Scene) -> None:
    with app.app_context():
        commands.look(scene.auditor, "history", CODE)
        with pytest.raises(HistoryUnknown):
            commands.look(scene.stranger, "history", CODE)
        with pytest.raises(HistoryUnknown):
            commands.export_dossier(scene.stranger, CODE)
        assert [(look.who, look.action, look.allowed) for look in queries.looks(scene.auditor, CODE)] == [
            ("Stranger", "export", False), ("Stranger", "history", False), ("Auditor", "history", True),
        ]


def test_a_case_file_is_verified_without_the_platform(app: Flask, scene: Scene) -> None:
    with app.app_context():
        lines = commands.export_dossier(scene.auditor, CODE)
        assert export_by_operator(CODE)[1:] == lines[1:]
    verdict = verify_lines(lines)
    assert (verdict.ok, verdict.code, verdict.entries) == (True, CODE, 7)
    assert verdict.again is not None
    assert verdict.again.equal


@pytest.mark.parametrize(("line", "old", "new", "problem", "place"), [
    (1, "Nguyễn Văn A", "Nguyễn Văn B", "entry", 1),
    (3, '"kind": "', '"kind": "x', "entry", 3),
    (0, "Thử", "Khác", "version", None),
    (0, "onedoor-history-1", "other", "header", None),
    (-1, '"entries": 7', '"entries": 8', "footer", 7),
    (2, "{", "", "unreadable", None),
])
@make.on_sqlite
def test_a_changed_case_file_is_found_out(
    app: Flask, scene: Scene, line: int, old: str, new: str, problem: str, place: int | None
) -> None:
    with app.app_context():
        lines = list(export_by_operator(CODE))
    assert old in lines[line]
    lines[line] = lines[line].replace(old, new)
    verdict = verify_lines(lines)
    assert (verdict.ok, verdict.problem, verdict.place) == (False, problem, place)


def test_a_line_taken_out_of_a_case_file_is_found_out(app: Flask, scene: Scene) -> None:
    with app.app_context():
        lines = export_by_operator(CODE)
    assert verify_lines([*lines[:3], *lines[4:]]).place == 3
    assert verify_lines([*lines[:-2], lines[-1]]).problem == "footer"
    assert verify_lines([]).problem == "header"


@make.on_sqlite
def test_a_row_altered_behind_the_platforms_back_is_named(app: Flask, scene: Scene) -> None:
    with app.app_context():
        assert [(found.code, found.ok, found.entries) for found in check_all()] == [(CODE, True, 7)]
        _alter("UPDATE history_entry SET person_name = person_name, at = '2026-03-02 02:00:00.000000' WHERE seq = 3")
        assert [(found.code, found.ok, found.broken_at) for found in check_all(again=False)] == [(CODE, False, 3)]
        assert not _history(app, scene.auditor).chain.ok


@pytest.mark.parametrize("app", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
@pytest.mark.parametrize(("altered", "found"), [
    ("person_name = 'X'", [3]), ("at = at + interval '1 microsecond'", [3]), ("acting_unit = NULL", [3]),
    ("payload = replace(payload::text, '\"v\":1', '\"v\":2')::json", [3]), ("salt = previous", [3]),
    ("hash = previous", [3, 4]), ("seq = 30", [4, 30]),
])
def test_postgresql_alone_verifies_the_chain(app: Flask, scene: Scene, altered: str, found: list[int]) -> None:
    """By the query of the manual."""
    manual = (ROOT / "docs" / "how-to" / "replay-and-verify.md").read_text("utf-8")
    query = text(manual.split("```sql\n")[1].split("```")[0].replace("::", "\\:\\:"))
    with app.app_context(), db.engine.connect() as conn:
        assert conn.execute(query).all() == []
        conn.execute(text("ALTER TABLE history_entry DISABLE TRIGGER USER"))
        conn.exec_driver_sql(f"UPDATE history_entry SET {altered} WHERE seq = 3")
        assert [row.seq for row in conn.execute(query)] == found
        conn.rollback()


@make.on_sqlite
def test_a_published_version_altered_behind_the_platforms_back_is_found(app: Flask, scene: Scene) -> None:
    with app.app_context():
        _alter("UPDATE process_version SET bundle = replace(bundle, '\"hours\":', '\"hours\": ') || ' '")
        assert [found.ok for found in check_all()] == [True]
        _alter("UPDATE process_version SET bundle = replace(bundle, 'id=\\\"p\\\"', 'id=\\\"q\\\"')")
        assert [(found.ok, found.version_ok) for found in check_all()] == [(False, False)]
        assert not _history(app, scene.auditor).version_ok


@make.on_sqlite
def test_entries_cut_off_the_end_are_missed(app: Flask, scene: Scene) -> None:
    with app.app_context():
        _alter("DELETE FROM history_entry WHERE seq > 5")
        assert [found.broken_at for found in check_all()] == [6]


def _alter(statement: str) -> None:
    """What somebody with the database's password may do: the application's own triggers forbid it."""
    with db.engine.connect() as conn, conn.begin() as begun:
        for trigger in conn.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
            conn.execute(text(f"DROP TRIGGER {trigger}"))
        conn.execute(text(statement))
        begun.commit()


def test_the_pages(app: Flask, scene: Scene, sign_in: Callable[..., FlaskClient]) -> None:
    auditor, stranger = sign_in("auditor"), sign_in("stranger")
    for path in ("", "?q=nguyen&status=10&since=2026-03-01", f"/{CODE}", f"/{CODE}/compare", f"/{CODE}/compare?then=2"):
        assert auditor.get(f"/audit{path}").status_code == 200, path
    assert "due-word" in auditor.get("/audit").get_data(as_text=True), "what is left is told in words in this list too"
    assert auditor.get(f"/audit/{CODE}/compare?then=99").status_code == 404
    assert stranger.get(f"/audit/{CODE}").status_code == 404
    token = {"csrf_token": page_token(auditor, f"/audit/{CODE}")}
    exported = auditor.post(f"/audit/{CODE}/export", data=token)
    assert verify_lines(exported.get_data(as_text=True).splitlines()).ok
    with app.app_context(), reading() as conn:
        assert {False, True} == set(conn.scalars(select(Look.allowed)))


@make.on_sqlite
def test_the_same_through_the_api(app: Flask, scene: Scene, sign_in: Callable[..., FlaskClient]) -> None:
    auditor, stranger = sign_in("auditor"), sign_in("stranger")
    assert auditor.get("/api/v1/audit?status=10").get_json()["total"] == 1
    found = auditor.get(f"/api/v1/audit/{CODE}").get_json()
    assert (found["chain"]["ok"], found["reexecution"]["outcome"], len(found["moments"])) == (True, "equal", 7)
    assert auditor.get(f"/api/v1/audit/{CODE}/moments/2").get_json()["seq"] == 2
    assert auditor.get(f"/api/v1/audit/{CODE}/chain").get_json()["chain"]["length"] == 7
    assert verify_lines(auditor.get(f"/api/v1/audit/{CODE}/export").get_data(as_text=True).splitlines()).ok
    assert {look["action"] for look in auditor.get(f"/api/v1/audit/{CODE}/looks").get_json()} == {"history", "export"}
    for path in ("", "/chain", "/looks", "/export", "/moments/1"):
        assert stranger.get(f"/api/v1/audit/{CODE}{path}").status_code == 404


@make.on_sqlite
def test_what_is_searched_goes_along_to_the_next_page(
    app: Flask, scene: Scene, sign_in: Callable[..., FlaskClient]
) -> None:
    with app.app_context(), clock.at(make.NOW):
        for number in range(2, queries.PAGE + 2):
            make.receive(make.actor("receiver"), 1, number)
    narrowed = "/audit?q=nguyen&unit=&endpoint=people.people&found=x&page="
    browser = sign_in("auditor")
    first, last = (browser.get(f"{narrowed}{page}").get_data(as_text=True) for page in (1, 2))
    assert "/audit?page=2&amp;q=nguyen" in first
    assert "/audit?page=1&amp;q=nguyen" in last
    assert (first.count("260302-"), last.count("260302-")) > (queries.PAGE, 0)
