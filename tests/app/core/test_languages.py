"""Texts, numbers and times in the reader's form."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale, gettext

from app import languages
from app.languages import (
    catalogue,
    compile_catalogue,
    day,
    exactly,
    hours,
    hours_exactly,
    moment,
    number,
    pick,
    plain,
    stale,
)
from tests import builders as make


@make.on_sqlite
@pytest.mark.parametrize(("value", "vi", "en"), [
    (12, "1 ngày 4 giờ", "1 day 4 hours"),
    ("0.5", "30 phút", "30 minutes"),
    (Decimal("16"), "2 ngày", "2 days"),
    (1, "1 giờ", "1 hour"),
    (0, "0 giờ", "0 hours"),
    ("-9.25", "−1 ngày 1 giờ 15 phút", "−1 day 1 hour 15 minutes"),
    (None, "", ""),
])
def test_working_hours_in_words(inside: Flask, value: object, vi: str, en: str) -> None:
    with inside.test_request_context():
        with force_locale("vi"):
            assert hours(value) == vi  # type: ignore[arg-type]
        with force_locale("en"):
            assert hours(value) == en  # type: ignore[arg-type]


@make.on_sqlite
def test_seconds_are_told_where_there_are_any(inside: Flask) -> None:
    at = datetime(2026, 3, 2, 2, 27, 41, 600_000, tzinfo=UTC)
    assert [exactly(at), exactly(at.replace(second=0)), exactly(None)] == ["09:27:41", "09:27", ""]
    with inside.test_request_context(), force_locale("en"):
        assert hours_exactly(Decimal(7061) / 3600) == "1 hour 57 minutes 41 seconds"
        assert [hours_exactly(value) for value in ("-0.5", 0, None)] == ["−30 minutes", "0 hours", ""]
        assert hours(Decimal(7061) / 3600) == "1 hour 58 minutes"


def test_times_are_those_of_viet_nam() -> None:
    late = datetime(2026, 3, 2, 18, 30, tzinfo=UTC)
    assert moment(late) == "01:30 03/03/2026"
    assert day(late) == "03/03/2026"
    assert day(date(2026, 3, 2)) == "02/03/2026"
    assert moment("2026-03-02T01:00:00+00:00") == "08:00 02/03/2026"
    assert moment(None) == day(None) == ""


@make.on_sqlite
def test_numbers_have_the_readers_separators(inside: Flask) -> None:
    with inside.test_request_context():
        with force_locale("vi"):
            assert number("1234567.5") == "1.234.567,5"
        with force_locale("en"):
            assert number(1234567, 2) == "1,234,567.00"


def test_pick_falls_back_to_vietnamese() -> None:
    assert pick({"vi": "Hồ sơ", "en": "Dossier"}, "en") == "Dossier"
    assert pick({"vi": "Hồ sơ"}, "en") == "Hồ sơ"
    assert pick("as it is") == "as it is"
    assert pick(None) == ""


def test_searching_knows_no_accents() -> None:
    assert plain("  Đặng  Thị Ánh ") == "dang thi anh"


def test_the_catalogue_is_merged_and_compiled(tmp_path: Path) -> None:
    assert stale(tmp_path)
    compile_catalogue(tmp_path)
    assert not stale(tmp_path)
    merged = catalogue()
    assert merged.get("Incidents").string == "Sự cố"
    assert merged.get("Sign in").string == "Đăng nhập"


@make.on_sqlite
def test_the_nouns_of_not_found_are_translated(inside: Flask) -> None:
    with inside.test_request_context(), force_locale("vi"):
        assert gettext("dossier") == "hồ sơ"
        assert next(str(noun) for noun in languages.NOUNS) == "đơn vị"
