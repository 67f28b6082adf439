"""Every moment of a dossier, folded from its recorded facts: where it stood, what was entered, why it went on. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.audit.narrate import Told, Words, narrate, title
from app.audit.sentences import CHOICE, DOSSIER, FILING, PLACED
from engine.drawing.events import standing
from engine.facts import from_json
from engine.fold import View, fold
from engine.forms import describe

Row = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Act:
    """An entry of the history, as read."""

    seq: int
    at: datetime
    kind: str
    who: str
    unit: str | None
    hash: str
    payload: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Token:
    """A step that was open at a moment; `holder` is who had taken it on, or the unit it lay with."""

    token: str
    element: str
    label: str
    state: str
    holder: str
    assignee: str | None
    due_at: str | None


@dataclass(frozen=True, slots=True)
class Moment:
    """The dossier right after an entry; `rows` are the values entered with it, `due` the dates as then, `digest` the
    version in force."""

    act: Act
    unit_name: str
    title: str
    told: tuple[Told, ...]
    rows: tuple[Row, ...]
    status: int
    clock: str
    tokens: tuple[Token, ...]
    passed: tuple[str, ...]
    flows: tuple[str, ...]
    due: Mapping[str, str | None]
    data: Mapping[str, Any]
    digest: str


def moments(words: Words, acts: Iterable[Act], in_force: Iterable[str]) -> Iterator[Moment]:
    """The dossier after each of its entries, oldest first, in the words of the version then in force."""
    view: View | None = None
    steps: dict[str, str] = {}
    holders: dict[str, str] = {}
    for act, digest in zip(acts, in_force, strict=True):
        here = words.under(digest)
        facts: Sequence[Mapping[str, Any]] = (act.payload or {}).get("facts", [])
        view = fold([from_json(fact) for fact in facts], view)
        told = narrate(facts, here, steps)
        steps.update({fact["token"]: fact["step"] for fact in facts if fact["fact"] in PLACED})
        holders.update({fact["token"]: act.who for fact in facts if fact["fact"] == "StepClaimed"})
        yield Moment(
            act=act, unit_name=words.unit(act.unit) if act.unit else "", title=_titled(act, facts, here),
            told=told, rows=tuple(_entered(facts, here)), status=view.status, clock=view.clock,
            tokens=tuple(_tokens(view, here, holders)), passed=tuple(dict.fromkeys(view.passed)),
            flows=tuple(dict.fromkeys(view.flows)), due=dict(view.due), data=view.data,
            digest=digest,
        )


def _titled(act: Act, facts: Sequence[Mapping[str, Any]], words: Words) -> str:
    """What was done; of an erased entry only the kind is known."""
    return title(act.payload["command"], facts, words) if act.payload else act.kind


def _entered(facts: Sequence[Mapping[str, Any]], words: Words) -> Iterator[Row]:
    """The values handed in with an entry, read with the form of the dossier's own version."""
    for fact in facts:
        form = _form_of(fact, words)
        if form is not None:
            for label, text, group in describe(form, fact["form"], words.language):
                yield str(label), str(text), str(group or "")


def _form_of(fact: Mapping[str, Any], words: Words) -> Mapping[str, Any] | None:
    if fact["fact"] == "ProcessStarted":
        return words.form(FILING)
    return words.form(fact["step"]) if fact["fact"] == "StepCompleted" else None


def _tokens(view: View, words: Words, holders: Mapping[str, str]) -> Iterator[Token]:
    for token, open_step in view.open.items():
        label = words.name(open_step.step)
        if open_step.item is not None:
            label = f"{label}: {_item(open_step.item)}"
        state = "waiting" if open_step.message else "claimed" if open_step.assignee else "open"
        holder = holders.get(token, "") if open_step.assignee else words.unit(open_step.unit)
        yield Token(token, open_step.step, label, state, holder, open_step.assignee, view.due.get(token))
    for number, element, due in standing(words.definition.events, view):
        yield Token(number, element, words.name(element), "waiting", "", None, due)


def _item(item: Any) -> str:
    if isinstance(item, Mapping):
        return ", ".join(str(value) for value in item.values())
    return str(item)


def differences(words: Words, before: Moment, after: Moment) -> tuple[tuple[str, Any, Any], ...]:
    """What differs between two moments, as (place, then, later); values stand under step and field in words."""
    old, new = dict(_places(words, before)), dict(_places(words, after))
    pairs = ((place, old.get(place), new.get(place)) for place in {**old, **new})
    return tuple(pair for pair in pairs if pair[1] != pair[2])


def _places(words: Words, moment: Moment) -> Iterator[tuple[str, Any]]:
    yield "status", moment.status
    yield "clock", moment.clock
    yield "steps", ", ".join(token.label for token in moment.tokens)
    for scope in ("dossier", "statutory"):
        yield f"due.{scope}", moment.due.get(scope)
    for element, values in moment.data.items():
        yield from _values(words.under(moment.digest), element, values)


def _values(words: Words, element: str, values: Any) -> Iterator[tuple[str, Any]]:
    """The values kept under an element, one by one; a repeated step has a list of them."""
    if isinstance(values, list):
        for number, inner in enumerate(values, start=1):
            yield from ((f"{place} ({number})", text) for place, text in _values(words, element, inner))
        return
    form, name = words.form(element), words.translate(DOSSIER) if element == FILING else words.name(element)
    if not isinstance(values, Mapping) or form is None:
        yield name, words.plain(values) if not isinstance(values, Mapping) else _written(values, words)
        return
    for label, text, group in describe(form, values, words.language):
        yield " · ".join(part for part in (name, group, label) if part), text
    if values.get("choice") is not None:
        yield f"{name} · {words.translate(CHOICE)}", words.choice(element, values["choice"])


def _written(values: Mapping[str, Any], words: Words) -> str:
    return ", ".join(f"{key} = {words.plain(value)}" for key, value in values.items() if value is not None)
