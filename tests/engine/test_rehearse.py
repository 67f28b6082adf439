"""A scenario is walked on the engine itself, and whatever does not go as written is said in a sentence."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from engine.definition import Bundle, compile_definition
from engine.facts import ProcessStarted, StepEntered, TimerFired
from engine.fold import fold
from engine.rehearse import SENTENCES, Rehearsal, coverage, rehearse
from tests.builders_procedures import RECEIVED, definition_of, scenarios_of
from tests.engine.builders import end, path, start
from tests.engine.happenings import border, catch, document, ours, service, told

KEY = "household-business"


def scenario(name: str = "onsite", **changes: Any) -> dict[str, Any]:
    return {**deepcopy(scenarios_of(KEY)[name]), **changes}


def walk(written: dict[str, Any]) -> Rehearsal:
    return rehearse(definition_of(KEY), written, RECEIVED)


def sentences(written: dict[str, Any]) -> list[str]:
    return [str(failure) for failure in walk(written).failures]


def with_step(number: int, **changes: Any) -> dict[str, Any]:
    written = scenario()
    written["steps"][number] = {**written["steps"][number], **changes}
    return written


def test_a_scenario_that_goes_as_written_passes_with_all_its_facts() -> None:
    went = walk(scenario())
    assert went.passed
    assert went.failures == ()
    assert isinstance(went.facts[0], ProcessStarted)
    assert fold(went.facts) == went.view
    assert went.view.end == "returned"


def test_time_goes_on_by_an_hour_unless_told_otherwise() -> None:
    assert walk(scenario()).ended_at == RECEIVED + timedelta(hours=5)
    assert walk(with_step(0, after=48)).ended_at == RECEIVED + timedelta(hours=52)


def test_a_timer_goes_off_at_its_due_time() -> None:
    went = walk(scenario("supplement-expired"))
    assert went.ended_at == RECEIVED + timedelta(hours=2, days=30)
    assert [fact.element for fact in went.facts if isinstance(fact, TimerFired)] == ["supplement_expired"]


def test_forms_are_checked_and_computed_as_the_server_does() -> None:
    written = scenario()
    assert "fee" not in written["filing"]
    assert walk(written).view.data["filing"]["fee"] == 100000
    written["filing"]["owner_id"] = "12"
    assert sentences(written) == [
        "start: field owner_id of form filing is refused: The value is not written in the form asked for."
    ]


def test_an_undeclared_value_is_refused() -> None:
    assert sentences(with_step(1, form={"conclusion": "forward", "hidden": 1})) == [
        "step 2 (complete appraise): field hidden of form appraise is refused: The form has no field of this name."
    ]


def test_a_message_form_is_checked_too() -> None:
    written = scenario("supplement-once")
    written["steps"][2]["form"]["channel"] = "pigeon"
    [said] = sentences(written)
    assert said.startswith("step 3 (deliver supplement): field channel of form supplement is refused")


def test_the_walk_ends_where_it_cannot_go_on() -> None:
    went = walk(with_step(1, complete="approve"))
    assert [str(failure) for failure in went.failures] == [
        "step 2 (complete approve): step approve is not open; open are: appraise."
    ]
    assert [fact.step for fact in went.facts if isinstance(fact, StepEntered)] == ["receive", "appraise"]


def test_what_the_engine_refuses_is_said_in_its_words() -> None:
    [said] = sentences(with_step(1, choice="skip"))
    assert said.startswith("step 2 (complete appraise): the engine refuses it: Step appraise does not offer")
    [said] = sentences(scenario(steps=[{"deliver": "supplement"}]))
    assert said.endswith("The dossier is not waiting for the message \"supplement\".")


def test_a_timer_that_is_not_set() -> None:
    assert sentences(scenario(steps=[{"fire": "supplement_expired"}])) == [
        "step 1 (fire supplement_expired): timer supplement_expired is not set; set are: -."
    ]


@pytest.mark.parametrize(("expect", "said"), [
    ({"status": 8}, "end: the status is 10, not 8."),
    ({"end": "refused"}, "end: the dossier ended at returned, not at refused."),
    ({"visits": {"stamp": 2}}, "end: step stamp was entered 1 time(s), not 2."),
    ({"data": {"filing.fee": 5}}, "end: filing.fee is 100000, not 5."),
    ({"data": {"filing.commitment": 1}}, "end: filing.commitment is True, not 1."),
    ({"data": {"filing.lines[7].vsic": "1"}}, "end: filing.lines[7].vsic is None, not 1."),
    ({"data": {"no-such.path": 1}}, "end: no-such.path is None, not 1."),
    ({"mood": "good"}, 'end: "mood" cannot be expected; possible are: status, end, visits, data.'),
    ({"visits": 3}, 'end: the scenario is not written properly: "visits" must be an object.'),
])
def test_each_expectation_is_compared(expect: dict[str, Any], said: str) -> None:
    assert sentences(scenario(expect=expect)) == [said]


def test_values_in_lists_are_found() -> None:
    assert walk(scenario(expect={"data": {"filing.lines[1].vsic": "4781"}})).passed


def test_a_dossier_that_has_not_ended() -> None:
    written = scenario(expect={"end": "returned"})
    written["steps"] = written["steps"][:2]
    assert sentences(written) == ["end: the dossier has not ended; open are: approve."]


def test_what_is_offered_and_the_status_on_the_way() -> None:
    asked = [{"status": 1}, {"offered": "receive", "choices": ["forward"]}]
    assert sentences(scenario(steps=[*asked, *scenario()["steps"]])) == [
        "step 2 (offered receive): step receive offers forward, refuse, not forward."
    ]
    assert sentences(scenario(steps=[{"status": 4}], expect={})) == ["step 1 (status 4): the status is 1, not 4."]


@pytest.mark.parametrize(("changes", "said"), [
    ({"filing": []}, 'start: the scenario is not written properly: "filing" must be an object.'),
    ({"steps": "all"}, 'start: the scenario is not written properly: "steps" must be a list.'),
    ({"steps": ["receive"]},
     "step 1: a step must have one of: complete, deliver, signal, answer, fire, withdraw, offered, status."),
    ({"steps": [{"complete": "receive", "fire": "x"}]},
     "step 1: a step must have one of: complete, deliver, signal, answer, fire, withdraw, offered, status."),
    ({"channel": "fax"}, 'start: the channel "fax" is not one of: direct, online, postal.'),
    ({"expect": []}, 'end: the scenario is not written properly: "expect" must be an object.'),
    ({"steps": [{"offered": "receive", "choices": 1}]},
     'step 1 (offered receive): the scenario is not written properly: "choices" must be a list.'),
])
def test_a_scenario_written_badly_is_a_failure_and_no_accident(changes: dict[str, Any], said: str) -> None:
    assert sentences(scenario(**{"expect": {}, "steps": [], **changes})) == [said]


@pytest.mark.parametrize("after", [-1, "soon", True, float("nan"), 1e9])
def test_hours_that_are_no_hours(after: Any) -> None:
    [said] = sentences(with_step(0, after=after))
    assert said.endswith('"after" must be a number of hours from 0 to 100000.')


def test_every_sentence_says_where() -> None:
    assert all(text.startswith("{at}: ") for text in SENTENCES.values())


def test_coverage_names_what_no_rehearsal_has_passed() -> None:
    definition = definition_of(KEY)
    one = coverage(definition, [walk(scenario())])
    assert not one.complete
    assert "sign" in one.elements
    assert "gw_channel_to_sign" in one.flows
    assert "appraise" not in one.elements
    assert coverage(definition, [walk(written) for written in scenarios_of(KEY).values()]).complete


def test_a_bundle_without_forms_and_competent_units_can_be_rehearsed() -> None:
    xml = (
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        'xmlns:onedoor="urn:onedoor:bpmn:1" id="d" targetNamespace="urn:x"><bpmn:process id="p" isExecutable="true">'
        '<bpmn:startEvent id="begin"/><bpmn:userTask id="look"><bpmn:extensionElements><onedoor:step kind="appraise" '
        'role="specialist" unit="competent" hours="1"/></bpmn:extensionElements></bpmn:userTask>'
        '<bpmn:endEvent id="done"/><bpmn:sequenceFlow id="a" sourceRef="begin" targetRef="look"/>'
        '<bpmn:sequenceFlow id="b" sourceRef="look" targetRef="done"/></bpmn:process></bpmn:definitions>'
    )
    written = {"steps": [{"complete": "look"}], "expect": {"end": "done"}}
    assert rehearse(compile_definition(Bundle(xml)), written, RECEIVED).passed


def test_events_are_rehearsed_by_what_happens_outside() -> None:
    xml = document(
        start(), service("ask", "log"), catch("paid", ours(correlation="=filing.bill"), told("message", "paid")),
        catch("calm", told("signal", "storm")), end(), border("bad", "ask", told("error", "E1")), end("lost"),
        path("begin", "ask", "paid", "calm", "done"), path("bad", "lost"),
        names=("message:paid", "signal:storm", "error:E1"),
    )
    definition = compile_definition(Bundle(xml, {"filing": {"components": [{"type": "number", "key": "bill"}]}}))
    steps = [{"answer": "ask", "output": {"n": 3}}, {"deliver": "paid", "correlation": 7, "form": {"amount": 2}},
             {"signal": "storm"}]
    written = {"filing": {"bill": 7}, "steps": steps,
               "expect": {"end": "done", "data": {"ask.n": 3, "paid.amount": 2}}}
    went = rehearse(definition, written, RECEIVED)
    assert went.failures == ()
    lost = rehearse(definition, {**written, "steps": [{"answer": "ask", "error": "E1"}], "expect": {"end": "lost"}},
                    RECEIVED)
    assert lost.passed
    assert coverage(definition, [went, lost]).complete
    wrong = rehearse(definition, {**written, "steps": [{"answer": "nobody"}]}, RECEIVED)
    assert [str(failure) for failure in wrong.failures] == [
        "step 1 (answer nobody): service nobody is not asked; asked are: ask."]
