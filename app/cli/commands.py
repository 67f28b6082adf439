"""The commands; each says what it does in the first line of its docstring, which `--help` shows."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import IO, Any

import click
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from app import clock, create_app
from app.audit.reseal import reseal_all
from app.audit.verify import check_all, export_by_operator
from app.casework import SYSTEM, Actor
from app.cli.preparing import prepare as prepare_database
from app.cli.preparing import publish_missing
from app.cli.serving import serve as serve_pages
from app.config import HOME
from app.db import reading
from app.deadlines.recompute import preview as preview_dates
from app.deadlines.recompute import recompute as move_dates
from app.errors import NotFound
from app.jobs.worker import run as work
from app.languages import compile_catalogue
from app.people.commands import NewMembership, NewPerson, add_membership, add_person, reset_password
from app.people.models import Person
from app.procedures import commands as procedures
from app.procedures.errors import DraftUnknown, ProcedureUnknown
from app.procedures.proving import prove_all, report
from app.procedures.queries import draft
from app.procedures.shipped import read_shipped
from app.security import actor_of
from app.sessions import SignedIn
from engine.errors import OneDoorError


@click.group()
def main() -> None:
    """OneDoor runs the administrative procedures of a province."""


@main.command()
def translate() -> None:
    """Compile the Vietnamese texts."""
    compile_catalogue(HOME / "translations")


@main.command()
@click.option("--no-demo", is_flag=True, help="Make no demonstration province.")
def prepare(no_demo: bool) -> None:
    """Migrate the database, publish the shipped procedures, make the demonstration province."""
    prepare_database(create_app(), demo=not no_demo)


@main.command()
@click.option("--host", default="127.0.0.1", envvar="ONEDOOR_HOST", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, envvar="ONEDOOR_PORT", show_default=True)
@click.option("--no-demo", is_flag=True, help="Make no demonstration province.")
def serve(host: str, port: int, no_demo: bool) -> None:
    """Prepare and serve the pages and the API."""
    app = create_app()
    prepare_database(app, demo=not no_demo)
    serve_pages(app, host, port)


@main.command()
def worker() -> None:
    """Fire due timers and carry letters, apart from the web process."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    click.echo("The worker looks for due timers and letters. Ctrl+C stops it.")
    work(create_app(), stop)


@main.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--as", "username", required=True, help="The analyst in whose name the draft is submitted.")
@click.option("--note", default="", help="What the approver should know.")
def load(folder: Path, username: str, note: str) -> None:
    """Load a procedure from FOLDER (…/bpmn/<key>, with its forms in …/forms/<key>) as a submitted draft."""
    folder = folder.resolve()
    with create_app().app_context():
        loaded = read_shipped(folder.name, folder.parent.parent)
        content = loaded.bundle
        parts = {"xml": content.xml, "forms": dict(content.forms), "decisions": dict(content.decisions)}
        actor = _actor(username)
        revision = _saved(actor, dict(content.procedure), {**parts, "scenarios": loaded.scenarios})
        procedures.submit_draft(actor, loaded.code, note, revision)
        click.echo(f"Procedure {loaded.code}: revision {revision} of its draft is submitted.")


def _saved(actor: Actor, facts: Mapping[str, Any], parts: Mapping[str, Any]) -> int:
    """The draft with this content: of a new procedure, of one without a draft, or the draft there is; its revision."""
    code = facts["code"]
    try:
        revision = draft(code).revision
    except ProcedureUnknown:
        return procedures.create_procedure(actor, facts, parts).revision
    except DraftUnknown:
        revision = procedures.start_draft(actor, code).revision
    return procedures.save_draft(actor, code, {**parts, "procedure": facts}, revision).revision


@main.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the table as JSON.")
@click.option("--seconds", type=click.FloatRange(0.1, 60), default=2.0, show_default=True, help="Limit for each file.")
@click.option("--workers", type=click.IntRange(1, 64), default=os.cpu_count() or 1, help="Processes at once.")
def diagrams(folder: Path, as_json: bool, seconds: float, workers: int) -> None:
    """Say which diagrams in FOLDER can be run and why the others cannot; nothing is kept of them."""
    summary = prove_all(folder, seconds, workers)
    for line in [json.dumps(summary.to_json(), ensure_ascii=False, indent=2)] if as_json else report(summary):
        click.echo(line)
    sys.exit(1 if summary.crashes or summary.slow else 0)


@main.command()
@click.argument("code", required=False)
@click.option("--as", "username", help="The approver in whose name the draft is published.")
def publish(code: str | None, username: str | None) -> None:
    """Publish the shipped procedures that are not there yet, or the submitted draft of procedure CODE."""
    with create_app().app_context():
        if code is None:
            for each in publish_missing(demo=False):
                click.echo(f"Published {each.code} ({each.key}).")
            return
        if username is None:
            raise click.UsageError("Say in whose name the draft is published: --as USERNAME.")
        done = procedures.publish_draft(_actor(username), code)
        click.echo(f"Procedure {code}: version {done.number} is published, digest {done.digest}.")


@main.command()
@click.option("--chains-only", is_flag=True, help="Do not run the commands again, only check the hash chains.")
def verify(chains_only: bool) -> None:
    """Verify every history: its hash chain, and that its commands lead to the same facts again."""
    wrong, dossiers, entries = 0, 0, 0
    with create_app().app_context():
        for found in check_all(again=not chains_only):
            dossiers, entries = dossiers + 1, entries + found.entries
            if not found.ok:
                wrong += 1
                place = f"the chain breaks at entry {found.broken_at}" if found.broken_at else str(found.again)
                click.echo(f"{found.code}: {place}")
    click.echo(f"{dossiers} dossiers with {entries} entries verified, {wrong} wrong.")
    sys.exit(1 if wrong else 0)


@main.command()
def seal() -> None:
    """Seal every state that the present key has not sealed; one that no key opens is made again from its history."""
    found: Counter[str] = Counter()
    with create_app().app_context():
        for each in reseal_all():
            found[each.outcome] += 1
            if each.outcome == "refused":
                click.echo(f"{each.code}: {each.reason}")
    click.echo(f"{found['sealed']} states sealed, {found['rebuilt']} made again from their history, "
               f"{found['refused']} left as they are.")
    sys.exit(1 if found["refused"] else 0)


@main.command()
@click.argument("code")
@click.option("--output", type=click.File("w", encoding="utf-8"), default="-", help="A file instead of the terminal.")
def export(code: str, output: IO[str]) -> None:
    """Write the history of the dossier CODE as JSON lines."""
    with create_app().app_context():
        for line in export_by_operator(code):
            click.echo(line, file=output)


@main.command()
@click.option("--reason", default="", help="Which correction, by which document; without it dates are only counted.")
@click.option("--as", "username", help="The administrator in whose name the dates are moved.")
def recompute(reason: str, username: str | None) -> None:
    """Move the open dates that the corrected calendar moves; without --reason say how many there are."""
    with create_app().app_context():
        if reason and username is None:
            raise click.UsageError("Say in whose name the dates are moved: --as USERNAME.")
        with click.progressbar(length=1, label="Open dossiers", file=sys.stderr) as bar:
            def told(done: int, of: int) -> None:
                bar.length = of
                bar.update(done - bar.pos)

            found = move_dates(_actor(username or ""), reason, told) if reason else preview_dates(told)
        click.echo(f"{found.looked} open dossiers; {found.dates} dates of {found.dossiers} dossiers "
                   f"{'moved' if reason else 'would move'}, {len(found.failed)} failed.")
        sys.exit(1 if found.failed else 0)


@main.group()
def user() -> None:
    """Create an account, set a password, grant a role."""


@user.command("create")
@click.argument("username")
@click.option("--name", required=True, help="The person's full name.")
@click.option("--language", type=click.Choice(["vi", "en"]), default="vi", show_default=True)
@click.password_option()
def user_create(username: str, name: str, language: str, password: str) -> None:
    """Create an account."""
    with create_app().app_context():
        add_person(SYSTEM, NewPerson(username, name, password, language))
    click.echo(f"Account {username} exists now; grant it a role next.")


@user.command("password")
@click.argument("username")
@click.password_option()
def user_password(username: str, password: str) -> None:
    """Set a new password; the person is signed out everywhere."""
    with create_app().app_context():
        reset_password(SYSTEM, username, password)
    click.echo(f"The password of {username} is set.")


@user.command("grant")
@click.argument("username")
@click.argument("role")
@click.argument("unit")
@click.option("--from", "since", type=click.DateTime(["%Y-%m-%d"]), help="The first day; today otherwise.")
def user_grant(username: str, role: str, unit: str, since: datetime | None) -> None:
    """Grant a person a ROLE in a UNIT."""
    with create_app().app_context():
        add_membership(SYSTEM, NewMembership(username, unit, role, since.date() if since else clock.today()))
    click.echo(f"{username} is {role} in {unit}.")


def _actor(username: str) -> Actor:
    """A person of the database, with the roles of today."""
    with reading() as conn:
        row = conn.execute(
            select(Person.id, Person.name, Person.username, Person.language, Person.demonstration)
            .where(Person.username == username)
        ).first()
    if row is None:
        raise NotFound(what="person", key=username)
    return actor_of(SignedIn(*row))


def run() -> None:
    """Run a command; what is wrong is one sentence and exit code 2."""
    try:
        main(prog_name="python3 run.py")
    except OneDoorError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except DBAPIError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        click.echo(f"The database refuses: {reason}. A new database is made by: python3 run.py prepare", err=True)
        sys.exit(2)
