"""The sentences of findings about events, messages, services, data and pools."""

from __future__ import annotations

EVENT_FINDINGS: dict[str, str] = {
    # One event
    "start_kind": "Start event {element} must be a plain or a message one; a dossier starts when it is filed.",
    "start_inner": "Start event {element} of a subprocess must be a plain one; draw an event subprocess instead.",
    "handler_start": (
        "Event subprocess {element} must start with a message, timer, signal, error, escalation or condition."
    ),
    "event_kind": "Event {element} cannot have a definition of the kind {kind}; choose one of: {allowed}.",
    "event_empty": "Event {element} waits for nothing; give it a timer, a message, a signal or a condition.",
    "event_alone": "Event {element} has other definitions beside {kind}; give each an event of its own.",
    "parallel_multiple": "Event {element} waits for several events together; draw a parallel gateway before them.",
    "event_name": "{element} names no {kind}; choose one.",
    "error_interrupts": "Event {element} catches an error, so it must interrupt.",
    "condition_event": "Event {element} has no condition; write one in FEEL.",
    "timer_missing": "Timer {element} has no date, duration or repetition.",
    "timer_value": (
        "Timer {element} has \"{value}\"; give a duration such as P30D, a date, a repetition such as R3/P7D, "
        "or an expression."
    ),
    "input_name": "{element} hands over \"{name}\", which is no proper name or given twice; rename it.",
    "link_name": "Link {element} has no name; give both of its ends the same.",
    "link_target": "Link {element} leads to \"{name}\", which nothing here catches; add the other end.",
    "link_source": "Link {element} catches \"{name}\", which nothing here throws; add the other end or remove it.",
    "link_twice": "Link {element} catches \"{name}\" as another one does; keep one.",
    "link_flow": "Link {element} has a flow where the link stands for one; remove the flow.",
    # Events and what is around them
    "boundary_host": "Event {element} is attached to {host}, which is no task or subprocess.",
    "boundary_instant": "Event {element} is attached to {host}, which takes no time, so it never happens.",
    "handler_flow": "Event subprocess {element} has a flow in or out; remove it, its event starts it.",
    "cancel_place": "Event {element} cancels, but does not belong to a transaction; draw one around it.",
    "cancel_boundary": "Transaction {element} can be cancelled but has no cancel event on its border; add one.",
    "compensation_unused": "{element} is for compensation, but no compensation event leads to it; connect one.",
    "compensation_flow": "{element} belongs to compensation and may not have sequence flows; remove them.",
    "compensation_handler": "Compensation event {element} leads to no activity for compensation; associate one.",
    "compensation_wait": "Event {element} does not wait for its compensation; that cannot be run, so let it wait.",
    "compensation_scope": (
        "Event {element} compensates {activity}, which does not stand in the same subprocess; draw it beside."
    ),
    "receive_start": "Receive task {element} starts the process; a dossier starts when it is filed.",
    "compensation_absent": "Event {element} compensates {activity}, which has nothing to take it back with.",
    "gateway_instantiate": "Gateway {element} starts the process; a dossier starts when it is filed.",
    "gateway_target": (
        "Event-based gateway {gateway} leads to {element}; it must lead to receive tasks or to events that wait, "
        "each with no other way in and no boundary events."
    ),
    "error_uncaught": "Nothing catches the error \"{error}\" of {element}, so the step that leads there will fail.",
    # Messages and services
    "message_missing": "Receive task {element} has no message; choose one.",
    "event_form": "Event {element} uses the form \"{form}\", which the bundle does not have.",
    "event_form_idle": "{element} has the form \"{form}\" but catches no message or signal; remove the form.",
    "message_choices": "Receive task {element} has choices; put a step with choices after it.",
    "wait_without_timer": "Step {element} waits for somebody outside without a limit; add a boundary timer.",
    "catch_without_timer": (
        "Event {element} waits for somebody outside without a limit; add a timer behind an event-based gateway."
    ),
    "connector_missing": "Service task {element} names no connector; choose one.",
    "connector_unknown": (
        "Service task {element} uses the connector \"{connector}\", which does not exist; choose one of: {allowed}."
    ),
}
