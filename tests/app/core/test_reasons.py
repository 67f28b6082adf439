"""Every reason that the engine can give inside a sentence is known in Vietnamese."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale

from app.errors import fill
from app.languages import TranslationsDisagree, catalogue, merged
from app.reasons import REASONS, known
from tests import builders as make

ENGINE = Path(__file__).resolve().parents[3] / "engine"
GIVERS = frozenset({"fail", "refuse", "PatternRefused"})


def given() -> Iterator[str]:
    """The reasons in the engine's source; a value in one stands as a number."""
    for path in ENGINE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield from _of_call(node)


def _of_call(call: ast.Call) -> Iterator[str]:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    parts = [each.value for each in call.keywords if each.arg == "reason"]
    parts += [call.args[-1] if name == "refuse" else each for each in call.args] if name in GIVERS else []
    for part in parts:
        for inner in (part.body, part.orelse) if isinstance(part, ast.IfExp) else (part,):
            text = _text(inner)
            if text:
                yield text


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(each.value) if isinstance(each, ast.Constant) else "7" for each in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


@pytest.mark.parametrize("reason", sorted(set(given())))
def test_a_reason_of_the_engine_is_known(reason: str) -> None:
    if reason == "7: 7":  # the name and the words of a defect, which nobody can translate beforehand
        return
    assert known(reason) or known(reason.replace("not 7", "not a list").replace("no 7", "no date"))


def test_every_reason_is_translated() -> None:
    whole = catalogue()
    assert [each for each in REASONS if whole.get(each) is None] == []


@make.on_sqlite
def test_a_sentence_is_in_one_language_to_its_last_word(inside: Flask) -> None:
    with inside.test_request_context(), force_locale("vi"):
        assert fill("Lỗi: {reason}.", {"reason": "it is longer than 20 characters"}) == "Lỗi: dài quá 20 ký tự."
        assert fill("({expected})", {"expected": "yes or no"}) == "(có hoặc không)"
        assert fill("{reason}", {"reason": "never heard of"}) == "never heard of"


def test_two_files_must_translate_a_text_alike(tmp_path: Path) -> None:
    for name, text in (("a.po", "Tên"), ("b.po", "Họ và tên")):
        (tmp_path / name).write_text(f'msgid "Name"\nmsgstr "{text}"\n', encoding="utf-8")
    with pytest.raises(TranslationsDisagree) as refused:
        merged(sorted(tmp_path.glob("*.po")))
    assert refused.value.details == {"text": "Name", "file": "b.po", "one": "Tên", "other": "Họ và tên"}
