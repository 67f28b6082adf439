"""Who is asking and whether he may: every route declares a permission or says that it is public.

The declaration is only a mark; `_guard` enforces it before any view, argument parsing included. An app with an
undeclared route does not start.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, current_app, request
from flask.globals import request_ctx
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf
from limits import RateLimitItem, parse
from markupsafe import Markup
from sqlalchemy import select

from app import clock
from app.db import reading
from app.errors import Forbidden, NotSignedIn, RequestForged, TooMany
from app.people.actor import Actor
from app.people.models import Membership, Unit
from app.people.permissions import PERMISSIONS, permissions_of
from app.sessions import ServerSession, ServerSessions, SignedIn, bearer, by_token

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC = "public"
_MARK = "onedoor_permission"
_KEPT = "onedoor.actor"
_PUBLIC_ENDPOINTS = {"api-docs.openapi_json"}
_SAFE = {"GET", "HEAD", "OPTIONS"}

csrf_protect = CSRFProtect()
limiter = Limiter(get_remote_address, headers_enabled=False)

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def requires(permission: str) -> Callable[[View], View]:
    """Only people with this permission reach the view."""
    if permission not in PERMISSIONS:
        raise ValueError(f"Unknown permission {permission}; add it to app/people/permissions.py first.")
    return lambda view: _marked(view, permission)


def public(view: View) -> View:
    """Everybody reaches the view, signed in or not."""
    return _marked(view, PUBLIC)


def _marked(view: View, permission: str) -> View:
    setattr(view, _MARK, permission)
    return view


def current_actor() -> Actor:
    """The person who sent this request, with his roles of today. Raises NotSignedIn."""
    actor = optional_actor()
    if actor is None:
        raise NotSignedIn()
    return actor


def optional_actor() -> Actor | None:
    """The person who sent this request, or None."""
    if _KEPT not in request.environ:
        secret = bearer(request)
        person = by_token(secret) if secret else own_session().signed_in
        request.environ[_KEPT] = actor_of(person) if person else None
    found: Actor | None = request.environ[_KEPT]
    return found


def actor_of(person: SignedIn) -> Actor:
    """A person with the roles that are valid today."""
    roles = _roles_of(person) if person.roles is None else person.roles
    own = permissions_of({role for _, role in roles}) | {"account.own"}
    return Actor(person.person, person.name, person.username, roles, frozenset(own), person.language)


def _roles_of(person: SignedIn) -> tuple[tuple[str, str], ...]:
    today = clock.today()
    query = (
        select(Membership.unit, Membership.role)
        .join(Unit, Unit.code == Membership.unit)
        .where(Membership.person == person.person, Membership.valid_from <= today,
               Membership.valid_to.is_(None) | (Membership.valid_to >= today),
               Unit.valid_to.is_(None) | (Unit.valid_to >= today))
        .order_by(Membership.unit, Membership.role)
    )
    with reading() as conn:
        return tuple((row.unit, row.role) for row in conn.execute(query))


def own_session() -> ServerSession:
    """The browser's session as we keep it."""
    found = request_ctx.session
    assert isinstance(found, ServerSession)
    return found


def attempt(name: str, key: str, tries: int) -> None:
    """Count one attempt under a limit per 15 minutes. Raises TooMany before anything costly is done."""
    if not limiter.limiter.hit(_limit(tries), name, key):
        raise TooMany(minutes=15)


def forget_attempts(name: str, key: str, tries: int) -> None:
    """Start counting anew, after a success."""
    limiter.limiter.clear(_limit(tries), name, key)


def _limit(tries: int) -> RateLimitItem:
    return parse(f"{tries} per 15 minute")


def init_app(app: Flask) -> None:
    """Sessions, the guard, page tokens, limits and headers."""
    app.session_interface = ServerSessions()
    csrf_protect.init_app(app)
    # Attempts are counted where they are made: taken for registered, the limiter does not look at every request.
    app.extensions["limiter"] = {limiter}
    limiter.init_app(app)
    app.before_request(_guard)
    app.after_request(_headers)
    app.jinja_env.globals["csrf"] = _csrf_field
    app.jinja_env.globals["csrf_token"] = generate_csrf


def check_routes(app: Flask) -> None:
    """Refuse to start with a route that declares no permission."""
    bare = [
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        if permission_of(app, rule.endpoint, method) is None
    ]
    if bare:
        raise RuntimeError(f"These routes declare no permission: {', '.join(bare)}; add @requires or @public.")


def permission_of(app: Flask, endpoint: str, method: str) -> str | None:
    """The permission a route declares, `public`, or None."""
    if endpoint in _PUBLIC_ENDPOINTS:
        return PUBLIC
    view: Any = app.view_functions[endpoint]
    view_class = getattr(view, "view_class", None)
    if view_class is not None:
        view = getattr(view_class, "get" if method == "HEAD" else method.lower(), None)
    found: str | None = getattr(view, _MARK, None)
    return found


def _guard() -> None:
    if request.endpoint is None or request.method == "OPTIONS":
        return
    permission = permission_of(current_app, request.endpoint, request.method)
    if request.method not in _SAFE and not bearer(request):
        _check_page_token()
    if permission == PUBLIC:
        return
    actor = current_actor()
    if permission is None or not actor.may(permission):
        raise Forbidden(permission=permission or "-")


def _check_page_token() -> None:
    try:
        csrf_protect.protect()
    except CSRFError:
        raise RequestForged() from None


def _headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if current_app.config["ONEDOOR_HTTPS"]:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if not request.path.startswith("/assets/"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _csrf_field() -> Markup:
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())
