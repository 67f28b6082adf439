"""The API's own description: OpenAPI 3.1 at /api/v1/openapi.json, one error shape, tokens."""

from __future__ import annotations

import json
from typing import Any

import marshmallow as ma
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_cls, resolve_schema_instance
from flask import Flask, request
from flask_smorest import Api, blueprint

from app.errors import RequestUnreadable

DESCRIPTION = """The same platform as the pages: same rules, same permissions, same errors.

Send `Authorization: Bearer <token>`; tokens are made on the account page and carry the person's own permissions.
A request that changes something may carry `Idempotency-Key`: the same key with the same request gives the first
answer again, with another request 422. Lists are paged with `page` and `page_size`."""


class FieldProblem(ma.Schema):
    """One field to correct."""

    path = ma.fields.String(metadata={"description": "Names of keys and places in lists, joined by dots"})
    message = ma.fields.String()


class ErrorBody(ma.Schema):
    """What went wrong."""

    code = ma.fields.String(metadata={"description": "Stable name of the error"})
    message = ma.fields.String(metadata={"description": "A sentence in the reader's language (Accept-Language)"})
    details = ma.fields.Dict()
    fields_ = ma.fields.List(ma.fields.Nested(FieldProblem), data_key="fields")


class ErrorAnswer(ma.Schema):
    """Every error has this shape."""

    error = ma.fields.Nested(ErrorBody)


class Blueprint(blueprint.Blueprint):
    """flask-smorest's blueprint with schemas that are made once, not for every request."""

    def arguments(self, schema: Any, **options: Any) -> Any:
        """What the view takes, checked by the schema."""
        return super().arguments(resolve_schema_instance(schema), **options)


class OneDoorApi(Api):
    """flask-smorest's API with our error shape."""

    ERROR_SCHEMA = ErrorAnswer

    def _register_error_handlers(self) -> None:
        """Nothing: app/errors.py answers every error."""


def create(app: Flask) -> OneDoorApi:
    """The API, ready to take blueprints."""
    options: dict[str, Any] = {
        "marshmallow_plugin": MarshmallowPlugin(schema_name_resolver=_schema_name),
        "info": {"description": DESCRIPTION, "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"}},
        "security": [{"token": []}],
    }
    api = OneDoorApi(app, spec_kwargs=options)
    api.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    app.before_request(_refuse_unreadable)
    return api


def _refuse_unreadable() -> None:
    """What fails inside the reader, not as bad JSON, is refused here: bodies nested too deeply, numbers of thousands
    of digits, halves of characters that cannot be written down again."""
    if request.path.startswith("/api/") and request.is_json and request.get_data():
        try:
            json.dumps(json.loads(request.get_data()), ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise RequestUnreadable() from None


def _schema_name(schema: Any) -> str:
    """Two features may call a shape by the same word; the description tells them apart."""
    kind: Any = resolve_schema_cls(schema)
    feature = kind.__module__.split(".")[1].capitalize() if kind.__module__.startswith("app.") else ""
    return f"{feature}{kind.__name__}{_variant(schema) if isinstance(schema, ma.Schema) else ''}"


def _variant(schema: ma.Schema) -> str:
    parts = [("Only", schema.only or ()), ("Without", schema.exclude or ())]
    named = "".join(word + "".join(sorted(name.capitalize() for name in names)) for word, names in parts if names)
    return named + ("Some" if schema.partial else "")
