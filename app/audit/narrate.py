"""History in sentences: what happened, to which step, and why this way. Pure; the translator comes from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.audit.sentences import (
    BECAUSE,
    CHOICE_AT,
    DOSSIER,
    FILING,
    LIMITS,
    NO,
    PLACED,
    SENTENCES,
    STATUTORY,
    TITLES,
    VISITS_OF,
    YES,
)
from app.people.actor import THE_SYSTEM
from engine.definition import Definition
from engine.drawing.naming import space_of

Translate = Callable[[str], str]

_SILENT = frozenset({"PathFollowed", "TimerCancelled", "EventDropped", "ServiceCancelled"})


@dataclass(frozen=True, slots=True)
class Told:
    """A fact as a sentence; `tone` is plain, warning or success."""

    kind: str
    text: str
    tone: str = "plain"


_OF_THE_WHOLE = {"DeliverMessage": "DeliverMessage.event", "GiveWarning": "GiveWarning.dossier"}


@dataclass(frozen=True, slots=True)
class Words:
    """What a narrator needs to know of the reader and of the world: each a function from codes to words.

    `versions` are the number and the definition of every version that the dossier ran on, by digest.
    """

    definition: Definition
    language: str
    translate: Translate
    unit: Callable[[str], str]
    role: Callable[[str], str]
    status: Callable[[int], str]
    moment: Callable[[str], str]
    hours: Callable[[str], str]
    versions: Mapping[str, tuple[int, Definition]] = field(default_factory=dict)

    def under(self, digest: str) -> Words:
        """The same words for another version that the dossier ran on."""
        found = self.versions.get(digest)
        return self if found is None else replace(self, definition=found[1])

    def version(self, digest: str) -> str:
        """A version's number, or as much of its digest as one can tell it by."""
        found = self.versions.get(digest)
        return digest[:12] if found is None else str(found[0])

    def name(self, element: str) -> str:
        """An element's name in the reader's language, or its id."""
        found = self.definition.elements.get(element)
        if found is None:
            return element
        return str((self.language == "en" and found.name_en) or found.name or element)

    def choice(self, step: str, choice: str | None) -> str:
        """What the button said."""
        known = self.definition.steps.get(step)
        for offered in known.choices if known else ():
            if offered.id == choice:
                return str((self.language == "en" and offered.name_en) or offered.name)
        return choice or ""

    def form(self, step: str) -> Mapping[str, Any] | None:
        """The form that a step (or the filing) is filled in with."""
        known = self.definition.steps.get(step)
        key = self.definition.start_form if step == FILING else known.form if known else None
        return self.definition.forms.get(key or "")

    def field(self, step: str, key: str) -> str | None:
        """What stands beside a field of a step's form."""
        return _field_label((self.form(step) or {}).get("components", []), key, self.language)

    def plain(self, value: Any) -> str:
        """A value for reading."""
        if isinstance(value, bool):
            return self.translate(YES if value else NO)
        return "–" if value is None or value == "" else str(value)

    def say(self, template: str, **details: Any) -> str:
        """The template in the reader's language with its places filled."""
        return self.translate(template).format(**details)


def _field_label(components: Sequence[Mapping[str, Any]], key: str, language: str) -> str | None:
    for component in components:
        if component.get("key") == key:
            english = (component.get("properties") or {}).get("en.label")
            return str((language == "en" and english) or component.get("label") or key)
        inner = _field_label(component.get("components", []), key, language)
        if inner is not None:
            return inner
    return None


def acting(person: int | None, name: str, language: str) -> str:
    """Who acted, as an entry has it; what nobody did was done by the platform."""
    return name if person is not None else THE_SYSTEM[language]


def title(command: Mapping[str, Any], facts: Sequence[Mapping[str, Any]], words: Words) -> str:
    """One line for an entry: what somebody did."""
    kind = command.get("command", "")
    step = _step_of(facts)
    choice = words.choice(step, command.get("choice"))
    template = TITLES.get(f"{kind}.choice" if choice else kind, kind)
    if not step:
        template = TITLES.get(_OF_THE_WHOLE.get(kind, ""), template)
    happened = next((fact["element"] for fact in facts if fact["fact"] in _HAPPENED), "")
    version = words.version(command.get("digest", ""))
    return words.say(template, step=words.name(step), choice=choice, element=words.name(happened), version=version)


def narrate(facts: Sequence[Mapping[str, Any]], words: Words, steps: Mapping[str, str]) -> tuple[Told, ...]:
    """The facts of one entry in sentences; `steps` gives the step of every token known so far."""
    known = {**steps, **{fact["token"]: fact["step"] for fact in facts if fact["fact"] in PLACED}}
    return tuple(told for fact in facts if (told := _tell(fact, words, known)) is not None)


def _step_of(facts: Sequence[Mapping[str, Any]]) -> str:
    acted = ("StepCompleted", "StepClaimed", "StepReleased", "WarningGiven")
    return next((str(fact["step"]) for fact in facts if fact["fact"] in acted), "")


def _tell(fact: Mapping[str, Any], words: Words, steps: Mapping[str, str]) -> Told | None:
    kind = fact["fact"]
    if kind in _SILENT or (kind in ("FrameEntered", "FrameLeft") and _takes_back(fact, words)):
        return None
    template, details = _READERS[kind](fact, words, steps) if kind in _READERS else (kind, {})
    return Told(kind, words.say(SENTENCES.get(template, template), **details), _TONES.get(kind, "plain"))


def _takes_back(fact: Mapping[str, Any], words: Words) -> bool:
    """Whether a frame was only there to see the values of what is taken back, which is told already."""
    event = words.definition.events.get(fact["element"])
    return event is not None and event.handler is not None


_TONES = {
    "StepCancelled": "warning", "ClockStopped": "warning", "TimerFired": "warning", "ServiceFailed": "warning",
    "DossierEnded": "success", "WarningGiven": "warning", "DueMoved": "warning", "Reappointed": "warning",
}
_HAPPENED = ("TimerFired", "EventCaught", "ServiceAnswered", "ServiceFailed")
Read = tuple[str, dict[str, Any]]


def _started(fact: Mapping[str, Any], words: Words, steps: Mapping[str, str]) -> Read:
    return "ProcessStarted", {"digest": fact["digest"][:12]}


def _branch(fact: Mapping[str, Any], words: Words, steps: Mapping[str, str]) -> Read:
    flows = [words.definition.flows[flow] for flow in fact["flows"] if flow in words.definition.flows]
    target = ", ".join(flow.name or words.name(flow.target) for flow in flows)
    space = space_of(fact["gateway"])
    seen = [(space + name, value) for name, value in _seen(fact)]
    values = "; ".join(f"{_label(name, words)} = {_value(name, value, words)}" for name, value in seen)
    details = {
        "gateway": words.name(fact["gateway"]), "target": target, "condition": fact["condition"],
        "values": words.say(BECAUSE, values=values) if values else "",
    }
    return "BranchDecided" if fact["condition"] else "BranchDecided.default", details


def _seen(fact: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The values a condition looked at, as dotted names."""
    for name, value in fact["because"].items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", deep) for inner, deep in value.items())
        else:
            yield name, value


def _label(name: str, words: Words) -> str:
    step, _, rest = name.partition(".")
    if rest == "choice" and step in words.definition.steps:
        return words.say(CHOICE_AT, step=words.name(step))
    if step == "visits":
        return words.say(VISITS_OF, step=words.name(rest))
    return words.field(step, rest) or name


def _value(name: str, value: Any, words: Words) -> str:
    step, _, rest = name.partition(".")
    if rest == "choice" and isinstance(value, str):
        return f"“{words.choice(step, value)}”"
    return words.plain(value)


def _computed(fact: Mapping[str, Any], words: Words, steps: Mapping[str, str]) -> Read:
    return "ValueComputed", {"element": words.name(fact["element"]), "value": _flat(fact["value"], words)}


def _flat(value: Any, words: Words) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {_flat(inner, words)}" for name, inner in value.items())
    return words.plain(value)


def _entered(fact: Mapping[str, Any], words: Words, steps: Mapping[str, str]) -> Read:
    details = {
        "step": words.name(fact["step"]), "unit": words.unit(fact["unit"]), "role": words.role(fact["role"]),
        "visit": fact["visit"], "hours": words.hours(fact["hours"]) if fact["hours"] else "–",
    }
    if fact.get("message") or not fact["hours"]:
        return "StepEntered.wait", details
    return "StepEntered.again" if fact["visit"] > 1 and fact["index"] is None else "StepEntered", details


def _on_step(fact: Mapping[str, Any], words: Words, steps: Mapping[str, str]) -> Read:
    kind, choice = fact["fact"], words.choice(fact["step"], fact.get("choice"))
    return f"{kind}.choice" if choice else kind, {"step": words.name(fact["step"]), "choice": choice}


def _cancelled(fact: Mapping[str, Any], words: Words, steps: Mapping[str, str]) -> Read:
    return f"StepCancelled.{fact['reason']}", {"step": words.name(fact["step"])}


def _frame(fact: Mapping[str, Any], words: Words, steps: Mapping[str, str]) -> Read:
    details = {"element": words.name(fact["element"])}
    if fact["fact"] == "FrameLeft":
        return "FrameLeft.cancelled" if fact["reason"] else "FrameLeft", details
    if fact["called"]:
        handed = _flat(fact["values"].get(FILING, {}), words)
        return "FrameEntered.called", {**details, "values": words.say(BECAUSE, values=handed) if handed else ""}
    return "FrameEntered.item", {**details, "item": _flat(fact["item"], words)}


def _timer(fact: Mapping[str, Any], words: Words, steps: Mapping[str, str]) -> Read:
    due = words.moment(fact["due_at"]) if "due_at" in fact else ""
    return fact["fact"], {"element": words.name(fact["element"]), "due_at": due}


def _event(fact: Mapping[str, Any], words: Words, steps: Mapping[str, str]) -> Read:
    """What was awaited, came or was raised; the values are said in short."""
    kind = "key" if fact.get("key") and fact["fact"] == "EventAwaited" else fact.get("kind")
    details = {
        "element": words.name(fact["element"]), "name": fact.get("name") or fact.get("message") or "–",
        "key": fact.get("key"), "values": _brought(fact, words),
    }
    return f"{fact['fact']}.{kind}" if kind else fact["fact"], details


def _brought(fact: Mapping[str, Any], words: Words) -> str:
    values = {name: value for name, value in (fact.get("values") or {}).items() if name != "code"}
    return words.say(BECAUSE, values=_flat(values, words)) if values else ""


def _service(fact: Mapping[str, Any], words: Words, steps: Mapping[str, str]) -> Read:
    return fact["fact"], {
        "element": words.name(fact["element"]), "connector": fact.get("connector"), "error": fact.get("error"),
        "message": fact.get("message") or "–", "value": _flat(fact.get("output"), words),
    }


def _compensated(fact: Mapping[str, Any], words: Words, steps: Mapping[str, str]) -> Read:
    return fact["fact"], {"activity": words.name(fact["activity"]), "element": words.name(fact["handler"])}


def _status(fact: Mapping[str, Any], words: Words, steps: Mapping[str, str]) -> Read:
    key = "StatusChanged" if fact["old"] else "StatusChanged.first"
    return key, {"old": words.status(fact["old"]), "new": words.status(fact["new"])}


def _clock(fact: Mapping[str, Any], words: Words, steps: Mapping[str, str]) -> Read:
    return f"ClockStopped.{fact['reason']}" if fact["fact"] == "ClockStopped" else "ClockStarted", {}


def _due(fact: Mapping[str, Any], words: Words, steps: Mapping[str, str]) -> Read:
    scope, due = fact["scope"], fact["due_at"]
    step = words.name(steps[scope]) if scope in steps else words.translate(DOSSIER)
    if due is None:
        return "DueSet.none", {"step": step}
    key = f"DueSet.{scope}" if scope in ("dossier", "statutory") else "DueSet.step"
    return key, {"step": step, "due_at": words.moment(due)}


def _limit(fact: Mapping[str, Any], words: Words, steps: Mapping[str, str]) -> Read:
    told = words.say(LIMITS[fact["unit"]], value=words.plain(fact["value"]))
    return f"LimitSet.{fact['scope']}", {"limit": told, "condition": fact["condition"]}


def _deferred(fact: Mapping[str, Any], words: Words, steps: Mapping[str, str]) -> Read:
    return "ReceptionDeferred", {"after": fact["after"]}


def _recomputed(fact: Mapping[str, Any], words: Words, steps: Mapping[str, str]) -> Read:
    return "DeadlinesRecomputed", {"reason": fact["reason"]}


def _moved(fact: Mapping[str, Any], words: Words, steps: Mapping[str, str]) -> Read:
    scope = fact["scope"]
    names = {"dossier": DOSSIER, "statutory": STATUTORY}
    step = words.translate(names[scope]) if scope in names else words.name(steps.get(scope, scope))
    old, new = (words.moment(fact[name]) if fact[name] else "–" for name in ("old", "due_at"))
    return "DueMoved", {"step": step, "old": old, "due_at": new}


def _timer_due(fact: Mapping[str, Any], words: Words, steps: Mapping[str, str]) -> Read:
    old, new = (words.moment(fact[name]) for name in ("old", "due_at"))
    return "TimerDueMoved", {"element": words.name(fact["element"]), "old": old, "due_at": new}


def _warned(fact: Mapping[str, Any], words: Words, steps: Mapping[str, str]) -> Read:
    return f"WarningGiven.{fact['to']}", {"step": words.name(fact["step"])}


def _reappointed(fact: Mapping[str, Any], words: Words, steps: Mapping[str, str]) -> Read:
    details = {"due_at": words.moment(fact["due_at"]), "reason": fact["reason"], "override": fact["override"]}
    return "Reappointed.again" if fact["override"] else "Reappointed", details


def _migrated(fact: Mapping[str, Any], words: Words, steps: Mapping[str, str]) -> Read:
    return "DossierMigrated", {"old": words.version(fact["old"]), "new": words.version(fact["new"])}


def _ended(fact: Mapping[str, Any], words: Words, steps: Mapping[str, str]) -> Read:
    return "DossierEnded", {"status": words.status(fact["status"])}


_READERS: dict[str, Callable[[Mapping[str, Any], Words, Mapping[str, str]], Read]] = {
    "ProcessStarted": _started, "BranchDecided": _branch, "ValueComputed": _computed, "StepEntered": _entered,
    "StepClaimed": _on_step, "StepReleased": _on_step, "StepCompleted": _on_step, "StepCancelled": _cancelled,
    "EventAwaited": _event, "EventCaught": _event, "EventThrown": _event, "MessageSent": _event,
    "ServiceRequested": _service, "ServiceAnswered": _service, "ServiceFailed": _service,
    "FrameEntered": _frame, "FrameLeft": _frame, "ActivityCompensated": _compensated,
    "TimerSet": _timer, "TimerFired": _timer, "StatusChanged": _status,
    "ClockStopped": _clock, "ClockStarted": _clock, "DueSet": _due, "DossierEnded": _ended,
    "LimitSet": _limit, "ReceptionDeferred": _deferred,
    "DeadlinesRecomputed": _recomputed, "DueMoved": _moved, "WarningGiven": _warned, "Reappointed": _reappointed,
    "DossierMigrated": _migrated, "StepMoved": _on_step, "TimerMoved": _timer, "EventMoved": _event,
    "TimerDueMoved": _timer_due,
}
