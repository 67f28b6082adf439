"""Every setting of the platform: one row each, read from the environment once, kept in the app's config by name."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environs import Env

from engine.spelling import spelled

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".onedoor"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: the environment variable, how it is read (str, int, bool, path), its default, unit and meaning."""

    name: str
    kind: str
    default: Any
    unit: str
    meaning: str


SETTINGS: tuple[Setting, ...] = (
    Setting("ONEDOOR_DATA", "path", HOME / "data", "directory",
            "Where the database, the attachments, the mailbox and the secret key lie."),
    Setting("DATABASE_URL", "str", "", "address",
            "A PostgreSQL database (postgresql://…); empty means the file onedoor.sqlite in the data directory."),
    Setting("ONEDOOR_SECRET_KEY", "str", "", "text",
            "The key that signs page tokens; empty means secret.key in the data directory, made at first start."),
    Setting("ONEDOOR_STATE_KEY", "str", "", "text",
            "The key that seals the states of dossiers; empty means the secret key."),
    Setting("ONEDOOR_STATE_KEYS_EARLIER", "str", "", "texts with commas",
            "Sealing keys of earlier times that are still accepted; `seal` makes them superfluous."),
    Setting("ONEDOOR_HOST", "str", "127.0.0.1", "address", "The address the server listens on."),
    Setting("ONEDOOR_PORT", "int", 8000, "port", "The port the server listens on."),
    Setting("ONEDOOR_ADDRESS", "str", "", "address",
            "Where people reach the platform (https://…), for the receipt's code; empty means as it was asked for."),
    Setting("ONEDOOR_HTTPS", "bool", False, "yes/no",
            "Whether people reach the platform through HTTPS: cookies are then sent over HTTPS only."),
    Setting("ONEDOOR_PROXIES", "int", 0, "proxies",
            "How many trusted reverse proxies stand in front; their forwarded address and scheme are believed."),
    Setting("ONEDOOR_PROVINCE", "str", "H49", "unit code", "The code of the province's own unit."),
    Setting("ONEDOOR_PROVINCE_NAME_VI", "str", "Tỉnh Quảng Ninh", "text", "The province's name in Vietnamese."),
    Setting("ONEDOOR_PROVINCE_NAME_EN", "str", "Quang Ninh Province", "text", "The province's name in English."),
    Setting("ONEDOOR_UPLOAD_MB", "int", 25, "megabytes", "The largest attachment that is accepted."),
    Setting("ONEDOOR_REQUEST_MB", "int", 120, "megabytes", "The largest request, all its attachments together."),
    Setting("ONEDOOR_SESSION_HOURS", "int", 12, "hours", "How long somebody stays signed in."),
    Setting("ONEDOOR_TOKEN_DAYS", "int", 365, "days", "How long a new API token is valid."),
    Setting("ONEDOOR_SIGN_IN_TRIES", "int", 5, "tries per 15 minutes", "Sign-in attempts allowed on one account."),
    Setting("ONEDOOR_SIGN_IN_TRIES_ADDRESS", "int", 100, "tries per 15 minutes",
            "Sign-in attempts allowed from one network address."),
    Setting("ONEDOOR_LIMITS_STORAGE", "str", "memory://", "address",
            "Where attempts are counted: memory:// for one process, redis://… for several."),
    Setting("ONEDOOR_SQLITE_WAIT_MS", "int", 10_000, "milliseconds", "How long SQLite waits for a lock."),
    Setting("ONEDOOR_POOL", "int", 10, "connections", "PostgreSQL connections kept open by one process."),
    Setting("ONEDOOR_POLL_SECONDS", "int", 5, "seconds", "How often due timers and letters are looked for; a `worker` "
            "wakes earlier when a timer or a warning falls due."),
    Setting("ONEDOOR_ANSWER_DAYS", "int", 30, "days",
            "How long the answer to a request with an idempotency key is kept for repetitions."),
    Setting("ONEDOOR_LETTER_TRIES", "int", 10, "tries", "How often the delivery of a letter is tried."),
    Setting("ONEDOOR_SMTP", "str", "", "host:port",
            "The mail server letters go to; empty means they are kept as files in mailbox/ of the data directory."),
    Setting("ONEDOOR_SMTP_SENDER", "str", "onedoor@localhost", "e-mail address", "Whom e-mail letters come from."),
    Setting("ONEDOOR_STEP_MS", "int", 2_000, "milliseconds",
            "Computing time of one command; one that took longer is rolled back."),
    Setting("ONEDOOR_REST_SECONDS", "int", 60, "seconds",
            "How long a dossier rests after a command that used up what a command may use."),
    Setting("ONEDOOR_LOG_LEVEL", "str", "INFO", "level",
            "The least level that is logged (DEBUG, INFO, WARNING, ERROR)."),
)


def load(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Every setting's value, from `overrides`, else the environment, else its default."""
    unknown = set(overrides) - {setting.name for setting in SETTINGS} - {"TESTING"}
    if unknown:
        raise ValueError(f"Unknown settings: {', '.join(sorted(unknown))}; see app/config.py for those that exist.")
    env = Env()
    values = {setting.name: _read(env, setting) for setting in SETTINGS} | dict(overrides)
    values["ONEDOOR_DATA"] = Path(values["ONEDOOR_DATA"]).resolve()
    return values


def _read(env: Env, setting: Setting) -> Any:
    readers: dict[str, Callable[..., Any]] = {"str": env.str, "int": env.int, "bool": env.bool, "path": env.path}
    return readers[setting.kind](setting.name, setting.default)


def flask_settings(values: Mapping[str, Any]) -> dict[str, Any]:
    """What Flask and its extensions want to know, derived from our settings."""
    return {
        **values,
        "SECRET_KEY": values["ONEDOOR_SECRET_KEY"] or _secret_key(values["ONEDOOR_DATA"]),
        "SQLALCHEMY_DATABASE_URI": database_url(values),
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(values),
        "MAX_CONTENT_LENGTH": values["ONEDOOR_REQUEST_MB"] * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 4 * 1024 * 1024,
        "SESSION_COOKIE_NAME": "onedoor",
        "SESSION_COOKIE_SECURE": values["ONEDOOR_HTTPS"],
        "WTF_CSRF_CHECK_DEFAULT": False,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": values["ONEDOOR_HTTPS"],
        "BABEL_DEFAULT_LOCALE": "vi",
        "BABEL_DEFAULT_TIMEZONE": "Asia/Ho_Chi_Minh",
        "BABEL_TRANSLATION_DIRECTORIES": str(HOME / "translations"),
        "RATELIMIT_STORAGE_URI": values["ONEDOOR_LIMITS_STORAGE"],
        "RATELIMIT_STRATEGY": "moving-window",
        "API_TITLE": "OneDoor",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": "/api/v1",
        "OPENAPI_JSON_PATH": "openapi.json",
        "JSON_SORT_KEYS": False,
    }


def database_url(values: Mapping[str, Any]) -> str:
    """The database's address in SQLAlchemy's form."""
    url: str = values["DATABASE_URL"]
    if not url:
        return f"sqlite:///{values['ONEDOOR_DATA'] / 'onedoor.sqlite'}"
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else url


def _engine_options(values: Mapping[str, Any]) -> dict[str, Any]:
    spelling = {"json_serializer": spelled}
    if not values["DATABASE_URL"]:
        return {**spelling, "connect_args": {"timeout": values["ONEDOOR_SQLITE_WAIT_MS"] / 1000}}
    return {**spelling, "pool_size": values["ONEDOOR_POOL"], "isolation_level": "READ COMMITTED"}


def _secret_key(data: Path) -> str:
    """The installation's own key, made once and readable by its owner only."""
    data.mkdir(parents=True, exist_ok=True)
    path = data / "secret.key"
    if not path.exists():
        new = path.with_name(f"secret.key.{secrets.token_hex(4)}")
        new.touch(mode=0o600)
        new.write_text(secrets.token_hex(32))
        _take_first(new, path)
    return path.read_text().strip()


def _take_first(new: Path, path: Path) -> None:
    """Of several processes that start at once, the first one's key counts."""
    try:
        path.hardlink_to(new)
    except FileExistsError:
        pass
    finally:
        new.unlink()
