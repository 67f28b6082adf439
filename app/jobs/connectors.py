"""What service tasks can ask, by name. A diagram names a connector and hands it values; it can never give an address.

A connector runs in the worker, outside any transaction, and may run again after a crash: the same request must do no
harm twice. It returns plain data, or raises ConnectorFailed for what the diagram can handle, or OSError for what may
go well later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from app.jobs.mailbox import Mailbox, Post

log = structlog.get_logger("onedoor")

LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Request:
    """What a service task asks. `number` is the same however often it is asked; `applicant` has name and address."""

    number: int
    code: str
    element: str
    inputs: Mapping[str, Any]
    to: str


class ConnectorFailed(Exception):
    """A failure that has a meaning in the diagram: `code` is that of a BPMN error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


Connector = Callable[[Request, Mailbox], Any]


def _note(request: Request, mailbox: Mailbox) -> dict[str, Any]:
    """Writes the inputs into the platform's log, for watchers of the installation."""
    log.info("service", dossier=request.code, element=request.element, inputs=dict(request.inputs))
    return {}


def _letter(request: Request, mailbox: Mailbox) -> dict[str, Any]:
    """Sends the applicant a letter with the inputs `subject` and `text`."""
    subject, text = request.inputs.get("subject"), request.inputs.get("text")
    if not (isinstance(subject, str) and isinstance(text, str) and subject.strip() and text.strip()):
        raise ConnectorFailed("letter", "subject and text are needed")
    if len(subject) + len(text) > LONGEST or any(sign in subject for sign in "\r\n"):
        raise ConnectorFailed("letter", "subject or text cannot be sent")
    if not request.to:
        raise ConnectorFailed("address", "the applicant has no address")
    mailbox.deliver(Post(request.number, request.to, subject, text, "service-"))
    return {"to": request.to}


CONNECTORS: Mapping[str, Connector] = {"log": _note, "letter": _letter}
