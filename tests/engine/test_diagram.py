"""The gate: what is refused, with which sentence, and how fast."""

from __future__ import annotations

import re
import time
from itertools import pairwise
from pathlib import Path

import pytest

from engine.definition import Bundle, check, compile_definition
from engine.drawing import findings
from engine.drawing.diagram import MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS, read
from engine.drawing.findings import refused
from tests.engine.builders import (
    both,
    choice,
    diagram,
    element,
    end,
    flow,
    frame,
    loop,
    path,
    row,
    script,
    start,
    task,
    timer,
    xor,
)


def codes(xml: str | bytes) -> dict[str, str | None]:
    """Code to element of every error the whole check finds."""
    return {one.code: one.element for one in refused(check(Bundle(xml)))}  # type: ignore[arg-type]


def around(*parts: str) -> str:
    """A sound process with something more in it."""
    return diagram(start(), task("a"), end(), path("begin", "a", "done"), *parts)


def between(part: str, identity: str) -> str:
    """A sound process with an element on its way."""
    return diagram(start(), part, task("a"), end(), path("begin", identity, "a", "done"))


def long_row(count: int) -> str:
    return row(*(f"s{number}" for number in range(count)))


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1 if n > 1 else chr(0)[:0]};" * 10}">' for n in range(1, 10))
    + "]><lolz>&lol9;</lolz>"
)
SOUND = row("a", "b")


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        ("not xml at all", "not_xml"),
        ("", "not_xml"),
        ("<a><b></a>", "not_xml"),
        (b"\xff\xfe<\x00a\x00/\x00>\x00", "encoding"),
        (SOUND.replace("UTF-8", "ISO-8859-1").encode("latin-1", "replace"), "encoding"),
        ("<a>" + "x" * (10 * 1024 * 1024) + "</a>", "too_large"),
        (b"<a>" + b"x" * (10 * 1024 * 1024) + b"</a>", "too_large"),
        ("<a>" * 300 + "</a>" * 300, "too_deep"),
        (SOUND.replace("?>", '?><!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">'), "doctype"),
        (SOUND.replace("?>", '?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'), "doctype"),
        (BOMB, "doctype"),
        (SOUND.replace("?>", "?><?php echo 1 ?>"), "instruction"),
        ("<html/>", "not_bpmn"),
        (around(*(element("textAnnotation", f"n{n}") for n in range(MAX_ELEMENTS))), "too_many_elements"),
        (diagram(task("a"), task("b"), path("a", "b", "a")), "start_missing"),
        (SOUND.replace('isExecutable="true"', ""), "process_missing"),
        (SOUND.replace('targetRef="b"', 'targetRef="nowhere"'), "reference"),
    ],
)
def test_bad_documents_are_refused_at_once(xml: str | bytes, code: str) -> None:
    began = time.process_time()
    found = codes(xml)
    assert code in found
    assert time.process_time() - began < 2


def test_a_sound_diagram_has_no_errors() -> None:
    assert codes(SOUND) == {}
    assert codes(SOUND.encode()) == {}
    assert codes("\ufeff" + SOUND) == {}
    assert codes(SOUND.replace("<bpmn:process", "<!-- no <!DOCTYPE here --><bpmn:process")) == {}


def test_limits_on_both_sides() -> None:
    fits = around("<!--" + "x" * (MAX_BYTES - len(around("<!---->").encode())) + "-->")
    assert len(fits.encode()) == MAX_BYTES
    assert codes(fits) == {}
    assert codes(fits + " ") == {"too_large": None}
    deep = around("<bpmn:textAnnotation>" * 97 + "</bpmn:textAnnotation>" * 97)
    assert "too_deep" not in codes(deep)
    assert codes(deep.replace("<bpmn:textAnnotation><", "<bpmn:textAnnotation><bpmn:text><", 1)
                 .replace("></bpmn:textAnnotation>", "></bpmn:text></bpmn:textAnnotation>", 1)) != {}
    assert MAX_DEPTH == 100


def test_long_rows_do_not_exhaust_the_parser() -> None:
    assert codes(long_row(600)) == {}
    names = [f"g{number}" for number in range(600)]
    parts = [both(name) for name in names]
    xml = diagram(start(), *parts, task("a"), end(), "".join(flow(x, y) for x, y in pairwise(names)),
                  flow("begin", "g0"), path(names[-1], "a", "done"))
    assert codes(xml) == {}


def test_large_graphs_are_judged_at_once() -> None:
    branches = (task(f"a{n}", choice("x")) + xor(f"g{n}", f"g{n}-j") + path("s", f"a{n}", f"g{n}", "j")
                + flow(f"g{n}", f"a{n}", "filing.x") for n in range(90))
    wide = diagram(start(), both("s"), both("j"), end(), path("begin", "s"), path("j", "done"), *branches)
    pairs = [(n, m) for n in range(200) for m in (n + 1, n * 7 % 200) if m < 200]
    ways = (flow(f"g{n}", f"g{m}", "filing.x", f"f{n}_{m}") for n, m in pairs)
    knot = diagram(start(), end(), path("begin", "g0"), *(xor(f"g{n}") for n in range(200)), *ways,
                   flow("g199", "done", "filing.z"))
    began = time.process_time()
    assert codes(wide) == {}
    assert codes(knot) == {"automatic_loop": "g0"}
    assert time.process_time() - began < 2


EVENT = "<bpmn:{}EventDefinition/>"


@pytest.mark.parametrize(
    ("xml", "code", "at"),
    [
        (between(element("task", "t"), "t"), "step_missing", "t"),
        (between(element("complexGateway", "t"), "t"), "complex_gateway", "t"),
        (between(element("callActivity", "t"), "t"), "call_missing", "t"),
        (between(element("adHocSubProcess", "t"), "t"), "start_missing", "t"),
        (between(task("t", inside='<bpmn:standardLoopCharacteristics loopMaximum="0"/>'), "t"), "loop_maximum", "t"),
        (between(task("t", inside="<bpmn:standardLoopCharacteristics/>"), "t"), "loop_endless", "t"),
        (between(xor("t").replace("</bpmn:exclusiveGateway>", loop("filing.x") + "</bpmn:exclusiveGateway>"), "t"),
         "loop_host", "t"),
        (around(element("choreographyTask", "t")), "unsupported", "t"),
        (SOUND.replace(start(), element("startEvent", "begin", EVENT.format("timer"))), "start_kind", "begin"),
        (SOUND.replace("</bpmn:definitions>", '<bpmn:process id="q" isExecutable="true"><bpmn:startEvent id="z"/>'
                       "</bpmn:process></bpmn:definitions>"), "process_several", None),
        (SOUND.replace("</bpmn:definitions>", '<bpmn:process id="q" isExecutable="true"/></bpmn:definitions>'),
         "process_several", None),
        (SOUND.replace("</bpmn:definitions>", '<bpmn:collaboration id="c"><bpmn:messageFlow id="m"/>'
                       "</bpmn:collaboration></bpmn:definitions>"), "reference", "m"),
        (SOUND.replace("</bpmn:definitions>", '<bpmn:collaboration id="c"><bpmn:participant id="m" processRef="zz"/>'
                       "</bpmn:collaboration></bpmn:definitions>"), "reference", "m"),
        (between(frame("T", task("u")).replace("</bpmn:subProcess>", loop("filing.x") + "</bpmn:subProcess>"), "T"),
         "id_form", "T"),
    ],
)
def test_what_cannot_be_run_is_refused_by_name(xml: str, code: str, at: str | None) -> None:
    assert codes(xml).get(code, "absent") == at


@pytest.mark.parametrize(
    ("xml", "code", "at"),
    [
        (around('<zeebe:userTask xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="z"/>'), "foreign_element", "z"),
        (SOUND.replace('id="a"', 'id="a" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" camunda:assignee="x"'),
         "foreign_attribute", "a"),
    ],
)
def test_words_of_other_products_are_kept_aside_and_said(xml: str, code: str, at: str) -> None:
    found = check(Bundle(xml))
    assert refused(found) == ()
    assert [(one.code, one.element) for one in found if one.code.startswith("foreign")] == [(code, at)]
    assert "z" not in compile_definition(Bundle(xml)).elements


@pytest.mark.parametrize(
    ("xml", "code", "at"),
    [
        (SOUND.replace('"begin"', '"Start"'), "id_reserved", "Start"),
        (SOUND.replace('"done"', '"End"'), "id_reserved", "End"),
        (SOUND.replace('"done"', '"p.EndJoin"'), "id_reserved", "p.EndJoin"),
        (SOUND.replace('"a"', '"filing"'), "id_reserved", "filing"),
        (SOUND.replace('"a"', '"Appraise"'), "id_form", "Appraise"),
        (SOUND.replace('"done"', '"do ne"'), "id_characters", "do ne"),
        (SOUND.replace('"done"', '""'), "id_missing", None),
        (around(element("textAnnotation", "a")), "id_duplicate", "a"),
        (around(start("again")), "start_several", "p"),
        (SOUND.replace('"a"', f'"{"a" * 81}"'), "id_long", "a" * 81),
        (diagram(start(), task("a"), end(), flow("begin", "a", "true"), flow("a", "done")),
         "conditional_flow", "begin-a"),
        (around(flow("done", "a", identity="f")), "flow_end", "f"),
        (around(frame("s", start("i"), task("b"), end("j"), path("i", "b", "j")), flow("a", "b", identity="f")),
         "flow_scope", "f"),
        (between(element("exclusiveGateway", "g") + flow("g", "done"), "g"), "condition_missing", "g-a"),
        (between(element("exclusiveGateway", "g", default="zz"), "g"), "reference", "g"),
        (around(timer("t", host="zz"), flow("t", "done")), "reference", "t"),
        (around('<bpmn:laneSet><bpmn:lane id="l"><bpmn:flowNodeRef>zz</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>'),
         "reference", "l"),
        (between(task("t", tag="receiveTask", message="zz"), "t"), "reference", "t"),
    ],
)
def test_structure_is_checked(xml: str, code: str, at: str | None) -> None:
    assert codes(xml).get(code, "absent") == at


def test_nothing_behind_the_gate_sees_a_refused_document() -> None:
    diagram_ = read(BOMB)
    assert diagram_.root is None
    assert [one.code for one in diagram_.findings] == ["doctype"]


def test_every_finding_has_its_sentence() -> None:
    every = [one for xml in (SOUND, "x", BOMB, around(task("b"))) for one in check(Bundle(xml))]
    assert every
    assert all("{" not in one.message for one in every)
    assert findings.error("nonsense", "x").message == "nonsense"
    assert findings.error("expression", "x").message.startswith("An expression on x cannot be read: {reason}")


def test_joins_that_can_wait_for_ever_are_refused() -> None:
    stuck = diagram(start(), xor("g", "g-a"), task("a"), task("b"), both("j"), end(),
                    path("begin", "g", "a", "j", "done"), flow("g", "b", "filing.x"), flow("b", "j"))
    assert codes(stuck) == {"deadlock": "j"}
    sound = diagram(start(), both("s"), xor("m"), task("a", choice("x"), choice("y", "refuse")), task("b"), both("j"),
                    xor("g", "g-j"), end(), path("begin", "s", "m", "a", "g"), flow("g", "j"), path("j", "done"),
                    flow("g", "m", 'a.choice = "y"'), path("s", "b", "j"))
    assert codes(sound) == {}
    lost = sound.replace('sourceRef="g" targetRef="m"', 'sourceRef="g" targetRef="out"').replace(end(),
        end() + end("out"))
    assert codes(lost) == {"deadlock": "j"}
    assert codes(lost.replace(end("out"), end("out", terminate=True))) == {}


def test_interrupted_branches_are_seen_by_the_join_check() -> None:
    parts = (start(), both("s"), task("a"), task("b"), both("j"), end(), path("begin", "s", "a", "j", "done"),
             path("s", "b", "j"))
    cut = diagram(*parts, timer("t", host="a"), end("late"), flow("t", "late"))
    assert codes(cut) == {"deadlock": "j"}
    reminded = diagram(*parts, timer("t", host="a", interrupting=False), end("late"), flow("t", "late"))
    assert codes(reminded) == {}


def test_a_loop_that_makes_ever_more_tokens_is_not_decided() -> None:
    """Each round sends several tokens to the join; how it stands after many is beyond what is looked at."""
    xml = diagram(start(), both("split"), task("a"), both("j"), script("c", "1"), script("d", "1"), end(),
                  path("begin", "split", "a", "j", "done"), path("split", "j", "c", "a"), path("j", "d", "a"),
                  path("j", "a"))
    found = {finding.code: finding for finding in check(Bundle(xml))}
    assert "deadlock" not in found
    assert (found["not_decided"].severity, found["not_decided"].element) == ("warning", "p")


def test_every_sentence_is_used_and_every_finding_has_one() -> None:
    engine = Path(findings.__file__).parents[1]
    source = "".join(path_.read_text("utf-8") for path_ in engine.rglob("*.py")
                     if path_.name not in ("findings.py", "flow_sentences.py", "event_sentences.py"))
    assert [code for code in findings.TEMPLATES if source.count(f'"{code}"') == 0] == []
    raised = set(re.findall(r'\bf\.(?:error|warning)\(\s*"(\w+)"', source))
    assert raised - set(findings.TEMPLATES) == set()
