"""How many small defects the tests notice: each mutant of a module is one change of its syntax tree.

    python -m tests.bench.mutants [MODULE …] [--sample 200] [--seed 1] [--processes 2] [--survivors]

The tests run once, and which lines of the modules each of them comes past is written down. Then each mutant gets a
process of its own, forked from the one that has loaded everything, and the tests that come past its line, the quickest
first, until one fails or takes too long: then the mutant was noticed. A mutant inside a function takes the place of
that function's code; one of what runs when a module is loaded is imported afresh. Nothing is written into the tree.
Mutants that no test can notice are listed in `tests/bench/equivalent.py` with the reason, and counted apart.
"""

from __future__ import annotations

import argparse
import faulthandler
import functools
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import os
import random
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import coverage
import hypothesis
import lxml.etree
import pytest
import SpiffWorkflow.bpmn.workflow
from _pytest.runner import runtestprotocol

from tests.bench.equivalent import EQUIVALENT
from tests.bench.mutating import Mutant, mutants

ROOT = Path(__file__).resolve().parents[2]
_CODEC = ("test_state.py", "test_sealing.py", "test_packing.py", "test_golden.py", "test_fold.py", "test_execute.py",
          "test_execute_waits.py", "test_migration.py", "test_library_faults.py", "constructs", "test_determinism.py")
_RUN = (*_CODEC, "test_guards.py", "test_budgets.py", "test_definition.py", "test_migration_undoing.py",
        "test_events_at_random.py", "test_nested_at_random.py", "test_told.py", "test_seen.py", "test_limits.py",
        "test_statuses.py")
_FEEL = ("test_feel.py", "test_budgets.py", "test_extremes.py", "test_dmn.py", "test_decisions.py", "test_forms.py",
         "test_reading.py", "test_patterns.py", "test_evaluation.py", "test_values.py", "test_zones.py",
         "test_intervals.py",
         "constructs/test_timers.py")
# The parts of the engine whose tests are weighed, each with the tests that are about it.
PARTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "codec": (("engine/state.py", "engine/sealing.py", "engine/packing.py", "engine/spelling.py"), _CODEC),
    "fold": (("engine/fold.py",), _CODEC),
    "guards": (("engine/running", "engine/spiff"), _RUN),
    "FEEL": ((*(f"engine/feel/{name}.py" for name in (
        "budget", "scope", "evaluate", "arithmetic", "ranges", "instances", "properties", "values", "temporal",
        "expression", "zones", "patterns")), "engine/feel/library"), _FEEL),
}
# Seconds of tests, watched, for one mutant at most; a test is taken to run for ever after so many seconds of the
# processor and so many times what it took before, and a mutant for which everything is loaded anew after so many.
ENOUGH, LONGER, TIMES, FOREVER = 5.0, 1.0, 5.0, 30.0
# How far it steps back for others.
KIND = 15
OPTIONS = ("-q", "-s", "--noconftest", "-p", "no:xdist", "-p", "no:cov", "-W",
           "ignore::pytest.PytestAssertRewriteWarning")
LOADED = (hypothesis, lxml.etree, SpiffWorkflow.bpmn.workflow)
# The functions that run code of a module, and everything that remembers what it computed.
Loaded = tuple[Sequence[FunctionType], Sequence[Any]]


@dataclass
class Module:
    """A module with what is known of it: who comes past its lines, and which of them ran when it was loaded."""

    name: str
    by_line: dict[int, set[str]] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return str(ROOT / self.name)

    @property
    def dotted(self) -> str:
        return self.name.removesuffix(".py").replace("/", ".")

    def past(self, line: int) -> set[str]:
        """The tests that come past a line."""
        return self._of(line) - {""}

    def loading(self, line: int) -> bool:
        """Whether the line runs when the module is loaded."""
        return "" in self._of(line)

    def _of(self, line: int) -> set[str]:
        """Of a line inside a statement that is known by its first line only, that one's."""
        return self.by_line.get(max((each for each in self.by_line if each <= line), default=line), set())


def modules(names: Sequence[str]) -> list[Module]:
    """The modules that files, folders or parts name."""
    wanted = [each for name in names for each in (PARTS[name][0] if name in PARTS else (name,))]
    found: list[str] = []
    for name in wanted:
        path = ROOT / name
        files = sorted(path.glob("*.py")) if path.is_dir() else [path]
        found += [str(each.relative_to(ROOT)) for each in files if each.name != "__init__.py"]
    return [Module(name) for name in dict.fromkeys(found)]


def tests_of(chosen: Sequence[Module]) -> list[str]:
    """The files of tests that are about them."""
    about = [files for places, files in PARTS.values()
             if any(each.name == place or each.name.startswith(place + "/") for each in chosen for place in places)]
    paths = (ROOT / "tests/engine" / name for files in about for name in files)
    return [str(path.relative_to(ROOT)) for path in dict.fromkeys(paths) if path.exists()]


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


class _Only:
    """Runs only these tests, in this order, and notes which fail."""

    def __init__(self, wanted: Sequence[str]) -> None:
        self.wanted = {each: at for at, each in enumerate(wanted)}
        self.failed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.add(report.nodeid)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted((each for each in items if each.nodeid in self.wanted), key=lambda e: self.wanted[e.nodeid])


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _codes(inner)


def _key(code: CodeType) -> tuple[str, int]:
    return code.co_qualname, code.co_firstlineno


class Trial:
    """A session of tests in which mutants are tried; a plugin that takes the place of running them."""

    def __init__(self, chosen: Sequence[Module], given: argparse.Namespace, traced: coverage.Coverage) -> None:
        self.chosen, self.given, self.traced = chosen, given, traced
        self.items: dict[str, pytest.Item] = {}
        self.spent: dict[str, float] = {}
        self.failed: list[str] = []
        self.reports: list[Any] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        self.traced.switch_context("loaded")
        self._learn()
        with tempfile.TemporaryDirectory() as scratch:
            self._try_loading(scratch)
            if unsteady := self._unsteady(scratch):
                some = ", ".join(sorted(unsteady)[:3])
                print(f"\n{len(unsteady)} tests fail when loaded anew without any mutant and are left out then: {some}")
            self._table(scratch)
        return True

    # Which tests come past which lines, and how long they take

    def _learn(self) -> None:
        """Run every test once, each as if it were the first, so that nothing remembered hides what it comes past."""
        caches = _caches()
        for name in self.items:
            self.traced.switch_context(name)
            _forget(caches)
            began = time.process_time()
            if not self._passes([name]):
                self.failed.append(name)
            self.spent[name] = time.process_time() - began
        self.traced.stop()
        if self.failed:
            sys.exit(f"Without any mutant these fail: {', '.join(self.failed[:5])}")
        data = self.traced.get_data()
        for module in self.chosen:
            found = data.contexts_by_lineno(module.path)
            module.by_line = {line: set(contexts) - {"loaded"} for line, contexts in found.items()}

    def _passes(self, names: Sequence[str]) -> bool:
        """Run tests until one fails."""
        items = [self.items[name] for name in names]
        for item, following in zip(items, [*items[1:], None], strict=True):
            if item.nodeid in self.spent:
                _patient(LONGER + TIMES * self.spent[item.nodeid])
            if any(report.failed for report in runtestprotocol(item, log=False, nextitem=following)):
                return False
        return True

    def _first(self, names: set[str]) -> list[str]:
        """The quickest of them, as many as there is time for."""
        kept, left = [], ENOUGH
        for name in sorted(names & self.spent.keys(), key=lambda each: self.spent[each]):
            left -= self.spent[name]
            if left < 0 and kept:
                break
            kept.append(name)
        return kept

    def _unsteady(self, scratch: str) -> set[str]:
        """The tests that fail without any mutant when everything is loaded anew: they say nothing about one then."""
        told = Path(scratch) / "unsteady"
        return set(told.read_text("utf-8").splitlines()) if told.exists() else set()

    def _try_loading(self, scratch: str) -> None:
        """Load everything anew as it is, once, and write down which tests fail."""
        if child := os.fork():
            os.waitpid(child, 0)
            return
        module = self.chosen[0]
        code = compile(Path(module.path).read_text("utf-8"), module.path, "exec")
        failed = _afresh(module, code, list(self.items), scratch)
        (Path(scratch) / "unsteady").write_text("\n".join(sorted(failed)), "utf-8")
        os._exit(0)

    # Mutants

    def _table(self, scratch: str) -> None:
        print(f"\n{'module':32}{'mutants':>9}{'noticed':>9}{'equal':>7}{'score':>9}{'seconds':>9}"
              f"   seed {self.given.seed}", flush=True)
        total = [0, 0, 0]
        for module in self.chosen:
            began, every = time.monotonic(), list(mutants(Path(module.path).read_text("utf-8")))
            if stale := [key for key in EQUIVALENT if key[0] == module.name and key not in _keys(module, every)]:
                print(f"No such mutants, though listed as equivalent: {stale}")
            some = 0 < self.given.sample < len(every)
            tried = random.Random(self.given.seed).sample(every, self.given.sample) if some else every
            left = self._survivors(module, tried, scratch)
            equal = [each for each in left if (module.name, each.text, each.what) in EQUIVALENT]
            if wrong := _keys(module, tried) & EQUIVALENT.keys() - _keys(module, equal):
                print(f"Noticed, though listed as equivalent: {sorted(wrong)}")
            row = [len(tried), len(tried) - len(left), len(equal)]
            total = [one + other for one, other in zip(total, row, strict=True)]
            print(_row(module.name, row, time.monotonic() - began), flush=True)
            for each in sorted(left, key=lambda each: each.line) if self.given.survivors else ():
                if each not in equal:
                    print(f"    line {each.line}: {each.what}    in  {each.text[:70]}", flush=True)
        print(_row("all", total, 0.0), flush=True)

    def _survivors(self, module: Module, tried: Sequence[Mutant], scratch: str) -> list[Mutant]:
        """The mutants that no test noticed."""
        waiting, running, survivors = list(reversed(tried)), {}, []
        gc.unfreeze()
        functions, caches = _functions(module), _caches()
        # What is there now stays where it is: looking at it would copy it into every process
        gc.freeze()
        while waiting or running:
            while waiting and len(running) < self.given.processes:
                mutant = waiting.pop()
                running[self._begin(module, mutant, (functions, caches), scratch)] = mutant
            child, status = os.wait()
            mutant = running.pop(child)
            if status == 0:
                survivors.append(mutant)
        return survivors

    def _begin(self, module: Module, mutant: Mutant, loaded: Loaded, scratch: str) -> int:
        """Start a process for one mutant; its number."""
        child = os.fork()
        if child:
            return child
        os.setpgid(0, 0)
        faulthandler.disable()
        _patient(FOREVER)
        try:
            warnings.simplefilter("ignore", SyntaxWarning)
            survived = self._survives(module, compile(mutant.tree, module.path, "exec"), mutant, loaded, scratch)
            os._exit(0 if survived else 1)
        except BaseException:  # noqa: BLE001 - whatever a mutant brings about, it was noticed
            os._exit(1)

    def _survives(self, module: Module, code: CodeType, mutant: Mutant, loaded: Loaded, scratch: str) -> bool:
        past = module.past(mutant.line)
        if not module.loading(mutant.line) and not past:
            return True
        if module.loading(mutant.line) or not _exchange(*loaded, code):
            every = past or {name for line in module.by_line for name in module.past(line)}
            names = self._first(every - self._unsteady(scratch))
            return not names or not _afresh(module, code, names, scratch, "-x")
        return self._passes(self._first(past))


def _patient(seconds: float) -> None:
    """End after so much of the processor's time: being served late, on a busy machine, is no defect."""
    signal.setitimer(signal.ITIMER_PROF, seconds)


def _functions(module: Module) -> list[FunctionType]:
    """Everything that runs code of the module, wherever it is kept."""
    return [each for each in gc.get_objects() if type(each) is FunctionType
            and each.__code__.co_filename == module.path]


def _caches() -> list[Any]:
    """Everything in the engine that remembers what it computed."""
    return [each for each in gc.get_objects() if type(each) is functools._lru_cache_wrapper
            and each.__module__.startswith("engine")]


def _exchange(functions: Sequence[FunctionType], caches: Sequence[Any], code: CodeType) -> bool:
    """Give the loaded functions the code of the mutant, and forget what was computed; False where that cannot be."""
    fresh = {_key(each): each for each in _codes(code)}
    pairs = [(function, fresh[_key(function.__code__)]) for function in functions if _key(function.__code__) in fresh]
    if any(function.__code__.co_freevars != new.co_freevars for function, new in pairs):
        return False
    for function, new in pairs:
        function.__code__ = new
    _forget(caches)
    return True


def _forget(caches: Sequence[Any]) -> None:
    for each in caches:
        each.cache_clear()


def _afresh(module: Module, code: CodeType, names: Sequence[str], scratch: str, *how: str) -> set[str]:
    """Load everything anew with the mutant in it, and run the tests; those that fail, "" if they could not be run."""
    for name in [name for name in sys.modules if name.startswith(("engine", "tests.engine", "tests.walks"))]:
        del sys.modules[name]
    sys.meta_path.insert(0, _Finder(module.dotted, code, module.path))
    files = dict.fromkeys(name.partition("::")[0] for name in names)
    options = [*OPTIONS, *how, "-o", f"cache_dir={scratch}"]
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - the process ends with it
    only = _Only(names)
    ended = int(pytest.main([*options, *files], plugins=[only]))
    # What cannot even be collected is no test that fails
    return only.failed or ({""} if ended else set())


def _keys(module: Module, some: Iterable[Mutant]) -> set[tuple[str, str, str]]:
    """What the list of equivalent mutants knows them by."""
    return {(module.name, each.text, each.what) for each in some}


def _row(title: str, counts: Sequence[int], seconds: float) -> str:
    count, noticed, equal = counts
    score = 100 * noticed / (count - equal) if count > equal else 100.0
    return f"{title:32}{count:9}{noticed:9}{equal:7}{score:8.1f} %{seconds:8.0f}"


def main() -> None:
    """Read the arguments, run, print a table."""
    parser = argparse.ArgumentParser(description="Share of small defects that the tests notice.")
    parser.add_argument("modules", nargs="*", default=list(PARTS), help="files, folders, or codec, fold, guards, FEEL")
    parser.add_argument("--sample", type=int, default=0, help="so many of each module, at random; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--survivors", action="store_true", help="list what was not noticed")
    given = parser.parse_args()
    os.nice(max(0, KIND - os.nice(0)))
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    hypothesis.settings.register_profile("mutants", max_examples=15, database=None, derandomize=True, deadline=None)
    hypothesis.settings.load_profile("mutants")
    chosen = modules(given.modules)
    traced = coverage.Coverage(data_file=None, config_file=False, include=[each.path for each in chosen])
    traced.start()
    with tempfile.TemporaryDirectory() as scratch:
        sys.exit(pytest.main([*OPTIONS, "-m", "not slow", "-o", f"cache_dir={scratch}", *tests_of(chosen)],
                             plugins=[Trial(chosen, given, traced)]))


if __name__ == "__main__":
    main()
