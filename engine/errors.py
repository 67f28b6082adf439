"""One tree of errors; the docstring of a class is its sentence, filled with the error's details.

The sentence says what is wrong, where, and what to do. `app/errors.py` maps families to HTTP once and translates the
sentence; an error never carries a status code.
"""

from __future__ import annotations

from typing import Any

QUOTED = 80


def quoted(text: str, position: int = 1) -> str:
    """At most `QUOTED` characters of a text, those around a position (from 1); "…" stands for what is left out."""
    if len(text) <= QUOTED:
        return text
    first = max(0, min(position - 1 - QUOTED // 2, len(text) - QUOTED))
    before, after = "…" * (first > 0), "…" * (first + QUOTED < len(text))
    return before + text[first + len(before) : first + QUOTED - len(after)] + after


class OneDoorError(Exception):
    """Something went wrong; try again or tell the administrator."""

    def __init__(self, **details: Any) -> None:
        super().__init__()
        self.details = details

    @classmethod
    def template(cls) -> str:
        """The sentence with its `{named}` places still empty, as translators see it."""
        return " ".join((cls.__doc__ or OneDoorError.__doc__ or "").split())

    @classmethod
    def code(cls) -> str:
        """The error's stable name for API clients."""
        return cls.__name__

    def __str__(self) -> str:
        return self.template().format_map(_Lenient(self.details))


class _Lenient(dict[str, Any]):
    """A sentence must never fail for want of a detail."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


class Invalid(OneDoorError):
    """The input is not acceptable: {reason}."""


class NotPossible(OneDoorError):
    """That is not possible in the dossier's present state."""


class Conflict(OneDoorError):
    """Somebody changed this in the meantime; load it again."""


class Failed(OneDoorError):
    """The step could not be carried out; nothing of it was kept."""


class DiagramRefused(Invalid):
    """The diagram cannot be run: {first} ({count} finding(s) in all)."""


class FormRefused(Invalid):
    """The form has {count} field(s) to correct, first: {first}."""


class ExpressionInvalid(Invalid):
    """The expression "{expression}" cannot be read: {reason} at position {position}."""


class ExpressionFailed(Failed):
    """The expression "{expression}" on element {element} failed: {reason}."""

    def __init__(self, *, expression: str, **details: Any) -> None:
        super().__init__(expression=quoted(expression), **details)


class BudgetExceeded(Failed):
    """The step needed more than {limit} {unit} on element {element} and was rolled back."""


class StateUnreadable(Failed):
    """The stored state of the dossier cannot be read: {reason}."""


class TimeRunsBackwards(Failed):
    """The clock says {now}, but the dossier's last entry is from {last}; set the clock of the server right."""


class DefinitionAltered(Failed):
    """The published version {digest} no longer has the content it was published with; restore it from a backup."""


class StepNotOpen(Conflict):
    """Step {step} is no longer open; load the dossier again to see where it stands."""


class StepTaken(Conflict):
    """Step {step} is already held by {assignee}; ask them to give it back."""


class OneAtATime(NotPossible):
    """Step {step} has to wait until step {other} is finished or given back; here they are done one at a time."""


class NotClaimed(NotPossible):
    """Step {step} is not held by {person}; claim it first."""


class ChoiceUnknown(Invalid):
    """Step {step} does not offer the choice "{choice}"; choose one of: {offered}."""


class SupplementsSpent(Invalid):
    """Step {step} cannot ask for a supplement again; this procedure allows {most}. Take the dossier on or refuse it."""


class MessageNotAwaited(NotPossible):
    """The dossier is not waiting for the message "{message}"."""


class MessageNotMeant(NotPossible):
    """The dossier waits for the message "{message}", but for another one than "{correlation}"; check the value."""


class SignalNotAwaited(NotPossible):
    """The dossier is not waiting for the signal "{signal}"."""


class ServiceNotAwaited(NotPossible):
    """The dossier is not waiting for the answer to request {token}."""


class TimerNotSet(NotPossible):
    """Timer {timer} is not set on this dossier."""


class AlreadyEnded(NotPossible):
    """The dossier has already ended with status {status}."""


class AlreadyStarted(NotPossible):
    """The dossier has already been started."""


class NotStarted(NotPossible):
    """The dossier has not been started yet."""


class TimerNotDue(NotPossible):
    """Timer {timer} is due at {due_at}; it cannot go off before."""


class TooLateToWithdraw(NotPossible):
    """The dossier has status {status} and can no longer be withdrawn."""


class StepAwaitsMessage(NotPossible):
    """Step {step} waits for the message "{message}"; record what was handed in instead of completing it."""


class VariantFailed(Failed):
    """The condition "{expression}" of a variant of the {limit} limit failed: {reason}; correct the procedure."""


class ClockStandsStill(NotPossible):
    """A new date can only be promised while the legal clock runs; wait until the applicant has answered."""


class AppointedAgain(NotPossible):
    """A new date has been promised once already; a further one needs a reason why it is unavoidable."""


class StatusRefused(Failed):
    """The status cannot go from {old} to {new} at {element}; the diagram must be corrected."""


class ReopenedWithoutReason(Invalid):
    """{element} takes up a dossier whose result was ready; give the reason for that under "reason"."""


class NoBranchHolds(Failed):
    """No condition holds at {element} and it has no default flow; correct the values or the diagram."""


class ErrorUncaught(Failed):
    """Nothing catches the error "{code}" that {element} raised; correct the cause or the diagram."""


class Stuck(Failed):
    """The dossier would wait for ever at {element}; the diagram must be corrected."""


class StepFailed(Failed):
    """The step could not be carried out at element {element}: {reason}."""


class MappingRefused(Invalid):
    """The mapping of {element} cannot be used: {reason}."""


class MigrationRefused(NotPossible):
    """The dossier cannot go over to the new version: {first} ({count} reason(s) in all)."""


class CalendarRefused(Invalid):
    """The working calendar cannot be used: {reason}."""


class LimitRefused(Invalid):
    """The limit of {value} {unit} cannot be used; give a number above 0 of hours, working days or calendar days."""


class XmlRefused(Invalid):
    """The file is not safe and readable XML: {reason}."""


class DecisionRefused(Invalid):
    """The decision cannot be used: {first} ({count} finding(s) in all)."""


class DecisionFailed(Failed):
    """Decision {decision} on element {element} failed: {reason}."""
