"""The catalogue, versions and drafts through the API: same commands, rules and errors as the pages."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from app.openapi import Blueprint
from app.procedures import commands, queries, schemas
from app.procedures.findings import finding_to_json
from app.procedures.words import said, sentence
from app.security import current_actor, requires

blueprint = Blueprint(
    "api_procedures", __name__, url_prefix="/api/v1/procedures",
    description="Catalogue, published versions, and drafts on their way to publication.",
)


@blueprint.get("")
@requires("catalogue.read")
@blueprint.arguments(schemas.CatalogueQuery, location="query")
@blueprint.response(200, schemas.CatalogueAnswer)
def list_procedures(wanted: dict[str, Any]) -> queries.Catalogue:
    """Search the catalogue by code or words."""
    return queries.catalogue(
        queries.Wanted(wanted["q"], wanted["level"], wanted["outside"]), wanted["page"], wanted["page_size"])


@blueprint.post("")
@requires("procedure.edit")
@blueprint.arguments(schemas.NewProcedure)
@blueprint.response(201, schemas.SavedAnswer)
def create_procedure(new: dict[str, Any]) -> commands.Saved:
    """Add a procedure with its first draft."""
    return commands.create_procedure(current_actor(), new["procedure"], new["parts"])


@blueprint.get("/<code>")
@requires("catalogue.read")
@blueprint.response(200, schemas.ProcedureAnswer)
def get_procedure(code: str) -> dict[str, Any]:
    """A procedure with its facts and all its versions."""
    view = queries.procedure(code)
    facts = None if view.current is None else view.current.facts
    return {**asdict(view.line), "facts": facts, "versions": view.versions}


@blueprint.get("/<code>/versions/<int:number>")
@requires("catalogue.read")
@blueprint.response(200, schemas.VersionAnswer)
def get_version(code: str, number: int) -> dict[str, Any]:
    """A published version with its diagram, forms, decisions and facts."""
    view = queries.version(code, number)
    findings = [sentence(finding) for finding in view.findings]
    return {**asdict(view.line), "procedure": code, "bundle": view.bundle, "findings": findings}


@blueprint.get("/<code>/changes")
@requires("catalogue.read")
@blueprint.arguments(schemas.CompareQuery, location="query")
@blueprint.response(200, schemas.ChangeAnswer(many=True))
def list_changes(wanted: dict[str, Any], code: str) -> Any:
    """What differs between two published versions, or between one and the draft (for those who edit drafts)."""
    old = queries.version(code, wanted["old"]).bundle
    return list(queries.changes(old, queries.newer_bundle(current_actor(), code, wanted["new"])))


@blueprint.get("/<code>/events")
@requires("procedure.edit")
@blueprint.response(200, schemas.EventAnswer(many=True))
def list_events(code: str) -> list[queries.Event]:
    """What happened to the procedure's drafts and versions, the newest first."""
    return list(queries.events(code))


@blueprint.get("/<code>/draft")
@requires("procedure.edit")
@blueprint.response(200, schemas.DraftAnswer)
def get_draft(code: str) -> queries.DraftView:
    """The procedure's draft."""
    return queries.draft(code)


@blueprint.post("/<code>/draft")
@requires("procedure.edit")
@blueprint.response(201, schemas.SavedAnswer)
def start_draft(code: str) -> commands.Saved:
    """Open a draft with the content of the current version."""
    return commands.start_draft(current_actor(), code)


@blueprint.put("/<code>/draft")
@requires("procedure.edit")
@blueprint.arguments(schemas.SaveDraft)
@blueprint.response(200, schemas.SavedAnswer)
def save_draft(parts: dict[str, Any], code: str) -> commands.Saved:
    """Replace parts of the draft; 409 with who and when if somebody saved since `revision`."""
    revision = parts.pop("revision")
    return commands.save_draft(current_actor(), code, parts, revision)


@blueprint.delete("/<code>/draft")
@requires("procedure.edit")
@blueprint.arguments(schemas.RevisionQuery, location="query")
@blueprint.response(204)
def discard_draft(at: dict[str, Any], code: str) -> None:
    """Throw the draft away."""
    commands.discard_draft(current_actor(), code, at["revision"])


@blueprint.post("/<code>/draft/import")
@requires("procedure.edit")
@blueprint.arguments(schemas.ImportDiagram)
@blueprint.response(200, schemas.ImportedAnswer)
def import_diagram(new: dict[str, Any], code: str) -> dict[str, Any]:
    """Put a diagram drawn elsewhere into the draft; all that is drawn is kept, `findings` say what was added."""
    done = commands.import_diagram(
        current_actor(), code, new["xml"].encode("utf-8"), new["revision"], prepare=new["prepare"]
    )
    return {**asdict(done), "findings": [sentence(finding_to_json(finding)) for finding in done.findings]}


@blueprint.put("/<code>/draft/forms/<form>")
@requires("procedure.edit")
@blueprint.arguments(schemas.SaveForm)
@blueprint.response(200, schemas.SavedAnswer)
def save_form(new: dict[str, Any], code: str, form: str) -> commands.Saved:
    """Put a form into the draft."""
    return commands.save_form(current_actor(), code, form, new["schema_"], new["revision"])


@blueprint.delete("/<code>/draft/forms/<form>")
@requires("procedure.edit")
@blueprint.arguments(schemas.RevisionQuery, location="query")
@blueprint.response(200, schemas.SavedAnswer)
def remove_form(at: dict[str, Any], code: str, form: str) -> commands.Saved:
    """Take a form out of the draft."""
    return commands.save_form(current_actor(), code, form, None, at["revision"])


@blueprint.post("/<code>/draft/check")
@requires("procedure.edit")
@blueprint.arguments(schemas.Parts(partial=True))
@blueprint.response(200, schemas.CheckAnswer)
def check_draft(parts: dict[str, Any], code: str) -> dict[str, Any]:
    """What is wrong with the draft, and how its scenarios go; parts given are laid over it and not saved."""
    examined = commands.rehearse_draft(current_actor(), code, parts)
    findings = [sentence(finding_to_json(finding)) for finding in examined.findings]
    return {
        "digest": examined.digest, "errors": examined.errors, "findings": findings,
        "rehearsals": [
            {"scenario": went.scenario, "passed": went.passed, "failures": [said(failure) for failure in went.failures]}
            for went in examined.rehearsals
        ],
    }


@blueprint.post("/<code>/draft/submit")
@requires("procedure.edit")
@blueprint.arguments(schemas.AtRevision)
@blueprint.response(200, schemas.SavedAnswer)
def submit_draft(at: dict[str, Any], code: str) -> commands.Saved:
    """Hand the draft to an approver."""
    return commands.submit_draft(current_actor(), code, at["note"], at["revision"])


@blueprint.post("/<code>/draft/withdraw")
@requires("procedure.edit")
@blueprint.response(200, schemas.SavedAnswer)
def withdraw_draft(code: str) -> commands.Saved:
    """Take a submitted draft back."""
    return commands.withdraw_draft(current_actor(), code)


@blueprint.post("/<code>/draft/reject")
@requires("procedure.publish")
@blueprint.arguments(schemas.AtRevision)
@blueprint.response(200, schemas.SavedAnswer)
def reject_draft(at: dict[str, Any], code: str) -> commands.Saved:
    """Send a submitted draft back with a note."""
    return commands.reject_draft(current_actor(), code, at["note"])


@blueprint.post("/<code>/draft/publish")
@requires("procedure.publish")
@blueprint.arguments(schemas.AtRevision)
@blueprint.response(201, schemas.PublishedAnswer)
def publish_draft(at: dict[str, Any], code: str) -> commands.Published:
    """Approve a submitted draft: it becomes the current version. Not by anybody who had a hand in it."""
    return commands.publish_draft(current_actor(), code, at["revision"])
