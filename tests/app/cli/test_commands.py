"""The command line, as an operator uses it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app import clock
from app.cli.commands import main
from app.cli.commands import run as run_command_line
from app.procedures.shipped import PROJECT
from engine.errors import OneDoorError

KEY, CODE = "household-business", "1.001612"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command on a prepared installation of its own."""
    for name, value in {"ONEDOOR_DATA": str(tmp_path), "DATABASE_URL": "", "ONEDOOR_LOG_LEVEL": "CRITICAL"}.items():
        monkeypatch.setenv(name, value)

    def command(*arguments: str, answers: str | None = None) -> Result:
        done = CliRunner().invoke(main, arguments, input=answers)
        if done.exception and not isinstance(done.exception, SystemExit | OneDoorError):
            raise done.exception
        return done

    assert command("prepare", "--no-demo").exit_code == 0
    return command


def test_preparing_again_does_nothing_twice(run: Any) -> None:
    assert run("prepare", "--no-demo").output == ""
    assert run("publish").output == ""


def test_accounts_are_made_and_given_roles(run: Any) -> None:
    secret = "a long enough secret\n" * 2
    assert run("user", "create", "admin", "--name", "Nguyễn Văn A", answers=secret).exit_code == 0
    assert "admin is administrator in H49" in run("user", "grant", "admin", "administrator", "H49").output
    assert run("user", "password", "admin", answers=secret).exit_code == 0
    assert "already" in str(run("user", "create", "admin", "--name", "B", answers=secret).exception)
    assert run("user", "grant", "admin", "king", "H49").exception is not None


def test_a_weak_password_is_refused(run: Any) -> None:
    refused = run("user", "create", "admin", "--name", "A", answers="short\nshort\n")
    assert isinstance(refused.exception, OneDoorError)


def test_a_folder_becomes_a_version_by_two_people(run: Any, tmp_path: Path) -> None:
    for name, role in (("ana", "analyst"), ("pub", "publisher")):
        run("user", "create", name, "--name", name, answers="a long enough secret\n" * 2)
        run("user", "grant", name, role, "H49", "--from", f"{clock.today():%Y-%m-%d}")
    folder = _copied(tmp_path / "work")
    assert "revision 2 of its draft is submitted" in run("load", str(folder), "--as", "ana").output
    assert isinstance(run("publish", CODE, "--as", "ana").exception, OneDoorError)
    assert "version 2 is published" in run("publish", CODE, "--as", "pub").output
    assert run("publish", CODE).exit_code == 2


def _copied(work: Path) -> Path:
    """The shipped procedure in a folder of its own, with another field's name."""
    for part in ("bpmn", "forms"):
        for source in (PROJECT / part / KEY).rglob("*.*"):
            target = work / source.relative_to(PROJECT)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    facts = work / "bpmn" / KEY / "procedure.json"
    content = json.loads(facts.read_text(encoding="utf-8"))
    content["field"]["en"] = "Household businesses"
    facts.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return work / "bpmn" / KEY


def test_verify_and_export_speak_of_what_is_there(run: Any) -> None:
    told = run("verify")
    assert told.exit_code == 0
    assert "0 dossiers with 0 entries verified, 0 wrong." in told.output
    assert isinstance(run("export", "H49.1-260101-0001").exception, OneDoorError)


def test_a_database_that_was_never_made_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in {"ONEDOOR_DATA": str(tmp_path), "DATABASE_URL": ""}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["run.py", "export", "H49.1-260101-0001"])
    with pytest.raises(SystemExit) as ended:
        run_command_line()
    assert ended.value.code == 2
    assert "run.py prepare" in capsys.readouterr().err
