"""The inbox and work on tasks through the API: same commands, rules and errors as the pages."""

from __future__ import annotations

from typing import Any

from app.dossiers.headers import expected_seq, idempotency_key
from app.languages import language
from app.openapi import Blueprint
from app.security import current_actor, requires
from app.tasks import commands, desk, inbox, queries, schemas
from app.tasks.places import place_in, place_text

blueprint = Blueprint(
    "api_tasks", __name__, url_prefix="/api/v1/tasks",
    description="The inbox by tabs; claim, give back, complete. `If-Match` with a task's `seq` refuses late commands.",
)


@blueprint.get("")
@requires("task.read")
@blueprint.arguments(schemas.TaskQuery, location="query")
@blueprint.response(200, schemas.TaskPage)
def list_tasks(wanted: dict[str, Any]) -> dict[str, Any]:
    """One tab of the inbox with the counts of all tabs."""
    narrowed = inbox.Filter(wanted["procedure"], wanted["kind"], wanted["unit"], wanted["text"], wanted["free"])
    page = queries.inbox(
        current_actor(), wanted["tab"], narrowed, place_in(wanted["after"]), wanted["page_size"]
    )
    following = place_text(page.next) if page.next else None
    return {"tab": page.tab, "counts": page.counts, "rows": page.rows, "next": following}


@blueprint.get("/counts")
@requires("task.read")
@blueprint.response(200, schemas.TaskCounts)
def count_tasks() -> dict[str, int]:
    """How many tasks stand under each tab."""
    return dict(queries.tab_counts(current_actor()))


@blueprint.get("/<code>/<token>")
@requires("task.read")
@blueprint.response(200, schemas.TaskAnswer)
def get_task(code: str, token: str) -> Any:
    """A task with its form, your draft and the ways to finish it."""
    found = desk.open_task(current_actor(), code, token, language())
    return found, 200, {"ETag": f'"{found.head.seq}"'}


@blueprint.post("/<code>/<token>/claim")
@requires("task.work")
@blueprint.response(200, schemas.DoneAnswer)
def claim_task(code: str, token: str) -> commands.Done:
    """Take the task for yourself. 409 says who was faster and when."""
    return commands.claim(current_actor(), code, token, expected_seq=expected_seq(), key=idempotency_key())


@blueprint.post("/<code>/<token>/release")
@requires("task.read")
@blueprint.arguments(schemas.ReleaseBody)
@blueprint.response(200, schemas.DoneAnswer)
def release_task(given: dict[str, Any], code: str, token: str) -> commands.Done:
    """Give the task back to its unit; a supervisor does it in the holder's stead and says why."""
    return commands.release(
        current_actor(), code, token, given["reason"], expected_seq=expected_seq(), key=idempotency_key()
    )


@blueprint.post("/<code>/<token>/complete")
@requires("task.work")
@blueprint.arguments(schemas.CompleteBody)
@blueprint.response(200, schemas.DoneAnswer)
def complete_task(given: dict[str, Any], code: str, token: str) -> commands.Done:
    """Finish the step, claiming it first where nobody holds it. 422 names every field to correct."""
    submission = commands.Submission(given["form"], given["choice"], tuple(given["attachments"]), expected_seq())
    return commands.complete(current_actor(), code, token, submission, idempotency_key())


@blueprint.post("/<code>/<token>/deliver")
@requires("task.work")
@blueprint.arguments(schemas.DeliverBody)
@blueprint.response(200, schemas.DoneAnswer)
def deliver_message(given: dict[str, Any], code: str, token: str) -> commands.Done:
    """Record what a waiting step waits for."""
    submission = commands.Submission(given["form"], None, tuple(given["attachments"]), expected_seq())
    return commands.deliver(current_actor(), code, token, submission, idempotency_key())


@blueprint.put("/<code>/<token>/draft")
@requires("task.work")
@blueprint.arguments(schemas.DraftBody)
@blueprint.response(200, schemas.DraftSaved)
def keep_draft(given: dict[str, Any], code: str, token: str) -> dict[str, str]:
    """Keep what you typed so far; nobody else sees it."""
    return {"saved_at": commands.save_draft(current_actor(), code, token, given["form"])}
