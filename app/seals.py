"""The seals on dossiers' states, with keys that do not lie in the database; what is sealed is packed.

Who can write to the database but does not have the keys can neither invent a state, nor move one to another dossier,
nor bring back an earlier one; see docs/explanation/seal.md.
"""

from __future__ import annotations

from flask import Flask, current_app

from engine.packing import pack, unpack
from engine.sealing import Key, key_of, seal, sealed_with, unseal


def init_app(app: Flask) -> None:
    """Make the keys of the settings: the first one seals, all of them are accepted."""
    earlier = (each.strip() for each in app.config["ONEDOOR_STATE_KEYS_EARLIER"].split(","))
    secrets = (app.config["ONEDOOR_STATE_KEY"] or app.config["SECRET_KEY"], *(each for each in earlier if each))
    app.extensions["onedoor_seals"] = tuple(key_of(each) for each in secrets)


def sealed(code: str, seq: int, state: bytes) -> bytes:
    """The state of a dossier after an entry of its history, as it is kept."""
    return seal(_keys()[0], _place(code, seq), pack(state))


def opened(code: str, seq: int, kept: bytes) -> bytes:
    """The state that was kept after that entry. Raises StateUnreadable for what was not sealed for it here."""
    return unpack(unseal(_keys(), _place(code, seq), kept))


def is_current(code: str, seq: int, kept: bytes) -> bool:
    """Whether the present key sealed it."""
    return sealed_with(_keys()[0], _place(code, seq), kept)


def _place(code: str, seq: int) -> str:
    return f"{code} {seq}"


def _keys() -> tuple[Key, ...]:
    keys: tuple[Key, ...] = current_app.extensions["onedoor_seals"]
    return keys
