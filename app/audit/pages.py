"""Pages."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("audit", __name__, template_folder="templates", url_prefix="/audit")
