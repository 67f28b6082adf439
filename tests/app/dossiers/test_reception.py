"""Receiving: the form and papers judged on the server; who may receive, find, see and withdraw what."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock
from app.audit.models import Look
from app.db import reading
from app.dossiers.commands import look_at_paper, withdraw
from app.dossiers.errors import (
    CentreRefused,
    ChannelUnknown,
    DossierUnknown,
    FileUnknown,
    FilingRefused,
    PaperUnknown,
    ReasonMissing,
    UnitRefused,
)
from app.dossiers.models import Attachment, Dossier
from app.dossiers.queries import Wanted, head, search
from app.dossiers.reception import desk, filing_page
from app.errors import Forbidden
from tests import builders as make
from tests.app.dossiers.stage import PDF, Stage, set_up

pytestmark = make.on_sqlite


@pytest.fixture
def stage(inside: Flask, tmp_path: Path) -> Stage:
    return set_up(tmp_path)


def dossiers() -> int:
    with reading() as conn:
        return int(conn.execute(select(func.count()).select_from(Dossier)).scalar_one())


def test_a_dossier_is_received_with_its_papers_applicant_and_dates(stage: Stage) -> None:
    done = stage.receive()
    with clock.at(make.NOW):
        found = head(stage.specialist, done.code)
    assert done.code == f"{make.CENTRE}-260302-0001"
    assert found.applicant.name == "Nguyễn Thị Đào"
    assert found.competent.name["en"] == "Hong Gai Ward"
    assert found.promised.at is not None
    assert found.statutory.at is not None
    assert found.promised.at < found.statutory.at
    with reading() as conn:
        assert conn.execute(select(Attachment.dossier, Attachment.component)).all() == [(found.id, "identity")]


def test_papers_follow_the_answers_and_nothing_uploaded_is_lost(stage: Stage) -> None:
    with pytest.raises(FilingRefused) as refused:
        stage.receive(form={"name": "A", "divisor": 2})
    assert [each.path for each in refused.value.details["fields"]] == ["papers.proof"]
    assert dossiers() == 0
    page = filing_page(stage.receiver, make.PROCEDURE, "", {"divisor": 2}, "en")
    assert {each.code: each.required for each in page.components} == {"identity": True, "proof": True}
    papers = (stage.bring(stage.receiver), stage.bring(stage.receiver, PDF, "p.pdf", "proof"))
    assert stage.receive(form={"name": "A", "divisor": 2}, attachments=papers).code.endswith("0001")


def test_every_field_to_correct_is_named_and_nothing_is_stored(stage: Stage) -> None:
    with pytest.raises(FilingRefused) as refused:
        stage.receive(form={"divisor": "two", "unknown": 1})
    assert {each.path for each in refused.value.details["fields"]} >= {"name", "divisor", "unknown"}
    assert dossiers() == 0


@pytest.mark.parametrize(("changes", "error"), [
    ({"receiving_unit": make.OTHER_CENTRE}, CentreRefused), ({"competent_unit": make.DEPARTMENT}, UnitRefused),
    ({"competent_unit": ""}, UnitRefused), ({"channel": "pigeon"}, ChannelUnknown),
    ({"attachments": (999,)}, FileUnknown),
])
def test_what_may_not_be_received_is_refused_in_words(stage: Stage, changes: dict[str, object], error: type) -> None:
    with pytest.raises(error):
        stage.receive(**changes)
    assert dossiers() == 0


def test_another_persons_upload_cannot_be_used_or_seen(stage: Stage) -> None:
    with pytest.raises(FileUnknown):
        stage.receive(attachments=(stage.bring(stage.rival),))


def test_a_dossier_of_other_units_is_unknown(stage: Stage) -> None:
    code = stage.receive().code
    with pytest.raises(DossierUnknown):
        head(stage.outsider, code)
    assert search(stage.outsider, Wanted()).rows == ()


def test_search_ignores_accents_and_needs_every_word(stage: Stage) -> None:
    code = stage.receive().code
    for text in ("nguyen dao", "ĐÀO", code, code[-6:]):
        assert [each.code for each in search(stage.specialist, Wanted(text)).rows] == [code], text
    assert search(stage.specialist, Wanted("nguyen lan")).rows == ()


def test_pages_of_a_search_follow_one_another(stage: Stage) -> None:
    codes = [stage.receive().code for _ in range(3)]
    first = search(stage.receiver, Wanted(), size=2)
    second = search(stage.receiver, Wanted(), first.next, size=2)
    assert [each.code for each in (*first.rows, *second.rows)] == codes[::-1]
    assert second.next is None


def test_reception_offers_recent_procedures_first_and_finds_without_accents(stage: Stage) -> None:
    assert desk(stage.receiver, "", "").recent == ()
    stage.receive()
    offered = desk(stage.receiver, "", "")
    assert [each.code for each in offered.recent] == [make.PROCEDURE]
    assert offered.offers == ()
    assert filing_page(stage.receiver, make.PROCEDURE, "", {}, "vi").unit == make.COMMUNE


def test_only_reception_where_it_came_in_may_withdraw(stage: Stage) -> None:
    code = stage.receive().code
    with pytest.raises(Forbidden):
        withdraw(stage.specialist, code, "because")
    with pytest.raises(DossierUnknown):
        withdraw(stage.outsider, code, "because")
    with pytest.raises(ReasonMissing):
        withdraw(stage.receiver, code, "  ")
    withdraw(stage.receiver, code, "Đổi ý")
    assert head(stage.receiver, code).status == 7


def test_a_paper_of_another_units_dossier_is_unknown_and_a_look_is_recorded(stage: Stage) -> None:

    paper = stage.bring(stage.receiver)
    code = stage.receive(attachments=(paper,)).code
    with pytest.raises(PaperUnknown):
        look_at_paper(stage.outsider, paper)
    assert look_at_paper(stage.specialist, paper).name == "scan.png"
    with reading() as conn:
        looks = conn.execute(select(Look.person, Look.action, Look.subject)).all()
    assert looks == [(stage.specialist.person, "document.read", code)]
