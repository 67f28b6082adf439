"""Dossiers and their files through the API: same commands, rules and errors as the pages."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_babel import gettext

from app.dossiers import commands, outside, panes, papers, queries, reception, schemas
from app.dossiers.headers import expected_seq, idempotency_key
from app.dossiers.story import Reader
from app.dossiers.uploads import answer_with, store
from app.languages import language
from app.openapi import Blueprint
from app.security import current_actor, requires

blueprint = Blueprint(
    "api_dossiers", __name__, url_prefix="/api/v1",
    description="Receive, search and read dossiers; their history, answers and files.",
)


@blueprint.get("/dossiers")
@requires("dossier.read")
@blueprint.arguments(schemas.DossierQuery, location="query")
@blueprint.response(200, schemas.DossierPage)
def list_dossiers(wanted: dict[str, Any]) -> queries.Found:
    """The dossiers that your units take part in, newest first."""
    narrowed = queries.Wanted(wanted["q"], wanted["procedure"], wanted["status"])
    return queries.search(current_actor(), narrowed, wanted["before"], wanted["page_size"])


@blueprint.post("/dossiers")
@requires("dossier.receive")
@blueprint.arguments(schemas.FilingBody)
@blueprint.response(201, schemas.ReceivedAnswer)
def receive_dossier(new: dict[str, Any]) -> commands.Received:
    """Receive a dossier. 422 names every field and paper to correct; the uploaded files stay."""
    filing = commands.Filing(**{**new, "attachments": tuple(new["attachments"])})
    return commands.receive(current_actor(), filing, idempotency_key())


@blueprint.get("/dossiers/<code>")
@requires("dossier.read")
@blueprint.response(200, schemas.DossierAnswer)
def get_dossier(code: str) -> Any:
    """One dossier; its ETag is the number of entries in its history."""
    head = queries.head(current_actor(), code)
    return head, 200, {"ETag": f'"{head.seq}"'}


@blueprint.post("/dossiers/<code>/withdraw")
@requires("dossier.withdraw")
@blueprint.arguments(schemas.WithdrawBody)
@blueprint.response(200, schemas.ReceivedAnswer)
def withdraw_dossier(given: dict[str, Any], code: str) -> commands.Withdrawn:
    """Record that the applicant takes the dossier back."""
    return commands.withdraw(
        current_actor(), code, given["reason"], expected_seq=expected_seq(), key=idempotency_key()
    )


@blueprint.post("/dossiers/<code>/messages")
@requires("dossier.deliver")
@blueprint.arguments(schemas.MessageBody)
@blueprint.response(200, schemas.ToldAnswer)
def deliver_message(given: dict[str, Any], code: str) -> outside.Told:
    """Hand the dossier a message that an event of its process waits for."""
    return outside.tell(current_actor(), code, outside.Message(**given), idempotency_key())


@blueprint.post("/dossiers/<code>/signals")
@requires("dossier.deliver")
@blueprint.arguments(schemas.SignalBody)
@blueprint.response(200, schemas.ToldAnswer)
def give_signal(given: dict[str, Any], code: str) -> outside.Told:
    """Give the dossier a signal; everything in it that waits for it goes on."""
    return outside.tell(current_actor(), code, outside.Signal(**given), idempotency_key())


@blueprint.get("/dossiers/<code>/history")
@requires("dossier.read")
@blueprint.response(200, schemas.HistoryAnswer(many=True))
def list_history(code: str) -> Any:
    """What happened, the newest first, in sentences."""
    return list(_pane(code, "history").lines)


@blueprint.get("/dossiers/<code>/steps")
@requires("dossier.read")
@blueprint.response(200, schemas.StageAnswer(many=True))
def list_steps(code: str) -> Any:
    """The steps so far, planned against actual."""
    return list(_pane(code, "steps").stages)


@blueprint.get("/dossiers/<code>/answers")
@requires("dossier.read")
@blueprint.response(200, schemas.AnswerSection(many=True))
def list_answers(code: str) -> Any:
    """The answers given so far, by step, in words."""
    return list(_pane(code, "answers").answers)


@blueprint.get("/dossiers/<code>/attachments")
@requires("dossier.read")
@blueprint.response(200, schemas.AttachmentAnswer(many=True))
def list_attachments(code: str) -> Any:
    """The dossier's files."""
    return list(_pane(code, "papers").papers)


def _pane(code: str, name: str) -> panes.Pane:
    return panes.pane(current_actor(), code, name, Reader(language(), gettext))


@blueprint.post("/attachments")
@requires("account.own")
@blueprint.arguments(schemas.UploadFields, location="form")
@blueprint.arguments(schemas.UploadFiles, location="files")
@blueprint.response(201, schemas.AttachmentAnswer)
def upload_attachment(given: dict[str, Any], files: dict[str, Any]) -> papers.Paper:
    """Upload a file for a dossier or step of yours; it belongs to none until it is named there."""
    file = files["file"]
    return papers.upload(
        current_actor(), store(), file.stream, file.filename or "", component=given["component"]
    )


@blueprint.get("/attachments/<int:attachment>")
@requires("dossier.read")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
def get_attachment(attachment: int) -> Response:
    """The file's content. That you looked at it is recorded."""
    return answer_with(commands.look_at_paper(current_actor(), attachment), inline="inline" in request.args)


@blueprint.delete("/attachments/<int:attachment>")
@requires("account.own")
@blueprint.response(204)
def discard_attachment(attachment: int) -> None:
    """Forget a file of yours that belongs to no dossier."""
    papers.discard(current_actor(), [attachment])


@blueprint.get("/reception")
@requires("dossier.receive")
@blueprint.arguments(schemas.ReceptionQuery, location="query")
@blueprint.response(200, schemas.ReceptionAnswer)
def get_reception(wanted: dict[str, Any]) -> reception.Desk:
    """Your centres and the procedures that can be received."""
    return reception.desk(current_actor(), wanted["centre"], wanted["q"])


@blueprint.get("/reception/<procedure>")
@requires("dossier.receive")
@blueprint.arguments(schemas.FilingQuery, location="query")
@blueprint.response(200, schemas.FilingAnswer)
def get_filing(wanted: dict[str, Any], procedure: str) -> reception.FilingPage:
    """The filing form, the competent units and the papers of a procedure."""
    return reception.filing_page(current_actor(), procedure, wanted["centre"], {}, wanted["language"])
