"""What reception does: receive a dossier, take one back for its applicant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, select

from app import clock
from app.audit.log import record_look
from app.casework import Actor, NewDossier, advance, begin
from app.db import transaction
from app.dossiers.codes import next_code
from app.dossiers.components import check_known, components_of, missing
from app.dossiers.definitions import filing_form
from app.dossiers.errors import ChannelUnknown, FilingRefused, PaperGap, PaperUnknown, ReasonMissing, UnitRefused
from app.dossiers.models import Dossier
from app.dossiers.papers import Paper, fingerprints, loose, one, tie
from app.dossiers.queries import find
from app.dossiers.reception import Current, centre_of, competent_units, current
from app.dossiers.sight import visible
from app.errors import Forbidden
from app.jobs.answers import once
from app.languages import plain
from app.people.policy import may_withdraw
from engine.commands import WithdrawDossier
from engine.errors import Failed
from engine.feel import compile_expression
from engine.forms import validate

CHANNELS = ("direct", "postal", "online")


@dataclass(frozen=True)
class Filing:
    """What is handed in at a centre. `attachments` are files uploaded before by the same person."""

    procedure: str
    receiving_unit: str
    competent_unit: str
    channel: str
    form: Mapping[str, Any]
    attachments: tuple[int, ...] = ()


@dataclass(frozen=True)
class Received:
    """The new dossier's code and where it stands."""

    code: str
    seq: int


@dataclass(frozen=True)
class Withdrawn:
    """The dossier that was taken back."""

    code: str
    seq: int


def receive(actor: Actor, filing: Filing, key: str | None = None) -> Received:
    """Receive a dossier: checked form, required papers, code under lock, process started.

    Raises FilingRefused with every place to correct; the uploaded files stay for the next try.
    """
    with transaction() as conn:
        papers = fingerprints(conn, actor, filing.attachments)
        request = {"receive": {**asdict(filing), "attachments": papers}}
        return Received(**once(conn, actor, key, request, lambda: _receive(conn, actor, filing)))


def _receive(conn: Connection, actor: Actor, filing: Filing) -> dict[str, Any]:
    now = clock.now()
    taken, papers = _accepted(conn, actor, filing)
    form = _checked(taken, filing, papers, now)
    code = next_code(conn, filing.receiving_unit, now)
    received = begin(conn, _new(taken, filing, form, code, now), actor)
    tie(conn, actor, [each.id for each in papers], received.dossier)
    return {"code": received.code, "seq": received.seq}


def _accepted(conn: Connection, actor: Actor, filing: Filing) -> tuple[Current, tuple[Paper, ...]]:
    """Whether this person may receive this here for that unit. Raises what stands against it."""
    centre = centre_of(conn, actor, filing.receiving_unit)
    if filing.channel not in CHANNELS:
        raise ChannelUnknown(channel=filing.channel, allowed=", ".join(CHANNELS))
    taken = current(conn, filing.procedure)
    units = competent_units(conn, taken.definition.procedure, centre.code)
    if filing.competent_unit not in {each.code for each in units}:
        raise UnitRefused(unit=filing.competent_unit or "-")
    return taken, loose(conn, actor, filing.attachments)


def _checked(taken: Current, filing: Filing, papers: Iterable[Paper], now: datetime) -> dict[str, Any]:
    """The form's values as the engine may see them. Raises FilingRefused with all that is wrong, papers included."""
    definition = taken.definition
    checked = validate(filing_form(definition), filing.form, filing_context(filing), now)
    given = [each.component for each in papers]
    components = components_of(definition.procedure, checked.values, now)
    check_known(components, given)
    gaps = missing(components, given)
    fields = [*checked.errors, *(PaperGap(f"papers.{each.code}") for each in gaps)]
    if fields:
        raise FilingRefused(count=len(fields), fields=fields)
    return dict(checked.values)


def filing_context(filing: Filing) -> dict[str, Any]:
    """What expressions of the filing form see of the dossier to come."""
    names = ("procedure", "channel", "receiving_unit", "competent_unit")
    return {"dossier": {name: value for name, value in asdict(filing).items() if name in names}}


def _new(taken: Current, filing: Filing, form: Mapping[str, Any], code: str, now: datetime) -> NewDossier:
    who = _applicant(taken.definition.procedure.get("applicant", {}), form, now)
    return NewDossier(
        code=code, procedure=filing.procedure, version=taken.version, receiving_unit=filing.receiving_unit,
        competent_unit=filing.competent_unit, channel=filing.channel, form=form,
        search=plain(" ".join([code, *who.values()])), applicant_name=who["name"], applicant_id=who["id"][:20],
        applicant_phone=who["phone"][:20], applicant_email=who["email"], applicant_address=who["address"],
    )


def _applicant(paths: Mapping[str, str], form: Mapping[str, Any], now: datetime) -> dict[str, str]:
    """Name, ID, phone, e-mail and address, found in the filing where the procedure says they stand."""
    wanted = ("name", "id", "phone", "email", "address")
    return {part: _value(paths.get(part, ""), form, now) for part in wanted}


def _value(path: str, form: Mapping[str, Any], now: datetime) -> str:
    if not path:
        return ""
    try:
        value = compile_expression(path.removeprefix("=")).evaluate({"filing": form}, now)
    except Failed:
        return ""
    return "" if value is None else str(value)


def look_at_paper(actor: Actor, attachment: int) -> Paper:
    """The file to show or save; that somebody looked at it is recorded. Raises PaperUnknown."""
    with transaction() as conn:
        paper = one(conn, actor, attachment)
        if paper is None:
            raise PaperUnknown(attachment=attachment)
        if paper.dossier is not None:
            record_look(conn, actor, "document.read", _code_seen(conn, actor, paper))
        return paper


def _code_seen(conn: Connection, actor: Actor, paper: Paper) -> str:
    """The code of the file's dossier, for people who may see it; nobody else learns that the file is there."""
    seen = and_(Dossier.id == paper.dossier, visible(conn, actor, Dossier.id))
    code = conn.execute(select(Dossier.code).where(seen)).scalar()
    if code is None:
        raise PaperUnknown(attachment=paper.id)
    return str(code)


def withdraw(actor: Actor, code: str, reason: str, *, expected_seq: int | None = None,
             key: str | None = None) -> Withdrawn:
    """Record that the applicant takes the dossier back; every open step ends."""
    reason = reason.strip()
    if not reason:
        raise ReasonMissing()
    with transaction() as conn:
        request = {"withdraw": code, "reason": reason}
        return Withdrawn(**once(conn, actor, key, request, lambda: _withdraw(conn, actor, code, reason, expected_seq)))


def _withdraw(conn: Connection, actor: Actor, code: str, reason: str, expected_seq: int | None) -> dict[str, Any]:
    head = find(conn, actor, code)
    if not may_withdraw(actor, head.receiving.code):
        raise Forbidden(permission="dossier.withdraw")
    done = advance(conn, head.id, WithdrawDossier(reason), actor, acting_unit=head.receiving.code,
                   expected_seq=expected_seq)
    return {"code": done.code, "seq": done.seq}
