"""Functions over strings; positions count characters from 1."""

from __future__ import annotations

from decimal import Decimal

from engine.feel.budget import Run
from engine.feel.library.registry import builtin, items, number, text, whole
from engine.feel.patterns import Pattern, pattern, replacement
from engine.feel.values import IllTyped, Value

LONGEST_MATCHED = 20_000
READING = 30


@builtin("substring", "string, start position, length", least=2)
def _substring(string: Value, start: Value, length: Value = None) -> Value:
    content, first = text(string), whole(start)
    if first == 0 or abs(first) > len(content):
        return None if first == 0 or content else ""
    begin = first - 1 if first > 0 else len(content) + first
    if length is None:
        return content[begin:]
    count = int(min(number(length), Decimal(len(content))))
    return content[begin : begin + count] if count >= 1 else None


@builtin("string length", "string")
def _length(string: Value) -> Value:
    return Decimal(len(text(string)))


@builtin("upper case", "string")
def _upper(string: Value) -> Value:
    return text(string).upper()


@builtin("lower case", "string")
def _lower(string: Value) -> Value:
    return text(string).lower()


@builtin("trim", "string")
def _trim(string: Value) -> Value:
    return text(string).strip()


@builtin("substring before", "string, match")
def _before(string: Value, match: Value) -> Value:
    before, found, _ = text(string).partition(text(match)) if match != "" else ("", "", "")
    return before if found else ""


@builtin("substring after", "string, match")
def _after(string: Value, match: Value) -> Value:
    content = text(string)
    return content.partition(text(match))[2] if match != "" else content


@builtin("contains", "string, match")
def _contains(string: Value, match: Value) -> Value:
    return text(match) in text(string)


@builtin("starts with", "string, match")
def _starts(string: Value, match: Value) -> Value:
    return text(string).startswith(text(match))


@builtin("ends with", "string, match")
def _ends(string: Value, match: Value) -> Value:
    return text(string).endswith(text(match))


def _searched(run: Run, content: str, expression: Value, flags: Value) -> Pattern:
    if len(content) > LONGEST_MATCHED:
        raise IllTyped
    written = text(expression)
    # What reading a pattern costs, also where it was read before: a budget must not depend on what is remembered
    run.spend(READING + len(written))
    found = pattern(written, "" if flags is None else text(flags), wide=True)
    run.spend(found.cost(len(content)))
    return found


@builtin("matches", "input, pattern, flags", least=2, runs=True)
def _matches(run: Run, string: Value, expression: Value, flags: Value = None) -> Value:
    content = text(string)
    return _searched(run, content, expression, flags).compiled.search(content) is not None


@builtin("replace", "input, pattern, replacement, flags", least=3, runs=True)
def _replace(run: Run, string: Value, expression: Value, new: Value, flags: Value = None) -> Value:
    content, found = text(string), []
    compiled = _searched(run, content, expression, flags).compiled
    if compiled.match("") is not None:
        raise IllTyped
    fill = replacement(text(new), compiled.groups)
    at = size = 0
    for match in compiled.finditer(content):
        filled = fill(match)
        found += [content[at : match.start()], filled]
        size += len(filled)
        run.spend(1)
        run.allow(size)
        at = match.end()
    return "".join([*found, content[at:]])


@builtin("split", "string, delimiter", runs=True)
def _split(run: Run, string: Value, delimiter: Value) -> Value:
    content = text(string)
    compiled = _searched(run, content, delimiter, None).compiled
    if compiled.match("") is not None:
        raise IllTyped
    parts, at = [], 0
    for match in compiled.finditer(content):
        parts.append(content[at : match.start()])
        at = match.end()
    return [*parts, content[at:]]


@builtin("string join", "list, delimiter", least=1, runs=True)
def _join(run: Run, values: Value, delimiter: Value = None) -> Value:
    parts = [item for item in items(values) if item is not None]
    if any(type(part) is not str for part in parts):
        raise IllTyped
    between = "" if delimiter is None else text(delimiter)
    run.make(sum(len(part) + len(between) for part in parts))
    return between.join(parts)
