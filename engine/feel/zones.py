"""Named time zones by rule: the engine reads no zone files, so it knows a small table and is the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache

_HOUR = timedelta(hours=1)
_LAST = 5


@dataclass(frozen=True, slots=True)
class Summer:
    """Summer time in force since a year: month, which Sunday, and hour of standard time of its start and its end."""

    since: int
    start: tuple[int, int, int]
    end: tuple[int, int, int]


_EUROPE = Summer(1996, (3, _LAST, 1), (10, _LAST, 1))
_AMERICA = Summer(2007, (3, 2, 2), (11, 1, 1))
_AUSTRALIA = Summer(2008, (10, 1, 2), (4, 1, 2))


@lru_cache(maxsize=4096)
def _moment(year: int, place: tuple[int, int, int]) -> datetime:
    month, week, hour = place
    first = date(year, month, 1)
    sunday = first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (week - 1))
    if sunday.month != month:
        sunday -= timedelta(days=7)
    return datetime(sunday.year, sunday.month, sunday.day, hour)


class Zone(tzinfo):
    """A zone with its standard offset and perhaps summer time."""

    def __init__(self, name: str, hours: float, summer: Summer | None = None) -> None:
        self.name = name
        self.standard = timedelta(hours=hours)
        self.summer = summer

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        if moment is None:
            # A time of day alone has no offset where it depends on the day
            return self.standard if self.summer is None else None
        return self.standard + (self.dst(moment) or timedelta())

    def dst(self, moment: datetime | None) -> timedelta | None:
        if moment is None or self.summer is None:
            return timedelta()
        wall = moment.replace(tzinfo=None, fold=0)
        # Europe changes everywhere at the same instant, the others by their own clocks
        shift = self.standard if self.summer is _EUROPE else timedelta()
        start = _moment(moment.year, self.summer.start) + shift
        end = _moment(moment.year, self.summer.end) + shift + (timedelta() if moment.fold else _HOUR)
        inside = start <= wall < end if start < end else not end <= wall < start
        return _HOUR if inside else timedelta()

    def tzname(self, moment: datetime | None) -> str:
        return self.name

    def knows(self, year: int) -> bool:
        """Whether the rule was in force in that year."""
        return self.summer is None or year >= self.summer.since

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"Zone({self.name!r})"


_STANDARD: dict[float, str] = {
    0: "UTC GMT Etc/UTC Etc/GMT Africa/Abidjan Atlantic/Reykjavik",
    4: "Asia/Dubai",
    5.5: "Asia/Kolkata",
    6: "Asia/Dhaka",
    7: "Asia/Ho_Chi_Minh Asia/Saigon Asia/Bangkok Asia/Jakarta Asia/Phnom_Penh Asia/Vientiane",
    8: "Asia/Shanghai Asia/Singapore Asia/Hong_Kong Asia/Taipei Asia/Manila Asia/Kuala_Lumpur Australia/Perth",
    9: "Asia/Tokyo Asia/Seoul",
    10: "Australia/Brisbane",
}
_CHANGING: tuple[tuple[Summer, dict[float, str]], ...] = (
    (
        _EUROPE,
        {
            0: "Europe/London Europe/Dublin Europe/Lisbon",
            1: "Europe/Paris Europe/Berlin Europe/Madrid Europe/Rome Europe/Amsterdam Europe/Brussels Europe/Vienna "
            "Europe/Zurich Europe/Prague Europe/Warsaw Europe/Stockholm Europe/Copenhagen Europe/Oslo Europe/Budapest",
            2: "Europe/Helsinki Europe/Athens Europe/Sofia Europe/Bucharest Europe/Vilnius Europe/Riga Europe/Tallinn",
        },
    ),
    (
        _AMERICA,
        {
            -5: "America/New_York America/Toronto",
            -6: "America/Chicago",
            -7: "America/Denver",
            -8: "America/Los_Angeles",
        },
    ),
    (_AUSTRALIA, {9.5: "Australia/Adelaide", 10: "Australia/Melbourne Australia/Sydney Australia/Hobart"}),
)


def _table() -> dict[str, Zone]:
    found = {name: Zone(name, hours) for hours, names in _STANDARD.items() for name in names.split()}
    for hours in range(-14, 13):
        # In these names the sign is turned round
        found[f"Etc/GMT{hours:+d}"] = Zone(f"Etc/GMT{hours:+d}", -hours)
    for summer, offsets in _CHANGING:
        found.update({name: Zone(name, hours, summer) for hours, names in offsets.items() for name in names.split()})
    return found


ZONES = _table()
