"""API."""

from __future__ import annotations

from flask_smorest import Blueprint

blueprint = Blueprint("api_audit", __name__, url_prefix="/api/v1/audit")
