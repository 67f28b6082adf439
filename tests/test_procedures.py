"""The shipped procedures are sound, complete in both languages, drawn in full, and their scenarios go as written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import combinations, pairwise
from typing import Any

import pytest
from lxml import etree

from app.people.permissions import ROLES
from engine.decisions import compile_decision
from engine.definition import Definition, check
from engine.drawing.findings import refused
from engine.facts import ClockStarted, ClockStopped, StatusChanged, StepEntered
from engine.feel import compile_expression
from engine.feel.budget import Run
from engine.forms import check_schema, localized
from engine.rehearse import coverage, rehearse
from tests.builders_procedures import KEYS, RECEIVED, definition_of, every_scenario, rehearsed, scenarios_of, shipped

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
BOUNDS = "{http://www.omg.org/spec/DD/20100524/DC}Bounds"
WAYPOINT = "{http://www.omg.org/spec/DD/20100524/DI}waypoint"
MARKS = {"confirmed", "assumed", "general knowledge"}
UNITS = {"H49.20", "H49.21", "H49.22"}
MOVES = {
    0: {1}, 1: {2, 3, 5, 7}, 2: {4, 5, 6, 7, 8, 9}, 4: {5, 6, 7, 8, 9}, 5: {2, 4, 7, 8, 3}, 6: {4, 7, 8, 9}, 9: {10},
}

every_procedure = pytest.mark.parametrize("key", KEYS)


@every_procedure
def test_the_gate_finds_no_error(key: str) -> None:
    assert [finding.message for finding in refused(check(shipped(key), frozenset(ROLES)))] == []


@pytest.mark.parametrize(("key", "name"), every_scenario())
def test_every_scenario_goes_as_written(key: str, name: str) -> None:
    assert [str(failure) for failure in rehearsed(key, name).failures] == []


@every_procedure
def test_the_scenarios_come_past_every_element_and_flow(key: str) -> None:
    left = coverage(definition_of(key), [rehearsed(key, name) for name in scenarios_of(key)])
    assert (left.elements, left.flows) == ((), ())


@every_procedure
def test_a_rehearsal_gives_the_same_facts_every_time(key: str) -> None:
    for name, scenario in scenarios_of(key).items():
        assert rehearse(definition_of(key), scenario, RECEIVED).facts == rehearsed(key, name).facts


@every_procedure
def test_no_scenario_comes_near_the_budget(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No expression takes a tenth of what one may take, no command and no form a tenth of what they may."""
    ended, alone, together = Run.end, [0.0], [0.0]

    def end(run: Run, kept: int) -> None:
        alone.append((run.limit - run.steps) / run.limit)
        ended(run, kept)
        together.append(1 - run.steps / run.budget.together)

    monkeypatch.setattr(Run, "end", end)
    for scenario in scenarios_of(key).values():
        rehearse(definition_of(key), scenario, RECEIVED)
    assert len(alone) > 1
    assert max(alone) < 0.1
    assert max(together) < 0.1


# Status, clock and hours


@pytest.mark.parametrize(("key", "name"), every_scenario())
def test_the_public_status_makes_only_allowed_moves(key: str, name: str) -> None:
    moves = [fact for fact in rehearsed(key, name).facts if isinstance(fact, StatusChanged)]
    assert [(move.old, move.new) for move in moves if move.new not in MOVES[move.old]] == []


@pytest.mark.parametrize(("key", "name"), every_scenario())
def test_the_clock_stands_exactly_while_somebody_outside_is_awaited(key: str, name: str) -> None:
    waits = {"wait_applicant": 0, "wait_financial": 0}
    stops = starts = 0
    for fact in rehearsed(key, name).facts:
        if isinstance(fact, StepEntered) and fact.kind in waits:
            waits[fact.kind] += 1
        stops += isinstance(fact, ClockStopped)
        starts += isinstance(fact, ClockStarted)
    assert stops == sum(waits.values())
    assert starts in (stops, stops - 1)


def ways_to(definition: Definition, target: str) -> Iterator[tuple[str, ...]]:
    """Every way from the start to an element that comes past nothing twice."""
    after: dict[str, list[str]] = {}
    for flow in definition.flows.values():
        after.setdefault(flow.source, []).append(flow.target)
    pending = [(definition.start,)]
    while pending:
        way = pending.pop()
        if way[-1] == target:
            yield way
        pending += [(*way, following) for following in after.get(way[-1], []) if following not in way]


def hours_of(definition: Definition, way: tuple[str, ...]) -> Decimal:
    steps = [definition.steps[element] for element in way if element in definition.steps]
    return sum((Decimal(step.hours) for step in steps if step.hours is not None), Decimal(0))


@every_procedure
@pytest.mark.parametrize("last", ["stamp", "sign"])
def test_the_hours_of_the_longest_way_are_the_reduced_limit(key: str, last: str) -> None:
    definition = definition_of(key)
    longest = max(hours_of(definition, way) for way in ways_to(definition, "returned") if last in way)
    assert longest == Decimal(str(shipped(key).procedure["limits"]["reduced"]["value"])) * 8


@every_procedure
def test_the_five_kinds_come_in_order_on_site_and_online(key: str) -> None:
    definition = definition_of(key)
    for last in ("stamp", "sign"):
        for way in ways_to(definition, "returned"):
            kinds = [definition.steps[element].kind for element in way if element in definition.steps]
            if last in kinds:
                assert [kinds[0], *kinds[-2:]] == ["receive", last, "return"]
                assert kinds.index("appraise") < kinds.index("approve") < kinds.index(last)


@every_procedure
def test_only_the_electronic_signature_demands_a_file(key: str) -> None:
    assert [step.id for step in definition_of(key).steps.values() if step.needs_file] == ["sign"]


@every_procedure
def test_a_conclusion_in_a_form_offers_exactly_the_ways_on(key: str) -> None:
    for step in definition_of(key).steps.values():
        parts = shipped(key).forms[step.form or "filing"]["components"]
        for field in (part for part in parts if part.get("key") == "conclusion"):
            assert [each["value"] for each in field["values"]] == [choice.id for choice in step.choices]


@every_procedure
def test_what_is_computed_has_a_name_and_a_unit_in_both_languages(key: str) -> None:
    for name, form in shipped(key).forms.items():
        for part in fields_of(form):
            if part.get("type") == "expression":
                properties = part.get("properties", {})
                asked = ("vi.label", "en.label", "vi.unit", "en.unit")
                assert [each for each in asked if not properties.get(each)] == [], (name, part["key"])


def fields_of(component: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every component of a form, however deep."""
    for part in component.get("components", ()):
        yield part
        yield from fields_of(part)


@every_procedure
def test_every_form_is_used(key: str) -> None:
    definition = definition_of(key)
    assert {definition.start_form, *(step.form for step in definition.steps.values())} == set(definition.forms)


# Both languages


def two_languages(value: Any, path: str = "") -> Iterator[str]:
    """The places where a Vietnamese text has no English beside it."""
    if isinstance(value, Mapping):
        if ("vi" in value) != ("en" in value) or ("vi" in value and not (value["vi"] and value["en"])):
            yield path
        for name, inner in value.items():
            yield from two_languages(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from two_languages(inner, f"{path}[{index}]")


@every_procedure
def test_everything_drawn_has_a_name_in_both_languages(key: str) -> None:
    definition = definition_of(key)
    assert definition.name
    assert definition.name_en
    elements = definition.elements.values()
    assert [each.id for each in elements if bool(each.name) != bool(each.name_en)] == []
    assert [lane.id for lane in definition.lanes.values() if not (lane.name and lane.name_en)] == []
    choices = [(step.id, one) for step in definition.steps.values() for one in step.choices]
    assert [(step, one.id) for step, one in choices if not (one.name and one.name_en)] == []
    labelled = {"startEvent", "endEvent", "userTask", "receiveTask", "boundaryEvent"}
    assert [each.id for each in elements if each.type in labelled and not each.name] == []


@every_procedure
def test_flows_out_of_a_choice_are_labelled_in_both_languages(key: str) -> None:
    tree = etree.fromstring(shipped(key).xml.encode())
    for gateway in tree.iter(f"{BPMN}exclusiveGateway"):
        flows = [flow for flow in tree.iter(f"{BPMN}sequenceFlow") if flow.get("sourceRef") == gateway.get("id")]
        if len(flows) > 1:
            assert str(gateway.get("name")).endswith("?")
            assert [flow.get("id") for flow in flows if not flow.get("name") or len(flow) == 0] == []


@every_procedure
def test_forms_have_no_findings_and_read_in_both_languages(key: str) -> None:
    for name, schema in shipped(key).forms.items():
        assert [finding.message for finding in check_schema(name, schema)] == []
        assert localized(schema, "en") != localized(schema, "vi")


@every_procedure
def test_the_facts_of_the_procedure_are_in_both_languages_and_marked(key: str) -> None:
    procedure = shipped(key).procedure
    assert list(two_languages(procedure)) == []
    assert procedure["key"] == key
    assert set(procedure["sources"].values()) <= MARKS
    assert procedure["sources"]["limits.reduced"] == "assumed"
    assert set(procedure["competent"].get("units", [])) <= UNITS


@every_procedure
def test_scenarios_are_named_in_both_languages(key: str) -> None:
    assert [name for name, scenario in scenarios_of(key).items() if list(two_languages(scenario))] == []
    assert all(scenario["name"]["vi"] for scenario in scenarios_of(key).values())


# What the procedure says over the filing


@every_procedure
def test_the_applicant_is_found_in_every_filing(key: str) -> None:
    procedure = shipped(key).procedure
    for name in scenarios_of(key):
        filing = rehearsed(key, name).view.data["filing"]
        for part in ("name", "id", "phone", "address"):
            path = compile_expression(procedure["applicant"][part])
            assert path.evaluate({"filing": filing}, RECEIVED), (name, part)


@pytest.mark.parametrize(("key", "scenario", "component", "needed"), [
    ("household-business", "onsite", "minutes", False),
    ("household-business", "online", "minutes", True),
    ("construction-permit", "onsite", "adjacent", True),
    ("land-change", "onsite-with-tax", "mortgagee_consent", False),
    ("land-change", "supplement-exhausted", "mortgagee_consent", True),
    ("judicial-record", "two-communes", "authority", False),
    ("judicial-record", "not-accepted", "authority", True),
    ("electricity-supply", "onsite", "load_chart", False),
    ("electricity-supply", "online-poles", "load_chart", True),
])
def test_papers_follow_the_answers(key: str, scenario: str, component: str, needed: bool) -> None:
    rule = next(each["required"] for each in shipped(key).procedure["components"] if each["code"] == component)
    filing = rehearsed(key, scenario).view.data["filing"]
    assert compile_expression(rule.removeprefix("=")).evaluate({"filing": filing}, RECEIVED) is needed


@pytest.mark.parametrize(("works", "area", "storeys", "heritage", "exempt"), [
    ("new", "urban", 2, False, False),
    ("repair", "urban", 2, False, True),
    ("repair", "urban", 2, True, False),
    ("new", "detailed_plan", 6, False, True),
    ("new", "detailed_plan", 7, False, False),
    ("new", "rural_unplanned", 6, False, True),
    ("new", "rural_unplanned", 7, False, False),
    ("new", "rural_planned", 1, False, False),
    ("new", "mountain_island", 9, False, True),
    ("new", "mountain_island", 1, True, False),
])
def test_the_exemption_from_the_permit(works: str, area: str, storeys: int, heritage: bool, exempt: bool) -> None:
    decision = compile_decision(shipped("construction-permit").decisions["exemption"])
    filing = {"works_type": works, "planning_area": area, "storeys": storeys, "heritage": heritage}
    decided = decision.evaluate({"filing": filing}, RECEIVED)
    assert decided["exempt"] is exempt
    assert decided["ground"]
    assert decided["ground_en"]


def test_each_commune_is_asked_once_and_only_inside_the_province() -> None:
    facts = rehearsed("judicial-record", "three-communes-online").facts
    asked = [(fact.unit, fact.index) for fact in facts if isinstance(fact, StepEntered) and fact.step == "consult"]
    assert asked == [("H49.104", 0), ("H49.105", 1), ("H49.106", 2)]


def test_asking_the_communes_takes_no_longer_than_the_look_up_beside_it() -> None:
    steps = definition_of("judicial-record").steps
    assert Decimal(steps["consult"].hours or 0) <= Decimal(steps["lookup"].hours or 0)


# The drawing

Box = tuple[float, float, float, float]


def boxes(tree: etree._Element) -> dict[str, Box]:
    found = {}
    for shape in tree.iter(f"{DI}BPMNShape"):
        x, y, width, height = (float(shape.find(BOUNDS).get(name)) for name in ("x", "y", "width", "height"))
        found[shape.get("bpmnElement")] = (x, y, x + width, y + height)
    return found


def overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def inside(one: Box, other: Box) -> bool:
    return other[0] <= one[0] and other[1] <= one[1] and one[2] <= other[2] and one[3] <= other[3]


@every_procedure
def test_everything_is_drawn_once_and_apart(key: str) -> None:
    tree = etree.fromstring(shipped(key).xml.encode())
    drawn = boxes(tree)
    definition = definition_of(key)
    attached = {event.get("id") for event in tree.iter(f"{BPMN}boundaryEvent")}
    assert set(definition.elements) | set(definition.lanes) < set(drawn)
    for one, other in combinations(set(definition.elements) - attached, 2):
        assert not overlap(drawn[one], drawn[other]), (one, other)
    for element in set(definition.elements) - attached:
        assert inside(drawn[element], drawn[definition.elements[element].lane or ""]), element


@every_procedure
def test_flows_are_drawn_straight_from_border_to_border_around_everything_else(key: str) -> None:
    tree = etree.fromstring(shipped(key).xml.encode())
    drawn, definition = boxes(tree), definition_of(key)
    edges = {edge.get("bpmnElement"): edge for edge in tree.iter(f"{DI}BPMNEdge")}
    assert set(edges) == set(definition.flows)
    for identity, flow in definition.flows.items():
        points = [(float(point.get("x")), float(point.get("y"))) for point in edges[identity].iter(WAYPOINT)]
        assert on_border(points[0], drawn[flow.source]), identity
        assert on_border(points[-1], drawn[flow.target]), identity
        others = set(definition.elements) - {flow.source, flow.target, *attached_to(tree, flow.source)}
        for (x1, y1), (x2, y2) in pairwise(points):
            assert x1 == x2 or y1 == y2, identity
            line = (min(x1, x2) - 0.5, min(y1, y2) - 0.5, max(x1, x2) + 0.5, max(y1, y2) + 0.5)
            assert [other for other in others if overlap(line, drawn[other])] == [], identity


def attached_to(tree: etree._Element, element: str) -> list[str]:
    """The host of a boundary event, or the boundary events of a host: they touch."""
    events = [(event.get("id"), event.get("attachedToRef")) for event in tree.iter(f"{BPMN}boundaryEvent")]
    return [host for event, host in events if event == element] + [event for event, host in events if host == element]


def on_border(point: tuple[float, float], box: Box) -> bool:
    x, y = point
    on_side = x in (box[0], box[2]) and box[1] <= y <= box[3]
    return on_side or (y in (box[1], box[3]) and box[0] <= x <= box[2])


@every_procedure
def test_no_two_flows_cross(key: str) -> None:
    tree = etree.fromstring(shipped(key).xml.encode())
    flat: list[tuple[str, Box]] = []
    tall: list[tuple[str, Box]] = []
    for edge in tree.iter(f"{DI}BPMNEdge"):
        points = [(float(point.get("x")), float(point.get("y"))) for point in edge.iter(WAYPOINT)]
        for (x1, y1), (x2, y2) in pairwise(points):
            line = (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
            (flat if y1 == y2 else tall).append((edge.get("bpmnElement"), line))
    crossing = [
        (one, other) for one, a in flat for other, b in tall
        if one != other and a[0] < b[0] < a[2] and b[1] < a[1] < b[3]
    ]
    assert crossing == []
