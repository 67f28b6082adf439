"""Diagrams, forms and expressions that must never reach a dossier, and expressions that must never hold one up."""

from __future__ import annotations

from tests.engine import builders as draw

_ROW = [f"t{number}" for number in range(600)]
_DEEP = 300


def _with(doctype: str, inside: str = "") -> str:
    body = draw.row("appraise").partition("?>")[2].replace('name="appraise"', f'name="{inside or "appraise"}"')
    return f'<?xml version="1.0"?>\n{doctype}{body}'


def _laughs() -> str:
    lines = ['<!ENTITY a0 "ha">', *(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))]
    return _with(f"<!DOCTYPE x [{''.join(lines)}]>", "&a9;")


def _nested() -> str:
    inner = draw.task("appraise")
    for number in range(_DEEP):
        inner = draw.frame(f"f{number}", inner)
    return draw.diagram(draw.start(), inner, draw.end())


def _endless() -> str:
    return draw.diagram(
        draw.start(), draw.task("appraise"), draw.script("s", "1"), draw.xor("x"), draw.end(),
        draw.path("begin", "appraise", "s", "x"), draw.flow("x", "s", "1 = 1"), draw.flow("x", "done", "1 = 2"),
    )


def _loop(cardinality: str) -> str:
    own = draw.task("appraise").replace("</bpmn:userTask>", draw.loop(cardinality=cardinality) + "</bpmn:userTask>")
    return draw.diagram(draw.start(), own, draw.end(), draw.path("begin", "appraise", "done"))


def _condition(expression: str) -> str:
    return draw.diagram(
        draw.start(), draw.task("appraise"), draw.xor("x", default="x-done"), draw.end(), draw.end("other"),
        draw.path("begin", "appraise", "x", "done"), draw.flow("x", "other", expression),
    )


# What is refused, by name: the diagram, and the element that the finding has to name (None: the document as a whole).
REFUSED: dict[str, tuple[str, str | None]] = {
    "nothing": ("", None),
    "no xml": ("hello", None),
    "json": ('{"a": 1}', None),
    "html": ("<!doctype html><p>x", None),
    "cut off": (draw.row("appraise")[:-20], None),
    "nul": (draw.row("appraise") + "\x00", None),
    "another encoding": (draw.row("appraise").replace("UTF-8", "UTF-7"), None),
    "4.9 MB of text": (
        draw.row("appraise").replace("<bpmn:process", f"<!--{'x' * 4_900_000}--><bpmn:oops/><bpmn:process"), None),
    "300 levels": (_nested(), None),
    "doctype": (_with("<!DOCTYPE x>"), None),
    "external doctype": (_with('<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'), None),
    "external entity": (_with('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>', "&e;"), None),
    "parameter entity": (_with('<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>'), None),
    "billion laughs": (_laughs(), None),
    "quadratic": (_with(f'<!DOCTYPE x [<!ENTITY a "{"x" * 50_000}">]>', "&a;" * 5_000), None),
    "dangling target": (draw.row("appraise").replace('targetRef="done"', 'targetRef="gone"'), "appraise-done"),
    "dangling default": (draw.diagram(draw.start(), draw.xor("x", default="gone"), draw.end(),
                                      draw.path("begin", "x", "done")), "x"),
    "no start": (draw.diagram(draw.task("appraise"), draw.end(), draw.path("appraise", "done")), None),
    "no end": (draw.diagram(draw.start(), draw.task("appraise"), draw.path("begin", "appraise")), "appraise"),
    "id Start": (draw.row("Start"), "Start"),
    "id End": (draw.row("End"), "End"),
    "id of another": (draw.row("appraise").replace('id="done"', 'id="appraise"'), "appraise"),
    "id __class__": (draw.row("__class__"), "__class__"),
    "id filing": (draw.row("filing"), "filing"),
    "600 in a row": (draw.row(*_ROW), None),
    "endless": (_endless(), None),
    "python": (_condition("__import__('os').system('id')"), "x-other"),
    "attribute walk": (_condition("().__class__.__base__.__subclasses__() = 1"), "x-other"),
    "parentheses": (_condition("(" * 5_000 + "1" + ")" * 5_000 + " = 1"), "x-other"),
    "bad count": (_loop("1 +"), "appraise"),
    "foreign role": (draw.diagram(draw.start(), draw.task("appraise", role="king"), draw.end(),
                                  draw.path("begin", "appraise", "done")), "appraise"),
    "script in another language": (draw.diagram(
        draw.start(), draw.task("appraise"), draw.script("s", "import os").replace(
            "<bpmn:scriptTask", '<bpmn:scriptTask scriptFormat="python"'),
        draw.end(), draw.path("begin", "appraise", "s", "done")), "s"),
    "service task": (draw.diagram(
        draw.start(), draw.element("serviceTask", "call"), draw.task("appraise"), draw.end(),
        draw.path("begin", "call", "appraise", "done")), "call"),
}

_MANY = "a" * 40 + "!"
# Each is legal, and each would hold a naive interpreter up for minutes or eat its memory.
BOMBS: dict[str, str] = {
    "two loops": "count(for a in 1..100000, b in 1..100000 return a * b)",
    "long sum": "sum(for i in 1..999999999 return i)",
    "search": "some x in 1..999999999 satisfies x = 0",
    "power": "10 ** 10 ** 10",
    "power of powers": "9 ** 9 ** 9 ** 9",
    "regex": f'matches("{_MANY}", "^(a+)+$")',
    "regex of choices": f'matches("{_MANY}", "^(a|aa)+$")',
    "regex of stars": f'replace("{_MANY}", "(a*)*b", "x")',
    "regex split": f'split("{_MANY * 20}", "(x+x+)+y")',
    "regex repeated": 'matches("' + "a" * 30 + '", "(a?){30}a{30}")',
    "text": 'string join(for i in 1..1000000 return "xxxxxxxxxxxxxxxxxxxx")',
    "lists of lists": "for i in 1..3000 return for j in 1..3000 return [i, j]",
    "recursion": "{f: function(x) f(x), r: f(1)}.r",
    "growing": '{f: function(t, n) if n = 0 then t else f(t + t, n - 1), r: f("xxxxxxxxxx", 60)}.r',
    "partial": "for i in 1..100000 return sum(partial)",
    "digits": "1" * 30_000 + " * " + "1" * 30_000,
    "days": 'date("0001-01-01") + duration("P999999999999Y")',
    "sort": "sort(for i in 1..1000000 return -i, function(a, b) a < b)",
}
INSTANCES = _loop("1000000")
