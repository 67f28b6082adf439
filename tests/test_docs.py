"""What people look things up in is complete, and what they read is in both languages."""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
import re
import runpy
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from jinja2.ext import babel_extract
from lxml import etree

import app as application
import engine
from app.cli.commands import main as command_line
from app.config import SETTINGS
from app.languages import catalogue
from app.people.permissions import PERMISSIONS, ROLES
from app.procedures.facts import RULES
from engine import commands, facts
from engine.drawing.findings import TEMPLATES
from engine.errors import OneDoorError
from engine.migration import OBSTACLES
from engine.rehearse import SENTENCES

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
ONEDOOR = "{urn:onedoor:bpmn:1}"
KEYWORDS = ("_", "gettext", "lazy_gettext", "ngettext", "lazy_ngettext")
JS_TEXT = re.compile(r"""\bt\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
JS_ENTRY = re.compile(r"""(?:^|[{,])\s*("(?:[^"\\]|\\.)*"|[A-Za-z_$][\w$]*)\s*:""", re.MULTILINE)
NAMED = re.compile(r"%\((\w+)\)[sd]")
MARKED = re.compile(r"`([^`]+)`")


def reference(name: str) -> str:
    """A page of the reference."""
    return (DOCS / "reference" / name).read_text(encoding="utf-8")


def listed(page: str) -> set[str]:
    """What stands first in the rows of a page's tables."""
    return {found.group(1) for found in re.finditer(r"^\| `([^`]+)` \|", page, re.MULTILINE)}


def test_every_setting_is_listed() -> None:
    page = reference("settings.md")
    assert listed(page) == {setting.name for setting in SETTINGS}
    assert [setting.name for setting in SETTINGS if setting.meaning not in page] == []


def test_every_permission_and_role_is_listed() -> None:
    page = reference("permissions.md")
    assert listed(page) == set(PERMISSIONS) | set(ROLES)
    for role, (vietnamese, english, granted) in ROLES.items():
        row = next(line for line in page.splitlines() if line.startswith(f"| `{role}` |"))
        assert vietnamese in row
        assert english in row
        assert set(MARKED.findall(row)) == {role, *granted}


def test_every_fact_and_command_is_listed_with_its_fields() -> None:
    page = reference("facts.md")
    assert listed(page) == set(facts.KINDS) | set(commands.KINDS)
    for kind in [*facts.KINDS.values(), *commands.KINDS.values()]:
        row = next(line for line in page.splitlines() if line.startswith(f"| `{kind.__name__}` |"))
        assert set(kind.__dataclass_fields__) <= set(MARKED.findall(row))


def test_every_command_of_the_command_line_is_listed() -> None:
    page = reference("commands.md")
    starter = runpy.run_path(str(ROOT / "run.py"))["COMMANDS"]
    own = set(command_line.commands)
    assert {name for name in listed(page) if not name.startswith("-")} == own | set(starter)
    assert set(starter) - {"test", "bench"} == own - {"translate"}


def diagrams() -> list[Path]:
    """The shipped diagrams."""
    return sorted((ROOT / "bpmn").glob("*/process.bpmn"))


def places_of(facts: Mapping[str, Any]) -> Iterator[str]:
    """Where something stands in a procedure's facts; texts in two languages, lists and sources are one place."""
    for name, value in facts.items():
        if isinstance(value, Mapping) and name != "sources" and not {"vi", "en"} & set(value):
            yield from (f"{name}.{inner}" for inner in value)
        else:
            yield name


def test_every_fact_of_a_procedure_is_listed() -> None:
    rows = [line.split("|")[1] for line in reference("procedure.md").splitlines() if line.startswith("| `")]
    explained = {name.removesuffix("[]").removesuffix(".variants[]") for row in rows for name in MARKED.findall(row)}
    shipped = [json.loads(path.read_text("utf-8")) for path in (ROOT / "bpmn").glob("*/procedure.json")]
    checked = {".".join(path.split(".")[:2]) for path, _, _ in RULES} - {"fee", "decision", "supplement"}
    assert ({place for facts in shipped for place in places_of(facts)} | checked) - explained == set()


@pytest.mark.parametrize("path", diagrams(), ids=lambda path: path.parent.name)
def test_every_word_of_ours_in_a_shipped_diagram_is_explained(path: Path) -> None:
    page = reference("bpmn.md")
    ours = [node for node in etree.parse(str(path)).iter() if str(node.tag).startswith(ONEDOOR)]
    words = {f"onedoor:{etree.QName(node).localname}" for node in ours}
    words |= {name for node in ours for name in node.attrib}
    assert ours
    assert sorted(word for word in words if f"`{word}`" not in page) == []


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    for page in [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)} → {target}")
    assert broken == []


def python_messages() -> Iterator[tuple[str, str]]:
    """(place, message) of every text that the application's code writes."""
    for path in sorted((ROOT / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS:
                for message in [each.value for each in node.args[:1] if isinstance(each, ast.Constant)]:
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", str(message)


def template_messages() -> Iterator[tuple[str, str]]:
    """(place, message) of every text in the templates."""
    options = {"extensions": "jinja2.ext.i18n,jinja2.ext.do", "trimmed": "true", "silent": "false"}
    for path in sorted((ROOT / "app").rglob("*.html")):
        with path.open("rb") as file:
            for line, _, message, _ in babel_extract(file, KEYWORDS, [], options):
                yield f"{path.relative_to(ROOT)}:{line}", first(message)


def first(message: str | tuple[str | None, ...]) -> str:
    """The singular of a message with a plural."""
    return message if isinstance(message, str) else next(part for part in message if part)


def error_classes(above: type[OneDoorError] = OneDoorError) -> Iterator[type[OneDoorError]]:
    """Every error of the house."""
    yield above
    for below in above.__subclasses__():
        yield from error_classes(below)


def sentences() -> Iterator[tuple[str, str]]:
    """(place, sentence) of every error and finding."""
    for package in (application, engine):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                importlib.import_module(found.name)
    for error in error_classes():
        if not error.__module__.startswith("tests"):
            yield f"{error.__module__}.{error.__name__}", error.template()
    for code, template in {**TEMPLATES, **SENTENCES, **OBSTACLES}.items():
        yield f"finding {code}", template


def places(text: str) -> set[str]:
    """The named places of a message, in either notation."""
    if NAMED.search(text):
        return set(NAMED.findall(text))
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name}
    except ValueError:
        return set()


def untranslated(found: Iterator[tuple[str, str]]) -> list[str]:
    """Messages without Vietnamese, or whose Vietnamese names other places."""
    vietnamese = {
        first(message.id): (message.string if isinstance(message.string, str) else message.string[0])
        for message in catalogue() if message.id
    }
    return sorted({
        f"{place}: {message}" for place, message in found
        if message and (message not in vietnamese or places(message) != places(vietnamese[message]))
    })


def test_every_text_of_the_pages_is_in_vietnamese() -> None:
    assert untranslated(template_messages()) == []


def test_every_text_of_the_code_is_in_vietnamese() -> None:
    assert untranslated(python_messages()) == []


def test_every_sentence_of_errors_and_findings_is_in_vietnamese() -> None:
    assert untranslated(sentences()) == []


def test_an_untranslated_text_is_found() -> None:
    assert untranslated(iter([("here", "A text that nobody translated")])) == ["here: A text that nobody translated"]


def test_every_text_of_the_scripts_is_in_vietnamese() -> None:
    known = {
        _unquoted(key)
        for path in (ROOT / "app/frontend/src/i18n").glob("vi*.js") for key in JS_ENTRY.findall(path.read_text("utf-8"))
    }
    missing = {
        f"{path.relative_to(ROOT)}: {text}"
        for path in sorted((ROOT / "app/frontend/src").rglob("*.js"))
        for text in map(_unquoted, JS_TEXT.findall(path.read_text("utf-8"))) if text not in known
    }
    assert sorted(missing) == []


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text[:1] in "\"'" else text
