"""A real log of receptions: its planned end dates against ours under a Dutch calendar, with every difference named.

    python -m tests.bench.receipt FILE

FILE is an event log in XES (also .gz) whose cases carry `startdate` and `enddate_planned`, such as the receipt phase of
the environmental permits of a Dutch municipality that the CoSeLoG project published. Eight weeks are the usual time for
a decision there; by ours a date that would fall on a day off moves to the next working day, as Dutch law has it too.
"""

from __future__ import annotations

import argparse
import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import holidays
from lxml import etree

from engine import facts as f
from engine.clock.deadlines import due_dates, schedule
from engine.clock.worktime import Calendar

ZONE = ZoneInfo("Europe/Amsterdam")
WEEKS, EXTENDED = 8, 14
_XES = "{http://www.xes-standard.org/}"


@dataclass(frozen=True, slots=True)
class Case:
    """A case of the log: when it began, when it was planned to end, and how many events it has."""

    name: str
    start: datetime
    planned: datetime
    events: int

    @property
    def days(self) -> int:
        """Calendar days that the log's own system gave it."""
        return (self.planned.date() - self.start.date()).days


def cases(path: Path) -> Iterator[Case]:
    """The cases of a log that have both dates."""
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        for _, trace in etree.iterparse(file, tag=f"{_XES}trace", resolve_entities=False, no_network=True):
            told = {part.get("key"): part.get("value") for part in trace if part.tag != f"{_XES}event"}
            begun, planned = (told.get(key) for key in ("startdate", "enddate_planned"))
            if begun and planned:
                moments = (datetime.fromisoformat(text).astimezone(ZONE) for text in (begun, planned))
                yield Case(told.get("concept:name") or "?", *moments, len(trace.findall(f"{_XES}event")))
            trace.clear()


def dutch(first: int, last: int) -> Calendar:
    """Office hours from Monday to Friday without the public holidays of these years."""
    off = dict.fromkeys(holidays.NL(years=range(first, last + 1)), "off")
    return Calendar(shifts=((time(9), time(17)),), days=off, zone=ZONE)


def ours(case: Case, calendar: Calendar, days: int) -> date:
    """The date that the ledger gives a dossier which began then and has so many calendar days."""
    procedure = {"limits": {"reduced": {"value": days, "unit": "calendar_day"}}}
    ledger = schedule(procedure, [f.ProcessStarted("", {}, {})], [], calendar, case.start).ledger
    due = due_dates(procedure, ledger, calendar)["dossier"]
    assert due is not None
    return datetime.fromisoformat(due).astimezone(ZONE).date()


Rule = Callable[[Case, Calendar], bool]
CLASSES: tuple[tuple[str, Rule], ...] = (
    ("the same day", lambda case, calendar: ours(case, calendar, WEEKS * 7) == case.planned.date()),
    ("eight weeks, but theirs ends on a day off and ours on the next working day",
     lambda case, calendar: case.days == WEEKS * 7),
    ("fourteen weeks: the six weeks' extension that the law allows once; ours gives that date when it is appointed",
     lambda case, calendar: case.days == EXTENDED * 7 and ours(case, calendar, case.days) == case.planned.date()),
    ("other whole weeks, from one to fifty-two: another time limit than the usual one",
     lambda case, calendar: case.days % 7 == 0 and 0 < case.days <= 364),
    ("eight weeks and a year: the year is most likely a slip", lambda case, _: case.days - WEEKS * 7 in (365, 366)),
    ("longer by odd days: most likely time that stood still for the applicant, of which the log keeps no interval",
     lambda case, calendar: case.days > WEEKS * 7),
    ("shorter by odd days: most likely set by hand", lambda case, calendar: True),
)


def main() -> None:
    """Load, compare, and print how many cases fall into each class, with an example of each."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("file", type=Path)
    loaded = list(cases(given.parse_args().file))
    if not loaded:
        raise SystemExit("The file has no case with startdate and enddate_planned.")
    calendar = dutch(min(case.start.year for case in loaded) - 1, max(case.planned.year for case in loaded) + 1)
    print(f"{len(loaded)} cases, {sum(case.events for case in loaded)} events, begun from "
          f"{min(case.start for case in loaded):%d %B %Y} to {max(case.start for case in loaded):%d %B %Y}")
    left = loaded
    for name, holds in CLASSES:
        found = [case for case in left if holds(case, calendar)]
        left = [case for case in left if not holds(case, calendar)]
        print(f"{len(found):6} {len(found) / len(loaded):6.1%}  {name}")
        if found:
            case = found[0]
            print(f"{'':15}  {case.name}: begun {case.start:%a %d %b %Y}, theirs {case.planned:%a %d %b %Y} "
                  f"({case.days} days), ours {ours(case, calendar, WEEKS * 7):%a %d %b %Y}")
    given_days = [case for case in loaded if case.days > 0]
    same = sum(ours(case, calendar, case.days) == case.planned.date() for case in given_days)
    moved = sum(not calendar.works(case.planned.date()) and
                ours(case, calendar, case.days) == _next_working(calendar, case.planned.date()) for case in given_days)
    print(f"Given each case's own number of days, {same} of {len(given_days)} dates are the same and {moved} are the "
          f"next working day after theirs; {len(given_days) - same - moved} differ otherwise.")


def _next_working(calendar: Calendar, day: date) -> date:
    while not calendar.works(day):
        day += timedelta(days=1)
    return day


if __name__ == "__main__":
    main()
