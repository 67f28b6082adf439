"""Files that were brought and never used do not stay for ever."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from flask import Flask

from app import clock
from app.dossiers.papers import forget_unused, kept
from tests import builders as make
from tests.app.dossiers.stage import PDF, set_up


@make.on_sqlite
def test_only_what_is_old_and_in_no_dossier_is_forgotten(inside: Flask, tmp_path: Path) -> None:
    stage = set_up(tmp_path)
    with clock.at(make.NOW):
        used, shared = stage.bring(stage.receiver), stage.bring(stage.receiver)
        alone = stage.bring(stage.receiver, PDF, "a.pdf")
        stage.receive(attachments=(used,))
    papers = {each.id: each for each in kept(stage.receiver, (used, shared, alone))}
    assert forget_unused(stage.store, make.NOW) == 0
    assert forget_unused(stage.store, make.NOW + timedelta(days=1)) == 2
    assert [each.id for each in kept(stage.receiver, papers)] == [used]
    assert stage.store.path(papers[used].sha256).is_file()
