"""Call activities: processes of the same file, and published procedures pinned by their content."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from engine.commands import DeliverMessage, FireTimer
from engine.definition import Bundle, check, compile_definition, outline
from engine.drawing.diagram import MAX_ELEMENTS
from engine.drawing.findings import refused as refused_by
from engine.fold import in_sight
from engine.promise import longest_way
from engine.rehearse import rehearse
from tests.engine.builders import (
    HEAD,
    NOW,
    choice,
    diagram,
    element,
    end,
    flow,
    frame,
    loop,
    path,
    receive,
    row,
    script,
    start,
    task,
    timer,
    xor,
)
from tests.engine.constructs.drawing import Journey, all_steps, errors, standard, warnings
from tests.engine.constructs.registry import refused, runs
from tests.engine.happenings import border, catch, declared, finish, handler, throw, told


def call(identity: str, called: str, inside: str = "", back: str = "", **handed: str) -> str:
    """A call activity with what it hands over and, as `name=expression, …`, gets back."""
    given = [f'<onedoor:in name="{name}" value="{text}"/>' for name, text in handed.items()]
    given += ['<onedoor:out name="{}" value="{}"/>'.format(*each.split("=", 1)) for each in back.split("; ") if each]
    extended = f"<bpmn:extensionElements>{''.join(given)}</bpmn:extensionElements>"
    return element("callActivity", identity, extended + inside, calledElement=called)


def process(identity: str, *parts: str, executable: bool = False) -> str:
    ready = "true" if executable else "false"
    return f'<bpmn:process id="{identity}" isExecutable="{ready}">{"".join(parts)}</bpmn:process>'


CHECKING = (start("i"), task("look", choice("fine"), choice("poor", "return"), unit="=filing.unit"), xor("g", "g-o"),
            task("mend"), end("o"), path("i", "look", "g"), flow("g", "o"),
            flow("g", "mend", 'look.choice = "poor" and visits.look < 3'), path("mend", "look"))


def file(*mine: str, others: str = "", messages: str = "") -> str:
    """A file whose first process is the one that runs."""
    return f'{HEAD}{messages}{process("p", *mine, executable=True)}{others}</bpmn:definitions>'


def calling(drawn: str, others: str = process("check", *CHECKING), after: str = "") -> str:
    return file(start(), drawn, task("z"), end(), path("begin", "c", "z", "done"), after, others=others)


@runs("Call activity, a process of the same file", "What is called sees `filing` with what `onedoor:in` hands over, "
      "and `dossier`; `onedoor:out` says what is kept under the call's id. It ends when no token is left in it.")
def test_a_process_of_the_same_file_is_called() -> None:
    walk = Journey(calling(call("c", "check", unit="filing.where", back="result=look.choice; rounds=visits.look")),
                   {"where": "H49.7", "secret": 1})
    assert walk.open == ["c:look"]
    opened = next(iter(walk.view.open.values()))
    assert opened.unit == "H49.7"
    seen = in_sight(walk.view, opened.frame)
    assert (seen["filing"], seen["visits"]) == ({"unit": "H49.7"}, {"look": 1})
    walk.complete("c:look", "poor")
    walk.complete("c:mend")
    walk.complete("c:look", "fine")
    assert walk.open == ["z"]
    assert walk.view.data["c"] == {"result": "fine", "rounds": 2}
    assert walk.view.data.keys() == {"filing", "c"}
    assert walk.view.visits == {"z": 1}
    assert walk.view.frames == {}


def test_a_process_is_called_from_two_places() -> None:
    drawn = call("c", "check", unit="'A'", back="n=look.n") + call("d", "check", unit="'B'", back="n=look.n")
    xml = file(start(), drawn, task("z"), end(), path("begin", "c", "z", "done"), path("begin", "d", "z"),
               others=process("check", *CHECKING)).replace("'", "&quot;")
    walk = Journey(xml)
    assert walk.open == ["c:look", "d:look"]
    walk.complete("d:look", "fine", n=2)
    walk.complete("c:look", "fine", n=1)
    assert (walk.view.data["c"], walk.view.data["d"]) == ({"n": 1}, {"n": 2})


def test_calls_inside_what_is_called() -> None:
    middle = process("middle", start("mi"), call("inner", "check", unit="filing.u", back="r=look.choice"),
                     task("after"), end("mo"), path("mi", "inner", "after", "mo"))
    walk = Journey(calling(call("c", "middle", u="filing.where", back="r=inner.r"),
                           others=process("check", *CHECKING) + middle), {"where": "H49.7"})
    assert walk.open == ["c:inner:look"]
    walk.complete("c:inner:look", "fine")
    assert walk.open == ["c:after"]
    walk.complete("c:after")
    assert walk.view.data["c"] == {"r": "fine"}


@runs("Call activity, repeated", "Each instance is a call of its own with its own item; the list of results has what "
      "each gave back. A standard loop keeps the latest.")
def test_a_call_for_each_item() -> None:
    drawn = call("c", "check", loop("filing.units", item="at"), unit="at", back="n=look.n")
    walk = Journey(calling(drawn), {"units": ["A", "B"]})
    assert [opened.unit for opened in walk.view.open.values()] == ["A", "B"]
    for n in (1, 2):
        walk.complete("c:look", "fine", n=n)
    assert walk.view.data["c"] == [{"n": 1}, {"n": 2}]
    again = call("c", "check", standard("c.n &lt; 2"), unit="filing.u", back="n=look.n")
    walk = Journey(calling(again), {"u": "A"})
    walk.complete("c:look", "fine", n=1)
    assert walk.open == ["c:look"]
    walk.complete("c:look", "fine", n=2)
    assert walk.open == ["z"]
    assert walk.view.data["c"] == {"n": 2}


def published() -> dict[str, Any]:
    """A procedure with a form, a decision table reference and a message of its own."""
    asked = receive("ask", "paper", form="paper")
    inner = diagram(start("i"), task("look", form="look"), asked, timer("t", "P30D", "ask"), end("late"), end("o"),
                    path("i", "look", "ask", "o"), path("t", "late"), messages=("paper",))
    field = {"key": "area", "type": "number", "label": "Diện tích", "labelEn": "Area"}
    form = {"type": "default", "components": [field]}
    return {"xml": inner, "forms": {"look": form, "paper": form}, "decisions": {}, "procedure": {"code": "1.2"}}


@runs("Call activity, a published procedure", "The caller's bundle carries the whole content of what it calls, and its "
      "digest covers it: a later version changes nothing for dossiers of the caller.")
def test_a_published_procedure_is_called_as_it_was() -> None:
    xml = calling(call("c", "look_up", back="area=look.area"), others="")
    bundle = Bundle(xml, called={"look_up": published()})
    assert errors(xml) == {"call_unknown": "c"}
    walk = Journey(xml, called={"look_up": published()})
    assert walk.definition.forms.keys() == {"c:look", "c:paper"}
    assert walk.definition.steps["c:look"].form == "c:look"
    walk.complete("c:look", area=5)
    walk.do(DeliverMessage("paper", {"area": 6}))
    assert walk.view.data["c"] == {"area": 5}
    later = {**published(), "xml": published()["xml"].replace('hours="4"', 'hours="5"')}
    assert Bundle(xml, called={"look_up": later}).digest != bundle.digest != Bundle(xml).digest
    assert Bundle.from_json(bundle.to_json()) == bundle
    assert "called" not in json.loads(Bundle(row("a")).to_json())


def test_what_is_called_carries_what_it_calls_itself() -> None:
    outer = {**published(), "xml": calling(call("c", "look_up", back="area=look.area"), others=""),
             "called": {"look_up": published()}, "forms": {}}
    walk = Journey(calling(call("c", "outer", back="area=c.area"), others=""), called={"outer": outer})
    assert walk.open == ["c:c:look"]
    walk.complete("c:c:look", area=7)
    walk.do(DeliverMessage("paper"))
    walk.complete("c:z")
    assert walk.view.data["c"] == {"area": 7}


def test_a_boundary_event_ends_a_call_with_all_in_it() -> None:
    xml = calling(call("c", "check", unit="filing.u") + timer("t", "P3D", "c") + task("late"), after=path("t", "late"))
    walk = Journey(xml, {"u": "A"})
    walk.do(FireTimer(walk.timer("t")), NOW.replace(year=2027))
    assert walk.open == ["late"]
    assert walk.view.frames == {}


def test_a_terminating_end_ends_only_what_is_called() -> None:
    others = process("check", start("i"), task("a"), task("b"), end("o", terminate=True), path("i", "a", "o"),
                     path("i", "b", "o"))
    walk = Journey(calling(call("c", "check"), others=others))
    walk.complete("c:a")
    assert walk.open == ["z"]


@refused("Call of itself, directly or not", "Draw a loop instead.")
@pytest.mark.parametrize("others", [
    process("check", start("i"), call("again", "check"), end("o"), path("i", "again", "o")),
    process("check", start("i"), call("again", "other"), end("o"), path("i", "again", "o"))
    + process("other", start("oi"), call("back", "check"), end("oo"), path("oi", "back", "oo")),
    process("check", start("i"), call("again", "p"), end("o"), path("i", "again", "o")),
])
def test_recursion_is_refused(others: str) -> None:
    assert "call_recursion" in errors(calling(call("c", "check"), others=others))
    itself = file(start(), call("c", "p"), end(), path("begin", "c", "done"))
    assert "call_recursion" in errors(itself)


@refused("Circle of calls between published procedures", "The finding names the circle; take one of the calls out.")
def test_a_circle_of_procedures_is_refused_by_name() -> None:
    def of(key: str, calls: str, **called: Any) -> dict[str, Any]:
        xml = calling(call("c", calls), others="") if calls else row("a")
        return {"xml": xml, "forms": {}, "decisions": {}, "procedure": {"key": key}, "called": called}

    def said(bundle: dict[str, Any]) -> list[tuple[str, str | None, str]]:
        return [(one.code, one.element, one.message) for one in refused_by(check(Bundle(**bundle)))]

    assert said(of("permit", "permit")) == [("call_circle", "c", (
        "Call activity c leads in a circle: permit → permit; a procedure may not call itself."))]
    # What is called is pinned as it was when it called an earlier version of the caller.
    check_, survey = of("check", "permit", permit=of("permit", "")), of("survey", "check")
    assert said(of("permit", "check", check=check_))[0][2].startswith(
        "Call activity c leads in a circle: permit → check → permit;")
    survey["called"] = {"check": check_}
    assert said(of("permit", "survey", survey=survey))[0][1:] == ("c", (
        "Call activity c leads in a circle: permit → survey → check → permit; a procedure may not call itself."))
    assert said(of("other", "survey", survey={**survey, "called": {"check": of("check", "")}})) == []


@refused("Call of nothing, or of something unknown", "Choose a process of the file or a published procedure.")
def test_unknown_calls_are_refused() -> None:
    assert errors(calling(call("c", ""))) == {"call_missing": "c"}
    assert errors(calling(call("c", "nobody"))) == {"call_unknown": "c"}
    broken = {**published(), "xml": "<x/>"}
    assert errors(calling(call("c", "look_up"), others=""), called={"look_up": broken}) == {"call_refused": "c"}
    assert errors(calling(call("c", "check", Unit="1"))) == {"call_mapping": "c"}
    assert errors(calling(call("c", "check", unit=""))) == {"call_mapping": "c"}
    assert errors(calling(call("C", "check")).replace('Ref="c"', 'Ref="C"')) == {"id_form": "C"}


def test_names_are_checked_in_what_is_called() -> None:
    others = process("check", start("i"), script("s", "z.choice"), task("a"), end("o"), path("i", "s", "a", "o"))
    assert errors(calling(call("c", "check"), others=others)) == {"expression_name": "c:s"}
    assert errors(calling(call("c", "check", back="x=z.choice"))) == {"expression_name": "c"}
    assert errors(calling(call("c", "check", unit="look.choice"))) == {"expression_name": "c"}
    nameless = process("check", start("i"), xor("g", "g-o"), end("o"), end("e"), path("i", "g"), flow("g", "o"),
                       flow("g", "e", "visits.z &lt; 1"))
    assert errors(calling(call("c", "check"), others=nameless)) == {"expression_name": "c:g-e"}
    fields = warnings(calling(call("c", "check", room="filing.u")))
    assert fields["expression_field"] == "c:look"


def test_calls_of_calls_do_not_grow_without_bound() -> None:
    """Each process calls the next twice: 2 to the power of 30 of them."""
    chain = "".join(
        process(f"p{n}", start(f"i{n}"), call(f"a{n}", f"p{n + 1}"), call(f"b{n}", f"p{n + 1}"), end(f"o{n}"),
                path(f"i{n}", f"a{n}", f"b{n}", f"o{n}"))
        for n in range(30)
    )
    last = process("p30", start("i30"), task("s"), end("o30"), path("i30", "s", "o30"))
    began = time.process_time()
    found = errors(calling(call("c", "p0"), others=chain + last))
    assert "too_many_elements" in found
    assert time.process_time() - began < 2
    assert MAX_ELEMENTS == 2_000


def test_names_fit_where_they_are_kept() -> None:
    others = process("check", start("i"), task("x" * 60), end("o"), path("i", "x" * 60, "o"))
    assert errors(calling(call("c", "check"), others=others)) == {}
    long = calling(call("c" * 30, "check"), others=others).replace('Ref="c"', f'Ref="{"c" * 30}"')
    assert errors(long) == {"id_long": f"{'c' * 30}:{'x' * 60}"}


def declared_in(*mine: str, others: str, names: tuple[str, ...]) -> str:
    return f'{HEAD}{declared(*names)}{process("p", *mine, executable=True)}{others}</bpmn:definitions>'


def test_an_error_in_what_is_called_is_caught_on_the_border_of_the_call() -> None:
    others = process("check", start("i"), task("a"), finish("bad", told("error", "E1")), path("i", "a", "bad"))
    walk = Journey(declared_in(
        start(), call("c", "check"), border("er", "c", told("error", "E1")), task("fix"), task("z"), end(),
        path("begin", "c", "z", "done"), path("er", "fix"), others=others, names=("error:E1",),
    ))
    walk.complete("c:a")
    assert walk.open == ["fix"]
    assert walk.view.frames == {}


def test_events_and_links_belong_to_what_is_called() -> None:
    inner = handler("h", told("message", "paid"), task("b"), end("ho"), path("h_on", "b", "ho"), interrupting=False)
    linked = throw("t1", told("link", "L")) + catch("c1", told("link", "L"))
    others = process("check", start("i"), task("a"), linked, end("o"), path("i", "a", "t1"), path("c1", "o"), inner)
    walk = Journey(declared_in(
        start(), call("c", "check", back="by=h_on.by"), call("d", "check", back="by=h_on"), task("z"), end(),
        path("begin", "c", "z", "done"), path("begin", "d", "z"), others=others, names=("message:paid",),
    ))
    walk.do(DeliverMessage("paid", {"by": 1}))
    assert sorted(walk.open) == ["c:a", "c:b", "d:a"]
    all_steps(walk)
    assert (walk.view.data["c"], walk.view.data["d"]) == ({"by": 1}, {"by": None})


def test_lists_and_promises_know_what_is_called() -> None:
    made = compile_definition(Bundle(calling(call("c", "check", unit="&quot;A&quot;"))))
    assert sorted(line.id for line in outline(made, "en")) == ["c:look", "c:mend", "z"]
    assert longest_way(made).steps == ("c:look", "z")
    assert longest_way(made).hours == 8
    went = rehearse(made, {"steps": [
        {"complete": "c:look", "choice": "fine"}, {"complete": "z"}], "expect": {"end": "done"}}, NOW)
    assert went.passed, went.failures


def test_frames_in_what_is_called() -> None:
    inner = frame("f", start("fi"), task("a", unit="=item"), end("fo"), path("fi", "a", "fo"), loop("filing.x"))
    others = process("check", start("i"), inner, end("o"), path("i", "f", "o"))
    xml = calling(call("c", "check", x="filing.units", back="n=count(f)"), others=others)
    walk = Journey(xml, {"units": ["A", "B"]})
    assert all_steps(walk) == ["c:a", "c:a", "z"]
    assert walk.view.data["c"] == {"n": 2}


def test_what_is_called_leaves_beginning_and_end_to_its_caller() -> None:
    called = process("q", start("i"), task("accept", status="2"), task("look", status="4"), end("o", "10"),
                     path("i", "accept", "look", "o"))
    outer = (start(), task("receive", status="1"), call("c", "q"), task("ready", status="9"), end(status="10"),
             path("begin", "receive", "c", "ready", "done"))
    walk = Journey(file(*outer, others=called))
    seen = [walk.view.status]
    for step in ("receive", "c:accept", "c:look", "ready"):
        walk.complete(step)
        seen.append(walk.view.status)
    assert seen == [1, 2, 4, 9, 10]
    again = Journey(file(start(), task("work", status="4"), call("c", "q"), end(), path("begin", "work", "c", "done"),
                         others=called))
    again.complete("work")
    assert again.view.status == 4, "it is in process already, not only accepted"
