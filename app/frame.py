"""What stands around every page's own content: assets, the reader, his sections, the start page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from flask import Blueprint, Flask, Response, current_app, redirect, request, send_from_directory
from flask_babel import lazy_gettext
from sqlalchemy import Connection, text
from werkzeug.wrappers import Response as AnyResponse

from app.config import HOME
from app.db import reading
from app.deadlines.notices import unread_notices
from app.jobs.queries import open_incidents
from app.languages import COOKIE, LANGUAGES, language
from app.people.accounts import choose_language
from app.people.actor import Actor
from app.people.permissions import ROLES
from app.people.queries import is_demonstration, unit_names
from app.security import optional_actor, public
from app.tasks.inbox import held
from app.web import own_path

blueprint = Blueprint("frame", __name__)
ASSETS = HOME / "assets"
A_YEAR = 365 * 24 * 3600

RECEPTION = "/dossiers/new"
SECTIONS: tuple[tuple[str, str, Any, str], ...] = (
    (RECEPTION, "dossier.receive", lazy_gettext("Receive a dossier"), "receive"),
    ("/tasks", "task.read", lazy_gettext("Inbox"), "inbox"),
    ("/notices", "task.read", lazy_gettext("Notices"), "clock"),
    ("/dossiers", "dossier.read", lazy_gettext("Dossiers"), "folder"),
    ("/outlook", "dossier.read", lazy_gettext("What will be late"), "chart"),
    ("/procedures", "catalogue.read", lazy_gettext("Procedures"), "procedure"),
    ("/audit", "audit.read", lazy_gettext("Audit"), "audit"),
    ("/incidents", "incident.read", lazy_gettext("Incidents"), "incident"),
    ("/people", "people.manage", lazy_gettext("People and units"), "people"),
    ("/calendar", "calendar.manage", lazy_gettext("Calendar"), "calendar"),
)


@blueprint.get("/")
@public
def start() -> AnyResponse:
    """The first section the person may use; the sign-in page for everybody else."""
    actor = optional_actor()
    if actor is None:
        return redirect("/sign-in")
    return redirect(home_of(actor))


@blueprint.get("/healthz")
@public
def health() -> dict[str, str]:
    """Whether the platform answers and reaches its database."""
    with reading() as conn:
        conn.execute(text("SELECT 1"))
    return {"status": "ok"}


@blueprint.get("/assets/<path:name>")
@public
def assets(name: str) -> Response:
    """A built file; its name changes with its content, so browsers may keep it."""
    return send_from_directory(ASSETS, name, max_age=A_YEAR)


@blueprint.post("/language")
@public
def change_language() -> AnyResponse:
    """Read everything in another language from here on."""
    chosen = request.form.get("language", "")
    response = redirect(own_path(request.form.get("next", "")))
    if chosen in LANGUAGES:
        actor = optional_actor()
        if actor is not None:
            choose_language(actor, chosen)
        response.set_cookie(COOKIE, chosen, max_age=A_YEAR, samesite="Lax", httponly=True,
                            secure=current_app.config["ONEDOOR_HTTPS"])
    return response


def home_of(actor: Actor) -> str:
    """Where a person's work begins."""
    if actor.may("procedure.edit") and not actor.may("task.work"):
        return "/procedures"
    if actor.may("audit.read") and not actor.may("task.work"):
        return "/audit"
    rest = (url for url, permission, _, _ in SECTIONS if url != RECEPTION and actor.may(permission))
    return next(rest, "/account")


def asset(name: str) -> str:
    """The address of a built asset."""
    return "/assets/" + _manifest(_manifest_age()).get(name, name)


def _manifest_age() -> float:
    path = ASSETS / "manifest.json"
    return path.stat().st_mtime if path.exists() else 0.0


@cache
def _manifest(_age: float) -> dict[str, str]:
    path = ASSETS / "manifest.json"
    found: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return found


def init_app(app: Flask) -> None:
    """Give templates what the frame needs."""
    app.register_blueprint(blueprint)
    app.jinja_env.globals["asset"] = asset
    app.context_processor(_context)


def _context() -> dict[str, Any]:
    actor = optional_actor()
    config = current_app.config
    province = {"vi": config["ONEDOOR_PROVINCE_NAME_VI"], "en": config["ONEDOOR_PROVINCE_NAME_EN"]}
    shared: dict[str, Any] = {"actor": actor, "language": language(), "province": province, "search_url": False}
    with reading() as conn:
        shared["demonstration"] = is_demonstration(conn)
        if actor is None:
            return shared
        names, counts = unit_names(conn, actor.units), _counts(conn, actor)
    lang = language()
    roles = dict.fromkeys(ROLES[role][0 if lang == "vi" else 1] for _, role in actor.roles if role in ROLES)
    return shared | {
        "navigation": _navigation(actor, counts),
        "unit_names": [name[lang] for name in names.values()],
        "role_names": list(roles),
        "search_url": "/dossiers" if actor.may("dossier.read") else False,
    }


def _counts(conn: Connection, actor: Actor) -> dict[str, int]:
    """What waits for the person in his sections."""
    return {
        "/tasks": held(conn, actor) if actor.may("task.work") else 0,
        "/notices": unread_notices(conn, actor) if actor.may("task.read") else 0,
        "/incidents": open_incidents(conn, actor) if actor.may("incident.read") else 0,
    }


def _navigation(actor: Actor, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {"url": url, "label": label, "icon": icon, "current": _is_current(url),
         "count": counts.get(url) or None, "late": url == "/incidents", "first": url == RECEPTION}
        for url, permission, label, icon in SECTIONS
        if actor.may(permission)
    ]


def _is_current(url: str) -> bool:
    """The reception desk stands below the dossiers' address but is a section of its own."""
    if request.path.startswith(RECEPTION) and url != RECEPTION:
        return False
    return request.path == url or request.path.startswith(url + "/")
