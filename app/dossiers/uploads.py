"""Files in a request: kept at once, so that a refused page does not lose them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Response, current_app, request, send_file
from werkzeug.datastructures import FileStorage

from app.dossiers.files import INLINE, Store
from app.dossiers.papers import Paper, discard, kept, upload
from app.errors import message_of
from app.people.actor import Actor
from engine.errors import Invalid

PREFIX = "file:"
MOST_DIGITS = 18
# A preview stands in a frame of our own page; nothing in it may run or load anything.
PREVIEW_POLICY = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"


@dataclass(frozen=True)
class Taken:
    """The files that are there now, and what was wrong with others: (field, sentence)."""

    papers: tuple[Paper, ...]
    errors: tuple[tuple[str, str], ...]

    @property
    def ids(self) -> tuple[int, ...]:
        """The numbers of the files."""
        return tuple(each.id for each in self.papers)

    def of(self, component: str) -> tuple[Paper, ...]:
        """The files of one component."""
        return tuple(each for each in self.papers if each.component == component)


def store() -> Store:
    """The installation's store of files."""
    return Store(current_app.config["ONEDOOR_DATA"] / "files", current_app.config["ONEDOOR_UPLOAD_MB"] << 20)


def take(actor: Actor, step: str = "") -> Taken:
    """The files kept from earlier tries and the new ones of this request, without those struck off."""
    dropped = set(_numbers("drop"))
    if dropped:
        discard(actor, dropped)
    before = kept(actor, [each for each in _numbers("attachment") if each not in dropped])
    new, errors = [], []
    for field, component, file in _files():
        try:
            new.append(upload(actor, store(), file.stream, file.filename or "", component=component, step=step))
        except Invalid as error:
            errors.append((field, message_of(error)))
    return Taken((*before, *new), tuple(errors))


def _files() -> Iterator[tuple[str, str, FileStorage]]:
    for field in request.files:
        for file in request.files.getlist(field):
            if field.startswith(PREFIX) and file.filename:
                yield field, field.removeprefix(PREFIX), file


def _numbers(field: str) -> list[int]:
    return [int(value) for value in request.form.getlist(field) if value.isdecimal() and len(value) <= MOST_DIGITS]


def answer_with(paper: Paper, *, inline: bool) -> Response:
    """The file's content: shown in place only where that is safe, else saved; never sniffed."""
    shown = inline and paper.media_type in INLINE
    response = send_file(
        store().existing(paper.sha256, paper.name), mimetype=paper.media_type, as_attachment=not shown,
        download_name=paper.name, etag=False,
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Security-Policy"] = PREVIEW_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
