"""One JSON line per event; never a name, a form's value or a secret."""

from __future__ import annotations

import logging
import sys
import time
from typing import Any

import structlog
from flask import Flask, Response, g, request

log = structlog.get_logger("onedoor")


def init_app(app: Flask) -> None:
    """Log in JSON, and each request once."""
    level = logging.getLevelNamesMapping().get(app.config["ONEDOOR_LOG_LEVEL"].upper(), logging.INFO)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_to_standard_error,
    )
    app.before_request(_begin)
    app.after_request(_end)


def _to_standard_error(*_names: Any) -> structlog.PrintLogger:
    """Whatever is standard error now: what it was when the app was made may have been closed since."""
    return structlog.PrintLogger(sys.stderr)


def _begin() -> None:
    g.began = time.perf_counter()


def _end(response: Response) -> Response:
    if not request.path.startswith("/assets/"):
        actor = request.environ.get("onedoor.actor")
        log.info(
            "request", method=request.method, route=str(request.url_rule or "-"), status=response.status_code,
            milliseconds=round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1),
            person=actor.person if actor else None,
        )
    return response
