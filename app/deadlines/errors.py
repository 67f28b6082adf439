"""What can be wrong with working hours and dates."""

from __future__ import annotations

from app.errors import NotFound
from engine.errors import Conflict, Invalid, NotPossible


class HoursUnreadable(Invalid):
    """"{text}" is not a list of shifts; write them like 07:30-11:30, 13:00-17:00 or leave the day empty."""


class HourUnreadable(Invalid):
    """"{text}" is not an hour of the day; write it like 15:00."""


class ChannelUnknown(Invalid):
    """There is no channel "{channel}"; choose one of: {allowed}."""


class HoursEmpty(Invalid):
    """A week without any working hour cannot be kept; give at least one day a shift."""


class SeasonUnreadable(Invalid):
    """"{text}" is not a day of the year; write day and month like 16/04."""


class TooEarly(Invalid):
    """The calendar begins on {begins}; choose a date from then on."""


class UsualHoursStay(Conflict):
    """Everybody's first working hours cannot be removed; add others that take their place from a date on."""


class CorrectionUnnamed(Invalid):
    """Say which correction of the calendar moves the dates; it is kept in the history of every dossier."""


class NothingToExplain(NotFound):
    """Dossier {code} has no date "{scope}" that could be explained; open its time page and choose one of its dates."""


class ApologyUnclear(Invalid):
    """Say why the promised date cannot be kept; the applicant reads it."""


class NewDateTooEarly(Invalid):
    """The new date must lie in working time after the promised one ({old}) and after now."""


class NewDateTooLate(Invalid):
    """The new date must lie within a year from now; look at the year that was typed."""


class ApologyWaits(Conflict):
    """Dossier {code} already has an apology that waits for its signature; have that one decided first."""


class ApologyDecided(Conflict):
    """This apology has been decided already; load the page again."""


class OwnApology(NotPossible):
    """An apology is signed by somebody else than who drafted it."""


class PeriodTurned(Invalid):
    """A period from {since} to {until} ends before it begins; turn the two days round."""
