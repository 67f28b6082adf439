"""How many small defects the tests notice: each mutant of a module is one change of its syntax tree.

    python -m tests.bench.mutants [MODULE …] [--sample 200] [--seed 1] [--processes 2] [--survivors]

Mutated are comparisons, boolean and arithmetic operators, conditions, numbers, texts and truth values, returned values,
and whole statements that are left out; docstrings, annotations and `__slots__` are not. A mutant counts as noticed when
one of the module's tests fails or takes too long. Each runs in a process of its own, forked from one that has loaded
everything; nothing is written into the tree. A mutant inside a function takes the place of that function's code, and
the tests are called one after the other; any other one is imported afresh, with pytest.
"""

from __future__ import annotations

import argparse
import ast
import copy
import faulthandler
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import hypothesis
import lxml.etree
import pytest
import SpiffWorkflow.bpmn.workflow
from _pytest.mark import ParameterSet

ROOT = Path(__file__).resolve().parents[2]
# Every module with the tests that are about it.
TESTS: dict[str, tuple[str, ...]] = {
    "engine/running/guards.py": ("test_guards.py", "test_budgets.py", "test_execute.py"),
    "engine/state.py": ("test_state.py", "test_budgets.py", "test_golden.py"),
    "engine/sealing.py": ("test_sealing.py",),
    "engine/fold.py": ("test_fold.py", "test_golden.py", "test_determinism.py"),
    "engine/feel/evaluate.py": ("test_feel.py",),
    "engine/feel/budget.py": ("test_budgets.py", "test_feel.py"),
    "engine/feel/scope.py": ("test_feel.py",),
    "engine/feel/arithmetic.py": ("test_feel.py",),
}
SECONDS = 40
LEFT_OUT = (ast.Expr, ast.Assign, ast.AugAssign, ast.Raise, ast.Delete)
LOADED = (hypothesis, lxml.etree, pytest, SpiffWorkflow.bpmn.workflow)

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.Mod: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.Pow: ast.Mult,
}


@dataclass(frozen=True)
class Mutant:
    """One change: the whole tree after it, and where and what it is."""

    tree: ast.Module
    line: int
    what: str


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a module, in the order of its lines."""
    tree = ast.parse(source)
    places = list(_places(tree))
    for index, node in enumerate(places):
        for what, change in _changes(node):
            fresh = copy.deepcopy(tree)
            other = list(_places(fresh))[index]
            change(other)
            yield Mutant(ast.fix_missing_locations(fresh), getattr(node, "lineno", 0), what)


def _places(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes that may be changed, without what has no meaning at run time."""
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "decorator_list", "bases"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _silent(child):
                yield child
                yield from _places(child)


def _silent(node: ast.AST) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return True
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return True
    return isinstance(node, ast.Assign) and any(getattr(each, "id", "") == "__slots__" for each in node.targets)


Change = tuple[str, Callable[[Any], object]]


def _changes(node: ast.AST) -> Iterator[Change]:
    yield from _operators(node)
    yield from _values(node)
    yield from _statements(node)


def _operators(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Compare):
        new = _COMPARED[type(node.ops[0])]
        yield f"{type(node.ops[0]).__name__} becomes {new.__name__}", lambda n: n.ops.__setitem__(0, new())
    if isinstance(node, ast.BoolOp):
        other = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield f"becomes {other.__name__}", lambda n: setattr(n, "op", other())
    if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _COMPUTED:
        op = _COMPUTED[type(node.op)]
        yield f"{type(node.op).__name__} becomes {op.__name__}", lambda n: setattr(n, "op", op())
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        yield "condition turned round", lambda n: setattr(n, "test", ast.UnaryOp(ast.Not(), n.test))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield "sign left out", _unsigned


def _unsigned(node: ast.UnaryOp) -> None:
    if isinstance(node.op, ast.USub):
        node.op = ast.UAdd()
    else:
        node.operand = ast.UnaryOp(ast.Not(), node.operand)


def _values(node: ast.AST) -> Iterator[Change]:
    if not isinstance(node, ast.Constant):
        return
    value = node.value
    if isinstance(value, bool):
        yield f"{value} becomes {not value}", lambda n: setattr(n, "value", not value)
    elif isinstance(value, int):
        yield f"{value} becomes {value + 1}", lambda n: setattr(n, "value", value + 1)
    elif isinstance(value, str) and value:
        yield f"{value!r} becomes another", lambda n: setattr(n, "value", value + "XX")
    elif value is None:
        yield "None becomes 1", lambda n: setattr(n, "value", 1)


def _statements(node: ast.AST) -> Iterator[Change]:
    body = getattr(node, "body", None)
    if isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield "returns None", lambda n: setattr(n, "value", ast.Constant(None))
    if not isinstance(body, list) or isinstance(node, ast.ClassDef):
        return
    for index, statement in enumerate(body):
        if isinstance(statement, LEFT_OUT) and not _silent(statement):
            words = ast.unparse(statement).split("\n")[0][:50]
            yield f"without: {words}", lambda n, at=index: n.body.__setitem__(at, ast.Pass())


# Running them


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module another body."""

    def __init__(self, name: str, code: CodeType, path: str) -> None:
        self.name, self.code, self.path = name, code, path

    def find_spec(self, name: str, path: object = None, target: object = None) -> importlib.machinery.ModuleSpec | None:
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=self)

    def create_module(self, spec: object) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(self.code, module.__dict__)


def _try(module: str, code: CodeType | None, scratch: str) -> int:
    """Run the module's tests in this process, with another body where one is given; 0 when all pass."""
    if code is not None:
        name = module.removesuffix(".py").replace("/", ".")
        sys.meta_path.insert(0, _Finder(name, code, str(ROOT / module)))
    wanted = [f"tests/engine/{each}" for each in TESTS[module] if (ROOT / "tests/engine" / each).exists()]
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - the process ends with it
    options = ["-x", "-q", "-p", "no:xdist", "-p", "no:cov", "-m", "not slow", "-o", f"cache_dir={scratch}"]
    return int(pytest.main([*options, "-W", "ignore::pytest.PytestAssertRewriteWarning", *wanted]))


def _bodies(tree: ast.Module) -> list[tuple[int, int]]:
    """The lines of the functions' bodies."""
    found = [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)]
    return [(each.body[0].lineno, each.end_lineno or each.lineno) for each in found]


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _codes(inner)


def _functions(module: ModuleType) -> Iterator[FunctionType]:
    """The functions and methods that a module defines."""
    for value in [*vars(module).values(), *(each for kind in vars(module).values() if isinstance(kind, type)
                                             and kind.__module__ == module.__name__ for each in vars(kind).values())]:
        for name in ("__func__", "fget", "func", "__wrapped__"):
            value = getattr(value, name, value)
        if isinstance(value, FunctionType) and value.__module__ == module.__name__:
            yield value


def _exchange(module: str, code: CodeType) -> None:
    """Give the loaded module's functions the code of the mutant."""
    fresh = {each.co_qualname: each for each in _codes(code)}
    for function in _functions(sys.modules[module.removesuffix(".py").replace("/", ".")]):
        new = fresh.get(function.__qualname__)
        if new is not None and new.co_freevars == function.__code__.co_freevars:
            function.__code__ = new


def _cases(function: Any) -> Iterator[dict[str, Any]]:
    """The arguments of every case of a test."""
    cases: list[dict[str, Any]] = [{}]
    for mark in getattr(function, "pytestmark", ()):
        if mark.name == "slow":
            return
        if mark.name == "parametrize":
            names = mark.args[0].replace(" ", "").split(",") if isinstance(mark.args[0], str) else list(mark.args[0])
            rows = [getattr(row, "values", row) if hasattr(row, "marks") else row for row in mark.args[1]]
            told = [dict(zip(names, row if len(names) > 1 or isinstance(row, ParameterSet) else (row,), strict=True))
                    for row in rows]
            cases = [{**one, **other} for one in cases for other in told]
    yield from cases


def _tests(module: str) -> Iterator[Any]:
    for name in TESTS[module]:
        if not (ROOT / "tests/engine" / name).exists():
            continue
        loaded = importlib.import_module(f"tests.engine.{name.removesuffix('.py')}")
        for key, value in list(vars(loaded).items()):
            if key.startswith("test_"):
                yield value
            elif key.startswith("Test") and isinstance(value, type):
                yield from (getattr(value(), each) for each in dir(value) if each.startswith("test_"))


def _call_all(module: str) -> None:
    """Call every test that needs nothing but its own arguments, or a patch. Raises what the first that fails raises."""
    for test in _tests(module):
        wanted = set(inspect.signature(test).parameters)
        for given in _cases(test):
            if wanted - set(given) - {"monkeypatch"} and not hasattr(test, "hypothesis"):
                break
            with pytest.MonkeyPatch.context() as patch:
                test(**given, **({"monkeypatch": patch} if "monkeypatch" in wanted else {}))


def _begin(module: str, mutant: Mutant | None, scratch: str) -> int:
    """Start a process for one mutant; its number."""
    child = os.fork()
    if child:
        return child
    os.setpgid(0, 0)
    faulthandler.disable()
    # Seconds of the processor: on a busy machine nothing is noticed merely because others were served first
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        if mutant is None:
            _call_all(module)
            os._exit(0)
        code = compile(mutant.tree, str(ROOT / module), "exec")
        if any(first <= mutant.line <= last for first, last in _bodies(mutant.tree)):
            _exchange(module, code)
            _call_all(module)
            os._exit(0)
        for name in [name for name in sys.modules if name.startswith(("engine", "tests.engine"))]:
            del sys.modules[name]
        os._exit(1 if _try(module, code, scratch) else 0)
    except BaseException:  # noqa: BLE001 - whatever a mutant brings about, it was noticed
        os._exit(1)


def run(module: str, chosen: Sequence[Mutant], processes: int) -> list[Mutant]:
    """The mutants that no test noticed."""
    waiting, running, survivors = list(reversed(chosen)), {}, []
    with tempfile.TemporaryDirectory() as scratch:
        while waiting or running:
            while waiting and len(running) < processes:
                mutant = waiting.pop()
                running[_begin(module, mutant, scratch)] = mutant
            child, status = os.wait()
            mutant = running.pop(child)
            if status == 0:
                survivors.append(mutant)
    return survivors


def _prepare(module: str) -> None:
    """Load the tests, and with them everything that they need."""
    hypothesis.settings.register_profile("mutants", max_examples=15, database=None, derandomize=True, deadline=None)
    hypothesis.settings.load_profile("mutants")
    for _ in _tests(module):
        pass


def _sound(module: str) -> bool:
    """Whether the tests pass without any mutant."""
    with tempfile.TemporaryDirectory() as scratch:
        return os.waitpid(_begin(module, None, scratch), 0)[1] == 0


def main() -> None:
    """Read the arguments, run, print a table."""
    parser = argparse.ArgumentParser(description="Share of small defects that the tests notice.")
    parser.add_argument("modules", nargs="*", default=list(TESTS), help="files such as engine/fold.py")
    parser.add_argument("--sample", type=int, default=0, help="so many of each module, at random; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--survivors", action="store_true", help="list what was not noticed")
    given = parser.parse_args()
    os.nice(19)
    os.chdir(ROOT)
    print(f"{'module':32}{'mutants':>9}{'noticed':>9}{'score':>9}{'seconds':>9}   seed {given.seed}", flush=True)
    total = noticed = 0
    for module in given.modules:
        began, every = time.monotonic(), list(mutants((ROOT / module).read_text("utf-8")))
        _prepare(module)
        if not _sound(module):
            sys.exit(f"The tests of {module} fail without any mutant: {', '.join(TESTS[module])}")
        chosen = random.Random(given.seed).sample(every, given.sample) if 0 < given.sample < len(every) else every
        left = run(module, chosen, given.processes)
        total, noticed = total + len(chosen), noticed + len(chosen) - len(left)
        print(_row(module, len(chosen), len(left), time.monotonic() - began), flush=True)
        for mutant in sorted(left, key=lambda each: each.line) if given.survivors else ():
            print(f"    line {mutant.line}: {mutant.what}", flush=True)
    print(_row("all", total, total - noticed, 0.0))


def _row(title: str, count: int, left: int, seconds: float) -> str:
    score = 100 * (count - left) / count if count else 100.0
    return f"{title:32}{count:9}{count - left:9}{score:8.1f} %{seconds:8.0f}"


if __name__ == "__main__":
    main()
