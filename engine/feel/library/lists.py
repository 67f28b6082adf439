"""Functions over lists; positions count from 1, or from the end when negative."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import cmp_to_key
from itertools import pairwise

from engine.feel.budget import Run
from engine.feel.library.registry import builtin, flag, items, numbers, roughly, spread, whole
from engine.feel.values import NUMBERS, Function, IllTyped, Value, comparable, equal


def same(left: Value, right: Value) -> bool:
    """Equality as list functions mean it."""
    return equal(left, right) is True


def _place(values: list[Value], position: Value) -> int:
    wanted, size = roughly(position), len(values)
    if wanted == 0 or abs(wanted) > size:
        raise IllTyped
    return wanted - 1 if wanted > 0 else size + wanted


@builtin("list contains", "list, element", runs=True)
def _list_contains(run: Run, values: Value, element: Value) -> Value:
    run.weigh(values)
    return any(same(item, element) for item in items(values))


@builtin("count", "list")
def _count(values: Value) -> Value:
    return Decimal(len(items(values)))


def _extreme(arguments: tuple[Value, ...], better: Callable[[Value, Value], bool]) -> Value:
    found = spread(arguments)
    if not found or not all(comparable(left, right) for left, right in pairwise([*found, found[0]])):
        raise IllTyped
    best = found[0]
    for item in found[1:]:
        best = item if better(item, best) else best
    return best


@builtin("min", "list", variadic=True)
def _min(*arguments: Value) -> Value:
    return _extreme(arguments, lambda item, best: bool(item < best))


@builtin("max", "list", variadic=True)
def _max(*arguments: Value) -> Value:
    return _extreme(arguments, lambda item, best: bool(item > best))


def total(values: list[Decimal]) -> Decimal:
    """The sum within 34 digits."""
    result = Decimal(0)
    for value in values:
        result = NUMBERS.add(result, value)
    return result


@builtin("sum", "list", variadic=True)
def _sum(*arguments: Value) -> Value:
    found = numbers(arguments)
    return total(found) if found else None


@builtin("product", "list", variadic=True)
def _product(*arguments: Value) -> Value:
    found = numbers(arguments)
    result = Decimal(1)
    for value in found:
        result = NUMBERS.multiply(result, value)
    return result if found else None


def mean(values: list[Decimal]) -> Decimal:
    """The arithmetic mean; of no numbers there is none."""
    return NUMBERS.divide(total(values), Decimal(len(values)))


@builtin("mean", "list", variadic=True)
def _mean(*arguments: Value) -> Value:
    return mean(numbers(arguments))


@builtin("median", "list", variadic=True)
def _median(*arguments: Value) -> Value:
    found = sorted(numbers(arguments))
    middle = len(found) // 2
    return (found[middle] if len(found) % 2 else mean(found[middle - 1 : middle + 1])) if found else None


@builtin("stddev", "list", variadic=True, runs=True)
def _stddev(run: Run, *arguments: Value) -> Value:
    found = numbers(arguments)
    run.spend(len(found))
    if len(found) < 2:
        return None
    centre = mean(found)
    squares = [NUMBERS.power(NUMBERS.subtract(value, centre), Decimal(2)) for value in found]
    return NUMBERS.sqrt(NUMBERS.divide(total(squares), Decimal(len(found) - 1)))


@builtin("mode", "list", variadic=True)
def _mode(*arguments: Value) -> Value:
    counts = Counter(numbers(arguments))
    most = max(counts.values(), default=0)
    return sorted(value for value, count in counts.items() if count == most)


def _all_of(arguments: tuple[Value, ...], settled: bool) -> bool | None:
    found = spread(arguments)
    if any(item is settled for item in found):
        return settled
    return not settled if all(item is (not settled) for item in found) else None


@builtin("all", "list", variadic=True)
def _all(*arguments: Value) -> Value:
    return _all_of(arguments, False)


@builtin("any", "list", variadic=True)
def _any(*arguments: Value) -> Value:
    return _all_of(arguments, True)


@builtin("sublist", "list, start position, length", least=2)
def _sublist(values: Value, start: Value, length: Value = None) -> Value:
    found = items(values)
    begin = _place(found, start)
    if length is None:
        return found[begin:]
    size = whole(length)
    return found[begin : begin + size] if 0 < size <= len(found) - begin else None


@builtin("append", "list, item", least=1, variadic=True)
def _append(values: Value, *added: Value) -> Value:
    return [*items(values), *added]


@builtin("concatenate", "list", variadic=True, runs=True)
def _concatenate(run: Run, *lists: Value) -> Value:
    run.allow(sum(len(items(values)) for values in lists))
    return [item for values in lists for item in items(values)]


@builtin("insert before", "list, position, newItem")
def _insert(values: Value, position: Value, item: Value) -> Value:
    found = items(values)
    at = _place(found, position)
    return [*found[:at], item, *found[at:]]


@builtin("remove", "list, position")
def _remove(values: Value, position: Value) -> Value:
    found = items(values)
    at = _place(found, position)
    return [*found[:at], *found[at + 1 :]]


@builtin("list replace", "list, position, newItem", "list, match, newItem")
def _list_replace(values: Value, where: Value, item: Value) -> Value:
    found = items(values)
    if type(where) is Function:
        chosen = [flag(where.call([old, item])) for old in found]
        return [item if hit else old for old, hit in zip(found, chosen, strict=True)]
    at = _place(found, where)
    return [*found[:at], item, *found[at + 1 :]]


@builtin("reverse", "list")
def _reverse(values: Value) -> Value:
    return items(values)[::-1]


@builtin("index of", "list, match", runs=True)
def _index_of(run: Run, values: Value, match: Value) -> Value:
    run.weigh(values)
    return [Decimal(index) for index, item in enumerate(items(values), 1) if same(item, match)]


def _distinct(run: Run, values: list[Value]) -> list[Value]:
    kept: list[Value] = []
    for value in values:
        run.spend(1 + len(kept) * run.size(value))
        if not any(same(value, other) for other in kept):
            kept.append(value)
    return kept


@builtin("distinct values", "list", runs=True)
def _distinct_values(run: Run, values: Value) -> Value:
    return _distinct(run, items(values))


@builtin("union", "list", variadic=True, runs=True)
def _union(run: Run, *lists: Value) -> Value:
    return _distinct(run, [item for values in lists for item in items(values)])


@builtin("flatten", "list", runs=True)
def _flatten(run: Run, values: Value) -> Value:
    run.weigh(values)
    flat: list[Value] = []
    left = [items(values)]
    while left:
        value = left.pop()
        if type(value) is list:
            left.extend(reversed(value))
        else:
            flat.append(value)
    return flat


@builtin("sort", "list, precedes", least=1, runs=True)
def _sort(run: Run, values: Value, precedes: Value = None) -> Value:
    found = items(values)
    run.spend(len(found))
    if precedes is None:
        if not all(comparable(left, right) for left, right in pairwise(found)):
            raise IllTyped
        return sorted(found)
    if type(precedes) is not Function:
        raise IllTyped

    def order(left: Value, right: Value) -> int:
        run.spend(1)
        return -1 if precedes.call([left, right]) is True else 0

    return sorted(found, key=cmp_to_key(order))
