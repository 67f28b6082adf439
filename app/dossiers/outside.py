"""What reaches a dossier's process from outside without being a step of anybody: messages and signals.

What one of them brings are the fields of the form that its event names, checked like those of a step; an event without
a form brings nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection

from app import clock
from app.casework import Actor, advance, definition_of
from app.db import reading, transaction
from app.dossiers.context import form_context
from app.dossiers.definitions import NO_FORM, element_names
from app.dossiers.errors import NothingAwaited
from app.dossiers.named import Names
from app.dossiers.panes import state_of
from app.dossiers.queries import Head, find
from app.errors import Forbidden
from app.jobs.answers import once
from app.people.policy import may_deliver
from engine import state
from engine.commands import BroadcastSignal, Command, DeliverMessage
from engine.definition import Definition
from engine.errors import FormRefused, MessageNotAwaited, MessageNotMeant
from engine.forms import localized, validate
from engine.state import Wait


@dataclass(frozen=True)
class Message:
    """A message that an event of the process waits for; `correlation` tells one from another of the same name."""

    message: str
    correlation: str | None
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Signal:
    """A signal for everything in the dossier that waits for it."""

    signal: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """The dossier that was told, and how many entries its history has now."""

    code: str
    seq: int


@dataclass(frozen=True)
class Awaited:
    """An event that waits for a message or signal, with the form of what it brings (None: it brings nothing)."""

    head: Head
    wait: str
    element: Names
    kind: str
    name: str
    correlation: str | None
    schema: Mapping[str, Any] | None
    context: Mapping[str, Any]


@dataclass(frozen=True)
class _Dossier:
    """A dossier that may be told something: where it stands and what it waits for."""

    head: Head
    definition: Definition
    stored: bytes
    waits: tuple[Wait, ...]

    def wait(self, number: str) -> Wait:
        """The wait of that number for a message or signal. Raises NothingAwaited."""
        found = next((one for one in self.waits if one.id == number), None)
        if found is None:
            raise NothingAwaited(code=self.head.code)
        return found

    def form(self, wait: Wait) -> Mapping[str, Any] | None:
        """The form of what is waited for."""
        name = self.definition.events[wait.element].form
        return self.definition.forms[name] if name else None

    def context(self, wait: Wait) -> Mapping[str, Any]:
        """What the form's expressions see."""
        return form_context(self.stored, self.definition, wait.token)

    def checked(self, wait: Wait, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values as the process may see them. Raises FormRefused with every field to correct."""
        checked = validate(self.form(wait) or NO_FORM, values, self.context(wait), clock.now())
        if checked.errors:
            raise FormRefused(count=len(checked.errors), first=checked.errors[0].path, fields=checked.errors)
        return dict(checked.values)


def awaited(actor: Actor, code: str, wait: str, language: str) -> Awaited:
    """What is to be recorded when the message or signal comes. Raises DossierUnknown, NothingAwaited."""
    with reading() as conn:
        dossier = _seen(conn, actor, code)
        if not may_deliver(actor, dossier.head.receiving.code):
            raise NothingAwaited(code=code)
        found = dossier.wait(wait)
        schema = dossier.form(found)
        return Awaited(
            dossier.head, wait, element_names(dossier.definition, found.element), found.kind, found.name, found.key,
            localized(schema, language) if schema else None, dossier.context(found),
        )


def record(actor: Actor, code: str, wait: str, values: Mapping[str, Any], key: str | None = None) -> Told:
    """Record that what this event waits for has come. Raises NothingAwaited, FormRefused."""
    with transaction() as conn:
        request = {"record": code, "wait": wait, "values": dict(values)}
        return Told(**once(conn, actor, key, request, lambda: _record(conn, actor, (code, wait), values)))


def tell(actor: Actor, code: str, told: Message | Signal, key: str | None = None) -> Told:
    """Hand a dossier a message or signal. Raises MessageNotAwaited, MessageNotMeant, SignalNotAwaited, FormRefused.

    What a receive task waits for is recorded at that task, by the people whose step it is.
    """
    with transaction() as conn:
        request = {"tell": code, **asdict(told)}
        return Told(**once(conn, actor, key, request, lambda: _tell(conn, actor, code, told)))


def _record(conn: Connection, actor: Actor, where: tuple[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    code, number = where
    dossier = _open(conn, actor, code)
    wait = dossier.wait(number)
    if wait.kind == "signal":
        return _advance(conn, actor, dossier, _signal(dossier, Signal(wait.name, values)))
    return _advance(conn, actor, dossier, DeliverMessage(wait.name, dossier.checked(wait, values), wait.id, wait.key))


def _tell(conn: Connection, actor: Actor, code: str, told: Message | Signal) -> dict[str, Any]:
    dossier = _open(conn, actor, code)
    command = _message(dossier, told) if isinstance(told, Message) else _signal(dossier, told)
    return _advance(conn, actor, dossier, command)


def _open(conn: Connection, actor: Actor, code: str) -> _Dossier:
    dossier = _seen(conn, actor, code)
    if not may_deliver(actor, dossier.head.receiving.code):
        raise Forbidden(permission="dossier.deliver")
    return dossier


def _seen(conn: Connection, actor: Actor, code: str) -> _Dossier:
    head = find(conn, actor, code)
    stored = state_of(conn, head)
    waits = tuple(one for one in state.load(stored).waits.values() if one.kind in ("message", "signal"))
    return _Dossier(head, definition_of(conn, head.digest), stored, waits)


def _advance(conn: Connection, actor: Actor, dossier: _Dossier, command: Command) -> dict[str, Any]:
    done = advance(conn, dossier.head.id, command, actor, acting_unit=dossier.head.receiving.code)
    return {"code": done.code, "seq": done.seq}


def _message(dossier: _Dossier, told: Message) -> Command:
    """The command for the event that is meant, never for somebody's step."""
    named = [wait for wait in dossier.waits if (wait.kind, wait.name) == ("message", told.message)]
    if not named:
        raise MessageNotAwaited(message=told.message)
    meant = [wait for wait in named if wait.key == told.correlation] or [wait for wait in named if wait.key is None]
    if not meant:
        raise MessageNotMeant(message=told.message, correlation=told.correlation or "-")
    return DeliverMessage(told.message, dossier.checked(meant[0], told.values), meant[0].id, told.correlation)


def _signal(dossier: _Dossier, told: Signal) -> Command:
    """The command for everything that listens; what the signal brings must fit the form of each."""
    values: dict[str, Any] = {}
    for wait in dossier.waits:
        if (wait.kind, wait.name) == ("signal", told.signal):
            values |= dossier.checked(wait, told.values)
    return BroadcastSignal(told.signal, values)
