"""Pages."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("procedures", __name__, template_folder="templates", url_prefix="/procedures")
