"""Serves the platform from one process, and says where to go."""

from __future__ import annotations

import signal
from types import FrameType

import click
from flask import Flask
from waitress.server import create_server

from app.demonstration import commands as demonstration
from app.demonstration.province import PASSWORD, SHOWN
from app.jobs.worker import start_scheduler

THREADS = 8


def serve(app: Flask, host: str, port: int) -> None:
    """Serve until Ctrl+C or SIGTERM; what is under way is finished first."""
    try:
        server = create_server(app, host=host, port=port, threads=THREADS, ident="OneDoor")
    except OSError as problem:
        raise click.ClickException(f"Cannot listen on {host}, port {port}: {problem.strerror or problem}.") from problem
    signal.signal(signal.SIGTERM, _stop)
    scheduler = start_scheduler(app)
    welcome(app, host, port)
    try:
        server.run()
    except KeyboardInterrupt:
        server.close()
    finally:
        scheduler.shutdown(wait=True)
        click.echo("Stopped.")


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def welcome(app: Flask, host: str, port: int) -> None:
    """Where to go, and who may sign in when there is a demonstration."""
    shown = "localhost" if host in ("0.0.0.0", "::") else host  # noqa: S104 - a comparison, not a choice
    click.echo(f"\nOneDoor is ready: http://{f'[{shown}]' if ':' in shown else shown}:{port}\n")
    with app.app_context():
        demo = demonstration.stage_reached() == demonstration.DONE
    if demo:
        click.echo(f"Demonstration accounts (password for all of them: {PASSWORD})")
        for username, what in SHOWN:
            click.echo(f"  {username:<14} {what}")
        click.echo("  and others in every unit, for example specialist.baichay, specialist.congan, leader.datdai\n")
    click.echo("Ctrl+C stops it.")
