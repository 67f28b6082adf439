"""The starter: what it says when something is wrong, and that it does nothing twice."""

from __future__ import annotations

import json
import os
import runpy
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def starter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """The starter's names, working in a folder of its own."""
    names = runpy.run_path(str(ROOT / "run.py"))
    place = tmp_path / ".onedoor"
    place.mkdir()
    for function in (names["Stamps"].__init__, names["set_up"]):
        monkeypatch.setitem(function.__globals__, "PLACE", place)
    monkeypatch.setitem(names["digest"].__globals__, "ROOT", tmp_path)
    return {**names, "PLACE": place}


def started(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the starter as a person does."""
    return subprocess.run(
        [sys.executable, "run.py", *arguments], cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True,
        check=False, timeout=60,
    )


def test_help_lists_the_commands() -> None:
    told = started("--help")
    assert told.returncode == 0
    for name in ("serve", "prepare", "worker", "test", "load", "publish", "verify", "export", "user"):
        assert f"\n  {name} " in told.stdout


def test_a_port_in_use_is_one_sentence_and_exit_code_2() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = started("--port", str(port))
    assert told.returncode == 2
    assert told.stderr == f"Port {port} on 127.0.0.1 is in use; choose another one with --port.\n"


def test_a_host_that_is_not_this_machine_is_one_sentence() -> None:
    told = started("--host", "192.0.2.1")
    assert told.returncode == 2
    assert told.stderr.startswith("Cannot listen on 192.0.2.1, port 8000")
    assert told.stderr.count("\n") == 1


@pytest.mark.parametrize(("said", "expected"), [
    ("npm error code EAI_AGAIN\nnpm error request failed", "a download failed"),
    ("WARNING: Retrying\nERROR: No matching distribution found for x", "a download failed"),
    ("OSError: [Errno 28] No space left on device", "the disk is full"),
    ("line 1\nSyntaxError: bad\n\n", "failed: SyntaxError: bad"),
    ("", "it said nothing"),
])
def test_a_failed_stage_is_one_sentence(starter: dict[str, Any], said: str, expected: str) -> None:
    sentence = starter["explain"]("Python packages", said, Path(".onedoor/logs/x.log"))
    assert expected in sentence
    assert "\n" not in sentence
    assert "run the same command again" in sentence


def test_a_stage_with_the_right_stamp_is_not_done_again(starter: dict[str, Any], tmp_path: Path) -> None:
    source, done = tmp_path / "source.txt", []
    source.write_text("one")

    @starter["stage"]("Something", source)
    def something(_setup: Any) -> None:
        done.append(source.read_text())

    for text in ("one", "one", "two", "two"):
        source.write_text(text)
        starter["set_up"]([something])
    assert done == ["one", "two"]


def test_a_failed_stage_is_done_again(starter: dict[str, Any], tmp_path: Path) -> None:
    tries = []

    @starter["stage"]("Something", "input")
    def something(_setup: Any) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise starter["Stop"]("no network")

    with pytest.raises(starter["Stop"], match="no network"):
        starter["set_up"]([something])
    starter["set_up"]([something])
    starter["set_up"]([something])
    assert len(tries) == 2


def test_broken_stamps_only_cost_time(starter: dict[str, Any]) -> None:
    (starter["PLACE"] / "stamps.json").write_text("{half")
    assert starter["Stamps"]().known == {}


def test_stamps_are_kept_beside_and_moved(starter: dict[str, Any]) -> None:
    @starter["stage"]("Something", "input")
    def something(_setup: Any) -> None:
        pass

    starter["set_up"]([something])
    kept = json.loads((starter["PLACE"] / "stamps.json").read_text())
    assert kept == {"Something": something.inputs()}
    assert sorted(path.name for path in starter["PLACE"].glob("stamps*")) == ["stamps.json"]


def test_a_digest_depends_on_names_and_contents(starter: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a").write_text("1")
    first = starter["digest"](folder)
    (folder / "a").rename(folder / "b")
    second = starter["digest"](folder)
    (folder / "b").write_text("2")
    assert len({first, second, starter["digest"](folder)}) == 3


def test_arguments_go_where_they_belong(starter: dict[str, Any]) -> None:
    options, rest = starter["parse"](["--data", "x", "test", "-k", "engine", "--port"])
    assert (options.command, options.data, rest) == ("test", "x", ["-k", "engine", "--port"])
    options, rest = starter["parse"](["serve", "--port", "8001", "--no-demo"])
    assert (options.command, options.port, options.no_demo, rest) == ("serve", 8001, True, [])
    assert starter["parse"]([])[0].command == "serve"


def test_no_package_registry_is_named() -> None:
    names = ["run.py", "requirements.txt", "tests/requirements.txt", "app/frontend/package-lock.json", ".ci/run"]
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in names}
    hosts = ("registry." + "npmjs", "pypi." + "org", "pythonhosted." + "org")
    assert [name for name, text in texts.items() if any(host in text for host in hosts)] == []


def test_every_package_is_pinned_exactly() -> None:
    for name in ("requirements.txt", "tests/requirements.txt"):
        lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith("#")]
        assert lines
        assert [line for line in lines if line.count("==") != 1] == []
