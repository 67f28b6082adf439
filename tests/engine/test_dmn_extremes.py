"""The least and the greatest of what a table collects: of anything that has an order, as in FEEL."""

from __future__ import annotations

import pytest

from engine.errors import DecisionFailed
from tests.engine.test_dmn import asked, decision, file


def collected(aggregation: str, *values: str) -> object:
    rules = "".join(f"<rule><outputEntry><text>{value}</text></outputEntry></rule>" for value in values)
    table = f'<decisionTable hitPolicy="COLLECT" aggregation="{aggregation}"><output name="r"/>{rules}</decisionTable>'
    return asked(file(decision("d", table)))


def test_the_first_of_several_dates_is_the_least() -> None:
    assert str(collected("MIN", '@"2026-05-01"', '@"2026-03-01"')) == "2026-03-01"
    assert collected("MAX", '"a"', '"c"', '"b"') == "c"


@pytest.mark.parametrize("values", [('"a"', "1"), ("null",), ("true",)])
def test_what_has_no_order_fails(values: tuple[str, ...]) -> None:
    with pytest.raises(DecisionFailed, match="cannot be compared"):
        collected("MIN", *values)
