"""The sentences of findings about events, messages, data and pools."""

from __future__ import annotations

EVENT_FINDINGS: dict[str, str] = {
    "message_event": "Event {element} waits for or sends a message; use a receive task instead.",
    "event_kind": "Event {element} is of a kind that cannot be run yet; use a timer or a plain event.",
    "throw_event": "Event {element} throws something, which cannot be run yet; remove it.",
    "start_kind": "Start event {element} must be a plain one; a dossier starts when it is received.",
    "end_kind": "End event {element} must be a plain or a terminate one.",
    "task_kind": "Task {element} is of a kind that cannot be run yet; use a user task or a decision.",
    "compensation": "Element {element} is for compensation, which cannot be run yet; remove it.",
    "data_object": "Data object {element} is not used by the engine; remove it and keep values in forms.",
    "several_pools": "The diagram has {count} pools with a process; draw one process with lanes.",
    "message_flow": "Message flow {element} cannot be run yet; remove it.",
    "timer_cycle": "Timer {element} repeats; only a date or a duration can be run yet.",
    "boundary_kind": "Event {element} must be exactly one timer.",
    "message_missing": "Receive task {element} has no message; choose one.",
    "message_choices": "Receive task {element} has choices; put a step with choices after it.",
    "wait_without_timer": "Step {element} waits for somebody outside without a limit; add a boundary timer.",
    "timer_missing": "Timer {element} has no date or duration.",
    "timer_value": "Timer {element} has \"{value}\"; give a duration such as P30D, a date, or an expression.",
}
