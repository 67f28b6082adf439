"""Vietnamese and English: which one the reader wants, texts in both, and numbers and times in the reader's form."""

from __future__ import annotations

import os
import tempfile
import unicodedata
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, has_request_context, request
from flask_babel import Babel, get_locale, get_translations, lazy_gettext, ngettext

from app.clock import LOCAL
from app.security import optional_actor
from engine.errors import OneDoorError

LANGUAGES = ("vi", "en")
COOKIE = "language"
SOURCES = Path(__file__).resolve().parent / "translations"

HOURS_A_DAY = 8

_found: ContextVar[dict[str, str] | None] = ContextVar("language", default=None)

STATUS_NAMES = {
    1: lazy_gettext("Newly registered"),
    2: lazy_gettext("Accepted"),
    3: lazy_gettext("Not accepted"),
    4: lazy_gettext("In process"),
    5: lazy_gettext("Supplement requested"),
    6: lazy_gettext("Financial obligation"),
    7: lazy_gettext("Withdrawn"),
    8: lazy_gettext("Stopped"),
    9: lazy_gettext("Result ready"),
    10: lazy_gettext("Result returned"),
}

KIND_NAMES = {
    "receive": lazy_gettext("Reception"),
    "appraise": lazy_gettext("Appraisal"),
    "approve": lazy_gettext("Approval"),
    "stamp": lazy_gettext("Stamping"),
    "sign": lazy_gettext("Electronic signature"),
    "return": lazy_gettext("Return of the result"),
    "wait_applicant": lazy_gettext("Waiting for the applicant"),
    "wait_financial": lazy_gettext("Waiting for a financial obligation"),
    "transfer": lazy_gettext("Transfer"),
    "consult": lazy_gettext("Consultation"),
}

CHANNEL_NAMES = {
    "direct": lazy_gettext("In person"),
    "online": lazy_gettext("Online"),
    "postal": lazy_gettext("By post"),
}

COMMAND_NAMES = {
    "StartProcess": lazy_gettext("Receive the dossier"),
    "ClaimStep": lazy_gettext("Claim the step"),
    "ReleaseStep": lazy_gettext("Give the step back"),
    "CompleteStep": lazy_gettext("Complete the step"),
    "DeliverMessage": lazy_gettext("Record what was handed in"),
    "BroadcastSignal": lazy_gettext("Give a signal"),
    "AnswerService": lazy_gettext("Answer a service"),
    "FireTimer": lazy_gettext("Let a time limit run out"),
    "WithdrawDossier": lazy_gettext("Withdraw the dossier"),
    "RecomputeDeadlines": lazy_gettext("Compute the dates anew"),
    "GiveWarning": lazy_gettext("Give a warning"),
    "Reappoint": lazy_gettext("Promise a new date"),
}

NOUNS = (
    lazy_gettext("unit"), lazy_gettext("person"), lazy_gettext("version"), lazy_gettext("dossier"),
    lazy_gettext("incident"), lazy_gettext("token"), lazy_gettext("membership"), lazy_gettext("calendar day"),
    lazy_gettext("working hours of a unit"), lazy_gettext("apology"), lazy_gettext("step"),
    lazy_gettext("cut-off hour"),
)

UNIT_KIND_NAMES = {
    "province": lazy_gettext("Province"),
    "department": lazy_gettext("Department"),
    "centre": lazy_gettext("Service centre"),
    "commune": lazy_gettext("Commune"),
    "enterprise": lazy_gettext("Enterprise"),
    "vertical": lazy_gettext("Vertical agency"),
    "division": lazy_gettext("Division"),
}


class TranslationsDisagree(OneDoorError):
    """"{text}" is "{other}" in {file} but "{one}" in another file; translate it the same way."""


def reader_language() -> str:
    """The person's own language, else the cookie's, else the browser's, else Vietnamese."""
    if not has_request_context():
        return "vi"
    chosen = request.cookies.get(COOKIE)
    if request.path.startswith("/api/"):
        chosen = None
    elif (actor := optional_actor()) is not None:
        chosen = actor.language
    if chosen in LANGUAGES:
        return chosen
    return request.accept_languages.best_match(LANGUAGES) or "vi"


def language() -> str:
    """The language this answer is written in; found once for each request, for a page asks hundreds of times."""
    known = _found.get()
    if known is None:
        return _spoken()
    if "language" not in known:
        known["language"] = _spoken()
    return known["language"]


def _spoken() -> str:
    locale = get_locale()
    return locale.language if locale is not None and locale.language in LANGUAGES else "vi"


def pick(value: Any, lang: str | None = None) -> str:
    """The reader's one of a text in two languages, falling back to Vietnamese; a plain text as it is."""
    if not isinstance(value, Mapping):
        return "" if value is None else str(value)
    return str(value.get(lang or language()) or value.get("vi") or "")


def plain(text: str) -> str:
    """A text as it is searched: no accents, no capitals, single spaces."""
    letters = unicodedata.normalize("NFD", text.casefold())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(bare.replace("đ", "d").split())


def moment(value: datetime | str | None) -> str:
    """Date and time in Viet Nam."""
    if not value:
        return ""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(LOCAL).strftime("%H:%M %d/%m/%Y")


def exactly(value: datetime | None) -> str:
    """The time of day in Viet Nam, with seconds where there are any."""
    at = value and value.astimezone(LOCAL)
    return at.strftime("%H:%M:%S" if at.second else "%H:%M") if at else ""


def day(value: date | str | None) -> str:
    """The date in Viet Nam."""
    if not value:
        return ""
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    if isinstance(value, datetime):
        value = (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(LOCAL).date()
    return value.strftime("%d/%m/%Y")


def hours(value: Decimal | float | str | None) -> str:
    """Working hours in words: 8 hours are a day; below a minute is no time."""
    return _length(value, 60)


def hours_exactly(value: Decimal | float | str | None) -> str:
    """Working hours in words, with seconds where there are any."""
    return _length(value, 1)


def _length(value: Decimal | float | str | None, step: int) -> str:
    """Working hours in words, to so many seconds."""
    if value is None or value == "":
        return ""
    seconds = int((Decimal(str(value)) * 3600 / step).quantize(Decimal(1), ROUND_HALF_UP)) * step
    sign, (minutes, seconds) = ("−" if seconds < 0 else ""), divmod(abs(seconds), 60)
    days, minutes = divmod(minutes, HOURS_A_DAY * 60)
    whole, minutes = divmod(minutes, 60)
    parts = [
        ngettext("%(num)s day", "%(num)s days", days) if days else "",
        ngettext("%(num)s hour", "%(num)s hours", whole) if whole else "",
        ngettext("%(num)s minute", "%(num)s minutes", minutes) if minutes else "",
        ngettext("%(num)s second", "%(num)s seconds", seconds) if seconds else "",
    ]
    return sign + (" ".join(part for part in parts if part) or ngettext("%(num)s hour", "%(num)s hours", 0))


def number(value: Decimal | float | str | None, places: int | None = None) -> str:
    """A number with the reader's separators: 1.234,5 in Vietnamese, 1,234.5 in English."""
    if value is None or value == "":
        return ""
    figure = Decimal(str(value))
    text = f"{figure:,.{places}f}" if places is not None else f"{figure:,f}"
    return text if language() == "en" else text.translate(str.maketrans(",.", ".,"))


def init_app(app: Flask) -> None:
    """Choose the reader's language for each request and give templates the filters."""
    target = Path(app.config["BABEL_TRANSLATION_DIRECTORIES"])
    if stale(target):
        compile_catalogue(target)
    Babel(app, locale_selector=reader_language)
    app.before_request(_look_once)
    app.teardown_request(_look_each_time)
    _install_words(app)
    for name in (pick, moment, exactly, day, hours, hours_exactly, number):
        app.add_template_filter(name, name.__name__)


def _look_once() -> None:
    _found.set({})


def _look_each_time(_error: BaseException | None) -> None:
    _found.set(None)


def _install_words(app: Flask) -> None:
    """Give templates their words from a catalogue found by the language alone."""
    known: dict[str, Any] = {}

    def words() -> Any:
        spoken = language()
        if spoken not in known:
            known[spoken] = get_translations()
        return known[spoken]

    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: words().ugettext(text), ngettext=lambda one, many, n: words().ungettext(one, many, n),
        newstyle=True,
    )


def catalogue() -> Catalog:
    """Every feature's Vietnamese messages in one catalogue."""
    return merged(sorted((SOURCES / "vi").glob("*.po")))


def merged(files: Iterable[Path]) -> Catalog:
    """The messages of several files. Raises TranslationsDisagree where two translate the same text differently."""
    whole = Catalog(locale="vi", charset="utf-8")
    for path in files:
        with path.open("rb") as file:
            for message in read_po(file, locale="vi", charset="utf-8"):
                if message.id and message.string:
                    _add(whole, message, path)
    return whole


def _add(whole: Catalog, message: Message, path: Path) -> None:
    there = whole.get(message.id, message.context)
    if there is not None and there.string != message.string:
        raise TranslationsDisagree(text=message.id, file=path.name, one=there.string, other=message.string)
    whole.add(message.id, message.string, context=message.context)


def compile_catalogue(target: Path) -> Path:
    """Write the merged catalogue where the app reads it; readers see the old one or the new one, never half."""
    place = compiled(target)
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as file:
        write_mo(file, catalogue())
    os.replace(file.name, place)
    return place


def compiled(target: Path) -> Path:
    """Where the compiled catalogue lies."""
    return target / "vi" / "LC_MESSAGES" / "messages.mo"


def stale(target: Path) -> bool:
    """Whether a source is newer than the compiled catalogue."""
    place = compiled(target)
    sources = [path.stat().st_mtime for path in (SOURCES / "vi").glob("*.po")]
    return not place.exists() or max(sources, default=0) > place.stat().st_mtime
