"""What reaches a dossier's process from outside without being a step of anybody: messages and signals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection

from app.casework import Actor, advance
from app.db import transaction
from app.dossiers.queries import Head, find, state_of
from app.errors import Forbidden
from app.jobs.answers import once
from app.people.policy import may_deliver
from engine import state
from engine.commands import BroadcastSignal, Command, DeliverMessage
from engine.errors import MessageNotAwaited, MessageNotMeant


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


def tell(actor: Actor, code: str, told: Message | Signal, key: str | None = None) -> Told:
    """Hand a dossier a message or signal. Raises MessageNotAwaited, MessageNotMeant or SignalNotAwaited.

    What a receive task waits for is recorded at that task, by the people whose step it is.
    """
    with transaction() as conn:
        request = {"tell": code, **asdict(told)}
        return Told(**once(conn, actor, key, request, lambda: _tell(conn, actor, code, told)))


def _tell(conn: Connection, actor: Actor, code: str, told: Message | Signal) -> dict[str, Any]:
    head = find(conn, actor, code)
    if not may_deliver(actor, head.receiving.code):
        raise Forbidden(permission="dossier.deliver")
    command = _message(conn, head, told) if isinstance(told, Message) else BroadcastSignal(told.signal, told.values)
    done = advance(conn, head.id, command, actor, acting_unit=head.receiving.code)
    return {"code": done.code, "seq": done.seq}


def _message(conn: Connection, head: Head, told: Message) -> Command:
    """The command for the event that is meant, never for somebody's step."""
    waits = state.load(state_of(conn, head)).waits.values()
    named = [wait for wait in waits if (wait.kind, wait.name) == ("message", told.message)]
    if not named:
        raise MessageNotAwaited(message=told.message)
    meant = [wait for wait in named if wait.key == told.correlation] or [wait for wait in named if wait.key is None]
    if not meant:
        raise MessageNotMeant(message=told.message, correlation=told.correlation or "-")
    return DeliverMessage(told.message, told.values, meant[0].id, told.correlation)
