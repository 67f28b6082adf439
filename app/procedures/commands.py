"""What analysts and approvers do with procedures: each function is one transaction.

The way of a diagram: `create_procedure` or `start_draft` → `save_draft` (any number of times) → `submit_draft` →
`publish_draft` by a person who had no hand in it (or `reject_draft`, and on it goes).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from app import clock
from app.casework import Actor
from app.db import reading, transaction
from app.procedures import blank, gate, store
from app.procedures.calls import circle, pinned
from app.procedures.errors import (
    CallsItself,
    CodeTaken,
    DiagramUnreadable,
    DraftChanged,
    DraftExists,
    DraftNotSubmitted,
    DraftRefused,
    DraftUnderReview,
    DraftUnfit,
    NoteMissing,
    OwnDraft,
    SameAsPublished,
    ScenarioFailed,
)
from app.procedures.facts import Unfit, unfit_part
from app.procedures.findings import Sentence, finding_to_json
from engine.drawing.findings import Finding
from engine.normalise.encoding import as_text

PARTS = ("xml", "forms", "decisions", "procedure", "scenarios")


@dataclass(frozen=True, slots=True)
class Saved:
    """A draft as it stands after a command."""

    code: str
    revision: int
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Published:
    """A new immutable version."""

    code: str
    version: int
    number: int
    digest: str
    at: datetime


def create_procedure(actor: Actor, facts: Mapping[str, Any], parts: Mapping[str, Any] | None = None) -> Saved:
    """Add a procedure to the catalogue with its first draft: `facts` is the content of a procedure.json, `parts` may
    bring the diagram, forms, decisions and scenarios (else a five-step diagram to start from)."""
    _refuse_unfit_parts({**(parts or {}), "procedure": facts})
    bundle = blank.bundle_for(facts) | _bundle_parts(parts or {}) | {"procedure": dict(facts)}
    at = clock.now()
    with transaction() as conn:
        if store.is_taken(conn, facts["code"], facts["key"]):
            raise CodeTaken(code=facts["code"], key=facts["key"])
        store.add_procedure(conn, facts)
        store.add_draft(conn, actor, pinned(conn, bundle), (parts or {}).get("scenarios", {}), at, based_on=None)
        store.note(conn, actor, facts["code"], "procedure_created", at)
    return Saved(facts["code"], 1, "draft", at)


def start_draft(actor: Actor, code: str) -> Saved:
    """Open a draft with the content of the current version."""
    at = clock.now()
    with transaction() as conn:
        procedure = store.procedure_row(conn, code, lock=True)
        if store.has_draft(conn, code):
            present = store.draft_row(conn, code)
            raise DraftExists(code=code, name=present.updated_name, at=present.updated_at)
        bundle, scenarios = _content_to_start_from(conn, procedure)
        store.add_draft(conn, actor, bundle, scenarios, at, based_on=procedure.current_version)
        store.note(conn, actor, code, "draft_started", at)
    return Saved(code, 1, "draft", at)


def save_draft(actor: Actor, code: str, parts: Mapping[str, Any], revision: int) -> Saved:
    """Replace the given parts (xml, forms, decisions, procedure, scenarios) of the draft.

    `revision` is the one the person had before the eyes; DraftChanged when somebody saved since.
    """
    _refuse_unfit_parts(parts, code)
    at = clock.now()
    with transaction() as conn:
        draft = _draft_at(conn, code, revision)
        values: dict[str, Any] = {"bundle": pinned(conn, {**draft.bundle, **_bundle_parts(parts)})}
        if "scenarios" in parts:
            values["scenarios"] = dict(parts["scenarios"])
        _revise(conn, actor, draft, at, **values)
        store.note(conn, actor, code, "draft_saved", at, revision=revision + 1, parts=sorted(parts))
    return Saved(code, revision + 1, "draft", at)


@dataclass(frozen=True, slots=True)
class Imported(Saved):
    """A draft with a diagram drawn elsewhere; `findings` say what was written into it."""

    findings: tuple[Finding, ...]


def import_diagram(actor: Actor, code: str, raw: bytes, revision: int, *, prepare: bool = True) -> Imported:
    """Put a diagram drawn elsewhere into the draft, everything drawn in it kept.

    Prepared, it has names that expressions can use and our properties as far as the drawing tells them; otherwise it is
    kept letter by letter. DiagramUnreadable when it is no diagram that can be looked at.
    """
    with reading() as conn:
        store.draft_row(conn, code)
    adopted = gate.adopt(raw)
    if adopted.xml is None:
        raise DiagramUnreadable(fields=[Sentence.of(finding) for finding in adopted.findings])
    text, read = as_text(raw)
    saved = save_draft(actor, code, {"xml": adopted.xml if prepare else text}, revision)
    return Imported(saved.code, saved.revision, saved.state, saved.at, adopted.findings if prepare else read)


def save_form(actor: Actor, code: str, form: str, schema: Mapping[str, Any] | None, revision: int) -> Saved:
    """Put one form into the draft, or take it out when `schema` is None."""
    with reading() as conn:
        forms = dict(store.draft_row(conn, code).bundle["forms"])
    forms.pop(form, None)
    if schema is not None:
        forms[form] = dict(schema)
    return save_draft(actor, code, {"forms": forms}, revision)


def check_draft(actor: Actor, code: str, parts: Mapping[str, Any] | None = None) -> tuple[Finding, ...]:
    """Everything the gate finds in the draft (with `parts` laid over it, not saved)."""
    return rehearse_draft(actor, code, parts).findings


def rehearse_draft(actor: Actor, code: str, parts: Mapping[str, Any] | None = None) -> gate.Examination:
    """Check the draft and run its scenarios; nothing is saved."""
    _refuse_unfit_parts(parts or {}, code)
    with reading() as conn:
        draft = store.draft_row(conn, code)
        bundle = pinned(conn, {**draft.bundle, **_bundle_parts(parts or {})})
    scenarios = (parts or {}).get("scenarios", draft.scenarios)
    return gate.examine(bundle, scenarios)


def submit_draft(actor: Actor, code: str, note: str = "", revision: int | None = None) -> Saved:
    """Hand the draft to an approver; refused while the gate finds errors. What it calls is pinned as it is now."""
    with reading() as conn:
        draft = store.draft_row(conn, code)
        bundle = pinned(conn, draft.bundle)
    _refuse_errors(gate.examine(bundle, draft.scenarios))
    at = clock.now()
    with transaction() as conn:
        locked = _draft_at(conn, code, draft.revision if revision is None else revision)
        if locked.revision != draft.revision:
            raise _changed(locked)
        store.change_draft(
            conn, code, state="submitted", bundle=bundle, note=note.strip(), author=actor.person, submitted_at=at,
            rejected_note="", editors=sorted({*locked.editors, actor.person}),
        )
        store.note(conn, actor, code, "draft_submitted", at, revision=locked.revision, note=note.strip())
    return Saved(code, draft.revision, "submitted", at)


def withdraw_draft(actor: Actor, code: str) -> Saved:
    """Take a submitted draft back to go on working on it."""
    return _reopen(actor, code, "draft_withdrawn", "")


def reject_draft(actor: Actor, code: str, note: str) -> Saved:
    """Send a submitted draft back to its author with a note."""
    if not note.strip():
        raise NoteMissing()
    return _reopen(actor, code, "draft_rejected", note.strip())


def discard_draft(actor: Actor, code: str, revision: int) -> None:
    """Throw the draft away; published versions stay as they are."""
    at = clock.now()
    with transaction() as conn:
        _draft_at(conn, code, revision)
        store.remove_draft(conn, code)
        store.note(conn, actor, code, "draft_discarded", at, revision=revision)


def publish_draft(actor: Actor, code: str, revision: int | None = None) -> Published:
    """Make the submitted draft the procedure's new current version.

    Running dossiers stay on theirs. The publisher must not have had a hand in the draft; gate and scenarios run again.
    """
    with reading() as conn:
        draft = _submitted(store.draft_row(conn, code), revision)
    if actor.person in draft.editors or actor.person == draft.author:
        raise OwnDraft(code=code)
    examined = gate.examine(draft.bundle, draft.scenarios)
    _refuse_errors(examined)
    _refuse_failed_scenarios(examined)
    return _publish(actor, draft, examined)


def _publish(actor: Actor, draft: Row[Any], examined: gate.Examination) -> Published:
    at = clock.now()
    with transaction() as conn:
        store.procedure_row(conn, draft.procedure, lock=True)
        locked = _submitted(store.draft_row(conn, draft.procedure, lock=True), draft.revision)
        same = store.version_with(conn, examined.digest)
        if same is not None:
            raise SameAsPublished(number=same.number, other=same.procedure)
        around = circle(conn, locked.bundle)
        if around:
            raise CallsItself(circle=" → ".join(around))
        findings = [finding_to_json(finding) for finding in examined.findings]
        version, number = store.add_version(conn, actor, locked, examined.digest, findings, at)
        store.remove_draft(conn, draft.procedure)
        store.note(conn, actor, draft.procedure, "version_published", at, number=number, digest=examined.digest)
    return Published(draft.procedure, version, number, examined.digest, at)


def _content_to_start_from(conn: Connection, procedure: Row[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    if procedure.current_version is None:
        return blank.bundle_for(blank.facts_of_row(procedure)), {}
    current = store.version_row(conn, procedure.current_version)
    return current.bundle, current.scenarios


def _bundle_parts(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {part: value for part, value in parts.items() if part != "scenarios"}


def _refuse_unfit_parts(parts: Mapping[str, Any], code: str | None = None) -> None:
    unfit = [wrong for part, value in parts.items() if part in PARTS for wrong in unfit_part(part, value, code)]
    unfit += [Unfit(part, "A draft has no such part.") for part in parts if part not in PARTS]
    if unfit:
        raise DraftUnfit(count=len(unfit), first=unfit[0].path, fields=unfit)


def _draft_at(conn: Connection, code: str, revision: int) -> Row[Any]:
    """The locked draft, still being worked on and in the revision that the person knows."""
    draft = store.draft_row(conn, code, lock=True)
    if draft.state == "submitted":
        raise DraftUnderReview(code=code)
    if draft.revision != revision:
        raise _changed(draft)
    return draft


def _changed(draft: Row[Any]) -> DraftChanged:
    return DraftChanged(code=draft.procedure, name=draft.updated_name, at=draft.updated_at, revision=draft.revision)


def _revise(conn: Connection, actor: Actor, draft: Row[Any], at: datetime, **values: Any) -> None:
    store.change_draft(
        conn, draft.procedure, revision=draft.revision + 1, updated_by=actor.person, updated_at=at,
        editors=sorted({*draft.editors, actor.person}), **values,
    )


def _reopen(actor: Actor, code: str, kind: str, rejected_note: str) -> Saved:
    at = clock.now()
    with transaction() as conn:
        draft = _submitted(store.draft_row(conn, code, lock=True), None)
        store.change_draft(conn, code, state="draft", submitted_at=None, rejected_note=rejected_note)
        store.note(conn, actor, code, kind, at, revision=draft.revision, note=rejected_note)
    return Saved(code, draft.revision, "draft", at)


def _submitted(draft: Row[Any], revision: int | None) -> Row[Any]:
    if draft.state != "submitted":
        raise DraftNotSubmitted(code=draft.procedure)
    if revision is not None and draft.revision != revision:
        raise _changed(draft)
    return draft


def _refuse_errors(examined: gate.Examination) -> None:
    errors = [finding for finding in examined.findings if finding.severity == "error"]
    if errors:
        raise DraftRefused(
            count=len(errors), first=errors[0].message, findings=[finding_to_json(one) for one in examined.findings],
            fields=[Sentence.of(finding) for finding in errors],
        )


def _refuse_failed_scenarios(examined: gate.Examination) -> None:
    for rehearsal in examined.rehearsals:
        if not rehearsal.passed:
            raise ScenarioFailed(scenario=rehearsal.scenario, fields=rehearsal.failures)
