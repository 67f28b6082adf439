"""The sentences of findings about flows, gateways, subprocesses and repetition."""

from __future__ import annotations

FLOW_FINDINGS: dict[str, str] = {
    "gateway_kind": "Gateway {element} must be exclusive or parallel; other kinds cannot be run yet.",
    "call_activity": "Call activity {element} cannot be run yet; draw the called steps in place.",
    "subprocess_kind": "Subprocess {element} is an event, ad-hoc or transaction one, which cannot be run yet.",
    "subprocess_loop": "Subprocess {element} repeats; only user and manual tasks may be multi-instance.",
    "standard_loop": "Task {element} has a standard loop; draw the way back with a gateway.",
    "loop_host": "Task {element} may not be multi-instance; only user and manual tasks may.",
    "choose_type": "Task {element} has no type; choose user, manual, receive, script or business rule task.",
    "flow_scope": "Sequence flow {element} crosses the border of a subprocess; use boundary events instead.",
    "flow_end": "Sequence flow {element} may not leave an end event nor enter a start or boundary event.",
    "flow_twice": "Sequence flow {element} doubles another between the same parallel elements; remove it.",
    "start_missing": "{element} has no start event; add one.",
    "start_several": "{element} has {count} start events; keep one.",
    "end_missing": "{element} has no end event; add one.",
    "implicit_fork": "Several flows leave {element}; put a gateway after it.",
    "conditional_flow": "Flow {element} has a condition but does not leave an exclusive gateway; add a gateway.",
    "no_way_out": "No flow leaves {element}; connect it or add an end event.",
    "unreachable": "{element} cannot be reached from the start; connect it.",
    "endless": "From {element} no end event can be reached; add a way out.",
    "automatic_loop": "The loop through {element} has no step or timer in it and would never stop; add one.",
    "condition_missing": "Flow {element} leaves a gateway without a condition; add one or make it the default.",
    "default_missing": "Gateway {element} has no default flow; if no condition holds, the step will fail.",
    "deadlock": "Parallel gateway {element} may wait for ever; join only what a parallel gateway has split.",
    "loop_item": "Step {element} uses \"{item}\" for its items, which is reserved or no proper name.",
    "loop_source": "Step {element} repeats but has neither a collection nor a cardinality.",
}
