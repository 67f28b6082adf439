"""The audit: search, a dossier's history on its diagram, two moments compared, and the case file."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from flask import Blueprint, Response, render_template, request

from app.audit import commands, queries, words
from app.audit.replay import differences
from app.languages import STATUS_NAMES
from app.security import current_actor, requires
from app.web import pager

blueprint = Blueprint("audit", __name__, template_folder="templates", url_prefix="/audit")


@blueprint.get("")
@requires("audit.read")
def index() -> str:
    """Search the dossiers of one's units and those below."""
    actor, wanted = current_actor(), _wanted()
    found = queries.search(actor, wanted, max(1, request.args.get("page", 1, int)))
    return render_template(
        "audit/index.html", found=found, wanted=wanted, statuses=STATUS_NAMES, pager=_pager(found, wanted),
        units=queries.unit_choices(actor),
    )


@blueprint.get("/<code>")
@requires("audit.read")
def show(code: str) -> str:
    """A dossier's history, moment by moment."""
    actor = current_actor()
    commands.look(actor, "history", code)
    found = queries.history(actor, code, words.reader())
    return render_template(
        "audit/show.html", found=found, line=found.head, replay=words.replay_data(found),
        verdict=words.verdict_text(found.again), looks=queries.looks(actor, code, 20), actions=words.ACTIONS,
        as_then=words.as_then, may_export=actor.may("audit.export"),
    )


@blueprint.get("/<code>/compare")
@requires("audit.read")
def compare(code: str) -> str:
    """Two moments of a dossier side by side."""
    actor = current_actor()
    commands.look(actor, "compare", code)
    found = queries.history(actor, code, words.reader())
    last = found.moments[-1].act.seq if found.moments else 0
    then = queries.moment(found, request.args.get("then", 1, int))
    later = queries.moment(found, request.args.get("later", last, int))
    return render_template(
        "audit/compare.html", found=found, line=found.head, then=then, later=later,
        rows=words.difference_rows(differences(found.words, then, later)), data=_diagram_data,
    )


@blueprint.post("/<code>/export")
@requires("audit.export")
def export(code: str) -> Response:
    """The case file."""
    lines = commands.export_dossier(current_actor(), code)
    answer = Response("".join(lines), content_type="application/x-ndjson; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{code}.jsonl"'
    return answer


def _diagram_data(found: queries.History, moment: Any) -> dict[str, Any]:
    tokens = [words.token_data(token) for token in moment.tokens]
    return {"xml": found.drawn[moment.digest], "tokens": tokens, "passed": moment.passed, "flows": moment.flows}


def _wanted() -> queries.Wanted:
    said = request.args
    status = said.get("status", type=int)
    return queries.Wanted(
        text=said.get("q", "").strip(), procedure=said.get("procedure", "").strip(),
        status=status if status in STATUS_NAMES else None, unit=said.get("unit", ""),
        since=said.get("since", type=date.fromisoformat), until=said.get("until", type=date.fromisoformat),
    )


def _pager(found: queries.Found, wanted: queries.Wanted) -> dict[str, Any]:
    narrowed = asdict(wanted)
    return pager("audit.index", found, q=narrowed.pop("text"), **narrowed)
