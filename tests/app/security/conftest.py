"""The ground on which attacks are tried."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.app.security.ground import Ground, lay


@pytest.fixture
def ground(app: Flask) -> Ground:
    return lay(app)
