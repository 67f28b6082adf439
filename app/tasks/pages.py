"""Pages of the inbox and of one task."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.dossiers.forms import answers_in
from app.dossiers.panes import pane
from app.dossiers.story import Reader
from app.dossiers.uploads import Taken, take
from app.errors import Conflict, Invalid, OneDoorError, SomebodyWasFaster, fields_of, message_of
from app.languages import KIND_NAMES, language, moment, number, pick
from app.security import current_actor, requires
from app.tasks.commands import Done, Submission, claim, claim_many, complete, deliver, release, save_draft
from app.tasks.desk import Desk, open_task
from app.tasks.inbox import COUNTED, TABS, Filter, Place
from app.tasks.places import place_in, place_text
from app.tasks.queries import TaskRow, inbox, next_of_list, tasks_held
from app.web import own_path

blueprint = Blueprint("tasks", __name__, template_folder="templates", url_prefix="/tasks")
Answer = str | tuple[str, int] | Response | dict[str, Any]
PANES = ("answers", "papers", "diagram", "history")
ONWARD = "onward"
A_YEAR = 365 * 24 * 3600


@blueprint.get("")
@requires("task.read")
def index() -> Answer:
    """One tab of the inbox; who has nothing in hand begins with the unit's tasks."""
    actor, args = current_actor(), request.args
    narrowed = Filter(
        procedure=args.get("procedure", ""), kind=args.get("kind", ""), unit=args.get("unit", ""),
        text=args.get("text", "").strip(), free="free" in args,
    )
    tab = args.get("tab") or ("mine" if tasks_held(actor) else "unit")
    shown = inbox(actor, tab, narrowed, place_in(args.get("after", "")))
    return render_template("tasks/inbox.html", **_inbox_parts(shown, narrowed))


def _inbox_parts(shown: Any, narrowed: Filter) -> dict[str, Any]:
    actor = current_actor()
    kept: dict[str, Any] = {name: value for name, value in (
        ("procedure", narrowed.procedure), ("kind", narrowed.kind), ("unit", narrowed.unit), ("text", narrowed.text),
        ("free", "1" if narrowed.free else ""),
    ) if value}

    def url(tab: str, after: Place | None = None) -> str:
        return url_for(".index", tab=tab, **kept, after=place_text(after) if after else None)

    def claimable(row: TaskRow) -> bool:
        mine = row.state == "open" and row.assignee is None
        return mine and actor.may("task.work") and actor.holds(row.role, row.unit.code)

    names = {
        "mine": gettext("Mine"), "unit": gettext("My unit"), "waiting": gettext("Waiting"),
        "today": gettext("Due today"), "late": gettext("Late"), "done": gettext("Done"),
    }
    counts = {tab: _counted(count) for tab, count in shown.counts.items()}
    tabs = [{"key": tab, "label": names[tab], "url": url(tab), "count": counts[tab], "late": tab == "late"}
            for tab in TABS]
    return {
        "inbox": shown, "total": counts[shown.tab], "narrowed": narrowed, "is_narrowed": bool(kept), "tabs": tabs,
        "kinds": KIND_NAMES,
        "claimable": claimable, "choosing": any(claimable(row) for row in shown.rows),
        "here": request.full_path.rstrip("?"),
        "first_url": url(shown.tab) if "after" in request.args else None,
        "next_url": url(shown.tab, shown.next) if shown.next else None,
    }


def _counted(count: int) -> int | str:
    """A count as it is shown; it was not counted further than it says."""
    return count if count <= COUNTED else f"{number(COUNTED)}+"


@blueprint.post("/claim")
@requires("task.work")
def claim_chosen() -> Answer:
    """Claim one row, or all that are ticked."""
    actor, back = current_actor(), own_path(request.form.get("back", ""), url_for(".index"))
    chosen = [request.form["one"]] if "one" in request.form else request.form.getlist("task")
    tasks = [(code, token) for code, _, token in (each.rpartition("/") for each in chosen) if code]
    results = claim_many(actor, tasks)
    failed = [each for each in results if each.error]
    if len(results) > len(failed):
        flash(gettext("%(count)s task(s) claimed; they are under “Mine”.", count=len(results) - len(failed)), "success")
    for each in failed:
        flash(f"{each.code}: {message_of(each.error)}" if each.error else each.code, "warning")
    if not results:
        flash(gettext("Choose at least one task."), "warning")
    return redirect(back, 303)


@blueprint.get("/<code>/<token>")
@requires("task.read")
def show(code: str, token: str) -> Answer:
    """One task: its form and what is known about the dossier."""
    if "HX-Request" in request.headers:
        shown = pane(current_actor(), code, request.args.get("pane", "answers"), Reader(language(), gettext))
        base = url_for(".show", code=code, token=token)
        return render_template("dossiers/pane.html", pane=shown, panes=PANES, base=base)
    return _page(open_task(current_actor(), code, token, language()))


def _page(desk: Desk, taken: Taken | None = None, form: Mapping[str, Any] | None = None,
          errors: Iterable[tuple[str | None, str]] = (), fields: Iterable[Mapping[str, str]] = ()) -> str:
    code, token = desk.head.code, desk.task.token
    shown = pane(current_actor(), code, request.args.get("pane", "answers"), Reader(language(), gettext))
    return render_template(
        "tasks/task.html", desk=desk, head=desk.head, task=desk.task, values=desk.values if form is None else form,
        taken=taken or Taken((), ()), errors=list(errors), fields=list(fields), pane=shown, panes=PANES,
        base=url_for(".show", code=code, token=token), key=request.form.get("key") or secrets.token_urlsafe(16),
        upload_mb=current_app.config["ONEDOOR_UPLOAD_MB"],
        onward=bool(request.form.get(ONWARD) or request.cookies.get(ONWARD)),
    )


@blueprint.post("/<code>/<token>")
@requires("task.work")
def finish(code: str, token: str) -> Answer:
    """Save the draft, or finish the step the way the pressed button says."""
    actor, given = current_actor(), request.form
    form = answers_in(given.get("form", ""))
    desk = open_task(actor, code, token, language())
    taken = take(actor, step=desk.task.step.code)
    if taken.errors:
        return _page(desk, taken, form, taken.errors), 422
    if "draft" in given:
        return _drafted(code, token, form, taken)
    perform = deliver if desk.message else complete
    submission = Submission(form, given.get("choice") or None, taken.ids)
    try:
        done = perform(actor, code, token, submission, given.get("key") or None)
    except Invalid as error:
        return _page(desk, taken, form, [(None, message_of(error))], fields_of(error)), 422
    except Conflict as error:
        return _somebody_was_faster(code, token, error), 409
    return _after(done, onward="onward" in given)


def _drafted(code: str, token: str, form: Mapping[str, Any], taken: Taken) -> Answer:
    """Files chosen beside a draft are kept for this page only."""
    save_draft(current_actor(), code, token, form)
    desk = open_task(current_actor(), code, token, language())
    return _page(desk, taken)


def _somebody_was_faster(code: str, token: str, error: OneDoorError) -> str:
    held = isinstance(error, SomebodyWasFaster)
    return render_template("tasks/faster.html", code=code, message=message_of(error), held=held, token=token)


def _after(done: Done, *, onward: bool) -> Response:
    """The dossier's next task if it is the same person's, else the next of his list if he wants it, else the inbox."""
    following = (done.code, done.mine.token) if done.mine else next_of_list(current_actor()) if onward else None
    said = told(done)
    if following and done.mine:
        said += " " + gettext("Its next step is yours and is open here.")
    elif following:
        said += " " + gettext("The next task of your list is open here.")
    elif onward:
        said += " " + gettext("Your list has no further task.")
    flash(said, "success")
    address = url_for(".show", code=following[0], token=following[1]) if following else url_for(".index")
    response = redirect(address, 303)
    response.set_cookie(ONWARD, "1" if onward else "", max_age=A_YEAR, samesite="Lax", httponly=True,
                        secure=current_app.config["ONEDOOR_HTTPS"])
    return response


def told(done: Done) -> str:
    """One sentence: what was finished and where the dossier is now."""
    said = [gettext("%(step)s of %(code)s is done.", step=pick(done.step), code=done.code)]
    said += [_went(each) for each in done.next]
    return " ".join([*said, gettext("The dossier has ended.")] if done.ended else said)


def _went(each: Any) -> str:
    where = {"step": pick(each.step), "unit": pick(each.unit), "due": moment(each.due_at)}
    if each.waits:
        return gettext("It waits now: %(step)s (%(unit)s).", **where)
    if each.due_at:
        return gettext("It went to %(step)s, %(unit)s, due %(due)s.", **where)
    return gettext("It went to %(step)s, %(unit)s.", **where)


@blueprint.put("/<code>/<token>/draft")
@requires("task.work")
def keep_draft(code: str, token: str) -> Answer:
    """Keep what was typed so far, sent by the page itself."""
    body = request.get_json(silent=True)
    form = body.get("form") if isinstance(body, dict) else None
    return {"saved_at": save_draft(current_actor(), code, token, form if isinstance(form, dict) else {})}


@blueprint.post("/<code>/<token>/claim")
@requires("task.work")
def take_on(code: str, token: str) -> Answer:
    """Claim this task."""
    return _on_task(code, token, claim, gettext("The task is yours now."))


@blueprint.post("/<code>/<token>/release")
@requires("task.read")
def give_back(code: str, token: str) -> Answer:
    """Give this task back to its unit, in the holder's stead with a reason."""
    give = partial(release, reason=request.form.get("reason", ""))
    return _on_task(code, token, give, gettext("The task is back with its unit; drafts are kept."))


def _on_task(code: str, token: str, perform: Callable[..., Done], said: str) -> Answer:
    try:
        perform(current_actor(), code, token)
    except Conflict as error:
        return _somebody_was_faster(code, token, error), 409
    except Invalid as error:
        return _page(open_task(current_actor(), code, token, language()), errors=[(None, message_of(error))]), 422
    flash(said, "success")
    return redirect(url_for(".show", code=code, token=token), 303)
