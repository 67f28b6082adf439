"""What can be wrong with people, units and the calendar, in sentences."""

from __future__ import annotations

from engine.errors import Conflict, Invalid, NotPossible


class SignInRefused(Invalid):
    """The account name or the password is wrong."""


class PasswordWrong(Invalid):
    """The present password is wrong."""


class PasswordWeak(Invalid):
    """A password has {least} to {most} characters and is not the account name; choose another one."""


class PasswordsDiffer(Invalid):
    """The new password and its repetition differ; type both again."""


class NameMissing(Invalid):
    """A name is needed."""


class UsernameInvalid(Invalid):
    """An account name has 3 to 80 small letters, digits, dots, hyphens or underscores; correct "{username}"."""


class UsernameTaken(Conflict):
    """There is already an account "{username}"; choose another name."""


class LanguageUnknown(Invalid):
    """The language "{language}" is not offered; choose one of: {offered}."""


class RoleUnknown(Invalid):
    """There is no role "{role}"; choose one of: {offered}."""


class UnitUnfit(Invalid):
    """There is no unit "{unit}"; choose one of the list."""


class UnitCodeInvalid(Invalid):
    """A unit's code is the province's letter and two digits, then numbers after dots, as in H49.12.1;
    correct "{code}"."""


class UnitCodeTaken(Conflict):
    """There is already a unit {code}; choose another code."""


class UnitKindUnknown(Invalid):
    """There is no kind of unit "{kind}"; choose one of: {offered}."""


class DatesInvalid(Invalid):
    """The dates do not fit: the last day must not lie before the first."""


class DateUnreadable(Invalid):
    """"{text}" is not a date; write it as year-month-day."""


class MembershipExists(Conflict):
    """The person already holds this role in this unit from that day."""


class OwnAccount(NotPossible):
    """You cannot deactivate your own account; ask another administrator."""


class TokenLimit(NotPossible):
    """You already have {limit} usable tokens; revoke one first."""


class DayKindUnknown(Invalid):
    """A day is either off or a make-up working day."""


class DayContradicts(Conflict):
    """{day} already has another entry ("{name}", {document}); remove that one first."""


class DayOutside(Invalid):
    """The calendar is kept from {begins} to {ends}; correct {day}."""


class AlreadyWorked(Conflict):
    """{day} is an ordinary working day, so there is nothing to make up; choose a day that is off."""


class DocumentMissing(Invalid):
    """Name the document that says so, as in 9441/VPCP-KGVX."""
