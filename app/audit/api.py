"""Histories through the API: same rules, same record of who looked."""

from __future__ import annotations

from typing import Any

from flask import Response

from app.audit import commands, queries, schemas, words
from app.openapi import Blueprint
from app.security import current_actor, requires

blueprint = Blueprint(
    "api_audit", __name__, url_prefix="/api/v1/audit",
    description="Histories of dossiers: moments, hash chain, re-execution, case files, and who looked.",
)


@blueprint.get("")
@requires("audit.read")
@blueprint.arguments(schemas.SearchQuery, location="query")
@blueprint.response(200, schemas.FoundAnswer)
def search(wanted: dict[str, Any]) -> queries.Found:
    """Search the dossiers of one's units and those below."""
    page, size, text = wanted.pop("page"), wanted.pop("page_size"), wanted.pop("q")
    return queries.search(current_actor(), queries.Wanted(text=text, **wanted), page, size)


@blueprint.get("/<code>")
@requires("audit.read")
@blueprint.response(200, schemas.HistoryAnswer)
def get_history(code: str) -> dict[str, Any]:
    """A dossier's history, moment by moment; the look is recorded."""
    found = _history(code)
    return {"dossier": found.head, "chain": found.chain, "reexecution": found.again, "moments": found.moments}


@blueprint.get("/<code>/moments/<int:seq>")
@requires("audit.read")
@blueprint.response(200, schemas.MomentAnswer)
def get_moment(code: str, seq: int) -> Any:
    """One moment; the look is recorded."""
    return queries.moment(_history(code), seq)


@blueprint.get("/<code>/chain")
@requires("audit.read")
@blueprint.response(200, schemas.ProofAnswer)
def get_chain(code: str) -> dict[str, Any]:
    """Whether the history is whole, and whether its commands lead to the same facts again."""
    chain, again = queries.chain(current_actor(), code)
    return {"chain": chain, "reexecution": again}


@blueprint.get("/<code>/looks")
@requires("audit.read")
@blueprint.response(200, schemas.LookAnswer(many=True))
def list_looks(code: str) -> list[queries.LookLine]:
    """Who looked at the history, the latest first."""
    return list(queries.looks(current_actor(), code))


@blueprint.get("/<code>/export")
@requires("audit.export")
@blueprint.response(200, content_type="application/x-ndjson")
def export_history(code: str) -> Response:
    """The case file as JSON lines; that it was taken is recorded."""
    lines = commands.export_dossier(current_actor(), code)
    return Response("".join(lines), content_type="application/x-ndjson; charset=utf-8")


def _history(code: str) -> queries.History:
    actor = current_actor()
    commands.look(actor, "history", code)
    return queries.history(actor, code, words.reader())
