"""Carrying letters out of the outbox: claimed in one transaction, handed over outside of any, noted in another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask_babel import force_locale, gettext, lazy_gettext
from sqlalchemy import Connection, select, update

from app import clock
from app.db import reading, transaction
from app.jobs.mailbox import Mailbox, Post
from app.jobs.models import Letter
from app.languages import moment
from app.people.queries import unit_names
from app.procedures.models import Procedure

BATCH = 20
LEASE = timedelta(minutes=5)

_TEXTS: Mapping[str, tuple[Any, Any]] = {
    "receipt": (
        lazy_gettext("Dossier %(code)s has been received"),
        lazy_gettext("Your dossier %(code)s for \"%(procedure)s\" has been received at %(unit)s."),
    ),
    "supplement_requested": (
        lazy_gettext("Dossier %(code)s needs a supplement"),
        lazy_gettext("Please complete your dossier %(code)s for \"%(procedure)s\" at %(unit)s. %(reason)s"),
    ),
    "payment_requested": (
        lazy_gettext("A payment is due for dossier %(code)s"),
        lazy_gettext(
            "Please fulfil the financial obligation of your dossier %(code)s for \"%(procedure)s\"; "
            "its processing continues after that. %(reason)s"
        ),
    ),
    "refused": (
        lazy_gettext("Dossier %(code)s will not be processed further"),
        lazy_gettext("Your dossier %(code)s for \"%(procedure)s\" has been refused. %(reason)s"),
    ),
    "withdrawn": (
        lazy_gettext("Dossier %(code)s has been withdrawn"),
        lazy_gettext("As you asked, your dossier %(code)s for \"%(procedure)s\" has been withdrawn. %(reason)s"),
    ),
    "result_ready": (
        lazy_gettext("The result of dossier %(code)s is ready"),
        lazy_gettext("The result of your dossier %(code)s for \"%(procedure)s\" is ready at %(unit)s."),
    ),
    "warning_officer": (
        lazy_gettext("Dossier %(code)s has little time left"),
        lazy_gettext("Most of the time for your step of dossier %(code)s (\"%(procedure)s\") at %(unit)s is used."),
    ),
    "warning_head": (
        lazy_gettext("A step of dossier %(code)s is due"),
        lazy_gettext("The time for a step of dossier %(code)s (\"%(procedure)s\") at %(unit)s has run out."),
    ),
    "warning_unit": (
        lazy_gettext("A step of dossier %(code)s is overdue"),
        lazy_gettext("A step of dossier %(code)s (\"%(procedure)s\") at %(unit)s has been overdue for some time."),
    ),
    "warning_apology": (
        lazy_gettext("Dossier %(code)s may miss its promised date"),
        lazy_gettext(
            "The promised date of dossier %(code)s (\"%(procedure)s\") is near. If it cannot be kept, an apology with "
            "a new date has to be drafted at %(unit)s and signed in time."
        ),
    ),
    "apology": (
        lazy_gettext("New date for dossier %(code)s"),
        lazy_gettext(
            "We apologise: the result of your dossier %(code)s for \"%(procedure)s\" cannot be ready at %(unit)s on "
            "the promised date. %(reason)s The new date is %(new_due)s."
        ),
    ),
    "returned": (
        lazy_gettext("The result of dossier %(code)s has been handed over"),
        lazy_gettext("The result of your dossier %(code)s for \"%(procedure)s\" has been handed over. Thank you."),
    ),
    "message": (
        lazy_gettext("Dossier %(code)s: %(message)s"),
        lazy_gettext("There is news of your dossier %(code)s for \"%(procedure)s\": %(message)s."),
    ),
}


def deliver_letters(mailbox: Mailbox, tries: int) -> int:
    """Hand over the letters that wait; how many went. One that fails is tried again later, ever more rarely."""
    claimed = _claim(tries)
    delivered = 0
    for letter in claimed:
        try:
            mailbox.deliver(letter)
        except OSError as error:
            _note(letter.number, last_error=type(error).__name__)
        else:
            _note(letter.number, sent_at=clock.now(), last_error="")
            delivered += 1
    return delivered


def _claim(tries: int) -> list[Post]:
    if not _anything_waits(tries):
        return []
    now = clock.now()
    with transaction() as conn:
        query = (
            select(Letter.id, Letter.kind, Letter.body, Letter.attempts)
            .where(Letter.sent_at.is_(None), Letter.next_at <= now, Letter.attempts < tries)
            .order_by(Letter.id).limit(BATCH).with_for_update(skip_locked=True)
        )
        rows = conn.execute(query).all()
        for row in rows:
            conn.execute(update(Letter).where(Letter.id == row.id).values(
                attempts=row.attempts + 1, next_at=now + LEASE * 2**min(row.attempts, 8)))
        return [_post(conn, row) for row in rows]


def _anything_waits(tries: int) -> bool:
    with reading() as conn:
        query = select(Letter.id).where(
            Letter.sent_at.is_(None), Letter.next_at <= clock.now(), Letter.attempts < tries).limit(1)
        return conn.execute(query).first() is not None


def _note(number: int, **values: Any) -> None:
    with transaction() as conn:
        conn.execute(update(Letter).where(Letter.id == number).values(**values))


def _post(conn: Connection, row: Any) -> Post:
    body: Mapping[str, Any] = row.body
    with force_locale("vi"):
        subject, text = _TEXTS[row.kind]
        named = {
            "code": body["code"], "reason": body["reason"],
            "new_due": moment(body.get("new_due")), "message": body.get("message", ""),
            "procedure": conn.scalar(select(Procedure.name_vi).where(Procedure.code == body["procedure"])) or "",
            "unit": unit_names(conn, [body["unit"]]).get(body["unit"], {}).get("vi", body["unit"]),
        }
        greeting = gettext("Dear %(name)s,", name=body["applicant"]["name"])
        said = f"{greeting}\n\n{body.get('text') or str(text) % named}".rstrip()
        return Post(row.id, _address(body["applicant"]), _line(body.get("subject") or str(subject) % named), said)


def _line(subject: str) -> str:
    """A subject is one line, whatever a diagram put into it."""
    return " ".join(subject.split())


def _address(applicant: Mapping[str, str]) -> str:
    return applicant["email"] or applicant["phone"] or applicant["address"]
