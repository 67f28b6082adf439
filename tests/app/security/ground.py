"""A published procedure, one dossier of it with a file, and people of every role in every place around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from app.casework import Advanced, NewDossier, begin
from app.db import transaction
from app.dossiers.commands import receive
from app.people import accounts
from app.people.actor import Actor
from app.sessions import ServerSession, SignedIn
from tests import builders as make
from tests.app.dossiers.stage import Stage, set_up
from tests.conftest import page_token

_numbers = count(1)
PLACES = {
    "own": make.COMMUNE, "centre": make.CENTRE, "sibling": make.OTHER_COMMUNE, "parent": "H49",
    "other": make.DEPARTMENT,
}


@dataclass
class Ground:
    """The app, its people, and one dossier that stands at its specialist."""

    app: Flask
    stage: Stage
    code: str
    attachment: int
    secrets: dict[str, str] = field(default_factory=dict)

    def person(self, username: str, *roles: tuple[str, str]) -> Actor:
        """Somebody new."""
        with self.app.app_context():
            return make.person(username, *roles)

    def publish(self, xml: str | None = None, form: Mapping[str, Any] | None = None) -> Advanced:
        """Another procedure beside the first, not asked of the gate, and a dossier of it; inside an app context."""
        code = f"1.9{next(_numbers):05d}"
        version = make.publish(self.stage.receiver, xml, code=code, key=f"other-{code[2:]}")
        new = NewDossier(
            code=f"{make.CENTRE}-260302-{code[4:]}", procedure=code, version=version, receiving_unit=make.CENTRE,
            competent_unit=make.COMMUNE, channel="direct", applicant_name="A", form=form or {"name": "A"}, search="a",
        )
        with transaction() as conn:
            return begin(conn, new, self.stage.receiver)

    def browser(self, actor: Actor) -> Browser:
        """A browser in which the person is signed in, without the slow part of signing in."""
        session = ServerSession("-" * 43)
        found = SignedIn(actor.person or 0, actor.name, actor.username, actor.language, False)
        with self.app.app_context():
            accounts.open_session(session, found, 12)
        client = self.app.test_client()
        client.set_cookie("onedoor", session.secret)
        return Browser(client, page_token(client, "/account"))

    def api(self, actor: Actor) -> Api:
        """The API with the person's token."""
        if actor.username not in self.secrets:
            with self.app.app_context():
                self.secrets[actor.username] = accounts.create_token(actor, "test", 1).secret
        return Api(self.app.test_client(), self.secrets[actor.username])


@dataclass
class Browser:
    """A signed-in browser that sends the page's token with everything."""

    client: FlaskClient
    token: str

    def open(self, url: str, method: str = "GET", **more: Any) -> Any:
        """Any request."""
        headers = {"X-CSRFToken": self.token, **more.pop("headers", {})}
        return self.client.open(url, method=method, headers=headers, buffered=True, **more)

    def get(self, url: str, **more: Any) -> Any:
        """A page."""
        return self.open(url, **more)

    def post(self, url: str, data: Any = None, **more: Any) -> Any:
        """A form."""
        return self.open(url, "POST", data=data, **more)


@dataclass
class Api:
    """A client with a token."""

    client: FlaskClient
    secret: str

    def open(self, url: str, method: str = "GET", **more: Any) -> Any:
        """Any request under /api/v1."""
        headers = {"Authorization": f"Bearer {self.secret}", **more.pop("headers", {})}
        return self.client.open(f"/api/v1{url}", method=method, headers=headers, buffered=True, **more)

    def get(self, url: str, **more: Any) -> Any:
        """Read."""
        return self.open(url, **more)

    def post(self, url: str, **more: Any) -> Any:
        """Do."""
        return self.open(url, "POST", **more)


def lay(app: Flask) -> Ground:
    """The province, its procedure, and a dossier that was received today."""
    with app.app_context():
        stage = set_up(Path(app.config["ONEDOOR_DATA"]))
        number = stage.bring(stage.receiver)
        code = receive(stage.receiver, stage.filing(attachments=(number,))).code
    return Ground(app, stage, code, number)
