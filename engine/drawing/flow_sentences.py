"""The sentences of findings about flows, gateways, subprocesses and repetition."""

from __future__ import annotations

FLOW_FINDINGS: dict[str, str] = {
    "complex_gateway": "Complex gateway {element} cannot be run; draw an inclusive or a parallel gateway.",
    "call_missing": "Call activity {element} does not say what it calls; choose a process or a procedure.",
    "call_unknown": "Call activity {element} calls {called}, which is neither in this file nor published.",
    "call_refused": "Call activity {element} calls {called}, whose diagram cannot be run; correct it first.",
    "call_recursion": "Call activity {element} calls {called}, from which it is called itself; draw a loop instead.",
    "call_circle": "Call activity {element} leads in a circle: {circle}; a procedure may not call itself.",
    "call_mapping": "Call activity {element} hands over \"{name}\" without a proper name of its own or an expression.",
    "loop_host": "{element} may not repeat; only steps, scripts, decisions, subprocesses and calls may.",
    "ad_hoc_event": "Ad-hoc subprocess {subprocess} may not have the start or end event {element}; remove it.",
    "flow_scope": "Sequence flow {element} crosses the border of a subprocess; use boundary events instead.",
    "flow_end": "Sequence flow {element} may not leave an end event nor enter a start or boundary event.",
    "start_missing": "{element} has no start event, and a flow enters everything in it; add one.",
    "start_several": "{element} has {count} start events; a dossier begins at one, so keep one.",
    "conditional_flow": "Flow {element} may not have a condition after an event or a parallel gateway; add a gateway.",
    "no_way_out": "No flow leaves {element}, so its path ends there; connect it if it should go on.",
    "unreachable": "{element} cannot be reached from the start; connect it.",
    "endless": "From {element} no end can be reached; add a way out.",
    "automatic_loop": "The loop through {element} has no step or timer in it and would never stop; add one.",
    "condition_missing": "Flow {element} leaves a gateway without a condition; add one or make it the default.",
    "default_missing": "{element} has no default flow; if no condition holds, the step will fail.",
    "deadlock": "Gateway {element} may wait for ever, for example after {path}; join only what was split together.",
    "merge_twice": "Two tokens can pass {element} one after another, for example after {path}; join them unless meant.",
    "end_twice": "Two tokens can end at {element} one after another, for example after {path}; join them unless meant.",
    "not_decided": "{element} has too many combinations to decide whether its ways always meet again; try scenarios.",
    "loop_item": "{element} uses \"{item}\" for its items, which is reserved or no proper name.",
    "loop_source": "{element} repeats but has neither a collection nor a cardinality.",
    "loop_endless": "{element} repeats without a condition or a maximum and would never stop; give one.",
    "loop_maximum": "{element} has \"{maximum}\" as its most rounds; give a whole number from 1 to {limit}.",
}
