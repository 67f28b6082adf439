"""The administrator's calendar: days that differ, and working hours by unit and season."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from app import clock
from app.deadlines import apologies as letters
from app.deadlines import board, commands, practice, queries, recompute
from app.deadlines import notices as inbox
from app.deadlines.story import time_of
from app.errors import Conflict, Invalid, NotFound, NotPossible, OneDoorError, message_of
from app.errors import status_of as http_status
from app.languages import number as figure
from app.languages import pick
from app.people import commands as people
from app.people.actor import THE_SYSTEM
from app.people.errors import DateUnreadable
from app.people.journal import changes
from app.people.queries import calendar_days, read, units
from app.security import current_actor, requires
from app.web import pager

blueprint = Blueprint("deadlines", __name__, template_folder="templates")

Page = Response | str | tuple[str, int]
KINDS = {
    "officer": lazy_gettext("Little time left for your step"),
    "head": lazy_gettext("A step is due"),
    "unit": lazy_gettext("A step is overdue"),
    "sign": lazy_gettext("An apology waits for a signature"),
    "apology": lazy_gettext("The promised date is near; draft an apology if it cannot be kept"),
}
OUTLOOK = {
    "late": lazy_gettext("Late already"), "will": lazy_gettext("Will be late"),
    "may": lazy_gettext("May be late"), "fits": lazy_gettext("In time"),
}
PRACTICE = {
    "over": lazy_gettext("Often over"), "tight": lazy_gettext("At times over"), "within": lazy_gettext("Within"),
    "few": lazy_gettext("Few visits"), "none": lazy_gettext("No visits"), "unplanned": lazy_gettext("A wait"),
}
TONES = {"over": "danger", "tight": "warning", "within": "success"}
SORTED: dict[str, Callable[[practice.Measured], Any]] = {
    "step": lambda step: step.number, "planned": lambda step: -(step.planned or 0),
    "visits": lambda step: -step.visits, "median": lambda step: -(step.median or 0),
    "ninetieth": lambda step: -(step.ninetieth or 0), "over": lambda step: -(step.share or 0),
    "open": lambda step: -step.open,
}
STATES = {
    "draft": lazy_gettext("waits for a signature"), "signed": lazy_gettext("signed"),
    "refused": lazy_gettext("sent back"),
}
REASONS = {
    "supplement": lazy_gettext("a supplement is awaited"),
    "financial": lazy_gettext("a financial obligation is awaited"),
    "applicant": lazy_gettext("the applicant is awaited"),
    "between": lazy_gettext("between two steps"),
    "deferred": lazy_gettext("received after the cut-off hour"),
}
WEEKDAYS = (
    lazy_gettext("Monday"), lazy_gettext("Tuesday"), lazy_gettext("Wednesday"), lazy_gettext("Thursday"),
    lazy_gettext("Friday"), lazy_gettext("Saturday"), lazy_gettext("Sunday"),
)


@blueprint.get("/calendar")
@requires("calendar.manage")
def calendar() -> str:
    """Days off and make-up days of a year, and the working hours."""
    return _calendar_page()


def _calendar_page(problem: str | None = None) -> str:
    year = request.args.get("year", type=int) or clock.today().year
    year = min(max(year, people.FIRST_DAY.year), people.LAST_DAY.year)
    before = request.args.get("before", type=int)
    known = [(unit.code, f"{unit.code} · {pick(unit.name)}") for unit in read(units)]
    return render_template(
        "deadlines/calendar.html", days=read(calendar_days, year), year=year, problem=problem,
        hours=read(queries.work_hours), cut_offs=read(queries.cut_off_hours), weekdays=WEEKDAYS, unit_options=known,
        changes=read(changes, before=before), later=before is not None, as_date=date.fromisoformat,
        the_system=THE_SYSTEM,
    )


@blueprint.post("/calendar")
@requires("calendar.manage")
def set_day() -> Page:
    """Correct a day."""
    given = request.form
    try:
        day = _day(given.get("day", ""))
        names = (given.get("name_vi", ""), given.get("name_en", ""))
        people.set_day(current_actor(), day, given.get("kind", ""), names, given.get("document", ""))
    except OneDoorError as error:
        return _calendar_page(message_of(error)), http_status(error)
    told = gettext("The calendar has been corrected. Deadlines set before keep their date until you move them.")
    flash(told, "success")
    return redirect(url_for(".calendar", year=day.year), 303)


@blueprint.post("/calendar/<day>/clear")
@requires("calendar.manage")
def clear_day(day: str) -> Page:
    """Let a day follow the week's pattern again."""
    wanted = _day(day)
    try:
        people.clear_day(current_actor(), wanted, request.form.get("by", ""))
    except Invalid as error:
        return _calendar_page(message_of(error)), http_status(error)
    flash(gettext("The day follows the week's pattern again."), "success")
    return redirect(url_for(".calendar", year=wanted.year), 303)


@blueprint.post("/calendar/hours")
@requires("calendar.manage")
def set_hours() -> Page:
    """Let other hours count from a date on."""
    given: Any = request.form
    try:
        commands.set_hours(current_actor(), commands.NewHours(
            unit=given.get("unit") or None, since=_day(given.get("since", "")), first=given.get("first") or "01/01",
            last=given.get("last") or "31/12", week=[given.get(f"day{number}", "") for number in range(7)],
            document=given.get("hours_document", ""),
        ))
    except OneDoorError as error:
        return _calendar_page(message_of(error)), http_status(error)
    told = gettext("The working hours have been kept. Deadlines set before keep their date until you move them.")
    flash(told, "success")
    return redirect(url_for(".calendar", _anchor="hours"), 303)


@blueprint.post("/calendar/hours/<int:number>/remove")
@requires("calendar.manage")
def remove_hours(number: int) -> Page:
    """Let hours count no longer."""
    try:
        commands.remove_hours(current_actor(), number, request.form.get("by", ""))
    except OneDoorError as error:
        return _calendar_page(message_of(error)), http_status(error)
    flash(gettext("The working hours have been removed."), "success")
    return redirect(url_for(".calendar", _anchor="hours"), 303)


@blueprint.post("/calendar/cut-offs")
@requires("calendar.manage")
def set_cut_off() -> Page:
    """Let a cut-off hour of reception hold from a date on."""
    given = request.form
    try:
        commands.set_cut_off(current_actor(), commands.NewCutOff(
            unit=given.get("cut_off_unit") or None, since=_day(given.get("cut_off_since", "")),
            channel=given.get("channel", ""), at=given.get("at", ""), document=given.get("cut_off_document", ""),
        ))
    except OneDoorError as error:
        return _calendar_page(message_of(error)), http_status(error)
    flash(gettext("The cut-off hour has been kept. It holds for what is received from now on."), "success")
    return redirect(url_for(".calendar", _anchor="cut-offs"), 303)


@blueprint.post("/calendar/cut-offs/<int:number>/remove")
@requires("calendar.manage")
def remove_cut_off(number: int) -> Page:
    """Let a cut-off hour hold no longer."""
    try:
        commands.remove_cut_off(current_actor(), number, request.form.get("by", ""))
    except Invalid as error:
        return _calendar_page(message_of(error)), http_status(error)
    flash(gettext("The cut-off hour has been removed."), "success")
    return redirect(url_for(".calendar", _anchor="cut-offs"), 303)


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return {"states": STATES, "kind_words": lambda kind: KINDS.get(kind, kind),
            "reason_words": lambda reason: REASONS.get(reason, reason),
            "weekday": lambda day: WEEKDAYS[day.weekday()]}


def _moment(text: str) -> datetime | None:
    """What a field for date and time sends, in the province's time; None for anything else."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=clock.LOCAL)
    except ValueError:
        return None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise DateUnreadable(text=text) from None


@blueprint.get("/calendar/moves")
@requires("calendar.manage")
def moves() -> str:
    """Which open dates the calendar as it is now would move."""
    return render_template("deadlines/moves.html", found=recompute.preview(), problem=None)


@blueprint.post("/calendar/moves")
@requires("calendar.manage")
def move() -> Page:
    """Move them, each with an entry in its dossier's history."""
    try:
        done = recompute.recompute(current_actor(), request.form.get("reason", ""))
    except OneDoorError as error:
        found = recompute.preview()
        return render_template("deadlines/moves.html", found=found, problem=message_of(error)), http_status(error)
    flash(gettext("%(dates)s dates of %(dossiers)s dossiers have been moved.", dates=done.dates,
                  dossiers=done.dossiers), "success")
    if done.failed:
        flash(gettext("%(count)s dossiers could not be recomputed; see the incidents.", count=len(done.failed)),
              "warning")
    return redirect(url_for(".moves"), 303)


@blueprint.get("/dossiers/<code>/time")
@requires("dossier.read")
def explain(code: str) -> str:
    """Why a date is what it is, day by day, and whose time it was."""
    found = time_of(current_actor(), code, request.args.get("of", "dossier"))
    return render_template("deadlines/time.html", time=found)


@blueprint.get("/dossiers/<code>/apology")
@requires("dossier.read")
def apology(code: str) -> str:
    """The dossier's apologies, and the form for a new one."""
    return _apology_page(code)


def _apology_page(code: str, problem: str | None = None) -> str:
    return render_template("deadlines/apology.html", found=letters.apologies(current_actor(), code), problem=problem)


@blueprint.post("/dossiers/<code>/apology")
@requires("task.work")
def draft_apology(code: str) -> Page:
    """Draft an apology with a new date."""
    given = request.form
    try:
        wanted = letters.Wanted(given.get("reason", ""), _moment(given.get("new_due", "")), given.get("override", ""))
        letters.draft_apology(current_actor(), code, wanted)
    except (Invalid, NotPossible, Conflict) as error:
        return _apology_page(code, message_of(error)), http_status(error)
    flash(gettext("The apology is drafted and waits for a signature."), "success")
    return redirect(url_for(".apology", code=code), 303)


@blueprint.post("/dossiers/<code>/apology/<int:number>/sign")
@requires("apology.sign")
def sign_apology(code: str, number: int) -> Page:
    """Sign a drafted apology."""
    try:
        letter = letters.sign_apology(current_actor(), code, number)
    except (Invalid, NotPossible, Conflict) as error:
        return _apology_page(code, message_of(error)), http_status(error)
    flash(gettext("Apology %(letter)s is signed; the new date counts from now on.", letter=letter), "success")
    return redirect(url_for(".apology", code=code), 303)


@blueprint.post("/dossiers/<code>/apology/<int:number>/refuse")
@requires("apology.sign")
def refuse_apology(code: str, number: int) -> Page:
    """Send a drafted apology back."""
    try:
        letters.refuse_apology(current_actor(), code, number, request.form.get("note", ""))
    except (Invalid, NotPossible, Conflict) as error:
        return _apology_page(code, message_of(error)), http_status(error)
    flash(gettext("The apology was sent back; the promised date stays."), "success")
    return redirect(url_for(".apology", code=code), 303)


@blueprint.get("/dossiers/<code>/apology/<int:number>")
@requires("dossier.read")
def apology_letter(code: str, number: int) -> str:
    """The letter of apology (form 04), to be printed."""
    found = letters.apologies(current_actor(), code)
    row = next((each for each in found.rows if each.id == number), None)
    if row is None:
        raise NotFound(what="apology", key=number)
    return render_template("deadlines/letter.html", head=found.head, row=row)


@blueprint.get("/outlook")
@requires("dossier.read")
def outlook() -> str:
    """What will be late: by the ledger, and by a forecast from the unit's own history."""
    actor, said = current_actor(), request.args
    word = said.get("word", "")
    wanted = board.Wanted(said.get("unit", ""), said.get("procedure", "").strip(), word if word in OUTLOOK else "")
    found = board.board(actor, wanted, max(1, min(said.get("page", 1, int), 100_000)))
    return render_template(
        "deadlines/board.html", found=found, words=OUTLOOK, wanted=wanted, ahead=board.AHEAD,
        tabs=_outlook_tabs(found, wanted),
        pager=pager("deadlines.outlook", found, **asdict(wanted)), units=board.unit_choices(actor))


def _outlook_tabs(found: board.Board, wanted: board.Wanted) -> list[dict[str, Any]]:
    """Everything, then each outlook with how many dossiers have it, within what the board is narrowed to."""
    kept: dict[str, Any] = {"unit": wanted.unit or None, "procedure": wanted.procedure or None}
    names = {"": gettext("Every outlook"), **OUTLOOK}
    counts = {"": sum(found.counts.values()), **found.counts}
    return [{"key": word, "label": name, "url": url_for("deadlines.outlook", word=word or None, **kept),
             "count": counts[word], "late": word == "late"} for word, name in names.items()]


@blueprint.get("/notices")
@requires("task.read")
def notices() -> str:
    """What the platform told the reader, newest first."""
    unread = "all" not in request.args
    found = inbox.notices(current_actor(), unread=unread, before=request.args.get("before", type=int))
    following = url_for(".notices", before=found.next, all=None if unread else 1) if found.next else None
    return render_template("deadlines/notices.html", found=found, unread=unread, next_url=following)


@blueprint.post("/notices/read")
@requires("task.read")
def read_notices() -> Response:
    """Note that notices have been read: those that are named, else all."""
    inbox.read_notices(current_actor(), request.form.getlist("notice", type=int) or None)
    return redirect(url_for(".notices"), 303)


@blueprint.get("/procedures/<code>/versions/<int:number>/times")
@requires("procedure.edit")
def times(code: str, number: int) -> Page:
    """Planned against actual of every step, on the version's diagram and as a table."""
    try:
        found, problem = practice.practice(code, number, _wanted()), None
    except Invalid as error:
        found, problem = practice.practice(code, number, practice.Wanted()), error
    sort = request.args.get("sort", "step")
    rows = sorted(found.steps, key=SORTED.get(sort, SORTED["step"]))
    page = render_template(
        "deadlines/practice.html", found=found, rows=rows, sort=sort if sort in SORTED else "step",
        problem=message_of(problem) if problem else None, words=PRACTICE, tones=TONES, here=_here,
        measures=[_measure(step) for step in found.steps], query=_filters(found.wanted),
    )
    return (page, http_status(problem)) if problem else page


@blueprint.get("/procedures/<code>/versions/<int:number>/times/<step>")
@requires("procedure.edit")
def visits(code: str, number: int, step: str) -> str:
    """The visits behind a step's numbers, with their dossiers."""
    found = practice.behind(current_actor(), (code, number, step), _wanted(), over="over" in request.args)
    return render_template("deadlines/visits.html", found=found, step=step, query=_filters(found.wanted))


def _wanted() -> practice.Wanted:
    since, until, unit = (request.args.get(name, "").strip() for name in ("since", "until", "unit"))
    return practice.Wanted(_day(since) if since else None, _day(until) if until else None, unit or None)


def _filters(wanted: practice.Wanted) -> dict[str, str]:
    told = {"since": wanted.since and wanted.since.isoformat(), "until": wanted.until and wanted.until.isoformat(),
            "unit": wanted.unit}
    return {name: value for name, value in told.items() if value}


def _here(endpoint: str, **more: Any) -> str:
    return url_for(endpoint, **{**(request.view_args or {}), **more})


def _measure(step: practice.Measured) -> dict[str, str]:
    """What stands on the step in the diagram: the word, and the median against the plan."""
    text = ""
    if step.median is not None:
        taken, planned = figure(step.median, 1), figure(step.planned, 1)
        text = gettext("%(taken)s / %(planned)s h", taken=taken, planned=planned) if planned else gettext(
            "%(taken)s h", taken=taken)
    return {"element": step.id, "word": step.word, "label": str(PRACTICE[step.word]), "text": text}
