"""Viet Nam's public holidays, observed days and make-up Saturdays, to seed the calendar that people then correct."""

from __future__ import annotations

from datetime import date

import holidays

SOURCE = "Bộ luật Lao động 2019, Điều 112"

# What the library does not know: 2 January 2026 was exchanged for a Saturday.
CORRECTIONS: tuple[tuple[date, str, str, str, str], ...] = (
    (date(2026, 1, 2), "off", "Nghỉ hoán đổi Tết Dương lịch", "New Year bridge day", "12729/VPCP-KGVX"),
    (date(2026, 1, 10), "make_up", "Làm bù ngày 02/01/2026", "Make-up for 2 January 2026", "12729/VPCP-KGVX"),
)


def days_of(year: int) -> list[tuple[date, str, str, str, str]]:
    """(day, kind, Vietnamese name, English name, document) of every day of a year that differs from the week."""
    vietnamese, english = holidays.VN(years=year, language="vi"), holidays.VN(years=year, language="en_US")
    found = {
        day: (day, "off", vietnamese[day], english.get(day, vietnamese[day]), SOURCE) for day in sorted(vietnamese)
    }
    for day in sorted(vietnamese.weekend_workdays):
        if day.year == year:
            found[day] = (day, "make_up", "Ngày làm bù", "Make-up working day", "")
    for row in CORRECTIONS:
        if row[0].year == year:
            found[row[0]] = row
    return [row for row in found.values() if row[1] == "make_up" or row[0].weekday() < 5]
