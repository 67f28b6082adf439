"""The legal clock through the API."""

from __future__ import annotations

from typing import Any

from app.deadlines import apologies as letters
from app.deadlines import board, commands, notices, practice, queries, recompute, schemas, story
from app.openapi import Blueprint
from app.people.queries import read
from app.people.schemas import Removal
from app.security import current_actor, requires

blueprint = Blueprint("api_deadlines", __name__, url_prefix="/api/v1", description="Working hours and the legal clock")


@blueprint.get("/hours")
@requires("catalogue.read")
@blueprint.response(200, schemas.HoursOut(many=True))
def hours() -> Any:
    """Working hours by unit and season"""
    return list(read(queries.work_hours))


@blueprint.post("/hours")
@requires("calendar.manage")
@blueprint.arguments(schemas.HoursIn)
@blueprint.response(201, schemas.HoursMade)
def set_hours(given: dict[str, Any]) -> dict[str, int]:
    """Let other hours count from a date on"""
    return {"id": commands.set_hours(current_actor(), commands.NewHours(**given))}


@blueprint.delete("/hours/<int:number>")
@requires("calendar.manage")
@blueprint.arguments(Removal, location="query")
@blueprint.response(204)
def remove_hours(by: dict[str, str], number: int) -> None:
    """Let hours count no longer"""
    commands.remove_hours(current_actor(), number, by["document"])


@blueprint.get("/cut-offs")
@requires("catalogue.read")
@blueprint.response(200, schemas.CutOffOut(many=True))
def cut_offs() -> Any:
    """Hours after which reception counts from the next working day, by unit and channel"""
    return list(read(queries.cut_off_hours))


@blueprint.post("/cut-offs")
@requires("calendar.manage")
@blueprint.arguments(schemas.CutOffIn)
@blueprint.response(201, schemas.HoursMade)
def set_cut_off(given: dict[str, Any]) -> dict[str, int]:
    """Let a cut-off hour hold from a date on"""
    return {"id": commands.set_cut_off(current_actor(), commands.NewCutOff(**given))}


@blueprint.delete("/cut-offs/<int:number>")
@requires("calendar.manage")
@blueprint.arguments(Removal, location="query")
@blueprint.response(204)
def remove_cut_off(by: dict[str, str], number: int) -> None:
    """Let a cut-off hour hold no longer"""
    commands.remove_cut_off(current_actor(), number, by["document"])


@blueprint.get("/notices")
@requires("task.read")
@blueprint.arguments(schemas.NoticeFilter, location="query")
@blueprint.response(200, schemas.NoticeList)
def list_notices(wanted: dict[str, Any]) -> notices.NoticePage:
    """My notices, newest first"""
    return notices.notices(
        current_actor(), unread=wanted["unread"], before=wanted["before"], size=wanted["page_size"])


@blueprint.post("/notices/read")
@requires("task.read")
@blueprint.arguments(schemas.NoticesRead)
@blueprint.response(200, schemas.NoticesRead)
def read_notices(given: dict[str, Any]) -> dict[str, Any]:
    """Note that I have read notices; without numbers, all of mine"""
    return {"count": notices.read_notices(current_actor(), given["notices"])}


@blueprint.get("/calendar/moves")
@requires("calendar.manage")
@blueprint.response(200, schemas.MovesOut)
def moves() -> recompute.Outcome:
    """Which open dates the calendar as it is now would move; nothing is changed"""
    return recompute.preview()


@blueprint.post("/calendar/moves")
@requires("calendar.manage")
@blueprint.arguments(schemas.MovesIn)
@blueprint.response(200, schemas.MovesOut)
def move(given: dict[str, str]) -> recompute.Outcome:
    """Move them, each with an entry in its dossier's history"""
    return recompute.recompute(current_actor(), given["reason"])


@blueprint.get("/dossiers/<code>/time")
@requires("dossier.read")
@blueprint.arguments(schemas.TimeQuery, location="query")
@blueprint.response(200, schemas.TimeOut)
def explain(wanted: dict[str, str], code: str) -> story.Time:
    """Why a date is what it is, day by day; whose working hours they were"""
    return story.time_of(current_actor(), code, wanted["scope"])


@blueprint.get("/dossiers/<code>/apologies")
@requires("dossier.read")
@blueprint.response(200, schemas.ApologyOut(many=True))
def apologies(code: str) -> Any:
    """A dossier's apologies, newest first"""
    return list(letters.apologies(current_actor(), code).rows)


@blueprint.post("/dossiers/<code>/apologies")
@requires("task.work")
@blueprint.arguments(schemas.ApologyIn)
@blueprint.response(201, schemas.ApologyMade)
def draft_apology(given: dict[str, Any], code: str) -> dict[str, int]:
    """Draft an apology with a new date"""
    return {"id": letters.draft_apology(current_actor(), code, letters.Wanted(**given))}


@blueprint.post("/dossiers/<code>/apologies/<int:number>/sign")
@requires("apology.sign")
@blueprint.response(200, schemas.ApologyMade)
def sign_apology(code: str, number: int) -> dict[str, Any]:
    """Sign a drafted apology; the new date counts from now on"""
    return {"id": number, "number": letters.sign_apology(current_actor(), code, number)}


@blueprint.post("/dossiers/<code>/apologies/<int:number>/refuse")
@requires("apology.sign")
@blueprint.arguments(schemas.ApologyRefused)
@blueprint.response(204)
def refuse_apology(given: dict[str, str], code: str, number: int) -> None:
    """Send a drafted apology back"""
    letters.refuse_apology(current_actor(), code, number, given["note"])


@blueprint.get("/outlook")
@requires("dossier.read")
@blueprint.arguments(schemas.BoardQuery, location="query")
@blueprint.response(200, schemas.BoardOut)
def outlook(wanted: dict[str, Any]) -> board.Board:
    """What will be late among the open dossiers of my units, and how good the forecast was"""
    page = wanted.pop("page")
    return board.board(current_actor(), board.Wanted(**wanted), page)


@blueprint.get("/procedures/<code>/versions/<int:number>/times")
@requires("procedure.edit")
@blueprint.arguments(schemas.TimesQuery, location="query")
@blueprint.response(200, schemas.TimesOut)
def times(wanted: dict[str, Any], code: str, number: int) -> practice.Practice:
    """Planned against actual of every step of a version"""
    return practice.practice(code, number, practice.Wanted(**wanted))


@blueprint.get("/procedures/<code>/versions/<int:number>/times/<step>")
@requires("procedure.edit")
@blueprint.arguments(schemas.VisitsQuery, location="query")
@blueprint.response(200, schemas.VisitsOut)
def visits(wanted: dict[str, Any], code: str, number: int, step: str) -> practice.Behind:
    """The visits behind a step's numbers, the longest over its limit first"""
    over = wanted.pop("over")
    return practice.behind(current_actor(), (code, number, step), practice.Wanted(**wanted), over=over)
