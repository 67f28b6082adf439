"""Which papers a procedure asks for, and which of them the answers given so far make required."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.dossiers.errors import ComponentUnknown
from engine.errors import Failed
from engine.feel import compile_expression


@dataclass(frozen=True)
class Component:
    """One paper of the procedure, as the reception page lists it; `conditional` ones follow the answers."""

    code: str
    name: Mapping[str, str]
    required: bool
    conditional: bool
    originals: int
    copies: int
    eform: bool


def components_of(facts: Mapping[str, Any], filing: Mapping[str, Any], now: datetime) -> tuple[Component, ...]:
    """The procedure's components, with what these answers make of their conditions."""
    return tuple(_component(each, filing, now) for each in facts.get("components", ()))


def _component(each: Mapping[str, Any], filing: Mapping[str, Any], now: datetime) -> Component:
    rule = each.get("required", False)
    return Component(
        code=each["code"], name=each["name"], required=_holds(rule, filing, now), conditional=isinstance(rule, str),
        originals=each.get("originals") or 0, copies=each.get("copies") or 0, eform=bool(each.get("eform")),
    )


def _holds(rule: bool | str, filing: Mapping[str, Any], now: datetime) -> bool:
    """A condition over answers that are not there yet does not hold."""
    if not isinstance(rule, str):
        return bool(rule)
    try:
        return compile_expression(rule.removeprefix("=")).evaluate({"filing": filing}, now) is True
    except Failed:
        return False


def check_known(components: Iterable[Component], given: Iterable[str]) -> None:
    """Every paper must belong to a component of the procedure ("" is any other paper)."""
    known = {each.code for each in components} | {""}
    for code in given:
        if code not in known:
            raise ComponentUnknown(component=code)


def missing(components: Iterable[Component], given: Iterable[str]) -> tuple[Component, ...]:
    """The required components without a file; one that is an electronic form is answered by the filing itself."""
    there = Counter(given)
    return tuple(each for each in components if each.required and not each.eform and not there[each.code])
