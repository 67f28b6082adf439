"""Why a dossier cannot go over, in the reader's words."""

from __future__ import annotations

from flask_babel import gettext

from app.errors import fill
from engine.migration import Obstacle


def sentence(obstacle: Obstacle) -> str:
    """An obstacle's sentence."""
    return fill(gettext(obstacle.template), {"element": obstacle.element, **obstacle.details})
