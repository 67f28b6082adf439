"""Facts of a procedure in every odd shape: refused, or shown by every page that reads them."""

from __future__ import annotations

from typing import Any

import pytest

from tests import builders as make
from tests.app.security.ground import Ground

pytestmark = make.on_sqlite
ODD: tuple[Any, ...] = (None, 5, "x", ["x"], {"vi": 5})
PAGES = ("", "/facts")


@pytest.mark.parametrize("name", make.FACTS)
def test_a_fact_of_the_wrong_shape_is_refused_or_bearable(ground: Ground, name: str) -> None:
    analyst = ground.person("analyst", ("H49", "analyst"))
    api, browser = ground.api(analyst), ground.browser(analyst)
    url = f"/procedures/{make.PROCEDURE}/draft"
    assert api.post(url).status_code == 201
    revision, wrong = 1, []
    for odd in ODD:
        body = {"revision": revision, "procedure": {**make.FACTS, name: odd}}
        answer = api.open(url, "PUT", json=body)
        if answer.status_code == 422:
            continue
        revision += answer.status_code == 200
        pages = {answer.status_code: "PUT"} | {browser.get(url + page).status_code: page for page in PAGES}
        wrong += [(odd, page) for status, page in pages.items() if status >= 500]
    assert not wrong, wrong


def test_a_new_procedure_without_anything_is_refused(ground: Ground) -> None:
    browser = ground.browser(ground.person("analyst", ("H49", "analyst")))
    answer = browser.post("/procedures/new")
    assert answer.status_code == 422
    assert browser.post("/procedures/new", {"level": "galaxy", "code": "../x", "key": "X"}).status_code == 422
