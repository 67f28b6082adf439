"""Named time zones by rule: the engine reads no zone files, so it knows a small table and is the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import MINYEAR, date, datetime, timedelta, tzinfo
from functools import lru_cache

_HOUR = timedelta(hours=1)
_LAST = 5


@dataclass(frozen=True, slots=True)
class Summer:
    """Summer time: month, which Sunday, and hour of standard time of its start and its end."""

    start: tuple[int, int, int]
    end: tuple[int, int, int]


_EUROPE = Summer((3, _LAST, 1), (10, _LAST, 1))
_AMERICA = Summer((3, 2, 2), (11, 1, 1))
_AUSTRALIA = Summer((10, 1, 2), (4, 1, 2))


@lru_cache(maxsize=4096)
def _moment(year: int, place: tuple[int, int, int]) -> datetime:
    month, week, hour = place
    first = date(year, month, 1)
    sunday = first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (week - 1))
    if sunday.month != month:
        sunday -= timedelta(days=7)
    return datetime(sunday.year, sunday.month, sunday.day, hour)


class Zone(tzinfo):
    """A zone with its standard offset and perhaps summer time, as they are since a year."""

    def __init__(self, name: str, hours: float, since: int = MINYEAR, summer: Summer | None = None) -> None:
        self.name = name
        self.since = since
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
        """Whether the rule was in force in all of that year."""
        return year >= self.since and year not in _OTHERWISE.get(self.name, ())

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"Zone({self.name!r})"


# Offset, first year from which on it has been as it is now, names. Before 1970 nobody keeps such tables reliably.
_STANDARD: tuple[tuple[float, int, str], ...] = (
    (0, MINYEAR, "UTC GMT Etc/UTC Etc/GMT"),
    (0, 1970, "Africa/Abidjan Atlantic/Reykjavik"),
    (4, 1970, "Asia/Dubai"),
    (5.5, 1970, "Asia/Kolkata"),
    (6, 1970, "Asia/Dhaka"),
    (7, 1970, "Asia/Bangkok Asia/Jakarta Asia/Phnom_Penh Asia/Vientiane"),
    (7, 1976, "Asia/Ho_Chi_Minh Asia/Saigon"),
    (8, 1970, "Asia/Hong_Kong Asia/Taipei Asia/Manila Asia/Shanghai Australia/Perth"),
    (8, 1982, "Asia/Singapore Asia/Kuala_Lumpur"),
    (9, 1970, "Asia/Tokyo Asia/Seoul"),
    (10, 1970, "Australia/Brisbane"),
)
_CHANGING: tuple[tuple[Summer, float, int, str], ...] = (
    (_EUROPE, 0, 1996, "Europe/London Europe/Dublin"),
    (_EUROPE, 0, 1997, "Europe/Lisbon"),
    (_EUROPE, 1, 1996, "Europe/Paris Europe/Berlin Europe/Madrid Europe/Rome Europe/Amsterdam Europe/Brussels "
     "Europe/Vienna Europe/Zurich Europe/Prague Europe/Warsaw Europe/Stockholm Europe/Copenhagen Europe/Oslo "
     "Europe/Budapest"),
    (_EUROPE, 2, 1996, "Europe/Helsinki Europe/Athens"),
    (_EUROPE, 2, 1997, "Europe/Sofia Europe/Bucharest Europe/Riga"),
    (_EUROPE, 2, 1998, "Europe/Tallinn"),
    (_EUROPE, 2, 2003, "Europe/Vilnius"),
    (_AMERICA, -5, 2007, "America/New_York America/Toronto"),
    (_AMERICA, -6, 2007, "America/Chicago"),
    (_AMERICA, -7, 2007, "America/Denver"),
    (_AMERICA, -8, 2007, "America/Los_Angeles"),
    (_AUSTRALIA, 9.5, 2008, "Australia/Adelaide"),
    (_AUSTRALIA, 10, 2008, "Australia/Melbourne Australia/Sydney Australia/Hobart"),
)


# Years since then in which a zone had summer time that it has not now, or none although it has now.
_OTHERWISE: dict[str, tuple[int, ...]] = {
    "Asia/Dhaka": (2009,),
    "Asia/Hong_Kong": (1970, 1971, 1972, 1973, 1974, 1975, 1976, 1979),
    "Asia/Manila": (1977, 1990),
    "Asia/Seoul": (1987, 1988),
    "Asia/Shanghai": (1986, 1987, 1988, 1989, 1990, 1991),
    "Asia/Taipei": (1974, 1975, 1979),
    "Australia/Brisbane": (1971, 1972, 1989, 1990, 1991, 1992),
    "Australia/Perth": (1974, 1975, 1983, 1984, 1991, 1992, 2006, 2007, 2008, 2009),
    "Europe/Riga": (2000,),
    "Europe/Tallinn": (2000, 2001),
}


def _table() -> dict[str, Zone]:
    found = {name: Zone(name, hours, since) for hours, since, names in _STANDARD for name in names.split()}
    for hours in range(-14, 13):
        # In these names the sign is turned round
        found[f"Etc/GMT{hours:+d}"] = Zone(f"Etc/GMT{hours:+d}", -hours)
    for summer, offset, since, names in _CHANGING:
        found.update({name: Zone(name, offset, since, summer) for name in names.split()})
    return found


ZONES = _table()
