"""How long a due date takes: medians of rounds on calendars of Viet Nam, the Netherlands and Japan.

    python -m tests.bench.worktime
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import holidays

from app.people.holidays import days_of
from engine.clock.worktime import Calendar, add, between, limit_due, subtract
from tests.engine.test_calendars import DUTCH, JAPANESE

ROUNDS, TIMES = 30, 2000
TARGET = 20.0


def vietnamese() -> Calendar:
    """The calendar that a new installation has."""
    return Calendar(days={row[0]: row[1] for year in range(2020, 2032) for row in days_of(year)})


def round_of(action: Callable[[datetime], object], moments: list[datetime]) -> float:
    """Microseconds of one call."""
    start = time.process_time()
    for moment in moments:
        action(moment)
    return (time.process_time() - start) / len(moments) * 1e6


def main() -> None:
    """Print the median of one due date for each kind of limit, and what the first one costs."""
    chance = random.Random(7)
    begin = datetime(2024, 1, 1, tzinfo=UTC)
    moments = [begin + timedelta(seconds=chance.randrange(3 * 365 * 86_400)) for _ in range(TIMES)]
    hours, limit, day = Decimal(56), {"value": 15, "unit": "working_day"}, {"value": 15, "unit": "calendar_day"}
    worst = 0.0
    print(f"holidays {holidays.__version__}; {ROUNDS} rounds of {TIMES} moments each")
    for name, calendar in (("Viet Nam", vietnamese()), ("Netherlands", DUTCH), ("Japan", JAPANESE)):
        started = time.process_time()
        add(calendar, begin, hours)
        first = (time.process_time() - started) * 1e3
        actions: dict[str, Callable[[datetime], object]] = {
            "add 56 h": lambda at, of=calendar: add(of, at, hours),
            "subtract 56 h": lambda at, of=calendar: subtract(of, at, hours),
            "between": lambda at, of=calendar: between(of, begin, at),
            "15 working days": lambda at, of=calendar: limit_due(of, at, limit),
            "15 calendar days": lambda at, of=calendar: limit_due(of, at, day),
        }
        print(f"{name}: the first due date of a new calendar {first:.1f} ms")
        for title, action in actions.items():
            median = statistics.median(round_of(action, moments) for _ in range(ROUNDS))
            worst = max(worst, median)
            print(f"  {title:18}{median:8.2f} µs")
    print(f"worst median {worst:.2f} µs, wanted at most {TARGET:.0f} µs: {'kept' if worst <= TARGET else 'MISSED'}")


if __name__ == "__main__":
    main()
