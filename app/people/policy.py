"""Who may do what with whose dossiers and steps: plain questions with plain answers, nothing is read here."""

from __future__ import annotations

from collections.abc import Collection

from app.people.actor import Actor

OVERSEERS = {"auditor", "supervisor"}


def may_work(actor: Actor, role: str, unit: str) -> bool:
    """Whether somebody may claim or complete a step of this role in this unit today."""
    return actor.may("task.work") and actor.holds(role, unit)


def may_see_task(actor: Actor, role: str, unit: str, below: Collection[str] = ()) -> bool:
    """Whether somebody sees a task: one of his own role, or any one of the units `below`, which he supervises."""
    return actor.may("task.read") and (actor.holds(role, unit) or unit in below)


def may_release(actor: Actor, unit: str, assignee: int | None, below: Collection[str] = ()) -> bool:
    """Whether somebody may give a step back: who holds it, or who supervises its unit (one of the units `below`)."""
    return assignee is not None and (actor.person == assignee or unit in below)


def supervised_units(actor: Actor) -> tuple[str, ...]:
    """The tops of the units in which somebody sees every task, with everything below them."""
    return tuple(sorted({unit for unit, role in actor.roles if role == "supervisor"}))


def may_see_dossier(actor: Actor, parties: Collection[str], below: Collection[str] = ()) -> bool:
    """Whether somebody may see a dossier in which the units `parties` take part.

    `below` are the units that somebody oversees: his own as auditor or supervisor, and all under them.
    """
    if not actor.may("dossier.read"):
        return False
    return not set(parties).isdisjoint({*actor.units_for("dossier.read"), *below})


def overseen_units(actor: Actor) -> tuple[str, ...]:
    """The tops of the units that somebody oversees with everything below them."""
    return tuple(sorted({unit for unit, role in actor.roles if role in OVERSEERS}))


def may_receive(actor: Actor, unit: str) -> bool:
    """Whether somebody receives dossiers at this centre."""
    return actor.may("dossier.receive") and actor.holds("receiver", unit)


def may_withdraw(actor: Actor, receiving_unit: str) -> bool:
    """Whether somebody may record that the applicant takes a dossier back: reception where it came in."""
    return actor.may("dossier.withdraw") and actor.holds("receiver", receiving_unit)


def may_deliver(actor: Actor, receiving_unit: str) -> bool:
    """Whether somebody may hand a dossier what its process waits for: reception where it came in."""
    return actor.may("dossier.deliver") and actor.holds("receiver", receiving_unit)


def may_retry(actor: Actor, units: Collection[str]) -> bool:
    """Whether somebody may retry a failed command of a dossier in whose units he supervises."""
    return actor.may("incident.retry") and not set(units).isdisjoint(actor.units_for("incident.retry"))
