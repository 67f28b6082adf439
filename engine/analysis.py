"""All checks of a bundle in their order; each looks only at what the one before it let through."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from SpiffWorkflow.exceptions import SpiffWorkflowException

from engine.bundle import Bundle
from engine.decisions import Decision, check_decision, compile_decision
from engine.drawing import findings as f
from engine.drawing import lint, soundness, vocabulary
from engine.drawing.adhoc import AdHoc, ad_hocs_of, check_ad_hocs
from engine.drawing.calling import Call, Content, calls_of, check_calls, expand
from engine.drawing.counting import check_unseen
from engine.drawing.diagram import model, read
from engine.drawing.event_checks import check_events, check_pools, check_tasks
from engine.drawing.events import Event, events_of, texts_of
from engine.drawing.executable import join_links
from engine.drawing.findings import Finding
from engine.drawing.flow_checks import check_flows
from engine.drawing.handler_checks import check_handlers
from engine.drawing.loops import Loop, check_loops, in_sight, loops_of
from engine.drawing.meeting import meets
from engine.drawing.naming import NOTHING, Space, space_of, spaces_of
from engine.drawing.status_checks import check_statuses
from engine.drawing.structure import (
    VALUE_TAGS,
    Flow,
    Graph,
    Node,
    check_length,
    draw,
    expression_text,
    extension,
    onward,
    text_of,
)
from engine.drawing.vocabulary import Element, Lane, Step
from engine.errors import ExpressionInvalid, quoted
from engine.feel import Expression, compile_expression
from engine.forms import check_schema
from engine.forms.schema import kept_names
from engine.spiff.event_parsers import handlers_of, wire
from engine.spiff.parser import parse
from engine.state import short


@dataclass(slots=True)
class Analysis:
    """What a bundle says, as far as it could be understood.

    `moves` are findings about statuses; they keep a diagram from being published, not a published one from running.
    """

    findings: tuple[Finding, ...] = ()
    moves: tuple[Finding, ...] = ()
    process_id: str = ""
    name: str = ""
    name_en: str = ""
    start: str = ""
    starts: tuple[str, ...] = ()
    onward: dict[str, list[str]] = field(default_factory=dict)
    start_form: str | None = None
    spec: Any = None
    meets: dict[str, dict[str, frozenset[str]]] = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)
    elements: dict[str, Element] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)
    lanes: dict[str, Lane] = field(default_factory=dict)
    step_order: tuple[str, ...] = ()
    expressions: dict[str, Expression] = field(default_factory=dict)
    end_status: dict[str, str] = field(default_factory=dict)
    decision_of: dict[str, Decision] = field(default_factory=dict)
    named: tuple[str, ...] = ()
    events: dict[str, Event] = field(default_factory=dict)
    handlers: tuple[Event, ...] = ()
    loops: dict[str, Loop] = field(default_factory=dict)
    sight: dict[str, frozenset[str]] = field(default_factory=dict)
    around: dict[str, frozenset[str]] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    ad_hocs: dict[str, AdHoc] = field(default_factory=dict)
    forms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    spaces: dict[str, Space] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class House:
    """What there is outside a bundle that it may name; None where that is not known."""

    roles: frozenset[str] | None = None
    connectors: frozenset[str] | None = None


def analyse(bundle: Bundle, house: House, *, rehearsal: bool = False) -> Analysis:
    """The bundle's content and everything that is wrong with it; never raises on bad input.

    A rehearsal runs what is unsound too, to show where it gets stuck.
    """
    diagram = read(bundle.xml)
    if diagram.root is None or f.refused(diagram.findings):
        return Analysis(findings=diagram.findings)
    own = str(bundle.procedure.get("key") or "")
    content = expand(diagram.root, bundle.forms, bundle.decisions, bundle.called, own)
    if f.refused(content.findings):
        return Analysis(findings=(*diagram.findings, *content.findings))
    linked = join_links(diagram.root)
    graph, found = draw(diagram.root)
    found = [*diagram.findings, *linked, *found]
    drawn = events_of(graph) if graph else {}
    found += _structure(graph, drawn, content.forms) if graph else []
    if graph is None or f.refused(found):
        return Analysis(findings=tuple(found))
    analysis = _content(graph, drawn)
    found += check_tasks(graph, drawn, house.connectors)
    found += _check_parts(graph, analysis, content, house.roles)
    main, analysis.step_order = _order(graph, analysis)
    found += [*lint.check_graph(graph), *lint.check_waits(graph, analysis.steps)]
    found += lint.check_order(graph, main, analysis.steps)
    analysis.moves = tuple(check_statuses(graph, analysis.steps, analysis.end_status))
    if not f.blocking(found, rehearsal):
        found += [*soundness.check_joins(graph), *_parse(graph, analysis)]
    analysis.findings = tuple(found)
    return analysis


def _structure(graph: Graph, events: Mapping[str, Event], forms: Collection[str]) -> list[Finding]:
    return [
        *check_flows(graph), *check_events(graph, events, forms), *check_handlers(graph, events), *check_pools(graph),
        *check_loops(graph), *check_ad_hocs(graph), *check_unseen(graph),
    ]


def _content(graph: Graph, events: dict[str, Event]) -> Analysis:
    lanes = vocabulary.lanes_of(graph)
    lane = vocabulary.lane_by_element(lanes)
    start = graph.start()
    begin = extension(start.xml, "start") if start else None
    steps, loops = vocabulary.steps_of(graph, lane), loops_of(graph)
    sight, around = in_sight(graph)
    named = (*steps, *(node.id for node in graph.nodes.values() if _is_named(node, events, loops)))
    return Analysis(
        process_id=graph.process.get("id") or "", name=graph.process.get("name") or "",
        name_en=vocabulary.english(graph.process), start=start.id if start else "",
        starts=tuple(node.id for node in graph.starts()), meets=meets(graph),
        onward={node: onward(graph, node) for node in graph.nodes},
        start_form=begin.get("form") if begin is not None else "filing",
        steps=steps, elements=vocabulary.elements_of(graph, lane), flows=graph.flows, lanes=lanes,
        named=named, spaces=spaces_of(named, steps), events=events,
        handlers=handlers_of(graph, None, events), loops=loops, sight=sight, around=around, calls=calls_of(graph),
        ad_hocs=ad_hocs_of(graph),
    )


def _is_named(node: Node, events: Mapping[str, Event], loops: Mapping[str, Loop]) -> bool:
    """Whether values are kept under an element's id that is no step."""
    repeated = node.is_container and node.id in loops and not loops[node.id].standard
    brings = node.id in events and events[node.id].brings
    return node.type in (*VALUE_TAGS, "callActivity") or repeated or brings


def _order(graph: Graph, analysis: Analysis) -> tuple[tuple[str, ...], tuple[str, ...]]:
    every, main = lint.order(graph, analysis.steps)
    return main, every


def _check_parts(graph: Graph, found: Analysis, content: Content, roles: frozenset[str] | None) -> list[Finding]:
    wrong = check_calls(found.calls)
    forms, found.forms = content.forms, content.forms
    for step in found.steps.values():
        wrong += vocabulary.check_step(step, graph.nodes[step.id].xml, roles, frozenset(forms))
    begin = extension(graph.nodes[found.start].xml, "start") if found.start else None
    if begin is not None and begin.get("form") not in forms:
        wrong.append(f.error("start_form", found.start, form=begin.get("form")))
    wrong += [*_ends(graph, found), *_forms(forms), *_decisions(graph, found, content.decisions)]
    wrong += _values(graph)
    texts = list(_expressions(graph, found))
    wrong += _compile(found, texts)
    wrong += lint.check_choices([(at, text) for at, text, _ in texts], found.steps)
    return wrong + lint.check_fields(_read(found, texts), _fields(found, forms))


def _read(
    found: Analysis, texts: list[tuple[str, str, bool]]
) -> Iterator[tuple[str, Iterable[tuple[str, ...]]]]:
    """What each element's expressions and decisions read."""
    for element, text, _ in texts:
        if text in found.expressions:
            yield element, found.expressions[text].paths
    for element, decision in found.decision_of.items():
        yield element, decision.paths


def _fields(found: Analysis, forms: Mapping[str, Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """The names under which the filing and every step keep their values, as far as their forms are there."""
    used = {"filing": found.start_form, **{step.id: step.form for step in found.steps.values()}}
    known = {
        place: frozenset({*kept_names(forms[form]), *(("choice",) if place != "filing" else ())})
        for place, form in used.items() if form is not None and form in forms
    }
    handed = {f"{element}:filing": frozenset(name for name, _ in call.inputs) for element, call in found.calls.items()}
    return known | handed


def _ends(graph: Graph, found: Analysis) -> list[Finding]:
    wrong = []
    for node in graph.nodes.values():
        end = extension(node.xml, "end") if node.type == "endEvent" else None
        if end is not None and end.get("status"):
            found.end_status[node.id] = str(end.get("status"))
            wrong += vocabulary.check_status(node.id, found.end_status[node.id])
    return wrong


def _forms(forms: Mapping[str, Mapping[str, Any]]) -> list[Finding]:
    wrong: list[Finding] = []
    for key, schema in forms.items():
        wrong += [*check_schema(key, schema), *check_length(key)]
        if short(key) != "filing" and _has_field(schema, "choice"):
            wrong.append(f.error("form_reserved", None, form=key))
    return wrong


def _has_field(schema: Mapping[str, Any], key: str) -> bool:
    components = schema.get("components")
    listed = components if isinstance(components, list) else []
    return any(isinstance(component, Mapping) and component.get("key") == key for component in listed)


def _decisions(graph: Graph, found: Analysis, decisions: Mapping[str, str]) -> list[Finding]:
    wrong: list[Finding] = []
    compiled: dict[str, Decision] = {}
    for name, dmn in decisions.items():
        more = check_decision(name, dmn)
        wrong += more
        if not f.refused(more):
            compiled[name] = compile_decision(dmn)
    for node in graph.nodes.values():
        if node.type == "businessRuleTask":
            wrong += _rule(found, node, decisions, compiled)
    return wrong


def _rule(
    found: Analysis, node: Node, decisions: Mapping[str, str], compiled: Mapping[str, Decision]
) -> list[Finding]:
    own = extension(node.xml, "decision")
    name = str(own.get("ref") or "") if own is not None else ""
    if name not in decisions:
        return [f.error("decision_unknown", node.id, decision=name) if name else f.error("decision_missing", node.id)]
    if name not in compiled:
        return []
    found.decision_of[node.id] = compiled[name]
    known = _known(found, node.id) | found.sight.get(node.id, frozenset())
    missing = sorted(set(_unknown(compiled[name].paths, known, (found, node.id))))
    return [f.error("expression_name", node.id, name=path, expression=name) for path in missing]


def _values(graph: Graph) -> list[Finding]:
    wrong = []
    for node in graph.nodes.values():
        if node.type == "scriptTask":
            language = node.xml.get("scriptFormat")
            if language and language.lower() != "feel":
                wrong.append(f.error("script_language", node.id, language=language))
            if not expression_text(text_of(node.xml.find(model("script")))):
                wrong.append(f.error("script_missing", node.id))
    return wrong


def _expressions(graph: Graph, found: Analysis) -> Iterator[tuple[str, str, bool]]:
    """Every FEEL text with its element, and whether it is asked before the element repeats.

    A colon after a call's id means: inside of what is called.
    """
    yield from _step_texts(found)
    for flow in graph.flows.values():
        yield flow.id, flow.condition, False
    for element, status in found.end_status.items():
        yield element, expression_text(status) if status.startswith("=") else "", False
    for node in graph.nodes.values():
        if node.type == "scriptTask":
            yield node.id, expression_text(text_of(node.xml.find(model("script")))), False
    for event in found.events.values():
        yield from ((event.id, text, False) for text in texts_of(event))


def _step_texts(found: Analysis) -> Iterator[tuple[str, str, bool]]:
    for step in found.steps.values():
        for text in (step.unit, step.status):
            yield step.id, expression_text(text) if text.startswith("=") else "", False
        for choice in step.choices:
            yield step.id, choice.when, False
    for element, call in found.calls.items():
        yield from ((element, text, False) for _, text in call.inputs)
        yield from ((f"{element}:", text, False) for _, text in call.outputs)
    for element, ad_hoc in found.ad_hocs.items():
        yield element, ad_hoc.condition, False
    for element, loop in found.loops.items():
        for text in (loop.collection, loop.cardinality, loop.condition):
            yield element, text, True


def _compile(found: Analysis, texts: list[tuple[str, str, bool]]) -> list[Finding]:
    wrong = []
    for element, text, before in texts:
        if not text:
            continue
        try:
            expression = compile_expression(text)
        except ExpressionInvalid as problem:
            wrong.append(f.error("expression", element.rstrip(":"), **problem.details))
            continue
        found.expressions[text] = expression
        wrong += [f.warning("expression_pattern", element.rstrip(":"), pattern=pattern, reason=reason)
                  for pattern, reason in expression.refused_patterns]
        known = _known(found, element) | (found.around if before else found.sight).get(element, frozenset())
        missing = sorted(set(_unknown(expression.paths, known, (found, element))))
        said = quoted(text)
        wrong += [f.error("expression_name", element.rstrip(":"), name=name, expression=said) for name in missing]
    return wrong


def _known(found: Analysis, element: str) -> set[str]:
    return {"dossier", "filing", "visits", *found.spaces.get(space_of(element), NOTHING).blank}


def _unknown(
    paths: Iterable[tuple[str, ...]], known: set[str], asked: tuple[Analysis, str]
) -> Iterator[str]:
    found, element = asked
    steps = found.spaces.get(space_of(element), NOTHING).unvisited
    for path in paths:
        if path[0] not in known:
            yield path[0]
        elif path[0] == "visits" and len(path) > 1 and path[1] not in steps:
            yield f"visits.{path[1]}"


def _parse(graph: Graph, found: Analysis) -> list[Finding]:
    try:
        found.spec = parse(graph)
        wire(found.spec, graph, found.events, found.named)
        for element, loop in found.loops.items():
            found.spec.task_specs[element].loop = loop
        for element, call in found.calls.items():
            found.spec.task_specs[element].call = call
    except SpiffWorkflowException as problem:
        element = getattr(problem, "id", None) or found.process_id
        return [f.error("engine_refused", element, reason=str(problem))]
    return []
