"""What can go wrong outside the engine, and the one map from families of errors to HTTP."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import structlog
from flask import Flask, Response, jsonify, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException

from app import clock
from app.reasons import REASON_DETAILS, reason_in_words
from engine.errors import Conflict, Failed, FormRefused, Invalid, NotPossible, OneDoorError

log = structlog.get_logger("onedoor")


class NotFound(OneDoorError):
    """There is no {what} "{key}" that you may see; check the code."""


class Forbidden(OneDoorError):
    """Your roles do not allow this ({permission}); ask your administrator if they should."""


class NotSignedIn(OneDoorError):
    """Sign in first."""


class TooMany(OneDoorError):
    """Too many attempts; wait {minutes} minutes and try again."""


class RequestForged(OneDoorError):
    """The page was open for too long or came from elsewhere; load it again and repeat."""


class PageNotFound(OneDoorError):
    """There is no such page; check the address."""


class MethodNotAllowed(OneDoorError):
    """This address does not take that kind of request."""


class TooLarge(OneDoorError):
    """What you sent is larger than the {limit} MB that are accepted; send less."""


class RequestUnreadable(Invalid):
    """The request cannot be read; correct it and send it again."""


class FieldsInvalid(FormRefused):
    """{count} field(s) have to be corrected, first: {first}."""


class DatabaseUnavailable(Failed):
    """The database does not answer or cannot be written; nothing was kept. Try again in a moment."""


class Unexpected(Failed):
    """Something unexpected went wrong and nothing was kept; it has been recorded under {reference}."""


class SomebodyWasFaster(Conflict):
    """{name} was faster on step "{step}", at {at}; load the dossier again to see where it stands."""


class ChangedMeanwhile(Conflict):
    """The dossier has moved on since you opened it (it is at entry {seq} now); load it again."""


STATUS: tuple[tuple[type[OneDoorError], int], ...] = (
    (NotFound, 404),
    (PageNotFound, 404),
    (MethodNotAllowed, 405),
    (Forbidden, 403),
    (RequestForged, 403),
    (NotSignedIn, 401),
    (TooMany, 429),
    (TooLarge, 413),
    (RequestUnreadable, 400),
    (DatabaseUnavailable, 503),
    (Invalid, 422),
    (Conflict, 409),
    (NotPossible, 409),
    (Failed, 500),
    (OneDoorError, 500),
)


def status_of(error: OneDoorError) -> int:
    """The HTTP status of an error's family."""
    return next(status for family, status in STATUS if isinstance(error, family))


def message_of(error: OneDoorError) -> str:
    """The error's sentence in the reader's language."""
    details = {key: _readable(value) for key, value in error.details.items()}
    return fill(gettext(error.template()), details)


def fill(template: str, details: dict[str, Any]) -> str:
    """A translated sentence with its `{named}` places filled; a missing detail leaves its place empty."""
    told = {key: _told(key, value) for key, value in details.items()}
    return template.format_map(_Blank(told))


def _told(key: str, value: Any) -> Any:
    """A detail as it is read; one that is a sentence itself brings its template and details."""
    if isinstance(value, dict) and "template" in value:
        return fill(gettext(value["template"]), value["details"])
    return reason_in_words(value) if key in REASON_DETAILS and isinstance(value, str) else value


class _Blank(dict[str, Any]):
    """A sentence must never fail for want of a detail."""

    def __missing__(self, key: str) -> str:
        return "…"


def _readable(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(clock.LOCAL).strftime("%H:%M %d/%m/%Y")
    if isinstance(value, dict) and "vi" in value:
        return value.get(str(get_locale() or "vi")) or value["vi"]
    return value


def fields_of(error: OneDoorError) -> list[dict[str, str]]:
    """The fields to correct, each with its path and sentence, from the error's detail `fields`."""
    return [_field(item) for item in error.details.get("fields", ())]


def _field(item: Any) -> dict[str, str]:
    if isinstance(item, dict):
        return {"path": str(item.get("path", "")), "message": str(item.get("message", ""))}
    template = getattr(item, "template", None)
    text = fill(gettext(template), dict(getattr(item, "details", {}) or {})) if template else gettext(str(item.message))
    return {"path": str(item.path), "message": text}


def body_of(error: OneDoorError) -> dict[str, Any]:
    """The JSON shape of every error."""
    return {
        "error": {
            "code": error.code(),
            "message": message_of(error),
            "details": {key: _plain(value) for key, value in error.details.items() if key != "fields"},
            "fields": fields_of(error),
        }
    }


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Iterable):
        return [_plain(item) for item in value]
    return str(value)


def init_app(app: Flask) -> None:
    """Answer every error in one shape: a page for people, JSON under /api."""
    app.register_error_handler(OneDoorError, answer)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(OperationalError, _answer_database)
    app.register_error_handler(DataError, _answer_data)
    app.register_error_handler(Exception, _answer_unexpected)


def answer(error: OneDoorError) -> tuple[Response | str, int] | Response:
    """The response for one of our errors."""
    status = status_of(error)
    if request.path.startswith("/api/"):
        return jsonify(body_of(error)), status
    if isinstance(error, NotSignedIn):
        return _to_sign_in()
    return render_template(
        "errors/error.html", status=status, message=message_of(error), error=error, fields=fields_of(error)
    ), status


def _to_sign_in() -> Response:
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    response = redirect(url_for("people.sign_in", next=target if target != "/" else None))
    assert isinstance(response, Response)
    return response


def _answer_http(error: HTTPException) -> Any:
    if error.code is not None and error.code < 400:
        return error
    return answer(_from_http(error))


def _from_http(error: HTTPException) -> OneDoorError:
    if error.code == 422:
        return _from_schema(error)
    known: dict[int, type[OneDoorError]] = {
        401: NotSignedIn, 403: Forbidden, 404: PageNotFound, 405: MethodNotAllowed, 413: TooLarge, 429: TooMany,
    }
    kind = known.get(error.code or 500, RequestUnreadable if (error.code or 500) < 500 else Unexpected)
    return kind(limit=_request_limit(), permission="", minutes=15, reference="-")


def _request_limit() -> int:
    return (request.max_content_length or 0) // (1024 * 1024)


def _from_schema(error: HTTPException) -> FieldsInvalid:
    """marshmallow's findings as field errors; a path names list places and nested keys with dots."""
    data: dict[str, Any] = getattr(error, "data", None) or {}
    fields = [
        {"path": path, "message": text}
        for part in (data.get("messages") or {}).values()
        for path, text in _leaves(part, "")
    ]
    first = f"{fields[0]['path']}: {fields[0]['message']}" if fields else ""
    return FieldsInvalid(count=len(fields), first=first, fields=fields)


def _leaves(found: Any, path: str) -> Iterable[tuple[str, str]]:
    if isinstance(found, dict):
        for key, value in found.items():
            yield from _leaves(value, f"{path}.{key}".strip("."))
    elif isinstance(found, list):
        yield path, " ".join(gettext(str(item)) for item in found)
    else:
        yield path, gettext(str(found))


def _answer_database(error: OperationalError) -> Any:
    log.error("database_unavailable", error=type(error.orig).__name__)
    return answer(DatabaseUnavailable())


def _answer_data(_error: DataError) -> Any:
    """PostgreSQL keeps no zero bytes and no number beyond its columns; no honest request has them."""
    return answer(RequestUnreadable())


def _answer_unexpected(error: Exception) -> Any:
    reference = clock.now().strftime("%Y%m%d-%H%M%S")
    log.error("unexpected", reference=reference, error=type(error).__name__, path=request.path, exc_info=error)
    return answer(Unexpected(reference=reference))
