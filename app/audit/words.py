"""How histories are put into the reader's words, for pages and API."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext, lazy_gettext

from app.audit.queries import History, Reader
from app.audit.reexecute import Verdict
from app.audit.replay import Moment, Token
from app.languages import STATUS_NAMES, hours, language, moment

CLOCKS = {
    "running": lazy_gettext("running"),
    "supplement": lazy_gettext("stopped, a supplement is awaited"),
    "financial": lazy_gettext("stopped, a financial obligation is awaited"),
    "applicant": lazy_gettext("stopped, the applicant is awaited"),
}
ACTIONS = {
    "history": lazy_gettext("looked at the history"),
    "export": lazy_gettext("exported the history"),
    "compare": lazy_gettext("compared two moments"),
}
PLACES = {
    "status": lazy_gettext("Status"),
    "clock": lazy_gettext("Legal clock"),
    "steps": lazy_gettext("Open steps"),
    "due.dossier": lazy_gettext("Promised date"),
    "due.statutory": lazy_gettext("Statutory date"),
}


def reader() -> Reader:
    """The present reader's language and ways of writing."""
    return Reader(language(), gettext, status_name, moment, hours)


def status_name(code: int) -> str:
    """A status in words."""
    return str(STATUS_NAMES.get(code, code))


def clock_name(clock: str) -> str:
    """The state of the legal clock in words."""
    return str(CLOCKS.get(clock, clock))


def replay_data(found: History) -> dict[str, Any]:
    """What the replay island needs."""
    return {"drawn": dict(found.drawn), "moments": [_replayed(each) for each in found.moments]}


def _replayed(each: Moment) -> dict[str, Any]:
    return {
        "seq": each.act.seq, "version": each.digest, "at": each.act.at.isoformat(), "title": each.title,
        "who": each.act.who,
        "tokens": [token_data(token) for token in each.tokens],
        "passed": each.passed, "flows": each.flows, "notes": [told.text for told in each.told],
        "rows": [*as_then(each), *((label, text) for label, text, _ in each.rows)],
    }


def token_data(token: Token) -> dict[str, Any]:
    """What a diagram shows of an open step."""
    return {"element": token.element, "label": token.label, "state": token.state, "holder": token.holder}


def as_then(each: Moment) -> list[tuple[str, str]]:
    """Status, clock and dates as they stood at that moment."""
    rows = [
        (gettext("Status then"), status_name(each.status)),
        (gettext("Legal clock then"), clock_name(each.clock)),
        (gettext("Promised date then"), _date(each.due.get("dossier"))),
        (gettext("Statutory date then"), _date(each.due.get("statutory"))),
    ]
    due = [(gettext("%(step)s due", step=token.label), moment(token.due_at)) for token in each.tokens if token.due_at]
    return rows + due


def _date(due: str | None) -> str:
    return moment(due) if due else gettext("open")


def difference_rows(differences: tuple[tuple[str, Any, Any], ...]) -> list[tuple[str, str, str]]:
    """What differs between two moments, in words."""
    return [(_place(place), _said(place, then), _said(place, later)) for place, then, later in differences]


def _place(place: str) -> str:
    return str(PLACES.get(place) or place)


def _said(place: str, value: Any) -> str:
    if value is None or value == "":
        return "–"
    if place == "status":
        return status_name(value)
    if place == "clock":
        return clock_name(value)
    return moment(value) if place.startswith("due.") else str(value)


def verdict_text(verdict: Verdict) -> str:
    """What running the commands again showed."""
    known = {
        "equal": gettext("Run again, the published diagram commands exactly these facts (%(n)s entries).",
                         n=verdict.checked),
        "differs": gettext("Run again, the published diagram leads to other facts at entry %(n)s.", n=verdict.seq),
        "refused": gettext("Run again, the engine refuses entry %(n)s: %(reason)s", n=verdict.seq,
                           reason=verdict.reason),
        "unreadable": gettext("Entry %(n)s cannot be read: %(reason)s", n=verdict.seq, reason=verdict.reason),
        "erased": gettext("Entry %(n)s was erased; what came after it cannot be run again.", n=verdict.seq),
    }
    return known[verdict.outcome]
