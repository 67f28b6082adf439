"""The rules of the house. Each is a function of a file's text, so that a bad text shows that it bites."""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from app import create_app
from app.security import permission_of

ROOT = Path(__file__).resolve().parent.parent
TOP_LEVEL = {
    "app", "bpmn", "forms", "engine", "migrations", "tests", "docs", ".ci", "run.py", "requirements.txt", "README.md",
    "CHANGELOG.md", "LICENSE", "pyproject.toml", ".gitignore", ".gitattributes", ".editorconfig",
    ".pre-commit-config.yaml",
}
IMPURE = {
    "app", "flask", "sqlalchemy", "os", "time", "random", "secrets", "uuid", "socket", "subprocess", "pathlib",
    "requests", "urllib", "tempfile", "shutil",
}
WITHOUT_FLASK = {"commands.py", "queries.py", "casework.py", "change.py", "projections.py"}
EDGE = {"pages.py", "api.py"}
UNSAFE_NAMES = {"eval", "exec", "compile", "__import__"}
UNSAFE_MODULES = {"pickle", "cPickle", "marshal", "shelve", "dill", "code", "codeop"}
# The rooms of the engine in the order in which they may know each other: each only those before it.
ENGINE_ROOMS = ("feel", "clock", "drawing", "forms", "dmn", "normalise", "running", "spiff")
LONGEST_FUNCTION, LONGEST_FILE, MEDIAN_FUNCTION, P90_FUNCTION = 60, 400, 7, 25

Rule = Callable[[str, str], list[str]]


def tracked(*endings: str) -> list[str]:
    """The project's own files with these endings, committed or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()
    return sorted(name for name in set(listed) if name.endswith(endings) and (ROOT / name).is_file())


def product() -> list[str]:
    """The Python files that run in production."""
    return [name for name in tracked(".py") if not name.startswith(("tests/", "migrations/"))]


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every imported name with its line, `from a import b` as both a and a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            yield node.lineno, module
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function, wherever it stands."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of the body, the docstring left out."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(function.body) > 1
    start = function.body[1] if documented else first
    return (function.end_lineno or 0) - start.lineno + 1


def forbidden_imports(name: str, source: str) -> list[str]:
    """Who may import whom: engine is pure, commands and queries know no web, pages and API know no tables."""
    path, found = Path(name), []
    for line, module in imports(ast.parse(source)):
        root = module.split(".")[0]
        parts = module.split(".")
        if path.parts[0] == "engine" and (root in IMPURE or root.startswith("flask")):
            found.append(f"{name}:{line} engine imports {module}")
        if path.name in WITHOUT_FLASK and root.startswith("flask"):
            found.append(f"{name}:{line} imports {module}")
        if path.name in EDGE and (root in ("engine", "sqlalchemy") or module == "app.db" or "models" in parts[1:]):
            found.append(f"{name}:{line} imports {module}")
    return sorted(set(found))


def later_rooms(name: str, source: str) -> list[str]:
    """Inside the engine, what is known goes one way."""
    parts = Path(name).parts
    if parts[0] != "engine" or parts[1] not in ENGINE_ROOMS:
        return []
    later = ENGINE_ROOMS[ENGINE_ROOMS.index(parts[1]) + 1 :]
    known = ((line, module.split(".")) for line, module in imports(ast.parse(source)))
    return [f"{name}:{line} imports {'.'.join(module)}" for line, module in known
            if module[0] == "engine" and len(module) > 1 and module[1] in later]


def unsafe_calls(name: str, source: str) -> list[str]:
    """Nothing that makes code or objects out of data."""
    tree, found = ast.parse(source), []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in UNSAFE_NAMES:
            found.append(f"{name}:{node.lineno} calls {node.func.id}")
        if isinstance(node.func, ast.Attribute) and ast.unparse(node.func) == "yaml.load":
            found.append(f"{name}:{node.lineno} calls yaml.load")
    return found + [f"{name}:{line} imports {m}" for line, m in imports(tree) if m.split(".")[0] in UNSAFE_MODULES]


def commits(name: str, source: str) -> list[str]:
    """Calls that make a transaction lasting."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return [
        f"{name}:{call.lineno}" for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "commit"
    ]


def broad_excepts(name: str, source: str) -> list[str]:
    """Handlers for everything, except those that pass it on."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = {"BaseException"} if node.type is None else set(ast.unparse(node.type).strip("()").split(", "))
        last = node.body[-1]
        if caught & {"Exception", "BaseException"} and not (isinstance(last, ast.Raise) and last.exc is None):
            found.append(f"{name}:{node.lineno}")
    return [] if name == "app/jobs/worker.py" else found


def late_imports(name: str, source: str) -> list[str]:
    """Imports inside functions."""
    if name == "app/__init__.py":
        return []
    inside = (node for function in functions(ast.parse(source)) for node in ast.walk(function))
    return sorted({f"{name}:{node.lineno}" for node in inside if isinstance(node, ast.Import | ast.ImportFrom)})


def long_functions(name: str, source: str) -> list[str]:
    """Functions nobody reads to the end."""
    return [
        f"{name}:{function.lineno} {function.name} has {length(function)} lines"
        for function in functions(ast.parse(source)) if length(function) > LONGEST_FUNCTION
    ]


def long_file(name: str, source: str) -> list[str]:
    """Files nobody reads to the end."""
    lines = source.count("\n")
    return [f"{name} has {lines} lines"] if lines > LONGEST_FILE else []


def unannotated(name: str, source: str) -> list[str]:
    """Public functions that do not say what they give."""
    return [
        f"{name}:{function.lineno} {function.name}"
        for function in functions(ast.parse(source)) if function.returns is None and function.name != "<lambda>"
    ]


def broken(rule: Rule, names: list[str]) -> list[str]:
    """Everything in these files that the rule refuses."""
    return [finding for name in names for finding in rule(name, (ROOT / name).read_text(encoding="utf-8"))]


RULES: list[tuple[Rule, str, str]] = [
    (forbidden_imports, "engine/bad.py", "import random"),
    (forbidden_imports, "app/tasks/commands.py", "from flask import request"),
    (forbidden_imports, "app/tasks/pages.py", "from app.tasks.models import Task"),
    (later_rooms, "engine/drawing/bad.py", "from engine.running import moves"),
    (unsafe_calls, "app/bad.py", "eval('1')"),
    (unsafe_calls, "app/bad.py", "import pickle"),
    (unsafe_calls, "app/bad.py", "yaml.load(text)"),
    (broad_excepts, "app/bad.py", "try:\n    pass\nexcept Exception:\n    pass"),
    (broad_excepts, "app/bad.py", "try:\n    pass\nexcept:\n    pass"),
    (late_imports, "app/bad.py", "def f() -> None:\n    import os"),
    (long_functions, "app/bad.py", "def f() -> None:\n" + "    pass\n" * 61),
    (long_file, "app/bad.py", "\n" * 401),
    (unannotated, "app/bad.py", "def f(): pass"),
]


@pytest.mark.parametrize("rule", sorted({rule for rule, _, _ in RULES}, key=lambda rule: rule.__name__))
def test_the_product_keeps_the_rule(rule: Rule) -> None:
    assert broken(rule, product()) == []


@pytest.mark.parametrize(("rule", "name", "source"), RULES, ids=lambda value: getattr(value, "__name__", None))
def test_the_rule_refuses_a_bad_text(rule: Rule, name: str, source: str) -> None:
    assert rule(name, source)


def test_there_is_one_commit() -> None:
    found = broken(commits, product())
    assert len(found) == 1
    assert found[0].startswith("app/db.py:")
    assert commits("x.py", "db.session.commit()")


def test_scripts_styles_templates_and_tests_are_short_too() -> None:
    names = [name for name in tracked(".js", ".mjs", ".css", ".html") if not name.startswith("docs/")]
    assert broken(long_file, names + [name for name in tracked(".py") if name.startswith("tests/")]) == []


def test_functions_are_short_as_a_rule() -> None:
    trees = [ast.parse((ROOT / name).read_text(encoding="utf-8")) for name in product()]
    lengths = sorted(length(function) for tree in trees for function in functions(tree))
    assert statistics.median(lengths) <= MEDIAN_FUNCTION
    assert lengths[int(0.9 * (len(lengths) - 1))] <= P90_FUNCTION


def test_nothing_is_complicated() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "C90,PLR0913", "run.py", "app", "engine"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_the_top_level_has_only_what_was_agreed() -> None:
    assert {name.split("/")[0] for name in tracked("")} - TOP_LEVEL == set()


def test_data_folders_hold_data_only() -> None:
    kinds = {Path(name).suffix for name in tracked("") if name.startswith(("bpmn/", "forms/"))}
    assert kinds <= {".bpmn", ".dmn", ".json"}


def test_every_route_declares_a_permission(tmp_path: Path) -> None:
    app = create_app(ONEDOOR_DATA=tmp_path)
    undeclared = [
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules() for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        if permission_of(app, rule.endpoint, method) is None
    ]
    assert undeclared == []


def test_migrations_have_one_head() -> None:
    assert len(ScriptDirectory(str(ROOT / "migrations")).get_heads()) == 1


def test_no_word_of_unfinished_work() -> None:
    words = ("TODO", "FIXME", "XXX")
    names = [name for name in tracked(".py", ".js", ".mjs", ".html", ".css") if name != "tests/test_house.py"]
    assert [name for name in names if any(word in (ROOT / name).read_text(encoding="utf-8") for word in words)] == []
