"""Random diagrams that are wired loosely: any element to any other. Many are nonsense and have to be refused."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.engine.builders import loop
from tests.engine.constructs.drawing import standard
from tests.walks.canvas import ERRORS, ESCALATION, MESSAGES, SIGNALS, Canvas, Out, happening, properties, service
from tests.walks.parts import handed

_TAGS = {
    "userTask": 30, "manualTask": 4, "receiveTask": 6, "scriptTask": 6, "exclusiveGateway": 18, "parallelGateway": 16,
    "inclusiveGateway": 8, "intermediateCatchEvent": 6, "subProcess": 7, "endEvent": 8, "terminate": 2, "many": 5,
    "serviceTask": 5, "again": 4, "intermediateThrowEvent": 6, "fail": 2, "tell": 2, "transaction": 2,
    "adHocSubProcess": 2, "handler": 4, "callActivity": 3,
}
_WORK = ("userTask", "manualTask", "receiveTask", "serviceTask", "many", "again")
_FRAMES = ("subProcess", "transaction", "adHocSubProcess", "handler", "callActivity")
_ENDS = ("endEvent", "terminate", "fail", "tell")
_AWAITED = ("", "", *MESSAGES, *SIGNALS, "when")


@dataclass(frozen=True, slots=True)
class Spot:
    """An element: its kind, the subprocess it is in, its host where it is a boundary event, and what it waits for or
    throws."""

    tag: str
    scope: int | None = None
    host: int | None = None
    stays: bool = False
    on: str = ""


@dataclass(frozen=True, slots=True)
class Wiring:
    """Elements and the flows between them, each with a number for its condition."""

    spots: tuple[tuple[int, Spot], ...]
    flows: tuple[tuple[int, int, int], ...]

    def smaller(self) -> Iterator[Wiring]:
        """The same with an element less (its flows joined where it had one each) or with a flow less."""
        for number, spot in self.spots:
            if spot.tag != "startEvent":
                yield self._without(number)
        for at in range(len(self.flows)):
            yield replace(self, flows=(*self.flows[:at], *self.flows[at + 1 :]))

    def _without(self, number: int) -> Wiring:
        gone = {number}
        for _ in self.spots:
            gone |= {other for other, spot in self.spots if {spot.scope, spot.host} & gone}
        spots = tuple((other, spot) for other, spot in self.spots if other not in gone)
        flows = tuple(each for each in self.flows if not {each[0], each[1]} & gone)
        before = [source for source, target, _ in self.flows if target == number and source not in gone]
        after = [(target, test) for source, target, test in self.flows if source == number and target not in gone]
        if len(after) == 1:
            flows += tuple((source, *after[0]) for source in before)
        return Wiring(spots, flows)

    def xml(self) -> str:
        """The whole document."""
        canvas = Canvas()
        inside: dict[int | None, str | None] = {None: None}
        named: dict[int, str] = {}
        for number, spot in self.spots:
            body = canvas.process() if spot.tag == "callActivity" else None
            named[number] = _node(canvas, spot, inside[spot.scope], named.get(spot.host or 0, ""), body)
            inside[number] = body or named[number]
        tags = dict(self.spots)
        steps = [named[number] for number, spot in self.spots if spot.tag in ("userTask", "manualTask")]
        for at, (source, target, test) in enumerate(self.flows):
            alike = [other for other, each in enumerate(self.flows) if each[0] == source]
            tag = tags[source].tag
            decides = tag in ("exclusiveGateway", "inclusiveGateway") and len(alike) > 1
            last = decides and at == alike[-1]
            when = _test(test, steps if tag == "exclusiveGateway" else []) if decides and not last else ""
            canvas.connect(Out(named[source], when, last), named[target])
        return canvas.xml()


def _node(canvas: Canvas, spot: Spot, scope: str | None, host: str, called: str | None) -> str:
    if spot.tag in ("userTask", "manualTask"):
        return canvas.node(spot.tag, scope, properties(), name="s")
    if spot.tag in ("many", "again"):
        repeated = loop(cardinality="2") if spot.tag == "many" else standard("loopCounter < 2")
        return canvas.node("userTask", scope, properties() + repeated, name="s")
    if spot.tag == "receiveTask":
        inside = properties(kind="wait_applicant", hours="", clock="stopped")
        return canvas.node(spot.tag, scope, inside, messageRef="m_paper")
    if spot.tag == "boundaryEvent":
        cancel = "false" if spot.stays else "true"
        return canvas.node(spot.tag, scope, _event(spot), attachedToRef=host, cancelActivity=cancel)
    if spot.tag == "startEvent" and spot.on:
        return canvas.node(spot.tag, scope, _event(spot), isInterrupting="false" if spot.stays else "true")
    if called is not None:
        return canvas.node(spot.tag, scope, handed(), calledElement=called)
    if spot.tag == "handler":
        return canvas.node("subProcess", scope, triggeredByEvent="true")
    inside = {"scriptTask": "<bpmn:script>filing.n</bpmn:script>", "serviceTask": service()}.get(spot.tag, "")
    if spot.on or spot.tag == "intermediateCatchEvent":
        inside = _event(spot)
    return canvas.node("endEvent" if spot.tag in _ENDS else spot.tag, scope, inside)


def _event(spot: Spot) -> str:
    """A condition between two elements comes true whatever was filed."""
    most = 10 if spot.tag == "intermediateCatchEvent" else 6
    return happening("" if spot.on == "time" else spot.on, "PT2H", f"filing.n < {most}")


def _test(number: int, steps: list[str]) -> str:
    if not steps or number % 4 == 0:
        return f"filing.n < {number % 10}"
    return f"visits.{steps[number % len(steps)]} < {number % 3 + 1}"


def wire(seed: int, size: int = 9) -> Wiring:
    """A random wiring; most seeds care a little that everything can be reached, some do not at all."""
    rng = random.Random(f"loose {seed}")
    spots: dict[int, Spot] = {}
    flows: list[tuple[int, int, int]] = []
    _fill(rng, spots, None, rng.randint(2, size))
    for frame in [number for number, spot in spots.items() if spot.tag in _FRAMES]:
        _fill(rng, spots, frame, rng.randint(1, 4))
    care = rng.random() < 0.85
    for scope in {spot.scope for spot in spots.values()}:
        flows += _connect(rng, {number: spot for number, spot in spots.items() if spot.scope == scope}, care)
    if rng.random() < 0.04:
        flows.append((rng.choice(list(spots)), rng.choice(list(spots)), rng.randrange(100)))
    return Wiring(tuple(spots.items()), tuple(dict.fromkeys(flows)))


def _fill(rng: random.Random, spots: dict[int, Spot], scope: int | None, size: int) -> None:
    """What is in a scope: an ad-hoc subprocess has neither start nor end, an event subprocess starts by an event."""
    around = "" if scope is None else spots[scope].tag
    if around != "adHocSubProcess":
        on = rng.choice((*_AWAITED, *ERRORS, ESCALATION)) or "time" if around == "handler" else ""
        spots[len(spots)] = Spot("startEvent", scope, stays=on not in ERRORS and rng.random() < 0.5, on=on)
    tags = {tag: weight for tag, weight in _TAGS.items() if scope is None or tag not in _FRAMES}
    for tag in rng.choices(list(tags), list(tags.values()), k=size):
        number = len(spots)
        spots[number] = Spot(tag, scope, on=_on(rng, tag))
        if tag in (*_WORK, *_FRAMES) and tag != "handler" and rng.random() < 0.25:
            _attach(rng, spots, number)
    if around != "adHocSubProcess":
        spots[len(spots)] = Spot("endEvent", scope)


def _on(rng: random.Random, tag: str) -> str:
    """What an event waits for or throws."""
    names = {
        "intermediateCatchEvent": _AWAITED, "intermediateThrowEvent": (*SIGNALS, *MESSAGES, ESCALATION, "compensate"),
        "terminate": ("terminate",), "fail": ERRORS, "tell": (*SIGNALS, *MESSAGES, ESCALATION),
    }.get(tag, ("",))
    return rng.choice(names)


def _attach(rng: random.Random, spots: dict[int, Spot], host: int) -> None:
    """A boundary event; errors come out of what has something in it, or of a service."""
    fails = spots[host].tag in (*_FRAMES, "serviceTask")
    on = rng.choice((*_AWAITED, *((*ERRORS, *ERRORS, ESCALATION, ESCALATION) if fails else ())))
    stays = on not in ERRORS and rng.random() < 0.5
    spots[len(spots)] = Spot("boundaryEvent", spots[host].scope, host, stays, on)


def _connect(rng: random.Random, spots: dict[int, Spot], care: bool) -> list[tuple[int, int, int]]:
    """With care every element gets a flow from one before it, as long as there are ways; what is left goes anywhere."""
    targets = [number for number, spot in spots.items() if spot.tag not in ("startEvent", "boundaryEvent", "handler")]
    if not targets:
        return []
    free: list[int] = []
    flows = []
    for number, spot in spots.items():
        if care and number in targets and free:
            flows.append((free.pop(rng.randrange(len(free))), number, rng.randrange(100)))
        free += [number] * _ways(rng, spot.tag, care)
    return flows + [(number, rng.choice(targets), rng.randrange(100)) for number in free]


def _ways(rng: random.Random, tag: str, care: bool) -> int:
    if tag == "handler":
        return 0
    if not care:
        return rng.choice((0, 1, 1, 1, 2))
    if tag in _ENDS:
        return 0
    if tag.endswith("Gateway"):
        return rng.choice((1, 2, 2, 3))
    return rng.choice((1, 1, 1, 1, 1, 1, 1, 1, 1, 2)) if tag != "boundaryEvent" else 1
