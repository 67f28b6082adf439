"""The OneDoor platform as a Flask application."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

from app import config, db, errors, frame, languages, logs, openapi, seals, security


class OneDoor(Flask):
    """Flask without a look at every function whether it is a coroutine: none of ours is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is."""
        return func


def create_app(**overrides: Any) -> Flask:
    """Build the application; `overrides` are settings by name (see `app/config.py`), for tests and commands."""
    app = OneDoor(__name__, static_folder=None)
    app.config.update(config.flask_settings(config.load(overrides)))
    proxies = app.config["ONEDOOR_PROXIES"]
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    logs.init_app(app)
    db.init_app(app)
    seals.init_app(app)
    security.init_app(app)
    languages.init_app(app)
    frame.init_app(app)
    _register(app)
    errors.init_app(app)
    Migrate(app, db.db, directory=str(config.ROOT / "migrations"), render_as_batch=False)
    security.check_routes(app)
    return app


def _register(app: Flask) -> None:
    """Every feature's pages and API; they import the app's parts, hence they are imported here only."""
    from app.audit import api as audit_api
    from app.audit import pages as audit_pages
    from app.deadlines import api as deadlines_api
    from app.deadlines import pages as deadlines_pages
    from app.dossiers import api as dossiers_api
    from app.dossiers import pages as dossiers_pages
    from app.jobs import api as jobs_api
    from app.jobs import pages as jobs_pages
    from app.moving import api as moving_api
    from app.moving import pages as moving_pages
    from app.people import api as people_api
    from app.people import pages as people_pages
    from app.procedures import api as procedures_api
    from app.procedures import pages as procedures_pages
    from app.tasks import api as tasks_api
    from app.tasks import pages as tasks_pages

    pages = (
        people_pages, procedures_pages, moving_pages, dossiers_pages, tasks_pages, audit_pages, jobs_pages,
        deadlines_pages,
    )
    for module in pages:
        app.register_blueprint(module.blueprint)
    api = openapi.create(app)
    apis = (
        people_api, procedures_api, moving_api, dossiers_api, tasks_api, audit_api, jobs_api, deadlines_api,
    )
    for module in apis:
        api.register_blueprint(module.blueprint)
