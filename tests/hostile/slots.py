"""Every place of a procedure in which a text is evaluated, each as a small procedure around that text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from xml.sax.saxutils import escape, quoteattr
from zlib import crc32

from engine.commands import ClaimStep, CompleteStep, DeliverMessage, FireTimer, StartProcess
from engine.decisions import check_decision
from engine.definition import Bundle, check, compile_definition
from engine.errors import OneDoorError
from engine.execute import offered, step
from engine.facts import StepEntered, TimerSet
from engine.feel import compile_expression, to_plain, unary_tests
from engine.forms import check_schema, validate
from engine.state import dump, load
from tests.engine import builders as draw
from tests.engine import happenings as events

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
FORM = {"x": [1, 2], "name": "lan", "typename": "os", "__class__": "y", "n": 3}
DECISION = ('<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" name="d" namespace="x">'
            '<decision id="d" name="d">{logic}</decision></definitions>')
Slot = Callable[[str], Iterator[object]]


def walked(xml: str, decisions: Mapping[str, str] | None = None) -> Iterator[object]:
    """Everything that comes of a diagram: its definition's refusal, or the facts and states of a way through it."""
    definition = compile_definition(Bundle(xml, decisions=decisions or {}))
    outcome = step(definition, None, StartProcess(draw.DOSSIER, FORM), NOW)
    yield outcome
    now = NOW
    for fact in outcome.facts:
        now += timedelta(days=1)
        if isinstance(fact, StepEntered):
            yield offered(definition, outcome.state, fact.token, now)
            outcome = step(definition, outcome.state, ClaimStep(fact.token, "lan"), now)
            form = {"x": [1], "next": "b"}
            outcome = step(definition, outcome.state, CompleteStep(fact.token, "lan", form), now)
            yield outcome
        elif isinstance(fact, TimerSet):
            yield step(definition, outcome.state, FireTimer(fact.timer), now + timedelta(days=4000))


def around(part: str, *more: str, last: str = "", names: tuple[str, ...] = ()) -> str:
    """Start, the part with the id `s`, a step, end."""
    return events.document(draw.start(), part, *more, draw.task("a"), draw.end(status=last or None),
                           draw.path("begin", "s", "a", "done"), names=names)


def _condition(text: str) -> Iterator[object]:
    flows = draw.path("begin", "s") + draw.flow("s", "a") + draw.path("a", "done")
    way = ('<bpmn:sequenceFlow id="w" sourceRef="s" targetRef="done"><bpmn:conditionExpression>'
           f"{escape(text)}</bpmn:conditionExpression></bpmn:sequenceFlow>")
    yield from walked(draw.diagram(draw.start(), draw.xor("s", "s-a"), draw.task("a"), draw.end(), flows, way))


def _part(make: Callable[[str], str], text: str) -> Iterator[object]:
    yield from walked(around(make(text)))


def _timer(tag: str, host: bool, text: str) -> Iterator[object]:
    value = escape("=" + text)
    if host:
        timer = draw.timer("t", value, host="a", tag=tag) + draw.end("late") + draw.path("t", "late")
        yield from walked(around(draw.script("s", "1"), timer))
    else:
        yield from walked(around(draw.timer("s", value, tag=tag)))


def _loop(text: str, **what: str) -> Iterator[object]:
    inside = draw.loop(**{name: value if name == "collection" else escape(value) for name, value in what.items()})
    yield from walked(around(draw.task("s", inside=inside)))


def _end(text: str) -> Iterator[object]:
    whole = around(draw.script("s", "1"), last="STATUS")
    yield from walked(whole.replace('"STATUS"', quoteattr("=" + text)))


def _choice(text: str) -> Iterator[object]:
    yield from walked(around(draw.task("s", draw.choice("ok"), draw.choice("no", "refuse", text))))


def _correlation(text: str) -> Iterator[object]:
    part = events.catch("s", events.ours(correlation="=" + text), events.told("message", "paid"))
    yield from walked(around(part, names=("message:paid",)))


def _thrown(text: str) -> Iterator[object]:
    part = events.throw("s", events.ours(value="=" + text), events.told("signal", "go"))
    yield from walked(around(part, names=("signal:go",)))


def _event(text: str) -> Iterator[object]:
    yield from walked(around(events.catch("s", events.told("condition", escape(text)))))


def _decision(place: str, text: str) -> Iterator[object]:
    said = {"input": "filing.n", "cell": "> 1", "output": "1", "default": "2", "allowed": "", "literal": ""} | {
        place: text}
    logic = f"<literalExpression><text>{escape(text)}</text></literalExpression>" if place == "literal" else (
        f"<decisionTable><input><inputExpression><text>{escape(said['input'])}</text></inputExpression>"
        + (f"<inputValues><text>{escape(said['allowed'])}</text></inputValues>" if said["allowed"] else "")
        + f'</input><output name="v"><defaultOutputEntry><text>{escape(said["default"])}</text></defaultOutputEntry>'
        f"</output><rule><inputEntry><text>{escape(said['cell'])}</text></inputEntry>"
        f"<outputEntry><text>{escape(said['output'])}</text></outputEntry></rule></decisionTable>")
    dmn = DECISION.replace("{logic}", logic)
    own = '<bpmn:extensionElements><onedoor:decision ref="d"/></bpmn:extensionElements>'
    yield from walked(around(draw.element("businessRuleTask", "s", own)), {"d": dmn})


def _form(place: str, text: str) -> Iterator[object]:
    part: dict[str, Any] = {"type": "number", "key": "n", "label": "N"}
    if place == "hide":
        part["conditional"] = {"hide": "=" + text}
    elif place == "limit":
        part["validate"] = {"min": "=" + text, "required": "=" + text}
    elif place == "pattern":
        part |= {"type": "textfield", "validate": {"pattern": text}}
    elif place == "options":
        part |= {"type": "select", "valuesExpression": "=" + text}
    else:
        part = {"type": "expression", "key": "c", "expression": "=" + text}
    schema = {"type": "default", "components": [part]}
    yield check_schema("f", schema)
    yield validate(schema, {"n": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}, {"filing": FORM}, NOW)
    yield validate(schema, {text[:50]: 1, "n": text}, {"filing": FORM}, NOW)


def _data(text: str) -> Iterator[object]:
    """What people enter is kept and given back, and is never an expression, whatever it is called."""
    definition = compile_definition(Bundle(draw.row("a")))
    value: dict[str, Any] = {text: text, "list": [text, {text: text}], "typename": text, "py/object": text}
    try:
        outcome = step(definition, None, StartProcess(draw.DOSSIER, value), NOW)
    except OneDoorError:
        outcome = step(definition, None, StartProcess(draw.DOSSIER, {"x": repr(text)}), NOW)
    state = load(outcome.state)
    if dump(state) != outcome.state:
        raise AssertionError("the state changed by being read")
    for command in (ClaimStep(f"t{text}", text), DeliverMessage(text, {text: text}, text), FireTimer(text)):
        try:
            step(definition, outcome.state, command, NOW)
        except OneDoorError:
            continue
        raise AssertionError(f"{command} was accepted")
    yield outcome


def _feel(text: str) -> Iterator[object]:
    yield to_plain(compile_expression(text).evaluate({"filing": FORM, "x": [1, {"a": 1}]}, NOW))


def _tests(text: str) -> Iterator[object]:
    yield unary_tests(text).matches(1, {"filing": FORM}, NOW)


def _state(text: str) -> Iterator[object]:
    yield load(text.encode("utf-8", "replace"))


def _state_inside(text: str) -> Iterator[object]:
    whole = dump(load(step(compile_definition(Bundle(draw.row("a"))), None, StartProcess(draw.DOSSIER, {}), NOW).state))
    yield load(whole.replace(b'"data":', b'"' + text.encode("utf-8", "replace") + b'":'))


def _gate(whole: str, text: str) -> Iterator[object]:
    """The text somewhere in a file, at a place that follows from it."""
    at = crc32(text.encode("utf-8", "replace")) % len(whole)
    yield check(Bundle(whole[:at] + text + whole[at:]))
    yield check(Bundle(whole[:at] + text))


def _decision_gate(text: str) -> Iterator[object]:
    whole = DECISION.replace("{logic}", "<literalExpression><text>1</text></literalExpression>")
    at = crc32(text.encode("utf-8", "replace")) % len(whole)
    yield check_decision("d", whole[:at] + text + whole[at:])


CHEAP: dict[str, Slot] = {
    "feel": _feel, "unary tests": _tests, "state": _state, "form hide": partial(_form, "hide"),
    "form computed": partial(_form, "computed"), "form limit": partial(_form, "limit"),
    "form pattern": partial(_form, "pattern"), "form options": partial(_form, "options"), "values": _data,
}
WHOLE: dict[str, Slot] = {
    "condition": _condition, "script": partial(_part, lambda text: draw.script("s", escape(text))),
    "duration": partial(_timer, "timeDuration", False), "date": partial(_timer, "timeDate", False),
    "boundary timer": partial(_timer, "timeDuration", True), "cycle": partial(_timer, "timeCycle", True),
    "collection": lambda text: _loop(text, collection=text), "cardinality": lambda text: _loop(text, cardinality=text),
    "completion": lambda text: _loop(text, collection="filing.x", until=text),
    "unit": partial(_part, lambda text: draw.task("s", unit="=" + text)),
    "status": partial(_part, lambda text: draw.task("s", status="=" + text)), "end status": _end, "choice": _choice,
    "correlation": _correlation, "thrown value": _thrown, "condition event": _event,
    "service input": partial(_part, lambda text: events.service("s", "log", text="=" + text)),
    **{f"decision {place}": partial(_decision, place) for place in ("input", "cell", "output", "default", "allowed",
                                                                   "literal")},
    "state inside": _state_inside, "diagram": partial(_gate, around(draw.timer("s", "P1D"))),
    "decision file": _decision_gate,
}
SLOTS: dict[str, Slot] = CHEAP | WHOLE
HARMLESS = ("1", '"P1D"', "[1]", "filing.n > 2", 'count(filing.x) + string length("a")', '"H49.1"', "#", "now()",
            'matches("a", "a|b")', '@"2026-01-01"', "1 / 0", "for i in 1..10 return i")
