"""The tree of an expression and a context → a value. An ill-typed operation yields null, as the standard has it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from engine.feel import nodes as n
from engine.feel.arithmetic import TRANSCENDENT, calculate, compute, negative
from engine.feel.budget import CHARACTERS
from engine.feel.instances import coerced, is_instance
from engine.feel.library import BUILTINS
from engine.feel.ranges import iterate
from engine.feel.scope import Scope, member
from engine.feel.values import Function, IllTyped, Range, Value, comparable, contains, equal

# Steps taken besides those of the nodes: by a round of a loop or a call, by a filter for an item, by dates and
# durations, by a new context or range.
ROUND, AROUND, TEMPORAL, MAKING = 2, 3, 3, 2

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}


def value_of(node: n.Node, scope: Scope) -> Value:
    """The value of one node."""
    run = scope.run
    run.steps -= 1
    if run.steps < 0:
        run.exceed(run.limit, "calculation steps")
    return _RULES[type(node)](node, scope)


# Names, paths, literals


def _literal(node: n.Literal, scope: Scope) -> Value:
    return node.value


def _name(node: n.Name, scope: Scope) -> Value:
    return scope.value(node.name)


def _path(node: n.Path, scope: Scope) -> Value:
    base = value_of(node.base, scope)
    if type(base) is list:
        scope.run.spend(len(base))
        return [member(item, node.name, scope.run) for item in base]
    return member(base, node.name, scope.run)


def _list(node: n.ListOf, scope: Scope) -> Value:
    return [value_of(item, scope) for item in node.items]


def _context(node: n.ContextOf, scope: Scope) -> Value:
    built: dict[str, Value] = {}
    scope.run.spend(MAKING)
    inside = scope.within(built)
    for key, value in zip(node.keys, node.values, strict=True):
        built[key] = value_of(value, inside)
    return built


def _range(node: n.RangeOf, scope: Scope) -> Value:
    scope.run.spend(MAKING)
    low = None if node.low is None else value_of(node.low, scope)
    high = None if node.high is None else value_of(node.high, scope)
    if (low is None) != (node.low is None) or (high is None) != (node.high is None):
        return None
    same = low is None or high is None or comparable(low, high)
    return Range(low, high, node.low_included, node.high_included) if same else None


# Filters


def _filter(node: n.Filter, scope: Scope) -> Value:
    base = value_of(node.base, scope)
    items = base if type(base) is list else [] if base is None else [base]
    if isinstance(node.test, n.Literal) and isinstance(node.test.value, Decimal):
        return _indexed(items, node.test.value)
    kept = []
    for item in items:
        scope.run.spend(AROUND)
        answer = value_of(node.test, scope.around(item))
        if answer is True:
            kept.append(item)
        elif type(answer) is Decimal:
            return _indexed(items, answer)
        elif answer is not False and answer is not None:
            return None
    return kept


def _indexed(items: list[Value], index: Decimal) -> Value:
    size = len(items)
    if index != index.to_integral_value() or not 1 <= abs(index) <= size:
        return None
    return items[int(index) - 1 if index > 0 else size + int(index)]


# Operators


def _arithmetic(node: n.Arithmetic, scope: Scope) -> Value:
    left, right = value_of(node.left, scope), value_of(node.right, scope)
    if node.operator == "**":
        scope.run.spend(TRANSCENDENT)
    if type(left) is Decimal and type(right) is Decimal:
        return calculate(node.operator, left, right)
    scope.run.spend(TEMPORAL)
    if type(left) is str and type(right) is str:
        scope.run.make(len(left) + len(right))
    return compute(node.operator, left, right)


def _negate(node: n.Negate, scope: Scope) -> Value:
    return negative(value_of(node.operand, scope))


def _compare(node: n.Compare, scope: Scope) -> bool | None:
    left, right = value_of(node.left, scope), value_of(node.right, scope)
    sign, kind = node.operator, type(left)
    if kind is type(right) and (kind is Decimal or kind is str):
        if kind is str:
            scope.run.spend(len(left) // CHARACTERS)
        return _ORDER[sign](left, right)
    if sign == "=" or sign == "!=":
        scope.run.weigh(left)
        same = equal(left, right)
        return same if same is None or sign == "=" else not same
    return _ORDER[sign](left, right) if comparable(left, right) else None


def _all(node: n.AllOf, scope: Scope) -> bool | None:
    answer: bool | None = True
    for part in node.parts:
        value = value_of(part, scope)
        if value is False:
            return False
        if value is not True:
            answer = None
    return answer


def _any(node: n.AnyOf, scope: Scope) -> bool | None:
    answer: bool | None = False
    for part in node.parts:
        value = value_of(part, scope)
        if value is True:
            return True
        if value is not False:
            answer = None
    return answer


def _between(node: n.Between, scope: Scope) -> bool | None:
    value, low, high = (value_of(part, scope) for part in (node.operand, node.low, node.high))
    if not (comparable(value, low) and comparable(value, high)):
        return None
    return bool(low <= value <= high)


def _in(node: n.In, scope: Scope) -> bool | None:
    return matches_any(node.tests, value_of(node.operand, scope), scope)


def matches_any(tests: Sequence[n.Test], value: Value, scope: Scope) -> bool | None:
    """Whether the value passes one of the unary tests."""
    inside: Scope | None = None
    answer: bool | None = False
    for test in tests:
        if type(test.body) is n.Literal:
            scope.run.spend(1)
            passed = _meets(test.body.value, value, scope)
        else:
            inside = inside or scope.within({"?": value})
            passed = _passes(test, value, inside)
        if passed is True:
            return True
        if passed is None:
            answer = None
    return answer


def _passes(test: n.Test, value: Value, scope: Scope) -> bool | None:
    found = value_of(test.body, scope)
    if test.asks:
        return found if found is True or found is False else None
    if found is None and type(test.body) is n.RangeOf:
        return None
    return _meets(found, value, scope)


def _meets(found: Value, value: Value, scope: Scope) -> bool | None:
    if type(found) is Range:
        return contains(found, value)
    if type(found) is str and type(value) is str:
        scope.run.spend(len(found) // CHARACTERS)
        return found == value
    scope.run.weigh(found)
    if type(found) is list:
        return any(_is_member(item, value) for item in found) or equal(found, value) is True
    return equal(value, found)


def _is_member(item: Value, value: Value) -> bool:
    if type(item) is Range:
        return contains(item, value) is True
    return equal(item, value) is True


def _instance(node: n.InstanceOf, scope: Scope) -> bool:
    value = scope.run.weigh(value_of(node.operand, scope))
    scope.run.spend(MAKING)
    return is_instance(value, node.type)


# Forms


def _if(node: n.If, scope: Scope) -> Value:
    condition = value_of(node.condition, scope)
    if condition is True:
        return value_of(node.then, scope)
    return value_of(node.otherwise, scope) if condition is False or condition is None else None


def _for(node: n.For, scope: Scope) -> Value:
    results: list[Value] = []
    try:
        for inside in _iterations(node.bindings, scope.within({"partial": results})):
            results.append(value_of(node.body, inside))
            scope.run.allow(len(results))
    except IllTyped:
        return None
    return results


def _iterations(bindings: Sequence[n.Binding], scope: Scope) -> Iterator[Scope]:
    if not bindings:
        yield scope
        return
    for item in _items(bindings[0], scope):
        scope.run.spend(ROUND)
        yield from _iterations(bindings[1:], scope.within({bindings[0].name: item}))


def _items(binding: n.Binding, scope: Scope) -> Iterator[Value]:
    source = value_of(binding.source, scope)
    if binding.end is not None:
        return iterate(source, value_of(binding.end, scope))
    if type(source) is Range:
        first, last = _closed(source)
        return iter(()) if first > last else iterate(first, last)
    if source is None:
        raise IllTyped
    return iter(source if type(source) is list else [source])


_NEXT: Mapping[type, Value] = {Decimal: Decimal(1), date: timedelta(1)}


def _closed(interval: Range) -> tuple[Value, Value]:
    """The first and the last of what is walked over. Raises IllTyped for what has no next one."""
    low, high = interval.low, interval.high
    step = _NEXT.get(type(low))
    if step is None or type(low) is not type(high) or low > high:
        raise IllTyped
    first = low if interval.low_included else compute("+", low, step)
    last = high if interval.high_included else compute("-", high, step)
    if first is None or last is None:
        raise IllTyped
    return first, last


def _quantified(node: n.Quantified, scope: Scope) -> bool | None:
    answer: bool | None = node.every
    try:
        for inside in _iterations(node.bindings, scope):
            value = value_of(node.body, inside)
            if value is (not node.every):
                return not node.every
            if value is not node.every:
                if value is not None:
                    return None
                answer = None
    except IllTyped:
        return None
    return answer


# Functions


def _function(node: n.FunctionOf, scope: Scope) -> Function:
    def call(arguments: list[Value]) -> Value:
        if len(arguments) != len(node.parameters):
            return None
        run = scope.run
        for at, wanted in enumerate(node.types):
            given = arguments[at]
            arguments[at] = fitted(given, wanted, scope)
            if given is not None and arguments[at] is None:
                return None
        run.spend(ROUND)
        run.enter(node.levels)
        value = value_of(node.body, scope.within(dict(zip(node.parameters, arguments, strict=True))))
        run.depth -= node.levels
        return value

    scope.run.spend(ROUND)
    return Function(node.parameters, call)


def _call(node: n.Call, scope: Scope) -> Value:
    arguments = [value_of(argument, scope) for argument in node.arguments]
    name = node.function.name if isinstance(node.function, n.Name) else ""
    if name in BUILTINS and not scope.has_function(name):
        return BUILTINS[name].apply(scope.run, arguments, node.names)
    function = value_of(node.function, scope)
    if type(function) is not Function:
        return None
    if node.names:
        if set(node.names) != set(function.parameters):
            return None
        given = dict(zip(node.names, arguments, strict=True))
        arguments = [given[name] for name in function.parameters]
    return function.call(arguments)


# Types and parts of other kinds


def fitted(value: Value, wanted: n.Type, scope: Scope) -> Value:
    """The value as the type has it, or null."""

    def passes(inner: n.Type, item: Value) -> bool:
        return matches_any(inner.allowed, item, scope) is True

    return coerced(scope.run.weigh(value), wanted, passes)




def _typed(node: n.Typed, scope: Scope) -> Value:
    return fitted(value_of(node.operand, scope), node.type, scope)


def _embedded(node: n.Embedded, scope: Scope) -> Value:
    return node.body(scope)


_RULES: dict[type, Callable[[Any, Scope], Value]] = {
    n.Literal: _literal,
    n.Name: _name,
    n.Path: _path,
    n.ListOf: _list,
    n.ContextOf: _context,
    n.RangeOf: _range,
    n.Filter: _filter,
    n.Arithmetic: _arithmetic,
    n.Negate: _negate,
    n.Compare: _compare,
    n.AllOf: _all,
    n.AnyOf: _any,
    n.Between: _between,
    n.In: _in,
    n.InstanceOf: _instance,
    n.If: _if,
    n.For: _for,
    n.Quantified: _quantified,
    n.FunctionOf: _function,
    n.Call: _call,
    n.Typed: _typed,
    n.Embedded: _embedded,
}
